/* SPDX-License-Identifier: MIT */
#include "tests/oracle/problem.h"

#include <math.h>
#include <stdlib.h>

/* fixed.h promises log2 within 2^-31; two of them, doubled for safety. */
#define LOG_ERROR 0x1p-29L

/* A half-channel of the view by itself: its balance is unknown. */
static struct fgr_overlay_edge_info info_of(const struct fgr_view *view, uint32_t edge)
{
    const struct fgr_half *half = &view->half[edge];
    return (struct fgr_overlay_edge_info){.from = {fgr_view_edge_from(view, edge)},
                                          .to = {fgr_view_edge_to(view, edge)},
                                          .origin = {edge},
                                          .max = {view->chan[edge >> 1].capacity_sat * 1000},
                                          .htlc_min = {half->htlc_min_msat},
                                          .htlc_max = {half->htlc_max_msat},
                                          .slots = FGR_SLOTS_ANY,
                                          .base_msat = half->base_msat,
                                          .ppm = half->ppm,
                                          .cltv_delta = half->cltv_delta,
                                          .usable = (half->flags & FGR_HALF_USABLE) != 0};
}

/* Whether half-channel `edge` of view and overlay is of use between the two ends. */
static bool read_edge(const struct fgr_view *view, const struct fgr_split_query *query,
                      struct fgr_overlay_edge_info *out, uint32_t edge)
{
    if (query->overlay == NULL) {
        *out = info_of(view, edge);
    } else if (fgr_overlay_edge(query->overlay, out, (fgr_edge_idx){edge}) != FGR_OK) {
        return false;
    }
    return out->usable && out->to.v != query->from.v && out->from.v != query->to.v;
}

static struct fgr_problem_edge edge_of(const struct fgr_overlay_edge_info *info, uint32_t source,
                                       uint32_t edge)
{
    bool is_first = info->from.v == source;
    return (struct fgr_problem_edge){.htlc_min_msat = info->htlc_min.v,
                                     .htlc_max_msat = info->htlc_max.v,
                                     .sure_msat = info->min.v,
                                     .max_msat = info->max.v,
                                     .from = info->from.v,
                                     .to = info->to.v,
                                     .edge = info->origin.v == FGR_IDX_NONE ? edge : info->origin.v,
                                     .slots = info->slots,
                                     .bias_msat = info->bias_msat,
                                     .base_msat = is_first ? 0 : info->base_msat,
                                     .ppm = is_first ? 0 : info->ppm,
                                     .cltv_blocks = is_first ? 0 : info->cltv_delta};
}

/* Counting sort by the node an edge leaves. */
static void group(struct fgr_problem *problem, const struct fgr_view *view, uint32_t n_halves)
{
    const struct fgr_split_query *query = problem->query;
    struct fgr_overlay_edge_info info;
    for (uint32_t e = 0; e < n_halves; e++) {
        problem->index[e] = FGR_IDX_NONE;
        if (read_edge(view, query, &info, e)) {
            problem->first[info.from.v + 1]++;
            problem->n_edges++;
        }
    }
    for (uint32_t v = 0; v < problem->n_nodes; v++) {
        problem->first[v + 1] += problem->first[v];
    }
    for (uint32_t e = 0; e < n_halves; e++) {
        if (read_edge(view, query, &info, e)) {
            uint32_t at = problem->first[info.from.v]++;
            problem->edge[at] = edge_of(&info, query->from.v, e);
            problem->index[problem->edge[at].edge] = at;
            problem->has_discount |= info.bias_msat < 0;
        }
    }
    for (uint32_t v = problem->n_nodes; v > 0; v--) {
        problem->first[v] = problem->first[v - 1];
    }
    problem->first[0] = 0;
}

/* Half-channels of view and overlay: all indexes below are some. */
static uint32_t count_halves(const struct fgr_view *view, const struct fgr_overlay *overlay)
{
    uint32_t n = 2 * view->n_chans;
    struct fgr_overlay_edge_info info;
    while (overlay != NULL && fgr_overlay_edge(overlay, &info, (fgr_edge_idx){n}) == FGR_OK) {
        n++;
    }
    return n;
}

