/* SPDX-License-Identifier: MIT */
/*
 * gossip_publish.h - fgr gossip publish: the messages of a file into a Redis stream, as they were
 * signed.
 *
 * Place in the flow: FILE -> messages -> writer -> Redis.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_GOSSIP_PUBLISH_H
#define FGR_TOOLS_GOSSIP_PUBLISH_H

#include "tools/fgr/cli.h"

/* Where no option says otherwise. */
#define FGR_GOSSIP_REDIS "redis://localhost:6379"
#define FGR_GOSSIP_STREAM "ln:gossip"

/* Options as they were given; NULL where they were not. */
struct fgr_gossip_publish {
    const char *file;
    const char *redis;
    const char *stream;
    const char *auth;
    const char *max_entries;
    bool has_json;
};

enum fgr_exit fgr_gossip_publish(const struct fgr_gossip_publish *args);

#endif
