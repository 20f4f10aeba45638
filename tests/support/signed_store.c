/* SPDX-License-Identifier: MIT */
/*
 * signed_store gossip_store|gsp good|bad [TIMESTAMP]: a small file of signed messages on standard output.
 *
 * Five channels in a ring, an update for each direction, a node_announcement for each node; in a
 * gossip_store also records of Core Lightning's own and a deleted one. `bad`: see spoil().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/record.h"
#include "graph/util/crc32c.h"
#include "tests/support/signed_maker.h"

enum { N_CHANNELS = 5 };
#define FIRST_SCID (UINT64_C(700001) << 40 | UINT64_C(1) << 16)

struct out {
    bool is_gsp;
    bool is_bad;
    uint32_t timestamp;
    uint64_t n_messages;
    struct fgr_crc32c_table table;
};

static void put(const void *bytes, size_t n_bytes)
{
    if (fwrite(bytes, 1, n_bytes, stdout) != n_bytes) {
        abort();
    }
}

static void put_record(struct out *out, uint16_t flags, const uint8_t *message, size_t n_bytes)
{
    uint8_t bytes[FGR_SIGNED_BYTES_MAX + FGR_RECORD_HEADER_BYTES];
    const struct fgr_record record = {.message = message,
                                      .n_message = (uint16_t)n_bytes,
                                      .timestamp = out->timestamp,
                                      .flags = flags | FGR_RECORD_COMPLETED};
    put(bytes, fgr_record_encode(bytes, sizeof bytes, &out->table, &record));
}

/* The first channel_announcement: two of its four signatures; the first update: its signature; the
 * first node_announcement: cut by one byte. */
static void spoil(const struct out *out, struct fgr_signed *message)
{
    switch (out->n_messages) {
    case 0:
        message->bytes[2 + 64] ^= 1;     /* node_signature_2 */
        message->bytes[2 + 2 * 64] ^= 1; /* bitcoin_signature_1 */
        break;
    case 1:
        message->bytes[120] ^= 1;
        break;
    case 3 * N_CHANNELS:
        message->n_bytes--;
        break;
    default:
        break;
    }
}

static void put_message(struct out *out, struct fgr_signed *message)
{
    if (out->is_bad) {
        spoil(out, message);
    }
    if (!out->is_gsp) {
        put_record(out, 0, message->bytes, message->n_bytes);
    } else {
        uint8_t length[3] = {0xfd};
        fgr_store_be16(length + 1, (uint16_t)message->n_bytes);
        bool is_short = message->n_bytes < 0xfd;
        put(is_short ? length + 2 : length, is_short ? 1 : 3);
        put(message->bytes, message->n_bytes);
    }
    out->n_messages++;
}

static void put_own(struct out *out, unsigned type, uint64_t value)
{
    uint8_t bytes[10];
    if (!out->is_gsp) {
        fgr_store_be16(bytes, (uint16_t)type);
        fgr_store_be64(bytes + 2, value);
        put_record(out, 0, bytes, sizeof bytes);
    }
}

static void put_channel(struct out *out, const struct fgr_signed_maker *maker, uint64_t number)
{
    struct fgr_signed message;
    uint64_t scid = FIRST_SCID + number;
    uint64_t nodes[2] = {number, (number + 1) % N_CHANNELS};
    fgr_signed_channel(maker, &message, nodes, scid);
    put_message(out, &message);
    put_own(out, FGR_RECORD_CHANNEL_AMOUNT, 1000000 + number);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t sender_first[2] = {nodes[i], nodes[!i]};
        fgr_signed_update(maker, &message, sender_first, scid, out->timestamp);
        put_message(out, &message);
    }
}

int main(int argc, char **argv)
{
    struct fgr_signed_maker maker;
    struct fgr_signed message;
    if (argc != 3 && argc != 4) {
        return 2;
    }
    struct out out = {.is_gsp = strcmp(argv[1], "gsp") == 0,
                      .is_bad = strcmp(argv[2], "bad") == 0,
                      .timestamp = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1700000000};
    fgr_crc32c_init(&out.table);
    fgr_signed_maker_init(&maker);
    if (out.is_gsp) {
        put("GSP\x01", 4);
    } else {
        const uint8_t version = FGR_RECORD_VERSION;
        put(&version, 1);
        put_own(&out, FGR_RECORD_UUID, 0);
        put_record(&out, FGR_RECORD_DELETED, (const uint8_t *)"\x01\x00 gone", 7);
    }
    for (uint64_t i = 0; i < N_CHANNELS; i++) {
        put_channel(&out, &maker, i);
    }
    for (uint64_t i = 0; i < N_CHANNELS; i++) {
        fgr_signed_node(&maker, &message, i, out.timestamp);
        put_message(&out, &message);
    }
    if (out.is_bad) {
        fgr_signed_update(&maker, &message, (uint64_t[2]){1, 2}, FIRST_SCID + 999, out.timestamp);
        put_message(&out, &message);
    }
    fgr_signed_maker_deinit(&maker);
    return fflush(stdout) == 0 ? 0 : 1;
}
