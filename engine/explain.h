/* SPDX-License-Identifier: MIT */
/*
 * explain.h - why there is no route, and the smallest change that gives one.
 *
 * Place in the flow: a search without a route -> explain -> a person or a program.
 *
 * Threads: one thread (it searches again, with the scratch).
 */
#ifndef FGR_ENGINE_EXPLAIN_H
#define FGR_ENGINE_EXPLAIN_H

#include "engine/search.h"

/* `out` is zeroed; `query` has passed its check and has no route (is_proven), or none was found
 * within the work limit. */
void fgr_explain_fill(struct fgr_scratch *scratch, struct fgr_explain *out,
                      const struct fgr_view *view, const struct fgr_route_query *query,
                      bool is_proven);

#endif
