/* SPDX-License-Identifier: MIT */
/*
 * fixed.c - e^-x in integers.
 *
 * Method: e^-x = 2^-y with y = x log2 e, cut to Q48. y = n + i/16 + r, so that
 *
 *     2^-y = 2^-n * 2^(-i/16) * e^-v,    v = r ln 2 < 0.0434
 *
 * with the middle factor from a table and the last from its Taylor series to v^8.
 *
 * Error: the cut of y is worth 2^-48.5, the series stops at v^9 / 9! < 2^-59, and each rounding is
 * below 2^-61: together below 2^-47 of the value.
 *
 * Monotone: y never falls when x grows. When y grows by its unit 2^-48, the exact value falls by a
 * factor of 1 - 2^-48.5; the errors of series and roundings are some thousand times smaller, also
 * from one table entry to the next, so the product never rises, and neither does its shift by n.
 */
#include "graph/util/fixed.h"

#define TABLE_BITS 4
#define DEGREE 8
#define ZERO_FROM_Q48 (UINT64_C(43) << 48) /* e^-43 < 2^-62 */

/* floor(2^63 * 2^(-i/16)) */
static const uint64_t power_table[1 << TABLE_BITS] = {
    UINT64_C(9223372036854775808), UINT64_C(8832331321595618838), UINT64_C(8457869449776733335),
    UINT64_C(8099283532826439816), UINT64_C(7755900482342532474), UINT64_C(7427075746662858865),
    UINT64_C(7112192101001162094), UINT64_C(6810658488877194079), UINT64_C(6521908912666391106),
    UINT64_C(6245401371186603363), UINT64_C(5980616842327661685), UINT64_C(5727058308814112982),
    UINT64_C(5484249825272419511), UINT64_C(5251735624851448219), UINT64_C(5029079263719320435),
    UINT64_C(4815862801830788490),
};

/* floor(2^63 / k!) */
static const uint64_t taylor[DEGREE + 1] = {
    UINT64_C(9223372036854775808), UINT64_C(9223372036854775808), UINT64_C(4611686018427387904),
    UINT64_C(1537228672809129301), UINT64_C(384307168202282325),  UINT64_C(76861433640456465),
    UINT64_C(12810238940076077),   UINT64_C(1830034134296582),    UINT64_C(228754266787072),
};

static const uint64_t log2_e_q62 = UINT64_C(6653256548922161245);
static const uint64_t ln_2_q64 = UINT64_C(12786308645202655659);

static inline uint64_t mul_high(uint64_t a, uint64_t b)
{
    return (uint64_t)(((fgr_u128)a * b) >> 64);
}

uint64_t fgr_exp_neg_q62(uint64_t x_q48)
{
    if (x_q48 >= ZERO_FROM_Q48) {
        return 0;
    }
    uint64_t y_q48 = (uint64_t)(((fgr_u128)x_q48 * log2_e_q62) >> 62);
    uint64_t n = y_q48 >> 48; /* <= 62 */
    uint64_t fraction_q64 = y_q48 << 16;
    unsigned i = (unsigned)(fraction_q64 >> (64 - TABLE_BITS));
    uint64_t r_q64 = fraction_q64 & (UINT64_MAX >> TABLE_BITS);
    uint64_t v_q64 = mul_high(r_q64, ln_2_q64);
    uint64_t series_q63 = taylor[DEGREE];
    for (int k = DEGREE - 1; k >= 0; k--) {
        series_q63 = taylor[k] - mul_high(v_q64, series_q63);
    }
    return mul_high(power_table[i], series_q63) >> n;
}
