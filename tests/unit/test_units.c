/* SPDX-License-Identifier: MIT */
#include "tools/fgr/units.h"

#include "graph/util/rng.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(units, amounts_are_read_to_the_last_msat)
{
    static const struct {
        const char *text;
        uint64_t msat;
    } cases[] = {
        {"250000sat", 250000000},
        {"1500msat", 1500},
        {"0.01btc", 1000000000},
        {"0.01BTC", 1000000000},
        {"1Sat", 1000},
        {"0sat", 0},
        {"0.001sat", 1},
        {"1.230sat", 1230},
        {"0.00000000001btc", 1},
        {"0.000000000010000btc", 1},
        {"007sat", 7000},
        {"1.0msat", 1},
        {"21000000btc", FGR_MSAT_MAX},
        {"2100000000000000.000sat", FGR_MSAT_MAX},
        {"20999999.99999999999btc", FGR_MSAT_MAX - 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_error err = {0};
        fgr_msat amount = {UINT64_MAX};
        cr_expect_eq(fgr_units_parse_amount(&amount, cases[i].text, "AMOUNT", &err), FGR_OK,
                     "'%s': %s", cases[i].text, err.text);
        cr_expect_eq(amount.v, cases[i].msat, "'%s' is %" PRIu64, cases[i].text, amount.v);
    }
}

Test(units, bad_amounts_are_refused_with_their_reason)
{
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"1000", "has no unit"},
        {"0", "has no unit"},
        {"0.5", "has no unit"},
        {"-5sat", "is negative"},
        {"-", "is negative"},
        {"", "is not a number"},
        {"sat", "is not a number"},
        {" 5sat", "is not a number"},
        {"+5sat", "is not a number"},
        {".5sat", "is not a number"},
        {"5.sat", "is not a number"},
        {"nan", "is not a number"},
        {"5 sat", "unknown unit ' sat'"},
        {"1e5sat", "unknown unit 'e5sat': write plain digits"},
        {"1,000sat", "unknown unit ',000sat'"},
        {"1.2.3sat", "unknown unit '.3sat'"},
        {"5sats", "unknown unit"},
        {"0x10sat", "unknown unit"},
        {"0.5msat", "finer than 1 msat"},
        {"0.0001sat", "finer than 1 msat"},
        {"0.000000000001btc", "finer than 1 msat"},
        {"21000000.00000000001btc", "above 21 million BTC"},
        {"2100000000000001sat", "above 21 million BTC"},
        {"2100000000000000001msat", "above 21 million BTC"},
        {"18446744073709551616msat", "above 21 million BTC"},
        {"18446744073709551615sat", "above 21 million BTC"},
        {"99999999999999999999999999999999999999999btc", "above 21 million BTC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_error err = {0};
        fgr_msat amount = {42};
        cr_expect_eq(fgr_units_parse_amount(&amount, cases[i].text, "AMOUNT", &err), FGR_ERR_ARG,
                     "'%s'", cases[i].text);
        cr_expect(strstr(err.text, cases[i].reason) != NULL, "'%s': %s", cases[i].text, err.text);
        cr_expect(strncmp(err.text, "AMOUNT '", 8) == 0, "'%s': %s", cases[i].text, err.text);
        cr_expect_eq(amount.v, 42, "'%s' changed the output", cases[i].text);
    }
}

/* Every amount that is shown can be read again and is the same. */
Test(units, shown_amounts_read_back)
{
    struct fgr_rng rng;
    fgr_rng_seed(&rng, 7, 0);
    for (unsigned i = 0; i < 100000; i++) {
        fgr_msat amount = {(fgr_rng_next(&rng) >> (i % 64)) % (FGR_MSAT_MAX + 1)};
        char shown[FGR_UNITS_TEXT_BYTES + 4];
        size_t n = 0;
        fgr_units_sat(shown, amount);
        for (const char *c = shown; *c != '\0'; c++) {
            shown[n] = *c;
            n += *c != ',';
        }
        memcpy(shown + n, "sat", 4);
        fgr_msat again = {0};
        cr_assert_eq(fgr_units_parse_amount(&again, shown, "AMOUNT", NULL), FGR_OK, "%s", shown);
        cr_assert_eq(again.v, amount.v, "%s", shown);
    }
}

