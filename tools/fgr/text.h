/* SPDX-License-Identifier: MIT */
/*
 * text.h - foreign bytes (aliases, file names) made safe for a terminal, their width there, ids as
 * people read them, and how far a name is from what was meant.
 *
 * Characters that move the cursor, change colours or reorder the line (control characters, bidi
 * controls), bytes that are not UTF-8 and code points without a known width come out as \xNN.
 *
 * Threads: any thread. The locale of the process must be a UTF-8 one, else all that is not ASCII
 * is escaped.
 */
#ifndef FGR_TOOLS_TEXT_H
#define FGR_TOOLS_TEXT_H

#include "fulgurite/base.h"

#include <stddef.h>
#include <stdint.h>

/* Room that any `n_bytes` need, terminator included. */
#define FGR_TEXT_CLEAN_BYTES(n_bytes) (4 * (n_bytes) + 1)

/* The same for an alias. */
#define FGR_TEXT_ALIAS_BYTES FGR_TEXT_CLEAN_BYTES(FGR_ALIAS_BYTES_MAX)

/* Writes a terminated safe form, cut between characters where `n_out` is too small (at least 1).
 * Returns its length in bytes. */
size_t fgr_text_clean(char *out_text, size_t n_out, const void *bytes, size_t n_bytes);

/* Bytes as hexadecimal digits; room for the terminator included. Returns `out_text`. */
#define FGR_TEXT_HEX_BYTES(n_bytes) (2 * (n_bytes) + 1)
char *fgr_text_hex(char *out_text, const uint8_t *bytes, size_t n_bytes);

/* "800000x1x0". Returns `out_text`. */
#define FGR_TEXT_SCID_BYTES 32
char *fgr_text_scid(char out_text[FGR_TEXT_SCID_BYTES], uint64_t scid);

/* Columns a clean text takes. */
unsigned fgr_text_width(const char *text);

/* Letters to insert, delete or replace to make one name the other (Levenshtein). Where `b` has 32
 * bytes or more it is far from everything: its length. */
size_t fgr_text_distance(const char *a, const char *b);

#endif
