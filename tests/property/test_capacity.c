/* SPDX-License-Identifier: MIT */
/*
 * fgr_capacity against LEMON's maximum flow, its parts priced one by one, and against sets of parts
 * that brute force finds.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/capacity.h"
#include "graph/overlay.h"
#include "tests/oracle/lemon.h"
#include "tests/oracle/split_brute.h"
#include "tests/support/dataset.h"
#include "tests/support/nasty_overlay.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 12, CHANS_MAX = 30, GRAPHS = 6000, QUERIES = 6, BRUTE_NODES_MAX = 5 };
enum { BRUTE_CHANS_MAX = 7, MAINNET_QUERIES = 60 };

struct fixture {
    const struct fgr_view *view;
    struct fgr_split_query query;
    struct fgr_problem problem;
    struct fgr_capacity_scratch *scratch;
    struct fgr_capacity capacity;
    char where[500];
    uint64_t n_full;  /* answers whose two numbers are the same */
    uint64_t n_none;  /* nothing can be delivered */
    uint64_t n_brute; /* sets that brute force found */
};

/* ---- the cut ------------------------------------------------------------------------------- */

static bool is_wide(const struct fixture *f, const struct fgr_problem_edge *edge)
{
    return edge->htlc_max_msat >= f->query.min_part.v;
}

static void judge_at_most(struct fixture *f)
{
    struct fgr_lemon_arc *arcs = calloc((size_t)f->problem.n_edges + 1, sizeof *arcs);
    cr_assert(arcs != NULL);
    uint32_t n_arcs = 0;
    for (uint32_t e = 0; e < f->problem.n_edges; e++) {
        const struct fgr_problem_edge *edge = &f->problem.edge[e];
        if (is_wide(f, edge)) {
            arcs[n_arcs++] = (struct fgr_lemon_arc){
                .from = edge->from, .to = edge->to, .room = (int64_t)edge->max_msat};
        }
    }
    int64_t most =
        fgr_lemon_max_flow(arcs, n_arcs, f->view->n_nodes, f->query.from.v, f->query.to.v);
    cr_assert_eq((int64_t)f->capacity.at_most.v, most, "%s: %" PRIu64 ", LEMON %" PRId64, f->where,
                 f->capacity.at_most.v, most);
    free(arcs);
}

/* The cut holds as much as at_most, and without it there is no way. */
static void judge_cut(struct fixture *f)
{
    const struct fgr_problem *p = &f->problem;
    uint8_t *is_cut = calloc((size_t)p->n_edges + 1, 1);
    uint8_t *is_reached = calloc((size_t)p->n_nodes + 1, 1);
    uint64_t sum_msat = 0;
    cr_assert(is_cut != NULL && is_reached != NULL);
    for (uint32_t i = 0; i < f->capacity.n_cut; i++) {
        uint32_t e = p->index[f->capacity.cut[i].v];
        if (e != FGR_IDX_NONE && is_wide(f, &p->edge[e])) {
            sum_msat += p->edge[e].max_msat;
            is_cut[e] = 1;
        }
    }
    cr_assert_eq(sum_msat, f->capacity.at_most.v, "%s: cut of %" PRIu64, f->where, sum_msat);
    is_reached[f->query.from.v] = 1;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t e = 0; e < p->n_edges; e++) {
            const struct fgr_problem_edge *edge = &p->edge[e];
            if (is_reached[edge->from] && !is_reached[edge->to] && !is_cut[e] && is_wide(f, edge)) {
                is_reached[edge->to] = 1;
                is_changed = true;
            }
        }
    }
    cr_assert(!is_reached[f->query.to.v], "%s: a way around the cut", f->where);
    free(is_cut);
    free(is_reached);
}

/* ---- the parts ----------------------------------------------------------------------------- */

/* One part of the bundle keeps every limit; all of them are added to the loads. */
static void judge_bundle(struct fixture *f, const struct fgr_bundle *bundle)
{
    struct fgr_problem *p = &f->problem;
    struct fgr_problem_part part = {.amount_msat = bundle->amount.v, .n_hops = bundle->n_edges};
    struct fgr_problem_price price;
    for (uint32_t i = 0; i < bundle->n_edges; i++) {
        part.hop[i] = p->index[f->capacity.bundle_edge[bundle->first_edge + i].v];
        cr_assert_neq(part.hop[i], FGR_IDX_NONE, "%s", f->where);
    }
    struct fgr_split_query query = f->query;
    f->query.amount = bundle->amount;
    f->query.max_fee.v = FGR_MSAT_NONE;
    fgr_problem_price(p, &price, &part, 1);
    f->query = query;
    cr_assert_null(price.broken, "%s: %s", f->where, price.broken);
    cr_assert_geq(bundle->n_parts, 1);
}

