/* SPDX-License-Identifier: MIT */
/*
 * redis_server.h - a real redis-server for a test, on a free port of loopback and on a Unix socket in
 * a folder of its own. It dies with the test, however that ends.
 *
 * Threads: one thread.
 */
#ifndef FGR_TESTS_SUPPORT_REDIS_SERVER_H
#define FGR_TESTS_SUPPORT_REDIS_SERVER_H

#include <sys/types.h>

#include "graph/feed_redis/link.h"

#define FGR_TEST_REDIS_ARGS 12

struct fgr_test_redis {
    pid_t pid; /* 0: not running */
    uint16_t port;
    char folder[64];
    char socket[80];
    const char *args[FGR_TEST_REDIS_ARGS]; /* beside the usual ones, NULL-terminated */
};

/* redis-server is installed. */
bool fgr_test_redis_is_there(void);

/* Starts it in a fresh folder, or again in the old one and on the old port. Aborts the test program if
 * that fails. */
void fgr_test_redis_start(struct fgr_test_redis *redis);

/* SIGKILL: what it has not written is lost. SIGTERM: it writes what it was told to. */
void fgr_test_redis_kill(struct fgr_test_redis *redis, int signal);

/* Stops it and removes the folder. */
void fgr_test_redis_end(struct fgr_test_redis *redis);

/* Its address: over TCP, or the Unix socket. Nobody logs in, tries have a fixed seed. */
void fgr_test_redis_tcp(const struct fgr_test_redis *redis, struct fgr_redis_server *out);
void fgr_test_redis_unix(const struct fgr_test_redis *redis, struct fgr_redis_server *out);

/* Runs a command, words as in printf of hiredis (%s, %b with a size_t). Returns an integer reply, the
 * number of elements of an array, 0 for all else; aborts on an error reply. */
long long fgr_test_redis_do(const struct fgr_test_redis *redis, const char *format, ...);

/* A free port of loopback, just now. */
uint16_t fgr_test_free_port(void);

/* ---- a bad line ---------------------------------------------------------------------------- */

/* Passes connections on to a port of loopback, one at a time, and cuts the first `n_cuts` of them
 * after `n_bytes` bytes of answers. */
struct fgr_test_proxy {
    pid_t pid;
    uint16_t port;
};

void fgr_test_proxy_start(struct fgr_test_proxy *proxy, uint16_t to_port, unsigned n_cuts,
                          size_t n_bytes);
void fgr_test_proxy_end(struct fgr_test_proxy *proxy);

#endif
