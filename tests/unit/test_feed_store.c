/* SPDX-License-Identifier: MIT */
/* A gossip_store that somebody writes as lightningd does, and the feed that follows it. */
#include "graph/feed_store.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/record.h"
#include "graph/util/rng.h"
#include "graph/wire.h"
#include "tests/support/settings.h"
#include "tests/support/store_maker.h"

enum { RECORDS_MAX = 4096, UUID_BYTES = 32, VERSION = 16 };

/* The store as its writer knows it. */
struct store {
    char folder[32], path[64], next_path[64];
    int fd;
    uint64_t size;
    uint8_t generation;
    unsigned n;                                  /* messages ever appended */
    struct fgr_bytes_maker records[RECORDS_MAX]; /* of message i, with its amount */
    uint64_t at[RECORDS_MAX];                    /* in the file of now */
    bool is_deleted[RECORDS_MAX];
    struct fgr_bytes_maker unwritten; /* the rest of what is being appended */
    uint64_t unwritten_flag_at;       /* of the record that is not completed yet; 0: none */
};

static void put_at(int fd, const void *bytes, size_t n, uint64_t at)
{
    cr_assert_eq(pwrite(fd, bytes, n, (off_t)at), (ssize_t)n);
}

/* A file with version byte and uuid. */
static int create_file(struct store *store, const char *path)
{
    struct fgr_bytes_maker begin = {0};
    uint8_t uuid[2 + UUID_BYTES] = {FGR_RECORD_UUID >> 8, FGR_RECORD_UUID & 0xff};
    memset(uuid + 2, ++store->generation, UUID_BYTES);
    fgr_bytes_put_be(&begin, VERSION, 1);
    fgr_store_record(&begin, 0, 0, uuid, sizeof uuid);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    put_at(fd, begin.data, begin.n, 0);
    store->size = begin.n;
    fgr_bytes_free(&begin);
    return fd;
}

static void store_begin(struct store *store)
{
    memset(store, 0, sizeof *store);
    strcpy(store->folder, "/tmp/fgr-store.XXXXXX");
    cr_assert_not_null(mkdtemp(store->folder));
    snprintf(store->path, sizeof store->path, "%s/gossip_store", store->folder);
    snprintf(store->next_path, sizeof store->next_path, "%s/gossip_store.tmp", store->folder);
    store->fd = create_file(store, store->path);
}

static void store_end(struct store *store)
{
    for (unsigned i = 0; i < store->n; i++) {
        fgr_bytes_free(&store->records[i]);
    }
    fgr_bytes_free(&store->unwritten);
    close(store->fd);
    unlink(store->path);
    unlink(store->next_path);
    rmdir(store->folder);
}

/* Message i: an update with the number as its timestamp; every third one a channel of that scid. */
static bool is_channel(unsigned i)
{
    return i % 3 == 0;
}

static void make_record(struct fgr_bytes_maker *out, unsigned i)
{
    static const uint8_t node[2][FGR_NODE_ID_BYTES] = {{2, 1}, {2, 2}};
    const struct fgr_store_channel channel = {
        .scid = i, .capacity_sat = 1000 + i, .node_id = {node[0], node[1]}};
    const struct fgr_store_update update = {.scid = i, .timestamp = i, .htlc_max_msat = 1};
    if (is_channel(i)) {
        fgr_store_put_channel(out, &channel);
    } else {
        fgr_store_put_update(out, &update);
    }
}

/* Begins to append message n: its records, not completed. */
static void begin_append(struct store *store)
{
    unsigned i = store->n++;
    make_record(&store->records[i], i);
    store->at[i] = store->size;
    store->unwritten_flag_at = store->size;
    fgr_bytes_put(&store->unwritten, store->records[i].data, store->records[i].n);
    for (size_t at = 0; at < store->unwritten.n;) {
        store->unwritten.data[at] &= (uint8_t) ~(FGR_RECORD_COMPLETED >> 8);
        at += FGR_RECORD_HEADER_BYTES + fgr_load_be16(store->unwritten.data + at + 2);
    }
}

/* Writes n bytes more; behind the last one the records are completed, one after the other. */
static void append_some(struct store *store, size_t n)
{
    struct fgr_bytes_maker *rest = &store->unwritten;
    n = n < rest->n ? n : rest->n;
    put_at(store->fd, rest->data, n, store->size);
    store->size += n;
    memmove(rest->data, rest->data + n, rest->n - n);
    rest->n -= n;
    if (rest->n == 0 && n == 0 && store->unwritten_flag_at != 0) {
        uint8_t header[4];
        uint64_t at = store->unwritten_flag_at;
        cr_assert_eq(pread(store->fd, header, sizeof header, (off_t)at), 4);
        header[0] |= FGR_RECORD_COMPLETED >> 8;
        put_at(store->fd, header, 1, at);
        at += FGR_RECORD_HEADER_BYTES + fgr_load_be16(header + 2);
        store->unwritten_flag_at = at < store->size ? at : 0;
    }
}

