/* SPDX-License-Identifier: MIT */
/*
 * translate.h - what a gossip message says, as the record that builder and master take.
 *
 * Place in the flow: wire -> translate -> builder or delta.
 *
 * Threads: pure, any thread.
 * Memory: features and alias of a record borrow the message.
 */
#ifndef FGR_GRAPH_TRANSLATE_H
#define FGR_GRAPH_TRANSLATE_H

#include "graph/builder.h"
#include "graph/wire.h"

/* The capacity is not in the message. */
struct fgr_channel_record fgr_translate_channel(const struct fgr_channel_announcement *channel,
                                                uint64_t capacity_sat);
struct fgr_policy_record fgr_translate_update(const struct fgr_channel_update *update);
struct fgr_node_record fgr_translate_node(const struct fgr_node_announcement *node);

#endif
