/* SPDX-License-Identifier: MIT */
/*
 * stress_pipeline.c - producer, workers and consumer with as few slots as can be, and plain memory
 * handed on between them. Every slot is overwritten with poison as soon as it is given back, so
 * that whoever reads it too late or too early sees it, on any machine and without a sanitizer.
 */
#include "graph/util/pipeline.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 40, ROUNDS = 24, SLOTS = 30000 };

struct item {
    uint64_t number;
    uint64_t in[WORDS];
    uint64_t out[WORDS];
};

static uint64_t mixed(uint64_t number, uint64_t i)
{
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ i;
}

static void fail(const char *what, uint64_t number)
{
    printf("not ok - pipeline: %s at slot %llu\n", what, (unsigned long long)number);
    exit(1);
}

static void work(void *state, unsigned worker, void *slot)
{
    struct item *item = slot;
    uint64_t *per_worker = state;
    for (unsigned i = 0; i < WORDS; i++) {
        if (item->in[i] != mixed(item->number, i)) {
            fail("the worker reads what nobody wrote", item->number);
        }
        item->out[i] = ~item->in[i];
    }
    per_worker[16 * worker]++; /* owned by the worker */
}

static void *produce(void *arg)
{
    struct fgr_pipeline *pipeline = arg;
    for (uint64_t number = 0; number < SLOTS; number++) {
        struct item *item = number % 3 == 0 ? fgr_pipeline_room(pipeline) : NULL;
        if (item == NULL) {
            item = fgr_pipeline_wait_room(pipeline);
        }
        item->number = number;
        for (unsigned i = 0; i < WORDS; i++) {
            item->in[i] = mixed(number, i);
        }
        fgr_pipeline_submit(pipeline);
    }
    fgr_pipeline_end(pipeline, true);
    return NULL;
}

/* All of them, in order; returns how many. */
static uint64_t consume(struct fgr_pipeline *pipeline)
{
    uint64_t number = 0;
    for (;; number++) {
        struct item *item = number % 5 == 0 ? fgr_pipeline_done(pipeline) : NULL;
        if (item == NULL) {
            item = fgr_pipeline_wait_done(pipeline);
        }
        if (item == NULL) {
            return number;
        }
        if (item->number != number) {
            fail("out of order", number);
        }
        for (unsigned i = 0; i < WORDS; i++) {
            if (item->out[i] != ~mixed(number, i)) {
                fail("the consumer reads what the worker did not write", number);
            }
        }
        memset(item, 0xdd, sizeof *item);
        fgr_pipeline_release(pipeline);
    }
}

static void run(unsigned threads, unsigned n_slots)
{
    static uint64_t per_worker[16 * 8];
    struct fgr_pipeline *pipeline;
    struct fgr_error err;
    pthread_t producer;
    const struct fgr_pipeline_options options = {.fn = work,
                                                 .state = per_worker,
                                                 .threads = threads,
                                                 .n_slots = n_slots,
                                                 .slot_bytes = sizeof(struct item)};
    memset(per_worker, 0, sizeof per_worker);
    if (fgr_pipeline_create(&pipeline, &options, &err) != FGR_OK ||
        pthread_create(&producer, NULL, produce, pipeline) != 0) {
        fail("nothing could be started", 0);
    }
    uint64_t n = consume(pipeline);
    pthread_join(producer, NULL);
    fgr_pipeline_destroy(pipeline);
    for (unsigned i = 0; i < threads; i++) {
        n -= per_worker[16 * i];
    }
    if (n != 0) {
        fail("not each slot was worked at once", n);
    }
}

/* Torn down with work under way. */
static void abandon(unsigned threads)
{
    static uint64_t per_worker[16 * 8];
    struct fgr_pipeline *pipeline;
    struct fgr_error err;
    const struct fgr_pipeline_options options = {.fn = work,
                                                 .state = per_worker,
                                                 .threads = threads,
                                                 .n_slots = 16,
                                                 .slot_bytes = sizeof(struct item)};
    if (fgr_pipeline_create(&pipeline, &options, &err) != FGR_OK) {
        fail("nothing could be started", 0);
    }
    struct item *item;
    for (uint64_t number = 0; (item = fgr_pipeline_room(pipeline)) != NULL; number++) {
        item->number = number;
        for (unsigned i = 0; i < WORDS; i++) {
            item->in[i] = mixed(number, i);
        }
        fgr_pipeline_submit(pipeline);
    }
    fgr_pipeline_destroy(pipeline);
}

int main(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        run(1 + round % 5, 2U << round % 4);
        abandon(1 + round % 8);
    }
    printf("ok - pipeline: every slot once, in order, every write seen\n");
    return 0;
}
