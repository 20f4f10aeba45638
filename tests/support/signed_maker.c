/* SPDX-License-Identifier: MIT */
#include "tests/support/signed_maker.h"

#include <stdlib.h>
#include <string.h>

/* Mainnet's, as messages carry it. */
static const uint8_t chain_hash[FGR_CHAIN_HASH_BYTES] = {
    0x6f, 0xe2, 0x8c, 0x0a, 0xb6, 0xf1, 0xb3, 0x72, 0xc1, 0xa6, 0xa2, 0x46, 0xae, 0x63, 0xf7, 0x4f,
    0x93, 0x1e, 0x83, 0x65, 0xe1, 0x5a, 0x08, 0x9c, 0x68, 0xd6, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

void fgr_signed_maker_init(struct fgr_signed_maker *maker)
{
    *maker = (struct fgr_signed_maker){0};
    require(fgr_signer_create(&maker->signer, NULL) == FGR_OK);
}

void fgr_signed_maker_deinit(struct fgr_signed_maker *maker)
{
    fgr_signer_destroy(maker->signer);
}

void fgr_signed_secret(uint8_t out_secret[FGR_CURVE_SECRET_BYTES], uint64_t number)
{
    memset(out_secret, 0x01, FGR_CURVE_SECRET_BYTES);
    fgr_store_be64(out_secret, number);
}

void fgr_signed_id(uint8_t out_id[FGR_NODE_ID_BYTES], uint64_t number)
{
    uint8_t secret[FGR_CURVE_SECRET_BYTES];
    fgr_signed_secret(secret, number);
    require(fgr_curve_derive(out_id, secret));
}

static void encode_and_sign(const struct fgr_signed_maker *maker, struct fgr_signed *out,
                            const struct fgr_message *message, const uint8_t *const secrets[])
{
    out->n_bytes = fgr_wire_encode(out->bytes, sizeof out->bytes, message);
    require(out->n_bytes > 0);
    require(fgr_sign(maker->signer, out->bytes, out->n_bytes, secrets, NULL) == FGR_OK);
}

void fgr_signed_channel(const struct fgr_signed_maker *maker, struct fgr_signed *out,
                        const uint64_t nodes[2], uint64_t scid)
{
    uint8_t secret[4][FGR_CURVE_SECRET_BYTES], id[4][FGR_NODE_ID_BYTES];
    const uint64_t numbers[4] = {nodes[0], nodes[1], ~(2 * scid), ~(2 * scid + 1)};
    for (unsigned i = 0; i < 4; i++) {
        fgr_signed_secret(secret[i], numbers[i]);
        fgr_signed_id(id[i], numbers[i]);
    }
    unsigned first = memcmp(id[0], id[1], FGR_NODE_ID_BYTES) > 0;
    const struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_ANNOUNCEMENT,
        .channel = {.scid = scid,
                    .chain_hash = chain_hash,
                    .node_id = {id[first], id[!first]},
                    .bitcoin_key = {id[2], id[3]},
                    .extension = maker->extension,
                    .extension_len = maker->extension_len},
    };
    const uint8_t *const secrets[] = {secret[first], secret[!first], secret[2], secret[3]};
    memset(out->signer, 0, sizeof out->signer);
    encode_and_sign(maker, out, &message, secrets);
}

void fgr_signed_update(const struct fgr_signed_maker *maker, struct fgr_signed *out,
                       const uint64_t nodes[2], uint64_t scid, uint32_t timestamp)
{
    uint8_t secret[FGR_CURVE_SECRET_BYTES], peer[FGR_NODE_ID_BYTES];
    fgr_signed_secret(secret, nodes[0]);
    fgr_signed_id(out->signer, nodes[0]);
    fgr_signed_id(peer, nodes[1]);
    bool is_second = memcmp(out->signer, peer, sizeof peer) > 0;
    const struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_UPDATE,
        .update = {.scid = scid,
                   .chain_hash = chain_hash,
                   .timestamp = timestamp,
                   .message_flags = FGR_WIRE_FLAG_MUST_BE_ONE,
                   .channel_flags = is_second ? FGR_WIRE_FLAG_DIRECTION : 0,
                   .cltv_delta = 80,
                   .htlc_min_msat = 1000,
                   .htlc_max_msat = 1000000000,
                   .base_msat = 1000,
                   .ppm = timestamp % 1000,
                   .extension = maker->extension,
                   .extension_len = maker->extension_len},
    };
    const uint8_t *const secrets[] = {secret};
    encode_and_sign(maker, out, &message, secrets);
}

void fgr_signed_node(const struct fgr_signed_maker *maker, struct fgr_signed *out, uint64_t node,
                     uint32_t timestamp)
{
    static const uint8_t alias[FGR_ALIAS_BYTES_MAX] = "made for a test";
    uint8_t secret[FGR_CURVE_SECRET_BYTES];
    fgr_signed_secret(secret, node);
    fgr_signed_id(out->signer, node);
    const struct fgr_message message = {
        .type = FGR_WIRE_NODE_ANNOUNCEMENT,
        .node = {.node_id = out->signer,
                 .timestamp = timestamp,
                 .alias = alias,
                 .extension = maker->extension,
                 .extension_len = maker->extension_len},
    };
    const uint8_t *const secrets[] = {secret};
    encode_and_sign(maker, out, &message, secrets);
}

void fgr_signed_again(const struct fgr_signed_maker *maker, struct fgr_signed *io_signed,
                      uint64_t node)
{
    uint8_t secret[FGR_CURVE_SECRET_BYTES];
    fgr_signed_secret(secret, node);
    const uint8_t *const secrets[] = {secret};
    require(fgr_sign(maker->signer, io_signed->bytes, io_signed->n_bytes, secrets, NULL) == FGR_OK);
}
