/* SPDX-License-Identifier: MIT */
/*
 * Exact search where fees have to make an amount large enough for an htlc_min.
 *
 * A way with a larger amount may pass a half-channel that a cheaper one with a smaller amount
 * misses, so neither dominates the other; which fees add up to just enough is a subset sum. It
 * matters for a few sat at most, because a route pays for whatever it gains.
 *
 * Method. Backward label setting in A* order, one front. Let C be the cost to beat and F the
 * largest htlc_min that a route cheaper than C can have paid for. Amounts from F on are all
 * comparable; below, a label is comparable only with labels of its own amount. What a label at
 * node v with amount a still has to pay is at least the largest of
 *
 *   - the least cost of any way from the source to v, and
 *   - B(v) - a in fees, plus the least cost without fees, where every way to v has some htlc_min of
 *     B(v) or more;
 *   - for the commonest htlc_min J above a: what is ahead without any half-channel that asks for J
 *     or more; or what it takes to bring a up to the first that does, and what is ahead of that.
 *
 * Amounts far below such a minimum make a plateau of labels that all have the same bound. Of these
 * the one made last is taken first: it runs ahead to a complete route, and where fees are varied
 * enough that one costs as little as the plateau promises, which proves it. Where they are not,
 * there are few different amounts, and the plateau is soon searched.
 *
 * Passes, each for what those before left open:
 *
 *   WALK    nodes may repeat and of the limits only the fee counts, so no way is lost whatever is
 *           dominated: its optimum is a lower bound, and the answer if it is a route.
 *   LOOSE   no node twice, all limits; but dominance does not ask who can still avoid whom. Finds
 *           routes, proves nothing.
 *   STRICT  a way dominates only if each of its nodes that less than F reaches is also a node of
 *           the other: what is put in front of the other avoids those, so a loop can arise only
 *           where at least F arrives, and to leave that loop out fails no htlc_min. Exact.
 *   LIMITED the same for a set of critical nodes only, and other nodes may repeat: fewer labels to
 *           keep apart on a large graph. The optimum is a lower bound; if it is no route, the nodes
 *           it repeats become critical, and the pass is run again.
 *
 * Only settled labels dominate, because these relations are not transitive.
 *
 * Approximated: nothing; but the problem is NP-hard, and the work limit ends a pass early. The
 * bound is then the least of what was left.
 *
 * References: Martins 1984 (label setting with dominance); Righini and Salani 2008 (state space
 * relaxation with critical nodes).
 */
#include "engine/apart.h"

#include <string.h>

#include "engine/bound.h"
#include "engine/run.h"
#include "graph/walk.h"

/* Labels of the pass before the dearer bounds are taken: most questions need no more. */
#define FEW_LABELS 1024

/* Comparisons allowed for each label allowed: lists of labels of one amount may grow long. */
#define COMPARISONS_PER_LABEL 16

/* 2^64 divided by the golden ratio: spreads whatever is multiplied by it. */
#define GOLDEN_RATIO UINT64_C(0x9e3779b97f4a7c15)

/* Bits of a label. */
#define CRITICAL_MAX 32

enum mode { MODE_WALK, MODE_LOOSE, MODE_STRICT, MODE_LIMITED };

struct apart {
    struct fgr_scratch *scratch;
    const struct fgr_search_task *task;
    struct fgr_search_result *best;
    enum mode mode;
    uint32_t max_labels;
    uint64_t floor_msat; /* F */
    uint64_t walk_cost;  /* of the best walk that is no route */
    uint32_t walk_label; /* its last label */
    uint32_t n_critical;
    uint32_t critical[CRITICAL_MAX];
    uint64_t n_compared;
    bool is_exhausted;
};

/* No node twice. */
static bool is_simple(const struct apart *a)
{
    return a->mode == MODE_LOOSE || a->mode == MODE_STRICT;
}

/* What nothing of interest costs. */
static uint64_t ceiling(const struct apart *a)
{
    return a->walk_cost < a->best->cost ? a->walk_cost : a->best->cost;
}

static uint64_t floor_of(const struct apart *a)
{
    const struct fgr_view *view = a->task->view;
    const struct fgr_overlay *overlay = a->task->overlay;
    uint64_t floor_msat = 0;
    for (uint32_t i = 0; i < fgr_walk_n_places(view, overlay); i++) {
        uint32_t edge = fgr_walk_at(view, overlay, i);
        if (edge == FGR_IDX_NONE) {
            continue;
        }
        uint64_t min_msat = fgr_overlay_half(view, overlay, edge)->htlc_min_msat;
        if (min_msat > floor_msat &&
            fgr_bound_is_in_reach(a->scratch, a->task, edge, a->best->cost)) {
            floor_msat = min_msat;
        }
    }
    return floor_msat;
}

