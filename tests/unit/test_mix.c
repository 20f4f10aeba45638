/* SPDX-License-Identifier: MIT */
#include "engine/mix.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define MOST_MSAT 1e30

/* A mix of `n` paths, each over one half-channel of its own of 1 000 000 sat, and one that all
 * share. M is 1 000 sat. */
static struct fgr_mix *parallel(uint32_t n)
{
    static struct fgr_mix mix;
    memset(&mix, 0, sizeof mix);
    mix.tariff.fail_msat = 1e6;
    mix.n_lanes = n + 1;
    mix.lane[n].arc.most_msat = UINT64_C(100000000000);
    mix.n_paths = n + 1;
    mix.path[0] = (struct fgr_mix_path){.high_msat = MOST_MSAT};
    for (uint32_t i = 0; i < n; i++) {
        mix.lane[i].arc.most_msat = UINT64_C(1000000000);
        mix.path[i + 1] = (struct fgr_mix_path){.n_hops = 2,
                                                .is_open = true,
                                                .lane = {(uint16_t)i, (uint16_t)n},
                                                .gain = {1.0, 1.0},
                                                .high_msat = MOST_MSAT};
    }
    return &mix;
}

static double sum_of(const struct fgr_mix *mix)
{
    double sum = 0;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        sum += mix->path[i].amount_msat;
    }
    return sum;
}

static bool is_near(double a, double b)
{
    return fabs(a - b) <= 1e-5 * fabs(b) + 1.0;
}

Test(mix, equal_paths_share_equally)
{
    for (uint32_t n = 2; n <= 40; n++) {
        struct fgr_mix *mix = parallel(n);
        mix->path[1].amount_msat = 9e8;
        double price = fgr_mix_balance(mix, 1e-9);
        for (uint32_t i = 1; i <= n; i++) {
            cr_assert(is_near(mix->path[i].amount_msat, 9e8 / n), "path %u of %u carries %f", i, n,
                      mix->path[i].amount_msat);
        }
        double own = 1e6 / (1e9 + 1 - 9e8 / n);
        cr_assert(is_near(price * 1e12, (own + 1e6 / (1e11 + 1 - 9e8)) * 1e12));
    }
}

/* Carried by one path before: what is missing is dearer than anything. */
Test(mix, takes_up_what_is_missing)
{
    struct fgr_mix *mix = parallel(5);
    mix->path[0] = (struct fgr_mix_path){
        .is_open = true, .price = 1e3, .high_msat = MOST_MSAT, .amount_msat = 4.5e9};
    fgr_mix_balance(mix, 1e-7);
    cr_assert_lt(mix->path[0].amount_msat, 1.0);
    cr_assert(is_near(sum_of(mix), 4.5e9));
    for (uint32_t i = 1; i <= 5; i++) {
        cr_assert(is_near(mix->path[i].amount_msat, 9e8));
        cr_assert_lt(mix->lane[i - 1].flow_msat, 1e9);
    }
}

/* More than all of it cannot be placed, and no half-channel is overfilled. */
Test(mix, leaves_missing_what_does_not_fit)
{
    struct fgr_mix *mix = parallel(3);
    mix->path[0] = (struct fgr_mix_path){
        .is_open = true, .price = 1e2, .high_msat = MOST_MSAT, .amount_msat = 5e9};
    fgr_mix_balance(mix, 1e-6);
    cr_assert_gt(mix->path[0].amount_msat, 1.9e9);
    cr_assert(is_near(sum_of(mix), 5e9));
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_leq(mix->lane[i].flow_msat, 1e9);
    }
}

/* The cheaper path carries more, by as much as makes their last msat cost the same. */
Test(mix, balances_prices_against_failure)
{
    struct fgr_mix *mix = parallel(2);
    mix->path[1].price = 0.0005;
    mix->path[1].amount_msat = 4e8;
    fgr_mix_balance(mix, 1e-10);
    double dear = mix->path[1].amount_msat;
    double cheap = mix->path[2].amount_msat;
    cr_assert(is_near(dear + cheap, 4e8));
    cr_assert_lt(dear, cheap);
    if (dear > 0) {
        cr_assert(is_near((0.0005 + 1e6 / (1e9 + 1 - dear)) * 1e9, 1e6 / (1e9 + 1 - cheap) * 1e9));
    }
}

Test(mix, keeps_the_limits_of_a_path)
{
    struct fgr_mix *mix = parallel(3);
    mix->path[1].low_msat = 5e8;
    mix->path[1].amount_msat = 8e8;
    mix->path[2].high_msat = 5e7;
    fgr_mix_balance(mix, 1e-9);
    cr_assert_geq(mix->path[1].amount_msat, 5e8);
    cr_assert_leq(mix->path[2].amount_msat, 5e7);
    cr_assert(is_near(mix->path[1].amount_msat, 5e8));
    cr_assert(is_near(mix->path[2].amount_msat, 5e7));
    cr_assert(is_near(sum_of(mix), 8e8));
}

/* Against a grid: no other division of the amount costs less. */
Test(mix, is_cheaper_than_a_grid)
{
    struct fgr_mix *mix = parallel(2);
    mix->lane[0].arc.most_msat = UINT64_C(300000000);
    mix->path[1].price = 0.0002;
    mix->path[2].amount_msat = 9e8;
    fgr_mix_balance(mix, 1e-10);
    double best = fgr_mix_cost(mix);
    double at = mix->path[1].amount_msat;
    for (int i = 0; i < 290; i++) {
        fgr_mix_shift(mix, 1, i * 1e6 - mix->path[1].amount_msat);
        fgr_mix_shift(mix, 2, 9e8 - i * 1e6 - mix->path[2].amount_msat);
        cr_assert_geq(fgr_mix_cost(mix), best - 1e-3, "%f msat on the first are better than %f",
                      i * 1e6, at);
    }
}

/* The bend is what a move of an amount costs, to second order. */
Test(mix, bend_foretells_a_loss)
{
    struct fgr_mix *mix = parallel(4);
    double bend[FGR_PATHS_MAX];
    mix->path[1].amount_msat = 6e8;
    fgr_mix_balance(mix, 1e-10);
    fgr_mix_bends(mix, bend);
    double before = fgr_mix_cost(mix);
    double moved_msat = 1e6;
    mix->path[1].high_msat = mix->path[1].amount_msat - moved_msat;
    fgr_mix_shift(mix, 1, -moved_msat);
    fgr_mix_shift(mix, 2, moved_msat);
    fgr_mix_balance(mix, 1e-12);
    double loss = fgr_mix_cost(mix) - before;
    double told = 0.5 * moved_msat * moved_msat * bend[1];
    cr_assert(fabs(loss - told) < 0.05 * told, "lost %g, told %g", loss, told);
}
