/* SPDX-License-Identifier: MIT */
/*
 * synth_policy.h - what nodes ask for: which half-channels are enabled, and every policy.
 *
 * A node has its manners: one base fee, CLTV delta, htlc_minimum and way to choose htlc_maximum, from
 * which some of its channels stray, and either one ppm for nearly all or a palette of them.
 *
 * Place in the flow: capacities -> manners -> policy records for the builder.
 *
 * Threads: manners are filled by one thread; reading them is for any number.
 */
#ifndef FGR_TOOLS_SYNTH_POLICY_H
#define FGR_TOOLS_SYNTH_POLICY_H

#include "graph/builder.h"
#include "tools/fgr/synth_net.h"

/* Seconds: all announcements and updates are from the two weeks before the end, the day of the
 * network that the tables are from (2026-02-03 00:00 UTC). */
#define FGR_SYNTH_TIME_END 1770076800U
#define FGR_SYNTH_TIME_SPAN 1209600U

struct fgr_synth_manner {
    uint32_t base_msat;
    uint32_t htlc_min_msat;
    uint32_t ppm;
    uint32_t price_level; /* where its palette lies among all prices, in 2^-32 */
    uint16_t cltv_delta;
    uint16_t max_permille; /* of the capacity, where max is FGR_SYNTH_MAX_OTHER */
    uint16_t ppm_permille; /* share of channels with `ppm`; likewise below, with another value */
    uint16_t stray_base_permille;
    uint16_t stray_cltv_permille;
    uint16_t stray_min_permille;
    uint16_t stray_max_permille;
    uint8_t max; /* enum fgr_synth_max */
};

/* Fills the manners of all nodes. */
void fgr_synth_policy_manners(const struct fgr_synth_net *net,
                              struct fgr_synth_manner *out_manners);

/* Fills `out_halves` for the half-channels that leave node[0] and node[1] of a channel. */
void fgr_synth_policy_states(const struct fgr_synth_net *net, enum fgr_synth_half out_halves[2],
                             uint32_t chan);

/* The policy of the half-channel that leaves node[end] of a channel: all fields but scid and
 * direction. */
void fgr_synth_policy_fill(const struct fgr_synth_net *net, const struct fgr_synth_manner *manners,
                           struct fgr_policy_record *out_policy, uint32_t chan, unsigned end);

#endif
