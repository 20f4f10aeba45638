/* SPDX-License-Identifier: MIT */
#include "tools/fgr/statement.h"

#include "graph/util/error.h"

#define SLOTS_MAX 483 /* BOLT 2: the greatest max_accepted_htlcs */

const struct fgr_member fgr_members[FGR_FIELD_COUNT] = {
    [FGR_FIELD_SCID] = {"scid", FGR_TYPE_SCID, 0, 0},
    [FGR_FIELD_DIRECTION] = {"direction", FGR_TYPE_NUMBER, 0, 1},
    [FGR_FIELD_FROM] = {"from", FGR_TYPE_NODE, 0, 0},
    [FGR_FIELD_TO] = {"to", FGR_TYPE_NODE, 0, 0},
    [FGR_FIELD_NODE] = {"node", FGR_TYPE_NODE, 0, 0},
    [FGR_FIELD_CAPACITY] = {"capacity_sat", FGR_TYPE_NUMBER, 1, FGR_SAT_MAX},
    [FGR_FIELD_BASE] = {"base_msat", FGR_TYPE_NUMBER, 0, UINT32_MAX},
    [FGR_FIELD_PPM] = {"ppm", FGR_TYPE_NUMBER, 0, UINT32_MAX},
    [FGR_FIELD_CLTV] = {"cltv_delta", FGR_TYPE_NUMBER, 0, UINT16_MAX},
    [FGR_FIELD_HTLC_MIN] = {"htlc_min_msat", FGR_TYPE_NUMBER, 0, FGR_MSAT_MAX},
    [FGR_FIELD_HTLC_MAX] = {"htlc_max_msat", FGR_TYPE_NUMBER, 0, FGR_MSAT_MAX},
    [FGR_FIELD_ENABLED] = {"enabled", FGR_TYPE_BOOL, 0, 0},
    [FGR_FIELD_BALANCE] = {"balance_msat", FGR_TYPE_BALANCE, 0, FGR_MSAT_MAX},
    [FGR_FIELD_MIN] = {"min_msat", FGR_TYPE_NUMBER, 0, FGR_MSAT_MAX},
    [FGR_FIELD_MAX] = {"max_msat", FGR_TYPE_NUMBER, 0, FGR_MSAT_MAX},
    [FGR_FIELD_AMOUNT] = {"amount_msat", FGR_TYPE_NUMBER, 0, FGR_MSAT_MAX},
    [FGR_FIELD_SLOTS] = {"slots", FGR_TYPE_NUMBER, 0, SLOTS_MAX},
    [FGR_FIELD_COST] = {"cost_msat", FGR_TYPE_NUMBER, 0, (uint64_t)FGR_BIAS_MSAT_MAX},
    [FGR_FIELD_BIAS] = {"bias_msat", FGR_TYPE_SIGNED, 0, (uint64_t)FGR_BIAS_MSAT_MAX},
    [FGR_FIELD_FINAL_CLTV] = {"final_cltv", FGR_TYPE_NUMBER, 0, UINT16_MAX},
    [FGR_FIELD_HOPS] = {"hops", FGR_TYPE_HOPS, 0, 0},
};

const struct fgr_statement_name fgr_statement_kinds[FGR_STATEMENT_NONE] = {
    [FGR_STATEMENT_CHANNEL] = {"channel", "scid, from, to, base_msat, ppm and cltv_delta"},
    [FGR_STATEMENT_BLINDED_PATH] =
        {"blinded_path", "from, to, base_msat, ppm and cltv_delta, or from, to, final_cltv and "
                         "hops"},
    [FGR_STATEMENT_POLICY] = {"policy", "scid, direction and what is to change"},
    [FGR_STATEMENT_BALANCE] = {"balance", "balance_msat, and scid and direction, or node"},
    [FGR_STATEMENT_KNOWLEDGE] = {"knowledge", "scid and direction"},
    [FGR_STATEMENT_RESERVED] = {"reserved", "scid, direction and amount_msat"},
    [FGR_STATEMENT_HTLCS] = {"htlcs", "scid, direction, and slots or cost_msat or both"},
    [FGR_STATEMENT_BIAS] = {"bias", "bias_msat, and scid and direction, or node"},
    [FGR_STATEMENT_BAN] = {"ban", "node, or scid, or from and to"},
    [FGR_STATEMENT_ONLY_OUT] = {"only_out", "scid and direction, or from and to"},
    [FGR_STATEMENT_ONLY_IN] = {"only_in", "scid and direction, or from and to"},
    [FGR_STATEMENT_HOP] = {"hop", "base_msat, ppm and cltv_delta"},
};

