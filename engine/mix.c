/* SPDX-License-Identifier: MIT */
/*
 * Amounts on a handful of paths: a convex problem with one equation and no negative amounts.
 *
 * Method. Newton steps on the paths in use, projected on "the sum stays": with H the curvature and
 * m the marginal prices, the step is -H^-1 (m - nu 1), nu such that it sums up to 0. A step ends where a
 * path becomes empty (which leaves the ones in use) or, short of it, where a half-channel becomes
 * full; how far it goes is found on the slope along it, which rises. When the paths in use
 * agree, the cheapest of the others joins them. That is the active-set form of Newton's method;
 * some ten steps do, however many paths share half-channels.
 *
 * Failure costs of the uniform model go to infinity at the capacity: their own barrier; what is
 * certain up to its end gets a small one. So do the other models, and slopes from differences, as they
 * are not convex everywhere: the balance is only a proposal there. What is claimed of it is worked out elsewhere (flow.c, parts.c).
 *
 * References: Bertsekas 1982 (projected Newton); Nocedal and Wright 2006, ch. 16.
 */
#include "engine/mix.h"

#include "engine/cholesky.h"

#include <math.h>
#include <string.h>

#define STEPS_MAX 200
#define SEARCH_MAX 40

/* How far into what is left of a half-channel one step may go. */
#define ROOM_SHARE 0.95

/* The barrier of models that have none, as a share of M; and of a half-channel that is certain up to its
 * end: what it adds there is what bound and cost stay apart. */
#define BARRIER 0.001
#define CERTAIN_BARRIER 1e-6

/* Where a slope jumps, over this share of what is below it is made to rise. */
#define RAMP_SHARE 0.01

/* ---- one half-channel ----------------------------------------------------------------------- */

/* M * -ln P, in whole msat of flow. */
double fgr_mix_fail(const struct fgr_mix *mix, const struct fgr_lane *lane, double flow_msat)
{
    const struct fgr_arc *arc = &lane->arc;
    uint64_t flow = flow_msat > 0 ? (uint64_t)flow_msat : 0;
    flow = flow < arc->most_msat ? flow : arc->most_msat;
    uint64_t q48;
    if (flow <= arc->sure_msat) {
        return 0;
    }
    if (mix->tariff.model == FGR_PROB_UNIFORM) {
        q48 = fgr_neg_ln_q48(arc->most_msat + 1 - flow, arc->most_msat + 1 - arc->sure_msat);
    } else {
        struct fgr_prob_range range = {arc->sure_msat, arc->most_msat, arc->capacity_msat};
        q48 = fgr_prob_known_neg_ln_q48(mix->tariff.model, flow, &range);
    }
    return mix->tariff.fail_msat * ((double)q48 / 281474976710656.0);
}

/* Whether nothing is uncertain up to the end of the lane: there is a barrier and no curve. */
static bool is_certain(const struct fgr_lane *lane)
{
    return lane->arc.sure_msat == lane->arc.most_msat;
}

static double room_of(const struct fgr_lane *lane, double flow_msat)
{
    double room = (double)lane->arc.most_msat + 1.0 - flow_msat;
    return room > 0.5 ? room : 0.5;
}

/* Where the curve begins behind what is certain its slope jumps: here it rises over the last bit of
 * that instead. */
static double ramp_of(const struct fgr_lane *lane)
{
    return RAMP_SHARE * (double)lane->arc.sure_msat;
}

/* The share of the slope that is there already. */
static double risen(const struct fgr_lane *lane, double flow_msat)
{
    double sure = (double)lane->arc.sure_msat;
    double ramp = ramp_of(lane);
    if (lane->arc.sure_msat == 0 || flow_msat >= sure) {
        return 1.0;
    }
    return flow_msat <= sure - ramp ? 0 : (flow_msat - (sure - ramp)) / ramp;
}

/* For models without a slope in closed form. */
static double slope_between(const struct fgr_mix *mix, const struct fgr_lane *lane,
                            double flow_msat)
{
    double end = (double)lane->arc.most_msat + 1.0;
    double h = end / 256.0;
    double low = flow_msat > h ? flow_msat - h : 0;
    double high = flow_msat + h < end - 1.0 ? flow_msat + h : end - 1.0;
    double rise = fgr_mix_fail(mix, lane, high) - fgr_mix_fail(mix, lane, low);
    double slope = high > low ? rise / (high - low) : 0;
    return slope + BARRIER * mix->tariff.fail_msat / room_of(lane, flow_msat);
}

