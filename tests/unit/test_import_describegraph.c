/* SPDX-License-Identifier: MIT */
#include "graph/import/describegraph.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/store_maker.h"

#define SCID_TEXT "769856051536658433" /* 700180x7x1 */
#define SCID UINT64_C(769856051536658433)

static const char policy[] =
    "{\"time_lock_delta\":40,\"min_htlc\":\"1000\",\"fee_base_msat\":\"1001\","
    "\"fee_rate_milli_msat\":\"250\",\"disabled\":false,\"max_htlc_msat\":\"99000000\","
    "\"last_update\":1700000000,\"custom_records\":{\"1\":[2,{\"x\":null}]},"
    "\"inbound_fee_base_msat\":-7,\"inbound_fee_rate_milli_msat\":-300}";

static void put_node(struct fgr_bytes_maker *json, const char *id, const char *rest)
{
    fgr_bytes_put_text(json, "{\"last_update\":1700000005,\"pub_key\":\"%s\"%s}", id, rest);
}

struct edge {
    const char *scid, *node1, *node2, *capacity;
    const char *policy1, *policy2;
};

static void put_edge(struct fgr_bytes_maker *json, const struct edge *edge)
{
    fgr_bytes_put_text(json,
                       "{\"channel_id\":%s,\"chan_point\":\"ab:0\",\"last_update\":1,"
                       "\"node1_pub\":\"%s\",\"node2_pub\":\"%s\",\"capacity\":%s,"
                       "\"node1_policy\":%s,\"node2_policy\":%s,\"custom_records\":{}}",
                       edge->scid, edge->node1, edge->node2, edge->capacity, edge->policy1,
                       edge->policy2);
}

/* A graph of two nodes and one edge, with one member of the edge replaced. */
static void put_small(struct fgr_bytes_maker *json, const struct edge *edge)
{
    struct fgr_store_nodes nodes;
    fgr_store_nodes_init(&nodes);
    struct edge whole = {
        .scid = edge->scid != NULL ? edge->scid : "\"" SCID_TEXT "\"",
        .node1 = edge->node1 != NULL ? edge->node1 : nodes.hex[0],
        .node2 = edge->node2 != NULL ? edge->node2 : nodes.hex[1],
        .capacity = edge->capacity != NULL ? edge->capacity : "\"100000\"",
        .policy1 = edge->policy1 != NULL ? edge->policy1 : policy,
        .policy2 = edge->policy2 != NULL ? edge->policy2 : "null",
    };
    fgr_bytes_put_text(json, "{\"nodes\":[");
    put_node(
        json, nodes.hex[0],
        ",\"alias\":\"a\\u00e9\\u0000b\",\"color\":\"#000000\",\"addresses\":[{\"addr\":\"x\"}],"
        "\"features\":{\"0\":{\"name\":\"n\",\"is_required\":true},\"17\":{},\"9\":null}");
    fgr_bytes_put_text(json, ",");
    put_node(json, nodes.hex[1], "");
    fgr_bytes_put_text(json, "],\"edges\":[");
    put_edge(json, &whole);
    fgr_bytes_put_text(json, "]}");
}

static void assert_ok(struct fgr_imported *got, const struct fgr_bytes_maker *json)
{
    fgr_import_bytes(got, json, NULL);
    cr_assert_eq(got->code, FGR_OK, "%s", got->err.text);
    cr_assert_eq(got->report.format, FGR_FORMAT_DESCRIBEGRAPH);
}

/* The import fails with a text that begins and goes on like this. */
static void assert_fails(const struct fgr_bytes_maker *json, const char *begin, const char *reason)
{
    struct fgr_imported got;
    fgr_import_bytes(&got, json, NULL);
    cr_assert_eq(got.code, FGR_ERR_FORMAT, "%s: %s", reason, got.err.text);
    cr_assert_null(got.bytes);
    cr_assert_eq(strncmp(got.err.text, begin, strlen(begin)), 0, "%s", got.err.text);
    cr_assert_not_null(strstr(got.err.text, reason), "wanted '%s', got: %s", reason, got.err.text);
}

