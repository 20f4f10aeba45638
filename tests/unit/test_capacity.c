/* SPDX-License-Identifier: MIT */
#include "engine/capacity.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/graph_maker.h"

enum { NODES_MAX = 8 };

struct net {
    struct fgr_maker *maker;
    struct fgr_made made;
    struct fgr_capacity_scratch *scratch;
    struct fgr_capacity capacity;
    struct fgr_split_query query;
};

/* Channel from `a` to `b` of `capacity_sat`, usable from a to b only, without fees or minimum. */
static struct fgr_maker_chan one_way(uint32_t a, uint32_t b, uint64_t capacity_sat)
{
    struct fgr_maker_chan chan = {.node = {a < b ? a : b, a < b ? b : a},
                                  .capacity_sat = capacity_sat};
    chan.half[a > b] =
        (struct fgr_maker_half){.htlc_max_msat = capacity_sat * 1000, .is_known = true};
    return chan;
}

static struct fgr_maker_half *half_of(struct fgr_maker_chan *chan)
{
    return &chan->half[chan->half[1].is_known];
}

static void open_net(struct net *net, const struct fgr_maker_chan *chans, uint32_t n_chans)
{
    struct fgr_error err;
    *net = (struct net){.query = {.sz = sizeof net->query,
                                  .from = {0},
                                  .to = {1},
                                  .amount = {1},
                                  .max_fee = {FGR_MSAT_NONE},
                                  .max_cltv = FGR_CLTV_DEFAULT,
                                  .max_hops = FGR_HOPS_DEFAULT,
                                  .final_cltv = FGR_FINAL_CLTV_DEFAULT,
                                  .max_parts = FGR_PARTS_DEFAULT,
                                  .min_part = {1},
                                  .max_gap_ppm = FGR_SPLIT_GAP_DEFAULT_PPM,
                                  .cost = {.fail_base_msat = 100000, .fail_amount_ppm = 1000}}};
    cr_assert(fgr_maker_create(&net->maker, NODES_MAX, &err), "%s", err.text);
    cr_assert(fgr_maker_view(net->maker, &net->made, chans, n_chans, NODES_MAX, &err), "%s",
              err.text);
    cr_assert_eq(fgr_capacity_scratch_create(&net->scratch, net->made.view, NULL, &err), FGR_OK);
}

static void close_net(struct net *net)
{
    fgr_capacity_scratch_destroy(net->scratch);
    fgr_made_close(&net->made);
    fgr_maker_destroy(net->maker);
}

static void ask(struct net *net)
{
    struct fgr_error err;
    cr_assert_eq(fgr_capacity(net->scratch, &net->capacity, net->made.view, &net->query, &err),
                 FGR_OK, "%s", err.text);
}

static void assert_answer(const struct net *net, uint64_t at_least_msat, uint64_t at_most_msat,
                          uint32_t n_cut, uint64_t n_parts)
{
    cr_assert_eq(net->capacity.at_least.v, at_least_msat, "at least %lu",
                 (unsigned long)net->capacity.at_least.v);
    cr_assert_eq(net->capacity.at_most.v, at_most_msat, "at most %lu",
                 (unsigned long)net->capacity.at_most.v);
    cr_assert_eq(net->capacity.n_cut, n_cut, "%u in the cut", net->capacity.n_cut);
    cr_assert_eq(net->capacity.n_parts, n_parts, "%lu parts", (unsigned long)net->capacity.n_parts);
}

Test(capacity, no_way_at_all)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 2, 10), one_way(1, 2, 10)};
    open_net(&net, chans, 2);
    ask(&net);
    assert_answer(&net, 0, 0, 0, 0);
    cr_assert(!net.capacity.is_cut_at_source && !net.capacity.is_cut_at_destination);
    close_net(&net);
}

/* One way to lead through 2 and 3 the wrong channel between them has to be given back. */
Test(capacity, flows_are_taken_back)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 2, 10), one_way(2, 3, 10), one_way(3, 1, 10),
                                     one_way(0, 4, 10), one_way(4, 3, 10), one_way(2, 5, 10),
                                     one_way(5, 6, 10), one_way(6, 1, 10)};
    open_net(&net, chans, 8);
    ask(&net);
    assert_answer(&net, 20000, 20000, 2, 2);
    close_net(&net);
}

/* The narrow channel in the middle is named. */
Test(capacity, names_the_cut)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 2, 50), one_way(0, 2, 30), one_way(2, 3, 40),
                                     one_way(3, 1, 60)};
    open_net(&net, chans, 4);
    ask(&net);
    assert_answer(&net, 40000, 40000, 1, net.capacity.n_parts);
    cr_assert_eq(fgr_view_edge_from(net.made.view, net.capacity.cut[0].v), 2);
    cr_assert_eq(fgr_view_edge_to(net.made.view, net.capacity.cut[0].v), 3);
    cr_assert(!net.capacity.is_cut_at_source && !net.capacity.is_cut_at_destination);
    close_net(&net);

    chans[2] = one_way(2, 3, 100);
    open_net(&net, chans, 4);
    ask(&net);
    cr_assert_eq(net.capacity.at_most.v, 60000);
    cr_assert(net.capacity.is_cut_at_destination && !net.capacity.is_cut_at_source);
    close_net(&net);

    chans[3] = one_way(3, 1, 100);
    open_net(&net, chans, 4);
    ask(&net);
    cr_assert_eq(net.capacity.at_most.v, 80000);
    cr_assert_eq(net.capacity.n_cut, 2);
    cr_assert(net.capacity.is_cut_at_source && !net.capacity.is_cut_at_destination);
    close_net(&net);
}

