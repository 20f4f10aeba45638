/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_store.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/curve.h"
#include "graph/digest.h"
#include "graph/image.h"
#include "graph/record.h"
#include "graph/util/crc32c.h"
#include "graph/wire.h"

struct made {
    uint8_t *bytes;
    size_t n_bytes;
    struct fgr_synth_store_report report;
};

static struct made make(const struct fgr_synth_options *options,
                        const struct fgr_synth_store_watch *watch)
{
    struct made made;
    struct fgr_error err;
    void *bytes;
    cr_assert_eq(fgr_synth_store_make(&bytes, &made.n_bytes, options, watch, &made.report, &err),
                 FGR_OK, "%s", err.text);
    made.bytes = bytes;
    return made;
}

static void ignore(void *state, uint64_t n_signatures, uint64_t n_total)
{
    (void)state;
    (void)n_signatures;
    (void)n_total;
}

static const struct fgr_synth_store_watch nobody = {ignore, NULL};

/* ---- every record ---------------------------------------------------------------------------- */

/* A reader that knows the file format only: what it sees is held against the image. */
struct reader {
    struct fgr_view *view;
    struct fgr_crc32c_table table;
    struct fgr_sha256 sha;
    unsigned *seen; /* of each half-channel, its updates */
    uint64_t n_channels, n_nodes, n_updates, n_amounts, n_signatures;
    struct fgr_channel_info channel; /* of the last announcement */
    struct fgr_channel_announcement announcement;
};

static void check_signature(struct reader *reader, const struct fgr_message *message,
                            unsigned number, const uint8_t *id)
{
    struct fgr_curve_key key;
    uint8_t hash[FGR_SHA256_BYTES];
    cr_assert_eq(fgr_digest_message(&reader->sha, hash, message->bytes, message->n_bytes,
                                    message->type, NULL),
                 FGR_OK);
    cr_assert(fgr_curve_parse(&key, id));
    cr_assert_eq(fgr_curve_check(&key,
                                 message->bytes + FGR_WIRE_TYPE_BYTES +
                                     (size_t)number * FGR_WIRE_SIGNATURE_BYTES,
                                 hash),
                 FGR_CURVE_GOOD);
    reader->n_signatures++;
}

static void check_channel(struct reader *reader, const struct fgr_message *message)
{
    fgr_chan_idx chan;
    struct fgr_node_info node;
    reader->announcement = message->channel;
    cr_assert_eq(fgr_view_find_channel(reader->view, &chan, message->channel.scid), FGR_OK);
    cr_assert_eq(fgr_view_channel(reader->view, &reader->channel, chan), FGR_OK);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(fgr_view_node(reader->view, &node, reader->channel.node[i]), FGR_OK);
        cr_assert_eq(memcmp(node.id, message->channel.node_id[i], FGR_NODE_ID_BYTES), 0);
        check_signature(reader, message, i, message->channel.node_id[i]);
        check_signature(reader, message, 2 + i, message->channel.bitcoin_key[i]);
    }
    cr_assert_neq(
        memcmp(message->channel.bitcoin_key[0], message->channel.bitcoin_key[1], FGR_NODE_ID_BYTES),
        0);
    reader->n_channels++;
}

static void check_update(struct reader *reader, const struct fgr_message *message)
{
    const struct fgr_channel_update *update = &message->update;
    unsigned direction = fgr_wire_direction(update);
    fgr_chan_idx chan;
    struct fgr_policy_info policy;
    cr_assert_eq(update->scid, reader->announcement.scid);
    cr_assert_eq(fgr_view_find_channel(reader->view, &chan, update->scid), FGR_OK);
    cr_assert_eq(fgr_view_policy(reader->view, &policy, (fgr_edge_idx){2 * chan.v + direction}),
                 FGR_OK);
    cr_assert(policy.known);
    cr_assert_eq(policy.disabled, fgr_wire_is_disabled(update));
    cr_assert_eq(policy.htlc_min.v, update->htlc_min_msat);
    cr_assert_eq(policy.htlc_max.v, update->htlc_max_msat);
    cr_assert_eq(policy.base_msat, update->base_msat);
    cr_assert_eq(policy.ppm, update->ppm);
    cr_assert_eq(policy.timestamp, update->timestamp);
    cr_assert_eq(policy.cltv_delta, update->cltv_delta);
    check_signature(reader, message, 0, reader->announcement.node_id[direction]);
    reader->seen[2 * chan.v + direction]++;
    reader->n_updates++;
}

static void check_node(struct reader *reader, const struct fgr_message *message)
{
    fgr_node_idx idx;
    struct fgr_node_info node;
    cr_assert_eq(fgr_view_find_id(reader->view, &idx, message->node.node_id), FGR_OK);
    cr_assert_eq(fgr_view_node(reader->view, &node, idx), FGR_OK);
    cr_assert_eq(node.timestamp, message->node.timestamp);
    cr_assert_eq(memcmp(node.alias, message->node.alias, node.alias_len), 0);
    cr_assert_eq(node.features_len, message->node.features_len);
    cr_assert_eq(memcmp(node.features, message->node.features, node.features_len), 0);
    check_signature(reader, message, 0, message->node.node_id);
    reader->n_nodes++;
}

