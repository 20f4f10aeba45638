/* SPDX-License-Identifier: MIT */
/*
 * capacity.h - the memory of fgr_capacity, and its two halves: the cut and the set of parts.
 *
 * Place in the flow: view + query -> capacity.c (rooms, flow, cut) -> bundle.c (flow -> parts).
 *
 * Threads: one thread.
 */
#ifndef FGR_ENGINE_CAPACITY_H
#define FGR_ENGINE_CAPACITY_H

#include "engine/maxflow.h"
#include "fulgurite/capacity.h"

/* Room for bundles: mainnet's best connected pairs need some hundred. */
#define FGR_BUNDLES_MAX UINT32_C(16384)

struct fgr_capacity_scratch {
    struct fgr_allocator allocator;
    uint32_t n_nodes; /* room */
    uint32_t n_chans; /* room */
    struct fgr_maxflow maxflow;
    uint64_t *room_msat; /* per half-channel: what the flow may use of left_msat */
    uint64_t *left_msat; /* per half-channel: most that more parts can put on it */
    uint64_t rest_msat;  /* of the bound, not delivered yet */
    fgr_edge_idx *cut;
    struct fgr_bundle *bundle;
    fgr_edge_idx *bundle_edge;
    uint32_t n_bundles;
    uint32_t n_bundle_edges;
};

/* Turns the flow of scratch->maxflow into bundles behind those that are there; takes what they carry
 * from left_msat, and what they deliver from rest_msat. Where a way takes no part at all, the
 * half-channel that stops them is left out from now on. The flow is used up. */
void fgr_bundle_flow(struct fgr_capacity_scratch *scratch, const struct fgr_split_query *query);

#endif
