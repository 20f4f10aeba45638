/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth.h"

#include "graph/builder.h"
#include "graph/util/array.h"
#include "graph/util/error.h"
#include "graph/util/parallel.h"
#include "tools/fgr/synth_capacity.h"
#include "tools/fgr/synth_degree.h"
#include "tools/fgr/synth_match.h"
#include "tools/fgr/synth_name.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where channels are anchored: any of the first 3000 transactions of these blocks. */
#define BLOCK_FIRST 550000
#define BLOCKS 384000
#define TXS_PER_BLOCK 3000
#define SCID_PLACES ((uint64_t)BLOCKS * TXS_PER_BLOCK)

#define KEYS_PER_CHUNK 64

struct synth {
    struct fgr_synth_net net;
    struct fgr_synth_manner *manners;
    uint8_t (*ids)[FGR_NODE_ID_BYTES];
    uint32_t *places; /* channel i is the places[i]-th oldest */
};

static enum fgr_err check(const struct fgr_synth_options *options, struct fgr_error *err)
{
    uint64_t nodes = options->nodes;
    uint64_t channels = options->channels;
    if (nodes < FGR_SYNTH_NODES_MIN || nodes > FGR_SYNTH_NODES_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "%" PRIu64 " nodes: between %d and %d are possible",
                        nodes, FGR_SYNTH_NODES_MIN, FGR_SYNTH_NODES_MAX);
    }
    if (channels > FGR_SYNTH_CHANNELS_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "%" PRIu64 " channels: at most %d are possible", channels,
                        FGR_SYNTH_CHANNELS_MAX);
    }
    if (channels < (nodes + 1) / 2) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "%" PRIu64 " channels are too few: each of the %" PRIu64
                        " nodes needs one, so there must be at least %" PRIu64,
                        channels, nodes, (nodes + 1) / 2);
    }
    return FGR_OK;
}

static void destroy(struct synth *synth)
{
    free(synth->places);
    free(synth->ids);
    free(synth->manners);
    free(synth->net.chans);
    free(synth->net.nodes);
}

static enum fgr_err create(struct synth *synth, const struct fgr_synth_options *options,
                           struct fgr_error *err)
{
    struct fgr_synth_net *net = &synth->net;
    memset(synth, 0, sizeof *synth);
    net->seed = options->seed;
    net->n_nodes = (uint32_t)options->nodes;
    net->n_chans = (uint32_t)options->channels;
    net->nodes = fgr_array_new(net->n_nodes, sizeof *net->nodes, err);
    net->chans = fgr_array_new(net->n_chans, sizeof *net->chans, err);
    synth->manners = fgr_array_new(net->n_nodes, sizeof *synth->manners, err);
    synth->ids = fgr_array_new(net->n_nodes, sizeof *synth->ids, err);
    synth->places = fgr_array_new(net->n_chans, sizeof *synth->places, err);
    if (net->nodes == NULL || net->chans == NULL || synth->manners == NULL || synth->ids == NULL ||
        synth->places == NULL) {
        destroy(synth);
        return FGR_ERR_MEMORY;
    }
    return FGR_OK;
}

static void derive_keys(void *state, unsigned worker, size_t begin, size_t end)
{
    struct synth *synth = state;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        fgr_synth_name_key(synth->ids[i], synth->net.seed, (uint32_t)i);
    }
}

static enum fgr_err assign_keys(struct synth *synth, unsigned threads, struct fgr_error *err)
{
    struct fgr_crew *crew = NULL;
    enum fgr_err rc = fgr_crew_create(&crew, threads, err);
    if (rc != FGR_OK) {
        return rc;
    }
    fgr_crew_run(crew, derive_keys, synth, synth->net.n_nodes, KEYS_PER_CHUNK);
    fgr_crew_destroy(crew);
    return FGR_OK;
}

static void assign_places(struct synth *synth)
{
    struct fgr_rng rng;
    uint32_t n = synth->net.n_chans;
    for (uint32_t i = 0; i < n; i++) {
        synth->places[i] = i;
    }
    fgr_synth_stream(&rng, synth->net.seed, FGR_SYNTH_STREAM_SCID, 0);
    fgr_rng_shuffle(&rng, synth->places, n);
}

