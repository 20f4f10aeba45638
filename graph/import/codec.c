/* SPDX-License-Identifier: MIT */
#include "graph/import/codec.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST /* zlib then promises not to write to its input */
#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "graph/util/error.h"

enum { XZ_MEMORY_BYTES_MAX = 256 << 20, ZSTD_WINDOW_LOG_MAX = 27 };

struct fgr_codec {
    enum fgr_compression compression;
    bool is_complete;
    bool is_open; /* the state below needs its end function */
    union {
        z_stream gzip;
        bz_stream bzip2;
        lzma_stream xz;
        ZSTD_DStream *zstd;
    } state;
};

static bool has_at(const uint8_t *bytes, size_t n_bytes, size_t at, const char *magic,
                   size_t n_magic)
{
    return n_bytes >= at + n_magic && memcmp(bytes + at, magic, n_magic) == 0;
}

enum fgr_compression fgr_codec_detect(const uint8_t *bytes, size_t n_bytes)
{
    static const char bzip2_block[] = "\x31\x41\x59\x26\x53\x59";
    static const char bzip2_end[] = "\x17\x72\x45\x38\x50\x90";
    if (has_at(bytes, n_bytes, 0, "\x1f\x8b\x08", 3)) {
        return FGR_COMPRESSION_GZIP;
    }
    /* "BZh", a digit, then the first block or the end */
    if (has_at(bytes, n_bytes, 0, "BZh", 3) &&
        (has_at(bytes, n_bytes, 4, bzip2_block, 6) || has_at(bytes, n_bytes, 4, bzip2_end, 6))) {
        return FGR_COMPRESSION_BZIP2;
    }
    if (has_at(bytes, n_bytes, 0, "\xfd\x37\x7a\x58\x5a\x00", 6)) {
        return FGR_COMPRESSION_XZ;
    }
    /* a frame, or a skippable one: first byte 0x50 to 0x5f */
    if (has_at(bytes, n_bytes, 0, "\x28\xb5\x2f\xfd", 4) ||
        (has_at(bytes, n_bytes, 1, "\x2a\x4d\x18", 3) && (bytes[0] & 0xf0) == 0x50)) {
        return FGR_COMPRESSION_ZSTD;
    }
    return FGR_COMPRESSION_NONE;
}

/* ---- gzip ---------------------------------------------------------------------------------- */

/* The libraries count in unsigned int. */
static unsigned clamp(size_t n_bytes)
{
    return n_bytes > UINT_MAX ? UINT_MAX : (unsigned)n_bytes;
}

static bool gzip_open(struct fgr_codec *codec)
{
    enum { WINDOW_BITS_GZIP = 15 + 16 };
    return inflateInit2(&codec->state.gzip, WINDOW_BITS_GZIP) == Z_OK;
}

static enum fgr_err gzip_step(struct fgr_codec *codec, struct fgr_codec_io *io,
                              struct fgr_error *err)
{
    z_stream *stream = &codec->state.gzip;
    if (codec->is_complete) {
        inflateReset(stream);
    }
    stream->next_in = io->in;
    stream->avail_in = clamp(io->n_in);
    stream->next_out = io->out;
    stream->avail_out = clamp(io->n_out);
    int status = inflate(stream, Z_NO_FLUSH);
    io->n_in -= (size_t)(stream->next_in - io->in);
    io->n_out -= (size_t)(stream->next_out - io->out);
    io->in = stream->next_in;
    io->out = stream->next_out;
    codec->is_complete = status == Z_STREAM_END;
    if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) {
        return FGR_OK;
    }
    if (status == Z_MEM_ERROR) {
        return fgr_fail_memory(err, sizeof *stream);
    }
    return fgr_fail(err, FGR_ERR_FORMAT, "%s", stream->msg == NULL ? "invalid data" : stream->msg);
}

/* ---- bzip2 --------------------------------------------------------------------------------- */

