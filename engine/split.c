/* SPDX-License-Identifier: MIT */
/*
 * fgr_split: from a query to a set of parts with its bound.
 *
 * The best single route is asked for first: it is the answer whenever splitting does not pay, the
 * first path of the flow if it does, and no set of parts may be dearer. Then the flow (flow.c) gives a
 * bound for all sets and a proposal, parts.c makes parts of the proposal, and the cheaper of the two is
 * the answer.
 */
#include "fulgurite/split.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "engine/query.h"
#include "engine/split_scratch.h"
#include "graph/util/error.h"

#define ROUNDS_DEFAULT 400

/* Of the gap that is asked for, the flow gets this share; the rest is for the parts. */
#define FLOW_SHARE 0.5

/* Where no route says what parts may cost, they may add this share to the amount at first. */
#define TOP_SHARE 0.0625
#define TOP_ATTEMPTS 4

/* Half-channels that may be looked at to improve on the first answer and bound. */
#define EFFORT_RELAXED 400000

/* How many further paths to try where those of the flow do not make whole parts. */
#define DETOURS_MAX 8

/* Weights: the first ones tried, how close to the limit is close enough, how often. */
#define FIRST_FEE_WEIGHT 1.0
#define FIRST_PART_WEIGHT 0.1
#define WEIGHT_CLOSE 0.999
#define WEIGHT_ATTEMPTS 6

/* A proof is made again only if a part's reach shrinks to this share. */
#define REACH_SHARE 0.8

void fgr_split_query_init(struct fgr_split_query *query, fgr_node_idx from, fgr_node_idx to,
                          fgr_msat amount)
{
    uint64_t half_msat = amount.v > 1 ? amount.v / 2 : 1;
    *query = (struct fgr_split_query){
        .sz = sizeof *query,
        .from = from,
        .to = to,
        .amount = amount,
        .max_fee = {FGR_MSAT_NONE},
        .max_cltv = FGR_CLTV_DEFAULT,
        .max_hops = FGR_HOPS_DEFAULT,
        .final_cltv = FGR_FINAL_CLTV_DEFAULT,
        .max_parts = FGR_PARTS_DEFAULT,
        .min_part = {half_msat < FGR_PART_MIN_DEFAULT_MSAT ? half_msat : FGR_PART_MIN_DEFAULT_MSAT},
        .max_gap_ppm = FGR_SPLIT_GAP_DEFAULT_PPM,
        .cost = {.fail_base_msat = 100000,
                 .fail_amount_ppm = 1000,
                 .risk_ppb = 15,
                 .model = FGR_PROB_UNIFORM},
    };
}

/* ---- query ---------------------------------------------------------------------------------- */

/* The query as if it were for one part: what both have in common is checked by that. */
static void route_query(struct fgr_route_query *out, const struct fgr_split_query *query)
{
    fgr_route_query_init(out, query->from, query->to, query->amount);
    out->max_fee = query->max_fee;
    out->max_cltv = query->max_cltv;
    out->max_hops = query->max_hops;
    out->final_cltv = query->final_cltv;
    out->final_bytes = query->final_bytes;
    out->cost = query->cost;
}

enum fgr_err fgr_split_query_check(const struct fgr_view *view, const struct fgr_split_query *query,
                                   struct fgr_error *err)
{
    if (query->sz != sizeof *query) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "query.sz is %zu, this library knows %zu: use fgr_split_query_init",
                        query->sz, sizeof *query);
    }
    if (query->max_parts < 1 || query->max_parts > FGR_PARTS_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "max_parts %" PRIu32 ": must be 1 to %d",
                        query->max_parts, FGR_PARTS_MAX);
    }
    if (query->min_part.v < 1 || query->min_part.v > query->amount.v) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "min_part %" PRIu64 " msat: must be 1 msat to the amount, %" PRIu64 " msat",
                        query->min_part.v, query->amount.v);
    }
    if (query->part_cost.v > FGR_PART_COST_MAX_MSAT) {
        return fgr_fail(err, FGR_ERR_ARG, "part_cost %" PRIu64 " msat: at most %" PRIu64 " fit",
                        query->part_cost.v, FGR_PART_COST_MAX_MSAT);
    }
    struct fgr_route_query route;
    route_query(&route, query);
    return fgr_query_check(view, &route, err);
}

