/* SPDX-License-Identifier: MIT */
#include "graph/util/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

#include "graph/util/error.h"

/* ---- reading ------------------------------------------------------------------------------- */

struct fgr_json_reader {
    yajl_handle yajl;
    fgr_json_event_fn *on_event;
    void *state;
    uint64_t chunk_offset; /* of the chunk being parsed */
    size_t chunk_bytes;
    uint64_t token_offset; /* end of the last token */
    unsigned depth;
    bool is_too_deep;
    enum fgr_err event_err;
};

uint64_t fgr_json_reader_offset(const struct fgr_json_reader *reader)
{
    return reader->chunk_offset + yajl_get_bytes_consumed(reader->yajl);
}

static int emit(struct fgr_json_reader *reader, enum fgr_json_event event, const char *text,
                size_t n_bytes)
{
    reader->token_offset = fgr_json_reader_offset(reader);
    reader->event_err = reader->on_event(reader->state, event, text, n_bytes);
    return reader->event_err == FGR_OK;
}

static int open_level(struct fgr_json_reader *reader, enum fgr_json_event event)
{
    if (reader->depth == FGR_JSON_DEPTH_MAX) {
        reader->is_too_deep = true;
        return 0;
    }
    reader->depth++;
    return emit(reader, event, NULL, 0);
}

static int close_level(struct fgr_json_reader *reader, enum fgr_json_event event)
{
    reader->depth--;
    return emit(reader, event, NULL, 0);
}

static int on_null(void *reader)
{
    return emit(reader, FGR_JSON_NULL, NULL, 0);
}

static int on_boolean(void *reader, int value)
{
    return emit(reader, value ? FGR_JSON_TRUE : FGR_JSON_FALSE, NULL, 0);
}

static int on_number(void *reader, const char *text, size_t n_bytes)
{
    return emit(reader, FGR_JSON_NUMBER, text, n_bytes);
}

static int on_string(void *reader, const unsigned char *text, size_t n_bytes)
{
    return emit(reader, FGR_JSON_STRING, (const char *)text, n_bytes);
}

static int on_key(void *reader, const unsigned char *text, size_t n_bytes)
{
    return emit(reader, FGR_JSON_KEY, (const char *)text, n_bytes);
}

static int on_object_begin(void *reader)
{
    return open_level(reader, FGR_JSON_OBJECT_BEGIN);
}

static int on_object_end(void *reader)
{
    return close_level(reader, FGR_JSON_OBJECT_END);
}

static int on_array_begin(void *reader)
{
    return open_level(reader, FGR_JSON_ARRAY_BEGIN);
}

static int on_array_end(void *reader)
{
    return close_level(reader, FGR_JSON_ARRAY_END);
}

static const yajl_callbacks reader_callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object_begin,
    .yajl_map_key = on_key,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array_begin,
    .yajl_end_array = on_array_end,
};

enum fgr_err fgr_json_reader_create(struct fgr_json_reader **out_reader,
                                    fgr_json_event_fn *on_event, void *state, struct fgr_error *err)
{
    struct fgr_json_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return fgr_fail_memory(err, sizeof *reader);
    }
    reader->on_event = on_event;
    reader->state = state;
    reader->yajl = yajl_alloc(&reader_callbacks, NULL, reader);
    if (reader->yajl == NULL) {
        free(reader);
        return fgr_fail_memory(err, sizeof *reader);
    }
    yajl_config(reader->yajl, yajl_dont_validate_strings, 1);
    *out_reader = reader;
    return FGR_OK;
}

void fgr_json_reader_destroy(struct fgr_json_reader *reader)
{
    if (reader != NULL) {
        yajl_free(reader->yajl);
        free(reader);
    }
}

static enum fgr_err syntax_error(struct fgr_json_reader *reader, struct fgr_error *err)
{
    uint64_t offset = fgr_json_reader_offset(reader);
    unsigned char *text = yajl_get_error(reader->yajl, 0, NULL, 0);
    size_t n = text == NULL ? 0 : strcspn((const char *)text, "\n");
    enum fgr_err code =
        fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, offset, "not JSON at byte %llu: %.*s",
                    (unsigned long long)offset, (int)n, text == NULL ? "" : (const char *)text);
    if (text != NULL) {
        yajl_free_error(reader->yajl, text);
    }
    return code;
}

