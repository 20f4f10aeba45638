/* SPDX-License-Identifier: MIT */
/*
 * small_net.h - the records of a small network in which everything occurs that the builder keeps:
 * aliases of any bytes, feature sets, parallel channels, disabled, missing and unusable policies,
 * inbound fees, dying channels, capacities up to 21 million BTC.
 *
 * Place in the flow: test -> records in any order -> graph/builder -> image.
 *
 * Threads: one thread per network.
 * Memory: a plain value; the records borrow its arrays, so it must not be moved.
 */
#ifndef FGR_TESTS_SUPPORT_SMALL_NET_H
#define FGR_TESTS_SUPPORT_SMALL_NET_H

#include "graph/builder.h"

enum {
    FGR_SMALL_NODES = 12,
    FGR_SMALL_CHANS = 30,
    FGR_SMALL_HALVES = 2 * FGR_SMALL_CHANS,
    FGR_SMALL_SETS = 4,
    FGR_SMALL_RECORDS = FGR_SMALL_NODES + FGR_SMALL_CHANS + FGR_SMALL_HALVES
};

struct fgr_small_net {
    uint8_t alias[FGR_SMALL_NODES][FGR_ALIAS_BYTES_MAX];
    struct fgr_node_record nodes[FGR_SMALL_NODES];    /* ascending ids, each with a channel */
    struct fgr_channel_record chans[FGR_SMALL_CHANS]; /* ascending scids */
    struct fgr_policy_record policies[FGR_SMALL_HALVES];
    bool has_policy[FGR_SMALL_HALVES];
};

void fgr_small_net_make(struct fgr_small_net *out_net, uint64_t seed);

/* Record number `record`: first the nodes, then the channels, then the policies. Its place is
 * (record, 100 * record). */
enum fgr_err fgr_small_net_feed(const struct fgr_small_net *net, struct fgr_builder *builder,
                                uint32_t record, struct fgr_error *err);

/* Feeds all records, in the order given or, with NULL, in theirs, and finishes. */
enum fgr_err fgr_small_net_build(const struct fgr_small_net *net, void **out_bytes,
                                 size_t *out_n_bytes, struct fgr_import_report *out_report,
                                 const uint32_t order[FGR_SMALL_RECORDS], struct fgr_error *err);

#endif
