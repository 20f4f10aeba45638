/* SPDX-License-Identifier: MIT */
/*
 * amp.c - shares of a secret root, and a payment hash for each.
 *
 * Method. The root is shared n of n by XOR: all parts but the last get random bytes, the last gets
 * what is missing to the root. So any n - 1 shares say nothing about it. A part's preimage is the
 * hash of root, share and index, so whoever lacks one share knows no preimage at all, and the
 * receiver can claim every part or none.
 *
 * State. `rest` is what no part on its way holds, so that always
 *
 *     root = rest XOR the shares of all parts on their way
 *
 * A split gives all of `rest` to new parts, a cancelled part gives its share back to it. Sharing a
 * failed part's share again among n, and sending it once more under another hash (n = 1), are both
 * cancel and split; so is doing it for several failed parts at once.
 *
 * LND draws a random index per attempt. Here the first is random and the next one is 2^32 times the
 * golden ratio on, modulo 2^32: that looks as random, and as the step is odd, no index returns
 * before 2^32 parts. So an index names a part, and no hash is ever used twice.
 *
 * Randomness is one stream of blocks, SHA256(label | seed | number as 8 big-endian bytes): root,
 * set_id, first index (4 little-endian bytes of a block), then the shares. The seed is the only
 * secret that must be random.
 *
 * Source: LND's derivation (root, share, BE32 index), which has no published vectors.
 */
#include "fulgurite/amp.h"

#include <inttypes.h>
#include <string.h>

#include "graph/util/alloc.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"
#include "graph/util/sha256.h"

#define INDEX_STEP UINT32_C(0x9e3779b1)

static const char label[] = "fulgurite/amp";

enum {
    LABEL_BYTES = sizeof label - 1,
    BLOCK_INPUT_BYTES = LABEL_BYTES + FGR_SECRET_BYTES + 8,
    CHILD_INPUT_BYTES = 2 * FGR_SECRET_BYTES + 4
};

_Static_assert(FGR_SECRET_BYTES == FGR_SHA256_BYTES, "secrets are hashes");

/* A part on its way. */
struct live {
    uint8_t share[FGR_SECRET_BYTES];
    uint32_t index;
};

struct fgr_amp {
    struct fgr_allocator allocator;
    struct fgr_sha256 sha;
    uint32_t max_parts;
    uint32_t n_live;
    bool is_begun;
    bool has_rest;
    uint8_t seed[FGR_SECRET_BYTES];
    uint8_t root[FGR_SECRET_BYTES];
    uint8_t rest[FGR_SECRET_BYTES];
    uint64_t n_blocks;   /* of the stream that are used up */
    uint32_t next_index; /* of the next part */
    struct live live[];
};

static size_t amp_bytes(uint32_t max_parts)
{
    return sizeof(struct fgr_amp) + max_parts * sizeof(struct live);
}

enum fgr_err fgr_amp_create(struct fgr_amp **out_amp, uint32_t max_parts,
                            const struct fgr_allocator *allocator, struct fgr_error *err)
{
    if (max_parts == 0) {
        return fgr_fail(err, FGR_ERR_ARG, "max_parts 0: a payment has at least one part");
    }
    struct fgr_allocator source = fgr_alloc_source(allocator);
    struct fgr_amp *amp = source.alloc(source.state, amp_bytes(max_parts));
    if (amp == NULL) {
        return fgr_fail_memory(err, amp_bytes(max_parts));
    }
    memset(amp, 0, amp_bytes(max_parts));
    amp->allocator = source;
    amp->max_parts = max_parts;
    enum fgr_err rc = fgr_sha256_init(&amp->sha, err);
    if (rc != FGR_OK) {
        fgr_amp_destroy(amp);
        return rc;
    }
    *out_amp = amp;
    return FGR_OK;
}

/* Leaves no secret of the payment behind. */
static void forget(struct fgr_amp *amp)
{
    explicit_bzero(amp->seed, sizeof amp->seed);
    explicit_bzero(amp->root, sizeof amp->root);
    explicit_bzero(amp->rest, sizeof amp->rest);
    explicit_bzero(amp->live, amp->max_parts * sizeof amp->live[0]);
    amp->n_live = 0;
    amp->is_begun = false;
    amp->has_rest = false;
}

