/* SPDX-License-Identifier: MIT */
/*
 * The linear program of the lots.
 *
 * Problem. How many (z) of each lot, fractions allowed, so that amounts add up to the whole, counts to
 * the number of parts, and the cost is least. A lot costs its fees and risk. A lane costs the largest
 * of: the sum of the failures of its lots, each by itself; and lines below the failure of their sum. The
 * lines are few: where half-channels are filled usually, and where flows of earlier solutions were.
 *
 * Method. The primal-dual interior point method: counts and distances to the largest line stay above 0,
 * and so do their prices; Newton steps aim at products of the two that are all the same, and less each
 * time. What a lane adds is eliminated: it leaves a curvature in two dimensions, the flow and the sum of
 * failures, so the matrix is as large as there are lots. The prices need not be exact: whatever they are,
 * a bound follows from them (lots.c). A start from the last solution keeps of each product the factor
 * that counts.
 *
 * Reference: Wright 1997 (primal-dual interior-point methods).
 */
#include "engine/lots_mix.h"

#include "engine/cholesky.h"

#include <math.h>
#include <string.h>

#define STEPS_MAX 30

/* How much of what is left one step may take. */
#define ROOM_SHARE 0.95

/* The last line touches at this share of a half-channel: beyond, it is as if there were room. */
#define FULL_SHARE 0.98

/* Lines closer than this are one. */
#define LINE_SHARE 0.01

/* By how much products shrink, by how far the last step could go. */
#define FAR_STEP 0.7
#define NEAR_STEP 0.3
#define FAR_SHRINK 0.1
#define MIDDLE_SHRINK 0.3
#define NEAR_SHRINK 0.8

/* Fewer of a lot than this are none. */
#define COUNT_NONE 0.01

/* A step costs about n * n * (n + 30) / 18 half-channels looked at. */
#define STEP_FIXED 30
#define STEP_SHARE 18

/* ---- lots ----------------------------------------------------------------------------------- */

void fgr_lots_mix_start(struct fgr_lots_mix *lots, double total_msat, uint32_t max_parts,
                        double barrier)
{
    lots->total_msat = total_msat;
    lots->max_parts = max_parts;
    lots->barrier = barrier;
    lots->work = 0;
    lots->n_used = 0;
    lots->n = 1;
    lots->lot[0] = (struct fgr_lot){.count = 0.1, .slack = barrier / 0.1};
    for (uint32_t i = 0; i < FGR_LANES_MAX; i++) {
        lots->lane[i].is_used = false;
        lots->by_flow[i] = 0;
        lots->by_apart[i] = 0;
    }
}

bool fgr_lots_mix_rate(const struct fgr_mix *mix, const struct fgr_lots_prices *prices,
                       uint32_t path_idx, double amount_msat, struct fgr_lot *out)
{
    const struct fgr_mix_path *path = &mix->path[path_idx];
    double flow_msat = amount_msat;
    out->path = path_idx;
    out->amount_msat = amount_msat;
    out->cost = mix->tariff.part_cost_msat;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        const struct fgr_arc *arc = &mix->lane[path->lane[i]].arc;
        if (flow_msat < (double)arc->htlc_min_msat || flow_msat > (double)arc->htlc_max_msat ||
            flow_msat > (double)arc->most_msat) {
            return false;
        }
        double fee = (double)arc->base_msat + floor(flow_msat * (double)arc->ppm * 1e-6);
        out->flow_msat[i] = flow_msat;
        out->fail[i] = arc->bias_msat < 0
                           ? 0
                           : fgr_lots_fail(prices->fail_msat, flow_msat, (double)arc->sure_msat,
                                           (double)arc->most_msat + 1.0);
        out->cost += fee + flow_msat * (double)arc->cltv_blocks * prices->risk + out->fail[i];
        flow_msat += fee;
    }
    return true;
}

