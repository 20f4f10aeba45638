/* SPDX-License-Identifier: MIT */
#include "graph/image.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/forge.h"
#include "tests/support/small_net.h"

struct image {
    void *bytes;
    size_t n_bytes;
};

static struct image make_image(uint64_t seed)
{
    struct fgr_small_net net;
    struct fgr_import_report report;
    struct fgr_error err;
    struct image image;
    fgr_small_net_make(&net, seed);
    cr_assert_eq(fgr_small_net_build(&net, &image.bytes, &image.n_bytes, &report, NULL, &err),
                 FGR_OK, "%s", err.text);
    return image;
}

static void free_image(struct image image)
{
    fgr_image_free(image.bytes, image.n_bytes);
}

/* ---- round trip ---------------------------------------------------------------------------- */

static void assert_half(const struct fgr_half *half, const struct fgr_policy_record *policy,
                        uint64_t capacity_sat)
{
    uint64_t capacity_msat = capacity_sat * 1000;
    uint64_t max_msat = policy->max_is_capacity ? capacity_msat : policy->htlc_max_msat;
    bool is_usable =
        !policy->disabled && policy->htlc_min_msat <= max_msat && max_msat <= capacity_msat;
    cr_assert_eq(half->htlc_min_msat, policy->htlc_min_msat);
    cr_assert_eq(half->htlc_max_msat, max_msat);
    cr_assert_eq(half->base_msat, policy->base_msat);
    cr_assert_eq(half->ppm, policy->ppm);
    cr_assert_eq(half->timestamp, policy->timestamp);
    cr_assert_eq(half->cltv_delta, policy->cltv_delta);
    cr_assert_eq(half->flags, FGR_HALF_KNOWN | (policy->disabled ? FGR_HALF_DISABLED : 0) |
                                  (is_usable ? FGR_HALF_USABLE : 0));
}

static void assert_chan(const struct fgr_view *view, const struct fgr_small_net *net, uint32_t i)
{
    const struct fgr_channel_record *record = &net->chans[i];
    const struct fgr_chan *chan = &view->chan[i];
    const uint8_t *ids[2] = {view->node_id + (size_t)chan->node[0] * FGR_NODE_ID_BYTES,
                             view->node_id + (size_t)chan->node[1] * FGR_NODE_ID_BYTES};
    int least = memcmp(record->node_id[0], record->node_id[1], FGR_NODE_ID_BYTES) > 0;
    uint32_t set = view->feature_set_first[chan->feature_set];
    cr_assert_eq(chan->scid, record->scid);
    cr_assert_eq(chan->capacity_sat, record->capacity_sat);
    cr_assert_eq(chan->flags, record->dying ? FGR_CHAN_DYING : 0);
    cr_assert_arr_eq(ids[0], record->node_id[least], FGR_NODE_ID_BYTES);
    cr_assert_arr_eq(ids[1], record->node_id[!least], FGR_NODE_ID_BYTES);
    cr_assert_eq(view->feature_set_first[chan->feature_set + 1] - set, record->features.len);
    cr_assert_arr_eq(view->feature_bytes + set, record->features.data, record->features.len);
    for (uint32_t half = 2 * i; half < 2 * i + 2; half++) {
        static const struct fgr_half blank;
        if (net->has_policy[half]) {
            assert_half(&view->half[half], &net->policies[half], record->capacity_sat);
        } else {
            cr_assert_arr_eq(&view->half[half], &blank, sizeof blank);
        }
    }
}

Test(image, holds_what_went_in)
{
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct fgr_small_net net;
        struct fgr_error err;
        struct fgr_view view;
        struct image image = make_image(seed);
        fgr_small_net_make(&net, seed);
        cr_assert_eq(fgr_image_load(&view, image.bytes, image.n_bytes, &err), FGR_OK, "%s",
                     err.text);
        cr_assert_eq(view.n_nodes, FGR_SMALL_NODES);
        cr_assert_eq(view.n_chans, FGR_SMALL_CHANS);
        for (uint32_t i = 0; i < FGR_SMALL_CHANS; i++) {
            assert_chan(&view, &net, i);
        }
        free_image(image);
    }
}

