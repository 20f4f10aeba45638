/* SPDX-License-Identifier: MIT */
/*
 * fuzz_image.c - an image of any bytes is refused, or every read and look-up stays inside it.
 *
 * The first byte of the input says whether the checksums are made right (odd) or taken as they are
 * (even); the image is the rest. Without the former a fuzzer would never get past them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph/view.h"
#include "tests/support/forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all n bytes; the volatile keeps the compiler from skipping it. */
static void touch(const void *bytes, size_t n)
{
    const uint8_t *byte = bytes;
    uint8_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum ^= byte[i];
    }
    volatile uint8_t sink = sum;
    (void)sink;
}

/* A fuzzer's assertion: libFuzzer and the replay driver keep the input that got here. */
static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void visit_node(const struct fgr_view *view, uint32_t v)
{
    struct fgr_node_info info;
    fgr_node_idx found;
    char text[FGR_ALIAS_BYTES_MAX + 1] = "";
    expect(fgr_view_node(view, &info, (fgr_node_idx){v}) == FGR_OK);
    expect(info.alias_len <= FGR_ALIAS_BYTES_MAX);
    touch(info.features, info.features_len);
    expect(fgr_view_find_id(view, &found, info.id) == FGR_OK && found.v == v);
    memcpy(text, info.alias, info.alias_len);
    enum fgr_err rc = fgr_view_find_node(view, &found, text, NULL);
    expect(rc == FGR_OK || rc == FGR_ERR_AMBIGUOUS || memchr(info.alias, 0, info.alias_len) ||
           info.alias_len == 0);
}

static void visit_channel(const struct fgr_view *view, uint32_t i)
{
    struct fgr_channel_info info;
    struct fgr_policy_info policy;
    fgr_chan_idx found;
    expect(fgr_view_channel(view, &info, (fgr_chan_idx){i}) == FGR_OK);
    touch(info.features, info.features_len);
    expect(fgr_view_find_channel(view, &found, info.scid) == FGR_OK && found.v == i);
    for (uint32_t edge = 2 * i; edge < 2 * i + 2; edge++) {
        expect(fgr_view_policy(view, &policy, (fgr_edge_idx){edge}) == FGR_OK);
        expect(!policy.usable || (policy.known && policy.htlc_min.v <= policy.htlc_max.v &&
                                  policy.htlc_max.v <= info.capacity.v * 1000));
    }
}

/* As the search walks it: with nothing checked. */
static void visit_adjacency(const struct fgr_view *view, const struct fgr_adjacency *adjacency)
{
    uint32_t n_listed = 0;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        for (uint32_t i = adjacency->first[v]; i < adjacency->first[v + 1]; i++) {
            uint32_t edge = adjacency->edge[i];
            bool is_in = adjacency == &view->in;
            expect(fgr_view_edge_from(view, edge) == (is_in ? adjacency->nbr[i] : v));
            expect(fgr_view_edge_to(view, edge) == (is_in ? v : adjacency->nbr[i]));
            expect((view->half[edge].flags & FGR_HALF_USABLE) != 0);
            expect(adjacency->base_msat[i] >= 0 && adjacency->inv_cap[i] >= 0 &&
                   adjacency->max_msat[i] >= 0);
            n_listed++;
        }
    }
    expect(n_listed == fgr_view_enabled_count(view));
}

static void visit(const struct fgr_view *view)
{
    for (uint32_t v = 0; v < fgr_view_node_count(view); v++) {
        visit_node(view, v);
    }
    for (uint32_t i = 0; i < fgr_view_channel_count(view); i++) {
        visit_channel(view, i);
    }
    visit_adjacency(view, &view->in);
    visit_adjacency(view, &view->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fgr_view *view;
    struct fgr_error err;
    if (size == 0) {
        return 0;
    }
    size_t n_bytes = size - 1;
    void *bytes = malloc(n_bytes > 0 ? n_bytes : 1);
    expect(bytes != NULL);
    memcpy(bytes, data + 1, n_bytes);
    if (data[0] % 2 == 1) {
        fgr_forge_seal(bytes, n_bytes);
    }
    if (fgr_view_open_memory(&view, bytes, n_bytes, &err) == FGR_OK) {
        visit(view);
        fgr_view_close(view);
    } else {
        touch(err.text, strlen(err.text));
    }
    free(bytes);
    return 0;
}
