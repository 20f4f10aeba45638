/* SPDX-License-Identifier: MIT */
/*
 * progress.h - a bar on standard error, where that is a terminal; nothing otherwise.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_PROGRESS_H
#define FGR_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct fgr_progress {
    bool is_on;
    bool is_shown;
    uint64_t start_ns;
    uint64_t shown_ns;
    uint64_t n_total;      /* of what `n_done` counts; 0: not known, there is no bar */
    const char *countable; /* what `count` counts: "signatures" */
};

void fgr_progress_begin(struct fgr_progress *progress, uint64_t n_total, const char *countable);

/* Draws it, at most ten times a second. */
void fgr_progress_show(struct fgr_progress *progress, uint64_t n_done, uint64_t count);

/* Takes it off the line: before anything else is printed, and at the end. */
void fgr_progress_hide(struct fgr_progress *progress);

#endif
