/* SPDX-License-Identifier: MIT */
#include "graph/wire.h"

#include <string.h>

/* What is left of a message. A take that does not fit empties the cursor and marks it. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool is_short;
};

enum { RGB_BYTES = 3 };

/* A valid place to read zeros from after a short take, so that decoding can go on to its end. */
static const uint8_t zeros[FGR_NODE_ID_BYTES];

/* ---- decoding ------------------------------------------------------------------------------ */

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
    return n_bytes < FGR_WIRE_TYPE_BYTES ? 0 : fgr_load_be16(message);
}

const char *fgr_wire_type_str(unsigned type)
{
    switch (type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        return "channel_announcement";
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        return "node_announcement";
    case FGR_WIRE_CHANNEL_UPDATE:
        return "channel_update";
    default:
        return "message";
    }
}

bool fgr_wire_channel_announcement(struct fgr_channel_announcement *out, const uint8_t *message,
                                   size_t n_bytes)
{
    struct cursor cursor = {.at = message, .left = n_bytes};
    take(&cursor, FGR_WIRE_TYPE_BYTES);
    out->signatures = take(&cursor, (size_t)4 * FGR_WIRE_SIGNATURE_BYTES);
    out->features_len = take_u16(&cursor);
    out->features = take(&cursor, out->features_len);
    out->chain_hash = take(&cursor, FGR_CHAIN_HASH_BYTES);
    out->scid = take_u64(&cursor);
    for (unsigned i = 0; i < 2; i++) {
        out->node_id[i] = take(&cursor, FGR_NODE_ID_BYTES);
    }
    for (unsigned i = 0; i < 2; i++) {
        out->bitcoin_key[i] = take(&cursor, FGR_NODE_ID_BYTES);
    }
    out->extension = cursor.at;
    out->extension_len = cursor.left;
    return !cursor.is_short;
}

