/* SPDX-License-Identifier: MIT */
/*
 * hiredis calls us for every string, number and array, with a task whose parents say where in the
 * reply it stands. Where entries stand:
 *
 *     XREAD, XREADGROUP   root [ stream [ key, entries [ entry [ id, fields [ name, value, ... ]]]]]
 *     XAUTOCLAIM          root [ next, entries [ entry [ id, fields [ ... ]]], deleted ]
 *
 * so the depth below the entries array and the index in each array say what a string is. What
 * stands where nothing is expected is looked over: servers of later versions may add to a reply.
 */
#include "graph/feed_redis/reply.h"

#include <hiredis/read.h>
#include <hiredis/sds.h>
#include <stdlib.h>
#include <string.h>

#include "graph/feed.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

/* Depth of an entry below the root, by shape. */
enum { DEPTH_IN_STREAMS = 3, DEPTH_IN_CLAIM = 2, DEPTH_MAX = 9 };

enum info_field {
    INFO_OTHER,
    INFO_LENGTH,
    INFO_ADDED,
    INFO_LAST,
    INFO_DELETED,
    INFO_FIRST,
    GROUP_NAME,
    GROUP_LAST,
    GROUP_READ,
    GROUP_LAG
};

struct fgr_parser {
    redisReader *reader;
    redisReplyObjectFunctions functions; /* hiredis keeps a pointer to it */
    enum fgr_reply_shape shape;
    struct fgr_reply reply; /* being read */
    unsigned n_texts;
    unsigned infos; /* bits of the fields that were there */
    enum info_field info_field;
    const char *group;
    bool is_our_group; /* what is being read of GROUPS */
    enum { FIELD_OTHER, FIELD_MESSAGE, FIELD_SAT } field;
    bool is_flooded;
    bool is_long;    /* the next string is a long one, skipped */
    uint64_t n_skip; /* bytes of it that are still to come */
    struct fgr_stream_entry *entries;
    size_t n_entries, n_entries_max;
    uint8_t *bytes;
    size_t n_bytes, n_bytes_room;
};

/* Where in the reply a task stands. */
struct place {
    unsigned depth;
    int at[DEPTH_MAX]; /* at[d]: index in the array that it or its parent at depth d is in */
};

static struct place place_of(const redisReadTask *task)
{
    struct place place = {0};
    for (const redisReadTask *up = task->parent; up != NULL; up = up->parent) {
        place.depth++;
    }
    unsigned depth = place.depth;
    for (const redisReadTask *up = task; up != NULL && depth < DEPTH_MAX; up = up->parent) {
        place.at[depth--] = up->idx;
    }
    return place;
}

/* Depth below an entry (0: the entry itself), or -1. */
static int depth_in_entry(const struct fgr_parser *parser, const struct place *place)
{
    unsigned base = parser->shape == FGR_REPLY_STREAMS ? DEPTH_IN_STREAMS : DEPTH_IN_CLAIM;
    bool has_entries = parser->shape == FGR_REPLY_STREAMS || parser->shape == FGR_REPLY_CLAIM;
    return has_entries && place->depth >= base && place->at[base - 1] == 1
               ? (int)(place->depth - base)
               : -1;
}

/* ---- entries ------------------------------------------------------------------------------- */

static struct fgr_stream_entry *last_entry(struct fgr_parser *parser)
{
    return parser->n_entries > 0 ? &parser->entries[parser->n_entries - 1] : NULL;
}

static bool begin_entry(struct fgr_parser *parser)
{
    if (parser->n_entries == parser->n_entries_max) {
        parser->is_flooded = true;
        return false;
    }
    parser->field = FIELD_OTHER;
    parser->entries[parser->n_entries++] =
        (struct fgr_stream_entry){.verdict = FGR_ENTRY_NO_MESSAGE, .sat = FGR_FEED_SAT_UNKNOWN};
    return true;
}

