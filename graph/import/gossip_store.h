/* SPDX-License-Identifier: MIT */
/*
 * gossip_store.h - Core Lightning's gossip_store, versions 9 to 16 and later minor ones.
 *
 * Place in the flow: source -> records -> gossip_store -> builder.
 *
 * Threads: one thread.
 * Source: CLN common/gossip_store.h, gossip_store_wire.csv (format); common/gossmap.c and
 * gossipd/gossip_store.c (what its own readers skip).
 */
#ifndef FGR_IMPORT_GOSSIP_STORE_H
#define FGR_IMPORT_GOSSIP_STORE_H

#include "graph/builder.h"
#include "graph/import/source.h"

/* Feeds all records of `source` to `builder` and fills the report's part of the format.
 * Errors: those of source and builder; FORMAT names record and byte. */
enum fgr_err fgr_gossip_store_read(struct fgr_builder *builder, struct fgr_source *source,
                                   struct fgr_import_report *report, struct fgr_error *err);

#endif
