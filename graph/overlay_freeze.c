/* SPDX-License-Identifier: MIT */
/*
 * overlay_freeze.c - what was said, made into what a search reads.
 *
 *   1. Half-channels of the view that something was said of, by themselves or with a node, are
 *      masked and listed in the view's order.
 *   2. Added half-channels and those listed get their final policy, range and bias; the usable ones
 *      of the list become half-channels of the overlay.
 *   3. Bans, and sets of half-channels that exclude all others, mask what is left of the view.
 *   4. Nodes with a masked or an own half-channel are marked, and their lists sorted by counting.
 *
 * All depends on what was said alone, not on hash order, so that equal overlays are equal bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "graph/overlay.h"
#include "graph/overlay_said.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

struct freeze {
    const struct fgr_overlay_builder *builder;
    const struct fgr_view *view;
    struct fgr_overlay *overlay;
    struct fgr_error *err;
    struct fgr_node_pair *pairs[FGR_SAID_PAIRS]; /* sorted */
    uint32_t *masked;                            /* half-channels of the view in the mask */
    uint32_t n_masked;
    uint32_t n_replaced; /* of those, the ones of step 1; they come first */
    uint32_t n_nodes;    /* with added ones */
    size_t masked_capacity;
};

static int compare_edges(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct fgr_node_pair *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

static int compare_names(const void *a, const void *b)
{
    const struct fgr_overlay_name *x = a, *y = b;
    return memcmp(x->id, y->id, FGR_NODE_ID_BYTES);
}

/* ---- 1. what is replaced ------------------------------------------------------------------- */

static enum fgr_err mask(struct freeze *freeze, uint32_t edge)
{
    struct fgr_overlay *overlay = freeze->overlay;
    if (fgr_bitset_has(overlay->masked, edge)) {
        return FGR_OK;
    }
    uint32_t *masked = fgr_array_grow(freeze->masked, &freeze->masked_capacity,
                                      (size_t)freeze->n_masked + 1, sizeof *masked, freeze->err);
    if (masked == NULL) {
        return FGR_ERR_MEMORY;
    }
    freeze->masked = masked;
    masked[freeze->n_masked++] = edge;
    fgr_bitset_add(overlay->masked, edge);
    return FGR_OK;
}

/* Masks the half-channels of one of the view's nodes, all or those from or to `other`. */
static enum fgr_err mask_list(struct freeze *freeze, const struct fgr_adjacency *adjacency,
                              uint32_t node, uint32_t other)
{
    enum fgr_err rc = FGR_OK;
    if (node >= freeze->view->n_nodes) {
        return FGR_OK;
    }
    struct fgr_span span = fgr_adjacency_span(adjacency, node);
    for (uint32_t i = span.first; i < span.end && rc == FGR_OK; i++) {
        if (other == FGR_IDX_NONE || adjacency->nbr[i] == other) {
            rc = mask(freeze, adjacency->edge[i]);
        }
    }
    return rc;
}

static enum fgr_err collect_replaced(struct freeze *freeze)
{
    const struct fgr_overlay_builder *builder = freeze->builder;
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < builder->n_halves && rc == FGR_OK; i++) {
        const struct fgr_said_half *said = &builder->halves[i];
        if (said->is_changed && said->edge < freeze->overlay->first_edge) {
            rc = mask(freeze, said->edge);
        }
    }
    for (uint32_t i = 0; i < builder->n_nodes && rc == FGR_OK; i++) {
        const struct fgr_said_node *said = &builder->nodes[i];
        if (said->balance_at > 0) {
            rc = mask_list(freeze, &freeze->view->out, said->node, FGR_IDX_NONE);
        }
        if (said->bias_msat != 0 && rc == FGR_OK) {
            rc = mask_list(freeze, &freeze->view->in, said->node, FGR_IDX_NONE);
        }
    }
    freeze->n_replaced = freeze->n_masked;
    if (rc == FGR_OK && freeze->n_masked > 0) {
        qsort(freeze->masked, freeze->n_masked, sizeof *freeze->masked, compare_edges);
    }
    return rc;
}

/* ---- 2. half-channels ---------------------------------------------------------------------- */

static bool has_pair(const struct freeze *freeze, enum fgr_said_pairs kind, uint32_t from,
                     uint32_t to)
{
    struct fgr_node_pair pair = {.from = from, .to = to};
    uint32_t n = freeze->builder->pairs[kind].n;
    return n > 0 && bsearch(&pair, freeze->pairs[kind], n, sizeof pair, compare_pairs) != NULL;
}

