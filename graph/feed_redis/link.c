/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/link.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "graph/util/array.h"
#include "graph/util/clock.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"
#include "graph/util/rng.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

enum {
    CONNECT_S = 2,
    SEND_MS = 10000,
    PAUSE_MIN_MS = 20,
    PAUSE_MAX_MS = 5000,
    RECEIVE_BYTES = 256 << 10,
    SECRET_BYTES = 512
};

struct fgr_link {
    struct fgr_redis_address address;
    char user[SECRET_BYTES];
    char password[SECRET_BYTES];
    bool has_user, has_password;
    struct fgr_rng rng;
    redisContext *context; /* NULL: not connected */
    struct fgr_parser *parser;
    struct fgr_redis_host host; /* tried last */
    char host_text[FGR_REDIS_HOST_TEXT_BYTES];
    char trouble[FGR_FEED_TROUBLE_BYTES];
    uint64_t n_connects;
    uint64_t next_try_ns;
    uint64_t pause_ms;
    uint8_t *out;
    size_t n_out, n_out_room;
    bool is_out_short; /* memory ran out while a command was put */
    uint8_t in[RECEIVE_BYTES];
};

/* ---- life ---------------------------------------------------------------------------------- */

static enum fgr_err copy_secret(char out[SECRET_BYTES], bool *out_has, const char *secret,
                                const char *what, struct fgr_error *err)
{
    *out_has = secret != NULL;
    if (secret == NULL) {
        return FGR_OK;
    }
    size_t n = strlen(secret);
    if (n >= SECRET_BYTES) {
        return fgr_fail(err, FGR_ERR_ARG, "the %s has more than %d bytes", what, SECRET_BYTES - 1);
    }
    memcpy(out, secret, n + 1);
    return FGR_OK;
}

static enum fgr_err fill(struct fgr_link *link, const struct fgr_redis_server *server,
                         size_t n_entries_max, const char *group, struct fgr_error *err)
{
    uint64_t seed = server->seed;
    enum fgr_err code =
        copy_secret(link->user, &link->has_user, server->user, "name of the user", err);
    if (code == FGR_OK) {
        code = copy_secret(link->password, &link->has_password, server->password, "password", err);
    }
    if (code == FGR_OK && seed == 0) {
        code = fgr_random_bytes(&seed, sizeof seed, err);
    }
    if (code == FGR_OK) {
        fgr_rng_seed(&link->rng, seed, 0);
        link->address = server->address;
        link->pause_ms = PAUSE_MIN_MS;
        code = fgr_parser_create(&link->parser, n_entries_max, group, err);
    }
    return code;
}

enum fgr_err fgr_link_create(struct fgr_link **out_link, const struct fgr_redis_server *server,
                             size_t n_entries_max, const char *group, struct fgr_error *err)
{
    struct fgr_link *link = fgr_array_new(1, sizeof *link, err);
    if (link == NULL) {
        return FGR_ERR_MEMORY;
    }
    enum fgr_err code = fill(link, server, n_entries_max, group, err);
    if (code != FGR_OK) {
        fgr_link_destroy(link);
        return code;
    }
    *out_link = link;
    return FGR_OK;
}

static void disconnect(struct fgr_link *link)
{
    if (link->context != NULL) {
        redisFree(link->context);
        link->context = NULL;
    }
    link->n_out = 0;
    link->is_out_short = false;
}

void fgr_link_destroy(struct fgr_link *link)
{
    if (link != NULL) {
        disconnect(link);
        fgr_parser_destroy(link->parser);
        free(link->out);
        free(link);
    }
}

void fgr_link_drop(struct fgr_link *link, const char *reason)
{
    disconnect(link);
    fgr_redis_host_text(link->host_text, &link->host);
    snprintf(link->trouble, sizeof link->trouble, "%.60s: %s", link->host_text, reason);
    uint64_t pause = link->pause_ms / 2 + fgr_rng_below(&link->rng, link->pause_ms / 2 + 1);
    link->next_try_ns = fgr_clock_ns() + pause * NS_PER_MS;
    link->pause_ms = link->pause_ms * 2 < PAUSE_MAX_MS ? link->pause_ms * 2 : PAUSE_MAX_MS;
}

/* ---- commands ------------------------------------------------------------------------------ */

void fgr_link_put_raw(struct fgr_link *link, const void *bytes, size_t n_bytes)
{
    uint8_t *out = fgr_array_grow(link->out, &link->n_out_room, link->n_out + n_bytes, 1, NULL);
    if (out == NULL) {
        link->is_out_short = true;
        return;
    }
    link->out = out;
    memcpy(out + link->n_out, bytes, n_bytes);
    link->n_out += n_bytes;
}

