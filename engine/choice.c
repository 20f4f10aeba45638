/* SPDX-License-Identifier: MIT */
/*
 * Fee, probability and number of parts are traded through two parameters that the solver has anyway:
 * the price of a failure M and the most parts. A set that is best for some M is the cheapest of
 * its probability, and the most probable of its price; a set that is best for no M is not found,
 * however good, and the bounds say how much that can matter.
 *
 * cheapest      the probability of the best set rises with M: M is moved by factors of 8 until one
 *               side is too improbable and the other probable enough, then halved in between.
 * most likely   M so large that fees hardly count, under the fee limit; smaller ones in case the
 *               limit gets in the way of the large one.
 * fewest parts  the least cost rises as the most parts fall: halving.
 * receiver      d + fee(d) rises with d. total - fee(d) is the next d: below the right one if d is
 *               above it and the other way round, nearer by the marginal fee rate each time. Fees of
 *               heuristic answers are not quite monotone, so that every third step halves.
 * denominations one solve; other amounts on its paths (denominate.c).
 *
 * Source: Everett 1963 (generalized Lagrange multipliers).
 */
#include "engine/choice.h"

#include <inttypes.h>
#include <string.h>

#include "engine/cost.h"
#include "engine/denominate.h"
#include "engine/price.h"
#include "graph/util/alloc.h"
#include "graph/util/error.h"

/* A copy of the arrays of one answer. */
struct fgr_choice_slot {
    struct fgr_part part[FGR_PARTS_MAX];
    fgr_edge_idx edge[FGR_LANES_MAX];
    uint64_t flow_msat[FGR_LANES_MAX];
    double slope[FGR_LANES_MAX];
    double offset_msat[FGR_LANES_MAX];
};

struct fgr_choice_scratch {
    struct fgr_allocator allocator;
    struct fgr_split_scratch *split;
    const struct fgr_view *view;
    struct fgr_choice tried;             /* the last solve; its query is what the next one asks */
    const struct fgr_denominations *how; /* NULL = the cheapest amounts */
    struct fgr_choice_slot slot[FGR_CURVE_POINTS_MAX];
};

/* ---- memory ---------------------------------------------------------------------------------- */

enum fgr_err fgr_choice_scratch_create(struct fgr_choice_scratch **out_scratch,
                                       const struct fgr_view *view,
                                       const struct fgr_allocator *allocator, struct fgr_error *err)
{
    struct fgr_allocator a = fgr_alloc_source(allocator);
    struct fgr_choice_scratch *s = a.alloc(a.state, sizeof *s);
    if (s == NULL) {
        return fgr_fail_memory(err, sizeof *s);
    }
    s->allocator = a;
    s->tried = (struct fgr_choice){.n_solves = 0};
    enum fgr_err rc = fgr_split_scratch_create(&s->split, view, &a, err);
    if (rc != FGR_OK) {
        a.free(a.state, s, sizeof *s);
        return rc;
    }
    *out_scratch = s;
    return FGR_OK;
}

void fgr_choice_scratch_destroy(struct fgr_choice_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    struct fgr_allocator a = scratch->allocator;
    fgr_split_scratch_destroy(scratch->split);
    a.free(a.state, scratch, sizeof *scratch);
}

/* ---- one solve of many ----------------------------------------------------------------------- */

/* M of the query as it stands. */
static uint64_t fail_of(const struct fgr_split_query *query)
{
    struct fgr_cost cost;
    fgr_cost_init(&cost, &query->cost, query->amount.v);
    return cost.fail_msat;
}

/* Errors: ARG, as fgr_split for the query. */
static enum fgr_err start(struct fgr_choice_scratch *s, const struct fgr_view *view,
                          const struct fgr_split_query *query, struct fgr_error *err)
{
    enum fgr_err rc = fgr_split_query_check(view, query, err);
    if (rc == FGR_OK) {
        s->view = view;
        s->how = NULL;
        s->tried = (struct fgr_choice){.query = *query, .fail = {fail_of(query)}};
    }
    return rc;
}

