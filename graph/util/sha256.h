/* SPDX-License-Identifier: MIT */
/*
 * sha256.h - SHA-256. The only user of OpenSSL's libcrypto.
 *
 * The context and the algorithm are kept from one hash to the next: libcrypto's one-shot call looks
 * the algorithm up each time, which takes longer than hashing a few hundred bytes.
 *
 * Threads: one thread per struct fgr_sha256.
 * Memory: libcrypto allocates in init, nothing afterwards. What was hashed is gone from it after
 * deinit, not before.
 * Source: FIPS 180-4.
 */
#ifndef FGR_UTIL_SHA256_H
#define FGR_UTIL_SHA256_H

#include "fulgurite/base.h"

#define FGR_SHA256_BYTES 32

struct fgr_sha256 {
    void *method;
    void *context;
};

/* Errors: MEMORY, IO (libcrypto is set up so that it offers no SHA-256). */
enum fgr_err fgr_sha256_init(struct fgr_sha256 *out_sha, struct fgr_error *err);
/* A zeroed struct is allowed. */
void fgr_sha256_deinit(struct fgr_sha256 *sha);

/* Hash of `n_bytes` bytes; `out_hash` may be where they lie. Errors: IO (libcrypto failed). */
enum fgr_err fgr_sha256(struct fgr_sha256 *sha, uint8_t out_hash[FGR_SHA256_BYTES],
                        const void *bytes, size_t n_bytes, struct fgr_error *err);

#endif