/* Whether others were chosen at one end. */
static bool is_left_out(const struct freeze *freeze, const struct fgr_said_half *said,
                        uint32_t from, uint32_t to)
{
    for (unsigned kind = FGR_ONLY_OUT; kind <= FGR_ONLY_IN; kind++) {
        const struct fgr_said_node *end =
            fgr_said_node(freeze->builder, kind == FGR_ONLY_OUT ? from : to);
        bool is_chosen = (said != NULL && said->is_only[kind]) || has_pair(freeze, kind, from, to);
        if (end != NULL && end->has_only[kind] && !is_chosen) {
            return true;
        }
    }
    return false;
}

static bool is_banned(const struct freeze *freeze, const struct fgr_said_half *said, uint32_t from,
                      uint32_t to)
{
    const struct fgr_overlay *overlay = freeze->overlay;
    return (said != NULL && said->is_banned) || fgr_bitset_has(overlay->banned_nodes, from) ||
           fgr_bitset_has(overlay->banned_nodes, to) || has_pair(freeze, FGR_BANNED, from, to) ||
           is_left_out(freeze, said, from, to);
}

/* What is known of the balance: the later of what was said of the half-channel and of its node. */
static void set_range(struct fgr_overlay_edge *edge, const struct fgr_said_half *said,
                      const struct fgr_said_node *node, bool has_capacity)
{
    uint64_t said_at = said == NULL ? 0 : said->range_at;
    uint64_t node_at = node == NULL ? 0 : node->balance_at;
    uint64_t most_msat = edge->capacity_msat;
    uint64_t min_msat = 0, max_msat = most_msat;
    if (said_at > node_at) {
        min_msat = said->min_msat;
        max_msat = said->max_msat;
    } else if (node_at > 0) {
        min_msat = node->balance_msat;
        max_msat = node->balance_msat;
    } else if (!has_capacity) {
        /* A promise: route hints and blinded paths say what they can send and nothing else. */
        min_msat = edge->half.htlc_max_msat;
        max_msat = edge->half.htlc_max_msat;
    }
    edge->min_msat = min_msat < most_msat ? min_msat : most_msat;
    edge->max_msat = max_msat < most_msat ? max_msat : most_msat;
}

static uint64_t less(uint64_t amount_msat, uint64_t taken_msat)
{
    return amount_msat > taken_msat ? amount_msat - taken_msat : 0;
}

/* What is in flight is there and cannot be sent again. */
static void take_reserved(struct fgr_overlay_edge *edge, const struct fgr_said_half *said)
{
    edge->reserved_msat = said == NULL ? 0 : said->reserved_msat;
    edge->min_msat = less(edge->min_msat, edge->reserved_msat);
    edge->max_msat = less(edge->max_msat, edge->reserved_msat);
}

/* The half-channel as its policy, range and bias now are. */
static struct fgr_overlay_edge resolve(const struct freeze *freeze, uint32_t edge)
{
    const struct fgr_overlay_builder *builder = freeze->builder;
    const struct fgr_added_chan *added = fgr_said_added_chan(builder, edge);
    const struct fgr_said_half *said = fgr_said_half(builder, edge);
    uint32_t from = fgr_said_from(builder, edge);
    uint32_t to = fgr_said_to(builder, edge);
    const struct fgr_said_node *from_said = fgr_said_node(builder, from);
    const struct fgr_said_node *to_said = fgr_said_node(builder, to);
    uint64_t capacity_msat = fgr_said_capacity_msat(builder, edge);
    struct fgr_overlay_edge out = {
        .scid = fgr_said_scid(builder, edge),
        .capacity_msat = capacity_msat == FGR_MSAT_NONE ? FGR_MSAT_MAX : capacity_msat,
        .bias_msat = (said == NULL ? 0 : said->bias_msat + (int64_t)said->htlc_cost_msat) +
                     (to_said == NULL ? 0 : to_said->bias_msat),
        .slots = said == NULL ? FGR_SLOTS_ANY : said->slots,
        .from = from,
        .to = to,
        .origin = added == NULL ? edge : FGR_IDX_NONE,
        .direction = (uint8_t)(edge & 1),
        .is_blinded = added != NULL && added->is_blinded,
    };
    if (said != NULL) {
        out.half = said->half;
    } else if (added == NULL) {
        out.half = *fgr_view_half_of(freeze->view, edge);
    }
    if (out.half.htlc_max_msat == FGR_MSAT_NONE) {
        out.half.htlc_max_msat = out.capacity_msat;
    }
    bool is_sound = out.half.htlc_max_msat <= out.capacity_msat;
    set_range(&out, said, from_said, capacity_msat != FGR_MSAT_NONE);
    take_reserved(&out, said);
    if (out.half.htlc_max_msat > out.max_msat) {
        out.half.htlc_max_msat = out.max_msat;
    }
    out.half.flags &= FGR_HALF_KNOWN | FGR_HALF_DISABLED;
    if (out.half.flags == FGR_HALF_KNOWN && is_sound && out.slots > 0 &&
        out.half.htlc_max_msat > 0 && out.half.htlc_min_msat <= out.half.htlc_max_msat &&
        !is_banned(freeze, said, from, to)) {
        out.half.flags |= FGR_HALF_USABLE;
    }
    return out;
}