static void put_head(struct fgr_link *link, char kind, size_t number)
{
    char head[32];
    int n = snprintf(head, sizeof head, "%c%zu\r\n", kind, number);
    fgr_link_put_raw(link, head, (size_t)n);
}

void fgr_link_put(struct fgr_link *link, size_t n_words)
{
    put_head(link, '*', n_words);
}

void fgr_link_put_bytes(struct fgr_link *link, const void *bytes, size_t n_bytes)
{
    put_head(link, '$', n_bytes);
    fgr_link_put_raw(link, bytes, n_bytes);
    fgr_link_put_raw(link, "\r\n", 2);
}

void fgr_link_put_text(struct fgr_link *link, const char *text)
{
    fgr_link_put_bytes(link, text, strlen(text));
}

void fgr_link_put_number(struct fgr_link *link, uint64_t number)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRIu64, number);
    fgr_link_put_bytes(link, text, (size_t)n);
}

void fgr_link_put_id(struct fgr_link *link, struct fgr_stream_id id)
{
    char text[FGR_STREAM_ID_BYTES];
    fgr_link_put_bytes(link, text, fgr_stream_id_print(text, id));
}

/* ---- bytes --------------------------------------------------------------------------------- */

/* Waits for `events`. 1: there; 0: not before the deadline, or a signal came; -1: errno. */
static int wait_for(const struct fgr_link *link, short events, uint64_t deadline_ns)
{
    uint64_t now_ns = fgr_clock_ns();
    uint64_t left_ms = deadline_ns > now_ns ? (deadline_ns - now_ns) / NS_PER_MS + 1 : 0;
    struct pollfd fd = {.fd = link->context->fd, .events = events};
    int n = poll(&fd, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
    return n < 0 && errno == EINTR ? 0 : n;
}

enum fgr_err fgr_link_send(struct fgr_link *link, bool *out_is_sent, struct fgr_error *err)
{
    uint64_t deadline_ns = fgr_clock_ns() + SEND_MS * NS_PER_MS;
    size_t n_sent = 0;
    *out_is_sent = false;
    if (link->is_out_short) {
        fgr_link_drop(link, "out of memory for a command");
        return fgr_fail_memory(err, link->n_out_room);
    }
    while (n_sent < link->n_out) {
        ssize_t n = send(link->context->fd, link->out + n_sent, link->n_out - n_sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            n_sent += (size_t)n;
        } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
            fgr_link_drop(link, strerror(errno));
            return FGR_OK;
        } else if (fgr_clock_ns() >= deadline_ns) {
            fgr_link_drop(link, "the server takes no more commands");
            return FGR_OK;
        } else {
            wait_for(link, POLLOUT, deadline_ns);
        }
    }
    link->n_out = 0;
    *out_is_sent = true;
    return FGR_OK;
}

/* One read of the socket into the parser. *out_n: 1 something came, 0 not yet, -1 lost. */
static enum fgr_err receive_some(struct fgr_link *link, int *out_n, uint64_t deadline_ns,
                                 struct fgr_error *err)
{
    ssize_t n = recv(link->context->fd, link->in, sizeof link->in, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        *out_n = wait_for(link, POLLIN, deadline_ns);
        if (*out_n <= 0) {
            return FGR_OK;
        }
        n = recv(link->context->fd, link->in, sizeof link->in, MSG_DONTWAIT);
    }
    if (n > 0) {
        *out_n = 1;
        return fgr_parser_feed(link->parser, link->in, (size_t)n, err);
    }
    bool is_later = n < 0 && (errno == EAGAIN || errno == EINTR);
    if (!is_later) {
        fgr_link_drop(link, n == 0 ? "the server has closed the connection" : strerror(errno));
    }
    *out_n = is_later ? 0 : -1;
    return FGR_OK;
}

/* A reply that the parser cannot give: the connection is of no use any more. */
static enum fgr_err lose(struct fgr_link *link, enum fgr_link_state *out_state, enum fgr_err code,
                         const struct fgr_error *why, struct fgr_error *err)
{
    fgr_link_drop(link, why->text);
    if (code == FGR_ERR_MEMORY) {
        return fgr_fail(err, code, "%s", why->text);
    }
    *out_state = FGR_LINK_LOST;
    return FGR_OK;
}

