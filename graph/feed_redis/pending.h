/* SPDX-License-Identifier: MIT */
/*
 * pending.h - ids that a consumer group gave us, in the order they came: first those that are done and
 * not told, then those that are not done.
 *
 * Threads: one thread.
 * Memory: fixed at creation.
 */
#ifndef FGR_FEED_REDIS_PENDING_H
#define FGR_FEED_REDIS_PENDING_H

#include "graph/feed_redis/stream_id.h"

struct fgr_pending_id {
    struct fgr_stream_id id;
    bool is_silent; /* never given to the caller, so nobody will say that it is done */
};

struct fgr_pending {
    struct fgr_pending_id *ring;
    size_t n_room;
    size_t begin;  /* oldest */
    size_t n_done; /* from there on, and not told */
    size_t n;      /* all */
};

enum fgr_err fgr_pending_init(struct fgr_pending *pending, size_t n_room, struct fgr_error *err);
void fgr_pending_deinit(struct fgr_pending *pending);

static inline size_t fgr_pending_room(const struct fgr_pending *pending)
{
    return pending->n_room - pending->n;
}

/* There must be room. */
void fgr_pending_add(struct fgr_pending *pending, struct fgr_stream_id id, bool is_silent);

/* The `n` oldest that are not silent are done, and silent ones among them and right behind. */
void fgr_pending_done(struct fgr_pending *pending, size_t n);

/* Number i of those done and not told. */
struct fgr_stream_id fgr_pending_done_id(const struct fgr_pending *pending, size_t i);

/* The `n` oldest have been told; they are done. */
void fgr_pending_told(struct fgr_pending *pending, size_t n);

/* O(n). */
bool fgr_pending_has(const struct fgr_pending *pending, struct fgr_stream_id id);

#endif
