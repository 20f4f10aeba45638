/* SPDX-License-Identifier: MIT */
#include "graph/util/paged.h"

#include <string.h>

#include "graph/util/error.h"

#define FANOUT ((size_t)1 << FGR_PAGED_BITS)
#define SLOT_MASK ((UINT32_C(1) << FGR_PAGED_BITS) - 1)
#define FIRST_ROOT 4

const void *fgr_paged_find(const struct fgr_paged *paged, uint32_t i)
{
    unsigned shift = paged->leaf_bits + 2 * FGR_PAGED_BITS;
    if (i >> shift >= paged->n_root) {
        return NULL;
    }
    const void *const *page = paged->root[i >> shift];
    for (unsigned level = 0; level < 2 && page != NULL; level++) {
        shift -= FGR_PAGED_BITS;
        page = page[i >> shift & SLOT_MASK];
    }
    const void *leaf = page;
    size_t at = (i & ((UINT32_C(1) << paged->leaf_bits) - 1)) * paged->elem_bytes;
    return leaf == NULL ? NULL : (const uint8_t *)leaf + at;
}

/* A root with room for slot `slot`. */
static void **edit_root(struct fgr_paged *paged, uint32_t slot, struct fgr_error *err)
{
    if (slot < paged->n_root) {
        void **root = fgr_limbo_edit(paged->limbo, paged->root, err);
        paged->root = root != NULL ? root : paged->root;
        return root;
    }
    uint32_t n = paged->n_root == 0 ? FIRST_ROOT : 2 * paged->n_root;
    n = n > slot ? n : slot + 1;
    if (fgr_limbo_reserve(paged->limbo, 1, err) != FGR_OK) {
        return NULL;
    }
    void **root = fgr_limbo_page(paged->limbo, n * sizeof *root, err);
    if (root != NULL) {
        if (paged->n_root > 0) {
            memcpy(root, paged->root, paged->n_root * sizeof *root);
        }
        fgr_limbo_drop(paged->limbo, paged->root);
        paged->root = root;
        paged->n_root = n;
    }
    return root;
}

/* The page in `slot`, private; a zeroed one if there is none. */
static void *edit_slot(struct fgr_limbo *limbo, void **slot, size_t n_bytes, struct fgr_error *err)
{
    void *page =
        *slot == NULL ? fgr_limbo_page(limbo, n_bytes, err) : fgr_limbo_edit(limbo, *slot, err);
    if (page != NULL) {
        *slot = page;
    }
    return page;
}

void *fgr_paged_edit(struct fgr_paged *paged, uint32_t i, struct fgr_error *err)
{
    unsigned shift = paged->leaf_bits + 2 * FGR_PAGED_BITS;
    void **page = edit_root(paged, i >> shift, err);
    if (page == NULL) {
        return NULL;
    }
    void **slot = &page[i >> shift];
    for (unsigned level = 0; level < 2; level++) {
        page = edit_slot(paged->limbo, slot, FANOUT * sizeof *page, err);
        if (page == NULL) {
            return NULL;
        }
        shift -= FGR_PAGED_BITS;
        slot = &page[i >> shift & SLOT_MASK];
    }
    uint8_t *leaf = edit_slot(paged->limbo, slot, paged->elem_bytes << paged->leaf_bits, err);
    return leaf == NULL ? NULL
                        : leaf + (i & ((UINT32_C(1) << paged->leaf_bits) - 1)) * paged->elem_bytes;
}

/* `n` pages with `level` levels below them. */
static void free_pages(struct fgr_limbo *limbo, void **pages, size_t n, unsigned level)
{
    for (size_t i = 0; i < n && pages != NULL; i++) {
        if (level > 0) {
            free_pages(limbo, pages[i], FANOUT, level - 1);
        }
        fgr_limbo_free_page(limbo, pages[i]);
    }
}

void fgr_paged_free(struct fgr_paged *paged)
{
    free_pages(paged->limbo, paged->root, paged->n_root, 2);
    fgr_limbo_free_page(paged->limbo, paged->root);
    paged->root = NULL;
    paged->n_root = 0;
}
