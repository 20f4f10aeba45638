/* SPDX-License-Identifier: MIT */
/*
 * error.h - fills struct fgr_error.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_ERROR_H
#define FGR_UTIL_ERROR_H

#include "fulgurite/base.h"

/* Fills `err` (nullable) without a position and returns `code`, so that a failing function can
 * end in `return fgr_fail(err, FGR_ERR_IO, "...")`. */
enum fgr_err fgr_fail(struct fgr_error *err, enum fgr_err code, const char *format, ...)
    FGR_PRINTF(3, 4);

/* The same with the record number and byte offset of the input (FGR_NO_POSITION = none). The text
 * should name them as well: it is what people see. */
enum fgr_err fgr_fail_at(struct fgr_error *err, enum fgr_err code, uint64_t record, uint64_t offset,
                         const char *format, ...) FGR_PRINTF(5, 6);

/* The usual text for memory that could not be had. */
enum fgr_err fgr_fail_memory(struct fgr_error *err, size_t bytes);

/* The end of a path, short enough that an error text has room for its reason as well. Borrowed
 * from `path`. */
const char *fgr_path_shown(const char *path);

#endif