static bool bzip2_open(struct fgr_codec *codec)
{
    codec->state.bzip2 = (bz_stream){0};
    return BZ2_bzDecompressInit(&codec->state.bzip2, 0, 0) == BZ_OK;
}

static enum fgr_err bzip2_step(struct fgr_codec *codec, struct fgr_codec_io *io,
                               struct fgr_error *err)
{
    bz_stream *stream = &codec->state.bzip2;
    if (codec->is_complete) {
        BZ2_bzDecompressEnd(stream);
        codec->is_open = bzip2_open(codec);
        if (!codec->is_open) {
            return fgr_fail_memory(err, sizeof *stream);
        }
    }
    /* bzlib takes char * but does not write to it. */
    memcpy(&stream->next_in, &io->in, sizeof io->in);
    stream->avail_in = clamp(io->n_in);
    stream->next_out = (char *)io->out;
    stream->avail_out = clamp(io->n_out);
    size_t n_in = stream->avail_in, n_out = stream->avail_out;
    int status = BZ2_bzDecompress(stream);
    io->in += n_in - stream->avail_in;
    io->n_in -= n_in - stream->avail_in;
    io->out += n_out - stream->avail_out;
    io->n_out -= n_out - stream->avail_out;
    codec->is_complete = status == BZ_STREAM_END;
    if (status == BZ_OK || status == BZ_STREAM_END) {
        return FGR_OK;
    }
    if (status == BZ_MEM_ERROR) {
        return fgr_fail_memory(err, sizeof *stream);
    }
    return fgr_fail(err, FGR_ERR_FORMAT,
                    status == BZ_DATA_ERROR_MAGIC ? "no stream header" : "invalid data");
}

/* ---- xz ------------------------------------------------------------------------------------ */

static bool xz_open(struct fgr_codec *codec)
{
    codec->state.xz = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&codec->state.xz, XZ_MEMORY_BYTES_MAX, LZMA_CONCATENATED) == LZMA_OK;
}

static enum fgr_err xz_step(struct fgr_codec *codec, struct fgr_codec_io *io, struct fgr_error *err)
{
    lzma_stream *stream = &codec->state.xz;
    stream->next_in = io->in;
    stream->avail_in = io->n_in;
    stream->next_out = io->out;
    stream->avail_out = io->n_out;
    lzma_ret status = lzma_code(stream, io->is_last ? LZMA_FINISH : LZMA_RUN);
    io->in = stream->next_in;
    io->n_in = stream->avail_in;
    io->out = stream->next_out;
    io->n_out = stream->avail_out;
    /* With LZMA_CONCATENATED this is said only after LZMA_FINISH. */
    codec->is_complete = status == LZMA_STREAM_END;
    if (status == LZMA_OK || status == LZMA_STREAM_END || status == LZMA_BUF_ERROR) {
        return FGR_OK;
    }
    if (status == LZMA_MEM_ERROR) {
        return fgr_fail_memory(err, sizeof *stream);
    }
    if (status == LZMA_MEMLIMIT_ERROR) {
        return fgr_fail(err, FGR_ERR_LIMIT, "needs more than %d MiB to decompress",
                        XZ_MEMORY_BYTES_MAX >> 20);
    }
    return fgr_fail(err, FGR_ERR_FORMAT,
                    status == LZMA_FORMAT_ERROR    ? "no stream header"
                    : status == LZMA_OPTIONS_ERROR ? "options this version of liblzma lacks"
                                                   : "invalid data");
}

/* ---- zstd ---------------------------------------------------------------------------------- */

