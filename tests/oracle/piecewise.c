/* SPDX-License-Identifier: MIT */
/*
 * Method. Forget the fees on fees: every half-channel carries what is delivered through it, which
 * is less than the truth, and no cost term falls when the amount grows. Forget parts, expiry, hops
 * and the fee limit; a base fee is spread over the largest part there can be. What is left is a
 * convex min-cost flow whose optimum no set of parts undercuts (the real fees, risks and failures
 * are rounded down: see fgr_problem_rounding).
 *
 * Each convex cost is replaced by the maximum of some of its tangents: a chain of parallel arcs
 * with rising costs. LEMON's optimum of that bounds from below, and the true cost of its flow from
 * above. Where the flow lies, new tangents are drawn, there and half-way to the neighbours, until
 * the two meet.
 *
 * Integers: flows are msat. Costs per msat are rounded down to 2^-k, k as large as LEMON's 64 bits
 * allow; slopes beyond any price that can matter are cut off. Both only lower the lower bound.
 */
#include "tests/oracle/piecewise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 40 };

/* Of the first round, and of any. */
#define SLOPE_FIRST 0x1p20L
#define SLOPE_MAX 0x1p44L

/* Tangents of one edge, by rising point. */
struct fan {
    uint32_t n;
    uint64_t point_msat[POINTS_MAX];
};

struct work {
    const struct fgr_problem *problem;
    uint32_t *node; /* its number in the flow problem; FGR_IDX_NONE = not on any way */
    uint32_t n_nodes;
    struct fan *fan;     /* per edge */
    uint64_t *room_msat; /* per edge */
    uint64_t *flow_msat; /* per edge */
    struct fgr_lemon_arc *arc;
    uint32_t *arc_edge;
    size_t n_arcs;
    size_t n_arcs_room;
    long double slope_max; /* slopes above are cut off */
    int scale;             /* costs are per 2^-scale msat */
};

/* ---- what an edge costs --------------------------------------------------------------------- */

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What a delivered msat pays on an edge for certain. */
static long double rate(const struct work *work, const struct fgr_problem_edge *edge)
{
    const struct fgr_split_query *query = work->problem->query;
    long double largest = (long double)least_of(edge->htlc_max_msat, query->amount.v);
    long double fixed = edge->from == query->from.v ? (long double)query->part_cost.v : 0;
    fixed += (long double)edge->base_msat;
    return fixed / largest + (long double)edge->ppm / 1e6L +
           (long double)edge->cltv_blocks * (long double)work->problem->cost.risk_ppb / 1e9L;
}

/* Most that can be delivered through it. */
static uint64_t room_of(const struct fgr_problem *problem, const struct fgr_problem_edge *edge)
{
    uint64_t parts = problem->query->max_parts;
    uint64_t room_msat = least_of(edge->max_msat, problem->query->amount.v);
    return edge->htlc_max_msat < room_msat / parts + 1
               ? least_of(room_msat, edge->htlc_max_msat * parts)
               : room_msat;
}

static void add_point(struct fan *fan, uint64_t point_msat)
{
    uint32_t at = 0;
    while (at < fan->n && fan->point_msat[at] < point_msat) {
        at++;
    }
    if (fan->n == POINTS_MAX || (at < fan->n && fan->point_msat[at] == point_msat)) {
        return;
    }
    memmove(&fan->point_msat[at + 1], &fan->point_msat[at],
            (fan->n - at) * sizeof fan->point_msat[0]);
    fan->point_msat[at] = point_msat;
    fan->n++;
}

/* A tangent at 0 and wherever the slope has grown by half. */
static void first_fan(struct fan *fan, const struct fgr_problem_edge *edge, uint64_t room_msat)
{
    fan->n = 0;
    add_point(fan, 0);
    add_point(fan, least_of(edge->sure_msat, room_msat));
    long double all = (long double)(edge->max_msat - edge->sure_msat) + 1;
    long double left = all;
    for (unsigned i = 0; i < 12; i++) {
        left /= 1.5L;
        uint64_t point_msat = edge->sure_msat + (uint64_t)(all - left);
        if (point_msat >= room_msat) {
            return;
        }
        add_point(fan, point_msat);
    }
}

