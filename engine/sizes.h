/* SPDX-License-Identifier: MIT */
/*
 * sizes.h - a bound for sets of several parts, from what a part of each size costs at least.
 *
 * Place in the flow: solve (relaxation solved, gap still open) -> sizes.
 *
 * Threads: one thread per flow.
 */
#ifndef FGR_ENGINE_SIZES_H
#define FGR_ENGINE_SIZES_H

#include "engine/flow.h"

/* No set of two parts or more, none below `min_part_msat`, costs less than this before rounding, if it
 * costs less than `cost_msat` at all; `bound_msat` is what is known of that. Adds paths to the flow; its
 * amounts stay, its slopes do not. */
double fgr_sizes_bound(struct fgr_flow *flow, double min_part_msat, double bound_msat,
                       double cost_msat);

#endif
