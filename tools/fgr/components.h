/* SPDX-License-Identifier: MIT */
/*
 * components.h - which nodes hang together: undirected components and strongly connected ones.
 *
 * Place in the flow: view -> components -> stats.
 *
 * Threads: pure functions over an immutable view, any thread.
 * Source: R. E. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1972.
 */
#ifndef FGR_TOOLS_COMPONENTS_H
#define FGR_TOOLS_COMPONENTS_H

#include "graph/view.h"

#define FGR_COMPONENTS_LISTED 5

/* `label[v]` is the component of node v; labels are 0 .. count - 1. */
struct fgr_components {
    uint32_t *label;
    uint32_t count;
    uint32_t largest_label;
    uint32_t size[FGR_COMPONENTS_LISTED]; /* of the largest ones, descending, 0 where fewer */
};

/* Components over all channels, or over those with a usable half-channel, directions ignored.
 * Errors: MEMORY. */
enum fgr_err fgr_components_weak(struct fgr_components *out_components, const struct fgr_view *view,
                                 bool usable_only, struct fgr_error *err);

/* Strongly connected components over the usable half-channels. Errors: MEMORY. */
enum fgr_err fgr_components_strong(struct fgr_components *out_components,
                                   const struct fgr_view *view, struct fgr_error *err);

void fgr_components_deinit(struct fgr_components *components);

#endif
