/* SPDX-License-Identifier: MIT */
/*
 * Backward label setting. A label at node v stands for one walk v -> destination and holds its
 * cost, the amount that has to arrive at v, and the CLTV, hops and onion bytes it uses up. Labels
 * are taken in order of cost (plus, with bounds, the least cost from the source), settled unless a
 * settled label of the same node dominates them, and extended over every half-channel into their
 * node. The first label taken at the source is the answer of the pass.
 *
 * When may L1 dominate L2 (same node v)? Whenever L2 can be completed by P (source -> v) within the
 * limits, L1 completed by P has to be within them too and at most as dear. Let L1 be no worse in
 * all five numbers. Fees, risk, failure cost and payload sizes never fall when the amount grows, so
 * every sum and every maximum that holds along P with L2 holds with L1. Two things may not:
 *
 *   1. A smaller amount can be under an htlc_min on P that L2's amount meets. Let F be the largest
 *      htlc_min that counts: above the delivered amount D, and within reach of the fees a route may
 *      still cost. If L1's amount is at least F, no minimum on P can fail; if both amounts are
 *      equal, they stay equal along P. One of the two is asked for.
 *   2. A route never visits a node twice, and P may run through nodes of L1. Let x be the first of
 *      them on P, seen from the source; leave out the loop: P up to x, then L1 from x on. That is
 *      no worse in all five numbers, but again the amount is smaller. Call a node of L1 low if less
 *      than F arrives there. If x is not low, all minima on P hold and the short route stands. So
 *      it is asked that every low node of L1 is also a node of L2: P, disjoint from L2, cannot meet
 *      one then.
 *
 * The relation is not transitive, hence only settled labels dominate and no settled label is ever
 * removed. Take any best route and follow it from the destination; at its first label that was not
 * settled, some settled L1 dominated it. Replace the rest as above: what remains of the route beyond
 * settled labels has become shorter by at least an edge, at no higher cost. Repeating this ends with
 * a best route all of whose labels are settled, so it is found.
 *
 * On large graphs the second condition keeps far too many labels apart. There it can be relaxed:
 * walks may repeat nodes, except those of a set C of critical nodes, to which the condition is
 * restricted; the argument holds word for word for such walks. C starts empty. If the best walk
 * repeats a node, the loops are cut out; if what is left still carries the amount within the
 * limits, it is a route, and as no walk is cheaper it is the best one. Else the repeated nodes
 * become critical and the pass is repeated.
 *
 * F depends on what the route may cost. The first pass takes F = 0 (no node is low then) and never
 * repeats a node: what it finds is a valid route, not necessarily the best. Its cost limits the
 * fees of a better one, so only minima up to D plus that can count. If there are none, the first
 * pass was exact already; otherwise passes with the true F look for something cheaper.
 *
 * References: Martins 1984 (label setting with dominance); Righini and Salani 2008 (state space
 * relaxation with critical nodes).
 */
#include "tests/oracle/pareto.h"

#include <stdlib.h>
#include <string.h>

#include "tests/oracle/bounds.h"

#define NO_LABEL UINT32_MAX
#define CRITICAL_MAX 64

struct label {
    uint64_t cost_msat;
    uint64_t amount_msat;
    uint64_t cltv_blocks;
    uint64_t onion_bytes;
    uint64_t critical; /* one bit per critical node visited */
    uint64_t low;      /* those of them where less than F arrives */
    uint32_t hops;
    uint32_t node;
    uint32_t edge;   /* first edge of the walk, none at the destination */
    uint32_t parent; /* label at that edge's end */
    uint32_t next;   /* next settled label of the bucket */
};

struct fgr_pareto {
    const struct fgr_view *view;
    struct fgr_bounds bounds;
    struct fgr_keyheap heap;
    struct label *label;
    uint32_t n_labels;
    uint32_t n_room;
    uint32_t *bucket;  /* settled labels by node and class of amount */
    uint32_t n_bucket; /* a power of two */
    uint32_t *mark;    /* per node; nodes of the walk in hand carry the number below */
    uint32_t mark_number;
    uint64_t *critical_bit; /* per node; 0 = not critical */
    uint32_t critical[CRITICAL_MAX];
    uint32_t n_critical;
};

