/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/amp.h - what holds the parts of one payment together: the records of the final hop, the
 * rules of a set of parts (MPP) and a payment hash per part (AMP). Implemented by engine/.
 *
 * MPP: all parts carry the payment hash of the invoice, its payment secret and the total. The
 * receiver takes all or none. AMP: the sender draws a root, and each part carries a share of it and
 * a payment hash of its own; only who holds all shares knows the root and with it any preimage.
 *
 * Randomness comes from the caller's seed or from the system's generator, from nowhere else.
 *
 * Threads: one thread per struct fgr_amp and struct fgr_mpp_set; the rest is pure, any thread.
 * Memory: fgr_amp_create takes all of it, from the allocator and, for the hash, from libcrypto.
 * Source: BOLT 4, basic multi-part payments and payload format; AMP as LND derives it.
 */
#ifndef FULGURITE_AMP_H
#define FULGURITE_AMP_H

#include "fulgurite/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FGR_SECRET_BYTES 32

/* ---- records of the final hop ---------------------------------------------------------------- */

/* Type, length and value, in this order in the payload. AMP needs both. `final_bytes` of a query
 * counts what the payload holds beside amount, expiry and payment_data: for AMP that is
 * FGR_AMP_RECORD_BYTES_MAX. */
#define FGR_MPP_RECORD_BYTES_MAX 42
#define FGR_AMP_RECORD_BYTES_MAX 70

/* payment_data (type 8): the payment secret (AMP: payment address) and the total of all parts.
 * Returns the length. */
FGR_API size_t fgr_mpp_record(uint8_t out_record[FGR_MPP_RECORD_BYTES_MAX],
                              const uint8_t secret[FGR_SECRET_BYTES], fgr_msat total);

struct fgr_amp_child;

/* amp (type 14): the share, the set the part belongs to, the child index. Returns the length. */
FGR_API size_t fgr_amp_record(uint8_t out_record[FGR_AMP_RECORD_BYTES_MAX],
                              const struct fgr_amp_child *child,
                              const uint8_t set_id[FGR_SECRET_BYTES]);

/* ---- MPP ------------------------------------------------------------------------------------- */

/* The least that BOLT 4 lets a receiver wait for the rest of a set. */
#define FGR_MPP_TIMEOUT_NS UINT64_C(60000000000)

/* What to do with the HTLC that has come. */
enum fgr_mpp_verdict {
    FGR_MPP_HOLD,      /* keep it: more has to come */
    FGR_MPP_FULFILL,   /* the set is complete: fulfil all of it, this part included */
    FGR_MPP_FAIL_PART, /* fail this part; the set is as before */
    FGR_MPP_FAIL_SET   /* fail all of it, this part included; the set is empty again */
};

/* Why not. All but TIMEOUT (mpp_timeout) are incorrect_or_unknown_payment_details on the wire. */
enum fgr_mpp_reason {
    FGR_MPP_REASON_NONE = 0,
    FGR_MPP_REASON_LATE,          /* the set was complete before */
    FGR_MPP_REASON_SECRET,        /* not the payment secret of the invoice */
    FGR_MPP_REASON_TOTAL_BELOW,   /* total_msat below what the invoice asks for, or 0 */
    FGR_MPP_REASON_TOTAL_ABOVE,   /* total_msat above twice that, or above all bitcoin */
    FGR_MPP_REASON_AMOUNT_ZERO,   /* a part of nothing */
    FGR_MPP_REASON_TIMEOUT,       /* the rest has not come in time */
    FGR_MPP_REASON_TOTAL_DIFFERS, /* total_msat is not that of the parts before */
    FGR_MPP_REASON_SUM_ABOVE      /* with it, the parts are more than twice total_msat */
};

/* One part as its final hop says it. */
struct fgr_mpp_part {
    uint8_t secret[FGR_SECRET_BYTES];
    fgr_msat total;
    fgr_msat amount; /* amt_to_forward of this part */
};

/* The receiver's side of one payment hash (AMP: of one set_id). A plain value; read it freely. */
struct fgr_mpp_set {
    uint8_t secret[FGR_SECRET_BYTES];
    fgr_msat expected;   /* of the invoice; 0 = it leaves the amount open */
    uint64_t timeout_ns; /* after the first part */
    fgr_msat total;      /* what the parts say; 0 while there is none */
    fgr_msat received;
    uint64_t first_ns; /* when the first part came */
    uint32_t n_parts;
    bool is_complete;
    enum fgr_mpp_reason reason; /* of the last verdict that failed anything */
};

