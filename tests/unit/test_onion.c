/* SPDX-License-Identifier: MIT */
#include "engine/onion.h"

#include <criterion/criterion.h>

/* Source: BOLT 4; the figures for 100 000 sat are those of a real mainnet onion. */
Test(onion, sizes_of_payloads)
{
    cr_assert_eq(fgr_onion_hop_bytes(100000000), 54);
    cr_assert_eq(fgr_onion_final_bytes(100000000, 0), 82);
    cr_assert_eq(fgr_onion_hop_bytes(1), 51);
    cr_assert_eq(fgr_onion_hop_bytes(255), 51);
    cr_assert_eq(fgr_onion_hop_bytes(256), 52);
    cr_assert_eq(fgr_onion_hop_bytes(UINT64_MAX), 58);
    cr_assert_eq(22 * fgr_onion_hop_bytes(100000000) + fgr_onion_final_bytes(100000000, 0), 1270);
}

Test(onion, length_prefix_is_a_bigsize)
{
    cr_assert_eq(fgr_onion_framed_bytes(0xfc), 1 + 0xfc + 32);
    cr_assert_eq(fgr_onion_framed_bytes(0xfd), 3 + 0xfd + 32);
    cr_assert_eq(fgr_onion_framed_bytes(0xffff), 3 + 0xffff + 32);
    cr_assert_eq(fgr_onion_framed_bytes(0x10000), 5 + 0x10000 + 32);
    /* 43 bytes of TLVs around a 1-byte amount twice: extra bytes move the prefix. */
    cr_assert_eq(fgr_onion_final_bytes(1, 0xfc - 43), 1 + 0xfc + 32);
    cr_assert_eq(fgr_onion_final_bytes(1, 0xfd - 43), 3 + 0xfd + 32);
}

Test(onion, amounts_have_no_leading_zero_bytes)
{
    cr_assert_eq(fgr_onion_tu64_bytes(0), 0);
    for (unsigned bits = 1; bits <= 64; bits++) {
        uint64_t largest = UINT64_MAX >> (64 - bits);
        cr_assert_eq(fgr_onion_tu64_bytes(largest), (bits + 7) / 8);
        cr_assert_eq(fgr_onion_tu64_bytes(UINT64_C(1) << (bits - 1)), (bits + 7) / 8);
    }
}
