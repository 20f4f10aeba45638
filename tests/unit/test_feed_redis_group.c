/* SPDX-License-Identifier: MIT */
/* Consumer groups, against a real redis-server. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/feed_redis/feed_redis.h"
#include "tests/support/redis_server.h"

#define STREAM "ln:gossip:raw"
#define GROUP "verifiers"

enum { WAIT_MS = 15000, TRY_MS = 100, CLAIM_MS = 300, N_MAX = 4096 };

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

TestSuite(feed_redis_group, .init = begin, .fini = end, .timeout = 120);

static struct fgr_feed *open_port(const char *consumer, size_t n_batch, uint16_t port)
{
    struct fgr_feed *feed;
    struct fgr_redis_server server;
    struct fgr_error err = {.text = ""};
    fgr_test_redis_tcp(&redis, &server);
    server.address.hosts[0].port = port;
    struct fgr_feed_redis_options options = {.server = &server,
                                             .stream = STREAM,
                                             .n_batch = n_batch,
                                             .group = GROUP,
                                             .consumer = consumer,
                                             .claim_after_ms = CLAIM_MS};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, &err), FGR_OK, "%s", err.text);
    return feed;
}

static struct fgr_feed *open_as(const char *consumer, size_t n_batch)
{
    return open_port(consumer, n_batch, redis.port);
}

/* Entries with the messages "..0000", "..0001", ... */
static void add(unsigned from, unsigned n)
{
    for (unsigned i = from; i < from + n; i++) {
        char message[16];
        snprintf(message, sizeof message, "..%04u", i);
        fgr_test_redis_do(&redis, "XADD %s * m %s", STREAM, message);
    }
}

static unsigned number_of(const struct fgr_feed_entry *entry)
{
    char text[5] = "";
    cr_assert_eq(entry->n_bytes, 6);
    memcpy(text, entry->message + 2, 4);
    return (unsigned)atoi(text);
}

/* Marks what comes until nothing came for a while; says it is done with it if so asked. */
static unsigned take(struct fgr_feed *feed, unsigned *io_times, bool is_done, unsigned quiet_ms)
{
    unsigned n = 0;
    for (unsigned quiet = 0; quiet < quiet_ms;) {
        struct fgr_feed_batch batch;
        struct fgr_error err = {.text = ""};
        cr_assert_eq(fgr_feed_read(feed, &batch, TRY_MS, &err), FGR_OK, "%s", err.text);
        for (size_t i = 0; i < batch.n_entries; i++) {
            io_times[number_of(&batch.entries[i])]++;
        }
        n += (unsigned)batch.n_entries;
        quiet = batch.n_entries > 0 ? 0 : quiet + TRY_MS;
        if (is_done) {
            fgr_feed_done(feed, batch.n_entries);
        }
    }
    return n;
}

static void expect_each(const unsigned *times, unsigned n, unsigned want)
{
    for (unsigned i = 0; i < n; i++) {
        cr_assert_eq(times[i], want, "message %u came %u times", i, times[i]);
    }
}

static long long n_pending(void)
{
    return fgr_test_redis_do(&redis, "XPENDING %s %s - + 100000", STREAM, GROUP);
}

Test(feed_redis_group, every_entry_goes_to_one_of_two)
{
    unsigned times[N_MAX] = {0};
    struct fgr_feed *one = open_as(NULL, 10);
    struct fgr_feed *two = open_as(NULL, 10);
    add(0, 500);
    unsigned n[2] = {0};
    for (int i = 0; n[0] + n[1] < 500 && i < 1000; i++) {
        struct fgr_feed *feed = i % 2 == 0 ? one : two;
        struct fgr_feed_batch batch;
        cr_assert_eq(fgr_feed_read(feed, &batch, TRY_MS, NULL), FGR_OK);
        for (size_t k = 0; k < batch.n_entries; k++) {
            times[number_of(&batch.entries[k])]++;
        }
        n[i % 2] += (unsigned)batch.n_entries;
        fgr_feed_done(feed, batch.n_entries);
    }
    expect_each(times, 500, 1);
    cr_assert(n[0] > 100 && n[1] > 100, "%u and %u", n[0], n[1]);
    cr_assert(fgr_feed_settle(one, WAIT_MS));
    cr_assert(fgr_feed_settle(two, WAIT_MS));
    cr_assert_eq(n_pending(), 0);
    fgr_feed_close(one);
    fgr_feed_close(two);
    cr_assert_eq(fgr_test_redis_do(&redis, "XINFO CONSUMERS %s %s", STREAM, GROUP), 0,
                 "who has nothing pending leaves the group");
}

