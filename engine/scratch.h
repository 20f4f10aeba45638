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
#include "graph/util/bitset.h"
#include "graph/util/heap.h"

/* Room for 262 144 labels (12 MB): thousands of times what a query needs, and the work limit of
 * the queries that are NP-hard at heart. */
#define FGR_LABELS_MAX (UINT32_C(1) << 18)

/* Default for passes whose labels hardly dominate each other. */
#define FGR_LABELS_APART (UINT32_C(1) << 17)

/* Lists of labels by node and amount, for those passes. */
#define FGR_BUCKETS (UINT32_C(1) << 16)

struct fgr_node_state {
    uint64_t forward_cost; /* from the source at the delivered amount; INF = not reached */
    uint64_t label_cost;   /* of the first label in the list: spares a look into the pool */
    uint32_t forward_edge; /* last edge of that path */
    uint32_t label;        /* list of the node's exact labels by rising cost */
    uint32_t guess;        /* list of all labels that began as guesses */
    uint32_t stamp;
};

enum {
    FGR_LABEL_GUESS, /* cost is a lower bound, the amount unknown: not priced yet */
    FGR_LABEL_OPEN,  /* exact, in its node's list */
    FGR_LABEL_DONE,  /* the same, expanded */
    FGR_LABEL_DEAD   /* dominated, or no part of any better route */
};

/* A way from a node to the destination: the backward half of the search. */
struct fgr_label {
    uint64_t cost;
    uint64_t amount_msat; /* that must arrive at the node */
    uint32_t node;
    uint32_t edge;       /* first edge towards the destination */
    uint32_t parent;     /* label at that edge's end, FGR_IDX_NONE at the destination */
    uint32_t next;       /* in the node's list of exact labels */
    uint32_t next_guess; /* in the node's list of guesses */
    uint32_t cltv;       /* blocks, without the final delta */
    uint16_t bytes;      /* onion bytes from the node's own payload on */
    uint8_t hops;
    uint8_t state;     /* FGR_LABEL_* */
    uint32_t critical; /* bit per critical node visited (apart.c) */
};

/* Least of each from the source to a node, whatever the others: bounds what a label still has to
 * pay or to use. Filled only by the passes that ask for it. */
struct fgr_limit_bound {
    uint64_t *fee_msat;
    uint32_t *cltv;
    uint32_t *hops;
    uint64_t *cost;
    uint64_t *friction; /* cost without the fees */
    uint64_t *minimum_msat;
    uint64_t *low, *high; /* see fgr_bound_fill_jump */
    uint64_t jump_msat;
};

struct fgr_scratch {
    struct fgr_allocator allocator;
    uint32_t n_nodes; /* room */
    uint32_t n_edges; /* room: usable half-channels, those of an overlay included */
    uint32_t stamp;
    uint32_t n_labels;
    fgr_scan_fn *scan;
    struct fgr_node_state *node;
    uint32_t *bucket;    /* FGR_BUCKETS lists of labels */
    uint64_t *settled;   /* bit per node: forward_cost is final */
    uint64_t *at_source; /* bit per node: a half-channel from the source enters it */
    struct fgr_label *label;
    struct fgr_heap forward;
    struct fgr_heap near; /* labels at settled nodes, by cost + forward cost */
    struct fgr_heap far;  /* labels elsewhere, by cost: the radius is the same for all */
    struct fgr_limit_bound bound;
    struct fgr_route *probe; /* routes that explain asks for */
    float scan_bound[FGR_SCAN_BLOCK];
};

/* Whether the scratch has room for `view`, and for `overlay` (nullable) on it. */
bool fgr_scratch_fits(const struct fgr_scratch *scratch, const struct fgr_view *view);
bool fgr_scratch_fits_overlay(const struct fgr_scratch *scratch, const struct fgr_view *view,
                              const struct fgr_overlay *overlay);

/* Forgets the last search, for one on `n_nodes` nodes: clears two bits per node. */
void fgr_scratch_reset(struct fgr_scratch *scratch, uint32_t n_nodes);

/* State of a node, fresh if this search has not met it yet. */
static inline struct fgr_node_state *fgr_scratch_node(struct fgr_scratch *scratch, uint32_t node)
{
    struct fgr_node_state *state = &scratch->node[node];
    if (state->stamp != scratch->stamp) {
        *state = (struct fgr_node_state){.forward_cost = UINT64_MAX / 4,
                                         .forward_edge = FGR_IDX_NONE,
                                         .label = FGR_IDX_NONE,
                                         .guess = FGR_IDX_NONE,
                                         .stamp = scratch->stamp};
    }
    return state;
}

#endif