double fgr_mix_slope(const struct fgr_mix *mix, const struct fgr_lane *lane, double flow_msat)
{
    double room = room_of(lane, flow_msat);
    if (is_certain(lane)) {
        return CERTAIN_BARRIER * mix->tariff.fail_msat / room;
    }
    if (mix->tariff.model == FGR_PROB_UNIFORM) {
        double begun = room_of(lane, (double)lane->arc.sure_msat);
        return mix->tariff.fail_msat / (room < begun ? room : begun) * risen(lane, flow_msat);
    }
    return slope_between(mix, lane, flow_msat);
}

static double curvature(const struct fgr_mix *mix, const struct fgr_lane *lane)
{
    double slope = lane->slope;
    double end = (double)lane->arc.most_msat + 1.0;
    bool is_uniform = mix->tariff.model == FGR_PROB_UNIFORM;
    double least = 0.01 * mix->tariff.fail_msat / (end * end);
    double bend;
    if (is_certain(lane) || (is_uniform && lane->flow_msat >= (double)lane->arc.sure_msat)) {
        return slope / room_of(lane, lane->flow_msat);
    }
    if (is_uniform) {
        double first = mix->tariff.fail_msat / room_of(lane, (double)lane->arc.sure_msat);
        bend = risen(lane, lane->flow_msat) > 0 ? first / ramp_of(lane) : 0;
    } else {
        double h = end / 64.0;
        bend = (fgr_mix_slope(mix, lane, lane->flow_msat + h) - slope) / h;
    }
    return bend > least ? bend : least;
}

/* ---- sums ----------------------------------------------------------------------------------- */

void fgr_mix_shift(struct fgr_mix *mix, uint32_t path, double delta_msat)
{
    struct fgr_mix_path *p = &mix->path[path];
    p->amount_msat += delta_msat;
    for (uint32_t i = 0; i < p->n_hops; i++) {
        mix->lane[p->lane[i]].flow_msat += delta_msat * p->gain[i];
    }
}

double fgr_mix_cost(const struct fgr_mix *mix)
{
    double cost = 0;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        cost += mix->path[i].price * mix->path[i].amount_msat;
    }
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        if (mix->lane[i].flow_msat > 0) {
            cost += fgr_mix_fail(mix, &mix->lane[i], mix->lane[i].flow_msat);
        }
    }
    return cost;
}

/* Flows from the amounts alone: what rounding has left behind goes. */
static void refresh_flows(struct fgr_mix *mix)
{
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].flow_msat = mix->lane[i].fixed_msat;
    }
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        double amount_msat = mix->path[i].amount_msat;
        mix->path[i].amount_msat = 0;
        if (amount_msat > 0 || amount_msat < 0) {
            fgr_mix_shift(mix, i, amount_msat);
        }
    }
}

static void refresh_slopes(struct fgr_mix *mix)
{
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].slope = fgr_mix_slope(mix, &mix->lane[i], mix->lane[i].flow_msat);
    }
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        const struct fgr_mix_path *p = &mix->path[i];
        double price = p->price;
        for (uint32_t j = 0; p->is_open && j < p->n_hops; j++) {
            price += p->gain[j] * mix->lane[p->lane[j]].slope;
        }
        mix->marginal[i] = price;
    }
}

/* ---- one step ------------------------------------------------------------------------------- */

/* The curvature over the paths in use: its lower triangle by columns. Returns the largest entry of the
 * diagonal. */
static double fill_curvature(struct fgr_mix *mix)
{
    size_t n = mix->n_used;
    double *weight = mix->lane_step;
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        const struct fgr_mix_path *p = &mix->path[mix->used[i]];
        for (uint32_t k = 0; k < p->n_hops; k++) {
            weight[p->lane[k]] = curvature(mix, &mix->lane[p->lane[k]]) * p->gain[k];
        }
        for (size_t j = i; j < n; j++) {
            const struct fgr_mix_path *q = &mix->path[mix->used[j]];
            double sum = 0;
            for (uint32_t k = 0; k < q->n_hops; k++) {
                sum += weight[q->lane[k]] * q->gain[k];
            }
            mix->factor[i * n + j] = sum;
        }
        largest = mix->factor[i * n + i] > largest ? mix->factor[i * n + i] : largest;
        for (uint32_t k = 0; k < p->n_hops; k++) {
            weight[p->lane[k]] = 0;
        }
    }
    return largest;
}

