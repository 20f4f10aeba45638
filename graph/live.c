/* SPDX-License-Identifier: MIT */
#include "graph/live.h"

#define ID_DIGITS ((size_t)2 * FGR_NODE_ID_BYTES)

/* What is sought among the nodes, channels or aliases of a view. */
struct sought {
    const struct fgr_view *view;
    const uint8_t *bytes;
    size_t n; /* bytes of an alias, digits of an id */
    uint64_t scid;
};

static const uint8_t *id_of(const struct fgr_view *view, uint32_t node)
{
    return view->node_id + (size_t)node * FGR_NODE_ID_BYTES;
}

/* ---- orders -------------------------------------------------------------------------------- */

static uint32_t item_at(const struct fgr_live_order *order, uint32_t place)
{
    return place < order->n_sorted && order->sorted != NULL ? order->sorted[place] : place;
}

struct fgr_live_walk fgr_live_walk_of(const struct fgr_live_order *order,
                                      fgr_live_compare_fn *compare, const void *sought)
{
    uint32_t low = 0, high = order->n_sorted;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare(sought, item_at(order, middle)) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (struct fgr_live_walk){order, compare, sought, low};
}

bool fgr_live_walk_next(struct fgr_live_walk *walk, uint32_t *out_item)
{
    const struct fgr_live_order *order = walk->order;
    if (walk->next < order->n_sorted) {
        *out_item = item_at(order, walk->next++);
        if (walk->compare(walk->sought, *out_item) == 0) {
            return true;
        }
        walk->next = order->n_sorted;
    }
    while (walk->next < order->n) {
        *out_item = walk->next++;
        if (walk->compare(walk->sought, *out_item) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- look-ups ------------------------------------------------------------------------------ */

int fgr_live_compare_digits(const uint8_t id[FGR_NODE_ID_BYTES], const uint8_t *bytes,
                            size_t n_digits)
{
    int order = memcmp(id, bytes, n_digits / 2);
    if (order == 0 && n_digits % 2 == 1) {
        order = (id[n_digits / 2] >> 4) - (bytes[n_digits / 2] >> 4);
    }
    return order;
}

static int compare_id(const void *state, uint32_t i)
{
    const struct sought *sought = state;
    return fgr_live_compare_digits(id_of(sought->view, i), sought->bytes, sought->n);
}

static int compare_scid(const void *state, uint32_t i)
{
    const struct sought *sought = state;
    uint64_t scid = sought->view->chan[i].scid;
    return (scid > sought->scid) - (scid < sought->scid);
}

static int compare_alias(const void *state, uint32_t i)
{
    const struct sought *sought = state;
    const struct fgr_live_alias *alias = &sought->view->live->alias[i];
    return fgr_bytes_cmp(sought->view->alias_bytes + alias->first, alias->len, sought->bytes,
                         sought->n);
}

uint32_t fgr_live_find_id(const struct fgr_view *view, const uint8_t id[FGR_NODE_ID_BYTES])
{
    uint32_t node;
    return fgr_live_find_prefix(view, &node, 1, id, ID_DIGITS) == 0 ? FGR_IDX_NONE : node;
}

uint32_t fgr_live_find_channel(const struct fgr_view *view, uint64_t scid)
{
    const struct sought sought = {.view = view, .scid = scid};
    struct fgr_live_walk walk = fgr_live_walk_of(&view->live->by_scid, compare_scid, &sought);
    uint32_t chan;
    while (fgr_live_walk_next(&walk, &chan)) {
        if ((fgr_view_half_of(view, 2 * chan)->flags & FGR_HALF_GONE) == 0) {
            return chan;
        }
    }
    return FGR_IDX_NONE;
}

/* Puts a node among the `n_found` that are known, of which the first `n` by id are kept. */
static void keep_least(const struct fgr_view *view, uint32_t *nodes, uint32_t n, uint32_t n_found,
                       uint32_t node)
{
    uint32_t at = n_found < n ? n_found : n;
    while (at > 0 && memcmp(id_of(view, nodes[at - 1]), id_of(view, node), FGR_NODE_ID_BYTES) > 0) {
        if (at < n) {
            nodes[at] = nodes[at - 1];
        }
        at--;
    }
    if (at < n) {
        nodes[at] = node;
    }
}

uint32_t fgr_live_find_prefix(const struct fgr_view *view, uint32_t *out_nodes, uint32_t n,
                              const uint8_t *bytes, size_t n_digits)
{
    const struct sought sought = {.view = view, .bytes = bytes, .n = n_digits};
    struct fgr_live_walk walk = fgr_live_walk_of(&view->live->by_id, compare_id, &sought);
    uint32_t node, n_found = 0;
    while (fgr_live_walk_next(&walk, &node)) {
        if (fgr_live_node_of(view, node)->channels > 0) {
            keep_least(view, out_nodes, n, n_found++, node);
        }
    }
    return n_found;
}

uint32_t fgr_live_find_alias(const struct fgr_view *view, uint32_t *out_nodes, uint32_t n,
                             const uint8_t *bytes, size_t n_bytes)
{
    const struct sought sought = {.view = view, .bytes = bytes, .n = n_bytes};
    struct fgr_live_walk walk = fgr_live_walk_of(&view->live->by_alias, compare_alias, &sought);
    uint32_t alias, n_found = 0;
    while (fgr_live_walk_next(&walk, &alias)) {
        uint32_t node = view->live->alias[alias].node;
        if (alias != 0 && fgr_live_node_of(view, node)->alias == alias) {
            keep_least(view, out_nodes, n, n_found++, node);
        }
    }
    return n_found;
}
