/* SPDX-License-Identifier: MIT */
#include "tools/fgr/answer.h"

#include "tools/fgr/clock.h"
#include "tools/fgr/text.h"

#include <string.h>

#define PROBABILITY_DECIMALS 6

void fgr_answer_find_nodes(struct fgr_answer *answer, const char *from, const char *to)
{
    answer->elapsed_ns = 0;
    answer->code = fgr_view_find_node(answer->view, &answer->query.from, from, &answer->error);
    if (answer->code == FGR_OK) {
        answer->code = fgr_view_find_node(answer->view, &answer->query.to, to, &answer->error);
    }
}

void fgr_answer_run(struct fgr_answer *answer, struct fgr_scratch *scratch)
{
    uint64_t start_ns = fgr_clock_ns();
    answer->code = fgr_route(scratch, &answer->route, &answer->explain, answer->view,
                             &answer->query, &answer->error);
    answer->elapsed_ns = fgr_clock_ns() - start_ns;
}

void fgr_answer_counters(struct fgr_counter out_counters[FGR_ANSWER_COUNTERS],
                         const struct fgr_explain *explain)
{
    const struct fgr_counter counters[FGR_ANSWER_COUNTERS] = {
        {"out_enabled", "channels out of FROM", explain->out_enabled, false},
        {"out_above_max", "  their htlc_max is below the amount", explain->out_above_max, false},
        {"out_below_min", "  their htlc_min is above the amount", explain->out_below_min, false},
        {"smallest_out_msat", "  smallest payment, msat", explain->smallest_out.v, false},
        {"largest_out_msat", "  largest payment, msat", explain->largest_out.v, false},
        {"in_enabled", "channels into TO", explain->in_enabled, false},
        {"in_above_max", "  their htlc_max is below the amount", explain->in_above_max, false},
        {"in_below_min", "  their htlc_min is above the amount", explain->in_below_min, false},
        {"smallest_in_msat", "  smallest payment, msat", explain->smallest_in.v, false},
        {"largest_in_msat", "  largest payment, msat", explain->largest_in.v, false},
        {"reachable_from_source", "nodes the amount can reach", explain->reachable_from_source,
         false},
        {"reaching_destination", "nodes it can come from", explain->reaching_destination, false},
        {"max_amount_msat", "largest amount one path carries, msat", explain->max_amount.v, true},
        {"needed_fee_msat", "fee limit that would work, msat", explain->needed_fee.v, true},
        {"needed_cltv", "CLTV limit that would work, blocks", explain->needed_cltv, true},
        {"needed_hops", "hop limit that would work", explain->needed_hops, true},
        {"needed_bytes", "onion bytes the route would need", explain->needed_bytes, true},
    };
    memcpy(out_counters, counters, sizeof counters);
}

static void put_text(struct fgr_json_writer *json, const char *key, const char *text)
{
    fgr_json_key(json, key);
    fgr_json_string(json, text, strlen(text));
}

static void put_u64(struct fgr_json_writer *json, const char *key, uint64_t value)
{
    fgr_json_key(json, key);
    fgr_json_u64(json, value);
}

static void put_null(struct fgr_json_writer *json, const char *key)
{
    fgr_json_key(json, key);
    fgr_json_null(json);
}

static void put_probability(struct fgr_json_writer *json, double probability)
{
    fgr_json_key(json, "probability");
    fgr_json_double(json, probability, PROBABILITY_DECIMALS);
}

static void put_node(struct fgr_json_writer *json, const char *key, const struct fgr_view *view,
                     fgr_node_idx node)
{
    struct fgr_node_info info;
    char hex[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    if (fgr_view_node(view, &info, node) == FGR_OK) {
        put_text(json, key, fgr_text_hex(hex, info.id, FGR_NODE_ID_BYTES));
    }
}

static void put_scid(struct fgr_json_writer *json, const struct fgr_view *view, fgr_edge_idx edge)
{
    struct fgr_channel_info info;
    char scid[FGR_TEXT_SCID_BYTES];
    if (fgr_view_channel(view, &info, (fgr_chan_idx){edge.v >> 1}) == FGR_OK) {
        put_text(json, "scid", fgr_text_scid(scid, info.scid));
        put_u64(json, "direction", edge.v & 1);
    }
}

static void put_hop(struct fgr_json_writer *json, const struct fgr_view *view,
                    const struct fgr_hop *hop)
{
    fgr_json_object_begin(json);
    put_scid(json, view, hop->edge);
    put_node(json, "from", view, hop->from);
    put_node(json, "to", view, hop->to);
    put_u64(json, "amount_msat", hop->amount.v);
    put_u64(json, "fee_msat", hop->fee.v);
    put_u64(json, "cltv_delta", hop->cltv_delta);
    fgr_json_object_end(json);
}

static void put_route(struct fgr_json_writer *json, const struct fgr_answer *answer)
{
    const struct fgr_route *route = &answer->route;
    put_u64(json, "fee_msat", route->fee.v);
    put_u64(json, "cost_msat", route->cost.v);
    put_u64(json, "bound_msat", route->bound.v);
    put_u64(json, "gap_ppm", route->gap_ppm);
    put_probability(json, route->probability);
    fgr_json_key(json, "parts");
    fgr_json_array_begin(json);
    fgr_json_object_begin(json);
    put_u64(json, "amount_msat", route->amount.v);
    put_u64(json, "fee_msat", route->fee.v);
    put_probability(json, route->probability);
    put_u64(json, "cltv_total", route->cltv_total);
    fgr_json_key(json, "hops");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < route->n_hops; i++) {
        put_hop(json, answer->view, &route->hops[i]);
    }
    fgr_json_array_end(json);
    fgr_json_object_end(json);
    fgr_json_array_end(json);
}

