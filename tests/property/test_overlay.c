/* SPDX-License-Identifier: MIT */
/*
 * Random statements, judged by a reader that knows only what each statement says: for every
 * half-channel it goes through all of them from the first to the last. The overlay must show the
 * same half-channels, once each, wherever a search looks; and a view rebuilt from it, too.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/overlay.h"
#include "tests/support/nasty.h"
#include "tests/support/overlay_rebuild.h"
#include "tests/support/settings.h"

enum {
    NETS = 1500,
    NODES_FEW = 9,
    NODES_MAX = 150,
    STRANGERS = 3,
    CHANS = 22,
    STATEMENTS_MAX = 30,
    ROUNDS = 3
};
enum { AMOUNT_MSAT = 1000000 };

enum kind {
    CHANNEL,
    POLICY,
    BAN_NODE,
    BAN_CHANNEL,
    BAN_EDGE,
    BAN_PAIR,
    ONLY_OUT,
    ONLY_IN,
    ONLY_OUT_TO,
    ONLY_IN_FROM,
    EXPRESSIBLE, /* in a view: what is above */
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

struct statement {
    enum kind kind;
    uint32_t edge; /* also what channel and blinded path became */
    uint32_t node;
    uint32_t to;
    uint64_t min_msat;
    uint64_t max_msat;
    int64_t bias_msat;
    uint32_t slots;
    uint64_t capacity_sat;
    uint64_t scid;
    unsigned fields;
    struct fgr_overlay_policy policy;
};

struct story {
    const struct fgr_view *view;
    uint32_t n_nodes; /* with strangers */
    uint32_t n_edges; /* with added ones */
    unsigned n;
    struct statement said[STATEMENTS_MAX];
};

/* ---- statements ---------------------------------------------------------------------------- */

static uint64_t draw_msat(struct fgr_rng *rng)
{
    return fgr_nasty_chance(rng, 10)   ? FGR_MSAT_NONE
           : fgr_nasty_chance(rng, 10) ? 0
                                       : fgr_nasty_magnitude(rng, 32);
}

static struct statement draw(struct fgr_rng *rng, const struct story *story, bool is_expressible)
{
    struct statement said = {
        .kind = (enum kind)fgr_rng_below(rng, is_expressible ? EXPRESSIBLE : KINDS)};
    said.edge = (uint32_t)fgr_rng_below(rng, story->n_edges);
    said.node = (uint32_t)fgr_rng_below(rng, story->n_nodes);
    said.to = (uint32_t)fgr_rng_below(rng, story->n_nodes);
    said.min_msat = draw_msat(rng);
    said.max_msat = draw_msat(rng);
    said.bias_msat = (int64_t)fgr_rng_below(rng, 20001) - 10000;
    said.slots = fgr_nasty_chance(rng, 50) ? (uint32_t)fgr_rng_below(rng, 4) : FGR_SLOTS_ANY;
    /* Few scids, of the view and not, so that they meet; where that is no use, more. */
    said.scid = (1 + fgr_rng_below(rng, is_expressible ? 12 * CHANS : CHANS + 6)) << 40;
    said.capacity_sat =
        is_expressible || fgr_nasty_chance(rng, 50) ? 1 + fgr_rng_below(rng, 5000) : 0;
    said.fields = 1 + (unsigned)fgr_rng_below(rng, 63);
    said.policy = (struct fgr_overlay_policy){
        .htlc_min = {fgr_rng_below(rng, 3000)},
        .htlc_max = {fgr_nasty_chance(rng, 50) ? FGR_MSAT_NONE : fgr_nasty_magnitude(rng, 23)},
        .base_msat = (uint32_t)fgr_rng_below(rng, 1000),
        .ppm = (uint32_t)fgr_rng_below(rng, 1000),
        .cltv_delta = (uint16_t)fgr_rng_below(rng, 100),
        .enabled = fgr_nasty_chance(rng, 80)};
    return said;
}

