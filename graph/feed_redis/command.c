/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/command.h"

#include <string.h>

#include "graph/util/error.h"

enum fgr_err fgr_stream_name(char out[FGR_STREAM_NAME_BYTES], const char *name, const char *what,
                             struct fgr_error *err)
{
    size_t n = strlen(name);
    if (n == 0 || n >= FGR_STREAM_NAME_BYTES) {
        return fgr_fail(err, FGR_ERR_ARG, "the name of the %s has %zu bytes: 1 to %d are possible",
                        what, n, FGR_STREAM_NAME_BYTES - 1);
    }
    memcpy(out, name, n + 1);
    return FGR_OK;
}

void fgr_command_read(struct fgr_link *link, const struct fgr_stream_names *names, size_t count,
                      const struct fgr_stream_id *behind, uint64_t block_ms)
{
    bool is_group = names->group[0] != '\0';
    fgr_link_put(link, (is_group ? 9U : 6U) + (block_ms > 0 ? 2U : 0U));
    if (is_group) {
        fgr_link_put_text(link, "XREADGROUP");
        fgr_link_put_text(link, "GROUP");
        fgr_link_put_text(link, names->group);
        fgr_link_put_text(link, names->consumer);
    } else {
        fgr_link_put_text(link, "XREAD");
    }
    fgr_link_put_text(link, "COUNT");
    fgr_link_put_number(link, count);
    if (block_ms > 0) {
        fgr_link_put_text(link, "BLOCK");
        fgr_link_put_number(link, block_ms);
    }
    fgr_link_put_text(link, "STREAMS");
    fgr_link_put_text(link, names->stream);
    if (behind != NULL) {
        fgr_link_put_id(link, *behind);
    } else {
        fgr_link_put_text(link, ">");
    }
}

void fgr_command_info(struct fgr_link *link, const struct fgr_stream_names *names, const char *of)
{
    fgr_link_put(link, 3);
    fgr_link_put_text(link, "XINFO");
    fgr_link_put_text(link, of);
    fgr_link_put_text(link, names->stream);
}

void fgr_command_claim(struct fgr_link *link, const struct fgr_stream_names *names, size_t count,
                       struct fgr_stream_id from, uint64_t idle_ms)
{
    fgr_link_put(link, 8);
    fgr_link_put_text(link, "XAUTOCLAIM");
    fgr_link_put_text(link, names->stream);
    fgr_link_put_text(link, names->group);
    fgr_link_put_text(link, names->consumer);
    fgr_link_put_number(link, idle_ms);
    fgr_link_put_id(link, from);
    fgr_link_put_text(link, "COUNT");
    fgr_link_put_number(link, count);
}

void fgr_command_ack(struct fgr_link *link, const struct fgr_stream_names *names, size_t count)
{
    fgr_link_put(link, 3 + count);
    fgr_link_put_text(link, "XACK");
    fgr_link_put_text(link, names->stream);
    fgr_link_put_text(link, names->group);
}

void fgr_command_create_group(struct fgr_link *link, const struct fgr_stream_names *names)
{
    fgr_link_put(link, 6);
    fgr_link_put_text(link, "XGROUP");
    fgr_link_put_text(link, "CREATE");
    fgr_link_put_text(link, names->stream);
    fgr_link_put_text(link, names->group);
    fgr_link_put_text(link, "0");
    fgr_link_put_text(link, "MKSTREAM");
}

void fgr_command_pending(struct fgr_link *link, const struct fgr_stream_names *names)
{
    fgr_link_put(link, 7);
    fgr_link_put_text(link, "XPENDING");
    fgr_link_put_text(link, names->stream);
    fgr_link_put_text(link, names->group);
    fgr_link_put_text(link, "-");
    fgr_link_put_text(link, "+");
    fgr_link_put_number(link, 1);
    fgr_link_put_text(link, names->consumer);
}

void fgr_command_leave_group(struct fgr_link *link, const struct fgr_stream_names *names)
{
    fgr_link_put(link, 5);
    fgr_link_put_text(link, "XGROUP");
    fgr_link_put_text(link, "DELCONSUMER");
    fgr_link_put_text(link, names->stream);
    fgr_link_put_text(link, names->group);
    fgr_link_put_text(link, names->consumer);
}
