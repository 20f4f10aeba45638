/* SPDX-License-Identifier: MIT */
/*
 * lists.h - the adjacency of one direction while it changes: each node's list in one piece, sorted
 * as in an image, shared by all versions that have it.
 *
 * Place in the flow: master (which half-channels changed) -> lists -> view.
 *
 * The columns are arrays that never move (graph/util/steady.h), the same for all versions; a
 * version differs from the one before in where the lists of a few nodes begin and end. A list that
 * a version shows is never written: the first change after it copies the list elsewhere, later ones
 * until the next version work in the copy. What lies beyond first .. end of all lists is nobody's.
 *
 * Threads: the one writer. Memory: blocks of entries are recycled when no reader sees them.
 */
#ifndef FGR_GRAPH_LISTS_H
#define FGR_GRAPH_LISTS_H

#include "graph/adjacency.h"
#include "graph/util/steady.h"

enum { FGR_LISTS_COLUMNS = 7, FGR_LISTS_SIZES = 64 };

/* The list of a node, and the block it is in. */
struct fgr_list {
    uint64_t birth;
    uint32_t first;
    uint32_t n;
    uint32_t room;
};

struct fgr_lists {
    struct fgr_limbo *limbo;
    const struct fgr_chan *chan;
    const uint8_t *node_id;
    bool is_incoming;
    struct fgr_adjacency_columns columns; /* `first` is not used */
    struct fgr_steady memory[FGR_LISTS_COLUMNS];
    uint32_t n_entries;              /* given out so far, from 1 on */
    uint32_t spare[FGR_LISTS_SIZES]; /* first blocks of each size that are free; 0 = none */
    struct fgr_paged spans;          /* struct fgr_span per node */
    struct fgr_list *list;
    size_t n_lists_room;
};

/* Sets up lists of no node. `limbo`, `chan` and `node_id` are borrowed and do not move.
 * Errors: MEMORY; fgr_lists_free must follow all the same. */
enum fgr_err fgr_lists_init(struct fgr_lists *out_lists, struct fgr_limbo *limbo,
                            const struct fgr_chan *chan, const uint8_t *node_id, bool is_incoming,
                            struct fgr_error *err);
/* Nobody reads any more, and the limbo is empty. */
void fgr_lists_free(struct fgr_lists *lists);

/* Takes over the lists of an image. Errors: MEMORY, LIMIT. */
enum fgr_err fgr_lists_copy(struct fgr_lists *lists, const struct fgr_adjacency *adjacency,
                            uint32_t n_nodes, uint32_t n_usable, struct fgr_error *err);

/* An empty list for node `node`, the next one. Errors: MEMORY. */
enum fgr_err fgr_lists_add_node(struct fgr_lists *lists, uint32_t node, struct fgr_error *err);

/* Makes the list of a node private to the version being written, with room for `n_more` entries: what
 * follows below cannot fail then. Errors: MEMORY, LIMIT; no list has changed then. */
enum fgr_err fgr_lists_open(struct fgr_lists *lists, uint32_t node, uint32_t n_more,
                            struct fgr_error *err);

/* On an opened list. `half` is what the list has of the half-channel now, `half_new` what it gets;
 * NULL: nothing. */
void fgr_lists_change(struct fgr_lists *lists, uint32_t edge, const struct fgr_half *half,
                      const struct fgr_half *half_new);

/* The node whose list half-channel `edge` is in. */
static inline uint32_t fgr_lists_owner(const struct fgr_lists *lists, uint32_t edge)
{
    return lists->chan[edge >> 1].node[(edge & 1) ^ (lists->is_incoming ? 1 : 0)];
}

/* What a view of the version being written reads. */
struct fgr_adjacency fgr_lists_adjacency(const struct fgr_lists *lists);

#endif
