/* SPDX-License-Identifier: MIT */
#include "graph/wire.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/import/parse.h"
#include "tests/support/store_maker.h"
#include "tests/support/vectors.h"

enum { SCID_BLOCK = 700123, SCID_TX = 456, SCID_OUTPUT = 7 };
#define SCID ((uint64_t)SCID_BLOCK << 40 | (uint64_t)SCID_TX << 16 | SCID_OUTPUT)

/* Decodes exactly `n` bytes of a message: the sanitizer sees a read past them. What decodes is
 * encoded again, to the same bytes, and into no room less than that. */
static bool decodes(const struct fgr_bytes_maker *message, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    uint8_t *again = malloc(n > 0 ? n : 1);
    struct fgr_message decoded;
    cr_assert_not_null(copy);
    cr_assert_not_null(again);
    memcpy(copy, message->data, n);
    enum fgr_wire_fault fault = fgr_wire_decode(&decoded, copy, n);
    cr_assert_eq(decoded.bytes, copy);
    cr_assert_eq(decoded.n_bytes, n);
    cr_assert_eq(decoded.type, fgr_wire_type(copy, n));
    cr_assert_eq(fault == FGR_WIRE_OTHER_TYPE, n < 2);
    if (fault == FGR_WIRE_GOOD) {
        cr_assert_eq(fgr_wire_encode(again, n, &decoded), n);
        cr_assert_eq(memcmp(again, copy, n), 0);
        cr_assert_eq(fgr_wire_encode(again, n - 1, &decoded), 0);
        cr_assert_eq(fgr_wire_encode(again, n / 2, &decoded), 0);
    }
    free(again);
    free(copy);
    return fault == FGR_WIRE_GOOD;
}

/* Any shorter form is refused, any longer one taken. */
static void assert_exact_length(struct fgr_bytes_maker *message)
{
    size_t n = message->n;
    for (size_t cut = 0; cut < n; cut++) {
        cr_assert_not(decodes(message, cut), "%zu of %zu bytes", cut, n);
    }
    for (size_t more = 0; more < 40; more++) {
        cr_assert(decodes(message, message->n), "%zu bytes more", more);
        fgr_bytes_put_be(message, 0xff, 1);
    }
    while (message->n < FGR_WIRE_BYTES_MAX) {
        fgr_bytes_put_be(message, 0xee, 1);
    }
    cr_assert(decodes(message, message->n));
    fgr_bytes_put_be(message, 0xee, 1);
    struct fgr_message decoded;
    cr_assert_eq(fgr_wire_decode(&decoded, message->data, message->n), FGR_WIRE_LONG);
    uint8_t *again = malloc(message->n);
    cr_assert_not_null(again);
    cr_assert_eq(fgr_wire_encode(again, message->n, &decoded), 0);
    free(again);
}

Test(wire, channel_announcement)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker message = {0};
    struct fgr_channel_announcement out;
    fgr_store_nodes_init(&nodes);
    fgr_store_announcement(&message, &(struct fgr_store_channel){
                                         .scid = SCID,
                                         .node_id = {nodes.id[3], nodes.id[5]},
                                         .features = "\x12\x34\x56",
                                         .chain = 0x6f,
                                     });
    cr_assert(fgr_wire_channel_announcement(&out, message.data, message.n));
    cr_assert_eq(out.scid, SCID);
    cr_assert_eq(memcmp(out.node_id[0], nodes.id[3], FGR_NODE_ID_BYTES), 0);
    cr_assert_eq(memcmp(out.node_id[1], nodes.id[5], FGR_NODE_ID_BYTES), 0);
    cr_assert_eq(out.features_len, 3);
    cr_assert_eq(memcmp(out.features, "\x12\x34\x56", 3), 0);
    cr_assert_eq(out.chain_hash[0], 0x6f);
    cr_assert_eq(out.chain_hash[FGR_CHAIN_HASH_BYTES - 1], 0x6f);
    assert_exact_length(&message);
    fgr_bytes_free(&message);
}

