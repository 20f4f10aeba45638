/* SPDX-License-Identifier: MIT */
/*
 * judge.h - asks fgr_route and compares with what an oracle found.
 *
 * Place in the flow: view + query + oracle's answer -> fgr_route, fgr_route_check, path pricing ->
 * verdict. Every answer of every test goes through here.
 *
 * Threads: one thread per scratch.
 */
#ifndef FGR_TESTS_SUPPORT_JUDGE_H
#define FGR_TESTS_SUPPORT_JUDGE_H

#include "fulgurite/route.h"

enum fgr_verdict {
    FGR_VERDICT_RIGHT,    /* same existence, same cost, proven, and the route holds */
    FGR_VERDICT_EQUAL,    /* the same, but the work limit ended the search before the proof */
    FGR_VERDICT_UNPROVEN, /* it ended before the best route was found, and nothing else is claimed */
    FGR_VERDICT_WRONG     /* something false is claimed */
};

/* The best that is possible. */
struct fgr_truth {
    bool is_found;
    uint64_t cost_msat;
};

/* `query` may ask for max_gap_ppm; then a cost within it is right. Whatever is not right, err tells
 * it. */
enum fgr_verdict fgr_judge(struct fgr_scratch *scratch, const struct fgr_view *view,
                           const struct fgr_route_query *query, const struct fgr_truth *truth,
                           struct fgr_error *err);

/* A query in words, for the message of a failed test. Returns `text`. */
const char *fgr_judge_describe(char *text, size_t n_bytes, const struct fgr_route_query *query);

#endif
