/* SPDX-License-Identifier: MIT */
/*
 * fgr_capacity_at on random small graphs, against the most likely sets at many other amounts, and
 * against brute force at the amount that is said to be impossible.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "fulgurite/capacity.h"
#include "tests/oracle/split_brute.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 6, CHANS_MAX = 9, GRAPHS = 600, GOALS = 4, SWEEP = 24 };

static const uint32_t wanted_ppm[GOALS] = {500000, 900000, 990000, 0};
static const uint32_t fee_ppm[GOALS] = {FGR_FEE_PPM_ANY, FGR_FEE_PPM_ANY, FGR_FEE_PPM_ANY, 10000};

struct fixture {
    struct fgr_made made;
    struct fgr_choice_scratch *scratch;
    struct fgr_capacity_scratch *capacity;
    struct fgr_split_query query;
    char where[600];
    uint64_t n_found;
    uint64_t n_none;   /* a proof that more is impossible */
    uint64_t n_swept;  /* amounts of the sweep that meet the goal */
    uint64_t n_beaten; /* ... and are larger than what was found, by a fiftieth or more */
};

/* What fgr_capacity_at asks at an amount. */
static struct fgr_split_query at_amount(const struct fixture *f, uint64_t amount_msat, int goal)
{
    struct fgr_split_query query = f->query;
    uint64_t half_msat = amount_msat > 1 ? amount_msat / 2 : 1;
    query.amount.v = amount_msat;
    query.min_part.v = query.min_part.v < half_msat ? query.min_part.v : half_msat;
    uint64_t fee_msat =
        amount_msat / 1000000 * fee_ppm[goal] + amount_msat % 1000000 * fee_ppm[goal] / 1000000;
    query.max_fee.v = query.max_fee.v < fee_msat ? query.max_fee.v : fee_msat;
    return query;
}

static bool meets(struct fixture *f, uint64_t amount_msat, int goal)
{
    struct fgr_choice choice;
    struct fgr_split_query query = at_amount(f, amount_msat, goal);
    return fgr_choice_most_likely(f->scratch, &choice, f->made.view, &query, NULL) == FGR_OK &&
           choice.split.probability >= wanted_ppm[goal] / 1e6;
}

/* The probability of the most likely of all sets that keep the limits, as far as brute force finds it:
 * with M so large that nothing else counts. */
static void assert_none(struct fixture *f, uint64_t amount_msat, int goal)
{
    struct fgr_problem problem;
    struct fgr_split_brute_answer brute;
    struct fgr_split_query query = at_amount(f, amount_msat, goal);
    query.max_parts =
        query.max_parts < FGR_SPLIT_BRUTE_PARTS_MAX ? query.max_parts : FGR_SPLIT_BRUTE_PARTS_MAX;
    query.cost.fail_base_msat = UINT64_C(1000000000000);
    query.cost.fail_amount_ppm = 0;
    query.cost.risk_ppb = 0;
    query.part_cost.v = 0;
    cr_assert(fgr_problem_create(&problem, f->made.view, &query));
    fgr_split_brute_solve(&problem, &brute);
    if (brute.n_parts > 0) {
        double neg_ln = (double)(brute.price.cost_msat - brute.price.fee_msat) / 1e12;
        double wanted = goal == 3 ? 1e9 : (double[]){0.6931472, 0.1053605, 0.0100503}[goal];
        cr_assert_gt(neg_ln, wanted * (1 - 1e-6), "%s: goal %d, not at %" PRIu64 ", -ln P %g",
                     f->where, goal, amount_msat, neg_ln);
    }
    fgr_problem_destroy(&problem);
}

