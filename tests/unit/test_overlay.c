/* SPDX-License-Identifier: MIT */
#include "graph/overlay.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/amount.h"
#include "graph/util/rng.h"
#include "tests/support/graph_maker.h"
#include "tests/support/settings.h"

enum {
    NODES = 10,
    CHANS = 24,
    STRANGERS = 4, /* ids of nodes that the view does not have */
    SAT = 1000
};

/* A view of NODES nodes, and the ids of some more. */
struct net {
    struct fgr_made made;
    const struct fgr_view *view;
    uint8_t stranger[STRANGERS][FGR_NODE_ID_BYTES];
};

static void make_channels(struct fgr_maker_chan *chans, uint32_t n_nodes, struct fgr_rng *rng)
{
    for (uint32_t i = 0; i < CHANS; i++) {
        uint32_t a = i % n_nodes;
        uint32_t b = (a + 1 + (uint32_t)fgr_rng_below(rng, n_nodes - 1)) % n_nodes;
        struct fgr_maker_chan *chan = &chans[i];
        *chan = (struct fgr_maker_chan){.node = {a < b ? a : b, a < b ? b : a},
                                        .capacity_sat = 100 + fgr_rng_below(rng, 900)};
        for (unsigned d = 0; d < 2; d++) {
            uint64_t max_msat = chan->capacity_sat * SAT - fgr_rng_below(rng, 5000);
            chan->half[d] = (struct fgr_maker_half){
                .htlc_min_msat = fgr_rng_below(rng, 3000),
                .htlc_max_msat = max_msat,
                .base_msat = (uint32_t)fgr_rng_below(rng, 2000),
                .ppm = (uint32_t)fgr_rng_below(rng, 5000),
                .cltv_delta = (uint16_t)fgr_rng_below(rng, 144),
                .is_known = fgr_rng_below(rng, 8) != 0,
                .is_disabled = fgr_rng_below(rng, 8) == 0,
            };
        }
    }
}

/* Channel i has scid (i + 1) << 40. */
static void open_net(struct net *net, uint64_t seed)
{
    struct fgr_maker_chan chans[CHANS];
    struct fgr_maker *maker;
    struct fgr_made all;
    struct fgr_error err;
    struct fgr_rng rng;
    fgr_rng_seed(&rng, seed, 0);
    cr_assert(fgr_maker_create(&maker, NODES + STRANGERS, &err));
    make_channels(chans, NODES + STRANGERS, &rng);
    cr_assert(fgr_maker_view(maker, &all, chans, CHANS, NODES + STRANGERS, &err), "%s", err.text);
    memcpy(net->stranger, all.view->node_id + (size_t)NODES * FGR_NODE_ID_BYTES,
           sizeof net->stranger);
    fgr_made_close(&all);
    make_channels(chans, NODES, &rng);
    cr_assert(fgr_maker_view(maker, &net->made, chans, CHANS, NODES, &err), "%s", err.text);
    net->view = net->made.view;
    fgr_maker_destroy(maker);
}

static struct fgr_overlay_builder *new_builder(const struct net *net)
{
    struct fgr_overlay_builder *builder;
    cr_assert_eq(fgr_overlay_builder_create(&builder, net->view, NULL), FGR_OK);
    return builder;
}

static struct fgr_overlay *freeze(const struct fgr_overlay_builder *builder)
{
    struct fgr_overlay *overlay;
    struct fgr_error err;
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, &err), FGR_OK, "%s", err.text);
    return overlay;
}

static uint64_t scid_of(uint32_t chan)
{
    return (uint64_t)(chan + 1) << 40;
}

/* ---- one statement after another ----------------------------------------------------------- */

