/* SPDX-License-Identifier: MIT */
#include "graph/curve.h"

#include <stdlib.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_preallocated.h>

#include "graph/util/error.h"

_Static_assert(sizeof(struct fgr_curve_key) == sizeof(secp256k1_pubkey),
               "keys are kept as they are");

const char *fgr_curve_fault_str(enum fgr_curve_fault fault)
{
    switch (fault) {
    case FGR_CURVE_GOOD:
        return "is good";
    case FGR_CURVE_NO_POINT:
        return "has a key that is no point on the curve";
    case FGR_CURVE_RANGE:
        return "has a number that is not below the group order";
    case FGR_CURVE_HIGH_S:
        return "is in its high-S form, which is not accepted";
    case FGR_CURVE_WRONG:
        return "is not by the key over these bytes";
    }
    return "is of an unknown kind";
}

bool fgr_curve_parse(struct fgr_curve_key *out_key, const uint8_t id[FGR_NODE_ID_BYTES])
{
    secp256k1_pubkey key;
    if (secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, id, FGR_NODE_ID_BYTES) != 1) {
        return false;
    }
    memcpy(out_key->opaque, key.data, sizeof key.data);
    return true;
}

bool fgr_curve_point(const uint8_t id[FGR_NODE_ID_BYTES])
{
    struct fgr_curve_key key;
    return fgr_curve_parse(&key, id);
}

enum fgr_curve_fault fgr_curve_check(const struct fgr_curve_key *key,
                                     const uint8_t signature[FGR_CURVE_SIGNATURE_BYTES],
                                     const uint8_t hash[FGR_CURVE_HASH_BYTES])
{
    const secp256k1_context *context = secp256k1_context_static;
    secp256k1_pubkey point;
    secp256k1_ecdsa_signature parsed;
    if (secp256k1_ecdsa_signature_parse_compact(context, &parsed, signature) != 1) {
        return FGR_CURVE_RANGE;
    }
    memcpy(point.data, key->opaque, sizeof point.data);
    if (secp256k1_ecdsa_verify(context, &parsed, hash, &point) == 1) {
        return FGR_CURVE_GOOD;
    }
    return secp256k1_ecdsa_signature_normalize(context, NULL, &parsed) == 1 ? FGR_CURVE_HIGH_S
                                                                            : FGR_CURVE_WRONG;
}

/* ---- secrets that guard nothing ------------------------------------------------------------- */

/* The group generator G, compressed (SEC 2, section 2.4.1). */
static const uint8_t generator[FGR_NODE_ID_BYTES] = {
    0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0,
    0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b, 0xfc, 0xdb, 0x2d,
    0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};

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
bool fgr_curve_derive(uint8_t out_id[FGR_NODE_ID_BYTES], const uint8_t secret[32])
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

struct fgr_curve_signer {
    secp256k1_context *context; /* in `memory` */
    _Alignas(max_align_t) uint8_t memory[];
};

/* In memory of ours: the library's own call aborts where there is none. */
enum fgr_err fgr_curve_signer_create(struct fgr_curve_signer **out_signer, struct fgr_error *err)
{
    size_t n_bytes = secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE);
    struct fgr_curve_signer *signer = malloc(sizeof *signer + n_bytes);
    if (signer == NULL) {
        return fgr_fail_memory(err, sizeof *signer + n_bytes);
    }
    signer->context = secp256k1_context_preallocated_create(signer->memory, SECP256K1_CONTEXT_NONE);
    *out_signer = signer;
    return FGR_OK;
}

void fgr_curve_signer_destroy(struct fgr_curve_signer *signer)
{
    if (signer != NULL) {
        secp256k1_context_preallocated_destroy(signer->context);
        free(signer);
    }
}

bool fgr_curve_sign(const struct fgr_curve_signer *signer,
                    uint8_t out_signature[FGR_CURVE_SIGNATURE_BYTES],
                    const uint8_t hash[FGR_CURVE_HASH_BYTES],
                    const uint8_t secret[FGR_CURVE_SECRET_BYTES])
{
    secp256k1_ecdsa_signature made;
    return secp256k1_ecdsa_sign(signer->context, &made, hash, secret, NULL, NULL) == 1 &&
           secp256k1_ecdsa_signature_serialize_compact(signer->context, out_signature, &made) == 1;
}
