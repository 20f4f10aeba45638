/* SPDX-License-Identifier: MIT */
/*
 * bytes_maker.h - a buffer that test input is put together in. Aborts the test program when memory
 * runs out.
 *
 * Threads: one thread per buffer.
 */
#ifndef FGR_TESTS_SUPPORT_BYTES_MAKER_H
#define FGR_TESTS_SUPPORT_BYTES_MAKER_H

#include "fulgurite/base.h"

/* All zero at first. */
struct fgr_bytes_maker {
    uint8_t *data;
    size_t n;
    size_t capacity;
};

void fgr_bytes_free(struct fgr_bytes_maker *bytes);

/* Appends `n` bytes and returns where they are; `data` NULL leaves them to the caller. */
uint8_t *fgr_bytes_put(struct fgr_bytes_maker *bytes, const void *data, size_t n);

/* Appends the low `n` bytes of `value`, most significant first. */
void fgr_bytes_put_be(struct fgr_bytes_maker *bytes, uint64_t value, size_t n);

void fgr_bytes_put_text(struct fgr_bytes_maker *bytes, const char *format, ...) FGR_PRINTF(2, 3);

#endif
