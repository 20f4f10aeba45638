/* SPDX-License-Identifier: MIT */
/*
 * bounds.h - exact least distances from the source of a payment, each of its own: cost at the
 * delivered amount, cost without fees, CLTV, hops, and the largest htlc_min on the way.
 *
 * Place in the flow: view + query -> bounds -> pareto. No route reaches a node for less: amounts on
 * the way are at least the delivered one, and no cost term falls when the amount grows.
 *
 * Threads: one object per thread. Memory: sized at create, kept until destroy.
 */
#ifndef FGR_TESTS_ORACLE_BOUNDS_H
#define FGR_TESTS_ORACLE_BOUNDS_H

#include "engine/cost.h"
#include "tests/oracle/keyheap.h"

#define FGR_BOUNDS_FAR UINT64_MAX

struct fgr_bounds {
    const struct fgr_view *view;
    uint64_t *cost_msat;     /* n_nodes each; FGR_BOUNDS_FAR = not reachable */
    uint64_t *friction_msat; /* risk and failure cost alone */
    uint64_t *cltv_blocks;
    uint64_t *hops;
    uint64_t *minimum_msat; /* every way there has an htlc_min at least this large */
    struct fgr_keyheap heap;
};

/* Both return false if memory is short. */
bool fgr_bounds_create(struct fgr_bounds *out_bounds, const struct fgr_view *view);
bool fgr_bounds_fill(struct fgr_bounds *bounds, const struct fgr_route_query *query);
void fgr_bounds_destroy(struct fgr_bounds *bounds);

#endif
