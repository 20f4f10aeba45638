/* SPDX-License-Identifier: MIT */
/*
 * bitset.h - sets of small numbers in caller memory.
 *
 * Threads: one writer, or any number of readers.
 */
#ifndef FGR_UTIL_BITSET_H
#define FGR_UTIL_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 64-bit words for numbers below `n`. */
static inline size_t fgr_bitset_words(size_t n)
{
    return (n + 63) / 64;
}

static inline bool fgr_bitset_has(const uint64_t *set, uint32_t i)
{
    return (set[i / 64] >> (i % 64) & 1) != 0;
}

static inline void fgr_bitset_add(uint64_t *set, uint32_t i)
{
    set[i / 64] |= UINT64_C(1) << (i % 64);
}

#endif
