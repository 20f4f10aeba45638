/* SPDX-License-Identifier: MIT */
/*
 * master.c - from an image to a master, and from a master to its views.
 *
 * A view is one page: the pointers that do not change with the versions (arrays that never move), the
 * roots of the paged arrays as they are now, and the counts. Sealing it makes everything it shows
 * immutable at once, because all pages of this version are older than the next one; that is all
 * there is to it, whatever the size of the network.
 */
#include "graph/master.h"

#include <stdlib.h>

#include "graph/master_state.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

/* Address space for the arrays, in bytes: not memory. */
static const size_t reserved_bytes[FGR_MASTER_ARRAYS] = {
    [FGR_MASTER_CHAN] = ((size_t)1 << 28) * sizeof(struct fgr_chan),
    [FGR_MASTER_NODE_ID] = ((size_t)1 << 28) * FGR_NODE_ID_BYTES,
    [FGR_MASTER_SET_FIRST] = (size_t)1 << 28,
    [FGR_MASTER_SET_BYTES] = (size_t)1 << 31,
    [FGR_MASTER_ALIAS] = ((size_t)1 << 27) * sizeof(struct fgr_live_alias),
    [FGR_MASTER_ALIAS_BYTES] = (size_t)1 << 31,
};

/* ---- an empty master ----------------------------------------------------------------------- */

static enum fgr_err init_arrays(struct fgr_master *master, struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (unsigned i = 0; i < FGR_MASTER_ARRAYS && rc == FGR_OK; i++) {
        rc = fgr_steady_init(&master->array[i], reserved_bytes[i], err);
        if (rc == FGR_OK) {
            rc = fgr_master_room(master, i, 1, err); /* set 0 and alias 0: all zero */
        }
    }
    return rc;
}

static enum fgr_err init_tables(struct fgr_master *master, struct fgr_error *err)
{
    enum fgr_err rc = fgr_table_init(&master->id_table, err);
    if (rc == FGR_OK) {
        rc = fgr_table_init(&master->scid_table, err);
    }
    return rc == FGR_OK ? fgr_table_init(&master->set_table, err) : rc;
}

