/* SPDX-License-Identifier: MIT */
/*
 * overlay.h - a frozen overlay as a search reads it.
 *
 * Place in the flow: statements -> overlay_freeze.c -> overlay; view + overlay -> search.
 *
 * Every change is the same to a reader: a half-channel of the view is masked, and maybe one of the
 * overlay stands in its place. A node whose half-channels are all as the view has them is not
 * touched, and a reader that sees that (one bit) goes on as without an overlay. For a touched node it
 * skips the masked entries of the view's list, then takes the overlay's list of that node.
 *
 *   half-channels  [0, 2 n_chans)         the view's
 *                  [2 n_chans, ...)       added ones, 2 * channel + direction
 *                  behind those           those that stand for one of the view (`origin`)
 *   nodes          [0, n_nodes)           the view's
 *                  [n_nodes, ...)         added ones
 *
 * Lists hold usable half-channels only, by rising index: added ones as they were stated, then those
 * of the view in its order.
 *
 * A NULL overlay is an empty one in all functions here.
 *
 * Threads: immutable, any number of threads.
 * Memory: sizes of the bit sets follow the view, all else what was changed.
 */
#ifndef FGR_GRAPH_OVERLAY_H
#define FGR_GRAPH_OVERLAY_H

#include "fulgurite/overlay.h"
#include "graph/util/attr.h"
#include "graph/util/bitset.h"
#include "graph/view.h"

struct fgr_overlay_edge {
    struct fgr_half half;   /* htlc_max is at most max_msat; USABLE says that a list holds it */
    uint64_t scid;          /* or alias */
    uint64_t capacity_msat; /* FGR_MSAT_MAX where unknown */
    uint64_t min_msat;      /* it can send this, */
    uint64_t max_msat;      /* and no more than this, all parts together */
    uint64_t reserved_msat; /* in flight, and no longer in min and max */
    int64_t bias_msat;      /* with that of the node it enters, and the cost of an HTLC */
    uint32_t slots;         /* parts it takes; FGR_SLOTS_ANY = any number */
    uint32_t from;
    uint32_t to;
    uint32_t origin; /* the half-channel of the view it stands for; FGR_IDX_NONE = added */
    uint8_t direction;
    bool is_blinded;
};

/* Lists by node, in one direction. */
struct fgr_overlay_side {
    uint64_t *touched; /* bit per node: it has masked half-channels or a list */
    uint32_t *rank;    /* touched nodes before each word of those bits */
    uint32_t *first;   /* per touched node, and one more: where its list begins */
    uint32_t *edge;
};

/* An added node in a list by rising id. */
struct fgr_overlay_name {
    uint8_t id[FGR_NODE_ID_BYTES];
    uint32_t node;
};

struct fgr_overlay {
    const struct fgr_view *view;
    uint32_t first_edge; /* 2 * view->n_chans: index of edges[0] */
    uint32_t n_edges;
    uint32_t n_added_nodes;
    bool has_discount; /* some bias is negative: a cost may be less than the fee in it */
    struct fgr_overlay_edge *edges;
    uint64_t *masked;       /* bit per half-channel of the view */
    uint64_t *banned_nodes; /* bit per node */
    struct fgr_overlay_side in;
    struct fgr_overlay_side out;
    uint8_t *added_ids; /* n_added_nodes x 33, in the order of their indexes */
    struct fgr_overlay_name *names;
};

struct fgr_overlay_list {
    const uint32_t *edge;
    uint32_t n;
};

/* ---- nodes --------------------------------------------------------------------------------- */

static inline uint32_t fgr_overlay_n_nodes(const struct fgr_view *view,
                                           const struct fgr_overlay *overlay)
{
    return view->n_nodes + (overlay == NULL ? 0 : overlay->n_added_nodes);
}

static inline const uint8_t *fgr_overlay_id_of(const struct fgr_view *view,
                                               const struct fgr_overlay *overlay, uint32_t node)
{
    return node < view->n_nodes
               ? view->node_id + (size_t)node * FGR_NODE_ID_BYTES
               : overlay->added_ids + (size_t)(node - view->n_nodes) * FGR_NODE_ID_BYTES;
}

static inline bool fgr_overlay_bans(const struct fgr_overlay *overlay, uint32_t node)
{
    return overlay != NULL && fgr_bitset_has(overlay->banned_nodes, node);
}

/* Whether the half-channels that enter (leave) the node are others than the view's. True for all
 * added nodes that have any: the view has no list for them. */
static inline bool fgr_overlay_touches_in(const struct fgr_overlay *overlay, uint32_t node)
{
    return overlay != NULL && fgr_bitset_has(overlay->in.touched, node);
}
static inline bool fgr_overlay_touches_out(const struct fgr_overlay *overlay, uint32_t node)
{
    return overlay != NULL && fgr_bitset_has(overlay->out.touched, node);
}

static inline struct fgr_overlay_list fgr_overlay_side_list(const struct fgr_overlay_side *side,
                                                            uint32_t node)
{
    uint64_t word = side->touched[node / 64];
    uint64_t before = word & ((UINT64_C(1) << (node % 64)) - 1);
    uint32_t row = side->rank[node / 64] + FGR_POPCOUNT(before);
    uint32_t first = side->first[row];
    return (struct fgr_overlay_list){side->edge + first, side->first[row + 1] - first};
}

