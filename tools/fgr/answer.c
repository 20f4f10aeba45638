/* SPDX-License-Identifier: MIT */
#include "tools/fgr/answer.h"

#include "graph/util/clock.h"
#include "tools/fgr/names.h"
#include "tools/fgr/put.h"

#include <string.h>

void fgr_answer_find_nodes(struct fgr_answer *answer, const char *from, const char *to)
{
    const struct fgr_overlay *overlay = answer->query.overlay;
    struct fgr_error *err = &answer->error;
    answer->elapsed_ns = 0;
    answer->code = fgr_names_find_node(answer->view, overlay, &answer->query.from, from, err);
    if (answer->code == FGR_OK) {
        answer->code = fgr_names_find_node(answer->view, overlay, &answer->query.to, to, err);
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

static void put_route(struct fgr_json_writer *json, const struct fgr_answer *answer)
{
    const struct fgr_route *route = &answer->route;
    fgr_put_u64(json, "fee_msat", route->fee.v);
    fgr_put_u64(json, "cost_msat", route->cost.v);
    fgr_put_u64(json, "bound_msat", route->bound.v);
    fgr_put_u64(json, "gap_ppm", route->gap_ppm);
    fgr_put_probability(json, route->probability);
    fgr_json_key(json, "parts");
    fgr_json_array_begin(json);
    fgr_json_object_begin(json);
    fgr_put_u64(json, "amount_msat", route->amount.v);
    fgr_put_u64(json, "fee_msat", route->fee.v);
    fgr_put_probability(json, route->probability);
    fgr_put_u64(json, "cltv_total", route->cltv_total);
    fgr_put_hops(json, answer->view, answer->query.overlay, route->hops, route->n_hops);
    fgr_json_object_end(json);
    fgr_json_array_end(json);
}

static void put_explain(struct fgr_json_writer *json, const struct fgr_answer *answer)
{
    struct fgr_counter counters[FGR_ANSWER_COUNTERS];
    char text[FGR_ANSWER_TEXT_BYTES];
    fgr_explain_text(text, sizeof text, answer->view, &answer->query, &answer->explain);
    fgr_answer_counters(counters, &answer->explain);
    fgr_json_object_begin(json);
    fgr_put_text(json, "code", fgr_reason_str(answer->explain.reason));
    fgr_put_text(json, "text", text);
    for (unsigned i = 0; i < FGR_ANSWER_COUNTERS; i++) {
        fgr_put_u64(json, counters[i].key, counters[i].value);
    }
    fgr_json_object_end(json);
}

static void put_stats(struct fgr_json_writer *json, const struct fgr_answer *answer)
{
    fgr_json_key(json, "stats");
    fgr_json_object_begin(json);
    fgr_put_u64(json, "settled", answer->route.stats.settled);
    fgr_put_u64(json, "relaxed", answer->route.stats.relaxed);
    fgr_put_u64(json, "elapsed_ns", answer->elapsed_ns);
    fgr_json_object_end(json);
}

void fgr_answer_json(struct fgr_json_writer *json, const struct fgr_answer *answer, const char *id,
                     size_t n_id)
{
    if (answer->code != FGR_OK && answer->code != FGR_ERR_NO_ROUTE) {
        fgr_put_error(json, id, n_id, &answer->error);
        return;
    }
    bool has_route = answer->code == FGR_OK;
    fgr_put_head(json, id, n_id, has_route ? "ok" : "no_route");
    if (has_route) {
        fgr_json_null(json);
    } else {
        put_explain(json, answer);
    }
    fgr_put_u64(json, "amount_msat", answer->query.amount.v);
    if (has_route) {
        put_route(json, answer);
    } else {
        fgr_put_no_parts(json);
    }
    put_stats(json, answer);
    fgr_json_object_end(json);
}
