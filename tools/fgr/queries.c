/* SPDX-License-Identifier: MIT */
#include "tools/fgr/queries.h"

#include "graph/util/error.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <string.h>

/* More columns than a file with every known one could need. */
#define FIELDS_MAX 16

static const char *const column_names[FGR_QUERY_COLUMNS] = {
    "id", "from", "to", "amount_msat", "max_fee_msat", "max_cltv", "max_parts",
};

#define COLUMNS_TEXT "id,from,to,amount_msat and if wanted max_fee_msat,max_cltv,max_parts"

struct field {
    char *text; /* terminated */
    size_t n_bytes;
};

/* One row cut out of the input. */
struct record {
    char *bytes;
    size_t n_bytes; /* without the line end; bytes[n_bytes] is writable */
    size_t n_used;  /* with the line end */
    uint64_t n_lines;
    const char *defect; /* why it is not a row, or NULL */
};

enum record_end { RECORD_CLOSED, RECORD_OPEN, RECORD_IN_QUOTES };

void fgr_queries_init(struct fgr_queries *queries, uint32_t parts_most)
{
    memset(queries, 0, sizeof *queries);
    queries->parts_most = parts_most;
    queries->line = 1;
}

/* Length up to the line end that closes the first record. A quote opens a field only at its start;
 * elsewhere it is a character like any other. */
static enum record_end find_end(const char *bytes, size_t n_bytes, struct record *out_record)
{
    bool in_quotes = false;
    bool at_start = true;
    out_record->n_lines = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        char c = bytes[i];
        out_record->n_lines += c == '\n';
        if (in_quotes) {
            /* The second quote of a pair opens the field again. */
            in_quotes = c != '"';
            at_start = c == '"';
        } else if (c == '\n') {
            out_record->n_bytes = i;
            out_record->n_used = i + 1;
            return RECORD_CLOSED;
        } else {
            in_quotes = at_start && c == '"';
            at_start = c == ',';
        }
    }
    return in_quotes ? RECORD_IN_QUOTES : RECORD_OPEN;
}

/* The first line alone, or all bytes where no line ends. */
static void take_line(struct record *record, size_t n_bytes)
{
    const char *end = memchr(record->bytes, '\n', n_bytes);
    record->n_bytes = end == NULL ? n_bytes : (size_t)(end - record->bytes);
    record->n_used = record->n_bytes + (end != NULL);
    record->n_lines = end != NULL;
}

/* Cuts the first record; false if more bytes are needed, or at the end. */
static bool cut_record(struct fgr_queries *queries, struct record *out_record, char *bytes,
                       size_t n_bytes, bool is_end)
{
    bool is_all = n_bytes < FGR_QUERIES_ROW_BYTES_MAX;
    size_t n_seen = is_all ? n_bytes : FGR_QUERIES_ROW_BYTES_MAX;
    *out_record = (struct record){.bytes = bytes};
    enum record_end end = find_end(bytes, n_seen, out_record);
    if (end == RECORD_CLOSED) {
        return true;
    }
    if (n_seen == 0 || (is_all && !is_end)) {
        return false;
    }
    take_line(out_record, n_seen);
    if (end == RECORD_IN_QUOTES) {
        out_record->defect = "a quote is never closed";
    } else if (!is_all) {
        out_record->defect = "the row is longer than 65536 bytes";
    }
    if (out_record->n_lines == 0 && !is_all) {
        /* Keep one byte back to end the text with. */
        out_record->n_bytes--;
        queries->in_long_row = true;
    }
    return true;
}

/* Forgets the rest of a row that was too long. */
static size_t skip_long_row(struct fgr_queries *queries, const char *bytes, size_t n_bytes)
{
    const char *end = memchr(bytes, '\n', n_bytes);
    if (end == NULL) {
        return n_bytes;
    }
    queries->in_long_row = false;
    queries->line++;
    return (size_t)(end - bytes) + 1;
}

/* Unquotes the field that starts at `text` in place and returns what follows it. */
static char *take_quoted(struct field *out_field, char *text, char *end)
{
    char *in = text + 1;
    char *out = text;
    while (in < end && (*in != '"' || (in + 1 < end && in[1] == '"'))) {
        in += *in == '"';
        *out++ = *in++;
    }
    out_field->text = text;
    out_field->n_bytes = (size_t)(out - text);
    /* Step over the closing quote; `out` is before it, so the terminator fits. */
    in += in < end;
    *out = '\0';
    return in;
}

