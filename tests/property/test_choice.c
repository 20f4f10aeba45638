/* SPDX-License-Identifier: MIT */
/*
 * Choices against a fine sweep of the price of a failure, the number of parts and the amount, on
 * random small graphs: every bound holds for every set of the sweep, and hardly any set of it is
 * better than the answer.
 */
#include "fulgurite/choice.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 7, CHANS_MAX = 16, PARTS_MAX = 6, GRAPHS = 1500, SWEEP = 60 };

/* One random case. */
struct scene {
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_choice_scratch *scratch;
    struct fgr_split_scratch *plain; /* of the sweep */
    struct fgr_split_query query;
    char where[600];
};

/* A test that asks about a scene; answers are counted, and those that the sweep beats (of curves:
 * those of one point). */
struct tally {
    uint64_t answers, beaten;
};

typedef void ask_fn(struct scene *scene, struct tally *tally);

static void open_scene(struct scene *scene, struct fgr_maker *maker, uint64_t graph)
{
    struct fgr_maker_chan chans[CHANS_MAX];
    struct fgr_error err;
    char words[400];
    fgr_rng_seed(&scene->rng, fgr_settings_seed(), graph);
    uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&scene->rng, NODES_MAX - 1);
    uint32_t n_chans = 2 + (uint32_t)fgr_rng_below(&scene->rng, CHANS_MAX - 1);
    uint64_t amount_msat = 1 + fgr_nasty_magnitude(&scene->rng, graph % 4 == 0 ? 8 : 36);
    fgr_nasty_split_graph(&scene->rng, chans, n_chans, n_nodes, amount_msat);
    cr_assert(fgr_maker_view(maker, &scene->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    cr_assert_eq(fgr_choice_scratch_create(&scene->scratch, scene->made.view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_split_scratch_create(&scene->plain, scene->made.view, NULL, &err), FGR_OK);
    fgr_nasty_split_query(&scene->rng, &scene->query, n_nodes, amount_msat, PARTS_MAX);
    if (graph % 2 == 0) {
        /* The usual one: nothing binds, so that there is something to choose. */
        struct fgr_split_query query = scene->query;
        fgr_split_query_init(&scene->query, query.from, query.to, query.amount);
    }
    snprintf(scene->where, sizeof scene->where, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s",
             fgr_settings_seed(), graph,
             fgr_nasty_split_describe(words, sizeof words, &scene->query));
}

static void for_all(ask_fn *ask, struct tally *tally)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct scene scene;
    *tally = (struct tally){0, 0};
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    uint64_t n_graphs = GRAPHS * fgr_settings_scale();
    for (uint64_t graph = 0; graph < n_graphs; graph++) {
        open_scene(&scene, maker, graph);
        ask(&scene, tally);
        fgr_split_scratch_destroy(scene.plain);
        fgr_choice_scratch_destroy(scene.scratch);
        fgr_made_close(&scene.made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(tally->answers, n_graphs / 8);
}

/* The answer is one of its own query, which is `query` but for M. */
static void check_choice(const struct scene *scene, const struct fgr_choice *choice)
{
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_split_check(scene->made.view, &choice->query, &choice->split, &err), FGR_OK,
                 "%s: %s", scene->where, err.text);
    cr_assert_eq(choice->query.cost.fail_base_msat, choice->fail.v);
    cr_assert_eq(choice->query.cost.fail_amount_ppm, 0);
    uint64_t price = choice->query.part_cost.v * choice->split.n_parts;
    for (uint32_t i = 0; i < choice->split.n_parts; i++) {
        const struct fgr_part *part = &choice->split.parts[i];
        for (uint32_t hop = 0; hop < part->n_hops; hop++) {
            price += part->hops[hop].fee.v + part->hops[hop].risk.v;
        }
    }
    cr_assert_eq(choice->price.v, price, "%s", scene->where);
}

static uint64_t price_of(const struct fgr_split *split)
{
    uint64_t price = split->cost.v;
    for (uint32_t i = 0; i < split->n_parts; i++) {
        for (uint32_t hop = 0; hop < split->parts[i].n_hops; hop++) {
            price -= split->parts[i].hops[hop].fail.v;
        }
    }
    return price;
}

/* Step `i` of the sweep: 1 msat to beyond what fees there are; false without an answer. */
static bool sweep(const struct scene *scene, struct fgr_split *out_split,
                  const struct fgr_split_query *query, int i)
{
    struct fgr_split_query asked = *query;
    double fail = pow(2, 0.85 * i);
    asked.cost.fail_base_msat =
        fail < (double)FGR_FAIL_MSAT_MAX ? (uint64_t)fail : FGR_FAIL_MSAT_MAX;
    asked.cost.fail_amount_ppm = 0;
    return fgr_split(scene->plain, out_split, scene->made.view, &asked, NULL) == FGR_OK;
}

/* ---- the curve ------------------------------------------------------------------------------- */

static void ask_curve(struct scene *scene, struct tally *tally)
{
    struct fgr_curve curve;
    struct fgr_split split;
    enum fgr_err code =
        fgr_choice_curve(scene->scratch, &curve, scene->made.view, &scene->query, NULL);
    if (code != FGR_OK) {
        cr_assert_eq(curve.n_points, 0, "%s", scene->where);
        if (code == FGR_ERR_NO_ROUTE) {
            cr_assert_neq(fgr_split(scene->plain, &split, scene->made.view, &scene->query, NULL),
                          FGR_OK, "%s", scene->where);
        }
        return;
    }
    cr_assert(curve.n_points >= 1 && curve.n_points <= FGR_CURVE_POINTS_MAX);
    for (uint32_t i = 0; i < curve.n_points; i++) {
        check_choice(scene, &curve.point[i]);
        if (i > 0) {
            const struct fgr_split *before = &curve.point[i - 1].split;
            cr_assert_gt(curve.point[i].split.fee.v, before->fee.v, "%s", scene->where);
            cr_assert_gt(curve.point[i].split.probability, before->probability, "%s", scene->where);
        }
    }
    tally->answers++;
    tally->beaten += curve.n_points == 1;
}

Test(choice, curve_rises, .timeout = 250)
{
    struct tally tally;
    for_all(ask_curve, &tally);
    cr_assert_lt(tally.beaten + 10, tally.answers);
}

/* ---- cheapest -------------------------------------------------------------------------------- */

/* A probability that some set has, or hardly any. */
static uint32_t wanted_of(struct scene *scene)
{
    struct fgr_split split;
    int i = (int)fgr_rng_below(&scene->rng, SWEEP);
    if (!sweep(scene, &split, &scene->query, i) || split.probability < 1e-6) {
        return 1 + (uint32_t)fgr_rng_below(&scene->rng, 1000000);
    }
    return (uint32_t)(split.probability * 1e6);
}

static void ask_cheapest(struct scene *scene, struct tally *tally)
{
    struct fgr_choice choice;
    struct fgr_split split;
    uint32_t wanted_ppm = wanted_of(scene);
    enum fgr_err code = fgr_choice_cheapest(scene->scratch, &choice, scene->made.view,
                                            &scene->query, wanted_ppm, NULL);
    if (code == FGR_OK) {
        check_choice(scene, &choice);
        cr_assert_geq(choice.split.probability, wanted_ppm / 1e6, "%s", scene->where);
        cr_assert_leq(choice.price_bound.v, choice.price.v, "%s", scene->where);
        cr_assert_leq(choice.n_solves, 40);
    }
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < SWEEP; i++) {
        if (sweep(scene, &split, &scene->query, i) && split.probability >= wanted_ppm / 1e6) {
            best = price_of(&split) < best ? price_of(&split) : best;
        }
    }
    if (best == UINT64_MAX) {
        return;
    }
    cr_assert(code == FGR_OK || code == FGR_ERR_WORK, "%s", scene->where);
    cr_assert(code != FGR_OK || choice.price_bound.v <= best, "%s", scene->where);
    tally->answers++;
    /* The gap that the query allows is the sweep's as well as the answer's. */
    tally->beaten += code != FGR_OK || (double)choice.price.v > 1.01 * (double)best + 10;
}

Test(choice, cheapest_against_a_sweep, .timeout = 250)
{
    struct tally tally;
    for_all(ask_cheapest, &tally);
    cr_assert_lt(tally.beaten * 20, tally.answers);
}

/* ---- most likely ----------------------------------------------------------------------------- */

static void ask_likely(struct scene *scene, struct tally *tally)
{
    struct fgr_choice choice;
    struct fgr_split split;
    struct fgr_split_query *query = &scene->query;
    if (query->max_fee.v == FGR_MSAT_NONE) {
        bool has_any = sweep(scene, &split, query, 20);
        query->max_fee.v = has_any ? split.fee.v + fgr_rng_below(&scene->rng, split.fee.v + 2) : 7;
    }
    enum fgr_err code =
        fgr_choice_most_likely(scene->scratch, &choice, scene->made.view, query, NULL);
    if (code == FGR_OK) {
        check_choice(scene, &choice);
        cr_assert_leq(choice.split.fee.v, query->max_fee.v, "%s", scene->where);
        cr_assert_leq(choice.split.probability, choice.probability_bound, "%s", scene->where);
        cr_assert_leq(choice.probability_bound, 1.0, "%s", scene->where);
    }
    double best = -1;
    for (int i = 0; i < SWEEP; i++) {
        if (sweep(scene, &split, query, i)) {
            best = fmax(best, split.probability);
        }
    }
    if (best < 0) {
        return;
    }
    cr_assert(code == FGR_OK || code == FGR_ERR_WORK, "%s", scene->where);
    cr_assert(code != FGR_OK || choice.probability_bound >= best, "%s: %.9g, known %.9g",
              scene->where, choice.probability_bound, best);
    tally->answers++;
    tally->beaten += code != FGR_OK || choice.split.probability < 0.99 * best;
}

Test(choice, most_likely_against_a_sweep, .timeout = 250)
{
    struct tally tally;
    for_all(ask_likely, &tally);
    cr_assert_lt(tally.beaten * 20, tally.answers);
}

/* ---- fewest parts ---------------------------------------------------------------------------- */

static void ask_fewest(struct scene *scene, struct tally *tally)
{
    struct fgr_choice choice;
    struct fgr_split split;
    struct fgr_split_query query = scene->query;
    uint32_t tolerance_ppm = (uint32_t)fgr_rng_below(&scene->rng, 200000);
    enum fgr_err code = fgr_split(scene->plain, &split, scene->made.view, &scene->query, NULL);
    uint64_t limit = split.cost.v + split.cost.v * tolerance_ppm / 1000000;
    uint32_t best = split.n_parts;
    cr_assert_eq(fgr_choice_fewest_parts(scene->scratch, &choice, scene->made.view, &scene->query,
                                         tolerance_ppm, NULL),
                 code, "%s", scene->where);
    if (code != FGR_OK) {
        return;
    }
    check_choice(scene, &choice);
    cr_assert_leq(choice.split.cost.v, limit, "%s", scene->where);
    cr_assert(choice.parts_bound >= 1 && choice.parts_bound <= choice.split.n_parts);
    for (query.max_parts = best - 1; query.max_parts > 0; query.max_parts--) {
        if (fgr_split(scene->plain, &split, scene->made.view, &query, NULL) == FGR_OK &&
            split.cost.v <= limit) {
            cr_assert_leq(choice.parts_bound, split.n_parts, "%s", scene->where);
            best = split.n_parts;
        }
    }
    tally->answers++;
    tally->beaten += choice.split.n_parts > best;
}

Test(choice, fewest_parts_against_all_limits, .timeout = 250)
{
    struct tally tally;
    for_all(ask_fewest, &tally);
    cr_assert_lt(tally.beaten * 100, tally.answers);
}

/* ---- receiver pays --------------------------------------------------------------------------- */

static void ask_receiver(struct scene *scene, struct tally *tally)
{
    struct fgr_choice choice;
    struct fgr_split split;
    uint64_t total = scene->query.amount.v;
    enum fgr_err code =
        fgr_choice_receiver_pays(scene->scratch, &choice, scene->made.view, &scene->query, NULL);
    if (code != FGR_OK) {
        cr_assert_eq(choice.split.n_parts, 0, "%s", scene->where);
        return;
    }
    check_choice(scene, &choice);
    uint64_t delivered = choice.split.amount.v;
    cr_assert_eq(choice.query.amount.v, delivered, "%s", scene->where);
    cr_assert_eq(delivered + choice.split.fee.v + choice.left.v, total, "%s", scene->where);
    cr_assert_leq(choice.left.v, choice.split.fee.v, "%s", scene->where);
    cr_assert_leq(choice.n_solves, 48);
    bool is_beaten = false;
    struct fgr_split_query query = choice.query;
    for (int i = 0; i < SWEEP && delivered + 1 < total; i++) {
        uint64_t more = i < SWEEP / 2 ? (uint64_t)i + 1 : 1 + fgr_rng_below(&scene->rng, total);
        query.amount.v = delivered + more < total ? delivered + more : total;
        is_beaten |= fgr_split(scene->plain, &split, scene->made.view, &query, NULL) == FGR_OK &&
                     query.amount.v + split.fee.v <= total;
    }
    tally->answers++;
    tally->beaten += is_beaten;
}

Test(choice, receiver_pays_against_larger_amounts, .timeout = 250)
{
    struct tally tally;
    for_all(ask_receiver, &tally);
    cr_assert_lt(tally.beaten * 20, tally.answers);
}

/* ---- denominations --------------------------------------------------------------------------- */

static unsigned count_ones(uint64_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits >>= 1) {
        n += bits & 1;
    }
    return n;
}

