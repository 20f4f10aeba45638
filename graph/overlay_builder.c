/* SPDX-License-Identifier: MIT */
/*
 * overlay_builder.c - the statements of an overlay, but for those that make half-channels
 * (overlay_channel.c): each is checked against the view and what was said before, then kept.
 */
#include "graph/overlay_said.h"

#include <inttypes.h>
#include <stdlib.h>

#include "graph/util/array.h"
#include "graph/util/error.h"
#include "graph/util/hex.h"
#include "graph/curve.h"

#define ID_DIGITS ((size_t)2 * FGR_NODE_ID_BYTES)

/* ---- builder ------------------------------------------------------------------------------- */

enum fgr_err fgr_overlay_builder_create(struct fgr_overlay_builder **out_builder,
                                        const struct fgr_view *view, struct fgr_error *err)
{
    struct fgr_overlay_builder *builder = fgr_array_new(1, sizeof *builder, err);
    if (builder == NULL) {
        return FGR_ERR_MEMORY;
    }
    builder->view = view;
    struct fgr_table *tables[] = {&builder->half_table, &builder->node_table, &builder->id_table,
                                  &builder->scid_table};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        enum fgr_err rc = fgr_table_init(tables[i], err);
        if (rc != FGR_OK) {
            fgr_overlay_builder_destroy(builder);
            return rc;
        }
    }
    *out_builder = builder;
    return FGR_OK;
}

void fgr_overlay_builder_destroy(struct fgr_overlay_builder *builder)
{
    if (builder == NULL) {
        return;
    }
    fgr_table_free(&builder->half_table);
    fgr_table_free(&builder->node_table);
    fgr_table_free(&builder->id_table);
    fgr_table_free(&builder->scid_table);
    free(builder->halves);
    free(builder->nodes);
    free(builder->added_nodes);
    free(builder->added_chans);
    for (unsigned i = 0; i < FGR_SAID_PAIRS; i++) {
        free(builder->pairs[i].pair);
    }
    free(builder);
}

/* ---- names --------------------------------------------------------------------------------- */

/* FGR_IDX_NONE if neither the view nor the overlay has it. */
static uint32_t find_node(const struct fgr_overlay_builder *builder,
                          const uint8_t id[FGR_NODE_ID_BYTES])
{
    fgr_node_idx node;
    return fgr_view_find_id(builder->view, &node, id) == FGR_OK ? node.v
                                                                : fgr_said_find_added(builder, id);
}

enum fgr_err fgr_overlay_find_node(const struct fgr_overlay_builder *builder,
                                   fgr_node_idx *out_node, const uint8_t id[FGR_NODE_ID_BYTES],
                                   struct fgr_error *err)
{
    uint32_t node = find_node(builder, id);
    if (node == FGR_IDX_NONE) {
        char hex[ID_DIGITS + 1];
        fgr_hex_encode(hex, id, ID_DIGITS);
        return fgr_fail(err, FGR_ERR_UNKNOWN, "no node %s in the network, and none was added", hex);
    }
    out_node->v = node;
    return FGR_OK;
}

