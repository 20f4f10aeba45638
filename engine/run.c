/* SPDX-License-Identifier: MIT */
/*
 * One pass of the exact bidirectional search.
 *
 * Returns. The cheapest path from the source to the destination in the mode's sense, or the proof
 * that there is none, or a lower bound when the work limit ends it.
 *
 * Method. Amounts grow towards the source, so only the backward front can know them. It sets
 * labels (cost, amount and, where limits bind, more) from the destination on, keeping all that are
 * not dominated (label.c). The forward front is a plain Dijkstra from the source that prices every
 * half-channel at the delivered amount: no path is cheaper than that, because costs are monotone.
 * Once a node is settled, its forward cost is a lower bound of what still lies ahead of a label
 * there; elsewhere the radius of the front is. So label cost + potential orders the backward front
 * as A* does, with min(forward cost, radius) as a consistent potential that only grows:
 *
 *   - a popped entry whose potential has grown since is put back with its new key;
 *   - when the least key reaches the best complete path, that path is optimal, and proven so.
 *
 * Complete paths come from the meeting of the fronts: the forward tree's path to a label's node is
 * priced again exactly (finish.c). Nearly always the first meeting is within a few msat of the
 * optimum, and what follows only proves it.
 *
 * Which front moves: the backward one if its least label sits on a settled node (only that can
 * raise the bound), else the one that has worked less so far, the next node included: a fixed part
 * for each node and one for each half-channel looked at. Hubs are what costs, so each front opens
 * them as late as it can.
 *
 * Inside a hub: scan.c bounds the whole list; only entries that could still be part of a better
 * path are looked up and priced. Before there is any complete path, a first sweep prices those
 * entries only that meet the other front, so that the second sweep has something to prune with.
 *
 * Approximated: nothing. Floats and truncated heap keys only ever underestimate.
 *
 * References: Hart, Nilsson and Raphael 1968 (A*); Martins 1984 (label setting with dominance);
 * Kaindl and Kainz 1997 (perimeter search, dynamic improvement of the potential).
 */
#include "engine/run.h"

#include "graph/walk.h"

/* What expanding a node costs apart from its list, in half-channels: cache misses, mostly. */
#define STEP_WORK 128

/* Lists shorter than this are swept once. */
#define TWO_SWEEPS_FROM 24

/* A float that is not smaller than a - b, and not positive when b >= a. */
static float slack_ceil(uint64_t a, uint64_t b)
{
    return b >= a ? 0.0F : (float)(a - b) * (1.0F + 1.0F / 4194304.0F);
}

/* ---- forward front ---------------------------------------------------------------------- */

static void reach(struct fgr_run *run, uint32_t node, uint32_t edge, uint64_t forward_cost)
{
    struct fgr_scratch *s = run->scratch;
    struct fgr_node_state *state = fgr_scratch_node(s, node);
    if (forward_cost >= state->forward_cost || fgr_bitset_has(s->settled, node)) {
        return;
    }
    state->forward_cost = forward_cost;
    state->forward_edge = edge;
    fgr_heap_push(&s->forward, fgr_key_encode(forward_cost), node);
    if (state->label != FGR_IDX_NONE && state->label_cost + forward_cost < run->best->cost) {
        fgr_finish_tree(run, state->label);
    }
}

/* What entry `i` costs at the delivered amount, from the columns alone, which the scan has just
 * brought near: exact but for the failure term, a lower bound. */
static uint64_t cost_of_entry(const struct fgr_run *run, uint32_t i)
{
    const struct fgr_adjacency *out = &run->view->out;
    const struct fgr_cost *cost = &run->task->cost;
    uint64_t amount_msat = run->task->amount_msat;
    uint64_t fee_msat =
        fgr_fee_msat(amount_msat, (uint32_t)out->base_msat[i], (uint32_t)out->ppm[i]);
    uint64_t sum = fgr_cost_certain(cost, out->cltv[i], fee_msat, amount_msat);
    const struct fgr_scan_terms *terms = &run->forward_terms;
    float series = fgr_scan_series(terms->amount_msat * out->inv_cap[i]) * FGR_SCAN_SLACK;
    /* The fixed-point logarithm may be this much below the true one. */
    series -= FGR_SCAN_LOG_SLACK;
    return sum + (series > 0.0F ? (uint64_t)(terms->fail * series) : 0);
}

