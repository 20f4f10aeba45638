/* SPDX-License-Identifier: MIT */
#include "graph/import/source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/bytes_maker.h"
#include "tests/support/packer.h"

static const enum fgr_compression all[] = {FGR_COMPRESSION_NONE, FGR_COMPRESSION_GZIP,
                                           FGR_COMPRESSION_BZIP2, FGR_COMPRESSION_XZ,
                                           FGR_COMPRESSION_ZSTD};
enum { ALL = sizeof all / sizeof *all };

/* Text that compresses somewhat. */
static void make_plain(struct fgr_bytes_maker *out, size_t n)
{
    uint32_t state = 12345;
    while (out->n < n) {
        state = state * 1664525 + 1013904223;
        fgr_bytes_put_text(out, "%u,", state >> 20);
    }
    out->n = n;
}

/* Reads all of `packed`, at least `want` bytes at a time, and compares it on the way with
 * `plain` (NULL: anything). *out_n is how much came. */
static enum fgr_err drain(const struct fgr_bytes_maker *packed, const struct fgr_bytes_maker *plain,
                          size_t want, uint64_t *out_n, struct fgr_error *err)
{
    struct fgr_source *source;
    const uint8_t *window;
    size_t n = 0;
    *out_n = 0;
    uint8_t *copy = malloc(packed->n > 0 ? packed->n : 1);
    cr_assert_not_null(copy);
    memcpy(copy, packed->n > 0 ? packed->data : copy, packed->n);
    enum fgr_err code = fgr_source_open_memory(&source, copy, packed->n, err);
    if (code == FGR_OK) {
        do {
            code = fgr_source_fill(source, &window, &n, want, err);
            size_t used = n < want ? n : want;
            cr_assert_eq(fgr_source_offset(source), *out_n);
            if (code == FGR_OK && plain != NULL && used > 0) {
                cr_assert_leq(*out_n + used, plain->n);
                cr_assert_eq(memcmp(window, plain->data + *out_n, used), 0, "at %zu",
                             (size_t)*out_n);
            }
            if (code == FGR_OK) {
                fgr_source_skip(source, used);
                *out_n += used;
            }
        } while (code == FGR_OK && n > 0);
        fgr_source_close(source);
    }
    free(copy);
    return code;
}

Test(import_source, gives_back_what_was_packed)
{
    static const size_t sizes[] = {0, 1, 9, 1000, 300000, 3 * FGR_SOURCE_WINDOW_BYTES};
    static const size_t wants[] = {1, 13, 65547, FGR_SOURCE_FILL_BYTES_MAX};
    for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
        struct fgr_bytes_maker plain = {0};
        make_plain(&plain, sizes[size]);
        for (size_t i = 0; i < ALL; i++) {
            struct fgr_bytes_maker packed = {0};
            fgr_pack(&packed, all[i], plain.data, plain.n);
            for (size_t want = 0; want < sizeof wants / sizeof *wants; want++) {
                uint64_t n;
                struct fgr_error err;
                cr_assert_eq(drain(&packed, &plain, wants[want], &n, &err), FGR_OK, "%s", err.text);
                cr_assert_eq(n, plain.n);
            }
            fgr_bytes_free(&packed);
        }
        fgr_bytes_free(&plain);
    }
}

Test(import_source, streams_one_after_another_are_one)
{
    for (size_t i = 1; i < ALL; i++) {
        struct fgr_bytes_maker plain = {0}, packed = {0};
        struct fgr_error err = {0};
        char place[120];
        uint64_t n;
        make_plain(&plain, 9000);
        fgr_pack(&packed, all[i], plain.data, 4000);
        fgr_pack(&packed, all[i], plain.data + 4000, 0);
        fgr_pack(&packed, all[i], plain.data + 4000, 5000);
        cr_assert_eq(drain(&packed, &plain, 1, &n, &err), FGR_OK, "%s", err.text);
        cr_assert_eq(n, 9000);

        fgr_bytes_put(&packed, "garbage", 7);
        cr_assert_eq(drain(&packed, &plain, 1, &n, &err), FGR_ERR_FORMAT);
        cr_assert_eq(n, 9000);
        bool is_xz = all[i] == FGR_COMPRESSION_XZ; /* seven bytes are less than its header */
        snprintf(place, sizeof place, "%s data after byte %zu of the compressed file: %s",
                 fgr_compression_str(all[i]), is_xz ? packed.n : packed.n - 7,
                 is_xz ? "the data ends early" : "what follows its end is of another kind");
        cr_assert_eq(strncmp(err.text, place, strlen(place)), 0, "%s", err.text);
        fgr_bytes_free(&packed);
        fgr_bytes_free(&plain);
    }
}

Test(import_source, truncated_anywhere_is_an_error)
{
    struct fgr_bytes_maker plain = {0};
    make_plain(&plain, 3000);
    for (size_t i = 1; i < ALL; i++) {
        struct fgr_bytes_maker packed = {0};
        fgr_pack(&packed, all[i], plain.data, plain.n);
        size_t n_whole = packed.n;
        for (packed.n = 10; packed.n < n_whole; packed.n++) {
            struct fgr_error err = {0};
            uint64_t n;
            cr_assert_eq(drain(&packed, &plain, 1, &n, &err), FGR_ERR_FORMAT, "%s, %zu of %zu",
                         fgr_compression_str(all[i]), packed.n, n_whole);
            cr_assert_not_null(strstr(err.text, "ends early: the file has been cut"), "%s",
                               err.text);
            cr_assert_eq(err.offset, n);
        }
        fgr_bytes_free(&packed);
    }
    fgr_bytes_free(&plain);
}

