/* SPDX-License-Identifier: MIT */
/*
 * Each figure is one pass over channels, half-channels or nodes that collects values into one
 * reused array, which fgr_spread_of then sorts. Snapshots have 10^5 to 10^7 channels and info runs
 * once, so plain sorting is fast enough and keeps every pass a few lines long.
 */
#include "tools/fgr/stats.h"

#include "graph/util/attr.h"
#include "graph/util/error.h"

#include <stdlib.h>
#include <string.h>

const unsigned fgr_spread_percent[FGR_SPREAD_POINTS] = {0, 1, 10, 25, 50, 75, 90, 99, 100};
const uint32_t fgr_stats_share_nodes[FGR_STATS_SHARES] = {1, 10, 100, 1000};

/* What the passes share. */
struct pass {
    const struct fgr_view *view;
    struct fgr_stats *stats;
    struct fgr_components core;
    uint64_t *values;       /* max(nodes, 2 * channels) */
    uint64_t *node_sat;     /* capacity of all channels of a node */
    uint64_t *node_out_sat; /* capacity of its enabled outgoing half-channels */
    uint32_t *degree;       /* its channels */
    uint32_t *rank;         /* nodes by node_sat, descending */
};

static int compare_u64(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

/* p (n - 1) / 100 to the nearest integer, half to even. */
static size_t nearest_rank(size_t n, unsigned percent)
{
    size_t hundredths = (n - 1) % 100 * percent;
    size_t rank = (n - 1) / 100 * percent + hundredths / 100;
    size_t rest = hundredths % 100;
    return rank + (rest > 50 || (rest == 50 && rank % 2 == 1));
}

void fgr_spread_of(struct fgr_spread *out_spread, uint64_t *values, size_t n)
{
    memset(out_spread, 0, sizeof *out_spread);
    if (n == 0) {
        return;
    }
    qsort(values, n, sizeof *values, compare_u64);
    fgr_u128 sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    out_spread->n = n;
    out_spread->mean = (double)sum / (double)n;
    for (unsigned i = 0; i < FGR_SPREAD_POINTS; i++) {
        out_spread->at[i] = values[nearest_rank(n, fgr_spread_percent[i])];
    }
}

static unsigned enabled_ways(const struct fgr_view *view, uint32_t chan)
{
    const struct fgr_half *half = &view->half[2 * (size_t)chan];
    return (unsigned)((half[0].flags & FGR_HALF_USABLE) != 0) +
           (unsigned)((half[1].flags & FGR_HALF_USABLE) != 0);
}

static void count_channels(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    size_t n_both = 0;
    for (uint32_t c = 0; c < view->n_chans; c++) {
        const struct fgr_chan *chan = &view->chan[c];
        unsigned ways = enabled_ways(view, c);
        stats->enabled_both += ways == 2;
        stats->enabled_one += ways == 1;
        stats->enabled_neither += ways == 0;
        stats->dying += (chan->flags & FGR_CHAN_DYING) != 0;
        stats->capacity_sat += chan->capacity_sat;
        stats->capacity_any_sat += ways > 0 ? chan->capacity_sat : 0;
        for (unsigned end = 0; end < 2; end++) {
            pass->node_sat[chan->node[end]] += chan->capacity_sat;
            pass->degree[chan->node[end]]++;
        }
        if (ways == 2) {
            stats->capacity_both_sat += chan->capacity_sat;
            pass->values[n_both++] = chan->capacity_sat;
        }
    }
    fgr_spread_of(&stats->both_spread_sat, pass->values, n_both);
    for (uint32_t c = 0; c < view->n_chans; c++) {
        pass->values[c] = view->chan[c].capacity_sat;
    }
    fgr_spread_of(&stats->capacity_spread_sat, pass->values, view->n_chans);
}

static void count_halves(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    for (uint32_t e = 0; e < 2 * view->n_chans; e++) {
        const struct fgr_half *half = &view->half[e];
        if ((half->flags & FGR_HALF_KNOWN) == 0) {
            stats->missing++;
            continue;
        }
        stats->newest = half->timestamp > stats->newest ? half->timestamp : stats->newest;
        if ((half->flags & FGR_HALF_USABLE) != 0) {
            stats->enabled++;
            pass->node_out_sat[fgr_view_edge_from(view, e)] += view->chan[e >> 1].capacity_sat;
        } else if ((half->flags & FGR_HALF_DISABLED) != 0) {
            stats->disabled++;
        } else {
            stats->inconsistent++;
        }
    }
    stats->inbound_fees = view->n_inbound;
}

static uint64_t base_of(const struct fgr_half *half)
{
    return half->base_msat;
}
static uint64_t ppm_of(const struct fgr_half *half)
{
    return half->ppm;
}
static uint64_t cltv_of(const struct fgr_half *half)
{
    return half->cltv_delta;
}
static uint64_t min_of(const struct fgr_half *half)
{
    return half->htlc_min_msat;
}
static uint64_t max_of(const struct fgr_half *half)
{
    return half->htlc_max_msat;
}

static void spread_policy(struct pass *pass, struct fgr_spread *out_spread,
                          uint64_t (*field)(const struct fgr_half *half))
{
    size_t n = 0;
    for (uint32_t e = 0; e < 2 * pass->view->n_chans; e++) {
        if ((pass->view->half[e].flags & FGR_HALF_USABLE) != 0) {
            pass->values[n++] = field(&pass->view->half[e]);
        }
    }
    fgr_spread_of(out_spread, pass->values, n);
}

static void spread_policies(struct pass *pass)
{
    struct fgr_stats *stats = pass->stats;
    spread_policy(pass, &stats->base_msat, base_of);
    spread_policy(pass, &stats->ppm, ppm_of);
    spread_policy(pass, &stats->cltv_blocks, cltv_of);
    spread_policy(pass, &stats->htlc_min_msat, min_of);
    spread_policy(pass, &stats->htlc_max_msat, max_of);
}

static void spread_ages(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    size_t n = 0;
    for (uint32_t e = 0; e < 2 * view->n_chans; e++) {
        if ((view->half[e].flags & FGR_HALF_KNOWN) != 0) {
            pass->values[n++] = stats->newest - view->half[e].timestamp;
        }
    }
    fgr_spread_of(&stats->age_s, pass->values, n);
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        uint32_t timestamp = view->node_timestamp[v];
        stats->node_newest = timestamp > stats->node_newest ? timestamp : stats->node_newest;
    }
    n = 0;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        if (view->node_timestamp[v] != 0) {
            pass->values[n++] = stats->node_newest - view->node_timestamp[v];
        }
    }
    fgr_spread_of(&stats->node_age_s, pass->values, n);
}

