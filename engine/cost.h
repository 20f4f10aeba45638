/* SPDX-License-Identifier: MIT */
/*
 * cost.h - what one half-channel costs for an amount: fee, timelock risk and failure, in msat.
 *
 * Place in the flow: view + query -> cost -> search, check, explain.
 *
 * Everything is an integer and monotone: a larger amount never costs less on the same
 * half-channel. All lower bounds of the search rest on that.
 *
 * Threads: pure, any thread.
 * Source: design section 3; Pickhardt and Richter 2021 (-ln P); LND's risk factor; LND's bimodal
 * and LDK's density as restated in prob.h.
 */
#ifndef FGR_ENGINE_COST_H
#define FGR_ENGINE_COST_H

#include "fulgurite/route.h"
#include "graph/view.h"

/* The parameters of one query, resolved: M is fixed for the whole payment. */
struct fgr_cost {
    uint64_t fail_msat; /* M */
    uint32_t risk_ppb;  /* R */
    enum fgr_prob_model model;
};

struct fgr_cost_terms {
    uint64_t fee_msat;
    uint64_t risk_msat;
    uint64_t fail_msat;
};

/* Cost of a route that does not exist or overflows; the sum of two never wraps. */
#define FGR_COST_INF (UINT64_MAX / 4)

void fgr_cost_init(struct fgr_cost *out_cost, const struct fgr_cost_params *params,
                   uint64_t amount_msat);

/* M * -ln P for `amount_msat` <= capacity_msat. */
uint64_t fgr_cost_fail(const struct fgr_cost *cost, uint64_t amount_msat, uint64_t capacity_msat);

/* All three terms of half-channel `edge` carrying `amount_msat`, which is at most its htlc_max.
 * `is_first`: the edge leaves the source of the payment, so fee and risk are 0. */
void fgr_cost_terms(const struct fgr_cost *cost, struct fgr_cost_terms *out_terms,
                    const struct fgr_view *view, uint32_t edge, uint64_t amount_msat,
                    bool is_first);

#endif
