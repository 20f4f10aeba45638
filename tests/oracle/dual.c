/* SPDX-License-Identifier: MIT */
/*
 * Method. Let F_e be the failure cost of half-channel e and p_e >= 0 any price per msat. For every
 * sum x that e can carry, F_e(x) >= p_e x + k_e with k_e = min over x of F_e(x) - p_e x. So a set of
 * parts costs at least sum k_e plus what its parts cost when each msat on e costs p_e. A part that
 * carries x on e = (u, v) then pays there, and before:
 *
 *     C_v(x) = p_e x + w (base_e + ppm_e x) + risk_e x + C_u(x + base_e + ppm_e x),   C_source = 0
 *
 * with w = fee_weight: fees beyond the first weight are fined in advance, as cost >= cost +
 * (w - 1) (fee - max_fee) for every set that keeps max_fee. Likewise each part pays part_weight, and
 * max_parts times that is given back. So C is fixed + price * x along a way, and
 *
 *     all sets            amount * least price, fixed charges spread over the most that one part can
 *                         deliver: the amount, or what is left by fees of the htlc_max, or of top_msat,
 *                         of a half-channel on the way
 *     two parts or more   the least C over all ways is concave in x, so two parts that are as
 *                         unequal as min_part allows pay least, and more than two no less
 *
 * Half-channels whose HTLC limits leave no room between min_part and top_msat carry no part.
 *
 * The least is found by label correcting (Bellman and Ford), over the labels of each node that do
 * not dominate each other. Nothing is negative, so the least way is simple.
 */
#include "tests/oracle/dual.h"

#include <math.h>
#include <stdlib.h>

enum { LABELS_MAX = 4000000 };

/* How far k_e may be off for models that have no formula for it; in parts of M. */
#define EXCESS_TOLERANCE 1e-4L

/* A way from the source to a node. */
struct label {
    long double price;
    long double fixed;
    long double narrow_msat; /* the most that one part can carry at its end */
    uint32_t hops;
    uint32_t cltv;
    uint32_t next; /* of the same node */
    bool is_dead;
};

struct front {
    const struct fgr_problem *problem;
    const struct fgr_dual *dual;
    struct label *label;
    uint32_t *label_node;
    uint32_t *list; /* per node: its first label */
    uint32_t n_labels;
    uint32_t n_room;
};

void fgr_dual_prices(const struct fgr_problem *problem, long double *out_price,
                     const uint64_t *flow_msat)
{
    for (uint32_t e = 0; e < problem->n_edges; e++) {
        const struct fgr_problem_edge *edge = &problem->edge[e];
        uint64_t flow = flow_msat[e] < edge->max_msat ? flow_msat[e] : edge->max_msat;
        out_price[e] = fgr_problem_slope(problem, edge, (long double)flow);
    }
}

/* Uniform: the failure is 0 up to sure_msat and convex from there to max_msat. */
static long double uniform_excess(const struct fgr_problem *problem,
                                  const struct fgr_problem_edge *edge, long double price)
{
    long double sure = (long double)edge->sure_msat;
    long double most = (long double)edge->max_msat;
    long double at = most + 1 - (long double)problem->cost.fail_msat / price;
    at = at > most ? most : at;
    at = at < sure ? sure : at;
    return fminl(0, fgr_problem_fail(problem, edge, at) - price * at);
}

/* Any other model: the integer failure only grows, so over [low, high] it is at least that at low.
 * Halves every interval that may hold something below *io_least by more than `tolerance`. */
static void search_excess(const struct fgr_problem *problem, const struct fgr_problem_edge *edge,
                          long double price, uint64_t low_msat, uint64_t high_msat,
                          long double *io_least)
{
    long double tolerance = EXCESS_TOLERANCE * (long double)problem->cost.fail_msat + 0.1L;
    long double fail = (long double)fgr_problem_fail_msat(problem, edge, low_msat);
    *io_least = fminl(*io_least, fail - price * (long double)low_msat);
    if (high_msat - low_msat < 2 ||
        fail - price * (long double)(high_msat - 1) >= *io_least - tolerance) {
        return;
    }
    uint64_t middle_msat = low_msat + (high_msat - low_msat) / 2;
    search_excess(problem, edge, price, low_msat, middle_msat, io_least);
    search_excess(problem, edge, price, middle_msat, high_msat, io_least);
}

