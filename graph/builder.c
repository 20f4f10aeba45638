/* SPDX-License-Identifier: MIT */
#include "graph/builder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/layout.h"
#include "graph/util/array.h"
#include "graph/util/bytes.h"
#include "graph/util/error.h"
#include "graph/util/hex.h"
#include "graph/util/parallel.h"
#include "graph/util/table.h"
#include "graph/curve.h"

#define CHANNELS_MAX (UINT32_C(1) << 30) /* 2^31 half-channels */
#define ITEMS_MAX (UINT32_MAX - 1)       /* nodes and feature sets: the last number means none */
#define KEYS_PER_CLAIM 64                /* about 300 us of point checks */
#define ID_DIGITS ((size_t)2 * FGR_NODE_ID_BYTES)
#define SCID_FORMAT "%" PRIu32 "x%" PRIu32 "x%" PRIu32
#define SCID_PARTS(scid) fgr_scid_block(scid), fgr_scid_tx(scid), fgr_scid_output(scid)

struct fgr_builder {
    struct fgr_draft draft;
    struct fgr_import_report *report;
    struct fgr_table node_table; /* id -> draft.nodes */
    struct fgr_table chan_table; /* scid -> draft.chans */
    struct fgr_table set_table;  /* feature bytes -> draft.sets */
    size_t nodes_capacity;
    size_t chans_capacity;
    size_t sets_capacity;
    size_t set_bytes_capacity;
};

/* ---- errors -------------------------------------------------------------------------------- */

static enum fgr_err contradiction(struct fgr_place place, struct fgr_error *err, const char *format,
                                  ...) FGR_PRINTF(3, 4);

/* FORMAT, with "record 17 at byte 3321: " in front where the place is known. */
static enum fgr_err contradiction(struct fgr_place place, struct fgr_error *err, const char *format,
                                  ...)
{
    char where[64] = "";
    char what[FGR_ERROR_TEXT_BYTES];
    va_list args;
    if (place.record != FGR_NO_POSITION && place.offset != FGR_NO_POSITION) {
        snprintf(where, sizeof where, "record %" PRIu64 " at byte %" PRIu64 ": ", place.record,
                 place.offset);
    } else if (place.record != FGR_NO_POSITION) {
        snprintf(where, sizeof where, "record %" PRIu64 ": ", place.record);
    }
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return fgr_fail_at(err, FGR_ERR_FORMAT, place.record, place.offset, "%s%s", where, what);
}

struct id_text {
    char hex[ID_DIGITS + 1];
};

static struct id_text id_text(const uint8_t id[FGR_NODE_ID_BYTES])
{
    struct id_text text;
    fgr_hex_encode(text.hex, id, ID_DIGITS);
    return text;
}

static enum fgr_err check_id(const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_place place,
                             struct fgr_error *err)
{
    if (id[0] == 2 || id[0] == 3) {
        return FGR_OK;
    }
    return contradiction(place, err, "node id %s starts with neither 02 nor 03", id_text(id).hex);
}

/* ---- draft items --------------------------------------------------------------------------- */

/* Number of the node with this id, a new one if need be. */
static enum fgr_err intern_node(struct fgr_builder *builder, uint32_t *out_node,
                                const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_place place,
                                struct fgr_error *err)
{
    struct fgr_draft *draft = &builder->draft;
    uint32_t hash = fgr_table_hash(&builder->node_table, id, FGR_NODE_ID_BYTES);
    struct fgr_probe probe = fgr_table_probe(&builder->node_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&builder->node_table, &probe)) != FGR_TABLE_NONE) {
        if (memcmp(draft->nodes[i].id, id, FGR_NODE_ID_BYTES) == 0) {
            *out_node = i;
            return FGR_OK;
        }
    }
    if (draft->n_nodes == ITEMS_MAX) {
        fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " nodes", ITEMS_MAX);
        return FGR_ERR_LIMIT;
    }
    struct fgr_draft_node *nodes = fgr_array_grow(draft->nodes, &builder->nodes_capacity,
                                                  (size_t)draft->n_nodes + 1, sizeof *nodes, err);
    if (nodes == NULL) {
        return FGR_ERR_MEMORY;
    }
    draft->nodes = nodes;
    nodes[draft->n_nodes] = (struct fgr_draft_node){.place = place};
    memcpy(nodes[draft->n_nodes].id, id, FGR_NODE_ID_BYTES);
    *out_node = draft->n_nodes;
    enum fgr_err rc = fgr_table_add(&builder->node_table, hash, draft->n_nodes, err);
    draft->n_nodes += rc == FGR_OK;
    return rc;
}

