/* SPDX-License-Identifier: MIT */
#include "graph/import/parse.h"

#include <stdio.h>
#include <string.h>

#include "graph/util/error.h"

bool fgr_parse_u64(uint64_t *out, struct fgr_text text, uint64_t max)
{
    uint64_t value = 0;
    if (text.n_bytes == 0) {
        return false;
    }
    for (size_t i = 0; i < text.n_bytes; i++) {
        unsigned digit = (unsigned)(unsigned char)text.at[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (value > max) {
        return false;
    }
    *out = value;
    return true;
}

bool fgr_parse_i32(int32_t *out, struct fgr_text text)
{
    bool is_negative = text.n_bytes > 0 && text.at[0] == '-';
    uint64_t magnitude;
    if (is_negative) {
        text.at++;
        text.n_bytes--;
    }
    if (!fgr_parse_u64(&magnitude, text, (uint64_t)INT32_MAX + is_negative)) {
        return false;
    }
    *out = (int32_t)(is_negative ? -(int64_t)magnitude : (int64_t)magnitude);
    return true;
}

/* 0 to 15, or -1 for what is no hex digit. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool fgr_parse_node_id(uint8_t out_id[FGR_NODE_ID_BYTES], struct fgr_text text)
{
    uint8_t id[FGR_NODE_ID_BYTES];
    if (text.n_bytes != 2 * sizeof id) {
        return false;
    }
    for (size_t i = 0; i < sizeof id; i++) {
        int high = hex_digit(text.at[2 * i]);
        int low = hex_digit(text.at[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        id[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(out_id, id, sizeof id);
    return true;
}

/* Cuts *io_text at the first 'x': the part before it, false if there is none. */
static bool cut_at_x(struct fgr_text *out_part, struct fgr_text *io_text)
{
    const char *x = memchr(io_text->at, 'x', io_text->n_bytes);
    if (x == NULL) {
        return false;
    }
    *out_part = (struct fgr_text){io_text->at, (size_t)(x - io_text->at)};
    *io_text = (struct fgr_text){x + 1, io_text->n_bytes - out_part->n_bytes - 1};
    return true;
}

bool fgr_parse_scid(uint64_t *out, struct fgr_text text)
{
    struct fgr_text part;
    uint64_t block, tx, output;
    if (!cut_at_x(&part, &text) || !fgr_parse_u64(&block, part, 0xffffff)) {
        return false;
    }
    if (!cut_at_x(&part, &text) || !fgr_parse_u64(&tx, part, 0xffffff)) {
        return false;
    }
    if (!fgr_parse_u64(&output, text, 0xffff)) {
        return false;
    }
    *out = block << 40 | tx << 16 | output;
    return true;
}

enum fgr_err fgr_fail_field(struct fgr_error *err, struct fgr_place place, const char *field,
                            struct fgr_text value, const char *wanted)
{
    enum { SHOWN_BYTES_MAX = 40 };
    char shown[SHOWN_BYTES_MAX];
    char rest[40] = "'";
    size_t n = value.n_bytes < SHOWN_BYTES_MAX ? value.n_bytes : SHOWN_BYTES_MAX;
    for (size_t i = 0; i < n; i++) {
        shown[i] = value.at[i] >= ' ' && value.at[i] <= '~' ? value.at[i] : '?';
    }
    if (value.n_bytes > n) {
        snprintf(rest, sizeof rest, "...' (%zu bytes)", value.n_bytes);
    }
    return fgr_fail_at(err, FGR_ERR_FORMAT, place.record, place.offset,
                       "record %llu at byte %llu: %s is '%.*s%s, not %s",
                       (unsigned long long)place.record, (unsigned long long)place.offset, field,
                       (int)n, shown, rest, wanted);
}

enum fgr_err fgr_fail_node_id(struct fgr_error *err, struct fgr_place place, const char *field,
                              struct fgr_text value)
{
    char wanted[80] = "a node id of 66 hex digits";
    size_t i = 0;
    while (i < value.n_bytes && hex_digit(value.at[i]) >= 0) {
        i++;
    }
    if (i < value.n_bytes) {
        size_t n = strlen(wanted);
        snprintf(wanted + n, sizeof wanted - n, ": character %zu is none", i + 1);
    }
    return fgr_fail_field(err, place, field, value, wanted);
}

enum fgr_err fgr_fail_place(struct fgr_error *err, struct fgr_place place, const char *reason)
{
    return fgr_fail_at(err, FGR_ERR_FORMAT, place.record, place.offset,
                       "record %llu at byte %llu: %s", (unsigned long long)place.record,
                       (unsigned long long)place.offset, reason);
}