Test(feed_redis_group, what_is_not_done_stays_pending)
{
    unsigned times[N_MAX] = {0};
    add(0, 100);
    struct fgr_feed *feed = open_as("one", 100);
    cr_assert_eq(take(feed, times, false, 500), 100);
    fgr_feed_done(feed, 60);
    cr_assert(fgr_feed_settle(feed, WAIT_MS));
    cr_assert_eq(n_pending(), 40);
    fgr_feed_close(feed);
    cr_assert_eq(n_pending(), 40, "leaving loses nothing");
    /* The same consumer again gets it at once, another one later. */
    feed = open_as("one", 100);
    cr_assert_eq(take(feed, times, true, 200), 40);
    fgr_feed_close(feed);
    for (unsigned i = 0; i < 100; i++) {
        cr_assert_eq(times[i], i < 60 ? 1 : 2);
    }
}

Test(feed_redis_group, back_pressure)
{
    unsigned times[N_MAX] = {0};
    add(0, 100);
    struct fgr_feed *feed = open_as(NULL, 4);
    cr_assert_eq(take(feed, times, false, 300), 64, "16 batches may be pending");
    fgr_feed_done(feed, 10);
    cr_assert_eq(take(feed, times, false, 300), 10);
    fgr_feed_done(feed, 64);
    cr_assert_eq(take(feed, times, true, 300), 26);
    expect_each(times, 100, 1);
    fgr_feed_close(feed);
}

/* Reads as consumer "dead" and is killed with all of it pending. */
static void die_with_entries(void)
{
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        unsigned times[N_MAX] = {0};
        take(open_as("dead", 50), times, false, 300);
        raise(SIGKILL);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

Test(feed_redis_group, another_takes_over_from_the_dead)
{
    unsigned times[N_MAX] = {0};
    struct fgr_feed_figures figures;
    add(0, 300);
    die_with_entries();
    cr_assert_eq(n_pending(), 300);
    add(300, 100);
    struct fgr_feed *feed = open_as(NULL, 64);
    cr_assert_eq(take(feed, times, true, 5 * CLAIM_MS), 400);
    expect_each(times, 400, 1);
    fgr_feed_figures(feed, &figures);
    cr_assert_eq(figures.claimed, 300);
    fgr_feed_close(feed);
    cr_assert_eq(n_pending(), 0);
}

Test(feed_redis_group, own_slowness_is_no_second_copy)
{
    unsigned times[N_MAX] = {0};
    add(0, 50);
    struct fgr_feed *feed = open_as(NULL, 100);
    cr_assert_eq(take(feed, times, false, 5 * CLAIM_MS), 50);
    expect_each(times, 50, 1);
    fgr_feed_close(feed);
}

Test(feed_redis_group, cut_in_mid_reply)
{
    static const size_t cuts[] = {60, 90, 300, 600, 1000};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        unsigned times[N_MAX] = {0};
        struct fgr_test_proxy proxy;
        fgr_test_redis_do(&redis, "DEL %s", STREAM);
        add(0, 100);
        fgr_test_proxy_start(&proxy, redis.port, 4, cuts[i]);
        struct fgr_feed *feed = open_port("one", 20, proxy.port);
        cr_assert_eq(take(feed, times, true, 1000), 100, "cut after %zu bytes", cuts[i]);
        expect_each(times, 100, 1);
        fgr_feed_close(feed);
        fgr_test_proxy_end(&proxy);
        cr_assert_eq(n_pending(), 0);
    }
}

