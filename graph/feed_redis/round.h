/* SPDX-License-Identifier: MIT */
/*
 * round.h - what a feed of a stream asks the server, and what came back. Part of feed_redis, which
 * makes batches of it.
 *
 * Place in the flow: link, command, reply -> round -> feed_redis.
 *
 * Threads: one thread per feed.
 */
#ifndef FGR_FEED_REDIS_ROUND_H
#define FGR_FEED_REDIS_ROUND_H

#include "graph/feed_redis/command.h"
#include "graph/feed_redis/pending.h"

enum { FGR_ROUND_MAX = 4, FGR_ROUND_BLOCK_MS = 1000 };

enum fgr_ask {
    FGR_ASK_ACK,
    FGR_ASK_CLAIM,
    FGR_ASK_GROUPS,
    FGR_ASK_INFO,
    FGR_ASK_ENTRIES,
    FGR_ASK_CREATE
};

struct fgr_stream_feed {
    struct fgr_feed feed;
    struct fgr_link *link;
    struct fgr_stream_names names;
    struct fgr_cursor cursor; /* behind what was given */
    size_t n_batch;
    size_t n_asked; /* entries asked for: as there is room */
    struct fgr_feed_entry *entries;
    struct fgr_error gap; /* of a replica, for good */

    /* The round. */
    enum fgr_ask round[FGR_ROUND_MAX];
    unsigned n_round, n_replied;
    uint64_t asked_ns;
    const struct fgr_stream_entry *read; /* what ASK_ENTRIES or ASK_CLAIM brought */
    size_t n_read;
    const uint8_t *bytes;
    struct fgr_stream_info info;
    bool has_info;
    struct fgr_stream_group state; /* of the group */
    size_t n_acking;
    bool is_claim, is_history; /* what the entries come from */

    /* Of a group. */
    struct fgr_pending pending;
    bool is_made;       /* the group was there, or made */
    bool is_recovering; /* reading what the group thinks we have */
    struct fgr_stream_id recovered;
    struct fgr_stream_id claim_from;
    uint64_t claim_ms, next_claim_ns;
    bool has_lost; /* of what was claimed, the stream has not all any more */
};

/* False: a replica. */
static inline bool fgr_stream_is_group(const struct fgr_stream_feed *feed)
{
    return feed->names.group[0] != '\0';
}

/* Asks for what is next. A round may be empty, where nothing can be asked (all is pending). Not sent:
 * the connection is lost, and there is no round. Errors: MEMORY. */
enum fgr_err fgr_round_send(struct fgr_stream_feed *feed, bool *out_is_sent, struct fgr_error *err);

/* Asks only to acknowledge what is done. */
enum fgr_err fgr_round_send_ack(struct fgr_stream_feed *feed, bool *out_is_sent,
                                struct fgr_error *err);

/* Receives what is left of the round. *out_is_over: all of it is there. Otherwise it is still under way,
 * or lost with its connection: n_round is 0 then. Errors: ARG (refused); GAP (the group is gone);
 * MEMORY. */
enum fgr_err fgr_round_receive(struct fgr_stream_feed *feed, bool *out_is_over,
                               uint64_t deadline_ns, struct fgr_error *err);

/* There is no round. */
void fgr_round_forget(struct fgr_stream_feed *feed);

#endif