/* Least cost ahead of a node at which `amount_msat` arrives; FGR_COST_INF or more if no route goes
 * on from there. */
static uint64_t cost_ahead(const struct apart *a, uint32_t node, uint64_t amount_msat)
{
    const struct fgr_limit_bound *bound = &a->scratch->bound;
    uint64_t weight = fgr_search_fee_weight(a->task);
    uint64_t ahead = bound->cost[node];
    uint64_t minimum_msat = bound->minimum_msat[node];
    uint64_t missing_msat = amount_msat < minimum_msat ? minimum_msat - amount_msat : 0;
    if (ahead >= FGR_COST_INF ||
        amount_msat - a->task->amount_msat + missing_msat > a->task->limits.fee_msat) {
        return FGR_COST_INF;
    }
    uint64_t paid = missing_msat * weight + bound->friction[node];
    ahead = paid > ahead ? paid : ahead;
    if (amount_msat < bound->jump_msat) {
        uint64_t high = bound->high[node] - amount_msat * weight;
        uint64_t either = bound->low[node] < high ? bound->low[node] : high;
        ahead = either > ahead ? either : ahead;
    }
    return ahead;
}

/* ---- dominance -------------------------------------------------------------------------- */

/* Below F an amount is comparable with itself only; from there on all amounts are comparable. */
static uint64_t amount_class(const struct apart *a, uint64_t amount_msat)
{
    return amount_msat < a->floor_msat ? amount_msat : UINT64_MAX;
}

static uint32_t *bucket_of(const struct apart *a, const struct fgr_label *label)
{
    uint64_t mixed =
        (amount_class(a, label->amount_msat) + ((uint64_t)label->node << 32)) * GOLDEN_RATIO;
    return &a->scratch->bucket[mixed >> 32 & (FGR_BUCKETS - 1)];
}

/* Every node on the way of `one` that less than F reaches lies on the way of `other`. */
static bool low_nodes_are_on(const struct apart *a, const struct fgr_label *one,
                             const struct fgr_label *other)
{
    const struct fgr_label *pool = a->scratch->label;
    for (uint32_t at = one->parent; at != FGR_IDX_NONE; at = pool[at].parent) {
        if (pool[at].amount_msat < a->floor_msat &&
            fgr_label_at(a->scratch, other->parent, pool[at].node) == FGR_IDX_NONE) {
            return false;
        }
    }
    return true;
}

static bool is_dominated(struct apart *a, const struct fgr_label *label)
{
    const struct fgr_label *pool = a->scratch->label;
    uint64_t class = amount_class(a, label->amount_msat);
    for (uint32_t i = *bucket_of(a, label); i != FGR_IDX_NONE; i = pool[i].next) {
        const struct fgr_label *by = &pool[i];
        a->n_compared++;
        if (by->node == label->node && by->cost <= label->cost &&
            by->amount_msat <= label->amount_msat && amount_class(a, by->amount_msat) == class &&
            (a->mode == MODE_WALK ||
             (by->cltv <= label->cltv && by->hops <= label->hops && by->bytes <= label->bytes)) &&
            (by->critical & ~label->critical) == 0 &&
            (a->mode != MODE_STRICT || low_nodes_are_on(a, by, label))) {
            return true;
        }
    }
    return false;
}

static uint32_t critical_bit(const struct apart *a, uint32_t node)
{
    for (uint32_t i = 0; i < a->n_critical; i++) {
        if (a->critical[i] == node) {
            return UINT32_C(1) << i;
        }
    }
    return 0;
}

/* Makes the nodes critical that the best walk repeats. False if none is new or there is no room. */
static bool add_critical(struct apart *a)
{
    const struct fgr_label *pool = a->scratch->label;
    uint32_t n_before = a->n_critical;
    for (uint32_t at = a->walk_label; at != FGR_IDX_NONE; at = pool[at].parent) {
        if (a->n_critical < CRITICAL_MAX && critical_bit(a, pool[at].node) == 0 &&
            fgr_label_at(a->scratch, pool[at].parent, pool[at].node) != FGR_IDX_NONE) {
            a->critical[a->n_critical++] = pool[at].node;
        }
    }
    return a->n_critical > n_before;
}

/* ---- labels ----------------------------------------------------------------------------- */

