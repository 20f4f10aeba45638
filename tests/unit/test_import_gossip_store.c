/* SPDX-License-Identifier: MIT */
#include "graph/import/gossip_store.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/dataset.h"
#include "tests/support/store_maker.h"

#define SCID(block) ((uint64_t)(block) << 40 | UINT64_C(1) << 16 | 1)

enum { RECORD_HEADER = 12, TYPE_DELETE = 4103, TYPE_DYING = 4106, TYPE_UUID = 4107 };

static struct fgr_store_channel channel(const struct fgr_store_nodes *nodes, unsigned block,
                                        unsigned from, unsigned to)
{
    return (struct fgr_store_channel){
        .scid = SCID(block), .capacity_sat = 100000, .node_id = {nodes->id[from], nodes->id[to]}};
}

static struct fgr_store_update policy(unsigned block, unsigned direction)
{
    return (struct fgr_store_update){.scid = SCID(block),
                                     .htlc_min_msat = 1000,
                                     .htlc_max_msat = 90000000,
                                     .timestamp = 1700000000,
                                     .base_msat = 1000 + direction,
                                     .ppm = 100 + direction,
                                     .cltv_delta = (uint16_t)(40 + direction),
                                     .channel_flags = (uint8_t)direction};
}

/* Two channels between three nodes, all policies, one node_announcement. */
static void make_small(struct fgr_bytes_maker *store, uint8_t version)
{
    struct fgr_store_nodes nodes;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_be(store, version, 1);
    for (unsigned block = 1; block <= 2; block++) {
        struct fgr_store_channel made = channel(&nodes, block, block - 1, block);
        fgr_store_put_channel(store, &made);
        for (unsigned direction = 0; direction < 2; direction++) {
            struct fgr_store_update update = policy(block, direction);
            fgr_store_put_update(store, &update);
        }
    }
    fgr_store_put_node(store, &(struct fgr_store_node){.id = nodes.id[1],
                                                       .alias = "mid\xff\x01",
                                                       .n_alias = 5,
                                                       .features = "\x08\x01",
                                                       .timestamp = 1700000005});
}

static void assert_ok(struct fgr_imported *got, const struct fgr_bytes_maker *store)
{
    fgr_import_bytes(got, store, NULL);
    cr_assert_eq(got->code, FGR_OK, "%s", got->err.text);
    cr_assert_eq(got->report.format, FGR_FORMAT_GOSSIP_STORE);
}

/* The import fails at this record, which begins at this byte, and says so. */
static void assert_fails(const struct fgr_bytes_maker *store, uint64_t record, uint64_t offset,
                         const char *reason)
{
    struct fgr_imported got;
    char place[80];
    snprintf(place, sizeof place, "gossip_store: record %" PRIu64 " at byte %" PRIu64 ": ", record,
             offset);
    fgr_import_bytes(&got, store, NULL);
    cr_assert_eq(got.code, FGR_ERR_FORMAT, "%s: %s", reason, got.err.text);
    cr_assert_null(got.bytes);
    cr_assert_eq(got.err.record, record, "%s", got.err.text);
    cr_assert_eq(got.err.offset, offset, "%s", got.err.text);
    cr_assert_eq(strncmp(got.err.text, place, strlen(place)), 0, "%s", got.err.text);
    cr_assert_not_null(strstr(got.err.text, reason), "%s", got.err.text);
}