static bool take_message(struct fgr_parser *parser, struct fgr_stream_entry *entry,
                         const char *text, size_t n)
{
    if (entry->has_message || n < 2) {
        entry->has_message = true;
        entry->verdict = FGR_ENTRY_GARBAGE;
        return true;
    }
    entry->has_message = true;
    if (n > FGR_FEED_MESSAGE_BYTES_MAX) {
        entry->verdict = FGR_ENTRY_TOO_LARGE;
        return true;
    }
    uint8_t *bytes =
        fgr_array_grow(parser->bytes, &parser->n_bytes_room, parser->n_bytes + n, 1, NULL);
    if (bytes == NULL) {
        return false;
    }
    parser->bytes = bytes;
    entry->at = parser->n_bytes;
    entry->n_bytes = (uint32_t)n;
    entry->verdict = entry->verdict == FGR_ENTRY_GARBAGE ? FGR_ENTRY_GARBAGE : FGR_ENTRY_GOOD;
    memcpy(bytes + entry->at, text, n);
    parser->n_bytes += n;
    return true;
}

static void take_sat(struct fgr_stream_entry *entry, const char *text, size_t n)
{
    uint64_t sat;
    entry->is_bad_sat =
        entry->has_sat || n == SIZE_MAX || !fgr_stream_number(&sat, text, n) || sat > FGR_SAT_MAX;
    entry->sat = entry->is_bad_sat ? FGR_FEED_SAT_UNKNOWN : sat;
    entry->has_sat = true;
}

/* A string that is part of an entry, n = SIZE_MAX: one that was skipped. False: no memory. */
static bool take_in_entry(struct fgr_parser *parser, const struct place *place, int depth,
                          const char *text, size_t n)
{
    struct fgr_stream_entry *entry = last_entry(parser);
    int index = place->at[place->depth];
    if (entry == NULL || depth == 0) {
        return true;
    }
    if (depth == 1 && index == 0) {
        if (n == SIZE_MAX || !fgr_stream_id_parse(&entry->id, text, n)) {
            entry->verdict = FGR_ENTRY_GARBAGE;
            entry->id = (struct fgr_stream_id){0};
        }
        return true;
    }
    if (depth != 2 || place->at[place->depth - 1] != 1) {
        return true;
    }
    if (index % 2 == 0) {
        parser->field = n == 1 && text[0] == 'm'                ? FIELD_MESSAGE
                        : n == 3 && memcmp(text, "sat", 3) == 0 ? FIELD_SAT
                                                                : FIELD_OTHER;
        return true;
    }
    if (parser->field == FIELD_SAT) {
        take_sat(entry, text, n);
    }
    return parser->field != FIELD_MESSAGE || take_message(parser, entry, text, n);
}

/* ---- XINFO STREAM -------------------------------------------------------------------------- */

static enum info_field info_field_of(const char *text, size_t n)
{
    static const struct {
        const char *name;
        enum info_field field;
    } fields[] = {{"length", INFO_LENGTH},
                  {"entries-added", INFO_ADDED},
                  {"last-generated-id", INFO_LAST},
                  {"max-deleted-entry-id", INFO_DELETED},
                  {"first-entry", INFO_FIRST},
                  {"name", GROUP_NAME},
                  {"last-delivered-id", GROUP_LAST},
                  {"entries-read", GROUP_READ},
                  {"lag", GROUP_LAG}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strlen(fields[i].name) == n && memcmp(fields[i].name, text, n) == 0) {
            return fields[i].field;
        }
    }
    return INFO_OTHER;
}

static void take_info_number(struct fgr_parser *parser, long long number)
{
    struct fgr_stream_info *info = &parser->reply.info;
    uint64_t value = number < 0 ? 0 : (uint64_t)number;
    if (parser->info_field == INFO_LENGTH) {
        info->length = value;
    } else if (parser->info_field == INFO_ADDED) {
        info->n_added = value;
    } else {
        return;
    }
    parser->infos |= 1U << parser->info_field;
}

