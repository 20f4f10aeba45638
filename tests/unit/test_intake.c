/* SPDX-License-Identifier: MIT */
#include "graph/intake.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/import/messages.h"
#include "graph/import/source.h"
#include "graph/util/rng.h"
#include "graph/view.h"
#include "tests/support/dataset.h"
#include "tests/support/same_network.h"
#include "tests/support/settings.h"
#include "tests/support/signed_maker.h"
#include "tests/support/store_maker.h"
#include "tests/support/vectors.h"

enum { NOW = 1700000000, NODES = 12, CHANNELS = 24, MESSAGES_MAX = 3 * CHANNELS + NODES };

static const uint8_t mainnet[FGR_CHAIN_HASH_BYTES] = {
    0x6f, 0xe2, 0x8c, 0x0a, 0xb6, 0xf1, 0xb3, 0x72, 0xc1, 0xa6, 0xa2, 0x46, 0xae, 0x63, 0xf7, 0x4f,
    0x93, 0x1e, 0x83, 0x65, 0xe1, 0x5a, 0x08, 0x9c, 0x68, 0xd6, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00};

static struct fgr_error err;

/* ---- an intake and one reader ----------------------------------------------------------------- */

struct world {
    struct fgr_intake *intake;
    struct fgr_reader reader;
    const struct fgr_view *view; /* acquired */
};

static void open_world(struct world *world, const struct fgr_view *image, uint32_t now_s,
                       bool is_trusted)
{
    struct fgr_intake_options options = {
        .verify = {.threads = 2, .is_trusted = is_trusted}, .max_readers = 2, .now_s = now_s};
    memcpy(options.rules.chain_hash, mainnet, sizeof mainnet);
    world->view = NULL;
    cr_assert_eq(fgr_intake_create(&world->intake, image, &options, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_reader_join(&world->reader, fgr_intake_publish(world->intake), &err), FGR_OK);
}

static void close_world(struct world *world)
{
    if (world->view != NULL) {
        fgr_reader_release(&world->reader);
    }
    fgr_reader_leave(&world->reader);
    fgr_intake_destroy(world->intake);
}

static const struct fgr_view *newest(struct world *world)
{
    world->view = fgr_reader_acquire(&world->reader);
    return world->view;
}

static void take(struct world *world, const struct fgr_feed_entry *entries, size_t n)
{
    cr_assert_eq(fgr_intake_take(world->intake, entries, n, &err), FGR_OK, "%s", err.text);
}

static void settle(struct world *world)
{
    cr_assert_eq(fgr_intake_settle(world->intake, &err), FGR_OK, "%s", err.text);
}

static struct fgr_intake_figures figures_of(const struct world *world)
{
    struct fgr_intake_figures figures;
    fgr_intake_figures(world->intake, &figures);
    return figures;
}

static uint64_t count(const struct world *world, enum fgr_rule rule)
{
    return figures_of(world).rules[rule];
}

/* ---- a signed network ------------------------------------------------------------------------- */

struct network {
    struct fgr_signed_maker maker;
    struct fgr_signed messages[MESSAGES_MAX];
    size_t n;
    uint64_t scid[CHANNELS];
};

static void add_channel(struct network *network, unsigned i)
{
    uint64_t nodes[2] = {i % NODES, (i + 1 + i / NODES) % NODES};
    uint64_t scid = (uint64_t)(700000 + i) << 40 | 1 << 16;
    network->scid[i] = scid;
    fgr_signed_channel(&network->maker, &network->messages[network->n++], nodes, scid);
    for (unsigned d = 0; d < 2; d++) {
        uint64_t sender_first[2] = {nodes[d], nodes[!d]};
        fgr_signed_update(&network->maker, &network->messages[network->n++], sender_first, scid,
                          NOW - 100 * i - d);
    }
}

static void make_network(struct network *network)
{
    network->n = 0;
    fgr_signed_maker_init(&network->maker);
    for (unsigned i = 0; i < CHANNELS; i++) {
        add_channel(network, i);
    }
    for (unsigned i = 0; i < NODES; i++) {
        fgr_signed_node(&network->maker, &network->messages[network->n++], i, NOW - i);
    }
}

static struct fgr_feed_entry entry_of(const struct fgr_signed *message)
{
    struct fgr_feed_entry entry = {.kind = FGR_FEED_MESSAGE,
                                   .n_bytes = (uint32_t)message->n_bytes,
                                   .message = message->bytes,
                                   .capacity_sat = FGR_FEED_SAT_UNKNOWN};
    if (fgr_wire_type(message->bytes, message->n_bytes) == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
        entry.capacity_sat = 1000000 + message->n_bytes;
    }
    return entry;
}

/* The same through a gossip_store and fgr_import. */
static void import_network(const struct network *network, struct fgr_imported *out)
{
    struct fgr_bytes_maker store = {0};
    fgr_bytes_put(&store, "\x10", 1);
    for (size_t i = 0; i < network->n; i++) {
        const struct fgr_feed_entry entry = entry_of(&network->messages[i]);
        fgr_store_record(&store, 0, NOW, entry.message, entry.n_bytes);
        if (entry.capacity_sat != FGR_FEED_SAT_UNKNOWN) {
            fgr_store_small(&store, FGR_RECORD_CHANNEL_AMOUNT, entry.capacity_sat, 8);
        }
    }
    fgr_import_bytes(out, &store, NULL);
    cr_assert_eq(out->code, FGR_OK, "%s", out->err.text);
    fgr_bytes_free(&store);
}

static void shuffle(struct fgr_feed_entry *entries, size_t n, struct fgr_rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)fgr_rng_below(rng, i);
        struct fgr_feed_entry last = entries[i - 1];
        entries[i - 1] = entries[k];
        entries[k] = last;
    }
}

