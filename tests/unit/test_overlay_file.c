/* SPDX-License-Identifier: MIT */
#include "tools/fgr/overlay_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/import/import.h"
#include "graph/overlay.h"
#include "tests/support/graph_maker.h"

#define A "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" /* secret 1 */
#define B "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9" /* secret 3 */
#define C "03a0434d9e47f3c86235477c7b1ae6ae5d3442d49b1943c2b752a68e2a47e247c7" /* not there */
#define D "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5" /* secret 2 */

/* Nodes A, D, B by rising id; channel 1x0x0 between A and D, 2x0x0 between A and B, each of 1000
 * sat and 10 msat + 20 ppm both ways. */
static void open_net(struct fgr_made *made)
{
    const struct fgr_maker_half half = {
        .htlc_max_msat = 900000, .base_msat = 10, .ppm = 20, .cltv_delta = 30, .is_known = true};
    const struct fgr_maker_chan chans[] = {
        {.node = {0, 1}, .capacity_sat = 1000, .half = {half, half}},
        {.node = {0, 2}, .capacity_sat = 1000, .half = {half, half}}};
    struct fgr_maker *maker;
    struct fgr_error err;
    cr_assert(fgr_maker_create(&maker, 3, &err));
    cr_assert(fgr_maker_view(maker, made, chans, 2, 3, &err), "%s", err.text);
    fgr_maker_destroy(maker);
}

static enum fgr_err read_bytes(struct fgr_overlay_builder *builder, const char *bytes,
                               size_t n_bytes, struct fgr_error *err)
{
    struct fgr_source *source;
    enum fgr_err rc = fgr_source_open_memory(&source, bytes, n_bytes, err);
    if (rc == FGR_OK) {
        rc = fgr_overlay_file_read(builder, source, err);
        fgr_source_close(source);
    }
    return rc;
}

/* The overlay of a text that must be right. */
static struct fgr_overlay *overlay_of(const struct fgr_view *view, const char *text)
{
    struct fgr_overlay_builder *builder;
    struct fgr_overlay *overlay;
    struct fgr_error err;
    cr_assert_eq(fgr_overlay_builder_create(&builder, view, &err), FGR_OK);
    cr_assert_eq(read_bytes(builder, text, strlen(text), &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, &err), FGR_OK, "%s", err.text);
    fgr_overlay_builder_destroy(builder);
    return overlay;
}

/* What stands for half-channel `edge` of the view, which the overlay has changed. */
static struct fgr_overlay_edge changed(const struct fgr_overlay *overlay, uint32_t edge)
{
    for (uint32_t i = 0; i < overlay->n_edges; i++) {
        if (overlay->edges[i].origin == edge) {
            return overlay->edges[i];
        }
    }
    cr_assert_fail("half-channel %u is not changed", edge);
    return (struct fgr_overlay_edge){.origin = FGR_IDX_NONE};
}

/* The overlay of some files. */
static enum fgr_err load(struct fgr_overlay **out_overlay, const struct fgr_view *view,
                         const char *const *paths, size_t n_paths, struct fgr_error *err)
{
    struct fgr_overlay_builder *builder;
    cr_assert_eq(fgr_overlay_builder_create(&builder, view, NULL), FGR_OK);
    enum fgr_err rc = fgr_overlay_file_load(builder, paths, n_paths, err);
    rc = rc == FGR_OK ? fgr_overlay_freeze(out_overlay, builder, err) : rc;
    fgr_overlay_builder_destroy(builder);
    return rc;
}

/* ---- statements ---------------------------------------------------------------------------- */

