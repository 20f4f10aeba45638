/* SPDX-License-Identifier: MIT */
/*
 * Diagnosis by asking again. What no channel can change is known from the single route's diagnosis
 * (an end without channels, or with none for so little, nodes that are not joined) and from a minimum cut: no set of parts of
 * any size delivers more than that. Else a limit of the query is in the way: each is taken away
 * alone, and the set that is found then says what would have been enough; if none alone helps, all
 * of them together are.
 */
#include "tools/fgr/shortfall.h"

#include "tools/fgr/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Any set of parts will do. */
#define ANY_GAP_PPM 1000000

enum fgr_err fgr_splitter_init(struct fgr_splitter *out_splitter, const struct fgr_view *view,
                               struct fgr_error *err)
{
    *out_splitter = (struct fgr_splitter){0};
    enum fgr_err code = fgr_scratch_create(&out_splitter->route, view, NULL, err);
    if (code == FGR_OK) {
        code = fgr_split_scratch_create(&out_splitter->split, view, NULL, err);
    }
    if (code == FGR_OK) {
        code = fgr_capacity_scratch_create(&out_splitter->capacity, view, NULL, err);
    }
    if (code != FGR_OK) {
        fgr_splitter_deinit(out_splitter);
    }
    return code;
}

void fgr_splitter_deinit(struct fgr_splitter *splitter)
{
    fgr_scratch_destroy(splitter->route);
    fgr_split_scratch_destroy(splitter->split);
    fgr_capacity_scratch_destroy(splitter->capacity);
    *splitter = (struct fgr_splitter){0};
}

/* Why one part does not do. */
static void explain_single(struct fgr_shortfall *out, struct fgr_splitter *splitter,
                           const struct fgr_view *view, const struct fgr_split_query *query)
{
    struct fgr_route_query single;
    struct fgr_route route;
    struct fgr_error err;
    fgr_route_query_init(&single, query->from, query->to, query->amount);
    single.max_fee = query->max_fee;
    single.max_cltv = query->max_cltv;
    single.max_hops = query->max_hops;
    single.final_cltv = query->final_cltv;
    single.final_bytes = query->final_bytes;
    single.cost = query->cost;
    single.overlay = query->overlay;
    if (fgr_route(splitter->route, &route, &out->single, view, &single, &err) == FGR_OK) {
        out->single.reason = FGR_REASON_NONE;
    }
}

/* Whether the amount is above every set of parts, however small: then no limit is at fault. */
static bool is_above_capacity(struct fgr_shortfall *out, struct fgr_splitter *splitter,
                              const struct fgr_view *view, const struct fgr_split_query *query)
{
    struct fgr_split_query small = *query;
    struct fgr_error err;
    small.min_part.v = 1;
    bool is_above =
        fgr_capacity(splitter->capacity, &out->capacity, view, &small, &err) == FGR_OK &&
        query->amount.v > out->capacity.at_most.v;
    if (fgr_capacity(splitter->capacity, &out->capacity, view, query, &err) != FGR_OK) {
        out->capacity = (struct fgr_capacity){0};
    }
    return is_above;
}

/* Takes a limit away. False if there was none. */
static bool loosen(struct fgr_split_query *query, enum fgr_split_limit limit)
{
    const struct fgr_split_query tight = *query;
    switch (limit) {
    case FGR_SPLIT_LIMIT_PARTS:
        query->max_parts = FGR_PARTS_MAX;
        return tight.max_parts < FGR_PARTS_MAX;
    case FGR_SPLIT_LIMIT_MIN_PART:
        query->min_part.v = 1;
        return tight.min_part.v > 1;
    case FGR_SPLIT_LIMIT_FEE:
        query->max_fee.v = FGR_MSAT_NONE;
        return tight.max_fee.v != FGR_MSAT_NONE;
    case FGR_SPLIT_LIMIT_CLTV:
        query->max_cltv = UINT32_MAX;
        return tight.max_cltv < UINT32_MAX;
    case FGR_SPLIT_LIMIT_HOPS:
        query->max_hops = FGR_HOPS_MAX;
        return tight.max_hops < FGR_HOPS_MAX;
    case FGR_SPLIT_LIMITS:
        break;
    }
    return false;
}