/* Cuts a record into fields. `defect` tells what is wrong with it. */
static uint32_t split(struct field fields[FIELDS_MAX], struct record *record)
{
    char *at = record->bytes;
    char *end = at + record->n_bytes;
    uint32_t n = 0;
    *end = '\0';
    while (n < FIELDS_MAX) {
        struct field *field = &fields[n++];
        char *next;
        if (at < end && *at == '"') {
            next = take_quoted(field, at, end);
        } else {
            next = memchr(at, ',', (size_t)(end - at));
            next = next == NULL ? end : next;
            *field = (struct field){.text = at, .n_bytes = (size_t)(next - at)};
        }
        if (next == end) {
            return n;
        }
        if (*next != ',') {
            record->defect = "text follows a closing quote";
            return n;
        }
        *next = '\0';
        at = next + 1;
    }
    record->defect = "too many fields";
    return n;
}

static void drop_carriage_return(struct record *record)
{
    if (record->n_bytes > 0 && record->bytes[record->n_bytes - 1] == '\r') {
        record->n_bytes--;
    }
}

static uint32_t find_column(const char *name)
{
    uint32_t column = 0;
    while (column < FGR_QUERY_COLUMNS && strcmp(name, column_names[column]) != 0) {
        column++;
    }
    return column;
}

static enum fgr_err fail_header(const struct fgr_queries *queries, const char *what,
                                const char *name, struct fgr_error *err)
{
    return fgr_fail_at(err, FGR_ERR_FORMAT, 0, FGR_NO_POSITION,
                       "line %" PRIu64 ": %s%.40s: the first line names the columns " COLUMNS_TEXT,
                       queries->line, what, name);
}

static enum fgr_err read_header(struct fgr_queries *queries, struct record *record,
                                struct fgr_error *err)
{
    struct field fields[FIELDS_MAX];
    if (record->n_bytes >= 3 && memcmp(record->bytes, "\xef\xbb\xbf", 3) == 0) {
        record->bytes += 3;
        record->n_bytes -= 3;
    }
    queries->n_fields = split(fields, record);
    if (record->defect != NULL) {
        return fail_header(queries, record->defect, "", err);
    }
    for (unsigned c = 0; c < FGR_QUERY_COLUMNS; c++) {
        queries->column_at[c] = FGR_IDX_NONE;
    }
    for (uint32_t i = 0; i < queries->n_fields; i++) {
        uint32_t column = find_column(fields[i].text);
        if (column == FGR_QUERY_COLUMNS) {
            return fail_header(queries, "unknown column ", fields[i].text, err);
        }
        if (queries->column_at[column] != FGR_IDX_NONE) {
            return fail_header(queries, "two columns ", fields[i].text, err);
        }
        queries->column_at[column] = i;
    }
    for (unsigned c = FGR_QUERY_ID; c <= FGR_QUERY_AMOUNT; c++) {
        if (queries->column_at[c] == FGR_IDX_NONE) {
            return fail_header(queries, "no column ", column_names[c], err);
        }
    }
    queries->has_header = true;
    return FGR_OK;
}

static const struct field *field_of(const struct fgr_queries *queries, const struct field *fields,
                                    enum fgr_query_column column)
{
    uint32_t at = queries->column_at[column];
    return at == FGR_IDX_NONE ? NULL : &fields[at];
}

/* An optional whole number: `*out_value` stays where the column or the field is empty. */
static enum fgr_err read_number(const struct fgr_queries *queries, uint64_t *out_value,
                                const struct field *fields, enum fgr_query_column column,
                                uint64_t max, struct fgr_error *err)
{
    const struct field *field = field_of(queries, fields, column);
    if (field == NULL || field->n_bytes == 0) {
        return FGR_OK;
    }
    uint64_t min = column == FGR_QUERY_MAX_FEE ? 0 : 1;
    return fgr_units_parse_count(out_value, field->text, column_names[column], min, max, err);
}

