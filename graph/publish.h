/* SPDX-License-Identifier: MIT */
/*
 * publish.h - hands the views of a master to any number of readers, without a lock and without either
 * side ever waiting for the other.
 *
 * Place in the flow: master -> publish -> view (one query sees one view from start to end).
 *
 *     struct fgr_reader reader;                          one per thread, kept
 *     fgr_reader_join(&reader, publish, &err);
 *     const struct fgr_view *view = fgr_reader_acquire(&reader);
 *     ...                                                a query
 *     fgr_reader_release(&reader);
 *
 * A reader that keeps a view holds back the memory that this view shows and no other, however much
 * is published meanwhile: at most one network per reader. fgr_publish_look tells who does.
 *
 * Threads: functions of struct fgr_publish are the writer's, the one thread that applies to the
 * master; a reader is one thread's. fgr_reader_join and fgr_reader_leave: any thread.
 * Memory: everything is sized at create; readers allocate nothing.
 */
#ifndef FGR_GRAPH_PUBLISH_H
#define FGR_GRAPH_PUBLISH_H

#include "graph/master.h"

#define FGR_READERS_MAX 65536

struct fgr_publish;

struct fgr_reader {
    struct fgr_publish *publish;
    uint32_t slot;
};

struct fgr_publish_status {
    uint64_t version;     /* the newest view */
    uint64_t oldest;      /* the oldest that a reader holds; the newest if none is older */
    uint64_t stalled_ns;  /* since when a look has found a reader with the same older view */
    uint32_t n_readers;   /* that have joined */
    uint32_t n_reading;   /* that hold a view */
    size_t n_held_pieces; /* of memory that only older views show, or are not swept yet */
    size_t n_held_bytes;
};

/* Shows what is in `master`, which is borrowed, to up to `max_readers` readers at once.
 * Errors: MEMORY, ARG (max_readers is 0 or above FGR_READERS_MAX). */
enum fgr_err fgr_publish_create(struct fgr_publish **out_publish, struct fgr_master *master,
                                uint32_t max_readers, struct fgr_error *err);
/* All readers have left. The master stays. NULL is allowed. */
void fgr_publish_destroy(struct fgr_publish *publish);

/* What was applied to the master so far is what readers acquire from now on; older memory is swept
 * now and then. Errors: MEMORY; readers keep getting the view before, and a later call has it all. */
enum fgr_err fgr_publish_show(struct fgr_publish *publish, struct fgr_error *err);

/* Gives back at once what no reader holds. */
void fgr_publish_sweep(struct fgr_publish *publish);

/* How things are. `now_ns` is of any clock that does not go back. */
void fgr_publish_look(struct fgr_publish *publish, struct fgr_publish_status *out_status,
                      uint64_t now_ns);

/* Errors: LIMIT (as many readers as there may be have joined). */
enum fgr_err fgr_reader_join(struct fgr_reader *out_reader, struct fgr_publish *publish,
                             struct fgr_error *err);
/* Holds no view. */
void fgr_reader_leave(struct fgr_reader *reader);

/* The newest view, valid until fgr_reader_release. Wait-free: three accesses to shared memory. The
 * reader holds no other view. */
const struct fgr_view *fgr_reader_acquire(struct fgr_reader *reader);
void fgr_reader_release(struct fgr_reader *reader);

#endif
