/* SPDX-License-Identifier: MIT */
#include "graph/view.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/image.h"
#include "graph/util/hex.h"
#include "tests/support/forge.h"
#include "tests/support/small_net.h"

#define ID_DIGITS (2 * FGR_NODE_ID_BYTES)

struct opened {
    struct fgr_small_net net;
    struct fgr_view *view;
    void *bytes;
    size_t n_bytes;
};

/* A net whose aliases the test chooses: one each, NULL for none. */
static void open_net(struct opened *out, uint64_t seed, const char *const aliases[FGR_SMALL_NODES])
{
    struct fgr_import_report report;
    struct fgr_error err;
    fgr_small_net_make(&out->net, seed);
    for (int i = 0; aliases != NULL && i < FGR_SMALL_NODES; i++) {
        const char *alias = aliases[i] != NULL ? aliases[i] : "";
        out->net.nodes[i].alias =
            (struct fgr_bytes){.data = (const uint8_t *)alias, .len = (uint32_t)strlen(alias)};
    }
    cr_assert_eq(fgr_small_net_build(&out->net, &out->bytes, &out->n_bytes, &report, NULL, &err),
                 FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_view_open_memory(&out->view, out->bytes, out->n_bytes, &err), FGR_OK, "%s",
                 err.text);
}

static void close_net(struct opened *opened)
{
    fgr_view_close(opened->view);
    fgr_image_free(opened->bytes, opened->n_bytes);
}

/* ---- records ------------------------------------------------------------------------------- */

static void assert_nodes(const struct opened *opened)
{
    uint32_t n_channels = 0, n_out = 0, n_in = 0;
    for (uint32_t i = 0; i < FGR_SMALL_NODES; i++) {
        const struct fgr_node_record *record = &opened->net.nodes[i];
        struct fgr_node_info info;
        cr_assert_eq(fgr_view_node(opened->view, &info, (fgr_node_idx){i}), FGR_OK);
        cr_assert_arr_eq(info.id, record->id, FGR_NODE_ID_BYTES);
        cr_assert_eq(info.timestamp, record->timestamp);
        cr_assert_eq(info.alias_len, record->alias.len);
        cr_assert_arr_eq(info.alias, record->alias.data, record->alias.len);
        cr_assert_eq(info.features_len, record->features.len);
        cr_assert_arr_eq(info.features, record->features.data, record->features.len);
        n_channels += info.channels;
        n_out += info.enabled_out;
        n_in += info.enabled_in;
    }
    cr_assert_eq(n_channels, FGR_SMALL_HALVES);
    cr_assert_eq(n_out, fgr_view_enabled_count(opened->view));
    cr_assert_eq(n_in, fgr_view_enabled_count(opened->view));
}

static void assert_policy(const struct opened *opened, uint32_t half)
{
    const struct fgr_policy_record *record = &opened->net.policies[half];
    struct fgr_policy_info info;
    cr_assert_eq(fgr_view_policy(opened->view, &info, (fgr_edge_idx){half}), FGR_OK);
    cr_assert_eq(info.known, opened->net.has_policy[half]);
    if (!info.known) {
        cr_assert(!info.usable && !info.disabled);
        cr_assert_eq(info.htlc_max.v, 0);
        cr_assert_eq(info.inbound_base_msat, 0);
        return;
    }
    uint64_t capacity_msat = opened->net.chans[half / 2].capacity_sat * 1000;
    uint64_t max_msat = record->max_is_capacity ? capacity_msat : record->htlc_max_msat;
    cr_assert_eq(info.htlc_min.v, record->htlc_min_msat);
    cr_assert_eq(info.htlc_max.v, max_msat);
    cr_assert_eq(info.base_msat, record->base_msat);
    cr_assert_eq(info.ppm, record->ppm);
    cr_assert_eq(info.inbound_base_msat, record->inbound_base_msat);
    cr_assert_eq(info.inbound_ppm, record->inbound_ppm);
    cr_assert_eq(info.timestamp, record->timestamp);
    cr_assert_eq(info.cltv_delta, record->cltv_delta);
    cr_assert_eq(info.disabled, record->disabled);
    cr_assert_eq(info.usable, !record->disabled && record->htlc_min_msat <= max_msat &&
                                  max_msat <= capacity_msat);
}

