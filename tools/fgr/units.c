/* SPDX-License-Identifier: MIT */
#include "tools/fgr/units.h"

#include "graph/amount.h"
#include "graph/util/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"

/* How much of a text that is not understood a message repeats. */
#define SHOWN "%.40s"

struct unit {
    const char *name;
    uint64_t msat;
};

static const struct unit units[] = {
    {"msat", 1},
    {"sat", 1000},
    {"btc", UINT64_C(100000000000)},
};

/* 10 * value + digit, saturating. */
static uint64_t push_digit(uint64_t value, char digit)
{
    uint64_t d = (uint64_t)(digit - '0');
    return value > (UINT64_MAX - d) / 10 ? UINT64_MAX : value * 10 + d;
}

/* A decimal number before some unit: `whole` saturates, `n_decimals` digits stand at `decimals`. */
struct decimal {
    uint64_t whole;
    const char *decimals;
    size_t n_decimals;
    const char *rest;
};

static bool read_decimal(struct decimal *out, const char *text)
{
    size_t n_whole = strspn(text, DIGITS);
    out->whole = 0;
    for (size_t i = 0; i < n_whole; i++) {
        out->whole = push_digit(out->whole, text[i]);
    }
    out->rest = text + n_whole;
    out->decimals = out->rest;
    out->n_decimals = 0;
    if (n_whole > 0 && *out->rest == '.') {
        out->decimals = out->rest + 1;
        out->n_decimals = strspn(out->decimals, DIGITS);
        out->rest = out->decimals + out->n_decimals;
        return out->n_decimals > 0;
    }
    return n_whole > 0;
}

/* number * scale, saturating; false if digits below 1 are not zero. */
static bool scale_decimal(uint64_t *out_value, const struct decimal *number, uint64_t scale)
{
    uint64_t value = fgr_muldiv_floor(number->whole, scale, 1);
    for (size_t i = 0; i < number->n_decimals; i++) {
        uint64_t d = (uint64_t)(number->decimals[i] - '0');
        if (scale % 10 != 0 || scale < 10) {
            if (d != 0) {
                return false;
            }
            continue;
        }
        scale /= 10;
        value = value > UINT64_MAX - d * scale ? UINT64_MAX : value + d * scale;
    }
    *out_value = value;
    return true;
}

static const struct unit *find_unit(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcasecmp(name, units[i].name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

enum fgr_err fgr_units_parse_amount(fgr_msat *out_amount, const char *text, const char *what,
                                    struct fgr_error *err)
{
    struct decimal number;
    if (text[0] == '-') {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is negative", what, text);
    }
    if (!read_decimal(&number, text)) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "%s '" SHOWN "' is not a number with a unit, like 250000sat, 1500msat or "
                        "0.01btc",
                        what, text);
    }
    if (*number.rest == '\0') {
        return fgr_fail(err, FGR_ERR_ARG,
                        "%s '" SHOWN "' has no unit: write " SHOWN "sat, " SHOWN "msat or " SHOWN
                        "btc",
                        what, text, text, text, text);
    }
    const struct unit *unit = find_unit(number.rest);
    if (unit == NULL) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "%s '" SHOWN "' has the unknown unit '" SHOWN "': write plain digits, then "
                        "sat, msat or btc",
                        what, text, number.rest);
    }
    uint64_t value_msat;
    if (!scale_decimal(&value_msat, &number, unit->msat)) {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is finer than 1 msat", what, text);
    }
    if (value_msat > FGR_MSAT_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is above 21 million BTC", what, text);
    }
    out_amount->v = value_msat;
    return FGR_OK;
}

