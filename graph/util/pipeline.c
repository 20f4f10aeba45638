/* SPDX-License-Identifier: MIT */
/*
 * pipeline.c - a ring of slots, handed on by semaphores.
 *
 * Slot k mod n is, in turn: free, filled by the producer, worked at, done, read by the consumer,
 * free. `free` counts free slots, `ready` the filled ones nobody has claimed, `done` of each slot
 * whether its worker is through. A worker that has taken one from `ready` draws the next ticket:
 * that is the slot it works at. So whoever is free takes the oldest work. A ring per worker would
 * have to deal slots in advance; if the kernel puts a worker aside, its slots wait with it, and as
 * order is kept all the others behind them too. A lock-free queue with many consumers spins while a
 * thread that is half way through is not running. Here nobody spins, whatever the number of cores.
 *
 * Ordering, for slot k (counted from 0):
 *  - Producer to worker. fgr_pipeline_submit posts `ready` for the (k+1)-th time after filling it.
 *    The worker with ticket k has in its past the waits of all who drew tickets 0 to k: each wait
 *    comes before its own draw, and the draws form a chain, each acquiring what the one before
 *    released. Of k+1 waits that succeeded one is at least the (k+1)-th to have taken from `ready`,
 *    and that one follows the (k+1)-th post and what came before it.
 *  - Worker to consumer: `done` of the slot is posted after the work, waited for before the reading.
 *    The same slot is not used again before the consumer released it, so no post is mistaken for
 *    that of a later round.
 *  - Consumer to producer: `free` is posted in the order of slots by one thread and waited for by
 *    one thread, so the m-th wait follows the release of slot m - n.
 * The only atomics are the ticket and `is_closing`.
 *
 * A semaphore costs 20 ns where nobody sleeps, so slots should hold work for some microseconds; the
 * words of several threads share cache lines for that reason, too.
 */
#include "graph/util/pipeline.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "graph/util/error.h"
#include "graph/util/thread.h"

#define LINE_BYTES 64

struct member {
    struct fgr_pipeline *pipeline;
    pthread_t thread;
    unsigned worker;
};

struct slot_state {
    sem_t done;
    bool is_end; /* written by the producer before the post, read by the consumer behind it */
};

struct fgr_pipeline {
    fgr_pipeline_fn *fn;
    void *state;
    unsigned n_slots;
    unsigned n_members;
    size_t slot_bytes;
    uint8_t *slots;
    struct slot_state *states;
    struct member *members;
    sem_t ready;
    sem_t free;
    _Atomic uint64_t ticket; /* the next slot that a worker claims */
    atomic_bool is_closing;

    /* The producer's alone. */
    uint64_t n_submitted;
    bool has_room; /* the slot n_submitted is the producer's */

    /* The consumer's alone. */
    uint64_t n_released;
    bool has_done; /* the slot n_released is the consumer's */
};

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0 && errno == EINTR) {
    }
}

static bool try_for(sem_t *semaphore)
{
    int status;
    do {
        status = sem_trywait(semaphore);
    } while (status != 0 && errno == EINTR);
    return status == 0;
}

static void *slot_at(const struct fgr_pipeline *pipeline, uint64_t k)
{
    return pipeline->slots + (size_t)(k % pipeline->n_slots) * pipeline->slot_bytes;
}

static struct slot_state *state_at(const struct fgr_pipeline *pipeline, uint64_t k)
{
    return &pipeline->states[k % pipeline->n_slots];
}

static void *thread_main(void *arg)
{
    const struct member *member = arg;
    struct fgr_pipeline *pipeline = member->pipeline;
    for (;;) {
        wait_for(&pipeline->ready);
        /* Pairs with the store in fgr_pipeline_destroy, which `ready` has ordered before. */
        if (atomic_load_explicit(&pipeline->is_closing, memory_order_relaxed)) {
            return NULL;
        }
        /* Pairs with itself in the other workers: each draw orders the waits of those before it
         * before the use of the slot, see above. */
        uint64_t k = atomic_fetch_add_explicit(&pipeline->ticket, 1, memory_order_acq_rel);
        pipeline->fn(pipeline->state, member->worker, slot_at(pipeline, k));
        sem_post(&state_at(pipeline, k)->done);
    }
}

/* ---- life ---------------------------------------------------------------------------------- */

static void free_all(struct fgr_pipeline *pipeline)
{
    free(pipeline->members);
    free(pipeline->states);
    free(pipeline->slots);
    free(pipeline);
}