/* One query, and where its passes stand. */
struct pass {
    struct fgr_pareto *pareto;
    const struct fgr_route_query *query;
    const struct fgr_pareto_options *options;
    struct fgr_cost cost;
    uint64_t floor_msat;      /* F of the essay */
    uint64_t cost_below_msat; /* only routes cheaper than this are of interest */
    uint64_t n_labels;        /* of all passes */
    bool is_first;            /* the pass that takes F = 0 */
    bool gave_up;
};

bool fgr_pareto_create(struct fgr_pareto **out_pareto, const struct fgr_view *view)
{
    struct fgr_pareto *pareto = calloc(1, sizeof *pareto);
    if (pareto == NULL) {
        return false;
    }
    pareto->view = view;
    pareto->n_bucket = 64;
    while (pareto->n_bucket < 8 * (uint64_t)view->n_nodes) {
        pareto->n_bucket *= 2;
    }
    pareto->bucket = calloc(pareto->n_bucket, sizeof *pareto->bucket);
    pareto->mark = calloc((size_t)view->n_nodes + 1, sizeof *pareto->mark);
    pareto->critical_bit = calloc((size_t)view->n_nodes + 1, sizeof *pareto->critical_bit);
    if (pareto->bucket == NULL || pareto->mark == NULL || pareto->critical_bit == NULL ||
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
    free(pareto->bucket);
    free(pareto->mark);
    free(pareto->critical_bit);
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

/* Below F an amount is comparable with itself only; from there on all amounts are comparable. */
static uint64_t amount_class(const struct pass *pass, const struct label *label)
{
    return label->amount_msat < pass->floor_msat ? label->amount_msat : UINT64_MAX;
}

static uint32_t *bucket_of(const struct pass *pass, const struct label *label)
{
    uint64_t mixed = (amount_class(pass, label) + label->node) * UINT64_C(0x9e3779b97f4a7c15);
    return &pass->pareto->bucket[(mixed >> 32) & (pass->pareto->n_bucket - 1)];
}

static bool dominates(const struct pass *pass, const struct label *a, const struct label *b)
{
    return a->node == b->node && a->cost_msat <= b->cost_msat && a->amount_msat <= b->amount_msat &&
           a->cltv_blocks <= b->cltv_blocks && a->hops <= b->hops &&
           a->onion_bytes <= b->onion_bytes && (a->low & ~b->critical) == 0 &&
           amount_class(pass, a) == amount_class(pass, b);
}

static bool is_dominated(const struct pass *pass, const struct label *label)
{
    const struct fgr_pareto *pareto = pass->pareto;
    for (uint32_t i = *bucket_of(pass, label); i != NO_LABEL; i = pareto->label[i].next) {
        if (dominates(pass, &pareto->label[i], label)) {
            return true;
        }
    }
    return false;
}

static bool within_limits(const struct pass *pass, const struct label *label)
{
    return label->amount_msat - pass->query->amount.v <= pass->query->max_fee.v &&
           label->cltv_blocks <= pass->query->max_cltv && label->hops <= pass->query->max_hops &&
           label->onion_bytes <= FGR_ONION_BYTES;
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
    /* Every way on has some htlc_min that this amount may not meet; fees have to make up for it. */
    uint64_t minimum_msat = bounds->minimum_msat[label->node];
    uint64_t missing_msat =
        label->amount_msat < minimum_msat ? minimum_msat - label->amount_msat : 0;
    uint64_t hops = bounds->hops[label->node];
    struct label least = *label;
    least.amount_msat += missing_msat;
    least.cltv_blocks += bounds->cltv_blocks[label->node];
    least.hops += (uint32_t)hops;
    least.onion_bytes += hops > 1 ? (hops - 1) * fgr_path_forward_bytes(label->amount_msat) : 0;
    if (!within_limits(pass, &least)) {
        return FGR_BOUNDS_FAR;
    }
    uint64_t cost_msat = bounds->cost_msat[label->node];
    uint64_t paid_msat = missing_msat + bounds->friction_msat[label->node];
    return cost_msat > paid_msat ? cost_msat : paid_msat;
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
    if (pass->n_labels >= pass->options->max_labels || !make_room(pareto) ||
        !fgr_keyheap_push(&pareto->heap, label->cost_msat + to_come, pareto->n_labels)) {
        pass->gave_up = true;
        return;
    }
    pareto->label[pareto->n_labels++] = *label;
    pass->n_labels++;
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
        label.cltv_blocks += view->half[edge].cltv_delta;
        label.onion_bytes += fgr_path_forward_bytes(label.amount_msat);
        label.amount_msat += terms.fee_msat;
    }
    label.hops++;
    label.node = fgr_view_edge_from(view, edge);
    label.critical |= pass->pareto->critical_bit[label.node];
    label.low |= label.amount_msat < pass->floor_msat ? pass->pareto->critical_bit[label.node] : 0;
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
    uint64_t critical = pareto->label[taken].critical;
    uint32_t number = ++pareto->mark_number;
    for (uint32_t i = taken; pass->is_first && i != NO_LABEL; i = pareto->label[i].parent) {
        pareto->mark[pareto->label[i].node] = number;
    }
    for (uint32_t k = in->first[node]; k < in->first[node + 1] && !pass->gave_up; k++) {
        const struct fgr_half *half = &pareto->view->half[in->edge[k]];
        if (amount_msat >= half->htlc_min_msat && amount_msat <= half->htlc_max_msat &&
            pareto->mark[in->nbr[k]] != number &&
            (critical & pareto->critical_bit[in->nbr[k]]) == 0) {
            struct label label = extended(pass, taken, in->edge[k]);
            offer(pass, &label);
        }
    }
}

/* Returns the label of the best walk, NO_LABEL if there is none cheap enough. */
static uint32_t run(struct pass *pass)
{
    struct fgr_pareto *pareto = pass->pareto;
    const struct fgr_route_query *query = pass->query;
    memset(pareto->bucket, 0xff, pareto->n_bucket * sizeof *pareto->bucket);
    pareto->n_labels = 0;
    pareto->heap.n = 0;
    struct label start = {
        .amount_msat = query->amount.v,
        .cltv_blocks = query->final_cltv,
        .onion_bytes = fgr_path_final_bytes(query->amount.v, query->final_bytes),
        .critical = pareto->critical_bit[query->to.v],
        .low = pareto->critical_bit[query->to.v],
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
            uint32_t *bucket = bucket_of(pass, label);
            label->next = *bucket;
            *bucket = taken;
            extend(pass, taken);
        }
    }
    return NO_LABEL;
}

