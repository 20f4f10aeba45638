/* SPDX-License-Identifier: MIT */
/*
 * Few nodes hold most of the half-channels, so independent draws would make the policies of a
 * network a matter of luck: the manners of the twenty largest nodes weigh as much as those of six
 * thousand small ones. Manners are therefore read off their tables along a low-discrepancy sequence
 * over the ranks: any run of neighbouring ranks, which are of one size, spreads evenly over each
 * table, and over pairs of tables.
 *
 * Reference: the sequence is R3 of M. Roberts, The Unreasonable Effectiveness of Quasirandom
 * Sequences, 2018.
 */
#include "tools/fgr/synth_policy.h"

#include "tools/fgr/synth_tables.h"

/* 2^64 / g^k for k = 1, 2, 3, where g^4 = g + 1. */
#define STEP_HABIT UINT64_C(0xd1b54a32d192ed03)
#define STEP_PPM UINT64_C(0xabc98388fb8fac02)
#define STEP_SHARE UINT64_C(0x8cb92ba72f3d8dd7)
#define WHOLE (UINT64_C(1) << 32)

/* Prices of a node that has several. */
#define PALETTE 48

/* Habits of nodes outside the table, per mille. */
#define RARE_BASE_0_PERMILLE 150
#define RARE_CLTV_34_PERMILLE 150
#define RARE_MAX_99_PERMILLE 600
#define RARE_MIN_1000_PERMILLE 600
#define RARE_MIN_1_PERMILLE 180

/* Stray channels of nodes that use 99 %: the rest of them use all of the capacity. */
#define STRAY_TO_OTHER_PERMILLE 350

/* Where the usual share of the capacity is not used, and where the share is no round one. */
#define OWN_SHARE_PERMILLE 400
#define ODD_SHARE_PERMILLE 300

/* Half-channels that are not enabled: with a disabled policy rather than none, per mille. */
#define KNOWN_AT_LIVE_PERMILLE 800
#define KNOWN_AT_DEAD_PERMILLE 500
#define KNOWN_ONE_WAY_PERMILLE 600

static bool happens(struct fgr_rng *rng, unsigned permille)
{
    return fgr_rng_below(rng, 1000) < permille;
}

static uint16_t draw_permille(const struct fgr_synth_curve *curve, struct fgr_rng *rng)
{
    return (uint16_t)fgr_synth_curve_draw(curve, rng);
}

/* Prices and limits are numbers that people chose: one digit and zeros. */
static uint64_t draw_round(const struct fgr_synth_curve *curve, struct fgr_rng *rng)
{
    return fgr_synth_curve_round(fgr_synth_curve_draw(curve, rng), 1);
}

static unsigned size_of(uint32_t weight)
{
    return weight <= 4 ? 0 : weight <= 64 ? 1 : 2;
}

/* Share of its channels that bear a node's usual ppm. Those who keep LND's default of 1 keep it on
 * more channels. */
static uint16_t share_at(uint32_t weight, uint32_t ppm, uint64_t place)
{
    if (weight < 2) {
        return 1000;
    }
    place = ppm == 1 ? place + (place * (WHOLE - place) >> 33) : place * 15 / 16;
    unsigned size = weight <= 4 ? 0 : weight <= 16 ? 1 : weight <= 64 ? 2 : weight <= 256 ? 3 : 4;
    return (uint16_t)fgr_synth_curve_at(&fgr_synth_main_share[size], place, WHOLE);
}

static unsigned style_of(const struct fgr_synth_manner *manner)
{
    return manner->cltv_delta == 34 ? 1 : manner->base_msat == 1000 ? 0 : 2;
}

/* Of a node whose habits are no row of the table: each is drawn apart, from values that stray
 * channels have, with what such nodes have more often. */
static void choose_rare_habit(struct fgr_synth_manner *manner, struct fgr_rng *rng)
{
    manner->base_msat =
        happens(rng, RARE_BASE_0_PERMILLE) ? 0 : (uint32_t)draw_round(&fgr_synth_other_base, rng);
    manner->cltv_delta = happens(rng, RARE_CLTV_34_PERMILLE)
                             ? 34
                             : (uint16_t)fgr_synth_curve_draw(&fgr_synth_other_cltv, rng);
    manner->max = happens(rng, RARE_MAX_99_PERMILLE) ? FGR_SYNTH_MAX_99 : FGR_SYNTH_MAX_OTHER;
    uint64_t min = fgr_rng_below(rng, 1000);
    if (min < RARE_MIN_1000_PERMILLE) {
        manner->htlc_min_msat = 1000;
    } else if (min < RARE_MIN_1000_PERMILLE + RARE_MIN_1_PERMILLE) {
        manner->htlc_min_msat = 1;
    } else {
        manner->htlc_min_msat = (uint32_t)draw_round(&fgr_synth_other_htlc_min, rng);
    }
}

