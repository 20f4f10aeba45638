/* SPDX-License-Identifier: MIT */
#include "tools/fgr/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Longer names are told apart by no one. */
#define NAME_BYTES 32

/* Unicode line separators and bidi controls: they have a width of 0, but let an alias rewrite the
 * line that it stands in. */
static bool is_layout_control(wchar_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

/* Bytes of the printable character at `bytes`, or 0 if there is none. */
static size_t printable_bytes(const char *bytes, size_t n_bytes, unsigned *out_width)
{
    mbstate_t state;
    wchar_t c;
    memset(&state, 0, sizeof state);
    size_t n = mbrtowc(&c, bytes, n_bytes, &state);
    if (n == 0 || n > n_bytes || is_layout_control(c)) {
        return 0;
    }
    int width = wcwidth(c);
    if (width < 0) {
        return 0;
    }
    *out_width = (unsigned)width;
    return n;
}

size_t fgr_text_clean(char *out_text, size_t n_out, const void *bytes, size_t n_bytes)
{
    const char *in = bytes;
    size_t n = 0;
    for (size_t i = 0; i < n_bytes;) {
        char escape[5];
        unsigned width;
        size_t n_in = printable_bytes(in + i, n_bytes - i, &width);
        const char *piece = in + i;
        size_t n_piece = n_in;
        if (n_in == 0) {
            n_piece = (size_t)snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)in[i]);
            piece = escape;
            n_in = 1;
        }
        if (n + n_piece >= n_out) {
            break;
        }
        memcpy(out_text + n, piece, n_piece);
        n += n_piece;
        i += n_in;
    }
    out_text[n] = '\0';
    return n;
}

unsigned fgr_text_width(const char *text)
{
    size_t n_bytes = strlen(text);
    unsigned sum = 0;
    for (size_t i = 0; i < n_bytes;) {
        unsigned width = 1;
        size_t n = printable_bytes(text + i, n_bytes - i, &width);
        sum += width;
        i += n == 0 ? 1 : n;
    }
    return sum;
}

char *fgr_text_hex(char *out_text, const uint8_t *bytes, size_t n_bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n_bytes; i++) {
        out_text[2 * i] = digits[bytes[i] >> 4];
        out_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    out_text[2 * n_bytes] = '\0';
    return out_text;
}

char *fgr_text_scid(char out_text[FGR_TEXT_SCID_BYTES], uint64_t scid)
{
    snprintf(out_text, FGR_TEXT_SCID_BYTES, "%" PRIu32 "x%" PRIu32 "x%" PRIu32,
             fgr_scid_block(scid), fgr_scid_tx(scid), fgr_scid_output(scid));
    return out_text;
}

size_t fgr_text_distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES];
    size_t n = strlen(b);
    if (n >= NAME_BYTES) {
        return n;
    }
    for (size_t j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j + 1] = diagonal + 1 < best ? diagonal + 1 : best;
        }
    }
    return row[n];
}