/* The tightest limit of its kind that the set keeps. */
static uint64_t used(const struct fgr_split *split, enum fgr_split_limit limit)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < split->n_parts; i++) {
        const struct fgr_part *part = &split->parts[i];
        uint64_t value = limit == FGR_SPLIT_LIMIT_CLTV ? part->cltv_total : part->n_hops;
        most = value > most ? value : most;
    }
    switch (limit) {
    case FGR_SPLIT_LIMIT_PARTS:
        return split->n_parts;
    case FGR_SPLIT_LIMIT_MIN_PART:
        return split->parts[split->n_parts - 1].amount.v;
    case FGR_SPLIT_LIMIT_FEE:
        return split->fee.v;
    case FGR_SPLIT_LIMIT_CLTV:
    case FGR_SPLIT_LIMIT_HOPS:
    case FGR_SPLIT_LIMITS:
        break;
    }
    return most;
}

/* Whether the set would not have kept the limit of the query. */
static bool is_beyond(const struct fgr_split_query *query, enum fgr_split_limit limit,
                      uint64_t value)
{
    switch (limit) {
    case FGR_SPLIT_LIMIT_PARTS:
        return value > query->max_parts;
    case FGR_SPLIT_LIMIT_MIN_PART:
        return value < query->min_part.v;
    case FGR_SPLIT_LIMIT_FEE:
        return value > query->max_fee.v;
    case FGR_SPLIT_LIMIT_CLTV:
        return value > query->max_cltv;
    case FGR_SPLIT_LIMIT_HOPS:
        return value > query->max_hops;
    case FGR_SPLIT_LIMITS:
        break;
    }
    return false;
}

static const char *const limit_codes[FGR_SPLIT_LIMITS] = {"parts_limit", "min_part_limit",
                                                          "fee_limit", "cltv_limit", "hop_limit"};

/* Which limit is at fault. */
static const char *try_limits(struct fgr_shortfall *out, struct fgr_splitter *splitter,
                              const struct fgr_view *view, const struct fgr_split_query *query)
{
    struct fgr_split_query any_query = *query;
    any_query.max_gap_ppm = ANY_GAP_PPM;
    struct fgr_split_query free_query = any_query;
    struct fgr_split split;
    struct fgr_error err;
    const char *code = NULL;
    for (unsigned limit = 0; limit < FGR_SPLIT_LIMITS; limit++) {
        struct fgr_split_query one = any_query;
        loosen(&free_query, limit);
        bool is_found =
            loosen(&one, limit) && fgr_split(splitter->split, &split, view, &one, &err) == FGR_OK;
        uint64_t value = is_found ? used(&split, limit) : 0;
        if (is_found && is_beyond(query, limit, value)) {
            out->enough[limit] = value;
            code = code == NULL ? limit_codes[limit] : code;
        }
    }
    if (code != NULL) {
        return code;
    }
    bool is_possible = fgr_split(splitter->split, &split, view, &free_query, &err) == FGR_OK;
    return is_possible ? "limits" : "amount_blocked";
}