/* A changed byte is found, or made no difference (a time in the header, for instance). */
Test(import_source, no_changed_byte_changes_the_content_in_silence)
{
    struct fgr_bytes_maker plain = {0};
    make_plain(&plain, 700);
    for (size_t i = 1; i < ALL; i++) {
        struct fgr_bytes_maker packed = {0};
        size_t n_found = 0;
        fgr_pack(&packed, all[i], plain.data, plain.n);
        for (size_t at = 10; at < packed.n; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct fgr_error err = {0};
                uint64_t n;
                packed.data[at] ^= (uint8_t)(1U << bit);
                enum fgr_err code = drain(&packed, NULL, 1, &n, &err);
                n_found += code != FGR_OK;
                if (code == FGR_OK) {
                    cr_assert_eq(drain(&packed, &plain, 1, &n, &err), FGR_OK);
                    cr_assert_eq(n, plain.n);
                }
                packed.data[at] ^= (uint8_t)(1U << bit);
            }
        }
        cr_assert_gt(n_found, 7 * (packed.n - 10), "%s", fgr_compression_str(all[i]));
        fgr_bytes_free(&packed);
    }
    fgr_bytes_free(&plain);
}

/* 120 MiB of one byte: far beyond the ratio of anything real. */
Test(import_source, endless_output_is_refused)
{
    for (size_t i = 1; i < ALL; i++) {
        struct fgr_bytes_maker packed = {0};
        struct fgr_error err = {0};
        uint64_t n;
        fgr_pack_bomb(&packed, all[i], "", '\0', 120);
        cr_assert_eq(drain(&packed, NULL, 4096, &n, &err), FGR_ERR_LIMIT);
        cr_assert_geq(n + FGR_SOURCE_WINDOW_BYTES, FGR_SOURCE_FREE_BYTES);
        cr_assert_lt(n, UINT64_C(120) << 20);
        cr_assert_not_null(strstr(err.text, "256 times"), "%s", err.text);
        fgr_bytes_free(&packed);
    }
}

/* Many small bombs in a row are one bomb. */
Test(import_source, endless_members_are_refused)
{
    struct fgr_bytes_maker packed = {0};
    struct fgr_error err = {0};
    uint64_t n;
    for (unsigned i = 0; i < 100; i++) {
        fgr_pack_bomb(&packed, FGR_COMPRESSION_ZSTD, "", ' ', 1);
    }
    cr_assert_eq(drain(&packed, NULL, 4096, &n, &err), FGR_ERR_LIMIT);
    fgr_bytes_free(&packed);
}

/* CRC-32 of the xz block header (polynomial of IEEE 802.3). */
static uint32_t crc32_of(const uint8_t *bytes, size_t n)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < 8 * n; i++) {
        crc ^= i % 8 == 0 ? bytes[i / 8] : 0;
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

/* Headers that ask for gigabytes of window. */
Test(import_source, hungry_headers_are_refused)
{
    struct fgr_bytes_maker plain = {0}, packed = {0};
    struct fgr_error err = {0};
    uint64_t n;
    make_plain(&plain, 5000);

    fgr_pack(&packed, FGR_COMPRESSION_ZSTD, plain.data, plain.n);
    packed.data[5] = (31 - 10) << 3; /* window descriptor: 2 GiB */
    cr_assert_eq(drain(&packed, &plain, 1, &n, &err), FGR_ERR_LIMIT, "%s", err.text);
    fgr_bytes_free(&packed);

    fgr_pack(&packed, FGR_COMPRESSION_XZ, plain.data, plain.n);
    uint8_t *block = packed.data + 12; /* size, flags, LZMA2, 1 byte of properties, dictionary */
    size_t n_header = (size_t)(block[0] + 1) * 4;
    cr_assert_eq(block[2], 0x21);
    block[4] = 40; /* 4 GiB */
    uint32_t crc = crc32_of(block, n_header - 4);
    for (size_t i = 0; i < 4; i++) {
        block[n_header - 4 + i] = (uint8_t)(crc >> (8 * i));
    }
    cr_assert_eq(drain(&packed, &plain, 1, &n, &err), FGR_ERR_LIMIT, "%s", err.text);
    fgr_bytes_free(&packed);
    fgr_bytes_free(&plain);
}

Test(import_source, compression_is_told_from_the_content)
{
    struct fgr_source *source;
    for (size_t i = 0; i < ALL; i++) {
        struct fgr_bytes_maker packed = {0};
        fgr_pack(&packed, all[i], "some text", 9);
        cr_assert_eq(fgr_source_open_memory(&source, packed.data, packed.n, NULL), FGR_OK);
        cr_assert_eq(fgr_source_compression(source), all[i]);
        fgr_source_close(source);
        fgr_bytes_free(&packed);
    }
    /* Not compressed: beginnings that only resemble. */
    static const char *const plain[] = {"BZh91AY&SX....", "BZh9", "\x1f\x8b\x09", "7zXZ",
                                        "\x5f\x2a\x4d\x19"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        cr_assert_eq(fgr_source_open_memory(&source, plain[i], strlen(plain[i]), NULL), FGR_OK);
        cr_assert_eq(fgr_source_compression(source), FGR_COMPRESSION_NONE, "case %zu", i);
        fgr_source_close(source);
    }
    fgr_source_close(NULL);
}