static void judge_at_least(struct fixture *f)
{
    struct fgr_problem *p = &f->problem;
    uint64_t sum_msat = 0;
    uint64_t n_parts = 0;
    uint64_t *load_msat = calloc((size_t)p->n_edges + 1, sizeof *load_msat);
    cr_assert(load_msat != NULL);
    for (uint32_t b = 0; b < f->capacity.n_bundles; b++) {
        const struct fgr_bundle *bundle = &f->capacity.bundles[b];
        judge_bundle(f, bundle);
        uint64_t carried_msat = bundle->amount.v;
        for (uint32_t i = bundle->n_edges; i-- > 0;) {
            uint32_t e = p->index[f->capacity.bundle_edge[bundle->first_edge + i].v];
            load_msat[e] += carried_msat * bundle->n_parts;
            cr_assert_leq(load_msat[e], p->edge[e].max_msat, "%s: a channel overflows", f->where);
            uint32_t back = p->index[p->edge[e].edge ^ 1];
            cr_assert(back == FGR_IDX_NONE || load_msat[back] == 0, "%s: both ways", f->where);
            carried_msat += fgr_fee_msat(carried_msat, p->edge[e].base_msat, p->edge[e].ppm);
        }
        sum_msat += bundle->n_parts * bundle->amount.v;
        n_parts += bundle->n_parts;
    }
    cr_assert_eq(sum_msat, f->capacity.at_least.v, "%s", f->where);
    cr_assert_eq(n_parts, f->capacity.n_parts, "%s", f->where);
    cr_assert_leq(sum_msat, f->capacity.at_most.v, "%s", f->where);
    free(load_msat);
}

static void judge(struct fixture *f)
{
    struct fgr_error err;
    char words[400];
    size_t n = strlen(f->where);
    snprintf(f->where + n, sizeof f->where - n, ": %s",
             fgr_nasty_split_describe(words, sizeof words, &f->query));
    cr_assert(fgr_problem_create(&f->problem, f->view, &f->query));
    cr_assert_eq(fgr_capacity(f->scratch, &f->capacity, f->view, &f->query, &err), FGR_OK, "%s: %s",
                 f->where, err.text);
    judge_at_most(f);
    judge_cut(f);
    judge_at_least(f);
    f->n_full += f->capacity.at_least.v == f->capacity.at_most.v && f->capacity.at_most.v > 0;
    f->n_none += f->capacity.at_most.v == 0;
    if (f->view->n_nodes <= BRUTE_NODES_MAX) {
        struct fgr_split_brute_answer brute;
        fgr_split_brute_solve(&f->problem, &brute);
        cr_assert(brute.n_parts == 0 || f->capacity.at_most.v >= f->query.amount.v,
                  "%s: brute force delivers, at most %" PRIu64, f->where, f->capacity.at_most.v);
        f->n_brute += brute.n_parts > 0;
    }
    fgr_problem_destroy(&f->problem);
}

static void judge_graph(struct fixture *f, struct fgr_rng *rng, uint64_t graph,
                        uint64_t amount_msat)
{
    struct fgr_error err;
    cr_assert_eq(fgr_capacity_scratch_create(&f->scratch, f->view, NULL, &err), FGR_OK);
    for (unsigned q = 0; q < QUERIES; q++) {
        fgr_nasty_split_query(rng, &f->query, f->view->n_nodes, amount_msat,
                              FGR_SPLIT_BRUTE_PARTS_MAX);
        snprintf(f->where, sizeof f->where, "FGR_SEED %" PRIu64 " graph %" PRIu64 " query %u",
                 fgr_settings_seed(), graph, q);
        judge(f);
    }
    fgr_capacity_scratch_destroy(f->scratch);
}

Test(capacity, is_honest_on_random_graphs, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fixture f = {.n_full = 0};
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    uint64_t n_graphs = GRAPHS * fgr_settings_scale();
    for (uint64_t graph = 0; graph < n_graphs; graph++) {
        struct fgr_rng rng;
        struct fgr_maker_chan chans[CHANS_MAX];
        struct fgr_made made;
        fgr_rng_seed(&rng, fgr_settings_seed(), graph);
        bool is_small = graph % 3 == 0;
        uint32_t n_nodes =
            2 + (uint32_t)fgr_rng_below(&rng, (is_small ? BRUTE_NODES_MAX : NODES_MAX) - 1);
        uint32_t n_chans =
            1 + (uint32_t)fgr_rng_below(&rng, is_small ? BRUTE_CHANS_MAX : CHANS_MAX);
        n_chans =
            n_nodes <= BRUTE_NODES_MAX && n_chans > BRUTE_CHANS_MAX ? BRUTE_CHANS_MAX : n_chans;
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, graph % 2 == 0 ? 20 : 36);
        fgr_nasty_split_graph(&rng, chans, n_chans, n_nodes, amount_msat);
        cr_assert(fgr_maker_view(maker, &made, chans, n_chans, n_nodes, &err), "%s", err.text);
        f.view = made.view;
        judge_graph(&f, &rng, graph, amount_msat);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(f.n_full, n_graphs);
    cr_assert_lt(f.n_none, n_graphs * QUERIES / 2);
    cr_assert_gt(f.n_brute, n_graphs / 4);
}

