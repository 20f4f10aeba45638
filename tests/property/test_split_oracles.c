/* SPDX-License-Identifier: MIT */
/*
 * The judges of splits judged. On random nasty graphs no set of parts that brute force finds costs
 * less than a bound of the other two, whatever prices the certificate is made of. Where there is
 * nothing that a bound ignores (no fees, no base fees, few paths) all three meet.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/oracle/dual.h"
#include "tests/oracle/piecewise.h"
#include "tests/oracle/split_brute.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 6, CHANS_MAX = 9, EDGES_MAX = 2 * CHANS_MAX, QUERIES = 4, GRAPHS = 8000 };
enum { BUNDLES = 3000, BUNDLE_NODES = 5 };

struct tally {
    uint64_t found;
    uint64_t none;
    uint64_t several; /* the best set has more than one part */
    uint64_t exact;
    uint64_t near; /* a bound within 1 % of it */
    uint64_t calm; /* no channel is nearly full */
};

struct fixture {
    struct fgr_rng rng;
    struct fgr_problem problem;
    struct fgr_split_query query;
    struct fgr_split_brute_answer brute;
    char where[600];
    struct tally tally;
};

static const struct fgr_dual no_limits = {
    .fee_weight = 1, .max_hops = FGR_IDX_NONE, .max_cltv = FGR_IDX_NONE};

/* Fails if brute force has found a set that costs less than `bound`. */
static void assert_bound(struct fixture *f, const char *what, long double bound,
                         long double rounding_weight)
{
    long double cost = (long double)f->brute.price.cost_msat;
    long double rounding = fgr_problem_rounding(&f->problem, &f->brute.price) * rounding_weight;
    /* long double itself */
    rounding += 1e-15L * fabsl(bound);
    cr_assert(cost + rounding >= bound, "%s: %s bound %.3Lf, a set of %" PRIu32 " costs %.0Lf",
              f->where, what, bound, f->brute.n_parts, cost);
    f->tally.near += bound + rounding >= 0.99L * cost;
}

/* No part of a better set carries more than all of the cost beyond the amount. */
static uint64_t top_of(const struct fixture *f)
{
    return f->query.amount.v + f->brute.price.cost_msat;
}

/* Prices at some flow, good or bad, with and without limits and a weight on the fees. */
static void judge_dual(struct fixture *f, const uint64_t *flow_msat)
{
    long double price[EDGES_MAX];
    struct fgr_dual dual = no_limits;
    struct fgr_dual_answer answer;
    fgr_dual_prices(&f->problem, price, flow_msat);
    dual.price = price;
    dual.top_msat = top_of(f);
    if (fgr_nasty_chance(&f->rng, 50)) {
        dual.max_hops = f->query.max_hops;
    }
    if (fgr_nasty_chance(&f->rng, 50)) {
        dual.max_cltv = f->query.max_cltv - f->query.final_cltv;
    }
    if (f->query.max_fee.v != FGR_MSAT_NONE && fgr_nasty_chance(&f->rng, 50)) {
        dual.fee_weight = 1 + (long double)fgr_rng_below(&f->rng, 300) / 100;
    }
    fgr_dual_solve(&f->problem, &answer, &dual);
    cr_assert(answer.is_ok, "%s", f->where);
    assert_bound(f, "dual", answer.bound_msat, answer.rounding_weight);
}

static void judge_bounds(struct fixture *f)
{
    uint64_t flow_msat[EDGES_MAX];
    struct fgr_piecewise_answer piecewise;
    fgr_piecewise_solve(&f->problem, &piecewise, flow_msat, 1e-6L, 6);
    cr_assert_neq(piecewise.outcome, FGR_LEMON_FAILED, "%s", f->where);
    if (f->brute.n_parts == 0) {
        return;
    }
    cr_assert_eq(piecewise.outcome, FGR_LEMON_OPTIMAL, "%s", f->where);
    assert_bound(f, "piecewise", piecewise.lower_msat, 1);
    judge_dual(f, flow_msat);
    for (uint32_t e = 0; e < f->problem.n_edges; e++) {
        flow_msat[e] = fgr_rng_below(&f->rng, f->problem.edge[e].max_msat + 1);
    }
    judge_dual(f, flow_msat);
}

