/* SPDX-License-Identifier: MIT */
/*
 * command.h - the commands about streams, as words of a link.
 *
 * Place in the flow: feed_redis, writer -> command -> link.
 *
 * Threads: one thread per link.
 * Source: Redis 7.0, Streams.
 */
#ifndef FGR_FEED_REDIS_COMMAND_H
#define FGR_FEED_REDIS_COMMAND_H

#include "graph/feed_redis/link.h"

#define FGR_STREAM_NAME_BYTES 512

/* Whom commands are about; group and consumer are "" where there is none. */
struct fgr_stream_names {
    char stream[FGR_STREAM_NAME_BYTES];
    char group[FGR_STREAM_NAME_BYTES];
    char consumer[FGR_STREAM_NAME_BYTES];
};

/* Errors: ARG (empty or too long). `what` says what is named. */
enum fgr_err fgr_stream_name(char out[FGR_STREAM_NAME_BYTES], const char *name, const char *what,
                             struct fgr_error *err);

/* XREAD behind `behind`, or XREADGROUP: behind `behind` of what is pending, of new entries where it is
 * NULL. block_ms 0: at once. */
void fgr_command_read(struct fgr_link *link, const struct fgr_stream_names *names, size_t count,
                      const struct fgr_stream_id *behind, uint64_t block_ms);

/* XINFO STREAM or XINFO GROUPS. */
void fgr_command_info(struct fgr_link *link, const struct fgr_stream_names *names, const char *of);

/* XAUTOCLAIM */
void fgr_command_claim(struct fgr_link *link, const struct fgr_stream_names *names, size_t count,
                       struct fgr_stream_id from, uint64_t idle_ms);

/* XACK; `count` ids must be put behind it. */
void fgr_command_ack(struct fgr_link *link, const struct fgr_stream_names *names, size_t count);

/* XGROUP CREATE from the first entry on, with the stream if there is none. */
void fgr_command_create_group(struct fgr_link *link, const struct fgr_stream_names *names);

/* XPENDING, one entry of the consumer at most. */
void fgr_command_pending(struct fgr_link *link, const struct fgr_stream_names *names);

/* XGROUP DELCONSUMER: what the consumer has pending is lost. */
void fgr_command_leave_group(struct fgr_link *link, const struct fgr_stream_names *names);

#endif
