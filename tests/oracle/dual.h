/* SPDX-License-Identifier: MIT */
/*
 * dual.h - the certificate of a split, re-computed from scratch: weak duality in long double.
 *
 * Place in the flow: problem + one price per half-channel -> a lower bound on every set of parts.
 *
 * Threads: one thread per problem. Memory: taken and freed within the call.
 */
#ifndef FGR_TESTS_ORACLE_DUAL_H
#define FGR_TESTS_ORACLE_DUAL_H

#include "tests/oracle/problem.h"

/* A point of the dual problem. */
struct fgr_dual {
    const long double *price; /* per edge of the problem: cost of a msat more on it, 0 or more */
    long double fee_weight;   /* 1, or more to price the fee limit */
    long double part_weight;  /* 0, or more to price the number of parts */
    uint64_t top_msat;        /* no part of the sets in question carries more on any edge */
    uint32_t max_hops;        /* limits to keep; FGR_IDX_NONE: none */
    uint32_t max_cltv;        /* without the final delta */
    bool is_unrounded;        /* of sets whose fees are not rounded */
};

struct fgr_dual_answer {
    bool is_ok; /* memory and work sufficed */
    /* Every set of parts that keeps the limits costs at least this, where it delivers each msat at
     * unit_price at least; and if it has two parts or more, at least several_msat. */
    long double bound_msat;
    long double several_msat;
    long double unit_price;
    /* ... but for the rounding of the set, each msat of which may have saved this much more. */
    long double rounding_weight;
};

/* Slopes at `flow_msat` (n_edges of the problem): the natural prices. */
void fgr_dual_prices(const struct fgr_problem *problem, long double *out_price,
                     const uint64_t *flow_msat);

/* Any prices give a true bound. Infinite if no way keeps the limits. */
void fgr_dual_solve(const struct fgr_problem *problem, struct fgr_dual_answer *out_answer,
                    const struct fgr_dual *dual);

#endif