Test(overlay, an_empty_one_changes_nothing)
{
    struct net net;
    open_net(&net, 1);
    struct fgr_overlay_builder *builder = new_builder(&net);
    struct fgr_overlay *overlay = freeze(builder);
    for (uint32_t node = 0; node < net.view->n_nodes; node++) {
        cr_assert(!fgr_overlay_touches_in(overlay, node));
        cr_assert(!fgr_overlay_touches_out(overlay, node));
        cr_assert_eq(fgr_overlay_in(overlay, node).n, 0);
        cr_assert_eq(fgr_overlay_out(NULL, node).n, 0);
        cr_assert(!fgr_overlay_bans(overlay, node));
    }
    for (uint32_t edge = 0; edge < 2 * net.view->n_chans; edge++) {
        bool usable = (net.view->half[edge].flags & FGR_HALF_USABLE) != 0;
        cr_assert(!fgr_overlay_masks(overlay, edge));
        cr_assert_eq(fgr_overlay_usable(net.view, overlay, edge), usable);
        cr_assert_eq(fgr_overlay_usable(net.view, NULL, edge), usable);
    }
    cr_assert_eq(fgr_overlay_n_edges(net.view, overlay), 2 * net.view->n_chans);
    cr_assert_eq(fgr_overlay_node_count(overlay), net.view->n_nodes);
    fgr_overlay_destroy(overlay);
    fgr_overlay_destroy(NULL);
    fgr_overlay_builder_destroy(builder);
    fgr_overlay_builder_destroy(NULL);
    fgr_made_close(&net.made);
}

Test(overlay, a_route_hint_leads_to_a_new_node)
{
    struct net net;
    fgr_node_idx payee, found;
    fgr_edge_idx edge, back;
    struct fgr_overlay_edge_info info;
    open_net(&net, 2);
    struct fgr_overlay_builder *builder = new_builder(&net);
    cr_assert_eq(fgr_overlay_find_node(builder, &payee, net.stranger[1], NULL), FGR_ERR_UNKNOWN);
    cr_assert_eq(fgr_overlay_node(builder, &payee, net.stranger[1], NULL), FGR_OK);
    cr_assert_eq(payee.v, NODES);
    cr_assert_eq(fgr_overlay_node(builder, &found, net.stranger[1], NULL), FGR_OK);
    cr_assert_eq(found.v, NODES);
    cr_assert_eq(fgr_overlay_find_node(builder, &found, net.stranger[1], NULL), FGR_OK);
    struct fgr_overlay_channel hint = {.scid = UINT64_C(16000000) << 40,
                                       .from = {3},
                                       .to = payee,
                                       .policy = {.htlc_max = {FGR_MSAT_NONE},
                                                  .base_msat = 7,
                                                  .ppm = 8,
                                                  .cltv_delta = 9,
                                                  .enabled = true}};
    cr_assert_eq(fgr_overlay_channel(builder, &edge, &hint, NULL), FGR_OK);
    hint.from = payee;
    hint.to.v = 3;
    hint.policy.enabled = false;
    cr_assert_eq(fgr_overlay_channel(builder, &back, &hint, NULL), FGR_OK);
    cr_assert_eq(edge.v ^ back.v, 1);
    struct fgr_overlay *overlay = freeze(builder);
    cr_assert_eq(fgr_overlay_edge(overlay, &info, edge), FGR_OK);
    cr_assert(info.usable && info.from.v == 3 && info.to.v == payee.v && !info.is_blinded);
    cr_assert(info.base_msat == 7 && info.ppm == 8 && info.cltv_delta == 9 && info.bias_msat == 0);
    cr_assert(info.origin.v == FGR_IDX_NONE && info.scid == hint.scid);
    cr_assert_eq(info.direction, edge.v & 1);
    /* What it can send is a promise: all of it. */
    cr_assert(info.min.v == FGR_MSAT_MAX && info.max.v == FGR_MSAT_MAX);
    cr_assert(info.htlc_max.v == FGR_MSAT_MAX && info.capacity.v == FGR_MSAT_MAX);
    cr_assert_eq(fgr_overlay_edge(overlay, &info, back), FGR_OK);
    cr_assert(!info.usable);
    struct fgr_overlay_list in = fgr_overlay_in(overlay, payee.v);
    struct fgr_overlay_list out = fgr_overlay_out(overlay, 3);
    cr_assert(in.n == 1 && in.edge != NULL && in.edge[0] == edge.v);
    cr_assert(out.n == 1 && out.edge != NULL && out.edge[0] == edge.v);
    cr_assert(!fgr_overlay_touches_out(overlay, payee.v) && !fgr_overlay_touches_in(overlay, 3));
    cr_assert_eq(fgr_overlay_find_id(overlay, &found, net.stranger[1]), FGR_OK);
    cr_assert_eq(found.v, payee.v);
    cr_assert_eq(memcmp(fgr_overlay_node_id(overlay, payee), net.stranger[1], 33), 0);
    cr_assert_null(fgr_overlay_node_id(overlay, (fgr_node_idx){NODES + 1}));
    cr_assert_eq(fgr_overlay_find_id(overlay, &found, net.stranger[0]), FGR_ERR_UNKNOWN);
    cr_assert_eq(fgr_overlay_find_id(overlay, &found, net.view->node_id), FGR_OK);
    cr_assert_eq(found.v, 0);
    cr_assert_eq(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){2 * CHANS + 2}), FGR_ERR_ARG);
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

