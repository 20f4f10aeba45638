/* SPDX-License-Identifier: MIT */
#include "graph/util/json.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------------------------- */

/* Events as text: one letter each, with the token behind it. */
struct trace {
    char text[4096];
    size_t n;
    enum fgr_err stop_with; /* at the first null */
};

static enum fgr_err on_event(void *state, enum fgr_json_event event, const char *text,
                             size_t n_bytes)
{
    struct trace *trace = state;
    static const char letters[] = "0FTnsk{}[]";
    cr_assert_eq(text != NULL, event >= FGR_JSON_NUMBER && event <= FGR_JSON_KEY);
    if (trace->n + n_bytes + 2 < sizeof trace->text) {
        trace->text[trace->n++] = letters[event];
        memcpy(trace->text + trace->n, text == NULL ? "" : text, n_bytes);
        trace->n += n_bytes;
        trace->text[trace->n] = '\0';
    }
    return event == FGR_JSON_NULL ? trace->stop_with : FGR_OK;
}

static enum fgr_err read_pieces(struct trace *trace, const void *bytes, size_t n, size_t piece,
                                struct fgr_error *err)
{
    struct fgr_json_reader *reader;
    trace->n = 0;
    trace->text[0] = '\0';
    cr_assert_eq(fgr_json_reader_create(&reader, on_event, trace, err), FGR_OK);
    enum fgr_err code = FGR_OK;
    for (size_t at = 0; at < n && code == FGR_OK; at += piece) {
        size_t n_piece = n - at < piece ? n - at : piece;
        char *copy = malloc(n_piece); /* exactly as long, for the sanitizer */
        cr_assert_not_null(copy);
        memcpy(copy, (const char *)bytes + at, n_piece);
        code = fgr_json_reader_feed(reader, copy, n_piece, err);
        free(copy);
    }
    if (code == FGR_OK) {
        cr_assert_eq(fgr_json_reader_offset(reader), n);
        code = fgr_json_reader_finish(reader, err);
    }
    fgr_json_reader_destroy(reader);
    return code;
}

static const char document[] = " {\"a\":[1,-2.5e3,18446744073709551616,true,false,null],"
                               "\"\\u00e4\\n\":{\"b\":\"x\\\"\\ud83d\\ude00\"},\"c\":{}} ";
static const char document_events[] = "{ka[n1n-2.5e3n18446744073709551616TF0]k\xc3\xa4\n{kbsx\""
                                      "\xf0\x9f\x98\x80}kc{}}";

Test(json, events_do_not_depend_on_the_pieces)
{
    struct trace trace = {0};
    struct fgr_error err;
    for (size_t piece = 1; piece <= sizeof document - 1; piece++) {
        cr_assert_eq(read_pieces(&trace, document, sizeof document - 1, piece, &err), FGR_OK);
        cr_assert_str_eq(trace.text, document_events, "pieces of %zu", piece);
    }
}

Test(json, truncated_anywhere_is_an_error)
{
    struct trace trace = {0};
    size_t n_whole = sizeof document - 2; /* without the blank at the end */
    for (size_t n = 0; n < n_whole; n++) {
        struct fgr_error err = {0};
        cr_assert_eq(read_pieces(&trace, document, n, 7, &err), FGR_ERR_FORMAT, "%zu bytes", n);
        cr_assert_eq(strncmp(err.text, "not JSON at byte ", 17), 0, "%s", err.text);
    }
}

Test(json, errors_name_the_byte)
{
    static const struct {
        const char *text;
        uint64_t offset;
    } cases[] = {{"{\"a\":1,}", 8}, {"[1 2]", 4},    {"[01]", 3}, {"{\"a\" 1}", 6},
                 {"[tru]", 5},      {"[1]]", 4},     {"[.5]", 2}, {"{1:2}", 2},
                 {"[\"a\nb\"]", 4}, {"[\"\\x\"]", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece <= strlen(cases[i].text); piece++) {
            struct trace trace = {0};
            struct fgr_error err = {0};
            enum fgr_err code =
                read_pieces(&trace, cases[i].text, strlen(cases[i].text), piece, &err);
            cr_assert_eq(code, FGR_ERR_FORMAT, "%s", cases[i].text);
            cr_assert_leq(err.offset, cases[i].offset, "%s: %s", cases[i].text, err.text);
            cr_assert_geq(err.offset + 1, cases[i].offset, "%s: %s", cases[i].text, err.text);
        }
    }
}

