/* SPDX-License-Identifier: MIT */
#include "engine/bound.h"

#include <string.h>

#include "graph/walk.h"

enum metric { METRIC_FEE, METRIC_CLTV, METRIC_COST, METRIC_FRICTION, METRIC_MINIMUM };

/* What `value` at the start of a half-channel becomes at its end. */
static uint64_t value_over(const struct fgr_search_task *task, enum metric metric, uint32_t edge,
                           uint64_t value)
{
    const struct fgr_view *view = task->view;
    const struct fgr_overlay *overlay = task->overlay;
    const struct fgr_half *half = fgr_overlay_half(view, overlay, edge);
    /* Whoever uses it has at least its htlc_min, and nothing costs less with a larger amount. */
    bool is_small = task->amount_msat < half->htlc_min_msat;
    uint64_t amount_msat = is_small ? half->htlc_min_msat : task->amount_msat;
    bool is_first = fgr_overlay_from(view, overlay, edge) == task->from;
    if (metric == METRIC_MINIMUM) {
        return value > half->htlc_min_msat ? value : half->htlc_min_msat;
    }
    if (metric == METRIC_CLTV) {
        return value + (is_first ? 0 : half->cltv_delta);
    }
    uint64_t fee_msat = is_first ? 0 : fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    if (fee_msat > FGR_MSAT_MAX) {
        return FGR_COST_INF; /* larger sums mean no limit could be kept */
    }
    if (metric == METRIC_FEE) {
        return value + fee_msat;
    }
    if (is_first) {
        return value + fgr_cost_first_over(&task->cost, view, overlay, edge, amount_msat);
    }
    if (metric == METRIC_FRICTION) {
        fee_msat = 0;
    }
    return value + fgr_cost_forward_over(&task->cost, view, overlay, edge, fee_msat, amount_msat);
}

static uint32_t n_nodes_of(const struct fgr_search_task *task)
{
    return fgr_overlay_n_nodes(task->view, task->overlay);
}

/* Forgets all values; the caller seeds some. */
static void clear(struct fgr_scratch *s, uint64_t *value, uint32_t n_nodes)
{
    for (uint32_t i = 0; i < n_nodes; i++) {
        value[i] = FGR_COST_INF;
    }
    s->forward.n = 0;
}

static void seed(struct fgr_scratch *s, uint64_t *value, uint32_t node, uint64_t seed_value)
{
    value[node] = seed_value;
    fgr_heap_push(&s->forward, fgr_key_encode(seed_value), node);
}

/* Least value from the seeds, over half-channels whose htlc_min is less than `below_msat`: Dijkstra
 * over exact integers. The heap keys are truncated above 2^26, so a node may be taken a little too
 * early; `value` is then corrected later and the node is pushed again. If that ever fills the heap,
 * the bound becomes 0 everywhere: still true. */
static void sweep(struct fgr_scratch *s, uint64_t *value, const struct fgr_search_task *task,
                  enum metric metric, uint64_t below_msat)
{
    const struct fgr_view *view = task->view;
    while (s->forward.n > 0) {
        uint64_t top = s->forward.entry[0];
        uint32_t node = fgr_heap_item(top);
        fgr_heap_pop(&s->forward);
        if (fgr_heap_key(top) != fgr_key_encode(value[node])) {
            continue;
        }
        struct fgr_walk walk = fgr_walk_of(view, task->overlay, false, node);
        uint32_t edge, end;
        while (fgr_walk_next(&walk, &edge, &end)) {
            /* The first test spares most half-channels a look at their policy. */
            if (value[node] >= value[end]) {
                continue;
            }
            const struct fgr_half *half = fgr_overlay_half(view, task->overlay, edge);
            if (task->amount_msat > half->htlc_max_msat || half->htlc_min_msat >= below_msat) {
                continue;
            }
            uint64_t through = value_over(task, metric, edge, value[node]);
            if (through >= value[end]) {
                continue;
            }
            if (s->forward.n > s->n_edges) {
                memset(value, 0, n_nodes_of(task) * sizeof *value);
                return;
            }
            seed(s, value, end, through);
        }
    }
}

