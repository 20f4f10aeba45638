/* SPDX-License-Identifier: MIT */
/*
 * Method. A flow is taken apart into ways from the source to the destination, cycles are dropped.
 * On each way go equal parts, as few as htlc_max allows, or one less where they would fall below a
 * minimum. Amounts are exact: fees are added hop by hop from the destination back, so a way may
 * deliver a little less than the flow says, where fees fill a channel before it.
 */
#include "engine/capacity.h"

#include <string.h>

#include "engine/onion.h"
#include "graph/amount.h"

struct way {
    const struct fgr_view *view;
    const struct fgr_overlay *overlay;
    const struct fgr_split_query *query;
    const uint64_t *left_msat;
    uint32_t n_hops;
    uint32_t edge[FGR_HOPS_MAX];
    uint64_t carried_msat[FGR_HOPS_MAX]; /* by one part; filled by price */
};

static const struct fgr_half *half_at(const struct way *way, uint32_t hop)
{
    return fgr_overlay_half(way->view, way->overlay, way->edge[hop]);
}

/* How one part of a size fares. */
enum fit { FIT_TOO_SMALL, FIT_GOOD, FIT_TOO_LARGE };

/* Exact amounts of each of `n_parts` equal parts from the destination back. Everything that grows
 * with the amount is too large, before anything else is too small. */
static enum fit price(struct way *way, uint64_t amount_msat, uint64_t n_parts)
{
    enum fit fit = amount_msat < way->query->min_part.v ? FIT_TOO_SMALL : FIT_GOOD;
    uint32_t bytes = fgr_onion_final_bytes(FGR_MSAT_MAX, way->query->final_bytes);
    for (uint32_t i = way->n_hops; i-- > 0;) {
        const struct fgr_half *half = half_at(way, i);
        if (amount_msat > half->htlc_max_msat ||
            amount_msat > way->left_msat[way->edge[i]] / n_parts) {
            return FIT_TOO_LARGE;
        }
        if (amount_msat < half->htlc_min_msat) {
            fit = FIT_TOO_SMALL;
        }
        way->carried_msat[i] = amount_msat;
        if (i > 0) {
            uint64_t fee_msat = fgr_fee_msat(amount_msat, half->base_msat, half->ppm);
            bytes += fgr_onion_hop_bytes(amount_msat);
            amount_msat += fee_msat < FGR_MSAT_MAX ? fee_msat : FGR_MSAT_MAX;
        }
    }
    return bytes > FGR_ONION_BYTES ? FIT_TOO_LARGE : fit;
}

/* The largest amount, up to `most_msat`, that each of `n_parts` parts can deliver; 0 = none. */
static uint64_t largest_part(struct way *way, uint64_t most_msat, uint64_t n_parts)
{
    uint64_t fits_msat = 0;
    uint64_t above_msat = most_msat + 1;
    while (above_msat - fits_msat > 1) {
        uint64_t middle_msat = fits_msat + (above_msat - fits_msat) / 2;
        if (price(way, middle_msat, n_parts) == FIT_TOO_LARGE) {
            above_msat = middle_msat;
        } else {
            fits_msat = middle_msat;
        }
    }
    return fits_msat > 0 && price(way, fits_msat, n_parts) == FIT_GOOD ? fits_msat : 0;
}

static bool keeps_limits(const struct way *way)
{
    uint64_t cltv_blocks = way->query->final_cltv;
    for (uint32_t i = 1; i < way->n_hops; i++) {
        cltv_blocks += half_at(way, i)->cltv_delta;
    }
    return way->n_hops <= way->query->max_hops && cltv_blocks <= way->query->max_cltv;
}

/* How many more parts a half-channel takes. */
static uint64_t slots_left(const struct fgr_capacity_scratch *s, const struct way *way,
                           uint32_t edge)
{
    const struct fgr_overlay_edge *own = fgr_overlay_extra(way->overlay, edge);
    if (own == NULL || own->slots == FGR_SLOTS_ANY) {
        return UINT64_MAX;
    }
    uint32_t name = fgr_overlay_name_of(way->overlay, edge);
    uint64_t left = own->slots;
    for (uint32_t i = 0; i < s->n_bundles; i++) {
        const struct fgr_bundle *bundle = &s->bundle[i];
        for (uint32_t j = 0; j < bundle->n_edges; j++) {
            left -= s->bundle_edge[bundle->first_edge + j].v == name ? bundle->n_parts : 0;
        }
    }
    return left;
}

