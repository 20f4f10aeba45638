/* SPDX-License-Identifier: MIT */
#include "tests/oracle/bounds.h"

#include <stdlib.h>

enum metric { METRIC_COST, METRIC_FRICTION, METRIC_CLTV, METRIC_HOPS, METRIC_MINIMUM };

bool fgr_bounds_create(struct fgr_bounds *out_bounds, const struct fgr_view *view)
{
    size_t n = (size_t)view->n_nodes + 1; /* never calloc(0) */
    *out_bounds = (struct fgr_bounds){.view = view};
    out_bounds->cost_msat = calloc(n, sizeof *out_bounds->cost_msat);
    out_bounds->friction_msat = calloc(n, sizeof *out_bounds->friction_msat);
    out_bounds->cltv_blocks = calloc(n, sizeof *out_bounds->cltv_blocks);
    out_bounds->hops = calloc(n, sizeof *out_bounds->hops);
    out_bounds->minimum_msat = calloc(n, sizeof *out_bounds->minimum_msat);
    if (out_bounds->cost_msat == NULL || out_bounds->friction_msat == NULL ||
        out_bounds->cltv_blocks == NULL || out_bounds->hops == NULL ||
        out_bounds->minimum_msat == NULL) {
        fgr_bounds_destroy(out_bounds);
        return false;
    }
    return true;
}

void fgr_bounds_destroy(struct fgr_bounds *bounds)
{
    free(bounds->cost_msat);
    free(bounds->friction_msat);
    free(bounds->cltv_blocks);
    free(bounds->hops);
    free(bounds->minimum_msat);
    fgr_keyheap_free(&bounds->heap);
    *bounds = (struct fgr_bounds){0};
}

/* Distance at the end of `edge`, which begins at `distance`. */
static uint64_t distance_over(const struct fgr_view *view, const struct fgr_route_query *query,
                              const struct fgr_cost *cost, uint32_t edge, enum metric metric,
                              uint64_t distance)
{
    bool is_first = fgr_view_edge_from(view, edge) == query->from.v;
    const struct fgr_half *half = &view->half[edge];
    struct fgr_cost_terms terms;
    switch (metric) {
    case METRIC_COST:
    case METRIC_FRICTION:
        fgr_cost_terms(cost, &terms, view, edge, query->amount.v, is_first);
        if (terms.fee_msat > FGR_MSAT_MAX) {
            return FGR_COST_INF;
        }
        return distance + terms.risk_msat + terms.fail_msat +
               (metric == METRIC_COST ? terms.fee_msat : 0);
    case METRIC_CLTV:
        return distance + (is_first ? 0 : half->cltv_delta);
    case METRIC_HOPS:
        return distance + 1;
    case METRIC_MINIMUM:
        return distance > half->htlc_min_msat ? distance : half->htlc_min_msat;
    }
    return FGR_COST_INF;
}

/* Forward Dijkstra over the half-channels wide enough for the delivered amount. */
static bool sweep(struct fgr_bounds *bounds, uint64_t *distance,
                  const struct fgr_route_query *query, enum metric metric)
{
    const struct fgr_view *view = bounds->view;
    struct fgr_cost cost;
    fgr_cost_init(&cost, &query->cost, query->amount.v);
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        distance[v] = FGR_BOUNDS_FAR;
    }
    bounds->heap.n = 0;
    distance[query->from.v] = 0;
    bool is_ok = fgr_keyheap_push(&bounds->heap, 0, query->from.v);
    while (is_ok && bounds->heap.n > 0) {
        struct fgr_keyheap_entry top = fgr_keyheap_pop(&bounds->heap);
        if (top.key != distance[top.item]) {
            continue;
        }
        for (uint32_t k = view->out.first[top.item]; is_ok && k < view->out.first[top.item + 1];
             k++) {
            uint32_t edge = view->out.edge[k];
            uint32_t node = view->out.nbr[k];
            if (query->amount.v > view->half[edge].htlc_max_msat) {
                continue;
            }
            uint64_t through = distance_over(view, query, &cost, edge, metric, top.key);
            if (through < distance[node] && through < FGR_COST_INF) {
                distance[node] = through;
                is_ok = fgr_keyheap_push(&bounds->heap, through, node);
            }
        }
    }
    return is_ok;
}

bool fgr_bounds_fill(struct fgr_bounds *bounds, const struct fgr_route_query *query)
{
    return sweep(bounds, bounds->cost_msat, query, METRIC_COST) &&
           sweep(bounds, bounds->friction_msat, query, METRIC_FRICTION) &&
           sweep(bounds, bounds->cltv_blocks, query, METRIC_CLTV) &&
           sweep(bounds, bounds->hops, query, METRIC_HOPS) &&
           sweep(bounds, bounds->minimum_msat, query, METRIC_MINIMUM);
}
