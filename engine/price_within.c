/* SPDX-License-Identifier: MIT */
/*
 * The pricing search that looks at ways as a whole: their limits, their parts.
 *
 * Returns. The same as price.c, for ways of at most so many half-channels and blocks; and fixed charges
 * (base fees, what a part costs and weighs) are spread over the largest part that passes all of the way,
 * not over what passes each half-channel by itself.
 *
 * Method. As in price.c, but with several ways per node: one is kept unless another is no dearer, has
 * no more fixed charges, lets no smaller part pass, and is no longer and no slower where that counts.
 * Ways that cannot reach the destination within the limits any more (least hops and blocks from there,
 * counted once per query) are dropped. The potentials of price.c hold: what follows spreads its
 * fixed charges over no more than each half-channel lets pass.
 *
 * Reference: Desrochers and Soumis 1988 (label setting for shortest paths with resources).
 */
#include <math.h>
#include <string.h>

#include "engine/price_front.h"

struct search {
    struct fgr_price *p;
    const struct fgr_tariff *tariff;
    const struct fgr_lanes *lanes;
    const struct fgr_price_limits *limits;
    const struct fgr_price_sizes *sizes; /* NULL: the cheapest way is looked for */
    struct fgr_price_terms terms;
    double best;
    uint32_t best_label;
    bool is_exhausted;
};

/* ---- what lies ahead ------------------------------------------------------------------------ */

/* Least blocks to the destination over half-channels that let the least part pass. */
static void fill_cltv(struct fgr_price *p, double least_msat)
{
    struct fgr_heap *heap = &p->far;
    for (uint32_t i = 0; i < fgr_overlay_n_nodes(p->view, p->overlay); i++) {
        p->cltv_ahead[i] = UINT32_MAX;
    }
    heap->n = 0;
    p->cltv_ahead[p->to] = 0;
    fgr_heap_push(heap, 0, p->to);
    while (heap->n > 0) {
        uint32_t node = fgr_heap_item(heap->entry[0]);
        uint32_t sum = fgr_heap_key(heap->entry[0]);
        uint32_t edge;
        uint32_t from;
        fgr_heap_pop(heap);
        struct fgr_walk walk = fgr_walk_of(p->view, p->overlay, true, node);
        while (sum == p->cltv_ahead[node] && fgr_walk_next(&walk, &edge, &from)) {
            const struct fgr_half *half = fgr_overlay_half(p->view, p->overlay, edge);
            uint32_t own = from == p->from ? 0 : half->cltv_delta;
            if ((double)half->htlc_max_msat >= least_msat && sum + own < p->cltv_ahead[from]) {
                p->cltv_ahead[from] = sum + own;
                fgr_heap_push(heap, sum + own, from);
            }
        }
    }
}

/* Least hops, in breadth. Each node is queued once. */
static void fill_hops(struct fgr_price *p, double least_msat)
{
    uint64_t *queue = p->far.entry;
    uint32_t n = 0;
    memset(p->hops_ahead, 0xff, fgr_overlay_n_nodes(p->view, p->overlay));
    p->hops_ahead[p->to] = 0;
    queue[n++] = p->to;
    for (uint32_t at = 0; at < n; at++) {
        uint32_t node = (uint32_t)queue[at];
        uint32_t edge;
        uint32_t from;
        uint8_t hops = p->hops_ahead[node];
        struct fgr_walk walk = fgr_walk_of(p->view, p->overlay, true, node);
        while (hops < UINT8_MAX - 1 && fgr_walk_next(&walk, &edge, &from)) {
            const struct fgr_half *half = fgr_overlay_half(p->view, p->overlay, edge);
            if (p->hops_ahead[from] == UINT8_MAX && (double)half->htlc_max_msat >= least_msat) {
                p->hops_ahead[from] = hops + 1;
                queue[n++] = from;
            }
        }
    }
    p->far.n = 0;
}

/* ---- labels --------------------------------------------------------------------------------- */

/* What a msat costs on the way, fixed charges spread. */
static double whole_price(const struct fgr_price_label *label)
{
    return label->price + label->fixed / label->part_msat;
}

