/* SPDX-License-Identifier: MIT */
/*
 * wire.h - BOLT 7 gossip messages, decoded.
 *
 * Place in the flow: framed message (bytes) -> wire -> builder records.
 *
 * Pure: no state, no allocation, nothing read past `n_bytes`. Decoding checks structure only;
 * signatures, points and limits are other people's business. Bytes after the known fields are
 * later extensions and tolerated.
 *
 * Threads: pure, any thread.
 * Memory: pointers in the structs borrow the input.
 * Source: BOLT 7, channel_announcement, node_announcement, channel_update; bLIP-18 (inbound fees).
 */
#ifndef FGR_GRAPH_WIRE_H
#define FGR_GRAPH_WIRE_H

#include "fulgurite/base.h"

enum {
    FGR_WIRE_CHANNEL_ANNOUNCEMENT = 256,
    FGR_WIRE_NODE_ANNOUNCEMENT = 257,
    FGR_WIRE_CHANNEL_UPDATE = 258
};

#define FGR_CHAIN_HASH_BYTES 32

struct fgr_channel_announcement {
    uint64_t scid;
    const uint8_t *node_id[2]; /* FGR_NODE_ID_BYTES each, as sent: node_id_1, node_id_2 */
    const uint8_t *chain_hash; /* FGR_CHAIN_HASH_BYTES */
    const uint8_t *features;
    uint16_t features_len;
};

struct fgr_node_announcement {
    const uint8_t *node_id; /* FGR_NODE_ID_BYTES */
    const uint8_t *alias;   /* FGR_ALIAS_BYTES_MAX, zero padded */
    const uint8_t *features;
    uint16_t features_len;
    uint32_t timestamp;
};

struct fgr_channel_update {
    uint64_t scid;
    const uint8_t *chain_hash; /* FGR_CHAIN_HASH_BYTES */
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat;
    uint32_t base_msat;
    uint32_t ppm;
    uint32_t timestamp;
    int32_t inbound_base_msat; /* 0 where the update has no inbound fee */
    int32_t inbound_ppm;
    uint16_t cltv_delta;
    uint8_t direction; /* 0: node_id_1 sends */
    bool disabled;
};

/* The 2-byte type, 0 if there are not even 2 bytes (0 is no gossip message). */
unsigned fgr_wire_type(const uint8_t *message, size_t n_bytes);

/* Each decodes a message of its type, from the type on. False: too short for its fields (for
 * channel_update that includes the form without htlc_maximum_msat, invalid since 2022); the output
 * is then undefined. An extension that is not a well-formed TLV stream is ignored. */
bool fgr_wire_channel_announcement(struct fgr_channel_announcement *out, const uint8_t *message,
                                   size_t n_bytes);
bool fgr_wire_node_announcement(struct fgr_node_announcement *out, const uint8_t *message,
                                size_t n_bytes);
bool fgr_wire_channel_update(struct fgr_channel_update *out, const uint8_t *message,
                             size_t n_bytes);

/* Big-endian loads, for the framing around messages. */
static inline uint16_t fgr_load_be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}
static inline uint32_t fgr_load_be32(const uint8_t *bytes)
{
    return (uint32_t)fgr_load_be16(bytes) << 16 | fgr_load_be16(bytes + 2);
}
static inline uint64_t fgr_load_be64(const uint8_t *bytes)
{
    return (uint64_t)fgr_load_be32(bytes) << 32 | fgr_load_be32(bytes + 4);
}

#endif
