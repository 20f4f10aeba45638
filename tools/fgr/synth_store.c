/* SPDX-License-Identifier: MIT */
/*
 * An item is a channel or a node with all its records. In a first pass each is encoded unsigned,
 * for its length; so every item has its place in the file before the second pass signs, and it does
 * not matter who makes which.
 */
#include "tools/fgr/synth_store.h"

#include "graph/record.h"
#include "graph/sign.h"
#include "graph/util/array.h"
#include "graph/util/crc32c.h"
#include "graph/util/error.h"
#include "graph/util/parallel.h"
#include "graph/wire.h"
#include "tools/fgr/synth_records.h"

#include <stdlib.h>
#include <string.h>

#define UUID_BYTES 32
#define HEAD_BYTES (1 + FGR_RECORD_HEADER_BYTES + FGR_WIRE_TYPE_BYTES + UUID_BYTES)
/* A channel_announcement without features has 432, a node_announcement here 150. */
#define MESSAGE_BYTES_MAX 512
#define ITEM_BYTES_MAX (4 * (FGR_RECORD_HEADER_BYTES + MESSAGE_BYTES_MAX))

#define LENGTHS_PER_CHUNK 256
#define ITEMS_PER_CHUNK 8
#define ITEMS_PER_SLICE 1024 /* between two looks at how far it is */

/* Bitcoin mainnet's, as messages carry it. */
static const uint8_t chain_hash[FGR_CHAIN_HASH_BYTES] = {
    0x6f, 0xe2, 0x8c, 0x0a, 0xb6, 0xf1, 0xb3, 0x72, 0xc1, 0xa6, 0xa2, 0x46, 0xae, 0x63, 0xf7, 0x4f,
    0x93, 0x1e, 0x83, 0x65, 0xe1, 0x5a, 0x08, 0x9c, 0x68, 0xd6, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00};

struct worker {
    struct fgr_signer *signer;
    struct fgr_synth_store_report report; /* of what it made */
    enum fgr_err rc;                      /* the first error */
    struct fgr_error err;
};

struct store {
    struct fgr_synth_records records;
    struct fgr_crc32c_table table;
    struct fgr_crew *crew;
    struct worker *workers;
    unsigned n_workers;
    size_t n_items;  /* the channels, then the nodes */
    size_t slice;    /* first item of the current one */
    size_t *lengths; /* of each item; then where it begins, and at n_items the end */
    uint8_t *bytes;  /* the file */
};

/* The records of one item. */
struct item {
    const struct store *store;
    struct worker *worker;
    bool is_signed;
    uint8_t *out;
    size_t room;
    size_t n_bytes;
};

/* ---- records ------------------------------------------------------------------------------- */

static void put_record(struct item *item, const uint8_t *message, size_t n_message,
                       uint32_t timestamp)
{
    const struct fgr_record record = {.message = message,
                                      .n_message = (uint16_t)n_message,
                                      .timestamp = timestamp,
                                      .flags = FGR_RECORD_COMPLETED};
    item->n_bytes += fgr_record_encode(item->out + item->n_bytes, item->room - item->n_bytes,
                                       &item->store->table, &record);
}

static void put_message(struct item *item, const struct fgr_message *message, uint32_t timestamp,
                        const uint8_t *const secrets[])
{
    struct worker *worker = item->worker;
    uint8_t bytes[MESSAGE_BYTES_MAX];
    size_t n_bytes = fgr_wire_encode(bytes, sizeof bytes, message);
    worker->report.n_signatures += fgr_wire_n_signatures(message->type);
    if (item->is_signed && worker->rc == FGR_OK) {
        worker->rc = fgr_sign(worker->signer, bytes, n_bytes, secrets, &worker->err);
    }
    put_record(item, bytes, n_bytes, timestamp);
}

/* As in Core Lightning, the header of an announcement has the time of the first update. */
static void put_announcement(struct item *item, const struct fgr_synth_channel *channel,
                             uint32_t chan)
{
    const struct fgr_synth_records *records = &item->store->records;
    struct fgr_synth_key funding[2];
    struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_ANNOUNCEMENT,
        .channel = {.scid = channel->record.scid,
                    .chain_hash = chain_hash,
                    .node_id = {channel->record.node_id[0], channel->record.node_id[1]}}};
    for (unsigned end = 0; item->is_signed && end < 2; end++) {
        fgr_synth_key_draw(&funding[end], records->net.seed, FGR_SYNTH_STREAM_FUNDING,
                           2 * (uint64_t)chan + end);
        message.channel.bitcoin_key[end] = funding[end].id;
    }
    const uint8_t *const secrets[] = {records->keys[channel->node[0]].secret,
                                      records->keys[channel->node[1]].secret, funding[0].secret,
                                      funding[1].secret};
    uint32_t timestamp = channel->n_policies > 0 ? channel->policies[0].timestamp : 0;
    item->worker->report.n_channel_announcements++;
    put_message(item, &message, timestamp, secrets);
}

