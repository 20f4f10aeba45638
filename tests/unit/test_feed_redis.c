/* SPDX-License-Identifier: MIT */
/* A replica's feed and the writer, against a real redis-server. */
#include "graph/feed_redis/feed_redis.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "graph/feed_redis/writer.h"
#include "tests/support/redis_server.h"

#define STREAM "ln:gossip"

enum { WAIT_MS = 15000, TRY_MS = 200 };

static struct fgr_test_redis redis;

static void begin(void)
{
    if (!fgr_test_redis_is_there()) {
        cr_skip_test("redis-server is not installed");
    }
    redis = (struct fgr_test_redis){.args = {"--save", "", "--appendonly", "no"}};
    fgr_test_redis_start(&redis);
}

static void end(void)
{
    fgr_test_redis_end(&redis);
}

TestSuite(feed_redis, .timeout = 120);

static struct fgr_feed *open_at(const struct fgr_redis_server *server, struct fgr_cursor cursor,
                                size_t n_batch)
{
    struct fgr_feed *feed;
    struct fgr_error err = {.text = ""};
    struct fgr_feed_redis_options options = {
        .server = server, .stream = STREAM, .n_batch = n_batch, .cursor = cursor};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, &err), FGR_OK, "%s", err.text);
    return feed;
}

static struct fgr_feed *open_tcp(struct fgr_cursor cursor, size_t n_batch)
{
    struct fgr_redis_server server;
    fgr_test_redis_tcp(&redis, &server);
    return open_at(&server, cursor, n_batch);
}

/* Message number i: its type, the number, and as much filling as `n` says. */
static void make_message(uint8_t *out, uint32_t i, size_t n)
{
    memset(out, (int)(i & 0xff), n);
    out[0] = 1;
    out[1] = 2;
    memcpy(out + 2, &i, sizeof i);
}

static uint32_t number_of(const struct fgr_feed_entry *entry)
{
    uint32_t number;
    cr_assert_geq(entry->n_bytes, 6);
    memcpy(&number, entry->message + 2, sizeof number);
    return number;
}