/* Makes the statement; `said->edge` becomes what it added. */
static enum fgr_err say(struct fgr_overlay_builder *builder, struct statement *said)
{
    fgr_edge_idx edge = {said->edge};
    fgr_node_idx node = {said->node}, to = {said->to};
    fgr_msat min = {said->min_msat}, max = {said->max_msat};
    struct fgr_overlay_channel channel = {.scid = said->scid,
                                          .from = node,
                                          .to = to,
                                          .capacity = {said->capacity_sat},
                                          .policy = said->policy};
    struct fgr_overlay_payinfo payinfo = {.htlc_min = said->policy.htlc_min,
                                          .htlc_max = said->policy.htlc_max,
                                          .base_msat = said->policy.base_msat,
                                          .ppm = said->policy.ppm,
                                          .cltv_delta = said->policy.cltv_delta};
    enum fgr_err rc = FGR_ERR_ARG;
    switch (said->kind) {
    case CHANNEL:
        rc = fgr_overlay_channel(builder, &edge, &channel, NULL);
        break;
    case POLICY:
        return fgr_overlay_policy(builder, edge, said->fields, &said->policy, NULL);
    case BAN_NODE:
        return fgr_overlay_ban_node(builder, node, NULL);
    case BAN_CHANNEL:
        return fgr_overlay_ban_channel(builder, (fgr_chan_idx){edge.v / 2}, NULL);
    case BAN_EDGE:
        return fgr_overlay_ban_edge(builder, edge, NULL);
    case BAN_PAIR:
        return fgr_overlay_ban_pair(builder, node, to, NULL);
    case ONLY_OUT:
        return fgr_overlay_only_out(builder, edge, NULL);
    case ONLY_IN:
        return fgr_overlay_only_in(builder, edge, NULL);
    case ONLY_OUT_TO:
        return fgr_overlay_only_out_to(builder, node, to, NULL);
    case ONLY_IN_FROM:
        return fgr_overlay_only_in_from(builder, node, to, NULL);
    case BALANCE:
        return fgr_overlay_balance(builder, edge, min, NULL);
    case BALANCE_OF_NODE:
        return fgr_overlay_balance_of_node(builder, node, min, NULL);
    case KNOWLEDGE:
        return fgr_overlay_knowledge(builder, edge, min, max, NULL);
    case RESERVED:
        return fgr_overlay_reserved(builder, edge, min, NULL);
    case HTLCS:
        return fgr_overlay_htlcs(builder, edge, said->slots, min, NULL);
    case BIAS:
        return fgr_overlay_bias(builder, edge, said->bias_msat, NULL);
    case BIAS_OF_NODE:
        return fgr_overlay_bias_of_node(builder, node, said->bias_msat, NULL);
    case BLINDED:
        rc = fgr_overlay_blinded_path(builder, &edge, node, to, &payinfo, NULL);
        break;
    case KINDS:
        break;
    }
    said->edge = edge.v;
    return rc;
}

/* Says random things; those that are refused are as if never said. */
static void tell(struct story *story, struct fgr_overlay_builder *builder, struct fgr_rng *rng,
                 unsigned n_more, bool is_expressible)
{
    for (unsigned i = 0; i < n_more && story->n < STATEMENTS_MAX; i++) {
        struct statement said = draw(rng, story, is_expressible);
        if (say(builder, &said) == FGR_OK) {
            story->said[story->n++] = said;
            if (said.edge >= story->n_edges) {
                story->n_edges += 2;
            }
        }
    }
}

/* ---- what they come to --------------------------------------------------------------------- */

/* A half-channel while its statements are read. */
struct reading {
    struct fgr_overlay_edge_info info;
    uint32_t edge;
    uint64_t capacity_msat; /* FGR_MSAT_NONE = unknown */
    int64_t htlc_cost_msat;
    int64_t own_bias_msat;
    int64_t node_bias_msat;
    bool is_known;
    bool is_enabled;
    bool is_banned;
    bool has_range;
};

