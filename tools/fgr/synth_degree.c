/* SPDX-License-Identifier: MIT */
/*
 * A rank in a network of any size is looked up in the calibrated curve as a share of all ranks:
 * the weight is the degree that this rank has in the real network. Ranks above the real network's
 * first (a network of more nodes has them) follow a power law with the exponent 1/2, about that of
 * the curve's upper end. Then all weights above the least degree are stretched by one factor until
 * the sum is that of the channels asked for: one channel stays one channel, so that the share of
 * leaves holds while channels are plentiful.
 */
#include "tools/fgr/synth_degree.h"

#include "graph/util/array.h"
#include "graph/util/attr.h"
#include "tools/fgr/synth_score.h"
#include "tools/fgr/synth_tables.h"

#include <stdlib.h>
#include <string.h>

/* The real network: nodes in pairs, since an even number of live ones always fits. */
#define REAL_NODES 17324
#define REAL_LIVE_NODE_PAIRS 3489
#define REAL_CHANS 50808
#define REAL_LIVE_CHANS 33893

/* Factors are in 2^-16. Above this one no network grows: every degree is at its cap. */
#define STRETCH_BITS 16
#define STRETCH_MAX (UINT64_C(1) << 40)

/* Score of a live node for dead channels: this much for each doubling of its live channels, up to
 * the size from where it no longer matters. */
#define STALE_PER_DOUBLING_Q10 369
#define STALE_DOUBLINGS_MAX_Q10 8704

/* Degrees to be fitted: item i has at least 0 (i < first_one) or 1. */
struct fit {
    const uint32_t *weights;
    uint32_t *degrees;
    uint32_t n;
    uint32_t first_one;
    uint64_t sum;
    uint64_t cap;
};

void fgr_synth_degree_split(struct fgr_synth_net *net)
{
    uint64_t nodes = net->n_nodes;
    uint64_t chans = net->n_chans;
    uint64_t pairs = (nodes * REAL_LIVE_NODE_PAIRS + REAL_NODES / 2) / REAL_NODES;
    uint64_t live = 2 * (pairs > 0 ? pairs : 1);
    uint64_t least_dead = (nodes - live + 1) / 2;
    uint64_t live_chans = (chans * REAL_LIVE_CHANS + REAL_CHANS / 2) / REAL_CHANS;
    if (live_chans > chans - least_dead || least_dead == 0) {
        live_chans = chans - least_dead;
    }
    if (live_chans < live / 2) {
        live_chans = live / 2;
    }
    net->n_live_nodes = (uint32_t)live;
    net->n_live_chans = (uint32_t)live_chans;
}

static uint64_t square_root(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        if ((root + bit) * (root + bit) <= x) {
            root += bit;
        }
    }
    return root;
}

/* Degree that rank `rank` of `n` has in the real network. */
static uint32_t rank_weight(const struct fgr_synth_curve *curve, uint64_t rank, uint64_t n)
{
    uint64_t first = curve->points[0].at_ppm;
    uint64_t place = (2 * rank + 1) * 1000000; /* in 1 / 2n of a millionth */
    uint64_t top = curve->points[0].value;
    if (place < first * 2 * n) {
        return (uint32_t)square_root(top * top * first * 2 * n / place);
    }
    return (uint32_t)fgr_synth_curve_rank(curve, rank, n);
}

static uint64_t stretched(const struct fit *fit, uint32_t item, uint64_t stretch)
{
    uint64_t least = item >= fit->first_one;
    uint64_t weight = fit->weights[item];
    uint64_t half = UINT64_C(1) << (STRETCH_BITS - 1);
    uint64_t more = weight <= least ? 0 : ((weight - least) * stretch + half) >> STRETCH_BITS;
    uint64_t degree = least + more;
    return degree < fit->cap ? degree : fit->cap;
}

static bool is_too_much(const struct fit *fit, uint64_t stretch)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < fit->n && sum <= fit->sum; i++) {
        sum += stretched(fit, i, stretch);
    }
    return sum > fit->sum;
}

/* What rounding left over goes round in single channels, from the largest down; leaves get some
 * only where nobody else can take more. */
static void spread_rest(const struct fit *fit, uint64_t rest)
{
    for (unsigned pass = 0; rest > 0; pass++) {
        for (uint32_t i = 0; i < fit->n && rest > 0; i++) {
            if (fit->degrees[i] < fit->cap && (pass > 0 || fit->weights[i] > 1)) {
                fit->degrees[i]++;
                rest--;
            }
        }
    }
}

/* The cap keeps small networks from drowning in parallel channels. It leaves room for twice the sum,
 * and is at most half of the sum: a node cannot pair with itself. */
