/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/feed_redis.h"

#include <stdlib.h>
#include <string.h>

#include "graph/feed_redis/gap.h"
#include "graph/feed_redis/round.h"
#include "graph/util/array.h"
#include "graph/util/clock.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"
#include "graph/util/hex.h"

#define NS_PER_MS UINT64_C(1000000)

enum { PENDING_BATCHES = 16, CONSUMER_RANDOM_BYTES = 8 };

/* ---- from a round to a batch --------------------------------------------------------------- */

static void count_passed_over(struct fgr_feed_figures *figures, enum fgr_entry_verdict verdict)
{
    switch (verdict) {
    case FGR_ENTRY_NO_MESSAGE:
        figures->no_message++;
        break;
    case FGR_ENTRY_GARBAGE:
        figures->garbage++;
        break;
    case FGR_ENTRY_TOO_LARGE:
        figures->too_large++;
        break;
    case FGR_ENTRY_GOOD:
    case FGR_ENTRY_DELETED:
        break;
    }
}

/* Gives what the round read, but for what we have already. */
static void give_entries(struct fgr_stream_feed *feed, struct fgr_feed_batch *out,
                         uint64_t n_before)
{
    bool has_copies = feed->is_claim || feed->is_recovering;
    for (size_t i = 0; i < feed->n_read; i++) {
        const struct fgr_stream_entry *read = &feed->read[i];
        bool is_good = read->verdict == FGR_ENTRY_GOOD;
        if (fgr_stream_is_group(feed) && has_copies && fgr_pending_has(&feed->pending, read->id)) {
            continue;
        }
        if (fgr_stream_is_group(feed)) {
            fgr_pending_add(&feed->pending, read->id, !is_good);
        }
        count_passed_over(&feed->feed.figures, (enum fgr_entry_verdict)read->verdict);
        feed->feed.figures.bad_sat += read->is_bad_sat;
        feed->feed.figures.claimed += feed->is_claim;
        feed->has_lost |= read->verdict == FGR_ENTRY_DELETED;
        if (is_good) {
            struct fgr_feed_entry *entry = &feed->entries[out->n_entries++];
            *entry = (struct fgr_feed_entry){
                .kind = FGR_FEED_MESSAGE,
                .n_bytes = read->n_bytes,
                .message = feed->bytes + read->at,
                .capacity_sat = read->sat,
                .cursor = {feed->cursor.source, read->id.ms, read->id.seq,
                           n_before == FGR_CURSOR_UNCOUNTED ? n_before : n_before + i + 1},
            };
            fgr_feed_give(&feed->feed, entry);
        }
    }
}

/* The count before the batch, from the one behind it. */
static uint64_t n_before(const struct fgr_cursor *behind, size_t n_read)
{
    return behind->n_entries == FGR_CURSOR_UNCOUNTED || behind->n_entries < n_read
               ? FGR_CURSOR_UNCOUNTED
               : behind->n_entries - n_read;
}

static enum fgr_err end_replica(struct fgr_stream_feed *feed, struct fgr_feed_batch *out,
                                struct fgr_error *err)
{
    enum fgr_err code = fgr_gap_check(&feed->cursor, feed->read, feed->n_read,
                                      feed->has_info ? &feed->info : NULL, &feed->gap);
    if (code != FGR_OK) {
        return fgr_fail(err, code, "'%.60s': %s", feed->names.stream, feed->gap.text);
    }
    if (feed->has_info && feed->cursor.n_entries != FGR_CURSOR_UNCOUNTED) {
        feed->feed.figures.behind = feed->info.n_added - feed->cursor.n_entries;
    }
    give_entries(feed, out, n_before(&feed->cursor, feed->n_read));
    return FGR_OK;
}

/* Next is what the group thinks we have. */
static void recover(struct fgr_stream_feed *feed)
{
    feed->is_recovering = true;
    feed->recovered = (struct fgr_stream_id){0};
}

