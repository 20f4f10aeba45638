/* SPDX-License-Identifier: MIT */
#include "graph/verify.h"

#include <secp256k1.h>

/* The group generator G, compressed (SEC 2, section 2.4.1). */
static const uint8_t generator[FGR_NODE_ID_BYTES] = {
    0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0,
    0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d,
    0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};

bool fgr_verify_point(const uint8_t id[FGR_NODE_ID_BYTES])
{
    secp256k1_pubkey key;
    return secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, id, FGR_NODE_ID_BYTES) == 1;
}

/* secret - 1, big endian; the secret is not 0. */
static void decrement(uint8_t out_tweak[32], const uint8_t secret[32])
{
    uint8_t borrow = 1;
    for (int i = 31; i >= 0; i--) {
        out_tweak[i] = (uint8_t)(secret[i] - borrow);
        borrow = borrow == 1 && secret[i] == 0;
    }
}

/* secret * G as G + (secret - 1) * G: adding to a public key needs no signing context, so there is
 * nothing to create, to share or to fail. */
bool fgr_verify_derive(uint8_t out_id[FGR_NODE_ID_BYTES], const uint8_t secret[32])
{
    const secp256k1_context *context = secp256k1_context_static;
    secp256k1_pubkey key;
    uint8_t tweak[32];
    size_t n_bytes = FGR_NODE_ID_BYTES;
    if (!secp256k1_ec_seckey_verify(context, secret)) {
        return false;
    }
    decrement(tweak, secret);
    return secp256k1_ec_pubkey_parse(context, &key, generator, sizeof generator) == 1 &&
           secp256k1_ec_pubkey_tweak_add(context, &key, tweak) == 1 &&
           secp256k1_ec_pubkey_serialize(context, out_id, &n_bytes, &key,
                                         SECP256K1_EC_COMPRESSED) == 1;
}
