/* SPDX-License-Identifier: MIT */
#include "tests/support/changing_net.h"

#include <string.h>

#include "graph/image.h"

static const uint8_t set_bytes[FGR_CHANGING_SETS][4] = {
    {0}, {0x02}, {0x80, 0x00, 0x02}, {0x01, 0xff, 0x00, 0x51}};
static const uint32_t set_len[FGR_CHANGING_SETS] = {0, 1, 3, 4};

static struct fgr_bytes random_set(struct fgr_rng *rng)
{
    uint64_t set = fgr_rng_below(rng, FGR_CHANGING_SETS);
    return (struct fgr_bytes){set_bytes[set], set_len[set]};
}

bool fgr_changing_net_init(struct fgr_changing_net *out_net, uint64_t seed, struct fgr_error *err)
{
    memset(out_net, 0, sizeof *out_net);
    fgr_rng_seed(&out_net->rng, seed, 7);
    return fgr_maker_create(&out_net->maker, FGR_CHANGING_NODES, err);
}

void fgr_changing_net_free(struct fgr_changing_net *net)
{
    fgr_maker_destroy(net->maker);
}

static bool is_channel_end(const struct fgr_changing_net *net, uint32_t node)
{
    const uint8_t *id = fgr_maker_id(net->maker, node);
    for (unsigned c = 0; c < FGR_CHANGING_CHANS; c++) {
        if (net->is_open[c] && (memcmp(net->chan[c].node_id[0], id, FGR_NODE_ID_BYTES) == 0 ||
                                memcmp(net->chan[c].node_id[1], id, FGR_NODE_ID_BYTES) == 0)) {
            return true;
        }
    }
    return false;
}

/* ---- one change of each kind --------------------------------------------------------------- */

static struct fgr_change open_channel(struct fgr_changing_net *net, uint32_t c)
{
    struct fgr_rng *rng = &net->rng;
    uint64_t a = fgr_rng_below(rng, FGR_CHANGING_NODES);
    uint64_t b = (a + 1 + fgr_rng_below(rng, FGR_CHANGING_NODES - 1)) % FGR_CHANGING_NODES;
    struct fgr_channel_record *chan = &net->chan[c];
    *chan = (struct fgr_channel_record){
        .scid = (uint64_t)(c * 37 % FGR_CHANGING_CHANS + 1) << 40 | c,
        .capacity_sat = 1 + fgr_rng_below(rng, 3000),
        .features = random_set(rng),
        .dying = fgr_rng_below(rng, 8) == 0,
    };
    memcpy(chan->node_id[0], fgr_maker_id(net->maker, (uint32_t)a), FGR_NODE_ID_BYTES);
    memcpy(chan->node_id[1], fgr_maker_id(net->maker, (uint32_t)b), FGR_NODE_ID_BYTES);
    net->is_open[c] = true;
    net->has_policy[2 * c] = false;
    net->has_policy[2 * c + 1] = false;
    return (struct fgr_change){.kind = FGR_CHANGE_CHANNEL, .u = {.channel = *chan}};
}

static struct fgr_change close_channel(struct fgr_changing_net *net, uint32_t c)
{
    net->is_open[c] = false;
    for (uint32_t v = 0; v < FGR_CHANGING_NODES; v++) {
        net->is_announced[v] = net->is_announced[v] && is_channel_end(net, v);
    }
    return (struct fgr_change){.kind = FGR_CHANGE_CLOSE, .u = {.scid = net->chan[c].scid}};
}

/* Few values of each, so that ranks are equal often and a policy is the same again sometimes. */
static struct fgr_change set_policy(struct fgr_changing_net *net, uint32_t c)
{
    struct fgr_rng *rng = &net->rng;
    unsigned direction = (unsigned)fgr_rng_below(rng, 2);
    struct fgr_policy_record *policy = &net->policy[2 * c + direction];
    *policy = (struct fgr_policy_record){
        .scid = net->chan[c].scid,
        .direction = direction,
        .htlc_min_msat = fgr_rng_below(rng, 3) * 1000,
        .htlc_max_msat = fgr_rng_below(rng, 3000) * 1000,
        .base_msat = (uint32_t)fgr_rng_below(rng, 3) * 1000,
        .ppm = (uint32_t)fgr_rng_below(rng, 4) * (fgr_rng_below(rng, 40) == 0 ? UINT32_MAX / 3 : 1),
        .timestamp = (uint32_t)fgr_rng_below(rng, 1000),
        .cltv_delta = (uint16_t)fgr_rng_below(rng, 144),
        .disabled = fgr_rng_below(rng, 6) == 0,
        .max_is_capacity = fgr_rng_below(rng, 3) == 0,
    };
    if (fgr_rng_below(rng, 5) == 0) {
        policy->inbound_base_msat = (int32_t)fgr_rng_below(rng, 100) - 50;
        policy->inbound_ppm = (int32_t)fgr_rng_below(rng, 100) - 50;
    }
    net->has_policy[2 * c + direction] = true;
    return (struct fgr_change){.kind = FGR_CHANGE_POLICY, .u = {.policy = *policy}};
}

