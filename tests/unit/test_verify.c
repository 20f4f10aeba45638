/* SPDX-License-Identifier: MIT */
#include "graph/verify.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/import/parse.h"
#include "graph/key_cache.h"
#include "tests/support/signed_maker.h"
#include "tests/support/vectors.h"

static const uint64_t ends[2] = {11, 12};
enum { SCID = 77, TIMESTAMP = 1700000000 };

static struct fgr_verifier *create(const struct fgr_verify_options *options)
{
    struct fgr_verifier *verifier;
    struct fgr_error err;
    cr_assert_eq(fgr_verifier_create(&verifier, options, &err), FGR_OK, "%s", err.text);
    return verifier;
}

static bool offer(struct fgr_verifier *verifier, const struct fgr_signed *message, uint64_t tag)
{
    return fgr_verifier_offer(verifier, &(struct fgr_verify_input){.message = message->bytes,
                                                                   .n_bytes = message->n_bytes,
                                                                   .signer = message->signer,
                                                                   .tag = tag});
}

/* The verdict about one message alone. */
static struct fgr_verdict judge(struct fgr_verifier *verifier, const struct fgr_signed *message)
{
    struct fgr_verdict verdict;
    cr_assert(offer(verifier, message, 5));
    fgr_verifier_flush(verifier);
    cr_assert(fgr_verifier_wait(verifier, &verdict));
    cr_assert_eq(verdict.tag, 5);
    cr_assert_eq(verdict.verified != NULL, verdict.kind == FGR_VERDICT_PROVEN);
    return verdict;
}

/* One message of each type. */
static void make_all(const struct fgr_signed_maker *maker, struct fgr_signed out[3])
{
    fgr_signed_channel(maker, &out[0], ends, SCID);
    fgr_signed_node(maker, &out[1], ends[0], TIMESTAMP);
    fgr_signed_update(maker, &out[2], ends, SCID, TIMESTAMP);
}

Test(verify, proves_what_is_signed)
{
    struct fgr_signed_maker maker;
    struct fgr_signed messages[3];
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 1});
    fgr_signed_maker_init(&maker);
    for (unsigned round = 0; round < 2; round++) {
        make_all(&maker, messages);
        for (unsigned i = 0; i < 3; i++) {
            struct fgr_verdict verdict = judge(verifier, &messages[i]);
            cr_assert_eq(verdict.kind, FGR_VERDICT_PROVEN, "message %u", i);
            const struct fgr_message *message = fgr_verified_message(verdict.verified);
            cr_assert_eq(message, verdict.message);
            cr_assert_eq(message->type, 256 + i);
            cr_assert_eq(message->n_bytes, messages[i].n_bytes);
            cr_assert_eq(memcmp(message->bytes, messages[i].bytes, message->n_bytes), 0);
            const uint8_t *signer = fgr_verified_signer(verdict.verified);
            cr_assert_eq(signer != NULL, i == 2);
            cr_assert(i != 2 || memcmp(signer, messages[i].signer, FGR_NODE_ID_BYTES) == 0);
        }
        /* Once more with bytes of the future at the end, which are signed, too. */
        maker.extension = (const uint8_t *)"\x01\x02hi and no TLV";
        maker.extension_len = 15;
    }
    fgr_signed_maker_deinit(&maker);
    fgr_verifier_destroy(verifier);
}

