/* SPDX-License-Identifier: MIT */
/*
 * cost.h - what one half-channel costs for an amount.
 *
 * Place in the flow: view + query -> cost -> search, check, explain.
 *
 * Everything is an integer and monotone: a larger amount never costs less on the same
 * half-channel. All lower bounds of the search rest on that.
 *
 * The search minimises a weighted sum, so that `explain` can ask for the least fee, expiry, hop
 * count or onion size with the same machinery.
 *
 * Threads: pure, any thread.
 * Source: design section 3; Pickhardt and Richter 2021 (-ln P); LND's risk factor.
 */
#ifndef FGR_ENGINE_COST_H
#define FGR_ENGINE_COST_H

#include "engine/onion.h"
#include "engine/prob.h"
#include "fulgurite/route.h"
#include "graph/amount.h"
#include "graph/overlay.h"
#include "graph/util/fixed.h"
#include "graph/view.h"

/* The parameters of one query, resolved: M is fixed for the whole payment. */
struct fgr_cost {
    uint64_t fail_msat; /* M */
    uint32_t risk_ppb;  /* R */
    enum fgr_prob_model model;
    uint32_t fee_weight; /* 1 in the cost of a route; the others are 0 there */
    uint32_t cltv_weight;
    uint32_t hop_weight;
    uint32_t byte_weight;
    uint32_t bias_weight; /* 1 in the cost of a route */
};

struct fgr_cost_terms {
    uint64_t fee_msat;
    uint64_t risk_msat;
    uint64_t fail_msat;
};

/* No route costs this much: terms saturate here, and the sum of three never wraps. */
#define FGR_COST_INF (UINT64_MAX / 4)

/* ceil((cost / bound - 1) * 1e6); 0 = proven. A bound of 0 under a positive cost says nothing. */
static inline uint64_t fgr_gap_ppm(uint64_t cost, uint64_t bound)
{
    if (cost <= bound) {
        return 0;
    }
    if (bound == 0) {
        return UINT64_MAX;
    }
    fgr_u128 gap = ((fgr_u128)(cost - bound) * 1000000 + bound - 1) / bound;
    return gap > UINT64_MAX ? UINT64_MAX : (uint64_t)gap;
}

/* The cost of the public contract. */
void fgr_cost_init(struct fgr_cost *out_cost, const struct fgr_cost_params *params,
                   uint64_t amount_msat);

/* M * -ln P for amount_msat <= capacity_msat. */
static inline uint64_t fgr_cost_fail(const struct fgr_cost *cost, uint64_t amount_msat,
                                     uint64_t capacity_msat)
{
    uint64_t neg_ln_q48 = cost->model == FGR_PROB_UNIFORM
                              ? fgr_neg_ln_q48(capacity_msat + 1 - amount_msat, capacity_msat + 1)
                              : fgr_prob_neg_ln_q48(cost->model, amount_msat, capacity_msat);
    fgr_u128 fail = ((fgr_u128)cost->fail_msat * neg_ln_q48) >> 48;
    return fail > FGR_COST_INF ? FGR_COST_INF : (uint64_t)fail;
}

/* The three terms of half-channel `edge` carrying `amount_msat`, at most its capacity.
 * `is_first`: the edge leaves the source of the payment, so fee and risk are 0. */
void fgr_cost_terms(const struct fgr_cost *cost, struct fgr_cost_terms *out_terms,
                    const struct fgr_view *view, uint32_t edge, uint64_t amount_msat,
                    bool is_first);

/* What leaving the source over a channel costs. At most FGR_COST_INF. */
static inline uint64_t fgr_cost_first(const struct fgr_cost *cost, uint64_t amount_msat,
                                      uint64_t capacity_msat)
{
    return fgr_cost_fail(cost, amount_msat, capacity_msat) + cost->hop_weight;
}

/* What forwarding costs for certain, i.e. without the failure term; `fee_msat` is the BOLT 7 fee
 * for the amount. At most FGR_COST_INF. */
static inline uint64_t fgr_cost_certain(const struct fgr_cost *cost, uint32_t cltv_blocks,
                                        uint64_t fee_msat, uint64_t amount_msat)
{
    uint64_t risk = fgr_risk_msat(amount_msat, cltv_blocks, cost->risk_ppb);
    fgr_u128 sum = (fgr_u128)fee_msat * cost->fee_weight + risk +
                   (fgr_u128)cltv_blocks * cost->cltv_weight + cost->hop_weight;
    if (FGR_UNLIKELY(cost->byte_weight > 0)) {
        sum += (fgr_u128)fgr_onion_hop_bytes(amount_msat) * cost->byte_weight;
    }
    return sum > FGR_COST_INF ? FGR_COST_INF : (uint64_t)sum;
}

