/* SPDX-License-Identifier: MIT */
#include "tests/support/nasty_overlay.h"

#include "fulgurite/overlay.h"

#define PICK(rng, list) (list)[fgr_rng_below((rng), sizeof(list) / sizeof(list)[0])]

enum kind {
    CHANNEL,
    POLICY,
    BAN,
    EXPRESSIBLE,
    BALANCE = EXPRESSIBLE,
    BALANCE_OF_NODE,
    KNOWLEDGE,
    RESERVED,
    HTLCS,
    BIAS,
    BIAS_OF_NODE,
    BLINDED,
    KINDS
};

struct teller {
    struct fgr_rng *rng;
    const struct fgr_nasty_world *world;
    struct fgr_overlay_builder *builder;
    uint32_t n_nodes;
    uint32_t n_edges;
};

static uint64_t near_amount(const struct teller *t)
{
    uint64_t amount_msat = t->world->amount_msat;
    const uint64_t near_msat[] = {0,
                                  1,
                                  amount_msat / 2,
                                  amount_msat - 1,
                                  amount_msat,
                                  amount_msat + 1,
                                  amount_msat + 1000,
                                  amount_msat + amount_msat / 100,
                                  2 * amount_msat,
                                  10 * amount_msat,
                                  fgr_nasty_magnitude(t->rng, 40)};
    return PICK(t->rng, near_msat);
}

static fgr_node_idx any_node(const struct teller *t)
{
    return (fgr_node_idx){(uint32_t)fgr_rng_below(t->rng, t->n_nodes)};
}

/* As strong as a fee, as what failure costs, or as anything. */
static int64_t any_bias(const struct teller *t)
{
    static const unsigned bits[] = {4, 10, 18, 30, 49};
    int64_t bias_msat = (int64_t)fgr_nasty_magnitude(t->rng, PICK(t->rng, bits));
    return fgr_nasty_chance(t->rng, 60) ? -bias_msat : bias_msat;
}

static uint32_t any_slots(const struct teller *t)
{
    static const uint32_t slots[] = {0, 1, 1, 1, 2, 2, 3, FGR_SLOTS_ANY};
    return PICK(t->rng, slots);
}

static fgr_msat any_cost(const struct teller *t)
{
    static const unsigned bits[] = {1, 10, 18, 30};
    return (fgr_msat){fgr_nasty_magnitude(t->rng, PICK(t->rng, bits))};
}

static struct fgr_overlay_policy any_policy(const struct teller *t)
{
    static const uint32_t base_msat[] = {0, 0, 1, 1000, 999, 100000, UINT32_MAX};
    static const uint32_t ppm[] = {0, 0, 1, 100, 999, 10000, UINT32_MAX};
    static const uint16_t cltv[] = {0, 1, 34, 40, 144, UINT16_MAX};
    return (struct fgr_overlay_policy){
        .htlc_min = {fgr_nasty_chance(t->rng, 60) ? 0 : near_amount(t)},
        .htlc_max = {fgr_nasty_chance(t->rng, 60) ? FGR_MSAT_NONE : near_amount(t)},
        .base_msat = PICK(t->rng, base_msat),
        .ppm = PICK(t->rng, ppm),
        .cltv_delta = PICK(t->rng, cltv),
        .enabled = fgr_nasty_chance(t->rng, 90)};
}

/* A channel in one direction or both, between any nodes but the last, which is for blinded paths. */
static void say_channel(struct teller *t)
{
    static const uint64_t room[] = {1, 2, 10, 10000};
    struct fgr_overlay_channel channel = {.scid = (UINT64_C(1000) + t->n_edges) << 40};
    fgr_edge_idx edge;
    channel.from.v = (uint32_t)fgr_rng_below(t->rng, t->n_nodes - 1);
    channel.to.v = (uint32_t)fgr_rng_below(t->rng, t->n_nodes - 1);
    channel.policy = any_policy(t);
    if (t->world->is_expressible || fgr_nasty_chance(t->rng, 50)) {
        uint64_t capacity_sat = (near_amount(t) / 1000 + 1) * PICK(t->rng, room);
        channel.capacity.v = capacity_sat < FGR_SAT_MAX ? capacity_sat : FGR_SAT_MAX;
    }
    if (fgr_overlay_channel(t->builder, &edge, &channel, NULL) != FGR_OK) {
        return;
    }
    t->n_edges += 2;
    if (fgr_nasty_chance(t->rng, 60)) {
        fgr_node_idx from = channel.from;
        channel.from = channel.to;
        channel.to = from;
        channel.policy = any_policy(t);
        /* May be refused: htlc_max above the capacity. */
        enum fgr_err rc = fgr_overlay_channel(t->builder, &edge, &channel, NULL);
        (void)rc;
    }
}

