/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/split.h - the best set of parts for an amount, with its proof. Implemented by engine/.
 *
 * Cost of a set of parts, in msat, with the terms of fulgurite/route.h:
 *
 *     fee, risk   per part and hop, as for a route
 *     fail        per half-channel, of the SUM x that all parts put on it (their fees for what
 *                 follows included): floor(M * -ln P(x)); M is that of the whole amount
 *     part_cost   once per part
 *     bias        of an overlay, costs of HTLCs included: per part and hop; as a discount at most the
 *                 three of that hop together
 *
 * Parts that share a half-channel share its uncertainty: the probability is that of the set, not
 * the product of independent paths. The set of one part costs what the route costs.
 *
 * The bound is the dual of the same problem without rounding: every fee, risk and failure is
 * rounded down in the cost, so the cost of any set that keeps the limits is at least
 * `bound - rounding`. Of one part (max_parts 1) it is that of fgr_route, and rounding is 0.
 *
 * Threads: one scratch per thread; any number of scratches share one view without locks.
 * Memory: all of it is taken by fgr_split_scratch_create; fgr_split allocates nothing. The arrays
 * of an answer belong to the scratch and hold until its next call.
 */
#ifndef FULGURITE_SPLIT_H
#define FULGURITE_SPLIT_H

#include "fulgurite/route.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FGR_PARTS_MAX 128
#define FGR_PARTS_DEFAULT 16
#define FGR_PART_MIN_DEFAULT_MSAT UINT64_C(10000000)
#define FGR_SPLIT_GAP_DEFAULT_PPM 500

struct fgr_split_query {
    size_t sz; /* sizeof(struct fgr_split_query) */
    fgr_node_idx from, to;
    fgr_msat amount;      /* delivered to `to`, to the msat */
    fgr_msat max_fee;     /* of all parts together; FGR_MSAT_NONE = no limit */
    uint32_t max_cltv;    /* of each part: blocks, the final delta included */
    uint32_t max_hops;    /* of each part: channels; 1 to FGR_HOPS_MAX */
    uint32_t final_cltv;  /* blocks the destination asks for */
    uint32_t final_bytes; /* as in struct fgr_route_query */
    uint32_t max_parts;   /* 1 to FGR_PARTS_MAX */
    fgr_msat min_part;    /* no part delivers less, nor more than the amount; at least 1 msat */
    fgr_msat part_cost;   /* what one part more costs the sender, e.g. its share of a commitment
                             transaction; at most FGR_PART_COST_MAX_MSAT; default 0 */
    uint32_t max_gap_ppm; /* stop as soon as the certificate is this good; 0 = as good as it gets */
    uint32_t max_rounds;  /* work limit: searches for a further path; 0 = default (see README) */
    struct fgr_cost_params cost;
    const struct fgr_overlay *overlay; /* changes on top of the view, borrowed; NULL = none */
};

#define FGR_PART_COST_MAX_MSAT UINT64_C(1000000000000)

/* Defaults for everything but from, to and amount. min_part becomes 10 000 sat, or half of the
 * amount if that is less. */
FGR_API void fgr_split_query_init(struct fgr_split_query *query, fgr_node_idx from, fgr_node_idx to,
                                  fgr_msat amount);

/* One HTLC. Its hops are those of a route, but for `fail` and `probability` of a half-channel that
 * earlier parts use too: what this part adds to theirs, given that theirs pass. So the fails add up
 * to the fail of the set and the probabilities multiply to its probability. */
struct fgr_part {
    fgr_msat amount; /* delivered */
    fgr_msat fee;
    double probability;  /* given that the parts before it pass */
    uint32_t cltv_total; /* blocks, final delta included */
    uint32_t onion_bytes;
    uint32_t n_hops;
    struct fgr_hop hops[FGR_HOPS_MAX];
};