#define SET_EDGE (FGR_FIELD_SET(FGR_FIELD_SCID) | FGR_FIELD_SET(FGR_FIELD_DIRECTION))
#define SET_PAIR (FGR_FIELD_SET(FGR_FIELD_FROM) | FGR_FIELD_SET(FGR_FIELD_TO))
#define SET_FEES \
    (FGR_FIELD_SET(FGR_FIELD_BASE) | FGR_FIELD_SET(FGR_FIELD_PPM) | FGR_FIELD_SET(FGR_FIELD_CLTV))
#define SET_LIMITS (FGR_FIELD_SET(FGR_FIELD_HTLC_MIN) | FGR_FIELD_SET(FGR_FIELD_HTLC_MAX))

/* Sets of members that make a statement. */
static const struct shape {
    enum fgr_statement_kind kind;
    uint32_t needed;
    uint32_t optional;
} shapes[] = {
    {FGR_STATEMENT_CHANNEL, FGR_FIELD_SET(FGR_FIELD_SCID) | SET_PAIR | SET_FEES,
     SET_LIMITS | FGR_FIELD_SET(FGR_FIELD_CAPACITY) | FGR_FIELD_SET(FGR_FIELD_ENABLED)},
    {FGR_STATEMENT_BLINDED_PATH, SET_PAIR | SET_FEES, SET_LIMITS},
    {FGR_STATEMENT_BLINDED_PATH,
     SET_PAIR | FGR_FIELD_SET(FGR_FIELD_FINAL_CLTV) | FGR_FIELD_SET(FGR_FIELD_HOPS), 0},
    {FGR_STATEMENT_POLICY, SET_EDGE, SET_FEES | SET_LIMITS | FGR_FIELD_SET(FGR_FIELD_ENABLED)},
    {FGR_STATEMENT_BALANCE, SET_EDGE | FGR_FIELD_SET(FGR_FIELD_BALANCE), 0},
    {FGR_STATEMENT_BALANCE, FGR_FIELD_SET(FGR_FIELD_NODE) | FGR_FIELD_SET(FGR_FIELD_BALANCE), 0},
    {FGR_STATEMENT_KNOWLEDGE, SET_EDGE,
     FGR_FIELD_SET(FGR_FIELD_MIN) | FGR_FIELD_SET(FGR_FIELD_MAX)},
    {FGR_STATEMENT_RESERVED, SET_EDGE | FGR_FIELD_SET(FGR_FIELD_AMOUNT), 0},
    {FGR_STATEMENT_HTLCS, SET_EDGE | FGR_FIELD_SET(FGR_FIELD_SLOTS), FGR_FIELD_SET(FGR_FIELD_COST)},
    {FGR_STATEMENT_HTLCS, SET_EDGE | FGR_FIELD_SET(FGR_FIELD_COST), 0},
    {FGR_STATEMENT_BIAS, SET_EDGE | FGR_FIELD_SET(FGR_FIELD_BIAS), 0},
    {FGR_STATEMENT_BIAS, FGR_FIELD_SET(FGR_FIELD_NODE) | FGR_FIELD_SET(FGR_FIELD_BIAS), 0},
    {FGR_STATEMENT_BAN, FGR_FIELD_SET(FGR_FIELD_NODE), 0},
    {FGR_STATEMENT_BAN, FGR_FIELD_SET(FGR_FIELD_SCID), FGR_FIELD_SET(FGR_FIELD_DIRECTION)},
    {FGR_STATEMENT_BAN, SET_PAIR, 0},
    {FGR_STATEMENT_ONLY_OUT, SET_EDGE, 0},
    {FGR_STATEMENT_ONLY_OUT, SET_PAIR, 0},
    {FGR_STATEMENT_ONLY_IN, SET_EDGE, 0},
    {FGR_STATEMENT_ONLY_IN, SET_PAIR, 0},
    {FGR_STATEMENT_HOP, SET_FEES, SET_LIMITS},
};

