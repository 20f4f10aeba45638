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

#include <stdlib.h>
#include <string.h>

#include "graph/util/array.h"
#include "graph/util/attr.h"
#include "graph/util/bytes.h"
#include "graph/util/error.h"

#define NEGATIVE "negative or not a number"
#define FLOAT_INF_BITS UINT32_C(0x7f800000) /* what is below, as an integer, is >= +0 and finite */

struct audit {
    const struct fgr_view *view;
    const struct fgr_adjacency *adjacency; /* the direction being checked */
    const uint32_t *offsets;               /* the offset array being checked */
    const float *floats;                   /* the column being checked */
    const int32_t *fees;                   /* the column being checked */
    uint64_t *ends;                        /* per channel: node 0 below, node 1 above bit 32 */
    uint64_t *usable;                      /* one bit per edge, edge 64 w + b at bit b of word w */
    uint64_t *unlisted;                    /* those of them that no entry has named yet */
    uint32_t side;                         /* 1: edges grouped by the node they enter; 0: leave */
    struct fgr_error *err;
};

static size_t usable_words(const struct fgr_view *view)
{
    return (size_t)view->n_chans / 32 + 1;
}

typedef bool rule_fn(const struct audit *audit, size_t i);

static enum fgr_err complain(const struct audit *audit, const char *section, size_t culprit,
                             const char *complaint)
{
    return fgr_fail_at(audit->err, FGR_ERR_FORMAT, culprit, FGR_NO_POSITION,
                       "section %s of the image, element %zu: %s", section, culprit, complaint);
}

/* Always inline: the rule becomes part of the loop. */
static FGR_ALWAYS_INLINE enum fgr_err check(const struct audit *audit, size_t n, rule_fn *is_good,
                                            const char *section, const char *complaint)
{
    uint32_t bad = 0; /* as wide as most columns: a bool would keep gcc from using vectors */
    for (size_t i = 0; i < n; i++) {
        bad |= !is_good(audit, i);
    }
    if (FGR_LIKELY(bad == 0)) {
        return FGR_OK;
    }
    size_t culprit = 0;
    while (culprit + 1 < n && is_good(audit, culprit)) {
        culprit++;
    }
    return complain(audit, section, culprit, complaint);
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
    return ((i == 0) | (view->chan[i - (i > 0)].scid < chan->scid)) &
           (chan->capacity_sat - 1 < FGR_SAT_MAX) & (chan->node[0] < chan->node[1]) &
           (chan->node[1] < view->n_nodes) & (chan->feature_set < view->n_feature_sets) &
           (chan->flags <= FGR_CHAN_DYING);
}

