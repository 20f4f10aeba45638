/* SPDX-License-Identifier: MIT */
/*
 * arc.h - one half-channel as the split sees it, whatever it comes from.
 *
 * Place in the flow: view -> arc -> price, mix, parts. The only place where these look up what a
 * half-channel charges and carries.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_ENGINE_ARC_H
#define FGR_ENGINE_ARC_H

#include "engine/cost.h"

struct fgr_arc {
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat; /* of one part */
    uint64_t most_msat;     /* all parts together: the capacity */
    uint32_t base_msat;     /* 0 out of the source, as the next two */
    uint32_t ppm;
    uint32_t cltv_blocks;
    uint32_t from;
    uint32_t to;
};

/* `source` is where the payment starts: nobody charges for its own channels. */
static inline struct fgr_arc fgr_arc_of(const struct fgr_view *view, uint32_t edge, uint32_t source)
{
    const struct fgr_half *half = &view->half[edge];
    const struct fgr_chan *chan = fgr_view_chan_of(view, edge);
    bool is_own = chan->node[edge & 1] == source;
    return (struct fgr_arc){.htlc_min_msat = half->htlc_min_msat,
                            .htlc_max_msat = half->htlc_max_msat,
                            .most_msat = chan->capacity_sat * 1000,
                            .base_msat = is_own ? 0 : half->base_msat,
                            .ppm = is_own ? 0 : half->ppm,
                            .cltv_blocks = is_own ? 0 : half->cltv_delta,
                            .from = chan->node[edge & 1],
                            .to = chan->node[~edge & 1]};
}

/* What node charges for `amount_msat`, and what locking it up costs. */
static inline uint64_t fgr_arc_fee(const struct fgr_arc *arc, uint64_t amount_msat)
{
    return fgr_fee_msat(amount_msat, arc->base_msat, arc->ppm);
}
static inline uint64_t fgr_arc_risk(const struct fgr_arc *arc, uint32_t risk_ppb,
                                    uint64_t amount_msat)
{
    return fgr_risk_msat(amount_msat, arc->cltv_blocks, risk_ppb);
}

/* M * -ln P of all that the parts put on it; FGR_COST_INF above what it holds. */
static inline uint64_t fgr_arc_fail(const struct fgr_arc *arc, const struct fgr_cost *cost,
                                    uint64_t sum_msat)
{
    return sum_msat > arc->most_msat ? FGR_COST_INF : fgr_cost_fail(cost, sum_msat, arc->most_msat);
}

#endif
