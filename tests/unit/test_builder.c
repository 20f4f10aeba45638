/* SPDX-License-Identifier: MIT */
#include "graph/builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/image.h"
#include "graph/util/rng.h"
#include "graph/curve.h"
#include "tests/support/settings.h"
#include "tests/support/small_net.h"

/* ---- order --------------------------------------------------------------------------------- */

Test(builder, order_of_the_records_does_not_matter)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    for (uint64_t seed = 0; seed < 20 * fgr_settings_scale(); seed++) {
        struct fgr_small_net net;
        struct fgr_import_report report, shuffled_report;
        struct fgr_error err;
        uint32_t order[FGR_SMALL_RECORDS];
        void *bytes, *shuffled;
        size_t n_bytes, n_shuffled;
        fgr_small_net_make(&net, seed);
        cr_assert_eq(fgr_small_net_build(&net, &bytes, &n_bytes, &report, NULL, &err), FGR_OK, "%s",
                     err.text);
        for (uint32_t i = 0; i < FGR_SMALL_RECORDS; i++) {
            order[i] = i;
        }
        for (int round = 0; round < 20; round++) {
            fgr_rng_shuffle(&rng, order, FGR_SMALL_RECORDS);
            cr_assert_eq(
                fgr_small_net_build(&net, &shuffled, &n_shuffled, &shuffled_report, order, &err),
                FGR_OK, "%s", err.text);
            cr_assert_eq(n_bytes, n_shuffled);
            cr_assert_arr_eq(bytes, shuffled, n_bytes, "seed %lu", (unsigned long)seed);
            cr_assert_arr_eq(&report, &shuffled_report, sizeof report);
            fgr_image_free(shuffled, n_shuffled);
        }
        fgr_image_free(bytes, n_bytes);
    }
}

/* ---- a world of three nodes ---------------------------------------------------------------- */

enum { A, B, C, NODES };

struct world {
    struct fgr_builder *builder;
    struct fgr_import_report report;
    struct fgr_error err;
    uint64_t record;
    uint8_t id[NODES][FGR_NODE_ID_BYTES]; /* ascending */
    struct fgr_view view;
    void *bytes;
    size_t n_bytes;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, FGR_NODE_ID_BYTES);
}

static void begin(struct world *world)
{
    memset(world, 0, sizeof *world);
    for (uint8_t i = 0; i < NODES; i++) {
        uint8_t secret[32] = {0};
        secret[31] = (uint8_t)(i + 1);
        cr_assert(fgr_curve_derive(world->id[i], secret));
    }
    qsort(world->id, NODES, FGR_NODE_ID_BYTES, compare_ids);
    cr_assert_eq(fgr_builder_create(&world->builder, &world->report, &world->err), FGR_OK);
}

static void finish(struct world *world)
{
    enum fgr_err rc =
        fgr_builder_finish(world->builder, &world->bytes, &world->n_bytes, 0, &world->err);
    cr_assert_eq(rc, FGR_OK, "%s", world->err.text);
    rc = fgr_image_load(&world->view, world->bytes, world->n_bytes, &world->err);
    cr_assert_eq(rc, FGR_OK, "%s", world->err.text);
}

static void end(struct world *world)
{
    fgr_builder_destroy(world->builder);
    if (world->bytes != NULL) {
        fgr_image_free(world->bytes, world->n_bytes);
    }
}

static struct fgr_place next_place(struct world *world)
{
    uint64_t record = world->record++;
    return (struct fgr_place){.record = record, .offset = 1000 + record};
}

