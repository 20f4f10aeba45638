/* SPDX-License-Identifier: MIT */
/*
 * From a flow to parts.
 *
 * The relaxation uses as many paths as it likes, each a little. Parts pay fixed charges, there may
 * only be so many, and none may be too small. So paths are closed one after the other, each time
 * the one whose closing costs least: the loss is estimated for all of them from the curvature of the
 * balanced amounts (the "optimal brain surgeon" of LeCun, Denker and Solla 1990, and Hassibi and
 * Stork 1993), the few best are really closed and balanced anew, and the best of those stays. It
 * ends when closing no longer pays.
 *
 * Then amounts become integers: rounded down, and the few msat that are missing are added where there
 * is room. A path carries as many parts as its htlc_max asks for.
 *
 * Approximated: which paths stay. What they cost is exact, and the bound says how far the best set
 * can be.
 */
#include "engine/parts.h"

#include <math.h>
#include <string.h>

#define BALANCE 1e-6
#define TRIALS 3
#define MISSING_MSAT 1.0

uint32_t fgr_parts_final_bytes(const struct fgr_parts_task *task, uint64_t part_msat)
{
    uint32_t longer = fgr_onion_tu64_bytes(task->amount_msat) - fgr_onion_tu64_bytes(part_msat);
    return fgr_onion_final_bytes(part_msat, task->final_bytes + longer);
}

/* ---- exact cost ----------------------------------------------------------------------------- */

/* Adds one part to the sums of its lanes. Returns its fees and risks; FGR_COST_INF if it breaks a
 * limit. */
static uint64_t add_part(struct fgr_mix *mix, const struct fgr_parts_task *task,
                         const struct fgr_parts_one *part, uint64_t *fee_msat)
{
    const struct fgr_path *path = &mix->path[part->path];
    uint64_t amount_msat = part->amount_msat;
    uint64_t risk_msat = 0;
    uint64_t cltv = 0;
    uint32_t bytes = fgr_parts_final_bytes(task, amount_msat);
    bool is_good = amount_msat >= task->min_part_msat && path->n_hops <= task->limits.hops;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        struct fgr_lane *lane = &mix->lane[path->lane[i]];
        const struct fgr_arc *arc = &lane->arc;
        is_good = is_good && amount_msat >= arc->htlc_min_msat && amount_msat <= arc->htlc_max_msat;
        if (!is_good || amount_msat > arc->most_msat - lane->sum_msat) {
            return FGR_COST_INF;
        }
        lane->sum_msat += amount_msat;
        if (i > 0) {
            bytes += fgr_onion_hop_bytes(amount_msat);
            cltv += arc->cltv_blocks;
            risk_msat += fgr_arc_risk(arc, task->cost.risk_ppb, amount_msat);
            uint64_t fee = fgr_arc_fee(arc, amount_msat);
            amount_msat = fee > FGR_MSAT_MAX ? FGR_MSAT_MAX + 1 : amount_msat + fee;
        }
    }
    is_good = is_good && cltv <= task->limits.cltv && bytes <= task->limits.bytes;
    *fee_msat += amount_msat - part->amount_msat;
    return is_good ? amount_msat - part->amount_msat + risk_msat + task->part_cost_msat
                   : FGR_COST_INF;
}

void fgr_parts_price(struct fgr_mix *mix, struct fgr_parts *parts,
                     const struct fgr_parts_task *task)
{
    uint64_t amount_msat = 0;
    uint64_t cost = 0;
    parts->fee_msat = 0;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].sum_msat = 0;
    }
    for (uint32_t i = 0; i < parts->n_parts && cost < FGR_COST_INF; i++) {
        uint64_t own = add_part(mix, task, &parts->part[i], &parts->fee_msat);
        cost = own < FGR_COST_INF - cost ? cost + own : FGR_COST_INF;
        amount_msat += parts->part[i].amount_msat;
    }
    for (uint32_t i = 0; i < mix->n_lanes && cost < FGR_COST_INF; i++) {
        const struct fgr_lane *lane = &mix->lane[i];
        uint64_t own =
            lane->sum_msat > 0 ? fgr_arc_fail(&lane->arc, &task->cost, lane->sum_msat) : 0;
        cost = own < FGR_COST_INF - cost ? cost + own : FGR_COST_INF;
    }
    bool is_good = parts->n_parts > 0 && parts->n_parts <= task->max_parts &&
                   amount_msat == task->amount_msat && parts->fee_msat <= task->limits.fee_msat;
    parts->cost_msat = is_good ? cost : FGR_COST_INF;
}

/* ---- which paths ---------------------------------------------------------------------------- */

/* How many parts the amount of a path takes. */
static uint32_t parts_of(const struct fgr_path *path)
{
    double amount_msat = path->amount_msat;
    if (!(amount_msat > 0)) {
        return 0;
    }
    double most_msat = (double)path->most_msat;
    return amount_msat <= most_msat ? 1 : (uint32_t)fmin(ceil(amount_msat / most_msat), 1e6);
}

static bool is_too_small(const struct fgr_path *path, const struct fgr_parts_task *task)
{
    double part_msat = path->amount_msat / (double)parts_of(path);
    return part_msat < (double)task->min_part_msat || part_msat < (double)path->least_msat;
}

/* A way to spread the amount, as far as choosing goes. */
struct choice {
    double cost_msat; /* fixed charges included */
    uint32_t n_parts;
    uint32_t n_paths;
    bool is_kept; /* keeps max_parts and min_part */
    double amount_msat[FGR_PATHS_MAX];
};

