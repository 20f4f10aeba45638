/* SPDX-License-Identifier: MIT */
#include "tools/fgr/hop_option.h"

#include "graph/import/parse.h"
#include "graph/util/error.h"
#include "tools/fgr/names.h"

#include <string.h>

/* More than any alias or channel has. */
#define HOP_BYTES_MAX 128

static const char *const names[FGR_HOP_ENDS] = {"--first-hop", "--last-hop"};
static const char *const places[FGR_HOP_ENDS] = {"leave FROM", "enter TO"};

void fgr_hop_options_add(struct fgr_hop_options *options, enum fgr_hop_end end, const char *text)
{
    if (options->n[end] < FGR_HOP_OPTIONS_MAX) {
        options->text[end][options->n[end]] = text;
    }
    options->n[end]++;
}

bool fgr_hop_options_has_any(const struct fgr_hop_options *options)
{
    return options->n[FGR_HOP_FIRST] > 0 || options->n[FGR_HOP_LAST] > 0;
}

enum fgr_exit fgr_hop_options_check(const struct fgr_hop_options *options)
{
    for (unsigned end = 0; end < FGR_HOP_ENDS; end++) {
        if (options->n[end] > FGR_HOP_OPTIONS_MAX) {
            return fgr_cli_fail_usage(
                "%zu times %s: at most %d are read, each of them may be a list", options->n[end],
                names[end], FGR_HOP_OPTIONS_MAX);
        }
    }
    return FGR_EXIT_OK;
}

/* What the sets are stated with. */
struct teller {
    struct fgr_overlay_told *told;
    const struct fgr_view *view;
    enum fgr_hop_end end;
    fgr_node_idx *node; /* of the payment at this end */
    struct fgr_error *err;
    char hop[HOP_BYTES_MAX];
};

static enum fgr_err refuse(const struct teller *t, const char *why)
{
    return fgr_fail(t->err, FGR_ERR_FORMAT, "%s '%.80s' %s", names[t->end], t->hop, why);
}

/* "700000x1x0" or "700000x1x0/1": false if it is neither. A direction of 2 stands for either. */
static bool parse_channel(const char *text, uint64_t *out_scid, uint32_t *out_direction)
{
    size_t n = strlen(text);
    *out_direction = 2;
    if (n > 2 && text[n - 2] == '/' && (text[n - 1] == '0' || text[n - 1] == '1')) {
        *out_direction = text[n - 1] == '1';
        n -= 2;
    }
    return fgr_parse_scid(out_scid, (struct fgr_text){text, n});
}

/* The node of the payment at which the half-channel is. */
static fgr_node_idx end_of(const struct teller *t, fgr_edge_idx edge)
{
    struct fgr_overlay_edge_info info;
    if (fgr_overlay_edge(t->told->overlay, &info, edge) != FGR_OK) {
        return (fgr_node_idx){FGR_IDX_NONE};
    }
    return t->end == FGR_HOP_FIRST ? info.from : info.to;
}

static enum fgr_err tell_channel(const struct teller *t, uint64_t scid, uint32_t direction)
{
    fgr_chan_idx chan;
    if (fgr_overlay_find_channel(t->told->builder, &chan, scid, NULL) != FGR_OK) {
        return refuse(t, "is no channel of the network, and no overlay adds it");
    }
    fgr_edge_idx edge = {2 * chan.v + (direction == 2 ? 0 : direction)};
    if (direction == 2 && t->node->v == FGR_IDX_NONE) {
        return refuse(t, "needs a direction here, as in 700000x1x0/1");
    }
    if (direction == 2 && end_of(t, edge).v != t->node->v) {
        edge.v++;
    }
    fgr_node_idx node = end_of(t, edge);
    if (t->node->v == FGR_IDX_NONE) {
        *t->node = node;
    }
    if (node.v != t->node->v) {
        return fgr_fail(t->err, FGR_ERR_FORMAT, "%s '%.80s' does not %s", names[t->end], t->hop,
                        places[t->end]);
    }
    return t->end == FGR_HOP_FIRST ? fgr_overlay_only_out(t->told->builder, edge, t->err)
                                   : fgr_overlay_only_in(t->told->builder, edge, t->err);
}

static enum fgr_err tell_peer(const struct teller *t)
{
    fgr_node_idx peer;
    if (t->node->v == FGR_IDX_NONE) {
        return refuse(t, "is no half-channel like 700000x1x0/1");
    }
    enum fgr_err rc = fgr_names_find_node(t->view, t->told->overlay, &peer, t->hop, t->err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (peer.v == t->node->v) {
        return refuse(t, "is no peer but the end itself");
    }
    return t->end == FGR_HOP_FIRST
               ? fgr_overlay_only_out_to(t->told->builder, *t->node, peer, t->err)
               : fgr_overlay_only_in_from(t->told->builder, *t->node, peer, t->err);
}

static enum fgr_err tell_list(struct teller *t, const char *text)
{
    for (const char *at = text;; at++) {
        size_t n = strcspn(at, ",");
        size_t n_kept = n < HOP_BYTES_MAX - 1 ? n : HOP_BYTES_MAX - 1;
        uint64_t scid;
        uint32_t direction;
        memcpy(t->hop, at, n_kept);
        t->hop[n_kept] = '\0';
        if (n == 0 || n > n_kept) {
            return refuse(t, "is neither a channel nor a node");
        }
        bool is_channel = parse_channel(t->hop, &scid, &direction);
        enum fgr_err rc = is_channel ? tell_channel(t, scid, direction) : tell_peer(t);
        at += n;
        if (rc != FGR_OK || *at == '\0') {
            return rc;
        }
    }
}

enum fgr_err fgr_hop_options_tell(const struct fgr_hop_options *options,
                                  struct fgr_overlay_told *told, const struct fgr_view *view,
                                  fgr_node_idx ends[FGR_HOP_ENDS], struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (unsigned end = 0; end < FGR_HOP_ENDS; end++) {
        struct teller t = {.told = told,
                           .view = view,
                           .end = (enum fgr_hop_end)end,
                           .node = &ends[end],
                           .err = err};
        for (size_t i = 0; i < options->n[end] && rc == FGR_OK; i++) {
            rc = tell_list(&t, options->text[end][i]);
        }
    }
    return rc == FGR_OK ? fgr_overlay_told_freeze(told, err) : rc;
}
