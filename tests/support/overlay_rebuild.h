/* SPDX-License-Identifier: MIT */
/*
 * overlay_rebuild.h - the naive way to apply an overlay: a new view that is what view and overlay
 * are together.
 *
 * Place in the flow: view + overlay -> graph/builder -> image -> view. A search on it must find what
 * a search with the overlay finds. Indexes differ: nodes correspond by id, channels by scid.
 *
 * Threads: one thread per call.
 * Memory: the made view owns its image.
 */
#ifndef FGR_TESTS_SUPPORT_OVERLAY_REBUILD_H
#define FGR_TESTS_SUPPORT_OVERLAY_REBUILD_H

#include "graph/overlay.h"
#include "tests/support/graph_maker.h"

/* Channels, policies and bans; nodes without a channel are left out. A view has no word for biases,
 * for what is known of balances (unknown capacities included), for two channels of one scid and for
 * blinded paths: false then, with `err` filled (ARG), as on any failure. */
bool fgr_overlay_rebuild(struct fgr_made *out_made, const struct fgr_view *view,
                         const struct fgr_overlay *overlay, struct fgr_error *err);

#endif
