/* SPDX-License-Identifier: MIT */
#include "graph/overlay_said.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/error.h"
#include "graph/util/hex.h"

#define ID_DIGITS ((size_t)2 * FGR_NODE_ID_BYTES)
#define CHANNELS_MAX (UINT32_C(1) << 30) /* of view and overlay: 2^31 half-channels */

/* Number of the item whose key is `key`, by its keyed hash; FGR_TABLE_NONE if there is none. */
static uint32_t find_half(const struct fgr_overlay_builder *builder, uint32_t edge, uint32_t hash)
{
    struct fgr_probe probe = fgr_table_probe(&builder->half_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&builder->half_table, &probe)) != FGR_TABLE_NONE) {
        if (builder->halves[i].edge == edge) {
            break;
        }
    }
    return i;
}

static uint32_t find_node(const struct fgr_overlay_builder *builder, uint32_t node, uint32_t hash)
{
    struct fgr_probe probe = fgr_table_probe(&builder->node_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&builder->node_table, &probe)) != FGR_TABLE_NONE) {
        if (builder->nodes[i].node == node) {
            break;
        }
    }
    return i;
}

const struct fgr_said_half *fgr_said_half(const struct fgr_overlay_builder *builder, uint32_t edge)
{
    uint32_t hash = fgr_table_hash(&builder->half_table, &edge, sizeof edge);
    uint32_t i = find_half(builder, edge, hash);
    return i == FGR_TABLE_NONE ? NULL : &builder->halves[i];
}

const struct fgr_said_node *fgr_said_node(const struct fgr_overlay_builder *builder, uint32_t node)
{
    uint32_t hash = fgr_table_hash(&builder->node_table, &node, sizeof node);
    uint32_t i = find_node(builder, node, hash);
    return i == FGR_TABLE_NONE ? NULL : &builder->nodes[i];
}

enum fgr_err fgr_said_half_get(struct fgr_overlay_builder *builder, struct fgr_said_half **out_half,
                               uint32_t edge, struct fgr_error *err)
{
    uint32_t hash = fgr_table_hash(&builder->half_table, &edge, sizeof edge);
    uint32_t i = find_half(builder, edge, hash);
    if (i == FGR_TABLE_NONE) {
        struct fgr_said_half *halves =
            fgr_array_grow(builder->halves, &builder->halves_capacity,
                           (size_t)builder->n_halves + 1, sizeof *halves, err);
        if (halves == NULL) {
            return FGR_ERR_MEMORY;
        }
        builder->halves = halves;
        i = builder->n_halves;
        halves[i] = (struct fgr_said_half){.edge = edge, .slots = FGR_SLOTS_ANY};
        if (edge < 2 * builder->view->n_chans) {
            halves[i].half = *fgr_view_half_of(builder->view, edge);
        }
        enum fgr_err rc = fgr_table_add(&builder->half_table, hash, i, err);
        if (rc != FGR_OK) {
            return rc;
        }
        builder->n_halves++;
    }
    *out_half = &builder->halves[i];
    return FGR_OK;
}

enum fgr_err fgr_said_node_get(struct fgr_overlay_builder *builder, struct fgr_said_node **out_node,
                               uint32_t node, struct fgr_error *err)
{
    uint32_t hash = fgr_table_hash(&builder->node_table, &node, sizeof node);
    uint32_t i = find_node(builder, node, hash);
    if (i == FGR_TABLE_NONE) {
        struct fgr_said_node *nodes =
            fgr_array_grow(builder->nodes, &builder->nodes_capacity, (size_t)builder->n_nodes + 1,
                           sizeof *nodes, err);
        if (nodes == NULL) {
            return FGR_ERR_MEMORY;
        }
        builder->nodes = nodes;
        i = builder->n_nodes;
        nodes[i] = (struct fgr_said_node){.node = node};
        enum fgr_err rc = fgr_table_add(&builder->node_table, hash, i, err);
        if (rc != FGR_OK) {
            return rc;
        }
        builder->n_nodes++;
    }
    *out_node = &builder->nodes[i];
    return FGR_OK;
}

static bool is_between(const uint32_t node[2], const uint32_t ends[2])
{
    return ends == NULL || (node[0] == ends[0] && node[1] == ends[1]) ||
           (node[0] == ends[1] && node[1] == ends[0]);
}

uint32_t fgr_said_find_chan(const struct fgr_overlay_builder *builder, uint64_t scid,
                            const uint32_t ends[2])
{
    uint32_t hash = fgr_table_hash(&builder->scid_table, &scid, sizeof scid);
    struct fgr_probe probe = fgr_table_probe(&builder->scid_table, hash);
    uint32_t found = FGR_IDX_NONE;
    uint32_t i;
    while ((i = fgr_table_next(&builder->scid_table, &probe)) != FGR_TABLE_NONE) {
        const struct fgr_added_chan *chan = &builder->added_chans[i];
        bool is_match = chan->scid == scid && is_between(chan->node, ends);
        if (is_match && (found == FGR_IDX_NONE || i > found)) {
            found = i;
        }
    }
    if (found != FGR_IDX_NONE) {
        return builder->view->n_chans + found;
    }
    fgr_chan_idx chan;
    bool is_in_view = fgr_view_find_channel(builder->view, &chan, scid) == FGR_OK &&
                      is_between(builder->view->chan[chan.v].node, ends);
    return is_in_view ? chan.v : FGR_IDX_NONE;
}

