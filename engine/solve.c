/* SPDX-License-Identifier: MIT */
/*
 * How the parts of a query are found, and how much is proven about them.
 *
 *   flow      the relaxation: bound and proposal (flow.c, parts.c). Mostly that is all.
 *   detour    if the paths of the flow do not make good parts: paths around what limits them
 *   weigh     if fees or the number of parts are over their limits: weights on them
 *   any       if nothing has come of all that: any set of parts (fill.c)
 *   widen     if the answer costs more than the prices allowed for: again with prices that hold
 *   several   one part may well be best, and that one is known: a better bound for all other sets
 *   few       if the number of parts is what limits the answer, or it is far from its bound: a bound and
 *             paths for whole parts (lots.c), instead of the next three
 *   tighten   again, counting on what is proven: fixed charges are spread over what a part of a better
 *             set can be, which is the less the closer bound and cost are
 *   sizes     better for all sets of several parts: what parts of each size cost at least (sizes.c)
 *   branch    half-channels with a fixed charge are used or not: both cases by themselves (branch.c)
 *
 * Each step improves on cost or bound and is left out when they are as close as was asked for. All
 * but the first share a work limit.
 */
#include "engine/solve.h"

#include <math.h>

#include "engine/branch.h"
#include "engine/fill.h"
#include "engine/sizes.h"

#define ROUNDS_DEFAULT 400

/* Of the gap that is asked for, the flow gets this share; the rest is for the parts. */
#define FLOW_SHARE 0.5

/* Where no route says what parts may cost, they may add this share to the amount at first. */
#define TOP_SHARE 0.0625
#define TOP_ATTEMPTS 4

/* Half-channels that may be looked at to improve on the first answer and bound. */
#define EFFORT_RELAXED 250000

/* How many further paths to try where those of the flow do not make whole parts. */
#define DETOURS_MAX 8

/* How far from the best a flow may be where any will do. */
#define ANY_GAP 0.5

/* So far from its bound an answer is worth a search by whole parts. */
#define FAR_GAP 0.25

/* Weights: the first ones tried, how close to the limit is close enough, how often. */
#define FIRST_FEE_WEIGHT 1.0
#define FIRST_PART_WEIGHT 0.1
#define WEIGHT_CLOSE 0.999
#define WEIGHT_ATTEMPTS 6

/* A proof is made again only if a part's reach shrinks to this share. */
#define REACH_SHARE 0.8

/* Least slope of -ln P from 0 on, times capacity + 1: at 0 for the uniform model; for the others the
 * flattest line from 0 to the curve, rounded down (tests/unit/test_flow.c). */
static double flat_of(enum fgr_prob_model model)
{
    switch (model) {
    case FGR_PROB_UNIFORM:
        return 1.0;
    case FGR_PROB_BIMODAL:
        return 0.5;
    case FGR_PROB_LDK:
        return 1.3;
    }
    return 0;
}

struct fgr_tariff fgr_solve_tariff(const struct fgr_parts_task *task, uint64_t extra_msat)
{
    return (struct fgr_tariff){
        .fee_weight = 1.0,
        .risk = task->cost.risk_ppb * 1e-9,
        .fail_msat = (double)task->cost.fail_msat,
        .flat = flat_of(task->cost.model),
        .top_msat = (double)task->amount_msat + (double)extra_msat,
        .part_msat = (double)task->amount_msat + (double)extra_msat,
        .least_msat = (double)task->min_part_msat,
        .part_cost_msat = (double)task->part_cost_msat,
        .model = task->cost.model,
    };
}

/* Puts the single route, if there is one, into the empty flow, and the amount on it. */
static void seed_flow(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    struct fgr_mix_path *missing = &flow->mix.path[0];
    missing->amount_msat = flow->amount_msat;
    if (solve->single.cost < FGR_COST_INF) {
        uint32_t path = fgr_flow_add(flow, solve->single.edge, solve->single.n_edges);
        missing->amount_msat = 0;
        fgr_mix_shift(&flow->mix, path, flow->amount_msat);
    }
}

bool fgr_solve_is_good(const struct fgr_solve *solve)
{
    double gap = 1.0 + (double)solve->max_gap_ppm * 1e-6;
    return solve->cost_msat < FGR_COST_INF && (double)solve->cost_msat <= solve->bound_msat * gap;
}

