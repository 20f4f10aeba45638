/* SPDX-License-Identifier: MIT */
/*
 * array.h - growth of a plain C array.
 *
 * Threads: one thread per array.
 */
#ifndef FGR_UTIL_ARRAY_H
#define FGR_UTIL_ARRAY_H

#include "fulgurite/base.h"

/* Returns `array` (NULL at first) with room for at least `n` elements, moved if need be, and
 * updates the capacity. Capacities double, so appending costs O(1) on average.
 * Errors: NULL and MEMORY in err; the old array is still the caller's. */
void *fgr_array_grow(void *array, size_t *io_capacity, size_t n, size_t elem_bytes,
                     struct fgr_error *err);

/* `count` zeroed elements. Errors: NULL and MEMORY in err. Never NULL for count 0. */
void *fgr_array_new(size_t count, size_t elem_bytes, struct fgr_error *err);

#endif