static void add(uint32_t from, uint32_t n, size_t n_bytes, uint64_t n_max)
{
    struct fgr_redis_server server;
    struct fgr_writer *writer;
    struct fgr_error err = {.text = ""};
    uint8_t message[65535];
    fgr_test_redis_unix(&redis, &server);
    struct fgr_writer_options options = {.server = &server, .stream = STREAM, .n_max = n_max};
    cr_assert_eq(fgr_writer_open(&writer, &options, &err), FGR_OK, "%s", err.text);
    for (uint32_t i = from; i < from + n; i++) {
        make_message(message, i, n_bytes);
        uint64_t sat = i % 2 == 0 ? i : FGR_FEED_SAT_UNKNOWN;
        cr_assert_eq(fgr_writer_add(writer, message, n_bytes, sat, &err), FGR_OK, "%s", err.text);
    }
    cr_assert_eq(fgr_writer_flush(writer, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_writer_n_confirmed(writer), n);
    fgr_writer_close(writer);
}

/* Reads messages from..from+n, each once and in order. Returns the cursor behind them. */
static struct fgr_cursor expect(struct fgr_feed *feed, uint32_t from, uint32_t n)
{
    struct fgr_feed_batch batch = {0};
    struct fgr_error err = {.text = ""};
    uint32_t next = from;
    for (int tries = 0; next < from + n && tries < WAIT_MS / TRY_MS;) {
        cr_assert_eq(fgr_feed_read(feed, &batch, TRY_MS, &err), FGR_OK, "%s", err.text);
        tries += batch.n_entries == 0;
        for (size_t i = 0; i < batch.n_entries; i++, next++) {
            const struct fgr_feed_entry *entry = &batch.entries[i];
            cr_assert_eq(number_of(entry), next, "%u instead of %u", number_of(entry), next);
            cr_assert_eq(entry->capacity_sat, next % 2 == 0 ? next : FGR_FEED_SAT_UNKNOWN);
        }
    }
    cr_assert_eq(next, from + n, "only up to %u of %u", next, from + n);
    return batch.cursor;
}

/* Nothing comes, and nothing is wrong. */
static void expect_none(struct fgr_feed *feed)
{
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_feed_read(feed, &batch, 30, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(batch.n_entries, 0);
}

/* Sooner or later the feed says what is missing. */
static void expect_gap(struct fgr_feed *feed, const char *text)
{
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    enum fgr_err code = FGR_OK;
    for (int tries = 0; code == FGR_OK && tries < WAIT_MS / TRY_MS; tries++) {
        code = fgr_feed_read(feed, &batch, TRY_MS, &err);
        cr_assert_eq(batch.n_entries, 0);
    }
    cr_assert_eq(code, FGR_ERR_GAP, "%d %s", code, err.text);
    cr_assert(strstr(err.text, text) != NULL, "%s", err.text);
    cr_assert_eq(fgr_feed_read(feed, &batch, TRY_MS, &err), FGR_ERR_GAP, "a gap does not go away");
}

Test(feed_redis, all_entries_once_in_order, .init = begin, .fini = end)
{
    add(0, 5000, 40, 0);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 64);
    struct fgr_cursor cursor = expect(feed, 0, 5000);
    cr_assert_eq(cursor.n_entries, 5000);
    expect_none(feed);
    add(5000, 10, 40, 0);
    expect(feed, 5000, 10);
    struct fgr_feed_figures figures;
    fgr_feed_figures(feed, &figures);
    cr_assert_eq(figures.entries, 5010);
    cr_assert_eq(figures.bytes, 5010 * 40);
    cr_assert_eq(figures.behind, 0);
    cr_assert(figures.is_connected);
    fgr_feed_close(feed);
}

Test(feed_redis, unix_socket_and_resume_at_every_cursor, .init = begin, .fini = end)
{
    struct fgr_redis_server server;
    fgr_test_redis_unix(&redis, &server);
    add(0, 60, 300, 0);
    struct fgr_feed_batch batch;
    struct fgr_cursor cursors[60];
    struct fgr_feed *feed = open_at(&server, (struct fgr_cursor){0}, 100);
    cr_assert_eq(fgr_feed_read(feed, &batch, WAIT_MS, NULL), FGR_OK);
    cr_assert_eq(batch.n_entries, 60);
    for (uint32_t i = 0; i < 60; i++) {
        cr_assert_eq(batch.entries[i].number, i);
        cursors[i] = batch.entries[i].cursor;
        cr_assert_eq(cursors[i].n_entries, i + 1);
    }
    fgr_feed_close(feed);
    for (uint32_t i = 0; i < 59; i++) {
        feed = open_at(&server, cursors[i], 7);
        expect(feed, i + 1, 59 - i);
        fgr_feed_close(feed);
    }
}

Test(feed_redis, an_empty_stream_is_no_error, .init = begin, .fini = end)
{
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 0);
    expect_none(feed);
    expect_none(feed);
    add(0, 3, 10, 0);
    expect(feed, 0, 3);
    fgr_feed_close(feed);
}

Test(feed_redis, garbage_is_counted_and_passed_over, .init = begin, .fini = end)
{
    static char huge[3 << 20];
    struct fgr_feed_figures figures;
    memset(huge, 'x', sizeof huge);
    add(0, 1, 10, 0);
    fgr_test_redis_do(&redis, "XADD %s * other thing", STREAM);
    fgr_test_redis_do(&redis, "XADD %s * m x", STREAM);
    fgr_test_redis_do(&redis, "XADD %s * m abc m abc", STREAM);
    fgr_test_redis_do(&redis, "XADD %s * m %b", STREAM, huge, (size_t)65536);
    add(1, 1, 65535, 0);
    fgr_test_redis_do(&redis, "XADD %s * m %b", STREAM, huge, sizeof huge);
    fgr_test_redis_do(&redis, "XADD %s * other %b n abc", STREAM, huge, sizeof huge);
    add(2, 200, 65535, 0);
    fgr_test_redis_do(&redis, "XADD %s * m %b", STREAM, huge, sizeof huge);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 50);
    struct fgr_cursor cursor = expect(feed, 0, 202);
    expect_none(feed);
    expect_none(feed);
    add(202, 1, 10, 0);
    cursor = expect(feed, 202, 1);
    cr_assert_eq(cursor.n_entries, 210, "those that were passed over are counted as well");
    fgr_feed_figures(feed, &figures);
    cr_assert_eq(figures.no_message, 2);
    cr_assert_eq(figures.garbage, 2);
    cr_assert_eq(figures.too_large, 3);
    fgr_feed_close(feed);
}

