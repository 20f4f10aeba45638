/* SPDX-License-Identifier: MIT */
#include "tests/oracle/keyheap.h"

#include <stdlib.h>

static bool comes_before(struct fgr_keyheap_entry a, struct fgr_keyheap_entry b)
{
    return a.key < b.key || (a.key == b.key && a.item < b.item);
}

static bool make_room(struct fgr_keyheap *heap)
{
    if (heap->n < heap->n_room) {
        return true;
    }
    size_t n_room = heap->n_room == 0 ? 1024 : 2 * heap->n_room;
    struct fgr_keyheap_entry *entry = realloc(heap->entry, n_room * sizeof *entry);
    if (entry == NULL) {
        return false;
    }
    heap->entry = entry;
    heap->n_room = n_room;
    return true;
}

bool fgr_keyheap_push(struct fgr_keyheap *heap, uint64_t key, uint32_t item)
{
    if (!make_room(heap)) {
        return false;
    }
    struct fgr_keyheap_entry pushed = {.key = key, .item = item};
    size_t hole = heap->n++;
    while (hole > 0 && comes_before(pushed, heap->entry[(hole - 1) / 2])) {
        heap->entry[hole] = heap->entry[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap->entry[hole] = pushed;
    return true;
}

struct fgr_keyheap_entry fgr_keyheap_pop(struct fgr_keyheap *heap)
{
    struct fgr_keyheap_entry least = heap->entry[0];
    struct fgr_keyheap_entry last = heap->entry[--heap->n];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= heap->n) {
            break;
        }
        if (child + 1 < heap->n && comes_before(heap->entry[child + 1], heap->entry[child])) {
            child++;
        }
        if (!comes_before(heap->entry[child], last)) {
            break;
        }
        heap->entry[hole] = heap->entry[child];
        hole = child;
    }
    heap->entry[hole] = last;
    return least;
}

void fgr_keyheap_free(struct fgr_keyheap *heap)
{
    free(heap->entry);
    *heap = (struct fgr_keyheap){0};
}
