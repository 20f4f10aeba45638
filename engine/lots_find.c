/* SPDX-License-Identifier: MIT */
/*
 * The pricing search of the lots.
 *
 * Returns. The cheapest way for one part of a given size, where each half-channel asks for fee and risk of
 * that amount and for its failure by itself, or in part along the line of the sum. One label per node: what
 * a part of a size costs up to a node is followed from the source on, and raised by each fee as if all of
 * it grew in proportion; it grows faster, as failure is convex, so that is a lower bound. Fees are whole
 * msat: what follows a fee that is rounded down counts a msat less of it.
 *
 * Method. Three sieves, each for those after it:
 *
 *   net    half-channels on ways that are cheap enough for a part of the least size at no flow, gathered
 *          into lists of their own: once for many rounds of prices
 *   band   those on ways that are cheap enough for a part of a size, at the present prices. What a msat of
 *          a part costs rises with its size, so what is left out stays out for all larger ones, and the
 *          least prices to the destination are potentials for them
 *   range  A* with these potentials, along tangents of the failures
 *
 * Within a range of sizes the failure of a part is above its tangent in the middle (where a half-channel is
 * nearly full, or the tangent less than the potentials count on: at the low end). With these lines a way
 * costs an amount linear in the size, so the least of the two ends of the range is at most what any part
 * between costs.
 *
 * Approximated: downwards only (base fees are left out).
 *
 * References: Hart, Nilsson and Raphael 1968; Rockafellar 1970 (tangents of convex functions).
 */
#include "engine/lots_find.h"

#include <math.h>
#include <string.h>

#include "engine/price_front.h"
#include "graph/util/fixed.h"

/* Beyond this share of a half-channel the line touches where the sizes begin. */
#define STEEP_SHARE 0.97

/* Twice what the float columns can add. */
#define COLUMN_SLACK (1.0 - 1.0 / 1048576.0)
#define MOST_SLACK (1.0F - 1.0F / 1048576.0F)

double fgr_lots_fail(double fail_msat, double flow_msat, double sure_msat, double end_msat)
{
    uint64_t end = (uint64_t)end_msat;
    uint64_t sure = (uint64_t)sure_msat;
    uint64_t flow = flow_msat > 0 ? (uint64_t)flow_msat : 0;
    flow = flow < end ? flow : end - 1;
    if (flow <= sure) {
        return 0;
    }
    return fail_msat * ((double)fgr_neg_ln_q48(end - flow, end - sure) / 281474976710656.0);
}

/* ---- the half-channels that can matter ------------------------------------------------------- */

double fgr_lots_least_slope(double fail_msat, double least_msat, double end_msat)
{
    double share = least_msat / end_msat;
    return fail_msat / end_msat * (1.0 + share * (0.5 + share / 3.0));
}

/* What a msat of a part of `least_msat` or more costs over entry `i`, at least. */
static double column_price(const struct fgr_adjacency *adj, uint32_t i,
                           const struct fgr_lots_prices *prices, double least_msat, bool is_first)
{
    double own = is_first ? 0 : (double)adj->ppm[i] * 1e-6 + (double)adj->cltv[i] * prices->risk;
    double share = (double)adj->inv_cap[i];
    double bend = 1.0 + least_msat * share * (0.5 + least_msat * share / 3.0);
    return (own + prices->fail_msat * share * bend) * COLUMN_SLACK;
}

/* The same for a half-channel that the columns do not tell. */
static double arc_price(const struct fgr_arc *arc, const struct fgr_lots_prices *prices)
{
    if (arc->bias_msat < 0) {
        return 0;
    }
    double flat = arc->sure_msat > 0 ? 0 : prices->fail_msat / ((double)arc->most_msat + 1.0);
    return ((double)arc->ppm * 1e-6 + (double)arc->cltv_blocks * prices->risk + flat) *
           COLUMN_SLACK;
}

static void improve(double *prices, struct fgr_heap *heap, uint32_t node, double price)
{
    if (price < prices[node]) {
        prices[node] = price;
        fgr_heap_push(heap, fgr_price_key(price), node);
    }
}