static bool zstd_open(struct fgr_codec *codec)
{
    codec->state.zstd = ZSTD_createDStream();
    if (codec->state.zstd != NULL) {
        ZSTD_DCtx_setParameter(codec->state.zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    return codec->state.zstd != NULL;
}

static enum fgr_err zstd_step(struct fgr_codec *codec, struct fgr_codec_io *io,
                              struct fgr_error *err)
{
    ZSTD_inBuffer in = {.src = io->in, .size = io->n_in};
    ZSTD_outBuffer out = {.dst = io->out, .size = io->n_out};
    size_t status = ZSTD_decompressStream(codec->state.zstd, &out, &in);
    io->in += in.pos;
    io->n_in -= in.pos;
    io->out += out.pos;
    io->n_out -= out.pos;
    codec->is_complete = status == 0;
    if (!ZSTD_isError(status)) {
        return FGR_OK;
    }
    ZSTD_ErrorCode code = ZSTD_getErrorCode(status);
    if (code == ZSTD_error_memory_allocation) {
        return fgr_fail_memory(err, (size_t)1 << ZSTD_WINDOW_LOG_MAX);
    }
    if (code == ZSTD_error_frameParameter_windowTooLarge) {
        return fgr_fail(err, FGR_ERR_LIMIT, "needs a window of more than %d MiB",
                        1 << (ZSTD_WINDOW_LOG_MAX - 20));
    }
    return fgr_fail(err, FGR_ERR_FORMAT, "%s", ZSTD_getErrorName(status));
}

/* ---- all ----------------------------------------------------------------------------------- */

enum fgr_err fgr_codec_create(struct fgr_codec **out_codec, enum fgr_compression compression,
                              struct fgr_error *err)
{
    struct fgr_codec *codec = calloc(1, sizeof *codec);
    if (codec == NULL) {
        return fgr_fail_memory(err, sizeof *codec);
    }
    codec->compression = compression;
    switch (compression) {
    case FGR_COMPRESSION_GZIP:
        codec->is_open = gzip_open(codec);
        break;
    case FGR_COMPRESSION_BZIP2:
        codec->is_open = bzip2_open(codec);
        break;
    case FGR_COMPRESSION_XZ:
        codec->is_open = xz_open(codec);
        break;
    case FGR_COMPRESSION_ZSTD:
        codec->is_open = zstd_open(codec);
        break;
    case FGR_COMPRESSION_NONE:
        break;
    }
    if (!codec->is_open) {
        free(codec);
        return fgr_fail_memory(err, sizeof *codec);
    }
    *out_codec = codec;
    return FGR_OK;
}

static void close_state(struct fgr_codec *codec)
{
    switch (codec->compression) {
    case FGR_COMPRESSION_GZIP:
        inflateEnd(&codec->state.gzip);
        break;
    case FGR_COMPRESSION_BZIP2:
        BZ2_bzDecompressEnd(&codec->state.bzip2);
        break;
    case FGR_COMPRESSION_XZ:
        lzma_end(&codec->state.xz);
        break;
    case FGR_COMPRESSION_ZSTD:
        ZSTD_freeDStream(codec->state.zstd);
        break;
    case FGR_COMPRESSION_NONE:
        break;
    }
}

void fgr_codec_destroy(struct fgr_codec *codec)
{
    if (codec != NULL) {
        if (codec->is_open) {
            close_state(codec);
        }
        free(codec);
    }
}

enum fgr_err fgr_codec_step(struct fgr_codec *codec, struct fgr_codec_io *io, struct fgr_error *err)
{
    switch (codec->compression) {
    case FGR_COMPRESSION_GZIP:
        return gzip_step(codec, io, err);
    case FGR_COMPRESSION_BZIP2:
        return bzip2_step(codec, io, err);
    case FGR_COMPRESSION_XZ:
        return xz_step(codec, io, err);
    case FGR_COMPRESSION_ZSTD:
        return zstd_step(codec, io, err);
    case FGR_COMPRESSION_NONE:
        break;
    }
    return fgr_fail(err, FGR_ERR_ARG, "no compression to undo");
}

bool fgr_codec_is_complete(const struct fgr_codec *codec)
{
    return codec->is_complete;
}
