/* SPDX-License-Identifier: MIT */
#include "tools/fgr/stats.h"

#include "graph/util/rng.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 7, CHANS_MAX = 12 };

/* A network small enough to look at every set of nodes. */
struct network {
    struct fgr_view view;
    struct fgr_chan chan[CHANS_MAX];
    struct fgr_half half[2 * CHANS_MAX];
    uint32_t node_timestamp[NODES_MAX];
    uint32_t first[2][NODES_MAX + 1]; /* of out and of in */
    uint32_t nbr[2][2 * CHANS_MAX];
};

/* Fills the adjacency of one direction: `end` 0 = by the node an edge leaves. */
static void index_edges(struct network *net, unsigned end)
{
    uint32_t n = 0;
    for (uint32_t v = 0; v < net->view.n_nodes; v++) {
        net->first[end][v] = n;
        for (uint32_t e = 0; e < 2 * net->view.n_chans; e++) {
            uint32_t ends[2] = {fgr_view_edge_from(&net->view, e), fgr_view_edge_to(&net->view, e)};
            if (ends[end] == v && (net->half[e].flags & FGR_HALF_USABLE) != 0) {
                net->nbr[end][n++] = ends[1 - end];
            }
        }
    }
    net->first[end][net->view.n_nodes] = n;
}

static void make_network(struct network *net, struct fgr_rng *rng)
{
    static const uint8_t flags[] = {0, FGR_HALF_KNOWN, FGR_HALF_KNOWN | FGR_HALF_DISABLED,
                                    FGR_HALF_KNOWN | FGR_HALF_USABLE,
                                    FGR_HALF_KNOWN | FGR_HALF_USABLE};
    memset(net, 0, sizeof *net);
    struct fgr_view *view = &net->view;
    view->n_nodes = (uint32_t)fgr_rng_below(rng, NODES_MAX + 1);
    view->n_chans = view->n_nodes < 2 ? 0 : (uint32_t)fgr_rng_below(rng, CHANS_MAX + 1);
    view->chan = net->chan;
    view->half = net->half;
    view->node_timestamp = net->node_timestamp;
    for (uint32_t c = 0; c < view->n_chans; c++) {
        uint32_t a = (uint32_t)fgr_rng_below(rng, view->n_nodes - 1);
        uint32_t b = a + 1 + (uint32_t)fgr_rng_below(rng, view->n_nodes - 1 - a);
        net->chan[c] = (struct fgr_chan){
            .scid = c, .capacity_sat = 1 + fgr_rng_below(rng, 50), .node = {a, b}};
        for (uint32_t d = 0; d < 2; d++) {
            net->half[2 * c + d] =
                (struct fgr_half){.ppm = (uint32_t)fgr_rng_below(rng, 100),
                                  .timestamp = (uint32_t)fgr_rng_below(rng, 9),
                                  .flags = flags[fgr_rng_below(rng, sizeof flags)]};
        }
    }
    index_edges(net, 0);
    index_edges(net, 1);
    view->out = (struct fgr_adjacency){.first = net->first[0], .nbr = net->nbr[0]};
    view->in = (struct fgr_adjacency){.first = net->first[1], .nbr = net->nbr[1]};
}

/* reach[a][b]: b can be reached from a over edges that `allows` names. */
static void close_over(bool reach[NODES_MAX][NODES_MAX], const struct network *net,
                       bool usable_only, bool is_directed)
{
    memset(reach, 0, NODES_MAX * sizeof *reach);
    for (uint32_t v = 0; v < NODES_MAX; v++) {
        reach[v][v] = true;
    }
    for (uint32_t e = 0; e < 2 * net->view.n_chans; e++) {
        if (!usable_only || (net->half[e].flags & FGR_HALF_USABLE) != 0) {
            uint32_t from = fgr_view_edge_from(&net->view, e);
            uint32_t to = fgr_view_edge_to(&net->view, e);
            reach[from][to] = true;
            reach[to][from] |= !is_directed;
        }
    }
    for (uint32_t k = 0; k < NODES_MAX; k++) {
        for (uint32_t a = 0; a < NODES_MAX; a++) {
            for (uint32_t b = 0; b < NODES_MAX; b++) {
                reach[a][b] |= reach[a][k] && reach[k][b];
            }
        }
    }
}