Test(overlay, aliases_may_collide_with_other_channels)
{
    struct net net;
    fgr_edge_idx a, b;
    fgr_chan_idx chan;
    open_net(&net, 3);
    struct fgr_overlay_builder *builder = new_builder(&net);
    /* Ends that channel 0 does not have. */
    const uint32_t *own = net.view->chan[0].node;
    uint32_t other = 0;
    while (other == own[0] || other == own[1]) {
        other++;
    }
    struct fgr_overlay_channel alias = {.scid = scid_of(0),
                                        .from = {own[0]},
                                        .to = {other},
                                        .capacity = {50},
                                        .policy = {.htlc_max = {FGR_MSAT_NONE}, .enabled = true}};
    cr_assert_eq(fgr_overlay_find_channel(builder, &chan, scid_of(0), NULL), FGR_OK);
    cr_assert_eq(chan.v, 0);
    cr_assert_eq(fgr_overlay_channel(builder, &a, &alias, NULL), FGR_OK);
    cr_assert_eq(a.v / 2, CHANS);
    cr_assert_eq(fgr_overlay_find_channel(builder, &chan, scid_of(0), NULL), FGR_OK);
    cr_assert_eq(chan.v, CHANS);
    alias.from.v = own[1];
    cr_assert_eq(fgr_overlay_channel(builder, &b, &alias, NULL), FGR_OK);
    cr_assert_eq(b.v / 2, CHANS + 1);
    cr_assert_eq(fgr_overlay_find_channel(builder, &chan, scid_of(0), NULL), FGR_OK);
    cr_assert_eq(chan.v, CHANS + 1, "the one added last");
    /* With the ends of the view's channel it is that channel, and its policy is stated. */
    alias.to.v = own[0];
    alias.capacity.v = 0;
    alias.policy.ppm = 4242;
    cr_assert_eq(fgr_overlay_channel(builder, &b, &alias, NULL), FGR_OK);
    cr_assert_eq(b.v, 1);
    struct fgr_overlay *overlay = freeze(builder);
    cr_assert(fgr_overlay_masks(overlay, 1) && !fgr_overlay_masks(overlay, 0));
    struct fgr_overlay_list list = fgr_overlay_out(overlay, own[1]);
    cr_assert_eq(list.n, 2);
    struct fgr_overlay_edge edge = fgr_overlay_edge_at(net.view, overlay, list.edge[1]);
    cr_assert(edge.origin == 1 && edge.half.ppm == 4242 && edge.direction == 1);
    cr_assert_eq(edge.capacity_msat, net.view->chan[0].capacity_sat * SAT);
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

Test(overlay, blinded_paths_end_at_a_node_of_their_own)
{
    struct net net;
    fgr_node_idx payee;
    fgr_edge_idx edge;
    struct fgr_overlay_edge_info info;
    open_net(&net, 4);
    struct fgr_overlay_builder *builder = new_builder(&net);
    struct fgr_overlay_payinfo payinfo = {
        .htlc_min = {5}, .htlc_max = {70000}, .base_msat = 1000, .ppm = 200, .cltv_delta = 150};
    cr_assert_eq(fgr_overlay_node(builder, &payee, net.stranger[0], NULL), FGR_OK);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(
            fgr_overlay_blinded_path(builder, &edge, (fgr_node_idx){i}, payee, &payinfo, NULL),
            FGR_OK);
    }
    struct fgr_overlay *overlay = freeze(builder);
    cr_assert_eq(fgr_overlay_in(overlay, payee.v).n, 3);
    cr_assert_eq(fgr_overlay_edge(overlay, &info, edge), FGR_OK);
    cr_assert(info.usable && info.is_blinded && info.scid == 2 && info.from.v == 2);
    cr_assert(info.base_msat == 1000 && info.ppm == 200 && info.cltv_delta == 150);
    cr_assert(info.min.v == 70000 && info.max.v == 70000 && info.htlc_max.v == 70000);
    cr_assert_eq(info.htlc_min.v, 5);
    cr_assert_eq(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){edge.v ^ 1}), FGR_OK);
    cr_assert(!info.usable);
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

