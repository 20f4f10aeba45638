/* SPDX-License-Identifier: MIT */
/*
 * wire.h - BOLT 7 gossip messages, decoded and encoded.
 *
 * Place in the flow: framed message (bytes) -> wire -> verify, or builder records.
 *
 * Pure: no state, no allocation, nothing read past `n_bytes`. Decoding checks structure only;
 * signatures, points and limits are other people's business. Bytes after the known fields are
 * later extensions: tolerated, kept, and part of what is signed. So encoding what was decoded gives
 * the same bytes again.
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

#define FGR_WIRE_BYTES_MAX 65535 /* of a message with its type (BOLT 8) */
#define FGR_WIRE_TYPE_BYTES 2
#define FGR_WIRE_SIGNATURE_BYTES 64 /* compact: r and s, big endian */
#define FGR_WIRE_SIGNATURES_MAX 4
#define FGR_CHAIN_HASH_BYTES 32

/* Where one points to bytes of a fixed number, NULL encodes as zeros: signatures are filled in when
 * the rest is there to be signed. */
struct fgr_channel_announcement {
    uint64_t scid;
    const uint8_t *signatures; /* 4 x FGR_WIRE_SIGNATURE_BYTES, in the order of the keys below */
    const uint8_t *node_id[2]; /* FGR_NODE_ID_BYTES each, as sent: node_id_1, node_id_2 */
    const uint8_t *bitcoin_key[2]; /* FGR_NODE_ID_BYTES each */
    const uint8_t *chain_hash;     /* FGR_CHAIN_HASH_BYTES */
    const uint8_t *features;
    const uint8_t *extension; /* what follows the known fields */
    size_t extension_len;
    uint16_t features_len;
};

struct fgr_node_announcement {
    const uint8_t *signature;
    const uint8_t *node_id; /* FGR_NODE_ID_BYTES */
    const uint8_t *rgb;     /* 3 bytes */
    const uint8_t *alias;   /* FGR_ALIAS_BYTES_MAX, zero padded */
    const uint8_t *features;
    const uint8_t *addresses; /* descriptors, not looked into */
    const uint8_t *extension;
    size_t extension_len;
    uint16_t features_len;
    uint16_t addresses_len;
    uint32_t timestamp;
};

/* channel_update, channel_flags */
#define FGR_WIRE_FLAG_DIRECTION 1 /* node_id_2 sends */
#define FGR_WIRE_FLAG_DISABLE 2
/* channel_update, message_flags */
#define FGR_WIRE_FLAG_MUST_BE_ONE 1
#define FGR_WIRE_FLAG_DONT_FORWARD 2

struct fgr_channel_update {
    uint64_t scid;
    const uint8_t *signature;
    const uint8_t *chain_hash; /* FGR_CHAIN_HASH_BYTES */
    const uint8_t *extension;
    size_t extension_len;
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat;
    uint32_t base_msat;
    uint32_t ppm;
    uint32_t timestamp;
    int32_t inbound_base_msat; /* read from the extension, 0 where it has none; not encoded */
    int32_t inbound_ppm;
    uint16_t cltv_delta;
    uint8_t message_flags;
    uint8_t channel_flags;
};

/* A message of any type; `type` says which member holds. */
struct fgr_message {
    unsigned type;
    const uint8_t *bytes; /* from the type on */
    size_t n_bytes;
    union {
        struct fgr_channel_announcement channel;
        struct fgr_node_announcement node;
        struct fgr_channel_update update;
    };
};

enum fgr_wire_fault {
    FGR_WIRE_GOOD = 0,
    FGR_WIRE_OTHER_TYPE, /* not one of the three; or shorter than a type */
    FGR_WIRE_SHORT,      /* for its fields; so is a channel_update without htlc_maximum_msat, which
                          * has been invalid since 2022 */
    FGR_WIRE_LONG        /* more than FGR_WIRE_BYTES_MAX */
};

/* The 2-byte type, 0 if there are not even 2 bytes (0 is no gossip message). */
unsigned fgr_wire_type(const uint8_t *message, size_t n_bytes);

/* Name of a type in BOLT 7, "message" for any other. */
const char *fgr_wire_type_str(unsigned type);

/* Decodes a message, from the type on. Not good: the output is undefined but for `type` (0 where
 * there is none), `bytes` and `n_bytes`. An extension that is not a well-formed TLV stream is kept
 * and not looked into. */
enum fgr_wire_fault fgr_wire_decode(struct fgr_message *out, const uint8_t *message,
                                    size_t n_bytes);

/* Each decodes a message of its type. False: too short for its fields; the output is then
 * undefined. */
bool fgr_wire_channel_announcement(struct fgr_channel_announcement *out, const uint8_t *message,
                                   size_t n_bytes);
bool fgr_wire_node_announcement(struct fgr_node_announcement *out, const uint8_t *message,
                                size_t n_bytes);
bool fgr_wire_channel_update(struct fgr_channel_update *out, const uint8_t *message,
                             size_t n_bytes);

/* Writes `message` by its type and that member alone. Returns its bytes; 0 where `room` or
 * FGR_WIRE_BYTES_MAX is too little, or the type is none of the three: what was written then is
 * undefined. The pointers of the message must not lead into `out`. */
size_t fgr_wire_encode(uint8_t *out, size_t room, const struct fgr_message *message);

/* Signatures of a message of this type, one after the other from FGR_WIRE_TYPE_BYTES on. They sign
 * the double SHA-256 of all that follows the last of them. 0 for other types. */
static inline unsigned fgr_wire_n_signatures(unsigned type)
{
    return type == FGR_WIRE_CHANNEL_ANNOUNCEMENT                                   ? 4
           : type == FGR_WIRE_NODE_ANNOUNCEMENT || type == FGR_WIRE_CHANNEL_UPDATE ? 1
                                                                                   : 0;
}

/* Where the signed bytes begin. */
static inline size_t fgr_wire_signed_at(unsigned type)
{
    return FGR_WIRE_TYPE_BYTES + (size_t)fgr_wire_n_signatures(type) * FGR_WIRE_SIGNATURE_BYTES;
}

/* 0: node_id_1 sends */
static inline unsigned fgr_wire_direction(const struct fgr_channel_update *update)
{
    return update->channel_flags & FGR_WIRE_FLAG_DIRECTION;
}
static inline bool fgr_wire_is_disabled(const struct fgr_channel_update *update)
{
    return (update->channel_flags & FGR_WIRE_FLAG_DISABLE) != 0;
}

/* A BigSize number (BOLT 1) at the start of `bytes`. Returns how many it takes; 0 where it is cut or
 * not in its shortest form. */
size_t fgr_wire_bigsize(uint64_t *out_value, const uint8_t *bytes, size_t n_bytes);

/* Big-endian loads and stores, for the framing around messages. */
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
static inline void fgr_store_be16(uint8_t *out_bytes, uint16_t value)
{
    out_bytes[0] = (uint8_t)(value >> 8);
    out_bytes[1] = (uint8_t)value;
}
static inline void fgr_store_be32(uint8_t *out_bytes, uint32_t value)
{
    fgr_store_be16(out_bytes, (uint16_t)(value >> 16));
    fgr_store_be16(out_bytes + 2, (uint16_t)value);
}
static inline void fgr_store_be64(uint8_t *out_bytes, uint64_t value)
{
    fgr_store_be32(out_bytes, (uint32_t)(value >> 32));
    fgr_store_be32(out_bytes + 4, (uint32_t)value);
}

#endif
