/* SPDX-License-Identifier: MIT */
/*
 * audit.c - one predicate per rule, evaluated over whole arrays.
 *
 * The predicates are free of branches and are folded into one flag per array, so that the compiler
 * can use vectors and a sound image costs one branch per array. Only when a flag falls is the array
 * walked again for the element to name. Rules come in the order in which they rely on each other:
 * no rule follows an index that an earlier one has not bounded.
 */
#include "graph/audit.h"

#include <string.h>

#include "graph/util/attr.h"
#include "graph/util/bytes.h"
#include "graph/util/error.h"

#define FLOAT_INF_BITS UINT32_C(0x7f800000) /* what is below, as an integer, is >= +0 and finite */

struct audit {
    const struct fgr_view *view;
    const struct fgr_adjacency *adjacency; /* the direction being checked */
    const uint32_t *offsets;               /* the offset array being checked */
    const float *column;                   /* the float column being checked */
    uint32_t side;                         /* 1: edges grouped by the node they enter; 0: leave */
    struct fgr_error *err;
};

typedef bool rule_fn(const struct audit *audit, size_t i);

/* Always inline: the rule becomes part of the loop. */
static FGR_ALWAYS_INLINE enum fgr_err check(const struct audit *audit, size_t n, rule_fn *is_good,
                                            const char *section, const char *complaint)
{
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        good &= is_good(audit, i);
    }
    if (FGR_LIKELY(good)) {
        return FGR_OK;
    }
    size_t culprit = 0;
    while (culprit + 1 < n && is_good(audit, culprit)) {
        culprit++;
    }
    return fgr_fail_at(audit->err, FGR_ERR_FORMAT, culprit, FGR_NO_POSITION,
                       "section %s of the image, element %zu: %s", section, culprit, complaint);
}

/* ---- offsets ------------------------------------------------------------------------------- */

static inline bool offset_ascends(const struct audit *audit, size_t i)
{
    return audit->offsets[i] <= audit->offsets[i + 1];
}

/* offsets[0 .. n] cut an array of `end` elements into n pieces. */
static enum fgr_err check_offsets(const struct audit *base, const uint32_t *offsets, size_t n,
                                  uint32_t end, const char *section)
{
    struct audit audit = *base;
    audit.offsets = offsets;
    if (offsets[0] != 0 || offsets[n] != end) {
        return fgr_fail(audit.err, FGR_ERR_FORMAT,
                        "section %s of the image runs from %u to %u instead of 0 to %u", section,
                        offsets[0], offsets[n], end);
    }
    return check(&audit, n, offset_ascends, section, "the offset is above the next one");
}

/* ---- nodes --------------------------------------------------------------------------------- */

static inline bool id_ascends(const struct audit *audit, size_t i)
{
    const uint8_t *id = audit->view->node_id + i * FGR_NODE_ID_BYTES;
    return (id[0] == 2 || id[0] == 3) &&
           (i == 0 || memcmp(id - FGR_NODE_ID_BYTES, id, FGR_NODE_ID_BYTES) < 0);
}

static inline bool node_set_exists(const struct audit *audit, size_t i)
{
    return audit->view->node_feature_set[i] < audit->view->n_feature_sets;
}

static inline bool alias_fits(const struct audit *audit, size_t i)
{
    const uint32_t *first = audit->view->alias_first;
    return first[i + 1] - first[i] <= FGR_ALIAS_BYTES_MAX;
}

static inline bool alias_node_exists(const struct audit *audit, size_t i)
{
    return audit->view->alias_order[i] < audit->view->n_nodes;
}

static inline bool alias_ascends(const struct audit *audit, size_t i)
{
    const struct fgr_view *view = audit->view;
    uint32_t node = view->alias_order[i];
    if (view->alias_first[node] == view->alias_first[node + 1]) {
        return false;
    }
    if (i == 0) {
        return true;
    }
    uint32_t previous = view->alias_order[i - 1];
    int order = fgr_view_alias_cmp(view, previous, view->alias_bytes + view->alias_first[node],
                                   view->alias_first[node + 1] - view->alias_first[node]);
    return order < 0 || (order == 0 && previous < node);
}

static enum fgr_err check_aliases(const struct audit *audit, uint32_t n_alias_bytes)
{
    const struct fgr_view *view = audit->view;
    enum fgr_err rc =
        check_offsets(audit, view->alias_first, view->n_nodes, n_alias_bytes, "alias_first");
    if (rc == FGR_OK) {
        rc = check(audit, view->n_nodes, alias_fits, "alias_first", "the alias is too long");
    }
    if (rc == FGR_OK) {
        rc = check(audit, view->n_aliased, alias_node_exists, "alias_order", "no such node");
    }
    if (rc == FGR_OK) {
        rc = check(audit, view->n_aliased, alias_ascends, "alias_order",
                   "the node has no alias or is out of order");
    }
    if (rc != FGR_OK) {
        return rc;
    }
    uint32_t n_aliased = 0;
    for (uint32_t i = 0; i < view->n_nodes; i++) {
        n_aliased += view->alias_first[i] < view->alias_first[i + 1];
    }
    if (n_aliased != view->n_aliased) {
        return fgr_fail(audit->err, FGR_ERR_FORMAT,
                        "section alias_order of the image lists %u of %u aliases", view->n_aliased,
                        n_aliased);
    }
    return FGR_OK;
}

