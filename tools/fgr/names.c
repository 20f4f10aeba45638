/* SPDX-License-Identifier: MIT */
#include "tools/fgr/names.h"

#include "graph/overlay.h"
#include "graph/util/hex.h"
#include "tools/fgr/cli.h"

#include <inttypes.h>
#include <string.h>

/* 66 hex digits of either case. */
static bool parse_id(uint8_t out_id[FGR_NODE_ID_BYTES], const char *text)
{
    if (strlen(text) != (size_t)2 * FGR_NODE_ID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < FGR_NODE_ID_BYTES; i++) {
        int high = fgr_hex_value(text[2 * i]);
        int low = fgr_hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out_id[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

enum fgr_err fgr_names_find_node(const struct fgr_view *view, const struct fgr_overlay *overlay,
                                 fgr_node_idx *out_node, const char *text, struct fgr_error *err)
{
    uint8_t id[FGR_NODE_ID_BYTES];
    if (overlay != NULL && parse_id(id, text) &&
        fgr_overlay_find_id(overlay, out_node, id) == FGR_OK) {
        return FGR_OK;
    }
    return fgr_view_find_node(view, out_node, text, err);
}

const uint8_t *fgr_names_id(const struct fgr_view *view, const struct fgr_overlay *overlay,
                            fgr_node_idx node)
{
    struct fgr_node_info info;
    if (overlay != NULL) {
        return fgr_overlay_node_id(overlay, node);
    }
    return fgr_view_node(view, &info, node) == FGR_OK ? info.id : NULL;
}

const char *fgr_names_node(char out_text[FGR_TEXT_ALIAS_BYTES], const struct fgr_view *view,
                           const struct fgr_overlay *overlay, fgr_node_idx node)
{
    struct fgr_node_info info;
    if (fgr_view_node(view, &info, node) == FGR_OK && info.alias_len > 0) {
        fgr_text_clean(out_text, FGR_TEXT_ALIAS_BYTES, info.alias, info.alias_len);
        return out_text;
    }
    const uint8_t *id = fgr_names_id(view, overlay, node);
    return id == NULL ? "" : fgr_text_hex(out_text, id, 8);
}

bool fgr_names_scid(const struct fgr_view *view, const struct fgr_overlay *overlay,
                    uint64_t *out_scid, fgr_edge_idx edge)
{
    struct fgr_overlay_edge_info added;
    struct fgr_channel_info channel;
    if (fgr_view_channel(view, &channel, (fgr_chan_idx){edge.v >> 1}) == FGR_OK) {
        *out_scid = channel.scid;
        return true;
    }
    if (overlay != NULL && fgr_overlay_edge(overlay, &added, edge) == FGR_OK) {
        *out_scid = added.scid;
        return true;
    }
    return false;
}

const char *fgr_names_edge(char out_text[FGR_NAMES_EDGE_BYTES], const struct fgr_view *view,
                           const struct fgr_overlay *overlay, fgr_edge_idx edge)
{
    char text[FGR_TEXT_SCID_BYTES];
    uint64_t scid;
    if (!fgr_names_scid(view, overlay, &scid, edge)) {
        return "";
    }
    snprintf(out_text, FGR_NAMES_EDGE_BYTES, "%s/%" PRIu32, fgr_text_scid(text, scid), edge.v & 1);
    return out_text;
}

uint64_t fgr_names_most_msat(const struct fgr_view *view, const struct fgr_overlay *overlay,
                             fgr_edge_idx edge)
{
    uint32_t at = fgr_overlay_edge_named(view, overlay, edge.v);
    if (at == FGR_IDX_NONE) {
        return 0;
    }
    const struct fgr_overlay_edge own = fgr_overlay_edge_at(view, overlay, at);
    return fgr_overlay_edge_room(&own);
}

const char *fgr_names_most_head(const struct fgr_overlay *overlay)
{
    return overlay == NULL ? "capacity sat" : "can send sat";
}

static const char *node_id(char out_text[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)],
                           const struct fgr_view *view, const struct fgr_overlay *overlay,
                           fgr_node_idx node)
{
    const uint8_t *id = fgr_names_id(view, overlay, node);
    return id == NULL ? "" : fgr_text_hex(out_text, id, FGR_NODE_ID_BYTES);
}

void fgr_names_print_ends(const struct fgr_view *view, const struct fgr_overlay *overlay,
                          const char *title, fgr_node_idx from, fgr_node_idx to, bool has_color)
{
    char alias[FGR_TEXT_ALIAS_BYTES];
    char id[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    printf("%s%s%s\n", has_color ? FGR_CLI_BOLD : "", title, has_color ? FGR_CLI_PLAIN : "");
    printf("from  %s  %s\n", node_id(id, view, overlay, from),
           fgr_names_node(alias, view, overlay, from));
    printf("to    %s  %s\n\n", node_id(id, view, overlay, to),
           fgr_names_node(alias, view, overlay, to));
}
