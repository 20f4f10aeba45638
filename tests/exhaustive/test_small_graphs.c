/* SPDX-License-Identifier: MIT */
/*
 * fgr_route against brute force on all small graphs.
 *
 * A family is a list of arcs (parallel ones stand in it twice); its graphs are all subsets of the
 * list. Each arc gets one of a palette of policies, which are chosen to collide with the amounts:
 * minima just above them, maxima just at them plus a fee, doubling fees, free and tight arcs. For
 * the ladder all choices are tried; for the others several random ones per graph.
 *
 * Every query that has a route is asked again with each limit set so that its best route just
 * fails.
 *
 * Many graphs lie side by side in one view, unconnected: making a view costs more than a query.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tests/oracle/brute.h"
#include "tests/support/graph_maker.h"
#include "tests/support/judge.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

#define AMOUNT_MSAT 10000

enum { GRAPHS_PER_VIEW = 512, ARCS_MAX = 12, NODES_MAX = 5, N_POLICIES = 9 };

struct policy {
    uint64_t capacity_sat;
    struct fgr_maker_half half;
};

/* Amounts are AMOUNT_MSAT and one msat more. */
static const struct policy palette[N_POLICIES] = {
    /* free and wide */
    {1000, {.htlc_max_msat = 1000000, .is_known = true}},
    /* the usual base fee and delta */
    {100, {.htlc_max_msat = 100000, .base_msat = 1000, .cltv_delta = 40, .is_known = true}},
    /* doubles the amount */
    {100, {.htlc_max_msat = 100000, .ppm = 1000000, .cltv_delta = 144, .is_known = true}},
    /* only for more than is delivered */
    {1000, {.htlc_min_msat = AMOUNT_MSAT + 1, .htlc_max_msat = 1000000, .is_known = true}},
    /* only for what is delivered */
    {1000, {.htlc_max_msat = AMOUNT_MSAT, .base_msat = 1, .is_known = true}},
    /* only after one base fee */
    {50,
     {.htlc_min_msat = AMOUNT_MSAT + 1000,
      .htlc_max_msat = 50000,
      .ppm = 100000,
      .cltv_delta = 1,
      .is_known = true}},
    /* only before two base fees */
    {13, {.htlc_max_msat = AMOUNT_MSAT + 1001, .cltv_delta = 80, .is_known = true}},
    /* likely to fail */
    {11, {.htlc_max_msat = 11000, .base_msat = 1, .cltv_delta = 10, .is_known = true}},
    /* not usable */
    {1000, {.htlc_max_msat = 1000000, .is_known = true, .is_disabled = true}},
};

struct family {
    const char *name;
    uint32_t n_nodes;
    uint32_t n_arcs;
    uint32_t arc[ARCS_MAX][2];
    bool all_shapes;   /* all subsets of the arcs, policies at random; else all policies */
    uint32_t rounds;   /* random policies per shape */
    bool is_all_pairs; /* ask between all nodes; else from the first to the last only */
};

static const struct family complete4 = {"all graphs of 4 nodes",
                                        4,
                                        12,
                                        {{0, 1},
                                         {0, 2},
                                         {0, 3},
                                         {1, 0},
                                         {1, 2},
                                         {1, 3},
                                         {2, 0},
                                         {2, 1},
                                         {2, 3},
                                         {3, 0},
                                         {3, 1},
                                         {3, 2}},
                                        true,
                                        6,
                                        true};

static const struct family parallel3 = {"all graphs of 3 nodes with parallel channels",
                                        3,
                                        12,
                                        {{0, 1},
                                         {0, 1},
                                         {0, 2},
                                         {0, 2},
                                         {1, 0},
                                         {1, 0},
                                         {1, 2},
                                         {1, 2},
                                         {2, 0},
                                         {2, 0},
                                         {2, 1},
                                         {2, 1}},
                                        true,
                                        4,
                                        true};

static const struct family acyclic5 = {
    "all acyclic graphs of 5 nodes",
    5,
    10,
    {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {1, 3}, {1, 4}, {2, 3}, {2, 4}, {3, 4}},
    true,
    60,
    false};

