/* SPDX-License-Identifier: MIT */
/*
 * master_state.h - what a master is made of. Private to it.
 *
 * Place in the flow: master.c (life, views) -> master_change.c (what a change does) and
 * master_names.c (ids, scids, aliases, feature sets).
 *
 * Threads: one writer.
 */
#ifndef FGR_GRAPH_MASTER_STATE_H
#define FGR_GRAPH_MASTER_STATE_H

#include "graph/lists.h"
#include "graph/live.h"
#include "graph/master.h"
#include "graph/util/table.h"

/* A view and its live part are one page. */
struct fgr_master_page {
    struct fgr_view view;
    struct fgr_live live;
};

/* Arrays that never change once written, and never move. */
enum {
    FGR_MASTER_CHAN,
    FGR_MASTER_NODE_ID,
    FGR_MASTER_SET_FIRST,
    FGR_MASTER_SET_BYTES,
    FGR_MASTER_ALIAS,
    FGR_MASTER_ALIAS_BYTES,
    FGR_MASTER_ARRAYS
};

struct fgr_master {
    struct fgr_limbo limbo;
    struct fgr_steady array[FGR_MASTER_ARRAYS];
    struct fgr_paged half;
    struct fgr_paged node;
    struct fgr_paged inbound;
    struct fgr_lists in;
    struct fgr_lists out;
    struct fgr_table id_table;
    struct fgr_table scid_table;
    struct fgr_table set_table;
    struct fgr_live_order by_id;
    struct fgr_live_order by_scid;
    struct fgr_live_order by_alias;
    void *sorted[3]; /* their lists, NULL where there is none yet */
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_gone;
    uint32_t n_usable;
    uint32_t n_inbound;
    uint32_t n_sets;
    uint32_t n_set_bytes;
    uint32_t n_aliases;
    uint32_t n_alias_bytes;
    struct fgr_master_page *page; /* the newest view; NULL before the first */
};

/* ---- values now, to be read by the writer ---- */

static inline const struct fgr_chan *fgr_master_chan(const struct fgr_master *master, uint32_t chan)
{
    return (const struct fgr_chan *)master->array[FGR_MASTER_CHAN].base + chan;
}
static inline const uint8_t *fgr_master_id(const struct fgr_master *master, uint32_t node)
{
    const uint8_t *ids = master->array[FGR_MASTER_NODE_ID].base;
    return ids + (size_t)node * FGR_NODE_ID_BYTES;
}
static inline const struct fgr_half *fgr_master_half(const struct fgr_master *master, uint32_t edge)
{
    return fgr_paged_at(master->half.root, edge, FGR_HALF_LEAF_BITS, sizeof(struct fgr_half));
}
static inline const struct fgr_live_node *fgr_master_node(const struct fgr_master *master,
                                                          uint32_t node)
{
    return fgr_paged_at(master->node.root, node, FGR_LIVE_NODE_LEAF_BITS,
                        sizeof(struct fgr_live_node));
}

/* ---- names: master_names.c ---- */

/* Makes element `i` of an array usable. Errors: MEMORY, LIMIT. */
enum fgr_err fgr_master_room(struct fgr_master *master, unsigned array, size_t i,
                             struct fgr_error *err);

/* The open channel with this scid, the node with this id whether it has a channel or not;
 * FGR_IDX_NONE. */
uint32_t fgr_master_find_channel(const struct fgr_master *master, uint64_t scid);
uint32_t fgr_master_find_node(const struct fgr_master *master, const uint8_t id[FGR_NODE_ID_BYTES]);

/* The number of something, a new one if need be. Errors: MEMORY, LIMIT. */
enum fgr_err fgr_master_intern_node(struct fgr_master *master, uint32_t *out_node,
                                    const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_error *err);
enum fgr_err fgr_master_intern_set(struct fgr_master *master, uint32_t *out_set,
                                   struct fgr_bytes bytes, struct fgr_error *err);
/* The alias of a node, which is no empty one; the one it has if it is the same. */
enum fgr_err fgr_master_intern_alias(struct fgr_master *master, uint32_t *out_alias, uint32_t node,
                                     struct fgr_bytes bytes, struct fgr_error *err);

/* Registers channel number `chan` under its scid. Errors: MEMORY. */
enum fgr_err fgr_master_name_channel(struct fgr_master *master, uint32_t chan,
                                     struct fgr_error *err);

/* Sorts in what came since, where that is much. Errors: MEMORY; the orders are as before. */
enum fgr_err fgr_master_sort(struct fgr_master *master, struct fgr_error *err);

#endif
