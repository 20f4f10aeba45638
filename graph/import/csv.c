/* SPDX-License-Identifier: MIT */
#include "graph/import/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/import/parse.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

enum { LINE_BYTES_MAX = 4096, COLUMNS_MAX = 64, WANTED_MAX = 10 };

/* One table, row by row: the texts of the wanted columns. */
struct table {
    struct fgr_source *source;
    struct fgr_error *err;
    const char *const *names; /* of the wanted columns */
    size_t n_wanted;
    size_t n_columns;              /* of the file */
    size_t wanted_at[COLUMNS_MAX]; /* wanted column that this column is, or n_wanted */
    struct fgr_place place;        /* of the row */
    uint64_t n_rows;
    struct fgr_text cell[WANTED_MAX]; /* borrowed from the source's window */
    size_t line_bytes;                /* of the row, still in the window */
};

enum { NODE_INDEX, NODE_ID, NODE_COLUMNS };
static const char *const node_columns[NODE_COLUMNS] = {"node_index", "node_id"};

enum {
    CHANNEL_SCID,
    CHANNEL_SOURCE,
    CHANNEL_DEST,
    CHANNEL_CAPACITY,
    CHANNEL_HTLC_MIN,
    CHANNEL_HTLC_MAX,
    CHANNEL_BASE,
    CHANNEL_PPM,
    CHANNEL_CLTV,
    CHANNEL_ENABLED,
    CHANNEL_COLUMNS
};
static const char *const channel_columns[CHANNEL_COLUMNS] = {
    "scid",          "source_node_index", "dest_node_index", "capacity_sat", "htlc_min_msat",
    "htlc_max_msat", "base_fee_msat",     "fee_ppm",         "cltv_delta",   "enabled",
};

/* ---- lines and cells ----------------------------------------------------------------------- */

/* Takes the text up to the next comma off *io_line. False at its end. */
static bool next_cell(struct fgr_text *out_cell, struct fgr_text *io_line)
{
    if (io_line->at == NULL) {
        return false;
    }
    const char *comma = memchr(io_line->at, ',', io_line->n_bytes);
    size_t n = comma == NULL ? io_line->n_bytes : (size_t)(comma - io_line->at);
    *out_cell = (struct fgr_text){io_line->at, n};
    *io_line = comma == NULL ? (struct fgr_text){0}
                             : (struct fgr_text){comma + 1, io_line->n_bytes - n - 1};
    return true;
}

static bool is_text(struct fgr_text text, const char *word)
{
    return text.n_bytes == strlen(word) && memcmp(text.at, word, text.n_bytes) == 0;
}

bool fgr_csv_detect(const uint8_t *bytes, size_t n_bytes)
{
    const uint8_t *end = n_bytes == 0 ? NULL : memchr(bytes, '\n', n_bytes);
    if (end == NULL) {
        return false;
    }
    size_t n = (size_t)(end - bytes);
    n -= n > 0 && bytes[n - 1] == '\r';
    struct fgr_text line = {(const char *)bytes, n}, cell;
    while (next_cell(&cell, &line)) {
        if (is_text(cell, channel_columns[CHANNEL_SCID])) {
            return true;
        }
    }
    return false;
}

/* The next line without its end. At the end of the file line_bytes is 0. */
static enum fgr_err next_line(struct table *table, struct fgr_text *out_line)
{
    const uint8_t *bytes, *end;
    size_t n_bytes, want = 1;
    fgr_source_skip(table->source, table->line_bytes);
    table->line_bytes = 0;
    table->place = (struct fgr_place){table->n_rows, fgr_source_offset(table->source)};
    do {
        enum fgr_err code = fgr_source_fill(table->source, &bytes, &n_bytes, want, table->err);
        if (code != FGR_OK || n_bytes == 0) {
            return code;
        }
        size_t n_seen = n_bytes < LINE_BYTES_MAX ? n_bytes : LINE_BYTES_MAX;
        end = memchr(bytes, '\n', n_seen);
        if (end == NULL && n_bytes < want) {
            return fgr_fail_place(table->err, table->place,
                                  "no newline at the end: the file has been cut inside a line");
        }
        want = n_bytes + 1;
    } while (end == NULL && want <= LINE_BYTES_MAX);
    if (end == NULL) {
        return fgr_fail_place(table->err, table->place,
                              "a line of more than 4096 bytes: this is no table");
    }
    size_t n = (size_t)(end - bytes);
    table->line_bytes = n + 1;
    n -= n > 0 && bytes[n - 1] == '\r';
    *out_line = (struct fgr_text){(const char *)bytes, n};
    return FGR_OK;
}