static const char all_kinds[] =
    "{\"overlay\": [\n"
    "{\"channel\": {\"scid\": \"9x8x7\", \"from\": \"" A "\", \"to\": \"" C "\",\n"
    " \"base_msat\": 1, \"ppm\": 2, \"cltv_delta\": 3, \"capacity_sat\": 500,\n"
    " \"htlc_min_msat\": 4, \"htlc_max_msat\": 400000, \"enabled\": true}},\n"
    "{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 1, \"ppm\": 77, \"enabled\": true}},\n"
    "{\"balance\": {\"node\": \"" A "\", \"balance_msat\": \"capacity\"}},\n"
    "{\"balance\": {\"scid\": \"1x0x0\", \"direction\": 0, \"balance_msat\": 600000}},\n"
    "{\"knowledge\": {\"scid\": \"1x0x0\", \"direction\": 1, \"min_msat\": 5, \"max_msat\": 6}},\n"
    "{\"reserved\": {\"scid\": \"1x0x0\", \"direction\": 0, \"amount_msat\": 40000}},\n"
    "{\"reserved\": {\"scid\": \"1x0x0\", \"direction\": 0, \"amount_msat\": 2}},\n"
    "{\"htlcs\": {\"scid\": \"1x0x0\", \"direction\": 1, \"slots\": 3, \"cost_msat\": 700}},\n"
    "{\"htlcs\": {\"scid\": \"1x0x0\", \"direction\": 0, \"slots\": 5}},\n"
    "{\"bias\": {\"scid\": \"1x0x0\", \"direction\": 1, \"bias_msat\": -12}},\n"
    "{\"bias\": {\"node\": \"" A "\", \"bias_msat\": 2}},\n"
    "{\"ban\": {\"scid\": \"2x0x0\", \"direction\": 1}}\n"
    "]}\n";

Test(overlay_file, every_kind_of_statement_is_heard)
{
    struct fgr_made made;
    open_net(&made);
    struct fgr_overlay *overlay = overlay_of(made.view, all_kinds);
    struct fgr_overlay_edge edge = changed(overlay, 1);
    cr_assert(edge.half.ppm == 77 && edge.half.base_msat == 10 && edge.bias_msat == 690);
    cr_assert(edge.slots == 3 && changed(overlay, 0).slots == 5);
    cr_assert_eq(changed(overlay, 2).slots, FGR_SLOTS_ANY);
    cr_assert(edge.min_msat == 5 && edge.max_msat == 6);
    edge = changed(overlay, 0);
    cr_assert(edge.min_msat == 559998 && edge.max_msat == 559998);
    edge = changed(overlay, 2);
    cr_assert(edge.min_msat == 1000000 && edge.max_msat == 1000000);
    cr_assert(fgr_overlay_masks(overlay, 3) && !fgr_overlay_bans(overlay, 0));
    cr_assert_eq(fgr_overlay_in(overlay, 0).n, 1, "2x0x0/1 is banned");
    edge = fgr_overlay_edge_at(made.view, overlay, 4);
    cr_assert(edge.scid == (UINT64_C(9) << 40 | 8 << 16 | 7) && edge.from == 0 && edge.to == 3);
    cr_assert(edge.half.base_msat == 1 && edge.half.ppm == 2 && edge.half.cltv_delta == 3);
    cr_assert(edge.half.htlc_min_msat == 4 && edge.half.htlc_max_msat == 400000);
    cr_assert(edge.min_msat == 500000 && edge.max_msat == 500000, "the balance of node A");
    fgr_overlay_destroy(overlay);
    fgr_made_close(&made);
}

Test(overlay_file, blinded_paths_come_aggregated_or_by_hops)
{
    struct fgr_made made;
    open_net(&made);
    struct fgr_overlay *overlay = overlay_of(
        made.view,
        "{\"overlay\": [{\"blinded_path\": {\"from\": \"" B "\", \"to\": \"" C "\", \"base_msat\": "
        "7, \"ppm\": 8, \"cltv_delta\": 9, \"htlc_max_msat\": 5000}}, {\"blinded_path\": "
        "{\"from\": \"" A "\", \"to\": \"" C "\", \"final_cltv\": 9, \"hops\": [{\"base_msat\": "
        "1000, \"ppm\": 0, \"cltv_delta\": 40}, {\"base_msat\": 0, \"ppm\": 500, \"cltv_delta\": "
        "10, \"htlc_min_msat\": 7}, {\"base_msat\": 500, \"ppm\": 150, \"cltv_delta\": 1, "
        "\"htlc_max_msat\": 800}]}}]}");
    struct fgr_overlay_list list = fgr_overlay_in(overlay, 3);
    cr_assert_eq(list.n, 2);
    struct fgr_overlay_edge edge = fgr_overlay_edge_at(made.view, overlay, list.edge[0]);
    cr_assert(edge.is_blinded && edge.from == 2 && edge.half.htlc_max_msat == 5000);
    cr_assert(edge.half.base_msat == 7 && edge.half.ppm == 8 && edge.half.cltv_delta == 9);
    edge = fgr_overlay_edge_at(made.view, overlay, list.edge[1]);
    cr_assert(edge.is_blinded && edge.from == 0 && edge.half.htlc_max_msat == 800);
    cr_assert(edge.half.base_msat == 1501 && edge.half.ppm == 651 && edge.half.cltv_delta == 60);
    cr_assert_eq(edge.half.htlc_min_msat, 7);
    fgr_overlay_destroy(overlay);
    fgr_made_close(&made);
}

