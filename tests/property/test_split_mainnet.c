/* SPDX-License-Identifier: MIT */
/*
 * fgr_split between well-funded nodes of the mainnet-sized network: every answer holds, no set is
 * dearer than the best route, limits of all parts are kept, the same bytes come out of any scratch,
 * and nothing is allocated by a query.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/split.h"
#include "graph/util/rng.h"
#include "graph/view.h"
#include "tests/support/dataset.h"
#include "tests/support/settings.h"

enum { QUERIES = 60, N_AMOUNTS = 4 };

static const uint64_t amounts_sat[N_AMOUNTS] = {50000, 1000000, 10000000, 60000000};

struct fixture {
    struct fgr_dataset dataset;
    struct fgr_split_scratch *scratch;
    struct fgr_split_scratch *other;
    struct fgr_scratch *route;
    struct fgr_rng rng;
    uint64_t n_allocations;
    uint64_t n_found;
    uint64_t n_several;
};

static void *counted_alloc(void *state, size_t bytes)
{
    struct fixture *f = state;
    f->n_allocations++;
    return malloc(bytes);
}

static void counted_free(void *state, void *ptr, size_t bytes)
{
    (void)state;
    (void)bytes;
    free(ptr);
}

static void open_fixture(struct fixture *f)
{
    struct fgr_error err;
    struct fgr_allocator allocator = {counted_alloc, counted_free, f};
    cr_assert_eq(fgr_dataset_open(&f->dataset, &err), FGR_OK, "%s", err.text);
    const struct fgr_view *view = f->dataset.view;
    cr_assert_eq(fgr_split_scratch_create(&f->scratch, view, &allocator, &err), FGR_OK);
    cr_assert_eq(fgr_split_scratch_create(&f->other, view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_scratch_create(&f->route, view, NULL, &err), FGR_OK);
    fgr_rng_seed(&f->rng, fgr_settings_seed(), 77);
}

static void close_fixture(struct fixture *f)
{
    fgr_split_scratch_destroy(f->scratch);
    fgr_split_scratch_destroy(f->other);
    fgr_scratch_destroy(f->route);
    fgr_dataset_close(&f->dataset);
}

/* A node whose half-channels hold at least `amount_sat` both ways. */
static uint32_t funded_node(struct fixture *f, uint64_t amount_sat)
{
    const struct fgr_view *view = f->dataset.view;
    for (;;) {
        uint32_t node = (uint32_t)fgr_rng_below(&f->rng, view->n_nodes);
        uint64_t sum_sat = 0;
        for (uint32_t i = view->out.first[node]; i < view->out.first[node + 1]; i++) {
            sum_sat += fgr_view_chan_of(view, view->out.edge[i])->capacity_sat;
        }
        if (sum_sat >= 2 * amount_sat && view->in.first[node] < view->in.first[node + 1]) {
            return node;
        }
    }
}

static void assert_same(const struct fgr_split *a, const struct fgr_split *b)
{
    cr_assert_eq(a->cost.v, b->cost.v);
    cr_assert_eq(a->bound.v, b->bound.v);
    cr_assert_eq(a->n_parts, b->n_parts);
    for (uint32_t i = 0; i < a->n_parts; i++) {
        cr_assert_eq(a->parts[i].n_hops, b->parts[i].n_hops);
        for (uint32_t j = 0; j < a->parts[i].n_hops; j++) {
            cr_assert_eq(a->parts[i].hops[j].edge.v, b->parts[i].hops[j].edge.v);
            cr_assert_eq(a->parts[i].hops[j].amount.v, b->parts[i].hops[j].amount.v);
        }
    }
}

/* The best route for the same amount and limits costs no less. */
static void assert_no_dearer_than_route(struct fixture *f, const struct fgr_split_query *query,
                                        const struct fgr_split *split)
{
    struct fgr_route_query one;
    struct fgr_route route;
    fgr_route_query_init(&one, query->from, query->to, query->amount);
    one.max_fee = query->max_fee;
    one.max_hops = query->max_hops;
    one.max_cltv = query->max_cltv;
    if (fgr_route(f->route, &route, NULL, f->dataset.view, &one, NULL) == FGR_OK) {
        cr_assert_gt(split->n_parts, 0, "a route and no parts");
        cr_assert_leq(split->cost.v, route.cost.v + query->part_cost.v);
    }
}

