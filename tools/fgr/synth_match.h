/* SPDX-License-Identifier: MIT */
/*
 * synth_match.h - who has channels with whom.
 *
 * Place in the flow: degrees and groups -> pairs of ends.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_SYNTH_MATCH_H
#define FGR_TOOLS_SYNTH_MATCH_H

#include "tools/fgr/synth_net.h"

/* Fills the ends of all channels so that every node has its degrees, no channel joins a node with
 * itself, groups meet as often as in the real network, and some pairs have several channels.
 * Errors: MEMORY. */
enum fgr_err fgr_synth_match(struct fgr_synth_net *net, struct fgr_error *err);

#endif
