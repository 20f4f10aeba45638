/* SPDX-License-Identifier: MIT */
/*
 * Method. Forget what HTLCs and fees ask for: then the most that can be delivered is a maximum flow
 * over what the channels hold, and its minimum cut proves it (maxflow.c). Taken apart into parts
 * with exact fees and HTLC limits, the flow gives a set that delivers a little less (bundle.c).
 * What that left is tried again a few times.
 *
 * A channel holds its capacity for both directions together: a flow one way is the lack of one the
 * other way, and a maximum flow never needs both.
 */
#include "engine/capacity.h"

#include <inttypes.h>
#include <string.h>

#include "graph/util/alloc.h"
#include "graph/util/error.h"
#include "graph/walk.h"

/* What a flow leaves undelivered is tried again, unless it is less than this. */
enum { TURNS_MAX = 4, REST_LEAST_PPM = 1000 };

/* ---- memory ---------------------------------------------------------------------------------- */

struct piece {
    void **slot;
    size_t bytes;
};

enum { N_PIECES = 10 };

static void list_pieces(struct fgr_capacity_scratch *s, struct piece pieces[N_PIECES])
{
    /* An overlay may put a half-channel of its own in the place of each one of the view. */
    size_t n_nodes = (size_t)s->n_nodes + FGR_OVERLAY_NODES_ROOM;
    size_t n_edges = 4 * (size_t)s->n_chans + FGR_OVERLAY_EDGES_ROOM;
    struct piece all[N_PIECES] = {
        {(void **)&s->room_msat, n_edges * sizeof *s->room_msat},
        {(void **)&s->left_msat, n_edges * sizeof *s->left_msat},
        {(void **)&s->maxflow.flow_msat, n_edges * sizeof *s->maxflow.flow_msat},
        {(void **)&s->maxflow.level, n_nodes * sizeof *s->maxflow.level},
        {(void **)&s->maxflow.cursor, n_nodes * sizeof *s->maxflow.cursor},
        {(void **)&s->maxflow.queue, n_nodes * sizeof *s->maxflow.queue},
        {(void **)&s->maxflow.path, n_nodes * sizeof *s->maxflow.path},
        {(void **)&s->cut, n_edges * sizeof *s->cut},
        {(void **)&s->bundle, FGR_BUNDLES_MAX * sizeof *s->bundle},
        {(void **)&s->bundle_edge, FGR_BUNDLES_MAX * sizeof *s->bundle_edge * FGR_HOPS_MAX},
    };
    memcpy(pieces, all, sizeof all);
}

enum fgr_err fgr_capacity_scratch_create(struct fgr_capacity_scratch **out_scratch,
                                         const struct fgr_view *view,
                                         const struct fgr_allocator *allocator,
                                         struct fgr_error *err)
{
    struct fgr_allocator a = fgr_alloc_source(allocator);
    struct fgr_capacity_scratch *s = a.alloc(a.state, sizeof *s);
    if (s == NULL) {
        return fgr_fail_memory(err, sizeof *s);
    }
    memset(s, 0, sizeof *s);
    s->allocator = a;
    s->n_nodes = view->n_nodes;
    s->n_chans = view->n_chans;
    struct piece pieces[N_PIECES];
    list_pieces(s, pieces);
    for (int i = 0; i < N_PIECES; i++) {
        *pieces[i].slot = a.alloc(a.state, pieces[i].bytes);
        if (*pieces[i].slot == NULL) {
            fgr_capacity_scratch_destroy(s);
            return fgr_fail_memory(err, pieces[i].bytes);
        }
    }
    *out_scratch = s;
    return FGR_OK;
}

void fgr_capacity_scratch_destroy(struct fgr_capacity_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    struct fgr_allocator a = scratch->allocator;
    struct piece pieces[N_PIECES];
    list_pieces(scratch, pieces);
    for (int i = 0; i < N_PIECES; i++) {
        if (*pieces[i].slot != NULL) {
            a.free(a.state, *pieces[i].slot, pieces[i].bytes);
        }
    }
    a.free(a.state, scratch, sizeof *scratch);
}

/* ---- the cut --------------------------------------------------------------------------------- */

/* What each usable half-channel holds, if it takes parts that are large enough. */
static void fill_left(struct fgr_capacity_scratch *s, uint64_t min_part_msat)
{
    const struct fgr_view *view = s->maxflow.view;
    const struct fgr_overlay *overlay = s->maxflow.overlay;
    uint32_t n_places = fgr_walk_n_places(view, overlay);
    for (uint32_t i = 0; i < n_places; i++) {
        uint32_t edge = fgr_walk_at(view, overlay, i);
        if (edge != FGR_IDX_NONE) {
            const struct fgr_overlay_edge *own = fgr_overlay_extra(overlay, edge);
            bool is_wide = fgr_overlay_half(view, overlay, edge)->htlc_max_msat >= min_part_msat;
            uint64_t holds_msat = own == NULL ? fgr_view_chan_of(view, edge)->capacity_sat * 1000
                                              : fgr_overlay_edge_room(own);
            s->left_msat[edge] = is_wide ? holds_msat : 0;
        }
    }
}

/* Whether parts of a good size pass, for a usual fee: what a flow should use first. */
static bool is_good(const struct fgr_half *half, uint64_t left_msat)
{
    return half->htlc_max_msat >= left_msat / 8 && half->htlc_min_msat <= left_msat / 64 &&
           half->base_msat <= 2000 && half->ppm <= 2000;
}

/* The largest flow over what is left, up to `most_msat`, as far as possible over good half-channels: the rest only
 * adds to that. */
