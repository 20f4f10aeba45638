/* SPDX-License-Identifier: MIT */
/*
 * redis_option.h - where a Redis server is and who logs in, from options and the environment.
 *
 * User and password come from a file or from FGR_REDIS_USER and FGR_REDIS_PASSWORD, never from the
 * command line, which everybody on the machine can read.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_REDIS_OPTION_H
#define FGR_TOOLS_REDIS_OPTION_H

#include "graph/feed_redis/link.h"

#define FGR_REDIS_OPTION_BYTES 1024

struct fgr_redis_option {
    struct fgr_redis_server server; /* points into `login` and the environment */
    char login[FGR_REDIS_OPTION_BYTES];
};

/* `address` is as in graph/feed_redis/address.h, `auth_path` names a file of one line, the password, or
 * two, user and password; it may be NULL. Errors: ARG; IO, FORMAT (the file). */
enum fgr_err fgr_redis_option_read(struct fgr_redis_option *out, const char *address,
                                   const char *auth_path, struct fgr_error *err);

#endif
