/* SPDX-License-Identifier: MIT */
/*
 * Routes beside reservations are those of a network that has less: against an overlay that says by
 * hand what is left of each balance, answers are equal byte by byte; against a view whose capacities
 * were lowered by hand, each costs the same, and is right there as well.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "fulgurite/reserve.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { NODES_MAX = 14, CHANS_MAX = 40, GRAPHS = 1000, QUERIES = 12, HOLDS = 15 };

/* What was said of a half-channel and is reserved on it. */
struct known {
    uint64_t min_msat;
    uint64_t max_msat; /* also the limit of reservations */
    uint64_t reserved_msat;
    bool is_said;
};

struct world {
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_reserve *reserve;
    struct fgr_scratch *scratch;
    uint64_t amount_msat;
    uint32_t n_nodes;
    uint32_t n_chans;
    struct fgr_maker_chan chans[CHANS_MAX];
    struct known known[2 * CHANS_MAX];
};

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void open_world(struct world *w, struct fgr_maker *maker, uint64_t number)
{
    static const unsigned amount_bits[] = {14, 24, 38};
    struct fgr_error err;
    fgr_rng_seed(&w->rng, fgr_settings_seed(), number);
    w->n_nodes = 2 + (uint32_t)fgr_rng_below(&w->rng, NODES_MAX - 1);
    w->n_chans = 3 + (uint32_t)fgr_rng_below(&w->rng, CHANS_MAX - 2);
    w->amount_msat = 1 + fgr_nasty_magnitude(&w->rng, amount_bits[number % 3]);
    fgr_nasty_graph(&w->rng, w->chans, w->n_chans, w->n_nodes, w->amount_msat);
    memset(w->known, 0, sizeof w->known);
    for (uint32_t e = 0; e < 2 * w->n_chans; e++) {
        w->known[e].max_msat = w->chans[e / 2].capacity_sat * 1000;
    }
    cr_assert(fgr_maker_view(maker, &w->made, w->chans, w->n_chans, w->n_nodes, &err), "%s",
              err.text);
    cr_assert_eq(fgr_scratch_create(&w->scratch, w->made.view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_reserve_create(&w->reserve, 2 * w->n_chans, HOLDS, NULL, &err), FGR_OK);
}

static void close_world(struct world *w)
{
    fgr_reserve_destroy(w->reserve);
    fgr_scratch_destroy(w->scratch);
    fgr_made_close(&w->made);
}

/* Reservations of about the amount, or of all there is, on some half-channels: some twice. */
static void hold_some(struct world *w, bool is_whole_sat)
{
    for (unsigned i = 0; i < HOLDS; i++) {
        uint32_t edge = (uint32_t)fgr_rng_below(&w->rng, 2 * w->n_chans);
        struct known *known = &w->known[edge];
        fgr_lease_id id;
        uint64_t room_msat = known->max_msat - known->reserved_msat;
        uint64_t amount_msat =
            fgr_nasty_chance(&w->rng, 25) ? room_msat : fgr_rng_below(&w->rng, 3 * w->amount_msat);
        amount_msat -= is_whole_sat ? amount_msat % 1000 : 0;
        struct fgr_reserve_hop hop = {{edge}, {amount_msat}, {known->max_msat}, 0};
        struct fgr_reserve_part part = {.hops = &hop, .n_hops = 1};
        struct fgr_reserve_request request = {
            .sz = sizeof request, .parts = &part, .n_parts = 1, .expires_ns = UINT64_MAX};
        enum fgr_err rc = fgr_reserve_take(w->reserve, &id, &request, NULL);
        bool fits = amount_msat > 0 && amount_msat <= room_msat;
        cr_assert_eq(rc == FGR_OK, fits);
        known->reserved_msat += rc == FGR_OK ? amount_msat : 0;
    }
}

static struct fgr_overlay *freeze(struct fgr_overlay_builder *builder)
{
    struct fgr_overlay *overlay;
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, NULL), FGR_OK);
    fgr_overlay_builder_destroy(builder);
    return overlay;
}

