/* SPDX-License-Identifier: MIT */
/* Every small history of a stream: entries are added, trimmed and read; the verdict on a gap must be
 * what the history says. */
#include "graph/feed_redis/gap.h"

#include <criterion/criterion.h>

enum { MAX = 6 };

static struct fgr_stream_id id_of(unsigned ordinal)
{
    return ordinal == 0 ? (struct fgr_stream_id){0}
                        : (struct fgr_stream_id){1000 + 10 * ordinal, 0};
}

/* Of n_added entries ever, those up to n_gone have been trimmed. */
static struct fgr_stream_info info_of(unsigned n_added, unsigned n_gone)
{
    return (struct fgr_stream_info){
        .length = n_added - n_gone,
        .n_added = n_added,
        .last = id_of(n_added),
        .first = n_gone < n_added ? id_of(n_gone + 1) : (struct fgr_stream_id){0},
        .is_complete = true,
    };
}

/* Entries n_read + 1 ... of the stream, at most `count`, when those up to n_gone were gone. */
static size_t read_batch(struct fgr_stream_entry *out, unsigned n_read, unsigned n_gone,
                         unsigned n_added, unsigned count)
{
    size_t n = 0;
    for (unsigned i = (n_read > n_gone ? n_read : n_gone) + 1; i <= n_added && n < count; i++) {
        out[n++] = (struct fgr_stream_entry){.id = id_of(i)};
    }
    return n;
}

/* n_read were read; then those up to n_gone went, a batch was read, those up to n_gone_later went, and
 * XINFO was asked. */
static void check(unsigned n_read, unsigned n_added, unsigned n_gone, unsigned n_gone_later,
                  unsigned count, bool is_counted)
{
    struct fgr_stream_entry entries[2 * MAX];
    struct fgr_stream_id at = id_of(n_read);
    struct fgr_cursor cursor = {1, at.ms, at.seq, is_counted ? n_read : FGR_CURSOR_UNCOUNTED};
    struct fgr_stream_info info = info_of(n_added, n_gone_later);
    size_t n = read_batch(entries, n_read, n_gone, n_added, count);
    bool is_gap = n_gone > n_read;
    /* What will be missing next may be told now. */
    bool is_gap_next = n_gone_later > n_read + n;
    enum fgr_err code = fgr_gap_check(&cursor, entries, n, &info, NULL);
    if (n_read == 0) {
        cr_assert_eq(code, FGR_OK, "the beginning is where the stream begins");
    } else if (is_counted) {
        cr_assert_eq(code == FGR_ERR_GAP, is_gap || is_gap_next, "%u %u %u %u %u", n_read, n_added,
                     n_gone, n_gone_later, count);
    } else {
        cr_assert(code == FGR_ERR_GAP || !(is_gap || is_gap_next), "%u %u %u %u %u", n_read,
                  n_added, n_gone, n_gone_later, count);
        cr_assert(code == FGR_OK || n_gone_later >= n_read, "the cursor's entry is still there");
    }
    if (code == FGR_OK) {
        unsigned end = n > 0 ? (unsigned)(entries[n - 1].id.ms - 1000) / 10 : n_read;
        cr_assert_eq(cursor.position, id_of(end).ms);
        cr_assert(cursor.n_entries == end ||
                      (cursor.n_entries == FGR_CURSOR_UNCOUNTED && (!is_counted || n_read == 0)),
                  "%u %u %u %u %u: counts %u", n_read, n_added, n_gone, n_gone_later, count,
                  (unsigned)cursor.n_entries);
    }
}

Test(gap, every_small_history)
{
    for (unsigned n_added = 0; n_added <= MAX; n_added++) {
        for (unsigned n_read = 0; n_read <= n_added; n_read++) {
            for (unsigned n_gone = 0; n_gone <= n_added; n_gone++) {
                for (unsigned later = n_gone; later <= n_added; later++) {
                    for (unsigned count = 1; count <= MAX; count++) {
                        check(n_read, n_added, n_gone, later, count, n_read > 0);
                        check(n_read, n_added, n_gone, later, count, false);
                    }
                }
            }
        }
    }
}

Test(gap, another_stream)
{
    struct fgr_cursor cursor = {1, id_of(4).ms, 0, 4};
    struct fgr_cursor was = cursor;
    struct fgr_stream_info info = info_of(3, 0); /* ends before the cursor */
    cr_assert_eq(fgr_gap_check(&cursor, NULL, 0, &info, NULL), FGR_ERR_GAP);
    info = info_of(4, 0); /* as many entries, all of them later */
    info.first = id_of(5);
    info.last = id_of(8);
    cr_assert_eq(fgr_gap_check(&cursor, NULL, 0, &info, NULL), FGR_ERR_GAP);
    info.n_added = 3; /* fewer than the cursor counts */
    cr_assert_eq(fgr_gap_check(&cursor, NULL, 0, &info, NULL), FGR_ERR_GAP);
    cr_assert_eq(fgr_gap_check(&cursor, NULL, 0, NULL, NULL), FGR_ERR_GAP);
    cr_assert_eq(cursor.n_entries, was.n_entries, "a gap moves nothing");
    cursor = (struct fgr_cursor){.n_entries = FGR_CURSOR_UNCOUNTED};
    cr_assert_eq(fgr_gap_check(&cursor, NULL, 0, NULL, NULL), FGR_OK);
}

Test(gap, deleted_by_name)
{
    struct fgr_stream_entry entries[] = {{.id = {1020, 0}}, {.id = {1040, 0}}};
    struct fgr_stream_info info = info_of(5, 0);
    for (unsigned ms = 1000; ms <= 1050; ms++) {
        struct fgr_cursor cursor = {1, 1010, 0, 1};
        info.deleted = (struct fgr_stream_id){ms, 0};
        bool is_missing = ms > 1010 && ms < 1040 && ms != 1020;
        cr_assert_eq(fgr_gap_check(&cursor, entries, 2, &info, NULL),
                     is_missing ? FGR_ERR_GAP : FGR_OK, "%u", ms);
    }
}
