/* SPDX-License-Identifier: MIT */
/*
 * amount.h - exact amount arithmetic of BOLT 7 fees and timelock risk, in msat.
 *
 * Amounts are at most FGR_MSAT_MAX (< 2^61), so products need up to 103 bits. The common case
 * (below 175 BTC and one million ppm) fits 64 bits and divides by a constant.
 *
 * Threads: pure functions, any thread.
 * Source: BOLT 7, HTLC fees; LND's RiskFactorBillionths.
 */
#ifndef FGR_GRAPH_AMOUNT_H
#define FGR_GRAPH_AMOUNT_H

#include <stdint.h>

#include "graph/util/attr.h"

/* floor(amount * parts / unit) for unit > 0, saturating at UINT64_MAX. */
static inline uint64_t fgr_muldiv_floor(uint64_t amount, uint64_t parts, uint64_t unit)
{
    fgr_u128 q = (fgr_u128)amount * parts / unit;
    return q > UINT64_MAX ? UINT64_MAX : (uint64_t)q;
}

/* base + floor(amount * ppm / 1e6), saturating. */
static inline uint64_t fgr_fee_msat(uint64_t amount_msat, uint32_t base_msat, uint32_t ppm)
{
    uint64_t part;
    if (FGR_LIKELY(amount_msat < UINT64_C(1) << 44 && ppm < UINT32_C(1) << 20)) {
        part = amount_msat * ppm / 1000000;
    } else {
        part = fgr_muldiv_floor(amount_msat, ppm, 1000000);
    }
    return part > UINT64_MAX - base_msat ? UINT64_MAX : part + base_msat;
}

/* floor(amount * cltv_delta * risk_ppb / 1e9), saturating. */
static inline uint64_t fgr_risk_msat(uint64_t amount_msat, uint32_t cltv_blocks, uint32_t risk_ppb)
{
    uint64_t rate = (uint64_t)cltv_blocks * risk_ppb; /* < 2^48 */
    if (FGR_LIKELY(amount_msat < UINT64_C(1) << 44 && rate < UINT64_C(1) << 20)) {
        return amount_msat * rate / 1000000000;
    }
    return fgr_muldiv_floor(amount_msat, rate, 1000000000);
}

#endif