/* Whether a way that goes on at `rest` or more may be better than what is known. */
static bool is_cheaper(const struct search *s, const struct fgr_price_label *label, double rest)
{
    const struct fgr_price_sizes *sizes = s->sizes;
    if (sizes == NULL) {
        return whole_price(label) + rest < s->best;
    }
    bool is_found = false;
    for (uint32_t i = 0; i < sizes->n && !is_found; i++) {
        double cost_msat = label->fixed + (label->price + rest) * sizes->amount_msat[i];
        is_found = cost_msat < sizes->cost_msat[i];
    }
    return is_found;
}

static bool keeps_limits(const struct search *s, const struct fgr_price_label *label)
{
    const struct fgr_price *p = s->p;
    if (s->limits->is_loose) {
        return label->hops < FGR_HOPS_MAX;
    }
    uint8_t hops = p->hops_ahead[label->node];
    uint32_t cltv = p->cltv_ahead[label->node];
    return hops != UINT8_MAX && cltv != UINT32_MAX &&
           (uint32_t)label->hops + hops <= s->limits->hops &&
           (uint64_t)label->cltv + cltv <= s->limits->cltv;
}

static bool dominates(const struct search *s, const struct fgr_price_label *a,
                      const struct fgr_price_label *b)
{
    if (a->price > b->price || a->fixed > b->fixed || a->part_msat < b->part_msat) {
        return false;
    }
    return s->limits->is_loose || (a->hops <= b->hops && a->cltv <= b->cltv);
}

/* Puts a way into its node's list unless it is dominated there; those it dominates die. Its index, or
 * FGR_IDX_NONE. */
static uint32_t keep(struct search *s, const struct fgr_price_label *label)
{
    struct fgr_price *p = s->p;
    fgr_price_node_at(p, label->node);
    uint32_t *slot = &p->first_label[label->node];
    while (*slot != FGR_IDX_NONE) {
        struct fgr_price_label *other = &p->label[*slot];
        if (dominates(s, other, label)) {
            return FGR_IDX_NONE;
        }
        if (dominates(s, label, other)) {
            other->is_dead = true;
            *slot = other->next;
        } else {
            slot = &other->next;
        }
    }
    if (p->n_labels == FGR_PRICE_LABELS_MAX) {
        s->is_exhausted = true;
        return FGR_IDX_NONE;
    }
    uint32_t idx = p->n_labels++;
    p->label[idx] = *label;
    p->label[idx].next = p->first_label[label->node];
    p->first_label[label->node] = idx;
    return idx;
}

static void queue(struct search *s, uint32_t idx, double whole)
{
    struct fgr_price *p = s->p;
    const struct fgr_price_label *label = &p->label[idx];
    if (fgr_price_is_settled(p, label->node)) {
        fgr_heap_push(&p->near, fgr_price_key(whole + p->node[label->node].rest), idx);
    } else {
        fgr_heap_push(&p->far, fgr_price_key(whole), idx);
    }
}

/* The way `from` and one half-channel more. */
static struct fgr_price_label extend(const struct search *s, const struct fgr_arc *arc,
                                     uint32_t edge, uint32_t from)
{
    const struct fgr_price_label *way = &s->p->label[from];
    const struct fgr_tariff *tariff = s->tariff;
    uint16_t idx = s->p->lane_of[edge];
    const struct fgr_lane *lane = idx == FGR_LANE_NONE ? NULL : &s->lanes->lane[idx];
    double most = fgr_tariff_spread(tariff, arc, lane == NULL ? 0 : lane->held_msat);
    double ppm = (double)arc->ppm * 1e-6;
    double base = lane != NULL && lane->use == FGR_LANE_PAID ? 0 : (double)arc->base_msat;
    double slope = lane == NULL ? fgr_tariff_flat(tariff, arc) : lane->slope;
    double own = ppm * tariff->fee_weight + (double)arc->cltv_blocks * tariff->risk + slope;
    double fixed = base * (tariff->fee_weight + way->price) + fgr_tariff_bias(arc);
    if (tariff->size_msat > 0) {
        fixed +=
            lane == NULL ? fgr_tariff_above(tariff, arc, 0, tariff->size_msat) : lane->charge_msat;
    }
    if (arc->bias_msat < 0) { /* a discount may take all of it, as in fgr_price_behind */
        own = slope;
        fixed = base * way->price;
    }
    return (struct fgr_price_label){
        .price = way->price * (1.0 + ppm) + own,
        .fixed = way->fixed + fixed,
        .part_msat = most < way->part_msat ? most : way->part_msat,
        .node = arc->to,
        .edge = edge,
        .parent = from,
        .cltv = way->cltv + arc->cltv_blocks,
        .hops = (uint8_t)(way->hops + 1),
    };
}

