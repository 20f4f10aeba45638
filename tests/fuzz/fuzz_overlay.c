/* SPDX-License-Identifier: MIT */
/*
 * fuzz_overlay.c - any bytes as an overlay file for a small network: refused with a reason, or an
 * overlay that holds together wherever a search looks, and the same one when read again.
 *
 * Threads: one.
 */
#include "tools/fgr/overlay_file.h"

#include <stdlib.h>
#include <string.h>

#include "graph/overlay.h"
#include "graph/util/hash.h"
#include "tests/support/graph_maker.h"

enum { NODES = 4, CHANS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Channel i has scid (i + 1)x0x0; the last one has no policies. */
static void open_net(struct fgr_made *made)
{
    const struct fgr_maker_half half = {
        .htlc_max_msat = 900000, .base_msat = 10, .ppm = 20, .cltv_delta = 30, .is_known = true};
    const struct fgr_maker_chan chans[CHANS] = {
        {.node = {0, 1}, .capacity_sat = 1000, .half = {half, half}},
        {.node = {1, 2}, .capacity_sat = 2000, .half = {half, half}},
        {.node = {0, 1}, .capacity_sat = 900, .half = {half, half}},
        {.node = {2, 3}, .capacity_sat = 1000}};
    struct fgr_maker *maker;
    expect(fgr_maker_create(&maker, NODES, NULL));
    expect(fgr_maker_view(maker, made, chans, CHANS, NODES, NULL));
    fgr_maker_destroy(maker);
}

static void check_edge(const struct fgr_view *view, const struct fgr_overlay *overlay,
                       uint32_t edge)
{
    struct fgr_overlay_edge at = fgr_overlay_edge_at(view, overlay, edge);
    uint32_t n_nodes = fgr_overlay_n_nodes(view, overlay);
    expect(at.from < n_nodes && at.to < n_nodes && at.from != at.to && at.direction < 2);
    expect(at.min_msat <= at.max_msat && at.max_msat <= at.capacity_msat);
    expect(at.capacity_msat <= FGR_MSAT_MAX);
    expect(at.bias_msat >= -2 * FGR_BIAS_MSAT_MAX && at.bias_msat <= 2 * FGR_BIAS_MSAT_MAX);
    expect(at.bias_msat >= 0 || overlay->has_discount);
    if (fgr_overlay_usable(view, overlay, edge)) {
        expect(at.half.htlc_min_msat <= at.half.htlc_max_msat && at.half.htlc_max_msat > 0);
        expect(at.half.htlc_max_msat <= at.max_msat);
        expect(!fgr_overlay_bans(overlay, at.from) && !fgr_overlay_bans(overlay, at.to));
    }
}

/* Each usable half-channel once in each direction. */
static void check_lists(const struct fgr_view *view, const struct fgr_overlay *overlay)
{
    uint32_t n_usable = 0, n_in = 0, n_out = 0;
    for (uint32_t i = overlay->first_edge; i < fgr_overlay_n_edges(view, overlay); i++) {
        n_usable += fgr_overlay_usable(view, overlay, i);
    }
    for (uint32_t node = 0; node < fgr_overlay_n_nodes(view, overlay); node++) {
        struct fgr_overlay_list in = fgr_overlay_in(overlay, node);
        struct fgr_overlay_list out = fgr_overlay_out(overlay, node);
        for (uint32_t i = 0; i < in.n; i++) {
            expect(fgr_overlay_to(view, overlay, in.edge[i]) == node);
        }
        for (uint32_t i = 0; i < out.n; i++) {
            expect(fgr_overlay_from(view, overlay, out.edge[i]) == node);
        }
        n_in += in.n;
        n_out += out.n;
    }
    expect(n_in == n_usable && n_out == n_usable);
}

static uint64_t digest_of(const struct fgr_view *view, const struct fgr_overlay *overlay)
{
    uint64_t digest = fgr_hash(overlay->masked, fgr_bitset_words(overlay->first_edge) * 8);
    for (uint32_t i = 0; i < fgr_overlay_n_edges(view, overlay); i++) {
        struct fgr_overlay_edge_info info;
        memset(&info, 0, sizeof info);
        expect(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){i}) == FGR_OK);
        const uint64_t numbers[] = {
            info.scid,       info.from.v, info.to.v,      info.min.v,    info.max.v,
            info.htlc_min.v, info.ppm,    info.base_msat, info.origin.v, (uint64_t)info.bias_msat};
        digest = fgr_hash_keyed(numbers, sizeof numbers, digest);
        check_edge(view, overlay, i);
    }
    check_lists(view, overlay);
    return digest;
}

/* What the file comes to: the overlay's digest, or that of the message. */
static uint64_t read_file(const struct fgr_view *view, const uint8_t *data, size_t size)
{
    struct fgr_overlay_builder *builder;
    struct fgr_overlay *overlay;
    struct fgr_source *source;
    struct fgr_error err = {.text = ""};
    uint64_t digest;
    expect(fgr_overlay_builder_create(&builder, view, NULL) == FGR_OK);
    enum fgr_err rc = fgr_source_open_memory(&source, data, size, &err);
    if (rc == FGR_OK) {
        rc = fgr_overlay_file_read(builder, source, &err);
        fgr_source_close(source);
    }
    if (rc != FGR_OK) {
        size_t n = strnlen(err.text, sizeof err.text);
        expect(n > 0 && n < sizeof err.text);
        digest = fgr_hash(err.text, n);
    } else {
        expect(fgr_overlay_freeze(&overlay, builder, NULL) == FGR_OK);
        digest = digest_of(view, overlay);
        fgr_overlay_destroy(overlay);
    }
    fgr_overlay_builder_destroy(builder);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fgr_made made;
    open_net(&made);
    uint64_t digest = read_file(made.view, data, size);
    expect(read_file(made.view, data, size) == digest);
    fgr_made_close(&made);
    return 0;
}