static const struct family ladder = {"a chain of parallel channels, all policies",
                                     4,
                                     5,
                                     {{0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}},
                                     false,
                                     0,
                                     false};

/* Graphs side by side, waiting to be asked. */
struct pack {
    const struct family *family;
    struct fgr_maker *maker;
    uint32_t n_graphs;
    uint32_t n_chans;
    struct fgr_maker_chan chan[GRAPHS_PER_VIEW * ARCS_MAX];
    uint64_t n_queries;
    uint64_t n_found;
};

static void judge(struct pack *pack, struct fgr_scratch *scratch, const struct fgr_view *view,
                  const struct fgr_route_query *query, const struct fgr_brute_answer *brute)
{
    struct fgr_truth truth = {.is_found = brute->is_found, .cost_msat = brute->best.cost_msat};
    struct fgr_error err = {.text = "unproven"};
    char words[400];
    enum fgr_verdict verdict = fgr_judge(scratch, view, query, &truth, &err);
    cr_assert_eq(verdict, FGR_VERDICT_RIGHT, "%s: %s: %s", pack->family->name,
                 fgr_judge_describe(words, sizeof words, query), err.text);
    pack->n_queries++;
    pack->n_found += brute->is_found;
}

/* The same query with each limit just out of reach of the best route. */
static void judge_limits(struct pack *pack, struct fgr_scratch *scratch,
                         const struct fgr_view *view, const struct fgr_route_query *query,
                         const struct fgr_path *best)
{
    struct fgr_route_query limited[4] = {*query, *query, *query, *query};
    unsigned n = 0;
    limited[n++].final_bytes = (uint32_t)(FGR_ONION_BYTES + 1 - best->onion_bytes);
    if (best->fee_msat > 0) {
        limited[n++].max_fee.v = best->fee_msat - 1;
    }
    if (best->cltv_blocks > query->final_cltv) {
        limited[n++].max_cltv = (uint32_t)best->cltv_blocks - 1;
    }
    if (best->n_hops > 1) {
        limited[n++].max_hops = best->n_hops - 1;
    }
    for (unsigned i = 0; i < n; i++) {
        struct fgr_brute_answer brute;
        fgr_brute_solve(&brute, view, &limited[i], false);
        judge(pack, scratch, view, &limited[i], &brute);
    }
}

static void ask(struct pack *pack, struct fgr_scratch *scratch, const struct fgr_view *view,
                uint32_t from, uint32_t to)
{
    for (uint64_t amount_msat = AMOUNT_MSAT; amount_msat <= AMOUNT_MSAT + 1; amount_msat++) {
        struct fgr_route_query query;
        struct fgr_brute_answer brute;
        fgr_route_query_init(&query, (fgr_node_idx){from}, (fgr_node_idx){to},
                             (fgr_msat){amount_msat});
        fgr_brute_solve(&brute, view, &query, false);
        judge(pack, scratch, view, &query, &brute);
        if (brute.is_found) {
            judge_limits(pack, scratch, view, &query, &brute.best);
        }
    }
}

/* Makes the view of all waiting graphs and asks every one of them. */
static void flush(struct pack *pack)
{
    const struct family *family = pack->family;
    struct fgr_error err;
    struct fgr_made made;
    struct fgr_scratch *scratch;
    if (pack->n_graphs == 0) {
        return;
    }
    cr_assert(fgr_maker_view(pack->maker, &made, pack->chan, pack->n_chans,
                             pack->n_graphs * family->n_nodes, &err),
              "%s", err.text);
    cr_assert_eq(fgr_scratch_create(&scratch, made.view, NULL, &err), FGR_OK, "%s", err.text);
    for (uint32_t g = 0; g < pack->n_graphs; g++) {
        uint32_t first = g * family->n_nodes;
        uint32_t last = first + family->n_nodes - 1;
        if (!family->is_all_pairs) {
            ask(pack, scratch, made.view, first, last);
            continue;
        }
        for (uint32_t from = first; from <= last; from++) {
            for (uint32_t to = first; to <= last; to++) {
                if (from != to) {
                    ask(pack, scratch, made.view, from, to);
                }
            }
        }
    }
    fgr_scratch_destroy(scratch);
    fgr_made_close(&made);
    pack->n_graphs = 0;
    pack->n_chans = 0;
}

