/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_score.h"

#include <stdlib.h>

int32_t fgr_synth_score_noise(struct fgr_rng *rng)
{
    enum { DRAWS = 2, PER_DRAW = 6, BITS = 10, MAX = (1 << BITS) - 1 };
    int32_t sum = -DRAWS * PER_DRAW * MAX / 2;
    for (int draw = 0; draw < DRAWS; draw++) {
        uint64_t bits = fgr_rng_next(rng);
        for (int i = 0; i < PER_DRAW; i++) {
            sum += (int32_t)(bits & MAX);
            bits >>= BITS;
        }
    }
    return sum;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void fgr_synth_score_sort(uint64_t *keys, size_t n_keys)
{
    qsort(keys, n_keys, sizeof *keys, compare);
}
