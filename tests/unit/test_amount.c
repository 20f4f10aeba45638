/* SPDX-License-Identifier: MIT */
#include "graph/amount.h"

#include <criterion/criterion.h>

#include "graph/util/rng.h"

/* Division by shift and subtract: shares nothing with the code under test. */
static fgr_u128 divide(fgr_u128 num, uint64_t den)
{
    fgr_u128 quotient = 0, rest = 0;
    for (int bit = 127; bit >= 0; bit--) {
        rest = rest << 1 | (num >> bit & 1);
        quotient = quotient << 1 | (rest >= den);
        rest -= rest >= den ? den : 0;
    }
    return quotient;
}

static uint64_t saturate(fgr_u128 x)
{
    return x > UINT64_MAX ? UINT64_MAX : (uint64_t)x;
}

static void assert_fee(uint64_t amount_msat, uint32_t base_msat, uint32_t ppm)
{
    uint64_t want = saturate(base_msat + divide((fgr_u128)amount_msat * ppm, 1000000));
    cr_assert_eq(fgr_fee_msat(amount_msat, base_msat, ppm), want, "%lu msat, %u + %u ppm",
                 (unsigned long)amount_msat, base_msat, ppm);
}

static void assert_risk(uint64_t amount_msat, uint32_t blocks, uint32_t ppb)
{
    uint64_t want = saturate(divide((fgr_u128)amount_msat * ((uint64_t)blocks * ppb), 1000000000));
    cr_assert_eq(fgr_risk_msat(amount_msat, blocks, ppb), want, "%lu msat, %u blocks, %u ppb",
                 (unsigned long)amount_msat, blocks, ppb);
}

/* The borders of the short way and of the types. */
static const uint64_t amounts[] = {0,
                                   1,
                                   999,
                                   1000,
                                   999999,
                                   1000000,
                                   4999999,
                                   (UINT64_C(1) << 44) - 1,
                                   UINT64_C(1) << 44,
                                   (UINT64_C(1) << 44) + 1,
                                   UINT64_C(2100000000000000000),
                                   UINT64_MAX - 1,
                                   UINT64_MAX};
static const uint32_t rates[] = {0,       1,       999999,         1000000, 1048575,
                                 1048576, 1048577, UINT32_MAX - 1, 15,      UINT32_MAX};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

Test(amount, borders_match_long_division)
{
    for (size_t a = 0; a < COUNT(amounts); a++) {
        for (size_t r = 0; r < COUNT(rates); r++) {
            for (size_t b = 0; b < COUNT(rates); b++) {
                assert_fee(amounts[a], rates[b], rates[r]);
                assert_risk(amounts[a], rates[b] & 0xffff, rates[r]);
            }
        }
    }
}

Test(amount, random_values_match_long_division)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 1, 0);
    for (int round = 0; round < 100000; round++) {
        uint64_t amount = fgr_rng_next(&rng) >> fgr_rng_below(&rng, 64);
        uint32_t rate = (uint32_t)fgr_rng_next(&rng) >> fgr_rng_below(&rng, 32);
        uint32_t base = (uint32_t)fgr_rng_next(&rng) >> fgr_rng_below(&rng, 32);
        assert_fee(amount, base, rate);
        assert_risk(amount, base & 0xffff, rate);
        cr_assert_leq(fgr_fee_msat(amount, base, rate), fgr_fee_msat(amount | 1, base, rate));
        cr_assert_leq(fgr_risk_msat(amount, base & 0xffff, rate),
                      fgr_risk_msat(amount | 1, base & 0xffff, rate));
    }
}

/* BOLT 7, "HTLC Fees", example: 4 999 999 msat over B->C with base 200, 2 000 ppm. */
Test(amount, fee_of_the_specification)
{
    cr_assert_eq(fgr_fee_msat(4999999, 200, 2000), 10199);
}

Test(amount, results_saturate)
{
    cr_assert_eq(fgr_fee_msat(UINT64_MAX, 0, 1000000), UINT64_MAX);
    cr_assert_eq(fgr_fee_msat(UINT64_MAX, 1, 1000000), UINT64_MAX);
    cr_assert_eq(fgr_fee_msat(UINT64_MAX, 0, 999999), UINT64_MAX - UINT64_MAX / 1000000 - 1);
    cr_assert_eq(fgr_fee_msat(UINT64_MAX, UINT32_MAX, UINT32_MAX), UINT64_MAX);
    cr_assert_eq(fgr_risk_msat(UINT64_MAX, UINT16_MAX, UINT32_MAX), UINT64_MAX);
    cr_assert_eq(fgr_muldiv_floor(UINT64_MAX, UINT64_MAX, 1), UINT64_MAX);
    cr_assert_eq(fgr_muldiv_floor(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX);
}