enum fgr_err fgr_overlay_node(struct fgr_overlay_builder *builder, fgr_node_idx *out_node,
                              const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_error *err)
{
    uint32_t node = find_node(builder, id);
    if (node == FGR_IDX_NONE) {
        if (!fgr_curve_point(id)) {
            char hex[ID_DIGITS + 1];
            fgr_hex_encode(hex, id, ID_DIGITS);
            return fgr_fail(err, FGR_ERR_ARG, "node id %s is not a point on the curve", hex);
        }
        node = fgr_said_node_count(builder);
        enum fgr_err rc = fgr_said_add_node(builder, id, err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    out_node->v = node;
    return FGR_OK;
}

enum fgr_err fgr_overlay_find_channel(const struct fgr_overlay_builder *builder,
                                      fgr_chan_idx *out_chan, uint64_t scid, struct fgr_error *err)
{
    uint32_t chan = fgr_said_find_chan(builder, scid, NULL);
    if (chan == FGR_IDX_NONE) {
        return fgr_fail(err, FGR_ERR_UNKNOWN,
                        "no channel %" PRIu32 "x%" PRIu32 "x%" PRIu32
                        " in the network, and none was added",
                        fgr_scid_block(scid), fgr_scid_tx(scid), fgr_scid_output(scid));
    }
    out_chan->v = chan;
    return FGR_OK;
}

/* ---- balances ------------------------------------------------------------------------------ */

static enum fgr_err say_range(struct fgr_overlay_builder *builder, uint32_t edge, uint64_t min_msat,
                              uint64_t max_msat, struct fgr_error *err)
{
    struct fgr_said_half *said;
    enum fgr_err rc = fgr_said_half_get(builder, &said, edge, err);
    if (rc == FGR_OK) {
        said->min_msat = min_msat;
        said->max_msat = max_msat;
        said->range_at = ++builder->n_statements;
        said->is_changed = true;
    }
    return rc;
}

/* At most the capacity, or FGR_MSAT_NONE in its place. */
static enum fgr_err check_held(const struct fgr_overlay_builder *builder, uint32_t edge,
                               fgr_msat amount, struct fgr_subject subject, struct fgr_error *err)
{
    uint64_t capacity_msat = fgr_said_capacity_msat(builder, edge);
    if (amount.v == FGR_MSAT_NONE ||
        amount.v <= (capacity_msat == FGR_MSAT_NONE ? FGR_MSAT_MAX : capacity_msat)) {
        return FGR_OK;
    }
    if (capacity_msat == FGR_MSAT_NONE) {
        return fgr_said_refuse(err, subject, "%" PRIu64 " msat is above 21 million BTC", amount.v);
    }
    return fgr_said_refuse(err, subject, "%" PRIu64 " msat is above the capacity, %" PRIu64 " msat",
                           amount.v, capacity_msat);
}

enum fgr_err fgr_overlay_balance(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                 fgr_msat balance, struct fgr_error *err)
{
    enum fgr_err rc = fgr_said_check_edge(builder, "balance of", edge, err);
    if (rc == FGR_OK) {
        struct fgr_subject subject = fgr_said_about_edge("balance of", builder, edge.v);
        rc = check_held(builder, edge.v, balance, subject, err);
    }
    return rc == FGR_OK ? say_range(builder, edge.v, balance.v, balance.v, err) : rc;
}

enum fgr_err fgr_overlay_balance_of_node(struct fgr_overlay_builder *builder, fgr_node_idx node,
                                         fgr_msat balance, struct fgr_error *err)
{
    struct fgr_said_node *said;
    enum fgr_err rc = fgr_said_check_node(builder, "balance of", node, err);
    if (rc == FGR_OK && balance.v > FGR_MSAT_MAX && balance.v != FGR_MSAT_NONE) {
        rc = fgr_said_refuse(err, fgr_said_about_node("balance of", builder, node.v),
                             "%" PRIu64 " msat is above 21 million BTC", balance.v);
    }
    rc = rc == FGR_OK ? fgr_said_node_get(builder, &said, node.v, err) : rc;
    if (rc == FGR_OK) {
        said->balance_msat = balance.v;
        said->balance_at = ++builder->n_statements;
    }
    return rc;
}

enum fgr_err fgr_overlay_knowledge(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                   fgr_msat min, fgr_msat max, struct fgr_error *err)
{
    enum fgr_err rc = fgr_said_check_edge(builder, "knowledge of", edge, err);
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_subject subject = fgr_said_about_edge("knowledge of", builder, edge.v);
    if (min.v > max.v) {
        return fgr_said_refuse(err, subject, "min %" PRIu64 " msat is above max, %" PRIu64 " msat",
                               min.v, max.v);
    }
    rc = check_held(builder, edge.v, min, subject, err);
    rc = rc == FGR_OK ? check_held(builder, edge.v, max, subject, err) : rc;
    return rc == FGR_OK ? say_range(builder, edge.v, min.v, max.v, err) : rc;
}

enum fgr_err fgr_overlay_reserved(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                  fgr_msat amount, struct fgr_error *err)
{
    struct fgr_said_half *said;
    enum fgr_err rc = fgr_said_check_edge(builder, "reserved on", edge, err);
    if (rc == FGR_OK && amount.v > FGR_MSAT_MAX) {
        rc = fgr_said_refuse(err, fgr_said_about_edge("reserved on", builder, edge.v),
                             "%" PRIu64 " msat is above 21 million BTC", amount.v);
    }
    rc = rc == FGR_OK ? fgr_said_half_get(builder, &said, edge.v, err) : rc;
    if (rc == FGR_OK) {
        /* No half-channel holds more than FGR_MSAT_MAX, so beyond there is nothing to count. */
        uint64_t room_msat = FGR_MSAT_MAX - said->reserved_msat;
        said->reserved_msat += amount.v < room_msat ? amount.v : room_msat;
        said->is_changed |= amount.v > 0;
    }
    return rc;
}

enum fgr_err fgr_overlay_htlcs(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                               uint32_t slots, fgr_msat cost, struct fgr_error *err)
{
    struct fgr_said_half *said;
    enum fgr_err rc = fgr_said_check_edge(builder, "HTLCs on", edge, err);
    if (rc == FGR_OK && cost.v > (uint64_t)FGR_BIAS_MSAT_MAX) {
        rc = fgr_said_refuse(err, fgr_said_about_edge("HTLCs on", builder, edge.v),
                             "a cost of %" PRIu64 " msat is above %" PRId64 " msat", cost.v,
                             FGR_BIAS_MSAT_MAX);
    }
    rc = rc == FGR_OK ? fgr_said_half_get(builder, &said, edge.v, err) : rc;
    if (rc == FGR_OK) {
        said->slots = slots;
        said->htlc_cost_msat = cost.v;
        said->is_changed = true;
    }
    return rc;
}

/* ---- biases and bans ----------------------------------------------------------------------- */

static enum fgr_err check_bias(int64_t bias_msat, struct fgr_subject subject, struct fgr_error *err)
{
    if (bias_msat >= -FGR_BIAS_MSAT_MAX && bias_msat <= FGR_BIAS_MSAT_MAX) {
        return FGR_OK;
    }
    return fgr_said_refuse(err, subject, "%" PRId64 " msat is stronger than %" PRId64 " msat",
                           bias_msat, FGR_BIAS_MSAT_MAX);
}

enum fgr_err fgr_overlay_bias(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                              int64_t bias_msat, struct fgr_error *err)
{
    struct fgr_said_half *said;
    enum fgr_err rc = fgr_said_check_edge(builder, "bias of", edge, err);
    if (rc == FGR_OK) {
        rc = check_bias(bias_msat, fgr_said_about_edge("bias of", builder, edge.v), err);
    }
    rc = rc == FGR_OK ? fgr_said_half_get(builder, &said, edge.v, err) : rc;
    if (rc == FGR_OK) {
        said->bias_msat = bias_msat;
        said->is_changed = true;
    }
    return rc;
}

enum fgr_err fgr_overlay_bias_of_node(struct fgr_overlay_builder *builder, fgr_node_idx node,
                                      int64_t bias_msat, struct fgr_error *err)
{
    struct fgr_said_node *said;
    enum fgr_err rc = fgr_said_check_node(builder, "bias of", node, err);
    if (rc == FGR_OK) {
        rc = check_bias(bias_msat, fgr_said_about_node("bias of", builder, node.v), err);
    }
    rc = rc == FGR_OK ? fgr_said_node_get(builder, &said, node.v, err) : rc;
    if (rc == FGR_OK) {
        said->bias_msat = bias_msat;
    }
    return rc;
}

enum fgr_err fgr_overlay_ban_node(struct fgr_overlay_builder *builder, fgr_node_idx node,
                                  struct fgr_error *err)
{
    struct fgr_said_node *said;
    enum fgr_err rc = fgr_said_check_node(builder, "ban of", node, err);
    rc = rc == FGR_OK ? fgr_said_node_get(builder, &said, node.v, err) : rc;
    if (rc == FGR_OK) {
        said->is_banned = true;
    }
    return rc;
}

enum fgr_err fgr_overlay_ban_edge(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                  struct fgr_error *err)
{
    struct fgr_said_half *said;
    enum fgr_err rc = fgr_said_check_edge(builder, "ban of", edge, err);
    rc = rc == FGR_OK ? fgr_said_half_get(builder, &said, edge.v, err) : rc;
    if (rc == FGR_OK) {
        said->is_banned = true;
    }
    return rc;
}

enum fgr_err fgr_overlay_ban_channel(struct fgr_overlay_builder *builder, fgr_chan_idx chan,
                                     struct fgr_error *err)
{
    uint32_t n_chans = fgr_said_edge_count(builder) / 2;
    struct fgr_said_half *said;
    if (chan.v >= n_chans) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "ban of channel %" PRIu32 ": view and overlay have %" PRIu32 " of them",
                        chan.v, n_chans);
    }
    /* The second one's memory before the first one's ban. */
    enum fgr_err rc = fgr_said_half_get(builder, &said, 2 * chan.v + 1, err);
    rc = rc == FGR_OK ? fgr_overlay_ban_edge(builder, (fgr_edge_idx){2 * chan.v}, err) : rc;
    return rc == FGR_OK ? fgr_overlay_ban_edge(builder, (fgr_edge_idx){2 * chan.v + 1}, err) : rc;
}

