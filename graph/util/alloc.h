/* SPDX-License-Identifier: MIT */
/*
 * alloc.h - the memory source that a caller gave, or malloc.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_ALLOC_H
#define FGR_UTIL_ALLOC_H

#include "fulgurite/base.h"

/* A copy of `allocator`; malloc and free for NULL. */
struct fgr_allocator fgr_alloc_source(const struct fgr_allocator *allocator);

#endif
