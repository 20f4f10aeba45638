/* SPDX-License-Identifier: MIT */
/*
 * A gossip_store is a version byte and then records: 12 bytes of header (flags, length, checksum,
 * timestamp, big-endian) and a message, which is a BOLT 7 message or one of CLN's own.
 *
 * The end of the file. lightningd appends while others read: it writes header and message, then
 * sets the completed flag (version 15 on). A record without the flag therefore ends the file for
 * now, and so does a channel_announcement whose channel_amount is not there yet; both are counted
 * as trailing bytes. That is what CLN's gossmap does. A record that has the flag, or is of an older
 * version, and is cut all the same, was truncated later: an error.
 *
 * What CLN drops when it upgrades an old store is counted as deleted here: zombies (to version 13)
 * and updates without htlc_maximum_msat (to version 10).
 */
#include "graph/import/gossip_store.h"

#include <string.h>

#include "graph/import/parse.h"
#include "graph/util/crc32c.h"
#include "graph/util/error.h"
#include "graph/wire.h"

enum {
    HEADER_BYTES = 12,
    VERSION_OLDEST = 9,
    VERSION_WITH_COMPLETED = 15,
    VERSION_LAST_WITH_ZOMBIES = 13,
    VERSION_LAST_WITHOUT_HTLC_MAX = 10,
    UPDATE_WITHOUT_HTLC_MAX_BYTES = 130
};

enum { FLAG_DELETED = 0x8000, FLAG_COMPLETED = 0x2000, FLAG_ZOMBIE = 0x1000, FLAG_DYING = 0x0800 };

enum {
    TYPE_CHANNEL_AMOUNT = 4101,
    TYPE_PRIVATE_UPDATE = 4102,
    TYPE_DELETE_CHAN = 4103,
    TYPE_PRIVATE_CHANNEL = 4104,
    TYPE_ENDED = 4105,
    TYPE_CHAN_DYING = 4106,
    TYPE_UUID = 4107
};

struct reader {
    struct fgr_builder *builder;
    struct fgr_source *source;
    struct fgr_import_report *report;
    struct fgr_error *err;
    const uint8_t *window;
    size_t window_bytes;
    size_t used_bytes; /* of the window, by the record being read */
    unsigned version;
    bool is_over;
    bool has_chain;
    uint8_t chain_hash[FGR_CHAIN_HASH_BYTES];
    struct fgr_crc32c_table crc_table;
};

/* A record in the window. */
struct frame {
    struct fgr_place place;
    size_t at; /* of the header, from the start of the window */
    unsigned flags;
    unsigned type;
    size_t n_message;
    bool is_missing; /* nothing there, or not completed yet */
};

bool fgr_gossip_store_detect(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes < 1 + HEADER_BYTES + 2) {
        return false;
    }
    unsigned type = fgr_wire_type(bytes + 1 + HEADER_BYTES, 2);
    return (type >= FGR_WIRE_CHANNEL_ANNOUNCEMENT && type <= FGR_WIRE_CHANNEL_UPDATE) ||
           (type >= TYPE_CHANNEL_AMOUNT && type <= TYPE_UUID);
}

static const uint8_t *message_of(const struct reader *reader, const struct frame *frame)
{
    return reader->window + frame->at + HEADER_BYTES;
}

static size_t end_of(const struct frame *frame)
{
    return frame->at + HEADER_BYTES + frame->n_message;
}

static enum fgr_err bad(struct reader *reader, const struct frame *frame, const char *reason)
{
    return fgr_fail_place(reader->err, frame->place, reason);
}

static enum fgr_err fill(struct reader *reader, size_t want)
{
    return fgr_source_fill(reader->source, &reader->window, &reader->window_bytes, want,
                           reader->err);
}

static enum fgr_err check_message(struct reader *reader, struct frame *frame)
{
    const uint8_t *header = reader->window + frame->at;
    const uint8_t *message = message_of(reader, frame);
    if (frame->n_message < 2) {
        return bad(reader, frame, "the message is shorter than its type");
    }
    uint32_t crc =
        fgr_crc32c(&reader->crc_table, fgr_load_be32(header + 8), message, frame->n_message);
    if (crc != fgr_load_be32(header + 4)) {
        return fgr_fail_at(
            reader->err, FGR_ERR_FORMAT, frame->place.record, frame->place.offset,
            "record %llu at byte %llu: checksum %08x, but the message has %08x: damaged",
            (unsigned long long)frame->place.record, (unsigned long long)frame->place.offset,
            fgr_load_be32(header + 4), crc);
    }
    frame->type = fgr_wire_type(message, frame->n_message);
    return FGR_OK;
}

/* Finds the record that begins `at` bytes into the window, checked unless it is flagged deleted.
 * May move the window. */
