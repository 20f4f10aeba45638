/* SPDX-License-Identifier: MIT */
/* After any sequence of changes a master shows the network that the builder makes from scratch: the
 * same values in the same order, the same names, the same routes. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "fulgurite/route.h"
#include "graph/live.h"
#include "graph/master.h"
#include "tests/support/changing_net.h"
#include "tests/support/dataset.h"
#include "tests/support/same_network.h"
#include "tests/support/settings.h"

enum { STEPS = 1200, QUERIES = 4 };

static struct fgr_error err;

static const struct fgr_view *seal(struct fgr_master *master)
{
    const struct fgr_view *view = NULL;
    cr_assert_eq(fgr_master_seal(master, &view, &err), FGR_OK, "%s", err.text);
    return view;
}

/* Forgets all but the newest view. */
static void sweep(struct fgr_master *master, const struct fgr_view *view)
{
    fgr_master_sweep(master, &view->live->version, 1);
    cr_assert_eq(fgr_master_n_held(master), 0);
    cr_assert_eq(fgr_master_held_bytes(master), 0);
}

static uint64_t cost_between(const struct fgr_view *view, const uint8_t *from, const uint8_t *to)
{
    struct fgr_scratch *scratch;
    struct fgr_route_query query;
    struct fgr_route route;
    fgr_node_idx a, b;
    cr_assert_eq(fgr_view_find_id(view, &a, from), FGR_OK);
    cr_assert_eq(fgr_view_find_id(view, &b, to), FGR_OK);
    cr_assert_eq(fgr_scratch_create(&scratch, view, NULL, &err), FGR_OK);
    fgr_route_query_init(&query, a, b, (fgr_msat){100000});
    enum fgr_err rc = fgr_route(scratch, &route, NULL, view, &query, &err);
    cr_assert(rc == FGR_OK || rc == FGR_ERR_NO_ROUTE, "%s", err.text);
    if (rc == FGR_OK) {
        cr_assert_eq(fgr_route_check(view, &query, &route, &err), FGR_OK, "%s", err.text);
    }
    fgr_scratch_destroy(scratch);
    return rc == FGR_OK ? route.cost.v : UINT64_MAX;
}

static unsigned compare_routes(const struct fgr_view *live, const struct fgr_view *image,
                               struct fgr_rng *rng)
{
    unsigned n_found = 0;
    for (unsigned i = 0; i < QUERIES && image->n_nodes > 1; i++) {
        uint64_t a = fgr_rng_below(rng, image->n_nodes);
        uint64_t b = (a + 1 + fgr_rng_below(rng, image->n_nodes - 1)) % image->n_nodes;
        const uint8_t *from = image->node_id + a * FGR_NODE_ID_BYTES;
        const uint8_t *to = image->node_id + b * FGR_NODE_ID_BYTES;
        uint64_t cost = cost_between(image, from, to);
        cr_assert_eq(cost_between(live, from, to), cost);
        n_found += cost != UINT64_MAX;
    }
    return n_found;
}

static unsigned compare(struct fgr_master *master, const struct fgr_changing_net *net,
                        struct fgr_rng *rng, uint64_t seed, unsigned step)
{
    struct fgr_made made;
    const struct fgr_view *view = seal(master);
    cr_assert(fgr_changing_net_image(net, &made, &err), "%s", err.text);
    cr_assert(fgr_same_network(view, made.view, &err), "FGR_SEED=%" PRIu64 " step %u: %s", seed,
              step, err.text);
    unsigned n_found = compare_routes(view, made.view, rng);
    fgr_made_close(&made);
    sweep(master, view);
    return n_found;
}

/* Some versions have one change, some many; the master starts empty or from an image. */
static unsigned follow(uint64_t seed)
{
    struct fgr_changing_net net;
    struct fgr_master *master = NULL;
    struct fgr_rng rng;
    unsigned n_found = 0;
    fgr_rng_seed(&rng, seed, 1);
    cr_assert(fgr_changing_net_init(&net, seed, &err), "%s", err.text);
    for (unsigned i = 0; seed % 2 == 1 && i < 200; i++) {
        fgr_changing_net_step(&net);
    }
    struct fgr_made made = {.view = NULL};
    if (seed % 2 == 1) {
        cr_assert(fgr_changing_net_image(&net, &made, &err), "%s", err.text);
    }
    cr_assert_eq(fgr_master_create(&master, made.view, NULL, &err), FGR_OK, "%s", err.text);
    if (made.view != NULL) {
        fgr_made_close(&made);
        compare(master, &net, &rng, seed, 0);
    }
    for (unsigned step = 1; step <= STEPS; step++) {
        struct fgr_change change = fgr_changing_net_step(&net);
        cr_assert_eq(fgr_master_apply(master, &change, &err), FGR_OK, "%s", err.text);
        if (fgr_rng_below(&rng, step % 300 < 40 ? 1 : 30) == 0) {
            n_found += compare(master, &net, &rng, seed, step);
        }
    }
    fgr_master_destroy(master);
    fgr_changing_net_free(&net);
    return n_found;
}

