/* SPDX-License-Identifier: MIT */
/*
 * The pricing search of the split.
 *
 * Returns. The least price of delivering one msat more, where each half-channel asks for its fee, its
 * risk and the slope of its failure cost at the flow it already carries; and a way at that price.
 *
 * Method. Fees make what arrives at a node dearer than what left the source: along a half-channel
 * that takes the part r of each msat, a price p becomes p (1 + r) + own price. That can be followed
 * exactly from the source on with one label per node (a dearer msat stays dearer on any further
 * way), so the forward front is a Dijkstra without approximation. The backward front ignores what
 * fees do to prices, and counts on a little less than the present slopes: its distances are lower
 * bounds of what a msat still has to pay, and stay so for the next searches of a query until some
 * slope falls below. They are the potential of the forward front, as in run.c with the roles
 * exchanged: a settled node has its own, the others share the radius. The backward front moves only
 * when the forward one has more to lose.
 *
 * Half-channels of hubs are bounded a block at a time, from columns, without branches; only those that
 * could be part of a cheaper way are looked up.
 *
 * Approximated: nothing. Floats and heap keys are only ever rounded down.
 *
 * References: Ahuja, Magnanti and Orlin 1993 (column generation, generalised flow); Goldberg and
 * Harrelson 2005 (lower bounds as potentials).
 */
#include "engine/price.h"

#include "engine/price_front.h"

#include <math.h>
#include <string.h>

/* What opening a node costs apart from its list, in half-channels. */
#define STEP_WORK 128

/* The slopes that the backward front counts on: this share of the last ones, so that it stays true
 * while they move; made anew when one has risen by that share of the price of a way. */
#define FLOOR_SHARE 0.95
#define FLOOR_DRIFT 0.1
#define FLOOR_SLACK (1.0 - 1e-9)

/* Twice what the float operations of the scan can add. */
#define SCAN_SLACK (1.0F - 1.0F / 1048576.0F)

struct fgr_price_node *fgr_price_node_at(struct fgr_price *p, uint32_t node)
{
    struct fgr_price_node *state = &p->node[node];
    if (state->forward != p->forward) {
        state->forward = p->forward;
        state->price = FGR_PRICE_MAX;
        state->edge = FGR_IDX_NONE;
        p->first_label[node] = FGR_IDX_NONE;
    }
    if (state->backward != p->backward) {
        state->backward = p->backward;
        state->rest = FGR_PRICE_MAX;
    }
    return state;
}

/* ---- lower bounds of a list ---------------------------------------------------------------- */

struct fgr_price_terms fgr_price_terms_of(const struct fgr_tariff *tariff)
{
    return (struct fgr_price_terms){
        .top = nextafterf((float)tariff->top_msat, INFINITY),
        .widen = tariff->is_whole ? 1e12F : 1.0F,
        .near =
            tariff->reach > 0 && !tariff->is_whole ? (float)((1.0 - 1e-6) / tariff->reach) : 0.0F,
        .widest = nextafterf((float)(1.0 / tariff->least_msat), 0.0F),
        .least = nextafterf((float)tariff->least_msat, 0.0F),
        .base = (float)tariff->fee_weight,
        .ppm = (float)(tariff->fee_weight * 1e-6),
        .cltv = (float)tariff->risk,
        .fail = (float)(tariff->fail_msat * tariff->flat),
    };
}

/* Prices of `n` half-channels at no flow: SCAN_SLACK covers the rounding. Infinite where no part
 * fits. */
void fgr_price_scan(float *restrict out, const struct fgr_adjacency *adj, uint32_t first,
                    uint32_t n, const struct fgr_price_terms *terms)
{
    const int32_t *restrict base = adj->base_msat + first;
    const int32_t *restrict ppm = adj->ppm + first;
    const uint16_t *restrict cltv = adj->cltv + first;
    const float *restrict inv_cap = adj->inv_cap + first;
    const float *restrict max = adj->max_msat + first;
    const struct fgr_price_terms t = *terms;
    for (uint32_t i = 0; i < n; i++) {
        float own = max[i] * t.widen;
        float spread = own < t.top ? own : t.top;
        float share = 1.0F / spread;
        float near = inv_cap[i] * t.near;
        share = near > share ? near : share;
        share = share < t.widest ? share : t.widest;
        float sum = t.base * (float)base[i] * share + t.ppm * (float)ppm[i];
        sum = (sum + t.cltv * (float)cltv[i] + t.fail * inv_cap[i]) * SCAN_SLACK;
        out[i] = max[i] < t.least ? INFINITY : sum;
    }
}

