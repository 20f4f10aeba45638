/* SPDX-License-Identifier: MIT */
/*
 * stress_intake.c - the whole pipeline at work: messages are looked at, verified on other threads,
 * applied and shown, and readers meanwhile find routes, each checked against the view that it was
 * found in. A third of the messages is forged. For ThreadSanitizer.
 */
#include "graph/intake.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/route.h"
#include "graph/util/rng.h"
#include "tests/support/settings.h"
#include "tests/support/signed_maker.h"

enum { NODES = 10, READERS = 3, ROUNDS = 30, NOW = 1700000000 };

#define CHECK(condition, ...)    \
    do {                         \
        if (!(condition)) {      \
            printf("not ok - "); \
            printf(__VA_ARGS__); \
            printf("\n");        \
            exit(EXIT_FAILURE);  \
        }                        \
    } while (0)

struct shared {
    struct fgr_intake *intake;
    struct fgr_signed_maker maker;
    uint8_t id[NODES][FGR_NODE_ID_BYTES];
    uint64_t n_good, n_forged;
    atomic_uint n_ready;
    atomic_bool is_over;
};

struct thread {
    pthread_t id;
    struct shared *shared;
    unsigned number;
    uint64_t n_routes, n_views;
};

/* ---- readers ---------------------------------------------------------------------------------- */

/* Around the ring of channels there is always a way. */
static void find_routes(struct thread *thread, const struct fgr_view *view, struct fgr_rng *rng)
{
    struct fgr_scratch *scratch;
    struct fgr_error err;
    CHECK(fgr_scratch_create(&scratch, view, NULL, &err) == FGR_OK, "%s", err.text);
    for (unsigned i = 0; i < 5; i++) {
        struct fgr_route_query query;
        struct fgr_route route;
        fgr_node_idx from, to;
        uint64_t a = fgr_rng_below(rng, NODES);
        uint64_t b = (a + 1 + fgr_rng_below(rng, NODES - 1)) % NODES;
        CHECK(fgr_view_find_id(view, &from, thread->shared->id[a]) == FGR_OK &&
                  fgr_view_find_id(view, &to, thread->shared->id[b]) == FGR_OK,
              "a node is not found");
        fgr_route_query_init(&query, from, to, (fgr_msat){100000});
        CHECK(fgr_route(scratch, &route, NULL, view, &query, &err) == FGR_OK, "%s", err.text);
        CHECK(fgr_route_check(view, &query, &route, &err) == FGR_OK, "%s", err.text);
        thread->n_routes++;
    }
    fgr_scratch_destroy(scratch);
}

static void *ask(void *state)
{
    struct thread *thread = state;
    struct fgr_reader reader;
    struct fgr_error err;
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 10 + thread->number);
    CHECK(fgr_reader_join(&reader, fgr_intake_publish(thread->shared->intake), &err) == FGR_OK,
          "%s", err.text);
    atomic_fetch_add(&thread->shared->n_ready, 1);
    while (!atomic_load(&thread->shared->is_over)) {
        find_routes(thread, fgr_reader_acquire(&reader), &rng);
        fgr_reader_release(&reader);
        thread->n_views++;
    }
    fgr_reader_leave(&reader);
    return NULL;
}

/* ---- writer ----------------------------------------------------------------------------------- */

static void take(struct shared *shared, const struct fgr_signed *message, bool is_channel)
{
    struct fgr_error err;
    struct fgr_signed forged = *message;
    struct fgr_feed_entry entry = {.kind = FGR_FEED_MESSAGE,
                                   .message = forged.bytes,
                                   .n_bytes = (uint32_t)message->n_bytes,
                                   .capacity_sat = is_channel ? 5000000 : FGR_FEED_SAT_UNKNOWN};
    forged.bytes[20] ^= 1;
    if (shared->n_good % 2 == 1) {
        CHECK(fgr_intake_take(shared->intake, &entry, 1, &err) == FGR_OK, "%s", err.text);
        shared->n_forged++;
    }
    entry.message = message->bytes;
    CHECK(fgr_intake_take(shared->intake, &entry, 1, &err) == FGR_OK, "%s", err.text);
    shared->n_good++;
}

static uint64_t scid_of(unsigned chan)
{
    return (uint64_t)(700000 + chan) << 40;
}

static void settle(struct shared *shared)
{
    struct fgr_error err;
    CHECK(fgr_intake_settle(shared->intake, &err) == FGR_OK, "%s", err.text);
}

/* A ring of channels, and what their ends charge. */
static void update_all(struct shared *shared, uint32_t timestamp)
{
    struct fgr_signed message;
    for (unsigned chan = 0; chan < NODES; chan++) {
        for (unsigned d = 0; d < 2; d++) {
            uint64_t nodes[2] = {(chan + d) % NODES, (chan + !d) % NODES};
            fgr_signed_update(&shared->maker, &message, nodes, scid_of(chan), timestamp);
            take(shared, &message, false);
        }
    }
}

