/* SPDX-License-Identifier: MIT */
/*
 * From a flow to parts.
 *
 * The relaxation uses as many paths as it likes, each a little. Parts pay fixed charges, there may only
 * be so many, and each is between the htlc_min and the htlc_max of its path, and min_part. So the
 * number of parts on each path is what is chosen; the amounts follow by balancing (mix.c). One
 * changes at a time: a part less here, a part more there, or both. What a change is worth is
 * estimated from the curvature of the balanced amounts (the "optimal brain surgeon" of LeCun, Denker
 * and Solla 1990, and Hassibi and Stork 1993); the few most promising ones are really made, and the
 * best stays, until none is better. Half-channels with slots take no part more than they have of these:
 * where the flow begins with more, parts go first, and then only change places.
 *
 * Then amounts become integers: rounded down, and the few msat that are missing are added where there
 * is room.
 *
 * Approximated: which paths stay. What they cost is exact, and the bound says how far the best set
 * can be.
 */
#include "engine/parts.h"

#include <math.h>
#include <string.h>

#define BALANCE 1e-6
#define TRIALS 4
#define CHANGES_MAX 64
#define FAR_TOO_MANY 3

/* How finely a change that is only tried is balanced. */
#define TRIAL_BALANCE 1e-4

/* A missing rest below this is rounding; what is missing costs that many times M. */
#define MISSING_MSAT 0.5
#define MISSING_PRICE 4.0

uint32_t fgr_parts_final_bytes(const struct fgr_parts_task *task, uint64_t part_msat)
{
    uint32_t longer = fgr_onion_tu64_bytes(task->amount_msat) - fgr_onion_tu64_bytes(part_msat);
    return fgr_onion_final_bytes(part_msat, task->final_bytes + longer);
}

/* ---- exact cost ----------------------------------------------------------------------------- */

uint64_t fgr_parts_price_one(const struct fgr_mix *mix, const struct fgr_parts_task *task,
                             const struct fgr_parts_one *part, uint64_t *fee_msat)
{
    const struct fgr_mix_path *path = &mix->path[part->path];
    uint64_t amount_msat = part->amount_msat;
    uint64_t cost = task->part_cost_msat;
    uint64_t cltv = 0;
    uint32_t bytes = fgr_parts_final_bytes(task, amount_msat);
    bool is_good = amount_msat >= task->min_part_msat && path->n_hops <= task->limits.hops;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        const struct fgr_lane *lane = &mix->lane[path->lane[i]];
        const struct fgr_arc *arc = &lane->arc;
        is_good = is_good && amount_msat >= arc->htlc_min_msat &&
                  amount_msat <= arc->htlc_max_msat &&
                  amount_msat + lane->sum_msat <= arc->most_msat && lane->n_parts < arc->slots;
        uint64_t fee = fgr_arc_fee(arc, amount_msat);
        if (!is_good || fee > FGR_MSAT_MAX) {
            return FGR_COST_INF;
        }
        uint64_t before = fgr_arc_fail(arc, &task->cost, lane->sum_msat);
        uint64_t own = fee + fgr_arc_risk(arc, task->cost.risk_ppb, amount_msat) +
                       (fgr_arc_fail(arc, &task->cost, lane->sum_msat + amount_msat) - before);
        own += (uint64_t)fgr_arc_bias(arc, own);
        cost = own < FGR_COST_INF - cost ? cost + own : FGR_COST_INF;
        bytes += i > 0 ? fgr_onion_hop_bytes(amount_msat) : 0;
        cltv += arc->cltv_blocks;
        amount_msat += fee;
        if (amount_msat > FGR_MSAT_MAX || cost == FGR_COST_INF) {
            return FGR_COST_INF;
        }
    }
    is_good = is_good && cltv <= task->limits.cltv && bytes <= task->limits.bytes;
    *fee_msat += amount_msat - part->amount_msat;
    return is_good ? cost : FGR_COST_INF;
}

