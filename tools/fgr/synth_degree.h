/* SPDX-License-Identifier: MIT */
/*
 * synth_degree.h - who has how many channels.
 *
 * Place in the flow: counts of nodes and channels -> degrees and groups -> pairs.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_SYNTH_DEGREE_H
#define FGR_TOOLS_SYNTH_DEGREE_H

#include "tools/fgr/synth_net.h"

/* Divides nodes and channels into live and dead ones, as in the real network where the numbers
 * allow it. Needs 2 nodes at least and a channel for every two of them. */
void fgr_synth_degree_split(struct fgr_synth_net *net);

/* Fills the degrees and groups of all nodes. The live degrees add up to twice the live channels
 * and none is above their number, so that pairs exist; the dead ones likewise. Errors: MEMORY. */
enum fgr_err fgr_synth_degree_assign(struct fgr_synth_net *net, struct fgr_error *err);

#endif
