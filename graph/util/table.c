/* SPDX-License-Identifier: MIT */
#include "graph/util/table.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/hash.h"

#define FIRST_SLOTS 64

static struct fgr_table_slot *new_slots(size_t n_slots, struct fgr_error *err)
{
    struct fgr_table_slot *slots = fgr_array_new(n_slots, sizeof *slots, err);
    if (slots != NULL) {
        memset(slots, 0xff, n_slots * sizeof *slots); /* every item FGR_TABLE_NONE */
    }
    return slots;
}

enum fgr_err fgr_table_init(struct fgr_table *out_table, struct fgr_error *err)
{
    struct fgr_table table = {.mask = FIRST_SLOTS - 1};
    enum fgr_err rc = fgr_random_bytes(&table.key, sizeof table.key, err);
    if (rc != FGR_OK) {
        return rc;
    }
    table.slots = new_slots(FIRST_SLOTS, err);
    if (table.slots == NULL) {
        return FGR_ERR_MEMORY;
    }
    *out_table = table;
    return FGR_OK;
}

void fgr_table_free(struct fgr_table *table)
{
    free(table->slots);
    table->slots = NULL;
}

uint32_t fgr_table_hash(const struct fgr_table *table, const void *key, size_t n_bytes)
{
    return (uint32_t)fgr_hash_keyed(key, n_bytes, table->key);
}

static void put(struct fgr_table *table, struct fgr_table_slot slot)
{
    size_t at = slot.hash & table->mask;
    while (table->slots[at].item != FGR_TABLE_NONE) {
        at = (at + 1) & table->mask;
    }
    table->slots[at] = slot;
}

static enum fgr_err grow(struct fgr_table *table, struct fgr_error *err)
{
    struct fgr_table old = *table;
    size_t n_slots = 2 * (old.mask + 1);
    table->slots = new_slots(n_slots, err);
    if (table->slots == NULL) {
        *table = old;
        return FGR_ERR_MEMORY;
    }
    table->mask = n_slots - 1;
    for (size_t i = 0; i <= old.mask; i++) {
        if (old.slots[i].item != FGR_TABLE_NONE) {
            put(table, old.slots[i]);
        }
    }
    free(old.slots);
    return FGR_OK;
}

enum fgr_err fgr_table_add(struct fgr_table *table, uint32_t hash, uint32_t item,
                           struct fgr_error *err)
{
    if ((table->n_items + 1) * 4 > (table->mask + 1) * 3) {
        enum fgr_err rc = grow(table, err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    put(table, (struct fgr_table_slot){.hash = hash, .item = item});
    table->n_items++;
    return FGR_OK;
}
