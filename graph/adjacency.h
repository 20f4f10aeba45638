/* SPDX-License-Identifier: MIT */
/*
 * adjacency.h - sorts the usable half-channels of a network by node, once per direction.
 *
 * Place in the flow: layout (chan and half arrays in canonical order) -> adjacency -> image.
 *
 * Threads: one thread per call.
 */
#ifndef FGR_GRAPH_ADJACENCY_H
#define FGR_GRAPH_ADJACENCY_H

#include "graph/view.h"

/* The columns to fill, as in struct fgr_adjacency: `first` has room for n_nodes + 1 elements, the
 * others for as many as there are usable half-channels. */
struct fgr_adjacency_columns {
    uint32_t *first;
    uint32_t *nbr;
    uint32_t *edge;
    int32_t *base_msat;
    int32_t *ppm;
    uint16_t *cltv;
    float *inv_cap;
    float *max_msat;
};

struct fgr_adjacency_source {
    const struct fgr_chan *chan;
    const struct fgr_half *half;
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_usable;
};

/* What an entry of a usable half-channel rises by: fgr_adjacency_rank of its columns. */
uint32_t fgr_adjacency_rank_of(const struct fgr_half *half);

/* Writes entry i: half-channel `edge` of `chan`, grouped by the node that it enters (`is_incoming`)
 * or leaves. */
void fgr_adjacency_put(const struct fgr_adjacency_columns *columns, uint32_t i, uint32_t edge,
                       const struct fgr_chan *chan, const struct fgr_half *half, bool is_incoming);

/* Groups by the node that an edge enters (`is_incoming`) or leaves. Errors: MEMORY. */
enum fgr_err fgr_adjacency_fill(const struct fgr_adjacency_columns *out_columns,
                                const struct fgr_adjacency_source *source, bool is_incoming,
                                struct fgr_error *err);

#endif
