/* SPDX-License-Identifier: MIT */
/*
 * path.h - prices one finished path from first principles: amounts, fee, cost, CLTV, onion bytes.
 *
 * Place in the flow: view + query + edges -> price. Every oracle and several tests judge by it; it
 * knows nothing of any search. Only the three cost terms come from engine/cost.h, which
 * tests/property/test_cost.c checks against long double logarithms; with an overlay, only -ln P.
 *
 * Threads: pure, any thread.
 * Source: design section 3; BOLT 4 (payload and its length, HMAC); BOLT 7 (fee).
 */
#ifndef FGR_TESTS_ORACLE_PATH_H
#define FGR_TESTS_ORACLE_PATH_H

#include "engine/cost.h"
#include "fulgurite/overlay.h"

#define FGR_PATH_HOPS_MAX 32

struct fgr_path {
    uint32_t n_hops;
    uint32_t edge[FGR_PATH_HOPS_MAX]; /* from the source on */

    /* Filled by fgr_path_price. */
    bool carries; /* usable half-channels, each HTLC within its minimum and maximum */
    uint64_t amount_msat[FGR_PATH_HOPS_MAX];
    uint64_t fee_msat;
    uint64_t cost_msat;
    uint64_t cltv_blocks; /* final delta included */
    uint64_t onion_bytes;
};

/* Onion bytes of the hop that forwards `amount_msat`, and of the one that keeps it. Block heights
 * are unknown here: every expiry counts 3 bytes (heights 65 536 to 16 777 215). */
uint64_t fgr_path_forward_bytes(uint64_t amount_msat);
uint64_t fgr_path_final_bytes(uint64_t amount_msat, uint32_t extra_bytes);

/* A half-channel of the view or the query's overlay, as the public interface tells it. */
struct fgr_overlay_edge_info fgr_path_edge(const struct fgr_view *view,
                                           const struct fgr_route_query *query, uint32_t edge);

/* The half-channel that answers to the query call `name`, by looking at all. FGR_IDX_NONE = none. */
uint32_t fgr_path_edge_named(const struct fgr_view *view, const struct fgr_route_query *query,
                             uint32_t name);

/* Fills the second half of `path` from its edges. Prices stay 0 when the path does not carry. */
void fgr_path_price(struct fgr_path *path, const struct fgr_view *view,
                    const struct fgr_route_query *query);

/* True if a path that carries also keeps the query's fee, CLTV, hop and onion limits. */
bool fgr_path_within_limits(const struct fgr_path *path, const struct fgr_route_query *query);

#endif
