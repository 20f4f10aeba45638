/* SPDX-License-Identifier: MIT */
/*
 * Backward label setting. A label at node v stands for one simple path v -> destination and holds
 * its cost, the amount that has to arrive at v, and the CLTV, hops and onion bytes it uses up.
 * Labels are taken in order of cost (plus, with bounds, the least cost from the source), settled
 * unless a settled label of the same node dominates them, and extended over every half-channel
 * into their node. The first label taken at the source is the answer.
 *
 * When may L1 dominate L2 (same node v)? Whenever L2 can be completed by P (source -> v, disjoint
 * from L2) to a route within the limits, a route at most as dear must be left with L1. Let L1 be no
 * worse in all five numbers. Fees, risk, failure cost and payload sizes never fall when the amount
 * grows, so along P every sum and every maximum that holds with L2 holds with L1. Two things may
 * not:
 *
 *   1. A smaller amount can be under an htlc_min on P that L2's amount meets. Let F be the largest
 *      htlc_min that counts: above the delivered amount D, and within reach of the fees a route may
 *      still cost. If L1's amount is at least F, no minimum on P can fail; if both amounts are
 *      equal, they stay equal along P.
 *   2. P may run through nodes of L1, and a route never visits a node twice. Let x be the first
 *      such node on P, seen from the source; leave out the loop: P up to x, then L1 from x on. That
 *      is no worse in all five numbers, but again the amount is smaller. Call a node of L1 low if
 *      the amount arriving there is under F. If x is not low, all minima on P hold and the short
 *      route stands. So it is asked that every low node of L1 (v apart) is also a node of L2: then P,
 *      disjoint from L2, cannot meet one.
 *
 * Without a minimum above D, F is 0, no node is low, and both conditions are void.
 *
 * The relation is not transitive, hence only settled labels dominate and no settled label is ever
 * removed. Take any optimal route and follow it from the destination; at its first label that was
 * not settled, some settled L1 dominated it. Replace the rest as above: what remains of the route
 * beyond settled labels has become shorter by at least an edge, at no higher cost. Repeating this
 * ends with an optimal route all of whose labels are settled, so it is found.
 *
 * F depends on what the route may cost. A first pass takes F = 0: what it finds is a valid route,
 * not necessarily the best. Its cost limits the fees of a better one, so only minima up to D plus
 * that can count. If there are none, the first pass was exact already; otherwise a second pass with
 * the true F looks for something cheaper.
 */
#include "tests/oracle/pareto.h"

#include <stdlib.h>

#include "tests/oracle/bounds.h"

#define NO_LABEL UINT32_MAX

struct label {
    uint64_t cost_msat;
    uint64_t amount_msat;
    uint64_t cltv_blocks;
    uint64_t onion_bytes;
    uint32_t hops;
    uint32_t node;
    uint32_t edge;   /* first edge of the path, none at the destination */
    uint32_t parent; /* label at that edge's end */
    uint32_t next;   /* next settled label of the node */
};

struct fgr_pareto {
    const struct fgr_view *view;
    struct fgr_bounds bounds;
    struct fgr_keyheap heap;
    struct label *label;
    uint32_t n_labels;
    uint32_t n_room;
    uint32_t *settled; /* per node, first settled label */
    uint32_t *mark;    /* per node, nodes of the path in hand carry the number below */
    uint32_t mark_number;
};

/* One pass over one query. */
struct pass {
    struct fgr_pareto *pareto;
    const struct fgr_route_query *query;
    const struct fgr_pareto_options *options;
    struct fgr_cost cost;
    uint64_t floor_msat;      /* F of the essay */
    uint64_t cost_below_msat; /* only routes cheaper than this are of interest */
    bool gave_up;
};

bool fgr_pareto_create(struct fgr_pareto **out_pareto, const struct fgr_view *view)
{
    struct fgr_pareto *pareto = calloc(1, sizeof *pareto);
    if (pareto == NULL) {
        return false;
    }
    pareto->view = view;
    pareto->settled = calloc((size_t)view->n_nodes + 1, sizeof *pareto->settled);
    pareto->mark = calloc((size_t)view->n_nodes + 1, sizeof *pareto->mark);
    if (pareto->settled == NULL || pareto->mark == NULL ||
        !fgr_bounds_create(&pareto->bounds, view)) {
        fgr_pareto_destroy(pareto);
        return false;
    }
    *out_pareto = pareto;
    return true;
}

void fgr_pareto_destroy(struct fgr_pareto *pareto)
{
    if (pareto == NULL) {
        return;
    }
    fgr_bounds_destroy(&pareto->bounds);
    fgr_keyheap_free(&pareto->heap);
    free(pareto->label);
    free(pareto->settled);
    free(pareto->mark);
    free(pareto);
}

static bool make_room(struct fgr_pareto *pareto)
{
    if (pareto->n_labels < pareto->n_room) {
        return true;
    }
    uint32_t n_room = pareto->n_room == 0 ? 4096 : 2 * pareto->n_room;
    struct label *label = realloc(pareto->label, n_room * sizeof *label);
    if (label == NULL) {
        return false;
    }
    pareto->label = label;
    pareto->n_room = n_room;
    return true;
}

