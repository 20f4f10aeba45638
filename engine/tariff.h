/* SPDX-License-Identifier: MIT */
/*
 * tariff.h - what one msat costs on its way, as plain numbers: the constants of one query.
 *
 * Place in the flow: query -> tariff -> price (which searches by it) and mix (which balances by
 * it). All prices are msat of cost per msat.
 *
 * Fixed charges are spread over the largest amount a part can carry: what a part really pays for a
 * half-channel is never less than its amount times the price, so prices are lower bounds.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_ENGINE_TARIFF_H
#define FGR_ENGINE_TARIFF_H

#include "engine/arc.h"

struct fgr_tariff {
    double fee_weight;     /* 1, or more where the fee limit binds */
    double risk;           /* per msat and block */
    double fail_msat;      /* M */
    double flat;           /* least slope of -ln P times (capacity + 1), by model */
    double top_msat;       /* fixed charges are spread over no more */
    double part_msat;      /* no part carries more anywhere */
    double least_msat;     /* no part delivers less */
    double part_cost_msat; /* per part */
    bool is_whole;         /* fixed charges are spread over top_msat whatever the htlc_max */
    double reach;          /* no better set of parts puts more on a half-channel than the flow held
                              there and this share of what is left of it; 0 = not known */
    double size_msat; /* parts are no smaller, and pay what curves are above their lines at that;
                               0 = they do not */
    enum fgr_prob_model model;
};

/* Whether M * -ln P of the half-channel is a logarithm from 0 on. */
static inline bool fgr_tariff_bends(const struct fgr_tariff *tariff, const struct fgr_arc *arc)
{
    return tariff->model == FGR_PROB_UNIFORM && arc->sure_msat == 0 && arc->bias_msat >= 0;
}

/* What the curve is above its tangent at `flow_msat` where `size_msat` pass, at least:
 * -ln(1 - t) - t >= t^2 / 2. */
static inline double fgr_tariff_above(const struct fgr_tariff *tariff, const struct fgr_arc *arc,
                                      double flow_msat, double size_msat)
{
    double t = (size_msat - flow_msat) / ((double)arc->most_msat + 1.0 - flow_msat);
    return t > 0 && fgr_tariff_bends(tariff, arc) ? tariff->fail_msat * 0.5 * t * t : 0;
}

/* Over how much a fixed charge of the half-channel is spread, where `held_msat` flow. */
static inline double fgr_tariff_spread(const struct fgr_tariff *tariff, const struct fgr_arc *arc,
                                       double held_msat)
{
    double most = (double)arc->htlc_max_msat;
    if (tariff->is_whole) {
        return tariff->top_msat;
    }
    most = most < tariff->top_msat ? most : tariff->top_msat;
    /* What is certain to pass, or may cost nothing, has no curve to hold it back. */
    if (tariff->reach > 0 && arc->sure_msat == 0 && arc->bias_msat >= 0) {
        double end = (double)arc->most_msat + 1.0;
        double near = held_msat + tariff->reach * (end - held_msat);
        most = near < most ? near : most;
    }
    return most > tariff->least_msat ? most : tariff->least_msat;
}

/* What its fee takes out of each msat: a lower bound, as a part may carry less than the spread. */
static inline double fgr_tariff_fee(const struct fgr_tariff *tariff, const struct fgr_arc *arc,
                                    double held_msat)
{
    return (double)arc->base_msat / fgr_tariff_spread(tariff, arc, held_msat) +
           (double)arc->ppm * 1e-6;
}

/* What a part pays once for using the half-channel, its base fee apart. */
static inline double fgr_tariff_bias(const struct fgr_arc *arc)
{
    return arc->bias_msat > 0 ? (double)arc->bias_msat : 0;
}

/* The slope of M * -ln P that is below the true curve everywhere. */
static inline double fgr_tariff_flat(const struct fgr_tariff *tariff, const struct fgr_arc *arc)
{
    if (arc->sure_msat > 0 || arc->bias_msat < 0 ||
        (tariff->model != FGR_PROB_UNIFORM && arc->most_msat < arc->capacity_msat)) {
        return 0; /* nothing up to there; or a discount that may take all of it */
    }
    return tariff->fail_msat * tariff->flat / ((double)arc->most_msat + 1.0);
}

#endif
