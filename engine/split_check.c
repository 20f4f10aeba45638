/* SPDX-License-Identifier: MIT */
/*
 * fgr_split_check: a set of parts derived again from the view and the query, by the formulas of the
 * public headers and BOLT 4 and 7, sharing with the solver only what one half-channel costs.
 *
 * What earlier parts put on a half-channel is summed up anew for each hop: slow and simple.
 */
#include <inttypes.h>

#include "engine/parts.h"
#include "graph/util/error.h"

/* What the check walks through. */
struct walk {
    const struct fgr_view *view;
    const struct fgr_split_query *query;
    const struct fgr_split *split;
    struct fgr_parts_task task;
    struct fgr_error *err;
    uint32_t part; /* where it is */
    uint64_t amount_msat;
    uint64_t fee_msat;
    uint64_t cost_msat;
    double probability;
};

static enum fgr_err differs(struct walk *w, uint32_t hop, const char *field, uint64_t got,
                            uint64_t want)
{
    return fgr_fail_at(w->err, FGR_ERR_CHECK, w->part, FGR_NO_POSITION,
                       "part %" PRIu32 " hop %" PRIu32 ": %s is %" PRIu64 ", should be %" PRIu64,
                       w->part + 1, hop + 1, field, got, want);
}

static enum fgr_err part_differs(struct walk *w, const char *field, uint64_t got, uint64_t want)
{
    return fgr_fail_at(w->err, FGR_ERR_CHECK, w->part, FGR_NO_POSITION,
                       "part %" PRIu32 ": %s is %" PRIu64 ", should be %" PRIu64, w->part + 1,
                       field, got, want);
}

static enum fgr_err set_differs(struct walk *w, const char *field, uint64_t got, uint64_t want)
{
    return fgr_fail(w->err, FGR_ERR_CHECK, "%s is %" PRIu64 ", should be %" PRIu64, field, got,
                    want);
}

static bool is_same(double a, double b)
{
    return !(a < b) && !(a > b);
}

static uint64_t ppm(double share)
{
    return (uint64_t)(share * 1e6);
}

/* Edges exist, are usable, join up, and no node comes twice. */
static enum fgr_err check_path(struct walk *w, const struct fgr_part *part)
{
    if (part->n_hops < 1 || part->n_hops > w->query->max_hops) {
        return part_differs(w, "number of hops", part->n_hops, w->query->max_hops);
    }
    const struct fgr_overlay *overlay = w->query->overlay;
    uint32_t at = w->query->from.v;
    for (uint32_t i = 0; i < part->n_hops; i++) {
        const struct fgr_hop *hop = &part->hops[i];
        uint32_t edge = fgr_overlay_edge_named(w->view, overlay, hop->edge.v);
        if (edge == FGR_IDX_NONE) {
            return differs(w, i, "edge (not usable)", hop->edge.v, FGR_IDX_NONE);
        }
        if (hop->from.v != at || fgr_overlay_from(w->view, overlay, edge) != at) {
            return differs(w, i, "from", hop->from.v, at);
        }
        at = fgr_overlay_to(w->view, overlay, edge);
        if (hop->to.v != at) {
            return differs(w, i, "to", hop->to.v, at);
        }
        for (uint32_t j = 0; j <= i; j++) {
            if (part->hops[j].from.v == at) {
                return differs(w, i, "to (a node visited before)", at, FGR_IDX_NONE);
            }
        }
    }
    return at == w->query->to.v ? FGR_OK : part_differs(w, "destination", at, w->query->to.v);
}

/* What the parts before this one put on a half-channel. Their amounts have been checked. */
static uint64_t sum_before(const struct walk *w, uint32_t edge)
{
    uint64_t sum_msat = 0;
    for (uint32_t i = 0; i < w->part; i++) {
        const struct fgr_part *part = &w->split->parts[i];
        for (uint32_t j = 0; j < part->n_hops; j++) {
            sum_msat += part->hops[j].edge.v == edge ? part->hops[j].amount.v : 0;
        }
    }
    return sum_msat;
}

/* How many of these parts go over a half-channel. */
static uint32_t parts_before(const struct walk *w, uint32_t edge)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->part; i++) {
        const struct fgr_part *part = &w->split->parts[i];
        for (uint32_t j = 0; j < part->n_hops; j++) {
            n += part->hops[j].edge.v == edge;
        }
    }
    return n;
}

