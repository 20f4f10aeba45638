/* SPDX-License-Identifier: MIT */
/*
 * json.h - streaming JSON, in and out; the only user of yajl.
 *
 * Reading: the caller feeds bytes in pieces of any size and gets one event per token. Memory does
 * not grow with the input: depth and token length are limited. Numbers come as their text, since a
 * double would lose digits of a 64-bit id. Strings are passed on as they are, valid UTF-8 or not.
 *
 * Writing: values go to a buffer that grows as needed and is kept over fgr_json_reset, so a writer
 * that is warm allocates nothing. Commas and quotes are the writer's business. Failures (memory,
 * calls that would not make JSON) are remembered and told once by fgr_json_status.
 *
 * Threads: one thread per reader or writer.
 * Memory: event text is borrowed for the call; writer text until the next call on the writer.
 */
#ifndef FGR_UTIL_JSON_H
#define FGR_UTIL_JSON_H

#include "fulgurite/base.h"

/* ---- reading ------------------------------------------------------------------------------- */

#define FGR_JSON_DEPTH_MAX 64
#define FGR_JSON_TOKEN_BYTES_MAX (1U << 20)

enum fgr_json_event {
    FGR_JSON_NULL,
    FGR_JSON_FALSE,
    FGR_JSON_TRUE,
    FGR_JSON_NUMBER, /* text as written */
    FGR_JSON_STRING, /* text without quotes, escapes resolved */
    FGR_JSON_KEY,    /* the same, of an object member */
    FGR_JSON_OBJECT_BEGIN,
    FGR_JSON_OBJECT_END,
    FGR_JSON_ARRAY_BEGIN,
    FGR_JSON_ARRAY_END
};

/* `text` is NULL for events without one. Anything but FGR_OK ends the parse with that code. */
typedef enum fgr_err fgr_json_event_fn(void *state, enum fgr_json_event event, const char *text,
                                       size_t n_bytes);

struct fgr_json_reader;

/* Errors: MEMORY. */
enum fgr_err fgr_json_reader_create(struct fgr_json_reader **out_reader,
                                    fgr_json_event_fn *on_event, void *state,
                                    struct fgr_error *err);
void fgr_json_reader_destroy(struct fgr_json_reader *reader);

/* Errors: FORMAT (not JSON: err names the byte), LIMIT (too deep, token too long), or what the
 * event function returned: then `err` is left as that function filled it. */
enum fgr_err fgr_json_reader_feed(struct fgr_json_reader *reader, const void *bytes, size_t n_bytes,
                                  struct fgr_error *err);

/* The input is over. Errors: as feed; FORMAT where the value is incomplete. */
enum fgr_err fgr_json_reader_finish(struct fgr_json_reader *reader, struct fgr_error *err);

/* Bytes read so far; inside an event, up to the end of its token. */
uint64_t fgr_json_reader_offset(const struct fgr_json_reader *reader);

/* ---- writing ------------------------------------------------------------------------------- */

struct fgr_json_writer {
    char *text; /* what was written, n_bytes long, not terminated */
    size_t n_bytes;

    /* private */
    size_t cap_bytes;
    char *scratch; /* a string while its UTF-8 is repaired */
    size_t scratch_cap_bytes;
    void *generator;
    enum fgr_err status;
};

/* Errors: MEMORY (nothing to deinit then). */
enum fgr_err fgr_json_writer_init(struct fgr_json_writer *writer, struct fgr_error *err);
void fgr_json_writer_deinit(struct fgr_json_writer *writer);

/* Empties the buffer (memory is kept) and forgets a failure. */
void fgr_json_reset(struct fgr_json_writer *writer);

/* Ends a document with a newline; the next value starts another in the same buffer. */
void fgr_json_end_line(struct fgr_json_writer *writer);

/* First failure since reset: MEMORY, or ARG where the calls made no JSON (a bug of the caller).
 * The text is complete only if this is OK. */
enum fgr_err fgr_json_status(const struct fgr_json_writer *writer, struct fgr_error *err);

void fgr_json_object_begin(struct fgr_json_writer *writer);
void fgr_json_object_end(struct fgr_json_writer *writer);
void fgr_json_array_begin(struct fgr_json_writer *writer);
void fgr_json_array_end(struct fgr_json_writer *writer);

/* `key` is terminated. */
void fgr_json_key(struct fgr_json_writer *writer, const char *key);

/* Any bytes: each maximal piece that is not UTF-8 becomes one U+FFFD. */
void fgr_json_string(struct fgr_json_writer *writer, const void *bytes, size_t n_bytes);
void fgr_json_u64(struct fgr_json_writer *writer, uint64_t value);
void fgr_json_i64(struct fgr_json_writer *writer, int64_t value);

/* Exactly `decimals` (at most 17) digits after the point, whatever the locale; null where JSON has
 * no number (infinite, not a number). */
void fgr_json_double(struct fgr_json_writer *writer, double value, unsigned decimals);
void fgr_json_bool(struct fgr_json_writer *writer, bool value);
void fgr_json_null(struct fgr_json_writer *writer);

#endif
