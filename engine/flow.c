/* SPDX-License-Identifier: MIT */
/*
 * Column generation for the convex flow problem, and its dual bound.
 *
 * Problem. Least sum of (fees + risk) of what the paths carry, plus M * -ln P(x) of each half-channel's
 * sum x, over all ways to spread the amount over all paths. Fixed charges of a part are spread over
 * the most a part can carry (tariff.h), which makes this a relaxation of what the parts really cost.
 *
 * Method. Balance the amount on the paths at hand (mix.c); price all other paths at the slopes
 * of the flow this gives (price.c); add the cheapest if it costs less than those in use; repeat. At
 * first all of the amount is "missing": carried by a path that exists nowhere, at a price above all
 * others, which rises when nothing cheaper is left.
 *
 * Bound. -ln P lies above any tangent of its convex hull: M * -ln P(x) >= offset + slope * x. With
 * these lines instead of the curves every split costs at least
 *
 *     sum of offsets + amount * least price of a path
 *
 * whatever flow the tangents were taken at. At the optimum that is the cost itself. The best bound of
 * all rounds is kept, with its lines: they are the certificate.
 *
 * References: Dantzig and Wolfe 1960; Ahuja, Magnanti and Orlin 1993, ch. 17; Frank and Wolfe 1956
 * for the bound.
 */
#include "engine/flow.h"

#include "engine/rate.h"

#include <math.h>
#include <string.h>

/* The balance is this much finer than the gap that is asked for. */
#define BALANCE_SHARE 0.1
#define BALANCE_FINEST 1e-9

/* What is missing costs this many times the first path, then as many times more; up to more than a
 * msat can cost on half-channels with room for another one. */
#define MISSING_FACTOR 8.0
#define MISSING_RISE 32.0
#define MISSING_MOST 1000.0

/* A missing rest below this is rounding. */
#define MISSING_MSAT 1.0

/* A half-channel that is this full of what it holds for certain has a price for its room. */
#define FULL_SHARE 0.98

/* Steps in which the hull of a model without a closed form is found. */
#define HULL_STEPS 64

/* ---- paths ---------------------------------------------------------------------------------- */

static void forget_lanes(struct fgr_flow *flow)
{
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        flow->price.lane_of[flow->mix.lane[i].edge] = FGR_LANE_NONE;
    }
    flow->mix.n_lanes = 0;
}

void fgr_flow_end(struct fgr_flow *flow)
{
    forget_lanes(flow);
}

void fgr_flow_restart(struct fgr_flow *flow)
{
    fgr_price_start(&flow->price, flow->view, flow->overlay, flow->price.from, flow->price.to);
}

void fgr_flow_forget_proofs(struct fgr_flow *flow)
{
    flow->proof.bound_msat = 0;
    flow->proof.unit_price = 0;
    flow->proof.fee_weight = 1.0;
    flow->proof.part_weight = 0;
    flow->proof.top_msat = (double)FGR_MSAT_MAX;
    flow->proof.n_lanes = 0;
    flow->proof.credit_msat = 0;
    flow->n_earlier = 0;
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        flow->mix.lane[i].held_msat = 0;
    }
}

double fgr_flow_hold(struct fgr_flow *flow, double open_msat)
{
    const struct fgr_proof *proof = &flow->proof;
    if (flow->n_earlier == FGR_EARLIER_MAX || flow->mix.tariff.model != FGR_PROB_UNIFORM) {
        return 0;
    }
    flow->earlier[flow->n_earlier++] = *proof;
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        flow->mix.lane[i].held_msat = i < proof->n_lanes ? (double)proof->flow_msat[i] : 0;
    }
    return sqrt(2.0 * open_msat / flow->mix.tariff.fail_msat) * (1.0 + 1e-9);
}

