/* SPDX-License-Identifier: MIT */
/*
 * stress_publish.c - one writer changes a network, readers take views of it, some for long, one for
 * good. By value: whatever a reader holds is one version, whole and unchanged until it lets go, and the
 * memory held back stays bounded. Freed pages are overwritten first. For ThreadSanitizer too, which
 * sees every access of publish.c and of the pages.
 *
 * All fees of a version sum up to the same: the writer moves them from one half-channel to another, in
 * two changes, and closes and opens channels of fee 0. So half a version does not add up.
 */
#include "graph/publish.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/live.h"
#include "graph/util/rng.h"
#include "tests/support/graph_maker.h"
#include "tests/support/settings.h"

enum {
    NODES = 40,
    CHANS = 150,
    EDGES = 2 * CHANS,
    FEE = 100,
    VERSIONS = 3000,
    QUICK = 3, /* readers that take one view after the other */
    SLOW = 2,  /* that keep each for a while */
    READERS = QUICK + SLOW + 1,
    HELD_MAX = 8 << 20 /* bytes: some networks of this size, and what a sweep waits for */
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

struct shared {
    struct fgr_made made;
    struct fgr_master *master;
    struct fgr_publish *publish;
    uint64_t scid[CHANS];
    uint8_t id[CHANS][2][FGR_NODE_ID_BYTES];
    atomic_uint n_ready;
    atomic_bool is_over;
};

struct thread {
    pthread_t id;
    struct shared *shared;
    unsigned number;
    uint64_t n_views;
};

static void *take_page(void *state, size_t bytes)
{
    (void)state;
    return malloc(bytes);
}

static void give_page(void *state, void *page, size_t bytes)
{
    (void)state;
    memset(page, 0xdd, bytes);
    free(page);
}

/* ---- readers ------------------------------------------------------------------------------- */

/* The fees of one node's list, which must ascend and agree with the half-channels. */
static uint64_t sum_list(const struct fgr_view *view, const struct fgr_adjacency *adjacency,
                         uint32_t node, uint32_t *io_n)
{
    struct fgr_span span = fgr_adjacency_span(adjacency, node);
    uint64_t sum = 0;
    for (uint32_t i = span.first; i < span.end; i++) {
        uint32_t edge = adjacency->edge[i];
        CHECK(edge < 2 * view->n_chans, "half-channel %" PRIu32 " in a list", edge);
        const struct fgr_half *half = fgr_view_half_of(view, edge);
        CHECK(half->flags == (FGR_HALF_KNOWN | FGR_HALF_USABLE), "flags %u in a list", half->flags);
        CHECK(half->ppm == (uint32_t)adjacency->ppm[i], "a list and a half-channel differ");
        CHECK(i == span.first || fgr_adjacency_rank(adjacency, i - 1) <= half->ppm,
              "a list does not ascend");
        sum += half->ppm;
    }
    *io_n += span.end - span.first;
    return sum;
}

/* Something that depends on all that the view shows. */
static uint64_t check_view(const struct fgr_view *view)
{
    uint64_t sum = 0, sum_in = 0, sum_out = 0, mixed = view->live->version;
    uint32_t n_in = 0, n_out = 0;
    for (uint32_t edge = 0; edge < 2 * view->n_chans; edge++) {
        const struct fgr_half *half = fgr_view_half_of(view, edge);
        CHECK((half->flags & FGR_HALF_GONE) == 0 || half->ppm == 0, "a closed channel has a fee");
        sum += half->ppm;
        mixed = (mixed ^ half->ppm) * UINT64_C(0x9e3779b97f4a7c15) + half->timestamp + half->flags;
    }
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        sum_in += sum_list(view, &view->in, v, &n_in);
        sum_out += sum_list(view, &view->out, v, &n_out);
        mixed = (mixed ^ fgr_live_node_of(view, v)->alias) * UINT64_C(0x9e3779b97f4a7c15);
    }
    CHECK(sum == (uint64_t)EDGES * FEE, "fees sum up to %" PRIu64, sum);
    CHECK(sum_in == sum && sum_out == sum, "the lists miss half-channels");
    CHECK(n_in == view->n_usable && n_out == view->n_usable && n_in == EDGES,
          "%" PRIu32 " and %" PRIu32 " entries", n_in, n_out);
    return mixed;
}

/* The alias of node 0 finds it, and each channel is found once. */
static void check_names(const struct fgr_view *view, uint64_t scid)
{
    struct fgr_node_info info;
    fgr_node_idx node;
    fgr_chan_idx chan;
    char alias[FGR_ALIAS_BYTES_MAX + 1];
    CHECK(fgr_view_node(view, &info, (fgr_node_idx){0}) == FGR_OK, "node 0 has gone");
    memcpy(alias, info.alias, info.alias_len);
    alias[info.alias_len] = '\0';
    CHECK(info.alias_len == 0 ||
              (fgr_view_find_node(view, &node, alias, NULL) == FGR_OK && node.v == 0),
          "the alias '%s' finds another node", alias);
    CHECK(fgr_view_find_channel(view, &chan, scid) == FGR_OK &&
              fgr_view_chan_of(view, 2 * chan.v)->scid == scid,
          "a channel is not found");
}

