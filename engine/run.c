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
 * raise the bound), else the one that has looked at fewer half-channels so far, the next node's
 * included. Hubs are what costs, so each front opens them as late as it can.
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

#include <math.h>

/* Lists shorter than this are swept once. */
#define TWO_SWEEPS_FROM 24

/* x as a float that is not larger. */
static float float_floor(uint64_t x)
{
    float f = (float)x;
    /* 2^64 itself does not convert back; amounts and costs stay far below. */
    return (uint64_t)f > x ? nextafterf(f, 0.0F) : f;
}

/* A float that is not smaller than a - b, and not positive when b >= a. */
static float slack_ceil(uint64_t a, uint64_t b)
{
    return b >= a ? 0.0F : (float)(a - b) * (1.0F + 1.0F / 4194304.0F);
}

static struct fgr_scan_terms scan_terms(const struct fgr_cost *cost, uint64_t amount_msat)
{
    float amount = float_floor(amount_msat);
    float fee = (float)cost->fee_weight;
    uint64_t fixed = (uint64_t)cost->hop_weight +
                     (uint64_t)cost->byte_weight * fgr_onion_hop_bytes(amount_msat);
    return (struct fgr_scan_terms){
        .amount_msat = amount,
        .base = fee,
        .rate = fee * amount,
        .cltv = (float)cost->risk_ppb * 1e-9F * amount + (float)cost->cltv_weight,
        .fail = cost->model == FGR_PROB_UNIFORM ? float_floor(cost->fail_msat) : 0.0F,
        .fixed = (float)fixed,
    };
}

/* Marks a node whose state is fresh. */
static void settle(struct fgr_scratch *s, uint32_t node)
{
    s->node[node].flags |= FGR_NODE_SETTLED;
    s->settled[node / 64] |= UINT64_C(1) << (node % 64);
}

/* ---- forward front ---------------------------------------------------------------------- */

static void reach(struct fgr_run *run, uint32_t node, uint32_t edge, uint64_t forward_cost)
{
    struct fgr_scratch *s = run->scratch;
    struct fgr_node_state *state = fgr_scratch_node(s, node);
    if (forward_cost >= state->forward_cost || (state->flags & FGR_NODE_SETTLED) != 0) {
        return;
    }
    state->forward_cost = forward_cost;
    state->forward_edge = edge;
    fgr_heap_push(&s->forward, fgr_key_encode(forward_cost), node);
    if (state->label != FGR_IDX_NONE && state->label_cost + forward_cost < run->best->cost) {
        fgr_finish_tree(run, state->label);
    }
}

/* Prices forward entry `i` of a node at distance `forward_cost`. */
static void relax_forward(struct fgr_run *run, uint32_t i, uint64_t forward_cost, float bound)
{
    const struct fgr_adjacency *out = &run->view->out;
    uint64_t amount_msat = run->task->amount_msat;
    uint32_t node = out->nbr[i];
    struct fgr_node_state *state = fgr_scratch_node(run->scratch, node);
    if (forward_cost + (uint64_t)bound >= state->forward_cost) {
        return;
    }
    uint32_t edge = out->edge[i];
    const struct fgr_half *half = &run->view->half[edge];
    if (amount_msat > half->htlc_max_msat) {
        return;
    }
    uint64_t capacity_msat = fgr_view_chan_of(run->view, edge)->capacity_sat * 1000;
    uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    reach(run, node, edge,
          forward_cost + fgr_cost_forward(&run->task->cost, half, fee_msat, amount_msat,
                                          capacity_msat));
}

/* Least cost that any label still to be expanded or made can have, where it is not settled. */
static uint64_t backward_floor(const struct fgr_run *run)
{
    const struct fgr_heap *heap = &run->scratch->backward;
    uint64_t key = heap->n > 0 ? fgr_key_decode(fgr_heap_key(heap->entry[0])) : FGR_COST_INF;
    return key > run->radius ? key - run->radius : 0;
}