/* A half-channel out of node 0 that routes may use. */
static fgr_edge_idx usable_edge(const struct net *net)
{
    uint32_t node = 0;
    while (net->view->out.first[node] == net->view->out.first[node + 1]) {
        node++;
    }
    return (fgr_edge_idx){net->view->out.edge[net->view->out.first[node]]};
}

Test(overlay, the_later_word_on_a_balance_counts)
{
    struct net net;
    struct fgr_overlay_edge_info info;
    open_net(&net, 5);
    fgr_edge_idx edge = usable_edge(&net);
    fgr_node_idx from = {fgr_view_edge_from(net.view, edge.v)};
    uint64_t capacity_msat = fgr_view_chan_of(net.view, edge.v)->capacity_sat * SAT;
    struct fgr_overlay_builder *builder = new_builder(&net);
    struct fgr_overlay *overlay;
    const struct {
        uint64_t min_msat, max_msat;
    } want[] = {{40000, 40000},
                {3000, 60000},
                {capacity_msat, capacity_msat},
                {0, 0},
                {9000, capacity_msat}};
    for (unsigned i = 0; i < 5; i++) {
        switch (i) {
        case 0:
            cr_assert_eq(fgr_overlay_balance(builder, edge, (fgr_msat){40000}, NULL), FGR_OK);
            break;
        case 1:
            cr_assert_eq(
                fgr_overlay_knowledge(builder, edge, (fgr_msat){3000}, (fgr_msat){60000}, NULL),
                FGR_OK);
            break;
        case 2: /* above the capacity of all: full */
            cr_assert_eq(fgr_overlay_balance_of_node(builder, from, (fgr_msat){FGR_MSAT_MAX}, NULL),
                         FGR_OK);
            break;
        case 3:
            cr_assert_eq(fgr_overlay_balance_of_node(builder, from, (fgr_msat){0}, NULL), FGR_OK);
            break;
        default:
            cr_assert_eq(fgr_overlay_knowledge(builder, edge, (fgr_msat){9000},
                                               (fgr_msat){FGR_MSAT_NONE}, NULL),
                         FGR_OK);
            break;
        }
        overlay = freeze(builder);
        cr_assert(fgr_overlay_masks(overlay, edge.v));
        bool is_found = false;
        struct fgr_overlay_list list = fgr_overlay_out(overlay, from.v);
        for (uint32_t k = 0; k < list.n; k++) {
            cr_assert_eq(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){list.edge[k]}), FGR_OK);
            if (info.origin.v == edge.v) {
                is_found = true;
                cr_assert(info.min.v == want[i].min_msat && info.max.v == want[i].max_msat);
                cr_assert_leq(info.htlc_max.v, info.max.v);
            }
        }
        cr_assert_eq(is_found, want[i].max_msat > 0, "%u: an empty half-channel is not usable", i);
        fgr_overlay_destroy(overlay);
    }
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

