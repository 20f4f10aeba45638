/* SPDX-License-Identifier: MIT */
/*
 * feed.h - messages as they arrive, from whatever source.
 *
 * Place in the flow: a Redis stream (feed_redis/feed_redis.h) or a live gossip_store (feed_store.h)
 * -> feed -> rules, verify.
 *
 * A feed gives batches of framed messages in order of arrival. Every entry carries the cursor that
 * includes it: whoever has dealt with all entries up to there may store it, and a feed that is
 * opened with it goes on behind. What cannot be a message is passed over and counted.
 *
 * Trouble that may pass (a server that restarts, a connection that is cut) is no error of a read:
 * the feed tries again, with growing pauses, and meanwhile reads give nothing; the figures say why.
 * What is missing between the cursor and the first thing the source still has is FGR_ERR_GAP: the
 * feed gives nothing any more, and the way out is a fresh image and a feed opened with its cursor.
 *
 * Threads: one thread per feed.
 * Memory: what a batch points to is borrowed until the next call on its feed. A feed's memory is
 * bounded, whatever comes.
 */
#ifndef FGR_GRAPH_FEED_H
#define FGR_GRAPH_FEED_H

#include "fulgurite/base.h"

struct fgr_feed;

/* How far a feed has got. All zero: nowhere yet. The numbers are only good for the source that gave
 * them; a checkpoint stores them as they are. */
struct fgr_cursor {
    uint64_t source;    /* which stream or file the rest is about; 0: none */
    uint64_t position;  /* stream: milliseconds of the id read last; file: the byte to read next */
    uint64_t sequence;  /* stream: the other half of the id */
    uint64_t n_entries; /* stream: how many were ever added up to here; FGR_CURSOR_UNCOUNTED */
};

#define FGR_CURSOR_UNCOUNTED UINT64_MAX

/* Satoshi that nobody knows. */
#define FGR_FEED_SAT_UNKNOWN UINT64_MAX

enum fgr_feed_kind {
    FGR_FEED_MESSAGE, /* a BOLT 7 message */
    FGR_FEED_CLOSED,  /* the source has removed channel `scid` */
    FGR_FEED_DYING    /* the funding output of `scid` is spent */
};

struct fgr_feed_entry {
    enum fgr_feed_kind kind;
    uint32_t n_bytes;
    const uint8_t *message; /* from the type on */
    uint64_t capacity_sat;  /* of a channel_announcement, or FGR_FEED_SAT_UNKNOWN */
    uint64_t scid;          /* CLOSED and DYING */
    uint64_t number;        /* of arrival: 0, 1, 2, ... */
    struct fgr_cursor cursor;
};

struct fgr_feed_batch {
    const struct fgr_feed_entry *entries;
    size_t n_entries;
    struct fgr_cursor cursor; /* behind all of it, also behind what was passed over */
};

#define FGR_FEED_TROUBLE_BYTES 160

/* Since the feed was opened. */
struct fgr_feed_figures {
    uint64_t entries; /* given */
    uint64_t bytes;   /* of their messages */
    /* Passed over. */
    uint64_t no_message; /* no field m */
    uint64_t garbage;    /* field m twice, or shorter than a type */
    uint64_t too_large;  /* message of more than 65 535 bytes */
    /* Given, but without the capacity, which was no amount. */
    uint64_t bad_sat;
    uint64_t claimed; /* taken over from consumers that died */
    uint64_t
        connects;    /* beyond the first: files followed after a rewrite, connections made again */
    uint64_t behind; /* entries the source had and this feed had not read, when it last asked */
    bool is_connected;
    char trouble[FGR_FEED_TROUBLE_BYTES]; /* why it is not; "" at first */
};

/* Waits up to wait_ms for entries; none is no error, also when a signal came. All errors but GAP may
 * go away: reading again tries again. A consumer group goes on after a GAP, and the batch may then have
 * entries all the same. Errors: GAP; ARG (what the caller gave is refused: a password,
 * a stream that is none); FORMAT (the source is damaged, and where); IO; MEMORY. */
FGR_NODISCARD enum fgr_err fgr_feed_read(struct fgr_feed *feed, struct fgr_feed_batch *out_batch,
                                         uint32_t wait_ms, struct fgr_error *err);

/* The `n` oldest entries that were given and not yet told done are dealt with for good: a consumer
 * group will not give them to anybody again. Other feeds do not need it. The group hears of it with
 * the next read, or with fgr_feed_settle. */
void fgr_feed_done(struct fgr_feed *feed, size_t n);

/* Tells the source now, waiting up to wait_ms. True if it knows all that is done. */
bool fgr_feed_settle(struct fgr_feed *feed, uint32_t wait_ms);

void fgr_feed_figures(const struct fgr_feed *feed, struct fgr_feed_figures *out_figures);

/* NULL is allowed. What is done and was not told the source is told, if that works at once. */
void fgr_feed_close(struct fgr_feed *feed);

/* ---- for feeds ----------------------------------------------------------------------------- */

struct fgr_feed_ops {
    enum fgr_err (*read)(struct fgr_feed *feed, struct fgr_feed_batch *out_batch, uint32_t wait_ms,
                         struct fgr_error *err);
    void (*done)(struct fgr_feed *feed, size_t n);           /* NULL: nothing to do */
    bool (*settle)(struct fgr_feed *feed, uint32_t wait_ms); /* NULL: nothing to do */
    void (*close)(struct fgr_feed *feed);
};

/* First member of every feed. */
struct fgr_feed {
    const struct fgr_feed_ops *ops;
    struct fgr_feed_figures figures;
    uint64_t n_given; /* number of the next entry */
};

/* Fills number, and counts. */
void fgr_feed_give(struct fgr_feed *feed, struct fgr_feed_entry *entry);

/* Room for a message is limited by BOLT 8. */
#define FGR_FEED_MESSAGE_BYTES_MAX 65535

#endif
