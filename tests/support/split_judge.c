/* SPDX-License-Identifier: MIT */
#include "tests/support/split_judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "graph/util/error.h"
#include "tests/oracle/dual.h"

static enum fgr_verdict wrong(struct fgr_error *err, const char *what, long double got,
                              long double want)
{
    fgr_fail(err, FGR_ERR_CHECK, "%s: %.3Lf, should be %.3Lf", what, got, want);
    return FGR_VERDICT_WRONG;
}

/* ---- the parts ------------------------------------------------------------------------------- */

static enum fgr_verdict judge_parts(struct fgr_problem *problem,
                                    struct fgr_problem_price *out_price,
                                    const struct fgr_split *split, struct fgr_error *err)
{
    struct fgr_problem_part *part = calloc((size_t)split->n_parts + 1, sizeof *part);
    if (part == NULL || split->n_parts == 0) {
        free(part);
        return wrong(err, "parts", split->n_parts, 1);
    }
    for (uint32_t k = 0; k < split->n_parts; k++) {
        part[k].amount_msat = split->parts[k].amount.v;
        part[k].n_hops = split->parts[k].n_hops;
        for (uint32_t i = 0; i < part[k].n_hops; i++) {
            part[k].hop[i] = problem->index[split->parts[k].hops[i].edge.v];
            if (part[k].hop[i] == FGR_IDX_NONE) {
                free(part);
                return wrong(err, "usable half-channel", 0, 1);
            }
        }
    }
    fgr_problem_price(problem, out_price, part, split->n_parts);
    free(part);
    if (out_price->broken != NULL) {
        fgr_fail(err, FGR_ERR_CHECK, "the set breaks %s", out_price->broken);
        return FGR_VERDICT_WRONG;
    }
    if (out_price->cost_msat != split->cost.v) {
        return wrong(err, "cost", (long double)split->cost.v, (long double)out_price->cost_msat);
    }
    if (out_price->fee_msat != split->fee.v) {
        return wrong(err, "fee", (long double)split->fee.v, (long double)out_price->fee_msat);
    }
    return FGR_VERDICT_RIGHT;
}

/* ---- the bound ------------------------------------------------------------------------------- */

/* The prices of the certificate: lines below the failure of those listed, and `flat` elsewhere. */
static bool fill_prices(const struct fgr_problem *problem, long double *out_price,
                        const struct fgr_certificate *certificate)
{
    for (uint32_t e = 0; e < problem->n_edges; e++) {
        out_price[e] = (long double)certificate->flat * (long double)problem->cost.fail_msat /
                       ((long double)problem->edge[e].max_msat + 1);
    }
    for (uint32_t i = 0; i < certificate->n_edges; i++) {
        uint32_t e = problem->index[certificate->edge[i].v];
        if (e == FGR_IDX_NONE) {
            return false;
        }
        out_price[e] = (long double)certificate->slope[i];
    }
    return true;
}

enum fgr_verdict fgr_split_judge_certificate(const struct fgr_problem *problem,
                                             const struct fgr_split *split, struct fgr_error *err)
{
    const struct fgr_certificate *certificate = &split->certificate;
    struct fgr_dual_answer answer;
    if (certificate->bound_msat <= 0 && certificate->several_msat <= 0) {
        return FGR_VERDICT_RIGHT; /* nothing is claimed */
    }
    long double *price = calloc((size_t)problem->n_edges + 1, sizeof *price);
    if (price == NULL || !fill_prices(problem, price, certificate)) {
        free(price);
        return wrong(err, "half-channels of the certificate", 0, 1);
    }
    struct fgr_dual dual = {.price = price,
                            .fee_weight = (long double)certificate->fee_weight,
                            .part_weight = (long double)certificate->part_weight,
                            .top_msat = certificate->top_msat,
                            .max_hops = certificate->max_hops,
                            .max_cltv = certificate->max_cltv,
                            .is_unrounded = true};
    fgr_dual_solve(problem, &answer, &dual);
    free(price);
    if (!answer.is_ok) {
        return wrong(err, "labels of the certificate", 0, 1);
    }
    long double amount = (long double)problem->query->amount.v;
    long double top = (long double)certificate->top_msat;
    if (top < amount + (long double)split->cost.v &&
        top < amount + (long double)problem->query->max_fee.v) {
        return wrong(err, "top_msat", top, amount + (long double)split->cost.v);
    }
    /* Both are sums of doubles: what cancels out leaves this much. */
    long double tolerance =
        1 + 1e-9L * (fabsl(answer.unit_price) * amount + (long double)problem->cost.fail_msat);
    if (problem->cost.model != FGR_PROB_UNIFORM) {
        /* The dual knows these as integers only, and looks for them in steps. */
        tolerance += (long double)split->rounding.v +
                     1e-4L * (long double)problem->cost.fail_msat * (long double)problem->n_edges;
    }
    if ((long double)certificate->bound_msat > answer.bound_msat + tolerance) {
        return wrong(err, "bound of the certificate", (long double)certificate->bound_msat,
                     answer.bound_msat);
    }
    if (certificate->several_msat > 0 &&
        (long double)certificate->several_msat > answer.several_msat + tolerance) {
        return wrong(err, "certificate for several parts", (long double)certificate->several_msat,
                     answer.several_msat);
    }
    return FGR_VERDICT_RIGHT;
}

