/* SPDX-License-Identifier: MIT */
#include "graph/util/heap.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "graph/util/rng.h"

enum { N = 2000 };

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

Test(heap, gives_back_by_key_then_by_item)
{
    struct fgr_rng rng;
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint64_t memory[N], want[N];
        struct fgr_heap heap = {.entry = memory};
        fgr_rng_seed(&rng, seed, 0);
        uint32_t n = 1 + (uint32_t)fgr_rng_below(&rng, N);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t key = (uint32_t)fgr_rng_below(&rng, n);
            want[i] = (uint64_t)key << 32 | i;
            fgr_heap_push(&heap, key, i);
        }
        qsort(want, n, sizeof *want, by_value);
        for (uint32_t i = 0; i < n; i++) {
            cr_assert_eq(heap.entry[0], want[i]);
            cr_assert_eq(fgr_heap_key(heap.entry[0]), want[i] >> 32);
            cr_assert_eq(fgr_heap_item(heap.entry[0]), (uint32_t)want[i]);
            fgr_heap_pop(&heap);
        }
        cr_assert_eq(heap.n, 0);
    }
}

Test(heap, moves_the_top_behind_smaller_keys)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 7, 0);
    uint64_t memory[N];
    uint32_t key_of[N];
    struct fgr_heap heap = {.entry = memory};
    for (uint32_t i = 0; i < N; i++) {
        key_of[i] = (uint32_t)fgr_rng_below(&rng, 1000);
        fgr_heap_push(&heap, key_of[i], i);
    }
    for (uint32_t i = 0; i < 4 * N; i++) {
        uint32_t top = fgr_heap_item(heap.entry[0]);
        key_of[top] += (uint32_t)fgr_rng_below(&rng, 1000);
        fgr_heap_rekey_top(&heap, key_of[top]);
        uint64_t least = UINT64_MAX;
        for (uint32_t k = 0; k < N; k++) {
            uint64_t entry = (uint64_t)key_of[k] << 32 | k;
            least = entry < least ? entry : least;
        }
        cr_assert_eq(heap.entry[0], least);
    }
}

/* Small values are exact; large ones lose at most one part in 2^26, and order is kept. */
Test(heap, keys_keep_order_and_never_exceed_the_value)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 1, 0);
    for (uint64_t value = 0; value < 100000; value++) {
        cr_assert_eq(fgr_key_decode(fgr_key_encode(value)), value);
    }
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t value = fgr_rng_next(&rng) >> (1 + fgr_rng_below(&rng, 60));
        uint32_t key = fgr_key_encode(value);
        uint64_t decoded = fgr_key_decode(key);
        cr_assert_leq(decoded, value);
        cr_assert_leq(value - decoded, value >> 26);
        cr_assert_eq(fgr_key_encode(decoded), key);
        cr_assert_leq(key, fgr_key_encode(value + 1));
        cr_assert_geq(key, fgr_key_encode(value > 0 ? value - 1 : 0));
    }
    for (unsigned bit = 20; bit < 63; bit++) {
        uint64_t value = UINT64_C(1) << bit;
        cr_assert_lt(fgr_key_encode(value - 1), fgr_key_encode(value));
    }
}
