/* SPDX-License-Identifier: MIT */
/*
 * test_amp.c - AMP against known answers of an independent script (amp_vectors.py), and against
 * its own promise: whatever is split, cancelled and split again, the parts on their way make the
 * root, and nothing less does.
 */
#include "fulgurite/amp.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/onion.h"
#include "graph/util/rng.h"
#include "tests/support/amp_vectors.h"

enum { PARTS_MAX = 24, BYTES = FGR_SECRET_BYTES };

static struct fgr_amp *create(uint32_t max_parts)
{
    struct fgr_amp *amp = NULL;
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_amp_create(&amp, max_parts, NULL, &err), FGR_OK, "%s", err.text);
    return amp;
}

static void begin(struct fgr_amp *amp, struct fgr_amp_root *out_root, const void *seed)
{
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_amp_begin(amp, out_root, seed, &err), FGR_OK, "%s", err.text);
}

static void split(struct fgr_amp *amp, struct fgr_amp_child *out_children, uint32_t n)
{
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_amp_split(amp, out_children, n, &err), FGR_OK, "%s", err.text);
}

static void assert_children(const struct fgr_amp_child *children,
                            const struct fgr_amp_vector *vectors, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(children[i].index, vectors[i].index, "child %zu", i);
        cr_assert_eq(memcmp(children[i].share, vectors[i].share, BYTES), 0, "child %zu", i);
        cr_assert_eq(memcmp(children[i].preimage, vectors[i].preimage, BYTES), 0, "child %zu", i);
        cr_assert_eq(memcmp(children[i].hash, vectors[i].hash, BYTES), 0, "child %zu", i);
    }
}

/* What the receiver sees of a part. */
static struct fgr_amp_child seen(const struct fgr_amp_child *child)
{
    struct fgr_amp_child bare = *child;
    memset(bare.preimage, 0, BYTES);
    return bare;
}

/* The receiver finds the root and the preimages in these parts and in none with one less. */
static void assert_complete(struct fgr_amp *amp, const struct fgr_amp_child *children, uint32_t n,
                            const uint8_t root[BYTES])
{
    struct fgr_amp_child bare[PARTS_MAX];
    uint8_t found[BYTES];
    for (uint32_t missing = 0; missing <= n; missing++) {
        uint32_t n_bare = 0;
        for (uint32_t i = 0; i < n; i++) {
            if (i != missing) {
                bare[n_bare++] = seen(&children[i]);
            }
        }
        enum fgr_err rc = fgr_amp_reassemble(amp, found, bare, n_bare, NULL);
        cr_assert_eq(rc, missing == n ? FGR_OK : n == 1 ? FGR_ERR_ARG : FGR_ERR_CHECK);
    }
    cr_assert_eq(memcmp(found, root, BYTES), 0);
    for (uint32_t i = 0; i < n; i++) {
        cr_assert_eq(memcmp(bare[i].preimage, children[i].preimage, BYTES), 0);
    }
}

Test(amp, seeded_payment_is_that_of_the_script)
{
    struct fgr_amp *amp = create(4);
    struct fgr_amp_root root;
    struct fgr_amp_child four[4], again[3], alone;
    uint8_t seed[BYTES];
    for (unsigned i = 0; i < BYTES; i++) {
        seed[i] = (uint8_t)i;
    }
    begin(amp, &root, seed);
    cr_assert_eq(memcmp(root.root, fgr_amp_vector_root, BYTES), 0);
    cr_assert_eq(memcmp(root.set_id, fgr_amp_vector_set_id, BYTES), 0);
    split(amp, four, 4);
    assert_children(four, fgr_amp_vector_four, 4);
    cr_assert_eq(fgr_amp_cancel(amp, four[1].index, NULL), FGR_OK);
    cr_assert_eq(fgr_amp_cancel(amp, four[3].index, NULL), FGR_OK);
    cr_assert_eq(fgr_amp_split(amp, again, 3, NULL), FGR_ERR_LIMIT);
    fgr_amp_destroy(amp);

    amp = create(5);
    begin(amp, &root, seed);
    split(amp, four, 4);
    cr_assert_eq(fgr_amp_cancel(amp, four[1].index, NULL), FGR_OK);
    cr_assert_eq(fgr_amp_cancel(amp, four[3].index, NULL), FGR_OK);
    split(amp, again, 3);
    assert_children(again, fgr_amp_vector_again, 3);
    memset(seed, 0xff, BYTES);
    begin(amp, &root, seed);
    split(amp, &alone, 1);
    assert_children(&alone, fgr_amp_vector_alone, 1);
    fgr_amp_destroy(amp);
}

