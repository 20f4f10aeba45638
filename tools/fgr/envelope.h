/* SPDX-License-Identifier: MIT */
/*
 * envelope.h - what the parts of a payment carry for its receiver, and what the sender has to keep.
 *
 *     MPP   "mpp": {"payment_secret", "total_msat"}; all parts have the payment hash of the invoice
 *     AMP   "amp": {"root", "set_id", "payment_secret", "total_msat"};
 *           of each part "amp": {"child_index", "share", "payment_hash"}
 *     both  of each part "final_records": the TLV records that its final hop needs beside amount and
 *           expiry, ready for the onion
 *
 * A preimage is not told: the receiver reveals it, and until then root, share and index have it.
 *
 * Place in the flow: split + secrets -> envelope -> JSON, terminal.
 *
 * Threads: one thread per struct fgr_envelope.
 * Source: BOLT 4; AMP as LND has it (fulgurite/amp.h).
 */
#ifndef FGR_TOOLS_ENVELOPE_H
#define FGR_TOOLS_ENVELOPE_H

#include "fulgurite/amp.h"
#include "fulgurite/split.h"
#include "graph/util/json.h"

enum fgr_envelope_kind { FGR_ENVELOPE_NONE = 0, FGR_ENVELOPE_MPP, FGR_ENVELOPE_AMP };

struct fgr_envelope {
    enum fgr_envelope_kind kind;
    bool has_seed;   /* else the system's generator makes one */
    bool has_secret; /* else the seed decides it */
    uint8_t seed[FGR_SECRET_BYTES];
    uint8_t payment_secret[FGR_SECRET_BYTES]; /* AMP: payment address */

    /* filled by fgr_envelope_seal */
    fgr_msat total;
    struct fgr_amp_root root;
    struct fgr_amp_child child[FGR_PARTS_MAX];
    uint32_t n_parts;
};

/* Onion bytes that the final hop needs beyond what fgr_split counts by itself. */
uint32_t fgr_envelope_final_bytes(const struct fgr_envelope *envelope);

/* Makes the secrets for the parts of `split`. Errors: MEMORY, IO (no random bytes, no hash). */
FGR_NODISCARD enum fgr_err fgr_envelope_seal(struct fgr_envelope *envelope,
                                             const struct fgr_split *split, struct fgr_error *err);

/* The member of the answer, and those of part `i`. */
void fgr_envelope_put(struct fgr_json_writer *json, const struct fgr_envelope *envelope);
void fgr_envelope_put_part(struct fgr_json_writer *json, const struct fgr_envelope *envelope,
                           uint32_t i);

#endif
