/* SPDX-License-Identifier: MIT */
#include "graph/import/csv.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/store_maker.h"

#define HEADER                                                                         \
    "scid,source_node_index,dest_node_index,capacity_sat,htlc_min_msat,htlc_max_msat," \
    "base_fee_msat,fee_ppm,cltv_delta,enabled"
#define SCID(block) ((uint64_t)(block) << 40 | UINT64_C(1) << 16 | 1)

static void put_nodes(struct fgr_bytes_maker *csv)
{
    struct fgr_store_nodes nodes;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_text(csv, "node_index,node_id,real_node_id\n");
    for (unsigned i = 0; i < FGR_STORE_NODES; i++) {
        fgr_bytes_put_text(csv, "%u,%s,x\n", i, nodes.hex[i]);
    }
}

static const char small[] = HEADER "\n"
                                   "1x1x1,0,1,100000,1000,90000000,1001,250,40,1\n"
                                   "1x1x1,1,0,100000,0,100000000,0,0,0,0\n"
                                   "2x1x1,5,2,200000,1,2,3,4,5,1\n"
                                   "2x1x1,2,5,200000,6,7,8,9,10,1\n";

static void import(struct fgr_imported *got, const char *channels, size_t n)
{
    struct fgr_bytes_maker nodes = {0}, csv = {0};
    put_nodes(&nodes);
    fgr_bytes_put(&csv, channels, n);
    fgr_import_bytes(got, &csv, &nodes);
    fgr_bytes_free(&csv);
    fgr_bytes_free(&nodes);
}

static void assert_ok(struct fgr_imported *got, const char *channels, size_t n)
{
    import(got, channels, n);
    cr_assert_eq(got->code, FGR_OK, "%s", got->err.text);
    cr_assert_eq(got->report.format, FGR_FORMAT_CSV);
}

static void assert_fails(const char *channels, size_t n, const char *reason)
{
    struct fgr_imported got;
    import(&got, channels, n);
    cr_assert_eq(got.code, FGR_ERR_FORMAT, "%s", reason);
    cr_assert_null(got.bytes);
    cr_assert_eq(strncmp(got.err.text, "csv: ", 5), 0, "%s", got.err.text);
    cr_assert_not_null(strstr(got.err.text, reason), "wanted '%s', got: %s", reason, got.err.text);
}

static void assert_small(const struct fgr_imported *got)
{
    cr_assert_eq(got->report.nodes, 4);
    cr_assert_eq(got->report.channels, 2);
    cr_assert_eq(got->report.policies, 3);
    cr_assert_eq(got->report.missing, 1);
    cr_assert_eq(got->report.duplicates, 0);
    struct fgr_policy_info info = fgr_imported_policy(got, SCID(1), 0);
    cr_assert(info.usable);
    cr_assert_eq(info.htlc_min.v, 1000);
    cr_assert_eq(info.htlc_max.v, 90000000);
    cr_assert_eq(info.base_msat, 1001);
    cr_assert_eq(info.ppm, 250);
    cr_assert_eq(info.cltv_delta, 40);
    cr_assert_eq(fgr_imported_policy(got, SCID(2), 1).base_msat, 3);
    cr_assert_eq(fgr_imported_policy(got, SCID(2), 0).base_msat, 8);
    cr_assert_not(fgr_imported_policy(got, SCID(1), 1).known);
}

Test(import_csv, rows_make_channels_and_policies)
{
    struct fgr_imported got;
    assert_ok(&got, small, sizeof small - 1);
    cr_assert_eq(got.report.records, 4);
    cr_assert_eq(got.report.bytes, sizeof small - 1);
    assert_small(&got);
    fgr_imported_free(&got);
}

Test(import_csv, columns_come_in_any_order_and_lines_end_in_crlf)
{
    static const char mixed[] =
        "remark,enabled,cltv_delta,fee_ppm,base_fee_msat,htlc_max_msat,htlc_min_msat,capacity_sat,"
        "dest_node_index,source_node_index,scid\r\n"
        "x,1,40,250,1001,90000000,1000,100000,1,0,1x1x1\r\n"
        "y,0,0,0,0,100000000,0,100000,0,1,1x1x1\r\n"
        ",1,5,4,3,2,1,200000,2,5,2x1x1\r\n"
        ",1,10,9,8,7,6,200000,5,2,2x1x1\r\n";
    struct fgr_imported got, straight;
    assert_ok(&got, mixed, sizeof mixed - 1);
    assert_small(&got);
    assert_ok(&straight, small, sizeof small - 1);
    cr_assert_eq(got.n_bytes, straight.n_bytes);
    cr_assert_eq(memcmp(got.bytes, straight.bytes, got.n_bytes), 0);
    fgr_imported_free(&straight);
    fgr_imported_free(&got);
}

