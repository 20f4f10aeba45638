/* SPDX-License-Identifier: MIT */
/*
 * describegraph.h - the JSON that LND's describegraph answers.
 *
 * Place in the flow: source -> JSON events -> describegraph -> builder.
 *
 * Threads: one thread.
 * Source: LND lnrpc/lightning.proto, ChannelGraph, LightningNode, ChannelEdge, RoutingPolicy.
 */
#ifndef FGR_IMPORT_DESCRIBEGRAPH_H
#define FGR_IMPORT_DESCRIBEGRAPH_H

#include "graph/builder.h"
#include "graph/import/source.h"

/* True if the first bytes of a file begin a JSON object. */
bool fgr_describegraph_detect(const uint8_t *bytes, size_t n_bytes);

/* Feeds all nodes and edges of `source` to `builder` and fills the report's part of the format.
 * Records are numbered over both lists in the order of the file.
 * Errors: those of source and builder; FORMAT names record, byte, field and value. */
enum fgr_err fgr_describegraph_read(struct fgr_builder *builder, struct fgr_source *source,
                                    struct fgr_import_report *report, struct fgr_error *err);

#endif
