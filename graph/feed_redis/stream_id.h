/* SPDX-License-Identifier: MIT */
/*
 * stream_id.h - the id of a stream entry: milliseconds and a sequence number, "1700000000000-3".
 *
 * Threads: pure, any thread.
 * Source: Redis, Streams, "Entry IDs".
 */
#ifndef FGR_FEED_REDIS_STREAM_ID_H
#define FGR_FEED_REDIS_STREAM_ID_H

#include "fulgurite/base.h"

struct fgr_stream_id {
    uint64_t ms;
    uint64_t seq;
};

/* Two numbers of 20 digits, a dash and a terminator. */
#define FGR_STREAM_ID_BYTES 42

/* Both numbers, decimal, without anything around them. */
bool fgr_stream_id_parse(struct fgr_stream_id *out, const char *text, size_t n_bytes);

/* Returns the length, terminator not counted. */
size_t fgr_stream_id_print(char out_text[FGR_STREAM_ID_BYTES], struct fgr_stream_id id);

/* < 0, 0 or > 0 */
int fgr_stream_id_cmp(struct fgr_stream_id a, struct fgr_stream_id b);

/* Decimal digits, nothing else, that fit into 64 bits. */
bool fgr_stream_number(uint64_t *out, const char *text, size_t n_bytes);

#endif
