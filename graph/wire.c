/* SPDX-License-Identifier: MIT */
#include "graph/wire.h"

/* What is left of a message. A take that does not fit empties the cursor and marks it. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool is_short;
};

enum { TYPE_BYTES = 2, SIGNATURE_BYTES = 64 };

/* A valid place to read zeros from after a short take, so that decoding can go on to its end. */
static const uint8_t zeros[FGR_NODE_ID_BYTES];

static const uint8_t *take(struct cursor *cursor, size_t n_bytes)
{
    if (n_bytes > cursor->left) {
        cursor->left = 0;
        cursor->is_short = true;
        return zeros;
    }
    const uint8_t *taken = cursor->at;
    cursor->at += n_bytes;
    cursor->left -= n_bytes;
    return taken;
}

static uint16_t take_u16(struct cursor *cursor)
{
    return fgr_load_be16(take(cursor, 2));
}

static uint32_t take_u32(struct cursor *cursor)
{
    return fgr_load_be32(take(cursor, 4));
}

static uint64_t take_u64(struct cursor *cursor)
{
    return fgr_load_be64(take(cursor, 8));
}

unsigned fgr_wire_type(const uint8_t *message, size_t n_bytes)
{
    return n_bytes < TYPE_BYTES ? 0 : fgr_load_be16(message);
}

bool fgr_wire_channel_announcement(struct fgr_channel_announcement *out, const uint8_t *message,
                                   size_t n_bytes)
{
    struct cursor cursor = {.at = message, .left = n_bytes};
    take(&cursor, TYPE_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        take(&cursor, SIGNATURE_BYTES);
    }
    out->features_len = take_u16(&cursor);
    out->features = take(&cursor, out->features_len);
    out->chain_hash = take(&cursor, FGR_CHAIN_HASH_BYTES);
    out->scid = take_u64(&cursor);
    for (unsigned i = 0; i < 2; i++) {
        out->node_id[i] = take(&cursor, FGR_NODE_ID_BYTES);
    }
    take(&cursor, FGR_NODE_ID_BYTES); /* bitcoin_key_1 */
    take(&cursor, FGR_NODE_ID_BYTES);
    return !cursor.is_short;
}

bool fgr_wire_node_announcement(struct fgr_node_announcement *out, const uint8_t *message,
                                size_t n_bytes)
{
    struct cursor cursor = {.at = message, .left = n_bytes};
    take(&cursor, TYPE_BYTES);
    take(&cursor, SIGNATURE_BYTES);
    out->features_len = take_u16(&cursor);
    out->features = take(&cursor, out->features_len);
    out->timestamp = take_u32(&cursor);
    out->node_id = take(&cursor, FGR_NODE_ID_BYTES);
    take(&cursor, 3); /* rgb_color */
    out->alias = take(&cursor, FGR_ALIAS_BYTES_MAX);
    take(&cursor, take_u16(&cursor)); /* addresses */
    return !cursor.is_short;
}

/* BOLT 1, fundamental types: the shortest form is required. */
static uint64_t take_bigsize(struct cursor *cursor)
{
    uint8_t first = *take(cursor, 1);
    uint64_t value = first, least = 0;
    if (first == 0xfd) {
        value = take_u16(cursor);
        least = 0xfd;
    } else if (first == 0xfe) {
        value = take_u32(cursor);
        least = UINT64_C(1) << 16;
    } else if (first == 0xff) {
        value = take_u64(cursor);
        least = UINT64_C(1) << 32;
    }
    cursor->is_short |= value < least;
    return value;
}

/* bLIP-18: record 55555 of the TLV stream is a signed base in msat and a signed rate in ppm. The
 * stream counts only if all of it is well formed (BOLT 1: types ascend, lengths fit). */
static void decode_inbound_fee(struct fgr_channel_update *out, struct cursor cursor)
{
    enum { INBOUND_FEE = 55555, INBOUND_FEE_BYTES = 8 };
    const uint8_t *fee = NULL;
    uint64_t next_type = 0;
    while (cursor.left > 0) {
        uint64_t type = take_bigsize(&cursor);
        uint64_t n_bytes = take_bigsize(&cursor);
        const uint8_t *value = take(&cursor, n_bytes);
        if (cursor.is_short || type < next_type || type == UINT64_MAX) {
            return;
        }
        if (type == INBOUND_FEE && n_bytes == INBOUND_FEE_BYTES) {
            fee = value;
        }
        next_type = type + 1;
    }
    if (fee != NULL) {
        out->inbound_base_msat = (int32_t)fgr_load_be32(fee);
        out->inbound_ppm = (int32_t)fgr_load_be32(fee + 4);
    }
}

bool fgr_wire_channel_update(struct fgr_channel_update *out, const uint8_t *message, size_t n_bytes)
{
    enum { CHANNEL_FLAG_DIRECTION = 1, CHANNEL_FLAG_DISABLE = 2 };
    struct cursor cursor = {.at = message, .left = n_bytes};
    take(&cursor, TYPE_BYTES);
    take(&cursor, SIGNATURE_BYTES);
    *out = (struct fgr_channel_update){.chain_hash = take(&cursor, FGR_CHAIN_HASH_BYTES)};
    out->scid = take_u64(&cursor);
    out->timestamp = take_u32(&cursor);
    take(&cursor, 1); /* message_flags: its bit 0 must be set, and htlc_maximum_msat be there */
    uint8_t channel_flags = *take(&cursor, 1);
    out->direction = channel_flags & CHANNEL_FLAG_DIRECTION;
    out->disabled = (channel_flags & CHANNEL_FLAG_DISABLE) != 0;
    out->cltv_delta = take_u16(&cursor);
    out->htlc_min_msat = take_u64(&cursor);
    out->base_msat = take_u32(&cursor);
    out->ppm = take_u32(&cursor);
    out->htlc_max_msat = take_u64(&cursor);
    if (cursor.is_short) {
        return false;
    }
    decode_inbound_fee(out, cursor);
    return true;
}