static bool is_appending(const struct store *store)
{
    return store->unwritten.n > 0 || store->unwritten_flag_at != 0;
}

static void append_whole(struct store *store)
{
    begin_append(store);
    append_some(store, SIZE_MAX);
    while (is_appending(store)) {
        append_some(store, 0);
    }
}

static void delete_record(struct store *store, unsigned i)
{
    uint8_t flags = (FGR_RECORD_DELETED | FGR_RECORD_COMPLETED) >> 8;
    put_at(store->fd, &flags, 1, store->at[i]);
    if (is_channel(i)) {
        put_at(store->fd, &flags, 1,
               store->at[i] + FGR_RECORD_HEADER_BYTES + fgr_load_be16(store->records[i].data + 2));
    }
    store->is_deleted[i] = true;
}

/* The record that ends the old file `fd` of `size` bytes. */
static void put_ended(const struct store *store, int fd, uint64_t size, bool is_broken)
{
    struct fgr_bytes_maker record = {0}, message = {0};
    fgr_bytes_put_be(&message, FGR_RECORD_ENDED, 2);
    fgr_bytes_put_be(&message, store->size, 8);
    memset(fgr_bytes_put(&message, NULL, UUID_BYTES), store->generation + is_broken, UUID_BYTES);
    fgr_store_record(&record, 0, 0, message.data, message.n);
    put_at(fd, record.data, record.n, size);
    fgr_bytes_free(&message);
    fgr_bytes_free(&record);
}

enum end_order { ENDED_FIRST, RENAMED_FIRST, NEVER_ENDED, ENDED_BY_ANOTHER };

/* Writes the file anew, without what is deleted. */
static void rewrite(struct store *store, enum end_order order)
{
    int old_fd = store->fd;
    uint64_t old_size = store->size;
    store->fd = create_file(store, store->next_path);
    for (unsigned i = 0; i < store->n; i++) {
        if (!store->is_deleted[i]) {
            store->at[i] = store->size;
            put_at(store->fd, store->records[i].data, store->records[i].n, store->size);
            store->size += store->records[i].n;
        }
    }
    if (order == ENDED_FIRST || order == ENDED_BY_ANOTHER) {
        put_ended(store, old_fd, old_size, order == ENDED_BY_ANOTHER);
    }
    cr_assert_eq(rename(store->next_path, store->path), 0);
    if (order == RENAMED_FIRST) {
        put_ended(store, old_fd, old_size, false);
    }
    close(old_fd);
}

static struct fgr_feed *open_feed(const struct store *store, struct fgr_cursor cursor)
{
    struct fgr_feed *feed;
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_feed_store_open(&feed, store->path, cursor, &err), FGR_OK, "%s", err.text);
    return feed;
}

/* Reads what there is; it must be messages *io_next and on. Returns how many. */
static size_t read_next(struct fgr_feed *feed, unsigned *io_next, struct fgr_cursor *io_cursor)
{
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_feed_read(feed, &batch, 0, &err), FGR_OK, "%s", err.text);
    for (size_t k = 0; k < batch.n_entries; k++) {
        const struct fgr_feed_entry *entry = &batch.entries[k];
        unsigned i = (*io_next)++;
        struct fgr_bytes_maker want = {0};
        make_record(&want, i);
        cr_assert_eq(entry->kind, FGR_FEED_MESSAGE);
        cr_assert_eq(entry->n_bytes, fgr_load_be16(want.data + 2), "message %u", i);
        cr_assert_eq(memcmp(entry->message, want.data + FGR_RECORD_HEADER_BYTES, entry->n_bytes), 0,
                     "message %u", i);
        cr_assert_eq(entry->capacity_sat, is_channel(i) ? 1000 + i : FGR_FEED_SAT_UNKNOWN);
        fgr_bytes_free(&want);
    }
    *io_cursor = batch.cursor;
    return batch.n_entries;
}

/* Any order of appending, piece by piece, deleting, rewriting, reading and opening anew gives each
 * message once, in order. */