bool fgr_wire_node_announcement(struct fgr_node_announcement *out, const uint8_t *message,
                                size_t n_bytes)
{
    struct cursor cursor = {.at = message, .left = n_bytes};
    take(&cursor, FGR_WIRE_TYPE_BYTES);
    out->signature = take(&cursor, FGR_WIRE_SIGNATURE_BYTES);
    out->features_len = take_u16(&cursor);
    out->features = take(&cursor, out->features_len);
    out->timestamp = take_u32(&cursor);
    out->node_id = take(&cursor, FGR_NODE_ID_BYTES);
    out->rgb = take(&cursor, RGB_BYTES);
    out->alias = take(&cursor, FGR_ALIAS_BYTES_MAX);
    out->addresses_len = take_u16(&cursor);
    out->addresses = take(&cursor, out->addresses_len);
    out->extension = cursor.at;
    out->extension_len = cursor.left;
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

size_t fgr_wire_bigsize(uint64_t *out_value, const uint8_t *bytes, size_t n_bytes)
{
    struct cursor cursor = {.at = bytes, .left = n_bytes};
    *out_value = take_bigsize(&cursor);
    return cursor.is_short ? 0 : n_bytes - cursor.left;
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
    struct cursor cursor = {.at = message, .left = n_bytes};
    take(&cursor, FGR_WIRE_TYPE_BYTES);
    *out = (struct fgr_channel_update){.signature = take(&cursor, FGR_WIRE_SIGNATURE_BYTES)};
    out->chain_hash = take(&cursor, FGR_CHAIN_HASH_BYTES);
    out->scid = take_u64(&cursor);
    out->timestamp = take_u32(&cursor);
    /* must_be_one in it is not looked at (BOLT 7), but htlc_maximum_msat has to be there. */
    out->message_flags = *take(&cursor, 1);
    out->channel_flags = *take(&cursor, 1);
    out->cltv_delta = take_u16(&cursor);
    out->htlc_min_msat = take_u64(&cursor);
    out->base_msat = take_u32(&cursor);
    out->ppm = take_u32(&cursor);
    out->htlc_max_msat = take_u64(&cursor);
    out->extension = cursor.at;
    out->extension_len = cursor.left;
    if (cursor.is_short) {
        return false;
    }
    decode_inbound_fee(out, cursor);
    return true;
}

enum fgr_wire_fault fgr_wire_decode(struct fgr_message *out, const uint8_t *message, size_t n_bytes)
{
    out->bytes = message;
    out->n_bytes = n_bytes;
    out->type = fgr_wire_type(message, n_bytes);
    bool is_whole = false;
    switch (out->type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        is_whole = fgr_wire_channel_announcement(&out->channel, message, n_bytes);
        break;
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        is_whole = fgr_wire_node_announcement(&out->node, message, n_bytes);
        break;
    case FGR_WIRE_CHANNEL_UPDATE:
        is_whole = fgr_wire_channel_update(&out->update, message, n_bytes);
        break;
    default:
        return FGR_WIRE_OTHER_TYPE;
    }
    return n_bytes > FGR_WIRE_BYTES_MAX ? FGR_WIRE_LONG : is_whole ? FGR_WIRE_GOOD : FGR_WIRE_SHORT;
}

/* ---- encoding ------------------------------------------------------------------------------ */

/* Where the next field goes. A put that does not fit leaves no room and marks it. */
struct pen {
    uint8_t *at;
    size_t room;
    bool is_full;
};

/* `bytes` may be NULL: zeros. */
static void put(struct pen *pen, const void *bytes, size_t n_bytes)
{
    if (n_bytes > pen->room) {
        pen->room = 0;
        pen->is_full = true;
        return;
    }
    if (bytes == NULL) {
        memset(pen->at, 0, n_bytes);
    } else {
        memcpy(pen->at, bytes, n_bytes);
    }
    pen->at += n_bytes;
    pen->room -= n_bytes;
}

/* The low `n_bytes` bytes of `value`. */
static void put_number(struct pen *pen, uint64_t value, size_t n_bytes)
{
    uint8_t bytes[8];
    fgr_store_be64(bytes, value);
    put(pen, bytes + sizeof bytes - n_bytes, n_bytes);
}

static void put_channel_announcement(struct pen *pen,
                                     const struct fgr_channel_announcement *channel)
{
    put(pen, channel->signatures, (size_t)4 * FGR_WIRE_SIGNATURE_BYTES);
    put_number(pen, channel->features_len, 2);
    put(pen, channel->features, channel->features_len);
    put(pen, channel->chain_hash, FGR_CHAIN_HASH_BYTES);
    put_number(pen, channel->scid, 8);
    for (unsigned i = 0; i < 2; i++) {
        put(pen, channel->node_id[i], FGR_NODE_ID_BYTES);
    }
    for (unsigned i = 0; i < 2; i++) {
        put(pen, channel->bitcoin_key[i], FGR_NODE_ID_BYTES);
    }
    put(pen, channel->extension, channel->extension_len);
}

static void put_node_announcement(struct pen *pen, const struct fgr_node_announcement *node)
{
    put(pen, node->signature, FGR_WIRE_SIGNATURE_BYTES);
    put_number(pen, node->features_len, 2);
    put(pen, node->features, node->features_len);
    put_number(pen, node->timestamp, 4);
    put(pen, node->node_id, FGR_NODE_ID_BYTES);
    put(pen, node->rgb, RGB_BYTES);
    put(pen, node->alias, FGR_ALIAS_BYTES_MAX);
    put_number(pen, node->addresses_len, 2);
    put(pen, node->addresses, node->addresses_len);
    put(pen, node->extension, node->extension_len);
}

static void put_channel_update(struct pen *pen, const struct fgr_channel_update *update)
{
    put(pen, update->signature, FGR_WIRE_SIGNATURE_BYTES);
    put(pen, update->chain_hash, FGR_CHAIN_HASH_BYTES);
    put_number(pen, update->scid, 8);
    put_number(pen, update->timestamp, 4);
    put_number(pen, update->message_flags, 1);
    put_number(pen, update->channel_flags, 1);
    put_number(pen, update->cltv_delta, 2);
    put_number(pen, update->htlc_min_msat, 8);
    put_number(pen, update->base_msat, 4);
    put_number(pen, update->ppm, 4);
    put_number(pen, update->htlc_max_msat, 8);
    put(pen, update->extension, update->extension_len);
}

size_t fgr_wire_encode(uint8_t *out, size_t room, const struct fgr_message *message)
{
    struct pen pen = {.at = out, .room = room < FGR_WIRE_BYTES_MAX ? room : FGR_WIRE_BYTES_MAX};
    put_number(&pen, message->type, FGR_WIRE_TYPE_BYTES);
    switch (message->type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        put_channel_announcement(&pen, &message->channel);
        break;
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        put_node_announcement(&pen, &message->node);
        break;
    case FGR_WIRE_CHANNEL_UPDATE:
        put_channel_update(&pen, &message->update);
        break;
    default:
        return 0;
    }
    return pen.is_full ? 0 : (size_t)(pen.at - out);
}