static void expand_forward(struct fgr_run *run, uint32_t node, uint64_t forward_cost)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *out = &run->view->out;
    struct fgr_scan_terms terms = scan_terms(&run->task->cost, run->task->amount_msat);
    uint32_t end = out->first[node + 1];
    run->work[0] += end - out->first[node];
    for (uint32_t first = out->first[node]; first < end; first += FGR_SCAN_BLOCK) {
        uint32_t n = end - first < FGR_SCAN_BLOCK ? end - first : FGR_SCAN_BLOCK;
        s->scan(s->scan_bound, out, first, n, &terms);
        if (n >= TWO_SWEEPS_FROM && run->best->cost >= FGR_COST_INF) {
            for (uint32_t i = 0; i < n; i++) {
                const struct fgr_node_state *state = &s->node[out->nbr[first + i]];
                if (state->stamp == s->stamp && state->label != FGR_IDX_NONE &&
                    s->scan_bound[i] < INFINITY) {
                    relax_forward(run, first + i, forward_cost, s->scan_bound[i]);
                }
            }
        }
        uint64_t ahead = forward_cost + backward_floor(run);
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
        if ((s->node[fgr_heap_item(top)].flags & FGR_NODE_SETTLED) == 0) {
            run->radius = fgr_key_decode(fgr_heap_key(top));
            return;
        }
        fgr_heap_pop(&s->forward);
    }
    run->radius = FGR_COST_INF;
}

static void step_forward(struct fgr_run *run)
{
    struct fgr_scratch *s = run->scratch;
    uint32_t node = fgr_heap_item(s->forward.entry[0]);
    fgr_heap_pop(&s->forward);
    settle(s, node);
    run->stats.settled++;
    expand_forward(run, node, s->node[node].forward_cost);
    refresh_radius(run);
}

/* The source's own half-channels: no fee, no risk, and their ends are marked, because there the
 * exact last step of a label is taken (fgr_finish_source). */
static void start_forward(struct fgr_run *run)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *out = &run->view->out;
    uint32_t source = run->task->from;
    uint64_t amount_msat = run->task->amount_msat;
    struct fgr_node_state *state = fgr_scratch_node(s, source);
    state->forward_cost = 0;
    settle(s, source);
    run->stats.settled++;
    run->work[0] += out->first[source + 1] - out->first[source];
    run->source_min_msat = UINT64_MAX;
    for (uint32_t i = out->first[source]; i < out->first[source + 1]; i++) {
        uint32_t edge = out->edge[i];
        const struct fgr_half *half = &run->view->half[edge];
        if (amount_msat > half->htlc_max_msat) {
            continue;
        }
        if (half->htlc_min_msat < run->source_min_msat) {
            run->source_min_msat = half->htlc_min_msat;
        }
        if (half->htlc_max_msat > run->source_max_msat) {
            run->source_max_msat = half->htlc_max_msat;
        }
        uint64_t capacity_msat = fgr_view_chan_of(run->view, edge)->capacity_sat * 1000;
        fgr_scratch_node(s, out->nbr[i])->flags |= FGR_NODE_AT_SOURCE;
        reach(run, out->nbr[i], edge, fgr_cost_first(&run->task->cost, amount_msat, capacity_msat));
    }
    refresh_radius(run);
}

/* ---- backward front --------------------------------------------------------------------- */

static void queue_label(struct fgr_run *run, const struct fgr_label *label,
                        struct fgr_node_state *state, uint64_t potential)
{
    struct fgr_scratch *s = run->scratch;
    uint32_t idx = fgr_label_add(run, label, state);
    if (idx == FGR_IDX_NONE) {
        return;
    }
    run->stats.labels++;
    fgr_heap_push(&s->backward, fgr_key_encode(label->cost + potential), idx);
    if (state->forward_cost + label->cost < run->best->cost) {
        fgr_finish_tree(run, idx);
    }
}