static void read_view(struct reading *reading, const struct fgr_view *view)
{
    const struct fgr_half *half = &view->half[reading->edge];
    const struct fgr_chan *chan = fgr_view_chan_of(view, reading->edge);
    reading->is_known = (half->flags & FGR_HALF_KNOWN) != 0;
    reading->is_enabled = reading->is_known && (half->flags & FGR_HALF_DISABLED) == 0;
    reading->capacity_msat = chan->capacity_sat * 1000;
    reading->info.htlc_min.v = half->htlc_min_msat;
    reading->info.htlc_max.v = half->htlc_max_msat;
    reading->info.base_msat = half->base_msat;
    reading->info.ppm = half->ppm;
    reading->info.cltv_delta = half->cltv_delta;
    reading->info.scid = chan->scid;
    reading->info.from.v = fgr_view_edge_from(view, reading->edge);
    reading->info.to.v = fgr_view_edge_to(view, reading->edge);
    reading->info.origin.v = reading->edge;
}

/* Ends, capacity and scid of an added half-channel: of the statement that added either direction.
 * They come first, because what is said of a node may come before. */
static void read_ends(struct reading *reading, const struct story *story)
{
    uint32_t n_blinded = 0;
    for (unsigned i = 0; i < story->n; i++) {
        const struct statement *said = &story->said[i];
        bool is_blinded = said->kind == BLINDED;
        bool is_own = said->edge == reading->edge;
        if ((is_blinded || said->kind == CHANNEL) && said->edge / 2 == reading->edge / 2) {
            reading->info.from.v = is_own ? said->node : said->to;
            reading->info.to.v = is_own ? said->to : said->node;
            reading->info.scid = is_blinded ? n_blinded : said->scid;
            reading->info.is_blinded = is_blinded;
            if (!is_blinded && said->capacity_sat > 0) {
                reading->capacity_msat = said->capacity_sat * 1000;
            }
        }
        n_blinded += is_blinded;
    }
}

static void read_policy(struct reading *reading, const struct statement *said)
{
    struct fgr_overlay_edge_info *info = &reading->info;
    const struct fgr_overlay_policy *policy = &said->policy;
    bool is_policy = said->kind == POLICY;
    if (said->edge != reading->edge ||
        !(is_policy || said->kind == CHANNEL || said->kind == BLINDED)) {
        return;
    }
    unsigned fields = is_policy ? said->fields : 63;
    if (!reading->is_known) {
        info->htlc_min.v = 0;
        info->htlc_max.v = FGR_MSAT_NONE;
        reading->is_enabled = true;
        reading->is_known = true;
    }
    if ((fields & FGR_OVERLAY_ENABLED) != 0) {
        reading->is_enabled = policy->enabled || said->kind == BLINDED;
    }
    info->base_msat = (fields & FGR_OVERLAY_BASE) != 0 ? policy->base_msat : info->base_msat;
    info->ppm = (fields & FGR_OVERLAY_PPM) != 0 ? policy->ppm : info->ppm;
    info->cltv_delta = (fields & FGR_OVERLAY_CLTV) != 0 ? policy->cltv_delta : info->cltv_delta;
    info->htlc_min = (fields & FGR_OVERLAY_HTLC_MIN) != 0 ? policy->htlc_min : info->htlc_min;
    info->htlc_max = (fields & FGR_OVERLAY_HTLC_MAX) != 0 ? policy->htlc_max : info->htlc_max;
}

