/* SPDX-License-Identifier: MIT */
/*
 * overlay_channel.c - the statements of an overlay that make half-channels: policies, channels,
 * blinded paths.
 */
#include "graph/overlay_said.h"

#include <inttypes.h>
#include <string.h>

#include "graph/util/attr.h"
#include "graph/util/error.h"

#define BLINDED_MAX 65536U /* 0x0xN */

/* ---- policies ------------------------------------------------------------------------------ */

/* The limits of a policy in themselves and against the capacity, FGR_MSAT_NONE if unknown. */
static enum fgr_err check_limits(const struct fgr_half *half, uint64_t capacity_msat,
                                 struct fgr_subject subject, struct fgr_error *err)
{
    uint64_t most_msat = capacity_msat == FGR_MSAT_NONE ? FGR_MSAT_MAX : capacity_msat;
    uint64_t max_msat = half->htlc_max_msat == FGR_MSAT_NONE ? most_msat : half->htlc_max_msat;
    if (max_msat > most_msat) {
        return fgr_said_refuse(
            err, subject, "htlc_max %" PRIu64 " msat is above %s, %" PRIu64 " msat", max_msat,
            capacity_msat == FGR_MSAT_NONE ? "21 million BTC" : "the capacity", most_msat);
    }
    if (half->htlc_min_msat > max_msat) {
        return fgr_said_refuse(err, subject,
                               "htlc_min %" PRIu64 " msat is above htlc_max, %" PRIu64 " msat",
                               half->htlc_min_msat, max_msat);
    }
    return FGR_OK;
}

static struct fgr_half half_of(const struct fgr_overlay_policy *policy)
{
    uint8_t disabled = policy->enabled ? 0 : FGR_HALF_DISABLED;
    return (struct fgr_half){.htlc_min_msat = policy->htlc_min.v,
                             .htlc_max_msat = policy->htlc_max.v,
                             .base_msat = policy->base_msat,
                             .ppm = policy->ppm,
                             .cltv_delta = policy->cltv_delta,
                             .flags = (uint8_t)(FGR_HALF_KNOWN | disabled)};
}

/* `half` with the chosen fields of `policy`. */
static struct fgr_half merged(struct fgr_half half, unsigned fields,
                              const struct fgr_overlay_policy *policy)
{
    struct fgr_half said = half_of(policy);
    if ((half.flags & FGR_HALF_KNOWN) == 0) {
        half.htlc_min_msat = 0;
        half.htlc_max_msat = FGR_MSAT_NONE;
        half.flags = FGR_HALF_KNOWN;
    }
    half.base_msat = (fields & FGR_OVERLAY_BASE) != 0 ? said.base_msat : half.base_msat;
    half.ppm = (fields & FGR_OVERLAY_PPM) != 0 ? said.ppm : half.ppm;
    half.cltv_delta = (fields & FGR_OVERLAY_CLTV) != 0 ? said.cltv_delta : half.cltv_delta;
    half.htlc_min_msat =
        (fields & FGR_OVERLAY_HTLC_MIN) != 0 ? said.htlc_min_msat : half.htlc_min_msat;
    half.htlc_max_msat =
        (fields & FGR_OVERLAY_HTLC_MAX) != 0 ? said.htlc_max_msat : half.htlc_max_msat;
    half.flags = (fields & FGR_OVERLAY_ENABLED) != 0 ? said.flags : half.flags;
    return half;
}

static enum fgr_err change_half(struct fgr_overlay_builder *builder, uint32_t edge,
                                const struct fgr_half *half, struct fgr_error *err)
{
    struct fgr_said_half *said;
    enum fgr_err rc = fgr_said_half_get(builder, &said, edge, err);
    if (rc == FGR_OK) {
        said->half = *half;
        said->is_changed = true;
    }
    return rc;
}

