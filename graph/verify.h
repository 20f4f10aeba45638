/* SPDX-License-Identifier: MIT */
/*
 * verify.h - gossip messages are proven by their signatures, on several threads, in order.
 *
 * Place in the flow: framed message -> verify -> verdict -> rules (those proven).
 *
 * Messages go in one by one, are copied into batches, verified by whatever worker is free, and
 * come out one by one in the order they went in, each with a verdict of its own. A struct
 * fgr_verified is a message that was proven: it is made in verify.c alone, so whoever takes one
 * cannot be handed anything else.
 *
 * What is checked: each signature of the message against the double SHA-256 of all bytes that follow
 * the signatures, those of unknown fields included; the node and bitcoin keys of a
 * channel_announcement, the node of a node_announcement, and for a channel_update the node that
 * sends in its direction, which is in another message: the feeder says whom. That is only a claim
 * to be checked: a struct fgr_verified tells whose signature it has, and the rules compare. High-S
 * signatures are refused, see curve.h.
 *
 * Threads: one feeder, one taker, which may be the same thread; workers of its own.
 * Memory: all of it at creation; messages are borrowed for the call, verdicts until the next one.
 * Source: BOLT 7, the requirements of the three messages.
 */
#ifndef FGR_GRAPH_VERIFY_H
#define FGR_GRAPH_VERIFY_H

#include "graph/curve.h"
#include "graph/wire.h"

struct fgr_verifier;

/* A message with all its signatures proven (or of a feeder that is trusted). */
struct fgr_verified;

const struct fgr_message *fgr_verified_message(const struct fgr_verified *verified);
/* For a channel_update the node whose signature it has, FGR_NODE_ID_BYTES; else NULL. */
const uint8_t *fgr_verified_signer(const struct fgr_verified *verified);

/* ---- verdicts ------------------------------------------------------------------------------ */

enum fgr_verdict_kind {
    FGR_VERDICT_PROVEN = 0,
    FGR_VERDICT_FORGED,     /* a signature is not good: `faults` */
    FGR_VERDICT_OTHER_TYPE, /* no gossip message */
    FGR_VERDICT_SHORT,      /* ends before its fields do */
    FGR_VERDICT_LONG,       /* more than FGR_WIRE_BYTES_MAX; not kept: the message has no bytes */
    FGR_VERDICT_NO_SIGNER,  /* a channel_update, and the feeder does not know whose */
    FGR_VERDICT_UNCHECKED   /* libcrypto failed: nothing is known */
};
#define FGR_VERDICT_KINDS 7

struct fgr_verdict {
    uint64_t tag; /* as it was fed */
    enum fgr_verdict_kind kind;
    /* PROVEN, FORGED: of each signature, in the order of the fields. */
    enum fgr_curve_fault faults[FGR_WIRE_SIGNATURES_MAX];
    const struct fgr_message *message;   /* decoded where PROVEN, FORGED, NO_SIGNER or UNCHECKED */
    const struct fgr_verified *verified; /* NULL unless PROVEN */
};

/* Constant names: "proven"; and of a signature's field in BOLT 7: "node_signature_1". */
const char *fgr_verdict_str(enum fgr_verdict_kind kind);
const char *fgr_verdict_field(unsigned type, unsigned signature);

/* ---- life ---------------------------------------------------------------------------------- */

/* Zeros are the defaults. */
struct fgr_verify_options {
    unsigned threads;   /* workers; 0: one per core */
    unsigned n_batches; /* what may be under way, in batches of FGR_VERIFY_BATCH; 0: 8 per worker */
    size_t n_keys;      /* parsed keys that each worker keeps; 0: 32768, about 3 MiB */
    bool is_trusted;    /* signatures are not looked at: whoever feeds has done it */
};

#define FGR_VERIFY_BATCH 32 /* messages of a batch: at most 4 ms of work */

/* Errors: ARG, MEMORY, IO (no thread, no SHA-256, no random bytes). */
enum fgr_err fgr_verifier_create(struct fgr_verifier **out_verifier,
                                 const struct fgr_verify_options *options, struct fgr_error *err);
/* Nobody may be inside a call. What is under way is dropped. NULL is allowed. */
void fgr_verifier_destroy(struct fgr_verifier *verifier);

/* ---- feeder -------------------------------------------------------------------------------- */

struct fgr_verify_input {
    const uint8_t *message; /* from the type on */
    size_t n_bytes;
    const uint8_t *signer; /* of a channel_update; NULL: not known */
    uint64_t tag;          /* comes back in the verdict */
};

/* Takes a message. False: all batches are under way, nothing was taken; it will be once the taker
 * goes on. */
bool fgr_verifier_offer(struct fgr_verifier *verifier, const struct fgr_verify_input *input);
/* The same, asleep until there is room: the taker must be another thread. */
void fgr_verifier_feed(struct fgr_verifier *verifier, const struct fgr_verify_input *input);

/* Sends off a batch that is not full: when no message is at hand. */
void fgr_verifier_flush(struct fgr_verifier *verifier);

/* Nothing will follow. False only if it may not wait for room: as for offer, once more later. */
bool fgr_verifier_end(struct fgr_verifier *verifier, bool may_wait);

/* ---- taker --------------------------------------------------------------------------------- */

/* The next verdict, in the order of feeding. False: it is not there yet. */
bool fgr_verifier_take(struct fgr_verifier *verifier, struct fgr_verdict *out_verdict);
/* The same, asleep until it is there (flushed, if it is in a batch that is not full). False: the
 * end. */
bool fgr_verifier_wait(struct fgr_verifier *verifier, struct fgr_verdict *out_verdict);

/* Of the batches taken so far. */
struct fgr_verify_stats {
    uint64_t signatures;   /* checked, good or not */
    uint64_t node_keys;    /* looked for in the caches */
    uint64_t keys_missing; /* of them, parsed because they were not there */
};
struct fgr_verify_stats fgr_verifier_stats(const struct fgr_verifier *verifier);

#endif