/* Limits of the half-channel: of this part, and of all parts so far. */
static enum fgr_err check_limits(struct walk *w, uint32_t i, const struct fgr_arc *arc,
                                 uint64_t amount_msat, uint64_t before_msat)
{
    if (amount_msat < arc->htlc_min_msat) {
        return differs(w, i, "amount (under htlc_min)", amount_msat, arc->htlc_min_msat);
    }
    if (amount_msat > arc->htlc_max_msat) {
        return differs(w, i, "amount (above htlc_max)", amount_msat, arc->htlc_max_msat);
    }
    uint32_t n_parts = parts_before(w, w->split->parts[w->part].hops[i].edge.v) + 1;
    if (n_parts > arc->slots) {
        return differs(w, i, "number of parts (above its slots)", n_parts, arc->slots);
    }
    return before_msat + amount_msat <= arc->most_msat
               ? FGR_OK
               : differs(w, i, "sum of the parts (above the capacity)", before_msat + amount_msat,
                         arc->most_msat);
}

static enum fgr_err check_hop(struct walk *w, const struct fgr_hop *hop, uint32_t i,
                              uint64_t amount_msat)
{
    const struct fgr_cost *cost = &w->task.cost;
    uint32_t edge = fgr_overlay_edge_named(w->view, w->query->overlay, hop->edge.v);
    struct fgr_arc arc = fgr_arc_of(w->view, w->query->overlay, edge, w->query->from.v);
    uint64_t before_msat = sum_before(w, hop->edge.v);
    uint64_t sum_msat = before_msat + amount_msat;
    if (hop->amount.v != amount_msat) {
        return differs(w, i, "amount", hop->amount.v, amount_msat);
    }
    enum fgr_err rc = check_limits(w, i, &arc, amount_msat, before_msat);
    if (rc != FGR_OK) {
        return rc;
    }
    uint64_t fee_msat = fgr_arc_fee(&arc, amount_msat);
    uint64_t risk_msat = fgr_arc_risk(&arc, cost->risk_ppb, amount_msat);
    uint64_t before = fgr_arc_fail(&arc, cost, before_msat);
    uint64_t fail_msat = fgr_arc_fail(&arc, cost, sum_msat) - before;
    if (hop->fee.v != fee_msat) {
        return differs(w, i, "fee", hop->fee.v, fee_msat);
    }
    if (hop->risk.v != risk_msat) {
        return differs(w, i, "risk", hop->risk.v, risk_msat);
    }
    if (hop->fail.v != fail_msat) {
        return differs(w, i, "fail", hop->fail.v, fail_msat);
    }
    int64_t bias_msat = fgr_arc_bias(&arc, fee_msat + risk_msat + fail_msat);
    if (hop->bias_msat != bias_msat) {
        return differs(w, i, "bias", (uint64_t)hop->bias_msat, (uint64_t)bias_msat);
    }
    if (hop->cltv_delta != arc.cltv_blocks) {
        return differs(w, i, "cltv_delta", hop->cltv_delta, arc.cltv_blocks);
    }
    double probability = fgr_arc_probability(&arc, cost->model, sum_msat) /
                         fgr_arc_probability(&arc, cost->model, before_msat);
    if (!is_same(hop->probability, probability)) {
        return differs(w, i, "probability (in ppm)", ppm(hop->probability), ppm(probability));
    }
    w->cost_msat += fee_msat + risk_msat + fail_msat + (uint64_t)bias_msat;
    return FGR_OK;
}

static enum fgr_err check_part_totals(struct walk *w, const struct fgr_part *part,
                                      uint64_t fee_msat)
{
    uint64_t cltv = w->query->final_cltv;
    uint64_t bytes = fgr_parts_final_bytes(&w->task, part->amount.v);
    double probability = 1.0;
    for (uint32_t i = part->n_hops; i-- > 0;) {
        cltv += part->hops[i].cltv_delta;
        bytes += i == 0 ? 0 : fgr_onion_hop_bytes(part->hops[i].amount.v);
        probability *= part->hops[i].probability;
    }
    if (part->fee.v != fee_msat) {
        return part_differs(w, "fee", part->fee.v, fee_msat);
    }
    if (part->cltv_total != cltv) {
        return part_differs(w, "cltv_total", part->cltv_total, cltv);
    }
    if (cltv > w->query->max_cltv) {
        return part_differs(w, "cltv_total (above max_cltv)", cltv, w->query->max_cltv);
    }
    if (part->onion_bytes != bytes) {
        return part_differs(w, "onion_bytes", part->onion_bytes, bytes);
    }
    if (bytes > FGR_ONION_BYTES) {
        return part_differs(w, "onion_bytes (above the onion)", bytes, FGR_ONION_BYTES);
    }
    return is_same(part->probability, probability)
               ? FGR_OK
               : part_differs(w, "probability (in ppm)", ppm(part->probability), ppm(probability));
}

