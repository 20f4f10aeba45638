/* SPDX-License-Identifier: MIT */
/*
 * Routes with an overlay. On tiny graphs brute force prices every path by what the overlay says of
 * each half-channel; what a view can say as well has to give the same as the view rebuilt from it;
 * and an overlay that says nothing changes nothing.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph/overlay.h"
#include "tests/oracle/brute.h"
#include "tests/support/judge.h"
#include "tests/support/nasty_overlay.h"
#include "tests/support/overlay_rebuild.h"
#include "tests/support/settings.h"

enum {
    STRANGERS = 3,
    TINY_NODES_MAX = 5,
    TINY_CHANS_MAX = 10,
    TINY_GRAPHS = 6000,
    TINY_QUERIES = 15,
    NODES_MAX = 40,
    CHANS_MAX = 3 * NODES_MAX,
    GRAPHS = 800,
    QUERIES = 12,
    STATEMENTS_MAX = 14
};

struct fixture {
    struct fgr_maker *maker;
    uint64_t stream; /* tests do not share graphs */
    uint64_t graph;
    uint64_t amount_msat;
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_overlay *overlay;
    struct fgr_scratch *scratch;
    char words[400];
};

struct tally {
    uint64_t found;
    uint64_t none;
    uint64_t unproven;
    uint64_t over_extra; /* best paths over a half-channel of the overlay */
    uint64_t discounted;
    uint64_t blinded; /* queries refused because the payer is an introduction node */
};

static const char *where(struct fixture *f, const struct fgr_route_query *query)
{
    int n = snprintf(f->words, sizeof f->words, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": ",
                     fgr_settings_seed(), f->graph);
    fgr_judge_describe(f->words + n, sizeof f->words - (size_t)n, query);
    return f->words;
}

