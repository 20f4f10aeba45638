/* SPDX-License-Identifier: MIT */
/*
 * dijkstra.h - the textbook: one backward Dijkstra with exact amounts, doubles and libm's log.
 *
 * Place in the flow: view + query -> path. The reference that bench/ measures fgr_route against,
 * and an upper bound on the best cost in the tests. Not exact: one label per node cannot see that
 * a dearer label with a smaller amount, CLTV or hop count may win further on.
 *
 * The failure cost is the uniform model's (FGR_PROB_UNIFORM); others are not implemented.
 *
 * Threads: one object per thread; any number share one view.
 * Memory: node arrays are taken at create; the heap grows to its high-water mark and stays.
 */
#ifndef FGR_TESTS_ORACLE_DIJKSTRA_H
#define FGR_TESTS_ORACLE_DIJKSTRA_H

#include "tests/oracle/path.h"

struct fgr_dijkstra;

struct fgr_dijkstra_answer {
    bool is_found;
    struct fgr_path path; /* priced in integers */
    uint64_t settled;
    uint64_t relaxed;
};

/* False if memory is short. */
bool fgr_dijkstra_create(struct fgr_dijkstra **out_dijkstra, const struct fgr_view *view);
void fgr_dijkstra_destroy(struct fgr_dijkstra *dijkstra);

void fgr_dijkstra_solve(struct fgr_dijkstra *dijkstra, struct fgr_dijkstra_answer *out_answer,
                        const struct fgr_route_query *query);

#endif
