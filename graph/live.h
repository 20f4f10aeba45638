/* SPDX-License-Identifier: MIT */
/*
 * live.h - what a live view has beyond an image's arrays: nodes as they are at its version, and
 * look-ups by id, scid and alias.
 *
 * Place in the flow: master -> live -> view (whose functions answer for both kinds).
 *
 * Look-ups: items (nodes, channels, aliases) are numbered as they came and never renumbered. An
 * order is a sorted list of the first n_sorted of them; the few that came since are looked at one by
 * one, until the master sorts them in. So a new item costs nothing, and a version shares the list
 * of the one before. Items that have gone stay, and are passed over by what the version says.
 *
 * Threads: immutable, any thread. Memory: borrows the master's.
 */
#ifndef FGR_GRAPH_LIVE_H
#define FGR_GRAPH_LIVE_H

#include "graph/view.h"

/* A node at one version. */
struct fgr_live_node {
    uint32_t timestamp;
    uint32_t feature_set;
    uint32_t channels; /* 0: it has gone, or not come */
    uint32_t alias;    /* number of its alias, 0 if it has none */
};

/* An alias that a node had once. Number 0 is nobody's. */
struct fgr_live_alias {
    uint32_t first; /* in alias_bytes */
    uint32_t node;
    uint8_t len;
};

enum { FGR_LIVE_NODE_LEAF_BITS = 6, FGR_LIVE_INBOUND_LEAF_BITS = 6 };

struct fgr_live_order {
    const uint32_t *sorted; /* NULL: the first n_sorted ascend by themselves */
    uint32_t n_sorted;
    uint32_t n; /* items */
};

struct fgr_live {
    uint64_t version;
    const void *node_pages;   /* struct fgr_live_node per node */
    struct fgr_paged inbound; /* struct fgr_inbound per half-channel, where there is one */
    struct fgr_live_order by_id;
    struct fgr_live_order by_scid;
    struct fgr_live_order by_alias;
    const struct fgr_live_alias *alias;
    uint32_t n_gone; /* channels that were closed */
};

static inline const struct fgr_live_node *fgr_live_node_of(const struct fgr_view *view,
                                                           uint32_t node)
{
    return fgr_paged_at(view->live->node_pages, node, FGR_LIVE_NODE_LEAF_BITS,
                        sizeof(struct fgr_live_node));
}

/* Order of item i against what is sought: < 0, 0 or > 0. */
typedef int fgr_live_compare_fn(const void *sought, uint32_t i);

/* The items of an order that fit, one after the other. */
struct fgr_live_walk {
    const struct fgr_live_order *order;
    fgr_live_compare_fn *compare;
    const void *sought;
    uint32_t next; /* place */
};

struct fgr_live_walk fgr_live_walk_of(const struct fgr_live_order *order,
                                      fgr_live_compare_fn *compare, const void *sought);

/* False at the end. */
bool fgr_live_walk_next(struct fgr_live_walk *walk, uint32_t *out_item);

/* The node with this id that has a channel, the open channel with this scid; FGR_IDX_NONE. */
uint32_t fgr_live_find_id(const struct fgr_view *view, const uint8_t id[FGR_NODE_ID_BYTES]);
uint32_t fgr_live_find_channel(const struct fgr_view *view, uint64_t scid);

/* The first `n` of the nodes with this alias, by id; returns how many there are. */
uint32_t fgr_live_find_alias(const struct fgr_view *view, uint32_t *out_nodes, uint32_t n,
                             const uint8_t *bytes, size_t n_bytes);

/* The same for the ids that begin with these hex digits, a last odd one in the upper half. */
uint32_t fgr_live_find_prefix(const struct fgr_view *view, uint32_t *out_nodes, uint32_t n,
                              const uint8_t *bytes, size_t n_digits);

/* Order of an id against the first n_digits hex digits of `bytes`. */
int fgr_live_compare_digits(const uint8_t id[FGR_NODE_ID_BYTES], const uint8_t *bytes,
                            size_t n_digits);

#endif
