/* SPDX-License-Identifier: MIT */
#include "graph/import/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/import/codec.h"
#include "graph/util/error.h"

enum { RAW_BYTES = 64 << 10 };

struct fgr_source {
    int fd; /* -1: memory */
    bool owns_fd;
    const uint8_t *memory; /* what is left of it */
    size_t n_memory;

    enum fgr_compression compression;
    struct fgr_codec *codec; /* NULL: not compressed */
    uint64_t raw_offset;     /* of raw[raw_begin] in the file */
    size_t raw_begin, raw_end;
    bool is_raw_over;

    uint64_t offset; /* of window[begin] in the plain bytes */
    size_t begin, end;
    bool is_over;

    uint8_t raw[RAW_BYTES]; /* compressed bytes; of plain files the first ones only */
    uint8_t window[FGR_SOURCE_WINDOW_BYTES];
};

/* Reads what there is, at most n_bytes; 0 at the end. */
static enum fgr_err read_raw(struct fgr_source *source, uint8_t *out, size_t *io_n_bytes,
                             struct fgr_error *err)
{
    if (source->fd < 0) {
        size_t n = *io_n_bytes < source->n_memory ? *io_n_bytes : source->n_memory;
        if (n > 0) {
            memcpy(out, source->memory, n);
            source->memory += n;
        }
        source->n_memory -= n;
        *io_n_bytes = n;
        return FGR_OK;
    }
    ssize_t n;
    do {
        n = read(source->fd, out, *io_n_bytes);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return fgr_fail(err, FGR_ERR_IO, "cannot read: %s", strerror(errno));
    }
    *io_n_bytes = (size_t)n;
    return FGR_OK;
}

/* Makes raw[] hold at least one byte more than before, or is_raw_over. */
static enum fgr_err fill_raw(struct fgr_source *source, struct fgr_error *err)
{
    memmove(source->raw, source->raw + source->raw_begin, source->raw_end - source->raw_begin);
    source->raw_end -= source->raw_begin;
    source->raw_begin = 0;
    size_t n = RAW_BYTES - source->raw_end;
    enum fgr_err code = read_raw(source, source->raw + source->raw_end, &n, err);
    if (code == FGR_OK) {
        source->raw_end += n;
        source->is_raw_over = n == 0;
    }
    return code;
}

/* Looks at the first bytes: compressed ones stay in raw[], plain ones go to the window. */
static enum fgr_err begin(struct fgr_source *source, struct fgr_error *err)
{
    while (!source->is_raw_over && source->raw_end < FGR_CODEC_MAGIC_BYTES) {
        enum fgr_err code = fill_raw(source, err);
        if (code != FGR_OK) {
            return code;
        }
    }
    source->compression = fgr_codec_detect(source->raw, source->raw_end);
    if (source->compression != FGR_COMPRESSION_NONE) {
        return fgr_codec_create(&source->codec, source->compression, err);
    }
    memcpy(source->window, source->raw, source->raw_end);
    source->end = source->raw_end;
    return FGR_OK;
}

static struct fgr_source *create(int fd, struct fgr_error *err)
{
    struct fgr_source *source = malloc(sizeof *source);
    if (source == NULL) {
        fgr_fail_memory(err, sizeof *source);
        return NULL;
    }
    memset(source, 0, offsetof(struct fgr_source, raw));
    source->fd = fd;
    return source;
}

/* Reads the first bytes and gives the source to the caller, or closes it. */
static enum fgr_err give(struct fgr_source **out_source, struct fgr_source *source,
                         struct fgr_error *err)
{
    enum fgr_err code = begin(source, err);
    if (code != FGR_OK) {
        fgr_source_close(source);
        return code;
    }
    *out_source = source;
    return FGR_OK;
}

/* Opens for reading what is no directory: reading one fails later and less clearly. */
static enum fgr_err open_path(int *out_fd, const char *path, struct fgr_error *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fgr_fail(err, FGR_ERR_IO, "cannot open: %s", strerror(errno));
    }
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        close(fd);
        return fgr_fail(err, FGR_ERR_IO, "is a directory, not a file");
    }
    *out_fd = fd;
    return FGR_OK;
}

enum fgr_err fgr_source_open(struct fgr_source **out_source, const char *path,
                             struct fgr_error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = STDIN_FILENO;
    enum fgr_err code = is_stdin ? FGR_OK : open_path(&fd, path, err);
    if (code != FGR_OK) {
        return code;
    }
    struct fgr_source *source = create(fd, err);
    if (source == NULL) {
        if (!is_stdin) {
            close(fd);
        }
        return FGR_ERR_MEMORY;
    }
    source->owns_fd = !is_stdin;
    return give(out_source, source, err);
}

