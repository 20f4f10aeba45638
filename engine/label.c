/* SPDX-License-Identifier: MIT */
/*
 * Which ways to the destination are worth keeping at a node.
 *
 * Way A dominates way B if whatever can be put in front of B can be put in front of A, for no more
 * cost. Fees and all other terms grow with the amount, so it is enough that A costs no more and
 * needs no larger amount; where limits bind, also no more expiry, hops and onion bytes.
 *
 * One thing can break it: what is put in front may have a half-channel whose htlc_min B's larger
 * amount satisfies and A's smaller one misses. PLAIN and LIMITED passes notice each half-channel
 * that misses its htlc_min and could still matter (fgr_finish_blocked). If there is one, a STRICT
 * pass keeps amounts below the largest such htlc_min apart, and notices in turn whether that was
 * not large enough.
 *
 * Then loops. What is put in front may pass a node of A. Cutting the loop out leaves a cheaper way
 * with a smaller amount: fine, unless again that amount misses an htlc_min. A STRICT pass refuses
 * loops and notes where it did (run.looped); if that could still matter, a FULL pass also asks
 * that A visits no node that B does not.
 */
#include "engine/run.h"

uint32_t fgr_label_at(const struct fgr_scratch *scratch, uint32_t label, uint32_t node)
{
    uint32_t at = label;
    while (at != FGR_IDX_NONE && scratch->label[at].node != node) {
        at = scratch->label[at].parent;
    }
    return at;
}

/* Every node of `a`'s way lies on `b`'s. */
static bool visits_subset(const struct fgr_scratch *scratch, const struct fgr_label *a,
                          const struct fgr_label *b)
{
    for (uint32_t at = a->parent; at != FGR_IDX_NONE; at = scratch->label[at].parent) {
        if (fgr_label_at(scratch, b->parent, scratch->label[at].node) == FGR_IDX_NONE) {
            return false;
        }
    }
    return true;
}

static bool dominates(const struct fgr_run *run, const struct fgr_label *a,
                      const struct fgr_label *b)
{
    if (a->cost > b->cost || a->amount_msat > b->amount_msat) {
        return false;
    }
    if (run->mode == FGR_RUN_PLAIN) {
        return true;
    }
    if (a->cltv > b->cltv || a->hops > b->hops || a->bytes > b->bytes) {
        return false;
    }
    if (run->mode == FGR_RUN_LIMITED) {
        return true;
    }
    return (a->amount_msat == b->amount_msat || a->amount_msat >= run->top_msat) &&
           (run->mode == FGR_RUN_STRICT || visits_subset(run->scratch, a, b));
}

/* What lies ahead of a node at least. */
struct ahead {
    uint64_t fee_msat;
    uint32_t cltv;
    uint32_t hops;
};

static struct ahead ahead_of(const struct fgr_run *run, uint32_t node)
{
    const struct fgr_limit_bound *bound = &run->scratch->bound;
    const struct fgr_limits *limits = &run->task->limits;
    if (!run->has_bounds) {
        return (struct ahead){0, 0, 0};
    }
    return (struct ahead){limits->fee_msat == FGR_MSAT_NONE ? 0 : bound->fee_msat[node],
                          limits->cltv == FGR_LIMIT_NONE ? 0 : bound->cltv[node],
                          bound->hops[node]};
}

bool fgr_label_keeps_limits(const struct fgr_run *run, const struct fgr_label *label)
{
    const struct fgr_limits *limits = &run->task->limits;
    struct ahead ahead = ahead_of(run, label->node);
    uint64_t fee_msat = label->amount_msat - run->task->amount_msat;
    uint64_t bytes = label->bytes;
    if (ahead.hops > 0) {
        bytes += (uint64_t)(ahead.hops - 1) * fgr_onion_hop_bytes(label->amount_msat);
    }
    return (uint64_t)ahead.hops + label->hops <= limits->hops &&
           (uint64_t)ahead.cltv + label->cltv <= limits->cltv && bytes <= limits->bytes &&
           fee_msat <= limits->fee_msat && ahead.fee_msat <= limits->fee_msat - fee_msat;
}

uint32_t fgr_label_new(struct fgr_run *run, const struct fgr_label *label)
{
    struct fgr_scratch *s = run->scratch;
    if (s->n_labels >= run->max_labels) {
        run->is_exhausted = true;
        return FGR_IDX_NONE;
    }
    s->label[s->n_labels] = *label;
    return s->n_labels++;
}

bool fgr_label_keep(struct fgr_run *run, uint32_t idx, struct fgr_node_state *state)
{
    struct fgr_label *pool = run->scratch->label;
    struct fgr_label *label = &pool[idx];
    /* The list is kept by rising cost: only those up to the new cost can dominate it, only those
     * from there on can be dominated by it. */
    uint32_t *link = &state->label;
    while (*link != FGR_IDX_NONE && pool[*link].cost <= label->cost) {
        if (dominates(run, &pool[*link], label)) {
            return false;
        }
        link = &pool[*link].next;
    }
    uint32_t *own_link = link;
    uint32_t rest = *link;
    link = &rest;
    while (*link != FGR_IDX_NONE) {
        struct fgr_label *other = &pool[*link];
        if (dominates(run, label, other)) {
            other->state = FGR_LABEL_DEAD;
            *link = other->next;
        } else {
            link = &other->next;
        }
    }
    *own_link = idx;
    label->next = rest;
    label->state = FGR_LABEL_OPEN;
    state->label_cost = pool[state->label].cost;
    return true;
}
