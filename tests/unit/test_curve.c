/* SPDX-License-Identifier: MIT */
#include "graph/curve.h"

#include <criterion/criterion.h>
#include <string.h>

#include "graph/util/hex.h"

static void parse(uint8_t *out_bytes, const char *hex)
{
    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        out_bytes[i] = (uint8_t)(fgr_hex_value(hex[2 * i]) << 4 | fgr_hex_value(hex[2 * i + 1]));
    }
}

/* Multiples of the generator (SEC 2), and the first nodes of the bundled mainnet store, whose
 * secrets are the node number, little endian, and 24 bytes 01. */
Test(curve, derives_known_keys)
{
    static const struct {
        const char *secret, *id;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000001",
         "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
        {"0000000000000000000000000000000000000000000000000000000000000002",
         "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"},
        {"0000000000000000000000000000000000000000000000000000000000000003",
         "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"},
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
         "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
        {"0000000000000000010101010101010101010101010101010101010101010101",
         "03c581bf310c4c97b05e5e6fed2f82d872f388ec9ab7f1feddfd5380ddb3c6531c"},
        {"0100000000000000010101010101010101010101010101010101010101010101",
         "03091f559e2704cd80e41cd103ca4a60fd91010927674016b09f40c1d450368cf4"},
        {"ab43000000000000010101010101010101010101010101010101010101010101",
         "025ff5a7669d0b5430b4906a85a8df7f8a2a02ea7d642ae7e2dd26d88bad10a438"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t secret[32], id[FGR_NODE_ID_BYTES];
        char text[2 * FGR_NODE_ID_BYTES + 1];
        parse(secret, cases[i].secret);
        cr_assert(fgr_curve_derive(id, secret), "case %zu", i);
        fgr_hex_encode(text, id, sizeof text - 1);
        cr_assert_str_eq(text, cases[i].id, "case %zu", i);
        cr_assert(fgr_curve_point(id), "case %zu", i);
    }
}

Test(curve, refuses_secrets_out_of_range)
{
    static const char *const secrets[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        uint8_t secret[32], id[FGR_NODE_ID_BYTES];
        parse(secret, secrets[i]);
        cr_assert(!fgr_curve_derive(id, secret), "case %zu", i);
    }
}

/* x = 5 has no square root of x^3 + 7; the last two are x = p and a wrong first byte. */
Test(curve, refuses_what_is_no_point)
{
    static const char *const ids[] = {
        "020000000000000000000000000000000000000000000000000000000000000005",
        "030000000000000000000000000000000000000000000000000000000000000005",
        "020000000000000000000000000000000000000000000000000000000000000000",
        "02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        uint8_t id[FGR_NODE_ID_BYTES];
        parse(id, ids[i]);
        cr_assert(!fgr_curve_point(id), "case %zu", i);
    }
}