/* All zero, or known and disabled, or known and usable as its limits say; nothing reserved set. */
static inline bool half_is_good(const struct audit *audit, size_t edge)
{
    const struct fgr_half *half = &audit->view->half[edge];
    uint64_t capacity_msat = audit->view->chan[edge >> 1].capacity_sat * 1000;
    uint64_t words[sizeof *half / sizeof(uint64_t)];
    memcpy(words, half, sizeof words);
    bool is_blank = (words[0] | words[1] | words[2] | words[3]) == 0;
    uint32_t flags = half->flags | (uint32_t)half->reserved << 8;
    uint32_t is_consistent =
        (half->htlc_min_msat <= half->htlc_max_msat) & (half->htlc_max_msat <= capacity_msat);
    return is_blank | (flags == (FGR_HALF_KNOWN | FGR_HALF_DISABLED)) |
           (flags == (FGR_HALF_KNOWN | FGR_HALF_USABLE * is_consistent));
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

/* One pass over channels and policies: are they good, and what the adjacency has to agree with, in
 * a form that fits the caches, since entries look it up in random order. */
static bool collect_edges(const struct audit *audit, uint32_t *out_n_usable)
{
    const struct fgr_view *view = audit->view;
    uint32_t bad = 0, n_usable = 0;
    for (size_t i = 0; i < view->n_chans; i++) {
        const struct fgr_chan *chan = &view->chan[i];
        uint64_t usable_0 = (view->half[2 * i].flags & FGR_HALF_USABLE) != 0;
        uint64_t usable_1 = (view->half[2 * i + 1].flags & FGR_HALF_USABLE) != 0;
        bad |= !chan_is_good(audit, i);
        bad |= !half_is_good(audit, 2 * i);
        bad |= !half_is_good(audit, 2 * i + 1);
        audit->ends[i] = chan->node[0] | (uint64_t)chan->node[1] << 32;
        audit->usable[i / 32] |= (usable_0 | usable_1 << 1) << (i % 32 * 2);
        n_usable += (uint32_t)(usable_0 + usable_1);
    }
    *out_n_usable = n_usable;
    return bad == 0;
}

static enum fgr_err check_chans(const struct audit *audit)
{
    const struct fgr_view *view = audit->view;
    uint32_t n_usable;
    if (!collect_edges(audit, &n_usable)) {
        enum fgr_err rc = check(audit, view->n_chans, chan_is_good, "chan",
                                "capacity, ends, feature set, flags or order are impossible");
        return rc != FGR_OK ? rc
                            : check(audit, 2 * (size_t)view->n_chans, half_is_good, "half",
                                    "the flags do not fit the policy");
    }
    if (n_usable != view->n_usable) {
        return fgr_fail(audit->err, FGR_ERR_FORMAT,
                        "section half of the image has %u usable policies, the header says %u",
                        n_usable, view->n_usable);
    }
    return check(audit, view->n_inbound, inbound_is_good, "inbound",
                 "the edge is unknown or out of order, or the fee is zero");
}

/* ---- adjacency ----------------------------------------------------------------------------- */

static inline bool entry_exists(const struct audit *audit, size_t i)
{
    return (audit->adjacency->nbr[i] < audit->view->n_nodes) &
           (audit->adjacency->edge[i] < 2 * audit->view->n_chans);
}

/* Whether entry i of a node may stand behind the one before it. */
static inline bool entry_ascends(const struct fgr_adjacency *adjacency, size_t i)
{
    size_t before = i - (i > 0);
    uint32_t rank_before = fgr_adjacency_rank(adjacency, (uint32_t)before);
    uint32_t rank = fgr_adjacency_rank(adjacency, (uint32_t)i);
    uint64_t nbr_before = (uint64_t)adjacency->nbr[before] << 32 | adjacency->edge[before];
    uint64_t nbr = (uint64_t)adjacency->nbr[i] << 32 | adjacency->edge[i];
    return (rank_before < rank) | ((rank_before == rank) & (nbr_before < nbr));
}

/* Takes an edge off the list of those that are usable and not named yet; 0 if it is not on it. */
static inline uint32_t take_unlisted(const struct audit *audit, uint32_t edge)
{
    uint64_t word = audit->unlisted[edge / 64], bit = UINT64_C(1) << (edge % 64);
    audit->unlisted[edge / 64] = word & ~bit;
    return word >> (edge % 64) & 1;
}

/* Entry i is a usable edge that no earlier entry names, between its neighbour and the node between
 * whose borders it stands, and is the first one there or belongs behind entry i - 1. With as many
 * entries as there are usable edges none is missing. */
static inline bool entry_is_good(const struct audit *audit, size_t i)
{
    const struct fgr_adjacency *adjacency = audit->adjacency;
    uint32_t edge = adjacency->edge[i];
    uint64_t ends = audit->ends[edge >> 1];
    unsigned turn = 32 * ((edge & 1) ^ audit->side); /* brings the node's own end below */
    ends = ends >> turn | ends << (-turn & 63);
    uint32_t own = (uint32_t)ends;
    return (ends >> 32 == adjacency->nbr[i]) & (adjacency->first[own] <= i) &
           (i < adjacency->first[own + 1]) & take_unlisted(audit, edge) &
           ((adjacency->first[own] == i) | entry_ascends(adjacency, i));
}

static void relist(const struct audit *audit)
{
    memcpy(audit->unlisted, audit->usable, usable_words(audit->view) * sizeof *audit->usable);
}

/* As check() would, but entry_is_good uses up its list. */
static enum fgr_err check_entries(const struct audit *audit, const char *section)
{
    uint32_t bad = 0;
    relist(audit);
    for (size_t i = 0; i < audit->view->n_usable; i++) {
        bad |= !entry_is_good(audit, i);
    }
    if (FGR_LIKELY(bad == 0)) {
        return FGR_OK;
    }
    size_t culprit = 0;
    relist(audit);
    while (entry_is_good(audit, culprit)) {
        culprit++;
    }
    return complain(audit, section, culprit,
                    "not an edge of its node and neighbour, not usable, twice or out of order");
}

static inline bool float_is_good(const struct audit *audit, size_t i)
{
    uint32_t bits;
    memcpy(&bits, &audit->floats[i], sizeof bits);
    return bits < FLOAT_INF_BITS;
}

static inline bool fee_is_good(const struct audit *audit, size_t i)
{
    return audit->fees[i] >= 0;
}

static enum fgr_err check_columns(const struct audit *base)
{
    const struct fgr_adjacency *adjacency = base->adjacency;
    struct audit audit = *base;
    size_t n = audit.view->n_usable;
    audit.fees = adjacency->base_msat;
    enum fgr_err rc = check(&audit, n, fee_is_good, audit.side ? "in_base" : "out_base", NEGATIVE);
    if (rc == FGR_OK) {
        audit.fees = adjacency->ppm;
        rc = check(&audit, n, fee_is_good, audit.side ? "in_ppm" : "out_ppm", NEGATIVE);
    }
    if (rc == FGR_OK) {
        audit.floats = adjacency->inv_cap;
        rc = check(&audit, n, float_is_good, audit.side ? "in_inv_cap" : "out_inv_cap", NEGATIVE);
    }
    if (rc == FGR_OK) {
        audit.floats = adjacency->max_msat;
        rc = check(&audit, n, float_is_good, audit.side ? "in_max" : "out_max", NEGATIVE);
    }
    return rc;
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
        rc = check_columns(&audit);
    }
    if (rc == FGR_OK) {
        rc = check(&audit, view->n_usable, entry_exists, side ? "in_edge" : "out_edge",
                   "no such edge or neighbour");
    }
    return rc == FGR_OK ? check_entries(&audit, side ? "in_edge" : "out_edge") : rc;
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

static enum fgr_err check_all(const struct audit *audit, uint32_t n_alias_bytes,
                              uint32_t n_feature_bytes)
{
    const struct fgr_view *view = audit->view;
    enum fgr_err rc = check_sets(audit, n_feature_bytes);
    if (rc == FGR_OK) {
        rc = check(audit, view->n_nodes, id_ascends, "node_id",
                   "the id starts with neither 02 nor 03 or is out of order");
    }
    if (rc == FGR_OK) {
        rc =
            check(audit, view->n_nodes, node_set_exists, "node_feature_set", "no such feature set");
    }
    if (rc == FGR_OK) {
        rc = check_aliases(audit, n_alias_bytes);
    }
    if (rc == FGR_OK) {
        rc = check_chans(audit);
    }
    if (rc == FGR_OK) {
        rc = check_adjacency(audit, &view->in, 1);
    }
    if (rc == FGR_OK) {
        rc = check_adjacency(audit, &view->out, 0);
    }
    return rc == FGR_OK ? check_nodes(audit) : rc;
}

enum fgr_err fgr_audit(const struct fgr_view *view, uint32_t n_alias_bytes,
                       uint32_t n_feature_bytes, struct fgr_error *err)
{
    struct audit audit = {.view = view, .err = err};
    audit.ends = fgr_array_new(view->n_chans, sizeof *audit.ends, err);
    audit.usable = fgr_array_new(2 * usable_words(view), sizeof *audit.usable, err);
    enum fgr_err rc = FGR_ERR_MEMORY;
    if (audit.ends != NULL && audit.usable != NULL) {
        audit.unlisted = audit.usable + usable_words(view);
        rc = check_all(&audit, n_alias_bytes, n_feature_bytes);
    }
    free(audit.ends);
    free(audit.usable);
    return rc;
}