/* The curvature factored in place; a little is added to the diagonal so that it always can be. */
static void factor(struct fgr_mix *mix)
{
    double largest = fill_curvature(mix);
    fgr_cholesky_factor(mix->factor, mix->n_used, largest > 0 ? largest * 1e-7 : 1e-30);
}

static void solve(const struct fgr_mix *mix, double *x)
{
    fgr_cholesky_solve(mix->factor, mix->n_used, x);
}

/* The Newton step of the paths in use. False if it would move one of them beyond its limits, which
 * then is no longer in use. */
static bool aim(struct fgr_mix *mix)
{
    uint32_t n = mix->n_used;
    factor(mix);
    for (uint32_t i = 0; i < n; i++) {
        mix->step[i] = mix->marginal[mix->used[i]];
        mix->unit[i] = 1.0;
    }
    solve(mix, mix->step);
    solve(mix, mix->unit);
    double sum = 0;
    double units = 0;
    for (uint32_t i = 0; i < n; i++) {
        sum += mix->step[i];
        units += mix->unit[i];
    }
    double nu = sum / units;
    for (uint32_t i = 0; i < n; i++) {
        mix->step[i] = nu * mix->unit[i] - mix->step[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct fgr_mix_path *p = &mix->path[mix->used[i]];
        if ((mix->step[i] < 0 && p->amount_msat <= p->low_msat) ||
            (mix->step[i] > 0 && p->amount_msat >= p->high_msat)) {
            mix->used[i] = mix->used[--mix->n_used];
            return false;
        }
    }
    return true;
}

/* Flows of a whole step, and the part of it after which a path is at its limit or a half-channel
 * nearly full. `out_path` is the path that is at its limit then, or n_paths. */
static double reach(struct fgr_mix *mix, uint32_t *out_path)
{
    double most = 1e30;
    *out_path = mix->n_paths;
    mix->n_lanes_used = 0;
    for (uint32_t i = 0; i < mix->n_used; i++) {
        const struct fgr_mix_path *p = &mix->path[mix->used[i]];
        double step = mix->step[i];
        double way = step < 0 ? p->amount_msat - p->low_msat : p->high_msat - p->amount_msat;
        if (way < most * fabs(step)) {
            most = way / fabs(step);
            *out_path = mix->used[i];
        }
        for (uint32_t k = 0; k < p->n_hops; k++) {
            uint16_t lane = p->lane[k];
            if (!mix->is_lane_used[lane]) {
                mix->is_lane_used[lane] = true;
                mix->lane_used[mix->n_lanes_used++] = lane;
            }
            mix->lane_step[lane] += step * p->gain[k];
        }
    }
    for (uint32_t i = 0; i < mix->n_lanes_used; i++) {
        const struct fgr_lane *lane = &mix->lane[mix->lane_used[i]];
        double step = mix->lane_step[mix->lane_used[i]];
        double room = ROOM_SHARE * ((double)lane->arc.most_msat - lane->flow_msat);
        room = room > 0 ? room : 0;
        if (step > 0 && room < most * step) {
            most = room / step;
            *out_path = mix->n_paths;
        }
    }
    return most;
}

/* Slope of the cost after `part` of the step. */
static double slope_along(const struct fgr_mix *mix, double part)
{
    double slope = 0;
    for (uint32_t i = 0; i < mix->n_used; i++) {
        slope += mix->step[i] * mix->path[mix->used[i]].price;
    }
    for (uint32_t i = 0; i < mix->n_lanes_used; i++) {
        const struct fgr_lane *lane = &mix->lane[mix->lane_used[i]];
        double step = mix->lane_step[mix->lane_used[i]];
        slope += step * fgr_mix_slope(mix, lane, lane->flow_msat + part * step);
    }
    return slope;
}

/* How much of the step to go: where the cost along it stops falling, roughly; `most` at most. */
static double stretch(const struct fgr_mix *mix, double most)
{
    double start = slope_along(mix, 0);
    double low = 0;
    double high = most;
    double part = most < 1.0 ? most : 1.0;
    double at_low = start;
    for (int i = 0; i < SEARCH_MAX; i++) {
        double slope = slope_along(mix, part);
        if (slope <= 0) {
            if (part >= most || slope >= 0.2 * start) {
                return part;
            }
            low = part;
            at_low = slope;
            part = 4 * part < high ? 4 * part : (high < most ? (low + high) / 2 : most);
        } else {
            high = part;
            double share = at_low / (at_low - slope); /* by the secant */
            share = share < 0.1 ? 0.1 : (share > 0.9 ? 0.9 : share);
            part = low + (high - low) * share;
        }
        if (high - low <= 1e-9 * high) {
            break;
        }
    }
    return low;
}

/* Goes along the step. False if it leads nowhere. */
static bool go(struct fgr_mix *mix)
{
    uint32_t ended;
    double most = reach(mix, &ended);
    double part = most > 0 ? stretch(mix, most) : 0;
    for (uint32_t i = 0; i < mix->n_lanes_used; i++) {
        mix->lane_step[mix->lane_used[i]] = 0;
        mix->is_lane_used[mix->lane_used[i]] = false;
    }
    for (uint32_t i = 0; i < mix->n_used; i++) {
        struct fgr_mix_path *p = &mix->path[mix->used[i]];
        fgr_mix_shift(mix, mix->used[i], part * mix->step[i]);
        bool is_ended = part >= most && mix->used[i] == ended;
        if (p->amount_msat < p->low_msat || (is_ended && mix->step[i] < 0)) {
            p->amount_msat = p->low_msat;
        }
        if (p->amount_msat > p->high_msat || (is_ended && mix->step[i] > 0)) {
            p->amount_msat = p->high_msat;
        }
    }
    return part > 0;
}

static void use(struct fgr_mix *mix, uint32_t path)
{
    for (uint32_t i = 0; i < mix->n_used; i++) {
        if (mix->used[i] == path) {
            return;
        }
    }
    mix->used[mix->n_used++] = (uint16_t)path;
}

/* Puts the paths that can go both ways into use, and of the others the dearest that can give and the
 * cheapest that can take. Returns by how much, as a share of the dearest marginal price, they
 * disagree. */
static double gather(struct fgr_mix *mix, double *out_least)
{
    double dearest = 0;
    double least = FGR_PRICE_MAX * 1e30;
    uint32_t giver = mix->n_paths;
    uint32_t taker = mix->n_paths;
    mix->n_used = 0;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        const struct fgr_mix_path *p = &mix->path[i];
        bool can_give = p->amount_msat > p->low_msat;
        bool can_take = p->amount_msat < p->high_msat;
        if (!p->is_open) {
            continue;
        }
        if (can_give && can_take) {
            mix->used[mix->n_used++] = (uint16_t)i;
        }
        if (can_give && mix->marginal[i] >= dearest) {
            dearest = mix->marginal[i];
            giver = i;
        }
        if (can_take && mix->marginal[i] < least) {
            least = mix->marginal[i];
            taker = i;
        }
    }
    *out_least = least;
    if (giver == mix->n_paths || taker == mix->n_paths || dearest <= least) {
        return 0;
    }
    use(mix, giver);
    use(mix, taker);
    return (dearest - least) / dearest;
}

