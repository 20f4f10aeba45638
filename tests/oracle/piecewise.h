/* SPDX-License-Identifier: MIT */
/*
 * piecewise.h - what the best split costs at least, by linear min-cost flow at fine resolution.
 *
 * Place in the flow: problem -> arcs -> LEMON -> bounds. Judges fgr_split and its certificate from
 * the outside: nothing here prices a path or knows of parts.
 *
 * Threads: one thread per problem. Memory: taken and freed within the call.
 */
#ifndef FGR_TESTS_ORACLE_PIECEWISE_H
#define FGR_TESTS_ORACLE_PIECEWISE_H

#include "tests/oracle/lemon.h"
#include "tests/oracle/problem.h"

struct fgr_piecewise_answer {
    enum fgr_lemon_outcome outcome;
    /* No set of parts that keeps the limits costs less, but for fgr_problem_rounding. */
    long double lower_msat;
    /* What the best flow found costs in the relaxed problem: lower and upper enclose its optimum.
     * Not a bound for sets of parts. */
    long double upper_msat;
    uint32_t n_rounds;
    uint32_t n_arcs; /* of the last one */
};

/* Refines until the two bounds are within `gap` of each other, or for `max_rounds`. `out_flow_msat`
 * (nullable, n_edges of the problem) gets the best flow. Uniform balances only. */
void fgr_piecewise_solve(const struct fgr_problem *problem, struct fgr_piecewise_answer *out_answer,
                         uint64_t *out_flow_msat, long double gap, uint32_t max_rounds);

#endif