/* Adds the line that touches at a flow; in the place of the least used if there are many. */
static void add_line(struct fgr_lots_lane *lane, const struct fgr_arc *arc, double fail_msat,
                     double flow_msat)
{
    double sure_msat = (double)arc->sure_msat;
    double end_msat = (double)arc->most_msat + 1.0;
    flow_msat = floor(fmin(flow_msat, sure_msat + FULL_SHARE * (end_msat - sure_msat)));
    if (arc->bias_msat < 0 || flow_msat <= sure_msat) {
        return;
    }
    double slope = fail_msat / (end_msat - flow_msat);
    uint32_t at = 1;
    for (uint32_t i = 1; i < lane->n; i++) {
        if (fabs(lane->slope[i] - slope) < LINE_SHARE * slope) {
            return;
        }
        at = lane->share[i] < lane->share[at] ? i : at;
    }
    at = lane->n < FGR_LOTS_LINES_MAX ? lane->n++ : at;
    lane->slope[at] = slope;
    lane->offset[at] = fgr_lots_fail(fail_msat, flow_msat, sure_msat, end_msat) - slope * flow_msat;
    lane->share[at] = 0;
}

static void start_lane(struct fgr_lots_mix *lots, const struct fgr_mix *mix, double fail_msat,
                       uint16_t idx)
{
    static const double usual[] = {0.5, 0.75, 0.9, 0.97};
    struct fgr_lots_lane *lane = &lots->lane[idx];
    const struct fgr_arc *arc = &mix->lane[idx].arc;
    lane->is_used = true;
    lane->n = 1;
    lane->share[0] = 1;
    lots->used[lots->n_used++] = idx;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        add_line(lane, arc, fail_msat, usual[i] * (double)arc->most_msat);
    }
}

bool fgr_lots_mix_add(struct fgr_lots_mix *lots, const struct fgr_mix *mix,
                      const struct fgr_lots_prices *prices, uint32_t path, double amount_msat,
                      double count)
{
    if (lots->n == FGR_LOTS_MAX) {
        return false;
    }
    struct fgr_lot *lot = &lots->lot[lots->n];
    if (!fgr_lots_mix_rate(mix, prices, path, amount_msat, lot)) {
        return false;
    }
    lots->n++;
    lot->count = count;
    lot->slack = lots->barrier / count;
    for (uint32_t i = 0; i < mix->path[path].n_hops; i++) {
        if (!lots->lane[mix->path[path].lane[i]].is_used) {
            start_lane(lots, mix, prices->fail_msat, mix->path[path].lane[i]);
        }
    }
    return true;
}

void fgr_lots_mix_prune(struct fgr_lots_mix *lots, uint32_t n)
{
    while (lots->n > n) {
        uint32_t dearest = 0;
        for (uint32_t i = 1; i < lots->n; i++) {
            const struct fgr_lot *lot = &lots->lot[i];
            if (lot->count < COUNT_NONE &&
                (dearest == 0 || lot->slack > lots->lot[dearest].slack)) {
                dearest = i;
            }
        }
        if (dearest == 0) {
            return;
        }
        lots->lot[dearest] = lots->lot[--lots->n];
    }
}

/* ---- lanes ---------------------------------------------------------------------------------- */

/* Flows and failures of the lanes. */
static void refresh(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    for (uint32_t i = 0; i < lots->n_used; i++) {
        lots->lane[lots->used[i]].flow_msat = 0;
        lots->lane[lots->used[i]].apart = 0;
    }
    for (uint32_t i = 1; i < lots->n; i++) {
        const struct fgr_lot *lot = &lots->lot[i];
        const struct fgr_mix_path *path = &mix->path[lot->path];
        for (uint32_t j = 0; j < path->n_hops; j++) {
            lots->lane[path->lane[j]].flow_msat += lot->count * lot->flow_msat[j];
            lots->lane[path->lane[j]].apart += lot->count * lot->fail[j];
        }
    }
}

void fgr_lots_mix_refine(struct fgr_lots_mix *lots, const struct fgr_mix *mix, double fail_msat,
                         double least_share)
{
    refresh(lots, mix);
    for (uint32_t i = 0; i < lots->n_used; i++) {
        struct fgr_lots_lane *lane = &lots->lane[lots->used[i]];
        if (1.0 - lane->share[0] >= least_share) {
            add_line(lane, &mix->lane[lots->used[i]].arc, fail_msat, lane->flow_msat);
        }
    }
}

static double line_of(const struct fgr_lots_lane *lane, uint32_t i)
{
    return i == 0 ? lane->apart : lane->offset[i] + lane->slope[i] * lane->flow_msat;
}