static void ask(struct fixture *f, const struct fgr_view *view, uint64_t amount_msat)
{
    char words[400];
    fgr_nasty_split_query(&f->rng, &f->query, view->n_nodes, amount_msat,
                          FGR_SPLIT_BRUTE_PARTS_MAX);
    f->query.cost.model = FGR_PROB_UNIFORM;
    size_t n = strlen(f->where);
    snprintf(f->where + n, sizeof f->where - n, ": %s",
             fgr_nasty_split_describe(words, sizeof words, &f->query));
    cr_assert(fgr_problem_create(&f->problem, view, &f->query));
    fgr_split_brute_solve(&f->problem, &f->brute);
    cr_assert(!f->brute.gave_up, "%s", f->where);
    f->tally.found += f->brute.n_parts > 0;
    f->tally.none += f->brute.n_parts == 0;
    f->tally.several += f->brute.n_parts > 1;
    f->tally.exact += f->brute.is_exact;
    judge_bounds(f);
    fgr_problem_destroy(&f->problem);
}

Test(split_oracles, agree_on_tiny_graphs, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fixture f = {.tally = {0}};
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    uint64_t n_graphs = GRAPHS * fgr_settings_scale();
    for (uint64_t graph = 0; graph < n_graphs; graph++) {
        struct fgr_maker_chan chans[CHANS_MAX];
        struct fgr_made made;
        fgr_rng_seed(&f.rng, fgr_settings_seed(), graph);
        uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&f.rng, NODES_MAX - 1);
        uint32_t n_chans = 1 + (uint32_t)fgr_rng_below(&f.rng, CHANS_MAX);
        uint64_t amount_msat = fgr_nasty_magnitude(&f.rng, graph % 2 == 0 ? 6 : 36);
        fgr_nasty_split_graph(&f.rng, chans, n_chans, n_nodes, amount_msat);
        cr_assert(fgr_maker_view(maker, &made, chans, n_chans, n_nodes, &err), "%s", err.text);
        for (unsigned q = 0; q < QUERIES; q++) {
            snprintf(f.where, sizeof f.where, "FGR_SEED %" PRIu64 " graph %" PRIu64 " query %u",
                     fgr_settings_seed(), graph, q);
            ask(&f, made.view, amount_msat);
        }
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    /* A generator that makes everything easy, or nothing possible, would test nothing. */
    const struct tally *t = &f.tally;
    cr_log_info("%" PRIu64 " found, %" PRIu64 " not; %" PRIu64 " of several parts, %" PRIu64
                " exact, %" PRIu64 " bounds near\n",
                t->found, t->none, t->several, t->exact, t->near);
    cr_assert_gt(t->found, t->none / 4);
    cr_assert_gt(t->none, t->found / 8);
    cr_assert_gt(t->several, t->found / 20);
    cr_assert_gt(t->exact, (t->found + t->none) / 3);
    cr_assert_gt(t->near, t->found);
}

/* Up to three ways from node 0 to node 1, one or two hops long, without fees; the first channels
 * may be shared. Returns how many channels there are. */
static uint32_t make_bundle(struct fgr_rng *rng, struct fgr_maker_chan *chans)
{
    uint32_t n_ways = 2 + (uint32_t)fgr_rng_below(rng, 2);
    uint32_t n_chans = 0;
    for (uint32_t way = 0; way < n_ways; way++) {
        uint32_t middle = way > 0 && fgr_nasty_chance(rng, 40) ? 2 : 2 + way;
        uint32_t end[2][2] = {{0, middle}, {1, middle}};
        for (unsigned i = way > 0 && middle == 2; i < 2; i++) {
            struct fgr_maker_chan *chan = &chans[n_chans++];
            *chan = (struct fgr_maker_chan){.capacity_sat = 500 + fgr_rng_below(rng, 100000)};
            chan->node[0] = end[i][0];
            chan->node[1] = end[i][1];
            chan->half[i] = (struct fgr_maker_half){.htlc_max_msat = chan->capacity_sat * 1000,
                                                    .cltv_delta = (uint16_t)fgr_rng_below(rng, 200),
                                                    .is_known = true};
        }
    }
    return n_chans;
}

