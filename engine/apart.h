/* SPDX-License-Identifier: MIT */
/*
 * apart.h - the search where an amount may be too small: ways are kept apart by what they carry.
 *
 * Place in the flow: search.c calls it when a larger amount could open a half-channel, by its
 * htlc_min, that the best path so far does not use.
 *
 * Threads: one scratch per thread.
 */
#ifndef FGR_ENGINE_APART_H
#define FGR_ENGINE_APART_H

#include "engine/search.h"

/* Improves `result`, which may hold a path, until it is proven for the task or the work limit ends
 * that: then the bound says how far it got. */
void fgr_apart(struct fgr_scratch *scratch, struct fgr_search_result *result,
               const struct fgr_search_task *task);

#endif
