/* SPDX-License-Identifier: MIT */
/*
 * An automaton follows the JSON events: {"overlay": [{"policy": {...}}, ...]}. `level` says what we
 * are in, `field` which member its next value is for. The members of a statement are kept until it
 * ends; then it must be whole, and is made (statement.c).
 */
#include "tools/fgr/overlay_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/import/parse.h"
#include "graph/util/error.h"
#include "graph/util/json.h"
#include "tools/fgr/statement.h"

enum level {
    LEVEL_START,
    LEVEL_ROOT,      /* {"overlay": */
    LEVEL_LIST,      /* [ */
    LEVEL_STATEMENT, /* {"policy": */
    LEVEL_BODY,      /* { */
    LEVEL_HOPS,      /* "hops": [ */
    LEVEL_HOP,       /* { */
    LEVEL_END
};

struct reader {
    struct fgr_overlay_builder *builder;
    struct fgr_error *err;
    struct fgr_json_reader *json;
    enum level level;
    enum fgr_field field;
    bool has_list;
    uint64_t n_statements;
    struct fgr_statement statement; /* being read; its kind is NONE outside of one */
    struct fgr_statement hop;
};

/* ---- errors -------------------------------------------------------------------------------- */

#define PATH_BYTES 96

/* Where we are: "overlay[3].blinded_path.hops[1].ppm". */
static const char *path_of(const struct reader *reader, char path[PATH_BYTES])
{
    int n = snprintf(path, PATH_BYTES, "%s", reader->level < LEVEL_LIST ? "the file" : "overlay");
    if (reader->level > LEVEL_LIST && reader->level < LEVEL_END) {
        n += snprintf(path + n, PATH_BYTES - (size_t)n, "[%" PRIu64 "]", reader->n_statements);
    }
    if (reader->level > LEVEL_LIST && reader->statement.kind != FGR_STATEMENT_NONE) {
        n += snprintf(path + n, PATH_BYTES - (size_t)n, ".%s",
                      fgr_statement_kinds[reader->statement.kind].name);
    }
    if (reader->level == LEVEL_HOPS || reader->level == LEVEL_HOP) {
        n += snprintf(path + n, PATH_BYTES - (size_t)n, ".hops[%zu]", reader->statement.n_hops);
    }
    if ((reader->level == LEVEL_BODY || reader->level == LEVEL_HOP) &&
        reader->field != FGR_FIELD_NONE) {
        snprintf(path + n, PATH_BYTES - (size_t)n, ".%s", fgr_members[reader->field].name);
    }
    return path;
}

/* "overlay[3].policy.ppm at byte 321: " and the reason. */
static enum fgr_err fail_at(struct reader *reader, enum fgr_err code, uint64_t offset,
                            const char *reason)
{
    char path[PATH_BYTES];
    char text[FGR_ERROR_TEXT_BYTES];
    snprintf(text, sizeof text, "%s", reason); /* it may be in *err */
    return fgr_fail_at(reader->err, code, reader->n_statements, offset,
                       "%s at byte %" PRIu64 ": %s", path_of(reader, path), offset, text);
}

static enum fgr_err fail_here(struct reader *reader, enum fgr_err code, const char *reason)
{
    return fail_at(reader, code, fgr_json_reader_offset(reader->json), reason);
}

/* The token as it stands in the file, shortened, without what a terminal might obey. */
static void show(char out_text[48], enum fgr_json_event event, struct fgr_text text)
{
    static const char *const others[] = {
        [FGR_JSON_NULL] = "null",      [FGR_JSON_FALSE] = "false",  [FGR_JSON_TRUE] = "true",
        [FGR_JSON_OBJECT_BEGIN] = "{", [FGR_JSON_OBJECT_END] = "}", [FGR_JSON_ARRAY_BEGIN] = "[",
        [FGR_JSON_ARRAY_END] = "]"};
    enum { SHOWN_BYTES_MAX = 40 };
    if (text.at == NULL) {
        snprintf(out_text, 48, "%s", others[event]);
        return;
    }
    size_t n = text.n_bytes < SHOWN_BYTES_MAX ? text.n_bytes : SHOWN_BYTES_MAX;
    for (size_t i = 0; i < n; i++) {
        out_text[i] = text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?';
    }
    snprintf(out_text + n, 48 - n, "%s", text.n_bytes > n ? "..." : "");
}