static void read_rest(struct reading *reading, const struct statement *said)
{
    struct fgr_overlay_edge_info *info = &reading->info;
    bool is_edge = said->edge == reading->edge;
    bool is_from = said->node == info->from.v;
    bool is_range = (is_edge && (said->kind == BALANCE || said->kind == KNOWLEDGE)) ||
                    (is_from && said->kind == BALANCE_OF_NODE);
    if (is_range) {
        reading->has_range = true;
        info->min.v = said->min_msat;
        info->max.v = said->kind == KNOWLEDGE ? said->max_msat : said->min_msat;
    }
    if (said->kind == RESERVED && is_edge) {
        info->reserved.v += said->min_msat;
    }
    if (said->kind == HTLCS && is_edge) {
        info->slots = said->slots;
        reading->htlc_cost_msat = (int64_t)said->min_msat;
    }
    if (said->kind == BIAS && is_edge) {
        reading->own_bias_msat = said->bias_msat;
    }
    if (said->kind == BIAS_OF_NODE && said->node == info->to.v) {
        reading->node_bias_msat = said->bias_msat;
    }
    reading->is_banned |= said->kind == BAN_NODE && (is_from || said->node == info->to.v);
    reading->is_banned |= said->kind == BAN_CHANNEL && said->edge / 2 == reading->edge / 2;
    reading->is_banned |= said->kind == BAN_EDGE && is_edge;
    reading->is_banned |= said->kind == BAN_PAIR && is_from && said->to == info->to.v;
}