/* ---- backward front ------------------------------------------------------------------------ */

/* Drops stale entries and reads the radius off the least one left. */
static void refresh_radius(struct fgr_price *p)
{
    while (p->back.n > 0) {
        uint64_t top = p->back.entry[0];
        if (!fgr_price_is_settled(p, fgr_heap_item(top))) {
            p->radius = fgr_price_decode(fgr_heap_key(top));
            return;
        }
        fgr_heap_pop(&p->back);
    }
    p->radius = FGR_PRICE_MAX;
}

/* What the rest of the way costs if it begins with entry `i`, at least; `bound` is its price at no
 * flow. */
static double rest_over(const struct fgr_price *p, const struct fgr_tariff *tariff, uint32_t i,
                        double bound)
{
    const struct fgr_adjacency *in = &p->view->in;
    double flat = tariff->fail_msat * tariff->flat * (double)(in->inv_cap[i] * SCAN_SLACK);
    uint16_t lane = p->lane_of[in->edge[i]];
    double own = in->nbr[i] == p->from ? flat : bound;
    bool is_dearer = lane != FGR_LANE_NONE && lane < p->n_floors && p->floor[lane] > flat;
    return is_dearer ? own + (p->floor[lane] - flat) * FLOOR_SLACK : own;
}

static void relax_backward(struct fgr_price *p, const struct fgr_tariff *tariff, uint32_t i,
                           double bound, double behind)
{
    uint32_t node = p->view->in.nbr[i];
    if (bound >= FGR_PRICE_MAX || fgr_price_is_settled(p, node)) {
        return;
    }
    struct fgr_price_node *state = fgr_price_node_at(p, node);
    if (node != p->from && behind + bound >= state->rest) {
        return;
    }
    double rest = behind + rest_over(p, tariff, i, bound);
    if (rest < state->rest) {
        state->rest = rest;
        fgr_heap_push(&p->back, fgr_price_key(rest), node);
    }
}

/* Follows a half-channel backwards that the columns do not tell; `lane` as the floors have it. */
static void relax_exact_backward(struct fgr_price *p, const struct fgr_tariff *tariff,
                                 const struct fgr_arc *arc, const struct fgr_lane *lane,
                                 double behind)
{
    if (fgr_price_is_settled(p, arc->from) || (double)arc->htlc_max_msat < tariff->least_msat) {
        return;
    }
    double own = fgr_price_behind(tariff, arc, arc->from == p->from, lane, 0);
    double rest = behind + own * FLOOR_SLACK;
    struct fgr_price_node *state = fgr_price_node_at(p, arc->from);
    if (rest < state->rest) {
        state->rest = rest;
        fgr_heap_push(&p->back, fgr_price_key(rest), arc->from);
    }
}

/* A lane with the slope, and free where it may be, that the backward front counts on. */
static struct fgr_lane lane_at_floor(const struct fgr_price *p, const struct fgr_tariff *tariff,
                                     uint32_t i)
{
    struct fgr_lane lane = p->lanes->lane[i];
    double flat = fgr_tariff_flat(tariff, &lane.arc);
    lane.use = i < p->n_free ? FGR_LANE_PAID : lane.use;
    lane.slope = i < p->n_floors && p->floor[i] > flat ? p->floor[i] : flat;
    return lane;
}

/* Where a flow is held more can pass than the columns say, and fixed charges count less. */
static void relax_lanes_backward(struct fgr_price *p, const struct fgr_tariff *tariff,
                                 uint32_t node, double behind)
{
    for (uint32_t i = 0; i < p->lanes->n; i++) {
        const struct fgr_lane *lane = &p->lanes->lane[i];
        if (lane->arc.to == node && (i < p->n_free || fgr_price_is_special(tariff, lane))) {
            struct fgr_lane at_floor = lane_at_floor(p, tariff, i);
            relax_exact_backward(p, tariff, &lane->arc, &at_floor, behind);
        }
    }
}

