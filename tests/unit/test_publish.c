/* SPDX-License-Identifier: MIT */
/* One thread: what each call does. Many threads: tests/stress/stress_publish.c; every order:
 * tests/exhaustive/test_publish_orders.c. */
#include "graph/publish.h"

#include <criterion/criterion.h>
#include <string.h>

#include "graph/live.h"
#include "tests/support/changing_net.h"

static struct fgr_error err;

struct world {
    struct fgr_changing_net net;
    struct fgr_master *master;
    struct fgr_publish *publish;
};

static void open_world(struct world *world, uint32_t max_readers)
{
    cr_assert(fgr_changing_net_init(&world->net, 1, &err), "%s", err.text);
    cr_assert_eq(fgr_master_create(&world->master, NULL, NULL, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_publish_create(&world->publish, world->master, max_readers, &err), FGR_OK);
}

static void close_world(struct world *world)
{
    fgr_publish_destroy(world->publish);
    fgr_master_destroy(world->master);
    fgr_changing_net_free(&world->net);
}

static void change(struct world *world, unsigned n)
{
    for (; n > 0; n--) {
        struct fgr_change step = fgr_changing_net_step(&world->net);
        cr_assert_eq(fgr_master_apply(world->master, &step, &err), FGR_OK, "%s", err.text);
    }
}

static void show(struct world *world)
{
    cr_assert_eq(fgr_publish_show(world->publish, &err), FGR_OK, "%s", err.text);
}

static struct fgr_publish_status look(struct world *world, uint64_t now_ns)
{
    struct fgr_publish_status status;
    fgr_publish_look(world->publish, &status, now_ns);
    return status;
}

Test(publish, a_view_is_what_was_shown_last)
{
    struct world world;
    struct fgr_reader reader;
    open_world(&world, 1);
    cr_assert_eq(fgr_reader_join(&reader, world.publish, &err), FGR_OK);
    cr_assert_eq(fgr_reader_acquire(&reader)->n_chans, 0);
    fgr_reader_release(&reader);
    change(&world, 30);
    const struct fgr_view *view = fgr_reader_acquire(&reader);
    cr_assert_eq(view->n_chans, 0, "shown before it was said");
    show(&world);
    cr_assert_eq(view->n_chans, 0, "a view changed");
    fgr_reader_release(&reader);
    cr_assert_gt(fgr_reader_acquire(&reader)->n_chans, 0);
    fgr_reader_leave(&reader);
    close_world(&world);
}

Test(publish, as_many_readers_as_there_may_be)
{
    struct world world;
    struct fgr_reader reader[3];
    struct fgr_publish *none;
    open_world(&world, 2);
    cr_assert_eq(fgr_reader_join(&reader[0], world.publish, &err), FGR_OK);
    cr_assert_eq(fgr_reader_join(&reader[1], world.publish, &err), FGR_OK);
    cr_assert_eq(fgr_reader_join(&reader[2], world.publish, &err), FGR_ERR_LIMIT);
    cr_assert_not_null(strstr(err.text, "2 readers"), "%s", err.text);
    cr_assert_eq(look(&world, 0).n_readers, 2);
    fgr_reader_leave(&reader[0]);
    cr_assert_eq(fgr_reader_join(&reader[2], world.publish, &err), FGR_OK);
    cr_assert_eq(fgr_publish_create(&none, world.master, 0, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_publish_create(&none, world.master, FGR_READERS_MAX + 1, &err), FGR_ERR_ARG);
    fgr_publish_destroy(NULL);
    close_world(&world);
}

/* It is seen, it costs one version however many follow, and it ends. */
Test(publish, a_reader_that_stalls_is_reported_and_costs_little)
{
    struct world world;
    struct fgr_reader stalled, quick;
    open_world(&world, 2);
    change(&world, 300);
    show(&world);
    cr_assert_eq(fgr_reader_join(&stalled, world.publish, &err), FGR_OK);
    cr_assert_eq(fgr_reader_join(&quick, world.publish, &err), FGR_OK);
    uint64_t version = fgr_reader_acquire(&stalled)->live->version;
    struct fgr_publish_status status = look(&world, 100);
    cr_assert_eq(status.version, version);
    cr_assert_eq(status.oldest, version);
    cr_assert_eq(status.n_reading, 1);
    cr_assert_eq(status.stalled_ns, 0, "it has the newest view");
    size_t most = 0;
    for (unsigned i = 0; i < 3000; i++) {
        change(&world, 5);
        show(&world);
        cr_assert_eq(fgr_reader_acquire(&quick)->live->version, version + i + 1);
        fgr_reader_release(&quick);
        fgr_publish_sweep(world.publish);
        size_t held = look(&world, 200 + i).n_held_bytes;
        most = held > most ? held : most;
    }
    status = look(&world, 5200);
    cr_assert_eq(status.oldest, version);
    cr_assert_eq(status.stalled_ns, 5000);
    cr_assert_eq(status.n_reading, 1);
    cr_assert_lt(most, 100000, "%zu bytes for a view of %d channels", most, FGR_CHANGING_CHANS);
    fgr_reader_release(&stalled);
    fgr_publish_sweep(world.publish);
    status = look(&world, 6000);
    cr_assert_eq(status.n_held_bytes, 0);
    cr_assert_eq(status.stalled_ns, 0);
    cr_assert_eq(status.oldest, status.version);
    close_world(&world);
}