/* One more graph: `choice[i]` is the policy of arc i, N_POLICIES = the arc is missing. */
static void add_graph(struct pack *pack, const uint32_t choice[ARCS_MAX])
{
    const struct family *family = pack->family;
    uint32_t first = pack->n_graphs * family->n_nodes;
    for (uint32_t i = 0; i < family->n_arcs; i++) {
        if (choice[i] == N_POLICIES) {
            continue;
        }
        const struct policy *policy = &palette[choice[i]];
        uint32_t from = family->arc[i][0];
        uint32_t to = family->arc[i][1];
        struct fgr_maker_chan *chan = &pack->chan[pack->n_chans++];
        *chan = (struct fgr_maker_chan){.capacity_sat = policy->capacity_sat};
        chan->node[0] = first + (from < to ? from : to);
        chan->node[1] = first + (from < to ? to : from);
        chan->half[from < to ? 0 : 1] = policy->half;
    }
    if (++pack->n_graphs == GRAPHS_PER_VIEW) {
        flush(pack);
    }
}

static void add_shapes(struct pack *pack)
{
    const struct family *family = pack->family;
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), family->n_arcs);
    for (uint32_t shape = 0; shape < UINT32_C(1) << family->n_arcs; shape++) {
        for (uint32_t round = 0; round < family->rounds * fgr_settings_scale(); round++) {
            uint32_t choice[ARCS_MAX];
            for (uint32_t i = 0; i < family->n_arcs; i++) {
                choice[i] =
                    (shape >> i & 1) != 0 ? (uint32_t)fgr_rng_below(&rng, N_POLICIES) : N_POLICIES;
            }
            add_graph(pack, choice);
        }
    }
}

static void add_policies(struct pack *pack)
{
    uint32_t choice[ARCS_MAX] = {0};
    uint32_t arc = 0;
    while (arc < pack->family->n_arcs) {
        add_graph(pack, choice);
        for (arc = 0; arc < pack->family->n_arcs && ++choice[arc] == N_POLICIES; arc++) {
            choice[arc] = 0;
        }
    }
}

static void judge_family(const struct family *family, uint64_t n_queries_least)
{
    struct pack *pack = calloc(1, sizeof *pack);
    struct fgr_error err;
    cr_assert(pack != NULL);
    pack->family = family;
    cr_assert(fgr_maker_create(&pack->maker, GRAPHS_PER_VIEW * family->n_nodes, &err), "%s",
              err.text);
    if (family->all_shapes) {
        add_shapes(pack);
    } else {
        add_policies(pack);
    }
    flush(pack);
    fgr_maker_destroy(pack->maker);
    cr_log_info("%s: %" PRIu64 " queries, %" PRIu64 " with a route", family->name, pack->n_queries,
                pack->n_found);
    cr_assert_geq(pack->n_queries, n_queries_least, "%s: %" PRIu64 " queries", family->name,
                  pack->n_queries);
    cr_assert_gt(pack->n_found, pack->n_queries / 10, "%s: %" PRIu64 " of %" PRIu64 " found",
                 family->name, pack->n_found, pack->n_queries);
    free(pack);
}

Test(small_graphs, four_nodes, .timeout = 250)
{
    judge_family(&complete4, 900000);
}

Test(small_graphs, three_nodes_with_parallel_channels, .timeout = 250)
{
    judge_family(&parallel3, 300000);
}

Test(small_graphs, five_nodes_without_cycles, .timeout = 250)
{
    judge_family(&acyclic5, 200000);
}

Test(small_graphs, parallel_channels_under_all_policies, .timeout = 250)
{
    judge_family(&ladder, 200000);
}
