/* SPDX-License-Identifier: MIT */
/*
 * query.h - a public query, validated and resolved into a search task.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_ENGINE_QUERY_H
#define FGR_ENGINE_QUERY_H

#include "engine/search.h"

/* Errors: ARG, naming the field and what it may be. */
enum fgr_err fgr_query_check(const struct fgr_view *view, const struct fgr_route_query *query,
                             struct fgr_error *err);

/* `query` has passed the check. */
void fgr_query_task(struct fgr_search_task *out_task, const struct fgr_view *view,
                    const struct fgr_route_query *query);

#endif
