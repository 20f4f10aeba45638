/* SPDX-License-Identifier: MIT */
/*
 * view.h - the immutable graph that queries read: typed pointers into one image, or into the pages
 * of a master (graph/master.h) at one of its versions.
 *
 * Place in the flow: image (bytes, verified) or master -> view -> engine.
 *
 * Layout: cold records are arrays of small structs, one cache line per lookup. What a search
 * streams through is structure-of-arrays, once per direction: the usable half-channels grouped by
 * the node they enter (`in`) or leave (`out`), cheapest first. The columns bound the cost from below
 * (see struct fgr_adjacency); exact values are in `half` and `chan`.
 *
 * Canonical: in an image nodes are sorted by id, channels by scid, so one network has one image
 * however its source was ordered. A live view, one of a master, counts nodes and channels in the
 * order in which they came and keeps the indexes of those that have gone; its lists have the order
 * of the image all the same.
 *
 * Live: what never changes is in arrays that all versions share, as in an image; what does is in
 * pages (`half_pages`, `pages` of an adjacency, struct fgr_live), and the plain arrays of the same
 * things are NULL. Hence one branch in fgr_view_half_of and fgr_adjacency_span, and none elsewhere.
 *
 * Threads: immutable, any thread.
 * Memory: all pointers borrow the image, which fgr_view_close releases, or the master's versions.
 */
#ifndef FGR_GRAPH_VIEW_H
#define FGR_GRAPH_VIEW_H

#include "fulgurite/graph.h"
#include "graph/util/attr.h"
#include "graph/util/bytes.h"
#include "graph/util/paged.h"

enum {
    FGR_HALF_KNOWN = 1,    /* a policy was seen */
    FGR_HALF_DISABLED = 2, /* disable bit of channel_update */
    FGR_HALF_USABLE = 4, /* known, not disabled, htlc_min <= htlc_max <= capacity: in `in`/`out` */
    /* Of both halves of a channel, in live views only: */
    FGR_HALF_DYING = 8, /* as FGR_CHAN_DYING, said later */
    FGR_HALF_GONE = 16  /* the channel was closed; nothing else is set */
};

/* One half-channel, index 2 * channel + direction. */
struct fgr_half {
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat;
    uint32_t base_msat;
    uint32_t ppm;
    uint32_t timestamp;
    uint16_t cltv_delta;
    uint8_t flags; /* FGR_HALF_* */
    uint8_t reserved;
};

enum { FGR_CHAN_DYING = 1 };

struct fgr_chan {
    uint64_t scid;
    uint64_t capacity_sat;
    uint32_t node[2];     /* node[0] < node[1]: ids are sorted */
    uint32_t feature_set; /* index into feature sets */
    uint32_t flags;       /* FGR_CHAN_* */
};

/* An inbound fee (bLIP-18): sparse, sorted by edge. */
struct fgr_inbound {
    uint32_t edge;
    int32_t base_msat;
    int32_t ppm;
};

/* The usable half-channels of one direction, grouped by node: entries first[v] .. first[v + 1] are
 * those of v, by rising base_msat + ppm (what they charge for 1 000 sat), then by neighbour, then
 * by edge. A search stops in a list where that alone is too dear.
 *
 * The columns bound the cost from below: fees are exact up to INT32_MAX and that above, inv_cap is
 * rounded down, max_msat up. */
struct fgr_adjacency {
    const uint32_t *first; /* n_nodes + 1; NULL in a live view: */
    const void *pages;     /* struct fgr_span per node */
    const uint32_t *nbr;   /* the other end */
    const uint32_t *edge;  /* half-channel index */
    const int32_t *base_msat;
    const int32_t *ppm;
    const uint16_t *cltv;  /* blocks */
    const float *inv_cap;  /* 1 / (capacity_msat + 1) */
    const float *max_msat; /* htlc_max */
};

/* Entries [first, end) of an adjacency. */
struct fgr_span {
    uint32_t first;
    uint32_t end;
};

/* Elements per page of what changes: pages of 256 and 512 bytes. */
enum { FGR_HALF_LEAF_BITS = 4, FGR_SPAN_LEAF_BITS = 5 };

static inline struct fgr_span fgr_adjacency_span(const struct fgr_adjacency *adjacency,
                                                 uint32_t node)
{
    if (FGR_LIKELY(adjacency->first != NULL)) {
        return (struct fgr_span){adjacency->first[node], adjacency->first[node + 1]};
    }
    const struct fgr_span *span =
        fgr_paged_at(adjacency->pages, node, FGR_SPAN_LEAF_BITS, sizeof *span);
    return *span;
}

/* By this the entries of a node rise. */
static inline uint32_t fgr_adjacency_rank(const struct fgr_adjacency *adjacency, uint32_t i)
{
    return (uint32_t)adjacency->base_msat[i] + (uint32_t)adjacency->ppm[i];
}

struct fgr_view {
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_usable; /* entries of `in` and of `out` */
    uint32_t n_aliased;
    uint32_t n_feature_sets;
    uint32_t n_inbound;

    const uint8_t *node_id;           /* n_nodes x 33, ascending */
    const uint32_t *node_timestamp;   /* n_nodes */
    const uint32_t *node_feature_set; /* n_nodes */
    const uint32_t *node_channels;    /* n_nodes: channels of the node, usable or not */
    const uint32_t *alias_first;      /* n_nodes + 1, offsets into alias_bytes */
    const uint8_t *alias_bytes;
    const uint32_t *alias_order;       /* n_aliased nodes with an alias, by (alias, node) */
    const uint32_t *feature_set_first; /* n_feature_sets + 1, offsets into feature_bytes */
    const uint8_t *feature_bytes;

    const struct fgr_chan *chan; /* n_chans, ascending scid */
    const struct fgr_half *half; /* 2 * n_chans; NULL in a live view: */
    const void *half_pages;      /* struct fgr_half per half-channel */
    const struct fgr_inbound *inbound;

    struct fgr_adjacency in;
    struct fgr_adjacency out;

    const void *base; /* the image */
    size_t n_bytes;
    bool is_mapped; /* munmap at close */

    const struct fgr_live *live; /* NULL over an image */
};

/* Unchecked accessors for the layers above: indexes are below the counts. */
static inline const struct fgr_chan *fgr_view_chan_of(const struct fgr_view *view, uint32_t edge)
{
    return &view->chan[edge >> 1];
}

static inline const struct fgr_half *fgr_view_half_of(const struct fgr_view *view, uint32_t edge)
{
    if (FGR_LIKELY(view->half != NULL)) {
        return &view->half[edge];
    }
    return fgr_paged_at(view->half_pages, edge, FGR_HALF_LEAF_BITS, sizeof(struct fgr_half));
}

/* Node an edge leaves (`from`) or enters. */
static inline uint32_t fgr_view_edge_from(const struct fgr_view *view, uint32_t edge)
{
    return view->chan[edge >> 1].node[edge & 1];
}
static inline uint32_t fgr_view_edge_to(const struct fgr_view *view, uint32_t edge)
{
    return view->chan[edge >> 1].node[~edge & 1];
}

/* Order of a node's alias against n bytes: < 0, 0 or > 0. */
static inline int fgr_view_alias_cmp(const struct fgr_view *view, uint32_t node,
                                     const uint8_t *bytes, size_t n)
{
    uint32_t first = view->alias_first[node];
    return fgr_bytes_cmp(view->alias_bytes + first, view->alias_first[node + 1] - first, bytes, n);
}

#endif
