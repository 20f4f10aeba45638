/* SPDX-License-Identifier: MIT */
/*
 * fuzz_queries.c - any bytes as QUERIES.csv, as an AMOUNT and as a fee limit. The first byte says in
 * how many pieces the file comes; what it says must not depend on that.
 *
 * Threads: one.
 */
#include "tools/fgr/queries.h"

#include "graph/util/hash.h"
#include "tools/fgr/units.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mix(uint64_t digest, const void *bytes, size_t n_bytes)
{
    return fgr_hash_keyed(bytes, n_bytes, digest);
}

static uint64_t mix_row(uint64_t digest, const struct fgr_query_row *row)
{
    digest = mix(digest, &row->line, sizeof row->line);
    digest = mix(digest, row->id, row->n_id);
    if (row->is_bad) {
        return mix(digest, row->error.text, strlen(row->error.text));
    }
    if (row->amount.v == 0 || row->amount.v > FGR_MSAT_MAX ||
        (row->max_fee.v > FGR_MSAT_MAX && row->max_fee.v != FGR_MSAT_NONE)) {
        abort();
    }
    digest = mix(digest, row->from, strlen(row->from));
    digest = mix(digest, row->to, strlen(row->to));
    digest = mix(digest, &row->amount, sizeof row->amount);
    digest = mix(digest, &row->max_fee, sizeof row->max_fee);
    digest = mix(digest, &row->max_parts, sizeof row->max_parts);
    return mix(digest, &row->max_cltv, sizeof row->max_cltv);
}

/* Reads the file `step` bytes at a time from a buffer without a byte to spare. */
static uint64_t read_rows(const uint8_t *data, size_t size, size_t step)
{
    struct fgr_query_row rows[ROWS];
    struct fgr_queries queries;
    struct fgr_queries_block block = {.bytes = malloc(1), .rows = rows, .max_rows = ROWS};
    uint64_t digest = 0;
    size_t n_read = 0;
    fgr_queries_init(&queries, size % 2 == 0 ? 1 : 128);
    while (block.bytes != NULL) {
        struct fgr_error err;
        size_t n_rows, used;
        if (fgr_queries_read(&queries, &n_rows, &used, &block, &err) != FGR_OK) {
            digest = mix(digest, err.text, strlen(err.text));
            break;
        }
        for (size_t i = 0; i < n_rows; i++) {
            digest = mix_row(digest, &rows[i]);
        }
        if (used > 0) {
            block.n_bytes -= used;
            memmove(block.bytes, block.bytes + used, block.n_bytes);
            continue;
        }
        if (block.is_end) {
            break;
        }
        if (block.n_bytes >= FGR_QUERIES_ROW_BYTES_MAX) {
            abort();
        }
        size_t n = step < size - n_read ? step : size - n_read;
        char *bytes = realloc(block.bytes, block.n_bytes + n + 1);
        if (bytes == NULL) {
            break;
        }
        block.bytes = bytes;
        if (n > 0) {
            memcpy(block.bytes + block.n_bytes, data + n_read, n);
        }
        block.n_bytes += n;
        block.is_end = n == 0;
        n_read += n;
    }
    free(block.bytes);
    return digest;
}

static void read_units(const uint8_t *data, size_t size)
{
    struct fgr_error err;
    fgr_msat amount;
    fgr_msat limit;
    uint64_t count;
    char shown[FGR_UNITS_TEXT_BYTES];
    char *text = malloc(size + 1);
    if (text == NULL) {
        return;
    }
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    if (fgr_units_parse_amount(&amount, text, "AMOUNT", &err) == FGR_OK) {
        if (amount.v > FGR_MSAT_MAX || strlen(fgr_units_sat(shown, amount)) >= sizeof shown) {
            abort();
        }
    }
    if (fgr_units_parse_fee_limit(&limit, text, (fgr_msat){FGR_MSAT_MAX / 3}, &err) == FGR_OK &&
        limit.v > FGR_MSAT_MAX) {
        abort();
    }
    if (fgr_units_parse_count(&count, text, "--count", 5, 500, &err) == FGR_OK &&
        (count < 5 || count > 500)) {
        abort();
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t step = data[0] + (size_t)1;
    if (read_rows(data + 1, size - 1, SIZE_MAX) != read_rows(data + 1, size - 1, step)) {
        abort();
    }
    read_units(data + 1, size - 1);
    return 0;
}
