/* SPDX-License-Identifier: MIT */
/*
 * Which passes it takes until the answer is exact (label.c says why).
 *
 *   PLAIN    ignores the limits and keeps (cost, amount). Its optimum is a lower bound for any set
 *            of limits, so if it keeps them it is the answer. That is the case nearly always.
 *   LIMITED  if a limit binds: labels also carry expiry, hops and onion bytes, and are pruned by
 *            the least of each that still lies ahead.
 *   STRICT   if a larger amount could open a half-channel whose htlc_min the cheaper ways miss,
 *            and that could still beat the answer. Mostly amounts of a few sat.
 *   FULL     if, on top of that, a loop stood in the way.
 *
 * The constrained problem is NP-hard, so a pass may run into the work limit; then the bound stays
 * below the cost and says how far the proof got.
 */
#include "engine/search.h"

#include "engine/bound.h"
#include "engine/run.h"

/* After this many the amounts are simply all kept apart. */
#define APART_PASSES_MAX 4

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
           bytes <= task->limits.bytes && amount_msat - task->amount_msat <= task->limits.fee_msat;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool is_good_enough(const struct fgr_search_task *task, const struct fgr_search_result *r)
{
    return r->bound >= r->cost ||
           (r->cost < FGR_COST_INF &&
            (fgr_u128)r->cost * 1000000 <= (fgr_u128)r->bound * (1000000 + task->max_gap_ppm));
}

static uint64_t run_pass(struct fgr_run *run, enum fgr_run_mode mode)
{
    struct fgr_search_stats *sum = &run->best->stats;
    *run = (struct fgr_run){.scratch = run->scratch,
                            .task = run->task,
                            .view = run->view,
                            .best = run->best,
                            .mode = mode,
                            .max_labels = mode >= FGR_RUN_STRICT ? run->task->max_labels_apart
                                                                 : run->task->max_labels,
                            .keeps_limits = run->keeps_limits,
                            .has_bounds = run->has_bounds,
                            .top_msat = run->top_msat,
                            .blocked = FGR_COST_INF,
                            .looped = FGR_COST_INF};
    uint64_t bound = fgr_run(run);
    sum->settled += run->stats.settled;
    sum->relaxed += run->stats.relaxed;
    sum->labels += run->stats.labels;
    return least(bound, least(run->blocked, run->looped));
}

/* STRICT or FULL passes until no half-channel is left that a larger amount would open. */
static uint64_t run_apart(struct fgr_run *run, enum fgr_run_mode mode)
{
    uint64_t bound = run_pass(run, mode);
    for (int i = 0; i < APART_PASSES_MAX && run->blocked < run->best->cost && !run->is_exhausted;
         i++) {
        run->top_msat = i + 1 < APART_PASSES_MAX ? run->blocked_msat : UINT64_MAX;
        bound = run_pass(run, mode);
    }
    return bound;
}

/* A way through an htlc_min may be cheaper than the best path, or the only one. */
static void search_apart(struct fgr_run *run, enum fgr_run_mode mode)
{
    struct fgr_search_result *r = run->best;
    run->keeps_limits = true;
    if (r->cost < FGR_COST_INF) {
        /* Knowing what to beat narrows down which htlc_min can matter. */
        r->bound = run_pass(run, mode);
        if (is_good_enough(run->task, r)) {
            return;
        }
    }
    run->top_msat = run->blocked_msat;
    uint64_t bound = run_apart(run, FGR_RUN_STRICT);
    if (run->looped < r->cost && !run->is_exhausted) {
        bound = run_apart(run, FGR_RUN_FULL);
    }
    r->bound = bound > r->bound ? bound : r->bound;
}

void fgr_search(struct fgr_scratch *scratch, struct fgr_search_result *out_result,
                const struct fgr_search_task *task)
{
    struct fgr_search_result *r = out_result;
    *r = (struct fgr_search_result){.cost = FGR_COST_INF};
    struct fgr_run run = {.scratch = scratch, .task = task, .view = task->view, .best = r};

    enum fgr_run_mode mode = FGR_RUN_PLAIN;
    r->bound = run_pass(&run, mode);
    if (r->cost < FGR_COST_INF && (run.is_too_long || !keeps_limits(task, r))) {
        r->cost = FGR_COST_INF;
        r->n_edges = 0;
        mode = FGR_RUN_LIMITED;
        fgr_bound_fill(scratch, task);
        run.has_bounds = true;
        run.keeps_limits = true;
        uint64_t bound = run_pass(&run, mode);
        r->bound = bound > r->bound ? bound : r->bound;
    }
    if (is_good_enough(task, r) || run.is_exhausted || run.blocked >= r->cost) {
        return;
    }
    search_apart(&run, mode);
}