/* The same on every machine and by every compiler. A change of the format changes this number, and
 * with it FGR_IMAGE_VERSION once images are in use. */
Test(image, bytes_are_frozen)
{
    struct image image = make_image(1);
    cr_assert_eq(image.n_bytes, 7808);
    cr_assert_eq(fgr_hash(image.bytes, image.n_bytes), UINT64_C(0x458b37a79bde30a1));
    free_image(image);
}

/* ---- damage -------------------------------------------------------------------------------- */

/* Loads a copy that ends where its allocation ends, so that the sanitizers see an overrun. */
static enum fgr_err load_copy(const void *bytes, size_t n_bytes, struct fgr_error *err)
{
    struct fgr_view view;
    void *copy = malloc(n_bytes > 0 ? n_bytes : 1);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, n_bytes);
    enum fgr_err rc = fgr_image_load(&view, copy, n_bytes, err);
    free(copy);
    return rc;
}

Test(image, refuses_every_truncation)
{
    struct image image = make_image(1);
    struct fgr_error err;
    cr_assert_eq(load_copy(image.bytes, image.n_bytes, &err), FGR_OK);
    for (size_t n = 0; n < image.n_bytes; n++) {
        cr_assert_eq(load_copy(image.bytes, n, &err), FGR_ERR_FORMAT, "%zu bytes", n);
        cr_assert_not_null(strstr(err.text, n == 0 ? "empty" : "truncated"), "%s", err.text);
    }
    free_image(image);
}

Test(image, refuses_every_flipped_bit)
{
    struct image image = make_image(2);
    struct fgr_error err;
    for (size_t i = 0; i < image.n_bytes; i++) {
        uint8_t *byte = (uint8_t *)image.bytes + i;
        for (unsigned bit = 0; bit < 8; bit++) {
            *byte ^= (uint8_t)(1U << bit);
            cr_assert_eq(load_copy(image.bytes, image.n_bytes, &err), FGR_ERR_FORMAT,
                         "byte %zu, bit %u", i, bit);
            *byte ^= (uint8_t)(1U << bit);
        }
    }
    cr_assert_eq(load_copy(image.bytes, image.n_bytes, &err), FGR_OK);
    free_image(image);
}

static void assert_complaint(const struct fgr_error *err, const char *complaint)
{
    cr_assert_eq(err->code, FGR_ERR_FORMAT);
    cr_assert_not_null(strstr(err->text, complaint), "'%s' does not say '%s'", err->text,
                       complaint);
}

Test(image, refuses_foreign_bytes_with_the_reason)
{
    static const uint64_t json[2] = {0};
    struct image image = make_image(3);
    uint8_t *longer = calloc(1, image.n_bytes + 64);
    struct fgr_view view;
    struct fgr_error err;
    cr_assert_not_null(longer);
    memcpy(longer, image.bytes, image.n_bytes);
    cr_assert_eq(load_copy(json, sizeof json, &err), FGR_ERR_FORMAT);
    assert_complaint(&err, "not an image");
    cr_assert_eq(load_copy(longer, image.n_bytes + 64, &err), FGR_ERR_FORMAT);
    assert_complaint(&err, "followed by other bytes");
    cr_assert_eq(fgr_image_load(&view, longer + 1, image.n_bytes, &err), FGR_ERR_ARG);
    free(longer);
    free_image(image);
}

/* ---- forged containers --------------------------------------------------------------------- */

struct forgery {
    enum fgr_section kind; /* 0: the field is in the header */
    size_t field;          /* offset in the header or in the section's row of the table */
    size_t width;
    uint64_t value;
    const char *complaint;
};

#define HEADER(field, value, complaint)                                        \
    {                                                                          \
        0, offsetof(struct fgr_image_header, field),                           \
            sizeof(((struct fgr_image_header *)NULL)->field), value, complaint \
    }
#define ROW(kind, field, value, complaint)                                      \
    {                                                                           \
        kind, offsetof(struct fgr_image_section, field),                        \
            sizeof(((struct fgr_image_section *)NULL)->field), value, complaint \
    }