Test(import_gossip_store, everything_in_a_store_survives)
{
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    struct fgr_node_info node;
    make_small(&store, 16);
    assert_ok(&got, &store);
    cr_assert_eq(got.report.format_version, 16);
    cr_assert_eq(got.report.bytes, store.n);
    cr_assert_eq(got.report.records, 9);
    cr_assert_eq(got.report.nodes, 3);
    cr_assert_eq(got.report.channels, 2);
    cr_assert_eq(got.report.policies, 4);
    cr_assert_eq(got.report.enabled, 4);
    cr_assert_eq(fgr_view_node(got.view, &node, (fgr_node_idx){1}), FGR_OK);
    cr_assert_eq(node.alias_len, 5);
    cr_assert_eq(memcmp(node.alias, "mid\xff\x01", 5), 0);
    cr_assert_eq(node.features_len, 2);
    cr_assert_eq(memcmp(node.features, "\x08\x01", 2), 0);
    cr_assert_eq(node.timestamp, 1700000005);
    for (unsigned block = 1; block <= 2; block++) {
        for (unsigned direction = 0; direction < 2; direction++) {
            struct fgr_policy_info info = fgr_imported_policy(&got, SCID(block), direction);
            cr_assert(info.usable);
            cr_assert_eq(info.htlc_min.v, 1000);
            cr_assert_eq(info.htlc_max.v, 90000000);
            cr_assert_eq(info.base_msat, 1000 + direction);
            cr_assert_eq(info.ppm, 100 + direction);
            cr_assert_eq(info.cltv_delta, 40 + direction);
            cr_assert_eq(info.timestamp, 1700000000);
        }
    }
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

Test(import_gossip_store, versions)
{
    for (unsigned version = 0; version < 256; version++) {
        struct fgr_bytes_maker store = {0};
        struct fgr_imported got;
        make_small(&store, (uint8_t)version);
        if (version >= 9 && version < 32) {
            assert_ok(&got, &store);
            cr_assert_eq(got.report.format_version, version);
            cr_assert_eq(got.report.channels, 2);
        } else {
            fgr_import_bytes(&got, &store, NULL);
            cr_assert_neq(got.code, FGR_OK, "version %u", version);
        }
        if (got.code != FGR_OK && version != '{') { /* which begins JSON */
            char text[32];
            snprintf(text, sizeof text, "version byte 0x%02x", version);
            cr_assert_not_null(strstr(got.err.text, text), "%s", got.err.text);
        }
        fgr_imported_free(&got);
        fgr_bytes_free(&store);
    }
}

/* Where records begin, from the start of the file, and the end. */
static size_t find_records(size_t out_at[16], const struct fgr_bytes_maker *store)
{
    size_t at = 1, n = 0;
    while (at < store->n) {
        out_at[n++] = at;
        at += RECORD_HEADER + ((size_t)store->data[at + 2] << 8 | store->data[at + 3]);
    }
    out_at[n] = at;
    return n;
}

/* Cut anywhere but between records, or after an announcement, the file is broken: the record says
 * it was completed. Between records nothing tells that there was more. */
Test(import_gossip_store, truncated_anywhere)
{
    struct fgr_bytes_maker store = {0};
    size_t at[16], record = 0;
    make_small(&store, 16);
    size_t n_whole = store.n;
    size_t n_records = find_records(at, &store);
    cr_assert_eq(n_records, 9);
    for (store.n = 15; store.n < n_whole; store.n++) {
        while (at[record + 1] <= store.n) {
            record++;
        }
        size_t begin = at[record];
        struct fgr_imported got;
        if (store.n > begin) {
            assert_fails(&store, record, begin, "the file is cut inside the record");
            continue;
        }
        assert_ok(&got, &store);
        /* records 0 and 4 are announcements, their amounts 1 and 5 */
        bool is_amount_missing = record == 1 || record == 5;
        cr_assert_eq(got.report.records, is_amount_missing ? record - 1 : record);
        cr_assert_eq(got.report.trailing_bytes, is_amount_missing ? begin - at[record - 1] : 0);
        cr_assert_eq(got.report.bytes, store.n);
        cr_assert_eq(got.report.channels, record >= 6 ? 2 : record >= 2 ? 1 : 0);
        fgr_imported_free(&got);
    }
    fgr_bytes_free(&store);
}

/* lightningd sets the completed flag last: what is cut without it is still being written. */
Test(import_gossip_store, a_record_being_appended_is_trailing_bytes)
{
    struct fgr_bytes_maker store = {0};
    size_t at[16];
    make_small(&store, 16);
    size_t n_whole = store.n;
    size_t n_records = find_records(at, &store);
    size_t begin = at[n_records - 1];
    store.data[begin] &= 0xdf;
    for (store.n = begin + 1; store.n <= n_whole; store.n++) {
        struct fgr_imported got;
        assert_ok(&got, &store);
        cr_assert_eq(got.report.trailing_bytes, store.n - begin);
        cr_assert_eq(got.report.records, n_records - 1);
        cr_assert_eq(got.report.channels, 2);
        fgr_imported_free(&got);
    }
    /* Before version 15 there was no such flag. */
    store.n = n_whole;
    store.data[0] = 14;
    struct fgr_imported got;
    assert_ok(&got, &store);
    cr_assert_eq(got.report.trailing_bytes, 0);
    cr_assert_eq(got.report.records, n_records);
    fgr_imported_free(&got);
    store.n--;
    assert_fails(&store, n_records - 1, begin, "cut inside the record");
    fgr_bytes_free(&store);
}

Test(import_gossip_store, a_changed_byte_is_found_by_the_checksum)
{
    struct fgr_bytes_maker store = {0};
    size_t at[16];
    make_small(&store, 16);
    size_t n_records = find_records(at, &store);
    for (size_t record = 0; record < n_records; record++) {
        /* The type of the first record is what a gossip_store is known by. */
        for (size_t i = at[record] + (record == 0 ? RECORD_HEADER + 2 : 4); i < at[record + 1];
             i++) {
            store.data[i] ^= 0x10;
            assert_fails(&store, record, at[record], ": damaged");
            store.data[i] ^= 0x10;
        }
    }
    fgr_bytes_free(&store);
}

Test(import_gossip_store, deleted_records_are_skipped)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    make_small(&store, 16);
    struct fgr_store_update update = policy(1, 0);
    update.timestamp++;
    update.ppm = 999;
    update.flags = 0x8000;
    fgr_store_put_update(&store, &update);
    store.data[store.n - 1] ^= 1; /* nobody looks at the checksum of what is deleted */
    struct fgr_store_channel gone = channel(&nodes, 3, 4, 5);
    gone.flags = 0x8000;
    fgr_store_put_channel(&store, &gone); /* its amount is not flagged */
    fgr_store_small(&store, TYPE_DELETE, SCID(2), 8);
    fgr_store_small(&store, TYPE_DELETE, SCID(77), 8);
    assert_ok(&got, &store);
    cr_assert_eq(got.report.deleted, 3);
    cr_assert_eq(got.report.channels, 1);
    cr_assert_eq(got.report.nodes, 2);
    cr_assert_eq(fgr_imported_policy(&got, SCID(1), 0).ppm, 100);
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

Test(import_gossip_store, dying_channels_are_kept_and_counted)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    struct fgr_channel_info info;
    fgr_store_nodes_init(&nodes);
    make_small(&store, 16);
    struct fgr_store_channel flagged = channel(&nodes, 3, 4, 5);
    flagged.flags = 0x0800;
    fgr_store_put_channel(&store, &flagged);
    struct fgr_bytes_maker dying = {0};
    fgr_bytes_put_be(&dying, TYPE_DYING, 2);
    fgr_bytes_put_be(&dying, SCID(2), 8);
    fgr_bytes_put_be(&dying, 800000, 4);
    fgr_store_record(&store, 0, 0, dying.data, dying.n);
    fgr_bytes_free(&dying);
    assert_ok(&got, &store);
    cr_assert_eq(got.report.channels, 3);
    cr_assert_eq(got.report.dying, 2);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_eq(fgr_view_channel(got.view, &info, (fgr_chan_idx){i}), FGR_OK);
        cr_assert_eq(info.dying, i > 0);
    }
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