bool fgr_problem_create(struct fgr_problem *out_problem, const struct fgr_view *view,
                        const struct fgr_split_query *query)
{
    uint32_t n_all = count_halves(view, query->overlay);
    size_t n_halves = (size_t)n_all + 1; /* never calloc(0) */
    uint32_t n_nodes =
        query->overlay == NULL ? view->n_nodes : fgr_overlay_node_count(query->overlay);
    *out_problem = (struct fgr_problem){.query = query, .n_nodes = n_nodes};
    fgr_cost_init(&out_problem->cost, &query->cost, query->amount.v);
    out_problem->edge = calloc(n_halves, sizeof *out_problem->edge);
    out_problem->index = calloc(n_halves, sizeof *out_problem->index);
    out_problem->load_msat = calloc(n_halves, sizeof *out_problem->load_msat);
    out_problem->first = calloc((size_t)n_nodes + 1, sizeof *out_problem->first);
    if (out_problem->edge == NULL || out_problem->index == NULL || out_problem->load_msat == NULL ||
        out_problem->first == NULL) {
        fgr_problem_destroy(out_problem);
        return false;
    }
    group(out_problem, view, n_all);
    return true;
}

void fgr_problem_destroy(struct fgr_problem *problem)
{
    free(problem->edge);
    free(problem->index);
    free(problem->load_msat);
    free(problem->first);
    *problem = (struct fgr_problem){0};
}

uint64_t fgr_problem_fail_msat(const struct fgr_problem *problem,
                               const struct fgr_problem_edge *edge, uint64_t sum_msat)
{
    if (sum_msat <= edge->sure_msat) {
        return 0;
    }
    return fgr_cost_fail(&problem->cost, sum_msat - edge->sure_msat,
                         edge->max_msat - edge->sure_msat);
}

long double fgr_problem_fail(const struct fgr_problem *problem, const struct fgr_problem_edge *edge,
                             long double sum_msat)
{
    long double over = sum_msat - (long double)edge->sure_msat;
    long double room = (long double)(edge->max_msat - edge->sure_msat) + 1;
    return over > 0 ? -(long double)problem->cost.fail_msat * log1pl(-over / room) : 0;
}

long double fgr_problem_slope(const struct fgr_problem *problem,
                              const struct fgr_problem_edge *edge, long double sum_msat)
{
    if (sum_msat < (long double)edge->sure_msat) {
        return 0;
    }
    return (long double)problem->cost.fail_msat / ((long double)edge->max_msat + 1 - sum_msat);
}

long double fgr_problem_rounding(const struct fgr_problem *problem,
                                 const struct fgr_problem_price *price)
{
    return 2 * (long double)price->n_hops +
           (1 + LOG_ERROR * (long double)problem->cost.fail_msat) * (long double)price->n_edges;
}

/* ---- a set ------------------------------------------------------------------------------- */

static uint32_t truncated_bytes(uint64_t value)
{
    uint32_t n = 0;
    for (; value != 0; value >>= 8) {
        n++;
    }
    return n;
}

/* The final payload says what arrives and what the whole payment is. */
static uint64_t final_bytes(const struct fgr_split_query *query, uint64_t amount_msat)
{
    uint32_t longer = truncated_bytes(query->amount.v) - truncated_bytes(amount_msat);
    return fgr_path_final_bytes(amount_msat, query->final_bytes + longer);
}

/* Whether the hops lead from the source to the destination and visit no node twice. */
static bool is_simple(const struct fgr_problem *problem, const struct fgr_problem_part *part)
{
    uint32_t at = problem->query->from.v;
    for (uint32_t i = 0; i < part->n_hops; i++) {
        const struct fgr_problem_edge *edge = &problem->edge[part->hop[i]];
        if (edge->from != at) {
            return false;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (problem->edge[part->hop[j]].from == at) {
                return false;
            }
        }
        at = edge->to;
    }
    return at == problem->query->to.v && part->n_hops > 0;
}

/* Amounts from the destination back; adds the loads, the fees and the risks. Returns the first
 * limit that breaks. */