/* In any order, in pieces of any size, now and then waited for. */
static void take_in_pieces(struct world *world, const struct fgr_feed_entry *entries, size_t n,
                           struct fgr_rng *rng)
{
    for (size_t i = 0; i < n;) {
        size_t n_piece = 1 + (size_t)fgr_rng_below(rng, 20);
        n_piece = n_piece < n - i ? n_piece : n - i;
        take(world, entries + i, n_piece);
        i += n_piece;
        if (fgr_rng_below(rng, 4) == 0) {
            settle(world);
        }
    }
    settle(world);
}

Test(intake, shows_what_an_import_of_the_same_messages_does)
{
    static struct network network;
    struct fgr_imported imported;
    struct fgr_feed_entry entries[MESSAGES_MAX];
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 1);
    make_network(&network);
    import_network(&network, &imported);
    for (unsigned round = 0; round < 20 * fgr_settings_scale(); round++) {
        struct world world;
        open_world(&world, NULL, NOW, round % 4 == 3);
        for (size_t i = 0; i < network.n; i++) {
            entries[i] = entry_of(&network.messages[i]);
        }
        if (round > 1) {
            shuffle(entries, network.n, &rng);
        }
        take_in_pieces(&world, entries, network.n, &rng);
        cr_assert(fgr_same_network(newest(&world), imported.view, &err), "round %u: %s", round,
                  err.text);
        cr_assert_eq(count(&world, FGR_RULE_ACCEPTED), network.n);
        cr_assert_eq(figures_of(&world).verdicts, network.n);
        cr_assert_eq(figures_of(&world).applied, network.n);
        cr_assert_eq(figures_of(&world).signatures,
                     round % 4 == 3 ? 0 : network.n + 3 * (uint64_t)CHANNELS);
        /* All of it once more changes nothing. */
        take(&world, entries, network.n);
        settle(&world);
        cr_assert_eq(count(&world, FGR_RULE_DUPLICATE), network.n);
        cr_assert_eq(figures_of(&world).applied, network.n);
        cr_assert_eq(figures_of(&world).contradictions, 0);
        close_world(&world);
    }
    fgr_imported_free(&imported);
    fgr_signed_maker_deinit(&network.maker);
}

