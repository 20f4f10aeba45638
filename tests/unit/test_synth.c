/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth.h"

#include "graph/image.h"
#include "tools/fgr/stats.h"
#include "tools/fgr/synth_curve.h"
#include "tools/fgr/synth_score.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct network {
    void *bytes;
    size_t n_bytes;
    struct fgr_view *view;
    struct fgr_import_report report;
};

static void generate(struct network *net, uint64_t nodes, uint64_t channels, uint64_t seed,
                     unsigned threads)
{
    const struct fgr_synth_options options = {nodes, channels, seed, threads};
    struct fgr_error err;
    memset(net, 0, sizeof *net);
    cr_assert_eq(fgr_synth_generate(&net->bytes, &net->n_bytes, &options, &net->report, &err),
                 FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_view_open_memory(&net->view, net->bytes, net->n_bytes, &err), FGR_OK, "%s",
                 err.text);
}

static void release(struct network *net)
{
    fgr_view_close(net->view);
    fgr_image_free(net->bytes, net->n_bytes);
}

Test(synth, curve_has_lines_jumps_and_common_values)
{
    static const struct fgr_synth_point points[] = {
        {100000, 10}, {300000, 30}, {300000, 100}, {600000, 100}, {800000, 0}, {900000, 7},
    };
    static const struct fgr_synth_curve curve = {points, sizeof points / sizeof *points};
    static const struct {
        uint64_t part, value;
    } cases[] = {
        {0, 10},   {100, 10}, {200, 20}, {299, 29}, {300, 100}, {301, 100}, {599, 100},
        {700, 50}, {799, 1},  {800, 0},  {850, 3},  {900, 7},   {1000, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(fgr_synth_curve_at(&curve, cases[i].part, 1000), cases[i].value, "at %u",
                     (unsigned)cases[i].part);
    }
}

Test(synth, curve_draws_its_own_quantiles)
{
    static const struct fgr_synth_point points[] = {{0, 0}, {500000, 1000}, {500000, 1000000}};
    static const struct fgr_synth_curve curve = {points, 3};
    enum { DRAWS = 40000 };
    unsigned below_half = 0;
    unsigned top = 0;
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 1, 1);
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t value = fgr_synth_curve_draw(&curve, &rng);
        below_half += value < 500;
        top += value == 1000000;
        cr_assert(value < 1000 || value == 1000000);
    }
    cr_assert(below_half > DRAWS / 4 - 600 && below_half < DRAWS / 4 + 600, "%u", below_half);
    cr_assert(top > DRAWS / 2 - 700 && top < DRAWS / 2 + 700, "%u", top);
}

Test(synth, numbers_round_as_people_do)
{
    static const struct {
        uint64_t value;
        unsigned digits;
        uint64_t round;
    } cases[] = {
        {0, 1, 0},      {7, 1, 7},    {99, 2, 99},       {14, 1, 10},
        {15, 1, 20},    {96, 1, 100}, {12345, 2, 12000}, {16777215, 2, 17000000},
        {999, 2, 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(fgr_synth_curve_round(cases[i].value, cases[i].digits), cases[i].round,
                     "case %zu", i);
    }
}

Test(synth, noise_is_normal)
{
    enum { DRAWS = 50000 };
    struct fgr_rng rng;
    int64_t sum = 0;
    int64_t squares = 0;
    unsigned inside = 0;
    fgr_rng_seed(&rng, 2, 3);
    for (unsigned i = 0; i < DRAWS; i++) {
        int64_t x = fgr_synth_score_noise(&rng);
        sum += x;
        squares += x * x;
        inside += x > -1024 && x < 1024;
    }
    cr_assert(sum / DRAWS > -25 && sum / DRAWS < 25);
    cr_assert(squares / DRAWS > 1020 * 1000 && squares / DRAWS < 1080 * 1000);
    cr_assert(inside > DRAWS * 67 / 100 && inside < DRAWS * 70 / 100); /* 68.3 % */
}

Test(synth, scores_sort_with_their_sign_and_keep_ties_in_order)
{
    uint64_t keys[] = {
        fgr_synth_score_key(5, 0),         fgr_synth_score_key(-5, 1),
        fgr_synth_score_key(0, 2),         fgr_synth_score_key(-5, 3),
        fgr_synth_score_key(INT32_MIN, 4), fgr_synth_score_key(INT32_MAX, 5),
    };
    static const uint32_t order[] = {4, 1, 3, 2, 0, 5};
    fgr_synth_score_sort(keys, 6);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(fgr_synth_score_item(keys[i]), order[i]);
    }
}

/* What must hold for every network: the counts asked for, a channel for each node (the image has
 * no node without), no self-loop (the builder refuses them), usable policies. */