static uint32_t n_enabled(const struct fgr_adjacency *adjacency, uint32_t v)
{
    return adjacency->first[v + 1] - adjacency->first[v];
}

static void spread_degrees(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        uint32_t out = n_enabled(&view->out, v);
        uint32_t in = n_enabled(&view->in, v);
        pass->values[v] = pass->degree[v];
        stats->degree_1 += pass->degree[v] == 1;
        stats->degree_max_2 += pass->degree[v] <= 2;
        stats->degree_min_100 += pass->degree[v] >= 100;
        stats->degree_min_1000 += pass->degree[v] >= 1000;
        stats->no_enabled_out += out == 0;
        stats->no_enabled_in += in == 0;
        stats->no_enabled += out == 0 && in == 0;
    }
    fgr_spread_of(&stats->degree, pass->values, view->n_nodes);
    for (uint32_t i = 0; i < FGR_STATS_HUBS && i < view->n_nodes; i++) {
        stats->top_degree += pass->values[view->n_nodes - 1 - i];
    }
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        pass->values[v] = n_enabled(&view->out, v);
    }
    fgr_spread_of(&stats->out_degree, pass->values, view->n_nodes);
}

static bool in_core(const struct pass *pass, uint32_t v)
{
    return pass->core.label[v] == pass->core.largest_label;
}

static void spread_core(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    size_t n = 0;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        if (!in_core(pass, v)) {
            continue;
        }
        pass->values[n++] = n_enabled(&view->out, v);
        for (uint32_t i = view->out.first[v]; i < view->out.first[v + 1]; i++) {
            stats->core_enabled += in_core(pass, view->out.nbr[i]);
        }
    }
    fgr_spread_of(&stats->core_out_degree, pass->values, n);
    n = 0;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        if (in_core(pass, v)) {
            pass->values[n++] = pass->node_out_sat[v];
        }
    }
    fgr_spread_of(&stats->core_out_spread_sat, pass->values, n);
}

