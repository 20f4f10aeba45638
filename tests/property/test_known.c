/* SPDX-License-Identifier: MIT */
/*
 * The cost of a half-channel whose balance is known to be in a range, and its bias, against libm's
 * long double, over ranges of all widths and places.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

#include "engine/cost.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { DRAWS = 300000 };

#define SCALE_MSAT 300000000.0L

static const enum fgr_prob_model models[] = {FGR_PROB_UNIFORM, FGR_PROB_BIMODAL, FGR_PROB_LDK};

/* The integral of the density from a to m, up to a factor that depends on c alone; written so that
 * nothing cancels. */
static long double integral(enum fgr_prob_model model, uint64_t a_msat, uint64_t m_msat,
                            uint64_t c_msat)
{
    long double s = SCALE_MSAT;
    long double a = (long double)a_msat;
    long double m = (long double)m_msat;
    long double c = (long double)c_msat;
    long double d = (long double)(m_msat - a_msat);
    if (model == FGR_PROB_BIMODAL) {
        return (expl(-a / s) + expl((m - c) / s)) * -expm1l(-d / s) + d / (c * s);
    }
    if (model == FGR_PROB_LDK) {
        long double from = a / c - 0.5L;
        long double to = m / c - 0.5L;
        long double sum = 0;
        for (int i = 0; i <= 8; i++) {
            sum += powl(from, i) * powl(to, 8 - i);
        }
        return d / c * (1 / 256.0L + sum);
    }
    return d;
}

static uint64_t top_of(enum fgr_prob_model model, const struct fgr_prob_range *range)
{
    bool is_open = model == FGR_PROB_UNIFORM || range->max_msat < range->capacity_msat;
    return range->max_msat + is_open;
}

static long double probability(enum fgr_prob_model model, uint64_t amount_msat,
                               const struct fgr_prob_range *range)
{
    uint64_t top_msat = top_of(model, range);
    return amount_msat <= range->min_msat
               ? 1
               : integral(model, amount_msat, top_msat, range->capacity_msat) /
                     integral(model, range->min_msat, top_msat, range->capacity_msat);
}

/* What the fixed point may be off in -ln P: logarithms and shapes (see engine/prob.c), and what is
 * left of P where it is small. */
static long double tolerance(enum fgr_prob_model model, const struct fgr_prob_range *range,
                             long double p)
{
    long double width = (long double)(top_of(model, range) - range->min_msat);
    long double near = 3e-9L;
    if (model == FGR_PROB_BIMODAL) {
        near += powl(2, -45) / (p * fminl(1, fmaxl(width / SCALE_MSAT, powl(2, -14))));
        if (range->min_msat == 0 && range->max_msat == range->capacity_msat) {
            long double c = (long double)range->capacity_msat;
            near += 4 * powl(2, -48) / (p * (2 - 2 * expl(-c / SCALE_MSAT) + 1 / SCALE_MSAT));
        }
    } else if (model == FGR_PROB_LDK) {
        long double c = (long double)range->capacity_msat;
        near += powl(2, -57) / (p * fminl(1, fmaxl(width / c, powl(2, -19))));
    }
    return near;
}

static uint64_t below(struct fgr_rng *rng, uint64_t n)
{
    return n == 0 ? 0 : fgr_rng_below(rng, n);
}

/* Ranges of every width anywhere, many at the ends, some of nothing but one balance. */
static void draw_range(struct fgr_rng *rng, struct fgr_prob_range *out_range)
{
    uint64_t capacity_msat = 1000 * (fgr_nasty_magnitude(rng, 51) % FGR_SAT_MAX + 1);
    uint64_t width_msat = (fgr_nasty_magnitude(rng, 61) - 1) % (capacity_msat + 1);
    uint64_t min_msat = below(rng, capacity_msat - width_msat + 1);
    if (fgr_nasty_chance(rng, 25)) {
        min_msat = fgr_nasty_chance(rng, 50) ? 0 : capacity_msat - width_msat;
    }
    if (fgr_nasty_chance(rng, 5)) {
        min_msat = 0;
        width_msat = capacity_msat;
    }
    *out_range = (struct fgr_prob_range){min_msat, min_msat + width_msat, capacity_msat};
}

static uint64_t draw_amount(struct fgr_rng *rng, const struct fgr_prob_range *range)
{
    uint64_t width_msat = range->max_msat - range->min_msat;
    uint64_t amount_msat = range->min_msat + below(rng, width_msat + 1);
    if (fgr_nasty_chance(rng, 30)) {
        uint64_t off_msat = (fgr_nasty_magnitude(rng, 61) - 1) % (width_msat + 1);
        amount_msat =
            fgr_nasty_chance(rng, 50) ? range->max_msat - off_msat : range->min_msat + off_msat;
    }
    return amount_msat;
}

