/* SPDX-License-Identifier: MIT */
/*
 * The file is read with pread into one buffer, from the record that is next. What is incomplete there
 * is read again at the next try: lightningd sets a record's completed flag last, so whoever sees the
 * flag sees all of the record (before version 15 there is no flag: a record is complete when its
 * bytes are there). Waiting is looking again every few milliseconds: two system calls.
 *
 * What ends a file is looked for only where there is nothing to read: first whether the name still
 * leads here. If it does not, and nothing has come meanwhile, the old file gets a second more to be
 * ended properly.
 */
#include "graph/feed_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/record.h"
#include "graph/util/array.h"
#include "graph/util/clock.h"
#include "graph/util/crc32c.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"
#include "graph/wire.h"

#define NS_PER_MS UINT64_C(1000000)

enum { ENTRIES_MAX = 512, LOOK_MS = 4, GRACE_MS = 1000, PATH_BYTES = 4096, UUID_BYTES = 32 };

struct feed_store {
    struct fgr_feed feed;
    char path[PATH_BYTES];
    int fd;
    unsigned version;
    struct fgr_cursor cursor;
    uint8_t uuid[UUID_BYTES]; /* of the file; zero where it has none */
    bool has_uuid;
    struct fgr_error end; /* a gap, or damage: for good */
    uint64_t moved_ns;    /* since when the name leads elsewhere; 0: it does not */
    struct fgr_crc32c_table crc_table;
    struct fgr_feed_entry entries[ENTRIES_MAX];
    size_t begin, n; /* of bytes[]: from the cursor's position on */
    uint8_t bytes[FGR_FEED_STORE_BYTES];
};

/* A record in the buffer. */
struct frame {
    size_t at; /* of its header, from `begin` */
    struct fgr_record record;
    unsigned type;
    bool is_there; /* else it is still being written, or behind the buffer */
};

/* ---- the file ------------------------------------------------------------------------------- */

static enum fgr_err fail_io(const struct feed_store *store, const char *what, struct fgr_error *err)
{
    return fgr_fail(err, FGR_ERR_IO, "cannot %s %s: %s", what, fgr_path_shown(store->path),
                    strerror(errno));
}

/* Reads from the cursor on, as much as there is room for. What was there is read again: it may have been
 * incomplete. */
static enum fgr_err fill(struct feed_store *store, struct fgr_error *err)
{
    ssize_t n;
    store->begin = 0;
    store->n = 0;
    do {
        n = pread(store->fd, store->bytes, sizeof store->bytes, (off_t)store->cursor.position);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return fail_io(store, "read", err);
    }
    store->n = (size_t)n;
    return FGR_OK;
}

/* Finds the record `at` bytes behind the cursor. Errors: FORMAT. */
static enum fgr_err frame_at(struct feed_store *store, struct frame *out, size_t at,
                             struct fgr_error *err)
{
    const uint8_t *bytes = store->bytes + store->begin;
    uint64_t offset = store->cursor.position + at;
    *out = (struct frame){.at = at};
    if (store->n < at + FGR_RECORD_HEADER_BYTES ||
        !fgr_record_is_completed(bytes[at], store->version)) {
        return FGR_OK;
    }
    fgr_record_header(&out->record, bytes + at);
    if (store->n - at - FGR_RECORD_HEADER_BYTES < out->record.n_message) {
        return FGR_OK;
    }
    out->is_there = true;
    out->type = fgr_wire_type(out->record.message, out->record.n_message);
    if (fgr_record_is_deleted(&out->record, store->version)) {
        return FGR_OK; /* nobody keeps its checksum right */
    }
    uint32_t checksum = fgr_record_checksum(&store->crc_table, &out->record);
    return checksum == out->record.checksum
               ? FGR_OK
               : fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, offset,
                             "%s: record at byte %" PRIu64
                             ": checksum %08x, but the message has %08x: damaged",
                             fgr_path_shown(store->path), offset, out->record.checksum, checksum);
}

static size_t end_of(const struct frame *frame)
{
    return frame->at + FGR_RECORD_HEADER_BYTES + frame->record.n_message;
}

/* The record is dealt with. */
static void pass(struct feed_store *store, size_t n_bytes)
{
    store->begin += n_bytes;
    store->n -= n_bytes;
    store->cursor.position += n_bytes;
}

