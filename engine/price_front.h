/* SPDX-License-Identifier: MIT */
/*
 * price_front.h - what the two pricing searches share: keys, lists, the backward front. Private to
 * them.
 *
 * Threads: one thread per search.
 */
#ifndef FGR_ENGINE_PRICE_FRONT_H
#define FGR_ENGINE_PRICE_FRONT_H

#include "engine/price.h"
#include "graph/walk.h"

/* Prices as keys of the heaps: floats rounded down, whose bits rise with them. */
static inline uint32_t fgr_price_key(double price)
{
    union {
        float value;
        uint32_t bits;
    } key = {.value = (float)price};
    return (double)key.value > price ? key.bits - 1 : key.bits;
}
static inline double fgr_price_decode(uint32_t bits)
{
    union {
        uint32_t bits;
        float value;
    } key = {.bits = bits};
    return (double)key.value;
}

static inline bool fgr_price_is_settled(const struct fgr_price *p, uint32_t node)
{
    return fgr_bitset_has(p->settled, node);
}

/* At least what a msat at `node` still has to pay. */
static inline double fgr_price_rest(const struct fgr_price *p, uint32_t node)
{
    return fgr_price_is_settled(p, node) ? p->node[node].rest : p->radius;
}

/* What a msat costs behind `arc` if it cost `price` before; `lane` is NULL where nothing flows. */
static inline double fgr_price_behind(const struct fgr_tariff *tariff, const struct fgr_arc *arc,
                                      bool is_first, const struct fgr_lane *lane, double price)
{
    /* Of a discount: nothing, but for the price of its room. */
    double slope = lane != NULL ? lane->slope : fgr_tariff_flat(tariff, arc);
    double held_msat = lane != NULL ? lane->held_msat : 0;
    if (is_first) {
        return slope + (tariff->part_cost_msat + fgr_tariff_bias(arc)) /
                           fgr_tariff_spread(tariff, arc, held_msat);
    }
    bool is_free = lane != NULL && lane->use == FGR_LANE_PAID;
    double fee = is_free ? (double)arc->ppm * 1e-6 : fgr_tariff_fee(tariff, arc, held_msat);
    if (arc->bias_msat < 0) { /* it may take all of the cost, but not the fee from the msat */
        return price * (1.0 + fee) + slope;
    }
    return price * (1.0 + fee) + fee * tariff->fee_weight +
           (double)arc->cltv_blocks * tariff->risk + slope +
           fgr_tariff_bias(arc) / fgr_tariff_spread(tariff, arc, held_msat);
}

/* Whether a lane may be cheaper than the columns say. */
static inline bool fgr_price_is_special(const struct fgr_tariff *tariff,
                                        const struct fgr_lane *lane)
{
    return lane->use == FGR_LANE_PAID || (lane->held_msat > 0 && tariff->reach > 0);
}

/* The tariff as floats, rounded so that no bound exceeds the truth. */
struct fgr_price_terms {
    float top;
    float widen; /* 1, or huge: then no htlc_max narrows what fixed charges are spread over */
    float least;
    float near;   /* 1 / reach: over the capacity, 1 / what a part can be there */
    float widest; /* 1 / the least part: fixed charges are spread over no less */
    float base;
    float ppm;
    float cltv;
    float fail;
};

struct fgr_price_terms fgr_price_terms_of(const struct fgr_tariff *tariff);

/* At most the prices of `n` half-channels at no flow, with nothing held; infinite where no part
 * fits. */
void fgr_price_scan(float *restrict out, const struct fgr_adjacency *adj, uint32_t first,
                    uint32_t n, const struct fgr_price_terms *terms);

/* Record of a node, fresh if this search or query has not met it yet. */
struct fgr_price_node *fgr_price_node_at(struct fgr_price *p, uint32_t node);

/* Whether the backward front should move before the list of `node` is opened; one step of it. */
bool fgr_price_is_backward_turn(const struct fgr_price *p, uint32_t node);
void fgr_price_step_backward(struct fgr_price *p, const struct fgr_tariff *tariff,
                             const struct fgr_price_terms *terms);

/* The heap whose way comes next, and the least price of all that is left; NULL if nothing is. */
struct fgr_heap *fgr_price_next_heap(struct fgr_price *p, double *out_bound);

/* Starts a search: no node has been reached from the source; the backward front stays as far as it
 * is true and close. */
void fgr_price_begin(struct fgr_price *p, const struct fgr_lanes *lanes, double cutoff);

#endif
