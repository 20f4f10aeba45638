/* SPDX-License-Identifier: MIT */
/*
 * The amount on few paths.
 *
 * The cheapest flow may need more parts than there may be, and rounding it up to parts that are allowed
 * may leave a rest. So one part after the other takes as much as it can: of what is left, some part
 * has to carry its equal share at least, and over half-channels that let so much pass the cheapest path
 * is taken. At first several times that is asked for, as paths that carry much leave more to choose
 * from later.
 *
 * Approximated: that it finds a set where there is one. What the set costs is not looked at: parts.c
 * improves on it.
 */
#include "engine/fill.h"

#include <math.h>

/* So many times its equal share a part is to carry at first. */
#define WIDE_FIRST 8.0

/* A part leaves this share of a half-channel free for its fees and those of others. */
#define ROOM_SHARE 0.98

/* What a half-channel costs that must not be used. */
#define BLOCK (FGR_PRICE_MAX / 1e6)

static double room_of(const struct fgr_lane *lane)
{
    return ((double)lane->arc.most_msat - lane->flow_msat) * ROOM_SHARE;
}

/* The most that a further part can deliver over a path. */
static double room_on(const struct fgr_mix *mix, const struct fgr_mix_path *path)
{
    double room_msat = (double)path->most_msat;
    for (uint32_t i = 0; i < path->n_hops; i++) {
        double left_msat = room_of(&mix->lane[path->lane[i]]);
        room_msat = fmin(room_msat, (left_msat - path->offset[i]) / path->gain[i]);
    }
    return room_msat;
}

/* The cheapest path over half-channels that let `part_msat` pass; FGR_IDX_NONE if there is none. */
static uint32_t path_for(struct fgr_flow *flow, double part_msat)
{
    struct fgr_mix *mix = &flow->mix;
    struct fgr_price_way way;
    mix->tariff.least_msat = part_msat;
    fgr_flow_restart(flow);
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        struct fgr_lane *lane = &mix->lane[i];
        lane->slope = room_of(lane) < part_msat
                          ? BLOCK
                          : fgr_mix_slope(mix, lane, lane->flow_msat + part_msat);
    }
    fgr_flow_find(flow, &way, BLOCK);
    flow->n_rounds++;
    return way.n_edges > 0 ? fgr_flow_add(flow, way.edge, way.n_edges) : FGR_IDX_NONE;
}

/* Puts parts on paths until nothing is left. Returns what is. */
static double fill(struct fgr_flow *flow, uint32_t max_parts, double min_part_msat)
{
    struct fgr_mix *mix = &flow->mix;
    double left_msat = flow->amount_msat;
    double wide = WIDE_FIRST;
    for (uint32_t n = max_parts; n > 0 && left_msat > 0;) {
        double least_msat = fmax(left_msat / n, min_part_msat);
        uint32_t path = path_for(flow, fmin(wide * least_msat, left_msat));
        double part_msat = path != FGR_IDX_NONE ? room_on(mix, &mix->path[path]) : 0;
        if (part_msat >= least_msat) {
            part_msat = fmin(part_msat, left_msat);
            fgr_mix_shift(mix, path, part_msat);
            left_msat -= part_msat;
            n--;
        } else if (wide > 1.0) {
            wide *= 0.5;
        } else {
            break;
        }
    }
    return left_msat;
}

bool fgr_fill(struct fgr_flow *flow, uint32_t max_parts)
{
    struct fgr_mix *mix = &flow->mix;
    struct fgr_tariff tariff = mix->tariff;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        mix->path[i].amount_msat = 0;
    }
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].flow_msat = 0;
    }
    double left_msat = fill(flow, max_parts, tariff.least_msat);
    mix->tariff = tariff;
    fgr_flow_restart(flow);
    return left_msat <= 0;
}
