/* SPDX-License-Identifier: MIT */
/*
 * What is in flight as an overlay says it: what it leaves of a balance, how a table is told, and two
 * planners of one table end to end.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fulgurite/reserve.h"
#include "graph/overlay.h"
#include "tests/support/graph_maker.h"

enum { NODES = 4, CHANS = 4, EDGES = 2 * CHANS, HINT = EDGES };
enum { CHEAP = 2 }; /* half-channel from 1 to 2 that every route from 0 to 3 prefers */

struct net {
    struct fgr_made made;
    const struct fgr_view *view;
    struct fgr_scratch *scratch;
    struct fgr_reserve *reserve;
};

/* 0 - 1 = 2 - 3: from 1 to 2 a free channel of 1000 sat and a dear one of 100 000 sat. */
static void open_net(struct net *net)
{
    const struct fgr_maker_half near = {.htlc_max_msat = 90000000, .is_known = true};
    const struct fgr_maker_half cheap = {.htlc_max_msat = 900000, .is_known = true};
    const struct fgr_maker_half dear = {
        .htlc_max_msat = 90000000, .base_msat = 50000, .is_known = true};
    const struct fgr_maker_chan chans[CHANS] = {
        {.node = {0, 1}, .capacity_sat = 100000, .half = {near, near}},
        {.node = {1, 2}, .capacity_sat = 1000, .half = {cheap, cheap}},
        {.node = {1, 2}, .capacity_sat = 100000, .half = {dear, dear}},
        {.node = {2, 3}, .capacity_sat = 100000, .half = {near, near}}};
    struct fgr_maker *maker;
    struct fgr_error err;
    cr_assert(fgr_maker_create(&maker, NODES, &err), "%s", err.text);
    cr_assert(fgr_maker_view(maker, &net->made, chans, CHANS, NODES, &err), "%s", err.text);
    fgr_maker_destroy(maker);
    net->view = net->made.view;
    cr_assert_eq(fgr_scratch_create(&net->scratch, net->view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_reserve_create(&net->reserve, EDGES + 2, 8, NULL, &err), FGR_OK);
}

static void close_net(struct net *net)
{
    fgr_reserve_destroy(net->reserve);
    fgr_scratch_destroy(net->scratch);
    fgr_made_close(&net->made);
}

static struct fgr_overlay_builder *new_builder(const struct net *net)
{
    struct fgr_overlay_builder *builder;
    cr_assert_eq(fgr_overlay_builder_create(&builder, net->view, NULL), FGR_OK);
    return builder;
}

/* The half-channel that stands for `name`, which may be without use. */
static struct fgr_overlay_edge_info frozen(const struct net *net,
                                           const struct fgr_overlay_builder *builder, uint32_t name)
{
    struct fgr_overlay_edge_info info = {.usable = false};
    struct fgr_overlay *overlay;
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, NULL), FGR_OK);
    uint32_t edge = fgr_overlay_edge_named(net->view, overlay, name);
    if (edge != FGR_IDX_NONE) {
        cr_assert_eq(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){edge}), FGR_OK);
    }
    fgr_overlay_destroy(overlay);
    return info;
}

/* ---- the statement ------------------------------------------------------------------------- */

#define KEEP UINT64_MAX /* nothing is said of the balance in this step */