Test(json, bytes_that_are_not_utf8_pass_through)
{
    struct trace trace = {0};
    struct fgr_error err;
    static const char text[] = "[\"\xff\xc3(\x80\",\"a\\u0000b\"]";
    cr_assert_eq(read_pieces(&trace, text, sizeof text - 1, 3, &err), FGR_OK);
    cr_assert_eq(trace.n, 2 + 4 + 1 + 3 + 1);
    cr_assert_eq(memcmp(trace.text, "[s\xff\xc3(\x80s\x61\x00\x62]", trace.n), 0);
}

Test(json, depth_and_token_length_are_limited)
{
    struct trace trace = {0};
    struct fgr_error err = {0};
    char deep[2 * FGR_JSON_DEPTH_MAX + 2];
    memset(deep, '[', FGR_JSON_DEPTH_MAX + 1);
    memset(deep + FGR_JSON_DEPTH_MAX, ']', FGR_JSON_DEPTH_MAX);
    cr_assert_eq(read_pieces(&trace, deep, (size_t)2 * FGR_JSON_DEPTH_MAX, 5, &err), FGR_OK);
    memset(deep, '[', FGR_JSON_DEPTH_MAX + 1);
    cr_assert_eq(read_pieces(&trace, deep, FGR_JSON_DEPTH_MAX + 1, 5, &err), FGR_ERR_LIMIT);
    cr_assert_eq(err.offset, FGR_JSON_DEPTH_MAX + 1);

    size_t n = (size_t)FGR_JSON_TOKEN_BYTES_MAX + (64 << 10);
    char *endless = malloc(n);
    cr_assert_not_null(endless);
    for (const char *kind = "\"1 "; *kind != '\0'; kind++) {
        memset(endless, *kind == '"' ? 'x' : *kind, n);
        memcpy(endless, "[1,", 3);
        endless[3] = *kind;
        cr_assert_eq(read_pieces(&trace, endless, n, 4096, &err), FGR_ERR_LIMIT, "%c", *kind);
        cr_assert_leq(err.offset, 3);
    }
    free(endless);
}

Test(json, the_event_function_ends_the_parse)
{
    struct trace trace = {.stop_with = FGR_ERR_CHECK};
    struct fgr_error err = {.text = "mine"};
    cr_assert_eq(read_pieces(&trace, document, sizeof document - 1, 9, &err), FGR_ERR_CHECK);
    cr_assert_str_eq(err.text, "mine");
}

/* ---- writing ------------------------------------------------------------------------------- */

static void assert_text(const struct fgr_json_writer *writer, const char *expected)
{
    cr_assert_eq(fgr_json_status(writer, NULL), FGR_OK);
    cr_assert_eq(writer->n_bytes, strlen(expected), "%.*s", (int)writer->n_bytes, writer->text);
    cr_assert_eq(memcmp(writer->text, expected, writer->n_bytes), 0, "%.*s", (int)writer->n_bytes,
                 writer->text);
}

static void write_sample(struct fgr_json_writer *writer)
{
    fgr_json_object_begin(writer);
    fgr_json_key(writer, "n");
    fgr_json_array_begin(writer);
    fgr_json_u64(writer, 0);
    fgr_json_u64(writer, UINT64_MAX);
    fgr_json_i64(writer, INT64_MIN);
    fgr_json_i64(writer, 7);
    fgr_json_array_end(writer);
    fgr_json_key(writer, "s\"\n");
    fgr_json_string(writer, "a/\\\x01\x7f", 5);
    fgr_json_key(writer, "e");
    fgr_json_object_begin(writer);
    fgr_json_object_end(writer);
    fgr_json_key(writer, "l");
    fgr_json_array_begin(writer);
    fgr_json_bool(writer, true);
    fgr_json_bool(writer, false);
    fgr_json_null(writer);
    fgr_json_array_end(writer);
    fgr_json_object_end(writer);
}

static const char sample[] = "{\"n\":[0,18446744073709551615,-9223372036854775808,7],"
                             "\"s\\\"\\n\":\"a/\\\\\\u0001\x7f\",\"e\":{},"
                             "\"l\":[true,false,null]}";

Test(json, writes_documents_and_lines)
{
    struct fgr_json_writer writer;
    char two_lines[2 * sizeof sample + 2];
    cr_assert_eq(fgr_json_writer_init(&writer, NULL), FGR_OK);
    write_sample(&writer);
    assert_text(&writer, sample);
    fgr_json_end_line(&writer);
    write_sample(&writer);
    fgr_json_end_line(&writer);
    snprintf(two_lines, sizeof two_lines, "%s\n%s\n", sample, sample);
    assert_text(&writer, two_lines);
    fgr_json_reset(&writer);
    assert_text(&writer, "");
    fgr_json_reset(&writer);
    write_sample(&writer);
    assert_text(&writer, sample);
    fgr_json_writer_deinit(&writer);
}

