/* SPDX-License-Identifier: MIT */
/*
 * Method. Amounts are halved between one of which a set is known and one of which none is known.
 * For each the most likely set under the fee limit is asked for: it meets the goal, or its bound says
 * that none does, or neither. A smaller payment can hardly be less likely or dearer per msat, but for
 * minima: so this is a search, and only the amounts that were tried are proven.
 */
#include "fulgurite/capacity.h"

#include "graph/amount.h"
#include "graph/util/error.h"

/* Halving ends where this share of the amount is left, or after so many solves. */
enum { GRAIN = 128, SOLVES_MAX = 28 };

enum verdict { VERDICT_FOUND, VERDICT_OPEN, VERDICT_NONE };

struct search {
    struct fgr_choice_scratch *scratch;
    const struct fgr_view *view;
    const struct fgr_split_query *query;
    const struct fgr_capacity_goal *goal;
    struct fgr_capacity_at *out;
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

/* Whether a set that delivers `amount_msat` meets the goal; notes it, or the proof that none does.
 * Errors: ARG. */
static enum fgr_err look(struct search *search, enum verdict *out_verdict, uint64_t amount_msat,
                         struct fgr_error *err)
{
    struct fgr_split_query query;
    struct fgr_choice choice;
    double wanted = (double)search->goal->probability_ppm / 1e6;
    ask_for(&query, search, amount_msat);
    enum fgr_err code = fgr_choice_most_likely(search->scratch, &choice, search->view, &query, err);
    search->out->n_solves++;
    *out_verdict = VERDICT_OPEN;
    if (code == FGR_ERR_NO_ROUTE || (code == FGR_OK && choice.probability_bound < wanted)) {
        *out_verdict = VERDICT_NONE;
        search->out->not_at.v = amount_msat;
        return FGR_OK;
    }
    if (code == FGR_OK && choice.split.probability >= wanted) {
        *out_verdict = VERDICT_FOUND;
        search->out->at_least.v = amount_msat;
        search->out->probability = choice.split.probability;
        search->out->fee = choice.split.fee;
        search->out->n_parts = choice.split.n_parts;
    }
    return code == FGR_ERR_WORK ? FGR_OK : code;
}

enum fgr_err fgr_capacity_at(struct fgr_choice_scratch *scratch,
                             struct fgr_capacity_at *out_capacity, const struct fgr_view *view,
                             const struct fgr_split_query *query,
                             const struct fgr_capacity_goal *goal, struct fgr_error *err)
{
    struct search search = {scratch, view, query, goal, out_capacity};
    *out_capacity = (struct fgr_capacity_at){.n_solves = 0};
    if (goal->probability_ppm > 1000000 || goal->fee_ppm > FGR_FEE_PPM_ANY) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "a goal of %u ppm probability and %u ppm fee: at most 1000000 make sense",
                        goal->probability_ppm, goal->fee_ppm);
    }
    uint64_t low_msat = 0;
    uint64_t high_msat = goal->most.v;
    enum verdict verdict = VERDICT_OPEN;
    enum fgr_err code = high_msat > 0 ? look(&search, &verdict, high_msat, err) : FGR_OK;
    while (code == FGR_OK && verdict != VERDICT_FOUND &&
           high_msat - low_msat > high_msat / GRAIN + 1 && out_capacity->n_solves < SOLVES_MAX) {
        uint64_t middle_msat = low_msat + (high_msat - low_msat) / 2;
        enum verdict here;
        code = look(&search, &here, middle_msat, err);
        if (here == VERDICT_FOUND) {
            low_msat = middle_msat;
        } else {
            high_msat = middle_msat;
        }
    }
    return code;
}
