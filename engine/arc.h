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
    uint64_t sure_msat;     /* all parts together: passes for certain, */
    uint64_t most_msat;     /* and no more than this */
    uint64_t capacity_msat;
    int64_t bias_msat;  /* per part */
    uint32_t slots;     /* parts it takes; FGR_SLOTS_ANY = any number */
    uint32_t base_msat; /* 0 out of the source, as the next two */
    uint32_t ppm;
    uint32_t cltv_blocks;
    uint32_t from;
    uint32_t to;
};

/* `source` is where the payment starts: nobody charges for its own channels. */
static inline struct fgr_arc fgr_arc_of(const struct fgr_view *view,
                                        const struct fgr_overlay *overlay, uint32_t edge,
                                        uint32_t source)
{
    struct fgr_overlay_edge at = fgr_overlay_edge_at(view, overlay, edge);
    bool is_own = at.from == source;
    if (at.min_msat == at.max_msat) {
        /* Nothing uncertain: where slots give out first, that is the end of it. */
        at.min_msat = fgr_overlay_edge_room(&at);
        at.max_msat = at.min_msat;
    }
    return (struct fgr_arc){.htlc_min_msat = at.half.htlc_min_msat,
                            .htlc_max_msat = at.half.htlc_max_msat,
                            .sure_msat = at.min_msat,
                            .most_msat = at.max_msat,
                            .capacity_msat = at.capacity_msat,
                            .bias_msat = at.bias_msat,
                            .slots = at.slots,
                            .base_msat = is_own ? 0 : at.half.base_msat,
                            .ppm = is_own ? 0 : at.half.ppm,
                            .cltv_blocks = is_own ? 0 : at.half.cltv_delta,
                            .from = at.from,
                            .to = at.to};
}

/* What the node charges for `amount_msat`, and what locking it up costs. */
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
    struct fgr_overlay_edge edge = {.capacity_msat = arc->capacity_msat,
                                    .min_msat = arc->sure_msat,
                                    .max_msat = arc->most_msat};
    return fgr_cost_extra_fail(cost, &edge, sum_msat);
}

/* P of that, for people. */
static inline double fgr_arc_probability(const struct fgr_arc *arc, enum fgr_prob_model model,
                                         uint64_t sum_msat)
{
    struct fgr_prob_range range = {arc->sure_msat, arc->most_msat, arc->capacity_msat};
    return fgr_prob_known_of(model, sum_msat, &range);
}

/* What the bias of one part comes to: as a discount no more than what it is taken from. */
static inline int64_t fgr_arc_bias(const struct fgr_arc *arc, uint64_t unbiased_msat)
{
    int64_t most = unbiased_msat < INT64_MAX ? (int64_t)unbiased_msat : INT64_MAX;
    return arc->bias_msat >= -most ? arc->bias_msat : -most;
}

#endif