void fgr_parts_put(struct fgr_mix *mix, const struct fgr_parts_one *part)
{
    const struct fgr_mix_path *path = &mix->path[part->path];
    uint64_t amount_msat = part->amount_msat;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        struct fgr_lane *lane = &mix->lane[path->lane[i]];
        lane->sum_msat += amount_msat;
        lane->n_parts++;
        amount_msat += fgr_arc_fee(&lane->arc, amount_msat);
    }
}

void fgr_parts_clear(struct fgr_mix *mix)
{
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].sum_msat = 0;
        mix->lane[i].n_parts = 0;
    }
}

/* Larger parts first; among equals, the path that was found first. */
static void sort_parts(struct fgr_parts *parts)
{
    for (uint32_t i = 1; i < parts->n_parts; i++) {
        struct fgr_parts_one part = parts->part[i];
        uint32_t at = i;
        while (at > 0 && parts->part[at - 1].amount_msat < part.amount_msat) {
            parts->part[at] = parts->part[at - 1];
            at--;
        }
        parts->part[at] = part;
    }
}

void fgr_parts_price(struct fgr_mix *mix, struct fgr_parts *parts,
                     const struct fgr_parts_task *task)
{
    uint64_t amount_msat = 0;
    uint64_t cost = 0;
    parts->fee_msat = 0;
    sort_parts(parts);
    fgr_parts_clear(mix);
    for (uint32_t i = 0; i < parts->n_parts && cost < FGR_COST_INF; i++) {
        uint64_t own = fgr_parts_price_one(mix, task, &parts->part[i], &parts->fee_msat);
        if (own < FGR_COST_INF) {
            fgr_parts_put(mix, &parts->part[i]);
        }
        cost = own < FGR_COST_INF - cost ? cost + own : FGR_COST_INF;
        amount_msat += parts->part[i].amount_msat;
    }
    bool is_good = parts->n_parts > 0 && parts->n_parts <= task->max_parts &&
                   amount_msat == task->amount_msat && parts->fee_msat <= task->limits.fee_msat;
    parts->cost_msat = is_good ? cost : FGR_COST_INF;
}

/* ---- which paths ---------------------------------------------------------------------------- */

/* How many parts go over each path, and the best amounts for that. */
struct choice {
    double cost_msat;  /* fixed charges included, and a price on the next */
    double wrong_msat; /* that the parts cannot carry, or carry at least too much */
    uint32_t n_parts;
    uint32_t n_over; /* more than half-channels have slots for, summed up */
    uint16_t n[FGR_PATHS_MAX];
    double amount_msat[FGR_PATHS_MAX];
};

static double low_of(const struct fgr_mix_path *path, const struct fgr_parts_task *task)
{
    return (double)(path->least_msat > task->min_part_msat ? path->least_msat
                                                           : task->min_part_msat);
}

static bool is_usable(const struct fgr_mix_path *path, const struct fgr_parts_task *task)
{
    return low_of(path, task) <= (double)path->most_msat;
}

/* Counts the parts on each lane. Returns how many are too many. */
static uint32_t count_slots(struct fgr_mix *mix, const struct choice *choice)
{
    uint32_t n_over = 0;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].n_parts = 0;
    }
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_mix_path *path = &mix->path[i];
        for (uint32_t j = 0; choice->n[i] > 0 && j < path->n_hops; j++) {
            mix->lane[path->lane[j]].n_parts += choice->n[i];
        }
    }
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        const struct fgr_lane *lane = &mix->lane[i];
        n_over += lane->n_parts > lane->arc.slots ? lane->n_parts - lane->arc.slots : 0;
    }
    return n_over;
}

/* Whether one part less on a path frees a slot where there are too few. */
static bool relieves(const struct fgr_mix *mix, const struct fgr_mix_path *path)
{
    for (uint32_t i = 0; i < path->n_hops; i++) {
        const struct fgr_lane *lane = &mix->lane[path->lane[i]];
        if (lane->n_parts > lane->arc.slots) {
            return true;
        }
    }
    return false;
}