uint32_t fgr_statement_allowed(enum fgr_statement_kind kind)
{
    uint32_t allowed = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        allowed |= shapes[i].kind == kind ? shapes[i].needed | shapes[i].optional : 0;
    }
    return allowed;
}

bool fgr_statement_is_whole(enum fgr_statement_kind kind, uint32_t seen)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape *shape = &shapes[i];
        if (shape->kind == kind && (shape->needed & ~seen) == 0 &&
            (seen & ~(shape->needed | shape->optional)) == 0) {
            return true;
        }
    }
    return false;
}

static bool has(const struct fgr_statement *said, enum fgr_field field)
{
    return (said->seen & FGR_FIELD_SET(field)) != 0;
}

static struct fgr_overlay_policy policy_of(const struct fgr_statement *said)
{
    bool has_max = has(said, FGR_FIELD_HTLC_MAX);
    bool has_enabled = has(said, FGR_FIELD_ENABLED);
    return (struct fgr_overlay_policy){
        .htlc_min = {said->number[FGR_FIELD_HTLC_MIN]},
        .htlc_max = {has_max ? said->number[FGR_FIELD_HTLC_MAX] : FGR_MSAT_NONE},
        .base_msat = (uint32_t)said->number[FGR_FIELD_BASE],
        .ppm = (uint32_t)said->number[FGR_FIELD_PPM],
        .cltv_delta = (uint16_t)said->number[FGR_FIELD_CLTV],
        .enabled = !has_enabled || said->number[FGR_FIELD_ENABLED] != 0};
}

struct fgr_overlay_relay fgr_statement_relay(const struct fgr_statement *hop)
{
    struct fgr_overlay_policy policy = policy_of(hop);
    return (struct fgr_overlay_relay){.htlc_min = policy.htlc_min,
                                      .htlc_max = policy.htlc_max,
                                      .base_msat = policy.base_msat,
                                      .ppm = policy.ppm,
                                      .cltv_delta = policy.cltv_delta};
}

/* Both ends of a channel or path, added where they are new. */
static enum fgr_err name_ends(struct fgr_overlay_builder *builder, fgr_node_idx out_ends[2],
                              const struct fgr_statement *said, struct fgr_error *err)
{
    enum fgr_err rc = fgr_overlay_node(builder, &out_ends[0], said->id[FGR_FIELD_FROM], err);
    return rc == FGR_OK ? fgr_overlay_node(builder, &out_ends[1], said->id[FGR_FIELD_TO], err) : rc;
}

static enum fgr_err say_channel(const struct fgr_statement *said,
                                struct fgr_overlay_builder *builder, struct fgr_error *err)
{
    fgr_node_idx ends[2];
    enum fgr_err rc = name_ends(builder, ends, said, err);
    if (rc != FGR_OK) {
        return rc;
    }
    struct fgr_overlay_channel channel = {.scid = said->number[FGR_FIELD_SCID],
                                          .from = ends[0],
                                          .to = ends[1],
                                          .capacity = {said->number[FGR_FIELD_CAPACITY]},
                                          .policy = policy_of(said)};
    return fgr_overlay_channel(builder, NULL, &channel, err);
}

