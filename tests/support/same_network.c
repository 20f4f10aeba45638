/* SPDX-License-Identifier: MIT */
#include "tests/support/same_network.h"

#include <stdio.h>
#include <string.h>

#include "graph/live.h"
#include "graph/util/error.h"
#include "graph/util/hex.h"

/* Two views of what should be one network: a is live. */
struct pair {
    const struct fgr_view *a;
    const struct fgr_view *b;
    struct fgr_error *err;
};

#define SAY(pair, ...) (fgr_fail((pair)->err, FGR_ERR_CHECK, __VA_ARGS__), false)

static const uint8_t *id_of(const struct fgr_view *view, uint32_t node)
{
    return view->node_id + (size_t)node * FGR_NODE_ID_BYTES;
}

static bool same_bytes(const uint8_t *x, uint32_t n_x, const uint8_t *y, uint32_t n_y)
{
    return fgr_bytes_cmp(x, n_x, y, n_y) == 0;
}

static bool same_node(const struct pair *pair, uint32_t a, uint32_t b)
{
    struct fgr_node_info x, y;
    if (fgr_view_node(pair->a, &x, (fgr_node_idx){a}) != FGR_OK ||
        fgr_view_node(pair->b, &y, (fgr_node_idx){b}) != FGR_OK) {
        return SAY(pair, "node %u is out of range", b);
    }
    if (!same_bytes(x.alias, x.alias_len, y.alias, y.alias_len) ||
        !same_bytes(x.features, x.features_len, y.features, y.features_len)) {
        return SAY(pair, "node %u: alias or features differ", b);
    }
    if (x.timestamp != y.timestamp || x.channels != y.channels || x.enabled_in != y.enabled_in ||
        x.enabled_out != y.enabled_out) {
        return SAY(pair, "node %u: %u/%u channels, %u/%u in, %u/%u out", b, x.channels, y.channels,
                   x.enabled_in, y.enabled_in, x.enabled_out, y.enabled_out);
    }
    return true;
}

static bool same_policy(const struct pair *pair, uint32_t a, uint32_t b)
{
    struct fgr_policy_info x = {.known = false}, y = {.known = false};
    if (fgr_view_policy(pair->a, &x, (fgr_edge_idx){a}) != FGR_OK ||
        fgr_view_policy(pair->b, &y, (fgr_edge_idx){b}) != FGR_OK) {
        return SAY(pair, "half-channel %u is out of range", b);
    }
    bool is_same = x.htlc_min.v == y.htlc_min.v && x.htlc_max.v == y.htlc_max.v &&
                   x.base_msat == y.base_msat && x.ppm == y.ppm &&
                   x.inbound_base_msat == y.inbound_base_msat && x.inbound_ppm == y.inbound_ppm &&
                   x.timestamp == y.timestamp && x.cltv_delta == y.cltv_delta &&
                   x.known == y.known && x.disabled == y.disabled && x.usable == y.usable;
    return is_same || SAY(pair, "half-channel %u: the policy differs", b);
}

static bool same_channel(const struct pair *pair, uint32_t b)
{
    fgr_chan_idx a;
    struct fgr_channel_info x, y;
    uint64_t scid = pair->b->chan[b].scid;
    if (fgr_view_find_channel(pair->a, &a, scid) != FGR_OK ||
        fgr_view_channel(pair->a, &x, a) != FGR_OK ||
        fgr_view_channel(pair->b, &y, (fgr_chan_idx){b}) != FGR_OK) {
        return SAY(pair, "channel %u is not found", b);
    }
    for (int end = 0; end < 2; end++) {
        if (memcmp(id_of(pair->a, x.node[end].v), id_of(pair->b, y.node[end].v),
                   FGR_NODE_ID_BYTES) != 0) {
            return SAY(pair, "channel %u: end %d differs", b, end);
        }
    }
    if (x.scid != y.scid || x.capacity.v != y.capacity.v || x.dying != y.dying || x.closed ||
        !same_bytes(x.features, x.features_len, y.features, y.features_len)) {
        return SAY(pair, "channel %u differs", b);
    }
    return same_policy(pair, 2 * a.v, 2 * b) && same_policy(pair, 2 * a.v + 1, 2 * b + 1);
}

