/* SPDX-License-Identifier: MIT */
/*
 * fgr_route_check: an answer derived again from the view, its overlay and the query, by the formulas of the
 * public header and BOLT 4 and 7, sharing with the search only the cost terms of one half-channel.
 */
#include <inttypes.h>

#include "engine/cost.h"
#include "engine/query.h"
#include "fulgurite/route.h"
#include "graph/util/error.h"

static enum fgr_err differs(struct fgr_error *err, uint32_t hop, const char *field, uint64_t got,
                            uint64_t want)
{
    return fgr_fail_at(err, FGR_ERR_CHECK, hop, FGR_NO_POSITION,
                       "hop %" PRIu32 ": %s is %" PRIu64 ", should be %" PRIu64, hop + 1, field,
                       got, want);
}

static enum fgr_err total_differs(struct fgr_error *err, const char *field, uint64_t got,
                                  uint64_t want)
{
    return fgr_fail(err, FGR_ERR_CHECK, "%s is %" PRIu64 ", should be %" PRIu64, field, got, want);
}

/* Edges exist, join up from source to destination, and no node comes twice. */
static enum fgr_err check_path(const struct fgr_view *view, const struct fgr_route_query *query,
                               const struct fgr_route *route, struct fgr_error *err)
{
    if (route->n_hops < 1 || route->n_hops > query->max_hops) {
        return total_differs(err, "number of hops", route->n_hops, query->max_hops);
    }
    uint32_t at = query->from.v;
    for (uint32_t i = 0; i < route->n_hops; i++) {
        const struct fgr_hop *hop = &route->hops[i];
        const struct fgr_overlay *overlay = query->overlay;
        if (hop->edge.v >= fgr_overlay_n_edges(view, overlay)) {
            return differs(err, i, "edge", hop->edge.v, fgr_overlay_n_edges(view, overlay));
        }
        if (hop->from.v != at || fgr_overlay_from(view, overlay, hop->edge.v) != at) {
            return differs(err, i, "from", hop->from.v, at);
        }
        at = fgr_overlay_to(view, overlay, hop->edge.v);
        if (hop->to.v != at) {
            return differs(err, i, "to", hop->to.v, at);
        }
        for (uint32_t j = 0; j <= i; j++) {
            if (route->hops[j].from.v == at) {
                return differs(err, i, "to (a node visited before)", at, FGR_IDX_NONE);
            }
        }
        if (fgr_overlay_edge_named(view, overlay, hop->edge.v) == FGR_IDX_NONE) {
            return differs(err, i, "edge (not usable)", hop->edge.v, FGR_IDX_NONE);
        }
    }
    return at == query->to.v ? FGR_OK : total_differs(err, "destination", at, query->to.v);
}

struct sums {
    uint64_t amount_msat;
    uint64_t cost;
    uint64_t cltv;
    uint64_t bytes;
    double probability;
};

/* `edge` is what the hop's edge names. */
static enum fgr_err check_hop(const struct fgr_overlay_edge *edge, const struct fgr_cost *cost,
                              const struct fgr_hop *hop, uint32_t i, struct sums *sums,
                              struct fgr_error *err)
{
    const struct fgr_half *half = &edge->half;
    uint64_t amount_msat = sums->amount_msat;
    bool is_first = i == 0;
    if (hop->amount.v != amount_msat) {
        return differs(err, i, "amount", hop->amount.v, amount_msat);
    }
    if (amount_msat < half->htlc_min_msat) {
        return differs(err, i, "amount (under htlc_min)", amount_msat, half->htlc_min_msat);
    }
    if (amount_msat > half->htlc_max_msat) {
        return differs(err, i, "amount (above htlc_max)", amount_msat, half->htlc_max_msat);
    }
    struct fgr_cost_terms terms;
    uint64_t own = fgr_cost_extra_terms(cost, &terms, edge, amount_msat, is_first);
    uint64_t unbiased = terms.fee_msat + terms.risk_msat + terms.fail_msat;
    if (hop->fee.v != terms.fee_msat) {
        return differs(err, i, "fee", hop->fee.v, terms.fee_msat);
    }
    if (hop->risk.v != terms.risk_msat) {
        return differs(err, i, "risk", hop->risk.v, terms.risk_msat);
    }
    if (hop->fail.v != terms.fail_msat) {
        return differs(err, i, "fail", hop->fail.v, terms.fail_msat);
    }
    if (unbiased + (uint64_t)hop->bias_msat != own) {
        return differs(err, i, "bias", (uint64_t)hop->bias_msat, own - unbiased);
    }
    uint32_t cltv = is_first ? 0 : half->cltv_delta;
    if (hop->cltv_delta != cltv) {
        return differs(err, i, "cltv_delta", hop->cltv_delta, cltv);
    }
    sums->cost += own;
    sums->cltv += cltv;
    sums->bytes += is_first ? 0 : fgr_onion_hop_bytes(amount_msat);
    struct fgr_prob_range range = {edge->min_msat, edge->max_msat, edge->capacity_msat};
    double probability = fgr_prob_known_of(cost->model, amount_msat, &range);
    if (hop->probability < probability || hop->probability > probability) {
        return differs(err, i, "probability (in ppm)", (uint64_t)(hop->probability * 1e6),
                       (uint64_t)(probability * 1e6));
    }
    sums->probability *= probability;
    sums->amount_msat += terms.fee_msat;
    return FGR_OK;
}

