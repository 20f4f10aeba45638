/* SPDX-License-Identifier: MIT */
/*
 * parallel.h - run one function over a range of items on several threads.
 *
 * The caller is one of the workers. Items are claimed in small chunks, so that uneven items
 * balance; results belong into slots by item number, so that the outcome does not depend on who
 * did what.
 *
 * Threads: a crew is used by one thread at a time.
 */
#ifndef FGR_UTIL_PARALLEL_H
#define FGR_UTIL_PARALLEL_H

#include "fulgurite/base.h"

struct fgr_crew;

/* Does items [begin, end) as worker `worker` (0 <= worker < threads; each index runs on one thread
 * at a time, so it may own per-worker memory). */
typedef void fgr_crew_fn(void *state, unsigned worker, size_t begin, size_t end);

/* threads = 0: one per core this process may use. Threads that cannot be started make the crew
 * smaller, not an error; the caller alone is enough. */
enum fgr_err fgr_crew_create(struct fgr_crew **out_crew, unsigned threads, struct fgr_error *err);
void fgr_crew_destroy(struct fgr_crew *crew);
unsigned fgr_crew_size(const struct fgr_crew *crew);

/* Runs fn over [0, n_items) in chunks of at most `chunk` and returns when all are done. */
void fgr_crew_run(struct fgr_crew *crew, fgr_crew_fn *fn, void *state, size_t n_items,
                  size_t chunk);

#endif