static struct fgr_change die(struct fgr_changing_net *net, uint32_t c)
{
    net->chan[c].dying = true;
    return (struct fgr_change){.kind = FGR_CHANGE_DYING, .u = {.scid = net->chan[c].scid}};
}

/* Aliases of few letters, so that several nodes have the same one. */
static struct fgr_change announce(struct fgr_changing_net *net, uint32_t v)
{
    struct fgr_rng *rng = &net->rng;
    uint32_t len = (uint32_t)fgr_rng_below(rng, 4);
    for (uint32_t i = 0; i < len; i++) {
        net->alias[v][i] = (uint8_t)('a' + fgr_rng_below(rng, 2));
    }
    net->node[v] = (struct fgr_node_record){
        .timestamp = (uint32_t)fgr_rng_below(rng, 1000),
        .alias = {net->alias[v], len},
        .features = random_set(rng),
    };
    memcpy(net->node[v].id, fgr_maker_id(net->maker, v), FGR_NODE_ID_BYTES);
    net->is_announced[v] = true;
    return (struct fgr_change){.kind = FGR_CHANGE_NODE, .u = {.node = net->node[v]}};
}

struct fgr_change fgr_changing_net_step(struct fgr_changing_net *net)
{
    enum { PHASE = 150 };
    bool is_growing = net->n_steps++ / PHASE % 2 == 0;
    uint64_t open_percent = is_growing ? 40 : 2, close_percent = is_growing ? 5 : 40;
    for (;;) {
        uint32_t c = (uint32_t)fgr_rng_below(&net->rng, FGR_CHANGING_CHANS);
        uint32_t v = (uint32_t)fgr_rng_below(&net->rng, FGR_CHANGING_NODES);
        uint64_t what = fgr_rng_below(&net->rng, 100);
        if (!net->is_open[c]) {
            if (what < open_percent) {
                return open_channel(net, c);
            }
        } else if (what < close_percent) {
            return close_channel(net, c);
        } else if (what < close_percent + 3) {
            return die(net, c);
        } else if (what < 90) {
            return set_policy(net, c);
        } else if (is_channel_end(net, v)) {
            return announce(net, v);
        }
    }
}

/* ---- the same from records ----------------------------------------------------------------- */

static enum fgr_err feed(const struct fgr_changing_net *net, struct fgr_builder *builder,
                         struct fgr_error *err)
{
    const struct fgr_place place = {FGR_NO_POSITION, FGR_NO_POSITION};
    enum fgr_err rc = FGR_OK;
    for (unsigned c = 0; c < FGR_CHANGING_CHANS && rc == FGR_OK; c++) {
        if (net->is_open[c]) {
            rc = fgr_builder_channel(builder, &net->chan[c], place, err);
        }
        for (unsigned d = 0; d < 2 && rc == FGR_OK; d++) {
            if (net->is_open[c] && net->has_policy[2 * c + d]) {
                rc = fgr_builder_policy(builder, &net->policy[2 * c + d], place, err);
            }
        }
    }
    for (unsigned v = 0; v < FGR_CHANGING_NODES && rc == FGR_OK; v++) {
        if (net->is_announced[v]) {
            rc = fgr_builder_node(builder, &net->node[v], place, err);
        }
    }
    return rc;
}

bool fgr_changing_net_image(const struct fgr_changing_net *net, struct fgr_made *out_made,
                            struct fgr_error *err)
{
    struct fgr_builder *builder;
    struct fgr_import_report report = {.bytes = 0};
    if (fgr_builder_create(&builder, &report, err) != FGR_OK) {
        return false;
    }
    enum fgr_err rc = feed(net, builder, err);
    if (rc == FGR_OK) {
        rc = fgr_builder_finish(builder, &out_made->bytes, &out_made->n_bytes, 1, err);
    }
    fgr_builder_destroy(builder);
    if (rc != FGR_OK) {
        return false;
    }
    rc = fgr_view_open_memory(&out_made->view, out_made->bytes, out_made->n_bytes, err);
    if (rc != FGR_OK) {
        fgr_image_free(out_made->bytes, out_made->n_bytes);
    }
    return rc == FGR_OK;
}
