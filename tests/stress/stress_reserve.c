/* SPDX-License-Identifier: MIT */
/*
 * stress_reserve.c - many threads reserve on a few half-channels, settle, release each other's
 * leases, forget some, and a clock runs over all of it. By value: no half-channel ever holds more
 * than it has, no satoshi is spent twice, each lease ends once, and in the end all of it is back.
 *
 * Every half-channel starts with CAPACITY msat. A settled part takes its amount from `spendable`, as
 * a node would learn it, before it settles; later the money comes back. So a limit that is read once
 * may be too high a moment later, and only the table can know.
 */
#include "fulgurite/reserve.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/util/rng.h"
#include "tests/support/settings.h"

enum {
    THREADS = 6,
    EDGES = 130,
    LEASES = 42,
    OPS = 40000,
    HOPS = 4,
    PARTS = 3,
    BOARD = 16,
    CAPACITY = 100,
    HELD = 6
};

#define CHECK(condition, ...)    \
    do {                         \
        if (!(condition)) {      \
            printf("not ok - "); \
            printf(__VA_ARGS__); \
            printf("\n");        \
            exit(EXIT_FAILURE);  \
        }                        \
    } while (0)

/* One part that was reserved. */
struct record {
    fgr_lease_id id;
    struct fgr_reserve_hop hops[HOPS];
    uint32_t n_hops;
    atomic_uint n_ended; /* times that somebody was told it ended by his call */
};

struct shared {
    struct fgr_reserve *reserve;
    _Atomic uint64_t spendable_msat[EDGES];
    _Atomic(struct record *) board[BOARD]; /* leases that anybody may release */
    _Atomic uint64_t now_ns;
    atomic_uint n_running;
};

struct counts {
    unsigned taken, no_room, settled_since, no_lease, settled, released, stale;
};

struct thread {
    pthread_t id;
    struct shared *shared;
    struct fgr_rng rng;
    struct record record[OPS * PARTS];
    uint32_t n_records;
    struct record *held[HELD]; /* never expire; only this thread ends them */
    uint32_t n_held;
    uint64_t away_msat[EDGES]; /* settled by this thread, not come back yet */
    struct counts counts;
};

/* A few half-channels are wanted most of the time, and one twice in the same part. */
static void draw_part(struct thread *thread, struct fgr_reserve_part *out_part,
                      struct record *record)
{
    record->n_hops = 1 + (uint32_t)fgr_rng_below(&thread->rng, HOPS);
    for (uint32_t h = 0; h < record->n_hops; h++) {
        uint64_t n_edges = fgr_rng_below(&thread->rng, 4) > 0 ? 5 : EDGES;
        uint32_t edge = (uint32_t)fgr_rng_below(&thread->rng, n_edges);
        record->hops[h] = (struct fgr_reserve_hop){
            .edge = {edge},
            .amount = {1 + fgr_rng_below(&thread->rng, CAPACITY / 3)},
            /* Relaxed: fgr_reserve_settled, called before, has ordered what matters. */
            .limit = {
                atomic_load_explicit(&thread->shared->spendable_msat[edge], memory_order_relaxed)}};
    }
    *out_part = (struct fgr_reserve_part){.hops = record->hops, .n_hops = record->n_hops};
}

static void count_refusal(struct thread *thread, enum fgr_err rc, const struct fgr_error *err)
{
    CHECK(rc == FGR_ERR_NO_ROUTE || rc == FGR_ERR_LIMIT, "take: %s", err->text);
    bool is_room = rc == FGR_ERR_NO_ROUTE && err->text[0] == 'h' && err->record < EDGES;
    CHECK(rc == FGR_ERR_LIMIT || is_room, "no half-channel is named: %s", err->text);
    thread->counts.no_lease += rc == FGR_ERR_LIMIT;
    bool is_settled = strstr(err->text, "settled since") != NULL;
    thread->counts.settled_since += rc == FGR_ERR_NO_ROUTE && is_settled;
    thread->counts.no_room += rc == FGR_ERR_NO_ROUTE && !is_settled;
}

/* Held by this thread until it ends them, or, if that is full, put up for everybody, or forgotten as
 * if the caller had died. */
static void keep(struct thread *thread, struct record *record, bool is_expiring)
{
    if (!is_expiring) {
        thread->held[thread->n_held++] = record;
    } else if (fgr_rng_below(&thread->rng, 4) > 0) {
        /* Pairs with the load in end_one_of_the_board: orders the record before it. */
        atomic_store_explicit(&thread->shared->board[fgr_rng_below(&thread->rng, BOARD)], record,
                              memory_order_release);
    }
}

