/* SPDX-License-Identifier: MIT */
/*
 * scan.h - lower bounds of the cost of many half-channels at once.
 *
 * Place in the flow: adjacency columns -> scan -> search (which prices the survivors exactly).
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_ENGINE_SCAN_H
#define FGR_ENGINE_SCAN_H

#include <math.h>

#include "engine/cost.h"

#define FGR_SCAN_BLOCK 64

/* The weighted cost of engine/cost.h as floats, each rounded down; `amount_msat` too. */
struct fgr_scan_terms {
    float amount_msat;
    float base;  /* times base_msat */
    float ppm;   /* times ppm */
    float cltv;  /* times cltv_delta */
    float fail;  /* times a lower bound of -ln P; 0 where the model has none */
    float fixed; /* per half-channel */
};

/* What float rounding may add to a bound, and more, taken off as a factor. */
#define FGR_SCAN_SLACK (1.0F - 1.0F / 524288.0F)

/* The fixed-point logarithm may be this much below the true one (graph/util/fixed.h). */
#define FGR_SCAN_LOG_SLACK (1.0F / 536870912.0F)

/* The terms of `cost` at an amount. */
void fgr_scan_terms_init(struct fgr_scan_terms *out_terms, const struct fgr_cost *cost,
                         uint64_t amount_msat);

/* At most -ln(1 - x), 0 <= x <= 1: its first terms, all positive. */
static inline float fgr_scan_series(float x)
{
    return x * (1.0F + x * (0.5F + x * (0.33333F + x * 0.25F)));
}

/* out_bound[i] <= the exact cost of entry first + i, n <= FGR_SCAN_BLOCK; infinite if the amount
 * is above its htlc_max. */
typedef void fgr_scan_fn(float *out_bound, const struct fgr_adjacency *adj, uint32_t first,
                         uint32_t n, const struct fgr_scan_terms *terms);

/* Makes the bounds of masked entries infinite. */
static inline void fgr_scan_mask(float *bound, const struct fgr_adjacency *adj, uint32_t first,
                                 uint32_t n, const struct fgr_overlay *overlay)
{
    for (uint32_t i = 0; i < n; i++) {
        if (fgr_overlay_masks(overlay, adj->edge[first + i])) {
            bound[i] = INFINITY;
        }
    }
}

/* The same loop compiled for every machine and for x86-64-v3 (AVX2). Same bits out of both. */
fgr_scan_fn fgr_scan_plain;
fgr_scan_fn fgr_scan_v3;

/* The faster one that this machine runs. */
fgr_scan_fn *fgr_scan_best(void);

#endif