/* Forged, malformed, without capacity: counted by reason, and their neighbours are applied. */
Test(intake, what_is_bad_stays_outside)
{
    static struct network network, bad;
    struct fgr_imported imported;
    struct world world;
    make_network(&network);
    import_network(&network, &imported);
    bad = network;
    open_world(&world, NULL, NOW, false);
    size_t n_cut = 0, n_forged = 0;
    for (size_t i = 0; i < network.n; i++) {
        struct fgr_feed_entry good = entry_of(&network.messages[i]);
        struct fgr_feed_entry no_capacity = good;
        bool is_channel = good.capacity_sat != FGR_FEED_SAT_UNKNOWN;
        no_capacity.capacity_sat = i % 2 == 0 ? FGR_FEED_SAT_UNKNOWN : 0;
        if (is_channel) {
            take(&world, &no_capacity, 1);
        }
        settle(&world);
        bad.messages[i].bytes[2 + i % 64] ^= 1; /* of the first signature */
        struct fgr_feed_entry spoilt = entry_of(&bad.messages[i]);
        take(&world, &spoilt, 1);
        n_forged++;
        spoilt.n_bytes = (uint32_t)(i % 60);
        take(&world, &spoilt, 1);
        n_cut++;
        take(&world, &good, 1);
    }
    settle(&world);
    cr_assert(fgr_same_network(newest(&world), imported.view, &err), "%s", err.text);
    cr_assert_eq(count(&world, FGR_RULE_NO_CAPACITY), CHANNELS);
    cr_assert_eq(count(&world, FGR_RULE_MALFORMED), n_cut);
    cr_assert_eq(count(&world, FGR_RULE_FORGED), n_forged);
    cr_assert_eq(count(&world, FGR_RULE_ACCEPTED), network.n);
    close_world(&world);
    fgr_imported_free(&imported);
    fgr_signed_maker_deinit(&network.maker);
}

/* ---- channels that go ------------------------------------------------------------------------- */

static void take_scid(struct world *world, enum fgr_feed_kind kind, uint64_t scid)
{
    const struct fgr_feed_entry entry = {.kind = kind, .scid = scid};
    take(world, &entry, 1);
}

static bool has_channel(struct world *world, uint64_t scid)
{
    fgr_chan_idx chan;
    settle(world);
    return fgr_view_find_channel(newest(world), &chan, scid) == FGR_OK;
}

static bool is_dying(struct world *world, uint64_t scid)
{
    fgr_chan_idx chan;
    struct fgr_channel_info info;
    settle(world);
    cr_assert_eq(fgr_view_find_channel(newest(world), &chan, scid), FGR_OK);
    cr_assert_eq(fgr_view_channel(world->view, &info, chan), FGR_OK);
    return info.dying;
}

static void announce(struct world *world, const struct network *network, uint64_t nodes[2],
                     uint32_t block)
{
    struct fgr_signed message;
    fgr_signed_channel(&network->maker, &message, nodes, (uint64_t)block << 40);
    struct fgr_feed_entry entry = entry_of(&message);
    take(world, &entry, 1);
}

static void take_network(struct world *world, const struct network *network)
{
    for (size_t i = 0; i < network->n; i++) {
        struct fgr_feed_entry entry = entry_of(&network->messages[i]);
        take(world, &entry, 1);
    }
}

/* A spent channel goes 72 blocks later, by the blocks of channels that are announced; the one that
 * continues it is found. What the source removes goes at once, behind what came before. */
Test(intake, channels_close)
{
    static struct network network;
    struct world world;
    make_network(&network);
    open_world(&world, NULL, NOW, false);
    take_network(&world, &network); /* the last is of block 700023, so the height is 700028 */
    take_scid(&world, FGR_FEED_CLOSED, network.scid[5]);
    cr_assert(!has_channel(&world, network.scid[5]));
    take_scid(&world, FGR_FEED_CLOSED, network.scid[5]);
    take_scid(&world, FGR_FEED_DYING, network.scid[3]);
    take_scid(&world, FGR_FEED_DYING, 12345);
    cr_assert(is_dying(&world, network.scid[3]));
    cr_assert(!is_dying(&world, network.scid[4]));
    cr_assert_eq(figures_of(&world).dying, 1);
    cr_assert_eq(figures_of(&world).closed, 1);
    announce(&world, &network, (uint64_t[2]){3, 4}, 700094);
    cr_assert(is_dying(&world, network.scid[3]));
    cr_assert_eq(figures_of(&world).splices, 1);
    announce(&world, &network, (uint64_t[2]){0, 1}, 700095);
    cr_assert(!has_channel(&world, network.scid[3]));
    cr_assert_eq(figures_of(&world).closed, 2);
    /* Closed for good; but what was removed may come back, and go again while it dies. */
    struct fgr_feed_entry again[2] = {entry_of(&network.messages[9]),
                                      entry_of(&network.messages[15])};
    take(&world, again, 2);
    cr_assert(!has_channel(&world, network.scid[3]));
    cr_assert(has_channel(&world, network.scid[5]));
    take_scid(&world, FGR_FEED_DYING, network.scid[5]);
    take_scid(&world, FGR_FEED_CLOSED, network.scid[5]);
    cr_assert(!has_channel(&world, network.scid[5]));
    announce(&world, &network, (uint64_t[2]){1, 2}, 700400);
    settle(&world);
    cr_assert_eq(figures_of(&world).closed, 3);
    cr_assert_eq(figures_of(&world).contradictions, 0);
    close_world(&world);
    fgr_signed_maker_deinit(&network.maker);
}

