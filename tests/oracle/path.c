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

static bool edge_carries(const struct fgr_view *view, uint32_t edge, uint64_t amount_msat)
{
    const struct fgr_half *half = &view->half[edge];
    return (half->flags & FGR_HALF_USABLE) != 0 && amount_msat >= half->htlc_min_msat &&
           amount_msat <= half->htlc_max_msat;
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
        if (!edge_carries(view, path->edge[i], amount_msat)) {
            return;
        }
        path->amount_msat[i] = amount_msat;
        fgr_cost_terms(&cost, &terms, view, path->edge[i], amount_msat, i == 0);
        path->cost_msat += terms.fee_msat + terms.risk_msat + terms.fail_msat;
        if (i > 0) {
            if (terms.fee_msat > FGR_MSAT_MAX) {
                return;
            }
            path->onion_bytes += fgr_path_forward_bytes(amount_msat);
            path->cltv_blocks += view->half[path->edge[i]].cltv_delta;
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
