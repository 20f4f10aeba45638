/* SPDX-License-Identifier: MIT */
#include "fulgurite/choice.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/support/graph_maker.h"

enum { NODES = 4 };

struct net {
    struct fgr_maker *maker;
    struct fgr_made made;
    struct fgr_choice_scratch *scratch;
    struct fgr_split_query query;
    unsigned n_allocs;
};

static void *count_alloc(void *state, size_t bytes)
{
    struct net *net = state;
    net->n_allocs++;
    return malloc(bytes);
}

static void count_free(void *state, void *ptr, size_t bytes)
{
    (void)state;
    (void)bytes;
    free(ptr);
}

/* Node 0 pays 3: over 1, cheap and narrow, or over 2, dear and wide. */
static void open_net(struct net *net, struct fgr_allocator *out_allocator)
{
    static const struct fgr_maker_half own = {.htlc_max_msat = 4000000000, .is_known = true};
    static const struct fgr_maker_half cheap = {
        .htlc_max_msat = 1500000000, .ppm = 100, .cltv_delta = 40, .is_known = true};
    static const struct fgr_maker_half dear = {
        .htlc_max_msat = 4000000000, .ppm = 2000, .cltv_delta = 40, .is_known = true};
    static const struct fgr_maker_chan chans[] = {
        {.node = {0, 1}, .capacity_sat = 4000000, .half = {own}},
        {.node = {0, 2}, .capacity_sat = 4000000, .half = {own}},
        {.node = {1, 3}, .capacity_sat = 1500000, .half = {cheap}},
        {.node = {2, 3}, .capacity_sat = 4000000, .half = {dear}},
    };
    struct fgr_error err;
    *net = (struct net){.n_allocs = 0};
    *out_allocator = (struct fgr_allocator){count_alloc, count_free, net};
    cr_assert(fgr_maker_create(&net->maker, NODES, &err), "%s", err.text);
    cr_assert(fgr_maker_view(net->maker, &net->made, chans, 4, NODES, &err), "%s", err.text);
    cr_assert_eq(fgr_choice_scratch_create(&net->scratch, net->made.view, out_allocator, &err),
                 FGR_OK);
    fgr_split_query_init(&net->query, (fgr_node_idx){0}, (fgr_node_idx){3}, (fgr_msat){1000000000});
    net->query.cost.risk_ppb = 0;
}

static void close_net(struct net *net)
{
    fgr_choice_scratch_destroy(net->scratch);
    fgr_made_close(&net->made);
    fgr_maker_destroy(net->maker);
}

