/* SPDX-License-Identifier: MIT */
/*
 * The commands that are not confirmed lie one behind the other in a buffer, oldest first, with where
 * each ends. Sending goes on from `n_sent`; a reply confirms the oldest; a lost connection sets
 * `n_sent` back to 0. Confirmed ones are moved out when half of the window is.
 */
#include "graph/feed_redis/writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/feed_redis/command.h"
#include "graph/util/array.h"
#include "graph/util/clock.h"
#include "graph/util/error.h"

#define NS_PER_MS UINT64_C(1000000)

enum { SEND_AT_ONCE = 256, WAIT_MS = 30000, HEAD_BYTES = FGR_STREAM_NAME_BYTES + 128 };

struct fgr_writer {
    struct fgr_link *link;
    char head[HEAD_BYTES]; /* of a command, from the word XADD to the word m */
    size_t n_head;
    unsigned n_head_words;
    uint64_t wait_ns;
    uint64_t n_confirmed;
    uint64_t heard_ns; /* when the last one was confirmed, or waiting began */
    uint8_t *bytes;    /* of commands */
    size_t n_bytes, n_bytes_room;
    size_t end[FGR_WRITER_WINDOW]; /* of command i in `bytes` */
    size_t n;                      /* commands; the first n_done of them are confirmed */
    size_t n_done, n_sent;
};

/* ---- commands ------------------------------------------------------------------------------ */

static bool put(struct fgr_writer *writer, const void *bytes, size_t n)
{
    uint8_t *grown =
        fgr_array_grow(writer->bytes, &writer->n_bytes_room, writer->n_bytes + n, 1, NULL);
    if (grown == NULL) {
        return false;
    }
    writer->bytes = grown;
    memcpy(grown + writer->n_bytes, bytes, n);
    writer->n_bytes += n;
    return true;
}

static bool put_command(struct fgr_writer *writer, const void *message, size_t n_bytes,
                        uint64_t capacity_sat)
{
    char text[64], digits[24];
    bool has_sat = capacity_sat != FGR_FEED_SAT_UNKNOWN;
    int n = snprintf(text, sizeof text, "*%u\r\n", writer->n_head_words + (has_sat ? 3U : 1U));
    bool is_put = put(writer, text, (size_t)n) && put(writer, writer->head, writer->n_head);
    n = snprintf(text, sizeof text, "$%zu\r\n", n_bytes);
    is_put = is_put && put(writer, text, (size_t)n) && put(writer, message, n_bytes);
    n = snprintf(digits, sizeof digits, "%" PRIu64, capacity_sat);
    n = has_sat ? snprintf(text, sizeof text, "\r\n$3\r\nsat\r\n$%d\r\n%s\r\n", n, digits)
                : snprintf(text, sizeof text, "\r\n");
    return is_put && put(writer, text, (size_t)n);
}

static void make_head(struct fgr_writer *writer, const char *stream, uint64_t n_max)
{
    char number[24], limit[96] = "";
    int n = snprintf(number, sizeof number, "%" PRIu64, n_max);
    if (n_max > 0) {
        snprintf(limit, sizeof limit, "$6\r\nMAXLEN\r\n$1\r\n~\r\n$%d\r\n%s\r\n", n, number);
    }
    n = snprintf(writer->head, sizeof writer->head,
                 "$4\r\nXADD\r\n$%zu\r\n%s\r\n%s$1\r\n*\r\n$1\r\nm\r\n", strlen(stream), stream,
                 limit);
    writer->n_head = (size_t)n;
    writer->n_head_words = n_max > 0 ? 7 : 4;
}

/* Moves confirmed commands out. */
static void tidy(struct fgr_writer *writer)
{
    size_t gone = writer->n_done;
    if (gone == 0) {
        return;
    }
    size_t at = writer->end[gone - 1];
    memmove(writer->bytes, writer->bytes + at, writer->n_bytes - at);
    writer->n_bytes -= at;
    writer->n -= gone;
    writer->n_sent -= gone;
    writer->n_done = 0;
    for (size_t i = 0; i < writer->n; i++) {
        writer->end[i] = writer->end[i + gone] - at;
    }
}

/* ---- sending and hearing ------------------------------------------------------------------- */

static size_t begin_of(const struct fgr_writer *writer, size_t i)
{
    return i > 0 ? writer->end[i - 1] : 0;
}

/* Sends what was not sent; after a loss that is all that is not confirmed. */
static enum fgr_err send_rest(struct fgr_writer *writer, uint64_t deadline_ns,
                              struct fgr_error *err)
{
    struct fgr_feed_figures before = {0};
    bool is_up = true;
    fgr_link_figures(writer->link, &before);
    enum fgr_err code = fgr_link_ready(writer->link, &is_up, deadline_ns, err);
    if (code != FGR_OK || !is_up) {
        return code;
    }
    writer->n_sent = before.is_connected ? writer->n_sent : writer->n_done;
    size_t begin = begin_of(writer, writer->n_sent);
    fgr_link_put_raw(writer->link, writer->bytes + begin, writer->n_bytes - begin);
    code = fgr_link_send(writer->link, &is_up, err);
    writer->n_sent = is_up ? writer->n : writer->n_done;
    return code;
}

