/* SPDX-License-Identifier: MIT */
/*
 * One object with two lists, "nodes" and "edges", in either order. A small automaton follows the
 * JSON events: `level` says which object we are in, `field` which member its next value is for.
 * What the automaton does not know is stepped over, whatever its shape. Only the record being read
 * is in memory.
 *
 * The JSON is a protobuf message: 64-bit numbers come as strings (plain numbers are taken too), an
 * absent or null member is its default, 0. Members come in any order, so a record is handed on at
 * its end. node1_policy is what node1 asks for sending towards node2.
 *
 * Aliases: JSON cannot carry bytes that are not UTF-8, LND writes U+FFFD (3 bytes) for each of
 * them. An alias that outgrows its 32 bytes that way is cut after a whole character.
 */
#include "graph/import/describegraph.h"

#include <stdio.h>
#include <string.h>

#include "graph/import/parse.h"
#include "graph/util/error.h"
#include "graph/util/json.h"

/* Feature bits are 16-bit numbers in LND. */
enum { FEATURE_BIT_MAX = 65535, FEATURE_BYTES_MAX = (FEATURE_BIT_MAX + 1) / 8 };

enum level {
    LEVEL_START,
    LEVEL_GRAPH,
    LEVEL_NODES, /* in the list, between its elements */
    LEVEL_EDGES,
    LEVEL_NODE,
    LEVEL_FEATURES,
    LEVEL_EDGE,
    LEVEL_POLICY,
    LEVEL_END
};

enum field {
    FIELD_NONE,
    FIELD_PUB_KEY,
    FIELD_NODE1_PUB,
    FIELD_NODE2_PUB,
    FIELD_LAST_ID = FIELD_NODE2_PUB,
    FIELD_NODES,
    FIELD_EDGES,
    FIELD_ALIAS,
    FIELD_NODE_LAST_UPDATE,
    FIELD_FEATURES,
    FIELD_CHANNEL_ID,
    FIELD_CAPACITY,
    FIELD_NODE1_POLICY,
    FIELD_NODE2_POLICY,
    FIELD_TIME_LOCK_DELTA,
    FIELD_POLICY_FIRST = FIELD_TIME_LOCK_DELTA, /* members of a policy from here on */
    FIELD_MIN_HTLC,
    FIELD_MAX_HTLC,
    FIELD_FEE_BASE,
    FIELD_FEE_RATE,
    FIELD_DISABLED,
    FIELD_POLICY_LAST_UPDATE,
    FIELD_INBOUND_FEE_BASE,
    FIELD_INBOUND_FEE_RATE,
    FIELD_COUNT
};

enum kind { KIND_LIST, KIND_OBJECT, KIND_NODE_ID, KIND_ALIAS, KIND_NUMBER, KIND_SIGNED, KIND_BOOL };