/* Solves s->tried.query with the price of a failure `fail_msat`. Errors: those of fgr_split. */
static enum fgr_err try_price(struct fgr_choice_scratch *s, uint64_t fail_msat,
                              struct fgr_error *err)
{
    struct fgr_choice *tried = &s->tried;
    tried->fail.v = fail_msat;
    tried->query.cost.fail_base_msat = fail_msat;
    tried->query.cost.fail_amount_ppm = 0;
    tried->n_solves++;
    enum fgr_err rc =
        fgr_split_denominated(s->split, &tried->split, s->view, &tried->query, s->how, err);
    tried->price = tried->split.cost;
    for (uint32_t i = 0; i < tried->split.n_parts; i++) {
        const struct fgr_part *part = &tried->split.parts[i];
        for (uint32_t hop = 0; hop < part->n_hops; hop++) {
            tried->price.v -= part->hops[hop].fail.v;
        }
    }
    return rc;
}

/* memcpy, but where there is nothing to copy there may be nothing to copy from. */
static void copy_bytes(void *to, const void *from, size_t n_bytes)
{
    if (from != NULL && n_bytes > 0) {
        memcpy(to, from, n_bytes);
    }
}

/* Copies the last solve, its arrays into a slot. */
static void keep(struct fgr_choice_scratch *s, struct fgr_choice *out_choice, uint32_t slot)
{
    struct fgr_choice_slot *copy = &s->slot[slot];
    *out_choice = s->tried;
    struct fgr_split *split = &out_choice->split;
    struct fgr_certificate *proof = &split->certificate;
    copy_bytes(copy->part, split->parts, split->n_parts * sizeof *copy->part);
    copy_bytes(copy->edge, proof->edge, proof->n_edges * sizeof *copy->edge);
    copy_bytes(copy->flow_msat, proof->flow_msat, proof->n_edges * sizeof *copy->flow_msat);
    copy_bytes(copy->slope, proof->slope, proof->n_edges * sizeof *copy->slope);
    copy_bytes(copy->offset_msat, proof->offset_msat, proof->n_edges * sizeof *copy->offset_msat);
    split->parts = copy->part;
    proof->edge = copy->edge;
    proof->flow_msat = copy->flow_msat;
    proof->slope = copy->slope;
    proof->offset_msat = copy->offset_msat;
}

/* What a set may not cost less than: bound - rounding. */
static uint64_t proven_msat(const struct fgr_split *split)
{
    return split->bound.v > split->rounding.v ? split->bound.v - split->rounding.v : 0;
}

/* What the logarithms of all half-channels of a set may be off. */
static uint64_t slack_q48(const struct fgr_choice *choice)
{
    return ((uint64_t)choice->query.max_parts * choice->query.max_hops + 1) << 18;
}

/* M * (-ln of probable_ppm millionths + the slack), rounded up. */
static uint64_t fail_most(const struct fgr_choice *choice, uint32_t probable_ppm)
{
    uint64_t neg_ln_q48 = fgr_neg_ln_q48(probable_ppm, 1000000) + slack_q48(choice);
    return (uint64_t)(((fgr_u128)choice->fail.v * neg_ln_q48) >> 48) + 1;
}

/* ---- the curve ------------------------------------------------------------------------------- */

/* The n-th price of a failure of the curve: M / 256, M / 64, ... 256 M. */
static uint64_t curve_fail_msat(uint64_t fail_msat, uint32_t i)
{
    uint64_t most_msat = FGR_FAIL_MSAT_MAX;
    unsigned middle = FGR_CURVE_POINTS_MAX / 2;
    if (i < middle) {
        fail_msat >>= 2 * (middle - i);
        return fail_msat > 0 ? fail_msat : 1;
    }
    unsigned shift = 2 * (i - middle);
    return fail_msat > most_msat >> shift ? most_msat : fail_msat << shift;
}

/* Whether `a` comes first: cheaper, or as cheap and more probable. */
static bool is_before(const struct fgr_split *a, const struct fgr_split *b)
{
    return a->fee.v != b->fee.v ? a->fee.v < b->fee.v : a->probability > b->probability;
}

/* Sorts by fee, then drops what is no more probable than a point before it. */
static void clean_curve(struct fgr_curve *curve)
{
    for (uint32_t i = 1; i < curve->n_points; i++) {
        struct fgr_choice point = curve->point[i];
        uint32_t at = i;
        while (at > 0 && is_before(&point.split, &curve->point[at - 1].split)) {
            curve->point[at] = curve->point[at - 1];
            at--;
        }
        curve->point[at] = point;
    }
    uint32_t n = curve->n_points > 0 ? 1 : 0;
    for (uint32_t i = 1; i < curve->n_points; i++) {
        if (curve->point[i].split.probability > curve->point[n - 1].split.probability) {
            curve->point[n++] = curve->point[i];
        }
    }
    curve->n_points = n;
}

