/* SPDX-License-Identifier: MIT */
/*
 * A hundred thousand splits under limits that bind, on random graphs, a third of them with overlays. What
 * is answered delivers the amount to the msat in no more than max_parts parts, none of them below
 * min_part, and everything else that fgr_split_check holds; it costs no more than the best route; and
 * no bound is above a set of parts that is known, that route or an answer under stricter limits.
 * Every second query makes one limit stricter than the answer before it, or most of them looser.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "tests/support/nasty_overlay.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"
#include "tests/support/split_judge.h"

enum { NODES_MAX = 14, CHANS_MAX = 40, STRANGERS = 2, GRAPHS = 5000, LOOSE = 10 };

struct tally {
    uint64_t asked;
    uint64_t found;
    uint64_t several;
    uint64_t full;  /* as many parts as may be */
    uint64_t least; /* a part just as large as it must be */
    uint64_t proven;
};

struct fixture {
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_overlay *overlay; /* NULL = none */
    struct fgr_split_scratch *scratch;
    struct fgr_scratch *route;
    uint64_t graph;
    char where[600];
    struct tally tally;
};

static void note(struct fixture *f, const struct fgr_split_query *query)
{
    char words[400];
    snprintf(f->where, sizeof f->where, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s",
             fgr_settings_seed(), f->graph, fgr_nasty_split_describe(words, sizeof words, query));
}

/* The two limits of this test, looked at without any help. */
static void assert_limits(struct fixture *f, const struct fgr_split_query *query,
                          const struct fgr_split *split)
{
    uint64_t sum_msat = 0;
    uint64_t least_msat = UINT64_MAX;
    cr_assert_leq(split->n_parts, query->max_parts, "%s: %" PRIu32 " parts", f->where,
                  split->n_parts);
    for (uint32_t i = 0; i < split->n_parts; i++) {
        uint64_t amount_msat = split->parts[i].amount.v;
        cr_assert_geq(amount_msat, query->min_part.v, "%s: part of %" PRIu64, f->where,
                      amount_msat);
        sum_msat += amount_msat;
        least_msat = amount_msat < least_msat ? amount_msat : least_msat;
    }
    cr_assert_eq(sum_msat, query->amount.v, "%s: delivers %" PRIu64, f->where, sum_msat);
    f->tally.found++;
    f->tally.several += split->n_parts > 1;
    f->tally.full += split->n_parts > 1 && split->n_parts == query->max_parts;
    f->tally.least += split->n_parts > 1 && least_msat == query->min_part.v;
}

/* Priced by an oracle, which knows no overlays. */
static enum fgr_err ask_judge(struct fixture *f, struct fgr_split *out_split,
                              const struct fgr_split_query *query)
{
    struct fgr_problem problem;
    struct fgr_error err = {.text = ""};
    const struct fgr_split_truth nothing = {.brute = NULL};
    cr_assert(fgr_problem_create(&problem, f->made.view, query));
    enum fgr_verdict verdict =
        fgr_split_judge(f->scratch, out_split, f->made.view, &problem, &nothing, &err);
    cr_assert_neq(verdict, FGR_VERDICT_WRONG, "%s: %s", f->where, err.text);
    f->tally.proven += verdict == FGR_VERDICT_RIGHT;
    fgr_problem_destroy(&problem);
    return out_split->n_parts > 0 ? FGR_OK : FGR_ERR_NO_ROUTE;
}

static enum fgr_err ask_check(struct fixture *f, struct fgr_split *out_split,
                              const struct fgr_split_query *query)
{
    struct fgr_error err;
    enum fgr_err code = fgr_split(f->scratch, out_split, f->made.view, query, &err);
    if (code == FGR_OK) {
        cr_assert_eq(fgr_split_check(f->made.view, query, out_split, &err), FGR_OK, "%s: %s",
                     f->where, err.text);
        return code;
    }
    /* ARG: a blinded path of the overlay starts at the payer. */
    cr_assert(code == FGR_ERR_NO_ROUTE || code == FGR_ERR_WORK || code == FGR_ERR_ARG, "%s: %s",
              f->where, err.text);
    cr_assert_eq(out_split->n_parts, 0, "%s: a partial payment", f->where);
    return code;
}

static enum fgr_err ask(struct fixture *f, struct fgr_split *out_split,
                        const struct fgr_split_query *query)
{
    note(f, query);
    f->tally.asked++;
    enum fgr_err code =
        f->overlay == NULL ? ask_judge(f, out_split, query) : ask_check(f, out_split, query);
    if (code == FGR_OK) {
        assert_limits(f, query, out_split);
    }
    return code;
}

/* Never dearer than the best route, and no bound above what that costs. */
static void compare_route(struct fixture *f, const struct fgr_split_query *query, enum fgr_err code,
                          const struct fgr_split *split)
{
    struct fgr_route_query one;
    struct fgr_route route;
    fgr_route_query_init(&one, query->from, query->to, query->amount);
    one.max_fee = query->max_fee;
    one.max_cltv = query->max_cltv;
    one.max_hops = query->max_hops;
    one.final_cltv = query->final_cltv;
    one.final_bytes = query->final_bytes;
    one.cost = query->cost;
    one.overlay = query->overlay;
    if (code != FGR_ERR_ARG &&
        fgr_route(f->route, &route, NULL, f->made.view, &one, NULL) == FGR_OK) {
        uint64_t cost_msat = route.cost.v + query->part_cost.v;
        cr_assert_eq(code, FGR_OK, "%s: a route and no parts", f->where);
        cr_assert_leq(split->cost.v, cost_msat, "%s: dearer than a route of %" PRIu64, f->where,
                      cost_msat);
        cr_assert_leq(split->bound.v, cost_msat + split->rounding.v, "%s: a route of %" PRIu64,
                      f->where, cost_msat);
    }
}

