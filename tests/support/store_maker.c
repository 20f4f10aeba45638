/* SPDX-License-Identifier: MIT */
#include "tests/support/store_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/image.h"
#include "graph/import/import.h"
#include "graph/util/crc32c.h"
#include "graph/curve.h"

/* ---- nodes --------------------------------------------------------------------------------- */

static int compare_ids(const void *left, const void *right)
{
    return memcmp(left, right, FGR_NODE_ID_BYTES);
}

void fgr_store_nodes_init(struct fgr_store_nodes *nodes)
{
    for (size_t i = 0; i < FGR_STORE_NODES; i++) {
        uint8_t secret[32] = {0};
        secret[31] = (uint8_t)(i + 1);
        if (!fgr_curve_derive(nodes->id[i], secret)) {
            abort();
        }
    }
    qsort(nodes->id, FGR_STORE_NODES, FGR_NODE_ID_BYTES, compare_ids);
    for (size_t i = 0; i < FGR_STORE_NODES; i++) {
        for (size_t j = 0; j < FGR_NODE_ID_BYTES; j++) {
            snprintf(nodes->hex[i] + 2 * j, 3, "%02x", nodes->id[i][j]);
        }
    }
}

/* ---- messages and records ------------------------------------------------------------------ */

static void put_repeated(struct fgr_bytes_maker *out, uint8_t byte, size_t n)
{
    memset(fgr_bytes_put(out, NULL, n), byte, n);
}

static void put_features(struct fgr_bytes_maker *out, const char *features)
{
    size_t n = features == NULL ? 0 : strlen(features);
    fgr_bytes_put_be(out, n, 2);
    fgr_bytes_put(out, features, n);
}

void fgr_store_announcement(struct fgr_bytes_maker *out, const struct fgr_store_channel *channel)
{
    fgr_bytes_put_be(out, 256, 2);
    put_repeated(out, 0x5a, (size_t)4 * 64); /* signatures */
    put_features(out, channel->features);
    put_repeated(out, channel->chain, 32);
    fgr_bytes_put_be(out, channel->scid, 8);
    fgr_bytes_put(out, channel->node_id[0], FGR_NODE_ID_BYTES);
    fgr_bytes_put(out, channel->node_id[1], FGR_NODE_ID_BYTES);
    put_repeated(out, 2, (size_t)2 * FGR_NODE_ID_BYTES); /* bitcoin keys */
}

void fgr_store_update_message(struct fgr_bytes_maker *out, const struct fgr_store_update *update)
{
    fgr_bytes_put_be(out, 258, 2);
    put_repeated(out, 0x5a, 64);
    put_repeated(out, update->chain, 32);
    fgr_bytes_put_be(out, update->scid, 8);
    fgr_bytes_put_be(out, update->timestamp, 4);
    fgr_bytes_put_be(out, 1, 1); /* message_flags: htlc_maximum_msat is there */
    fgr_bytes_put_be(out, update->channel_flags, 1);
    fgr_bytes_put_be(out, update->cltv_delta, 2);
    fgr_bytes_put_be(out, update->htlc_min_msat, 8);
    fgr_bytes_put_be(out, update->base_msat, 4);
    fgr_bytes_put_be(out, update->ppm, 4);
    fgr_bytes_put_be(out, update->htlc_max_msat, 8);
    fgr_bytes_put(out, update->extension, update->n_extension);
}

void fgr_store_node_message(struct fgr_bytes_maker *out, const struct fgr_store_node *node)
{
    uint8_t alias[FGR_ALIAS_BYTES_MAX] = {0};
    if (node->n_alias > 0) {
        memcpy(alias, node->alias, node->n_alias);
    }
    fgr_bytes_put_be(out, 257, 2);
    put_repeated(out, 0x5a, 64);
    put_features(out, node->features);
    fgr_bytes_put_be(out, node->timestamp, 4);
    fgr_bytes_put(out, node->id, FGR_NODE_ID_BYTES);
    put_repeated(out, 0xc0, 3); /* colour */
    fgr_bytes_put(out, alias, sizeof alias);
    fgr_bytes_put_be(out, 7, 2); /* addresses */
    fgr_bytes_put(out, "\x01\x7f\x00\x00\x01\x26\x07", 7);
}