void fgr_flow_start(struct fgr_flow *flow, const struct fgr_view *view,
                    const struct fgr_tariff *tariff, uint32_t from, uint32_t to)
{
    struct fgr_mix *mix = &flow->mix;
    flow->view = view;
    flow->n_rounds = 0;
    flow->cost_msat = 0;
    flow->bound_msat = 0;
    flow->unit_price = 0;
    flow->credit_msat = 0;
    flow->keeps_limits = false;
    flow->is_sized = false;
    flow->is_case = false;
    flow->enough_msat = FGR_MIX_MOST;
    mix->n_lanes = 0;
    mix->has_slots = false;
    fgr_flow_forget_proofs(flow);
    mix->tariff = *tariff;
    mix->n_steps = 0;
    mix->n_paths = 1;
    mix->path[0] =
        (struct fgr_mix_path){.is_open = true, .price = FGR_PRICE_MAX, .high_msat = FGR_MIX_MOST};
    flow->price.n_settled = 0;
    flow->price.n_relaxed = 0;
    fgr_price_start(&flow->price, view, flow->overlay, from, to);
}

static uint16_t lane_for(struct fgr_flow *flow, uint32_t edge)
{
    uint16_t *slot = &flow->price.lane_of[edge];
    if (*slot == FGR_LANE_NONE) {
        *slot = (uint16_t)flow->mix.n_lanes;
        flow->mix.lane[flow->mix.n_lanes++] = (struct fgr_lane){
            .arc = fgr_arc_of(flow->view, flow->overlay, edge, flow->price.from), .edge = edge};
        flow->mix.has_slots |= flow->mix.lane[*slot].arc.slots < FGR_SLOTS_ANY;
    }
    return *slot;
}

uint32_t fgr_flow_add(struct fgr_flow *flow, const uint32_t *edge, uint32_t n_edges)
{
    struct fgr_mix *mix = &flow->mix;
    if (mix->n_paths == FGR_PATHS_MAX || mix->n_lanes + n_edges > FGR_LANES_MAX) {
        return FGR_IDX_NONE;
    }
    struct fgr_mix_path *path = &mix->path[mix->n_paths];
    *path = (struct fgr_mix_path){.n_hops = n_edges, .is_open = true, .high_msat = FGR_MIX_MOST};
    for (uint32_t i = 0; i < n_edges; i++) {
        path->lane[i] = lane_for(flow, edge[i]);
    }
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        if (mix->path[i].n_hops == n_edges &&
            memcmp(mix->path[i].lane, path->lane, n_edges * sizeof path->lane[0]) == 0) {
            return i;
        }
    }
    fgr_rate_spread(flow, path);
    return mix->n_paths++;
}

/* Amounts that add up to the whole again: parts that could not be made leave them otherwise. */
static void balance_sum(struct fgr_flow *flow)
{
    struct fgr_mix *mix = &flow->mix;
    double sum = 0;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        sum += mix->path[i].amount_msat;
    }
    double share = sum > flow->amount_msat ? flow->amount_msat / sum : 1.0;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        mix->path[i].amount_msat *= share;
    }
    if (sum < flow->amount_msat - MISSING_MSAT) {
        mix->path[0].amount_msat += flow->amount_msat - sum;
    }
}

static bool is_shut(const struct fgr_mix *mix, const struct fgr_mix_path *path)
{
    for (uint32_t i = 0; i < path->n_hops; i++) {
        if (mix->lane[path->lane[i]].use == FGR_LANE_SHUT) {
            return true;
        }
    }
    return false;
}

void fgr_flow_retariff(struct fgr_flow *flow, const struct fgr_tariff *tariff, double part_weight,
                       double credit_msat)
{
    struct fgr_mix *mix = &flow->mix;
    mix->tariff = *tariff;
    flow->limits.part_weight = part_weight;
    flow->is_sized = flow->is_sized || part_weight > 0;
    flow->credit_msat = credit_msat;
    flow->bound_msat = 0;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        fgr_rate_spread(flow, &mix->path[i]);
    }
    struct fgr_mix_path *missing = &mix->path[0];
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        struct fgr_mix_path *path = &mix->path[i];
        path->low_msat = 0;
        path->high_msat = FGR_MIX_MOST;
        path->is_open = !is_shut(mix, path);
        if (!path->is_open) {
            missing->amount_msat += path->amount_msat;
            path->amount_msat = 0;
        }
    }
    balance_sum(flow);
    if (flow->proof.n_lanes > 0) {
        missing->price = flow->proof.unit_price * MISSING_FACTOR;
    }
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].fixed_msat = 0;
    }
}

