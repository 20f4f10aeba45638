/* SPDX-License-Identifier: MIT */
#include "graph/feed_redis/reply.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/feed.h"

#define ID1 "$3\r\n1-1\r\n"
#define ID2 "$3\r\n2-7\r\n"
#define M_ABC "$1\r\nm\r\n$3\r\nabc\r\n"
#define STREAMS(n, entries) "*1\r\n*2\r\n$1\r\ns\r\n*" #n "\r\n" entries

static struct fgr_parser *create(void)
{
    struct fgr_parser *parser;
    cr_assert_eq(fgr_parser_create(&parser, 4, "g", NULL), FGR_OK);
    return parser;
}

/* Feeds in pieces of `step` bytes; true if a reply is complete with the last of them, not before. */
static enum fgr_err feed(struct fgr_parser *parser, struct fgr_reply *out, bool *out_is_there,
                         const char *text, enum fgr_reply_shape shape, size_t step)
{
    size_t n = strlen(text);
    *out_is_there = false;
    for (size_t at = 0; at < n; at += step) {
        cr_assert_not(*out_is_there, "a reply before its end");
        size_t piece = n - at < step ? n - at : step;
        char *copy = malloc(piece);
        memcpy(copy, text + at, piece);
        cr_assert_eq(fgr_parser_feed(parser, copy, piece, NULL), FGR_OK);
        free(copy);
        struct fgr_error err;
        enum fgr_err code = fgr_parser_next(parser, out_is_there, out, shape, &err);
        if (code != FGR_OK) {
            return code;
        }
    }
    return FGR_OK;
}

static struct fgr_reply read_all(struct fgr_parser *parser, const char *text,
                                 enum fgr_reply_shape shape, size_t step)
{
    struct fgr_reply reply;
    bool is_there;
    cr_assert_eq(feed(parser, &reply, &is_there, text, shape, step), FGR_OK);
    cr_assert(is_there);
    return reply;
}

Test(reply, entries_whatever_the_pieces)
{
    static const char text[] = STREAMS(4, "*2\r\n" ID1 "*4\r\n" M_ABC "$3\r\nsat\r\n$2\r\n17\r\n"
                                          "*2\r\n" ID2 "*2\r\n$1\r\nx\r\n$1\r\ny\r\n"
                                          "*2\r\n" ID2 "*4\r\n" M_ABC M_ABC "*2\r\n" ID2 "*-1\r\n");
    struct fgr_parser *parser = create();
    for (size_t step = 1; step < sizeof text; step++) {
        struct fgr_reply reply = read_all(parser, text, FGR_REPLY_STREAMS, step);
        cr_assert_eq(reply.n_entries, 4);
        cr_assert_eq(reply.entries[0].id.ms, 1);
        cr_assert_eq(reply.entries[0].verdict, FGR_ENTRY_GOOD);
        cr_assert_eq(reply.entries[0].sat, 17);
        cr_assert_eq(reply.entries[0].n_bytes, 3);
        cr_assert_eq(memcmp(reply.bytes + reply.entries[0].at, "abc", 3), 0);
        cr_assert_eq(reply.entries[1].id.seq, 7);
        cr_assert_eq(reply.entries[1].verdict, FGR_ENTRY_NO_MESSAGE);
        cr_assert_eq(reply.entries[1].sat, FGR_FEED_SAT_UNKNOWN);
        cr_assert_eq(reply.entries[2].verdict, FGR_ENTRY_GARBAGE);
        cr_assert_eq(reply.entries[3].verdict, FGR_ENTRY_DELETED);
    }
    fgr_parser_destroy(parser);
}

Test(reply, not_as_redis_has_it)
{
    static const char *const texts[] = {
        STREAMS(1, "*2\r\n$1\r\nx\r\n*2\r\n" M_ABC),             /* the id is none */
        STREAMS(1, "*2\r\n" ID1 "*3\r\n" M_ABC "$1\r\nx\r\n"),   /* a name without value */
        STREAMS(1, "*2\r\n" ID1 "*2\r\n$1\r\nm\r\n$1\r\na\r\n"), /* shorter than a type */
        STREAMS(1, "*2\r\n" ID1 "*4\r\n" M_ABC "$1\r\nm\r\n*1\r\n:1\r\n"),
    };
    struct fgr_parser *parser = create();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fgr_reply reply = read_all(parser, texts[i], FGR_REPLY_STREAMS, 5);
        cr_assert_eq(reply.n_entries, 1);
        cr_assert_eq(reply.entries[0].verdict, FGR_ENTRY_GARBAGE, "%zu", i);
    }
    fgr_parser_destroy(parser);
}

Test(reply, errors_and_plain_replies)
{
    struct fgr_parser *parser = create();
    for (size_t step = 1; step < 60; step++) {
        struct fgr_reply reply = read_all(parser, "-ERR no such key\r\n", FGR_REPLY_INFO, step);
        cr_assert_eq(reply.type, FGR_REPLY_ERROR);
        cr_assert_str_eq(reply.text[0], "ERR no such key");
        reply = read_all(parser, ":42\r\n", FGR_REPLY_PLAIN, step);
        cr_assert_eq(reply.number, 42);
        reply = read_all(parser, "*-1\r\n", FGR_REPLY_STREAMS, step);
        cr_assert_eq(reply.type, FGR_REPLY_NIL);
        cr_assert_eq(reply.n_entries, 0);
        reply = read_all(parser, "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n7000\r\n", FGR_REPLY_PLAIN, step);
        cr_assert_eq(reply.n_elements, 2);
        cr_assert_str_eq(reply.text[0], "127.0.0.1");
        cr_assert_str_eq(reply.text[1], "7000");
    }
    fgr_parser_destroy(parser);
}