Test(import_describegraph, everything_survives)
{
    struct fgr_bytes_maker json = {0};
    struct fgr_imported got;
    struct fgr_node_info node;
    put_small(&json, &(struct edge){0});
    assert_ok(&got, &json);
    cr_assert_eq(got.report.bytes, json.n);
    cr_assert_eq(got.report.records, 3);
    cr_assert_eq(got.report.nodes, 2);
    cr_assert_eq(got.report.channels, 1);
    cr_assert_eq(got.report.policies, 1);
    cr_assert_eq(got.report.missing, 1);
    cr_assert_eq(got.report.inbound_fees, 1);
    struct fgr_policy_info info = fgr_imported_policy(&got, SCID, 0);
    cr_assert(info.usable && info.known && !info.disabled);
    cr_assert_eq(info.htlc_min.v, 1000);
    cr_assert_eq(info.htlc_max.v, 99000000);
    cr_assert_eq(info.base_msat, 1001);
    cr_assert_eq(info.ppm, 250);
    cr_assert_eq(info.cltv_delta, 40);
    cr_assert_eq(info.timestamp, 1700000000);
    cr_assert_eq(info.inbound_base_msat, -7);
    cr_assert_eq(info.inbound_ppm, -300);
    cr_assert_not(fgr_imported_policy(&got, SCID, 1).known);
    cr_assert_eq(fgr_view_node(got.view, &node, (fgr_node_idx){0}), FGR_OK);
    cr_assert_eq(node.alias_len, 5);
    cr_assert_eq(memcmp(node.alias, "a\xc3\xa9\0b", 5), 0);
    cr_assert_eq(node.timestamp, 1700000005);
    cr_assert_eq(node.features_len, 3);
    cr_assert_eq(memcmp(node.features, "\x02\x02\x01", 3), 0);
    fgr_imported_free(&got);
    fgr_bytes_free(&json);
}

/* node1_policy is node1's, whichever of the two ids is the lesser. */
Test(import_describegraph, a_policy_belongs_to_its_node)
{
    struct fgr_store_nodes nodes;
    fgr_store_nodes_init(&nodes);
    for (unsigned swapped = 0; swapped < 2; swapped++) {
        for (unsigned second = 0; second < 2; second++) {
            struct fgr_bytes_maker json = {0};
            struct fgr_imported got;
            put_small(&json, &(struct edge){
                                 .node1 = nodes.hex[swapped],
                                 .node2 = nodes.hex[!swapped],
                                 .policy1 = second ? "null" : policy,
                                 .policy2 = second ? policy : "null",
                             });
            assert_ok(&got, &json);
            unsigned direction = swapped ^ second;
            cr_assert(fgr_imported_policy(&got, SCID, direction).known);
            cr_assert_not(fgr_imported_policy(&got, SCID, !direction).known);
            fgr_imported_free(&got);
            fgr_bytes_free(&json);
        }
    }
}

Test(import_describegraph, members_come_in_any_order)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker json = {0};
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_text(&json,
                       " \r\n\t{\"edges\":[{\"node2_policy\":{},\"unknown\":[[{\"edges\":[]}]],"
                       "\"node1_policy\":{\"max_htlc_msat\":5000,\"fee_rate_milli_msat\":9,"
                       "\"pub_key\":3},\"capacity\":100000,\"node2_pub\":\"%s\","
                       "\"channel_id\":" SCID_TEXT ",\"node1_pub\":\"%s\"}],"
                       "\"more\":{\"nodes\":7},\"nodes\":[{\"alias\":\"x\",\"pub_key\":\"%s\"}]}\n",
                       nodes.hex[1], nodes.hex[2], nodes.hex[1]);
    assert_ok(&got, &json);
    cr_assert_eq(got.report.policies, 2);
    struct fgr_policy_info mine = fgr_imported_policy(&got, SCID, 1);
    cr_assert_eq(mine.ppm, 9);
    cr_assert_eq(mine.htlc_max.v, 5000);
    /* All defaults: no maximum means the capacity. */
    struct fgr_policy_info theirs = fgr_imported_policy(&got, SCID, 0);
    cr_assert(theirs.usable);
    cr_assert_eq(theirs.ppm, 0);
    cr_assert_eq(theirs.htlc_max.v, 100000000);
    fgr_imported_free(&got);
    fgr_bytes_free(&json);
}