/* Good enough, or as much work done as answers are improved for. */
bool fgr_solve_is_done(const struct fgr_solve *solve)
{
    const struct fgr_flow *flow = &solve->s->flow;
    return fgr_solve_is_good(solve) || flow->price.n_relaxed >= flow->max_relaxed;
}

/* Makes parts of the flow and takes them if they are the best so far. */
void fgr_solve_choose(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    struct fgr_parts *parts = &solve->s->tried;
    fgr_flow_set_apart(flow);
    fgr_parts_choose(&flow->mix, parts, &solve->task);
    if (parts->cost_msat < solve->cost_msat) {
        solve->cost_msat = parts->cost_msat;
        solve->is_single = false;
        solve->s->parts = *parts;
    }
}

/* Further paths where those of the flow do not make good parts: around what limits them. */
static void detour(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    for (int i = 0; i < DETOURS_MAX && !fgr_solve_is_good(solve) && fgr_flow_detour(flow); i++) {
        fgr_solve_choose(solve);
    }
}

/* Solves the flow and makes parts of it. False if nothing more can come of it. */
static bool solve_flow(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    double gap = (double)solve->max_gap_ppm * 1e-6 * FLOW_SHARE;
    enum fgr_flow_end end = fgr_flow_solve(flow, gap);
    solve->bound_msat = fmax(solve->bound_msat, flow->proof.bound_msat);
    if (end == FGR_FLOW_MISSING || flow->mix.path[0].amount_msat > 0) {
        return false;
    }
    solve->flow_fee_msat = fgr_flow_fee(flow);
    solve->flow_parts = fgr_flow_parts(flow);
    fgr_solve_choose(solve);
    return true;
}

/* Proves more where one part is the answer or nearly so: any other set has two parts or more. */
static void prove_several(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    double enough_msat = (double)solve->cost_msat;
    if (solve->single.bound < solve->cost_msat) {
        enough_msat = (double)solve->single.bound;
    }
    if (!fgr_solve_is_good(solve) && !flow->is_sized && enough_msat > solve->bound_msat) {
        solve->several_msat =
            fgr_flow_several(flow, (double)solve->task.min_part_msat, enough_msat);
        solve->bound_msat = fmax(solve->bound_msat, solve->several_msat);
    }
}

/* Whether the number of parts is what limits the answer: prove_few has better bounds then. */
static bool is_of_most_parts(const struct fgr_solve *solve)
{
    return solve->cost_msat < FGR_COST_INF && !solve->is_single &&
           solve->s->parts.n_parts == solve->task.max_parts &&
           solve->task.cost.model == FGR_PROB_UNIFORM;
}

/* Whether cost and bound are so far apart that the paths at hand must be poor. */
static bool is_far(const struct fgr_solve *solve)
{
    return solve->cost_msat < FGR_COST_INF && !solve->is_single &&
           (double)solve->cost_msat > solve->bound_msat * (1.0 + FAR_GAP) &&
           solve->task.cost.model == FGR_PROB_UNIFORM;
}

/* Makes the answer a proposal: its amounts on their paths. */
static void propose_answer(struct fgr_solve *solve)
{
    struct fgr_mix *mix = &solve->s->flow.mix;
    const struct fgr_parts *parts = &solve->s->parts;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        mix->path[i].amount_msat = 0;
    }
    for (uint32_t i = 0; i < parts->n_parts; i++) {
        mix->path[parts->part[i].path].amount_msat += (double)parts->part[i].amount_msat;
    }
}

/* Proves more, and finds better parts, where the number of parts is what limits the answer, or where
 * the answer is poor. Whether it is so. */
static bool prove_few(struct fgr_solve *solve)
{
    struct fgr_split_scratch *s = solve->s;
    if (fgr_solve_is_good(solve) || !(is_of_most_parts(solve) || is_far(solve))) {
        return false;
    }
    double bound_msat =
        fgr_lots_solve(&s->lots, &s->flow, &s->parts, &solve->task, (double)solve->cost_msat);
    solve->bound_msat = fmax(solve->bound_msat, bound_msat);
    if (!fgr_solve_is_good(solve)) {
        fgr_lots_propose(&s->lots);
        fgr_solve_choose(solve);
    }
    if (!fgr_solve_is_good(solve)) {
        propose_answer(solve);
        fgr_solve_choose(solve);
    }
    return true;
}

double fgr_solve_credit(const struct fgr_solve *solve)
{
    const struct fgr_parts_task *task = &solve->task;
    double credit_msat = solve->parts.weight * task->max_parts;
    if (task->limits.fee_msat != FGR_MSAT_NONE) {
        credit_msat += solve->fee.weight * (double)task->limits.fee_msat;
    }
    return credit_msat;
}

