/* SPDX-License-Identifier: MIT */
/*
 * Complete paths: where the two fronts meet, the forward half (found at the delivered amount) is
 * priced again with the amounts that the backward half really asks for.
 */
#include "engine/run.h"

#include <string.h>

#include "graph/walk.h"

/* A forward half: edges from the label's node back to the source. */
struct tail {
    uint32_t n_edges;
    uint32_t edge[FGR_HOPS_MAX];
};

/* Totals of a complete path while it is priced. */
struct totals {
    uint64_t cost;
    uint64_t amount_msat;
    uint32_t cltv;
    uint32_t hops;
    uint32_t bytes;
};

/* Adds half-channel `edge` in front. False if it cannot carry the amount. */
static bool prepend(const struct fgr_run *run, struct totals *t, uint32_t edge, bool is_first)
{
    const struct fgr_cost *cost = &run->task->cost;
    const struct fgr_overlay *overlay = run->task->overlay;
    const struct fgr_half *half = fgr_overlay_half(run->view, overlay, edge);
    if (t->amount_msat > half->htlc_max_msat || t->amount_msat < half->htlc_min_msat) {
        return false;
    }
    t->hops++;
    if (is_first) {
        t->cost += fgr_cost_first_over(cost, run->view, overlay, edge, t->amount_msat);
    } else {
        uint64_t fee_msat = fgr_fee_msat(t->amount_msat, half->base_msat, half->ppm);
        if (fee_msat > FGR_MSAT_MAX - t->amount_msat) {
            return false;
        }
        t->cost += fgr_cost_forward_over(cost, run->view, overlay, edge, fee_msat, t->amount_msat);
        t->bytes += fgr_onion_hop_bytes(t->amount_msat);
        t->amount_msat += fee_msat;
        t->cltv += half->cltv_delta;
    }
    return t->cost < run->best->cost;
}

static bool keeps_limits(const struct fgr_run *run, const struct totals *t)
{
    const struct fgr_limits *limits = &run->task->limits;
    uint64_t fee_msat = t->amount_msat - run->task->amount_msat;
    return t->hops <= limits->hops && t->bytes <= limits->bytes && t->cltv <= limits->cltv &&
           fee_msat <= limits->fee_msat;
}

static void keep(struct fgr_run *run, const struct totals *t, const struct tail *tail,
                 uint32_t label)
{
    struct fgr_search_result *best = run->best;
    if (run->keeps_limits && !keeps_limits(run, t)) {
        return;
    }
    best->cost = t->cost;
    best->n_edges = 0;
    /* A PLAIN pass knows no limits: a path longer than any onion only says what the limits cost. */
    run->is_too_long = t->hops > FGR_HOPS_MAX;
    if (run->is_too_long) {
        return;
    }
    for (uint32_t i = tail->n_edges; i > 0; i--) {
        best->edge[best->n_edges++] = tail->edge[i - 1];
    }
    const struct fgr_label *pool = run->scratch->label;
    for (uint32_t at = label; pool[at].parent != FGR_IDX_NONE; at = pool[at].parent) {
        best->edge[best->n_edges++] = pool[at].edge;
    }
}

static struct totals totals_of(const struct fgr_label *label)
{
    return (struct totals){.cost = label->cost,
                           .amount_msat = label->amount_msat,
                           .cltv = label->cltv,
                           .hops = label->hops,
                           .bytes = label->bytes};
}

void fgr_finish_tree(struct fgr_run *run, uint32_t label)
{
    struct fgr_scratch *s = run->scratch;
    struct totals t = totals_of(&s->label[label]);
    struct tail tail = {.n_edges = 0};
    uint32_t node = s->label[label].node;
    while (node != run->task->from) {
        uint32_t edge = fgr_scratch_node(s, node)->forward_edge;
        uint32_t ahead = fgr_overlay_from(run->view, run->task->overlay, edge);
        if (tail.n_edges == FGR_HOPS_MAX || fgr_label_at(s, label, ahead) != FGR_IDX_NONE ||
            !prepend(run, &t, edge, ahead == run->task->from)) {
            return;
        }
        tail.edge[tail.n_edges++] = edge;
        node = ahead;
    }
    if (t.cost < run->best->cost) {
        keep(run, &t, &tail, label);
    }
}

/* One half-channel from the source as the last step of a label. */
static void finish_over(struct fgr_run *run, uint32_t label, uint32_t edge)
{
    const struct fgr_label *from = &run->scratch->label[label];
    struct totals t = totals_of(from);
    struct tail tail = {.n_edges = 1, .edge = {edge}};
    if (prepend(run, &t, edge, true)) {
        keep(run, &t, &tail, label);
    } else if (t.amount_msat <
               fgr_overlay_half(run->view, run->task->overlay, edge)->htlc_min_msat) {
        fgr_finish_blocked(run, from, edge, 0);
    }
}

void fgr_finish_source(struct fgr_run *run, uint32_t label)
{
    const struct fgr_view *view = run->view;
    const struct fgr_overlay *overlay = run->task->overlay;
    uint32_t source = run->task->from;
    uint32_t node = run->scratch->label[label].node;
    struct fgr_span in = fgr_walk_span(view, &view->in, node);
    struct fgr_span out = fgr_walk_span(view, &view->out, source);
    /* The half-channels between the two stand in both lists: take the shorter one. */
    bool is_in = in.end - in.first < out.end - out.first;
    uint32_t other = is_in ? source : node;
    struct fgr_walk walk = fgr_walk_of(view, overlay, is_in, is_in ? node : source);
    uint32_t edge, end;
    while (fgr_walk_next(&walk, &edge, &end)) {
        if (end == other) {
            finish_over(run, label, edge);
        }
    }
}

void fgr_finish_blocked(struct fgr_run *run, const struct fgr_label *label, uint32_t edge,
                        uint64_t potential)
{
    const struct fgr_cost *cost = &run->task->cost;
    const struct fgr_overlay *overlay = run->task->overlay;
    const struct fgr_half *half = fgr_overlay_half(run->view, overlay, edge);
    uint64_t min_msat = half->htlc_min_msat;
    uint64_t extra_msat = min_msat - run->task->amount_msat;
    if (extra_msat > run->task->limits.fee_msat || potential >= FGR_COST_INF) {
        return;
    }
    /* A path that satisfies this htlc_min has paid at least `extra` in fees by then. */
    uint64_t behind = extra_msat * fgr_search_fee_weight(run->task);
    behind = behind > label->cost ? behind : label->cost;
    uint64_t own;
    if (fgr_overlay_from(run->view, overlay, edge) == run->task->from) {
        own = fgr_cost_first_over(cost, run->view, overlay, edge, min_msat);
    } else {
        uint64_t fee_msat = fgr_fee_msat(min_msat, half->base_msat, half->ppm);
        own = fgr_cost_forward_over(cost, run->view, overlay, edge, fee_msat, min_msat);
    }
    uint64_t bound = behind + own + potential;
    bound = bound < FGR_COST_INF ? bound : FGR_COST_INF - 1;
    if (bound < run->best->cost) {
        run->blocked = bound < run->blocked ? bound : run->blocked;
    }
}
