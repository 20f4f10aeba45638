/* SPDX-License-Identifier: MIT */
/*
 * synth_key.h - the keys of a generated network. They follow from the seed alone: anybody can sign
 * for its nodes.
 *
 * Place in the flow: seed -> key -> ids of nodes, signatures.
 *
 * Threads: pure function, any thread.
 */
#ifndef FGR_TOOLS_SYNTH_KEY_H
#define FGR_TOOLS_SYNTH_KEY_H

#include "graph/curve.h"
#include "tools/fgr/synth_net.h"

struct fgr_synth_key {
    uint8_t id[FGR_NODE_ID_BYTES]; /* the public key, compressed */
    uint8_t secret[FGR_CURVE_SECRET_BYTES];
};

/* The key of item `item` of a stream. About 40 us. */
void fgr_synth_key_draw(struct fgr_synth_key *out_key, uint64_t seed, enum fgr_synth_stream stream,
                        uint64_t item);

#endif