void fgr_store_record(struct fgr_bytes_maker *store, unsigned flags, uint32_t timestamp,
                      const void *message, size_t n_message)
{
    struct fgr_crc32c_table table;
    fgr_crc32c_init(&table);
    fgr_bytes_put_be(store, flags | 0x2000, 2);
    fgr_bytes_put_be(store, n_message, 2);
    fgr_bytes_put_be(store, fgr_crc32c(&table, timestamp, message, n_message), 4);
    fgr_bytes_put_be(store, timestamp, 4);
    fgr_bytes_put(store, message, n_message);
}

void fgr_store_small(struct fgr_bytes_maker *store, unsigned type, uint64_t value, size_t n_value)
{
    struct fgr_bytes_maker message = {0};
    fgr_bytes_put_be(&message, type, 2);
    fgr_bytes_put_be(&message, value, n_value);
    fgr_store_record(store, 0, 0, message.data, message.n);
    fgr_bytes_free(&message);
}

void fgr_store_put_channel(struct fgr_bytes_maker *store, const struct fgr_store_channel *channel)
{
    struct fgr_bytes_maker message = {0};
    fgr_store_announcement(&message, channel);
    fgr_store_record(store, channel->flags, 0, message.data, message.n);
    fgr_store_small(store, 4101, channel->capacity_sat, 8);
    fgr_bytes_free(&message);
}

void fgr_store_put_update(struct fgr_bytes_maker *store, const struct fgr_store_update *update)
{
    struct fgr_bytes_maker message = {0};
    fgr_store_update_message(&message, update);
    fgr_store_record(store, update->flags, update->timestamp, message.data, message.n);
    fgr_bytes_free(&message);
}

void fgr_store_put_node(struct fgr_bytes_maker *store, const struct fgr_store_node *node)
{
    struct fgr_bytes_maker message = {0};
    fgr_store_node_message(&message, node);
    fgr_store_record(store, node->flags, node->timestamp, message.data, message.n);
    fgr_bytes_free(&message);
}

/* ---- running an importer ------------------------------------------------------------------- */

static void *exact_copy(const struct fgr_bytes_maker *bytes)
{
    void *copy = malloc(bytes->n > 0 ? bytes->n : 1);
    if (copy == NULL) {
        abort();
    }
    if (bytes->n > 0) {
        memcpy(copy, bytes->data, bytes->n);
    }
    return copy;
}

void fgr_import_bytes(struct fgr_imported *out, const struct fgr_bytes_maker *bytes,
                      const struct fgr_bytes_maker *nodes)
{
    struct fgr_import_input input = {.threads = 1};
    void *copy = exact_copy(bytes);
    void *nodes_copy = nodes == NULL ? NULL : exact_copy(nodes);
    *out = (struct fgr_imported){0};
    out->code = fgr_source_open_memory(&input.source, copy, bytes->n, &out->err);
    if (out->code == FGR_OK && nodes != NULL) {
        out->code = fgr_source_open_memory(&input.nodes, nodes_copy, nodes->n, &out->err);
    }
    if (out->code == FGR_OK) {
        out->code = fgr_import_source(&out->bytes, &out->n_bytes, &input, &out->report, &out->err);
    }
    if (out->code == FGR_OK) {
        out->code = fgr_view_open_memory(&out->view, out->bytes, out->n_bytes, &out->err);
    }
    fgr_source_close(input.nodes);
    fgr_source_close(input.source);
    free(nodes_copy);
    free(copy);
}

void fgr_imported_free(struct fgr_imported *imported)
{
    fgr_view_close(imported->view);
    fgr_image_free(imported->bytes, imported->n_bytes);
    imported->view = NULL;
    imported->bytes = NULL;
}

struct fgr_policy_info fgr_imported_policy(const struct fgr_imported *imported, uint64_t scid,
                                           unsigned direction)
{
    struct fgr_policy_info info = {0};
    fgr_chan_idx chan;
    if (fgr_view_find_channel(imported->view, &chan, scid) != FGR_OK ||
        fgr_view_policy(imported->view, &info, (fgr_edge_idx){2 * chan.v + direction}) != FGR_OK) {
        return (struct fgr_policy_info){0};
    }
    return info;
}