Test(amp, reassembles_parts_it_has_not_made)
{
    enum { N = sizeof fgr_amp_vector_fixed / sizeof fgr_amp_vector_fixed[0] };
    struct fgr_amp *amp = create(1);
    struct fgr_amp_child children[N];
    uint8_t root[BYTES];
    struct fgr_error err = {.text = ""};
    for (int i = 0; i < N; i++) {
        children[i].index = fgr_amp_vector_fixed[i].index;
        memcpy(children[i].share, fgr_amp_vector_fixed[i].share, BYTES);
        memcpy(children[i].hash, fgr_amp_vector_fixed[i].hash, BYTES);
        memset(children[i].preimage, 0, BYTES);
    }
    cr_assert_eq(fgr_amp_reassemble(amp, root, children, N, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(memcmp(root, fgr_amp_vector_fixed_root, BYTES), 0);
    assert_children(children, fgr_amp_vector_fixed, N);
    fgr_amp_destroy(amp);
}

/* Parts fail in any order, several at once, and are shared again among any number. */
Test(amp, shares_on_their_way_always_make_the_root)
{
    struct fgr_rng rng;
    struct fgr_amp *amp = create(PARTS_MAX);
    fgr_rng_seed(&rng, 1, 0);
    for (unsigned payment = 0; payment < 100; payment++) {
        struct fgr_amp_child live[PARTS_MAX];
        struct fgr_amp_root root;
        uint32_t n_live = 1 + (uint32_t)fgr_rng_below(&rng, PARTS_MAX);
        begin(amp, &root, NULL);
        split(amp, live, n_live);
        assert_complete(amp, live, n_live, root.root);
        for (unsigned round = 0; round < 4; round++) {
            uint32_t n_failed = 1 + (uint32_t)fgr_rng_below(&rng, n_live);
            for (uint32_t i = 0; i < n_failed; i++) {
                uint32_t which = (uint32_t)fgr_rng_below(&rng, n_live);
                cr_assert_eq(fgr_amp_cancel(amp, live[which].index, NULL), FGR_OK);
                cr_assert_eq(fgr_amp_cancel(amp, live[which].index, NULL), FGR_ERR_UNKNOWN);
                live[which] = live[--n_live];
            }
            uint32_t n_new = 1 + (uint32_t)fgr_rng_below(&rng, PARTS_MAX - n_live);
            split(amp, live + n_live, n_new);
            n_live += n_new;
            assert_complete(amp, live, n_live, root.root);
        }
    }
    fgr_amp_destroy(amp);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

Test(amp, no_index_and_no_hash_comes_twice)
{
    enum { N = 20000 };
    static uint32_t index[N];
    struct fgr_amp *amp = create(2);
    struct fgr_amp_root root;
    struct fgr_amp_child child, before;
    begin(amp, &root, NULL);
    for (unsigned i = 0; i < N; i++) {
        split(amp, &child, 1);
        index[i] = child.index;
        if (i > 0) {
            /* The same share, sent again under another hash. */
            cr_assert_eq(memcmp(child.share, before.share, BYTES), 0);
            cr_assert_neq(memcmp(child.hash, before.hash, BYTES), 0);
        }
        before = child;
        cr_assert_eq(fgr_amp_cancel(amp, child.index, NULL), FGR_OK);
    }
    qsort(index, N, sizeof index[0], compare_u32);
    for (unsigned i = 1; i < N; i++) {
        cr_assert_neq(index[i], index[i - 1]);
    }
    fgr_amp_destroy(amp);
}

Test(amp, receiver_finds_out_every_false_part)
{
    struct fgr_amp *amp = create(3);
    struct fgr_amp_root root;
    struct fgr_amp_child three[3];
    uint8_t found[BYTES];
    begin(amp, &root, NULL);
    split(amp, three, 3);
    for (size_t part = 0; part < 3; part++) {
        /* Share, hash and index; the preimage is the receiver's to find. */
        for (size_t bit = 0; bit < 8 * (2 * BYTES + 4); bit++) {
            struct fgr_amp_child bare[3] = {seen(&three[0]), seen(&three[1]), seen(&three[2])};
            uint8_t *field = bit < 8 * BYTES       ? bare[part].share
                             : bit < 8 * 2 * BYTES ? bare[part].hash
                                                   : (uint8_t *)&bare[part].index;
            field[bit % (8 * BYTES) / 8] ^= (uint8_t)(1U << bit % 8);
            struct fgr_error err = {.text = ""};
            memset(found, 0, BYTES);
            cr_assert_eq(fgr_amp_reassemble(amp, found, bare, 3, &err), FGR_ERR_CHECK);
            /* A false share is one in the root as well: then the first part shows it. */
            cr_assert_eq(err.record, bit < 8 * BYTES ? 0 : part);
            for (int i = 0; i < 3; i++) {
                cr_assert_eq(memcmp(bare[i].preimage, found, BYTES), 0, "a preimage is revealed");
            }
        }
        struct fgr_amp_child doubled[4] = {seen(&three[0]), seen(&three[1]), seen(&three[2]),
                                           seen(&three[part])};
        cr_assert_eq(fgr_amp_reassemble(amp, found, doubled, 4, NULL), FGR_ERR_CHECK);
    }
    fgr_amp_destroy(amp);
}

Test(amp, system_seeds_differ_and_the_same_seed_does_not)
{
    struct fgr_amp *a = create(2);
    struct fgr_amp *b = create(9);
    struct fgr_amp_root root_a, root_b;
    struct fgr_amp_child child_a[2], child_b[2];
    begin(a, &root_a, NULL);
    begin(b, &root_b, NULL);
    cr_assert_neq(memcmp(root_a.root, root_b.root, BYTES), 0);
    cr_assert_neq(memcmp(root_a.set_id, root_b.set_id, BYTES), 0);
    begin(a, &root_a, root_b.root);
    begin(b, &root_b, root_b.root);
    split(a, child_a, 2);
    split(b, child_b, 2);
    cr_assert_eq(memcmp(&root_a, &root_b, sizeof root_a), 0);
    cr_assert_eq(memcmp(child_a, child_b, sizeof child_a), 0);
    fgr_amp_destroy(a);
    fgr_amp_destroy(b);
    fgr_amp_destroy(NULL);
}

Test(amp, impossible_calls_are_refused_and_change_nothing)
{
    struct fgr_amp *amp = NULL;
    struct fgr_amp_root root;
    struct fgr_amp_child child[3];
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_amp_create(&amp, 0, NULL, &err), FGR_ERR_ARG);
    amp = create(2);
    cr_assert_eq(fgr_amp_split(amp, child, 1, &err), FGR_ERR_ARG);
    cr_assert_str_eq(err.text, "no payment: fgr_amp_begin starts one");
    cr_assert_eq(fgr_amp_reassemble(amp, root.root, child, 0, &err), FGR_ERR_ARG);
    begin(amp, &root, NULL);
    cr_assert_eq(fgr_amp_split(amp, child, 0, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_amp_split(amp, child, 3, &err), FGR_ERR_LIMIT);
    cr_assert_eq(fgr_amp_split(amp, child, UINT32_MAX, &err), FGR_ERR_LIMIT);
    split(amp, child, 1);
    cr_assert_eq(memcmp(child[0].share, root.root, BYTES), 0, "one part holds all of the root");
    cr_assert_eq(fgr_amp_split(amp, child + 1, 1, &err), FGR_ERR_ARG);
    cr_assert_str_eq(err.text,
                     "all of the root is on its way: fgr_amp_cancel takes a failed part back");
    cr_assert_eq(fgr_amp_cancel(amp, child[0].index + 1, &err), FGR_ERR_UNKNOWN);
    assert_complete(amp, child, 1, root.root);
    fgr_amp_destroy(amp);
}

/* ---- memory ---------------------------------------------------------------------------------- */

struct watched {
    uint8_t bytes[4096];
    size_t n_given;
    bool is_empty; /* has none to give */
    bool is_clean; /* when it came back: nothing of the secrets */
    const void *secret;
};

static void *watched_alloc(void *state, size_t bytes)
{
    struct watched *watched = state;
    if (watched->is_empty || bytes > sizeof watched->bytes) {
        return NULL;
    }
    watched->n_given = bytes;
    return watched->bytes;
}

static void watched_free(void *state, void *ptr, size_t bytes)
{
    struct watched *watched = state;
    cr_assert_eq(ptr, watched->bytes);
    cr_assert_eq(bytes, watched->n_given);
    watched->is_clean = memmem(watched->bytes, bytes, watched->secret, BYTES) == NULL;
    watched->n_given = 0;
}

Test(amp, secrets_are_wiped_and_memory_goes_back)
{
    static _Alignas(max_align_t) struct watched watched;
    struct fgr_allocator allocator = {watched_alloc, watched_free, &watched};
    struct fgr_amp_child child[4];
    struct fgr_amp_root root;
    uint8_t seed[BYTES];
    memset(seed, 0x5a, BYTES);
    const void *secrets[] = {seed, root.root, child[0].share, child[1].share, child[2].share};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        struct fgr_amp *amp;
        struct fgr_error err;
        cr_assert_eq(fgr_amp_create(&amp, 4, &allocator, &err), FGR_OK, "%s", err.text);
        begin(amp, &root, seed);
        split(amp, child, 3);
        watched.secret = secrets[i];
        cr_assert_neq(memmem(watched.bytes, watched.n_given, secrets[i], BYTES), NULL);
        cr_assert_eq(fgr_amp_cancel(amp, child[1].index, NULL), FGR_OK);
        fgr_amp_destroy(amp);
        cr_assert(watched.is_clean, "secret %zu", i);
    }
    watched.is_empty = true;
    struct fgr_amp *amp = NULL;
    cr_assert_eq(fgr_amp_create(&amp, 4, &allocator, NULL), FGR_ERR_MEMORY);
    cr_assert_eq(amp, NULL);
}

/* ---- record ---------------------------------------------------------------------------------- */

Test(amp, record_is_share_set_and_index)
{
    static const uint32_t ends[] = {0,       1,        0xff,      0x100,     0xffff,
                                    0x10000, 0xffffff, 0x1000000, UINT32_MAX};
    struct fgr_amp_child child = {.index = 0};
    uint8_t set_id[BYTES];
    memset(child.share, 0xaa, BYTES);
    memset(set_id, 0xbb, BYTES);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        uint8_t record[FGR_AMP_RECORD_BYTES_MAX + 1];
        uint32_t index = 0;
        memset(record, 0xcc, sizeof record);
        child.index = ends[i];
        size_t n = fgr_amp_record(record, &child, set_id);
        size_t n_index = fgr_onion_tu64_bytes(ends[i]);
        cr_assert_eq(n, 66 + n_index);
        cr_assert_eq(record[0], 14);
        cr_assert_eq(record[1], n - 2);
        cr_assert_eq(memcmp(record + 2, child.share, BYTES), 0);
        cr_assert_eq(memcmp(record + 34, set_id, BYTES), 0);
        for (size_t at = 66; at < n; at++) {
            index = index << 8 | record[at];
        }
        cr_assert_eq(index, ends[i]);
        cr_assert(n_index == 0 || record[66] != 0, "a leading zero byte");
        cr_assert_eq(record[n], 0xcc, "written past its end");
    }
}