static struct fgr_cost cost_of(enum fgr_prob_model model, uint64_t fail_base_msat)
{
    struct fgr_cost cost;
    struct fgr_cost_params params = {
        .fail_base_msat = fail_base_msat, .fail_amount_ppm = 1000, .risk_ppb = 15, .model = model};
    fgr_cost_init(&cost, &params, 0);
    return cost;
}

static struct fgr_overlay_edge edge_of(const struct fgr_prob_range *range)
{
    return (struct fgr_overlay_edge){.capacity_msat = range->capacity_msat,
                                     .min_msat = range->min_msat,
                                     .max_msat = range->max_msat};
}

Test(known, fail_is_minus_ln_of_the_conditioned_probability)
{
    struct fgr_rng rng;
    unsigned n_compared = 0;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    for (unsigned i = 0; i < DRAWS; i++) {
        struct fgr_prob_range range;
        draw_range(&rng, &range);
        uint64_t amount_msat = draw_amount(&rng, &range);
        enum fgr_prob_model model = models[i % 3];
        uint64_t fail_msat = fgr_nasty_magnitude(&rng, 40);
        struct fgr_cost cost = cost_of(model, fail_msat);
        struct fgr_overlay_edge edge = edge_of(&range);
        long double p = probability(model, amount_msat, &range);
        long double near = tolerance(model, &range, p);
        if (!(near < 0.01L)) {
            continue; /* so improbable that fixed point keeps no digits of P */
        }
        n_compared++;
        long double want = (long double)fail_msat * -logl(p);
        long double error = (long double)fail_msat * near;
        long double got = (long double)fgr_cost_extra_fail(&cost, &edge, amount_msat);
        cr_assert(got <= want + error && got >= want - error - 1,
                  "model %d, %" PRIu64 " in [%" PRIu64 ", %" PRIu64 "] of %" PRIu64
                  " msat, M %" PRIu64 ": %.3Lf, want %.3Lf within %.3Lf",
                  (int)model, amount_msat, range.min_msat, range.max_msat, range.capacity_msat,
                  fail_msat, got, want, error);
        double shown = fgr_prob_known_of(model, amount_msat, &range);
        cr_assert(fabsl((long double)shown - p) <= p * near + 1e-15L, "%g, want %Lg", shown, p);
    }
    cr_assert_gt(n_compared, DRAWS / 10 * 9);
}

Test(known, fail_never_falls_when_the_amount_grows)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 1);
    for (unsigned i = 0; i < DRAWS; i++) {
        struct fgr_prob_range range;
        draw_range(&rng, &range);
        uint64_t amount_msat = draw_amount(&rng, &range);
        uint64_t more_msat = amount_msat + fgr_nasty_magnitude(&rng, i % 2 == 0 ? 4 : 60);
        more_msat = more_msat < range.max_msat ? more_msat : range.max_msat;
        struct fgr_cost cost = cost_of(models[i % 3], UINT64_C(1) << 50);
        struct fgr_overlay_edge edge = edge_of(&range);
        cr_assert_leq(fgr_cost_extra_fail(&cost, &edge, amount_msat),
                      fgr_cost_extra_fail(&cost, &edge, more_msat),
                      "model %d: %" PRIu64 " and %" PRIu64 " in [%" PRIu64 ", %" PRIu64
                      "] of %" PRIu64 " msat",
                      (int)(i % 3), amount_msat, more_msat, range.min_msat, range.max_msat,
                      range.capacity_msat);
    }
}

/* Each amount of short ranges: across every rounding of the narrow formulas. */
Test(known, short_ranges_fall_msat_by_msat)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 2);
    for (unsigned i = 0; i < 300; i++) {
        struct fgr_prob_range range;
        draw_range(&rng, &range);
        uint64_t width_msat = 1 + fgr_rng_below(&rng, 2000);
        width_msat = width_msat < range.capacity_msat ? width_msat : range.capacity_msat;
        range.min_msat %= range.capacity_msat - width_msat + 1;
        range.max_msat = range.min_msat + width_msat;
        for (unsigned m = 0; m < 3; m++) {
            uint64_t last = 0;
            for (uint64_t a = range.min_msat; a <= range.max_msat; a++) {
                uint64_t neg_ln_q48 = fgr_prob_known_neg_ln_q48(models[m], a, &range);
                cr_assert_leq(last, neg_ln_q48);
                cr_assert(neg_ln_q48 > 0 || a == range.min_msat, "model %u", m);
                last = neg_ln_q48;
            }
        }
    }
}