/* Follows the half-channels into a node backwards. */
static void reach_back(struct fgr_lots_net *net, struct fgr_price *p,
                       const struct fgr_lots_prices *prices, uint32_t node, double least_msat)
{
    const struct fgr_adjacency *in = &p->view->in;
    double price = net->rest[node];
    float least = (float)least_msat * MOST_SLACK;
    bool is_touched = fgr_overlay_touches_in(p->overlay, node);
    struct fgr_span span = fgr_walk_span(p->view, in, node);
    struct fgr_overlay_list extra = fgr_overlay_in(p->overlay, node);
    net->n_relaxed += span.end - span.first;
    for (uint32_t i = span.first; i < span.end; i++) {
        bool is_masked = is_touched && fgr_overlay_masks(p->overlay, in->edge[i]);
        if (in->max_msat[i] >= least && !is_masked) {
            double own = column_price(in, i, prices, least_msat, in->nbr[i] == p->from);
            improve(net->rest, &p->far, in->nbr[i], price + own);
        }
    }
    for (uint32_t i = 0; i < extra.n; i++) {
        struct fgr_arc arc = fgr_arc_of(p->view, p->overlay, extra.edge[i], p->from);
        improve(net->rest, &p->far, arc.from, price + arc_price(&arc, prices));
    }
}

/* Least prices from all nodes to the destination, below the cutoff. */
static void fill_rest(struct fgr_lots_net *net, struct fgr_price *p,
                      const struct fgr_lots_prices *prices, double least_msat, double cutoff)
{
    uint32_t n_nodes = fgr_overlay_n_nodes(p->view, p->overlay);
    struct fgr_heap *heap = &p->far;
    for (uint32_t i = 0; i < n_nodes; i++) {
        net->rest[i] = cutoff;
    }
    heap->n = 0;
    improve(net->rest, heap, p->to, 0);
    while (heap->n > 0) {
        uint32_t node = fgr_heap_item(heap->entry[0]);
        bool is_stale = fgr_heap_key(heap->entry[0]) > fgr_price_key(net->rest[node]);
        fgr_heap_pop(heap);
        if (!is_stale) {
            reach_back(net, p, prices, node, least_msat);
        }
    }
}

/* Adds a half-channel out of the node added last. */
static void add_arc(struct fgr_lots_net *net, const struct fgr_price *p, uint32_t edge,
                    const struct fgr_lots_prices *prices)
{
    struct fgr_arc arc = fgr_arc_of(p->view, p->overlay, edge, p->from);
    bool is_free = arc.bias_msat < 0;
    double rate = (double)arc.ppm * 1e-6;
    double end_msat = (double)arc.most_msat + 1.0;
    double flat = fgr_lots_least_slope(prices->fail_msat, net->least_msat, end_msat);
    net->arc[net->n_arcs++] = (struct fgr_lots_arc){
        .end_msat = end_msat,
        .sure_msat = (double)arc.sure_msat,
        .most_msat = fmin((double)arc.htlc_max_msat, (double)arc.most_msat),
        .own = is_free ? 0 : rate + (double)arc.cltv_blocks * prices->risk,
        .rate = fmax(0, rate - 1.0 / net->least_msat), /* whole msat: rounded down */
        .flat = is_free || arc.sure_msat > 0 ? 0 : flat * COLUMN_SLACK,
        .edge = edge,
        .from = net->n_nodes - 1,
        .to = arc.to,
        .is_free = is_free,
    };
}

/* Gathers the half-channels out of a node, and reaches on. */
static void gather(struct fgr_lots_net *net, struct fgr_price *p,
                   const struct fgr_lots_prices *prices, uint32_t node)
{
    const struct fgr_adjacency *out = &p->view->out;
    double price = net->ahead[node];
    float least = (float)net->least_msat * MOST_SLACK;
    bool is_touched = fgr_overlay_touches_out(p->overlay, node);
    struct fgr_span span = fgr_walk_span(p->view, out, node);
    struct fgr_overlay_list extra = fgr_overlay_out(p->overlay, node);
    net->n_relaxed += span.end - span.first;
    for (uint32_t i = span.first; i < span.end; i++) {
        uint32_t to = out->nbr[i];
        if (out->max_msat[i] < least || to == p->from || net->rest[to] >= net->cutoff ||
            (is_touched && fgr_overlay_masks(p->overlay, out->edge[i]))) {
            continue;
        }
        double next = price + column_price(out, i, prices, net->least_msat, node == p->from);
        if (next + net->rest[to] < net->cutoff) {
            improve(net->ahead, &p->near, to, next);
            add_arc(net, p, out->edge[i], prices);
        }
    }
    for (uint32_t i = 0; i < extra.n; i++) {
        struct fgr_arc arc = fgr_arc_of(p->view, p->overlay, extra.edge[i], p->from);
        double next = price + arc_price(&arc, prices);
        if (arc.to != p->from && next + net->rest[arc.to] < net->cutoff) {
            improve(net->ahead, &p->near, arc.to, next);
            add_arc(net, p, extra.edge[i], prices);
        }
    }
}

