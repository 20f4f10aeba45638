/* SPDX-License-Identifier: MIT */
/*
 * overlay_said.h - what was said so far: the state of an overlay's builder. Private to the overlay.
 *
 * Place in the flow: statements (overlay_builder.c) -> said -> overlay_freeze.c -> overlay.
 *
 * Per half-channel and per node only the last word is kept, so building costs no more than what is
 * changed. Where a word on a node stands against one on a half-channel (balances), the number of
 * the statement tells which came later.
 *
 * Threads: one thread per builder.
 * Memory: grows with what is said; the view is borrowed.
 */
#ifndef FGR_GRAPH_OVERLAY_SAID_H
#define FGR_GRAPH_OVERLAY_SAID_H

#include "fulgurite/overlay.h"
#include "graph/util/table.h"
#include "graph/view.h"

struct fgr_said_half {
    uint32_t edge;
    bool is_banned;
    bool is_only[2];      /* FGR_ONLY_OUT, FGR_ONLY_IN */
    bool is_changed;      /* something other than a ban or that was said */
    struct fgr_half half; /* htlc_max FGR_MSAT_NONE = the capacity; USABLE is not kept up */
    uint64_t range_at;    /* statement of min and max; 0 = none */
    uint64_t min_msat;
    uint64_t max_msat;      /* FGR_MSAT_NONE = the capacity, for min as well */
    uint64_t reserved_msat; /* at most FGR_MSAT_MAX */
    int64_t bias_msat;
    uint32_t slots; /* FGR_SLOTS_ANY = not said */
    uint64_t htlc_cost_msat;
};

struct fgr_said_node {
    uint32_t node;
    bool is_banned;
    bool has_only[2];    /* only chosen half-channels leave (FGR_ONLY_OUT), enter it */
    uint64_t balance_at; /* 0 = none */
    uint64_t balance_msat;
    int64_t bias_msat;
};

struct fgr_added_node {
    uint8_t id[FGR_NODE_ID_BYTES];
    bool is_recipient; /* of blinded paths */
    bool has_channel;
};

struct fgr_added_chan {
    uint64_t scid;
    uint64_t capacity_sat; /* 0 = unknown */
    uint32_t node[2];      /* node[0] has the lesser id */
    bool is_blinded;
};

struct fgr_node_pair {
    uint32_t from;
    uint32_t to;
};

/* What was said of pairs of nodes: they are banned; they are chosen to leave `from`, to enter `to`. */
enum fgr_said_pairs { FGR_ONLY_OUT = 0, FGR_ONLY_IN, FGR_BANNED, FGR_SAID_PAIRS };

struct fgr_pair_list {
    struct fgr_node_pair *pair;
    uint32_t n;
    size_t capacity;
};

struct fgr_overlay_builder {
    const struct fgr_view *view;
    struct fgr_table half_table; /* edge -> halves */
    struct fgr_table node_table; /* node -> nodes */
    struct fgr_table id_table;   /* id -> added_nodes */
    struct fgr_table scid_table; /* scid -> added_chans, several of one scid maybe */
    struct fgr_said_half *halves;
    struct fgr_said_node *nodes;
    struct fgr_added_node *added_nodes;
    struct fgr_added_chan *added_chans;
    struct fgr_pair_list pairs[FGR_SAID_PAIRS];
    uint32_t n_halves;
    uint32_t n_nodes;
    uint32_t n_added_nodes;
    uint32_t n_added_chans;
    uint32_t n_blinded;
    size_t halves_capacity;
    size_t nodes_capacity;
    size_t added_nodes_capacity;
    size_t added_chans_capacity;
    uint64_t n_statements;
};

/* Half-channels and nodes of the view and added, said something of or not. */
static inline uint32_t fgr_said_edge_count(const struct fgr_overlay_builder *builder)
{
    return 2 * (builder->view->n_chans + builder->n_added_chans);
}
static inline uint32_t fgr_said_node_count(const struct fgr_overlay_builder *builder)
{
    return builder->view->n_nodes + builder->n_added_nodes;
}

/* The added channel of a half-channel, NULL if it is the view's. */
static inline const struct fgr_added_chan *
fgr_said_added_chan(const struct fgr_overlay_builder *builder, uint32_t edge)
{
    uint32_t n_chans = builder->view->n_chans;
    return edge / 2 < n_chans ? NULL : &builder->added_chans[edge / 2 - n_chans];
}