/* Entry i of a list against entry k. */
static bool same_entry(const struct pair *pair, bool is_incoming, uint32_t i, uint32_t k)
{
    const struct fgr_adjacency *x = is_incoming ? &pair->a->in : &pair->a->out;
    const struct fgr_adjacency *y = is_incoming ? &pair->b->in : &pair->b->out;
    return x->base_msat[i] == y->base_msat[k] && x->ppm[i] == y->ppm[k] &&
           x->cltv[i] == y->cltv[k] && memcmp(&x->inv_cap[i], &y->inv_cap[k], 4) == 0 &&
           memcmp(&x->max_msat[i], &y->max_msat[k], 4) == 0 &&
           (x->edge[i] & 1) == (y->edge[k] & 1) &&
           fgr_view_chan_of(pair->a, x->edge[i])->scid ==
               fgr_view_chan_of(pair->b, y->edge[k])->scid &&
           memcmp(id_of(pair->a, x->nbr[i]), id_of(pair->b, y->nbr[k]), FGR_NODE_ID_BYTES) == 0;
}

static bool same_list(const struct pair *pair, bool is_incoming, uint32_t a, uint32_t b)
{
    struct fgr_span x = fgr_adjacency_span(is_incoming ? &pair->a->in : &pair->a->out, a);
    struct fgr_span y = fgr_adjacency_span(is_incoming ? &pair->b->in : &pair->b->out, b);
    if (x.end - x.first != y.end - y.first) {
        return SAY(pair, "node %u: %u entries, not %u", b, x.end - x.first, y.end - y.first);
    }
    for (uint32_t i = 0; i < y.end - y.first; i++) {
        if (!same_entry(pair, is_incoming, x.first + i, y.first + i)) {
            return SAY(pair, "node %u: %s entry %u differs", b,
                       is_incoming ? "incoming" : "outgoing", i);
        }
    }
    return true;
}

/* The same answer to the same text: the same node, or the same words. */
static bool same_find(const struct pair *pair, const char *text)
{
    fgr_node_idx a = {0}, b = {0};
    struct fgr_error x = {.text = ""}, y = {.text = ""};
    enum fgr_err rc_a = fgr_view_find_node(pair->a, &a, text, &x);
    enum fgr_err rc_b = fgr_view_find_node(pair->b, &b, text, &y);
    bool is_same = rc_a == rc_b && strcmp(x.text, y.text) == 0 &&
                   (rc_a != FGR_OK ||
                    memcmp(id_of(pair->a, a.v), id_of(pair->b, b.v), FGR_NODE_ID_BYTES) == 0);
    return is_same || SAY(pair, "'%.40s': %s / %s", text, x.text, y.text);
}

static bool same_names(const struct pair *pair, uint32_t b)
{
    char text[2 * FGR_NODE_ID_BYTES + 1];
    struct fgr_node_info info;
    fgr_hex_encode(text, id_of(pair->b, b), 2 * (size_t)FGR_NODE_ID_BYTES);
    bool is_same = same_find(pair, text);
    text[9] = '\0';
    is_same = is_same && same_find(pair, text);
    if (fgr_view_node(pair->b, &info, (fgr_node_idx){b}) == FGR_OK && info.alias_len > 0) {
        memcpy(text, info.alias, info.alias_len);
        text[info.alias_len] = '\0';
        is_same = is_same && same_find(pair, text);
    }
    return is_same;
}

bool fgr_same_network(const struct fgr_view *live, const struct fgr_view *image,
                      struct fgr_error *err)
{
    const struct pair pair = {live, image, err};
    uint32_t n_nodes = 0;
    for (uint32_t v = 0; v < live->n_nodes; v++) {
        n_nodes += fgr_live_node_of(live, v)->channels > 0;
    }
    if (n_nodes != image->n_nodes || live->n_chans - live->live->n_gone != image->n_chans ||
        live->n_usable != image->n_usable || live->n_inbound != image->n_inbound) {
        return SAY(&pair, "%u/%u nodes, %u - %u/%u channels, %u/%u usable, %u/%u inbound", n_nodes,
                   image->n_nodes, live->n_chans, live->live->n_gone, image->n_chans,
                   live->n_usable, image->n_usable, live->n_inbound, image->n_inbound);
    }
    for (uint32_t b = 0; b < image->n_nodes; b++) {
        fgr_node_idx a;
        if (fgr_view_find_id(live, &a, id_of(image, b)) != FGR_OK) {
            return SAY(&pair, "node %u is not found", b);
        }
        if (!same_node(&pair, a.v, b) || !same_list(&pair, true, a.v, b) ||
            !same_list(&pair, false, a.v, b) || !same_names(&pair, b)) {
            return false;
        }
    }
    for (uint32_t b = 0; b < image->n_chans; b++) {
        if (!same_channel(&pair, b)) {
            return false;
        }
    }
    return true;
}
