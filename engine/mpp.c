/* SPDX-License-Identifier: MIT */
/*
 * mpp.c - the records that parts of a payment carry to the final hop, and the rules of BOLT 4 for a
 * set of parts, on both sides.
 *
 * The receiver's set has three states: empty, waiting (n_parts > 0) and complete, where it stays. A
 * part alone is failed for what only its sender got wrong; the whole set for what makes it unclear
 * what the set is, or that it will come: another total, or the time. A failed set is empty again,
 * because BOLT 4 lets the sender try once more with the same hash.
 *
 * Source: BOLT 4, "Basic Multi-Part Payments" and tlv_payload; LND's AMP record.
 */
#include "fulgurite/amp.h"

#include <inttypes.h>
#include <string.h>

#include "engine/onion.h"
#include "graph/util/error.h"

enum { TYPE_PAYMENT_DATA = 8, TYPE_AMP = 14, TLV_HEAD_BYTES = 2 };

_Static_assert(FGR_MPP_RECORD_BYTES_MAX == TLV_HEAD_BYTES + FGR_SECRET_BYTES + 8, "payment_data");
_Static_assert(FGR_AMP_RECORD_BYTES_MAX == TLV_HEAD_BYTES + 2 * FGR_SECRET_BYTES + 4, "amp");

/* Big-endian without leading zero bytes, behind the record's `n` bytes; writes its head as well,
 * now that the length is known: both fit one byte of bigsize. */
static size_t finish_record(uint8_t *record, uint8_t type, size_t n, uint64_t value)
{
    for (uint32_t left = fgr_onion_tu64_bytes(value); left > 0; left--) {
        record[n++] = (uint8_t)(value >> (8 * (left - 1)));
    }
    record[0] = type;
    record[1] = (uint8_t)(n - TLV_HEAD_BYTES);
    return n;
}

size_t fgr_mpp_record(uint8_t out_record[FGR_MPP_RECORD_BYTES_MAX],
                      const uint8_t secret[FGR_SECRET_BYTES], fgr_msat total)
{
    memcpy(out_record + TLV_HEAD_BYTES, secret, FGR_SECRET_BYTES);
    return finish_record(out_record, TYPE_PAYMENT_DATA, TLV_HEAD_BYTES + FGR_SECRET_BYTES, total.v);
}

size_t fgr_amp_record(uint8_t out_record[FGR_AMP_RECORD_BYTES_MAX],
                      const struct fgr_amp_child *child, const uint8_t set_id[FGR_SECRET_BYTES])
{
    memcpy(out_record + TLV_HEAD_BYTES, child->share, FGR_SECRET_BYTES);
    memcpy(out_record + TLV_HEAD_BYTES + FGR_SECRET_BYTES, set_id, FGR_SECRET_BYTES);
    return finish_record(out_record, TYPE_AMP, TLV_HEAD_BYTES + 2 * FGR_SECRET_BYTES, child->index);
}

void fgr_mpp_set_init(struct fgr_mpp_set *out_set, const uint8_t secret[FGR_SECRET_BYTES],
                      fgr_msat expected, uint64_t timeout_ns)
{
    *out_set = (struct fgr_mpp_set){.expected = expected, .timeout_ns = timeout_ns};
    memcpy(out_set->secret, secret, FGR_SECRET_BYTES);
}

/* In a time that does not tell where they differ: a stranger may try secrets. */
static bool is_same_secret(const uint8_t *a, const uint8_t *b)
{
    unsigned difference = 0;
    for (int i = 0; i < FGR_SECRET_BYTES; i++) {
        difference |= (unsigned)(a[i] ^ b[i]);
    }
    return difference == 0;
}

/* Is `total` one that an invoice over `expected` (0 = open) may be paid with? */
static enum fgr_mpp_reason judge_total(uint64_t expected_msat, uint64_t total_msat)
{
    if (total_msat == 0 || total_msat < expected_msat) {
        return FGR_MPP_REASON_TOTAL_BELOW;
    }
    if (total_msat > FGR_MSAT_MAX ||
        (expected_msat > 0 && total_msat - expected_msat > expected_msat)) {
        return FGR_MPP_REASON_TOTAL_ABOVE;
    }
    return FGR_MPP_REASON_NONE;
}

/* What is wrong with the part itself, whatever came before it. */
static enum fgr_mpp_reason judge_part(const struct fgr_mpp_set *set,
                                      const struct fgr_mpp_part *part)
{
    if (set->is_complete) {
        return FGR_MPP_REASON_LATE;
    }
    if (!is_same_secret(set->secret, part->secret)) {
        return FGR_MPP_REASON_SECRET;
    }
    enum fgr_mpp_reason reason = judge_total(set->expected.v, part->total.v);
    if (reason == FGR_MPP_REASON_NONE && part->amount.v == 0) {
        reason = FGR_MPP_REASON_AMOUNT_ZERO;
    }
    return reason;
}

