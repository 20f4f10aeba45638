/* SPDX-License-Identifier: MIT */
/*
 * image.c - the container: layout, checksums, and the way to and from a file.
 *
 * The layout is a function of the counts: sections stand in the order of their kinds, each at the
 * next multiple of 64. Loading computes it again and compares, so there is no offset to trust.
 */
#include "graph/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/audit.h"
#include "graph/util/error.h"
#include "graph/util/hash.h"

static const uint8_t magic[8] = {0x89, 'F', 'G', 'R', '\r', '\n', 0x1a, '\n'};

_Static_assert(sizeof(struct fgr_image_header) == 64, "file format");
_Static_assert(sizeof(struct fgr_image_section) == 32, "file format");
_Static_assert(sizeof(struct fgr_chan) == 32, "file format");
_Static_assert(sizeof(struct fgr_half) == 32, "file format");
_Static_assert(sizeof(struct fgr_inbound) == 12, "file format");
_Static_assert(sizeof(float) == 4, "file format");

#define CHANNELS_MAX (UINT32_C(1) << 30)

/* What stands before the first section. */
struct head {
    struct fgr_image_header header;
    struct fgr_image_section table[FGR_SECTION_COUNT];
};

/* How many elements a section has. */
enum count_rule { ANY, PER_NODE, PER_NODE_AND_ONE, PER_CHAN, PER_HALF, PER_USABLE };

struct section_rule {
    const char *name;
    uint32_t elem_bytes;
    enum count_rule count_rule;
};

static const struct section_rule section_rules[FGR_SECTION_COUNT] = {
    [FGR_SECTION_NODE_ID - 1] = {"node_id", FGR_NODE_ID_BYTES, PER_NODE},
    [FGR_SECTION_NODE_TIMESTAMP - 1] = {"node_timestamp", 4, PER_NODE},
    [FGR_SECTION_NODE_FEATURE_SET - 1] = {"node_feature_set", 4, PER_NODE},
    [FGR_SECTION_NODE_CHANNELS - 1] = {"node_channels", 4, PER_NODE},
    [FGR_SECTION_ALIAS_FIRST - 1] = {"alias_first", 4, PER_NODE_AND_ONE},
    [FGR_SECTION_ALIAS_BYTES - 1] = {"alias_bytes", 1, ANY},
    [FGR_SECTION_ALIAS_ORDER - 1] = {"alias_order", 4, ANY},
    [FGR_SECTION_FEATURE_SET_FIRST - 1] = {"feature_set_first", 4, ANY},
    [FGR_SECTION_FEATURE_BYTES - 1] = {"feature_bytes", 1, ANY},
    [FGR_SECTION_CHAN - 1] = {"chan", sizeof(struct fgr_chan), PER_CHAN},
    [FGR_SECTION_HALF - 1] = {"half", sizeof(struct fgr_half), PER_HALF},
    [FGR_SECTION_INBOUND - 1] = {"inbound", sizeof(struct fgr_inbound), ANY},
    [FGR_SECTION_IN_FIRST - 1] = {"in_first", 4, PER_NODE_AND_ONE},
    [FGR_SECTION_IN_NBR - 1] = {"in_nbr", 4, PER_USABLE},
    [FGR_SECTION_IN_EDGE - 1] = {"in_edge", 4, PER_USABLE},
    [FGR_SECTION_IN_BASE - 1] = {"in_base", 4, PER_USABLE},
    [FGR_SECTION_IN_PPM - 1] = {"in_ppm", 4, PER_USABLE},
    [FGR_SECTION_IN_CLTV - 1] = {"in_cltv", 2, PER_USABLE},
    [FGR_SECTION_IN_INV_CAP - 1] = {"in_inv_cap", 4, PER_USABLE},
    [FGR_SECTION_IN_MAX - 1] = {"in_max", 4, PER_USABLE},
    [FGR_SECTION_OUT_FIRST - 1] = {"out_first", 4, PER_NODE_AND_ONE},
    [FGR_SECTION_OUT_NBR - 1] = {"out_nbr", 4, PER_USABLE},
    [FGR_SECTION_OUT_EDGE - 1] = {"out_edge", 4, PER_USABLE},
    [FGR_SECTION_OUT_BASE - 1] = {"out_base", 4, PER_USABLE},
    [FGR_SECTION_OUT_PPM - 1] = {"out_ppm", 4, PER_USABLE},
    [FGR_SECTION_OUT_CLTV - 1] = {"out_cltv", 2, PER_USABLE},
    [FGR_SECTION_OUT_INV_CAP - 1] = {"out_inv_cap", 4, PER_USABLE},
    [FGR_SECTION_OUT_MAX - 1] = {"out_max", 4, PER_USABLE},
};

