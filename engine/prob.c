/* SPDX-License-Identifier: MIT */
#include "engine/prob.h"

#include "graph/util/fixed.h"

#define BIMODAL_SCALE_MSAT UINT64_C(300000000)
#define ONE_Q61 (UINT64_C(1) << 61)

/* Both models as a fraction of two integers, so that P and -ln P come from the same numbers. */
struct fraction {
    uint64_t part;
    uint64_t whole;
};

/* e^(-msat / s) in Q61. Beyond 64 s nothing is left of Q61. */
static uint64_t bimodal_exp_q61(uint64_t amount_msat)
{
    if (amount_msat >= 64 * BIMODAL_SCALE_MSAT) {
        return 0;
    }
    uint64_t x_q48 = (uint64_t)(((fgr_u128)amount_msat << 48) / BIMODAL_SCALE_MSAT);
    return fgr_exp_neg_q62(x_q48) >> 1;
}

/* Each term falls with the amount, also after rounding, so the fraction is monotone. */
static struct fraction bimodal(uint64_t amount_msat, uint64_t capacity_msat)
{
    uint64_t flat_q61 = ONE_Q61 / BIMODAL_SCALE_MSAT;
    uint64_t tail_q61 = bimodal_exp_q61(capacity_msat);
    uint64_t left_msat = capacity_msat - amount_msat;
    uint64_t part = ONE_Q61 - tail_q61 + bimodal_exp_q61(amount_msat) - bimodal_exp_q61(left_msat) +
                    (uint64_t)((fgr_u128)flat_q61 * left_msat / capacity_msat);
    uint64_t whole = 2 * (ONE_Q61 - tail_q61) + flat_q61;
    return (struct fraction){part > 0 ? part : 1, whole};
}

static uint64_t mul_q61(uint64_t a, uint64_t b)
{
    return (uint64_t)(((fgr_u128)a * b) >> 61);
}

/* |w| is rounded down before its powers, so both halves of the curve stay monotone. */
static struct fraction ldk(uint64_t amount_msat, uint64_t capacity_msat)
{
    uint64_t twice = 2 * amount_msat;
    uint64_t away = twice <= capacity_msat ? capacity_msat - twice : twice - capacity_msat;
    uint64_t w = (uint64_t)(((fgr_u128)away << 61) / capacity_msat);
    uint64_t w2 = mul_q61(w, w);
    uint64_t w4 = mul_q61(w2, w2);
    uint64_t w9 = mul_q61(mul_q61(w4, w4), w);
    uint64_t part = twice <= capacity_msat ? 2 * ONE_Q61 + w + w9 : 2 * ONE_Q61 - w - w9;
    return (struct fraction){part > 0 ? part : 1, 4 * ONE_Q61};
}

static struct fraction fraction_of(enum fgr_prob_model model, uint64_t amount_msat,
                                   uint64_t capacity_msat)
{
    switch (model) {
    case FGR_PROB_BIMODAL:
        return bimodal(amount_msat, capacity_msat);
    case FGR_PROB_LDK:
        return ldk(amount_msat, capacity_msat);
    case FGR_PROB_UNIFORM:
        break;
    }
    return (struct fraction){capacity_msat + 1 - amount_msat, capacity_msat + 1};
}

uint64_t fgr_prob_neg_ln_q48(enum fgr_prob_model model, uint64_t amount_msat,
                             uint64_t capacity_msat)
{
    struct fraction p = fraction_of(model, amount_msat, capacity_msat);
    return p.part >= p.whole ? 0 : fgr_neg_ln_q48(p.part, p.whole);
}

double fgr_prob_of(enum fgr_prob_model model, uint64_t amount_msat, uint64_t capacity_msat)
{
    struct fraction p = fraction_of(model, amount_msat, capacity_msat);
    return (double)p.part / (double)p.whole;
}
