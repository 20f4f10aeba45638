/* SPDX-License-Identifier: MIT */
/*
 * fgr_split on random graphs with random overlays: every answer holds, it is no dearer than the best
 * route, and its bound is above no set of parts that is known: that route, and the answers under
 * stricter limits. On tiny graphs brute force and piecewise flows judge it: known balances, slots and
 * charges of HTLCs, surcharges, channels of the overlay, bans and sets of hops.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "tests/support/nasty_overlay.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"
#include "tests/support/split_judge.h"

enum { NODES_MAX = 12, CHANS_MAX = 24, QUERIES = 6, GRAPHS = 400, PARTS_MAX = 6, STRANGERS = 2 };

struct tally {
    uint64_t found;
    uint64_t several;
    uint64_t none;
};

struct fixture {
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_overlay *overlay;
    struct fgr_split_scratch *scratch;
    struct fgr_scratch *route;
    uint64_t graph;
    struct tally tally;
};

static enum fgr_err ask(struct fixture *f, struct fgr_split *out,
                        const struct fgr_split_query *query)
{
    struct fgr_error err;
    char words[400];
    enum fgr_err code = fgr_split(f->scratch, out, f->made.view, query, &err);
    if (code == FGR_OK) {
        cr_assert_eq(fgr_split_check(f->made.view, query, out, &err), FGR_OK,
                     "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s: %s", fgr_settings_seed(),
                     f->graph, fgr_nasty_split_describe(words, sizeof words, query), err.text);
    } else {
        /* ARG: a blinded path of the overlay starts at the payer. */
        cr_assert(code == FGR_ERR_NO_ROUTE || code == FGR_ERR_WORK || code == FGR_ERR_ARG, "%s",
                  err.text);
    }
    return code;
}

/* No set that keeps the limits costs less than the bound says. */
static void assert_bound(struct fixture *f, const struct fgr_split_query *query,
                         const struct fgr_split *split, uint64_t known_msat)
{
    char words[400];
    cr_assert_geq(known_msat + split->rounding.v, split->bound.v,
                  "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s: bound %" PRIu64 ", known %" PRIu64,
                  fgr_settings_seed(), f->graph,
                  fgr_nasty_split_describe(words, sizeof words, query), split->bound.v, known_msat);
}

static void judge(struct fixture *f, const struct fgr_split_query *query)
{
    struct fgr_split split;
    enum fgr_err code = ask(f, &split, query);
    if (code == FGR_ERR_ARG) {
        return;
    }
    struct fgr_split first = split; /* its arrays are the scratch's */
    struct fgr_route_query one;
    struct fgr_route route;
    fgr_route_query_init(&one, query->from, query->to, query->amount);
    one.max_fee = query->max_fee;
    one.max_cltv = query->max_cltv;
    one.max_hops = query->max_hops;
    one.final_cltv = query->final_cltv;
    one.final_bytes = query->final_bytes;
    one.cost = query->cost;
    one.overlay = query->overlay;
    if (fgr_route(f->route, &route, NULL, f->made.view, &one, NULL) == FGR_OK) {
        cr_assert_eq(code, FGR_OK, "graph %" PRIu64 ": a route and no parts", f->graph);
        cr_assert_leq(first.cost.v, route.cost.v + query->part_cost.v);
        assert_bound(f, query, &first, route.cost.v + query->part_cost.v);
    }
    f->tally.found += code == FGR_OK;
    f->tally.none += code != FGR_OK;
    f->tally.several += code == FGR_OK && first.n_parts > 1;
    for (uint32_t n = 2; n < query->max_parts; n++) {
        struct fgr_split_query strict = *query;
        strict.max_parts = n;
        if (ask(f, &split, &strict) == FGR_OK) {
            cr_assert_neq(code, FGR_ERR_NO_ROUTE, "graph %" PRIu64, f->graph);
            if (code == FGR_OK) {
                assert_bound(f, query, &first, split.cost.v);
            }
        }
    }
}

