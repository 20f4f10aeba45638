/* SPDX-License-Identifier: MIT */
/*
 * Method. The amount is looked for between one of which a set is known and one of which none is known.
 * For each the most likely set under the fee limit is asked for: it meets the goal, or its bound says
 * that none does, or neither. A smaller payment can hardly be less likely or dearer per msat, but for
 * minima: so this is a search, and only the amounts that were tried are proven.
 *
 * Large amounts take many times as long to solve as small ones, and what has a good probability is a
 * small share of what can be delivered at all. So a wanted probability is looked for from below: -ln P
 * of the most likely set is about proportional to the amount, and convex, so that in proportion the
 * next amount to try is known, and with amounts on both sides the chord between them. Without a
 * wanted probability the search starts at the top and halves.
 *
 * Reference: Dowell and Jarratt 1971 (the modified chord).
 */
#include "fulgurite/capacity.h"

#include "engine/choice.h"
#include "engine/cost.h"
#include "graph/amount.h"
#include "graph/util/error.h"

/* The search ends where this share of the amount is left, or after so many amounts. */
enum { GRAIN = 128, SOLVES_MAX = 48 };

/* The first amount that is tried for a wanted probability: this share of the most. */
#define FIRST_SHARE 4096.0

/* From one amount to the next in proportion: at most, and at least by so much more than it takes to
 * have the one looked for between the two. */
#define RATIO_MOST 64.0
#define RATIO_LEAST 1.004

/* Chords end this share away from both ends at least. */
#define INSET 0.02

enum verdict { VERDICT_FOUND, VERDICT_OPEN, VERDICT_NONE };

/* An amount that was tried; neg_ln < 0: of no set. */
struct probe {
    double amount_msat;
    double neg_ln;
};

struct search {
    struct fgr_choice_scratch *scratch;
    const struct fgr_view *view;
    const struct fgr_split_query *query;
    const struct fgr_capacity_goal *goal;
    struct fgr_capacity_at *out;
    double wanted;     /* -ln of the wanted probability; only for 0 nothing is wanted */
    struct probe low;  /* a set is known; amount 0 = none yet */
    struct probe high; /* none is; amount 0 = none yet */
    bool was_low;      /* what the last one tried has become */
    bool was_high;
};

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void ask_for(struct fgr_split_query *out, const struct search *search, uint64_t amount_msat)
{
    uint64_t half_msat = amount_msat > 1 ? amount_msat / 2 : 1;
    *out = *search->query;
    out->amount.v = amount_msat;
    out->min_part.v = least_of(out->min_part.v, half_msat);
    out->max_fee.v =
        least_of(out->max_fee.v, fgr_muldiv_floor(amount_msat, search->goal->fee_ppm, 1000000));
}

/* Notes what came of `amount_msat`. */
static void note(struct search *search, enum verdict verdict, uint64_t amount_msat, double neg_ln)
{
    struct probe probe = {(double)amount_msat, neg_ln};
    bool is_low = verdict == VERDICT_FOUND;
    /* An end that stays counts for half each time, so that it will move, too. */
    if (is_low) {
        search->high.neg_ln = search->was_low && search->high.neg_ln > 0
                                  ? 0.5 * (search->high.neg_ln + search->wanted)
                                  : search->high.neg_ln;
        search->low = probe;
    } else {
        search->low.neg_ln =
            search->was_high ? 0.5 * (search->low.neg_ln + search->wanted) : search->low.neg_ln;
        search->high = probe;
    }
    search->was_low = is_low;
    search->was_high = !is_low;
    if (verdict == VERDICT_NONE) {
        search->out->not_at.v = amount_msat;
    }
}

/* Whether a set that delivers `amount_msat` meets the goal; notes it, or the proof that none does.
 * Errors: ARG. */