static void sweep_from_source(struct fgr_scratch *s, uint64_t *value,
                              const struct fgr_search_task *task, enum metric metric,
                              uint64_t below_msat)
{
    clear(s, value, n_nodes_of(task));
    seed(s, value, task->from, 0);
    sweep(s, value, task, metric, below_msat);
}

uint32_t fgr_bound_reach(struct fgr_scratch *scratch, const struct fgr_search_task *task,
                         bool is_incoming, uint64_t amount_msat)
{
    uint32_t node = is_incoming ? task->to : task->from;
    uint32_t *hops = scratch->bound.hops;
    /* Each node is queued once, over a half-channel of its own: the forward heap has room. */
    uint64_t *queue = scratch->forward.entry;
    for (uint32_t i = 0; i < n_nodes_of(task); i++) {
        hops[i] = FGR_LIMIT_NONE;
    }
    hops[node] = 0;
    uint32_t n = 0;
    queue[n++] = node;
    for (uint32_t at = 0; at < n; at++) {
        uint32_t from = (uint32_t)queue[at];
        struct fgr_walk walk = fgr_walk_of(task->view, task->overlay, is_incoming, from);
        uint32_t edge, to;
        while (fgr_walk_next(&walk, &edge, &to)) {
            if (hops[to] == FGR_LIMIT_NONE &&
                amount_msat <= fgr_overlay_half(task->view, task->overlay, edge)->htlc_max_msat) {
                hops[to] = hops[from] + 1;
                queue[n++] = to;
            }
        }
    }
    return n - 1;
}

void fgr_bound_fill(struct fgr_scratch *scratch, const struct fgr_search_task *task)
{
    fgr_bound_reach(scratch, task, false, task->amount_msat);
    if (task->limits.cltv != FGR_LIMIT_NONE) {
        sweep_from_source(scratch, scratch->bound.fee_msat, task, METRIC_CLTV, UINT64_MAX);
        for (uint32_t i = 0; i < n_nodes_of(task); i++) {
            uint64_t sum = scratch->bound.fee_msat[i];
            scratch->bound.cltv[i] = sum < FGR_LIMIT_NONE ? (uint32_t)sum : FGR_LIMIT_NONE;
        }
    }
    if (task->limits.fee_msat != FGR_MSAT_NONE) {
        sweep_from_source(scratch, scratch->bound.fee_msat, task, METRIC_FEE, UINT64_MAX);
    }
}

void fgr_bound_fill_costs(struct fgr_scratch *scratch, const struct fgr_search_task *task)
{
    struct fgr_limit_bound *bound = &scratch->bound;
    sweep_from_source(scratch, bound->cost, task, METRIC_COST, UINT64_MAX);
    sweep_from_source(scratch, bound->friction, task, METRIC_FRICTION, UINT64_MAX);
    sweep_from_source(scratch, bound->minimum_msat, task, METRIC_MINIMUM, UINT64_MAX);
}

bool fgr_bound_is_in_reach(const struct fgr_scratch *scratch, const struct fgr_search_task *task,
                           uint32_t edge, uint64_t below)
{
    uint64_t min_msat = fgr_overlay_half(task->view, task->overlay, edge)->htlc_min_msat;
    uint64_t ahead = scratch->bound.cost[fgr_overlay_from(task->view, task->overlay, edge)];
    uint64_t fee_msat = min_msat - task->amount_msat;
    return min_msat > task->amount_msat && fee_msat <= task->limits.fee_msat &&
           ahead < FGR_COST_INF && fee_msat * fgr_search_fee_weight(task) + ahead < below;
}

/* The htlc_min that most half-channels in reach have, nearly: the survivors of a count in which
 * each newcomer without a place takes one off everybody else (Misra and Gries 1982). 0 = none. */