static enum fgr_err frame_at(struct reader *reader, struct frame *out, size_t at)
{
    *out = (struct frame){
        .at = at, .place = {reader->report->records, fgr_source_offset(reader->source) + at}};
    enum fgr_err code = fill(reader, at + HEADER_BYTES);
    if (code != FGR_OK) {
        return code;
    }
    const uint8_t *header = reader->window + at;
    out->is_missing = reader->window_bytes == at || (reader->version >= VERSION_WITH_COMPLETED &&
                                                     (header[0] & (FLAG_COMPLETED >> 8)) == 0);
    if (out->is_missing) {
        return FGR_OK;
    }
    if (reader->window_bytes < at + HEADER_BYTES) {
        return bad(reader, out, "the file is cut inside the record's header");
    }
    out->flags = fgr_load_be16(header);
    out->n_message = fgr_load_be16(header + 2);
    code = fill(reader, end_of(out));
    if (code != FGR_OK) {
        return code;
    }
    if (reader->window_bytes < end_of(out)) {
        return bad(reader, out, "the file is cut inside the record");
    }
    reader->report->records++;
    return (out->flags & FLAG_DELETED) != 0 ? FGR_OK : check_message(reader, out);
}

/* Ends the reading; what is left is counted. */
static enum fgr_err stop_here(struct reader *reader)
{
    reader->is_over = true;
    reader->used_bytes = 0;
    do {
        enum fgr_err code = fill(reader, 1);
        if (code != FGR_OK) {
            return code;
        }
        reader->report->trailing_bytes += reader->window_bytes;
        fgr_source_skip(reader->source, reader->window_bytes);
    } while (reader->window_bytes > 0);
    return FGR_OK;
}

static enum fgr_err check_chain(struct reader *reader, const struct frame *frame,
                                const uint8_t *chain_hash)
{
    if (!reader->has_chain) {
        memcpy(reader->chain_hash, chain_hash, sizeof reader->chain_hash);
        reader->has_chain = true;
    }
    return memcmp(reader->chain_hash, chain_hash, sizeof reader->chain_hash) == 0
               ? FGR_OK
               : bad(reader, frame, "chain_hash differs from the records before: two networks");
}

/* The announcement and the amount after it, which are one. */
static enum fgr_err read_channel(struct reader *reader, const struct frame *frame)
{
    struct frame amount;
    enum fgr_err code = frame_at(reader, &amount, end_of(frame));
    if (code != FGR_OK) {
        return code;
    }
    if (amount.is_missing) {
        reader->report->records--;
        return stop_here(reader);
    }
    if (amount.type != TYPE_CHANNEL_AMOUNT || amount.n_message < 2 + 8) {
        return bad(reader, frame, "channel_announcement is not followed by its channel_amount");
    }
    struct fgr_channel_announcement announcement;
    if (!fgr_wire_channel_announcement(&announcement, message_of(reader, frame),
                                       frame->n_message)) {
        return bad(reader, frame, "channel_announcement is too short for its fields");
    }
    if (memcmp(announcement.node_id[0], announcement.node_id[1], FGR_NODE_ID_BYTES) > 0) {
        return bad(reader, frame, "channel_announcement: node_id_1 is not the lesser of the two");
    }
    struct fgr_channel_record record = {
        .scid = announcement.scid,
        .capacity_sat = fgr_load_be64(message_of(reader, &amount) + 2),
        .features = {announcement.features, announcement.features_len},
        .dying = (frame->flags & FLAG_DYING) != 0,
    };
    memcpy(record.node_id[0], announcement.node_id[0], FGR_NODE_ID_BYTES);
    memcpy(record.node_id[1], announcement.node_id[1], FGR_NODE_ID_BYTES);
    reader->used_bytes = end_of(&amount);
    code = check_chain(reader, frame, announcement.chain_hash);
    return code != FGR_OK
               ? code
               : fgr_builder_channel(reader->builder, &record, frame->place, reader->err);
}

static enum fgr_err read_update(struct reader *reader, const struct frame *frame)
{
    struct fgr_channel_update update;
    if (reader->version <= VERSION_LAST_WITHOUT_HTLC_MAX &&
        frame->n_message == UPDATE_WITHOUT_HTLC_MAX_BYTES) {
        reader->report->deleted++;
        return FGR_OK;
    }
    if (!fgr_wire_channel_update(&update, message_of(reader, frame), frame->n_message)) {
        return bad(reader, frame, "channel_update is too short for its fields");
    }
    enum fgr_err code = check_chain(reader, frame, update.chain_hash);
    if (code != FGR_OK) {
        return code;
    }
    struct fgr_policy_record record = {
        .scid = update.scid,
        .direction = update.direction,
        .htlc_min_msat = update.htlc_min_msat,
        .htlc_max_msat = update.htlc_max_msat,
        .base_msat = update.base_msat,
        .ppm = update.ppm,
        .inbound_base_msat = update.inbound_base_msat,
        .inbound_ppm = update.inbound_ppm,
        .timestamp = update.timestamp,
        .cltv_delta = update.cltv_delta,
        .disabled = update.disabled,
    };
    return fgr_builder_policy(reader->builder, &record, frame->place, reader->err);
}