/* Prices forward entry `i` of a node at distance `forward_cost`. */
static void relax_forward(struct fgr_run *run, uint32_t i, uint64_t forward_cost, float bound)
{
    const struct fgr_adjacency *out = &run->view->out;
    uint32_t node = out->nbr[i];
    struct fgr_node_state *state = fgr_scratch_node(run->scratch, node);
    if (forward_cost + (uint64_t)bound < state->forward_cost) {
        reach(run, node, out->edge[i], forward_cost + cost_of_entry(run, i));
    }
}

/* Least cost that any label still to be expanded or made can have, where it is not settled. */
static uint64_t backward_floor(const struct fgr_run *run)
{
    const struct fgr_heap *far = &run->scratch->far;
    const struct fgr_heap *near = &run->scratch->near;
    uint64_t least = far->n > 0 ? fgr_key_decode(fgr_heap_key(far->entry[0])) : FGR_COST_INF;
    if (near->n > 0) {
        /* Costs rise by at least what the potential falls, so what comes of this label at an
         * unsettled node costs at least its key less the radius. Keys that count fees missing for
         * an htlc_min say nothing of the kind. */
        bool is_missing = run->task->amount_msat < run->source_min_msat;
        uint64_t key = fgr_key_decode(fgr_heap_key(near->entry[0]));
        uint64_t beyond = key > run->radius && !is_missing ? key - run->radius : 0;
        least = beyond < least ? beyond : least;
    }
    return least;
}

/* Of the scanned entries, those that meet the other front: the first routes come of them. */
static void meet_backward(struct fgr_run *run, uint32_t first, uint32_t n, uint64_t forward_cost)
{
    const struct fgr_scratch *s = run->scratch;
    for (uint32_t i = 0; i < n; i++) {
        const struct fgr_node_state *state = &s->node[run->view->out.nbr[first + i]];
        if (state->stamp == s->stamp && state->label != FGR_IDX_NONE &&
            s->scan_bound[i] < (float)FGR_COST_INF) {
            relax_forward(run, first + i, forward_cost, s->scan_bound[i]);
        }
    }
}

/* The overlay's half-channels that leave a node at distance `forward_cost`, whose routes cost
 * `ahead` at least. */
static void relax_forward_extra(struct fgr_run *run, uint32_t node, uint64_t forward_cost,
                                uint64_t ahead)
{
    const struct fgr_overlay *overlay = run->task->overlay;
    struct fgr_overlay_list list = fgr_overlay_out(overlay, node);
    uint64_t amount_msat = run->task->amount_msat;
    run->stats.relaxed += list.n;
    run->work[0] += list.n;
    for (uint32_t i = 0; i < list.n; i++) {
        const struct fgr_overlay_edge *edge = fgr_overlay_own(overlay, list.edge[i]);
        const struct fgr_half *half = &edge->half;
        if (amount_msat > half->htlc_max_msat) {
            continue;
        }
        uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
        uint64_t cost = fgr_cost_extra_forward(&run->task->cost, edge, fee_msat, amount_msat);
        if (ahead + cost < run->best->cost) {
            reach(run, edge->to, list.edge[i], forward_cost + cost);
        }
    }
}

static void expand_forward(struct fgr_run *run, uint32_t node, uint64_t forward_cost)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *out = &run->view->out;
    uint64_t ahead = forward_cost + backward_floor(run);
    struct fgr_span span = fgr_walk_span(run->view, out, node);
    bool is_touched = fgr_overlay_touches_out(run->task->overlay, node);
    run->work[0] += STEP_WORK;
    if (FGR_UNLIKELY(is_touched)) {
        relax_forward_extra(run, node, forward_cost, ahead);
    }
    for (uint32_t first = span.first; first < span.end; first += FGR_SCAN_BLOCK) {
        uint32_t n = span.end - first < FGR_SCAN_BLOCK ? span.end - first : FGR_SCAN_BLOCK;
        if (ahead + fgr_cost_of_rest(&run->task->cost, out, first, run->task->amount_msat) >=
            run->best->cost) {
            return;
        }
        run->stats.relaxed += n;
        run->work[0] += n;
        s->scan(s->scan_bound, out, first, n, &run->forward_terms);
        if (FGR_UNLIKELY(is_touched)) {
            fgr_scan_mask(s->scan_bound, out, first, n, run->task->overlay);
        }
        if (n >= TWO_SWEEPS_FROM && run->best->cost >= FGR_COST_INF) {
            meet_backward(run, first, n, forward_cost);
        }
        float slack = slack_ceil(run->best->cost, ahead);
        for (uint32_t i = 0; i < n; i++) {
            if (s->scan_bound[i] < slack) {
                relax_forward(run, first + i, forward_cost, s->scan_bound[i]);
            }
        }
    }
}

