/* SPDX-License-Identifier: MIT */
/*
 * nasty_split.h - random graphs and queries for payments that have to be split: channels of about
 * half the amount, HTLC limits around it, parts that share channels, limits that just bind.
 *
 * Threads: one rng per thread.
 */
#ifndef FGR_TESTS_SUPPORT_NASTY_SPLIT_H
#define FGR_TESTS_SUPPORT_NASTY_SPLIT_H

#include "fulgurite/split.h"
#include "tests/support/nasty.h"

/* Two graphs in three have channels made for a part of the amount rather than all of it. */
void fgr_nasty_split_graph(struct fgr_rng *rng, struct fgr_maker_chan *out_chans, uint32_t n_chans,
                           uint32_t n_nodes, uint64_t amount_msat);

/* Leaves no channel more room than the amount, and most of them less. */
void fgr_nasty_split_narrow(struct fgr_rng *rng, struct fgr_maker_chan *chans, uint32_t n_chans,
                            uint64_t amount_msat);

/* A query between two of the nodes, up to `max_parts` parts, with random limits and cost. */
void fgr_nasty_split_query(struct fgr_rng *rng, struct fgr_split_query *out_query, uint32_t n_nodes,
                           uint64_t amount_msat, uint32_t max_parts);

/* Another max_parts, up to the most there can be, and a min_part that often is just what all of
 * these parts come to. */
void fgr_nasty_split_tight(struct fgr_rng *rng, struct fgr_split_query *query);

/* A query in words, for the message of a failed test. Returns `text`. */
const char *fgr_nasty_split_describe(char *text, size_t n_bytes,
                                     const struct fgr_split_query *query);

#endif
