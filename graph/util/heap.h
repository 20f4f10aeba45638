/* SPDX-License-Identifier: MIT */
/*
 * heap.h - a 4-ary min-heap of 64-bit entries over caller memory, and a monotone 32-bit key.
 *
 * An entry is (key << 32 | item): one comparison orders by key, then by item, so that ties break
 * the same way everywhere. There is no decrease-key: push again and skip the stale entry on pop.
 *
 * Threads: one thread.
 */
#ifndef FGR_UTIL_HEAP_H
#define FGR_UTIL_HEAP_H

#include <stdint.h>

#include "graph/util/attr.h"

struct fgr_heap {
    uint64_t *entry; /* caller memory */
    uint32_t n;
};

#define FGR_KEY_EXACT_BITS 26

/* A key that keeps order and drops the low bits of large values: exact below 2^26, 26 significant
 * bits (the leading one implied) above. Fits 32 bits for values below 2^63. */
static inline uint32_t fgr_key_encode(uint64_t value)
{
    if (value < UINT64_C(1) << FGR_KEY_EXACT_BITS) {
        return (uint32_t)value;
    }
    uint32_t shift = FGR_LOG2_FLOOR(value) - FGR_KEY_EXACT_BITS;
    uint32_t mantissa = (uint32_t)(value >> shift) & ((1U << FGR_KEY_EXACT_BITS) - 1);
    return (shift + 1) << FGR_KEY_EXACT_BITS | mantissa;
}

/* The smallest value with that key. */
static inline uint64_t fgr_key_decode(uint32_t key)
{
    uint32_t shift = key >> FGR_KEY_EXACT_BITS;
    uint64_t mantissa = key & ((1U << FGR_KEY_EXACT_BITS) - 1);
    return shift == 0 ? mantissa : (mantissa | 1U << FGR_KEY_EXACT_BITS) << (shift - 1);
}

static inline uint32_t fgr_heap_item(uint64_t entry)
{
    return (uint32_t)entry;
}
static inline uint32_t fgr_heap_key(uint64_t entry)
{
    return (uint32_t)(entry >> 32);
}

/* The caller has room for one more entry. */
static inline void fgr_heap_push(struct fgr_heap *heap, uint32_t key, uint32_t item)
{
    uint64_t entry = (uint64_t)key << 32 | item;
    uint32_t at = heap->n++;
    while (at > 0) {
        uint32_t parent = (at - 1) / 4;
        if (heap->entry[parent] <= entry) {
            break;
        }
        heap->entry[at] = heap->entry[parent];
        at = parent;
    }
    heap->entry[at] = entry;
}

/* Puts `entry` at the root, which is empty, and lets it sink. n > 0. */
static inline void fgr_heap_sink(struct fgr_heap *heap, uint64_t entry)
{
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 4 * at + 1;
        if (child >= heap->n) {
            break;
        }
        uint32_t end = child + 4 < heap->n ? child + 4 : heap->n;
        uint32_t least = child;
        for (uint32_t i = child + 1; i < end; i++) {
            least = heap->entry[i] < heap->entry[least] ? i : least;
        }
        if (heap->entry[least] >= entry) {
            break;
        }
        heap->entry[at] = heap->entry[least];
        at = least;
    }
    heap->entry[at] = entry;
}

/* n > 0. */
static inline void fgr_heap_pop(struct fgr_heap *heap)
{
    uint64_t last = heap->entry[--heap->n];
    if (heap->n > 0) {
        fgr_heap_sink(heap, last);
    }
}

/* Gives the least entry a new key that is not smaller. n > 0. */
static inline void fgr_heap_rekey_top(struct fgr_heap *heap, uint32_t key)
{
    fgr_heap_sink(heap, (uint64_t)key << 32 | fgr_heap_item(heap->entry[0]));
}

#endif