void fgr_amp_destroy(struct fgr_amp *amp)
{
    if (amp == NULL) {
        return;
    }
    struct fgr_allocator source = amp->allocator;
    forget(amp);
    fgr_sha256_deinit(&amp->sha);
    source.free(source.state, amp, amp_bytes(amp->max_parts));
}

static void xor_into(uint8_t *sum, const uint8_t *share)
{
    for (int i = 0; i < FGR_SECRET_BYTES; i++) {
        sum[i] ^= share[i];
    }
}

static uint8_t *put_be(uint8_t *out, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++) {
        out[i] = (uint8_t)(value >> (8 * (n_bytes - 1 - i)));
    }
    return out + n_bytes;
}

/* Block `number` of the payment's random stream. */
static enum fgr_err draw(struct fgr_amp *amp, uint8_t out_block[FGR_SECRET_BYTES], uint64_t number,
                         struct fgr_error *err)
{
    uint8_t input[BLOCK_INPUT_BYTES];
    memcpy(input, label, LABEL_BYTES);
    memcpy(input + LABEL_BYTES, amp->seed, FGR_SECRET_BYTES);
    put_be(input + LABEL_BYTES + FGR_SECRET_BYTES, number, 8);
    enum fgr_err rc = fgr_sha256(&amp->sha, out_block, input, sizeof input, err);
    explicit_bzero(input, sizeof input);
    return rc;
}

/* Root, set_id and first index. */
static enum fgr_err draw_root(struct fgr_amp *amp, struct fgr_amp_root *out_root,
                              struct fgr_error *err)
{
    uint8_t first[FGR_SECRET_BYTES];
    enum fgr_err rc = draw(amp, out_root->root, 0, err);
    if (rc == FGR_OK) {
        rc = draw(amp, out_root->set_id, 1, err);
    }
    if (rc == FGR_OK) {
        rc = draw(amp, first, 2, err);
    }
    if (rc == FGR_OK) {
        memcpy(&amp->next_index, first, sizeof amp->next_index);
        amp->n_blocks = 3;
    }
    return rc;
}

enum fgr_err fgr_amp_begin(struct fgr_amp *amp, struct fgr_amp_root *out_root,
                           const uint8_t seed[FGR_SECRET_BYTES], struct fgr_error *err)
{
    struct fgr_amp_root fresh;
    enum fgr_err rc = FGR_OK;
    forget(amp);
    if (seed != NULL) {
        memcpy(amp->seed, seed, FGR_SECRET_BYTES);
    } else {
        rc = fgr_random_bytes(amp->seed, FGR_SECRET_BYTES, err);
    }
    if (rc == FGR_OK) {
        rc = draw_root(amp, &fresh, err);
    }
    if (rc == FGR_OK) {
        memcpy(amp->root, fresh.root, FGR_SECRET_BYTES);
        memcpy(amp->rest, fresh.root, FGR_SECRET_BYTES);
        amp->is_begun = true;
        amp->has_rest = true;
        *out_root = fresh;
    } else {
        forget(amp);
    }
    explicit_bzero(&fresh, sizeof fresh);
    return rc;
}

/* Fills preimage and hash of a child whose share and index are known. */
static enum fgr_err derive(struct fgr_amp *amp, struct fgr_amp_child *child,
                           const uint8_t root[FGR_SECRET_BYTES], struct fgr_error *err)
{
    uint8_t input[CHILD_INPUT_BYTES];
    memcpy(input, root, FGR_SECRET_BYTES);
    memcpy(input + FGR_SECRET_BYTES, child->share, FGR_SECRET_BYTES);
    put_be(input + (size_t)2 * FGR_SECRET_BYTES, child->index, 4);
    enum fgr_err rc = fgr_sha256(&amp->sha, child->preimage, input, sizeof input, err);
    explicit_bzero(input, sizeof input);
    if (rc == FGR_OK) {
        rc = fgr_sha256(&amp->sha, child->hash, child->preimage, FGR_SECRET_BYTES, err);
    }
    return rc;
}

