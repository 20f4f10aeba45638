/* SPDX-License-Identifier: MIT */
/*
 * run.h - one pass of the search: shared state of its two fronts. Private to the search.
 *
 * Place in the flow: search.c (which passes, in which order) -> run.c (the two fronts) ->
 * label.c (dominance) and finish.c (complete paths).
 *
 * Threads: one thread.
 */
#ifndef FGR_ENGINE_RUN_H
#define FGR_ENGINE_RUN_H

#include "engine/search.h"

/* What a pass keeps apart. Each mode is exact for more than the one before, and dearer. */
enum fgr_run_mode {
    FGR_RUN_PLAIN,   /* cost and amount; limits ignored */
    FGR_RUN_LIMITED, /* also expiry, hops, onion bytes; limits kept */
    FGR_RUN_STRICT   /* also which nodes were visited, amounts only equal: exact where a larger
                        amount opens a half-channel whose htlc_min the smaller one misses */
};

struct fgr_run {
    struct fgr_scratch *scratch;
    const struct fgr_search_task *task;
    const struct fgr_view *view;
    struct fgr_search_result *best; /* cost and edges of the best complete path so far */
    enum fgr_run_mode mode;
    bool is_too_long;    /* the best path has more than FGR_HOPS_MAX edges: not kept */
    bool is_exhausted;   /* no room for another label: the pass is unproven */
    uint64_t radius;     /* no unsettled node is nearer to the source */
    uint64_t blocked;    /* least bound of a path that needs a larger amount for an htlc_min */
    uint64_t work[2];    /* half-channels looked at: forward, backward */
    struct fgr_search_stats stats;
};

/* Runs the two fronts until best->cost is proven (for the mode), none is left or the work limit
 * ends it. `best` may hold a path to beat. Returns a lower bound for the mode, run->blocked apart;
 * FGR_COST_INF if nothing is left. */
uint64_t fgr_run(struct fgr_run *run);

/* Lower bound of the cost from the source to a node: exact at the delivered amount once settled,
 * the radius before. Rounded as the heap keys are, so that it never exceeds the truth. */
static inline uint64_t fgr_run_potential(const struct fgr_run *run,
                                         const struct fgr_node_state *state)
{
    if ((state->flags & FGR_NODE_SETTLED) == 0) {
        return run->radius;
    }
    return fgr_key_decode(fgr_key_encode(state->forward_cost));
}

/* ---- label.c ---- */

/* Whether a label at `node` may still become part of a route that keeps the limits. */
bool fgr_label_keeps_limits(const struct fgr_run *run, const struct fgr_label *label);

/* Adds `label` (its `next` is ignored) to the pool unless a label of its node dominates it; kills
 * those it dominates. Returns its index, FGR_IDX_NONE if it was dominated or there is no room
 * (run->is_exhausted). */
uint32_t fgr_label_add(struct fgr_run *run, const struct fgr_label *label,
                       struct fgr_node_state *state);

/* Whether the way of `label` to the destination passes `node`. */
bool fgr_label_visits(const struct fgr_scratch *scratch, uint32_t label, uint32_t node);

/* ---- finish.c ---- */

/* Completes a label along the forward tree, with exact amounts; keeps it if it is the best. */
void fgr_finish_tree(struct fgr_run *run, uint32_t label);

/* Completes a label over each half-channel that enters its node straight from the source. */
void fgr_finish_source(struct fgr_run *run, uint32_t label);

/* Notes that a half-channel would take part if more arrived: see run.blocked. */
void fgr_finish_blocked(struct fgr_run *run, const struct fgr_label *label, uint32_t edge,
                        uint64_t potential);

#endif