/* A policy leaves nothing behind for the next one. */
Test(import_describegraph, defaults_are_fresh_in_every_record)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker json = {0};
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_text(&json, "{\"nodes\":[");
    put_node(&json, nodes.hex[0], ",\"alias\":\"x\",\"features\":{\"9\":{}}");
    fgr_bytes_put_text(&json, ",{\"pub_key\":\"%s\"}],\"edges\":[", nodes.hex[1]);
    put_edge(&json, &(struct edge){"\"1099511627776\"", nodes.hex[0], nodes.hex[1], "9", policy,
                                   "{\"disabled\":true}"});
    fgr_bytes_put_text(&json, ",");
    put_edge(&json,
             &(struct edge){"\"1099511627777\"", nodes.hex[0], nodes.hex[1], "9", "{}", "null"});
    fgr_bytes_put_text(&json, "]}");
    assert_ok(&got, &json);
    struct fgr_node_info node;
    cr_assert_eq(fgr_view_node(got.view, &node, (fgr_node_idx){1}), FGR_OK);
    cr_assert_eq(node.alias_len + node.features_len + node.timestamp, 0);
    struct fgr_policy_info info = fgr_imported_policy(&got, UINT64_C(1) << 40, 1);
    cr_assert(info.disabled);
    cr_assert_eq(info.base_msat + info.ppm + info.cltv_delta + info.timestamp, 0);
    cr_assert_eq(info.inbound_base_msat, 0);
    info = fgr_imported_policy(&got, (UINT64_C(1) << 40) + 1, 0);
    cr_assert(info.usable);
    cr_assert_eq(info.base_msat + info.ppm + info.cltv_delta + info.timestamp, 0);
    cr_assert_eq(got.report.policies, 3);
    cr_assert_eq(got.report.parallel_channels, 1);
    fgr_imported_free(&got);
    fgr_bytes_free(&json);
}

Test(import_describegraph, truncated_anywhere_is_an_error_that_says_where)
{
    struct fgr_bytes_maker json = {0};
    put_small(&json, &(struct edge){0});
    const char *text = (const char *)json.data;
    size_t n_whole = json.n;
    const size_t begin[] = {10, (size_t)(strstr(text + 11, "{\"last_update\"") - text),
                            (size_t)(strstr(text, "{\"channel_id\"") - text)};
    const size_t end[] = {begin[1] - 1, (size_t)(strstr(text, "],\"edges\"") - text), n_whole - 2};
    for (json.n = 1; json.n < n_whole; json.n++) {
        char place[96] = "describegraph: the file is cut at byte ", reason[96];
        snprintf(reason, sizeof reason, " cut at byte %zu, %s", json.n,
                 json.n < 10 || json.n >= n_whole - 1 ? "outside of the lists" : "in");
        for (unsigned i = 0; i < 3; i++) {
            if (json.n > begin[i] && json.n < end[i]) {
                snprintf(place, sizeof place, "describegraph: record %u at byte %zu: ", i,
                         begin[i]);
                snprintf(reason, sizeof reason, "the file is cut inside this %s, at byte %zu",
                         i == 2 ? "edge" : "node", json.n);
            }
        }
        if (json.n > end[1] && json.n <= end[1] + 10) { /* between the lists */
            strcpy(reason, "outside of the lists of nodes and edges");
        }
        assert_fails(&json, place, reason);
    }
    json.n = end[1];
    assert_fails(&json, "describegraph: ", "in the list of nodes, after 2 records");
    json.n = end[2];
    assert_fails(&json, "describegraph: ", "in the list of edges, after 3 records");
    fgr_bytes_free(&json);
}