static bool is_overdue(const struct fgr_mpp_set *set, uint64_t now_ns)
{
    return set->n_parts > 0 && !set->is_complete && now_ns >= set->first_ns &&
           now_ns - set->first_ns >= set->timeout_ns;
}

static enum fgr_mpp_verdict fail_part(struct fgr_mpp_set *set, enum fgr_mpp_reason reason)
{
    set->reason = reason;
    return FGR_MPP_FAIL_PART;
}

static enum fgr_mpp_verdict fail_set(struct fgr_mpp_set *set, enum fgr_mpp_reason reason)
{
    set->reason = reason;
    set->n_parts = 0;
    set->total.v = 0;
    set->received.v = 0;
    return FGR_MPP_FAIL_SET;
}

enum fgr_mpp_verdict fgr_mpp_add(struct fgr_mpp_set *set, const struct fgr_mpp_part *part,
                                 uint64_t now_ns)
{
    enum fgr_mpp_reason reason = judge_part(set, part);
    if (reason != FGR_MPP_REASON_NONE) {
        return fail_part(set, reason);
    }
    if (is_overdue(set, now_ns)) {
        return fail_set(set, FGR_MPP_REASON_TIMEOUT);
    }
    if (set->n_parts > 0 && part->total.v != set->total.v) {
        return fail_set(set, FGR_MPP_REASON_TOTAL_DIFFERS);
    }
    /* received < total <= FGR_MSAT_MAX: neither side can wrap. */
    if (part->amount.v > 2 * part->total.v - set->received.v) {
        return fail_part(set, FGR_MPP_REASON_SUM_ABOVE);
    }
    if (set->n_parts == 0) {
        set->total = part->total;
        set->first_ns = now_ns;
    }
    set->n_parts++;
    set->received.v += part->amount.v;
    set->is_complete = set->received.v >= set->total.v;
    return set->is_complete ? FGR_MPP_FULFILL : FGR_MPP_HOLD;
}

enum fgr_mpp_verdict fgr_mpp_tick(struct fgr_mpp_set *set, uint64_t now_ns)
{
    return is_overdue(set, now_ns) ? fail_set(set, FGR_MPP_REASON_TIMEOUT) : FGR_MPP_HOLD;
}

const char *fgr_mpp_reason_str(enum fgr_mpp_reason reason)
{
    switch (reason) {
    case FGR_MPP_REASON_NONE:
        return "none";
    case FGR_MPP_REASON_LATE:
        return "late";
    case FGR_MPP_REASON_SECRET:
        return "secret";
    case FGR_MPP_REASON_TOTAL_BELOW:
        return "total_below";
    case FGR_MPP_REASON_TOTAL_ABOVE:
        return "total_above";
    case FGR_MPP_REASON_AMOUNT_ZERO:
        return "amount_zero";
    case FGR_MPP_REASON_TIMEOUT:
        return "timeout";
    case FGR_MPP_REASON_TOTAL_DIFFERS:
        return "total_differs";
    case FGR_MPP_REASON_SUM_ABOVE:
        return "sum_above";
    }
    return "unknown_reason";
}

/* The sum of all parts; UINT64_MAX if it is above that. */
static uint64_t sum_of(const fgr_msat *parts, size_t n_parts)
{
    uint64_t sum_msat = 0;
    for (size_t i = 0; i < n_parts; i++) {
        sum_msat = parts[i].v > UINT64_MAX - sum_msat ? UINT64_MAX : sum_msat + parts[i].v;
    }
    return sum_msat;
}

enum fgr_err fgr_mpp_check(fgr_msat expected, fgr_msat total, const fgr_msat *parts, size_t n_parts,
                           struct fgr_error *err)
{
    if (judge_total(expected.v, total.v) != FGR_MPP_REASON_NONE) {
        return fgr_fail(err, FGR_ERR_CHECK,
                        "total_msat %" PRIu64 ": must be 1 msat to 21 million BTC, at least the "
                        "invoice's %" PRIu64 " (0 = open) and at most twice that",
                        total.v, expected.v);
    }
    uint64_t sum_msat = sum_of(parts, n_parts);
    if (sum_msat < total.v || sum_msat - total.v > total.v) {
        return fgr_fail(err, FGR_ERR_CHECK,
                        "the parts are %" PRIu64
                        " msat together: must be at least total_msat, %" PRIu64
                        ", and at most twice that",
                        sum_msat, total.v);
    }
    for (size_t i = 0; i < n_parts; i++) {
        /* Without it the others are sum - amount: the set is complete if it comes last. */
        if (parts[i].v <= sum_msat - total.v) {
            return fgr_fail_at(err, FGR_ERR_CHECK, i, FGR_NO_POSITION,
                               "part %zu of %" PRIu64
                               " msat: the others reach total_msat without it",
                               i, parts[i].v);
        }
    }
    return FGR_OK;
}
