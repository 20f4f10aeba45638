/* SPDX-License-Identifier: MIT */
#include "graph/rules_book.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"

enum fgr_err fgr_book_init(struct fgr_book *out_book, struct fgr_error *err)
{
    *out_book = (struct fgr_book){.channels = NULL};
    enum fgr_err code = fgr_table_init(&out_book->by_scid, err);
    if (code == FGR_OK) {
        code = fgr_table_init(&out_book->by_id, err);
    }
    if (code != FGR_OK) {
        fgr_book_deinit(out_book);
    }
    return code;
}

void fgr_book_deinit(struct fgr_book *book)
{
    fgr_table_free(&book->by_scid);
    fgr_table_free(&book->by_id);
    free(book->channels);
    free(book->nodes);
    *book = (struct fgr_book){.channels = NULL};
}

struct fgr_book_channel *fgr_book_channel(const struct fgr_book *book, uint64_t scid)
{
    uint32_t hash = fgr_table_hash(&book->by_scid, &scid, sizeof scid);
    struct fgr_probe probe = fgr_table_probe(&book->by_scid, hash);
    uint32_t item;
    while ((item = fgr_table_next(&book->by_scid, &probe)) != FGR_TABLE_NONE) {
        if (book->channels[item].scid == scid) {
            return &book->channels[item];
        }
    }
    return NULL;
}

struct fgr_book_node *fgr_book_node(const struct fgr_book *book,
                                    const uint8_t id[FGR_NODE_ID_BYTES])
{
    uint32_t hash = fgr_table_hash(&book->by_id, id, FGR_NODE_ID_BYTES);
    struct fgr_probe probe = fgr_table_probe(&book->by_id, hash);
    uint32_t item;
    while ((item = fgr_table_next(&book->by_id, &probe)) != FGR_TABLE_NONE) {
        if (memcmp(book->nodes[item].id, id, FGR_NODE_ID_BYTES) == 0) {
            return &book->nodes[item];
        }
    }
    return NULL;
}

static enum fgr_err need_node(struct fgr_book *book, uint32_t *out_node,
                              const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_error *err)
{
    const struct fgr_book_node *known = fgr_book_node(book, id);
    if (known != NULL) {
        *out_node = (uint32_t)(known - book->nodes);
        return FGR_OK;
    }
    struct fgr_book_node *nodes =
        fgr_array_grow(book->nodes, &book->n_nodes_room, book->n_nodes + 1, sizeof *nodes, err);
    if (nodes == NULL) {
        return FGR_ERR_MEMORY;
    }
    book->nodes = nodes;
    uint32_t hash = fgr_table_hash(&book->by_id, id, FGR_NODE_ID_BYTES);
    enum fgr_err code = fgr_table_add(&book->by_id, hash, (uint32_t)book->n_nodes, err);
    if (code != FGR_OK) {
        return code;
    }
    nodes[book->n_nodes] = (struct fgr_book_node){.n_channels = 0};
    memcpy(nodes[book->n_nodes].id, id, FGR_NODE_ID_BYTES);
    *out_node = (uint32_t)book->n_nodes++;
    return FGR_OK;
}

enum fgr_err fgr_book_add(struct fgr_book *book, struct fgr_book_channel **out_channel,
                          uint64_t scid, const uint8_t *const ids[2], struct fgr_error *err)
{
    struct fgr_book_channel *channels = fgr_array_grow(book->channels, &book->n_channels_room,
                                                       book->n_channels + 1, sizeof *channels, err);
    if (channels == NULL) {
        return FGR_ERR_MEMORY;
    }
    book->channels = channels;
    struct fgr_book_channel *channel = &channels[book->n_channels];
    *channel = (struct fgr_book_channel){.scid = scid, .state = FGR_BOOK_OPEN};
    enum fgr_err code = FGR_OK;
    for (unsigned i = 0; i < 2 && code == FGR_OK; i++) {
        code = need_node(book, &channel->node[i], ids[i], err);
    }
    if (code == FGR_OK) {
        uint32_t hash = fgr_table_hash(&book->by_scid, &scid, sizeof scid);
        code = fgr_table_add(&book->by_scid, hash, (uint32_t)book->n_channels, err);
    }
    if (code != FGR_OK) {
        return code;
    }
    book->n_channels++;
    for (unsigned i = 0; i < 2; i++) {
        book->nodes[channel->node[i]].n_channels++;
    }
    *out_channel = channel;
    return FGR_OK;
}

static bool is_alive(enum fgr_book_state state)
{
    return state == FGR_BOOK_OPEN || state == FGR_BOOK_SPENT;
}

void fgr_book_set_state(struct fgr_book *book, struct fgr_book_channel *channel,
                        enum fgr_book_state state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct fgr_book_node *node = &book->nodes[channel->node[i]];
        node->n_channels -= is_alive(channel->state);
        node->n_channels += is_alive(state);
        if (node->n_channels == 0) {
            node->news = (struct fgr_book_news){0}; /* it has to announce itself again */
        }
    }
    channel->state = state;
}
