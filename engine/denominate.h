/* SPDX-License-Identifier: MIT */
/*
 * denominate.h - other amounts for a set of parts than the cheapest ones, on the same paths.
 *
 * Place in the flow: solve (paths and the best parts) -> denominate -> split (the answer).
 *
 * Threads: one thread per mix.
 */
#ifndef FGR_ENGINE_DENOMINATE_H
#define FGR_ENGINE_DENOMINATE_H

#include "engine/parts.h"
#include "fulgurite/choice.h"

struct fgr_split_scratch;

/* Whether the amount can be had in such denominations at all, whatever the network. Errors: ARG. */
enum fgr_err fgr_denominate_check(const struct fgr_parts_task *task,
                                  const struct fgr_denominations *how, struct fgr_error *err);

/* The cheapest set found on the paths of the mix; `best` are the parts without such a wish. False if
 * there is none. */
bool fgr_denominate(struct fgr_mix *mix, struct fgr_parts *out_parts, const struct fgr_parts *best,
                    const struct fgr_parts_task *task, const struct fgr_denominations *how);

/* split.c: fgr_split with amounts as `how` says; NULL = the cheapest ones. Errors: also WORK where sets
 * were found, but none such. */
enum fgr_err fgr_split_denominated(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
                                   const struct fgr_view *view, const struct fgr_split_query *query,
                                   const struct fgr_denominations *how, struct fgr_error *err);

#endif