/* Finds out which wanted column stands where. */
static enum fgr_err read_header(struct table *table)
{
    struct fgr_text line = {0}, cell;
    bool is_there[WANTED_MAX + 1] = {false}; /* the last one: not wanted */
    enum fgr_err code = next_line(table, &line);
    if (code == FGR_OK && table->line_bytes == 0) {
        return fgr_fail_at(table->err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0, "the file is empty");
    }
    while (code == FGR_OK && next_cell(&cell, &line)) {
        size_t i = 0;
        while (i < table->n_wanted && !is_text(cell, table->names[i])) {
            i++;
        }
        if (table->n_columns == COLUMNS_MAX || (i < table->n_wanted && is_there[i])) {
            return fgr_fail_field(table->err, table->place, "header: a column", cell,
                                  "one of at most 64 different columns");
        }
        is_there[i] = true;
        table->wanted_at[table->n_columns++] = i;
    }
    for (size_t i = 0; i < table->n_wanted && code == FGR_OK; i++) {
        if (!is_there[i]) {
            return fgr_fail(table->err, FGR_ERR_FORMAT, "the first line names no column %s",
                            table->names[i]);
        }
    }
    return code;
}

/* Reads a row into cell[]; at the end of the file line_bytes is 0. */
static enum fgr_err next_row(struct table *table)
{
    struct fgr_text line = {0}, cell;
    size_t n = 0;
    enum fgr_err code = next_line(table, &line);
    if (code != FGR_OK || table->line_bytes == 0) {
        return code;
    }
    table->n_rows++;
    while (next_cell(&cell, &line)) {
        if (n < table->n_columns && table->wanted_at[n] < table->n_wanted) {
            table->cell[table->wanted_at[n]] = cell;
        }
        n++;
    }
    if (n != table->n_columns) {
        char reason[80];
        snprintf(reason, sizeof reason, "%zu cells, but the header names %zu columns", n,
                 table->n_columns);
        return fgr_fail_place(table->err, table->place, reason);
    }
    return FGR_OK;
}

static enum fgr_err read_u64(const struct table *table, uint64_t *out, size_t column, uint64_t max)
{
    char wanted[64];
    if (fgr_parse_u64(out, table->cell[column], max)) {
        return FGR_OK;
    }
    snprintf(wanted, sizeof wanted, "a whole number from 0 to %llu", (unsigned long long)max);
    return fgr_fail_field(table->err, table->place, table->names[column], table->cell[column],
                          wanted);
}

/* ---- nodes.csv ----------------------------------------------------------------------------- */

struct node {
    uint64_t index;
    uint8_t id[FGR_NODE_ID_BYTES];
};

struct nodes {
    struct node *node; /* ascending index */
    size_t n;
    size_t capacity;
};

static int compare_nodes(const void *left, const void *right)
{
    const struct node *a = left, *b = right;
    return (a->index > b->index) - (a->index < b->index);
}

static enum fgr_err append_node(struct nodes *nodes, const struct table *table)
{
    struct node *grown = fgr_array_grow(nodes->node, &nodes->capacity, nodes->n + 1,
                                        sizeof *nodes->node, table->err);
    if (grown == NULL) {
        return FGR_ERR_MEMORY;
    }
    nodes->node = grown;
    struct node *node = &grown[nodes->n];
    enum fgr_err code = read_u64(table, &node->index, NODE_INDEX, UINT64_MAX);
    if (code == FGR_OK && !fgr_parse_node_id(node->id, table->cell[NODE_ID])) {
        code =
            fgr_fail_node_id(table->err, table->place, table->names[NODE_ID], table->cell[NODE_ID]);
    }
    nodes->n += code == FGR_OK;
    return code;
}

/* Says that a failure is about the other file. */
static enum fgr_err about_nodes(enum fgr_err code, struct fgr_error *err)
{
    if (code != FGR_OK && err != NULL) {
        struct fgr_error inner = *err;
        fgr_fail_at(err, code, inner.record, inner.offset, "nodes file: %.200s", inner.text);
    }
    return code;
}

static enum fgr_err read_nodes(struct nodes *nodes, struct fgr_source *source,
                               struct fgr_error *err)
{
    struct table table = {
        .source = source, .err = err, .names = node_columns, .n_wanted = NODE_COLUMNS};
    enum fgr_err code = read_header(&table);
    while (code == FGR_OK) {
        code = next_row(&table);
        if (table.line_bytes == 0) {
            break;
        }
        if (code == FGR_OK) {
            code = append_node(nodes, &table);
        }
    }
    if (code != FGR_OK || nodes->n == 0) {
        return code;
    }
    qsort(nodes->node, nodes->n, sizeof *nodes->node, compare_nodes);
    for (size_t i = 1; i < nodes->n; i++) {
        if (nodes->node[i].index == nodes->node[i - 1].index) {
            return fgr_fail(err, FGR_ERR_FORMAT, "node_index %llu stands there twice",
                            (unsigned long long)nodes->node[i].index);
        }
    }
    return FGR_OK;
}

/* ---- channels.csv -------------------------------------------------------------------------- */

static enum fgr_err read_end(const struct table *table, uint8_t out_id[FGR_NODE_ID_BYTES],
                             const struct nodes *nodes, size_t column)
{
    struct node key;
    enum fgr_err code = read_u64(table, &key.index, column, UINT64_MAX);
    if (code != FGR_OK) {
        return code;
    }
    const struct node *node =
        nodes->n == 0 ? NULL : bsearch(&key, nodes->node, nodes->n, sizeof key, compare_nodes);
    if (node == NULL) {
        return fgr_fail_field(table->err, table->place, table->names[column], table->cell[column],
                              "a node_index of the nodes file");
    }
    memcpy(out_id, node->id, FGR_NODE_ID_BYTES);
    return FGR_OK;
}

