/* SPDX-License-Identifier: MIT */
/*
 * parse.h - numbers and ids written as text, and the errors about them.
 *
 * Strict: the whole text is the number. No sign where none makes sense, no spaces, fractions,
 * exponents, and nothing that does not fit.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_IMPORT_PARSE_H
#define FGR_IMPORT_PARSE_H

#include "fulgurite/base.h"
#include "graph/builder.h"

/* Text of a field, borrowed, not terminated. */
struct fgr_text {
    const char *at;
    size_t n_bytes;
};

/* Decimal digits, at most `max`. False leaves the output untouched; so do all below. */
bool fgr_parse_u64(uint64_t *out, struct fgr_text text, uint64_t max);

/* The same, with an optional minus sign. */
bool fgr_parse_i32(int32_t *out, struct fgr_text text);

/* 66 hex digits of either case. */
bool fgr_parse_node_id(uint8_t out_id[FGR_NODE_ID_BYTES], struct fgr_text text);

/* BLOCKxTXxOUTPUT. */
bool fgr_parse_scid(uint64_t *out, struct fgr_text text);

/* FORMAT: "record 17 at byte 3321: <field> is '<value>', not <wanted>". A long value is cut and its
 * length told, and what a terminal might obey in it is replaced. */
enum fgr_err fgr_fail_field(struct fgr_error *err, struct fgr_place place, const char *field,
                            struct fgr_text value, const char *wanted);

/* The same for a text that fgr_parse_node_id refused: says which of its characters is wrong. */
enum fgr_err fgr_fail_node_id(struct fgr_error *err, struct fgr_place place, const char *field,
                              struct fgr_text value);

/* FORMAT: "record 17 at byte 3321: <reason>" */
enum fgr_err fgr_fail_place(struct fgr_error *err, struct fgr_place place, const char *reason);

#endif
