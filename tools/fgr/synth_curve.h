/* SPDX-License-Identifier: MIT */
/*
 * synth_curve.h - distributions as tables of quantiles, read by integer interpolation.
 *
 * Place in the flow: calibrated tables -> curve -> a number of the generated network.
 *
 * Threads: pure functions; draws use the caller's generator.
 */
#ifndef FGR_TOOLS_SYNTH_CURVE_H
#define FGR_TOOLS_SYNTH_CURVE_H

#include "graph/util/rng.h"

/* `at_ppm` millionths of a population come before `value`. Between two points the value runs in a
 * straight line; two points at one place are a jump, two points of one value a common value. */
struct fgr_synth_point {
    uint32_t at_ppm;
    uint64_t value;
};

struct fgr_synth_curve {
    const struct fgr_synth_point *points;
    uint32_t n_points;
};

/* The value at `part` / `whole` of the population, for part <= whole and whole > 0.
 * Left of the first point it is that point's value, and right of the last the last's. */
uint64_t fgr_synth_curve_at(const struct fgr_synth_curve *curve, uint64_t part, uint64_t whole);

/* The value of a random member. */
uint64_t fgr_synth_curve_draw(const struct fgr_synth_curve *curve, struct fgr_rng *rng);

/* `value` to its first `digits` decimal digits, as people choose numbers. */
uint64_t fgr_synth_curve_round(uint64_t value, unsigned digits);

/* The value of item `item` of `n` in a row. */
static inline uint64_t fgr_synth_curve_rank(const struct fgr_synth_curve *curve, uint64_t item,
                                            uint64_t n)
{
    return fgr_synth_curve_at(curve, 2 * item + 1, 2 * n);
}

#endif