/* The label that continues `from` over half-channel `edge`; false if it cannot. */
static bool extend(struct fgr_run *run, struct fgr_label *out_label, uint32_t from, uint32_t edge,
                   uint64_t potential)
{
    const struct fgr_label *label = &run->scratch->label[from];
    const struct fgr_half *half = &run->view->half[edge];
    uint64_t amount_msat = label->amount_msat;
    if (amount_msat > half->htlc_max_msat) {
        return false;
    }
    if (amount_msat < half->htlc_min_msat) {
        fgr_finish_blocked(run, label, edge, potential);
        return false;
    }
    uint64_t capacity_msat = fgr_view_chan_of(run->view, edge)->capacity_sat * 1000;
    uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    /* What the source cannot send is no use; that is never above FGR_MSAT_MAX. */
    if (fee_msat > run->source_max_msat || amount_msat + fee_msat > run->source_max_msat) {
        return false;
    }
    uint32_t bytes = label->bytes + fgr_onion_hop_bytes(amount_msat);
    *out_label = (struct fgr_label){
        .cost = label->cost + fgr_cost_forward(&run->task->cost, half, fee_msat, amount_msat,
                                               capacity_msat),
        .amount_msat = amount_msat + fee_msat,
        .node = fgr_view_edge_from(run->view, edge),
        .edge = edge,
        .parent = from,
        .cltv = label->cltv + half->cltv_delta,
        .bytes = (uint16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX),
        .hops = (uint8_t)(label->hops < UINT8_MAX ? label->hops + 1 : UINT8_MAX),
    };
    return true;
}

/* Whether `label`, which continues `from`, comes back to a node. Noted where it asks for more than
 * the first visit did: only then can cutting the loop out lose anything. */
static bool is_loop(struct fgr_run *run, uint32_t from, const struct fgr_label *label,
                    uint64_t bound)
{
    uint32_t first = fgr_label_at(run->scratch, from, label->node);
    if (first == FGR_IDX_NONE) {
        return false;
    }
    if (run->scratch->label[first].amount_msat < label->amount_msat && bound < run->looped) {
        run->looped = bound;
    }
    return true;
}

/* Prices backward entry `i` of the node of label `from`. */
static void relax_backward(struct fgr_run *run, uint32_t i, uint32_t from, float bound)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *in = &run->view->in;
    uint32_t node = in->nbr[i];
    if (node == run->task->from || node == run->task->to) {
        return; /* fgr_finish_source goes to the source; the destination would be a loop */
    }
    struct fgr_node_state *state = fgr_scratch_node(s, node);
    uint64_t potential = fgr_run_potential(run, state, UINT64_MAX);
    uint64_t least = s->label[from].cost + (uint64_t)bound;
    if (least + potential >= run->best->cost) {
        return;
    }
    if (run->mode == FGR_RUN_PLAIN && state->label != FGR_IDX_NONE && state->label_cost <= least &&
        s->label[state->label].amount_msat <= s->label[from].amount_msat) {
        return; /* dominated before it is priced */
    }
    struct fgr_label label;
    if (!extend(run, &label, from, in->edge[i], potential)) {
        return;
    }
    potential = fgr_run_potential(run, state, label.amount_msat);
    if (label.cost + potential >= run->best->cost) {
        return;
    }
    if (run->mode != FGR_RUN_PLAIN && !fgr_label_keeps_limits(run, &label)) {
        return;
    }
    if (run->mode >= FGR_RUN_STRICT && is_loop(run, from, &label, label.cost + potential)) {
        return;
    }
    queue_label(run, &label, state, potential);
}

static void expand_backward(struct fgr_run *run, uint32_t from)
{
    struct fgr_scratch *s = run->scratch;
    const struct fgr_adjacency *in = &run->view->in;
    uint32_t node = s->label[from].node;
    if ((s->node[node].flags & FGR_NODE_AT_SOURCE) != 0) {
        fgr_finish_source(run, from);
    }
    struct fgr_scan_terms terms = scan_terms(&run->task->cost, s->label[from].amount_msat);
    uint32_t end = in->first[node + 1];
    run->work[1] += end - in->first[node];
    for (uint32_t first = in->first[node]; first < end; first += FGR_SCAN_BLOCK) {
        uint32_t n = end - first < FGR_SCAN_BLOCK ? end - first : FGR_SCAN_BLOCK;
        s->scan(s->scan_bound, in, first, n, &terms);
        if (n >= TWO_SWEEPS_FROM && run->best->cost >= FGR_COST_INF) {
            for (uint32_t i = 0; i < n; i++) {
                const struct fgr_node_state *state = &s->node[in->nbr[first + i]];
                if (state->stamp == s->stamp && state->forward_cost < FGR_COST_INF &&
                    s->scan_bound[i] < INFINITY) {
                    relax_backward(run, first + i, from, s->scan_bound[i]);
                }
            }
        }
        /* The potential is the radius but for the few settled nodes. */
        float slack = slack_ceil(run->best->cost, s->label[from].cost);
        float slack_far = slack_ceil(run->best->cost, s->label[from].cost + run->radius);
        for (uint32_t i = 0; i < n; i++) {
            float bound = s->scan_bound[i];
            if (bound < slack &&
                (bound < slack_far || fgr_scratch_is_settled(s, in->nbr[first + i]))) {
                relax_backward(run, first + i, from, s->scan_bound[i]);
            }
        }
    }
}

