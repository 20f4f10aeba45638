/* SPDX-License-Identifier: MIT */
#include "engine/scan.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/cost.h"
#include "graph/util/rng.h"
#include "graph/util/round.h"

/* One list of half-channels and what the columns are made of. */
struct list {
    struct fgr_half half[FGR_SCAN_BLOCK];
    uint64_t capacity_msat[FGR_SCAN_BLOCK];
    int32_t base_msat[FGR_SCAN_BLOCK];
    int32_t ppm[FGR_SCAN_BLOCK];
    uint16_t cltv[FGR_SCAN_BLOCK];
    float inv_cap[FGR_SCAN_BLOCK];
    float max_msat[FGR_SCAN_BLOCK];
    struct fgr_adjacency adjacency;
};

static uint64_t some(struct fgr_rng *rng, unsigned bits)
{
    return fgr_rng_next(rng) >> (64 - bits + fgr_rng_below(rng, bits));
}

static int32_t clamp(uint32_t fee)
{
    return fee < INT32_MAX ? (int32_t)fee : INT32_MAX;
}

static void make_list(struct list *list, struct fgr_rng *rng)
{
    for (uint32_t i = 0; i < FGR_SCAN_BLOCK; i++) {
        uint64_t capacity_msat = 1000 * (1 + some(rng, 48));
        struct fgr_half *half = &list->half[i];
        *half = (struct fgr_half){.base_msat = (uint32_t)some(rng, 32),
                                  .ppm = (uint32_t)some(rng, 32),
                                  .cltv_delta = (uint16_t)some(rng, 16),
                                  .htlc_max_msat = 1 + fgr_rng_below(rng, capacity_msat)};
        list->capacity_msat[i] = capacity_msat;
        list->base_msat[i] = clamp(half->base_msat);
        list->ppm[i] = clamp(half->ppm);
        list->cltv[i] = half->cltv_delta;
        list->inv_cap[i] = fgr_float_ratio_floor(1, capacity_msat + 1);
        list->max_msat[i] = fgr_float_ceil(half->htlc_max_msat);
    }
    list->adjacency = (struct fgr_adjacency){.base_msat = list->base_msat,
                                             .ppm = list->ppm,
                                             .cltv = list->cltv,
                                             .inv_cap = list->inv_cap,
                                             .max_msat = list->max_msat};
}

static struct fgr_scan_terms terms_of(const struct fgr_cost *cost, uint64_t amount_msat)
{
    float amount = fgr_float_floor(amount_msat);
    return (struct fgr_scan_terms){.amount_msat = amount,
                                   .base = 1,
                                   .ppm = amount * 1e-6F,
                                   .cltv = (float)cost->risk_ppb * 1e-9F * amount,
                                   .fail = fgr_float_floor(cost->fail_msat)};
}

/* Never above the exact cost, and not far below it where the series is good. */
Test(scan, bounds_the_exact_cost_from_below)
{
    struct fgr_rng rng;
    struct list list;
    float bound[FGR_SCAN_BLOCK];
    uint64_t n_tight = 0, n = 0;
    fgr_rng_seed(&rng, 3, 0);
    for (unsigned round = 0; round < 2000; round++) {
        struct fgr_cost_params params = {some(&rng, 30), (uint32_t)some(&rng, 20),
                                         (uint32_t)some(&rng, 10), FGR_PROB_UNIFORM};
        uint64_t amount_msat = 1 + some(&rng, 50);
        struct fgr_cost cost;
        fgr_cost_init(&cost, &params, amount_msat);
        make_list(&list, &rng);
        struct fgr_scan_terms terms = terms_of(&cost, amount_msat);
        fgr_scan_plain(bound, &list.adjacency, 0, FGR_SCAN_BLOCK, &terms);
        for (uint32_t i = 0; i < FGR_SCAN_BLOCK; i++) {
            const struct fgr_half *half = &list.half[i];
            if (amount_msat > half->htlc_max_msat) {
                continue;
            }
            uint64_t fee = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
            uint64_t exact = fgr_cost_forward(&cost, half, fee, amount_msat, list.capacity_msat[i]);
            cr_assert_leq((long double)bound[i], (long double)exact);
            n++;
            n_tight += (double)bound[i] > 0.99 * (double)exact - 4;
        }
    }
    cr_assert_gt(n_tight, n * 9 / 10);
}