Test(import_gossip_store, other_records_are_stepped_over)
{
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    make_small(&store, 16);
    uint64_t n_records = 9;
    static const struct {
        unsigned type;
        uint64_t n_private, n_unknown;
    } cases[] = {{TYPE_UUID, 0, 0}, {4104, 1, 0}, {4102, 0, 0}, {4101, 0, 0},
                 {4108, 0, 1},      {0, 0, 1},    {65535, 0, 1}};
    uint64_t n_private = 0, n_unknown = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fgr_store_small(&store, cases[i].type, 0, 8);
        n_private += cases[i].n_private;
        n_unknown += cases[i].n_unknown;
        n_records++;
        assert_ok(&got, &store);
        cr_assert_eq(got.report.private_channels, n_private);
        cr_assert_eq(got.report.unknown_records, n_unknown);
        cr_assert_eq(got.report.records, n_records);
        cr_assert_eq(got.report.channels, 2);
        fgr_imported_free(&got);
    }
    fgr_bytes_free(&store);
}

/* After "ended" the store goes on in another file; whatever stands behind is not read. */
Test(import_gossip_store, ended_ends)
{
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    make_small(&store, 16);
    fgr_store_small(&store, 4105, 0, 8);
    fgr_bytes_put_text(&store, "whatever");
    assert_ok(&got, &store);
    cr_assert_eq(got.report.records, 10);
    cr_assert_eq(got.report.channels, 2);
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

Test(import_gossip_store, order_and_repetition)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_be(&store, 16, 1);
    struct fgr_store_update update = policy(5, 1);
    fgr_store_put_update(&store, &update); /* before its channel */
    struct fgr_store_channel made = channel(&nodes, 5, 2, 3);
    fgr_store_put_channel(&store, &made);
    fgr_store_put_channel(&store, &made); /* again */
    update.timestamp--;
    update.ppm = 1;
    fgr_store_put_update(&store, &update); /* older */
    update.timestamp += 2;
    update.ppm = 2;
    fgr_store_put_update(&store, &update); /* newer */
    struct fgr_store_update orphan = policy(9, 0);
    fgr_store_put_update(&store, &orphan);
    fgr_store_put_node(&store, &(struct fgr_store_node){.id = nodes.id[7], .timestamp = 1});
    assert_ok(&got, &store);
    cr_assert_eq(got.report.channels, 1);
    cr_assert_eq(got.report.nodes, 2);
    cr_assert_eq(got.report.policies, 1);
    cr_assert_eq(got.report.missing, 1);
    cr_assert_eq(got.report.duplicates, 2);
    cr_assert_eq(got.report.replaced, 1);
    cr_assert_eq(got.report.orphan_policies, 1);
    cr_assert_eq(got.report.orphan_nodes, 1);
    cr_assert_eq(got.report.nodes_without_channel, 1);
    cr_assert_eq(fgr_imported_policy(&got, SCID(5), 1).ppm, 2);
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

/* What CLN drops when it upgrades a store of that version. */
Test(import_gossip_store, leftovers_of_old_versions)
{
    for (unsigned version = 9; version <= 16; version++) {
        struct fgr_bytes_maker store = {0}, old_form = {0};
        struct fgr_imported got;
        make_small(&store, (uint8_t)version);
        struct fgr_store_update zombie = policy(1, 0);
        zombie.timestamp++;
        zombie.ppm = 77;
        zombie.flags = 0x1000;
        fgr_store_put_update(&store, &zombie);
        assert_ok(&got, &store);
        cr_assert_eq(got.report.deleted, version <= 13);
        cr_assert_eq(fgr_imported_policy(&got, SCID(1), 0).ppm, version <= 13 ? 100 : 77);
        fgr_imported_free(&got);

        struct fgr_store_update update = policy(2, 1);
        fgr_store_update_message(&old_form, &update);
        uint64_t offset = store.n;
        fgr_store_record(&store, 0, 0, old_form.data, 130);
        if (version <= 10) {
            assert_ok(&got, &store);
            cr_assert_eq(got.report.deleted, 2);
            fgr_imported_free(&got);
        } else {
            assert_fails(&store, 10, offset, "channel_update is too short");
        }
        fgr_bytes_free(&old_form);
        fgr_bytes_free(&store);
    }
}

Test(import_gossip_store, inbound_fees_and_flags_survive)
{
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    make_small(&store, 16);
    struct fgr_store_update update = policy(1, 1);
    update.timestamp++;
    update.extension = "\xfd\xd9\x03\x08\xff\xff\xff\xff\x00\x00\x00\x05";
    update.n_extension = 12;
    update.channel_flags |= 2;
    fgr_store_put_update(&store, &update);
    assert_ok(&got, &store);
    struct fgr_policy_info info = fgr_imported_policy(&got, SCID(1), 1);
    cr_assert_eq(info.inbound_base_msat, -1);
    cr_assert_eq(info.inbound_ppm, 5);
    cr_assert(info.known && info.disabled && !info.usable);
    cr_assert_eq(got.report.inbound_fees, 1);
    cr_assert_eq(got.report.disabled, 1);
    cr_assert_eq(got.report.enabled, 3);
    cr_assert_eq(got.report.replaced, 1);
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

Test(import_gossip_store, odd_policies_are_kept_and_counted)
{
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    make_small(&store, 16);
    struct fgr_store_update update = policy(1, 0);
    update.timestamp++;
    update.htlc_min_msat = update.htlc_max_msat + 1;
    fgr_store_put_update(&store, &update);
    update = policy(1, 1);
    update.timestamp++;
    update.htlc_max_msat = 100000001;
    fgr_store_put_update(&store, &update);
    assert_ok(&got, &store);
    cr_assert_eq(got.report.min_above_max, 1);
    cr_assert_eq(got.report.max_above_capacity, 1);
    cr_assert_eq(got.report.policies, 4);
    cr_assert_eq(got.report.enabled, 2);
    cr_assert_not(fgr_imported_policy(&got, SCID(1), 0).usable);
    cr_assert_not(fgr_imported_policy(&got, SCID(1), 1).usable);
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

/* One bad record behind a good store. */
Test(import_gossip_store, bad_records_are_named)
{
    struct fgr_store_nodes nodes;
    uint8_t no_point[FGR_NODE_ID_BYTES], no_key[FGR_NODE_ID_BYTES];
    fgr_store_nodes_init(&nodes);
    memset(no_point, 0xff, sizeof no_point); /* x is not below the field size */
    no_point[0] = 3;
    memcpy(no_key, nodes.id[7], sizeof no_key);
    no_key[0] = 4;
    static const char *const reasons[] = {
        "node_id_1 is not the lesser", "to itself", "two networks", "21 million",
        "but an earlier record",       "02 nor 03", "no point",
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        struct fgr_store_channel bad = channel(&nodes, 3, 3, 4);
        struct fgr_bytes_maker store = {0};
        make_small(&store, 16);
        bad.node_id[0] = i == 0 ? nodes.id[5] : bad.node_id[0];
        bad.node_id[1] = i == 1   ? nodes.id[3]
                         : i == 5 ? no_key
                         : i == 6 ? no_point
                                  : bad.node_id[1];
        bad.chain = i == 2;
        bad.capacity_sat = i == 3 ? FGR_SAT_MAX + 1 : bad.capacity_sat;
        bad.scid = i == 4 ? SCID(1) : bad.scid;
        uint64_t offset = store.n;
        fgr_store_put_channel(&store, &bad);
        assert_fails(&store, 9, offset, reasons[i]);
        fgr_bytes_free(&store);
    }
}

Test(import_gossip_store, bad_frames_are_named)
{
    static const struct {
        unsigned type;
        size_t n_value;
        const char *reason;
    } cases[] = {
        {TYPE_DELETE, 7, "too short for its short channel id"},
        {TYPE_DYING, 7, "too short for its short channel id"},
        {256, 8, "not followed by its channel_amount"},
        {257, 8, "node_announcement is too short"},
        {258, 8, "channel_update is too short"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker store = {0};
        make_small(&store, 16);
        uint64_t offset = store.n;
        fgr_store_small(&store, cases[i].type, 0, cases[i].n_value);
        fgr_store_small(&store, TYPE_UUID, 0, 8);
        assert_fails(&store, 9, offset, cases[i].reason);
        fgr_bytes_free(&store);
    }
    struct fgr_bytes_maker store = {0};
    make_small(&store, 16);
    uint64_t offset = store.n;
    fgr_store_record(&store, 0, 0, "x", 1);
    assert_fails(&store, 9, offset, "shorter than its type");
    store.n = offset;
    fgr_store_small(&store, 256, 0, 8);
    fgr_store_small(&store, 4101, 1, 8);
    assert_fails(&store, 9, offset, "channel_announcement is too short");
    store.n = offset;
    fgr_store_small(&store, 256, 0, 8);
    fgr_store_small(&store, 4101, 1, 7);
    assert_fails(&store, 9, offset, "not followed by its channel_amount");
    fgr_bytes_free(&store);
}

Test(import_gossip_store, channels_without_capacity_are_skipped)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker store = {0};
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    make_small(&store, 16);
    struct fgr_store_channel empty = channel(&nodes, 3, 3, 4);
    empty.capacity_sat = 0;
    fgr_store_put_channel(&store, &empty);
    assert_ok(&got, &store);
    cr_assert_eq(got.report.no_capacity, 1);
    cr_assert_eq(got.report.channels, 2);
    fgr_imported_free(&got);
    fgr_bytes_free(&store);
}

/* ---- real stores --------------------------------------------------------------------------- */

static bool read_real(struct fgr_bytes_maker *out, const char *name)
{
    char path[FGR_DATASET_PATH_BYTES];
    struct fgr_source *source;
    const uint8_t *window;
    size_t n;
    if (!fgr_dataset_find(path, name)) {
        return false;
    }
    cr_assert_eq(fgr_source_open(&source, path, NULL), FGR_OK);
    do {
        cr_assert_eq(fgr_source_fill(source, &window, &n, 1, NULL), FGR_OK);
        fgr_bytes_put(out, window, n);
        fgr_source_skip(source, n);
    } while (n > 0);
    fgr_source_close(source);
    return true;
}

Test(import_gossip_store, small_networks_of_real_nodes)
{
    static const struct {
        const char *name;
        uint64_t nodes, channels, policies;
    } cases[] = {{"vectors/cln-gossip_store.mesh-3x3.xz", 9, 12, 24},
                 {"vectors/cln-gossip_store.simple.xz", 2, 1, 2},
                 {"vectors/cln-gossip_store-part1.xz", 66, 45, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker store = {0};
        struct fgr_imported got;
        if (!read_real(&store, cases[i].name)) {
            cr_skip("%s of the snapshot is not here", cases[i].name);
        }
        assert_ok(&got, &store);
        cr_assert_eq(got.report.format_version, 15);
        cr_assert_eq(got.report.nodes, cases[i].nodes);
        cr_assert_eq(got.report.channels, cases[i].channels);
        cr_assert_eq(got.report.policies, cases[i].policies);
        fgr_imported_free(&got);
        fgr_bytes_free(&store);
    }
}

/* Part 2 is what was appended to part 1, for a test of a reader that looks at less: its last
 * announcement has no amount, and the deletion behind that a wrong checksum. */
Test(import_gossip_store, a_real_store_that_grew)
{
    enum { ANNOUNCEMENT_BYTES = RECORD_HEADER + 432, DELETION_BYTES = RECORD_HEADER + 10 };
    struct fgr_bytes_maker store = {0}, mended = {0};
    struct fgr_imported got;
    if (!read_real(&store, "vectors/cln-gossip_store-part1.xz") ||
        !read_real(&store, "vectors/cln-gossip_store-part2.xz")) {
        cr_skip("vectors/cln-gossip_store-part{1,2}.xz of the snapshot are not here");
    }
    size_t deletion = store.n - DELETION_BYTES;
    assert_fails(&store, 185, deletion, "checksum");

    fgr_bytes_put(&mended, store.data, deletion);
    fgr_store_record(&mended, 0, 0, store.data + deletion + RECORD_HEADER, 10);
    assert_fails(&mended, 184, deletion - ANNOUNCEMENT_BYTES, "not followed by its channel_amount");

    mended.n = deletion - ANNOUNCEMENT_BYTES;
    fgr_store_record(&mended, 0, 0, store.data + deletion + RECORD_HEADER, 10);
    assert_ok(&got, &mended);
    cr_assert_eq(got.report.records, 185);
    cr_assert_eq(got.report.channels, 87 - 1);
    cr_assert_eq(got.report.policies, 4);
    cr_assert_eq(got.report.deleted, 6 + 1);
    fgr_imported_free(&got);
    fgr_bytes_free(&mended);
    fgr_bytes_free(&store);
}
