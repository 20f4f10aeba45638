/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/stream_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool fgr_stream_number(uint64_t *out, const char *text, size_t n_bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned digit = (unsigned)((unsigned char)text[i] - '0');
        if (digit > 9 || number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        number = 10 * number + digit;
    }
    *out = number;
    return n_bytes > 0;
}

bool fgr_stream_id_parse(struct fgr_stream_id *out, const char *text, size_t n_bytes)
{
    const char *dash = n_bytes > 0 ? memchr(text, '-', n_bytes) : NULL;
    if (dash == NULL) {
        return false;
    }
    size_t n_ms = (size_t)(dash - text);
    return fgr_stream_number(&out->ms, text, n_ms) &&
           fgr_stream_number(&out->seq, dash + 1, n_bytes - n_ms - 1);
}

size_t fgr_stream_id_print(char out_text[FGR_STREAM_ID_BYTES], struct fgr_stream_id id)
{
    return (size_t)snprintf(out_text, FGR_STREAM_ID_BYTES, "%" PRIu64 "-%" PRIu64, id.ms, id.seq);
}

int fgr_stream_id_cmp(struct fgr_stream_id a, struct fgr_stream_id b)
{
    return a.ms != b.ms ? (a.ms > b.ms) - (a.ms < b.ms) : (a.seq > b.seq) - (a.seq < b.seq);
}
