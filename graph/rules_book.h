/* SPDX-License-Identifier: MIT */
/*
 * rules_book.h - what the rules remember of each channel and node, and nothing else: who the ends
 * are, how new the newest messages are, how many came lately, and whether a channel still lives.
 *
 * Threads: one thread. Memory: grows with the network: 64 bytes a channel, 64 a node, and their
 * tables. Nothing is ever forgotten, so that what was closed cannot come back.
 */
#ifndef FGR_GRAPH_RULES_BOOK_H
#define FGR_GRAPH_RULES_BOOK_H

#include "fulgurite/base.h"
#include "graph/util/table.h"

enum fgr_book_state {
    FGR_BOOK_OPEN,
    FGR_BOOK_SPENT,  /* its funding output is spent, it may be a splice */
    FGR_BOOK_PRUNED, /* not heard of for long: may come back */
    FGR_BOOK_CLOSED  /* for good */
};

/* Of one kind of message by one sender. */
struct fgr_book_news {
    uint32_t timestamp; /* of the newest accepted; 0: none */
    uint32_t content;   /* hash of what it says, time and signature aside; 0: not known */
    uint32_t full_s; /* the moment, in the messages' own time, at which a whole burst fits again */
};

struct fgr_book_channel {
    uint64_t scid;
    uint32_t node[2];
    uint32_t since_s; /* when it was accepted */
    uint32_t spent_height;
    enum fgr_book_state state;
    struct fgr_book_news news[2]; /* of each direction's updates */
};

struct fgr_book_node {
    uint8_t id[FGR_NODE_ID_BYTES];
    uint32_t n_channels; /* open or spent */
    struct fgr_book_news news;
};

struct fgr_book {
    struct fgr_book_channel *channels;
    struct fgr_book_node *nodes;
    size_t n_channels, n_channels_room;
    size_t n_nodes, n_nodes_room;
    struct fgr_table by_scid, by_id;
};

/* Errors: MEMORY, IO (no random bytes); nothing to deinit then. */
enum fgr_err fgr_book_init(struct fgr_book *out_book, struct fgr_error *err);
void fgr_book_deinit(struct fgr_book *book);

/* NULL: not known. Pointers hold until the next add. */
struct fgr_book_channel *fgr_book_channel(const struct fgr_book *book, uint64_t scid);
struct fgr_book_node *fgr_book_node(const struct fgr_book *book,
                                    const uint8_t id[FGR_NODE_ID_BYTES]);

/* Adds a channel that is not known, open, and the nodes that are not. Errors: MEMORY; the book is
 * then as before, but may know a node more, without channels. */
enum fgr_err fgr_book_add(struct fgr_book *book, struct fgr_book_channel **out_channel,
                          uint64_t scid, const uint8_t *const ids[2], struct fgr_error *err);

/* Changes the state of a channel, and what its nodes have of it. */
void fgr_book_set_state(struct fgr_book *book, struct fgr_book_channel *channel,
                        enum fgr_book_state state);

#endif