static uint64_t align_up(uint64_t bytes)
{
    return (bytes + FGR_IMAGE_ALIGN - 1) & ~(uint64_t)(FGR_IMAGE_ALIGN - 1);
}

static uint64_t head_checksum(const struct head *head)
{
    struct head copy = *head;
    copy.header.checksum = 0;
    return fgr_hash(&copy, sizeof copy);
}

/* ---- encode -------------------------------------------------------------------------------- */

enum fgr_err fgr_image_encode(void **out_bytes, size_t *out_n_bytes,
                              const struct fgr_image_part parts[FGR_SECTION_COUNT],
                              const struct fgr_image_counts *counts, struct fgr_error *err)
{
    struct head head = {.header = {.version = FGR_IMAGE_VERSION,
                                   .n_sections = FGR_SECTION_COUNT,
                                   .n_nodes = counts->n_nodes,
                                   .n_chans = counts->n_chans,
                                   .n_usable = counts->n_usable}};
    uint64_t end = align_up(sizeof head);
    for (uint32_t i = 0; i < FGR_SECTION_COUNT; i++) {
        head.table[i] = (struct fgr_image_section){.kind = i + 1,
                                                   .elem_bytes = section_rules[i].elem_bytes,
                                                   .offset = end,
                                                   .count = parts[i].count};
        end = align_up(end + parts[i].count * head.table[i].elem_bytes);
    }
    uint8_t *bytes = aligned_alloc(FGR_IMAGE_ALIGN, end);
    if (bytes == NULL) {
        return fgr_fail_memory(err, end);
    }
    memset(bytes, 0, end);
    for (uint32_t i = 0; i < FGR_SECTION_COUNT; i++) {
        uint64_t n_bytes = parts[i].count * head.table[i].elem_bytes;
        if (n_bytes > 0) {
            memcpy(bytes + head.table[i].offset, parts[i].data, n_bytes);
        }
        head.table[i].checksum = fgr_hash(bytes + head.table[i].offset, n_bytes);
    }
    memcpy(head.header.magic, magic, sizeof magic);
    head.header.file_bytes = end;
    head.header.checksum = head_checksum(&head);
    memcpy(bytes, &head, sizeof head);
    *out_bytes = bytes;
    *out_n_bytes = end;
    return FGR_OK;
}

void fgr_image_free(void *bytes, size_t n_bytes)
{
    (void)n_bytes;
    free(bytes);
}

/* ---- load ---------------------------------------------------------------------------------- */

static enum fgr_err check_header(const struct head *head, size_t n_bytes, struct fgr_error *err)
{
    const struct fgr_image_header *header = &head->header;
    if (header->checksum != head_checksum(head)) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0,
                           "the image header is damaged: its checksum does not match");
    }
    if (header->n_sections != FGR_SECTION_COUNT) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 12,
                           "the image has %" PRIu32 " sections, version %d has %d",
                           header->n_sections, FGR_IMAGE_VERSION, FGR_SECTION_COUNT);
    }
    if (header->file_bytes != n_bytes) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, n_bytes,
                           "the image is %s: %zu bytes of %" PRIu64,
                           n_bytes < header->file_bytes ? "truncated" : "followed by other bytes",
                           n_bytes, header->file_bytes);
    }
    for (size_t i = 0; i < sizeof header->reserved / sizeof header->reserved[0]; i++) {
        if (header->reserved[i] != 0) {
            return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 36 + 4 * i,
                               "the image header has a reserved field that is not zero");
        }
    }
    return FGR_OK;
}

/* Magic, version and length come before the checksum, which is of no help with foreign bytes. */
static enum fgr_err read_head(struct head *out_head, const uint8_t *bytes, size_t n_bytes,
                              struct fgr_error *err)
{
    size_t n_magic = n_bytes < sizeof magic ? n_bytes : sizeof magic;
    if (n_bytes == 0) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0, "the image is empty");
    }
    if (memcmp(bytes, magic, n_magic) != 0) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 0,
                           "not an image: it does not start with 89 'FGR' (a snapshot of another "
                           "format has to be imported first)");
    }
    if (n_bytes < sizeof *out_head) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, n_bytes,
                           "the image is truncated: %zu bytes, the header alone has %zu", n_bytes,
                           sizeof *out_head);
    }
    memcpy(out_head, bytes, sizeof *out_head);
    if (out_head->header.version != FGR_IMAGE_VERSION) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 8,
                           "image version %" PRIu32 ", this build reads version %d: import the "
                           "snapshot again",
                           out_head->header.version, FGR_IMAGE_VERSION);
    }
    return check_header(out_head, n_bytes, err);
}

