/* SPDX-License-Identifier: MIT */
#include "graph/key_cache.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/signed_maker.h"

/* A stand-in for a key, to be known again. */
static struct fgr_curve_key key_of(uint32_t number)
{
    struct fgr_curve_key key;
    memset(&key, 0, sizeof key);
    memcpy(key.opaque, &number, sizeof number);
    return key;
}

static void id_of(uint8_t out_id[FGR_NODE_ID_BYTES], uint32_t number)
{
    memset(out_id, 2, FGR_NODE_ID_BYTES);
    memcpy(out_id + 20, &number, sizeof number);
}

static bool has(const struct fgr_key_cache *cache, uint32_t number)
{
    uint8_t id[FGR_NODE_ID_BYTES];
    struct fgr_curve_key key = key_of(number);
    id_of(id, number);
    const struct fgr_curve_key *found = fgr_key_cache_find(cache, id);
    cr_assert(found == NULL || memcmp(found, &key, sizeof key) == 0, "key %u is another", number);
    return found != NULL;
}

/* However many are put in: never another key than that of the id, the newest is always there, and
 * room for at least what was asked for, at most twice that. */
Test(key_cache, bounded_and_never_wrong)
{
    static const size_t sizes[] = {1, 4, 5, 64, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fgr_key_cache cache;
        struct fgr_error err;
        cr_assert_eq(fgr_key_cache_init(&cache, sizes[i], &err), FGR_OK);
        for (uint32_t number = 0; number < 20000; number++) {
            uint8_t id[FGR_NODE_ID_BYTES];
            struct fgr_curve_key key = key_of(number);
            id_of(id, number);
            cr_assert(!has(&cache, number));
            fgr_key_cache_put(&cache, id, &key);
            cr_assert(has(&cache, number));
        }
        size_t n_found = 0;
        for (uint32_t number = 0; number < 20000; number++) {
            n_found += has(&cache, number);
        }
        cr_assert_leq(n_found, 2 * sizes[i] + FGR_KEY_CACHE_WAYS);
        cr_assert_geq(n_found, sizes[i]);
        fgr_key_cache_free(&cache);
    }
}

/* What is empty has no id that fits, the one of zeros neither. */
Test(key_cache, empty)
{
    static const uint8_t zeros[FGR_NODE_ID_BYTES];
    struct fgr_key_cache cache;
    struct fgr_error err;
    cr_assert_eq(fgr_key_cache_init(&cache, 10, &err), FGR_OK);
    cr_assert_null(fgr_key_cache_find(&cache, zeros));
    cr_assert(!has(&cache, 0));
    fgr_key_cache_free(&cache);
    cr_assert_eq(fgr_key_cache_init(&cache, 0, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_key_cache_init(&cache, FGR_KEY_CACHE_MAX + 1, &err), FGR_ERR_ARG);
}