static const char *price_part(struct fgr_problem *problem, struct fgr_problem_price *price,
                              struct fgr_problem_part *part)
{
    const char *broken = is_simple(problem, part) ? NULL : "a simple path";
    uint64_t amount_msat = part->amount_msat;
    part->fee_msat = 0;
    part->cltv_blocks = problem->query->final_cltv;
    part->onion_bytes = final_bytes(problem->query, amount_msat);
    for (uint32_t i = part->n_hops; i-- > 0;) {
        const struct fgr_problem_edge *edge = &problem->edge[part->hop[i]];
        if (amount_msat < edge->htlc_min_msat || amount_msat > edge->htlc_max_msat ||
            amount_msat > edge->max_msat) {
            return "htlc_min or htlc_max";
        }
        uint64_t fee_msat = fgr_fee_msat(amount_msat, edge->base_msat, edge->ppm);
        if (i > 0 && fee_msat > FGR_MSAT_MAX) {
            return "a fee that exists";
        }
        part->carried_msat[i] = amount_msat;
        price->n_edges += problem->load_msat[part->hop[i]] == 0;
        problem->load_msat[part->hop[i]] += amount_msat;
        price->cost_msat += fgr_risk_msat(amount_msat, edge->cltv_blocks, problem->cost.risk_ppb);
        price->cost_msat += edge->bias_msat > 0 ? (uint64_t)edge->bias_msat : 0;
        part->cltv_blocks += edge->cltv_blocks;
        if (i > 0) {
            part->onion_bytes += fgr_path_forward_bytes(amount_msat);
            part->fee_msat += fee_msat;
            amount_msat += fee_msat;
        }
    }
    price->cost_msat += part->fee_msat;
    price->fee_msat += part->fee_msat;
    price->n_hops += part->n_hops - 1;
    return broken;
}

static const char *broken_limit(const struct fgr_split_query *query,
                                const struct fgr_problem_part *part)
{
    if (part->amount_msat < query->min_part.v) {
        return "min_part";
    }
    if (part->cltv_blocks > query->max_cltv) {
        return "max_cltv";
    }
    if (part->n_hops > query->max_hops) {
        return "max_hops";
    }
    return part->onion_bytes > FGR_ONION_BYTES ? "the onion" : NULL;
}

/* Adds the failures, each half-channel once, and clears the loads. */
static const char *price_loads(struct fgr_problem *problem, struct fgr_problem_price *price,
                               const struct fgr_problem_part *parts, uint32_t n_parts)
{
    const char *broken = NULL;
    for (uint32_t k = 0; k < n_parts; k++) {
        for (uint32_t i = 0; i < parts[k].n_hops; i++) {
            const struct fgr_problem_edge *edge = &problem->edge[parts[k].hop[i]];
            uint64_t sum_msat = problem->load_msat[parts[k].hop[i]];
            problem->load_msat[parts[k].hop[i]] = 0;
            if (sum_msat > edge->max_msat) {
                broken = "the balance";
            } else if (sum_msat > 0) {
                price->cost_msat += fgr_problem_fail_msat(problem, edge, sum_msat);
            }
        }
    }
    return broken;
}

/* Whether some half-channel has more parts than slots. */
static bool is_crowded(const struct fgr_problem *problem, const struct fgr_problem_part *parts,
                       uint32_t n_parts)
{
    for (uint32_t k = 0; k < n_parts; k++) {
        for (uint32_t i = 0; i < parts[k].n_hops; i++) {
            uint32_t slots = problem->edge[parts[k].hop[i]].slots;
            uint32_t n = 0;
            for (uint32_t other = 0; slots < n_parts && other < n_parts; other++) {
                for (uint32_t j = 0; j < parts[other].n_hops; j++) {
                    n += parts[other].hop[j] == parts[k].hop[i];
                }
            }
            if (n > slots) {
                return true;
            }
        }
    }
    return false;
}

void fgr_problem_price(struct fgr_problem *problem, struct fgr_problem_price *out_price,
                       struct fgr_problem_part *parts, uint32_t n_parts)
{
    const struct fgr_split_query *query = problem->query;
    const char *broken = n_parts > query->max_parts ? "max_parts" : NULL;
    uint64_t sum_msat = 0;
    *out_price = (struct fgr_problem_price){.cost_msat = n_parts * query->part_cost.v};
    for (uint32_t k = 0; k < n_parts; k++) {
        const char *here = price_part(problem, out_price, &parts[k]);
        here = here != NULL ? here : broken_limit(query, &parts[k]);
        broken = broken != NULL ? broken : here;
        sum_msat += parts[k].amount_msat;
    }
    const char *load = price_loads(problem, out_price, parts, n_parts);
    broken = broken != NULL ? broken : load;
    if (broken == NULL && is_crowded(problem, parts, n_parts)) {
        broken = "the slots";
    }
    if (broken == NULL && sum_msat != query->amount.v) {
        broken = "the amount";
    }
    if (broken == NULL && out_price->fee_msat > query->max_fee.v) {
        broken = "max_fee";
    }
    out_price->broken = broken;
}