static enum fgr_err say_blinded_path(const struct fgr_statement *said,
                                     struct fgr_overlay_builder *builder, struct fgr_error *err)
{
    struct fgr_overlay_policy policy = policy_of(said);
    struct fgr_overlay_payinfo payinfo = {.htlc_min = policy.htlc_min,
                                          .htlc_max = policy.htlc_max,
                                          .base_msat = policy.base_msat,
                                          .ppm = policy.ppm,
                                          .cltv_delta = policy.cltv_delta};
    fgr_node_idx ends[2];
    enum fgr_err rc = FGR_OK;
    if (has(said, FGR_FIELD_HOPS)) {
        rc = fgr_overlay_aggregate(&payinfo, said->hops, said->n_hops,
                                   (uint16_t)said->number[FGR_FIELD_FINAL_CLTV], err);
    }
    rc = rc == FGR_OK ? name_ends(builder, ends, said, err) : rc;
    return rc == FGR_OK ? fgr_overlay_blinded_path(builder, NULL, ends[0], ends[1], &payinfo, err)
                        : rc;
}

static enum fgr_err find_edge(const struct fgr_overlay_builder *builder, fgr_edge_idx *out_edge,
                              const struct fgr_statement *said, struct fgr_error *err)
{
    fgr_chan_idx chan;
    enum fgr_err rc = fgr_overlay_find_channel(builder, &chan, said->number[FGR_FIELD_SCID], err);
    if (rc == FGR_OK) {
        out_edge->v = 2 * chan.v + (uint32_t)said->number[FGR_FIELD_DIRECTION];
    }
    return rc;
}

static enum fgr_err say_policy(const struct fgr_statement *said,
                               struct fgr_overlay_builder *builder, struct fgr_error *err)
{
    static const struct {
        enum fgr_field field;
        unsigned set;
    } map[] = {
        {FGR_FIELD_BASE, FGR_OVERLAY_BASE},         {FGR_FIELD_PPM, FGR_OVERLAY_PPM},
        {FGR_FIELD_CLTV, FGR_OVERLAY_CLTV},         {FGR_FIELD_HTLC_MIN, FGR_OVERLAY_HTLC_MIN},
        {FGR_FIELD_HTLC_MAX, FGR_OVERLAY_HTLC_MAX}, {FGR_FIELD_ENABLED, FGR_OVERLAY_ENABLED}};
    struct fgr_overlay_policy policy = policy_of(said);
    fgr_edge_idx edge;
    unsigned fields = 0;
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        fields |= has(said, map[i].field) ? map[i].set : 0;
    }
    if (fields == 0) {
        return fgr_fail(err, FGR_ERR_FORMAT, "nothing is to change");
    }
    enum fgr_err rc = find_edge(builder, &edge, said, err);
    return rc == FGR_OK ? fgr_overlay_policy(builder, edge, fields, &policy, err) : rc;
}

/* Statements about a half-channel, or about a node where the said names one. */
static enum fgr_err say_known(const struct fgr_statement *said, struct fgr_overlay_builder *builder,
                              struct fgr_error *err)
{
    bool has_node = has(said, FGR_FIELD_NODE);
    bool has_max = has(said, FGR_FIELD_MAX);
    fgr_msat balance = {said->number[FGR_FIELD_BALANCE]};
    fgr_msat min = {said->number[FGR_FIELD_MIN]};
    fgr_msat max = {has_max ? said->number[FGR_FIELD_MAX] : FGR_MSAT_NONE};
    fgr_node_idx node = {0};
    fgr_edge_idx edge = {0};
    enum fgr_err rc = has_node
                          ? fgr_overlay_find_node(builder, &node, said->id[FGR_FIELD_NODE], err)
                          : find_edge(builder, &edge, said, err);
    if (rc != FGR_OK) {
        return rc;
    }
    if (said->kind == FGR_STATEMENT_KNOWLEDGE) {
        return fgr_overlay_knowledge(builder, edge, min, max, err);
    }
    if (said->kind == FGR_STATEMENT_RESERVED) {
        return fgr_overlay_reserved(builder, edge, (fgr_msat){said->number[FGR_FIELD_AMOUNT]}, err);
    }
    if (said->kind == FGR_STATEMENT_HTLCS) {
        bool has_slots = has(said, FGR_FIELD_SLOTS);
        uint32_t slots = has_slots ? (uint32_t)said->number[FGR_FIELD_SLOTS] : FGR_SLOTS_ANY;
        fgr_msat cost = {said->number[FGR_FIELD_COST]};
        return fgr_overlay_htlcs(builder, edge, slots, cost, err);
    }
    if (said->kind == FGR_STATEMENT_BIAS) {
        return has_node ? fgr_overlay_bias_of_node(builder, node, said->bias_msat, err)
                        : fgr_overlay_bias(builder, edge, said->bias_msat, err);
    }
    return has_node ? fgr_overlay_balance_of_node(builder, node, balance, err)
                    : fgr_overlay_balance(builder, edge, balance, err);
}

