/* SPDX-License-Identifier: MIT */
/*
 * limbo.h - memory of a structure that is written in versions: copied before it is changed, and
 * given back when no reader can see it any more.
 *
 * A page is born in the version that wrote it. Once that version is published it is never written
 * again; a later version that changes it makes a copy, and the page dies with that version: the
 * versions birth .. death - 1 are the ones that show it. It waits here until none of them is read.
 * So a reader that keeps one version holds back what that version shows, however many follow.
 *
 * Threads: the one writer. Memory: pages come from the allocator.
 */
#ifndef FGR_UTIL_LIMBO_H
#define FGR_UTIL_LIMBO_H

#include "fulgurite/base.h"

/* Takes something back that is no page: `what` is the owner's name for it. */
typedef void fgr_limbo_fn(void *owner, uint64_t what);

struct fgr_limbo_item {
    uint64_t birth;
    uint64_t death;
    void *page; /* or NULL, and: */
    fgr_limbo_fn *give_back;
    void *owner;
    uint64_t what;
    size_t n_bytes;
};

struct fgr_limbo {
    struct fgr_allocator allocator;
    uint64_t version; /* the one being written */
    struct fgr_limbo_item *items;
    size_t n_items;
    size_t n_items_room;
    size_t n_bytes; /* waiting here */
};

/* `allocator` may be NULL. */
void fgr_limbo_init(struct fgr_limbo *out_limbo, const struct fgr_allocator *allocator);
/* Gives everything back: nobody reads any more. Pages that still live are their owners'. */
void fgr_limbo_free(struct fgr_limbo *limbo);

/* A zeroed page of the version being written. NULL and MEMORY in err. */
void *fgr_limbo_page(struct fgr_limbo *limbo, size_t n_bytes, struct fgr_error *err);

/* The page itself if the version being written made it, else a copy of it in its place. NULL and
 * MEMORY in err; nothing is changed then. */
void *fgr_limbo_edit(struct fgr_limbo *limbo, void *page, struct fgr_error *err);

/* Makes room for `n` more items, so that as many fgr_limbo_drop... cannot fail. Errors: MEMORY. */
enum fgr_err fgr_limbo_reserve(struct fgr_limbo *limbo, size_t n, struct fgr_error *err);

/* A page that the version being written no longer shows; NULL is allowed. */
void fgr_limbo_drop(struct fgr_limbo *limbo, void *page);
/* The same for `n_bytes` that are no page; `birth` is kept by the owner. */
void fgr_limbo_drop_other(struct fgr_limbo *limbo, const struct fgr_limbo_item *item);

/* Frees a page at once: for owners at their end. NULL is allowed. */
void fgr_limbo_free_page(struct fgr_limbo *limbo, void *page);

/* Gives back what has died and shows in none of the `n` versions, which ascend. */
void fgr_limbo_sweep(struct fgr_limbo *limbo, const uint64_t *versions, size_t n);

#endif
