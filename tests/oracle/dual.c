/* SPDX-License-Identifier: MIT */
/*
 * Method. Let F_e be the failure cost of half-channel e and p_e >= 0 any price per msat. For every
 * sum x that e can carry, F_e(x) >= p_e x + k_e with k_e = min over x of F_e(x) - p_e x. So a set of
 * parts costs at least sum k_e plus what its parts cost when each msat on e costs p_e. That is
 * linear, hence at least the amount times the least price y of one msat delivered, where y obeys
 *
 *     y(source) = 0,   y(v) = min over e = (u, v) of  r_e + (1 + f_e) y(u)
 *     f_e = base_e / top_e + ppm_e / 1e6     fee per msat that e carries; it has to arrive at u too
 *     r_e = w f_e + risk_e + p_e             w = fee_weight
 *
 * An HTLC carries at most top_e = min(htlc_max_e, top_msat) on e, so its base fee is at least that.
 * Fees beyond the first weight are fined in advance: cost >= cost + (w - 1) (fee - max_fee) for
 * every set that keeps max_fee.
 *
 * y is found by label correcting (Bellman and Ford), over (node) or, where hops or expiry are
 * limited, over labels of each node that do not dominate each other. Prices are not negative, so
 * the least way is simple.
 */
#include "tests/oracle/dual.h"

#include <math.h>
#include <stdlib.h>

enum { LABELS_MAX = 4000000 };

/* A way from the source to a node. */
struct label {
    long double price;
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

/* k_e: the failure is 0 up to sure_msat and convex from there to max_msat. */
static long double least_excess(const struct fgr_problem *problem,
                                const struct fgr_problem_edge *edge, long double price)
{
    long double sure = (long double)edge->sure_msat;
    long double most = (long double)edge->max_msat;
    long double at = most;
    if (price > 0) {
        at = most + 1 - (long double)problem->cost.fail_msat / price;
    } else {
        return 0;
    }
    at = at > most ? most : at;
    at = at < sure ? sure : at;
    return fminl(0, fgr_problem_fail(problem, edge, at) - price * at);
}

/* What one msat on an edge pays as fees, which has to come from the source as well. */
static long double fee_rate(const struct front *front, const struct fgr_problem_edge *edge)
{
    uint64_t top_msat = front->dual->top_msat;
    top_msat = edge->htlc_max_msat < top_msat ? edge->htlc_max_msat : top_msat;
    return (long double)edge->base_msat / (long double)top_msat + (long double)edge->ppm / 1e6L;
}

static struct label extended(const struct front *front, const struct label *from, uint32_t e)
{
    const struct fgr_problem *problem = front->problem;
    const struct fgr_problem_edge *edge = &problem->edge[e];
    long double fee = fee_rate(front, edge);
    long double once =
        edge->from == problem->query->from.v
            ? (long double)problem->query->part_cost.v / (long double)front->dual->top_msat
            : 0;
    long double risk = (long double)edge->cltv_blocks * (long double)problem->cost.risk_ppb / 1e9L;
    return (struct label){.price = front->dual->fee_weight * fee + risk + front->dual->price[e] +
                                   once + (1 + fee) * from->price,
                          .hops = from->hops + 1,
                          .cltv = from->cltv + edge->cltv_blocks,
                          .next = FGR_IDX_NONE};
}

/* Whether `a` is no worse than `b` in everything that is limited. */
static bool dominates(const struct fgr_dual *dual, const struct label *a, const struct label *b)
{
    return a->price <= b->price && (dual->max_hops == FGR_IDX_NONE || a->hops <= b->hops) &&
           (dual->max_cltv == FGR_IDX_NONE || a->cltv <= b->cltv);
}

/* Adds a label unless a better one is there; those it betters die. False if there is no room. */
static bool keep(struct front *front, uint32_t node, const struct label *label)
{
    const struct fgr_dual *dual = front->dual;
    if (label->hops > dual->max_hops || label->cltv > dual->max_cltv) {
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
static bool spread(struct front *front)
{
    const struct fgr_problem *problem = front->problem;
    struct label source = {.next = FGR_IDX_NONE};
    bool is_ok = keep(front, problem->query->from.v, &source);
    for (uint32_t i = 0; is_ok && i < front->n_labels; i++) {
        uint32_t node = front->label_node[i];
        for (uint32_t e = problem->first[node];
             is_ok && !front->label[i].is_dead && e < problem->first[node + 1]; e++) {
            struct label label = extended(front, &front->label[i], e);
            is_ok = keep(front, problem->edge[e].to, &label);
        }
    }
    return is_ok;
}

static void read_answer(const struct front *front, struct fgr_dual_answer *out_answer)
{
    const struct fgr_problem *problem = front->problem;
    const struct fgr_split_query *query = problem->query;
    long double dearest = 0;
    out_answer->unit_price = HUGE_VALL;
    for (uint32_t i = front->list[query->to.v]; i != FGR_IDX_NONE; i = front->label[i].next) {
        out_answer->unit_price = fminl(out_answer->unit_price, front->label[i].price);
    }
    for (uint32_t v = 0; v < problem->n_nodes; v++) {
        if (front->list[v] != FGR_IDX_NONE) {
            dearest = fmaxl(dearest, front->label[front->list[v]].price);
        }
    }
    out_answer->rounding_weight = front->dual->fee_weight + dearest;
    out_answer->bound_msat = (long double)query->amount.v * out_answer->unit_price;
    for (uint32_t e = 0; e < problem->n_edges; e++) {
        out_answer->bound_msat += least_excess(problem, &problem->edge[e], front->dual->price[e]);
    }
    if (front->dual->fee_weight > 1) {
        out_answer->bound_msat -= (front->dual->fee_weight - 1) * (long double)query->max_fee.v;
    }
}

void fgr_dual_solve(const struct fgr_problem *problem, struct fgr_dual_answer *out_answer,
                    const struct fgr_dual *dual)
{
    struct front front = {.problem = problem, .dual = dual};
    *out_answer = (struct fgr_dual_answer){.is_ok = false};
    front.list = malloc(((size_t)problem->n_nodes + 1) * sizeof *front.list);
    if (front.list != NULL) {
        for (uint32_t v = 0; v < problem->n_nodes; v++) {
            front.list[v] = FGR_IDX_NONE;
        }
        out_answer->is_ok = spread(&front);
        read_answer(&front, out_answer);
    }
    free(front.label);
    free(front.label_node);
    free(front.list);
}
