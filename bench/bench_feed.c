/* SPDX-License-Identifier: MIT */
/*
 * bench_feed [--entries N] [--rounds N] [--json]: how many messages a second go through a real
 * redis-server on loopback, one stream entry each: writer alone, feed alone, both at once, a consumer
 * group; and what a reply costs to parse, against the objects hiredis makes of it.
 */
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/harness.h"
#include "graph/feed_redis/feed_redis.h"
#include "graph/feed_redis/writer.h"
#include "tests/support/redis_server.h"

#define STREAM "ln:gossip"

enum { UPDATE_BYTES = 138, ANNOUNCEMENT_BYTES = 430, REPLY_ENTRIES = 1000 };

struct bench {
    struct fgr_test_redis redis;
    uint64_t n_entries;
    bool is_unix;
};

/* Two updates to an announcement, as gossip is. */
static size_t bytes_of(uint64_t i)
{
    return i % 3 == 0 ? ANNOUNCEMENT_BYTES : UPDATE_BYTES;
}

static void server_of(const struct bench *bench, struct fgr_redis_server *out)
{
    if (bench->is_unix) {
        fgr_test_redis_unix(&bench->redis, out);
    } else {
        fgr_test_redis_tcp(&bench->redis, out);
    }
}

static void write_all(const struct bench *bench)
{
    static const uint8_t message[ANNOUNCEMENT_BYTES] = {1, 2};
    struct fgr_redis_server server;
    struct fgr_writer *writer;
    struct fgr_error err;
    server_of(bench, &server);
    const struct fgr_writer_options options = {.server = &server, .stream = STREAM};
    if (fgr_writer_open(&writer, &options, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    for (uint64_t i = 0; i < bench->n_entries; i++) {
        uint64_t sat = i % 3 == 0 ? i : FGR_FEED_SAT_UNKNOWN;
        if (fgr_writer_add(writer, message, bytes_of(i), sat, &err) != FGR_OK) {
            fgr_bench_fail("%s", err.text);
        }
    }
    if (fgr_writer_flush(writer, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_writer_close(writer);
}

static void read_all(const struct bench *bench, const char *group)
{
    struct fgr_redis_server server;
    struct fgr_feed *feed;
    struct fgr_error err;
    uint64_t n = 0;
    server_of(bench, &server);
    const struct fgr_feed_redis_options options = {
        .server = &server, .stream = STREAM, .group = group};
    if (fgr_feed_redis_open(&feed, &options, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    while (n < bench->n_entries) {
        struct fgr_feed_batch batch;
        if (fgr_feed_read(feed, &batch, 1000, &err) != FGR_OK) {
            fgr_bench_fail("%s", err.text);
        }
        n += batch.n_entries;
        fgr_feed_done(feed, batch.n_entries);
    }
    fgr_feed_close(feed);
}

/* The writer in a process of its own, the feed here. */
static void write_and_read(const struct bench *bench)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        write_all(bench);
        _exit(0);
    }
    read_all(bench, NULL);
    waitpid(child, &status, 0);
}

/* ---- parsing ------------------------------------------------------------------------------- */

struct text {
    char *bytes;
    size_t n;
};

/* The reply to an XREAD. */
static struct text make_reply(void)
{
    struct text text = {.bytes = malloc((size_t)REPLY_ENTRIES * (ANNOUNCEMENT_BYTES + 100))};
    if (text.bytes == NULL) {
        fgr_bench_fail("out of memory");
    }
    char *at = text.bytes;
    at += sprintf(at, "*1\r\n*2\r\n$9\r\nln:gossip\r\n*%d\r\n", REPLY_ENTRIES);
    for (int i = 0; i < REPLY_ENTRIES; i++) {
        at += sprintf(at, "*2\r\n$15\r\n1700000000000-%d\r\n*2\r\n$1\r\nm\r\n$%d\r\n", i % 10,
                      ANNOUNCEMENT_BYTES);
        memset(at, 'x', ANNOUNCEMENT_BYTES);
        at += ANNOUNCEMENT_BYTES;
        at += sprintf(at, "\r\n");
    }
    text.n = (size_t)(at - text.bytes);
    return text;
}

static void parse_own(const struct text *text, unsigned n_times)
{
    struct fgr_parser *parser;
    struct fgr_reply reply;
    bool is_there = true;
    if (fgr_parser_create(&parser, REPLY_ENTRIES, NULL, NULL) != FGR_OK) {
        fgr_bench_fail("out of memory");
    }
    for (unsigned i = 0; i < n_times; i++) {
        if (fgr_parser_feed(parser, text->bytes, text->n, NULL) != FGR_OK ||
            fgr_parser_next(parser, &is_there, &reply, FGR_REPLY_STREAMS, NULL) != FGR_OK ||
            !is_there || reply.n_entries != REPLY_ENTRIES) {
            fgr_bench_fail("the reply cannot be parsed");
        }
    }
    fgr_parser_destroy(parser);
}

static void parse_objects(const struct text *text, unsigned n_times)
{
    redisReader *reader = redisReaderCreate();
    for (unsigned i = 0; i < n_times; i++) {
        void *object = NULL;
        redisReaderFeed(reader, text->bytes, text->n);
        if (redisReaderGetReply(reader, &object) != REDIS_OK || object == NULL) {
            fgr_bench_fail("the reply cannot be parsed");
        }
        freeReplyObject(object);
    }
    redisReaderFree(reader);
}

static uint64_t parse_ns(void (*parse)(const struct text *, unsigned), const struct text *text)
{
    enum { TIMES = 100 };
    uint64_t start_ns = fgr_clock_ns();
    parse(text, TIMES);
    return (fgr_clock_ns() - start_ns) / TIMES / REPLY_ENTRIES;
}

/* ---- rounds -------------------------------------------------------------------------------- */

enum { WRITE, READ, GROUP, BOTH, PARSE_OWN, PARSE_OBJECTS, N_FIGURES };

static const char *const names[N_FIGURES] = {"write",          "read",         "group",
                                             "write_and_read", "parse_own_ns", "parse_objects_ns"};

static void clear(const struct bench *bench)
{
    fgr_test_redis_do(&bench->redis, "FLUSHALL");
}

static uint64_t per_second(const struct bench *bench, uint64_t start_ns)
{
    uint64_t ns = fgr_clock_ns() - start_ns;
    return bench->n_entries * 1000000 / (ns / 1000 + 1);
}

static void run_round(const struct bench *bench, const struct text *text,
                      struct fgr_samples samples[N_FIGURES])
{
    clear(bench);
    uint64_t start_ns = fgr_clock_ns();
    write_all(bench);
    fgr_samples_add(&samples[WRITE], per_second(bench, start_ns));
    start_ns = fgr_clock_ns();
    read_all(bench, NULL);
    fgr_samples_add(&samples[READ], per_second(bench, start_ns));
    start_ns = fgr_clock_ns();
    read_all(bench, "verifiers");
    fgr_samples_add(&samples[GROUP], per_second(bench, start_ns));
    clear(bench);
    start_ns = fgr_clock_ns();
    write_and_read(bench);
    fgr_samples_add(&samples[BOTH], per_second(bench, start_ns));
    fgr_samples_add(&samples[PARSE_OWN], parse_ns(parse_own, text));
    fgr_samples_add(&samples[PARSE_OBJECTS], parse_ns(parse_objects, text));
}

static void print_table(const struct bench *bench, uint64_t n_rounds,
                        struct fgr_samples samples[N_FIGURES])
{
    printf("%llu entries (%d and %d bytes), %s, medians of %llu rounds\n",
           (unsigned long long)bench->n_entries, UPDATE_BYTES, ANNOUNCEMENT_BYTES,
           bench->is_unix ? "Unix socket" : "TCP", (unsigned long long)n_rounds);
    printf("written %llu/s, read %llu/s, as a group %llu/s, written and read at once %llu/s\n",
           (unsigned long long)fgr_samples_quantile(&samples[WRITE], 0.5),
           (unsigned long long)fgr_samples_quantile(&samples[READ], 0.5),
           (unsigned long long)fgr_samples_quantile(&samples[GROUP], 0.5),
           (unsigned long long)fgr_samples_quantile(&samples[BOTH], 0.5));
    printf("parsing an entry of %d bytes: %llu ns; %llu ns by the objects of hiredis\n",
           ANNOUNCEMENT_BYTES, (unsigned long long)fgr_samples_quantile(&samples[PARSE_OWN], 0.5),
           (unsigned long long)fgr_samples_quantile(&samples[PARSE_OBJECTS], 0.5));
}

static void print_json(const struct bench *bench, uint64_t n_rounds,
                       struct fgr_samples samples[N_FIGURES])
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "feed");
    fgr_member_text(&json, "transport", bench->is_unix ? "unix" : "tcp");
    fgr_member_u64(&json, "entries", bench->n_entries);
    fgr_member_u64(&json, "rounds", n_rounds);
    for (int i = 0; i < N_FIGURES; i++) {
        fgr_member_u64(&json, names[i], fgr_samples_quantile(&samples[i], 0.5));
    }
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

int main(int argc, char **argv)
{
    struct bench bench = {.redis.args = {"--save", "", "--appendonly", "no"},
                          .n_entries = fgr_bench_number(argc, argv, "--entries", 500000)};
    uint64_t n_rounds = fgr_bench_number(argc, argv, "--rounds", 5);
    struct text text = make_reply();
    if (!fgr_test_redis_is_there()) {
        puts("redis-server is not installed");
        return 77;
    }
    fgr_test_redis_start(&bench.redis);
    for (int k = 0; k < 2; k++) {
        struct fgr_samples samples[N_FIGURES] = {0};
        bench.is_unix = k == 1;
        for (uint64_t i = 0; i < n_rounds; i++) {
            run_round(&bench, &text, samples);
        }
        if (fgr_bench_has_flag(argc, argv, "--json")) {
            print_json(&bench, n_rounds, samples);
        } else {
            print_table(&bench, n_rounds, samples);
        }
        for (int i = 0; i < N_FIGURES; i++) {
            fgr_samples_free(&samples[i]);
        }
    }
    fgr_test_redis_end(&bench.redis);
    free(text.bytes);
    return 0;
}
