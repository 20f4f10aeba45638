/* SPDX-License-Identifier: MIT */
/*
 * link.h - a connection to a Redis server that is made again whenever it is lost.
 *
 * Place in the flow: address -> link (connect, log in, send commands, receive replies) ->
 * feed_redis, writer. The only user of hiredis' connections.
 *
 * After a loss the next try waits: 20 ms, twice as long after each failure, at most 5 s; half of it
 * at random, so that many clients do not come back at once. Every try looks the name up again, or
 * asks the sentinels, so a fail-over is followed. Any sentinel's master must say that it is one.
 *
 * Threads: one thread per link.
 * Memory: commands are kept until they are sent.
 */
#ifndef FGR_FEED_REDIS_LINK_H
#define FGR_FEED_REDIS_LINK_H

#include "graph/feed.h"
#include "graph/feed_redis/address.h"
#include "graph/feed_redis/reply.h"

/* How a server is reached; copied where it is given. */
struct fgr_redis_server {
    struct fgr_redis_address address;
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: none */
    uint64_t seed;        /* of the pauses between tries; 0: from the system */
};

enum fgr_link_state {
    FGR_LINK_REPLY,
    FGR_LINK_LATE, /* nothing yet; or a signal came */
    FGR_LINK_LOST  /* the connection is gone, and all that was asked for with it */
};

struct fgr_link;

/* Does not connect yet; for n_entries_max and group see fgr_parser_create. Errors: MEMORY, ARG (a name
 * too long), IO (no random numbers). */
enum fgr_err fgr_link_create(struct fgr_link **out_link, const struct fgr_redis_server *server,
                             size_t n_entries_max, const char *group, struct fgr_error *err);
void fgr_link_destroy(struct fgr_link *link);

/* Connects unless connected, trying again and again up to the deadline (fgr_clock_ns), but at least
 * once where a try is due; a try itself may take 2 s longer. *out_is_up says if there is a connection
 * then; none may also mean that a signal came. Errors: ARG (the server refuses
 * the login); MEMORY. */
enum fgr_err fgr_link_ready(struct fgr_link *link, bool *out_is_up, uint64_t deadline_ns,
                            struct fgr_error *err);

/* A command is its number of words and then the words; fgr_link_send sends what was put. */
void fgr_link_put(struct fgr_link *link, size_t n_words);
void fgr_link_put_bytes(struct fgr_link *link, const void *bytes, size_t n_bytes);
void fgr_link_put_text(struct fgr_link *link, const char *text);
void fgr_link_put_number(struct fgr_link *link, uint64_t number);
void fgr_link_put_id(struct fgr_link *link, struct fgr_stream_id id);

/* Bytes of commands as they are put together elsewhere. */
void fgr_link_put_raw(struct fgr_link *link, const void *bytes, size_t n_bytes);

/* False: lost. What the server does not take within 10 s is lost, too. Errors: MEMORY, of what was
 * put. */
enum fgr_err fgr_link_send(struct fgr_link *link, bool *out_is_sent, struct fgr_error *err);

/* Waits for the next reply. Errors: MEMORY. */
enum fgr_err fgr_link_receive(struct fgr_link *link, enum fgr_link_state *out_state,
                              struct fgr_reply *out_reply, enum fgr_reply_shape shape,
                              uint64_t deadline_ns, struct fgr_error *err);

/* Gives the connection up, for this reason. */
void fgr_link_drop(struct fgr_link *link, const char *reason);

/* The server has done what was asked: the next pause is a short one again. */
void fgr_link_thrive(struct fgr_link *link);

/* What a server says will not get better by trying again: a wrong password, a key that is no
 * stream. */
bool fgr_link_is_refusal(const struct fgr_reply *reply);

/* The reply is an error of this kind ("NOGROUP"). */
bool fgr_link_is_error(const struct fgr_reply *reply, const char *kind);

/* Tells connects, is_connected and trouble. */
void fgr_link_figures(const struct fgr_link *link, struct fgr_feed_figures *io_figures);

#endif
