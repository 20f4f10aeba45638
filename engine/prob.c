/* SPDX-License-Identifier: MIT */
#include "engine/prob.h"

#include "graph/util/fixed.h"

#define BIMODAL_SCALE_MSAT UINT64_C(300000000)
#define ONE_Q61 (UINT64_C(1) << 61)

/* Both models as a fraction of two integers, so that P and -ln P come from the same numbers. */
struct fraction {
    uint64_t part;
    uint64_t whole;
};

/* e^(-msat / s) in Q61. Beyond 64 s nothing is left of Q61. */
static uint64_t bimodal_exp_q61(uint64_t amount_msat)
{
    if (amount_msat >= 64 * BIMODAL_SCALE_MSAT) {
        return 0;
    }
    uint64_t x_q48 = (uint64_t)(((fgr_u128)amount_msat << 48) / BIMODAL_SCALE_MSAT);
    return fgr_exp_neg_q62(x_q48) >> 1;
}

/* Each term falls with the amount, also after rounding, so the fraction is monotone. */
static struct fraction bimodal(uint64_t amount_msat, uint64_t capacity_msat)
{
    uint64_t flat_q61 = ONE_Q61 / BIMODAL_SCALE_MSAT;
    uint64_t tail_q61 = bimodal_exp_q61(capacity_msat);
    uint64_t left_msat = capacity_msat - amount_msat;
    uint64_t part = ONE_Q61 - tail_q61 + bimodal_exp_q61(amount_msat) - bimodal_exp_q61(left_msat) +
                    (uint64_t)((fgr_u128)flat_q61 * left_msat / capacity_msat);
    uint64_t whole = 2 * (ONE_Q61 - tail_q61) + flat_q61;
    return (struct fraction){part > 0 ? part : 1, whole};
}

static uint64_t mul_q61(uint64_t a, uint64_t b)
{
    return (uint64_t)(((fgr_u128)a * b) >> 61);
}

/* |w| is rounded down before its powers, so both halves of the curve stay monotone. */
static struct fraction ldk(uint64_t amount_msat, uint64_t capacity_msat)
{
    uint64_t twice = 2 * amount_msat;
    uint64_t away = twice <= capacity_msat ? capacity_msat - twice : twice - capacity_msat;
    uint64_t w = (uint64_t)(((fgr_u128)away << 61) / capacity_msat);
    uint64_t w2 = mul_q61(w, w);
    uint64_t w4 = mul_q61(w2, w2);
    uint64_t w9 = mul_q61(mul_q61(w4, w4), w);
    uint64_t part = twice <= capacity_msat ? 2 * ONE_Q61 + w + w9 : 2 * ONE_Q61 - w - w9;
    return (struct fraction){part > 0 ? part : 1, 4 * ONE_Q61};
}

static struct fraction fraction_of(enum fgr_prob_model model, uint64_t amount_msat,
                                   uint64_t capacity_msat)
{
    switch (model) {
    case FGR_PROB_BIMODAL:
        return bimodal(amount_msat, capacity_msat);
    case FGR_PROB_LDK:
        return ldk(amount_msat, capacity_msat);
    case FGR_PROB_UNIFORM:
        break;
    }
    return (struct fraction){capacity_msat + 1 - amount_msat, capacity_msat + 1};
}

uint64_t fgr_prob_neg_ln_q48(enum fgr_prob_model model, uint64_t amount_msat,
                             uint64_t capacity_msat)
{
    struct fraction p = fraction_of(model, amount_msat, capacity_msat);
    return p.part >= p.whole ? 0 : fgr_neg_ln_q48(p.part, p.whole);
}

double fgr_prob_of(enum fgr_prob_model model, uint64_t amount_msat, uint64_t capacity_msat)
{
    struct fraction p = fraction_of(model, amount_msat, capacity_msat);
    return (double)p.part / (double)p.whole;
}

