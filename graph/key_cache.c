/* SPDX-License-Identifier: MIT */
#include "graph/key_cache.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"

/* An id whose first byte is 0 is of nobody: no compressed point begins with it. */
struct fgr_key_cache_set {
    uint8_t ids[FGR_KEY_CACHE_WAYS][FGR_NODE_ID_BYTES];
    uint8_t next; /* the way that is overwritten next: the oldest */
    struct fgr_curve_key keys[FGR_KEY_CACHE_WAYS];
};

enum fgr_err fgr_key_cache_init(struct fgr_key_cache *out_cache, size_t n_keys,
                                struct fgr_error *err)
{
    struct fgr_key_cache cache = {.sets = NULL};
    size_t n_sets = 1;
    if (n_keys < 1 || n_keys > FGR_KEY_CACHE_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "a cache of %zu keys: it has room for 1 to %u", n_keys,
                        FGR_KEY_CACHE_MAX);
    }
    while (n_sets * FGR_KEY_CACHE_WAYS < n_keys) {
        n_sets *= 2;
    }
    enum fgr_err code = fgr_random_bytes(&cache.key, sizeof cache.key, err);
    if (code != FGR_OK) {
        return code;
    }
    cache.mask = n_sets - 1;
    cache.sets = fgr_array_new(n_sets, sizeof *cache.sets, err);
    if (cache.sets == NULL) {
        return FGR_ERR_MEMORY;
    }
    *out_cache = cache;
    return FGR_OK;
}

void fgr_key_cache_free(struct fgr_key_cache *cache)
{
    free(cache->sets);
    cache->sets = NULL;
}

static struct fgr_key_cache_set *set_of(const struct fgr_key_cache *cache,
                                        const uint8_t id[FGR_NODE_ID_BYTES])
{
    return &cache->sets[fgr_hash_keyed(id, FGR_NODE_ID_BYTES, cache->key) & cache->mask];
}

const struct fgr_curve_key *fgr_key_cache_find(const struct fgr_key_cache *cache,
                                               const uint8_t id[FGR_NODE_ID_BYTES])
{
    const struct fgr_key_cache_set *set = set_of(cache, id);
    for (unsigned i = 0; i < FGR_KEY_CACHE_WAYS && id[0] != 0; i++) {
        if (memcmp(set->ids[i], id, FGR_NODE_ID_BYTES) == 0) {
            return &set->keys[i];
        }
    }
    return NULL;
}

void fgr_key_cache_put(struct fgr_key_cache *cache, const uint8_t id[FGR_NODE_ID_BYTES],
                       const struct fgr_curve_key *key)
{
    struct fgr_key_cache_set *set = set_of(cache, id);
    memcpy(set->ids[set->next], id, FGR_NODE_ID_BYTES);
    set->keys[set->next] = *key;
    set->next = (uint8_t)((set->next + 1) % FGR_KEY_CACHE_WAYS);
}
