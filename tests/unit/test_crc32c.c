/* SPDX-License-Identifier: MIT */
#include "graph/util/crc32c.h"

#include <criterion/criterion.h>

/* RFC 3720, appendix B.4, and the check value every catalogue of CRCs gives. */
Test(crc32c, published_values)
{
    struct fgr_crc32c_table table;
    uint8_t bytes[4][32];
    fgr_crc32c_init(&table);
    for (uint8_t i = 0; i < 32; i++) {
        bytes[0][i] = 0;
        bytes[1][i] = 0xff;
        bytes[2][i] = i;
        bytes[3][i] = (uint8_t)(31 - i);
    }
    static const uint32_t expected[4] = {0x8a9136aa, 0x62a8ab43, 0x46dd794e, 0x113fdb5c};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(fgr_crc32c(&table, 0, bytes[i], 32), expected[i], "case %zu", i);
    }
    cr_assert_eq(fgr_crc32c(&table, 0, "123456789", 9), 0xe3069283);
    cr_assert_eq(fgr_crc32c(&table, 0, NULL, 0), 0);
}

/* Bit by bit, as the definition says. */
static uint32_t slow(uint32_t start, const uint8_t *bytes, size_t n)
{
    uint32_t crc = ~start;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? UINT32_C(0x82f63b78) : 0);
        }
    }
    return ~crc;
}

Test(crc32c, equals_the_definition_at_every_length_and_alignment)
{
    struct fgr_crc32c_table table;
    uint8_t bytes[96];
    fgr_crc32c_init(&table);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 37 + 11);
    }
    for (size_t at = 0; at < 16; at++) {
        for (size_t n = 0; at + n <= sizeof bytes; n++) {
            cr_assert_eq(fgr_crc32c(&table, 0x65432100, bytes + at, n),
                         slow(0x65432100, bytes + at, n), "at %zu, %zu bytes", at, n);
        }
    }
}

Test(crc32c, continues)
{
    struct fgr_crc32c_table table;
    static const char text[] = "a snapshot of the network";
    fgr_crc32c_init(&table);
    uint32_t whole = fgr_crc32c(&table, 7, text, sizeof text);
    for (size_t cut = 0; cut <= sizeof text; cut++) {
        uint32_t first = fgr_crc32c(&table, 7, text, cut);
        cr_assert_eq(fgr_crc32c(&table, first, text + cut, sizeof text - cut), whole);
    }
}