Test(reserved, is_taken_off_what_is_known)
{
    /* Steps on one half-channel of 1000 sat whose policy says htlc_max 900 000 msat. */
    static const struct {
        uint64_t said_min_msat, said_max_msat;
        uint64_t reserved_msat;
        uint64_t min_msat, max_msat, htlc_max_msat, sum_msat;
    } steps[] = {
        {KEEP, KEEP, 0, 0, 1000000, 900000, 0},
        {KEEP, KEEP, 50000, 0, 950000, 900000, 50000},
        {KEEP, KEEP, 100000, 0, 850000, 850000, 150000},
        {200000, 400000, 0, 50000, 250000, 250000, 150000},
        {100000, 400000, 0, 0, 250000, 250000, 150000},
        {700000, 700000, 0, 550000, 550000, 550000, 150000},
        {KEEP, KEEP, 549999, 1, 1, 1, 699999},
        {KEEP, KEEP, 1, 0, 0, 0, 700000},       /* not usable */
        {700001, 700001, 0, 1, 1, 1, 700000},   /* usable again */
        {KEEP, KEEP, FGR_MSAT_MAX, 0, 0, 0, 0}, /* more than there can be */
        {1000000, 1000000, 0, 0, 0, 0, 0},      /* stays so */
    };
    struct net net;
    open_net(&net);
    struct fgr_overlay_builder *builder = new_builder(&net);
    fgr_edge_idx edge = {CHEAP};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].said_min_msat != KEEP || steps[i].said_max_msat != KEEP) {
            fgr_msat min = {steps[i].said_min_msat}, max = {steps[i].said_max_msat};
            cr_assert_eq(fgr_overlay_knowledge(builder, edge, min, max, NULL), FGR_OK);
        }
        fgr_msat amount = {steps[i].reserved_msat};
        cr_assert_eq(fgr_overlay_reserved(builder, edge, amount, NULL), FGR_OK);
        struct fgr_overlay_edge_info info = frozen(&net, builder, CHEAP);
        cr_assert_eq(info.usable, steps[i].max_msat > 0, "step %zu", i);
        if (info.usable) {
            cr_assert_eq(info.min.v, steps[i].min_msat, "step %zu", i);
            cr_assert_eq(info.max.v, steps[i].max_msat, "step %zu", i);
            cr_assert_eq(info.htlc_max.v, steps[i].htlc_max_msat, "step %zu", i);
            cr_assert_eq(info.reserved.v, steps[i].sum_msat, "step %zu", i);
            cr_assert_eq(info.capacity.v, 1000000, "step %zu", i);
        }
        struct fgr_overlay_edge_info back = frozen(&net, builder, CHEAP ^ 1);
        cr_assert(back.usable && back.max.v == 1000000, "the other direction stays as it is");
    }
    fgr_overlay_builder_destroy(builder);
    close_net(&net);
}

Test(reserved, is_taken_off_balances_of_a_node_and_promises)
{
    struct net net;
    struct fgr_overlay_edge_info info;
    fgr_edge_idx hint;
    open_net(&net);
    struct fgr_overlay_builder *builder = new_builder(&net);
    struct fgr_overlay_channel channel = {.scid = UINT64_C(99) << 40,
                                          .from = {3},
                                          .to = {0},
                                          .policy = {.htlc_max = {70000}, .enabled = true}};
    /* In either order. */
    cr_assert_eq(fgr_overlay_reserved(builder, (fgr_edge_idx){CHEAP}, (fgr_msat){30000}, NULL),
                 FGR_OK);
    cr_assert_eq(
        fgr_overlay_balance_of_node(builder, (fgr_node_idx){1}, (fgr_msat){FGR_MSAT_NONE}, NULL),
        FGR_OK);
    info = frozen(&net, builder, CHEAP);
    cr_assert(info.min.v == 970000 && info.max.v == 970000 && info.htlc_max.v == 900000);
    cr_assert_eq(fgr_overlay_channel(builder, &hint, &channel, NULL), FGR_OK);
    cr_assert_eq(fgr_overlay_reserved(builder, hint, (fgr_msat){20000}, NULL), FGR_OK);
    info = frozen(&net, builder, hint.v);
    cr_assert(info.min.v == 50000 && info.max.v == 50000 && info.htlc_max.v == 50000);
    cr_assert_eq(info.capacity.v, FGR_MSAT_MAX);
    fgr_overlay_builder_destroy(builder);
    close_net(&net);
}

Test(reserved, nothing_changes_nothing_and_errors_keep_nothing)
{
    struct net net;
    struct fgr_overlay *overlay;
    struct fgr_error err;
    open_net(&net);
    struct fgr_overlay_builder *builder = new_builder(&net);
    fgr_edge_idx edge = {CHEAP}, beyond = {EDGES};
    cr_assert_eq(fgr_overlay_reserved(builder, edge, (fgr_msat){0}, &err), FGR_OK);
    cr_assert_eq(fgr_overlay_reserved(builder, edge, (fgr_msat){FGR_MSAT_MAX + 1}, &err),
                 FGR_ERR_ARG);
    cr_assert_str_eq(err.text, "reserved on 2x0x0/0: 2100000000000000001 msat is above 21 million "
                               "BTC");
    cr_assert_eq(fgr_overlay_reserved(builder, beyond, (fgr_msat){1}, &err), FGR_ERR_ARG);
    cr_assert_not_null(strstr(err.text, "reserved on half-channel 8: view and overlay have 8"),
                       "%s", err.text);
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, NULL), FGR_OK);
    cr_assert(overlay->n_edges == 0 && !fgr_overlay_masks(overlay, CHEAP));
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    close_net(&net);
}

