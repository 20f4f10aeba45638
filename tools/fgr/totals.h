/* SPDX-License-Identifier: MIT */
/*
 * totals.h - what an answer comes to, for people: fee, timelock, probability, cost by its terms, the
 * bound that proves it.
 *
 * Place in the flow: route or split -> totals -> terminal.
 *
 * Threads: one thread per struct fgr_totals.
 */
#ifndef FGR_TOOLS_TOTALS_H
#define FGR_TOOLS_TOTALS_H

#include "fulgurite/route.h"

/* Cost terms of hops, added up. */
struct fgr_cost_terms {
    uint64_t fee_msat;
    uint64_t risk_msat;
    uint64_t fail_msat;
    int64_t bias_msat; /* of an overlay */
};

void fgr_cost_terms_add(struct fgr_cost_terms *terms, const struct fgr_hop *hops, uint32_t n_hops);

struct fgr_totals {
    fgr_msat amount;
    fgr_msat cost;
    fgr_msat bound;
    uint64_t gap_ppm;
    double probability;
    uint32_t cltv_total; /* of the part that is locked for the longest time */
    uint32_t final_cltv;
    struct fgr_cost_terms terms;
};

void fgr_totals_print(const struct fgr_totals *totals, bool has_color);

/* What it took. */
void fgr_totals_print_search(uint64_t settled, uint64_t relaxed, uint64_t elapsed_ns);

#endif
