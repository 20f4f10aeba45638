/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "fulgurite/route.h"
#include "graph/overlay.h"

const char *fgr_reason_str(enum fgr_reason reason)
{
    switch (reason) {
    case FGR_REASON_NONE:
        return "none";
    case FGR_REASON_SAME_NODE:
        return "same_node";
    case FGR_REASON_NO_CHANNEL_OUT:
        return "no_channel_out";
    case FGR_REASON_NO_CHANNEL_IN:
        return "no_channel_in";
    case FGR_REASON_AMOUNT_ABOVE_OUT:
        return "amount_above_out";
    case FGR_REASON_AMOUNT_ABOVE_IN:
        return "amount_above_in";
    case FGR_REASON_AMOUNT_BELOW_OUT:
        return "amount_below_out";
    case FGR_REASON_AMOUNT_BELOW_IN:
        return "amount_below_in";
    case FGR_REASON_NOT_CONNECTED:
        return "not_connected";
    case FGR_REASON_AMOUNT_BLOCKED:
        return "amount_blocked";
    case FGR_REASON_FEE_LIMIT:
        return "fee_limit";
    case FGR_REASON_CLTV_LIMIT:
        return "cltv_limit";
    case FGR_REASON_HOP_LIMIT:
        return "hop_limit";
    case FGR_REASON_ONION_LIMIT:
        return "onion_limit";
    case FGR_REASON_LIMITS:
        return "limits";
    case FGR_REASON_WORK_LIMIT:
        return "work_limit";
    }
    return "unknown";
}

/* 12345 msat as "12.345 sat"; every amount below 2^61 fits. */
struct sat_text {
    char text[32];
};

static struct sat_text sat(uint64_t msat)
{
    struct sat_text t;
    if (msat % 1000 == 0) {
        snprintf(t.text, sizeof t.text, "%" PRIu64 " sat", msat / 1000);
    } else {
        snprintf(t.text, sizeof t.text, "%" PRIu64 ".%03u sat", msat / 1000,
                 (unsigned)(msat % 1000));
    }
    return t;
}

static size_t printed(int n)
{
    return n > 0 ? (size_t)n : 0;
}

/* The amount does not fit the half-channels at one end. */
static size_t end_text(char *out, size_t n, const struct fgr_route_query *query,
                       const struct fgr_explain *e, bool is_out, bool is_above)
{
    uint32_t count = is_out ? e->out_enabled : e->in_enabled;
    uint64_t limit_msat = is_above ? (is_out ? e->largest_out.v : e->largest_in.v)
                                   : (is_out ? e->smallest_out.v : e->smallest_in.v);
    const char *end = is_out ? "out of the source" : "into the destination";
    const char *more = is_above ? "more than" : "less than";
    if (count == 1) {
        return printed(snprintf(out, n,
                                "%s is %s what the only enabled channel %s takes in one HTLC, %s.",
                                sat(query->amount.v).text, more, end, sat(limit_msat).text));
    }
    return printed(snprintf(out, n,
                            "%s is %s what any of the %" PRIu32
                            " enabled channels %s takes in one HTLC; the %s takes %s.",
                            sat(query->amount.v).text, more, count, end,
                            is_above ? "largest" : "smallest", sat(limit_msat).text));
}

