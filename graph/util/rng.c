/* SPDX-License-Identifier: MIT */
#include "graph/util/rng.h"

#include "graph/util/attr.h"

static uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

/* splitmix64's output function: a bijection that turns a counter into noise. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* The stream is mixed before it meets the seed: seeds and streams are small numbers in practice,
 * and (1, 2) and (2, 1) must not be neighbours. The state is never all zero: its four words are
 * images of four different counters under a bijection. */
void fgr_rng_seed(struct fgr_rng *rng, uint64_t seed, uint64_t stream)
{
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t counter = mix(seed + step) ^ mix(stream + 2 * step);
    for (unsigned i = 0; i < 4; i++) {
        counter += step;
        rng->state[i] = mix(counter);
    }
}

uint64_t fgr_rng_next(struct fgr_rng *rng)
{
    uint64_t *s = rng->state;
    uint64_t out = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return out;
}

/* The high word of draw * bound is uniform once the draws whose low word falls below 2^64 mod
 * bound are thrown away; that remainder needs a division only where the low word is small. */
uint64_t fgr_rng_below(struct fgr_rng *rng, uint64_t bound)
{
    fgr_u128 product = (fgr_u128)fgr_rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t threshold = (UINT64_MAX - bound + 1) % bound;
        while ((uint64_t)product < threshold) {
            product = (fgr_u128)fgr_rng_next(rng) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

void fgr_rng_shuffle(struct fgr_rng *rng, uint32_t *items, size_t n_items)
{
    for (size_t i = n_items; i > 1; i--) {
        size_t j = (size_t)fgr_rng_below(rng, i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
