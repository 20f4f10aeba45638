/* SPDX-License-Identifier: MIT */
/*
 * synth_net.h - the network while it is being generated, and the streams of chance it draws from.
 *
 * Place in the flow: degrees -> sizes -> pairs -> capacities -> manners, names -> records. Each stage
 * fills its fields and reads those of the stages before.
 *
 * A live channel has an enabled direction, a dead one has none; a live node has a live channel.
 * About a third of a real network is dead, and most of that hangs on dead nodes.
 *
 * Threads: one thread at a time, except where a stage says otherwise.
 */
#ifndef FGR_TOOLS_SYNTH_NET_H
#define FGR_TOOLS_SYNTH_NET_H

#include "graph/util/rng.h"
#include "fulgurite/base.h"

/* Nodes alike in size, by their live channels: 1, 2, 3-4, 5-8 ... 257-512, to 704, above; the last
 * group holds those of the largest that serve small wallets. */
#define FGR_SYNTH_LIVE_GROUPS 13
#define FGR_SYNTH_RETAIL_GROUP (FGR_SYNTH_LIVE_GROUPS - 1)
/* Seven of dead nodes by their channels (1, 2, 3-4 ... above 32), three of live ones by theirs (to
 * 64, to 256, above). */
#define FGR_SYNTH_DEAD_GROUPS 10

struct fgr_synth_node {
    uint32_t weight; /* live channels a node of this rank has in the real network */
    uint32_t live_degree;
    uint32_t dead_degree;
    int16_t size_q10; /* how large its channels are, 1/1024 standard deviations */
    uint8_t live_group;
    uint8_t dead_group;
};

enum fgr_synth_half { FGR_SYNTH_HALF_ENABLED, FGR_SYNTH_HALF_DISABLED, FGR_SYNTH_HALF_MISSING };

struct fgr_synth_chan {
    uint32_t node[2];
    uint64_t capacity_sat;
};

struct fgr_synth_net {
    uint64_t seed;
    uint32_t n_nodes;
    uint32_t n_live_nodes; /* they come first, the largest at 0; then the dead ones likewise */
    uint32_t n_chans;
    uint32_t n_live_chans; /* they come first */
    struct fgr_synth_node *nodes;
    struct fgr_synth_chan *chans;
};

/* What chance decides. The numbers are part of what a seed means: append only. */
enum fgr_synth_stream {
    FGR_SYNTH_STREAM_STALE = 1,
    FGR_SYNTH_STREAM_SIZE,
    FGR_SYNTH_STREAM_PAIR,
    FGR_SYNTH_STREAM_LIVE_PAIRS,
    FGR_SYNTH_STREAM_DEAD_PAIRS,
    FGR_SYNTH_STREAM_CAPACITY,
    FGR_SYNTH_STREAM_SCID,
    FGR_SYNTH_STREAM_KEY,
    FGR_SYNTH_STREAM_HABIT,
    FGR_SYNTH_STREAM_PALETTE,
    FGR_SYNTH_STREAM_STATE,
    FGR_SYNTH_STREAM_POLICY,
    FGR_SYNTH_STREAM_NAME,
    FGR_SYNTH_STREAM_FUNDING,
    FGR_SYNTH_STREAM_STORE
};

/* Each item (node, half-channel) of a stage has a generator of its own, so that it does not matter
 * who draws first. */
static inline void fgr_synth_stream(struct fgr_rng *rng, uint64_t seed,
                                    enum fgr_synth_stream stream, uint64_t item)
{
    fgr_rng_seed(rng, seed, (uint64_t)stream << 56 | item);
}

#endif