static bool path_has(const struct fgr_pareto *pareto, uint32_t label, uint32_t node)
{
    for (; label != NO_LABEL; label = pareto->label[label].parent) {
        if (pareto->label[label].node == node) {
            return true;
        }
    }
    return false;
}

/* Condition 2: every node of `a` that a larger amount than there arrives at could help, is one of
 * `b` too. Amounts fall towards the destination, so the low nodes are the tail. */
static bool low_nodes_within(const struct pass *pass, const struct label *a, const struct label *b)
{
    const struct fgr_pareto *pareto = pass->pareto;
    for (uint32_t i = a->parent; i != NO_LABEL; i = pareto->label[i].parent) {
        const struct label *low = &pareto->label[i];
        if (low->amount_msat < pass->floor_msat && !path_has(pareto, b->parent, low->node)) {
            return false;
        }
    }
    return true;
}

static bool dominates(const struct pass *pass, const struct label *a, const struct label *b)
{
    if (a->cost_msat > b->cost_msat || a->amount_msat > b->amount_msat ||
        a->cltv_blocks > b->cltv_blocks || a->hops > b->hops || a->onion_bytes > b->onion_bytes) {
        return false;
    }
    return (a->amount_msat >= pass->floor_msat || a->amount_msat == b->amount_msat) &&
           low_nodes_within(pass, a, b);
}

static bool is_dominated(const struct pass *pass, const struct label *label)
{
    const struct fgr_pareto *pareto = pass->pareto;
    for (uint32_t i = pareto->settled[label->node]; i != NO_LABEL; i = pareto->label[i].next) {
        if (dominates(pass, &pareto->label[i], label)) {
            return true;
        }
    }
    return false;
}

/* Least cost still to come; FGR_BOUNDS_FAR if the label cannot become a route at all. */
static uint64_t cost_to_come(const struct pass *pass, const struct label *label)
{
    if (!pass->options->with_bounds) {
        return 0;
    }
    const struct fgr_bounds *bounds = &pass->pareto->bounds;
    if (bounds->cost_msat[label->node] == FGR_BOUNDS_FAR) {
        return FGR_BOUNDS_FAR;
    }
    uint64_t hops = bounds->hops[label->node];
    uint64_t bytes = hops > 1 ? (hops - 1) * fgr_path_forward_bytes(label->amount_msat) : 0;
    bool fits = label->cltv_blocks + bounds->cltv_blocks[label->node] <= pass->query->max_cltv &&
                label->hops + hops <= pass->query->max_hops &&
                label->onion_bytes + bytes <= FGR_ONION_BYTES;
    return fits ? bounds->cost_msat[label->node] : FGR_BOUNDS_FAR;
}

static bool within_limits(const struct pass *pass, const struct label *label)
{
    return label->amount_msat - pass->query->amount.v <= pass->query->max_fee.v &&
           label->cltv_blocks <= pass->query->max_cltv && label->hops <= pass->query->max_hops &&
           label->onion_bytes <= FGR_ONION_BYTES;
}

/* Queues a label that may be part of a route cheap enough. */
static void offer(struct pass *pass, const struct label *label)
{
    struct fgr_pareto *pareto = pass->pareto;
    if (!within_limits(pass, label)) {
        return;
    }
    uint64_t to_come = cost_to_come(pass, label);
    if (to_come == FGR_BOUNDS_FAR || label->cost_msat + to_come >= pass->cost_below_msat ||
        is_dominated(pass, label)) {
        return;
    }
    if (pareto->n_labels >= pass->options->max_labels || !make_room(pareto) ||
        !fgr_keyheap_push(&pareto->heap, label->cost_msat + to_come, pareto->n_labels)) {
        pass->gave_up = true;
        return;
    }
    pareto->label[pareto->n_labels++] = *label;
}

/* The label before `after` over half-channel `edge`, which carries after's amount. A fee beyond
 * all money leaves an amount that no half-channel carries. */
static struct label extended(const struct pass *pass, uint32_t after, uint32_t edge)
{
    const struct fgr_view *view = pass->pareto->view;
    struct label label = pass->pareto->label[after];
    bool is_first = fgr_view_edge_from(view, edge) == pass->query->from.v;
    struct fgr_cost_terms terms;
    fgr_cost_terms(&pass->cost, &terms, view, edge, label.amount_msat, is_first);
    if (terms.fee_msat > FGR_MSAT_MAX) {
        terms.fee_msat = FGR_MSAT_MAX;
    }
    label.cost_msat += terms.fee_msat + terms.risk_msat + terms.fail_msat;
    if (!is_first) {
        label.cltv_blocks += pass->pareto->view->half[edge].cltv_delta;
        label.onion_bytes += fgr_path_forward_bytes(label.amount_msat);
        label.amount_msat += terms.fee_msat;
    }
    label.hops++;
    label.node = fgr_view_edge_from(view, edge);
    label.edge = edge;
    label.parent = after;
    return label;
}