/* k_e. */
static long double least_excess(const struct fgr_problem *problem,
                                const struct fgr_problem_edge *edge, long double price)
{
    if (price <= 0) {
        return 0;
    }
    if (problem->cost.model == FGR_PROB_UNIFORM) {
        return uniform_excess(problem, edge, price);
    }
    long double least = 0;
    search_excess(problem, edge, price, 0, edge->max_msat + 1, &least);
    return least;
}

/* Whether an edge can carry a part at all: at least min_part, and at most top_msat, or the amount
 * where it ends. */
static bool takes_parts(const struct front *front, const struct fgr_problem_edge *edge)
{
    const struct fgr_split_query *query = front->problem->query;
    uint64_t most_msat = edge->to == query->to.v ? query->amount.v : front->dual->top_msat;
    return edge->htlc_min_msat <= most_msat && edge->htlc_max_msat >= query->min_part.v;
}

static struct label extended(const struct front *front, const struct label *from, uint32_t e)
{
    const struct fgr_problem *problem = front->problem;
    const struct fgr_problem_edge *edge = &problem->edge[e];
    bool is_first = edge->from == problem->query->from.v;
    long double weight = front->dual->fee_weight;
    long double once = is_first ? (long double)problem->query->part_cost.v : 0;
    long double fee = (long double)edge->ppm / 1e6L;
    long double risk = (long double)edge->cltv_blocks * (long double)problem->cost.risk_ppb / 1e9L;
    struct label label = {
        .price = weight * fee + risk + front->dual->price[e] + (1 + fee) * from->price,
        .fixed = from->fixed + once + (weight + from->price) * (long double)edge->base_msat,
        .narrow_msat = fminl((long double)edge->htlc_max_msat, (long double)front->dual->top_msat),
        .hops = from->hops + 1,
        .cltv = from->cltv + edge->cltv_blocks,
        .next = FGR_IDX_NONE};
    long double left_msat = from->narrow_msat - (long double)edge->base_msat;
    left_msat += front->dual->is_unrounded ? 0 : 1; /* a fee may be rounded down by that */
    label.narrow_msat = fminl(label.narrow_msat, left_msat / (1 + fee));
    return label;
}

/* Whether `a` is no worse than `b` in everything that counts. */
static bool dominates(const struct fgr_dual *dual, const struct label *a, const struct label *b)
{
    return a->price <= b->price && a->fixed <= b->fixed && a->narrow_msat >= b->narrow_msat &&
           (dual->max_hops == FGR_IDX_NONE || a->hops <= b->hops) &&
           (dual->max_cltv == FGR_IDX_NONE || a->cltv <= b->cltv);
}

/* Adds a label unless a better one is there; those it betters die. False if there is no room. */
static bool keep(struct front *front, uint32_t node, const struct label *label)
{
    const struct fgr_dual *dual = front->dual;
    if (label->hops > dual->max_hops || label->cltv > dual->max_cltv || label->narrow_msat <= 0) {
        return true;
    }
    for (uint32_t *at = &front->list[node]; *at != FGR_IDX_NONE;) {
        struct label *other = &front->label[*at];
        if (dominates(dual, other, label)) {
            return true;
        }
        if (dominates(dual, label, other)) {
            other->is_dead = true;
            *at = other->next;
        } else {
            at = &other->next;
        }
    }
    if (front->n_labels == front->n_room) {
        size_t n = 2 * (size_t)front->n_room + 64;
        struct label *grown = realloc(front->label, n * sizeof *grown);
        front->label = grown != NULL ? grown : front->label;
        uint32_t *nodes = realloc(front->label_node, n * sizeof *nodes);
        front->label_node = nodes != NULL ? nodes : front->label_node;
        if (grown == NULL || nodes == NULL || n > LABELS_MAX) {
            return false;
        }
        front->n_room = (uint32_t)n;
    }
    front->label[front->n_labels] = *label;
    front->label[front->n_labels].next = front->list[node];
    front->label_node[front->n_labels] = node;
    front->list[node] = front->n_labels++;
    return true;
}

