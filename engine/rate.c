/* SPDX-License-Identifier: MIT */
#include "engine/rate.h"

/* The most that can be forwarded out of `received_msat`, the fee for it taken off. */
static uint64_t forwardable(const struct fgr_arc *arc, uint64_t received_msat)
{
    if (received_msat <= arc->base_msat) {
        return 0;
    }
    uint64_t left_msat = received_msat - arc->base_msat;
    /* The floor in the fee gives a little more than the division says, at most 1 msat. */
    uint64_t amount_msat = fgr_muldiv_floor(left_msat, 1000000, 1000000 + (uint64_t)arc->ppm);
    bool is_more = fgr_arc_fee(arc, amount_msat + 1) <= received_msat - (amount_msat + 1);
    return amount_msat < received_msat && is_more ? amount_msat + 1 : amount_msat;
}

/* Whether a part of `amount_msat` passes every htlc_min. */
static bool passes(const struct fgr_mix *mix, const struct fgr_mix_path *path, uint64_t amount_msat)
{
    for (uint32_t i = path->n_hops; i-- > 0 && amount_msat <= FGR_MSAT_MAX;) {
        const struct fgr_arc *arc = &mix->lane[path->lane[i]].arc;
        if (amount_msat < arc->htlc_min_msat) {
            return false;
        }
        uint64_t fee_msat = fgr_arc_fee(arc, amount_msat);
        amount_msat = fee_msat < FGR_MSAT_MAX ? amount_msat + fee_msat : FGR_MSAT_MAX + 1;
    }
    return true;
}

/* Largest part by every htlc_max, least by every htlc_min. */
static void limit(const struct fgr_mix *mix, struct fgr_mix_path *path)
{
    uint64_t most_msat = FGR_MSAT_MAX;
    double least_msat = 0;
    for (uint32_t i = 0; i < path->n_hops; i++) {
        const struct fgr_arc *arc = &mix->lane[path->lane[i]].arc;
        most_msat = i == 0 ? most_msat : forwardable(arc, most_msat);
        most_msat = most_msat < arc->htlc_max_msat ? most_msat : arc->htlc_max_msat;
        double least = ((double)arc->htlc_min_msat - path->offset[i]) / path->gain[i];
        least_msat = least > least_msat ? least : least_msat;
    }
    path->most_msat = most_msat;
    path->least_msat = (uint64_t)least_msat;
    /* Fees are rounded down, so that a little more may be needed. */
    for (int i = 0; i < 2 * FGR_HOPS_MAX && !passes(mix, path, path->least_msat); i++) {
        path->least_msat++;
    }
}

/* What is common to all ways of rating: what follows the amount. `is_spread`: with fixed charges in
 * it, each over what passes its half-channel. */
static void rate_amount(const struct fgr_flow *flow, struct fgr_mix_path *path, bool is_spread)
{
    const struct fgr_mix *mix = &flow->mix;
    const struct fgr_tariff *tariff = &mix->tariff;
    double gain = 1.0;
    path->price = 0;
    path->fee = 0;
    path->size_msat = flow->limits.whole_msat;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        const struct fgr_lane *lane = &mix->lane[path->lane[i]];
        const struct fgr_arc *arc = &lane->arc;
        double spread = fgr_tariff_spread(tariff, arc, lane->held_msat);
        double fee =
            is_spread ? fgr_tariff_fee(tariff, arc, lane->held_msat) : (double)arc->ppm * 1e-6;
        double own = fee * tariff->fee_weight + (double)arc->cltv_blocks * tariff->risk;
        if (is_spread) {
            own += fgr_tariff_bias(arc) / spread;
        }
        path->gain[i] = gain;
        path->size_msat = spread < path->size_msat ? spread : path->size_msat;
        path->fee += gain * fee;
        path->price += gain * own;
        if (i == 0 && is_spread) {
            path->price += gain * tariff->part_cost_msat / spread;
        }
        gain *= 1.0 + fee;
    }
}

/* What follows the number of parts. `is_exact`: with what fixed charges cost on their own way. */
static void rate_parts(const struct fgr_flow *flow, struct fgr_mix_path *path, bool is_exact)
{
    const struct fgr_mix *mix = &flow->mix;
    const struct fgr_tariff *tariff = &mix->tariff;
    double offset = 0;
    path->fixed = tariff->part_cost_msat;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        const struct fgr_lane *lane = &mix->lane[path->lane[i]];
        const struct fgr_arc *arc = &lane->arc;
        double carried = is_exact ? offset : 0;
        bool is_free = !is_exact && lane->use == FGR_LANE_PAID;
        double base = is_free ? 0 : (double)arc->base_msat + carried * (double)arc->ppm * 1e-6;
        path->offset[i] = carried;
        path->fixed +=
            base * tariff->fee_weight + carried * (double)arc->cltv_blocks * tariff->risk;
        offset += base;
    }
}

static double base_fees(const struct fgr_flow *flow, const struct fgr_mix_path *path)
{
    double sum = 0;
    for (uint32_t i = 0; i < path->n_hops; i++) {
        sum += (double)flow->mix.lane[path->lane[i]].arc.base_msat;
    }
    return sum;
}

void fgr_rate_spread(const struct fgr_flow *flow, struct fgr_mix_path *path)
{
    rate_amount(flow, path, !flow->is_sized);
    rate_parts(flow, path, false);
    if (flow->is_sized) {
        double fixed = path->fixed + flow->limits.part_weight;
        path->price += fixed / path->size_msat;
        path->fee += base_fees(flow, path) / path->size_msat;
    }
    limit(&flow->mix, path);
}

void fgr_rate_apart(const struct fgr_flow *flow, struct fgr_mix_path *path)
{
    rate_amount(flow, path, false);
    rate_parts(flow, path, true);
    limit(&flow->mix, path);
}