/* The largest htlc_min above the delivered amount that a route cheap enough can meet; 0 = none. To
 * carry that much, a half-channel has to see the difference paid behind it. */
static uint64_t floor_of(const struct pass *pass)
{
    const struct fgr_pareto *pareto = pass->pareto;
    const struct fgr_view *view = pareto->view;
    uint64_t amount_msat = pass->query->amount.v;
    uint64_t floor_msat = 0;
    for (uint32_t k = 0; k < view->n_usable; k++) {
        uint64_t min_msat = view->half[view->in.edge[k]].htlc_min_msat;
        if (min_msat <= amount_msat || min_msat <= floor_msat) {
            continue;
        }
        uint64_t fee_msat = min_msat - amount_msat;
        uint64_t ahead_msat =
            pass->options->with_bounds ? pareto->bounds.cost_msat[view->in.nbr[k]] : 0;
        if (fee_msat <= pass->query->max_fee.v && ahead_msat != FGR_BOUNDS_FAR &&
            fee_msat + ahead_msat < pass->cost_below_msat) {
            floor_msat = min_msat;
        }
    }
    return floor_msat;
}

/* The walk of a label; `node[i]` is where edge[i] leaves. */
static void walk_of(const struct fgr_pareto *pareto, struct fgr_path *out_walk,
                    uint32_t node[FGR_PATH_HOPS_MAX], uint32_t label)
{
    out_walk->n_hops = 0;
    for (; pareto->label[label].parent != NO_LABEL; label = pareto->label[label].parent) {
        node[out_walk->n_hops] = pareto->label[label].node;
        out_walk->edge[out_walk->n_hops++] = pareto->label[label].edge;
    }
}

