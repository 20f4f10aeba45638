/* SPDX-License-Identifier: MIT */
#include "fulgurite/graph.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/import/image_input.h"
#include "tests/support/packer.h"
#include "tests/support/store_maker.h"

#define SCID (UINT64_C(700000) << 40 | 1)

/* ---- a folder of one's own ----------------------------------------------------------------- */

struct folder {
    char path[64];
    char in[96], out[96], nodes[96];
};

static void make_folder(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/fgr-import-XXXXXX");
    cr_assert_not_null(mkdtemp(folder->path));
    snprintf(folder->in, sizeof folder->in, "%s/in", folder->path);
    snprintf(folder->out, sizeof folder->out, "%s/out", folder->path);
    snprintf(folder->nodes, sizeof folder->nodes, "%s/nodes", folder->path);
}

static size_t count_files(const struct folder *folder)
{
    size_t n = 0;
    DIR *dir = opendir(folder->path);
    cr_assert_not_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    }
    closedir(dir);
    return n;
}

static void remove_folder(const struct folder *folder)
{
    unlink(folder->in);
    unlink(folder->out);
    unlink(folder->nodes);
    cr_assert_eq(rmdir(folder->path), 0, "files are left behind in %s", folder->path);
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, n, file), n);
    cr_assert_eq(fclose(file), 0);
}

static void read_file(struct fgr_bytes_maker *out, const char *path)
{
    FILE *file = fopen(path, "rb");
    char chunk[4096];
    size_t n;
    cr_assert_not_null(file, "%s", path);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) {
        fgr_bytes_put(out, chunk, n);
    }
    fclose(file);
}

static void assert_file(const char *path, const void *bytes, size_t n)
{
    struct fgr_bytes_maker got = {0};
    read_file(&got, path);
    cr_assert_eq(got.n, n);
    cr_assert_eq(memcmp(got.data, bytes, n), 0);
    fgr_bytes_free(&got);
}

static void make_store(struct fgr_bytes_maker *store)
{
    struct fgr_store_nodes nodes;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_be(store, 16, 1);
    fgr_store_put_channel(store, &(struct fgr_store_channel){
                                     .scid = SCID,
                                     .capacity_sat = 5000,
                                     .node_id = {nodes.id[0], nodes.id[1]},
                                 });
    fgr_store_put_update(store, &(struct fgr_store_update){
                                    .scid = SCID,
                                    .htlc_max_msat = 4000000,
                                    .ppm = 3,
                                    .timestamp = 1,
                                });
}

static enum fgr_err import(const struct folder *folder, struct fgr_error *err)
{
    *err = (struct fgr_error){0};
    return fgr_import(folder->in, folder->out, NULL, NULL, err);
}

/* ---- what goes well ------------------------------------------------------------------------ */

Test(import_files, compressed_or_not_it_is_the_same_image)
{
    static const enum fgr_compression all[] = {FGR_COMPRESSION_NONE, FGR_COMPRESSION_GZIP,
                                               FGR_COMPRESSION_BZIP2, FGR_COMPRESSION_XZ,
                                               FGR_COMPRESSION_ZSTD};
    struct folder folder;
    struct fgr_bytes_maker store = {0};
    struct fgr_imported expected;
    make_folder(&folder);
    make_store(&store);
    fgr_import_bytes(&expected, &store, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct fgr_bytes_maker packed = {0};
        struct fgr_import_report report;
        struct fgr_error err = {0};
        fgr_pack(&packed, all[i], store.data, store.n);
        write_file(folder.in, packed.data, packed.n);
        cr_assert_eq(fgr_import(folder.in, folder.out, NULL, &report, &err), FGR_OK, "%s",
                     err.text);
        assert_file(folder.out, expected.bytes, expected.n_bytes);
        cr_assert_eq(report.compression, all[i]);
        cr_assert_eq(report.format, FGR_FORMAT_GOSSIP_STORE);
        cr_assert_eq(report.bytes, store.n);
        cr_assert_eq(report.enabled, 1);
        cr_assert_eq(count_files(&folder), 2);
        fgr_bytes_free(&packed);
    }
    fgr_imported_free(&expected);
    fgr_bytes_free(&store);
    remove_folder(&folder);
}