/* Where the tangents at a < b cross, rounded up: the flatter one holds a little longer. */
static uint64_t crossing(const struct fgr_problem *problem, const struct fgr_problem_edge *edge,
                         uint64_t a_msat, uint64_t b_msat)
{
    long double a = (long double)a_msat;
    long double b = (long double)b_msat;
    long double slope_a = fgr_problem_slope(problem, edge, a);
    long double slope_b = fgr_problem_slope(problem, edge, b);
    long double at = b;
    if (slope_b > slope_a) {
        at = (fgr_problem_fail(problem, edge, a) - fgr_problem_fail(problem, edge, b) +
              slope_b * b - slope_a * a) /
             (slope_b - slope_a);
    }
    at = at < a ? a : at;
    at = at > b ? b : at;
    return least_of((uint64_t)ceill(at), b_msat);
}

/* ---- one round ------------------------------------------------------------------------------ */

static bool add_arc(struct work *work, uint32_t e, uint64_t room_msat, long double slope)
{
    const struct fgr_problem_edge *edge = &work->problem->edge[e];
    if (work->n_arcs == work->n_arcs_room) {
        size_t n = 2 * work->n_arcs_room + 64;
        struct fgr_lemon_arc *arc = realloc(work->arc, n * sizeof *arc);
        work->arc = arc != NULL ? arc : work->arc;
        uint32_t *arc_edge = realloc(work->arc_edge, n * sizeof *arc_edge);
        work->arc_edge = arc_edge != NULL ? arc_edge : work->arc_edge;
        if (arc == NULL || arc_edge == NULL) {
            return false;
        }
        work->n_arcs_room = n;
    }
    slope = slope < work->slope_max ? slope : work->slope_max;
    work->arc_edge[work->n_arcs] = e;
    work->arc[work->n_arcs++] =
        (struct fgr_lemon_arc){.from = work->node[edge->from],
                               .to = work->node[edge->to],
                               .room = (int64_t)room_msat,
                               .cost = (int64_t)floorl(ldexpl(slope, work->scale))};
    return true;
}

static bool is_on_a_way(const struct work *work, uint32_t e)
{
    const struct fgr_problem_edge *edge = &work->problem->edge[e];
    return work->node[edge->from] != FGR_IDX_NONE && work->node[edge->to] != FGR_IDX_NONE;
}

static bool add_arcs(struct work *work)
{
    work->n_arcs = 0;
    int room = ilogbl((long double)work->n_nodes + 1) + ilogbl(work->slope_max) + 2;
    work->scale = 60 - room < 50 ? 60 - room : 50;
    for (uint32_t e = 0; e < work->problem->n_edges; e++) {
        const struct fgr_problem_edge *edge = &work->problem->edge[e];
        const struct fan *fan = &work->fan[e];
        uint64_t begin_msat = 0;
        for (uint32_t i = 0; i < fan->n && is_on_a_way(work, e); i++) {
            uint64_t end_msat = i + 1 < fan->n ? crossing(work->problem, edge, fan->point_msat[i],
                                                          fan->point_msat[i + 1])
                                               : work->room_msat[e];
            long double slope =
                rate(work, edge) +
                fgr_problem_slope(work->problem, edge, (long double)fan->point_msat[i]);
            if (end_msat > begin_msat && !add_arc(work, e, end_msat - begin_msat, slope)) {
                return false;
            }
            begin_msat = end_msat > begin_msat ? end_msat : begin_msat;
        }
    }
    return true;
}

/* Cost of the arcs' flow, and the flow of each edge. */
static long double read_flow(struct work *work)
{
    long double cost = 0;
    memset(work->flow_msat, 0, (size_t)work->problem->n_edges * sizeof *work->flow_msat);
    for (size_t i = 0; i < work->n_arcs; i++) {
        cost += (long double)work->arc[i].flow * (long double)work->arc[i].cost;
        work->flow_msat[work->arc_edge[i]] += (uint64_t)work->arc[i].flow;
    }
    return ldexpl(cost, -work->scale);
}

/* The true cost of the edges' flow; notes how steep it gets, and draws new tangents there. */
static long double refine(struct work *work)
{
    long double cost = 0;
    long double steepest = 0;
    for (uint32_t e = 0; e < work->problem->n_edges; e++) {
        const struct fgr_problem_edge *edge = &work->problem->edge[e];
        struct fan *fan = &work->fan[e];
        uint64_t flow_msat = work->flow_msat[e];
        if (flow_msat == 0) {
            continue;
        }
        long double flow = (long double)flow_msat;
        long double slope = rate(work, edge) + fgr_problem_slope(work->problem, edge, flow);
        steepest = slope > steepest ? slope : steepest;
        cost += rate(work, edge) * flow + fgr_problem_fail(work->problem, edge, flow);
        uint32_t above = 0;
        while (above < fan->n && fan->point_msat[above] < flow_msat) {
            above++;
        }
        uint64_t low_msat = above > 0 ? fan->point_msat[above - 1] : 0;
        uint64_t high_msat = above < fan->n ? fan->point_msat[above] : work->room_msat[e];
        add_point(fan, flow_msat);
        add_point(fan, low_msat + (flow_msat - low_msat) / 2);
        add_point(fan, flow_msat + (high_msat - flow_msat) / 2);
    }
    long double wanted = 64 * steepest + 1e-6L;
    work->slope_max = wanted < SLOPE_MAX ? wanted : SLOPE_MAX;
    return cost;
}

