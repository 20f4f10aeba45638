/* SPDX-License-Identifier: MIT */
/*
 * fixed.h - logarithms and exponentials in fixed point, the same on every machine.
 *
 * Qn means a number times 2^n, rounded down. All functions are monotone: a larger argument never
 * gives a smaller log2 (or a larger exp_neg). The search relies on it for its lower bounds.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_FIXED_H
#define FGR_UTIL_FIXED_H

#include <stdint.h>

#include "graph/util/attr.h"

#define FGR_LOG2_SEGMENT_BITS 10
#define FGR_LOG2_SEGMENTS (1 << FGR_LOG2_SEGMENT_BITS)

/* fgr_log2_table[i] = floor(2^48 * log2(1 + i / 1024)), i = 0 .. 1024. */
extern const uint64_t fgr_log2_table[FGR_LOG2_SEGMENTS + 1];

/* Half the bow of log2 over segment i, h^2 / (2 ln 2 c^2) at its centre c = 1 + (i + 1/2) / 1024,
 * h = 1/1024, in Q48: what a parabola adds to the chord is this times f (1 - f). */
extern const uint32_t fgr_log2_bow[FGR_LOG2_SEGMENTS];

/* log2(x) in Q48 for x > 0; absolute error below 2^-31.
 *
 * x = 2^e (1 + (i + f) / 1024) with f in [0, 1) kept to 24 bits. Within a segment log2 is nearly
 * a parabola: linear interpolation plus f (1 - f) / 2 times the second difference. The polynomial
 * is monotone over the segment and meets the table at both ends, and it is rounded once, so the
 * result is monotone over all x. */
static inline uint64_t fgr_log2_q48(uint64_t x)
{
    unsigned e = FGR_LOG2_FLOOR(x);
    uint64_t m = x << (63 - e); /* leading one at bit 63 */
    unsigned i = (unsigned)(m >> 53) & (FGR_LOG2_SEGMENTS - 1);
    uint64_t f = (m >> 29) & 0xffffff;
    uint64_t t0 = fgr_log2_table[i];
    uint64_t step = fgr_log2_table[i + 1] - t0; /* < 2^39 */
    uint64_t bend = f * (0x1000000 - f);
    fgr_u128 poly = ((fgr_u128)(step * f) << 24) + (fgr_u128)fgr_log2_bow[i] * bend;
    return ((uint64_t)e << 48) + t0 + (uint64_t)(poly >> 48);
}

/* -ln(part / whole) in Q48 for 0 < part <= whole. */
static inline uint64_t fgr_neg_ln_q48(uint64_t part, uint64_t whole)
{
    uint64_t diff = fgr_log2_q48(whole) - fgr_log2_q48(part); /* <= 64 * 2^48 */
    /* ln 2 in Q64 */
    return (uint64_t)(((fgr_u128)diff * UINT64_C(12786308645202655659)) >> 64);
}

/* e^-x in Q62 for x in Q48; absolute error below 2^-45. */
uint64_t fgr_exp_neg_q62(uint64_t x_q48);

#endif
