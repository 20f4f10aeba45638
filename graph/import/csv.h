/* SPDX-License-Identifier: MIT */
/*
 * csv.h - our two tables: channels.csv, one row per half-channel, and nodes.csv, which says what
 * node the numbers in it mean.
 *
 * Place in the flow: source (two of them) -> csv -> builder.
 *
 *   channels.csv  scid, source_node_index, dest_node_index, capacity_sat, htlc_min_msat,
 *                 htlc_max_msat, base_fee_msat, fee_ppm, cltv_delta, enabled
 *   nodes.csv     node_index, node_id
 *
 * The first line names the columns, in any order; others are ignored. No quotes. Lines end with LF
 * or CRLF, the last one too: without it the file has been cut.
 *
 * Threads: one thread.
 */
#ifndef FGR_IMPORT_CSV_H
#define FGR_IMPORT_CSV_H

#include "graph/builder.h"
#include "graph/import/source.h"

/* True if the first line names a column scid among others. */
bool fgr_csv_detect(const uint8_t *bytes, size_t n_bytes);

/* Feeds all rows of `channels` to `builder`. Rows that are not enabled carry placeholders: they
 * make a channel but no policy. Records are the rows of channels.csv after the header.
 * Errors: those of sources and builder; FORMAT names row, byte, column and value; ARG where
 * `nodes` is NULL. */
enum fgr_err fgr_csv_read(struct fgr_builder *builder, struct fgr_source *channels,
                          struct fgr_source *nodes, struct fgr_import_report *report,
                          struct fgr_error *err);

#endif
