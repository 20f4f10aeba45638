/* SPDX-License-Identifier: MIT */
/*
 * Few parts: the bound where the number of parts is what limits a set.
 *
 * A flow uses many paths, each a little. A part pays for what it puts on a half-channel by itself already:
 * failure is convex and 0 at 0, so that of a sum is at least the sum of that of the parts. So a large part
 * on a path costs more per msat than a small one, and there may only be so many: a lot, that is a path and
 * an amount, is what is chosen here instead of a flow.
 *
 * Relaxation. How many of each lot, fractions allowed (lots_mix.c). Prices of amounts (y) and parts (w),
 * and for each half-channel the share u of its failure that is counted by the sum, along a line offset +
 * slope * x below it. With any such prices every set of at most N parts costs at least
 *
 *     sum of u * offset + amount * y - N * w + N * least
 *
 * where least is at most 0 and at most what any lot costs - at u * slope * x + (1 - u) * failure of x on
 * each half-channel, fees and risk - less y times its amount, plus w.
 *
 * Columns. Lots for which that is negative are looked for at a grid of sizes (lots_find.c), get the best
 * size for their path, and join. When there are none, or enough work is done, all sizes between are looked
 * at: the failure of a part within a range of sizes is above its tangent, which makes lots of one path
 * linear there, and cheapest at an end of the range. Ranges are halved until that is close enough. The
 * result is a bound whatever the prices are.
 *
 * Sizes below w / (y - the least price of a msat at all) cannot be cheap and are not looked at.
 *
 * Approximated: base fees, upper htlc limits on what fees add, and limits of fee, hops and blocks are left
 * out, which makes the bound less, not wrong.
 *
 * References: Dantzig and Wolfe 1960; Guenluek and Linderoth 2010 (perspective of a convex cost with an
 * indicator, which counting failures part by part is).
 */
#include "engine/lots.h"

#include <math.h>

#define ROUNDS_MAX 24

/* In half-channels looked at: at most; of those looked at before; at least. */
#define WORK_MAX 3000000
#define WORK_SHARE 3
#define WORK_MIN 100000

/* Of the cost, for all parts together: what the search for lots leaves open; what is close enough. */
#define TOLERANCE_SHARE 3e-4
#define ENOUGH_SHARE 1e-3

/* From one size to the next; to the next potentials; until ranges are small enough, or if there is no
 * hope for much. */
#define GRID 1.12
#define BAND 1.7
#define FINE 1.004
#define ROUGH 1.03

/* Lots kept from round to round, and those first as so many of themselves. */
#define KEPT 64
#define FIRST_COUNT 0.95
#define NEW_COUNT 0.05

/* Where counts begin and end, as shares of the cost, or of the last `least`. */
#define FIRST_BARRIER 1e-4
#define FIRST_FINEST 3e-5
#define BARRIER_SHARE 0.1
#define FINEST_SHARE 0.003
#define BARRIER_LEAST 1e-5
#define BARRIER_MOST 1e-3
#define FINEST_LEAST 1e-6
#define FINEST_MOST 1e-4

/* Half-channels are gathered for prices up to this share of the present one, sizes from that share. */
#define PRICE_ROOM 1.05
#define PRICE_FALL 0.8
#define SIZE_ROOM 0.8
#define SIZE_RISE 1.6

/* The line of a lane follows flows where its sum counts for so much. */
#define SUM_SHARE 0.01

/* How far from the size it was found at a lot's best size is looked for, and how long. */
#define SIZE_NEAR 1.25
#define SIZE_STEPS 8
#define SIZE_SAME 0.03
#define GOLDEN 0.381966

/* What the nodes of a lot proposed carry at least. */
#define PROPOSED_COUNT 0.02

/* ---- sizes ---------------------------------------------------------------------------------- */

