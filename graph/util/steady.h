/* SPDX-License-Identifier: MIT */
/*
 * steady.h - an array that grows and never moves: address space for all that it may ever hold is
 * reserved at once, memory follows as it grows.
 *
 * So a pointer to it can be handed to readers, who never see it change, while one writer appends.
 *
 * Threads: one writer; readers of elements that were there when they were given the pointer.
 * Memory: reserved space costs none. What was grown stays until fgr_steady_free.
 */
#ifndef FGR_UTIL_STEADY_H
#define FGR_UTIL_STEADY_H

#include "fulgurite/base.h"

struct fgr_steady {
    void *base;
    size_t n_bytes; /* that can be used, zeroed at first */
    size_t n_bytes_reserved;
};

/* Errors: MEMORY. A zeroed struct may be freed. */
enum fgr_err fgr_steady_init(struct fgr_steady *out_steady, size_t n_bytes_reserved,
                             struct fgr_error *err);
void fgr_steady_free(struct fgr_steady *steady);

/* Makes at least the first `n_bytes` usable. Errors: MEMORY, LIMIT (more than was reserved); the
 * array is as before. */
enum fgr_err fgr_steady_grow(struct fgr_steady *steady, size_t n_bytes, struct fgr_error *err);

#endif
