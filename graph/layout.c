/* SPDX-License-Identifier: MIT */
/*
 * layout.c - sorts the draft and fills the columns of the image.
 *
 * Nodes ascend by id, channels by scid, feature sets by their bytes; what no live channel needs is
 * left out. So the image depends on the network alone and not on the order of its records.
 */
#include "graph/layout.h"

#include <stdlib.h>
#include <string.h>

#include "graph/adjacency.h"
#include "graph/image.h"
#include "graph/util/array.h"
#include "graph/util/bytes.h"
#include "graph/util/error.h"

struct layout {
    const struct fgr_draft *draft;
    struct fgr_import_report *report;
    struct fgr_error *err;
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_usable;
    uint32_t n_inbound;
    uint32_t *node_rank;  /* draft node -> node of the image, or FGR_IDX_NONE */
    uint32_t *set_rank;   /* draft feature set -> set of the image, or FGR_IDX_NONE */
    uint32_t *node_order; /* node of the image -> draft node */
    uint32_t *chan_order;
    void *columns[FGR_SECTION_COUNT];
    uint64_t counts[FGR_SECTION_COUNT];
};

/* What qsort moves: the number of a draft item beside its key. */
struct byte_key {
    const uint8_t *bytes;
    uint32_t len;
    uint32_t item;
};
struct number_key {
    uint64_t number;
    uint32_t item;
};

static int compare_byte_keys(const void *a, const void *b)
{
    const struct byte_key *x = a, *y = b;
    int order = fgr_bytes_cmp(x->bytes, x->len, y->bytes, y->len);
    return order != 0 ? order : (x->item > y->item) - (x->item < y->item);
}

