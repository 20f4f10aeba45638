/* SPDX-License-Identifier: MIT */
#include "engine/scratch.h"

#include <string.h>

#include "engine/cost.h"
#include "graph/util/alloc.h"
#include "graph/util/error.h"

_Static_assert(sizeof(struct fgr_node_state) == 32, "one node state is 32 bytes");
_Static_assert(sizeof(struct fgr_label) == 48, "one label is 48 bytes");
_Static_assert(FGR_COST_INF == UINT64_C(0x3fffffffffffffff), "fresh node states are unreached");

/* One array of the scratch: where its pointer lives and how large it is. */
struct part {
    void **slot;
    size_t bytes;
};

enum { N_PARTS = 17 };

static void list_parts(struct fgr_scratch *s, struct part parts[N_PARTS])
{
    size_t n_nodes = s->n_nodes;
    size_t n_edges = s->n_edges;
    struct part all[N_PARTS] = {
        {(void **)&s->node, n_nodes * sizeof *s->node},
        {(void **)&s->settled, fgr_bitset_words(n_nodes) * sizeof *s->settled},
        {(void **)&s->at_source, fgr_bitset_words(n_nodes) * sizeof *s->at_source},
        {(void **)&s->label, FGR_LABELS_MAX * sizeof *s->label},
        /* Each half-channel is pushed at most once, plus the source. */
        {(void **)&s->forward.entry, (n_edges + 1) * sizeof *s->forward.entry},
        /* Each label has at most one entry in each. */
        {(void **)&s->near.entry, (FGR_LABELS_MAX + 1) * sizeof *s->near.entry},
        {(void **)&s->far.entry, (FGR_LABELS_MAX + 1) * sizeof *s->far.entry},
        {(void **)&s->bound.fee_msat, n_nodes * sizeof *s->bound.fee_msat},
        {(void **)&s->bound.cltv, n_nodes * sizeof *s->bound.cltv},
        {(void **)&s->bound.hops, n_nodes * sizeof *s->bound.hops},
        {(void **)&s->bound.cost, n_nodes * sizeof *s->bound.cost},
        {(void **)&s->bound.friction, n_nodes * sizeof *s->bound.friction},
        {(void **)&s->bound.minimum_msat, n_nodes * sizeof *s->bound.minimum_msat},
        {(void **)&s->bound.low, n_nodes * sizeof *s->bound.low},
        {(void **)&s->bound.high, n_nodes * sizeof *s->bound.high},
        {(void **)&s->bucket, FGR_BUCKETS * sizeof *s->bucket},
        {(void **)&s->probe, sizeof *s->probe},
    };
    memcpy(parts, all, sizeof all);
}

enum fgr_err fgr_scratch_create(struct fgr_scratch **out_scratch, const struct fgr_view *view,
                                const struct fgr_allocator *allocator, struct fgr_error *err)
{
    struct fgr_allocator a = fgr_alloc_source(allocator);
    struct fgr_scratch *s = a.alloc(a.state, sizeof *s);
    if (s == NULL) {
        return fgr_fail_memory(err, sizeof *s);
    }
    memset(s, 0, sizeof *s);
    s->allocator = a;
    /* An overlay may put a half-channel of its own in the place of each one of the view. */
    s->n_nodes = view->n_nodes + FGR_OVERLAY_NODES_ROOM;
    s->n_edges = view->n_usable + 2 * view->n_chans + FGR_OVERLAY_EDGES_ROOM;
    s->scan = fgr_scan_best();

    struct part parts[N_PARTS];
    list_parts(s, parts);
    for (int i = 0; i < N_PARTS; i++) {
        *parts[i].slot = a.alloc(a.state, parts[i].bytes);
        if (*parts[i].slot == NULL) {
            fgr_scratch_destroy(s);
            return fgr_fail_memory(err, parts[i].bytes);
        }
    }
    memset(s->node, 0, parts[0].bytes);
    *out_scratch = s;
    return FGR_OK;
}

void fgr_scratch_destroy(struct fgr_scratch *scratch)
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
    a.free(a.state, scratch, sizeof *scratch);
}

bool fgr_scratch_fits(const struct fgr_scratch *scratch, const struct fgr_view *view)
{
    return view->n_nodes <= scratch->n_nodes && view->n_usable <= scratch->n_edges;
}

bool fgr_scratch_fits_overlay(const struct fgr_scratch *scratch, const struct fgr_view *view,
                              const struct fgr_overlay *overlay)
{
    return overlay == NULL || (fgr_overlay_n_nodes(view, overlay) <= scratch->n_nodes &&
                               overlay->n_edges <= scratch->n_edges - view->n_usable);
}

void fgr_scratch_reset(struct fgr_scratch *scratch, uint32_t n_nodes)
{
    scratch->stamp++;
    if (scratch->stamp == 0) {
        memset(scratch->node, 0, scratch->n_nodes * sizeof *scratch->node);
        scratch->stamp = 1;
    }
    memset(scratch->settled, 0, fgr_bitset_words(n_nodes) * sizeof *scratch->settled);
    memset(scratch->at_source, 0, fgr_bitset_words(n_nodes) * sizeof *scratch->at_source);
    scratch->n_labels = 0;
    scratch->forward.n = 0;
    scratch->near.n = 0;
    scratch->far.n = 0;
}