/* gap_ppm is the least whole number of ppm by which the cost is within the bound. */
static bool is_gap(const struct fgr_route *route)
{
    uint64_t open_msat = route->cost.v - route->bound.v;
    uint64_t gap_ppm = route->gap_ppm;
    if (open_msat == 0 || route->bound.v == 0) {
        return gap_ppm == (open_msat == 0 ? 0 : UINT64_MAX);
    }
    fgr_u128 open = (fgr_u128)open_msat * 1000000;
    return gap_ppm > 0 && (fgr_u128)gap_ppm * route->bound.v >= open &&
           (fgr_u128)(gap_ppm - 1) * route->bound.v < open;
}

static enum fgr_err check_totals(const struct fgr_route_query *query, const struct fgr_route *route,
                                 const struct sums *sums, struct fgr_error *err)
{
    uint64_t fee_msat = sums->amount_msat - query->amount.v;
    if (route->amount.v != query->amount.v) {
        return total_differs(err, "amount", route->amount.v, query->amount.v);
    }
    if (route->fee.v != fee_msat) {
        return total_differs(err, "fee", route->fee.v, fee_msat);
    }
    if (fee_msat > query->max_fee.v) {
        return total_differs(err, "fee (above max_fee)", fee_msat, query->max_fee.v);
    }
    if (route->cost.v != sums->cost) {
        return total_differs(err, "cost", route->cost.v, sums->cost);
    }
    if (route->cltv_total != sums->cltv) {
        return total_differs(err, "cltv_total", route->cltv_total, sums->cltv);
    }
    if (sums->cltv > query->max_cltv) {
        return total_differs(err, "cltv_total (above max_cltv)", sums->cltv, query->max_cltv);
    }
    if (route->onion_bytes != sums->bytes) {
        return total_differs(err, "onion_bytes", route->onion_bytes, sums->bytes);
    }
    if (sums->bytes > FGR_ONION_BYTES) {
        return total_differs(err, "onion_bytes (above the onion)", sums->bytes, FGR_ONION_BYTES);
    }
    if (route->probability < sums->probability || route->probability > sums->probability) {
        return total_differs(err, "probability (in ppm)", (uint64_t)(route->probability * 1e6),
                             (uint64_t)(sums->probability * 1e6));
    }
    if (route->bound.v > route->cost.v) {
        return total_differs(err, "bound (above the cost)", route->bound.v, route->cost.v);
    }
    return is_gap(route)
               ? FGR_OK
               : total_differs(err, "gap_ppm", route->gap_ppm, route->cost.v - route->bound.v);
}

enum fgr_err fgr_route_check(const struct fgr_view *view, const struct fgr_route_query *query,
                             const struct fgr_route *route, struct fgr_error *err)
{
    enum fgr_err rc = fgr_query_check(view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = check_path(view, query, route, err);
    struct fgr_cost cost;
    fgr_cost_init(&cost, &query->cost, query->amount.v);
    struct sums sums = {
        .amount_msat = query->amount.v,
        .cltv = query->final_cltv,
        .bytes = fgr_onion_final_bytes(query->amount.v, query->final_bytes),
        .probability = 1.0,
    };
    for (uint32_t i = route->n_hops; rc == FGR_OK && i-- > 0;) {
        const struct fgr_hop *hop = &route->hops[i];
        uint32_t idx = fgr_overlay_edge_named(view, query->overlay, hop->edge.v);
        struct fgr_overlay_edge edge = fgr_overlay_edge_at(view, query->overlay, idx);
        rc = check_hop(&edge, &cost, hop, i, &sums, err);
    }
    return rc == FGR_OK ? check_totals(query, route, &sums, err) : rc;
}
