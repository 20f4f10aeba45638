/* SPDX-License-Identifier: MIT */
/*
 * brute.h - every simple path of a tiny graph, one after the other.
 *
 * Place in the flow: view + query -> all paths -> the best one, and which limits would help.
 * No label is ever compared with another and no limit is looked at before a path is complete: what
 * comes out holds by enumeration. Judges fgr_route, its `explain`, and the Pareto oracle.
 *
 * Threads: pure, any thread. Time: exponential in the nodes; up to about 8 of them.
 */
#ifndef FGR_TESTS_ORACLE_BRUTE_H
#define FGR_TESTS_ORACLE_BRUTE_H

#include "tests/oracle/path.h"

#define FGR_BRUTE_NONE UINT64_MAX

struct fgr_brute_answer {
    bool is_found;
    struct fgr_path best; /* least cost within every limit; the first found on a tie */

    bool is_connected; /* some path of usable half-channels, whatever they carry */
    bool is_carried;   /* some path carries the amount, whatever the limits */

    /* The smallest value of one limit with which, all others unchanged, a route exists;
     * FGR_BRUTE_NONE = none. For onion bytes it is the smallest onion. */
    uint64_t needed_fee_msat;
    uint64_t needed_cltv;
    uint64_t needed_hops;
    uint64_t needed_bytes;

    uint64_t max_amount_msat; /* largest amount any path carries, whatever the limits; 0 = none */
};

/* `with_amounts`: also fill max_amount_msat, which costs 61 more pricings per path. */
void fgr_brute_solve(struct fgr_brute_answer *out_answer, const struct fgr_view *view,
                     const struct fgr_route_query *query, bool with_amounts);

#endif