static enum fgr_err check_pair(const struct fgr_overlay_builder *builder, const char *const what[3],
                               fgr_node_idx from, fgr_node_idx to, struct fgr_error *err)
{
    enum fgr_err rc = fgr_said_check_node(builder, what[0], from, err);
    rc = rc == FGR_OK ? fgr_said_check_node(builder, what[1], to, err) : rc;
    if (rc == FGR_OK && from.v == to.v) {
        rc = fgr_said_refuse(err, fgr_said_about_node(what[2], builder, from.v),
                             "it makes no pair with itself");
    }
    return rc;
}

enum fgr_err fgr_overlay_ban_pair(struct fgr_overlay_builder *builder, fgr_node_idx from,
                                  fgr_node_idx to, struct fgr_error *err)
{
    static const char *const what[3] = {"ban from", "ban to", "ban of"};
    enum fgr_err rc = check_pair(builder, what, from, to, err);
    struct fgr_node_pair pair = {.from = from.v, .to = to.v};
    return rc == FGR_OK ? fgr_said_add_pair(builder, FGR_BANNED, pair, err) : rc;
}

/* ---- first and last hops ------------------------------------------------------------------- */

/* Chooses a half-channel; the node's memory before that. */
static enum fgr_err choose_edge(struct fgr_overlay_builder *builder, enum fgr_said_pairs kind,
                                fgr_edge_idx edge, struct fgr_error *err)
{
    struct fgr_said_half *half;
    struct fgr_said_node *node;
    enum fgr_err rc = fgr_said_check_edge(builder, "choice of", edge, err);
    if (rc != FGR_OK) {
        return rc;
    }
    uint32_t end =
        kind == FGR_ONLY_OUT ? fgr_said_from(builder, edge.v) : fgr_said_to(builder, edge.v);
    rc = fgr_said_half_get(builder, &half, edge.v, err);
    rc = rc == FGR_OK ? fgr_said_node_get(builder, &node, end, err) : rc;
    if (rc == FGR_OK) {
        half->is_only[kind] = true;
        node->has_only[kind] = true;
    }
    return rc;
}

