/* SPDX-License-Identifier: MIT */
/*
 * The integer cost against libm's long double, over amounts and capacities of all magnitudes. The
 * oracles price paths with the integers, so that their comparison with the search is exact; here
 * the integers themselves are judged.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

#include "engine/cost.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { DRAWS = 300000 };

/* fixed.h promises log2 within 2^-31; two of them and ln 2, doubled for safety. */
#define LOG_ERROR 1e-9L

static const enum fgr_prob_model models[] = {FGR_PROB_UNIFORM, FGR_PROB_BIMODAL, FGR_PROB_LDK};

/* P(balance >= amount), written down from the published densities, integrated by hand. */
static long double probability(enum fgr_prob_model model, uint64_t amount_msat,
                               uint64_t capacity_msat)
{
    long double a = (long double)amount_msat;
    long double c = (long double)capacity_msat;
    long double s = 300000000.0L;
    switch (model) {
    case FGR_PROB_UNIFORM:
        return (c + 1 - a) / (c + 1);
    case FGR_PROB_BIMODAL:
        /* density exp(-x/s) + exp((x-c)/s) + 1/c, each integrated from a to c over s */
        return (expl(-a / s) - expl(-c / s) + 1 - expl((a - c) / s) + (c - a) / (c * s)) /
               (2 - 2 * expl(-c / s) + 1 / s);
    case FGR_PROB_LDK:
        return 128 * ((1 - a / c) / 256 + powl(0.5L, 9) - powl(a / c - 0.5L, 9));
    }
    return 0;
}

/* How far the integers may be off in -ln P: two logarithms, and what fixed point leaves of P. The
 * bimodal exponents are kept to 2^-48 and P is a quotient of sums of four such terms. */
static long double tolerance(enum fgr_prob_model model, uint64_t capacity_msat, long double p)
{
    long double s = 300000000.0L;
    switch (model) {
    case FGR_PROB_UNIFORM:
        return LOG_ERROR;
    case FGR_PROB_BIMODAL:
        return LOG_ERROR +
               4 * powl(2, -48) / (p * (2 - 2 * expl(-(long double)capacity_msat / s) + 1 / s));
    case FGR_PROB_LDK:
        return LOG_ERROR + 4 * powl(2, -61) / p;
    }
    return 0;
}

static void draw(struct fgr_rng *rng, uint64_t *amount_msat, uint64_t *capacity_msat)
{
    *capacity_msat = 1000 * (fgr_nasty_magnitude(rng, 51) % FGR_SAT_MAX + 1);
    *amount_msat = fgr_nasty_magnitude(rng, 61) % (*capacity_msat + 1);
    if (fgr_nasty_chance(rng, 10)) {
        *amount_msat = *capacity_msat - fgr_rng_below(rng, 3);
    }
}

static struct fgr_cost cost_of(enum fgr_prob_model model, uint64_t fail_base_msat)
{
    struct fgr_cost cost;
    struct fgr_cost_params params = {
        .fail_base_msat = fail_base_msat, .fail_amount_ppm = 1000, .risk_ppb = 15, .model = model};
    fgr_cost_init(&cost, &params, 0);
    return cost;
}

Test(cost, fail_is_minus_ln_of_the_probability)
{
    struct fgr_rng rng;
    unsigned n_compared = 0;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t amount_msat;
        uint64_t capacity_msat;
        draw(&rng, &amount_msat, &capacity_msat);
        enum fgr_prob_model model = models[i % 3];
        uint64_t fail_msat = fgr_nasty_magnitude(&rng, 40);
        struct fgr_cost cost = cost_of(model, fail_msat);
        long double p = probability(model, amount_msat, capacity_msat);
        long double near = tolerance(model, capacity_msat, p);
        if (!(near < 0.01L)) {
            continue; /* so full that fixed point keeps no digits of P */
        }
        n_compared++;
        long double want = (long double)fail_msat * -logl(p);
        long double error = (long double)fail_msat * near;
        long double got = (long double)fgr_cost_fail(&cost, amount_msat, capacity_msat);
        cr_assert(got <= want + error && got >= want - error - 1,
                  "model %d, %" PRIu64 " of %" PRIu64 " msat, M %" PRIu64 ": %.3Lf, want %.3Lf",
                  (int)model, amount_msat, capacity_msat, fail_msat, got, want);
    }
    cr_assert_gt(n_compared, DRAWS / 10 * 9);
}