/* What a lot costs more than the prices say; FGR_MIX_MOST if there is none of that size. */
static double reduced(const struct fgr_lots *lots, uint32_t path, double amount_msat)
{
    const struct fgr_mix *mix = &lots->flow->mix;
    struct fgr_lot lot;
    if (!fgr_lots_mix_rate(mix, &lots->prices, path, amount_msat, &lot)) {
        return FGR_MIX_MOST;
    }
    double sum = lot.cost - lots->mix.price * amount_msat + lots->mix.weight;
    for (uint32_t i = 0; i < mix->path[path].n_hops; i++) {
        uint16_t lane = mix->path[path].lane[i];
        sum +=
            lots->prices.share[lane] * (lots->prices.slope[lane] * lot.flow_msat[i] - lot.fail[i]);
    }
    return sum;
}

/* The best size on a path near the given one, by the golden section. Returns its reduced cost. */
static double best_size(const struct fgr_lots *lots, uint32_t path, double *amount_msat)
{
    double best = reduced(lots, path, *amount_msat);
    double low = *amount_msat / SIZE_NEAR;
    double high = fmin(*amount_msat * SIZE_NEAR, (double)lots->flow->mix.path[path].most_msat);
    double at[2] = {low + GOLDEN * (high - low), high - GOLDEN * (high - low)};
    double cost[2] = {reduced(lots, path, at[0]), reduced(lots, path, at[1])};
    for (int i = 0; i < SIZE_STEPS; i++) {
        bool is_low = cost[0] < cost[1];
        if (is_low) {
            high = at[1];
        } else {
            low = at[0];
        }
        int kept = is_low ? 0 : 1;
        at[1 - kept] = at[kept];
        cost[1 - kept] = cost[kept];
        at[kept] = is_low ? low + GOLDEN * (high - low) : high - GOLDEN * (high - low);
        cost[kept] = reduced(lots, path, at[kept]);
    }
    for (int i = 0; i < 2; i++) {
        if (cost[i] < best) {
            best = cost[i];
            *amount_msat = at[i];
        }
    }
    return best;
}

/* Keeps the lot of a way if it is one of the best; best first. */
static void note(struct fgr_lots *lots, const struct fgr_lots_way *way, double amount_msat)
{
    uint32_t path =
        way->n_edges > 0 ? fgr_flow_add(lots->flow, way->edge, way->n_edges) : FGR_IDX_NONE;
    if (path == FGR_IDX_NONE) {
        return;
    }
    double gain = -best_size(lots, path, &amount_msat);
    bool is_known = gain < lots->tolerance;
    for (uint32_t i = 0; i < lots->n_found; i++) {
        double apart_msat = fabs(lots->found[i].amount_msat - amount_msat);
        is_known |= lots->found[i].path == path && apart_msat < SIZE_SAME * amount_msat;
    }
    if (is_known) {
        return;
    }
    uint32_t at = lots->n_found < FGR_LOTS_NEW_MAX ? lots->n_found++ : FGR_LOTS_NEW_MAX;
    while (at > 0 && lots->found[at - 1].gain < gain) {
        if (at < FGR_LOTS_NEW_MAX) {
            lots->found[at] = lots->found[at - 1];
        }
        at--;
    }
    if (at < FGR_LOTS_NEW_MAX) {
        lots->found[at] = (struct fgr_lots_find){path, amount_msat, gain};
    }
}

/* ---- all lots ------------------------------------------------------------------------------- */

/* Reduced cost of any lot of a size, at least; not less than the tolerance below 0. */
static double look(struct fgr_lots *lots, const struct fgr_lots_range *range, double size_msat,
                   struct fgr_lots_way *out_way)
{
    double worth =
        lots->mix.price * size_msat - lots->mix.weight - lots->flow->mix.tariff.part_cost_msat;
    out_way->n_edges = 0;
    if (worth <= lots->tolerance) {
        return -lots->tolerance;
    }
    out_way->cost = worth - lots->tolerance;
    fgr_lots_find(&lots->net, &lots->flow->price, &lots->prices, range, size_msat, out_way);
    return out_way->cost - worth;
}

/* Looks at one size between the two. */
static void look_between(struct fgr_lots *lots, double low_msat, double high_msat)
{
    double size_msat = floor(0.5 * (low_msat + high_msat));
    struct fgr_lots_range range = {size_msat, size_msat};
    struct fgr_lots_way way;
    fgr_lots_net_range(&lots->net);
    lots->least = fmin(lots->least, look(lots, &range, size_msat, &way));
    note(lots, &way, size_msat);
}

