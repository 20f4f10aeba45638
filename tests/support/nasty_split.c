/* SPDX-License-Identifier: MIT */
#include "tests/support/nasty_split.h"

#include <inttypes.h>
#include <stdio.h>

void fgr_nasty_split_graph(struct fgr_rng *rng, struct fgr_maker_chan *out_chans, uint32_t n_chans,
                           uint32_t n_nodes, uint64_t amount_msat)
{
    uint64_t share = 1 + fgr_rng_below(rng, 3);
    fgr_nasty_graph(rng, out_chans, n_chans, n_nodes, amount_msat / share + 1);
}

void fgr_nasty_split_narrow(struct fgr_rng *rng, struct fgr_maker_chan *chans, uint32_t n_chans,
                            uint64_t amount_msat)
{
    for (uint32_t i = 0; i < n_chans; i++) {
        struct fgr_maker_chan *chan = &chans[i];
        uint64_t most_sat = amount_msat / 1000 / (1 + fgr_rng_below(rng, 4)) + 1;
        chan->capacity_sat = chan->capacity_sat < most_sat ? chan->capacity_sat : most_sat;
        for (unsigned d = 0; d < 2; d++) {
            struct fgr_maker_half *half = &chan->half[d];
            uint64_t most_msat = chan->capacity_sat * 1000;
            half->htlc_max_msat = half->htlc_max_msat < most_msat ? half->htlc_max_msat : most_msat;
            if (half->htlc_min_msat > half->htlc_max_msat) {
                half->htlc_min_msat = half->htlc_max_msat;
            }
        }
    }
}

void fgr_nasty_split_query(struct fgr_rng *rng, struct fgr_split_query *out_query, uint32_t n_nodes,
                           uint64_t amount_msat, uint32_t max_parts)
{
    struct fgr_route_query route;
    fgr_nasty_query(rng, &route, n_nodes, amount_msat);
    *out_query = (struct fgr_split_query){.sz = sizeof *out_query,
                                          .from = route.from,
                                          .to = route.to,
                                          .amount = route.amount,
                                          .max_fee = route.max_fee,
                                          .max_cltv = route.max_cltv,
                                          .max_hops = route.max_hops,
                                          .final_cltv = route.final_cltv,
                                          .final_bytes = route.final_bytes,
                                          .cost = route.cost};
    out_query->max_parts = 1 + (uint32_t)fgr_rng_below(rng, max_parts);
    uint64_t most_msat = fgr_nasty_chance(rng, 70) ? amount_msat / 3 + 1 : amount_msat;
    out_query->min_part.v = fgr_nasty_chance(rng, 30) ? 1 : 1 + fgr_rng_below(rng, most_msat);
    if (fgr_nasty_chance(rng, 20)) {
        out_query->part_cost.v = fgr_nasty_magnitude(rng, 16);
    }
}

void fgr_nasty_split_tight(struct fgr_rng *rng, struct fgr_split_query *query)
{
    static const uint32_t max_parts[] = {1, 2, 2, 3, 4, 5, 8, 16, 17, FGR_PARTS_MAX};
    query->max_parts = max_parts[fgr_rng_below(rng, sizeof max_parts / sizeof *max_parts)];
    uint64_t amount_msat = query->amount.v;
    uint64_t share_msat = amount_msat / query->max_parts;
    const uint64_t min_part_msat[] = {1,
                                      share_msat,
                                      share_msat - 1,
                                      share_msat + 1,
                                      share_msat / 2,
                                      amount_msat / 2,
                                      amount_msat / 2 + 1,
                                      amount_msat / 3,
                                      1 + fgr_rng_below(rng, share_msat + 1),
                                      amount_msat};
    uint64_t min_msat = min_part_msat[fgr_rng_below(rng, sizeof min_part_msat / sizeof share_msat)];
    bool is_possible = min_msat >= 1 && min_msat <= amount_msat;
    query->min_part.v = is_possible ? min_msat : 1;
}

const char *fgr_nasty_split_describe(char *text, size_t n_bytes,
                                     const struct fgr_split_query *query)
{
    snprintf(text, n_bytes,
             "%" PRIu32 " -> %" PRIu32 ", %" PRIu64 " msat, max_fee %" PRId64 ", max_cltv %" PRIu32
             ", max_hops %" PRIu32 ", final_cltv %" PRIu32 ", final_bytes %" PRIu32
             ", max_parts %" PRIu32 ", min_part %" PRIu64 ", part_cost %" PRIu64 ", M %" PRIu64
             " + %" PRIu32 " ppm, R %" PRIu32 ", model %d",
             query->from.v, query->to.v, query->amount.v, (int64_t)query->max_fee.v,
             query->max_cltv, query->max_hops, query->final_cltv, query->final_bytes,
             query->max_parts, query->min_part.v, query->part_cost.v, query->cost.fail_base_msat,
             query->cost.fail_amount_ppm, query->cost.risk_ppb, (int)query->cost.model);
    return text;
}
