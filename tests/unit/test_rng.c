/* SPDX-License-Identifier: MIT */
#include "graph/util/rng.h"

#include <criterion/criterion.h>

/* The published reference: state {1, 2, 3, 4} gives these first outputs of xoshiro256**. */
Test(rng, matches_the_reference_sequence)
{
    struct fgr_rng rng = {{1, 2, 3, 4}};
    static const uint64_t expected[] = {UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
                                        UINT64_C(1215971899390074240)};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        cr_assert_eq(fgr_rng_next(&rng), expected[i], "draw %zu", i);
    }
}

/* Frozen: generated networks are known by their checksum, so these numbers may never change. */
Test(rng, seeds_are_frozen)
{
    static const struct {
        uint64_t seed, stream, first;
    } cases[] = {
        {0, 0, UINT64_C(0xd4d5e19fa14d7204)},
        {1, 2, UINT64_C(0x6fcbd9fb42e6f092)},
        {2, 1, UINT64_C(0x674dfd766bb513ec)},
        {UINT64_MAX, UINT64_MAX, UINT64_C(0xb53e3b3fc1916dd2)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_rng rng;
        fgr_rng_seed(&rng, cases[i].seed, cases[i].stream);
        cr_assert_eq(fgr_rng_next(&rng), cases[i].first, "case %zu", i);
    }
}

Test(rng, streams_differ)
{
    enum { STREAMS = 64 };
    uint64_t first[STREAMS * STREAMS];
    size_t n = 0;
    for (uint64_t seed = 0; seed < STREAMS; seed++) {
        for (uint64_t stream = 0; stream < STREAMS; stream++) {
            struct fgr_rng rng;
            fgr_rng_seed(&rng, seed, stream);
            first[n++] = fgr_rng_next(&rng);
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(first[i], first[j], "%zu and %zu start alike", i, j);
        }
    }
}

/* Bounds that do not divide 2^64: a modulo would favour small values, and with a bound of
 * 3 * 2^62 by a factor of two. */
Test(rng, below_is_unbiased)
{
    static const uint64_t bounds[] = {1, 2, 3, 10, 1000003, UINT64_C(3) << 62, UINT64_MAX};
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        enum { DRAWS = 90000, THIRDS = 3 };
        struct fgr_rng rng;
        uint64_t count[THIRDS] = {0};
        fgr_rng_seed(&rng, 7, b);
        for (unsigned i = 0; i < DRAWS; i++) {
            uint64_t x = fgr_rng_below(&rng, bounds[b]);
            cr_assert_lt(x, bounds[b]);
            count[x / (bounds[b] / THIRDS + 1)]++;
        }
        if (bounds[b] >= 1000) {
            for (unsigned i = 0; i < THIRDS; i++) {
                /* 30000 +- 6 standard deviations */
                cr_assert(count[i] > 29150 && count[i] < 30850, "third %u of bound %zu", i, b);
            }
        }
    }
}

/* All 24 orders of four items come up about equally often, and nothing is lost. */
Test(rng, shuffle_reaches_every_order)
{
    enum { DRAWS = 24000, ORDERS = 256 };
    uint32_t count[ORDERS] = {0};
    unsigned seen = 0;
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 3, 4);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint32_t items[4] = {0, 1, 2, 3};
        fgr_rng_shuffle(&rng, items, 4);
        cr_assert_eq((1U << items[0]) + (1U << items[1]) + (1U << items[2]) + (1U << items[3]), 15);
        count[items[0] * 64 + items[1] * 16 + items[2] * 4 + items[3]]++;
    }
    for (unsigned i = 0; i < ORDERS; i++) {
        if (count[i] > 0) {
            seen++;
            cr_assert(count[i] > 800 && count[i] < 1200, "order %u came %u times", i, count[i]);
        }
    }
    cr_assert_eq(seen, 24);
}

Test(rng, shuffle_of_nothing_draws_nothing)
{
    struct fgr_rng rng;
    struct fgr_rng same;
    fgr_rng_seed(&rng, 5, 6);
    same = rng;
    fgr_rng_shuffle(&rng, NULL, 0);
    cr_assert_eq(fgr_rng_next(&rng), fgr_rng_next(&same));
}