static uint64_t run_flow(struct fgr_capacity_scratch *s, uint64_t most_msat)
{
    struct fgr_maxflow *m = &s->maxflow;
    uint32_t n_places = fgr_walk_n_places(m->view, m->overlay);
    for (uint32_t i = 0; i < n_places; i++) {
        uint32_t edge = fgr_walk_at(m->view, m->overlay, i);
        if (edge != FGR_IDX_NONE) {
            const struct fgr_half *half = fgr_overlay_half(m->view, m->overlay, edge);
            m->flow_msat[edge] = 0;
            s->room_msat[edge] = is_good(half, s->left_msat[edge]) ? s->left_msat[edge] : 0;
        }
    }
    uint64_t flow_msat = fgr_maxflow_run(m, most_msat);
    m->room_msat = s->left_msat;
    flow_msat += fgr_maxflow_run(m, most_msat - flow_msat);
    m->room_msat = s->room_msat;
    return flow_msat;
}

/* The full half-channels from nodes that cannot reach the destination any more to those that can. */
static void find_cut(struct fgr_capacity_scratch *s, struct fgr_capacity *out_capacity)
{
    const struct fgr_maxflow *m = &s->maxflow;
    uint32_t n_nodes = fgr_overlay_n_nodes(m->view, m->overlay);
    uint32_t n = 0;
    bool is_at_source = true;
    bool is_at_destination = true;
    for (uint32_t node = 0; node < n_nodes; node++) {
        if (m->level[node] != FGR_LEVEL_NONE) {
            continue;
        }
        struct fgr_walk walk = fgr_walk_of(m->view, m->overlay, false, node);
        uint32_t edge;
        uint32_t to;
        while (fgr_walk_next(&walk, &edge, &to)) {
            if (m->level[to] != FGR_LEVEL_NONE && s->left_msat[edge] > 0) {
                s->cut[n++] = (fgr_edge_idx){fgr_overlay_name_of(m->overlay, edge)};
                is_at_source &= node == m->from;
                is_at_destination &= to == m->to;
            }
        }
    }
    out_capacity->cut = s->cut;
    out_capacity->n_cut = n;
    out_capacity->is_cut_at_source = n > 0 && is_at_source;
    out_capacity->is_cut_at_destination = n > 0 && is_at_destination;
}

static enum fgr_err check(const struct fgr_capacity_scratch *scratch, const struct fgr_view *view,
                          const struct fgr_split_query *query, struct fgr_error *err)
{
    if (view->n_nodes > scratch->n_nodes || view->n_chans > scratch->n_chans) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "the scratch is for views of %" PRIu32 " nodes and %" PRIu32
                        " channels, this one has %" PRIu32 " and %" PRIu32,
                        scratch->n_nodes, scratch->n_chans, view->n_nodes, view->n_chans);
    }
    const struct fgr_overlay *overlay = query->overlay;
    if (overlay != NULL && overlay->view != view) {
        return fgr_fail(err, FGR_ERR_ARG, "the overlay belongs to another view");
    }
    if (overlay != NULL && (overlay->n_added_nodes > FGR_OVERLAY_NODES_ROOM ||
                            overlay->n_edges > 2 * view->n_chans + FGR_OVERLAY_EDGES_ROOM)) {
        return fgr_fail(err, FGR_ERR_LIMIT,
                        "the overlay adds %" PRIu32 " nodes and %" PRIu32
                        " half-channels: a scratch has room for %d and %" PRIu32,
                        overlay->n_added_nodes, overlay->n_edges, FGR_OVERLAY_NODES_ROOM,
                        2 * view->n_chans + FGR_OVERLAY_EDGES_ROOM);
    }
    uint32_t n_nodes = fgr_overlay_n_nodes(view, overlay);
    if (query->from.v >= n_nodes || query->to.v >= n_nodes) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "node index %" PRIu32 " is not in the view, which has %" PRIu32 " nodes",
                        query->from.v >= n_nodes ? query->from.v : query->to.v, n_nodes);
    }
    if (query->from.v == query->to.v) {
        return fgr_fail(err, FGR_ERR_ARG, "source and destination are the same node");
    }
    return FGR_OK;
}

enum fgr_err fgr_capacity(struct fgr_capacity_scratch *scratch, struct fgr_capacity *out_capacity,
                          const struct fgr_view *view, const struct fgr_split_query *query,
                          struct fgr_error *err)
{
    struct fgr_capacity_scratch *s = scratch;
    enum fgr_err code = check(s, view, query, err);
    if (code != FGR_OK) {
        return code;
    }
    *out_capacity = (struct fgr_capacity){.bundles = s->bundle, .bundle_edge = s->bundle_edge};
    s->n_bundles = 0;
    s->n_bundle_edges = 0;
    s->maxflow.view = view;
    s->maxflow.overlay = query->overlay;
    s->maxflow.from = query->from.v;
    s->maxflow.to = query->to.v;
    s->maxflow.room_msat = s->room_msat;
    fill_left(s, query->min_part.v);
    s->rest_msat = run_flow(s, FGR_MSAT_MAX);
    out_capacity->at_most.v = s->rest_msat;
    if (s->rest_msat < FGR_MSAT_MAX) {
        find_cut(s, out_capacity);
    }
    fgr_bundle_flow(s, query);
    for (int turn = 1; turn < TURNS_MAX; turn++) {
        if (s->rest_msat <= out_capacity->at_most.v / 1000000 * REST_LEAST_PPM) {
            break;
        }
        run_flow(s, s->rest_msat);
        fgr_bundle_flow(s, query);
    }
    out_capacity->at_least.v = out_capacity->at_most.v - s->rest_msat;
    out_capacity->n_bundles = s->n_bundles;
    for (uint32_t i = 0; i < s->n_bundles; i++) {
        out_capacity->n_parts += s->bundle[i].n_parts;
    }
    return FGR_OK;
}