static enum fgr_err fill_edges(struct freeze *freeze)
{
    struct fgr_overlay *overlay = freeze->overlay;
    uint64_t n_added = 2 * (uint64_t)freeze->builder->n_added_chans;
    uint64_t n_most = n_added + freeze->n_replaced;
    if (overlay->first_edge + n_most >= FGR_IDX_NONE) {
        return fgr_fail(freeze->err, FGR_ERR_LIMIT,
                        "more than 2^32 half-channels in view and overlay");
    }
    overlay->edges = fgr_array_new(n_most, sizeof *overlay->edges, freeze->err);
    if (overlay->edges == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < n_added; i++) {
        overlay->edges[i] = resolve(freeze, overlay->first_edge + i);
    }
    overlay->n_edges = (uint32_t)n_added;
    for (uint32_t i = 0; i < freeze->n_replaced; i++) {
        struct fgr_overlay_edge edge = resolve(freeze, freeze->masked[i]);
        if ((edge.half.flags & FGR_HALF_USABLE) != 0) {
            overlay->edges[overlay->n_edges++] = edge;
        }
    }
    for (uint32_t i = 0; i < overlay->n_edges; i++) {
        overlay->has_discount |= overlay->edges[i].bias_msat < 0;
    }
    return FGR_OK;
}

/* ---- 3. bans ------------------------------------------------------------------------------- */

static void mark_banned_nodes(struct freeze *freeze)
{
    for (uint32_t i = 0; i < freeze->builder->n_nodes; i++) {
        if (freeze->builder->nodes[i].is_banned) {
            fgr_bitset_add(freeze->overlay->banned_nodes, freeze->builder->nodes[i].node);
        }
    }
}

static enum fgr_err mask_pair(struct freeze *freeze, struct fgr_node_pair pair)
{
    const struct fgr_view *view = freeze->view;
    if (pair.from >= view->n_nodes || pair.to >= view->n_nodes) {
        return FGR_OK;
    }
    /* The half-channels stand in both lists: take the shorter one. */
    struct fgr_span out = fgr_adjacency_span(&view->out, pair.from);
    struct fgr_span in = fgr_adjacency_span(&view->in, pair.to);
    return out.end - out.first < in.end - in.first
               ? mask_list(freeze, &view->out, pair.from, pair.to)
               : mask_list(freeze, &view->in, pair.to, pair.from);
}

/* Masks what was not chosen at a node that chose. */
static enum fgr_err mask_left_out(struct freeze *freeze, const struct fgr_adjacency *adjacency,
                                  uint32_t node)
{
    const struct fgr_view *view = freeze->view;
    enum fgr_err rc = FGR_OK;
    if (node >= view->n_nodes) {
        return FGR_OK;
    }
    for (uint32_t i = adjacency->first[node]; i < adjacency->first[node + 1] && rc == FGR_OK; i++) {
        uint32_t edge = adjacency->edge[i];
        const struct fgr_said_half *said = fgr_said_half(freeze->builder, edge);
        if (is_left_out(freeze, said, fgr_view_edge_from(view, edge),
                        fgr_view_edge_to(view, edge))) {
            rc = mask(freeze, edge);
        }
    }
    return rc;
}