static void make_critical(struct fgr_pareto *pareto, uint32_t node)
{
    if (pareto->critical_bit[node] == 0 && pareto->n_critical < CRITICAL_MAX) {
        pareto->critical_bit[node] = UINT64_C(1) << pareto->n_critical;
        pareto->critical[pareto->n_critical++] = node;
    }
}

/* Cuts every loop out of `walk` into `out_path` and makes the repeated nodes critical. */
static void cut_loops(struct fgr_pareto *pareto, struct fgr_path *out_path,
                      const struct fgr_path *walk, const uint32_t node[FGR_PATH_HOPS_MAX],
                      uint32_t destination)
{
    out_path->n_hops = 0;
    for (uint32_t i = 0; i < walk->n_hops; i++) {
        uint32_t last = i;
        for (uint32_t j = i + 1; j < walk->n_hops; j++) {
            last = node[j] == node[i] ? j : last;
        }
        if (last > i || node[i] == destination) {
            make_critical(pareto, node[i]);
        }
        if (node[i] == destination) {
            return;
        }
        i = last;
        out_path->edge[out_path->n_hops++] = walk->edge[i];
    }
}

static void forget_critical(struct fgr_pareto *pareto)
{
    while (pareto->n_critical > 0) {
        pareto->critical_bit[pareto->critical[--pareto->n_critical]] = 0;
    }
}

/* Runs passes until one ends in a route or in nothing; `answer` keeps the better of it and what it
 * holds. */
static void solve(struct pass *pass, struct fgr_pareto_answer *answer)
{
    struct fgr_pareto *pareto = pass->pareto;
    for (;;) {
        struct fgr_path walk;
        struct fgr_path path;
        uint32_t node[FGR_PATH_HOPS_MAX];
        uint32_t n_critical = pareto->n_critical;
        uint32_t label = run(pass);
        if (label == NO_LABEL) {
            return;
        }
        walk_of(pareto, &walk, node, label);
        cut_loops(pareto, &path, &walk, node, pass->query->to.v);
        fgr_path_price(&path, pareto->view, pass->query);
        if (path.carries && fgr_path_within_limits(&path, pass->query)) {
            answer->is_found = true;
            answer->best = path;
            return;
        }
        if (pareto->n_critical == n_critical) {
            pass->gave_up = true; /* no bit left */
            return;
        }
    }
}

void fgr_pareto_solve(struct fgr_pareto *pareto, struct fgr_pareto_answer *out_answer,
                      const struct fgr_route_query *query, const struct fgr_pareto_options *options)
{
    struct pass pass = {.pareto = pareto,
                        .query = query,
                        .options = options,
                        .cost_below_msat = FGR_COST_INF,
                        .is_first = true};
    *out_answer = (struct fgr_pareto_answer){0};
    if (query->from.v == query->to.v) {
        return;
    }
    if (options->with_bounds && !fgr_bounds_fill(&pareto->bounds, query)) {
        out_answer->gave_up = true;
        return;
    }
    fgr_cost_init(&pass.cost, &query->cost, query->amount.v);
    solve(&pass, out_answer);
    if (out_answer->is_found) {
        pass.cost_below_msat = out_answer->best.cost_msat;
    }
    pass.floor_msat = floor_of(&pass);
    if (pass.floor_msat > 0 && !pass.gave_up && pareto->view->n_nodes > CRITICAL_MAX &&
        !options->with_relaxation) {
        pass.gave_up = true;
    }
    if (pass.floor_msat > 0 && !pass.gave_up) {
        pass.is_first = false;
        for (uint32_t v = 0; !options->with_relaxation && v < pareto->view->n_nodes; v++) {
            make_critical(pareto, v);
        }
        solve(&pass, out_answer);
        forget_critical(pareto);
    }
    out_answer->n_labels = pass.n_labels;
    out_answer->gave_up = pass.gave_up;
}
