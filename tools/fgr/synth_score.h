/* SPDX-License-Identifier: MIT */
/*
 * synth_score.h - correlated quantities: members get a score (what they depend on, plus noise), are
 * ranked by it, and the rank is read off a curve. The distribution is then exactly the curve's, and
 * the score decides who gets what.
 *
 * Scores are in 1/1024 standard deviations (q10).
 *
 * Threads: pure functions; draws use the caller's generator.
 */
#ifndef FGR_TOOLS_SYNTH_SCORE_H
#define FGR_TOOLS_SYNTH_SCORE_H

#include "graph/util/rng.h"

/* A normal variate, mean 0, standard deviation 1024: the sum of twelve uniform ones, so never
 * beyond 6 standard deviations. */
int32_t fgr_synth_score_noise(struct fgr_rng *rng);

/* A sortable pair of a score and the item that has it; equal scores stay in item order. */
static inline uint64_t fgr_synth_score_key(int32_t score_q10, uint32_t item)
{
    return (uint64_t)((uint32_t)score_q10 ^ UINT32_C(0x80000000)) << 32 | item;
}
static inline uint32_t fgr_synth_score_item(uint64_t key)
{
    return (uint32_t)key;
}

/* Sorts keys, lowest score first. */
void fgr_synth_score_sort(uint64_t *keys, size_t n_keys);

#endif
