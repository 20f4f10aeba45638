/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "engine/onion.h"
#include "fulgurite/amp.h"
#include "graph/util/rng.h"

static const uint8_t secret[FGR_SECRET_BYTES] = "of the invoice";

enum { TIMEOUT_NS = 60 };

static struct fgr_mpp_set set_of(uint64_t expected_msat)
{
    struct fgr_mpp_set set;
    fgr_mpp_set_init(&set, secret, (fgr_msat){expected_msat}, TIMEOUT_NS);
    return set;
}

static struct fgr_mpp_part part_of(uint64_t total_msat, uint64_t amount_msat)
{
    struct fgr_mpp_part part = {.total = {total_msat}, .amount = {amount_msat}};
    memcpy(part.secret, secret, FGR_SECRET_BYTES);
    return part;
}

static void assert_add(struct fgr_mpp_set *set, uint64_t total_msat, uint64_t amount_msat,
                       uint64_t now_ns, enum fgr_mpp_verdict want)
{
    struct fgr_mpp_part part = part_of(total_msat, amount_msat);
    enum fgr_mpp_verdict got = fgr_mpp_add(set, &part, now_ns);
    cr_assert_eq(got, want, "part of %" PRIu64 " of %" PRIu64 ": verdict %d, reason %s",
                 amount_msat, total_msat, (int)got, fgr_mpp_reason_str(set->reason));
}

Test(mpp, set_is_held_until_the_sum_is_there)
{
    struct fgr_mpp_set set = set_of(100);
    assert_add(&set, 100, 40, 5, FGR_MPP_HOLD);
    assert_add(&set, 100, 59, 6, FGR_MPP_HOLD);
    cr_assert_eq(set.n_parts, 2);
    cr_assert_eq(set.received.v, 99);
    assert_add(&set, 100, 1, 64, FGR_MPP_FULFILL);
    cr_assert(set.is_complete);
    cr_assert_eq(set.n_parts, 3);
    cr_assert_eq(set.first_ns, 5);
    assert_add(&set, 100, 1, 64, FGR_MPP_FAIL_PART);
    cr_assert_eq(set.reason, FGR_MPP_REASON_LATE);
    cr_assert_eq(set.received.v, 100);
    cr_assert_eq(fgr_mpp_tick(&set, UINT64_MAX), FGR_MPP_HOLD);
}

Test(mpp, one_part_may_be_all)
{
    struct fgr_mpp_set set = set_of(0);
    assert_add(&set, 1, 1, 0, FGR_MPP_FULFILL);
    set = set_of(FGR_MSAT_MAX);
    assert_add(&set, FGR_MSAT_MAX, FGR_MSAT_MAX, 0, FGR_MPP_FULFILL);
    set = set_of(100);
    assert_add(&set, 200, 400, 0, FGR_MPP_FULFILL);
}