/* Labels agree with mutual reachability, sizes with labels. */
static void expect_components(const struct fgr_components *components,
                              bool reach[NODES_MAX][NODES_MAX], uint32_t n_nodes)
{
    uint32_t n_of[NODES_MAX] = {0};
    uint32_t largest = 0;
    uint32_t n_sizes = 0;
    for (uint32_t a = 0; a < n_nodes; a++) {
        cr_assert_lt(components->label[a], components->count);
        n_of[components->label[a]]++;
        for (uint32_t b = 0; b < n_nodes; b++) {
            cr_assert_eq(components->label[a] == components->label[b], reach[a][b] && reach[b][a]);
        }
    }
    for (uint32_t label = 0; label < components->count; label++) {
        cr_assert_gt(n_of[label], 0);
        largest = n_of[label] > largest ? n_of[label] : largest;
    }
    for (uint32_t i = 0; i < FGR_COMPONENTS_LISTED; i++) {
        n_sizes += components->size[i];
        cr_assert(i == 0 || components->size[i] <= components->size[i - 1]);
    }
    cr_assert_eq(components->size[0], largest);
    cr_assert(components->count > FGR_COMPONENTS_LISTED || n_sizes == n_nodes);
    cr_assert(n_nodes == 0 || n_of[components->largest_label] == largest);
}

Test(stats, components_agree_with_reachability)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 5, 0);
    for (unsigned i = 0; i < 20000; i++) {
        struct network net;
        struct fgr_components components;
        bool reach[NODES_MAX][NODES_MAX];
        make_network(&net, &rng);
        for (unsigned usable_only = 0; usable_only < 2; usable_only++) {
            cr_assert_eq(fgr_components_weak(&components, &net.view, usable_only, NULL), FGR_OK);
            close_over(reach, &net, usable_only, false);
            expect_components(&components, reach, net.view.n_nodes);
            fgr_components_deinit(&components);
        }
        cr_assert_eq(fgr_components_strong(&components, &net.view, NULL), FGR_OK);
        close_over(reach, &net, true, true);
        expect_components(&components, reach, net.view.n_nodes);
        fgr_components_deinit(&components);
    }
}

Test(stats, quantiles_are_nearest_ranks_half_to_even)
{
    uint64_t three[] = {30, 10, 20};
    struct fgr_spread spread;
    fgr_spread_of(&spread, three, 3);
    /* ranks 0, 0.02, 0.2, 0.5, 1, 1.5, 1.8, 1.98, 2 */
    static const uint64_t of_three[] = {10, 10, 10, 10, 20, 30, 30, 30, 30};
    for (size_t i = 0; i < FGR_SPREAD_POINTS; i++) {
        cr_expect_eq(spread.at[i], of_three[i], "%u %%", fgr_spread_percent[i]);
    }
    cr_expect_eq(spread.n, 3);
    cr_expect_float_eq(spread.mean, 20.0, 1e-12);

    uint64_t many[201];
    for (uint64_t i = 0; i < 201; i++) {
        many[i] = 200 - i;
    }
    fgr_spread_of(&spread, many, 201);
    for (size_t i = 0; i < FGR_SPREAD_POINTS; i++) {
        cr_expect_eq(spread.at[i], 2 * (uint64_t)fgr_spread_percent[i]);
    }
    fgr_spread_of(&spread, many, 0);
    cr_expect_eq(spread.n, 0);
    cr_expect_eq(spread.at[FGR_SPREAD_POINTS - 1], 0);
}

/* Sums that must hold whatever the network. */
Test(stats, figures_add_up)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 6, 0);
    for (unsigned i = 0; i < 20000; i++) {
        struct network net;
        struct fgr_stats s;
        make_network(&net, &rng);
        cr_assert_eq(fgr_stats_compute(&s, &net.view, NULL), FGR_OK);
        uint32_t n_chans = net.view.n_chans;
        uint32_t n_nodes = net.view.n_nodes;
        cr_assert_eq(s.enabled_both + s.enabled_one + s.enabled_neither, n_chans);
        cr_assert_eq(s.enabled + s.disabled + s.missing + s.inconsistent, 2 * n_chans);
        cr_assert_eq(s.enabled, 2 * s.enabled_both + s.enabled_one);
        cr_assert_eq(s.ppm.n, s.enabled);
        cr_assert_eq(s.age_s.n, 2 * n_chans - s.missing);
        cr_assert(s.age_s.at[0] == 0);
        cr_assert_eq(s.degree.n, n_nodes);
        cr_assert_leq(s.capacity_both_sat, s.capacity_any_sat);
        cr_assert_leq(s.capacity_any_sat, s.capacity_sat);
        /* fewer than ten nodes: the top ten are all of them */
        cr_assert_eq(s.n_hubs, n_nodes);
        cr_assert_eq(s.top_capacity_sat[FGR_STATS_SHARES - 1], 2 * s.capacity_sat);
        cr_assert_eq(s.top_degree, 2 * n_chans);
        cr_assert_eq(s.hub_touching_sat, s.capacity_sat);
        cr_assert(s.n_hubs == 0 || s.top_capacity_sat[0] == s.hub[0].capacity_sat);
        cr_assert_eq(s.core_out_degree.n, s.strong_size[0]);
        cr_assert_eq(s.pairs - s.parallel_pairs + s.parallel_channels, n_chans);
    }
}