static void assert_channels(const struct opened *opened)
{
    for (uint32_t i = 0; i < FGR_SMALL_CHANS; i++) {
        const struct fgr_channel_record *record = &opened->net.chans[i];
        struct fgr_channel_info info;
        fgr_chan_idx found;
        cr_assert_eq(fgr_view_channel(opened->view, &info, (fgr_chan_idx){i}), FGR_OK);
        cr_assert_eq(info.scid, record->scid);
        cr_assert_eq(info.capacity.v, record->capacity_sat);
        cr_assert_eq(info.dying, record->dying);
        cr_assert_eq(info.features_len, record->features.len);
        cr_assert_arr_eq(info.features, record->features.data, record->features.len);
        cr_assert_lt(info.node[0].v, info.node[1].v);
        cr_assert_eq(fgr_view_edge_from(opened->view, 2 * i), info.node[0].v);
        cr_assert_eq(fgr_view_edge_to(opened->view, 2 * i), info.node[1].v);
        cr_assert_eq(fgr_view_edge_from(opened->view, 2 * i + 1), info.node[1].v);
        cr_assert_eq(fgr_view_chan_of(opened->view, 2 * i + 1)->scid, record->scid);
        cr_assert_eq(fgr_view_find_channel(opened->view, &found, record->scid), FGR_OK);
        cr_assert_eq(found.v, i);
        cr_assert_eq(fgr_view_find_channel(opened->view, &found, record->scid + 1),
                     FGR_ERR_UNKNOWN);
        cr_assert_eq(fgr_view_find_channel(opened->view, &found, record->scid - 1),
                     FGR_ERR_UNKNOWN);
        assert_policy(opened, 2 * i);
        assert_policy(opened, 2 * i + 1);
    }
}

Test(view, gives_back_every_record)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct opened opened;
        open_net(&opened, seed, NULL);
        cr_assert_eq(fgr_view_node_count(opened.view), FGR_SMALL_NODES);
        cr_assert_eq(fgr_view_channel_count(opened.view), FGR_SMALL_CHANS);
        assert_nodes(&opened);
        assert_channels(&opened);
        close_net(&opened);
    }
}

Test(view, indexes_out_of_range_leave_the_output)
{
    struct opened opened;
    struct fgr_node_info node = {.timestamp = 77}, node_before = node;
    struct fgr_channel_info chan = {.scid = 77}, chan_before = chan;
    struct fgr_policy_info policy = {.ppm = 77}, policy_before = policy;
    open_net(&opened, 1, NULL);
    static const uint32_t beyond[] = {0, 1, 1000, FGR_IDX_NONE - 1, FGR_IDX_NONE};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        uint32_t v = beyond[i] > 1 ? beyond[i] : FGR_SMALL_NODES + beyond[i];
        uint32_t c = beyond[i] > 1 ? beyond[i] : FGR_SMALL_CHANS + beyond[i];
        uint32_t e = beyond[i] > 1 ? beyond[i] : FGR_SMALL_HALVES + beyond[i];
        cr_assert_eq(fgr_view_node(opened.view, &node, (fgr_node_idx){v}), FGR_ERR_ARG);
        cr_assert_eq(fgr_view_channel(opened.view, &chan, (fgr_chan_idx){c}), FGR_ERR_ARG);
        cr_assert_eq(fgr_view_policy(opened.view, &policy, (fgr_edge_idx){e}), FGR_ERR_ARG);
    }
    cr_assert_eq(memcmp(&node, &node_before, sizeof node), 0);
    cr_assert_eq(memcmp(&chan, &chan_before, sizeof chan), 0);
    cr_assert_eq(memcmp(&policy, &policy_before, sizeof policy), 0);
    close_net(&opened);
}