static enum fgr_err look(struct search *search, uint64_t amount_msat, struct fgr_error *err)
{
    struct fgr_split_query query;
    struct fgr_choice choice;
    uint32_t wanted_ppm = search->goal->probability_ppm;
    double wanted = (double)wanted_ppm / 1e6;
    double neg_ln = -1;
    enum verdict verdict = VERDICT_OPEN;
    ask_for(&query, search, amount_msat);
    enum fgr_err code =
        fgr_choice_likely(search->scratch, &choice, search->view, &query, wanted_ppm, err);
    search->out->n_solves++;
    if (code == FGR_ERR_NO_ROUTE || (code == FGR_OK && choice.probability_bound < wanted)) {
        verdict = VERDICT_NONE;
    }
    if (code == FGR_OK) {
        neg_ln = (double)(choice.split.cost.v - choice.price.v) / (double)choice.fail.v;
    }
    if (code == FGR_OK && choice.split.probability >= wanted) {
        verdict = VERDICT_FOUND;
        search->out->at_least.v = amount_msat;
        search->out->probability = choice.split.probability;
        search->out->fee = choice.split.fee;
        search->out->n_parts = choice.split.n_parts;
    }
    note(search, verdict, amount_msat, neg_ln);
    return code == FGR_ERR_WORK || code == FGR_ERR_NO_ROUTE ? FGR_OK : code;
}

/* From one side alone: in proportion. */
static double scale(const struct search *search, const struct probe *probe)
{
    double ratio = probe->neg_ln > 0 ? search->wanted / probe->neg_ln : 0;
    if (probe == &search->low) {
        ratio = probe->neg_ln > 0 ? ratio * RATIO_LEAST : RATIO_MOST;
        ratio = ratio < RATIO_LEAST ? RATIO_LEAST : ratio;
        ratio = ratio > RATIO_MOST ? RATIO_MOST : ratio;
    } else {
        ratio = probe->neg_ln > 0 ? ratio / RATIO_LEAST : 0.125;
        ratio = ratio < 1 / RATIO_MOST ? 1 / RATIO_MOST : ratio;
        ratio = ratio > 1 / RATIO_LEAST ? 1 / RATIO_LEAST : ratio;
    }
    return probe->amount_msat * ratio;
}

/* Between two amounts: where the chord has the wanted probability, else in the middle. */
static double chord(const struct search *search)
{
    const struct probe *low = &search->low;
    const struct probe *high = &search->high;
    double share = 0.5;
    if (high->neg_ln > search->wanted && low->neg_ln < search->wanted) {
        share = (search->wanted - low->neg_ln) / (high->neg_ln - low->neg_ln);
        share = share < INSET ? INSET : share;
        share = share > 1 - INSET ? 1 - INSET : share;
    }
    return low->amount_msat + share * (high->amount_msat - low->amount_msat);
}

static uint64_t next_msat(const struct search *search)
{
    const struct probe *low = &search->low;
    const struct probe *high = &search->high;
    uint64_t most_msat = search->goal->most.v;
    bool is_wanted = search->goal->probability_ppm > 0;
    double next;
    if (low->amount_msat <= 0 && high->amount_msat <= 0) {
        next = is_wanted ? (double)most_msat / FIRST_SHARE : (double)most_msat;
    } else if (low->amount_msat <= 0 && is_wanted) {
        next = scale(search, high);
    } else if (high->amount_msat <= 0) {
        next = scale(search, low);
    } else {
        next = chord(search);
    }
    next = next < 1 ? 1 : next;
    return next < (double)most_msat ? (uint64_t)next : most_msat;
}

static bool is_going(const struct search *search)
{
    const struct probe *low = &search->low;
    const struct probe *high = &search->high;
    if (search->out->n_solves >= SOLVES_MAX || low->amount_msat >= (double)search->goal->most.v) {
        return false;
    }
    return high->amount_msat <= 0 ||
           high->amount_msat - low->amount_msat > high->amount_msat / GRAIN + 1;
}

enum fgr_err fgr_capacity_at(struct fgr_choice_scratch *scratch,
                             struct fgr_capacity_at *out_capacity, const struct fgr_view *view,
                             const struct fgr_split_query *query,
                             const struct fgr_capacity_goal *goal, struct fgr_error *err)
{
    struct search search = {
        .scratch = scratch, .view = view, .query = query, .goal = goal, .out = out_capacity};
    *out_capacity = (struct fgr_capacity_at){.n_solves = 0};
    if (goal->probability_ppm > 1000000 || goal->fee_ppm > FGR_FEE_PPM_ANY) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "a goal of %u ppm probability and %u ppm fee: at most 1000000 make sense",
                        goal->probability_ppm, goal->fee_ppm);
    }
    if (goal->probability_ppm > 0) {
        search.wanted = (double)fgr_neg_ln_q48(goal->probability_ppm, 1000000) / 0x1p48;
    }
    enum fgr_err code = FGR_OK;
    while (code == FGR_OK && goal->most.v > 0 && is_going(&search)) {
        code = look(&search, next_msat(&search), err);
    }
    return code;
}
