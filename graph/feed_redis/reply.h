/* SPDX-License-Identifier: MIT */
/*
 * reply.h - bytes of a Redis connection -> replies; entries of a stream in one buffer.
 *
 * Place in the flow: link (bytes) -> reply -> feed_redis, writer.
 *
 * hiredis parses the protocol. The objects it would make of every id, field name and value are not
 * made: our functions look at each where hiredis has it, and copy the messages, once, one behind the
 * other. Measured with 1 000 entries of 430 bytes: bench/bench_feed tells.
 *
 * A message is what stands in field `m` of an entry, `sat` its capacity in satoshi; other fields are
 * ignored. An entry is what its verdict says; nothing that an entry holds is an error of the reply.
 *
 * Threads: one thread per parser.
 * Memory: entries of one reply at most as many as it was created for, their messages at most
 * FGR_FEED_MESSAGE_BYTES_MAX each; the parser's input is bounded by FGR_REPLY_STRING_BYTES_MAX.
 */
#ifndef FGR_FEED_REDIS_REPLY_H
#define FGR_FEED_REDIS_REPLY_H

#include "graph/feed_redis/stream_id.h"

/* A longer string is not kept: it is skipped as it arrives, and reads as an empty one that makes its
 * entry TOO_LARGE where it is the message. */
#define FGR_REPLY_STRING_BYTES_MAX ((size_t)2 << 20)

enum fgr_entry_verdict {
    FGR_ENTRY_NO_MESSAGE, /* no field m; first, as an entry begins like that */
    FGR_ENTRY_GOOD,
    FGR_ENTRY_GARBAGE, /* field m twice, shorter than a type, or the reply is not as Redis has it */
    FGR_ENTRY_TOO_LARGE, /* m is longer than a message can be */
    FGR_ENTRY_DELETED    /* only the id is left, in a group's list of what is pending */
};

struct fgr_stream_entry {
    struct fgr_stream_id id;
    size_t at; /* of the message, in the reply's bytes */
    uint32_t n_bytes;
    uint8_t verdict;
    bool has_message;
    bool has_sat;
    bool is_bad_sat; /* not a decimal number up to FGR_SAT_MAX, or there twice */
    uint64_t sat;    /* FGR_FEED_SAT_UNKNOWN if none */
};

/* What the next reply ought to be. */
enum fgr_reply_shape {
    FGR_REPLY_PLAIN,
    FGR_REPLY_STREAMS, /* XREAD and XREADGROUP of one stream */
    FGR_REPLY_CLAIM,   /* XAUTOCLAIM */
    FGR_REPLY_INFO,    /* XINFO STREAM */
    FGR_REPLY_GROUPS   /* XINFO GROUPS */
};

enum fgr_reply_type {
    FGR_REPLY_NIL,
    FGR_REPLY_TEXT, /* a status or a string */
    FGR_REPLY_NUMBER,
    FGR_REPLY_ERROR,
    FGR_REPLY_ARRAY
};

/* From XINFO STREAM. */
struct fgr_stream_info {
    uint64_t length;
    uint64_t n_added;
    struct fgr_stream_id last;    /* ever given out */
    struct fgr_stream_id deleted; /* the largest that was deleted by name; 0-0: none */
    struct fgr_stream_id first;   /* of the entries there are; 0-0: none */
    bool is_complete;             /* all that is above was there */
};

/* From XINFO GROUPS, of one group. */
struct fgr_stream_group {
    bool is_there;
    bool has_n_read;
    bool has_lag;
    uint64_t n_read;           /* how many were ever added up to `last` */
    uint64_t lag;              /* entries behind it */
    struct fgr_stream_id last; /* given out */
};

#define FGR_REPLY_TEXT_BYTES 160
#define FGR_REPLY_TEXTS 2

struct fgr_reply {
    enum fgr_reply_type type;
    int64_t number;
    size_t n_elements;                                /* of an array */
    char text[FGR_REPLY_TEXTS][FGR_REPLY_TEXT_BYTES]; /* of an array: its first strings; cut */
    const struct fgr_stream_entry *entries;
    size_t n_entries;
    const uint8_t *bytes;      /* of the messages */
    struct fgr_stream_id next; /* CLAIM: where to go on */
    size_t n_deleted;          /* CLAIM: pending entries that the stream has no more */
    struct fgr_stream_info info;
    struct fgr_stream_group group;
};

struct fgr_parser;

/* n_entries_max: of one reply; more are FORMAT. `group`: whom GROUPS is about, borrowed; may be
 * NULL. Errors: MEMORY. */
enum fgr_err fgr_parser_create(struct fgr_parser **out_parser, size_t n_entries_max,
                               const char *group, struct fgr_error *err);
void fgr_parser_destroy(struct fgr_parser *parser);

/* Forgets what is half read: a new connection. Errors: MEMORY. */
enum fgr_err fgr_parser_reset(struct fgr_parser *parser, struct fgr_error *err);

/* More bytes of the connection. Errors: MEMORY. */
enum fgr_err fgr_parser_feed(struct fgr_parser *parser, const void *bytes, size_t n_bytes,
                             struct fgr_error *err);

/* The next reply, of this shape, if all of it is there; the same shape is asked for until it is.
 * Its entries are borrowed until the next reply that can have entries is read. Errors: FORMAT
 * (not the protocol, or more than was asked for); MEMORY. After an error only reset helps. */
enum fgr_err fgr_parser_next(struct fgr_parser *parser, bool *out_is_there,
                             struct fgr_reply *out_reply, enum fgr_reply_shape shape,
                             struct fgr_error *err);

#endif