static void fit_degrees(struct fit *fit)
{
    fit->cap = fit->n - 1;
    while (fit->cap * fit->n < 2 * fit->sum) {
        fit->cap *= 2;
    }
    fit->cap = fit->cap < fit->sum / 2 ? fit->cap : fit->sum / 2;
    uint64_t low = 0;
    uint64_t high = STRETCH_MAX;
    while (low + 1 < high) {
        uint64_t middle = low + (high - low) / 2;
        if (is_too_much(fit, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    uint64_t rest = fit->sum;
    for (uint32_t i = 0; i < fit->n; i++) {
        uint64_t degree = stretched(fit, i, low);
        fit->degrees[i] = (uint32_t)degree;
        rest -= degree;
    }
    spread_rest(fit, rest);
}

static uint8_t size_group(uint32_t weight, uint32_t last)
{
    uint32_t group = weight < 2 ? 0 : FGR_LOG2_FLOOR((uint64_t)weight - 1) + 1;
    return (uint8_t)(group < last ? group : last);
}

/* Two of the six largest real nodes serve small wallets and little else; a fixed pattern of ranks
 * keeps that share in larger networks. */
static uint8_t live_group(uint32_t weight, uint32_t rank)
{
    if (weight <= 512) {
        return size_group(weight, 9);
    }
    if (rank % 8 == 3 || rank % 8 == 5) {
        return FGR_SYNTH_RETAIL_GROUP;
    }
    return weight <= 704 ? 10 : 11;
}

static void assign_live(struct fgr_synth_net *net, uint32_t *weights, uint32_t *degrees)
{
    uint32_t n = net->n_live_nodes;
    for (uint32_t i = 0; i < n; i++) {
        weights[i] = rank_weight(&fgr_synth_live_degree, i, n);
    }
    struct fit fit = {weights, degrees, n, 0, 2 * (uint64_t)net->n_live_chans, 0};
    fit_degrees(&fit);
    for (uint32_t i = 0; i < n; i++) {
        struct fgr_synth_node *node = &net->nodes[i];
        node->weight = weights[i];
        node->live_degree = degrees[i];
        node->live_group = live_group(weights[i], i);
        node->dead_group = weights[i] <= 64 ? 7 : weights[i] <= 256 ? 8 : 9;
    }
}

/* log2 of a weight, by straight lines between powers of two. */
static int32_t doublings_q10(uint32_t weight)
{
    uint64_t x = weight;
    unsigned whole = FGR_LOG2_FLOOR(x);
    uint64_t doublings = whole * UINT64_C(1024) + (x << 10 >> whole) - 1024;
    return (int32_t)(doublings < STALE_DOUBLINGS_MAX_Q10 ? doublings : STALE_DOUBLINGS_MAX_Q10);
}

/* Live nodes have dead channels too, the large ones more of them: rank by size plus noise. */
static enum fgr_err stale_weights(const struct fgr_synth_net *net, uint32_t *weights,
                                  struct fgr_error *err)
{
    uint32_t n = net->n_live_nodes;
    struct fgr_rng rng;
    uint64_t *keys = fgr_array_new(n, sizeof *keys, err);
    if (keys == NULL) {
        return FGR_ERR_MEMORY;
    }
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_STALE, 0);
    for (uint32_t i = 0; i < n; i++) {
        int32_t score = doublings_q10(net->nodes[i].weight) * STALE_PER_DOUBLING_Q10 / 1024;
        keys[i] = fgr_synth_score_key(-score - fgr_synth_score_noise(&rng), i);
    }
    fgr_synth_score_sort(keys, n);
    for (uint32_t rank = 0; rank < n; rank++) {
        weights[fgr_synth_score_item(keys[rank])] = rank_weight(&fgr_synth_stale_degree, rank, n);
    }
    free(keys);
    return FGR_OK;
}

static enum fgr_err assign_dead(struct fgr_synth_net *net, uint32_t *weights, uint32_t *degrees,
                                struct fgr_error *err)
{
    uint32_t n_live = net->n_live_nodes;
    uint32_t n_dead = net->n_nodes - n_live;
    enum fgr_err rc = stale_weights(net, weights, err);
    if (rc != FGR_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < n_dead; i++) {
        weights[n_live + i] = rank_weight(&fgr_synth_dead_degree, i, n_dead);
    }
    uint64_t sum = 2 * (uint64_t)(net->n_chans - net->n_live_chans);
    struct fit fit = {weights, degrees, net->n_nodes, n_live, sum, 0};
    if (sum > 0) {
        fit_degrees(&fit);
    }
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        net->nodes[i].dead_degree = degrees[i];
    }
    for (uint32_t i = n_live; i < net->n_nodes; i++) {
        net->nodes[i].dead_group = size_group(weights[i], 6);
    }
    return FGR_OK;
}

enum fgr_err fgr_synth_degree_assign(struct fgr_synth_net *net, struct fgr_error *err)
{
    uint32_t *weights = fgr_array_new(net->n_nodes, sizeof *weights, err);
    uint32_t *degrees = fgr_array_new(net->n_nodes, sizeof *degrees, err);
    enum fgr_err rc = FGR_ERR_MEMORY;
    if (weights != NULL && degrees != NULL) {
        assign_live(net, weights, degrees);
        memset(degrees, 0, net->n_nodes * sizeof *degrees);
        rc = assign_dead(net, weights, degrees, err);
    }
    free(degrees);
    free(weights);
    return rc;
}