/* ---- what is refused ----------------------------------------------------------------------- */

static void expect_refused(enum fgr_err rc, const struct fgr_error *err, const char *text)
{
    cr_assert_eq(rc, FGR_ERR_ARG, "not refused: %s", text);
    cr_assert_eq(err->code, FGR_ERR_ARG);
    cr_assert_not_null(strstr(err->text, text), "'%s' in '%s'", text, err->text);
}

Test(overlay, channels_that_cannot_be_are_refused)
{
    struct net net;
    struct fgr_error err;
    open_net(&net, 6);
    struct fgr_overlay_builder *builder = new_builder(&net);
    const struct fgr_overlay_channel good = {
        .scid = UINT64_C(900) << 40,
        .from = {1},
        .to = {2},
        .capacity = {5},
        .policy = {.htlc_max = {FGR_MSAT_NONE}, .enabled = true}};
    struct fgr_overlay_channel bad = good;
    bad.to.v = 1;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err,
                   "channel 900x0x0/1: it joins a node to itself");
    bad.to.v = NODES;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err,
                   "channel to node 10: view and overlay have 10 of them");
    bad = good;
    bad.capacity.v = FGR_SAT_MAX + 1;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err,
                   "2100000000000001 sat is above 21 million BTC");
    bad = good;
    bad.policy.htlc_max.v = 5001;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err,
                   "htlc_max 5001 msat is above the capacity, 5000 msat");
    bad.policy.htlc_max.v = 4;
    bad.policy.htlc_min.v = 5;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err,
                   "htlc_min 5 msat is above htlc_max, 4 msat");
    cr_assert_eq(fgr_overlay_channel(builder, NULL, &good, &err), FGR_OK);
    bad = good;
    bad.from.v = 2;
    bad.to.v = 1;
    bad.capacity.v = 6;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err,
                   "its capacity is 5 sat, not 6: leave it out");
    bad = good;
    bad.scid = 77;
    bad.capacity.v = 0;
    cr_assert_eq(fgr_overlay_channel(builder, NULL, &bad, &err), FGR_OK);
    bad.from.v = 2;
    bad.to.v = 1;
    bad.capacity.v = 9;
    expect_refused(fgr_overlay_channel(builder, NULL, &bad, &err), &err, "without a capacity");
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

