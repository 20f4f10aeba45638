/* SPDX-License-Identifier: MIT */
/*
 * maxflow.h - the largest flow between two nodes, whatever it costs.
 *
 * Place in the flow: view + overlay + rooms of half-channels -> maxflow -> flows and the cut that stops more ->
 * capacity.
 *
 * Threads: one thread.
 * Memory: arrays of the caller.
 */
#ifndef FGR_ENGINE_MAXFLOW_H
#define FGR_ENGINE_MAXFLOW_H

#include "graph/overlay.h"

#define FGR_LEVEL_NONE UINT32_MAX

struct fgr_maxflow {
    const struct fgr_view *view;
    const struct fgr_overlay *overlay; /* NULL = none */
    uint32_t from;
    uint32_t to;
    const uint64_t *room_msat; /* per usable half-channel: the most it carries; <= FGR_MSAT_MAX */
    uint64_t *flow_msat;       /* per usable half-channel: where to begin; filled */
    uint32_t *level;  /* per node: filled. FGR_LEVEL_NONE = no more can go from it to `to` */
    uint32_t *cursor; /* per node: work space, as the next two */
    uint32_t *queue;
    uint64_t *path;
};

/* The half-channels of a node in four lists: what leaves it and what enters it, each of the view and
 * of the overlay. On those that enter it a flow can be taken back. */
enum { FGR_MAXFLOW_LISTS = 4, FGR_MAXFLOW_BACK = 2 };

struct fgr_maxflow_list {
    const uint32_t *edge;
    const uint32_t *node;              /* their other ends; NULL: look them up */
    const struct fgr_overlay *overlay; /* NULL = none is masked */
    uint32_t n;
};

/* List `number`, below FGR_MAXFLOW_BACK what leaves the node. */
struct fgr_maxflow_list fgr_maxflow_list_of(const struct fgr_maxflow *maxflow, uint32_t node,
                                            uint32_t number);

/* Adds to the flow as much as there is room for, or `most_msat`; returns how much. Unless that is all
 * of it, the half-channels from nodes of level FGR_LEVEL_NONE to the others are full, and carry all
 * of the flow. */
uint64_t fgr_maxflow_run(struct fgr_maxflow *maxflow, uint64_t most_msat);

#endif
