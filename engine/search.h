/* SPDX-License-Identifier: MIT */
/*
 * search.h - the cheapest path under limits, with a proof.
 *
 * Place in the flow: view + cost + limits -> search -> edges, cost, bound.
 *
 * Threads: one scratch per thread, any number on one view.
 */
#ifndef FGR_ENGINE_SEARCH_H
#define FGR_ENGINE_SEARCH_H

#include "engine/cost.h"
#include "engine/scratch.h"

#define FGR_LIMIT_NONE UINT32_MAX

struct fgr_limits {
    uint64_t fee_msat; /* FGR_MSAT_NONE = no limit; FGR_LIMIT_NONE for the others */
    uint32_t cltv;     /* without the final delta */
    uint32_t hops;     /* never above FGR_HOPS_MAX */
    uint32_t bytes;    /* for all hops, the final one included */
};

struct fgr_search_task {
    const struct fgr_view *view;
    const struct fgr_overlay *overlay; /* NULL = none */
    struct fgr_cost cost;
    struct fgr_limits limits;
    uint32_t from;
    uint32_t to;
    uint64_t amount_msat;
    uint32_t final_bytes;      /* framed payload of the destination */
    uint32_t max_gap_ppm;      /* stop when cost <= bound * (1 + gap) */
    uint32_t max_labels;       /* of a pass of run.c */
    uint32_t max_labels_apart; /* of a pass of apart.c, where labels are dearer */
};

struct fgr_search_result {
    uint64_t cost;  /* FGR_COST_INF = none found */
    uint64_t bound; /* nothing under the limits costs less; FGR_COST_INF = proven that none is */
    uint32_t n_edges;
    uint32_t edge[FGR_HOPS_MAX]; /* from the source on */
    struct fgr_search_stats stats;
};

/* Always gives a valid bound. cost == bound is a proof; they differ only by max_gap_ppm or because
 * the work limit ended the search. */
void fgr_search(struct fgr_scratch *scratch, struct fgr_search_result *out_result,
                const struct fgr_search_task *task);

/* What a msat of fees costs at least: nothing where a discount may make up for it. All bounds that
 * count fees which are still missing for an htlc_min go by this. */
static inline uint64_t fgr_search_fee_weight(const struct fgr_search_task *task)
{
    bool has_discount =
        task->overlay != NULL && task->overlay->has_discount && task->cost.bias_weight > 0;
    return has_discount ? 0 : task->cost.fee_weight;
}

/* Whether a path keeps the limits, its amounts counted as the public contract does. */
bool fgr_search_keeps_limits(const struct fgr_search_task *task, const uint32_t *edges,
                             uint32_t n_edges);

/* Whether `bound` proves the result well enough. */
static inline bool fgr_search_is_proven(const struct fgr_search_task *task,
                                        const struct fgr_search_result *result, uint64_t bound)
{
    return bound >= result->cost ||
           (result->cost < FGR_COST_INF && task->max_gap_ppm > 0 &&
            (fgr_u128)result->cost * 1000000 <= (fgr_u128)bound * (1000000 + task->max_gap_ppm));
}

#endif