static void check_network(const struct network *net, uint32_t nodes, uint32_t channels)
{
    const struct fgr_view *view = net->view;
    cr_assert_eq(view->n_nodes, nodes, "%u nodes, not %u", view->n_nodes, nodes);
    cr_assert_eq(view->n_chans, channels, "%u channels, not %u", view->n_chans, channels);
    cr_assert_gt(view->n_usable, 0);
    cr_assert_eq(net->report.min_above_max, 0);
    cr_assert_eq(net->report.max_above_capacity, 0);
    cr_assert_eq(net->report.duplicates, 0);
    cr_assert_eq(net->report.enabled + net->report.disabled + net->report.missing,
                 2 * (uint64_t)channels);
    for (uint32_t i = 0; i < channels; i++) {
        cr_assert(view->chan[i].capacity_sat >= 1000 && view->chan[i].capacity_sat <= FGR_SAT_MAX);
        cr_assert_neq(view->chan[i].node[0], view->chan[i].node[1]);
    }
}

Test(synth, all_small_networks)
{
    enum { NODES = 20 };
    for (uint32_t nodes = 2; nodes <= NODES; nodes++) {
        for (uint32_t channels = (nodes + 1) / 2; channels <= 2 * nodes + 3; channels++) {
            struct network net;
            generate(&net, nodes, channels, nodes * 100 + channels, 1);
            check_network(&net, nodes, channels);
            release(&net);
        }
    }
}

/* Where the numbers leave the model little choice: pairs only, one pair only, far more channels
 * than pairs, one node more than pairs need. */
Test(synth, lopsided_networks)
{
    static const uint32_t cases[][2] = {
        {2, 1},      {2, 3000},   {3, 2},       {3, 5000},    {7, 10000},   {1000, 500},
        {1001, 501}, {60, 20000}, {3000, 1500}, {3000, 1600}, {300, 44850},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct network net;
        generate(&net, cases[i][0], cases[i][1], i, 2);
        check_network(&net, cases[i][0], cases[i][1]);
        release(&net);
    }
}

Test(synth, impossible_networks_are_refused)
{
    static const struct {
        uint64_t nodes, channels;
        const char *says;
    } cases[] = {
        {0, 1, "0 nodes: between 2 and"},
        {1, 1, "1 nodes: between 2 and"},
        {10, 4, "at least 5"},
        {11, 5, "at least 6"},
        {2, 0, "at least 1"},
        {UINT64_MAX, 10, "between 2 and"},
        {FGR_SYNTH_NODES_MAX + UINT64_C(1), 100000000, "between 2 and"},
        {100, FGR_SYNTH_CHANNELS_MAX + UINT64_C(1), "at most 100000000"},
        {100, UINT64_MAX, "at most 100000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fgr_synth_options options = {cases[i].nodes, cases[i].channels, 1, 1};
        struct fgr_import_report report;
        struct fgr_error err;
        void *bytes = NULL;
        size_t n_bytes;
        cr_assert_eq(fgr_synth_generate(&bytes, &n_bytes, &options, &report, &err), FGR_ERR_ARG);
        cr_assert_null(bytes);
        cr_assert_not_null(strstr(err.text, cases[i].says), "'%s' in '%s'", cases[i].says,
                           err.text);
    }
}

Test(synth, a_seed_gives_the_same_bytes_for_any_threads)
{
    struct network one;
    struct network three;
    struct network other;
    generate(&one, 500, 1500, 42, 1);
    generate(&three, 500, 1500, 42, 3);
    generate(&other, 500, 1500, 43, 1);
    cr_assert_eq(one.n_bytes, three.n_bytes);
    cr_assert_eq(memcmp(one.bytes, three.bytes, one.n_bytes), 0);
    cr_assert(one.n_bytes != other.n_bytes || memcmp(one.bytes, other.bytes, one.n_bytes) != 0);
    cr_assert_neq(memcmp(one.view->node_id, other.view->node_id, FGR_NODE_ID_BYTES), 0);
    release(&one);
    release(&three);
    release(&other);
}

/* Holds figures of seed `seed` against those of the real network (2026-02-03), within the spread
 * between seeds. */
static void check_against_mainnet(uint64_t seed)
{
    struct network net;
    struct fgr_stats stats;
    struct fgr_error err;
    generate(&net, 17324, 50808, seed, 2);
    check_network(&net, 17324, 50808);
    cr_assert_eq(fgr_stats_compute(&stats, net.view, &err), FGR_OK);
    const struct {
        const char *what;
        uint64_t is, real, percent;
    } figures[] = {
        {"enabled both ways", stats.enabled_both, 31917, 2},
        {"enabled one way", stats.enabled_one, 1976, 12},
        {"enabled neither way", stats.enabled_neither, 16915, 0},
        {"no enabled half-channel", stats.no_enabled, 10346, 0},
        {"no enabled outgoing", stats.no_enabled_out, 10718, 2},
        {"one channel", stats.degree_1, 9391, 3},
        {"at most two", stats.degree_max_2, 12251, 3},
        {"at least 100", stats.degree_min_100, 124, 15},
        {"largest degree", stats.degree.at[8], 1989, 20},
        {"ends at the ten largest", stats.top_degree, 11396, 15},
        {"components", stats.components, 721, 15},
        {"largest component", stats.component_largest, 15542, 4},
        {"core", stats.strong_size[0], 6191, 3},
        {"pairs", stats.pairs, 47868, 3},
        {"pairs with several", stats.parallel_pairs, 1820, 20},
        {"most of one pair", stats.parallel_most, 40, 50},
        {"capacity", stats.capacity_sat / 100000000, 5361, 2},
        {"capacity both ways", stats.capacity_both_sat / 100000000, 4976, 3},
        {"median capacity", stats.capacity_spread_sat.at[4], 1283260, 15},
        {"capacity at the top 10", stats.top_capacity_sat[1] * 1000 / stats.capacity_sat, 698, 30},
        {"at the top 100", stats.top_capacity_sat[2] * 1000 / stats.capacity_sat, 1484, 10},
        {"median ppm", stats.ppm.at[4], 100, 40},
        {"90 % ppm", stats.ppm.at[6], 2000, 40},
        {"median cltv", stats.cltv_blocks.at[4], 80, 0},
        {"median htlc_min", stats.htlc_min_msat.at[4], 1000, 0},
        {"median htlc_max", stats.htlc_max_msat.at[4] / 1000000, 2475, 20},
    };
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        uint64_t slack = figures[i].real * figures[i].percent / 100;
        cr_expect(figures[i].is + slack >= figures[i].real &&
                      figures[i].is <= figures[i].real + slack,
                  "seed %u, %s: %u, real %u", (unsigned)seed, figures[i].what,
                  (unsigned)figures[i].is, (unsigned)figures[i].real);
    }
    release(&net);
}