void fgr_flow_set_apart(struct fgr_flow *flow)
{
    for (uint32_t i = 1; i < flow->mix.n_paths; i++) {
        fgr_rate_apart(flow, &flow->mix.path[i]);
    }
}

double fgr_flow_fee(const struct fgr_flow *flow)
{
    double fee_msat = 0;
    for (uint32_t i = 1; i < flow->mix.n_paths; i++) {
        fee_msat += flow->mix.path[i].fee * flow->mix.path[i].amount_msat;
    }
    return fee_msat;
}

double fgr_flow_parts(const struct fgr_flow *flow)
{
    double parts = 0;
    for (uint32_t i = 1; i < flow->mix.n_paths; i++) {
        parts += flow->mix.path[i].amount_msat / flow->mix.path[i].size_msat;
    }
    return parts;
}

/* ---- bound ---------------------------------------------------------------------------------- */

/* Lowers lane->offset until the line with lane->slope is below M * -ln P on all of [0, most]: between
 * two steps the curve is above its value at the first and the line below that at the second. */
static void fit_below(const struct fgr_mix *mix, struct fgr_lane *lane)
{
    double most = (double)lane->arc.most_msat;
    double offset = 0;
    for (int i = 1; i < HULL_STEPS; i++) {
        double at = fgr_mix_fail(mix, lane, most * i / HULL_STEPS - 1.0);
        double room = at - lane->slope * (most * (i + 1) / HULL_STEPS);
        offset = room < offset ? room : offset;
    }
    double first = -lane->slope * most / HULL_STEPS;
    lane->offset = first < offset ? first : offset;
}

/* The line of a lane: its tangent at the flow, in whole msat. The line at no flow is always there as
 * well. */
static void take_tangent(const struct fgr_mix *mix, struct fgr_lane *lane)
{
    const struct fgr_arc *arc = &lane->arc;
    double flat = fgr_tariff_flat(&mix->tariff, arc);
    lane->flow_msat = lane->flow_msat > 0 ? lane->flow_msat : 0;
    lane->flow_msat = fmin(lane->flow_msat, (double)arc->most_msat);
    double flow_msat = floor(lane->flow_msat);
    bool is_full = flow_msat > (double)arc->most_msat * FULL_SHARE;
    lane->slope = flat;
    lane->offset = 0;
    if (arc->bias_msat < 0 && !is_full) {
        return; /* a discount may take all that it costs */
    }
    if (mix->tariff.model == FGR_PROB_UNIFORM && arc->sure_msat < arc->most_msat) {
        if (flow_msat > (double)arc->sure_msat || arc->sure_msat == 0) {
            lane->slope = mix->tariff.fail_msat / ((double)arc->most_msat + 1.0 - flow_msat);
            lane->offset = fgr_mix_fail(mix, lane, flow_msat) - lane->slope * flow_msat;
        } else if (flow_msat > (double)arc->sure_msat * FULL_SHARE) {
            /* Where the curve begins any line through its foot is below it, up to its own slope. */
            double first = mix->tariff.fail_msat / (double)(arc->most_msat + 1 - arc->sure_msat);
            lane->slope = fmin(fgr_mix_slope(mix, lane, lane->flow_msat), first);
            lane->offset = -lane->slope * (double)arc->sure_msat;
        }
    } else if (flow_msat > 0 && (arc->sure_msat == 0 || is_full)) {
        double slope = fgr_mix_slope(mix, lane, lane->flow_msat);
        if (slope > flat) {
            lane->slope = slope;
            fit_below(mix, lane);
        }
    }
    if (arc->bias_msat < 0) { /* full: what it costs may go, that it is full stays */
        lane->offset = fmin(lane->offset, -lane->slope * (double)arc->most_msat);
    }
}