Test(feed_redis, capacities_that_are_none, .init = begin, .fini = end)
{
    static const char *const bad[] = {"-1", "1.5", "", "2100000000000001", "99999999999999999999"};
    struct fgr_feed_batch batch;
    struct fgr_feed_figures figures;
    for (size_t i = 0; i < 5; i++) {
        fgr_test_redis_do(&redis, "XADD %s * sat %s m abc", STREAM, bad[i]);
    }
    fgr_test_redis_do(&redis, "XADD %s * sat 5 m abc sat 6", STREAM);
    fgr_test_redis_do(&redis, "XADD %s * sat 2100000000000000 m abc", STREAM);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 0);
    cr_assert_eq(fgr_feed_read(feed, &batch, WAIT_MS, NULL), FGR_OK);
    cr_assert_eq(batch.n_entries, 7);
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(batch.entries[i].capacity_sat, FGR_FEED_SAT_UNKNOWN);
    }
    cr_assert_eq(batch.entries[6].capacity_sat, FGR_SAT_MAX);
    fgr_feed_figures(feed, &figures);
    cr_assert_eq(figures.bad_sat, 6);
    fgr_feed_close(feed);
}

Test(feed_redis, trimmed_past_the_cursor, .init = begin, .fini = end)
{
    add(0, 1000, 40, 0);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 100);
    struct fgr_cursor cursor = expect(feed, 0, 1000);
    fgr_feed_close(feed);
    /* The cursor's own entry may go: nothing is missing. */
    add(1000, 500, 40, 0);
    fgr_test_redis_do(&redis, "XTRIM %s MAXLEN 500", STREAM);
    feed = open_tcp(cursor, 100);
    expect(feed, 1000, 500);
    fgr_feed_close(feed);
    /* One more may not. */
    fgr_test_redis_do(&redis, "XTRIM %s MAXLEN 499", STREAM);
    feed = open_tcp(cursor, 100);
    expect_gap(feed, "entries are missing behind");
    fgr_feed_close(feed);
    /* Who begins at the beginning takes what there is. */
    feed = open_tcp((struct fgr_cursor){0}, 100);
    cursor = expect(feed, 1001, 499);
    cr_assert_eq(cursor.n_entries, 1500);
    fgr_feed_close(feed);
}

Test(feed_redis, trimmed_while_it_reads, .init = begin, .fini = end)
{
    add(0, 1000, 40, 0);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 10);
    struct fgr_feed_batch batch;
    cr_assert_eq(fgr_feed_read(feed, &batch, WAIT_MS, NULL), FGR_OK);
    cr_assert_eq(batch.n_entries, 10);
    fgr_test_redis_do(&redis, "XTRIM %s MAXLEN 100", STREAM);
    /* The next batch was asked for before. */
    cr_assert_eq(fgr_feed_read(feed, &batch, WAIT_MS, NULL), FGR_OK);
    expect_gap(feed, "entries are missing behind");
    fgr_feed_close(feed);
}

Test(feed_redis, deleted_by_name_before_it_was_read, .init = begin, .fini = end)
{
    struct fgr_feed_batch batch;
    add(0, 10, 40, 0);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 10);
    struct fgr_cursor cursor = expect(feed, 0, 10);
    fgr_feed_close(feed);
    fgr_test_redis_do(&redis, "XADD %s 9999999999999-1 m abc", STREAM);
    fgr_test_redis_do(&redis, "XADD %s 9999999999999-2 m abc", STREAM);
    feed = open_tcp(cursor, 10);
    fgr_test_redis_do(&redis, "XDEL %s 9999999999999-1", STREAM);
    expect_gap(feed, "entries are missing behind");
    fgr_feed_close(feed);
    feed = open_tcp(fgr_feed_redis_cursor(STREAM, (struct fgr_stream_id){9999999999999, 1}), 10);
    cr_assert_eq(fgr_feed_read(feed, &batch, WAIT_MS, NULL), FGR_OK);
    cr_assert_eq(batch.n_entries, 1);
    fgr_feed_close(feed);
}

Test(feed_redis, server_comes_back_with_its_data, .init = begin, .fini = end)
{
    fgr_test_redis_end(&redis);
    redis = (struct fgr_test_redis){.args = {"--appendonly", "yes", "--appendfsync", "always"}};
    fgr_test_redis_start(&redis);
    add(0, 100, 40, 0);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 10);
    expect(feed, 0, 100);
    fgr_test_redis_kill(&redis, SIGKILL);
    expect_none(feed);
    struct fgr_feed_figures figures;
    fgr_feed_figures(feed, &figures);
    cr_assert_not(figures.is_connected);
    cr_assert(figures.trouble[0] != '\0');
    fgr_test_redis_start(&redis);
    add(100, 100, 40, 0);
    expect(feed, 100, 100);
    fgr_feed_figures(feed, &figures);
    cr_assert(figures.is_connected);
    cr_assert_eq(figures.connects, 1);
    fgr_feed_close(feed);
}

