/* SPDX-License-Identifier: MIT */
#include "graph/util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longest part of a path that leaves room for the reason. */
#define PATH_SHOWN_BYTES 120

static void fill(struct fgr_error *err, enum fgr_err code, uint64_t record, uint64_t offset,
                 const char *format, va_list args) FGR_PRINTF(5, 0);

static void fill(struct fgr_error *err, enum fgr_err code, uint64_t record, uint64_t offset,
                 const char *format, va_list args)
{
    err->code = code;
    err->record = record;
    err->offset = offset;
    vsnprintf(err->text, sizeof err->text, format, args);
}

enum fgr_err fgr_fail(struct fgr_error *err, enum fgr_err code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        fill(err, code, FGR_NO_POSITION, FGR_NO_POSITION, format, args);
        va_end(args);
    }
    return code;
}

enum fgr_err fgr_fail_at(struct fgr_error *err, enum fgr_err code, uint64_t record, uint64_t offset,
                         const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        fill(err, code, record, offset, format, args);
        va_end(args);
    }
    return code;
}

enum fgr_err fgr_fail_memory(struct fgr_error *err, size_t bytes)
{
    return fgr_fail(err, FGR_ERR_MEMORY, "out of memory: %zu bytes", bytes);
}

const char *fgr_path_shown(const char *path)
{
    size_t n = strlen(path);
    return n > PATH_SHOWN_BYTES ? path + n - PATH_SHOWN_BYTES : path;
}

const char *fgr_err_str(enum fgr_err code)
{
    switch (code) {
    case FGR_OK:
        return "ok";
    case FGR_ERR_ARG:
        return "bad_argument";
    case FGR_ERR_MEMORY:
        return "out_of_memory";
    case FGR_ERR_IO:
        return "io";
    case FGR_ERR_FORMAT:
        return "bad_format";
    case FGR_ERR_LIMIT:
        return "too_large";
    case FGR_ERR_UNKNOWN:
        return "unknown";
    case FGR_ERR_AMBIGUOUS:
        return "ambiguous";
    case FGR_ERR_NO_ROUTE:
        return "no_route";
    case FGR_ERR_WORK:
        return "work_limit";
    case FGR_ERR_CHECK:
        return "check_failed";
    case FGR_ERR_GAP:
        return "gap";
    }
    return "unknown_error";
}

#define STR2(x) #x
#define STR(x) STR2(x)

const char *fgr_version(void)
{
    return STR(FGR_VERSION_MAJOR) "." STR(FGR_VERSION_MINOR) "." STR(FGR_VERSION_PATCH);
}
