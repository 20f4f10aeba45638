/* SPDX-License-Identifier: MIT */
/*
 * fgr_route against the Pareto oracle on random graphs of 5 to 60 nodes: existence and cost in
 * exact mode; bound and gap where less is asked for; what is said when the work limit strikes.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "tests/oracle/pareto.h"
#include "tests/support/judge.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { NODES_MIN = 5, NODES_MAX = 60, CHANS_MAX = 5 * NODES_MAX, QUERIES = 20, GRAPHS = 1000 };

/* One random graph after the other, with everything a test needs to ask about it. */
struct fixture {
    struct fgr_maker *maker;
    uint64_t graph;
    uint64_t stream; /* tests do not share graphs */
    uint64_t amount_msat;
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_scratch *scratch;
    struct fgr_pareto *pareto;
};

/* What came of all queries. */
struct tally {
    uint64_t found;
    uint64_t none;
    uint64_t unproven;
    uint64_t gave_up; /* the oracle */
};

static void next_graph(struct fixture *f)
{
    static const uint32_t density[] = {1, 2, 3, 5};
    static const unsigned amount_bits[] = {12, 24, 40};
    struct fgr_error err;
    struct fgr_maker_chan chans[CHANS_MAX];
    fgr_rng_seed(&f->rng, fgr_settings_seed(), (f->stream << 32) + f->graph);
    uint32_t n_nodes = NODES_MIN + (uint32_t)fgr_rng_below(&f->rng, NODES_MAX - NODES_MIN + 1);
    uint32_t n_chans = n_nodes * density[fgr_rng_below(&f->rng, 4)];
    f->amount_msat = fgr_nasty_magnitude(&f->rng, amount_bits[f->graph % 3]);
    fgr_nasty_graph(&f->rng, chans, n_chans, n_nodes, f->amount_msat);
    cr_assert(fgr_maker_view(f->maker, &f->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    cr_assert_eq(fgr_scratch_create(&f->scratch, f->made.view, NULL, &err), FGR_OK, "%s", err.text);
    cr_assert(fgr_pareto_create(&f->pareto, f->made.view));
}

static void end_graph(struct fixture *f)
{
    fgr_pareto_destroy(f->pareto);
    fgr_scratch_destroy(f->scratch);
    fgr_made_close(&f->made);
}

static void judge(struct fixture *f, const struct fgr_route_query *query, struct tally *tally)
{
    struct fgr_pareto_options options = {.max_labels = 300000, .with_bounds = true};
    struct fgr_pareto_answer answer;
    fgr_pareto_solve(f->pareto, &answer, query, &options);
    if (answer.gave_up) {
        tally->gave_up++;
        return;
    }
    tally->found += answer.is_found;
    tally->none += !answer.is_found;
    struct fgr_truth truth = {.is_found = answer.is_found, .cost_msat = answer.best.cost_msat};
    struct fgr_error err;
    char words[400];
    enum fgr_verdict verdict = fgr_judge(f->scratch, f->made.view, query, &truth, &err);
    tally->unproven += verdict == FGR_VERDICT_UNPROVEN || verdict == FGR_VERDICT_EQUAL;
    cr_assert_neq(verdict, FGR_VERDICT_WRONG, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s: %s",
                  fgr_settings_seed(), f->graph, fgr_judge_describe(words, sizeof words, query),
                  err.text);
}

/* Runs `n_graphs` graphs; `change` makes each query what the test is about. */
static struct tally judge_graphs(uint64_t stream, uint64_t n_graphs,
                                 void (*change)(struct fgr_rng *, struct fgr_route_query *))
{
    struct fixture f = {.stream = stream};
    struct tally tally = {0};
    struct fgr_error err;
    cr_assert(fgr_maker_create(&f.maker, NODES_MAX, &err), "%s", err.text);
    for (f.graph = 0; f.graph < n_graphs * fgr_settings_scale(); f.graph++) {
        next_graph(&f);
        for (unsigned q = 0; q < QUERIES; q++) {
            struct fgr_route_query query;
            fgr_nasty_query(&f.rng, &query, f.made.view->n_nodes, f.amount_msat);
            change(&f.rng, &query);
            judge(&f, &query, &tally);
        }
        end_graph(&f);
    }
    fgr_maker_destroy(f.maker);
    cr_assert_gt(tally.found, tally.none / 4);
    cr_assert_gt(tally.none, tally.found / 10);
    cr_assert_lt(tally.gave_up, 1 + tally.found / 1000);
    return tally;
}

static void change_nothing(struct fgr_rng *rng, struct fgr_route_query *query)
{
    (void)rng;
    (void)query;
}

static void allow_a_gap(struct fgr_rng *rng, struct fgr_route_query *query)
{
    query->max_gap_ppm = (uint32_t)fgr_nasty_magnitude(rng, 24);
}

static void allow_little_work(struct fgr_rng *rng, struct fgr_route_query *query)
{
    query->max_labels = fgr_nasty_magnitude(rng, 12);
}

Test(route, equals_the_oracle_on_random_graphs, .timeout = 280)
{
    struct tally tally = judge_graphs(1, GRAPHS, change_nothing);
    cr_assert_eq(tally.unproven, 0, "%" PRIu64 " answers unproven", tally.unproven);
}

Test(route, keeps_the_gap_it_is_allowed, .timeout = 280)
{
    struct tally tally = judge_graphs(2, GRAPHS / 2, allow_a_gap);
    cr_assert_eq(tally.unproven, 0, "%" PRIu64 " answers unproven", tally.unproven);
}

Test(route, says_nothing_false_under_a_work_limit, .timeout = 280)
{
    struct tally tally = judge_graphs(3, GRAPHS / 2, allow_little_work);
    cr_assert_gt(tally.unproven, 0);
    cr_assert_lt(tally.unproven, tally.found);
}