/* No parts came of the flow. Any are better than none: on few paths, whatever they cost; or of a flow
 * that is far from the best, and uses other paths. */
static void settle_for_any(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    if (fgr_fill(flow, solve->task.max_parts)) {
        fgr_solve_choose(solve);
    }
    if (solve->cost_msat == FGR_COST_INF) {
        solve->fee = (struct fgr_solve_weight){.weight = 0};
        solve->parts = (struct fgr_solve_weight){.weight = 0};
        solve->tariff.fee_weight = 1.0;
        flow->limits.part_weight = 0;
        fgr_flow_end(flow);
        fgr_flow_start(flow, solve->view, &solve->tariff, solve->from, solve->to);
        flow->mix.path[0].amount_msat = flow->amount_msat;
        flow->max_relaxed = UINT64_MAX;
        enum fgr_flow_end end = fgr_flow_solve(flow, ANY_GAP);
        flow->max_relaxed = flow->price.n_relaxed + EFFORT_RELAXED;
        if (end != FGR_FLOW_MISSING && flow->mix.path[0].amount_msat <= 0) {
            fgr_solve_choose(solve);
            detour(solve);
        }
    }
}

/* Solves with the prices of `solve->tariff` and its weights. */
static bool solve_again(struct fgr_solve *solve)
{
    solve->tariff.fee_weight = 1.0 + solve->fee.weight;
    fgr_flow_retariff(&solve->s->flow, &solve->tariff, solve->parts.weight,
                      fgr_solve_credit(solve));
    return solve_flow(solve);
}

/* Fixed charges were spread over less than a part may carry if the answer costs more than was
 * allowed for: again, with prices that hold. Whether that was so. */
static bool widen_top(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    bool is_widened = false;
    for (int i = 0; i < TOP_ATTEMPTS && solve->cost_msat < FGR_COST_INF; i++) {
        double top_msat = (double)solve->task.amount_msat + (double)solve->cost_msat;
        if (top_msat <= solve->tariff.top_msat) {
            break;
        }
        is_widened = true;
        solve->tariff.top_msat = top_msat;
        solve->tariff.part_msat = top_msat;
        fgr_flow_forget_proofs(flow);
        solve->bound_msat = 0;
        solve->tariff.reach = 0;
        solve->parts = (struct fgr_solve_weight){.weight = 0};
        solve->fee = (struct fgr_solve_weight){.weight = 0};
        flow->is_sized = flow->keeps_limits;
        fgr_flow_restart(flow);
        flow->max_relaxed = UINT64_MAX; /* there is no bound without this */
        solve_again(solve);
        flow->max_relaxed = flow->price.n_relaxed + EFFORT_RELAXED;
    }
    return is_widened;
}

/* Moves a weight up if too much was used, down if too little. False if it is settled. */
static bool adjust(struct fgr_solve_weight *weight, double used, double limit, double first)
{
    if (used > limit) {
        weight->low = weight->weight;
        weight->weight = weight->high > 0 ? 0.5 * (weight->low + weight->high)
                                          : (weight->weight > 0 ? 4 * weight->weight : first);
        return true;
    }
    if (weight->weight <= 0 || used >= limit * WEIGHT_CLOSE) {
        return false;
    }
    weight->high = weight->weight;
    weight->weight = 0.5 * (weight->low + weight->high);
    return true;
}

/* Limits of all parts together cost what it takes to keep them: weights on fees and parts, until the
 * flow just keeps both. Each weight gives a true bound. */
static void weigh(struct fgr_solve *solve)
{
    const struct fgr_parts_task *task = &solve->task;
    double whole_msat = solve->s->flow.proof.bound_msat;
    if (whole_msat <= 0 && solve->cost_msat < FGR_COST_INF) {
        whole_msat = (double)solve->cost_msat; /* free but for the number of parts, it may be */
    }
    double per_part = whole_msat / task->max_parts;
    for (int i = 0; i < WEIGHT_ATTEMPTS && !fgr_solve_is_done(solve); i++) {
        bool is_moved =
            !is_of_most_parts(solve) &&
            adjust(&solve->parts, solve->flow_parts, task->max_parts, per_part * FIRST_PART_WEIGHT);
        if (task->limits.fee_msat != FGR_MSAT_NONE) {
            is_moved |= adjust(&solve->fee, solve->flow_fee_msat, (double)task->limits.fee_msat,
                               FIRST_FEE_WEIGHT);
        }
        if (!is_moved || !solve_again(solve)) {
            return;
        }
    }
}

