/* SPDX-License-Identifier: MIT */
#include "graph/util/sha256.h"

#include <criterion/criterion.h>
#include <string.h>

#include "graph/util/hex.h"

static void assert_hash(struct fgr_sha256 *sha, const void *bytes, size_t n_bytes, const char *hex)
{
    uint8_t hash[FGR_SHA256_BYTES];
    struct fgr_error err = {.text = ""};
    char text[2 * FGR_SHA256_BYTES + 1];
    cr_assert_eq(fgr_sha256(sha, hash, bytes, n_bytes, &err), FGR_OK, "%s", err.text);
    fgr_hex_encode(text, hash, 2 * sizeof hash);
    cr_assert_str_eq(text, hex);
}

/* Source: NIST, examples of SHA-256 and the long message of a million times "a". */
Test(sha256, known_hashes_from_one_context)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static uint8_t million[1000000];
    struct fgr_sha256 sha;
    struct fgr_error err = {.text = ""};
    memset(million, 'a', sizeof million);
    cr_assert_eq(fgr_sha256_init(&sha, &err), FGR_OK, "%s", err.text);
    for (int i = 0; i < 2; i++) {
        assert_hash(&sha, "abc", 3,
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_hash(&sha, "", 0,
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_hash(&sha, two_blocks, sizeof two_blocks - 1,
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        assert_hash(&sha, million, sizeof million,
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    fgr_sha256_deinit(&sha);
    fgr_sha256_deinit(&sha);
}

Test(sha256, hash_in_place)
{
    struct fgr_sha256 sha;
    uint8_t bytes[FGR_SHA256_BYTES] = "abc";
    uint8_t want[FGR_SHA256_BYTES];
    cr_assert_eq(fgr_sha256_init(&sha, NULL), FGR_OK);
    cr_assert_eq(fgr_sha256(&sha, want, bytes, 3, NULL), FGR_OK);
    cr_assert_eq(fgr_sha256(&sha, bytes, bytes, 3, NULL), FGR_OK);
    cr_assert_eq(memcmp(bytes, want, sizeof want), 0);
    fgr_sha256_deinit(&sha);
}