static void offer(struct apart *a, const struct fgr_label *label)
{
    struct fgr_scratch *s = a->scratch;
    uint64_t bound = label->cost + cost_ahead(a, label->node, label->amount_msat);
    if (bound >= ceiling(a) ||
        (a->mode != MODE_WALK && !fgr_label_keeps_limits(s, a->task, label)) ||
        is_dominated(a, label)) {
        return;
    }
    if (s->n_labels >= a->max_labels || a->n_compared / COMPARISONS_PER_LABEL >= a->max_labels) {
        a->is_exhausted = true;
        return;
    }
    uint32_t idx = s->n_labels++;
    s->label[idx] = *label;
    fgr_heap_push(&s->near, fgr_key_encode(bound), UINT32_MAX - idx); /* the last one first */
    a->best->stats.labels++;
}

/* Notes the path over `edge` and then along the way of label `from`. */
static void complete(struct apart *a, uint32_t from, uint32_t edge)
{
    const struct fgr_scratch *s = a->scratch;
    const struct fgr_label *label = &s->label[from];
    const struct fgr_search_task *task = a->task;
    uint64_t cost = label->cost + fgr_cost_first_over(&task->cost, task->view, task->overlay, edge,
                                                      label->amount_msat);
    if (cost >= ceiling(a)) {
        return;
    }
    uint32_t edges[FGR_HOPS_MAX] = {edge};
    uint32_t n_edges = 1;
    const struct fgr_label *at = label;
    bool is_route = true;
    while (at->parent != FGR_IDX_NONE && is_route) {
        is_route = n_edges < FGR_HOPS_MAX && fgr_label_at(s, at->parent, at->node) == FGR_IDX_NONE;
        if (is_route) {
            edges[n_edges++] = at->edge;
            at = &s->label[at->parent];
        }
    }
    if (is_route && fgr_search_keeps_limits(task, edges, n_edges)) {
        a->best->cost = cost;
        a->best->n_edges = n_edges;
        memcpy(a->best->edge, edges, n_edges * sizeof *edges);
    } else {
        a->walk_cost = cost;
        a->walk_label = from;
    }
}

/* Puts half-channel `edge` from `node` in front of label `from`. */
static void extend_over(struct apart *a, uint32_t from, uint32_t edge, uint32_t node)
{
    const struct fgr_scratch *s = a->scratch;
    const struct fgr_search_task *task = a->task;
    const struct fgr_label *label = &s->label[from];
    const struct fgr_half *half = fgr_overlay_half(task->view, task->overlay, edge);
    uint64_t amount_msat = label->amount_msat;
    if (amount_msat < half->htlc_min_msat || amount_msat > half->htlc_max_msat ||
        node == task->to) {
        return;
    }
    if (node == task->from) {
        complete(a, from, edge);
        return;
    }
    uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    uint32_t critical = critical_bit(a, node);
    if (fee_msat > FGR_MSAT_MAX - amount_msat || (label->critical & critical) != 0 ||
        (is_simple(a) && fgr_label_at(s, from, node) != FGR_IDX_NONE)) {
        return;
    }
    uint32_t bytes = label->bytes + fgr_onion_hop_bytes(amount_msat);
    struct fgr_label next = {
        .cost = label->cost + fgr_cost_forward_over(&task->cost, task->view, task->overlay, edge,
                                                    fee_msat, amount_msat),
        .amount_msat = amount_msat + fee_msat,
        .node = node,
        .edge = edge,
        .parent = from,
        .critical = label->critical,
        .cltv = label->cltv + half->cltv_delta,
        .bytes = (uint16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX),
        .hops = (uint8_t)(label->hops < UINT8_MAX ? label->hops + 1 : UINT8_MAX),
    };
    if (next.amount_msat < a->floor_msat) {
        next.critical |= critical;
    }
    offer(a, &next);
}

/* The overlay's half-channels into the node of label `from`. */
static void extend_over_extra(struct apart *a, uint32_t from)
{
    const struct fgr_overlay *overlay = a->task->overlay;
    struct fgr_overlay_list list = fgr_overlay_in(overlay, a->scratch->label[from].node);
    a->best->stats.relaxed += list.n;
    for (uint32_t i = 0; i < list.n && !a->is_exhausted; i++) {
        uint32_t node = fgr_overlay_own(overlay, list.edge[i])->from;
        extend_over(a, from, list.edge[i], node);
    }
}

