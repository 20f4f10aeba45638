/* SPDX-License-Identifier: MIT */
/*
 * master_names.c - ids, scids, aliases and feature sets get numbers, and readers an order of them.
 *
 * The writer looks up by hash. Readers search a sorted list and then the few numbers that came since
 * (graph/live.h); when those are many they are sorted in, which copies the list. At the latest every
 * TAIL_MIN items that is, so a new item costs a reader microseconds and the writer n / TAIL_MIN.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "graph/master_state.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

#define NODES_MAX (UINT32_C(1) << 28)
#define CHANNELS_MAX (UINT32_C(1) << 28)
#define TAIL_MIN 1024
#define TAIL_SHARE 1024 /* of the list, where that is more */

/* ---- look-ups ------------------------------------------------------------------------------ */

uint32_t fgr_master_find_channel(const struct fgr_master *master, uint64_t scid)
{
    uint32_t hash = fgr_table_hash(&master->scid_table, &scid, sizeof scid);
    struct fgr_probe probe = fgr_table_probe(&master->scid_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&master->scid_table, &probe)) != FGR_TABLE_NONE) {
        if (fgr_master_chan(master, i)->scid == scid &&
            (fgr_master_half(master, 2 * i)->flags & FGR_HALF_GONE) == 0) {
            return i;
        }
    }
    return FGR_IDX_NONE;
}

uint32_t fgr_master_find_node(const struct fgr_master *master, const uint8_t id[FGR_NODE_ID_BYTES])
{
    uint32_t hash = fgr_table_hash(&master->id_table, id, FGR_NODE_ID_BYTES);
    struct fgr_probe probe = fgr_table_probe(&master->id_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&master->id_table, &probe)) != FGR_TABLE_NONE) {
        if (memcmp(fgr_master_id(master, i), id, FGR_NODE_ID_BYTES) == 0) {
            return i;
        }
    }
    return FGR_IDX_NONE;
}

/* ---- new numbers: written behind the last one, counted when nothing can fail any more ------- */

static const size_t elem_bytes[FGR_MASTER_ARRAYS] = {
    [FGR_MASTER_CHAN] = sizeof(struct fgr_chan),        [FGR_MASTER_NODE_ID] = FGR_NODE_ID_BYTES,
    [FGR_MASTER_SET_FIRST] = sizeof(uint32_t),          [FGR_MASTER_SET_BYTES] = 1,
    [FGR_MASTER_ALIAS] = sizeof(struct fgr_live_alias), [FGR_MASTER_ALIAS_BYTES] = 1,
};

enum fgr_err fgr_master_room(struct fgr_master *master, unsigned array, size_t i,
                             struct fgr_error *err)
{
    return fgr_steady_grow(&master->array[array], (i + 1) * elem_bytes[array], err);
}

enum fgr_err fgr_master_intern_node(struct fgr_master *master, uint32_t *out_node,
                                    const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_error *err)
{
    uint32_t node = fgr_master_find_node(master, id);
    if (node != FGR_IDX_NONE) {
        *out_node = node;
        return FGR_OK;
    }
    node = master->n_nodes;
    if (node == NODES_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " nodes", NODES_MAX);
    }
    enum fgr_err rc = fgr_master_room(master, FGR_MASTER_NODE_ID, node, err);
    if (rc == FGR_OK && fgr_paged_edit(&master->node, node, err) == NULL) {
        rc = FGR_ERR_MEMORY;
    }
    if (rc == FGR_OK) {
        rc = fgr_lists_add_node(&master->in, node, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_lists_add_node(&master->out, node, err);
    }
    if (rc == FGR_OK) {
        uint8_t *ids = master->array[FGR_MASTER_NODE_ID].base;
        memcpy(ids + (size_t)node * FGR_NODE_ID_BYTES, id, FGR_NODE_ID_BYTES);
        uint32_t hash = fgr_table_hash(&master->id_table, id, FGR_NODE_ID_BYTES);
        rc = fgr_table_add(&master->id_table, hash, node, err);
    }
    if (rc == FGR_OK) {
        *out_node = node;
        master->n_nodes++;
        master->by_id.n = master->n_nodes;
    }
    return rc;
}