static const struct forgery forgeries[] = {
    HEADER(version, 2, "image version 2, this build reads version 1"),
    HEADER(version, 0, "image version 0"),
    HEADER(n_sections, FGR_SECTION_COUNT - 1, "sections"),
    HEADER(n_sections, UINT32_MAX, "sections"),
    HEADER(file_bytes, 0, "followed by other bytes"),
    HEADER(file_bytes, UINT64_MAX, "truncated"),
    HEADER(n_nodes, FGR_SMALL_NODES - 1, "does not fit the header"),
    HEADER(n_nodes, UINT32_MAX, "more than there can be"),
    HEADER(n_chans, FGR_SMALL_CHANS + 1, "does not fit the header"),
    HEADER(n_chans, UINT32_MAX, "more than there can be"),
    HEADER(n_usable, 1, "does not fit the header"),
    HEADER(reserved[0], 1, "reserved field"),
    HEADER(reserved[4], 1, "reserved field"),
    ROW(FGR_SECTION_NODE_ID, kind, 2, "section node_id of the image is not where it belongs"),
    ROW(FGR_SECTION_HALF, elem_bytes, 16, "section half of the image is not where it belongs"),
    ROW(FGR_SECTION_HALF, elem_bytes, 0, "section half of the image is not where it belongs"),
    ROW(FGR_SECTION_CHAN, offset, 0, "section chan of the image is not where it belongs"),
    ROW(FGR_SECTION_CHAN, offset, UINT64_MAX - 63, "is not where it belongs"),
    ROW(FGR_SECTION_CHAN, count, UINT64_MAX, "more than fit"),
    ROW(FGR_SECTION_CHAN, count, UINT64_MAX / 32, "more than fit"),
    ROW(FGR_SECTION_OUT_MAX, count, 0, "bytes behind its last section"),
    ROW(FGR_SECTION_IN_PPM, count, 0, "in_cltv of the image is not where it belongs"),
};

Test(image, refuses_forged_headers)
{
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const struct forgery *forgery = &forgeries[i];
        struct image image = make_image(4);
        struct fgr_error err;
        uint8_t *target = forgery->kind == 0
                              ? image.bytes
                              : (uint8_t *)fgr_forge_section(image.bytes, forgery->kind);
        memcpy(target + forgery->field, &forgery->value, forgery->width);
        fgr_forge_seal(image.bytes, image.n_bytes);
        cr_assert_eq(load_copy(image.bytes, image.n_bytes, &err), FGR_ERR_FORMAT, "forgery %zu", i);
        assert_complaint(&err, forgery->complaint);
        free_image(image);
    }
}

/* Zeros are all that may stand between the sections. */
Test(image, refuses_bytes_in_the_padding)
{
    struct image image = make_image(5);
    struct fgr_error err;
    size_t n_padding = 0;
    for (uint32_t kind = 0; kind <= FGR_SECTION_COUNT; kind++) {
        size_t begin = FGR_FORGE_HEAD_BYTES, end = (begin + 63) / 64 * 64;
        if (kind > 0) {
            const struct fgr_image_section *section = fgr_forge_section(image.bytes, kind);
            begin = section->offset + section->count * section->elem_bytes;
            end = (begin + 63) / 64 * 64;
        }
        for (size_t i = begin; i < end; i++) {
            ((uint8_t *)image.bytes)[i] = 1;
            cr_assert_eq(load_copy(image.bytes, image.n_bytes, &err), FGR_ERR_FORMAT);
            assert_complaint(&err, "is not padded with zeros");
            ((uint8_t *)image.bytes)[i] = 0;
            n_padding++;
        }
    }
    cr_assert_gt(n_padding, 100);
    free_image(image);
}

/* ---- writing ------------------------------------------------------------------------------- */

struct folder {
    char path[64];
    char file[96]; /* a name in it */
};

static struct folder make_folder(void)
{
    struct folder folder = {.path = "/tmp/fgr-test-image-XXXXXX"};
    cr_assert_not_null(mkdtemp(folder.path));
    snprintf(folder.file, sizeof folder.file, "%s/g.fgr", folder.path);
    return folder;
}

