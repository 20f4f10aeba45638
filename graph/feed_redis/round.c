/* SPDX-License-Identifier: MIT */
/*
 * A feed asks in rounds: commands that are sent together, and their replies, which come in order.
 *
 *     replica   XREAD                                             XINFO STREAM
 *     group     XACK, XAUTOCLAIM when due                         or
 *               XACK, XINFO GROUPS, XINFO STREAM, XREADGROUP
 *
 * Reads block in the server, so that an entry comes when it is there, and a read of the feed that has
 * waited long enough leaves the round to the next one. A replica sends its next round before it gives
 * a batch away: the server works while the caller does. Redis runs commands that arrive together one
 * right after the other, so what XINFO says holds for the XREADGROUP behind it; a replica asks
 * behind the XREAD, which gap.h needs.
 *
 * A connection that is lost takes its round with it. A replica asks again from its cursor. A group
 * may have given us entries whose reply was lost: after each connect a consumer first reads what the
 * group thinks it has.
 */
#include "graph/feed_redis/round.h"

#include <string.h>

#include "graph/util/clock.h"
#include "graph/util/error.h"

#define NS_PER_MS UINT64_C(1000000)

enum { SILENT_MS = 10000 }; /* a server that says nothing for so long beyond its block is gone */

/* ---- sending a round ----------------------------------------------------------------------- */

static void put_ack(struct fgr_stream_feed *feed)
{
    feed->n_acking = feed->pending.n_done < feed->n_batch ? feed->pending.n_done : feed->n_batch;
    fgr_command_ack(feed->link, &feed->names, feed->n_acking);
    for (size_t i = 0; i < feed->n_acking; i++) {
        fgr_link_put_id(feed->link, fgr_pending_done_id(&feed->pending, i));
    }
}

static void put_read(struct fgr_stream_feed *feed)
{
    struct fgr_stream_id at = {feed->cursor.position, feed->cursor.sequence};
    feed->is_history = feed->is_recovering;
    if (!fgr_stream_is_group(feed)) {
        fgr_command_read(feed->link, &feed->names, feed->n_asked, &at, FGR_ROUND_BLOCK_MS);
    } else if (feed->is_history) {
        fgr_command_read(feed->link, &feed->names, feed->n_asked, &feed->recovered, 0);
    } else {
        fgr_command_read(feed->link, &feed->names, feed->n_asked, NULL, FGR_ROUND_BLOCK_MS);
    }
}

static void put_ask(struct fgr_stream_feed *feed, enum fgr_ask ask)
{
    feed->round[feed->n_round++] = ask;
    switch (ask) {
    case FGR_ASK_ACK:
        put_ack(feed);
        break;
    case FGR_ASK_CLAIM:
        fgr_command_claim(feed->link, &feed->names, feed->n_asked, feed->claim_from,
                          feed->claim_ms);
        break;
    case FGR_ASK_GROUPS:
        fgr_command_info(feed->link, &feed->names, "GROUPS");
        break;
    case FGR_ASK_INFO:
        fgr_command_info(feed->link, &feed->names, "STREAM");
        break;
    case FGR_ASK_ENTRIES:
        put_read(feed);
        break;
    case FGR_ASK_CREATE:
        fgr_command_create_group(feed->link, &feed->names);
        break;
    }
}

static void plan_group(struct fgr_stream_feed *feed)
{
    size_t room = fgr_pending_room(&feed->pending);
    feed->n_asked = feed->n_batch < room ? feed->n_batch : room;
    if (!feed->is_made) {
        put_ask(feed, FGR_ASK_CREATE);
        return;
    }
    if (feed->pending.n_done > 0) {
        put_ask(feed, FGR_ASK_ACK);
    }
    if (feed->n_asked == 0) {
        return;
    }
    feed->is_claim = !feed->is_recovering && fgr_clock_ns() >= feed->next_claim_ns;
    if (feed->is_claim) {
        put_ask(feed, FGR_ASK_CLAIM);
        return;
    }
    if (!feed->is_recovering) {
        put_ask(feed, FGR_ASK_GROUPS);
        put_ask(feed, FGR_ASK_INFO);
    }
    put_ask(feed, FGR_ASK_ENTRIES);
}

void fgr_round_forget(struct fgr_stream_feed *feed)
{
    feed->n_round = 0;
    feed->n_replied = 0;
    feed->n_read = 0;
    feed->has_info = false;
    feed->state = (struct fgr_stream_group){0};
    feed->n_acking = 0;
    feed->is_claim = false;
    feed->is_history = false;
}

static enum fgr_err send_asked(struct fgr_stream_feed *feed, bool *out_is_sent,
                               struct fgr_error *err)
{
    feed->asked_ns = fgr_clock_ns();
    enum fgr_err code = fgr_link_send(feed->link, out_is_sent, err);
    if (!*out_is_sent) {
        fgr_round_forget(feed);
    }
    return code;
}

enum fgr_err fgr_round_send(struct fgr_stream_feed *feed, bool *out_is_sent, struct fgr_error *err)
{
    fgr_round_forget(feed);
    if (fgr_stream_is_group(feed)) {
        plan_group(feed);
    } else {
        feed->n_asked = feed->n_batch;
        put_ask(feed, FGR_ASK_ENTRIES);
        put_ask(feed, FGR_ASK_INFO);
    }
    return send_asked(feed, out_is_sent, err);
}

enum fgr_err fgr_round_send_ack(struct fgr_stream_feed *feed, bool *out_is_sent,
                                struct fgr_error *err)
{
    put_ask(feed, FGR_ASK_ACK);
    return send_asked(feed, out_is_sent, err);
}

