/* SPDX-License-Identifier: MIT */
/*
 * master_change.c - what each kind of change does.
 *
 * In two halves: the first makes everything private that will be written, which may fail and changes
 * no value; the second writes, which cannot fail. So a change is whole or did not happen.
 */
#include <inttypes.h>

#include "graph/layout.h"
#include "graph/master_state.h"
#include "graph/util/error.h"
#include "graph/util/hex.h"

#define ID_DIGITS ((size_t)2 * FGR_NODE_ID_BYTES)
#define SCID_FORMAT "%" PRIu32 "x%" PRIu32 "x%" PRIu32
#define SCID_PARTS(scid) fgr_scid_block(scid), fgr_scid_tx(scid), fgr_scid_output(scid)

struct id_text {
    char hex[ID_DIGITS + 1];
};

static struct id_text id_text(const uint8_t id[FGR_NODE_ID_BYTES])
{
    struct id_text text;
    fgr_hex_encode(text.hex, id, ID_DIGITS);
    return text;
}

static enum fgr_err find(const struct fgr_master *master, uint32_t *out_chan, uint64_t scid,
                         struct fgr_error *err)
{
    *out_chan = fgr_master_find_channel(master, scid);
    return *out_chan != FGR_IDX_NONE
               ? FGR_OK
               : fgr_fail(err, FGR_ERR_UNKNOWN, "there is no channel " SCID_FORMAT,
                          SCID_PARTS(scid));
}

/* ---- lists --------------------------------------------------------------------------------- */

static bool is_usable(const struct fgr_half *half)
{
    return (half->flags & FGR_HALF_USABLE) != 0;
}

/* Whether the lists show a difference between the two. */
static bool is_listed_otherwise(const struct fgr_half *half, const struct fgr_half *half_new)
{
    bool is_same = half->base_msat == half_new->base_msat && half->ppm == half_new->ppm &&
                   half->cltv_delta == half_new->cltv_delta &&
                   half->htlc_max_msat == half_new->htlc_max_msat;
    return is_usable(half) != is_usable(half_new) || (is_usable(half) && !is_same);
}

/* Opens the lists that a new policy of half-channel `edge` will change. */
static enum fgr_err open_lists(struct fgr_master *master, uint32_t edge,
                               const struct fgr_half *half_new, struct fgr_error *err)
{
    const struct fgr_half *half = fgr_master_half(master, edge);
    if (!is_listed_otherwise(half, half_new)) {
        return FGR_OK;
    }
    uint32_t n_more = is_usable(half_new) && !is_usable(half);
    enum fgr_err rc = fgr_lists_open(&master->in, fgr_lists_owner(&master->in, edge), n_more, err);
    return rc != FGR_OK
               ? rc
               : fgr_lists_open(&master->out, fgr_lists_owner(&master->out, edge), n_more, err);
}

/* Writes a policy into its opened lists and its private page. */
static void write_half(struct fgr_master *master, struct fgr_half *half, uint32_t edge,
                       const struct fgr_half *half_new)
{
    if (is_listed_otherwise(half, half_new)) {
        const struct fgr_half *before = is_usable(half) ? half : NULL;
        const struct fgr_half *after = is_usable(half_new) ? half_new : NULL;
        fgr_lists_change(&master->in, edge, before, after);
        fgr_lists_change(&master->out, edge, before, after);
        master->n_usable += (uint32_t)is_usable(half_new) - (uint32_t)is_usable(half);
    }
    *half = *half_new;
}

/* ---- policies ------------------------------------------------------------------------------ */

static bool has_inbound(const struct fgr_master *master, uint32_t edge)
{
    const struct fgr_inbound *fee = fgr_paged_find(&master->inbound, edge);
    return fee != NULL && (fee->base_msat != 0 || fee->ppm != 0);
}

static void write_inbound(struct fgr_master *master, struct fgr_inbound *fee, uint32_t edge,
                          const struct fgr_policy_record *policy)
{
    master->n_inbound -= has_inbound(master, edge);
    *fee = (struct fgr_inbound){edge, policy->inbound_base_msat, policy->inbound_ppm};
    master->n_inbound += has_inbound(master, edge);
}

static enum fgr_err apply_policy(struct fgr_master *master, const struct fgr_policy_record *policy,
                                 struct fgr_error *err)
{
    uint32_t chan;
    if (policy->direction > 1) {
        return fgr_fail(err, FGR_ERR_FORMAT,
                        "channel " SCID_FORMAT " has no direction %u, only 0 and 1",
                        SCID_PARTS(policy->scid), policy->direction);
    }
    enum fgr_err rc = find(master, &chan, policy->scid, err);
    if (rc != FGR_OK) {
        return rc;
    }
    uint32_t edge = 2 * chan + policy->direction;
    struct fgr_half half_new = fgr_layout_half(policy, fgr_master_chan(master, chan)->capacity_sat);
    half_new.flags |= fgr_master_half(master, edge)->flags & FGR_HALF_DYING;
    bool changes_inbound = fgr_layout_has_inbound(policy) || has_inbound(master, edge);
    struct fgr_inbound *fee = NULL;
    struct fgr_half *half = fgr_paged_edit(&master->half, edge, err);
    if (half != NULL && changes_inbound) {
        fee = fgr_paged_edit(&master->inbound, edge, err);
    }
    if (half == NULL || (changes_inbound && fee == NULL)) {
        return FGR_ERR_MEMORY;
    }
    rc = open_lists(master, edge, &half_new, err);
    if (rc != FGR_OK) {
        return rc;
    }
    write_half(master, half, edge, &half_new);
    if (fee != NULL) {
        write_inbound(master, fee, edge, policy);
    }
    return FGR_OK;
}

