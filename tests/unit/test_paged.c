/* SPDX-License-Identifier: MIT */
#include "graph/util/paged.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/util/rng.h"

enum { LEAF_BITS = 2, N = 40000, VERSIONS = 12 };

static size_t n_left = SIZE_MAX; /* allocations that succeed */
static size_t n_pages;

static void *count_alloc(void *state, size_t bytes)
{
    (void)state;
    if (n_left == 0) {
        return NULL;
    }
    n_left--;
    n_pages++;
    return malloc(bytes);
}

static void count_free(void *state, void *page, size_t bytes)
{
    (void)state;
    memset(page, 0xdd, bytes);
    free(page);
    n_pages--;
}

static void open_paged(struct fgr_limbo *limbo, struct fgr_paged *paged)
{
    const struct fgr_allocator allocator = {count_alloc, count_free, NULL};
    n_left = SIZE_MAX;
    n_pages = 0;
    fgr_limbo_init(limbo, &allocator);
    *paged =
        (struct fgr_paged){.limbo = limbo, .leaf_bits = LEAF_BITS, .elem_bytes = sizeof(uint32_t)};
}

static void close_paged(struct fgr_limbo *limbo, struct fgr_paged *paged)
{
    fgr_limbo_free(limbo);
    fgr_paged_free(paged);
    cr_assert_eq(n_pages, 0);
}

static void set(struct fgr_paged *paged, uint32_t i, uint32_t value)
{
    uint32_t *element = fgr_paged_edit(paged, i, NULL);
    cr_assert_not_null(element);
    *element = value;
}

static uint32_t get(const void *root, uint32_t i)
{
    return *(const uint32_t *)fgr_paged_at(root, i, LEAF_BITS, sizeof(uint32_t));
}

/* Old roots keep their values while new ones grow and change. */
Test(paged, versions_do_not_disturb_each_other)
{
    static uint32_t model[VERSIONS][N];
    const void *root[VERSIONS];
    struct fgr_limbo limbo;
    struct fgr_paged paged;
    struct fgr_rng rng;
    uint32_t n = 0;
    open_paged(&limbo, &paged);
    fgr_rng_seed(&rng, 1, 0);
    for (unsigned v = 0; v < VERSIONS; v++) {
        if (v > 0) {
            memcpy(model[v], model[v - 1], sizeof model[v]);
        }
        uint32_t n_now = N * (v + 1) / VERSIONS;
        for (; n < n_now; n++) { /* it grows beyond several roots */
            model[v][n] = n + 1;
            set(&paged, n, n + 1);
        }
        for (unsigned k = 0; k < 300; k++) {
            uint32_t i = (uint32_t)fgr_rng_below(&rng, n);
            model[v][i] = (uint32_t)fgr_rng_next(&rng);
            set(&paged, i, model[v][i]);
        }
        root[v] = paged.root;
        limbo.version++;
    }
    for (unsigned v = 0; v < VERSIONS; v++) {
        for (uint32_t i = 0; i < N * (v + 1) / VERSIONS; i++) {
            cr_assert_eq(get(root[v], i), model[v][i], "version %u, element %u", v, i);
        }
    }
    cr_assert_gt(limbo.n_items, VERSIONS);
    fgr_limbo_sweep(&limbo, NULL, 0);
    cr_assert_eq(limbo.n_items, 0);
    for (uint32_t i = 0; i < N; i++) {
        cr_assert_eq(get(paged.root, i), model[VERSIONS - 1][i]);
    }
    close_paged(&limbo, &paged);
}

/* What a change costs does not depend on the size. */
Test(paged, a_change_copies_four_pages)
{
    struct fgr_limbo limbo;
    struct fgr_paged paged;
    open_paged(&limbo, &paged);
    for (uint32_t i = 0; i < N; i++) {
        set(&paged, i, i);
    }
    limbo.version++;
    set(&paged, N / 2, 0);
    cr_assert_eq(limbo.n_items, 4);
    set(&paged, N / 2 + 1, 0);
    cr_assert_eq(limbo.n_items, 4);
    close_paged(&limbo, &paged);
}

Test(paged, what_was_never_written_is_not_there)
{
    struct fgr_limbo limbo;
    struct fgr_paged paged;
    open_paged(&limbo, &paged);
    cr_assert_null(fgr_paged_find(&paged, 0));
    set(&paged, 100000, 9);
    cr_assert_eq(*(const uint32_t *)fgr_paged_find(&paged, 100000), 9);
    cr_assert_eq(*(const uint32_t *)fgr_paged_find(&paged, 100001), 0);
    cr_assert_null(fgr_paged_find(&paged, 100004));
    cr_assert_null(fgr_paged_find(&paged, 100000 + (1U << 12)));
    cr_assert_null(fgr_paged_find(&paged, UINT32_MAX));
    close_paged(&limbo, &paged);
}

/* Each allocation of an edit fails in turn: no value has changed, and the next try succeeds. */
Test(paged, without_memory_nothing_changes)
{
    unsigned n_failed = 0;
    for (size_t n_until = 0;; n_until++) {
        struct fgr_limbo limbo;
        struct fgr_paged paged;
        struct fgr_error err;
        open_paged(&limbo, &paged);
        for (uint32_t i = 0; i < 100; i++) {
            set(&paged, i, i + 1);
        }
        limbo.version++;
        n_left = n_until;
        void *element = fgr_paged_edit(&paged, 50, &err);
        n_left = SIZE_MAX;
        for (uint32_t i = 0; i < 100; i++) {
            cr_assert_eq(get(paged.root, i), i + 1);
        }
        n_failed += element == NULL;
        set(&paged, 50, 0);
        cr_assert_eq(get(paged.root, 50), 0);
        close_paged(&limbo, &paged);
        if (element != NULL) {
            break;
        }
        cr_assert_eq(err.code, FGR_ERR_MEMORY);
    }
    cr_assert_eq(n_failed, 4);
}