/* Adds `n_parts` parts of the size priced last. */
static void add_bundle(struct fgr_capacity_scratch *s, const struct way *way, uint64_t amount_msat,
                       uint64_t n_parts)
{
    s->bundle[s->n_bundles++] = (struct fgr_bundle){.amount = {amount_msat},
                                                    .n_parts = n_parts,
                                                    .first_edge = s->n_bundle_edges,
                                                    .n_edges = way->n_hops};
    s->rest_msat -= n_parts * amount_msat;
    for (uint32_t i = 0; i < way->n_hops; i++) {
        s->bundle_edge[s->n_bundle_edges++] =
            (fgr_edge_idx){fgr_overlay_name_of(way->overlay, way->edge[i])};
        s->left_msat[way->edge[i]] -= n_parts * way->carried_msat[i];
        if (way->edge[i] < 2 * way->view->n_chans) {
            s->left_msat[way->edge[i] ^ 1] = 0; /* a balance is on one side */
        }
    }
    for (uint32_t i = 0; i < way->n_hops; i++) {
        if (slots_left(s, way, way->edge[i]) == 0) {
            s->left_msat[way->edge[i]] = 0;
        }
    }
}

/* The most that one part can deliver by htlc_max, whatever the rest. */
static uint64_t widest_part(const struct way *way)
{
    uint64_t most_msat = FGR_MSAT_MAX;
    for (uint32_t i = 0; i < way->n_hops; i++) {
        uint64_t htlc_max_msat = half_at(way, i)->htlc_max_msat;
        most_msat = htlc_max_msat < most_msat ? htlc_max_msat : most_msat;
    }
    return most_msat;
}

/* Sends about `wanted_msat` along the way. False if no part fits. */
static bool send(struct fgr_capacity_scratch *s, struct way *way, uint64_t wanted_msat)
{
    uint64_t widest_msat = widest_part(way);
    wanted_msat = wanted_msat < s->rest_msat ? wanted_msat : s->rest_msat;
    if (s->n_bundles == FGR_BUNDLES_MAX || widest_msat == 0 || wanted_msat == 0) {
        return false;
    }
    uint64_t n_parts = (wanted_msat - 1) / widest_msat + 1;
    for (uint32_t i = 0; i < way->n_hops; i++) {
        uint64_t slots = slots_left(s, way, way->edge[i]);
        n_parts = n_parts < slots ? n_parts : slots;
    }
    if (n_parts == 0) {
        return false;
    }
    uint64_t amount_msat = largest_part(way, wanted_msat / n_parts, n_parts);
    if (amount_msat == 0 && n_parts > 1) {
        n_parts--;
        amount_msat = largest_part(way, wanted_msat / n_parts, n_parts);
    }
    if (amount_msat == 0) {
        /* Too little for a part: then one that takes room from other ways. */
        n_parts = 1;
        amount_msat = largest_part(way, s->rest_msat, 1);
    }
    if (amount_msat > 0) {
        add_bundle(s, way, amount_msat, n_parts);
    }
    return amount_msat > 0;
}

/* ---- ways ------------------------------------------------------------------------------------ */

/* The next half-channel out of `node` with a flow; FGR_IDX_NONE if there is none. */
static uint32_t next_edge(struct fgr_maxflow *m, uint32_t node)
{
    uint32_t first = 0;
    for (uint32_t number = 0; number < FGR_MAXFLOW_BACK; number++) {
        struct fgr_maxflow_list list = fgr_maxflow_list_of(m, node, number);
        for (uint32_t i = m->cursor[node] - first; i < list.n; i++, m->cursor[node]++) {
            uint32_t edge = list.edge[i];
            if (!fgr_overlay_masks(list.overlay, edge) && m->flow_msat[edge] > 0) {
                return edge;
            }
        }
        first += list.n;
    }
    return FGR_IDX_NONE;
}

/* Takes the least flow on path[first .. n) from all of them. */
static uint64_t take(struct fgr_maxflow *m, uint32_t first, uint32_t n)
{
    uint64_t least_msat = UINT64_MAX;
    for (uint32_t i = first; i < n; i++) {
        uint64_t flow_msat = m->flow_msat[m->path[i]];
        least_msat = flow_msat < least_msat ? flow_msat : least_msat;
    }
    for (uint32_t i = first; i < n; i++) {
        m->flow_msat[m->path[i]] -= least_msat;
    }
    return least_msat;
}