/* Number of the channel with this scid, or FGR_TABLE_NONE. */
static uint32_t find_chan(const struct fgr_builder *builder, uint64_t scid, uint32_t hash)
{
    struct fgr_probe probe = fgr_table_probe(&builder->chan_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&builder->chan_table, &probe)) != FGR_TABLE_NONE) {
        if (builder->draft.chans[i].scid == scid) {
            break;
        }
    }
    return i;
}

/* The channel with this scid if it was announced and not deleted since, or NULL. */
static struct fgr_draft_chan *find_live_chan(const struct fgr_builder *builder, uint64_t scid)
{
    uint32_t i = find_chan(builder, scid, fgr_table_hash(&builder->chan_table, &scid, sizeof scid));
    return i != FGR_TABLE_NONE && builder->draft.chans[i].is_live ? &builder->draft.chans[i] : NULL;
}

/* The channel with this scid, a new one that is not live if need be. Valid until the next call. */
static enum fgr_err intern_chan(struct fgr_builder *builder, struct fgr_draft_chan **out_chan,
                                uint64_t scid, struct fgr_error *err)
{
    struct fgr_draft *draft = &builder->draft;
    uint32_t hash = fgr_table_hash(&builder->chan_table, &scid, sizeof scid);
    uint32_t i = find_chan(builder, scid, hash);
    if (i != FGR_TABLE_NONE) {
        *out_chan = &draft->chans[i];
        return FGR_OK;
    }
    if (draft->n_chans == CHANNELS_MAX) {
        fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " channels", CHANNELS_MAX);
        return FGR_ERR_LIMIT;
    }
    struct fgr_draft_chan *chans = fgr_array_grow(draft->chans, &builder->chans_capacity,
                                                  (size_t)draft->n_chans + 1, sizeof *chans, err);
    if (chans == NULL) {
        return FGR_ERR_MEMORY;
    }
    draft->chans = chans;
    chans[draft->n_chans] = (struct fgr_draft_chan){.scid = scid};
    *out_chan = &chans[draft->n_chans];
    enum fgr_err rc = fgr_table_add(&builder->chan_table, hash, draft->n_chans, err);
    draft->n_chans += rc == FGR_OK;
    return rc;
}

static enum fgr_err append_set(struct fgr_builder *builder, struct fgr_bytes bytes,
                               struct fgr_error *err)
{
    struct fgr_draft *draft = &builder->draft;
    if (draft->n_sets == ITEMS_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " feature sets", ITEMS_MAX);
    }
    struct fgr_draft_set *sets = fgr_array_grow(draft->sets, &builder->sets_capacity,
                                                (size_t)draft->n_sets + 1, sizeof *sets, err);
    if (sets == NULL) {
        return FGR_ERR_MEMORY;
    }
    draft->sets = sets;
    if (bytes.len > 0) {
        uint8_t *set_bytes = fgr_array_grow(draft->set_bytes, &builder->set_bytes_capacity,
                                            draft->n_set_bytes + bytes.len, 1, err);
        if (set_bytes == NULL) {
            return FGR_ERR_MEMORY;
        }
        draft->set_bytes = set_bytes;
        memcpy(set_bytes + draft->n_set_bytes, bytes.data, bytes.len);
    }
    sets[draft->n_sets++] = (struct fgr_draft_set){.first = draft->n_set_bytes, .len = bytes.len};
    draft->n_set_bytes += bytes.len;
    return FGR_OK;
}

