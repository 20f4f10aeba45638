/* SPDX-License-Identifier: MIT */
#include "tools/fgr/split_answer.h"

#include "graph/util/clock.h"
#include "tools/fgr/cut.h"
#include "tools/fgr/names.h"
#include "tools/fgr/put.h"

#include <stdio.h>
#include <string.h>

void fgr_split_answer_find_nodes(struct fgr_split_answer *answer, const char *from, const char *to)
{
    const struct fgr_overlay *overlay = answer->query.overlay;
    struct fgr_error *err = &answer->error;
    answer->elapsed_ns = 0;
    answer->code = fgr_names_find_node(answer->view, overlay, &answer->query.from, from, err);
    if (answer->code == FGR_OK) {
        answer->code = fgr_names_find_node(answer->view, overlay, &answer->query.to, to, err);
    }
}

void fgr_split_answer_run(struct fgr_split_answer *answer, struct fgr_splitter *splitter)
{
    uint64_t start_ns = fgr_clock_ns();
    enum fgr_err code =
        fgr_split(splitter->split, &answer->split, answer->view, &answer->query, &answer->error);
    answer->elapsed_ns = fgr_clock_ns() - start_ns;
    answer->code = code == FGR_ERR_WORK ? FGR_ERR_NO_ROUTE : code;
    if (answer->code == FGR_ERR_NO_ROUTE) {
        fgr_shortfall_find(&answer->why, splitter, answer->view, &answer->query,
                           code == FGR_ERR_NO_ROUTE);
    }
}

/* The reason where there are sets of parts, but none as wished. */
static const char not_met[] = "not_met";

void fgr_split_answer_wish(struct fgr_split_answer *answer, struct fgr_splitter *splitter,
                           struct fgr_wish *wish)
{
    struct fgr_error error;
    uint64_t start_ns = fgr_clock_ns();
    enum fgr_err code = fgr_wish_run(wish, answer->view, &answer->query, &error);
    uint64_t elapsed_ns = fgr_clock_ns() - start_ns;
    answer->code = code;
    if (code == FGR_OK && wish->kind == FGR_WISH_CURVE) {
        answer->split = wish->curve.point[0].split;
    } else if (code == FGR_OK) {
        answer->query = wish->choice.query;
        answer->split = wish->choice.split;
    } else if (code == FGR_ERR_NO_ROUTE || code == FGR_ERR_WORK) {
        fgr_split_answer_run(answer, splitter);
    }
    if (code != FGR_OK && answer->code == FGR_OK) {
        answer->code = FGR_ERR_NO_ROUTE;
        memset(&answer->why, 0, sizeof answer->why);
        answer->why.code = not_met;
    }
    if (code != FGR_OK) {
        answer->error = error;
    }
    answer->elapsed_ns = elapsed_ns;
}

void fgr_split_answer_text(char *out_text, size_t n_bytes, const struct fgr_split_answer *answer)
{
    const char *text = answer->error.text;
    if (strcmp(answer->why.code, not_met) == 0) {
        bool is_small = text[0] >= 'a' && text[0] <= 'z';
        snprintf(out_text, n_bytes, "%c%s.", is_small ? text[0] - 'a' + 'A' : text[0], text + 1);
    } else {
        fgr_shortfall_text(out_text, n_bytes, answer->view, &answer->query, &answer->why);
    }
}

void fgr_split_answer_counters(struct fgr_counter out_counters[FGR_SPLIT_COUNTERS],
                               const struct fgr_shortfall *why)
{
    const struct fgr_capacity *capacity = &why->capacity;
    const uint64_t *enough = why->enough;
    const struct fgr_counter counters[FGR_SPLIT_COUNTERS] = {
        {"at_most_msat", "any set of parts delivers at most, msat", capacity->at_most.v, false},
        {"at_least_msat", "a set of parts delivers, msat", capacity->at_least.v, false},
        {"at_least_parts", "  its parts", capacity->n_parts, false},
        {"cut_channels", "channels that stop the rest", capacity->n_cut, false},
        {"enough_parts", "part limit that would work", enough[FGR_SPLIT_LIMIT_PARTS], true},
        {"enough_min_part_msat", "least part that would work, msat",
         enough[FGR_SPLIT_LIMIT_MIN_PART], true},
        {"enough_fee_msat", "fee limit that would work, msat", enough[FGR_SPLIT_LIMIT_FEE], true},
        {"enough_cltv", "CLTV limit that would work, blocks", enough[FGR_SPLIT_LIMIT_CLTV], true},
        {"enough_hops", "hop limit that would work", enough[FGR_SPLIT_LIMIT_HOPS], true},
    };
    memcpy(out_counters, counters, sizeof counters);
}

