/* SPDX-License-Identifier: MIT */
/*
 * split_table.h - a set of parts as people read it: the parts, what they share, the proof; or why
 * there is none.
 *
 * Place in the flow: split_answer -> split_table -> terminal.
 *
 * Threads: one thread.
 */
#ifndef FGR_TOOLS_SPLIT_TABLE_H
#define FGR_TOOLS_SPLIT_TABLE_H

#include "tools/fgr/split_answer.h"

/* An answer with parts. */
void fgr_split_table_print(const struct fgr_split_answer *answer,
                           const struct fgr_envelope *envelope, const struct fgr_wish *wish);

/* An answer with points instead of parts. */
void fgr_split_table_print_curve(const struct fgr_split_answer *answer,
                                 const struct fgr_wish *wish);

/* What was counted where there is no answer, and the cut. */
void fgr_split_table_print_why(const struct fgr_split_answer *answer);

#endif
