/* SPDX-License-Identifier: MIT */
/*
 * lists.c - copy on write, list by list.
 *
 * Blocks have sizes 1, 2, 3, 4, 6, 8, 12, 16, .. so that a list that grows by one entry now and then
 * moves seldom, and a block that was given back fits another list. Free blocks of a size are chained
 * through their first neighbour column; block 0 does not exist, so 0 ends a chain.
 *
 * Cost: a change copies the list of each end once per version, 26 bytes for each half-channel of the
 * node. On mainnet a half-channel picked at random is in a list of 200.
 */
#include "graph/lists.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/error.h"

/* Entries there may ever be, free ones included: address space, not memory. */
#define ENTRIES_MAX (UINT32_C(1) << 29)

enum { NBR, EDGE, BASE, PPM, CLTV, INV_CAP, MAX };

static const size_t widths[FGR_LISTS_COLUMNS] = {
    [NBR] = sizeof(uint32_t), [EDGE] = sizeof(uint32_t), [BASE] = sizeof(int32_t),
    [PPM] = sizeof(int32_t),  [CLTV] = sizeof(uint16_t), [INV_CAP] = sizeof(float),
    [MAX] = sizeof(float),
};

/* ---- blocks -------------------------------------------------------------------------------- */

/* 1, 2, 3, 4, 6, 8, 12, .. entries. */
static uint32_t size_of(unsigned number)
{
    if (number == 0) {
        return 1;
    }
    return number % 2 == 1 ? UINT32_C(1) << (number / 2 + 1) : UINT32_C(3) << (number / 2 - 1);
}

/* Number of the least size that holds n. */
static unsigned size_for(uint32_t n)
{
    unsigned number = 0;
    while (size_of(number) < n) {
        number++;
    }
    return number;
}

static void release(void *owner, uint64_t what)
{
    struct fgr_lists *lists = owner;
    uint32_t first = (uint32_t)what;
    uint32_t *spare = &lists->spare[what >> 32];
    lists->columns.nbr[first] = *spare;
    *spare = first;
}

