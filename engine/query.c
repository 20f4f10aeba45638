/* SPDX-License-Identifier: MIT */
#include "engine/query.h"

#include <inttypes.h>

#include "graph/util/error.h"

/* A blinded path from the payer: nobody forwards over it, so it would have to be unwrapped first. */
static enum fgr_err check_blinded(const struct fgr_overlay *overlay, uint32_t from,
                                  struct fgr_error *err)
{
    struct fgr_overlay_list list = fgr_overlay_out(overlay, from);
    for (uint32_t i = 0; i < list.n; i++) {
        const struct fgr_overlay_edge *edge = fgr_overlay_own(overlay, list.edge[i]);
        if (edge->is_blinded) {
            return fgr_fail(err, FGR_ERR_ARG,
                            "blinded path 0x0x%" PRIu32 " of the overlay starts at the payer: "
                            "unwrap its first hop and state it from the next node on",
                            fgr_scid_output(edge->scid));
        }
    }
    return FGR_OK;
}

static enum fgr_err check_ends(const struct fgr_view *view, const struct fgr_route_query *query,
                               struct fgr_error *err)
{
    const struct fgr_overlay *overlay = query->overlay;
    if (overlay != NULL && overlay->view != view) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "the overlay was made for another view: make it for the one in use");
    }
    uint32_t n_nodes = fgr_overlay_n_nodes(view, overlay);
    if (query->from.v >= n_nodes || query->to.v >= n_nodes) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "node index %" PRIu32 " is not in the view, which has %" PRIu32 " nodes%s",
                        query->from.v >= n_nodes ? query->from.v : query->to.v, n_nodes,
                        overlay == NULL ? "" : " with those of the overlay");
    }
    return check_blinded(overlay, query->from.v, err);
}

enum fgr_err fgr_query_check(const struct fgr_view *view, const struct fgr_route_query *query,
                             struct fgr_error *err)
{
    if (query->sz != sizeof *query) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "query.sz is %zu, this library knows %zu: use fgr_route_query_init",
                        query->sz, sizeof *query);
    }
    enum fgr_err rc = check_ends(view, query, err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (query->amount.v == 0 || query->amount.v > FGR_MSAT_MAX) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "amount %" PRIu64 " msat: must be 1 msat to 21 million BTC",
                        query->amount.v);
    }
    if (query->max_hops < 1 || query->max_hops > FGR_HOPS_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "max_hops %" PRIu32 ": must be 1 to %d", query->max_hops,
                        FGR_HOPS_MAX);
    }
    if (query->final_cltv > query->max_cltv) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "max_cltv %" PRIu32 " is below final_cltv %" PRIu32
                        ": no route can keep it",
                        query->max_cltv, query->final_cltv);
    }
    if (query->final_bytes > FGR_ONION_BYTES) {
        return fgr_fail(err, FGR_ERR_ARG, "final_bytes %" PRIu32 ": an onion has %d bytes in all",
                        query->final_bytes, FGR_ONION_BYTES);
    }
    struct fgr_cost cost;
    fgr_cost_init(&cost, &query->cost, query->amount.v);
    if (cost.fail_msat > FGR_FAIL_MSAT_MAX || cost.risk_ppb > FGR_RISK_PPB_MAX) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "a failure at %" PRIu64 " msat or a risk of %" PRIu32
                        " ppb: at most %" PRIu64 " msat and %d ppb fit",
                        cost.fail_msat, cost.risk_ppb, FGR_FAIL_MSAT_MAX, FGR_RISK_PPB_MAX);
    }
    switch (query->cost.model) {
    case FGR_PROB_UNIFORM:
    case FGR_PROB_BIMODAL:
    case FGR_PROB_LDK:
        return FGR_OK;
    }
    return fgr_fail(err, FGR_ERR_ARG, "probability model %d is unknown", (int)query->cost.model);
}

void fgr_query_task(struct fgr_search_task *out_task, const struct fgr_view *view,
                    const struct fgr_route_query *query)
{
    uint64_t asked = query->max_labels;
    uint32_t max_labels = asked < FGR_LABELS_MAX ? (uint32_t)asked : FGR_LABELS_MAX;
    *out_task = (struct fgr_search_task){
        .view = view,
        .overlay = query->overlay,
        .limits = {.fee_msat = query->max_fee.v,
                   .cltv = query->max_cltv - query->final_cltv,
                   .hops = query->max_hops,
                   .bytes = FGR_ONION_BYTES},
        .from = query->from.v,
        .to = query->to.v,
        .amount_msat = query->amount.v,
        .final_bytes = fgr_onion_final_bytes(query->amount.v, query->final_bytes),
        .max_gap_ppm = query->max_gap_ppm,
        .max_labels = asked > 0 ? max_labels : FGR_LABELS_MAX,
        .max_labels_apart = asked > 0 ? max_labels : FGR_LABELS_APART,
    };
    fgr_cost_init(&out_task->cost, &query->cost, query->amount.v);
}
