/* SPDX-License-Identifier: MIT */
/*
 * From the destination backwards, always at the node of least cost: settle it, and offer each
 * neighbour the way over the half-channel between them. A neighbour keeps the cheapest offer. The
 * heap is a binary one of (cost, node); a node that gets a better offer is pushed again and its
 * stale entries are skipped. The search ends when the source is settled.
 *
 * Written the way a good textbook or router has it: labels in one array of structs, one cache line
 * holds two; nothing allocated per query; amounts exact in integers; costs in doubles; one log per
 * half-channel that can carry the amount; limits checked on the one label a node has.
 */
#include "tests/oracle/dijkstra.h"

#include <math.h>
#include <stdlib.h>

#include "graph/amount.h"

struct node_label {
    double cost;
    uint64_t amount_msat;
    uint32_t edge; /* first edge towards the destination */
    uint32_t cltv;
    uint16_t hops;
    bool is_settled;
};

struct heap_entry {
    double cost;
    uint32_t node;
};

struct fgr_dijkstra {
    const struct fgr_view *view;
    struct node_label *node;
    struct heap_entry *heap;
    size_t n_heap;
    size_t n_heap_room;
};

bool fgr_dijkstra_create(struct fgr_dijkstra **out_dijkstra, const struct fgr_view *view)
{
    struct fgr_dijkstra *dijkstra = calloc(1, sizeof *dijkstra);
    if (dijkstra == NULL) {
        return false;
    }
    /* Each relaxation pushes at most once. */
    dijkstra->view = view;
    dijkstra->n_heap_room = (size_t)view->n_usable + 1;
    dijkstra->node = calloc((size_t)view->n_nodes + 1, sizeof *dijkstra->node);
    dijkstra->heap = calloc(dijkstra->n_heap_room, sizeof *dijkstra->heap);
    if (dijkstra->node == NULL || dijkstra->heap == NULL) {
        fgr_dijkstra_destroy(dijkstra);
        return false;
    }
    *out_dijkstra = dijkstra;
    return true;
}

void fgr_dijkstra_destroy(struct fgr_dijkstra *dijkstra)
{
    if (dijkstra == NULL) {
        return;
    }
    free(dijkstra->node);
    free(dijkstra->heap);
    free(dijkstra);
}

static void push(struct fgr_dijkstra *dijkstra, double cost, uint32_t node)
{
    struct heap_entry *heap = dijkstra->heap;
    size_t hole = dijkstra->n_heap++;
    while (hole > 0 && cost < heap[(hole - 1) / 2].cost) {
        heap[hole] = heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap[hole] = (struct heap_entry){.cost = cost, .node = node};
}

static uint32_t pop(struct fgr_dijkstra *dijkstra)
{
    struct heap_entry *heap = dijkstra->heap;
    uint32_t least = heap[0].node;
    size_t n = --dijkstra->n_heap;
    struct heap_entry last = heap[n];
    size_t hole = 0;
    for (size_t child = 1; child < n; child = 2 * hole + 1) {
        if (child + 1 < n && heap[child + 1].cost < heap[child].cost) {
            child++;
        }
        if (last.cost <= heap[child].cost) {
            break;
        }
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = last;
    return least;
}

/* What the payment fixes for all half-channels. */
struct payment {
    const struct fgr_route_query *query;
    double fail_msat;
    double risk_per_msat_block;
};

/* Offers `node` the way over `edge` to the settled node `next`. */
static void relax(struct fgr_dijkstra *dijkstra, const struct payment *payment, uint32_t edge,
                  uint32_t node, const struct node_label *next)
{
    const struct fgr_view *view = dijkstra->view;
    const struct fgr_route_query *query = payment->query;
    const struct fgr_half *half = &view->half[edge];
    struct node_label *label = &dijkstra->node[node];
    uint64_t amount_msat = next->amount_msat;
    if (label->is_settled || amount_msat < half->htlc_min_msat ||
        amount_msat > half->htlc_max_msat || next->hops >= query->max_hops) {
        return;
    }
    double whole = (double)(view->chan[edge >> 1].capacity_sat * 1000 + 1);
    double cost = next->cost - payment->fail_msat * log((whole - (double)amount_msat) / whole);
    struct node_label offer = {.amount_msat = amount_msat,
                               .edge = edge,
                               .cltv = next->cltv,
                               .hops = (uint16_t)(next->hops + 1)};
    if (node != query->from.v) {
        uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
        cost += (double)fee_msat +
                (double)amount_msat * half->cltv_delta * payment->risk_per_msat_block;
        offer.amount_msat += fee_msat;
        offer.cltv += half->cltv_delta;
        if (offer.amount_msat - query->amount.v > query->max_fee.v ||
            offer.cltv > query->max_cltv) {
            return;
        }
    }
    offer.cost = cost;
    if (cost < label->cost) {
        *label = offer;
        push(dijkstra, cost, node);
    }
}

static void follow(const struct fgr_dijkstra *dijkstra, struct fgr_dijkstra_answer *answer,
                   const struct fgr_route_query *query)
{
    uint32_t node = query->from.v;
    while (node != query->to.v) {
        uint32_t edge = dijkstra->node[node].edge;
        answer->path.edge[answer->path.n_hops++] = edge;
        node = fgr_view_edge_to(dijkstra->view, edge);
    }
    fgr_path_price(&answer->path, dijkstra->view, query);
}

void fgr_dijkstra_solve(struct fgr_dijkstra *dijkstra, struct fgr_dijkstra_answer *out_answer,
                        const struct fgr_route_query *query)
{
    const struct fgr_adjacency *in = &dijkstra->view->in;
    struct fgr_cost cost;
    fgr_cost_init(&cost, &query->cost, query->amount.v);
    struct payment payment = {.query = query,
                              .fail_msat = (double)cost.fail_msat,
                              .risk_per_msat_block = (double)cost.risk_ppb * 1e-9};
    *out_answer = (struct fgr_dijkstra_answer){0};
    for (uint32_t v = 0; v < dijkstra->view->n_nodes; v++) {
        dijkstra->node[v] = (struct node_label){.cost = HUGE_VAL};
    }
    dijkstra->n_heap = 0;
    dijkstra->node[query->to.v] =
        (struct node_label){.amount_msat = query->amount.v, .cltv = query->final_cltv};
    push(dijkstra, 0, query->to.v);
    while (dijkstra->n_heap > 0) {
        uint32_t node = pop(dijkstra);
        struct node_label *label = &dijkstra->node[node];
        if (label->is_settled) {
            continue;
        }
        label->is_settled = true;
        out_answer->settled++;
        if (node == query->from.v) {
            out_answer->is_found = true;
            follow(dijkstra, out_answer, query);
            return;
        }
        for (uint32_t k = in->first[node]; k < in->first[node + 1]; k++) {
            relax(dijkstra, &payment, in->edge[k], in->nbr[k], label);
        }
        out_answer->relaxed += in->first[node + 1] - in->first[node];
    }
}
