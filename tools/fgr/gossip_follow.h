/* SPDX-License-Identifier: MIT */
/*
 * gossip_follow.h - fgr gossip follow: a network kept live from a Redis stream or from the
 * gossip_store of a running lightningd, with a line a second that tells how it goes.
 *
 * Place in the flow: feed -> intake -> views.
 *
 * Threads: one thread, and those of the verifier.
 */
#ifndef FGR_TOOLS_GOSSIP_FOLLOW_H
#define FGR_TOOLS_GOSSIP_FOLLOW_H

#include "tools/fgr/cli.h"

/* Options as they were given; NULL where they were not. */
struct fgr_gossip_follow {
    const char *file; /* a gossip_store; NULL: Redis */
    const char *redis;
    const char *stream;
    const char *auth;
    const char *graph; /* an image to begin with */
    const char *threads;
    bool is_trusted;
    bool until_idle;
    bool has_json;
};

enum fgr_exit fgr_gossip_follow(const struct fgr_gossip_follow *args);

#endif
