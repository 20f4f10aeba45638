/* SPDX-License-Identifier: MIT */
#include "tests/oracle/brute.h"

#include "graph/amount.h"

/* The path under construction and where it has to end. */
struct walk {
    struct fgr_brute_answer *answer;
    const struct fgr_view *view;
    const struct fgr_route_query *query;
    bool with_amounts;
    uint32_t node[FGR_PATH_HOPS_MAX]; /* node[i] is where edge[i] leaves */
    struct fgr_path path;
};

static void keep_min(uint64_t *least, uint64_t value)
{
    if (value < *least) {
        *least = value;
    }
}

/* Each limit in turn is left out; the others have to hold. */
static void note_needs(struct fgr_brute_answer *answer, const struct fgr_path *path,
                       const struct fgr_route_query *query)
{
    bool fee = path->fee_msat <= query->max_fee.v;
    bool cltv = path->cltv_blocks <= query->max_cltv;
    bool hops = path->n_hops <= query->max_hops;
    bool bytes = path->onion_bytes <= FGR_ONION_BYTES;
    if (cltv && hops && bytes) {
        keep_min(&answer->needed_fee_msat, path->fee_msat);
    }
    if (fee && hops && bytes) {
        keep_min(&answer->needed_cltv, path->cltv_blocks);
    }
    if (fee && cltv && bytes) {
        keep_min(&answer->needed_hops, path->n_hops);
    }
    if (fee && cltv && hops) {
        keep_min(&answer->needed_bytes, path->onion_bytes);
    }
}

static struct fgr_path priced(const struct walk *walk, uint64_t amount_msat)
{
    struct fgr_path path = walk->path;
    struct fgr_route_query query = *walk->query;
    query.amount.v = amount_msat;
    fgr_path_price(&path, walk->view, &query);
    return path;
}

/* Every maximum, but no minimum and no limit of the query. */
static bool is_small_enough(const struct walk *walk, uint64_t amount_msat)
{
    uint64_t carried_msat = amount_msat;
    for (uint32_t i = walk->path.n_hops; i-- > 0;) {
        struct fgr_overlay_edge_info info =
            fgr_path_edge(walk->view, walk->query, walk->path.edge[i]);
        if (carried_msat > info.htlc_max.v) {
            return false;
        }
        uint64_t fee_msat = fgr_fee_msat(carried_msat, info.base_msat, info.ppm);
        if (i > 0) {
            carried_msat += fee_msat < FGR_MSAT_MAX ? fee_msat : FGR_MSAT_MAX;
        }
    }
    return true;
}

/* Fees and amounts on the way grow with the delivered amount, so maxima hold up to some amount and fail beyond: found by halving. The minima are easiest to meet there: what
 * fails them there fails them at every smaller amount too. */
static void note_amount(struct walk *walk)
{
    uint64_t kept_msat = 0;
    uint64_t failed_msat = FGR_MSAT_MAX + 1;
    while (failed_msat - kept_msat > 1) {
        uint64_t middle_msat = kept_msat + (failed_msat - kept_msat) / 2;
        if (is_small_enough(walk, middle_msat)) {
            kept_msat = middle_msat;
        } else {
            failed_msat = middle_msat;
        }
    }
    if (kept_msat > walk->answer->max_amount_msat && priced(walk, kept_msat).carries) {
        walk->answer->max_amount_msat = kept_msat;
    }
}

static void finish(struct walk *walk)
{
    struct fgr_brute_answer *answer = walk->answer;
    struct fgr_path *path = &walk->path;
    answer->is_connected = true;
    if (walk->with_amounts) {
        note_amount(walk);
    }
    fgr_path_price(path, walk->view, walk->query);
    if (!path->carries) {
        return;
    }
    answer->is_carried = true;
    note_needs(answer, path, walk->query);
    if (fgr_path_within_limits(path, walk->query) &&
        (!answer->is_found || path->cost_msat < answer->best.cost_msat)) {
        answer->is_found = true;
        answer->best = *path;
    }
}

static bool on_path(const struct walk *walk, uint32_t node)
{
    for (uint32_t i = 0; i < walk->path.n_hops; i++) {
        if (walk->node[i] == node) {
            return true;
        }
    }
    return false;
}

static void walk_on(struct walk *walk, uint32_t node);

/* Goes on over one half-channel if it leaves `node`, then comes back. */
static void step(struct walk *walk, uint32_t node, uint32_t edge)
{
    struct fgr_overlay_edge_info info = fgr_path_edge(walk->view, walk->query, edge);
    if (!info.usable || info.from.v != node || on_path(walk, info.to.v)) {
        return;
    }
    uint32_t n_hops = walk->path.n_hops;
    walk->node[n_hops] = node;
    walk->path.edge[n_hops] = edge;
    walk->path.n_hops = n_hops + 1;
    walk_on(walk, info.to.v);
    walk->path.n_hops = n_hops;
}

/* Depth first over every way on from `node`; recursion is as deep as the graph has nodes. */
static void walk_on(struct walk *walk, uint32_t node)
{
    if (node == walk->query->to.v) {
        finish(walk);
        return;
    }
    if (walk->path.n_hops == FGR_PATH_HOPS_MAX) {
        return;
    }
    const struct fgr_view *view = walk->view;
    if (node < view->n_nodes) {
        for (uint32_t k = view->out.first[node]; k < view->out.first[node + 1]; k++) {
            step(walk, node, view->out.edge[k]);
        }
    }
    /* What an overlay adds, by its indexes: its lists are not looked at. */
    uint32_t n_edges = fgr_overlay_n_edges(view, walk->query->overlay);
    for (uint32_t edge = 2 * view->n_chans; edge < n_edges; edge++) {
        step(walk, node, edge);
    }
}

void fgr_brute_solve(struct fgr_brute_answer *out_answer, const struct fgr_view *view,
                     const struct fgr_route_query *query, bool with_amounts)
{
    struct walk walk = {
        .answer = out_answer, .view = view, .query = query, .with_amounts = with_amounts};
    *out_answer = (struct fgr_brute_answer){.needed_fee_msat = FGR_BRUTE_NONE,
                                            .needed_cltv = FGR_BRUTE_NONE,
                                            .needed_hops = FGR_BRUTE_NONE,
                                            .needed_bytes = FGR_BRUTE_NONE};
    if (query->from.v != query->to.v) {
        walk_on(&walk, query->from.v);
    }
}