double fgr_flow_tangents(struct fgr_flow *flow)
{
    struct fgr_mix *mix = &flow->mix;
    double sum = 0;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        take_tangent(mix, &mix->lane[i]);
        sum += mix->lane[i].offset;
    }
    return sum;
}

static void keep_proof(struct fgr_flow *flow, double offsets, double unit_price)
{
    struct fgr_proof *proof = &flow->proof;
    double bound_msat = offsets + flow->amount_msat * unit_price;
    if (bound_msat > flow->bound_msat) {
        flow->bound_msat = bound_msat;
        flow->unit_price = unit_price;
    }
    bound_msat -= flow->credit_msat;
    if (bound_msat <= proof->bound_msat || flow->is_case) {
        return;
    }
    proof->bound_msat = bound_msat;
    proof->unit_price = unit_price;
    proof->top_msat = flow->mix.tariff.top_msat;
    proof->reach = flow->mix.tariff.reach;
    proof->n_earlier = flow->n_earlier;
    proof->fee_weight = flow->mix.tariff.fee_weight;
    proof->part_weight = flow->limits.part_weight;
    proof->credit_msat = flow->credit_msat;
    proof->is_sized = flow->is_sized;
    proof->n_lanes = flow->mix.n_lanes;
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        const struct fgr_lane *lane = &flow->mix.lane[i];
        proof->edge[i].v = lane->edge;
        proof->flow_msat[i] = (uint64_t)lane->flow_msat;
        proof->slope[i] = lane->slope;
        proof->offset[i] = lane->offset;
    }
}

/* What came of a way: another path; nothing, as there is none cheaper; no room for it. */
enum step { STEP_TAKEN, STEP_NONE, STEP_FULL };

/* ---- rounds --------------------------------------------------------------------------------- */

/* Whether a part can go that way: hops and blocks. */
static bool keeps_limits(const struct fgr_flow *flow, const struct fgr_price_way *way)
{
    uint64_t cltv = 0;
    for (uint32_t i = 1; i < way->n_edges; i++) {
        cltv += fgr_arc_of(flow->view, flow->overlay, way->edge[i], flow->price.from).cltv_blocks;
    }
    return way->n_edges <= flow->limits.hops && cltv <= flow->limits.cltv;
}

/* Has all paths rated by what passes the whole of them. */
static void become_sized(struct fgr_flow *flow)
{
    flow->is_sized = true;
    for (uint32_t i = 1; i < flow->mix.n_paths; i++) {
        fgr_rate_spread(flow, &flow->mix.path[i]);
    }
    flow->cost_msat = fgr_mix_cost(&flow->mix);
}

void fgr_flow_find(struct fgr_flow *flow, struct fgr_price_way *out_way, double cutoff)
{
    const struct fgr_mix *mix = &flow->mix;
    struct fgr_lanes lanes = {mix->lane, mix->n_lanes};
    flow->limits.is_loose = !flow->keeps_limits;
    if (flow->is_sized) {
        fgr_price_find_within(&flow->price, out_way, &mix->tariff, &lanes, &flow->limits, cutoff);
    } else {
        fgr_price_find(&flow->price, out_way, &mix->tariff, &lanes, cutoff);
    }
    if (flow->keeps_limits ||
        (out_way->n_edges > 0 ? keeps_limits(flow, out_way) : out_way->price >= cutoff)) {
        return;
    }
    flow->keeps_limits = true;
    flow->limits.is_loose = false;
    become_sized(flow);
    fgr_price_find_within(&flow->price, out_way, &mix->tariff, &lanes, &flow->limits, cutoff);
}

bool fgr_flow_find_sizes(struct fgr_flow *flow, const struct fgr_price_sizes *sizes)
{
    struct fgr_lanes lanes = {flow->mix.lane, flow->mix.n_lanes};
    flow->limits.is_loose = !flow->keeps_limits;
    return fgr_price_find_sizes(&flow->price, &flow->mix.tariff, &lanes, &flow->limits, sizes);
}

