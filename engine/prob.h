/* SPDX-License-Identifier: MIT */
/*
 * prob.h - how unlikely it is that a half-channel of unknown balance carries an amount.
 *
 * P is the probability that the balance on the sending side is at least the amount; what is
 * returned is -ln P in Q48, which adds up along a route.
 *
 *   uniform   P = (c + 1 - a) / (c + 1)                        balance uniform over 0 .. c msat
 *   bimodal   P = (H(c) - H(a)) / (H(c) - H(0)),               s = 300 000 sat
 *             H(x) = -e^(-x/s) + e^((x-c)/s) + x / (c s)       (lengths in msat)
 *   ldk       P = (2 + w + w^9) / 4,  w = 1 - 2 a / c          density 128 (1/256 + 9 (x - 1/2)^8)
 *
 * The last two reach P = 0 at a = c; there P is taken as the smallest positive number of the fixed
 * point, so that a full channel is dear but not excluded.
 *
 * Where attempts have taught that the balance is from min to max, the density is conditioned on that:
 *
 *   P = 1 if a <= min;  0 if a > max;  else (F(m) - F(a)) / (F(m) - F(min)),  m = max + 1
 *
 * with F the integral of the density above (m is the capacity where max is: the last two models
 * have no balance beyond). With min = 0 and max = c this is P as above.
 *
 * Every model is monotone in the amount. Threads: pure, any thread.
 * Source: Pickhardt and Richter 2021; LND's bimodal estimator and LDK's scorer, restated from
 * their published formulas (LDK's extra factor 64/78 for channels never used is left out).
 */
#ifndef FGR_ENGINE_PROB_H
#define FGR_ENGINE_PROB_H

#include "fulgurite/route.h"

/* -ln P in Q48. 0 <= amount_msat <= capacity_msat, capacity_msat > 0. */
uint64_t fgr_prob_neg_ln_q48(enum fgr_prob_model model, uint64_t amount_msat,
                             uint64_t capacity_msat);

/* P itself, for people: 0 .. 1. The same double on every machine. */
double fgr_prob_of(enum fgr_prob_model model, uint64_t amount_msat, uint64_t capacity_msat);

/* What is known of the balance of a half-channel: 0 <= min <= max <= capacity, capacity > 0. */
struct fgr_prob_range {
    uint64_t min_msat;
    uint64_t max_msat;
    uint64_t capacity_msat;
};

/* -ln P in Q48, given the range. amount_msat <= range->max_msat. Exactly 0 up to min. */
uint64_t fgr_prob_known_neg_ln_q48(enum fgr_prob_model model, uint64_t amount_msat,
                                   const struct fgr_prob_range *range);

/* P itself; 0 above max. */
double fgr_prob_known_of(enum fgr_prob_model model, uint64_t amount_msat,
                         const struct fgr_prob_range *range);

#endif