/* The overlay's half-channels into a node. */
static void relax_extra_backward(struct fgr_price *p, const struct fgr_tariff *tariff,
                                 uint32_t node, double behind)
{
    struct fgr_overlay_list list = fgr_overlay_in(p->overlay, node);
    for (uint32_t i = 0; i < list.n; i++) {
        struct fgr_arc arc = fgr_arc_of(p->view, p->overlay, list.edge[i], p->from);
        uint16_t lane = p->lane_of[list.edge[i]];
        struct fgr_lane at_floor = {.slope = fgr_tariff_flat(tariff, &arc)};
        if (lane != FGR_LANE_NONE) {
            at_floor = lane_at_floor(p, tariff, lane);
        }
        relax_exact_backward(p, tariff, &arc, &at_floor, behind);
    }
}

void fgr_price_step_backward(struct fgr_price *p, const struct fgr_tariff *tariff,
                             const struct fgr_price_terms *terms)
{
    uint32_t node = fgr_heap_item(p->back.entry[0]);
    fgr_heap_pop(&p->back);
    fgr_bitset_add(p->settled, node);
    p->n_settled++;
    struct fgr_price_node *state = fgr_price_node_at(p, node);
    if (state->price < FGR_PRICE_MAX) {
        fgr_heap_push(&p->near, fgr_price_key(state->price + state->rest), node);
    }
    const struct fgr_adjacency *in = &p->view->in;
    struct fgr_span span = fgr_walk_span(p->view, in, node);
    bool is_touched = fgr_overlay_touches_in(p->overlay, node);
    p->work[1] += STEP_WORK + span.end - span.first;
    p->n_relaxed += span.end - span.first;
    for (uint32_t first = span.first; first < span.end; first += FGR_PRICE_BLOCK) {
        uint32_t n = span.end - first < FGR_PRICE_BLOCK ? span.end - first : FGR_PRICE_BLOCK;
        fgr_price_scan(p->scan, in, first, n, terms);
        for (uint32_t i = 0; i < n; i++) {
            if (!is_touched || !fgr_overlay_masks(p->overlay, in->edge[first + i])) {
                relax_backward(p, tariff, first + i, (double)p->scan[i], state->rest);
            }
        }
    }
    relax_extra_backward(p, tariff, node, state->rest);
    relax_lanes_backward(p, tariff, node, state->rest);
    refresh_radius(p);
}

/* Forgets the backward front. */
static void restart_backward(struct fgr_price *p)
{
    p->backward++;
    if (p->backward == 0) {
        memset(p->node, 0, p->n_nodes * sizeof *p->node);
        p->forward = 0;
        p->backward = 1;
    }
    memset(p->settled, 0, fgr_bitset_words(p->n_nodes) * sizeof *p->settled);
    p->back.n = 0;
    p->radius = 0;
    p->n_floors = 0;
    p->node[p->to].rest = 0;
    p->node[p->to].backward = p->backward;
    fgr_heap_push(&p->back, 0, p->to);
}

void fgr_price_begin(struct fgr_price *p, const struct fgr_lanes *lanes, double cutoff)
{
    bool is_good = true;
    bool is_paid = false;
    p->lanes = lanes;
    for (uint32_t i = p->n_free; i < lanes->n; i++) {
        is_paid = is_paid || lanes->lane[i].use == FGR_LANE_PAID;
    }
    if (is_paid) {
        p->n_free = lanes->n; /* with every lane free it holds for whatever is paid next */
        is_good = false;
    }
    for (uint32_t i = 0; i < lanes->n && is_good; i++) {
        double slope = lanes->lane[i].slope;
        double floor = i < p->n_floors ? p->floor[i] : 0;
        is_good = slope >= floor && slope - floor <= cutoff * FLOOR_DRIFT;
    }
    if (!is_good) {
        restart_backward(p);
        for (uint32_t i = 0; i < lanes->n; i++) {
            p->floor[i] = lanes->lane[i].slope * FLOOR_SHARE;
        }
        p->n_floors = lanes->n;
    }
    p->forward++;
    if (p->forward == 0) {
        for (uint32_t i = 0; i < p->n_nodes; i++) {
            p->node[i].forward = 0;
        }
        p->forward = 1;
    }
    p->near.n = 0;
    p->far.n = 0;
    p->work[0] = 0;
    p->work[1] = 0;
}