enum fgr_err fgr_units_parse_fee_limit(fgr_msat *out_limit, const char *text, fgr_msat amount,
                                       struct fgr_error *err)
{
    static const uint64_t ppm_per_percent = 10000;
    struct decimal number;
    size_t n = strlen(text);
    if (n == 0 || text[n - 1] != '%' || text[0] == '-') {
        return fgr_units_parse_amount(out_limit, text, "--max-fee", err);
    }
    uint64_t rate_ppm;
    if (!read_decimal(&number, text) || strcmp(number.rest, "%") != 0) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "--max-fee '" SHOWN "' is neither a share like 0.5%% nor an amount like "
                        "5000sat",
                        text);
    }
    if (!scale_decimal(&rate_ppm, &number, ppm_per_percent)) {
        return fgr_fail(err, FGR_ERR_ARG, "--max-fee '" SHOWN "' is finer than 0.0001%%", text);
    }
    uint64_t limit_msat = fgr_muldiv_floor(amount.v, rate_ppm, 1000000);
    if (limit_msat > FGR_MSAT_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "--max-fee '" SHOWN "' is above 21 million BTC", text);
    }
    out_limit->v = limit_msat;
    return FGR_OK;
}

enum fgr_err fgr_units_parse_share(uint32_t *out_ppm, const char *text, const char *what,
                                   struct fgr_error *err)
{
    struct decimal number;
    uint64_t share_ppm;
    if (!read_decimal(&number, text) || strcmp(number.rest, "%") != 0) {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is not a share like 0.5%%", what, text);
    }
    if (!scale_decimal(&share_ppm, &number, 10000)) {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is finer than 0.0001%%", what, text);
    }
    if (share_ppm > 1000000) {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is above 100%%", what, text);
    }
    *out_ppm = (uint32_t)share_ppm;
    return FGR_OK;
}

enum fgr_err fgr_units_parse_count(uint64_t *out_count, const char *text, const char *what,
                                   uint64_t min, uint64_t max, struct fgr_error *err)
{
    size_t n = strspn(text, DIGITS);
    if (n == 0 || text[n] != '\0') {
        return fgr_fail(err, FGR_ERR_ARG, "%s '" SHOWN "' is not a whole number", what, text);
    }
    errno = 0;
    unsigned long long value = strtoull(text, NULL, 10);
    if (errno == ERANGE || value < min || value > max) {
        return fgr_fail(err, FGR_ERR_ARG, "%s " SHOWN " is out of range: %" PRIu64 " to %" PRIu64,
                        what, text, min, max);
    }
    *out_count = value;
    return FGR_OK;
}

enum fgr_err fgr_units_parse_payment(fgr_msat *out_amount, const char *text, struct fgr_error *err)
{
    enum fgr_err code = fgr_units_parse_amount(out_amount, text, "AMOUNT", err);
    if (code == FGR_OK && out_amount->v == 0) {
        return fgr_fail(err, FGR_ERR_ARG, "AMOUNT '" SHOWN "' is zero: the least is 1msat", text);
    }
    return code;
}

enum fgr_err fgr_units_parse_limit(uint32_t *limit, const char *text, const char *what,
                                   uint64_t min, uint64_t max, struct fgr_error *err)
{
    uint64_t value = 0;
    if (text == NULL) {
        return FGR_OK;
    }
    enum fgr_err code = fgr_units_parse_count(&value, text, what, min, max, err);
    if (code == FGR_OK) {
        *limit = (uint32_t)value;
    }
    return code;
}

char *fgr_units_grouped(char out_text[FGR_UNITS_TEXT_BYTES], uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *out = out_text;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            *out++ = ',';
        }
        *out++ = digits[i];
    }
    *out = '\0';
    return out_text;
}

char *fgr_units_sat(char out_text[FGR_UNITS_TEXT_BYTES], fgr_msat amount)
{
    fgr_units_grouped(out_text, amount.v / 1000);
    unsigned rest = (unsigned)(amount.v % 1000);
    if (rest != 0) {
        size_t n = strlen(out_text);
        snprintf(out_text + n, FGR_UNITS_TEXT_BYTES - n, ".%03u", rest);
    }
    return out_text;
}

char *fgr_units_percent(char out_text[FGR_UNITS_TEXT_BYTES], uint64_t part, uint64_t whole)
{
    uint64_t permille = whole == 0 ? 0 : (fgr_muldiv_floor(part, 2000, whole) + 1) / 2;
    snprintf(out_text, FGR_UNITS_TEXT_BYTES, "%" PRIu64 ".%" PRIu64, permille / 10, permille % 10);
    return out_text;
}
