/* SPDX-License-Identifier: MIT */
#include "graph/delta.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"

/* The bytes that a change points to. */
struct pieces {
    struct fgr_bytes *piece[2];
    unsigned n;
};

static struct pieces pieces_of(struct fgr_change *change)
{
    struct pieces none = {.n = 0};
    switch (change->kind) {
    case FGR_CHANGE_CHANNEL:
        return (struct pieces){{&change->u.channel.features}, 1};
    case FGR_CHANGE_NODE:
        return (struct pieces){{&change->u.node.alias, &change->u.node.features}, 2};
    case FGR_CHANGE_POLICY:
    case FGR_CHANGE_DYING:
    case FGR_CHANGE_CLOSE:
        return none;
    }
    return none;
}

enum fgr_err fgr_delta_add(struct fgr_delta *delta, const struct fgr_change *change,
                           struct fgr_error *err)
{
    struct fgr_delta_entry entry = {.change = *change, .first = delta->n_bytes};
    struct pieces pieces = pieces_of(&entry.change);
    size_t n_bytes = 0;
    for (unsigned i = 0; i < pieces.n; i++) {
        n_bytes += pieces.piece[i]->len;
    }
    struct fgr_delta_entry *entries =
        fgr_array_grow(delta->entries, &delta->n_room, delta->n + 1, sizeof *entries, err);
    if (entries == NULL) {
        return FGR_ERR_MEMORY;
    }
    delta->entries = entries;
    if (n_bytes > 0) {
        uint8_t *bytes =
            fgr_array_grow(delta->bytes, &delta->n_bytes_room, delta->n_bytes + n_bytes, 1, err);
        if (bytes == NULL) {
            return FGR_ERR_MEMORY;
        }
        delta->bytes = bytes;
    }
    for (unsigned i = 0; i < pieces.n; i++) {
        if (pieces.piece[i]->len > 0) {
            memcpy(delta->bytes + delta->n_bytes, pieces.piece[i]->data, pieces.piece[i]->len);
            delta->n_bytes += pieces.piece[i]->len;
        }
    }
    entries[delta->n++] = entry;
    return FGR_OK;
}

struct fgr_change fgr_delta_at(const struct fgr_delta *delta, size_t i)
{
    struct fgr_change change = delta->entries[i].change;
    struct pieces pieces = pieces_of(&change);
    const uint8_t *at = delta->bytes;
    size_t first = delta->entries[i].first;
    for (unsigned k = 0; k < pieces.n; k++) {
        pieces.piece[k]->data = pieces.piece[k]->len > 0 ? at + first : NULL;
        first += pieces.piece[k]->len;
    }
    return change;
}

void fgr_delta_clear(struct fgr_delta *delta)
{
    delta->n = 0;
    delta->n_bytes = 0;
}

void fgr_delta_free(struct fgr_delta *delta)
{
    free(delta->entries);
    free(delta->bytes);
    *delta = (struct fgr_delta){.n = 0};
}