static uint64_t commonest_minimum(const struct fgr_scratch *scratch,
                                  const struct fgr_search_task *task, uint64_t below)
{
    enum { N_PLACES = 8 };
    uint64_t min_msat[N_PLACES] = {0};
    uint32_t count[N_PLACES] = {0};
    for (uint32_t i = 0; i < fgr_walk_n_places(task->view, task->overlay); i++) {
        uint32_t edge = fgr_walk_at(task->view, task->overlay, i);
        if (edge == FGR_IDX_NONE || !fgr_bound_is_in_reach(scratch, task, edge, below)) {
            continue;
        }
        uint64_t own_msat = fgr_overlay_half(task->view, task->overlay, edge)->htlc_min_msat;
        int place = 0;
        while (place < N_PLACES && count[place] > 0 && min_msat[place] != own_msat) {
            place++;
        }
        for (int j = 0; place == N_PLACES && j < N_PLACES; j++) {
            count[j]--;
        }
        if (place < N_PLACES) {
            min_msat[place] = own_msat;
            count[place]++;
        }
    }
    int most = 0;
    for (int j = 1; j < N_PLACES; j++) {
        most = count[j] > count[most] ? j : most;
    }
    return count[most] > 0 ? min_msat[most] : 0;
}

void fgr_bound_fill_jump(struct fgr_scratch *scratch, const struct fgr_search_task *task,
                         uint64_t below)
{
    struct fgr_limit_bound *bound = &scratch->bound;
    const struct fgr_view *view = task->view;
    const struct fgr_overlay *overlay = task->overlay;
    uint32_t n_nodes = n_nodes_of(task);
    bound->jump_msat = commonest_minimum(scratch, task, below);
    if (bound->jump_msat == 0) {
        return;
    }
    sweep_from_source(scratch, bound->low, task, METRIC_COST, bound->jump_msat);
    clear(scratch, bound->high, n_nodes);
    for (uint32_t i = 0; i < fgr_walk_n_places(view, overlay); i++) {
        uint32_t edge = fgr_walk_at(view, overlay, i);
        if (edge == FGR_IDX_NONE) {
            continue;
        }
        const struct fgr_half *half = fgr_overlay_half(view, overlay, edge);
        uint64_t ahead = bound->cost[fgr_overlay_from(view, overlay, edge)];
        if (half->htlc_min_msat < bound->jump_msat || ahead >= FGR_COST_INF ||
            task->amount_msat > half->htlc_max_msat) {
            continue;
        }
        uint32_t node = fgr_overlay_to(view, overlay, edge);
        uint64_t through = value_over(task, METRIC_COST, edge, ahead) +
                           half->htlc_min_msat * fgr_search_fee_weight(task);
        bound->high[node] = through < bound->high[node] ? through : bound->high[node];
    }
    for (uint32_t node = 0; node < n_nodes; node++) {
        if (bound->high[node] < FGR_COST_INF) {
            seed(scratch, bound->high, node, bound->high[node]);
        }
    }
    sweep(scratch, bound->high, task, METRIC_FRICTION, bound->jump_msat);
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

uint64_t fgr_bound_largest(struct fgr_scratch *scratch, const struct fgr_search_task *task)
{
    /* Dijkstra on the amount that reaches a node, largest first: having more is never worse, since
     * one may always send less. */
    const struct fgr_view *view = task->view;
    struct fgr_heap *heap = &scratch->forward;
    uint64_t *most = scratch->bound.fee_msat;
    memset(most, 0, n_nodes_of(task) * sizeof *most);
    most[task->from] = FGR_MSAT_MAX;
    heap->n = 0;
    fgr_heap_push(heap, largest_first(FGR_MSAT_MAX), task->from);
    while (heap->n > 0) {
        uint64_t top = heap->entry[0];
        uint32_t node = fgr_heap_item(top);
        fgr_heap_pop(heap);
        if (fgr_heap_key(top) != largest_first(most[node])) {
            continue;
        }
        struct fgr_walk walk = fgr_walk_of(view, task->overlay, false, node);
        uint32_t edge, end;
        while (fgr_walk_next(&walk, &edge, &end)) {
            const struct fgr_half *half = fgr_overlay_half(view, task->overlay, edge);
            uint64_t amount_msat =
                node == task->from ? FGR_MSAT_MAX : forwardable(most[node], half);
            amount_msat = amount_msat < half->htlc_max_msat ? amount_msat : half->htlc_max_msat;
            if (amount_msat > most[end] && heap->n <= scratch->n_edges) {
                most[end] = amount_msat;
                fgr_heap_push(heap, largest_first(amount_msat), end);
            }
        }
    }
    return most[task->to];
}
