/* SPDX-License-Identifier: MIT */
/*
 * price.h - the cheapest way for one more msat, at the prices of a given flow.
 *
 * Place in the flow: tariff + lanes (half-channels that carry something) -> price -> a path and the
 * least price, which together prove or improve a split.
 *
 * Threads: one thread per search.
 * Memory: one record of 24 bytes per node, three heaps; taken at create.
 */
#ifndef FGR_ENGINE_PRICE_H
#define FGR_ENGINE_PRICE_H

#include "engine/tariff.h"
#include "graph/util/heap.h"

#define FGR_PRICE_BLOCK 64

/* No msat costs this much: what is above is not reached. */
#define FGR_PRICE_MAX 16384.0

#define FGR_LANE_NONE UINT16_MAX

/* A half-channel on a path of the split. */
struct fgr_lane {
    struct fgr_arc arc;
    uint32_t edge;
    double flow_msat;  /* of all paths */
    double slope;      /* M * slope of -ln P at that flow: the price of one msat more */
    double offset;     /* M * -ln P >= offset + slope * x for every x */
    uint64_t sum_msat; /* what whole parts carry */
};

struct fgr_price_node {
    double price;     /* from the source, exact at the given flow */
    double rest;      /* to the destination, at least */
    uint32_t edge;    /* last of the way from the source */
    uint32_t forward; /* stamp of the search that `price` belongs to */
    uint32_t backward;
    uint32_t spare;
};

struct fgr_price {
    const struct fgr_view *view;
    uint32_t n_nodes; /* room */
    uint32_t n_usable;
    uint32_t n_edges;
    uint32_t from;
    uint32_t to;
    uint32_t forward; /* stamps */
    uint32_t backward;
    double radius; /* no node that is not settled is nearer to the destination */
    struct fgr_price_node *node;
    uint64_t *settled;    /* bit per node: `rest` is final */
    uint16_t *lane_of;    /* per half-channel: its lane, FGR_LANE_NONE */
    struct fgr_heap near; /* ways to settled nodes, by price + rest */
    struct fgr_heap far;  /* ways elsewhere, by price: the radius is the same for all */
    struct fgr_heap back;
    uint64_t work[2]; /* of the two fronts */
    uint64_t n_settled;
    uint64_t n_relaxed;
    float scan[FGR_PRICE_BLOCK];
};

struct fgr_price_way {
    double price;                /* least price if below the cutoff, else the cutoff */
    uint32_t n_edges;            /* 0 = none below the cutoff */
    uint32_t edge[FGR_HOPS_MAX]; /* from the source on */
};

/* Starts a query. What it learns about the rest of the way stays true for its other searches, as
 * long as no price falls below those of `tariff` at no flow. */
void fgr_price_start(struct fgr_price *price, const struct fgr_view *view, uint32_t from,
                     uint32_t to);

/* The cheapest way from the source to the destination that costs less than `cutoff` per msat. A way of
 * more than FGR_HOPS_MAX edges counts as price only. */
void fgr_price_find(struct fgr_price *price, struct fgr_price_way *out_way,
                    const struct fgr_tariff *tariff, const struct fgr_lane *lanes, double cutoff);

#endif
