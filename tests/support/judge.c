/* SPDX-License-Identifier: MIT */
#include "tests/support/judge.h"

#include <inttypes.h>
#include <stdio.h>

#include "graph/util/attr.h"
#include "graph/util/error.h"
#include "graph/view.h"
#include "tests/oracle/path.h"

static enum fgr_verdict wrong(struct fgr_error *err, const char *what, uint64_t got, uint64_t want)
{
    fgr_fail(err, FGR_ERR_CHECK, "%s: %" PRIu64 ", should be %" PRIu64, what, got, want);
    return FGR_VERDICT_WRONG;
}

/* fgr_route_check lives beside the search; this is the same question to the oracles' pricing. */
static enum fgr_verdict judge_path(const struct fgr_view *view, const struct fgr_route_query *query,
                                   const struct fgr_route *route, struct fgr_error *err)
{
    struct fgr_path path = {.n_hops = route->n_hops};
    uint32_t at = query->from.v;
    for (uint32_t i = 0; i < route->n_hops; i++) {
        path.edge[i] = fgr_path_edge_named(view, query, route->hops[i].edge.v);
        if (path.edge[i] == FGR_IDX_NONE) {
            return wrong(err, "hop that cannot be used", route->hops[i].edge.v, 0);
        }
        struct fgr_overlay_edge_info info = fgr_path_edge(view, query, path.edge[i]);
        if (info.from.v != at || route->hops[i].from.v != at) {
            return wrong(err, "hop leaves node", info.from.v, at);
        }
        for (uint32_t j = 0; j < i; j++) {
            if (route->hops[j].from.v == at) {
                return wrong(err, "node visited twice", at, FGR_IDX_NONE);
            }
        }
        at = info.to.v;
    }
    if (at != query->to.v) {
        return wrong(err, "route ends at node", at, query->to.v);
    }
    fgr_path_price(&path, view, query);
    if (!path.carries || !fgr_path_within_limits(&path, query)) {
        return wrong(err, "route keeps htlc limits and query limits", 0, 1);
    }
    if (path.cost_msat != route->cost.v) {
        return wrong(err, "cost of the edges", route->cost.v, path.cost_msat);
    }
    return FGR_VERDICT_RIGHT;
}

static uint64_t gap_ppm_of(uint64_t cost, uint64_t bound)
{
    if (cost == bound) {
        return 0;
    }
    if (bound == 0) {
        return UINT64_MAX;
    }
    fgr_u128 gap = ((fgr_u128)(cost - bound) * 1000000 + bound - 1) / bound;
    return gap > UINT64_MAX ? UINT64_MAX : (uint64_t)gap;
}

/* Cost, bound and gap against the least cost there is. */
static enum fgr_verdict judge_proof(const struct fgr_route_query *query,
                                    const struct fgr_route *route, const struct fgr_truth *truth,
                                    struct fgr_error *err)
{
    if (!truth->is_found) {
        return wrong(err, "a route where there is none, cost", route->cost.v, 0);
    }
    if (route->cost.v < truth->cost_msat) {
        return wrong(err, "cheaper than possible", route->cost.v, truth->cost_msat);
    }
    if (route->bound.v > truth->cost_msat) {
        return wrong(err, "bound above the best cost", route->bound.v, truth->cost_msat);
    }
    uint64_t gap_ppm = gap_ppm_of(route->cost.v, route->bound.v);
    if (route->gap_ppm != gap_ppm) {
        return wrong(err, "gap_ppm", route->gap_ppm, gap_ppm);
    }
    if (gap_ppm <= query->max_gap_ppm) {
        return FGR_VERDICT_RIGHT;
    }
    fgr_fail(err, FGR_ERR_WORK, "unproven: cost %" PRIu64 ", best %" PRIu64 ", bound %" PRIu64,
             route->cost.v, truth->cost_msat, route->bound.v);
    return route->cost.v == truth->cost_msat ? FGR_VERDICT_EQUAL : FGR_VERDICT_UNPROVEN;
}

enum fgr_verdict fgr_judge(struct fgr_scratch *scratch, const struct fgr_view *view,
                           const struct fgr_route_query *query, const struct fgr_truth *truth,
                           struct fgr_error *err)
{
    struct fgr_route route;
    enum fgr_err code = fgr_route(scratch, &route, NULL, view, query, err);
    if (code == FGR_ERR_WORK) {
        return FGR_VERDICT_UNPROVEN;
    }
    if (code == FGR_ERR_NO_ROUTE) {
        return truth->is_found ? wrong(err, "no route found, best cost", 0, truth->cost_msat)
                               : FGR_VERDICT_RIGHT;
    }
    if (code != FGR_OK || fgr_route_check(view, query, &route, err) != FGR_OK) {
        return FGR_VERDICT_WRONG;
    }
    enum fgr_verdict verdict = judge_path(view, query, &route, err);
    return verdict == FGR_VERDICT_RIGHT ? judge_proof(query, &route, truth, err) : verdict;
}

const char *fgr_judge_describe(char *text, size_t n_bytes, const struct fgr_route_query *query)
{
    snprintf(text, n_bytes,
             "%" PRIu32 " -> %" PRIu32 ", %" PRIu64 " msat, max_fee %" PRId64 ", max_cltv %" PRIu32
             ", max_hops %" PRIu32 ", final_cltv %" PRIu32 ", final_bytes %" PRIu32
             ", max_gap_ppm %" PRIu32 ", M %" PRIu64 " + %" PRIu32 " ppm, R %" PRIu32 ", model %d",
             query->from.v, query->to.v, query->amount.v, (int64_t)query->max_fee.v,
             query->max_cltv, query->max_hops, query->final_cltv, query->final_bytes,
             query->max_gap_ppm, query->cost.fail_base_msat, query->cost.fail_amount_ppm,
             query->cost.risk_ppb, (int)query->cost.model);
    return text;
}