static int count_entries(const char *path)
{
    int n = 0;
    DIR *dir = opendir(path);
    cr_assert_not_null(dir);
    while (readdir(dir) != NULL) {
        n++;
    }
    closedir(dir);
    return n - 2;
}

static void assert_file(const char *path, const void *bytes, size_t n_bytes)
{
    FILE *file = fopen(path, "rb");
    char *read = malloc(n_bytes + 1);
    cr_assert_not_null(file);
    cr_assert_not_null(read);
    cr_assert_eq(fread(read, 1, n_bytes + 1, file), n_bytes);
    cr_assert_arr_eq(read, bytes, n_bytes);
    fclose(file);
    free(read);
}

Test(image, write_creates_and_replaces)
{
    struct folder folder = make_folder();
    struct image image = make_image(6);
    struct stat status;
    cr_assert_eq(fgr_image_write(folder.file, "old", 3, NULL), FGR_OK);
    assert_file(folder.file, "old", 3);
    cr_assert_eq(fgr_image_write(folder.file, image.bytes, image.n_bytes, NULL), FGR_OK);
    assert_file(folder.file, image.bytes, image.n_bytes);
    cr_assert_eq(stat(folder.file, &status), 0);
    mode_t mask = umask(0);
    umask(mask);
    cr_assert_eq(status.st_mode & 0777, 0666 & ~mask);
    cr_assert_eq(count_entries(folder.path), 1, "no temporary file is left");
    cr_assert_eq(chdir(folder.path), 0);
    cr_assert_eq(fgr_image_write("h.fgr", "new", 3, NULL), FGR_OK, "without a folder");
    assert_file("h.fgr", "new", 3);
    unlink("h.fgr");
    unlink(folder.file);
    cr_assert_eq(rmdir(folder.path), 0);
    free_image(image);
}

static void assert_write_fails(const char *path, const char *complaint)
{
    struct fgr_error err;
    cr_assert_eq(fgr_image_write(path, "new", 3, &err), FGR_ERR_IO, "%s", path);
    cr_assert_not_null(strstr(err.text, complaint), "'%s' does not say '%s'", err.text, complaint);
}

Test(image, write_names_what_is_in_the_way)
{
    struct folder folder = make_folder();
    char path[4096];
    assert_write_fails(folder.path, "it is a directory");
    snprintf(path, sizeof path, "%s/", folder.path);
    assert_write_fails(path, "it is a directory");
    snprintf(path, sizeof path, "%s/none/g.fgr", folder.path);
    assert_write_fails(path, "No such file or directory");
    assert_write_fails("", "it names no file");
    snprintf(path, sizeof path, "%s/none/", folder.path);
    assert_write_fails(path, "it names no file");
    snprintf(path, sizeof path, "%s/%0300d", folder.path, 0);
    assert_write_fails(path, "File name too long");
    cr_assert_eq(mkfifo(folder.file, 0600), 0);
    assert_write_fails(folder.file, "it is not a regular file");
    unlink(folder.file);
    cr_assert_eq(fgr_image_write(folder.file, "old", 3, NULL), FGR_OK);
    snprintf(path, sizeof path, "%s/g.fgr", folder.file);
    assert_write_fails(path, "Not a directory");
    cr_assert_eq(count_entries(folder.path), 1);
    unlink(folder.file);
    cr_assert_eq(rmdir(folder.path), 0);
}

/* As on a full disk: the old file stays, the new one leaves no trace. */
Test(image, write_that_fails_half_way_changes_nothing)
{
    struct folder folder = make_folder();
    struct image image = make_image(7);
    struct fgr_error err;
    const struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    cr_assert_eq(fgr_image_write(folder.file, "old", 3, NULL), FGR_OK);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(fgr_image_write(folder.file, image.bytes, image.n_bytes, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "File too large"), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "g.fgr"), "%s", err.text);
    assert_file(folder.file, "old", 3);
    cr_assert_eq(count_entries(folder.path), 1);
    unlink(folder.file);
    cr_assert_eq(rmdir(folder.path), 0);
    free_image(image);
}