double fgr_mix_balance(struct fgr_mix *mix, double tolerance)
{
    double least = 0;
    memset(mix->lane_step, 0, mix->n_lanes * sizeof *mix->lane_step);
    refresh_flows(mix);
    for (int i = 0; i < STEPS_MAX; i++) {
        refresh_slopes(mix);
        double apart = gather(mix, &least);
        if (apart <= tolerance) {
            break;
        }
        mix->n_steps++;
        while (mix->n_used > 1 && !aim(mix)) {
        }
        if (mix->n_used < 2 || !go(mix)) {
            break;
        }
    }
    refresh_flows(mix);
    refresh_slopes(mix);
    return least;
}

void fgr_mix_bends(struct fgr_mix *mix, double *out_bend)
{
    mix->n_used = 0;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        if (mix->path[i].is_open && mix->path[i].amount_msat > 0) {
            mix->used[mix->n_used++] = (uint16_t)i;
        }
    }
    factor(mix);
    size_t n = mix->n_used;
    double units = 0;
    for (size_t i = 0; i < n; i++) {
        mix->unit[i] = 1.0;
    }
    solve(mix, mix->unit);
    for (size_t i = 0; i < n; i++) {
        units += mix->unit[i];
    }
    for (size_t i = 0; i < n; i++) {
        /* The i-th diagonal entry of the inverse is the square of L^-1 e_i. */
        double *x = mix->step;
        memset(x, 0, n * sizeof *x);
        x[i] = 1.0;
        double square = fgr_cholesky_half(mix->factor, n, x, i);
        double give = square - mix->unit[i] * mix->unit[i] / units;
        out_bend[mix->used[i]] = give > 0 ? 1.0 / give : 1e30;
    }
}