Test(intake, channels_that_nobody_speaks_of_go_after_two_weeks)
{
    enum { DAY = 86400 };
    static struct network network;
    struct fgr_signed update;
    struct world world;
    make_network(&network);
    open_world(&world, NULL, NOW, false);
    take_network(&world, &network);
    settle(&world);
    cr_assert_eq(fgr_intake_set_time(world.intake, NOW + 13 * DAY, &err), FGR_OK);
    fgr_signed_update(&network.maker, &update, (uint64_t[2]){0, 1}, network.scid[0],
                      NOW + 13 * DAY);
    struct fgr_feed_entry entry = entry_of(&update);
    take(&world, &entry, 1);
    settle(&world);
    cr_assert_eq(figures_of(&world).pruned, 0);
    cr_assert_eq(fgr_intake_set_time(world.intake, NOW + 14 * DAY, &err), FGR_OK);
    cr_assert(has_channel(&world, network.scid[0]));
    cr_assert(!has_channel(&world, network.scid[1]));
    cr_assert_eq(figures_of(&world).pruned, CHANNELS - 1);
    close_world(&world);
    fgr_signed_maker_deinit(&network.maker);
}

/* An intake that begins with the image of another's network knows what that knew. */
Test(intake, goes_on_from_an_image)
{
    static struct network network;
    struct fgr_imported imported;
    struct world world;
    struct fgr_signed update;
    make_network(&network);
    import_network(&network, &imported);
    open_world(&world, imported.view, NOW, false);
    cr_assert(fgr_same_network(newest(&world), imported.view, &err), "%s", err.text);
    take_network(&world, &network);
    fgr_signed_update(&network.maker, &update, (uint64_t[2]){0, 1}, network.scid[0], NOW + 5);
    struct fgr_feed_entry entry = entry_of(&update);
    take(&world, &entry, 1);
    settle(&world);
    cr_assert_eq(count(&world, FGR_RULE_DUPLICATE), network.n);
    cr_assert_eq(count(&world, FGR_RULE_ACCEPTED), 1);
    cr_assert_eq(figures_of(&world).applied, 1);
    take_scid(&world, FGR_FEED_DYING, network.scid[1]);
    cr_assert(is_dying(&world, network.scid[1]));
    announce(&world, &network, (uint64_t[2]){5, 9}, 700023 + 71);
    cr_assert(has_channel(&world, network.scid[1]));
    announce(&world, &network, (uint64_t[2]){5, 10}, 700023 + 72);
    cr_assert(!has_channel(&world, network.scid[1]));
    close_world(&world);
    fgr_imported_free(&imported);
    fgr_signed_maker_deinit(&network.maker);
}

/* ---- real messages ---------------------------------------------------------------------------- */

/* Signed by real nodes, with real verification: announcements are applied but for the bad one. */
Test(intake, proves_the_vectors)
{
    struct fgr_vectors vectors;
    struct fgr_vector vector;
    struct world world;
    uint64_t n_mainnet = 0;
    if (!fgr_vectors_open(&vectors)) {
        cr_skip("vectors/signed-messages.csv of the snapshot is not here");
    }
    open_world(&world, NULL, 1630000000, false);
    while (fgr_vectors_next(&vectors, &vector)) {
        struct fgr_feed_entry entry = {.kind = FGR_FEED_MESSAGE,
                                       .message = vector.message.data,
                                       .n_bytes = (uint32_t)vector.message.n,
                                       .capacity_sat = 1000000};
        n_mainnet += vector.type == FGR_WIRE_CHANNEL_ANNOUNCEMENT;
        take(&world, &entry, 1);
        fgr_bytes_free(&vector.message);
    }
    fgr_vectors_close(&vectors);
    settle(&world);
    struct fgr_intake_figures figures = figures_of(&world);
    cr_assert_eq(newest(&world)->n_chans, 90);
    cr_assert_eq(figures.rules[FGR_RULE_FORGED], 1);
    cr_assert_eq(figures.rules[FGR_RULE_MALFORMED], 2); /* updates without htlc_maximum_msat */
    cr_assert_eq(figures.contradictions, 0);
    cr_assert_geq(figures.rules[FGR_RULE_CHAIN], n_mainnet - 91); /* of test networks */
    close_world(&world);
}