/* A large M blows up what the fixed-point logarithm falls short of the true one: on a large channel
 * by far more than the fractions of a msat that rounding drops. */
Test(scan, stays_below_the_exact_cost_for_any_cost_of_failure)
{
    struct fgr_rng rng;
    struct list list;
    float bound[FGR_SCAN_BLOCK];
    fgr_rng_seed(&rng, 5, 0);
    for (unsigned round = 0; round < 20000; round++) {
        struct fgr_cost cost = {.fail_msat = 1 + some(&rng, 60), .fee_weight = 1};
        uint64_t amount_msat = 1 + some(&rng, 40);
        make_list(&list, &rng);
        struct fgr_scan_terms terms = terms_of(&cost, amount_msat);
        terms.base = 0;
        terms.ppm = 0;
        fgr_scan_plain(bound, &list.adjacency, 0, FGR_SCAN_BLOCK, &terms);
        for (uint32_t i = 0; i < FGR_SCAN_BLOCK; i++) {
            if (amount_msat <= list.half[i].htlc_max_msat) {
                uint64_t exact = fgr_cost_fail(&cost, amount_msat, list.capacity_msat[i]);
                cr_assert_leq((long double)bound[i], (long double)exact, "M %" PRIu64,
                              cost.fail_msat);
            }
        }
    }
}

Test(scan, leaves_out_what_cannot_carry_the_amount)
{
    struct fgr_rng rng;
    struct list list;
    float bound[FGR_SCAN_BLOCK];
    struct fgr_cost cost = {.fail_msat = 100000, .risk_ppb = 15, .fee_weight = 1};
    fgr_rng_seed(&rng, 4, 0);
    make_list(&list, &rng);
    for (uint32_t i = 0; i < FGR_SCAN_BLOCK; i++) {
        uint64_t max_msat = list.half[i].htlc_max_msat;
        struct fgr_scan_terms fits = terms_of(&cost, max_msat);
        struct fgr_scan_terms above = terms_of(&cost, max_msat + max_msat / 1000000 + 2);
        fgr_scan_plain(bound, &list.adjacency, i, 1, &fits);
        cr_assert(isfinite(bound[0]));
        fgr_scan_plain(bound, &list.adjacency, i, 1, &above);
        cr_assert(isinf(bound[0]));
    }
}

Test(scan, the_fast_loop_gives_the_same_bits)
{
    struct fgr_rng rng;
    struct list list;
    fgr_scan_fn *best = fgr_scan_best();
    if (best == fgr_scan_plain) {
        cr_skip("this machine has only the plain loop");
    }
    struct fgr_cost cost = {.fail_msat = 101000, .risk_ppb = 15, .fee_weight = 1};
    fgr_rng_seed(&rng, 5, 0);
    for (unsigned round = 0; round < 2000; round++) {
        float plain[FGR_SCAN_BLOCK], fast[FGR_SCAN_BLOCK];
        struct fgr_scan_terms terms = terms_of(&cost, 1 + some(&rng, 60));
        uint32_t first = (uint32_t)fgr_rng_below(&rng, 8);
        uint32_t n = 1 + (uint32_t)fgr_rng_below(&rng, FGR_SCAN_BLOCK - first);
        make_list(&list, &rng);
        fgr_scan_plain(plain, &list.adjacency, first, n, &terms);
        best(fast, &list.adjacency, first, n, &terms);
        cr_assert_eq(memcmp(plain, fast, n * sizeof *plain), 0);
    }
}
