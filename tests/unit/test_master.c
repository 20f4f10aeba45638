/* SPDX-License-Identifier: MIT */
/* Errors, numbers that stay, and many of everything; equality with the builder is in
 * tests/property/test_master.c. */
#include "graph/master.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/live.h"
#include "graph/util/hex.h"
#include "graph/util/rng.h"

enum { MANY = 9000 };

static struct fgr_error err;

/* Not a point on the curve, most of the time: that is for verify. */
static void make_id(uint8_t out_id[FGR_NODE_ID_BYTES], uint64_t number)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, number, 99);
    out_id[0] = 2;
    for (int i = 1; i < FGR_NODE_ID_BYTES; i++) {
        out_id[i] = (uint8_t)fgr_rng_next(&rng);
    }
}

static struct fgr_change channel(uint64_t scid, uint64_t a, uint64_t b)
{
    struct fgr_change change = {.kind = FGR_CHANGE_CHANNEL,
                                .u = {.channel = {.scid = scid, .capacity_sat = 1000}}};
    make_id(change.u.channel.node_id[0], a);
    make_id(change.u.channel.node_id[1], b);
    return change;
}

static struct fgr_change policy(uint64_t scid, unsigned direction, uint32_t ppm)
{
    return (struct fgr_change){.kind = FGR_CHANGE_POLICY,
                               .u = {.policy = {.scid = scid,
                                                .direction = direction,
                                                .htlc_max_msat = 1000,
                                                .ppm = ppm,
                                                .timestamp = 1}}};
}

static struct fgr_change close_of(uint64_t scid)
{
    return (struct fgr_change){.kind = FGR_CHANGE_CLOSE, .u = {.scid = scid}};
}

static struct fgr_master *make(void)
{
    struct fgr_master *master;
    cr_assert_eq(fgr_master_create(&master, NULL, NULL, &err), FGR_OK, "%s", err.text);
    return master;
}

static void apply(struct fgr_master *master, struct fgr_change change)
{
    cr_assert_eq(fgr_master_apply(master, &change, &err), FGR_OK, "%s", err.text);
}

static const struct fgr_view *seal(struct fgr_master *master)
{
    const struct fgr_view *view;
    cr_assert_eq(fgr_master_seal(master, &view, &err), FGR_OK, "%s", err.text);
    fgr_master_sweep(master, NULL, 0);
    return view;
}

static void refuse(struct fgr_master *master, struct fgr_change change, enum fgr_err code,
                   const char *text)
{
    cr_assert_eq(fgr_master_apply(master, &change, &err), code);
    cr_assert_eq(err.code, code);
    cr_assert_not_null(strstr(err.text, text), "'%s' is not in '%s'", text, err.text);
}

Test(master, says_what_contradicts)
{
    struct fgr_master *master = make();
    const uint64_t scid = (uint64_t)5 << 40 | 6 << 16 | 7;
    struct fgr_change change = channel(scid, 1, 1);
    refuse(master, change, FGR_ERR_FORMAT, "channel 5x6x7 joins node 02");
    change = channel(scid, 1, 2);
    change.u.channel.node_id[1][0] = 4;
    refuse(master, change, FGR_ERR_FORMAT, "starts with neither 02 nor 03");
    change = channel(scid, 1, 2);
    change.u.channel.capacity_sat = 0;
    refuse(master, change, FGR_ERR_FORMAT, "capacity of 0 sat");
    change.u.channel.capacity_sat = FGR_SAT_MAX + 1;
    refuse(master, change, FGR_ERR_FORMAT, "21 million");
    refuse(master, policy(scid, 0, 1), FGR_ERR_UNKNOWN, "there is no channel 5x6x7");
    refuse(master, close_of(scid), FGR_ERR_UNKNOWN, "there is no channel 5x6x7");
    change = (struct fgr_change){.kind = FGR_CHANGE_DYING, .u = {.scid = scid}};
    refuse(master, change, FGR_ERR_UNKNOWN, "there is no channel 5x6x7");
    cr_assert_eq(seal(master)->n_chans, 0);
    apply(master, channel(scid, 1, 2));
    refuse(master, channel(scid, 1, 2), FGR_ERR_FORMAT, "channel 5x6x7 is known already");
    refuse(master, policy(scid, 2, 1), FGR_ERR_FORMAT, "no direction 2");
    change = (struct fgr_change){.kind = FGR_CHANGE_NODE};
    make_id(change.u.node.id, 3);
    refuse(master, change, FGR_ERR_UNKNOWN, "has no channel");
    const uint8_t alias[FGR_ALIAS_BYTES_MAX + 1] = {[FGR_ALIAS_BYTES_MAX] = 'x'};
    make_id(change.u.node.id, 1);
    change.u.node.alias = (struct fgr_bytes){alias, sizeof alias};
    refuse(master, change, FGR_ERR_FORMAT, "alias of 33 bytes");
    change.kind = (enum fgr_change_kind)99;
    refuse(master, change, FGR_ERR_ARG, "kind 99");
    struct fgr_master *other;
    cr_assert_eq(fgr_master_create(&other, seal(master), NULL, &err), FGR_ERR_ARG);
    fgr_master_destroy(master);
    fgr_master_destroy(NULL);
}

