/* SPDX-License-Identifier: MIT */
#include "graph/import/records.h"

#include "graph/import/parse.h"
#include "graph/util/error.h"
#include "graph/wire.h"

bool fgr_records_detect(const uint8_t *bytes, size_t n_bytes)
{
    if (n_bytes < 1 + FGR_RECORD_HEADER_BYTES + FGR_WIRE_TYPE_BYTES) {
        return false;
    }
    unsigned type = fgr_wire_type(bytes + 1 + FGR_RECORD_HEADER_BYTES, FGR_WIRE_TYPE_BYTES);
    return (type >= FGR_WIRE_CHANNEL_ANNOUNCEMENT && type <= FGR_WIRE_CHANNEL_UPDATE) ||
           (type >= FGR_RECORD_CHANNEL_AMOUNT && type <= FGR_RECORD_UUID);
}

enum fgr_err fgr_records_begin(struct fgr_records *out_records, struct fgr_source *source,
                               struct fgr_error *err)
{
    const uint8_t *bytes;
    size_t n_bytes;
    *out_records = (struct fgr_records){.source = source};
    enum fgr_err code = fgr_source_fill(source, &bytes, &n_bytes, 1, err);
    if (code != FGR_OK) {
        return code;
    }
    if (n_bytes == 0) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, 0, 0, "the file is empty");
    }
    if (!fgr_record_version(&out_records->version, bytes[0])) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, 0, 0,
                           "version byte 0x%02x: major %u, minor %u; major 0 from minor %d on is "
                           "readable (lightningd upgrades an older store when it starts)",
                           bytes[0], bytes[0] >> 5, out_records->version,
                           FGR_RECORD_VERSION_OLDEST);
    }
    fgr_source_skip(source, 1);
    fgr_crc32c_init(&out_records->crc_table);
    return FGR_OK;
}

static enum fgr_err check_message(const struct fgr_records *records, struct fgr_frame *frame,
                                  struct fgr_error *err)
{
    const struct fgr_record *record = &frame->record;
    if (record->n_message < FGR_WIRE_TYPE_BYTES) {
        return fgr_fail_place(err, frame->place, "the message is shorter than its type");
    }
    uint32_t checksum = fgr_record_checksum(&records->crc_table, record);
    if (checksum != record->checksum) {
        return fgr_fail_at(
            err, FGR_ERR_FORMAT, frame->place.record, frame->place.offset,
            "record %llu at byte %llu: checksum %08x, but the message has %08x: damaged",
            (unsigned long long)frame->place.record, (unsigned long long)frame->place.offset,
            record->checksum, checksum);
    }
    frame->type = fgr_wire_type(record->message, record->n_message);
    return FGR_OK;
}

enum fgr_err fgr_records_again(struct fgr_records *records, struct fgr_frame *io_frame,
                               struct fgr_error *err)
{
    const uint8_t *bytes;
    size_t n_bytes;
    enum fgr_err code =
        fgr_source_fill(records->source, &bytes, &n_bytes, fgr_frame_end(io_frame), err);
    if (code != FGR_OK) {
        return code;
    }
    if (n_bytes < fgr_frame_end(io_frame)) {
        return fgr_fail_place(err, io_frame->place, "the file is cut inside the record");
    }
    fgr_record_header(&io_frame->record, bytes + io_frame->at);
    return FGR_OK;
}

enum fgr_err fgr_records_at(struct fgr_records *records, struct fgr_frame *out_frame, size_t at,
                            struct fgr_error *err)
{
    const uint8_t *bytes;
    size_t n_bytes;
    *out_frame = (struct fgr_frame){
        .at = at, .place = {records->n_records, fgr_source_offset(records->source) + at}};
    enum fgr_err code =
        fgr_source_fill(records->source, &bytes, &n_bytes, at + FGR_RECORD_HEADER_BYTES, err);
    if (code != FGR_OK) {
        return code;
    }
    out_frame->is_missing = n_bytes <= at || !fgr_record_is_completed(bytes[at], records->version);
    if (out_frame->is_missing) {
        return FGR_OK;
    }
    if (n_bytes < at + FGR_RECORD_HEADER_BYTES) {
        return fgr_fail_place(err, out_frame->place, "the file is cut inside the record's header");
    }
    fgr_record_header(&out_frame->record, bytes + at);
    code = fgr_records_again(records, out_frame, err);
    if (code != FGR_OK) {
        return code;
    }
    records->n_records++;
    return (out_frame->record.flags & FGR_RECORD_DELETED) != 0
               ? FGR_OK
               : check_message(records, out_frame, err);
}