/* Shares and distances at the barrier: shares that count stay. */
static void centre(const struct fgr_lots_mix *lots, struct fgr_lots_lane *lane)
{
    double sum = 0;
    lane->largest = line_of(lane, 0);
    for (uint32_t i = 1; i < lane->n; i++) {
        lane->largest = fmax(lane->largest, line_of(lane, i));
    }
    lane->largest += lots->barrier;
    for (uint32_t i = 0; i < lane->n; i++) {
        double below = lane->largest - line_of(lane, i);
        lane->share[i] = fmax(lane->share[i], lots->barrier / below);
        sum += lane->share[i];
    }
    for (uint32_t i = 0; i < lane->n; i++) {
        lane->share[i] /= sum;
        lane->below[i] = lots->barrier / lane->share[i];
    }
}

/* Slopes and curvature of a lane when its shares follow; their steps as far as they do not depend on
 * those of the counts. */
static void price_lane(const struct fgr_lots_mix *lots, struct fgr_lots_lane *lane)
{
    double own = lane->share[0] / lane->below[0];
    double sum = 0;
    double shift = 0;
    double once = 0;
    double twice = 0;
    for (uint32_t i = 0; i < lane->n; i++) {
        double stiff = lane->share[i] / lane->below[i];
        double slope = i == 0 ? 0 : lane->slope[i];
        lane->below_step[i] = lane->largest - line_of(lane, i) - lane->below[i];
        lane->share_step[i] =
            lots->barrier / lane->below[i] - lane->share[i] - stiff * lane->below_step[i];
        sum += stiff;
        shift += lane->share_step[i] + lane->share[i];
        once += stiff * slope;
        twice += stiff * slope * slope;
    }
    lane->step = (shift - 1.0) / sum;
    lane->by_apart = lane->share[0] + lane->share_step[0] - own * lane->step;
    lane->by_flow = 0;
    for (uint32_t i = 1; i < lane->n; i++) {
        double stiff = lane->share[i] / lane->below[i];
        double share = lane->share[i] + lane->share_step[i] - stiff * lane->step;
        lane->by_flow += share * lane->slope[i];
    }
    lane->bend[0] = twice - once * once / sum;
    lane->bend[1] = -once * own / sum;
    lane->bend[2] = own - own * own / sum;
}

/* Steps of the lanes that follow from those of the counts. */
static void follow(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    for (uint32_t i = 0; i < lots->n_used; i++) {
        lots->lane[lots->used[i]].flow_step = 0;
        lots->lane[lots->used[i]].apart_step = 0;
    }
    for (uint32_t i = 1; i < lots->n; i++) {
        const struct fgr_mix_path *path = &mix->path[lots->lot[i].path];
        for (uint32_t j = 0; j < path->n_hops; j++) {
            struct fgr_lots_lane *lane = &lots->lane[path->lane[j]];
            lane->flow_step += lots->step[i] * lots->lot[i].flow_msat[j];
            lane->apart_step += lots->step[i] * lots->lot[i].fail[j];
        }
    }
    for (uint32_t i = 0; i < lots->n_used; i++) {
        struct fgr_lots_lane *lane = &lots->lane[lots->used[i]];
        double sum = 0;
        double rise = 0;
        for (uint32_t k = 0; k < lane->n; k++) {
            double stiff = lane->share[k] / lane->below[k];
            sum += stiff;
            rise += stiff * (k == 0 ? lane->apart_step : lane->slope[k] * lane->flow_step);
        }
        lane->step += rise / sum;
        for (uint32_t k = 0; k < lane->n; k++) {
            double stiff = lane->share[k] / lane->below[k];
            double step = k == 0 ? lane->apart_step : lane->slope[k] * lane->flow_step;
            lane->share_step[k] += stiff * (step - lane->step);
            lane->below_step[k] += lane->step - step;
        }
    }
}

/* ---- one step ------------------------------------------------------------------------------- */

/* The slope of each lot. */
static void refresh_slopes(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    for (uint32_t i = 0; i < lots->n_used; i++) {
        price_lane(lots, &lots->lane[lots->used[i]]);
    }
    lots->slope[0] = 0;
    for (uint32_t i = 1; i < lots->n; i++) {
        const struct fgr_lot *lot = &lots->lot[i];
        const struct fgr_mix_path *path = &mix->path[lot->path];
        double slope = lot->cost;
        for (uint32_t j = 0; j < path->n_hops; j++) {
            const struct fgr_lots_lane *lane = &lots->lane[path->lane[j]];
            slope += lane->by_flow * lot->flow_msat[j] + (lane->by_apart - 1.0) * lot->fail[j];
        }
        lots->slope[i] = slope;
    }
}

