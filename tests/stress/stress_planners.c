/* SPDX-License-Identifier: MIT */
/*
 * stress_planners.c - many threads pay over one view, all the way: what is known, what is reserved,
 * a route, its reservation, then failure or arrival. By value: what all of them hold on a
 * half-channel never exceeds its capacity nor its slots, no arrival spends what is not there, and
 * each route is right beside the reservations that it saw.
 *
 * All threads add the same half-channel, to a recipient that the view does not have. Arrivals lower
 * `spendable` before they settle; later the money comes back.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/reserve.h"
#include "graph/util/rng.h"
#include "tests/support/graph_maker.h"
#include "tests/support/settings.h"

enum { THREADS = 6, ROUNDS = 4000, NODES = 10, CHANS = 24, LEASES = 24, HELD = 8 };
enum { SLOTS = 3 }; /* of every half-channel */
enum { VIEW_EDGES = 2 * CHANS, EDGES = VIEW_EDGES + 2, HINT = VIEW_EDGES, RECIPIENT = NODES };

#define HINT_MSAT 900000

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
    struct fgr_made made;
    struct fgr_reserve *reserve;
    uint8_t recipient[FGR_NODE_ID_BYTES];
    uint64_t capacity_msat[EDGES];
    _Atomic uint64_t spendable_msat[EDGES];
    /* Counted by those who hold it, after take and until before its end. */
    _Atomic uint64_t held_msat[EDGES];
    _Atomic uint32_t n_held[EDGES];
};

/* A part in flight. */
struct held {
    fgr_lease_id id;
    struct fgr_reserve_hop hops[FGR_HOPS_MAX];
    uint32_t n_hops;
};

struct counts {
    unsigned taken, no_route, too_late, no_slot, no_lease, settled, released;
};

struct thread {
    pthread_t id;
    struct shared *shared;
    struct fgr_scratch *scratch;
    struct fgr_rng rng;
    struct held held[HELD];
    uint32_t n_held;
    uint64_t away_msat[EDGES]; /* settled by this thread, not come back yet */
    struct counts counts;
};

/* ---- a plan ---------------------------------------------------------------------------------- */

/* Relaxed in all loads of `spendable`: fgr_reserve_settled, called before, has ordered what matters. */
static uint64_t spendable_msat(const struct shared *shared, uint32_t edge)
{
    return atomic_load_explicit(&shared->spendable_msat[edge], memory_order_relaxed);
}

static void tell_knowledge(const struct shared *shared, struct fgr_overlay_builder *builder)
{
    fgr_node_idx recipient;
    fgr_edge_idx edge;
    struct fgr_error err = {.text = ""};
    CHECK(fgr_overlay_node(builder, &recipient, shared->recipient, &err) == FGR_OK, "%s", err.text);
    struct fgr_overlay_channel hint = {
        .scid = 1,
        .from = {0},
        .to = recipient,
        .policy = {.htlc_max = {HINT_MSAT}, .base_msat = 1000, .enabled = true}};
    CHECK(fgr_overlay_channel(builder, &edge, &hint, &err) == FGR_OK && edge.v == HINT, "%s",
          err.text);
    for (edge.v = 0; edge.v <= HINT; edge.v++) {
        uint64_t left_msat = spendable_msat(shared, edge.v);
        if (left_msat < shared->capacity_msat[edge.v]) {
            fgr_msat min = {edge.v == HINT ? left_msat : 0}, max = {left_msat};
            CHECK(fgr_overlay_knowledge(builder, edge, min, max, &err) == FGR_OK, "%s", err.text);
        }
    }
}

static struct fgr_overlay *look_around(const struct shared *shared)
{
    struct fgr_overlay_builder *builder;
    struct fgr_overlay *overlay;
    struct fgr_error err = {.text = ""};
    CHECK(fgr_overlay_builder_create(&builder, shared->made.view, &err) == FGR_OK, "%s", err.text);
    tell_knowledge(shared, builder);
    CHECK(fgr_reserve_tell(shared->reserve, builder, &err) == FGR_OK, "%s", err.text);
    CHECK(fgr_overlay_freeze(&overlay, builder, &err) == FGR_OK, "%s", err.text);
    fgr_overlay_builder_destroy(builder);
    return overlay;
}

/* A route for a random payment and what it is to hold; false if there is none. */
static bool plan(struct thread *thread, struct held *out)
{
    const struct fgr_view *view = thread->shared->made.view;
    struct fgr_route_query query;
    struct fgr_route route;
    struct fgr_error err = {.text = ""};
    struct fgr_overlay *overlay = look_around(thread->shared);
    uint32_t from = 1 + (uint32_t)fgr_rng_below(&thread->rng, NODES - 1);
    uint32_t to = fgr_rng_below(&thread->rng, 3) == 0 ? RECIPIENT : (from + 1) % NODES;
    fgr_msat amount = {1000 + fgr_rng_below(&thread->rng, 400000)};
    fgr_route_query_init(&query, (fgr_node_idx){from}, (fgr_node_idx){to}, amount);
    query.overlay = overlay;
    enum fgr_err rc = fgr_route(thread->scratch, &route, NULL, view, &query, &err);
    CHECK(rc == FGR_OK || rc == FGR_ERR_NO_ROUTE, "%s", err.text);
    if (rc == FGR_OK) {
        out->n_hops = route.n_hops;
        CHECK(fgr_route_check(view, &query, &route, &err) == FGR_OK, "%s", err.text);
        CHECK(fgr_reserve_hops(out->hops, view, overlay, route.hops, route.n_hops, &err) == FGR_OK,
              "%s", err.text);
    }
    for (uint32_t h = 0; rc == FGR_OK && h < out->n_hops; h++) {
        out->hops[h].max_htlcs = SLOTS;
    }
    fgr_overlay_destroy(overlay);
    return rc == FGR_OK;
}

