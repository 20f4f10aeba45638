/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/base.h - what every public header shares: version, visibility, errors, allocator,
 * ids and amounts. Implemented by graph/util and graph.
 *
 * Argument order everywhere: subject, outputs (`out_` prefix), inputs, lengths after their array,
 * options, and last a nullable `struct fgr_error *err` which is filled on failure.
 *
 * Threads: everything here is a value or a constant; any thread.
 */
#ifndef FULGURITE_BASE_H
#define FULGURITE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FGR_VERSION_MAJOR 0
#define FGR_VERSION_MINOR 1
#define FGR_VERSION_PATCH 0

#if defined(__GNUC__)
#define FGR_API __attribute__((visibility("default")))
#define FGR_NODISCARD __attribute__((warn_unused_result))
#define FGR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FGR_API
#define FGR_NODISCARD
#define FGR_PRINTF(fmt, args)
#endif

/* Outcome of every call that can fail. Hostile input never aborts: it ends in one of these. */
enum fgr_err {
    FGR_OK = 0,
    FGR_ERR_ARG,       /* the caller passed an impossible value */
    FGR_ERR_MEMORY,    /* the allocator returned NULL */
    FGR_ERR_IO,        /* the operating system refused (open, read, write, rename) */
    FGR_ERR_FORMAT,    /* the bytes are not what their format says */
    FGR_ERR_LIMIT,     /* well formed, but larger than this library accepts */
    FGR_ERR_UNKNOWN,   /* no such node, channel or alias */
    FGR_ERR_AMBIGUOUS, /* a prefix or alias that fits several nodes */
    FGR_ERR_NO_ROUTE,  /* an answer, not a failure: there is no route under the limits */
    FGR_ERR_WORK,      /* the work limit ended the search before the answer was proven */
    FGR_ERR_CHECK,     /* an answer that does not hold against its view */
    FGR_ERR_GAP        /* a stream of messages has lost what was to be read next */
};

#define FGR_ERROR_TEXT_BYTES 256
#define FGR_NO_POSITION UINT64_MAX

/* Detail of a failure. `text` is one sentence without a trailing newline that names the place.
 * `record` (0-based number of the record, row or array element) and `offset` (byte in the
 * decompressed input) are FGR_NO_POSITION where they make no sense. */
struct fgr_error {
    enum fgr_err code;
    uint64_t record;
    uint64_t offset;
    char text[FGR_ERROR_TEXT_BYTES];
};

/* Short constant name of a code, e.g. "no_route". Never NULL. */
FGR_API const char *fgr_err_str(enum fgr_err code);

/* Version of the library that is linked, e.g. "0.1.0". */
FGR_API const char *fgr_version(void);

/* Memory source given at create time. `free` gets the size that was asked for.
 * A NULL allocator means malloc/free. Must be callable from the thread that uses the object. */
struct fgr_allocator {
    void *(*alloc)(void *state, size_t bytes);
    void (*free)(void *state, void *ptr, size_t bytes);
    void *state;
};

/* Amounts. One msat is 1/1000 satoshi. No amount in a valid view exceeds FGR_MSAT_MAX. */
typedef struct {
    uint64_t v;
} fgr_msat;
typedef struct {
    uint64_t v;
} fgr_sat;

#define FGR_SAT_MAX UINT64_C(2100000000000000)     /* 21 million BTC */
#define FGR_MSAT_MAX UINT64_C(2100000000000000000) /* the same in msat */
#define FGR_MSAT_NONE UINT64_MAX                   /* "no limit" */

/* Indexes into one view; meaningless in another. */
typedef struct {
    uint32_t v;
} fgr_node_idx;
typedef struct {
    uint32_t v;
} fgr_chan_idx;
/* Half-channel: 2 * channel + direction; direction 0 leaves node_id_1 (the lesser id). */
typedef struct {
    uint32_t v;
} fgr_edge_idx;

#define FGR_IDX_NONE UINT32_MAX

#define FGR_NODE_ID_BYTES 33
#define FGR_ALIAS_BYTES_MAX 32

/* Short channel id (BOLT 7): block (24 bits) | transaction index (24) | output index (16). */
static inline uint32_t fgr_scid_block(uint64_t scid)
{
    return (uint32_t)(scid >> 40);
}
static inline uint32_t fgr_scid_tx(uint64_t scid)
{
    return (uint32_t)(scid >> 16) & 0xffffffU;
}
static inline uint32_t fgr_scid_output(uint64_t scid)
{
    return (uint32_t)scid & 0xffffU;
}

#ifdef __cplusplus
}
#endif

#endif
