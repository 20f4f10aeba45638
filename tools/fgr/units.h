/* SPDX-License-Identifier: MIT */
/*
 * units.h - amounts, limits and counts as people write them, to and from integers. No floating
 * point: every digit that is read or shown is exact.
 *
 * Place in the flow: command line, QUERIES.csv -> units -> query; answer -> units -> terminal.
 *
 * Threads: pure functions, any thread.
 */
#ifndef FGR_TOOLS_UNITS_H
#define FGR_TOOLS_UNITS_H

#include "fulgurite/base.h"

/* Longest output of the functions below, terminator included. */
#define FGR_UNITS_TEXT_BYTES 40

/* "250000sat", "1500msat", "0.01btc": digits, at most one point, a unit in any case. Zero passes.
 * `what` names the value in messages. Errors: ARG (no unit, negative, finer than 1 msat, above 21
 * million BTC, not a number). */
FGR_NODISCARD enum fgr_err fgr_units_parse_amount(fgr_msat *out_amount, const char *text,
                                                  const char *what, struct fgr_error *err);

/* A fee limit for `amount`: an amount as above, or "1%" or "0.05%" of it, rounded down. */
FGR_NODISCARD enum fgr_err fgr_units_parse_fee_limit(fgr_msat *out_limit, const char *text,
                                                     fgr_msat amount, struct fgr_error *err);

/* "95%" or "0.5%" in millionths, up to 100%. Errors: ARG. */
FGR_NODISCARD enum fgr_err fgr_units_parse_share(uint32_t *out_ppm, const char *text,
                                                 const char *what, struct fgr_error *err);

/* Digits only, min to max. Errors: ARG. */
FGR_NODISCARD enum fgr_err fgr_units_parse_count(uint64_t *out_count, const char *text,
                                                 const char *what, uint64_t min, uint64_t max,
                                                 struct fgr_error *err);

/* AMOUNT: as an amount, but not zero. */
FGR_NODISCARD enum fgr_err fgr_units_parse_payment(fgr_msat *out_amount, const char *text,
                                                   struct fgr_error *err);

/* The same as a count, of 32 bits; NULL leaves `limit` as it is. */
FGR_NODISCARD enum fgr_err fgr_units_parse_limit(uint32_t *limit, const char *text,
                                                 const char *what, uint64_t min, uint64_t max,
                                                 struct fgr_error *err);

/* "1,234,567". Returns `out_text`. */
char *fgr_units_grouped(char out_text[FGR_UNITS_TEXT_BYTES], uint64_t value);

/* Satoshi of an amount in msat, with the three msat digits only where they are not zero:
 * "1,234.567" or "1,234". Returns `out_text`. */
char *fgr_units_sat(char out_text[FGR_UNITS_TEXT_BYTES], fgr_msat amount);

/* Share `part` of `whole` in percent with one decimal, rounded: "12.3". "0.0" of nothing. */
char *fgr_units_percent(char out_text[FGR_UNITS_TEXT_BYTES], uint64_t part, uint64_t whole);

#endif