/* What we read: where it stands, its name, its shape, and the largest number. */
static const struct member {
    enum level level;
    enum kind kind;
    const char *name;
    uint64_t max;
} members[FIELD_COUNT] = {
    [FIELD_NONE] = {LEVEL_END, KIND_LIST, "", 0},
    [FIELD_PUB_KEY] = {LEVEL_NODE, KIND_NODE_ID, "pub_key", 0},
    [FIELD_NODE1_PUB] = {LEVEL_EDGE, KIND_NODE_ID, "node1_pub", 0},
    [FIELD_NODE2_PUB] = {LEVEL_EDGE, KIND_NODE_ID, "node2_pub", 0},
    [FIELD_NODES] = {LEVEL_GRAPH, KIND_LIST, "nodes", 0},
    [FIELD_EDGES] = {LEVEL_GRAPH, KIND_LIST, "edges", 0},
    [FIELD_ALIAS] = {LEVEL_NODE, KIND_ALIAS, "alias", 0},
    [FIELD_NODE_LAST_UPDATE] = {LEVEL_NODE, KIND_NUMBER, "last_update", UINT32_MAX},
    [FIELD_FEATURES] = {LEVEL_NODE, KIND_OBJECT, "features", 0},
    [FIELD_CHANNEL_ID] = {LEVEL_EDGE, KIND_NUMBER, "channel_id", UINT64_MAX},
    [FIELD_CAPACITY] = {LEVEL_EDGE, KIND_NUMBER, "capacity", UINT64_MAX},
    [FIELD_NODE1_POLICY] = {LEVEL_EDGE, KIND_OBJECT, "node1_policy", 0},
    [FIELD_NODE2_POLICY] = {LEVEL_EDGE, KIND_OBJECT, "node2_policy", 0},
    [FIELD_TIME_LOCK_DELTA] = {LEVEL_POLICY, KIND_NUMBER, "time_lock_delta", UINT16_MAX},
    [FIELD_MIN_HTLC] = {LEVEL_POLICY, KIND_NUMBER, "min_htlc", UINT64_MAX},
    [FIELD_MAX_HTLC] = {LEVEL_POLICY, KIND_NUMBER, "max_htlc_msat", UINT64_MAX},
    [FIELD_FEE_BASE] = {LEVEL_POLICY, KIND_NUMBER, "fee_base_msat", UINT32_MAX},
    [FIELD_FEE_RATE] = {LEVEL_POLICY, KIND_NUMBER, "fee_rate_milli_msat", UINT32_MAX},
    [FIELD_DISABLED] = {LEVEL_POLICY, KIND_BOOL, "disabled", 0},
    [FIELD_POLICY_LAST_UPDATE] = {LEVEL_POLICY, KIND_NUMBER, "last_update", UINT32_MAX},
    [FIELD_INBOUND_FEE_BASE] = {LEVEL_POLICY, KIND_SIGNED, "inbound_fee_base_msat", 0},
    [FIELD_INBOUND_FEE_RATE] = {LEVEL_POLICY, KIND_SIGNED, "inbound_fee_rate_milli_msat", 0},
};

struct reader {
    struct fgr_builder *builder;
    struct fgr_import_report *report;
    struct fgr_error *err;
    struct fgr_json_reader *json;
    enum level level;
    enum field field;    /* what the next value is for */
    unsigned skip_depth; /* > 0: inside a value nobody asked for */
    bool has_edges;