/* One pricing of all paths. Returns whether there is one cheaper than those in use. */
static bool price_paths(struct fgr_flow *flow, struct fgr_price_way *out_way)
{
    struct fgr_mix *mix = &flow->mix;
    bool is_missing = mix->path[0].amount_msat > 0;
    flow->cost_msat = fgr_mix_cost(mix);
    double offsets = fgr_flow_tangents(flow);
    double cutoff =
        is_missing ? mix->path[0].price : (flow->cost_msat - offsets) / flow->amount_msat;
    cutoff = cutoff < FGR_PRICE_MAX ? cutoff : FGR_PRICE_MAX;
    fgr_flow_find(flow, out_way, cutoff);
    keep_proof(flow, offsets, out_way->price);
    flow->n_rounds++;
    return out_way->n_edges > 0;
}

/* What is missing becomes dearer. False if it is as dear as can be. */
static bool press(struct fgr_flow *flow)
{
    struct fgr_mix_path *missing = &flow->mix.path[0];
    double most = MISSING_MOST * (1.0 + flow->mix.tariff.fail_msat);
    if (missing->price >= most) {
        return false;
    }
    /* The first path may have been free: over channels of the sender and nothing else, say. */
    missing->price = fmax(missing->price, 1.0 / flow->amount_msat) * MISSING_RISE;
    return true;
}

/* Adds the way as a path. `*tolerance` becomes finer if it is one of those in use: only a coarse
 * balance prices such a path below the others. */
static enum step take_way(struct fgr_flow *flow, const struct fgr_price_way *way, double *tolerance)
{
    struct fgr_mix *mix = &flow->mix;
    uint32_t n_before = mix->n_paths;
    if (n_before == 1) {
        mix->path[0].price = way->price * MISSING_FACTOR;
    }
    uint32_t path = fgr_flow_add(flow, way->edge, way->n_edges);
    if (path == FGR_IDX_NONE) {
        return STEP_FULL;
    }
    if (path < n_before && *tolerance <= BALANCE_FINEST) {
        return STEP_NONE;
    }
    *tolerance = path < n_before ? fmax(*tolerance * BALANCE_SHARE, BALANCE_FINEST) : *tolerance;
    return STEP_TAKEN;
}

enum fgr_flow_end fgr_flow_solve(struct fgr_flow *flow, double gap)
{
    struct fgr_mix *mix = &flow->mix;
    struct fgr_mix_path *missing = &mix->path[0];
    double tolerance = fmax(gap * BALANCE_SHARE, BALANCE_FINEST);
    while (flow->n_rounds < flow->max_rounds && flow->price.n_relaxed < flow->max_relaxed) {
        if (mix->n_paths > 1) {
            fgr_mix_balance(mix, tolerance);
            if (missing->amount_msat < MISSING_MSAT) {
                missing->amount_msat = 0;
            }
        }
        struct fgr_price_way way;
        bool is_cheaper = price_paths(flow, &way);
        bool is_whole = missing->amount_msat <= 0;
        if (is_whole && (flow->cost_msat <= flow->bound_msat * (1.0 + gap) ||
                         flow->bound_msat - flow->credit_msat >= flow->enough_msat)) {
            return FGR_FLOW_PROVEN;
        }
        enum step step = is_cheaper ? take_way(flow, &way, &tolerance) : STEP_NONE;
        if (step == STEP_FULL) {
            return FGR_FLOW_STOPPED;
        }
        if (step == STEP_NONE && is_whole) {
            return FGR_FLOW_PROVEN;
        }
        if (step == STEP_NONE && !press(flow)) {
            return FGR_FLOW_MISSING;
        }
    }
    return FGR_FLOW_STOPPED;
}

/* Takes the lines of the proof again. Returns the sum of their offsets. */
static double restore_tangents(struct fgr_flow *flow)
{
    double sum = 0;
    for (uint32_t i = 0; i < flow->mix.n_lanes; i++) {
        struct fgr_lane *lane = &flow->mix.lane[i];
        bool is_proven = i < flow->proof.n_lanes;
        lane->slope =
            is_proven ? flow->proof.slope[i] : fgr_tariff_flat(&flow->mix.tariff, &lane->arc);
        lane->offset = is_proven ? flow->proof.offset[i] : 0;
        sum += lane->offset;
    }
    return sum;
}

