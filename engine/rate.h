/* SPDX-License-Identifier: MIT */
/*
 * rate.h - what a path costs, and how large its parts can be.
 *
 * Place in the flow: lanes of a path + tariff -> rate -> mix (which balances by it).
 *
 * Threads: one thread per flow.
 */
#ifndef FGR_ENGINE_RATE_H
#define FGR_ENGINE_RATE_H

#include "engine/flow.h"

/* Fills the prices and limits of a path at the tariff of the flow, fixed charges spread. */
void fgr_rate_spread(const struct fgr_flow *flow, struct fgr_mix_path *path);

/* The same with fixed charges apart, as a part pays them. */
void fgr_rate_apart(const struct fgr_flow *flow, struct fgr_mix_path *path);

#endif