static enum fgr_err end_group(struct fgr_stream_feed *feed, struct fgr_feed_batch *out,
                              struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    if (feed->state.is_there) {
        code = fgr_gap_check_group(&feed->state, feed->has_info ? &feed->info : NULL, err);
    }
    if (feed->state.is_there && feed->state.has_lag) {
        feed->feed.figures.behind =
            feed->state.lag > feed->n_read ? feed->state.lag - feed->n_read : 0;
    }
    if (code != FGR_OK) {
        recover(feed); /* the group has given them to us all the same */
        return code;
    }
    give_entries(feed, out, FGR_CURSOR_UNCOUNTED);
    if (feed->n_read > 0) {
        struct fgr_stream_id last = feed->read[feed->n_read - 1].id;
        feed->cursor.position = last.ms;
        feed->cursor.sequence = last.seq;
        feed->recovered = last;
    }
    if (feed->is_history) {
        feed->is_recovering = feed->n_read > 0;
    }
    if (feed->has_lost) {
        feed->has_lost = false;
        code = fgr_fail(err, FGR_ERR_GAP,
                        "'%.60s' was trimmed past entries that nobody had dealt with",
                        feed->names.stream);
    }
    return code;
}

/* The round is over: makes a batch of it. */
static enum fgr_err end_round(struct fgr_stream_feed *feed, struct fgr_feed_batch *out,
                              struct fgr_error *err)
{
    enum fgr_err code =
        fgr_stream_is_group(feed) ? end_group(feed, out, err) : end_replica(feed, out, err);
    out->entries = feed->entries;
    out->cursor = feed->cursor;
    feed->n_round = 0;
    return code;
}

/* *out_is_up false: no connection before the deadline, or a signal came. */
static enum fgr_err connect_and_ask(struct fgr_stream_feed *feed, bool *out_is_up,
                                    bool *out_is_asked, uint64_t deadline_ns, struct fgr_error *err)
{
    struct fgr_feed_figures before = {0};
    *out_is_asked = false;
    fgr_link_figures(feed->link, &before);
    enum fgr_err code = fgr_link_ready(feed->link, out_is_up, deadline_ns, err);
    if (code != FGR_OK || !*out_is_up) {
        return code;
    }
    if (!before.is_connected && fgr_stream_is_group(feed)) {
        recover(feed);
    }
    return fgr_round_send(feed, out_is_asked, err);
}

static enum fgr_err read_batch(struct fgr_stream_feed *feed, struct fgr_feed_batch *out,
                               uint64_t deadline_ns, struct fgr_error *err)
{
    do {
        bool is_up = true, is_asked = true, is_over = false;
        enum fgr_err code = FGR_OK;
        if (feed->n_round == 0) {
            code = connect_and_ask(feed, &is_up, &is_asked, deadline_ns, err);
        }
        if (code == FGR_OK && is_asked) {
            code = fgr_round_receive(feed, &is_over, deadline_ns, err);
        }
        bool is_late = is_asked && !is_over && feed->n_round > 0;
        if (code != FGR_OK || !is_up || is_late) {
            return code;
        }
        if (is_over) {
            bool is_full = fgr_stream_is_group(feed) && fgr_pending_room(&feed->pending) == 0;
            code = end_round(feed, out, err);
            if (code != FGR_OK || out->n_entries > 0 || is_full) {
                return code;
            }
        }
    } while (fgr_clock_ns() < deadline_ns);
    return FGR_OK;
}

