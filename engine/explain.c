/* SPDX-License-Identifier: MIT */
/*
 * Diagnosis by counting and by searching again with one thing changed:
 *
 *   1. the half-channels at both ends, counted against the amount;
 *   2. one search without limits: if it finds nothing, the amount or the map is the reason;
 *   3. else, for each limit in turn, the least value of that limit with the others kept: the same
 *      exact search, minimising the fee, the expiry, the hops or the onion bytes instead of the
 *      cost. What it finds is the smallest limit that works.
 *
 * The largest amount that one path carries: the upper bound of bound.h if the exact search agrees,
 * which it does unless an htlc_min is in the way; else bisection over the exact search, which may
 * then settle below a larger amount that would work again.
 */
#include "engine/explain.h"

#include "engine/bound.h"
#include "engine/query.h"
#include "graph/walk.h"

struct end_counts {
    uint32_t enabled;
    uint32_t above_max;
    uint32_t below_min;
    uint64_t largest_msat;
    uint64_t smallest_msat;
};

static struct end_counts count_end(const struct fgr_view *view, const struct fgr_overlay *overlay,
                                   bool is_incoming, uint32_t node, uint64_t amount_msat)
{
    struct end_counts c = {.smallest_msat = UINT64_MAX};
    struct fgr_walk walk = fgr_walk_of(view, overlay, is_incoming, node);
    uint32_t edge, end;
    while (fgr_walk_next(&walk, &edge, &end)) {
        const struct fgr_half *half = fgr_overlay_half(view, overlay, edge);
        c.enabled++;
        c.above_max += amount_msat > half->htlc_max_msat;
        c.below_min += amount_msat < half->htlc_min_msat;
        if (half->htlc_max_msat > c.largest_msat) {
            c.largest_msat = half->htlc_max_msat;
        }
        if (half->htlc_min_msat < c.smallest_msat) {
            c.smallest_msat = half->htlc_min_msat;
        }
    }
    if (c.enabled == 0) {
        c.smallest_msat = 0;
    }
    return c;
}

static void count_ends(struct fgr_explain *out, const struct fgr_view *view,
                       const struct fgr_route_query *query)
{
    const struct fgr_overlay *overlay = query->overlay;
    struct end_counts o = count_end(view, overlay, false, query->from.v, query->amount.v);
    struct end_counts i = count_end(view, overlay, true, query->to.v, query->amount.v);
    out->out_enabled = o.enabled;
    out->out_above_max = o.above_max;
    out->out_below_min = o.below_min;
    out->largest_out.v = o.largest_msat;
    out->smallest_out.v = o.smallest_msat;
    out->in_enabled = i.enabled;
    out->in_above_max = i.above_max;
    out->in_below_min = i.below_min;
    out->largest_in.v = i.largest_msat;
    out->smallest_in.v = i.smallest_msat;
}

/* Nothing counts but what the caller sets next. */
static void clear_weights(struct fgr_cost *cost)
{
    *cost = (struct fgr_cost){.model = cost->model};
}

/* Outcome of a search that was only asked for a number. */
struct probe {
    uint64_t value; /* of the best route found; FGR_COST_INF = none */
    bool is_proven; /* there is nothing less, or nothing at all */
};

static struct probe probe(struct fgr_scratch *scratch, const struct fgr_search_task *task)
{
    struct fgr_search_result result;
    fgr_search(scratch, &result, task);
    return (struct probe){result.cost, result.bound >= result.cost};
}

static bool is_connected(struct fgr_scratch *scratch, struct fgr_explain *out,
                         const struct fgr_search_task *task)
{
    out->reaching_destination = fgr_bound_reach(scratch, task, true, task->amount_msat);
    out->reachable_from_source = fgr_bound_reach(scratch, task, false, task->amount_msat);
    fgr_bound_reach(scratch, task, false, 0);
    return scratch->bound.hops[task->to] != FGR_LIMIT_NONE;
}

static uint64_t largest_amount(struct fgr_scratch *scratch, const struct fgr_search_task *free_task)
{
    struct fgr_search_task task = *free_task;
    /* Little but the fee is left between the largest amount and what its source can send. */
    clear_weights(&task.cost);
    task.cost.fee_weight = 1;
    uint64_t low = 0;
    uint64_t high = fgr_bound_largest(scratch, &task);
    task.amount_msat = high;
    while (low < high) {
        if (probe(scratch, &task).value < FGR_COST_INF) {
            low = task.amount_msat;
        } else {
            high = task.amount_msat - 1;
        }
        task.amount_msat = low + (high - low + 1) / 2;
    }
    return low;
}