static enum fgr_err say_ban(const struct fgr_statement *said, struct fgr_overlay_builder *builder,
                            struct fgr_error *err)
{
    fgr_node_idx node, to;
    fgr_edge_idx edge;
    enum fgr_err rc;
    if (has(said, FGR_FIELD_NODE)) {
        rc = fgr_overlay_find_node(builder, &node, said->id[FGR_FIELD_NODE], err);
        return rc == FGR_OK ? fgr_overlay_ban_node(builder, node, err) : rc;
    }
    if (has(said, FGR_FIELD_FROM)) {
        rc = fgr_overlay_find_node(builder, &node, said->id[FGR_FIELD_FROM], err);
        rc = rc == FGR_OK ? fgr_overlay_find_node(builder, &to, said->id[FGR_FIELD_TO], err) : rc;
        return rc == FGR_OK ? fgr_overlay_ban_pair(builder, node, to, err) : rc;
    }
    rc = find_edge(builder, &edge, said, err);
    if (rc != FGR_OK || has(said, FGR_FIELD_DIRECTION)) {
        return rc == FGR_OK ? fgr_overlay_ban_edge(builder, edge, err) : rc;
    }
    return fgr_overlay_ban_channel(builder, (fgr_chan_idx){edge.v / 2}, err);
}

/* A set of first or last hops. */
static enum fgr_err say_only(const struct fgr_statement *said, struct fgr_overlay_builder *builder,
                             struct fgr_error *err)
{
    bool is_out = said->kind == FGR_STATEMENT_ONLY_OUT;
    fgr_node_idx from, to;
    fgr_edge_idx edge;
    enum fgr_err rc;
    if (has(said, FGR_FIELD_SCID)) {
        rc = find_edge(builder, &edge, said, err);
        if (rc != FGR_OK) {
            return rc;
        }
        return is_out ? fgr_overlay_only_out(builder, edge, err)
                      : fgr_overlay_only_in(builder, edge, err);
    }
    rc = fgr_overlay_find_node(builder, &from, said->id[FGR_FIELD_FROM], err);
    rc = rc == FGR_OK ? fgr_overlay_find_node(builder, &to, said->id[FGR_FIELD_TO], err) : rc;
    if (rc != FGR_OK) {
        return rc;
    }
    return is_out ? fgr_overlay_only_out_to(builder, from, to, err)
                  : fgr_overlay_only_in_from(builder, to, from, err);
}

enum fgr_err fgr_statement_say(const struct fgr_statement *said,
                               struct fgr_overlay_builder *builder, struct fgr_error *err)
{
    switch (said->kind) {
    case FGR_STATEMENT_CHANNEL:
        return say_channel(said, builder, err);
    case FGR_STATEMENT_BLINDED_PATH:
        return say_blinded_path(said, builder, err);
    case FGR_STATEMENT_POLICY:
        return say_policy(said, builder, err);
    case FGR_STATEMENT_BALANCE:
    case FGR_STATEMENT_KNOWLEDGE:
    case FGR_STATEMENT_RESERVED:
    case FGR_STATEMENT_HTLCS:
    case FGR_STATEMENT_BIAS:
        return say_known(said, builder, err);
    case FGR_STATEMENT_BAN:
        return say_ban(said, builder, err);
    case FGR_STATEMENT_ONLY_OUT:
    case FGR_STATEMENT_ONLY_IN:
        return say_only(said, builder, err);
    case FGR_STATEMENT_HOP:
    case FGR_STATEMENT_NONE:
        break;
    }
    return FGR_OK;
}