/* Whether the amount is powers of two and a rest below them, cut at some bit, within the limits. */
static bool can_be_powers(const struct fgr_split_query *query)
{
    uint64_t sat = query->amount.v / 1000;
    for (unsigned low = 0; low < 60 && sat >> low != 0; low++) {
        uint64_t powers_sat = (sat >> low) << low;
        uint64_t rest_msat = query->amount.v - 1000 * powers_sat;
        uint64_t least_sat = powers_sat & (~powers_sat + 1);
        if (count_ones(powers_sat) + (rest_msat > 0) <= query->max_parts &&
            1000 * least_sat >= query->min_part.v &&
            (rest_msat == 0 || rest_msat >= query->min_part.v)) {
            return true;
        }
    }
    return false;
}

/* What holds for a set in any denominations. False if there is none. */
static bool ask_denominations(struct scene *scene, struct fgr_choice *out_choice,
                              const struct fgr_denominations *how, struct tally *tally)
{
    struct fgr_split split;
    struct fgr_error err = {.text = ""};
    enum fgr_err code = fgr_choice_denominations(scene->scratch, out_choice, scene->made.view,
                                                 &scene->query, how, &err);
    enum fgr_err plain = fgr_split(scene->plain, &split, scene->made.view, &scene->query, NULL);
    if (code != FGR_OK) {
        cr_assert(code == FGR_ERR_ARG || plain == code || code == FGR_ERR_WORK, "%s: %s",
                  scene->where, err.text);
        tally->beaten += code == FGR_ERR_WORK && plain == FGR_OK;
        return false;
    }
    cr_assert_eq(plain, FGR_OK, "%s", scene->where);
    check_choice(scene, out_choice);
    cr_assert_leq(split.bound.v, out_choice->split.cost.v + split.rounding.v, "%s", scene->where);
    cr_assert_leq(out_choice->split.bound.v, split.cost.v + split.rounding.v, "%s", scene->where);
    tally->answers++;
    return true;
}

