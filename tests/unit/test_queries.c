/* SPDX-License-Identifier: MIT */
#include "tools/fgr/queries.h"

#include "graph/util/rng.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 64
#define HEADER "id,from,to,amount_msat\n"

/* What a file says, copied out of the rows: text that two ways to read a file can be compared by.
 * `step` bytes come at a time, 0 = all at once; `rows_max` rows are taken at a time. */
static char *read_all(const char *text, size_t n_text, size_t step, size_t rows_max,
                      struct fgr_error *err)
{
    char *out = NULL;
    size_t n_out = 0;
    FILE *file = open_memstream(&out, &n_out);
    char *bytes = malloc(n_text + 1);
    struct fgr_query_row *rows = calloc(rows_max, sizeof *rows);
    struct fgr_queries queries;
    size_t n_read = 0;
    cr_assert(file != NULL && bytes != NULL && rows != NULL);
    fgr_queries_init(&queries, 1);
    struct fgr_queries_block block = {.bytes = bytes, .rows = rows, .max_rows = rows_max};
    enum fgr_err code = FGR_OK;
    for (;;) {
        size_t n_rows, used;
        code = fgr_queries_read(&queries, &n_rows, &used, &block, err);
        if (code != FGR_OK) {
            break;
        }
        for (size_t i = 0; i < n_rows; i++) {
            const struct fgr_query_row *row = &rows[i];
            fprintf(file, "%" PRIu64 " '", row->line);
            fwrite(row->id, 1, row->n_id, file);
            if (row->is_bad) {
                fprintf(file, "' %s|", row->error.text);
            } else {
                fprintf(file, "' '%s' '%s' %" PRIu64 " %" PRIu64 " %" PRIu32 "|", row->from,
                        row->to, row->amount.v, row->max_fee.v, row->max_cltv);
            }
        }
        block.n_bytes -= used;
        memmove(bytes, bytes + used, block.n_bytes);
        if (used == 0 && block.is_end) {
            break;
        }
        if (used == 0) {
            cr_assert_lt(block.n_bytes, FGR_QUERIES_ROW_BYTES_MAX, "asks for more than a row");
            size_t n = step == 0 || step > n_text - n_read ? n_text - n_read : step;
            memcpy(bytes + block.n_bytes, text + n_read, n);
            n_read += n;
            block.n_bytes += n;
            block.is_end = n == 0;
        }
    }
    free(rows);
    free(bytes);
    fclose(file);
    if (code != FGR_OK) {
        free(out);
        return NULL;
    }
    return out;
}

#define NONE "18446744073709551615"