/* Looks at all sizes between the two, in ranges that are halved down to `finest`. */
static void look_at_all(struct fgr_lots *lots, double low_msat, double high_msat, double finest)
{
    struct fgr_lots_range range = {floor(low_msat), ceil(high_msat)};
    struct fgr_lots_way way[2];
    fgr_lots_net_range(&lots->net);
    double low = look(lots, &range, range.low_msat, &way[0]);
    double high = look(lots, &range, range.high_msat, &way[1]);
    double least = fmin(low, high);
    if (least >= -lots->tolerance * 1.000001) {
        return;
    }
    if (high_msat > low_msat * finest) {
        double middle_msat = 0.5 * (low_msat + high_msat);
        look_at_all(lots, low_msat, middle_msat, finest);
        look_at_all(lots, middle_msat, high_msat, finest);
        return;
    }
    note(lots, &way[0], range.low_msat);
    note(lots, &way[1], range.high_msat);
    lots->least = fmin(lots->least, least);
}

/* Parts smaller than that cannot be cheap. */
static double least_size(const struct fgr_lots *lots)
{
    double spread = lots->mix.price - lots->zero_price;
    double least_msat = (double)lots->task->min_part_msat;
    double worth = lots->mix.weight + lots->tolerance;
    return spread > 0 ? fmax(least_msat, worth / spread) : lots->mix.total_msat;
}

/* Looks for lots that are cheaper than the prices say: at some sizes, or (`finest` > 0) at all. */
static void scan(struct fgr_lots *lots, double finest)
{
    double low_msat = least_size(lots);
    double band_msat = 0;
    lots->n_found = 0;
    lots->least = -lots->tolerance;
    fgr_lots_net_begin(&lots->net);
    while (low_msat < lots->mix.total_msat) {
        double high_msat = fmin(low_msat * GRID, lots->mix.total_msat);
        if (low_msat >= band_msat) {
            fgr_lots_net_band(&lots->net, &lots->flow->price, &lots->prices, low_msat,
                              lots->mix.price);
            band_msat = BAND * low_msat;
        }
        if (finest > 0) {
            look_at_all(lots, low_msat, high_msat, finest);
        } else {
            look_between(lots, low_msat, high_msat);
        }
        low_msat = high_msat;
    }
}

/* ---- rounds --------------------------------------------------------------------------------- */

/* Gathers the half-channels anew if prices have moved. False if there is no room for them. */
static bool refill(struct fgr_lots *lots)
{
    struct fgr_lots_net *net = &lots->net;
    double least_msat = least_size(lots);
    double price = lots->mix.price;
    if (price <= net->cutoff && price > PRICE_FALL * net->cutoff && least_msat >= net->least_msat &&
        least_msat < SIZE_RISE * net->least_msat) {
        return true;
    }
    net->least_msat = fmax((double)lots->task->min_part_msat, floor(SIZE_ROOM * least_msat));
    net->cutoff = PRICE_ROOM * price;
    return fgr_lots_net_fill(net, &lots->flow->price, &lots->prices);
}

static void start(struct fgr_lots *lots, const struct fgr_parts *parts)
{
    const struct fgr_mix *mix = &lots->flow->mix;
    const struct fgr_parts_task *task = lots->task;
    lots->prices.fail_msat = mix->tariff.fail_msat;
    lots->prices.risk = mix->tariff.risk;
    for (uint32_t i = 0; i < FGR_LANES_MAX; i++) {
        lots->prices.share[i] = 0;
    }
    lots->tolerance = TOLERANCE_SHARE * lots->cost_msat / task->max_parts;
    lots->bound_msat = 0;
    lots->least = 0;
    lots->net.cutoff = 0;
    lots->net.n_relaxed = 0;
    fgr_lots_mix_start(&lots->mix, (double)task->amount_msat, task->max_parts,
                       FIRST_BARRIER * lots->cost_msat);
    lots->mix.price = lots->cost_msat / (double)task->amount_msat;
    for (uint32_t i = 0; i < parts->n_parts; i++) {
        fgr_lots_mix_add(&lots->mix, mix, &lots->prices, parts->part[i].path,
                         (double)parts->part[i].amount_msat, FIRST_COUNT);
    }
    fgr_lots_mix_refine(&lots->mix, mix, lots->prices.fail_msat, 0);
    lots->zero_price = fgr_lots_net_least(&lots->net, &lots->flow->price, &lots->prices,
                                          (double)task->min_part_msat, 2.0 * lots->mix.price);
}

