/* SPDX-License-Identifier: MIT */
/*
 * shortfall.h - why there is no set of parts: how much can be delivered, what stops the rest, and
 * which limits would have to change.
 *
 * Place in the flow: a split that found nothing -> shortfall -> JSON, terminal.
 *
 * Threads: one thread per struct fgr_splitter.
 */
#ifndef FGR_TOOLS_SHORTFALL_H
#define FGR_TOOLS_SHORTFALL_H

#include "fulgurite/capacity.h"
#include "fulgurite/split.h"

/* The memory of one splitting thread. */
struct fgr_splitter {
    struct fgr_scratch *route;
    struct fgr_split_scratch *split;
    struct fgr_capacity_scratch *capacity;
};

/* Errors: MEMORY; nothing to deinit then. */
FGR_NODISCARD enum fgr_err fgr_splitter_init(struct fgr_splitter *out_splitter,
                                             const struct fgr_view *view, struct fgr_error *err);
/* A zeroed struct is allowed. */
void fgr_splitter_deinit(struct fgr_splitter *splitter);

/* Limits that a set of parts may not keep. */
enum fgr_split_limit {
    FGR_SPLIT_LIMIT_PARTS,
    FGR_SPLIT_LIMIT_MIN_PART,
    FGR_SPLIT_LIMIT_FEE,
    FGR_SPLIT_LIMIT_CLTV,
    FGR_SPLIT_LIMIT_HOPS,
    FGR_SPLIT_LIMITS
};

struct fgr_shortfall {
    const char *code;
    bool is_proven;               /* else no set was found, but there may be one */
    struct fgr_explain single;    /* why one part does not do */
    struct fgr_capacity capacity; /* of the same query; its arrays are the splitter's */
    /* With this limit, all else unchanged, a set of parts was found; 0 = none. It may not be the
     * tightest one. */
    uint64_t enough[FGR_SPLIT_LIMITS];
};

/* `is_proven` is what the split said. */
void fgr_shortfall_find(struct fgr_shortfall *out_shortfall, struct fgr_splitter *splitter,
                        const struct fgr_view *view, const struct fgr_split_query *query,
                        bool is_proven);

/* One sentence for a person. */
void fgr_shortfall_text(char *out_text, size_t n_bytes, const struct fgr_view *view,
                        const struct fgr_split_query *query, const struct fgr_shortfall *shortfall);

#endif