Test(known, the_ends_are_exact)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 3);
    for (unsigned i = 0; i < DRAWS; i++) {
        struct fgr_prob_range range;
        draw_range(&rng, &range);
        struct fgr_cost cost = cost_of(models[i % 3], UINT64_C(1) << 40);
        struct fgr_overlay_edge edge = edge_of(&range);
        uint64_t no_more_msat = below(&rng, range.min_msat + 1);
        cr_assert_eq(fgr_cost_extra_fail(&cost, &edge, no_more_msat), 0);
        cr_assert_eq(fgr_cost_extra_fail(&cost, &edge, range.min_msat), 0);
        cr_assert_lt(fgr_cost_extra_fail(&cost, &edge, range.max_msat), UINT64_C(50) << 40);
        cr_assert_eq(fgr_cost_extra_fail(&cost, &edge, range.max_msat + 1), FGR_COST_INF);
        cr_assert(fgr_prob_known_of(models[i % 3], range.min_msat, &range) >= 1.0);
        cr_assert(fgr_prob_known_of(models[i % 3], range.max_msat + 1, &range) <= 0.0);
        /* The last msat is one of max + 1 - min balances. */
        if (i % 3 == 0 && range.min_msat < range.max_msat) {
            cr_assert_eq(fgr_prob_known_neg_ln_q48(FGR_PROB_UNIFORM, range.max_msat, &range),
                         fgr_neg_ln_q48(1, range.max_msat + 1 - range.min_msat));
        }
    }
}

/* A half-channel that an overlay replaces without saying anything of its balance. */
Test(known, nothing_known_costs_what_the_view_does)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 4);
    for (unsigned i = 0; i < DRAWS; i++) {
        struct fgr_prob_range range = {0};
        draw_range(&rng, &range);
        range.min_msat = 0;
        range.max_msat = range.capacity_msat;
        uint64_t amount_msat = draw_amount(&rng, &range);
        struct fgr_cost cost = cost_of(models[i % 3], fgr_nasty_magnitude(&rng, 50));
        struct fgr_overlay_edge edge = edge_of(&range);
        edge.half = (struct fgr_half){.base_msat = 1000, .ppm = 77, .cltv_delta = 40};
        uint64_t fee_msat = fgr_fee_msat(amount_msat, 1000, 77);
        cr_assert_eq(fgr_cost_extra_first(&cost, &edge, amount_msat),
                     fgr_cost_first(&cost, amount_msat, range.capacity_msat));
        cr_assert_eq(
            fgr_cost_extra_forward(&cost, &edge, fee_msat, amount_msat),
            fgr_cost_forward(&cost, &edge.half, fee_msat, amount_msat, range.capacity_msat));
        cr_assert_float_eq(fgr_prob_known_of(models[i % 3], amount_msat, &range),
                           fgr_prob_of(models[i % 3], amount_msat, range.capacity_msat), 0.0);
    }
}

Test(known, a_bias_moves_the_cost_and_stops_at_zero)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 5);
    for (unsigned i = 0; i < DRAWS; i++) {
        struct fgr_prob_range range;
        draw_range(&rng, &range);
        uint64_t amount_msat = draw_amount(&rng, &range);
        struct fgr_cost cost = cost_of(models[i % 3], fgr_nasty_magnitude(&rng, 40));
        struct fgr_overlay_edge edge = edge_of(&range);
        struct fgr_cost_terms terms;
        edge.half = (struct fgr_half){.base_msat = 1000, .ppm = 77, .cltv_delta = 40};
        edge.bias_msat = (int64_t)fgr_nasty_magnitude(&rng, 50);
        edge.bias_msat = i % 2 == 0 ? edge.bias_msat : -edge.bias_msat;
        bool is_first = i % 5 == 0;
        uint64_t total = fgr_cost_extra_terms(&cost, &terms, &edge, amount_msat, is_first);
        __extension__ __int128 want =
            (__int128)terms.fee_msat + terms.risk_msat + terms.fail_msat + edge.bias_msat;
        cr_assert_eq(total, want > 0 ? (uint64_t)want : 0);
        uint64_t fee_msat = fgr_fee_msat(amount_msat, 1000, 77);
        cr_assert_eq(total, is_first ? fgr_cost_extra_first(&cost, &edge, amount_msat)
                                     : fgr_cost_extra_forward(&cost, &edge, fee_msat, amount_msat));
        /* What explain asks for is not the cost of a route. */
        cost.bias_weight = 0;
        cr_assert_eq(fgr_cost_extra_terms(&cost, &terms, &edge, amount_msat, is_first),
                     terms.fee_msat + terms.risk_msat + terms.fail_msat);
    }
}
