/* SPDX-License-Identifier: MIT */
/*
 * lemon.h - two flow problems solved by LEMON, a well-tested library of others: the reference for
 * everything here that is a flow.
 *
 * Place in the flow: arcs -> LEMON -> flows. The only user of LEMON.
 *
 * Threads: pure, any thread. Memory: taken and freed within the call.
 * Source: LEMON 1.3 (NetworkSimplex, Preflow).
 */
#ifndef FGR_TESTS_ORACLE_LEMON_H
#define FGR_TESTS_ORACLE_LEMON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fgr_lemon_arc {
    uint32_t from;
    uint32_t to;
    int64_t room; /* most flow */
    int64_t cost; /* per unit of flow; 0 or more */
    int64_t flow; /* filled */
};

enum fgr_lemon_outcome {
    FGR_LEMON_OPTIMAL,
    FGR_LEMON_INFEASIBLE, /* the amount does not fit */
    FGR_LEMON_FAILED      /* memory, or numbers too large */
};

/* The cheapest flow of `amount` from node `from` to node `to`. Costs times nodes stay below 2^61.*/
enum fgr_lemon_outcome fgr_lemon_min_cost(struct fgr_lemon_arc *arcs, size_t n_arcs,
                                          uint32_t n_nodes, uint32_t from, uint32_t to,
                                          int64_t amount);

/* The largest flow; -1 if memory is short. The flows of the arcs stay as they are. */
int64_t fgr_lemon_max_flow(const struct fgr_lemon_arc *arcs, size_t n_arcs, uint32_t n_nodes,
                           uint32_t from, uint32_t to);

#ifdef __cplusplus
}
#endif

#endif