/* Base fee, CLTV delta, htlc_minimum and the way to htlc_maximum. */
static void choose_habit(struct fgr_synth_manner *manner, unsigned size, uint64_t place,
                         struct fgr_rng *rng)
{
    const struct fgr_synth_habits *habits = &fgr_synth_habits[size];
    uint64_t left = place * 1000 / WHOLE;
    for (uint32_t i = 0; i < habits->n_rows; i++) {
        const struct fgr_synth_habit *row = &habits->rows[i];
        if (left < row->share_permille) {
            manner->base_msat = row->base_msat;
            manner->cltv_delta = row->cltv_delta;
            manner->htlc_min_msat = row->htlc_min_msat;
            manner->max = row->max;
            return;
        }
        left -= row->share_permille;
    }
    choose_rare_habit(manner, rng);
}

void fgr_synth_policy_manners(const struct fgr_synth_net *net, struct fgr_synth_manner *out_manners)
{
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_HABIT, 0);
    uint64_t start_habit = fgr_rng_next(&rng);
    uint64_t start_ppm = fgr_rng_next(&rng);
    uint64_t start_share = fgr_rng_next(&rng);
    for (uint64_t i = 0; i < net->n_nodes; i++) {
        struct fgr_synth_manner *manner = &out_manners[i];
        uint32_t weight = net->nodes[i].weight;
        unsigned size = size_of(weight);
        fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_HABIT, i + 1);
        choose_habit(manner, size, (start_habit + i * STEP_HABIT) >> 32, &rng);
        manner->ppm = (uint32_t)fgr_synth_curve_at(&fgr_synth_main_ppm[style_of(manner)][size],
                                                   (start_ppm + i * STEP_PPM) >> 32, WHOLE);
        manner->ppm_permille = share_at(weight, manner->ppm, (start_share + i * STEP_SHARE) >> 32);
        manner->price_level = (uint32_t)fgr_rng_next(&rng);
        manner->max_permille = draw_permille(&fgr_synth_max_ratio, &rng);
        bool is_tidy = weight < 2;
        manner->stray_base_permille = is_tidy ? 0 : draw_permille(&fgr_synth_stray_base, &rng);
        manner->stray_cltv_permille = is_tidy ? 0 : draw_permille(&fgr_synth_stray_cltv, &rng);
        manner->stray_min_permille = is_tidy ? 0 : draw_permille(&fgr_synth_stray_htlc_min, &rng);
        manner->stray_max_permille = is_tidy ? 0 : draw_permille(&fgr_synth_stray_max, &rng);
    }
}

/* Channels that work one way only are mostly those of small nodes. */
static void live_states(const struct fgr_synth_net *net, enum fgr_synth_half out_halves[2],
                        const struct fgr_synth_chan *chan, struct fgr_rng *rng)
{
    unsigned group_0 = net->nodes[chan->node[0]].live_group;
    unsigned group_1 = net->nodes[chan->node[1]].live_group;
    unsigned group = group_0 < group_1 ? group_0 : group_1;
    out_halves[0] = FGR_SYNTH_HALF_ENABLED;
    out_halves[1] = FGR_SYNTH_HALF_ENABLED;
    if (happens(rng, fgr_synth_one_way_permille[group])) {
        uint64_t end = fgr_rng_below(rng, 2);
        out_halves[end] =
            happens(rng, KNOWN_ONE_WAY_PERMILLE) ? FGR_SYNTH_HALF_DISABLED : FGR_SYNTH_HALF_MISSING;
    }
}

void fgr_synth_policy_states(const struct fgr_synth_net *net, enum fgr_synth_half out_halves[2],
                             uint32_t chan)
{
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_STATE, chan);
    if (chan < net->n_live_chans) {
        live_states(net, out_halves, &net->chans[chan], &rng);
        return;
    }
    for (unsigned end = 0; end < 2; end++) {
        bool is_live = net->chans[chan].node[end] < net->n_live_nodes;
        unsigned known = is_live ? KNOWN_AT_LIVE_PERMILLE : KNOWN_AT_DEAD_PERMILLE;
        out_halves[end] = happens(&rng, known) ? FGR_SYNTH_HALF_DISABLED : FGR_SYNTH_HALF_MISSING;
    }
}