/* At most this is rounded away in any set of parts: a msat of each fee, which its own price follows,
 * of each risk, and of each failure, with what the logarithm may fall short of. */
double fgr_solve_rounding_at(const struct fgr_solve *solve, double fee_weight, double unit_price)
{
    const struct fgr_parts_task *task = &solve->task;
    uint64_t parts = task->amount_msat / task->min_part_msat;
    parts = parts < task->max_parts ? parts : task->max_parts;
    if (parts < 2) {
        return 0;
    }
    double logarithm = (double)task->cost.fail_msat / 1073741824.0;
    return (2.0 + fee_weight + unit_price + logarithm) * (double)parts * (double)task->limits.hops;
}

uint64_t fgr_solve_rounding(const struct fgr_solve *solve)
{
    const struct fgr_proof *proof = &solve->s->flow.proof;
    double rounding_msat = fgr_solve_rounding_at(solve, proof->fee_weight, proof->unit_price);
    rounding_msat = ceil(fmax(rounding_msat, solve->rounding_msat));
    return rounding_msat < 1e18 ? (uint64_t)rounding_msat : UINT64_C(1000000000000000000);
}

/* Proves again, counting on what is proven: fixed charges and parts are spread over what a part of a
 * better set can be, which is the less the closer bound and cost are. */
static void tighten(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    for (int i = 0; i < FGR_EARLIER_MAX && !fgr_solve_is_done(solve); i++) {
        /* What holds for sets of several parts holds for all better ones if no route is better. */
        bool is_best_route = solve->single.bound >= solve->cost_msat;
        double proven_msat = is_best_route ? solve->bound_msat : flow->proof.bound_msat;
        double open_msat =
            (double)solve->cost_msat + (double)fgr_solve_rounding(solve) - proven_msat;
        double reach = fgr_flow_hold(flow, open_msat);
        if (reach <= 0 || reach >= 1.0 ||
            (solve->tariff.reach > 0 && reach > solve->tariff.reach * REACH_SHARE)) {
            return;
        }
        solve->tariff.reach = reach;
        flow->is_sized = true;
        if (!solve_again(solve)) {
            return;
        }
        weigh(solve);
    }
}

/* Proves more of sets of several parts by what parts of each size cost. */
static void prove_sizes(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    if (!fgr_solve_is_done(solve)) {
        double several_msat = fgr_sizes_bound(flow, (double)solve->task.min_part_msat,
                                              solve->bound_msat, (double)solve->cost_msat);
        several_msat = fmin(several_msat, (double)solve->cost_msat);
        solve->bound_msat =
            fmax(solve->bound_msat, fmin(several_msat, (double)solve->single.bound));
    }
}

void fgr_solve(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    const struct fgr_parts_task *task = &solve->task;
    uint64_t extra_msat = solve->cost_msat < FGR_COST_INF
                              ? solve->cost_msat
                              : (uint64_t)((double)task->amount_msat * TOP_SHARE);
    flow->max_rounds = solve->max_rounds > 0 ? solve->max_rounds : ROUNDS_DEFAULT;
    flow->amount_msat = (double)task->amount_msat;
    flow->limits = (struct fgr_price_limits){
        .hops = task->limits.hops, .cltv = task->limits.cltv, .whole_msat = flow->amount_msat};
    solve->tariff = fgr_solve_tariff(task, extra_msat);
    if (solve->cost_msat == FGR_COST_INF) {
        solve->tariff.part_msat = (double)FGR_MSAT_MAX; /* nothing says what a part may cost */
    }
    fgr_flow_start(flow, solve->view, &solve->tariff, solve->from, solve->to);
    seed_flow(solve);
    flow->max_relaxed = UINT64_MAX;
    if (!solve_flow(solve)) {
        return;
    }
    flow->max_relaxed = flow->price.n_relaxed + EFFORT_RELAXED;
    detour(solve);
    weigh(solve);
    if (solve->cost_msat == FGR_COST_INF) {
        settle_for_any(solve);
    }
    if (widen_top(solve)) {
        weigh(solve);
    }
    if (solve->cost_msat < FGR_COST_INF) {
        prove_several(solve);
        if (!prove_few(solve)) {
            tighten(solve);
            prove_sizes(solve);
            fgr_branch(solve);
        }
    }
}