/* What tells this file from others with its name. */
static enum fgr_err identify(struct feed_store *store, struct fgr_error *err)
{
    struct stat status;
    struct frame frame;
    store->cursor = (struct fgr_cursor){.position = 1, .n_entries = FGR_CURSOR_UNCOUNTED};
    store->has_uuid = false;
    memset(store->uuid, 0, sizeof store->uuid);
    enum fgr_err code = fill(store, err);
    if (code == FGR_OK) {
        code = frame_at(store, &frame, 0, err);
    }
    if (code != FGR_OK) {
        return code;
    }
    if (frame.is_there && frame.type == FGR_RECORD_UUID &&
        frame.record.n_message >= FGR_WIRE_TYPE_BYTES + UUID_BYTES) {
        memcpy(store->uuid, frame.record.message + FGR_WIRE_TYPE_BYTES, UUID_BYTES);
        store->has_uuid = true;
        store->cursor.source = fgr_hash(store->uuid, UUID_BYTES) | 1;
        return FGR_OK;
    }
    if (fstat(store->fd, &status) != 0) {
        return fail_io(store, "look at", err);
    }
    const uint64_t numbers[] = {(uint64_t)status.st_dev, (uint64_t)status.st_ino};
    store->cursor.source = fgr_hash(numbers, sizeof numbers) | 1;
    return FGR_OK;
}

/* Opens what the name leads to, from its first record on. */
static enum fgr_err open_file(struct feed_store *store, struct fgr_error *err)
{
    uint8_t version_byte;
    int fd = open(store->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_io(store, "open", err);
    }
    if (store->fd >= 0) {
        close(store->fd);
    }
    store->fd = fd;
    store->moved_ns = 0;
    if (pread(fd, &version_byte, 1, 0) != 1) {
        return fgr_fail(err, FGR_ERR_FORMAT, "%s is empty: no gossip_store",
                        fgr_path_shown(store->path));
    }
    if (!fgr_record_version(&store->version, version_byte)) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0,
                           "%s: version byte 0x%02x: not a gossip_store that can be read",
                           fgr_path_shown(store->path), version_byte);
    }
    return identify(store, err);
}

/* ---- the end of a file --------------------------------------------------------------------- */

static enum fgr_err fail_gap(struct feed_store *store, const char *reason, struct fgr_error *err)
{
    return fgr_fail(err, FGR_ERR_GAP, "%s %s; it was read up to byte %" PRIu64 ". Begin anew",
                    fgr_path_shown(store->path), reason, store->cursor.position);
}

/* The name leads to the file that is open. A name that leads nowhere for a moment does not matter. */
static bool is_in_place(const struct feed_store *store, const struct stat *mine)
{
    struct stat named;
    return stat(store->path, &named) != 0 ||
           (named.st_dev == mine->st_dev && named.st_ino == mine->st_ino);
}

/* The `ended` record: goes on in the file that has the name now, once it has it. */
static enum fgr_err follow_end(struct feed_store *store, const struct frame *frame, bool *out_moved,
                               struct fgr_error *err)
{
    struct stat mine;
    uint8_t uuid[UUID_BYTES];
    const uint8_t *message = frame->record.message + FGR_WIRE_TYPE_BYTES;
    bool has_uuid = frame->record.n_message >= FGR_WIRE_TYPE_BYTES + 8 + UUID_BYTES;
    *out_moved = false;
    if (frame->record.n_message < FGR_WIRE_TYPE_BYTES + 8) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, store->cursor.position,
                           "%s: record at byte %" PRIu64 ": does not say where the store goes on",
                           fgr_path_shown(store->path), store->cursor.position);
    }
    if (fstat(store->fd, &mine) != 0) {
        return fail_io(store, "look at", err);
    }
    if (is_in_place(store, &mine)) {
        return FGR_OK;
    }
    uint64_t position = fgr_load_be64(message);
    if (has_uuid) {
        memcpy(uuid, message + 8, UUID_BYTES);
    }
    enum fgr_err code = open_file(store, err);
    if (code != FGR_OK) {
        return code;
    }
    if (has_uuid && (!store->has_uuid || memcmp(uuid, store->uuid, UUID_BYTES) != 0)) {
        return fail_gap(store, "was rewritten more than once", err);
    }
    store->cursor.position = position;
    store->begin = store->n = 0;
    store->feed.figures.connects++;
    *out_moved = true;
    return FGR_OK;
}