/* What was said, and the table. */
static struct fgr_overlay *told(const struct world *w)
{
    struct fgr_overlay_builder *builder;
    struct fgr_error err;
    cr_assert_eq(fgr_overlay_builder_create(&builder, w->made.view, NULL), FGR_OK);
    for (uint32_t e = 0; e < 2 * w->n_chans; e++) {
        fgr_msat min = {w->known[e].min_msat}, max = {w->known[e].max_msat};
        if (w->known[e].is_said) {
            cr_assert_eq(fgr_overlay_knowledge(builder, (fgr_edge_idx){e}, min, max, NULL), FGR_OK);
        }
    }
    cr_assert_eq(fgr_reserve_tell(w->reserve, builder, &err), FGR_OK, "%s", err.text);
    return freeze(builder);
}

/* What is left, by hand. */
static struct fgr_overlay *by_hand(const struct world *w)
{
    struct fgr_overlay_builder *builder;
    cr_assert_eq(fgr_overlay_builder_create(&builder, w->made.view, NULL), FGR_OK);
    for (uint32_t e = 0; e < 2 * w->n_chans; e++) {
        const struct known *known = &w->known[e];
        fgr_msat min = {less(known->min_msat, known->reserved_msat)};
        fgr_msat max = {less(known->max_msat, known->reserved_msat)};
        if (known->is_said || known->reserved_msat > 0) {
            cr_assert_eq(fgr_overlay_knowledge(builder, (fgr_edge_idx){e}, min, max, NULL), FGR_OK);
        }
    }
    return freeze(builder);
}

/* Zeroed first, so that padding compares too. */
struct answer {
    enum fgr_err code;
    struct fgr_route route;
    struct fgr_explain explain;
};

static void ask(struct answer *out, struct fgr_scratch *scratch, const struct fgr_view *view,
                const struct fgr_route_query *query, const struct fgr_overlay *overlay)
{
    struct fgr_route_query own = *query;
    own.overlay = overlay;
    own.max_labels = 1000; /* the nastiest take long; most need fewer */
    memset(out, 0, sizeof *out);
    out->code = fgr_route(scratch, &out->route, &out->explain, view, &own, NULL);
}

