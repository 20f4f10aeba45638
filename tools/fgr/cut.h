/* SPDX-License-Identifier: MIT */
/*
 * cut.h - the channels that stop a larger payment, named: as a table and as JSON.
 *
 * Place in the flow: fgr_capacity -> cut -> terminal, JSON.
 *
 * Threads: any thread.
 */
#ifndef FGR_TOOLS_CUT_H
#define FGR_TOOLS_CUT_H

#include "fulgurite/capacity.h"
#include "graph/util/json.h"

/* In both, `overlay` is that of the query and may be NULL. */

/* Prints the largest channels of the cut, and how many more there are. */
void fgr_cut_print(const struct fgr_view *view, const struct fgr_overlay *overlay,
                   const struct fgr_capacity *capacity, bool has_color);

/* "source", "destination" or "between": where the cut is. */
const char *fgr_cut_place(const struct fgr_capacity *capacity);

/* A member "cut" with all of them: [{"scid", "direction", "from", "to", "capacity_sat", "max_msat"}],
 * the capacity null where an overlay adds a channel without one. */
void fgr_cut_put(struct fgr_json_writer *json, const struct fgr_view *view,
                 const struct fgr_overlay *overlay, const struct fgr_capacity *capacity);

#endif
