/* SPDX-License-Identifier: MIT */
#include "engine/cost.h"

void fgr_cost_init(struct fgr_cost *out_cost, const struct fgr_cost_params *params,
                   uint64_t amount_msat)
{
    uint64_t part_msat = fgr_muldiv_floor(amount_msat, params->fail_amount_ppm, 1000000);
    uint64_t base_msat = params->fail_base_msat;
    bool is_huge = part_msat > FGR_COST_INF || base_msat > FGR_COST_INF - part_msat;
    *out_cost = (struct fgr_cost){
        .fail_msat = is_huge ? FGR_COST_INF : base_msat + part_msat,
        .risk_ppb = params->risk_ppb,
        .model = params->model,
        .fee_weight = 1,
        .bias_weight = 1,
    };
}

void fgr_cost_terms(const struct fgr_cost *cost, struct fgr_cost_terms *out_terms,
                    const struct fgr_view *view, uint32_t edge, uint64_t amount_msat, bool is_first)
{
    const struct fgr_half *half = fgr_view_half_of(view, edge);
    uint64_t capacity_msat = fgr_view_chan_of(view, edge)->capacity_sat * 1000;
    out_terms->fail_msat = fgr_cost_fail(cost, amount_msat, capacity_msat);
    out_terms->fee_msat = is_first ? 0 : fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    out_terms->risk_msat =
        is_first ? 0 : fgr_risk_msat(amount_msat, half->cltv_delta, cost->risk_ppb);
}

uint64_t fgr_cost_extra_terms(const struct fgr_cost *cost, struct fgr_cost_terms *out_terms,
                              const struct fgr_overlay_edge *edge, uint64_t amount_msat,
                              bool is_first)
{
    const struct fgr_half *half = &edge->half;
    out_terms->fail_msat = fgr_cost_extra_fail(cost, edge, amount_msat);
    out_terms->fee_msat = is_first ? 0 : fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
    out_terms->risk_msat =
        is_first ? 0 : fgr_risk_msat(amount_msat, half->cltv_delta, cost->risk_ppb);
    uint64_t sum = out_terms->fee_msat + out_terms->risk_msat + out_terms->fail_msat;
    return fgr_cost_biased(cost, sum, edge->bias_msat);
}