/* ---- forward front ------------------------------------------------------------------------- */

/* What is common to the steps of one search. */
struct search {
    struct fgr_price *p;
    const struct fgr_tariff *tariff;
    const struct fgr_lanes *lanes;
    struct fgr_price_terms terms;
    double best; /* least price of a whole way, or the cutoff */
};

/* Follows half-channel `edge`, whose price at no flow is at least `bound`, to `node`. */
static void relax_forward(struct search *s, uint32_t edge, uint32_t node, double price,
                          double bound)
{
    struct fgr_price *p = s->p;
    struct fgr_price_node *state = fgr_price_node_at(p, node);
    double rest = fgr_price_rest(p, node);
    if (node == p->from || price + bound >= state->price || price + bound + rest >= s->best) {
        return;
    }
    struct fgr_arc arc = fgr_arc_of(p->view, p->overlay, edge, p->from);
    uint16_t lane = p->lane_of[edge];
    if (lane != FGR_LANE_NONE && s->lanes->lane[lane].use == FGR_LANE_SHUT) {
        return;
    }
    double behind = fgr_price_behind(s->tariff, &arc, arc.from == p->from,
                                     lane == FGR_LANE_NONE ? NULL : &s->lanes->lane[lane], price);
    if (behind >= state->price || behind + rest >= s->best ||
        (double)arc.htlc_min_msat > s->tariff->part_msat ||
        (double)arc.htlc_max_msat < s->tariff->least_msat) {
        return;
    }
    state->price = behind;
    state->edge = edge;
    if (node == p->to) {
        s->best = behind;
    } else if (fgr_price_is_settled(p, node)) {
        fgr_heap_push(&p->near, fgr_price_key(behind + state->rest), node);
    } else {
        fgr_heap_push(&p->far, fgr_price_key(behind), node);
    }
}

static void expand_forward(struct search *s, uint32_t node, double price)
{
    struct fgr_price *p = s->p;
    const struct fgr_adjacency *out = &p->view->out;
    struct fgr_span span = fgr_walk_span(p->view, out, node);
    bool is_touched = fgr_overlay_touches_out(p->overlay, node);
    bool is_source = node == p->from;
    p->work[0] += STEP_WORK + span.end - span.first;
    p->n_relaxed += span.end - span.first;
    p->n_settled++;
    for (uint32_t first = span.first; first < span.end; first += FGR_PRICE_BLOCK) {
        uint32_t n = span.end - first < FGR_PRICE_BLOCK ? span.end - first : FGR_PRICE_BLOCK;
        fgr_price_scan(p->scan, out, first, n, &s->terms);
        /* Anything above the slack cannot be part of a cheaper way. */
        float slack = is_source ? INFINITY : nextafterf((float)(s->best - price), INFINITY);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t edge = out->edge[first + i];
            if (p->scan[i] < slack && !(is_touched && fgr_overlay_masks(p->overlay, edge))) {
                relax_forward(s, edge, out->nbr[first + i], price,
                              is_source ? 0.0 : (double)p->scan[i]);
            }
        }
    }
    struct fgr_overlay_list list = fgr_overlay_out(p->overlay, node);
    for (uint32_t i = 0; i < list.n; i++) {
        uint32_t edge = list.edge[i];
        relax_forward(s, edge, fgr_overlay_to(p->view, p->overlay, edge), price, 0.0);
    }
    for (uint32_t i = 0; i < s->lanes->n; i++) {
        const struct fgr_lane *lane = &s->lanes->lane[i];
        if (lane->arc.from == node && fgr_price_is_special(s->tariff, lane)) {
            relax_forward(s, lane->edge, lane->arc.to, price, 0.0);
        }
    }
}

