/* SPDX-License-Identifier: MIT */
/*
 * verify.h - the only user of libsecp256k1: is a node id a point, and (for generated networks)
 * the node id of a secret key.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_GRAPH_VERIFY_H
#define FGR_GRAPH_VERIFY_H

#include "fulgurite/base.h"

/* True if the 33 bytes are a compressed point on secp256k1. About 5 us. */
bool fgr_verify_point(const uint8_t id[FGR_NODE_ID_BYTES]);

/* The compressed public key of `secret`. False if the secret is 0 or not below the group order.
 * Not constant-time: only for secrets that guard nothing, as those of generated networks. About
 * 27 us. */
bool fgr_verify_derive(uint8_t out_id[FGR_NODE_ID_BYTES], const uint8_t secret[32]);

#endif