static enum fgr_err read_channel(const struct table *table, struct fgr_channel_record *out,
                                 const struct nodes *nodes)
{
    if (!fgr_parse_scid(&out->scid, table->cell[CHANNEL_SCID])) {
        return fgr_fail_field(table->err, table->place, table->names[CHANNEL_SCID],
                              table->cell[CHANNEL_SCID], "BLOCKxTXxOUTPUT");
    }
    enum fgr_err code = read_end(table, out->node_id[0], nodes, CHANNEL_SOURCE);
    if (code == FGR_OK) {
        code = read_end(table, out->node_id[1], nodes, CHANNEL_DEST);
    }
    return code != FGR_OK ? code
                          : read_u64(table, &out->capacity_sat, CHANNEL_CAPACITY, UINT64_MAX);
}

static enum fgr_err read_policy(const struct table *table, struct fgr_policy_record *out,
                                bool *out_enabled)
{
    static const struct {
        size_t column;
        uint64_t max;
    } numbers[] = {
        {CHANNEL_HTLC_MIN, UINT64_MAX}, {CHANNEL_HTLC_MAX, UINT64_MAX}, {CHANNEL_BASE, UINT32_MAX},
        {CHANNEL_PPM, UINT32_MAX},      {CHANNEL_CLTV, UINT16_MAX},     {CHANNEL_ENABLED, 1},
    };
    uint64_t value[CHANNEL_COLUMNS];
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t column = numbers[i].column;
        enum fgr_err code = read_u64(table, &value[column], column, numbers[i].max);
        if (code != FGR_OK) {
            return code;
        }
    }
    out->htlc_min_msat = value[CHANNEL_HTLC_MIN];
    out->htlc_max_msat = value[CHANNEL_HTLC_MAX];
    out->base_msat = (uint32_t)value[CHANNEL_BASE];
    out->ppm = (uint32_t)value[CHANNEL_PPM];
    out->cltv_delta = (uint16_t)value[CHANNEL_CLTV];
    *out_enabled = value[CHANNEL_ENABLED] == 1;
    return FGR_OK;
}

/* The two directions of a channel stand in neighbouring rows: the second is not a channel again. */
static bool is_reverse(const struct fgr_channel_record *a, const struct fgr_channel_record *b)
{
    return a->scid == b->scid && a->capacity_sat == b->capacity_sat &&
           memcmp(a->node_id[0], b->node_id[1], FGR_NODE_ID_BYTES) == 0 &&
           memcmp(a->node_id[1], b->node_id[0], FGR_NODE_ID_BYTES) == 0;
}

static enum fgr_err read_half(const struct table *table, struct fgr_builder *builder,
                              const struct nodes *nodes, struct fgr_channel_record *io_before)
{
    struct fgr_channel_record channel = {0};
    struct fgr_policy_record policy = {0};
    bool is_enabled = false;
    enum fgr_err code = read_channel(table, &channel, nodes);
    if (code == FGR_OK) {
        code = read_policy(table, &policy, &is_enabled);
    }
    if (code == FGR_OK && !is_reverse(&channel, io_before)) {
        code = fgr_builder_channel(builder, &channel, table->place, table->err);
    }
    *io_before = channel;
    if (code != FGR_OK || !is_enabled) {
        return code;
    }
    policy.scid = channel.scid;
    policy.direction = memcmp(channel.node_id[0], channel.node_id[1], FGR_NODE_ID_BYTES) > 0;
    return fgr_builder_policy(builder, &policy, table->place, table->err);
}

static enum fgr_err read_channels(struct fgr_builder *builder, struct fgr_source *source,
                                  const struct nodes *nodes, struct fgr_import_report *report,
                                  struct fgr_error *err)
{
    struct table table = {
        .source = source, .err = err, .names = channel_columns, .n_wanted = CHANNEL_COLUMNS};
    struct fgr_channel_record before = {0};
    enum fgr_err code = read_header(&table);
    while (code == FGR_OK) {
        code = next_row(&table);
        if (table.line_bytes == 0) {
            break;
        }
        if (code == FGR_OK) {
            code = read_half(&table, builder, nodes, &before);
        }
    }
    report->records = table.n_rows;
    return code;
}

enum fgr_err fgr_csv_read(struct fgr_builder *builder, struct fgr_source *channels,
                          struct fgr_source *nodes_source, struct fgr_import_report *report,
                          struct fgr_error *err)
{
    struct nodes nodes = {0};
    if (nodes_source == NULL) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "channels.csv names its nodes by number and needs nodes.csv beside it: "
                        "give it with --nodes");
    }
    enum fgr_err code = about_nodes(read_nodes(&nodes, nodes_source, err), err);
    if (code == FGR_OK) {
        code = read_channels(builder, channels, &nodes, report, err);
    }
    free(nodes.node);
    return code;
}