static enum fgr_err on_read(struct fgr_feed *base, struct fgr_feed_batch *out, uint32_t wait_ms,
                            struct fgr_error *err)
{
    struct fgr_stream_feed *feed = (struct fgr_stream_feed *)base;
    uint64_t deadline_ns = fgr_clock_ns() + wait_ms * NS_PER_MS;
    out->cursor = feed->cursor;
    if (feed->gap.code != FGR_OK) {
        return fgr_fail(err, feed->gap.code, "'%.60s': %s", feed->names.stream, feed->gap.text);
    }
    enum fgr_err code = read_batch(feed, out, deadline_ns, err);
    if (code == FGR_OK && out->n_entries > 0 && !fgr_stream_is_group(feed)) {
        bool is_sent; /* else the next read tries again */
        code = fgr_round_send(feed, &is_sent, err);
    }
    fgr_link_figures(feed->link, &feed->feed.figures);
    return code;
}

/* ---- a group's other side ------------------------------------------------------------------ */

static void on_done(struct fgr_feed *base, size_t n)
{
    struct fgr_stream_feed *feed = (struct fgr_stream_feed *)base;
    if (fgr_stream_is_group(feed)) {
        fgr_pending_done(&feed->pending, n);
    }
}

/* Receives the rest of the round that is under way, whose entries the group gives us again later. */
static bool give_up_round(struct fgr_stream_feed *feed, uint64_t deadline_ns)
{
    bool is_over = true;
    if (feed->n_round > 0 &&
        (fgr_round_receive(feed, &is_over, deadline_ns, NULL) != FGR_OK || !is_over)) {
        return false;
    }
    if (feed->n_read > 0) {
        recover(feed);
    }
    fgr_round_forget(feed);
    return true;
}

static bool settle_by(struct fgr_stream_feed *feed, uint64_t deadline_ns)
{
    bool is_up = give_up_round(feed, deadline_ns);
    while (is_up && feed->pending.n_done > 0) {
        if (fgr_link_ready(feed->link, &is_up, deadline_ns, NULL) != FGR_OK || !is_up) {
            return false;
        }
        is_up = fgr_round_send_ack(feed, &is_up, NULL) == FGR_OK && is_up &&
                fgr_round_receive(feed, &is_up, deadline_ns, NULL) == FGR_OK && is_up;
        fgr_round_forget(feed);
    }
    return is_up;
}

static bool on_settle(struct fgr_feed *base, uint32_t wait_ms)
{
    struct fgr_stream_feed *feed = (struct fgr_stream_feed *)base;
    return !fgr_stream_is_group(feed) || settle_by(feed, fgr_clock_ns() + wait_ms * NS_PER_MS);
}

/* A consumer that has nothing pending is forgotten by the group. Deleting one that has would lose
 * what it has, so the group is asked. */
static void leave_group(struct fgr_stream_feed *feed, uint64_t deadline_ns)
{
    struct fgr_reply reply;
    enum fgr_link_state state;
    bool is_sent;
    fgr_command_pending(feed->link, &feed->names);
    if (fgr_link_send(feed->link, &is_sent, NULL) != FGR_OK || !is_sent ||
        fgr_link_receive(feed->link, &state, &reply, FGR_REPLY_PLAIN, deadline_ns, NULL) !=
            FGR_OK ||
        state != FGR_LINK_REPLY || reply.type != FGR_REPLY_ARRAY || reply.n_elements > 0) {
        return;
    }
    fgr_command_leave_group(feed->link, &feed->names);
    if (fgr_link_send(feed->link, &is_sent, NULL) == FGR_OK && is_sent) {
        (void)fgr_link_receive(feed->link, &state, &reply, FGR_REPLY_PLAIN, deadline_ns, NULL);
    }
}

static void on_close(struct fgr_feed *base)
{
    struct fgr_stream_feed *feed = (struct fgr_stream_feed *)base;
    struct fgr_feed_figures figures = {0};
    if (feed->link != NULL) {
        fgr_link_figures(feed->link, &figures);
    }
    uint64_t deadline_ns = fgr_clock_ns() + 2 * NS_PER_MS * FGR_ROUND_BLOCK_MS;
    if (figures.is_connected && fgr_stream_is_group(feed) && settle_by(feed, deadline_ns)) {
        fgr_link_figures(feed->link, &figures);
        if (figures.is_connected) {
            leave_group(feed, deadline_ns);
        }
    }
    fgr_link_destroy(feed->link);
    fgr_pending_deinit(&feed->pending);
    free(feed->entries);
    free(feed);
}

