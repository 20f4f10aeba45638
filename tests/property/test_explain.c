/* SPDX-License-Identifier: MIT */
/*
 * `explain` against brute force on tiny graphs: the reason, the counts at both ends, the smallest
 * limit that would work (asked again with it and with one less), the largest amount. On every second
 * graph there is an overlay.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "tests/oracle/brute.h"
#include "tests/support/judge.h"
#include "tests/support/nasty_overlay.h"
#include "tests/support/settings.h"

enum {
    NODES_MAX = 6,
    CHANS_MAX = 10,
    STATEMENTS_MAX = 8,
    QUERIES = 20,
    STRANGERS = 2, /* nodes that the overlay adds */
    GRAPHS = 6000,
    REASONS = FGR_REASON_WORK_LIMIT
};

struct fixture {
    struct fgr_rng rng;
    struct fgr_made made;
    struct fgr_overlay *overlay; /* or NULL */
    struct fgr_scratch *scratch;
    char words[400];
    uint64_t graph;
    uint64_t seen[REASONS + 1];
    uint64_t n_largest;       /* largest amounts compared with brute force */
    uint64_t n_largest_exact; /* equal ones: an htlc_min may hide the largest */
};

#define EXPECT(f, condition)                                                                \
    cr_assert(condition, "FGR_SEED %" PRIu64 " graph %" PRIu64 ": %s", fgr_settings_seed(), \
              (f)->graph, (f)->words)

/* What one end of the payment offers, counted over all half-channels. */
struct end {
    uint32_t enabled;
    uint32_t above_max;
    uint32_t below_min;
    uint64_t largest_msat;
    uint64_t smallest_msat;
};

static struct end count_end(const struct fgr_view *view, const struct fgr_route_query *query,
                            bool is_out)
{
    struct end end = {.smallest_msat = UINT64_MAX};
    uint32_t node = is_out ? query->from.v : query->to.v;
    for (uint32_t edge = 0; edge < fgr_overlay_n_edges(view, query->overlay); edge++) {
        struct fgr_overlay_edge_info info = fgr_path_edge(view, query, edge);
        if (node != (is_out ? info.from.v : info.to.v) || !info.usable) {
            continue;
        }
        end.enabled++;
        end.above_max += query->amount.v > info.htlc_max.v;
        end.below_min += query->amount.v < info.htlc_min.v;
        if (info.htlc_max.v > end.largest_msat) {
            end.largest_msat = info.htlc_max.v;
        }
        if (info.htlc_min.v < end.smallest_msat) {
            end.smallest_msat = info.htlc_min.v;
        }
    }
    if (end.enabled == 0) {
        end.smallest_msat = 0;
    }
    return end;
}

static void check_ends(struct fixture *f, const struct fgr_explain *e, const struct end *out,
                       const struct end *in)
{
    EXPECT(f, e->out_enabled == out->enabled && e->in_enabled == in->enabled);
    EXPECT(f, e->out_above_max == out->above_max && e->in_above_max == in->above_max);
    EXPECT(f, e->out_below_min == out->below_min && e->in_below_min == in->below_min);
    EXPECT(f, e->largest_out.v == out->largest_msat && e->largest_in.v == in->largest_msat);
    EXPECT(f, e->smallest_out.v == out->smallest_msat && e->smallest_in.v == in->smallest_msat);
}

/* The first that applies, in the order of enum fgr_reason. */
static enum fgr_reason reason_without_limits(const struct end *out, const struct end *in,
                                             const struct fgr_brute_answer *brute)
{
    return out->enabled == 0                ? FGR_REASON_NO_CHANNEL_OUT
           : in->enabled == 0               ? FGR_REASON_NO_CHANNEL_IN
           : out->above_max == out->enabled ? FGR_REASON_AMOUNT_ABOVE_OUT
           : in->above_max == in->enabled   ? FGR_REASON_AMOUNT_ABOVE_IN
           : out->below_min == out->enabled ? FGR_REASON_AMOUNT_BELOW_OUT
           : in->below_min == in->enabled   ? FGR_REASON_AMOUNT_BELOW_IN
           : !brute->is_connected           ? FGR_REASON_NOT_CONNECTED
                                            : FGR_REASON_AMOUNT_BLOCKED;
}

static enum fgr_reason reason_of_limits(const struct fgr_brute_answer *brute)
{
    return brute->needed_fee_msat != FGR_BRUTE_NONE ? FGR_REASON_FEE_LIMIT
           : brute->needed_cltv != FGR_BRUTE_NONE   ? FGR_REASON_CLTV_LIMIT
           : brute->needed_hops != FGR_BRUTE_NONE   ? FGR_REASON_HOP_LIMIT
           : brute->needed_bytes != FGR_BRUTE_NONE  ? FGR_REASON_ONION_LIMIT
                                                    : FGR_REASON_LIMITS;
}