Test(cost, fail_never_falls_when_the_amount_grows)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 1);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t amount_msat;
        uint64_t capacity_msat;
        draw(&rng, &amount_msat, &capacity_msat);
        struct fgr_cost cost = cost_of(models[i % 3], UINT64_C(1) << 50);
        uint64_t more_msat = amount_msat + fgr_nasty_magnitude(&rng, i % 2 == 0 ? 4 : 60);
        if (more_msat > capacity_msat) {
            more_msat = capacity_msat;
        }
        cr_assert_leq(fgr_cost_fail(&cost, amount_msat, capacity_msat),
                      fgr_cost_fail(&cost, more_msat, capacity_msat),
                      "model %d: %" PRIu64 " and %" PRIu64 " of %" PRIu64 " msat", (int)(i % 3),
                      amount_msat, more_msat, capacity_msat);
    }
}

Test(cost, nothing_fails_at_amount_zero_and_full_channels_stay_finite)
{
    for (unsigned i = 0; i < 3; i++) {
        struct fgr_cost cost = cost_of(models[i], 1000000);
        for (uint64_t capacity_msat = 1000; capacity_msat <= FGR_MSAT_MAX; capacity_msat *= 10) {
            cr_assert_eq(fgr_cost_fail(&cost, 0, capacity_msat), 0);
            cr_assert_lt(fgr_cost_fail(&cost, capacity_msat, capacity_msat), 50 * 1000000);
            cr_assert_gt(fgr_cost_fail(&cost, capacity_msat, capacity_msat), 0);
        }
    }
}

/* floor(a * b / unit) without 128 bits, where both products below fit into 64. */
static uint64_t product_over(uint64_t a, uint64_t b, uint64_t unit)
{
    uint64_t whole = a / unit;
    uint64_t rest = a % unit;
    return whole * b + rest * b / unit;
}

Test(cost, fee_and_risk_are_exact)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 2);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, 61) % (FGR_MSAT_MAX + 1);
        uint32_t base_msat = (uint32_t)(fgr_nasty_magnitude(&rng, 33) - 1);
        uint32_t ppm = (uint32_t)(fgr_nasty_magnitude(&rng, 24) - 1);
        uint32_t cltv = (uint32_t)(fgr_nasty_magnitude(&rng, 17) - 1);
        uint32_t risk_ppb = (uint32_t)(fgr_nasty_magnitude(&rng, 14) - 1);
        uint64_t rate = (uint64_t)cltv * risk_ppb;
        if (amount_msat / 1000000 < UINT64_MAX / ((uint64_t)ppm + 1)) {
            cr_assert_eq(fgr_fee_msat(amount_msat, base_msat, ppm),
                         base_msat + product_over(amount_msat, ppm, 1000000));
        }
        if (amount_msat / 1000000000 < UINT64_MAX / (rate + 1)) {
            cr_assert_eq(fgr_risk_msat(amount_msat, cltv, risk_ppb),
                         product_over(amount_msat, rate, 1000000000));
        }
    }
}

Test(cost, failure_scale_is_base_plus_share_of_the_payment)
{
    struct fgr_cost cost;
    struct fgr_route_query query;
    fgr_route_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){1}, (fgr_msat){1});
    fgr_cost_init(&cost, &query.cost, 1);
    cr_assert_eq(cost.fail_msat, 100000);
    fgr_cost_init(&cost, &query.cost, 999999999);
    cr_assert_eq(cost.fail_msat, 100000 + 999999);
    cr_assert_eq(cost.risk_ppb, 15);
    cr_assert_eq(cost.model, FGR_PROB_UNIFORM);
}
