/* SPDX-License-Identifier: MIT */
/*
 * split_judge.h - asks fgr_split and holds every claim of the answer against oracles: the set of
 * parts is priced again, the certificate re-computed, and both are compared with what brute force
 * and piecewise flows say.
 *
 * Place in the flow: problem + what the oracles found -> fgr_split, fgr_split_check -> verdict.
 *
 * Threads: one thread per scratch.
 */
#ifndef FGR_TESTS_SUPPORT_SPLIT_JUDGE_H
#define FGR_TESTS_SUPPORT_SPLIT_JUDGE_H

#include "tests/oracle/piecewise.h"
#include "tests/oracle/split_brute.h"
#include "tests/support/judge.h"

/* What is known of the best set. NULL = nothing. */
struct fgr_split_truth {
    const struct fgr_split_brute_answer *brute;
    const struct fgr_piecewise_answer *piecewise;
};

/* RIGHT: no set that an oracle knows is cheaper, but for the gap that the query allows.
 * EQUAL: the same, but the answer does not prove it.
 * UNPROVEN: a cheaper set, or a set at all, is known; the answer does not claim that there is none.
 * WRONG: something false is claimed. `out_split` is the answer, its arrays the scratch's. */
enum fgr_verdict fgr_split_judge(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
                                 const struct fgr_view *view, struct fgr_problem *problem,
                                 const struct fgr_split_truth *truth, struct fgr_error *err);

/* RIGHT if the certificate of `split` proves what it claims, of all sets and of those of
 * several parts; the best single part is proven by other means (tests/property/test_route.c). Of no
 * use where fgr_split did without a flow: max_parts 1, or no room for two parts. A set that carries
 * more than top_msat somewhere must pay more than the cost, or than max_fee, in fees. */
enum fgr_verdict fgr_split_judge_certificate(const struct fgr_problem *problem,
                                             const struct fgr_split *split, struct fgr_error *err);

#endif
