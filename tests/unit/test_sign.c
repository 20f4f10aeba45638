/* SPDX-License-Identifier: MIT */
#include "graph/sign.h"

#include <criterion/criterion.h>
#include <string.h>

#include "graph/digest.h"
#include "tests/support/signed_maker.h"

/* BOLT 7 says what is signed, step by step, with nothing of graph/digest or graph/verify. */
Test(sign, signs_the_double_hash_behind_the_signatures)
{
    static const uint64_t nodes[2] = {3, 4};
    struct fgr_signed_maker maker;
    struct fgr_signed message;
    struct fgr_sha256 sha;
    uint8_t hash[32];
    fgr_signed_maker_init(&maker);
    cr_assert_eq(fgr_sha256_init(&sha, NULL), FGR_OK);
    fgr_signed_channel(&maker, &message, nodes, 99);
    cr_assert_eq(fgr_sha256(&sha, hash, message.bytes + 258, message.n_bytes - 258, NULL), FGR_OK);
    cr_assert_eq(fgr_sha256(&sha, hash, hash, 32, NULL), FGR_OK);
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *id = message.bytes + 258 + 2 + 32 + 8 + 33 * i;
        struct fgr_curve_key key;
        cr_assert(fgr_curve_parse(&key, id));
        cr_assert_eq(fgr_curve_check(&key, message.bytes + 2 + 64 * i, hash), FGR_CURVE_GOOD);
    }
    fgr_signed_update(&maker, &message, nodes, 99, 5);
    cr_assert_eq(fgr_sha256(&sha, hash, message.bytes + 66, message.n_bytes - 66, NULL), FGR_OK);
    cr_assert_eq(fgr_sha256(&sha, hash, hash, 32, NULL), FGR_OK);
    struct fgr_curve_key key;
    cr_assert(fgr_curve_parse(&key, message.signer));
    cr_assert_eq(fgr_curve_check(&key, message.bytes + 2, hash), FGR_CURVE_GOOD);
    /* The same again is the same again. */
    struct fgr_signed again = message;
    fgr_signed_again(&maker, &again, nodes[0]);
    cr_assert_eq(memcmp(again.bytes, message.bytes, message.n_bytes), 0);
    fgr_sha256_deinit(&sha);
    fgr_signed_maker_deinit(&maker);
}

Test(sign, refuses)
{
    static const uint8_t zero[32];
    static const uint8_t *const secrets[] = {zero};
    struct fgr_signer *signer;
    struct fgr_error err;
    uint8_t bytes[512];
    struct fgr_message empty = {.type = FGR_WIRE_CHANNEL_UPDATE};
    size_t n_bytes = fgr_wire_encode(bytes, sizeof bytes, &empty);
    cr_assert_eq(fgr_signer_create(&signer, &err), FGR_OK);
    cr_assert_eq(fgr_sign(signer, bytes, n_bytes, secrets, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_sign(signer, bytes, n_bytes - 1, secrets, &err), FGR_ERR_FORMAT);
    cr_assert_eq(fgr_sign(signer, bytes, 1, secrets, &err), FGR_ERR_FORMAT);
    fgr_signer_destroy(signer);
}