FGR_API void fgr_mpp_set_init(struct fgr_mpp_set *out_set, const uint8_t secret[FGR_SECRET_BYTES],
                              fgr_msat expected, uint64_t timeout_ns);

/* A part has come at `now_ns`, on any clock that does not run backwards. */
FGR_API FGR_NODISCARD enum fgr_mpp_verdict
fgr_mpp_add(struct fgr_mpp_set *set, const struct fgr_mpp_part *part, uint64_t now_ns);

/* Time has passed: FAIL_SET if parts have waited for too long, else HOLD. */
FGR_API FGR_NODISCARD enum fgr_mpp_verdict fgr_mpp_tick(struct fgr_mpp_set *set, uint64_t now_ns);

/* Constant name of a reason, e.g. "total_differs". */
FGR_API const char *fgr_mpp_reason_str(enum fgr_mpp_reason reason);

/* The sender's rules for a set of parts: `total` is at least `expected` (0 = open) and at most
 * twice that, the parts together are so to `total`, and no part would find the set complete, in
 * whatever order they arrive.
 * Errors: CHECK (err says which rule, and for a part its number as the record). */
FGR_API FGR_NODISCARD enum fgr_err fgr_mpp_check(fgr_msat expected, fgr_msat total,
                                                 const fgr_msat *parts, size_t n_parts,
                                                 struct fgr_error *err);

/* ---- AMP ------------------------------------------------------------------------------------- */

/* One part. The shares of all parts that are on their way XOR to the root;
 * preimage = SHA256(root | share | index as 4 big-endian bytes), hash = SHA256(preimage). */
struct fgr_amp_child {
    uint8_t share[FGR_SECRET_BYTES];
    uint8_t preimage[FGR_SECRET_BYTES]; /* the sender keeps it to itself */
    uint8_t hash[FGR_SECRET_BYTES];     /* payment hash of the part */
    uint32_t index;                     /* different for each part of a payment, ever */
};

/* What the parts of one payment share. */
struct fgr_amp_root {
    uint8_t root[FGR_SECRET_BYTES]; /* secret until all parts have arrived */
    uint8_t set_id[FGR_SECRET_BYTES];
};

/* Derives the parts of one payment after the other. */
struct fgr_amp;

/* For payments of up to `max_parts` parts on their way at once. Errors: ARG, MEMORY, IO. */
FGR_API FGR_NODISCARD enum fgr_err fgr_amp_create(struct fgr_amp **out_amp, uint32_t max_parts,
                                                  const struct fgr_allocator *allocator,
                                                  struct fgr_error *err);
/* Wipes every secret it held. NULL is allowed. */
FGR_API void fgr_amp_destroy(struct fgr_amp *amp);

/* A new payment; forgets the one before. `seed` decides every byte of it and must be secret and
 * never used for another payment; NULL takes one from the system's generator.
 * Errors: IO (no random bytes, no hash); there is no payment then. */
FGR_API FGR_NODISCARD enum fgr_err fgr_amp_begin(struct fgr_amp *amp, struct fgr_amp_root *out_root,
                                                 const uint8_t seed[FGR_SECRET_BYTES],
                                                 struct fgr_error *err);

/* Shares what is left of the root among `n_children` new parts: all of it at first, what cancelled
 * parts gave back later. Nothing is left then.
 * Errors: ARG (no payment, no children, nothing left), LIMIT (more than max_parts on their way),
 * IO; nothing has happened then. */
FGR_API FGR_NODISCARD enum fgr_err fgr_amp_split(struct fgr_amp *amp,
                                                 struct fgr_amp_child *out_children,
                                                 uint32_t n_children, struct fgr_error *err);

/* The part with this index has failed: takes its share back, for the next split. Its hash and index
 * are never used again.
 * Errors: UNKNOWN (no such part is on its way: never was, or was cancelled before). */
FGR_API FGR_NODISCARD enum fgr_err fgr_amp_cancel(struct fgr_amp *amp, uint32_t index,
                                                  struct fgr_error *err);

/* The receiver's side: from share, index and hash of all parts of a set, in any order, the root and
 * the preimages. Does not touch the payment that `amp` is sending.
 * Errors: ARG (no children), CHECK (a hash is not that of its preimage: parts are missing, doubled
 * or false; err names the first by its number), IO; nothing is revealed then. */
FGR_API FGR_NODISCARD enum fgr_err fgr_amp_reassemble(struct fgr_amp *amp,
                                                      uint8_t out_root[FGR_SECRET_BYTES],
                                                      struct fgr_amp_child *children,
                                                      uint32_t n_children, struct fgr_error *err);

#ifdef __cplusplus
}
#endif

#endif
