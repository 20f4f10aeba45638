/* SPDX-License-Identifier: MIT */
/*
 * parts.h - which of the paths of a flow become parts, and their amounts in whole msat.
 *
 * Place in the flow: flow (paths and amounts of the relaxation) -> parts -> split (the answer).
 *
 * Threads: one thread per flow.
 * Memory: inside the scratch of the split.
 */
#ifndef FGR_ENGINE_PARTS_H
#define FGR_ENGINE_PARTS_H

#include "engine/mix.h"
#include "engine/search.h"
#include "fulgurite/split.h"

struct fgr_parts_task {
    struct fgr_cost cost;
    struct fgr_limits limits; /* `fee_msat` of all parts together, the others of each */
    uint64_t amount_msat;
    uint64_t min_part_msat;
    uint64_t part_cost_msat;
    uint32_t max_parts;
    uint32_t final_bytes; /* beyond amount, expiry and payment_data */
};

struct fgr_parts_one {
    uint64_t amount_msat;
    uint32_t path; /* in the mix */
};

/* Parts and what they cost; no parts: none found. */
struct fgr_parts {
    uint32_t n_parts;
    uint64_t cost_msat; /* FGR_COST_INF while they break a limit */
    uint64_t fee_msat;
    struct fgr_parts_one part[FGR_PARTS_MAX];
};

/* split.c: what fgr_split and fgr_split_check have in common. Errors: ARG, naming the field. */
enum fgr_err fgr_split_query_check(const struct fgr_view *view, const struct fgr_split_query *query,
                                   struct fgr_error *err);
void fgr_split_task(struct fgr_parts_task *out_task, const struct fgr_split_query *query);

/* Onion bytes of the final hop of a part: it names its own amount and that of the whole payment. */
uint32_t fgr_parts_final_bytes(const struct fgr_parts_task *task, uint64_t part_msat);

/* What one part more costs with those that are there, and its fee on top of `fee_msat`; FGR_COST_INF if
 * it breaks a limit. Takes it in; forgets all. */
uint64_t fgr_parts_price_one(const struct fgr_mix *mix, const struct fgr_parts_task *task,
                             const struct fgr_parts_one *part, uint64_t *fee_msat);
void fgr_parts_put(struct fgr_mix *mix, const struct fgr_parts_one *part);
void fgr_parts_clear(struct fgr_mix *mix);

/* Exact cost and fee of the parts, which are sorted by falling amount; FGR_COST_INF if a limit is
 * broken. */
void fgr_parts_price(struct fgr_mix *mix, struct fgr_parts *parts,
                     const struct fgr_parts_task *task);

/* Opens, closes and rebalances parts until what they cost with their fixed charges is least, as far as
 * it finds, within max_parts, min_part and the limits of their paths; then makes integers of the
 * amounts. The prices of the mix have fixed charges apart. False if the paths do not suffice. */
bool fgr_parts_choose(struct fgr_mix *mix, struct fgr_parts *out_parts,
                      const struct fgr_parts_task *task);

#endif