static void announce_all(struct shared *shared)
{
    struct fgr_signed message;
    for (unsigned chan = 0; chan < NODES; chan++) {
        uint64_t nodes[2] = {chan, (chan + 1) % NODES};
        fgr_signed_channel(&shared->maker, &message, nodes, scid_of(chan));
        take(shared, &message, true);
    }
    update_all(shared, NOW);
    settle(shared);
}

/* New policies, and channels that come and go. */
static void change_all(struct shared *shared, uint64_t n_rounds)
{
    struct fgr_signed message;
    struct fgr_error err;
    for (uint32_t i = 1; i <= n_rounds; i++) {
        uint64_t nodes[2] = {i % NODES, (i + 2) % NODES};
        fgr_signed_channel(&shared->maker, &message, nodes, scid_of(1000 + i));
        take(shared, &message, true);
        fgr_signed_update(&shared->maker, &message, nodes, scid_of(1000 + i), NOW + i);
        take(shared, &message, false);
        update_all(shared, NOW + 60 * i);
        if (i % 3 == 0) {
            const struct fgr_feed_entry gone = {.kind = FGR_FEED_CLOSED, .scid = scid_of(999 + i)};
            CHECK(fgr_intake_take(shared->intake, &gone, 1, &err) == FGR_OK, "%s", err.text);
        }
        if (i % 4 == 0) {
            settle(shared);
        }
    }
    settle(shared);
}

static void check_figures(const struct shared *shared, uint64_t n_rounds)
{
    struct fgr_intake_figures figures;
    fgr_intake_figures(shared->intake, &figures);
    CHECK(figures.rules[FGR_RULE_ACCEPTED] == shared->n_good, "%" PRIu64 " of %" PRIu64 " accepted",
          figures.rules[FGR_RULE_ACCEPTED], shared->n_good);
    CHECK(figures.rules[FGR_RULE_FORGED] == shared->n_forged, "%" PRIu64 " of %" PRIu64 " forged",
          figures.rules[FGR_RULE_FORGED], shared->n_forged);
    CHECK(figures.closed == n_rounds / 3 && figures.contradictions == 0 && figures.n_under_way == 0,
          "%" PRIu64 " closed, %" PRIu64 " contradictions", figures.closed, figures.contradictions);
}

/* Also tells it of which chain the messages are. */
static void open_shared(struct shared *shared, uint64_t n_rounds)
{
    struct fgr_signed any;
    struct fgr_message decoded;
    struct fgr_error err;
    struct fgr_intake_options options = {
        .verify = {.threads = 2}, .max_readers = READERS, .now_s = NOW + 60 * (uint32_t)n_rounds};
    fgr_signed_maker_init(&shared->maker);
    for (unsigned i = 0; i < NODES; i++) {
        fgr_signed_id(shared->id[i], i);
    }
    fgr_signed_channel(&shared->maker, &any, (uint64_t[2]){0, 1}, 1);
    CHECK(fgr_wire_decode(&decoded, any.bytes, any.n_bytes) == FGR_WIRE_GOOD, "not a message");
    memcpy(options.rules.chain_hash, decoded.channel.chain_hash, FGR_CHAIN_HASH_BYTES);
    CHECK(fgr_intake_create(&shared->intake, NULL, &options, &err) == FGR_OK, "%s", err.text);
}

int main(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    struct thread thread[READERS];
    uint64_t n_views = 0, n_routes = 0, n_rounds = ROUNDS * fgr_settings_scale();
    CHECK(shared != NULL, "out of memory");
    open_shared(shared, n_rounds);
    announce_all(shared);
    for (unsigned t = 0; t < READERS; t++) {
        thread[t] = (struct thread){.shared = shared, .number = t};
        CHECK(pthread_create(&thread[t].id, NULL, ask, &thread[t]) == 0, "thread %u", t);
    }
    while (atomic_load(&shared->n_ready) < READERS) {
        sched_yield();
    }
    change_all(shared, n_rounds);
    atomic_store(&shared->is_over, true);
    for (unsigned t = 0; t < READERS; t++) {
        pthread_join(thread[t].id, NULL);
        n_views += thread[t].n_views;
        n_routes += thread[t].n_routes;
    }
    check_figures(shared, n_rounds);
    printf("ok - %d readers of a live network: %" PRIu64 " routes in %" PRIu64
           " views hold, %" PRIu64 " messages applied, %" PRIu64 " forged ones not\n",
           READERS, n_routes, n_views, shared->n_good, shared->n_forged);
    fgr_intake_destroy(shared->intake);
    fgr_signed_maker_deinit(&shared->maker);
    free(shared);
    return EXIT_SUCCESS;
}