enum fgr_err fgr_overlay_policy(struct fgr_overlay_builder *builder, fgr_edge_idx edge,
                                unsigned fields, const struct fgr_overlay_policy *policy,
                                struct fgr_error *err)
{
    const unsigned all = 2 * FGR_OVERLAY_ENABLED - 1;
    const unsigned fees = FGR_OVERLAY_BASE | FGR_OVERLAY_PPM | FGR_OVERLAY_CLTV;
    enum fgr_err rc = fgr_said_check_edge(builder, "policy of", edge, err);
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_subject subject = fgr_said_about_edge("policy of", builder, edge.v);
    if (fields == 0 || (fields & ~all) != 0) {
        return fgr_said_refuse(err, subject, "%u is no set of fields", fields);
    }
    const struct fgr_added_chan *added = fgr_said_added_chan(builder, edge.v);
    uint32_t from = fgr_said_from(builder, edge.v);
    if (added != NULL && added->is_blinded && from >= builder->view->n_nodes &&
        builder->added_nodes[from - builder->view->n_nodes].is_recipient) {
        return fgr_said_refuse(err, subject, "a blinded path has no way back");
    }
    const struct fgr_said_half *said = fgr_said_half(builder, edge.v);
    struct fgr_half half = {.flags = 0};
    if (said != NULL) {
        half = said->half;
    } else if (added == NULL) {
        half = *fgr_view_half_of(builder->view, edge.v);
    }
    if ((half.flags & FGR_HALF_KNOWN) == 0 && (fields & fees) != fees) {
        return fgr_said_refuse(err, subject,
                               "it has none yet, so it needs base_msat, ppm and cltv_delta");
    }
    half = merged(half, fields, policy);
    if ((fields & (FGR_OVERLAY_HTLC_MIN | FGR_OVERLAY_HTLC_MAX)) != 0) {
        rc = check_limits(&half, fgr_said_capacity_msat(builder, edge.v), subject, err);
    }
    return rc == FGR_OK ? change_half(builder, edge.v, &half, err) : rc;
}

/* ---- channels ------------------------------------------------------------------------------ */

static struct fgr_added_node *added_node(struct fgr_overlay_builder *builder, uint32_t node)
{
    uint32_t n_nodes = builder->view->n_nodes;
    return node < n_nodes ? NULL : &builder->added_nodes[node - n_nodes];
}

/* Whether direction 0 leaves `from`: ids are compared, since added nodes follow the view's. */
static bool leaves_lesser(const struct fgr_overlay_builder *builder, uint32_t from, uint32_t to)
{
    return memcmp(fgr_said_id(builder, from), fgr_said_id(builder, to), FGR_NODE_ID_BYTES) < 0;
}

/* Adds channel and half-channel, both or none. */
static enum fgr_err add_half(struct fgr_overlay_builder *builder, struct fgr_added_chan *chan,
                             fgr_node_idx from, fgr_node_idx to, const struct fgr_half *half,
                             struct fgr_error *err)
{
    struct fgr_said_half *said;
    bool is_lesser = leaves_lesser(builder, from.v, to.v);
    uint32_t edge = fgr_said_edge_count(builder) + !is_lesser;
    chan->node[0] = is_lesser ? from.v : to.v;
    chan->node[1] = is_lesser ? to.v : from.v;
    /* What is said of a half-channel that is not there is not heard. */
    enum fgr_err rc = fgr_said_half_get(builder, &said, edge, err);
    if (rc == FGR_OK) {
        rc = fgr_said_add_chan(builder, chan, err);
    }
    if (rc == FGR_OK) {
        said->half = *half;
        said->is_changed = true;
    }
    return rc;
}

static enum fgr_err check_channel(struct fgr_overlay_builder *builder,
                                  const struct fgr_overlay_channel *channel,
                                  struct fgr_subject subject, struct fgr_error *err)
{
    const fgr_node_idx ends[] = {channel->from, channel->to};
    if (channel->from.v == channel->to.v) {
        return fgr_said_refuse(err, subject, "it joins a node to itself");
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct fgr_added_node *node = added_node(builder, ends[i].v);
        if (node != NULL && node->is_recipient) {
            return fgr_said_refuse(err, subject, "blinded paths lead to its %s: no channel can",
                                   i == 0 ? "from" : "to");
        }
    }
    if (channel->capacity.v > FGR_SAT_MAX) {
        return fgr_said_refuse(err, subject,
                               "a capacity of %" PRIu64 " sat is above 21 million BTC",
                               channel->capacity.v);
    }
    return FGR_OK;
}