/* What a yajl status means for the caller. */
static enum fgr_err outcome(struct fgr_json_reader *reader, yajl_status status,
                            struct fgr_error *err)
{
    uint64_t offset = fgr_json_reader_offset(reader);
    switch (status) {
    case yajl_status_ok:
        return FGR_OK;
    case yajl_status_client_canceled:
        if (reader->is_too_deep) {
            return fgr_fail_at(err, FGR_ERR_LIMIT, FGR_NO_POSITION, offset,
                               "JSON nested deeper than %d levels at byte %llu", FGR_JSON_DEPTH_MAX,
                               (unsigned long long)offset);
        }
        return reader->event_err;
    case yajl_status_error:
        break;
    }
    return syntax_error(reader, err);
}

static void begin_chunk(struct fgr_json_reader *reader, size_t n_bytes)
{
    reader->chunk_offset += reader->chunk_bytes;
    reader->chunk_bytes = n_bytes;
}

enum fgr_err fgr_json_reader_feed(struct fgr_json_reader *reader, const void *bytes, size_t n_bytes,
                                  struct fgr_error *err)
{
    begin_chunk(reader, n_bytes);
    enum fgr_err code = outcome(reader, yajl_parse(reader->yajl, bytes, n_bytes), err);
    uint64_t end = reader->chunk_offset + n_bytes;
    if (code == FGR_OK && end - reader->token_offset > FGR_JSON_TOKEN_BYTES_MAX) {
        return fgr_fail_at(err, FGR_ERR_LIMIT, FGR_NO_POSITION, reader->token_offset,
                           "JSON token longer than %u bytes after byte %llu",
                           FGR_JSON_TOKEN_BYTES_MAX, (unsigned long long)reader->token_offset);
    }
    return code;
}

