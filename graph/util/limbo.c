/* SPDX-License-Identifier: MIT */
#include "graph/util/limbo.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/alloc.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

/* Stands before the bytes of each page. */
struct head {
    uint64_t birth;
    size_t n_bytes; /* without this */
};

_Static_assert(sizeof(struct head) == 16, "pages are aligned as memory is");

static struct head *head_of(void *page)
{
    return (struct head *)page - 1;
}

void fgr_limbo_init(struct fgr_limbo *out_limbo, const struct fgr_allocator *allocator)
{
    *out_limbo = (struct fgr_limbo){.allocator = fgr_alloc_source(allocator), .version = 1};
}

void fgr_limbo_free_page(struct fgr_limbo *limbo, void *page)
{
    if (page != NULL) {
        struct head *head = head_of(page);
        limbo->allocator.free(limbo->allocator.state, head, sizeof *head + head->n_bytes);
    }
}

static void give_back(struct fgr_limbo *limbo, const struct fgr_limbo_item *item)
{
    limbo->n_bytes -= item->n_bytes;
    if (item->page != NULL) {
        fgr_limbo_free_page(limbo, item->page);
    } else {
        item->give_back(item->owner, item->what);
    }
}

void fgr_limbo_free(struct fgr_limbo *limbo)
{
    for (size_t i = 0; i < limbo->n_items; i++) {
        give_back(limbo, &limbo->items[i]);
    }
    free(limbo->items);
    limbo->items = NULL;
    limbo->n_items = 0;
}

static void *new_page(struct fgr_limbo *limbo, size_t n_bytes, struct fgr_error *err)
{
    struct head *head = limbo->allocator.alloc(limbo->allocator.state, sizeof *head + n_bytes);
    if (head == NULL) {
        fgr_fail_memory(err, n_bytes);
        return NULL;
    }
    *head = (struct head){.birth = limbo->version, .n_bytes = n_bytes};
    return head + 1;
}

void *fgr_limbo_page(struct fgr_limbo *limbo, size_t n_bytes, struct fgr_error *err)
{
    void *page = new_page(limbo, n_bytes, err);
    if (page != NULL) {
        memset(page, 0, n_bytes);
    }
    return page;
}

void *fgr_limbo_edit(struct fgr_limbo *limbo, void *page, struct fgr_error *err)
{
    const struct head *head = head_of(page);
    if (head->birth == limbo->version) {
        return page;
    }
    if (fgr_limbo_reserve(limbo, 1, err) != FGR_OK) {
        return NULL;
    }
    void *copy = new_page(limbo, head->n_bytes, err);
    if (copy != NULL) {
        memcpy(copy, page, head->n_bytes);
        fgr_limbo_drop(limbo, page);
    }
    return copy;
}

enum fgr_err fgr_limbo_reserve(struct fgr_limbo *limbo, size_t n, struct fgr_error *err)
{
    struct fgr_limbo_item *items =
        fgr_array_grow(limbo->items, &limbo->n_items_room, limbo->n_items + n, sizeof *items, err);
    if (items == NULL) {
        return FGR_ERR_MEMORY;
    }
    limbo->items = items;
    return FGR_OK;
}

void fgr_limbo_drop_other(struct fgr_limbo *limbo, const struct fgr_limbo_item *item)
{
    struct fgr_limbo_item dead = *item;
    dead.death = limbo->version;
    limbo->n_bytes += dead.n_bytes;
    if (dead.birth == dead.death) { /* no version ever showed it */
        give_back(limbo, &dead);
    } else {
        limbo->items[limbo->n_items++] = dead;
    }
}

void fgr_limbo_drop(struct fgr_limbo *limbo, void *page)
{
    if (page != NULL) {
        const struct head *head = head_of(page);
        const struct fgr_limbo_item item = {
            .birth = head->birth, .page = page, .n_bytes = sizeof *head + head->n_bytes};
        fgr_limbo_drop_other(limbo, &item);
    }
}

/* Whether one of the ascending versions shows the item. */
static bool is_shown(const struct fgr_limbo_item *item, const uint64_t *versions, size_t n)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (versions[middle] < item->birth) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && versions[low] < item->death;
}

void fgr_limbo_sweep(struct fgr_limbo *limbo, const uint64_t *versions, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < limbo->n_items; i++) {
        if (is_shown(&limbo->items[i], versions, n)) {
            limbo->items[n_kept++] = limbo->items[i];
        } else {
            give_back(limbo, &limbo->items[i]);
        }
    }
    limbo->n_items = n_kept;
}
