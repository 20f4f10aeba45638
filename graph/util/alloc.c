/* SPDX-License-Identifier: MIT */
#include "graph/util/alloc.h"

#include <stdlib.h>

static void *malloc_alloc(void *state, size_t bytes)
{
    (void)state;
    return malloc(bytes);
}

static void malloc_free(void *state, void *ptr, size_t bytes)
{
    (void)state;
    (void)bytes;
    free(ptr);
}

struct fgr_allocator fgr_alloc_source(const struct fgr_allocator *allocator)
{
    return allocator != NULL ? *allocator : (struct fgr_allocator){malloc_alloc, malloc_free, NULL};
}
