/* SPDX-License-Identifier: MIT */
#include "engine/split_scratch.h"

#include <string.h>

#include "graph/util/alloc.h"
#include "graph/util/error.h"

/* One array of the scratch. */
struct part {
    void **slot;
    size_t bytes;
};

#define N_PARTS 23

static void list_parts(struct fgr_split_scratch *s, struct part parts[N_PARTS])
{
    struct fgr_price *p = &s->flow.price;
    size_t n_nodes = p->n_nodes > 0 ? p->n_nodes : 1;
    /* A half-channel improves its end at most once each time its start is opened, and a node is
     * opened again only where rounding has made it a little cheaper. */
    size_t n_entries = 2 * (size_t)p->n_usable + n_nodes + FGR_PRICE_LABELS_MAX + 1;
    struct part all[N_PARTS] = {
        {(void **)&p->node, n_nodes * sizeof *p->node},
        {(void **)&p->settled, fgr_bitset_words(n_nodes) * sizeof *p->settled},
        {(void **)&p->lane_of, (p->n_edges + 1) * sizeof *p->lane_of},
        {(void **)&p->near.entry, n_entries * sizeof *p->near.entry},
        {(void **)&p->far.entry, n_entries * sizeof *p->far.entry},
        {(void **)&p->back.entry, n_entries * sizeof *p->back.entry},
        {(void **)&p->label, FGR_PRICE_LABELS_MAX * sizeof *p->label},
        {(void **)&p->first_label, n_nodes * sizeof *p->first_label},
        {(void **)&p->cltv_ahead, n_nodes * sizeof *p->cltv_ahead},
        {(void **)&p->hops_ahead, n_nodes * sizeof *p->hops_ahead},
        {(void **)&s->room_msat, (p->n_edges + 1) * sizeof *s->room_msat},
        {(void **)&s->lots.net.rest, n_nodes * sizeof *s->lots.net.rest},
        {(void **)&s->lots.net.ahead, n_nodes * sizeof *s->lots.net.ahead},
        {(void **)&s->lots.net.place, n_nodes * sizeof *s->lots.net.place},
        {(void **)&s->lots.net.node, (n_nodes + 1) * sizeof *s->lots.net.node},
        {(void **)&s->lots.net.arc, (p->n_usable + 1) * sizeof *s->lots.net.arc},
        {(void **)&s->lots.net.out_of, (p->n_usable + 1) * sizeof *s->lots.net.out_of},
        {(void **)&s->lots.net.into, (p->n_usable + 1) * sizeof *s->lots.net.into},
        {(void **)&s->maxflow.flow_msat, (p->n_edges + 1) * sizeof *s->maxflow.flow_msat},
        {(void **)&s->maxflow.level, n_nodes * sizeof *s->maxflow.level},
        {(void **)&s->maxflow.cursor, n_nodes * sizeof *s->maxflow.cursor},
        {(void **)&s->maxflow.queue, n_nodes * sizeof *s->maxflow.queue},
        {(void **)&s->maxflow.path, n_nodes * sizeof *s->maxflow.path},
    };
    memcpy(parts, all, sizeof all);
}

enum fgr_err fgr_split_scratch_create(struct fgr_split_scratch **out_scratch,
                                      const struct fgr_view *view,
                                      const struct fgr_allocator *allocator, struct fgr_error *err)
{
    struct fgr_allocator a = fgr_alloc_source(allocator);
    struct fgr_split_scratch *s = a.alloc(a.state, sizeof *s);
    if (s == NULL) {
        return fgr_fail_memory(err, sizeof *s);
    }
    memset(s, 0, sizeof *s);
    s->allocator = a;
    struct fgr_price *p = &s->flow.price;
    /* An overlay may put a half-channel of its own in the place of each one of the view. */
    p->n_nodes = view->n_nodes + FGR_OVERLAY_NODES_ROOM;
    p->n_usable = view->n_usable + 2 * view->n_chans + FGR_OVERLAY_EDGES_ROOM;
    p->n_edges = 4 * view->n_chans + FGR_OVERLAY_EDGES_ROOM;
    enum fgr_err rc = fgr_scratch_create(&s->route, view, &a, err);
    struct part parts[N_PARTS];
    list_parts(s, parts);
    for (int i = 0; i < N_PARTS && rc == FGR_OK; i++) {
        *parts[i].slot = a.alloc(a.state, parts[i].bytes);
        rc = *parts[i].slot == NULL ? fgr_fail_memory(err, parts[i].bytes) : FGR_OK;
    }
    if (rc != FGR_OK) {
        fgr_split_scratch_destroy(s);
        return rc;
    }
    memset(p->node, 0, parts[0].bytes);
    memset(p->lane_of, 0xff, parts[2].bytes);
    *out_scratch = s;
    return FGR_OK;
}

void fgr_split_scratch_destroy(struct fgr_split_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    struct fgr_allocator a = scratch->allocator;
    struct part parts[N_PARTS];
    list_parts(scratch, parts);
    for (int i = 0; i < N_PARTS; i++) {
        if (*parts[i].slot != NULL) {
            a.free(a.state, *parts[i].slot, parts[i].bytes);
        }
    }
    fgr_scratch_destroy(scratch->route);
    a.free(a.state, scratch, sizeof *scratch);
}

bool fgr_split_scratch_fits(const struct fgr_split_scratch *scratch, const struct fgr_view *view,
                            const struct fgr_overlay *overlay)
{
    const struct fgr_price *p = &scratch->flow.price;
    return fgr_overlay_n_nodes(view, overlay) <= p->n_nodes &&
           fgr_overlay_n_edges(view, overlay) <= p->n_edges && view->n_usable <= p->n_usable &&
           fgr_scratch_fits(scratch->route, view) &&
           fgr_scratch_fits_overlay(scratch->route, view, overlay);
}