/* Sets of what may leave (enter) one end: whether there is one, and the half-channel is not in it. */
static bool is_left_out(const struct story *story, const struct reading *reading, bool is_out)
{
    uint32_t end = is_out ? reading->info.from.v : reading->info.to.v;
    uint32_t other = is_out ? reading->info.to.v : reading->info.from.v;
    bool has_set = false;
    bool is_chosen = false;
    for (unsigned i = 0; i < story->n; i++) {
        const struct statement *said = &story->said[i];
        struct reading chosen = {.edge = said->edge};
        if (said->kind == (is_out ? ONLY_OUT_TO : ONLY_IN_FROM) && said->node == end) {
            has_set = true;
            is_chosen |= said->to == other;
        }
        if (said->kind != (is_out ? ONLY_OUT : ONLY_IN)) {
            continue;
        }
        if (said->edge < 2 * story->view->n_chans) {
            read_view(&chosen, story->view);
        } else {
            read_ends(&chosen, story);
        }
        has_set |= (is_out ? chosen.info.from.v : chosen.info.to.v) == end;
        is_chosen |= said->edge == reading->edge;
    }
    return has_set && !is_chosen;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The half-channel as its statements leave it. */
static struct fgr_overlay_edge_info expect_of(const struct story *story, uint32_t edge)
{
    struct reading reading = {.info = {.origin = {FGR_IDX_NONE}, .direction = edge & 1},
                              .edge = edge,
                              .capacity_msat = FGR_MSAT_NONE};
    struct fgr_overlay_edge_info *info = &reading.info;
    info->slots = FGR_SLOTS_ANY;
    if (edge < 2 * story->view->n_chans) {
        read_view(&reading, story->view);
    } else {
        read_ends(&reading, story);
    }
    info->capacity.v = least(reading.capacity_msat, FGR_MSAT_MAX);
    info->max = info->capacity;
    for (unsigned i = 0; i < story->n; i++) {
        read_policy(&reading, &story->said[i]);
        read_rest(&reading, &story->said[i]);
    }
    reading.is_banned |= is_left_out(story, &reading, true) || is_left_out(story, &reading, false);
    bool is_sound = info->htlc_max.v == FGR_MSAT_NONE || info->htlc_max.v <= info->capacity.v;
    info->htlc_max.v = least(info->htlc_max.v, is_sound ? info->capacity.v : FGR_MSAT_NONE);
    if (!reading.has_range && reading.capacity_msat == FGR_MSAT_NONE) {
        info->min = info->htlc_max;
        info->max = info->htlc_max;
    }
    info->min.v = least(info->min.v, info->capacity.v);
    info->max.v = least(info->max.v, info->capacity.v);
    info->min.v -= least(info->min.v, info->reserved.v);
    info->max.v -= least(info->max.v, info->reserved.v);
    info->htlc_max.v = least(info->htlc_max.v, info->max.v);
    info->bias_msat = reading.htlc_cost_msat + reading.own_bias_msat + reading.node_bias_msat;
    info->usable = reading.is_known && reading.is_enabled && is_sound && !reading.is_banned &&
                   info->slots > 0 && info->htlc_max.v > 0 && info->htlc_min.v <= info->htlc_max.v;
    return *info;
}

static bool is_same(const struct fgr_overlay_edge_info *a, const struct fgr_overlay_edge_info *b)
{
    return a->scid == b->scid && a->from.v == b->from.v && a->to.v == b->to.v &&
           a->direction == b->direction && a->origin.v == b->origin.v &&
           a->capacity.v == b->capacity.v && a->min.v == b->min.v && a->max.v == b->max.v &&
           a->reserved.v == b->reserved.v && a->htlc_min.v == b->htlc_min.v &&
           a->htlc_max.v == b->htlc_max.v && a->bias_msat == b->bias_msat && a->slots == b->slots &&
           a->base_msat == b->base_msat && a->ppm == b->ppm && a->cltv_delta == b->cltv_delta &&
           a->usable == b->usable && a->is_blinded == b->is_blinded;
}

/* ---- what a search sees -------------------------------------------------------------------- */

static void check_seen(const struct story *story, const struct fgr_overlay *overlay, uint32_t edge,
                       uint32_t node, bool is_incoming, unsigned *seen)
{
    struct fgr_overlay_edge_info got;
    cr_assert_eq(fgr_overlay_edge(overlay, &got, (fgr_edge_idx){edge}), FGR_OK);
    uint32_t stands_for = got.origin.v == FGR_IDX_NONE ? edge : got.origin.v;
    cr_assert_lt(stands_for, story->n_edges);
    struct fgr_overlay_edge_info want = expect_of(story, stands_for);
    cr_assert(got.usable, "half-channel %" PRIu32 " is listed and not usable", edge);
    cr_assert_eq(is_incoming ? got.to.v : got.from.v, node);
    cr_assert(is_same(&got, &want), "half-channel %" PRIu32 " for %" PRIu32, edge, stands_for);
    cr_assert_eq(fgr_overlay_from(story->view, overlay, edge), want.from.v);
    cr_assert_eq(fgr_overlay_to(story->view, overlay, edge), want.to.v);
    cr_assert(fgr_overlay_usable(story->view, overlay, edge));
    cr_assert_eq(fgr_overlay_half(story->view, overlay, edge)->ppm, want.ppm);
    seen[stands_for]++;
}

/* Added ones before those that stand for one of the view, and these as in the view. */
static bool is_in_order(const struct fgr_overlay *overlay, uint32_t a, uint32_t b)
{
    uint32_t a_origin = fgr_overlay_edge_at(overlay->view, overlay, a).origin;
    uint32_t b_origin = fgr_overlay_edge_at(overlay->view, overlay, b).origin;
    return a_origin == FGR_IDX_NONE || a_origin < b_origin;
}

/* All half-channels of all nodes in one direction, as a search finds them. */
static void look(const struct story *story, const struct fgr_overlay *overlay, bool is_incoming)
{
    const struct fgr_view *view = story->view;
    const struct fgr_adjacency *adjacency = is_incoming ? &view->in : &view->out;
    unsigned *seen = calloc(story->n_edges, sizeof *seen);
    cr_assert_not_null(seen);
    for (uint32_t node = 0; node < fgr_overlay_n_nodes(view, overlay); node++) {
        bool is_touched = is_incoming ? fgr_overlay_touches_in(overlay, node)
                                      : fgr_overlay_touches_out(overlay, node);
        uint32_t first = node < view->n_nodes ? adjacency->first[node] : 0;
        uint32_t end = node < view->n_nodes ? adjacency->first[node + 1] : 0;
        for (uint32_t i = first; i < end; i++) {
            bool is_masked = fgr_overlay_masks(overlay, adjacency->edge[i]);
            cr_assert(is_touched || !is_masked);
            if (!is_masked) {
                check_seen(story, overlay, adjacency->edge[i], node, is_incoming, seen);
            }
        }
        struct fgr_overlay_list list =
            is_incoming ? fgr_overlay_in(overlay, node) : fgr_overlay_out(overlay, node);
        cr_assert(is_touched || list.n == 0);
        for (uint32_t i = 0; i < list.n; i++) {
            cr_assert(i == 0 || list.edge[i - 1] < list.edge[i]);
            cr_assert(i == 0 || is_in_order(overlay, list.edge[i - 1], list.edge[i]));
            check_seen(story, overlay, list.edge[i], node, is_incoming, seen);
        }
    }
    for (uint32_t edge = 0; edge < story->n_edges; edge++) {
        cr_assert_eq(seen[edge], expect_of(story, edge).usable, "half-channel %" PRIu32, edge);
    }
    free(seen);
}

static void check_nodes(const struct story *story, const struct fgr_overlay *overlay)
{
    bool has_discount = false;
    for (uint32_t node = 0; node < fgr_overlay_node_count(overlay); node++) {
        bool is_banned = false;
        for (unsigned i = 0; i < story->n; i++) {
            is_banned |= story->said[i].kind == BAN_NODE && story->said[i].node == node;
        }
        cr_assert_eq(fgr_overlay_bans(overlay, node), is_banned);
        fgr_node_idx found;
        cr_assert_eq(fgr_overlay_find_id(overlay, &found,
                                         fgr_overlay_node_id(overlay, (fgr_node_idx){node})),
                     FGR_OK);
        cr_assert_eq(found.v, node);
    }
    for (uint32_t edge = 0; edge < story->n_edges; edge++) {
        struct fgr_overlay_edge_info want = expect_of(story, edge);
        has_discount |= want.usable && want.bias_msat < 0;
    }
    cr_assert(overlay->has_discount || !has_discount);
}

/* ---- tests --------------------------------------------------------------------------------- */

struct world {
    struct fgr_maker *maker;
    struct fgr_made made;
    struct fgr_overlay_builder *builder;
    struct story story;
};

static void open_world(struct world *world, struct fgr_rng *rng)
{
    struct fgr_maker_chan chans[CHANS];
    struct fgr_made all;
    struct fgr_error err;
    /* Now and then more nodes than a word has bits. */
    uint32_t n_more = fgr_nasty_chance(rng, 5) ? NODES_MAX : NODES_FEW;
    uint32_t n_nodes = 2 + (uint32_t)fgr_rng_below(rng, n_more - 1);
    uint32_t n_all = n_nodes + STRANGERS;
    cr_assert(fgr_maker_create(&world->maker, n_all, &err), "%s", err.text);
    fgr_nasty_graph(rng, chans, CHANS, n_all, AMOUNT_MSAT);
    cr_assert(fgr_maker_view(world->maker, &all, chans, CHANS, n_all, &err), "%s", err.text);
    fgr_nasty_graph(rng, chans, CHANS, n_nodes, AMOUNT_MSAT);
    chans[0].half[0].htlc_max_msat = chans[0].capacity_sat * 1000 + 1; /* never usable as it is */
    cr_assert(fgr_maker_view(world->maker, &world->made, chans, CHANS, n_nodes, &err), "%s",
              err.text);
    cr_assert_eq(fgr_overlay_builder_create(&world->builder, world->made.view, &err), FGR_OK);
    uint32_t order[STRANGERS] = {0, 1, 2};
    fgr_rng_shuffle(rng, order, STRANGERS);
    for (unsigned i = 0; i < STRANGERS; i++) {
        fgr_node_idx node;
        const uint8_t *id = all.view->node_id + (size_t)(n_nodes + order[i]) * FGR_NODE_ID_BYTES;
        cr_assert_eq(fgr_overlay_node(world->builder, &node, id, &err), FGR_OK, "%s", err.text);
        cr_assert_eq(node.v, n_nodes + i);
    }
    fgr_made_close(&all);
    world->story = (struct story){
        .view = world->made.view, .n_nodes = n_all, .n_edges = 2 * world->made.view->n_chans};
}

static void close_world(struct world *world)
{
    fgr_overlay_builder_destroy(world->builder);
    fgr_made_close(&world->made);
    fgr_maker_destroy(world->maker);
}

Test(overlay, shows_what_was_said, .timeout = 300)
{
    struct fgr_rng rng;
    uint64_t n_said = 0;
    for (uint64_t n = 0; n < NETS * fgr_settings_scale(); n++) {
        struct world world;
        fgr_rng_seed(&rng, fgr_settings_seed(), n);
        open_world(&world, &rng);
        /* Frozen, said more, frozen again. */
        for (unsigned round = 0; round < ROUNDS; round++) {
            struct fgr_overlay *overlay;
            tell(&world.story, world.builder, &rng, (unsigned)fgr_rng_below(&rng, 12), false);
            cr_assert_eq(fgr_overlay_freeze(&overlay, world.builder, NULL), FGR_OK);
            look(&world.story, overlay, true);
            look(&world.story, overlay, false);
            check_nodes(&world.story, overlay);
            fgr_overlay_destroy(overlay);
        }
        n_said += world.story.n;
        close_world(&world);
    }
    cr_assert_gt(n_said, NETS * 4);
}

/* The usable half-channels of the rebuilt view are those of view and overlay. */
static void compare_rebuilt(const struct fgr_view *view, const struct fgr_overlay *overlay,
                            const struct fgr_view *rebuilt)
{
    uint32_t n_usable = 0;
    for (uint32_t i = 0; i < fgr_overlay_n_edges(view, overlay); i++) {
        fgr_chan_idx chan;
        struct fgr_overlay_edge edge = fgr_overlay_edge_at(view, overlay, i);
        if (!fgr_overlay_usable(view, overlay, i)) {
            continue;
        }
        n_usable++;
        cr_assert_eq(fgr_view_find_channel(rebuilt, &chan, edge.scid), FGR_OK);
        uint32_t twin = 2 * chan.v + edge.direction;
        const struct fgr_half *half = &rebuilt->half[twin];
        cr_assert((half->flags & FGR_HALF_USABLE) != 0);
        cr_assert(half->base_msat == edge.half.base_msat && half->ppm == edge.half.ppm &&
                  half->cltv_delta == edge.half.cltv_delta &&
                  half->htlc_min_msat == edge.half.htlc_min_msat &&
                  half->htlc_max_msat == edge.half.htlc_max_msat);
        cr_assert_eq(rebuilt->chan[chan.v].capacity_sat * 1000, edge.capacity_msat);
        const uint8_t *from =
            rebuilt->node_id + (size_t)fgr_view_edge_from(rebuilt, twin) * FGR_NODE_ID_BYTES;
        cr_assert_eq(memcmp(from, fgr_overlay_id_of(view, overlay, edge.from), FGR_NODE_ID_BYTES),
                     0);
    }
    cr_assert_eq(fgr_view_enabled_count(rebuilt), n_usable);
}

Test(overlay, is_what_the_rebuilt_view_is, .timeout = 300)
{
    struct fgr_rng rng;
    uint64_t n_rebuilt = 0;
    for (uint64_t n = 0; n < NETS * fgr_settings_scale(); n++) {
        struct world world;
        struct fgr_overlay *overlay;
        struct fgr_made rebuilt;
        struct fgr_error err;
        fgr_rng_seed(&rng, fgr_settings_seed(), UINT64_C(1) << 32 | n);
        open_world(&world, &rng);
        tell(&world.story, world.builder, &rng, STATEMENTS_MAX, true);
        cr_assert_eq(fgr_overlay_freeze(&overlay, world.builder, NULL), FGR_OK);
        /* Only one scid with two pairs of ends stands in the way. */
        if (fgr_overlay_rebuild(&rebuilt, world.story.view, overlay, &err)) {
            n_rebuilt++;
            compare_rebuilt(world.story.view, overlay, rebuilt.view);
            fgr_made_close(&rebuilt);
        } else {
            cr_assert_not_null(strstr(err.text, "but an earlier record says"), "%s", err.text);
        }
        fgr_overlay_destroy(overlay);
        close_world(&world);
    }
    cr_assert_gt(n_rebuilt, NETS / 3);
}