Test(overlay_file, bans_of_all_kinds)
{
    static const struct {
        const char *ban;
        bool is_masked[4]; /* 1x0x0/0 and /1, 2x0x0/0 and /1 */
    } cases[] = {
        {"{\"ban\": {\"node\": \"" A "\"}}", {true, true, true, true}},
        {"{\"ban\": {\"node\": \"" D "\"}}", {true, true, false, false}},
        {"{\"ban\": {\"scid\": \"2x0x0\"}}", {false, false, true, true}},
        {"{\"ban\": {\"scid\": \"2x0x0\", \"direction\": 0}}", {false, false, true, false}},
        {"{\"ban\": {\"from\": \"" B "\", \"to\": \"" A "\"}}", {false, false, false, true}},
        {"{\"only_out\": {\"scid\": \"2x0x0\", \"direction\": 0}}", {true, false, false, false}},
        {"{\"only_in\": {\"scid\": \"2x0x0\", \"direction\": 1}}", {false, true, false, false}},
        {"{\"only_out\": {\"from\": \"" A "\", \"to\": \"" D "\"}}", {false, false, true, false}},
        {"{\"only_in\": {\"from\": \"" B "\", \"to\": \"" A "\"}}", {false, true, false, false}},
    };
    struct fgr_made made;
    open_net(&made);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "{\"overlay\": [%s]}", cases[i].ban);
        struct fgr_overlay *overlay = overlay_of(made.view, text);
        for (uint32_t edge = 0; edge < 4; edge++) {
            cr_assert_eq(fgr_overlay_masks(overlay, edge), cases[i].is_masked[edge], "%s: %u",
                         cases[i].ban, edge);
        }
        fgr_overlay_destroy(overlay);
    }
    fgr_made_close(&made);
}

/* ---- what is refused ----------------------------------------------------------------------- */

