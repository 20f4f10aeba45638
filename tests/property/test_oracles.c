/* SPDX-License-Identifier: MIT */
/*
 * The judges judged: on tiny graphs brute force, the Pareto oracle in its three settings, and the
 * textbook Dijkstra have to agree as far as each of them promises.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "tests/oracle/brute.h"
#include "tests/oracle/dijkstra.h"
#include "tests/oracle/pareto.h"
#include "tests/support/judge.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 7, CHANS_MAX = 14, QUERIES = 20, GRAPHS = 15000 };

struct tally {
    uint64_t found;
    uint64_t none;
    uint64_t dijkstra_equal;
    uint64_t dijkstra_worse;
    uint64_t gave_up;
};

/* Plain; faster; and as for large graphs, where small ones with many loops may be given up. */
static const struct fgr_pareto_options settings[] = {
    {.max_labels = 1000000},
    {.max_labels = 1000000, .with_bounds = true},
    {.max_labels = 10000, .with_bounds = true, .with_relaxation = true},
};

static void compare_pareto(struct fgr_pareto *pareto, const struct fgr_route_query *query,
                           const struct fgr_brute_answer *brute, const char *where,
                           struct tally *tally)
{
    for (unsigned i = 0; i < 3; i++) {
        struct fgr_pareto_answer answer;
        fgr_pareto_solve(pareto, &answer, query, &settings[i]);
        tally->gave_up += answer.gave_up;
        if (answer.gave_up) {
            cr_assert(settings[i].with_relaxation, "%s", where);
            continue;
        }
        cr_assert_eq(answer.is_found, brute->is_found, "%s: setting %u", where, i);
        if (answer.is_found) {
            cr_assert_eq(answer.best.cost_msat, brute->best.cost_msat,
                         "%s: setting %u: %" PRIu64 " instead of %" PRIu64, where, i,
                         answer.best.cost_msat, brute->best.cost_msat);
            cr_assert(answer.best.carries && fgr_path_within_limits(&answer.best, query), "%s",
                      where);
        }
    }
}

/* It may miss or be worse, but what it returns is a route. */
static void compare_dijkstra(struct fgr_dijkstra *dijkstra, const struct fgr_route_query *query,
                             const struct fgr_brute_answer *brute, struct tally *tally)
{
    struct fgr_dijkstra_answer answer;
    fgr_dijkstra_solve(dijkstra, &answer, query);
    if (!answer.is_found || !fgr_path_within_limits(&answer.path, query)) {
        return; /* the onion is no concern of the textbook */
    }
    cr_assert(answer.path.carries && brute->is_found);
    cr_assert_geq(answer.path.cost_msat, brute->best.cost_msat);
    tally->dijkstra_equal += answer.path.cost_msat == brute->best.cost_msat;
    tally->dijkstra_worse += answer.path.cost_msat > brute->best.cost_msat;
}

static void compare_graph(const struct fgr_view *view, struct fgr_rng *rng, uint64_t amount_msat,
                          uint64_t graph, struct tally *tally)
{
    struct fgr_pareto *pareto = NULL;
    struct fgr_dijkstra *dijkstra = NULL;
    cr_assert(fgr_pareto_create(&pareto, view) && fgr_dijkstra_create(&dijkstra, view));
    for (unsigned q = 0; q < QUERIES; q++) {
        struct fgr_route_query query;
        struct fgr_brute_answer brute;
        char words[400];
        char where[500];
        fgr_nasty_query(rng, &query, view->n_nodes, amount_msat);
        snprintf(where, sizeof where, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s",
                 fgr_settings_seed(), graph, fgr_judge_describe(words, sizeof words, &query));
        fgr_brute_solve(&brute, view, &query, false);
        tally->found += brute.is_found;
        tally->none += !brute.is_found;
        compare_pareto(pareto, &query, &brute, where, tally);
        if (query.cost.model == FGR_PROB_UNIFORM) {
            compare_dijkstra(dijkstra, &query, &brute, tally);
        }
    }
    fgr_dijkstra_destroy(dijkstra);
    fgr_pareto_destroy(pareto);
}

Test(oracles, agree_on_tiny_graphs, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct tally tally = {0};
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    uint64_t n_graphs = GRAPHS * fgr_settings_scale();
    for (uint64_t graph = 0; graph < n_graphs; graph++) {
        struct fgr_rng rng;
        struct fgr_maker_chan chans[CHANS_MAX];
        struct fgr_made made;
        fgr_rng_seed(&rng, fgr_settings_seed(), graph);
        uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&rng, NODES_MAX - 1);
        uint32_t n_chans = 1 + (uint32_t)fgr_rng_below(&rng, CHANS_MAX);
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, graph % 2 == 0 ? 12 : 40);
        fgr_nasty_graph(&rng, chans, n_chans, n_nodes, amount_msat);
        cr_assert(fgr_maker_view(maker, &made, chans, n_chans, n_nodes, &err), "%s", err.text);
        compare_graph(made.view, &rng, amount_msat, graph, &tally);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    /* A generator that makes everything easy, or nothing possible, would test nothing. */
    cr_assert_gt(tally.found, tally.none / 4);
    cr_assert_gt(tally.none, tally.found / 4);
    cr_assert_lt(tally.gave_up, (tally.found + tally.none) / 1000);
    cr_assert_gt(tally.dijkstra_worse, 0);
    cr_assert_gt(tally.dijkstra_equal, 100 * tally.dijkstra_worse);
}
