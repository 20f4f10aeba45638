/* SPDX-License-Identifier: MIT */
/*
 * Branch and bound on half-channels with a fixed charge.
 *
 * The relaxation lets a part use a half-channel a little and pay as little of its fixed charge. In a set
 * of parts some part goes over it, and pays all of it at least once; or none does. So both cases are
 * solved by themselves: with the charge paid, once for all and free from then on, or with the
 * half-channel shut. The lesser of the two bounds holds. The case with the least bound is divided next,
 * at the half-channel whose charge is missing most; cases that are no better than the answer are
 * closed.
 *
 * Reference: Land and Doig 1960; Balakrishnan, Magnanti and Wong 1989 (fixed-charge networks).
 */
#include "engine/branch.h"

#include <math.h>

#define CASES_MAX 64
#define DEPTH_MAX 12

/* A case is divided only if fixed charges make at least this share of what is open. */
#define MISSING_SHARE 0.5

/* Assumptions about lanes, and a bound for the sets of parts that meet them. */
struct kase {
    double bound_msat;
    double rounded_msat; /* the same of their cost in whole msat: less what rounding may save */
    uint32_t n;
    uint16_t lane[DEPTH_MAX];
    enum fgr_lane_use use[DEPTH_MAX];
};

struct branching {
    struct fgr_solve *solve;
    uint32_t n_open;
    struct kase open[CASES_MAX];
    double closed_msat; /* least bound of the closed cases, */
    double closed_rounded_msat;
};

static void assume(struct fgr_flow *flow, const struct kase *kase)
{
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        flow->mix.lane[i].use = FGR_LANE_OPEN;
    }
    for (uint32_t i = 0; kase != NULL && i < kase->n; i++) {
        flow->mix.lane[kase->lane[i]].use = kase->use[i];
    }
}

/* The fixed charges that the case has paid. */
static double paid(const struct fgr_flow *flow, const struct kase *kase)
{
    double sum = 0;
    for (uint32_t i = 0; i < kase->n; i++) {
        const struct fgr_arc *arc = &flow->mix.lane[kase->lane[i]].arc;
        sum += kase->use[i] == FGR_LANE_PAID ? (double)arc->base_msat : 0;
    }
    return sum * flow->mix.tariff.fee_weight;
}

/* What is missing of the fixed charges of all lanes in use. */
static double missing_in_all(const struct fgr_flow *flow, const double *missing)
{
    double sum = 0;
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        sum += missing[i] > 0 ? missing[i] : 0;
    }
    return sum;
}

/* The open lane in use whose fixed charge is paid least; FGR_LANE_NONE if all are paid. */
static uint16_t most_missing(const struct fgr_flow *flow, double open_msat)
{
    const struct fgr_mix *mix = &flow->mix;
    double missing[FGR_LANES_MAX];
    uint16_t found = FGR_LANE_NONE;
    double most = 1.0;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        const struct fgr_lane *lane = &mix->lane[i];
        bool is_used = lane->use == FGR_LANE_OPEN && lane->flow_msat > 0;
        missing[i] = is_used ? (double)lane->arc.base_msat : 0;
    }
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_mix_path *path = &mix->path[i];
        for (uint32_t j = 0; path->amount_msat > 0 && j < path->n_hops; j++) {
            const struct fgr_lane *lane = &mix->lane[path->lane[j]];
            double spread = flow->is_sized
                                ? path->size_msat
                                : fgr_tariff_spread(&mix->tariff, &lane->arc, lane->held_msat);
            missing[path->lane[j]] -= (double)lane->arc.base_msat * path->amount_msat / spread;
        }
    }
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        if (missing[i] > most) {
            most = missing[i];
            found = (uint16_t)i;
        }
    }
    return missing_in_all(flow, missing) >= open_msat * MISSING_SHARE ? found : FGR_LANE_NONE;
}

/* Whether the case has no way at all: nothing to round. */
static bool is_empty(const struct fgr_flow *flow, enum fgr_flow_end end)
{
    return end == FGR_FLOW_MISSING && flow->mix.path[0].amount_msat >= flow->amount_msat;
}