/* There is nothing to read. Is this still the file? Errors: GAP. */
static enum fgr_err look_around(struct feed_store *store, struct fgr_error *err)
{
    struct stat mine;
    if (fstat(store->fd, &mine) != 0) {
        return fail_io(store, "look at", err);
    }
    if ((uint64_t)mine.st_size < store->cursor.position) {
        return fail_gap(store, "has become shorter", err);
    }
    if (is_in_place(store, &mine)) {
        store->moved_ns = 0;
        return FGR_OK;
    }
    uint64_t now_ns = fgr_clock_ns();
    store->moved_ns = store->moved_ns == 0 ? now_ns : store->moved_ns;
    return now_ns - store->moved_ns < GRACE_MS * NS_PER_MS
               ? FGR_OK
               : fail_gap(store, "was replaced, and the old file does not say how it goes on", err);
}

/* ---- records to entries -------------------------------------------------------------------- */

static void give(struct feed_store *store, struct fgr_feed_batch *batch,
                 const struct fgr_feed_entry *entry)
{
    struct fgr_feed_entry *out = &store->entries[batch->n_entries++];
    *out = *entry;
    out->cursor = store->cursor;
    fgr_feed_give(&store->feed, out);
}

/* An announcement and the amount behind it. *io_end: behind both; 0: the amount is not there yet. */
static enum fgr_err read_channel(struct feed_store *store, const struct frame *frame,
                                 struct fgr_feed_entry *out, size_t *io_end, struct fgr_error *err)
{
    struct frame amount;
    enum fgr_err code = frame_at(store, &amount, *io_end, err);
    if (code != FGR_OK || !amount.is_there) {
        *io_end = 0;
        return code;
    }
    if (amount.type != FGR_RECORD_CHANNEL_AMOUNT ||
        amount.record.n_message < FGR_WIRE_TYPE_BYTES + 8) {
        uint64_t offset = store->cursor.position + frame->at;
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, offset,
                           "%s: record at byte %" PRIu64
                           ": channel_announcement is not followed by its channel_amount",
                           fgr_path_shown(store->path), offset);
    }
    uint64_t sat = fgr_load_be64(amount.record.message + FGR_WIRE_TYPE_BYTES);
    store->feed.figures.bad_sat += sat > FGR_SAT_MAX;
    out->capacity_sat = sat <= FGR_SAT_MAX ? sat : FGR_FEED_SAT_UNKNOWN;
    *io_end = end_of(&amount);
    return FGR_OK;
}

/* What a record says, as entries; the announcement of a channel that is dying is two. */
static enum fgr_err read_record(struct feed_store *store, struct fgr_feed_batch *batch,
                                const struct frame *frame, size_t *io_end, struct fgr_error *err)
{
    struct fgr_feed_entry entry = {.kind = FGR_FEED_MESSAGE,
                                   .message = frame->record.message,
                                   .n_bytes = frame->record.n_message,
                                   .capacity_sat = FGR_FEED_SAT_UNKNOWN};
    bool is_event = frame->type == FGR_RECORD_DELETE_CHAN || frame->type == FGR_RECORD_CHAN_DYING;
    bool is_message = fgr_wire_n_signatures(frame->type) > 0;
    bool is_dying = false;
    enum fgr_err code = FGR_OK;
    if (fgr_record_is_deleted(&frame->record, store->version) || (!is_event && !is_message)) {
        pass(store, *io_end);
        return FGR_OK;
    }
    if (is_event && frame->record.n_message < FGR_WIRE_TYPE_BYTES + 8) {
        store->feed.figures.garbage++;
        pass(store, *io_end);
        return FGR_OK;
    }
    if (is_event) {
        entry = (struct fgr_feed_entry){
            .kind = frame->type == FGR_RECORD_DELETE_CHAN ? FGR_FEED_CLOSED : FGR_FEED_DYING,
            .scid = fgr_load_be64(frame->record.message + FGR_WIRE_TYPE_BYTES),
            .capacity_sat = FGR_FEED_SAT_UNKNOWN};
    } else if (frame->type == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
        struct fgr_channel_announcement announcement;
        code = read_channel(store, frame, &entry, io_end, err);
        is_dying = (frame->record.flags & FGR_RECORD_DYING) != 0 &&
                   fgr_wire_channel_announcement(&announcement, entry.message, entry.n_bytes);
        entry.scid = is_dying ? announcement.scid : 0;
    }
    if (code != FGR_OK || *io_end == 0) {
        return code;
    }
    pass(store, *io_end);
    uint64_t scid = entry.scid;
    entry.scid = is_event ? scid : 0;
    give(store, batch, &entry);
    if (is_dying) {
        give(store, batch,
             &(struct fgr_feed_entry){
                 .kind = FGR_FEED_DYING, .scid = scid, .capacity_sat = FGR_FEED_SAT_UNKNOWN});
    }
    return FGR_OK;
}