static inline const uint32_t *fgr_said_ends(const struct fgr_overlay_builder *builder,
                                            uint32_t edge)
{
    const struct fgr_added_chan *added = fgr_said_added_chan(builder, edge);
    return added != NULL ? added->node : fgr_view_chan_of(builder->view, edge)->node;
}
static inline uint32_t fgr_said_from(const struct fgr_overlay_builder *builder, uint32_t edge)
{
    return fgr_said_ends(builder, edge)[edge & 1];
}
static inline uint32_t fgr_said_to(const struct fgr_overlay_builder *builder, uint32_t edge)
{
    return fgr_said_ends(builder, edge)[~edge & 1];
}

static inline uint64_t fgr_said_scid(const struct fgr_overlay_builder *builder, uint32_t edge)
{
    const struct fgr_added_chan *added = fgr_said_added_chan(builder, edge);
    return added != NULL ? added->scid : fgr_view_chan_of(builder->view, edge)->scid;
}

/* FGR_MSAT_NONE where it is unknown. */
static inline uint64_t fgr_said_capacity_msat(const struct fgr_overlay_builder *builder,
                                              uint32_t edge)
{
    const struct fgr_added_chan *added = fgr_said_added_chan(builder, edge);
    uint64_t capacity_sat =
        added != NULL ? added->capacity_sat : fgr_view_chan_of(builder->view, edge)->capacity_sat;
    return capacity_sat == 0 ? FGR_MSAT_NONE : capacity_sat * 1000;
}

static inline const uint8_t *fgr_said_id(const struct fgr_overlay_builder *builder, uint32_t node)
{
    const struct fgr_view *view = builder->view;
    return node < view->n_nodes ? view->node_id + (size_t)node * FGR_NODE_ID_BYTES
                                : builder->added_nodes[node - view->n_nodes].id;
}

/* What was said of a half-channel or a node, NULL if nothing. Valid until the next statement. */
const struct fgr_said_half *fgr_said_half(const struct fgr_overlay_builder *builder, uint32_t edge);
const struct fgr_said_node *fgr_said_node(const struct fgr_overlay_builder *builder, uint32_t node);

/* The same, to say something: a new one begins as the view has it, or without a policy. The number
 * may be that of a channel about to be added. Errors: MEMORY. */
enum fgr_err fgr_said_half_get(struct fgr_overlay_builder *builder, struct fgr_said_half **out_half,
                               uint32_t edge, struct fgr_error *err);
enum fgr_err fgr_said_node_get(struct fgr_overlay_builder *builder, struct fgr_said_node **out_node,
                               uint32_t node, struct fgr_error *err);

/* The channel with this scid and these ends in either order, added or the view's; if `ends` is
 * NULL, the one added last under this scid or the view's. FGR_IDX_NONE if there is none. */
uint32_t fgr_said_find_chan(const struct fgr_overlay_builder *builder, uint64_t scid,
                            const uint32_t ends[2]);

/* Appends. Errors: MEMORY, LIMIT; nothing is appended then. */
enum fgr_err fgr_said_add_node(struct fgr_overlay_builder *builder,
                               const uint8_t id[FGR_NODE_ID_BYTES], struct fgr_error *err);
enum fgr_err fgr_said_add_chan(struct fgr_overlay_builder *builder,
                               const struct fgr_added_chan *chan, struct fgr_error *err);
enum fgr_err fgr_said_add_pair(struct fgr_overlay_builder *builder, enum fgr_said_pairs kind,
                               struct fgr_node_pair pair, struct fgr_error *err);

/* The added node with this id, or FGR_IDX_NONE. */
uint32_t fgr_said_find_added(const struct fgr_overlay_builder *builder,
                             const uint8_t id[FGR_NODE_ID_BYTES]);

/* What a statement is about, for its errors. */
struct fgr_subject {
    const char *statement; /* "balance of" */
    const uint8_t *id;     /* a node, else NULL */
    uint64_t scid;
    unsigned direction;
};

struct fgr_subject fgr_said_about_edge(const char *statement,
                                       const struct fgr_overlay_builder *builder, uint32_t edge);
struct fgr_subject fgr_said_about_node(const char *statement,
                                       const struct fgr_overlay_builder *builder, uint32_t node);

/* ARG: "balance of 700001x1x0/1: " and the reason. */
enum fgr_err fgr_said_refuse(struct fgr_error *err, struct fgr_subject subject, const char *format,
                             ...) FGR_PRINTF(3, 4);

/* ARG where the index is neither of the view nor added. */
enum fgr_err fgr_said_check_edge(const struct fgr_overlay_builder *builder, const char *statement,
                                 fgr_edge_idx edge, struct fgr_error *err);
enum fgr_err fgr_said_check_node(const struct fgr_overlay_builder *builder, const char *statement,
                                 fgr_node_idx node, struct fgr_error *err);

#endif
