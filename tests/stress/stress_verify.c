/* SPDX-License-Identifier: MIT */
/*
 * stress_verify.c - a feeder and a taker of their own threads, more workers than cores, few batches,
 * key caches that are too small: every verdict is the right one, in order, with the bytes that were
 * sent.
 */
#include "graph/verify.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/signed_maker.h"

enum { N_NODES = 40, N_MESSAGES = 3 * N_NODES, N_SENT = 6000 };

struct traffic {
    struct fgr_verifier *verifier;
    struct fgr_signed messages[N_MESSAGES];
    bool is_forged[N_MESSAGES];
};

static void make(struct traffic *traffic)
{
    struct fgr_signed_maker maker;
    fgr_signed_maker_init(&maker);
    for (unsigned i = 0; i < N_NODES; i++) {
        const uint64_t nodes[2] = {i, (i + 7) % N_NODES};
        fgr_signed_update(&maker, &traffic->messages[i], nodes, i, 1700000000 + i);
        fgr_signed_node(&maker, &traffic->messages[N_NODES + i], i, 1700000000 + i);
        fgr_signed_channel(&maker, &traffic->messages[2 * N_NODES + i], nodes, i);
    }
    for (unsigned i = 0; i < N_MESSAGES; i += 3) {
        traffic->messages[i].bytes[10] ^= 1;
        traffic->is_forged[i] = true;
    }
    fgr_signed_maker_deinit(&maker);
}

static unsigned which(uint64_t tag)
{
    return (unsigned)(tag * 31 % N_MESSAGES);
}

static void *feed(void *arg)
{
    const struct traffic *traffic = arg;
    uint8_t borrowed[FGR_SIGNED_BYTES_MAX];
    for (uint64_t tag = 0; tag < N_SENT; tag++) {
        const struct fgr_signed *message = &traffic->messages[which(tag)];
        memcpy(borrowed, message->bytes, message->n_bytes);
        const struct fgr_verify_input input = {.message = borrowed,
                                               .n_bytes = message->n_bytes,
                                               .signer = message->signer,
                                               .tag = tag};
        if (tag % 4 == 0 || !fgr_verifier_offer(traffic->verifier, &input)) {
            fgr_verifier_feed(traffic->verifier, &input);
        }
        memset(borrowed, 0xdd, sizeof borrowed);
        if (tag % 97 == 0) {
            fgr_verifier_flush(traffic->verifier);
        }
    }
    fgr_verifier_end(traffic->verifier, true);
    return NULL;
}

static bool is_right(const struct traffic *traffic, const struct fgr_verdict *verdict, uint64_t tag)
{
    unsigned i = which(tag);
    const struct fgr_signed *sent = &traffic->messages[i];
    return verdict->tag == tag && (verdict->kind == FGR_VERDICT_FORGED) == traffic->is_forged[i] &&
           (verdict->kind == FGR_VERDICT_PROVEN) != traffic->is_forged[i] &&
           verdict->message->n_bytes == sent->n_bytes &&
           memcmp(verdict->message->bytes, sent->bytes, sent->n_bytes) == 0;
}

static bool run(struct traffic *traffic, unsigned threads)
{
    struct fgr_error err;
    struct fgr_verdict verdict;
    pthread_t feeder;
    uint64_t tag = 0;
    const struct fgr_verify_options options = {.threads = threads, .n_batches = 4, .n_keys = 8};
    if (fgr_verifier_create(&traffic->verifier, &options, &err) != FGR_OK ||
        pthread_create(&feeder, NULL, feed, traffic) != 0) {
        printf("not ok - verify: nothing could be started\n");
        return false;
    }
    while ((tag % 5 == 0 && fgr_verifier_take(traffic->verifier, &verdict)) ||
           fgr_verifier_wait(traffic->verifier, &verdict)) {
        if (!is_right(traffic, &verdict, tag)) {
            printf("not ok - verify: message %llu\n", (unsigned long long)tag);
            exit(1);
        }
        tag++;
    }
    pthread_join(feeder, NULL);
    fgr_verifier_destroy(traffic->verifier);
    if (tag != N_SENT) {
        printf("not ok - verify: %llu verdicts\n", (unsigned long long)tag);
    }
    return tag == N_SENT;
}

int main(void)
{
    static struct traffic traffic;
    make(&traffic);
    for (unsigned threads = 1; threads <= 4; threads++) {
        if (!run(&traffic, threads)) {
            return 1;
        }
    }
    printf("ok - verify: every verdict right, in order\n");
    return 0;
}
