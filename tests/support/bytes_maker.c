/* SPDX-License-Identifier: MIT */
#include "tests/support/bytes_maker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fgr_bytes_free(struct fgr_bytes_maker *bytes)
{
    free(bytes->data);
    *bytes = (struct fgr_bytes_maker){0};
}

uint8_t *fgr_bytes_put(struct fgr_bytes_maker *bytes, const void *data, size_t n)
{
    if (bytes->n + n > bytes->capacity) {
        bytes->capacity = 2 * (bytes->n + n);
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (bytes->data == NULL) {
            abort();
        }
    }
    uint8_t *at = bytes->data + bytes->n;
    if (data != NULL && n > 0) {
        memcpy(at, data, n);
    }
    bytes->n += n;
    return at;
}

void fgr_bytes_put_be(struct fgr_bytes_maker *bytes, uint64_t value, size_t n)
{
    for (size_t i = n; i > 0; i--) {
        uint8_t byte = (uint8_t)(value >> (8 * (i - 1)));
        fgr_bytes_put(bytes, &byte, 1);
    }
}

void fgr_bytes_put_text(struct fgr_bytes_maker *bytes, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) {
        abort();
    }
    fgr_bytes_put(bytes, text, (size_t)n);
}
