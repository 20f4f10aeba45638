/* SPDX-License-Identifier: MIT */
/*
 * choice.h - what of the choices others count on.
 *
 * Place in the flow: choice -> capacity_at, which asks for many amounts one after the other.
 *
 * Threads: one thread per scratch.
 */
#ifndef FGR_ENGINE_CHOICE_H
#define FGR_ENGINE_CHOICE_H

#include "fulgurite/choice.h"

/* fgr_choice_most_likely, but no more than it takes to tell whether a set has a probability of at
 * least `wanted_ppm` millionths: ends with the first set that has it, the first proof that none has,
 * or where only the fee limit could be in the way and is not. Errors: the same. */
FGR_NODISCARD enum fgr_err fgr_choice_likely(struct fgr_choice_scratch *scratch,
                                             struct fgr_choice *out_choice,
                                             const struct fgr_view *view,
                                             const struct fgr_split_query *query,
                                             uint32_t wanted_ppm, struct fgr_error *err);

#endif