enum fgr_err fgr_source_open_memory(struct fgr_source **out_source, const void *bytes,
                                    size_t n_bytes, struct fgr_error *err)
{
    struct fgr_source *source = create(-1, err);
    if (source == NULL) {
        return FGR_ERR_MEMORY;
    }
    source->memory = bytes;
    source->n_memory = n_bytes;
    return give(out_source, source, err);
}

void fgr_source_close(struct fgr_source *source)
{
    if (source != NULL) {
        fgr_codec_destroy(source->codec);
        if (source->owns_fd) {
            close(source->fd);
        }
        free(source);
    }
}

enum fgr_compression fgr_source_compression(const struct fgr_source *source)
{
    return source->compression;
}

static enum fgr_err codec_error(const struct fgr_source *source, enum fgr_err code,
                                const char *reason, struct fgr_error *err)
{
    uint64_t at = source->raw_offset;
    return fgr_fail_at(err, code, FGR_NO_POSITION, source->offset + source->end - source->begin,
                       "%s data after byte %llu of the compressed file: %s",
                       fgr_compression_str(source->compression), (unsigned long long)at, reason);
}

/* One step of the decompressor into the free end of the window. */
static enum fgr_err decompress(struct fgr_source *source, struct fgr_error *err)
{
    struct fgr_codec_io io = {
        .in = source->raw + source->raw_begin,
        .n_in = source->raw_end - source->raw_begin,
        .out = source->window + source->end,
        .n_out = sizeof source->window - source->end,
        .is_last = source->is_raw_over,
    };
    size_t n_in = io.n_in, n_out = io.n_out;
    bool was_complete = fgr_codec_is_complete(source->codec);
    struct fgr_error reason = {0};
    enum fgr_err code = fgr_codec_step(source->codec, &io, &reason);
    source->raw_begin += n_in - io.n_in;
    bool is_rest = was_complete && code == FGR_ERR_FORMAT; /* the place is where it begins */
    source->raw_offset += is_rest ? 0 : n_in - io.n_in;
    source->end += n_out - io.n_out;
    if (code != FGR_OK) {
        return codec_error(source, code,
                           is_rest ? "what follows its end is of another kind" : reason.text, err);
    }
    if (io.n_in == n_in && io.n_out == n_out) {
        source->is_over = fgr_codec_is_complete(source->codec);
        return source->is_over ? FGR_OK
                               : codec_error(source, FGR_ERR_FORMAT,
                                             "the data ends early: the file has been cut", err);
    }
    uint64_t plain = source->offset + (source->end - source->begin);
    if (plain > FGR_SOURCE_FREE_BYTES && plain / FGR_SOURCE_RATIO_MAX > source->raw_offset) {
        return codec_error(source, FGR_ERR_LIMIT,
                           "decompresses to more than 256 times its size, which no snapshot does",
                           err);
    }
    return FGR_OK;
}

static enum fgr_err read_compressed(struct fgr_source *source, struct fgr_error *err)
{
    if (source->raw_begin == source->raw_end && !source->is_raw_over) {
        enum fgr_err code = fill_raw(source, err);
        if (code != FGR_OK) {
            return code;
        }
    }
    if (source->raw_begin == source->raw_end && fgr_codec_is_complete(source->codec)) {
        source->is_over = true;
        return FGR_OK;
    }
    return decompress(source, err);
}

static enum fgr_err read_plain(struct fgr_source *source, struct fgr_error *err)
{
    size_t n = sizeof source->window - source->end;
    enum fgr_err code = read_raw(source, source->window + source->end, &n, err);
    if (code == FGR_OK) {
        source->end += n;
        source->is_over = n == 0;
    }
    return code;
}

enum fgr_err fgr_source_fill(struct fgr_source *source, const uint8_t **out_bytes,
                             size_t *out_n_bytes, size_t want, struct fgr_error *err)
{
    if (source->begin + want > sizeof source->window) {
        memmove(source->window, source->window + source->begin, source->end - source->begin);
        source->end -= source->begin;
        source->begin = 0;
    }
    while (source->end - source->begin < want && !source->is_over) {
        enum fgr_err code =
            source->codec != NULL ? read_compressed(source, err) : read_plain(source, err);
        if (code != FGR_OK) {
            return code;
        }
    }
    *out_bytes = source->window + source->begin;
    *out_n_bytes = source->end - source->begin;
    return FGR_OK;
}

void fgr_source_skip(struct fgr_source *source, size_t n_bytes)
{
    source->begin += n_bytes;
    source->offset += n_bytes;
    if (source->begin == source->end) {
        source->begin = 0;
        source->end = 0;
    }
}

uint64_t fgr_source_offset(const struct fgr_source *source)
{
    return source->offset;
}

uint64_t fgr_source_file_bytes(const struct fgr_source *source)
{
    return source->codec != NULL ? source->raw_offset : source->offset;
}
