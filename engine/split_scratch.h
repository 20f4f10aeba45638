/* SPDX-License-Identifier: MIT */
/*
 * split_scratch.h - the reusable memory of one splitting thread.
 *
 * Threads: one thread.
 * Memory: everything is taken at create; pages that no query touches are never resident.
 */
#ifndef FGR_ENGINE_SPLIT_SCRATCH_H
#define FGR_ENGINE_SPLIT_SCRATCH_H

#include "engine/flow.h"
#include "engine/lots.h"
#include "engine/maxflow.h"
#include "engine/parts.h"
#include "engine/scratch.h"

struct fgr_split_scratch {
    struct fgr_allocator allocator;
    struct fgr_scratch *route;
    struct fgr_flow flow;
    struct fgr_parts parts; /* the best */
    struct fgr_parts tried;
    struct fgr_lots lots;
    struct fgr_part answer[FGR_PARTS_MAX];
    struct fgr_maxflow maxflow; /* proves that there is no answer */
    uint64_t *room_msat;
};

/* Whether the scratch has room for view and overlay (nullable). */
bool fgr_split_scratch_fits(const struct fgr_split_scratch *scratch, const struct fgr_view *view,
                            const struct fgr_overlay *overlay);

#endif
