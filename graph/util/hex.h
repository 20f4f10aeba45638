/* SPDX-License-Identifier: MIT */
/*
 * hex.h - hexadecimal digits to and from bytes.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_HEX_H
#define FGR_UTIL_HEX_H

#include <stddef.h>
#include <stdint.h>

/* 0 to 15, or -1 if `c` is no hex digit of either case. */
static inline int fgr_hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The first n_digits lower-case digits of `bytes`, and a NUL. */
static inline void fgr_hex_encode(char *out_text, const uint8_t *bytes, size_t n_digits)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n_digits; i++) {
        out_text[i] = digits[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15];
    }
    out_text[n_digits] = '\0';
}

#endif