static void wait_a_while(const struct thread *thread, uint64_t version)
{
    /* Until some more versions have been there, or the end. */
    struct fgr_reader other;
    struct fgr_error err;
    CHECK(fgr_reader_join(&other, thread->shared->publish, &err) == FGR_OK, "%s", err.text);
    uint64_t newest = version;
    while (newest < version + 20 && !atomic_load(&thread->shared->is_over)) {
        newest = fgr_reader_acquire(&other)->live->version;
        fgr_reader_release(&other);
        sched_yield();
    }
    fgr_reader_leave(&other);
}

static void *read_views(void *state)
{
    struct thread *thread = state;
    struct shared *shared = thread->shared;
    struct fgr_reader reader;
    struct fgr_error err;
    uint64_t newest = 0;
    bool is_slow = thread->number >= QUICK;
    CHECK(fgr_reader_join(&reader, shared->publish, &err) == FGR_OK, "%s", err.text);
    for (bool is_first = true; is_first || !atomic_load(&shared->is_over); is_first = false) {
        const struct fgr_view *view = fgr_reader_acquire(&reader);
        uint64_t version = view->live->version;
        CHECK(version >= newest, "a reader went back");
        newest = version;
        uint64_t mixed = check_view(view);
        check_names(view, shared->scid[thread->n_views % CHANS]);
        if (is_first) {
            atomic_fetch_add(&shared->n_ready, 1);
        }
        while (thread->number == READERS - 1 && !atomic_load(&shared->is_over)) {
            sched_yield(); /* the one that never lets go */
        }
        if (is_slow) {
            wait_a_while(thread, version);
            CHECK(view->live->version == version && check_view(view) == mixed, "a view changed");
        }
        fgr_reader_release(&reader);
        thread->n_views++;
    }
    fgr_reader_leave(&reader);
    return NULL;
}

/* ---- writer -------------------------------------------------------------------------------- */

static void apply(struct shared *shared, const struct fgr_change *change)
{
    struct fgr_error err;
    CHECK(fgr_master_apply(shared->master, change, &err) == FGR_OK, "%s", err.text);
}

static void set_fee(struct shared *shared, uint32_t edge, uint32_t ppm, uint32_t timestamp)
{
    const struct fgr_change change = {.kind = FGR_CHANGE_POLICY,
                                      .u = {.policy = {.scid = shared->scid[edge >> 1],
                                                       .direction = edge & 1,
                                                       .htlc_max_msat = 1000,
                                                       .ppm = ppm,
                                                       .timestamp = timestamp}}};
    apply(shared, &change);
}

/* A channel goes and is announced again; its fees are another's by then. */
static void reopen(struct shared *shared, uint32_t fee[EDGES], uint32_t chan, uint32_t timestamp)
{
    uint32_t heir = 2 * ((chan + 1) % CHANS);
    fee[heir] += fee[2 * chan] + fee[2 * chan + 1];
    set_fee(shared, heir, fee[heir], timestamp);
    struct fgr_change change = {.kind = FGR_CHANGE_CLOSE, .u = {.scid = shared->scid[chan]}};
    apply(shared, &change);
    change =
        (struct fgr_change){.kind = FGR_CHANGE_CHANNEL,
                            .u = {.channel = {.scid = shared->scid[chan], .capacity_sat = 1000}}};
    memcpy(change.u.channel.node_id, shared->id[chan], sizeof shared->id[chan]);
    apply(shared, &change);
    for (uint32_t d = 0; d < 2; d++) {
        fee[2 * chan + d] = 0;
        set_fee(shared, 2 * chan + d, 0, timestamp);
    }
}

static void rename_node(struct shared *shared, uint32_t timestamp)
{
    char alias[FGR_ALIAS_BYTES_MAX + 1];
    int len = snprintf(alias, sizeof alias, "node of %" PRIu32, timestamp);
    struct fgr_change change = {
        .kind = FGR_CHANGE_NODE,
        .u = {.node = {.timestamp = timestamp, .alias = {(const uint8_t *)alias, (uint32_t)len}}}};
    memcpy(change.u.node.id, shared->made.view->node_id, FGR_NODE_ID_BYTES);
    apply(shared, &change);
}

static void move_fees(struct shared *shared, uint32_t fee[EDGES], struct fgr_rng *rng,
                      uint32_t timestamp)
{
    for (uint64_t n = 1 + fgr_rng_below(rng, 4); n > 0; n--) {
        uint32_t from = (uint32_t)fgr_rng_below(rng, EDGES);
        uint32_t to = (uint32_t)fgr_rng_below(rng, EDGES);
        if (from != to) {
            uint32_t moved = (uint32_t)fgr_rng_below(rng, fee[from] + 1);
            fee[from] -= moved;
            fee[to] += moved;
            set_fee(shared, from, fee[from], timestamp);
            set_fee(shared, to, fee[to], timestamp);
        }
    }
}