static uint64_t or_zero(uint64_t needed)
{
    return needed == FGR_BRUTE_NONE ? 0 : needed;
}

static bool has_route(struct fixture *f, const struct fgr_route_query *query)
{
    struct fgr_route route;
    struct fgr_error err;
    enum fgr_err code = fgr_route(f->scratch, &route, NULL, f->made.view, query, &err);
    cr_assert(code == FGR_OK || code == FGR_ERR_NO_ROUTE, "%s", err.text);
    return code == FGR_OK;
}

/* The limit works and one less does not. */
static void check_again(struct fixture *f, const struct fgr_explain *e,
                        const struct fgr_route_query *query)
{
    struct fgr_route_query again = *query;
    if (e->needed_fee.v > 0) {
        again.max_fee = e->needed_fee;
        EXPECT(f, has_route(f, &again));
        again.max_fee.v--;
        EXPECT(f, !has_route(f, &again));
    }
    again = *query;
    if (e->needed_cltv > 0) {
        again.max_cltv = e->needed_cltv;
        EXPECT(f, has_route(f, &again));
        again.max_cltv--;
        EXPECT(f, again.max_cltv < again.final_cltv || !has_route(f, &again));
    }
    again = *query;
    if (e->needed_hops > 0) {
        again.max_hops = e->needed_hops;
        EXPECT(f, has_route(f, &again));
        again.max_hops--;
        EXPECT(f, again.max_hops == 0 || !has_route(f, &again));
    }
    again = *query;
    if (e->max_amount.v > 0) {
        again.amount = e->max_amount;
        again.max_fee.v = FGR_MSAT_NONE;
        again.max_cltv = UINT32_MAX;
        again.max_hops = FGR_HOPS_MAX;
        again.final_bytes = 0;
        again.cost.fail_amount_ppm = 0; /* of a much larger amount: beyond what costs may be */
        again.cost.risk_ppb = 0;
        EXPECT(f, has_route(f, &again));
    }
}

static void check_text(struct fixture *f, const struct fgr_route_query *query,
                       const struct fgr_explain *e)
{
    char text[512];
    char start[12];
    size_t n = fgr_explain_text(text, sizeof text, f->made.view, query, e);
    EXPECT(f, n > 20 && n < sizeof text && n == strlen(text));
    EXPECT(f, text[n - 1] == '.' && strchr(text, '\n') == NULL);
    EXPECT(f, fgr_explain_text(start, sizeof start, f->made.view, query, e) == n);
    EXPECT(f, strlen(start) == sizeof start - 1 && strncmp(start, text, sizeof start - 1) == 0);
    start[0] = 'x';
    EXPECT(f, fgr_explain_text(start, 0, f->made.view, query, e) == n && start[0] == 'x');
    EXPECT(f, fgr_explain_text(start, 1, f->made.view, query, e) == n && start[0] == '\0');
}

static void check_query(struct fixture *f, const struct fgr_route_query *query)
{
    const struct fgr_view *view = f->made.view;
    struct fgr_brute_answer brute;
    struct fgr_explain e;
    struct fgr_route route;
    struct fgr_error err;
    fgr_brute_solve(&brute, view, query, true);
    enum fgr_err code = fgr_route(f->scratch, &route, &e, view, query, &err);
    EXPECT(f, code == (brute.is_found ? FGR_OK : FGR_ERR_NO_ROUTE));
    if (brute.is_found) {
        EXPECT(f, e.reason == FGR_REASON_NONE);
        return;
    }
    struct end out = count_end(view, query, true);
    struct end in = count_end(view, query, false);
    enum fgr_reason reason = query->from.v == query->to.v ? FGR_REASON_SAME_NODE
                             : brute.is_carried           ? reason_of_limits(&brute)
                                                : reason_without_limits(&out, &in, &brute);
    cr_assert_eq(e.reason, reason, "graph %" PRIu64 ": %s: reason %s instead of %s", f->graph,
                 f->words, fgr_reason_str(e.reason), fgr_reason_str(reason));
    f->seen[reason]++;
    check_ends(f, &e, &out, &in);
    bool is_limit = brute.is_carried;
    EXPECT(f, e.needed_fee.v == (is_limit ? or_zero(brute.needed_fee_msat) : 0));
    EXPECT(f, e.needed_cltv == (is_limit ? or_zero(brute.needed_cltv) : 0));
    EXPECT(f, e.needed_hops == (is_limit ? or_zero(brute.needed_hops) : 0));
    EXPECT(f, e.needed_bytes == (is_limit ? or_zero(brute.needed_bytes) : 0));
    if (reason == FGR_REASON_AMOUNT_ABOVE_OUT || reason == FGR_REASON_AMOUNT_ABOVE_IN ||
        reason == FGR_REASON_AMOUNT_BLOCKED) {
        cr_assert_leq(e.max_amount.v, brute.max_amount_msat,
                      "graph %" PRIu64 ": %s: largest amount %" PRIu64 " above %" PRIu64, f->graph,
                      f->words, e.max_amount.v, brute.max_amount_msat);
        f->n_largest++;
        f->n_largest_exact += e.max_amount.v == brute.max_amount_msat;
    }
    check_again(f, &e, query);
    check_text(f, query, &e);
}