/* ---- against the oracles --------------------------------------------------------------------- */

static enum fgr_verdict judge_none(enum fgr_err code, const struct fgr_split_truth *truth,
                                   struct fgr_error *err)
{
    bool is_known = truth->brute != NULL && truth->brute->n_parts > 0;
    if (code == FGR_ERR_NO_ROUTE) {
        return is_known ? wrong(err, "no set found, best cost", 0,
                                (long double)truth->brute->price.cost_msat)
                        : FGR_VERDICT_RIGHT;
    }
    if (code != FGR_ERR_WORK) {
        return FGR_VERDICT_WRONG;
    }
    return is_known ? FGR_VERDICT_UNPROVEN : FGR_VERDICT_EQUAL;
}

static enum fgr_verdict judge_cost(const struct fgr_problem *problem, const struct fgr_split *split,
                                   const struct fgr_problem_price *price,
                                   const struct fgr_split_truth *truth, struct fgr_error *err)
{
    long double cost = (long double)split->cost.v;
    long double gap = 1 + (long double)problem->query->max_gap_ppm / 1e6L;
    bool is_proven = (long double)split->cost.v <= (long double)split->bound.v * gap;
    if (truth->piecewise != NULL &&
        cost + fgr_problem_rounding(problem, price) < truth->piecewise->lower_msat * (1 - 1e-12L)) {
        return wrong(err, "cheaper than any flow", cost, truth->piecewise->lower_msat);
    }
    if (truth->brute == NULL) {
        return is_proven ? FGR_VERDICT_RIGHT : FGR_VERDICT_EQUAL;
    }
    const struct fgr_split_brute_answer *brute = truth->brute;
    long double best = (long double)brute->price.cost_msat;
    if (brute->is_exact && (brute->n_parts == 0 || cost < best)) {
        return wrong(err, "cheaper than possible", cost, best);
    }
    if (brute->n_parts == 0) {
        return FGR_VERDICT_RIGHT;
    }
    if ((long double)split->bound.v > best + (long double)split->rounding.v) {
        return wrong(err, "bound above a set that costs", (long double)split->bound.v, best);
    }
    if (cost > best * gap + (long double)split->rounding.v) {
        fgr_fail(err, FGR_ERR_WORK, "cost %.0Lf, known %.0Lf, bound %" PRIu64, cost, best,
                 split->bound.v);
        return is_proven ? FGR_VERDICT_WRONG : FGR_VERDICT_UNPROVEN;
    }
    return is_proven ? FGR_VERDICT_RIGHT : FGR_VERDICT_EQUAL;
}

enum fgr_verdict fgr_split_judge(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
                                 const struct fgr_view *view, struct fgr_problem *problem,
                                 const struct fgr_split_truth *truth, struct fgr_error *err)
{
    struct fgr_problem_price price;
    enum fgr_err code = fgr_split(scratch, out_split, view, problem->query, err);
    if (code != FGR_OK) {
        return judge_none(code, truth, err);
    }
    if (fgr_split_check(view, problem->query, out_split, err) != FGR_OK) {
        return FGR_VERDICT_WRONG;
    }
    enum fgr_verdict verdict = judge_parts(problem, &price, out_split, err);
    return verdict == FGR_VERDICT_RIGHT ? judge_cost(problem, out_split, &price, truth, err)
                                        : verdict;
}