/* Any one byte: in a signature it breaks that one, behind them all of them. */
Test(verify, each_byte_counts)
{
    struct fgr_signed_maker maker;
    struct fgr_signed messages[3];
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 1});
    fgr_signed_maker_init(&maker);
    maker.extension = (const uint8_t *)"tail";
    maker.extension_len = 4;
    make_all(&maker, messages);
    for (unsigned i = 0; i < 3; i++) {
        unsigned n = fgr_wire_n_signatures(256 + i);
        for (size_t at = 2; at < messages[i].n_bytes; at++) {
            messages[i].bytes[at] ^= 0x10;
            struct fgr_verdict verdict = judge(verifier, &messages[i]);
            messages[i].bytes[at] ^= 0x10;
            /* A longer list of features or addresses is no message any more. */
            cr_assert_neq(verdict.kind, FGR_VERDICT_PROVEN, "type %u, byte %zu", 256 + i, at);
            if (verdict.kind != FGR_VERDICT_FORGED) {
                cr_assert_eq(verdict.kind, FGR_VERDICT_SHORT);
                continue;
            }
            for (unsigned k = 0; k < n; k++) {
                bool is_other = at < fgr_wire_signed_at(256 + i) && (at - 2) / 64 != k;
                cr_assert_eq(verdict.faults[k] == FGR_CURVE_GOOD, is_other,
                             "type %u, byte %zu, signature %u", 256 + i, at, k);
            }
        }
    }
    fgr_signed_maker_deinit(&maker);
    fgr_verifier_destroy(verifier);
}

/* order - s, big endian. */
static void negate(uint8_t s[32])
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                      0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
                                      0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    int borrow = 0;
    for (int i = 31; i >= 0; i--) {
        int difference = order[i] - s[i] - borrow;
        borrow = difference < 0;
        s[i] = (uint8_t)difference;
    }
}

Test(verify, says_what_is_wrong_with_each_signature)
{
    struct fgr_signed_maker maker;
    struct fgr_signed message;
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 1});
    fgr_signed_maker_init(&maker);
    fgr_signed_channel(&maker, &message, ends, SCID);
    uint8_t *signature = message.bytes + 2;
    negate(signature + 32);                       /* the other form of the first */
    memset(signature + 64, 0xff, 32);             /* r of the second is no number below the order */
    memcpy(signature + 128, signature + 192, 64); /* the third is that of another key */
    struct fgr_verdict verdict = judge(verifier, &message);
    cr_assert_eq(verdict.kind, FGR_VERDICT_FORGED);
    cr_assert_eq(verdict.faults[0], FGR_CURVE_HIGH_S);
    cr_assert_eq(verdict.faults[1], FGR_CURVE_RANGE);
    cr_assert_eq(verdict.faults[2], FGR_CURVE_WRONG);
    cr_assert_eq(verdict.faults[3], FGR_CURVE_GOOD);
    memset(signature + 192, 0, 64);
    /* x = 5 is not on the curve. The key of the fourth is the last of the message. */
    memset(message.bytes + message.n_bytes - 32, 0, 31);
    message.bytes[message.n_bytes - 1] = 5;
    verdict = judge(verifier, &message);
    cr_assert_eq(verdict.faults[3], FGR_CURVE_NO_POINT);
    fgr_signed_update(&maker, &message, ends, SCID, TIMESTAMP);
    negate(message.bytes + 2 + 32);
    cr_assert_eq(judge(verifier, &message).faults[0], FGR_CURVE_HIGH_S);
    negate(message.bytes + 2 + 32);
    cr_assert_eq(judge(verifier, &message).kind, FGR_VERDICT_PROVEN);
    memset(message.bytes + 2, 0, 64);
    cr_assert_eq(judge(verifier, &message).faults[0], FGR_CURVE_WRONG);
    fgr_signed_maker_deinit(&maker);
    fgr_verifier_destroy(verifier);
}

Test(verify, names_fields_and_verdicts)
{
    static const char *const fields[] = {"node_signature_1", "node_signature_2",
                                         "bitcoin_signature_1", "bitcoin_signature_2"};
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_str_eq(fgr_verdict_field(256, i), fields[i]);
        cr_assert_str_eq(fgr_verdict_field(257, i), "signature");
        cr_assert_str_eq(fgr_verdict_field(258, i), "signature");
    }
    for (unsigned i = 0; i < FGR_VERDICT_KINDS; i++) {
        cr_assert_str_neq(fgr_verdict_str((enum fgr_verdict_kind)i), "unknown");
        cr_assert(i == 0 || fgr_verdict_str((enum fgr_verdict_kind)i) !=
                                fgr_verdict_str((enum fgr_verdict_kind)(i - 1)));
    }
}

