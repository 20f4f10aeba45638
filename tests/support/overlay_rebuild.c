/* SPDX-License-Identifier: MIT */
#include "tests/support/overlay_rebuild.h"

#include <string.h>

#include "graph/builder.h"
#include "graph/util/error.h"

static const struct fgr_place nowhere = {FGR_NO_POSITION, FGR_NO_POSITION};

static enum fgr_err add_channel(struct fgr_builder *builder, const struct fgr_view *view,
                                const struct fgr_overlay *overlay,
                                const struct fgr_overlay_edge *edge, struct fgr_error *err)
{
    struct fgr_channel_record record = {.scid = edge->scid,
                                        .capacity_sat = edge->capacity_msat / 1000};
    memcpy(record.node_id[0], fgr_overlay_id_of(view, overlay, edge->from), FGR_NODE_ID_BYTES);
    memcpy(record.node_id[1], fgr_overlay_id_of(view, overlay, edge->to), FGR_NODE_ID_BYTES);
    return fgr_builder_channel(builder, &record, nowhere, err);
}

static enum fgr_err add_policy(struct fgr_builder *builder, const struct fgr_overlay_edge *edge,
                               struct fgr_error *err)
{
    if (edge->min_msat != 0 || edge->max_msat != edge->capacity_msat || edge->bias_msat != 0 ||
        edge->slots != FGR_SLOTS_ANY || edge->is_blinded) {
        return fgr_fail(err, FGR_ERR_ARG, "a view cannot say what is known of half-channel %llx/%u",
                        (unsigned long long)edge->scid, (unsigned)edge->direction);
    }
    struct fgr_policy_record policy = {
        .scid = edge->scid,
        .direction = edge->direction,
        .htlc_min_msat = edge->half.htlc_min_msat,
        .htlc_max_msat = edge->half.htlc_max_msat,
        .base_msat = edge->half.base_msat,
        .ppm = edge->half.ppm,
        .cltv_delta = edge->half.cltv_delta,
        .timestamp = edge->half.timestamp,
        .disabled = (edge->half.flags & FGR_HALF_DISABLED) != 0,
    };
    return fgr_builder_policy(builder, &policy, nowhere, err);
}

static enum fgr_err feed(struct fgr_builder *builder, const struct fgr_view *view,
                         const struct fgr_overlay *overlay, struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < fgr_overlay_n_edges(view, overlay) && rc == FGR_OK; i++) {
        struct fgr_overlay_edge edge = fgr_overlay_edge_at(view, overlay, i);
        bool is_view = i < 2 * view->n_chans;
        /* Of what is not usable only the view's own policies are kept, bans and changes aside. */
        bool is_known =
            is_view && !fgr_overlay_masks(overlay, i) && (edge.half.flags & FGR_HALF_KNOWN) != 0;
        if (edge.direction == 0 && (is_view || edge.origin == FGR_IDX_NONE)) {
            rc = add_channel(builder, view, overlay, &edge, err);
        }
        if (rc == FGR_OK && (is_known || fgr_overlay_usable(view, overlay, i))) {
            rc = add_policy(builder, &edge, err);
        }
    }
    return rc;
}

bool fgr_overlay_rebuild(struct fgr_made *out_made, const struct fgr_view *view,
                         const struct fgr_overlay *overlay, struct fgr_error *err)
{
    struct fgr_import_report report = {0};
    struct fgr_builder *builder;
    *out_made = (struct fgr_made){0};
    enum fgr_err rc = fgr_builder_create(&builder, &report, err);
    if (rc != FGR_OK) {
        return false;
    }
    rc = feed(builder, view, overlay, err);
    if (rc == FGR_OK) {
        rc = fgr_builder_finish(builder, &out_made->bytes, &out_made->n_bytes, 1, err);
    }
    fgr_builder_destroy(builder);
    if (rc == FGR_OK) {
        rc = fgr_view_open_memory(&out_made->view, out_made->bytes, out_made->n_bytes, err);
    }
    if (rc != FGR_OK) {
        fgr_made_close(out_made);
    }
    return rc == FGR_OK;
}
