/* SPDX-License-Identifier: MIT */
/*
 * A configuration model with preferences. Each node has as many stubs as its degree; a random stub
 * is taken, its partner's group is drawn with probability (stubs left in the group) * (affinity of
 * the two groups), and the partner is a random stub of that group. Affinities are how often groups
 * meet in the real network over how often chance alone would join them, so the stubs of all groups
 * run out together and the wanted mix holds to the end. A pair that meets opens further channels at
 * once with a probability that depends on how large theirs are; meeting again by chance is
 * avoided, since large nodes would do it far more often than in the real network. One hashed bit a
 * pair remembers who met: now and then it is wrong, which costs another draw.
 *
 * Stubs lie in shuffled lists, one of all nodes (whose turn is it) and one per group (whom does it
 * meet). A stub that is used through one list stays in the other: entries of a node without stubs
 * left are skipped. Each list holds at least as many entries of a node as it has stubs left.
 *
 * At the end only stubs of a single node may be left. No degree exceeds the number of channels, so
 * there is a channel between two others; it gives way to two channels with that node.
 */
#include "tools/fgr/synth_match.h"

#include "graph/util/array.h"
#include "graph/util/attr.h"
#include "tools/fgr/synth_capacity.h"
#include "tools/fgr/synth_tables.h"

#include <stdlib.h>

#define GROUPS_MAX FGR_SYNTH_LIVE_GROUPS
#define NOBODY UINT32_MAX

/* Draws before a pair meets again, or else all partners are looked through. */
#define TRIES 16

#define MET_BITS_PER_CHANNEL 16

struct list {
    uint32_t *nodes;
    uint32_t n;
};

struct match {
    struct fgr_rng rng;
    struct fgr_synth_chan *chans; /* of this pool */
    uint32_t n_chans;
    uint32_t n_made;
    const struct fgr_synth_net *net;
    uint32_t n_nodes;
    uint32_t *left;       /* stubs, per node */
    const uint8_t *group; /* per node */
    unsigned n_groups;
    const uint16_t *affinity; /* n_groups x n_groups */
    uint64_t group_left[GROUPS_MAX];
    struct list turns;
    struct list partners[GROUPS_MAX];
    uint64_t *met; /* 2^met_log bits */
    unsigned met_log;
};

static void use_stub(struct match *match, uint32_t node)
{
    match->left[node]--;
    match->group_left[match->group[node]]--;
}

static uint64_t met_bit(const struct match *match, uint32_t a, uint32_t b)
{
    uint64_t pair = a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
    return pair * UINT64_C(0x9e3779b97f4a7c15) >> (64 - match->met_log);
}

static bool has_met(const struct match *match, uint32_t a, uint32_t b)
{
    uint64_t bit = met_bit(match, a, b);
    return (match->met[bit / 64] >> bit % 64 & 1) != 0;
}

static void make(struct match *match, uint32_t a, uint32_t b)
{
    struct fgr_synth_chan *chan = &match->chans[match->n_made++];
    uint64_t bit = met_bit(match, a, b);
    match->met[bit / 64] |= UINT64_C(1) << bit % 64;
    chan->node[0] = a;
    chan->node[1] = b;
}

/* Takes entries off the end until one has a stub left. */
static uint32_t take(struct match *match, struct list *list)
{
    while (list->n > 0) {
        uint32_t node = list->nodes[--list->n];
        if (match->left[node] > 0) {
            return node;
        }
    }
    return NOBODY;
}

static unsigned draw_group(struct match *match, unsigned group)
{
    const uint16_t *affinity = match->affinity + (size_t)group * match->n_groups;
    uint64_t sum = 0;
    unsigned other = 0;
    for (unsigned i = 0; i < match->n_groups; i++) {
        sum += match->group_left[i] * affinity[i];
    }
    if (sum == 0) {
        return match->n_groups;
    }
    for (uint64_t x = fgr_rng_below(&match->rng, sum); other < match->n_groups; other++) {
        uint64_t share = match->group_left[other] * affinity[other];
        if (x < share) {
            break;
        }
        x -= share;
    }
    return other;
}