Test(import_files, standard_input)
{
    struct folder folder;
    struct fgr_bytes_maker store = {0};
    struct fgr_imported expected;
    struct fgr_error err = {0};
    int ends[2];
    make_folder(&folder);
    make_store(&store);
    fgr_import_bytes(&expected, &store, NULL);
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], store.data, store.n), (ssize_t)store.n); /* fits the pipe */
    close(ends[1]);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    cr_assert_eq(fgr_import("-", folder.out, NULL, NULL, &err), FGR_OK, "%s", err.text);
    assert_file(folder.out, expected.bytes, expected.n_bytes);
    cr_assert_eq(fgr_import("-", folder.out, NULL, NULL, &err), FGR_ERR_FORMAT);
    cr_assert_str_eq(err.text, "standard input: the file is empty");
    close(STDIN_FILENO);
    cr_assert_eq(fgr_import("-", folder.out, NULL, NULL, &err), FGR_ERR_IO);
    cr_assert_eq(strncmp(err.text, "standard input: cannot read", 27), 0, "%s", err.text);
    assert_file(folder.out, expected.bytes, expected.n_bytes);
    fgr_imported_free(&expected);
    fgr_bytes_free(&store);
    remove_folder(&folder);
}

Test(import_files, an_image_is_taken_as_it_is)
{
    struct folder folder;
    struct fgr_bytes_maker store = {0}, image = {0}, packed = {0};
    struct fgr_import_report of_store, of_image;
    struct fgr_error err = {0};
    make_folder(&folder);
    make_store(&store);
    write_file(folder.in, store.data, store.n);
    cr_assert_eq(fgr_import(folder.in, folder.out, NULL, &of_store, &err), FGR_OK);
    read_file(&image, folder.out);
    fgr_pack(&packed, FGR_COMPRESSION_ZSTD, image.data, image.n);
    write_file(folder.in, packed.data, packed.n);
    write_file(folder.out, "", 0);
    cr_assert_eq(fgr_import(folder.in, folder.out, NULL, &of_image, &err), FGR_OK, "%s", err.text);
    assert_file(folder.out, image.data, image.n);
    cr_assert_eq(of_image.format, FGR_FORMAT_IMAGE);
    cr_assert_eq(of_image.compression, FGR_COMPRESSION_ZSTD);
    cr_assert_eq(of_image.bytes, image.n);
    cr_assert_eq(of_image.nodes, of_store.nodes);
    cr_assert_eq(of_image.channels, of_store.channels);
    cr_assert_eq(of_image.policies, of_store.policies);
    cr_assert_eq(of_image.enabled, of_store.enabled);
    cr_assert_eq(of_image.missing, of_store.missing);

    /* An image onto itself. */
    cr_assert_eq(fgr_import(folder.out, folder.out, NULL, NULL, &err), FGR_OK, "%s", err.text);
    assert_file(folder.out, image.data, image.n);
    fgr_bytes_free(&packed);
    fgr_bytes_free(&image);
    fgr_bytes_free(&store);
    remove_folder(&folder);
}

