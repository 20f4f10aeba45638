/* SPDX-License-Identifier: MIT */
#include "tests/support/graph_maker.h"

#include <stdlib.h>
#include <string.h>

#include "graph/builder.h"
#include "graph/image.h"
#include "graph/util/error.h"
#include "graph/curve.h"

struct fgr_maker {
    uint32_t n_nodes_max;
    uint8_t (*id)[FGR_NODE_ID_BYTES]; /* ascending */
    bool *has_channel;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, FGR_NODE_ID_BYTES);
}

bool fgr_maker_create(struct fgr_maker **out_maker, uint32_t n_nodes_max, struct fgr_error *err)
{
    struct fgr_maker *maker = calloc(1, sizeof *maker);
    if (maker == NULL) {
        fgr_fail_memory(err, sizeof *maker);
        return false;
    }
    maker->n_nodes_max = n_nodes_max;
    maker->id = calloc(n_nodes_max, sizeof *maker->id);
    maker->has_channel = calloc(n_nodes_max, sizeof *maker->has_channel);
    if (maker->id == NULL || maker->has_channel == NULL) {
        fgr_fail_memory(err, n_nodes_max * sizeof *maker->id);
        fgr_maker_destroy(maker);
        return false;
    }
    for (uint32_t i = 0; i < n_nodes_max; i++) {
        uint8_t secret[32] = {0};
        uint32_t number = i + 1; /* 0 is no key */
        for (unsigned k = 0; k < 4; k++) {
            secret[31 - k] = (uint8_t)(number >> (8 * k));
        }
        if (!fgr_curve_derive(maker->id[i], secret)) {
            fgr_fail(err, FGR_ERR_ARG, "secret %u of the graph maker is no key", number);
            fgr_maker_destroy(maker);
            return false;
        }
    }
    qsort(maker->id, n_nodes_max, sizeof *maker->id, compare_ids);
    *out_maker = maker;
    return true;
}

void fgr_maker_destroy(struct fgr_maker *maker)
{
    if (maker == NULL) {
        return;
    }
    free(maker->id);
    free(maker->has_channel);
    free(maker);
}

const uint8_t *fgr_maker_id(const struct fgr_maker *maker, uint32_t i)
{
    return maker->id[i];
}

static enum fgr_err add_channel(struct fgr_maker *maker, struct fgr_builder *builder,
                                const struct fgr_maker_chan *chan, uint32_t number,
                                struct fgr_error *err)
{
    struct fgr_place place = {.record = number, .offset = FGR_NO_POSITION};
    struct fgr_channel_record record = {.scid = (uint64_t)(number + 1) << 40,
                                        .capacity_sat = chan->capacity_sat};
    for (unsigned d = 0; d < 2; d++) {
        memcpy(record.node_id[d], maker->id[chan->node[d]], FGR_NODE_ID_BYTES);
        maker->has_channel[chan->node[d]] = true;
    }
    enum fgr_err code = fgr_builder_channel(builder, &record, place, err);
    for (unsigned d = 0; d < 2 && code == FGR_OK; d++) {
        const struct fgr_maker_half *half = &chan->half[d];
        if (!half->is_known) {
            continue;
        }
        struct fgr_policy_record policy = {.scid = record.scid,
                                           .direction = d,
                                           .htlc_min_msat = half->htlc_min_msat,
                                           .htlc_max_msat = half->htlc_max_msat,
                                           .base_msat = half->base_msat,
                                           .ppm = half->ppm,
                                           .cltv_delta = half->cltv_delta,
                                           .timestamp = 1,
                                           .disabled = half->is_disabled};
        code = fgr_builder_policy(builder, &policy, place, err);
    }
    return code;
}

/* Nodes that no channel uses would not be in the image, and the numbers of all later ones would
 * shift. */
static enum fgr_err hold_nodes(struct fgr_maker *maker, struct fgr_builder *builder,
                               uint32_t n_chans, uint32_t n_nodes, struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    for (uint32_t i = 0; i < n_nodes && code == FGR_OK; i++) {
        if (!maker->has_channel[i]) {
            uint32_t other = i + 1 < n_nodes ? i + 1 : 0;
            struct fgr_maker_chan holder = {.capacity_sat = 1};
            holder.node[0] = i < other ? i : other;
            holder.node[1] = i < other ? other : i;
            code = add_channel(maker, builder, &holder, n_chans++, err);
        }
    }
    return code;
}

static enum fgr_err build(struct fgr_maker *maker, struct fgr_made *made,
                          const struct fgr_maker_chan *chans, uint32_t n_chans, uint32_t n_nodes,
                          struct fgr_error *err)
{
    struct fgr_import_report report = {0};
    struct fgr_builder *builder = NULL;
    enum fgr_err code = fgr_builder_create(&builder, &report, err);
    if (code != FGR_OK) {
        return code;
    }
    memset(maker->has_channel, 0, n_nodes * sizeof *maker->has_channel);
    for (uint32_t i = 0; i < n_chans && code == FGR_OK; i++) {
        code = add_channel(maker, builder, &chans[i], i, err);
    }
    if (code == FGR_OK) {
        code = hold_nodes(maker, builder, n_chans, n_nodes, err);
    }
    if (code == FGR_OK) {
        code = fgr_builder_finish(builder, &made->bytes, &made->n_bytes, 1, err);
    }
    fgr_builder_destroy(builder);
    return code;
}

bool fgr_maker_view(struct fgr_maker *maker, struct fgr_made *out_made,
                    const struct fgr_maker_chan *chans, uint32_t n_chans, uint32_t n_nodes,
                    struct fgr_error *err)
{
    *out_made = (struct fgr_made){0};
    if (n_nodes < 2 || n_nodes > maker->n_nodes_max) {
        fgr_fail(err, FGR_ERR_ARG, "the graph maker has keys for 2 to %u nodes, not %u",
                 maker->n_nodes_max, n_nodes);
        return false;
    }
    if (build(maker, out_made, chans, n_chans, n_nodes, err) != FGR_OK) {
        return false;
    }
    if (fgr_view_open_memory(&out_made->view, out_made->bytes, out_made->n_bytes, err) != FGR_OK) {
        fgr_made_close(out_made);
        return false;
    }
    return true;
}

void fgr_made_close(struct fgr_made *made)
{
    fgr_view_close(made->view);
    if (made->bytes != NULL) {
        fgr_image_free(made->bytes, made->n_bytes);
    }
    *made = (struct fgr_made){0};
}
