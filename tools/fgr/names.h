/* SPDX-License-Identifier: MIT */
/*
 * names.h - nodes and half-channels as people know them.
 *
 * Place in the flow: arguments -> names -> query; answer -> names -> grid, terminal.
 *
 * Threads: any thread.
 */
#ifndef FGR_TOOLS_NAMES_H
#define FGR_TOOLS_NAMES_H

#include "fulgurite/graph.h"
#include "fulgurite/overlay.h"
#include "tools/fgr/text.h"

/* In all of these `overlay` may be NULL. */

/* fgr_view_find_node, and nodes that the overlay adds, by their whole id. Errors: UNKNOWN,
 * AMBIGUOUS. */
FGR_NODISCARD enum fgr_err fgr_names_find_node(const struct fgr_view *view,
                                               const struct fgr_overlay *overlay,
                                               fgr_node_idx *out_node, const char *text,
                                               struct fgr_error *err);

/* The id of a node. FGR_NODE_ID_BYTES, borrowed; NULL out of range. */
const uint8_t *fgr_names_id(const struct fgr_view *view, const struct fgr_overlay *overlay,
                            fgr_node_idx node);

/* Its alias, or the start of its id where it has none. Returns `out_text`, or "". */
const char *fgr_names_node(char out_text[FGR_TEXT_ALIAS_BYTES], const struct fgr_view *view,
                           const struct fgr_overlay *overlay, fgr_node_idx node);

/* What the channel of a half-channel is called. False out of range. */
bool fgr_names_scid(const struct fgr_view *view, const struct fgr_overlay *overlay,
                    uint64_t *out_scid, fgr_edge_idx edge);

/* "800000x1x0/1". Returns `out_text`, or "". */
#define FGR_NAMES_EDGE_BYTES (FGR_TEXT_SCID_BYTES + 2)
const char *fgr_names_edge(char out_text[FGR_NAMES_EDGE_BYTES], const struct fgr_view *view,
                           const struct fgr_overlay *overlay, fgr_edge_idx edge);

/* What the half-channel that answers call `edge` can send at most, all parts together: its capacity,
 * or what the overlay knows. And the head of a column of such amounts in sat. */
uint64_t fgr_names_most_msat(const struct fgr_view *view, const struct fgr_overlay *overlay,
                             fgr_edge_idx edge);
const char *fgr_names_most_head(const struct fgr_overlay *overlay);

/* Prints the head of an answer: `title` (bold where there are colours), then both ends. */
void fgr_names_print_ends(const struct fgr_view *view, const struct fgr_overlay *overlay,
                          const char *title, fgr_node_idx from, fgr_node_idx to, bool has_color);

#endif
