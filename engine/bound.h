/* SPDX-License-Identifier: MIT */
/*
 * bound.h - simple one-to-all searches from one end of a query.
 *
 * Place in the flow: view -> bound -> label pruning (least fee, expiry, hops still ahead) and
 * explain (who is reachable, how much fits).
 *
 * Threads: one thread (they use the scratch).
 */
#ifndef FGR_ENGINE_BOUND_H
#define FGR_ENGINE_BOUND_H

#include "engine/search.h"

/* Fills scratch->bound for the limits that are set: from the source, at the delivered amount, over
 * half-channels that can carry it. Unreached nodes get FGR_MSAT_NONE or FGR_LIMIT_NONE. */
void fgr_bound_fill(struct fgr_scratch *scratch, const struct fgr_search_task *task);

/* Counts the nodes (without itself) that `node` reaches along `adj` over half-channels of at least
 * `amount_msat`; scratch->bound.hops then holds the distances. */
uint32_t fgr_bound_reach(struct fgr_scratch *scratch, const struct fgr_view *view,
                         const struct fgr_adjacency *adj, uint32_t node, uint64_t amount_msat);

/* Largest amount that one path can deliver from `from` to `to`, whatever it costs and whatever the
 * htlc_min on the way: exact with fees and htlc_max, an upper bound with htlc_min. 0 = none. */
uint64_t fgr_bound_largest(struct fgr_scratch *scratch, const struct fgr_view *view, uint32_t from,
                           uint32_t to);

#endif