/* Drops stale entries and reads the radius off the least one left. */
static void refresh_radius(struct fgr_run *run)
{
    struct fgr_scratch *s = run->scratch;
    while (s->forward.n > 0) {
        uint64_t top = s->forward.entry[0];
        if (!fgr_bitset_has(s->settled, fgr_heap_item(top))) {
            run->radius = fgr_key_decode(fgr_heap_key(top));
            return;
        }
        fgr_heap_pop(&s->forward);
    }
    run->radius = FGR_COST_INF;
}

/* The labels of a node that was just settled leave the radius behind. Their entries in the far
 * heap are skipped when they come up. */
static void move_labels(struct fgr_run *run, uint32_t node)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_node_state *state = &s->node[node];
    for (uint32_t at = state->guess; at != FGR_IDX_NONE; at = s->label[at].next_guess) {
        if (s->label[at].state <= FGR_LABEL_OPEN) {
            uint64_t potential = fgr_run_potential(run, node, s->label[at].amount_msat);
            fgr_heap_push(&s->near, fgr_key_encode(s->label[at].cost + potential), at);
        }
    }
}

static void step_forward(struct fgr_run *run)
{
    struct fgr_scratch *s = run->scratch;
    uint32_t node = fgr_heap_item(s->forward.entry[0]);
    fgr_heap_pop(&s->forward);
    fgr_bitset_add(s->settled, node);
    run->stats.settled++;
    move_labels(run, node);
    expand_forward(run, node, s->node[node].forward_cost);
    refresh_radius(run);
}

/* The source's own half-channels: no fee, no risk, and their ends are marked, because there the
 * exact last step of a label is taken (fgr_finish_source). */
static void start_forward(struct fgr_run *run)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_overlay *overlay = run->task->overlay;
    uint32_t source = run->task->from;
    uint64_t amount_msat = run->task->amount_msat;
    struct fgr_node_state *state = fgr_scratch_node(s, source);
    state->forward_cost = 0;
    fgr_bitset_add(s->settled, source);
    run->stats.settled++;
    run->work[0] += STEP_WORK;
    run->source_min_msat = UINT64_MAX;
    struct fgr_walk walk = fgr_walk_of(run->view, overlay, false, source);
    uint32_t edge, end;
    while (fgr_walk_next(&walk, &edge, &end)) {
        const struct fgr_half *half = fgr_overlay_half(run->view, overlay, edge);
        run->work[0]++;
        run->stats.relaxed++;
        if (amount_msat > half->htlc_max_msat) {
            continue;
        }
        if (half->htlc_min_msat < run->source_min_msat) {
            run->source_min_msat = half->htlc_min_msat;
        }
        if (half->htlc_max_msat > run->source_max_msat) {
            run->source_max_msat = half->htlc_max_msat;
        }
        fgr_bitset_add(s->at_source, end);
        reach(run, end, edge,
              fgr_cost_first_over(&run->task->cost, run->view, overlay, edge, amount_msat));
    }
    refresh_radius(run);
}

/* ---- backward front --------------------------------------------------------------------- */

/* Labels at settled nodes have a potential of their own, the others share the radius: two heaps,
 * so that a growing radius moves none of them. */
static void queue(struct fgr_scratch *s, uint32_t label, uint64_t cost, uint64_t potential)
{
    if (fgr_bitset_has(s->settled, s->label[label].node)) {
        fgr_heap_push(&s->near, fgr_key_encode(cost + potential), label);
    } else {
        fgr_heap_push(&s->far, fgr_key_encode(cost), label);
    }
}

