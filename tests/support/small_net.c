/* SPDX-License-Identifier: MIT */
#include "tests/support/small_net.h"

#include <stdlib.h>
#include <string.h>

#include "graph/util/rng.h"
#include "graph/curve.h"

static const uint8_t feature_bytes[] = {0x80, 0x00, 0x00, 0x08, 0x2a, 0xff};

/* Set 0 is empty, set 1 a prefix of set 2. */
static struct fgr_bytes features(uint64_t set)
{
    static const uint32_t lens[FGR_SMALL_SETS] = {0, 2, 5, 6};
    return (struct fgr_bytes){.data = feature_bytes, .len = lens[set]};
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, FGR_NODE_ID_BYTES);
}

static void make_nodes(struct fgr_small_net *net, struct fgr_rng *rng)
{
    uint8_t ids[FGR_SMALL_NODES][FGR_NODE_ID_BYTES];
    for (unsigned i = 0; i < FGR_SMALL_NODES; i++) {
        uint8_t secret[32] = {0};
        for (unsigned k = 8; k < 32; k++) {
            secret[k] = (uint8_t)(1 + fgr_rng_below(rng, 255));
        }
        (void)fgr_curve_derive(ids[i], secret);
    }
    qsort(ids, FGR_SMALL_NODES, FGR_NODE_ID_BYTES, compare_ids);
    for (unsigned i = 0; i < FGR_SMALL_NODES; i++) {
        struct fgr_node_record *node = &net->nodes[i];
        /* Few lengths and few letters, so that aliases are shared and prefixes of each other. */
        uint32_t len = (uint32_t)fgr_rng_below(rng, 4);
        len = len == 3 ? FGR_ALIAS_BYTES_MAX : len;
        for (uint32_t k = 0; k < len; k++) {
            net->alias[i][k] = (uint8_t)(0xff - fgr_rng_below(rng, 2));
        }
        memcpy(node->id, ids[i], FGR_NODE_ID_BYTES);
        node->timestamp = (uint32_t)fgr_rng_next(rng);
        node->alias = (struct fgr_bytes){.data = net->alias[i], .len = len};
        node->features = features(fgr_rng_below(rng, FGR_SMALL_SETS));
    }
}

/* The first channels are a chain, so that no node is without one. */
static void make_chan(struct fgr_small_net *net, struct fgr_rng *rng, unsigned i)
{
    static const uint64_t capacities_sat[] = {1, 1000, 16777215, 5000000000, FGR_SAT_MAX};
    uint64_t a = i % FGR_SMALL_NODES, b = (i + 1) % FGR_SMALL_NODES;
    if (i >= FGR_SMALL_NODES) {
        a = fgr_rng_below(rng, FGR_SMALL_NODES / 2);
        b = (a + 1 + fgr_rng_below(rng, FGR_SMALL_NODES - 1)) % FGR_SMALL_NODES;
    }
    /* One draw a statement: the order within an initializer is the compiler's. */
    struct fgr_channel_record *chan = &net->chans[i];
    chan->scid = ((uint64_t)i * 3 + 1) << 40 | (fgr_rng_next(rng) & 0xffffffffff);
    chan->capacity_sat = capacities_sat[fgr_rng_below(rng, 5)];
    chan->features = features(fgr_rng_below(rng, FGR_SMALL_SETS));
    chan->dying = fgr_rng_below(rng, 8) == 0;
    memcpy(chan->node_id[0], net->nodes[a].id, FGR_NODE_ID_BYTES);
    memcpy(chan->node_id[1], net->nodes[b].id, FGR_NODE_ID_BYTES);
}

static void make_policy(struct fgr_small_net *net, struct fgr_rng *rng, unsigned half)
{
    const struct fgr_channel_record *chan = &net->chans[half / 2];
    uint64_t capacity_msat = chan->capacity_sat * 1000;
    uint64_t kind = fgr_rng_below(rng, 10);
    struct fgr_policy_record *policy = &net->policies[half];
    net->has_policy[half] = kind != 0;
    policy->scid = chan->scid;
    policy->direction = half % 2;
    policy->htlc_min_msat = fgr_rng_below(rng, 900);
    policy->htlc_max_msat = capacity_msat - fgr_rng_below(rng, 100);
    policy->base_msat = (uint32_t)fgr_rng_next(rng);
    policy->base_msat >>= fgr_rng_below(rng, 32);
    policy->ppm = (uint32_t)fgr_rng_next(rng);
    policy->ppm >>= fgr_rng_below(rng, 32);
    policy->timestamp = (uint32_t)fgr_rng_next(rng);
    policy->cltv_delta = (uint16_t)fgr_rng_next(rng);
    policy->inbound_base_msat = kind == 1 ? -5000 : 0;
    policy->inbound_ppm = kind == 2 ? 700 : 0;
    policy->disabled = kind == 3;
    policy->max_is_capacity = kind == 4;
    if (kind == 5) {
        policy->htlc_min_msat = policy->htlc_max_msat + 1;
    } else if (kind == 6) {
        policy->htlc_max_msat = capacity_msat + 1;
    }
}

void fgr_small_net_make(struct fgr_small_net *out_net, uint64_t seed)
{
    struct fgr_rng rng;
    memset(out_net, 0, sizeof *out_net);
    fgr_rng_seed(&rng, seed, 0);
    make_nodes(out_net, &rng);
    for (unsigned i = 0; i < FGR_SMALL_CHANS; i++) {
        make_chan(out_net, &rng, i);
    }
    for (unsigned half = 0; half < FGR_SMALL_HALVES; half++) {
        make_policy(out_net, &rng, half);
    }
}

enum fgr_err fgr_small_net_feed(const struct fgr_small_net *net, struct fgr_builder *builder,
                                uint32_t record, struct fgr_error *err)
{
    struct fgr_place place = {.record = record, .offset = 100 * (uint64_t)record};
    if (record < FGR_SMALL_NODES) {
        return fgr_builder_node(builder, &net->nodes[record], place, err);
    }
    if (record < FGR_SMALL_NODES + FGR_SMALL_CHANS) {
        return fgr_builder_channel(builder, &net->chans[record - FGR_SMALL_NODES], place, err);
    }
    uint32_t half = record - FGR_SMALL_NODES - FGR_SMALL_CHANS;
    return net->has_policy[half] ? fgr_builder_policy(builder, &net->policies[half], place, err)
                                 : FGR_OK;
}

enum fgr_err fgr_small_net_build(const struct fgr_small_net *net, void **out_bytes,
                                 size_t *out_n_bytes, struct fgr_import_report *out_report,
                                 const uint32_t order[FGR_SMALL_RECORDS], struct fgr_error *err)
{
    struct fgr_builder *builder;
    memset(out_report, 0, sizeof *out_report);
    enum fgr_err rc = fgr_builder_create(&builder, out_report, err);
    if (rc != FGR_OK) {
        return rc;
    }
    for (uint32_t i = 0; i < FGR_SMALL_RECORDS && rc == FGR_OK; i++) {
        rc = fgr_small_net_feed(net, builder, order != NULL ? order[i] : i, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_builder_finish(builder, out_bytes, out_n_bytes, 1, err);
    }
    fgr_builder_destroy(builder);
    return rc;
}
