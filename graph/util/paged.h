/* SPDX-License-Identifier: MIT */
/*
 * paged.h - an array in pages, shared between versions: a change copies one leaf and the three
 * short pages above it, whatever the size of the array.
 *
 *   root (grows) -> 64 pointers -> 64 pointers -> leaf of 2^leaf_bits elements
 *
 * Leaf size and element size are constants at the places that read, so that a look-up is four loads
 * and some shifts; the upper pages are few and stay in the cache.
 *
 * Threads: one writer; readers of the root of a published version.
 * Memory: pages of a struct fgr_limbo, which must outlive it.
 */
#ifndef FGR_UTIL_PAGED_H
#define FGR_UTIL_PAGED_H

#include "graph/util/limbo.h"

#define FGR_PAGED_BITS 6 /* of an index, for each page between root and leaf */

struct fgr_paged {
    struct fgr_limbo *limbo;
    void **root; /* NULL while it is empty */
    uint32_t n_root;
    unsigned leaf_bits;
    size_t elem_bytes;
};

/* Element i, which was edited once. */
static inline const void *fgr_paged_at(const void *root, uint32_t i, unsigned leaf_bits,
                                       size_t elem_bytes)
{
    const void *const *page = root;
    const uint32_t mask = (UINT32_C(1) << FGR_PAGED_BITS) - 1;
    page = page[i >> (leaf_bits + 2 * FGR_PAGED_BITS)];
    page = page[i >> (leaf_bits + FGR_PAGED_BITS) & mask];
    const uint8_t *leaf = page[i >> leaf_bits & mask];
    return leaf + (i & ((UINT32_C(1) << leaf_bits) - 1)) * elem_bytes;
}

/* Any element; NULL where none was edited near it. */
const void *fgr_paged_find(const struct fgr_paged *paged, uint32_t i);

/* Element i, to be written in the version being written; zero at first. Valid until that version
 * is published. NULL and MEMORY in err; no value has changed then. */
void *fgr_paged_edit(struct fgr_paged *paged, uint32_t i, struct fgr_error *err);

/* Frees the pages: nobody reads any more. A zeroed struct is allowed. */
void fgr_paged_free(struct fgr_paged *paged);

#endif