/* The node that entry `i` of the path leaves. */
static uint32_t path_node(const struct fgr_maxflow *m, uint32_t i)
{
    return fgr_overlay_from(m->view, m->overlay, (uint32_t)m->path[i]);
}

/* Follows the flow from the source on until it meets the destination; cycles on the way are taken
 * out. Nodes of the path have their place in `level`. Returns the length; 0 = no flow is left. */
static uint32_t follow(struct fgr_maxflow *m)
{
    uint32_t n = 0;
    uint32_t node = m->from;
    while (node != m->to) {
        uint32_t edge = next_edge(m, node);
        if (edge == FGR_IDX_NONE) {
            return 0; /* only at the source: elsewhere what comes in goes out */
        }
        m->level[node] = n;
        m->path[n++] = edge;
        node = fgr_overlay_to(m->view, m->overlay, edge);
        if (m->level[node] != FGR_LEVEL_NONE) {
            uint32_t first = m->level[node];
            take(m, first, n);
            for (; n > first; n--) {
                m->level[path_node(m, n - 1)] = FGR_LEVEL_NONE;
            }
        }
    }
    return n;
}

/* A flow uses each channel one way at most: the other way is a balance that is not there. Where an
 * overlay says more of a channel, both sides are as it says. */
static void cancel_both_ways(struct fgr_maxflow *m)
{
    for (uint32_t edge = 0; edge < 2 * m->view->n_chans; edge += 2) {
        if (fgr_overlay_usable(m->view, m->overlay, edge) &&
            fgr_overlay_usable(m->view, m->overlay, edge ^ 1)) {
            uint64_t *flow_msat = &m->flow_msat[edge];
            uint64_t both_msat = flow_msat[0] < flow_msat[1] ? flow_msat[0] : flow_msat[1];
            flow_msat[0] -= both_msat;
            flow_msat[1] -= both_msat;
        }
    }
}

/* The half-channel that stops parts before all others do: it asks for more than another can carry,
 * or carries least. */
static uint32_t worst_edge(const struct way *way)
{
    uint64_t least_msat = UINT64_MAX;
    uint64_t asked_msat = 0;
    uint32_t narrow = way->edge[0];
    uint32_t demanding = way->edge[0];
    for (uint32_t i = 0; i < way->n_hops; i++) {
        const struct fgr_half *half = half_at(way, i);
        uint64_t most_msat = way->left_msat[way->edge[i]];
        most_msat = half->htlc_max_msat < most_msat ? half->htlc_max_msat : most_msat;
        if (most_msat < least_msat) {
            least_msat = most_msat;
            narrow = way->edge[i];
        }
        if (half->htlc_min_msat > asked_msat) {
            asked_msat = half->htlc_min_msat;
            demanding = way->edge[i];
        }
    }
    return asked_msat > least_msat ? demanding : narrow;
}

void fgr_bundle_flow(struct fgr_capacity_scratch *scratch, const struct fgr_split_query *query)
{
    struct fgr_maxflow *m = &scratch->maxflow;
    struct way way = {
        .view = m->view, .overlay = m->overlay, .query = query, .left_msat = scratch->left_msat};
    uint32_t n_nodes = fgr_overlay_n_nodes(m->view, m->overlay);
    cancel_both_ways(m);
    memset(m->level, 0xff, n_nodes * sizeof *m->level);
    memset(m->cursor, 0, n_nodes * sizeof *m->cursor);
    for (uint32_t n = follow(m); n > 0; n = follow(m)) {
        for (uint32_t i = 0; i < n; i++) {
            m->level[path_node(m, i)] = FGR_LEVEL_NONE;
        }
        uint64_t wanted_msat = take(m, 0, n);
        if (n > FGR_HOPS_MAX) {
            continue;
        }
        way.n_hops = n;
        for (uint32_t i = 0; i < n; i++) {
            way.edge[i] = (uint32_t)m->path[i];
        }
        if (!keeps_limits(&way) || !send(scratch, &way, wanted_msat)) {
            scratch->left_msat[worst_edge(&way)] = 0;
        }
    }
}