/* The first proof, that counts on nothing else. Each half-channel e has a line below its failure
 * cost, M * -ln P(x) >= offset_e + slope_e * x for 0 <= x <= its capacity: the tangent at flow_e for
 * those that are listed; offset 0 and slope flat * M / (capacity + 1) for all others. Let a path have
 *
 *     m  the price of one msat at its end: 0 at the source, and p * (1 + ppm / 1e6) + fee_weight * ppm /
 *        1e6 + risk + slope behind a half-channel if p before it; out of the source without ppm and risk
 *     F  its fixed charges: part_weight + part_cost + sum of base fees, each times fee_weight + the m
 *        before it, since it has to be sent as well
 *     h  the largest part that it can deliver: the amount, or what fees leave of an htlc_max, or of
 *        top, on the way
 *
 * With y = the least m + F / h of all paths (within max_hops and max_cltv), every set of parts that
 * keeps the limits and is better than this one costs, before rounding, at least
 *
 *     bound = sum of offsets + amount * y - (fee_weight - 1) * max_fee - part_weight * max_parts
 *
 * where unit_price may stand for y: it is no more, and less where it was not needed to look at paths as a
 * whole. A set of two parts or more costs at least `several`, because each part has fixed charges of its
 * own (engine/flow.c, fgr_flow_several). Both are claims about this certificate alone, and it proves
 * them.
 *
 * The bound of the answer can be better than both, and the certificate does not carry what proves
 * that: what is proven limits how large a part of a better set can be, and with that, by what parts of
 * each size cost, by how many parts there may be, and by half-channels used or not as cases of their
 * own, it is proven again (engine/solve.c, sizes.c, lots.c, branch.c). Any slopes make a true bound;
 * these make a good one. */
struct fgr_certificate {
    const fgr_edge_idx *edge; /* n_edges */
    const uint64_t *flow_msat;
    const double *slope;
    const double *offset_msat;
    uint32_t n_edges;
    uint64_t top_msat;  /* no part of a better set carries more on any half-channel */
    double flat;        /* by model; 1 for FGR_PROB_UNIFORM */
    double fee_weight;  /* 1, or more where max_fee binds */
    double part_weight; /* 0, or more where max_parts binds */
    double unit_price;  /* y, or less */
    double bound_msat;
    double several_msat; /* 0 = not asked for */
    uint32_t max_hops;   /* limits that y keeps, FGR_IDX_NONE where it need not: */
    uint32_t max_cltv;   /* hops, and blocks without the final delta */
};

struct fgr_split_stats {
    uint32_t rounds;  /* searches for a path */
    uint32_t paths;   /* different ones kept */
    uint64_t settled; /* nodes taken from the fronts */
    uint64_t relaxed; /* half-channels looked at */
    uint64_t steps;   /* of the amounts towards their optimum */
    uint32_t cases;   /* of half-channels with a fixed charge, used or not */
};

struct fgr_split {
    fgr_msat amount; /* delivered by all parts */
    fgr_msat fee;    /* of all parts */
    fgr_msat cost;
    fgr_msat bound;    /* see above; never above the cost */
    fgr_msat rounding; /* what rounding down can save in any set of parts at most */
    uint64_t gap_ppm;  /* ceil((cost / bound - 1) * 1e6), UINT64_MAX = bound 0 */
    double probability;
    uint32_t n_parts;
    const struct fgr_part *parts; /* by falling amount; the scratch's */
    struct fgr_certificate certificate;
    struct fgr_split_stats stats; /* filled for no_route as well */
};

/* Reusable memory of one splitting thread, for views of up to the given view's size. */
struct fgr_split_scratch;

FGR_API FGR_NODISCARD enum fgr_err fgr_split_scratch_create(struct fgr_split_scratch **out_scratch,
                                                            const struct fgr_view *view,
                                                            const struct fgr_allocator *allocator,
                                                            struct fgr_error *err);
FGR_API void fgr_split_scratch_destroy(struct fgr_split_scratch *scratch);

/* The best set of parts for `query`: never dearer than the best single route, never a partial
 * payment.
 * Errors: ARG (err says which field), NO_ROUTE (an answer: proven), WORK (unproven: none found
 * before the work limit). */
FGR_API FGR_NODISCARD enum fgr_err
fgr_split(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
          const struct fgr_view *view, const struct fgr_split_query *query, struct fgr_error *err);

/* Re-derives every amount, fee and limit, the shared cost and probability of the set from the view
 * and the query alone, and compares the bound with the cost. Trusts nothing in `split` but its
 * edges, the amounts delivered and the bound.
 * Errors: CHECK (err names the part, the hop and the field; err->record is the part). */
FGR_API FGR_NODISCARD enum fgr_err fgr_split_check(const struct fgr_view *view,
                                                   const struct fgr_split_query *query,
                                                   const struct fgr_split *split,
                                                   struct fgr_error *err);

#ifdef __cplusplus
}
#endif

#endif