static void run_random(uint64_t seed)
{
    static struct store store;
    struct fgr_rng rng;
    struct fgr_cursor cursor = {0};
    unsigned next = 0;
    fgr_rng_seed(&rng, seed, 0);
    store_begin(&store);
    struct fgr_feed *feed = open_feed(&store, cursor);
    bool is_followed = true; /* the feed has read up to the end since the last rewrite */
    for (unsigned step = 0; step < 400; step++) {
        uint64_t what = fgr_rng_below(&rng, 16);
        if (is_appending(&store) && what < 6) {
            append_some(&store, fgr_rng_below(&rng, 2) == 0 ? fgr_rng_below(&rng, 200) : SIZE_MAX);
            append_some(&store, 0);
        } else if (what < 6) {
            begin_append(&store);
        } else if (what < 8 && next > 0) {
            unsigned i = (unsigned)fgr_rng_below(&rng, next);
            if (!store.is_deleted[i]) {
                delete_record(&store, i); /* read already: nobody misses it */
            }
        } else if (what == 8 && is_followed && !is_appending(&store)) {
            rewrite(&store, fgr_rng_below(&rng, 2) == 0 ? ENDED_FIRST : RENAMED_FIRST);
            is_followed = false;
        } else if (what == 9 && is_followed && next > 0) {
            fgr_feed_close(feed);
            feed = open_feed(&store, cursor);
        } else if (what >= 10) {
            size_t n = read_next(feed, &next, &cursor);
            is_followed = is_followed || (n == 0 && next == store.n);
        }
        cr_assert_leq(next, store.n);
    }
    while (is_appending(&store)) {
        append_some(&store, SIZE_MAX);
        append_some(&store, 0);
    }
    for (int tries = 0; tries < 50 && next < store.n; tries++) {
        read_next(feed, &next, &cursor);
    }
    cr_assert_eq(next, store.n, "seed %llu: %u of %u", (unsigned long long)seed, next, store.n);
    fgr_feed_close(feed);
    store_end(&store);
}

Test(feed_store, any_order_of_writing_and_reading, .timeout = 120)
{
    uint64_t seed = fgr_settings_seed();
    for (uint64_t i = 0; i < 200 * fgr_settings_scale(); i++) {
        run_random(seed + i);
    }
}

/* The feed ends in an error that says so, and keeps it. */
static void expect_end(struct fgr_feed *feed, enum fgr_err want, const char *text)
{
    struct fgr_feed_batch batch;
    struct fgr_error err = {.text = ""};
    enum fgr_err code = FGR_OK;
    for (int tries = 0; code == FGR_OK && tries < 30; tries++) {
        code = fgr_feed_read(feed, &batch, 100, &err);
    }
    cr_assert_eq(code, want, "%d %s", code, err.text);
    cr_assert(strstr(err.text, text) != NULL, "%s", err.text);
    cr_assert_eq(fgr_feed_read(feed, &batch, 0, &err), want);
}

Test(feed_store, what_cannot_be_followed)
{
    static struct store store;
    for (enum end_order order = NEVER_ENDED; order <= ENDED_BY_ANOTHER; order++) {
        unsigned next = 0;
        struct fgr_cursor cursor;
        store_begin(&store);
        append_whole(&store);
        struct fgr_feed *feed = open_feed(&store, (struct fgr_cursor){0});
        cr_assert_eq(read_next(feed, &next, &cursor), 1);
        append_whole(&store);
        rewrite(&store, order);
        append_whole(&store);
        cr_assert_eq(read_next(feed, &next, &cursor), 1, "what the old file had");
        expect_end(feed, FGR_ERR_GAP,
                   order == NEVER_ENDED ? "does not say how it goes on" : "more than once");
        fgr_feed_close(feed);
        struct fgr_error err;
        cr_assert_eq(fgr_feed_store_open(&feed, store.path, cursor, &err), FGR_ERR_GAP);
        cr_assert(strstr(err.text, "rewritten since") != NULL, "%s", err.text);
        next = 0;
        feed = open_feed(&store, (struct fgr_cursor){0});
        cr_assert_eq(read_next(feed, &next, &cursor), 3);
        fgr_feed_close(feed);
        store_end(&store);
    }
}

Test(feed_store, has_become_shorter)
{
    static struct store store;
    unsigned next = 0;
    struct fgr_cursor cursor;
    store_begin(&store);
    append_whole(&store);
    struct fgr_feed *feed = open_feed(&store, (struct fgr_cursor){0});
    cr_assert_eq(read_next(feed, &next, &cursor), 1);
    cr_assert_eq(ftruncate(store.fd, 40), 0);
    expect_end(feed, FGR_ERR_GAP, "has become shorter");
    fgr_feed_close(feed);
    store_end(&store);
}

Test(feed_store, damage_is_named)
{
    static struct store store;
    unsigned next = 0;
    struct fgr_cursor cursor;
    char text[64];
    uint8_t byte = 0xee;
    store_begin(&store);
    for (int i = 0; i < 5; i++) {
        append_whole(&store);
    }
    put_at(store.fd, &byte, 1, store.at[4] + 50);
    struct fgr_feed *feed = open_feed(&store, (struct fgr_cursor){0});
    cr_assert_eq(read_next(feed, &next, &cursor), 4, "what is good comes first");
    snprintf(text, sizeof text, "record at byte %llu: checksum", (unsigned long long)store.at[4]);
    expect_end(feed, FGR_ERR_FORMAT, text);
    fgr_feed_close(feed);
    store_end(&store);
}