Test(choice, bad_arguments)
{
    struct net net;
    struct fgr_allocator allocator;
    struct fgr_choice choice;
    struct fgr_curve curve;
    struct fgr_error err;
    open_net(&net, &allocator);
    const struct fgr_view *view = net.made.view;
    cr_assert_eq(fgr_choice_cheapest(net.scratch, &choice, view, &net.query, 0, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_choice_cheapest(net.scratch, &choice, view, &net.query, 1000001, &err),
                 FGR_ERR_ARG);
    cr_assert_eq(fgr_choice_most_likely(net.scratch, &choice, view, &net.query, &err), FGR_ERR_ARG);
    cr_assert_str_eq(err.text, "the most likely set needs a max_fee to keep");
    cr_assert_eq(fgr_choice_fewest_parts(net.scratch, &choice, view, &net.query, 1000001, &err),
                 FGR_ERR_ARG);
    net.query.max_parts = 0;
    cr_assert_eq(fgr_choice_curve(net.scratch, &curve, view, &net.query, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_choice_cheapest(net.scratch, &choice, view, &net.query, 1, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_choice_most_likely(net.scratch, &choice, view, &net.query, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_choice_fewest_parts(net.scratch, &choice, view, &net.query, 0, &err),
                 FGR_ERR_ARG);
    cr_assert_eq(fgr_choice_receiver_pays(net.scratch, &choice, view, &net.query, &err),
                 FGR_ERR_ARG);
    close_net(&net);
}

Test(choice, more_than_there_is)
{
    struct net net;
    struct fgr_allocator allocator;
    struct fgr_choice choice;
    struct fgr_curve curve;
    struct fgr_error err;
    open_net(&net, &allocator);
    const struct fgr_view *view = net.made.view;
    net.query.amount.v = 7000000000;
    net.query.max_fee.v = 70000000;
    cr_assert_eq(fgr_choice_curve(net.scratch, &curve, view, &net.query, &err), FGR_ERR_NO_ROUTE);
    cr_assert_eq(fgr_choice_cheapest(net.scratch, &choice, view, &net.query, 1, &err),
                 FGR_ERR_NO_ROUTE);
    cr_assert_eq(fgr_choice_most_likely(net.scratch, &choice, view, &net.query, &err),
                 FGR_ERR_NO_ROUTE);
    cr_assert_eq(fgr_choice_fewest_parts(net.scratch, &choice, view, &net.query, 0, &err),
                 FGR_ERR_NO_ROUTE);
    cr_assert_eq(fgr_choice_receiver_pays(net.scratch, &choice, view, &net.query, &err),
                 FGR_ERR_NO_ROUTE);
    close_net(&net);
}

/* From all on the cheap way to most on the wide one; each choice is where it should be. */
Test(choice, between_cheap_and_wide)
{
    struct net net;
    struct fgr_allocator allocator;
    struct fgr_choice choice;
    struct fgr_curve curve;
    struct fgr_error err;
    open_net(&net, &allocator);
    const struct fgr_view *view = net.made.view;
    unsigned n_allocs = net.n_allocs;
    cr_assert_eq(fgr_choice_curve(net.scratch, &curve, view, &net.query, &err), FGR_OK);
    cr_assert_gt(curve.n_points, 3);
    cr_assert_eq(curve.point[0].split.fee.v, 100000);
    cr_assert_eq(curve.n_solves, FGR_CURVE_POINTS_MAX);
    double least = curve.point[0].split.probability;
    double most = curve.point[curve.n_points - 1].split.probability;
    uint32_t wanted_ppm = (uint32_t)((least + most) / 2 * 1e6);
    cr_assert_eq(fgr_choice_cheapest(net.scratch, &choice, view, &net.query, wanted_ppm, &err),
                 FGR_OK);
    cr_assert_geq(choice.split.probability, wanted_ppm / 1e6);
    cr_assert_lt(choice.split.probability, wanted_ppm / 1e6 + 0.01);
    cr_assert_leq(choice.price.v, choice.price_bound.v + choice.price_bound.v / 50);
    uint64_t fee = choice.price.v;
    cr_assert_eq(fgr_choice_cheapest(net.scratch, &choice, view, &net.query, 999999, &err),
                 FGR_ERR_WORK);

    net.query.max_fee.v = fee;
    cr_assert_eq(fgr_choice_most_likely(net.scratch, &choice, view, &net.query, &err), FGR_OK);
    cr_assert_leq(choice.split.fee.v, fee);
    cr_assert_gt(choice.split.probability, wanted_ppm / 1e6 - 0.01);
    cr_assert_lt(choice.probability_bound, choice.split.probability + 0.01);

    net.query.max_fee.v = FGR_MSAT_NONE;
    cr_assert_eq(fgr_choice_fewest_parts(net.scratch, &choice, view, &net.query, 0, &err), FGR_OK);
    cr_assert_eq(choice.split.n_parts, 2);
    cr_assert_eq(choice.parts_bound, 2);
    cr_assert_eq(fgr_choice_fewest_parts(net.scratch, &choice, view, &net.query, 1000000, &err),
                 FGR_OK);
    cr_assert_eq(choice.split.n_parts, 1);
    cr_assert_eq(net.n_allocs, n_allocs);
    close_net(&net);
}

Test(choice, amount_and_fee_together)
{
    struct net net;
    struct fgr_allocator allocator;
    struct fgr_choice choice;
    struct fgr_error err;
    open_net(&net, &allocator);
    net.query.max_parts = 1;
    net.query.cost.fail_base_msat = 0;
    net.query.cost.fail_amount_ppm = 0;
    cr_assert_eq(fgr_choice_receiver_pays(net.scratch, &choice, net.made.view, &net.query, &err),
                 FGR_OK);
    cr_assert_eq(choice.split.amount.v, 999900010);
    cr_assert_eq(choice.split.fee.v, 99990);
    cr_assert_eq(choice.left.v, 0);
    close_net(&net);
}

Test(choice, powers_of_two_and_their_rest)
{
    const struct fgr_denominations powers = {.kind = FGR_DENOMINATION_POWERS};
    const struct fgr_denominations unequal = {.kind = FGR_DENOMINATION_UNEQUAL, .seed = 1};
    struct net net;
    struct fgr_allocator allocator;
    struct fgr_choice choice;
    struct fgr_error err;
    open_net(&net, &allocator);
    const struct fgr_view *view = net.made.view;
    unsigned n_allocs = net.n_allocs;
    net.query.amount.v = 1048576000; /* 2^20 sat */
    net.query.max_parts = 1;
    cr_assert_eq(fgr_choice_denominations(net.scratch, &choice, view, &net.query, &powers, &err),
                 FGR_OK, "%s", err.text);
    cr_assert(choice.split.n_parts == 1 && choice.rest.v == 0);
    cr_assert_eq(fgr_choice_denominations(net.scratch, &choice, view, &net.query, &unequal, &err),
                 FGR_ERR_ARG);
    cr_assert_str_eq(err.text, "unequal amounts need two parts of at least 10000000 msat, apart by "
                               "a sat: allow smaller parts, or more");
    net.query.amount.v = 1048576001; /* and a msat */
    net.query.max_parts = 16;
    net.query.min_part.v = 1;
    cr_assert_eq(fgr_choice_denominations(net.scratch, &choice, view, &net.query, &powers, &err),
                 FGR_OK, "%s", err.text);
    cr_assert_eq(choice.rest.v, 1);
    cr_assert_eq(choice.split.parts[choice.split.n_parts - 1].amount.v, 1);
    net.query.min_part.v = 2;
    net.query.amount.v = 4001;
    cr_assert_eq(fgr_choice_denominations(net.scratch, &choice, view, &net.query, &powers, &err),
                 FGR_ERR_ARG);
    cr_assert_str_eq(
        err.text, "4001 msat are not up to 16 powers of two in sat and a rest below them, all of "
                  "at least 2 msat: allow smaller parts, or more");
    cr_assert_eq(net.n_allocs, n_allocs);
    close_net(&net);
}