/* Cut inside a line: an error. Cut between lines: nothing tells that there was more. */
Test(import_csv, truncated_anywhere)
{
    for (size_t n = sizeof HEADER - 1; n < sizeof small - 1; n++) {
        struct fgr_imported got;
        if (small[n - 1] == '\n') {
            assert_ok(&got, small, n);
            cr_assert_lt(got.report.records, 4);
            fgr_imported_free(&got);
        } else if (n > sizeof HEADER - 1) {
            assert_fails(small, n, "cut inside a line");
        } else {
            import(&got, small, n); /* not even the header */
            cr_assert_eq(got.code, FGR_ERR_FORMAT);
        }
    }
}

Test(import_csv, truncated_nodes)
{
    struct fgr_bytes_maker nodes = {0}, csv = {0};
    put_nodes(&nodes);
    fgr_bytes_put(&csv, small, sizeof small - 1);
    size_t n_whole = nodes.n;
    /* The last line but two is node 5, which the channels need. */
    for (nodes.n = 0; nodes.n < n_whole; nodes.n++) {
        struct fgr_imported got;
        bool is_line = nodes.n > 0 && nodes.data[nodes.n - 1] == '\n';
        fgr_import_bytes(&got, &csv, &nodes);
        if (got.code == FGR_OK) {
            cr_assert(is_line && nodes.n > n_whole - 2 * 72, "%zu of %zu", nodes.n, n_whole);
            assert_small(&got);
        }
        cr_assert(is_line || strstr(got.err.text, "csv: nodes file: ") == got.err.text, "%s",
                  got.err.text);
        fgr_imported_free(&got);
    }
    fgr_bytes_free(&csv);
    fgr_bytes_free(&nodes);
}

Test(import_csv, without_nodes_it_says_how_to_give_them)
{
    struct fgr_bytes_maker csv = {0};
    struct fgr_imported got;
    fgr_bytes_put(&csv, small, sizeof small - 1);
    fgr_import_bytes(&got, &csv, NULL);
    cr_assert_eq(got.code, FGR_ERR_ARG);
    cr_assert_not_null(strstr(got.err.text, "--nodes"), "%s", got.err.text);
    fgr_bytes_free(&csv);
}