Test(reply, info_and_groups)
{
    static const char info[] =
        "*14\r\n$6\r\nlength\r\n:3\r\n$13\r\nentries-added\r\n:9\r\n"
        "$17\r\nlast-generated-id\r\n" ID2 "$20\r\nmax-deleted-entry-id\r\n$3\r\n0-0\r\n"
        "$6\r\ngroups\r\n:1\r\n$11\r\nfirst-entry\r\n*2\r\n" ID1 "*2\r\n" M_ABC
        "$10\r\nlast-entry\r\n*2\r\n" ID2 "*2\r\n" M_ABC;
    static const char groups[] =
        "*2\r\n*4\r\n$4\r\nname\r\n$5\r\nother\r\n$17\r\nlast-delivered-id\r\n" ID1
        "*8\r\n$4\r\nname\r\n$1\r\ng\r\n$17\r\nlast-delivered-id\r\n" ID2
        "$12\r\nentries-read\r\n:5\r\n$3\r\nlag\r\n$-1\r\n";
    struct fgr_parser *parser = create();
    for (size_t step = 1; step < sizeof info; step++) {
        struct fgr_reply reply = read_all(parser, info, FGR_REPLY_INFO, step);
        cr_assert(reply.info.is_complete);
        cr_assert_eq(reply.info.length, 3);
        cr_assert_eq(reply.info.n_added, 9);
        cr_assert_eq(reply.info.last.seq, 7);
        cr_assert_eq(reply.info.first.seq, 1);
        cr_assert_eq(reply.info.deleted.ms, 0);
        reply = read_all(parser, groups, FGR_REPLY_GROUPS, step);
        cr_assert(reply.group.is_there);
        cr_assert_eq(reply.group.last.seq, 7);
        cr_assert(reply.group.has_n_read && reply.group.n_read == 5 && !reply.group.has_lag);
    }
    cr_assert_not(
        read_all(parser, "*2\r\n$6\r\nlength\r\n:3\r\n", FGR_REPLY_INFO, 9).info.is_complete);
    fgr_parser_destroy(parser);
}

Test(reply, claim)
{
    static const char text[] =
        "*3\r\n$3\r\n5-0\r\n*1\r\n*2\r\n" ID1 "*2\r\n" M_ABC "*2\r\n" ID2 ID2;
    struct fgr_parser *parser = create();
    for (size_t step = 1; step < sizeof text; step++) {
        struct fgr_reply reply = read_all(parser, text, FGR_REPLY_CLAIM, step);
        cr_assert_eq(reply.next.ms, 5);
        cr_assert_eq(reply.n_entries, 1);
        cr_assert_eq(reply.entries[0].verdict, FGR_ENTRY_GOOD);
        cr_assert_eq(reply.n_deleted, 2);
    }
    fgr_parser_destroy(parser);
}

Test(reply, refused)
{
    static const char *const texts[] = {
        "hello\r\n", "*9\r\n*x\r\n",
        STREAMS(5, "*2\r\n" ID1 "*0\r\n*2\r\n" ID1 "*0\r\n*2\r\n" ID1 "*0\r\n*2\r\n" ID1
                   "*0\r\n*2\r\n" ID1 "*0\r\n"), /* five entries where four were asked for */
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct fgr_parser *parser = create();
        struct fgr_reply reply;
        bool is_there;
        cr_assert_eq(feed(parser, &reply, &is_there, texts[i], FGR_REPLY_STREAMS, 1000),
                     FGR_ERR_FORMAT, "%zu", i);
        cr_assert_eq(fgr_parser_reset(parser, NULL), FGR_OK);
        cr_assert_eq(read_all(parser, ":1\r\n", FGR_REPLY_PLAIN, 1).number, 1);
        fgr_parser_destroy(parser);
    }
}

/* A string of n bytes as the value of field `name`, with a good entry behind it. */
static char *long_entry(size_t n, const char *name)
{
    char *text = malloc(n + 1000);
    int at = sprintf(text, "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n" ID1 "*2\r\n$1\r\n%s\r\n$%zu\r\n",
                     name, n);
    memset(text + at, 'x', n);
    strcpy(text + (size_t)at + n, "\r\n*2\r\n" ID2 "*2\r\n" M_ABC);
    return text;
}

Test(reply, long_strings_are_skipped)
{
    static const size_t steps[] = {1000, 65536, 1 << 20, 64 << 20};
    static const size_t sizes[] = {65535, 65536, 2 << 20, (2 << 20) + 1, 3 << 20, 20 << 20};
    struct fgr_parser *parser = create();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            char *text = long_entry(sizes[i], k % 2 == 0 ? "m" : "x");
            struct fgr_reply reply = read_all(parser, text, FGR_REPLY_STREAMS, steps[k]);
            cr_assert_eq(reply.n_entries, 2);
            cr_assert_eq(reply.entries[0].verdict, k % 2 != 0          ? FGR_ENTRY_NO_MESSAGE
                                                   : sizes[i] <= 65535 ? FGR_ENTRY_GOOD
                                                                       : FGR_ENTRY_TOO_LARGE);
            cr_assert_eq(reply.entries[1].verdict, FGR_ENTRY_GOOD);
            free(text);
        }
    }
    fgr_parser_destroy(parser);
}
