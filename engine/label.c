/* SPDX-License-Identifier: MIT */
/*
 * Which ways to the destination are worth keeping at a node.
 *
 * Way A dominates way B if whatever can be put in front of B can be put in front of A, for no more
 * cost. Fees and all other terms grow with the amount, so it is enough that A costs no more and
 * needs no larger amount; where limits bind, also no more expiry, hops and onion bytes.
 *
 * One thing can break it: what is put in front may have a half-channel whose htlc_min B's larger
 * amount satisfies and A's smaller one misses. These passes notice each half-channel that misses
 * its htlc_min and could still matter (fgr_finish_blocked); apart.c takes over if there is one.
 *
 * Loops need no care: leaving one out gives a cheaper way with a smaller amount, the same case.
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

static bool dominates(const struct fgr_run *run, const struct fgr_label *a,
                      const struct fgr_label *b)
{
    return a->cost <= b->cost && a->amount_msat <= b->amount_msat &&
           (run->mode == FGR_RUN_PLAIN ||
            (a->cltv <= b->cltv && a->hops <= b->hops && a->bytes <= b->bytes));
}

/* What lies ahead of a node at least. */
struct ahead {
    uint64_t fee_msat;
    uint32_t cltv;
    uint32_t hops;
};

static struct ahead ahead_of(const struct fgr_scratch *scratch, const struct fgr_limits *limits,
                             uint32_t node)
{
    const struct fgr_limit_bound *bound = &scratch->bound;
    return (struct ahead){limits->fee_msat == FGR_MSAT_NONE ? 0 : bound->fee_msat[node],
                          limits->cltv == FGR_LIMIT_NONE ? 0 : bound->cltv[node],
                          bound->hops[node]};
}

bool fgr_label_keeps_limits(const struct fgr_scratch *scratch, const struct fgr_search_task *task,
                            const struct fgr_label *label)
{
    const struct fgr_limits *limits = &task->limits;
    struct ahead ahead = ahead_of(scratch, limits, label->node);
    uint64_t fee_msat = label->amount_msat - task->amount_msat;
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
    if (s->n_labels >= run->task->max_labels) {
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