/* An update signed by the node at the other end, or by nobody that is known. */
Test(verify, an_update_is_by_whom_the_feeder_says)
{
    struct fgr_signed_maker maker;
    struct fgr_signed message;
    struct fgr_verdict verdict;
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 1});
    fgr_signed_maker_init(&maker);
    fgr_signed_update(&maker, &message, ends, SCID, TIMESTAMP);
    fgr_signed_id(message.signer, ends[1]);
    cr_assert_eq(judge(verifier, &message).faults[0], FGR_CURVE_WRONG);
    memset(message.signer, 0, sizeof message.signer);
    cr_assert_eq(judge(verifier, &message).faults[0], FGR_CURVE_NO_POINT);
    cr_assert(fgr_verifier_offer(verifier, &(struct fgr_verify_input){.message = message.bytes,
                                                                      .n_bytes = message.n_bytes}));
    fgr_verifier_flush(verifier);
    cr_assert(fgr_verifier_wait(verifier, &verdict));
    cr_assert_eq(verdict.kind, FGR_VERDICT_NO_SIGNER);
    cr_assert_null(verdict.verified);
    cr_assert_eq(verdict.message->update.scid, SCID);
    fgr_signed_maker_deinit(&maker);
    fgr_verifier_destroy(verifier);
}

Test(verify, what_is_no_message)
{
    static uint8_t zeros[FGR_WIRE_BYTES_MAX + 1];
    struct fgr_signed_maker maker;
    struct fgr_signed messages[3];
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 1});
    fgr_signed_maker_init(&maker);
    make_all(&maker, messages);
    for (unsigned i = 0; i < 3; i++) {
        size_t n_bytes = messages[i].n_bytes;
        for (size_t cut = 0; cut < n_bytes; cut++) {
            messages[i].n_bytes = cut;
            struct fgr_verdict verdict = judge(verifier, &messages[i]);
            cr_assert_eq(verdict.kind, cut < 2 ? FGR_VERDICT_OTHER_TYPE : FGR_VERDICT_SHORT);
        }
    }
    struct fgr_verify_input input = {.message = zeros, .n_bytes = sizeof zeros};
    struct fgr_verdict verdict;
    for (size_t less = 0; less < 2; less++) {
        input.n_bytes = sizeof zeros - less;
        cr_assert(fgr_verifier_offer(verifier, &input));
        fgr_verifier_flush(verifier);
        cr_assert(fgr_verifier_wait(verifier, &verdict));
        cr_assert_eq(verdict.kind, less == 0 ? FGR_VERDICT_LONG : FGR_VERDICT_OTHER_TYPE);
        cr_assert_eq(verdict.message->n_bytes, less == 0 ? 0 : FGR_WIRE_BYTES_MAX);
    }
    fgr_signed_maker_deinit(&maker);
    fgr_verifier_destroy(verifier);
}

/* ---- many ---------------------------------------------------------------------------------- */

enum { N_KINDS = 5, N_MANY = 7 * 400 };

struct many {
    struct fgr_signed messages[N_KINDS];
    enum fgr_verdict_kind kinds[N_KINDS];
};

static void many_init(struct many *many)
{
    struct fgr_signed_maker maker;
    fgr_signed_maker_init(&maker);
    make_all(&maker, many->messages);
    many->messages[3] = many->messages[2]; /* forged */
    many->messages[3].bytes[80] ^= 1;
    many->messages[4] = many->messages[0]; /* another type */
    many->messages[4].bytes[1] = 7;
    memset(many->kinds, 0, sizeof many->kinds);
    many->kinds[3] = FGR_VERDICT_FORGED;
    many->kinds[4] = FGR_VERDICT_OTHER_TYPE;
    fgr_signed_maker_deinit(&maker);
}

static void assert_next(const struct many *many, const struct fgr_verdict *verdict, uint64_t tag)
{
    const struct fgr_signed *sent = &many->messages[tag % 7 % N_KINDS];
    cr_assert_eq(verdict->tag, tag);
    cr_assert_eq(verdict->kind, many->kinds[tag % 7 % N_KINDS], "message %llu",
                 (unsigned long long)tag);
    cr_assert_eq(verdict->message->n_bytes, sent->n_bytes);
    cr_assert_eq(memcmp(verdict->message->bytes, sent->bytes, sent->n_bytes), 0);
}

