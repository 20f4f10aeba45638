/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/pending.h"

#include <stdlib.h>

#include "graph/util/array.h"

enum fgr_err fgr_pending_init(struct fgr_pending *pending, size_t n_room, struct fgr_error *err)
{
    *pending = (struct fgr_pending){.n_room = n_room};
    pending->ring = fgr_array_new(n_room, sizeof *pending->ring, err);
    return pending->ring == NULL ? FGR_ERR_MEMORY : FGR_OK;
}

void fgr_pending_deinit(struct fgr_pending *pending)
{
    free(pending->ring);
}

static struct fgr_pending_id *at(const struct fgr_pending *pending, size_t i)
{
    return &pending->ring[(pending->begin + i) % pending->n_room];
}

static void pass_silent(struct fgr_pending *pending)
{
    while (pending->n_done < pending->n && at(pending, pending->n_done)->is_silent) {
        pending->n_done++;
    }
}

void fgr_pending_add(struct fgr_pending *pending, struct fgr_stream_id id, bool is_silent)
{
    *at(pending, pending->n) = (struct fgr_pending_id){id, is_silent};
    pending->n++;
    pass_silent(pending);
}

void fgr_pending_done(struct fgr_pending *pending, size_t n)
{
    for (; n > 0 && pending->n_done < pending->n; n--) {
        pending->n_done++;
        pass_silent(pending);
    }
}

struct fgr_stream_id fgr_pending_done_id(const struct fgr_pending *pending, size_t i)
{
    return at(pending, i)->id;
}

void fgr_pending_told(struct fgr_pending *pending, size_t n)
{
    pending->begin = (pending->begin + n) % pending->n_room;
    pending->n -= n;
    pending->n_done -= n;
}

bool fgr_pending_has(const struct fgr_pending *pending, struct fgr_stream_id id)
{
    for (size_t i = 0; i < pending->n; i++) {
        if (fgr_stream_id_cmp(at(pending, i)->id, id) == 0) {
            return true;
        }
    }
    return false;
}