/* ---- a table ------------------------------------------------------------------------------- */

static enum fgr_err take_hops(const struct net *net, fgr_lease_id *out_id,
                              const struct fgr_reserve_hop *hops, uint32_t n_hops, uint64_t settled)
{
    struct fgr_reserve_part part = {.hops = hops, .n_hops = n_hops};
    struct fgr_reserve_request request = {.sz = sizeof request,
                                          .parts = &part,
                                          .n_parts = 1,
                                          .settled = settled,
                                          .expires_ns = UINT64_MAX};
    return fgr_reserve_take(net->reserve, out_id, &request, NULL);
}

/* Of the view, of an added channel, and of one that the builder lacks: then nothing is told. */
Test(reserved, a_table_is_told_whole_or_not_at_all)
{
    struct net net;
    struct fgr_error err;
    fgr_lease_id id;
    open_net(&net);
    struct fgr_overlay_builder *builder = new_builder(&net);
    const struct fgr_reserve_hop hops[] = {{{HINT}, {7000}, {70000}, 0},
                                           {{CHEAP}, {400000}, {1000000}, 0},
                                           {{CHEAP}, {1}, {1000000}, 0}};
    cr_assert_eq(fgr_reserve_tell(net.reserve, builder, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(take_hops(&net, &id, hops, 3, 0), FGR_OK);
    cr_assert_eq(fgr_reserve_tell(net.reserve, builder, &err), FGR_ERR_ARG);
    cr_assert_not_null(strstr(err.text, "reserved on half-channel 8"), "%s", err.text);
    cr_assert_eq(frozen(&net, builder, CHEAP).reserved.v, 0);
    struct fgr_overlay_channel channel = {
        .from = {0}, .to = {3}, .policy = {.htlc_max = {70000}, .enabled = true}};
    fgr_edge_idx hint;
    cr_assert_eq(fgr_overlay_channel(builder, &hint, &channel, NULL), FGR_OK);
    cr_assert_eq(hint.v, HINT);
    cr_assert_eq(fgr_reserve_tell(net.reserve, builder, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(frozen(&net, builder, CHEAP).reserved.v, 400001);
    cr_assert_eq(frozen(&net, builder, CHEAP).max.v, 599999);
    cr_assert_eq(frozen(&net, builder, HINT).max.v, 63000);
    fgr_overlay_builder_destroy(builder);
    close_net(&net);
}

/* ---- planners ------------------------------------------------------------------------------ */

struct plan {
    uint64_t settled;
    struct fgr_reserve_hop hops[FGR_HOPS_MAX];
    uint32_t n_hops;
};

/* 0 pays 3, as the header says; `cheap_msat` is what the sender knows the cheap channel to hold. */
static enum fgr_err plan(const struct net *net, struct plan *out, uint64_t amount_msat,
                         uint64_t cheap_msat)
{
    struct fgr_route_query query;
    struct fgr_route route;
    struct fgr_overlay *overlay;
    struct fgr_error err;
    out->settled = fgr_reserve_settled(net->reserve);
    struct fgr_overlay_builder *builder = new_builder(net);
    cr_assert_eq(fgr_overlay_balance(builder, (fgr_edge_idx){CHEAP}, (fgr_msat){cheap_msat}, NULL),
                 FGR_OK);
    cr_assert_eq(fgr_reserve_tell(net->reserve, builder, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, NULL), FGR_OK);
    fgr_overlay_builder_destroy(builder);
    fgr_route_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){3}, (fgr_msat){amount_msat});
    query.overlay = overlay;
    enum fgr_err rc = fgr_route(net->scratch, &route, NULL, net->view, &query, &err);
    if (rc == FGR_OK) {
        out->n_hops = route.n_hops;
        cr_assert_eq(
            fgr_reserve_hops(out->hops, net->view, overlay, route.hops, route.n_hops, &err), FGR_OK,
            "%s", err.text);
    }
    fgr_overlay_destroy(overlay);
    return rc;
}

static enum fgr_err take(const struct net *net, fgr_lease_id *out_id, const struct plan *plan)
{
    return take_hops(net, out_id, plan->hops, plan->n_hops, plan->settled);
}

static bool is_cheap(const struct plan *plan)
{
    cr_assert_eq(plan->n_hops, 3);
    return plan->hops[1].edge.v == CHEAP;
}

Test(reserved, the_second_planner_goes_around_or_is_refused)
{
    struct net net;
    struct plan first, second, late;
    fgr_lease_id id, other;
    open_net(&net);
    cr_assert_eq(plan(&net, &first, 600000, 1000000), FGR_OK);
    cr_assert_eq(plan(&net, &late, 600000, 1000000), FGR_OK);
    cr_assert(is_cheap(&first) && is_cheap(&late));
    cr_assert(first.hops[1].amount.v == 600000 && first.hops[1].limit.v == 1000000);
    cr_assert_eq(first.hops[0].limit.v, 100000000);
    cr_assert_eq(take(&net, &id, &first), FGR_OK);
    cr_assert_eq(take(&net, &other, &late), FGR_ERR_NO_ROUTE, "both count on the same satoshi");
    cr_assert_eq(plan(&net, &second, 600000, 1000000), FGR_OK);
    cr_assert(!is_cheap(&second), "it does not see what is reserved");
    cr_assert_eq(take(&net, &other, &second), FGR_OK);
    cr_assert_eq(plan(&net, &late, 400000, 1000000), FGR_OK);
    cr_assert(is_cheap(&late), "400 sat are left");
    cr_assert_eq(late.hops[1].limit.v, 1000000);
    cr_assert_eq(take(&net, &other, &late), FGR_OK);
    cr_assert_eq(plan(&net, &late, 1, 1000000), FGR_OK);
    cr_assert(!is_cheap(&late), "nothing is left");
    cr_assert_eq(fgr_reserve_release(net.reserve, id), FGR_OK);
    cr_assert_eq(plan(&net, &second, 600000, 1000000), FGR_OK);
    cr_assert(is_cheap(&second), "the first one has failed");
    close_net(&net);
}

Test(reserved, a_plan_from_before_a_settlement_is_refused)
{
    struct net net;
    struct plan first, old, next;
    fgr_lease_id id, other;
    open_net(&net);
    cr_assert_eq(plan(&net, &first, 300000, 1000000), FGR_OK);
    cr_assert_eq(take(&net, &id, &first), FGR_OK);
    cr_assert_eq(plan(&net, &old, 500000, 1000000), FGR_OK);
    cr_assert(is_cheap(&old));
    cr_assert_eq(fgr_reserve_settle(net.reserve, id), FGR_OK);
    cr_assert_eq(take(&net, &other, &old), FGR_ERR_NO_ROUTE, "700 sat are left, it believes 1000");
    cr_assert_eq(plan(&net, &next, 800000, 700000), FGR_OK);
    cr_assert(!is_cheap(&next));
    cr_assert_eq(plan(&net, &next, 700000, 700000), FGR_OK);
    cr_assert(is_cheap(&next) && next.hops[1].limit.v == 700000);
    cr_assert_eq(take(&net, &other, &next), FGR_OK);
    close_net(&net);
}

Test(reserved, hops_of_another_network_are_refused)
{
    struct net net;
    struct fgr_error err;
    struct fgr_overlay *overlay;
    struct fgr_reserve_hop out[2];
    struct fgr_hop hops[2] = {{.edge = {0}, .amount = {5}}, {.edge = {CHEAP}, .amount = {5}}};
    open_net(&net);
    cr_assert_eq(fgr_reserve_hops(out, net.view, NULL, hops, 2, &err), FGR_OK);
    cr_assert(out[1].edge.v == CHEAP && out[1].amount.v == 5 && out[1].limit.v == 1000000);
    struct fgr_overlay_builder *builder = new_builder(&net);
    cr_assert_eq(fgr_overlay_ban_edge(builder, (fgr_edge_idx){CHEAP}, NULL), FGR_OK);
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, NULL), FGR_OK);
    cr_assert_eq(fgr_reserve_hops(out, net.view, overlay, hops, 2, &err), FGR_ERR_ARG);
    cr_assert_str_eq(err.text, "hop 1: half-channel 2 is not usable in this view and overlay");
    hops[0].edge.v = EDGES;
    cr_assert_eq(fgr_reserve_hops(out, net.view, NULL, hops, 1, &err), FGR_ERR_ARG);
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    close_net(&net);
}