Test(import_csv, bad_rows_are_named)
{
    static const struct {
        const char *row, *reason;
    } cases[] = {
        {"x", "1 cells, but the header names 10 columns"},
        {"", "1 cells, but"},
        {"3x1x1,0,1,9,0,9,0,0,0,1,", "11 cells, but"},
        {"3x1,0,1,9,0,9,0,0,0,1", "scid is '3x1', not BLOCKxTXxOUTPUT"},
        {"3x1x65536,0,1,9,0,9,0,0,0,1", "scid is"},
        {"3x16777216x1,0,1,9,0,9,0,0,0,1", "scid is"},
        {"16777216x1x1,0,1,9,0,9,0,0,0,1", "scid is"},
        {"3x1x1x1,0,1,9,0,9,0,0,0,1", "scid is"},
        {"3x1x1,8,1,9,0,9,0,0,0,1", "source_node_index is '8', not a node_index"},
        {"3x1x1,0,-1,9,0,9,0,0,0,1", "dest_node_index is '-1', not a whole"},
        {"3x1x1,0,1,1e3,0,9,0,0,0,1", "capacity_sat is '1e3', not a whole"},
        {"3x1x1,0,1,2100000000000001,0,9,0,0,0,1", "21 million"},
        {"3x1x1,0,1,9,1.5,9,0,0,0,1", "htlc_min_msat is '1.5', not"},
        {"3x1x1,0,1,9,0, 9,0,0,0,1", "htlc_max_msat is ' 9', not"},
        {"3x1x1,0,1,9,0,9,4294967296,0,0,1", "base_fee_msat is '4294967296', not"},
        {"3x1x1,0,1,9,0,9,0,4294967296,0,1", "fee_ppm is '4294967296', not"},
        {"3x1x1,0,1,9,0,9,0,0,65536,1",
         "cltv_delta is '65536', not a whole number from 0 to 65535"},
        {"3x1x1,0,1,9,0,9,0,0,0,2", "enabled is '2', not a whole number from 0 to 1"},
        {"3x1x1,0,0,9,0,9,0,0,0,1", "to itself"},
        {"1x1x1,0,2,100000,0,9,0,0,0,1", "but an earlier record"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker csv = {0};
        char reason[160];
        fgr_bytes_put(&csv, small, sizeof small - 1);
        fgr_bytes_put_text(&csv, "%s\n", cases[i].row);
        snprintf(reason, sizeof reason, "record 4 at byte %zu: ", sizeof small - 1);
        assert_fails((const char *)csv.data, csv.n, reason);
        assert_fails((const char *)csv.data, csv.n, cases[i].reason);
        fgr_bytes_free(&csv);
    }
}

Test(import_csv, odd_rows_are_counted)
{
    struct fgr_imported got;
    static const char odd[] = HEADER "\n"
                                     "1x1x1,0,1,0,0,9,0,0,0,1\n"    /* no capacity */
                                     "2x1x1,0,1,9,0,9001,0,0,0,1\n" /* maximum above it */
                                     "3x1x1,0,1,9,9,8,0,0,0,1\n"    /* minimum above maximum */
                                     "4x1x1,0,1,9,0,9,0,0,0,1\n"
                                     "5x1x1,0,1,9,0,9,0,0,0,1\n"
                                     "4x1x1,1,0,9,0,9,0,0,0,1\n"  /* not beside its other half */
                                     "5x1x1,0,1,9,0,9,0,0,0,1\n"; /* the same again */
    assert_ok(&got, odd, sizeof odd - 1);
    cr_assert_eq(got.report.no_capacity, 1);
    cr_assert_eq(got.report.max_above_capacity, 1);
    cr_assert_eq(got.report.min_above_max, 1);
    cr_assert_eq(got.report.channels, 4);
    cr_assert_eq(got.report.enabled, 3);
    cr_assert_eq(got.report.duplicates, 3); /* channels 4 and 5, policy of 5 */
    fgr_imported_free(&got);
}

Test(import_csv, bad_headers)
{
    assert_fails("scid,capacity_sat\n", 18, "the first line names no column source_node_index");
    assert_fails("scid,scid\n", 10, "header: a column is 'scid', not one of at most 64");
    struct fgr_bytes_maker csv = {0};
    fgr_bytes_put_text(&csv, "scid");
    for (unsigned i = 0; i < 64; i++) {
        fgr_bytes_put_text(&csv, ",c%u", i);
    }
    fgr_bytes_put_text(&csv, "\n");
    assert_fails((const char *)csv.data, csv.n, "header: a column is 'c63', not one of at most 64");
    csv.n = 0;
    fgr_bytes_put_text(&csv, HEADER "\n");
    memset(fgr_bytes_put(&csv, NULL, 5000), '1', 5000);
    fgr_bytes_put_text(&csv, "\n");
    assert_fails((const char *)csv.data, csv.n, "a line of more than 4096 bytes: this is no table");
    fgr_bytes_free(&csv);
}

#define DIGITS_60 "012345678901234567890123456789012345678901234567890123456789"

Test(import_csv, bad_nodes_files)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "the file is empty"},
        {"a\n", "the first line names no column node_index"},
        {"node_index\n", "the first line names no column node_id"},
        {"node_index,node_id\n0," DIGITS_60 "78901234\n",
         "record 0 at byte 19: node_id is '0123456789012345678901234567890123456789...' (68 "
         "bytes), "
         "not a node id of 66 hex digits"},
        {"node_index,node_id\n0," DIGITS_60 "78x012\n", "hex digits: character 63 is none"},
        {"node_index,node_id\n0,02\n", "node_id is '02', not a node id of 66 hex digits"},
        {"node_index,node_id\n-1,02\n", "node_index is '-1', not a whole number"},
        {"node_index,node_id\n0", "cut inside a line"},
    };
    struct fgr_bytes_maker csv = {0};
    struct fgr_imported got;
    fgr_bytes_put(&csv, small, sizeof small - 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker nodes = {0};
        fgr_bytes_put_text(&nodes, "%s", cases[i].text);
        fgr_import_bytes(&got, &csv, &nodes);
        cr_assert_eq(got.code, FGR_ERR_FORMAT);
        cr_assert_eq(strncmp(got.err.text, "csv: nodes file: ", 17), 0, "%s", got.err.text);
        cr_assert_not_null(strstr(got.err.text, cases[i].reason), "%s", got.err.text);
        fgr_bytes_free(&nodes);
    }
    struct fgr_bytes_maker nodes = {0};
    put_nodes(&nodes);
    size_t n = nodes.n;
    fgr_bytes_put(&nodes, nodes.data + n - 71, 71); /* the last row again */
    fgr_import_bytes(&got, &csv, &nodes);
    cr_assert_not_null(strstr(got.err.text, "node_index 7 stands there twice"), "%s", got.err.text);
    fgr_bytes_free(&nodes);
    fgr_bytes_free(&csv);
}