/* The counts of an image are those of the import that made it, whatever is in it. */
Test(import_files, an_image_is_counted_like_its_source)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker store = {0}, image = {0};
    struct fgr_imported of_store, of_image;
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_be(&store, 16, 1);
    for (unsigned i = 0; i < 6; i++) {
        fgr_store_put_channel(&store, &(struct fgr_store_channel){
                                          .scid = SCID + i,
                                          .capacity_sat = 5000,
                                          .node_id = {nodes.id[i / 3], nodes.id[4]},
                                          .flags = i == 2 ? 0x0800 : 0,
                                      });
        fgr_store_put_update(&store, &(struct fgr_store_update){
                                         .scid = SCID + i,
                                         .htlc_max_msat = i == 1 ? 5000001 : 4000,
                                         .htlc_min_msat = i == 3 ? 5000 : 0,
                                         .channel_flags = i == 5 ? 3 : 1,
                                         .extension = "\xfd\xd9\x03\x08\0\0\0\1\0\0\0\2",
                                         .n_extension = i == 4 ? 12 : 0,
                                     });
    }
    fgr_import_bytes(&of_store, &store, NULL);
    cr_assert_eq(of_store.code, FGR_OK, "%s", of_store.err.text);
    fgr_bytes_put(&image, of_store.bytes, of_store.n_bytes);
    fgr_import_bytes(&of_image, &image, NULL);
    cr_assert_eq(of_image.code, FGR_OK, "%s", of_image.err.text);
    const struct fgr_import_report *a = &of_store.report, *b = &of_image.report;
    cr_assert(a->nodes == 3 && b->nodes == 3);
    cr_assert(a->channels == 6 && b->channels == 6);
    cr_assert(a->policies == 6 && b->policies == 6);
    cr_assert(a->missing == 6 && b->missing == 6);
    cr_assert(a->enabled == 3 && b->enabled == 3);
    cr_assert(a->disabled == 1 && b->disabled == 1);
    cr_assert(a->dying == 1 && b->dying == 1);
    cr_assert(a->inbound_fees == 1 && b->inbound_fees == 1);
    cr_assert(a->parallel_channels == 4 && b->parallel_channels == 4);
    cr_assert(a->min_above_max == 1 && b->min_above_max == 1);
    cr_assert(a->max_above_capacity == 1 && b->max_above_capacity == 1);
    fgr_imported_free(&of_image);
    fgr_imported_free(&of_store);
    fgr_bytes_free(&image);
    fgr_bytes_free(&store);
}

/* ---- what does not ------------------------------------------------------------------------- */

Test(import_files, a_damaged_image_is_refused)
{
    struct fgr_bytes_maker store = {0}, image = {0};
    struct fgr_imported got;
    make_store(&store);
    fgr_import_bytes(&got, &store, NULL);
    fgr_bytes_put(&image, got.bytes, got.n_bytes);
    fgr_imported_free(&got);
    for (size_t at = 0; at < image.n; at += 7) {
        image.data[at] ^= 0x40;
        fgr_import_bytes(&got, &image, NULL);
        cr_assert_neq(got.code, FGR_OK, "byte %zu", at);
        cr_assert(at < 4 || strncmp(got.err.text, "image: ", 7) == 0, "%s", got.err.text);
        cr_assert_null(got.bytes);
        image.data[at] ^= 0x40;
    }
    size_t n_whole = image.n;
    for (image.n = 4; image.n < n_whole; image.n += image.n < 600 ? 1 : 61) {
        fgr_import_bytes(&got, &image, NULL);
        cr_assert_eq(got.code, FGR_ERR_FORMAT, "%zu of %zu", image.n, n_whole);
        cr_assert_eq(strncmp(got.err.text, "image: ", 7), 0, "%s", got.err.text);
    }
    image.n = n_whole;
    fgr_bytes_put_be(&image, 0, 1);
    fgr_import_bytes(&got, &image, NULL);
    cr_assert_eq(got.code, FGR_ERR_FORMAT);
    fgr_bytes_free(&image);
    fgr_bytes_free(&store);
}

Test(import_files, inputs_that_are_no_snapshot)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *reason;
    } cases[] = {
        {"", 0, "the file is empty"},
        {"\x10", 1, "the content is none of gossip_store, describegraph"},
        {"\x10", 1, "it begins with bytes 10"},
        {"hello\n", 6, "it begins with 'hello'"},
        {"<html>no such page</html>", 25, "it begins with '<html>no such page</html'"},
        {"PK\3\4\xff\x1b[31m", 10, "it begins with bytes 50 4b 03 04 ff 1b 5b 33"},
        {"\n", 1, "it begins with ''"},
        {"\x1f\x8b\x08", 3, "gzip data after byte 3 of the compressed file: the data ends early"},
        {"a,b\n1,2\n", 8, "channels.csv (whose first line names scid), fgr image: it begins with "},
    };
    struct folder folder;
    struct fgr_error err;
    make_folder(&folder);
    write_file(folder.out, "keep me", 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(folder.in, cases[i].bytes, cases[i].n);
        cr_assert_eq(import(&folder, &err), FGR_ERR_FORMAT, "case %zu: %s", i, err.text);
        cr_assert_eq(strncmp(err.text, folder.in, strlen(folder.in)), 0, "%s", err.text);
        cr_assert_not_null(strstr(err.text, cases[i].reason), "%s", err.text);
        assert_file(folder.out, "keep me", 7);
        cr_assert_eq(count_files(&folder), 2);
    }
    struct fgr_bytes_maker packed = {0};
    fgr_pack(&packed, FGR_COMPRESSION_XZ, "", 0);
    write_file(folder.in, packed.data, packed.n);
    cr_assert_eq(import(&folder, &err), FGR_ERR_FORMAT);
    cr_assert_not_null(strstr(err.text, "the file is empty"), "%s", err.text);
    fgr_bytes_free(&packed);
    remove_folder(&folder);
}