enum fgr_err fgr_image_check_head(const void *bytes, size_t n_bytes, struct fgr_error *err)
{
    struct head head;
    return read_head(&head, bytes, n_bytes, err);
}

static bool is_zero(const uint8_t *bytes, uint64_t n_bytes)
{
    uint8_t sum = 0;
    for (uint64_t i = 0; i < n_bytes; i++) {
        sum |= bytes[i];
    }
    return sum == 0;
}

static enum fgr_err check_section(const uint8_t *bytes, uint64_t *io_end,
                                  const struct fgr_image_section *section, uint32_t kind,
                                  uint64_t file_bytes, struct fgr_error *err)
{
    const char *name = section_rules[kind - 1].name;
    if (section->kind != kind || section->elem_bytes != section_rules[kind - 1].elem_bytes ||
        section->offset != *io_end) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, kind - 1, section->offset,
                           "section %s of the image is not where it belongs", name);
    }
    if (section->count > (file_bytes - section->offset) / section->elem_bytes) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, kind - 1, section->offset,
                           "section %s of the image has %" PRIu64 " elements, more than fit", name,
                           section->count);
    }
    uint64_t n_bytes = section->count * section->elem_bytes;
    if (section->checksum != fgr_hash(bytes + section->offset, n_bytes)) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, kind - 1, section->offset,
                           "section %s of the image is damaged: its checksum does not match", name);
    }
    uint64_t end = align_up(section->offset + n_bytes);
    if (end > file_bytes ||
        !is_zero(bytes + section->offset + n_bytes, end - section->offset - n_bytes)) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, kind - 1, section->offset + n_bytes,
                           "section %s of the image is not padded with zeros", name);
    }
    *io_end = end;
    return FGR_OK;
}

static enum fgr_err check_sections(const uint8_t *bytes, const struct head *head,
                                   struct fgr_error *err)
{
    uint64_t end = align_up(sizeof *head);
    if (head->header.file_bytes < end || !is_zero(bytes + sizeof *head, end - sizeof *head)) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, sizeof *head,
                           "the image header is not padded with zeros");
    }
    for (uint32_t i = 0; i < FGR_SECTION_COUNT; i++) {
        enum fgr_err rc =
            check_section(bytes, &end, &head->table[i], i + 1, head->header.file_bytes, err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    if (end != head->header.file_bytes) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, end,
                           "the image has bytes behind its last section");
    }
    return FGR_OK;
}

/* UINT64_MAX where the counts of the header say nothing. */
static uint64_t expected_count(const struct fgr_image_header *header, enum count_rule rule)
{
    switch (rule) {
    case ANY:
        return UINT64_MAX;
    case PER_NODE:
        return header->n_nodes;
    case PER_NODE_AND_ONE:
        return (uint64_t)header->n_nodes + 1;
    case PER_CHAN:
        return header->n_chans;
    case PER_HALF:
        return 2 * (uint64_t)header->n_chans;
    case PER_USABLE:
        return header->n_usable;
    }
    return UINT64_MAX;
}

static enum fgr_err check_counts(const struct head *head, struct fgr_error *err)
{
    const struct fgr_image_section *sets = &head->table[FGR_SECTION_FEATURE_SET_FIRST - 1];
    if (head->header.n_nodes >= FGR_IDX_NONE || head->header.n_chans > CHANNELS_MAX) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_NO_POSITION, 24,
                           "the image claims %" PRIu32 " nodes and %" PRIu32
                           " channels, more than there can be",
                           head->header.n_nodes, head->header.n_chans);
    }
    for (uint32_t i = 0; i < FGR_SECTION_COUNT; i++) {
        const struct fgr_image_section *section = &head->table[i];
        uint64_t expected = expected_count(&head->header, section_rules[i].count_rule);
        if (section->count > UINT32_MAX || (expected != UINT64_MAX && section->count != expected)) {
            return fgr_fail_at(err, FGR_ERR_FORMAT, i, section->offset,
                               "section %s of the image has %" PRIu64
                               " elements, which does not fit the header",
                               section_rules[i].name, section->count);
        }
    }
    if (sets->count < 2) {
        return fgr_fail_at(err, FGR_ERR_FORMAT, FGR_SECTION_FEATURE_SET_FIRST - 1, sets->offset,
                           "the image lacks the empty feature set");
    }
    return FGR_OK;
}