struct fgr_heap *fgr_price_next_heap(struct fgr_price *p, double *out_bound)
{
    double near = p->near.n > 0 ? fgr_price_decode(fgr_heap_key(p->near.entry[0])) : FGR_PRICE_MAX;
    double far =
        p->far.n > 0 ? fgr_price_decode(fgr_heap_key(p->far.entry[0])) + p->radius : FGR_PRICE_MAX;
    *out_bound = near < far ? near : far;
    if (*out_bound >= FGR_PRICE_MAX) {
        return NULL;
    }
    return near < far ? &p->near : &p->far;
}

/* Whether the backward front should move before the list of `node` is opened. */
bool fgr_price_is_backward_turn(const struct fgr_price *p, uint32_t node)
{
    if (p->back.n == 0 || fgr_price_is_settled(p, node)) {
        return false;
    }
    struct fgr_span in = fgr_walk_span(p->view, &p->view->in, fgr_heap_item(p->back.entry[0]));
    struct fgr_span out = fgr_walk_span(p->view, &p->view->out, node);
    return p->work[1] + (in.end - in.first) < p->work[0] + (out.end - out.first);
}

/* Moves on with the way on top of `heap`: drops it if it is stale, lets the backward front go
 * first, or follows it. */
static void step(struct search *s, struct fgr_heap *heap)
{
    struct fgr_price *p = s->p;
    uint32_t node = fgr_heap_item(heap->entry[0]);
    uint32_t key = fgr_heap_key(heap->entry[0]);
    const struct fgr_price_node *state = fgr_price_node_at(p, node);
    bool is_stale = heap == &p->far
                        ? fgr_price_is_settled(p, node) || fgr_price_key(state->price) < key
                        : fgr_price_key(state->price + state->rest) < key;
    if (is_stale) {
        fgr_heap_pop(heap);
    } else if (fgr_price_is_backward_turn(p, node)) {
        fgr_price_step_backward(p, s->tariff, &s->terms);
    } else {
        fgr_heap_pop(heap);
        expand_forward(s, node, state->price);
    }
}

/* Reads the way off the nodes. False if it is longer than any onion. */
static bool trace(const struct fgr_price *p, struct fgr_price_way *out_way)
{
    uint32_t edge[FGR_HOPS_MAX];
    uint32_t n = 0;
    for (uint32_t node = p->to; node != p->from; n++) {
        if (n == FGR_HOPS_MAX) {
            return false;
        }
        edge[n] = p->node[node].edge;
        node = fgr_overlay_from(p->view, p->overlay, edge[n]);
    }
    for (uint32_t i = 0; i < n; i++) {
        out_way->edge[i] = edge[n - 1 - i];
    }
    out_way->n_edges = n;
    return true;
}

void fgr_price_start(struct fgr_price *price, const struct fgr_view *view,
                     const struct fgr_overlay *overlay, uint32_t from, uint32_t to)
{
    price->overlay = overlay;
    price->view = view;
    price->from = from;
    price->to = to;
    price->has_ahead = false;
    price->n_free = 0;
    restart_backward(price);
}

void fgr_price_find(struct fgr_price *price, struct fgr_price_way *out_way,
                    const struct fgr_tariff *tariff, const struct fgr_lanes *lanes, double cutoff)
{
    struct search s = {.p = price,
                       .tariff = tariff,
                       .lanes = lanes,
                       .terms = fgr_price_terms_of(tariff),
                       .best = cutoff < FGR_PRICE_MAX ? cutoff : FGR_PRICE_MAX};
    fgr_price_begin(price, lanes, s.best);
    struct fgr_price_node *source = fgr_price_node_at(price, price->from);
    source->price = 0;
    if (fgr_price_is_settled(price, price->from)) {
        fgr_heap_push(&price->near, fgr_price_key(source->rest), price->from);
    } else {
        fgr_heap_push(&price->far, 0, price->from);
    }
    double bound;
    struct fgr_heap *heap = fgr_price_next_heap(price, &bound);
    while (heap != NULL && bound < s.best) {
        step(&s, heap);
        heap = fgr_price_next_heap(price, &bound);
    }
    out_way->price = s.best;
    out_way->n_edges = 0;
    if (fgr_price_node_at(price, price->to)->price < FGR_PRICE_MAX) {
        trace(price, out_way);
    }
}
