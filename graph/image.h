/* SPDX-License-Identifier: MIT */
/*
 * image.h - the .fgr file: a versioned, checksummed, little-endian container of the arrays that a
 * view reads in place.
 *
 * Place in the flow: builder -> image -> view.
 *
 *   header    64 bytes: magic, version, section count, file size, chain hash digest, checksum
 *   table     32 bytes per section: kind, element size, offset, element count, checksum
 *   sections  each 64-byte aligned, zero padded
 *
 * Every byte of the file is covered by a checksum (XXH3) or must be zero. After the checksums,
 * fgr_image_load verifies every index and offset against the counts, so that a view over hostile
 * bytes with correct checksums still cannot leave the mapping.
 *
 * Threads: one thread per call; the file is immutable once written.
 */
#ifndef FGR_GRAPH_IMAGE_H
#define FGR_GRAPH_IMAGE_H

#include "graph/view.h"

#define FGR_IMAGE_VERSION 1
#define FGR_IMAGE_ALIGN 64

/* One kind per array of struct fgr_view. The numbers are the file format: append only. */
enum fgr_section {
    FGR_SECTION_NODE_ID = 1,
    FGR_SECTION_NODE_TIMESTAMP,
    FGR_SECTION_NODE_FEATURE_SET,
    FGR_SECTION_NODE_CHANNELS,
    FGR_SECTION_ALIAS_FIRST,
    FGR_SECTION_ALIAS_BYTES,
    FGR_SECTION_ALIAS_ORDER,
    FGR_SECTION_FEATURE_SET_FIRST,
    FGR_SECTION_FEATURE_BYTES,
    FGR_SECTION_CHAN,
    FGR_SECTION_HALF,
    FGR_SECTION_INBOUND,
    FGR_SECTION_IN_FIRST,
    FGR_SECTION_IN_NBR,
    FGR_SECTION_IN_EDGE,
    FGR_SECTION_IN_BASE,
    FGR_SECTION_IN_PPM,
    FGR_SECTION_IN_CLTV,
    FGR_SECTION_IN_INV_CAP,
    FGR_SECTION_IN_MAX,
    FGR_SECTION_OUT_FIRST,
    FGR_SECTION_OUT_NBR,
    FGR_SECTION_OUT_EDGE,
    FGR_SECTION_OUT_BASE,
    FGR_SECTION_OUT_PPM,
    FGR_SECTION_OUT_CLTV,
    FGR_SECTION_OUT_INV_CAP,
    FGR_SECTION_OUT_MAX,
    FGR_SECTION_END
};
#define FGR_SECTION_COUNT (FGR_SECTION_END - 1)

struct fgr_image_header {
    uint8_t magic[8]; /* 0x89 "FGR" CR LF 0x1a LF: survives no text-mode transfer */
    uint32_t version;
    uint32_t n_sections;
    uint64_t file_bytes;
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_usable;
    uint32_t reserved[5]; /* zero */
    uint64_t checksum;    /* XXH3 of the header with this field zero, then the table */
};

struct fgr_image_section {
    uint32_t kind;
    uint32_t elem_bytes;
    uint64_t offset; /* from the start of the file */
    uint64_t count;  /* elements */
    uint64_t checksum;
};

/* One array to be written. */
struct fgr_image_part {
    const void *data;
    uint64_t count;
};

struct fgr_image_counts {
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_usable;
};

/* Lays out `parts` (indexed by enum fgr_section - 1) as one image in fresh memory, which is freed
 * with fgr_image_free. Errors: MEMORY. */
enum fgr_err fgr_image_encode(void **out_bytes, size_t *out_n_bytes,
                              const struct fgr_image_part parts[FGR_SECTION_COUNT],
                              const struct fgr_image_counts *counts, struct fgr_error *err);
void fgr_image_free(void *bytes, size_t n_bytes);

/* Whether `bytes` start as an image of that length does: looks at its head only. Errors: FORMAT. */
enum fgr_err fgr_image_check_head(const void *bytes, size_t n_bytes, struct fgr_error *err);

/* Verifies `bytes` (8-byte aligned) and points `out_view` into them; is_mapped is left to the
 * caller. Errors: ARG (alignment), FORMAT (names the section and the element). */
enum fgr_err fgr_image_load(struct fgr_view *out_view, const void *bytes, size_t n_bytes,
                            struct fgr_error *err);

/* Writes `bytes` to `path` atomically: a temporary file beside it, fsync, rename, fsync of the
 * folder. What stood at `path` is replaced only if it is a regular file. On any failure before the
 * rename the temporary file is removed and `path` is as before. Errors: IO, MEMORY. */
enum fgr_err fgr_image_write(const char *path, const void *bytes, size_t n_bytes,
                             struct fgr_error *err);

#endif
