/* SPDX-License-Identifier: MIT */
/*
 * The bound of few large parts against brute force: two or three parts that nearly fill what they go
 * over, where smaller ones would be cheaper and are too many. From channels of a few hundred msat on, where
 * each msat that is rounded away counts.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "engine/split_scratch.h"
#include "tests/oracle/split_brute.h"
#include "tests/support/graph_maker.h"
#include "tests/support/nasty.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 12, WIDE_MAX = 4, NARROW_MAX = 6, NETS = 3000 };

struct net {
    uint64_t amount_msat;
    uint32_t max_parts;
    uint32_t n_chans;
    uint32_t n_nodes;
    struct fgr_maker_chan chan[2 * (WIDE_MAX + NARROW_MAX)];
};

struct tally {
    uint64_t asked;
    uint64_t close; /* within 1 % */
};

/* Two channels in a row from node 0 to node 1: what counts is the first one. */
static void add_way(struct net *net, struct fgr_rng *rng, uint64_t capacity_sat, uint64_t most_msat)
{
    uint32_t node = net->n_nodes++;
    uint32_t ppm = fgr_nasty_chance(rng, 80) ? (uint32_t)fgr_rng_below(rng, 5000) : 0;
    struct fgr_maker_half first = {
        .htlc_min_msat = 1, .htlc_max_msat = most_msat, .is_known = true};
    struct fgr_maker_half last = {.htlc_min_msat = 1,
                                  .htlc_max_msat = capacity_sat * 1000,
                                  .base_msat = (uint32_t)fgr_rng_below(rng, 2),
                                  .ppm = ppm,
                                  .is_known = true};
    net->chan[net->n_chans++] = (struct fgr_maker_chan){
        .node = {0, node}, .capacity_sat = capacity_sat, .half = {first, {0}}};
    net->chan[net->n_chans++] =
        (struct fgr_maker_chan){.node = {1, node},
                                .capacity_sat = capacity_sat * (1 + fgr_rng_below(rng, 1000)),
                                .half = {{0}, last}};
}

static void make(struct net *net, struct fgr_rng *rng)
{
    static const uint64_t scale_sat[] = {1, 1, 1, 3, 20, 1000, 1000000};
    uint64_t scale = scale_sat[fgr_rng_below(rng, 7)];
    uint32_t n_wide = 2 + (uint32_t)fgr_rng_below(rng, WIDE_MAX - 1);
    uint32_t n_narrow = (uint32_t)fgr_rng_below(rng, NARROW_MAX + 1);
    uint64_t sum_sat = 0;
    *net = (struct net){.n_nodes = 2};
    net->max_parts = n_wide > 2 && fgr_nasty_chance(rng, 40) ? 3 : 2;
    for (uint32_t i = 0; i < n_wide; i++) {
        uint64_t capacity_sat = scale + (fgr_nasty_chance(rng, 50) ? fgr_rng_below(rng, scale) : 0);
        add_way(net, rng, capacity_sat, capacity_sat * 1000);
        sum_sat += i < net->max_parts ? capacity_sat : 0;
    }
    for (uint32_t i = 0; i < n_narrow; i++) {
        uint64_t most_msat = scale * 1000 * (10 + fgr_rng_below(rng, 40)) / 100;
        add_way(net, rng, scale, most_msat);
    }
    net->amount_msat = sum_sat * (fgr_nasty_chance(rng, 50) ? 400 + fgr_rng_below(rng, 590)
                                                            : 980 + fgr_rng_below(rng, 19));
}

/* The bound is that of the lots alone. */
static void judge(const struct net *net, const struct fgr_view *view, uint64_t number,
                  struct tally *tally)
{
    struct fgr_split_scratch *scratch;
    struct fgr_split_query query;
    struct fgr_split_brute_answer brute;
    struct fgr_problem problem;
    struct fgr_split split;
    struct fgr_error err;
    cr_assert_eq(fgr_split_scratch_create(&scratch, view, NULL, &err), FGR_OK);
    fgr_split_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){1},
                         (fgr_msat){net->amount_msat});
    query.max_parts = net->max_parts;
    query.min_part.v = 1 + net->amount_msat / 50;
    query.max_gap_ppm = 0;
    query.max_hops = 2;
    enum fgr_err code = fgr_split(scratch, &split, view, &query, &err);
    double bound = scratch->lots.bound_msat;
    if (code == FGR_OK && bound > 0) {
        cr_assert(fgr_problem_create(&problem, view, &query));
        fgr_split_brute_solve(&problem, &brute);
        cr_assert(!brute.gave_up && brute.n_parts > 0);
        double best = (double)brute.price.cost_msat;
        fgr_problem_destroy(&problem);
        cr_assert_leq(bound, best + (double)split.rounding.v,
                      "FGR_SEED %" PRIu64 " net %" PRIu64 ": proves %f - %" PRIu64
                      " of a set that costs %f; %" PRIu64 " msat in %" PRIu32,
                      fgr_settings_seed(), number, bound, split.rounding.v, best, net->amount_msat,
                      net->max_parts);
        tally->asked++;
        tally->close += bound > best * 0.99;
    }
    fgr_split_scratch_destroy(scratch);
}

Test(lots, bounds_are_below_all_sets_of_so_many_parts, .timeout = 250)
{
    struct fgr_maker *maker;
    struct fgr_error err;
    struct tally tally = {.asked = 0};
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    for (uint64_t i = 0; i < NETS * fgr_settings_scale(); i++) {
        struct fgr_rng rng;
        struct net net;
        struct fgr_made made;
        fgr_rng_seed(&rng, fgr_settings_seed(), i + (UINT64_C(23) << 40));
        make(&net, &rng);
        cr_assert(fgr_maker_view(maker, &made, net.chan, net.n_chans, net.n_nodes, &err), "%s",
                  err.text);
        judge(&net, made.view, i, &tally);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    cr_log_info("%" PRIu64 " asked, %" PRIu64 " close\n", tally.asked, tally.close);
    cr_assert_gt(tally.asked, NETS / 2);
    cr_assert_gt(tally.close, tally.asked / 3);
}
