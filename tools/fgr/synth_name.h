/* SPDX-License-Identifier: MIT */
/*
 * synth_name.h - what nodes say about themselves: aliases, features, times.
 *
 * Place in the flow: degrees, manners -> node records for the builder.
 *
 * Threads: pure functions, any thread.
 */
#ifndef FGR_TOOLS_SYNTH_NAME_H
#define FGR_TOOLS_SYNTH_NAME_H

#include "tools/fgr/synth_policy.h"

#define FGR_SYNTH_FEATURE_BYTES 8

/* A node record and the bytes it points to. */
struct fgr_synth_announcement {
    struct fgr_node_record record;
    char alias[FGR_ALIAS_BYTES_MAX + 1];
    uint8_t features[FGR_SYNTH_FEATURE_BYTES];
};

/* Fills what a node announces; record.id must be set. False if it never announced itself. */
bool fgr_synth_name_announce(const struct fgr_synth_net *net, const struct fgr_synth_manner *manner,
                             struct fgr_synth_announcement *out_announcement, uint32_t node);

#endif