/* Counts and prices of the lots at hand; the more exact the closer they are to the end. */
static void balance(struct fgr_lots *lots, bool is_first)
{
    double cost = lots->cost_msat;
    double barrier =
        fmin(fmax(-lots->least * BARRIER_SHARE, BARRIER_LEAST * cost), BARRIER_MOST * cost);
    double finest =
        fmin(fmax(-lots->least * FINEST_SHARE, FINEST_LEAST * cost), FINEST_MOST * cost);
    fgr_lots_mix_balance(&lots->mix, &lots->flow->mix, is_first ? FIRST_BARRIER * cost : barrier,
                         is_first ? FIRST_FINEST * cost : finest);
    lots->mix.weight = lots->mix.weight > 0 ? lots->mix.weight : 0;
}

/* One look at the network. Returns whether it was the last. */
static bool look_round(struct fgr_lots *lots, bool is_last)
{
    struct fgr_lots_mix *mix = &lots->mix;
    double offsets =
        fgr_lots_mix_prices(mix, &lots->flow->mix, lots->net.least_msat, &lots->prices);
    double whole_msat = offsets + mix->price * mix->total_msat - mix->weight * mix->max_parts;
    double enough_msat = ENOUGH_SHARE * whole_msat;
    scan(lots, 0);
    bool is_close = -lots->least * mix->max_parts < enough_msat;
    if (!is_close && !is_last) {
        return false;
    }
    scan(lots, is_close ? FINE : ROUGH);
    lots->bound_msat = fmax(lots->bound_msat, whole_msat + lots->least * mix->max_parts);
    return is_last || whole_msat - lots->bound_msat < enough_msat;
}

double fgr_lots_solve(struct fgr_lots *lots, struct fgr_flow *flow, const struct fgr_parts *parts,
                      const struct fgr_parts_task *task, double cost_msat)
{
    lots->flow = flow;
    lots->task = task;
    lots->cost_msat = cost_msat;
    uint64_t work_max = WORK_SHARE * flow->price.n_relaxed;
    work_max = work_max < WORK_MAX ? work_max : WORK_MAX;
    work_max = work_max > WORK_MIN ? work_max : WORK_MIN;
    start(lots, parts);
    for (int i = 0; i < ROUNDS_MAX; i++) {
        bool is_last = i == ROUNDS_MAX - 1 || lots->net.n_relaxed + lots->mix.work > work_max;
        balance(lots, i == 0);
        if (!(lots->mix.price > 0 && lots->mix.price < FGR_PRICE_MAX) || !refill(lots) ||
            look_round(lots, is_last)) {
            break;
        }
        fgr_lots_mix_refine(&lots->mix, &flow->mix, lots->prices.fail_msat, SUM_SHARE);
        fgr_lots_mix_prune(&lots->mix, KEPT);
        for (uint32_t k = 0; k < lots->n_found; k++) {
            fgr_lots_mix_add(&lots->mix, &flow->mix, &lots->prices, lots->found[k].path,
                             lots->found[k].amount_msat, NEW_COUNT);
        }
    }
    flow->price.n_relaxed += lots->net.n_relaxed;
    return lots->bound_msat;
}

void fgr_lots_propose(const struct fgr_lots *lots)
{
    struct fgr_mix *mix = &lots->flow->mix;
    for (uint32_t i = 0; i < mix->n_paths; i++) {
        mix->path[i].amount_msat = 0;
    }
    for (uint32_t i = 1; i < lots->mix.n; i++) {
        const struct fgr_lot *lot = &lots->mix.lot[i];
        if (lot->count > PROPOSED_COUNT) {
            mix->path[lot->path].amount_msat += lot->count * lot->amount_msat;
        }
    }
}
