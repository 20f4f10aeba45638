/* SPDX-License-Identifier: MIT */
/*
 * What the records of a gossip_store mean for a network.
 *
 * The end of the file. A record that is not completed ends the file for now, and so does a
 * channel_announcement whose channel_amount is not there yet; both are counted as trailing bytes.
 * That is what CLN's gossmap does. A record that is completed, or of a version without that flag,
 * and is cut all the same, was truncated later: an error.
 *
 * What CLN drops when it upgrades an old store is counted as deleted here: zombies (to version 13)
 * and updates without htlc_maximum_msat (to version 10).
 */
#include "graph/import/gossip_store.h"

#include <string.h>

#include "graph/import/parse.h"
#include "graph/import/records.h"
#include "graph/translate.h"
#include "graph/util/error.h"
#include "graph/wire.h"

enum { VERSION_LAST_WITHOUT_HTLC_MAX = 10, UPDATE_WITHOUT_HTLC_MAX_BYTES = 130 };

struct reader {
    struct fgr_builder *builder;
    struct fgr_import_report *report;
    struct fgr_error *err;
    struct fgr_records records;
    size_t used_bytes; /* of the source, by the record being read */
    bool is_over;
    bool has_chain;
    uint8_t chain_hash[FGR_CHAIN_HASH_BYTES];
};

static enum fgr_err bad(struct reader *reader, const struct fgr_frame *frame, const char *reason)
{
    return fgr_fail_place(reader->err, frame->place, reason);
}

/* Ends the reading; what is left is counted. */
static enum fgr_err stop_here(struct reader *reader)
{
    const uint8_t *bytes;
    size_t n_bytes;
    reader->is_over = true;
    reader->used_bytes = 0;
    do {
        enum fgr_err code =
            fgr_source_fill(reader->records.source, &bytes, &n_bytes, 1, reader->err);
        if (code != FGR_OK) {
            return code;
        }
        reader->report->trailing_bytes += n_bytes;
        fgr_source_skip(reader->records.source, n_bytes);
    } while (n_bytes > 0);
    return FGR_OK;
}

