/* SPDX-License-Identifier: MIT */
/*
 * test_publish_orders.c - a writer and readers under every order of their atomic accesses, and of
 * frees against reads: graph/publish.c itself, on a real master, not a model of it.
 *
 * Freed pages are overwritten and kept until the end of the run, so a reader that still looks at one
 * finds what nobody wrote. Each version has one fee in all places, so a reader sees whether it has
 * one version or a mixture.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/live.h"
#include "graph/publish.h"
#include "tests/support/graph_maker.h"
#include "tests/support/interleave.h"

enum { POISON = 0xdd, FREED_MAX = 4096, READERS = 2 };

struct world {
    struct fgr_made made;
    uint64_t scid;
    unsigned n_versions;       /* that the writer shows beside the first */
    unsigned n_turns;          /* that a reader takes */
    struct fgr_master *master; /* the same for all runs */
    struct fgr_publish *publish;
    struct fgr_reader reader[READERS];
    void *freed[FREED_MAX];
    unsigned n_freed;
    char memory; /* stands for all memory that is freed: an access takes a turn */
    bool is_freeing;
    /* Over all runs: that the interesting things happened at all. */
    uint64_t n_seen[8];
    uint64_t n_frees;
    uint64_t n_refused;
};

static void *take_page(void *state, size_t bytes)
{
    (void)state;
    return malloc(bytes);
}

/* All frees of a sweep are one turn: who may read between two of them may read after the last. */
static void give_page(void *state, void *page, size_t bytes)
{
    struct world *world = state;
    if (!world->is_freeing) {
        fgr_interleave_turn(&world->memory, true);
    }
    world->is_freeing = true;
    memset(page, POISON, bytes);
    cr_assert_lt(world->n_freed, FREED_MAX);
    world->freed[world->n_freed++] = page;
    world->n_frees++;
}

/* The fee of version v is 100 v, in both directions, in pages and lists. */
static void write_version(struct world *world, unsigned v)
{
    for (unsigned d = 0; d < 2; d++) {
        const struct fgr_change change = {.kind = FGR_CHANGE_POLICY,
                                          .u = {.policy = {.scid = world->scid,
                                                           .direction = d,
                                                           .ppm = 100 * v,
                                                           .htlc_max_msat = 1000,
                                                           .timestamp = v}}};
        cr_assert_eq(fgr_master_apply(world->master, &change, NULL), FGR_OK);
    }
}

static void start(struct world *world, uint32_t max_readers)
{
    write_version(world, 0);
    cr_assert_eq(fgr_publish_create(&world->publish, world->master, max_readers, NULL), FGR_OK);
}

static void start_joined(void *state)
{
    struct world *world = state;
    start(world, READERS);
    for (unsigned i = 0; i < READERS; i++) {
        cr_assert_eq(fgr_reader_join(&world->reader[i], world->publish, NULL), FGR_OK);
    }
}

static unsigned fee_shown(const struct fgr_view *view, uint32_t edge)
{
    const struct fgr_half *half = fgr_view_half_of(view, edge);
    struct fgr_span span = fgr_adjacency_span(&view->in, fgr_view_edge_to(view, edge));
    cr_assert_eq(span.end - span.first, 1, "freed while it is read");
    cr_assert_eq(view->in.edge[span.first], edge, "freed while it is read");
    cr_assert_eq(view->in.ppm[span.first], half->ppm, "two versions in one view");
    return half->ppm;
}

/* Which version of the fees a view shows. */
static unsigned version_shown(struct world *world, const struct fgr_view *view)
{
    fgr_interleave_turn(&world->memory, false);
    cr_assert_eq(view->n_nodes, 2, "freed while it is read");
    unsigned fee = fee_shown(view, 0);
    cr_assert_eq(fee_shown(view, 1), fee, "two versions in one view");
    return fee / 100;
}

static void read_views(struct world *world, struct fgr_reader *reader)
{
    unsigned newest = 0;
    for (unsigned turn = 0; turn < world->n_turns; turn++) {
        const struct fgr_view *view = fgr_reader_acquire(reader);
        unsigned v = version_shown(world, view);
        cr_assert_geq(v, newest, "a reader went back");
        newest = v;
        cr_assert_eq(version_shown(world, view), v, "a view changed");
        world->n_seen[v]++;
        fgr_reader_release(reader);
    }
}