static enum fgr_err fail_token(struct reader *reader, enum fgr_json_event event,
                               struct fgr_text text, const char *wanted)
{
    char shown[48];
    char reason[FGR_ERROR_TEXT_BYTES];
    show(shown, event, text);
    snprintf(reason, sizeof reason, "'%s' is not %s", shown, wanted);
    return fail_here(reader, FGR_ERR_FORMAT, reason);
}

/* ---- values -------------------------------------------------------------------------------- */

static struct fgr_statement *current(struct reader *reader)
{
    return reader->level == LEVEL_HOP ? &reader->hop : &reader->statement;
}

static enum fgr_err read_number(struct reader *reader, enum fgr_json_event event,
                                struct fgr_text text)
{
    const struct fgr_member *member = &fgr_members[reader->field];
    uint64_t *number = &current(reader)->number[reader->field];
    char wanted[96];
    if (event == FGR_JSON_NUMBER && fgr_parse_u64(number, text, member->max) &&
        *number >= member->min) {
        return FGR_OK;
    }
    bool may_be_full = member->type == FGR_TYPE_BALANCE;
    if (may_be_full && event == FGR_JSON_STRING && text.n_bytes == 8 &&
        memcmp(text.at, "capacity", 8) == 0) {
        *number = FGR_MSAT_NONE;
        return FGR_OK;
    }
    snprintf(wanted, sizeof wanted, "a whole number from %" PRIu64 " to %" PRIu64 "%s", member->min,
             member->max, may_be_full ? " or \"capacity\"" : "");
    return fail_token(reader, event, text, wanted);
}

static enum fgr_err read_signed(struct reader *reader, enum fgr_json_event event,
                                struct fgr_text text)
{
    uint64_t max = fgr_members[reader->field].max;
    uint64_t magnitude;
    char wanted[96];
    bool is_negative = event == FGR_JSON_NUMBER && text.at[0] == '-';
    struct fgr_text digits = text;
    if (is_negative) {
        digits.at++;
        digits.n_bytes--;
    }
    if (event == FGR_JSON_NUMBER && fgr_parse_u64(&magnitude, digits, max)) {
        current(reader)->bias_msat = is_negative ? -(int64_t)magnitude : (int64_t)magnitude;
        return FGR_OK;
    }
    snprintf(wanted, sizeof wanted, "a whole number from -%" PRIu64 " to %" PRIu64, max, max);
    return fail_token(reader, event, text, wanted);
}

static enum fgr_err read_value(struct reader *reader, enum fgr_json_event event,
                               struct fgr_text text)
{
    struct fgr_statement *body = current(reader);
    bool is_string = event == FGR_JSON_STRING;
    switch (fgr_members[reader->field].type) {
    case FGR_TYPE_SCID:
        return is_string && fgr_parse_scid(&body->number[reader->field], text)
                   ? FGR_OK
                   : fail_token(reader, event, text, "a string \"BLOCKxTXxOUTPUT\"");
    case FGR_TYPE_NODE:
        return is_string && fgr_parse_node_id(body->id[reader->field], text)
                   ? FGR_OK
                   : fail_token(reader, event, text, "a node id, a string of 66 hex digits");
    case FGR_TYPE_NUMBER:
    case FGR_TYPE_BALANCE:
        return read_number(reader, event, text);
    case FGR_TYPE_SIGNED:
        return read_signed(reader, event, text);
    case FGR_TYPE_BOOL:
        body->number[reader->field] = event == FGR_JSON_TRUE;
        return event == FGR_JSON_TRUE || event == FGR_JSON_FALSE
                   ? FGR_OK
                   : fail_token(reader, event, text, "true or false");
    case FGR_TYPE_HOPS:
        if (event != FGR_JSON_ARRAY_BEGIN) {
            return fail_token(reader, event, text, "a list of hops");
        }
        reader->level = LEVEL_HOPS;
        break;
    }
    return FGR_OK;
}

static enum fgr_err check_whole(struct reader *reader, const struct fgr_statement *said)
{
    char reason[FGR_ERROR_TEXT_BYTES];
    reader->field = FGR_FIELD_NONE;
    if (fgr_statement_is_whole(said->kind, said->seen)) {
        return FGR_OK;
    }
    snprintf(reason, sizeof reason, "%s needs %s", fgr_statement_kinds[said->kind].name,
             fgr_statement_kinds[said->kind].needs);
    return fail_here(reader, FGR_ERR_FORMAT, reason);
}

static enum fgr_err end_statement(struct reader *reader)
{
    enum fgr_err rc = check_whole(reader, &reader->statement);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = fgr_statement_say(&reader->statement, reader->builder, reader->err);
    if (rc != FGR_OK) {
        return fail_here(reader, rc, reader->err == NULL ? "" : reader->err->text);
    }
    reader->level = LEVEL_STATEMENT;
    return FGR_OK;
}

