/* SPDX-License-Identifier: MIT */
/*
 * forge.h - makes the checksums of a changed image right again, as somebody would who wants to lead
 * a reader astray. Written from the description in graph/image.h, not from its code.
 *
 * Threads: one thread per image.
 */
#ifndef FGR_TESTS_SUPPORT_FORGE_H
#define FGR_TESTS_SUPPORT_FORGE_H

#include <string.h>

#include "graph/image.h"
#include "graph/util/hash.h"

#define FGR_FORGE_HEAD_BYTES \
    (sizeof(struct fgr_image_header) + FGR_SECTION_COUNT * sizeof(struct fgr_image_section))

static inline struct fgr_image_section *fgr_forge_section(void *bytes, enum fgr_section kind)
{
    struct fgr_image_section *table = (void *)((struct fgr_image_header *)bytes + 1);
    return &table[kind - 1];
}

/* Element i of a section, without any check. */
static inline void *fgr_forge_at(void *bytes, enum fgr_section kind, size_t i)
{
    const struct fgr_image_section *section = fgr_forge_section(bytes, kind);
    return (uint8_t *)bytes + section->offset + i * section->elem_bytes;
}

/* `bytes` are aligned to 8; sections that reach beyond the end keep their checksum. */
static inline void fgr_forge_seal(void *bytes, size_t n_bytes)
{
    struct fgr_image_header *header = bytes;
    if (n_bytes < FGR_FORGE_HEAD_BYTES) {
        return;
    }
    for (int kind = 1; kind <= FGR_SECTION_COUNT; kind++) {
        struct fgr_image_section *section = fgr_forge_section(bytes, (enum fgr_section)kind);
        if (section->offset <= n_bytes && section->elem_bytes > 0 &&
            section->count <= (n_bytes - section->offset) / section->elem_bytes) {
            section->checksum =
                fgr_hash((uint8_t *)bytes + section->offset, section->count * section->elem_bytes);
        }
    }
    header->checksum = 0;
    header->checksum = fgr_hash(bytes, FGR_FORGE_HEAD_BYTES);
}

#endif