/* One limit is just not kept by `split` any more, where that can be. */
static void make_stricter(struct fgr_rng *rng, struct fgr_split_query *query,
                          const struct fgr_split *split)
{
    uint64_t least_msat = query->amount.v;
    uint32_t most_hops = 1;
    uint32_t most_cltv = 0;
    for (uint32_t i = 0; i < split->n_parts; i++) {
        const struct fgr_part *part = &split->parts[i];
        least_msat = part->amount.v < least_msat ? part->amount.v : least_msat;
        most_hops = part->n_hops > most_hops ? part->n_hops : most_hops;
        most_cltv = part->cltv_total > most_cltv ? part->cltv_total : most_cltv;
    }
    switch (fgr_rng_below(rng, 5)) {
    case 0:
        query->max_parts = split->n_parts > 1 ? split->n_parts - 1 : 1;
        break;
    case 1:
        query->min_part.v = least_msat < query->amount.v ? least_msat + 1 : least_msat;
        break;
    case 2:
        query->max_fee.v = split->fee.v > 0 ? split->fee.v - 1 : 0;
        break;
    case 3:
        query->max_hops = most_hops > 1 ? most_hops - 1 : 1;
        break;
    default:
        query->max_cltv = most_cltv > query->final_cltv ? most_cltv - 1 : most_cltv;
        break;
    }
}

/* Nothing binds but how large parts may be. */
static void make_looser(struct fgr_split_query *query)
{
    query->max_fee.v = FGR_MSAT_NONE;
    query->max_hops = FGR_HOPS_MAX;
    query->max_cltv = 2016 + query->final_cltv;
    query->final_bytes = 0;
}

static void judge(struct fixture *f, struct fgr_split_query *query)
{
    struct fgr_split split;
    enum fgr_err code = ask(f, &split, query);
    compare_route(f, query, code, &split);
    uint64_t bound_msat = code == FGR_OK ? split.bound.v - split.rounding.v : 0;
    bound_msat = bound_msat <= split.bound.v ? bound_msat : 0;
    if (code == FGR_OK) {
        make_stricter(&f->rng, query, &split);
    } else {
        make_looser(query);
    }
    bool is_stricter = code == FGR_OK;
    code = ask(f, &split, query);
    compare_route(f, query, code, &split);
    cr_assert(!is_stricter || code != FGR_OK || split.cost.v >= bound_msat,
              "%s: costs %" PRIu64 ", which is below the %" PRIu64 " proven without the last limit",
              f->where, split.cost.v, bound_msat);
}

static void run_graph(struct fixture *f, struct fgr_maker *maker)
{
    struct fgr_maker_chan chans[CHANS_MAX];
    struct fgr_error err;
    fgr_rng_seed(&f->rng, fgr_settings_seed(), f->graph + (UINT64_C(13) << 40));
    uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&f->rng, NODES_MAX - 1);
    uint32_t n_chans = n_nodes + (uint32_t)fgr_rng_below(&f->rng, CHANS_MAX - NODES_MAX + 1);
    uint64_t amount_msat = fgr_nasty_magnitude(&f->rng, f->graph % 4 == 0 ? 10 : 36);
    uint64_t share = 1 + fgr_rng_below(&f->rng, 8);
    fgr_nasty_split_graph(&f->rng, chans, n_chans, n_nodes, amount_msat / share + 1);
    if (f->graph % 2 == 0) {
        fgr_nasty_split_narrow(&f->rng, chans, n_chans, amount_msat);
    }
    cr_assert(fgr_maker_view(maker, &f->made, chans, n_chans, n_nodes, &err), "%s", err.text);
    if (f->graph % 3 == 0) {
        struct fgr_nasty_world world = {.maker = maker,
                                        .view = f->made.view,
                                        .n_strangers = STRANGERS,
                                        .amount_msat = amount_msat / share + 1};
        f->overlay = fgr_nasty_overlay(&f->rng, &world, 1 + (unsigned)fgr_rng_below(&f->rng, 12));
        cr_assert_not_null(f->overlay);
    }
    cr_assert_eq(fgr_split_scratch_create(&f->scratch, f->made.view, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_scratch_create(&f->route, f->made.view, NULL, &err), FGR_OK);
    for (unsigned q = 0; q < LOOSE; q++) {
        struct fgr_split_query query;
        fgr_nasty_split_query(&f->rng, &query, f->made.view->n_nodes, amount_msat, 1);
        fgr_nasty_split_tight(&f->rng, &query);
        query.overlay = f->overlay;
        judge(f, &query);
    }
    fgr_split_scratch_destroy(f->scratch);
    fgr_scratch_destroy(f->route);
    fgr_overlay_destroy(f->overlay);
    f->overlay = NULL;
    fgr_made_close(&f->made);
}

Test(split_limits, are_kept_by_all_answers, .timeout = 290)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    static struct fixture f;
    const struct tally *t = &f.tally;
    cr_assert(fgr_maker_create(&maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    for (f.graph = 0; f.graph < GRAPHS * fgr_settings_scale(); f.graph++) {
        run_graph(&f, maker);
    }
    fgr_maker_destroy(maker);
    cr_log_info("%" PRIu64 " asked, %" PRIu64 " found, %" PRIu64 " of several parts, %" PRIu64
                " of all that may be, %" PRIu64 " with a least part; %" PRIu64 " proven\n",
                t->asked, t->found, t->several, t->full, t->least, t->proven);
    cr_assert_gt(t->found, t->asked / 5);
    cr_assert_gt(t->several, t->found / 8);
    cr_assert_gt(t->full, t->several / 20);
    cr_assert_gt(t->least, t->several / 50);
}
