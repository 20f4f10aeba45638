/* SPDX-License-Identifier: MIT */
/*
 * changing_net.h - a small network that changes at random, kept twice: as plain records, from which
 * graph/builder makes an image whenever it is asked, and as the changes that a master is given.
 *
 * It grows for a while, then shrinks until most nodes have no channel, and so on.
 *
 * Place in the flow: test -> changes -> master -> live view, against records -> builder -> image.
 *
 * Threads: one thread. Memory: a plain value, too large for a stack of threads.
 */
#ifndef FGR_TESTS_SUPPORT_CHANGING_NET_H
#define FGR_TESTS_SUPPORT_CHANGING_NET_H

#include "graph/delta.h"
#include "graph/util/rng.h"
#include "graph/view.h"
#include "tests/support/graph_maker.h"

enum { FGR_CHANGING_NODES = 14, FGR_CHANGING_CHANS = 48, FGR_CHANGING_SETS = 4 };

struct fgr_changing_net {
    struct fgr_maker *maker; /* for the ids */
    struct fgr_rng rng;
    uint64_t n_steps;
    struct fgr_node_record node[FGR_CHANGING_NODES]; /* as announced, if it was */
    bool is_announced[FGR_CHANGING_NODES];
    struct fgr_channel_record chan[FGR_CHANGING_CHANS];
    bool is_open[FGR_CHANGING_CHANS];
    struct fgr_policy_record policy[2 * FGR_CHANGING_CHANS];
    bool has_policy[2 * FGR_CHANGING_CHANS];
    uint8_t alias[FGR_CHANGING_NODES][FGR_ALIAS_BYTES_MAX];
};

/* No channels yet. False with `err` filled if that cannot be. */
bool fgr_changing_net_init(struct fgr_changing_net *out_net, uint64_t seed, struct fgr_error *err);
void fgr_changing_net_free(struct fgr_changing_net *net);

/* A random change that the network allows, noted in the records; the bytes in it are borrowed. */
struct fgr_change fgr_changing_net_step(struct fgr_changing_net *net);

/* An image of the records as they are. False with `err` filled. */
bool fgr_changing_net_image(const struct fgr_changing_net *net, struct fgr_made *out_made,
                            struct fgr_error *err);

#endif
