/* SPDX-License-Identifier: MIT */
#include "tools/fgr/names.h"

#include "tools/fgr/cli.h"

#include <inttypes.h>

const char *fgr_names_node(char out_text[FGR_TEXT_ALIAS_BYTES], const struct fgr_view *view,
                           fgr_node_idx node)
{
    struct fgr_node_info info;
    if (fgr_view_node(view, &info, node) != FGR_OK) {
        return "";
    }
    if (info.alias_len == 0) {
        return fgr_text_hex(out_text, info.id, 8);
    }
    fgr_text_clean(out_text, FGR_TEXT_ALIAS_BYTES, info.alias, info.alias_len);
    return out_text;
}

const char *fgr_names_edge(char out_text[FGR_NAMES_EDGE_BYTES], const struct fgr_view *view,
                           fgr_edge_idx edge)
{
    struct fgr_channel_info channel;
    char scid[FGR_TEXT_SCID_BYTES];
    if (fgr_view_channel(view, &channel, (fgr_chan_idx){edge.v >> 1}) != FGR_OK) {
        return "";
    }
    snprintf(out_text, FGR_NAMES_EDGE_BYTES, "%s/%" PRIu32, fgr_text_scid(scid, channel.scid),
             edge.v & 1);
    return out_text;
}

static const char *node_id(char out_text[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)],
                           const struct fgr_view *view, fgr_node_idx node)
{
    struct fgr_node_info info;
    if (fgr_view_node(view, &info, node) != FGR_OK) {
        return "";
    }
    return fgr_text_hex(out_text, info.id, FGR_NODE_ID_BYTES);
}

void fgr_names_print_ends(const struct fgr_view *view, const char *title, fgr_node_idx from,
                          fgr_node_idx to, bool has_color)
{
    char alias[FGR_TEXT_ALIAS_BYTES];
    char id[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    printf("%s%s%s\n", has_color ? FGR_CLI_BOLD : "", title, has_color ? FGR_CLI_PLAIN : "");
    printf("from  %s  %s\n", node_id(id, view, from), fgr_names_node(alias, view, from));
    printf("to    %s  %s\n\n", node_id(id, view, to), fgr_names_node(alias, view, to));
}
