/* SPDX-License-Identifier: MIT */
/*
 * orphans.h - a waiting room of fixed size for messages about something that is not known yet.
 *
 * Place in the flow: rules (an update without its channel) -> orphans -> rules, once it is there.
 *
 * Messages wait under a key. The one that has waited longest leaves where there is no room, and no key
 * has more than FGR_ORPHANS_OF_KEY, so that nobody fills the room with one channel that will never be.
 *
 * Threads: one thread. Memory: all of it at creation, about 1 KiB for each place.
 */
#ifndef FGR_GRAPH_ORPHANS_H
#define FGR_GRAPH_ORPHANS_H

#include "fulgurite/base.h"

#define FGR_ORPHANS_OF_KEY 8
#define FGR_ORPHANS_BYTES 1024 /* the longest message that waits */
#define FGR_ORPHANS_PLACES_MAX (1U << 24)

struct fgr_orphans;

/* Errors: ARG (no place, or too many), MEMORY, IO (no random bytes). */
enum fgr_err fgr_orphans_create(struct fgr_orphans **out_orphans, uint32_t n_places,
                                struct fgr_error *err);
/* NULL is allowed. */
void fgr_orphans_destroy(struct fgr_orphans *orphans);

enum fgr_orphans_outcome {
    FGR_ORPHANS_KEPT,
    FGR_ORPHANS_KEPT_FOR_ANOTHER, /* the one that had waited longest had to leave */
    FGR_ORPHANS_REFUSED           /* too long, or too many wait under this key */
};

/* Copies a message. What was released and not taken yet is lost. */
enum fgr_orphans_outcome fgr_orphans_put(struct fgr_orphans *orphans, uint64_t key,
                                         const uint8_t *message, size_t n_bytes);

/* All that wait under the key become free to be taken, in the order they came. */
void fgr_orphans_release(struct fgr_orphans *orphans, uint64_t key);

/* Takes the next released message; it is there until the next put. NULL: there is none. */
const uint8_t *fgr_orphans_take(struct fgr_orphans *orphans, size_t *out_n_bytes);

/* How many wait. */
uint32_t fgr_orphans_count(const struct fgr_orphans *orphans);

#endif