enum fgr_err fgr_link_receive(struct fgr_link *link, enum fgr_link_state *out_state,
                              struct fgr_reply *out_reply, enum fgr_reply_shape shape,
                              uint64_t deadline_ns, struct fgr_error *err)
{
    struct fgr_error why = {.text = ""};
    for (;;) {
        bool is_there;
        int n;
        enum fgr_err code = fgr_parser_next(link->parser, &is_there, out_reply, shape, &why);
        if (code == FGR_OK && is_there) {
            *out_state = FGR_LINK_REPLY;
            return FGR_OK;
        }
        if (code == FGR_OK) {
            code = receive_some(link, &n, deadline_ns, &why);
        }
        if (code != FGR_OK) {
            return lose(link, out_state, code, &why, err);
        }
        if (n <= 0) {
            *out_state = n == 0 ? FGR_LINK_LATE : FGR_LINK_LOST;
            return FGR_OK;
        }
    }
}

/* ---- replies ------------------------------------------------------------------------------- */

bool fgr_link_is_error(const struct fgr_reply *reply, const char *kind)
{
    return reply->type == FGR_REPLY_ERROR && strncmp(reply->text[0], kind, strlen(kind)) == 0;
}

bool fgr_link_is_refusal(const struct fgr_reply *reply)
{
    static const char *const kinds[] = {"WRONGPASS", "NOAUTH", "NOPERM", "WRONGTYPE", "ERR "};
    if (fgr_link_is_error(reply, "ERR max number of clients")) {
        return false;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (fgr_link_is_error(reply, kinds[i])) {
            return true;
        }
    }
    return false;
}

/* ---- connecting ---------------------------------------------------------------------------- */

/* Connects to link->host. False: dropped, with the reason. Errors: MEMORY. */
static enum fgr_err open_host(struct fgr_link *link, bool *out_is_open, struct fgr_error *err)
{
    const struct timeval limit = {.tv_sec = CONNECT_S};
    *out_is_open = false;
    link->context = link->host.port == 0
                        ? redisConnectUnixWithTimeout(link->host.name, limit)
                        : redisConnectWithTimeout(link->host.name, link->host.port, limit);
    if (link->context == NULL) {
        return fgr_fail_memory(err, sizeof *link->context);
    }
    if (link->context->err != 0) {
        char reason[sizeof link->context->errstr];
        snprintf(reason, sizeof reason, "%s", link->context->errstr);
        fgr_link_drop(link, reason);
        return FGR_OK;
    }
    *out_is_open = true;
    return fgr_parser_reset(link->parser, err);
}

/* Sends what was put and waits for one plain reply. *out_is_there false: dropped. */
static enum fgr_err ask(struct fgr_link *link, bool *out_is_there, struct fgr_reply *out_reply,
                        struct fgr_error *err)
{
    uint64_t deadline_ns = fgr_clock_ns() + CONNECT_S * NS_PER_S;
    enum fgr_link_state state = FGR_LINK_LATE;
    enum fgr_err code = fgr_link_send(link, out_is_there, err);
    while (code == FGR_OK && *out_is_there && state == FGR_LINK_LATE &&
           fgr_clock_ns() < deadline_ns) {
        code = fgr_link_receive(link, &state, out_reply, FGR_REPLY_PLAIN, deadline_ns, err);
    }
    if (code == FGR_OK && *out_is_there && state == FGR_LINK_LATE) {
        fgr_link_drop(link, "no answer while logging in");
    }
    *out_is_there = code == FGR_OK && state == FGR_LINK_REPLY;
    return code;
}

/* Asks sentinel link->host where the master is, and leaves that in link->host. */
static enum fgr_err ask_sentinel(struct fgr_link *link, bool *out_is_known, struct fgr_error *err)
{
    struct fgr_reply reply;
    uint64_t port;
    enum fgr_err code = open_host(link, out_is_known, err);
    if (code != FGR_OK || !*out_is_known) {
        return code;
    }
    fgr_link_put(link, 3);
    fgr_link_put_text(link, "SENTINEL");
    fgr_link_put_text(link, "get-master-addr-by-name");
    fgr_link_put_text(link, link->address.master);
    code = ask(link, out_is_known, &reply, err);
    if (code != FGR_OK || !*out_is_known) {
        return code;
    }
    *out_is_known = reply.type == FGR_REPLY_ARRAY &&
                    fgr_stream_number(&port, reply.text[1], strlen(reply.text[1])) && port > 0 &&
                    port <= UINT16_MAX;
    if (!*out_is_known) {
        fgr_link_drop(link, reply.type == FGR_REPLY_ERROR
                                ? reply.text[0]
                                : "this sentinel does not know the master's name");
        return FGR_OK;
    }
    disconnect(link);
    link->host.port = (uint16_t)port;
    memcpy(link->host.name, reply.text[0], sizeof reply.text[0]);
    return FGR_OK;
}