/* No half-channel of a list from entry `i` on costs less to forward over: lists are sorted so. */
static inline uint64_t fgr_cost_of_rest(const struct fgr_cost *cost,
                                        const struct fgr_adjacency *adjacency, uint32_t i,
                                        uint64_t amount_msat)
{
    uint64_t rank = fgr_adjacency_rank(adjacency, i);
    uint64_t fee_msat = amount_msat < 1000000 ? rank * amount_msat / 1000000 : rank;
    return fee_msat * cost->fee_weight;
}

/* What forwarding over a half-channel costs. At most 2 * FGR_COST_INF. */
static inline uint64_t fgr_cost_forward(const struct fgr_cost *cost, const struct fgr_half *half,
                                        uint64_t fee_msat, uint64_t amount_msat,
                                        uint64_t capacity_msat)
{
    return fgr_cost_certain(cost, half->cltv_delta, fee_msat, amount_msat) +
           fgr_cost_fail(cost, amount_msat, capacity_msat);
}

/* ---- half-channels of an overlay ----------------------------------------------------------- */

/* M * -ln P where the balance is known to be in the range of the half-channel. Where nothing is
 * known it is fgr_cost_fail to the msat. FGR_COST_INF above the range. */
static inline uint64_t fgr_cost_extra_fail(const struct fgr_cost *cost,
                                           const struct fgr_overlay_edge *edge,
                                           uint64_t amount_msat)
{
    if (amount_msat <= edge->min_msat) {
        return 0;
    }
    if (amount_msat > edge->max_msat) {
        return FGR_COST_INF;
    }
    struct fgr_prob_range range = {edge->min_msat, edge->max_msat, edge->capacity_msat};
    uint64_t neg_ln_q48 =
        cost->model == FGR_PROB_UNIFORM
            ? fgr_neg_ln_q48(edge->max_msat + 1 - amount_msat, edge->max_msat + 1 - edge->min_msat)
            : fgr_prob_known_neg_ln_q48(cost->model, amount_msat, &range);
    fgr_u128 fail = ((fgr_u128)cost->fail_msat * neg_ln_q48) >> 48;
    return fail > FGR_COST_INF ? FGR_COST_INF : (uint64_t)fail;
}

/* max(0, sum + bias). */
static inline uint64_t fgr_cost_biased(const struct fgr_cost *cost, uint64_t sum, int64_t bias_msat)
{
    if (bias_msat >= 0) {
        return sum + (uint64_t)bias_msat * cost->bias_weight;
    }
    uint64_t off = (uint64_t)-bias_msat * cost->bias_weight;
    return sum > off ? sum - off : 0;
}

/* fgr_cost_first and fgr_cost_forward of a half-channel in an overlay: never negative, and monotone
 * like them, since a bias does not depend on the amount. At most that bound and two biases. */
static inline uint64_t fgr_cost_extra_first(const struct fgr_cost *cost,
                                            const struct fgr_overlay_edge *edge,
                                            uint64_t amount_msat)
{
    uint64_t sum = fgr_cost_extra_fail(cost, edge, amount_msat) + cost->hop_weight;
    return fgr_cost_biased(cost, sum, edge->bias_msat);
}
static inline uint64_t fgr_cost_extra_forward(const struct fgr_cost *cost,
                                              const struct fgr_overlay_edge *edge,
                                              uint64_t fee_msat, uint64_t amount_msat)
{
    uint64_t sum = fgr_cost_certain(cost, edge->half.cltv_delta, fee_msat, amount_msat) +
                   fgr_cost_extra_fail(cost, edge, amount_msat);
    return fgr_cost_biased(cost, sum, edge->bias_msat);
}

/* What leaving the source over any half-channel of view and overlay costs. */
static inline uint64_t fgr_cost_first_over(const struct fgr_cost *cost, const struct fgr_view *view,
                                           const struct fgr_overlay *overlay, uint32_t edge,
                                           uint64_t amount_msat)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    if (FGR_UNLIKELY(extra != NULL)) {
        return fgr_cost_extra_first(cost, extra, amount_msat);
    }
    return fgr_cost_first(cost, amount_msat, fgr_view_chan_of(view, edge)->capacity_sat * 1000);
}

/* What forwarding over it costs. */
static inline uint64_t fgr_cost_forward_over(const struct fgr_cost *cost,
                                             const struct fgr_view *view,
                                             const struct fgr_overlay *overlay, uint32_t edge,
                                             uint64_t fee_msat, uint64_t amount_msat)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    if (FGR_UNLIKELY(extra != NULL)) {
        return fgr_cost_extra_forward(cost, extra, fee_msat, amount_msat);
    }
    return fgr_cost_forward(cost, fgr_view_half_of(view, edge), fee_msat, amount_msat,
                            fgr_view_chan_of(view, edge)->capacity_sat * 1000);
}

/* fgr_cost_terms of a half-channel in an overlay, carrying at most its max. Returns what it costs
 * in all: max(0, fee + risk + fail + bias). */
uint64_t fgr_cost_extra_terms(const struct fgr_cost *cost, struct fgr_cost_terms *out_terms,
                              const struct fgr_overlay_edge *edge, uint64_t amount_msat,
                              bool is_first);

#endif