static enum fgr_err read_node(struct reader *reader, const struct frame *frame)
{
    struct fgr_node_announcement node;
    if (!fgr_wire_node_announcement(&node, message_of(reader, frame), frame->n_message)) {
        return bad(reader, frame, "node_announcement is too short for its fields");
    }
    struct fgr_node_record record = {
        .timestamp = node.timestamp,
        .alias = {node.alias, FGR_ALIAS_BYTES_MAX},
        .features = {node.features, node.features_len},
    };
    memcpy(record.id, node.node_id, FGR_NODE_ID_BYTES);
    return fgr_builder_node(reader->builder, &record, frame->place, reader->err);
}

/* CLN's own messages about a channel: type, scid, more. */
static enum fgr_err read_scid(struct reader *reader, const struct frame *frame)
{
    if (frame->n_message < 2 + 8) {
        return bad(reader, frame, "the message is too short for its short channel id");
    }
    uint64_t scid = fgr_load_be64(message_of(reader, frame) + 2);
    if (frame->type == TYPE_DELETE_CHAN) {
        fgr_builder_delete_channel(reader->builder, scid);
    } else {
        fgr_builder_dying_channel(reader->builder, scid);
    }
    return FGR_OK;
}

static enum fgr_err read_message(struct reader *reader, const struct frame *frame)
{
    switch (frame->type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        return read_channel(reader, frame);
    case FGR_WIRE_CHANNEL_UPDATE:
        return read_update(reader, frame);
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        return read_node(reader, frame);
    case TYPE_DELETE_CHAN:
    case TYPE_CHAN_DYING:
        return read_scid(reader, frame);
    case TYPE_PRIVATE_CHANNEL:
        reader->report->private_channels++;
        return FGR_OK;
    case TYPE_ENDED: /* the store goes on in a new file */
        reader->is_over = true;
        return FGR_OK;
    case TYPE_CHANNEL_AMOUNT: /* of an announcement flagged deleted */
    case TYPE_PRIVATE_UPDATE:
    case TYPE_UUID:
        return FGR_OK;
    default:
        reader->report->unknown_records++;
        return FGR_OK;
    }
}

static enum fgr_err read_record(struct reader *reader)
{
    struct frame frame;
    enum fgr_err code = frame_at(reader, &frame, 0);
    if (code != FGR_OK) {
        return code;
    }
    if (frame.is_missing) {
        return stop_here(reader);
    }
    reader->used_bytes = end_of(&frame);
    bool is_zombie =
        reader->version <= VERSION_LAST_WITH_ZOMBIES && (frame.flags & FLAG_ZOMBIE) != 0;
    if ((frame.flags & FLAG_DELETED) != 0 || is_zombie) {
        reader->report->deleted++;
    } else {
        code = read_message(reader, &frame);
    }
    if (code == FGR_OK) {
        fgr_source_skip(reader->source, reader->used_bytes);
    }
    return code;
}

static enum fgr_err read_version(struct reader *reader)
{
    enum fgr_err code = fill(reader, 1);
    if (code != FGR_OK) {
        return code;
    }
    unsigned major = reader->window[0] >> 5;
    reader->version = reader->window[0] & 0x1f;
    if (major != 0 || reader->version < VERSION_OLDEST) {
        return fgr_fail_at(reader->err, FGR_ERR_FORMAT, 0, 0,
                           "version byte 0x%02x: major %u, minor %u; major 0 from minor %d on is "
                           "readable (lightningd upgrades an older store when it starts)",
                           reader->window[0], major, reader->version, VERSION_OLDEST);
    }
    reader->report->format_version = reader->version;
    fgr_source_skip(reader->source, 1);
    return FGR_OK;
}

enum fgr_err fgr_gossip_store_read(struct fgr_builder *builder, struct fgr_source *source,
                                   struct fgr_import_report *report, struct fgr_error *err)
{
    struct reader reader = {.builder = builder, .source = source, .report = report, .err = err};
    fgr_crc32c_init(&reader.crc_table);
    enum fgr_err code = read_version(&reader);
    while (code == FGR_OK && !reader.is_over) {
        code = read_record(&reader);
    }
    return code;
}