static void take(struct thread *thread)
{
    struct shared *shared = thread->shared;
    struct fgr_reserve_part parts[PARTS];
    fgr_lease_id ids[PARTS];
    struct fgr_error err = {.text = ""};
    struct record *record = &thread->record[thread->n_records];
    uint32_t n_parts = 1 + (uint32_t)fgr_rng_below(&thread->rng, PARTS);
    bool is_expiring = thread->n_held + n_parts > HELD || fgr_rng_below(&thread->rng, 2) == 0;
    uint64_t now_ns = atomic_load_explicit(&shared->now_ns, memory_order_relaxed);
    struct fgr_reserve_request request = {
        .sz = sizeof request,
        .parts = parts,
        .n_parts = n_parts,
        .settled = fgr_reserve_settled(shared->reserve),
        .expires_ns = is_expiring ? now_ns + fgr_rng_below(&thread->rng, 50) : UINT64_MAX};
    for (uint32_t p = 0; p < n_parts; p++) {
        draw_part(thread, &parts[p], &record[p]);
    }
    if (fgr_rng_below(&thread->rng, 4) == 0) {
        sched_yield(); /* with limits that grow old */
    }
    enum fgr_err rc = fgr_reserve_take(shared->reserve, ids, &request, &err);
    if (rc != FGR_OK) {
        count_refusal(thread, rc, &err);
        return;
    }
    for (uint32_t p = 0; p < n_parts; p++) {
        record[p].id = ids[p];
        atomic_init(&record[p].n_ended, 0);
        keep(thread, &record[p], is_expiring);
    }
    thread->n_records += n_parts;
    thread->counts.taken += n_parts;
}

/* Lowers what is known first, as a sender has to. */
static void settle(struct thread *thread, struct record *record)
{
    for (uint32_t h = 0; h < record->n_hops; h++) {
        uint32_t edge = record->hops[h].edge.v;
        uint64_t amount_msat = record->hops[h].amount.v;
        uint64_t before_msat = atomic_fetch_sub_explicit(&thread->shared->spendable_msat[edge],
                                                         amount_msat, memory_order_relaxed);
        CHECK(before_msat >= amount_msat,
              "half-channel %" PRIu32 " had %" PRIu64 " msat left, %" PRIu64 " were spent", edge,
              before_msat, amount_msat);
        thread->away_msat[edge] += amount_msat;
    }
    CHECK(fgr_reserve_settle(thread->shared->reserve, record->id) == FGR_OK, "a lost lease");
    thread->counts.settled++;
}

static void end_held(struct thread *thread)
{
    if (thread->n_held > 0) {
        uint32_t i = (uint32_t)fgr_rng_below(&thread->rng, thread->n_held);
        struct record *record = thread->held[i];
        thread->held[i] = thread->held[--thread->n_held];
        if (fgr_rng_below(&thread->rng, 2) == 0) {
            settle(thread, record);
        } else {
            CHECK(fgr_reserve_release(thread->shared->reserve, record->id) == FGR_OK,
                  "a lost lease");
            thread->counts.released++;
        }
        atomic_fetch_add_explicit(&record->n_ended, 1, memory_order_relaxed);
    }
}

/* Stays on the board, so that others try the same id at the same time and later. */
static void end_one_of_the_board(struct thread *thread)
{
    struct shared *shared = thread->shared;
    /* Pairs with the store in keep. */
    struct record *record = atomic_load_explicit(&shared->board[fgr_rng_below(&thread->rng, BOARD)],
                                                 memory_order_acquire);
    if (record != NULL) {
        enum fgr_err rc = fgr_reserve_release(shared->reserve, record->id);
        CHECK(rc == FGR_OK || rc == FGR_ERR_UNKNOWN, "release: %s", fgr_err_str(rc));
        thread->counts.released += rc == FGR_OK;
        thread->counts.stale += rc == FGR_ERR_UNKNOWN;
        if (rc == FGR_OK) {
            unsigned n = atomic_fetch_add_explicit(&record->n_ended, 1, memory_order_relaxed);
            CHECK(n == 0, "one lease ended twice");
        }
    }
}

static void give_back(struct thread *thread)
{
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        atomic_fetch_add_explicit(&thread->shared->spendable_msat[edge], thread->away_msat[edge],
                                  memory_order_relaxed);
        thread->away_msat[edge] = 0;
    }
}

static void look(struct thread *thread)
{
    struct fgr_reserved list[EDGES];
    size_t n = fgr_reserve_list(thread->shared->reserve, list, EDGES);
    for (size_t i = 0; i < n; i++) {
        CHECK(list[i].amount.v <= CAPACITY, "half-channel %" PRIu32 " holds %" PRIu64 " of %d msat",
              list[i].edge.v, list[i].amount.v, CAPACITY);
        CHECK(i == 0 || list[i - 1].edge.v < list[i].edge.v, "the list is not in order");
    }
    for (uint32_t edge = 0; edge < 5; edge++) {
        CHECK(fgr_reserve_amount(thread->shared->reserve, (fgr_edge_idx){edge}).v <= CAPACITY,
              "half-channel %" PRIu32 " holds too much", edge);
    }
}

static void *run(void *state)
{
    struct thread *thread = state;
    for (unsigned i = 0; i < OPS; i++) {
        uint64_t what = fgr_rng_below(&thread->rng, 16);
        if (what < 7) {
            take(thread);
        } else if (what < 10) {
            end_held(thread);
        } else if (what < 14) {
            end_one_of_the_board(thread);
        } else if (what < 15) {
            look(thread);
        } else {
            give_back(thread);
        }
    }
    while (thread->n_held > 0) {
        end_held(thread);
    }
    give_back(thread);
    atomic_fetch_sub_explicit(&thread->shared->n_running, 1, memory_order_relaxed);
    return NULL;
}

