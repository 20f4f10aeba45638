/* SPDX-License-Identifier: MIT */
/*
 * writer.h - messages -> entries of a Redis stream, many at a time.
 *
 * Place in the flow: a snapshot's messages, or messages that were verified -> writer -> link.
 *
 * Commands are sent by the hundred and their replies read later. What the server has not confirmed is
 * kept, and sent again after a connection was lost or the server could not take it: every message gets
 * into the stream at least once, the last copies in order. A second copy does no harm to who follows:
 * it is not newer than the first.
 *
 * Threads: one thread per writer.
 * Memory: FGR_WRITER_WINDOW messages that are not confirmed.
 */
#ifndef FGR_FEED_REDIS_WRITER_H
#define FGR_FEED_REDIS_WRITER_H

#include "graph/feed_redis/link.h"

#define FGR_WRITER_WINDOW 2048

struct fgr_writer;

struct fgr_writer_options {
    const struct fgr_redis_server *server;
    const char *stream;
    uint64_t n_max;   /* of entries in the stream, about (MAXLEN ~); 0: no limit */
    uint32_t wait_ms; /* how long no message may be confirmed before a call fails; 0: 30 s */
};

/* Does not connect yet. Errors: ARG, MEMORY, IO. */
enum fgr_err fgr_writer_open(struct fgr_writer **out_writer,
                             const struct fgr_writer_options *options, struct fgr_error *err);

/* Drops what is not confirmed. NULL is allowed. */
void fgr_writer_close(struct fgr_writer *writer);

/* A message from its type on, and its capacity or FGR_FEED_SAT_UNKNOWN. Waits where the window is
 * full. Errors: ARG (the server refuses it for good: the login, a key that is no stream); IO (no
 * confirmation for so long; the text says why; trying again goes on); MEMORY; LIMIT (more than
 * FGR_FEED_MESSAGE_BYTES_MAX). */
FGR_NODISCARD enum fgr_err fgr_writer_add(struct fgr_writer *writer, const void *message,
                                          size_t n_bytes, uint64_t capacity_sat,
                                          struct fgr_error *err);

/* Waits until all is confirmed. Errors: as above. */
FGR_NODISCARD enum fgr_err fgr_writer_flush(struct fgr_writer *writer, struct fgr_error *err);

/* Messages that are in the stream for certain. */
uint64_t fgr_writer_n_confirmed(const struct fgr_writer *writer);

#endif