static void say_blinded(struct teller *t)
{
    struct fgr_overlay_policy policy = any_policy(t);
    const struct fgr_overlay_payinfo payinfo = {.htlc_min = policy.htlc_min,
                                                .htlc_max = {near_amount(t)},
                                                .base_msat = policy.base_msat,
                                                .ppm = policy.ppm,
                                                .cltv_delta = policy.cltv_delta};
    fgr_node_idx introduction = {(uint32_t)fgr_rng_below(t->rng, t->n_nodes - 1)};
    fgr_node_idx recipient = {t->n_nodes - 1};
    if (fgr_overlay_blinded_path(t->builder, NULL, introduction, recipient, &payinfo, NULL) ==
        FGR_OK) {
        t->n_edges += 2;
    }
}

static enum fgr_err say_ban(struct teller *t, fgr_edge_idx edge)
{
    switch (fgr_rng_below(t->rng, 9)) {
    case 0:
        return fgr_overlay_ban_node(t->builder, any_node(t), NULL);
    case 1:
        return fgr_overlay_ban_channel(t->builder, (fgr_chan_idx){edge.v / 2}, NULL);
    case 2:
        return fgr_overlay_ban_pair(t->builder, any_node(t), any_node(t), NULL);
    case 3:
        return fgr_overlay_only_out(t->builder, edge, NULL);
    case 4:
        return fgr_overlay_only_in(t->builder, edge, NULL);
    default:
        return fgr_overlay_ban_edge(t->builder, edge, NULL);
    }
}

static enum fgr_err say_policy(struct teller *t, fgr_edge_idx edge)
{
    struct fgr_overlay_policy policy = any_policy(t);
    unsigned fields = 1 + (unsigned)fgr_rng_below(t->rng, 63);
    return fgr_overlay_policy(t->builder, edge, fields, &policy, NULL);
}

/* One statement about what there is. */
static enum fgr_err say_change(struct teller *t, enum kind kind)
{
    fgr_edge_idx edge = {(uint32_t)fgr_rng_below(t->rng, t->n_edges)};
    fgr_msat min = {near_amount(t)}, max = {min.v + near_amount(t)};
    switch (kind) {
    case POLICY:
        return say_policy(t, edge);
    case BAN:
        return say_ban(t, edge);
    case BALANCE:
        return fgr_overlay_balance(t->builder, edge, min, NULL);
    case BALANCE_OF_NODE:
        return fgr_overlay_balance_of_node(t->builder, any_node(t), min, NULL);
    case KNOWLEDGE:
        max.v = fgr_nasty_chance(t->rng, 30) ? FGR_MSAT_NONE : max.v;
        return fgr_overlay_knowledge(t->builder, edge, min, max, NULL);
    case RESERVED:
        return fgr_overlay_reserved(t->builder, edge, min, NULL);
    case HTLCS:
        return fgr_overlay_htlcs(t->builder, edge, any_slots(t), any_cost(t), NULL);
    case BIAS:
        return fgr_overlay_bias(t->builder, edge, any_bias(t), NULL);
    case BIAS_OF_NODE:
        return fgr_overlay_bias_of_node(t->builder, any_node(t), any_bias(t), NULL);
    case CHANNEL:
    case BLINDED:
    case KINDS:
        break;
    }
    return FGR_ERR_ARG;
}

static enum fgr_err add_strangers(const struct teller *t)
{
    uint32_t n_own = fgr_view_node_count(t->world->view);
    enum fgr_err rc = FGR_OK;
    for (uint32_t i = 0; i < t->world->n_strangers && rc == FGR_OK; i++) {
        fgr_node_idx node;
        rc = fgr_overlay_node(t->builder, &node, fgr_maker_id(t->world->maker, n_own + i), NULL);
    }
    return rc;
}

struct fgr_overlay *fgr_nasty_overlay(struct fgr_rng *rng, const struct fgr_nasty_world *world,
                                      unsigned n)
{
    struct fgr_overlay *overlay = NULL;
    struct teller t = {.rng = rng,
                       .world = world,
                       .n_nodes = fgr_view_node_count(world->view) + world->n_strangers,
                       .n_edges = 2 * fgr_view_channel_count(world->view)};
    if (fgr_overlay_builder_create(&t.builder, world->view, NULL) != FGR_OK) {
        return NULL;
    }
    enum fgr_err rc = add_strangers(&t);
    for (unsigned i = 0; i < n && rc != FGR_ERR_MEMORY; i++) {
        enum kind kind = (enum kind)fgr_rng_below(rng, world->is_expressible ? EXPRESSIBLE : KINDS);
        kind = world->is_crowded && fgr_nasty_chance(rng, 50) ? HTLCS : kind;
        if (kind == CHANNEL) {
            say_channel(&t);
        } else if (kind == BLINDED) {
            say_blinded(&t);
        } else {
            rc = say_change(&t, kind);
        }
    }
    rc = rc == FGR_ERR_MEMORY ? rc : fgr_overlay_freeze(&overlay, t.builder, NULL);
    fgr_overlay_builder_destroy(t.builder);
    return rc == FGR_OK ? overlay : NULL;
}