/* A half-channel of a channel that is there already. */
static enum fgr_err join_channel(struct fgr_overlay_builder *builder, uint32_t edge,
                                 const struct fgr_overlay_channel *channel,
                                 struct fgr_subject subject, struct fgr_error *err)
{
    struct fgr_half half = half_of(&channel->policy);
    uint64_t capacity_msat = fgr_said_capacity_msat(builder, edge);
    uint64_t said_sat = channel->capacity.v;
    if (said_sat != 0 && capacity_msat == FGR_MSAT_NONE) {
        return fgr_said_refuse(err, subject,
                               "its other half-channel came without a capacity: "
                               "give it there, or in neither");
    }
    if (said_sat != 0 && said_sat * 1000 != capacity_msat) {
        return fgr_said_refuse(err, subject,
                               "its capacity is %" PRIu64 " sat, not %" PRIu64 ": leave it out",
                               capacity_msat / 1000, said_sat);
    }
    enum fgr_err rc = check_limits(&half, capacity_msat, subject, err);
    return rc == FGR_OK ? change_half(builder, edge, &half, err) : rc;
}

enum fgr_err fgr_overlay_channel(struct fgr_overlay_builder *builder, fgr_edge_idx *out_edge,
                                 const struct fgr_overlay_channel *channel, struct fgr_error *err)
{
    enum fgr_err rc = fgr_said_check_node(builder, "channel from", channel->from, err);
    rc = rc == FGR_OK ? fgr_said_check_node(builder, "channel to", channel->to, err) : rc;
    if (rc != FGR_OK) {
        return rc;
    }
    unsigned direction = !leaves_lesser(builder, channel->from.v, channel->to.v);
    struct fgr_subject subject = {
        .statement = "channel", .scid = channel->scid, .direction = direction};
    rc = check_channel(builder, channel, subject, err);
    if (rc != FGR_OK) {
        return rc;
    }
    const uint32_t ends[2] = {channel->from.v, channel->to.v};
    uint32_t chan = fgr_said_find_chan(builder, channel->scid, ends);
    uint32_t edge =
        chan == FGR_IDX_NONE ? fgr_said_edge_count(builder) + direction : 2 * chan + direction;
    if (chan != FGR_IDX_NONE) {
        rc = join_channel(builder, edge, channel, subject, err);
    } else {
        struct fgr_half half = half_of(&channel->policy);
        struct fgr_added_chan added = {.scid = channel->scid, .capacity_sat = channel->capacity.v};
        uint64_t capacity_msat =
            added.capacity_sat == 0 ? FGR_MSAT_NONE : added.capacity_sat * 1000;
        rc = check_limits(&half, capacity_msat, subject, err);
        rc = rc == FGR_OK ? add_half(builder, &added, channel->from, channel->to, &half, err) : rc;
    }
    for (unsigned i = 0; i < 2 && rc == FGR_OK; i++) {
        struct fgr_added_node *node = added_node(builder, ends[i]);
        if (node != NULL) {
            node->has_channel = true;
        }
    }
    if (rc == FGR_OK && out_edge != NULL) {
        out_edge->v = edge;
    }
    return rc;
}

static enum fgr_err check_path(struct fgr_overlay_builder *builder, fgr_node_idx introduction,
                               fgr_node_idx recipient, struct fgr_subject subject,
                               struct fgr_error *err)
{
    const struct fgr_added_node *from = added_node(builder, introduction.v);
    const struct fgr_added_node *to = added_node(builder, recipient.v);
    if (introduction.v == recipient.v) {
        return fgr_said_refuse(err, subject, "it joins a node to itself");
    }
    if (from != NULL && from->is_recipient) {
        return fgr_said_refuse(err, subject, "it starts at the recipient of another one");
    }
    if (to == NULL || to->has_channel) {
        return fgr_said_refuse(
            err, subject,
            "the recipient is a node with channels: name it by the blinded id of its hop");
    }
    if (builder->n_blinded == BLINDED_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %u blinded paths", BLINDED_MAX);
    }
    return FGR_OK;
}