/* Time, for two threads at once: both find the same leases overdue. */
static void *run_clock(void *state)
{
    struct shared *shared = state;
    uintptr_t n_expired = 0;
    while (atomic_load_explicit(&shared->n_running, memory_order_relaxed) > 0) {
        uint64_t now_ns = atomic_fetch_add_explicit(&shared->now_ns, 1, memory_order_relaxed);
        n_expired += fgr_reserve_tick(shared->reserve, now_ns);
        sched_yield();
    }
    return (void *)n_expired; /* NOLINT: a number in a pointer is what pthread_join hands over */
}

static struct shared *create_shared(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    struct fgr_error err = {.text = ""};
    CHECK(shared != NULL, "out of memory");
    CHECK(fgr_reserve_create(&shared->reserve, EDGES, LEASES, NULL, &err) == FGR_OK, "%s",
          err.text);
    for (int edge = 0; edge < EDGES; edge++) {
        atomic_init(&shared->spendable_msat[edge], CAPACITY);
    }
    for (int i = 0; i < BOARD; i++) {
        atomic_init(&shared->board[i], NULL);
    }
    atomic_init(&shared->now_ns, 0);
    atomic_init(&shared->n_running, THREADS);
    return shared;
}

/* After everybody has gone: what was forgotten expires, and the table is as new. */
static unsigned check_end(struct shared *shared)
{
    struct fgr_reserved list[EDGES];
    fgr_lease_id id;
    struct fgr_reserve_hop hop = {.edge = {0}, .amount = {1}, .limit = {LEASES}};
    struct fgr_reserve_part part = {.hops = &hop, .n_hops = 1};
    struct fgr_reserve_request request = {.sz = sizeof request,
                                          .parts = &part,
                                          .n_parts = 1,
                                          .settled = fgr_reserve_settled(shared->reserve),
                                          .expires_ns = 0};
    unsigned n_expired = fgr_reserve_tick(shared->reserve, UINT64_MAX);
    CHECK(fgr_reserve_list(shared->reserve, list, EDGES) == 0,
          "half-channel %" PRIu32 " keeps %" PRIu64 " msat", list[0].edge.v, list[0].amount.v);
    for (int edge = 0; edge < EDGES; edge++) {
        uint64_t left_msat = atomic_load(&shared->spendable_msat[edge]);
        CHECK(left_msat == CAPACITY, "half-channel %d ends with %" PRIu64 " msat", edge, left_msat);
    }
    for (int i = 0; i <= LEASES; i++) {
        enum fgr_err rc = fgr_reserve_take(shared->reserve, &id, &request, NULL);
        CHECK(rc == (i < LEASES ? FGR_OK : FGR_ERR_LIMIT), "lease %d of %d: %s", i, LEASES,
              fgr_err_str(rc));
    }
    CHECK(fgr_reserve_tick(shared->reserve, 0) == LEASES, "leases that do not expire");
    return n_expired;
}

static void add_counts(struct counts *sum, const struct counts *more)
{
    sum->taken += more->taken;
    sum->no_room += more->no_room;
    sum->settled_since += more->settled_since;
    sum->no_lease += more->no_lease;
    sum->settled += more->settled;
    sum->released += more->released;
    sum->stale += more->stale;
}

int main(void)
{
    struct shared *shared = create_shared();
    struct thread *threads = calloc(THREADS, sizeof *threads);
    struct counts counts = {0};
    pthread_t clocks[2];
    unsigned n_expired = 0;
    CHECK(threads != NULL, "out of memory");
    for (unsigned t = 0; t < THREADS; t++) {
        threads[t].shared = shared;
        fgr_rng_seed(&threads[t].rng, fgr_settings_seed(), t);
        CHECK(pthread_create(&threads[t].id, NULL, run, &threads[t]) == 0, "thread %u", t);
    }
    for (unsigned t = 0; t < 2; t++) {
        CHECK(pthread_create(&clocks[t], NULL, run_clock, shared) == 0, "clock %u", t);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(threads[t].id, NULL);
        add_counts(&counts, &threads[t].counts);
    }
    for (unsigned t = 0; t < 2; t++) {
        void *n = NULL;
        pthread_join(clocks[t], &n);
        n_expired += (unsigned)(uintptr_t)n;
    }
    n_expired += check_end(shared);
    CHECK(counts.taken == counts.settled + counts.released + n_expired,
          "%u leases taken, but %u settled, %u released, %u expired", counts.taken, counts.settled,
          counts.released, n_expired);
    CHECK(fgr_reserve_settled(shared->reserve) == counts.settled, "settlements");
    fgr_reserve_destroy(shared->reserve);
    free(threads);
    free(shared);
    printf("ok - reserve: %u leases taken (refused: %u for room, %u settled since, %u no lease), "
           "%u settled, %u released (%u stale), %u expired; all back\n",
           counts.taken, counts.no_room, counts.settled_since, counts.no_lease, counts.settled,
           counts.released, counts.stale, n_expired);
    return EXIT_SUCCESS;
}
