/* SPDX-License-Identifier: MIT */
#include "tests/oracle/path.h"

static uint64_t truncated_bytes(uint64_t value)
{
    uint64_t n = 0;
    for (; value != 0; value >>= 8) {
        n++;
    }
    return n;
}

static uint64_t bigsize_bytes(uint64_t value)
{
    return value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
}

/* One TLV record whose type and length are below 253. */
static uint64_t record_bytes(uint64_t value_bytes)
{
    return 1 + 1 + value_bytes;
}

/* Length prefix, payload, HMAC. */
static uint64_t hop_bytes(uint64_t payload_bytes)
{
    return bigsize_bytes(payload_bytes) + payload_bytes + 32;
}

uint64_t fgr_path_forward_bytes(uint64_t amount_msat)
{
    return hop_bytes(record_bytes(truncated_bytes(amount_msat)) + record_bytes(3) +
                     record_bytes(8));
}

uint64_t fgr_path_final_bytes(uint64_t amount_msat, uint32_t extra_bytes)
{
    uint64_t amount_bytes = truncated_bytes(amount_msat);
    return hop_bytes(record_bytes(amount_bytes) + record_bytes(3) +
                     record_bytes(32 + amount_bytes) + extra_bytes);
}

struct fgr_overlay_edge_info fgr_path_edge(const struct fgr_view *view,
                                           const struct fgr_route_query *query, uint32_t edge)
{
    struct fgr_overlay_edge_info info = {0};
    if (query->overlay != NULL) {
        info.usable =
            fgr_overlay_edge(query->overlay, &info, (fgr_edge_idx){edge}) == FGR_OK && info.usable;
        return info;
    }
    const struct fgr_half *half = &view->half[edge];
    info.from.v = fgr_view_edge_from(view, edge);
    info.to.v = fgr_view_edge_to(view, edge);
    info.origin.v = edge;
    info.htlc_min.v = half->htlc_min_msat;
    info.htlc_max.v = half->htlc_max_msat;
    info.base_msat = half->base_msat;
    info.ppm = half->ppm;
    info.cltv_delta = half->cltv_delta;
    info.usable = (half->flags & FGR_HALF_USABLE) != 0;
    return info;
}

uint32_t fgr_path_edge_named(const struct fgr_view *view, const struct fgr_route_query *query,
                             uint32_t name)
{
    uint32_t n_edges = fgr_overlay_n_edges(view, query->overlay);
    if (query->overlay == NULL) {
        return name < n_edges && fgr_path_edge(view, query, name).usable ? name : FGR_IDX_NONE;
    }
    for (uint32_t edge = 0; edge < n_edges; edge++) {
        struct fgr_overlay_edge_info info = fgr_path_edge(view, query, edge);
        uint32_t own_name = info.origin.v == FGR_IDX_NONE ? edge : info.origin.v;
        if (info.usable && own_name == name) {
            return edge;
        }
    }
    return FGR_IDX_NONE;
}

/* fee and cost of one half-channel in an overlay: max(0, fee + risk + fail + bias). */
static void price_extra(struct fgr_cost_terms *terms, uint64_t *out_cost_msat,
                        const struct fgr_overlay_edge_info *info, const struct fgr_cost *cost,
                        uint64_t amount_msat)
{
    struct fgr_prob_range range = {info->min.v, info->max.v, info->capacity.v};
    uint64_t neg_ln_q48 = fgr_prob_known_neg_ln_q48(cost->model, amount_msat, &range);
    terms->fail_msat = (uint64_t)(((fgr_u128)cost->fail_msat * neg_ln_q48) >> 48);
    uint64_t sum = terms->fee_msat + terms->risk_msat + terms->fail_msat;
    bool is_free = info->bias_msat < 0 && sum <= (uint64_t)-info->bias_msat;
    *out_cost_msat = is_free ? 0 : sum + (uint64_t)info->bias_msat;
}

void fgr_path_price(struct fgr_path *path, const struct fgr_view *view,
                    const struct fgr_route_query *query)
{
    struct fgr_cost cost;
    struct fgr_cost_terms terms;
    uint64_t amount_msat = query->amount.v;

    fgr_cost_init(&cost, &query->cost, amount_msat);
    path->carries = false;
    path->fee_msat = 0;
    path->cost_msat = 0;
    path->cltv_blocks = query->final_cltv;
    path->onion_bytes = fgr_path_final_bytes(amount_msat, query->final_bytes);
    for (uint32_t i = path->n_hops; i-- > 0;) {
        struct fgr_overlay_edge_info info = fgr_path_edge(view, query, path->edge[i]);
        if (!info.usable || amount_msat < info.htlc_min.v || amount_msat > info.htlc_max.v) {
            return;
        }
        path->amount_msat[i] = amount_msat;
        uint64_t cost_msat;
        if (path->edge[i] < 2 * view->n_chans) {
            fgr_cost_terms(&cost, &terms, view, path->edge[i], amount_msat, i == 0);
            cost_msat = terms.fee_msat + terms.risk_msat + terms.fail_msat;
        } else {
            terms.fee_msat = i == 0 ? 0 : fgr_fee_msat(amount_msat, info.base_msat, info.ppm);
            terms.risk_msat =
                i == 0 ? 0 : fgr_risk_msat(amount_msat, info.cltv_delta, cost.risk_ppb);
            price_extra(&terms, &cost_msat, &info, &cost, amount_msat);
        }
        path->cost_msat += cost_msat;
        if (i > 0) {
            if (terms.fee_msat > FGR_MSAT_MAX) {
                return;
            }
            path->onion_bytes += fgr_path_forward_bytes(amount_msat);
            path->cltv_blocks += info.cltv_delta;
            path->fee_msat += terms.fee_msat;
            amount_msat += terms.fee_msat;
        }
    }
    path->carries = true;
}

bool fgr_path_within_limits(const struct fgr_path *path, const struct fgr_route_query *query)
{
    return path->fee_msat <= query->max_fee.v && path->cltv_blocks <= query->max_cltv &&
           path->n_hops <= query->max_hops && path->onion_bytes <= FGR_ONION_BYTES;
}
