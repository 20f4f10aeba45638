/* SPDX-License-Identifier: MIT */
/*
 * queries.h - QUERIES.csv: rows of text to checked numbers. Pure: the caller reads the file, nodes
 * are not looked up here.
 *
 * Place in the flow: bytes of QUERIES.csv -> queries -> fgr batch.
 *
 * The first line names the columns, in any order: id, from, to, amount_msat and, where wanted,
 * max_fee_msat, max_cltv, max_parts. An empty field of the last three means the default. Quoting
 * as in RFC 4180; lines end in LF or CR LF; empty lines are skipped. A bad row is told as such and
 * the next one is read: a quote that is never closed ends with its line.
 *
 * Threads: one thread per struct fgr_queries.
 * Memory: fields are unquoted and terminated in place; rows borrow the caller's bytes.
 * Source: RFC 4180.
 */
#ifndef FGR_TOOLS_QUERIES_H
#define FGR_TOOLS_QUERIES_H

#include "fulgurite/base.h"

/* A longer row is a bad row. */
#define FGR_QUERIES_ROW_BYTES_MAX 65536

enum fgr_query_column {
    FGR_QUERY_ID,
    FGR_QUERY_FROM,
    FGR_QUERY_TO,
    FGR_QUERY_AMOUNT,
    FGR_QUERY_MAX_FEE,
    FGR_QUERY_MAX_CLTV,
    FGR_QUERY_MAX_PARTS,
    FGR_QUERY_COLUMNS
};

struct fgr_queries {
    uint32_t column_at[FGR_QUERY_COLUMNS]; /* position in a row, or FGR_IDX_NONE */
    uint32_t n_fields;                     /* that a row must have */
    uint32_t parts_most;                   /* highest max_parts; 1: rows ask for routes */
    uint64_t line;                         /* of the next byte, from 1 */
    bool has_header;
    bool in_long_row; /* skipping what is left of a row that was too long */
};

struct fgr_query_row {
    const char *id; /* n_id bytes, any; the other texts have no NUL inside */
    size_t n_id;
    const char *from;
    const char *to;
    fgr_msat amount;    /* 1 to FGR_MSAT_MAX */
    fgr_msat max_fee;   /* FGR_MSAT_NONE = no limit */
    uint32_t max_cltv;  /* 0 = the default */
    uint32_t max_parts; /* 0 = the default */
    uint64_t line;      /* where the row begins */
    bool is_bad;        /* only id (empty where unknown), line and error hold */
    struct fgr_error error;
};

void fgr_queries_init(struct fgr_queries *queries, uint32_t parts_most);

struct fgr_queries_block {
    char *bytes; /* the byte after the last is writable */
    size_t n_bytes;
    bool is_end; /* the file ends after them */
    struct fgr_query_row *rows;
    size_t max_rows;
};

/* Reads whole rows from the start of a block. `out_used` bytes can be forgotten once the rows are
 * done with. Nothing used means that more bytes are needed; FGR_QUERIES_ROW_BYTES_MAX are always
 * enough. Errors: FORMAT (the header; bad rows are not errors). */
FGR_NODISCARD enum fgr_err fgr_queries_read(struct fgr_queries *queries, size_t *out_rows,
                                            size_t *out_used, const struct fgr_queries_block *block,
                                            struct fgr_error *err);

#endif