static void next_graph(struct fixture *f, uint32_t n_nodes_max, uint32_t n_chans_max,
                       bool is_expressible)
{
    static const unsigned amount_bits[] = {12, 24, 40};
    struct fgr_error err;
    struct fgr_maker_chan chans[CHANS_MAX];
    fgr_rng_seed(&f->rng, fgr_settings_seed(), (f->stream << 32) + f->graph);
    uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&f->rng, n_nodes_max - 1);
    uint32_t n_chans = 3 + (uint32_t)fgr_rng_below(&f->rng, n_chans_max - 2);
    f->amount_msat = 1 + fgr_nasty_magnitude(&f->rng, amount_bits[f->graph % 3]);
    fgr_nasty_graph(&f->rng, chans, n_chans, n_nodes, f->amount_msat);
    cr_assert(fgr_maker_view(f->maker, &f->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    struct fgr_nasty_world world = {.maker = f->maker,
                                    .view = f->made.view,
                                    .n_strangers = STRANGERS,
                                    .amount_msat = f->amount_msat,
                                    .is_expressible = is_expressible};
    f->overlay =
        fgr_nasty_overlay(&f->rng, &world, 1 + (unsigned)fgr_rng_below(&f->rng, STATEMENTS_MAX));
    cr_assert_not_null(f->overlay);
    cr_assert_eq(fgr_scratch_create(&f->scratch, f->made.view, NULL, &err), FGR_OK, "%s", err.text);
}

static void end_graph(struct fixture *f)
{
    fgr_scratch_destroy(f->scratch);
    fgr_overlay_destroy(f->overlay);
    fgr_made_close(&f->made);
}

/* A query between nodes of the view, or now and then the strangers. */
static struct fgr_route_query draw_query(struct fixture *f)
{
    struct fgr_route_query query;
    uint32_t n_more = fgr_nasty_chance(&f->rng, 30) ? STRANGERS : 0;
    fgr_nasty_query(&f->rng, &query, f->made.view->n_nodes + n_more, f->amount_msat);
    query.overlay = f->overlay;
    return query;
}

static bool starts_blinded(const struct fixture *f, const struct fgr_route_query *query)
{
    struct fgr_overlay_edge_info info;
    for (uint32_t i = 0; fgr_overlay_edge(f->overlay, &info, (fgr_edge_idx){i}) == FGR_OK; i++) {
        if (info.is_blinded && info.usable && info.from.v == query->from.v) {
            return true;
        }
    }
    return false;
}

static void check_refused(struct fixture *f, const struct fgr_route_query *query)
{
    struct fgr_route route;
    struct fgr_error err;
    cr_assert_eq(fgr_route(f->scratch, &route, NULL, f->made.view, query, &err), FGR_ERR_ARG);
    cr_assert_not_null(strstr(err.text, "blinded path"), "%s", err.text);
}

static void judge(struct fixture *f, const struct fgr_route_query *query,
                  const struct fgr_truth *truth, struct tally *tally)
{
    struct fgr_error err;
    enum fgr_verdict verdict = fgr_judge(f->scratch, f->made.view, query, truth, &err);
    cr_assert_neq(verdict, FGR_VERDICT_WRONG, "%s: %s", where(f, query), err.text);
    tally->unproven += verdict != FGR_VERDICT_RIGHT;
    tally->found += truth->is_found;
    tally->none += !truth->is_found;
}

static void note_extra(const struct fixture *f, const struct fgr_path *path, struct tally *tally)
{
    bool is_extra = false, is_discounted = false;
    for (uint32_t i = 0; i < path->n_hops; i++) {
        if (path->edge[i] >= 2 * f->made.view->n_chans) {
            is_extra = true;
            is_discounted |= fgr_overlay_own(f->overlay, path->edge[i])->bias_msat < 0;
        }
    }
    tally->over_extra += is_extra;
    tally->discounted += is_discounted;
}

Test(route_overlay, agrees_with_brute_force, .timeout = 280)
{
    struct fixture f = {.stream = 30};
    struct tally tally = {0};
    struct fgr_error err;
    cr_assert(fgr_maker_create(&f.maker, TINY_NODES_MAX + STRANGERS, &err), "%s", err.text);
    for (; f.graph < TINY_GRAPHS * fgr_settings_scale(); f.graph++) {
        next_graph(&f, TINY_NODES_MAX, TINY_CHANS_MAX, false);
        for (unsigned q = 0; q < TINY_QUERIES; q++) {
            struct fgr_route_query query = draw_query(&f);
            struct fgr_brute_answer brute;
            if (starts_blinded(&f, &query)) {
                check_refused(&f, &query);
                tally.blinded++;
                continue;
            }
            fgr_brute_solve(&brute, f.made.view, &query, false);
            struct fgr_truth truth = {brute.is_found, brute.best.cost_msat};
            judge(&f, &query, &truth, &tally);
            if (brute.is_found) {
                note_extra(&f, &brute.best, &tally);
            }
        }
        end_graph(&f);
    }
    fgr_maker_destroy(f.maker);
    cr_assert_gt(tally.found, tally.none / 8);
    cr_assert_gt(tally.over_extra, tally.found / 3);
    cr_assert_gt(tally.discounted, tally.found / 20);
    cr_assert_gt(tally.blinded, 100);
    cr_assert_leq(tally.unproven, tally.found / 10000);
}

/* ---- discounts and htlc_min ----------------------------------------------------------------- */

/* All of the size of the fees, so that which fees add up to an htlc_min, and which discounts pay for
 * that, decides everything. */
static void draw_fees_and_minima(struct fgr_rng *rng, struct fgr_maker_chan *chans,
                                 uint32_t n_chans, uint32_t n_nodes)
{
    for (uint32_t i = 0; i < n_chans; i++) {
        uint32_t a = (uint32_t)fgr_rng_below(rng, n_nodes);
        uint32_t b = (uint32_t)fgr_rng_below(rng, n_nodes - 1);
        b += b >= a;
        chans[i] =
            (struct fgr_maker_chan){.node = {a < b ? a : b, a < b ? b : a}, .capacity_sat = 100000};
        for (unsigned d = 0; d < 2; d++) {
            chans[i].half[d] = (struct fgr_maker_half){
                .htlc_min_msat = fgr_nasty_chance(rng, 50) ? 0 : 1000 + fgr_rng_below(rng, 60),
                .htlc_max_msat = 100000000,
                .base_msat = (uint32_t)fgr_rng_below(rng, 30),
                .is_known = true};
        }
    }
}

static struct fgr_overlay *draw_biases(struct fgr_rng *rng, const struct fgr_view *view)
{
    struct fgr_overlay *overlay = NULL;
    struct fgr_overlay_builder *builder;
    cr_assert_eq(fgr_overlay_builder_create(&builder, view, NULL), FGR_OK);
    for (unsigned i = 0; i < 5; i++) {
        fgr_edge_idx edge = {(uint32_t)fgr_rng_below(rng, 2 * view->n_chans)};
        int64_t bias_msat = 10 - (int64_t)fgr_rng_below(rng, 60);
        cr_assert_eq(fgr_overlay_bias(builder, edge, bias_msat, NULL), FGR_OK);
    }
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, NULL), FGR_OK);
    fgr_overlay_builder_destroy(builder);
    return overlay;
}

