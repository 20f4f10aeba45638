/* SPDX-License-Identifier: MIT */
/*
 * walk.h - the usable half-channels of one node, of view and overlay together.
 *
 * Place in the flow: view + overlay -> walk -> whoever looks at each half-channel by itself. What
 * streams through long lists (engine/run.c, engine/apart.c) reads the columns instead.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_GRAPH_WALK_H
#define FGR_GRAPH_WALK_H

#include "graph/overlay.h"

/* The view's list of a node, masked entries included; empty where an overlay adds the node. */
static inline struct fgr_span fgr_walk_span(const struct fgr_view *view,
                                            const struct fgr_adjacency *adjacency, uint32_t node)
{
    if (FGR_UNLIKELY(node >= view->n_nodes)) {
        return (struct fgr_span){0, 0};
    }
    return fgr_adjacency_span(adjacency, node);
}

struct fgr_walk {
    const struct fgr_adjacency *adjacency;
    const struct fgr_overlay *overlay; /* NULL where it does not touch the node */
    struct fgr_span span;
    struct fgr_overlay_list extra;
    bool is_incoming;
};

/* Half-channels that enter (`is_incoming`) or leave the node. `overlay` may be NULL. */
static inline struct fgr_walk fgr_walk_of(const struct fgr_view *view,
                                          const struct fgr_overlay *overlay, bool is_incoming,
                                          uint32_t node)
{
    const struct fgr_adjacency *adjacency = is_incoming ? &view->in : &view->out;
    struct fgr_walk walk = {.adjacency = adjacency,
                            .span = fgr_walk_span(view, adjacency, node),
                            .is_incoming = is_incoming};
    bool is_touched = is_incoming ? fgr_overlay_touches_in(overlay, node)
                                  : fgr_overlay_touches_out(overlay, node);
    if (FGR_UNLIKELY(is_touched)) {
        walk.overlay = overlay;
        walk.extra = fgr_overlay_side_list(is_incoming ? &overlay->in : &overlay->out, node);
    }
    return walk;
}

/* The next half-channel and its other end, those of the view first; false at the end. */
static inline bool fgr_walk_next(struct fgr_walk *walk, uint32_t *out_edge, uint32_t *out_node)
{
    while (walk->span.first < walk->span.end) {
        uint32_t i = walk->span.first++;
        *out_edge = walk->adjacency->edge[i];
        *out_node = walk->adjacency->nbr[i];
        if (!fgr_overlay_masks(walk->overlay, *out_edge)) {
            return true;
        }
    }
    if (walk->extra.n == 0) {
        return false;
    }
    walk->extra.n--;
    *out_edge = *walk->extra.edge++;
    const struct fgr_overlay_edge *edge = fgr_overlay_own(walk->overlay, *out_edge);
    *out_node = walk->is_incoming ? edge->from : edge->to;
    return true;
}

/* How many of the places are the view's. */
static inline uint32_t fgr_walk_n_view_places(const struct fgr_view *view)
{
    return view->live == NULL ? view->n_usable : 2 * view->n_chans;
}

/* All half-channels, place by place: those of `in` in its order, then the overlay's. The lists of a
 * live view have gaps between them, so there it is all half-channels of the view by their index. */
static inline uint32_t fgr_walk_n_places(const struct fgr_view *view,
                                         const struct fgr_overlay *overlay)
{
    return fgr_walk_n_view_places(view) + (overlay == NULL ? 0 : overlay->n_edges);
}

/* The half-channel at a place; FGR_IDX_NONE where it is not usable. */
static inline uint32_t fgr_walk_at(const struct fgr_view *view, const struct fgr_overlay *overlay,
                                   uint32_t place)
{
    uint32_t n_view_places = fgr_walk_n_view_places(view);
    if (place < n_view_places && view->live == NULL) {
        uint32_t edge = view->in.edge[place];
        return fgr_overlay_masks(overlay, edge) ? FGR_IDX_NONE : edge;
    }
    uint32_t edge = place < n_view_places ? place : overlay->first_edge + (place - n_view_places);
    return fgr_overlay_usable(view, overlay, edge) ? edge : FGR_IDX_NONE;
}

#endif