/* Arcs by the node they enter. */
static void fill_into(struct fgr_lots_net *net)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= net->n_nodes; i++) {
        net->node[i].first_in = 0;
    }
    for (uint32_t i = 0; i < net->n_arcs; i++) {
        net->node[net->arc[i].to].first_in++;
    }
    for (uint32_t i = 0; i <= net->n_nodes; i++) {
        sum += net->node[i].first_in;
        net->node[i].first_in = sum;
    }
    for (uint32_t i = net->n_arcs; i-- > 0;) {
        net->out_of[i] = i;
        net->into[--net->node[net->arc[i].to].first_in] = i;
    }
}

double fgr_lots_net_least(struct fgr_lots_net *net, struct fgr_price *price,
                          const struct fgr_lots_prices *prices, double least_msat, double cutoff)
{
    fill_rest(net, price, prices, least_msat, cutoff);
    return net->rest[price->from];
}

bool fgr_lots_net_fill(struct fgr_lots_net *net, struct fgr_price *p,
                       const struct fgr_lots_prices *prices)
{
    uint32_t n_nodes = fgr_overlay_n_nodes(p->view, p->overlay);
    struct fgr_heap *heap = &p->near;
    net->n_nodes = 0;
    net->n_arcs = 0;
    net->range = 0;
    net->search = 0;
    fill_rest(net, p, prices, net->least_msat, net->cutoff);
    for (uint32_t i = 0; i < n_nodes; i++) {
        net->ahead[i] = net->cutoff;
        net->place[i] = FGR_IDX_NONE;
    }
    heap->n = 0;
    improve(net->ahead, heap, p->from, 0);
    while (heap->n > 0) {
        uint32_t node = fgr_heap_item(heap->entry[0]);
        fgr_heap_pop(heap);
        if (net->place[node] != FGR_IDX_NONE) {
            continue;
        }
        net->place[node] = net->n_nodes;
        net->node[net->n_nodes++] =
            (struct fgr_lots_node){.least = net->ahead[node], .first = net->n_arcs};
        if (node != p->to) {
            gather(net, p, prices, node);
        }
    }
    net->node[net->n_nodes] = (struct fgr_lots_node){.first = net->n_arcs};
    for (uint32_t i = 0; i < net->n_arcs; i++) {
        net->arc[i].to = net->place[net->arc[i].to];
    }
    net->target = net->place[p->to];
    fill_into(net);
    return net->target != FGR_IDX_NONE;
}

/* ---- one search ------------------------------------------------------------------------------ */

void fgr_lots_net_range(struct fgr_lots_net *net)
{
    net->range++;
}

struct line {
    double value;
    double slope;
};

/* The tangent of what a part of `at_msat` fails at, the share of the sum along its line. */
static struct line tangent(const struct fgr_lots_arc *arc, const struct fgr_price *p,
                           const struct fgr_lots_prices *prices, double at_msat)
{
    struct line line = {fgr_lots_fail(prices->fail_msat, at_msat, arc->sure_msat, arc->end_msat),
                        at_msat >= arc->sure_msat ? prices->fail_msat / (arc->end_msat - at_msat)
                                                  : 0};
    uint16_t lane = p->lane_of[arc->edge];
    if (lane != FGR_LANE_NONE && prices->share[lane] > 0) {
        double share = prices->share[lane];
        line.value = (1.0 - share) * line.value + share * prices->slope[lane] * at_msat;
        line.slope = (1.0 - share) * line.slope + share * prices->slope[lane];
    }
    return line;
}

/* The line below the failure cost of a part within the range. At both ends of that it is nowhere below
 * what potentials count on, or what is put off at one end by them and at the other by the line would be
 * cheap between: a line from the low end is above them, as a msat costs the more the larger the part. */
