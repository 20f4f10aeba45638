/* SPDX-License-Identifier: MIT */
/*
 * solve.h - one split query from its task to the best parts and the best bound.
 *
 * Place in the flow: split (query) -> solve -> {search, flow, parts, branch} -> split (answer).
 *
 * Threads: one thread per scratch.
 */
#ifndef FGR_ENGINE_SOLVE_H
#define FGR_ENGINE_SOLVE_H

#include "engine/split_scratch.h"

/* A price put on what is limited for all parts together, and what is known of the right one. */
struct fgr_solve_weight {
    double weight;
    double low;  /* too much is used at this one, */
    double high; /* less than could be at this one; 0 = none known */
};

/* What is known while a query is being solved. */
struct fgr_solve {
    struct fgr_split_scratch *s;
    const struct fgr_view *view;
    uint32_t from;
    uint32_t to;
    uint32_t final_cltv;
    uint32_t max_gap_ppm;
    uint32_t max_rounds;
    struct fgr_parts_task task;
    struct fgr_search_result single; /* the best route, with the cost of being a part */
    uint64_t cost_msat;              /* of the best answer: the single route or scratch->parts */
    bool is_single;
    double bound_msat;    /* no set of parts costs less before rounding */
    double several_msat;  /* no set of two parts or more; 0 = not asked for */
    double rounding_msat; /* of the cases, where it is they that prove bound_msat */
    uint32_t n_cases;
    struct fgr_tariff tariff;
    struct fgr_solve_weight fee;
    struct fgr_solve_weight parts;
    double flow_fee_msat;
    double flow_parts;
};

/* Prices at which nothing is known but the task. */
struct fgr_tariff fgr_solve_tariff(const struct fgr_parts_task *task, uint64_t extra_msat);

/* What rounding can save at most in any set of parts, at the prices that prove bound_msat. */
uint64_t fgr_solve_rounding(const struct fgr_solve *solve);

/* Looks for parts and a bound. The single route has been looked for. */
void fgr_solve(struct fgr_solve *solve);

/* ---- for branch.c ---- */

/* Whether cost and bound are as close as was asked for; or as much work has been done. */
bool fgr_solve_is_good(const struct fgr_solve *solve);
bool fgr_solve_is_done(const struct fgr_solve *solve);

/* What rounding can save at most where a msat on its way costs `unit_price`. */
double fgr_solve_rounding_at(const struct fgr_solve *solve, double fee_weight, double unit_price);

/* Makes parts of the flow and takes them if they are the best so far. */
void fgr_solve_choose(struct fgr_solve *solve);

/* What weights add to the cost of any set of parts that keeps the limits, at most. */
double fgr_solve_credit(const struct fgr_solve *solve);

#endif