/* ---- opening ------------------------------------------------------------------------------- */

static const struct fgr_feed_ops ops = {on_read, on_done, on_settle, on_close};

struct fgr_cursor fgr_feed_redis_cursor(const char *stream, struct fgr_stream_id id)
{
    /* Never 0, which is no source. */
    return (struct fgr_cursor){.source = fgr_hash(stream, strlen(stream)) | 1,
                               .position = id.ms,
                               .sequence = id.seq,
                               .n_entries = FGR_CURSOR_UNCOUNTED};
}

static enum fgr_err name_consumer(struct fgr_stream_feed *feed, const char *consumer,
                                  struct fgr_error *err)
{
    uint8_t random[CONSUMER_RANDOM_BYTES];
    if (consumer != NULL) {
        return fgr_stream_name(feed->names.consumer, consumer, "consumer", err);
    }
    enum fgr_err code = fgr_random_bytes(random, sizeof random, err);
    if (code == FGR_OK) {
        fgr_hex_encode(feed->names.consumer, random, 2 * sizeof random);
    }
    return code;
}

static enum fgr_err set_up(struct fgr_stream_feed *feed,
                           const struct fgr_feed_redis_options *options, struct fgr_error *err)
{
    enum fgr_err code = fgr_stream_name(feed->names.stream, options->stream, "stream", err);
    if (code != FGR_OK) {
        return code;
    }
    feed->cursor = fgr_feed_redis_cursor(options->stream, (struct fgr_stream_id){0});
    if (options->cursor.source != 0 && options->cursor.source != feed->cursor.source) {
        return fgr_fail(err, FGR_ERR_ARG, "the cursor is of another source than stream '%.80s'",
                        options->stream);
    }
    feed->cursor = options->cursor.source != 0 ? options->cursor : feed->cursor;
    feed->n_batch = options->n_batch > 0 ? options->n_batch : FGR_FEED_REDIS_BATCH;
    if (feed->n_batch > FGR_FEED_REDIS_BATCH_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "a batch of %zu entries: %d is the most", feed->n_batch,
                        FGR_FEED_REDIS_BATCH_MAX);
    }
    feed->claim_ms =
        options->claim_after_ms > 0 ? options->claim_after_ms : FGR_FEED_REDIS_CLAIM_MS;
    if (options->group != NULL) {
        code = fgr_stream_name(feed->names.group, options->group, "group", err);
        code = code == FGR_OK ? name_consumer(feed, options->consumer, err) : code;
        code = code == FGR_OK
                   ? fgr_pending_init(&feed->pending, PENDING_BATCHES * feed->n_batch, err)
                   : code;
    }
    return code;
}

enum fgr_err fgr_feed_redis_open(struct fgr_feed **out_feed,
                                 const struct fgr_feed_redis_options *options,
                                 struct fgr_error *err)
{
    struct fgr_stream_feed *feed = fgr_array_new(1, sizeof *feed, err);
    if (feed == NULL) {
        return FGR_ERR_MEMORY;
    }
    feed->feed.ops = &ops;
    enum fgr_err code = set_up(feed, options, err);
    if (code == FGR_OK) {
        feed->entries = fgr_array_new(feed->n_batch, sizeof *feed->entries, err);
        code = feed->entries == NULL
                   ? FGR_ERR_MEMORY
                   : fgr_link_create(&feed->link, options->server, feed->n_batch,
                                     fgr_stream_is_group(feed) ? feed->names.group : NULL, err);
    }
    if (code != FGR_OK) {
        on_close(&feed->feed);
        return code;
    }
    *out_feed = &feed->feed;
    return FGR_OK;
}