static enum fgr_err end_hop(struct reader *reader)
{
    enum fgr_err rc = check_whole(reader, &reader->hop);
    if (rc != FGR_OK) {
        return rc;
    }
    reader->statement.hops[reader->statement.n_hops++] = fgr_statement_relay(&reader->hop);
    reader->level = LEVEL_HOPS;
    return FGR_OK;
}

/* ---- structure ----------------------------------------------------------------------------- */

static bool is_text(struct fgr_text text, const char *name)
{
    return text.n_bytes == strlen(name) && memcmp(text.at, name, text.n_bytes) == 0;
}

static enum fgr_err on_root(struct reader *reader, enum fgr_json_event event, struct fgr_text text)
{
    if (event == FGR_JSON_KEY) {
        if (!is_text(text, "overlay")) {
            return fail_token(reader, event, text, "a known member: there is only overlay");
        }
        reader->level = LEVEL_LIST;
        if (reader->has_list) {
            return fail_here(reader, FGR_ERR_FORMAT, "it stands there twice");
        }
        reader->level = LEVEL_ROOT;
        return FGR_OK;
    }
    if (event == FGR_JSON_ARRAY_BEGIN) {
        reader->has_list = true;
        reader->level = LEVEL_LIST;
        return FGR_OK;
    }
    if (event == FGR_JSON_OBJECT_END && reader->has_list) {
        reader->level = LEVEL_END;
        return FGR_OK;
    }
    return event == FGR_JSON_OBJECT_END
               ? fail_here(reader, FGR_ERR_FORMAT, "it has no list \"overlay\"")
               : fail_token(reader, event, text, "a list of statements");
}

/* {"policy": ...}: a statement is an object of one member. */
static enum fgr_err on_statement(struct reader *reader, enum fgr_json_event event,
                                 struct fgr_text text)
{
    bool has_kind = reader->statement.kind != FGR_STATEMENT_NONE;
    if (event == FGR_JSON_KEY && !has_kind) {
        unsigned kind = 0;
        while (kind < FGR_STATEMENT_COUNT && !is_text(text, fgr_statement_kinds[kind].name)) {
            kind++;
        }
        reader->statement.kind =
            kind < FGR_STATEMENT_COUNT ? (enum fgr_statement_kind)kind : FGR_STATEMENT_NONE;
        return kind < FGR_STATEMENT_COUNT ? FGR_OK
                                          : fail_token(reader, event, text, "a known statement");
    }
    if (event == FGR_JSON_OBJECT_BEGIN) {
        reader->level = LEVEL_BODY;
        reader->field = FGR_FIELD_NONE;
        reader->statement = (struct fgr_statement){.kind = reader->statement.kind};
        return FGR_OK;
    }
    if (event == FGR_JSON_OBJECT_END && has_kind) {
        reader->statement.kind = FGR_STATEMENT_NONE;
        reader->n_statements++;
        reader->level = LEVEL_LIST;
        return FGR_OK;
    }
    if (event == FGR_JSON_KEY || event == FGR_JSON_OBJECT_END) {
        return fail_here(reader, FGR_ERR_FORMAT,
                         "one object is one statement, as in {\"policy\": {...}}");
    }
    return fail_token(reader, event, text, "an object");
}

static enum fgr_err on_key(struct reader *reader, struct fgr_text text)
{
    struct fgr_statement *body = current(reader);
    unsigned field = 0;
    while (field < FGR_FIELD_COUNT && !is_text(text, fgr_members[field].name)) {
        field++;
    }
    if (field == FGR_FIELD_COUNT ||
        (fgr_statement_allowed(body->kind) & FGR_FIELD_SET(field)) == 0) {
        reader->field = FGR_FIELD_NONE;
        return fail_token(reader, FGR_JSON_KEY, text, "a member of this statement");
    }
    reader->field = (enum fgr_field)field;
    if ((body->seen & FGR_FIELD_SET(field)) != 0) {
        return fail_here(reader, FGR_ERR_FORMAT, "it stands there twice");
    }
    body->seen |= FGR_FIELD_SET(field);
    return FGR_OK;
}

static enum fgr_err on_body(struct reader *reader, enum fgr_json_event event, struct fgr_text text)
{
    if (event == FGR_JSON_KEY) {
        return on_key(reader, text);
    }
    if (event == FGR_JSON_OBJECT_END) {
        return reader->level == LEVEL_HOP ? end_hop(reader) : end_statement(reader);
    }
    return read_value(reader, event, text);
}