/* Bodies of the list, and the start of the message. */
static const struct {
    const char *list;
    const char *message;
} bad[] = {
    {"5", "overlay[0] at byte 14: '5' is not an object"},
    {"{}", "overlay[0] at byte 15: one object is one statement"},
    {"{\"banish\": {}}", "overlay[0] at byte 22: 'banish' is not a known statement"},
    {"{\"ban\": 5}", "overlay[0].ban at byte 22: '5' is not an object"},
    {"{\"ban\": {}}", "overlay[0].ban at byte 23: ban needs node, or scid, or from and to"},
    {"{\"ban\": {\"scid\": \"1x0x0\"}, \"ban\": {}}",
     "overlay[0].ban at byte 45: one object is one statement"},
    {"{\"ban\": {\"node\": \"" A "\", \"scid\": \"1x0x0\"}}",
     "overlay[0].ban at byte 116: ban needs node, or scid, or from and to"},
    {"{\"only_out\": {\"scid\": \"1x0x0\"}}",
     "overlay[0].only_out at byte 43: only_out needs scid and direction, or from and to"},
    {"{\"only_in\": {\"from\": \"" A "\", \"to\": \"" A "\"}}",
     "overlay[0].only_in at byte 179: choice of node " A ": it makes no pair with itself"},
    {"{\"htlcs\": {\"scid\": \"1x0x0\", \"direction\": 0}}",
     "overlay[0].htlcs at byte 56: htlcs needs scid, direction, and slots or cost_msat or both"},
    {"{\"htlcs\": {\"slots\": 484}}",
     "overlay[0].htlcs.slots at byte 36: '484' is not a whole number from 0 to 483"},
    {"{\"ban\": {\"ppm\": 5}}", "overlay[0].ban at byte 27: 'ppm' is not a member of this"},
    {"{\"ban\": {\"scid\": 5}}", "overlay[0].ban.scid at byte 31: '5' is not a string \"BLOCKx"},
    {"{\"ban\": {\"scid\": \"1:0:0\"}}", "overlay[0].ban.scid at byte 37: '1:0:0' is not a str"},
    {"{\"ban\": {\"scid\": \"3x0x0\"}}",
     "overlay[0].ban at byte 38: no channel 3x0x0 in the network, and none was added"},
    {"{\"ban\": {\"scid\": \"1x0x0\", \"scid\": \"1x0x0\"}}",
     "overlay[0].ban.scid at byte 45: it stands there twice"},
    {"{\"ban\": {\"node\": \"02\"}}", "overlay[0].ban.node at byte 34: '02' is not a node id"},
    {"{\"ban\": {\"node\": null}}", "overlay[0].ban.node at byte 34: 'null' is not a node id"},
    {"{\"ban\": {\"node\": \"" C "\"}}", "overlay[0].ban at byte 99: no node 03a0434d9e47f3c8"},
    {"{\"ban\": {\"scid\": \"1x0x0\", \"direction\": 2}}",
     "overlay[0].ban.direction at byte 53: '2' is not a whole number from 0 to 1"},
    {"{\"balance\": {\"scid\": \"1x0x0\", \"balance_msat\": 5}}",
     "overlay[0].balance at byte 61: balance needs balance_msat, and scid and direction, or node"},
    {"{\"balance\": {\"scid\": \"1x0x0\", \"direction\": 0, \"balance_msat\": 1000001}}",
     "overlay[0].balance at byte 83: balance of 1x0x0/0: 1000001 msat is above the capacity"},
    {"{\"balance\": {\"scid\": \"1x0x0\", \"direction\": 0, \"balance_msat\": \"full\"}}",
     "overlay[0].balance.balance_msat at byte 81: 'full' is not a whole number from 0 to "
     "2100000000000000000 or \"capacity\""},
    {"{\"balance\": {\"scid\": \"1x0x0\", \"direction\": 0, \"balance_msat\": -1}}",
     "overlay[0].balance.balance_msat at byte 77: '-1' is not a whole number"},
    {"{\"knowledge\": {\"scid\": \"1x0x0\", \"direction\": 0, \"min_msat\": 1.5}}",
     "overlay[0].knowledge.min_msat at byte 76: '1.5' is not a whole number"},
    {"{\"knowledge\": {\"scid\": \"1x0x0\", \"direction\": 0, \"min_msat\": 9, \"max_msat\": 8}}",
     "overlay[0].knowledge at byte 90: knowledge of 1x0x0/0: min 9 msat is above max, 8 msat"},
    {"{\"reserved\": {\"scid\": \"1x0x0\", \"amount_msat\": 5}}",
     "overlay[0].reserved at byte 61: reserved needs scid, direction and amount_msat"},
    {"{\"reserved\": {\"scid\": \"1x0x0\", \"direction\": 0, \"amount_msat\": "
     "2100000000000000001}}",
     "overlay[0].reserved.amount_msat at byte 94: '2100000000000000001' is not a whole number"},
    {"{\"bias\": {\"node\": \"" A "\", \"bias_msat\": -1000000000000001}}",
     "overlay[0].bias.bias_msat at byte 131: '-1000000000000001' is not a whole number from "
     "-1000000000000000 to 1000000000000000"},
    {"{\"bias\": {\"node\": \"" A "\", \"bias_msat\": \"1\"}}",
     "overlay[0].bias.bias_msat at byte 117: '1' is not a whole number"},
    {"{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 0}}",
     "overlay[0].policy at byte 57: nothing is to change"},
    {"{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 0, \"enabled\": 1}}",
     "overlay[0].policy.enabled at byte 70: '1' is not true or false"},
    {"{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 0, \"ppm\": 4294967296}}",
     "overlay[0].policy.ppm at byte 75: '4294967296' is not a whole number from 0 to 4294967295"},
    {"{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 0, \"htlc_min_msat\": 900001}}",
     "overlay[0].policy at byte 82: policy of 1x0x0/0: htlc_min 900001 msat is above htlc_max"},
    {"{\"channel\": {\"scid\": \"7x0x0\", \"from\": \"" A "\", \"to\": \"" A
     "\", \"base_msat\": 0, \"ppm\": 0, \"cltv_delta\": 0}}",
     "overlay[0].channel at byte 239: channel 7x0x0/1: it joins a node to itself"},
    {"{\"channel\": {\"scid\": \"7x0x0\", \"capacity_sat\": 0}}",
     "overlay[0].channel.capacity_sat at byte 60: '0' is not a whole number from 1 to"},
    {"{\"blinded_path\": {\"from\": \"" A "\", \"to\": \"" B
     "\", \"base_msat\": 0, \"ppm\": 0, \"cltv_delta\": 0}}",
     "overlay[0].blinded_path at byte 227: blinded path 0x0x0/0: the recipient is a node with"},
    {"{\"blinded_path\": {\"hops\": {}}}",
     "overlay[0].blinded_path.hops at byte 40: '{' is not a list of hops"},
    {"{\"blinded_path\": {\"hops\": [5]}}",
     "overlay[0].blinded_path.hops[0] at byte 41: '5' is not a hop, an object"},
    {"{\"blinded_path\": {\"hops\": [{\"ppm\": 5}]}}",
     "overlay[0].blinded_path.hops[0] at byte 50: hop needs base_msat, ppm and cltv_delta"},
    {"{\"blinded_path\": {\"hops\": [{\"ppm\": true}]}}",
     "overlay[0].blinded_path.hops[0].ppm at byte 52: 'true' is not a whole number"},
};