void fgr_split_task(struct fgr_parts_task *out_task, const struct fgr_split_query *query)
{
    *out_task = (struct fgr_parts_task){
        .limits = {.fee_msat = query->max_fee.v,
                   .cltv = query->max_cltv - query->final_cltv,
                   .hops = query->max_hops,
                   .bytes = FGR_ONION_BYTES},
        .amount_msat = query->amount.v,
        .min_part_msat = query->min_part.v,
        .part_cost_msat = query->part_cost.v,
        .max_parts = query->max_parts,
        .final_bytes = query->final_bytes,
    };
    fgr_cost_init(&out_task->cost, &query->cost, query->amount.v);
}

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

static struct fgr_tariff tariff_of(const struct fgr_parts_task *task, uint64_t extra_msat)
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

/* ---- the two ends --------------------------------------------------------------------------- */

/* What the half-channels of one end can carry together. */
static uint64_t room_of(const struct fgr_view *view, const struct fgr_adjacency *adjacency,
                        uint32_t node)
{
    uint64_t sum_msat = 0;
    for (uint32_t i = adjacency->first[node]; i < adjacency->first[node + 1]; i++) {
        sum_msat += fgr_view_chan_of(view, adjacency->edge[i])->capacity_sat * 1000;
        sum_msat = sum_msat < FGR_MSAT_MAX ? sum_msat : FGR_MSAT_MAX;
    }
    return sum_msat;
}

static bool ends_have_room(const struct fgr_view *view, const struct fgr_split_query *query)
{
    return room_of(view, &view->out, query->from.v) >= query->amount.v &&
           room_of(view, &view->in, query->to.v) >= query->amount.v;
}

/* ---- solving -------------------------------------------------------------------------------- */

/* A price put on what is limited for all parts together, and what is known of the right one. */
struct weight {
    double weight;
    double low;  /* too much is used at this one, */
    double high; /* less than could be at this one; 0 = none known */
};

/* What is known while a query is being solved. */
struct solving {
    struct fgr_split_scratch *s;
    const struct fgr_view *view;
    const struct fgr_split_query *query;
    struct fgr_parts_task task;
    struct fgr_search_result single;
    uint64_t cost_msat; /* of the best answer */
    bool is_single;     /* it is the single route */
    struct fgr_tariff tariff;
    struct weight fee;
    struct weight parts;
    double flow_fee_msat;
    double flow_parts;
};

static void solve_single(struct solving *solving)
{
    struct fgr_route_query route;
    struct fgr_search_task task;
    route_query(&route, solving->query);
    fgr_query_task(&task, solving->view, &route);
    fgr_search(solving->s->route, &solving->single, &task);
    uint64_t part_cost = solving->task.part_cost_msat;
    if (solving->single.cost < FGR_COST_INF) {
        solving->single.cost += part_cost;
        solving->is_single = true;
    }
    if (solving->single.bound < FGR_COST_INF) {
        solving->single.bound += part_cost;
    }
    solving->cost_msat = solving->single.cost;
}

/* Puts the single route, if there is one, into the empty flow, and the amount on it. */
static void seed_flow(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    struct fgr_mix_path *missing = &flow->mix.path[0];
    missing->amount_msat = flow->amount_msat;
    if (solving->single.cost < FGR_COST_INF) {
        uint32_t path = fgr_flow_add(flow, solving->single.edge, solving->single.n_edges);
        missing->amount_msat = 0;
        fgr_mix_shift(&flow->mix, path, flow->amount_msat);
    }
}

static bool is_good_enough(const struct solving *solving)
{
    double gap = 1.0 + (double)solving->query->max_gap_ppm * 1e-6;
    return solving->cost_msat < FGR_COST_INF &&
           (double)solving->cost_msat <= solving->s->flow.proof.bound_msat * gap;
}

