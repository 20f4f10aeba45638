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

#include "engine/denominate.h"
#include "engine/query.h"
#include "engine/solve.h"
#include "graph/util/error.h"
#include "graph/walk.h"

void fgr_split_query_init(struct fgr_split_query *query, fgr_node_idx from, fgr_node_idx to,
                          fgr_msat amount)
{
    uint64_t half_msat = amount.v > 1 ? amount.v / 2 : 1;
    struct fgr_route_query one;
    fgr_route_query_init(&one, from, to, amount);
    *query = (struct fgr_split_query){
        .sz = sizeof *query,
        .from = from,
        .to = to,
        .amount = amount,
        .max_fee = one.max_fee,
        .max_cltv = one.max_cltv,
        .max_hops = one.max_hops,
        .final_cltv = one.final_cltv,
        .max_parts = FGR_PARTS_DEFAULT,
        .min_part = {half_msat < FGR_PART_MIN_DEFAULT_MSAT ? half_msat : FGR_PART_MIN_DEFAULT_MSAT},
        .max_gap_ppm = FGR_SPLIT_GAP_DEFAULT_PPM,
        .cost = one.cost,
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
    out->overlay = query->overlay;
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

/* ---- the two ends --------------------------------------------------------------------------- */

/* The largest parts that the half-channels of one end let pass, smallest last. */
struct largest {
    uint32_t n;
    uint32_t n_max;
    uint64_t part_msat[FGR_PARTS_MAX];
};

/* Notes a part. False if there are enough that are no smaller. */
static bool note_part(struct largest *l, uint64_t part_msat)
{
    if (part_msat == 0 || (l->n == l->n_max && l->part_msat[l->n - 1] >= part_msat)) {
        return false;
    }
    uint32_t at = l->n < l->n_max ? l->n++ : l->n - 1;
    for (; at > 0 && l->part_msat[at - 1] < part_msat; at--) {
        l->part_msat[at] = l->part_msat[at - 1];
    }
    l->part_msat[at] = part_msat;
    return true;
}

/* Whether max_parts parts over the half-channels of one end can carry the amount: each up to its
 * htlc_max, and no more than the half-channel holds together. */
static bool has_room(const struct fgr_view *view, const struct fgr_split_query *query,
                     bool is_incoming, uint32_t node)
{
    struct fgr_walk walk = fgr_walk_of(view, query->overlay, is_incoming, node);
    struct largest largest = {.n_max = query->max_parts};
    uint64_t sum_msat = 0;
    uint32_t edge;
    uint32_t other;
    while (fgr_walk_next(&walk, &edge, &other)) {
        struct fgr_overlay_edge at = fgr_overlay_edge_at(view, query->overlay, edge);
        uint64_t left_msat = fgr_overlay_edge_room(&at);
        uint64_t part_msat = at.half.htlc_max_msat;
        do {
            part_msat = part_msat < left_msat ? part_msat : left_msat;
            left_msat -= part_msat;
        } while (note_part(&largest, part_msat));
    }
    for (uint32_t i = 0; i < largest.n && sum_msat < query->amount.v; i++) {
        sum_msat += largest.part_msat[i];
    }
    return sum_msat >= query->amount.v;
}

static bool ends_have_room(const struct fgr_view *view, const struct fgr_split_query *query)
{
    return has_room(view, query, false, query->from.v) && has_room(view, query, true, query->to.v);
}

static void solve_single(struct fgr_solve *solve, const struct fgr_split_query *query)
{
    struct fgr_route_query route;
    struct fgr_search_task task;
    route_query(&route, query);
    fgr_query_task(&task, solve->view, &route);
    fgr_search(solve->s->route, &solve->single, &task);
    uint64_t part_cost = solve->task.part_cost_msat;
    if (solve->single.cost < FGR_COST_INF) {
        solve->single.cost += part_cost;
        solve->is_single = true;
    }
    if (solve->single.bound < FGR_COST_INF) {
        solve->single.bound += part_cost;
    }
    solve->cost_msat = solve->single.cost;
}

/* ---- answer --------------------------------------------------------------------------------- */

/* One hop of a part; `before_msat` is what the parts before it put on the half-channel. */
static void fill_hop(struct fgr_hop *out, const struct fgr_solve *solve,
                     const struct fgr_lane *lane, uint64_t amount_msat)
{
    const struct fgr_arc *arc = &lane->arc;
    const struct fgr_cost *cost = &solve->task.cost;
    uint64_t before_msat = lane->sum_msat;
    uint64_t sum_msat = before_msat + amount_msat;
    uint64_t before = fgr_arc_fail(arc, cost, before_msat);
    *out = (struct fgr_hop){
        .edge = {fgr_overlay_name_of(solve->s->flow.overlay, lane->edge)},
        .from = {arc->from},
        .to = {arc->to},
        .amount = {amount_msat},
        .fee = {fgr_arc_fee(arc, amount_msat)},
        .risk = {fgr_arc_risk(arc, cost->risk_ppb, amount_msat)},
        .fail = {fgr_arc_fail(arc, cost, sum_msat) - before},
        .probability = fgr_arc_probability(arc, cost->model, sum_msat) /
                       fgr_arc_probability(arc, cost->model, before_msat),
        .cltv_delta = arc->cltv_blocks,
    };
    out->bias_msat = fgr_arc_bias(arc, out->fee.v + out->risk.v + out->fail.v);
}

static void fill_part(struct fgr_part *out, const struct fgr_solve *solve,
                      const struct fgr_parts_one *part)
{
    struct fgr_mix *mix = &solve->s->flow.mix;
    const struct fgr_mix_path *path = &mix->path[part->path];
    uint64_t amount_msat = part->amount_msat;
    out->amount.v = amount_msat;
    out->n_hops = path->n_hops;
    out->probability = 1.0;
    out->cltv_total = solve->final_cltv;
    out->onion_bytes = fgr_parts_final_bytes(&solve->task, amount_msat);
    for (uint32_t i = path->n_hops; i-- > 0;) {
        struct fgr_lane *lane = &mix->lane[path->lane[i]];
        struct fgr_hop *hop = &out->hops[i];
        fill_hop(hop, solve, lane, amount_msat);
        lane->sum_msat += amount_msat;
        out->probability *= hop->probability;
        out->cltv_total += hop->cltv_delta;
        out->onion_bytes += i == 0 ? 0 : fgr_onion_hop_bytes(amount_msat);
        amount_msat += hop->fee.v;
    }
    out->fee.v = amount_msat - part->amount_msat;
}

static void fill_parts(struct fgr_split *out, struct fgr_solve *solve)
{
    struct fgr_split_scratch *s = solve->s;
    if (solve->is_single) {
        /* The flow may have had no room for it, or been left out. */
        if (s->flow.mix.n_paths < 2) {
            fgr_flow_add(&s->flow, solve->single.edge, solve->single.n_edges);
        }
        s->parts = (struct fgr_parts){.n_parts = 1};
        s->parts.part[0] =
            (struct fgr_parts_one){.amount_msat = solve->task.amount_msat, .path = 1};
    }
    for (uint32_t i = 0; i < s->flow.mix.n_lanes; i++) {
        s->flow.mix.lane[i].sum_msat = 0;
    }
    out->probability = 1.0;
    for (uint32_t i = 0; i < s->parts.n_parts; i++) {
        fill_part(&s->answer[i], solve, &s->parts.part[i]);
        out->fee.v += s->answer[i].fee.v;
        out->probability *= s->answer[i].probability;
    }
    out->n_parts = s->parts.n_parts;
    out->parts = s->answer;
}

static void fill_bound(struct fgr_split *out, const struct fgr_solve *solve)
{
    const struct fgr_flow *flow = &solve->s->flow;
    uint64_t cost_msat = solve->cost_msat;
    uint64_t bound_msat = solve->single.bound;
    if (flow->n_rounds > 0) {
        double proven_msat = solve->bound_msat;
        bound_msat = proven_msat < (double)cost_msat ? (uint64_t)proven_msat : cost_msat;
    }
    out->cost.v = cost_msat;
    out->bound.v = bound_msat < cost_msat ? bound_msat : cost_msat;
    out->rounding.v = fgr_solve_rounding(solve);
    out->gap_ppm = fgr_gap_ppm(cost_msat, out->bound.v);
    const struct fgr_proof *proof = flow->n_earlier > 0 ? &flow->earlier[0] : &flow->proof;
    out->certificate = (struct fgr_certificate){
        .edge = proof->edge,
        .flow_msat = proof->flow_msat,
        .slope = proof->slope,
        .offset_msat = proof->offset,
        .n_edges = proof->n_lanes,
        .top_msat = (uint64_t)proof->top_msat,
        .flat = flow->mix.tariff.flat,
        .fee_weight = proof->fee_weight,
        .part_weight = proof->part_weight,
        .unit_price = proof->unit_price,
        .bound_msat = proof->bound_msat,
        .several_msat = solve->several_msat,
        .max_hops = flow->keeps_limits ? flow->limits.hops : FGR_IDX_NONE,
        .max_cltv = flow->keeps_limits ? flow->limits.cltv : FGR_IDX_NONE,
    };
}

static void fill_stats(struct fgr_split *out, const struct fgr_solve *solve)
{
    const struct fgr_flow *flow = &solve->s->flow;
    out->stats.rounds = flow->n_rounds;
    out->stats.paths = flow->mix.n_paths - 1;
    out->stats.settled = solve->single.stats.settled + flow->price.n_settled;
    out->stats.relaxed = solve->single.stats.relaxed + flow->price.n_relaxed;
    out->stats.steps = flow->mix.n_steps;
    out->stats.cases = solve->n_cases;
}

/* Whether two parts could keep min_part. */
static bool can_split(const struct fgr_parts_task *task)
{
    return task->max_parts > 1 && task->min_part_msat <= task->amount_msat / 2;
}

/* Whether the network cannot carry the amount between the two, whatever it costs: so many parts of
 * at most htlc_max over each half-channel, and no more than it holds. */
static bool is_too_much(struct fgr_solve *solve)
{
    struct fgr_split_scratch *s = solve->s;
    const struct fgr_view *view = solve->view;
    const struct fgr_parts_task *task = &solve->task;
    for (uint32_t edge = 0; edge < 2 * view->n_chans; edge++) {
        struct fgr_arc arc = fgr_arc_of(view, NULL, edge, solve->from);
        bool is_open = (fgr_view_half_of(view, edge)->flags & FGR_HALF_USABLE) != 0 &&
                       arc.htlc_max_msat >= task->min_part_msat;
        uint64_t parts_msat = fgr_muldiv_floor(arc.htlc_max_msat, task->max_parts, 1);
        uint64_t room_msat = parts_msat < arc.most_msat ? parts_msat : arc.most_msat;
        s->room_msat[edge] = is_open ? room_msat : 0;
        s->maxflow.flow_msat[edge] = 0;
    }
    s->maxflow.view = view;
    s->maxflow.from = solve->from;
    s->maxflow.to = solve->to;
    s->maxflow.room_msat = s->room_msat;
    return fgr_maxflow_run(&s->maxflow, task->amount_msat) < task->amount_msat;
}

/* The best answer in other amounts, on the paths of the flow. */
static enum fgr_err denominate(struct fgr_solve *solve, const struct fgr_denominations *how,
                               struct fgr_error *err)
{
    struct fgr_split_scratch *s = solve->s;
    if (solve->is_single) {
        uint32_t path = fgr_flow_add(&s->flow, solve->single.edge, solve->single.n_edges);
        s->parts = (struct fgr_parts){.n_parts = path == FGR_IDX_NONE ? 0 : 1};
        s->parts.part[0] =
            (struct fgr_parts_one){.amount_msat = solve->task.amount_msat, .path = path};
    }
    if (!fgr_denominate(&s->flow.mix, &s->tried, &s->parts, &solve->task, how)) {
        return fgr_fail(err, FGR_ERR_WORK,
                        "no set of parts found in these denominations; allow more parts, smaller "
                        "ones, or looser limits");
    }
    s->parts = s->tried;
    solve->cost_msat = s->parts.cost_msat;
    solve->is_single = false;
    return FGR_OK;
}

static enum fgr_err answer(struct fgr_solve *solve, struct fgr_split *out, struct fgr_error *err)
{
    struct fgr_flow *flow = &solve->s->flow;
    out->amount.v = solve->task.amount_msat;
    fill_stats(out, solve);
    if (solve->cost_msat < FGR_COST_INF) {
        fill_bound(out, solve);
        fill_parts(out, solve);
        return FGR_OK;
    }
    bool is_proven = can_split(&solve->task) ? flow->n_rounds > 0 && flow->mix.n_paths == 1
                                             : solve->single.bound >= FGR_COST_INF;
    if (is_proven || (flow->overlay == NULL && is_too_much(solve))) {
        return fgr_fail(err, FGR_ERR_NO_ROUTE, "there is no route under these limits");
    }
    return fgr_fail(err, FGR_ERR_WORK,
                    "no set of parts found under these limits; allow more parts, smaller ones, or "
                    "looser limits");
}

enum fgr_err fgr_split(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
                       const struct fgr_view *view, const struct fgr_split_query *query,
                       struct fgr_error *err)
{
    return fgr_split_denominated(scratch, out_split, view, query, NULL, err);
}

enum fgr_err fgr_split_denominated(struct fgr_split_scratch *scratch, struct fgr_split *out_split,
                                   const struct fgr_view *view, const struct fgr_split_query *query,
                                   const struct fgr_denominations *how, struct fgr_error *err)
{
    memset(out_split, 0, sizeof *out_split);
    enum fgr_err rc = fgr_split_query_check(view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (!fgr_split_scratch_fits(scratch, view, query->overlay)) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "the scratch was made for a smaller view or overlay: make it anew");
    }
    if (query->from.v == query->to.v || !ends_have_room(view, query)) {
        return fgr_fail(err, FGR_ERR_NO_ROUTE,
                        "the half-channels of one end do not carry the amount in so many parts");
    }
    struct fgr_solve solve = {.s = scratch,
                              .view = view,
                              .from = query->from.v,
                              .to = query->to.v,
                              .final_cltv = query->final_cltv,
                              .max_gap_ppm = query->max_gap_ppm,
                              .max_rounds = query->max_rounds};
    fgr_split_task(&solve.task, query);
    rc = how == NULL ? FGR_OK : fgr_denominate_check(&solve.task, how, err);
    if (rc != FGR_OK) {
        return rc;
    }
    scratch->flow.overlay = query->overlay;
    solve_single(&solve, query);
    if (can_split(&solve.task)) {
        fgr_solve(&solve);
    } else {
        struct fgr_tariff tariff = fgr_solve_tariff(&solve.task, 0);
        fgr_flow_start(&scratch->flow, view, &tariff, query->from.v, query->to.v);
    }
    if (how != NULL && solve.cost_msat < FGR_COST_INF) {
        rc = denominate(&solve, how, err);
    }
    rc = rc == FGR_OK ? answer(&solve, out_split, err) : rc;
    fgr_flow_end(&scratch->flow);
    return rc;
}