/* Whatever the threads and queues, and however small: in order, none lost, none hidden by its
 * neighbours. Where there is no more room, nothing is taken. */
Test(verify, order_and_back_pressure, .timeout = 120)
{
    struct many many;
    many_init(&many);
    for (unsigned threads = 1; threads <= 4; threads++) {
        unsigned n_batches = 1U << threads;
        struct fgr_verifier *verifier = create(
            &(struct fgr_verify_options){.threads = threads, .n_batches = n_batches, .n_keys = 1});
        struct fgr_verdict verdict;
        uint64_t n_sent = 0, n_got = 0, n_full = 0;
        while (n_got < N_MANY) {
            if (n_sent < N_MANY && offer(verifier, &many.messages[n_sent % 7 % N_KINDS], n_sent)) {
                n_sent++;
                cr_assert_leq(n_sent - n_got, (uint64_t)n_batches * FGR_VERIFY_BATCH);
                continue;
            }
            n_full++;
            fgr_verifier_flush(verifier);
            cr_assert(fgr_verifier_wait(verifier, &verdict));
            assert_next(&many, &verdict, n_got++);
            while (n_got % 50 != 0 && fgr_verifier_take(verifier, &verdict)) {
                assert_next(&many, &verdict, n_got++);
            }
        }
        cr_assert_gt(n_full, 10);
        cr_assert_not(fgr_verifier_take(verifier, &verdict));
        cr_assert(fgr_verifier_end(verifier, false));
        cr_assert_not(fgr_verifier_wait(verifier, &verdict));
        cr_assert_not(fgr_verifier_take(verifier, &verdict));
        /* Of seven messages two are announcements, four have one signature and one is of another
         * type. */
        cr_assert_eq(fgr_verifier_stats(verifier).signatures, N_MANY / 7 * (2 * 4 + 4));
        fgr_verifier_destroy(verifier);
    }
}

/* Messages whose bytes fill a batch before their number does. */
Test(verify, large_messages)
{
    static uint8_t large[FGR_WIRE_BYTES_MAX];
    struct fgr_verifier *verifier =
        create(&(struct fgr_verify_options){.threads = 2, .n_batches = 3});
    struct fgr_verdict verdict;
    for (uint64_t i = 0; i < 50; i++) {
        struct fgr_verify_input input = {.message = large, .n_bytes = 20000 + 900 * i, .tag = i};
        large[5] = (uint8_t)i;
        cr_assert(fgr_verifier_offer(verifier, &input));
        fgr_verifier_flush(verifier);
        cr_assert(fgr_verifier_wait(verifier, &verdict));
        cr_assert_eq(verdict.tag, i);
        cr_assert_eq(verdict.message->n_bytes, input.n_bytes);
        cr_assert_eq(verdict.message->bytes[5], i);
    }
    cr_assert_not(fgr_verifier_take(verifier, &verdict), "and the last batch is given back");
    for (uint64_t i = 0; i < 9; i++) {
        struct fgr_verify_input input = {.message = large, .n_bytes = 20000, .tag = i};
        cr_assert(fgr_verifier_offer(verifier, &input), "three in each batch");
    }
    cr_assert_not(fgr_verifier_offer(
        verifier, &(struct fgr_verify_input){.message = large, .n_bytes = 20000}));
    fgr_verifier_destroy(verifier);
}

Test(verify, a_trusted_feeder)
{
    struct many many;
    struct fgr_verdict verdict;
    many_init(&many);
    struct fgr_verifier *verifier =
        create(&(struct fgr_verify_options){.threads = 1, .is_trusted = true});
    cr_assert_eq(judge(verifier, &many.messages[3]).kind, FGR_VERDICT_PROVEN);
    cr_assert_eq(judge(verifier, &many.messages[4]).kind, FGR_VERDICT_OTHER_TYPE);
    cr_assert(fgr_verifier_offer(verifier,
                                 &(struct fgr_verify_input){.message = many.messages[2].bytes,
                                                            .n_bytes = many.messages[2].n_bytes}));
    fgr_verifier_flush(verifier);
    cr_assert(fgr_verifier_wait(verifier, &verdict));
    cr_assert_eq(verdict.kind, FGR_VERDICT_NO_SIGNER);
    cr_assert_eq(fgr_verifier_stats(verifier).signatures, 0);
    fgr_verifier_destroy(verifier);
}

