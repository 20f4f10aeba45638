/* SPDX-License-Identifier: MIT */
/* A master that dies, its replica, and a real sentinel that puts the one in the other's place. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/feed_redis/feed_redis.h"
#include "graph/feed_redis/writer.h"
#include "tests/support/redis_server.h"

#define STREAM "ln:gossip"

enum { WAIT_MS = 30000, TRY_MS = 200, N = 500 };

static struct fgr_test_redis master, replica, sentinel;
static char replica_of[8];
static char conf[80];

static void write_conf(void)
{
    FILE *file = fopen(conf, "w");
    cr_assert_not_null(file);
    fprintf(file,
            "port %u\nbind 127.0.0.1\ndir /tmp\nsentinel monitor m 127.0.0.1 %u 1\n"
            "sentinel down-after-milliseconds m 300\nsentinel failover-timeout m 3000\n",
            sentinel.port, master.port);
    fclose(file);
}

static void begin(void)
{
    if (!fgr_test_redis_is_there()) {
        cr_skip_test("redis-server is not installed");
    }
    master = (struct fgr_test_redis){.args = {"--save", ""}};
    fgr_test_redis_start(&master);
    snprintf(replica_of, sizeof replica_of, "%u", master.port);
    replica = (struct fgr_test_redis){.args = {"--save", "", "--repl-diskless-sync-delay", "0",
                                               "--replicaof", "127.0.0.1", replica_of}};
    fgr_test_redis_start(&replica);
    snprintf(conf, sizeof conf, "%s/sentinel.conf", master.folder);
    sentinel = (struct fgr_test_redis){.port = fgr_test_free_port(), .args = {conf, "--sentinel"}};
    write_conf();
    fgr_test_redis_start(&sentinel);
}

static void end(void)
{
    fgr_test_redis_end(&sentinel);
    fgr_test_redis_end(&replica);
    fgr_test_redis_end(&master);
}

static void add(struct fgr_writer *writer, unsigned from)
{
    struct fgr_error err = {.text = ""};
    for (unsigned i = from; i < from + N; i++) {
        char message[16];
        int n = snprintf(message, sizeof message, "..%06u", i);
        cr_assert_eq(fgr_writer_add(writer, message, (size_t)n, 1, &err), FGR_OK, "%s", err.text);
    }
    cr_assert_eq(fgr_writer_flush(writer, &err), FGR_OK, "%s", err.text);
}

/* Copies of one message may come twice after a fail-over. */
static void expect(struct fgr_feed *feed, unsigned n)
{
    struct fgr_error err = {.text = ""};
    static unsigned next;
    for (unsigned tries = 0; next < n && tries < WAIT_MS / TRY_MS;) {
        struct fgr_feed_batch batch;
        cr_assert_eq(fgr_feed_read(feed, &batch, TRY_MS, &err), FGR_OK, "%s", err.text);
        tries += batch.n_entries == 0;
        for (size_t i = 0; i < batch.n_entries; i++) {
            char text[7] = "";
            memcpy(text, batch.entries[i].message + 2, 6);
            unsigned number = (unsigned)atoi(text);
            cr_assert_leq(number, next);
            next += number == next;
        }
    }
    cr_assert_eq(next, n, "only up to %u of %u", next, n);
}

Test(feed_redis_sentinel, a_fail_over_is_followed, .init = begin, .fini = end, .timeout = 120)
{
    struct fgr_redis_server server = {.seed = 3};
    struct fgr_error err = {.text = ""};
    struct fgr_feed *feed;
    struct fgr_writer *writer;
    char address[80];
    /* The first sentinel is not there: the next one is asked. */
    snprintf(address, sizeof address, "sentinel://127.0.0.1:1,127.0.0.1:%u/m", sentinel.port);
    cr_assert_eq(fgr_redis_address_parse(&server.address, address, &err), FGR_OK, "%s", err.text);
    struct fgr_feed_redis_options options = {.server = &server, .stream = STREAM};
    struct fgr_writer_options writing = {.server = &server, .stream = STREAM};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, &err), FGR_OK);
    cr_assert_eq(fgr_writer_open(&writer, &writing, &err), FGR_OK);
    add(writer, 0);
    expect(feed, N);
    /* The sentinel must know the replica, and the replica have everything. */
    for (int i = 0; i < 300 && fgr_test_redis_do(&master, "WAIT 1 100") < 1; i++) {
    }
    for (int i = 0; i < 300 && fgr_test_redis_do(&sentinel, "SENTINEL REPLICAS m") < 1; i++) {
        fgr_test_redis_do(&master, "WAIT 2 100");
    }
    fgr_test_redis_kill(&master, SIGKILL);
    add(writer, N);
    expect(feed, 2 * N);
    cr_assert_geq(fgr_test_redis_do(&replica, "XLEN %s", STREAM), 2 * N);
    fgr_writer_close(writer);
    fgr_feed_close(feed);
}

Test(feed_redis_sentinel, a_name_nobody_knows, .init = begin, .fini = end, .timeout = 120)
{
    struct fgr_redis_server server = {.seed = 3};
    struct fgr_feed *feed;
    struct fgr_feed_batch batch;
    struct fgr_feed_figures figures;
    char address[80];
    snprintf(address, sizeof address, "sentinel://127.0.0.1:%u/other", sentinel.port);
    cr_assert_eq(fgr_redis_address_parse(&server.address, address, NULL), FGR_OK);
    struct fgr_feed_redis_options options = {.server = &server, .stream = STREAM};
    cr_assert_eq(fgr_feed_redis_open(&feed, &options, NULL), FGR_OK);
    cr_assert_eq(fgr_feed_read(feed, &batch, 100, NULL), FGR_OK);
    fgr_feed_figures(feed, &figures);
    cr_assert(strstr(figures.trouble, "does not know the master's name") != NULL, "%s",
              figures.trouble);
    fgr_feed_close(feed);
}