/* The curvature: its lower triangle by columns. */
static void fill_curvature(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    size_t n = lots->n;
    for (size_t i = 0; i < n; i++) {
        const struct fgr_lot *a = &lots->lot[i];
        const struct fgr_mix_path *p = &mix->path[a->path];
        uint32_t n_hops = i == 0 ? 0 : p->n_hops;
        for (uint32_t k = 0; k < n_hops; k++) {
            const double *bend = lots->lane[p->lane[k]].bend;
            lots->by_flow[p->lane[k]] = bend[0] * a->flow_msat[k] + bend[1] * a->fail[k];
            lots->by_apart[p->lane[k]] = bend[1] * a->flow_msat[k] + bend[2] * a->fail[k];
        }
        for (size_t j = i; j < n; j++) {
            const struct fgr_lot *b = &lots->lot[j];
            const struct fgr_mix_path *q = &mix->path[b->path];
            double sum = 0;
            for (uint32_t k = 0; n_hops > 0 && k < q->n_hops; k++) {
                sum += lots->by_flow[q->lane[k]] * b->flow_msat[k] +
                       lots->by_apart[q->lane[k]] * b->fail[k];
            }
            lots->factor[i * n + j] = sum;
        }
        lots->factor[i * n + i] += a->slack / a->count;
        for (uint32_t k = 0; k < n_hops; k++) {
            lots->by_flow[p->lane[k]] = 0;
            lots->by_apart[p->lane[k]] = 0;
        }
    }
}

/* The step, and the prices of amounts and parts after it. */
static void aim(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    double unit_msat = lots->total_msat / lots->max_parts;
    double over[2] = {-lots->max_parts, -lots->max_parts};
    double m[3] = {0, 0, 0};
    fill_curvature(lots, mix);
    fgr_cholesky_factor(lots->factor, lots->n, 0);
    for (uint32_t i = 0; i < lots->n; i++) {
        const struct fgr_lot *lot = &lots->lot[i];
        lots->step[i] = lots->barrier / lot->count - lots->slope[i];
        lots->by_amount[i] = lot->amount_msat / unit_msat;
        lots->by_count[i] = 1.0;
        over[0] += lot->count * lots->by_amount[i];
        over[1] += lot->count;
    }
    fgr_cholesky_solve(lots->factor, lots->n, lots->step);
    fgr_cholesky_solve(lots->factor, lots->n, lots->by_amount);
    fgr_cholesky_solve(lots->factor, lots->n, lots->by_count);
    for (uint32_t i = 0; i < lots->n; i++) {
        double amount = lots->lot[i].amount_msat / unit_msat;
        m[0] += amount * lots->by_amount[i];
        m[1] += amount * lots->by_count[i];
        m[2] += lots->by_count[i];
        over[0] += amount * lots->step[i];
        over[1] += lots->step[i];
    }
    double det = m[0] * m[2] - m[1] * m[1];
    double by_amount = (over[0] * m[2] - over[1] * m[1]) / det;
    double by_count = (over[1] * m[0] - over[0] * m[1]) / det;
    for (uint32_t i = 0; i < lots->n; i++) {
        lots->step[i] -= by_amount * lots->by_amount[i] + by_count * lots->by_count[i];
    }
    lots->price = -by_amount / unit_msat;
    lots->weight = by_count;
}

/* How much of a step keeps `value` above 0, `most` at most. */
static double keep(double most, double value, double step)
{
    return step < 0 && ROOM_SHARE * value < most * -step ? ROOM_SHARE * value / -step : most;
}

/* How far counts, and how far prices can go. */
static void reach(struct fgr_lots_mix *lots, double *out_counts, double *out_prices)
{
    double counts = 1.0;
    double prices = 1.0;
    for (uint32_t i = 0; i < lots->n; i++) {
        const struct fgr_lot *lot = &lots->lot[i];
        lots->slack_step[i] =
            (lots->barrier - lot->slack * lots->step[i]) / lot->count - lot->slack;
        counts = keep(counts, lot->count, lots->step[i]);
        prices = keep(prices, lot->slack, lots->slack_step[i]);
    }
    for (uint32_t i = 0; i < lots->n_used; i++) {
        const struct fgr_lots_lane *lane = &lots->lane[lots->used[i]];
        for (uint32_t k = 0; k < lane->n; k++) {
            counts = keep(counts, lane->below[k], lane->below_step[k]);
            prices = keep(prices, lane->share[k], lane->share_step[k]);
        }
    }
    *out_counts = counts;
    *out_prices = prices;
}