static enum fgr_err check_chain(struct reader *reader, const struct fgr_frame *frame,
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

static enum fgr_err add_channel(struct reader *reader, const struct fgr_frame *frame,
                                uint64_t capacity_sat)
{
    struct fgr_channel_announcement announcement;
    if (!fgr_wire_channel_announcement(&announcement, frame->record.message,
                                       frame->record.n_message)) {
        return bad(reader, frame, "channel_announcement is too short for its fields");
    }
    if (memcmp(announcement.node_id[0], announcement.node_id[1], FGR_NODE_ID_BYTES) > 0) {
        return bad(reader, frame, "channel_announcement: node_id_1 is not the lesser of the two");
    }
    struct fgr_channel_record record = fgr_translate_channel(&announcement, capacity_sat);
    record.dying = (frame->record.flags & FGR_RECORD_DYING) != 0;
    enum fgr_err code = check_chain(reader, frame, announcement.chain_hash);
    return code != FGR_OK
               ? code
               : fgr_builder_channel(reader->builder, &record, frame->place, reader->err);
}

/* The announcement and the amount after it, which are one. */
static enum fgr_err read_channel(struct reader *reader, struct fgr_frame *frame)
{
    struct fgr_frame amount;
    enum fgr_err code =
        fgr_records_at(&reader->records, &amount, fgr_frame_end(frame), reader->err);
    if (code != FGR_OK) {
        return code;
    }
    if (amount.is_missing) {
        reader->records.n_records--;
        return stop_here(reader);
    }
    if (amount.type != FGR_RECORD_CHANNEL_AMOUNT || amount.record.n_message < 2 + 8) {
        return bad(reader, frame, "channel_announcement is not followed by its channel_amount");
    }
    uint64_t capacity_sat = fgr_load_be64(amount.record.message + 2);
    reader->used_bytes = fgr_frame_end(&amount);
    code = fgr_records_again(&reader->records, frame, reader->err);
    return code != FGR_OK ? code : add_channel(reader, frame, capacity_sat);
}

static enum fgr_err read_update(struct reader *reader, const struct fgr_frame *frame)
{
    struct fgr_channel_update update;
    if (reader->records.version <= VERSION_LAST_WITHOUT_HTLC_MAX &&
        frame->record.n_message == UPDATE_WITHOUT_HTLC_MAX_BYTES) {
        reader->report->deleted++;
        return FGR_OK;
    }
    if (!fgr_wire_channel_update(&update, frame->record.message, frame->record.n_message)) {
        return bad(reader, frame, "channel_update is too short for its fields");
    }
    enum fgr_err code = check_chain(reader, frame, update.chain_hash);
    if (code != FGR_OK) {
        return code;
    }
    struct fgr_policy_record record = fgr_translate_update(&update);
    return fgr_builder_policy(reader->builder, &record, frame->place, reader->err);
}

static enum fgr_err read_node(struct reader *reader, const struct fgr_frame *frame)
{
    struct fgr_node_announcement node;
    if (!fgr_wire_node_announcement(&node, frame->record.message, frame->record.n_message)) {
        return bad(reader, frame, "node_announcement is too short for its fields");
    }
    struct fgr_node_record record = fgr_translate_node(&node);
    return fgr_builder_node(reader->builder, &record, frame->place, reader->err);
}

/* CLN's own messages about a channel: type, scid, more. */
static enum fgr_err read_scid(struct reader *reader, const struct fgr_frame *frame)
{
    if (frame->record.n_message < 2 + 8) {
        return bad(reader, frame, "the message is too short for its short channel id");
    }
    uint64_t scid = fgr_load_be64(frame->record.message + 2);
    if (frame->type == FGR_RECORD_DELETE_CHAN) {
        fgr_builder_delete_channel(reader->builder, scid);
    } else {
        fgr_builder_dying_channel(reader->builder, scid);
    }
    return FGR_OK;
}

static enum fgr_err read_message(struct reader *reader, struct fgr_frame *frame)
{
    switch (frame->type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        return read_channel(reader, frame);
    case FGR_WIRE_CHANNEL_UPDATE:
        return read_update(reader, frame);
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        return read_node(reader, frame);
    case FGR_RECORD_DELETE_CHAN:
    case FGR_RECORD_CHAN_DYING:
        return read_scid(reader, frame);
    case FGR_RECORD_PRIVATE_CHANNEL:
        reader->report->private_channels++;
        return FGR_OK;
    case FGR_RECORD_ENDED:
        reader->is_over = true;
        return FGR_OK;
    case FGR_RECORD_CHANNEL_AMOUNT: /* of an announcement flagged deleted */
    case FGR_RECORD_PRIVATE_UPDATE:
    case FGR_RECORD_UUID:
        return FGR_OK;
    default:
        reader->report->unknown_records++;
        return FGR_OK;
    }
}

static enum fgr_err read_record(struct reader *reader)
{
    struct fgr_frame frame;
    enum fgr_err code = fgr_records_at(&reader->records, &frame, 0, reader->err);
    if (code != FGR_OK) {
        return code;
    }
    if (frame.is_missing) {
        return stop_here(reader);
    }
    reader->used_bytes = fgr_frame_end(&frame);
    if (fgr_record_is_deleted(&frame.record, reader->records.version)) {
        reader->report->deleted++;
    } else {
        code = read_message(reader, &frame);
    }
    if (code == FGR_OK) {
        fgr_source_skip(reader->records.source, reader->used_bytes);
    }
    return code;
}

enum fgr_err fgr_gossip_store_read(struct fgr_builder *builder, struct fgr_source *source,
                                   struct fgr_import_report *report, struct fgr_error *err)
{
    struct reader reader = {.builder = builder, .report = report, .err = err};
    enum fgr_err code = fgr_records_begin(&reader.records, source, err);
    while (code == FGR_OK && !reader.is_over) {
        report->format_version = reader.records.version;
        code = read_record(&reader);
        report->records = reader.records.n_records;
    }
    return code;
}