static int compare_number_keys(const void *a, const void *b)
{
    const struct number_key *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* A zeroed column of the image. */
static void *column(struct layout *layout, enum fgr_section kind, uint64_t count, size_t elem_bytes)
{
    void *data = fgr_array_new(count, elem_bytes, layout->err);
    layout->columns[kind - 1] = data;
    layout->counts[kind - 1] = count;
    return data;
}

/* ---- order --------------------------------------------------------------------------------- */

static enum fgr_err order_chans(struct layout *layout)
{
    const struct fgr_draft *draft = layout->draft;
    struct number_key *keys = fgr_array_new(draft->n_chans, sizeof *keys, layout->err);
    layout->chan_order = fgr_array_new(draft->n_chans, sizeof(uint32_t), layout->err);
    if (keys == NULL || layout->chan_order == NULL) {
        free(keys);
        return FGR_ERR_MEMORY;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < draft->n_chans; i++) {
        const struct fgr_draft_chan *chan = &draft->chans[i];
        if (chan->is_live) {
            keys[n++] = (struct number_key){.number = chan->scid, .item = i};
        } else {
            layout->report->orphan_policies += chan->has_policy[0] + chan->has_policy[1];
        }
    }
    qsort(keys, n, sizeof *keys, compare_number_keys);
    for (uint32_t i = 0; i < n; i++) {
        layout->chan_order[i] = keys[i].item;
    }
    layout->n_chans = n;
    free(keys);
    return FGR_OK;
}

/* Sorts keys and hands out ranks in that order. */
static void rank_items(uint32_t *out_rank, uint32_t *out_order, struct byte_key *keys, uint32_t n)
{
    qsort(keys, n, sizeof *keys, compare_byte_keys);
    for (uint32_t i = 0; i < n; i++) {
        out_rank[keys[i].item] = i;
        out_order[i] = keys[i].item;
    }
}

/* The ends of live channels, by id. */
static enum fgr_err order_nodes(struct layout *layout)
{
    const struct fgr_draft *draft = layout->draft;
    struct byte_key *keys = fgr_array_new(draft->n_nodes, sizeof *keys, layout->err);
    layout->node_rank = fgr_array_new(draft->n_nodes, sizeof(uint32_t), layout->err);
    layout->node_order = fgr_array_new(draft->n_nodes, sizeof(uint32_t), layout->err);
    if (keys == NULL || layout->node_rank == NULL || layout->node_order == NULL) {
        free(keys);
        return FGR_ERR_MEMORY;
    }
    memset(layout->node_rank, 0xff, draft->n_nodes * sizeof(uint32_t));
    for (uint32_t i = 0; i < layout->n_chans; i++) {
        const struct fgr_draft_chan *chan = &draft->chans[layout->chan_order[i]];
        layout->node_rank[chan->node[0]] = 0;
        layout->node_rank[chan->node[1]] = 0;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < draft->n_nodes; i++) {
        const struct fgr_draft_node *node = &draft->nodes[i];
        if (layout->node_rank[i] == 0) {
            keys[n++] = (struct byte_key){.bytes = node->id, .len = sizeof node->id, .item = i};
        } else if (node->is_announced) {
            layout->report->nodes_without_channel++;
            layout->report->orphan_nodes += !node->is_channel_end;
        }
    }
    rank_items(layout->node_rank, layout->node_order, keys, n);
    layout->n_nodes = n;
    free(keys);
    return FGR_OK;
}

static void mark_sets(struct layout *layout)
{
    const struct fgr_draft *draft = layout->draft;
    memset(layout->set_rank, 0xff, draft->n_sets * sizeof(uint32_t));
    layout->set_rank[0] = 0;
    for (uint32_t i = 0; i < layout->n_nodes; i++) {
        layout->set_rank[draft->nodes[layout->node_order[i]].feature_set] = 0;
    }
    for (uint32_t i = 0; i < layout->n_chans; i++) {
        layout->set_rank[draft->chans[layout->chan_order[i]].feature_set] = 0;
    }
}

/* Copies the sets in rank order behind each other. */
static enum fgr_err fill_sets(struct layout *layout, const uint32_t *order, uint32_t n_sets)
{
    const struct fgr_draft *draft = layout->draft;
    uint32_t *first =
        column(layout, FGR_SECTION_FEATURE_SET_FIRST, (uint64_t)n_sets + 1, sizeof *first);
    if (first == NULL) {
        return FGR_ERR_MEMORY;
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n_sets; i++) {
        first[i] = (uint32_t)sum;
        sum += draft->sets[order[i]].len;
    }
    if (sum > UINT32_MAX) {
        return fgr_fail(layout->err, FGR_ERR_LIMIT,
                        "the distinct feature sets take %llu bytes, an image holds %u at most",
                        (unsigned long long)sum, UINT32_MAX);
    }
    first[n_sets] = (uint32_t)sum;
    uint8_t *bytes = column(layout, FGR_SECTION_FEATURE_BYTES, sum, 1);
    if (bytes == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 1; i < n_sets; i++) { /* set 0 is empty */
        const struct fgr_draft_set *set = &draft->sets[order[i]];
        memcpy(bytes + first[i], draft->set_bytes + set->first, set->len);
    }
    return FGR_OK;
}

static enum fgr_err order_sets(struct layout *layout)
{
    const struct fgr_draft *draft = layout->draft;
    enum fgr_err rc = FGR_ERR_MEMORY;
    struct byte_key *keys = fgr_array_new(draft->n_sets, sizeof *keys, layout->err);
    uint32_t *order = fgr_array_new(draft->n_sets, sizeof *order, layout->err);
    layout->set_rank = fgr_array_new(draft->n_sets, sizeof(uint32_t), layout->err);
    if (keys != NULL && order != NULL && layout->set_rank != NULL) {
        mark_sets(layout);
        uint32_t n = 0;
        for (uint32_t i = 0; i < draft->n_sets; i++) {
            const struct fgr_draft_set *set = &draft->sets[i];
            if (layout->set_rank[i] == 0) {
                const uint8_t *bytes = set->len > 0 ? draft->set_bytes + set->first : NULL;
                keys[n++] = (struct byte_key){.bytes = bytes, .len = set->len, .item = i};
            }
        }
        rank_items(layout->set_rank, order, keys, n);
        rc = fill_sets(layout, order, n);
    }
    free(keys);
    free(order);
    return rc;
}

/* ---- columns ------------------------------------------------------------------------------- */

static enum fgr_err fill_nodes(struct layout *layout)
{
    uint8_t *ids = column(layout, FGR_SECTION_NODE_ID, layout->n_nodes, FGR_NODE_ID_BYTES);
    uint32_t *timestamps = column(layout, FGR_SECTION_NODE_TIMESTAMP, layout->n_nodes, 4);
    uint32_t *sets = column(layout, FGR_SECTION_NODE_FEATURE_SET, layout->n_nodes, 4);
    uint32_t *channels = column(layout, FGR_SECTION_NODE_CHANNELS, layout->n_nodes, 4);
    if (ids == NULL || timestamps == NULL || sets == NULL || channels == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < layout->n_nodes; i++) {
        const struct fgr_draft_node *node = &layout->draft->nodes[layout->node_order[i]];
        memcpy(ids + (size_t)i * FGR_NODE_ID_BYTES, node->id, sizeof node->id);
        timestamps[i] = node->timestamp;
        sets[i] = layout->set_rank[node->feature_set];
    }
    for (uint32_t i = 0; i < layout->n_chans; i++) {
        const struct fgr_draft_chan *chan = &layout->draft->chans[layout->chan_order[i]];
        channels[layout->node_rank[chan->node[0]]]++;
        channels[layout->node_rank[chan->node[1]]]++;
    }
    return FGR_OK;
}

static enum fgr_err order_aliases(struct layout *layout, uint32_t n_aliased)
{
    struct byte_key *keys = fgr_array_new(n_aliased, sizeof *keys, layout->err);
    uint32_t *order = column(layout, FGR_SECTION_ALIAS_ORDER, n_aliased, sizeof *order);
    if (keys == NULL || order == NULL) {
        free(keys);
        return FGR_ERR_MEMORY;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < layout->n_nodes; i++) {
        const struct fgr_draft_node *node = &layout->draft->nodes[layout->node_order[i]];
        if (node->alias_len > 0) {
            keys[n++] = (struct byte_key){.bytes = node->alias, .len = node->alias_len, .item = i};
        }
    }
    qsort(keys, n, sizeof *keys, compare_byte_keys);
    for (uint32_t i = 0; i < n; i++) {
        order[i] = keys[i].item;
    }
    free(keys);
    return FGR_OK;
}

static enum fgr_err fill_aliases(struct layout *layout)
{
    uint32_t *first = column(layout, FGR_SECTION_ALIAS_FIRST, (uint64_t)layout->n_nodes + 1, 4);
    if (first == NULL) {
        return FGR_ERR_MEMORY;
    }
    uint64_t sum = 0;
    uint32_t n_aliased = 0;
    for (uint32_t i = 0; i < layout->n_nodes; i++) {
        uint8_t len = layout->draft->nodes[layout->node_order[i]].alias_len;
        first[i] = (uint32_t)sum;
        sum += len;
        n_aliased += len > 0;
    }
    if (sum > UINT32_MAX) {
        return fgr_fail(layout->err, FGR_ERR_LIMIT,
                        "the aliases take %llu bytes, an image holds %u at most",
                        (unsigned long long)sum, UINT32_MAX);
    }
    first[layout->n_nodes] = (uint32_t)sum;
    uint8_t *bytes = column(layout, FGR_SECTION_ALIAS_BYTES, sum, 1);
    if (bytes == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < layout->n_nodes; i++) {
        const struct fgr_draft_node *node = &layout->draft->nodes[layout->node_order[i]];
        memcpy(bytes + first[i], node->alias, node->alias_len);
    }
    return order_aliases(layout, n_aliased);
}

bool fgr_layout_has_inbound(const struct fgr_policy_record *policy)
{
    return policy->inbound_base_msat != 0 || policy->inbound_ppm != 0;
}

struct fgr_half fgr_layout_half(const struct fgr_policy_record *policy, uint64_t capacity_sat)
{
    uint64_t capacity_msat = capacity_sat * 1000;
    struct fgr_half half = {
        .htlc_min_msat = policy->htlc_min_msat,
        .htlc_max_msat = policy->max_is_capacity ? capacity_msat : policy->htlc_max_msat,
        .base_msat = policy->base_msat,
        .ppm = policy->ppm,
        .timestamp = policy->timestamp,
        .cltv_delta = policy->cltv_delta,
        .flags = FGR_HALF_KNOWN,
    };
    if (policy->disabled) {
        half.flags |= FGR_HALF_DISABLED;
    } else if (half.htlc_min_msat <= half.htlc_max_msat && half.htlc_max_msat <= capacity_msat) {
        half.flags |= FGR_HALF_USABLE;
    }
    return half;
}

static void fill_half(struct layout *layout, struct fgr_half *half,
                      const struct fgr_draft_chan *chan, unsigned direction)
{
    struct fgr_import_report *report = layout->report;
    const struct fgr_policy_record *policy = &chan->policy[direction];
    if (!chan->has_policy[direction]) {
        report->missing++;
        return;
    }
    *half = fgr_layout_half(policy, chan->capacity_sat);
    layout->n_usable += (half->flags & FGR_HALF_USABLE) != 0;
    report->policies++;
    report->disabled += policy->disabled;
    report->min_above_max += half->htlc_min_msat > half->htlc_max_msat;
    report->max_above_capacity += half->htlc_max_msat > chan->capacity_sat * 1000;
    layout->n_inbound += fgr_layout_has_inbound(policy);
}

static enum fgr_err fill_chans(struct layout *layout)
{
    struct fgr_chan *chans = column(layout, FGR_SECTION_CHAN, layout->n_chans, sizeof *chans);
    struct fgr_half *halves =
        column(layout, FGR_SECTION_HALF, 2 * (uint64_t)layout->n_chans, sizeof *halves);
    if (chans == NULL || halves == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < layout->n_chans; i++) {
        const struct fgr_draft_chan *draft = &layout->draft->chans[layout->chan_order[i]];
        chans[i] = (struct fgr_chan){
            .scid = draft->scid,
            .capacity_sat = draft->capacity_sat,
            .node = {layout->node_rank[draft->node[0]], layout->node_rank[draft->node[1]]},
            .feature_set = layout->set_rank[draft->feature_set],
            .flags = draft->is_dying ? FGR_CHAN_DYING : 0,
        };
        layout->report->dying += draft->is_dying;
        fill_half(layout, &halves[(size_t)2 * i], draft, 0);
        fill_half(layout, &halves[(size_t)2 * i + 1], draft, 1);
    }
    return FGR_OK;
}

static enum fgr_err fill_inbound(struct layout *layout)
{
    struct fgr_inbound *inbound =
        column(layout, FGR_SECTION_INBOUND, layout->n_inbound, sizeof *inbound);
    if (inbound == NULL) {
        return FGR_ERR_MEMORY;
    }
    uint32_t n = 0;
    for (uint32_t edge = 0; edge < 2 * layout->n_chans; edge++) {
        const struct fgr_draft_chan *chan = &layout->draft->chans[layout->chan_order[edge >> 1]];
        const struct fgr_policy_record *policy = &chan->policy[edge & 1];
        if (chan->has_policy[edge & 1] && fgr_layout_has_inbound(policy)) {
            inbound[n++] = (struct fgr_inbound){
                .edge = edge, .base_msat = policy->inbound_base_msat, .ppm = policy->inbound_ppm};
        }
    }
    return FGR_OK;
}

/* One direction; its eight sections follow each other from `first_kind` on. */
static enum fgr_err fill_adjacency(struct layout *layout, enum fgr_section first_kind)
{
    struct fgr_adjacency_source source = {
        .chan = layout->columns[FGR_SECTION_CHAN - 1],
        .half = layout->columns[FGR_SECTION_HALF - 1],
        .n_nodes = layout->n_nodes,
        .n_chans = layout->n_chans,
        .n_usable = layout->n_usable,
    };
    void *columns[8];
    for (unsigned i = 0; i < 8; i++) {
        uint64_t count = i == 0 ? (uint64_t)layout->n_nodes + 1 : layout->n_usable;
        columns[i] = column(layout, first_kind + i, count, i == 5 ? 2 : 4); /* 5: cltv */
        if (columns[i] == NULL) {
            return FGR_ERR_MEMORY;
        }
    }
    struct fgr_adjacency_columns out = {.first = columns[0],
                                        .nbr = columns[1],
                                        .edge = columns[2],
                                        .base_msat = columns[3],
                                        .ppm = columns[4],
                                        .cltv = columns[5],
                                        .inv_cap = columns[6],
                                        .max_msat = columns[7]};
    return fgr_adjacency_fill(&out, &source, first_kind == FGR_SECTION_IN_FIRST, layout->err);
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Channels beyond the first between the same two nodes. */
static enum fgr_err count_parallel(struct layout *layout)
{
    const struct fgr_chan *chans = layout->columns[FGR_SECTION_CHAN - 1];
    struct number_key *pairs = fgr_array_new(layout->n_chans, sizeof *pairs, layout->err);
    if (pairs == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < layout->n_chans; i++) {
        pairs[i].number = (uint64_t)chans[i].node[0] << 32 | chans[i].node[1];
    }
    qsort(pairs, layout->n_chans, sizeof *pairs, compare_number_keys);
    for (uint32_t i = 1; i < layout->n_chans; i++) {
        layout->report->parallel_channels += pairs[i].number == pairs[i - 1].number;
    }
    free(pairs);
    return FGR_OK;
}

typedef enum fgr_err step_fn(struct layout *layout);

static enum fgr_err fill_in(struct layout *layout)
{
    return fill_adjacency(layout, FGR_SECTION_IN_FIRST);
}

static enum fgr_err fill_out(struct layout *layout)
{
    return fill_adjacency(layout, FGR_SECTION_OUT_FIRST);
}

static enum fgr_err fill_columns(struct layout *layout)
{
    static step_fn *const steps[] = {order_chans,  order_nodes,   order_sets,   fill_nodes,
                                     fill_aliases, fill_chans,    fill_inbound, fill_in,
                                     fill_out,     count_parallel};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum fgr_err rc = steps[i](layout);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    layout->report->nodes = layout->n_nodes;
    layout->report->channels = layout->n_chans;
    layout->report->enabled = layout->n_usable;
    layout->report->inbound_fees = layout->n_inbound;
    return FGR_OK;
}

enum fgr_err fgr_layout(void **out_bytes, size_t *out_n_bytes, const struct fgr_draft *draft,
                        struct fgr_import_report *report, struct fgr_error *err)
{
    struct layout layout = {.draft = draft, .report = report, .err = err};
    enum fgr_err rc = fill_columns(&layout);
    if (rc == FGR_OK) {
        struct fgr_image_part parts[FGR_SECTION_COUNT];
        for (size_t i = 0; i < FGR_SECTION_COUNT; i++) {
            parts[i] =
                (struct fgr_image_part){.data = layout.columns[i], .count = layout.counts[i]};
        }
        const struct fgr_image_counts counts = {
            .n_nodes = layout.n_nodes, .n_chans = layout.n_chans, .n_usable = layout.n_usable};
        rc = fgr_image_encode(out_bytes, out_n_bytes, parts, &counts, err);
    }
    for (size_t i = 0; i < FGR_SECTION_COUNT; i++) {
        free(layout.columns[i]);
    }
    free(layout.chan_order);
    free(layout.node_order);
    free(layout.set_rank);
    free(layout.node_rank);
    return rc;
}