/* Of a long path the end is shown, and the reason is whole. */
Test(import_files, long_paths_leave_room_for_the_reason)
{
    struct folder folder;
    struct fgr_error err;
    char path[400] = "";
    make_folder(&folder);
    write_file(folder.in, "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    size_t n = strlen(folder.path);
    memcpy(path, folder.path, n);
    while (n < sizeof path - 4) {
        path[n++] = '/';
    }
    strcpy(path + n, "in");
    cr_assert_eq(fgr_import(path, folder.out, NULL, NULL, &err), FGR_ERR_FORMAT);
    cr_assert_eq(strlen(err.text), sizeof err.text - 1);
    cr_assert_eq(strncmp(err.text, "////", 4), 0, "%s", err.text);
    cr_assert_not_null(strstr(err.text, "//in: the content is none of"), "%s", err.text);
    cr_assert_not_null(strstr(err.text, "with bytes ff ff ff ff ff ff ff ff"), "%s", err.text);
    remove_folder(&folder);
}

Test(import_files, the_output_is_untouched_when_the_input_is_cut)
{
    struct folder folder;
    struct fgr_bytes_maker store = {0};
    struct fgr_error err;
    make_folder(&folder);
    make_store(&store);
    write_file(folder.out, "keep me", 7);
    for (size_t n = store.n - 100; n < store.n; n++) {
        write_file(folder.in, store.data, n);
        cr_assert_eq(import(&folder, &err), FGR_ERR_FORMAT);
        assert_file(folder.out, "keep me", 7);
        cr_assert_eq(count_files(&folder), 2);
    }
    unlink(folder.out);
    cr_assert_eq(import(&folder, &err), FGR_ERR_FORMAT);
    cr_assert_eq(count_files(&folder), 1);
    fgr_bytes_free(&store);
    remove_folder(&folder);
}

Test(import_files, files_that_cannot_be_opened)
{
    struct folder folder;
    struct fgr_bytes_maker store = {0};
    struct fgr_error err;
    make_folder(&folder);
    make_store(&store);
    cr_assert_eq(import(&folder, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "/in: cannot open: No such file"), "%s", err.text);

    cr_assert_eq(mkdir(folder.in, 0700), 0);
    cr_assert_eq(import(&folder, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "/in: is a directory"), "%s", err.text);
    cr_assert_eq(rmdir(folder.in), 0);
    cr_assert_eq(count_files(&folder), 0);

    write_file(folder.in, store.data, store.n);
    struct fgr_import_options options = {.sz = sizeof options, .nodes_path = folder.nodes};
    cr_assert_eq(fgr_import(folder.in, folder.out, &options, NULL, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "/nodes: cannot open: No such file"), "%s", err.text);

    char nowhere[128];
    snprintf(nowhere, sizeof nowhere, "%s/missing/out", folder.path);
    cr_assert_eq(fgr_import(folder.in, nowhere, NULL, NULL, &err), FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "missing/"), "%s", err.text);
    cr_assert_eq(count_files(&folder), 1);
    fgr_bytes_free(&store);
    remove_folder(&folder);
}

Test(import_files, no_permission)
{
    struct folder folder;
    struct fgr_error err;
    make_folder(&folder);
    write_file(folder.in, "x", 1);
    cr_assert_eq(chmod(folder.in, 0), 0);
    cr_assert_eq(chmod(folder.path, 0755), 0);
    if (geteuid() == 0) {
        cr_assert_eq(seteuid(65534), 0); /* root may read everything: be somebody else */
    }
    enum fgr_err code = import(&folder, &err);
    if (getuid() == 0) {
        cr_assert_eq(seteuid(0), 0);
    }
    cr_assert_eq(code, FGR_ERR_IO);
    cr_assert_not_null(strstr(err.text, "/in: cannot open: Permission denied"), "%s", err.text);
    remove_folder(&folder);
}

