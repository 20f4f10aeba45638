/* SPDX-License-Identifier: MIT */
#include "graph/util/crc32c.h"

void fgr_crc32c_init(struct fgr_crc32c_table *table)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? UINT32_C(0x82f63b78) : 0);
        }
        table->slice[0][byte] = crc;
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        for (unsigned i = 1; i < 8; i++) {
            uint32_t before = table->slice[i - 1][byte];
            table->slice[i][byte] = (before >> 8) ^ table->slice[0][before & 0xff];
        }
    }
}

/* Eight bytes, the first one lowest, whatever the machine. */
static uint64_t load_le64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

uint32_t fgr_crc32c(const struct fgr_crc32c_table *table, uint32_t start, const void *bytes,
                    size_t n_bytes)
{
    const uint8_t *p = bytes;
    uint32_t crc = ~start;
    for (; n_bytes >= 8; n_bytes -= 8, p += 8) {
        uint64_t word = load_le64(p) ^ crc;
        crc = 0;
        for (unsigned i = 0; i < 8; i++) {
            crc ^= table->slice[7 - i][(word >> (8 * i)) & 0xff];
        }
    }
    for (; n_bytes > 0; n_bytes--, p++) {
        crc = (crc >> 8) ^ table->slice[0][(crc ^ *p) & 0xff];
    }
    return ~crc;
}
