/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/choice.h - what else a sender may want of a set of parts than the least cost. Implemented
 * by engine/.
 *
 * Every answer is one of fgr_split (but for denominations, which have amounts of their own), for a query
 * that differs from the sender's in the price of a failure M, the most parts or the amount. That query comes with it, so that fgr_split_check
 * holds for the two, and the bound is that of that query.
 *
 * The price of a set is its cost without the failures: fees, risk and part costs. What an answer is
 * worth follows from the bounds by weak duality: for every M, and every set S under the limits,
 *
 *     price(S) + M * -ln P(S)  >=  cost_M(S)  >=  bound_M - rounding_M
 *
 * Logarithms are in fixed point; 2^-30 for each half-channel that a set may use covers what they and
 * the rounding of the probability can be off, and is taken off every bound below.
 *
 * Threads: one scratch per thread; any number of scratches share one view without locks.
 * Memory: all of it is taken by fgr_choice_scratch_create; queries allocate nothing. The arrays of
 * an answer belong to the scratch and hold until its next call.
 */
#ifndef FULGURITE_CHOICE_H
#define FULGURITE_CHOICE_H

#include "fulgurite/split.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FGR_CURVE_POINTS_MAX 9

struct fgr_choice {
    struct fgr_split_query query; /* fgr_split_check holds for this and the split */
    struct fgr_split split;
    fgr_msat fail;  /* M of the query */
    fgr_msat price; /* fees, risk and part costs */
    uint32_t n_solves;
    fgr_msat price_bound;     /* fgr_choice_cheapest */
    double probability_bound; /* fgr_choice_most_likely */
    uint32_t parts_bound;     /* fgr_choice_fewest_parts */
    fgr_msat left;            /* fgr_choice_receiver_pays */
    fgr_msat rest;            /* fgr_choice_denominations: what the last part carries that is no
                                 power of two; 0 = nothing */
};

struct fgr_curve {
    uint32_t n_points; /* 1 or more, by rising fee */
    uint32_t n_solves;
    struct fgr_choice point[FGR_CURVE_POINTS_MAX];
};

/* Reusable memory of one thread, for views of up to the given view's size. */
struct fgr_choice_scratch;

FGR_API FGR_NODISCARD enum fgr_err
fgr_choice_scratch_create(struct fgr_choice_scratch **out_scratch, const struct fgr_view *view,
                          const struct fgr_allocator *allocator, struct fgr_error *err);
FGR_API void fgr_choice_scratch_destroy(struct fgr_choice_scratch *scratch);

/* Fee against probability: the best sets for FGR_CURVE_POINTS_MAX prices of a failure, from 1/256 to
 * 256 times that of the query. Those that another set beats in one and equals in the other are left
 * out, so both rise from point to point.
 * Errors: those of fgr_split, where none of the prices has an answer. */
FGR_API FGR_NODISCARD enum fgr_err fgr_choice_curve(struct fgr_choice_scratch *scratch,
                                                    struct fgr_curve *out_curve,
                                                    const struct fgr_view *view,
                                                    const struct fgr_split_query *query,
                                                    struct fgr_error *err);

/* The set of least price among those found with a probability of at least `wanted_ppm` millionths:
 * the price of a failure is raised and lowered, in at most 40 solves, until it just does. No set
 * under the limits that is so probable has a price below `price_bound`, the greatest
 *
 *     bound_M - rounding_M - M * -ln(wanted)
 *
 * rounded down. With no risk and no part cost in the query it bounds the fee alone.
 * Errors: those of fgr_split; ARG for 0 or more than 1 000 000; WORK where sets were found but none
 * so probable, with the best probability in the text: unproven. */
FGR_API FGR_NODISCARD enum fgr_err fgr_choice_cheapest(struct fgr_choice_scratch *scratch,
                                                       struct fgr_choice *out_choice,
                                                       const struct fgr_view *view,
                                                       const struct fgr_split_query *query,
                                                       uint32_t wanted_ppm, struct fgr_error *err);

/* The most probable set found whose fee is at most the query's max_fee; its risk and part_cost do not
 * count, and M is large. No set under the limits has a probability above `probability_bound`, the
 * least exp(-(bound_M - rounding_M - max_fee) / M), rounded up.
 * Errors: those of fgr_split; ARG without a max_fee. */
FGR_API FGR_NODISCARD enum fgr_err fgr_choice_most_likely(struct fgr_choice_scratch *scratch,
                                                          struct fgr_choice *out_choice,
                                                          const struct fgr_view *view,
                                                          const struct fgr_split_query *query,
                                                          struct fgr_error *err);

/* The set of fewest parts found whose cost is at most `tolerance_ppm` millionths above that of the
 * answer of fgr_split. With fewer than `parts_bound` parts, the bounds say, there is none; with as
 * many as the answer or more there is this one.
 * Errors: those of fgr_split; ARG for a tolerance above 1 000 000. */
FGR_API FGR_NODISCARD enum fgr_err
fgr_choice_fewest_parts(struct fgr_choice_scratch *scratch, struct fgr_choice *out_choice,
                        const struct fgr_view *view, const struct fgr_split_query *query,
                        uint32_t tolerance_ppm, struct fgr_error *err);

/* The receiver bears the fees: the query's amount is what the sender spends. The answer delivers the
 * largest amount found that together with its fee is not above that, in at most 48 solves, all with
 * the price of a failure of the whole amount. `left` is what stays with the sender: 0 where amount and
 * fee add up to the msat, else the few msat that a fee jumps by. It is never above the fee: what
 * leaves more is a partial payment, and no answer.
 * Errors: those of fgr_split; WORK where fees take more than half. */
FGR_API FGR_NODISCARD enum fgr_err fgr_choice_receiver_pays(struct fgr_choice_scratch *scratch,
                                                            struct fgr_choice *out_choice,
                                                            const struct fgr_view *view,
                                                            const struct fgr_split_query *query,
                                                            struct fgr_error *err);

/* Amounts that tell less about a payment to those who forward its parts. */
enum fgr_denomination {
    FGR_DENOMINATION_POWERS = 0, /* powers of two in sat, so that parts look like those of others;
                                    what is missing is a part of its own, smaller than all others,
                                    and as small as max_parts and min_part let it */
    FGR_DENOMINATION_UNEQUAL     /* no two parts deliver the same number of sat: random amounts */
};

struct fgr_denominations {
    enum fgr_denomination kind;
    uint64_t seed; /* of UNEQUAL: the same seed makes the same amounts */
};

/* The cheapest set found in such amounts, on the paths that the best set for the query was chosen from.
 * The bound is that of all sets, whatever their amounts: no set in these denominations costs less.
 * Errors: those of fgr_split; ARG where no such amounts add up under max_parts and min_part; WORK
 * where sets were found but none such: unproven. */
FGR_API FGR_NODISCARD enum fgr_err
fgr_choice_denominations(struct fgr_choice_scratch *scratch, struct fgr_choice *out_choice,
                         const struct fgr_view *view, const struct fgr_split_query *query,
                         const struct fgr_denominations *how, struct fgr_error *err);

#ifdef __cplusplus
}
#endif

#endif