static void take_info_text(struct fgr_parser *parser, const struct place *place, const char *text,
                           size_t n)
{
    struct fgr_stream_info *info = &parser->reply.info;
    int index = place->at[place->depth];
    if (place->depth == 1 && index % 2 == 0) {
        parser->info_field = info_field_of(text, n);
        return;
    }
    bool is_value = place->depth == 1;
    bool is_first_id = place->depth == 2 && index == 0;
    struct fgr_stream_id *out = parser->info_field == INFO_LAST && is_value       ? &info->last
                                : parser->info_field == INFO_DELETED && is_value  ? &info->deleted
                                : parser->info_field == INFO_FIRST && is_first_id ? &info->first
                                                                                  : NULL;
    if (out != NULL && fgr_stream_id_parse(out, text, n)) {
        parser->infos |= 1U << parser->info_field;
    }
}

static void take_group_text(struct fgr_parser *parser, const struct place *place, const char *text,
                            size_t n)
{
    if (place->depth != 2) {
        return;
    }
    if (place->at[2] % 2 == 0) {
        parser->info_field = info_field_of(text, n);
    } else if (parser->info_field == GROUP_NAME) {
        parser->is_our_group = parser->group != NULL && strlen(parser->group) == n &&
                               memcmp(parser->group, text, n) == 0;
        parser->reply.group.is_there |= parser->is_our_group;
    } else if (parser->info_field == GROUP_LAST && parser->is_our_group &&
               !fgr_stream_id_parse(&parser->reply.group.last, text, n)) {
        parser->reply.group.is_there = false;
    }
}

static void take_group_number(struct fgr_parser *parser, const struct place *place,
                              long long number)
{
    struct fgr_stream_group *group = &parser->reply.group;
    if (place->depth != 2 || place->at[2] % 2 == 0 || !parser->is_our_group || number < 0) {
        return;
    }
    if (parser->info_field == GROUP_READ) {
        group->has_n_read = true;
        group->n_read = (uint64_t)number;
    } else if (parser->info_field == GROUP_LAG) {
        group->has_lag = true;
        group->lag = (uint64_t)number;
    }
}

/* ---- what hiredis calls -------------------------------------------------------------------- */

static struct fgr_parser *parser_of(const redisReadTask *task)
{
    return task->privdata;
}

static void take_plain(struct fgr_parser *parser, const struct place *place, const char *text,
                       size_t n)
{
    if (place->depth <= 1 && parser->n_texts < FGR_REPLY_TEXTS) {
        char *out = parser->reply.text[parser->n_texts++];
        n = n < FGR_REPLY_TEXT_BYTES ? n : FGR_REPLY_TEXT_BYTES - 1;
        memcpy(out, text, n);
        out[n] = '\0';
    }
}

static void *on_string(const redisReadTask *task, char *text, size_t n)
{
    struct fgr_parser *parser = parser_of(task);
    bool is_long = parser->is_long;
    parser->is_long = false;
    struct place place = place_of(task);
    if (place.depth == 0) {
        parser->reply.type = task->type == REDIS_REPLY_ERROR ? FGR_REPLY_ERROR : FGR_REPLY_TEXT;
    }
    int depth = depth_in_entry(parser, &place);
    if (depth >= 0) {
        return take_in_entry(parser, &place, depth, text, is_long ? SIZE_MAX : n) ? parser : NULL;
    }
    if (parser->shape == FGR_REPLY_INFO && place.depth > 0) {
        take_info_text(parser, &place, text, n);
    } else if (parser->shape == FGR_REPLY_GROUPS && place.depth > 0) {
        take_group_text(parser, &place, text, n);
    } else if (parser->shape == FGR_REPLY_CLAIM && place.depth == 1 && place.at[1] == 0) {
        if (!fgr_stream_id_parse(&parser->reply.next, text, n)) {
            parser->reply.next = (struct fgr_stream_id){0};
        }
    } else {
        take_plain(parser, &place, text, n);
    }
    return parser;
}

