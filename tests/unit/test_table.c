/* SPDX-License-Identifier: MIT */
#include "graph/util/table.h"

#include <criterion/criterion.h>

enum { ITEMS = 100000 };

/* The only item whose key is its own number. */
static uint32_t find(const struct fgr_table *table, uint32_t hash, uint32_t key)
{
    struct fgr_probe probe = fgr_table_probe(table, hash);
    uint32_t item;
    while ((item = fgr_table_next(table, &probe)) != FGR_TABLE_NONE && item != key) {
    }
    return item;
}

Test(table, finds_what_was_added_and_nothing_else)
{
    struct fgr_table table;
    cr_assert_eq(fgr_table_init(&table, NULL), FGR_OK);
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint32_t hash = fgr_table_hash(&table, &i, sizeof i);
        cr_assert_eq(find(&table, hash, i), FGR_TABLE_NONE);
        cr_assert_eq(fgr_table_add(&table, hash, i, NULL), FGR_OK);
    }
    for (uint32_t i = 0; i < 2 * ITEMS; i++) {
        uint32_t hash = fgr_table_hash(&table, &i, sizeof i);
        cr_assert_eq(find(&table, hash, i), i < ITEMS ? i : FGR_TABLE_NONE, "item %u", i);
    }
    fgr_table_free(&table);
}

/* One hash for all, which wraps around the end of the table as it grows. */
Test(table, collisions_are_kept_apart)
{
    struct fgr_table table;
    cr_assert_eq(fgr_table_init(&table, NULL), FGR_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        cr_assert_eq(fgr_table_add(&table, UINT32_MAX, i, NULL), FGR_OK);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        cr_assert_eq(find(&table, UINT32_MAX, i), i);
        cr_assert_eq(find(&table, UINT32_MAX - 1, i), FGR_TABLE_NONE);
    }
    fgr_table_free(&table);
}

/* What keeps a stranger from choosing keys that collide. */
Test(table, two_tables_hash_differently)
{
    struct fgr_table a, b;
    unsigned n_same = 0;
    cr_assert_eq(fgr_table_init(&a, NULL), FGR_OK);
    cr_assert_eq(fgr_table_init(&b, NULL), FGR_OK);
    for (uint64_t i = 0; i < 100; i++) {
        n_same += fgr_table_hash(&a, &i, sizeof i) == fgr_table_hash(&b, &i, sizeof i);
    }
    cr_assert_lt(n_same, 5);
    fgr_table_free(&a);
    fgr_table_free(&b);
}
