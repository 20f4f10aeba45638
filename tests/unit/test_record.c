/* SPDX-License-Identifier: MIT */
#include "graph/record.h"

#include <criterion/criterion.h>
#include <string.h>

#include "graph/util/crc32c.h"
#include "graph/wire.h"

Test(record, versions)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned version;
        cr_assert_eq(fgr_record_version(&version, (uint8_t)byte), byte >= 9 && byte < 32, "%u",
                     byte);
        cr_assert_eq(version, byte % 32);
    }
}

/* The flag of completion came with version 15, the one of zombies went after 13. */
Test(record, flags_by_version)
{
    for (unsigned version = 9; version <= 16; version++) {
        struct fgr_record record = {0};
        cr_assert(fgr_record_is_completed(0x20, version));
        cr_assert(fgr_record_is_completed(0xff, version));
        cr_assert_eq(fgr_record_is_completed(0xdf, version), version < 15);
        cr_assert_not(fgr_record_is_deleted(&record, version));
        record.flags = FGR_RECORD_DELETED;
        cr_assert(fgr_record_is_deleted(&record, version));
        record.flags = FGR_RECORD_ZOMBIE;
        cr_assert_eq(fgr_record_is_deleted(&record, version), version <= 13);
    }
}

/* Every length, no byte beyond the room. */
Test(record, round_trip)
{
    struct fgr_crc32c_table table;
    uint8_t message[600], bytes[700], again[700];
    fgr_crc32c_init(&table);
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i * 7);
    }
    for (uint16_t n = 0; n <= sizeof message; n++) {
        struct fgr_record record = {.message = message,
                                    .timestamp = 0xfedcba98U + n,
                                    .flags = FGR_RECORD_COMPLETED | FGR_RECORD_DYING,
                                    .n_message = n};
        size_t n_bytes = 12 + (size_t)n;
        struct fgr_record out;
        memset(bytes, 0xaa, sizeof bytes);
        cr_assert_eq(fgr_record_encode(bytes, n_bytes - 1, &table, &record), 0);
        cr_assert_eq(bytes[0], 0xaa);
        cr_assert_eq(fgr_record_encode(bytes, n_bytes, &table, &record), n_bytes);
        cr_assert_eq(bytes[n_bytes], 0xaa);
        fgr_record_header(&out, bytes);
        cr_assert_eq(out.message, bytes + 12);
        cr_assert_eq(out.n_message, n);
        cr_assert_eq(out.flags, record.flags);
        cr_assert_eq(out.timestamp, record.timestamp);
        cr_assert_eq(out.checksum, fgr_record_checksum(&table, &out));
        cr_assert_eq(out.checksum, fgr_crc32c(&table, record.timestamp, message, n));
        cr_assert_eq(fgr_record_encode(again, sizeof again, &table, &out), n_bytes);
        cr_assert_eq(memcmp(again, bytes, n_bytes), 0);
    }
}
