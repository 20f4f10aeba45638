/* SPDX-License-Identifier: MIT */
/*
 * record.h - the records of Core Lightning's gossip_store, decoded and encoded.
 *
 * Place in the flow: bytes of a gossip_store -> record -> message -> wire.
 *
 * A gossip_store is a version byte and then records: 12 bytes of header (flags, length, checksum,
 * timestamp, big-endian) and a message, which is a BOLT 7 message or one of CLN's own. lightningd
 * appends while others read: it writes header and message, then sets the completed flag (version
 * 15 on), so a record without the flag ends the store for now.
 *
 * Pure: no state, no allocation, nothing read past `n_bytes`.
 *
 * Threads: pure, any thread.
 * Memory: pointers in the structs borrow the input.
 * Source: CLN common/gossip_store.h, gossip_store_wire.csv.
 */
#ifndef FGR_GRAPH_RECORD_H
#define FGR_GRAPH_RECORD_H

#include "fulgurite/base.h"

struct fgr_crc32c_table;

enum { FGR_RECORD_HEADER_BYTES = 12, FGR_RECORD_VERSION_OLDEST = 9, FGR_RECORD_VERSION = 16 };

enum {
    FGR_RECORD_DELETED = 0x8000,
    FGR_RECORD_COMPLETED = 0x2000,
    FGR_RECORD_ZOMBIE = 0x1000, /* to version 13 */
    FGR_RECORD_DYING = 0x0800   /* of a channel_announcement: its output has been spent */
};

/* CLN's own messages. */
enum {
    FGR_RECORD_CHANNEL_AMOUNT = 4101, /* u64 sat; right after each channel_announcement */
    FGR_RECORD_PRIVATE_UPDATE = 4102,
    FGR_RECORD_DELETE_CHAN = 4103, /* u64 scid */
    FGR_RECORD_PRIVATE_CHANNEL = 4104,
    FGR_RECORD_ENDED = 4105,      /* the store goes on in a new file */
    FGR_RECORD_CHAN_DYING = 4106, /* u64 scid, u32 block height */
    FGR_RECORD_UUID = 4107
};

struct fgr_record {
    const uint8_t *message; /* n_message bytes behind the header */
    uint32_t checksum;      /* CRC-32C of the message, continued from the timestamp */
    uint32_t timestamp;
    uint16_t flags;
    uint16_t n_message;
};

/* False: a version that this library cannot read. *out_version is the minor version. */
bool fgr_record_version(unsigned *out_version, uint8_t version_byte);

/* Decodes the header at the start of FGR_RECORD_HEADER_BYTES bytes; the message is where it would
 * be, and may be read once n_message bytes are there. */
void fgr_record_header(struct fgr_record *out, const uint8_t *bytes);

/* What begins with this byte is complete in a store of this version, or was truncated later; else it
 * is still being written, however many of its bytes are there. */
bool fgr_record_is_completed(uint8_t first_byte, unsigned version);

/* The record is deleted in a store of this version. */
bool fgr_record_is_deleted(const struct fgr_record *record, unsigned version);

/* The checksum that the message ought to have. */
uint32_t fgr_record_checksum(const struct fgr_crc32c_table *table, const struct fgr_record *record);

/* Writes header and message, with the checksum that fits. Returns the bytes, 0 if `room` is too
 * little; nothing is written then. */
size_t fgr_record_encode(uint8_t *out, size_t room, const struct fgr_crc32c_table *table,
                         const struct fgr_record *record);

#endif
