/* SPDX-License-Identifier: MIT */
/*
 * branch.h - bounds for fixed charges, case by case.
 *
 * Place in the flow: solve (relaxation solved, parts chosen, gap still open) -> branch.
 *
 * Threads: one thread per scratch.
 */
#ifndef FGR_ENGINE_BRANCH_H
#define FGR_ENGINE_BRANCH_H

#include "engine/solve.h"

/* Raises solve->bound_msat, and finds better parts on the way, until they are close enough, or no case
 * is worth dividing, or the work limit. */
void fgr_branch(struct fgr_solve *solve);

#endif