enum fgr_err fgr_json_reader_finish(struct fgr_json_reader *reader, struct fgr_error *err)
{
    begin_chunk(reader, 0);
    return outcome(reader, yajl_complete_parse(reader->yajl), err);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Makes room for `n_bytes` at *buffer. */
static bool reserve(char **buffer, size_t *cap_bytes, size_t n_bytes)
{
    if (n_bytes <= *cap_bytes) {
        return true;
    }
    size_t cap = *cap_bytes < 256 ? 256 : *cap_bytes;
    while (cap < n_bytes) {
        cap *= 2;
    }
    char *grown = realloc(*buffer, cap);
    if (grown == NULL) {
        return false;
    }
    *buffer = grown;
    *cap_bytes = cap;
    return true;
}

static void append(void *state, const char *text, size_t n_bytes)
{
    struct fgr_json_writer *writer = state;
    if (!reserve(&writer->text, &writer->cap_bytes, writer->n_bytes + n_bytes)) {
        writer->status = FGR_ERR_MEMORY;
        return;
    }
    memcpy(writer->text + writer->n_bytes, text, n_bytes);
    writer->n_bytes += n_bytes;
}

enum fgr_err fgr_json_writer_init(struct fgr_json_writer *writer, struct fgr_error *err)
{
    *writer = (struct fgr_json_writer){0};
    yajl_gen generator = yajl_gen_alloc(NULL);
    if (generator == NULL) {
        return fgr_fail_memory(err, sizeof *writer);
    }
    yajl_gen_config(generator, yajl_gen_print_callback, append, writer);
    writer->generator = generator;
    return FGR_OK;
}

void fgr_json_writer_deinit(struct fgr_json_writer *writer)
{
    yajl_gen_free(writer->generator);
    free(writer->text);
    free(writer->scratch);
    *writer = (struct fgr_json_writer){0};
}

void fgr_json_reset(struct fgr_json_writer *writer)
{
    yajl_gen_reset(writer->generator, NULL);
    writer->n_bytes = 0;
    writer->status = FGR_OK;
}

void fgr_json_end_line(struct fgr_json_writer *writer)
{
    yajl_gen_reset(writer->generator, "\n");
}

enum fgr_err fgr_json_status(const struct fgr_json_writer *writer, struct fgr_error *err)
{
    if (writer->status == FGR_ERR_MEMORY) {
        return fgr_fail_memory(err, writer->n_bytes);
    }
    return writer->status == FGR_OK ? FGR_OK
                                    : fgr_fail(err, writer->status, "calls that make no JSON");
}

static void note(struct fgr_json_writer *writer, yajl_gen_status status)
{
    if (status != yajl_gen_status_ok && writer->status == FGR_OK) {
        writer->status = FGR_ERR_ARG;
    }
}

void fgr_json_object_begin(struct fgr_json_writer *writer)
{
    note(writer, yajl_gen_map_open(writer->generator));
}

void fgr_json_object_end(struct fgr_json_writer *writer)
{
    note(writer, yajl_gen_map_close(writer->generator));
}

void fgr_json_array_begin(struct fgr_json_writer *writer)
{
    note(writer, yajl_gen_array_open(writer->generator));
}

void fgr_json_array_end(struct fgr_json_writer *writer)
{
    note(writer, yajl_gen_array_close(writer->generator));
}

void fgr_json_key(struct fgr_json_writer *writer, const char *key)
{
    fgr_json_string(writer, key, strlen(key));
}

/* Length of the UTF-8 sequence a lead byte announces, 0 for none; [*out_low, *out_high] is what
 * its second byte may be (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
static size_t sequence_bytes(uint8_t lead, uint8_t *out_low, uint8_t *out_high)
{
    *out_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *out_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Bytes of the next character of `bytes` (n_bytes > 0), or of the next maximal piece that is none:
 * then *out_is_valid is false. */
static size_t next_piece(const uint8_t *bytes, size_t n_bytes, bool *out_is_valid)
{
    uint8_t low, high;
    size_t want = sequence_bytes(bytes[0], &low, &high);
    size_t have = 1;
    while (have < want && have < n_bytes && bytes[have] >= low && bytes[have] <= high) {
        low = 0x80;
        high = 0xbf;
        have++;
    }
    *out_is_valid = have == want;
    return have;
}

static size_t valid_prefix(const uint8_t *bytes, size_t n_bytes)
{
    size_t done = 0;
    while (done < n_bytes) {
        bool is_valid;
        size_t n = next_piece(bytes + done, n_bytes - done, &is_valid);
        if (!is_valid) {
            break;
        }
        done += n;
    }
    return done;
}

/* Copies to the scratch buffer, which holds 3 * n_bytes, what is UTF-8, and U+FFFD for the rest. */
static size_t repair(char *out, const uint8_t *bytes, size_t n_bytes)
{
    size_t done = 0, n_out = 0;
    while (done < n_bytes) {
        bool is_valid;
        size_t n = next_piece(bytes + done, n_bytes - done, &is_valid);
        const void *piece = is_valid ? (const void *)(bytes + done) : "\xef\xbf\xbd";
        size_t n_piece = is_valid ? n : 3;
        memcpy(out + n_out, piece, n_piece);
        n_out += n_piece;
        done += n;
    }
    return n_out;
}

void fgr_json_string(struct fgr_json_writer *writer, const void *bytes, size_t n_bytes)
{
    if (valid_prefix(bytes, n_bytes) == n_bytes) {
        note(writer, yajl_gen_string(writer->generator, bytes, n_bytes));
        return;
    }
    if (!reserve(&writer->scratch, &writer->scratch_cap_bytes, 3 * n_bytes)) {
        writer->status = FGR_ERR_MEMORY;
        return;
    }
    size_t n = repair(writer->scratch, bytes, n_bytes);
    note(writer, yajl_gen_string(writer->generator, (const unsigned char *)writer->scratch, n));
}

void fgr_json_u64(struct fgr_json_writer *writer, uint64_t value)
{
    char text[20];
    size_t first = sizeof text;
    do {
        text[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    note(writer, yajl_gen_number(writer->generator, text + first, sizeof text - first));
}

void fgr_json_i64(struct fgr_json_writer *writer, int64_t value)
{
    note(writer, yajl_gen_integer(writer->generator, value));
}

void fgr_json_double(struct fgr_json_writer *writer, double value, unsigned decimals)
{
    /* Large enough for DBL_MAX (309 digits) with sign, a point of several bytes, decimals. */
    char text[352];
    if (!isfinite(value)) {
        fgr_json_null(writer);
        return;
    }
    int digits = decimals > 17 ? 17 : (int)decimals;
    size_t n = (size_t)snprintf(text, sizeof text, "%.*f", digits, value);
    if (digits > 0) {
        /* The locale may have its own point: what stands between the digits is replaced. */
        size_t whole = strspn(text, "-0123456789");
        text[whole] = '.';
        memmove(text + whole + 1, text + n - digits, (size_t)digits);
        n = whole + 1 + (size_t)digits;
    }
    note(writer, yajl_gen_number(writer->generator, text, n));
}

void fgr_json_bool(struct fgr_json_writer *writer, bool value)
{
    note(writer, yajl_gen_bool(writer->generator, value));
}

void fgr_json_null(struct fgr_json_writer *writer)
{
    note(writer, yajl_gen_null(writer->generator));
}