    /* The record being read; all zero at its begin. */
    struct fgr_place place;
    uint8_t id[FIELD_LAST_ID + 1][FGR_NODE_ID_BYTES];
    uint64_t number[FIELD_COUNT];
    int32_t inbound[FIELD_COUNT];
    struct fgr_policy_record policy[2]; /* as node1_policy, node2_policy */
    bool has_policy[2];
    unsigned policy_of; /* the one being read */
    char alias[FGR_ALIAS_BYTES_MAX];
    uint32_t alias_len;
    size_t n_features;                   /* bytes in use below */
    uint8_t features[FEATURE_BYTES_MAX]; /* least byte first */
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool fgr_describegraph_detect(const uint8_t *bytes, size_t n_bytes)
{
    size_t i = 0;
    while (i < n_bytes && is_blank(bytes[i])) {
        i++;
    }
    return i < n_bytes && bytes[i] == '{';
}

static bool opens(enum fgr_json_event event)
{
    return event == FGR_JSON_OBJECT_BEGIN || event == FGR_JSON_ARRAY_BEGIN;
}

static bool closes(enum fgr_json_event event)
{
    return event == FGR_JSON_OBJECT_END || event == FGR_JSON_ARRAY_END;
}

/* ---- values -------------------------------------------------------------------------------- */

/* The token of a value as it stands in the file. */
static struct fgr_text token_text(enum fgr_json_event event, struct fgr_text text)
{
    switch (event) {
    case FGR_JSON_FALSE:
        return (struct fgr_text){"false", 5};
    case FGR_JSON_TRUE:
        return (struct fgr_text){"true", 4};
    case FGR_JSON_OBJECT_BEGIN:
        return (struct fgr_text){"{", 1};
    case FGR_JSON_ARRAY_BEGIN:
        return (struct fgr_text){"[", 1};
    case FGR_JSON_NUMBER:
    case FGR_JSON_STRING:
    case FGR_JSON_NULL: /* from here on no values that could be bad */
    case FGR_JSON_KEY:
    case FGR_JSON_OBJECT_END:
    case FGR_JSON_ARRAY_END:
        break;
    }
    return text;
}

static enum fgr_err bad_value(struct reader *reader, enum fgr_json_event event,
                              struct fgr_text text, const char *wanted)
{
    return fgr_fail_field(reader->err, reader->place, members[reader->field].name,
                          token_text(event, text), wanted);
}

static enum fgr_err read_number(struct reader *reader, enum fgr_json_event event,
                                struct fgr_text text)
{
    char wanted[64];
    uint64_t max = members[reader->field].max;
    if ((event == FGR_JSON_NUMBER || event == FGR_JSON_STRING) &&
        fgr_parse_u64(&reader->number[reader->field], text, max)) {
        return FGR_OK;
    }
    snprintf(wanted, sizeof wanted, "a whole number from 0 to %llu", (unsigned long long)max);
    return bad_value(reader, event, text, wanted);
}

static enum fgr_err read_signed(struct reader *reader, enum fgr_json_event event,
                                struct fgr_text text)
{
    bool is_good = (event == FGR_JSON_NUMBER || event == FGR_JSON_STRING) &&
                   fgr_parse_i32(&reader->inbound[reader->field], text);
    return is_good ? FGR_OK : bad_value(reader, event, text, "a whole number of 32 bits");
}

static enum fgr_err read_node_id(struct reader *reader, enum fgr_json_event event,
                                 struct fgr_text text)
{
    if (event != FGR_JSON_STRING) {
        return bad_value(reader, event, text, "a string");
    }
    return fgr_parse_node_id(reader->id[reader->field], text)
               ? FGR_OK
               : fgr_fail_node_id(reader->err, reader->place, members[reader->field].name, text);
}

static enum fgr_err read_alias(struct reader *reader, enum fgr_json_event event,
                               struct fgr_text text)
{
    if (event != FGR_JSON_STRING) {
        return bad_value(reader, event, text, "a string");
    }
    size_t n = text.n_bytes;
    if (n > sizeof reader->alias) {
        n = sizeof reader->alias;
        while (n > 0 && ((unsigned char)text.at[n] & 0xc0) == 0x80) {
            n--;
        }
    }
    memcpy(reader->alias, text.at, n);
    reader->alias_len = (uint32_t)n;
    return FGR_OK;
}

static enum fgr_err read_bool(struct reader *reader, enum fgr_json_event event,
                              struct fgr_text text)
{
    reader->number[reader->field] = event == FGR_JSON_TRUE;
    return event == FGR_JSON_TRUE || event == FGR_JSON_FALSE
               ? FGR_OK
               : bad_value(reader, event, text, "true or false");
}

static enum fgr_err enter_list(struct reader *reader, enum fgr_json_event event,
                               struct fgr_text text)
{
    if (event != FGR_JSON_ARRAY_BEGIN) {
        return bad_value(reader, event, text, "a list");
    }
    reader->level = reader->field == FIELD_NODES ? LEVEL_NODES : LEVEL_EDGES;
    reader->has_edges |= reader->field == FIELD_EDGES;
    return FGR_OK;
}

static enum fgr_err enter_object(struct reader *reader, enum fgr_json_event event,
                                 struct fgr_text text)
{
    if (event != FGR_JSON_OBJECT_BEGIN) {
        return bad_value(reader, event, text, "an object");
    }
    if (reader->field == FIELD_FEATURES) {
        reader->level = LEVEL_FEATURES;
        return FGR_OK;
    }
    reader->level = LEVEL_POLICY;
    reader->policy_of = reader->field - FIELD_NODE1_POLICY;
    memset(&reader->number[FIELD_POLICY_FIRST], 0,
           (FIELD_COUNT - FIELD_POLICY_FIRST) * sizeof reader->number[0]);
    memset(reader->inbound, 0, sizeof reader->inbound);
    return FGR_OK;
}

static enum fgr_err read_value(struct reader *reader, enum fgr_json_event event,
                               struct fgr_text text)
{
    switch (members[reader->field].kind) {
    case KIND_LIST:
        return enter_list(reader, event, text);
    case KIND_OBJECT:
        return enter_object(reader, event, text);
    case KIND_NODE_ID:
        return read_node_id(reader, event, text);
    case KIND_ALIAS:
        return read_alias(reader, event, text);
    case KIND_NUMBER:
        return read_number(reader, event, text);
    case KIND_SIGNED:
        return read_signed(reader, event, text);
    case KIND_BOOL:
        return read_bool(reader, event, text);
    }
    return FGR_OK;
}

/* ---- records ------------------------------------------------------------------------------- */

static void begin_record(struct reader *reader, enum level level)
{
    reader->place.record = reader->report->records++;
    reader->place.offset = fgr_json_reader_offset(reader->json) - 1;
    reader->level = level;
    memset(reader->id, 0, sizeof reader->id);
    memset(reader->number, 0, sizeof reader->number);
    reader->has_policy[0] = false;
    reader->has_policy[1] = false;
    reader->alias_len = 0;
    memset(reader->features, 0, reader->n_features);
    reader->n_features = 0;
}

static void end_policy(struct reader *reader)
{
    const uint64_t *number = reader->number;
    reader->policy[reader->policy_of] = (struct fgr_policy_record){
        .htlc_min_msat = number[FIELD_MIN_HTLC],
        .htlc_max_msat = number[FIELD_MAX_HTLC],
        .base_msat = (uint32_t)number[FIELD_FEE_BASE],
        .ppm = (uint32_t)number[FIELD_FEE_RATE],
        .inbound_base_msat = reader->inbound[FIELD_INBOUND_FEE_BASE],
        .inbound_ppm = reader->inbound[FIELD_INBOUND_FEE_RATE],
        .timestamp = (uint32_t)number[FIELD_POLICY_LAST_UPDATE],
        .cltv_delta = (uint16_t)number[FIELD_TIME_LOCK_DELTA],
        .disabled = number[FIELD_DISABLED] != 0,
        .max_is_capacity = number[FIELD_MAX_HTLC] == 0,
    };
    reader->has_policy[reader->policy_of] = true;
    reader->level = LEVEL_EDGE;
}

static enum fgr_err need(struct reader *reader, bool is_there, enum field field)
{
    char reason[64];
    snprintf(reason, sizeof reason, "%s is missing", members[field].name);
    return is_there ? FGR_OK : fgr_fail_place(reader->err, reader->place, reason);
}

static enum fgr_err end_node(struct reader *reader)
{
    enum fgr_err code = need(reader, reader->id[FIELD_PUB_KEY][0] != 0, FIELD_PUB_KEY);
    if (code != FGR_OK) {
        return code;
    }
    /* BOLT 9 counts bits from the end. */
    for (size_t i = 0; i < reader->n_features / 2; i++) {
        uint8_t low = reader->features[i];
        reader->features[i] = reader->features[reader->n_features - 1 - i];
        reader->features[reader->n_features - 1 - i] = low;
    }
    struct fgr_node_record record = {
        .timestamp = (uint32_t)reader->number[FIELD_NODE_LAST_UPDATE],
        .alias = {(const uint8_t *)reader->alias, reader->alias_len},
        .features = {reader->features, (uint32_t)reader->n_features},
    };
    memcpy(record.id, reader->id[FIELD_PUB_KEY], FGR_NODE_ID_BYTES);
    reader->level = LEVEL_NODES;
    return fgr_builder_node(reader->builder, &record, reader->place, reader->err);
}

static enum fgr_err end_edge(struct reader *reader)
{
    uint64_t scid = reader->number[FIELD_CHANNEL_ID];
    struct fgr_channel_record record = {
        .scid = scid,
        .capacity_sat = reader->number[FIELD_CAPACITY],
    };
    enum fgr_err code = need(reader, scid != 0, FIELD_CHANNEL_ID);
    for (unsigned i = 0; i < 2 && code == FGR_OK; i++) {
        memcpy(record.node_id[i], reader->id[FIELD_NODE1_PUB + i], FGR_NODE_ID_BYTES);
        code = need(reader, record.node_id[i][0] != 0, FIELD_NODE1_PUB + i);
    }
    if (code == FGR_OK) {
        code = fgr_builder_channel(reader->builder, &record, reader->place, reader->err);
    }
    unsigned direction_of_node1 =
        memcmp(record.node_id[0], record.node_id[1], FGR_NODE_ID_BYTES) > 0;
    for (unsigned i = 0; i < 2 && code == FGR_OK; i++) {
        reader->policy[i].scid = scid;
        reader->policy[i].direction = direction_of_node1 ^ i;
        if (reader->has_policy[i]) {
            code =
                fgr_builder_policy(reader->builder, &reader->policy[i], reader->place, reader->err);
        }
    }
    reader->level = LEVEL_EDGES;
    return code;
}

/* ---- events -------------------------------------------------------------------------------- */

static enum field find_member(enum level level, struct fgr_text name)
{
    for (unsigned i = FIELD_NONE + 1; i < FIELD_COUNT; i++) {
        if (members[i].level == level && strlen(members[i].name) == name.n_bytes &&
            memcmp(members[i].name, name.at, name.n_bytes) == 0) {
            return (enum field)i;
        }
    }
    return FIELD_NONE;
}

static void skip(struct reader *reader, enum fgr_json_event event)
{
    reader->skip_depth += opens(event);
    reader->skip_depth -= closes(event);
}

/* Between the elements of a list. */
static enum fgr_err on_element(struct reader *reader, enum fgr_json_event event)
{
    if (event == FGR_JSON_ARRAY_END) {
        reader->level = LEVEL_GRAPH;
        return FGR_OK;
    }
    begin_record(reader, reader->level == LEVEL_NODES ? LEVEL_NODE : LEVEL_EDGE);
    return event == FGR_JSON_OBJECT_BEGIN
               ? FGR_OK
               : fgr_fail_place(reader->err, reader->place, "not an object");
}

/* In the feature map: what a bit means is not our business, only that it is set. */
static enum fgr_err on_feature(struct reader *reader, enum fgr_json_event event,
                               struct fgr_text text)
{
    uint64_t bit;
    if (event == FGR_JSON_OBJECT_END) {
        reader->level = LEVEL_NODE;
        return FGR_OK;
    }
    if (event != FGR_JSON_KEY) {
        skip(reader, event);
        return FGR_OK;
    }
    if (!fgr_parse_u64(&bit, text, FEATURE_BIT_MAX)) {
        return fgr_fail_field(reader->err, reader->place, "a feature bit", text,
                              "a whole number of 16 bits");
    }
    reader->features[bit / 8] |= (uint8_t)(1U << (bit % 8));
    reader->n_features = bit / 8 + 1 > reader->n_features ? bit / 8 + 1 : reader->n_features;
    return FGR_OK;
}

static enum fgr_err end_object(struct reader *reader)
{
    if (reader->level == LEVEL_NODE) {
        return end_node(reader);
    }
    if (reader->level == LEVEL_EDGE) {
        return end_edge(reader);
    }
    if (reader->level == LEVEL_POLICY) {
        end_policy(reader);
    } else {
        reader->level = LEVEL_END;
    }
    return FGR_OK;
}

static enum fgr_err on_member(struct reader *reader, enum fgr_json_event event,
                              struct fgr_text text)
{
    if (event == FGR_JSON_KEY) {
        reader->field = find_member(reader->level, text);
        return FGR_OK;
    }
    if (event == FGR_JSON_OBJECT_END) {
        return end_object(reader);
    }
    if (reader->field == FIELD_NONE) {
        skip(reader, event);
        return FGR_OK;
    }
    return event == FGR_JSON_NULL ? FGR_OK : read_value(reader, event, text);
}

static enum fgr_err on_event(void *state, enum fgr_json_event event, const char *at, size_t n_bytes)
{
    struct reader *reader = state;
    struct fgr_text text = {at, n_bytes};
    if (reader->skip_depth > 0) {
        skip(reader, event);
        return FGR_OK;
    }
    switch (reader->level) {
    case LEVEL_START: /* detected by its brace */
        reader->level = LEVEL_GRAPH;
        return FGR_OK;
    case LEVEL_NODES:
    case LEVEL_EDGES:
        return on_element(reader, event);
    case LEVEL_FEATURES:
        return on_feature(reader, event, text);
    case LEVEL_GRAPH:
    case LEVEL_NODE:
    case LEVEL_EDGE:
    case LEVEL_POLICY:
        return on_member(reader, event, text);
    case LEVEL_END:
        break;
    }
    return FGR_OK;
}

/* ---- the file ------------------------------------------------------------------------------ */

/* The input ended inside a value: where we are says more than what JSON misses. */
static enum fgr_err fail_cut(struct reader *reader, uint64_t n_bytes)
{
    char reason[96];
    unsigned long long end = n_bytes;
    switch (reader->level) {
    case LEVEL_NODE:
    case LEVEL_FEATURES:
    case LEVEL_EDGE:
    case LEVEL_POLICY:
        snprintf(reason, sizeof reason, "the file is cut inside this %s, at byte %llu",
                 reader->level <= LEVEL_FEATURES ? "node" : "edge", end);
        return fgr_fail_place(reader->err, reader->place, reason);
    case LEVEL_NODES:
    case LEVEL_EDGES:
        return fgr_fail_at(reader->err, FGR_ERR_FORMAT, FGR_NO_POSITION, n_bytes,
                           "the file is cut at byte %llu, in the list of %s, after %llu records",
                           end, reader->level == LEVEL_NODES ? "nodes" : "edges",
                           (unsigned long long)reader->report->records);
    case LEVEL_START:
    case LEVEL_GRAPH:
    case LEVEL_END:
        break;
    }
    return fgr_fail_at(reader->err, FGR_ERR_FORMAT, FGR_NO_POSITION, n_bytes,
                       "the file is cut at byte %llu, outside of the lists of nodes and edges",
                       end);
}

static enum fgr_err read_all(struct reader *reader, struct fgr_source *source)
{
    const uint8_t *bytes;
    size_t n_bytes;
    do {
        enum fgr_err code = fgr_source_fill(source, &bytes, &n_bytes, 1, reader->err);
        if (code == FGR_OK && n_bytes > 0) {
            code = fgr_json_reader_feed(reader->json, bytes, n_bytes, reader->err);
            fgr_source_skip(source, n_bytes);
        }
        if (code != FGR_OK) {
            return code;
        }
    } while (n_bytes > 0);
    enum fgr_err code = fgr_json_reader_finish(reader->json, reader->err);
    if (code == FGR_ERR_FORMAT && reader->level != LEVEL_END) {
        return fail_cut(reader, fgr_source_offset(source));
    }
    if (code == FGR_OK && !reader->has_edges) {
        return fgr_fail(reader->err, FGR_ERR_FORMAT,
                        "the JSON object has no list \"edges\", so it is no describegraph");
    }
    return code;
}

enum fgr_err fgr_describegraph_read(struct fgr_builder *builder, struct fgr_source *source,
                                    struct fgr_import_report *report, struct fgr_error *err)
{
    struct reader reader = {.builder = builder, .report = report, .err = err};
    enum fgr_err code = fgr_json_reader_create(&reader.json, on_event, &reader, err);
    if (code == FGR_OK) {
        code = read_all(&reader, source);
        fgr_json_reader_destroy(reader.json);
    }
    return code;
}