/* Good enough, or as much work done as answers are improved for. */
static bool is_done(const struct solving *solving)
{
    const struct fgr_flow *flow = &solving->s->flow;
    return is_good_enough(solving) || flow->price.n_relaxed >= flow->max_relaxed;
}

/* Makes parts of the flow and takes them if they are the best so far. */
static void choose(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    struct fgr_parts *parts = &solving->s->tried;
    fgr_flow_set_apart(flow);
    fgr_parts_choose(&flow->mix, parts, &solving->task);
    if (parts->cost_msat < solving->cost_msat) {
        solving->cost_msat = parts->cost_msat;
        solving->is_single = false;
        solving->s->parts = *parts;
    }
}

/* Further paths where those of the flow do not make good parts: around what limits them. */
static void detour(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    for (int i = 0; i < DETOURS_MAX && !is_good_enough(solving) && fgr_flow_detour(flow); i++) {
        choose(solving);
    }
}

/* Solves the flow and makes parts of it. False if nothing more can come of it. */
static bool solve_flow(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    double gap = (double)solving->query->max_gap_ppm * 1e-6 * FLOW_SHARE;
    enum fgr_flow_end end = fgr_flow_solve(flow, gap);
    if (end == FGR_FLOW_MISSING || flow->mix.path[0].amount_msat > 0) {
        return false;
    }
    solving->flow_fee_msat = fgr_flow_fee(flow);
    solving->flow_parts = fgr_flow_parts(flow);
    choose(solving);
    return true;
}

/* Proves more where one part is the answer or nearly so: any other set has two parts or more. */
static void prove_single(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    if (is_good_enough(solving) || solving->parts.weight > 0 || solving->fee.weight > 0 ||
        solving->single.bound >= FGR_COST_INF) {
        return;
    }
    double single_msat = (double)solving->single.bound;
    double enough_msat = (double)solving->cost_msat;
    enough_msat = single_msat < enough_msat ? single_msat : enough_msat;
    if (enough_msat <= flow->proof.bound_msat) {
        return;
    }
    double bound_msat = fgr_flow_several(flow, (double)solving->task.min_part_msat, enough_msat);
    if (bound_msat > flow->proof.bound_msat) {
        flow->proof.bound_msat = bound_msat;
    }
}

/* Solves with the prices of `solving->tariff` and its weights. */
static bool solve_again(struct solving *solving)
{
    const struct fgr_parts_task *task = &solving->task;
    double credit_msat = solving->parts.weight * task->max_parts;
    solving->tariff.fee_weight = 1.0 + solving->fee.weight;
    if (task->limits.fee_msat != FGR_MSAT_NONE) {
        credit_msat += solving->fee.weight * (double)task->limits.fee_msat;
    }
    fgr_flow_retariff(&solving->s->flow, &solving->tariff, solving->parts.weight, credit_msat);
    return solve_flow(solving);
}

/* Fixed charges were spread over less than a part may carry if the answer costs more than was
 * allowed for: again, with prices that hold. */
static void widen_top(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    for (int i = 0; i < TOP_ATTEMPTS && solving->cost_msat < FGR_COST_INF; i++) {
        double top_msat = (double)solving->task.amount_msat + (double)solving->cost_msat;
        if (top_msat <= solving->tariff.top_msat) {
            return;
        }
        solving->tariff.top_msat = top_msat;
        solving->tariff.part_msat = top_msat;
        fgr_flow_forget_proofs(flow);
        solving->tariff.reach = 0;
        fgr_price_start(&flow->price, solving->view, solving->query->from.v, solving->query->to.v);
        solve_again(solving);
    }
}

