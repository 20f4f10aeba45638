/* SPDX-License-Identifier: MIT */
/*
 * fill.h - the amount on few paths, whatever they cost.
 *
 * Place in the flow: solve (a flow that makes no parts) -> fill -> parts.
 *
 * Threads: one thread per flow.
 */
#ifndef FGR_ENGINE_FILL_H
#define FGR_ENGINE_FILL_H

#include "engine/flow.h"

/* Adds paths, and puts the amount on no more than `max_parts` of all: what was on them before goes.
 * False if it cannot; then the amounts are of no use. */
bool fgr_fill(struct fgr_flow *flow, uint32_t max_parts);

#endif