/* Number of the feature set with these bytes, a new one if need be. */
static enum fgr_err intern_set(struct fgr_builder *builder, uint32_t *out_set,
                               struct fgr_bytes bytes, struct fgr_error *err)
{
    struct fgr_draft *draft = &builder->draft;
    if (bytes.len == 0) {
        *out_set = 0;
        return FGR_OK;
    }
    uint32_t hash = fgr_table_hash(&builder->set_table, bytes.data, bytes.len);
    struct fgr_probe probe = fgr_table_probe(&builder->set_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&builder->set_table, &probe)) != FGR_TABLE_NONE) {
        const struct fgr_draft_set *set = &draft->sets[i];
        if (set->len == bytes.len &&
            memcmp(draft->set_bytes + set->first, bytes.data, bytes.len) == 0) {
            *out_set = i;
            return FGR_OK;
        }
    }
    *out_set = draft->n_sets;
    enum fgr_err rc = append_set(builder, bytes, err);
    return rc != FGR_OK ? rc : fgr_table_add(&builder->set_table, hash, *out_set, err);
}

/* ---- records ------------------------------------------------------------------------------- */

enum fgr_err fgr_builder_create(struct fgr_builder **out_builder, struct fgr_import_report *report,
                                struct fgr_error *err)
{
    struct fgr_builder *builder = fgr_array_new(1, sizeof *builder, err);
    if (builder == NULL) {
        return FGR_ERR_MEMORY;
    }
    builder->report = report;
    enum fgr_err rc = fgr_table_init(&builder->node_table, err);
    if (rc == FGR_OK) {
        rc = fgr_table_init(&builder->chan_table, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_table_init(&builder->set_table, err);
    }
    if (rc == FGR_OK) {
        rc = append_set(builder, (struct fgr_bytes){.len = 0}, err);
    }
    if (rc != FGR_OK) {
        fgr_builder_destroy(builder);
        return rc;
    }
    *out_builder = builder;
    return FGR_OK;
}

void fgr_builder_destroy(struct fgr_builder *builder)
{
    if (builder == NULL) {
        return;
    }
    fgr_table_free(&builder->node_table);
    fgr_table_free(&builder->chan_table);
    fgr_table_free(&builder->set_table);
    free(builder->draft.nodes);
    free(builder->draft.chans);
    free(builder->draft.sets);
    free(builder->draft.set_bytes);
    free(builder);
}

/* A record of something already kept: counts it and says whether it is to be skipped. */
static bool count_repeat(struct fgr_import_report *report, uint32_t timestamp,
                         uint32_t kept_timestamp, bool is_identical)
{
    bool skip = timestamp < kept_timestamp || (timestamp == kept_timestamp && is_identical);
    report->duplicates += skip;
    report->replaced += !skip;
    return skip;
}

enum fgr_err fgr_builder_node(struct fgr_builder *builder, const struct fgr_node_record *node,
                              struct fgr_place place, struct fgr_error *err)
{
    uint32_t i, set, alias_len = node->alias.len;
    while (alias_len > 0 && node->alias.data[alias_len - 1] == 0) {
        alias_len--;
    }
    if (alias_len > FGR_ALIAS_BYTES_MAX) {
        return contradiction(place, err, "alias of %" PRIu32 " bytes on node %s, at most %d fit",
                             alias_len, id_text(node->id).hex, FGR_ALIAS_BYTES_MAX);
    }
    enum fgr_err rc = check_id(node->id, place, err);
    if (rc == FGR_OK) {
        rc = intern_node(builder, &i, node->id, place, err);
    }
    if (rc == FGR_OK) {
        rc = intern_set(builder, &set, node->features, err);
    }
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_draft_node *kept = &builder->draft.nodes[i];
    bool is_identical = kept->feature_set == set && fgr_bytes_cmp(kept->alias, kept->alias_len,
                                                                  node->alias.data, alias_len) == 0;
    if (kept->is_announced &&
        count_repeat(builder->report, node->timestamp, kept->timestamp, is_identical)) {
        return FGR_OK;
    }
    kept->is_announced = true;
    kept->timestamp = node->timestamp;
    kept->feature_set = set;
    kept->alias_len = (uint8_t)alias_len;
    if (alias_len > 0) {
        memcpy(kept->alias, node->alias.data, alias_len);
    }
    return FGR_OK;
}

/* What can be told from the record alone. */
static enum fgr_err check_channel(const struct fgr_channel_record *channel, struct fgr_place place,
                                  struct fgr_error *err)
{
    for (int end = 0; end < 2; end++) {
        enum fgr_err rc = check_id(channel->node_id[end], place, err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    if (memcmp(channel->node_id[0], channel->node_id[1], FGR_NODE_ID_BYTES) == 0) {
        return contradiction(place, err, "channel " SCID_FORMAT " joins node %s to itself",
                             SCID_PARTS(channel->scid), id_text(channel->node_id[0]).hex);
    }
    if (channel->capacity_sat > FGR_SAT_MAX) {
        return contradiction(place, err,
                             "channel " SCID_FORMAT " has a capacity of %" PRIu64
                             " sat, more than the 21 million BTC there can be",
                             SCID_PARTS(channel->scid), channel->capacity_sat);
    }
    return FGR_OK;
}

/* The same scid again: the same two ends, or a contradiction. */
static enum fgr_err check_ends(const struct fgr_builder *builder, const struct fgr_draft_chan *kept,
                               const uint32_t node[2], struct fgr_place place,
                               struct fgr_error *err)
{
    const struct fgr_draft_node *nodes = builder->draft.nodes;
    if (kept->node[0] == node[0] && kept->node[1] == node[1]) {
        return FGR_OK;
    }
    return contradiction(place, err,
                         "channel " SCID_FORMAT " joins %.16s.. and %.16s.., but an earlier record "
                         "says %.16s.. and %.16s..",
                         SCID_PARTS(kept->scid), id_text(nodes[node[0]].id).hex,
                         id_text(nodes[node[1]].id).hex, id_text(nodes[kept->node[0]].id).hex,
                         id_text(nodes[kept->node[1]].id).hex);
}

/* Numbers of the ends, the lesser id first. */
static enum fgr_err intern_ends(struct fgr_builder *builder, uint32_t out_node[2],
                                const struct fgr_channel_record *channel, struct fgr_place place,
                                struct fgr_error *err)
{
    int least = memcmp(channel->node_id[0], channel->node_id[1], FGR_NODE_ID_BYTES) > 0;
    for (int end = 0; end < 2; end++) {
        enum fgr_err rc =
            intern_node(builder, &out_node[end], channel->node_id[end ^ least], place, err);
        if (rc != FGR_OK) {
            return rc;
        }
        builder->draft.nodes[out_node[end]].is_channel_end = true;
    }
    return FGR_OK;
}

enum fgr_err fgr_builder_channel(struct fgr_builder *builder,
                                 const struct fgr_channel_record *channel, struct fgr_place place,
                                 struct fgr_error *err)
{
    struct fgr_draft_chan *kept;
    uint32_t node[2], set;
    enum fgr_err rc = check_channel(channel, place, err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (channel->capacity_sat == 0) {
        builder->report->no_capacity++;
        return FGR_OK;
    }
    rc = intern_ends(builder, node, channel, place, err);
    if (rc == FGR_OK) {
        rc = intern_set(builder, &set, channel->features, err);
    }
    if (rc == FGR_OK) {
        rc = intern_chan(builder, &kept, channel->scid, err);
    }
    if (rc == FGR_OK && kept->is_live) {
        rc = check_ends(builder, kept, node, place, err);
    }
    if (rc != FGR_OK) {
        return rc;
    }
    if (kept->is_live) {
        count_repeat(builder->report, 0, 0,
                     kept->capacity_sat == channel->capacity_sat && kept->feature_set == set);
    }
    kept->is_dying = channel->dying || (kept->is_live && kept->is_dying);
    kept->is_live = true;
    kept->capacity_sat = channel->capacity_sat;
    kept->node[0] = node[0];
    kept->node[1] = node[1];
    kept->feature_set = set;
    return FGR_OK;
}

static bool is_same_policy(const struct fgr_policy_record *a, const struct fgr_policy_record *b)
{
    return a->htlc_min_msat == b->htlc_min_msat && a->htlc_max_msat == b->htlc_max_msat &&
           a->base_msat == b->base_msat && a->ppm == b->ppm &&
           a->inbound_base_msat == b->inbound_base_msat && a->inbound_ppm == b->inbound_ppm &&
           a->cltv_delta == b->cltv_delta && a->disabled == b->disabled &&
           a->max_is_capacity == b->max_is_capacity;
}

enum fgr_err fgr_builder_policy(struct fgr_builder *builder, const struct fgr_policy_record *policy,
                                struct fgr_place place, struct fgr_error *err)
{
    struct fgr_draft_chan *chan;
    if (policy->direction > 1) {
        return contradiction(place, err,
                             "channel " SCID_FORMAT " has no direction %u, only 0 and 1",
                             SCID_PARTS(policy->scid), policy->direction);
    }
    enum fgr_err rc = intern_chan(builder, &chan, policy->scid, err);
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_policy_record *kept = &chan->policy[policy->direction];
    if (chan->has_policy[policy->direction] &&
        count_repeat(builder->report, policy->timestamp, kept->timestamp,
                     is_same_policy(policy, kept))) {
        return FGR_OK;
    }
    chan->has_policy[policy->direction] = true;
    *kept = *policy;
    return FGR_OK;
}

void fgr_builder_delete_channel(struct fgr_builder *builder, uint64_t scid)
{
    struct fgr_draft_chan *chan = find_live_chan(builder, scid);
    if (chan != NULL) {
        chan->is_live = false;
        chan->has_policy[0] = false;
        chan->has_policy[1] = false;
        builder->report->deleted++;
    }
}

void fgr_builder_dying_channel(struct fgr_builder *builder, uint64_t scid)
{
    struct fgr_draft_chan *chan = find_live_chan(builder, scid);
    if (chan != NULL) {
        chan->is_dying = true;
    }
}

/* ---- finish -------------------------------------------------------------------------------- */

struct key_check {
    const struct fgr_draft_node *nodes;
    bool *is_bad;
};

static void check_keys(void *state, unsigned worker, size_t begin, size_t end)
{
    const struct key_check *check = state;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        check->is_bad[i] = !fgr_curve_point(check->nodes[i].id);
    }
}

static bool is_before(struct fgr_place a, struct fgr_place b)
{
    return a.record != b.record ? a.record < b.record : a.offset < b.offset;
}

/* The bad key that the input names first, so that the error does not depend on the threads. */
static enum fgr_err report_bad_key(const struct fgr_draft *draft, const bool *is_bad,
                                   struct fgr_error *err)
{
    const struct fgr_draft_node *first = NULL;
    for (uint32_t i = 0; i < draft->n_nodes; i++) {
        if (is_bad[i] && (first == NULL || is_before(draft->nodes[i].place, first->place))) {
            first = &draft->nodes[i];
        }
    }
    if (first == NULL) {
        return FGR_OK;
    }
    return contradiction(first->place, err, "node id %s is no point on secp256k1",
                         id_text(first->id).hex);
}

static enum fgr_err validate_keys(const struct fgr_draft *draft, unsigned threads,
                                  struct fgr_error *err)
{
    struct fgr_crew *crew;
    struct key_check check = {.nodes = draft->nodes,
                              .is_bad = fgr_array_new(draft->n_nodes, sizeof(bool), err)};
    if (check.is_bad == NULL) {
        return FGR_ERR_MEMORY;
    }
    enum fgr_err rc = fgr_crew_create(&crew, threads, err);
    if (rc == FGR_OK) {
        fgr_crew_run(crew, check_keys, &check, draft->n_nodes, KEYS_PER_CLAIM);
        fgr_crew_destroy(crew);
        rc = report_bad_key(draft, check.is_bad, err);
    }
    free(check.is_bad);
    return rc;
}

enum fgr_err fgr_builder_finish(struct fgr_builder *builder, void **out_bytes, size_t *out_n_bytes,
                                unsigned threads, struct fgr_error *err)
{
    enum fgr_err rc = validate_keys(&builder->draft, threads, err);
    if (rc != FGR_OK) {
        return rc;
    }
    return fgr_layout(out_bytes, out_n_bytes, &builder->draft, builder->report, err);
}