/* Moves a weight up if too much was used, down if too little. False if it is settled. */
static bool adjust(struct weight *weight, double used, double limit, double first)
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
static void weigh(struct solving *solving)
{
    const struct fgr_parts_task *task = &solving->task;
    double per_part = solving->s->flow.proof.bound_msat / task->max_parts;
    for (int i = 0; i < WEIGHT_ATTEMPTS && !is_done(solving); i++) {
        bool is_moved = adjust(&solving->parts, solving->flow_parts, task->max_parts,
                               per_part * FIRST_PART_WEIGHT);
        if (task->limits.fee_msat != FGR_MSAT_NONE) {
            is_moved |= adjust(&solving->fee, solving->flow_fee_msat, (double)task->limits.fee_msat,
                               FIRST_FEE_WEIGHT);
        }
        if (!is_moved || !solve_again(solving)) {
            return;
        }
    }
}

/* At most this is rounded away in any set of parts: a msat of each fee, which its own price follows,
 * of each risk, and of each failure, with what the logarithm may fall short of. */
static uint64_t rounding_of(const struct solving *solving)
{
    const struct fgr_parts_task *task = &solving->task;
    uint64_t parts = task->amount_msat / task->min_part_msat;
    parts = parts < task->max_parts ? parts : task->max_parts;
    if (parts < 2) {
        return 0;
    }
    double price = solving->s->flow.proof.unit_price;
    double logarithm = (double)task->cost.fail_msat / 1073741824.0;
    double rounding_msat =
        ceil((3.0 + price + logarithm) * (double)parts * (double)task->limits.hops);
    return rounding_msat < 1e18 ? (uint64_t)rounding_msat : UINT64_C(1000000000000000000);
}

/* Proves again, counting on what is proven: fixed charges and parts are spread over what a part of a
 * better set can be, which is the less the closer bound and cost are. */
static void tighten(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    for (int i = 0; i < FGR_EARLIER_MAX && !is_done(solving); i++) {
        double open_msat =
            (double)solving->cost_msat + (double)rounding_of(solving) - flow->proof.bound_msat;
        double reach = fgr_flow_hold(flow, open_msat);
        if (reach <= 0 || reach >= 1.0 ||
            (solving->tariff.reach > 0 && reach > solving->tariff.reach * REACH_SHARE)) {
            return;
        }
        solving->tariff.reach = reach;
        flow->is_sized = true;
        if (!solve_again(solving)) {
            return;
        }
        weigh(solving);
    }
}

static void solve(struct solving *solving)
{
    struct fgr_flow *flow = &solving->s->flow;
    const struct fgr_parts_task *task = &solving->task;
    uint64_t extra_msat = solving->cost_msat < FGR_COST_INF
                              ? solving->cost_msat
                              : (uint64_t)((double)task->amount_msat * TOP_SHARE);
    flow->max_rounds = solving->query->max_rounds > 0 ? solving->query->max_rounds : ROUNDS_DEFAULT;
    flow->amount_msat = (double)task->amount_msat;
    flow->limits = (struct fgr_price_limits){
        .hops = task->limits.hops, .cltv = task->limits.cltv, .whole_msat = flow->amount_msat};
    solving->tariff = tariff_of(task, extra_msat);
    fgr_flow_start(flow, solving->view, &solving->tariff, solving->query->from.v,
                   solving->query->to.v);
    seed_flow(solving);
    flow->max_relaxed = UINT64_MAX;
    if (!solve_flow(solving)) {
        return;
    }
    flow->max_relaxed = flow->price.n_relaxed + EFFORT_RELAXED;
    detour(solving);
    weigh(solving);
    widen_top(solving);
    prove_single(solving);
    if (solving->cost_msat < FGR_COST_INF) {
        tighten(solving);
    }
}

/* ---- answer --------------------------------------------------------------------------------- */