Test(import_files, options)
{
    struct folder folder;
    struct fgr_bytes_maker store = {0};
    struct fgr_error err = {0};
    make_folder(&folder);
    make_store(&store);
    write_file(folder.in, store.data, store.n);
    write_file(folder.nodes, "node_index,node_id\n", 19);

    /* A nodes file goes with CSV. */
    struct fgr_import_options options = {.sz = sizeof options, .nodes_path = folder.nodes};
    cr_assert_eq(fgr_import(folder.in, folder.out, &options, NULL, &err), FGR_ERR_ARG);
    cr_assert_not_null(strstr(err.text, "gossip_store: has its own node ids"), "%s", err.text);

    /* An older caller knows fewer options, a newer one more. */
    options.sz = offsetof(struct fgr_import_options, nodes_path);
    cr_assert_eq(fgr_import(folder.in, folder.out, &options, NULL, &err), FGR_OK, "%s", err.text);
    struct {
        struct fgr_import_options known;
        uint64_t later;
    } newer = {.known = {.sz = sizeof newer, .threads = 2}};
    cr_assert_eq(fgr_import(folder.in, folder.out, &newer.known, NULL, &err), FGR_OK, "%s",
                 err.text);
    newer.later = 1;
    cr_assert_eq(fgr_import(folder.in, folder.out, &newer.known, NULL, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_import(folder.in, folder.out, &newer.known, NULL, NULL), FGR_ERR_ARG);
    fgr_bytes_free(&store);
    remove_folder(&folder);
}

/* A snapshot of each format, small. */
static void make_snapshot(struct fgr_bytes_maker *out, enum fgr_format format)
{
    struct fgr_store_nodes nodes;
    struct fgr_imported got;
    fgr_store_nodes_init(&nodes);
    switch (format) {
    case FGR_FORMAT_GOSSIP_STORE:
        make_store(out);
        return;
    case FGR_FORMAT_DESCRIBEGRAPH:
        fgr_bytes_put_text(out,
                           "{\"edges\":[{\"channel_id\":\"1099511627777\",\"node1_pub\":\"%s\","
                           "\"node2_pub\":\"%s\",\"capacity\":\"9\",\"node1_policy\":{}}]}",
                           nodes.hex[0], nodes.hex[1]);
        return;
    case FGR_FORMAT_CSV:
        fgr_bytes_put_text(out, "scid,source_node_index,dest_node_index,capacity_sat,htlc_min_msat,"
                                "htlc_max_msat,base_fee_msat,fee_ppm,cltv_delta,enabled\n"
                                "7x8x9,0,1,9,0,9000,1,2,3,1\n");
        return;
    case FGR_FORMAT_IMAGE:
        make_store(out);
        fgr_import_bytes(&got, out, NULL);
        out->n = 0;
        fgr_bytes_put(out, got.bytes, got.n_bytes);
        fgr_imported_free(&got);
        return;
    case FGR_FORMAT_UNKNOWN:
        return;
    }
}

/* Every format in every compression: it imports, and cut anywhere it does not. */
Test(import_files, a_cut_compressed_file_is_an_error)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker table = {0};
    fgr_store_nodes_init(&nodes);
    fgr_bytes_put_text(&table, "node_index,node_id\n0,%s\n1,%s\n", nodes.hex[0], nodes.hex[1]);
    for (unsigned format = FGR_FORMAT_GOSSIP_STORE; format <= FGR_FORMAT_IMAGE; format++) {
        const struct fgr_bytes_maker *table_if_csv = format == FGR_FORMAT_CSV ? &table : NULL;
        struct fgr_bytes_maker plain = {0};
        make_snapshot(&plain, (enum fgr_format)format);
        for (unsigned how = FGR_COMPRESSION_GZIP; how <= FGR_COMPRESSION_ZSTD; how++) {
            struct fgr_bytes_maker packed = {0};
            struct fgr_imported got;
            fgr_pack(&packed, (enum fgr_compression)how, plain.data, plain.n);
            fgr_import_bytes(&got, &packed, table_if_csv);
            cr_assert_eq(got.code, FGR_OK, "%s", got.err.text);
            cr_assert_eq(got.report.format, (enum fgr_format)format);
            cr_assert_eq(got.report.compression, (enum fgr_compression)how);
            cr_assert_eq(got.report.enabled, 1);
            fgr_imported_free(&got);
            for (size_t n_whole = packed.n--; packed.n >= 10; packed.n--) {
                fgr_import_bytes(&got, &packed, table_if_csv);
                cr_assert_eq(got.code, FGR_ERR_FORMAT, "%zu of %zu", packed.n, n_whole);
                cr_assert_null(got.bytes);
                cr_assert_not_null(strstr(got.err.text, "ends early"), "%s", got.err.text);
            }
            fgr_bytes_free(&packed);
        }
        fgr_bytes_free(&plain);
    }
    fgr_bytes_free(&table);
}

