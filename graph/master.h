/* SPDX-License-Identifier: MIT */
/*
 * master.h - the network as its one writer knows it: changed message by message, shown in versions.
 *
 * Place in the flow: delta -> master -> publish (hands the versions to readers) -> view.
 *
 * Nodes and channels are numbered as they come, those of the image it was made from first; a number
 * keeps its meaning for the life of the master, also when a channel is closed or a node has lost its
 * last one. So what is known of a half-channel or in flight on it stays valid from version to
 * version. A closed channel that is announced again gets a new number, a node that comes back its old.
 *
 * Versions share what did not change between them (graph/util/limbo.h, graph/README.md).
 *
 * Threads: one writer. The views are immutable, for any thread, until they are swept.
 * Memory: own; nothing is borrowed from the view that it was made from. Closed channels keep 96 bytes
 * each, former aliases up to 44, until the network is laid out anew as an image.
 */
#ifndef FGR_GRAPH_MASTER_H
#define FGR_GRAPH_MASTER_H

#include "graph/delta.h"
#include "graph/view.h"

struct fgr_master;

/* The network of `view`, an image's, or with NULL an empty one. The pages come from `allocator`
 * (may be NULL). Errors: MEMORY, LIMIT, IO (no random bytes), ARG (a live view). */
enum fgr_err fgr_master_create(struct fgr_master **out_master, const struct fgr_view *view,
                               const struct fgr_allocator *allocator, struct fgr_error *err);

/* No view may be read any more. NULL is allowed. */
void fgr_master_destroy(struct fgr_master *master);

/* Applies one change, whole or not at all. Which message is new enough is for the rules to say:
 * here the last one counts.
 * Errors: UNKNOWN (no such channel; a node without a channel), FORMAT (names the contradiction, as
 * the builder does; also a channel that is known already, or without capacity), LIMIT, MEMORY. */
enum fgr_err fgr_master_apply(struct fgr_master *master, const struct fgr_change *change,
                              struct fgr_error *err);

/* Ends the version being written: what was applied so far becomes a view, and the view before it
 * dies. Valid until fgr_master_sweep finds it in no reader's hands. Errors: MEMORY; nothing has
 * changed then, and what was applied waits for the next call. */
enum fgr_err fgr_master_seal(struct fgr_master *master, const struct fgr_view **out_view,
                             struct fgr_error *err);

/* Gives back the memory that shows neither in the newest view nor in one of `n` ascending versions:
 * those of the views that somebody still reads. */
void fgr_master_sweep(struct fgr_master *master, const uint64_t *versions, size_t n);

/* What older views hold back: pieces, and bytes. */
size_t fgr_master_n_held(const struct fgr_master *master);
size_t fgr_master_held_bytes(const struct fgr_master *master);

#endif
