/* SPDX-License-Identifier: MIT */
/*
 * feed_redis.h - gossip from a Redis stream: one raw BOLT 7 message in field `m` of each entry, and
 * of a channel_announcement maybe the capacity in satoshi in field `sat`.
 *
 * Place in the flow: Redis -> link -> reply -> feed_redis -> whoever reads the feed.
 *
 * A replica follows the whole stream from its own cursor (XREAD). Where one process cannot verify
 * fast enough, several share a stream as a consumer group (XREADGROUP): each entry goes to one of
 * them, and what it has not told done when it dies, another takes over (XAUTOCLAIM). An entry may
 * then come twice, and out of order.
 *
 * Cursors of a group's entries are those of the entry: the group itself is kept by the server.
 *
 * Threads: one thread per feed.
 * Memory: at most n_batch messages, and as many ids as 16 batches have. A group's feed gives nothing
 * while so many are not done.
 * Source: Redis 7.0, Streams.
 */
#ifndef FGR_FEED_REDIS_H
#define FGR_FEED_REDIS_H

#include "graph/feed.h"
#include "graph/feed_redis/link.h"

#define FGR_FEED_REDIS_BATCH 1000
#define FGR_FEED_REDIS_BATCH_MAX 65536
#define FGR_FEED_REDIS_CLAIM_MS 30000

struct fgr_feed_redis_options {
    const struct fgr_redis_server *server;
    const char *stream;
    size_t n_batch;           /* entries a batch has at most; 0: FGR_FEED_REDIS_BATCH */
    struct fgr_cursor cursor; /* of a replica; zero: from the first entry there is */
    const char *group;       /* NULL: a replica. Made if it is not there, from the first entry on */
    const char *consumer;    /* name in the group, of nobody else; NULL: a random one */
    uint32_t claim_after_ms; /* what others have had so long is taken over; 0: the above */
};

/* Does not connect yet: the first read does. Errors: ARG (the cursor is of another source, a batch too
 * large); MEMORY; IO. */
enum fgr_err fgr_feed_redis_open(struct fgr_feed **out_feed,
                                 const struct fgr_feed_redis_options *options,
                                 struct fgr_error *err);

/* The cursor behind entry `id` of a stream, not counted. */
struct fgr_cursor fgr_feed_redis_cursor(const char *stream, struct fgr_stream_id id);

#endif
