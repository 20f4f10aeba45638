/* SPDX-License-Identifier: MIT */
/*
 * gap.h - is something missing between what a feed has read and what the stream gave it next?
 *
 * Place in the flow: feed_redis asks after every batch.
 *
 * Redis gives what lies behind a cursor, and does not say that some of it has been trimmed away
 * meanwhile. So every batch is followed by XINFO STREAM, which knows how many entries were ever added
 * and how many there are: their difference T is how many have gone, and trimming takes the oldest.
 * With a cursor that counts (it includes the first N entries ever added) the answer is exact: T <= N
 * plus those of the batch that have gone since. With one that does not, the cursor's entry or an
 * earlier one must still be there. Where entries were deleted by name (XDEL), T says nothing about the
 * oldest; the uncounted rule holds then, and what was deleted must not lie in the batch.
 *
 * A stream that ends before the cursor, or had fewer entries than it counts, is another one: the
 * server came back without it, or with an old copy.
 *
 * Threads: pure, any thread.
 * Source: Redis 7.0, XINFO STREAM, XTRIM.
 */
#ifndef FGR_FEED_REDIS_GAP_H
#define FGR_FEED_REDIS_GAP_H

#include "graph/feed.h"
#include "graph/feed_redis/reply.h"

/* `entries` were read behind `cursor`, before `info` was asked for; `info` is NULL where there is no
 * stream. OK moves the cursor to the last of them and counts. Errors: GAP, with both ends. */
FGR_NODISCARD enum fgr_err fgr_gap_check(struct fgr_cursor *io_cursor,
                                         const struct fgr_stream_entry *entries, size_t n_entries,
                                         const struct fgr_stream_info *info, struct fgr_error *err);

/* The same question about a consumer group before it reads. */
FGR_NODISCARD enum fgr_err fgr_gap_check_group(const struct fgr_stream_group *group,
                                               const struct fgr_stream_info *info,
                                               struct fgr_error *err);

#endif