/* ---- look-up by id ------------------------------------------------------------------------- */

struct text {
    char hex[ID_DIGITS + 1];
};

static struct text id_text(const struct opened *opened, uint32_t node, size_t n_digits)
{
    struct text text;
    fgr_hex_encode(text.hex, opened->net.nodes[node].id, n_digits);
    return text;
}

static void assert_found(const struct opened *opened, const char *text, uint32_t node)
{
    struct fgr_error err = {.text = ""};
    fgr_node_idx found = {FGR_IDX_NONE};
    cr_assert_eq(fgr_view_find_node(opened->view, &found, text, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(found.v, node, "%s", text);
}

static void assert_not_found(const struct opened *opened, enum fgr_err code, const char *text,
                             const char *complaint)
{
    struct fgr_error err;
    fgr_node_idx found = {77};
    cr_assert_eq(fgr_view_find_node(opened->view, &found, text, &err), code, "'%s'", text);
    cr_assert_eq(err.code, code);
    cr_assert_str_eq(err.text, complaint);
    cr_assert_eq(found.v, 77);
    cr_assert_eq(fgr_view_find_node(opened->view, &found, text, NULL), code);
}

Test(view, finds_ids_and_prefixes_of_any_length_and_case)
{
    struct opened opened;
    open_net(&opened, 2, NULL);
    for (uint32_t i = 0; i < FGR_SMALL_NODES; i++) {
        fgr_node_idx found;
        cr_assert_eq(fgr_view_find_id(opened.view, &found, opened.net.nodes[i].id), FGR_OK);
        cr_assert_eq(found.v, i);
        for (size_t n_digits = 8; n_digits <= ID_DIGITS; n_digits++) {
            struct text text = id_text(&opened, i, n_digits);
            assert_found(&opened, text.hex, i);
            for (char *c = text.hex; *c != '\0'; c++) {
                *c = (char)toupper((unsigned char)*c);
            }
            assert_found(&opened, text.hex, i);
        }
    }
    close_net(&opened);
}

/* One digit off, at every place: only the last digits decide. */
Test(view, finds_no_id_that_differs_in_one_digit)
{
    struct opened opened;
    struct fgr_error err;
    fgr_node_idx found;
    open_net(&opened, 2, NULL);
    for (uint32_t i = 0; i < FGR_SMALL_NODES; i++) {
        for (size_t digit = 0; digit < ID_DIGITS; digit++) {
            uint8_t id[FGR_NODE_ID_BYTES];
            struct text text;
            memcpy(id, opened.net.nodes[i].id, sizeof id);
            id[digit / 2] ^= digit % 2 == 0 ? 0x10 : 0x01;
            cr_assert_eq(fgr_view_find_id(opened.view, &found, id), FGR_ERR_UNKNOWN);
            fgr_hex_encode(text.hex, id, ID_DIGITS);
            cr_assert_eq(fgr_view_find_node(opened.view, &found, text.hex, &err), FGR_ERR_UNKNOWN);
            cr_assert_not_null(strstr(err.text, "no node has the id "));
            cr_assert_not_null(strstr(err.text, text.hex));
            fgr_hex_encode(text.hex, id, digit < 8 ? 8 : digit + 1);
            cr_assert_eq(fgr_view_find_node(opened.view, &found, text.hex, &err), FGR_ERR_UNKNOWN);
        }
    }
    close_net(&opened);
}

/* Ids 3, 4, .. of the view share their first `n_bytes` bytes; the points do not exist, which an
 * image is not asked about. */
static void share_prefix(struct opened *opened, uint32_t n_sharing, size_t n_bytes)
{
    uint8_t *first = fgr_forge_at(opened->bytes, FGR_SECTION_NODE_ID, 3);
    fgr_view_close(opened->view);
    for (uint32_t i = 0; i < n_sharing; i++) {
        uint8_t *id = first + (size_t)i * FGR_NODE_ID_BYTES;
        memcpy(id, first, n_bytes);
        id[n_bytes] = (uint8_t)(0xa0 + i);
        memcpy(opened->net.nodes[3 + i].id, id, FGR_NODE_ID_BYTES);
    }
    fgr_forge_seal(opened->bytes, opened->n_bytes);
    struct fgr_error err;
    cr_assert_eq(fgr_view_open_memory(&opened->view, opened->bytes, opened->n_bytes, &err), FGR_OK,
                 "%s", err.text);
}

Test(view, names_the_candidates_of_a_prefix)
{
    for (uint32_t n = 2; n <= 4; n++) {
        struct opened opened;
        char complaint[512];
        open_net(&opened, 3, NULL);
        share_prefix(&opened, n, 16);
        struct text common = id_text(&opened, 3, 32);
        const char *c = common.hex;
        snprintf(complaint, sizeof complaint, "'%s' fits %u nodes: %sa0, %sa1%s%s%s%s", c, n, c, c,
                 n > 2 ? ", " : "", n > 2 ? c : "", n > 2 ? "a2" : "", n > 3 ? ", .." : "");
        assert_not_found(&opened, FGR_ERR_AMBIGUOUS, common.hex, complaint);
        for (uint32_t i = 0; i < n; i++) { /* two digits more decide, one does not */
            assert_found(&opened, id_text(&opened, 3 + i, 34).hex, 3 + i);
        }
        struct fgr_error err;
        fgr_node_idx found;
        struct text odd = id_text(&opened, 3, 33);
        cr_assert_eq(fgr_view_find_node(opened.view, &found, odd.hex, &err), FGR_ERR_AMBIGUOUS);
        cr_assert_not_null(strstr(err.text, ".."), "%s", err.text);
        close_net(&opened);
    }
}

/* ---- look-up by alias ---------------------------------------------------------------------- */

static const char longest_alias[] = "an alias of just thirty-two byte";

Test(view, finds_aliases_exactly)
{
    static const char *const aliases[FGR_SMALL_NODES] = {
        "b",           "ab",       "abc", "ABC", " abc", "\xff\x01",
        longest_alias, "deadbeef", "0",   NULL,  "ab c", "caf\xc3\xa9"};
    struct opened opened;
    open_net(&opened, 4, aliases);
    for (uint32_t i = 0; i < FGR_SMALL_NODES; i++) {
        if (aliases[i] != NULL) {
            assert_found(&opened, aliases[i], i);
        }
    }
    assert_not_found(&opened, FGR_ERR_UNKNOWN, "Ab",
                     "no node has the alias 'Ab', and a prefix of a "
                     "node id needs at least 8 hex digits");
    assert_not_found(&opened, FGR_ERR_UNKNOWN, "abc ", "no node has the alias 'abc '");
    assert_not_found(
        &opened, FGR_ERR_UNKNOWN,
        "02abababababababababababababababababababababababababababababababab"
        "ab",
        "'02ababababababababababababababab..' is no node: 68 bytes are too many for an "
        "alias (32), and a node id has 66 hex digits");
    assert_not_found(&opened, FGR_ERR_UNKNOWN, "\xff", "no node has the alias '\xff'");
    close_net(&opened);
}

Test(view, tries_an_id_before_an_alias)
{
    const char *aliases[FGR_SMALL_NODES] = {NULL};
    struct opened opened;
    open_net(&opened, 5, aliases);
    struct text prefix = id_text(&opened, 2, 10);
    close_net(&opened);
    aliases[7] = prefix.hex; /* looks like the id of node 2 */
    aliases[8] = "0123456789";
    open_net(&opened, 5, aliases);
    assert_found(&opened, prefix.hex, 2);
    assert_found(&opened, "0123456789", 8);
    close_net(&opened);
}

Test(view, names_the_nodes_of_a_shared_alias)
{
    static const char *const aliases[FGR_SMALL_NODES] = {"two",  "three", "four", "four", "three",
                                                         "four", "two",   "four", "three"};
    static const struct {
        const char *alias;
        uint32_t nodes[3];
        uint32_t n;
    } cases[] = {{"two", {0, 6, 0}, 2}, {"three", {1, 4, 8}, 3}, {"four", {2, 3, 5}, 4}};
    struct opened opened;
    open_net(&opened, 6, aliases);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char complaint[256];
        uint32_t n = cases[i].n;
        snprintf(complaint, sizeof complaint, "'%s' fits %u nodes: %s, %s%s%s%s", cases[i].alias, n,
                 id_text(&opened, cases[i].nodes[0], 16).hex,
                 id_text(&opened, cases[i].nodes[1], 16).hex, n > 2 ? ", " : "",
                 n > 2 ? id_text(&opened, cases[i].nodes[2], 16).hex : "", n > 3 ? ", .." : "");
        assert_not_found(&opened, FGR_ERR_AMBIGUOUS, cases[i].alias, complaint);
    }
    close_net(&opened);
}

Test(view, says_what_would_help)
{
    static const char *const aliases[FGR_SMALL_NODES] = {"x"};
    struct opened opened;
    open_net(&opened, 7, aliases);
    assert_not_found(
        &opened, FGR_ERR_UNKNOWN, "",
        "the node is empty: give an id, a prefix of at least 8 hex digits or an alias");
    assert_not_found(&opened, FGR_ERR_UNKNOWN, "02abcde",
                     "no node has the alias '02abcde', and a prefix of a node id needs at least 8 "
                     "hex digits");
    assert_not_found(&opened, FGR_ERR_UNKNOWN, "00000000",
                     "no node has an id that starts with 00000000, or that alias");
    assert_not_found(&opened, FGR_ERR_UNKNOWN, "tab\tand\x1b[31mred\x7f",
                     "no node has the alias 'tab?and?[31mred?'");
    assert_not_found(
        &opened, FGR_ERR_UNKNOWN, "an alias of more than thirty-two bytes",
        "'an alias of more than thirty-two..' is no node: 38 bytes are too many for an "
        "alias (32), and a node id has 66 hex digits");
    struct text id = id_text(&opened, 0, ID_DIGITS);
    char longer[ID_DIGITS + 2];
    snprintf(longer, sizeof longer, "%s0", id.hex);
    struct fgr_error err;
    fgr_node_idx found;
    cr_assert_eq(fgr_view_find_node(opened.view, &found, longer, &err), FGR_ERR_UNKNOWN);
    close_net(&opened);
}

Test(view, of_nothing_finds_nothing)
{
    struct fgr_import_report report = {0};
    struct fgr_builder *builder;
    struct fgr_view *view;
    static const uint8_t id[FGR_NODE_ID_BYTES] = {2};
    fgr_node_idx node;
    fgr_chan_idx chan;
    void *bytes;
    size_t n_bytes;
    cr_assert_eq(fgr_builder_create(&builder, &report, NULL), FGR_OK);
    cr_assert_eq(fgr_builder_finish(builder, &bytes, &n_bytes, 1, NULL), FGR_OK);
    fgr_builder_destroy(builder);
    cr_assert_eq(fgr_view_open_memory(&view, bytes, n_bytes, NULL), FGR_OK);
    cr_assert_eq(fgr_view_find_id(view, &node, id), FGR_ERR_UNKNOWN);
    cr_assert_eq(fgr_view_find_node(view, &node, "00000000", NULL), FGR_ERR_UNKNOWN);
    cr_assert_eq(fgr_view_find_node(view, &node, "x", NULL), FGR_ERR_UNKNOWN);
    cr_assert_eq(fgr_view_find_channel(view, &chan, 1), FGR_ERR_UNKNOWN);
    fgr_view_close(view);
    fgr_image_free(bytes, n_bytes);
}

/* ---- files --------------------------------------------------------------------------------- */

static void write_file(const char *path, const void *bytes, size_t n_bytes)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n_bytes, file), n_bytes);
    cr_assert_eq(fclose(file), 0);
}

