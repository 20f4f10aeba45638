/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/gap.h"

#include <inttypes.h>

#include "graph/util/error.h"

static bool is_zero(struct fgr_stream_id id)
{
    return id.ms == 0 && id.seq == 0;
}

static struct fgr_stream_id id_of(const struct fgr_cursor *cursor)
{
    return (struct fgr_stream_id){cursor->position, cursor->sequence};
}

/* How many have gone, of all that were ever added. */
static uint64_t n_gone(const struct fgr_stream_info *info)
{
    return info->n_added > info->length ? info->n_added - info->length : 0;
}

/* What is left begins behind `id`, or nothing is left. */
static bool begins_behind(const struct fgr_stream_info *info, struct fgr_stream_id id)
{
    return is_zero(info->first) || fgr_stream_id_cmp(info->first, id) > 0;
}

/* The last entry that was deleted by name lies behind the cursor, and the batch went past it. */
static bool is_deleted_in(const struct fgr_stream_info *info, struct fgr_stream_id begin,
                          const struct fgr_stream_entry *entries, size_t n_entries)
{
    if (n_entries == 0 || fgr_stream_id_cmp(info->deleted, begin) <= 0 ||
        fgr_stream_id_cmp(info->deleted, entries[n_entries - 1].id) > 0) {
        return false;
    }
    for (size_t i = 0; i < n_entries; i++) {
        if (fgr_stream_id_cmp(entries[i].id, info->deleted) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_trimmed(const struct fgr_cursor *cursor, const struct fgr_stream_entry *entries,
                       size_t n_entries, const struct fgr_stream_info *info)
{
    struct fgr_stream_id id = id_of(cursor);
    if (!begins_behind(info, id)) {
        return false;
    }
    if (cursor->n_entries == FGR_CURSOR_UNCOUNTED || !is_zero(info->deleted)) {
        /* An empty stream has lost nothing behind the last id it ever gave out. */
        return !is_zero(info->first) || fgr_stream_id_cmp(info->last, id) != 0;
    }
    uint64_t n_gone_since = 0;
    while (n_gone_since < n_entries && begins_behind(info, entries[n_gone_since].id)) {
        n_gone_since++;
    }
    /* The other way round, the cursor's entry ought to be there still: another stream. */
    return cursor->n_entries + n_gone_since < n_gone(info) || cursor->n_entries > n_gone(info);
}

/* The cursor's count behind the batch, as far as it can be told. */
static uint64_t count_behind(const struct fgr_cursor *cursor,
                             const struct fgr_stream_entry *entries, size_t n_entries,
                             const struct fgr_stream_info *info)
{
    struct fgr_stream_id end = n_entries > 0 ? entries[n_entries - 1].id : id_of(cursor);
    if (fgr_stream_id_cmp(end, info->last) == 0) {
        return info->n_added;
    }
    if (!is_zero(info->deleted)) {
        return FGR_CURSOR_UNCOUNTED;
    }
    if (cursor->n_entries != FGR_CURSOR_UNCOUNTED) {
        return cursor->n_entries + n_entries;
    }
    return n_entries > 0 && fgr_stream_id_cmp(entries[0].id, info->first) == 0
               ? n_gone(info) + n_entries
               : FGR_CURSOR_UNCOUNTED;
}

enum fgr_err fgr_gap_check(struct fgr_cursor *io_cursor, const struct fgr_stream_entry *entries,
                           size_t n_entries, const struct fgr_stream_info *info,
                           struct fgr_error *err)
{
    struct fgr_stream_id id = id_of(io_cursor);
    if (info == NULL) {
        return is_zero(id) ? FGR_OK
                           : fgr_fail(err, FGR_ERR_GAP,
                                      "the stream is gone; it was read up to %" PRIu64 "-%" PRIu64,
                                      id.ms, id.seq);
    }
    if (fgr_stream_id_cmp(info->last, id) < 0 ||
        (io_cursor->n_entries != FGR_CURSOR_UNCOUNTED && info->n_added < io_cursor->n_entries)) {
        return fgr_fail(err, FGR_ERR_GAP,
                        "the stream is another one or an old copy: it ends at %" PRIu64 "-%" PRIu64
                        ", and was read up to %" PRIu64 "-%" PRIu64,
                        info->last.ms, info->last.seq, id.ms, id.seq);
    }
    if (!is_zero(id) && (is_trimmed(io_cursor, entries, n_entries, info) ||
                         is_deleted_in(info, id, entries, n_entries))) {
        return fgr_fail(err, FGR_ERR_GAP,
                        "entries are missing behind %" PRIu64 "-%" PRIu64
                        ": the stream now begins at %" PRIu64 "-%" PRIu64
                        "; go on from a fresh image",
                        id.ms, id.seq, info->first.ms, info->first.seq);
    }
    io_cursor->n_entries = count_behind(io_cursor, entries, n_entries, info);
    if (n_entries > 0) {
        io_cursor->position = entries[n_entries - 1].id.ms;
        io_cursor->sequence = entries[n_entries - 1].id.seq;
    }
    return FGR_OK;
}

enum fgr_err fgr_gap_check_group(const struct fgr_stream_group *group,
                                 const struct fgr_stream_info *info, struct fgr_error *err)
{
    struct fgr_cursor cursor = {
        .position = group->last.ms,
        .sequence = group->last.seq,
        .n_entries = group->has_n_read ? group->n_read : FGR_CURSOR_UNCOUNTED,
    };
    return fgr_gap_check(&cursor, NULL, 0, info, err);
}
