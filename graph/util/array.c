/* SPDX-License-Identifier: MIT */
#include "graph/util/array.h"

#include <stdlib.h>

#include "graph/util/error.h"

#define FIRST_CAPACITY 64

void *fgr_array_grow(void *array, size_t *io_capacity, size_t n, size_t elem_bytes,
                     struct fgr_error *err)
{
    if (n <= *io_capacity) {
        return array;
    }
    size_t capacity = *io_capacity < FIRST_CAPACITY / 2 ? FIRST_CAPACITY : 2 * *io_capacity;
    if (capacity < n) {
        capacity = n;
    }
    if (capacity > SIZE_MAX / 2 / elem_bytes) {
        fgr_fail_memory(err, SIZE_MAX);
        return NULL;
    }
    void *grown = realloc(array, capacity * elem_bytes);
    if (grown == NULL) {
        fgr_fail_memory(err, capacity * elem_bytes);
        return NULL;
    }
    *io_capacity = capacity;
    return grown;
}

void *fgr_array_new(size_t count, size_t elem_bytes, struct fgr_error *err)
{
    void *array = calloc(count > 0 ? count : 1, elem_bytes);
    if (array == NULL) {
        fgr_fail_memory(err, count * elem_bytes);
    }
    return array;
}
