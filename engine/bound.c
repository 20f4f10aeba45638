/* SPDX-License-Identifier: MIT */
#include "engine/bound.h"

#include <string.h>

/* Least sum of fees or of expiry deltas: Dijkstra over exact integers. The heap keys are truncated
 * above 2^26, so a node may be taken a little too early; `value` is then corrected later and the
 * node is pushed again. If that ever fills the heap, the bound becomes 0 everywhere: still true. */
static void least_sum(struct fgr_scratch *s, const struct fgr_search_task *task, bool is_fee)
{
    const struct fgr_view *view = task->view;
    const struct fgr_adjacency *out = &view->out;
    uint64_t *value = s->bound.fee_msat;
    for (uint32_t i = 0; i < view->n_nodes; i++) {
        value[i] = FGR_MSAT_NONE;
    }
    value[task->from] = 0;
    s->forward.n = 0;
    fgr_heap_push(&s->forward, 0, task->from);
    while (s->forward.n > 0) {
        uint64_t top = s->forward.entry[0];
        uint32_t node = fgr_heap_item(top);
        fgr_heap_pop(&s->forward);
        if (fgr_heap_key(top) != fgr_key_encode(value[node])) {
            continue;
        }
        for (uint32_t i = out->first[node]; i < out->first[node + 1]; i++) {
            const struct fgr_half *half = &view->half[out->edge[i]];
            if (task->amount_msat > half->htlc_max_msat) {
                continue;
            }
            uint64_t step = 0;
            if (node != task->from) {
                step = is_fee ? fgr_fee_msat(task->amount_msat, half->base_msat, half->ppm)
                              : half->cltv_delta;
            }
            /* Larger sums mean no limit could be kept: leave the node unreached. */
            if (step > FGR_MSAT_MAX || value[node] + step > FGR_MSAT_MAX ||
                value[node] + step >= value[out->nbr[i]]) {
                continue;
            }
            if (s->forward.n > s->n_usable) {
                memset(value, 0, view->n_nodes * sizeof *value);
                return;
            }
            value[out->nbr[i]] = value[node] + step;
            fgr_heap_push(&s->forward, fgr_key_encode(value[out->nbr[i]]), out->nbr[i]);
        }
    }
}

uint32_t fgr_bound_reach(struct fgr_scratch *scratch, const struct fgr_view *view,
                         const struct fgr_adjacency *adj, uint32_t node, uint64_t amount_msat)
{
    uint32_t *hops = scratch->bound.hops;
    /* Each node is queued once, over a half-channel of its own: the forward heap has room. */
    uint64_t *queue = scratch->forward.entry;
    for (uint32_t i = 0; i < view->n_nodes; i++) {
        hops[i] = FGR_LIMIT_NONE;
    }
    hops[node] = 0;
    uint32_t n = 0;
    queue[n++] = node;
    for (uint32_t at = 0; at < n; at++) {
        uint32_t from = (uint32_t)queue[at];
        for (uint32_t i = adj->first[from]; i < adj->first[from + 1]; i++) {
            uint32_t to = adj->nbr[i];
            if (hops[to] == FGR_LIMIT_NONE &&
                amount_msat <= view->half[adj->edge[i]].htlc_max_msat) {
                hops[to] = hops[from] + 1;
                queue[n++] = to;
            }
        }
    }
    return n - 1;
}

void fgr_bound_fill(struct fgr_scratch *scratch, const struct fgr_search_task *task)
{
    const struct fgr_view *view = task->view;
    fgr_bound_reach(scratch, view, &view->out, task->from, task->amount_msat);
    if (task->limits.cltv != FGR_LIMIT_NONE) {
        least_sum(scratch, task, false);
        for (uint32_t i = 0; i < view->n_nodes; i++) {
            uint64_t sum = scratch->bound.fee_msat[i];
            scratch->bound.cltv[i] = sum < FGR_LIMIT_NONE ? (uint32_t)sum : FGR_LIMIT_NONE;
        }
    }
    if (task->limits.fee_msat != FGR_MSAT_NONE) {
        least_sum(scratch, task, true);
    }
}

/* Largest amount that can be forwarded out of `received_msat`, the fee for it taken off; 0 = none. */
static uint64_t forwardable(uint64_t received_msat, const struct fgr_half *half)
{
    if (received_msat <= half->base_msat) {
        return 0;
    }
    uint64_t left_msat = received_msat - half->base_msat;
    /* Without the floor in the fee it would be left / (1 + ppm / 1e6); the floor gives a little
     * more, at most one msat here. */
    uint64_t amount_msat = fgr_muldiv_floor(left_msat, 1000000, 1000000 + (uint64_t)half->ppm);
    while (amount_msat + 1 + fgr_fee_msat(amount_msat + 1, half->base_msat, half->ppm) <=
           received_msat) {
        amount_msat++;
    }
    return amount_msat;
}

static uint32_t largest_first(uint64_t amount_msat)
{
    return UINT32_MAX - fgr_key_encode(amount_msat);
}

uint64_t fgr_bound_largest(struct fgr_scratch *scratch, const struct fgr_view *view, uint32_t from,
                           uint32_t to)
{
    /* Dijkstra on the amount that reaches a node, largest first: having more is never worse, since
     * one may always send less. */
    const struct fgr_adjacency *out = &view->out;
    struct fgr_heap *heap = &scratch->forward;
    uint64_t *most = scratch->bound.fee_msat;
    memset(most, 0, view->n_nodes * sizeof *most);
    most[from] = FGR_MSAT_MAX;
    heap->n = 0;
    fgr_heap_push(heap, largest_first(FGR_MSAT_MAX), from);
    while (heap->n > 0) {
        uint64_t top = heap->entry[0];
        uint32_t node = fgr_heap_item(top);
        fgr_heap_pop(heap);
        if (fgr_heap_key(top) != largest_first(most[node])) {
            continue;
        }
        for (uint32_t i = out->first[node]; i < out->first[node + 1]; i++) {
            const struct fgr_half *half = &view->half[out->edge[i]];
            uint64_t amount_msat = node == from ? FGR_MSAT_MAX : forwardable(most[node], half);
            amount_msat = amount_msat < half->htlc_max_msat ? amount_msat : half->htlc_max_msat;
            if (amount_msat > most[out->nbr[i]] && heap->n <= scratch->n_usable) {
                most[out->nbr[i]] = amount_msat;
                fgr_heap_push(heap, largest_first(amount_msat), out->nbr[i]);
            }
        }
    }
    return most[to];
}
