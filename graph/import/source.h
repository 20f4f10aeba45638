/* SPDX-License-Identifier: MIT */
/*
 * source.h - the plain bytes of a file, standard input or memory, through a sliding window.
 *
 * Place in the flow: file -> source (decompresses) -> parser of one format.
 *
 * Compression is told from the first bytes. Memory is one window, whatever the input. Compressed
 * input that swells beyond FGR_SOURCE_RATIO_MAX is refused: snapshots shrink by 10 to 20 when
 * compressed, so such input was made to never end.
 *
 * Threads: one thread per source.
 * Memory: the window's bytes are borrowed until the next call on the source.
 */
#ifndef FGR_IMPORT_SOURCE_H
#define FGR_IMPORT_SOURCE_H

#include "fulgurite/graph.h"

#define FGR_SOURCE_WINDOW_BYTES (256U << 10)

/* The most one fgr_source_fill can ask for. */
#define FGR_SOURCE_FILL_BYTES_MAX (FGR_SOURCE_WINDOW_BYTES / 2)

/* Plain bytes per compressed byte, once FGR_SOURCE_FREE_BYTES are out. */
#define FGR_SOURCE_RATIO_MAX 256
#define FGR_SOURCE_FREE_BYTES (UINT64_C(64) << 20)

struct fgr_source;

/* "-" is standard input. Errors: IO, MEMORY; their text does not name the path: the caller does. */
enum fgr_err fgr_source_open(struct fgr_source **out_source, const char *path,
                             struct fgr_error *err);

/* The same over `bytes`, borrowed until close. */
enum fgr_err fgr_source_open_memory(struct fgr_source **out_source, const void *bytes,
                                    size_t n_bytes, struct fgr_error *err);

/* NULL is allowed. */
void fgr_source_close(struct fgr_source *source);

enum fgr_compression fgr_source_compression(const struct fgr_source *source);

/* Reads until the window holds at least `want` bytes (at most FGR_SOURCE_FILL_BYTES_MAX) or the
 * input is over; *out_n_bytes says how many it holds: fewer than `want` means the end. It may hold
 * more. Errors: IO; FORMAT or LIMIT (compressed data, err names the byte of the compressed file). */
enum fgr_err fgr_source_fill(struct fgr_source *source, const uint8_t **out_bytes,
                             size_t *out_n_bytes, size_t want, struct fgr_error *err);

/* Moves on by n_bytes, which the window holds. */
void fgr_source_skip(struct fgr_source *source, size_t n_bytes);

/* Bytes of the file used so far, compressed where it is: how far it is, for people. */
uint64_t fgr_source_file_bytes(const struct fgr_source *source);

/* Plain bytes skipped so far: where the window begins. */
uint64_t fgr_source_offset(const struct fgr_source *source);

#endif