static const void *data_of(const uint8_t *bytes, const struct head *head, enum fgr_section kind)
{
    return bytes + head->table[kind - 1].offset;
}

/* The eight sections of one direction follow each other. */
static void bind_adjacency(struct fgr_adjacency *out, const uint8_t *bytes, const struct head *head,
                           enum fgr_section first_kind)
{
    out->first = data_of(bytes, head, first_kind);
    out->nbr = data_of(bytes, head, first_kind + 1);
    out->edge = data_of(bytes, head, first_kind + 2);
    out->base_msat = data_of(bytes, head, first_kind + 3);
    out->ppm = data_of(bytes, head, first_kind + 4);
    out->cltv = data_of(bytes, head, first_kind + 5);
    out->inv_cap = data_of(bytes, head, first_kind + 6);
    out->max_msat = data_of(bytes, head, first_kind + 7);
}

static void bind_view(struct fgr_view *out, const uint8_t *bytes, const struct head *head)
{
    const struct fgr_image_section *table = head->table;
    *out = (struct fgr_view){
        .n_nodes = head->header.n_nodes,
        .n_chans = head->header.n_chans,
        .n_usable = head->header.n_usable,
        .n_aliased = (uint32_t)table[FGR_SECTION_ALIAS_ORDER - 1].count,
        .n_feature_sets = (uint32_t)table[FGR_SECTION_FEATURE_SET_FIRST - 1].count - 1,
        .n_inbound = (uint32_t)table[FGR_SECTION_INBOUND - 1].count,
        .node_id = data_of(bytes, head, FGR_SECTION_NODE_ID),
        .node_timestamp = data_of(bytes, head, FGR_SECTION_NODE_TIMESTAMP),
        .node_feature_set = data_of(bytes, head, FGR_SECTION_NODE_FEATURE_SET),
        .node_channels = data_of(bytes, head, FGR_SECTION_NODE_CHANNELS),
        .alias_first = data_of(bytes, head, FGR_SECTION_ALIAS_FIRST),
        .alias_bytes = data_of(bytes, head, FGR_SECTION_ALIAS_BYTES),
        .alias_order = data_of(bytes, head, FGR_SECTION_ALIAS_ORDER),
        .feature_set_first = data_of(bytes, head, FGR_SECTION_FEATURE_SET_FIRST),
        .feature_bytes = data_of(bytes, head, FGR_SECTION_FEATURE_BYTES),
        .chan = data_of(bytes, head, FGR_SECTION_CHAN),
        .half = data_of(bytes, head, FGR_SECTION_HALF),
        .inbound = data_of(bytes, head, FGR_SECTION_INBOUND),
        .base = bytes,
        .n_bytes = head->header.file_bytes,
    };
    bind_adjacency(&out->in, bytes, head, FGR_SECTION_IN_FIRST);
    bind_adjacency(&out->out, bytes, head, FGR_SECTION_OUT_FIRST);
}

enum fgr_err fgr_image_load(struct fgr_view *out_view, const void *bytes, size_t n_bytes,
                            struct fgr_error *err)
{
    struct head head = {0};
    struct fgr_view view;
    if ((uintptr_t)bytes % sizeof(uint64_t) != 0) {
        return fgr_fail(err, FGR_ERR_ARG, "the image is not aligned to 8 bytes in memory");
    }
    enum fgr_err rc = read_head(&head, bytes, n_bytes, err);
    if (rc == FGR_OK) {
        rc = check_sections(bytes, &head, err);
    }
    if (rc == FGR_OK) {
        rc = check_counts(&head, err);
    }
    if (rc == FGR_OK) {
        bind_view(&view, bytes, &head);
        rc = fgr_audit(&view, (uint32_t)head.table[FGR_SECTION_ALIAS_BYTES - 1].count,
                       (uint32_t)head.table[FGR_SECTION_FEATURE_BYTES - 1].count, err);
    }
    if (rc == FGR_OK) {
        *out_view = view;
    }
    return rc;
}

/* ---- write --------------------------------------------------------------------------------- */