/* Gives a guessed label the exact cost, amount and limits of its first half-channel. False if that
 * cannot carry the amount. */
static bool price(struct fgr_run *run, struct fgr_label *label, uint64_t potential)
{
    const struct fgr_label *from = &run->scratch->label[label->parent];
    const struct fgr_overlay *overlay = run->task->overlay;
    const struct fgr_half *half = fgr_overlay_half(run->view, overlay, label->edge);
    uint64_t amount_msat = from->amount_msat;
    if (amount_msat > half->htlc_max_msat) {
        return false;
    }
    if (amount_msat < half->htlc_min_msat) {
        fgr_finish_blocked(run, from, label->edge, potential);
        return false;
    }
    uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    /* What the source cannot send is no use; that is never above FGR_MSAT_MAX. */
    if (fee_msat > run->source_max_msat || amount_msat + fee_msat > run->source_max_msat) {
        return false;
    }
    uint32_t bytes = from->bytes + fgr_onion_hop_bytes(amount_msat);
    label->cost = from->cost + fgr_cost_forward_over(&run->task->cost, run->view, overlay,
                                                     label->edge, fee_msat, amount_msat);
    label->amount_msat = amount_msat + fee_msat;
    label->cltv = from->cltv + half->cltv_delta;
    label->bytes = (uint16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX);
    label->hops = (uint8_t)(from->hops < UINT8_MAX ? from->hops + 1 : UINT8_MAX);
    return true;
}

/* Prices a guess and keeps it if it can still be part of the best route. */
static bool confirm(struct fgr_run *run, uint32_t idx)
{
    struct fgr_label *label = &run->scratch->label[idx];
    struct fgr_node_state *state = fgr_scratch_node(run->scratch, label->node);
    label->state = FGR_LABEL_DEAD; /* unless it passes all that follows */
    if (!price(run, label, fgr_run_potential(run, label->node, UINT64_MAX))) {
        return false;
    }
    uint64_t bound = label->cost + fgr_run_potential(run, label->node, label->amount_msat);
    if (bound >= run->best->cost ||
        (run->mode == FGR_RUN_LIMITED && !fgr_label_keeps_limits(run->scratch, run->task, label)) ||
        !fgr_label_keep(run, idx, state)) {
        return false;
    }
    run->stats.labels++;
    if (state->forward_cost + label->cost < run->best->cost) {
        fgr_finish_tree(run, idx);
    }
    return true;
}

/* Queues half-channel `edge` from `node` to that of label `from` as a guess, by a lower bound of what
 * it costs. Where the forward front has been, it is priced at once: it may complete a better path. */
static void relax_backward(struct fgr_run *run, uint32_t edge, uint32_t node, uint32_t from,
                           uint64_t bound)
{
    struct fgr_scratch *s = run->scratch;
    if (node == run->task->from || node == run->task->to) {
        return; /* fgr_finish_source goes to the source; the destination would be a loop */
    }
    const struct fgr_label *parent = &s->label[from];
    struct fgr_node_state *state = fgr_scratch_node(s, node);
    uint64_t potential = fgr_run_potential(run, node, UINT64_MAX);
    uint64_t least = parent->cost + bound;
    if (least + potential >= run->best->cost) {
        return;
    }
    if (run->mode == FGR_RUN_PLAIN && state->label != FGR_IDX_NONE && state->label_cost <= least &&
        s->label[state->label].amount_msat <= parent->amount_msat) {
        return; /* dominated before it is priced */
    }
    struct fgr_label guess = {.cost = least,
                              .amount_msat = UINT64_MAX, /* unknown: no fee counts as missing */
                              .node = node,
                              .edge = edge,
                              .parent = from,
                              .next_guess = state->guess,
                              .state = FGR_LABEL_GUESS};
    uint32_t idx = fgr_label_new(run, &guess);
    if (idx == FGR_IDX_NONE) {
        return;
    }
    state->guess = idx;
    if (least + state->forward_cost < run->best->cost) {
        if (!confirm(run, idx)) {
            return;
        }
        const struct fgr_label *label = &s->label[idx];
        least = label->cost;
        potential = fgr_run_potential(run, node, label->amount_msat);
    }
    queue(s, idx, least, potential);
}

