/* SPDX-License-Identifier: MIT */
/*
 * codec.h - one way to drive four decompressors; the only user of zlib, bzip2, lzma and zstd.
 *
 * Place in the flow: compressed bytes -> codec -> plain bytes (source.h asks for them).
 *
 * Several compressed streams one after another count as one, as the command line tools have it.
 * Memory is bounded whatever the input says: windows above 128 MiB (zstd) and decoders above
 * 256 MiB (xz) are refused.
 *
 * Threads: one thread per codec.
 */
#ifndef FGR_IMPORT_CODEC_H
#define FGR_IMPORT_CODEC_H

#include "fulgurite/graph.h"

/* Enough bytes of a file to tell its compression. */
#define FGR_CODEC_MAGIC_BYTES 10

struct fgr_codec;

/* What goes in and comes out in one step: pointers and counts move on as bytes are used. */
struct fgr_codec_io {
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t n_out;
    bool is_last; /* no bytes will come after `in` */
};

/* Told from the first bytes; fewer than FGR_CODEC_MAGIC_BYTES only if the file is that short. */
enum fgr_compression fgr_codec_detect(const uint8_t *bytes, size_t n_bytes);

/* `compression` is not NONE. Errors: MEMORY. */
enum fgr_err fgr_codec_create(struct fgr_codec **out_codec, enum fgr_compression compression,
                              struct fgr_error *err);
void fgr_codec_destroy(struct fgr_codec *codec);

/* Turns some of `in` into some of `out` (not empty). Errors: FORMAT, with the decompressor's
 * reason in err; LIMIT (needs too much memory); MEMORY. */
enum fgr_err fgr_codec_step(struct fgr_codec *codec, struct fgr_codec_io *io,
                            struct fgr_error *err);

/* True where the input may end: a compressed stream is complete and no other has begun. */
bool fgr_codec_is_complete(const struct fgr_codec *codec);

#endif
