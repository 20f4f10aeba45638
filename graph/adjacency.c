/* SPDX-License-Identifier: MIT */
/*
 * adjacency.c - order by (node, neighbour, edge) in two stable counting passes.
 *
 * The edges start out ascending. A counting pass by neighbour and then one by node leave them
 * sorted by node, within a node by neighbour, and within a neighbour by edge: linear time, and the
 * bucket borders of the second pass are the `first` array.
 */
#include "graph/adjacency.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/round.h"

/* The node an edge is grouped by is at end `side ^ direction` of its channel. */
struct sorter {
    const struct fgr_adjacency_source *source;
    uint32_t side; /* 1: the node the edge enters; 0: the node it leaves */
};

static uint32_t own_node(const struct sorter *sorter, uint32_t edge)
{
    return sorter->source->chan[edge >> 1].node[(edge & 1) ^ sorter->side];
}

static uint32_t other_node(const struct sorter *sorter, uint32_t edge)
{
    return sorter->source->chan[edge >> 1].node[(~edge & 1) ^ sorter->side];
}

typedef uint32_t node_of_fn(const struct sorter *sorter, uint32_t edge);

/* Moves `edges` to `out_edges`, ascending by node_of and otherwise in the order they had; leaves
 * the borders in out_first (n_nodes + 1). */
static void bucket(const struct sorter *sorter, uint32_t *out_first, uint32_t *out_edges,
                   const uint32_t *edges, node_of_fn *node_of)
{
    uint32_t n_nodes = sorter->source->n_nodes;
    uint32_t n_edges = sorter->source->n_usable;
    memset(out_first, 0, ((size_t)n_nodes + 1) * sizeof *out_first);
    for (uint32_t i = 0; i < n_edges; i++) {
        out_first[node_of(sorter, edges[i])]++;
    }
    uint32_t sum = 0;
    for (uint32_t v = 0; v <= n_nodes; v++) {
        sum += out_first[v];
        out_first[v] = sum;
    }
    /* Backwards, each bucket from its end: afterwards out_first[v] is its beginning. */
    for (uint32_t i = n_edges; i-- > 0;) {
        out_edges[--out_first[node_of(sorter, edges[i])]] = edges[i];
    }
}

static void list_usable(uint32_t *out_edges, const struct fgr_adjacency_source *source)
{
    uint32_t n = 0;
    for (uint32_t edge = 0; edge < 2 * source->n_chans; edge++) {
        if (source->half[edge].flags & FGR_HALF_USABLE) {
            out_edges[n++] = edge;
        }
    }
}

static void fill_bounds(const struct fgr_adjacency_columns *columns, const struct sorter *sorter)
{
    for (uint32_t i = 0; i < sorter->source->n_usable; i++) {
        uint32_t edge = columns->edge[i];
        const struct fgr_half *half = &sorter->source->half[edge];
        uint64_t capacity_msat = sorter->source->chan[edge >> 1].capacity_sat * 1000;
        columns->nbr[i] = other_node(sorter, edge);
        columns->base_msat[i] = fgr_float_floor(half->base_msat);
        columns->rate[i] = fgr_float_ratio_floor(half->ppm, 1000000);
        columns->cltv[i] = (float)half->cltv_delta;
        columns->inv_cap[i] = fgr_float_ratio_floor(1, capacity_msat + 1);
        columns->max_msat[i] = fgr_float_ceil(half->htlc_max_msat);
    }
}

enum fgr_err fgr_adjacency_fill(const struct fgr_adjacency_columns *out_columns,
                                const struct fgr_adjacency_source *source, bool is_incoming,
                                struct fgr_error *err)
{
    struct sorter sorter = {.source = source, .side = is_incoming ? 1 : 0};
    uint32_t *by_nbr = fgr_array_new(source->n_usable, sizeof *by_nbr, err);
    if (by_nbr == NULL) {
        return FGR_ERR_MEMORY;
    }
    list_usable(out_columns->edge, source);
    bucket(&sorter, out_columns->first, by_nbr, out_columns->edge, other_node);
    bucket(&sorter, out_columns->first, out_columns->edge, by_nbr, own_node);
    free(by_nbr);
    fill_bounds(out_columns, &sorter);
    return FGR_OK;
}