static void ask(struct fixture *f, const struct fgr_split_query *query)
{
    struct fgr_split split;
    struct fgr_split again;
    struct fgr_error err;
    const struct fgr_view *view = f->dataset.view;
    uint64_t n_before = f->n_allocations;
    enum fgr_err code = fgr_split(f->scratch, &split, view, query, &err);
    cr_assert_eq(f->n_allocations, n_before, "a query allocated");
    cr_assert_eq(fgr_split(f->other, &again, view, query, NULL), code);
    assert_no_dearer_than_route(f, query, &split);
    if (code != FGR_OK) {
        cr_assert(code == FGR_ERR_NO_ROUTE || code == FGR_ERR_WORK, "%s", err.text);
        cr_assert_eq(split.n_parts, 0);
        return;
    }
    cr_assert_eq(fgr_split_check(view, query, &split, &err), FGR_OK,
                 "%" PRIu32 " -> %" PRIu32 ", %" PRIu64 " msat: %s", query->from.v, query->to.v,
                 query->amount.v, err.text);
    assert_same(&split, &again);
    f->n_found++;
    f->n_several += split.n_parts > 1;
}

static void ask_all(void (*change)(struct fgr_rng *, struct fgr_split_query *),
                    bool is_mostly_found)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    open_fixture(f);
    uint64_t n = QUERIES * fgr_settings_scale();
    for (uint64_t i = 0; i < n; i++) {
        uint64_t amount_sat = amounts_sat[i % N_AMOUNTS];
        struct fgr_split_query query;
        uint32_t from = funded_node(f, amount_sat);
        uint32_t to = funded_node(f, amount_sat);
        fgr_split_query_init(&query, (fgr_node_idx){from}, (fgr_node_idx){to},
                             (fgr_msat){amount_sat * 1000});
        change(&f->rng, &query);
        if (from != to) {
            ask(f, &query);
        }
    }
    cr_assert(!is_mostly_found || f->n_found > n / 3, "%" PRIu64 " found", f->n_found);
    cr_assert_gt(f->n_several, n / 20);
    close_fixture(f);
}

static void change_nothing(struct fgr_rng *rng, struct fgr_split_query *query)
{
    (void)rng;
    (void)query;
}

static void limit_parts(struct fgr_rng *rng, struct fgr_split_query *query)
{
    query->max_parts = 2 + (uint32_t)fgr_rng_below(rng, 30);
    query->min_part.v = 1 + fgr_rng_below(rng, query->amount.v / 4);
    query->part_cost.v = fgr_rng_below(rng, 20000);
}

static void limit_ways(struct fgr_rng *rng, struct fgr_split_query *query)
{
    query->max_hops = 3 + (uint32_t)fgr_rng_below(rng, 4);
    query->max_cltv = 200 + (uint32_t)fgr_rng_below(rng, 600);
    query->max_fee.v = query->amount.v / 1000000 * (20 + fgr_rng_below(rng, 2000));
}

Test(split_mainnet, answers_hold, .timeout = 250)
{
    ask_all(change_nothing, true);
}

Test(split_mainnet, parts_keep_their_limits, .timeout = 250)
{
    ask_all(limit_parts, true);
}

Test(split_mainnet, ways_keep_their_limits, .timeout = 250)
{
    ask_all(limit_ways, false);
}

enum { N_PRICES = 10, N_PRICED = 6 };

/* What is left of an answer when the price of a failure changes. */
struct priced {
    double fail_msat;  /* M */
    double least_msat; /* no set costs less at that price, rounding allowed for */
    double sure_msat;  /* fee and risk of the set that was found */
    double neg_ln;
};