static enum fgr_err find_host(struct fgr_link *link, bool *out_is_known, struct fgr_error *err)
{
    link->host = link->address.hosts[0];
    *out_is_known = true;
    if (link->address.master[0] == '\0') {
        return FGR_OK;
    }
    enum fgr_err code = FGR_OK;
    *out_is_known = false;
    for (unsigned i = 0; i < link->address.n_hosts && !*out_is_known && code == FGR_OK; i++) {
        link->host = link->address.hosts[i];
        code = ask_sentinel(link, out_is_known, err);
    }
    return code;
}

static enum fgr_err log_in(struct fgr_link *link, bool *out_is_in, struct fgr_error *err)
{
    struct fgr_reply reply;
    *out_is_in = true;
    if (!link->has_password) {
        return FGR_OK;
    }
    fgr_link_put(link, link->has_user ? 3 : 2);
    fgr_link_put_text(link, "AUTH");
    if (link->has_user) {
        fgr_link_put_text(link, link->user);
    }
    fgr_link_put_text(link, link->password);
    enum fgr_err code = ask(link, out_is_in, &reply, err);
    if (code != FGR_OK || !*out_is_in || reply.type != FGR_REPLY_ERROR) {
        return code;
    }
    *out_is_in = false;
    bool is_refusal = fgr_link_is_refusal(&reply);
    fgr_link_drop(link, reply.text[0]);
    return is_refusal ? fgr_fail(err, FGR_ERR_ARG, "%s", link->trouble) : FGR_OK;
}

/* Sentinels may be behind: what they call a master must call itself one. */
static enum fgr_err check_role(struct fgr_link *link, bool *out_is_good, struct fgr_error *err)
{
    struct fgr_reply reply;
    *out_is_good = true;
    if (link->address.master[0] == '\0') {
        return FGR_OK;
    }
    fgr_link_put(link, 1);
    fgr_link_put_text(link, "ROLE");
    enum fgr_err code = ask(link, out_is_good, &reply, err);
    if (code == FGR_OK && *out_is_good && strcmp(reply.text[0], "master") != 0) {
        *out_is_good = false;
        fgr_link_drop(link, "the sentinels' master is none");
    }
    return code;
}

static enum fgr_err connect_once(struct fgr_link *link, bool *out_is_up, struct fgr_error *err)
{
    enum fgr_err (*const steps[])(struct fgr_link *, bool *,
                                  struct fgr_error *) = {find_host, open_host, log_in, check_role};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum fgr_err code = steps[i](link, out_is_up, err);
        if (code != FGR_OK) {
            *out_is_up = false;
            disconnect(link);
            return code;
        }
        if (!*out_is_up) {
            return FGR_OK;
        }
    }
    link->n_connects++;
    return FGR_OK;
}

enum fgr_err fgr_link_ready(struct fgr_link *link, bool *out_is_up, uint64_t deadline_ns,
                            struct fgr_error *err)
{
    *out_is_up = link->context != NULL;
    while (!*out_is_up) {
        uint64_t now_ns = fgr_clock_ns();
        if (link->next_try_ns > now_ns) {
            uint64_t until_ns = link->next_try_ns < deadline_ns ? link->next_try_ns : deadline_ns;
            uint64_t left_ms = until_ns > now_ns ? (until_ns - now_ns) / NS_PER_MS + 1 : 0;
            if (poll(NULL, 0, (int)left_ms) < 0 || fgr_clock_ns() < link->next_try_ns) {
                return FGR_OK; /* a signal, or not due yet */
            }
        }
        enum fgr_err code = connect_once(link, out_is_up, err);
        if (code != FGR_OK) {
            return code;
        }
    }
    return FGR_OK;
}

void fgr_link_thrive(struct fgr_link *link)
{
    link->pause_ms = PAUSE_MIN_MS;
}

void fgr_link_figures(const struct fgr_link *link, struct fgr_feed_figures *io_figures)
{
    io_figures->connects = link->n_connects > 0 ? link->n_connects - 1 : 0;
    io_figures->is_connected = link->context != NULL;
    memcpy(io_figures->trouble, link->trouble, sizeof link->trouble);
}
