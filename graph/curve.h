/* SPDX-License-Identifier: MIT */
/*
 * curve.h - secp256k1: points, signatures, and (for generated networks) keys and signing. The only
 * user of libsecp256k1.
 *
 * A signature counts only if its s is in the lower half of the group order ("low-S"): of every
 * signature there are two forms, and all Lightning implementations send this one. It is what
 * libsecp256k1 verifies; nothing is normalised first, so nobody can pass on a second form of what
 * somebody else signed.
 *
 * Threads: pure, any thread; one thread per struct fgr_curve_signer.
 * Memory: none but the signer's.
 */
#ifndef FGR_GRAPH_CURVE_H
#define FGR_GRAPH_CURVE_H

#include "fulgurite/base.h"

#define FGR_CURVE_HASH_BYTES 32
#define FGR_CURVE_SECRET_BYTES 32
#define FGR_CURVE_SIGNATURE_BYTES 64

/* A point, decompressed, as libsecp256k1 keeps it. */
struct fgr_curve_key {
    uint8_t opaque[64];
};

enum fgr_curve_fault {
    FGR_CURVE_GOOD = 0,
    FGR_CURVE_NO_POINT, /* the key is not on the curve */
    FGR_CURVE_RANGE,    /* r or s is not below the group order */
    FGR_CURVE_HIGH_S,
    FGR_CURVE_WRONG /* not made with the key over these bytes */
};

/* A clause for people that has "signature" as its subject: "is not by the key over these bytes". */
const char *fgr_curve_fault_str(enum fgr_curve_fault fault);

/* False: the 33 bytes are no compressed point on secp256k1. About 5 us. */
bool fgr_curve_parse(struct fgr_curve_key *out_key, const uint8_t id[FGR_NODE_ID_BYTES]);

/* The same, without the key. */
bool fgr_curve_point(const uint8_t id[FGR_NODE_ID_BYTES]);

/* Is `signature` (compact: r and s, big endian) by `key` over the hash? About 38 us, whatever the
 * outcome. */
enum fgr_curve_fault fgr_curve_check(const struct fgr_curve_key *key,
                                     const uint8_t signature[FGR_CURVE_SIGNATURE_BYTES],
                                     const uint8_t hash[FGR_CURVE_HASH_BYTES]);

/* ---- secrets that guard nothing, as those of generated networks ----------------------------- */

/* The compressed public key of `secret`. False if the secret is 0 or not below the group order.
 * Not constant-time. About 27 us. */
bool fgr_curve_derive(uint8_t out_id[FGR_NODE_ID_BYTES],
                      const uint8_t secret[FGR_CURVE_SECRET_BYTES]);

struct fgr_curve_signer;

/* Errors: MEMORY. */
enum fgr_err fgr_curve_signer_create(struct fgr_curve_signer **out_signer, struct fgr_error *err);
/* NULL is allowed. */
void fgr_curve_signer_destroy(struct fgr_curve_signer *signer);

/* The same secret and hash make the same signature (RFC 6979), low-S. False as fgr_curve_derive. */
bool fgr_curve_sign(const struct fgr_curve_signer *signer,
                    uint8_t out_signature[FGR_CURVE_SIGNATURE_BYTES],
                    const uint8_t hash[FGR_CURVE_HASH_BYTES],
                    const uint8_t secret[FGR_CURVE_SECRET_BYTES]);

#endif