/* ---- given a range --------------------------------------------------------------------------
 *
 * Over a narrow range the integrals above would lose their digits to cancellation. So P is built
 * from shapes that fall from exactly 1 at min to 0 at m, each monotone by itself:
 *
 *   bimodal   with d = m - a and D = m - min, the integral from a to m is in proportion to
 *             A x + B y + C z,   x = (e^(-(a-min)/s) - e^(-D/s)) / U,   A = e^(-min/s)
 *                                y = (1 - e^(-d/s)) / U,                B = e^(-(c-m)/s)
 *                                z = d / D,                             C = D / (c s U)
 *             U = 1 - e^(-D/s). Only the proportions of A, B and C matter, so their logarithms are
 *             taken relative to the largest. For D < s / 2^14, where the exponentials have too
 *             few digits left, x = d (2s + d) / (D (2s + D)) and y = d (2s - d) / (D (2s - D)).
 *   ldk       the difference of the integrals, or for D < c / 2^20 that of a density linear over
 *             the range: P = z g + z^2 (1 - g), g = 2 f(m) / (f(min) + f(m)), z = d / D.
 *
 * Both thresholds leave a relative error below 2^-30 on either side. They depend on the range and
 * not on the amount, so no amount crosses from one formula to the other.
 */

#define BIMODAL_NARROW_MSAT (BIMODAL_SCALE_MSAT >> 14)
#define LDK_NARROW_SHIFT 20

/* part / whole in Q61, for part <= whole. */
static uint64_t ratio_q61(fgr_u128 part, uint64_t whole)
{
    return (uint64_t)((part << 61) / whole);
}

/* msat / s in Q48, cut off where e^-x is far below every other weight. */
static uint64_t bimodal_exponent_q48(uint64_t amount_msat)
{
    return amount_msat >= 128 * BIMODAL_SCALE_MSAT
               ? UINT64_C(128) << 48
               : (uint64_t)(((fgr_u128)amount_msat << 48) / BIMODAL_SCALE_MSAT);
}

static struct fraction bimodal_known(uint64_t amount_msat, uint64_t top_msat,
                                     const struct fgr_prob_range *range)
{
    const uint64_t twice_s = 2 * BIMODAL_SCALE_MSAT;
    uint64_t d = top_msat - amount_msat;
    uint64_t whole_d = top_msat - range->min_msat;
    uint64_t shape_q61[3] = {0, 0, ratio_q61(d, whole_d)};
    uint64_t exponent_q48[3] = {bimodal_exponent_q48(range->min_msat),
                                bimodal_exponent_q48(range->capacity_msat - top_msat),
                                fgr_neg_ln_q48(1, range->capacity_msat)};
    if (whole_d < BIMODAL_NARROW_MSAT) {
        shape_q61[0] = ratio_q61((fgr_u128)d * (twice_s + d), whole_d * (twice_s + whole_d));
        shape_q61[1] = ratio_q61((fgr_u128)d * (twice_s - d), whole_d * (twice_s - whole_d));
    } else {
        uint64_t tail_q61 = bimodal_exp_q61(whole_d);
        uint64_t u_q61 = ONE_Q61 - tail_q61;
        uint64_t before_q61 = bimodal_exp_q61(amount_msat - range->min_msat);
        shape_q61[0] = ratio_q61(before_q61 - tail_q61, u_q61);
        shape_q61[1] = ratio_q61(ONE_Q61 - bimodal_exp_q61(d), u_q61);
        exponent_q48[2] = fgr_neg_ln_q48(whole_d, range->capacity_msat) +
                          fgr_neg_ln_q48(1, BIMODAL_SCALE_MSAT) - fgr_neg_ln_q48(u_q61, ONE_Q61);
    }
    uint64_t least_q48 = exponent_q48[0] < exponent_q48[1] ? exponent_q48[0] : exponent_q48[1];
    least_q48 = exponent_q48[2] < least_q48 ? exponent_q48[2] : least_q48;
    struct fraction p = {0, 0};
    for (unsigned i = 0; i < 3; i++) {
        uint64_t weight_q60 = fgr_exp_neg_q62(exponent_q48[i] - least_q48) >> 2;
        p.part += mul_q61(weight_q60, shape_q61[i]);
        p.whole += weight_q60;
    }
    p.part = p.part > 0 ? p.part : 1;
    return p;
}