static void check_record(struct reader *reader, const struct fgr_record *record)
{
    struct fgr_message message;
    unsigned type = fgr_wire_type(record->message, record->n_message);
    cr_assert_eq(record->flags, FGR_RECORD_COMPLETED);
    cr_assert_eq(record->checksum, fgr_record_checksum(&reader->table, record));
    if (type == FGR_RECORD_CHANNEL_AMOUNT) {
        cr_assert_eq(fgr_load_be64(record->message + 2), reader->channel.capacity.v);
        cr_assert_eq(++reader->n_amounts, reader->n_channels);
        return;
    }
    cr_assert_eq(fgr_wire_decode(&message, record->message, record->n_message), FGR_WIRE_GOOD);
    if (type == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
        check_channel(reader, &message);
    } else if (type == FGR_WIRE_CHANNEL_UPDATE) {
        cr_assert_eq(reader->n_amounts, reader->n_channels);
        cr_assert_eq(record->timestamp, message.update.timestamp);
        check_update(reader, &message);
    } else {
        cr_assert_eq(record->timestamp, message.node.timestamp);
        check_node(reader, &message);
    }
}

static void read_all(struct reader *reader, const struct made *made)
{
    struct fgr_record record;
    size_t at = 1;
    cr_assert_eq(made->bytes[0], FGR_RECORD_VERSION);
    fgr_record_header(&record, made->bytes + at);
    cr_assert_eq(fgr_wire_type(record.message, record.n_message), FGR_RECORD_UUID);
    cr_assert_eq(record.n_message, 34);
    at += FGR_RECORD_HEADER_BYTES + (size_t)record.n_message;
    while (at < made->n_bytes) {
        fgr_record_header(&record, made->bytes + at);
        check_record(reader, &record);
        at += FGR_RECORD_HEADER_BYTES + (size_t)record.n_message;
    }
    cr_assert_eq(at, made->n_bytes);
}

/* The store of a network says what its image says, nothing more and nothing less, and all of it is
 * signed by whom it is about. */
static void check_network(const struct fgr_synth_options *options)
{
    struct made made = make(options, &nobody);
    struct reader reader = {0};
    struct fgr_import_report report = {0};
    struct fgr_error err;
    void *image;
    size_t n_image;
    cr_assert_eq(fgr_synth_generate(&image, &n_image, options, &report, &err), FGR_OK);
    cr_assert_eq(fgr_view_open_memory(&reader.view, image, n_image, &err), FGR_OK);
    cr_assert_eq(fgr_sha256_init(&reader.sha, &err), FGR_OK);
    fgr_crc32c_init(&reader.table);
    reader.seen = calloc(2 * options->channels, sizeof *reader.seen);
    cr_assert_not_null(reader.seen);
    read_all(&reader, &made);
    for (uint32_t i = 0; i < 2 * options->channels; i++) {
        struct fgr_policy_info policy;
        cr_assert_eq(fgr_view_policy(reader.view, &policy, (fgr_edge_idx){i}), FGR_OK);
        cr_assert_eq(reader.seen[i], policy.known ? 1 : 0);
    }
    cr_assert_eq(reader.n_channels, options->channels);
    cr_assert_eq(made.report.n_channel_announcements, reader.n_channels);
    cr_assert_eq(made.report.n_channel_updates, reader.n_updates);
    cr_assert_eq(made.report.n_disabled, report.disabled);
    cr_assert_eq(made.report.n_node_announcements, reader.n_nodes);
    cr_assert_eq(made.report.n_signatures, reader.n_signatures);
    free(reader.seen);
    fgr_sha256_deinit(&reader.sha);
    fgr_view_close(reader.view);
    fgr_image_free(image, n_image);
    free(made.bytes);
}

Test(synth_store, says_what_the_image_says)
{
    static const uint32_t cases[][2] = {{2, 1}, {2, 5}, {3, 2}, {9, 30}, {40, 90}, {150, 420}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fgr_synth_options options = {cases[i][0], cases[i][1], 11 + i, 2};
        check_network(&options);
    }
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* More items than one slice has. */
Test(synth_store, a_seed_gives_the_same_bytes_for_any_threads)
{
    struct fgr_synth_options options = {500, 700, 42, 1};
    struct made one = make(&options, &nobody);
    for (unsigned threads = 2; threads <= 4; threads++) {
        options.threads = threads;
        struct made other = make(&options, &nobody);
        cr_assert_eq(other.n_bytes, one.n_bytes);
        cr_assert_eq(memcmp(other.bytes, one.bytes, one.n_bytes), 0);
        cr_assert_eq(memcmp(&other.report, &one.report, sizeof one.report), 0);
        free(other.bytes);
    }
    options.seed++;
    struct made other = make(&options, &nobody);
    cr_assert_neq(memcmp(other.bytes, one.bytes, 100), 0);
    free(other.bytes);
    free(one.bytes);
}

struct progress {
    unsigned n_calls;
    uint64_t n_signatures, n_total;
};

static void note(void *state, uint64_t n_signatures, uint64_t n_total)
{
    struct progress *progress = state;
    cr_assert_gt(n_signatures, progress->n_signatures);
    cr_assert(progress->n_calls == 0 || n_total == progress->n_total);
    *progress = (struct progress){progress->n_calls + 1, n_signatures, n_total};
}

Test(synth_store, tells_how_far_it_is)
{
    const struct fgr_synth_options options = {500, 900, 3, 2};
    struct progress progress = {0};
    const struct fgr_synth_store_watch watch = {note, &progress};
    struct made made = make(&options, &watch);
    cr_assert_eq(progress.n_calls, 2);
    cr_assert_eq(progress.n_signatures, progress.n_total);
    cr_assert_eq(progress.n_total, made.report.n_signatures);
    free(made.bytes);
}

Test(synth_store, impossible_networks_are_refused)
{
    const struct fgr_synth_options options = {10, 4, 1, 1};
    struct fgr_synth_store_report report;
    struct fgr_error err;
    void *bytes = NULL;
    size_t n_bytes;
    cr_assert_eq(fgr_synth_store_make(&bytes, &n_bytes, &options, &nobody, &report, &err),
                 FGR_ERR_ARG);
    cr_assert_null(bytes);
    cr_assert_not_null(strstr(err.text, "at least 5"), "%s", err.text);
}
