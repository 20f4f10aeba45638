/* SPDX-License-Identifier: MIT */
#include "graph/import/parse.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fgr_text text(const char *terminated)
{
    return (struct fgr_text){terminated, strlen(terminated)};
}

Test(import_parse, whole_numbers)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool is_good;
        uint64_t value;
    } cases[] = {
        {"0", 0, true, 0},
        {"00012", 12, true, 12},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"65536", 65535, false, 0},
        {"", UINT64_MAX, false, 0},
        {"+1", UINT64_MAX, false, 0},
        {"-0", UINT64_MAX, false, 0},
        {"1 ", UINT64_MAX, false, 0},
        {"1e3", UINT64_MAX, false, 0},
        {"0x1", UINT64_MAX, false, 0},
        {"\xd9\xa1", UINT64_MAX, false, 0}, /* a digit of another script */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 77;
        bool is_good = fgr_parse_u64(&value, text(cases[i].text), cases[i].max);
        cr_assert_eq(is_good, cases[i].is_good, "%s", cases[i].text);
        cr_assert_eq(value, is_good ? cases[i].value : 77, "%s", cases[i].text);
    }
}

Test(import_parse, signed_numbers)
{
    static const struct {
        const char *text;
        bool is_good;
        int32_t value;
    } cases[] = {
        {"2147483647", true, INT32_MAX},
        {"-2147483648", true, INT32_MIN},
        {"-0", true, 0},
        {"2147483648", false, 0},
        {"-2147483649", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t value = 77;
        bool is_good = fgr_parse_i32(&value, text(cases[i].text));
        cr_assert_eq(is_good, cases[i].is_good, "%s", cases[i].text);
        cr_assert_eq(value, is_good ? cases[i].value : 77, "%s", cases[i].text);
    }
}

Test(import_parse, node_ids)
{
    static const char good[] = "02aBcDeF0123456789000000000000000000000000000000000000000000000099";
    uint8_t id[FGR_NODE_ID_BYTES] = {0};
    cr_assert(fgr_parse_node_id(id, text(good)));
    cr_assert_eq(memcmp(id, "\x02\xab\xcd\xef\x01\x23\x45\x67\x89", 9), 0);
    cr_assert_eq(id[FGR_NODE_ID_BYTES - 1], 0x99);
    cr_assert_not(fgr_parse_node_id(id, (struct fgr_text){good, 65}));
    for (size_t i = 0; i < sizeof good - 1; i++) {
        for (const char *bad = "/:@G`g \x80"; *bad != '\0'; bad++) {
            char copy[sizeof good];
            memcpy(copy, good, sizeof good);
            copy[i] = *bad;
            cr_assert_not(fgr_parse_node_id(id, text(copy)));
        }
    }
    cr_assert_eq(id[0], 2);
}

Test(import_parse, short_channel_ids)
{
    uint64_t scid = 77;
    cr_assert(fgr_parse_scid(&scid, text("700180x7x1")));
    cr_assert_eq(scid, UINT64_C(769856051536658433));
    cr_assert(fgr_parse_scid(&scid, text("16777215x16777215x65535")));
    cr_assert_eq(scid, UINT64_MAX);
    static const char *const bad[] = {
        "",       "1",       "1x2",          "1x2x",      "x2x3",         "1xx3",   "1:2:3",
        "1x2x3x", "1x2x3x4", "16777216x0x0", "0x0x65536", "0x16777216x0", " 1x2x3", "1X2X3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_not(fgr_parse_scid(&scid, text(bad[i])), "%s", bad[i]);
    }
    cr_assert_eq(scid, UINT64_MAX);
}

Test(import_parse, errors_show_no_control_bytes)
{
    struct fgr_error err = {0};
    struct fgr_place place = {17, 3321};
    fgr_fail_field(&err, place, "alias", (struct fgr_text){"a\x1b[2J\x07\xff\0b", 9}, "nice");
    cr_assert_str_eq(err.text, "record 17 at byte 3321: alias is 'a?[2J???b', not nice");
    cr_assert_eq(err.code, FGR_ERR_FORMAT);
    cr_assert_eq(err.record, 17);
    cr_assert_eq(err.offset, 3321);
    char value[200];
    memset(value, 'x', sizeof value);
    fgr_fail_field(&err, place, "f", (struct fgr_text){value, sizeof value}, "short");
    cr_assert_not_null(strstr(err.text, "xxx...' (200 bytes), not short"), "%s", err.text);
    cr_assert_lt(strlen(err.text), 100);
}

Test(import_parse, errors_say_what_is_wrong_with_a_node_id)
{
    struct fgr_error err = {0};
    struct fgr_place place = {17, 3321};
    cr_assert_eq(fgr_fail_node_id(&err, place, "id", text("02")), FGR_ERR_FORMAT);
    cr_assert_str_eq(err.text,
                     "record 17 at byte 3321: id is '02', not a node id of 66 hex digits");
    fgr_fail_node_id(&err, place, "id", text("02 "));
    cr_assert_str_eq(err.text,
                     "record 17 at byte 3321: id is '02 ', not a node id of 66 hex digits: "
                     "character 3 is none");
    cr_assert_eq(err.offset, 3321);
}