static size_t write_versions(struct shared *shared, uint64_t n_versions)
{
    static const unsigned every = 16;
    uint32_t fee[EDGES];
    struct fgr_rng rng;
    struct fgr_error err;
    size_t most = 0;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        fee[edge] = FEE;
    }
    for (uint32_t v = 1; v <= n_versions; v++) {
        move_fees(shared, fee, &rng, v);
        if (v % every == 0) {
            reopen(shared, fee, (uint32_t)fgr_rng_below(&rng, CHANS), v);
            rename_node(shared, v);
        }
        CHECK(fgr_publish_show(shared->publish, &err) == FGR_OK, "%s", err.text);
        size_t held = fgr_master_held_bytes(shared->master);
        CHECK(held < HELD_MAX, "%zu bytes are held back after %" PRIu32 " versions", held, v);
        most = held > most ? held : most;
        if (v % 64 == 0) {
            sched_yield();
        }
    }
    return most;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void make_shared(struct shared *shared)
{
    struct fgr_maker *maker;
    struct fgr_maker_chan chans[CHANS];
    struct fgr_rng rng;
    struct fgr_error err;
    const struct fgr_allocator allocator = {take_page, give_page, NULL};
    const struct fgr_maker_half half = {.htlc_max_msat = 1000, .ppm = FEE, .is_known = true};
    fgr_rng_seed(&rng, fgr_settings_seed(), 1);
    for (uint32_t c = 0; c < CHANS; c++) { /* every node has one, node 0 a third of all */
        uint32_t a = c % 3 == 0 ? 0 : c % NODES;
        uint32_t b = (a + 1 + (uint32_t)fgr_rng_below(&rng, NODES - 1)) % NODES;
        chans[c] = (struct fgr_maker_chan){
            .node = {a < b ? a : b, a < b ? b : a}, .capacity_sat = 1000, .half = {half, half}};
    }
    CHECK(fgr_maker_create(&maker, NODES, &err), "%s", err.text);
    CHECK(fgr_maker_view(maker, &shared->made, chans, CHANS, NODES, &err), "%s", err.text);
    fgr_maker_destroy(maker);
    const struct fgr_view *view = shared->made.view;
    CHECK(view->n_chans == CHANS, "a node has no channel");
    for (uint32_t c = 0; c < CHANS; c++) {
        shared->scid[c] = view->chan[c].scid;
        for (int end = 0; end < 2; end++) {
            memcpy(shared->id[c][end],
                   view->node_id + (size_t)view->chan[c].node[end] * FGR_NODE_ID_BYTES,
                   FGR_NODE_ID_BYTES);
        }
    }
    CHECK(fgr_master_create(&shared->master, view, &allocator, &err) == FGR_OK, "%s", err.text);
    CHECK(fgr_publish_create(&shared->publish, shared->master, 2 * READERS, &err) == FGR_OK, "%s",
          err.text);
}

int main(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    struct thread thread[READERS];
    struct fgr_publish_status first, second;
    CHECK(shared != NULL, "out of memory");
    make_shared(shared);
    for (unsigned t = 0; t < READERS; t++) {
        thread[t] = (struct thread){.shared = shared, .number = t};
        CHECK(pthread_create(&thread[t].id, NULL, read_views, &thread[t]) == 0, "thread %u", t);
    }
    while (atomic_load(&shared->n_ready) < READERS) {
        sched_yield();
    }
    fgr_publish_look(shared->publish, &first, 0);
    size_t most = write_versions(shared, VERSIONS * fgr_settings_scale());
    fgr_publish_look(shared->publish, &first, 1000);
    fgr_publish_look(shared->publish, &second, 5000);
    CHECK(second.oldest <= 1 && second.stalled_ns == 4000 && second.n_held_bytes > 0,
          "the reader that keeps version 1 is not reported: oldest %" PRIu64 ", %" PRIu64 " ns",
          second.oldest, second.stalled_ns);
    atomic_store(&shared->is_over, true);
    uint64_t n_views = 0;
    for (unsigned t = 0; t < READERS; t++) {
        pthread_join(thread[t].id, NULL);
        n_views += thread[t].n_views;
    }
    fgr_publish_sweep(shared->publish);
    fgr_publish_look(shared->publish, &first, 9000);
    CHECK(first.n_readers == 0 && first.n_held_bytes == 0 && first.stalled_ns == 0,
          "%zu bytes are held for nobody", first.n_held_bytes);
    printf("ok - %d readers of a changing network, %" PRIu64
           " views checked, at most %zu bytes held\n",
           READERS, n_views, most);
    fgr_publish_destroy(shared->publish);
    fgr_master_destroy(shared->master);
    fgr_made_close(&shared->made);
    free(shared);
    return EXIT_SUCCESS;
}