enum fgr_err fgr_choice_curve(struct fgr_choice_scratch *scratch, struct fgr_curve *out_curve,
                              const struct fgr_view *view, const struct fgr_split_query *query,
                              struct fgr_error *err)
{
    struct fgr_choice_scratch *s = scratch;
    out_curve->n_points = 0;
    enum fgr_err rc = start(s, view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    uint64_t fail_msat = s->tried.fail.v;
    for (uint32_t i = 0; i < FGR_CURVE_POINTS_MAX; i++) {
        rc = try_price(s, curve_fail_msat(fail_msat, i), err);
        if (rc == FGR_OK) {
            keep(s, &out_curve->point[out_curve->n_points], out_curve->n_points);
            out_curve->n_points++;
        } else if (rc != FGR_ERR_WORK) {
            return rc; /* whatever the price of a failure is */
        }
    }
    out_curve->n_solves = s->tried.n_solves;
    clean_curve(out_curve);
    return out_curve->n_points > 0 ? FGR_OK : rc;
}

/* ---- cheapest -------------------------------------------------------------------------------- */

enum { CHEAPEST_SOLVES_MAX = 40, STEP = 8, NEAR = 64 };

/* Prices of a failure between which the probability passes the wanted one; 0 = not known. */
struct bracket {
    uint64_t low_msat, high_msat;
    uint64_t at_msat;
};

/* Where to look next; false where that would tell no more. */
static bool move(struct bracket *b)
{
    uint64_t was_msat = b->at_msat;
    if (b->high_msat == 0) {
        b->at_msat = was_msat > FGR_FAIL_MSAT_MAX / STEP ? FGR_FAIL_MSAT_MAX : was_msat * STEP;
    } else if (b->low_msat == 0) {
        b->at_msat = was_msat > STEP ? was_msat / STEP : 1;
    } else if (b->high_msat - b->low_msat > 1 + b->low_msat / NEAR) {
        b->at_msat = b->low_msat + (b->high_msat - b->low_msat) / 2;
    }
    return b->at_msat != was_msat;
}

static uint64_t price_bound(const struct fgr_choice *tried, uint32_t wanted_ppm)
{
    uint64_t proven = proven_msat(&tried->split);
    uint64_t failing = fail_most(tried, wanted_ppm);
    return proven > failing ? proven - failing : 0;
}

/* Looks at the last solve; true if it is probable enough. */
static bool note_cheapest(struct fgr_choice_scratch *s, struct fgr_choice *best,
                          uint32_t wanted_ppm)
{
    const struct fgr_choice *tried = &s->tried;
    uint64_t bound_msat = price_bound(tried, wanted_ppm);
    if (bound_msat < best->price_bound.v) {
        bound_msat = best->price_bound.v;
    }
    bool is_probable = tried->split.probability >= (double)wanted_ppm / 1e6;
    if (is_probable && (best->split.n_parts == 0 || tried->price.v < best->price.v)) {
        keep(s, best, 0);
    } else if (best->split.n_parts == 0 && tried->split.probability > best->split.probability) {
        best->split.probability = tried->split.probability;
    }
    best->price_bound.v = bound_msat;
    return is_probable;
}

/* Whether the best is as near to its bound as the query asks for. */
static bool is_done(const struct fgr_choice *best)
{
    uint64_t gap_msat = fgr_muldiv_floor(best->price_bound.v, best->query.max_gap_ppm, 1000000);
    return best->split.n_parts > 0 && best->price.v <= best->price_bound.v + gap_msat;
}

static enum fgr_err finish_cheapest(const struct fgr_choice_scratch *s, struct fgr_choice *best,
                                    uint32_t wanted_ppm, struct fgr_error *err)
{
    if (best->split.n_parts == 0) {
        return fgr_fail(err, FGR_ERR_WORK,
                        "no set of parts was found that arrives with a probability of %.4f%%; the "
                        "most probable one has %.4f%%",
                        (double)wanted_ppm / 1e4, best->split.probability * 100);
    }
    best->n_solves = s->tried.n_solves;
    return FGR_OK;
}

enum fgr_err fgr_choice_cheapest(struct fgr_choice_scratch *scratch, struct fgr_choice *out_choice,
                                 const struct fgr_view *view, const struct fgr_split_query *query,
                                 uint32_t wanted_ppm, struct fgr_error *err)
{
    struct fgr_choice_scratch *s = scratch;
    memset(out_choice, 0, sizeof *out_choice);
    if (wanted_ppm < 1 || wanted_ppm > 1000000) {
        return fgr_fail(err, FGR_ERR_ARG, "wanted_ppm %" PRIu32 ": must be 1 to 1000000",
                        wanted_ppm);
    }
    enum fgr_err rc = start(s, view, query, err);
    struct bracket bracket = {.at_msat = s->tried.fail.v > 0 ? s->tried.fail.v : 1};
    bool is_going = rc == FGR_OK;
    while (is_going) {
        rc = try_price(s, bracket.at_msat, err);
        if (rc != FGR_OK && rc != FGR_ERR_WORK) {
            break;
        }
        bool is_probable = rc == FGR_OK && note_cheapest(s, out_choice, wanted_ppm);
        rc = FGR_OK;
        *(is_probable ? &bracket.high_msat : &bracket.low_msat) = bracket.at_msat;
        is_going =
            s->tried.n_solves < CHEAPEST_SOLVES_MAX && !is_done(out_choice) && move(&bracket);
    }
    return rc != FGR_OK ? rc : finish_cheapest(s, out_choice, wanted_ppm, err);
}

/* ---- most likely ----------------------------------------------------------------------------- */

enum { LIKELY_SOLVES = 8, LIKELY_SHIFT = 3 };

/* A fee counts for this many times less than a failure that is certain. */
#define LIKELY_RATIO UINT64_C(1000000)

/* -ln of what no set's probability is above, in Q48, rounded down. */
static uint64_t likely_bound_q48(const struct fgr_choice *tried)
{
    uint64_t proven = proven_msat(&tried->split);
    uint64_t max_fee = tried->query.max_fee.v;
    if (proven <= max_fee) {
        return 0;
    }
    uint64_t neg_ln_q48 = (uint64_t)(((fgr_u128)(proven - max_fee) << 48) / tried->fail.v);
    uint64_t slack = slack_q48(tried);
    return neg_ln_q48 > slack ? neg_ln_q48 - slack : 0;
}

static double likely_bound(uint64_t neg_ln_q48)
{
    /* 2^18 is more than the exponential may be off. */
    double bound = (double)(fgr_exp_neg_q62(neg_ln_q48) + (1 << 18)) / 0x1p62;
    return bound < 1.0 ? bound : 1.0;
}

static uint64_t likely_fail_msat(uint64_t max_fee_msat)
{
    uint64_t fee_msat = max_fee_msat > 1000 ? max_fee_msat : 1000;
    uint64_t most_msat = FGR_FAIL_MSAT_MAX;
    return fee_msat > most_msat / LIKELY_RATIO ? most_msat : fee_msat * LIKELY_RATIO;
}

/* Whether the last solve, or the best so far, settles that there is a set so probable, or none. */
static bool is_settled(const struct fgr_choice_scratch *s, const struct fgr_choice *best,
                       uint64_t bound_q48, uint32_t wanted_ppm)
{
    double wanted = (double)wanted_ppm / 1e6;
    uint64_t fee_msat = s->tried.split.fee.v;
    return (best->split.n_parts > 0 && best->split.probability >= wanted) ||
           likely_bound(bound_q48) < wanted ||
           (s->tried.split.n_parts > 0 && fee_msat < s->tried.query.max_fee.v / 2);
}

/* The n-th price of a failure that is tried. Where however unlikely a set will do, the lowest come
 * first, and few of them: that is about fees alone. */
static uint64_t likely_price(uint64_t most_msat, uint32_t wanted_ppm, int n)
{
    int step = wanted_ppm > 0 ? n : LIKELY_SOLVES - 1 - 3 * n;
    return step < 0 ? 0 : most_msat >> (step * LIKELY_SHIFT);
}

/* With `wanted_ppm` above 1000000 nothing is settled before all prices have been tried. */
enum fgr_err fgr_choice_likely(struct fgr_choice_scratch *scratch, struct fgr_choice *out_choice,
                               const struct fgr_view *view, const struct fgr_split_query *query,
                               uint32_t wanted_ppm, struct fgr_error *err)
{
    struct fgr_choice_scratch *s = scratch;
    memset(out_choice, 0, sizeof *out_choice);
    enum fgr_err rc = start(s, view, query, err);
    if (rc == FGR_OK && query->max_fee.v == FGR_MSAT_NONE) {
        rc = fgr_fail(err, FGR_ERR_ARG, "the most likely set needs a max_fee to keep");
    }
    if (rc != FGR_OK) {
        return rc;
    }
    uint64_t most_msat = likely_fail_msat(query->max_fee.v);
    uint64_t bound_q48 = 0;
    bool is_going = true;
    s->tried.query.cost.risk_ppb = 0;
    s->tried.query.part_cost.v = 0;
    for (int i = 0; i < LIKELY_SOLVES && is_going; i++) {
        uint64_t fail_msat = likely_price(most_msat, wanted_ppm, i);
        if (fail_msat == 0) {
            break;
        }
        rc = try_price(s, fail_msat, err);
        if (rc != FGR_OK && rc != FGR_ERR_WORK) {
            return rc;
        }
        if (rc == FGR_OK) {
            uint64_t q48 = likely_bound_q48(&s->tried);
            bound_q48 = q48 > bound_q48 ? q48 : bound_q48;
        }
        if (rc == FGR_OK && s->tried.split.probability > out_choice->split.probability) {
            keep(s, out_choice, 0);
        }
        is_going = wanted_ppm > 1000000 || !is_settled(s, out_choice, bound_q48, wanted_ppm);
    }
    if (out_choice->split.n_parts == 0) {
        return fgr_fail(err, FGR_ERR_WORK, "no set of parts was found under these limits");
    }
    out_choice->n_solves = s->tried.n_solves;
    out_choice->probability_bound = likely_bound(bound_q48);
    return FGR_OK;
}

enum fgr_err fgr_choice_most_likely(struct fgr_choice_scratch *scratch,
                                    struct fgr_choice *out_choice, const struct fgr_view *view,
                                    const struct fgr_split_query *query, struct fgr_error *err)
{
    return fgr_choice_likely(scratch, out_choice, view, query, UINT32_MAX, err);
}

/* ---- fewest parts ---------------------------------------------------------------------------- */

enum fgr_err fgr_choice_fewest_parts(struct fgr_choice_scratch *scratch,
                                     struct fgr_choice *out_choice, const struct fgr_view *view,
                                     const struct fgr_split_query *query, uint32_t tolerance_ppm,
                                     struct fgr_error *err)
{
    struct fgr_choice_scratch *s = scratch;
    memset(out_choice, 0, sizeof *out_choice);
    if (tolerance_ppm > 1000000) {
        return fgr_fail(err, FGR_ERR_ARG, "tolerance_ppm %" PRIu32 ": at most 1000000",
                        tolerance_ppm);
    }
    enum fgr_err rc = start(s, view, query, err);
    uint64_t fail_msat = s->tried.fail.v;
    rc = rc == FGR_OK ? try_price(s, fail_msat, err) : rc;
    if (rc != FGR_OK) {
        return rc;
    }
    keep(s, out_choice, 0);
    uint64_t cost_msat = out_choice->split.cost.v;
    uint64_t limit_msat = cost_msat + fgr_muldiv_floor(cost_msat, tolerance_ppm, 1000000);
    uint32_t least = 1;
    uint32_t bound = 1;
    while (least < out_choice->split.n_parts) {
        uint32_t middle = least + (out_choice->split.n_parts - least) / 2;
        s->tried.query.max_parts = middle;
        rc = try_price(s, fail_msat, NULL);
        if (rc == FGR_OK && s->tried.split.cost.v <= limit_msat) {
            keep(s, out_choice, 0);
            continue;
        }
        least = middle + 1;
        if (rc == FGR_ERR_NO_ROUTE || proven_msat(&s->tried.split) > limit_msat) {
            bound = least;
        }
    }
    out_choice->n_solves = s->tried.n_solves;
    out_choice->parts_bound = bound;
    return FGR_OK;
}

/* ---- receiver pays --------------------------------------------------------------------------- */

enum { RECEIVER_SOLVES_MAX = 48 };

/* Amounts to deliver: `low_msat` is known to fit (0 = none), `high_msat` not to. */
struct receiver {
    uint64_t total_msat;
    uint64_t floor_msat; /* no less is an answer */
    uint64_t low_msat, high_msat;
    uint64_t at_msat;
};

/* After the last solve: false where there is nothing between low and high. `fee_msat` is its fee,
 * NONE if it had no answer. */
static bool move_amount(struct receiver *r, uint64_t fee_msat, uint32_t n_solves)
{
    uint64_t from_msat = r->low_msat > 0 ? r->low_msat + 1 : r->floor_msat;
    if (from_msat >= r->high_msat) {
        return false;
    }
    uint64_t next_msat = r->total_msat > fee_msat ? r->total_msat - fee_msat : 0;
    if (r->low_msat > 0 &&
        (n_solves % 3 == 0 || next_msat < from_msat || next_msat >= r->high_msat)) {
        next_msat = from_msat + (r->high_msat - from_msat) / 2;
    }
    r->at_msat = next_msat > from_msat ? next_msat : from_msat;
    return true;
}

static void start_receiver(struct receiver *r, const struct fgr_split_query *query)
{
    uint64_t total_msat = query->amount.v;
    uint64_t least_msat = (total_msat + 1) / 2;
    if (least_msat < query->min_part.v) {
        least_msat = query->min_part.v;
    }
    if (query->max_fee.v < total_msat && least_msat < total_msat - query->max_fee.v) {
        least_msat = total_msat - query->max_fee.v;
    }
    *r = (struct receiver){.total_msat = total_msat,
                           .floor_msat = least_msat,
                           .high_msat = total_msat + 1,
                           .at_msat = total_msat};
}

enum fgr_err fgr_choice_receiver_pays(struct fgr_choice_scratch *scratch,
                                      struct fgr_choice *out_choice, const struct fgr_view *view,
                                      const struct fgr_split_query *query, struct fgr_error *err)
{
    struct fgr_choice_scratch *s = scratch;
    struct receiver r;
    memset(out_choice, 0, sizeof *out_choice);
    enum fgr_err rc = start(s, view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    uint64_t fail_msat = s->tried.fail.v;
    uint64_t fee_msat;
    start_receiver(&r, query);
    do {
        s->tried.query.amount.v = r.at_msat;
        rc = try_price(s, fail_msat, err);
        fee_msat = rc == FGR_OK ? s->tried.split.fee.v : FGR_MSAT_NONE;
        if (rc == FGR_OK && fee_msat <= r.total_msat - r.at_msat) {
            r.low_msat = r.at_msat;
            keep(s, out_choice, 0);
            out_choice->left.v = r.total_msat - r.at_msat - fee_msat;
        } else {
            r.high_msat = r.at_msat;
        }
    } while (s->tried.n_solves < RECEIVER_SOLVES_MAX &&
             (r.low_msat == 0 || out_choice->left.v > 0) &&
             move_amount(&r, fee_msat, s->tried.n_solves));
    out_choice->n_solves = s->tried.n_solves;
    if (r.low_msat > 0 && out_choice->left.v <= out_choice->split.fee.v) {
        return FGR_OK;
    }
    if (r.low_msat == 0 && rc != FGR_OK) {
        return rc;
    }
    memset(out_choice, 0, sizeof *out_choice);
    return fgr_fail(err, FGR_ERR_WORK,
                    "no amount was found that uses up %" PRIu64 " msat with its fees",
                    r.total_msat);
}

/* ---- denominations --------------------------------------------------------------------------- */

/* The part that is no power of two in sat, if there is one: the last. */
static fgr_msat rest_of(const struct fgr_split *split)
{
    fgr_msat last = split->parts[split->n_parts - 1].amount;
    uint64_t sat = last.v / 1000;
    bool is_power = last.v % 1000 == 0 && (sat & (sat - 1)) == 0;
    return is_power ? (fgr_msat){0} : last;
}

enum fgr_err fgr_choice_denominations(struct fgr_choice_scratch *scratch,
                                      struct fgr_choice *out_choice, const struct fgr_view *view,
                                      const struct fgr_split_query *query,
                                      const struct fgr_denominations *how, struct fgr_error *err)
{
    struct fgr_choice_scratch *s = scratch;
    enum fgr_err rc = start(s, view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    s->how = how;
    rc = try_price(s, s->tried.fail.v, err);
    if (rc == FGR_OK) {
        keep(s, out_choice, 0);
        bool is_powers = how->kind == FGR_DENOMINATION_POWERS;
        out_choice->rest = is_powers ? rest_of(&out_choice->split) : (fgr_msat){0};
    }
    return rc;
}