static enum fgr_err read_values(const struct fgr_queries *queries, struct fgr_query_row *row,
                                const struct field *fields, struct fgr_error *err)
{
    uint64_t amount_msat = 0;
    uint64_t max_fee_msat = FGR_MSAT_NONE;
    uint64_t max_cltv = 0;
    uint64_t max_parts = 0;
    uint64_t parts_most = queries->parts_most > 1 ? queries->parts_most : UINT32_MAX;
    for (unsigned c = FGR_QUERY_FROM; c < FGR_QUERY_COLUMNS; c++) {
        const struct field *field = field_of(queries, fields, c);
        if (field != NULL && memchr(field->text, '\0', field->n_bytes) != NULL) {
            return fgr_fail(err, FGR_ERR_FORMAT, "%s has a NUL byte", column_names[c]);
        }
        if (c <= FGR_QUERY_AMOUNT && field->n_bytes == 0) {
            return fgr_fail(err, FGR_ERR_FORMAT, "%s is empty", column_names[c]);
        }
    }
    enum fgr_err code =
        read_number(queries, &amount_msat, fields, FGR_QUERY_AMOUNT, FGR_MSAT_MAX, err);
    if (code == FGR_OK) {
        code = read_number(queries, &max_fee_msat, fields, FGR_QUERY_MAX_FEE, FGR_MSAT_MAX, err);
    }
    if (code == FGR_OK) {
        code = read_number(queries, &max_cltv, fields, FGR_QUERY_MAX_CLTV, UINT32_MAX, err);
    }
    if (code == FGR_OK) {
        code = read_number(queries, &max_parts, fields, FGR_QUERY_MAX_PARTS, parts_most, err);
    }
    if (code == FGR_OK && queries->parts_most == 1 && max_parts > 1) {
        code = fgr_fail(err, FGR_ERR_ARG,
                        "max_parts is %" PRIu64 ", but a route is one part: leave it empty or 1",
                        max_parts);
    }
    row->amount.v = amount_msat;
    row->max_fee.v = max_fee_msat;
    row->max_cltv = (uint32_t)max_cltv;
    row->max_parts = (uint32_t)max_parts;
    return code;
}

static void read_row(const struct fgr_queries *queries, struct fgr_query_row *row,
                     struct record *record)
{
    struct field fields[FIELDS_MAX];
    struct fgr_error detail;
    uint32_t n_fields = split(fields, record);
    memset(row, 0, sizeof *row);
    row->line = queries->line;
    row->id = "";
    if (queries->column_at[FGR_QUERY_ID] < n_fields) {
        row->id = fields[queries->column_at[FGR_QUERY_ID]].text;
        row->n_id = fields[queries->column_at[FGR_QUERY_ID]].n_bytes;
    }
    enum fgr_err code = FGR_OK;
    if (record->defect != NULL) {
        code = fgr_fail(&detail, FGR_ERR_FORMAT, "%s", record->defect);
    } else if (n_fields != queries->n_fields) {
        code = fgr_fail(&detail, FGR_ERR_FORMAT, "%" PRIu32 " fields instead of %" PRIu32, n_fields,
                        queries->n_fields);
    } else {
        row->from = fields[queries->column_at[FGR_QUERY_FROM]].text;
        row->to = fields[queries->column_at[FGR_QUERY_TO]].text;
        code = read_values(queries, row, fields, &detail);
    }
    row->is_bad = code != FGR_OK;
    if (row->is_bad) {
        fgr_fail_at(&row->error, FGR_ERR_FORMAT, FGR_NO_POSITION, FGR_NO_POSITION,
                    "line %" PRIu64 ": %s", row->line, detail.text);
    }
}

enum fgr_err fgr_queries_read(struct fgr_queries *queries, size_t *out_rows, size_t *out_used,
                              const struct fgr_queries_block *block, struct fgr_error *err)
{
    size_t used = 0;
    size_t n_rows = 0;
    while (n_rows < block->max_rows) {
        struct record record;
        char *bytes = block->bytes + used;
        if (queries->in_long_row) {
            used += skip_long_row(queries, bytes, block->n_bytes - used);
            bytes = block->bytes + used;
        }
        if (!cut_record(queries, &record, bytes, block->n_bytes - used, block->is_end)) {
            break;
        }
        drop_carriage_return(&record);
        if (record.n_bytes > 0 && queries->has_header) {
            read_row(queries, &block->rows[n_rows++], &record);
        } else if (record.n_bytes > 0) {
            enum fgr_err code = read_header(queries, &record, err);
            if (code != FGR_OK) {
                return code;
            }
        }
        queries->line += record.n_lines;
        used += record.n_used;
    }
    *out_rows = n_rows;
    *out_used = used;
    if (block->is_end && !queries->has_header) {
        return fail_header(queries, "the file is empty", "", err);
    }
    return FGR_OK;
}