static void judge(struct fixture *f, struct fgr_rng *rng, int goal, uint64_t most_msat)
{
    struct fgr_capacity_at at;
    struct fgr_error err;
    struct fgr_capacity_goal wanted = {wanted_ppm[goal], fee_ppm[goal], {most_msat}};
    cr_assert_eq(fgr_capacity_at(f->scratch, &at, f->made.view, &f->query, &wanted, &err), FGR_OK,
                 "%s: %s", f->where, err.text);
    cr_assert(at.at_least.v <= most_msat && at.not_at.v <= most_msat);
    if (at.at_least.v > 0) {
        f->n_found++;
        cr_assert(meets(f, at.at_least.v, goal), "%s: goal %d, %" PRIu64, f->where, goal,
                  at.at_least.v);
        cr_assert(at.n_parts >= 1 && at.probability >= wanted_ppm[goal] / 1e6);
        cr_assert_leq((double)at.fee.v, (double)at.at_least.v * fee_ppm[goal] / 1e6);
    }
    if (at.not_at.v > 0) {
        f->n_none++;
        cr_assert_gt(at.not_at.v, at.at_least.v);
        assert_none(f, at.not_at.v, goal);
    }
    for (int i = 0; i < SWEEP; i++) {
        uint64_t amount_msat = 1 + fgr_rng_below(rng, most_msat >> (i % 12));
        if (amount_msat < most_msat && meets(f, amount_msat, goal)) {
            f->n_swept++;
            f->n_beaten += amount_msat > at.at_least.v + at.at_least.v / 50 + 1;
        }
    }
}

static void run_graph(struct fixture *f, struct fgr_maker *maker, uint64_t graph)
{
    struct fgr_rng rng;
    struct fgr_maker_chan chans[CHANS_MAX];
    struct fgr_capacity capacity;
    struct fgr_error err;
    char words[400];
    fgr_rng_seed(&rng, fgr_settings_seed(), graph + (UINT64_C(17) << 40));
    uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&rng, NODES_MAX - 1);
    uint32_t n_chans = 1 + (uint32_t)fgr_rng_below(&rng, CHANS_MAX);
    uint64_t amount_msat = 1000 + fgr_nasty_magnitude(&rng, 36);
    fgr_nasty_split_graph(&rng, chans, n_chans, n_nodes, amount_msat);
    cr_assert(fgr_maker_view(maker, &f->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    cr_assert_eq(fgr_choice_scratch_create(&f->scratch, f->made.view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_capacity_scratch_create(&f->capacity, f->made.view, NULL, &err), FGR_OK);
    fgr_nasty_split_query(&rng, &f->query, n_nodes, amount_msat, FGR_SPLIT_BRUTE_PARTS_MAX);
    f->query.cost.model = FGR_PROB_UNIFORM;
    snprintf(f->where, sizeof f->where, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s",
             fgr_settings_seed(), graph, fgr_nasty_split_describe(words, sizeof words, &f->query));
    cr_assert_eq(fgr_capacity(f->capacity, &capacity, f->made.view, &f->query, &err), FGR_OK);
    for (int goal = 0; goal < GOALS && capacity.at_most.v > 0; goal++) {
        judge(f, &rng, goal, capacity.at_most.v);
    }
    fgr_capacity_scratch_destroy(f->capacity);
    fgr_choice_scratch_destroy(f->scratch);
    fgr_made_close(&f->made);
}

Test(capacity_at, is_honest_and_large, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    static struct fixture f;
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    for (uint64_t graph = 0; graph < GRAPHS * fgr_settings_scale(); graph++) {
        run_graph(&f, maker, graph);
    }
    fgr_maker_destroy(maker);
    cr_log_info("%" PRIu64 " found, %" PRIu64 " proofs, %" PRIu64 " amounts swept, %" PRIu64
                " beaten\n",
                f.n_found, f.n_none, f.n_swept, f.n_beaten);
    cr_assert_gt(f.n_found, GRAPHS);
    cr_assert_gt(f.n_none, GRAPHS / 2);
    /* Where minima leave gaps, more can be had beyond one. */
    cr_assert_lt(f.n_beaten, f.n_swept / 20);
}