static void take(struct fgr_mix *mix, const struct fgr_parts_task *task, struct choice *out)
{
    *out = (struct choice){.cost_msat = fgr_mix_cost(mix), .is_kept = true};
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_path *path = &mix->path[i];
        uint32_t n = parts_of(path);
        out->amount_msat[i] = path->amount_msat;
        if (n > 0) {
            out->n_parts += n;
            out->n_paths++;
            out->cost_msat += path->fixed * (double)n;
            out->is_kept = out->is_kept && !is_too_small(path, task);
        }
    }
    out->is_kept = out->is_kept && out->n_parts <= task->max_parts;
}

static void give(struct fgr_mix *mix, const struct choice *choice)
{
    mix->path[0].amount_msat = 0;
    mix->path[0].is_open = false;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        mix->path[i].amount_msat = choice->amount_msat[i];
        mix->path[i].is_open = choice->amount_msat[i] > 0;
    }
}

/* Closes a path: its amount goes missing, and the others take it up. False if they cannot. */
static bool close_path(struct fgr_mix *mix, const struct choice *from, uint32_t path)
{
    struct fgr_path *missing = &mix->path[0];
    give(mix, from);
    missing->is_open = true;
    missing->amount_msat = mix->path[path].amount_msat;
    mix->path[path].amount_msat = 0;
    mix->path[path].is_open = false;
    missing->price = mix->marginal[path] * 16;
    fgr_mix_balance(mix, BALANCE);
    if (missing->amount_msat >= MISSING_MSAT) {
        missing->price = FGR_PRICE_MAX;
        fgr_mix_balance(mix, BALANCE);
    }
    bool is_placed = missing->amount_msat < MISSING_MSAT;
    missing->amount_msat = 0;
    missing->is_open = false;
    return is_placed;
}

/* The paths whose closing seems to pay most, best first. */
static uint32_t candidates(struct fgr_mix *mix, const struct fgr_parts_task *task,
                           const struct choice *now, uint32_t out_path[TRIALS])
{
    double gain[TRIALS];
    double loss[FGR_PATHS_MAX];
    uint32_t n = 0;
    fgr_mix_losses(mix, loss);
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_path *path = &mix->path[i];
        if (!(now->amount_msat[i] > 0)) {
            continue;
        }
        double own = path->fixed * (double)parts_of(path) - loss[i];
        bool is_bound_to =
            !now->is_kept && (now->n_parts > task->max_parts || is_too_small(path, task));
        if (own <= 0 && !is_bound_to) {
            continue;
        }
        uint32_t at = n < TRIALS ? n++ : TRIALS;
        while (at > 0 && gain[at - 1] < own) {
            if (at < TRIALS) {
                gain[at] = gain[at - 1];
                out_path[at] = out_path[at - 1];
            }
            at--;
        }
        if (at < TRIALS) {
            gain[at] = own;
            out_path[at] = i;
        }
    }
    return n;
}

/* Closes the one path that it is best to close. False if none is. */
static bool close_best(struct fgr_mix *mix, const struct fgr_parts_task *task, struct choice *now)
{
    uint32_t path[TRIALS];
    struct choice best = {.cost_msat = 1e300};
    uint32_t n = now->n_paths > 1 ? candidates(mix, task, now, path) : 0;
    double price[TRIALS];
    for (uint32_t i = 0; i < n; i++) {
        price[i] = mix->marginal[path[i]];
    }
    for (uint32_t i = 0; i < n; i++) {
        mix->marginal[path[i]] = price[i];
        struct choice tried;
        if (close_path(mix, now, path[i])) {
            take(mix, task, &tried);
            if (tried.cost_msat < best.cost_msat) {
                best = tried;
            }
        }
    }
    bool is_better = best.cost_msat < now->cost_msat || (!now->is_kept && best.cost_msat < 1e300);
    if (is_better) {
        *now = best;
    }
    give(mix, now);
    fgr_mix_balance(mix, BALANCE);
    return is_better;
}

/* ---- integers ------------------------------------------------------------------------------- */

static uint64_t add_up_to(uint64_t most, uint64_t value, uint64_t more)
{
    return value >= most ? 0 : (most - value < more ? most - value : more);
}

/* Rounds the amounts down and adds what is missing where it fits. */
static void round_amounts(const struct fgr_mix *mix, struct fgr_parts *out_parts,
                          const struct fgr_parts_task *task)
{
    uint64_t left_msat = task->amount_msat;
    out_parts->n_parts = 0;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_path *path = &mix->path[i];
        uint32_t n = parts_of(path);
        if (out_parts->n_parts + n > FGR_PARTS_MAX) {
            out_parts->n_parts = 0;
            return;
        }
        for (uint32_t j = 0; j < n; j++) {
            uint64_t part_msat = (uint64_t)(path->amount_msat / (double)n);
            part_msat = part_msat < left_msat ? part_msat : left_msat;
            out_parts->part[out_parts->n_parts++] =
                (struct fgr_parts_one){.amount_msat = part_msat, .path = i};
            left_msat -= part_msat;
        }
    }
    for (uint32_t i = 0; i < out_parts->n_parts && left_msat > 0; i++) {
        struct fgr_parts_one *part = &out_parts->part[i];
        uint64_t more = add_up_to(mix->path[part->path].most_msat, part->amount_msat, left_msat);
        part->amount_msat += more;
        left_msat -= more;
    }
}

void fgr_parts_choose(struct fgr_mix *mix, struct fgr_parts *out_parts,
                      const struct fgr_parts_task *task)
{
    struct choice now;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        mix->path[i].price = mix->path[i].bare;
        mix->path[i].is_open = mix->path[i].amount_msat > 0;
    }
    mix->path[0].is_open = false;
    fgr_mix_balance(mix, BALANCE);
    take(mix, task, &now);
    while (close_best(mix, task, &now)) {
    }
    round_amounts(mix, out_parts, task);
    fgr_parts_price(mix, out_parts, task);
}
