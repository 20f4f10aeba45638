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
#include "graph/util/bitset.h"
#include "graph/util/heap.h"

#define FGR_PRICE_BLOCK 64

/* No msat costs this much: what is above is not reached. */
#define FGR_PRICE_MAX 1e30

#define FGR_LANE_NONE UINT16_MAX
#define FGR_LANES_MAX 2048

/* What is assumed of a half-channel with a fixed charge. */
enum fgr_lane_use {
    FGR_LANE_OPEN, /* nothing */
    FGR_LANE_PAID, /* some part goes over it: its fixed charge is paid once, and free from then on */
    FGR_LANE_SHUT  /* none does */
};

/* A half-channel on a path of the split. */
struct fgr_lane {
    struct fgr_arc arc;
    uint32_t edge;
    double flow_msat;   /* of all paths */
    double held_msat;   /* of the flow that the tariff's reach counts from */
    double fixed_msat;  /* the part of it that does not follow their amounts */
    double slope;       /* M * slope of -ln P at that flow: the price of one msat more */
    double offset;      /* M * -ln P >= offset + slope * x for every x */
    uint64_t sum_msat;  /* what whole parts carry */
    uint32_t n_parts;   /* those that go over it */
    double charge_msat; /* what parts of the sizes that are asked for pay once, and for no more */
    enum fgr_lane_use use;
};

/* All half-channels at which prices are not those of no flow. */
struct fgr_lanes {
    const struct fgr_lane *lane;
    uint32_t n;
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
    const struct fgr_overlay *overlay;
    uint32_t n_nodes; /* room */
    uint32_t n_usable;
    uint32_t n_edges;
    uint32_t from;
    uint32_t to;
    uint32_t forward; /* stamps */
    uint32_t backward;
    double radius; /* no node that is not settled is nearer to the destination */
    struct fgr_price_node *node;
    uint64_t *settled;           /* bit per node: `rest` is final */
    double floor[FGR_LANES_MAX]; /* slope of each lane that `rest` counts on */
    uint32_t n_floors;           /* later lanes: that of no flow */
    uint32_t n_free;             /* lanes whose fixed charge `rest` leaves out: they may be paid */
    const struct fgr_lanes *lanes; /* of the search that is running */
    uint16_t *lane_of;             /* per half-channel: its lane, FGR_LANE_NONE */
    struct fgr_heap near;          /* ways to settled nodes, by price + rest */
    struct fgr_heap far;           /* ways elsewhere, by price: the radius is the same for all */
    struct fgr_heap back;
    struct fgr_price_label *label; /* FGR_PRICE_LABELS_MAX */
    uint32_t *first_label;         /* per node: its list, valid if `forward` is */
    uint32_t *cltv_ahead;          /* per node: least to the destination */
    uint8_t *hops_ahead;
    uint32_t n_labels;
    bool has_ahead;   /* the last two are filled for this query */
    uint64_t work[2]; /* of the two fronts */
    uint64_t n_settled;
    uint64_t n_relaxed;
    float scan[FGR_PRICE_BLOCK];
};

/* Room for the ways of one search under limits. */
#define FGR_PRICE_LABELS_MAX (UINT32_C(1) << 14)

/* A way from the source to a node. */
struct fgr_price_label {
    double price;     /* of a msat, without fixed charges */
    double fixed;     /* fixed charges of a part */
    double part_msat; /* largest part of a better set that passes it */
    uint32_t node;
    uint32_t edge;   /* last of the way */
    uint32_t parent; /* FGR_IDX_NONE at the source */
    uint32_t next;   /* in the node's list */
    uint32_t cltv;
    uint8_t hops;
    bool is_dead; /* another way is better in everything */
};

/* What a way has to keep, and what it pays for being one. */
struct fgr_price_limits {
    bool is_loose; /* hops and cltv need not be kept */
    uint32_t hops;
    uint32_t cltv;
    double part_weight; /* a further fixed charge of each part */
    double whole_msat;  /* no part is larger */
};

struct fgr_price_way;

/* Parts of several sizes, to be looked for at once. Each way that could be cheaper than it says there
 * for one of them is told; what it costs is worked out by whoever is told, and put there. */
struct fgr_price_sizes {
    uint32_t n;
    const double *amount_msat;
    double *cost_msat; /* of the cheapest way known; what it is at the end holds for all */
    void *state;
    void (*on_way)(void *state, const struct fgr_price_way *way);
};

struct fgr_price_way {
    double price;                /* least price if below the cutoff, else the cutoff */
    uint32_t n_edges;            /* 0 = none below the cutoff */
    uint32_t edge[FGR_HOPS_MAX]; /* from the source on */
};

/* Starts a query, or forgets what its searches have learnt about the rest of the way: needed where
 * prices at no flow fall. */
void fgr_price_start(struct fgr_price *price, const struct fgr_view *view,
                     const struct fgr_overlay *overlay, uint32_t from, uint32_t to);

/* The cheapest way from the source to the destination that costs less than `cutoff` per msat. A way of
 * more than FGR_HOPS_MAX edges counts as price only. */
void fgr_price_find(struct fgr_price *price, struct fgr_price_way *out_way,
                    const struct fgr_tariff *tariff, const struct fgr_lanes *lanes, double cutoff);

/* The same under limits, and closer: fixed charges are spread over the largest part that passes the
 * whole way. Exact like the other, with several ways per node: dearer by far. If it runs out of labels,
 * the price is that of the least way left, and still a bound. */
void fgr_price_find_within(struct fgr_price *price, struct fgr_price_way *out_way,
                           const struct fgr_tariff *tariff, const struct fgr_lanes *lanes,
                           const struct fgr_price_limits *limits, double cutoff);

/* All ways that are cheaper than those known, for parts of the sizes. False if it ran out of labels. */
bool fgr_price_find_sizes(struct fgr_price *price, const struct fgr_tariff *tariff,
                          const struct fgr_lanes *lanes, const struct fgr_price_limits *limits,
                          const struct fgr_price_sizes *sizes);

#endif