static void ask_powers(struct scene *scene, struct tally *tally)
{
    const struct fgr_denominations how = {.kind = FGR_DENOMINATION_POWERS};
    struct fgr_choice choice;
    struct fgr_error err;
    bool is_possible = can_be_powers(&scene->query);
    if (!ask_denominations(scene, &choice, &how, tally)) {
        if (scene->query.from.v != scene->query.to.v && !is_possible) {
            cr_assert_neq(fgr_choice_denominations(scene->scratch, &choice, scene->made.view,
                                                   &scene->query, &how, &err),
                          FGR_ERR_WORK, "%s", scene->where);
        }
        return;
    }
    cr_assert(is_possible, "%s", scene->where);
    const struct fgr_split *split = &choice.split;
    uint32_t n_powers = split->n_parts - (choice.rest.v > 0);
    uint64_t least_msat = UINT64_MAX;
    for (uint32_t i = 0; i < n_powers; i++) {
        uint64_t amount_msat = split->parts[i].amount.v;
        cr_assert(amount_msat % 1000 == 0 && count_ones(amount_msat / 1000) == 1, "%s: %" PRIu64,
                  scene->where, amount_msat);
        least_msat = amount_msat < least_msat ? amount_msat : least_msat;
    }
    if (choice.rest.v > 0) {
        cr_assert_eq(split->parts[n_powers].amount.v, choice.rest.v, "%s", scene->where);
        cr_assert_lt(choice.rest.v, least_msat, "%s", scene->where);
    }
}