/* ---- with an overlay --------------------------------------------------------------------------- */

enum {
    STRANGERS = 2,
    OVERLAY_NODES = 7,
    OVERLAY_CHANS = 12,
    OVERLAY_GRAPHS = 6000,
    STATEMENTS = 14
};

/* The same flow from what the overlay tells of each half-channel. */
static void judge_overlay_cut(const struct fixture *f, const struct fgr_overlay *overlay)
{
    struct fgr_lemon_arc arcs[4 * OVERLAY_CHANS + 200];
    uint32_t n_arcs = 0;
    for (uint32_t e = 0; e < fgr_overlay_n_edges(f->view, overlay); e++) {
        struct fgr_overlay_edge_info info;
        cr_assert_eq(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){e}), FGR_OK);
        if (info.usable && info.htlc_max.v >= f->query.min_part.v) {
            fgr_u128 slots_msat = (fgr_u128)info.slots * info.htlc_max.v;
            uint64_t room_msat = slots_msat < info.max.v ? (uint64_t)slots_msat : info.max.v;
            cr_assert_lt(n_arcs, sizeof arcs / sizeof arcs[0]);
            arcs[n_arcs++] = (struct fgr_lemon_arc){
                .from = info.from.v, .to = info.to.v, .room = (int64_t)(room_msat / 1000)};
        }
    }
    /* In sat: rooms of unknown capacity are as large as can be, and their sum has to fit. */
    int64_t most_sat = fgr_lemon_max_flow(arcs, n_arcs, fgr_overlay_node_count(overlay),
                                          f->query.from.v, f->query.to.v);
    uint64_t at_most_sat = f->capacity.at_most.v / 1000;
    bool is_all = f->capacity.at_most.v == FGR_MSAT_MAX;
    cr_assert(is_all ? most_sat >= (int64_t)at_most_sat
                     : (int64_t)at_most_sat - most_sat <= (int64_t)n_arcs &&
                           most_sat <= (int64_t)at_most_sat,
              "%s: %" PRIu64 ", LEMON %" PRId64, f->where, at_most_sat, most_sat);
}

/* Amounts of every bundle hop by hop, within what the overlay tells. */
static void judge_overlay_parts(const struct fixture *f, const struct fgr_overlay *overlay)
{
    uint64_t load_msat[4 * OVERLAY_CHANS + 200] = {0};
    uint64_t n_parts[4 * OVERLAY_CHANS + 200] = {0};
    uint64_t sum_msat = 0;
    for (uint32_t b = 0; b < f->capacity.n_bundles; b++) {
        const struct fgr_bundle *bundle = &f->capacity.bundles[b];
        const fgr_edge_idx *way = f->capacity.bundle_edge + bundle->first_edge;
        uint64_t carried_msat = bundle->amount.v;
        uint32_t at = f->query.to.v;
        uint64_t cltv_blocks = f->query.final_cltv;
        cr_assert(bundle->n_edges <= f->query.max_hops && carried_msat >= f->query.min_part.v);
        for (uint32_t i = bundle->n_edges; i-- > 0;) {
            uint32_t e = fgr_overlay_edge_named(f->view, overlay, way[i].v);
            struct fgr_overlay_edge_info info;
            cr_assert_neq(e, FGR_IDX_NONE, "%s", f->where);
            cr_assert_eq(fgr_overlay_edge(overlay, &info, (fgr_edge_idx){e}), FGR_OK);
            cr_assert(info.usable && info.to.v == at, "%s", f->where);
            cr_assert(carried_msat >= info.htlc_min.v && carried_msat <= info.htlc_max.v, "%s",
                      f->where);
            load_msat[e] += carried_msat * bundle->n_parts;
            cr_assert_leq(load_msat[e], info.max.v, "%s: a channel overflows", f->where);
            n_parts[e] += bundle->n_parts;
            cr_assert(info.slots == FGR_SLOTS_ANY || n_parts[e] <= info.slots, "%s: slots",
                      f->where);
            cltv_blocks += i > 0 ? info.cltv_delta : 0;
            carried_msat += fgr_fee_msat(carried_msat, info.base_msat, info.ppm);
            at = info.from.v;
        }
        cr_assert(at == f->query.from.v && cltv_blocks <= f->query.max_cltv, "%s", f->where);
        sum_msat += bundle->amount.v * bundle->n_parts;
    }
    cr_assert_eq(sum_msat, f->capacity.at_least.v, "%s", f->where);
    cr_assert_leq(sum_msat, f->capacity.at_most.v, "%s", f->where);
}