/* ---- payments -------------------------------------------------------------------------------- */

static void count_held(struct thread *thread, const struct held *held)
{
    for (uint32_t h = 0; h < held->n_hops; h++) {
        uint32_t edge = held->hops[h].edge.v;
        uint64_t amount_msat = held->hops[h].amount.v;
        uint64_t sum_msat =
            amount_msat + atomic_fetch_add_explicit(&thread->shared->held_msat[edge], amount_msat,
                                                    memory_order_relaxed);
        CHECK(sum_msat <= thread->shared->capacity_msat[edge],
              "%" PRIu64 " msat are held on half-channel %" PRIu32 ", which has %" PRIu64, sum_msat,
              edge, thread->shared->capacity_msat[edge]);
        uint32_t n =
            atomic_fetch_add_explicit(&thread->shared->n_held[edge], 1, memory_order_relaxed);
        CHECK(n < SLOTS, "%" PRIu32 " HTLCs before this one on half-channel %" PRIu32, n, edge);
    }
}

static void pay(struct thread *thread)
{
    struct held *held = &thread->held[thread->n_held];
    uint64_t settled = fgr_reserve_settled(thread->shared->reserve);
    if (!plan(thread, held)) {
        thread->counts.no_route++;
        return;
    }
    if (fgr_rng_below(&thread->rng, 3) == 0) {
        sched_yield(); /* with a plan that grows old */
    }
    struct fgr_error err = {.text = ""};
    struct fgr_reserve_part part = {.hops = held->hops, .n_hops = held->n_hops};
    struct fgr_reserve_request request = {.sz = sizeof request,
                                          .parts = &part,
                                          .n_parts = 1,
                                          .settled = settled,
                                          .expires_ns = UINT64_MAX};
    enum fgr_err rc = fgr_reserve_take(thread->shared->reserve, &held->id, &request, &err);
    CHECK(rc == FGR_OK || rc == FGR_ERR_NO_ROUTE || rc == FGR_ERR_LIMIT, "take: %s", err.text);
    bool is_full = strstr(err.text, "has no slots for") != NULL;
    thread->counts.no_slot += is_full;
    thread->counts.too_late += rc == FGR_ERR_NO_ROUTE && !is_full;
    thread->counts.no_lease += rc == FGR_ERR_LIMIT;
    if (rc == FGR_OK) {
        count_held(thread, held);
        thread->counts.taken++;
        thread->n_held++;
    }
}

/* Lowers what is known first, as a sender has to. */
static void arrive(struct thread *thread, const struct held *held)
{
    for (uint32_t h = 0; h < held->n_hops; h++) {
        uint32_t edge = held->hops[h].edge.v;
        uint64_t amount_msat = held->hops[h].amount.v;
        uint64_t before_msat = atomic_fetch_sub_explicit(&thread->shared->spendable_msat[edge],
                                                         amount_msat, memory_order_relaxed);
        CHECK(before_msat >= amount_msat,
              "half-channel %" PRIu32 " had %" PRIu64 " msat left, %" PRIu64 " were spent", edge,
              before_msat, amount_msat);
        thread->away_msat[edge] += amount_msat;
    }
    CHECK(fgr_reserve_settle(thread->shared->reserve, held->id) == FGR_OK, "a lost lease");
    thread->counts.settled++;
}