/* Solves a case: its bound, and the lane to divide it at. */
static uint16_t solve_case(struct branching *b, struct kase *kase)
{
    struct fgr_solve *solve = b->solve;
    struct fgr_flow *flow = &solve->s->flow;
    assume(flow, kase);
    solve->n_cases++;
    double credit_msat = fgr_solve_credit(solve) - paid(flow, kase);
    fgr_flow_retariff(flow, &solve->tariff, solve->parts.weight, credit_msat);
    flow->enough_msat = (double)solve->cost_msat;
    enum fgr_flow_end end = fgr_flow_solve(flow, (double)solve->max_gap_ppm * 0.25e-6);
    double bound_msat = flow->bound_msat - credit_msat;
    double rounding_msat = fgr_solve_rounding_at(solve, solve->tariff.fee_weight, flow->unit_price);
    kase->bound_msat = fmax(kase->bound_msat, bound_msat);
    rounding_msat = is_empty(flow, end) ? 0 : rounding_msat;
    kase->rounded_msat = fmax(kase->rounded_msat, bound_msat - rounding_msat);
    if (end != FGR_FLOW_PROVEN || flow->mix.path[0].amount_msat > 0) {
        return FGR_LANE_NONE;
    }
    uint16_t lane = most_missing(flow, (double)solve->cost_msat - kase->bound_msat);
    assume(flow, NULL);
    fgr_solve_choose(solve);
    return lane;
}

static double goal(const struct fgr_solve *solve)
{
    return (double)solve->cost_msat / (1.0 + (double)solve->max_gap_ppm * 1e-6);
}

/* Opens both cases of a lane within `from`, or closes it. */
static void divide(struct branching *b, const struct kase *from, uint16_t lane)
{
    bool is_full = b->n_open + 2 > CASES_MAX || from->n == DEPTH_MAX;
    if (lane == FGR_LANE_NONE || is_full || from->bound_msat >= goal(b->solve)) {
        b->closed_msat = fmin(b->closed_msat, from->bound_msat);
        b->closed_rounded_msat = fmin(b->closed_rounded_msat, from->rounded_msat);
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct kase *to = &b->open[b->n_open++];
        *to = *from;
        to->lane[to->n] = lane;
        to->use[to->n++] = i == 0 ? FGR_LANE_PAID : FGR_LANE_SHUT;
    }
}

/* Takes the open case with the least bound. */
static struct kase take(struct branching *b)
{
    uint32_t least = 0;
    for (uint32_t i = 1; i < b->n_open; i++) {
        least = b->open[i].bound_msat < b->open[least].bound_msat ? i : least;
    }
    struct kase kase = b->open[least];
    b->open[least] = b->open[--b->n_open];
    return kase;
}

/* What all sets of parts cost at least, whatever the case: before rounding, and after. */
static double least_bound(const struct branching *b)
{
    double least = b->closed_msat;
    for (uint32_t i = 0; i < b->n_open; i++) {
        least = fmin(least, b->open[i].bound_msat);
    }
    return least;
}

static double least_rounded(const struct branching *b)
{
    double least = b->closed_rounded_msat;
    for (uint32_t i = 0; i < b->n_open; i++) {
        least = fmin(least, b->open[i].rounded_msat);
    }
    return least;
}

void fgr_branch(struct fgr_solve *solve)
{
    struct fgr_flow *flow = &solve->s->flow;
    struct branching b = {
        .solve = solve, .closed_msat = FGR_MIX_MOST, .closed_rounded_msat = FGR_MIX_MOST};
    struct kase root = {.bound_msat = flow->proof.bound_msat};
    root.rounded_msat = root.bound_msat - (double)fgr_solve_rounding(solve);
    if (fgr_solve_is_done(solve)) {
        return;
    }
    flow->is_case = true;
    flow->is_sized = true;
    divide(&b, &root, solve_case(&b, &root));
    while (b.n_open > 0 && least_bound(&b) < goal(solve) && !fgr_solve_is_done(solve)) {
        struct kase kase = take(&b);
        uint16_t lane = solve_case(&b, &kase);
        divide(&b, &kase, lane);
    }
    double least_msat = fmin(least_bound(&b), (double)solve->cost_msat);
    if (least_msat > solve->bound_msat) {
        solve->bound_msat = least_msat;
        solve->rounding_msat = least_msat - least_rounded(&b);
    }
    assume(flow, NULL);
    flow->is_case = false;
    flow->enough_msat = FGR_MIX_MOST;
}
