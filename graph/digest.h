/* SPDX-License-Identifier: MIT */
/*
 * digest.h - what the signatures of a gossip message sign.
 *
 * Place in the flow: message -> digest -> verify and sign.
 *
 * Threads: as struct fgr_sha256: one thread each.
 * Source: BOLT 7: the double SHA-256 of all that follows the signatures, unknown bytes at the end
 * included.
 */
#ifndef FGR_GRAPH_DIGEST_H
#define FGR_GRAPH_DIGEST_H

#include "graph/util/sha256.h"

/* `message` is of type `type` and at least as long as its type and signatures. Errors: IO
 * (libcrypto failed). */
enum fgr_err fgr_digest_message(struct fgr_sha256 *sha, uint8_t out_hash[FGR_SHA256_BYTES],
                                const uint8_t *message, size_t n_bytes, unsigned type,
                                struct fgr_error *err);

#endif