static void *on_array(const redisReadTask *task, int n_elements)
{
    struct fgr_parser *parser = parser_of(task);
    struct place place = place_of(task);
    if (place.depth == 0) {
        parser->reply.type = FGR_REPLY_ARRAY;
        parser->reply.n_elements = (size_t)n_elements;
    }
    if (parser->shape == FGR_REPLY_CLAIM && place.depth == 1 && place.at[1] == 2) {
        parser->reply.n_deleted = (size_t)n_elements;
    }
    int depth = depth_in_entry(parser, &place);
    if (depth == 0 && !begin_entry(parser)) {
        return NULL;
    }
    struct fgr_stream_entry *entry = last_entry(parser);
    bool is_fields = depth == 1 && place.at[place.depth] == 1;
    if (entry != NULL && ((is_fields && n_elements % 2 != 0) || depth > 1)) {
        entry->verdict = FGR_ENTRY_GARBAGE;
    }
    return parser;
}

static void *on_number(const redisReadTask *task, long long number)
{
    struct fgr_parser *parser = parser_of(task);
    struct place place = place_of(task);
    if (place.depth == 0) {
        parser->reply.type = FGR_REPLY_NUMBER;
        parser->reply.number = number;
    } else if (parser->shape == FGR_REPLY_INFO && place.depth == 1 && place.at[1] % 2 == 1) {
        take_info_number(parser, number);
    } else if (parser->shape == FGR_REPLY_GROUPS) {
        take_group_number(parser, &place, number);
    }
    return parser;
}

static void *on_nil(const redisReadTask *task)
{
    struct fgr_parser *parser = parser_of(task);
    struct place place = place_of(task);
    int depth = depth_in_entry(parser, &place);
    struct fgr_stream_entry *entry = last_entry(parser);
    if (depth == 1 && place.at[place.depth] == 1 && entry != NULL) {
        entry->verdict = FGR_ENTRY_DELETED;
    }
    if (place.depth == 0) {
        parser->reply.type = FGR_REPLY_NIL;
    } else if (parser->shape == FGR_REPLY_INFO && place.depth == 1 && place.at[1] % 2 == 1 &&
               parser->info_field == INFO_FIRST) {
        parser->infos |= 1U << INFO_FIRST; /* the stream is empty */
    }
    return parser;
}

static void on_free(void *object)
{
    (void)object; /* it was the parser itself */
}

/* ---- parser -------------------------------------------------------------------------------- */

static void begin_reply(struct fgr_parser *parser)
{
    parser->reply = (struct fgr_reply){0};
    parser->n_texts = 0;
    parser->infos = 0;
    parser->is_our_group = false;
    parser->info_field = INFO_OTHER;
    parser->field = FIELD_OTHER;
    parser->n_entries = 0;
    parser->n_bytes = 0;
}

enum fgr_err fgr_parser_create(struct fgr_parser **out_parser, size_t n_entries_max,
                               const char *group, struct fgr_error *err)
{
    struct fgr_parser *parser = fgr_array_new(1, sizeof *parser, err);
    if (parser == NULL) {
        return FGR_ERR_MEMORY;
    }
    parser->group = group;
    parser->n_entries_max = n_entries_max;
    parser->entries = fgr_array_new(n_entries_max, sizeof *parser->entries, err);
    if (parser->entries == NULL || fgr_parser_reset(parser, err) != FGR_OK) {
        fgr_parser_destroy(parser);
        return FGR_ERR_MEMORY;
    }
    *out_parser = parser;
    return FGR_OK;
}

void fgr_parser_destroy(struct fgr_parser *parser)
{
    if (parser != NULL) {
        if (parser->reader != NULL) {
            redisReaderFree(parser->reader);
        }
        free(parser->entries);
        free(parser->bytes);
        free(parser);
    }
}

enum fgr_err fgr_parser_reset(struct fgr_parser *parser, struct fgr_error *err)
{
    parser->functions =
        (redisReplyObjectFunctions){on_string, on_array, on_number, on_nil, on_free};
    if (parser->reader != NULL) {
        redisReaderFree(parser->reader);
    }
    parser->reader = redisReaderCreateWithFunctions(&parser->functions);
    if (parser->reader == NULL) {
        return fgr_fail_memory(err, sizeof(redisReader));
    }
    parser->reader->privdata = parser;
    parser->reader->maxbuf = 0; /* the buffer is kept when it is empty */
    parser->is_flooded = false;
    parser->is_long = false;
    parser->n_skip = 0;
    begin_reply(parser);
    return FGR_OK;
}

