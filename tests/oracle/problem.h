/* SPDX-License-Identifier: MIT */
/*
 * problem.h - the split problem in plain words: a list of half-channels, limits, and what a set of
 * parts costs.
 *
 * Place in the flow: view + query -> problem -> the split oracles (split_brute, piecewise, dual),
 * which know neither the view's adjacency nor any module of the engine but cost.h and prob.h. What the
 * query's overlay says is asked of it half-channel by half-channel (fulgurite/overlay.h).
 *
 * In a set of parts the failure of a half-channel is that of the sum of what all parts put on it,
 * rounded down once; fees and risks are those of each part. A part is an HTLC: htlc_min and
 * htlc_max hold for each by itself, the balance for the sum.
 *
 * Threads: one thread per problem. Memory: owned by the problem until destroy; it borrows the query.
 * Source: fulgurite/split.h; BOLT 4 (payment_data carries the amount of the whole payment).
 */
#ifndef FGR_TESTS_ORACLE_PROBLEM_H
#define FGR_TESTS_ORACLE_PROBLEM_H

#include "fulgurite/split.h"
#include "tests/oracle/path.h"

struct fgr_problem_edge {
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat;
    uint64_t sure_msat; /* the balance is at least this, */
    uint64_t max_msat;  /* at most this, and all between are equally likely */
    uint32_t from;
    uint32_t to;
    uint32_t edge; /* what answers call it */
    uint32_t slots;
    int64_t bias_msat; /* per part */
    uint32_t base_msat;
    uint32_t ppm;
    uint32_t cltv_blocks; /* base, ppm and expiry are 0 for what leaves the source */
};

struct fgr_problem {
    const struct fgr_split_query *query;
    struct fgr_problem_edge *edge; /* grouped by `from`; none into the source or out of the end */
    uint32_t *first;               /* n_nodes + 1: edges first[v] .. first[v + 1] leave v */
    uint32_t *index;     /* of a half-channel's name in `edge`; FGR_IDX_NONE = not there */
    uint64_t *load_msat; /* work space of fgr_problem_price: all 0 between calls */
    uint32_t n_nodes;
    uint32_t n_edges;
    bool has_discount;    /* some bias is negative: prices are not those of the contract then */
    struct fgr_cost cost; /* M and R */
};

/* One HTLC. The first part is given, the second filled by fgr_problem_price. */
struct fgr_problem_part {
    uint64_t amount_msat;
    uint32_t n_hops;
    uint32_t hop[FGR_PATH_HOPS_MAX]; /* edges of the problem, from the source on */

    uint64_t carried_msat[FGR_PATH_HOPS_MAX];
    uint64_t fee_msat;
    uint64_t cltv_blocks; /* final delta included */
    uint64_t onion_bytes;
};

struct fgr_problem_price {
    const char *broken; /* the first limit that does not hold; NULL = all do */
    uint64_t cost_msat;
    uint64_t fee_msat;
    uint32_t n_hops;  /* of all parts together, the first ones apart */
    uint32_t n_edges; /* different half-channels */
};

/* False if memory is short. The usable half-channels of `view` and of the query's overlay. */
bool fgr_problem_create(struct fgr_problem *out_problem, const struct fgr_view *view,
                        const struct fgr_split_query *query);
void fgr_problem_destroy(struct fgr_problem *problem);

/* Amounts, fees, cost and limits of a set, in integers. `n_parts` > 0. */
void fgr_problem_price(struct fgr_problem *problem, struct fgr_problem_price *out_price,
                       struct fgr_problem_part *parts, uint32_t n_parts);

/* Failure cost of a sum on an edge, rounded down; `sum_msat` at most max_msat. */
uint64_t fgr_problem_fail_msat(const struct fgr_problem *problem,
                               const struct fgr_problem_edge *edge, uint64_t sum_msat);

/* The same as a real number, and its slope, 0 <= sum <= max_msat. Uniform balances only. */
long double fgr_problem_fail(const struct fgr_problem *problem, const struct fgr_problem_edge *edge,
                             long double sum_msat);
long double fgr_problem_slope(const struct fgr_problem *problem,
                              const struct fgr_problem_edge *edge, long double sum_msat);

/* What rounding can have saved in a set: a msat per fee, risk and failure, and how far the fixed
 * point logarithm may be off. */
long double fgr_problem_rounding(const struct fgr_problem *problem,
                                 const struct fgr_problem_price *price);

#endif