/* ---- replies ------------------------------------------------------------------------------- */

/* The group is gone, and with it where it was. It is made again, from the first entry on. */
static enum fgr_err lose_group(struct fgr_stream_feed *feed, struct fgr_error *err)
{
    feed->is_made = false;
    fgr_round_forget(feed);
    fgr_link_drop(feed->link, "the consumer group is gone");
    return fgr_fail(
        err, FGR_ERR_GAP,
        "consumer group '%.60s' of '%.60s' is gone: the server came back without it, or "
        "somebody has deleted it; what nobody had dealt with is lost",
        feed->names.group, feed->names.stream);
}

/* An error instead of what was asked for. */
static enum fgr_err take_error(struct fgr_stream_feed *feed, enum fgr_ask ask,
                               const struct fgr_reply *reply, struct fgr_error *err)
{
    bool is_missing = fgr_link_is_error(reply, "ERR no such key");
    if (ask == FGR_ASK_CREATE && fgr_link_is_error(reply, "BUSYGROUP")) {
        feed->is_made = true;
        return FGR_OK;
    }
    if (fgr_stream_is_group(feed) && (is_missing || fgr_link_is_error(reply, "NOGROUP"))) {
        return lose_group(feed, err);
    }
    if (ask == FGR_ASK_INFO && is_missing) {
        return FGR_OK;
    }
    bool is_refusal = fgr_link_is_refusal(reply);
    fgr_round_forget(feed);
    fgr_link_drop(feed->link, reply->text[0]);
    return is_refusal ? fgr_fail(err, FGR_ERR_ARG, "stream '%.60s': %s", feed->names.stream,
                                 reply->text[0])
                      : FGR_OK;
}

static void take_claim(struct fgr_stream_feed *feed, const struct fgr_reply *reply)
{
    feed->claim_from = reply->next;
    feed->has_lost = reply->n_deleted > 0;
    if (reply->next.ms == 0 && reply->next.seq == 0) {
        feed->next_claim_ns = fgr_clock_ns() + feed->claim_ms / 2 * NS_PER_MS;
    }
}

static void take_entries(struct fgr_stream_feed *feed, const struct fgr_reply *reply)
{
    feed->read = reply->entries;
    feed->n_read = reply->n_entries;
    feed->bytes = reply->bytes;
}

static enum fgr_err refuse_server(struct fgr_stream_feed *feed, struct fgr_error *err)
{
    fgr_round_forget(feed);
    fgr_link_drop(feed->link, "too old a server");
    return fgr_fail(err, FGR_ERR_ARG,
                    "XINFO STREAM of this server does not tell what has been trimmed: Redis 7.0 is "
                    "needed");
}

static enum fgr_err take_reply(struct fgr_stream_feed *feed, enum fgr_ask ask,
                               const struct fgr_reply *reply, struct fgr_error *err)
{
    feed->n_replied++;
    if (reply->type == FGR_REPLY_ERROR) {
        return take_error(feed, ask, reply, err);
    }
    switch (ask) {
    case FGR_ASK_ACK:
        fgr_pending_told(&feed->pending, feed->n_acking);
        feed->n_acking = 0;
        break;
    case FGR_ASK_CLAIM:
        take_claim(feed, reply);
        take_entries(feed, reply);
        break;
    case FGR_ASK_GROUPS:
        feed->state = reply->group;
        if (!reply->group.is_there) {
            return lose_group(feed, err);
        }
        break;
    case FGR_ASK_INFO:
        feed->info = reply->info;
        feed->has_info = true;
        return reply->info.is_complete ? FGR_OK : refuse_server(feed, err);
    case FGR_ASK_ENTRIES:
        take_entries(feed, reply);
        break;
    case FGR_ASK_CREATE:
        feed->is_made = true;
        break;
    }
    return FGR_OK;
}

static enum fgr_reply_shape shape_of(enum fgr_ask ask)
{
    switch (ask) {
    case FGR_ASK_CLAIM:
        return FGR_REPLY_CLAIM;
    case FGR_ASK_GROUPS:
        return FGR_REPLY_GROUPS;
    case FGR_ASK_INFO:
        return FGR_REPLY_INFO;
    case FGR_ASK_ENTRIES:
        return FGR_REPLY_STREAMS;
    case FGR_ASK_ACK:
    case FGR_ASK_CREATE:
        break;
    }
    return FGR_REPLY_PLAIN;
}

enum fgr_err fgr_round_receive(struct fgr_stream_feed *feed, bool *out_is_over,
                               uint64_t deadline_ns, struct fgr_error *err)
{
    *out_is_over = false;
    while (feed->n_replied < feed->n_round) {
        enum fgr_ask ask = feed->round[feed->n_replied];
        enum fgr_link_state state;
        struct fgr_reply reply;
        enum fgr_err code =
            fgr_link_receive(feed->link, &state, &reply, shape_of(ask), deadline_ns, err);
        if (code == FGR_OK && state == FGR_LINK_REPLY) {
            code = take_reply(feed, ask, &reply, err);
        } else if (code == FGR_OK && state == FGR_LINK_LATE) {
            uint64_t silent_ns = fgr_clock_ns() - feed->asked_ns;
            if (silent_ns > (FGR_ROUND_BLOCK_MS + SILENT_MS) * NS_PER_MS) {
                fgr_link_drop(feed->link, "the server does not answer");
                fgr_round_forget(feed);
            }
            return FGR_OK;
        } else {
            fgr_round_forget(feed);
        }
        if (code != FGR_OK || feed->n_round == 0) {
            return code;
        }
    }
    fgr_link_thrive(feed->link);
    *out_is_over = true;
    return FGR_OK;
}
