/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_records.h"

#include "graph/util/array.h"
#include "graph/util/error.h"
#include "graph/util/parallel.h"
#include "tools/fgr/synth_capacity.h"
#include "tools/fgr/synth_degree.h"
#include "tools/fgr/synth_match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where channels are anchored: any of the first 3000 transactions of these blocks. */
#define BLOCK_FIRST 550000
#define BLOCKS 384000
#define TXS_PER_BLOCK 3000
#define SCID_PLACES ((uint64_t)BLOCKS * TXS_PER_BLOCK)

#define KEYS_PER_CHUNK 64

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

void fgr_synth_records_free(struct fgr_synth_records *records)
{
    free(records->places);
    free(records->keys);
    free(records->manners);
    free(records->net.chans);
    free(records->net.nodes);
}

static enum fgr_err reserve(struct fgr_synth_records *records,
                            const struct fgr_synth_options *options, struct fgr_error *err)
{
    struct fgr_synth_net *net = &records->net;
    memset(records, 0, sizeof *records);
    net->seed = options->seed;
    net->n_nodes = (uint32_t)options->nodes;
    net->n_chans = (uint32_t)options->channels;
    net->nodes = fgr_array_new(net->n_nodes, sizeof *net->nodes, err);
    net->chans = fgr_array_new(net->n_chans, sizeof *net->chans, err);
    records->manners = fgr_array_new(net->n_nodes, sizeof *records->manners, err);
    records->keys = fgr_array_new(net->n_nodes, sizeof *records->keys, err);
    records->places = fgr_array_new(net->n_chans, sizeof *records->places, err);
    return net->nodes == NULL || net->chans == NULL || records->manners == NULL ||
                   records->keys == NULL || records->places == NULL
               ? FGR_ERR_MEMORY
               : FGR_OK;
}

static void draw_keys(void *state, unsigned worker, size_t begin, size_t end)
{
    struct fgr_synth_records *records = state;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        fgr_synth_key_draw(&records->keys[i], records->net.seed, FGR_SYNTH_STREAM_KEY, i);
    }
}

static enum fgr_err assign_keys(struct fgr_synth_records *records, unsigned threads,
                                struct fgr_error *err)
{
    struct fgr_crew *crew = NULL;
    enum fgr_err rc = fgr_crew_create(&crew, threads, err);
    if (rc != FGR_OK) {
        return rc;
    }
    fgr_crew_run(crew, draw_keys, records, records->net.n_nodes, KEYS_PER_CHUNK);
    fgr_crew_destroy(crew);
    return FGR_OK;
}

static void assign_places(struct fgr_synth_records *records)
{
    struct fgr_rng rng;
    uint32_t n = records->net.n_chans;
    for (uint32_t i = 0; i < n; i++) {
        records->places[i] = i;
    }
    fgr_synth_stream(&rng, records->net.seed, FGR_SYNTH_STREAM_SCID, 0);
    fgr_rng_shuffle(&rng, records->places, n);
}

/* Each channel has a stretch of the block chain to itself, so that no two share an scid. */
static uint64_t scid_of(const struct fgr_synth_records *records, uint32_t chan)
{
    uint64_t n = records->net.n_chans;
    uint64_t place = records->places[chan];
    uint64_t first = place * SCID_PLACES / n;
    struct fgr_rng rng;
    fgr_synth_stream(&rng, records->net.seed, FGR_SYNTH_STREAM_SCID, chan + UINT64_C(1));
    uint64_t anchor = first + fgr_rng_below(&rng, (place + 1) * SCID_PLACES / n - first);
    uint64_t output = fgr_rng_below(&rng, 10) < 6 ? 0 : 1;
    uint64_t block = BLOCK_FIRST + anchor / TXS_PER_BLOCK;
    return block << 40 | (1 + anchor % TXS_PER_BLOCK) << 16 | output;
}

static enum fgr_err generate(struct fgr_synth_records *records, unsigned threads,
                             struct fgr_error *err)
{
    struct fgr_synth_net *net = &records->net;
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
        rc = assign_keys(records, threads, err);
    }
    if (rc == FGR_OK) {
        fgr_synth_policy_manners(net, records->manners);
        assign_places(records);
    }
    return rc;
}

enum fgr_err fgr_synth_records_create(struct fgr_synth_records *out_records,
                                      const struct fgr_synth_options *options,
                                      struct fgr_error *err)
{
    enum fgr_err rc = check(options, err);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = reserve(out_records, options, err);
    if (rc == FGR_OK) {
        rc = generate(out_records, options->threads, err);
    }
    if (rc != FGR_OK) {
        fgr_synth_records_free(out_records);
    }
    return rc;
}

void fgr_synth_records_channel(const struct fgr_synth_records *records,
                               struct fgr_synth_channel *out_channel, uint32_t chan)
{
    const struct fgr_synth_chan *from = &records->net.chans[chan];
    const uint8_t *ids[2] = {records->keys[from->node[0]].id, records->keys[from->node[1]].id};
    unsigned lesser = memcmp(ids[0], ids[1], FGR_NODE_ID_BYTES) > 0;
    enum fgr_synth_half halves[2];
    *out_channel = (struct fgr_synth_channel){
        .record = {.scid = scid_of(records, chan), .capacity_sat = from->capacity_sat},
        .node = {from->node[lesser], from->node[!lesser]}};
    memcpy(out_channel->record.node_id[0], ids[lesser], FGR_NODE_ID_BYTES);
    memcpy(out_channel->record.node_id[1], ids[!lesser], FGR_NODE_ID_BYTES);
    fgr_synth_policy_states(&records->net, halves, chan);
    for (unsigned end = 0; end < 2; end++) {
        if (halves[end] == FGR_SYNTH_HALF_MISSING) {
            continue;
        }
        struct fgr_policy_record *policy = &out_channel->policies[out_channel->n_policies++];
        policy->scid = out_channel->record.scid;
        policy->direction = end ^ lesser;
        policy->disabled = halves[end] == FGR_SYNTH_HALF_DISABLED;
        fgr_synth_policy_fill(&records->net, records->manners, policy, chan, end);
    }
}

bool fgr_synth_records_node(const struct fgr_synth_records *records,
                            struct fgr_synth_announcement *out_announcement, uint32_t node)
{
    memcpy(out_announcement->record.id, records->keys[node].id, FGR_NODE_ID_BYTES);
    return fgr_synth_name_announce(&records->net, &records->manners[node], out_announcement, node);
}