Test(overlay, nodes_and_blinded_paths_that_cannot_be_are_refused)
{
    struct net net;
    struct fgr_error err;
    fgr_node_idx payee, peer;
    open_net(&net, 6);
    struct fgr_overlay_builder *builder = new_builder(&net);
    uint8_t id[FGR_NODE_ID_BYTES] = {2}; /* x = 0 is not on the curve */
    expect_refused(fgr_overlay_node(builder, &payee, id, &err), &err, "is not a point");
    cr_assert_eq(fgr_overlay_node(builder, &payee, net.stranger[0], &err), FGR_OK);
    cr_assert_eq(fgr_overlay_node(builder, &peer, net.stranger[1], &err), FGR_OK);
    struct fgr_overlay_payinfo payinfo = {.htlc_max = {9}};
    expect_refused(fgr_overlay_blinded_path(builder, NULL, payee, payee, &payinfo, &err), &err,
                   "to itself");
    expect_refused(
        fgr_overlay_blinded_path(builder, NULL, payee, (fgr_node_idx){1}, &payinfo, &err), &err,
        "blinded path 0x0x0/1: the recipient is a node with channels");
    cr_assert_eq(fgr_overlay_blinded_path(builder, NULL, peer, payee, &payinfo, &err), FGR_OK);
    expect_refused(fgr_overlay_blinded_path(builder, NULL, payee, peer, &payinfo, &err), &err,
                   "blinded path 0x0x1");
    struct fgr_overlay_channel hint = {
        .scid = 1, .from = {1}, .to = payee, .policy = {.htlc_max = {FGR_MSAT_NONE}}};
    expect_refused(fgr_overlay_channel(builder, NULL, &hint, &err), &err,
                   "blinded paths lead to its to");
    cr_assert_eq(fgr_overlay_node(builder, &peer, net.stranger[2], &err), FGR_OK);
    hint.to = peer;
    cr_assert_eq(fgr_overlay_channel(builder, NULL, &hint, &err), FGR_OK);
    expect_refused(fgr_overlay_blinded_path(builder, NULL, (fgr_node_idx){1}, peer, &payinfo, &err),
                   &err, "the recipient is a node with channels");
    payinfo.htlc_min.v = 10;
    expect_refused(
        fgr_overlay_blinded_path(builder, NULL, (fgr_node_idx){0}, payee, &payinfo, &err), &err,
        "htlc_min 10 msat is above htlc_max, 9 msat");
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

Test(overlay, changes_that_cannot_be_are_refused)
{
    struct net net;
    struct fgr_error err;
    fgr_chan_idx chan;
    open_net(&net, 7);
    fgr_edge_idx edge = usable_edge(&net);
    fgr_edge_idx beyond = {2 * CHANS};
    uint64_t capacity_msat = fgr_view_chan_of(net.view, edge.v)->capacity_sat * SAT;
    struct fgr_overlay_builder *builder = new_builder(&net);
    struct fgr_overlay_policy policy = {.htlc_min = {capacity_msat}, .htlc_max = {7}};
    cr_assert_eq(fgr_overlay_find_channel(builder, &chan, 12345, &err), FGR_ERR_UNKNOWN);
    cr_assert_not_null(strstr(err.text, "no channel 0x0x12345"), "%s", err.text);
    expect_refused(fgr_overlay_policy(builder, edge, 0, &policy, &err), &err, "0 is no set");
    expect_refused(fgr_overlay_policy(builder, edge, 64, &policy, &err), &err, "64 is no set");
    expect_refused(fgr_overlay_policy(builder, beyond, 1, &policy, &err), &err,
                   "policy of half-channel 48: view and overlay have 48 of them");
    expect_refused(fgr_overlay_policy(builder, edge, FGR_OVERLAY_HTLC_MIN | FGR_OVERLAY_HTLC_MAX,
                                      &policy, &err),
                   &err, "is above htlc_max, 7 msat");
    policy.htlc_max.v = capacity_msat + 1;
    expect_refused(fgr_overlay_policy(builder, edge, FGR_OVERLAY_HTLC_MAX, &policy, &err), &err,
                   "is above the capacity");
    expect_refused(fgr_overlay_balance(builder, edge, (fgr_msat){capacity_msat + 1}, &err), &err,
                   "is above the capacity");
    expect_refused(fgr_overlay_balance(builder, beyond, (fgr_msat){1}, &err), &err,
                   "balance of half-channel 48");
    expect_refused(
        fgr_overlay_balance_of_node(builder, (fgr_node_idx){0}, (fgr_msat){FGR_MSAT_MAX + 1}, &err),
        &err, "is above 21 million BTC");
    expect_refused(fgr_overlay_balance_of_node(builder, (fgr_node_idx){NODES}, (fgr_msat){1}, &err),
                   &err, "balance of node 10");
    expect_refused(fgr_overlay_knowledge(builder, edge, (fgr_msat){2}, (fgr_msat){1}, &err), &err,
                   "min 2 msat is above max, 1 msat");
    expect_refused(
        fgr_overlay_knowledge(builder, edge, (fgr_msat){2}, (fgr_msat){capacity_msat + 1}, &err),
        &err, "is above the capacity");
    expect_refused(fgr_overlay_bias(builder, edge, FGR_BIAS_MSAT_MAX + 1, &err), &err,
                   "1000000000000001 msat is stronger than");
    expect_refused(fgr_overlay_bias_of_node(builder, (fgr_node_idx){1}, INT64_MIN, &err), &err,
                   "-9223372036854775808 msat is stronger than");
    expect_refused(fgr_overlay_ban_edge(builder, beyond, &err), &err, "ban of half-channel 48");
    expect_refused(fgr_overlay_ban_node(builder, (fgr_node_idx){NODES}, &err), &err, "ban of node");
    expect_refused(fgr_overlay_ban_channel(builder, (fgr_chan_idx){CHANS}, &err), &err,
                   "ban of channel 24: view and overlay have 24 of them");
    expect_refused(fgr_overlay_ban_pair(builder, (fgr_node_idx){1}, (fgr_node_idx){1}, &err), &err,
                   "it makes no pair with itself");
    /* Nothing of all that was kept. */
    struct fgr_overlay *overlay = freeze(builder);
    for (uint32_t i = 0; i < 2 * CHANS; i++) {
        cr_assert(!fgr_overlay_masks(overlay, i));
    }
    cr_assert_eq(overlay->n_edges, 0);
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

Test(overlay, a_half_channel_without_policy_gets_a_whole_one)
{
    struct net net;
    struct fgr_error err;
    open_net(&net, 8);
    fgr_edge_idx edge = {0};
    while ((net.view->half[edge.v].flags & FGR_HALF_KNOWN) != 0) {
        edge.v++;
    }
    struct fgr_overlay_builder *builder = new_builder(&net);
    const struct fgr_overlay_policy policy = {.base_msat = 1, .ppm = 2, .cltv_delta = 3};
    const unsigned fees = FGR_OVERLAY_BASE | FGR_OVERLAY_PPM | FGR_OVERLAY_CLTV;
    expect_refused(fgr_overlay_policy(builder, edge, FGR_OVERLAY_ENABLED, &policy, &err), &err,
                   "it has none yet");
    cr_assert_eq(fgr_overlay_policy(builder, edge, fees, &policy, &err), FGR_OK);
    struct fgr_overlay *overlay = freeze(builder);
    struct fgr_overlay_list list = fgr_overlay_in(overlay, fgr_view_edge_to(net.view, edge.v));
    cr_assert_eq(list.n, 1);
    struct fgr_overlay_edge got = fgr_overlay_edge_at(net.view, overlay, list.edge[0]);
    cr_assert(got.half.base_msat == 1 && got.half.ppm == 2 && got.half.cltv_delta == 3);
    cr_assert(got.half.htlc_min_msat == 0 && got.half.htlc_max_msat == got.capacity_msat);
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    fgr_made_close(&net.made);
}

/* ---- BOLT 4 aggregate ---------------------------------------------------------------------- */

/* What each hop forwards of what it gets: BOLT 4, ceil((amount - base) * 1e6 / (1e6 + ppm)). */
static uint64_t relay(uint64_t amount_msat, const struct fgr_overlay_relay *hop)
{
    uint64_t left = amount_msat - hop->base_msat;
    uint64_t unit = 1000000 + (uint64_t)hop->ppm;
    return fgr_muldiv_floor(left, 1000000, unit) + ((fgr_u128)left * 1000000 % unit != 0);
}

Test(overlay, the_aggregate_pays_every_hop)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 1);
    for (unsigned i = 0; i < 100000; i++) {
        struct fgr_overlay_relay hops[6];
        struct fgr_overlay_payinfo payinfo;
        size_t n_hops = fgr_rng_below(&rng, 7);
        uint32_t cltv = 18;
        for (size_t k = 0; k < n_hops; k++) {
            hops[k] = (struct fgr_overlay_relay){
                .htlc_min = {fgr_rng_below(&rng, 1000)},
                .htlc_max = {1000 + fgr_rng_below(&rng, UINT64_C(1) << 40)},
                .base_msat = (uint32_t)fgr_rng_below(&rng, 5000),
                .ppm = (uint32_t)fgr_rng_below(&rng, 20000),
                .cltv_delta = (uint16_t)fgr_rng_below(&rng, 200)};
            cltv += hops[k].cltv_delta;
        }
        cr_assert_eq(fgr_overlay_aggregate(&payinfo, hops, n_hops, 18, NULL), FGR_OK);
        cr_assert_eq(payinfo.cltv_delta, cltv);
        uint64_t amount_msat = 1 + fgr_rng_below(&rng, UINT64_C(1) << (1 + i % 45));
        uint64_t fee_msat = fgr_fee_msat(amount_msat, payinfo.base_msat, payinfo.ppm);
        uint64_t at_msat = amount_msat + fee_msat;
        uint64_t least_msat = amount_msat; /* with exact fees at every hop */
        for (size_t k = 0; k < n_hops; k++) {
            at_msat = relay(at_msat, &hops[k]);
            const struct fgr_overlay_relay *hop = &hops[n_hops - 1 - k];
            least_msat += fgr_fee_msat(least_msat, hop->base_msat, hop->ppm);
            cr_assert(payinfo.htlc_min.v >= hop->htlc_min.v &&
                      payinfo.htlc_max.v <= hop->htlc_max.v);
        }
        cr_assert_geq(at_msat, amount_msat);
        /* Rounded up, but not by more than the hops' roundings: 1 msat and 1 ppm each. */
        cr_assert_geq(amount_msat + fee_msat + n_hops, least_msat);
        cr_assert_leq(amount_msat + fee_msat,
                      least_msat + 2 * n_hops + n_hops * (least_msat / 1000000 + 1));
    }
}

