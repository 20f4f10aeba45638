/* SPDX-License-Identifier: MIT */
#include "graph/record.h"

#include <string.h>

#include "graph/util/crc32c.h"
#include "graph/wire.h"

enum { VERSION_WITH_COMPLETED = 15, VERSION_LAST_WITH_ZOMBIES = 13 };

bool fgr_record_version(unsigned *out_version, uint8_t version_byte)
{
    unsigned major = version_byte >> 5;
    *out_version = version_byte & 0x1f;
    return major == 0 && *out_version >= FGR_RECORD_VERSION_OLDEST;
}

void fgr_record_header(struct fgr_record *out, const uint8_t *bytes)
{
    *out = (struct fgr_record){
        .flags = fgr_load_be16(bytes),
        .n_message = fgr_load_be16(bytes + 2),
        .checksum = fgr_load_be32(bytes + 4),
        .timestamp = fgr_load_be32(bytes + 8),
        .message = bytes + FGR_RECORD_HEADER_BYTES,
    };
}

bool fgr_record_is_completed(uint8_t first_byte, unsigned version)
{
    return version < VERSION_WITH_COMPLETED || (first_byte & FGR_RECORD_COMPLETED >> 8) != 0;
}

bool fgr_record_is_deleted(const struct fgr_record *record, unsigned version)
{
    bool is_zombie =
        version <= VERSION_LAST_WITH_ZOMBIES && (record->flags & FGR_RECORD_ZOMBIE) != 0;
    return is_zombie || (record->flags & FGR_RECORD_DELETED) != 0;
}

uint32_t fgr_record_checksum(const struct fgr_crc32c_table *table, const struct fgr_record *record)
{
    return fgr_crc32c(table, record->timestamp, record->message, record->n_message);
}

size_t fgr_record_encode(uint8_t *out, size_t room, const struct fgr_crc32c_table *table,
                         const struct fgr_record *record)
{
    size_t n_bytes = FGR_RECORD_HEADER_BYTES + (size_t)record->n_message;
    if (n_bytes > room) {
        return 0;
    }
    fgr_store_be16(out, record->flags);
    fgr_store_be16(out + 2, record->n_message);
    fgr_store_be32(out + 4, fgr_record_checksum(table, record));
    fgr_store_be32(out + 8, record->timestamp);
    memcpy(out + FGR_RECORD_HEADER_BYTES, record->message, record->n_message);
    return n_bytes;
}