static uint32_t find_set(const struct fgr_master *master, struct fgr_bytes bytes, uint32_t hash)
{
    const uint32_t *first = master->array[FGR_MASTER_SET_FIRST].base;
    const uint8_t *kept = master->array[FGR_MASTER_SET_BYTES].base;
    struct fgr_probe probe = fgr_table_probe(&master->set_table, hash);
    uint32_t i;
    while ((i = fgr_table_next(&master->set_table, &probe)) != FGR_TABLE_NONE) {
        if (fgr_bytes_cmp(kept + first[i], first[i + 1] - first[i], bytes.data, bytes.len) == 0) {
            break;
        }
    }
    return i;
}

/* Set 0 is the empty one. */
enum fgr_err fgr_master_intern_set(struct fgr_master *master, uint32_t *out_set,
                                   struct fgr_bytes bytes, struct fgr_error *err)
{
    uint32_t hash = fgr_table_hash(&master->set_table, bytes.data, bytes.len);
    uint32_t set = bytes.len == 0 ? 0 : find_set(master, bytes, hash);
    if (set != FGR_TABLE_NONE) {
        *out_set = set;
        return FGR_OK;
    }
    set = master->n_sets;
    size_t end = (size_t)master->n_set_bytes + bytes.len;
    enum fgr_err rc = fgr_master_room(master, FGR_MASTER_SET_BYTES, end, err);
    if (rc == FGR_OK) {
        rc = fgr_master_room(master, FGR_MASTER_SET_FIRST, (size_t)set + 1, err);
    }
    if (rc == FGR_OK) {
        uint8_t *kept = master->array[FGR_MASTER_SET_BYTES].base;
        uint32_t *first = master->array[FGR_MASTER_SET_FIRST].base;
        memcpy(kept + master->n_set_bytes, bytes.data, bytes.len);
        first[set + 1] = (uint32_t)end;
        rc = fgr_table_add(&master->set_table, hash, set, err);
    }
    if (rc == FGR_OK) {
        *out_set = set;
        master->n_set_bytes = (uint32_t)end;
        master->n_sets++;
    }
    return rc;
}

enum fgr_err fgr_master_intern_alias(struct fgr_master *master, uint32_t *out_alias, uint32_t node,
                                     struct fgr_bytes bytes, struct fgr_error *err)
{
    struct fgr_live_alias *aliases = master->array[FGR_MASTER_ALIAS].base;
    uint8_t *kept = master->array[FGR_MASTER_ALIAS_BYTES].base;
    uint32_t alias = fgr_master_node(master, node)->alias;
    if (fgr_bytes_cmp(kept + aliases[alias].first, aliases[alias].len, bytes.data, bytes.len) ==
        0) {
        *out_alias = alias;
        return FGR_OK;
    }
    size_t end = (size_t)master->n_alias_bytes + bytes.len;
    enum fgr_err rc = fgr_master_room(master, FGR_MASTER_ALIAS_BYTES, end, err);
    if (rc == FGR_OK) {
        rc = fgr_master_room(master, FGR_MASTER_ALIAS, master->n_aliases, err);
    }
    if (rc == FGR_OK) {
        memcpy(kept + master->n_alias_bytes, bytes.data, bytes.len);
        aliases[master->n_aliases] =
            (struct fgr_live_alias){master->n_alias_bytes, node, (uint8_t)bytes.len};
        *out_alias = master->n_aliases++;
        master->n_alias_bytes = (uint32_t)end;
        master->by_alias.n = master->n_aliases;
    }
    return rc;
}

enum fgr_err fgr_master_name_channel(struct fgr_master *master, uint32_t chan,
                                     struct fgr_error *err)
{
    uint64_t scid = fgr_master_chan(master, chan)->scid;
    uint32_t hash = fgr_table_hash(&master->scid_table, &scid, sizeof scid);
    if (chan == CHANNELS_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "more than %" PRIu32 " channels", CHANNELS_MAX);
    }
    return fgr_table_add(&master->scid_table, hash, chan, err);
}

