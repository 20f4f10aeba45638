/* SPDX-License-Identifier: MIT */
/*
 * adjacency.c - order by (node, fee rank, neighbour, edge) in five stable counting passes.
 *
 * The edges start out ascending. Counting passes by neighbour, by the three digits of the fee rank
 * and then by node leave them sorted by all of these: linear time, and the bucket borders of the
 * last pass are the `first` array.
 */
#include "graph/adjacency.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/round.h"

/* Three digits of 11 bits hold a rank: few enough that tiny graphs do not pay for empty buckets. */
#define RANK_BITS 11
#define RANK_DIGITS (UINT32_C(1) << RANK_BITS)

/* The node an edge is grouped by is at end `side ^ direction` of its channel. */
struct sorter {
    const struct fgr_adjacency_source *source;
    uint32_t side;  /* 1: the node the edge enters; 0: the node it leaves */
    uint32_t shift; /* of the rank digit being sorted by */
};

static uint32_t own_node(const struct sorter *sorter, uint32_t edge)
{
    return sorter->source->chan[edge >> 1].node[(edge & 1) ^ sorter->side];
}

static uint32_t other_node(const struct sorter *sorter, uint32_t edge)
{
    return sorter->source->chan[edge >> 1].node[(~edge & 1) ^ sorter->side];
}

/* Fees beyond INT32_MAX count as that: still a lower bound, and the columns stay signed. */
static int32_t clamp(uint32_t fee)
{
    return fee < INT32_MAX ? (int32_t)fee : INT32_MAX;
}

uint32_t fgr_adjacency_rank_of(const struct fgr_half *half)
{
    return (uint32_t)clamp(half->base_msat) + (uint32_t)clamp(half->ppm);
}

static uint32_t rank_digit(const struct sorter *sorter, uint32_t edge)
{
    uint32_t rank = fgr_adjacency_rank_of(&sorter->source->half[edge]);
    return rank >> sorter->shift & (RANK_DIGITS - 1);
}

typedef uint32_t digit_fn(const struct sorter *sorter, uint32_t edge);

/* Moves `edges` to `out_edges`, ascending by `digit` (below n_digits) and otherwise in the order
 * they had; leaves the borders in out_first (n_digits + 1). */
static void bucket(const struct sorter *sorter, uint32_t *out_first, uint32_t *out_edges,
                   const uint32_t *edges, digit_fn *digit, uint32_t n_digits)
{
    uint32_t n_edges = sorter->source->n_usable;
    memset(out_first, 0, ((size_t)n_digits + 1) * sizeof *out_first);
    for (uint32_t i = 0; i < n_edges; i++) {
        out_first[digit(sorter, edges[i])]++;
    }
    uint32_t sum = 0;
    for (uint32_t v = 0; v <= n_digits; v++) {
        sum += out_first[v];
        out_first[v] = sum;
    }
    /* Backwards, each bucket from its end: afterwards out_first[v] is its beginning. */
    for (uint32_t i = n_edges; i-- > 0;) {
        out_edges[--out_first[digit(sorter, edges[i])]] = edges[i];
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

void fgr_adjacency_put(const struct fgr_adjacency_columns *columns, uint32_t i, uint32_t edge,
                       const struct fgr_chan *chan, const struct fgr_half *half, bool is_incoming)
{
    columns->nbr[i] = chan->node[(edge & 1) ^ (is_incoming ? 0 : 1)];
    columns->edge[i] = edge;
    columns->base_msat[i] = clamp(half->base_msat);
    columns->ppm[i] = clamp(half->ppm);
    columns->cltv[i] = half->cltv_delta;
    columns->inv_cap[i] = fgr_float_ratio_floor(1, chan->capacity_sat * 1000 + 1);
    columns->max_msat[i] = fgr_float_ceil(half->htlc_max_msat);
}

static void fill_bounds(const struct fgr_adjacency_columns *columns, const struct sorter *sorter)
{
    const struct fgr_adjacency_source *source = sorter->source;
    for (uint32_t i = 0; i < source->n_usable; i++) {
        uint32_t edge = columns->edge[i];
        fgr_adjacency_put(columns, i, edge, &source->chan[edge >> 1], &source->half[edge],
                          sorter->side == 1);
    }
}

enum fgr_err fgr_adjacency_fill(const struct fgr_adjacency_columns *out_columns,
                                const struct fgr_adjacency_source *source, bool is_incoming,
                                struct fgr_error *err)
{
    struct sorter sorter = {.source = source, .side = is_incoming ? 1 : 0};
    uint32_t n_nodes = source->n_nodes;
    uint32_t *spare = fgr_array_new(source->n_usable, sizeof *spare, err);
    uint32_t *borders = fgr_array_new((n_nodes > RANK_DIGITS ? (size_t)n_nodes : RANK_DIGITS) + 1,
                                      sizeof *borders, err);
    if (spare == NULL || borders == NULL) {
        free(spare);
        free(borders);
        return FGR_ERR_MEMORY;
    }
    uint32_t *edges = out_columns->edge;
    list_usable(spare, source);
    bucket(&sorter, borders, edges, spare, other_node, n_nodes);
    bucket(&sorter, borders, spare, edges, rank_digit, RANK_DIGITS);
    sorter.shift += RANK_BITS;
    bucket(&sorter, borders, edges, spare, rank_digit, RANK_DIGITS);
    sorter.shift += RANK_BITS;
    bucket(&sorter, borders, spare, edges, rank_digit, RANK_DIGITS);
    bucket(&sorter, out_columns->first, edges, spare, own_node, n_nodes);
    free(spare);
    free(borders);
    fill_bounds(out_columns, &sorter);
    return FGR_OK;
}
