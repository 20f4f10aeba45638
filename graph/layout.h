/* SPDX-License-Identifier: MIT */
/*
 * layout.h - a collected network (the draft) and its canonical order, which is the image.
 *
 * Place in the flow: builder (fills the draft) -> layout -> image.
 *
 * Threads: one thread per call.
 * Memory: the draft belongs to the builder; layout only reads it.
 */
#ifndef FGR_GRAPH_LAYOUT_H
#define FGR_GRAPH_LAYOUT_H

#include "graph/builder.h"
#include "graph/view.h"

struct fgr_draft_node {
    uint8_t id[FGR_NODE_ID_BYTES];
    uint8_t alias_len;
    bool is_announced;   /* a node record was seen */
    bool is_channel_end; /* a channel record named it, maybe one deleted since */
    uint8_t alias[FGR_ALIAS_BYTES_MAX];
    uint32_t timestamp;
    uint32_t feature_set;
    struct fgr_place place; /* the first record that named it */
};

/* Also stands for policies whose channel was not seen yet: then it is not live. */
struct fgr_draft_chan {
    uint64_t scid;
    uint64_t capacity_sat;
    uint32_t node[2]; /* node[0] has the lesser id */
    uint32_t feature_set;
    bool is_live;
    bool is_dying;
    bool has_policy[2];
    struct fgr_policy_record policy[2];
};

struct fgr_draft_set {
    size_t first; /* offset into set_bytes */
    uint32_t len;
};

struct fgr_draft {
    struct fgr_draft_node *nodes;
    struct fgr_draft_chan *chans;
    struct fgr_draft_set *sets; /* distinct feature sets; number 0 is the empty one */
    uint8_t *set_bytes;
    uint32_t n_nodes;
    uint32_t n_chans;
    uint32_t n_sets;
    size_t n_set_bytes;
};

/* What the graph keeps of a policy on a channel of this capacity. */
struct fgr_half fgr_layout_half(const struct fgr_policy_record *policy, uint64_t capacity_sat);

/* Whether it charges an inbound fee. */
bool fgr_layout_has_inbound(const struct fgr_policy_record *policy);

/* Lays out what is live in the draft, and counts it in the report. `out_bytes` is freed with
 * fgr_image_free. Errors: MEMORY, LIMIT. */
enum fgr_err fgr_layout(void **out_bytes, size_t *out_n_bytes, const struct fgr_draft *draft,
                        struct fgr_import_report *report, struct fgr_error *err);

#endif