/* Keys are parsed once, those that never signed anything each time. */
Test(verify, keys_are_kept)
{
    struct fgr_signed_maker maker;
    struct fgr_signed good, bad;
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 1});
    fgr_signed_maker_init(&maker);
    fgr_signed_update(&maker, &good, ends, SCID, TIMESTAMP);
    fgr_signed_update(&maker, &bad, (uint64_t[2]){98, 99}, SCID, TIMESTAMP);
    bad.bytes[70] ^= 1;
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(judge(verifier, &good).kind, FGR_VERDICT_PROVEN);
        cr_assert_eq(judge(verifier, &bad).kind, FGR_VERDICT_FORGED);
    }
    struct fgr_verify_stats stats = fgr_verifier_stats(verifier);
    cr_assert_eq(stats.signatures, 20);
    cr_assert_eq(stats.node_keys, 20);
    cr_assert_eq(stats.keys_missing, 11);
    fgr_signed_maker_deinit(&maker);
    fgr_verifier_destroy(verifier);
}

Test(verify, refuses_impossible_options)
{
    static const struct fgr_verify_options options[] = {
        {.threads = 1, .n_batches = 1}, {.threads = 1, .n_keys = FGR_KEY_CACHE_MAX + 1}};
    for (unsigned i = 0; i < 2; i++) {
        struct fgr_verifier *verifier;
        struct fgr_error err;
        cr_assert_eq(fgr_verifier_create(&verifier, &options[i], &err), FGR_ERR_ARG);
    }
}

/* ---- real messages -------------------------------------------------------------------------- */

/* All that was really signed holds, and of the one that does not the very two signatures that its
 * source says: node 1 and bitcoin key 1. */
Test(verify, real_messages)
{
    struct fgr_vectors vectors;
    struct fgr_vector vector;
    size_t n_of[FGR_VERDICT_KINDS] = {0};
    struct fgr_verifier *verifier = create(&(struct fgr_verify_options){.threads = 2});
    if (!fgr_vectors_open(&vectors)) {
        cr_skip("vectors/signed-messages.csv of the snapshot is not here");
    }
    while (fgr_vectors_next(&vectors, &vector)) {
        struct fgr_verify_input input = {.message = vector.message.data,
                                         .n_bytes = vector.message.n};
        uint8_t signer[FGR_NODE_ID_BYTES];
        struct fgr_verdict verdict;
        if (vector.type == 258) {
            cr_assert(fgr_parse_node_id(
                signer, (struct fgr_text){vector.signer_hex, strlen(vector.signer_hex)}));
            input.signer = signer;
        }
        cr_assert(fgr_verifier_offer(verifier, &input));
        fgr_verifier_flush(verifier);
        cr_assert(fgr_verifier_wait(verifier, &verdict));
        bool is_bad = strncmp(vector.check, "BAD", 3) == 0;
        bool is_old = vector.message.n == 130 && vector.type == 258;
        cr_assert_eq(verdict.kind, is_bad   ? FGR_VERDICT_FORGED
                                   : is_old ? FGR_VERDICT_SHORT
                                            : FGR_VERDICT_PROVEN);
        for (unsigned i = 0; is_bad && i < 4; i++) {
            cr_assert_eq(verdict.faults[i], i % 2 == 0 ? FGR_CURVE_WRONG : FGR_CURVE_GOOD);
        }
        n_of[verdict.kind]++;
        fgr_bytes_free(&vector.message);
    }
    fgr_vectors_close(&vectors);
    fgr_verifier_destroy(verifier);
    cr_assert_eq(n_of[FGR_VERDICT_PROVEN], 162);
    cr_assert_eq(n_of[FGR_VERDICT_FORGED], 1);
    cr_assert_eq(n_of[FGR_VERDICT_SHORT], 2);
}
