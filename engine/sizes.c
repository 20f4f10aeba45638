/* SPDX-License-Identifier: MIT */
/*
 * What parts of each size cost at least, and how they can add up to the amount.
 *
 * The relaxation spreads fixed charges over the largest part there can be, and lets a part take
 * several ways at once. Sizes tell more. With a line below the failure of each half-channel, tangent at
 * flow x^, a part of `a` msat pays
 *
 *     its fixed charges, all of them; a times the price of its way at the slopes of the lines; and, as it
 *     puts a on each half-channel of its way, what the curve is above the line there if a > x^
 *
 * The least of that over all ways is found by search, at the ends of N equal cells of the amount, what
 * is above the lines at the lower end of each. Between the ends it is no less than the chord: the least
 * over ways of something linear is concave. So the cheapest set has all parts but one at ends of
 * cells, and dynamic programming finds it, as in a knapsack; the sum of the offsets of the lines comes
 * on top. Where one part is more than half of the amount, all half-channels that are not on its way
 * carry no more than the rest: how far the curve is above the line there counts as well, whatever the
 * way; it is taken off what the way pays itself (`relief`).
 *
 * Any lines make a true bound. Good ones are found by steps towards the flow of the cheapest set
 * (subgradients), on the paths at hand; then searches for many sizes at once verify, and find further
 * paths.
 *
 * References: Held, Wolfe and Crowder 1974 (subgradients); Martello and Toth 1990 (knapsack).
 */
#include "engine/sizes.h"

#include <math.h>
#include <string.h>

#define N 16
#define HALF (N / 2)

/* Steps on the paths at hand; how often they are followed by searches. */
#define STEPS 12
#define ROUNDS 3

#define NEVER 1e30

/* A size that parts are looked for at: the lower or the upper end of a cell. */
struct size {
    double amount_msat;
    double least_msat; /* of the cell: what is above the lines counts there */
    bool is_large;     /* more than half of the amount */
};

/* Ends of cells up to half of the amount, and both ends of those beyond. */
_Static_assert(HALF + 1 + 2 * HALF <= FGR_SIZES_MAX, "room for all ends");

struct sizes {
    struct fgr_flow *flow;
    double min_part_msat;
    double limit_msat; /* what a set may cost, offsets apart */
    double offsets_msat;
    double top_msat; /* no part carries more */
    uint32_t first;  /* the end of the first cell with parts; the one before is that of min_part */
    uint32_t n_low;  /* ends up to half of the amount */
    uint32_t n_ends;
    uint32_t group;   /* ends that are being searched for: the first of them, */
    uint32_t n_group; /* and how many */
    struct size end[FGR_SIZES_MAX];
    double end_msat[FGR_SIZES_MAX];    /* the least that a part there costs, */
    uint32_t path[FGR_SIZES_MAX];      /* and on which path; FGR_IDX_NONE: on none at hand */
    double relief_msat[FGR_SIZES_MAX]; /* what the rest of the network pays */
    double whole_msat[N + 1];          /* the cheapest parts that add up to so many cells */
    uint32_t last[N + 1];              /* size of one of them */
    double cost_msat;                  /* of the cheapest set */
    uint32_t large;                    /* the end of its part beyond a half; 0 = none */
    bool is_full;                      /* a path found no room */
    double at_msat[FGR_LANES_MAX];     /* flows of the lines */
    double best_at_msat[FGR_LANES_MAX];
    double best_msat;
};

static double size_of(const struct sizes *s, uint32_t cells)
{
    return s->flow->amount_msat * cells / N;
}

/* ---- a part of a size ----------------------------------------------------------------------- */

/* How far the curve of a lane is above its line at `most_msat`, if that is less than its flow:
 * u - ln(1 + u) >= u^2 / (2 + 2u). */
static double above_below(const struct fgr_tariff *tariff, const struct fgr_lane *lane,
                          double most_msat)
{
    double u =
        (lane->flow_msat - most_msat) / ((double)lane->arc.most_msat + 1.0 - lane->flow_msat);
    bool is_curved = fgr_tariff_bends(tariff, &lane->arc);
    return is_curved && u > 0 ? tariff->fail_msat * u * u / (2.0 + 2.0 * u) : 0;
}

/* What a part of each size pays at a lane above the line, if it goes there; and what all sets with one
 * pay, wherever it goes, which is taken off that. */