Test(feed_redis, server_comes_back_without_its_data, .init = begin, .fini = end)
{
    add(0, 100, 40, 0);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 10);
    expect(feed, 0, 100);
    fgr_test_redis_kill(&redis, SIGKILL);
    expect_none(feed);
    fgr_test_redis_start(&redis);
    expect_gap(feed, "the stream is gone");
    fgr_feed_close(feed);
}

Test(feed_redis, server_comes_back_with_another_stream, .init = begin, .fini = end)
{
    for (uint32_t n = 50; n <= 200; n += 50) { /* fewer entries, as many, more */
        fgr_test_redis_do(&redis, "DEL %s", STREAM);
        add(0, 100, 40, 0);
        struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 10);
        struct fgr_cursor cursor = expect(feed, 0, 100);
        fgr_feed_close(feed);
        fgr_test_redis_do(&redis, "DEL %s", STREAM);
        poll(NULL, 0, 5); /* ids are the time, and no server restarts within a millisecond */
        add(0, n, 40, 0);
        feed = open_tcp(cursor, 10);
        expect_gap(feed, n < 100 ? "another one or an old copy" : "entries are missing");
        fgr_feed_close(feed);
    }
}

Test(feed_redis, cut_in_mid_reply, .init = begin, .fini = end)
{
    static const size_t cuts[] = {1, 3, 4, 7, 30, 100, 101, 107, 450, 1000, 5000, 20001};
    add(0, 300, 100, 0);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct fgr_test_proxy proxy;
        struct fgr_redis_server server;
        struct fgr_feed_figures figures;
        fgr_test_proxy_start(&proxy, redis.port, 3, cuts[i]);
        fgr_test_redis_tcp(&redis, &server);
        server.address.hosts[0].port = proxy.port;
        struct fgr_feed *feed = open_at(&server, (struct fgr_cursor){0}, 50);
        struct fgr_cursor cursor = expect(feed, 0, 300);
        cr_assert_eq(cursor.n_entries, 300);
        fgr_feed_figures(feed, &figures);
        cr_assert(figures.trouble[0] != '\0');
        fgr_feed_close(feed);
        fgr_test_proxy_end(&proxy);
    }
}

Test(feed_redis, writer_over_a_bad_line_loses_nothing, .init = begin, .fini = end)
{
    struct fgr_test_proxy proxy;
    struct fgr_redis_server server;
    struct fgr_writer *writer;
    struct fgr_error err = {.text = ""};
    uint8_t message[40];
    enum { N = 4000 };
    static bool is_seen[N];
    fgr_test_proxy_start(&proxy, redis.port, 5, 3000);
    fgr_test_redis_tcp(&redis, &server);
    server.address.hosts[0].port = proxy.port;
    struct fgr_writer_options options = {.server = &server, .stream = STREAM};
    cr_assert_eq(fgr_writer_open(&writer, &options, &err), FGR_OK);
    for (uint32_t i = 0; i < N; i++) {
        make_message(message, i, sizeof message);
        cr_assert_eq(fgr_writer_add(writer, message, sizeof message, FGR_FEED_SAT_UNKNOWN, &err),
                     FGR_OK, "%s", err.text);
    }
    cr_assert_eq(fgr_writer_flush(writer, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_writer_n_confirmed(writer), N);
    fgr_writer_close(writer);
    fgr_test_proxy_end(&proxy);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 0);
    struct fgr_feed_batch batch = {0};
    uint32_t n_seen = 0;
    do {
        cr_assert_eq(fgr_feed_read(feed, &batch, 50, &err), FGR_OK, "%s", err.text);
        for (size_t i = 0; i < batch.n_entries; i++) {
            uint32_t number = number_of(&batch.entries[i]);
            cr_assert(is_seen[number] || number == n_seen, "first copies are in order");
            n_seen += !is_seen[number];
            is_seen[number] = true;
        }
    } while (batch.n_entries > 0);
    cr_assert_eq(n_seen, N);
    fgr_feed_close(feed);
}

Test(feed_redis, writer_limits_the_stream, .init = begin, .fini = end)
{
    add(0, 5000, 40, 1000);
    long long n = fgr_test_redis_do(&redis, "XLEN %s", STREAM);
    cr_assert(n >= 1000 && n <= 1200, "%lld", n);
}

