/* SPDX-License-Identifier: MIT */
/*
 * fuzz_stream.c - what a Redis server may say: any bytes behind one that picks the shape of the reply
 * and the size of the pieces. Parsed or refused, the same for all pieces; what is given out holds
 * together.
 *
 * Threads: one.
 */
#include "graph/feed_redis/reply.h"

#include <stdlib.h>

#include "graph/feed.h"
#include "graph/util/hash.h"

enum { ENTRIES_MAX = 8, REPLIES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint64_t digest_of(const struct fgr_reply *reply, uint64_t digest)
{
    expect(reply->n_entries <= ENTRIES_MAX);
    for (size_t i = 0; i < reply->n_entries; i++) {
        const struct fgr_stream_entry *entry = &reply->entries[i];
        if (entry->verdict == FGR_ENTRY_GOOD) {
            expect(entry->n_bytes >= 2 && entry->n_bytes <= FGR_FEED_MESSAGE_BYTES_MAX);
            digest = fgr_hash_keyed(reply->bytes + entry->at, entry->n_bytes, digest);
        }
        expect(entry->sat <= FGR_SAT_MAX || entry->sat == FGR_FEED_SAT_UNKNOWN);
        const uint64_t numbers[] = {entry->id.ms, entry->id.seq, entry->verdict, entry->sat,
                                    entry->is_bad_sat};
        digest = fgr_hash_keyed(numbers, sizeof numbers, digest);
    }
    for (size_t i = 0; i < FGR_REPLY_TEXTS; i++) {
        digest = fgr_hash_keyed(reply->text[i], FGR_REPLY_TEXT_BYTES, digest);
    }
    const uint64_t numbers[] = {
        reply->type,          (uint64_t)reply->number, reply->n_entries,      reply->next.ms,
        reply->n_deleted,     reply->info.length,      reply->info.n_added,   reply->info.last.ms,
        reply->info.first.ms, reply->info.is_complete, reply->group.is_there, reply->group.n_read,
        reply->group.last.ms};
    return fgr_hash_keyed(numbers, sizeof numbers, digest);
}

/* What the replies come to, up to the end or the first error. */
static uint64_t parse(const uint8_t *data, size_t size, enum fgr_reply_shape shape, size_t step)
{
    struct fgr_parser *parser;
    struct fgr_error err = {.text = ""};
    uint64_t digest = 1;
    unsigned n_replies = 0;
    expect(fgr_parser_create(&parser, ENTRIES_MAX, "g", NULL) == FGR_OK);
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        bool is_there = true;
        expect(fgr_parser_feed(parser, data + at, n, NULL) == FGR_OK);
        while (is_there && n_replies < REPLIES_MAX) {
            struct fgr_reply reply;
            enum fgr_err code = fgr_parser_next(parser, &is_there, &reply, shape, &err);
            if (code != FGR_OK) {
                expect(code == FGR_ERR_FORMAT && err.text[0] != '\0');
                n_replies = REPLIES_MAX + 1;
                break;
            }
            digest = is_there ? digest_of(&reply, digest) : digest;
            n_replies += is_there;
        }
        if (n_replies >= REPLIES_MAX) {
            break;
        }
    }
    fgr_parser_destroy(parser);
    return digest + n_replies;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    enum fgr_reply_shape shape = (enum fgr_reply_shape)(data[0] % (FGR_REPLY_GROUPS + 1));
    uint64_t whole = parse(data + 1, size - 1, shape, size);
    expect(parse(data + 1, size - 1, shape, 1 + data[0] / 8) == whole);
    return 0;
}