static void take_line(struct fgr_lots_arc *arc, const struct fgr_price *p,
                      const struct fgr_lots_prices *prices, const struct fgr_lots_range *range,
                      uint32_t stamp)
{
    double middle_msat = floor(0.5 * (range->low_msat + range->high_msat));
    double at_msat = middle_msat < arc->end_msat * STEEP_SHARE ? middle_msat : range->low_msat;
    struct line line = tangent(arc, p, prices, at_msat);
    double least = fmax(arc->flat, arc->price - arc->own) * range->low_msat;
    if (at_msat > range->low_msat &&
        line.value - line.slope * (at_msat - range->low_msat) < least) {
        at_msat = range->low_msat;
        line = tangent(arc, p, prices, at_msat);
    }
    arc->stamp = stamp;
    arc->at_msat = at_msat;
    arc->value = line.value;
    arc->slope = line.slope;
}

void fgr_lots_net_begin(struct fgr_lots_net *net)
{
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        struct fgr_lots_node *node = &net->node[i];
        node->n_out = node[1].first - node->first;
        node->n_in = node[1].first_in - node->first_in;
        node->ahead = node->least;
    }
}

/* Prices of a msat to the destination, for the nodes where they matter. */
static void fill_behind(struct fgr_lots_net *net, struct fgr_heap *heap, double cutoff)
{
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        net->node[i].rest = FGR_PRICE_MAX;
    }
    heap->n = 0;
    net->node[net->target].rest = 0;
    fgr_heap_push(heap, 0, net->target);
    while (heap->n > 0) {
        uint32_t key = fgr_heap_key(heap->entry[0]);
        const struct fgr_lots_node *node = &net->node[fgr_heap_item(heap->entry[0])];
        fgr_heap_pop(heap);
        if (fgr_price_key(node->rest) < key) {
            continue;
        }
        net->n_relaxed += node->n_in;
        for (uint32_t i = 0; i < node->n_in; i++) {
            const struct fgr_lots_arc *arc = &net->arc[net->into[node->first_in + i]];
            struct fgr_lots_node *from = &net->node[arc->from];
            double next = node->rest + arc->price;
            if (next < from->rest && next + from->ahead < cutoff) {
                from->rest = next;
                fgr_heap_push(heap, fgr_price_key(next), arc->from);
            }
        }
    }
}

/* The same from the source. */
static void fill_ahead(struct fgr_lots_net *net, struct fgr_heap *heap, double cutoff)
{
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        net->node[i].ahead = FGR_PRICE_MAX;
    }
    heap->n = 0;
    net->node[0].ahead = 0;
    fgr_heap_push(heap, 0, 0);
    while (heap->n > 0) {
        uint32_t key = fgr_heap_key(heap->entry[0]);
        const struct fgr_lots_node *node = &net->node[fgr_heap_item(heap->entry[0])];
        fgr_heap_pop(heap);
        if (fgr_price_key(node->ahead) < key) {
            continue;
        }
        net->n_relaxed += node->n_out;
        for (uint32_t i = 0; i < node->n_out; i++) {
            const struct fgr_lots_arc *arc = &net->arc[net->out_of[node->first + i]];
            struct fgr_lots_node *to = &net->node[arc->to];
            double next = node->ahead + arc->price;
            if (next < to->ahead && next + to->rest < cutoff) {
                to->ahead = next;
                fgr_heap_push(heap, fgr_price_key(next), arc->to);
            }
        }
    }
}

/* Half-channels on ways below the cutoff come first in their lists; how many there are. */
static uint32_t sift(const struct fgr_lots_net *net, uint32_t *list, uint32_t n, double cutoff)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = list[i];
        const struct fgr_lots_arc *arc = &net->arc[at];
        if (net->node[arc->from].ahead + arc->price + net->node[arc->to].rest < cutoff) {
            list[i] = list[kept];
            list[kept++] = at;
        }
    }
    return kept;
}

void fgr_lots_net_band(struct fgr_lots_net *net, struct fgr_price *price,
                       const struct fgr_lots_prices *prices, double size_msat, double cutoff)
{
    struct fgr_lots_range range = {floor(size_msat), floor(size_msat)};
    net->range++;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const struct fgr_lots_node *node = &net->node[i];
        for (uint32_t j = 0; j < node->n_out; j++) {
            struct fgr_lots_arc *arc = &net->arc[net->out_of[node->first + j]];
            arc->price = FGR_PRICE_MAX;
            if (arc->most_msat >= range.low_msat) {
                take_line(arc, price, prices, &range, net->range);
                double fail = arc->is_free ? 0 : arc->value / range.low_msat;
                arc->price = (arc->own + fmax(fail, arc->flat)) * COLUMN_SLACK;
            }
        }
    }
    fill_behind(net, &price->near, cutoff);
    fill_ahead(net, &price->near, cutoff);
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        struct fgr_lots_node *node = &net->node[i];
        node->n_out = sift(net, &net->out_of[node->first], node->n_out, cutoff);
        node->n_in = sift(net, &net->into[node->first_in], node->n_in, cutoff);
    }
}