/* Every label in the order of its making; dead ones have been bettered since. */
static bool walk(struct front *front)
{
    const struct fgr_problem *problem = front->problem;
    struct label source = {.narrow_msat = INFINITY, .next = FGR_IDX_NONE};
    front->n_labels = 0;
    for (uint32_t v = 0; v < problem->n_nodes; v++) {
        front->list[v] = FGR_IDX_NONE;
    }
    bool is_ok = keep(front, problem->query->from.v, &source);
    for (uint32_t i = 0; is_ok && i < front->n_labels; i++) {
        uint32_t node = front->label_node[i];
        for (uint32_t e = problem->first[node];
             is_ok && !front->label[i].is_dead && e < problem->first[node + 1]; e++) {
            if (takes_parts(front, &problem->edge[e])) {
                struct label label = extended(front, &front->label[i], e);
                is_ok = keep(front, problem->edge[e].to, &label);
            }
        }
    }
    return is_ok;
}

/* What one part that delivers `amount` pays at least. */
static long double part_msat(const struct front *front, long double amount)
{
    long double least = INFINITY;
    for (uint32_t i = front->list[front->problem->query->to.v]; i != FGR_IDX_NONE;
         i = front->label[i].next) {
        const struct label *label = &front->label[i];
        least = fminl(least, label->fixed + front->dual->part_weight + label->price * amount);
    }
    return least;
}

/* What one msat pays at least, wherever it goes. */
static long double unit_price(const struct front *front)
{
    long double least = INFINITY;
    for (uint32_t i = front->list[front->problem->query->to.v]; i != FGR_IDX_NONE;
         i = front->label[i].next) {
        const struct label *label = &front->label[i];
        long double fixed = label->fixed + front->dual->part_weight;
        long double most = fminl(label->narrow_msat, (long double)front->problem->query->amount.v);
        least = fminl(least, label->price + fixed / most);
    }
    return least;
}

static long double dearest_price(const struct front *front)
{
    long double dearest = 0;
    for (uint32_t v = 0; v < front->problem->n_nodes; v++) {
        if (front->list[v] != FGR_IDX_NONE) {
            dearest = fmaxl(dearest, front->label[front->list[v]].price);
        }
    }
    return dearest;
}

/* What does not depend on the parts: the k_e, less what the weights give back. */
static long double constant(const struct front *front)
{
    const struct fgr_problem *problem = front->problem;
    long double sum = -front->dual->part_weight * (long double)problem->query->max_parts;
    for (uint32_t e = 0; e < problem->n_edges; e++) {
        sum += least_excess(problem, &problem->edge[e], front->dual->price[e]);
    }
    if (front->dual->fee_weight > 1) {
        sum -= (front->dual->fee_weight - 1) * (long double)problem->query->max_fee.v;
    }
    return sum;
}

void fgr_dual_solve(const struct fgr_problem *problem, struct fgr_dual_answer *out_answer,
                    const struct fgr_dual *dual)
{
    struct front front = {.problem = problem, .dual = dual};
    long double amount = (long double)problem->query->amount.v;
    long double least = (long double)problem->query->min_part.v;
    *out_answer = (struct fgr_dual_answer){.several_msat = INFINITY};
    front.list = malloc(((size_t)problem->n_nodes + 1) * sizeof *front.list);
    out_answer->is_ok = front.list != NULL && walk(&front);
    if (out_answer->is_ok) {
        long double sum = constant(&front);
        out_answer->unit_price = unit_price(&front);
        out_answer->bound_msat = sum + amount * out_answer->unit_price;
        out_answer->rounding_weight = dual->fee_weight + dearest_price(&front);
        if (2 * problem->query->min_part.v <= problem->query->amount.v) {
            out_answer->several_msat =
                sum + part_msat(&front, least) + part_msat(&front, amount - least);
        }
    }
    free(front.label);
    free(front.label_node);
    free(front.list);
}
