/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - order of byte strings.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_UTIL_BYTES_H
#define FGR_UTIL_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Dictionary order: < 0, 0 or > 0; a prefix comes before what it begins. */
static inline int fgr_bytes_cmp(const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b)
{
    size_t n = n_a < n_b ? n_a : n_b;
    int order = n > 0 ? memcmp(a, b, n) : 0;
    return order != 0 ? order : (n_a > n_b) - (n_a < n_b);
}

#endif
