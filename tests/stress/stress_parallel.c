/* SPDX-License-Identifier: MIT */
/*
 * stress_parallel.c - crews that start, run and end over and over, with plain memory written by one
 * worker and read by the caller: what the crew's mutex must order, and nothing else does.
 */
#include "graph/util/parallel.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS = 4096, CREWS = 40, RUNS = 50, THREADS = 4 };

struct sums {
    uint64_t factor; /* changes between runs: a stale job would show */
    uint64_t product[ITEMS];
    uint64_t per_worker[THREADS];
};

static void multiply(void *state, unsigned worker, size_t begin, size_t end)
{
    struct sums *sums = state;
    for (size_t i = begin; i < end; i++) {
        sums->product[i] = i * sums->factor;
        sums->per_worker[worker]++;
    }
}

static bool run(struct fgr_crew *crew, struct sums *sums, size_t n_items, size_t chunk)
{
    uint64_t n_done = 0;
    memset(sums->per_worker, 0, sizeof sums->per_worker);
    fgr_crew_run(crew, multiply, sums, n_items, chunk);
    for (size_t i = 0; i < n_items; i++) {
        if (sums->product[i] != i * sums->factor) {
            printf("not ok - parallel: item %zu of %zu was not done\n", i, n_items);
            return false;
        }
    }
    for (unsigned worker = 0; worker < THREADS; worker++) {
        n_done += sums->per_worker[worker];
    }
    if (n_done != n_items) {
        printf("not ok - parallel: %zu items were done %llu times\n", n_items,
               (unsigned long long)n_done);
    }
    return n_done == n_items;
}

int main(void)
{
    static struct sums sums;
    for (unsigned n_crews = 0; n_crews < CREWS; n_crews++) {
        struct fgr_crew *crew;
        struct fgr_error err;
        if (fgr_crew_create(&crew, 1 + n_crews % THREADS, &err) != FGR_OK) {
            printf("not ok - parallel: %s\n", err.text);
            return 1;
        }
        bool good = true;
        for (size_t n = 0; n < RUNS && good; n++) {
            sums.factor = n_crews * RUNS + n;
            good = run(crew, &sums, ITEMS >> n % 12, 1 + n % 7);
        }
        fgr_crew_destroy(crew);
        if (!good) {
            return 1;
        }
    }
    printf("ok - parallel: every item once, every result seen\n");
    return 0;
}