/* With the lines of the proof, a part of amount a costs at least V(a), the least over all ways of
 * fixed charges + a * price: concave, so above its chord between the least and the whole amount.
 * Summed up over k parts the chord gives V(whole) and, for each part after the first, by how much the
 * chord starts above 0. */
double fgr_flow_several(struct fgr_flow *flow, double min_part_msat, double enough_msat)
{
    struct fgr_mix *mix = &flow->mix;
    struct fgr_tariff tariff = mix->tariff;
    struct fgr_price_way way;
    bool is_sized = flow->is_sized;
    double whole_msat = flow->amount_msat;
    double offsets = restore_tangents(flow);
    double part_weight = flow->limits.part_weight;
    flow->limits.part_weight = flow->proof.part_weight;
    mix->tariff.fee_weight = flow->proof.fee_weight;
    mix->tariff.is_whole = true;
    mix->tariff.top_msat = 1e18; /* so that a part is as large as is asked for below */
    flow->is_sized = true;
    fgr_flow_restart(flow);
    fgr_flow_find(flow, &way, flow->proof.unit_price);
    double price = way.price;
    double bound_msat = offsets + whole_msat * price - flow->proof.credit_msat;
    double scale = whole_msat * min_part_msat / (whole_msat - min_part_msat);
    flow->limits.whole_msat = min_part_msat;
    fgr_flow_find(flow, &way, price + (enough_msat - bound_msat) / scale);
    flow->limits.whole_msat = whole_msat;
    flow->limits.part_weight = part_weight;
    flow->is_sized = is_sized || flow->keeps_limits;
    mix->tariff = tariff;
    fgr_flow_restart(flow);
    flow->n_rounds += 2;
    bound_msat += scale * (way.price - price);
    return bound_msat < enough_msat ? bound_msat : enough_msat;
}

/* Whether no part can go over a path. */
static bool is_useless(const struct fgr_flow *flow, const struct fgr_mix_path *path)
{
    return path->least_msat > path->most_msat || (double)path->least_msat > flow->amount_msat;
}

/* The lane of a path that limits its parts most: from above, or from below if it lets none pass. */
static uint16_t narrowest(const struct fgr_flow *flow, const struct fgr_mix_path *path)
{
    const struct fgr_mix *mix = &flow->mix;
    bool is_below = is_useless(flow, path);
    uint16_t found = path->lane[0];
    for (uint32_t i = 1; i < path->n_hops; i++) {
        const struct fgr_arc *arc = &mix->lane[path->lane[i]].arc;
        const struct fgr_arc *other = &mix->lane[found].arc;
        if (is_below ? arc->htlc_min_msat > other->htlc_min_msat
                     : arc->htlc_max_msat < other->htlc_max_msat) {
            found = path->lane[i];
        }
    }
    return found;
}

bool fgr_flow_detour(struct fgr_flow *flow)
{
    struct fgr_mix *mix = &flow->mix;
    struct fgr_price_way way;
    double block = FGR_PRICE_MAX / 1e6;
    bool is_blocked = false;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].slope = fgr_mix_slope(mix, &mix->lane[i], mix->lane[i].flow_msat);
    }
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_mix_path *path = &mix->path[i];
        bool is_full = path->is_open && path->amount_msat >= path->high_msat;
        if (is_full || is_useless(flow, path)) {
            mix->lane[narrowest(flow, path)].slope = block;
            is_blocked = true;
        }
    }
    for (uint32_t i = 0; i < mix->n_lanes && mix->has_slots; i++) {
        if (mix->lane[i].n_parts >= mix->lane[i].arc.slots) {
            mix->lane[i].slope = block;
            is_blocked = true;
        }
    }
    if (!is_blocked) {
        return false;
    }
    fgr_flow_find(flow, &way, block);
    flow->n_rounds++;
    uint32_t n_before = mix->n_paths;
    return way.n_edges > 0 && fgr_flow_add(flow, way.edge, way.n_edges) == n_before;
}