static enum fgr_err init(struct fgr_master *master, struct fgr_error *err)
{
    struct fgr_limbo *limbo = &master->limbo;
    master->n_sets = 1;
    master->n_aliases = 1;
    master->by_alias = (struct fgr_live_order){.n = 1};
    master->half = (struct fgr_paged){limbo, NULL, 0, FGR_HALF_LEAF_BITS, sizeof(struct fgr_half)};
    master->node =
        (struct fgr_paged){limbo, NULL, 0, FGR_LIVE_NODE_LEAF_BITS, sizeof(struct fgr_live_node)};
    master->inbound =
        (struct fgr_paged){limbo, NULL, 0, FGR_LIVE_INBOUND_LEAF_BITS, sizeof(struct fgr_inbound)};
    enum fgr_err rc = init_arrays(master, err);
    if (rc == FGR_OK) {
        rc = init_tables(master, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_lists_init(&master->in, limbo, fgr_master_chan(master, 0),
                            fgr_master_id(master, 0), true, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_lists_init(&master->out, limbo, fgr_master_chan(master, 0),
                            fgr_master_id(master, 0), false, err);
    }
    return rc;
}

void fgr_master_destroy(struct fgr_master *master)
{
    if (master == NULL) {
        return;
    }
    struct fgr_limbo *limbo = &master->limbo;
    fgr_limbo_free(limbo);
    for (unsigned i = 0; i < 3; i++) {
        fgr_limbo_free_page(limbo, master->sorted[i]);
    }
    fgr_limbo_free_page(limbo, master->page);
    fgr_paged_free(&master->half);
    fgr_paged_free(&master->node);
    fgr_paged_free(&master->inbound);
    fgr_lists_free(&master->in);
    fgr_lists_free(&master->out);
    fgr_table_free(&master->id_table);
    fgr_table_free(&master->scid_table);
    fgr_table_free(&master->set_table);
    for (unsigned i = 0; i < FGR_MASTER_ARRAYS; i++) {
        fgr_steady_free(&master->array[i]);
    }
    free(master);
}

/* ---- from an image ------------------------------------------------------------------------- */

/* In their order, so that set i of the image is set i here. */
static enum fgr_err copy_sets(struct fgr_master *master, const struct fgr_view *view,
                              struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 1; i < view->n_feature_sets && rc == FGR_OK; i++) {
        uint32_t first = view->feature_set_first[i], set;
        struct fgr_bytes bytes = {view->feature_bytes + first,
                                  view->feature_set_first[i + 1] - first};
        rc = fgr_master_intern_set(master, &set, bytes, err);
    }
    return rc;
}

static enum fgr_err copy_node(struct fgr_master *master, const struct fgr_view *view, uint32_t i,
                              struct fgr_error *err)
{
    uint32_t node, alias = 0, first = view->alias_first[i];
    struct fgr_bytes bytes = {view->alias_bytes + first, view->alias_first[i + 1] - first};
    enum fgr_err rc =
        fgr_master_intern_node(master, &node, view->node_id + (size_t)i * FGR_NODE_ID_BYTES, err);
    if (rc == FGR_OK && bytes.len > 0) {
        rc = fgr_master_intern_alias(master, &alias, node, bytes, err);
    }
    struct fgr_live_node *state = rc == FGR_OK ? fgr_paged_edit(&master->node, node, err) : NULL;
    if (state == NULL) {
        return FGR_ERR_MEMORY;
    }
    *state = (struct fgr_live_node){view->node_timestamp[i], view->node_feature_set[i],
                                    view->node_channels[i], alias};
    return FGR_OK;
}

static enum fgr_err copy_channel(struct fgr_master *master, const struct fgr_view *view, uint32_t i,
                                 struct fgr_error *err)
{
    enum fgr_err rc = fgr_master_room(master, FGR_MASTER_CHAN, i, err);
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_chan *chans = master->array[FGR_MASTER_CHAN].base;
    chans[i] = view->chan[i];
    for (uint32_t edge = 2 * i; edge < 2 * i + 2; edge++) {
        struct fgr_half *half = fgr_paged_edit(&master->half, edge, err);
        if (half == NULL) {
            return FGR_ERR_MEMORY;
        }
        *half = view->half[edge];
    }
    rc = fgr_master_name_channel(master, i, err);
    master->n_chans += rc == FGR_OK;
    return rc;
}

static enum fgr_err copy_inbound(struct fgr_master *master, const struct fgr_view *view,
                                 struct fgr_error *err)
{
    for (uint32_t i = 0; i < view->n_inbound; i++) {
        struct fgr_inbound *fee = fgr_paged_edit(&master->inbound, view->inbound[i].edge, err);
        if (fee == NULL) {
            return FGR_ERR_MEMORY;
        }
        *fee = view->inbound[i];
    }
    master->n_inbound = view->n_inbound;
    return FGR_OK;
}

static enum fgr_err copy(struct fgr_master *master, const struct fgr_view *view,
                         struct fgr_error *err)
{
    enum fgr_err rc = copy_sets(master, view, err);
    for (uint32_t i = 0; i < view->n_nodes && rc == FGR_OK; i++) {
        rc = copy_node(master, view, i, err);
    }
    for (uint32_t i = 0; i < view->n_chans && rc == FGR_OK; i++) {
        rc = copy_channel(master, view, i, err);
    }
    if (rc == FGR_OK) {
        rc = copy_inbound(master, view, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_lists_copy(&master->in, &view->in, view->n_nodes, view->n_usable, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_lists_copy(&master->out, &view->out, view->n_nodes, view->n_usable, err);
    }
    master->n_usable = view->n_usable;
    master->by_scid.n = master->n_chans;
    master->by_id.n_sorted = master->n_nodes; /* an image is in these orders */
    master->by_scid.n_sorted = master->n_chans;
    return rc;
}

enum fgr_err fgr_master_create(struct fgr_master **out_master, const struct fgr_view *view,
                               const struct fgr_allocator *allocator, struct fgr_error *err)
{
    if (view != NULL && view->live != NULL) {
        return fgr_fail(err, FGR_ERR_ARG, "a master is made from an image, not from a live view");
    }
    struct fgr_master *master = fgr_array_new(1, sizeof *master, err);
    if (master == NULL) {
        return FGR_ERR_MEMORY;
    }
    fgr_limbo_init(&master->limbo, allocator);
    enum fgr_err rc = init(master, err);
    if (rc == FGR_OK && view != NULL) {
        rc = copy(master, view, err);
    }
    if (rc != FGR_OK) {
        fgr_master_destroy(master);
        return rc;
    }
    *out_master = master;
    return FGR_OK;
}

/* ---- views --------------------------------------------------------------------------------- */

static struct fgr_view view_of(const struct fgr_master *master, const struct fgr_live *live)
{
    return (struct fgr_view){
        .n_nodes = master->n_nodes,
        .n_chans = master->n_chans,
        .n_usable = master->n_usable,
        .n_feature_sets = master->n_sets,
        .n_inbound = master->n_inbound,
        .node_id = master->array[FGR_MASTER_NODE_ID].base,
        .alias_bytes = master->array[FGR_MASTER_ALIAS_BYTES].base,
        .feature_set_first = master->array[FGR_MASTER_SET_FIRST].base,
        .feature_bytes = master->array[FGR_MASTER_SET_BYTES].base,
        .chan = master->array[FGR_MASTER_CHAN].base,
        .half_pages = master->half.root,
        .in = fgr_lists_adjacency(&master->in),
        .out = fgr_lists_adjacency(&master->out),
        .live = live,
    };
}

enum fgr_err fgr_master_seal(struct fgr_master *master, const struct fgr_view **out_view,
                             struct fgr_error *err)
{
    struct fgr_limbo *limbo = &master->limbo;
    enum fgr_err rc = fgr_master_sort(master, err);
    if (rc == FGR_OK) {
        rc = fgr_limbo_reserve(limbo, 1, err);
    }
    struct fgr_master_page *page = rc == FGR_OK ? fgr_limbo_page(limbo, sizeof *page, err) : NULL;
    if (page == NULL) {
        return FGR_ERR_MEMORY;
    }
    page->live = (struct fgr_live){
        .version = limbo->version,
        .node_pages = master->node.root,
        .inbound = master->inbound,
        .by_id = master->by_id,
        .by_scid = master->by_scid,
        .by_alias = master->by_alias,
        .alias = master->array[FGR_MASTER_ALIAS].base,
        .n_gone = master->n_gone,
    };
    page->view = view_of(master, &page->live);
    fgr_limbo_drop(limbo, master->page);
    master->page = page;
    limbo->version++;
    *out_view = &page->view;
    return FGR_OK;
}

void fgr_master_sweep(struct fgr_master *master, const uint64_t *versions, size_t n)
{
    fgr_limbo_sweep(&master->limbo, versions, n);
}

size_t fgr_master_n_held(const struct fgr_master *master)
{
    return master->limbo.n_items;
}

size_t fgr_master_held_bytes(const struct fgr_master *master)
{
    return master->limbo.n_bytes;
}
