/* SPDX-License-Identifier: MIT */
#include "graph/import/messages.h"

#include <string.h>

#include "graph/import/parse.h"
#include "graph/util/error.h"
#include "graph/wire.h"

enum { GSP_BYTES = 4, BIGSIZE_BYTES_MAX = 9, DETECT_BYTES = 32 };

static const uint8_t gsp_magic[GSP_BYTES] = {'G', 'S', 'P', 1};

const char *fgr_messages_format_str(enum fgr_messages_format format)
{
    return format == FGR_MESSAGES_GSP ? "gsp" : "gossip_store";
}

enum fgr_err fgr_messages_begin(struct fgr_messages *out_messages, struct fgr_source *source,
                                struct fgr_error *err)
{
    const uint8_t *bytes;
    size_t n_bytes;
    *out_messages = (struct fgr_messages){.records = {.source = source}};
    enum fgr_err code = fgr_source_fill(source, &bytes, &n_bytes, DETECT_BYTES, err);
    if (code != FGR_OK) {
        return code;
    }
    if (n_bytes >= GSP_BYTES && memcmp(bytes, gsp_magic, GSP_BYTES) == 0) {
        out_messages->format = FGR_MESSAGES_GSP;
        fgr_source_skip(source, GSP_BYTES);
        return FGR_OK;
    }
    if (!fgr_records_detect(bytes, n_bytes)) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0,
                           "the content is neither a gossip_store nor a GSP file: no other format "
                           "has signatures");
    }
    out_messages->format = FGR_MESSAGES_GOSSIP_STORE;
    return fgr_records_begin(&out_messages->records, source, err);
}

/* The amount behind the announcement in `frame`, which stays where it is. */
static enum fgr_err take_amount(struct fgr_messages *messages, struct fgr_frame *frame,
                                struct fgr_raw_message *out_message, struct fgr_error *err)
{
    struct fgr_frame amount;
    enum fgr_err code = fgr_records_at(&messages->records, &amount, fgr_frame_end(frame), err);
    if (code == FGR_OK && amount.type == FGR_RECORD_CHANNEL_AMOUNT &&
        amount.record.n_message >= FGR_WIRE_TYPE_BYTES + sizeof(uint64_t)) {
        out_message->capacity_sat = fgr_load_be64(amount.record.message + FGR_WIRE_TYPE_BYTES);
        messages->used_bytes = fgr_frame_end(&amount);
        messages->n_others++;
    } else if (code == FGR_OK && !amount.is_missing) {
        messages->records.n_records--; /* it is read again */
    }
    return code == FGR_OK ? fgr_records_again(&messages->records, frame, err) : code;
}

/* Looks at the next record; *out_has_message says whether it is one to give. */
static enum fgr_err read_record(struct fgr_messages *messages, struct fgr_raw_message *out_message,
                                bool *out_has_message, struct fgr_error *err)
{
    struct fgr_frame frame;
    enum fgr_err code = fgr_records_at(&messages->records, &frame, 0, err);
    if (code != FGR_OK) {
        return code;
    }
    if (frame.is_missing) {
        const uint8_t *bytes;
        size_t n_bytes;
        messages->is_over = true;
        code = fgr_source_fill(messages->records.source, &bytes, &n_bytes, 1, err);
        messages->is_unfinished = code == FGR_OK && n_bytes > 0;
        return code;
    }
    messages->used_bytes = fgr_frame_end(&frame);
    if (fgr_record_is_deleted(&frame.record, messages->records.version)) {
        messages->n_deleted++;
    } else if (fgr_wire_n_signatures(frame.type) == 0) {
        messages->n_others++;
        messages->is_over = frame.type == FGR_RECORD_ENDED;
    } else {
        *out_has_message = true;
        if (frame.type == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
            code = take_amount(messages, &frame, out_message, err);
        }
        out_message->bytes = frame.record.message;
        out_message->n_bytes = frame.record.n_message;
        out_message->place = frame.place;
    }
    return code;
}

static enum fgr_err read_gsp(struct fgr_messages *messages, struct fgr_raw_message *out_message,
                             struct fgr_error *err)
{
    struct fgr_source *source = messages->records.source;
    struct fgr_place place = {messages->records.n_records, fgr_source_offset(source)};
    const uint8_t *bytes;
    size_t n_bytes;
    uint64_t length = 0;
    enum fgr_err code = fgr_source_fill(source, &bytes, &n_bytes, BIGSIZE_BYTES_MAX, err);
    if (code != FGR_OK) {
        return code;
    }
    messages->is_over = n_bytes == 0;
    if (messages->is_over) {
        return FGR_OK;
    }
    size_t n_length = fgr_wire_bigsize(&length, bytes, n_bytes);
    if (n_length == 0 || length > FGR_WIRE_BYTES_MAX) {
        return fgr_fail_place(err, place,
                              n_length == 0 ? "the file is cut inside a length, or it is not in "
                                              "its shortest form"
                                            : "no message is as long as it says");
    }
    code = fgr_source_fill(source, &bytes, &n_bytes, n_length + (size_t)length, err);
    if (code == FGR_OK && n_bytes < n_length + length) {
        code = fgr_fail_place(err, place, "the file is cut inside the message");
    }
    out_message->bytes = bytes + n_length;
    out_message->n_bytes = (size_t)length;
    out_message->place = place;
    messages->used_bytes = n_length + (size_t)length;
    messages->records.n_records++;
    return code;
}

enum fgr_err fgr_messages_next(struct fgr_messages *messages, struct fgr_raw_message *out_message,
                               struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    bool has_message = false;
    *out_message = (struct fgr_raw_message){.bytes = NULL, .capacity_sat = FGR_RAW_SAT_UNKNOWN};
    while (code == FGR_OK && !messages->is_over && !has_message) {
        fgr_source_skip(messages->records.source, messages->used_bytes);
        messages->used_bytes = 0;
        if (messages->format == FGR_MESSAGES_GSP) {
            code = read_gsp(messages, out_message, err);
            has_message = out_message->bytes != NULL;
        } else {
            code = read_record(messages, out_message, &has_message, err);
        }
    }
    return code;
}