/* ---- channels ------------------------------------------------------------------------------ */

static enum fgr_err check_channel(const struct fgr_master *master,
                                  const struct fgr_channel_record *channel, struct fgr_error *err)
{
    for (int end = 0; end < 2; end++) {
        const uint8_t *id = channel->node_id[end];
        if (id[0] != 2 && id[0] != 3) {
            return fgr_fail(err, FGR_ERR_FORMAT, "node id %s starts with neither 02 nor 03",
                            id_text(id).hex);
        }
    }
    if (memcmp(channel->node_id[0], channel->node_id[1], FGR_NODE_ID_BYTES) == 0) {
        return fgr_fail(err, FGR_ERR_FORMAT, "channel " SCID_FORMAT " joins node %s to itself",
                        SCID_PARTS(channel->scid), id_text(channel->node_id[0]).hex);
    }
    if (channel->capacity_sat == 0 || channel->capacity_sat > FGR_SAT_MAX) {
        return fgr_fail(err, FGR_ERR_FORMAT,
                        "channel " SCID_FORMAT " has a capacity of %" PRIu64
                        " sat, which is none or more than the 21 million BTC there can be",
                        SCID_PARTS(channel->scid), channel->capacity_sat);
    }
    if (fgr_master_find_channel(master, channel->scid) != FGR_IDX_NONE) {
        return fgr_fail(err, FGR_ERR_FORMAT, "channel " SCID_FORMAT " is known already",
                        SCID_PARTS(channel->scid));
    }
    return FGR_OK;
}

/* Two pages that one change writes. */
struct node_pair {
    struct fgr_live_node *node[2];
};
struct half_pair {
    struct fgr_half *half[2];
};

static enum fgr_err edit_nodes(struct fgr_master *master, struct node_pair *out,
                               const uint32_t node[2], struct fgr_error *err)
{
    for (int end = 0; end < 2; end++) {
        out->node[end] = fgr_paged_edit(&master->node, node[end], err);
        if (out->node[end] == NULL) {
            return FGR_ERR_MEMORY;
        }
    }
    return FGR_OK;
}

static enum fgr_err edit_halves(struct fgr_master *master, struct half_pair *out, uint32_t chan,
                                struct fgr_error *err)
{
    for (uint32_t d = 0; d < 2; d++) {
        out->half[d] = fgr_paged_edit(&master->half, 2 * chan + d, err);
        if (out->half[d] == NULL) {
            return FGR_ERR_MEMORY;
        }
    }
    return FGR_OK;
}

/* Numbers for the ends, the lesser id first, and for the features. */
static enum fgr_err intern_channel(struct fgr_master *master, struct fgr_chan *out_chan,
                                   const struct fgr_channel_record *channel, struct fgr_error *err)
{
    int least = memcmp(channel->node_id[0], channel->node_id[1], FGR_NODE_ID_BYTES) > 0;
    *out_chan = (struct fgr_chan){.scid = channel->scid,
                                  .capacity_sat = channel->capacity_sat,
                                  .flags = channel->dying ? FGR_CHAN_DYING : 0};
    enum fgr_err rc = fgr_master_intern_set(master, &out_chan->feature_set, channel->features, err);
    for (int end = 0; end < 2 && rc == FGR_OK; end++) {
        rc = fgr_master_intern_node(master, &out_chan->node[end], channel->node_id[end ^ least],
                                    err);
    }
    return rc;
}

