/* SPDX-License-Identifier: MIT */
/*
 * fgr_split against brute force and piecewise flows on random tiny graphs: every set of parts is
 * priced again, no bound is above a set that exists, every certificate proves what it claims, nothing
 * that exists is called impossible.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"
#include "tests/support/split_judge.h"

enum { NODES_MAX = 6, CHANS_MAX = 9, QUERIES = 4, GRAPHS = 5000 };

struct tally {
    uint64_t verdict[FGR_VERDICT_WRONG + 1];
    uint64_t found;
    uint64_t several; /* the best set has more than one part */
    uint64_t certified;
};

static void judge_query(struct fgr_split_scratch *scratch, const struct fgr_view *view,
                        const struct fgr_split_query *query, const char *where, struct tally *tally)
{
    struct fgr_problem problem;
    struct fgr_split_brute_answer brute;
    struct fgr_piecewise_answer piecewise;
    struct fgr_split split;
    struct fgr_error err = {.text = ""};
    struct fgr_split_truth truth = {.brute = &brute};
    cr_assert(fgr_problem_create(&problem, view, query));
    fgr_split_brute_solve(&problem, &brute);
    cr_assert(!brute.gave_up, "%s", where);
    if (query->cost.model == FGR_PROB_UNIFORM) {
        fgr_piecewise_solve(&problem, &piecewise, NULL, 1e-6L, 4);
        truth.piecewise = &piecewise;
    }
    enum fgr_verdict verdict = fgr_split_judge(scratch, &split, view, &problem, &truth, &err);
    cr_assert_neq(verdict, FGR_VERDICT_WRONG, "%s: %s", where, err.text);
    /* Lines below curves that have no formula take long to judge. */
    bool is_judged = query->cost.model == FGR_PROB_UNIFORM || tally->found % 32 == 0;
    if (split.n_parts > 0 && is_judged) {
        cr_assert_eq(fgr_split_judge_certificate(&problem, &split, &err), FGR_VERDICT_RIGHT,
                     "%s: %s", where, err.text);
        tally->certified += split.certificate.bound_msat > 0;
    }
    tally->verdict[verdict]++;
    tally->found += brute.n_parts > 0;
    tally->several += brute.n_parts > 1;
    fgr_problem_destroy(&problem);
}

static void judge_graph(const struct fgr_view *view, struct fgr_rng *rng, uint64_t graph,
                        uint64_t amount_msat, struct tally *tally)
{
    struct fgr_error err;
    struct fgr_split_scratch *scratch = NULL;
    cr_assert_eq(fgr_split_scratch_create(&scratch, view, NULL, &err), FGR_OK, "%s", err.text);
    for (unsigned q = 0; q < QUERIES; q++) {
        struct fgr_split_query query;
        char words[400];
        char where[600];
        fgr_nasty_split_query(rng, &query, view->n_nodes, amount_msat, FGR_SPLIT_BRUTE_PARTS_MAX);
        snprintf(where, sizeof where, "FGR_SEED %" PRIu64 " graph %" PRIu64 " query %u: %s",
                 fgr_settings_seed(), graph, q,
                 fgr_nasty_split_describe(words, sizeof words, &query));
        judge_query(scratch, view, &query, where, tally);
    }
    fgr_split_scratch_destroy(scratch);
}

Test(split, agrees_with_the_oracles, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct tally tally = {.found = 0};
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    uint64_t n_graphs = GRAPHS * fgr_settings_scale();
    for (uint64_t graph = 0; graph < n_graphs; graph++) {
        struct fgr_rng rng;
        struct fgr_maker_chan chans[CHANS_MAX];
        struct fgr_made made;
        fgr_rng_seed(&rng, fgr_settings_seed(), graph);
        uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&rng, NODES_MAX - 1);
        uint32_t n_chans = 1 + (uint32_t)fgr_rng_below(&rng, CHANS_MAX);
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, graph % 2 == 0 ? 6 : 36);
        fgr_nasty_split_graph(&rng, chans, n_chans, n_nodes, amount_msat);
        cr_assert(fgr_maker_view(maker, &made, chans, n_chans, n_nodes, &err), "%s", err.text);
        judge_graph(made.view, &rng, graph, amount_msat, &tally);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    const uint64_t *verdict = tally.verdict;
    cr_log_info("%" PRIu64 " with an answer, %" PRIu64 " of several parts; %" PRIu64
                " right, %" PRIu64 " the best but unproven, %" PRIu64 " not the best\n",
                tally.found, tally.several, verdict[FGR_VERDICT_RIGHT], verdict[FGR_VERDICT_EQUAL],
                verdict[FGR_VERDICT_UNPROVEN]);
    cr_assert_gt(tally.several, tally.found / 20);
    cr_assert_gt(tally.certified, tally.found / 5);
    cr_assert_lt(verdict[FGR_VERDICT_UNPROVEN], tally.found / 20);
}

/* One msat of fee less, thrice rounded down instead of twice, on a channel that is full but for some
 * hundred msat: there each costs more than all fees together. A third part saves that. */
Test(split, bounds_allow_for_rounding_in_full_channels)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fgr_made made;
    struct tally tally = {.found = 0};
    struct fgr_split_scratch *scratch = NULL;
    struct fgr_split_query query;
    const struct fgr_maker_chan chans[] = {
        {{0, 1}, 497288, {{.htlc_max_msat = 497288000, .is_known = true}}},
        {{1, 2},
         2511300000,
         {{.htlc_max_msat = 248645734, .ppm = 1, .cltv_delta = 40, .is_known = true}}}};
    cr_assert(fgr_maker_create(&maker, 3, &err), "%s", err.text);
    cr_assert(fgr_maker_view(maker, &made, chans, 2, 3, &err), "%s", err.text);
    cr_assert_eq(fgr_split_scratch_create(&scratch, made.view, NULL, &err), FGR_OK);
    fgr_split_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){2}, (fgr_msat){497286740});
    query.min_part.v = 1;
    query.max_gap_ppm = 0;
    for (query.max_parts = 2; query.max_parts <= FGR_SPLIT_BRUTE_PARTS_MAX; query.max_parts++) {
        judge_query(scratch, made.view, &query, "a full channel", &tally);
    }
    fgr_split_scratch_destroy(scratch);
    fgr_made_close(&made);
    fgr_maker_destroy(maker);
}
