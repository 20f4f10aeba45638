/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/stream_id.h"

#include <criterion/criterion.h>
#include <string.h>

Test(stream_id, round_trip)
{
    static const struct fgr_stream_id ids[] = {
        {0, 0}, {1, 0}, {0, 1}, {1700000000000, 17}, {UINT64_MAX, UINT64_MAX}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char text[FGR_STREAM_ID_BYTES];
        struct fgr_stream_id got;
        size_t n = fgr_stream_id_print(text, ids[i]);
        cr_assert_eq(n, strlen(text));
        cr_assert(fgr_stream_id_parse(&got, text, n));
        cr_assert_eq(fgr_stream_id_cmp(got, ids[i]), 0);
        size_t dash = strcspn(text, "-");
        for (size_t cut = 0; cut <= dash + 1; cut++) {
            cr_assert_not(fgr_stream_id_parse(&got, text, cut), "%.*s", (int)cut, text);
        }
    }
}

Test(stream_id, what_is_none)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "1",
                                      "1-",
                                      "-1",
                                      "1-2-3",
                                      "1- 2",
                                      " 1-2",
                                      "+1-2",
                                      "1-2 ",
                                      "a-1",
                                      "1-a",
                                      "18446744073709551616-0",
                                      "0-18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fgr_stream_id id;
        cr_assert_not(fgr_stream_id_parse(&id, bad[i], strlen(bad[i])), "'%s'", bad[i]);
    }
}

Test(stream_id, order)
{
    static const struct fgr_stream_id ids[] = {{0, 0}, {0, 1}, {0, 10}, {1, 0}, {2, 9}, {10, 0}};
    for (size_t a = 0; a < sizeof ids / sizeof *ids; a++) {
        for (size_t b = 0; b < sizeof ids / sizeof *ids; b++) {
            cr_assert_eq(fgr_stream_id_cmp(ids[a], ids[b]), (a > b) - (a < b));
        }
    }
}
