/* SPDX-License-Identifier: MIT */
/*
 * The real snapshot is there four times: as gossip_store, as describegraph with the real node ids,
 * as CSV, and as the gossip_store that CLN's own tool makes of the same data. One network, so the
 * imports must agree half-channel by half-channel. Skipped where the snapshot is not at hand.
 */
#include "fulgurite/graph.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/import/parse.h"
#include "graph/import/source.h"
#include "tests/support/dataset.h"

#define SNAPSHOT "mainnet-2026-02-03."

enum { NODES = 17324, CHANNELS = 50808, ENABLED = 65810 };

struct opened {
    struct fgr_import_report report;
    struct fgr_view *view;
};

static void import(struct opened *out, const char *name, const char *nodes_name)
{
    char path[FGR_DATASET_PATH_BYTES], nodes[FGR_DATASET_PATH_BYTES];
    char image[FGR_DATASET_PATH_BYTES];
    struct fgr_error err = {0};
    if (!fgr_dataset_find(path, name) ||
        (nodes_name != NULL && !fgr_dataset_find(nodes, nodes_name))) {
        cr_skip("%s of the snapshot is not here", name);
    }
    struct fgr_import_options options = {.sz = sizeof options,
                                         .nodes_path = nodes_name == NULL ? NULL : nodes};
    cr_assert(fgr_dataset_temporary(image, &err), "%s", err.text);
    enum fgr_err code = fgr_import(path, image, &options, &out->report, &err);
    cr_assert_eq(code, FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_view_open(&out->view, image, &err), FGR_OK, "%s", err.text);
    unlink(image);
    cr_assert_eq(out->report.compression, FGR_COMPRESSION_ZSTD);
    cr_assert_eq(out->report.nodes, NODES);
    cr_assert_eq(out->report.channels, CHANNELS);
    cr_assert_eq(out->report.parallel_channels, 2940);
    cr_assert_eq(fgr_view_enabled_count(out->view), out->report.enabled);
}

/* ---- which node is which ------------------------------------------------------------------- */

struct pair {
    uint8_t synthetic[FGR_NODE_ID_BYTES]; /* of the stores */
    uint8_t real[FGR_NODE_ID_BYTES];      /* of describegraph */
};

/* An id with a pair, and, since that begins with an id, a pair with a pair. */
static int compare_id(const void *id, const void *pair)
{
    return memcmp(id, pair, FGR_NODE_ID_BYTES);
}

/* nodes.csv: node_index,node_id,real_node_id */
static struct pair *read_pairs(void)
{
    char path[FGR_DATASET_PATH_BYTES];
    struct fgr_source *source;
    const uint8_t *bytes, *end;
    size_t n_bytes, n = 0;
    struct pair *pairs = calloc(NODES, sizeof *pairs);
    cr_assert_not_null(pairs);
    cr_assert(fgr_dataset_find(path, SNAPSHOT "nodes.csv.zst"));
    cr_assert_eq(fgr_source_open(&source, path, NULL), FGR_OK);
    for (bool is_header = true;; is_header = false) {
        cr_assert_eq(fgr_source_fill(source, &bytes, &n_bytes, 256, NULL), FGR_OK);
        if (n_bytes == 0) {
            break;
        }
        end = memchr(bytes, '\n', n_bytes);
        cr_assert_not_null(end);
        if (!is_header) {
            const char *id = (const char *)memchr(bytes, ',', (size_t)(end - bytes)) + 1;
            cr_assert_lt(n, NODES);
            cr_assert(fgr_parse_node_id(pairs[n].synthetic, (struct fgr_text){id, 66}));
            cr_assert(fgr_parse_node_id(pairs[n].real, (struct fgr_text){id + 67, 66}));
            n++;
        }
        fgr_source_skip(source, (size_t)(end - bytes) + 1);
    }
    fgr_source_close(source);
    cr_assert_eq(n, NODES);
    qsort(pairs, n, sizeof *pairs, compare_id);
    return pairs;
}

static const uint8_t *id_of(const struct fgr_view *view, fgr_node_idx node)
{
    struct fgr_node_info info = {0};
    cr_assert_eq(fgr_view_node(view, &info, node), FGR_OK);
    return info.id;
}

/* ---- comparing ----------------------------------------------------------------------------- */

static struct fgr_policy_info policy_of(const struct fgr_view *view, fgr_chan_idx chan,
                                        unsigned direction)
{
    struct fgr_policy_info info = {0};
    cr_assert_eq(fgr_view_policy(view, &info, (fgr_edge_idx){2 * chan.v + direction}), FGR_OK);
    return info;
}

static bool is_same_policy(const struct fgr_policy_info *a, const struct fgr_policy_info *b)
{
    return a->htlc_min.v == b->htlc_min.v && a->htlc_max.v == b->htlc_max.v &&
           a->base_msat == b->base_msat && a->ppm == b->ppm && a->cltv_delta == b->cltv_delta;
}

