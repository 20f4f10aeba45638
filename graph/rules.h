/* SPDX-License-Identifier: MIT */
/*
 * rules.h - which gossip messages change the network, and why the others do not.
 *
 * Place in the flow: decoded message -> rules (look: is it worth its signatures?) -> verify ->
 * rules (accept) -> translate -> delta -> master.
 *
 * Every message is looked at before its signatures are checked, which costs nothing beside that, and
 * judged again by the same rules when it is proven, as others may have been accepted in between.
 * Updates whose channel is not known yet, and announcements of nodes without a channel, wait in a room
 * of fixed size (graph/orphans.h) until the channel is accepted: fgr_rules_released gives them back.
 *
 * Pure: time and block height are told, nothing is read from anywhere. Time does not go back, and a
 * clock that jumps ahead prunes nothing before gossip has moved on with it. The limits on how often
 * somebody may speak run in the messages' own time, so that a replay comes to the same network.
 *
 * What BOLT 7 asks for and is not done: blacklisting the nodes of contradicting announcements. Whoever
 * does not look at the chain cannot tell which of two is false, and could be made to blacklist anybody:
 * here the first one stands, and the second is refused and counted.
 *
 * Threads: one thread, which also feeds the verifier and takes from it. Memory: with the network; see
 * rules_book.h.
 * Source: BOLT 7; for the limits LND discovery/gossiper.go, graph/builder.go, LDK routing/gossip.rs,
 * CLN gossipd/gossmap_manage.c.
 */
#ifndef FGR_GRAPH_RULES_H
#define FGR_GRAPH_RULES_H

#include "graph/verify.h"

struct fgr_rules;
struct fgr_view;

/* What became of a message. Each is counted once for each look or acceptance that ends there; those
 * that pass a look are not counted there. */
enum fgr_rule {
    FGR_RULE_ACCEPTED = 0, /* from a look: it passes, check its signatures */
    FGR_RULE_WAITS,        /* for its channel */
    FGR_RULE_NO_ROOM,      /* to wait; or it had to leave for another one */
    FGR_RULE_TAIL,         /* more than 1024 bytes of unknown fields */
    FGR_RULE_CHAIN,        /* of another block chain */
    FGR_RULE_ENDS,         /* node_id_1 is not the lesser of the two */
    FGR_RULE_CONFLICT,     /* this channel has other ends */
    FGR_RULE_DUPLICATE,    /* known, word for word */
    FGR_RULE_STALE,        /* older than what is known */
    FGR_RULE_SAME_TIME,    /* another content at the same timestamp */
    FGR_RULE_REPEATED,     /* says nothing new, and the last one is not a day old */
    FGR_RULE_FUTURE,       /* more than a day ahead */
    FGR_RULE_OLD,          /* an update of two weeks ago or before */
    FGR_RULE_RATE,         /* more than 10 at a time and one a minute, of a direction or node */
    FGR_RULE_PRIVATE,      /* dont_forward */
    FGR_RULE_CLOSED,       /* the channel is closed; or it is spent, and this does not disable it */
    FGR_RULE_SIGNER,       /* not by the node that sends in this direction */
    FGR_RULE_NO_CAPACITY,  /* nobody said how much the channel holds */
    FGR_RULE_FORGED,       /* counted by the caller: the verdict, likewise the next two */
    FGR_RULE_MALFORMED,
    FGR_RULE_UNCHECKED
};
#define FGR_RULES 21

/* "accepted", "waits", … */
const char *fgr_rule_str(enum fgr_rule rule);

struct fgr_rules_options {
    uint8_t chain_hash[FGR_CHAIN_HASH_BYTES];
    uint32_t n_orphans; /* messages that may wait; 0: 4096 */
};

/* Errors: ARG, MEMORY, IO (no random bytes). */
enum fgr_err fgr_rules_create(struct fgr_rules **out_rules, const struct fgr_rules_options *options,
                              struct fgr_error *err);
/* NULL is allowed. */
void fgr_rules_destroy(struct fgr_rules *rules);

/* Takes over what a view knows: after a restart and fgr_rules_set_time, before the first message.
 * Channels that are dying in it are spent: 72 blocks from the first height that is told. Errors:
 * MEMORY. */
enum fgr_err fgr_rules_learn(struct fgr_rules *rules, const struct fgr_view *view,
                             struct fgr_error *err);

/* The time is now (seconds since 1970), for all that follows; an earlier one is ignored. */
void fgr_rules_set_time(struct fgr_rules *rules, uint32_t now_s);

/* ---- messages ------------------------------------------------------------------------------- */

/* Before the signatures. ACCEPTED: `out_signer` is whom the verifier shall be told (NULL but for a
 * channel_update), until the next call. `has_capacity` matters to channel_announcements only. */
enum fgr_rule fgr_rules_look(struct fgr_rules *rules, const struct fgr_message *message,
                             bool has_capacity, const uint8_t **out_signer);

/* A message that waited and now has its channel: look at it again, as at a new one. NULL: there is
 * none. Take all before the next message is looked at. Valid until then. */
const uint8_t *fgr_rules_released(struct fgr_rules *rules, size_t *out_n_bytes);

struct fgr_ruling {
    enum fgr_rule rule;
    /* ACCEPTED channel: the one spent channel between these nodes, which it continues (a splice), so
     * that what is known of that holds for this; 0: there is none, or more than one. */
    uint64_t continues_scid;
};

/* After the signatures. ACCEPTED: it is part of the network from here on. Errors: MEMORY; nothing
 * has changed then. */
enum fgr_err fgr_rules_accept(struct fgr_rules *rules, const struct fgr_verified *verified,
                              bool has_capacity, struct fgr_ruling *out_ruling,
                              struct fgr_error *err);

/* Counts a verdict that is not PROVEN. */
void fgr_rules_refuse(struct fgr_rules *rules, enum fgr_verdict_kind kind);

/* ---- closing -------------------------------------------------------------------------------- */

/* Where nobody says at which height: then the grace begins at the first height that is told. */
#define FGR_RULES_HEIGHT_UNKNOWN UINT32_MAX

/* The funding output of a channel was spent at this height. `out_is_open`: it was open; else nothing
 * has changed. Errors: MEMORY. */
enum fgr_err fgr_rules_spent(struct fgr_rules *rules, uint64_t scid, uint32_t height,
                             bool *out_is_open, struct fgr_error *err);

/* The source of the gossip has removed a channel, for whatever reason: it goes, and may come back.
 * False: it was not there. */
bool fgr_rules_removed(struct fgr_rules *rules, uint64_t scid);

/* The next channel whose output was spent 72 blocks before `height` or earlier: it is closed for
 * good. False: there is none. */
bool fgr_rules_next_closed(struct fgr_rules *rules, uint32_t height, uint64_t *out_scid);

/* The next open channel of which neither direction has been heard for two weeks: it goes, and may
 * come back. False: there is none. A round over all channels: now and then. */
bool fgr_rules_next_pruned(struct fgr_rules *rules, uint64_t *out_scid);

uint64_t fgr_rules_count(const struct fgr_rules *rules, enum fgr_rule rule);

#endif