static inline bool set_ascends(const struct audit *audit, size_t i)
{
    const uint32_t *first = audit->view->feature_set_first;
    const uint8_t *bytes = audit->view->feature_bytes;
    return fgr_bytes_cmp(bytes + first[i], first[i + 1] - first[i], bytes + first[i + 1],
                         first[i + 2] - first[i + 1]) < 0;
}

static enum fgr_err check_sets(const struct audit *audit, uint32_t n_feature_bytes)
{
    const struct fgr_view *view = audit->view;
    enum fgr_err rc = check_offsets(audit, view->feature_set_first, view->n_feature_sets,
                                    n_feature_bytes, "feature_set_first");
    if (rc == FGR_OK && view->feature_set_first[1] != 0) {
        rc = fgr_fail(audit->err, FGR_ERR_FORMAT, "feature set 0 of the image is not empty");
    }
    if (rc == FGR_OK) {
        rc = check(audit, view->n_feature_sets - 1, set_ascends, "feature_set_first",
                   "the feature set is out of order");
    }
    return rc;
}

/* ---- channels ------------------------------------------------------------------------------ */

static inline bool chan_is_good(const struct audit *audit, size_t i)
{
    const struct fgr_view *view = audit->view;
    const struct fgr_chan *chan = &view->chan[i];
    return (chan->capacity_sat - 1 < FGR_SAT_MAX) & (chan->node[0] < chan->node[1]) &
           (chan->node[1] < view->n_nodes) & (chan->feature_set < view->n_feature_sets) &
           (chan->flags <= FGR_CHAN_DYING);
}

static inline bool scid_ascends(const struct audit *audit, size_t i)
{
    return audit->view->chan[i].scid < audit->view->chan[i + 1].scid;
}

static inline bool half_is_good(const struct audit *audit, size_t edge)
{
    const struct fgr_half *half = &audit->view->half[edge];
    uint64_t capacity_msat = audit->view->chan[edge >> 1].capacity_sat * 1000;
    bool known = half->flags & FGR_HALF_KNOWN;
    bool disabled = half->flags & FGR_HALF_DISABLED;
    bool consistent =
        (half->htlc_min_msat <= half->htlc_max_msat) & (half->htlc_max_msat <= capacity_msat);
    unsigned expected = !known       ? 0
                        : disabled   ? FGR_HALF_KNOWN | FGR_HALF_DISABLED
                        : consistent ? FGR_HALF_KNOWN | FGR_HALF_USABLE
                                     : FGR_HALF_KNOWN;
    bool blank = (half->htlc_min_msat | half->htlc_max_msat | half->base_msat | half->ppm |
                  half->timestamp | half->cltv_delta) == 0;
    return (half->flags == expected) & (known | blank) & (half->reserved == 0);
}

static inline bool inbound_is_good(const struct audit *audit, size_t i)
{
    const struct fgr_view *view = audit->view;
    const struct fgr_inbound *inbound = &view->inbound[i];
    return inbound->edge < 2 * view->n_chans &&
           (view->half[inbound->edge].flags & FGR_HALF_KNOWN) != 0 &&
           (inbound->base_msat != 0 || inbound->ppm != 0) &&
           (i == 0 || view->inbound[i - 1].edge < inbound->edge);
}

static enum fgr_err check_usable_count(const struct audit *audit)
{
    const struct fgr_view *view = audit->view;
    uint32_t n_usable = 0;
    for (uint32_t edge = 0; edge < 2 * view->n_chans; edge++) {
        n_usable += (view->half[edge].flags & FGR_HALF_USABLE) != 0;
    }
    if (n_usable != view->n_usable) {
        return fgr_fail(audit->err, FGR_ERR_FORMAT,
                        "section half of the image has %u usable policies, the header says %u",
                        n_usable, view->n_usable);
    }
    return FGR_OK;
}

static enum fgr_err check_chans(const struct audit *audit)
{
    const struct fgr_view *view = audit->view;
    size_t n = view->n_chans;
    enum fgr_err rc = check(audit, n, chan_is_good, "chan",
                            "capacity, ends, feature set or flags are impossible");
    if (rc == FGR_OK) {
        rc =
            check(audit, n > 0 ? n - 1 : 0, scid_ascends, "chan", "the scid is not below the next");
    }
    if (rc == FGR_OK) {
        rc = check(audit, 2 * n, half_is_good, "half", "the flags do not fit the policy");
    }
    if (rc == FGR_OK) {
        rc = check_usable_count(audit);
    }
    if (rc == FGR_OK) {
        rc = check(audit, view->n_inbound, inbound_is_good, "inbound",
                   "the edge is unknown or out of order, or the fee is zero");
    }
    return rc;
}

/* ---- adjacency ----------------------------------------------------------------------------- */

static inline bool entry_exists(const struct audit *audit, size_t i)
{
    return (audit->adjacency->nbr[i] < audit->view->n_nodes) &
           (audit->adjacency->edge[i] < 2 * audit->view->n_chans);
}

