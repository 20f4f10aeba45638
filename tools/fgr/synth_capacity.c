/* SPDX-License-Identifier: MIT */
/*
 * In the real network the normal score of a capacity is explained best by one number per node, the
 * mean of its group (how many channels it has) plus a taste of its own: both added up, and the
 * smaller one twice more, since it is the smaller end that limits a channel. The rest is noise, most
 * of it common to the channels of a pair, more of it among large nodes. A channel's rank by score
 * among the live (or dead) channels is read off the curve of their capacities.
 */
#include "tools/fgr/synth_capacity.h"

#include "graph/util/array.h"
#include "tools/fgr/synth_score.h"
#include "tools/fgr/synth_tables.h"

#include <stdlib.h>

static int16_t node_size(const struct fgr_synth_net *net, uint32_t node)
{
    const struct fgr_synth_node *end = &net->nodes[node];
    const struct fgr_synth_size *size = node < net->n_live_nodes
                                            ? &fgr_synth_live_size[end->live_group]
                                            : &fgr_synth_dead_size[end->dead_group];
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_SIZE, node);
    return (int16_t)(size->mean_q10 + fgr_synth_score_noise(&rng) * size->spread_q10 / 1024);
}

void fgr_synth_capacity_sizes(struct fgr_synth_net *net)
{
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        net->nodes[i].size_q10 = node_size(net, i);
    }
}

int32_t fgr_synth_capacity_pair(const struct fgr_synth_net *net, uint32_t a, uint32_t b)
{
    const struct fgr_synth_node *node_a = &net->nodes[a];
    const struct fgr_synth_node *node_b = &net->nodes[b];
    int32_t low = node_a->size_q10 < node_b->size_q10 ? node_a->size_q10 : node_b->size_q10;
    unsigned group =
        node_a->live_group < node_b->live_group ? node_a->live_group : node_b->live_group;
    /* a name for the pair: nodes are below 2^26 (FGR_SYNTH_NODES_MAX) */
    uint64_t pair = a < b ? (uint64_t)a << 26 | b : (uint64_t)b << 26 | a;
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_PAIR, pair);
    int32_t noise = fgr_synth_score_noise(&rng) * fgr_synth_pair_noise_q10[group] / 1024;
    return node_a->size_q10 + node_b->size_q10 + 2 * low + noise;
}

/* Channels first .. end - 1 by rank of their score. */
static void assign(struct fgr_synth_net *net, uint64_t *keys, uint32_t first, uint32_t end,
                   const struct fgr_synth_curve *capacity)
{
    uint32_t n = end - first;
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_CAPACITY, first);
    for (uint32_t i = 0; i < n; i++) {
        const struct fgr_synth_chan *chan = &net->chans[first + i];
        int32_t noise = fgr_synth_score_noise(&rng) * FGR_SYNTH_CAPACITY_NOISE_Q10 / 1024;
        int32_t pair = fgr_synth_capacity_pair(net, chan->node[0], chan->node[1]);
        keys[i] = fgr_synth_score_key(pair + noise, i);
    }
    fgr_synth_score_sort(keys, n);
    uint64_t last = 0;
    for (uint32_t rank = 0; rank < n; rank++) {
        uint64_t value = fgr_synth_curve_rank(capacity, rank, n);
        /* the common values are round where people chose them; of the others, half are */
        bool is_round = value != last && fgr_rng_below(&rng, 2) == 0;
        uint32_t i = fgr_synth_score_item(keys[rank]);
        net->chans[first + i].capacity_sat = is_round ? fgr_synth_curve_round(value, 2) : value;
        last = value;
    }
}

enum fgr_err fgr_synth_capacity_assign(struct fgr_synth_net *net, struct fgr_error *err)
{
    uint64_t *keys = fgr_array_new(net->n_chans, sizeof *keys, err);
    if (keys == NULL) {
        return FGR_ERR_MEMORY;
    }
    assign(net, keys, 0, net->n_live_chans, &fgr_synth_live_capacity);
    assign(net, keys, net->n_live_chans, net->n_chans, &fgr_synth_dead_capacity);
    free(keys);
    return FGR_OK;
}