Test(overlay, the_aggregate_is_that_of_bolt_4)
{
    /* By hand, from the recipient on: base 500, ppm 150; then base 501 + ..., as in the formula. */
    const struct fgr_overlay_relay hops[] = {
        {.htlc_min = {1}, .htlc_max = {900}, .base_msat = 1000, .ppm = 0, .cltv_delta = 40},
        {.htlc_min = {7}, .htlc_max = {800}, .base_msat = 0, .ppm = 500, .cltv_delta = 10},
        {.htlc_min = {3}, .htlc_max = {850}, .base_msat = 500, .ppm = 150, .cltv_delta = 1}};
    struct fgr_overlay_payinfo payinfo;
    cr_assert_eq(fgr_overlay_aggregate(&payinfo, hops, 3, 9, NULL), FGR_OK);
    /* base: 500; ceil(500 * 1.0005) = 501; 1501.  ppm: 150; ceil(650 + 0.075) = 651; 651 */
    cr_assert(payinfo.base_msat == 1501 && payinfo.ppm == 651 && payinfo.cltv_delta == 60);
    cr_assert(payinfo.htlc_min.v == 7 && payinfo.htlc_max.v == 800);
}

Test(overlay, totals_that_do_not_fit_are_refused)
{
    struct fgr_error err;
    struct fgr_overlay_payinfo payinfo;
    struct fgr_overlay_relay hops[2] = {{.htlc_max = {9}}, {.htlc_max = {9}}};
    hops[0].base_msat = UINT32_MAX;
    hops[1].base_msat = 1;
    expect_refused(fgr_overlay_aggregate(&payinfo, hops, 2, 0, &err), &err,
                   "from hop 0 on the base fee does not fit");
    hops[0].base_msat = 0;
    hops[1].ppm = UINT32_MAX;
    hops[0].ppm = 1;
    expect_refused(fgr_overlay_aggregate(&payinfo, hops, 2, 0, &err), &err,
                   "from hop 0 on the proportional fee does not fit");
    hops[0].ppm = 0;
    hops[1].cltv_delta = UINT16_MAX;
    expect_refused(fgr_overlay_aggregate(&payinfo, hops, 2, 1, &err), &err,
                   "from hop 1 on the cltv delta does not fit");
    hops[1].htlc_min.v = 10;
    expect_refused(fgr_overlay_aggregate(&payinfo, hops, 2, 0, &err), &err,
                   "from hop 1 on htlc_min 10 msat is above htlc_max, 9 msat");
}
