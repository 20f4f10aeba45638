/* SPDX-License-Identifier: MIT */
/*
 * lots_mix.h - how many parts of each kind, and what parts and amounts are worth then.
 *
 * Place in the flow: lots (which kinds there are) -> lots_mix -> lots_find (prices for further ones).
 *
 * Threads: one thread per scratch.
 * Memory: inside the scratch of the split.
 */
#ifndef FGR_ENGINE_LOTS_MIX_H
#define FGR_ENGINE_LOTS_MIX_H

#include "engine/lots_find.h"
#include "engine/mix.h"

#define FGR_LOTS_MAX 128
#define FGR_LOTS_LINES_MAX 10

/* A part as a whole: a path and an amount. The first one is no part: what is left of the number. */
struct fgr_lot {
    uint32_t path; /* in the mix */
    double amount_msat;
    double cost;  /* with its failure by itself */
    double count; /* how many of it: fractions count */
    double slack; /* what it costs more than it is worth */
    double flow_msat[FGR_HOPS_MAX];
    double fail[FGR_HOPS_MAX];
};

/* Lines below the failure cost of the sum on a lane. The first stands for the failures of its parts, each
 * by itself. The largest of them all is what the lane costs at least. */
struct fgr_lots_lane {
    bool is_used;
    uint32_t n;
    double largest; /* and a little more */
    double offset[FGR_LOTS_LINES_MAX];
    double slope[FGR_LOTS_LINES_MAX];
    double share[FGR_LOTS_LINES_MAX]; /* prices of the lines: 1 together */
    double below[FGR_LOTS_LINES_MAX]; /* by how much they are below `largest` */
    double share_step[FGR_LOTS_LINES_MAX];
    double below_step[FGR_LOTS_LINES_MAX];
    double step;
    double flow_msat;
    double apart; /* failures of the parts, each by itself */
    double flow_step;
    double apart_step;
    double by_flow; /* slope of `largest` by the two */
    double by_apart;
    double bend[3]; /* its curvature: by the flow, by both, by the failures */
};

struct fgr_lots_mix {
    uint32_t n;
    double price;  /* of a msat */
    double weight; /* of a part */
    double total_msat;
    double max_parts;
    double barrier;
    uint64_t work; /* of all steps, in half-channels looked at */
    struct fgr_lot lot[FGR_LOTS_MAX];
    uint32_t n_used;
    uint16_t used[FGR_LANES_MAX];
    struct fgr_lots_lane lane[FGR_LANES_MAX];
    double by_flow[FGR_LANES_MAX];
    double by_apart[FGR_LANES_MAX];
    double slope[FGR_LOTS_MAX];
    double step[FGR_LOTS_MAX];
    double slack_step[FGR_LOTS_MAX];
    double by_amount[FGR_LOTS_MAX];
    double by_count[FGR_LOTS_MAX];
    double factor[FGR_LOTS_MAX * FGR_LOTS_MAX];
};

/* No lots yet. */
void fgr_lots_mix_start(struct fgr_lots_mix *lots, double total_msat, uint32_t max_parts,
                        double barrier);

/* What a part of a size costs on a path of the mix, its failure by itself. False if none can go there. */
bool fgr_lots_mix_rate(const struct fgr_mix *mix, const struct fgr_lots_prices *prices,
                       uint32_t path, double amount_msat, struct fgr_lot *out);

/* Adds a lot, as `count` of it at first. False if it cannot be, or there is no room. */
bool fgr_lots_mix_add(struct fgr_lots_mix *lots, const struct fgr_mix *mix,
                      const struct fgr_lots_prices *prices, uint32_t path, double amount_msat,
                      double count);

/* Forgets the dearest of those that are not used until `n` are left. */
void fgr_lots_mix_prune(struct fgr_lots_mix *lots, uint32_t n);

/* Lines at the flows of the lanes where sums count for at least that share. */
void fgr_lots_mix_refine(struct fgr_lots_mix *lots, const struct fgr_mix *mix, double fail_msat,
                         double least_share);

/* Counts that cost least, starting at `barrier` and ending where each product of a count and its price
 * is about `finest`; and the prices. */
void fgr_lots_mix_balance(struct fgr_lots_mix *lots, const struct fgr_mix *mix, double barrier,
                          double finest);

/* Tells the prices of the lanes; lines flatter than those of parts of `least_msat` are left out. Returns
 * what all parts together pay less than these prices say: at most 0. */
double fgr_lots_mix_prices(const struct fgr_lots_mix *lots, const struct fgr_mix *mix,
                           double least_msat, struct fgr_lots_prices *out);

#endif