/* Anybody but `node`, in a fixed order. The stubs of `node` stay in the lists. */
static uint32_t find_partner(const struct match *match, uint32_t node)
{
    for (unsigned i = 0; i < match->n_groups; i++) {
        const struct list *list = &match->partners[i];
        uint64_t own = match->group[node] == i ? match->left[node] : 0;
        if (match->group_left[i] == own) {
            continue;
        }
        for (uint32_t j = list->n; j > 0; j--) {
            uint32_t other = list->nodes[j - 1];
            if (other != node && match->left[other] > 0) {
                return other;
            }
        }
    }
    return NOBODY;
}

static void put_back(struct match *match, struct list *list, uint32_t node)
{
    uint32_t place = (uint32_t)fgr_rng_below(&match->rng, list->n + UINT64_C(1));
    list->nodes[list->n++] = list->nodes[place];
    list->nodes[place] = node;
}

static uint32_t draw_partner(struct match *match, uint32_t node)
{
    uint32_t again = NOBODY;
    for (unsigned try = 0; try < TRIES; try++) {
        unsigned group = draw_group(match, match->group[node]);
        if (group == match->n_groups) {
            break;
        }
        uint32_t other = take(match, &match->partners[group]);
        if (other == node) {
            put_back(match, &match->partners[group], other);
        } else if (has_met(match, node, other)) {
            put_back(match, &match->partners[group], other);
            again = other;
        } else {
            return other;
        }
    }
    return again != NOBODY ? again : find_partner(match, node);
}

/* `node` has two stubs, nobody else has any: comes between the ends of another channel. */
static void step_between(struct match *match, uint32_t node)
{
    uint32_t place = (uint32_t)fgr_rng_below(&match->rng, match->n_made);
    struct fgr_synth_chan *chan = &match->chans[place];
    while (chan->node[0] == node || chan->node[1] == node) {
        place = place + 1 < match->n_made ? place + 1 : 0;
        chan = &match->chans[place];
    }
    uint32_t other = chan->node[1];
    chan->node[1] = node;
    use_stub(match, node);
    make(match, node, other);
}

/* Further channels of a pair, as far as both have stubs. The larger their channels are, the more
 * of them: where one would have to be larger than channels get, there are several. */
static void make_more(struct match *match, uint32_t a, uint32_t b)
{
    int32_t size = fgr_synth_capacity_pair(match->net, a, b);
    int32_t step = size < 512 ? 0 : (size - 512) / 512 + 1;
    step = step < FGR_SYNTH_SEVERAL_STEPS ? step : FGR_SYNTH_SEVERAL_STEPS - 1;
    if (fgr_rng_below(&match->rng, 1000) >= fgr_synth_several_permille[step]) {
        return;
    }
    uint64_t several = fgr_synth_curve_draw(&fgr_synth_multiplicity, &match->rng);
    for (int32_t i = 2; i < step; i++) {
        uint64_t other = fgr_synth_curve_draw(&fgr_synth_multiplicity, &match->rng);
        several = several > other ? several : other;
    }
    uint64_t more = several - 1;
    for (; more > 0 && match->left[a] > 0 && match->left[b] > 0; more--) {
        use_stub(match, a);
        use_stub(match, b);
        make(match, a, b);
    }
}

static void make_all(struct match *match)
{
    while (match->n_made < match->n_chans) {
        uint32_t node = take(match, &match->turns);
        use_stub(match, node);
        uint32_t other = draw_partner(match, node);
        if (other == NOBODY) {
            step_between(match, node);
        } else {
            use_stub(match, other);
            make(match, node, other);
            make_more(match, node, other);
        }
    }
}