/* What the rules leave out of an import: updates that were two weeks old when the file was written. */
static bool is_old(const struct fgr_policy_info *policy, uint32_t now_s)
{
    return policy->known && (uint64_t)policy->timestamp + 14 * 86400 <= now_s;
}

static void compare_halves(const struct fgr_view *live, const struct fgr_view *image,
                           uint32_t now_s)
{
    cr_assert_eq(live->n_chans, image->n_chans);
    for (uint32_t edge = 0; edge < 2 * image->n_chans; edge++) {
        struct fgr_policy_info x, y;
        fgr_chan_idx chan;
        cr_assert_eq(fgr_view_find_channel(live, &chan, image->chan[edge / 2].scid), FGR_OK);
        cr_assert_eq(fgr_view_policy(live, &x, (fgr_edge_idx){2 * chan.v + edge % 2}), FGR_OK);
        cr_assert_eq(fgr_view_policy(image, &y, (fgr_edge_idx){edge}), FGR_OK);
        if (is_old(&y, now_s)) {
            cr_assert(!x.known);
            continue;
        }
        cr_assert(x.known == y.known && x.htlc_min.v == y.htlc_min.v &&
                      x.htlc_max.v == y.htlc_max.v && x.base_msat == y.base_msat &&
                      x.ppm == y.ppm && x.inbound_base_msat == y.inbound_base_msat &&
                      x.inbound_ppm == y.inbound_ppm && x.timestamp == y.timestamp &&
                      x.cltv_delta == y.cltv_delta && x.disabled == y.disabled &&
                      x.usable == y.usable,
                  "half-channel %u differs", edge);
    }
}

/* All messages of the file, in order. */
static void take_file(struct world *world, const char *path)
{
    struct fgr_source *source;
    struct fgr_messages messages;
    struct fgr_raw_message raw;
    cr_assert_eq(fgr_source_open(&source, path, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_messages_begin(&messages, source, &err), FGR_OK, "%s", err.text);
    for (;;) {
        cr_assert_eq(fgr_messages_next(&messages, &raw, &err), FGR_OK, "%s", err.text);
        if (raw.bytes == NULL) {
            break;
        }
        const struct fgr_feed_entry entry = {.kind = FGR_FEED_MESSAGE,
                                             .message = raw.bytes,
                                             .n_bytes = (uint32_t)raw.n_bytes,
                                             .capacity_sat = raw.capacity_sat};
        take(world, &entry, 1);
    }
    fgr_source_close(source);
}

Test(intake, mainnet_is_as_imported, .timeout = 240)
{
    struct fgr_dataset dataset;
    struct world world;
    uint32_t now_s = 0;
    char path[FGR_DATASET_PATH_BYTES];
    if (!fgr_dataset_find(path, "mainnet-2026-02-03.gossip_store.zst")) {
        cr_skip("mainnet-2026-02-03.gossip_store.zst is not here");
    }
    cr_assert_eq(fgr_dataset_open(&dataset, &err), FGR_OK, "%s", err.text);
    for (uint32_t edge = 0; edge < 2 * dataset.view->n_chans; edge++) {
        uint32_t timestamp = dataset.view->half[edge].timestamp;
        now_s = timestamp > now_s ? timestamp : now_s;
    }
    open_world(&world, NULL, now_s, true);
    take_file(&world, path);
    settle(&world);
    compare_halves(newest(&world), dataset.view, now_s);
    cr_assert_eq(count(&world, FGR_RULE_NO_ROOM), 0);
    cr_assert_eq(figures_of(&world).contradictions, 0);
    close_world(&world);
    fgr_dataset_close(&dataset);
}