/* A price from the palette of `node`. Half of a palette is near the node's price level (mirrored
 * at both ends, so that all nodes together have the prices of the curve), half is from anywhere. */
static uint32_t palette_ppm(const struct fgr_synth_net *net, const struct fgr_synth_manner *manner,
                            uint32_t node, uint64_t entry)
{
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_PALETTE, (uint64_t)node * PALETTE + entry);
    uint64_t place = fgr_rng_below(&rng, WHOLE);
    if (entry % 2 == 0) {
        int64_t near = (int64_t)manner->price_level + (int64_t)(place / 4) - (int64_t)(WHOLE / 8);
        near = near < 0 ? -near : near;
        place = (uint64_t)near < WHOLE ? (uint64_t)near : 2 * WHOLE - 1 - (uint64_t)near;
    }
    return (uint32_t)fgr_synth_curve_at(&fgr_synth_other_ppm, place, WHOLE);
}

/* Between 1 sat and the capacity. */
static uint64_t htlc_max(const struct fgr_synth_manner *manner, uint64_t capacity_sat,
                         struct fgr_rng *rng)
{
    unsigned max = manner->max;
    bool is_stray = happens(rng, manner->stray_max_permille);
    if (is_stray) {
        max = max == FGR_SYNTH_MAX_99 ? (happens(rng, STRAY_TO_OTHER_PERMILLE) ? FGR_SYNTH_MAX_OTHER
                                                                               : FGR_SYNTH_MAX_ALL)
                                      : FGR_SYNTH_MAX_99;
    }
    if (max == FGR_SYNTH_MAX_ALL) {
        return capacity_sat * 1000;
    }
    if (max == FGR_SYNTH_MAX_99) {
        return (capacity_sat - capacity_sat / 100) * 1000; /* LND keeps 1 %, rounded down to sat */
    }
    uint64_t ppm = 1000 * (uint64_t)manner->max_permille;
    if (is_stray || happens(rng, OWN_SHARE_PERMILLE)) {
        ppm = 1000 * fgr_synth_curve_draw(&fgr_synth_max_ratio, rng);
        ppm += happens(rng, ODD_SHARE_PERMILLE) ? fgr_rng_below(rng, 1000) : 0;
    }
    uint64_t msat = capacity_sat * ppm / 1000;
    return msat < 1000 ? 1000 : msat;
}

void fgr_synth_policy_fill(const struct fgr_synth_net *net, const struct fgr_synth_manner *manners,
                           struct fgr_policy_record *out_policy, uint32_t chan, unsigned end)
{
    const struct fgr_synth_chan *channel = &net->chans[chan];
    const struct fgr_synth_manner *manner = &manners[channel->node[end]];
    struct fgr_policy_record *policy = out_policy;
    struct fgr_rng rng;
    fgr_synth_stream(&rng, net->seed, FGR_SYNTH_STREAM_POLICY, 2 * (uint64_t)chan + end);
    policy->base_msat = happens(&rng, manner->stray_base_permille)
                            ? (uint32_t)draw_round(&fgr_synth_other_base, &rng)
                            : manner->base_msat;
    policy->cltv_delta = happens(&rng, manner->stray_cltv_permille)
                             ? (uint16_t)fgr_synth_curve_draw(&fgr_synth_other_cltv, &rng)
                             : manner->cltv_delta;
    policy->ppm = happens(&rng, manner->ppm_permille)
                      ? manner->ppm
                      : palette_ppm(net, manner, channel->node[end], fgr_rng_below(&rng, PALETTE));
    policy->htlc_max_msat = htlc_max(manner, channel->capacity_sat, &rng);
    policy->htlc_min_msat = happens(&rng, manner->stray_min_permille)
                                ? draw_round(&fgr_synth_other_htlc_min, &rng)
                                : manner->htlc_min_msat;
    if (policy->htlc_min_msat > policy->htlc_max_msat) {
        policy->htlc_min_msat = policy->htlc_max_msat;
    }
    policy->timestamp = FGR_SYNTH_TIME_END - 1 - (uint32_t)fgr_rng_below(&rng, FGR_SYNTH_TIME_SPAN);
}
