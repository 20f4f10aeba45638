/* SPDX-License-Identifier: MIT */
/*
 * synth_tables.h - what was measured in a real network, for the generator.
 *
 * All from the Bitcoin mainnet network of 2026-02-03 that Core Lightning tests with (its
 * tests/data/gossip-store-2026-02-03.compressed): 17,324 nodes, 50,808 channels. Only summary
 * numbers are here: quantiles, frequencies, means.
 *
 * Threads: constants.
 * Source: datasets/README.md compares the outcome with that network.
 */
#ifndef FGR_TOOLS_SYNTH_TABLES_H
#define FGR_TOOLS_SYNTH_TABLES_H

#include "tools/fgr/synth_curve.h"
#include "tools/fgr/synth_net.h"

/* Degrees, from the largest node down. */
extern const struct fgr_synth_curve fgr_synth_live_degree;
extern const struct fgr_synth_curve fgr_synth_dead_degree;
extern const struct fgr_synth_curve fgr_synth_stale_degree; /* dead channels of live nodes */

/* Percent of the meetings that chance alone would bring. */
extern const uint16_t fgr_synth_live_affinity[FGR_SYNTH_LIVE_GROUPS][FGR_SYNTH_LIVE_GROUPS];
extern const uint16_t fgr_synth_dead_affinity[FGR_SYNTH_DEAD_GROUPS][FGR_SYNTH_DEAD_GROUPS];

/* Share of live channels with one enabled direction, by the smaller group of the pair. */
extern const uint16_t fgr_synth_one_way_permille[FGR_SYNTH_LIVE_GROUPS];

/* Share of pairs that open further channels, by how large these are (fgr_synth_capacity_pair): below
 * 0.5, 1, 1.5, 2 standard deviations, or above. Then, how many there are. */
#define FGR_SYNTH_SEVERAL_STEPS 5
extern const uint16_t fgr_synth_several_permille[FGR_SYNTH_SEVERAL_STEPS];
extern const struct fgr_synth_curve fgr_synth_multiplicity;

/* Capacities in sat, ascending, and what a group adds to their normal score. */
struct fgr_synth_size {
    int16_t mean_q10;
    int16_t spread_q10; /* standard deviation between its nodes */
};
#define FGR_SYNTH_CAPACITY_NOISE_Q10 150
extern const struct fgr_synth_curve fgr_synth_live_capacity;
extern const struct fgr_synth_curve fgr_synth_dead_capacity;
extern const struct fgr_synth_size fgr_synth_live_size[FGR_SYNTH_LIVE_GROUPS];
extern const struct fgr_synth_size fgr_synth_dead_size[FGR_SYNTH_DEAD_GROUPS];
extern const uint16_t fgr_synth_pair_noise_q10[FGR_SYNTH_LIVE_GROUPS]; /* by the smaller end */

/* How a node chooses htlc_maximum: 99 % of the capacity (LND's default), all of it, or else. */
enum fgr_synth_max { FGR_SYNTH_MAX_99, FGR_SYNTH_MAX_ALL, FGR_SYNTH_MAX_OTHER };

/* A policy that nodes mostly use, and the share of the half-channels of nodes of a size that belong
 * to them. What is missing to 1000 are nodes with rarer values. */
struct fgr_synth_habit {
    uint16_t share_permille;
    uint8_t max; /* enum fgr_synth_max */
    uint16_t cltv_delta;
    uint32_t base_msat;
    uint32_t htlc_min_msat;
};
struct fgr_synth_habits {
    const struct fgr_synth_habit *rows;
    uint32_t n_rows;
};

/* Sizes of nodes by live channels: to 4, to 64, above. */
#define FGR_SYNTH_SIZES 3
/* Nodes that keep the defaults of LND (base fee 1000), of CLN (cltv 34), and others. */
#define FGR_SYNTH_STYLES 3
/* Live channels: 2 to 4, to 16, to 64, to 256, above. */
#define FGR_SYNTH_SHARES 5
extern const struct fgr_synth_habits fgr_synth_habits[FGR_SYNTH_SIZES];
extern const struct fgr_synth_curve fgr_synth_main_ppm[FGR_SYNTH_STYLES][FGR_SYNTH_SIZES];
extern const struct fgr_synth_curve fgr_synth_main_share[FGR_SYNTH_SHARES];

/* Values other than the usual one of their node, and the share of its channels that have such. */
extern const struct fgr_synth_curve fgr_synth_other_base;
extern const struct fgr_synth_curve fgr_synth_other_cltv;
extern const struct fgr_synth_curve fgr_synth_other_htlc_min;
extern const struct fgr_synth_curve fgr_synth_other_ppm;
extern const struct fgr_synth_curve fgr_synth_stray_base;
extern const struct fgr_synth_curve fgr_synth_stray_cltv;
extern const struct fgr_synth_curve fgr_synth_stray_htlc_min;
extern const struct fgr_synth_curve fgr_synth_stray_max;

/* htlc_maximum per mille of the capacity, where it is neither 99 % nor all of it. */
extern const struct fgr_synth_curve fgr_synth_max_ratio;

#endif
