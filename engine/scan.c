/* SPDX-License-Identifier: MIT */
/*
 * The inner loop of the search: hubs have thousands of half-channels, and almost none of them can
 * be part of a better route than the one already known. This loop bounds a whole list at one to
 * two nanoseconds per entry, without a branch, a logarithm or a division, so that only the few
 * survivors are priced exactly.
 *
 * Bound, in float:   base + a (ppm + R cltv) + M (x + x^2/2 + x^3/3 + x^4/4),   x = a / (c + 1).
 *
 * The series of -ln(1 - x) has positive terms only, so cutting it keeps a lower bound. No column
 * exceeds the truth. Rounding in here: at most 15 operations on non-negative numbers, each off by
 * 2^-24 of its result, so scaling by 1 - 2^-19 covers them twice over. The exact cost drops
 * fractions of a msat in three places, and its fixed-point logarithm may fall short of the true
 * one, so 3 and M times FGR_SCAN_LOG_SLACK are taken off.
 *
 * The loop vectorises under -O3. No fused multiply-add is allowed (-ffp-contract=off), so the plain
 * and the AVX2 build, and any other machine, give the same floats. This file is compiled twice;
 * FGR_SCAN_NAME says which one it is.
 */
#include "engine/scan.h"

#include <math.h>

#ifndef FGR_SCAN_NAME
#define FGR_SCAN_NAME fgr_scan_plain
#endif

#define FLOOR_SLACK_MSAT 3.0F

void FGR_SCAN_NAME(float *restrict out_bound, const struct fgr_adjacency *adj, uint32_t first,
                   uint32_t n, const struct fgr_scan_terms *terms)
{
    const int32_t *restrict base = adj->base_msat + first;
    const int32_t *restrict ppm = adj->ppm + first;
    const uint16_t *restrict cltv = adj->cltv + first;
    const float *restrict inv_cap = adj->inv_cap + first;
    const float *restrict max = adj->max_msat + first;
    const struct fgr_scan_terms t = *terms;
    const float slack = FLOOR_SLACK_MSAT + t.fail * FGR_SCAN_LOG_SLACK;
    for (uint32_t i = 0; i < n; i++) {
        float x = t.amount_msat * inv_cap[i];
        float fees = t.base * (float)base[i] + t.ppm * (float)ppm[i];
        float sum = fees + t.cltv * (float)cltv[i] + t.fail * fgr_scan_series(x);
        float bound = (sum + t.fixed) * FGR_SCAN_SLACK - slack;
        bound = bound > 0.0F ? bound : 0.0F;
        out_bound[i] = t.amount_msat > max[i] ? INFINITY : bound;
    }
}