static void run_thread(void *state, unsigned number)
{
    struct world *world = state;
    if (number > 0) {
        read_views(world, &world->reader[number - 1]);
        return;
    }
    for (unsigned v = 1; v <= world->n_versions; v++) {
        fgr_interleave_turn(&world->memory, true); /* recycled entries of lists */
        write_version(world, v);
        cr_assert_eq(fgr_publish_show(world->publish, NULL), FGR_OK);
        world->is_freeing = false;
        fgr_publish_sweep(world->publish);
    }
}

static void look(void *state)
{
    (void)state;
}

/* Nobody holds anything: a sweep leaves the newest version only. */
static void end(void *state)
{
    struct world *world = state;
    fgr_publish_sweep(world->publish);
    cr_assert_eq(fgr_master_n_held(world->master), 0);
}

static void clean(void *state)
{
    struct world *world = state;
    world->is_freeing = true; /* no turn is left to take */
    fgr_publish_sweep(world->publish);
    fgr_publish_destroy(world->publish);
    for (unsigned i = 0; i < world->n_freed; i++) {
        free(world->freed[i]);
    }
    world->n_freed = 0;
}

static void make_world(struct world *world)
{
    struct fgr_maker *maker;
    struct fgr_error err;
    const struct fgr_maker_half half = {.htlc_max_msat = 1000, .is_known = true};
    const struct fgr_maker_chan chan = {.node = {0, 1}, .capacity_sat = 1, .half = {half, half}};
    *world = (struct world){.n_versions = 2, .n_turns = 1};
    cr_assert(fgr_maker_create(&maker, 2, &err), "%s", err.text);
    cr_assert(fgr_maker_view(maker, &world->made, &chan, 1, 2, &err), "%s", err.text);
    world->scid = world->made.view->chan[0].scid;
    fgr_maker_destroy(maker);
    const struct fgr_allocator allocator = {take_page, give_page, world};
    cr_assert_eq(fgr_master_create(&world->master, world->made.view, &allocator, NULL), FGR_OK);
}

static void explore(struct world *world, unsigned n_threads, void (*begin)(void *state),
                    void (*thread)(void *state, unsigned number))
{
    const struct fgr_interleave plan = {n_threads, begin, thread, look, end, clean};
    uint64_t n_runs = fgr_interleave_all(&plan, world);
    cr_log_info("%llu runs", (unsigned long long)n_runs);
    cr_assert_gt(n_runs, 20);
    cr_assert_gt(world->n_frees, 0);
    fgr_master_destroy(world->master);
    for (unsigned i = 0; i < world->n_freed; i++) {
        free(world->freed[i]);
    }
    fgr_made_close(&world->made);
}

Test(publish_orders, one_reader_reads_twice, .timeout = 120)
{
    struct world world;
    make_world(&world);
    world.n_versions = 3;
    world.n_turns = 2;
    explore(&world, 2, start_joined, run_thread);
    cr_assert(world.n_seen[0] > 0 && world.n_seen[1] > 0 && world.n_seen[2] > 0);
}

Test(publish_orders, two_readers, .timeout = 240)
{
    struct world world;
    make_world(&world);
    explore(&world, 3, start_joined, run_thread);
    cr_assert(world.n_seen[0] > 0 && world.n_seen[1] > 0);
}

/* One pin for two threads that come and go. */
static void come_and_go(void *state, unsigned number)
{
    struct world *world = state;
    if (number == 0) {
        run_thread(world, 0);
        return;
    }
    struct fgr_reader reader;
    if (fgr_reader_join(&reader, world->publish, NULL) == FGR_OK) {
        read_views(world, &reader);
        fgr_reader_leave(&reader);
    } else {
        world->n_refused++;
    }
}

static void start_narrow(void *state)
{
    start(state, 1);
}

Test(publish_orders, readers_come_and_go, .timeout = 240)
{
    struct world world;
    make_world(&world);
    world.n_versions = 1;
    explore(&world, 3, start_narrow, come_and_go);
    cr_assert(world.n_seen[0] > 0 && world.n_seen[1] > 0 && world.n_refused > 0);
}