uint32_t fgr_said_find_added(const struct fgr_overlay_builder *builder,
                             const uint8_t id[FGR_NODE_ID_BYTES])
{
    uint32_t hash = fgr_table_hash(&builder->id_table, id, FGR_NODE_ID_BYTES);
    struct fgr_probe probe = fgr_table_probe(&builder->id_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&builder->id_table, &probe)) != FGR_TABLE_NONE) {
        if (memcmp(builder->added_nodes[i].id, id, FGR_NODE_ID_BYTES) == 0) {
            return builder->view->n_nodes + i;
        }
    }
    return FGR_IDX_NONE;
}

enum fgr_err fgr_said_add_node(struct fgr_overlay_builder *builder,
                               const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_error *err)
{
    if (fgr_said_node_count(builder) == FGR_IDX_NONE - 1) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " nodes in view and overlay",
                        FGR_IDX_NONE - 1);
    }
    struct fgr_added_node *nodes =
        fgr_array_grow(builder->added_nodes, &builder->added_nodes_capacity,
                       (size_t)builder->n_added_nodes + 1, sizeof *nodes, err);
    if (nodes == NULL) {
        return FGR_ERR_MEMORY;
    }
    builder->added_nodes = nodes;
    nodes[builder->n_added_nodes] = (struct fgr_added_node){.is_recipient = false};
    memcpy(nodes[builder->n_added_nodes].id, id, FGR_NODE_ID_BYTES);
    uint32_t hash = fgr_table_hash(&builder->id_table, id, FGR_NODE_ID_BYTES);
    enum fgr_err rc = fgr_table_add(&builder->id_table, hash, builder->n_added_nodes, err);
    builder->n_added_nodes += rc == FGR_OK;
    return rc;
}

enum fgr_err fgr_said_add_chan(struct fgr_overlay_builder *builder,
                               const struct fgr_added_chan *chan, struct fgr_error *err)
{
    if (builder->view->n_chans + builder->n_added_chans == CHANNELS_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " channels in view and overlay",
                        CHANNELS_MAX);
    }
    struct fgr_added_chan *chans =
        fgr_array_grow(builder->added_chans, &builder->added_chans_capacity,
                       (size_t)builder->n_added_chans + 1, sizeof *chans, err);
    if (chans == NULL) {
        return FGR_ERR_MEMORY;
    }
    builder->added_chans = chans;
    chans[builder->n_added_chans] = *chan;
    uint32_t hash = fgr_table_hash(&builder->scid_table, &chan->scid, sizeof chan->scid);
    enum fgr_err rc = fgr_table_add(&builder->scid_table, hash, builder->n_added_chans, err);
    builder->n_added_chans += rc == FGR_OK;
    return rc;
}

enum fgr_err fgr_said_add_pair(struct fgr_overlay_builder *builder, enum fgr_said_pairs kind,
                               struct fgr_node_pair pair, struct fgr_error *err)
{
    struct fgr_pair_list *list = &builder->pairs[kind];
    if (list->n == UINT32_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " pairs of nodes", UINT32_MAX);
    }
    struct fgr_node_pair *pairs =
        fgr_array_grow(list->pair, &list->capacity, (size_t)list->n + 1, sizeof *pairs, err);
    if (pairs == NULL) {
        return FGR_ERR_MEMORY;
    }
    list->pair = pairs;
    pairs[list->n++] = pair;
    return FGR_OK;
}

/* ---- errors -------------------------------------------------------------------------------- */

struct fgr_subject fgr_said_about_edge(const char *statement,
                                       const struct fgr_overlay_builder *builder, uint32_t edge)
{
    return (struct fgr_subject){
        .statement = statement, .scid = fgr_said_scid(builder, edge), .direction = edge & 1};
}

struct fgr_subject fgr_said_about_node(const char *statement,
                                       const struct fgr_overlay_builder *builder, uint32_t node)
{
    return (struct fgr_subject){.statement = statement, .id = fgr_said_id(builder, node)};
}

enum fgr_err fgr_said_refuse(struct fgr_error *err, struct fgr_subject subject, const char *format,
                             ...)
{
    char what[FGR_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (subject.id != NULL) {
        char hex[ID_DIGITS + 1];
        fgr_hex_encode(hex, subject.id, ID_DIGITS);
        return fgr_fail(err, FGR_ERR_ARG, "%s node %s: %s", subject.statement, hex, what);
    }
    return fgr_fail(err, FGR_ERR_ARG, "%s %" PRIu32 "x%" PRIu32 "x%" PRIu32 "/%u: %s",
                    subject.statement, fgr_scid_block(subject.scid), fgr_scid_tx(subject.scid),
                    fgr_scid_output(subject.scid), subject.direction, what);
}

enum fgr_err fgr_said_check_edge(const struct fgr_overlay_builder *builder, const char *statement,
                                 fgr_edge_idx edge, struct fgr_error *err)
{
    uint32_t n_edges = fgr_said_edge_count(builder);
    if (edge.v < n_edges) {
        return FGR_OK;
    }
    return fgr_fail(err, FGR_ERR_ARG,
                    "%s half-channel %" PRIu32 ": view and overlay have %" PRIu32 " of them",
                    statement, edge.v, n_edges);
}

enum fgr_err fgr_said_check_node(const struct fgr_overlay_builder *builder, const char *statement,
                                 fgr_node_idx node, struct fgr_error *err)
{
    uint32_t n_nodes = fgr_said_node_count(builder);
    if (node.v < n_nodes) {
        return FGR_OK;
    }
    return fgr_fail(err, FGR_ERR_ARG,
                    "%s node %" PRIu32 ": view and overlay have %" PRIu32 " of them", statement,
                    node.v, n_nodes);
}