/* What is known of a half-channel is known by its number: it must never be another's. */
Test(master, numbers_keep_their_meaning)
{
    struct fgr_master *master = make();
    fgr_chan_idx first, again;
    fgr_node_idx node;
    struct fgr_channel_info info;
    uint8_t id[FGR_NODE_ID_BYTES];
    apply(master, channel(10, 1, 2));
    apply(master, channel(9, 3, 2));
    apply(master, policy(10, 0, 5));
    const struct fgr_view *view = seal(master);
    cr_assert_eq(fgr_view_find_channel(view, &first, 10), FGR_OK);
    cr_assert_eq(first.v, 0);
    apply(master, close_of(10));
    view = seal(master);
    cr_assert_eq(view->n_chans, 2);
    cr_assert_eq(fgr_view_enabled_count(view), 0);
    cr_assert_eq(fgr_view_find_channel(view, &again, 10), FGR_ERR_UNKNOWN);
    cr_assert_eq(fgr_view_channel(view, &info, first), FGR_OK);
    cr_assert(info.closed);
    cr_assert_eq(info.scid, 10);
    make_id(id, 1);
    cr_assert_eq(fgr_view_find_id(view, &node, id), FGR_ERR_UNKNOWN);
    apply(master, channel(10, 1, 3));
    view = seal(master);
    cr_assert_eq(fgr_view_find_channel(view, &again, 10), FGR_OK);
    cr_assert_eq(again.v, 2);
    cr_assert_eq(fgr_view_find_id(view, &node, id), FGR_OK);
    cr_assert_eq(memcmp(view->node_id + (size_t)node.v * FGR_NODE_ID_BYTES, id, sizeof id), 0);
    cr_assert_eq(view->n_nodes, 3);
    fgr_master_destroy(master);
}

/* ---- many ---------------------------------------------------------------------------------- */

/* Odd, so that the numbers 0 .. MANY - 1 give as many scids, in no order. */
static uint64_t scid_of(uint64_t i)
{
    return i * UINT64_C(0x9e3779b97f4a7c15);
}

static void announce(struct fgr_master *master, uint64_t i)
{
    char alias[FGR_ALIAS_BYTES_MAX + 1];
    int len = snprintf(alias, sizeof alias, "node %" PRIu64, i / 2); /* each of two nodes */
    struct fgr_change change = {.kind = FGR_CHANGE_NODE,
                                .u = {.node = {.alias = {(const uint8_t *)alias, (uint32_t)len}}}};
    make_id(change.u.node.id, i);
    apply(master, change);
}

static void check_names(const struct fgr_view *view, uint64_t i)
{
    uint8_t id[FGR_NODE_ID_BYTES];
    char text[2 * FGR_NODE_ID_BYTES + 1];
    fgr_node_idx node;
    fgr_chan_idx chan;
    make_id(id, i);
    cr_assert_eq(fgr_view_find_id(view, &node, id), FGR_OK);
    const uint8_t *found = view->node_id + (size_t)node.v * FGR_NODE_ID_BYTES;
    cr_assert_eq(memcmp(found, id, sizeof id), 0);
    fgr_hex_encode(text, id, sizeof text - 1);
    text[15] = '\0';
    cr_assert_eq(fgr_view_find_node(view, &node, text, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(view->node_id + (size_t)node.v * FGR_NODE_ID_BYTES, found);
    snprintf(text, sizeof text, "node %" PRIu64, i / 2);
    cr_assert_eq(fgr_view_find_node(view, &node, text, &err), FGR_ERR_AMBIGUOUS);
    cr_assert_not_null(strstr(err.text, "fits 2 nodes"), "%s", err.text);
    if (i > 0) {
        enum fgr_err code = i % 10 == 0 ? FGR_ERR_UNKNOWN : FGR_OK;
        cr_assert_eq(fgr_view_find_channel(view, &chan, scid_of(i)), code);
        cr_assert(code != FGR_OK || chan.v == i - 1);
    }
}

/* A hub with a channel to each other node: orders are sorted in again and again, a list outgrows its
 * block and shrinks, and everything is found. */
Test(master, finds_everything_among_many, .timeout = 120)
{
    struct fgr_master *master = make();
    for (uint64_t i = 1; i < MANY; i++) {
        apply(master, channel(scid_of(i), 0, i));
        apply(master, policy(scid_of(i), 0, (uint32_t)(i * 7919 % MANY)));
        apply(master, policy(scid_of(i), 1, (uint32_t)(i * 7919 % MANY)));
        if (i == 1) {
            announce(master, 0);
        }
        announce(master, i);
        if (i % 700 == 0) {
            seal(master);
        }
    }
    apply(master, channel(1, 0, 5)); /* so that the two ends stay when others are closed */
    for (uint64_t i = 10; i < MANY; i += 10) {
        apply(master, channel(2 * i, 0, i));
        apply(master, close_of(scid_of(i)));
    }
    const struct fgr_view *view = seal(master);
    cr_assert_gt(view->live->by_id.n_sorted, MANY / 2);
    cr_assert_gt(view->live->by_alias.n_sorted, MANY / 2);
    cr_assert_gt(view->live->by_scid.n_sorted, MANY / 2);
    for (uint64_t i = 0; i < MANY; i++) {
        check_names(view, i);
    }
    fgr_node_idx hub;
    uint8_t id[FGR_NODE_ID_BYTES];
    make_id(id, 0);
    cr_assert_eq(fgr_view_find_id(view, &hub, id), FGR_OK);
    struct fgr_span span = fgr_adjacency_span(&view->in, hub.v);
    cr_assert_eq(span.end - span.first, MANY - 1 - (MANY - 1) / 10);
    for (uint32_t i = span.first + 1; i < span.end; i++) {
        cr_assert_lt(fgr_adjacency_rank(&view->in, i - 1), fgr_adjacency_rank(&view->in, i));
    }
    cr_assert_eq(fgr_master_held_bytes(master), 0);
    fgr_master_destroy(master);
}