/* ---- all rounds ------------------------------------------------------------------------------ */

/* Numbers the nodes that lie between the source and the destination. */
static bool number_nodes(struct work *work)
{
    const struct fgr_problem *problem = work->problem;
    uint8_t *reach = calloc((size_t)problem->n_nodes + 1, 1);
    if (reach == NULL) {
        return false;
    }
    reach[problem->query->from.v] |= 1;
    reach[problem->query->to.v] |= 2;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t e = 0; e < problem->n_edges; e++) {
            uint8_t *from = &reach[problem->edge[e].from];
            uint8_t *to = &reach[problem->edge[e].to];
            is_changed |= (*from & 1) > (*to & 1) || (*to & 2) > (*from & 2);
            *to |= *from & 1;
            *from |= *to & 2;
        }
    }
    for (uint32_t v = 0; v < problem->n_nodes; v++) {
        bool is_end = v == problem->query->from.v || v == problem->query->to.v;
        work->node[v] = reach[v] == 3 || is_end ? work->n_nodes++ : FGR_IDX_NONE;
    }
    free(reach);
    return true;
}

static bool start(struct work *work, const struct fgr_problem *problem)
{
    size_t n_edges = (size_t)problem->n_edges + 1;
    *work = (struct work){.problem = problem, .slope_max = SLOPE_FIRST};
    work->node = calloc((size_t)problem->n_nodes + 1, sizeof *work->node);
    work->fan = calloc(n_edges, sizeof *work->fan);
    work->room_msat = calloc(n_edges, sizeof *work->room_msat);
    work->flow_msat = calloc(n_edges, sizeof *work->flow_msat);
    if (work->node == NULL || work->fan == NULL || work->room_msat == NULL ||
        work->flow_msat == NULL || !number_nodes(work)) {
        return false;
    }
    for (uint32_t e = 0; e < problem->n_edges; e++) {
        work->room_msat[e] = room_of(problem, &problem->edge[e]);
        first_fan(&work->fan[e], &problem->edge[e], work->room_msat[e]);
    }
    return true;
}

static void finish(struct work *work)
{
    free(work->node);
    free(work->fan);
    free(work->room_msat);
    free(work->flow_msat);
    free(work->arc);
    free(work->arc_edge);
}

void fgr_piecewise_solve(const struct fgr_problem *problem, struct fgr_piecewise_answer *out_answer,
                         uint64_t *out_flow_msat, long double gap, uint32_t max_rounds)
{
    struct work work;
    const struct fgr_split_query *query = problem->query;
    *out_answer = (struct fgr_piecewise_answer){.outcome = FGR_LEMON_FAILED};
    bool is_ok = start(&work, problem);
    while (is_ok && out_answer->n_rounds < max_rounds) {
        out_answer->outcome = FGR_LEMON_FAILED;
        if (!add_arcs(&work)) {
            break;
        }
        out_answer->n_arcs = (uint32_t)work.n_arcs;
        out_answer->outcome =
            fgr_lemon_min_cost(work.arc, work.n_arcs, work.n_nodes, work.node[query->from.v],
                               work.node[query->to.v], (int64_t)query->amount.v);
        if (out_answer->outcome != FGR_LEMON_OPTIMAL) {
            break;
        }
        long double lower = read_flow(&work);
        long double upper = refine(&work);
        out_answer->lower_msat = fmaxl(lower, out_answer->lower_msat);
        if (out_answer->n_rounds++ == 0 || upper < out_answer->upper_msat) {
            out_answer->upper_msat = upper;
            if (out_flow_msat != NULL) {
                memcpy(out_flow_msat, work.flow_msat,
                       (size_t)problem->n_edges * sizeof *out_flow_msat);
            }
        }
        if (out_answer->upper_msat - out_answer->lower_msat <= gap * out_answer->upper_msat) {
            break;
        }
    }
    finish(&work);
}