/* 0 = 1 - 2 - 3: two channels between the first two, one enabled each way. */
static void make_known(struct network *net)
{
    static const uint8_t usable = FGR_HALF_KNOWN | FGR_HALF_USABLE;
    memset(net, 0, sizeof *net);
    net->view.n_nodes = 4;
    net->view.n_chans = 4;
    net->view.chan = net->chan;
    net->view.half = net->half;
    net->view.node_timestamp = net->node_timestamp;
    net->node_timestamp[2] = 100;
    net->node_timestamp[3] = 40;
    const struct fgr_chan chans[] = {
        {.scid = 1, .capacity_sat = 10, .node = {0, 1}},
        {.scid = 2, .capacity_sat = 20, .node = {0, 1}},
        {.scid = 3, .capacity_sat = 30, .node = {1, 2}},
        {.scid = 4, .capacity_sat = 40, .node = {2, 3}, .flags = FGR_CHAN_DYING}};
    memcpy(net->chan, chans, sizeof chans);
    net->half[0] = (struct fgr_half){.flags = usable, .ppm = 5, .timestamp = 70};  /* 0 -> 1 */
    net->half[3] = (struct fgr_half){.flags = usable, .ppm = 7, .timestamp = 100}; /* 1 -> 0 */
    net->half[4] = (struct fgr_half){.flags = usable, .ppm = 9, .timestamp = 90};  /* 1 -> 2 */
    net->half[5] = (struct fgr_half){.flags = FGR_HALF_KNOWN | FGR_HALF_DISABLED, .timestamp = 60};
    net->half[6] = (struct fgr_half){.flags = FGR_HALF_KNOWN, .timestamp = 80};
    index_edges(net, 0);
    index_edges(net, 1);
    net->view.out = (struct fgr_adjacency){.first = net->first[0], .nbr = net->nbr[0]};
    net->view.in = (struct fgr_adjacency){.first = net->first[1], .nbr = net->nbr[1]};
}

Test(stats, a_known_network)
{
    struct network net;
    struct fgr_stats s;
    make_known(&net);
    cr_assert_eq(fgr_stats_compute(&s, &net.view, NULL), FGR_OK);
    cr_expect_eq(s.enabled_both, 0);
    cr_expect_eq(s.enabled_one, 3);
    cr_expect_eq(s.enabled_neither, 1);
    cr_expect_eq(s.enabled, 3);
    cr_expect_eq(s.disabled, 1);
    cr_expect_eq(s.inconsistent, 1);
    cr_expect_eq(s.missing, 3);
    cr_expect_eq(s.dying, 1);
    cr_expect_eq(s.capacity_sat, 100);
    cr_expect_eq(s.capacity_any_sat, 60);
    cr_expect_eq(s.components, 1);
    cr_expect_eq(s.weak_largest, 3);
    cr_expect_eq(s.strong_size[0], 2);
    cr_expect_eq(s.strong_size[1], 1);
    cr_expect_eq(s.core_enabled, 2);
    cr_expect_eq(s.core_out_spread_sat.at[FGR_SPREAD_POINTS - 1], 50); /* node 1: 20 + 30 */
    cr_expect_eq(s.no_enabled, 1);
    cr_expect_eq(s.no_enabled_out, 2);
    cr_expect_eq(s.no_enabled_in, 1);
    cr_expect_eq(s.pairs, 3);
    cr_expect_eq(s.parallel_pairs, 1);
    cr_expect_eq(s.parallel_channels, 2);
    cr_expect_eq(s.parallel_most, 2);
    cr_expect_eq(s.degree_1, 1);
    cr_expect_eq(s.hub[0].node.v, 2);
    cr_expect_eq(s.hub[0].capacity_sat, 70);
    cr_expect_eq(s.hub[0].channels, 2);
    cr_expect_eq(s.newest, 100);
    cr_expect_eq(s.age_s.at[FGR_SPREAD_POINTS - 1], 40);
    cr_expect_eq(s.node_newest, 100);
    cr_expect_eq(s.node_age_s.n, 2);
    cr_expect_eq(s.node_age_s.at[FGR_SPREAD_POINTS - 1], 60);
    cr_expect_eq(s.ppm.at[4], 7);
}
