/* SPDX-License-Identifier: MIT */
#include "engine/scan.h"

#include <math.h>

/* x as a float that is not larger. */
static float float_floor(uint64_t x)
{
    float f = (float)x;
    /* 2^64 itself does not convert back; amounts and costs stay far below. */
    return (uint64_t)f > x ? nextafterf(f, 0.0F) : f;
}

void fgr_scan_terms_init(struct fgr_scan_terms *out_terms, const struct fgr_cost *cost,
                         uint64_t amount_msat)
{
    float amount = float_floor(amount_msat);
    float fee = (float)cost->fee_weight;
    uint64_t fixed =
        (uint64_t)cost->hop_weight + (uint64_t)cost->byte_weight * fgr_onion_hop_bytes(amount_msat);
    *out_terms = (struct fgr_scan_terms){
        .amount_msat = amount,
        .base = fee,
        .ppm = fee * (amount * 1e-6F),
        .cltv = (float)cost->risk_ppb * 1e-9F * amount + (float)cost->cltv_weight,
        .fail = cost->model == FGR_PROB_UNIFORM ? float_floor(cost->fail_msat) : 0.0F,
        .fixed = (float)fixed,
    };
}

fgr_scan_fn *fgr_scan_best(void)
{
#ifdef FGR_HAVE_SCAN_V3
    if (__builtin_cpu_supports("avx2")) {
        return fgr_scan_v3;
    }
#endif
    return fgr_scan_plain;
}