static struct fgr_bytes text_bytes(const char *text)
{
    return (struct fgr_bytes){.data = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

static enum fgr_err try_node(struct world *world, const uint8_t *id, struct fgr_bytes alias,
                             uint32_t timestamp)
{
    struct fgr_node_record node = {.timestamp = timestamp, .alias = alias};
    memcpy(node.id, id, sizeof node.id);
    return fgr_builder_node(world->builder, &node, next_place(world), &world->err);
}

static void add_node(struct world *world, int node, const char *alias, uint32_t timestamp)
{
    cr_assert_eq(try_node(world, world->id[node], text_bytes(alias), timestamp), FGR_OK, "%s",
                 world->err.text);
}

static enum fgr_err try_chan(struct world *world, uint64_t scid, const uint8_t *a, const uint8_t *b,
                             uint64_t capacity_sat)
{
    struct fgr_channel_record chan = {.scid = scid, .capacity_sat = capacity_sat};
    memcpy(chan.node_id[0], a, FGR_NODE_ID_BYTES);
    memcpy(chan.node_id[1], b, FGR_NODE_ID_BYTES);
    return fgr_builder_channel(world->builder, &chan, next_place(world), &world->err);
}

static void add_chan(struct world *world, uint64_t scid, int a, int b, uint64_t capacity_sat)
{
    cr_assert_eq(try_chan(world, scid, world->id[a], world->id[b], capacity_sat), FGR_OK, "%s",
                 world->err.text);
}

static void add_policy(struct world *world, struct fgr_policy_record policy)
{
    cr_assert_eq(fgr_builder_policy(world->builder, &policy, next_place(world), &world->err),
                 FGR_OK, "%s", world->err.text);
}

/* ---- what wins ----------------------------------------------------------------------------- */

Test(builder, newest_policy_wins_and_the_later_record_of_a_tie)
{
    struct world world;
    begin(&world);
    add_chan(&world, 7, B, A, 1000);
    add_policy(&world, (struct fgr_policy_record){
                           .scid = 7, .htlc_max_msat = 1, .timestamp = 10, .ppm = 1});
    add_policy(&world, (struct fgr_policy_record){
                           .scid = 7, .htlc_max_msat = 1, .timestamp = 20, .ppm = 2});
    add_policy(&world, (struct fgr_policy_record){
                           .scid = 7, .htlc_max_msat = 1, .timestamp = 20, .ppm = 3});
    add_policy(&world, (struct fgr_policy_record){
                           .scid = 7, .htlc_max_msat = 1, .timestamp = 20, .ppm = 3});
    add_policy(&world, (struct fgr_policy_record){
                           .scid = 7, .htlc_max_msat = 1, .timestamp = 19, .ppm = 4});
    finish(&world);
    cr_assert_eq(world.view.half[0].ppm, 3);
    cr_assert_eq(world.view.half[0].timestamp, 20);
    cr_assert_eq(world.report.replaced, 2);
    cr_assert_eq(world.report.duplicates, 2);
    end(&world);
}

/* Each field alone makes another policy. */
Test(builder, only_an_identical_policy_is_a_duplicate)
{
    static const struct fgr_policy_record variants[] = {{.scid = 7},
                                                        {.scid = 7, .htlc_min_msat = 1},
                                                        {.scid = 7, .htlc_max_msat = 1},
                                                        {.scid = 7, .base_msat = 1},
                                                        {.scid = 7, .ppm = 1},
                                                        {.scid = 7, .inbound_base_msat = 1},
                                                        {.scid = 7, .inbound_ppm = 1},
                                                        {.scid = 7, .cltv_delta = 1},
                                                        {.scid = 7, .disabled = true},
                                                        {.scid = 7, .max_is_capacity = true}};
    size_t n = sizeof variants / sizeof *variants;
    struct world world;
    begin(&world);
    for (size_t i = 0; i < n; i++) {
        add_policy(&world, variants[i]);
        add_policy(&world, variants[i]);
    }
    cr_assert_eq(world.report.duplicates, n);
    cr_assert_eq(world.report.replaced, n - 1);
    end(&world);
}

Test(builder, newest_node_announcement_wins)
{
    struct world world;
    struct fgr_node_info info;
    begin(&world);
    add_chan(&world, 7, A, B, 1000);
    add_node(&world, A, "one", 5);
    add_node(&world, A, "two", 6);
    add_node(&world, A, "three", 6);
    add_node(&world, A, "three", 6);
    add_node(&world, A, "old", 5);
    finish(&world);
    cr_assert_eq(fgr_view_node(&world.view, &info, (fgr_node_idx){A}), FGR_OK);
    cr_assert_eq(info.timestamp, 6);
    cr_assert_eq(info.alias_len, 5);
    cr_assert_arr_eq(info.alias, "three", 5);
    cr_assert_eq(world.report.replaced, 2);
    cr_assert_eq(world.report.duplicates, 2);
    end(&world);
}

Test(builder, channel_records_are_merged)
{
    struct world world;
    begin(&world);
    add_chan(&world, 7, A, B, 1000);
    add_chan(&world, 7, B, A, 1000);
    add_chan(&world, 7, B, A, 2000);
    fgr_builder_dying_channel(world.builder, 7);
    fgr_builder_dying_channel(world.builder, 8);
    add_chan(&world, 7, B, A, 2000);
    finish(&world);
    cr_assert_eq(world.view.n_chans, 1);
    cr_assert_eq(world.view.chan[0].capacity_sat, 2000);
    cr_assert_eq(world.view.chan[0].flags, FGR_CHAN_DYING);
    cr_assert_eq(world.report.duplicates, 2);
    cr_assert_eq(world.report.replaced, 1);
    cr_assert_eq(world.report.dying, 1);
    end(&world);
}

Test(builder, policies_wait_for_their_channel_and_know_its_ends)
{
    struct world world;
    begin(&world);
    add_policy(&world, (struct fgr_policy_record){.scid = 7, .direction = 1, .ppm = 11});
    add_policy(&world, (struct fgr_policy_record){.scid = 7, .direction = 0, .ppm = 10});
    add_policy(&world, (struct fgr_policy_record){.scid = 9, .direction = 0, .ppm = 12});
    add_chan(&world, 7, C, A, 1000);
    finish(&world);
    cr_assert_eq(world.view.n_nodes, 2, "B has no channel");
    cr_assert_arr_eq(world.view.node_id, world.id[A], FGR_NODE_ID_BYTES);
    cr_assert_arr_eq(world.view.node_id + FGR_NODE_ID_BYTES, world.id[C], FGR_NODE_ID_BYTES);
    cr_assert_eq(world.view.half[0].ppm, 10);
    cr_assert_eq(world.view.half[1].ppm, 11);
    cr_assert_eq(fgr_view_edge_from(&world.view, 0), 0);
    cr_assert_eq(fgr_view_edge_to(&world.view, 0), 1);
    cr_assert_eq(world.report.orphan_policies, 1);
    end(&world);
}

Test(builder, deleted_channels_take_their_policies_along)
{
    struct world world;
    begin(&world);
    add_chan(&world, 7, A, B, 1000);
    add_chan(&world, 8, A, B, 1000);
    add_policy(&world, (struct fgr_policy_record){.scid = 7, .ppm = 1});
    fgr_builder_dying_channel(world.builder, 7);
    fgr_builder_delete_channel(world.builder, 7);
    fgr_builder_delete_channel(world.builder, 7);
    fgr_builder_delete_channel(world.builder, 99);
    cr_assert_eq(world.report.deleted, 1);
    add_policy(&world, (struct fgr_policy_record){.scid = 7, .direction = 1, .ppm = 2});
    add_chan(&world, 7, B, C, 500); /* the outpoint is new, so are its ends */
    finish(&world);
    cr_assert_eq(world.view.n_chans, 2);
    cr_assert_eq(world.view.chan[0].capacity_sat, 500);
    cr_assert_eq(world.view.chan[0].node[1], C);
    cr_assert_eq(world.view.chan[0].flags, 0);
    cr_assert_eq(world.view.half[0].flags, 0, "the policy went with the channel");
    cr_assert_eq(world.view.half[1].ppm, 2);
    end(&world);
}

/* ---- the report ---------------------------------------------------------------------------- */

Test(builder, report_counts_policies)
{
    struct world world;
    begin(&world);
    for (uint64_t scid = 1; scid <= 6; scid++) {
        add_chan(&world, scid, A, scid < 5 ? B : C, 1);
    }
    add_policy(&world, (struct fgr_policy_record){.scid = 1, .htlc_max_msat = 1000});
    add_policy(&world, (struct fgr_policy_record){.scid = 2, .htlc_max_msat = 1001});
    add_policy(&world,
               (struct fgr_policy_record){.scid = 3, .htlc_min_msat = 2, .htlc_max_msat = 1});
    add_policy(&world, (struct fgr_policy_record){.scid = 4, .disabled = true, .inbound_ppm = -1});
    add_policy(&world, (struct fgr_policy_record){.scid = 5,
                                                  .htlc_min_msat = 9000,
                                                  .htlc_max_msat = 8000,
                                                  .inbound_base_msat = 1});
    add_policy(&world, (struct fgr_policy_record){.scid = 6, .max_is_capacity = true});
    finish(&world);
    cr_assert_eq(world.report.nodes, 3);
    cr_assert_eq(world.report.channels, 6);
    cr_assert_eq(world.report.policies, 6);
    cr_assert_eq(world.report.enabled, 2);
    cr_assert_eq(world.report.disabled, 1);
    cr_assert_eq(world.report.missing, 6);
    cr_assert_eq(world.report.min_above_max, 2);
    cr_assert_eq(world.report.max_above_capacity, 2);
    cr_assert_eq(world.report.inbound_fees, 2);
    cr_assert_eq(world.report.parallel_channels, 4, "three of A-B and one of A-C");
    cr_assert_eq(world.view.half[10].htlc_max_msat, 1000, "max_is_capacity");
    cr_assert_eq(world.view.half[0].flags, FGR_HALF_KNOWN | FGR_HALF_USABLE);
    cr_assert_eq(world.view.half[2].flags, FGR_HALF_KNOWN);
    cr_assert_eq(world.view.half[4].flags, FGR_HALF_KNOWN);
    cr_assert_eq(world.view.half[6].flags, FGR_HALF_KNOWN | FGR_HALF_DISABLED);
    cr_assert_eq(world.view.half[1].flags, 0);
    end(&world);
}

Test(builder, report_counts_what_is_left_out)
{
    struct world world;
    begin(&world);
    add_node(&world, A, "kept", 1);
    add_node(&world, B, "its channel was deleted", 1);
    add_chan(&world, 1, B, C, 1);
    fgr_builder_delete_channel(world.builder, 1);
    add_node(&world, C, "its channel has no capacity", 1);
    add_chan(&world, 2, A, C, 0);
    add_policy(&world, (struct fgr_policy_record){.scid = 2});
    finish(&world);
    cr_assert_eq(world.report.nodes, 0);
    cr_assert_eq(world.report.channels, 0);
    cr_assert_eq(world.report.nodes_without_channel, 3);
    cr_assert_eq(world.report.orphan_nodes, 1, "A: no channel that counts ever named it");
    cr_assert_eq(world.report.no_capacity, 1);
    cr_assert_eq(world.report.orphan_policies, 1);
    cr_assert_eq(world.report.deleted, 1);
    end(&world);
}

Test(builder, nothing_gives_an_empty_view)
{
    struct world world;
    begin(&world);
    finish(&world);
    cr_assert_eq(world.view.n_nodes, 0);
    cr_assert_eq(world.view.n_chans, 0);
    cr_assert_eq(world.view.n_feature_sets, 1);
    end(&world);
}

/* ---- aliases and features ------------------------------------------------------------------ */

Test(builder, aliases_are_any_bytes_but_trailing_zeros)
{
    static const uint8_t padded[40] = {0xff, 0x00, 0x0a, 0x80};
    static const char longest[] = "0123456789abcdef0123456789abcdef";
    struct world world;
    struct fgr_node_info info;
    begin(&world);
    add_chan(&world, 1, A, B, 1);
    add_chan(&world, 2, A, C, 1);
    cr_assert_eq(try_node(&world, world.id[A], (struct fgr_bytes){padded, sizeof padded}, 1),
                 FGR_OK);
    add_node(&world, B, longest, 1);
    cr_assert_eq(try_node(&world, world.id[C], (struct fgr_bytes){padded + 4, 36}, 1), FGR_OK);
    finish(&world);
    cr_assert_eq(fgr_view_node(&world.view, &info, (fgr_node_idx){A}), FGR_OK);
    cr_assert_eq(info.alias_len, 4);
    cr_assert_arr_eq(info.alias, padded, 4);
    cr_assert_eq(fgr_view_node(&world.view, &info, (fgr_node_idx){B}), FGR_OK);
    cr_assert_eq(info.alias_len, 32);
    cr_assert_arr_eq(info.alias, longest, 32);
    cr_assert_eq(fgr_view_node(&world.view, &info, (fgr_node_idx){C}), FGR_OK);
    cr_assert_eq(info.alias_len, 0);
    cr_assert_eq(world.view.n_aliased, 2);
    end(&world);
}

Test(builder, feature_sets_are_shared_and_the_unused_dropped)
{
    struct world world;
    struct fgr_node_info info;
    begin(&world);
    static const uint8_t bytes[] = {0x02, 0xaa, 0x51};
    struct fgr_node_record node = {.timestamp = 1, .features = {bytes, 3}};
    add_chan(&world, 1, A, B, 1);
    for (uint32_t round = 0; round < 3; round++) { /* the last ones stay */
        for (int i = A; i <= C; i++) {
            memcpy(node.id, world.id[i], sizeof node.id);
            node.timestamp = round;
            node.features.len = 3 - round;
            cr_assert_eq(fgr_builder_node(world.builder, &node, next_place(&world), NULL), FGR_OK);
        }
    }
    finish(&world);
    cr_assert_eq(world.view.n_feature_sets, 2, "the empty one and one of a byte");
    cr_assert_eq(fgr_view_node(&world.view, &info, (fgr_node_idx){B}), FGR_OK);
    cr_assert_eq(info.features_len, 1);
    cr_assert_eq(info.features[0], 0x02);
    end(&world);
}

/* ---- contradictions ------------------------------------------------------------------------ */

/* The error names record 0 of the world, its byte and the complaint. */
static void assert_refused(struct world *world, enum fgr_err rc, uint64_t record,
                           const char *complaint)
{
    char where[64];
    snprintf(where, sizeof where, "record %lu at byte %lu: ", (unsigned long)record,
             (unsigned long)record + 1000);
    cr_assert_eq(rc, FGR_ERR_FORMAT, "%s", complaint);
    cr_assert_eq(world->err.code, FGR_ERR_FORMAT);
    cr_assert_eq(world->err.record, record);
    cr_assert_eq(world->err.offset, record + 1000);
    cr_assert_eq(strncmp(world->err.text, where, strlen(where)), 0, "%s", world->err.text);
    cr_assert_not_null(strstr(world->err.text, complaint), "%s", world->err.text);
    cr_assert_lt(strlen(world->err.text), FGR_ERROR_TEXT_BYTES - 1, "%s", world->err.text);
}

Test(builder, refuses_impossible_channels)
{
    const uint64_t scid = UINT64_C(800000) << 40 | 1 << 16 | 2;
    struct world world;
    uint8_t odd[FGR_NODE_ID_BYTES] = {0x04};
    begin(&world);
    assert_refused(&world, try_chan(&world, scid, world.id[A], world.id[A], 1000), 0,
                   "channel 800000x1x2 joins node 02");
    assert_refused(&world, try_chan(&world, scid, world.id[A], world.id[B], FGR_SAT_MAX + 1), 1,
                   "channel 800000x1x2 has a capacity of 2100000000000001 sat");
    assert_refused(&world, try_chan(&world, scid, odd, world.id[B], 0), 2, "node id 0400000000");
    assert_refused(&world, try_chan(&world, scid, world.id[A], odd, 0), 3, "node id 0400000000");
    add_chan(&world, scid, A, B, FGR_SAT_MAX);
    assert_refused(&world, try_chan(&world, scid, world.id[C], world.id[B], FGR_SAT_MAX), 5,
                   "but an earlier record says");
    finish(&world);
    cr_assert_eq(world.view.n_chans, 1);
    cr_assert_eq(world.view.chan[0].node[0], A);
    cr_assert_eq(world.view.chan[0].node[1], B);
    end(&world);
}

Test(builder, refuses_impossible_nodes_and_policies)
{
    static const uint8_t alias[33] = "0123456789abcdef0123456789abcdef!";
    struct world world;
    struct fgr_policy_record policy = {.scid = 1, .direction = 2};
    uint8_t odd[FGR_NODE_ID_BYTES] = {0x01};
    begin(&world);
    assert_refused(&world, try_node(&world, world.id[A], (struct fgr_bytes){alias, 33}, 1), 0,
                   "alias of 33 bytes on node 02");
    assert_refused(&world, try_node(&world, odd, text_bytes("x"), 1), 1, "neither 02 nor 03");
    assert_refused(&world,
                   fgr_builder_policy(world.builder, &policy, next_place(&world), &world.err), 2,
                   "channel 0x0x1 has no direction 2");
    finish(&world);
    cr_assert_eq(world.report.nodes_without_channel, 0);
    cr_assert_eq(world.report.orphan_policies, 0);
    end(&world);
}

/* Whichever worker finds which key: the first record that names a bad one is reported. */
Test(builder, refuses_keys_off_the_curve)
{
    for (unsigned threads = 0; threads < 5; threads++) {
        struct world world;
        begin(&world);
        for (uint8_t i = 0; i < 200; i++) {
            uint8_t id[FGR_NODE_ID_BYTES] = {0x02};
            id[1] = i;
            id[32] = 5; /* with i = 0: x = 5 is on no point */
            cr_assert_eq(try_node(&world, id, text_bytes(""), 1), FGR_OK);
        }
        world.record = 7;
        uint8_t again[FGR_NODE_ID_BYTES] = {0x02};
        again[32] = 5;
        cr_assert_eq(try_node(&world, again, text_bytes(""), 1), FGR_OK);
        enum fgr_err rc =
            fgr_builder_finish(world.builder, &world.bytes, &world.n_bytes, threads, &world.err);
        assert_refused(&world, rc, 0,
                       "node id 020000000000000000000000000000000000000000000000000000000000000005 "
                       "is no point");
        world.bytes = NULL;
        end(&world);
    }
}

Test(builder, errors_leave_out_what_is_not_known)
{
    struct world world;
    struct fgr_policy_record policy = {.scid = 1, .direction = 2};
    struct fgr_place place = {.record = 3, .offset = FGR_NO_POSITION};
    begin(&world);
    cr_assert_eq(fgr_builder_policy(world.builder, &policy, place, &world.err), FGR_ERR_FORMAT);
    cr_assert_str_eq(world.err.text, "record 3: channel 0x0x1 has no direction 2, only 0 and 1");
    place.record = FGR_NO_POSITION;
    cr_assert_eq(fgr_builder_policy(world.builder, &policy, place, &world.err), FGR_ERR_FORMAT);
    cr_assert_str_eq(world.err.text, "channel 0x0x1 has no direction 2, only 0 and 1");
    cr_assert_eq(fgr_builder_policy(world.builder, &policy, place, NULL), FGR_ERR_FORMAT);
    end(&world);
}