static bool goes_over(const struct fgr_mix_path *path, uint16_t lane)
{
    for (uint32_t i = 0; i < path->n_hops; i++) {
        if (path->lane[i] == lane) {
            return true;
        }
    }
    return false;
}

/* Whether there are slots for one part more on a path once `less` (NULL = none) has one less. */
static bool has_slots(const struct fgr_mix *mix, const struct fgr_mix_path *path,
                      const struct fgr_mix_path *less)
{
    for (uint32_t i = 0; mix->has_slots && i < path->n_hops; i++) {
        const struct fgr_lane *lane = &mix->lane[path->lane[i]];
        if (lane->n_parts >= lane->arc.slots && (less == NULL || !goes_over(less, path->lane[i]))) {
            return false;
        }
    }
    return true;
}

/* Limits of all paths for so many parts, and amounts within them that are near those of `choice`.
 * Returns what is then missing of the whole: negative if there is too much. */
static double confine(struct fgr_mix *mix, const struct fgr_parts_task *task,
                      const struct choice *choice)
{
    double missing_msat = (double)task->amount_msat;
    for (uint32_t i = 0; i < mix->n_lanes; i++) {
        mix->lane[i].fixed_msat = 0;
    }
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        struct fgr_mix_path *path = &mix->path[i];
        double n = choice->n[i];
        path->is_open = n > 0;
        path->low_msat = n * low_of(path, task);
        path->high_msat = n * (double)path->most_msat;
        path->amount_msat = fmin(fmax(choice->amount_msat[i], path->low_msat), path->high_msat);
        missing_msat -= path->amount_msat;
        for (uint32_t j = 0; n > 0 && j < path->n_hops; j++) {
            mix->lane[path->lane[j]].fixed_msat += n * path->offset[j];
        }
    }
    return missing_msat;
}

/* Takes what is too much from the paths that can give. Returns what they could not. */
static double take_off(struct fgr_mix *mix, double much_msat)
{
    for (uint32_t i = 1; i < mix->n_paths && much_msat > 0; i++) {
        struct fgr_mix_path *path = &mix->path[i];
        double less_msat = fmin(path->amount_msat - path->low_msat, much_msat);
        path->amount_msat -= less_msat;
        much_msat -= less_msat;
    }
    return much_msat;
}

/* Balances the amounts for the parts of `choice` and notes amounts and cost. */
static void settle(struct fgr_mix *mix, const struct fgr_parts_task *task, struct choice *choice,
                   double tolerance)
{
    struct fgr_mix_path *missing = &mix->path[0];
    double missing_msat = confine(mix, task, choice);
    double much_msat = missing_msat < 0 ? take_off(mix, -missing_msat) : 0;
    missing->is_open = missing_msat > 0;
    missing->amount_msat = missing_msat > 0 ? missing_msat : 0;
    missing->low_msat = 0;
    missing->high_msat = FGR_MIX_MOST;
    missing->price = MISSING_PRICE * (1.0 + mix->tariff.fail_msat);
    fgr_mix_balance(mix, tolerance);
    choice->wrong_msat = missing->amount_msat < MISSING_MSAT ? much_msat : missing->amount_msat;
    missing->is_open = false;
    missing->amount_msat = 0;
    choice->cost_msat = fgr_mix_cost(mix) + missing->price * choice->wrong_msat;
    choice->n_parts = 0;
    choice->n_over = mix->has_slots ? count_slots(mix, choice) : 0;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        choice->amount_msat[i] = mix->path[i].amount_msat;
        choice->cost_msat += mix->path[i].fixed * choice->n[i];
        choice->n_parts += choice->n[i];
    }
}

/* A change that may pay: one part less on a path, one more on another; 0 = none. */
struct change {
    double gain_msat;
    uint32_t less;
    uint32_t more;
};