/* What an image's header promises is read, and one window more: here 16 MiB are to come. */
Test(import_files, an_image_is_not_read_beyond_its_size)
{
    enum { REST_BYTES = 16 << 20 };
    struct fgr_bytes_maker image = {0};
    struct fgr_imported got;
    make_snapshot(&image, FGR_FORMAT_IMAGE);
    cr_assert_eq(fgr_image_input_bytes_max(image.data, 63), UINT64_MAX);
    cr_assert_eq(fgr_image_input_bytes_max(image.data, 64), image.n + 1);
    memset(fgr_bytes_put(&image, NULL, REST_BYTES), 0, REST_BYTES);
    fgr_import_bytes(&got, &image, NULL);
    cr_assert_eq(got.code, FGR_ERR_FORMAT);
    cr_assert_not_null(strstr(got.err.text, "followed by other bytes"), "%s", got.err.text);
    cr_assert_leq(got.err.offset, 2 * FGR_SOURCE_WINDOW_BYTES);
    image.data[0]++;
    cr_assert_eq(fgr_image_input_bytes_max(image.data, 64), 0);
    fgr_bytes_free(&image);
}

/* Compressed text that never ends, in every format that has text. */
Test(import_files, bombs)
{
    static const enum fgr_compression all[] = {FGR_COMPRESSION_GZIP, FGR_COMPRESSION_BZIP2,
                                               FGR_COMPRESSION_XZ, FGR_COMPRESSION_ZSTD};
    static const struct {
        const char *head;
        char fill;
    } cases[] = {{"{\"edges\":[", ' '},
                 {"{\"x\":\"", 'x'},
                 {"scid,a\n", 'x'},
                 {"", '\0'},
                 {"\x89"
                  "FGR\r\n\x1a\n",
                  '\xff'}}; /* the header promises that many bytes */
    struct folder folder;
    struct fgr_error err;
    make_folder(&folder);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t j = 0; j < sizeof cases / sizeof *cases; j++) {
            struct fgr_bytes_maker packed = {0};
            fgr_pack_bomb(&packed, all[i], cases[j].head, cases[j].fill, j == 4 ? 100 : 4);
            write_file(folder.in, packed.data, packed.n);
            enum fgr_err code = import(&folder, &err);
            cr_assert(code == FGR_ERR_FORMAT || code == FGR_ERR_LIMIT || code == FGR_ERR_ARG, "%s",
                      err.text);
            cr_assert(j != 4 || code == FGR_ERR_LIMIT, "%s", err.text);
            cr_assert_eq(count_files(&folder), 1);
            fgr_bytes_free(&packed);
        }
    }
    remove_folder(&folder);
}

Test(import_files, names)
{
    cr_assert_str_eq(fgr_format_str(FGR_FORMAT_GOSSIP_STORE), "gossip_store");
    cr_assert_str_eq(fgr_format_str(FGR_FORMAT_UNKNOWN), "unknown");
    cr_assert_str_eq(fgr_compression_str(FGR_COMPRESSION_NONE), "none");
    cr_assert_str_eq(fgr_compression_str(FGR_COMPRESSION_ZSTD), "zstd");
}