Test(feed_redis, writer_gives_up_with_the_reason, .init = begin, .fini = end)
{
    struct fgr_redis_server server;
    struct fgr_writer *writer;
    struct fgr_error err = {.text = ""};
    fgr_test_redis_tcp(&redis, &server);
    fgr_test_redis_do(&redis, "SET %s text", STREAM);
    struct fgr_writer_options options = {.server = &server, .stream = STREAM, .wait_ms = 300};
    cr_assert_eq(fgr_writer_open(&writer, &options, &err), FGR_OK);
    cr_assert_eq(fgr_writer_add(writer, "abc", 3, 1, &err), FGR_OK);
    cr_assert_eq(fgr_writer_flush(writer, &err), FGR_ERR_ARG);
    cr_assert(strstr(err.text, "WRONGTYPE") != NULL, "%s", err.text);
    fgr_test_redis_kill(&redis, SIGKILL);
    cr_assert_eq(fgr_writer_flush(writer, &err), FGR_ERR_IO);
    cr_assert(strstr(err.text, "Connection refused") != NULL, "%s", err.text);
    fgr_test_redis_start(&redis);
    cr_assert_eq(fgr_writer_flush(writer, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_test_redis_do(&redis, "XLEN %s", STREAM), 1);
    fgr_writer_close(writer);
}

Test(feed_redis, a_key_that_is_no_stream, .init = begin, .fini = end)
{
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    fgr_test_redis_do(&redis, "SET %s text", STREAM);
    struct fgr_feed *feed = open_tcp((struct fgr_cursor){0}, 0);
    cr_assert_eq(fgr_feed_read(feed, &batch, WAIT_MS, &err), FGR_ERR_ARG);
    cr_assert(strstr(err.text, "WRONGTYPE") != NULL, "%s", err.text);
    fgr_test_redis_do(&redis, "DEL %s", STREAM);
    add(0, 1, 10, 0);
    expect(feed, 0, 1);
    fgr_feed_close(feed);
}

Test(feed_redis, logging_in, .init = begin, .fini = end)
{
    static const struct {
        const char *user, *password;
        const char *refusal; /* NULL: let in */
    } cases[] = {{NULL, "secret", NULL},      {"default", "secret", NULL},
                 {"reader", "other", NULL},   {NULL, "wrong", "WRONGPASS"},
                 {"reader", "", "WRONGPASS"}, {"nobody", "secret", "WRONGPASS"},
                 {NULL, NULL, "NOAUTH"}};
    struct fgr_redis_server server;
    add(0, 1, 10, 0);
    fgr_test_redis_do(&redis, "ACL SETUSER reader on >other ~* +@all");
    fgr_test_redis_do(&redis, "CONFIG SET requirepass secret");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_feed_batch batch;
        struct fgr_error err = {.text = ""};
        fgr_test_redis_tcp(&redis, &server);
        server.user = cases[i].user;
        server.password = cases[i].password;
        struct fgr_feed *feed = open_at(&server, (struct fgr_cursor){0}, 0);
        enum fgr_err code = fgr_feed_read(feed, &batch, WAIT_MS, &err);
        if (cases[i].refusal == NULL) {
            cr_assert_eq(code, FGR_OK, "case %zu: %s", i, err.text);
            cr_assert_eq(batch.n_entries, 1);
        } else {
            cr_assert_eq(code, FGR_ERR_ARG, "case %zu", i);
            cr_assert(strstr(err.text, cases[i].refusal) != NULL, "%s", err.text);
            cr_assert(strstr(err.text, "secret") == NULL, "%s", err.text);
        }
        fgr_feed_close(feed);
    }
}

Test(feed_redis, cursor_of_another_stream)
{
    struct fgr_feed *feed;
    struct fgr_error err = {.text = ""};
    struct fgr_redis_server server = {.seed = 1};
    struct fgr_feed_redis_options options = {
        .server = &server,
        .stream = STREAM,
        .cursor = fgr_feed_redis_cursor("ln:other", (struct fgr_stream_id){1, 1})};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, &err), FGR_ERR_ARG);
    cr_assert(strstr(err.text, "another source") != NULL, "%s", err.text);
    options = (struct fgr_feed_redis_options){.server = &server, .stream = ""};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, &err), FGR_ERR_ARG);
    options = (struct fgr_feed_redis_options){
        .server = &server, .stream = STREAM, .n_batch = FGR_FEED_REDIS_BATCH_MAX + 1};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, &err), FGR_ERR_ARG);
}