struct search {
    struct fgr_lots_net *net;
    struct fgr_price *p;
    const struct fgr_lots_prices *prices;
    const struct fgr_lots_range *range;
    double size_msat;
    double best;
};

static struct fgr_lots_node *node_at(struct search *s, uint32_t i)
{
    struct fgr_lots_node *node = &s->net->node[i];
    if (node->stamp != s->net->search) {
        node->stamp = s->net->search;
        node->cost = FGR_PRICE_MAX;
    }
    return node;
}

static void relax(struct search *s, uint32_t from, uint32_t i, double cost)
{
    struct fgr_lots_arc *arc = &s->net->arc[i];
    struct fgr_lots_node *to = node_at(s, arc->to);
    double size_msat = s->size_msat;
    double least = cost + (arc->own + arc->flat) * size_msat;
    if (arc->most_msat < s->range->low_msat || least >= to->cost ||
        least + to->rest * size_msat >= s->best) {
        return;
    }
    if (arc->stamp != s->net->range) {
        take_line(arc, s->p, s->prices, s->range, s->net->range);
    }
    double fail = arc->value + arc->slope * (size_msat - arc->at_msat);
    fail = fail > arc->flat * size_msat ? fail : arc->flat * size_msat;
    fail = arc->is_free ? 0 : fail;
    double next = cost * (1.0 + arc->rate) + arc->own * size_msat + fail;
    double whole = next + to->rest * size_msat;
    if (next >= to->cost || whole >= s->best) {
        return;
    }
    to->cost = next;
    to->arc = i;
    to->from = from;
    if (arc->to == s->net->target) {
        s->best = next;
    } else {
        fgr_heap_push(&s->p->near, fgr_price_key(whole), arc->to);
    }
}

/* Reads the way off the nodes. */
static void trace(const struct search *s, struct fgr_lots_way *out_way)
{
    const struct fgr_lots_net *net = s->net;
    uint32_t n = 0;
    for (uint32_t at = net->target; at != 0; at = net->node[at].from) {
        if (n == FGR_HOPS_MAX) {
            return;
        }
        out_way->edge[n++] = net->arc[net->node[at].arc].edge;
    }
    for (uint32_t i = 0; i < n / 2; i++) {
        uint32_t edge = out_way->edge[i];
        out_way->edge[i] = out_way->edge[n - 1 - i];
        out_way->edge[n - 1 - i] = edge;
    }
    out_way->n_edges = n;
}

void fgr_lots_find(struct fgr_lots_net *net, struct fgr_price *price,
                   const struct fgr_lots_prices *prices, const struct fgr_lots_range *range,
                   double size_msat, struct fgr_lots_way *way)
{
    struct search s = {net, price, prices, range, size_msat, way->cost};
    struct fgr_heap *heap = &price->near;
    way->n_edges = 0;
    net->search++;
    heap->n = 0;
    node_at(&s, 0)->cost = 0;
    fgr_heap_push(heap, 0, 0);
    while (heap->n > 0) {
        uint32_t at = fgr_heap_item(heap->entry[0]);
        uint32_t key = fgr_heap_key(heap->entry[0]);
        struct fgr_lots_node *node = &net->node[at];
        fgr_heap_pop(heap);
        if (fgr_price_decode(key) >= s.best) {
            break;
        }
        if (fgr_price_key(node->cost + node->rest * size_msat) < key && at != 0) {
            continue;
        }
        net->n_relaxed += node->n_out;
        for (uint32_t i = 0; i < node->n_out; i++) {
            relax(&s, at, net->out_of[node->first + i], node->cost);
        }
    }
    way->cost = s.best;
    if (net->node[net->target].stamp == net->search &&
        net->node[net->target].cost < FGR_PRICE_MAX) {
        trace(&s, way);
    }
}
