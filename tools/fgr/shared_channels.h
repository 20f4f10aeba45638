/* SPDX-License-Identifier: MIT */
/*
 * shared_channels.h - the half-channels that several parts of a split use, for people.
 *
 * Place in the flow: split -> shared_channels -> terminal.
 *
 * Threads: any thread.
 */
#ifndef FGR_TOOLS_SHARED_CHANNELS_H
#define FGR_TOOLS_SHARED_CHANNELS_H

#include "fulgurite/split.h"

/* Prints an empty line and those with most parts, or nothing if no two parts meet. */
void fgr_shared_channels_print(const struct fgr_view *view, const struct fgr_overlay *overlay,
                               const struct fgr_split *split, bool has_color);

#endif
