/* SPDX-License-Identifier: MIT */
#include "graph/util/fixed.h"

#include <criterion/criterion.h>
#include <math.h>

#include "graph/util/rng.h"

#define LOG2_BITS 48

/* floor(a * b / 2^126) for numbers in Q126 below 2. */
static fgr_u128 mul_q126(fgr_u128 a, fgr_u128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
    uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    fgr_u128 low = (fgr_u128)a0 * b0;
    fgr_u128 middle1 = (fgr_u128)a0 * b1, middle2 = (fgr_u128)a1 * b0;
    fgr_u128 carry = (low >> 64) + (uint64_t)middle1 + (uint64_t)middle2;
    fgr_u128 high = (fgr_u128)a1 * b1 + (middle1 >> 64) + (middle2 >> 64) + (carry >> 64);
    return high << 2 | (uint64_t)carry >> 62;
}

/* log2 of z (Q126, in [1, 2)) by squaring: each square that reaches 2 is one bit of the result.
 * 48 squarings blow the roundings of Q126 up to 2^-77, far below the last bit. */
static uint64_t log2_by_squaring(fgr_u128 z)
{
    uint64_t log2_q48 = 0;
    for (int bit = 0; bit < LOG2_BITS; bit++) {
        z = mul_q126(z, z);
        unsigned is_two = (unsigned)(z >> 127);
        log2_q48 = log2_q48 << 1 | is_two;
        z >>= is_two;
    }
    return log2_q48;
}

Test(fixed, log2_table_is_exact)
{
    for (uint64_t i = 0; i < FGR_LOG2_SEGMENTS; i++) {
        fgr_u128 z = (fgr_u128)(FGR_LOG2_SEGMENTS + i) << (126 - FGR_LOG2_SEGMENT_BITS);
        cr_assert_eq(fgr_log2_table[i], log2_by_squaring(z), "entry %lu", (unsigned long)i);
    }
    cr_assert_eq(fgr_log2_table[FGR_LOG2_SEGMENTS], UINT64_C(1) << 48);
}

/* h^2 / (2 ln 2 c^2) with h = 2^-10 and c = (2049 + 2 i) / 2^11: 2^49 log2(e) / (2049 + 2 i)^2. */
Test(fixed, bow_table_is_exact)
{
    const fgr_u128 log2_e_q62 = UINT64_C(6653256548922161245);
    for (uint64_t i = 0; i < FGR_LOG2_SEGMENTS; i++) {
        uint64_t odd = 2049 + 2 * i;
        uint64_t bow = (uint64_t)(((log2_e_q62 << 49) / (odd * odd)) >> 62);
        uint64_t distance = fgr_log2_bow[i] > bow ? fgr_log2_bow[i] - bow : bow - fgr_log2_bow[i];
        cr_assert_leq(distance, 1, "entry %lu", (unsigned long)i);
    }
}

/* Every x around every segment border of every power of two. */
Test(fixed, log2_is_monotone_at_the_borders)
{
    for (unsigned e = 0; e < 64; e++) {
        for (uint64_t i = 0; i < FGR_LOG2_SEGMENTS; i++) {
            fgr_u128 border = ((fgr_u128)(FGR_LOG2_SEGMENTS + i) << e) >> FGR_LOG2_SEGMENT_BITS;
            for (uint64_t x = border > 4 ? (uint64_t)border - 4 : 1; x < (uint64_t)border + 4;
                 x++) {
                cr_assert_leq(fgr_log2_q48(x), fgr_log2_q48(x + 1), "x = %lu", (unsigned long)x);
            }
        }
    }
}

/* A wide number: every magnitude is as likely as any other. */
static uint64_t draw(struct fgr_rng *rng)
{
    uint64_t x = fgr_rng_next(rng) >> fgr_rng_below(rng, 64);
    return x > 0 ? x : 1;
}

Test(fixed, log2_is_monotone_and_close)
{
    struct fgr_rng rng;
    long double worst = 0;
    fgr_rng_seed(&rng, 1, 0);
    for (int round = 0; round < 2000000; round++) {
        uint64_t x = draw(&rng);
        uint64_t y = x > UINT64_MAX - 1000 ? UINT64_MAX : x + 1 + fgr_rng_below(&rng, 1000);
        cr_assert_leq(fgr_log2_q48(x), fgr_log2_q48(y), "x = %lu", (unsigned long)x);
        long double log2_x = ldexpl((long double)fgr_log2_q48(x), -48);
        worst = fmaxl(worst, fabsl(log2_x - log2l((long double)x)));
    }
    cr_assert_lt(worst, ldexpl(1, -31), "worst error 2^%.2Lf", log2l(worst));
    cr_assert_eq(fgr_log2_q48(1), 0);
    cr_assert_eq(fgr_log2_q48(UINT64_C(1) << 63), UINT64_C(63) << 48);
}

Test(fixed, neg_ln_is_monotone_and_close)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 2, 0);
    for (int round = 0; round < 500000; round++) {
        uint64_t whole = draw(&rng), part = 1 + fgr_rng_below(&rng, whole);
        uint64_t more = part < whole ? part + 1 : part;
        long double got = ldexpl((long double)fgr_neg_ln_q48(part, whole), -48);
        long double want = logl((long double)whole) - logl((long double)part);
        cr_assert_lt(fabsl(got - want), ldexpl(1, -30), "-ln(%lu / %lu)", (unsigned long)part,
                     (unsigned long)whole);
        cr_assert_leq(fgr_neg_ln_q48(more, whole), fgr_neg_ln_q48(part, whole));
        cr_assert_eq(fgr_neg_ln_q48(whole, whole), 0);
    }
}

static void assert_exp(uint64_t x_q48)
{
    long double got = ldexpl((long double)fgr_exp_neg_q62(x_q48), -62);
    long double want = expl(-ldexpl((long double)x_q48, -48));
    cr_assert_lt(fabsl(got - want), ldexpl(1, -45), "e^-%.17Lg", ldexpl((long double)x_q48, -48));
    cr_assert_leq(fgr_exp_neg_q62(x_q48 + 1), fgr_exp_neg_q62(x_q48), "x = %lu / 2^48",
                  (unsigned long)x_q48);
}

Test(fixed, exp_is_monotone_and_close)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 3, 0);
    for (int round = 0; round < 1000000; round++) {
        assert_exp(fgr_rng_next(&rng) >> (10 + fgr_rng_below(&rng, 50)));
    }
    /* Both sides of each multiple of ln 2 / 16, where the table entry or the shift changes. */
    for (uint64_t sixteenths = 1; sixteenths < 1000; sixteenths++) {
        uint64_t border = (uint64_t)ceill(ldexpl(logl(2) * (long double)sixteenths, 48 - 4));
        for (uint64_t x_q48 = border - 3; x_q48 < border + 3; x_q48++) {
            assert_exp(x_q48);
        }
    }
}

Test(fixed, exp_at_its_ends)
{
    cr_assert_eq(fgr_exp_neg_q62(0), UINT64_C(1) << 62);
    cr_assert_lt(fgr_exp_neg_q62(1), UINT64_C(1) << 62);
    cr_assert_gt(fgr_exp_neg_q62(UINT64_C(42) << 48), 0);
    cr_assert_leq(fgr_exp_neg_q62((UINT64_C(43) << 48) - 1), 1);
    cr_assert_eq(fgr_exp_neg_q62(UINT64_C(43) << 48), 0);
    cr_assert_eq(fgr_exp_neg_q62(UINT64_MAX), 0);
}