enum fgr_err fgr_overlay_blinded_path(struct fgr_overlay_builder *builder, fgr_edge_idx *out_edge,
                                      fgr_node_idx introduction, fgr_node_idx recipient,
                                      const struct fgr_overlay_payinfo *payinfo,
                                      struct fgr_error *err)
{
    enum fgr_err rc = fgr_said_check_node(builder, "blinded path from", introduction, err);
    rc = rc == FGR_OK ? fgr_said_check_node(builder, "blinded path to", recipient, err) : rc;
    if (rc != FGR_OK) {
        return rc;
    }
    unsigned direction = !leaves_lesser(builder, introduction.v, recipient.v);
    struct fgr_subject subject = {
        .statement = "blinded path", .scid = builder->n_blinded, .direction = direction};
    struct fgr_half half = {.htlc_min_msat = payinfo->htlc_min.v,
                            .htlc_max_msat = payinfo->htlc_max.v,
                            .base_msat = payinfo->base_msat,
                            .ppm = payinfo->ppm,
                            .cltv_delta = payinfo->cltv_delta,
                            .flags = FGR_HALF_KNOWN};
    struct fgr_added_chan added = {.scid = builder->n_blinded, .is_blinded = true};
    rc = check_path(builder, introduction, recipient, subject, err);
    rc = rc == FGR_OK ? check_limits(&half, FGR_MSAT_NONE, subject, err) : rc;
    rc = rc == FGR_OK ? add_half(builder, &added, introduction, recipient, &half, err) : rc;
    if (rc == FGR_OK) {
        builder->n_blinded++;
        builder->added_nodes[recipient.v - builder->view->n_nodes].is_recipient = true;
        struct fgr_added_node *from = added_node(builder, introduction.v);
        if (from != NULL) {
            from->has_channel = true;
        }
        if (out_edge != NULL) {
            out_edge->v = fgr_said_edge_count(builder) - 2 + direction;
        }
    }
    return rc;
}

/* ---- BOLT 4 -------------------------------------------------------------------------------- */

static uint64_t ceil_million(fgr_u128 parts)
{
    return (uint64_t)((parts + 999999) / 1000000);
}

enum fgr_err fgr_overlay_aggregate(struct fgr_overlay_payinfo *out_payinfo,
                                   const struct fgr_overlay_relay *relays, size_t n_relays,
                                   uint16_t final_cltv_delta, struct fgr_error *err)
{
    uint64_t base_msat = 0, ppm = 0, cltv = final_cltv_delta;
    uint64_t htlc_min_msat = 0, htlc_max_msat = FGR_MSAT_MAX;
    for (size_t i = n_relays; i-- > 0;) {
        const struct fgr_overlay_relay *relay = &relays[i];
        base_msat = ceil_million((fgr_u128)relay->base_msat * 1000000 +
                                 (fgr_u128)base_msat * (1000000 + (uint64_t)relay->ppm));
        ppm = ceil_million((fgr_u128)(ppm + relay->ppm) * 1000000 + (fgr_u128)ppm * relay->ppm);
        cltv += relay->cltv_delta;
        htlc_min_msat = relay->htlc_min.v > htlc_min_msat ? relay->htlc_min.v : htlc_min_msat;
        htlc_max_msat = relay->htlc_max.v < htlc_max_msat ? relay->htlc_max.v : htlc_max_msat;
        const char *field = base_msat > UINT32_MAX ? "base fee"
                            : ppm > UINT32_MAX     ? "proportional fee"
                            : cltv > UINT16_MAX    ? "cltv delta"
                                                   : NULL;
        if (field != NULL) {
            return fgr_fail_at(err, FGR_ERR_ARG, i, FGR_NO_POSITION,
                               "blinded path: from hop %zu on the %s does not fit its field", i,
                               field);
        }
        if (htlc_min_msat > htlc_max_msat) {
            return fgr_fail_at(err, FGR_ERR_ARG, i, FGR_NO_POSITION,
                               "blinded path: from hop %zu on htlc_min %" PRIu64
                               " msat is above htlc_max, %" PRIu64 " msat",
                               i, htlc_min_msat, htlc_max_msat);
        }
    }
    *out_payinfo = (struct fgr_overlay_payinfo){.htlc_min = {htlc_min_msat},
                                                .htlc_max = {htlc_max_msat},
                                                .base_msat = (uint32_t)base_msat,
                                                .ppm = (uint32_t)ppm,
                                                .cltv_delta = (uint16_t)cltv};
    return FGR_OK;
}