Test(choice, powers_of_two, .timeout = 250)
{
    struct tally tally;
    for_all(ask_powers, &tally);
    cr_log_info("%" PRIu64 " answers, %" PRIu64 " none found", tally.answers, tally.beaten);
    cr_assert_lt(tally.beaten * 4, tally.answers);
}

static void ask_unequal(struct scene *scene, struct tally *tally)
{
    const struct fgr_denominations how = {.kind = FGR_DENOMINATION_UNEQUAL, .seed = 7};
    struct fgr_choice choice, again;
    if (!ask_denominations(scene, &choice, &how, tally)) {
        return;
    }
    uint64_t amount_msat[PARTS_MAX + FGR_PARTS_DEFAULT];
    const struct fgr_split *split = &choice.split;
    cr_assert(split->n_parts > 1 && choice.rest.v == 0, "%s", scene->where);
    for (uint32_t i = 0; i < split->n_parts; i++) {
        amount_msat[i] = split->parts[i].amount.v;
        for (uint32_t j = 0; j < i; j++) {
            cr_assert_neq(amount_msat[i] / 1000, amount_msat[j] / 1000, "%s", scene->where);
        }
    }
    cr_assert(ask_denominations(scene, &again, &how, tally), "%s", scene->where);
    for (uint32_t i = 0; i < again.split.n_parts; i++) {
        cr_assert_eq(again.split.parts[i].amount.v, amount_msat[i], "%s", scene->where);
    }
}

Test(choice, unequal_amounts, .timeout = 250)
{
    struct tally tally;
    for_all(ask_unequal, &tally);
    cr_log_info("%" PRIu64 " answers, %" PRIu64 " none found", tally.answers, tally.beaten);
    cr_assert_lt(tally.beaten * 4, tally.answers);
}
