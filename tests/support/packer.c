/* SPDX-License-Identifier: MIT */
#include "tests/support/packer.h"

#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

/* A compressor that is fed piece by piece. */
struct packer {
    struct fgr_bytes_maker *out;
    enum fgr_compression compression;
    z_stream gzip;
    bz_stream bzip2;
    lzma_stream xz;
    ZSTD_CCtx *zstd;
};

enum { CHUNK_BYTES = 64 << 10 };

static void require(int is_good)
{
    if (!is_good) {
        abort();
    }
}

static void begin(struct packer *packer)
{
    switch (packer->compression) {
    case FGR_COMPRESSION_GZIP:
        require(deflateInit2(&packer->gzip, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
        return;
    case FGR_COMPRESSION_BZIP2:
        require(BZ2_bzCompressInit(&packer->bzip2, 9, 0, 0) == BZ_OK);
        return;
    case FGR_COMPRESSION_XZ:
        packer->xz = (lzma_stream)LZMA_STREAM_INIT;
        require(lzma_easy_encoder(&packer->xz, 0, LZMA_CHECK_CRC32) == LZMA_OK);
        return;
    case FGR_COMPRESSION_ZSTD:
        packer->zstd = ZSTD_createCCtx();
        require(packer->zstd != NULL);
        ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1); /* as the zstd command does */
        return;
    case FGR_COMPRESSION_NONE:
        return;
    }
}

/* One turn with `chunk` as output. Returns the bytes made; what is left of the input stays in
 * *io_n. *io_last goes in as "no more input" and comes out as "the stream is complete". */
static size_t turn(struct packer *packer, uint8_t *chunk, char **io_in, size_t *io_n, int *io_last)
{
    int is_last = *io_last;
    ZSTD_inBuffer in = {*io_in, *io_n, 0};
    ZSTD_outBuffer out = {chunk, CHUNK_BYTES, 0};
    switch (packer->compression) {
    case FGR_COMPRESSION_GZIP:
        packer->gzip.next_in = (Bytef *)*io_in;
        packer->gzip.avail_in = (uInt)*io_n;
        packer->gzip.next_out = chunk;
        packer->gzip.avail_out = CHUNK_BYTES;
        *io_last = deflate(&packer->gzip, is_last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END;
        in.pos = *io_n - packer->gzip.avail_in;
        out.pos = CHUNK_BYTES - packer->gzip.avail_out;
        break;
    case FGR_COMPRESSION_BZIP2:
        packer->bzip2.next_in = *io_in;
        packer->bzip2.avail_in = (unsigned)*io_n;
        packer->bzip2.next_out = (char *)chunk;
        packer->bzip2.avail_out = CHUNK_BYTES;
        *io_last = BZ2_bzCompress(&packer->bzip2, is_last ? BZ_FINISH : BZ_RUN) == BZ_STREAM_END;
        in.pos = *io_n - packer->bzip2.avail_in;
        out.pos = CHUNK_BYTES - packer->bzip2.avail_out;
        break;
    case FGR_COMPRESSION_XZ:
        packer->xz.next_in = (uint8_t *)*io_in;
        packer->xz.avail_in = *io_n;
        packer->xz.next_out = chunk;
        packer->xz.avail_out = CHUNK_BYTES;
        *io_last = lzma_code(&packer->xz, is_last ? LZMA_FINISH : LZMA_RUN) == LZMA_STREAM_END;
        in.pos = *io_n - packer->xz.avail_in;
        out.pos = CHUNK_BYTES - packer->xz.avail_out;
        break;
    case FGR_COMPRESSION_ZSTD:
        *io_last = ZSTD_compressStream2(packer->zstd, &out, &in,
                                        is_last ? ZSTD_e_end : ZSTD_e_continue) == 0 &&
                   is_last;
        break;
    case FGR_COMPRESSION_NONE:
        out.pos = *io_n < CHUNK_BYTES ? *io_n : CHUNK_BYTES;
        in.pos = out.pos;
        memcpy(chunk, out.pos > 0 ? *io_in : "", out.pos);
        *io_last = is_last && in.pos == in.size;
        break;
    }
    *io_in += in.pos;
    *io_n -= in.pos;
    return out.pos;
}

static void feed(struct packer *packer, char *bytes, size_t n_bytes, int is_last)
{
    uint8_t *chunk = malloc(CHUNK_BYTES);
    int is_done = 0;
    require(chunk != NULL);
    while (n_bytes > 0 || (is_last && !is_done)) {
        is_done = is_last;
        size_t n = turn(packer, chunk, &bytes, &n_bytes, &is_done);
        fgr_bytes_put(packer->out, chunk, n);
    }
    free(chunk);
}

static void end(struct packer *packer)
{
    feed(packer, NULL, 0, 1);
    switch (packer->compression) {
    case FGR_COMPRESSION_GZIP:
        deflateEnd(&packer->gzip);
        return;
    case FGR_COMPRESSION_BZIP2:
        BZ2_bzCompressEnd(&packer->bzip2);
        return;
    case FGR_COMPRESSION_XZ:
        lzma_end(&packer->xz);
        return;
    case FGR_COMPRESSION_ZSTD:
        ZSTD_freeCCtx(packer->zstd);
        return;
    case FGR_COMPRESSION_NONE:
        return;
    }
}

void fgr_pack(struct fgr_bytes_maker *out, enum fgr_compression compression, const void *bytes,
              size_t n_bytes)
{
    struct packer packer = {.out = out, .compression = compression};
    char *copy = malloc(n_bytes + 1);
    require(copy != NULL);
    if (n_bytes > 0) {
        memcpy(copy, bytes, n_bytes);
    }
    begin(&packer);
    feed(&packer, copy, n_bytes, 0);
    end(&packer);
    free(copy);
}

void fgr_pack_bomb(struct fgr_bytes_maker *out, enum fgr_compression compression, const char *head,
                   char fill, unsigned n_repeats)
{
    enum { REPEAT_BYTES = 1 << 20 };
    struct packer packer = {.out = out, .compression = compression};
    char *block = malloc(REPEAT_BYTES);
    require(block != NULL);
    begin(&packer);
    memcpy(block, head, strlen(head));
    feed(&packer, block, strlen(head), 0);
    memset(block, fill, REPEAT_BYTES);
    for (unsigned i = 0; i < n_repeats; i++) {
        feed(&packer, block, REPEAT_BYTES, 0);
    }
    end(&packer);
    free(block);
}