static void charge_lane(struct sizes *s, uint32_t lane)
{
    struct fgr_mix *mix = &s->flow->mix;
    const struct fgr_lane *at = &mix->lane[lane];
    double *charge_msat = &s->flow->charge_msat[(size_t)lane * FGR_SIZES_MAX];
    for (uint32_t i = 0; i < s->n_ends; i++) {
        const struct size *size = &s->end[i];
        double above_msat =
            fgr_tariff_above(&mix->tariff, &at->arc, at->flow_msat, size->least_msat);
        double most_msat = s->top_msat - size->least_msat;
        double relief_msat = 0;
        if (size->is_large && above_msat > 0 && at->flow_msat > most_msat) {
            relief_msat = fmin(above_msat, above_below(&mix->tariff, at, most_msat));
        }
        charge_msat[i] = above_msat - relief_msat;
        s->relief_msat[i] += relief_msat;
    }
}

static void charge_lanes(struct sizes *s)
{
    memset(s->relief_msat, 0, sizeof s->relief_msat);
    for (uint32_t i = 0; i < s->flow->mix.n_lanes; i++) {
        charge_lane(s, i);
    }
}

/* What a part pays on a path, above the lines apart. */
struct rate {
    double price;
    double fixed_msat;
    double most_msat; /* least htlc_max */
};

static struct rate rate_of(const struct sizes *s, const struct fgr_mix_path *path)
{
    const struct fgr_mix *mix = &s->flow->mix;
    const struct fgr_tariff *tariff = &mix->tariff;
    struct rate rate = {.fixed_msat = s->flow->limits.part_weight + tariff->part_cost_msat,
                        .most_msat = NEVER};
    for (uint32_t i = 0; i < path->n_hops; i++) {
        const struct fgr_lane *lane = &mix->lane[path->lane[i]];
        const struct fgr_arc *arc = &lane->arc;
        double ppm = (double)arc->ppm * 1e-6;
        /* A discount may take all but the fee from the msat, as in the search. */
        bool is_paid = arc->bias_msat >= 0;
        rate.fixed_msat +=
            (double)arc->base_msat * ((is_paid ? tariff->fee_weight : 0) + rate.price) +
            fgr_tariff_bias(arc);
        rate.price = rate.price * (1.0 + ppm) + lane->slope;
        rate.price +=
            is_paid ? ppm * tariff->fee_weight + (double)arc->cltv_blocks * tariff->risk : 0;
        rate.most_msat = fmin(rate.most_msat, (double)arc->htlc_max_msat);
    }
    return rate;
}

/* Prices a path for the ends from `first` on. */
static void consider(struct sizes *s, uint32_t path, uint32_t first, uint32_t n)
{
    const struct fgr_mix_path *at = &s->flow->mix.path[path];
    struct rate rate = rate_of(s, at);
    for (uint32_t i = first; i < first + n; i++) {
        double cost_msat = rate.price * s->end[i].amount_msat + rate.fixed_msat;
        for (uint32_t j = 0; j < at->n_hops; j++) {
            cost_msat += s->flow->charge_msat[at->lane[j] * FGR_SIZES_MAX + i];
        }
        if (rate.most_msat >= s->end[i].least_msat && cost_msat < s->end_msat[i]) {
            s->end_msat[i] = cost_msat;
            s->path[i] = path;
        }
    }
}

/* ---- search --------------------------------------------------------------------------------- */

/* The least charge of a lane for any of the ends that are being searched for. */
static void set_charge(struct sizes *s, uint32_t lane)
{
    const double *charge_msat = &s->flow->charge_msat[(size_t)lane * FGR_SIZES_MAX];
    double least_msat = NEVER;
    for (uint32_t i = s->group; i < s->group + s->n_group; i++) {
        least_msat = fmin(least_msat, charge_msat[i]);
    }
    s->flow->mix.lane[lane].charge_msat = least_msat;
}

/* Adds a way to the paths; its new lanes have the line at no flow. */
static void on_way(void *state, const struct fgr_price_way *way)
{
    struct sizes *s = state;
    struct fgr_mix *mix = &s->flow->mix;
    uint32_t n_before = mix->n_lanes;
    uint32_t path = fgr_flow_add(s->flow, way->edge, way->n_edges);
    for (uint32_t i = n_before; i < mix->n_lanes; i++) {
        mix->lane[i].slope = fgr_tariff_flat(&mix->tariff, &mix->lane[i].arc);
        s->at_msat[i] = 0;
        charge_lane(s, i);
        set_charge(s, i);
    }
    if (path != FGR_IDX_NONE) {
        consider(s, path, s->group, s->n_group);
    } else {
        s->is_full = true;
    }
}