static void trace(const struct search *s, uint32_t idx, struct fgr_price_way *out_way)
{
    const struct fgr_price_label *label = s->p->label;
    uint32_t n = label[idx].hops;
    out_way->n_edges = n;
    for (uint32_t at = idx; label[at].parent != FGR_IDX_NONE; at = label[at].parent) {
        out_way->edge[--n] = label[at].edge;
    }
}

/* Tells of a way, which is to be known from now on. */
static void tell(const struct search *s, uint32_t idx)
{
    struct fgr_price_way way;
    way.price = s->p->label[idx].price;
    trace(s, idx, &way);
    s->sizes->on_way(s->sizes->state, &way);
}

/* Follows half-channel `edge`, whose price at no flow is at least `bound`, from the end of a way. */
static void relax(struct search *s, uint32_t edge, uint32_t node, uint32_t from, double bound)
{
    struct fgr_price *p = s->p;
    double rest = fgr_price_rest(p, node);
    if (node == p->from || !is_cheaper(s, &p->label[from], bound + rest)) {
        return;
    }
    uint16_t lane = p->lane_of[edge];
    if (lane != FGR_LANE_NONE && s->lanes->lane[lane].use == FGR_LANE_SHUT) {
        return;
    }
    struct fgr_arc arc = fgr_arc_of(p->view, p->overlay, edge, p->from);
    struct fgr_price_label label = extend(s, &arc, edge, from);
    double whole = whole_price(&label);
    if (!is_cheaper(s, &label, rest) || (double)arc.htlc_min_msat > s->tariff->part_msat ||
        (double)arc.htlc_max_msat < s->tariff->least_msat || !keeps_limits(s, &label)) {
        return;
    }
    uint32_t idx = keep(s, &label);
    if (idx == FGR_IDX_NONE) {
        return;
    }
    if (node != p->to) {
        queue(s, idx, whole);
    } else if (s->sizes != NULL) {
        tell(s, idx);
    } else {
        s->best = whole;
        s->best_label = idx;
    }
}

static void expand(struct search *s, uint32_t from)
{
    struct fgr_price *p = s->p;
    const struct fgr_adjacency *out = &p->view->out;
    uint32_t node = p->label[from].node;
    struct fgr_span span = fgr_walk_span(p->view, out, node);
    bool is_touched = fgr_overlay_touches_out(p->overlay, node);
    bool is_source = node == p->from;
    p->work[0] += 128 + span.end - span.first;
    p->n_relaxed += span.end - span.first;
    p->n_settled++;
    for (uint32_t first = span.first; first < span.end; first += FGR_PRICE_BLOCK) {
        uint32_t n = span.end - first < FGR_PRICE_BLOCK ? span.end - first : FGR_PRICE_BLOCK;
        fgr_price_scan(p->scan, out, first, n, &s->terms);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t edge = out->edge[first + i];
            if (p->scan[i] < (float)FGR_PRICE_MAX &&
                !(is_touched && fgr_overlay_masks(p->overlay, edge))) {
                relax(s, edge, out->nbr[first + i], from, is_source ? 0.0 : (double)p->scan[i]);
            }
        }
    }
    struct fgr_overlay_list list = fgr_overlay_out(p->overlay, node);
    for (uint32_t i = 0; i < list.n; i++) {
        relax(s, list.edge[i], fgr_overlay_to(p->view, p->overlay, list.edge[i]), from, 0.0);
    }
    for (uint32_t i = 0; i < s->lanes->n; i++) {
        const struct fgr_lane *lane = &s->lanes->lane[i];
        if (lane->arc.from == node && fgr_price_is_special(s->tariff, lane)) {
            relax(s, lane->edge, lane->arc.to, from, 0.0);
        }
    }
}