/* Keeps the best changes, best first. */
static void note(struct change *changes, uint32_t *n, struct change change)
{
    uint32_t at = *n < TRIALS ? (*n)++ : TRIALS;
    while (at > 0 && changes[at - 1].gain_msat < change.gain_msat) {
        if (at < TRIALS) {
            changes[at] = changes[at - 1];
        }
        at--;
    }
    if (at < TRIALS) {
        changes[at] = change;
    }
}

/* What it is worth to have one part less on a path, to second order. */
static double gain_of_less(const struct fgr_mix_path *path, uint32_t n, double bend)
{
    double left_msat = (n - 1) * (double)path->most_msat;
    double moved_msat = path->amount_msat > left_msat ? path->amount_msat - left_msat : 0;
    return path->fixed - 0.5 * moved_msat * moved_msat * bend;
}

/* The same for one part more, where a msat costs `price` elsewhere. */
static double gain_of_more(const struct fgr_mix *mix, uint32_t path, double price)
{
    const struct fgr_mix_path *p = &mix->path[path];
    double saved = price;
    double bend = 0;
    for (uint32_t i = 0; i < p->n_hops; i++) {
        const struct fgr_lane *lane = &mix->lane[p->lane[i]];
        saved -= p->gain[i] * lane->slope;
        bend += lane->slope * lane->slope * p->gain[i] * p->gain[i];
    }
    saved -= p->price;
    bend /= mix->tariff.fail_msat + 1.0;
    if (saved <= 0) {
        return -1;
    }
    double most_msat = (double)p->most_msat;
    double moved_msat = bend * most_msat > saved ? saved / bend : most_msat;
    return moved_msat * (saved - 0.5 * bend * moved_msat) - p->fixed;
}

/* What a lane costs with `delta_msat` more than it carries. */
static double more_fail(const struct fgr_mix *mix, const struct fgr_lane *lane, double delta_msat)
{
    double flow_msat = lane->flow_msat + delta_msat;
    if (flow_msat > (double)lane->arc.most_msat) {
        return FGR_MIX_MOST;
    }
    return fgr_mix_fail(mix, lane, flow_msat) - fgr_mix_fail(mix, lane, lane->flow_msat);
}

/* What it costs to have one part of `amount_msat` more on a path, or less if it is negative. */
static double cost_of_part(const struct fgr_mix *mix, const struct fgr_mix_path *path,
                           double amount_msat)
{
    double cost = path->price * amount_msat + (amount_msat > 0 ? path->fixed : -path->fixed);
    for (uint32_t i = 0; i < path->n_hops; i++) {
        cost += more_fail(mix, &mix->lane[path->lane[i]], amount_msat * path->gain[i]);
    }
    return cost;
}

/* What is known when changes are looked for. */
struct outlook {
    const struct choice *now;
    double gain_of_less[FGR_PATHS_MAX]; /* of paths with parts */
    struct change less;                 /* the best of these */
    double price;                       /* of a msat elsewhere */
    bool is_too_many;                   /* parts, of all or on a half-channel */
    bool is_full;
};

/* Notes the best exchanges of a part on path `from` for one elsewhere, at what they cost before amounts
 * are balanced. A msat that the other cannot carry goes elsewhere. */
static void note_exchanges(struct fgr_mix *mix, const struct fgr_parts_task *task,
                           const struct outlook *look, uint32_t from, struct change *changes,
                           uint32_t *n)
{
    struct fgr_mix_path *path = &mix->path[from];
    double part_msat = path->amount_msat / look->now->n[from];
    double saved = -cost_of_part(mix, path, -part_msat);
    fgr_mix_shift(mix, from, -part_msat);
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_mix_path *other = &mix->path[i];
        if (i == from || !is_usable(other, task) || !has_slots(mix, other, path)) {
            continue;
        }
        double amount_msat = fmin(part_msat, (double)other->most_msat);
        double cost =
            cost_of_part(mix, other, amount_msat) + look->price * (part_msat - amount_msat);
        note(changes, n, (struct change){saved - cost, from, i});
    }
    fgr_mix_shift(mix, from, part_msat);
}