/* What was asked before leaves nothing behind. */
static void assert_same_afresh(struct fixture *f, const struct fgr_split_query *query)
{
    struct fgr_split_scratch *fresh;
    struct fgr_split used, split;
    struct fgr_error err;
    cr_assert_eq(fgr_split_scratch_create(&fresh, f->made.view, NULL, &err), FGR_OK);
    enum fgr_err code = ask(f, &used, query);
    cr_assert_eq(fgr_split(fresh, &split, f->made.view, query, &err), code);
    cr_assert_eq(split.cost.v, used.cost.v, "graph %" PRIu64, f->graph);
    cr_assert_eq(split.bound.v, used.bound.v, "graph %" PRIu64, f->graph);
    cr_assert_eq(split.rounding.v, used.rounding.v, "graph %" PRIu64, f->graph);
    cr_assert_eq(split.stats.relaxed, used.stats.relaxed, "graph %" PRIu64, f->graph);
    fgr_split_scratch_destroy(fresh);
}

static void run_graph(struct fixture *f, struct fgr_maker *maker)
{
    struct fgr_maker_chan chans[CHANS_MAX];
    struct fgr_error err;
    fgr_rng_seed(&f->rng, fgr_settings_seed(), f->graph + (UINT64_C(9) << 40));
    uint32_t n_nodes = 3 + (uint32_t)fgr_rng_below(&f->rng, NODES_MAX - 2);
    uint32_t n_chans = n_nodes + (uint32_t)fgr_rng_below(&f->rng, n_nodes + 1);
    uint64_t amount_msat = fgr_nasty_magnitude(&f->rng, f->graph % 2 == 0 ? 16 : 34);
    fgr_nasty_split_graph(&f->rng, chans, n_chans, n_nodes, amount_msat);
    cr_assert(fgr_maker_view(maker, &f->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    struct fgr_nasty_world world = {
        .maker = maker, .view = f->made.view, .n_strangers = STRANGERS, .amount_msat = amount_msat};
    f->overlay = fgr_nasty_overlay(&f->rng, &world, 1 + (unsigned)fgr_rng_below(&f->rng, 12));
    cr_assert_not_null(f->overlay);
    cr_assert_eq(fgr_split_scratch_create(&f->scratch, f->made.view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_scratch_create(&f->route, f->made.view, NULL, &err), FGR_OK);
    for (unsigned q = 0; q < QUERIES; q++) {
        struct fgr_split_query query;
        fgr_nasty_split_query(&f->rng, &query, f->made.view->n_nodes, amount_msat, PARTS_MAX);
        query.overlay = f->overlay;
        judge(f, &query);
        assert_same_afresh(f, &query);
    }
    fgr_split_scratch_destroy(f->scratch);
    fgr_scratch_destroy(f->route);
    fgr_overlay_destroy(f->overlay);
    fgr_made_close(&f->made);
}

Test(split_overlay, answers_hold_with_overlays, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    static struct fixture f;
    cr_assert(fgr_maker_create(&maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    for (f.graph = 0; f.graph < GRAPHS * fgr_settings_scale(); f.graph++) {
        run_graph(&f, maker);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(f.tally.found, f.tally.none / 4);
    cr_assert_gt(f.tally.several, f.tally.found / 50);
}

/* ---- tiny graphs --------------------------------------------------------------------------- */

enum { TINY_NODES = 5, TINY_CHANS = 8, TINY_GRAPHS = 4000, TINY_QUERIES = 3 };

struct tiny_tally {
    uint64_t verdict[FGR_VERDICT_WRONG + 1];
    uint64_t several;
    uint64_t with_slots;
};

/* Whether the best set goes over a half-channel that takes no more parts than it has. */
static bool uses_all_slots(const struct fgr_problem *problem,
                           const struct fgr_split_brute_answer *brute)
{
    for (uint32_t k = 0; k < brute->n_parts; k++) {
        for (uint32_t i = 0; i < brute->part[k].n_hops; i++) {
            if (problem->edge[brute->part[k].hop[i]].slots < brute->n_parts) {
                return true;
            }
        }
    }
    return false;
}

static void judge_tiny(struct fixture *f, const struct fgr_split_query *query,
                       struct tiny_tally *tally)
{
    struct fgr_problem problem;
    struct fgr_split_brute_answer brute;
    struct fgr_piecewise_answer piecewise;
    struct fgr_split split;
    struct fgr_error err = {.text = ""};
    const struct fgr_split_truth truth = {.brute = &brute, .piecewise = &piecewise};
    char words[400];
    enum fgr_err code = fgr_split(f->scratch, &split, f->made.view, query, &err);
    cr_assert(fgr_problem_create(&problem, f->made.view, query));
    if (code != FGR_ERR_ARG && !problem.has_discount) {
        fgr_split_brute_solve(&problem, &brute);
        fgr_piecewise_solve(&problem, &piecewise, NULL, 1e-6L, 4);
        enum fgr_verdict verdict = brute.gave_up ? FGR_VERDICT_EQUAL
                                                 : fgr_split_judge(f->scratch, &split, f->made.view,
                                                                   &problem, &truth, &err);
        cr_assert_neq(verdict, FGR_VERDICT_WRONG, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s: %s",
                      fgr_settings_seed(), f->graph,
                      fgr_nasty_split_describe(words, sizeof words, query), err.text);
        tally->verdict[verdict]++;
        tally->several += brute.n_parts > 1;
        tally->with_slots += uses_all_slots(&problem, &brute);
    }
    fgr_problem_destroy(&problem);
}

static void run_tiny(struct fixture *f, struct fgr_maker *maker, struct tiny_tally *tally)
{
    struct fgr_maker_chan chans[TINY_CHANS];
    struct fgr_error err;
    fgr_rng_seed(&f->rng, fgr_settings_seed(), f->graph + (UINT64_C(10) << 40));
    uint32_t n_nodes = 3 + (uint32_t)fgr_rng_below(&f->rng, TINY_NODES - 2);
    uint32_t n_chans = n_nodes - 1 + (uint32_t)fgr_rng_below(&f->rng, TINY_CHANS - n_nodes + 2);
    uint64_t amount_msat = fgr_nasty_magnitude(&f->rng, f->graph % 2 == 0 ? 12 : 34);
    fgr_nasty_split_graph(&f->rng, chans, n_chans, n_nodes, amount_msat);
    cr_assert(fgr_maker_view(maker, &f->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    struct fgr_nasty_world world = {.maker = maker,
                                    .view = f->made.view,
                                    .n_strangers = 1,
                                    .amount_msat = amount_msat,
                                    .is_crowded = f->graph % 4 > 1};
    f->overlay = fgr_nasty_overlay(&f->rng, &world, 1 + (unsigned)fgr_rng_below(&f->rng, 8));
    cr_assert_not_null(f->overlay);
    cr_assert_eq(fgr_split_scratch_create(&f->scratch, f->made.view, NULL, &err), FGR_OK);
    for (unsigned q = 0; q < TINY_QUERIES; q++) {
        struct fgr_split_query query;
        fgr_nasty_split_query(&f->rng, &query, f->made.view->n_nodes, amount_msat,
                              FGR_SPLIT_BRUTE_PARTS_MAX);
        query.overlay = f->overlay;
        query.cost.model = FGR_PROB_UNIFORM;
        judge_tiny(f, &query, tally);
    }
    fgr_split_scratch_destroy(f->scratch);
    fgr_overlay_destroy(f->overlay);
    fgr_made_close(&f->made);
}

Test(split_overlay, brute_force_knows_nothing_better, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct tiny_tally tally = {.several = 0};
    static struct fixture f;
    cr_assert(fgr_maker_create(&maker, TINY_NODES + 1, &err), "%s", err.text);
    for (f.graph = 0; f.graph < TINY_GRAPHS * fgr_settings_scale(); f.graph++) {
        run_tiny(&f, maker, &tally);
    }
    fgr_maker_destroy(maker);
    cr_log_info("right %" PRIu64 " equal %" PRIu64 " unproven %" PRIu64 ", several %" PRIu64
                ", slots %" PRIu64,
                tally.verdict[FGR_VERDICT_RIGHT], tally.verdict[FGR_VERDICT_EQUAL],
                tally.verdict[FGR_VERDICT_UNPROVEN], tally.several, tally.with_slots);
    uint64_t n = tally.verdict[FGR_VERDICT_RIGHT] + tally.verdict[FGR_VERDICT_EQUAL];
    cr_assert_gt(tally.several, n / 50);
    cr_assert_gt(tally.with_slots, n / 1000);
    cr_assert_lt(tally.verdict[FGR_VERDICT_UNPROVEN], n / 50);
}
