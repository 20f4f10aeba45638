/* SPDX-License-Identifier: MIT */
/*
 * flow.h - the best flow of an amount over a growing set of paths, and a lower bound for all others.
 *
 * Place in the flow: split -> flow -> {price, mix}; parts makes integers of what it finds.
 *
 * Threads: one thread per flow.
 * Memory: inside the scratch of the split.
 */
#ifndef FGR_ENGINE_FLOW_H
#define FGR_ENGINE_FLOW_H

#include "engine/mix.h"

/* The prices of the best bound so far, as they go into the certificate. */
struct fgr_proof {
    double bound_msat;
    double unit_price;
    double fee_weight;
    double part_weight;
    double credit_msat; /* what the weights add at most */
    double top_msat;
    double reach;
    uint32_t n_earlier; /* proofs that it counts on */
    bool is_sized;
    uint32_t n_lanes;
    fgr_edge_idx edge[FGR_LANES_MAX];
    uint64_t flow_msat[FGR_LANES_MAX];
    double slope[FGR_LANES_MAX];
    double offset[FGR_LANES_MAX];
};

/* Sizes of parts that are priced at once. */
#define FGR_SIZES_MAX 25

/* So many proofs may count on earlier ones. */
#define FGR_EARLIER_MAX 3

enum fgr_flow_end {
    FGR_FLOW_PROVEN,  /* as good as was asked for */
    FGR_FLOW_STOPPED, /* the work limit, or no room for another path */
    FGR_FLOW_MISSING  /* no further path, and not all of the amount has found one */
};

struct fgr_flow {
    const struct fgr_view *view;
    const struct fgr_overlay *overlay; /* set before the start */
    double amount_msat;
    double cost_msat;   /* of the flow, fixed charges spread */
    double bound_msat;  /* of flows, as cost_msat counts */
    double unit_price;  /* of a msat, in that bound */
    double credit_msat; /* what weights add to the cost of any set of parts at most */
    bool keeps_limits;  /* ways that break them have been met */
    bool is_sized;      /* fixed charges are spread over what passes a whole path */
    bool is_case;       /* some lanes are not open: bounds are of that case, and no proof is kept */
    double enough_msat; /* a bound without credit that ends the rounds */
    struct fgr_price_limits limits;
    uint32_t n_rounds;
    uint32_t max_rounds;
    uint64_t max_relaxed; /* half-channels to look at */
    struct fgr_price price;
    struct fgr_mix mix; /* path 0 is what is missing */
    struct fgr_proof proof;
    double
        charge_msat[FGR_LANES_MAX * FGR_SIZES_MAX]; /* sizes.c: per lane, of a part of each size */
    uint32_t n_earlier;
    struct fgr_proof earlier[FGR_EARLIER_MAX];
};

/* Starts anew for `flow->amount_msat` and `flow->overlay` under `flow->limits`: no path, all of the amount missing. */
void fgr_flow_start(struct fgr_flow *flow, const struct fgr_view *view,
                    const struct fgr_tariff *tariff, uint32_t from, uint32_t to);

/* What has been learnt about the rest of the way holds no longer: to be called where prices fall. */
void fgr_flow_restart(struct fgr_flow *flow);

/* Forgets all proofs: the next ones count on nothing. */
void fgr_flow_forget_proofs(struct fgr_flow *flow);

/* Lets the next proofs count on the present one: if a set of parts costs `open_msat` more than its
 * bound at most, it puts no more on a half-channel than the flow of the proof and a share of what is
 * left of the capacity. Returns that share (for the tariff's reach), 0 if it is not known.
 *
 * With t = (x - flow) / (capacity + 1 - flow) > 0, -ln(1 - t) is above its tangent by t^2 / 2 at
 * least; so t <= sqrt(2 open / M). */
double fgr_flow_hold(struct fgr_flow *flow, double open_msat);

/* Another tariff, or weight of parts, for the same ends: paths and amounts stay. flow->is_sized may be
 * set before. */
void fgr_flow_retariff(struct fgr_flow *flow, const struct fgr_tariff *tariff, double part_weight,
                       double credit_msat);

/* Adds the cheapest path that avoids half-channels where the paths in use carry all they can. False
 * if there is none. */
bool fgr_flow_detour(struct fgr_flow *flow);

/* Prices with fixed charges apart, as parts pay them: until the next tariff. */
void fgr_flow_set_apart(struct fgr_flow *flow);

/* Fees of the flow, and the least number of parts that it takes: fractions count. */
double fgr_flow_fee(const struct fgr_flow *flow);
double fgr_flow_parts(const struct fgr_flow *flow);

/* Adds a path, or finds it. Its index; FGR_IDX_NONE if there is no room. */
uint32_t fgr_flow_add(struct fgr_flow *flow, const uint32_t *edge, uint32_t n_edges);

/* The cheapest way below `cutoff` at the slopes of the lanes. Limits are looked at only once one has been
 * broken. */
void fgr_flow_find(struct fgr_flow *flow, struct fgr_price_way *out_way, double cutoff);

/* All ways cheaper than those known for parts of the sizes (price.h); false if not all could be. */
bool fgr_flow_find_sizes(struct fgr_flow *flow, const struct fgr_price_sizes *sizes);

/* The line of each lane at its flow. Returns the sum of the offsets. */
double fgr_flow_tangents(struct fgr_flow *flow);

/* Adds paths and balances until cost <= bound * (1 + gap). */
enum fgr_flow_end fgr_flow_solve(struct fgr_flow *flow, double gap);

/* The bound of the last proof for sets of two parts or more, none below `min_part_msat`: the second
 * pays fixed charges of its own. No larger than `enough_msat`. */
double fgr_flow_several(struct fgr_flow *flow, double min_part_msat, double enough_msat);

/* Forgets which half-channels are lanes. To be called after each use. */
void fgr_flow_end(struct fgr_flow *flow);

#endif