static void put_part(struct fgr_json_writer *json, const struct fgr_split_answer *answer,
                     const struct fgr_part *part, const struct fgr_envelope *envelope, uint32_t i)
{
    fgr_json_object_begin(json);
    fgr_put_u64(json, "amount_msat", part->amount.v);
    fgr_put_u64(json, "fee_msat", part->fee.v);
    fgr_put_probability(json, part->probability);
    fgr_put_u64(json, "cltv_total", part->cltv_total);
    fgr_put_hops(json, answer->view, answer->query.overlay, part->hops, part->n_hops);
    if (envelope != NULL) {
        fgr_envelope_put_part(json, envelope, i);
    }
    fgr_json_object_end(json);
}

static void put_parts(struct fgr_json_writer *json, const struct fgr_split_answer *answer,
                      const struct fgr_split *split, const struct fgr_envelope *envelope)
{
    fgr_put_u64(json, "fee_msat", split->fee.v);
    fgr_put_u64(json, "cost_msat", split->cost.v);
    fgr_put_u64(json, "bound_msat", split->bound.v);
    fgr_put_u64(json, "rounding_msat", split->rounding.v);
    fgr_put_u64(json, "gap_ppm", split->gap_ppm);
    fgr_put_probability(json, split->probability);
    fgr_json_key(json, "parts");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < split->n_parts; i++) {
        put_part(json, answer, &split->parts[i], envelope, i);
    }
    fgr_json_array_end(json);
}

static void put_points(struct fgr_json_writer *json, const struct fgr_split_answer *answer,
                       const struct fgr_curve *curve)
{
    fgr_json_key(json, "points");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < curve->n_points; i++) {
        fgr_json_object_begin(json);
        fgr_put_u64(json, "fail_msat", curve->point[i].fail.v);
        put_parts(json, answer, &curve->point[i].split, NULL);
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
}

static void put_counters(struct fgr_json_writer *json, const struct fgr_counter *counters,
                         unsigned n_counters)
{
    for (unsigned i = 0; i < n_counters; i++) {
        fgr_put_u64(json, counters[i].key, counters[i].value);
    }
}

static void put_why(struct fgr_json_writer *json, const struct fgr_split_answer *answer,
                    bool has_cut)
{
    const struct fgr_shortfall *why = &answer->why;
    struct fgr_counter single[FGR_ANSWER_COUNTERS];
    struct fgr_counter parts[FGR_SPLIT_COUNTERS];
    char text[FGR_ANSWER_TEXT_BYTES];
    fgr_split_answer_text(text, sizeof text, answer);
    fgr_answer_counters(single, &why->single);
    fgr_split_answer_counters(parts, why);
    fgr_json_object_begin(json);
    fgr_put_text(json, "code", why->code);
    fgr_put_text(json, "text", text);
    fgr_json_key(json, "proven");
    fgr_json_bool(json, why->is_proven);
    put_counters(json, single, FGR_ANSWER_COUNTERS);
    put_counters(json, parts, FGR_SPLIT_COUNTERS);
    if (has_cut) {
        fgr_cut_put(json, answer->view, answer->query.overlay, &why->capacity);
    }
    fgr_json_object_end(json);
}

static void put_stats(struct fgr_json_writer *json, const struct fgr_split_answer *answer)
{
    const struct fgr_split_stats *stats = &answer->split.stats;
    fgr_json_key(json, "stats");
    fgr_json_object_begin(json);
    fgr_put_u64(json, "settled", stats->settled);
    fgr_put_u64(json, "relaxed", stats->relaxed);
    fgr_put_u64(json, "rounds", stats->rounds);
    fgr_put_u64(json, "paths", stats->paths);
    fgr_put_u64(json, "elapsed_ns", answer->elapsed_ns);
    fgr_json_object_end(json);
}

void fgr_split_answer_json(struct fgr_json_writer *json, const struct fgr_split_answer *answer,
                           const struct fgr_split_style *style)
{
    if (answer->code != FGR_OK && answer->code != FGR_ERR_NO_ROUTE) {
        fgr_put_error(json, style->id, style->n_id, &answer->error);
        return;
    }
    bool has_route = answer->code == FGR_OK;
    fgr_put_head(json, style->id, style->n_id, has_route ? "ok" : "no_route");
    if (has_route) {
        fgr_json_null(json);
    } else {
        put_why(json, answer, style->has_cut);
    }
    fgr_put_u64(json, "amount_msat", answer->query.amount.v);
    if (has_route && style->envelope != NULL) {
        fgr_envelope_put(json, style->envelope);
    }
    if (has_route && style->wish != NULL && style->wish->kind == FGR_WISH_CURVE) {
        put_points(json, answer, &style->wish->curve);
    } else if (has_route) {
        put_parts(json, answer, &answer->split, style->envelope);
    } else {
        fgr_put_no_parts(json);
    }
    if (has_route && style->wish != NULL && style->wish->kind != FGR_WISH_CURVE) {
        fgr_wish_put(json, style->wish);
    }
    put_stats(json, answer);
    fgr_json_object_end(json);
}