/* The labels of a node that was just settled get a potential of their own. */
static void move_labels(struct search *s, uint32_t node)
{
    struct fgr_price *p = s->p;
    if (p->node[node].forward != p->forward) {
        return;
    }
    for (uint32_t at = p->first_label[node]; at != FGR_IDX_NONE; at = p->label[at].next) {
        double whole = whole_price(&p->label[at]);
        fgr_heap_push(&p->near, fgr_price_key(whole + p->node[node].rest), at);
    }
}

static void step(struct search *s, struct fgr_heap *heap)
{
    struct fgr_price *p = s->p;
    uint32_t idx = fgr_heap_item(heap->entry[0]);
    uint32_t node = p->label[idx].node;
    bool is_moved = heap == &p->far && fgr_price_is_settled(p, node);
    bool is_late = s->sizes != NULL && !is_cheaper(s, &p->label[idx], fgr_price_rest(p, node));
    if (p->label[idx].is_dead || is_moved || is_late) {
        fgr_heap_pop(heap);
    } else if (fgr_price_is_backward_turn(p, node)) {
        uint32_t next = fgr_heap_item(p->back.entry[0]);
        fgr_price_step_backward(p, s->tariff, &s->terms);
        move_labels(s, next);
    } else {
        fgr_heap_pop(heap);
        expand(s, idx);
    }
}

/* The way of no half-channels. */
static void start(struct search *s)
{
    struct fgr_price *p = s->p;
    p->n_labels = 0;
    struct fgr_price_label source = {.fixed = s->limits->part_weight + s->tariff->part_cost_msat,
                                     .part_msat = s->limits->whole_msat,
                                     .node = p->from,
                                     .parent = FGR_IDX_NONE};
    uint32_t idx = keeps_limits(s, &source) ? keep(s, &source) : FGR_IDX_NONE;
    if (idx != FGR_IDX_NONE) {
        queue(s, idx, whole_price(&source));
    }
}

/* Follows ways as long as any may be better. Returns the least price of those that are left. */
static double run(struct search *s)
{
    struct fgr_price *p = s->p;
    double least_msat = s->tariff->least_msat;
    if (!s->limits->is_loose && !p->has_ahead) {
        fill_hops(p, least_msat);
        fill_cltv(p, least_msat);
        p->has_ahead = true;
    }
    fgr_price_begin(p, s->lanes, s->best);
    start(s);
    double bound = 0;
    struct fgr_heap *heap = fgr_price_next_heap(p, &bound);
    while (heap != NULL && bound < s->best && !s->is_exhausted) {
        step(s, heap);
        heap = fgr_price_next_heap(p, &bound);
    }
    return bound;
}

void fgr_price_find_within(struct fgr_price *price, struct fgr_price_way *out_way,
                           const struct fgr_tariff *tariff, const struct fgr_lanes *lanes,
                           const struct fgr_price_limits *limits, double cutoff)
{
    struct search s = {.p = price,
                       .tariff = tariff,
                       .lanes = lanes,
                       .limits = limits,
                       .terms = fgr_price_terms_of(tariff),
                       .best = cutoff < FGR_PRICE_MAX ? cutoff : FGR_PRICE_MAX,
                       .best_label = FGR_IDX_NONE};
    double bound = run(&s);
    out_way->n_edges = 0;
    out_way->price = s.is_exhausted && bound < s.best ? bound : s.best;
    if (s.best_label != FGR_IDX_NONE) {
        trace(&s, s.best_label, out_way);
    }
}

bool fgr_price_find_sizes(struct fgr_price *price, const struct fgr_tariff *tariff,
                          const struct fgr_lanes *lanes, const struct fgr_price_limits *limits,
                          const struct fgr_price_sizes *sizes)
{
    double best = 0;
    for (uint32_t i = 0; i < sizes->n; i++) {
        best = fmax(best, sizes->cost_msat[i] / sizes->amount_msat[i]);
    }
    struct search s = {.p = price,
                       .tariff = tariff,
                       .lanes = lanes,
                       .limits = limits,
                       .sizes = sizes,
                       .terms = fgr_price_terms_of(tariff),
                       .best = best,
                       .best_label = FGR_IDX_NONE};
    run(&s);
    return !s.is_exhausted;
}