/* One hop of a part; `before_msat` is what the parts before it put on the half-channel. */
static void fill_hop(struct fgr_hop *out, const struct solving *solving,
                     const struct fgr_lane *lane, uint64_t amount_msat)
{
    const struct fgr_arc *arc = &lane->arc;
    const struct fgr_cost *cost = &solving->task.cost;
    uint64_t before_msat = lane->sum_msat;
    uint64_t sum_msat = before_msat + amount_msat;
    uint64_t before_fail = before_msat > 0 ? fgr_arc_fail(arc, cost, before_msat) : 0;
    double before = fgr_prob_of(cost->model, before_msat, arc->most_msat);
    *out = (struct fgr_hop){
        .edge = {lane->edge},
        .from = {arc->from},
        .to = {arc->to},
        .amount = {amount_msat},
        .fee = {fgr_arc_fee(arc, amount_msat)},
        .risk = {fgr_arc_risk(arc, cost->risk_ppb, amount_msat)},
        .fail = {fgr_arc_fail(arc, cost, sum_msat) - before_fail},
        .probability = fgr_prob_of(cost->model, sum_msat, arc->most_msat) / before,
        .cltv_delta = arc->cltv_blocks,
    };
}

static void fill_part(struct fgr_part *out, const struct solving *solving,
                      const struct fgr_parts_one *part)
{
    struct fgr_mix *mix = &solving->s->flow.mix;
    const struct fgr_mix_path *path = &mix->path[part->path];
    uint64_t amount_msat = part->amount_msat;
    out->amount.v = amount_msat;
    out->n_hops = path->n_hops;
    out->probability = 1.0;
    out->cltv_total = solving->query->final_cltv;
    out->onion_bytes = fgr_parts_final_bytes(&solving->task, amount_msat);
    for (uint32_t i = path->n_hops; i-- > 0;) {
        struct fgr_lane *lane = &mix->lane[path->lane[i]];
        struct fgr_hop *hop = &out->hops[i];
        fill_hop(hop, solving, lane, amount_msat);
        lane->sum_msat += amount_msat;
        out->probability *= hop->probability;
        out->cltv_total += hop->cltv_delta;
        out->onion_bytes += i == 0 ? 0 : fgr_onion_hop_bytes(amount_msat);
        amount_msat += hop->fee.v;
    }
    out->fee.v = amount_msat - part->amount_msat;
}

/* Larger parts first; among equals, the path that was found first. */
static void sort_parts(struct fgr_parts *parts)
{
    for (uint32_t i = 1; i < parts->n_parts; i++) {
        struct fgr_parts_one part = parts->part[i];
        uint32_t at = i;
        while (at > 0 && parts->part[at - 1].amount_msat < part.amount_msat) {
            parts->part[at] = parts->part[at - 1];
            at--;
        }
        parts->part[at] = part;
    }
}

static void fill_parts(struct fgr_split *out, struct solving *solving)
{
    struct fgr_split_scratch *s = solving->s;
    if (solving->is_single) {
        /* The flow may have had no room for it, or been left out. */
        if (s->flow.mix.n_paths < 2) {
            fgr_flow_add(&s->flow, solving->single.edge, solving->single.n_edges);
        }
        s->parts = (struct fgr_parts){.n_parts = 1};
        s->parts.part[0] =
            (struct fgr_parts_one){.amount_msat = solving->task.amount_msat, .path = 1};
    }
    sort_parts(&s->parts);
    for (uint32_t i = 0; i < s->flow.mix.n_lanes; i++) {
        s->flow.mix.lane[i].sum_msat = 0;
    }
    out->probability = 1.0;
    for (uint32_t i = 0; i < s->parts.n_parts; i++) {
        fill_part(&s->answer[i], solving, &s->parts.part[i]);
        out->fee.v += s->answer[i].fee.v;
        out->probability *= s->answer[i].probability;
    }
    out->n_parts = s->parts.n_parts;
    out->parts = s->answer;
}

/* ceil((cost / bound - 1) * 1e6). */
static uint64_t gap_ppm(uint64_t cost, uint64_t bound)
{
    if (cost <= bound || bound == 0) {
        return cost <= bound ? 0 : UINT64_MAX;
    }
    fgr_u128 gap = ((fgr_u128)(cost - bound) * 1000000 + bound - 1) / bound;
    return gap > UINT64_MAX ? UINT64_MAX : (uint64_t)gap;
}

