/* SPDX-License-Identifier: MIT */
/*
 * hash.h - XXH3: checksums of files, and keyed hashes for tables. The only user of libxxhash.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_HASH_H
#define FGR_UTIL_HASH_H

#include "fulgurite/base.h"

/* XXH3, 64 bits, no key: the checksum of file formats. */
uint64_t fgr_hash(const void *bytes, size_t n_bytes);

/* The same with a key, so that whoever chose the bytes cannot also choose the collisions. */
uint64_t fgr_hash_keyed(const void *bytes, size_t n_bytes, uint64_t key);

/* Bytes nobody can foresee, for keys and names of temporary files.
 * Errors: IO (the system has none to give). */
enum fgr_err fgr_random_bytes(void *out_bytes, size_t n_bytes, struct fgr_error *err);

#endif