/* htlc_max is per part: a channel of ten times that takes ten parts. */
Test(capacity, sends_many_parts)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 1, 100)};
    half_of(&chans[0])->htlc_max_msat = 10000;
    open_net(&net, chans, 1);
    ask(&net);
    assert_answer(&net, 100000, 100000, 1, 10);
    cr_assert_eq(net.capacity.n_bundles, 1);
    cr_assert_eq(net.capacity.bundles[0].n_parts, 10);
    cr_assert_eq(net.capacity.bundles[0].amount.v, 10000);
    net.query.min_part.v = 10001;
    ask(&net);
    assert_answer(&net, 0, 0, 0, 0);
    close_net(&net);
}

/* Fees come on top: they count on the channels before, not at the destination. */
Test(capacity, pays_exact_fees)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 2, 100), one_way(2, 1, 100)};
    half_of(&chans[1])->base_msat = 1000;
    half_of(&chans[1])->ppm = 10000;
    open_net(&net, chans, 2);
    ask(&net);
    /* d + 1000 + floor(d / 100) <= 100 000 */
    assert_answer(&net, 98020, 100000, 1, 1);
    close_net(&net);
}

/* A way that asks for more than it carries takes nothing, and the limits of a part are kept. */
Test(capacity, keeps_the_limits_of_a_part)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 2, 100), one_way(2, 3, 100), one_way(3, 1, 100)};
    half_of(&chans[0])->htlc_max_msat = 50000;
    half_of(&chans[2])->htlc_min_msat = 50001;
    half_of(&chans[1])->cltv_delta = 1000;
    open_net(&net, chans, 3);
    ask(&net);
    assert_answer(&net, 0, 100000, 1, 0);
    close_net(&net);

    half_of(&chans[2])->htlc_min_msat = 50000;
    open_net(&net, chans, 3);
    ask(&net);
    assert_answer(&net, 100000, 100000, 1, 2);
    net.query.max_hops = 2;
    ask(&net);
    assert_answer(&net, 0, 100000, 1, 0);
    net.query.max_hops = 3;
    net.query.max_cltv = 1000 + FGR_FINAL_CLTV_DEFAULT - 1;
    ask(&net);
    assert_answer(&net, 0, 100000, 1, 0);
    net.query.max_cltv++;
    net.query.final_bytes = 1200;
    ask(&net);
    assert_answer(&net, 0, 100000, 1, 0);
    close_net(&net);
}

/* Both directions of a channel share what it holds. */
Test(capacity, uses_a_channel_one_way)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 2, 10), one_way(2, 3, 10), one_way(3, 1, 10),
                                     one_way(0, 3, 10), one_way(2, 1, 10)};
    chans[1].half[1] = chans[1].half[0];
    open_net(&net, chans, 5);
    ask(&net);
    assert_answer(&net, 20000, 20000, 2, 2);
    for (uint32_t b = 0; b < net.capacity.n_bundles; b++) {
        cr_assert_eq(net.capacity.bundles[b].n_edges, 2, "over the middle both ways");
    }
    close_net(&net);
}

/* ---- with a goal ----------------------------------------------------------------------------- */

static void ask_at(struct net *net, struct fgr_capacity_at *out, uint32_t probability_ppm,
                   uint32_t fee_ppm, uint64_t most_msat)
{
    struct fgr_choice_scratch *scratch = NULL;
    struct fgr_error err;
    struct fgr_capacity_goal goal = {
        .probability_ppm = probability_ppm, .fee_ppm = fee_ppm, .most = {most_msat}};
    cr_assert_eq(fgr_choice_scratch_create(&scratch, net->made.view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_capacity_at(scratch, out, net->made.view, &net->query, &goal, &err), FGR_OK,
                 "%s", err.text);
    fgr_choice_scratch_destroy(scratch);
}

/* One channel passes a with probability (c + 1 - a) / (c + 1): half of it with one half. */
Test(capacity, finds_the_amount_of_a_probability)
{
    static const uint32_t wanted_ppm[] = {500000, 900000, 990000, 1000000};
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 1, 1000000)};
    open_net(&net, chans, 1);
    for (unsigned i = 0; i < 4; i++) {
        struct fgr_capacity_at at;
        double most = 1e9 * (1 - wanted_ppm[i] / 1e6);
        ask_at(&net, &at, wanted_ppm[i], FGR_FEE_PPM_ANY, 1000000000);
        cr_assert((double)at.at_least.v <= most + 1 && (double)at.at_least.v >= most * 0.985 - 1,
                  "%u ppm: at least %lu", wanted_ppm[i], (unsigned long)at.at_least.v);
        cr_assert((double)at.not_at.v > most && (double)at.not_at.v <= most * 1.015 + 5000,
                  "%u ppm: not at %lu", wanted_ppm[i], (unsigned long)at.not_at.v);
        cr_assert(at.at_least.v == 0 || at.probability >= wanted_ppm[i] / 1e6);
    }
    close_net(&net);
}