/* Notes one part less, wherever that may pay, and fills the outlook. The mix is balanced for `now`. */
static uint32_t look_for_less(struct fgr_mix *mix, const struct fgr_parts_task *task,
                              struct outlook *look, struct change *out)
{
    const struct choice *now = look->now;
    double bend[FGR_PATHS_MAX];
    double carried_msat = 0;
    uint32_t n = 0;
    fgr_mix_bends(mix, bend);
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        if (now->n[i] == 0) {
            continue;
        }
        carried_msat += now->amount_msat[i];
        look->price = mix->marginal[i] > look->price ? mix->marginal[i] : look->price;
        struct change one = {gain_of_less(&mix->path[i], now->n[i], bend[i]), i, 0};
        look->gain_of_less[i] = one.gain_msat;
        look->less = one.gain_msat > look->less.gain_msat ? one : look->less;
        bool is_any = now->n_over == 0 || now->n_parts > task->max_parts;
        if ((is_any || relieves(mix, &mix->path[i])) &&
            (look->is_too_many || one.gain_msat > 0 || now->wrong_msat > 0)) {
            note(out, &n, one);
        }
    }
    if (now->wrong_msat > 0 && carried_msat < (double)task->amount_msat) {
        look->price = mix->path[0].price;
    }
    return n;
}

/* The best path to have one part less so that there are slots for one more on path `more`; none: 0. */
static struct change less_for(const struct fgr_mix *mix, const struct outlook *look, uint32_t more)
{
    struct change best = {.gain_msat = -1e300};
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        if (look->now->n[i] > 0 && look->gain_of_less[i] > best.gain_msat &&
            has_slots(mix, &mix->path[more], &mix->path[i])) {
            best = (struct change){look->gain_of_less[i], i, 0};
        }
    }
    return best;
}

/* Notes one part more on a path, alone or for one less elsewhere. */
static void look_for_more(const struct fgr_mix *mix, const struct outlook *look, uint32_t path,
                          double gain_msat, struct change *out, uint32_t *n)
{
    bool is_free = has_slots(mix, &mix->path[path], NULL);
    bool is_wrong = look->now->wrong_msat > 0;
    struct change less = is_free ? look->less : less_for(mix, look, path);
    if (less.less != path && (look->is_full || is_wrong || !is_free) &&
        (is_free || less.less > 0)) {
        double both_msat = gain_msat + less.gain_msat;
        if (both_msat > 0 || is_wrong) {
            note(out, n, (struct change){both_msat, less.less, path});
        }
    }
    if (!look->is_full && is_free && gain_msat > 0) {
        note(out, n, (struct change){gain_msat, 0, path});
    }
}

/* The changes worth trying. The mix is balanced for `now`. */
static uint32_t changes_of(struct fgr_mix *mix, const struct fgr_parts_task *task,
                           const struct choice *now, struct change *out)
{
    struct outlook look = {.now = now,
                           .less = {.gain_msat = -1e300},
                           .is_too_many = now->n_parts > task->max_parts || now->n_over > 0,
                           .is_full = now->n_parts == task->max_parts};
    uint32_t n = look_for_less(mix, task, &look, out);
    bool is_exchanged = look.is_full && !look.is_too_many && now->wrong_msat <= 0;
    for (uint32_t i = 1; i < mix->n_paths && is_exchanged; i++) {
        if (now->n[i] > 0) {
            note_exchanges(mix, task, &look, i, out, &n);
        }
    }
    if (is_exchanged) {
        return n;
    }
    for (uint32_t i = 1; i < mix->n_paths && !look.is_too_many; i++) {
        double gain_msat = is_usable(&mix->path[i], task) ? gain_of_more(mix, i, look.price) : -1;
        look_for_more(mix, &look, i, gain_msat, out, &n);
    }
    return n;
}

