/* SPDX-License-Identifier: MIT */
#include "graph/orphans.h"

#include <criterion/criterion.h>
#include <string.h>

#include "graph/util/rng.h"

enum { PLACES = 20, KEYS = 9, STEPS = 200000 };

static enum fgr_orphans_outcome put(struct fgr_orphans *orphans, uint64_t key, uint32_t number)
{
    return fgr_orphans_put(orphans, key, (const uint8_t *)&number, sizeof number);
}

/* The next released message's number; 0: none. */
static uint32_t take(struct fgr_orphans *orphans)
{
    size_t n_bytes;
    uint32_t number = 0;
    const uint8_t *bytes = fgr_orphans_take(orphans, &n_bytes);
    if (bytes != NULL) {
        cr_assert_eq(n_bytes, sizeof number);
        memcpy(&number, bytes, sizeof number);
    }
    return number;
}

static struct fgr_orphans *create(uint32_t n_places)
{
    struct fgr_orphans *orphans;
    struct fgr_error err;
    cr_assert_eq(fgr_orphans_create(&orphans, n_places, &err), FGR_OK);
    return orphans;
}

Test(orphans, in_the_order_they_came)
{
    struct fgr_orphans *orphans = create(PLACES);
    for (uint32_t i = 1; i <= 6; i++) {
        cr_assert_eq(put(orphans, i % 2, i), FGR_ORPHANS_KEPT);
    }
    fgr_orphans_release(orphans, 1);
    cr_assert_eq(fgr_orphans_count(orphans), 3);
    fgr_orphans_release(orphans, 7);
    fgr_orphans_release(orphans, 0);
    static const uint32_t expected[] = {1, 3, 5, 2, 4, 6, 0, 0};
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(take(orphans), expected[i]);
    }
    cr_assert_eq(fgr_orphans_count(orphans), 0);
    fgr_orphans_destroy(orphans);
}

Test(orphans, one_key_does_not_fill_the_room)
{
    struct fgr_orphans *orphans = create(PLACES);
    uint8_t bytes[FGR_ORPHANS_BYTES + 1] = {0};
    for (uint32_t i = 1; i <= PLACES; i++) {
        cr_assert_eq(put(orphans, 5, i),
                     i <= FGR_ORPHANS_OF_KEY ? FGR_ORPHANS_KEPT : FGR_ORPHANS_REFUSED);
    }
    cr_assert_eq(fgr_orphans_put(orphans, 6, bytes, sizeof bytes), FGR_ORPHANS_REFUSED);
    cr_assert_eq(fgr_orphans_put(orphans, 6, bytes, sizeof bytes - 1), FGR_ORPHANS_KEPT);
    cr_assert_eq(fgr_orphans_put(orphans, 6, NULL, 0), FGR_ORPHANS_KEPT);
    fgr_orphans_destroy(orphans);
}

/* Against a plain list of what waits, oldest first. */
struct waiting {
    uint64_t key;
    uint32_t number;
    uint32_t place;
};

static size_t of_key(const struct waiting *list, size_t n, uint64_t key)
{
    size_t n_of_key = 0;
    for (size_t i = 0; i < n; i++) {
        n_of_key += list[i].key == key;
    }
    return n_of_key;
}

static void drop(struct waiting *list, size_t *io_n, size_t i)
{
    memmove(&list[i], &list[i + 1], (--*io_n - i) * sizeof *list);
}

static void release(struct fgr_orphans *orphans, struct waiting *list, size_t *io_n, uint64_t key)
{
    fgr_orphans_release(orphans, key);
    for (size_t i = 0; i < *io_n;) {
        if (list[i].key == key) {
            cr_assert_eq(take(orphans), list[i].number);
            drop(list, io_n, i);
        } else {
            i++;
        }
    }
    cr_assert_eq(take(orphans), 0);
}

Test(orphans, like_a_list)
{
    struct fgr_orphans *orphans = create(PLACES);
    struct waiting list[PLACES + 1];
    size_t n = 0;
    uint32_t place = 0;
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 7, 0);
    for (uint32_t number = 1; number <= STEPS; number++) {
        uint64_t key = fgr_rng_below(&rng, KEYS);
        if (fgr_rng_below(&rng, 12) == 0) {
            release(orphans, list, &n, key);
            continue;
        }
        enum fgr_orphans_outcome outcome = put(orphans, key, number);
        if (of_key(list, n, key) == FGR_ORPHANS_OF_KEY) {
            cr_assert_eq(outcome, FGR_ORPHANS_REFUSED);
            continue;
        }
        bool is_taken = n > 0 && list[0].place == place;
        for (size_t i = 1; i < n; i++) {
            cr_assert_neq(list[i].place, place, "who is displaced is the oldest");
        }
        cr_assert_eq(outcome, is_taken ? FGR_ORPHANS_KEPT_FOR_ANOTHER : FGR_ORPHANS_KEPT);
        if (is_taken) {
            drop(list, &n, 0);
        }
        list[n++] = (struct waiting){key, number, place};
        place = (place + 1) % PLACES;
        cr_assert_eq(fgr_orphans_count(orphans), n);
    }
    fgr_orphans_destroy(orphans);
}

Test(orphans, refuses_impossible_sizes)
{
    struct fgr_orphans *orphans;
    struct fgr_error err;
    cr_assert_eq(fgr_orphans_create(&orphans, 0, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_orphans_create(&orphans, FGR_ORPHANS_PLACES_MAX + 1, &err), FGR_ERR_ARG);
}