static enum fgr_err mask_nodes(struct freeze *freeze)
{
    const struct fgr_overlay_builder *builder = freeze->builder;
    const struct fgr_view *view = freeze->view;
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < builder->n_nodes && rc == FGR_OK; i++) {
        const struct fgr_said_node *said = &builder->nodes[i];
        if (said->is_banned) {
            rc = mask_list(freeze, &view->out, said->node, FGR_IDX_NONE);
            rc = rc == FGR_OK ? mask_list(freeze, &view->in, said->node, FGR_IDX_NONE) : rc;
        }
        if (said->has_only[FGR_ONLY_OUT] && rc == FGR_OK) {
            rc = mask_left_out(freeze, &view->out, said->node);
        }
        if (said->has_only[FGR_ONLY_IN] && rc == FGR_OK) {
            rc = mask_left_out(freeze, &view->in, said->node);
        }
    }
    return rc;
}

static enum fgr_err mask_bans(struct freeze *freeze)
{
    const struct fgr_overlay_builder *builder = freeze->builder;
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < builder->n_halves && rc == FGR_OK; i++) {
        const struct fgr_said_half *said = &builder->halves[i];
        if (said->is_banned && said->edge < freeze->overlay->first_edge) {
            rc = mask(freeze, said->edge);
        }
    }
    rc = rc == FGR_OK ? mask_nodes(freeze) : rc;
    const struct fgr_pair_list *banned = &builder->pairs[FGR_BANNED];
    for (uint32_t i = 0; i < banned->n && rc == FGR_OK; i++) {
        rc = mask_pair(freeze, banned->pair[i]);
    }
    return rc;
}

/* ---- 4. lists ------------------------------------------------------------------------------ */

/* Marks the touched nodes and ranks them. Returns how many there are. */
static uint32_t touch(const struct freeze *freeze, struct fgr_overlay_side *side, bool is_incoming)
{
    const struct fgr_overlay *overlay = freeze->overlay;
    for (uint32_t i = 0; i < freeze->n_masked; i++) {
        uint32_t edge = freeze->masked[i];
        if ((fgr_view_half_of(freeze->view, edge)->flags & FGR_HALF_USABLE) != 0) {
            fgr_bitset_add(side->touched, is_incoming ? fgr_view_edge_to(freeze->view, edge)
                                                      : fgr_view_edge_from(freeze->view, edge));
        }
    }
    for (uint32_t i = 0; i < overlay->n_edges; i++) {
        const struct fgr_overlay_edge *edge = &overlay->edges[i];
        if ((edge->half.flags & FGR_HALF_USABLE) != 0) {
            fgr_bitset_add(side->touched, is_incoming ? edge->to : edge->from);
        }
    }
    uint32_t n = 0;
    for (size_t word = 0; word < fgr_bitset_words(freeze->n_nodes); word++) {
        side->rank[word] = n;
        n += FGR_POPCOUNT(side->touched[word]);
    }
    return n;
}

static uint32_t row_of(const struct fgr_overlay_side *side, const struct fgr_overlay_edge *edge,
                       bool is_incoming)
{
    uint32_t node = is_incoming ? edge->to : edge->from;
    uint64_t before = side->touched[node / 64] & ((UINT64_C(1) << (node % 64)) - 1);
    return side->rank[node / 64] + FGR_POPCOUNT(before);
}

static enum fgr_err fill_side(struct freeze *freeze, struct fgr_overlay_side *side,
                              bool is_incoming)
{
    const struct fgr_overlay *overlay = freeze->overlay;
    size_t n_words = fgr_bitset_words(freeze->n_nodes);
    side->touched = fgr_array_new(n_words, sizeof *side->touched, freeze->err);
    side->rank = fgr_array_new(n_words, sizeof *side->rank, freeze->err);
    side->edge = fgr_array_new(overlay->n_edges, sizeof *side->edge, freeze->err);
    if (side->touched == NULL || side->rank == NULL || side->edge == NULL) {
        return FGR_ERR_MEMORY;
    }
    uint32_t n_rows = touch(freeze, side, is_incoming);
    /* While the lists are filled, first[row + 1] is where the row's next entry goes. */
    side->first = fgr_array_new((size_t)n_rows + 2, sizeof *side->first, freeze->err);
    if (side->first == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < overlay->n_edges; i++) {
        if ((overlay->edges[i].half.flags & FGR_HALF_USABLE) != 0) {
            side->first[row_of(side, &overlay->edges[i], is_incoming) + 2]++;
        }
    }
    for (uint32_t row = 2; row <= n_rows; row++) {
        side->first[row] += side->first[row - 1];
    }
    for (uint32_t i = 0; i < overlay->n_edges; i++) {
        if ((overlay->edges[i].half.flags & FGR_HALF_USABLE) != 0) {
            uint32_t row = row_of(side, &overlay->edges[i], is_incoming);
            side->edge[side->first[row + 1]++] = overlay->first_edge + i;
        }
    }
    return FGR_OK;
}