/* The id that `id` has in the other view: `pairs` NULL means the same. */
static const uint8_t *translate(const struct pair *pairs, const uint8_t *id)
{
    if (pairs == NULL) {
        return id;
    }
    const struct pair *pair = bsearch(id, pairs, NODES, sizeof *pairs, compare_id);
    cr_assert_not_null(pair);
    return pair->real;
}

/* The channel of `b` that is channel `i` of `a`, same scid, capacity and ends. *out_swapped is 1
 * where its directions are the other way round. */
static fgr_chan_idx match(const struct fgr_view *a, const struct fgr_view *b, fgr_chan_idx i,
                          const struct pair *pairs, unsigned *out_swapped)
{
    struct fgr_channel_info in_a, in_b;
    fgr_chan_idx j;
    cr_assert_eq(fgr_view_channel(a, &in_a, i), FGR_OK);
    cr_assert_eq(fgr_view_find_channel(b, &j, in_a.scid), FGR_OK);
    cr_assert_eq(fgr_view_channel(b, &in_b, j), FGR_OK);
    cr_assert_eq(in_a.capacity.v, in_b.capacity.v);
    const uint8_t *first = translate(pairs, id_of(a, in_a.node[0]));
    const uint8_t *second = translate(pairs, id_of(a, in_a.node[1]));
    unsigned swapped = memcmp(first, id_of(b, in_b.node[0]), FGR_NODE_ID_BYTES) != 0;
    cr_assert_eq(memcmp(first, id_of(b, in_b.node[swapped]), FGR_NODE_ID_BYTES), 0);
    cr_assert_eq(memcmp(second, id_of(b, in_b.node[!swapped]), FGR_NODE_ID_BYTES), 0);
    *out_swapped = swapped;
    return j;
}

/* Compares all half-channels of two views of one network and counts the usable ones. */
static unsigned compare(const struct fgr_view *a, const struct fgr_view *b,
                        const struct pair *pairs)
{
    unsigned n_usable = 0, swapped = 0;
    for (fgr_chan_idx i = {0}; i.v < CHANNELS; i.v++) {
        fgr_chan_idx j = match(a, b, i, pairs, &swapped);
        for (unsigned direction = 0; direction < 2; direction++) {
            struct fgr_policy_info of_a = policy_of(a, i, direction);
            struct fgr_policy_info of_b = policy_of(b, j, direction ^ swapped);
            cr_assert_eq(of_a.usable, of_b.usable);
            cr_assert(!of_a.usable || is_same_policy(&of_a, &of_b), "channel %u", i.v);
            n_usable += of_a.usable;
        }
    }
    return n_usable;
}

Test(import_agree, gossip_store_and_describegraph)
{
    struct opened store, graph;
    import(&store, SNAPSHOT "gossip_store.zst", NULL);
    import(&graph, SNAPSHOT "describegraph.json.zst", NULL);
    cr_assert_eq(store.report.enabled, ENABLED);
    cr_assert_eq(store.report.disabled, 2 * CHANNELS - ENABLED);
    cr_assert_eq(store.report.missing, 0);
    cr_assert_eq(graph.report.enabled, ENABLED);
    cr_assert_eq(graph.report.disabled, 0);
    cr_assert_eq(graph.report.missing, 2 * CHANNELS - ENABLED);
    struct pair *pairs = read_pairs();
    cr_assert_eq(compare(store.view, graph.view, pairs), ENABLED);
    free(pairs);

    /* The aliases are the real ones. */
    fgr_node_idx node;
    struct fgr_error err = {0};
    cr_assert_eq(fgr_view_find_node(graph.view, &node, "ACINQ", &err), FGR_OK, "%s", err.text);
    struct fgr_node_info info = {0};
    cr_assert_eq(fgr_view_node(graph.view, &info, node), FGR_OK);
    cr_assert_eq(memcmp(info.id, "\x03\x86\x4e\xf0\x25\xfd\xe8\xfb", 8), 0);
    cr_assert_eq(info.timestamp, 1770000000);
    fgr_view_close(graph.view);
    fgr_view_close(store.view);
}

Test(import_agree, gossip_store_and_csv)
{
    struct opened store, csv;
    import(&store, SNAPSHOT "gossip_store.zst", NULL);
    import(&csv, SNAPSHOT "channels.csv.zst", SNAPSHOT "nodes.csv.zst");
    cr_assert_eq(csv.report.enabled, ENABLED);
    cr_assert_eq(csv.report.duplicates, 0);
    cr_assert_eq(csv.report.records, 2 * CHANNELS);
    cr_assert_eq(compare(store.view, csv.view, NULL), ENABLED);
    fgr_view_close(csv.view);
    fgr_view_close(store.view);
}

/* The same nodes and channels; its policies have the two defects of CLN's tool. */
Test(import_agree, the_store_of_clns_tool)
{
    struct opened store;
    import(&store, SNAPSHOT "cln-tool.gossip_store.zst", NULL);
    cr_assert_eq(store.report.policies, 2 * CHANNELS);
    cr_assert_eq(store.report.disabled, 2 * CHANNELS - ENABLED);
    cr_assert_eq(store.report.enabled + store.report.min_above_max, ENABLED);
    fgr_view_close(store.view);
}
