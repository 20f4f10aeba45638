/* SPDX-License-Identifier: MIT */
#include "graph/import/messages.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/store_maker.h"

/* What is read from exactly `n_bytes` bytes: the messages one behind the other, and how it ended. */
struct reading {
    enum fgr_err code;
    struct fgr_error err;
    struct fgr_messages messages;
    size_t n_messages;
    struct fgr_place places[8]; /* of the first ones */
    struct fgr_bytes_maker bytes;
};

static void read_bytes(struct reading *out, const uint8_t *bytes, size_t n_bytes)
{
    struct fgr_source *source;
    struct fgr_raw_message message = {.bytes = NULL};
    uint8_t *copy = malloc(n_bytes > 0 ? n_bytes : 1);
    cr_assert_not_null(copy);
    memcpy(copy, bytes, n_bytes);
    *out = (struct reading){0};
    cr_assert_eq(fgr_source_open_memory(&source, copy, n_bytes, &out->err), FGR_OK);
    out->code = fgr_messages_begin(&out->messages, source, &out->err);
    while (out->code == FGR_OK) {
        out->code = fgr_messages_next(&out->messages, &message, &out->err);
        if (out->code != FGR_OK || message.bytes == NULL) {
            break;
        }
        if (out->n_messages < 8) {
            out->places[out->n_messages] = message.place;
        }
        out->n_messages++;
        fgr_bytes_put(&out->bytes, message.bytes, message.n_bytes);
    }
    if (out->code == FGR_OK) {
        cr_assert_eq(fgr_messages_next(&out->messages, &message, &out->err), FGR_OK);
        cr_assert_null(message.bytes, "the end is left again");
    }
    fgr_source_close(source);
    free(copy);
}

static void put_gsp(struct fgr_bytes_maker *out, size_t n_message, uint8_t fill)
{
    if (n_message < 0xfd) {
        fgr_bytes_put_be(out, n_message, 1);
    } else {
        fgr_bytes_put_be(out, 0xfd, 1);
        fgr_bytes_put_be(out, n_message, 2);
    }
    memset(fgr_bytes_put(out, NULL, n_message), fill, n_message);
}

Test(import_messages, gsp_at_every_cut)
{
    static const size_t lengths[] = {0, 1, 140, 0xfc, 0xfd, 430, 3};
    enum { N = sizeof lengths / sizeof *lengths };
    struct fgr_bytes_maker file = {0};
    size_t begins[N + 1];
    fgr_bytes_put(&file, "GSP\x01", 4);
    for (size_t i = 0; i < N; i++) {
        begins[i] = file.n;
        put_gsp(&file, lengths[i], (uint8_t)(i + 1));
    }
    begins[N] = file.n;
    for (size_t cut = 0; cut <= file.n; cut++) {
        struct reading reading;
        size_t n_whole = 0;
        read_bytes(&reading, file.data, cut);
        while (n_whole < N && begins[n_whole + 1] <= cut) {
            n_whole++;
        }
        bool is_whole = cut >= 4 && begins[n_whole] == cut;
        cr_assert_eq(reading.code, is_whole ? FGR_OK : FGR_ERR_FORMAT, "cut at %zu", cut);
        cr_assert_eq(reading.n_messages, cut < 4 ? 0 : n_whole, "cut at %zu", cut);
        for (size_t i = 0; i < reading.n_messages; i++) {
            cr_assert_eq(reading.places[i].record, i);
            cr_assert_eq(reading.places[i].offset, begins[i]);
        }
        cr_assert(is_whole || cut < 4 || reading.err.record == n_whole);
        fgr_bytes_free(&reading.bytes);
    }
    fgr_bytes_free(&file);
}

