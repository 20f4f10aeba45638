/* SPDX-License-Identifier: MIT */
/*
 * signed_maker.h - validly signed gossip messages of nodes whose secrets are made from a number.
 *
 * Threads: one thread per maker.
 */
#ifndef FGR_TESTS_SUPPORT_SIGNED_MAKER_H
#define FGR_TESTS_SUPPORT_SIGNED_MAKER_H

#include "graph/sign.h"
#include "graph/wire.h"

#define FGR_SIGNED_BYTES_MAX 1024 /* of a message made here */

/* A signed message, and by whom where that does not stand in it. */
struct fgr_signed {
    uint8_t bytes[FGR_SIGNED_BYTES_MAX];
    size_t n_bytes;
    uint8_t signer[FGR_NODE_ID_BYTES];
};

struct fgr_signed_maker {
    struct fgr_signer *signer;
    const uint8_t *extension; /* at the end of all messages, and signed */
    size_t extension_len;
};

/* Aborts where there is no memory, as do all here. */
void fgr_signed_maker_init(struct fgr_signed_maker *maker);
void fgr_signed_maker_deinit(struct fgr_signed_maker *maker);

/* Of node `number`. */
void fgr_signed_secret(uint8_t out_secret[FGR_CURVE_SECRET_BYTES], uint64_t number);
void fgr_signed_id(uint8_t out_id[FGR_NODE_ID_BYTES], uint64_t number);

/* An announcement of `scid` between two nodes, the lesser id first, with bitcoin keys of its own. */
void fgr_signed_channel(const struct fgr_signed_maker *maker, struct fgr_signed *out,
                        const uint64_t nodes[2], uint64_t scid);

/* An update by node `nodes[0]`, in the direction that it has in that announcement. */
void fgr_signed_update(const struct fgr_signed_maker *maker, struct fgr_signed *out,
                       const uint64_t nodes[2], uint64_t scid, uint32_t timestamp);

void fgr_signed_node(const struct fgr_signed_maker *maker, struct fgr_signed *out, uint64_t node,
                     uint32_t timestamp);

/* Signs once more what was changed by hand, as an update or announcement of `node`. */
void fgr_signed_again(const struct fgr_signed_maker *maker, struct fgr_signed *io_signed,
                      uint64_t node);

#endif