Test(mpp, total_is_the_invoice_to_twice_the_invoice)
{
    static const struct {
        uint64_t expected_msat, total_msat;
        enum fgr_mpp_reason reason;
    } cases[] = {
        {100, 99, FGR_MPP_REASON_TOTAL_BELOW},
        {100, 100, FGR_MPP_REASON_NONE},
        {100, 200, FGR_MPP_REASON_NONE},
        {100, 201, FGR_MPP_REASON_TOTAL_ABOVE},
        {100, 0, FGR_MPP_REASON_TOTAL_BELOW},
        {100, UINT64_MAX, FGR_MPP_REASON_TOTAL_ABOVE},
        {0, 0, FGR_MPP_REASON_TOTAL_BELOW},
        {0, 1, FGR_MPP_REASON_NONE},
        {0, FGR_MSAT_MAX, FGR_MPP_REASON_NONE},
        {0, FGR_MSAT_MAX + 1, FGR_MPP_REASON_TOTAL_ABOVE},
        {UINT64_MAX, UINT64_MAX, FGR_MPP_REASON_TOTAL_ABOVE},
        {FGR_MSAT_MAX, FGR_MSAT_MAX, FGR_MPP_REASON_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fgr_mpp_set set = set_of(cases[i].expected_msat);
        struct fgr_mpp_part part = part_of(cases[i].total_msat, cases[i].total_msat);
        bool is_good = cases[i].reason == FGR_MPP_REASON_NONE;
        cr_assert_eq(fgr_mpp_add(&set, &part, 0), is_good ? FGR_MPP_FULFILL : FGR_MPP_FAIL_PART,
                     "case %zu", i);
        cr_assert_eq(set.reason, cases[i].reason, "case %zu", i);
        /* The sender's side has the same rule. */
        enum fgr_err rc = fgr_mpp_check((fgr_msat){cases[i].expected_msat},
                                        (fgr_msat){cases[i].total_msat}, &part.amount, 1, NULL);
        cr_assert_eq(rc, is_good ? FGR_OK : FGR_ERR_CHECK, "case %zu", i);
    }
}

Test(mpp, a_strange_part_does_no_harm)
{
    struct fgr_mpp_set set = set_of(100);
    assert_add(&set, 100, 40, 0, FGR_MPP_HOLD);
    struct fgr_mpp_set before = set;
    assert_add(&set, 100, 0, 1, FGR_MPP_FAIL_PART);
    cr_assert_eq(set.reason, FGR_MPP_REASON_AMOUNT_ZERO);
    assert_add(&set, 100, 161, 1, FGR_MPP_FAIL_PART);
    cr_assert_eq(set.reason, FGR_MPP_REASON_SUM_ABOVE);
    assert_add(&set, 100, UINT64_MAX, 1, FGR_MPP_FAIL_PART);
    cr_assert_eq(set.reason, FGR_MPP_REASON_SUM_ABOVE);
    for (int byte = 0; byte < FGR_SECRET_BYTES; byte++) {
        struct fgr_mpp_part part = part_of(100, 60);
        part.secret[byte] ^= 0x80;
        cr_assert_eq(fgr_mpp_add(&set, &part, 1), FGR_MPP_FAIL_PART, "byte %d", byte);
        cr_assert_eq(set.reason, FGR_MPP_REASON_SECRET);
    }
    cr_assert_eq(set.received.v, before.received.v);
    cr_assert_eq(set.n_parts, before.n_parts);
    assert_add(&set, 100, 160, 1, FGR_MPP_FULFILL);
    cr_assert_eq(set.received.v, 200);
}

Test(mpp, another_total_fails_the_set_and_it_may_come_again)
{
    struct fgr_mpp_set set = set_of(100);
    assert_add(&set, 100, 40, 0, FGR_MPP_HOLD);
    assert_add(&set, 101, 60, 1, FGR_MPP_FAIL_SET);
    cr_assert_eq(set.reason, FGR_MPP_REASON_TOTAL_DIFFERS);
    cr_assert_eq(set.n_parts, 0);
    assert_add(&set, 101, 60, 100, FGR_MPP_HOLD);
    cr_assert_eq(set.received.v, 60);
    assert_add(&set, 101, 41, 159, FGR_MPP_FULFILL);
}

Test(mpp, time_is_counted_from_the_first_part)
{
    struct fgr_mpp_set set = set_of(100);
    cr_assert_eq(fgr_mpp_tick(&set, UINT64_MAX), FGR_MPP_HOLD, "an empty set waits for nothing");
    assert_add(&set, 100, 40, 1000, FGR_MPP_HOLD);
    assert_add(&set, 100, 40, 1059, FGR_MPP_HOLD);
    cr_assert_eq(fgr_mpp_tick(&set, 1059), FGR_MPP_HOLD);
    cr_assert_eq(fgr_mpp_tick(&set, 999), FGR_MPP_HOLD, "a clock that runs backwards");
    cr_assert_eq(fgr_mpp_tick(&set, 1060), FGR_MPP_FAIL_SET);
    cr_assert_eq(set.reason, FGR_MPP_REASON_TIMEOUT);
    cr_assert_eq(fgr_mpp_tick(&set, 1060), FGR_MPP_HOLD, "only once");
    /* Without a tick in between, the part that comes too late shows it. */
    assert_add(&set, 100, 40, 2000, FGR_MPP_HOLD);
    assert_add(&set, 100, 60, 2060, FGR_MPP_FAIL_SET);
    cr_assert_eq(set.reason, FGR_MPP_REASON_TIMEOUT);
}

/* Random parts against a recount from the list of those that were kept. */
Test(mpp, random_parts_against_a_recount)
{
    struct fgr_rng rng;
    unsigned n_verdicts[4] = {0};
    fgr_rng_seed(&rng, 1, 0);
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t expected_msat = fgr_rng_below(&rng, 3) * 10;
        struct fgr_mpp_set set = set_of(expected_msat);
        uint64_t kept[16], n_kept = 0, total_msat = 0, first_ns = 0, now_ns = 0;
        bool is_complete = false;
        for (unsigned i = 0; i < 16; i++) {
            now_ns += fgr_rng_below(&rng, 25);
            uint64_t said_msat = fgr_rng_below(&rng, 10) > 0 ? 15 : fgr_rng_below(&rng, 45);
            struct fgr_mpp_part part = part_of(said_msat, fgr_rng_below(&rng, 20));
            part.secret[9] ^= fgr_rng_below(&rng, 30) == 0;
            uint64_t sum_msat = part.amount.v;
            for (unsigned k = 0; k < n_kept; k++) {
                sum_msat += kept[k];
            }
            bool is_part_bad = is_complete || part.secret[9] != secret[9] || said_msat == 0 ||
                               said_msat < expected_msat || part.amount.v == 0 ||
                               (expected_msat > 0 && said_msat > 2 * expected_msat);
            bool is_set_bad =
                n_kept > 0 && (now_ns - first_ns >= TIMEOUT_NS || said_msat != total_msat);
            enum fgr_mpp_verdict want = is_part_bad                ? FGR_MPP_FAIL_PART
                                        : is_set_bad               ? FGR_MPP_FAIL_SET
                                        : sum_msat > 2 * said_msat ? FGR_MPP_FAIL_PART
                                        : sum_msat < said_msat     ? FGR_MPP_HOLD
                                                                   : FGR_MPP_FULFILL;
            enum fgr_mpp_verdict got = fgr_mpp_add(&set, &part, now_ns);
            cr_assert_eq(got, want, "round %u, part %u: %d, not %d", round, i, (int)got, (int)want);
            n_verdicts[got]++;
            if (got == FGR_MPP_FAIL_SET) {
                n_kept = 0;
            } else if (got != FGR_MPP_FAIL_PART) {
                first_ns = n_kept == 0 ? now_ns : first_ns;
                total_msat = said_msat;
                kept[n_kept++] = part.amount.v;
                is_complete = got == FGR_MPP_FULFILL;
                cr_assert_eq(set.received.v, sum_msat);
                cr_assert_eq(set.n_parts, n_kept);
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        cr_assert_gt(n_verdicts[i], 1000, "verdict %d: %u times", i, n_verdicts[i]);
    }
}

/* Does a receiver take all of these parts in this order, and complete with the last? */
static bool is_taken(uint64_t total_msat, const fgr_msat *parts, size_t n_parts)
{
    struct fgr_mpp_set set = set_of(total_msat);
    for (size_t i = 0; i < n_parts; i++) {
        struct fgr_mpp_part part = part_of(total_msat, parts[i].v);
        enum fgr_mpp_verdict want = i + 1 < n_parts ? FGR_MPP_HOLD : FGR_MPP_FULFILL;
        if (fgr_mpp_add(&set, &part, 0) != want) {
            return false;
        }
    }
    return true;
}

/* Every set of up to three parts, in each of their orders: the sender's rule is exactly that no
 * order leaves a part over. */
Test(mpp, sender_rule_is_what_the_receiver_takes_in_any_order)
{
    static const unsigned order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const uint64_t total_msat = 6;
    unsigned n_good = 0;
    for (unsigned code = 0; code < 14 * 14 * 14; code++) {
        fgr_msat parts[3] = {{code % 14}, {code / 14 % 14}, {code / 196}};
        size_t n_parts = parts[2].v > 0 ? 3 : parts[1].v > 0 ? 2 : 1;
        bool is_good = true;
        for (unsigned o = 0; o < 6; o++) {
            fgr_msat ordered[3];
            size_t n = 0;
            for (unsigned i = 0; i < 3; i++) {
                if (order[o][i] < n_parts) {
                    ordered[n++] = parts[order[o][i]];
                }
            }
            is_good &= is_taken(total_msat, ordered, n_parts);
        }
        struct fgr_error err = {.text = ""};
        enum fgr_err rc =
            fgr_mpp_check((fgr_msat){6}, (fgr_msat){total_msat}, parts, n_parts, &err);
        cr_assert_eq(rc, is_good ? FGR_OK : FGR_ERR_CHECK,
                     "%" PRIu64 " %" PRIu64 " %" PRIu64 ": %s", parts[0].v, parts[1].v, parts[2].v,
                     err.text);
        n_good += is_good;
    }
    cr_assert_gt(n_good, 10);
}

Test(mpp, sender_rule_names_the_part_too_many)
{
    const fgr_msat parts[] = {{60}, {50}, {10}};
    const fgr_msat huge[] = {{UINT64_MAX}, {UINT64_MAX}};
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_mpp_check((fgr_msat){0}, (fgr_msat){110}, parts, 3, &err), FGR_ERR_CHECK);
    cr_assert_eq(err.record, 2);
    cr_assert_eq(fgr_mpp_check((fgr_msat){0}, (fgr_msat){111}, parts, 3, &err), FGR_OK);
    cr_assert_eq(fgr_mpp_check((fgr_msat){0}, (fgr_msat){121}, parts, 3, &err), FGR_ERR_CHECK);
    cr_assert_eq(fgr_mpp_check((fgr_msat){0}, (fgr_msat){1}, huge, 2, &err), FGR_ERR_CHECK);
    cr_assert_eq(fgr_mpp_check((fgr_msat){0}, (fgr_msat){1}, NULL, 0, &err), FGR_ERR_CHECK);
}

Test(mpp, reasons_have_names)
{
    for (int i = 0; i <= FGR_MPP_REASON_SUM_ABOVE; i++) {
        cr_assert_str_neq(fgr_mpp_reason_str((enum fgr_mpp_reason)i), "unknown_reason");
        for (int k = 0; k < i; k++) {
            cr_assert_str_neq(fgr_mpp_reason_str((enum fgr_mpp_reason)i),
                              fgr_mpp_reason_str((enum fgr_mpp_reason)k));
        }
    }
    cr_assert_str_eq(fgr_mpp_reason_str((enum fgr_mpp_reason)99), "unknown_reason");
}

Test(mpp, record_is_secret_and_total)
{
    for (unsigned bits = 0; bits <= 64; bits++) {
        uint8_t record[FGR_MPP_RECORD_BYTES_MAX + 1];
        uint64_t total_msat = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
        uint64_t read_msat = 0;
        memset(record, 0xcc, sizeof record);
        size_t n = fgr_mpp_record(record, secret, (fgr_msat){total_msat});
        cr_assert_eq(n, 34 + (bits + 7) / 8);
        cr_assert_eq(record[0], 8);
        cr_assert_eq(record[1], n - 2);
        cr_assert_eq(memcmp(record + 2, secret, FGR_SECRET_BYTES), 0);
        for (size_t at = 34; at < n; at++) {
            read_msat = read_msat << 8 | record[at];
        }
        cr_assert_eq(read_msat, total_msat);
        cr_assert(n == 34 || record[34] != 0, "a leading zero byte");
        cr_assert_eq(record[n], 0xcc, "written past its end");
    }
}

/* The onion's count of a final hop is the length of what is written for it. */
Test(mpp, onion_counts_the_records_as_they_are)
{
    struct fgr_amp_child child = {.index = UINT32_MAX};
    uint8_t record[FGR_AMP_RECORD_BYTES_MAX];
    for (unsigned bits = 1; bits <= 61; bits++) {
        uint64_t amount_msat = UINT64_C(1) << (bits - 1);
        uint32_t others = 2 + fgr_onion_tu64_bytes(amount_msat) + 2 + FGR_ONION_EXPIRY_BYTES;
        uint32_t mpp = (uint32_t)fgr_mpp_record(record, secret, (fgr_msat){amount_msat});
        uint32_t amp = (uint32_t)fgr_amp_record(record, &child, secret);
        cr_assert_eq(amp, FGR_AMP_RECORD_BYTES_MAX);
        cr_assert_eq(fgr_onion_final_bytes(amount_msat, 0), fgr_onion_framed_bytes(others + mpp));
        cr_assert_eq(fgr_onion_final_bytes(amount_msat, FGR_AMP_RECORD_BYTES_MAX),
                     fgr_onion_framed_bytes(others + mpp + amp));
    }
}
