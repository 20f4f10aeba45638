/* SPDX-License-Identifier: MIT */
/*
 * graph_maker.h - a view out of a few lines: nodes are numbers, channels are an array.
 *
 * Place in the flow: test -> maker -> graph/builder -> image -> view. Node i of the test is node i
 * of the view and channel i is channel i, so that half-channel 2 i + d leaves chan[i].node[d].
 *
 * Threads: one thread per maker; the views it makes are immutable.
 * Memory: the maker caches node keys (a curve multiplication each); a made view owns its image.
 */
#ifndef FGR_TESTS_SUPPORT_GRAPH_MAKER_H
#define FGR_TESTS_SUPPORT_GRAPH_MAKER_H

#include "graph/view.h"

struct fgr_maker_half {
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat;
    uint32_t base_msat;
    uint32_t ppm;
    uint16_t cltv_delta;
    bool is_known; /* all zero: a direction without policy */
    bool is_disabled;
};

struct fgr_maker_chan {
    uint32_t node[2]; /* node[0] < node[1] */
    uint64_t capacity_sat;
    struct fgr_maker_half half[2]; /* half[d] leaves node[d] */
};

struct fgr_made {
    struct fgr_view *view;
    void *bytes;
    size_t n_bytes;
};

struct fgr_maker;

/* For graphs of up to `n_nodes_max` nodes. False with `err` filled if that cannot be. */
bool fgr_maker_create(struct fgr_maker **out_maker, uint32_t n_nodes_max, struct fgr_error *err);
void fgr_maker_destroy(struct fgr_maker *maker);

/* Id of node i, also of one that no view of it has. */
const uint8_t *fgr_maker_id(const struct fgr_maker *maker, uint32_t i);

/* Nodes without a channel of their own are held by an additional channel without policies, behind
 * all others. False with `err` filled on any failure. */
bool fgr_maker_view(struct fgr_maker *maker, struct fgr_made *out_made,
                    const struct fgr_maker_chan *chans, uint32_t n_chans, uint32_t n_nodes,
                    struct fgr_error *err);
void fgr_made_close(struct fgr_made *made);

#endif