static enum fgr_err apply_channel(struct fgr_master *master,
                                  const struct fgr_channel_record *channel, struct fgr_error *err)
{
    struct fgr_chan record;
    struct node_pair nodes;
    struct half_pair halves;
    uint32_t chan = master->n_chans;
    enum fgr_err rc = check_channel(master, channel, err);
    if (rc == FGR_OK) {
        rc = intern_channel(master, &record, channel, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_master_room(master, FGR_MASTER_CHAN, chan, err);
    }
    if (rc == FGR_OK) {
        rc = edit_halves(master, &halves, chan, err);
    }
    if (rc == FGR_OK) {
        rc = edit_nodes(master, &nodes, record.node, err);
    }
    if (rc == FGR_OK) {
        ((struct fgr_chan *)master->array[FGR_MASTER_CHAN].base)[chan] = record;
        rc = fgr_master_name_channel(master, chan, err);
    }
    if (rc == FGR_OK) {
        nodes.node[0]->channels++;
        nodes.node[1]->channels++;
        master->n_chans++;
        master->by_scid.n = master->n_chans;
    }
    return rc;
}

static enum fgr_err apply_dying(struct fgr_master *master, uint64_t scid, struct fgr_error *err)
{
    struct half_pair halves;
    uint32_t chan;
    enum fgr_err rc = find(master, &chan, scid, err);
    if (rc == FGR_OK) {
        rc = edit_halves(master, &halves, chan, err);
    }
    if (rc == FGR_OK) {
        halves.half[0]->flags |= FGR_HALF_DYING;
        halves.half[1]->flags |= FGR_HALF_DYING;
    }
    return rc;
}

/* A node that has lost its last channel is forgotten, but for its number. */
static void take_channel(struct fgr_live_node *node)
{
    node->channels--;
    if (node->channels == 0) {
        *node = (struct fgr_live_node){.channels = 0};
    }
}

/* Opens the lists of both directions and the inbound fees, where there are. */
static enum fgr_err open_channel(struct fgr_master *master, uint32_t chan,
                                 struct fgr_inbound *out_fee[2], struct fgr_error *err)
{
    const struct fgr_half gone = {.flags = FGR_HALF_GONE};
    enum fgr_err rc = FGR_OK;
    for (uint32_t d = 0; d < 2 && rc == FGR_OK; d++) {
        out_fee[d] = NULL;
        if (has_inbound(master, 2 * chan + d)) {
            out_fee[d] = fgr_paged_edit(&master->inbound, 2 * chan + d, err);
            rc = out_fee[d] == NULL ? FGR_ERR_MEMORY : FGR_OK;
        }
        if (rc == FGR_OK) {
            rc = open_lists(master, 2 * chan + d, &gone, err);
        }
    }
    return rc;
}

static enum fgr_err apply_close(struct fgr_master *master, uint64_t scid, struct fgr_error *err)
{
    const struct fgr_half gone = {.flags = FGR_HALF_GONE};
    const struct fgr_policy_record no_policy = {.scid = scid};
    struct node_pair nodes;
    struct half_pair halves;
    struct fgr_inbound *fee[2];
    uint32_t chan;
    enum fgr_err rc = find(master, &chan, scid, err);
    if (rc == FGR_OK) {
        rc = edit_halves(master, &halves, chan, err);
    }
    if (rc == FGR_OK) {
        rc = edit_nodes(master, &nodes, fgr_master_chan(master, chan)->node, err);
    }
    if (rc == FGR_OK) {
        rc = open_channel(master, chan, fee, err);
    }
    if (rc != FGR_OK) {
        return rc;
    }
    for (uint32_t d = 0; d < 2; d++) {
        write_half(master, halves.half[d], 2 * chan + d, &gone);
        if (fee[d] != NULL) {
            write_inbound(master, fee[d], 2 * chan + d, &no_policy);
        }
        take_channel(nodes.node[d]);
    }
    master->n_gone++;
    return FGR_OK;
}

/* ---- nodes --------------------------------------------------------------------------------- */

static enum fgr_err apply_node(struct fgr_master *master, const struct fgr_node_record *record,
                               struct fgr_error *err)
{
    uint32_t set, alias = 0;
    struct fgr_bytes text = record->alias;
    while (text.len > 0 && text.data[text.len - 1] == 0) {
        text.len--;
    }
    if (text.len > FGR_ALIAS_BYTES_MAX) {
        return fgr_fail(err, FGR_ERR_FORMAT,
                        "alias of %" PRIu32 " bytes on node %s, at most %d fit", text.len,
                        id_text(record->id).hex, FGR_ALIAS_BYTES_MAX);
    }
    uint32_t node = fgr_master_find_node(master, record->id);
    if (node == FGR_IDX_NONE || fgr_master_node(master, node)->channels == 0) {
        return fgr_fail(err, FGR_ERR_UNKNOWN, "node %s has no channel", id_text(record->id).hex);
    }
    enum fgr_err rc = fgr_master_intern_set(master, &set, record->features, err);
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_live_node *state = fgr_paged_edit(&master->node, node, err);
    if (state == NULL) {
        return FGR_ERR_MEMORY;
    }
    if (text.len > 0) {
        rc = fgr_master_intern_alias(master, &alias, node, text, err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    state->timestamp = record->timestamp;
    state->feature_set = set;
    state->alias = alias;
    return FGR_OK;
}

enum fgr_err fgr_master_apply(struct fgr_master *master, const struct fgr_change *change,
                              struct fgr_error *err)
{
    switch (change->kind) {
    case FGR_CHANGE_CHANNEL:
        return apply_channel(master, &change->u.channel, err);
    case FGR_CHANGE_POLICY:
        return apply_policy(master, &change->u.policy, err);
    case FGR_CHANGE_NODE:
        return apply_node(master, &change->u.node, err);
    case FGR_CHANGE_DYING:
        return apply_dying(master, change->u.scid, err);
    case FGR_CHANGE_CLOSE:
        return apply_close(master, change->u.scid, err);
    }
    return fgr_fail(err, FGR_ERR_ARG, "there is no change of kind %d", (int)change->kind);
}