/* The same the other way round. */
static void meet_forward(struct fgr_run *run, uint32_t first, uint32_t n, uint32_t from)
{
    const struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *in = &run->view->in;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node = in->nbr[first + i];
        const struct fgr_node_state *state = &s->node[node];
        if (state->stamp == s->stamp && state->forward_cost < FGR_COST_INF &&
            s->scan_bound[i] < (float)FGR_COST_INF) {
            relax_backward(run, in->edge[first + i], node, from, (uint64_t)s->scan_bound[i]);
        }
    }
}

/* The overlay's half-channels that enter the node of label `from`. */
static void relax_backward_extra(struct fgr_run *run, uint32_t from)
{
    const struct fgr_overlay *overlay = run->task->overlay;
    struct fgr_overlay_list list = fgr_overlay_in(overlay, run->scratch->label[from].node);
    uint64_t amount_msat = run->scratch->label[from].amount_msat;
    run->stats.relaxed += list.n;
    run->work[1] += list.n;
    for (uint32_t i = 0; i < list.n; i++) {
        const struct fgr_overlay_edge *edge = fgr_overlay_own(overlay, list.edge[i]);
        const struct fgr_half *half = &edge->half;
        if (amount_msat <= half->htlc_max_msat) {
            uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
            uint64_t cost = fgr_cost_extra_forward(&run->task->cost, edge, fee_msat, amount_msat);
            relax_backward(run, list.edge[i], edge->from, from, cost);
        }
    }
}

static void expand_backward(struct fgr_run *run, uint32_t from)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *in = &run->view->in;
    uint32_t node = s->label[from].node;
    if (fgr_bitset_has(s->at_source, node)) {
        fgr_finish_source(run, from);
    }
    struct fgr_scan_terms terms;
    fgr_scan_terms_init(&terms, &run->task->cost, s->label[from].amount_msat);
    struct fgr_span span = fgr_walk_span(run->view, in, node);
    bool is_touched = fgr_overlay_touches_in(run->task->overlay, node);
    run->work[1] += STEP_WORK;
    if (FGR_UNLIKELY(is_touched)) {
        relax_backward_extra(run, from);
    }
    for (uint32_t first = span.first; first < span.end; first += FGR_SCAN_BLOCK) {
        uint32_t n = span.end - first < FGR_SCAN_BLOCK ? span.end - first : FGR_SCAN_BLOCK;
        if (s->label[from].cost +
                fgr_cost_of_rest(&run->task->cost, in, first, s->label[from].amount_msat) >=
            run->best->cost) {
            return;
        }
        run->stats.relaxed += n;
        run->work[1] += n;
        s->scan(s->scan_bound, in, first, n, &terms);
        if (FGR_UNLIKELY(is_touched)) {
            fgr_scan_mask(s->scan_bound, in, first, n, run->task->overlay);
        }
        if (n >= TWO_SWEEPS_FROM && run->best->cost >= FGR_COST_INF) {
            meet_forward(run, first, n, from);
        }
        /* The potential is the radius but for the few settled nodes. */
        float slack = slack_ceil(run->best->cost, s->label[from].cost);
        float slack_far = slack_ceil(run->best->cost, s->label[from].cost + run->radius);
        for (uint32_t i = 0; i < n; i++) {
            float bound = s->scan_bound[i];
            if (bound < slack &&
                (bound < slack_far || fgr_bitset_has(s->settled, in->nbr[first + i]))) {
                relax_backward(run, in->edge[first + i], in->nbr[first + i], from, (uint64_t)bound);
            }
        }
    }
}