Test(json, doubles_have_fixed_decimals)
{
    static const struct {
        double value;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {0.97314, 4, "0.9731"},
        {1, 0, "1"},
        {-2.5, 3, "-2.500"},
        {0, 2, "0.00"},
        {1e21, 1, "1000000000000000000000.0"},
        {HUGE_VAL, 2, "null"},
        {-HUGE_VAL, 2, "null"},
        {0.5, 99, "0.50000000000000000"},
    };
    /* A locale with a decimal comma, where the machine has one. */
    setlocale(LC_ALL, "de_DE.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_json_writer writer;
        cr_assert_eq(fgr_json_writer_init(&writer, NULL), FGR_OK);
        fgr_json_double(&writer, cases[i].value, cases[i].decimals);
        assert_text(&writer, cases[i].text);
        fgr_json_writer_deinit(&writer);
    }
}

#define FFFD "\xef\xbf\xbd"

/* Unicode 15, section 3.9, U+FFFD substitution of maximal subparts (tables 3-8 to 3-11). */
Test(json, strings_are_repaired_to_utf8)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A"},
        {"\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", FFFD FFFD FFFD FFFD FFFD "A" FFFD FFFD "B"},
        {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", FFFD FFFD FFFD FFFD "A"},
        {"x\xe2\x82", "x" FFFD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_json_writer writer;
        char expected[128];
        cr_assert_eq(fgr_json_writer_init(&writer, NULL), FGR_OK);
        fgr_json_string(&writer, cases[i].in, strlen(cases[i].in));
        snprintf(expected, sizeof expected, "\"%s\"", cases[i].out);
        assert_text(&writer, expected);
        fgr_json_writer_deinit(&writer);
    }
}

/* Every pair and triple of bytes comes out as JSON that reads back to valid UTF-8. */
Test(json, what_is_written_can_be_read)
{
    struct fgr_json_writer writer;
    struct trace trace = {0};
    struct fgr_error err;
    cr_assert_eq(fgr_json_writer_init(&writer, NULL), FGR_OK);
    for (unsigned high = 0; high < 256; high++) {
        fgr_json_reset(&writer);
        fgr_json_array_begin(&writer);
        for (unsigned low = 0; low < 256; low++) {
            const uint8_t bytes[3] = {(uint8_t)high, (uint8_t)low, (uint8_t)(high ^ low)};
            fgr_json_string(&writer, bytes, 3);
        }
        fgr_json_array_end(&writer);
        cr_assert_eq(fgr_json_status(&writer, NULL), FGR_OK);
        cr_assert_eq(read_pieces(&trace, writer.text, writer.n_bytes, 4096, &err), FGR_OK, "%s",
                     err.text);
    }
    fgr_json_writer_deinit(&writer);
}

Test(json, calls_that_make_no_json_are_told)
{
    struct fgr_json_writer writer;
    struct fgr_error err = {0};
    cr_assert_eq(fgr_json_writer_init(&writer, &err), FGR_OK);
    fgr_json_object_begin(&writer);
    fgr_json_u64(&writer, 1);
    cr_assert_eq(fgr_json_status(&writer, &err), FGR_ERR_ARG);
    cr_assert_eq(err.code, FGR_ERR_ARG);
    fgr_json_reset(&writer);
    write_sample(&writer);
    assert_text(&writer, sample);
    fgr_json_writer_deinit(&writer);
}

/* Warm: the buffers stay where they are. (That yajl allocates nothing while it writes is for the
 * counting allocator of the batch tests to see.) */
Test(json, a_warm_writer_keeps_its_buffers)
{
    struct fgr_json_writer writer;
    cr_assert_eq(fgr_json_writer_init(&writer, NULL), FGR_OK);
    write_sample(&writer);
    fgr_json_end_line(&writer);
    fgr_json_string(&writer, "\xff\xff\xff", 3);
    const char *text = writer.text, *scratch = writer.scratch;
    for (unsigned i = 0; i < 100; i++) {
        fgr_json_reset(&writer);
        write_sample(&writer);
        fgr_json_end_line(&writer);
        fgr_json_string(&writer, "\xff\xff\xff", 3);
        cr_assert_eq(writer.text, text);
        cr_assert_eq(writer.scratch, scratch);
    }
    fgr_json_writer_deinit(&writer);
}