static void put_no_route(struct fgr_json_writer *json)
{
    put_null(json, "fee_msat");
    put_null(json, "cost_msat");
    put_null(json, "bound_msat");
    put_null(json, "gap_ppm");
    put_null(json, "probability");
    fgr_json_key(json, "parts");
    fgr_json_array_begin(json);
    fgr_json_array_end(json);
}

static void put_explain(struct fgr_json_writer *json, const struct fgr_answer *answer)
{
    struct fgr_counter counters[FGR_ANSWER_COUNTERS];
    char text[FGR_ANSWER_TEXT_BYTES];
    fgr_explain_text(text, sizeof text, answer->view, &answer->query, &answer->explain);
    fgr_answer_counters(counters, &answer->explain);
    fgr_json_object_begin(json);
    put_text(json, "code", fgr_reason_str(answer->explain.reason));
    put_text(json, "text", text);
    for (unsigned i = 0; i < FGR_ANSWER_COUNTERS; i++) {
        put_u64(json, counters[i].key, counters[i].value);
    }
    fgr_json_object_end(json);
}

static void put_stats(struct fgr_json_writer *json, const struct fgr_answer *answer)
{
    fgr_json_key(json, "stats");
    fgr_json_object_begin(json);
    put_u64(json, "settled", answer->route.stats.settled);
    put_u64(json, "relaxed", answer->route.stats.relaxed);
    put_u64(json, "elapsed_ns", answer->elapsed_ns);
    fgr_json_object_end(json);
}

static void put_head(struct fgr_json_writer *json, const char *id, size_t n_id, const char *status)
{
    fgr_json_object_begin(json);
    fgr_json_key(json, "id");
    fgr_json_string(json, id, n_id);
    put_text(json, "status", status);
    fgr_json_key(json, "reason");
}

/* The name of an error in JSON: what a query got wrong has names of its own. */
static const char *error_name(enum fgr_err code)
{
    switch (code) {
    case FGR_ERR_UNKNOWN:
        return "unknown_node";
    case FGR_ERR_AMBIGUOUS:
        return "ambiguous_node";
    case FGR_ERR_ARG:
    case FGR_ERR_FORMAT:
        return "bad_query";
    case FGR_OK:
    case FGR_ERR_MEMORY:
    case FGR_ERR_IO:
    case FGR_ERR_LIMIT:
    case FGR_ERR_NO_ROUTE:
    case FGR_ERR_WORK:
    case FGR_ERR_CHECK:
        break;
    }
    return fgr_err_str(code);
}

void fgr_answer_json_error(struct fgr_json_writer *json, const char *id, size_t n_id,
                           const struct fgr_error *error)
{
    put_head(json, id, n_id, "error");
    fgr_json_object_begin(json);
    put_text(json, "code", error_name(error->code));
    put_text(json, "text", error->text);
    fgr_json_object_end(json);
    fgr_json_object_end(json);
}

void fgr_answer_json(struct fgr_json_writer *json, const struct fgr_answer *answer, const char *id,
                     size_t n_id)
{
    if (answer->code != FGR_OK && answer->code != FGR_ERR_NO_ROUTE) {
        fgr_answer_json_error(json, id, n_id, &answer->error);
        return;
    }
    bool has_route = answer->code == FGR_OK;
    put_head(json, id, n_id, has_route ? "ok" : "no_route");
    if (has_route) {
        fgr_json_null(json);
    } else {
        put_explain(json, answer);
    }
    put_u64(json, "amount_msat", answer->query.amount.v);
    if (has_route) {
        put_route(json, answer);
    } else {
        put_no_route(json);
    }
    put_stats(json, answer);
    fgr_json_object_end(json);
}
