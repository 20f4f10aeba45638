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

/* What a pass keeps apart. */
enum fgr_run_mode {
    FGR_RUN_PLAIN,  /* cost and amount; limits ignored */
    FGR_RUN_LIMITED /* also expiry, hops, onion bytes; limits kept */
};

struct fgr_run {
    struct fgr_scratch *scratch;
    const struct fgr_search_task *task;
    const struct fgr_view *view;
    struct fgr_search_result *best; /* cost and edges of the best complete path so far */
    enum fgr_run_mode mode;
    struct fgr_scan_terms forward_terms; /* at the delivered amount */
    bool keeps_limits;                   /* only complete paths within the limits count */
    bool is_too_long;         /* the best path has more than FGR_HOPS_MAX edges: not kept */
    bool is_exhausted;        /* no room for another label: the pass is unproven */
    uint64_t source_min_msat; /* least htlc_min of the source's half-channels */
    uint64_t source_max_msat; /* their largest htlc_max */
    uint64_t radius;          /* no unsettled node is nearer to the source */
    uint64_t blocked;         /* least bound of a path that needs a larger amount for an htlc_min */
    uint64_t work[2];         /* of the forward and the backward front: who moves next */
    struct fgr_search_stats stats;
};

/* Runs the two fronts until best->cost is proven (for the mode), none is left or the work limit
 * ends it. `best` may hold a path to beat. Returns a lower bound for the mode, `blocked` apart;
 * FGR_COST_INF if nothing is left. */
uint64_t fgr_run(struct fgr_run *run);

/* Lower bound of what a label of `amount_msat` at `node` still has to pay: the forward cost, exact
 * at the delivered amount once settled and the radius before; and the fees that are missing for
 * the source's least htlc_min. Rounded as the heap keys are, so that it never exceeds the truth. */
static inline uint64_t fgr_run_potential(const struct fgr_run *run, uint32_t node,
                                         uint64_t amount_msat)
{
    const struct fgr_scratch *s = run->scratch;
    uint64_t ahead = run->radius;
    if (fgr_bitset_has(s->settled, node)) {
        ahead = fgr_key_decode(fgr_key_encode(s->node[node].forward_cost));
    }
    if (FGR_UNLIKELY(amount_msat < run->source_min_msat)) {
        uint64_t weight = fgr_search_fee_weight(run->task);
        uint64_t missing = (run->source_min_msat - amount_msat) * weight;
        return missing > ahead ? missing : ahead;
    }
    return ahead;
}

/* ---- label.c ---- */

/* Whether a label may still become part of a route that keeps the limits. Needs
 * fgr_bound_fill. */
bool fgr_label_keeps_limits(const struct fgr_scratch *scratch, const struct fgr_search_task *task,
                            const struct fgr_label *label);

/* Puts `label` into the pool. FGR_IDX_NONE if there is no room (run->is_exhausted). */
uint32_t fgr_label_new(struct fgr_run *run, const struct fgr_label *label);

/* Puts a priced label into its node's list, open, and kills those it dominates. False if it is
 * dominated itself. */
bool fgr_label_keep(struct fgr_run *run, uint32_t label, struct fgr_node_state *state);

/* The label at `node` on the way of `label` to the destination, FGR_IDX_NONE if it is not there. */
uint32_t fgr_label_at(const struct fgr_scratch *scratch, uint32_t label, uint32_t node);

/* ---- finish.c ---- */

/* Completes a label along the forward tree, with exact amounts; keeps it if it is the best. */
void fgr_finish_tree(struct fgr_run *run, uint32_t label);

/* Completes a label over each half-channel that enters its node straight from the source. */
void fgr_finish_source(struct fgr_run *run, uint32_t label);

/* Notes that a half-channel would take part if more arrived: see run.blocked. */
void fgr_finish_blocked(struct fgr_run *run, const struct fgr_label *label, uint32_t edge,
                        uint64_t potential);

#endif
