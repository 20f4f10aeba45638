/* SPDX-License-Identifier: MIT */
/*
 * records.h - the records of a gossip_store in a source, one after the other, checked.
 *
 * Place in the flow: source -> records -> import/gossip_store (to an image), messages (to verify).
 *
 * Threads: one thread.
 * Memory: none of its own; what a frame points to is borrowed until the next call.
 */
#ifndef FGR_IMPORT_RECORDS_H
#define FGR_IMPORT_RECORDS_H

#include "graph/builder.h"
#include "graph/import/source.h"
#include "graph/record.h"
#include "graph/util/crc32c.h"

struct fgr_records {
    struct fgr_source *source;
    uint64_t n_records; /* whole ones seen */
    unsigned version;
    struct fgr_crc32c_table crc_table;
};

struct fgr_frame {
    struct fgr_place place;
    struct fgr_record record;
    size_t at;       /* of the header, from the start of the window */
    unsigned type;   /* of the message; 0 where it is deleted */
    bool is_missing; /* nothing there, or not completed yet: the store ends here for now */
};

/* True if the first bytes of a file look like a gossip_store of any version. */
bool fgr_records_detect(const uint8_t *bytes, size_t n_bytes);

/* Reads the version byte. `source` is borrowed. Errors: FORMAT, those of the source. */
enum fgr_err fgr_records_begin(struct fgr_records *out_records, struct fgr_source *source,
                               struct fgr_error *err);

/* The record that begins `at` bytes from where the source is, which does not move: 0 for the next
 * one, fgr_frame_end of a frame for the one behind it. That may take the window elsewhere: frames
 * of before are moved by fgr_records_again. Errors: FORMAT (cut, or the checksum is wrong; those
 * flagged deleted have none that counts), those of the source. */
enum fgr_err fgr_records_at(struct fgr_records *records, struct fgr_frame *out_frame, size_t at,
                            struct fgr_error *err);

/* A frame of before, where its bytes are now. */
enum fgr_err fgr_records_again(struct fgr_records *records, struct fgr_frame *io_frame,
                               struct fgr_error *err);

static inline size_t fgr_frame_end(const struct fgr_frame *frame)
{
    return frame->at + FGR_RECORD_HEADER_BYTES + frame->record.n_message;
}

#endif