Test(capacity, takes_an_overlay, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fixture f = {.n_full = 0};
    uint64_t n_some = 0;
    cr_assert(fgr_maker_create(&maker, OVERLAY_NODES + STRANGERS, &err), "%s", err.text);
    uint64_t n_graphs = OVERLAY_GRAPHS * fgr_settings_scale();
    for (uint64_t graph = 0; graph < n_graphs; graph++) {
        struct fgr_rng rng;
        struct fgr_maker_chan chans[OVERLAY_CHANS];
        struct fgr_made made;
        fgr_rng_seed(&rng, fgr_settings_seed(), graph);
        uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&rng, OVERLAY_NODES - 1);
        uint32_t n_chans = 1 + (uint32_t)fgr_rng_below(&rng, OVERLAY_CHANS);
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, 36);
        fgr_nasty_split_graph(&rng, chans, n_chans, n_nodes, amount_msat);
        cr_assert(fgr_maker_view(maker, &made, chans, n_chans, n_nodes, &err), "%s", err.text);
        struct fgr_nasty_world world = {.maker = maker,
                                        .view = made.view,
                                        .n_strangers = STRANGERS,
                                        .amount_msat = amount_msat};
        struct fgr_overlay *overlay =
            fgr_nasty_overlay(&rng, &world, 1 + (unsigned)fgr_rng_below(&rng, STATEMENTS));
        cr_assert(overlay != NULL);
        f.view = made.view;
        cr_assert_eq(fgr_capacity_scratch_create(&f.scratch, f.view, NULL, &err), FGR_OK);
        for (unsigned q = 0; q < QUERIES; q++) {
            fgr_nasty_split_query(&rng, &f.query, fgr_overlay_node_count(overlay), amount_msat, 4);
            f.query.overlay = overlay;
            snprintf(f.where, sizeof f.where, "FGR_SEED %" PRIu64 " graph %" PRIu64 " query %u",
                     fgr_settings_seed(), graph, q);
            cr_assert_eq(fgr_capacity(f.scratch, &f.capacity, f.view, &f.query, &err), FGR_OK,
                         "%s: %s", f.where, err.text);
            judge_overlay_cut(&f, overlay);
            judge_overlay_parts(&f, overlay);
            n_some += f.capacity.at_least.v > 0;
        }
        fgr_capacity_scratch_destroy(f.scratch);
        fgr_overlay_destroy(overlay);
        fgr_made_close(&made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(n_some, n_graphs);
}

/* Mainnet: the same, and the two numbers are close. */
Test(capacity, is_close_on_mainnet, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_dataset dataset;
    struct fixture f = {.n_full = 0};
    enum fgr_err code = fgr_dataset_open(&dataset, &err);
    if (code == FGR_ERR_UNKNOWN) {
        cr_skip_test("skipped: %s", err.text);
    }
    cr_assert_eq(code, FGR_OK, "%s", err.text);
    f.view = dataset.view;
    cr_assert_eq(fgr_capacity_scratch_create(&f.scratch, f.view, NULL, &err), FGR_OK);
    uint64_t n_queries = MAINNET_QUERIES * fgr_settings_scale();
    uint64_t n_close = 0;
    uint64_t n_some = 0;
    for (uint64_t i = 0; i < n_queries; i++) {
        struct fgr_rng rng;
        fgr_rng_seed(&rng, fgr_settings_seed(), i);
        fgr_nasty_split_query(&rng, &f.query, f.view->n_nodes, 1000000000, 16);
        /* Nodes with many channels come up more often. */
        f.query.from.v = f.view->in.nbr[fgr_rng_below(&rng, f.view->n_usable)];
        f.query.to.v = f.view->out.nbr[fgr_rng_below(&rng, f.view->n_usable)];
        if (f.query.from.v == f.query.to.v) {
            continue;
        }
        f.query.min_part.v = fgr_nasty_chance(&rng, 50) ? 1 : 10000000;
        f.query.max_cltv = 2016;
        f.query.max_hops = 20;
        f.query.final_bytes = 0;
        snprintf(f.where, sizeof f.where, "FGR_SEED %" PRIu64 " query %" PRIu64,
                 fgr_settings_seed(), i);
        judge(&f);
        n_some += f.capacity.at_most.v >= 50000000;
        n_close += f.capacity.at_most.v >= 50000000 &&
                   f.capacity.at_least.v >= f.capacity.at_most.v / 100 * 98;
    }
    fgr_capacity_scratch_destroy(f.scratch);
    fgr_dataset_close(&dataset);
    cr_log_info("%" PRIu64 " of %" PRIu64 " close\n", n_close, n_some);
    cr_assert_gt(n_some, n_queries / 2);
    cr_assert_geq(n_close * 10, n_some * 9);
}