static void start_backward(struct fgr_run *run)
{
    const struct fgr_search_task *task = run->task;
    struct fgr_label label = {
        .amount_msat = task->amount_msat,
        .node = task->to,
        .edge = FGR_IDX_NONE,
        .parent = FGR_IDX_NONE,
        .bytes = (uint16_t)(task->final_bytes < UINT16_MAX ? task->final_bytes : UINT16_MAX),
    };
    if (run->mode != FGR_RUN_PLAIN && !fgr_label_keeps_limits(run, &label)) {
        return;
    }
    struct fgr_node_state *state = fgr_scratch_node(run->scratch, task->to);
    queue_label(run, &label, state, fgr_run_potential(run, state, task->amount_msat));
}

/* ---- both ------------------------------------------------------------------------------- */

/* Whether the forward front should move rather than the label on top be expanded. */
static bool is_forward_turn(const struct fgr_run *run, uint32_t label_node)
{
    const struct fgr_scratch *s = run->scratch;
    if (s->forward.n == 0 || (s->node[label_node].flags & FGR_NODE_SETTLED) != 0) {
        return false;
    }
    const uint32_t *out = run->view->out.first;
    const uint32_t *in = run->view->in.first;
    uint32_t next = fgr_heap_item(s->forward.entry[0]);
    return run->work[0] + (out[next + 1] - out[next]) <
           run->work[1] + (in[label_node + 1] - in[label_node]);
}

/* Whether `bound` proves the best path well enough. */
static bool is_proven(const struct fgr_run *run, uint64_t bound)
{
    uint64_t cost = run->best->cost;
    return bound >= cost ||
           (cost < FGR_COST_INF && run->task->max_gap_ppm > 0 &&
            (fgr_u128)cost * 1000000 <= (fgr_u128)bound * (1000000 + run->task->max_gap_ppm));
}

uint64_t fgr_run(struct fgr_run *run)
{
    struct fgr_scratch *s = run->scratch;
    fgr_scratch_reset(s);
    start_forward(run);
    start_backward(run);
    uint64_t bound = FGR_COST_INF;
    while (s->backward.n > 0) {
        uint64_t top = s->backward.entry[0];
        bound = fgr_key_decode(fgr_heap_key(top));
        if (is_proven(run, bound)) {
            break;
        }
        uint32_t idx = fgr_heap_item(top);
        const struct fgr_label *label = &s->label[idx];
        uint64_t full = label->cost +
                        fgr_run_potential(run, &s->node[label->node], label->amount_msat);
        if (label->is_dead != 0 || full >= run->best->cost || full >= FGR_COST_INF) {
            fgr_heap_pop(&s->backward);
        } else if (fgr_key_encode(full) > fgr_heap_key(top)) {
            fgr_heap_rekey_top(&s->backward, fgr_key_encode(full));
        } else if (is_forward_turn(run, label->node)) {
            step_forward(run);
        } else {
            fgr_heap_pop(&s->backward);
            run->stats.settled++;
            expand_backward(run, idx);
            if (run->is_exhausted) {
                break;
            }
        }
    }
    run->stats.relaxed += run->work[0] + run->work[1];
    if (run->is_exhausted) {
        return bound;
    }
    if (s->backward.n == 0 || bound > run->best->cost) {
        return run->best->cost;
    }
    return bound;
}
