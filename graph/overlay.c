/* SPDX-License-Identifier: MIT */
#include "graph/overlay.h"

#include <stdlib.h>
#include <string.h>

static void free_side(struct fgr_overlay_side *side)
{
    free(side->touched);
    free(side->rank);
    free(side->first);
    free(side->edge);
}

void fgr_overlay_destroy(struct fgr_overlay *overlay)
{
    if (overlay == NULL) {
        return;
    }
    free_side(&overlay->in);
    free_side(&overlay->out);
    free(overlay->edges);
    free(overlay->masked);
    free(overlay->banned_nodes);
    free(overlay->added_ids);
    free(overlay->names);
    free(overlay);
}

uint32_t fgr_overlay_node_count(const struct fgr_overlay *overlay)
{
    return fgr_overlay_n_nodes(overlay->view, overlay);
}

const uint8_t *fgr_overlay_node_id(const struct fgr_overlay *overlay, fgr_node_idx node)
{
    return node.v < fgr_overlay_node_count(overlay)
               ? fgr_overlay_id_of(overlay->view, overlay, node.v)
               : NULL;
}

static int compare_id(const void *id, const void *name)
{
    return memcmp(id, ((const struct fgr_overlay_name *)name)->id, FGR_NODE_ID_BYTES);
}

enum fgr_err fgr_overlay_find_id(const struct fgr_overlay *overlay, fgr_node_idx *out_node,
                                 const uint8_t id[FGR_NODE_ID_BYTES])
{
    if (fgr_view_find_id(overlay->view, out_node, id) == FGR_OK) {
        return FGR_OK;
    }
    const struct fgr_overlay_name *name =
        bsearch(id, overlay->names, overlay->n_added_nodes, sizeof *overlay->names, compare_id);
    if (name == NULL) {
        return FGR_ERR_UNKNOWN;
    }
    out_node->v = name->node;
    return FGR_OK;
}

enum fgr_err fgr_overlay_edge(const struct fgr_overlay *overlay,
                              struct fgr_overlay_edge_info *out_info, fgr_edge_idx edge)
{
    const struct fgr_view *view = overlay->view;
    if (edge.v >= fgr_overlay_n_edges(view, overlay)) {
        return FGR_ERR_ARG;
    }
    struct fgr_overlay_edge at = fgr_overlay_edge_at(view, overlay, edge.v);
    *out_info = (struct fgr_overlay_edge_info){
        .scid = at.scid,
        .from = {at.from},
        .to = {at.to},
        .direction = at.direction,
        .origin = {at.origin},
        .capacity = {at.capacity_msat},
        .min = {at.min_msat},
        .max = {at.max_msat},
        .reserved = {at.reserved_msat},
        .htlc_min = {at.half.htlc_min_msat},
        .htlc_max = {at.half.htlc_max_msat},
        .bias_msat = at.bias_msat,
        .slots = at.slots,
        .base_msat = at.half.base_msat,
        .ppm = at.half.ppm,
        .cltv_delta = at.half.cltv_delta,
        .usable = fgr_overlay_usable(view, overlay, edge.v),
        .is_blinded = at.is_blinded,
    };
    return FGR_OK;
}
