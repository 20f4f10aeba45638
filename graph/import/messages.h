/* SPDX-License-Identifier: MIT */
/*
 * messages.h - the gossip messages of a file, as their nodes signed them, one after the other.
 *
 * Place in the flow: source -> messages -> verify.
 *
 * Two formats keep whole messages: Core Lightning's gossip_store, and the files of the
 * lnresearch/topology project ("GSP": a magic, then each message behind its length). The others are
 * no source of messages: they have no signatures.
 *
 * Threads: one thread.
 * Memory: none of its own; a message is borrowed until the next call.
 * Source: CLN, see graph/record.h; lnresearch/topology, lntopo/common.py (the length is a BigSize).
 */
#ifndef FGR_IMPORT_MESSAGES_H
#define FGR_IMPORT_MESSAGES_H

#include "graph/import/records.h"

enum fgr_messages_format { FGR_MESSAGES_GOSSIP_STORE, FGR_MESSAGES_GSP };

/* "gossip_store", "gsp" */
const char *fgr_messages_format_str(enum fgr_messages_format format);

struct fgr_messages {
    enum fgr_messages_format format;
    uint64_t n_deleted; /* records flagged deleted, passed over */
    uint64_t n_others;  /* records of CLN's own, passed over */
    bool is_unfinished; /* the last record was still being written: not read */

    /* private */
    struct fgr_records records; /* of a GSP: source and number only */
    size_t used_bytes;
    bool is_over;
};

#define FGR_RAW_SAT_UNKNOWN UINT64_MAX

struct fgr_raw_message {
    const uint8_t *bytes; /* NULL: there are no more */
    size_t n_bytes;
    uint64_t capacity_sat; /* of a channel_announcement in a gossip_store, if it is there */
    struct fgr_place place;
};

/* `source` is borrowed. Errors: FORMAT (not one of the two), those of the source. */
enum fgr_err fgr_messages_begin(struct fgr_messages *out_messages, struct fgr_source *source,
                                struct fgr_error *err);

/* The next message, of any type in a GSP and of the three that are signed in a gossip_store.
 * Errors: FORMAT (cut, wrong checksum, a length that no message has), those of the source. */
enum fgr_err fgr_messages_next(struct fgr_messages *messages, struct fgr_raw_message *out_message,
                               struct fgr_error *err);

#endif
