/* SPDX-License-Identifier: MIT */
#include "graph/util/hash.h"

#include <criterion/criterion.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

enum { BYTES = 4096 };

#ifdef __x86_64__
/* Which parts of the vector registers are in use: 4 = upper halves, 64 = upper quarters. 0 where
 * the CPU does not tell. */
static uint32_t upper_in_use(void)
{
    uint32_t a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(13, 1, &a, &b, &c, &d) || (a & 4) == 0) {
        return 0;
    }
    __asm__ volatile(".byte 0x0f, 0x01, 0xd0" : "=a"(a), "=d"(d) : "c"(1)); /* xgetbv */
    return a & (4 | 64);
}

/* What follows a hash must not be slowed by what the hash left in the registers. */
Test(hash, leaves_no_vector_state_behind)
{
    static uint8_t bytes[BYTES];
    uint64_t sum = fgr_hash(bytes, BYTES);
    uint32_t after_hash = upper_in_use();
    sum += fgr_hash_keyed(bytes, BYTES, 1);
    uint32_t after_keyed = upper_in_use();
    cr_assert_neq(sum, 0);
    cr_assert_eq(after_hash, 0);
    cr_assert_eq(after_keyed, 0);
}
#endif

/* XXH3_64bits of nothing, as published with the library. */
Test(hash, is_the_published_one)
{
    cr_assert_eq(fgr_hash("", 0), UINT64_C(0x2d06800538d394c2));
}

/* Each length, since the algorithm changes with it: the last byte counts, the one behind does not. */
Test(hash, covers_every_byte_and_no_more)
{
    uint8_t bytes[BYTES] = {0};
    for (size_t n = 1; n < BYTES; n++) {
        uint64_t before = fgr_hash(bytes, n), keyed_before = fgr_hash_keyed(bytes, n, 7);
        bytes[n] = 1;
        cr_assert_eq(fgr_hash(bytes, n), before, "%zu bytes", n);
        cr_assert_eq(fgr_hash_keyed(bytes, n, 7), keyed_before, "%zu bytes", n);
        bytes[n] = 0;
        bytes[n - 1] = 1;
        cr_assert_neq(fgr_hash(bytes, n), before, "%zu bytes", n);
        cr_assert_neq(fgr_hash_keyed(bytes, n, 7), keyed_before, "%zu bytes", n);
        bytes[n - 1] = 0;
        cr_assert_neq(fgr_hash_keyed(bytes, n, 8), keyed_before, "%zu bytes", n);
    }
}

Test(hash, random_bytes_do_not_repeat)
{
    uint64_t a[4] = {0}, b[4] = {0};
    cr_assert_eq(fgr_random_bytes(a, sizeof a, NULL), FGR_OK);
    cr_assert_eq(fgr_random_bytes(b, sizeof b, NULL), FGR_OK);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_neq(a[i], b[i]);
        cr_assert_neq(a[i], 0);
    }
}

/* More than the system gives at once: an error with its reason. */
Test(hash, random_bytes_have_a_limit)
{
    uint8_t bytes[1000];
    struct fgr_error err;
    cr_assert_eq(fgr_random_bytes(bytes, sizeof bytes, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "the system gives no random bytes: "), "%s", err.text);
}