Test(route_overlay, discounts_pay_for_fees, .timeout = 280)
{
    struct fixture f = {.stream = 32, .amount_msat = 1000};
    struct tally tally = {0};
    struct fgr_error err;
    struct fgr_maker_chan chans[TINY_CHANS_MAX];
    cr_assert(fgr_maker_create(&f.maker, TINY_NODES_MAX, &err), "%s", err.text);
    for (; f.graph < TINY_GRAPHS * fgr_settings_scale(); f.graph++) {
        fgr_rng_seed(&f.rng, fgr_settings_seed(), (f.stream << 32) + f.graph);
        draw_fees_and_minima(&f.rng, chans, TINY_CHANS_MAX, TINY_NODES_MAX);
        cr_assert(fgr_maker_view(f.maker, &f.made, chans, TINY_CHANS_MAX, TINY_NODES_MAX, &err),
                  "%s", err.text);
        f.overlay = draw_biases(&f.rng, f.made.view);
        cr_assert_eq(fgr_scratch_create(&f.scratch, f.made.view, NULL, &err), FGR_OK);
        for (uint32_t pair = 0; pair < TINY_NODES_MAX * (TINY_NODES_MAX - 1); pair++) {
            struct fgr_route_query query;
            struct fgr_brute_answer brute;
            fgr_node_idx from = {pair % TINY_NODES_MAX};
            fgr_node_idx to = {(from.v + 1 + pair / TINY_NODES_MAX) % TINY_NODES_MAX};
            fgr_route_query_init(&query, from, to, (fgr_msat){f.amount_msat});
            query.cost.fail_base_msat = 0;
            query.overlay = f.overlay;
            fgr_brute_solve(&brute, f.made.view, &query, false);
            struct fgr_truth truth = {brute.is_found, brute.best.cost_msat};
            judge(&f, &query, &truth, &tally);
        }
        end_graph(&f);
    }
    fgr_maker_destroy(f.maker);
    cr_assert_gt(tally.none, tally.found / 100);
    cr_assert_eq(tally.unproven, 0);
}

/* ---- against the rebuilt view --------------------------------------------------------------- */

static uint32_t twin_of(const struct fixture *f, const struct fgr_view *rebuilt, uint32_t node)
{
    fgr_node_idx twin;
    const uint8_t *id = fgr_overlay_id_of(f->made.view, f->overlay, node);
    return fgr_view_find_id(rebuilt, &twin, id) == FGR_OK ? twin.v : FGR_IDX_NONE;
}