Test(overlay_file, bad_statements_are_told_by_place_and_value)
{
    struct fgr_made made;
    open_net(&made);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fgr_overlay_builder *builder;
        struct fgr_error err = {0};
        char text[1024];
        snprintf(text, sizeof text, "{\"overlay\": [%s]}", bad[i].list);
        cr_assert_eq(fgr_overlay_builder_create(&builder, made.view, NULL), FGR_OK);
        cr_expect_neq(read_bytes(builder, text, strlen(text), &err), FGR_OK, "%s", text);
        cr_expect_eq(strncmp(err.text, bad[i].message, strlen(bad[i].message)), 0, "%s\n%s",
                     err.text, bad[i].message);
        cr_expect_eq(err.record, 0);
        cr_expect_neq(err.offset, FGR_NO_POSITION);
        cr_expect_neq(read_bytes(builder, text, strlen(text), NULL), FGR_OK);
        fgr_overlay_builder_destroy(builder);
    }
    fgr_made_close(&made);
}

Test(overlay_file, other_files_are_no_overlays)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "the file at byte 0: the file is cut here"},
        {"[]", "the file at byte 1: '[' is not an object"},
        {"{}", "the file at byte 2: it has no list \"overlay\""},
        {"{\"nodes\": []}", "the file at byte 8: 'nodes' is not a known member"},
        {"{\"overlay\": {}}", "the file at byte 13: '{' is not a list of statements"},
        {"{\"overlay\": [], \"overlay\": []}", "overlay at byte 25: it stands there twice"},
        {"{\"overlay\": []} {}", ""},
        {"{\"overlay\": [}", ""},
        {"\x02\x00\x01", ""},
    };
    struct fgr_made made;
    open_net(&made);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fgr_overlay_builder *builder;
        struct fgr_error err = {0};
        cr_assert_eq(fgr_overlay_builder_create(&builder, made.view, NULL), FGR_OK);
        cr_expect_eq(read_bytes(builder, cases[i].text, strlen(cases[i].text), &err),
                     FGR_ERR_FORMAT, "%s", cases[i].text);
        cr_expect_eq(strncmp(err.text, cases[i].message, strlen(cases[i].message)), 0, "%s",
                     err.text);
        fgr_overlay_builder_destroy(builder);
    }
    fgr_made_close(&made);
}

/* What was read before a cut stands, and nothing behind it. */
Test(overlay_file, truncated_anywhere_is_an_error)
{
    struct fgr_made made;
    open_net(&made);
    size_t n_whole = sizeof all_kinds - 2; /* without the newline at the end */
    for (size_t n = 0; n < n_whole; n++) {
        struct fgr_overlay_builder *builder;
        struct fgr_error err = {0};
        char *bytes = malloc(n + (n == 0)); /* exactly as long, for the sanitizer */
        cr_assert_not_null(bytes);
        memcpy(bytes, all_kinds, n);
        cr_assert_eq(fgr_overlay_builder_create(&builder, made.view, NULL), FGR_OK);
        cr_assert_eq(read_bytes(builder, bytes, n, &err), FGR_ERR_FORMAT, "%zu bytes", n);
        cr_assert_not_null(strstr(err.text, "the file is cut here"), "%zu: %s", n, err.text);
        fgr_overlay_builder_destroy(builder);
        free(bytes);
    }
    fgr_made_close(&made);
}