/* ---- all ----------------------------------------------------------------------------------- */

static enum fgr_err copy_nodes(struct freeze *freeze)
{
    const struct fgr_overlay_builder *builder = freeze->builder;
    struct fgr_overlay *overlay = freeze->overlay;
    uint32_t n = builder->n_added_nodes;
    overlay->n_added_nodes = n;
    overlay->added_ids = fgr_array_new(n, FGR_NODE_ID_BYTES, freeze->err);
    overlay->names = fgr_array_new(n, sizeof *overlay->names, freeze->err);
    overlay->banned_nodes =
        fgr_array_new(fgr_bitset_words(freeze->n_nodes), sizeof(uint64_t), freeze->err);
    if (overlay->added_ids == NULL || overlay->names == NULL || overlay->banned_nodes == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *id = builder->added_nodes[i].id;
        memcpy(overlay->added_ids + (size_t)i * FGR_NODE_ID_BYTES, id, FGR_NODE_ID_BYTES);
        memcpy(overlay->names[i].id, id, FGR_NODE_ID_BYTES);
        overlay->names[i].node = freeze->view->n_nodes + i;
    }
    qsort(overlay->names, n, sizeof *overlay->names, compare_names);
    return FGR_OK;
}

static enum fgr_err sort_pairs(struct freeze *freeze)
{
    for (unsigned kind = 0; kind < FGR_SAID_PAIRS; kind++) {
        const struct fgr_pair_list *list = &freeze->builder->pairs[kind];
        struct fgr_node_pair *pairs = fgr_array_new(list->n, sizeof *pairs, freeze->err);
        freeze->pairs[kind] = pairs;
        if (pairs == NULL) {
            return FGR_ERR_MEMORY;
        }
        if (list->n > 0) {
            memcpy(pairs, list->pair, list->n * sizeof *pairs);
            qsort(pairs, list->n, sizeof *pairs, compare_pairs);
        }
    }
    return FGR_OK;
}

static enum fgr_err run(struct freeze *freeze)
{
    struct fgr_overlay *overlay = freeze->overlay;
    enum fgr_err rc = copy_nodes(freeze);
    overlay->masked =
        fgr_array_new(fgr_bitset_words(overlay->first_edge), sizeof(uint64_t), freeze->err);
    if (overlay->masked == NULL) {
        return FGR_ERR_MEMORY;
    }
    rc = rc == FGR_OK ? sort_pairs(freeze) : rc;
    if (rc == FGR_OK) {
        mark_banned_nodes(freeze);
        rc = collect_replaced(freeze);
    }
    rc = rc == FGR_OK ? fill_edges(freeze) : rc;
    rc = rc == FGR_OK ? mask_bans(freeze) : rc;
    rc = rc == FGR_OK ? fill_side(freeze, &overlay->in, true) : rc;
    return rc == FGR_OK ? fill_side(freeze, &overlay->out, false) : rc;
}

enum fgr_err fgr_overlay_freeze(struct fgr_overlay **out_overlay,
                                const struct fgr_overlay_builder *builder, struct fgr_error *err)
{
    struct fgr_overlay *overlay = fgr_array_new(1, sizeof *overlay, err);
    if (overlay == NULL) {
        return FGR_ERR_MEMORY;
    }
    overlay->view = builder->view;
    overlay->first_edge = 2 * builder->view->n_chans;
    struct freeze freeze = {.builder = builder,
                            .view = builder->view,
                            .overlay = overlay,
                            .err = err,
                            .n_nodes = fgr_said_node_count(builder)};
    enum fgr_err rc = run(&freeze);
    for (unsigned kind = 0; kind < FGR_SAID_PAIRS; kind++) {
        free(freeze.pairs[kind]);
    }
    free(freeze.masked);
    if (rc != FGR_OK) {
        fgr_overlay_destroy(overlay);
        return rc;
    }
    *out_overlay = overlay;
    return FGR_OK;
}
