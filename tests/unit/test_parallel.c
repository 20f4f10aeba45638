/* SPDX-License-Identifier: MIT */
#include "graph/util/parallel.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ITEMS = 3000, WORKERS = 8 };

/* `seen` is written by whoever does the item, so that a double claim shows as 2. */
struct tally {
    unsigned n_workers;
    size_t chunk;
    uint8_t seen[ITEMS];
    size_t done_by[WORKERS];
    bool is_wrong[WORKERS]; /* a range that nobody asked for */
};

static void count(void *state, unsigned worker, size_t begin, size_t end)
{
    struct tally *tally = state;
    if (worker >= tally->n_workers || begin >= end || end - begin > tally->chunk || end > ITEMS) {
        tally->is_wrong[worker % WORKERS] = true;
        return;
    }
    for (size_t i = begin; i < end; i++) {
        tally->seen[i]++;
    }
    tally->done_by[worker] += end - begin;
}

static void assert_run(struct fgr_crew *crew, size_t n_items, size_t chunk)
{
    static struct tally tally;
    size_t sum = 0;
    memset(&tally, 0, sizeof tally);
    tally.n_workers = fgr_crew_size(crew);
    tally.chunk = chunk > 0 ? chunk : 1;
    fgr_crew_run(crew, count, &tally, n_items, chunk);
    for (size_t i = 0; i < ITEMS; i++) {
        cr_assert_eq(tally.seen[i], i < n_items ? 1 : 0, "item %zu of %zu, chunk %zu: %u times", i,
                     n_items, chunk, tally.seen[i]);
    }
    for (unsigned worker = 0; worker < WORKERS; worker++) {
        cr_assert(!tally.is_wrong[worker], "worker %u", worker);
        sum += tally.done_by[worker];
    }
    cr_assert_eq(sum, n_items);
}

Test(parallel, every_item_is_done_once)
{
    static const size_t sizes[] = {0, 1, 2, 63, 64, 65, ITEMS};
    static const size_t chunks[] = {0, 1, 7, 64, ITEMS, SIZE_MAX};
    for (unsigned threads = 1; threads <= WORKERS; threads++) {
        struct fgr_crew *crew;
        cr_assert_eq(fgr_crew_create(&crew, threads, NULL), FGR_OK);
        cr_assert_eq(fgr_crew_size(crew), threads);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
                assert_run(crew, sizes[s], chunks[c]);
            }
        }
        fgr_crew_destroy(crew);
    }
}

Test(parallel, a_crew_runs_many_times)
{
    struct fgr_crew *crew;
    cr_assert_eq(fgr_crew_create(&crew, 4, NULL), FGR_OK);
    for (size_t round = 0; round < 2000; round++) {
        assert_run(crew, round % 97, 1 + round % 5);
    }
    fgr_crew_destroy(crew);
}

Test(parallel, sizes_are_bounded)
{
    struct fgr_crew *crew;
    cr_assert_eq(fgr_crew_create(&crew, 0, NULL), FGR_OK);
    cr_assert_geq(fgr_crew_size(crew), 1);
    fgr_crew_destroy(crew);
    cr_assert_eq(fgr_crew_create(&crew, 5000, NULL), FGR_OK);
    cr_assert_leq(fgr_crew_size(crew), 1024);
    fgr_crew_destroy(crew);
    fgr_crew_destroy(NULL);
}