static void extend(struct pass *pass, uint32_t taken)
{
    struct fgr_pareto *pareto = pass->pareto;
    const struct fgr_adjacency *in = &pareto->view->in;
    uint32_t node = pareto->label[taken].node;
    uint64_t amount_msat = pareto->label[taken].amount_msat;
    uint32_t number = ++pareto->mark_number;
    for (uint32_t i = taken; i != NO_LABEL; i = pareto->label[i].parent) {
        pareto->mark[pareto->label[i].node] = number;
    }
    for (uint32_t k = in->first[node]; k < in->first[node + 1] && !pass->gave_up; k++) {
        const struct fgr_half *half = &pareto->view->half[in->edge[k]];
        if (amount_msat >= half->htlc_min_msat && amount_msat <= half->htlc_max_msat &&
            pareto->mark[in->nbr[k]] != number) {
            struct label label = extended(pass, taken, in->edge[k]);
            offer(pass, &label);
        }
    }
}

/* Returns the label of the best route, NO_LABEL if there is none cheap enough. */
static uint32_t run(struct pass *pass)
{
    struct fgr_pareto *pareto = pass->pareto;
    const struct fgr_route_query *query = pass->query;
    for (uint32_t v = 0; v < pareto->view->n_nodes; v++) {
        pareto->settled[v] = NO_LABEL;
    }
    pareto->n_labels = 0;
    pareto->heap.n = 0;
    struct label start = {
        .amount_msat = query->amount.v,
        .cltv_blocks = query->final_cltv,
        .onion_bytes = fgr_path_final_bytes(query->amount.v, query->final_bytes),
        .node = query->to.v,
        .edge = FGR_IDX_NONE,
        .parent = NO_LABEL,
    };
    offer(pass, &start);
    while (!pass->gave_up && pareto->heap.n > 0) {
        uint32_t taken = fgr_keyheap_pop(&pareto->heap).item;
        struct label *label = &pareto->label[taken];
        if (label->node == query->from.v) {
            return taken;
        }
        if (!is_dominated(pass, label)) {
            label->next = pareto->settled[label->node];
            pareto->settled[label->node] = taken;
            extend(pass, taken);
        }
    }
    return NO_LABEL;
}

/* The largest htlc_min a route cheaper than `cost_below_msat` can meet above the delivered amount;
 * 0 = none. */
static uint64_t floor_of(const struct pass *pass, uint64_t cost_below_msat)
{
    uint64_t amount_msat = pass->query->amount.v;
    uint64_t fee_msat =
        pass->query->max_fee.v < cost_below_msat ? pass->query->max_fee.v : cost_below_msat;
    uint64_t reach_msat =
        fee_msat > FGR_MSAT_MAX - amount_msat ? FGR_MSAT_MAX : amount_msat + fee_msat;
    uint64_t floor_msat = 0;
    const struct fgr_view *view = pass->pareto->view;
    for (uint32_t k = 0; k < view->n_usable; k++) {
        uint64_t min_msat = view->half[view->in.edge[k]].htlc_min_msat;
        if (min_msat > amount_msat && min_msat <= reach_msat && min_msat > floor_msat) {
            floor_msat = min_msat;
        }
    }
    return floor_msat;
}

static void keep(const struct fgr_pareto *pareto, struct fgr_pareto_answer *answer, uint32_t label,
                 const struct fgr_route_query *query)
{
    if (label == NO_LABEL) {
        return;
    }
    answer->is_found = true;
    answer->best.n_hops = 0;
    for (; pareto->label[label].parent != NO_LABEL; label = pareto->label[label].parent) {
        answer->best.edge[answer->best.n_hops++] = pareto->label[label].edge;
    }
    fgr_path_price(&answer->best, pareto->view, query);
}

void fgr_pareto_solve(struct fgr_pareto *pareto, struct fgr_pareto_answer *out_answer,
                      const struct fgr_route_query *query, const struct fgr_pareto_options *options)
{
    struct pass pass = {
        .pareto = pareto, .query = query, .options = options, .cost_below_msat = FGR_COST_INF};
    *out_answer = (struct fgr_pareto_answer){0};
    if (query->from.v == query->to.v) {
        return;
    }
    if (options->with_bounds && !fgr_bounds_fill(&pareto->bounds, query)) {
        out_answer->gave_up = true;
        return;
    }
    fgr_cost_init(&pass.cost, &query->cost, query->amount.v);
    keep(pareto, out_answer, run(&pass), query);
    out_answer->n_labels = pareto->n_labels;
    if (out_answer->is_found) {
        pass.cost_below_msat = out_answer->best.cost_msat;
    }
    pass.floor_msat = floor_of(&pass, pass.cost_below_msat);
    if (pass.floor_msat > 0 && !pass.gave_up) {
        keep(pareto, out_answer, run(&pass), query);
        out_answer->n_labels += pareto->n_labels;
    }
    out_answer->gave_up = pass.gave_up;
}
