/* SPDX-License-Identifier: MIT */
#include "fulgurite/route.h"

#include <string.h>

#include "engine/explain.h"
#include "engine/query.h"
#include "engine/scratch.h"
#include "graph/util/error.h"

void fgr_route_query_init(struct fgr_route_query *query, fgr_node_idx from, fgr_node_idx to,
                          fgr_msat amount)
{
    *query = (struct fgr_route_query){
        .sz = sizeof *query,
        .from = from,
        .to = to,
        .amount = amount,
        .max_fee = {FGR_MSAT_NONE},
        .max_cltv = FGR_CLTV_DEFAULT,
        .max_hops = FGR_HOPS_DEFAULT,
        .final_cltv = FGR_FINAL_CLTV_DEFAULT,
        .cost = {.fail_base_msat = 100000,
                 .fail_amount_ppm = 1000,
                 .risk_ppb = 15,
                 .model = FGR_PROB_UNIFORM},
    };
}

/* Walks back from the destination and fills every hop. */
static void fill_hops(struct fgr_route *out, const struct fgr_search_task *task,
                      const struct fgr_search_result *result)
{
    uint64_t amount_msat = task->amount_msat;
    uint64_t cost = 0;
    uint32_t cltv = 0;
    uint32_t bytes = task->final_bytes;
    double probability = 1.0;
    for (uint32_t i = result->n_edges; i-- > 0;) {
        uint32_t idx = result->edge[i];
        struct fgr_overlay_edge edge = fgr_overlay_edge_at(task->view, task->overlay, idx);
        struct fgr_prob_range range = {edge.min_msat, edge.max_msat, edge.capacity_msat};
        struct fgr_hop *hop = &out->hops[i];
        struct fgr_cost_terms terms;
        uint64_t own = fgr_cost_extra_terms(&task->cost, &terms, &edge, amount_msat, i == 0);
        *hop = (struct fgr_hop){
            .edge = {fgr_overlay_name_of(task->overlay, idx)},
            .from = {edge.from},
            .to = {edge.to},
            .amount = {amount_msat},
            .fee = {terms.fee_msat},
            .risk = {terms.risk_msat},
            .fail = {terms.fail_msat},
            .bias_msat = (int64_t)(own - terms.fee_msat - terms.risk_msat - terms.fail_msat),
            .probability = fgr_prob_known_of(task->cost.model, amount_msat, &range),
            .cltv_delta = i == 0 ? 0 : edge.half.cltv_delta,
        };
        probability *= hop->probability;
        cost += own;
        cltv += hop->cltv_delta;
        bytes += i == 0 ? 0 : fgr_onion_hop_bytes(amount_msat);
        amount_msat += terms.fee_msat;
    }
    out->n_hops = result->n_edges;
    out->fee.v = amount_msat - task->amount_msat;
    out->cost.v = cost;
    out->cltv_total = cltv;
    out->onion_bytes = bytes;
    out->probability = probability;
}

enum fgr_err fgr_route(struct fgr_scratch *scratch, struct fgr_route *out_route,
                       struct fgr_explain *out_explain, const struct fgr_view *view,
                       const struct fgr_route_query *query, struct fgr_error *err)
{
    memset(out_route, 0, sizeof *out_route);
    if (out_explain != NULL) {
        memset(out_explain, 0, sizeof *out_explain);
    }
    enum fgr_err rc = fgr_query_check(view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (!fgr_scratch_fits(scratch, view)) {
        return fgr_fail(err, FGR_ERR_ARG, "the scratch was made for a smaller view: make it anew");
    }
    if (!fgr_scratch_fits_overlay(scratch, view, query->overlay)) {
        return fgr_fail(err, FGR_ERR_LIMIT,
                        "the overlay adds more than %d nodes or %d half-channels, for which a "
                        "scratch has room: import them with the network",
                        FGR_OVERLAY_NODES_ROOM, FGR_OVERLAY_EDGES_ROOM);
    }
    struct fgr_search_task task;
    fgr_query_task(&task, view, query);
    struct fgr_search_result result = {.cost = FGR_COST_INF, .bound = FGR_COST_INF};
    if (query->from.v != query->to.v) {
        fgr_search(scratch, &result, &task);
    }
    out_route->amount = query->amount;
    out_route->stats = result.stats;
    if (result.cost < FGR_COST_INF) {
        fill_hops(out_route, &task, &result);
        out_route->cltv_total += query->final_cltv;
        out_route->bound.v = result.bound < result.cost ? result.bound : result.cost;
        out_route->gap_ppm = fgr_gap_ppm(result.cost, out_route->bound.v);
        return FGR_OK;
    }
    bool is_proven = result.bound >= FGR_COST_INF;
    if (out_explain != NULL) {
        fgr_explain_fill(scratch, out_explain, view, query, is_proven);
    }
    return is_proven ? fgr_fail(err, FGR_ERR_NO_ROUTE, "there is no route under these limits")
                     : fgr_fail(err, FGR_ERR_WORK,
                                "no route found before the work limit; raise max_labels or loosen "
                                "the limits");
}