static enum fgr_err take_reply(struct fgr_writer *writer, const struct fgr_reply *reply,
                               struct fgr_error *err)
{
    if (reply->type != FGR_REPLY_ERROR) {
        fgr_link_thrive(writer->link);
        writer->n_done++;
        writer->n_confirmed++;
        writer->heard_ns = fgr_clock_ns();
        return FGR_OK;
    }
    bool is_refusal = fgr_link_is_refusal(reply);
    fgr_link_drop(writer->link, reply->text[0]);
    writer->n_sent = writer->n_done;
    return is_refusal ? fgr_fail(err, FGR_ERR_ARG, "cannot add to the stream: %s", reply->text[0])
                      : FGR_OK;
}

/* Reads confirmations that are there; waits for one up to the deadline. */
static enum fgr_err hear(struct fgr_writer *writer, uint64_t deadline_ns, struct fgr_error *err)
{
    enum fgr_link_state state = FGR_LINK_REPLY;
    enum fgr_err code = FGR_OK;
    while (code == FGR_OK && state == FGR_LINK_REPLY && writer->n_done < writer->n_sent) {
        struct fgr_reply reply;
        code = fgr_link_receive(writer->link, &state, &reply, FGR_REPLY_PLAIN, deadline_ns, err);
        if (code != FGR_OK || (state != FGR_LINK_REPLY && state != FGR_LINK_LATE)) {
            writer->n_sent = writer->n_done;
        } else if (state == FGR_LINK_REPLY) {
            code = take_reply(writer, &reply, err);
            deadline_ns = 0; /* what else is there already */
        }
    }
    return code;
}

static enum fgr_err fail_late(struct fgr_writer *writer, struct fgr_error *err)
{
    struct fgr_feed_figures figures = {0};
    fgr_link_figures(writer->link, &figures);
    if (figures.is_connected) {
        fgr_link_drop(writer->link, "the server does not confirm");
        fgr_link_figures(writer->link, &figures);
    }
    writer->n_sent = writer->n_done;
    return fgr_fail(err, FGR_ERR_IO, "nothing was confirmed for %" PRIu64 " ms: %s",
                    writer->wait_ns / NS_PER_MS, figures.trouble);
}

/* Until at most n commands are not confirmed. */
static enum fgr_err drain(struct fgr_writer *writer, size_t n, struct fgr_error *err)
{
    writer->heard_ns = fgr_clock_ns();
    while (writer->n - writer->n_done > n) {
        uint64_t deadline_ns = writer->heard_ns + writer->wait_ns;
        enum fgr_err code = FGR_OK;
        if (writer->n_sent < writer->n) {
            code = send_rest(writer, deadline_ns, err);
        }
        if (code == FGR_OK) {
            code = hear(writer, deadline_ns, err);
        }
        if (code != FGR_OK) {
            return code;
        }
        if (fgr_clock_ns() >= writer->heard_ns + writer->wait_ns) {
            return fail_late(writer, err);
        }
    }
    tidy(writer);
    return FGR_OK;
}

/* ---- writer -------------------------------------------------------------------------------- */

enum fgr_err fgr_writer_open(struct fgr_writer **out_writer,
                             const struct fgr_writer_options *options, struct fgr_error *err)
{
    char stream[FGR_STREAM_NAME_BYTES];
    struct fgr_writer *writer = NULL;
    enum fgr_err code = fgr_stream_name(stream, options->stream, "stream", err);
    if (code == FGR_OK) {
        writer = fgr_array_new(1, sizeof *writer, err);
        code = writer == NULL ? FGR_ERR_MEMORY : FGR_OK;
    }
    if (code == FGR_OK) {
        make_head(writer, stream, options->n_max);
        writer->wait_ns = (options->wait_ms > 0 ? options->wait_ms : WAIT_MS) * NS_PER_MS;
        code = fgr_link_create(&writer->link, options->server, 0, NULL, err);
    }
    if (code != FGR_OK) {
        fgr_writer_close(writer);
        return code;
    }
    *out_writer = writer;
    return FGR_OK;
}

void fgr_writer_close(struct fgr_writer *writer)
{
    if (writer != NULL) {
        fgr_link_destroy(writer->link);
        free(writer->bytes);
        free(writer);
    }
}

enum fgr_err fgr_writer_add(struct fgr_writer *writer, const void *message, size_t n_bytes,
                            uint64_t capacity_sat, struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    size_t n_before;
    if (n_bytes > FGR_FEED_MESSAGE_BYTES_MAX) {
        return fgr_fail(err, FGR_ERR_LIMIT, "a message of %zu bytes: %d is the most", n_bytes,
                        FGR_FEED_MESSAGE_BYTES_MAX);
    }
    if (writer->n == FGR_WRITER_WINDOW) {
        code = drain(writer, FGR_WRITER_WINDOW / 2, err);
    }
    if (code != FGR_OK) {
        return code;
    }
    n_before = writer->n_bytes;
    if (!put_command(writer, message, n_bytes, capacity_sat)) {
        writer->n_bytes = n_before;
        return fgr_fail_memory(err, n_bytes);
    }
    writer->end[writer->n++] = writer->n_bytes;
    if (writer->n - writer->n_sent < SEND_AT_ONCE) {
        return FGR_OK;
    }
    code = send_rest(writer, 0, err);
    return code == FGR_OK ? hear(writer, 0, err) : code;
}

enum fgr_err fgr_writer_flush(struct fgr_writer *writer, struct fgr_error *err)
{
    return drain(writer, 0, err);
}

uint64_t fgr_writer_n_confirmed(const struct fgr_writer *writer)
{
    return writer->n_confirmed;
}
