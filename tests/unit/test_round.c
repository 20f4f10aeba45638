/* SPDX-License-Identifier: MIT */
#include "graph/util/round.h"

#include <criterion/criterion.h>
#include <math.h>

#include "graph/util/rng.h"

static uint64_t draw(struct fgr_rng *rng)
{
    return fgr_rng_next(rng) >> (1 + fgr_rng_below(rng, 63));
}

/* A float below 2^64 is an integer times 2^-40 at least, so long double compares it exactly. */
static void assert_floor_and_ceil(uint64_t x)
{
    long double exact = (long double)x;
    float below = fgr_float_floor(x), above = fgr_float_ceil(x);
    cr_assert_leq((long double)below, exact, "floor of %lu", (unsigned long)x);
    cr_assert_gt((long double)nextafterf(below, INFINITY), exact, "floor of %lu", (unsigned long)x);
    cr_assert_geq((long double)above, exact, "ceil of %lu", (unsigned long)x);
    if (x > 0) {
        cr_assert_lt((long double)nextafterf(above, 0), exact, "ceil of %lu", (unsigned long)x);
    }
}

Test(round, integers_round_the_way_they_should)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 1, 0);
    for (int round = 0; round < 1000000; round++) {
        assert_floor_and_ceil(draw(&rng));
    }
    for (unsigned bit = 0; bit < 63; bit++) {
        for (uint64_t x = UINT64_C(1) << bit, end = x + 3; x < end; x++) {
            assert_floor_and_ceil(x);
            assert_floor_and_ceil(x >= 2 ? x - 2 : 0);
        }
    }
    cr_assert_eq(fgr_float_floor(0), 0.0F);
    cr_assert_eq(fgr_float_ceil(0), 0.0F);
    cr_assert_eq(fgr_float_ceil(UINT64_C(1) << 63), 0x1p63F);
}

/* q <= num / den in integers: q = m 2^-k, so m den <= num 2^k, all below 2^128. */
static bool is_at_most(float q, uint32_t num, uint64_t den)
{
    int exponent;
    uint64_t m = (uint64_t)ldexpf(frexpf(q, &exponent), FGR_FLOAT_BITS);
    int k = FGR_FLOAT_BITS - exponent;
    if (k < 0) {
        return ((fgr_u128)m << -k) * den <= num;
    }
    /* num 2^k beyond 2^128 is above any m den < 2^88. */
    return k >= 96 ? num > 0 || m == 0 : (fgr_u128)m * den <= (fgr_u128)num << k;
}

static void assert_ratio(uint32_t num, uint64_t den)
{
    float q = fgr_float_ratio_floor(num, den);
    cr_assert(is_at_most(q, num, den), "%u / %lu", num, (unsigned long)den);
    cr_assert(!is_at_most(nextafterf(q, INFINITY), num, den), "%u / %lu", num, (unsigned long)den);
}

Test(round, ratios_round_down_to_the_next_float)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 2, 0);
    for (int round = 0; round < 1000000; round++) {
        uint32_t num = (uint32_t)(fgr_rng_next(&rng) >> (32 + fgr_rng_below(&rng, 32)));
        uint64_t den = draw(&rng);
        assert_ratio(num > 0 ? num : 1, den > 0 ? den : 1);
    }
    for (unsigned bit = 0; bit < 62; bit++) {
        for (uint64_t i = 0; i < 3; i++) {
            assert_ratio(1, (UINT64_C(1) << bit) + i);
            assert_ratio(UINT32_MAX, (UINT64_C(1) << bit) + i);
        }
    }
    cr_assert_eq(fgr_float_ratio_floor(0, 1000000), 0.0F);
    cr_assert_eq(fgr_float_ratio_floor(500000, 1000000), 0.5F);
    cr_assert_eq(fgr_float_ratio_floor(1, 1024), 0x1p-10F);
}