/* All complete records in the buffer. *out_moved: the store goes on in another file. */
static enum fgr_err read_buffer(struct feed_store *store, struct fgr_feed_batch *batch,
                                bool *out_moved, struct fgr_error *err)
{
    *out_moved = false;
    while (batch->n_entries + 2 <= ENTRIES_MAX) {
        struct frame frame;
        enum fgr_err code = frame_at(store, &frame, 0, err);
        if (code != FGR_OK || !frame.is_there) {
            return code;
        }
        if (frame.type == FGR_RECORD_ENDED &&
            !fgr_record_is_deleted(&frame.record, store->version)) {
            /* Its buffer goes with the file: what was read must be given away first. */
            return batch->n_entries > 0 ? FGR_OK : follow_end(store, &frame, out_moved, err);
        }
        size_t end = end_of(&frame);
        code = read_record(store, batch, &frame, &end, err);
        if (code != FGR_OK || end == 0) {
            return code;
        }
    }
    return FGR_OK;
}

/* Damage and gaps are for good, but what was read before is given. */
static enum fgr_err stop(struct feed_store *store, struct fgr_feed_batch *batch, enum fgr_err code,
                         const struct fgr_error *why, struct fgr_error *err)
{
    if (code == FGR_ERR_FORMAT || code == FGR_ERR_GAP) {
        store->end = *why;
    }
    store->feed.figures.is_connected = false;
    if (batch->n_entries > 0) {
        return FGR_OK;
    }
    return fgr_fail_at(err, code, why->record, why->offset, "%s", why->text);
}

static enum fgr_err on_read(struct fgr_feed *base, struct fgr_feed_batch *batch, uint32_t wait_ms,
                            struct fgr_error *err)
{
    struct feed_store *store = (struct feed_store *)base;
    uint64_t deadline_ns = fgr_clock_ns() + wait_ms * NS_PER_MS;
    struct fgr_error why = {.code = FGR_OK};
    enum fgr_err code = store->end.code;
    batch->entries = store->entries;
    if (code != FGR_OK) {
        return stop(store, batch, code, &store->end, err);
    }
    for (;;) {
        bool is_moved = false;
        code = fill(store, &why);
        if (code == FGR_OK) {
            code = read_buffer(store, batch, &is_moved, &why);
        }
        if (code == FGR_OK && batch->n_entries == 0 && !is_moved) {
            code = look_around(store, &why);
        }
        batch->cursor = store->cursor;
        if (code != FGR_OK) {
            return stop(store, batch, code, &why, err);
        }
        store->feed.figures.is_connected = true;
        uint64_t now_ns = fgr_clock_ns();
        if (batch->n_entries > 0 || now_ns >= deadline_ns) {
            return FGR_OK;
        }
        if (!is_moved && poll(NULL, 0, LOOK_MS) < 0) {
            return FGR_OK; /* a signal */
        }
    }
}

/* ---- opening ------------------------------------------------------------------------------- */

static void on_close(struct fgr_feed *base)
{
    struct feed_store *store = (struct feed_store *)base;
    if (store->fd >= 0) {
        close(store->fd);
    }
    free(store);
}

static const struct fgr_feed_ops ops = {.read = on_read, .close = on_close};

enum fgr_err fgr_feed_store_open(struct fgr_feed **out_feed, const char *path,
                                 struct fgr_cursor cursor, struct fgr_error *err)
{
    size_t n_path = strlen(path);
    if (n_path >= PATH_BYTES) {
        return fgr_fail(err, FGR_ERR_ARG, "a path of %zu bytes: %d is the most", n_path,
                        PATH_BYTES - 1);
    }
    struct feed_store *store = fgr_array_new(1, sizeof *store, err);
    if (store == NULL) {
        return FGR_ERR_MEMORY;
    }
    store->feed.ops = &ops;
    store->fd = -1;
    memcpy(store->path, path, n_path + 1);
    fgr_crc32c_init(&store->crc_table);
    enum fgr_err code = open_file(store, err);
    if (code == FGR_OK && cursor.source != 0 && cursor.source != store->cursor.source) {
        code = fail_gap(store, "is another file than the cursor's: it was rewritten since", err);
    } else if (code == FGR_OK && cursor.source != 0) {
        store->cursor = cursor;
    }
    if (code != FGR_OK) {
        on_close(&store->feed);
        return code;
    }
    *out_feed = &store->feed;
    return FGR_OK;
}
