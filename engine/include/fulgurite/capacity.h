/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/capacity.h - how much can be delivered at all, and what stops the rest; how much with a
 * wanted probability or fee. Implemented by engine/.
 *
 * Two numbers with a proof each, for any number of parts and at any price:
 *
 *     at_most    no set of parts delivers more. Proof: a cut. Whatever goes from the source to the
 *                destination crosses one of its half-channels, and a channel carries no more than
 *                it holds: its capacity, or what an overlay knows.
 *     at_least   a set of parts delivers this. Proof: the set. Every part keeps htlc_min and
 *                htlc_max, the limits of the query for a part (min_part, max_cltv, max_hops, the
 *                onion), and pays the exact fees; together they keep what each channel holds.
 *
 * They differ by fees, by what htlc_min leaves unused, and by ways that are too long.
 *
 * Threads: one scratch per thread; any number of scratches share one view without locks.
 * Memory: all of it is taken by fgr_capacity_scratch_create; fgr_capacity allocates nothing. The
 * arrays of an answer belong to the scratch and hold until its next call.
 */
#ifndef FULGURITE_CAPACITY_H
#define FULGURITE_CAPACITY_H

#include "fulgurite/choice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Equal parts on the same way. */
struct fgr_bundle {
    fgr_msat amount;     /* each part delivers */
    uint64_t n_parts;    /* 1 or more */
    uint32_t first_edge; /* its way: bundle_edge[first_edge] on, from the source */
    uint32_t n_edges;
};

struct fgr_capacity {
    fgr_msat at_least;
    fgr_msat at_most; /* FGR_MSAT_MAX: as much as there is, and no cut */
    uint64_t n_parts; /* that deliver at_least */

    /* The cut nearest to the destination; empty if there is no way at all. Half-channels have the
     * names of answers, as in fulgurite/route.h. */
    uint32_t n_cut;
    const fgr_edge_idx *cut;
    bool is_cut_at_source;      /* it is all that leaves the source */
    bool is_cut_at_destination; /* it is all that enters the destination */

    uint32_t n_bundles; /* the set, in all n_parts parts */
    const struct fgr_bundle *bundles;
    const fgr_edge_idx *bundle_edge;
};

/* Reusable memory of one thread, for views of up to the given view's size and overlays on these, as
 * that of fgr_route. */
struct fgr_capacity_scratch;

FGR_API FGR_NODISCARD enum fgr_err
fgr_capacity_scratch_create(struct fgr_capacity_scratch **out_scratch, const struct fgr_view *view,
                            const struct fgr_allocator *allocator, struct fgr_error *err);
FGR_API void fgr_capacity_scratch_destroy(struct fgr_capacity_scratch *scratch);

/* What `query` could ask for at most; its amount, max_parts, max_fee and cost do not count.
 * Errors: ARG (err says which field), LIMIT (the overlay adds more than a scratch has room for). */
FGR_API FGR_NODISCARD enum fgr_err fgr_capacity(struct fgr_capacity_scratch *scratch,
                                                struct fgr_capacity *out_capacity,
                                                const struct fgr_view *view,
                                                const struct fgr_split_query *query,
                                                struct fgr_error *err);

/* What a payment is to be like. */
struct fgr_capacity_goal {
    uint32_t probability_ppm; /* at least this likely, in millionths; 0 = however unlikely */
    uint32_t fee_ppm;         /* fees at most this share of the amount, and the query's max_fee */
    fgr_msat most;            /* no more is tried: at_most of fgr_capacity */
};

#define FGR_FEE_PPM_ANY 1000000

struct fgr_capacity_at {
    fgr_msat at_least;  /* a set of parts of the query that delivers this and meets the goal was
                          found; 0 = none */
    fgr_msat not_at;    /* the least amount tried of which it is proven that no set does; 0 = none.
                          What lies between the two is open, to about a hundredth of it, or where
                          neither a set nor a proof was found */
    double probability; /* of that set */
    fgr_msat fee;
    uint32_t n_parts;
    uint32_t n_solves; /* amounts tried */
};

/* The largest amount found that can be delivered so: a search, each amount as by
 * fgr_choice_most_likely, from below where a probability is wanted. The query counts but for its
 * amount; its min_part becomes half of an amount that is below twice as much. Errors: ARG. */
FGR_API FGR_NODISCARD enum fgr_err
fgr_capacity_at(struct fgr_choice_scratch *scratch, struct fgr_capacity_at *out_capacity,
                const struct fgr_view *view, const struct fgr_split_query *query,
                const struct fgr_capacity_goal *goal, struct fgr_error *err);

#ifdef __cplusplus
}
#endif

#endif