static enum fgr_err check_part(struct walk *w, const struct fgr_part *part)
{
    uint64_t amount_msat = part->amount.v;
    uint64_t left_msat = w->query->amount.v - w->amount_msat;
    if (amount_msat < w->query->min_part.v) {
        return part_differs(w, "amount (under min_part)", amount_msat, w->query->min_part.v);
    }
    if (amount_msat > left_msat) {
        return part_differs(w, "amount (above what is left)", amount_msat, left_msat);
    }
    enum fgr_err rc = check_path(w, part);
    for (uint32_t i = part->n_hops; rc == FGR_OK && i-- > 0;) {
        rc = check_hop(w, &part->hops[i], i, amount_msat);
        amount_msat += part->hops[i].fee.v;
    }
    if (rc != FGR_OK) {
        return rc;
    }
    w->amount_msat += part->amount.v;
    w->fee_msat += amount_msat - part->amount.v;
    w->cost_msat += w->query->part_cost.v;
    w->probability *= part->probability;
    return check_part_totals(w, part, amount_msat - part->amount.v);
}

/* gap_ppm is the least whole number of ppm by which the cost is within the bound. */
static bool is_gap(const struct fgr_split *split)
{
    uint64_t open_msat = split->cost.v - split->bound.v;
    uint64_t gap_ppm = split->gap_ppm;
    if (open_msat == 0 || split->bound.v == 0) {
        return gap_ppm == (open_msat == 0 ? 0 : UINT64_MAX);
    }
    fgr_u128 least = ((fgr_u128)open_msat * 1000000 + split->bound.v - 1) / split->bound.v;
    return gap_ppm == (least < UINT64_MAX ? (uint64_t)least : UINT64_MAX);
}

static enum fgr_err check_totals(struct walk *w)
{
    const struct fgr_split *split = w->split;
    if (split->amount.v != w->query->amount.v || w->amount_msat != w->query->amount.v) {
        return set_differs(w, "amount", w->amount_msat, w->query->amount.v);
    }
    if (split->fee.v != w->fee_msat) {
        return set_differs(w, "fee", split->fee.v, w->fee_msat);
    }
    if (w->fee_msat > w->query->max_fee.v) {
        return set_differs(w, "fee (above max_fee)", w->fee_msat, w->query->max_fee.v);
    }
    if (split->cost.v != w->cost_msat) {
        return set_differs(w, "cost", split->cost.v, w->cost_msat);
    }
    if (!is_same(split->probability, w->probability)) {
        return set_differs(w, "probability (in ppm)", ppm(split->probability), ppm(w->probability));
    }
    if (split->bound.v > split->cost.v) {
        return set_differs(w, "bound (above the cost)", split->bound.v, split->cost.v);
    }
    return is_gap(split)
               ? FGR_OK
               : set_differs(w, "gap_ppm", split->gap_ppm, split->cost.v - split->bound.v);
}

enum fgr_err fgr_split_check(const struct fgr_view *view, const struct fgr_split_query *query,
                             const struct fgr_split *split, struct fgr_error *err)
{
    struct walk w = {.view = view, .query = query, .split = split, .err = err, .probability = 1.0};
    enum fgr_err rc = fgr_split_query_check(view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    fgr_split_task(&w.task, query);
    if (split->n_parts < 1 || split->n_parts > query->max_parts) {
        return set_differs(&w, "number of parts", split->n_parts, query->max_parts);
    }
    for (; rc == FGR_OK && w.part < split->n_parts; w.part++) {
        rc = check_part(&w, &split->parts[w.part]);
    }
    return rc == FGR_OK ? check_totals(&w) : rc;
}
