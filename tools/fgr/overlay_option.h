/* SPDX-License-Identifier: MIT */
/*
 * overlay_option.h - the option --overlay: files in the order of the command line, then one overlay.
 *
 * Place in the flow: options -> overlay_file -> (hop_option) -> overlay -> query.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_OVERLAY_OPTION_H
#define FGR_TOOLS_OVERLAY_OPTION_H

#include "fulgurite/overlay.h"
#include "tools/fgr/cli.h"

#define FGR_OVERLAY_FILES_MAX 64

/* Of struct argp_option, behind name and key. */
#define FGR_OVERLAY_OPTION                                                             \
    "FILE.json", 0,                                                                    \
        "what you know on top of the image: own balances, route hints, bans, biases; " \
        "several files add up in their order ('-': standard input)",                   \
        0

struct fgr_overlay_files {
    const char *path[FGR_OVERLAY_FILES_MAX];
    size_t n; /* given: may be more */
};

void fgr_overlay_files_add(struct fgr_overlay_files *files, const char *path);

/* OK, or USAGE after a message: too many, or more than one of these and `graph` is standard input. */
enum fgr_exit fgr_overlay_files_check(const struct fgr_overlay_files *files, const char *graph);

/* What was told so far, and what it comes to; both NULL where there is no overlay. */
struct fgr_overlay_told {
    struct fgr_overlay_builder *builder;
    struct fgr_overlay *overlay;
};

/* Tells what is in the files. Without files there is only an overlay if `has_more` is to be told. OK, or
 * an exit status after a message; to be destroyed in any case. */
enum fgr_exit fgr_overlay_files_load(struct fgr_overlay_told *out_told,
                                     const struct fgr_overlay_files *files,
                                     const struct fgr_view *view, bool has_more);

/* After more was told, `overlay` anew. Errors: MEMORY, LIMIT; then it is NULL. */
FGR_NODISCARD enum fgr_err fgr_overlay_told_freeze(struct fgr_overlay_told *told,
                                                   struct fgr_error *err);
void fgr_overlay_told_destroy(struct fgr_overlay_told *told);

#endif
