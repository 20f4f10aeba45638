/* SPDX-License-Identifier: MIT */
/*
 * Which passes it takes until the answer is exact.
 *
 *   PLAIN    ignores the limits and keeps (cost, amount). Its optimum is a lower bound for any set
 *            of limits, so if it keeps them it is the answer. That is the case nearly always.
 *   LIMITED  if a limit binds: labels also carry expiry, hops and onion bytes, and are pruned by
 *            the least of each that still lies ahead.
 *   STRICT   if a larger amount could open a half-channel whose htlc_min the cheaper ways miss,
 *            and that could still beat the answer: labels of different amounts or different nodes
 *            do not replace each other. Needed for a handful of queries in ten thousand.
 *
 * The constrained problem is NP-hard, so a pass may run into the work limit; then the bound stays
 * below the cost and says how far the proof got.
 */
#include "engine/search.h"

#include "engine/bound.h"
#include "engine/run.h"

/* Sums of the best path, as the public contract counts them. */
static bool keeps_limits(const struct fgr_search_task *task, const struct fgr_search_result *r)
{
    uint64_t amount_msat = task->amount_msat;
    uint64_t cltv = 0;
    uint64_t bytes = task->final_bytes;
    for (uint32_t i = r->n_edges; i-- > 1;) {
        const struct fgr_half *half = &task->view->half[r->edge[i]];
        bytes += fgr_onion_hop_bytes(amount_msat);
        cltv += half->cltv_delta;
        amount_msat += fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    }
    return r->n_edges <= task->limits.hops && cltv <= task->limits.cltv &&
           bytes <= task->limits.bytes &&
           amount_msat - task->amount_msat <= task->limits.fee_msat;
}

struct pass {
    uint64_t bound;
    uint64_t blocked;
    bool is_too_long;
};

static struct pass run_pass(struct fgr_scratch *scratch, struct fgr_search_result *best,
                            const struct fgr_search_task *task, enum fgr_run_mode mode)
{
    struct fgr_run run = {.scratch = scratch,
                          .task = task,
                          .view = task->view,
                          .best = best,
                          .mode = mode,
                          .blocked = FGR_COST_INF};
    uint64_t bound = fgr_run(&run);
    best->stats.settled += run.stats.settled;
    best->stats.relaxed += run.stats.relaxed;
    best->stats.labels += run.stats.labels;
    return (struct pass){bound, run.blocked, run.is_too_long};
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool is_good_enough(const struct fgr_search_task *task, const struct fgr_search_result *r)
{
    return r->bound >= r->cost ||
           (r->cost < FGR_COST_INF && (fgr_u128)r->cost * 1000000 <=
                                          (fgr_u128)r->bound * (1000000 + task->max_gap_ppm));
}

void fgr_search(struct fgr_scratch *scratch, struct fgr_search_result *out_result,
                const struct fgr_search_task *task)
{
    struct fgr_search_result *r = out_result;
    *r = (struct fgr_search_result){.cost = FGR_COST_INF};

    struct pass plain = run_pass(scratch, r, task, FGR_RUN_PLAIN);
    r->bound = least(plain.bound, plain.blocked);
    uint64_t blocked = plain.blocked;
    bool is_found = r->cost < FGR_COST_INF;
    bool is_bound_by_limits = is_found && (plain.is_too_long || !keeps_limits(task, r));
    if (is_bound_by_limits) {
        r->cost = FGR_COST_INF;
        r->n_edges = 0;
    }
    if (is_good_enough(task, r)) {
        return;
    }
    fgr_bound_fill(scratch, task);
    if (is_bound_by_limits) {
        struct pass limited = run_pass(scratch, r, task, FGR_RUN_LIMITED);
        blocked = limited.blocked;
        uint64_t bound = least(limited.bound, blocked);
        r->bound = bound > r->bound ? bound : r->bound;
        if (is_good_enough(task, r)) {
            return;
        }
    }
    if (blocked < r->cost) {
        struct pass strict = run_pass(scratch, r, task, FGR_RUN_STRICT);
        r->bound = strict.bound > r->bound ? strict.bound : r->bound;
    }
}