/* The entries of node v are usable edges between v and their neighbour, each listed once. With as
 * many entries as usable edges, none is missing. */
static inline bool entries_are_good(const struct audit *audit, size_t v)
{
    const struct fgr_adjacency *adjacency = audit->adjacency;
    uint64_t previous = 0; /* neighbour and edge + 1 */
    bool good = true;
    for (uint32_t i = adjacency->first[v]; i < adjacency->first[v + 1]; i++) {
        uint32_t edge = adjacency->edge[i];
        const uint32_t *ends = audit->view->chan[edge >> 1].node;
        uint64_t key = ((uint64_t)adjacency->nbr[i] << 32) + edge + 1;
        good &= (ends[(edge & 1) ^ audit->side] == v) &
                (ends[(~edge & 1) ^ audit->side] == adjacency->nbr[i]) & (key > previous) &
                ((audit->view->half[edge].flags & FGR_HALF_USABLE) != 0);
        previous = key;
    }
    return good;
}

static inline bool float_is_good(const struct audit *audit, size_t i)
{
    uint32_t bits;
    memcpy(&bits, &audit->column[i], sizeof bits);
    return bits < FLOAT_INF_BITS;
}

static enum fgr_err check_floats(const struct audit *base)
{
    const struct fgr_adjacency *adjacency = base->adjacency;
    const float *columns[] = {adjacency->base_msat, adjacency->rate, adjacency->cltv,
                              adjacency->inv_cap, adjacency->max_msat};
    static const char *const names[2][5] = {
        {"out_base", "out_rate", "out_cltv", "out_inv_cap", "out_max"},
        {"in_base", "in_rate", "in_cltv", "in_inv_cap", "in_max"}};
    struct audit audit = *base;
    for (size_t i = 0; i < 5; i++) {
        audit.column = columns[i];
        enum fgr_err rc = check(&audit, audit.view->n_usable, float_is_good, names[audit.side][i],
                                "negative or not a number");
        if (rc != FGR_OK) {
            return rc;
        }
    }
    return FGR_OK;
}

static enum fgr_err check_adjacency(const struct audit *base, const struct fgr_adjacency *adjacency,
                                    uint32_t side)
{
    const struct fgr_view *view = base->view;
    struct audit audit = *base;
    audit.adjacency = adjacency;
    audit.side = side;
    enum fgr_err rc = check_offsets(&audit, adjacency->first, view->n_nodes, view->n_usable,
                                    side ? "in_first" : "out_first");
    if (rc == FGR_OK) {
        rc = check(&audit, view->n_usable, entry_exists, side ? "in_edge" : "out_edge",
                   "no such edge or neighbour");
    }
    if (rc == FGR_OK) {
        rc = check(&audit, view->n_nodes, entries_are_good, side ? "in_first" : "out_first",
                   "the node lists an edge that is not its own, not usable or out of order");
    }
    return rc == FGR_OK ? check_floats(&audit) : rc;
}

/* Not below what the adjacency lists, and the sum is that of all channels. */
static inline bool channels_cover(const struct audit *audit, size_t i)
{
    const struct fgr_view *view = audit->view;
    uint32_t n = view->node_channels[i];
    return (n > 0) & (n >= view->in.first[i + 1] - view->in.first[i]) &
           (n >= view->out.first[i + 1] - view->out.first[i]);
}

static enum fgr_err check_nodes(const struct audit *audit)
{
    const struct fgr_view *view = audit->view;
    uint64_t sum = 0;
    enum fgr_err rc = check(audit, view->n_nodes, channels_cover, "node_channels",
                            "fewer channels than the node has");
    if (rc != FGR_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < view->n_nodes; i++) {
        sum += view->node_channels[i];
    }
    if (sum != 2 * (uint64_t)view->n_chans) {
        return fgr_fail(audit->err, FGR_ERR_FORMAT,
                        "section node_channels of the image does not add up to its channels");
    }
    return FGR_OK;
}

enum fgr_err fgr_audit(const struct fgr_view *view, uint32_t n_alias_bytes,
                       uint32_t n_feature_bytes, struct fgr_error *err)
{
    const struct audit audit = {.view = view, .err = err};
    enum fgr_err rc = check_sets(&audit, n_feature_bytes);
    if (rc == FGR_OK) {
        rc = check(&audit, view->n_nodes, id_ascends, "node_id",
                   "the id starts with neither 02 nor 03 or is out of order");
    }
    if (rc == FGR_OK) {
        rc = check(&audit, view->n_nodes, node_set_exists, "node_feature_set",
                   "no such feature set");
    }
    if (rc == FGR_OK) {
        rc = check_aliases(&audit, n_alias_bytes);
    }
    if (rc == FGR_OK) {
        rc = check_chans(&audit);
    }
    if (rc == FGR_OK) {
        rc = check_adjacency(&audit, &view->in, 1);
    }
    if (rc == FGR_OK) {
        rc = check_adjacency(&audit, &view->out, 0);
    }
    return rc == FGR_OK ? check_nodes(&audit) : rc;
}