Test(import_messages, gsp_lengths_of_no_message)
{
    static const struct {
        const char *length;
        size_t n;
    } cases[] = {{"\xfe\x00\x01\x00\x00", 5}, /* 65536 */
                 {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9},
                 {"\xfd\x00\xfc", 3}, /* not the shortest form */
                 {"\xfe\x00\x00\x00\xfd", 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fgr_bytes_maker file = {0};
        struct reading reading;
        fgr_bytes_put(&file, "GSP\x01", 4);
        put_gsp(&file, 5, 'x');
        fgr_bytes_put(&file, cases[i].length, cases[i].n);
        memset(fgr_bytes_put(&file, NULL, 70000), 0, 70000);
        read_bytes(&reading, file.data, file.n);
        cr_assert_eq(reading.code, FGR_ERR_FORMAT);
        cr_assert_eq(reading.n_messages, 1);
        cr_assert_eq(reading.err.offset, 10);
        fgr_bytes_free(&reading.bytes);
        fgr_bytes_free(&file);
    }
    struct fgr_bytes_maker file = {0};
    struct reading reading;
    fgr_bytes_put(&file, "GSP\x01", 4);
    put_gsp(&file, 65535, 'x');
    put_gsp(&file, 65535, 'y');
    read_bytes(&reading, file.data, file.n);
    cr_assert_eq(reading.code, FGR_OK);
    cr_assert_eq(reading.n_messages, 2);
    cr_assert_eq(reading.bytes.n, 2 * 65535);
    fgr_bytes_free(&reading.bytes);
    fgr_bytes_free(&file);
}

/* The three types that are signed, as they are; the others are passed over and counted, and the
 * store ends where it says so or is still being written. */
Test(import_messages, gossip_store)
{
    struct fgr_store_nodes nodes;
    struct fgr_bytes_maker store = {0};
    struct reading reading;
    struct fgr_store_channel channel = {.scid = 9, .capacity_sat = 5};
    struct fgr_store_update update = {.scid = 9};
    struct fgr_store_node node = {0};
    fgr_store_nodes_init(&nodes);
    channel.node_id[0] = nodes.id[0];
    channel.node_id[1] = nodes.id[1];
    node.id = nodes.id[0];
    fgr_bytes_put_be(&store, 16, 1);
    fgr_store_small(&store, 4107, 7, 8);
    fgr_store_put_channel(&store, &channel);
    fgr_store_put_update(&store, &update);
    update.flags = 0x8000;
    fgr_store_put_update(&store, &update);
    fgr_store_put_node(&store, &node);
    read_bytes(&reading, store.data, store.n);
    cr_assert_eq(reading.code, FGR_OK);
    cr_assert_eq(reading.messages.format, FGR_MESSAGES_GOSSIP_STORE);
    cr_assert_eq(reading.n_messages, 3);
    cr_assert_eq(reading.messages.n_deleted, 1);
    cr_assert_eq(reading.messages.n_others, 2);
    cr_assert_not(reading.messages.is_unfinished);
    cr_assert_eq(reading.places[0].record, 1);
    cr_assert_eq(reading.places[1].record, 3);
    cr_assert_eq(reading.places[2].record, 5);
    fgr_bytes_free(&reading.bytes);
    /* A record without the completed flag, cut anywhere. */
    size_t n_whole = store.n;
    fgr_store_put_node(&store, &node);
    store.data[n_whole] &= 0xdf;
    for (size_t cut = n_whole + 1; cut <= store.n; cut++) {
        read_bytes(&reading, store.data, cut);
        cr_assert_eq(reading.code, FGR_OK);
        cr_assert_eq(reading.n_messages, 3);
        cr_assert(reading.messages.is_unfinished);
        fgr_bytes_free(&reading.bytes);
    }
    store.n = n_whole;
    fgr_store_small(&store, 4105, 7, 8);
    fgr_store_put_node(&store, &node);
    read_bytes(&reading, store.data, store.n);
    cr_assert_eq(reading.code, FGR_OK);
    cr_assert_eq(reading.n_messages, 3, "it ended");
    fgr_bytes_free(&reading.bytes);
    fgr_bytes_free(&store);
}