/* NULL: MEMORY in err. */
static struct fgr_pipeline *allocate(const struct fgr_pipeline_options *options,
                                     struct fgr_error *err)
{
    size_t slot_bytes = (options->slot_bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    size_t n_bytes = options->n_slots * slot_bytes;
    struct fgr_pipeline *pipeline = malloc(sizeof *pipeline);
    if (pipeline == NULL) {
        fgr_fail_memory(err, sizeof *pipeline);
        return NULL;
    }
    *pipeline = (struct fgr_pipeline){
        .fn = options->fn,
        .state = options->state,
        .n_slots = options->n_slots,
        .slot_bytes = slot_bytes,
        .slots = aligned_alloc(LINE_BYTES, n_bytes),
        .states = calloc(options->n_slots, sizeof(struct slot_state)),
        .members = calloc(options->threads, sizeof(struct member)),
    };
    if (pipeline->slots == NULL || pipeline->states == NULL || pipeline->members == NULL) {
        free_all(pipeline);
        fgr_fail_memory(err, n_bytes);
        return NULL;
    }
    memset(pipeline->slots, 0, n_bytes);
    return pipeline;
}

enum fgr_err fgr_pipeline_create(struct fgr_pipeline **out_pipeline,
                                 const struct fgr_pipeline_options *options, struct fgr_error *err)
{
    if (options->threads < 1 || options->threads > FGR_PIPELINE_THREADS_MAX ||
        options->n_slots < 2 || options->n_slots > FGR_PIPELINE_SLOTS_MAX ||
        options->slot_bytes == 0 || options->slot_bytes > SIZE_MAX / FGR_PIPELINE_SLOTS_MAX / 2) {
        return fgr_fail(err, FGR_ERR_ARG, "%u threads and %u slots of %zu bytes make no pipeline",
                        options->threads, options->n_slots, options->slot_bytes);
    }
    struct fgr_pipeline *pipeline = allocate(options, err);
    if (pipeline == NULL) {
        return FGR_ERR_MEMORY;
    }
    sem_init(&pipeline->ready, 0, 0);
    sem_init(&pipeline->free, 0, pipeline->n_slots);
    for (unsigned i = 0; i < pipeline->n_slots; i++) {
        sem_init(&pipeline->states[i].done, 0, 0);
    }
    atomic_init(&pipeline->ticket, 0);
    atomic_init(&pipeline->is_closing, false);
    for (unsigned i = 0; i < options->threads; i++) {
        pipeline->members[i] = (struct member){.pipeline = pipeline, .worker = i};
        if (!fgr_thread_start(&pipeline->members[i].thread, thread_main, &pipeline->members[i])) {
            break;
        }
        pipeline->n_members++;
    }
    if (pipeline->n_members == 0) {
        fgr_pipeline_destroy(pipeline);
        return fgr_fail(err, FGR_ERR_IO, "the system starts no thread");
    }
    *out_pipeline = pipeline;
    return FGR_OK;
}

void fgr_pipeline_destroy(struct fgr_pipeline *pipeline)
{
    if (pipeline == NULL) {
        return;
    }
    /* Pairs with the load in thread_main, by way of `ready`. */
    atomic_store_explicit(&pipeline->is_closing, true, memory_order_relaxed);
    for (unsigned i = 0; i < pipeline->n_members; i++) {
        sem_post(&pipeline->ready);
    }
    for (unsigned i = 0; i < pipeline->n_members; i++) {
        pthread_join(pipeline->members[i].thread, NULL);
    }
    for (unsigned i = 0; i < pipeline->n_slots; i++) {
        sem_destroy(&pipeline->states[i].done);
    }
    sem_destroy(&pipeline->free);
    sem_destroy(&pipeline->ready);
    free_all(pipeline);
}

/* ---- producer ------------------------------------------------------------------------------ */

void *fgr_pipeline_room(struct fgr_pipeline *pipeline)
{
    pipeline->has_room = pipeline->has_room || try_for(&pipeline->free);
    return pipeline->has_room ? slot_at(pipeline, pipeline->n_submitted) : NULL;
}

void *fgr_pipeline_wait_room(struct fgr_pipeline *pipeline)
{
    if (!pipeline->has_room) {
        wait_for(&pipeline->free);
        pipeline->has_room = true;
    }
    return slot_at(pipeline, pipeline->n_submitted);
}

void fgr_pipeline_submit(struct fgr_pipeline *pipeline)
{
    pipeline->n_submitted++;
    pipeline->has_room = false;
    sem_post(&pipeline->ready);
}

bool fgr_pipeline_end(struct fgr_pipeline *pipeline, bool may_wait)
{
    void *slot = may_wait ? fgr_pipeline_wait_room(pipeline) : fgr_pipeline_room(pipeline);
    if (slot == NULL) {
        return false;
    }
    /* No worker gets to see this slot: it goes straight to the consumer. */
    struct slot_state *state = state_at(pipeline, pipeline->n_submitted);
    state->is_end = true;
    sem_post(&state->done);
    return true;
}

/* ---- consumer ------------------------------------------------------------------------------ */

/* The slot that the consumer has got; NULL at the end, which it then never leaves. */
static void *current(const struct fgr_pipeline *pipeline)
{
    return state_at(pipeline, pipeline->n_released)->is_end
               ? NULL
               : slot_at(pipeline, pipeline->n_released);
}

void *fgr_pipeline_done(struct fgr_pipeline *pipeline)
{
    pipeline->has_done =
        pipeline->has_done || try_for(&state_at(pipeline, pipeline->n_released)->done);
    return pipeline->has_done ? current(pipeline) : NULL;
}

void *fgr_pipeline_wait_done(struct fgr_pipeline *pipeline)
{
    if (!pipeline->has_done) {
        wait_for(&state_at(pipeline, pipeline->n_released)->done);
        pipeline->has_done = true;
    }
    return current(pipeline);
}

void fgr_pipeline_release(struct fgr_pipeline *pipeline)
{
    pipeline->n_released++;
    pipeline->has_done = false;
    sem_post(&pipeline->free);
}
