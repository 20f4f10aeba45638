/* SPDX-License-Identifier: MIT */
/*
 * Which passes it takes until the answer is exact.
 *
 *   PLAIN    ignores the limits and keeps (cost, amount). Its optimum is a lower bound for any set
 *            of limits, so if it keeps them it is the answer. That is the case nearly always.
 *   LIMITED  if a limit binds: labels also carry expiry, hops and onion bytes, and are pruned by
 *            the least of each that still lies ahead.
 *   apart.c  if a larger amount could open a half-channel whose htlc_min the cheaper ways miss, and
 *            that could still beat the answer: mostly amounts of a few sat. Also where a pass was
 *            too much work: its bounds are dearer and better.
 *
 * The constrained problem is NP-hard, so a pass may run into the work limit; then the bound stays
 * below the cost and says how far the proof got.
 */
#include "engine/search.h"

#include "engine/apart.h"
#include "engine/bound.h"
#include "engine/run.h"

bool fgr_search_keeps_limits(const struct fgr_search_task *task, const uint32_t *edges,
                             uint32_t n_edges)
{
    uint64_t amount_msat = task->amount_msat;
    uint64_t cltv = 0;
    uint64_t bytes = task->final_bytes;
    for (uint32_t i = n_edges; i-- > 1;) {
        const struct fgr_half *half = fgr_overlay_half(task->view, task->overlay, edges[i]);
        bytes += fgr_onion_hop_bytes(amount_msat);
        cltv += half->cltv_delta;
        amount_msat += fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    }
    return n_edges <= task->limits.hops && cltv <= task->limits.cltv &&
           bytes <= task->limits.bytes && amount_msat - task->amount_msat <= task->limits.fee_msat;
}

static uint64_t run_pass(struct fgr_run *run, enum fgr_run_mode mode)
{
    struct fgr_search_stats *sum = &run->best->stats;
    *run = (struct fgr_run){.scratch = run->scratch,
                            .task = run->task,
                            .view = run->view,
                            .best = run->best,
                            .mode = mode,
                            .keeps_limits = run->keeps_limits,
                            .blocked = FGR_COST_INF};
    uint64_t bound = fgr_run(run);
    sum->settled += run->stats.settled;
    sum->relaxed += run->stats.relaxed;
    sum->labels += run->stats.labels;
    return bound < run->blocked ? bound : run->blocked;
}

static void raise_bound(struct fgr_search_result *result, uint64_t bound)
{
    result->bound = bound > result->bound ? bound : result->bound;
}

void fgr_search(struct fgr_scratch *scratch, struct fgr_search_result *out_result,
                const struct fgr_search_task *task)
{
    struct fgr_search_result *r = out_result;
    *r = (struct fgr_search_result){.cost = FGR_COST_INF};
    struct fgr_run run = {.scratch = scratch, .task = task, .view = task->view, .best = r};

    enum fgr_run_mode mode = FGR_RUN_PLAIN;
    r->bound = run_pass(&run, mode);
    if (r->cost < FGR_COST_INF &&
        (run.is_too_long || !fgr_search_keeps_limits(task, r->edge, r->n_edges))) {
        r->cost = FGR_COST_INF;
        r->n_edges = 0;
        mode = FGR_RUN_LIMITED;
        fgr_bound_fill(scratch, task);
        run.keeps_limits = true;
        raise_bound(r, run_pass(&run, mode));
    }
    if (fgr_search_is_proven(task, r, r->bound)) {
        return;
    }
    if (r->cost < FGR_COST_INF && !run.is_exhausted) {
        /* Knowing what to beat narrows down which htlc_min can matter. */
        run.keeps_limits = true;
        raise_bound(r, run_pass(&run, mode));
    }
    if (!fgr_search_is_proven(task, r, r->bound)) {
        fgr_apart(scratch, r, task);
    }
}