Test(wire, node_announcement)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker message = {0};
    struct fgr_node_announcement out;
    fgr_store_nodes_init(&nodes);
    fgr_store_node_message(&message, &(struct fgr_store_node){
                                         .id = nodes.id[2],
                                         .alias = "\xff\x00 any bytes",
                                         .n_alias = 12,
                                         .features = "\x80",
                                         .timestamp = 1700000001,
                                     });
    cr_assert(fgr_wire_node_announcement(&out, message.data, message.n));
    cr_assert_eq(memcmp(out.node_id, nodes.id[2], FGR_NODE_ID_BYTES), 0);
    cr_assert_eq(memcmp(out.alias, "\xff\x00 any bytes", 12), 0);
    cr_assert_eq(out.alias[12], 0);
    cr_assert_eq(out.features_len, 1);
    cr_assert_eq(out.features[0], 0x80);
    cr_assert_eq(out.timestamp, 1700000001);
    assert_exact_length(&message);
    fgr_bytes_free(&message);
}

static const struct fgr_store_update update = {
    .scid = SCID,
    .htlc_min_msat = UINT64_C(0x0102030405060708),
    .htlc_max_msat = UINT64_C(0xf1f2f3f4f5f6f7f8),
    .timestamp = 1700000002,
    .base_msat = 0xfffffffe,
    .ppm = 0xfffffffd,
    .cltv_delta = 0xfffc,
    .channel_flags = 3,
    .chain = 0x6f,
};

Test(wire, channel_update)
{
    struct fgr_bytes_maker message = {0};
    struct fgr_channel_update out;
    fgr_store_update_message(&message, &update);
    cr_assert_eq(message.n, 138);
    cr_assert(fgr_wire_channel_update(&out, message.data, message.n));
    cr_assert_eq(out.scid, SCID);
    cr_assert_eq(out.htlc_min_msat, update.htlc_min_msat);
    cr_assert_eq(out.htlc_max_msat, update.htlc_max_msat);
    cr_assert_eq(out.timestamp, update.timestamp);
    cr_assert_eq(out.base_msat, update.base_msat);
    cr_assert_eq(out.ppm, update.ppm);
    cr_assert_eq(out.cltv_delta, update.cltv_delta);
    cr_assert_eq(fgr_wire_direction(&out), 1);
    cr_assert(fgr_wire_is_disabled(&out));
    cr_assert_eq(out.chain_hash[31], 0x6f);
    cr_assert_eq(out.inbound_base_msat, 0);
    cr_assert_eq(out.inbound_ppm, 0);
    assert_exact_length(&message);
    fgr_bytes_free(&message);
}

#define FEE "\xff\xff\xff\xfb\x00\x00\x01\x2c" /* -5 msat, 300 ppm */
#define FEE_RECORD "\xfd\xd9\x03\x08" FEE
#define BYTES(text) (text), sizeof(text) - 1