void fgr_shortfall_find(struct fgr_shortfall *out_shortfall, struct fgr_splitter *splitter,
                        const struct fgr_view *view, const struct fgr_split_query *query,
                        bool is_proven)
{
    struct fgr_shortfall *out = out_shortfall;
    *out = (struct fgr_shortfall){.is_proven = is_proven};
    explain_single(out, splitter, view, query);
    switch (out->single.reason) {
    case FGR_REASON_SAME_NODE:
    case FGR_REASON_NO_CHANNEL_OUT:
    case FGR_REASON_NO_CHANNEL_IN:
    case FGR_REASON_AMOUNT_BELOW_OUT: /* no part is larger */
    case FGR_REASON_AMOUNT_BELOW_IN:
    case FGR_REASON_NOT_CONNECTED:
        out->is_proven = true;
        out->code = fgr_reason_str(out->single.reason);
        return;
    case FGR_REASON_NONE:
    case FGR_REASON_AMOUNT_ABOVE_OUT:
    case FGR_REASON_AMOUNT_ABOVE_IN:
    case FGR_REASON_AMOUNT_BLOCKED:
    case FGR_REASON_FEE_LIMIT:
    case FGR_REASON_CLTV_LIMIT:
    case FGR_REASON_HOP_LIMIT:
    case FGR_REASON_ONION_LIMIT:
    case FGR_REASON_LIMITS:
    case FGR_REASON_WORK_LIMIT:
        break;
    }
    if (is_above_capacity(out, splitter, view, query)) {
        out->is_proven = true;
        out->code = "amount_above_capacity";
    } else {
        out->code = try_limits(out, splitter, view, query);
        out->is_proven |= query->amount.v > out->capacity.at_most.v;
    }
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *place(const struct fgr_capacity *capacity)
{
    if (capacity->is_cut_at_source) {
        return "out of the source";
    }
    return capacity->is_cut_at_destination ? "into the destination" : "on the way";
}

static void capacity_text(char *out_text, size_t n_bytes, const struct fgr_split_query *query,
                          const struct fgr_capacity *capacity)
{
    char amount[FGR_UNITS_TEXT_BYTES];
    char most[FGR_UNITS_TEXT_BYTES];
    snprintf(out_text, n_bytes,
             "%s sat is above what any set of parts delivers: the %" PRIu32
             " channel%s %s %s%s %s sat in all.",
             fgr_units_sat(amount, query->amount), capacity->n_cut, capacity->n_cut == 1 ? "" : "s",
             place(capacity), query->overlay == NULL ? "hold" : "can send",
             query->overlay == NULL && capacity->n_cut == 1 ? "s" : "",
             fgr_units_sat(most, capacity->at_most));
}

/* One limit is at fault. */
static void limit_text(char *out_text, size_t n_bytes, const struct fgr_split_query *query,
                       const struct fgr_shortfall *shortfall, enum fgr_split_limit limit)
{
    char tight[FGR_UNITS_TEXT_BYTES];
    char wide[FGR_UNITS_TEXT_BYTES];
    const fgr_msat enough = {shortfall->enough[limit]};
    switch (limit) {
    case FGR_SPLIT_LIMIT_PARTS:
        snprintf(out_text, n_bytes,
                 "No set of %" PRIu32 " part%s was found; with a limit of %d, one of %" PRIu64
                 " was.",
                 query->max_parts, query->max_parts == 1 ? "" : "s", FGR_PARTS_MAX, enough.v);
        break;
    case FGR_SPLIT_LIMIT_MIN_PART:
        snprintf(
            out_text, n_bytes,
            "No set of parts of at least %s sat was found; one was whose least part is %s sat.",
            fgr_units_sat(tight, query->min_part), fgr_units_sat(wide, enough));
        break;
    case FGR_SPLIT_LIMIT_FEE:
        snprintf(out_text, n_bytes,
                 "No set of parts was found for the fee limit of %s sat; one was for %s sat.",
                 fgr_units_sat(tight, query->max_fee), fgr_units_sat(wide, enough));
        break;
    case FGR_SPLIT_LIMIT_CLTV:
        snprintf(out_text, n_bytes,
                 "No set of parts was found within the CLTV limit of %" PRIu32
                 " blocks; one was within %" PRIu64 ".",
                 query->max_cltv, enough.v);
        break;
    case FGR_SPLIT_LIMIT_HOPS:
        snprintf(out_text, n_bytes,
                 "No set of parts was found within the hop limit of %" PRIu32
                 "; one was within %" PRIu64 ".",
                 query->max_hops, enough.v);
        break;
    case FGR_SPLIT_LIMITS:
        break;
    }
}

void fgr_shortfall_text(char *out_text, size_t n_bytes, const struct fgr_view *view,
                        const struct fgr_split_query *query, const struct fgr_shortfall *shortfall)
{
    const struct fgr_capacity *capacity = &shortfall->capacity;
    char amount[FGR_UNITS_TEXT_BYTES];
    char least[FGR_UNITS_TEXT_BYTES];
    for (unsigned limit = 0; limit < FGR_SPLIT_LIMITS; limit++) {
        if (shortfall->enough[limit] != 0) {
            limit_text(out_text, n_bytes, query, shortfall, limit);
            return;
        }
    }
    if (strcmp(shortfall->code, "amount_above_capacity") == 0) {
        capacity_text(out_text, n_bytes, query, capacity);
    } else if (strcmp(shortfall->code, "limits") == 0) {
        snprintf(out_text, n_bytes,
                 "No set of parts was found that keeps all limits; loosening any single one is not "
                 "enough, loosening all is.");
    } else if (strcmp(shortfall->code, "amount_blocked") == 0) {
        snprintf(
            out_text, n_bytes,
            "No set of up to %d parts was found for %s sat; what can be delivered for certain is "
            "%s sat in %" PRIu64 ".",
            FGR_PARTS_MAX, fgr_units_sat(amount, query->amount),
            fgr_units_sat(least, capacity->at_least), capacity->n_parts);
    } else {
        struct fgr_route_query single;
        fgr_route_query_init(&single, query->from, query->to, query->amount);
        single.overlay = query->overlay;
        fgr_explain_text(out_text, n_bytes, view, &single, &shortfall->single);
    }
}
