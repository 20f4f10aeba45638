/* SPDX-License-Identifier: MIT */
/*
 * parallel.c - a crew of threads that sleep between runs.
 *
 * A run is one generation: the caller fills in the job and raises the generation under the mutex,
 * every thread sees it once, takes chunks until none is left, and reports back under the mutex.
 * The caller returns when all have reported, so the job and everything it points to is only read
 * while a run lasts.
 *
 * Ordering: the mutex orders the job before the work (fgr_crew_run -> thread_main) and the results
 * before the return (thread_main -> fgr_crew_run). The only atomic is `next`, which hands out item
 * numbers and carries no data; relaxed order is enough for it.
 */
#include "graph/util/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "graph/util/error.h"
#include "graph/util/thread.h"

/* More threads than this help nobody; the crew is silently cut to it. */
#define CREW_MAX 1024

struct member {
    struct fgr_crew *crew;
    pthread_t thread;
    unsigned worker;
};

struct job {
    fgr_crew_fn *fn;
    void *state;
    size_t n_items;
    size_t chunk;
};

struct fgr_crew {
    pthread_mutex_t mutex;
    pthread_cond_t started;  /* generation or is_closing changed */
    pthread_cond_t finished; /* n_busy reached 0 */
    struct job job;          /* written by the caller while no run lasts */
    uint64_t generation;     /* under mutex */
    unsigned n_busy;         /* under mutex: members that have not reported */
    bool is_closing;         /* under mutex */
    unsigned n_members;      /* threads beside the caller */
    atomic_size_t next;      /* first item nobody has claimed */
    struct member members[];
};

static void work(struct fgr_crew *crew, unsigned worker)
{
    const struct job job = crew->job;
    for (;;) {
        /* Pairs with itself in the other workers and with the store in fgr_crew_run: the sum is
         * atomic, so no item is claimed twice. Relaxed: the mutex orders the data. */
        size_t begin = atomic_fetch_add_explicit(&crew->next, job.chunk, memory_order_relaxed);
        if (begin >= job.n_items) {
            return;
        }
        size_t n_left = job.n_items - begin;
        job.fn(job.state, worker, begin, begin + (n_left < job.chunk ? n_left : job.chunk));
    }
}

static void *thread_main(void *arg)
{
    const struct member *member = arg;
    struct fgr_crew *crew = member->crew;
    uint64_t seen = 0;
    pthread_mutex_lock(&crew->mutex);
    for (;;) {
        while (crew->generation == seen && !crew->is_closing) {
            pthread_cond_wait(&crew->started, &crew->mutex);
        }
        if (crew->is_closing) {
            break;
        }
        seen = crew->generation;
        pthread_mutex_unlock(&crew->mutex);
        work(crew, member->worker);
        pthread_mutex_lock(&crew->mutex);
        if (--crew->n_busy == 0) {
            pthread_cond_signal(&crew->finished);
        }
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

static void start_members(struct fgr_crew *crew, unsigned n_members)
{
    for (unsigned i = 0; i < n_members; i++) {
        struct member *member = &crew->members[i];
        *member = (struct member){.crew = crew, .worker = i + 1};
        if (!fgr_thread_start(&member->thread, thread_main, member)) {
            break;
        }
        crew->n_members++;
    }
}

enum fgr_err fgr_crew_create(struct fgr_crew **out_crew, unsigned threads, struct fgr_error *err)
{
    unsigned wanted = threads > 0 ? threads : fgr_thread_cores();
    unsigned n_members = (wanted < CREW_MAX ? wanted : CREW_MAX) - 1;
    size_t n_bytes = sizeof(struct fgr_crew) + n_members * sizeof(struct member);
    struct fgr_crew *crew = calloc(1, n_bytes);
    if (crew == NULL) {
        return fgr_fail_memory(err, n_bytes);
    }
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->started, NULL);
    pthread_cond_init(&crew->finished, NULL);
    atomic_init(&crew->next, 0);
    start_members(crew, n_members);
    *out_crew = crew;
    return FGR_OK;
}

void fgr_crew_destroy(struct fgr_crew *crew)
{
    if (crew == NULL) {
        return;
    }
    pthread_mutex_lock(&crew->mutex);
    crew->is_closing = true;
    pthread_cond_broadcast(&crew->started);
    pthread_mutex_unlock(&crew->mutex);
    for (unsigned i = 0; i < crew->n_members; i++) {
        pthread_join(crew->members[i].thread, NULL);
    }
    pthread_cond_destroy(&crew->finished);
    pthread_cond_destroy(&crew->started);
    pthread_mutex_destroy(&crew->mutex);
    free(crew);
}

unsigned fgr_crew_size(const struct fgr_crew *crew)
{
    return crew->n_members + 1;
}

void fgr_crew_run(struct fgr_crew *crew, fgr_crew_fn *fn, void *state, size_t n_items, size_t chunk)
{
    size_t step = chunk == 0 ? 1 : chunk < n_items ? chunk : n_items;
    if (n_items <= step || crew->n_members == 0) {
        /* One chunk or nobody to share with: waking threads would only cost. */
        for (size_t begin = 0; begin < n_items; begin += step) {
            fn(state, 0, begin, n_items - begin < step ? n_items : begin + step);
        }
        return;
    }
    pthread_mutex_lock(&crew->mutex);
    crew->job = (struct job){.fn = fn, .state = state, .n_items = n_items, .chunk = step};
    /* Pairs with the claims in work(): nobody claims between runs, and the mutex publishes it. */
    atomic_store_explicit(&crew->next, 0, memory_order_relaxed);
    crew->n_busy = crew->n_members;
    crew->generation++;
    pthread_cond_broadcast(&crew->started);
    pthread_mutex_unlock(&crew->mutex);
    work(crew, 0);
    pthread_mutex_lock(&crew->mutex);
    while (crew->n_busy > 0) {
        pthread_cond_wait(&crew->finished, &crew->mutex);
    }
    pthread_mutex_unlock(&crew->mutex);
}