enum fgr_err fgr_parser_feed(struct fgr_parser *parser, const void *bytes, size_t n_bytes,
                             struct fgr_error *err)
{
    size_t n = n_bytes < parser->n_skip ? n_bytes : (size_t)parser->n_skip;
    parser->n_skip -= n;
    return redisReaderFeed(parser->reader, (const char *)bytes + n, n_bytes - n) == REDIS_OK
               ? FGR_OK
               : fgr_fail_memory(err, n_bytes);
}

static enum fgr_err fail(const struct fgr_parser *parser, struct fgr_error *err)
{
    const redisReader *reader = parser->reader;
    if (parser->is_flooded) {
        return fgr_fail(err, FGR_ERR_FORMAT, "the server sends more entries than the %zu asked for",
                        parser->n_entries_max);
    }
    return reader->err == REDIS_ERR_OOM
               ? fgr_fail_memory(err, reader->len)
               : fgr_fail(err, FGR_ERR_FORMAT, "not the Redis protocol: %s", reader->errstr);
}

/* What hiredis waits for is the rest of a string that is too long. In its buffer an empty one takes the
 * place of what is there, and the rest is not fed. False: it waits for something else. */
static bool skip_string(struct fgr_parser *parser)
{
    static const char empty[] = "0\r\n\r\n"; /* the dollar sign is read already */
    redisReader *reader = parser->reader;
    char *at = reader->buf + reader->pos;
    size_t n_there = reader->len - reader->pos;
    const char *end = memchr(at, '\r', n_there);
    uint64_t n_string;
    if (reader->rstack[reader->ridx].type != REDIS_REPLY_STRING || end == NULL ||
        !fgr_stream_number(&n_string, at, (size_t)(end - at))) {
        return false;
    }
    uint64_t n_all = (uint64_t)(end - at) + 2 + n_string + 2;
    size_t n_empty = sizeof empty - 1;
    memcpy(at, empty, n_empty);
    sdsIncrLen(reader->buf, -(int)(n_there - n_empty));
    reader->len = reader->pos + n_empty;
    parser->n_skip = n_all - n_there;
    parser->is_long = true;
    return true;
}

enum fgr_err fgr_parser_next(struct fgr_parser *parser, bool *out_is_there,
                             struct fgr_reply *out_reply, enum fgr_reply_shape shape,
                             struct fgr_error *err)
{
    enum {
        ALL_INFOS = 1U << INFO_LENGTH | 1U << INFO_ADDED | 1U << INFO_LAST | 1U << INFO_DELETED |
                    1U << INFO_FIRST
    };
    redisReader *reader = parser->reader;
    void *object = NULL;
    if (reader->ridx == -1) {
        begin_reply(parser);
    }
    parser->shape = shape;
    *out_is_there = false;
    if (redisReaderGetReply(reader, &object) != REDIS_OK) {
        return fail(parser, err);
    }
    if (object == NULL && reader->len - reader->pos > FGR_REPLY_STRING_BYTES_MAX) {
        if (!skip_string(parser)) {
            return fgr_fail(err, FGR_ERR_FORMAT, "not the Redis protocol: a line of %zu bytes",
                            reader->len - reader->pos);
        }
        if (redisReaderGetReply(reader, &object) != REDIS_OK) {
            return fail(parser, err);
        }
    }
    if (object == NULL) {
        return FGR_OK;
    }
    *out_is_there = true;
    parser->reply.info.is_complete = parser->infos == ALL_INFOS;
    *out_reply = parser->reply;
    out_reply->entries = parser->entries;
    out_reply->n_entries = parser->n_entries;
    out_reply->bytes = parser->bytes;
    return FGR_OK;
}
