/* SPDX-License-Identifier: MIT */
/*
 * table.h - open-addressing index from keys to item numbers.
 *
 * The items and their keys stay in the caller's array; the table holds 32 bits of hash beside each
 * item number, so that a search rarely looks at an item that is not the one, and growing never
 * looks at items at all. Linear probing, at most three quarters full. Hashes are keyed with random
 * bytes: keys that a stranger chose cannot be made to collide.
 *
 * Search:
 *     struct fgr_probe probe = fgr_table_probe(&table, hash);
 *     while ((item = fgr_table_next(&table, &probe)) != FGR_TABLE_NONE) {
 *         if (keys match) { ... }
 *     }
 *
 * Threads: one thread per table.
 */
#ifndef FGR_UTIL_TABLE_H
#define FGR_UTIL_TABLE_H

#include "fulgurite/base.h"

#define FGR_TABLE_NONE UINT32_MAX

struct fgr_table_slot {
    uint32_t hash;
    uint32_t item; /* FGR_TABLE_NONE = empty */
};

struct fgr_table {
    struct fgr_table_slot *slots;
    size_t mask; /* slots - 1, a power of two less one */
    size_t n_items;
    uint64_t key;
};

struct fgr_probe {
    uint32_t hash;
    size_t slot;
};

/* Errors: MEMORY, IO (no random bytes). */
enum fgr_err fgr_table_init(struct fgr_table *out_table, struct fgr_error *err);
/* A zeroed table is allowed. */
void fgr_table_free(struct fgr_table *table);

/* Hash of a key under this table's random key. */
uint32_t fgr_table_hash(const struct fgr_table *table, const void *key, size_t n_bytes);

/* Adds an item that is not in the table. Errors: MEMORY; the table is as before. */
enum fgr_err fgr_table_add(struct fgr_table *table, uint32_t hash, uint32_t item,
                           struct fgr_error *err);

static inline struct fgr_probe fgr_table_probe(const struct fgr_table *table, uint32_t hash)
{
    return (struct fgr_probe){.hash = hash, .slot = hash & table->mask};
}

/* The next item whose hash fits, or FGR_TABLE_NONE. */
static inline uint32_t fgr_table_next(const struct fgr_table *table, struct fgr_probe *probe)
{
    for (;;) {
        struct fgr_table_slot slot = table->slots[probe->slot];
        if (slot.item == FGR_TABLE_NONE) {
            return FGR_TABLE_NONE;
        }
        probe->slot = (probe->slot + 1) & table->mask;
        if (slot.hash == probe->hash) {
            return slot.item;
        }
    }
}

#endif
