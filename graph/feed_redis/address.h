/* SPDX-License-Identifier: MIT */
/*
 * address.h - where a Redis server is, as people write it:
 *
 *     redis://HOST[:PORT]                     a server; the name is looked up at every connect
 *     unix:///PATH                            a server's Unix socket
 *     sentinel://HOST[:PORT][,...]/NAME       sentinels, who are asked at every connect for the
 *                                             master that they call NAME
 *
 * An address with a numeric IPv6 host has it in brackets. There is no place for a password: command
 * lines can be read by everybody on the machine.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_FEED_REDIS_ADDRESS_H
#define FGR_FEED_REDIS_ADDRESS_H

#include "fulgurite/base.h"

#define FGR_REDIS_HOST_BYTES 256
#define FGR_REDIS_HOSTS_MAX 8
#define FGR_REDIS_PORT 6379
#define FGR_REDIS_SENTINEL_PORT 26379

struct fgr_redis_host {
    char name[FGR_REDIS_HOST_BYTES];
    uint16_t port; /* 0: `name` is the path of a Unix socket */
};

struct fgr_redis_address {
    struct fgr_redis_host hosts[FGR_REDIS_HOSTS_MAX];
    unsigned n_hosts;                  /* more than one only for sentinels */
    char master[FGR_REDIS_HOST_BYTES]; /* what sentinels are asked for; "" where there are none */
};

/* Errors: ARG, with what is wrong and how it is written; a password is never repeated. */
FGR_NODISCARD enum fgr_err fgr_redis_address_parse(struct fgr_redis_address *out, const char *text,
                                                   struct fgr_error *err);

/* "host:port", or the path. Returns `out_text`. */
#define FGR_REDIS_HOST_TEXT_BYTES (FGR_REDIS_HOST_BYTES + 10)
char *fgr_redis_host_text(char out_text[FGR_REDIS_HOST_TEXT_BYTES],
                          const struct fgr_redis_host *host);

#endif