Test(feed_store, cut_at_every_byte)
{
    static struct store store;
    store_begin(&store);
    for (int i = 0; i < 3; i++) {
        append_whole(&store);
    }
    uint8_t *bytes = malloc(store.size);
    cr_assert_eq(pread(store.fd, bytes, store.size, 0), (ssize_t)store.size);
    for (uint64_t n = 1; n <= store.size; n++) {
        unsigned next = 0;
        struct fgr_cursor cursor;
        cr_assert_eq(ftruncate(store.fd, (off_t)n), 0);
        struct fgr_feed *feed = open_feed(&store, (struct fgr_cursor){0});
        unsigned want = 0;
        while (want < 3 && n >= store.at[want] + store.records[want].n) {
            want++;
        }
        cr_assert_eq(read_next(feed, &next, &cursor), want, "%llu bytes", (unsigned long long)n);
        /* The rest comes. */
        put_at(store.fd, bytes, store.size, 0);
        bool was_named = n >= 1 + FGR_RECORD_HEADER_BYTES + 2 + UUID_BYTES;
        cr_assert_eq(read_next(feed, &next, &cursor), 3 - want, "%d", was_named);
        fgr_feed_close(feed);
    }
    free(bytes);
    store_end(&store);
}

Test(feed_store, what_lightningd_says_itself)
{
    static struct store store;
    struct fgr_feed_batch batch;
    struct fgr_bytes_maker more = {0};
    uint8_t dying[2 + 8 + 4] = {FGR_RECORD_CHAN_DYING >> 8, FGR_RECORD_CHAN_DYING & 0xff};
    struct fgr_store_channel channel = {
        .scid = 77, .capacity_sat = UINT64_MAX, .flags = FGR_RECORD_DYING};
    static const uint8_t node[2][FGR_NODE_ID_BYTES] = {{2, 1}, {2, 2}};
    channel.node_id[0] = node[0];
    channel.node_id[1] = node[1];
    store_begin(&store);
    dying[9] = 42;
    fgr_store_small(&more, FGR_RECORD_DELETE_CHAN, 17, 8);
    fgr_store_record(&more, 0, 0, dying, sizeof dying);
    fgr_store_small(&more, FGR_RECORD_DELETE_CHAN, 0, 0); /* too short */
    fgr_store_small(&more, 4999, 1, 8);                   /* of a later version */
    fgr_store_put_channel(&more, &channel);
    put_at(store.fd, more.data, more.n, store.size);
    struct fgr_feed *feed = open_feed(&store, (struct fgr_cursor){0});
    cr_assert_eq(fgr_feed_read(feed, &batch, 0, NULL), FGR_OK);
    cr_assert_eq(batch.n_entries, 4);
    cr_assert(batch.entries[0].kind == FGR_FEED_CLOSED && batch.entries[0].scid == 17);
    cr_assert(batch.entries[1].kind == FGR_FEED_DYING && batch.entries[1].scid == 42);
    cr_assert_eq(batch.entries[2].kind, FGR_FEED_MESSAGE);
    cr_assert_eq(batch.entries[2].capacity_sat, FGR_FEED_SAT_UNKNOWN, "more than there can be");
    cr_assert(batch.entries[3].kind == FGR_FEED_DYING && batch.entries[3].scid == 77);
    struct fgr_feed_figures figures;
    fgr_feed_figures(feed, &figures);
    cr_assert_eq(figures.garbage, 1);
    cr_assert_eq(figures.bad_sat, 1);
    fgr_feed_close(feed);
    fgr_bytes_free(&more);
    store_end(&store);
}

Test(feed_store, what_is_no_store)
{
    struct fgr_feed *feed;
    struct fgr_error err;
    struct fgr_cursor none = {0};
    char path[] = "/tmp/fgr-store.XXXXXX";
    int fd = mkstemp(path);
    cr_assert_eq(fgr_feed_store_open(&feed, path, none, &err), FGR_ERR_FORMAT);
    cr_assert(strstr(err.text, "is empty") != NULL, "%s", err.text);
    put_at(fd, "x", 1, 0);
    cr_assert_eq(fgr_feed_store_open(&feed, path, none, &err), FGR_ERR_FORMAT);
    cr_assert(strstr(err.text, "0x78") != NULL, "%s", err.text);
    close(fd);
    unlink(path);
    cr_assert_eq(fgr_feed_store_open(&feed, path, none, &err), FGR_ERR_IO);
    cr_assert(strstr(err.text, "No such file") != NULL, "%s", err.text);
}