/* Goes along the step. Returns the lesser of the shares of it. */
static double go(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    double counts;
    double prices;
    follow(lots, mix);
    reach(lots, &counts, &prices);
    for (uint32_t i = 0; i < lots->n; i++) {
        lots->lot[i].count += counts * lots->step[i];
        lots->lot[i].slack += prices * lots->slack_step[i];
    }
    for (uint32_t i = 0; i < lots->n_used; i++) {
        struct fgr_lots_lane *lane = &lots->lane[lots->used[i]];
        lane->largest += counts * lane->step;
        for (uint32_t k = 0; k < lane->n; k++) {
            lane->below[k] += counts * lane->below_step[k];
            lane->share[k] += prices * lane->share_step[k];
        }
    }
    refresh(lots, mix);
    return fmin(counts, prices);
}

/* The mean of all products of a count or distance and its price. */
static double mean_product(const struct fgr_lots_mix *lots)
{
    double sum = 0;
    uint32_t n = lots->n;
    for (uint32_t i = 0; i < lots->n; i++) {
        sum += lots->lot[i].count * lots->lot[i].slack;
    }
    for (uint32_t i = 0; i < lots->n_used; i++) {
        const struct fgr_lots_lane *lane = &lots->lane[lots->used[i]];
        n += lane->n;
        for (uint32_t k = 0; k < lane->n; k++) {
            sum += lane->share[k] * lane->below[k];
        }
    }
    return sum / n;
}

/* Products as the barrier says, from where the last solution was. */
static void restart(struct fgr_lots_mix *lots, const struct fgr_mix *mix)
{
    double cost = lots->price * lots->total_msat / lots->max_parts;
    for (uint32_t i = 0; i < lots->n; i++) {
        struct fgr_lot *lot = &lots->lot[i];
        if (lot->count * cost > lot->slack) {
            lot->slack = lots->barrier / lot->count;
        } else {
            lot->count = lots->barrier / lot->slack;
        }
    }
    refresh(lots, mix);
    for (uint32_t i = 0; i < lots->n_used; i++) {
        centre(lots, &lots->lane[lots->used[i]]);
    }
}

void fgr_lots_mix_balance(struct fgr_lots_mix *lots, const struct fgr_mix *mix, double barrier,
                          double finest)
{
    lots->barrier = barrier;
    restart(lots, mix);
    for (int i = 0; i < STEPS_MAX; i++) {
        refresh_slopes(lots, mix);
        aim(lots, mix);
        double part = go(lots, mix);
        double product = mean_product(lots);
        lots->work += (uint64_t)lots->n * lots->n * (lots->n + STEP_FIXED) / STEP_SHARE;
        if (part > 0.9 && product < 2 * finest) {
            break;
        }
        double shrink = part > FAR_STEP    ? FAR_SHRINK
                        : part > NEAR_STEP ? MIDDLE_SHRINK
                                           : NEAR_SHRINK;
        lots->barrier = fmax(shrink * product, finest);
    }
}

double fgr_lots_mix_prices(const struct fgr_lots_mix *lots, const struct fgr_mix *mix,
                           double least_msat, struct fgr_lots_prices *out)
{
    double sum = 0;
    for (uint32_t i = 0; i < lots->n_used; i++) {
        uint16_t idx = lots->used[i];
        const struct fgr_lots_lane *lane = &lots->lane[idx];
        double flattest = fgr_lots_least_slope(out->fail_msat, least_msat,
                                               (double)mix->lane[idx].arc.most_msat + 1.0);
        double all = 0;
        double share = 0;
        double slope = 0;
        for (uint32_t k = 0; k < lane->n; k++) {
            all += lane->share[k];
        }
        for (uint32_t k = 1; k < lane->n; k++) {
            if (lane->slope[k] >= flattest) {
                share += lane->share[k] / all;
                slope += lane->share[k] / all * lane->slope[k];
                sum += lane->share[k] / all * lane->offset[k];
            }
        }
        out->share[idx] = share;
        out->slope[idx] = share > 0 ? slope / share : 0;
    }
    return sum;
}
