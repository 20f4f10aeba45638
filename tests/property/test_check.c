/* SPDX-License-Identifier: MIT */
/*
 * fgr_route_check believes nothing: every field of a right answer, changed by itself, is found out,
 * and so is an answer to a query whose limits it does not keep. Every second graph has an overlay.
 */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "fulgurite/route.h"
#include "graph/overlay.h"
#include "tests/support/nasty_overlay.h"
#include "tests/support/settings.h"

enum { NODES = 20, STRANGERS = 2, CHANS = 60, GRAPHS = 120, QUERIES = 20, STATEMENTS = 30 };

struct fixture {
    struct fgr_made made;
    struct fgr_route_query query;
    struct fgr_route route;
    uint64_t graph;
};

static bool holds(const struct fixture *f, const struct fgr_route_query *query,
                  const struct fgr_route *route)
{
    struct fgr_error err = {.code = FGR_OK};
    enum fgr_err code = fgr_route_check(f->made.view, query, route, &err);
    cr_assert(code == FGR_OK ||
              (code == FGR_ERR_CHECK && err.code == code && err.text[0] != '\0') ||
              code == FGR_ERR_ARG);
    return code == FGR_OK;
}

/* `change` is applied to a copy of the right answer, which then must not hold. */
#define EXPECT_FOUND_OUT(f, change)                                                             \
    do {                                                                                        \
        struct fgr_route bad = (f)->route;                                                      \
        bad.change;                                                                             \
        cr_assert(!holds((f), &(f)->query, &bad), "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s", \
                  fgr_settings_seed(), (f)->graph, #change);                                    \
    } while (0)

static void change_totals(const struct fixture *f)
{
    EXPECT_FOUND_OUT(f, amount.v++);
    EXPECT_FOUND_OUT(f, fee.v++);
    EXPECT_FOUND_OUT(f, cost.v++);
    EXPECT_FOUND_OUT(f, cost.v--);
    EXPECT_FOUND_OUT(f, bound.v++);
    EXPECT_FOUND_OUT(f, gap_ppm++);
    EXPECT_FOUND_OUT(f, probability *= 0.5);
    EXPECT_FOUND_OUT(f, cltv_total++);
    EXPECT_FOUND_OUT(f, onion_bytes--);
    EXPECT_FOUND_OUT(f, n_hops = 0);
    EXPECT_FOUND_OUT(f, n_hops--);
    EXPECT_FOUND_OUT(f, n_hops = FGR_HOPS_MAX);
    EXPECT_FOUND_OUT(f, n_hops = UINT32_MAX);
}

static void change_hop(const struct fixture *f, uint32_t i)
{
    EXPECT_FOUND_OUT(f, hops[i].edge.v ^= 1);
    EXPECT_FOUND_OUT(f, hops[i].edge.v = UINT32_MAX);
    EXPECT_FOUND_OUT(f, hops[i].from.v++);
    EXPECT_FOUND_OUT(f, hops[i].to.v++);
    EXPECT_FOUND_OUT(f, hops[i].amount.v++);
    EXPECT_FOUND_OUT(f, hops[i].amount.v--);
    EXPECT_FOUND_OUT(f, hops[i].fee.v++);
    EXPECT_FOUND_OUT(f, hops[i].risk.v++);
    EXPECT_FOUND_OUT(f, hops[i].fail.v++);
    EXPECT_FOUND_OUT(f, hops[i].bias_msat++);
    EXPECT_FOUND_OUT(f, hops[i].bias_msat--);
    EXPECT_FOUND_OUT(f, hops[i].probability *= 0.5);
    EXPECT_FOUND_OUT(f, hops[i].cltv_delta++);
}

/* What stands for a half-channel of the view goes by the name of that one, not by its own; and an
 * answer over added ones is none without them. Returns how many hops were of the overlay. */
static unsigned change_overlay(const struct fixture *f)
{
    unsigned n_extra = 0, n_added = 0;
    const struct fgr_view *view = f->made.view;
    for (uint32_t i = 0; i < f->route.n_hops; i++) {
        uint32_t name = f->route.hops[i].edge.v;
        uint32_t own = fgr_overlay_edge_named(view, f->query.overlay, name);
        cr_assert_neq(own, FGR_IDX_NONE);
        n_added += name >= 2 * view->n_chans;
        n_extra += own >= 2 * view->n_chans;
        if (own != name) {
            EXPECT_FOUND_OUT(f, hops[i].edge.v = own);
        }
    }
    if (n_added > 0) {
        struct fgr_route_query query = f->query;
        query.overlay = NULL;
        cr_assert(!holds(f, &query, &f->route));
    }
    return n_extra;
}

static void change_query(const struct fixture *f)
{
    struct fgr_route_query query = f->query;
    query.amount.v++;
    cr_assert(!holds(f, &query, &f->route));
    query = f->query;
    query.to = query.from;
    cr_assert(!holds(f, &query, &f->route));
    query = f->query;
    query.final_bytes += FGR_ONION_BYTES + 1 - f->route.onion_bytes;
    cr_assert(!holds(f, &query, &f->route));
    query = f->query;
    if (f->route.cltv_total > 0) {
        query.max_cltv = f->route.cltv_total - 1;
        cr_assert(!holds(f, &query, &f->route));
    }
    query = f->query;
    query.max_hops = f->route.n_hops - 1;
    cr_assert(!holds(f, &query, &f->route));
    if (f->route.fee.v > 0) {
        query = f->query;
        query.max_fee.v = f->route.fee.v - 1;
        cr_assert(!holds(f, &query, &f->route));
    }
}

Test(check, finds_out_every_change, .timeout = 120)
{
    struct fixture f = {.graph = 0};
    struct fgr_maker *maker = NULL;
    struct fgr_error err;
    unsigned n_found = 0, n_extra = 0;
    cr_assert(fgr_maker_create(&maker, NODES + STRANGERS, &err), "%s", err.text);
    for (; f.graph < GRAPHS; f.graph++) {
        struct fgr_rng rng;
        struct fgr_maker_chan chans[CHANS];
        struct fgr_scratch *scratch = NULL;
        fgr_rng_seed(&rng, fgr_settings_seed(), f.graph);
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, 40);
        fgr_nasty_graph(&rng, chans, CHANS, NODES, amount_msat);
        cr_assert(fgr_maker_view(maker, &f.made, chans, CHANS, NODES, &err), "%s", err.text);
        cr_assert_eq(fgr_scratch_create(&scratch, f.made.view, NULL, &err), FGR_OK);
        struct fgr_overlay *overlay = NULL;
        struct fgr_nasty_world world = {.maker = maker,
                                        .view = f.made.view,
                                        .n_strangers = STRANGERS,
                                        .amount_msat = amount_msat};
        if (f.graph % 2 == 1) {
            overlay = fgr_nasty_overlay(&rng, &world, STATEMENTS);
            cr_assert_not_null(overlay);
        }
        for (unsigned q = 0; q < QUERIES; q++) {
            fgr_nasty_query(&rng, &f.query, NODES + (overlay == NULL ? 0 : STRANGERS), amount_msat);
            f.query.overlay = overlay;
            if (fgr_route(scratch, &f.route, NULL, f.made.view, &f.query, &err) != FGR_OK) {
                continue;
            }
            n_found++;
            cr_assert(holds(&f, &f.query, &f.route));
            change_totals(&f);
            for (uint32_t i = 0; i < f.route.n_hops; i++) {
                change_hop(&f, i);
            }
            change_query(&f);
            n_extra += change_overlay(&f);
        }
        fgr_overlay_destroy(overlay);
        fgr_scratch_destroy(scratch);
        fgr_made_close(&f.made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(n_found, 100);
    cr_assert_gt(n_extra, 50);
}
