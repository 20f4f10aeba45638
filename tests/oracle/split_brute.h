/* SPDX-License-Identifier: MIT */
/*
 * split_brute.h - every set of simple paths of a tiny graph, with the best amounts on each.
 *
 * Place in the flow: problem -> all sets of up to `max_parts` paths -> the best set under all
 * limits at once. Judges fgr_split and the bounds of piecewise and dual.
 *
 * Threads: one thread per problem. Time: graphs of up to 6 nodes, up to 3 parts.
 */
#ifndef FGR_TESTS_ORACLE_SPLIT_BRUTE_H
#define FGR_TESTS_ORACLE_SPLIT_BRUTE_H

#include "tests/oracle/problem.h"

enum { FGR_SPLIT_BRUTE_PARTS_MAX = 3, FGR_SPLIT_BRUTE_PATHS_MAX = 160 };

struct fgr_split_brute_answer {
    bool gave_up;  /* too many paths for this method */
    bool is_exact; /* every set of amounts was tried: nothing is better, and `none` is proven */
    uint32_t n_paths;
    uint32_t n_parts; /* 0 = no set was found */
    struct fgr_problem_price price;
    struct fgr_problem_part part[FGR_SPLIT_BRUTE_PARTS_MAX];
};

/* The best set of at most min(max_parts of the query, FGR_SPLIT_BRUTE_PARTS_MAX) parts. Exact if
 * the amount is small; otherwise a grid of amounts, then exchanges between two parts down to
 * 1 msat, so that a better set may exist, by little. */
void fgr_split_brute_solve(struct fgr_problem *problem, struct fgr_split_brute_answer *out_answer);

#endif