/* 4 (1 - F(x)) of the LDK density, in Q61. */
static uint64_t ldk_above_q61(uint64_t amount_msat, uint64_t capacity_msat)
{
    return ldk(amount_msat, capacity_msat).part;
}

/* The density 1 + 9 w^8 in Q57. */
static uint64_t ldk_density_q57(uint64_t amount_msat, uint64_t capacity_msat)
{
    uint64_t twice = 2 * amount_msat;
    uint64_t away = twice <= capacity_msat ? capacity_msat - twice : twice - capacity_msat;
    uint64_t w = ratio_q61(away, capacity_msat);
    uint64_t w2 = mul_q61(w, w);
    uint64_t w4 = mul_q61(w2, w2);
    return (ONE_Q61 >> 4) + 9 * (mul_q61(w4, w4) >> 4);
}

static struct fraction ldk_known(uint64_t amount_msat, uint64_t top_msat,
                                 const struct fgr_prob_range *range)
{
    uint64_t capacity_msat = range->capacity_msat;
    uint64_t whole_d = top_msat - range->min_msat;
    struct fraction p = {.whole = ONE_Q61};
    if (whole_d >= capacity_msat >> LDK_NARROW_SHIFT) {
        uint64_t above_q61 = ldk_above_q61(top_msat, capacity_msat);
        p.part = ldk_above_q61(amount_msat, capacity_msat) - above_q61;
        p.whole = ldk_above_q61(range->min_msat, capacity_msat) - above_q61;
    } else {
        uint64_t f_min = ldk_density_q57(range->min_msat, capacity_msat);
        uint64_t f_top = ldk_density_q57(top_msat, capacity_msat);
        uint64_t g = ratio_q61(2 * (fgr_u128)f_top, f_min + f_top);
        uint64_t z = ratio_q61(top_msat - amount_msat, whole_d);
        uint64_t y = ONE_Q61 - z;
        p.part = g <= ONE_Q61
                     ? mul_q61(z, g) + mul_q61(mul_q61(z, z), ONE_Q61 - g)
                     : ONE_Q61 - mul_q61(y, 2 * ONE_Q61 - g) - mul_q61(mul_q61(y, y), g - ONE_Q61);
    }
    p.part = p.part > 0 ? p.part : 1;
    return p;
}

/* min < amount <= max. */
static struct fraction known_fraction(enum fgr_prob_model model, uint64_t amount_msat,
                                      const struct fgr_prob_range *range)
{
    uint64_t top_msat =
        range->max_msat < range->capacity_msat ? range->max_msat + 1 : range->capacity_msat;
    if (range->min_msat == 0 && range->max_msat == range->capacity_msat) {
        return fraction_of(model, amount_msat, range->capacity_msat);
    }
    switch (model) {
    case FGR_PROB_BIMODAL:
        return bimodal_known(amount_msat, top_msat, range);
    case FGR_PROB_LDK:
        return ldk_known(amount_msat, top_msat, range);
    case FGR_PROB_UNIFORM:
        break;
    }
    return (struct fraction){range->max_msat + 1 - amount_msat,
                             range->max_msat + 1 - range->min_msat};
}

uint64_t fgr_prob_known_neg_ln_q48(enum fgr_prob_model model, uint64_t amount_msat,
                                   const struct fgr_prob_range *range)
{
    if (amount_msat <= range->min_msat) {
        return 0;
    }
    struct fraction p = known_fraction(model, amount_msat, range);
    return p.part >= p.whole ? 0 : fgr_neg_ln_q48(p.part, p.whole);
}

double fgr_prob_known_of(enum fgr_prob_model model, uint64_t amount_msat,
                         const struct fgr_prob_range *range)
{
    if (amount_msat <= range->min_msat) {
        return 1.0;
    }
    if (amount_msat > range->max_msat) {
        return 0.0;
    }
    struct fraction p = known_fraction(model, amount_msat, range);
    return p.part >= p.whole ? 1.0 : (double)p.part / (double)p.whole;
}