/* What the rebuilt view gives is the truth, and may be unproven as well. */
static void compare_rebuilt(struct fixture *f, const struct fgr_made *rebuilt,
                            struct fgr_scratch *scratch, struct tally *tally)
{
    for (unsigned q = 0; q < QUERIES; q++) {
        struct fgr_route_query query = draw_query(f);
        struct fgr_route_query twin = query;
        struct fgr_route route;
        struct fgr_error err;
        twin.overlay = NULL;
        twin.from.v = twin_of(f, rebuilt->view, query.from.v);
        twin.to.v = twin_of(f, rebuilt->view, query.to.v);
        if (twin.from.v == FGR_IDX_NONE || twin.to.v == FGR_IDX_NONE) {
            continue; /* without channels: not in the rebuilt view */
        }
        enum fgr_err code = fgr_route(scratch, &route, NULL, rebuilt->view, &twin, &err);
        if (code == FGR_ERR_WORK || (code == FGR_OK && route.gap_ppm > 0)) {
            tally->unproven++;
            continue;
        }
        cr_assert(code == FGR_OK || code == FGR_ERR_NO_ROUTE, "%s", err.text);
        struct fgr_truth truth = {code == FGR_OK, route.cost.v};
        judge(f, &query, &truth, tally);
    }
}

