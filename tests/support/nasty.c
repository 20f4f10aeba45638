/* SPDX-License-Identifier: MIT */
#include "tests/support/nasty.h"

#define PICK(rng, list) (list)[fgr_rng_below((rng), sizeof(list) / sizeof(list)[0])]

bool fgr_nasty_chance(struct fgr_rng *rng, unsigned percent)
{
    return fgr_rng_below(rng, 100) < percent;
}

uint64_t fgr_nasty_magnitude(struct fgr_rng *rng, unsigned bits)
{
    unsigned length = 1 + (unsigned)fgr_rng_below(rng, bits);
    uint64_t top = UINT64_C(1) << (length - 1);
    return top | (fgr_rng_next(rng) & (top - 1));
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Somewhere around what a payment of `amount_msat` has grown to after a few hops. */
static uint64_t near_amount(struct fgr_rng *rng, uint64_t amount_msat)
{
    const uint64_t extra_msat[] = {0,
                                   1,
                                   2,
                                   1000,
                                   1001,
                                   2000,
                                   amount_msat / 1000 + 1,
                                   amount_msat / 100,
                                   fgr_rng_below(rng, 3000)};
    return amount_msat + PICK(rng, extra_msat);
}

static struct fgr_maker_half nasty_half(struct fgr_rng *rng, uint64_t amount_msat,
                                        uint64_t capacity_msat)
{
    static const uint32_t base_msat[] = {0, 0, 0, 1, 1000, 1000, 999, 5000, 100000, UINT32_MAX};
    static const uint32_t ppm[] = {0, 0, 1, 1, 100, 999, 10000, 1000000, UINT32_MAX};
    static const uint16_t cltv[] = {0, 0, 1, 34, 40, 80, 144, 1000, UINT16_MAX};
    struct fgr_maker_half half = {.is_known = !fgr_nasty_chance(rng, 10),
                                  .is_disabled = fgr_nasty_chance(rng, 5),
                                  .base_msat = PICK(rng, base_msat),
                                  .ppm = PICK(rng, ppm),
                                  .cltv_delta = PICK(rng, cltv)};
    half.htlc_min_msat =
        fgr_nasty_chance(rng, 60) ? fgr_rng_below(rng, 2) : near_amount(rng, amount_msat);
    half.htlc_max_msat = fgr_nasty_chance(rng, 60) ? capacity_msat : near_amount(rng, amount_msat);
    half.htlc_max_msat = min_u64(half.htlc_max_msat, capacity_msat);
    half.htlc_min_msat = min_u64(half.htlc_min_msat, half.htlc_max_msat);
    return half;
}

void fgr_nasty_graph(struct fgr_rng *rng, struct fgr_maker_chan *out_chans, uint32_t n_chans,
                     uint32_t n_nodes, uint64_t amount_msat)
{
    static const uint64_t roominess[] = {1, 2, 3, 10, 100, 10000};
    for (uint32_t i = 0; i < n_chans; i++) {
        struct fgr_maker_chan *chan = &out_chans[i];
        uint32_t a = (uint32_t)fgr_rng_below(rng, n_nodes);
        uint32_t b = (uint32_t)fgr_rng_below(rng, n_nodes - 1);
        b += b >= a;
        /* Every fourth channel runs beside the one before. */
        if (i > 0 && fgr_nasty_chance(rng, 25)) {
            a = out_chans[i - 1].node[0];
            b = out_chans[i - 1].node[1];
        }
        uint64_t room_sat = near_amount(rng, amount_msat) / 1000 + 1;
        chan->node[0] = a < b ? a : b;
        chan->node[1] = a < b ? b : a;
        chan->capacity_sat = min_u64(room_sat * PICK(rng, roominess), FGR_SAT_MAX);
        for (unsigned d = 0; d < 2; d++) {
            chan->half[d] = nasty_half(rng, amount_msat, chan->capacity_sat * 1000);
        }
    }
}

void fgr_nasty_limits(struct fgr_rng *rng, struct fgr_route_query *query)
{
    static const uint32_t cltv_slack[] = {0, 1, 34, 40, 80, 120, 144, 300, 1100, 3000};
    const uint64_t fee_msat[] = {
        0, 1, 999, 1000, 2001, query->amount.v / 100, fgr_nasty_magnitude(rng, 24)};
    if (fgr_nasty_chance(rng, 50)) {
        query->max_fee.v = PICK(rng, fee_msat);
    }
    if (fgr_nasty_chance(rng, 50)) {
        query->final_cltv = (uint32_t)fgr_rng_below(rng, 200);
        query->max_cltv = query->final_cltv + PICK(rng, cltv_slack);
    }
    if (fgr_nasty_chance(rng, 50)) {
        query->max_hops = 1 + (uint32_t)fgr_rng_below(rng, 7);
    }
    if (fgr_nasty_chance(rng, 40)) {
        /* Leaves room for some 0 to 8 forwarding hops. */
        query->final_bytes = 1230 - (uint32_t)fgr_rng_below(rng, 450);
    }
}

void fgr_nasty_query(struct fgr_rng *rng, struct fgr_route_query *out_query, uint32_t n_nodes,
                     uint64_t amount_msat)
{
    uint32_t from = (uint32_t)fgr_rng_below(rng, n_nodes);
    uint32_t to = (uint32_t)fgr_rng_below(rng, n_nodes - 1);
    to += to >= from;
    fgr_route_query_init(out_query, (fgr_node_idx){from}, (fgr_node_idx){to},
                         (fgr_msat){amount_msat});
    fgr_nasty_limits(rng, out_query);
    if (fgr_nasty_chance(rng, 50)) {
        static const uint64_t fail_base_msat[] = {0,      1,        1000,
                                                  100000, 10000000, UINT64_C(100000000000000)};
        static const uint32_t fail_amount_ppm[] = {0, 1000, 100000, 1000000};
        static const uint32_t risk_ppb[] = {0, 1, 15, 1000, 1000000};
        static const enum fgr_prob_model model[] = {FGR_PROB_UNIFORM, FGR_PROB_BIMODAL,
                                                    FGR_PROB_LDK};
        out_query->cost.fail_base_msat = PICK(rng, fail_base_msat);
        out_query->cost.fail_amount_ppm = PICK(rng, fail_amount_ppm);
        out_query->cost.risk_ppb = PICK(rng, risk_ppb);
        out_query->cost.model = PICK(rng, model);
    }
}