/* Dearer than the goal at any amount, dear only for small ones, and cheap. */
Test(capacity, finds_the_amount_of_a_fee)
{
    static const uint32_t ppm[] = {20000, 5000, 0};
    for (unsigned i = 0; i < 3; i++) {
        struct net net;
        struct fgr_capacity_at at;
        struct fgr_maker_chan chans[] = {one_way(0, 2, 10000), one_way(2, 1, 5000)};
        half_of(&chans[1])->ppm = ppm[i];
        half_of(&chans[1])->base_msat = 1000;
        open_net(&net, chans, 2);
        ask_at(&net, &at, 0, 10000, 5000000);
        cr_assert_eq(at.at_least.v, i == 0 ? 0 : 5000000, "%u ppm: %lu", ppm[i],
                     (unsigned long)at.at_least.v);
        cr_assert_eq(at.not_at.v > 0, i == 0, "%u ppm: not at %lu", ppm[i],
                     (unsigned long)at.not_at.v);
        cr_assert_leq(at.fee.v, at.at_least.v / 100);
        close_net(&net);
    }
}

Test(capacity, refuses_goals_that_make_no_sense)
{
    struct net net;
    struct fgr_choice_scratch *scratch = NULL;
    struct fgr_capacity_at at;
    struct fgr_error err;
    struct fgr_maker_chan chans[] = {one_way(0, 1, 10)};
    open_net(&net, chans, 1);
    cr_assert_eq(fgr_choice_scratch_create(&scratch, net.made.view, NULL, &err), FGR_OK);
    struct fgr_capacity_goal goal = {.probability_ppm = 1000001, .fee_ppm = 1};
    cr_assert_eq(fgr_capacity_at(scratch, &at, net.made.view, &net.query, &goal, &err),
                 FGR_ERR_ARG);
    goal = (struct fgr_capacity_goal){.fee_ppm = FGR_FEE_PPM_ANY + 1};
    cr_assert_eq(fgr_capacity_at(scratch, &at, net.made.view, &net.query, &goal, &err),
                 FGR_ERR_ARG);
    goal = (struct fgr_capacity_goal){.fee_ppm = 1, .most = {0}};
    cr_assert_eq(fgr_capacity_at(scratch, &at, net.made.view, &net.query, &goal, &err), FGR_OK);
    cr_assert(at.at_least.v == 0 && at.not_at.v == 0 && at.n_solves == 0);
    fgr_choice_scratch_destroy(scratch);
    close_net(&net);
}

Test(capacity, refuses_what_makes_no_sense)
{
    struct net net;
    struct fgr_error err;
    struct fgr_maker_chan chans[] = {one_way(0, 1, 10)};
    open_net(&net, chans, 1);
    struct fgr_split_query query = net.query;
    query.to.v = 0;
    cr_assert_eq(fgr_capacity(net.scratch, &net.capacity, net.made.view, &query, &err),
                 FGR_ERR_ARG);
    query.to.v = net.made.view->n_nodes;
    cr_assert_eq(fgr_capacity(net.scratch, &net.capacity, net.made.view, &query, &err),
                 FGR_ERR_ARG);
    net.scratch->n_chans = 0;
    cr_assert_eq(fgr_capacity(net.scratch, &net.capacity, net.made.view, &net.query, &err),
                 FGR_ERR_ARG);
    net.scratch->n_chans = net.made.view->n_chans;
    close_net(&net);
    fgr_capacity_scratch_destroy(NULL);
}

/* An allocator that fails at the n-th call: all that was taken is given back. */
static void *counted_alloc(void *state, size_t bytes)
{
    int *left = state;
    return (*left)-- > 0 ? malloc(bytes) : NULL;
}

static void counted_free(void *state, void *ptr, size_t bytes)
{
    int *left = state;
    (void)bytes;
    (*left)++;
    free(ptr);
}

Test(capacity, gives_memory_back)
{
    struct net net;
    struct fgr_maker_chan chans[] = {one_way(0, 1, 10)};
    struct fgr_capacity_scratch *scratch = NULL;
    struct fgr_error err;
    open_net(&net, chans, 1);
    int n_calls = 0;
    for (enum fgr_err code = FGR_ERR_MEMORY; code != FGR_OK; n_calls++) {
        int left = n_calls;
        struct fgr_allocator allocator = {counted_alloc, counted_free, &left};
        code = fgr_capacity_scratch_create(&scratch, net.made.view, &allocator, &err);
        cr_assert(code == FGR_OK || code == FGR_ERR_MEMORY);
        if (code == FGR_OK) {
            fgr_capacity_scratch_destroy(scratch);
        }
        cr_assert_eq(left, code == FGR_OK ? n_calls : n_calls - 1);
    }
    cr_assert_gt(n_calls, 5);
    close_net(&net);
}