Test(master, shows_what_the_builder_would_make, .timeout = 240)
{
    unsigned n_found = 0;
    for (uint64_t i = 0; i < 6 * fgr_settings_scale(); i++) {
        n_found += follow(fgr_settings_seed() + i);
    }
    cr_assert_gt(n_found, 100, "hardly any query had a route");
}

/* Versions that are still read stay as they were, whatever follows. */
Test(master, an_old_view_stays_as_it_was)
{
    enum { VERSIONS = 30 };
    struct fgr_changing_net net;
    struct fgr_master *master;
    struct fgr_made made[VERSIONS];
    const struct fgr_view *view[VERSIONS];
    uint64_t versions[VERSIONS];
    cr_assert(fgr_changing_net_init(&net, fgr_settings_seed(), &err), "%s", err.text);
    cr_assert_eq(fgr_master_create(&master, NULL, NULL, &err), FGR_OK, "%s", err.text);
    for (unsigned i = 0; i < VERSIONS; i++) {
        for (unsigned step = 0; step < 40; step++) {
            struct fgr_change change = fgr_changing_net_step(&net);
            cr_assert_eq(fgr_master_apply(master, &change, &err), FGR_OK, "%s", err.text);
        }
        view[i] = seal(master);
        versions[i] = view[i]->live->version;
        cr_assert(fgr_changing_net_image(&net, &made[i], &err), "%s", err.text);
        fgr_master_sweep(master, versions, i + 1);
    }
    for (unsigned i = 0; i < VERSIONS; i++) {
        cr_assert(fgr_same_network(view[i], made[i].view, &err), "version %u: %s", i, err.text);
    }
    size_t n_held = fgr_master_n_held(master);
    /* Every third one is given up: the others stay. */
    uint64_t kept[VERSIONS];
    size_t n_kept = 0;
    for (unsigned i = 0; i < VERSIONS; i++) {
        if (i % 3 != 0 || i + 1 == VERSIONS) {
            kept[n_kept++] = versions[i];
        }
    }
    fgr_master_sweep(master, kept, n_kept);
    cr_assert_lt(fgr_master_n_held(master), n_held);
    for (unsigned i = 0; i < VERSIONS; i++) {
        if (i % 3 != 0 || i + 1 == VERSIONS) {
            cr_assert(fgr_same_network(view[i], made[i].view, &err), "version %u: %s", i, err.text);
        }
        fgr_made_close(&made[i]);
    }
    sweep(master, view[VERSIONS - 1]);
    fgr_master_destroy(master);
    fgr_changing_net_free(&net);
}

/* The same on a network with hubs and 10 000 of everything, so that pages and orders grow. */
Test(master, follows_mainnet, .timeout = 240)
{
    struct fgr_dataset dataset;
    struct fgr_master *master;
    struct fgr_rng rng;
    if (fgr_dataset_open(&dataset, &err) != FGR_OK) {
        cr_skip_test("no dataset: %s", err.text);
    }
    const struct fgr_view *image = dataset.view;
    fgr_rng_seed(&rng, fgr_settings_seed(), 3);
    cr_assert_eq(fgr_master_create(&master, image, NULL, &err), FGR_OK, "%s", err.text);
    const struct fgr_view *view = seal(master);
    cr_assert(fgr_same_network(view, image, &err), "%s", err.text);
    sweep(master, view);
    /* Each half-channel is changed, and changed back. */
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t edge = 0; edge < 2 * image->n_chans; edge++) {
            const struct fgr_half *half = &image->half[edge];
            struct fgr_policy_info info;
            cr_assert_eq(fgr_view_policy(image, &info, (fgr_edge_idx){edge}), FGR_OK);
            if (!info.known) {
                continue;
            }
            struct fgr_change change = {
                .kind = FGR_CHANGE_POLICY,
                .u = {.policy = {.scid = image->chan[edge >> 1].scid,
                                 .direction = edge & 1,
                                 .htlc_min_msat = half->htlc_min_msat,
                                 .htlc_max_msat = half->htlc_max_msat,
                                 .base_msat = half->base_msat,
                                 .ppm = turn == 1 ? half->ppm : (uint32_t)fgr_rng_below(&rng, 5000),
                                 .inbound_base_msat = info.inbound_base_msat,
                                 .inbound_ppm = info.inbound_ppm,
                                 .timestamp = half->timestamp,
                                 .cltv_delta = half->cltv_delta,
                                 .disabled =
                                     turn == 1 ? info.disabled : fgr_rng_below(&rng, 10) == 0}}};
            cr_assert_eq(fgr_master_apply(master, &change, &err), FGR_OK, "%s", err.text);
            if (fgr_rng_below(&rng, 100) == 0) {
                sweep(master, seal(master));
            }
        }
    }
    view = seal(master);
    cr_assert(fgr_same_network(view, image, &err), "%s", err.text);
    fgr_master_destroy(master);
    fgr_dataset_close(&dataset);
}
