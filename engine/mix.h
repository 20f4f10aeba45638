/* SPDX-License-Identifier: MIT */
/*
 * mix.h - an amount spread over given paths so that it costs least.
 *
 * Place in the flow: paths (from price or search) -> mix -> flows and slopes (for the next price) or
 * amounts (for parts).
 *
 * Threads: one thread per mix.
 * Memory: fixed arrays, inside the scratch of the split.
 */
#ifndef FGR_ENGINE_MIX_H
#define FGR_ENGINE_MIX_H

#include "engine/price.h"

#define FGR_PATHS_MAX 192

/* More than any amount. */
#define FGR_MIX_MOST 1e30

struct fgr_mix_path {
    uint32_t n_hops;             /* 0 = not a path: what is missing, at a price of its own */
    bool is_open;                /* may carry something */
    uint16_t lane[FGR_HOPS_MAX]; /* from the source on */
    double gain[FGR_HOPS_MAX];   /* msat there per msat delivered */
    double offset[FGR_HOPS_MAX]; /* msat there for the fixed charges of what follows, per part */
    double price;                /* of a msat more without failure */
    double fixed;                /* of a part, whatever it delivers */
    double fee;                  /* of a msat */
    double size_msat;            /* least htlc_max, or the whole amount: what weights go by */
    uint64_t most_msat;          /* largest part, by every htlc_max; exact */
    uint64_t least_msat;         /* no smaller part passes every htlc_min */
    double low_msat;             /* the amount stays from here */
    double high_msat;            /* to here */
    double amount_msat;
};

struct fgr_mix {
    uint32_t n_paths;
    uint32_t n_lanes;
    bool has_slots; /* some lane takes only so many parts */
    uint64_t n_steps;
    struct fgr_tariff tariff;
    struct fgr_mix_path path[FGR_PATHS_MAX];
    struct fgr_lane lane[FGR_LANES_MAX];
    /* Newton steps over the paths in use. */
    uint32_t n_used;
    uint16_t used[FGR_PATHS_MAX];
    uint16_t lane_used[FGR_LANES_MAX];
    uint32_t n_lanes_used;
    double marginal[FGR_PATHS_MAX];
    double step[FGR_PATHS_MAX];
    double unit[FGR_PATHS_MAX];
    double factor[FGR_PATHS_MAX * FGR_PATHS_MAX];
    double lane_step[FGR_LANES_MAX];
    bool is_lane_used[FGR_LANES_MAX];
};

/* M * -ln P of a flow; its slope; the slope of that. Smooth and convex whatever the model, and what
 * the balance aims at; prices for a bound come from fgr_mix_tangents. */
double fgr_mix_fail(const struct fgr_mix *mix, const struct fgr_lane *lane, double flow_msat);
double fgr_mix_slope(const struct fgr_mix *mix, const struct fgr_lane *lane, double flow_msat);

/* Balances the open paths: amounts within their limits whose sum stays, at which the sum of price *
 * amount and failure is least, but for `tolerance` of the marginal price. The amounts must be within
 * the limits before. Returns the least marginal price of a path that may carry more. */
double fgr_mix_balance(struct fgr_mix *mix, double tolerance);

/* Adds `delta` to the amount of a path and to the flow of its lanes. */
void fgr_mix_shift(struct fgr_mix *mix, uint32_t path, double delta_msat);

/* For each path that carries something, in out_bend: the second derivative of the least cost by its
 * amount, the others following. Taking d from it costs about d * d / 2 times that. */
void fgr_mix_bends(struct fgr_mix *mix, double *out_bend);

/* Sum of price * amount and failure. */
double fgr_mix_cost(const struct fgr_mix *mix);

#endif