/* ---- files --------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fputs(text, file) < 0, 0);
    cr_assert_eq(fclose(file), 0);
}

Test(overlay_file, files_are_read_in_order)
{
    char first[] = "/tmp/fgr-overlay-XXXXXX", second[] = "/tmp/fgr-overlay-XXXXXX";
    const char *paths[] = {first, second};
    struct fgr_made made;
    struct fgr_error err;
    struct fgr_overlay *overlay;
    open_net(&made);
    int fds[] = {mkstemp(first), mkstemp(second)};
    cr_assert(fds[0] >= 0 && fds[1] >= 0);
    cr_assert(close(fds[0]) == 0 && close(fds[1]) == 0);
    write_file(first,
               "{\"overlay\": [{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 0, \"ppm\": "
               "1, \"base_msat\": 1}}]}");
    write_file(second, "{\"overlay\": [{\"policy\": {\"scid\": \"1x0x0\", \"direction\": 0, "
                       "\"ppm\": 2}}]}");
    cr_assert_eq(load(&overlay, made.view, paths, 2, &err), FGR_OK, "%s", err.text);
    struct fgr_overlay_edge edge = changed(overlay, 0);
    cr_assert(edge.half.ppm == 2 && edge.half.base_msat == 1);
    fgr_overlay_destroy(overlay);
    write_file(second, "{\"overlay\": 1}");
    cr_assert_eq(load(&overlay, made.view, paths, 2, &err), FGR_ERR_FORMAT);
    cr_assert_eq(strncmp(err.text, second, strlen(second)), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, ": the file at byte 13: '1' is not a list"), "%s",
                       err.text);
    unlink(second);
    cr_assert_eq(load(&overlay, made.view, paths, 2, &err), FGR_ERR_IO);
    cr_assert_eq(strncmp(err.text, second, strlen(second)), 0, "%s", err.text);
    cr_assert_eq(load(&overlay, made.view, paths, 0, &err), FGR_OK);
    fgr_overlay_destroy(overlay);
    unlink(first);
    fgr_made_close(&made);
}

/* The example fits the bundled network, and each of its statements does something. */
Test(overlay_file, the_example_fits_the_bundled_network, .timeout = 60)
{
    const char *path = FGR_SOURCE_DIR "/datasets/overlay-example.json";
    struct fgr_import_report report;
    struct fgr_source *source;
    struct fgr_error err;
    struct fgr_made made;
    struct fgr_overlay *overlay;
    cr_assert_eq(fgr_source_open(&source, FGR_SOURCE_DIR "/datasets/synth-mainnet.fgr.zst", &err),
                 FGR_OK, "%s", err.text);
    struct fgr_import_input input = {.source = source};
    cr_assert_eq(fgr_import_source(&made.bytes, &made.n_bytes, &input, &report, &err), FGR_OK);
    fgr_source_close(source);
    cr_assert_eq(fgr_view_open_memory(&made.view, made.bytes, made.n_bytes, &err), FGR_OK);
    cr_assert_eq(load(&overlay, made.view, &path, 1, &err), FGR_OK, "%s", err.text);
    unsigned n_blinded = 0, n_biased = 0, n_exact = 0, n_banned = 0;
    uint64_t reserved_msat = 0;
    for (uint32_t i = 0; i < overlay->n_edges; i++) {
        const struct fgr_overlay_edge *edge = &overlay->edges[i];
        bool usable = (edge->half.flags & FGR_HALF_USABLE) != 0;
        n_blinded += usable && edge->is_blinded;
        n_biased += edge->bias_msat != 0;
        reserved_msat += edge->reserved_msat;
        n_exact += edge->origin != FGR_IDX_NONE && edge->min_msat == edge->max_msat;
    }
    for (uint32_t node = 0; node < made.view->n_nodes; node++) {
        n_banned += fgr_overlay_bans(overlay, node);
    }
    cr_assert(n_blinded == 2 && n_biased > 1 && n_exact > 1 && n_banned == 1);
    cr_assert_eq(reserved_msat, 20000000);
    cr_assert_eq(fgr_overlay_node_count(overlay), made.view->n_nodes + 2);
    cr_assert(overlay->has_discount);
    fgr_overlay_destroy(overlay);
    fgr_made_close(&made);
}
