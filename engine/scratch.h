/* SPDX-License-Identifier: MIT */
/*
 * scratch.h - the reusable memory of one searching thread.
 *
 * Per-node state is one 32-byte record, valid only while its stamp is the running search's, so a
 * search starts without clearing anything. Labels live in one pool and are named by index.
 *
 * Threads: one thread.
 * Memory: everything is taken at create; pages that no search touches are never resident.
 */
#ifndef FGR_ENGINE_SCRATCH_H
#define FGR_ENGINE_SCRATCH_H

#include "engine/scan.h"
#include "fulgurite/route.h"
#include "graph/util/heap.h"

/* Room for 262 144 labels (10 MB): thousands of times what a query needs, and the work limit of
 * the queries that are NP-hard at heart. */
#define FGR_LABELS_MAX (UINT32_C(1) << 18)

/* Default for passes whose labels hardly dominate each other: their cost grows with the square. */
#define FGR_LABELS_APART (UINT32_C(1) << 15)

enum {
    FGR_NODE_SETTLED = 1,  /* forward_cost is final */
    FGR_NODE_AT_SOURCE = 2 /* a usable half-channel from the source enters the node */
};

struct fgr_node_state {
    uint64_t forward_cost; /* from the source at the delivered amount; INF = not reached */
    uint32_t forward_edge; /* last edge of that path */
    uint32_t label;        /* first of the node's labels, FGR_IDX_NONE = none */
    uint64_t label_cost;   /* of the first label: spares a look into the pool */
    uint32_t stamp;
    uint32_t flags; /* FGR_NODE_* */
};

/* A way from a node to the destination: the backward half of the search. */
struct fgr_label {
    uint64_t cost;
    uint64_t amount_msat; /* that must arrive at the node */
    uint32_t node;
    uint32_t edge;   /* first edge towards the destination */
    uint32_t parent; /* label at that edge's end, FGR_IDX_NONE at the destination */
    uint32_t next;   /* next label of the node */
    uint32_t cltv;   /* blocks, without the final delta */
    uint16_t bytes;  /* onion bytes from the node's own payload on */
    uint8_t hops;
    uint8_t is_dead; /* dominated after it was queued */
};

/* Least of each resource from the source to a node, whatever the cost: prunes labels that cannot
 * keep a limit any more. Filled only when a limit binds. */
struct fgr_limit_bound {
    uint64_t *fee_msat;
    uint32_t *cltv;
    uint32_t *hops;
};

struct fgr_scratch {
    struct fgr_allocator allocator;
    uint32_t n_nodes;  /* room */
    uint32_t n_usable; /* room */
    uint32_t stamp;
    uint32_t n_labels;
    fgr_scan_fn *scan;
    struct fgr_node_state *node;
    uint64_t *settled; /* bit per node: FGR_NODE_SETTLED once more, small enough to stay in L1 */
    struct fgr_label *label;
    struct fgr_heap forward;
    struct fgr_heap backward;
    struct fgr_limit_bound bound;
    struct fgr_route *probe;        /* routes that explain asks for */
    float scan_bound[FGR_SCAN_BLOCK];
};

static inline bool fgr_scratch_is_settled(const struct fgr_scratch *scratch, uint32_t node)
{
    return (scratch->settled[node / 64] >> (node % 64) & 1) != 0;
}

/* Whether the scratch has room for `view`. */
bool fgr_scratch_fits(const struct fgr_scratch *scratch, const struct fgr_view *view);

/* Forgets the last search: clears one bit per node. */
void fgr_scratch_reset(struct fgr_scratch *scratch);

/* State of a node, fresh if this search has not met it yet. */
static inline struct fgr_node_state *fgr_scratch_node(struct fgr_scratch *scratch, uint32_t node)
{
    struct fgr_node_state *state = &scratch->node[node];
    if (state->stamp != scratch->stamp) {
        *state = (struct fgr_node_state){.forward_cost = UINT64_MAX / 4,
                                         .forward_edge = FGR_IDX_NONE,
                                         .label = FGR_IDX_NONE,
                                         .stamp = scratch->stamp};
    }
    return state;
}

#endif
