/* SPDX-License-Identifier: MIT */
/*
 * bound.h - simple one-to-all searches from one end of a query.
 *
 * Place in the flow: view + overlay -> bound -> label pruning (least fee, expiry, hops still ahead), apart
 * (least cost and largest htlc_min) and explain (who is reachable, how much fits).
 *
 * Threads: one thread (they use the scratch).
 */
#ifndef FGR_ENGINE_BOUND_H
#define FGR_ENGINE_BOUND_H

#include "engine/search.h"

/* Fills scratch->bound for the limits that are set: from the source, at the delivered amount, over
 * half-channels that can carry it. Unreached nodes get FGR_MSAT_NONE or FGR_LIMIT_NONE. */
void fgr_bound_fill(struct fgr_scratch *scratch, const struct fgr_search_task *task);

/* Fills scratch->bound.cost, .friction and .minimum_msat: lower bounds from the source of what any
 * route to a node costs, costs without its fees, and has as its largest htlc_min. Nodes that are
 * reached only for FGR_COST_INF or more get that. */
void fgr_bound_fill_costs(struct fgr_scratch *scratch, const struct fgr_search_task *task);

/* Whether a route cheaper than `below` may have paid for the htlc_min of `edge`, which is more than
 * the amount. Needs fgr_bound_fill_costs. */
bool fgr_bound_is_in_reach(const struct fgr_scratch *scratch, const struct fgr_search_task *task,
                           uint32_t edge, uint64_t below);

/* Picks the htlc_min that most half-channels in reach have as scratch->bound.jump_msat, 0 if there
 * are none, and bounds what is ahead of a node where less than that arrives: .low, if no
 * half-channel ahead asks for as much; .high less the weighted amount, if one does, because fees
 * have to bring the amount up to what the first of them asks for, and then comes what that one
 * and the way to it cost. Needs fgr_bound_fill_costs. */
void fgr_bound_fill_jump(struct fgr_scratch *scratch, const struct fgr_search_task *task,
                         uint64_t below);

/* Counts the nodes (without itself) that the source reaches (`is_incoming`: that reach the
 * destination) over half-channels of at least `amount_msat`; scratch->bound.hops then holds the
 * distances. */
uint32_t fgr_bound_reach(struct fgr_scratch *scratch, const struct fgr_search_task *task,
                         bool is_incoming, uint64_t amount_msat);

/* Largest amount that one path can deliver, whatever it costs and whatever the htlc_min on the way:
 * exact with fees and htlc_max, an upper bound with htlc_min. 0 = none. */
uint64_t fgr_bound_largest(struct fgr_scratch *scratch, const struct fgr_search_task *task);

#endif