Test(wire, inbound_fee_counts_only_in_a_well_formed_stream)
{
    static const struct {
        const char *extension;
        size_t n;
        bool is_read;
    } cases[] = {
        {BYTES(FEE_RECORD), true},
        {BYTES("\x01\x00" FEE_RECORD "\xfd\xd9\x05\x01x"), true},
        {BYTES("\x01\x02xy" FEE_RECORD "\xff\xff\xff\xff\xff\xff\xff\xff\xfe\x00"), true},
        {BYTES(FEE_RECORD "\xff"), false},      /* cut after it */
        {BYTES("\xfd\xd9\x03\x07" FEE), false}, /* one byte short, one left over */
        {BYTES("\xfd\xd9\x03\x07\xff\xff\xff\xfb\x00\x00\x01"), false},
        {BYTES("\xfd\xd9\x03\x09" FEE "x"), false},     /* one byte too long */
        {BYTES(FEE_RECORD FEE_RECORD), false},          /* twice */
        {BYTES("\xfd\xd9\x04\x00" FEE_RECORD), false},  /* types descend */
        {BYTES("\xfe\x00\x00\xd9\x03\x08" FEE), false}, /* type not in its shortest form */
        {BYTES("\xfd\xd9\x03\xfd\x00\x08" FEE), false}, /* nor the length */
        {BYTES("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff" FEE_RECORD), false},
        {BYTES("\xfd\xd9\x02\x08" FEE), false}, /* another type */
        {BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00" FEE_RECORD), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_store_update with_tail = update;
        struct fgr_bytes_maker message = {0};
        struct fgr_channel_update out;
        with_tail.extension = cases[i].extension;
        with_tail.n_extension = cases[i].n;
        fgr_store_update_message(&message, &with_tail);
        cr_assert(fgr_wire_channel_update(&out, message.data, message.n));
        cr_assert_eq(out.inbound_base_msat, cases[i].is_read ? -5 : 0, "case %zu", i);
        cr_assert_eq(out.inbound_ppm, cases[i].is_read ? 300 : 0, "case %zu", i);
        for (size_t n = 138; n < message.n; n++) {
            cr_assert(decodes(&message, n));
        }
        fgr_bytes_free(&message);
    }
}

Test(wire, knows_its_types)
{
    static const struct {
        unsigned type, n_signatures, signed_at;
        const char *name;
    } cases[] = {{256, 4, 258, "channel_announcement"},
                 {257, 1, 66, "node_announcement"},
                 {258, 1, 66, "channel_update"},
                 {259, 0, 2, "message"},
                 {0, 0, 2, "message"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_message message = {.type = cases[i].type};
        uint8_t bytes[1024] = {(uint8_t)(cases[i].type >> 8), (uint8_t)cases[i].type};
        cr_assert_eq(fgr_wire_n_signatures(cases[i].type), cases[i].n_signatures);
        cr_assert_eq(fgr_wire_signed_at(cases[i].type), cases[i].signed_at);
        cr_assert_str_eq(fgr_wire_type_str(cases[i].type), cases[i].name);
        cr_assert_eq(fgr_wire_decode(&message, bytes, sizeof bytes) == FGR_WIRE_OTHER_TYPE,
                     cases[i].n_signatures == 0);
    }
    struct fgr_message other = {.type = 259};
    uint8_t byte[2];
    cr_assert_eq(fgr_wire_encode(byte, sizeof byte, &other), 0);
}

/* What is left out is zeros, for a signer to fill in. */
Test(wire, encodes_what_is_not_signed_yet)
{
    static const unsigned types[] = {256, 257, 258};
    static const size_t lengths[] = {432, 142, 138};
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[512];
        struct fgr_message empty = {.type = types[i]};
        memset(bytes, 0xff, sizeof bytes);
        cr_assert_eq(fgr_wire_encode(bytes, sizeof bytes, &empty), lengths[i]);
        for (size_t at = 2; at < lengths[i]; at++) {
            cr_assert_eq(bytes[at], 0, "type %u, byte %zu", types[i], at);
        }
        cr_assert_eq(bytes[lengths[i]], 0xff);
    }
}

/* ---- real messages ------------------------------------------------------------------------- */

static void check_real(const struct fgr_bytes_maker *message, const char *scid_or_id)
{
    struct fgr_channel_announcement channel;
    struct fgr_channel_update channel_update;
    struct fgr_node_announcement node;
    uint8_t id[FGR_NODE_ID_BYTES];
    uint64_t scid = 0;
    struct fgr_text text = {scid_or_id, strlen(scid_or_id)};
    switch (fgr_wire_type(message->data, message->n)) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        cr_assert(fgr_wire_channel_announcement(&channel, message->data, message->n));
        cr_assert(fgr_parse_scid(&scid, text));
        cr_assert_eq(channel.scid, scid);
        cr_assert_lt(memcmp(channel.node_id[0], channel.node_id[1], FGR_NODE_ID_BYTES), 0);
        break;
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        cr_assert(fgr_wire_node_announcement(&node, message->data, message->n));
        cr_assert(fgr_parse_node_id(id, text));
        cr_assert_eq(memcmp(node.node_id, id, sizeof id), 0);
        break;
    case FGR_WIRE_CHANNEL_UPDATE:
        /* Two rows have the form without htlc_maximum_msat. */
        cr_assert_eq(fgr_wire_channel_update(&channel_update, message->data, message->n),
                     message->n >= 138);
        cr_assert(fgr_parse_scid(&scid, text));
        cr_assert(message->n < 138 || channel_update.scid == scid);
        break;
    default:
        cr_assert(false, "type of a message");
    }
}

Test(wire, real_messages)
{
    struct fgr_vectors vectors;
    struct fgr_vector vector;
    size_t n_messages = 0;
    if (!fgr_vectors_open(&vectors)) {
        cr_skip("vectors/signed-messages.csv of the snapshot is not here");
    }
    while (fgr_vectors_next(&vectors, &vector)) {
        struct fgr_bytes_maker *message = &vector.message;
        cr_assert_eq(fgr_wire_type(message->data, message->n), vector.type);
        check_real(message, vector.scid_or_id);
        if (message->n > 130) {
            cr_assert(decodes(message, message->n));
            cr_assert_not(decodes(message, message->n > 138 ? 137 : 130));
        }
        fgr_bytes_free(message);
        n_messages++;
    }
    fgr_vectors_close(&vectors);
    cr_assert_eq(n_messages, 165);
}