Test(feed_redis_group, garbage_is_not_given_again)
{
    unsigned times[N_MAX] = {0};
    struct fgr_feed_figures figures;
    add(0, 10);
    for (int i = 0; i < 30; i++) {
        fgr_test_redis_do(&redis, "XADD %s * n x", STREAM);
    }
    add(10, 10);
    struct fgr_feed *feed = open_as(NULL, 5);
    cr_assert_eq(take(feed, times, true, 300), 20);
    cr_assert(fgr_feed_settle(feed, WAIT_MS));
    fgr_feed_figures(feed, &figures);
    cr_assert_eq(figures.no_message, 30);
    cr_assert_eq(n_pending(), 0);
    fgr_feed_close(feed);
}

static void expect_gap(struct fgr_feed *feed, const char *text)
{
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    enum fgr_err code = FGR_OK;
    for (int i = 0; code == FGR_OK && i < WAIT_MS / TRY_MS; i++) {
        code = fgr_feed_read(feed, &batch, TRY_MS, &err);
        cr_assert_eq(code != FGR_OK || batch.n_entries == 0, true);
    }
    cr_assert_eq(code, FGR_ERR_GAP, "%d %s", code, err.text);
    cr_assert(strstr(err.text, text) != NULL, "%s", err.text);
}

Test(feed_redis_group, trimmed_past_the_group)
{
    unsigned times[N_MAX] = {0};
    add(0, 100);
    struct fgr_feed *feed = open_as(NULL, 100);
    cr_assert_eq(take(feed, times, true, 300), 100);
    fgr_feed_close(feed);
    add(100, 100);
    fgr_test_redis_do(&redis, "XTRIM %s MAXLEN 50", STREAM);
    feed = open_as(NULL, 100);
    expect_gap(feed, "entries are missing behind");
    /* Told once; what is left comes. */
    cr_assert_eq(take(feed, times, true, 300), 50);
    cr_assert_eq(times[149], 0);
    cr_assert_eq(times[150], 1);
    fgr_feed_close(feed);
}

Test(feed_redis_group, trimmed_past_what_is_pending)
{
    unsigned times[N_MAX] = {0};
    add(0, 100);
    die_with_entries();
    fgr_test_redis_do(&redis, "XTRIM %s MAXLEN 50", STREAM);
    struct fgr_feed *feed = open_as(NULL, 100);
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    enum fgr_err code = FGR_OK;
    unsigned n = 0;
    for (int i = 0; code == FGR_OK && i < WAIT_MS / TRY_MS; i++) {
        code = fgr_feed_read(feed, &batch, TRY_MS, &err);
    }
    cr_assert_eq(code, FGR_ERR_GAP, "%s", err.text);
    cr_assert(strstr(err.text, "nobody had dealt with") != NULL, "%s", err.text);
    n = (unsigned)batch.n_entries;
    for (unsigned i = 0; i < n; i++) {
        times[number_of(&batch.entries[i])]++;
    }
    fgr_feed_done(feed, n);
    n += take(feed, times, true, 5 * CLAIM_MS);
    cr_assert_eq(n, 50);
    cr_assert_eq(n_pending(), 0);
    fgr_feed_close(feed);
}

Test(feed_redis_group, server_comes_back_without_the_group)
{
    unsigned times[N_MAX] = {0};
    add(0, 10);
    struct fgr_feed *feed = open_as(NULL, 100);
    cr_assert_eq(take(feed, times, true, 300), 10);
    fgr_test_redis_kill(&redis, SIGKILL);
    fgr_test_redis_start(&redis);
    add(10, 10);
    expect_gap(feed, "is gone");
    cr_assert_eq(take(feed, times, true, 500), 10);
    expect_each(times, 20, 1);
    fgr_feed_close(feed);
}