Test(import_describegraph, capacity_and_limits)
{
    static const struct {
        struct edge edge;
        uint64_t no_capacity, usable, min_above_max, max_above_capacity;
    } cases[] = {
        {{.capacity = "\"0\""}, 1, 0, 0, 0},
        {{.capacity = "null"}, 1, 0, 0, 0},
        {{.capacity = "100000"}, 0, 1, 0, 0},
        {{.policy1 = "{\"max_htlc_msat\":\"0\",\"min_htlc\":\"100000000\"}"}, 0, 1, 0, 0},
        {{.policy1 = "{\"max_htlc_msat\":null}"}, 0, 1, 0, 0},
        {{.policy1 = "{\"max_htlc_msat\":\"100000001\"}"}, 0, 0, 0, 1},
        {{.policy1 = "{\"max_htlc_msat\":\"5\",\"min_htlc\":\"6\"}"}, 0, 0, 1, 0},
        {{.policy1 = "{\"min_htlc\":\"18446744073709551615\"}"}, 0, 0, 1, 0},
        {{.policy1 = "{\"disabled\":true}"}, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker json = {0};
        struct fgr_imported got;
        put_small(&json, &cases[i].edge);
        assert_ok(&got, &json);
        cr_assert_eq(got.report.no_capacity, cases[i].no_capacity, "case %zu", i);
        cr_assert_eq(got.report.channels, 1 - cases[i].no_capacity, "case %zu", i);
        cr_assert_eq(got.report.enabled, cases[i].usable, "case %zu", i);
        cr_assert_eq(got.report.min_above_max, cases[i].min_above_max, "case %zu", i);
        cr_assert_eq(got.report.max_above_capacity, cases[i].max_above_capacity, "case %zu", i);
        fgr_imported_free(&got);
        fgr_bytes_free(&json);
    }
}

Test(import_describegraph, bad_values_are_named)
{
    struct fgr_store_nodes nodes;
    fgr_store_nodes_init(&nodes);
    char no_point[2 * FGR_NODE_ID_BYTES + 1];
    snprintf(no_point, sizeof no_point, "03%.*s", 64,
             "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    char no_hex[sizeof no_point];
    snprintf(no_hex, sizeof no_hex, "%.65sg", no_point);
    char digits_68[2 * FGR_NODE_ID_BYTES + 3] = "";
    while (strlen(digits_68) < sizeof digits_68 - 1) {
        strcat(digits_68, "02");
    }
    const struct {
        struct edge edge;
        const char *reason;
    } cases[] = {
        {{.capacity = "\"-5\""}, "capacity is '-5', not a whole number"},
        {{.capacity = "1e3"}, "capacity is '1e3', not"},
        {{.capacity = "1.0"}, "capacity is '1.0', not"},
        {{.capacity = "\"\""}, "capacity is '', not"},
        {{.capacity = "\" 5\""}, "capacity is ' 5', not"},
        {{.capacity = "true"}, "capacity is 'true', not"},
        {{.capacity = "[1]"}, "capacity is '[', not"},
        {{.capacity = "false"}, "capacity is 'false', not"},
        {{.capacity = "\"18446744073709551616\""}, "capacity is '18446744073709551616', not"},
        {{.capacity = "\"2100000000000001\""}, "21 million"},
        {{.capacity = "\"0x10\\u001b[31m\""}, "capacity is '0x10?[31m', not"},
        {{.scid = "null"}, "channel_id is missing"},
        {{.scid = "\"800000x1x1\""}, "channel_id is '800000x1x1', not"},
        {{.node1 = "02ab"}, "node1_pub is '02ab', not a node id of 66 hex digits"},
        {{.node1 = digits_68},
         "node1_pub is '0202020202020202020202020202020202020202...' (68 bytes), "
         "not a node id of 66 hex digits"},
        {{.node2 = no_hex}, "(66 bytes), not a node id of 66 hex digits: character 66 is none"},
        {{.node1 = nodes.hex[1]}, "to itself"},
        {{.node2 = no_point}, "no point on secp256k1"},
        {{.policy1 = "7"}, "node1_policy is '7', not an object"},
        {{.policy2 = "[]"}, "node2_policy is '[', not an object"},
        {{.policy1 = "{\"time_lock_delta\":65536}"}, "time_lock_delta is '65536', not"},
        {{.policy1 = "{\"time_lock_delta\":-1}"}, "time_lock_delta is '-1', not"},
        {{.policy1 = "{\"fee_rate_milli_msat\":\"4294967296\"}"}, "fee_rate_milli_msat is '4294"},
        {{.policy1 = "{\"fee_base_msat\":\"4294967296\"}"}, "fee_base_msat is '4294967296', not"},
        {{.policy1 = "{\"last_update\":4294967296}"}, "last_update is '4294967296', not"},
        {{.policy1 = "{\"disabled\":\"no\"}"}, "disabled is 'no', not true or false"},
        {{.policy1 = "{\"inbound_fee_base_msat\":2147483648}"}, "inbound_fee_base_msat is '21474"},
        {{.policy1 = "{\"inbound_fee_rate_milli_msat\":\"-2147483649\"}"}, "of 32 bits"},
        {{.policy1 = "{\"min_htlc\":{}}"}, "min_htlc is '{', not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker json = {0};
        char begin[64];
        put_small(&json, &cases[i].edge);
        const char *edge = strstr((const char *)json.data, "{\"channel_id\"");
        snprintf(begin, sizeof begin,
                 "describegraph: record 2 at byte %d: ", (int)(edge - (const char *)json.data));
        assert_fails(&json, begin, cases[i].reason);
        fgr_bytes_free(&json);
    }
}

Test(import_describegraph, bad_nodes_and_lists_are_named)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"{\"nodes\":[{}],\"edges\":[]}", "record 0 at byte 10: pub_key is missing"},
        {"{\"nodes\":[{\"pub_key\":null}],\"edges\":[]}", "pub_key is missing"},
        {"{\"nodes\":[{\"pub_key\":7}],\"edges\":[]}", "pub_key is '7', not"},
        {"{\"nodes\":[{\"alias\":7}],\"edges\":[]}", "alias is '7', not a string"},
        {"{\"nodes\":[{\"features\":{\"65536\":{}}}],\"edges\":[]}", "'65536', not a whole number"},
        {"{\"nodes\":[{\"features\":{\"a\":{}}}],\"edges\":[]}", "a feature bit is 'a', not"},
        {"{\"nodes\":[{\"features\":[]}],\"edges\":[]}", "features is '[', not an object"},
        {"{\"nodes\":[7],\"edges\":[]}", "record 0 at byte 10: not an object"},
        {"{\"nodes\":{},\"edges\":[]}", "nodes is '{', not a list"},
        {"{\"edges\":\"x\"}", "edges is 'x', not a list"},
        {"{\"edges\":[[]]}", "not an object"},
        {"{\"nodes\":[]}", "no list \"edges\""},
        {"{\"error\":\"permission denied\"}", "no list \"edges\""},
        {"{}", "no list \"edges\""},
        {"{\"edges\":[]} {}", "not JSON at byte 14"},
        {"{\"edges\":[}", "not JSON at byte 11"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker json = {0};
        fgr_bytes_put_text(&json, "%s", cases[i].text);
        assert_fails(&json, "describegraph: ", cases[i].reason);
        fgr_bytes_free(&json);
    }
}

Test(import_describegraph, one_scid_with_two_pairs_of_ends)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker json = {0};
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    struct edge edge = {"1", nodes.hex[0], nodes.hex[1], "9", "null", "null"};
    fgr_bytes_put_text(&json, "{\"edges\":[");
    put_edge(&json, &edge);
    fgr_bytes_put_text(&json, ",");
    put_edge(&json, &edge);
    size_t n = json.n;
    fgr_bytes_put_text(&json, "]}");
    assert_ok(&got, &json); /* the same again is only counted */
    cr_assert_eq(got.report.duplicates, 1);
    cr_assert_eq(got.report.channels, 1);
    fgr_imported_free(&got);

    json.n = n;
    edge.node2 = nodes.hex[2];
    fgr_bytes_put_text(&json, ",");
    put_edge(&json, &edge);
    fgr_bytes_put_text(&json, "]}");
    assert_fails(&json, "describegraph: record 2 at byte ", "but an earlier record says");
    fgr_bytes_free(&json);
}