static void count_parallel(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    for (uint32_t c = 0; c < view->n_chans; c++) {
        pass->values[c] = (uint64_t)view->chan[c].node[0] << 32 | view->chan[c].node[1];
    }
    qsort(pass->values, view->n_chans, sizeof *pass->values, compare_u64);
    for (uint32_t c = 0; c < view->n_chans;) {
        uint32_t n = 1;
        while (c + n < view->n_chans && pass->values[c + n] == pass->values[c]) {
            n++;
        }
        stats->pairs++;
        stats->parallel_pairs += n > 1;
        stats->parallel_channels += n > 1 ? n : 0;
        stats->parallel_most = n > stats->parallel_most ? n : stats->parallel_most;
        c += n;
    }
}

/* By capacity, descending, then by node: qsort_r keeps the capacities out of file scope. */
static int compare_rich(const void *a, const void *b, void *node_sat)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    const uint64_t *sat = node_sat;
    if (sat[*x] != sat[*y]) {
        return sat[*x] < sat[*y] ? 1 : -1;
    }
    return (*x > *y) - (*x < *y);
}

static bool is_hub(const struct fgr_stats *stats, uint32_t v)
{
    for (uint32_t i = 0; i < stats->n_hubs; i++) {
        if (stats->hub[i].node.v == v) {
            return true;
        }
    }
    return false;
}

static void rank_hubs(struct pass *pass)
{
    const struct fgr_view *view = pass->view;
    struct fgr_stats *stats = pass->stats;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        pass->rank[v] = v;
    }
    qsort_r(pass->rank, view->n_nodes, sizeof *pass->rank, compare_rich, pass->node_sat);
    for (uint32_t i = 0; i < view->n_nodes; i++) {
        uint32_t v = pass->rank[i];
        for (unsigned share = 0; share < FGR_STATS_SHARES; share++) {
            if (i < fgr_stats_share_nodes[share]) {
                stats->top_capacity_sat[share] += pass->node_sat[v];
            }
        }
        if (i < FGR_STATS_HUBS) {
            stats->hub[stats->n_hubs++] = (struct fgr_hub){
                .node = {v}, .channels = pass->degree[v], .capacity_sat = pass->node_sat[v]};
        }
    }
    for (uint32_t c = 0; c < view->n_chans; c++) {
        const struct fgr_chan *chan = &view->chan[c];
        if (is_hub(stats, chan->node[0]) || is_hub(stats, chan->node[1])) {
            stats->hub_touching_sat += chan->capacity_sat;
        }
    }
}

static enum fgr_err find_components(struct pass *pass, struct fgr_error *err)
{
    struct fgr_stats *stats = pass->stats;
    struct fgr_components weak;
    enum fgr_err code = fgr_components_weak(&weak, pass->view, false, err);
    if (code != FGR_OK) {
        return code;
    }
    stats->components = weak.count;
    stats->component_largest = weak.size[0];
    fgr_components_deinit(&weak);
    code = fgr_components_weak(&weak, pass->view, true, err);
    if (code != FGR_OK) {
        return code;
    }
    stats->weak_largest = weak.size[0];
    fgr_components_deinit(&weak);
    code = fgr_components_strong(&pass->core, pass->view, err);
    if (code == FGR_OK) {
        memcpy(stats->strong_size, pass->core.size, sizeof stats->strong_size);
    }
    return code;
}

static void run_passes(struct pass *pass)
{
    count_channels(pass);
    count_halves(pass);
    spread_policies(pass);
    spread_ages(pass);
    spread_degrees(pass);
    spread_core(pass);
    count_parallel(pass);
    rank_hubs(pass);
}

enum fgr_err fgr_stats_compute(struct fgr_stats *out_stats, const struct fgr_view *view,
                               struct fgr_error *err)
{
    size_t n_nodes = view->n_nodes;
    size_t n_values = n_nodes > 2 * (size_t)view->n_chans ? n_nodes : 2 * (size_t)view->n_chans;
    size_t n_bytes =
        (n_values + 2 * n_nodes + 1) * sizeof(uint64_t) + 2 * n_nodes * sizeof(uint32_t);
    uint64_t *memory = calloc(1, n_bytes);
    if (memory == NULL) {
        return fgr_fail_memory(err, n_bytes);
    }
    memset(out_stats, 0, sizeof *out_stats);
    struct pass pass = {.view = view, .stats = out_stats, .values = memory};
    pass.node_sat = pass.values + n_values;
    pass.node_out_sat = pass.node_sat + n_nodes;
    pass.degree = (uint32_t *)(pass.node_out_sat + n_nodes);
    pass.rank = pass.degree + n_nodes;
    enum fgr_err code = find_components(&pass, err);
    if (code == FGR_OK) {
        run_passes(&pass);
        fgr_components_deinit(&pass.core);
    }
    free(memory);
    return code;
}