/* Indexes of the overlay's usable half-channels that enter (leave) the node. */
static inline struct fgr_overlay_list fgr_overlay_in(const struct fgr_overlay *overlay,
                                                     uint32_t node)
{
    return fgr_overlay_touches_in(overlay, node) ? fgr_overlay_side_list(&overlay->in, node)
                                                 : (struct fgr_overlay_list){NULL, 0};
}
static inline struct fgr_overlay_list fgr_overlay_out(const struct fgr_overlay *overlay,
                                                      uint32_t node)
{
    return fgr_overlay_touches_out(overlay, node) ? fgr_overlay_side_list(&overlay->out, node)
                                                  : (struct fgr_overlay_list){NULL, 0};
}

/* ---- half-channels ------------------------------------------------------------------------- */

/* Half-channels of the view and the overlay; not all of them are usable. */
static inline uint32_t fgr_overlay_n_edges(const struct fgr_view *view,
                                           const struct fgr_overlay *overlay)
{
    return 2 * view->n_chans + (overlay == NULL ? 0 : overlay->n_edges);
}

/* Whether a half-channel of the view is replaced or banned. */
static inline bool fgr_overlay_masks(const struct fgr_overlay *overlay, uint32_t edge)
{
    return overlay != NULL && fgr_bitset_has(overlay->masked, edge);
}

/* Half-channel `edge` of the overlay, as its lists have it. */
static inline const struct fgr_overlay_edge *fgr_overlay_own(const struct fgr_overlay *overlay,
                                                             uint32_t edge)
{
    return &overlay->edges[edge - overlay->first_edge];
}

/* Half-channel `edge` of the overlay; NULL if it is the view's. */
static inline const struct fgr_overlay_edge *fgr_overlay_extra(const struct fgr_overlay *overlay,
                                                               uint32_t edge)
{
    return overlay == NULL || edge < overlay->first_edge
               ? NULL
               : &overlay->edges[edge - overlay->first_edge];
}

static inline const struct fgr_half *
fgr_overlay_half(const struct fgr_view *view, const struct fgr_overlay *overlay, uint32_t edge)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    return extra == NULL ? fgr_view_half_of(view, edge) : &extra->half;
}

static inline uint32_t fgr_overlay_from(const struct fgr_view *view,
                                        const struct fgr_overlay *overlay, uint32_t edge)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    return extra == NULL ? fgr_view_edge_from(view, edge) : extra->from;
}
static inline uint32_t fgr_overlay_to(const struct fgr_view *view,
                                      const struct fgr_overlay *overlay, uint32_t edge)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    return extra == NULL ? fgr_view_edge_to(view, edge) : extra->to;
}

/* Whether a route may use the half-channel. */
static inline bool fgr_overlay_usable(const struct fgr_view *view,
                                      const struct fgr_overlay *overlay, uint32_t edge)
{
    return (fgr_overlay_half(view, overlay, edge)->flags & FGR_HALF_USABLE) != 0 &&
           (edge >= 2 * view->n_chans || !fgr_overlay_masks(overlay, edge));
}

/* What answers call a half-channel: the one of the view that it stands for, else itself. */
static inline uint32_t fgr_overlay_name_of(const struct fgr_overlay *overlay, uint32_t edge)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    return extra == NULL || extra->origin == FGR_IDX_NONE ? edge : extra->origin;
}

/* The usable half-channel that answers call `name`; FGR_IDX_NONE if there is none. */
static inline uint32_t fgr_overlay_edge_named(const struct fgr_view *view,
                                              const struct fgr_overlay *overlay, uint32_t name)
{
    if (name >= fgr_overlay_n_edges(view, overlay)) {
        return FGR_IDX_NONE;
    }
    if (name < 2 * view->n_chans && fgr_overlay_masks(overlay, name)) {
        struct fgr_overlay_list list = fgr_overlay_out(overlay, fgr_view_edge_from(view, name));
        for (uint32_t i = 0; i < list.n; i++) {
            if (fgr_overlay_own(overlay, list.edge[i])->origin == name) {
                return list.edge[i];
            }
        }
        return FGR_IDX_NONE;
    }
    bool is_name = fgr_overlay_name_of(overlay, name) == name;
    return is_name && fgr_overlay_usable(view, overlay, name) ? name : FGR_IDX_NONE;
}

/* All of a half-channel, of the view or the overlay. The view knows min 0 and max the capacity. */
static inline struct fgr_overlay_edge
fgr_overlay_edge_at(const struct fgr_view *view, const struct fgr_overlay *overlay, uint32_t edge)
{
    const struct fgr_overlay_edge *extra = fgr_overlay_extra(overlay, edge);
    if (extra != NULL) {
        return *extra;
    }
    const struct fgr_chan *chan = fgr_view_chan_of(view, edge);
    return (struct fgr_overlay_edge){.half = *fgr_view_half_of(view, edge),
                                     .scid = chan->scid,
                                     .capacity_msat = chan->capacity_sat * 1000,
                                     .max_msat = chan->capacity_sat * 1000,
                                     .slots = FGR_SLOTS_ANY,
                                     .from = chan->node[edge & 1],
                                     .to = chan->node[~edge & 1],
                                     .origin = edge,
                                     .direction = (uint8_t)(edge & 1)};
}

/* The most that all parts together can put on a half-channel: what it can send, in as many HTLCs as it
 * takes. */
static inline uint64_t fgr_overlay_edge_room(const struct fgr_overlay_edge *edge)
{
    bool is_free =
        edge->half.htlc_max_msat == 0 || edge->slots > edge->max_msat / edge->half.htlc_max_msat;
    return is_free ? edge->max_msat : edge->slots * edge->half.htlc_max_msat;
}

#endif
