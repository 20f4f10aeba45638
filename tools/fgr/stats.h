/* SPDX-License-Identifier: MIT */
/*
 * stats.h - the figures that describe a network snapshot in a paper.
 *
 * Place in the flow: view -> stats -> fgr info.
 *
 * Threads: pure functions over an immutable view, any thread.
 */
#ifndef FGR_TOOLS_STATS_H
#define FGR_TOOLS_STATS_H

#include "graph/view.h"
#include "tools/fgr/components.h"

#define FGR_SPREAD_POINTS 9
#define FGR_STATS_HUBS 10
#define FGR_STATS_SHARES 4

/* Percentages of the quantiles: 0, 1, 10, 25, 50, 75, 90, 99, 100. */
extern const unsigned fgr_spread_percent[FGR_SPREAD_POINTS];

/* Node counts of the concentration figures: 1, 10, 100, 1000. */
extern const uint32_t fgr_stats_share_nodes[FGR_STATS_SHARES];

/* How n values spread: quantile p is the value of rank p (n - 1) / 100, rounded to the nearest
 * rank, half to even. All zero where n = 0. */
struct fgr_spread {
    uint64_t n;
    uint64_t at[FGR_SPREAD_POINTS];
    double mean;
};

struct fgr_hub {
    fgr_node_idx node;
    uint32_t channels;
    uint64_t capacity_sat;
};

struct fgr_stats {
    /* channels by the number of their enabled half-channels */
    uint32_t enabled_both, enabled_one, enabled_neither;
    uint64_t capacity_sat, capacity_both_sat, capacity_any_sat;
    /* half-channels */
    uint32_t enabled, disabled, missing;
    uint32_t inconsistent; /* known and not disabled, but their limits contradict */
    uint32_t inbound_fees;
    uint32_t dying; /* channels */

    struct fgr_spread capacity_spread_sat; /* per channel */
    struct fgr_spread both_spread_sat;     /* per channel enabled both ways */
    struct fgr_spread core_out_spread_sat; /* enabled outgoing capacity per node of the core */
    struct fgr_spread degree;              /* channels per node */
    struct fgr_spread out_degree;          /* enabled outgoing half-channels per node */
    struct fgr_spread core_out_degree;     /* the same, nodes of the core */
    /* enabled half-channels */
    struct fgr_spread base_msat, ppm, cltv_blocks, htlc_min_msat, htlc_max_msat;

    uint32_t degree_1, degree_max_2, degree_min_100, degree_min_1000; /* nodes with that many */
    uint32_t no_enabled, no_enabled_out, no_enabled_in;               /* nodes */

    /* The core is the largest strongly connected component of enabled half-channels. */
    uint32_t components, component_largest; /* all channels, undirected */
    uint32_t weak_largest;                  /* enabled half-channels, undirected */
    uint32_t strong_size[FGR_COMPONENTS_LISTED];
    uint32_t core_enabled; /* enabled half-channels inside the core */

    uint32_t pairs, parallel_pairs, parallel_channels, parallel_most; /* node pairs, channels */

    /* Concentration. A channel gives its capacity to both of its ends. */
    uint64_t top_capacity_sat[FGR_STATS_SHARES]; /* at the richest nodes, of 2 x capacity_sat */
    uint64_t top_degree;       /* channel ends at the FGR_STATS_HUBS most connected nodes */
    uint64_t hub_touching_sat; /* capacity of the channels that touch one of the hubs */
    uint32_t n_hubs;
    struct fgr_hub hub[FGR_STATS_HUBS]; /* richest nodes, descending */

    uint32_t newest;              /* timestamp of the newest policy, 0 if none */
    struct fgr_spread age_s;      /* known policies, relative to the newest */
    uint32_t node_newest;         /* the same of node announcements */
    struct fgr_spread node_age_s; /* nodes with an announcement */
};

/* Sorts `values` and describes them. */
void fgr_spread_of(struct fgr_spread *out_spread, uint64_t *values, size_t n);

/* Errors: MEMORY. O(channels log channels). */
enum fgr_err fgr_stats_compute(struct fgr_stats *out_stats, const struct fgr_view *view,
                               struct fgr_error *err);

#endif