static void draw_overlay(struct fixture *f, const struct fgr_maker *maker, uint64_t amount_msat)
{
    struct fgr_nasty_world world = {
        .maker = maker, .view = f->made.view, .n_strangers = STRANGERS, .amount_msat = amount_msat};
    f->overlay = NULL;
    if (f->graph / 3 % 2 == 1) {
        unsigned n = (unsigned)fgr_rng_below(&f->rng, STATEMENTS_MAX);
        f->overlay = fgr_nasty_overlay(&f->rng, &world, n);
        cr_assert_not_null(f->overlay);
    }
}

/* Such a query is refused. */
static bool starts_blinded(const struct fixture *f, uint32_t from)
{
    struct fgr_overlay_list list = fgr_overlay_out(f->overlay, from);
    for (uint32_t i = 0; i < list.n; i++) {
        if (fgr_overlay_own(f->overlay, list.edge[i])->is_blinded) {
            return true;
        }
    }
    return false;
}

Test(explain, agrees_with_brute_force, .timeout = 280)
{
    static const unsigned amount_bits[] = {12, 24, 40};
    struct fixture f = {.graph = 0};
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    cr_assert(fgr_maker_create(&maker, NODES_MAX + STRANGERS, &err), "%s", err.text);
    for (; f.graph < GRAPHS * fgr_settings_scale(); f.graph++) {
        struct fgr_maker_chan chans[CHANS_MAX];
        fgr_rng_seed(&f.rng, fgr_settings_seed(), f.graph);
        uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(&f.rng, NODES_MAX - 1);
        uint32_t n_chans = 1 + (uint32_t)fgr_rng_below(&f.rng, CHANS_MAX);
        uint64_t amount_msat = fgr_nasty_magnitude(&f.rng, amount_bits[f.graph % 3]);
        fgr_nasty_graph(&f.rng, chans, n_chans, n_nodes, amount_msat);
        cr_assert(fgr_maker_view(maker, &f.made, chans, n_chans, n_nodes, &err), "%s", err.text);
        cr_assert_eq(fgr_scratch_create(&f.scratch, f.made.view, NULL, &err), FGR_OK);
        draw_overlay(&f, maker, amount_msat);
        for (unsigned q = 0; q < QUERIES; q++) {
            struct fgr_route_query query;
            uint32_t n_more = f.overlay != NULL && fgr_nasty_chance(&f.rng, 20) ? STRANGERS : 0;
            fgr_nasty_query(&f.rng, &query, n_nodes + n_more, amount_msat);
            query.overlay = f.overlay;
            if (fgr_nasty_chance(&f.rng, 2)) {
                query.to = query.from;
            }
            if (fgr_nasty_chance(&f.rng, 20)) {
                query.amount.v += 1 + query.amount.v * fgr_rng_below(&f.rng, 4);
            }
            fgr_judge_describe(f.words, sizeof f.words, &query);
            if (!starts_blinded(&f, query.from.v)) {
                check_query(&f, &query);
            }
        }
        fgr_overlay_destroy(f.overlay);
        fgr_scratch_destroy(f.scratch);
        fgr_made_close(&f.made);
    }
    fgr_maker_destroy(maker);
    cr_assert_gt(f.n_largest_exact, f.n_largest * 9 / 10);
    for (unsigned reason = FGR_REASON_SAME_NODE; reason < FGR_REASON_WORK_LIMIT; reason++) {
        cr_assert_gt(f.seen[reason], 10, "%s came %" PRIu64 " times",
                     fgr_reason_str((enum fgr_reason)reason), f.seen[reason]);
    }
}