/* ---- orders -------------------------------------------------------------------------------- */

typedef int compare_fn(const struct fgr_master *master, uint32_t a, uint32_t b);

static int compare_ids(const struct fgr_master *master, uint32_t a, uint32_t b)
{
    return memcmp(fgr_master_id(master, a), fgr_master_id(master, b), FGR_NODE_ID_BYTES);
}

static int compare_scids(const struct fgr_master *master, uint32_t a, uint32_t b)
{
    uint64_t x = fgr_master_chan(master, a)->scid, y = fgr_master_chan(master, b)->scid;
    return (x > y) - (x < y);
}

static int compare_aliases(const struct fgr_master *master, uint32_t a, uint32_t b)
{
    const uint8_t *bytes = master->array[FGR_MASTER_ALIAS_BYTES].base;
    const struct fgr_live_alias *aliases = master->array[FGR_MASTER_ALIAS].base;
    return fgr_bytes_cmp(bytes + aliases[a].first, aliases[a].len, bytes + aliases[b].first,
                         aliases[b].len);
}

struct sorter {
    const struct fgr_master *master;
    compare_fn *compare;
};

static int compare_items(const void *a, const void *b, void *state)
{
    const struct sorter *sorter = state;
    const uint32_t *x = a, *y = b;
    int order = sorter->compare(sorter->master, *x, *y);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static uint32_t sorted_item(const struct fgr_live_order *order, uint32_t place)
{
    return order->sorted == NULL ? place : order->sorted[place];
}

/* `out` = the sorted list of `order` and the sorted `tail`, merged: the runs between two items of the
 * tail are found by halving and copied as a whole. */
static void merge(const struct sorter *sorter, uint32_t *out, const struct fgr_live_order *order,
                  const uint32_t *tail, uint32_t n_tail)
{
    uint32_t from = 0;
    for (uint32_t i = 0; i <= n_tail; i++) {
        uint32_t low = from, high = order->n_sorted;
        while (i < n_tail && low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (sorter->compare(sorter->master, sorted_item(order, middle), tail[i]) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (uint32_t end = i < n_tail ? low : order->n_sorted; from < end; from++) {
            *out++ = sorted_item(order, from);
        }
        if (i < n_tail) {
            *out++ = tail[i];
        }
    }
}

/* Sorts in the tail of one order if it is long. */
static enum fgr_err sort_order(struct fgr_master *master, struct fgr_live_order *order,
                               void **io_sorted, compare_fn *compare, struct fgr_error *err)
{
    struct sorter sorter = {master, compare};
    uint32_t n_tail = order->n - order->n_sorted;
    if (n_tail < TAIL_MIN + order->n_sorted / TAIL_SHARE) {
        return FGR_OK;
    }
    uint32_t *tail = fgr_array_new(n_tail, sizeof *tail, err);
    uint32_t *sorted = NULL;
    if (tail != NULL && fgr_limbo_reserve(&master->limbo, 1, err) == FGR_OK) {
        sorted = fgr_limbo_page(&master->limbo, order->n * sizeof *sorted, err);
    }
    if (sorted != NULL) {
        for (uint32_t i = 0; i < n_tail; i++) {
            tail[i] = order->n_sorted + i;
        }
        qsort_r(tail, n_tail, sizeof *tail, compare_items, &sorter);
        merge(&sorter, sorted, order, tail, n_tail);
        fgr_limbo_drop(&master->limbo, *io_sorted);
        *io_sorted = sorted;
        order->sorted = sorted;
        order->n_sorted = order->n;
    }
    free(tail);
    return sorted != NULL ? FGR_OK : FGR_ERR_MEMORY;
}

enum fgr_err fgr_master_sort(struct fgr_master *master, struct fgr_error *err)
{
    enum fgr_err rc = sort_order(master, &master->by_id, &master->sorted[0], compare_ids, err);
    if (rc == FGR_OK) {
        rc = sort_order(master, &master->by_scid, &master->sorted[1], compare_scids, err);
    }
    return rc == FGR_OK
               ? sort_order(master, &master->by_alias, &master->sorted[2], compare_aliases, err)
               : rc;
}