static void put_amount(struct item *item, uint64_t capacity_sat)
{
    uint8_t bytes[FGR_WIRE_TYPE_BYTES + 8];
    fgr_store_be16(bytes, FGR_RECORD_CHANNEL_AMOUNT);
    fgr_store_be64(bytes + FGR_WIRE_TYPE_BYTES, capacity_sat);
    put_record(item, bytes, sizeof bytes, 0);
}

static void put_update(struct item *item, const struct fgr_policy_record *policy, uint32_t node)
{
    const struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_UPDATE,
        .update = {.scid = policy->scid,
                   .chain_hash = chain_hash,
                   .timestamp = policy->timestamp,
                   .message_flags = FGR_WIRE_FLAG_MUST_BE_ONE,
                   .channel_flags = (uint8_t)((policy->direction ? FGR_WIRE_FLAG_DIRECTION : 0) |
                                              (policy->disabled ? FGR_WIRE_FLAG_DISABLE : 0)),
                   .cltv_delta = policy->cltv_delta,
                   .htlc_min_msat = policy->htlc_min_msat,
                   .htlc_max_msat = policy->htlc_max_msat,
                   .base_msat = policy->base_msat,
                   .ppm = policy->ppm}};
    const uint8_t *const secrets[] = {item->store->records.keys[node].secret};
    item->worker->report.n_channel_updates++;
    item->worker->report.n_disabled += policy->disabled;
    put_message(item, &message, policy->timestamp, secrets);
}

static void put_channel(struct item *item, uint32_t chan)
{
    struct fgr_synth_channel channel;
    fgr_synth_records_channel(&item->store->records, &channel, chan);
    put_announcement(item, &channel, chan);
    put_amount(item, channel.record.capacity_sat);
    for (unsigned i = 0; i < channel.n_policies; i++) {
        put_update(item, &channel.policies[i], channel.node[channel.policies[i].direction]);
    }
}

/* Without an address, since nobody listens there; the colour is the first bytes of the id, as
 * Core Lightning chooses it. */
static void put_node(struct item *item, uint32_t node)
{
    struct fgr_synth_announcement announcement;
    const struct fgr_node_record *record = &announcement.record;
    uint8_t alias[FGR_ALIAS_BYTES_MAX] = {0};
    if (!fgr_synth_records_node(&item->store->records, &announcement, node)) {
        return;
    }
    memcpy(alias, record->alias.data, record->alias.len);
    const struct fgr_message message = {.type = FGR_WIRE_NODE_ANNOUNCEMENT,
                                        .node = {.node_id = record->id,
                                                 .rgb = record->id,
                                                 .alias = alias,
                                                 .features = record->features.data,
                                                 .features_len = (uint16_t)record->features.len,
                                                 .timestamp = record->timestamp}};
    const uint8_t *const secrets[] = {item->store->records.keys[node].secret};
    item->worker->report.n_node_announcements++;
    put_message(item, &message, record->timestamp, secrets);
}

static void put_item(struct item *item, size_t number)
{
    uint32_t n_chans = item->store->records.net.n_chans;
    if (number < n_chans) {
        put_channel(item, (uint32_t)number);
    } else {
        put_node(item, (uint32_t)(number - n_chans));
    }
}

/* The version, and the identity that a store has since version 16. */
static void put_head(const struct store *store)
{
    struct item item = {.store = store, .out = store->bytes + 1, .room = HEAD_BYTES - 1};
    uint8_t bytes[FGR_WIRE_TYPE_BYTES + UUID_BYTES];
    struct fgr_synth_key key; /* its secret is 32 bytes as good as any */
    fgr_synth_key_draw(&key, store->records.net.seed, FGR_SYNTH_STREAM_STORE, 0);
    fgr_store_be16(bytes, FGR_RECORD_UUID);
    memcpy(bytes + FGR_WIRE_TYPE_BYTES, key.secret, UUID_BYTES);
    store->bytes[0] = FGR_RECORD_VERSION;
    put_record(&item, bytes, sizeof bytes, 0);
}

/* ---- passes -------------------------------------------------------------------------------- */

static void measure_items(void *state, unsigned worker, size_t begin, size_t end)
{
    struct store *store = state;
    for (size_t i = begin; i < end; i++) {
        uint8_t bytes[ITEM_BYTES_MAX];
        struct item item = {
            .store = store, .worker = &store->workers[worker], .out = bytes, .room = sizeof bytes};
        put_item(&item, i);
        store->lengths[i] = item.n_bytes;
    }
}

