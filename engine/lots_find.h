/* SPDX-License-Identifier: MIT */
/*
 * lots_find.h - the cheapest way for a part of a given size, over the half-channels that can matter.
 *
 * Place in the flow: flow (paths, lanes) -> lots -> lots_find -> a way and how cheap a part can be.
 *
 * Threads: one thread per search.
 * Memory: inside the scratch of the split.
 */
#ifndef FGR_ENGINE_LOTS_FIND_H
#define FGR_ENGINE_LOTS_FIND_H

#include "engine/price.h"

/* A half-channel that a part of a better set can use. */
struct fgr_lots_arc {
    double end_msat; /* no flow reaches it */
    double sure_msat;
    double most_msat; /* of one part */
    double own;       /* fee and risk of a msat */
    double rate;      /* what its fee takes out of each msat */
    double flat;      /* no part fails at less for each of its msat */
    double at_msat;   /* where the line below touches, for this range of sizes */
    double value;     /* its value there */
    double slope;
    double price;   /* of a msat at the least size of the band */
    uint32_t stamp; /* of the range */
    uint32_t edge;
    uint32_t from; /* in `node` */
    uint32_t to;
    bool is_free; /* a discount may take all that it costs */
};

struct fgr_lots_node {
    double ahead; /* from the source, of a msat of any part of the band, at least */
    double rest;  /* the same to the destination */
    double least; /* `ahead` of any part */
    double cost;  /* of the part from the source to here */
    uint32_t arc; /* last of the way there, and where that comes from */
    uint32_t from;
    uint32_t stamp;    /* of the search that these belong to */
    uint32_t first;    /* arcs out of it in `out_of`: room for as many as up to the next node's */
    uint32_t n_out;    /* those that can still matter */
    uint32_t first_in; /* the same in `into` */
    uint32_t n_in;
};

/* What half-channels in use cost: a share of the failure cost is that of the sum, along a line of that
 * slope; the rest is counted for each part by itself. */
struct fgr_lots_prices {
    double fail_msat; /* M */
    double risk;      /* per msat and block */
    double share[FGR_LANES_MAX];
    double slope[FGR_LANES_MAX];
};

struct fgr_lots_net {
    double least_msat; /* of the parts it is for */
    double cutoff;     /* of prices of a msat */
    uint32_t n_nodes;  /* the source is the first */
    uint32_t n_arcs;
    uint32_t target;
    uint32_t range; /* stamps */
    uint32_t search;
    uint64_t n_relaxed;
    double *rest;    /* per node of the network */
    double *ahead;   /* the same from the source */
    uint32_t *place; /* per node of the network: in `node` */
    struct fgr_lots_node *node;
    struct fgr_lots_arc *arc;
    uint32_t *out_of; /* arcs by the node they leave, those that matter first */
    uint32_t *into;   /* by the node they enter */
};

/* Sizes of parts. */
struct fgr_lots_range {
    double low_msat;
    double high_msat;
};

struct fgr_lots_way {
    double cost; /* at least what a part costs, or the cutoff */
    uint32_t n_edges;
    uint32_t edge[FGR_HOPS_MAX];
};

/* The least price of a msat of any part of `least_msat` or more, or the cutoff. */
double fgr_lots_net_least(struct fgr_lots_net *net, struct fgr_price *price,
                          const struct fgr_lots_prices *prices, double least_msat, double cutoff);

/* Gathers all half-channels on ways whose msat costs less than net->cutoff, for parts of
 * net->least_msat or more. False if there is no way. */
bool fgr_lots_net_fill(struct fgr_lots_net *net, struct fgr_price *price,
                       const struct fgr_lots_prices *prices);

/* Before the smallest size at new prices. */
void fgr_lots_net_begin(struct fgr_lots_net *net);

/* Potentials for parts of `size_msat` or more at these prices, where a way that costs `cutoff` is of
 * no use. */
void fgr_lots_net_band(struct fgr_lots_net *net, struct fgr_price *price,
                       const struct fgr_lots_prices *prices, double size_msat, double cutoff);

/* From now on lines are taken for these sizes. */
void fgr_lots_net_range(struct fgr_lots_net *net);

/* The cheapest way for a part of `size_msat` within the range, if below way->cost. Its cost is at most
 * what any part of that size costs there. */
void fgr_lots_find(struct fgr_lots_net *net, struct fgr_price *price,
                   const struct fgr_lots_prices *prices, const struct fgr_lots_range *range,
                   double size_msat, struct fgr_lots_way *way);

/* A part of `least_msat` or more fails at no less than this for each of its msat. */
double fgr_lots_least_slope(double fail_msat, double least_msat, double end_msat);

/* M * -ln P of a flow, rounded down to whole msat, below end_msat. */
double fgr_lots_fail(double fail_msat, double flow_msat, double sure_msat, double end_msat);

#endif