/* The alias of the only node, as imported. */
static void assert_alias(const char *json_string, const char *expected, size_t n_expected)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker json = {0};
    struct fgr_imported got;
    struct fgr_node_info node;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_text(&json, "{\"nodes\":[{\"alias\":%s,\"pub_key\":\"%s\"}],\"edges\":[",
                       json_string, nodes.hex[0]);
    put_edge(&json, &(struct edge){"1", nodes.hex[0], nodes.hex[1], "9", "null", "null"});
    fgr_bytes_put_text(&json, "]}");
    assert_ok(&got, &json);
    cr_assert_eq(fgr_view_node(got.view, &node, (fgr_node_idx){0}), FGR_OK);
    cr_assert_eq(node.alias_len, n_expected, "%s: %u bytes", json_string, node.alias_len);
    cr_assert_eq(memcmp(node.alias, expected, n_expected), 0, "%s", json_string);
    fgr_imported_free(&got);
    fgr_bytes_free(&json);
}

#define THIRTY "123456789012345678901234567890"

Test(import_describegraph, aliases_of_any_bytes)
{
    assert_alias("\"\"", "", 0);
    assert_alias("null", "", 0);
    assert_alias("\"\xff\xfe\"", "\xff\xfe", 2);
    assert_alias("\"\\ud83d\\udc19\\t\"", "\xf0\x9f\x90\x99\t", 5);
    assert_alias("\"x\\u0000\\u0000\"", "x", 1);
    assert_alias("\"" THIRTY "12\"", THIRTY "12", 32);
    /* U+FFFD in place of bytes makes an alias too long: cut after a whole character. */
    assert_alias("\"" THIRTY "\\ufffd\\ufffd\"", THIRTY, 30);
    assert_alias("\"" THIRTY "1\\ufffd\"", THIRTY "1", 31);
    assert_alias("\"12" THIRTY "\\ufffd\"", "12" THIRTY, 32);
    assert_alias("\"\x80" THIRTY "\xc3\xa9x\"", "\x80" THIRTY, 31);
}

Test(import_describegraph, endless_text_is_refused)
{
    static const struct {
        const char *head, fill;
    } cases[] = {{"{\"edges\":[{\"x\":\"", 'a'},
                 {"{\"x\":1", '1'},
                 {"{", ' '},
                 {"{\"x\":", '['},
                 {"", '\n'}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker json = {0};
        struct fgr_imported got;
        fgr_bytes_put_text(&json, "%s", cases[i].head);
        memset(fgr_bytes_put(&json, NULL, 4 << 20), cases[i].fill, 4 << 20);
        fgr_import_bytes(&got, &json, NULL);
        cr_assert_eq(got.code, i == 4 ? FGR_ERR_FORMAT : FGR_ERR_LIMIT, "%s", got.err.text);
        fgr_bytes_free(&json);
    }
}