/* A block of that size: a free one, or behind all others. */
static enum fgr_err take_block(struct fgr_lists *lists, uint32_t *out_first, unsigned number,
                               struct fgr_error *err)
{
    uint32_t first = lists->spare[number];
    if (first != 0) {
        lists->spare[number] = lists->columns.nbr[first];
        *out_first = first;
        return FGR_OK;
    }
    uint32_t n = size_of(number);
    if (n > ENTRIES_MAX - lists->n_entries) {
        return fgr_fail(err, FGR_ERR_LIMIT, "the lists of half-channels have no room for %u more",
                        n);
    }
    for (unsigned c = 0; c < FGR_LISTS_COLUMNS; c++) {
        enum fgr_err rc =
            fgr_steady_grow(&lists->memory[c], ((size_t)lists->n_entries + n) * widths[c], err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    *out_first = lists->n_entries;
    lists->n_entries += n;
    return FGR_OK;
}

/* Moves n entries; the two places may overlap. */
static void move(const struct fgr_lists *lists, uint32_t to, uint32_t from, uint32_t n)
{
    for (unsigned c = 0; c < FGR_LISTS_COLUMNS; c++) {
        uint8_t *base = lists->memory[c].base;
        memmove(base + to * widths[c], base + from * widths[c], n * widths[c]);
    }
}

/* ---- lists --------------------------------------------------------------------------------- */

enum fgr_err fgr_lists_init(struct fgr_lists *out_lists, struct fgr_limbo *limbo,
                            const struct fgr_chan *chan, const uint8_t *node_id, bool is_incoming,
                            struct fgr_error *err)
{
    *out_lists = (struct fgr_lists){
        .limbo = limbo,
        .chan = chan,
        .node_id = node_id,
        .is_incoming = is_incoming,
        .n_entries = 1,
        .spans = {.limbo = limbo,
                  .leaf_bits = FGR_SPAN_LEAF_BITS,
                  .elem_bytes = sizeof(struct fgr_span)},
    };
    struct fgr_steady *memory = out_lists->memory;
    for (unsigned c = 0; c < FGR_LISTS_COLUMNS; c++) {
        enum fgr_err rc = fgr_steady_init(&memory[c], ENTRIES_MAX * widths[c], err);
        if (rc == FGR_OK) {
            rc = fgr_steady_grow(&memory[c], widths[c], err);
        }
        if (rc != FGR_OK) {
            return rc;
        }
    }
    out_lists->columns = (struct fgr_adjacency_columns){.nbr = memory[NBR].base,
                                                        .edge = memory[EDGE].base,
                                                        .base_msat = memory[BASE].base,
                                                        .ppm = memory[PPM].base,
                                                        .cltv = memory[CLTV].base,
                                                        .inv_cap = memory[INV_CAP].base,
                                                        .max_msat = memory[MAX].base};
    return FGR_OK;
}

void fgr_lists_free(struct fgr_lists *lists)
{
    if (lists->limbo != NULL) {
        fgr_paged_free(&lists->spans);
    }
    for (unsigned c = 0; c < FGR_LISTS_COLUMNS; c++) {
        fgr_steady_free(&lists->memory[c]);
    }
    free(lists->list);
    lists->list = NULL;
}

struct fgr_adjacency fgr_lists_adjacency(const struct fgr_lists *lists)
{
    const struct fgr_adjacency_columns *columns = &lists->columns;
    return (struct fgr_adjacency){.pages = lists->spans.root,
                                  .nbr = columns->nbr,
                                  .edge = columns->edge,
                                  .base_msat = columns->base_msat,
                                  .ppm = columns->ppm,
                                  .cltv = columns->cltv,
                                  .inv_cap = columns->inv_cap,
                                  .max_msat = columns->max_msat};
}

enum fgr_err fgr_lists_add_node(struct fgr_lists *lists, uint32_t node, struct fgr_error *err)
{
    struct fgr_list *list =
        fgr_array_grow(lists->list, &lists->n_lists_room, (size_t)node + 1, sizeof *list, err);
    if (list == NULL) {
        return FGR_ERR_MEMORY;
    }
    lists->list = list;
    list[node] = (struct fgr_list){.n = 0};
    return fgr_paged_edit(&lists->spans, node, err) == NULL ? FGR_ERR_MEMORY : FGR_OK;
}

/* The blocks of an image's lists are as long as the lists; given back, they count as the size below. */
enum fgr_err fgr_lists_copy(struct fgr_lists *lists, const struct fgr_adjacency *adjacency,
                            uint32_t n_nodes, uint32_t n_usable, struct fgr_error *err)
{
    const void *from[FGR_LISTS_COLUMNS] = {
        adjacency->nbr,  adjacency->edge,    adjacency->base_msat, adjacency->ppm,
        adjacency->cltv, adjacency->inv_cap, adjacency->max_msat};
    if (n_usable > ENTRIES_MAX - 1) {
        return fgr_fail(err, FGR_ERR_LIMIT,
                        "%u half-channels are more than the %u that there may be", n_usable,
                        ENTRIES_MAX - 1);
    }
    for (unsigned c = 0; c < FGR_LISTS_COLUMNS; c++) {
        enum fgr_err rc =
            fgr_steady_grow(&lists->memory[c], ((size_t)n_usable + 1) * widths[c], err);
        if (rc != FGR_OK) {
            return rc;
        }
        if (n_usable > 0) {
            memcpy((uint8_t *)lists->memory[c].base + widths[c], from[c], n_usable * widths[c]);
        }
    }
    lists->n_entries = n_usable + 1;
    for (uint32_t v = 0; v < n_nodes; v++) {
        enum fgr_err rc = fgr_lists_add_node(lists, v, err);
        if (rc != FGR_OK) {
            return rc;
        }
        struct fgr_span span = {1 + adjacency->first[v], 1 + adjacency->first[v + 1]};
        uint32_t n = span.end - span.first;
        lists->list[v] = (struct fgr_list){lists->limbo->version, span.first, n, n};
        struct fgr_span *kept = fgr_paged_edit(&lists->spans, v, err);
        if (kept == NULL) {
            return FGR_ERR_MEMORY;
        }
        *kept = span;
    }
    return FGR_OK;
}

/* Gives up the block of a list; the limbo has room for it. */
static void leave_block(struct fgr_lists *lists, const struct fgr_list *list)
{
    if (list->room == 0) {
        return;
    }
    unsigned number = size_for(list->room);
    number -= size_of(number) > list->room; /* one of an image */
    const struct fgr_limbo_item item = {.birth = list->birth,
                                        .give_back = release,
                                        .owner = lists,
                                        .what = (uint64_t)number << 32 | list->first,
                                        .n_bytes = (size_t)list->room * 26};
    fgr_limbo_drop_other(lists->limbo, &item);
}

/* The span of an opened list: its page is private, so this finds it. */
static void show(struct fgr_lists *lists, uint32_t node)
{
    const struct fgr_list *list = &lists->list[node];
    struct fgr_span *span = fgr_paged_edit(&lists->spans, node, NULL);
    *span = (struct fgr_span){list->first, list->first + list->n};
}

enum fgr_err fgr_lists_open(struct fgr_lists *lists, uint32_t node, uint32_t n_more,
                            struct fgr_error *err)
{
    struct fgr_list *list = &lists->list[node];
    bool is_private = list->birth == lists->limbo->version;
    if (is_private && list->room - list->n >= n_more) {
        return FGR_OK;
    }
    unsigned number = size_for(list->n + n_more);
    uint32_t first = 0;
    enum fgr_err rc = fgr_limbo_reserve(lists->limbo, 1, err);
    if (rc == FGR_OK && fgr_paged_edit(&lists->spans, node, err) == NULL) {
        rc = FGR_ERR_MEMORY;
    }
    if (rc == FGR_OK) {
        /* The page may have taken the room that was made. */
        rc = fgr_limbo_reserve(lists->limbo, 1, err);
    }
    if (rc == FGR_OK) {
        rc = take_block(lists, &first, number, err);
    }
    if (rc != FGR_OK) {
        return rc;
    }
    move(lists, first, list->first, list->n);
    leave_block(lists, list);
    *list = (struct fgr_list){lists->limbo->version, first, list->n, size_of(number)};
    show(lists, node);
    return FGR_OK;
}

/* ---- entries ------------------------------------------------------------------------------- */

/* Whether entry i stands before half-channel `edge` with this rank: by rank, then by the
 * neighbour's id, then by scid, which is the order of an image, whose indexes follow those. */
static bool is_before(const struct fgr_lists *lists, uint32_t i, uint32_t rank, uint32_t edge)
{
    const struct fgr_adjacency_columns *columns = &lists->columns;
    uint32_t other = (uint32_t)columns->base_msat[i] + (uint32_t)columns->ppm[i];
    if (other != rank) {
        return other < rank;
    }
    const struct fgr_chan *chan = &lists->chan[edge >> 1];
    uint32_t nbr = chan->node[(edge & 1) ^ (lists->is_incoming ? 0 : 1)];
    int order = columns->nbr[i] == nbr
                    ? 0
                    : memcmp(lists->node_id + (size_t)columns->nbr[i] * FGR_NODE_ID_BYTES,
                             lists->node_id + (size_t)nbr * FGR_NODE_ID_BYTES, FGR_NODE_ID_BYTES);
    return order < 0 || (order == 0 && lists->chan[columns->edge[i] >> 1].scid < chan->scid);
}

/* The first entry of a list that does not stand before the half-channel. */
static uint32_t place_of(const struct fgr_lists *lists, const struct fgr_list *list, uint32_t edge,
                         const struct fgr_half *half)
{
    uint32_t rank = fgr_adjacency_rank_of(half);
    uint32_t low = list->first, high = list->first + list->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_before(lists, middle, rank, edge)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void fgr_lists_change(struct fgr_lists *lists, uint32_t edge, const struct fgr_half *half,
                      const struct fgr_half *half_new)
{
    uint32_t node = fgr_lists_owner(lists, edge);
    struct fgr_list *list = &lists->list[node];
    uint32_t from = list->first + list->n, to = from;
    if (half != NULL) {
        from = place_of(lists, list, edge, half);
    }
    if (half_new != NULL) {
        to = place_of(lists, list, edge, half_new);
    }
    if (half_new == NULL) {
        move(lists, from, from + 1, list->first + list->n - from - 1);
        list->n--;
    } else if (half == NULL) {
        move(lists, to + 1, to, list->first + list->n - to);
        list->n++;
    } else if (to > from) { /* `to` counts the entry itself */
        to--;
        move(lists, from, from + 1, to - from);
    } else {
        move(lists, to + 1, to, from - to);
    }
    if (half_new != NULL) {
        fgr_adjacency_put(&lists->columns, to, edge, &lists->chan[edge >> 1], half_new,
                          lists->is_incoming);
    }
    show(lists, node);
}