Test(units, fee_limits_are_shares_or_amounts)
{
    static const struct {
        const char *text;
        uint64_t amount_msat;
        uint64_t limit_msat;
    } cases[] = {
        {"1%", 250000000, 2500000}, {"0.5%", 1001, 5},  {"0.0001%", 1000000, 1},
        {"0%", 250000000, 0},       {"250%", 100, 250}, {"100%", FGR_MSAT_MAX, FGR_MSAT_MAX},
        {"5000sat", 1, 5000000},    {"0sat", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_error err = {0};
        fgr_msat limit = {UINT64_MAX};
        fgr_msat amount = {cases[i].amount_msat};
        cr_expect_eq(fgr_units_parse_fee_limit(&limit, cases[i].text, amount, &err), FGR_OK,
                     "'%s': %s", cases[i].text, err.text);
        cr_expect_eq(limit.v, cases[i].limit_msat, "'%s' is %" PRIu64, cases[i].text, limit.v);
    }
    static const char *const bad[] = {"%", "x%", "-1%", "1%%", "1.%", "0.00001%", "5", "", "1sat%"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fgr_msat limit;
        cr_expect_eq(fgr_units_parse_fee_limit(&limit, bad[i], (fgr_msat){1000}, NULL), FGR_ERR_ARG,
                     "'%s'", bad[i]);
    }
    fgr_msat limit;
    cr_expect_eq(fgr_units_parse_fee_limit(&limit, "101%", (fgr_msat){FGR_MSAT_MAX}, NULL),
                 FGR_ERR_ARG);
    cr_expect_eq(fgr_units_parse_fee_limit(&limit, "99999999999999999999999%",
                                           (fgr_msat){FGR_MSAT_MAX}, NULL),
                 FGR_ERR_ARG);
}

Test(units, counts_are_whole_and_in_range)
{
    static const struct {
        const char *text;
        bool is_good;
        uint64_t value;
    } cases[] = {
        {"1", true, 1},   {"27", true, 27}, {"0027", true, 27}, {"0", false, 0},
        {"28", false, 0}, {"-1", false, 0}, {"", false, 0},     {"1.0", false, 0},
        {"1 ", false, 0}, {"+1", false, 0}, {"0x1", false, 0},  {"18446744073709551617", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 0;
        enum fgr_err code = fgr_units_parse_count(&value, cases[i].text, "--hops", 1, 27, NULL);
        cr_expect_eq(code == FGR_OK, cases[i].is_good, "'%s'", cases[i].text);
        cr_expect_eq(value, cases[i].value, "'%s' is %" PRIu64, cases[i].text, value);
    }
    uint64_t value = 0;
    cr_expect_eq(fgr_units_parse_count(&value, "18446744073709551615", "x", 0, UINT64_MAX, NULL),
                 FGR_OK);
    cr_expect_eq(value, UINT64_MAX);
    cr_expect_eq(fgr_units_parse_count(&value, "18446744073709551616", "x", 0, UINT64_MAX, NULL),
                 FGR_ERR_ARG, "one more does not fit");
}

Test(units, numbers_are_grouped)
{
    static const struct {
        uint64_t value;
        const char *grouped;
        const char *sat;
    } cases[] = {
        {0, "0", "0"},
        {999, "999", "0.999"},
        {1000, "1,000", "1"},
        {1001, "1,001", "1.001"},
        {123456, "123,456", "123.456"},
        {1234567, "1,234,567", "1,234.567"},
        {FGR_MSAT_MAX, "2,100,000,000,000,000,000", "2,100,000,000,000,000"},
        {UINT64_MAX, "18,446,744,073,709,551,615", "18,446,744,073,709,551.615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[FGR_UNITS_TEXT_BYTES];
        cr_expect_str_eq(fgr_units_grouped(text, cases[i].value), cases[i].grouped);
        cr_expect_str_eq(fgr_units_sat(text, (fgr_msat){cases[i].value}), cases[i].sat);
    }
}

Test(units, percentages_are_rounded)
{
    static const struct {
        uint64_t part, whole;
        const char *text;
    } cases[] = {
        {0, 0, "0.0"},   {5, 0, "0.0"},    {1, 3, "33.3"},
        {2, 3, "66.7"},  {1, 2000, "0.1"}, {1, 2001, "0.0"},
        {7, 7, "100.0"}, {3, 1, "300.0"},  {UINT64_C(1) << 62, UINT64_C(1) << 63, "50.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[FGR_UNITS_TEXT_BYTES];
        cr_expect_str_eq(fgr_units_percent(text, cases[i].part, cases[i].whole), cases[i].text);
    }
}

Test(units, shares)
{
    static const struct {
        const char *text;
        uint32_t ppm;
    } good[] = {
        {"95%", 950000}, {"0%", 0}, {"100%", 1000000}, {"0.0001%", 1}, {"99.9000000%", 999000}};
    static const char *const bad[] = {
        "", "%", "95", "95 %", "-1%", "100.0001%", "0.00001%", "1%%", "99999999999999999999999%"};
    uint32_t ppm = 7;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_eq(fgr_units_parse_share(&ppm, good[i].text, "--share", NULL), FGR_OK, "%s",
                     good[i].text);
        cr_expect_eq(ppm, good[i].ppm, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(fgr_units_parse_share(&ppm, bad[i], "--share", NULL), FGR_ERR_ARG, "%s",
                     bad[i]);
    }
}