static void end_one(struct thread *thread)
{
    if (thread->n_held == 0) {
        return;
    }
    uint32_t i = (uint32_t)fgr_rng_below(&thread->rng, thread->n_held);
    struct held held = thread->held[i];
    thread->held[i] = thread->held[--thread->n_held];
    for (uint32_t h = 0; h < held.n_hops; h++) {
        atomic_fetch_sub_explicit(&thread->shared->held_msat[held.hops[h].edge.v],
                                  held.hops[h].amount.v, memory_order_relaxed);
        atomic_fetch_sub_explicit(&thread->shared->n_held[held.hops[h].edge.v], 1,
                                  memory_order_relaxed);
    }
    if (fgr_rng_below(&thread->rng, 2) == 0) {
        arrive(thread, &held);
    } else {
        CHECK(fgr_reserve_release(thread->shared->reserve, held.id) == FGR_OK, "a lost lease");
        thread->counts.released++;
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

static void *run(void *state)
{
    struct thread *thread = state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t what = fgr_rng_below(&thread->rng, 16);
        if (what < 9 && thread->n_held < HELD) {
            pay(thread);
        } else if (what < 14) {
            end_one(thread);
        } else {
            give_back(thread);
        }
    }
    while (thread->n_held > 0) {
        end_one(thread);
    }
    give_back(thread);
    return NULL;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* A ring, so that everybody is reached, and short cuts. */
static void draw_chans(struct fgr_rng *rng, struct fgr_maker_chan *out_chans)
{
    for (uint32_t i = 0; i < CHANS; i++) {
        uint32_t a = i % NODES;
        uint32_t step = i < NODES ? 1 : 1 + (uint32_t)fgr_rng_below(rng, NODES - 1);
        uint32_t b = (a + step) % NODES;
        struct fgr_maker_chan *chan = &out_chans[i];
        *chan = (struct fgr_maker_chan){.node = {a < b ? a : b, a < b ? b : a},
                                        .capacity_sat = 200 + fgr_rng_below(rng, 800)};
        for (unsigned d = 0; d < 2; d++) {
            chan->half[d] = (struct fgr_maker_half){.htlc_max_msat = chan->capacity_sat * 1000,
                                                    .base_msat = (uint32_t)fgr_rng_below(rng, 3000),
                                                    .ppm = (uint32_t)fgr_rng_below(rng, 3000),
                                                    .cltv_delta = 40,
                                                    .is_known = true};
        }
    }
}

static struct shared *create_shared(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    struct fgr_maker_chan chans[CHANS];
    struct fgr_maker *maker;
    struct fgr_error err = {.text = ""};
    struct fgr_rng rng;
    CHECK(shared != NULL, "out of memory");
    fgr_rng_seed(&rng, fgr_settings_seed(), THREADS);
    draw_chans(&rng, chans);
    CHECK(fgr_maker_create(&maker, NODES + 1, &err), "%s", err.text);
    CHECK(fgr_maker_view(maker, &shared->made, chans, CHANS, NODES, &err), "%s", err.text);
    memcpy(shared->recipient, fgr_maker_id(maker, NODES), FGR_NODE_ID_BYTES);
    fgr_maker_destroy(maker);
    CHECK(fgr_reserve_create(&shared->reserve, EDGES, LEASES, NULL, &err) == FGR_OK, "%s",
          err.text);
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        shared->capacity_msat[edge] =
            edge < VIEW_EDGES ? chans[edge / 2].capacity_sat * 1000 : HINT_MSAT;
        atomic_init(&shared->spendable_msat[edge], shared->capacity_msat[edge]);
        atomic_init(&shared->held_msat[edge], 0);
        atomic_init(&shared->n_held[edge], 0);
    }
    return shared;
}

static void check_end(const struct shared *shared)
{
    CHECK(fgr_reserve_list(shared->reserve, NULL, 0) == 0, "something stays reserved");
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        CHECK(fgr_reserve_htlcs(shared->reserve, (fgr_edge_idx){edge}) == 0,
              "half-channel %" PRIu32 " keeps HTLCs", edge);
        CHECK(spendable_msat(shared, edge) == shared->capacity_msat[edge],
              "half-channel %" PRIu32 " ends with another balance", edge);
    }
}

static void add_counts(struct counts *sum, const struct counts *more)
{
    sum->taken += more->taken;
    sum->no_route += more->no_route;
    sum->too_late += more->too_late;
    sum->no_slot += more->no_slot;
    sum->no_lease += more->no_lease;
    sum->settled += more->settled;
    sum->released += more->released;
}

int main(void)
{
    struct shared *shared = create_shared();
    struct thread *threads = calloc(THREADS, sizeof *threads);
    struct counts counts = {0};
    struct fgr_error err = {.text = ""};
    CHECK(threads != NULL, "out of memory");
    for (unsigned t = 0; t < THREADS; t++) {
        threads[t].shared = shared;
        fgr_rng_seed(&threads[t].rng, fgr_settings_seed(), t);
        CHECK(fgr_scratch_create(&threads[t].scratch, shared->made.view, NULL, &err) == FGR_OK,
              "%s", err.text);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        CHECK(pthread_create(&threads[t].id, NULL, run, &threads[t]) == 0, "thread %u", t);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(threads[t].id, NULL);
        add_counts(&counts, &threads[t].counts);
        fgr_scratch_destroy(threads[t].scratch);
    }
    check_end(shared);
    CHECK(counts.taken == counts.settled + counts.released && counts.settled > 0 &&
              counts.no_route > 0,
          "%u parts taken, %u settled, %u released, %u without a route", counts.taken,
          counts.settled, counts.released, counts.no_route);
    fgr_reserve_destroy(shared->reserve);
    fgr_made_close(&shared->made);
    free(threads);
    free(shared);
    printf(
        "ok - planners: %u parts taken, %u settled, %u released; %u too late, %u without a slot, "
        "%u without a route, %u without a lease\n",
        counts.taken, counts.settled, counts.released, counts.too_late, counts.no_slot,
        counts.no_route, counts.no_lease);
    return EXIT_SUCCESS;
}
