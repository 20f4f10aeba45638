/* SPDX-License-Identifier: MIT */
/*
 * hop_option.h - the options --first-hop and --last-hop: sets of channels, or of peers, that a payment
 * may begin and end with. They become statements of the overlay, so answers stay as exact as they are.
 *
 * Place in the flow: options + overlay files + both ends -> hop_option -> overlay -> query.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_HOP_OPTION_H
#define FGR_TOOLS_HOP_OPTION_H

#include "tools/fgr/overlay_option.h"

#define FGR_HOP_OPTIONS_MAX 64

/* Of struct argp_option, behind name and key. */
#define FGR_FIRST_HOP_OPTION \
    "HOP,...", 0, "leave FROM over these only: channels, 700000x1x0 or 700000x1x0/1, or peers", 0
#define FGR_LAST_HOP_OPTION \
    "HOP,...", 0, "enter TO over these only, as for --first-hop; both may be repeated", 0

enum fgr_hop_end { FGR_HOP_FIRST = 0, FGR_HOP_LAST, FGR_HOP_ENDS };

/* Lists as they were given, each with commas maybe. */
struct fgr_hop_options {
    const char *text[FGR_HOP_ENDS][FGR_HOP_OPTIONS_MAX];
    size_t n[FGR_HOP_ENDS]; /* given: may be more */
};

void fgr_hop_options_add(struct fgr_hop_options *options, enum fgr_hop_end end, const char *text);

bool fgr_hop_options_has_any(const struct fgr_hop_options *options);

/* OK, or USAGE after a message: too many of one. */
enum fgr_exit fgr_hop_options_check(const struct fgr_hop_options *options);

/* States the sets in the overlay. `ends` are both ends of the payment; FGR_IDX_NONE where they are not
 * known yet: then it becomes the node at which all hops of its set begin or end, which have to be
 * half-channels.
 * Errors: FORMAT (no such channel, one that is not at the end, a list with nothing in it), UNKNOWN,
 * AMBIGUOUS (peers), MEMORY, LIMIT. */
FGR_NODISCARD enum fgr_err fgr_hop_options_tell(const struct fgr_hop_options *options,
                                                struct fgr_overlay_told *told,
                                                const struct fgr_view *view,
                                                fgr_node_idx ends[FGR_HOP_ENDS],
                                                struct fgr_error *err);

#endif
