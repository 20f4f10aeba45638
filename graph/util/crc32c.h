/* SPDX-License-Identifier: MIT */
/*
 * crc32c.h - the Castagnoli checksum (polynomial 0x1EDC6F41, reflected), eight bytes at a step.
 *
 * Own code, since the one packaged library for it is C++ and this is forty lines. The tables are
 * computed by the user of the checksum (8 KiB, a few microseconds) rather than kept in the source.
 *
 * Threads: a table is constant once initialised.
 * Source: RFC 3720 appendix B.4 (values); Kounavis and Berry 2005 (slicing by 8).
 */
#ifndef FGR_UTIL_CRC32C_H
#define FGR_UTIL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

struct fgr_crc32c_table {
    uint32_t slice[8][256];
};

void fgr_crc32c_init(struct fgr_crc32c_table *table);

/* Continues the checksum `start` (0 to begin) over `bytes`: the checksum of a whole is that of its
 * second part started with that of the first. */
uint32_t fgr_crc32c(const struct fgr_crc32c_table *table, uint32_t start, const void *bytes,
                    size_t n_bytes);

#endif
