/* SPDX-License-Identifier: MIT */
/*
 * names.h - nodes and half-channels as people know them.
 *
 * Place in the flow: answer -> names -> grid, terminal.
 *
 * Threads: any thread.
 */
#ifndef FGR_TOOLS_NAMES_H
#define FGR_TOOLS_NAMES_H

#include "fulgurite/graph.h"
#include "tools/fgr/text.h"

/* Its alias, or the start of its id where it has none. Returns `out_text`, or "". */
const char *fgr_names_node(char out_text[FGR_TEXT_ALIAS_BYTES], const struct fgr_view *view,
                           fgr_node_idx node);

/* "800000x1x0/1". Returns `out_text`, or "". */
#define FGR_NAMES_EDGE_BYTES (FGR_TEXT_SCID_BYTES + 2)
const char *fgr_names_edge(char out_text[FGR_NAMES_EDGE_BYTES], const struct fgr_view *view,
                           fgr_edge_idx edge);

/* Prints the head of an answer: `title` (bold where there are colours), then both ends. */
void fgr_names_print_ends(const struct fgr_view *view, const char *title, fgr_node_idx from,
                          fgr_node_idx to, bool has_color);

#endif