/* Searches for cheaper paths for some ends, smallest first. False if not all could be. */
static bool search(struct sizes *s, uint32_t first, uint32_t n)
{
    struct fgr_flow *flow = s->flow;
    struct fgr_mix *mix = &flow->mix;
    double amount_msat[FGR_SIZES_MAX];
    for (uint32_t i = 0; i < n; i++) {
        amount_msat[i] = s->end[first + i].amount_msat;
    }
    struct fgr_price_sizes sizes = {.n = n,
                                    .amount_msat = amount_msat,
                                    .cost_msat = &s->end_msat[first],
                                    .state = s,
                                    .on_way = on_way};
    s->group = first;
    s->n_group = n;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        set_charge(s, i);
    }
    mix->tariff.least_msat = s->end[first].least_msat;
    mix->tariff.size_msat = s->end[first].least_msat;
    flow->limits.whole_msat = s->end[first + n - 1].amount_msat;
    flow->n_rounds++;
    return fgr_flow_find_sizes(flow, &sizes) && !s->is_full;
}

/* ---- all sizes ------------------------------------------------------------------------------ */

/* The ends of all cells: low ones, that of min_part first, then those beyond half of the amount. */
static void set_ends(struct sizes *s)
{
    uint32_t n = 0;
    s->first = (uint32_t)floor(s->min_part_msat * N / s->flow->amount_msat) + 1;
    s->end[n++] = (struct size){s->min_part_msat, s->min_part_msat, false};
    for (uint32_t i = s->first; i <= HALF; i++) {
        double least_msat = i == s->first ? s->min_part_msat : size_of(s, i - 1);
        s->end[n++] = (struct size){size_of(s, i), least_msat, false};
    }
    s->n_low = n;
    double most_msat = s->flow->amount_msat - s->min_part_msat;
    for (uint32_t i = HALF; i < N && size_of(s, i) < most_msat; i++) {
        s->end[n++] = (struct size){size_of(s, i), size_of(s, i), true};
        s->end[n++] = (struct size){fmin(size_of(s, i + 1), most_msat), size_of(s, i), true};
    }
    s->n_ends = n;
}

/* The least that parts cost: on the paths at hand, and of all if `is_searched`. False if that cannot be
 * told. */
static bool price_ends(struct sizes *s, bool is_searched)
{
    uint32_t low = s->n_low / 2;
    uint32_t high = s->n_low + (s->n_ends - s->n_low) / 2;
    for (uint32_t i = 0; i < s->n_ends; i++) {
        s->end_msat[i] = s->limit_msat;
        s->path[i] = FGR_IDX_NONE;
    }
    charge_lanes(s);
    for (uint32_t i = 1; i < s->flow->mix.n_paths; i++) {
        consider(s, i, 0, s->n_ends);
    }
    if (!is_searched) {
        return true;
    }
    fgr_flow_restart(s->flow);
    return search(s, 0, low) && search(s, low, s->n_low - low) &&
           search(s, s->n_low, high - s->n_low) && search(s, high, s->n_ends - high);
}

/* The cheapest parts up to half of the amount that add up to each number of cells. The cell that
 * holds min_part is extended below it by its chord. */
static void fill_whole(struct sizes *s)
{
    double low_msat[HALF + 1];
    double size_msat = size_of(s, s->first) - s->min_part_msat;
    double rise = (s->end_msat[1] - s->end_msat[0]) / size_msat;
    for (uint32_t i = 0; i <= HALF; i++) {
        low_msat[i] = i < s->first ? NEVER : s->end_msat[i - s->first + 1];
    }
    low_msat[s->first - 1] = s->end_msat[0] - rise * (s->min_part_msat - size_of(s, s->first - 1));
    s->whole_msat[0] = 0;
    for (uint32_t n = 1; n <= N; n++) {
        s->whole_msat[n] = NEVER;
        for (uint32_t i = 1; i <= n && i <= HALF; i++) {
            double cost_msat = low_msat[i] + s->whole_msat[n - i];
            if (cost_msat < s->whole_msat[n]) {
                s->whole_msat[n] = cost_msat;
                s->last[n] = i;
            }
        }
    }
}

/* Cells that are left where a part is at an end beyond half of the amount; 0 = min_part is. */
static uint32_t rest_of(const struct sizes *s, uint32_t end)
{
    uint32_t i = end - s->n_low;
    return end + 1 < s->n_ends ? HALF - i / 2 - i % 2 : 0;
}

/* The cheapest set of two parts or more. */
static void choose(struct sizes *s)
{
    s->cost_msat = s->whole_msat[N];
    s->large = 0;
    for (uint32_t i = s->n_low; i < s->n_ends; i++) {
        uint32_t rest = rest_of(s, i);
        double cost_msat = s->relief_msat[i] + s->end_msat[i];
        cost_msat += rest > 0 ? s->whole_msat[rest] : s->end_msat[0];
        if (cost_msat < s->cost_msat) {
            s->cost_msat = cost_msat;
            s->large = i;
        }
    }
}