/* All children, out of `amp->rest`, which stays as it is. */
static enum fgr_err make_children(struct fgr_amp *amp, struct fgr_amp_child *out_children,
                                  uint32_t n_children, struct fgr_error *err)
{
    struct fgr_amp_child *last = &out_children[n_children - 1];
    memcpy(last->share, amp->rest, FGR_SECRET_BYTES);
    for (uint32_t i = 0; i < n_children; i++) {
        struct fgr_amp_child *child = &out_children[i];
        enum fgr_err rc = FGR_OK;
        child->index = amp->next_index + i * INDEX_STEP;
        if (child != last) {
            rc = draw(amp, child->share, amp->n_blocks + i, err);
            xor_into(last->share, child->share);
        }
        if (rc != FGR_OK || (rc = derive(amp, child, amp->root, err)) != FGR_OK) {
            return rc;
        }
    }
    return FGR_OK;
}

enum fgr_err fgr_amp_split(struct fgr_amp *amp, struct fgr_amp_child *out_children,
                           uint32_t n_children, struct fgr_error *err)
{
    if (!amp->is_begun || n_children == 0) {
        return fgr_fail(err, FGR_ERR_ARG,
                        amp->is_begun ? "0 parts: the root is shared among at least one"
                                      : "no payment: fgr_amp_begin starts one");
    }
    if (!amp->has_rest) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "all of the root is on its way: fgr_amp_cancel takes a failed part back");
    }
    if (n_children > amp->max_parts - amp->n_live) {
        return fgr_fail(err, FGR_ERR_LIMIT,
                        "%" PRIu32 " parts beside %" PRIu32 " on their way: at most %" PRIu32
                        " in all",
                        n_children, amp->n_live, amp->max_parts);
    }
    enum fgr_err rc = make_children(amp, out_children, n_children, err);
    if (rc != FGR_OK) {
        explicit_bzero(out_children, n_children * sizeof *out_children);
        return rc;
    }
    for (uint32_t i = 0; i < n_children; i++) {
        struct live *live = &amp->live[amp->n_live++];
        live->index = out_children[i].index;
        memcpy(live->share, out_children[i].share, FGR_SECRET_BYTES);
    }
    amp->n_blocks += n_children - 1;
    amp->next_index += n_children * INDEX_STEP;
    explicit_bzero(amp->rest, sizeof amp->rest);
    amp->has_rest = false;
    return FGR_OK;
}

enum fgr_err fgr_amp_cancel(struct fgr_amp *amp, uint32_t index, struct fgr_error *err)
{
    for (uint32_t i = 0; i < amp->n_live; i++) {
        struct live *live = &amp->live[i];
        if (live->index == index) {
            struct live *last = &amp->live[--amp->n_live];
            xor_into(amp->rest, live->share);
            amp->has_rest = true;
            *live = *last;
            explicit_bzero(last, sizeof *last);
            return FGR_OK;
        }
    }
    return fgr_fail(err, FGR_ERR_UNKNOWN, "no part with child index %" PRIu32 " is on its way",
                    index);
}

enum fgr_err fgr_amp_reassemble(struct fgr_amp *amp, uint8_t out_root[FGR_SECRET_BYTES],
                                struct fgr_amp_child *children, uint32_t n_children,
                                struct fgr_error *err)
{
    uint8_t root[FGR_SECRET_BYTES] = {0};
    enum fgr_err rc = FGR_OK;
    if (n_children == 0) {
        return fgr_fail(err, FGR_ERR_ARG, "0 parts: no root in them");
    }
    for (uint32_t i = 0; i < n_children; i++) {
        xor_into(root, children[i].share);
    }
    for (uint32_t i = 0; i < n_children && rc == FGR_OK; i++) {
        struct fgr_amp_child derived = children[i];
        rc = derive(amp, &derived, root, err);
        if (rc == FGR_OK && memcmp(derived.hash, children[i].hash, FGR_SECRET_BYTES) != 0) {
            rc = fgr_fail_at(err, FGR_ERR_CHECK, i, FGR_NO_POSITION,
                             "part %" PRIu32
                             " has another payment hash: a share is missing, doubled or false",
                             i);
        }
        memcpy(children[i].preimage, derived.preimage, FGR_SECRET_BYTES);
        explicit_bzero(&derived, sizeof derived);
    }
    if (rc == FGR_OK) {
        memcpy(out_root, root, FGR_SECRET_BYTES);
    } else {
        for (uint32_t i = 0; i < n_children; i++) {
            explicit_bzero(children[i].preimage, FGR_SECRET_BYTES);
        }
    }
    explicit_bzero(root, sizeof root);
    return rc;
}