Test(synth, looks_like_mainnet)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        check_against_mainnet(seed);
    }
}

/* Half of all nodes are leaves, a third of the channels is dead, and hubs grow with the network. */
Test(synth, keeps_its_shape_at_other_sizes)
{
    static const uint32_t cases[][2] = {{600, 1760}, {3000, 8800}, {50000, 146600}};
    uint64_t last_hub = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t nodes = cases[i][0];
        uint32_t channels = cases[i][1];
        struct network net;
        struct fgr_stats stats;
        struct fgr_error err;
        generate(&net, nodes, channels, 5, 2);
        check_network(&net, nodes, channels);
        cr_assert_eq(fgr_stats_compute(&stats, net.view, &err), FGR_OK);
        cr_assert(stats.degree_1 > nodes / 2 && stats.degree_1 < nodes * 58 / 100, "%u of %u",
                  stats.degree_1, nodes);
        cr_assert(stats.enabled_neither > channels * 32 / 100 &&
                  stats.enabled_neither < channels * 35 / 100);
        cr_assert(stats.strong_size[0] > nodes * 30 / 100, "%u of %u", stats.strong_size[0], nodes);
        cr_assert_gt(stats.degree.at[8], last_hub);
        last_hub = stats.degree.at[8];
        release(&net);
    }
}

/* Aliases: nearly all the large nodes' are their own; some are shared, missing or not ASCII. */
Test(synth, nodes_have_names_features_and_times)
{
    struct network net;
    unsigned silent = 0;
    unsigned shared = 0;
    unsigned foreign = 0;
    generate(&net, 4000, 12000, 6, 2);
    for (uint32_t i = 0; i < 4000; i++) {
        struct fgr_node_info info;
        cr_assert_eq(fgr_view_node(net.view, &info, (fgr_node_idx){i}), FGR_OK);
        if (info.timestamp == 0) {
            cr_assert_eq(info.alias_len, 0);
            silent++;
            continue;
        }
        cr_assert(info.timestamp < 1770076800 && info.timestamp >= 1770076800 - 14 * 86400);
        cr_assert(info.alias_len > 0 && info.features_len > 0);
        char alias[FGR_ALIAS_BYTES_MAX + 1] = "";
        memcpy(alias, info.alias, info.alias_len);
        bool is_ascii = true;
        for (uint32_t j = 0; j < info.alias_len; j++) {
            is_ascii = is_ascii && info.alias[j] < 0x80;
        }
        foreign += !is_ascii;
        fgr_node_idx found;
        enum fgr_err rc = fgr_view_find_node(net.view, &found, alias, NULL);
        cr_assert(rc == FGR_OK || rc == FGR_ERR_AMBIGUOUS);
        shared += rc == FGR_ERR_AMBIGUOUS;
        if (info.channels >= 100) {
            cr_assert_eq(rc, FGR_OK, "'%s'", alias);
            cr_assert_eq(found.v, i);
        }
    }
    cr_assert(silent > 300 && silent < 500, "%u silent", silent);
    cr_assert(shared > 100 && shared < 800, "%u share an alias", shared);
    cr_assert(foreign > 50 && foreign < 300, "%u foreign", foreign);
    release(&net);
}
