/* SPDX-License-Identifier: MIT */
/*
 * onion.h - how many of the 1300 onion bytes a hop takes.
 *
 * Heights are not known here, so every expiry counts 3 bytes (true for blocks 65 536 to
 * 16 777 215, i.e. until the year 2300). Amounts count exactly.
 *
 * Threads: pure, any thread.
 * Source: BOLT 4, packet structure and payload format: bigsize length, TLVs, 32-byte HMAC; an
 * intermediate hop has amt_to_forward (2, tu64), outgoing_cltv_value (4, tu32) and
 * short_channel_id (6); the final hop amount, expiry and payment_data (8: secret, tu64 total).
 */
#ifndef FGR_ENGINE_ONION_H
#define FGR_ENGINE_ONION_H

#include <stdint.h>

#include "graph/util/attr.h"

#define FGR_ONION_HMAC_BYTES 32
#define FGR_ONION_EXPIRY_BYTES 3

/* Length of a tu64: no leading zero bytes, 0 takes none. */
static inline uint32_t fgr_onion_tu64_bytes(uint64_t value)
{
    return value == 0 ? 0 : FGR_LOG2_FLOOR(value) / 8 + 1;
}

/* Length prefix (bigsize), TLVs and HMAC of a payload of `tlv_bytes`. */
static inline uint32_t fgr_onion_framed_bytes(uint32_t tlv_bytes)
{
    uint32_t prefix = tlv_bytes < 0xfd ? 1 : (tlv_bytes <= 0xffff ? 3 : 5);
    return prefix + tlv_bytes + FGR_ONION_HMAC_BYTES;
}

/* A node that forwards `amount_msat` to the next one. */
static inline uint32_t fgr_onion_hop_bytes(uint64_t amount_msat)
{
    return fgr_onion_framed_bytes(2 + fgr_onion_tu64_bytes(amount_msat) + 2 +
                                  FGR_ONION_EXPIRY_BYTES + 2 + 8);
}

/* The destination, with `extra_bytes` of further TLVs (at most 65 535). */
static inline uint32_t fgr_onion_final_bytes(uint64_t amount_msat, uint32_t extra_bytes)
{
    uint32_t amount_bytes = fgr_onion_tu64_bytes(amount_msat);
    return fgr_onion_framed_bytes(2 + amount_bytes + 2 + FGR_ONION_EXPIRY_BYTES + 2 + 32 +
                                  amount_bytes + extra_bytes);
}

#endif
