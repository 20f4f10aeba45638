/* SPDX-License-Identifier: MIT */
/*
 * rng.h - a small seeded generator whose numbers are the same on every machine. For generated
 * networks, tests and benchmarks; never for keys that protect anything.
 *
 * A seed names a family of 2^64 streams, so that parts of one job (a node, a channel, a query) can
 * draw independently of how many draws the others made.
 *
 * Threads: one thread per struct fgr_rng.
 * Source: xoshiro256** 1.0 and splitmix64, D. Blackman and S. Vigna, 2018; bounded draws: D. Lemire,
 * Fast Random Integer Generation in an Interval, 2019.
 */
#ifndef FGR_UTIL_RNG_H
#define FGR_UTIL_RNG_H

#include <stddef.h>
#include <stdint.h>

struct fgr_rng {
    uint64_t state[4];
};

/* Starts stream `stream` of `seed`. */
void fgr_rng_seed(struct fgr_rng *rng, uint64_t seed, uint64_t stream);

/* 64 uniform bits. */
uint64_t fgr_rng_next(struct fgr_rng *rng);

/* Uniform in [0, bound), exactly, for bound > 0. */
uint64_t fgr_rng_below(struct fgr_rng *rng, uint64_t bound);

/* Every order of `items` is equally likely. */
void fgr_rng_shuffle(struct fgr_rng *rng, uint32_t *items, size_t n_items);

#endif
