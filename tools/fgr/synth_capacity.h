/* SPDX-License-Identifier: MIT */
/*
 * synth_capacity.h - how large the channels are.
 *
 * Place in the flow: groups -> sizes -> pairs -> capacities -> policies.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_SYNTH_CAPACITY_H
#define FGR_TOOLS_SYNTH_CAPACITY_H

#include "tools/fgr/synth_net.h"

/* Fills how large the channels of each node are, as far as that depends on the node. */
void fgr_synth_capacity_sizes(struct fgr_synth_net *net);

/* How large the channels of a pair are: the normal score of their capacities, but for what differs
 * between them. */
int32_t fgr_synth_capacity_pair(const struct fgr_synth_net *net, uint32_t a, uint32_t b);

/* Fills the capacities of all channels: the quantiles of the real network, the larger ones where
 * larger nodes meet. Errors: MEMORY. */
enum fgr_err fgr_synth_capacity_assign(struct fgr_synth_net *net, struct fgr_error *err);

#endif
