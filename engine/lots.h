/* SPDX-License-Identifier: MIT */
/*
 * lots.h - a bound for sets of few parts, and paths that such sets use.
 *
 * Place in the flow: solve (an answer of as many parts as may be, the bound of flows) -> lots -> {lots_mix,
 * lots_find}; parts makes parts of what it proposes.
 *
 * Threads: one thread per scratch.
 * Memory: inside the scratch of the split.
 */
#ifndef FGR_ENGINE_LOTS_H
#define FGR_ENGINE_LOTS_H

#include "engine/flow.h"
#include "engine/lots_mix.h"
#include "engine/parts.h"

/* So many may be found by one look at the network. */
#define FGR_LOTS_NEW_MAX 16

/* A lot that is cheaper than prices say. */
struct fgr_lots_find {
    uint32_t path;
    double amount_msat;
    double gain;
};

struct fgr_lots {
    struct fgr_flow *flow;
    const struct fgr_parts_task *task;
    double cost_msat;
    double tolerance; /* a lot that is cheaper by less is of no interest */
    double least;     /* no lot costs less than prices say by more than that: negative */
    double bound_msat;
    double zero_price; /* no msat costs less, whatever the part */
    uint32_t n_found;
    struct fgr_lots_find found[FGR_LOTS_NEW_MAX];
    struct fgr_lots_prices prices;
    struct fgr_lots_mix mix;
    struct fgr_lots_net net;
};

/* Bounds the cost of all sets of at most task->max_parts parts, without rounding, and adds the paths of
 * the cheapest to the flow. `parts` are the best known, on paths of the flow, and cost `cost_msat`. For
 * the uniform model. Returns the bound; 0 if there is none. */
double fgr_lots_solve(struct fgr_lots *lots, struct fgr_flow *flow, const struct fgr_parts *parts,
                      const struct fgr_parts_task *task, double cost_msat);

/* Puts the amounts of the last solution on the paths of the flow. */
void fgr_lots_propose(const struct fgr_lots *lots);

#endif
