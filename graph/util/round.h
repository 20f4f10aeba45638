/* SPDX-License-Identifier: MIT */
/*
 * round.h - integers to float with a chosen rounding direction, the same on every machine.
 *
 * Everything is decided in integers: the value handed to the conversion fits the 24 bits of a
 * float, so the conversion is exact and the rounding mode of the thread does not matter.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_ROUND_H
#define FGR_UTIL_ROUND_H

#include <stdint.h>
#include <string.h>

#include "graph/util/attr.h"

#define FGR_FLOAT_BITS 24 /* of the significand */

/* Bits of x that a float cannot hold beside its highest ones. */
static inline uint64_t fgr_float_excess(uint64_t x)
{
    unsigned top = FGR_LOG2_FLOOR(x | 1);
    return top < FGR_FLOAT_BITS ? 0 : (UINT64_C(1) << (top - FGR_FLOAT_BITS + 1)) - 1;
}

/* The largest float <= x. */
static inline float fgr_float_floor(uint64_t x)
{
    return (float)(x & ~fgr_float_excess(x));
}

/* The smallest float >= x, for x <= 2^63. */
static inline float fgr_float_ceil(uint64_t x)
{
    uint64_t excess = fgr_float_excess(x);
    return (float)((x + excess) & ~excess);
}

/* The largest float <= num / den, for 0 < den < 2^63 and a ratio of at least 2^-100: num is
 * shifted so that the integer quotient has 24 or 25 significant bits, and the shift is taken back
 * by a power of two. */
static inline float fgr_float_ratio_floor(uint32_t num, uint64_t den)
{
    if (num == 0) {
        return 0;
    }
    unsigned up = FGR_FLOAT_BITS + FGR_LOG2_FLOOR(den);
    unsigned n_bits = FGR_LOG2_FLOOR((uint64_t)num);
    unsigned shift = up > n_bits ? up - n_bits : 0;
    uint64_t quotient = (uint64_t)(((fgr_u128)num << shift) / den);
    uint32_t scale_bits = (127 - shift) << 23; /* 2^-shift */
    float scale;
    memcpy(&scale, &scale_bits, sizeof scale);
    return fgr_float_floor(quotient) * scale;
}

#endif