static size_t limit_text(char *out, size_t n, const struct fgr_route_query *query,
                         const struct fgr_explain *e)
{
    switch (e->reason) {
    case FGR_REASON_FEE_LIMIT:
        return printed(snprintf(out, n,
                                "The fee limit of %s is too low: the cheapest route costs %s in "
                                "fees.",
                                sat(query->max_fee.v).text, sat(e->needed_fee.v).text));
    case FGR_REASON_CLTV_LIMIT:
        return printed(snprintf(out, n,
                                "The CLTV limit of %" PRIu32 " blocks is too low: the least any "
                                "route needs is %" PRIu32 ".",
                                query->max_cltv, e->needed_cltv));
    case FGR_REASON_HOP_LIMIT:
        return printed(snprintf(out, n,
                                "The hop limit of %" PRIu32 " is too low: the shortest route has "
                                "%" PRIu32 " hops.",
                                query->max_hops, e->needed_hops));
    case FGR_REASON_ONION_LIMIT:
        return printed(
            snprintf(out, n, "No route fits the onion: the smallest needs %" PRIu32 " of %d bytes.",
                     e->needed_bytes, FGR_ONION_BYTES));
    case FGR_REASON_LIMITS:
        return printed(snprintf(out, n,
                                "No route keeps the fee, CLTV, hop and onion limits together; "
                                "loosening any single one is not enough."));
    case FGR_REASON_NONE:
    case FGR_REASON_SAME_NODE:
    case FGR_REASON_NO_CHANNEL_OUT:
    case FGR_REASON_NO_CHANNEL_IN:
    case FGR_REASON_AMOUNT_ABOVE_OUT:
    case FGR_REASON_AMOUNT_ABOVE_IN:
    case FGR_REASON_AMOUNT_BELOW_OUT:
    case FGR_REASON_AMOUNT_BELOW_IN:
    case FGR_REASON_NOT_CONNECTED:
    case FGR_REASON_AMOUNT_BLOCKED:
    case FGR_REASON_WORK_LIMIT:
        break;
    }
    return 0;
}

size_t fgr_explain_text(char *out_text, size_t n_bytes, const struct fgr_view *view,
                        const struct fgr_route_query *query, const struct fgr_explain *explain)
{
    const struct fgr_explain *e = explain;
    switch (e->reason) {
    case FGR_REASON_NONE:
        return printed(snprintf(out_text, n_bytes, "There is a route."));
    case FGR_REASON_SAME_NODE:
        return printed(snprintf(out_text, n_bytes, "Source and destination are the same node."));
    case FGR_REASON_NO_CHANNEL_OUT:
        return printed(
            snprintf(out_text, n_bytes, "The source has no enabled channel to send over."));
    case FGR_REASON_NO_CHANNEL_IN:
        return printed(
            snprintf(out_text, n_bytes, "The destination has no enabled channel to receive over."));
    case FGR_REASON_AMOUNT_ABOVE_OUT:
        return end_text(out_text, n_bytes, query, e, true, true);
    case FGR_REASON_AMOUNT_ABOVE_IN:
        return end_text(out_text, n_bytes, query, e, false, true);
    case FGR_REASON_AMOUNT_BELOW_OUT:
        return end_text(out_text, n_bytes, query, e, true, false);
    case FGR_REASON_AMOUNT_BELOW_IN:
        return end_text(out_text, n_bytes, query, e, false, false);
    case FGR_REASON_NOT_CONNECTED:
        return printed(snprintf(out_text, n_bytes,
                                "No path of enabled channels joins the two nodes: the source "
                                "reaches %" PRIu32 " of %" PRIu32 " nodes, the destination is "
                                "reached from %" PRIu32 ".",
                                e->reachable_from_source, fgr_overlay_n_nodes(view, query->overlay),
                                e->reaching_destination));
    case FGR_REASON_AMOUNT_BLOCKED:
        return printed(snprintf(out_text, n_bytes,
                                "The nodes are joined, but no single path carries %s; the most "
                                "one path carries is %s.",
                                sat(query->amount.v).text, sat(e->max_amount.v).text));
    case FGR_REASON_FEE_LIMIT:
    case FGR_REASON_CLTV_LIMIT:
    case FGR_REASON_HOP_LIMIT:
    case FGR_REASON_ONION_LIMIT:
    case FGR_REASON_LIMITS:
        return limit_text(out_text, n_bytes, query, e);
    case FGR_REASON_WORK_LIMIT:
        return printed(snprintf(out_text, n_bytes,
                                "The search ended at its work limit before it found a route or "
                                "proved that there is none."));
    }
    return printed(snprintf(out_text, n_bytes, "There is no route.")); /* a reason unknown here */
}