/* Tries the most promising changes and keeps the best. False if none is better. */
static bool improve(struct fgr_mix *mix, const struct fgr_parts_task *task, struct choice *now)
{
    struct change changes[TRIALS];
    struct choice best = {.cost_msat = FGR_MIX_MOST};
    uint32_t n = changes_of(mix, task, now, changes);
    if (now->n_parts > task->max_parts + FAR_TOO_MANY) {
        n = n < 1 ? n : 1; /* the estimate will do */
    }
    for (uint32_t i = 0; i < n; i++) {
        struct choice tried = *now;
        if (changes[i].less > 0) {
            tried.n[changes[i].less]--;
        }
        if (changes[i].more > 0) {
            tried.n[changes[i].more]++;
        }
        settle(mix, task, &tried, TRIAL_BALANCE);
        if (tried.cost_msat < best.cost_msat) {
            best = tried;
        }
    }
    bool is_too_many = now->n_parts > task->max_parts || now->n_over > 0;
    if (best.cost_msat >= (is_too_many ? FGR_MIX_MOST : now->cost_msat * (1.0 - BALANCE))) {
        return false;
    }
    *now = best;
    settle(mix, task, now, BALANCE);
    return true;
}

/* As many parts as the amounts of the mix take. */
static void begin(struct fgr_mix *mix, const struct fgr_parts_task *task, struct choice *out)
{
    *out = (struct choice){.n_parts = 0};
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_mix_path *path = &mix->path[i];
        if (path->amount_msat > 0 && is_usable(path, task)) {
            double n = ceil(path->amount_msat / (double)path->most_msat);
            out->n[i] = (uint16_t)fmin(n, FGR_PARTS_MAX);
            out->amount_msat[i] = path->amount_msat;
        }
    }
    settle(mix, task, out, BALANCE);
}

/* ---- integers ------------------------------------------------------------------------------- */

/* Rounds the amounts down, each over the parts of its path, and adds what is missing where it fits. */
static void round_amounts(const struct fgr_mix *mix, struct fgr_parts *out_parts,
                          const struct fgr_parts_task *task, const struct choice *choice)
{
    uint64_t left_msat = task->amount_msat;
    out_parts->n_parts = 0;
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_mix_path *path = &mix->path[i];
        uint64_t path_msat = (uint64_t)(choice->amount_msat[i] + 1e-3);
        for (uint64_t j = choice->n[i]; j > 0 && out_parts->n_parts < FGR_PARTS_MAX; j--) {
            uint64_t part_msat = path_msat / j;
            part_msat = part_msat < path->most_msat ? part_msat : path->most_msat;
            part_msat = part_msat < left_msat ? part_msat : left_msat;
            out_parts->part[out_parts->n_parts++] =
                (struct fgr_parts_one){.amount_msat = part_msat, .path = i};
            path_msat -= part_msat;
            left_msat -= part_msat;
        }
    }
    for (uint32_t i = 0; i < out_parts->n_parts && left_msat > 0; i++) {
        struct fgr_parts_one *part = &out_parts->part[i];
        uint64_t room_msat = mix->path[part->path].most_msat - part->amount_msat;
        uint64_t more_msat = room_msat < left_msat ? room_msat : left_msat;
        part->amount_msat += more_msat;
        left_msat -= more_msat;
    }
}

bool fgr_parts_choose(struct fgr_mix *mix, struct fgr_parts *out_parts,
                      const struct fgr_parts_task *task)
{
    struct choice now;
    out_parts->n_parts = 0;
    begin(mix, task, &now);
    for (int i = 0; i < CHANGES_MAX && improve(mix, task, &now); i++) {
    }
    bool is_whole = now.wrong_msat <= 0 && now.n_parts <= task->max_parts && now.n_over == 0;
    if (is_whole) {
        round_amounts(mix, out_parts, task, &now);
    }
    fgr_parts_price(mix, out_parts, task);
    if (mix->has_slots) {
        count_slots(mix, &now); /* also of what is not whole: for a detour */
    }
    return is_whole;
}