static void make_items(void *state, unsigned worker, size_t begin, size_t end)
{
    struct store *store = state;
    for (size_t i = store->slice + begin; i < store->slice + end; i++) {
        struct item item = {.store = store,
                            .worker = &store->workers[worker],
                            .is_signed = true,
                            .out = store->bytes + store->lengths[i],
                            .room = store->lengths[i + 1] - store->lengths[i]};
        put_item(&item, i);
    }
}

/* What all workers made. */
static struct fgr_synth_store_report sum_up(const struct store *store)
{
    struct fgr_synth_store_report sum = {0};
    for (unsigned i = 0; i < store->n_workers; i++) {
        const struct fgr_synth_store_report *report = &store->workers[i].report;
        sum.n_channel_announcements += report->n_channel_announcements;
        sum.n_node_announcements += report->n_node_announcements;
        sum.n_channel_updates += report->n_channel_updates;
        sum.n_disabled += report->n_disabled;
        sum.n_signatures += report->n_signatures;
    }
    return sum;
}

/* Finds the place of every item and the bytes of the file. */
static enum fgr_err lay_out(struct store *store, struct fgr_error *err)
{
    size_t n_bytes = HEAD_BYTES;
    fgr_crew_run(store->crew, measure_items, store, store->n_items, LENGTHS_PER_CHUNK);
    for (size_t i = 0; i < store->n_items; i++) {
        size_t length = store->lengths[i];
        store->lengths[i] = n_bytes;
        n_bytes += length;
    }
    store->lengths[store->n_items] = n_bytes;
    store->bytes = malloc(n_bytes);
    return store->bytes == NULL ? fgr_fail_memory(err, n_bytes) : FGR_OK;
}

static enum fgr_err check_workers(const struct store *store, struct fgr_error *err)
{
    for (unsigned i = 0; i < store->n_workers; i++) {
        if (store->workers[i].rc != FGR_OK) {
            return fgr_fail(err, store->workers[i].rc, "%s", store->workers[i].err.text);
        }
    }
    return FGR_OK;
}

static enum fgr_err make_all(struct store *store, const struct fgr_synth_store_watch *watch,
                             uint64_t n_total, struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    put_head(store);
    for (unsigned i = 0; i < store->n_workers; i++) {
        store->workers[i].report = (struct fgr_synth_store_report){0};
    }
    for (size_t i = 0; i < store->n_items && rc == FGR_OK; i += ITEMS_PER_SLICE) {
        size_t n_left = store->n_items - i;
        store->slice = i;
        fgr_crew_run(store->crew, make_items, store,
                     n_left < ITEMS_PER_SLICE ? n_left : ITEMS_PER_SLICE, ITEMS_PER_CHUNK);
        rc = check_workers(store, err);
        watch->fn(watch->state, sum_up(store).n_signatures, n_total);
    }
    return rc;
}

/* ---- life ---------------------------------------------------------------------------------- */

static void close_store(struct store *store)
{
    for (unsigned i = 0; store->workers != NULL && i < store->n_workers; i++) {
        fgr_signer_destroy(store->workers[i].signer);
    }
    free(store->bytes);
    free(store->lengths);
    free(store->workers);
    fgr_crew_destroy(store->crew);
    fgr_synth_records_free(&store->records);
}

/* Of a store with records and nothing else. */
static enum fgr_err prepare(struct store *store, unsigned threads, struct fgr_error *err)
{
    enum fgr_err rc = fgr_crew_create(&store->crew, threads, err);
    if (rc != FGR_OK) {
        return rc;
    }
    fgr_crc32c_init(&store->table);
    store->n_workers = fgr_crew_size(store->crew);
    store->n_items = (size_t)store->records.net.n_chans + store->records.net.n_nodes;
    store->workers = fgr_array_new(store->n_workers, sizeof *store->workers, err);
    store->lengths = fgr_array_new(store->n_items + 1, sizeof *store->lengths, err);
    if (store->workers == NULL || store->lengths == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (unsigned i = 0; i < store->n_workers && rc == FGR_OK; i++) {
        rc = fgr_signer_create(&store->workers[i].signer, err);
    }
    return rc;
}

enum fgr_err fgr_synth_store_make(void **out_bytes, size_t *out_n_bytes,
                                  const struct fgr_synth_options *options,
                                  const struct fgr_synth_store_watch *watch,
                                  struct fgr_synth_store_report *out_report, struct fgr_error *err)
{
    struct store store = {0};
    enum fgr_err rc = fgr_synth_records_create(&store.records, options, err);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = prepare(&store, options->threads, err);
    if (rc == FGR_OK) {
        rc = lay_out(&store, err);
    }
    if (rc == FGR_OK) {
        *out_report = sum_up(&store);
        rc = make_all(&store, watch, out_report->n_signatures, err);
    }
    if (rc == FGR_OK) {
        *out_bytes = store.bytes;
        *out_n_bytes = store.lengths[store.n_items];
        store.bytes = NULL;
    }
    close_store(&store);
    return rc;
}