static double sure_of(const struct fgr_split *split)
{
    double sum_msat = 0;
    for (uint32_t i = 0; i < split->n_parts; i++) {
        for (uint32_t j = 0; j < split->parts[i].n_hops; j++) {
            const struct fgr_hop *hop = &split->parts[i].hops[j];
            sum_msat += (double)hop->fee.v + (double)hop->risk.v;
        }
    }
    return sum_msat;
}

/* Asks at one price after the other; returns how many sets were found. */
static uint32_t ask_prices(struct fixture *f, struct fgr_split_query *query,
                           struct priced out_priced[N_PRICES])
{
    uint32_t n = 0;
    struct fgr_split split;
    query->cost.fail_amount_ppm = 0;
    query->cost.fail_base_msat = 100000;
    for (uint32_t i = 0; i < N_PRICES; i++, query->cost.fail_base_msat *= 8) {
        if (fgr_split(f->scratch, &split, f->dataset.view, query, NULL) == FGR_OK) {
            out_priced[n++] = (struct priced){
                .fail_msat = (double)query->cost.fail_base_msat,
                .least_msat = (double)split.bound.v - (double)split.rounding.v,
                .sure_msat = sure_of(&split),
                .neg_ln = -log(split.probability),
            };
        }
    }
    return n;
}

/* The sets that a fee limit allows are the same at every price of a failure, so what is found at one
 * price must not cost less than what was proven at another. */
Test(split_mainnet, proves_nothing_that_another_price_refutes, .timeout = 280)
{
    static struct fixture f;
    uint32_t n_sets = 0;
    open_fixture(&f);
    for (uint64_t q = 0; q < N_PRICED * fgr_settings_scale(); q++) {
        struct fgr_split_query query;
        struct fgr_split split;
        struct priced priced[N_PRICES];
        uint32_t from = funded_node(&f, 10000000);
        uint32_t to = funded_node(&f, 10000000);
        fgr_split_query_init(&query, (fgr_node_idx){from}, (fgr_node_idx){to},
                             (fgr_msat){10000000000});
        if (fgr_split(f.scratch, &split, f.dataset.view, &query, NULL) != FGR_OK) {
            continue;
        }
        query.max_fee.v = split.fee.v / 100 * (40 + fgr_rng_below(&f.rng, 80));
        uint32_t n = ask_prices(&f, &query, priced);
        for (uint32_t i = 0; i < n * n; i++) {
            const struct priced *proven = &priced[i / n];
            const struct priced *found = &priced[i % n];
            double cost_msat = found->sure_msat + proven->fail_msat * found->neg_ln;
            cr_assert_geq(cost_msat * (1 + 1e-9) + 1000, proven->least_msat,
                          "%" PRIu32 " -> %" PRIu32 ", max_fee %" PRIu64 ", M %g", from, to,
                          query.max_fee.v, proven->fail_msat);
        }
        n_sets += n;
    }
    cr_assert_gt(n_sets, N_PRICES);
    close_fixture(&f);
}

/* Leave to use more parts costs nothing. Between these two, sixteen parts once cost half as much again
 * as six, with paths that had to be filled to the brim. */
Test(split_mainnet, more_parts_are_no_dearer, .timeout = 60)
{
    static struct fixture f;
    struct fgr_split_query query;
    struct fgr_split split;
    open_fixture(&f);
    if (!f.dataset.is_snapshot) {
        close_fixture(&f);
        cr_skip_test("the snapshot is not there");
    }
    fgr_split_query_init(&query, (fgr_node_idx){fgr_dataset_node(f.dataset.view, 348)},
                         (fgr_node_idx){fgr_dataset_node(f.dataset.view, 6)},
                         (fgr_msat){10000000000});
    query.max_parts = 6;
    cr_assert_eq(fgr_split(f.scratch, &split, f.dataset.view, &query, NULL), FGR_OK);
    uint64_t few_msat = split.cost.v;
    query.max_parts = 16;
    cr_assert_eq(fgr_split(f.scratch, &split, f.dataset.view, &query, NULL), FGR_OK);
    cr_assert_leq(split.cost.v, few_msat + few_msat / 50);
    close_fixture(&f);
}
