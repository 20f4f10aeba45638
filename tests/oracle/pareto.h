/* SPDX-License-Identifier: MIT */
/*
 * pareto.h - the exact route under every limit, by slow and plain label setting.
 *
 * Place in the flow: view + query -> least cost, or the proof that there is no route. The judge of
 * fgr_route on graphs too large for brute force. Shares no code with engine/search: integers only,
 * one direction, no rounded bound, dominance by the argument in pareto.c.
 *
 * Threads: one object per thread; any number share one view.
 * Memory: grows with the labels kept, up to the work limit, and is kept between queries.
 */
#ifndef FGR_TESTS_ORACLE_PARETO_H
#define FGR_TESTS_ORACLE_PARETO_H

#include "tests/oracle/path.h"

struct fgr_pareto;

struct fgr_pareto_options {
    uint64_t max_labels;  /* per query; beyond it the answer is `gave_up` */
    bool with_bounds;     /* order and prune by exact distances from the source */
    bool with_relaxation; /* allow loops first, forbid them where they show; without it a query for
                             which an htlc_min counts is given up above 64 nodes */
};

struct fgr_pareto_answer {
    bool is_found;
    bool gave_up; /* no statement about the query */
    struct fgr_path best;
    uint64_t n_labels;
};

/* False if memory is short. */
bool fgr_pareto_create(struct fgr_pareto **out_pareto, const struct fgr_view *view);
void fgr_pareto_destroy(struct fgr_pareto *pareto);

void fgr_pareto_solve(struct fgr_pareto *pareto, struct fgr_pareto_answer *out_answer,
                      const struct fgr_route_query *query,
                      const struct fgr_pareto_options *options);

#endif
