/* SPDX-License-Identifier: MIT */
/*
 * Networks in which the best set of at most N parts can be worked out: a channel that all parts share,
 * and a few parallel ones of which N are to be chosen.
 */
#include "engine/lots.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>

#include "engine/cholesky.h"
#include "engine/split_scratch.h"
#include "graph/util/rng.h"
#include "tests/support/graph_maker.h"
#include "tests/support/settings.h"

enum { PARALLEL_MAX = 7, NETS = 60 };

#define NONE 1e30
#define M_MSAT(amount_msat) (100000.0 + (double)(amount_msat)*1e-3)

struct net {
    uint64_t amount_msat;
    uint32_t max_parts;
    uint32_t n; /* channels in parallel: the first of all is the shared one */
    uint32_t ppm;
    struct fgr_maker_chan chan[PARALLEL_MAX + 1];
};

static struct fgr_maker_chan channel(uint32_t from, uint64_t capacity_sat, uint32_t ppm)
{
    struct fgr_maker_half half = {
        .htlc_min_msat = 1, .htlc_max_msat = capacity_sat * 1000, .ppm = ppm, .is_known = true};
    return (struct fgr_maker_chan){
        .node = {from, from + 1}, .capacity_sat = capacity_sat, .half = {half, {0}}};
}

static void make(struct net *net, struct fgr_rng *rng)
{
    uint64_t sum_sat = 0;
    net->n = 3 + (uint32_t)fgr_rng_below(rng, PARALLEL_MAX - 2);
    net->max_parts = 2 + (uint32_t)fgr_rng_below(rng, net->n - 2);
    net->ppm = (uint32_t)fgr_rng_below(rng, 3000);
    for (uint32_t i = 1; i <= net->n; i++) {
        uint64_t capacity_sat = 1000000 + fgr_rng_below(rng, 9000000);
        net->chan[i] = channel(1, capacity_sat, net->ppm);
        sum_sat += i <= net->max_parts ? capacity_sat : 0;
    }
    net->amount_msat = sum_sat * (200 + fgr_rng_below(rng, 600));
    net->chan[0] = channel(0, sum_sat * 2, 0);
}

/* -ln P of `amount_msat` over the channels of `set` at equal room in all that are used. */
static double failure(const struct net *net, uint32_t set, double amount_msat)
{
    double least = 0;
    double most = 1e13;
    for (int i = 0; i < 200; i++) {
        double room = 0.5 * (least + most);
        double sum = 0;
        for (uint32_t k = 0; k < net->n; k++) {
            double end_msat = (double)net->chan[k + 1].capacity_sat * 1000 + 1;
            sum += (set >> k & 1) != 0 && end_msat > room ? end_msat - room : 0;
        }
        *(sum > amount_msat ? &least : &most) = room;
    }
    double fail = 0;
    double left_msat = amount_msat;
    for (uint32_t k = 0; k < net->n; k++) {
        double end_msat = (double)net->chan[k + 1].capacity_sat * 1000 + 1;
        if ((set >> k & 1) != 0 && end_msat > most) {
            fail -= log(most / end_msat);
            left_msat -= end_msat - most;
        }
    }
    return left_msat < 1.0 ? fail : NONE;
}

/* What the best set costs, amounts and fees in fractions. */
static double optimum(const struct net *net)
{
    double amount_msat = (double)net->amount_msat;
    double fee_msat = amount_msat * net->ppm * 1e-6;
    double shared =
        -log(1 - (amount_msat + fee_msat) / ((double)net->chan[0].capacity_sat * 1000 + 1));
    double best = NONE;
    for (uint32_t set = 1; set < 1U << net->n; set++) {
        if ((uint32_t)__builtin_popcount(set) <= net->max_parts) {
            best = fmin(best, failure(net, set, amount_msat));
        }
    }
    return fee_msat + M_MSAT(net->amount_msat) * (shared + best);
}

/* Counts the nets in which it was asked, and in which it is within 2 %. */
static void judge(const struct net *net, const struct fgr_view *view, uint32_t *n_asked,
                  uint32_t *n_close)
{
    struct fgr_split_scratch *scratch;
    struct fgr_split_query query;
    struct fgr_split split;
    struct fgr_error err;
    cr_assert_eq(fgr_split_scratch_create(&scratch, view, NULL, &err), FGR_OK);
    fgr_split_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){2},
                         (fgr_msat){net->amount_msat});
    query.max_parts = net->max_parts;
    query.max_gap_ppm = 0;
    double best = optimum(net);
    if (best < NONE) {
        cr_assert_eq(fgr_split(scratch, &split, view, &query, &err), FGR_OK, "%s", err.text);
        cr_assert_geq((double)(split.cost.v + split.rounding.v), best * (1 - 1e-9));
        double bound = scratch->lots.bound_msat;
        cr_assert_leq(bound, best * (1 + 1e-9), "proves %f of a set that costs %f", bound, best);
        *n_asked += bound > 0;
        *n_close += bound > best * 0.98;
    }
    fgr_split_scratch_destroy(scratch);
}

Test(lots, no_bound_is_above_the_best_set_of_so_many_parts)
{
    struct fgr_maker *maker;
    struct fgr_rng rng;
    struct fgr_error err;
    uint32_t n_asked = 0;
    uint32_t n_close = 0;
    cr_assert(fgr_maker_create(&maker, 3, &err));
    fgr_rng_seed(&rng, fgr_settings_seed(), 91);
    for (uint64_t i = 0; i < NETS * fgr_settings_scale(); i++) {
        struct net net;
        struct fgr_made made;
        make(&net, &rng);
        cr_assert(fgr_maker_view(maker, &made, net.chan, net.n + 1, 3, &err), "%s", err.text);
        judge(&net, made.view, &n_asked, &n_close);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(n_asked, NETS / 4);
    cr_assert_gt(n_close, n_asked * 3 / 4, "%u of %u are close", n_close, n_asked);
}

/* No part of that size or more fails at less for each msat. */
Test(lots, the_least_slope_is_below_the_curve)
{
    for (double end_msat = 10; end_msat < 1e15; end_msat *= 7) {
        for (double least = 0.01; least < 1; least *= 1.5) {
            double least_msat = floor(least * end_msat);
            double slope = fgr_lots_least_slope(1e8, least_msat, end_msat);
            for (double size_msat = fmax(1, least_msat); size_msat < end_msat; size_msat *= 1.3) {
                double whole_msat = floor(size_msat);
                double fail = fgr_lots_fail(1e8, whole_msat, 0, end_msat);
                cr_assert_leq(slope * whole_msat, fail * (1 + 1e-9) + 1);
            }
        }
    }
}

Test(cholesky, solves_what_it_factors)
{
    enum { N = 12 };
    struct fgr_rng rng;
    double root[N][N];
    double matrix[N][N];
    double l[N * N];
    double x[N];
    fgr_rng_seed(&rng, fgr_settings_seed(), 92);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            root[i][j] = (double)fgr_rng_below(&rng, 1000) / 1000 + (i == j);
        }
    }
    for (int i = 0; i < N; i++) {
        x[i] = 0;
        for (int j = 0; j < N; j++) {
            matrix[i][j] = 0;
            for (int k = 0; k < N; k++) {
                matrix[i][j] += root[i][k] * root[j][k];
            }
            l[i * N + j] = matrix[i][j];
            x[i] += matrix[i][j] * (j + 1);
        }
    }
    fgr_cholesky_factor(l, N, 0);
    fgr_cholesky_solve(l, N, x);
    for (int i = 0; i < N; i++) {
        cr_assert_float_eq(x[i], i + 1, 1e-6);
    }
}
