/* SPDX-License-Identifier: MIT */
#include "graph/util/limbo.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/settings.h"

/* Counts what is in use. */
struct ledger {
    size_t n_pages;
    size_t n_left; /* allocations that succeed */
    uint64_t given_back[4];
    unsigned n_given_back;
};

static void *ledger_alloc(void *state, size_t bytes)
{
    struct ledger *ledger = state;
    if (ledger->n_left == 0) {
        return NULL;
    }
    ledger->n_left--;
    ledger->n_pages++;
    return malloc(bytes);
}

static void ledger_free(void *state, void *page, size_t bytes)
{
    struct ledger *ledger = state;
    ledger->n_pages--;
    memset(page, 0xdd, bytes);
    free(page);
}

static void take_back(void *owner, uint64_t what)
{
    struct ledger *ledger = owner;
    ledger->given_back[ledger->n_given_back++] = what;
}

static struct fgr_limbo make(struct ledger *ledger)
{
    struct fgr_limbo limbo;
    const struct fgr_allocator allocator = {ledger_alloc, ledger_free, ledger};
    *ledger = (struct ledger){.n_left = SIZE_MAX};
    fgr_limbo_init(&limbo, &allocator);
    return limbo;
}

Test(limbo, a_page_is_zeroed_and_edited_in_place_until_it_is_shown)
{
    struct ledger ledger;
    struct fgr_limbo limbo = make(&ledger);
    uint8_t *page = fgr_limbo_page(&limbo, 100, NULL);
    for (unsigned i = 0; i < 100; i++) {
        cr_assert_eq(page[i], 0);
    }
    cr_assert_eq(fgr_limbo_edit(&limbo, page, NULL), page);
    page[7] = 7;
    limbo.version++;
    uint8_t *copy = fgr_limbo_edit(&limbo, page, NULL);
    cr_assert_neq(copy, page);
    cr_assert_eq(copy[7], 7);
    cr_assert_eq(fgr_limbo_edit(&limbo, copy, NULL), copy);
    cr_assert_eq(limbo.n_items, 1);
    cr_assert_geq(limbo.n_bytes, 100);
    cr_assert_eq(ledger.n_pages, 2);
    fgr_limbo_sweep(&limbo, NULL, 0);
    cr_assert_eq(ledger.n_pages, 1);
    cr_assert_eq(limbo.n_bytes, 0);
    fgr_limbo_drop(&limbo, copy); /* of this version: nobody has seen it */
    cr_assert_eq(ledger.n_pages, 0);
    fgr_limbo_drop(&limbo, NULL);
    fgr_limbo_free(&limbo);
}

/* Every set of readers, against every life of a page: it stays for those that its life covers. */
Test(limbo, keeps_what_some_version_shows_and_nothing_else)
{
    enum { LAST = 6 };
    for (uint64_t birth = 1; birth <= LAST; birth++) {
        for (uint64_t death = birth; death <= LAST; death++) {
            for (unsigned readers = 0; readers < 1U << LAST; readers++) {
                struct ledger ledger;
                struct fgr_limbo limbo = make(&ledger);
                uint64_t versions[LAST];
                size_t n = 0;
                bool is_shown = false;
                limbo.version = birth;
                void *page = fgr_limbo_page(&limbo, 8, NULL);
                limbo.version = death;
                cr_assert_eq(fgr_limbo_reserve(&limbo, 1, NULL), FGR_OK);
                fgr_limbo_drop(&limbo, page);
                for (uint64_t v = 1; v <= LAST; v++) {
                    if ((readers >> (v - 1) & 1) != 0) {
                        versions[n++] = v;
                        is_shown = is_shown || (birth <= v && v < death);
                    }
                }
                fgr_limbo_sweep(&limbo, versions, n);
                cr_assert_eq(ledger.n_pages, is_shown, "life %d .. %d, readers %x", (int)birth,
                             (int)death, readers);
                fgr_limbo_free(&limbo);
                cr_assert_eq(ledger.n_pages, 0);
            }
        }
    }
}

Test(limbo, other_things_go_back_to_their_owner)
{
    struct ledger ledger;
    struct fgr_limbo limbo = make(&ledger);
    struct fgr_limbo_item item = {
        .birth = 1, .give_back = take_back, .owner = &ledger, .what = 42, .n_bytes = 10};
    cr_assert_eq(fgr_limbo_reserve(&limbo, 2, NULL), FGR_OK);
    fgr_limbo_drop_other(&limbo, &item); /* never shown */
    cr_assert_eq(ledger.n_given_back, 1);
    limbo.version = 2;
    item.what = 43;
    fgr_limbo_drop_other(&limbo, &item);
    cr_assert_eq(ledger.n_given_back, 1);
    cr_assert_eq(limbo.n_bytes, 10);
    const uint64_t reader = 1;
    fgr_limbo_sweep(&limbo, &reader, 1);
    cr_assert_eq(ledger.n_given_back, 1);
    fgr_limbo_sweep(&limbo, NULL, 0);
    cr_assert_eq(ledger.n_given_back, 2);
    cr_assert_eq(ledger.given_back[1], 43);
    fgr_limbo_free(&limbo);
}

Test(limbo, without_memory_nothing_changes)
{
    struct ledger ledger;
    struct fgr_error err;
    struct fgr_limbo limbo = make(&ledger);
    uint8_t *page = fgr_limbo_page(&limbo, 8, NULL);
    page[0] = 5;
    limbo.version++;
    ledger.n_left = 0;
    cr_assert_null(fgr_limbo_edit(&limbo, page, &err));
    cr_assert_eq(err.code, FGR_ERR_MEMORY);
    cr_assert_null(fgr_limbo_page(&limbo, 8, NULL));
    cr_assert_eq(limbo.n_items, 0);
    cr_assert_eq(page[0], 5);
    fgr_limbo_free_page(&limbo, page);
    fgr_limbo_free(&limbo);
    cr_assert_eq(ledger.n_pages, 0);
}
