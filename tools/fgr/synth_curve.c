/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_curve.h"

#include "graph/util/attr.h"

/* Places are compared in 2^-20 millionths. */
#define PLACES_PER_PPM UINT64_C(1048576)
#define PLACES UINT64_C(1048576000000)

static uint64_t place_of(const struct fgr_synth_curve *curve, uint32_t point)
{
    return curve->points[point].at_ppm * PLACES_PER_PPM;
}

/* The last point at or before `place`, 0 if there is none. */
static uint32_t point_before(const struct fgr_synth_curve *curve, uint64_t place)
{
    uint32_t low = 0;
    uint32_t high = curve->n_points;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (place_of(curve, middle) <= place) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t value_at(const struct fgr_synth_curve *curve, uint64_t place)
{
    uint32_t point = point_before(curve, place);
    uint64_t from = place_of(curve, point);
    uint64_t value = curve->points[point].value;
    if (place <= from || point + 1 == curve->n_points) {
        return value;
    }
    uint64_t next = curve->points[point + 1].value;
    uint64_t width = place_of(curve, point + 1) - from;
    uint64_t climb = next > value ? next - value : value - next;
    uint64_t part = (uint64_t)((fgr_u128)climb * (place - from) / width);
    return next > value ? value + part : value - part;
}

uint64_t fgr_synth_curve_at(const struct fgr_synth_curve *curve, uint64_t part, uint64_t whole)
{
    return value_at(curve, (uint64_t)((fgr_u128)part * PLACES / whole));
}

uint64_t fgr_synth_curve_draw(const struct fgr_synth_curve *curve, struct fgr_rng *rng)
{
    return value_at(curve, fgr_rng_below(rng, PLACES));
}

uint64_t fgr_synth_curve_round(uint64_t value, unsigned digits)
{
    uint64_t limit = 1;
    uint64_t unit = 1;
    while (digits-- > 0) {
        limit *= 10;
    }
    while (value / unit >= limit) {
        unit *= 10;
    }
    return (value + unit / 2) / unit * unit;
}