/* A target that is being replaced: a new file in the same folder, renamed when complete. */
struct replacement {
    const char *path;
    const char *name; /* last component of path */
    int folder;
    int file;
    bool has_temp;      /* temp_name stands in the folder */
    char temp_name[32]; /* independent of `name`, which may already be as long as can be */
};

static enum fgr_err io_error(struct fgr_error *err, const char *what, const char *path)
{
    int reason = errno;
    return fgr_fail(err, FGR_ERR_IO, "cannot %s %s: %s", what, fgr_path_shown(path),
                    strerror(reason));
}

static enum fgr_err check_target(const char *path, const char *name, struct fgr_error *err)
{
    struct stat status;
    const char *shown = fgr_path_shown(path);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return fgr_fail(err, FGR_ERR_IO, "cannot write %s: it is %s", shown,
                        S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
    }
    if (name[0] == '\0') {
        return fgr_fail(err, FGR_ERR_IO, "cannot write '%s': it names no file", shown);
    }
    return FGR_OK;
}

static enum fgr_err open_folder(struct replacement *out, struct fgr_error *err)
{
    size_t n_folder = (size_t)(out->name - out->path);
    char *folder = n_folder == 0 ? strdup(".") : strndup(out->path, n_folder);
    if (folder == NULL) {
        return fgr_fail_memory(err, n_folder + 1);
    }
    enum fgr_err rc = FGR_OK;
    out->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->folder < 0) {
        rc = io_error(err, "open the folder", folder);
    }
    free(folder);
    return rc;
}

/* With the permissions that the umask leaves. */
static enum fgr_err create_temp(struct replacement *out, struct fgr_error *err)
{
    uint64_t number;
    enum fgr_err rc = fgr_random_bytes(&number, sizeof number, err);
    if (rc != FGR_OK) {
        return rc;
    }
    snprintf(out->temp_name, sizeof out->temp_name, ".fgr-%016" PRIx64 ".tmp", number);
    out->file = openat(out->folder, out->temp_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (out->file < 0) {
        return io_error(err, "create a temporary file beside", out->path);
    }
    out->has_temp = true;
    return FGR_OK;
}

static enum fgr_err write_all(struct replacement *replacement, const uint8_t *bytes, size_t n_bytes,
                              struct fgr_error *err)
{
    size_t n_done = 0;
    while (n_done < n_bytes) {
        ssize_t n = write(replacement->file, bytes + n_done, n_bytes - n_done);
        if (n < 0 && errno != EINTR) {
            return io_error(err, "write", replacement->path);
        }
        n_done += n > 0 ? (size_t)n : 0;
    }
    if (fsync(replacement->file) != 0) {
        return io_error(err, "sync", replacement->path);
    }
    return FGR_OK;
}

/* After the rename the file is complete; the sync of the folder makes it survive a power cut. */
static enum fgr_err put_in_place(struct replacement *replacement, struct fgr_error *err)
{
    if (renameat(replacement->folder, replacement->temp_name, replacement->folder,
                 replacement->name) != 0) {
        return io_error(err, "replace", replacement->path);
    }
    replacement->has_temp = false;
    if (fsync(replacement->folder) != 0 && errno != EINVAL) { /* EINVAL: folders need no sync */
        return io_error(err, "sync the folder of", replacement->path);
    }
    return FGR_OK;
}

static void release(struct replacement *replacement)
{
    if (replacement->has_temp) {
        unlinkat(replacement->folder, replacement->temp_name, 0);
    }
    if (replacement->file >= 0) {
        close(replacement->file);
    }
    if (replacement->folder >= 0) {
        close(replacement->folder);
    }
}

enum fgr_err fgr_image_write(const char *path, const void *bytes, size_t n_bytes,
                             struct fgr_error *err)
{
    const char *slash = strrchr(path, '/');
    struct replacement replacement = {
        .path = path, .name = slash == NULL ? path : slash + 1, .folder = -1, .file = -1};
    enum fgr_err rc = check_target(path, replacement.name, err);
    if (rc == FGR_OK) {
        rc = open_folder(&replacement, err);
    }
    if (rc == FGR_OK) {
        rc = create_temp(&replacement, err);
    }
    if (rc == FGR_OK) {
        rc = write_all(&replacement, bytes, n_bytes, err);
    }
    if (rc == FGR_OK) {
        rc = put_in_place(&replacement, err);
    }
    release(&replacement);
    return rc;
}
