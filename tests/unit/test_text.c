/* SPDX-License-Identifier: MIT */
#include "tools/fgr/text.h"

#include "graph/util/rng.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void use_utf8(void)
{
    cr_assert(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
}

TestSuite(text, .init = use_utf8);

Test(text, unsafe_bytes_are_escaped_and_widths_are_columns)
{
    static const struct {
        const char *in;
        size_t n_in;
        const char *out;
        unsigned width;
    } cases[] = {
        {"ACINQ", 5, "ACINQ", 5},
        {"", 0, "", 0},
        {"a\nb", 3, "a\\x0ab", 6},
        {"\033[31mred", 8, "\\x1b[31mred", 11},
        {"a\0b", 3, "a\\x00b", 6},
        {"\x7f", 1, "\\x7f", 4},
        {"\xc2\x9b", 2, "\\xc2\\x9b", 8},           /* C1 control: CSI */
        {"\xff\xfe", 2, "\\xff\\xfe", 8},           /* not UTF-8 */
        {"\xc0\x80", 2, "\\xc0\\x80", 8},           /* overlong */
        {"\xed\xa0\x80", 3, "\\xed\\xa0\\x80", 12}, /* surrogate */
        {"\xe2\x82", 2, "\\xe2\\x82", 8},           /* cut */
        {"\xe2\x80\xae", 3, "\\xe2\\x80\\xae", 12}, /* right-to-left override */
        {"\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6", 12}, /* isolate */
        {"\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8", 12}, /* line separator */
        {"Z\xc3\xbcrich", 7, "Z\xc3\xbcrich", 6},
        {"\xf0\x9f\x90\x99", 4, "\xf0\x9f\x90\x99", 2}, /* wide */
        {"\xe9\xbb\x91", 3, "\xe9\xbb\x91", 2},         /* wide */
        {"e\xcc\x81", 3, "e\xcc\x81", 1},               /* combining */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64];
        size_t n = fgr_text_clean(out, sizeof out, cases[i].in, cases[i].n_in);
        cr_expect_str_eq(out, cases[i].out, "case %zu: '%s'", i, out);
        cr_expect_eq(n, strlen(cases[i].out), "case %zu", i);
        cr_expect_eq(fgr_text_width(out), cases[i].width, "case %zu: %u", i, fgr_text_width(out));
    }
}

Test(text, too_little_room_cuts_between_characters)
{
    static const char in[] = "a\xf0\x9f\x90\x99\n";
    static const char *const expected[] = {
        "", "a", "a", "a", "a", "a\xf0\x9f\x90\x99", "a\xf0\x9f\x90\x99"};
    for (size_t n_out = 1; n_out <= sizeof expected / sizeof *expected; n_out++) {
        char *out = malloc(n_out);
        cr_assert(out != NULL);
        fgr_text_clean(out, n_out, in, sizeof in - 1);
        cr_expect_str_eq(out, expected[n_out - 1], "%zu bytes: '%s'", n_out, out);
        free(out);
    }
}

/* Whatever the bytes, what comes out has no control character and is its own clean form. */
Test(text, any_bytes_come_out_clean)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 11, 0);
    for (unsigned i = 0; i < 50000; i++) {
        char in[32];
        char out[FGR_TEXT_CLEAN_BYTES(sizeof in)];
        char again[FGR_TEXT_CLEAN_BYTES(sizeof out)];
        size_t n_in = fgr_rng_next(&rng) % (sizeof in + 1);
        for (size_t k = 0; k < n_in; k++) {
            in[k] = (char)(fgr_rng_next(&rng) >> (i % 2));
        }
        size_t n = fgr_text_clean(out, sizeof out, in, n_in);
        cr_assert_eq(n, strlen(out));
        for (size_t k = 0; k < n; k++) {
            cr_assert((unsigned char)out[k] >= 0x20 && out[k] != 0x7f);
        }
        fgr_text_clean(again, sizeof again, out, n);
        cr_assert_str_eq(again, out);
        cr_assert_leq(fgr_text_width(out), 4 * n_in);
    }
}

Test(text, ids_are_written_as_people_read_them)
{
    static const uint8_t bytes[] = {0x02, 0xff, 0x00, 0xa5};
    char hex[FGR_TEXT_HEX_BYTES(sizeof bytes)];
    char scid[FGR_TEXT_SCID_BYTES];
    cr_expect_str_eq(fgr_text_hex(hex, bytes, sizeof bytes), "02ff00a5");
    cr_expect_str_eq(fgr_text_scid(scid, UINT64_C(800000) << 40 | 17 << 16 | 3), "800000x17x3");
    cr_expect_str_eq(fgr_text_scid(scid, UINT64_MAX), "16777215x16777215x65535");
}

Test(text, distance_counts_letters)
{
    cr_expect_eq(fgr_text_distance("route", "route"), 0);
    cr_expect_eq(fgr_text_distance("rout", "route"), 1);
    cr_expect_eq(fgr_text_distance("", "route"), 5);
    cr_expect_eq(fgr_text_distance("route", ""), 5);
    cr_expect_eq(fgr_text_distance("max_fees", "max-fee"), 2);
    cr_expect_eq(fgr_text_distance("kitten", "sitting"), 3);
    cr_expect_eq(fgr_text_distance("x", "0123456789012345678901234567890123456789"), 40);
}