/* Each channel has a stretch of the block chain to itself, so that no two share an scid. */
static uint64_t scid_of(const struct synth *synth, uint32_t chan)
{
    uint64_t n = synth->net.n_chans;
    uint64_t place = synth->places[chan];
    uint64_t first = place * SCID_PLACES / n;
    struct fgr_rng rng;
    fgr_synth_stream(&rng, synth->net.seed, FGR_SYNTH_STREAM_SCID, chan + UINT64_C(1));
    uint64_t anchor = first + fgr_rng_below(&rng, (place + 1) * SCID_PLACES / n - first);
    uint64_t output = fgr_rng_below(&rng, 10) < 6 ? 0 : 1;
    uint64_t block = BLOCK_FIRST + anchor / TXS_PER_BLOCK;
    return block << 40 | (1 + anchor % TXS_PER_BLOCK) << 16 | output;
}

static enum fgr_err feed_channel(const struct synth *synth, struct fgr_builder *builder,
                                 uint32_t chan, struct fgr_error *err)
{
    const struct fgr_synth_chan *from = &synth->net.chans[chan];
    const uint8_t *ids[2] = {synth->ids[from->node[0]], synth->ids[from->node[1]]};
    struct fgr_channel_record channel = {.scid = scid_of(synth, chan),
                                         .capacity_sat = from->capacity_sat};
    struct fgr_place place = {chan, FGR_NO_POSITION};
    enum fgr_synth_half halves[2];
    memcpy(channel.node_id[0], ids[0], FGR_NODE_ID_BYTES);
    memcpy(channel.node_id[1], ids[1], FGR_NODE_ID_BYTES);
    fgr_synth_policy_states(&synth->net, halves, chan);
    enum fgr_err rc = fgr_builder_channel(builder, &channel, place, err);
    for (unsigned end = 0; end < 2 && rc == FGR_OK; end++) {
        if (halves[end] == FGR_SYNTH_HALF_MISSING) {
            continue;
        }
        struct fgr_policy_record policy = {.scid = channel.scid,
                                           .disabled = halves[end] == FGR_SYNTH_HALF_DISABLED};
        policy.direction = memcmp(ids[end], ids[1 - end], FGR_NODE_ID_BYTES) < 0 ? 0 : 1;
        fgr_synth_policy_fill(&synth->net, synth->manners, &policy, chan, end);
        rc = fgr_builder_policy(builder, &policy, place, err);
    }
    return rc;
}

static enum fgr_err feed_node(const struct synth *synth, struct fgr_builder *builder, uint32_t node,
                              struct fgr_error *err)
{
    struct fgr_synth_announcement announcement;
    struct fgr_place place = {node, FGR_NO_POSITION};
    memcpy(announcement.record.id, synth->ids[node], FGR_NODE_ID_BYTES);
    if (!fgr_synth_name_announce(&synth->net, &synth->manners[node], &announcement, node)) {
        return FGR_OK;
    }
    return fgr_builder_node(builder, &announcement.record, place, err);
}

static enum fgr_err feed(const struct synth *synth, struct fgr_builder *builder,
                         struct fgr_error *err)
{
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < synth->net.n_nodes && rc == FGR_OK; i++) {
        rc = feed_node(synth, builder, i, err);
    }
    for (uint32_t i = 0; i < synth->net.n_chans && rc == FGR_OK; i++) {
        rc = feed_channel(synth, builder, i, err);
    }
    return rc;
}

static enum fgr_err generate(struct synth *synth, unsigned threads, struct fgr_error *err)
{
    struct fgr_synth_net *net = &synth->net;
    fgr_synth_degree_split(net);
    enum fgr_err rc = fgr_synth_degree_assign(net, err);
    if (rc == FGR_OK) {
        fgr_synth_capacity_sizes(net);
        rc = fgr_synth_match(net, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_synth_capacity_assign(net, err);
    }
    if (rc == FGR_OK) {
        rc = assign_keys(synth, threads, err);
    }
    if (rc == FGR_OK) {
        fgr_synth_policy_manners(net, synth->manners);
        assign_places(synth);
    }
    return rc;
}

enum fgr_err fgr_synth_generate(void **out_bytes, size_t *out_n_bytes,
                                const struct fgr_synth_options *options,
                                struct fgr_import_report *out_report, struct fgr_error *err)
{
    struct synth synth;
    struct fgr_builder *builder = NULL;
    enum fgr_err rc = check(options, err);
    if (rc == FGR_OK) {
        rc = create(&synth, options, err);
    }
    if (rc != FGR_OK) {
        return rc;
    }
    rc = generate(&synth, options->threads, err);
    if (rc == FGR_OK) {
        rc = fgr_builder_create(&builder, out_report, err);
    }
    if (rc == FGR_OK) {
        rc = feed(&synth, builder, err);
    }
    destroy(&synth);
    if (rc == FGR_OK) {
        rc = fgr_builder_finish(builder, out_bytes, out_n_bytes, options->threads, err);
    }
    fgr_builder_destroy(builder);
    return rc;
}
