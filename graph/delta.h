/* SPDX-License-Identifier: MIT */
/*
 * delta.h - an ordered list of changes to a network.
 *
 * Place in the flow: rules (accepted messages) -> delta -> master.
 *
 * Threads: one thread per delta. Memory: a delta copies the bytes that its records point to.
 */
#ifndef FGR_GRAPH_DELTA_H
#define FGR_GRAPH_DELTA_H

#include "graph/builder.h"

enum fgr_change_kind {
    FGR_CHANGE_CHANNEL, /* a channel is announced */
    FGR_CHANGE_POLICY,  /* what one of its sides charges */
    FGR_CHANGE_NODE,    /* a node says its alias and features */
    FGR_CHANGE_DYING,   /* the funding output of a channel is being spent */
    FGR_CHANGE_CLOSE    /* a channel is no more */
};

struct fgr_change {
    enum fgr_change_kind kind;
    union {
        struct fgr_channel_record channel;
        struct fgr_policy_record policy;
        struct fgr_node_record node;
        uint64_t scid; /* DYING and CLOSE */
    } u;
};

/* A change as it is kept: the bytes that it points to are at `first`, the alias before the features. */
struct fgr_delta_entry {
    struct fgr_change change;
    size_t first;
};

/* {0} is an empty one. */
struct fgr_delta {
    struct fgr_delta_entry *entries;
    size_t n;
    size_t n_room;
    uint8_t *bytes;
    size_t n_bytes;
    size_t n_bytes_room;
};

/* Appends. Errors: MEMORY; the delta is as before. */
enum fgr_err fgr_delta_add(struct fgr_delta *delta, const struct fgr_change *change,
                           struct fgr_error *err);

/* Change i; it borrows bytes of the delta until the next fgr_delta_add or fgr_delta_clear. */
struct fgr_change fgr_delta_at(const struct fgr_delta *delta, size_t i);

/* Empties it and keeps its memory. */
void fgr_delta_clear(struct fgr_delta *delta);
void fgr_delta_free(struct fgr_delta *delta);

#endif