static enum fgr_reason reason_of_ends(const struct fgr_explain *e)
{
    if (e->out_enabled == 0) {
        return FGR_REASON_NO_CHANNEL_OUT;
    }
    if (e->in_enabled == 0) {
        return FGR_REASON_NO_CHANNEL_IN;
    }
    if (e->out_above_max == e->out_enabled) {
        return FGR_REASON_AMOUNT_ABOVE_OUT;
    }
    if (e->in_above_max == e->in_enabled) {
        return FGR_REASON_AMOUNT_ABOVE_IN;
    }
    if (e->out_below_min == e->out_enabled) {
        return FGR_REASON_AMOUNT_BELOW_OUT;
    }
    if (e->in_below_min == e->in_enabled) {
        return FGR_REASON_AMOUNT_BELOW_IN;
    }
    return FGR_REASON_NONE;
}

/* No route even without limits. */
static void explain_amount(struct fgr_scratch *scratch, struct fgr_explain *out,
                           const struct fgr_search_task *free_task)
{
    bool is_joined = is_connected(scratch, out, free_task);
    out->reason = reason_of_ends(out);
    if (out->reason == FGR_REASON_NONE) {
        out->reason = is_joined ? FGR_REASON_AMOUNT_BLOCKED : FGR_REASON_NOT_CONNECTED;
    }
    if (is_joined) {
        out->max_amount.v = largest_amount(scratch, free_task);
    }
}

enum resource { RESOURCE_FEE, RESOURCE_CLTV, RESOURCE_HOPS, RESOURCE_BYTES };

/* The least of one resource that any route takes while the other limits hold. */
static struct probe least_needed(struct fgr_scratch *scratch, const struct fgr_search_task *limited,
                                 enum resource resource)
{
    struct fgr_search_task task = *limited;
    task.max_gap_ppm = 0;
    clear_weights(&task.cost);
    switch (resource) {
    case RESOURCE_FEE:
        task.limits.fee_msat = FGR_MSAT_NONE;
        task.cost.fee_weight = 1;
        break;
    case RESOURCE_CLTV:
        task.limits.cltv = FGR_LIMIT_NONE;
        task.cost.cltv_weight = 1;
        break;
    case RESOURCE_HOPS:
        task.limits.hops = FGR_LIMIT_NONE;
        task.cost.hop_weight = 1;
        break;
    case RESOURCE_BYTES:
        task.limits.bytes = FGR_LIMIT_NONE;
        task.cost.byte_weight = 1;
        break;
    }
    return probe(scratch, &task);
}

/* A route exists without limits: which limit alone is in the way, and by how much. The first in
 * the order fee, expiry, hops, onion is the reason; all that would help are filled. What the work
 * limit left open is not claimed. */
static void explain_limits(struct fgr_scratch *scratch, struct fgr_explain *out,
                           const struct fgr_search_task *limited, uint32_t final_cltv)
{
    struct probe bytes = least_needed(scratch, limited, RESOURCE_BYTES);
    struct probe hops = least_needed(scratch, limited, RESOURCE_HOPS);
    struct probe cltv = least_needed(scratch, limited, RESOURCE_CLTV);
    struct probe fee = least_needed(scratch, limited, RESOURCE_FEE);
    bool is_proven = bytes.is_proven && hops.is_proven && cltv.is_proven && fee.is_proven;
    out->reason = is_proven ? FGR_REASON_LIMITS : FGR_REASON_WORK_LIMIT;
    if (bytes.is_proven && bytes.value < FGR_COST_INF) {
        out->needed_bytes = (uint32_t)bytes.value + limited->final_bytes;
        out->reason = FGR_REASON_ONION_LIMIT;
    }
    if (hops.is_proven && hops.value < FGR_COST_INF) {
        out->needed_hops = (uint32_t)hops.value;
        out->reason = FGR_REASON_HOP_LIMIT;
    }
    if (cltv.is_proven && cltv.value < FGR_COST_INF) {
        out->needed_cltv = (uint32_t)cltv.value + final_cltv;
        out->reason = FGR_REASON_CLTV_LIMIT;
    }
    if (fee.is_proven && fee.value < FGR_COST_INF) {
        out->needed_fee.v = fee.value;
        out->reason = FGR_REASON_FEE_LIMIT;
    }
}

void fgr_explain_fill(struct fgr_scratch *scratch, struct fgr_explain *out,
                      const struct fgr_view *view, const struct fgr_route_query *query,
                      bool is_proven)
{
    count_ends(out, view, query);
    if (query->from.v == query->to.v) {
        out->reason = FGR_REASON_SAME_NODE;
        return;
    }
    if (!is_proven) {
        out->reason = FGR_REASON_WORK_LIMIT;
        return;
    }
    struct fgr_search_task task;
    fgr_query_task(&task, view, query);
    struct fgr_search_task free_task = task;
    free_task.limits =
        (struct fgr_limits){FGR_MSAT_NONE, FGR_LIMIT_NONE, FGR_LIMIT_NONE, FGR_LIMIT_NONE};
    struct probe any = probe(scratch, &free_task);
    if (any.value < FGR_COST_INF) {
        explain_limits(scratch, out, &task, query->final_cltv);
    } else if (any.is_proven) {
        explain_amount(scratch, out, &free_task);
    } else {
        out->reason = FGR_REASON_WORK_LIMIT;
    }
}