static void fill_bound(struct fgr_split *out, const struct solving *solving)
{
    const struct fgr_flow *flow = &solving->s->flow;
    uint64_t cost_msat = solving->cost_msat;
    uint64_t bound_msat = solving->single.bound;
    if (flow->n_rounds > 0) {
        double proven_msat = flow->proof.bound_msat;
        bound_msat = proven_msat < (double)cost_msat ? (uint64_t)proven_msat : cost_msat;
    }
    out->cost.v = cost_msat;
    out->bound.v = bound_msat < cost_msat ? bound_msat : cost_msat;
    out->rounding.v = rounding_of(solving);
    out->gap_ppm = gap_ppm(cost_msat, out->bound.v);
    out->certificate = (struct fgr_certificate){
        .edge = flow->proof.edge,
        .flow_msat = flow->proof.flow_msat,
        .slope = flow->proof.slope,
        .offset_msat = flow->proof.offset,
        .n_edges = flow->proof.n_lanes,
        .top_msat = (uint64_t)flow->proof.top_msat,
        .flat = flow->mix.tariff.flat,
        .fee_weight = flow->proof.fee_weight,
        .part_weight = flow->proof.part_weight,
        .unit_price = flow->proof.unit_price,
        .max_hops = flow->proof.keeps_limits ? flow->limits.hops : FGR_IDX_NONE,
        .max_cltv = flow->proof.keeps_limits ? flow->limits.cltv : FGR_IDX_NONE,
    };
}

static void fill_stats(struct fgr_split *out, const struct solving *solving)
{
    const struct fgr_flow *flow = &solving->s->flow;
    out->stats.rounds = flow->n_rounds;
    out->stats.paths = flow->mix.n_paths - 1;
    out->stats.settled = solving->single.stats.settled + flow->price.n_settled;
    out->stats.relaxed = solving->single.stats.relaxed + flow->price.n_relaxed;
    out->stats.steps = flow->mix.n_steps;
}

/* Whether two parts could keep min_part. */
static bool can_split(const struct fgr_parts_task *task)
{
    return task->max_parts > 1 && task->min_part_msat <= task->amount_msat / 2;
}

static enum fgr_err answer(struct solving *solving, struct fgr_split *out, struct fgr_error *err)
{
    struct fgr_flow *flow = &solving->s->flow;
    out->amount = solving->query->amount;
    fill_stats(out, solving);
    if (solving->cost_msat < FGR_COST_INF) {
        fill_bound(out, solving);
        fill_parts(out, solving);
        return FGR_OK;
    }
    bool is_proven = can_split(&solving->task) ? flow->n_rounds > 0 && flow->mix.n_paths == 1
                                               : solving->single.bound >= FGR_COST_INF;
    return is_proven
               ? fgr_fail(err, FGR_ERR_NO_ROUTE, "there is no route under these limits")
               : fgr_fail(err, FGR_ERR_WORK,
                          "no set of parts found under these limits; allow more parts, smaller "
                          "ones, or looser limits");
}

enum fgr_err fgr_split(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
                       const struct fgr_view *view, const struct fgr_split_query *query,
                       struct fgr_error *err)
{
    memset(out_split, 0, sizeof *out_split);
    enum fgr_err rc = fgr_split_query_check(view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (!fgr_split_scratch_fits(scratch, view)) {
        return fgr_fail(err, FGR_ERR_ARG, "the scratch was made for a smaller view: make it anew");
    }
    if (query->from.v == query->to.v || !ends_have_room(view, query)) {
        return fgr_fail(err, FGR_ERR_NO_ROUTE,
                        "the half-channels of one end do not carry the amount together");
    }
    struct solving solving = {.s = scratch, .view = view, .query = query};
    fgr_split_task(&solving.task, query);
    solve_single(&solving);
    if (can_split(&solving.task)) {
        solve(&solving);
    } else {
        struct fgr_tariff tariff = tariff_of(&solving.task, 0);
        fgr_flow_start(&scratch->flow, view, &tariff, query->from.v, query->to.v);
    }
    rc = answer(&solving, out_split, err);
    fgr_flow_end(&scratch->flow);
    return rc;
}