static void start_backward(struct fgr_run *run)
{
    const struct fgr_search_task *task = run->task;
    struct fgr_scratch *s = run->scratch;
    struct fgr_label label = {
        .amount_msat = task->amount_msat,
        .node = task->to,
        .edge = FGR_IDX_NONE,
        .parent = FGR_IDX_NONE,
        .next_guess = FGR_IDX_NONE,
        .bytes = (uint16_t)(task->final_bytes < UINT16_MAX ? task->final_bytes : UINT16_MAX),
    };
    struct fgr_node_state *state = fgr_scratch_node(s, task->to);
    uint32_t idx = fgr_label_new(run, &label);
    if (idx == FGR_IDX_NONE ||
        (run->mode == FGR_RUN_LIMITED && !fgr_label_keeps_limits(s, task, &label))) {
        return;
    }
    state->guess = idx;
    fgr_label_keep(run, idx, state);
    run->stats.labels++;
    uint64_t potential = fgr_run_potential(run, task->to, task->amount_msat);
    queue(s, idx, 0, potential);
    if (state->forward_cost < run->best->cost) {
        fgr_finish_tree(run, idx);
    }
}

/* ---- both ------------------------------------------------------------------------------- */

/* Whether the forward front should move rather than the label on top be expanded. */
static bool is_forward_turn(const struct fgr_run *run, uint32_t label_node)
{
    const struct fgr_scratch *s = run->scratch;
    if (s->forward.n == 0 || fgr_bitset_has(s->settled, label_node)) {
        return false;
    }
    const struct fgr_view *view = run->view;
    struct fgr_span out = fgr_walk_span(view, &view->out, fgr_heap_item(s->forward.entry[0]));
    struct fgr_span in = fgr_walk_span(view, &view->in, label_node);
    return run->work[0] + (out.end - out.first) < run->work[1] + (in.end - in.first);
}

/* The heap whose least label comes next, and the bound of that label; NULL if none is left. */
static struct fgr_heap *next_heap(const struct fgr_run *run, uint64_t *out_bound)
{
    struct fgr_scratch *s = run->scratch;
    uint64_t near = s->near.n > 0 ? fgr_key_decode(fgr_heap_key(s->near.entry[0])) : UINT64_MAX;
    uint64_t far = UINT64_MAX;
    if (s->far.n > 0) {
        far = fgr_key_decode(fgr_heap_key(s->far.entry[0])) + run->radius;
    }
    *out_bound = near < far ? near : far;
    if (near == UINT64_MAX && far == UINT64_MAX) {
        return NULL;
    }
    return near < far ? &s->near : &s->far;
}

/* Moves on with the least label of `heap`: drops it, corrects its place, prices it, lets the
 * forward front go first, or expands it. */
static void step_backward(struct fgr_run *run, struct fgr_heap *heap)
{
    struct fgr_scratch *s = run->scratch;
    uint32_t idx = fgr_heap_item(heap->entry[0]);
    uint32_t key = fgr_heap_key(heap->entry[0]);
    const struct fgr_label *label = &s->label[idx];
    uint64_t full = label->cost + fgr_run_potential(run, label->node, label->amount_msat);
    bool is_moved = heap == &s->far && fgr_bitset_has(s->settled, label->node);
    if (is_moved || label->state >= FGR_LABEL_DONE || full >= run->best->cost ||
        full >= FGR_COST_INF) {
        fgr_heap_pop(heap);
    } else if (fgr_key_encode(heap == &s->far ? label->cost : full) > key) {
        fgr_heap_rekey_top(heap, fgr_key_encode(heap == &s->far ? label->cost : full));
    } else if (is_forward_turn(run, label->node)) {
        step_forward(run);
    } else if (label->state == FGR_LABEL_GUESS) {
        if (!confirm(run, idx)) {
            fgr_heap_pop(heap);
        }
    } else {
        fgr_heap_pop(heap);
        run->stats.settled++;
        s->label[idx].state = FGR_LABEL_DONE;
        expand_backward(run, idx);
    }
}

uint64_t fgr_run(struct fgr_run *run)
{
    fgr_scratch_reset(run->scratch, fgr_overlay_n_nodes(run->view, run->task->overlay));
    fgr_scan_terms_init(&run->forward_terms, &run->task->cost, run->task->amount_msat);
    start_forward(run);
    start_backward(run);
    uint64_t bound = 0;
    struct fgr_heap *heap = next_heap(run, &bound);
    while (heap != NULL && !fgr_search_is_proven(run->task, run->best, bound)) {
        step_backward(run, heap);
        if (run->is_exhausted) {
            break; /* `bound` held before that step */
        }
        heap = next_heap(run, &bound);
    }
    return bound < run->best->cost ? bound : run->best->cost;
}