/* The bound at the lines of `at_msat`; 0 if it cannot be told. */
static double bound_at(struct sizes *s, double credit_msat, double cost_msat, bool is_searched)
{
    struct fgr_mix *mix = &s->flow->mix;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].flow_msat = floor(s->at_msat[i]);
    }
    s->offsets_msat = fgr_flow_tangents(s->flow);
    s->limit_msat = fmax(cost_msat + credit_msat - s->offsets_msat, 1.0);
    if (!price_ends(s, is_searched)) {
        return 0;
    }
    fill_whole(s);
    choose(s);
    return s->offsets_msat + s->cost_msat - credit_msat;
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* Adds what a part puts on its lanes. */
static void load(const struct sizes *s, double *flow_msat, uint32_t end)
{
    const struct fgr_mix *mix = &s->flow->mix;
    if (s->path[end] != FGR_IDX_NONE) {
        const struct fgr_mix_path *path = &mix->path[s->path[end]];
        for (uint32_t i = 0; i < path->n_hops; i++) {
            flow_msat[path->lane[i]] += s->end[end].amount_msat * path->gain[i];
        }
    }
}

/* Moves the lines towards the flow of the cheapest set. */
static void move(struct sizes *s, double share)
{
    double flow_msat[FGR_LANES_MAX];
    uint32_t rest = s->large > 0 ? rest_of(s, s->large) : N;
    memset(flow_msat, 0, s->flow->mix.n_lanes * sizeof *flow_msat);
    if (s->large > 0) {
        load(s, flow_msat, s->large);
        if (rest == 0) {
            load(s, flow_msat, 0);
        }
    }
    for (; rest > 0 && s->whole_msat[rest] < NEVER; rest -= s->last[rest]) {
        if (s->last[rest] >= s->first) {
            load(s, flow_msat, s->last[rest] - s->first + 1);
        }
    }
    for (uint32_t i = 0; i < s->flow->mix.n_lanes; i++) {
        s->at_msat[i] += share * (flow_msat[i] - s->at_msat[i]);
    }
}

/* Goes to the best lines that some steps on the paths at hand find. */
static void improve_lines(struct sizes *s, double credit_msat, double cost_msat)
{
    s->best_msat = -NEVER;
    for (int i = 0; i < STEPS; i++) {
        double bound_msat = bound_at(s, credit_msat, cost_msat, false);
        if (bound_msat > s->best_msat) {
            s->best_msat = bound_msat;
            memcpy(s->best_at_msat, s->at_msat, sizeof s->at_msat);
        }
        move(s, 1.0 / (i + 3));
    }
    memcpy(s->at_msat, s->best_at_msat, sizeof s->at_msat);
}

/* Lines and searches in turn, until no further path is found. */
static double prove(struct sizes *s, double bound_msat, double cost_msat)
{
    struct fgr_flow *flow = s->flow;
    double credit_msat = flow->proof.credit_msat;
    for (int i = 0; i < ROUNDS && bound_msat < cost_msat; i++) {
        uint32_t n_before = flow->mix.n_paths;
        improve_lines(s, credit_msat, cost_msat);
        if (s->best_msat <= bound_msat || flow->price.n_relaxed >= flow->max_relaxed) {
            break;
        }
        bound_msat = fmax(bound_msat, bound_at(s, credit_msat, cost_msat, true));
        if (flow->mix.n_paths == n_before || bound_msat >= s->best_msat - 1.0) {
            break;
        }
    }
    return bound_msat;
}

double fgr_sizes_bound(struct fgr_flow *flow, double min_part_msat, double bound_msat,
                       double cost_msat)
{
    struct fgr_mix *mix = &flow->mix;
    struct fgr_tariff tariff = mix->tariff;
    struct fgr_price_limits limits = flow->limits;
    bool is_sized = flow->is_sized;
    struct sizes s = {.flow = flow, .min_part_msat = min_part_msat, .top_msat = NEVER};
    if (flow->overlay == NULL) { /* or else fees may be more than the cost */
        s.top_msat = tariff.top_msat;
    }
    set_ends(&s);
    for (uint32_t i = 0; i < flow->proof.n_lanes; i++) {
        s.at_msat[i] = (double)flow->proof.flow_msat[i];
    }
    flow->limits.part_weight = flow->proof.part_weight;
    mix->tariff.fee_weight = flow->proof.fee_weight;
    mix->tariff.is_whole = true;
    mix->tariff.top_msat = 1e18; /* so that a part is as large as is asked for */
    if (s.first <= HALF) {
        bound_msat = prove(&s, bound_msat, cost_msat);
    }
    mix->tariff = tariff;
    flow->limits = limits;
    flow->is_sized = is_sized || flow->keeps_limits;
    fgr_flow_restart(flow);
    return bound_msat;
}