static void extend(struct apart *a, uint32_t from)
{
    struct fgr_scratch *s = a->scratch;
    const struct fgr_adjacency *in = &a->task->view->in;
    const struct fgr_cost *cost = &a->task->cost;
    uint64_t behind = s->label[from].cost;
    uint64_t amount_msat = s->label[from].amount_msat;
    uint32_t at = s->label[from].node;
    struct fgr_span span = fgr_walk_span(a->task->view, in, at);
    bool is_touched = fgr_overlay_touches_in(a->task->overlay, at);
    if (is_touched) {
        extend_over_extra(a, from);
    }
    struct fgr_scan_terms terms;
    fgr_scan_terms_init(&terms, cost, amount_msat);
    for (uint32_t first = span.first; first < span.end; first += FGR_SCAN_BLOCK) {
        uint32_t n = span.end - first < FGR_SCAN_BLOCK ? span.end - first : FGR_SCAN_BLOCK;
        s->scan(s->scan_bound, in, first, n, &terms);
        if (is_touched) {
            fgr_scan_mask(s->scan_bound, in, first, n, a->task->overlay);
        }
        a->best->stats.relaxed += n;
        for (uint32_t i = first; i < first + n && !a->is_exhausted; i++) {
            uint32_t node = in->nbr[i];
            float bound = s->scan_bound[i - first];
            /* Leaving the source costs no fee: the scan only says whether it can be. */
            bool is_last = node == a->task->from && bound < INFINITY;
            if (is_last || (bound < (float)FGR_COST_INF &&
                            behind + (uint64_t)bound + s->bound.cost[node] < ceiling(a))) {
                extend_over(a, from, in->edge[i], node);
            }
        }
    }
}

/* ---- passes ----------------------------------------------------------------------------- */

static void start(struct apart *a, enum mode mode)
{
    struct fgr_scratch *s = a->scratch;
    const struct fgr_search_task *task = a->task;
    uint32_t final_bytes = task->final_bytes;
    struct fgr_label label = {
        .amount_msat = task->amount_msat,
        .node = task->to,
        .edge = FGR_IDX_NONE,
        .parent = FGR_IDX_NONE,
        .bytes = (uint16_t)(final_bytes < UINT16_MAX ? final_bytes : UINT16_MAX),
    };
    a->mode = mode;
    a->floor_msat = floor_of(a);
    a->walk_cost = FGR_COST_INF;
    a->n_compared = 0;
    a->is_exhausted = false;
    s->n_labels = 0;
    s->near.n = 0;
    memset(s->bucket, 0xff, FGR_BUCKETS * sizeof *s->bucket);
    offer(a, &label);
}

/* Returns a lower bound in the mode's sense. */
static uint64_t run_pass(struct apart *a, enum mode mode)
{
    struct fgr_scratch *s = a->scratch;
    start(a, mode);
    while (s->near.n > 0) {
        uint64_t bound = fgr_key_decode(fgr_heap_key(s->near.entry[0]));
        uint32_t idx = UINT32_MAX - fgr_heap_item(s->near.entry[0]);
        if (bound >= ceiling(a) || fgr_search_is_proven(a->task, a->best, bound)) {
            return bound < ceiling(a) ? bound : ceiling(a);
        }
        fgr_heap_pop(&s->near);
        if (!is_dominated(a, &s->label[idx])) {
            uint32_t *bucket = bucket_of(a, &s->label[idx]);
            s->label[idx].next = *bucket;
            *bucket = idx;
            a->best->stats.settled++;
            extend(a, idx);
        }
        if (a->is_exhausted) {
            return bound;
        }
    }
    return ceiling(a);
}

static bool is_proven_by(struct fgr_search_result *result, const struct fgr_search_task *task,
                         uint64_t bound)
{
    result->bound = bound > result->bound ? bound : result->bound;
    return fgr_search_is_proven(task, result, result->bound);
}

static bool is_soon_proven(struct apart *a)
{
    uint32_t max_labels = a->task->max_labels_apart;
    a->scratch->bound.jump_msat = 0;
    a->max_labels = max_labels < FEW_LABELS ? max_labels : FEW_LABELS;
    uint64_t bound = run_pass(a, MODE_WALK);
    bool is_done = is_proven_by(a->best, a->task, bound);
    a->max_labels = max_labels;
    return is_done;
}

void fgr_apart(struct fgr_scratch *scratch, struct fgr_search_result *result,
               const struct fgr_search_task *task)
{
    struct apart a = {.scratch = scratch, .task = task, .best = result};
    fgr_bound_fill_costs(scratch, task);
    if (is_soon_proven(&a)) {
        return;
    }
    fgr_bound_fill_jump(scratch, task, result->cost);
    if (is_proven_by(result, task, run_pass(&a, MODE_WALK))) {
        return;
    }
    fgr_bound_fill(scratch, task);
    run_pass(&a, MODE_LOOSE);
    if (fgr_search_is_proven(task, result, result->bound) ||
        is_proven_by(result, task, run_pass(&a, MODE_STRICT))) {
        return;
    }
    while (!is_proven_by(result, task, run_pass(&a, MODE_LIMITED)) && !a.is_exhausted &&
           a.walk_cost < result->cost && add_critical(&a)) {
    }
}