Test(queries, rows_are_read)
{
    static const struct {
        const char *text;
        const char *rows;
    } cases[] = {
        {HEADER, ""},
        {"id,from,to,amount_msat", ""},
        {HEADER "7,a,b,1000\n", "2 '7' 'a' 'b' 1000 " NONE " 0|"},
        {HEADER "7,a,b,1000", "2 '7' 'a' 'b' 1000 " NONE " 0|"},
        {"id,from,to,amount_msat\r\n7,a,b,1000\r\n", "2 '7' 'a' 'b' 1000 " NONE " 0|"},
        {"\xef\xbb\xbf" HEADER ",a,b,1\n", "2 '' 'a' 'b' 1 " NONE " 0|"},
        {"\n\r\n" HEADER "\n\nx,a,b,1\n\r\n", "6 'x' 'a' 'b' 1 " NONE " 0|"},
        {"to,max_fee_msat,amount_msat,id,max_cltv,max_parts,from\nt,5,9,i,144,1,f\n",
         "2 'i' 'f' 't' 9 5 144|"},
        {"id,from,to,amount_msat,max_fee_msat,max_cltv,max_parts\ni,f,t,9,,,\ni,f,t,9,0,,1\n",
         "2 'i' 'f' 't' 9 " NONE " 0|3 'i' 'f' 't' 9 0 0|"},
        {"\"id\",\"from\",to,amount_msat\n\"a,b\",\"say "
         "\"\"hi\"\"\",\"two\nlines\",\"5\"\nn,a,b,6\n",
         "2 'a,b' 'say \"hi\"' 'two\nlines' 5 " NONE " 0|4 'n' 'a' 'b' 6 " NONE " 0|"},
        {HEADER "1,6\" pipe,it\"s,5\n", "2 '1' '6\" pipe' 'it\"s' 5 " NONE " 0|"},
        {HEADER "\"\",\"\"\"\",b,5\n", "2 '' '\"' 'b' 5 " NONE " 0|"},
        {HEADER "1,a,b,2100000000000000000\n", "2 '1' 'a' 'b' 2100000000000000000 " NONE " 0|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_error err = {0};
        char *rows = read_all(cases[i].text, strlen(cases[i].text), 0, ROWS, &err);
        cr_assert(rows != NULL, "case %zu: %s", i, err.text);
        cr_expect_str_eq(rows, cases[i].rows, "case %zu: %s", i, rows);
        free(rows);
    }
}

Test(queries, bad_rows_are_told_and_the_next_one_is_read)
{
    static const struct {
        const char *row;
        const char *told;
    } cases[] = {
        {"7,a,b", "'7' line 2: 3 fields instead of 4|"},
        {"7,a,b,1,2", "'7' line 2: 5 fields instead of 4|"},
        {"7,,b,1", "'7' line 2: from is empty|"},
        {"7,a,,1", "'7' line 2: to is empty|"},
        {"7,a,b,", "'7' line 2: amount_msat is empty|"},
        {"7,a,b,0", "'7' line 2: amount_msat 0 is out of range: 1 to 2100000000000000000|"},
        {"7,a,b,-1", "'7' line 2: amount_msat '-1' is not a whole number|"},
        {"7,a,b,1sat", "'7' line 2: amount_msat '1sat' is not a whole number|"},
        {"7,a,b,1.5", "'7' line 2: amount_msat '1.5' is not a whole number|"},
        {"7,a,b,2100000000000000001",
         "'7' line 2: amount_msat 2100000000000000001 is out of range: 1 to 2100000000000000000|"},
        {"7,a,b,18446744073709551617",
         "'7' line 2: amount_msat 18446744073709551617 is out of range: 1 to "
         "2100000000000000000|"},
        {"7,\"a\"x,b,1", "'7' line 2: text follows a closing quote|"},
        {"7,\"a,b,1", "'7' line 2: a quote is never closed|"},
        {"\"7,a,b,1", "'7,a,b,1' line 2: a quote is never closed|"},
        {",,,,,,,,,,,,,,,,,,", "'' line 2: too many fields|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        char expected[256];
        snprintf(text, sizeof text, HEADER "%s\n8,c,d,3\n", cases[i].row);
        snprintf(expected, sizeof expected, "2 %s3 '8' 'c' 'd' 3 " NONE " 0|", cases[i].told);
        char *rows = read_all(text, strlen(text), 0, ROWS, NULL);
        cr_assert(rows != NULL);
        cr_expect_str_eq(rows, expected, "case %zu: %s", i, rows);
        free(rows);
    }
    static const char parts[] = "id,from,to,amount_msat,max_parts\n7,a,b,1,4\n8,a,b,1,0\n";
    char *rows = read_all(parts, sizeof parts - 1, 0, ROWS, NULL);
    cr_assert(rows != NULL);
    cr_expect_str_eq(rows, "2 '7' line 2: max_parts is 4, but a route is one part: leave it empty "
                           "or 1|3 '8' line 3: max_parts 0 is out of range: 1 to 4294967295|");
    free(rows);
    static const char nul[] = HEADER "7,a\0b,c,1\n\0,a,b,1\n";
    rows = read_all(nul, sizeof nul - 1, 0, ROWS, NULL);
    cr_assert(rows != NULL);
    cr_expect_str_eq(rows, "2 '7' line 2: from has a NUL byte|3 '");
    free(rows);
}

Test(queries, splits_may_have_parts)
{
    char text[] = "id,from,to,amount_msat,max_parts\n1,a,b,9,\n2,a,b,9,1\n3,a,b,9,16\n"
                  "4,a,b,9,17\n5,a,b,9,0\n";
    struct fgr_query_row rows[ROWS];
    struct fgr_queries queries;
    struct fgr_error err;
    size_t n_rows, used;
    const struct fgr_queries_block block = {text, strlen(text), true, rows, ROWS};
    fgr_queries_init(&queries, 16);
    cr_assert_eq(fgr_queries_read(&queries, &n_rows, &used, &block, &err), FGR_OK);
    cr_assert_eq(n_rows, 5);
    cr_expect_eq(rows[0].max_parts, 0);
    cr_expect_eq(rows[1].max_parts, 1);
    cr_expect_eq(rows[2].max_parts, 16);
    cr_expect(!rows[2].is_bad && rows[3].is_bad && rows[4].is_bad);
    cr_expect_str_eq(rows[3].error.text, "line 5: max_parts 17 is out of range: 1 to 16");
    cr_expect_str_eq(rows[4].error.text, "line 6: max_parts 0 is out of range: 1 to 16");
}

Test(queries, headers_that_do_not_fit_are_errors)
{
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"", "the file is empty"},
        {"\n\n", "the file is empty"},
        {"7,a,b,1000\n", "line 1: unknown column 7"},
        {"id,from,to\n", "no column amount_msat"},
        {"from,to,amount_msat\n", "no column id"},
        {"id,from,to,amount_msat,id\n", "two columns id"},
        {"id,from,to,amount_msat,max_fee\n", "unknown column max_fee"},
        {"\nid,from,to,amount_sat\n", "line 2: unknown column amount_sat"},
        {"ID,from,to,amount_msat\n", "unknown column ID"},
        {"id,from,to,\"amount_msat\n1,a,b,1\n", "a quote is never closed"},
        {"{\"nodes\":[]}", "unknown column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_error err = {0};
        char *rows = read_all(cases[i].text, strlen(cases[i].text), 0, ROWS, &err);
        cr_expect(rows == NULL, "case %zu", i);
        cr_expect_eq(err.code, FGR_ERR_FORMAT, "case %zu", i);
        cr_expect(strstr(err.text, cases[i].reason) != NULL, "case %zu: %s", i, err.text);
        free(rows);
    }
}

Test(queries, rows_that_are_too_long_are_skipped_whole)
{
    enum { LONG = 3 * FGR_QUERIES_ROW_BYTES_MAX };
    static const char tail[] = "\n8,c,d,3\n";
    static const char *const starts[] = {HEADER "7,a,", HEADER "7,a,\"b\",", HEADER "7,a,\""};
    static const char *const told[] = {"the row is longer than 65536 bytes",
                                       "the row is longer than 65536 bytes",
                                       "a quote is never closed"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        char *text = malloc(LONG + 64);
        cr_assert(text != NULL);
        size_t n = strlen(starts[i]);
        memcpy(text, starts[i], n);
        memset(text + n, 'x', LONG);
        memcpy(text + n + LONG, tail, sizeof tail);
        n += LONG + sizeof tail - 1;
        for (size_t step = 0; step <= 8192; step += 4096) {
            char expected[128];
            char *rows = read_all(text, n, step, ROWS, NULL);
            snprintf(expected, sizeof expected, "2 '7' line 2: %s|3 '8' 'c' 'd' 3 " NONE " 0|",
                     told[i]);
            cr_assert(rows != NULL);
            cr_expect_str_eq(rows, expected, "case %zu, step %zu: %s", i, step, rows);
            free(rows);
        }
        free(text);
    }
}

/* A row of the longest length that is allowed, and one byte more. */
Test(queries, the_limit_of_a_row_is_exact)
{
    for (size_t extra = 0; extra < 2; extra++) {
        size_t n_head = strlen(HEADER);
        size_t n_row = FGR_QUERIES_ROW_BYTES_MAX + extra; /* with its line end */
        char *text = malloc(n_head + n_row);
        cr_assert(text != NULL);
        memcpy(text, HEADER, n_head);
        memset(text + n_head, 'x', n_row);
        memcpy(text + n_head + n_row - 7, ",a,b,1\n", 7);
        char *rows = read_all(text, n_head + n_row, 0, ROWS, NULL);
        cr_assert(rows != NULL);
        cr_expect_eq(strstr(rows, "longer") != NULL, extra == 1);
        free(rows);
        free(text);
    }
}

static const char *const pieces[] = {"\"",       "\"\"", ",",    "\n",
                                     "\r\n",     "a",    "id",   "\"a,b\"",
                                     "\"x\ny\"", "1000", "0",    "-1",
                                     "\xff",     ",",    "\n",   "i,f,t,5\n",
                                     ",",        "b",    "\"\n", "99999999999999999999"};

/* Files cut into blocks at any byte, or read a row at a time, say the same as files read whole. */
Test(queries, cuts_between_blocks_change_nothing)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 3, 0);
    for (unsigned i = 0; i < 4000; i++) {
        char text[512] = HEADER;
        size_t n_pieces = fgr_rng_below(&rng, 40);
        for (size_t k = 0; k < n_pieces; k++) {
            strcat(text, pieces[fgr_rng_below(&rng, sizeof pieces / sizeof *pieces)]);
        }
        size_t n = strlen(text);
        char *whole = read_all(text, n, 0, ROWS, NULL);
        cr_assert(whole != NULL);
        for (size_t step = 1; step <= 7; step += 3) {
            char *cut = read_all(text, n, step, 1 + i % 3, NULL);
            cr_assert(cut != NULL);
            cr_assert_str_eq(cut, whole, "step %zu of:\n%s", step, text);
            free(cut);
        }
        free(whole);
    }
}

/* Every truncation of a good file is read or told, and all rows before the cut stay. */
Test(queries, truncation_at_each_byte)
{
    static const char text[] =
        "id,from,to,amount_msat,max_fee_msat\n1,\"a\"\"b\",c,5,\n2,d,\"e\nf\",6,7\n";
    static const char first[] = "2 '1' 'a\"b' 'c' 5 " NONE " 0|";
    for (size_t n = 0; n < sizeof text; n++) {
        struct fgr_error err = {0};
        char *rows = read_all(text, n, 0, ROWS, &err);
        if (rows == NULL) {
            cr_assert_lt(n, strlen("id,from,to,amount_msat,max_fee_msat"), "%zu: %s", n, err.text);
            continue;
        }
        if (n >= 52) {
            cr_assert(strncmp(rows, first, strlen(first)) == 0, "%zu: %s", n, rows);
        }
        free(rows);
    }
}
