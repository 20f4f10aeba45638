/* SPDX-License-Identifier: MIT */
/*
 * test_no_memory.c - every allocation from records to view fails once: the error is MEMORY, nothing
 * is kept, and nothing is freed twice (the sanitizers see to that).
 *
 * The linker sends the allocator's functions through here (--wrap).
 */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "graph/image.h"
#include "tests/support/small_net.h"

void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__wrap_realloc(void *memory, size_t n_bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t n_bytes);
void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *memory, size_t n_bytes);
void *__real_aligned_alloc(size_t alignment, size_t n_bytes);

static unsigned n_left = UINT32_MAX; /* allocations until the one that fails */

static bool is_refused(void)
{
    return n_left-- == 0;
}

void *__wrap_malloc(size_t n_bytes)
{
    return is_refused() ? NULL : __real_malloc(n_bytes);
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
    return is_refused() ? NULL : __real_calloc(n, n_bytes);
}

void *__wrap_realloc(void *memory, size_t n_bytes)
{
    return is_refused() ? NULL : __real_realloc(memory, n_bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n_bytes)
{
    return is_refused() ? NULL : __real_aligned_alloc(alignment, n_bytes);
}

/* Records to bytes to view, with one allocation refused. */
static enum fgr_err build_and_open(const struct fgr_small_net *net, unsigned n_before,
                                   struct fgr_error *err)
{
    struct fgr_import_report report;
    struct fgr_view *view;
    void *bytes;
    size_t n_bytes;
    n_left = n_before;
    enum fgr_err rc = fgr_small_net_build(net, &bytes, &n_bytes, &report, NULL, err);
    if (rc == FGR_OK) {
        rc = fgr_view_open_memory(&view, bytes, n_bytes, err);
        if (rc == FGR_OK) {
            fgr_view_close(view);
        }
        fgr_image_free(bytes, n_bytes);
    }
    return rc;
}

Test(no_memory, every_allocation_may_fail)
{
    struct fgr_small_net net;
    struct fgr_error err;
    unsigned n = 0;
    fgr_small_net_make(&net, 1);
    for (;; n++) {
        enum fgr_err rc = build_and_open(&net, n, &err);
        bool has_failed = n_left > n; /* it wrapped: the refusal came */
        n_left = UINT32_MAX;
        if (!has_failed) {
            cr_assert_eq(rc, FGR_OK, "%s", err.text);
            break;
        }
        cr_assert_eq(rc, FGR_ERR_MEMORY, "allocation %u", n);
        cr_assert_eq(err.code, FGR_ERR_MEMORY);
        cr_assert_eq(strncmp(err.text, "out of memory: ", 15), 0, "%s", err.text);
    }
    cr_assert_gt(n, 40, "only %u allocations", n);
}