static enum fgr_err choose_pair(struct fgr_overlay_builder *builder, enum fgr_said_pairs kind,
                                struct fgr_node_pair pair, struct fgr_error *err)
{
    static const char *const what[3] = {"choice from", "choice to", "choice of"};
    struct fgr_said_node *node;
    fgr_node_idx from = {pair.from};
    fgr_node_idx to = {pair.to};
    enum fgr_err rc = check_pair(builder, what, from, to, err);
    uint32_t end = kind == FGR_ONLY_OUT ? pair.from : pair.to;
    rc = rc == FGR_OK ? fgr_said_node_get(builder, &node, end, err) : rc;
    rc = rc == FGR_OK ? fgr_said_add_pair(builder, kind, pair, err) : rc;
    if (rc == FGR_OK) {
        node->has_only[kind] = true;
    }
    return rc;
}

enum fgr_err fgr_overlay_only_out(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                  struct fgr_error *err)
{
    return choose_edge(builder, FGR_ONLY_OUT, edge, err);
}

enum fgr_err fgr_overlay_only_in(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                 struct fgr_error *err)
{
    return choose_edge(builder, FGR_ONLY_IN, edge, err);
}

enum fgr_err fgr_overlay_only_out_to(struct fgr_overlay_builder *builder, fgr_node_idx from,
                                     fgr_node_idx to, struct fgr_error *err)
{
    return choose_pair(builder, FGR_ONLY_OUT, (struct fgr_node_pair){from.v, to.v}, err);
}

enum fgr_err fgr_overlay_only_in_from(struct fgr_overlay_builder *builder, fgr_node_idx to,
                                      fgr_node_idx from, struct fgr_error *err)
{
    return choose_pair(builder, FGR_ONLY_IN, (struct fgr_node_pair){from.v, to.v}, err);
}