static enum fgr_err on_hops(struct reader *reader, enum fgr_json_event event, struct fgr_text text)
{
    if (event == FGR_JSON_ARRAY_END) {
        reader->level = LEVEL_BODY;
        return FGR_OK;
    }
    if (event != FGR_JSON_OBJECT_BEGIN) {
        return fail_token(reader, event, text, "a hop, an object");
    }
    if (reader->statement.n_hops == FGR_HOPS_MAX) {
        return fail_here(reader, FGR_ERR_FORMAT, "no onion has room for so many hops");
    }
    reader->level = LEVEL_HOP;
    reader->field = FGR_FIELD_NONE;
    reader->hop = (struct fgr_statement){.kind = FGR_STATEMENT_HOP};
    return FGR_OK;
}

static enum fgr_err on_event(void *state, enum fgr_json_event event, const char *at, size_t n_bytes)
{
    struct reader *reader = state;
    struct fgr_text text = {at, n_bytes};
    switch (reader->level) {
    case LEVEL_START:
        reader->level = LEVEL_ROOT;
        return event == FGR_JSON_OBJECT_BEGIN
                   ? FGR_OK
                   : fail_token(reader, event, text, "an object {\"overlay\": [...]}");
    case LEVEL_ROOT:
        return on_root(reader, event, text);
    case LEVEL_LIST:
        if (event == FGR_JSON_ARRAY_END) {
            reader->level = LEVEL_ROOT;
            return FGR_OK;
        }
        reader->level = LEVEL_STATEMENT;
        return event == FGR_JSON_OBJECT_BEGIN ? FGR_OK
                                              : fail_token(reader, event, text, "an object");
    case LEVEL_STATEMENT:
        return on_statement(reader, event, text);
    case LEVEL_BODY:
    case LEVEL_HOP:
        return on_body(reader, event, text);
    case LEVEL_HOPS:
        return on_hops(reader, event, text);
    case LEVEL_END:
        break;
    }
    return FGR_OK;
}

/* ---- files --------------------------------------------------------------------------------- */

static enum fgr_err read_all(struct reader *reader, struct fgr_source *source)
{
    const uint8_t *bytes;
    size_t n_bytes;
    do {
        enum fgr_err rc = fgr_source_fill(source, &bytes, &n_bytes, 1, reader->err);
        if (rc == FGR_OK && n_bytes > 0) {
            rc = fgr_json_reader_feed(reader->json, bytes, n_bytes, reader->err);
            fgr_source_skip(source, n_bytes);
        }
        if (rc != FGR_OK) {
            return rc;
        }
    } while (n_bytes > 0);
    enum fgr_err rc = fgr_json_reader_finish(reader->json, reader->err);
    return rc == FGR_ERR_FORMAT && reader->level != LEVEL_END
               ? fail_at(reader, FGR_ERR_FORMAT, fgr_source_offset(source), "the file is cut here")
               : rc;
}

enum fgr_err fgr_overlay_file_read(struct fgr_overlay_builder *builder, struct fgr_source *source,
                                   struct fgr_error *err)
{
    struct reader reader = {.builder = builder,
                            .err = err,
                            .statement = {.kind = FGR_STATEMENT_NONE},
                            .field = FGR_FIELD_NONE};
    enum fgr_err rc = fgr_json_reader_create(&reader.json, on_event, &reader, err);
    if (rc == FGR_OK) {
        rc = read_all(&reader, source);
        fgr_json_reader_destroy(reader.json);
    }
    return rc;
}

static enum fgr_err read_path(struct fgr_overlay_builder *builder, const char *path,
                              struct fgr_error *err)
{
    struct fgr_source *source;
    struct fgr_error why = {.record = FGR_NO_POSITION, .offset = FGR_NO_POSITION};
    enum fgr_err rc = fgr_source_open(&source, path, &why);
    if (rc == FGR_OK) {
        rc = fgr_overlay_file_read(builder, source, &why);
        fgr_source_close(source);
    }
    return rc == FGR_OK ? FGR_OK
                        : fgr_fail_at(err, rc, why.record, why.offset, "%s: %s",
                                      fgr_path_shown(path), why.text);
}

enum fgr_err fgr_overlay_file_load(struct fgr_overlay_builder *builder, const char *const *paths,
                                   size_t n_paths, struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (size_t i = 0; i < n_paths && rc == FGR_OK; i++) {
        rc = read_path(builder, paths[i], err);
    }
    return rc;
}
