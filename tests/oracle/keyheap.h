/* SPDX-License-Identifier: MIT */
/*
 * keyheap.h - a growing binary heap of (key, item); the smallest key comes out first, and of equal
 * keys the smallest item.
 *
 * Threads: one thread per heap. Memory: starts empty ({0}), freed by fgr_keyheap_free.
 */
#ifndef FGR_TESTS_ORACLE_KEYHEAP_H
#define FGR_TESTS_ORACLE_KEYHEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fgr_keyheap_entry {
    uint64_t key;
    uint32_t item;
};

struct fgr_keyheap {
    struct fgr_keyheap_entry *entry;
    size_t n;
    size_t n_room;
};

/* False if memory is short; the heap is unchanged then. */
bool fgr_keyheap_push(struct fgr_keyheap *heap, uint64_t key, uint32_t item);
/* Takes the least entry out; the heap must not be empty. */
struct fgr_keyheap_entry fgr_keyheap_pop(struct fgr_keyheap *heap);
void fgr_keyheap_free(struct fgr_keyheap *heap);

#endif
