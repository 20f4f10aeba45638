/* SPDX-License-Identifier: MIT */
/*
 * sign.h - signs gossip messages of networks whose secrets we made: generated ones, and tests.
 *
 * Place in the flow: wire (encoded, signatures zero) -> sign -> a message that verifies.
 *
 * Threads: one thread per signer.
 */
#ifndef FGR_GRAPH_SIGN_H
#define FGR_GRAPH_SIGN_H

#include "graph/curve.h"

struct fgr_signer;

/* Errors: MEMORY, IO (libcrypto offers no SHA-256). */
enum fgr_err fgr_signer_create(struct fgr_signer **out_signer, struct fgr_error *err);
/* NULL is allowed. */
void fgr_signer_destroy(struct fgr_signer *signer);

/* Writes all signatures of `message`, one secret for each in the order of the fields: node 1, node
 * 2, bitcoin 1, bitcoin 2 for a channel_announcement, else one. Errors: FORMAT (no gossip message,
 * or too short), ARG (a secret is 0 or not below the group order), IO. */
enum fgr_err fgr_sign(struct fgr_signer *signer, uint8_t *message, size_t n_bytes,
                      const uint8_t *const secrets[], struct fgr_error *err);

#endif