static bool is_steep(const struct fgr_problem *problem, const uint64_t *flow_msat)
{
    for (uint32_t e = 0; e < problem->n_edges; e++) {
        if (flow_msat[e] > problem->edge[e].max_msat / 100 * 99) {
            return true;
        }
    }
    return false;
}

/* The source's side of a bundle is free, the other costs risk: nothing a bound ignores. */
static void judge_bundle(struct fixture *f, const struct fgr_view *view)
{
    uint64_t flow_msat[EDGES_MAX];
    long double price[EDGES_MAX];
    struct fgr_piecewise_answer piecewise;
    struct fgr_dual dual = no_limits;
    struct fgr_dual_answer answer;
    cr_assert(fgr_problem_create(&f->problem, view, &f->query));
    fgr_split_brute_solve(&f->problem, &f->brute);
    fgr_piecewise_solve(&f->problem, &piecewise, flow_msat, 1e-9L, 25);
    cr_assert_eq(piecewise.outcome == FGR_LEMON_OPTIMAL, f->brute.n_parts > 0, "%s", f->where);
    if (f->brute.n_parts > 0) {
        long double cost = (long double)f->brute.price.cost_msat;
        long double near = fgr_problem_rounding(&f->problem, &f->brute.price) + 1e-5L * cost;
        fgr_dual_prices(&f->problem, price, flow_msat);
        dual.price = price;
        dual.top_msat = f->query.amount.v;
        fgr_dual_solve(&f->problem, &answer, &dual);
        assert_bound(f, "piecewise", piecewise.lower_msat, 1);
        assert_bound(f, "dual", answer.bound_msat, answer.rounding_weight);
        cr_assert(piecewise.lower_msat >= cost - near && piecewise.upper_msat <= cost + near,
                  "%s: piecewise %.1Lf to %.1Lf, a set costs %.0Lf", f->where, piecewise.lower_msat,
                  piecewise.upper_msat, cost);
        /* Prices err by as much as the flow does, its cost only by the square of that; and next to
         * the last msat of a channel by a multiple of it. */
        cr_assert(is_steep(&f->problem, flow_msat) || answer.bound_msat >= 0.99L * cost - near,
                  "%s: dual %.1Lf, a set costs %.0Lf", f->where, answer.bound_msat, cost);
        f->tally.calm += !is_steep(&f->problem, flow_msat);
        f->tally.several += f->brute.n_parts > 1;
        f->tally.found++;
    }
    fgr_problem_destroy(&f->problem);
}

Test(split_oracles, meet_where_nothing_is_ignored, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fixture f = {.tally = {0}};
    cr_assert(fgr_maker_create(&maker, BUNDLE_NODES, &err), "%s", err.text);
    uint64_t n_bundles = BUNDLES * fgr_settings_scale();
    for (uint64_t i = 0; i < n_bundles; i++) {
        struct fgr_maker_chan chans[CHANS_MAX];
        struct fgr_made made;
        fgr_rng_seed(&f.rng, fgr_settings_seed(), i);
        uint32_t n_chans = make_bundle(&f.rng, chans);
        cr_assert(fgr_maker_view(maker, &made, chans, n_chans, BUNDLE_NODES, &err), "%s", err.text);
        f.query = (struct fgr_split_query){
            .from = {0},
            .to = {1},
            .amount = {1 + fgr_rng_below(&f.rng, 100000000)},
            .max_fee = {FGR_MSAT_NONE},
            .max_cltv = 2016,
            .max_hops = 20,
            .max_parts = FGR_SPLIT_BRUTE_PARTS_MAX,
            .min_part = {1},
            .cost = {.fail_base_msat = 100000, .fail_amount_ppm = 1000, .risk_ppb = 15}};
        snprintf(f.where, sizeof f.where,
                 "FGR_SEED %" PRIu64 " bundle %" PRIu64 ", %" PRIu64 " msat", fgr_settings_seed(),
                 i, f.query.amount.v);
        judge_bundle(&f, made.view);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(f.tally.several, f.tally.found / 3);
    cr_assert_gt(f.tally.found, n_bundles / 3);
    cr_assert_gt(f.tally.calm, f.tally.found / 3);
}
