/* SPDX-License-Identifier: MIT */
/*
 * nasty.h - random graphs and queries in which everything happens at the edge: minima just above
 * the amount, maxima just at the amount plus a fee, free and absurdly dear half-channels, zero and
 * huge CLTV deltas, parallel channels, limits that just bind.
 *
 * Threads: one rng per thread.
 */
#ifndef FGR_TESTS_SUPPORT_NASTY_H
#define FGR_TESTS_SUPPORT_NASTY_H

#include "fulgurite/route.h"
#include "graph/util/rng.h"
#include "tests/support/graph_maker.h"

/* True in `percent` of 100 calls. */
bool fgr_nasty_chance(struct fgr_rng *rng, unsigned percent);

/* 1 .. 2^bits - 1 with every bit length equally likely: roughly log-uniform. */
uint64_t fgr_nasty_magnitude(struct fgr_rng *rng, unsigned bits);

/* Fills `chans` for a graph that payments of about `amount_msat` find interesting. */
void fgr_nasty_graph(struct fgr_rng *rng, struct fgr_maker_chan *out_chans, uint32_t n_chans,
                     uint32_t n_nodes, uint64_t amount_msat);

/* A query between two of the nodes with random limits; every second one has the default cost. */
void fgr_nasty_query(struct fgr_rng *rng, struct fgr_route_query *out_query, uint32_t n_nodes,
                     uint64_t amount_msat);

/* Random limits for a query that is otherwise complete. */
void fgr_nasty_limits(struct fgr_rng *rng, struct fgr_route_query *query);

#endif
