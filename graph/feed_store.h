/* SPDX-License-Identifier: MIT */
/*
 * feed_store.h - follows the gossip_store of a running lightningd.
 *
 * Place in the flow: file -> record -> feed_store -> whoever reads the feed.
 *
 * lightningd appends to the file, and now and then writes it anew without what was deleted: the old
 * file then ends in a record that says where its end lies in the new one, which takes its name. Such a
 * rewrite is followed, and nothing comes twice. If the new file is not the one that the record names
 * (there was another rewrite meanwhile), or the old one ended without such a record, something may be
 * missing: GAP.
 *
 * A record that is still being written is waited for. One whose checksum is wrong is an error that
 * names its byte; so is a channel_announcement without its channel_amount.
 *
 * Cursors are the byte to read next, and which file: its uuid (version 16 on), else device and inode.
 *
 * Threads: one thread per feed.
 * Memory: one buffer of FGR_FEED_STORE_BYTES, and a batch of entries.
 * Source: CLN common/gossip_store.h, gossipd/gossip_store.c, common/gossmap.c.
 */
#ifndef FGR_GRAPH_FEED_STORE_H
#define FGR_GRAPH_FEED_STORE_H

#include "graph/feed.h"

/* Two of the largest records, and more. */
#define FGR_FEED_STORE_BYTES (256U << 10)

/* Opens the file at `path`, which is copied. A zero cursor: from the first record. Errors: IO; FORMAT (a
 * version that cannot be read); GAP (the cursor is of another file: it was rewritten since); MEMORY. */
enum fgr_err fgr_feed_store_open(struct fgr_feed **out_feed, const char *path,
                                 struct fgr_cursor cursor, struct fgr_error *err);

#endif