/* Fills both kinds of lists from `left`. `stubs` has room for all stubs twice. */
static void fill_lists(struct match *match, uint32_t *stubs)
{
    uint32_t *next = stubs;
    match->turns.nodes = next;
    for (uint32_t node = 0; node < match->n_nodes; node++) {
        match->group_left[match->group[node]] += match->left[node];
        for (uint32_t i = 0; i < match->left[node]; i++) {
            *next++ = node;
        }
    }
    match->turns.n = (uint32_t)(next - stubs);
    fgr_rng_shuffle(&match->rng, match->turns.nodes, match->turns.n);
    for (unsigned i = 0; i < match->n_groups; i++) {
        match->partners[i].nodes = next;
        next += match->group_left[i];
    }
    for (uint32_t i = 0; i < match->turns.n; i++) {
        uint32_t node = match->turns.nodes[i];
        struct list *list = &match->partners[match->group[node]];
        list->nodes[list->n++] = node;
    }
    for (unsigned i = 0; i < match->n_groups; i++) {
        fgr_rng_shuffle(&match->rng, match->partners[i].nodes, match->partners[i].n);
    }
}

/* Matches one pool whose `left` and `group` (n_nodes each) are filled. */
static enum fgr_err run(struct match *match, struct fgr_error *err)
{
    uint32_t *stubs = fgr_array_new(4 * (size_t)match->n_chans, sizeof *stubs, err);
    match->met_log = FGR_LOG2_FLOOR((uint64_t)MET_BITS_PER_CHANNEL * match->n_chans | 64);
    match->met = fgr_array_new((size_t)1 << match->met_log >> 6, sizeof *match->met, err);
    bool is_ready = stubs != NULL && match->met != NULL;
    if (is_ready) {
        fill_lists(match, stubs);
        make_all(match);
    }
    free(match->met);
    free(stubs);
    return is_ready ? FGR_OK : FGR_ERR_MEMORY;
}

static enum fgr_err match_live(struct fgr_synth_net *net, uint32_t *left, uint8_t *group,
                               struct fgr_error *err)
{
    struct match match = {.chans = net->chans,
                          .n_chans = net->n_live_chans,
                          .net = net,
                          .n_nodes = net->n_live_nodes,
                          .left = left,
                          .group = group,
                          .n_groups = FGR_SYNTH_LIVE_GROUPS,
                          .affinity = &fgr_synth_live_affinity[0][0]};
    for (uint32_t i = 0; i < net->n_live_nodes; i++) {
        left[i] = net->nodes[i].live_degree;
        group[i] = net->nodes[i].live_group;
    }
    fgr_synth_stream(&match.rng, net->seed, FGR_SYNTH_STREAM_LIVE_PAIRS, 0);
    return run(&match, err);
}

static enum fgr_err match_dead(struct fgr_synth_net *net, uint32_t *left, uint8_t *group,
                               struct fgr_error *err)
{
    struct match match = {.chans = net->chans + net->n_live_chans,
                          .n_chans = net->n_chans - net->n_live_chans,
                          .net = net,
                          .n_nodes = net->n_nodes,
                          .left = left,
                          .group = group,
                          .n_groups = FGR_SYNTH_DEAD_GROUPS,
                          .affinity = &fgr_synth_dead_affinity[0][0]};
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        left[i] = net->nodes[i].dead_degree;
        group[i] = net->nodes[i].dead_group;
    }
    fgr_synth_stream(&match.rng, net->seed, FGR_SYNTH_STREAM_DEAD_PAIRS, 0);
    return run(&match, err);
}

enum fgr_err fgr_synth_match(struct fgr_synth_net *net, struct fgr_error *err)
{
    uint32_t *left = fgr_array_new(net->n_nodes, sizeof *left, err);
    uint8_t *group = fgr_array_new(net->n_nodes, sizeof *group, err);
    enum fgr_err rc = FGR_ERR_MEMORY;
    if (left != NULL && group != NULL) {
        rc = match_live(net, left, group, err);
        if (rc == FGR_OK) {
            rc = match_dead(net, left, group, err);
        }
    }
    free(group);
    free(left);
    return rc;
}