Test(reserved, is_as_if_told_by_hand, .timeout = 280)
{
    struct fgr_maker *maker;
    struct fgr_error err;
    uint64_t n_found = 0, n_changed = 0;
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    for (uint64_t n = 0; n < GRAPHS * fgr_settings_scale(); n++) {
        struct world w;
        open_world(&w, maker, n);
        for (uint32_t e = 0; e < 2 * w.n_chans; e++) {
            struct known *known = &w.known[e];
            known->is_said = fgr_nasty_chance(&w.rng, 30);
            if (known->is_said) {
                known->max_msat = fgr_rng_below(&w.rng, known->max_msat + 1);
                known->min_msat = fgr_rng_below(&w.rng, known->max_msat + 1);
            }
        }
        struct fgr_overlay *before = told(&w);
        hold_some(&w, false);
        struct fgr_overlay *a = told(&w), *b = by_hand(&w);
        for (unsigned q = 0; q < QUERIES; q++) {
            struct fgr_route_query query;
            struct answer free_of, got, want;
            fgr_nasty_query(&w.rng, &query, w.n_nodes, w.amount_msat);
            query.cost.model = (enum fgr_prob_model)fgr_rng_below(&w.rng, 3);
            ask(&free_of, w.scratch, w.made.view, &query, before);
            ask(&got, w.scratch, w.made.view, &query, a);
            ask(&want, w.scratch, w.made.view, &query, b);
            cr_assert_eq(memcmp(&got, &want, sizeof got), 0,
                         "FGR_SEED %" PRIu64 " graph %" PRIu64 " query %u", fgr_settings_seed(), n,
                         q);
            n_found += got.code == FGR_OK;
            n_changed += memcmp(&got, &free_of, sizeof got) != 0;
        }
        fgr_overlay_destroy(before);
        fgr_overlay_destroy(a);
        fgr_overlay_destroy(b);
        close_world(&w);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(n_found, GRAPHS);
    cr_assert_gt(n_changed, GRAPHS);
}

/* ---- a smaller network ---------------------------------------------------------------------- */

/* A view has one capacity for both directions: so each channel has one direction only. */
static void one_way(struct world *w)
{
    for (uint32_t i = 0; i < w->n_chans; i++) {
        w->chans[i].half[fgr_rng_below(&w->rng, 2)].is_known = false;
    }
}

static void lower_capacities(const struct world *w, struct fgr_maker_chan *out_chans)
{
    memcpy(out_chans, w->chans, w->n_chans * sizeof *out_chans);
    for (uint32_t e = 0; e < 2 * w->n_chans; e++) {
        struct fgr_maker_half *half = &out_chans[e / 2].half[e % 2];
        uint64_t left_msat = w->known[e].max_msat - w->known[e].reserved_msat;
        if (!half->is_known) {
            continue;
        }
        /* Where htlc_max was above the capacity, it is still, so it stays without use. */
        if (half->htlc_max_msat <= w->known[e].max_msat && half->htlc_max_msat > left_msat) {
            half->htlc_max_msat = left_msat;
        }
        half->is_known = left_msat > 0 && half->htlc_min_msat <= half->htlc_max_msat;
        if (half->is_known) {
            out_chans[e / 2].capacity_sat = left_msat / 1000;
        }
    }
}

static void compare(struct world *w, const struct fgr_overlay *overlay, const struct fgr_made *less,
                    uint64_t *n_found)
{
    for (unsigned q = 0; q < QUERIES; q++) {
        struct fgr_route_query query;
        struct answer got, want;
        struct fgr_error err = {.text = ""};
        fgr_nasty_query(&w->rng, &query, w->n_nodes, w->amount_msat);
        query.cost.model =
            FGR_PROB_UNIFORM; /* the other ones know where the ends of a channel are */
        ask(&got, w->scratch, w->made.view, &query, overlay);
        ask(&want, w->scratch, less->view, &query, NULL);
        if (got.code == FGR_ERR_WORK || want.code == FGR_ERR_WORK || got.route.gap_ppm > 0 ||
            want.route.gap_ppm > 0) {
            continue; /* unproven */
        }
        cr_assert_eq(got.code, want.code);
        if (got.code == FGR_OK) {
            cr_assert_eq(got.route.cost.v, want.route.cost.v);
            cr_assert_eq(fgr_route_check(less->view, &query, &got.route, &err), FGR_OK, "%s",
                         err.text);
            (*n_found)++;
        }
    }
}

Test(reserved, is_as_if_the_network_had_less, .timeout = 280)
{
    struct fgr_maker *maker;
    struct fgr_error err;
    uint64_t n_found = 0;
    cr_assert(fgr_maker_create(&maker, NODES_MAX, &err), "%s", err.text);
    for (uint64_t n = 0; n < GRAPHS * fgr_settings_scale(); n++) {
        struct world w;
        struct fgr_made less;
        struct fgr_maker_chan chans[CHANS_MAX];
        open_world(&w, maker, UINT64_C(1) << 32 | n);
        one_way(&w);
        fgr_made_close(&w.made);
        cr_assert(fgr_maker_view(maker, &w.made, w.chans, w.n_chans, w.n_nodes, &err), "%s",
                  err.text);
        hold_some(&w, true);
        lower_capacities(&w, chans);
        cr_assert(fgr_maker_view(maker, &less, chans, w.n_chans, w.n_nodes, &err), "%s", err.text);
        struct fgr_overlay *overlay = told(&w);
        compare(&w, overlay, &less, &n_found);
        fgr_overlay_destroy(overlay);
        fgr_made_close(&less);
        close_world(&w);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(n_found, GRAPHS);
}
