/* SPDX-License-Identifier: MIT */
/*
 * key_cache.h - decompressed public keys of nodes whose signatures were good.
 *
 * Parsing a key takes 5 us of the 43 that a signature takes. Memory is fixed: sets of a few keys,
 * and a new one takes the place of the oldest of its set. The set is chosen by a keyed hash, so that
 * a stranger cannot aim keys at a set, and only keys that have signed something get in, so that a
 * flood of forged messages displaces nothing.
 *
 * Threads: one thread per cache.
 */
#ifndef FGR_GRAPH_KEY_CACHE_H
#define FGR_GRAPH_KEY_CACHE_H

#include "graph/curve.h"

#define FGR_KEY_CACHE_WAYS 4
#define FGR_KEY_CACHE_MAX (1U << 24)

struct fgr_key_cache_set;

struct fgr_key_cache {
    struct fgr_key_cache_set *sets;
    size_t mask; /* sets - 1, a power of two less one */
    uint64_t key;
};

/* Room for `n_keys` (1 to FGR_KEY_CACHE_MAX) or up to twice as many. About 400 bytes for each 4.
 * Errors: ARG, MEMORY, IO (no random bytes). */
enum fgr_err fgr_key_cache_init(struct fgr_key_cache *out_cache, size_t n_keys,
                                struct fgr_error *err);
/* A zeroed cache is allowed. */
void fgr_key_cache_free(struct fgr_key_cache *cache);

/* The key of `id`, until the next put; NULL if it is not there. */
const struct fgr_curve_key *fgr_key_cache_find(const struct fgr_key_cache *cache,
                                               const uint8_t id[FGR_NODE_ID_BYTES]);

/* Adds a key that is not there. */
void fgr_key_cache_put(struct fgr_key_cache *cache, const uint8_t id[FGR_NODE_ID_BYTES],
                       const struct fgr_curve_key *key);

#endif