/* `err` names the path and then the reason. */
static void assert_refused(const char *path, enum fgr_err code, const char *reason)
{
    struct fgr_view *view = NULL;
    struct fgr_error err;
    cr_assert_eq(fgr_view_open(&view, path, &err), code, "%s", reason);
    cr_assert_null(view);
    cr_assert_eq(err.code, code);
    cr_assert_eq(strncmp(err.text, path, strlen(path)), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, reason), "'%s' does not say '%s'", err.text, reason);
}

Test(view, opens_files_and_refuses_what_is_none)
{
    char folder[] = "/tmp/fgr-test-view-XXXXXX", path[64];
    struct opened opened;
    struct fgr_view *view;
    struct fgr_error err;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/g.fgr", folder);
    open_net(&opened, 8, NULL);
    assert_refused(path, FGR_ERR_IO, "No such file or directory");
    assert_refused(folder, FGR_ERR_IO, "is a directory, not an image");
    write_file(path, "", 0);
    assert_refused(path, FGR_ERR_FORMAT, "the file is empty, not an image");
    write_file(path, "{\"nodes\":[]}", 12);
    assert_refused(path, FGR_ERR_FORMAT, "not an image");
    write_file(path, opened.bytes, opened.n_bytes - 64);
    assert_refused(path, FGR_ERR_FORMAT, "the image is truncated");
    write_file(path, opened.bytes, opened.n_bytes);
    cr_assert_eq(fgr_view_open(&view, path, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_view_node_count(view), FGR_SMALL_NODES);
    fgr_view_close(view);
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    assert_refused(path, FGR_ERR_IO, "is not a regular file");
    unlink(path);
    cr_assert_eq(rmdir(folder), 0);
    fgr_view_close(NULL);
    close_net(&opened);
}

enum { FOREIGN_BYTES = 1 << 26, PAGE_BYTES = 4096, FOREIGN_PAGES = FOREIGN_BYTES / PAGE_BYTES };

/* Pages of the file that somebody has read so far. */
static unsigned pages_read(const char *path)
{
    static unsigned char resident[FOREIGN_PAGES];
    unsigned n_pages = 0;
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    void *bytes = mmap(NULL, FOREIGN_BYTES, PROT_READ, MAP_PRIVATE, fileno(file), 0);
    cr_assert_neq(bytes, MAP_FAILED);
    cr_assert_eq(mincore(bytes, FOREIGN_BYTES, resident), 0);
    for (unsigned i = 0; i < FOREIGN_PAGES; i++) {
        n_pages += resident[i] & 1U;
    }
    munmap(bytes, FOREIGN_BYTES);
    fclose(file);
    return n_pages;
}

/* A file of holes, whose first page is enough to refuse it. */
Test(view, reads_no_foreign_file_whole)
{
    char path[] = "/tmp/fgr-test-view-XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_eq(ftruncate(file, FOREIGN_BYTES), 0);
    close(file);
    assert_refused(path, FGR_ERR_FORMAT, "not an image");
    cr_assert_lt(pages_read(path), FOREIGN_PAGES / 2);
    unlink(path);
}

/* The reason is never lost behind a long path. */
Test(view, shows_the_end_of_a_long_path)
{
    char path[1000];
    struct fgr_view *view;
    struct fgr_error err;
    memset(path, 'x', sizeof path);
    memcpy(path + sizeof path - sizeof "/g.fgr", "/g.fgr", sizeof "/g.fgr");
    cr_assert_eq(fgr_view_open(&view, path, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "/g.fgr: File name too long"), "%s", err.text);
}