Test(route_overlay, is_that_of_the_rebuilt_view, .timeout = 280)
{
    struct fixture f = {.stream = 31};
    struct tally tally = {0};
    struct fgr_error err;
    uint64_t n_rebuilt = 0;
    cr_assert(fgr_maker_create(&f.maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    for (; f.graph < GRAPHS * fgr_settings_scale(); f.graph++) {
        struct fgr_made rebuilt;
        struct fgr_scratch *scratch;
        next_graph(&f, NODES_MAX, CHANS_MAX, true);
        cr_assert(fgr_overlay_rebuild(&rebuilt, f.made.view, f.overlay, &err), "%s", err.text);
        cr_assert_eq(fgr_scratch_create(&scratch, rebuilt.view, NULL, &err), FGR_OK);
        compare_rebuilt(&f, &rebuilt, scratch, &tally);
        fgr_scratch_destroy(scratch);
        fgr_made_close(&rebuilt);
        end_graph(&f);
        n_rebuilt++;
    }
    fgr_maker_destroy(f.maker);
    cr_assert_gt(tally.found, tally.none / 8);
    cr_assert_leq(tally.unproven, (tally.found + tally.none) / 100);
}

/* ---- nothing said --------------------------------------------------------------------------- */

/* Everything but the clock: zeroed first, so that padding compares too. */
struct answer {
    enum fgr_err code;
    struct fgr_route route;
    struct fgr_explain explain;
};

static void ask(struct answer *out, const struct fixture *f, const struct fgr_overlay *overlay,
                const struct fgr_route_query *query)
{
    struct fgr_route_query own = *query;
    struct fgr_error err;
    own.overlay = overlay;
    own.max_labels = 1000; /* the nastiest take long; most need fewer */
    memset(out, 0, sizeof *out);
    out->code = fgr_route(f->scratch, &out->route, &out->explain, f->made.view, &own, &err);
}

Test(route_overlay, changes_nothing_when_empty_and_is_repeatable, .timeout = 280)
{
    struct fixture f = {.stream = 33};
    struct fgr_error err;
    uint64_t n_found = 0, n_changed = 0;
    cr_assert(fgr_maker_create(&f.maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    for (; f.graph < GRAPHS / 4 * fgr_settings_scale(); f.graph++) {
        struct fgr_overlay_builder *builder;
        struct fgr_overlay *empty;
        next_graph(&f, NODES_MAX, CHANS_MAX, false);
        cr_assert_eq(fgr_overlay_builder_create(&builder, f.made.view, &err), FGR_OK);
        cr_assert_eq(fgr_overlay_freeze(&empty, builder, &err), FGR_OK);
        for (unsigned q = 0; q < QUERIES; q++) {
            struct fgr_route_query query;
            struct answer without, with_empty, once, again;
            fgr_nasty_query(&f.rng, &query, f.made.view->n_nodes, f.amount_msat);
            ask(&without, &f, NULL, &query);
            ask(&once, &f, f.overlay, &query);
            ask(&with_empty, &f, empty, &query);
            ask(&again, &f, f.overlay, &query);
            cr_assert_eq(memcmp(&without, &with_empty, sizeof without), 0, "%s", where(&f, &query));
            cr_assert_eq(memcmp(&once, &again, sizeof once), 0, "%s", where(&f, &query));
            n_found += without.code == FGR_OK;
            n_changed += memcmp(&without, &once, sizeof once) != 0;
        }
        fgr_overlay_destroy(empty);
        fgr_overlay_builder_destroy(builder);
        end_graph(&f);
    }
    fgr_maker_destroy(f.maker);
    cr_assert_gt(n_found, 100);
    cr_assert_gt(n_changed, 100);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static enum fgr_err route_of(struct fixture *f, const struct fgr_view *view,
                             const struct fgr_overlay *overlay, struct fgr_error *err)
{
    struct fgr_route_query query;
    struct fgr_route route;
    fgr_route_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){1}, (fgr_msat){1000});
    query.overlay = overlay;
    return fgr_route(f->scratch, &route, NULL, view, &query, err);
}

Test(route_overlay, of_another_view_is_refused)
{
    struct fixture f = {.stream = 34}, other = {.stream = 35};
    struct fgr_error err;
    cr_assert(fgr_maker_create(&f.maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    other.maker = f.maker;
    next_graph(&f, NODES_MAX, CHANS_MAX, false);
    next_graph(&other, NODES_MAX, CHANS_MAX, false);
    cr_assert_eq(route_of(&f, f.made.view, other.overlay, &err), FGR_ERR_ARG);
    cr_assert_not_null(strstr(err.text, "another view"), "%s", err.text);
    end_graph(&other);
    end_graph(&f);
    fgr_maker_destroy(f.maker);
}

/* As many half-channels as fit, then one channel more. */
Test(route_overlay, too_large_for_a_scratch_is_refused)
{
    struct fixture f = {.stream = 36};
    struct fgr_overlay_builder *builder;
    struct fgr_error err;
    cr_assert(fgr_maker_create(&f.maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    next_graph(&f, NODES_MAX, CHANS_MAX, false);
    const struct fgr_view *view = f.made.view;
    cr_assert_eq(fgr_overlay_builder_create(&builder, view, &err), FGR_OK);
    struct fgr_overlay_channel channel = {
        .from = {0}, .to = {1}, .capacity = {1000}, .policy = {.htlc_max = {1000000}}};
    uint32_t n_fit = view->n_chans + FGR_OVERLAY_EDGES_ROOM / 2;
    for (uint32_t i = 0; i <= n_fit; i++) {
        struct fgr_overlay *overlay;
        if (i == n_fit - 1 || i == n_fit) {
            channel.policy.enabled = true;
        }
        channel.scid = (UINT64_C(100000) + i) << 40;
        cr_assert_eq(fgr_overlay_channel(builder, NULL, &channel, &err), FGR_OK, "%s", err.text);
        if (i + 1 < n_fit) {
            continue;
        }
        cr_assert_eq(fgr_overlay_freeze(&overlay, builder, &err), FGR_OK);
        enum fgr_err rc = route_of(&f, view, overlay, &err);
        cr_assert_eq(rc, i < n_fit ? FGR_OK : FGR_ERR_LIMIT, "%u: %s", i, err.text);
        fgr_overlay_destroy(overlay);
    }
    cr_assert_not_null(strstr(err.text, "half-channels"), "%s", err.text);
    fgr_overlay_builder_destroy(builder);
    end_graph(&f);
    fgr_maker_destroy(f.maker);
}
