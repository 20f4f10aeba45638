/* SPDX-License-Identifier: MIT */
/*
 * Amounts that tell less: powers of two, which many payments share, or none that is like another.
 *
 * Powers. The amount is cut at a bit m: what is below it is the rest, one part; what is above is made
 * of powers of at most 2^M sat, the lower ones by the bits of the amount. For each m and M that keep
 * the number of parts and the least part, the powers are put on the paths of the flow, the largest
 * first, each where it costs least with what is there already; the rest comes last. The answer is the
 * set with the smallest rest, and of these the cheapest.
 *
 * Unequal. From the best parts small amounts move between random pairs, and none, one or two parts
 * are cut in two before, so that there is something to move where all are as large as can be. Of a
 * fixed number of draws the cheapest is the answer, so that it depends on the seed alone.
 *
 * Approximated: which part goes where. What a set costs is exact, and the bound is that of all sets.
 */
#include "engine/denominate.h"

#include <inttypes.h>

#include "graph/util/error.h"
#include "graph/util/rng.h"

#define SAT UINT64_C(1000)

/* Draws of unequal amounts; how many of the parts of a draw may be cut in two; a part moves by an eighth
 * at most each time. */
#define DRAWS 48
#define CUTS 3
#define MOVED_SHARE 8

/* ---- powers --------------------------------------------------------------------------------- */

/* The amount between two bits: so many of the largest power, lower powers by its bits, and the rest. */
struct cut {
    unsigned low;   /* m: no power is below 2^m sat */
    unsigned high;  /* M: none is above 2^M sat */
    uint64_t n_top; /* of 2^M sat */
    uint64_t bits;  /* lower ones */
    uint64_t rest_msat;
};

static unsigned count_bits(uint64_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= bits - 1) {
        n++;
    }
    return n;
}

static uint64_t least_power(const struct cut *cut)
{
    return cut->bits != 0 ? cut->bits & (~cut->bits + 1) : UINT64_C(1) << cut->high;
}

/* Cuts the amount. False if that breaks max_parts or min_part. */
static bool cut_at(struct cut *out, const struct fgr_parts_task *task, unsigned low, unsigned high)
{
    uint64_t sat = task->amount_msat / SAT;
    *out = (struct cut){.low = low, .high = high, .n_top = sat >> high};
    out->bits = ((sat & ((UINT64_C(1) << high) - 1)) >> low) << low;
    out->rest_msat = task->amount_msat - SAT * ((out->n_top << high) + out->bits);
    uint64_t n_parts = out->n_top + count_bits(out->bits) + (out->rest_msat > 0);
    return out->n_top > 0 && n_parts <= task->max_parts &&
           (out->rest_msat == 0 || out->rest_msat >= task->min_part_msat) &&
           out->rest_msat < SAT * least_power(out) && SAT * least_power(out) >= task->min_part_msat;
}

/* The next cut that keeps the limits, by falling high and low; `out->high` is 64 at first. False at the
 * end. */
static bool next_cut(struct cut *cut, const struct fgr_parts_task *task)
{
    uint64_t sat = task->amount_msat / SAT;
    unsigned high = cut->high;
    unsigned low = cut->low;
    if (high == 64) {
        high = 63;
        low = 64;
    }
    for (;;) {
        if (low == 0) {
            if (high == 0 || sat >> high > task->max_parts) {
                return false;
            }
            high--;
            low = high + 1;
        }
        low = low > high ? high : low - 1;
        if (cut_at(cut, task, low, high)) {
            return true;
        }
    }
}

/* Puts a part where it costs least. False if it fits nowhere. */
static bool put_cheapest(struct fgr_mix *mix, struct fgr_parts *parts,
                         const struct fgr_parts_task *task, uint64_t amount_msat)
{
    uint64_t least = FGR_COST_INF;
    struct fgr_parts_one found = {.amount_msat = amount_msat};
    for (uint32_t i = 1; i < mix->n_paths; i++) {
        const struct fgr_parts_one one = {.amount_msat = amount_msat, .path = i};
        uint64_t fee_msat = 0;
        if (amount_msat > mix->path[i].most_msat) {
            continue;
        }
        uint64_t cost = fgr_parts_price_one(mix, task, &one, &fee_msat);
        if (cost < least) {
            least = cost;
            found = one;
        }
    }
    if (least == FGR_COST_INF) {
        return false;
    }
    fgr_parts_put(mix, &found);
    parts->part[parts->n_parts++] = found;
    return true;
}

static bool put_powers(struct fgr_mix *mix, struct fgr_parts *out,
                       const struct fgr_parts_task *task, const struct cut *cut)
{
    out->n_parts = 0;
    fgr_parts_clear(mix);
    for (uint64_t i = 0; i < cut->n_top; i++) {
        if (!put_cheapest(mix, out, task, SAT << cut->high)) {
            return false;
        }
    }
    for (unsigned bit = cut->high; bit-- > cut->low;) {
        bool is_there = (cut->bits >> bit & 1) != 0;
        if (is_there && !put_cheapest(mix, out, task, SAT << bit)) {
            return false;
        }
    }
    return cut->rest_msat == 0 || put_cheapest(mix, out, task, cut->rest_msat);
}

static void find_powers(struct fgr_mix *mix, struct fgr_parts *out, struct fgr_parts *tried,
                        const struct fgr_parts_task *task)
{
    struct cut cut = {.high = 64};
    uint64_t rest_msat = UINT64_MAX;
    while (next_cut(&cut, task)) {
        if (cut.rest_msat > rest_msat || !put_powers(mix, tried, task, &cut)) {
            continue;
        }
        fgr_parts_price(mix, tried, task);
        if (tried->cost_msat < out->cost_msat ||
            (cut.rest_msat < rest_msat && tried->cost_msat < FGR_COST_INF)) {
            *out = *tried;
            rest_msat = cut.rest_msat;
        }
    }
}

/* ---- unequal -------------------------------------------------------------------------------- */

static uint64_t least_on(const struct fgr_mix *mix, const struct fgr_parts_task *task,
                         const struct fgr_parts_one *part)
{
    uint64_t least_msat = mix->path[part->path].least_msat;
    return least_msat > task->min_part_msat ? least_msat : task->min_part_msat;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Cuts the largest part in two, not in the middle, if both can be. */
static void cut_largest(const struct fgr_mix *mix, struct fgr_parts *parts,
                        const struct fgr_parts_task *task, struct fgr_rng *rng)
{
    uint32_t largest = 0;
    for (uint32_t i = 1; i < parts->n_parts; i++) {
        largest = parts->part[i].amount_msat > parts->part[largest].amount_msat ? i : largest;
    }
    struct fgr_parts_one *part = &parts->part[largest];
    uint64_t least_msat = least_on(mix, task, part);
    if (parts->n_parts >= task->max_parts || part->amount_msat / 2 < least_msat) {
        return;
    }
    uint64_t most_msat = part->amount_msat - 2 * least_msat;
    uint64_t own_msat = least_msat + (most_msat > 0 ? fgr_rng_below(rng, most_msat + 1) : 0);
    parts->part[parts->n_parts] = *part;
    parts->part[parts->n_parts++].amount_msat = part->amount_msat - own_msat;
    part->amount_msat = own_msat;
}

/* Moves a random amount from each part to a random other one, as far as both let it. */
static void stir(const struct fgr_mix *mix, struct fgr_parts *parts,
                 const struct fgr_parts_task *task, struct fgr_rng *rng)
{
    for (uint32_t i = 0; i < parts->n_parts && parts->n_parts > 1; i++) {
        struct fgr_parts_one *from = &parts->part[i];
        uint32_t other = (uint32_t)fgr_rng_below(rng, parts->n_parts - 1);
        struct fgr_parts_one *to = &parts->part[other + (other >= i)];
        uint64_t least_msat = least_on(mix, task, from);
        uint64_t most_msat = mix->path[to->path].most_msat;
        if (from->amount_msat <= least_msat || to->amount_msat >= most_msat) {
            continue;
        }
        uint64_t moved_msat = min_u64(from->amount_msat - least_msat, most_msat - to->amount_msat);
        moved_msat = min_u64(moved_msat, from->amount_msat / MOVED_SHARE);
        moved_msat = fgr_rng_below(rng, moved_msat + 1);
        from->amount_msat -= moved_msat;
        to->amount_msat += moved_msat;
    }
}

/* No two parts deliver the same number of sat. They are sorted. */
static bool is_unequal(const struct fgr_parts *parts)
{
    for (uint32_t i = 1; i < parts->n_parts; i++) {
        if (parts->part[i].amount_msat / SAT == parts->part[i - 1].amount_msat / SAT) {
            return false;
        }
    }
    return parts->n_parts > 1;
}

static void find_unequal(struct fgr_mix *mix, struct fgr_parts *out, struct fgr_parts *tried,
                         const struct fgr_parts *best, const struct fgr_parts_task *task,
                         uint64_t seed)
{
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        struct fgr_rng rng;
        fgr_rng_seed(&rng, seed, draw);
        *tried = *best;
        for (uint64_t n = draw % CUTS + (best->n_parts == 1); n > 0; n--) {
            cut_largest(mix, tried, task, &rng);
        }
        stir(mix, tried, task, &rng);
        fgr_parts_price(mix, tried, task);
        if (tried->cost_msat < out->cost_msat && is_unequal(tried)) {
            *out = *tried;
        }
    }
}

/* ---- both ----------------------------------------------------------------------------------- */

enum fgr_err fgr_denominate_check(const struct fgr_parts_task *task,
                                  const struct fgr_denominations *how, struct fgr_error *err)
{
    struct cut cut = {.high = 64};
    switch (how->kind) {
    case FGR_DENOMINATION_POWERS:
        if (next_cut(&cut, task)) {
            return FGR_OK;
        }
        return fgr_fail(err, FGR_ERR_ARG,
                        "%" PRIu64 " msat are not up to %" PRIu32
                        " powers of two in sat and a rest below them, all of at least %" PRIu64
                        " msat: allow smaller parts, or more",
                        task->amount_msat, task->max_parts, task->min_part_msat);
    case FGR_DENOMINATION_UNEQUAL:
        if (task->max_parts > 1 && task->min_part_msat <= task->amount_msat / 2 &&
            (task->amount_msat - task->min_part_msat) / SAT > task->min_part_msat / SAT) {
            return FGR_OK;
        }
        return fgr_fail(err, FGR_ERR_ARG,
                        "unequal amounts need two parts of at least %" PRIu64
                        " msat, apart by a sat: allow smaller parts, or more",
                        task->min_part_msat);
    }
    return fgr_fail(err, FGR_ERR_ARG, "denominations %d are unknown", (int)how->kind);
}

bool fgr_denominate(struct fgr_mix *mix, struct fgr_parts *out_parts, const struct fgr_parts *best,
                    const struct fgr_parts_task *task, const struct fgr_denominations *how)
{
    struct fgr_parts tried;
    *out_parts = (struct fgr_parts){.cost_msat = FGR_COST_INF};
    if (how->kind == FGR_DENOMINATION_POWERS) {
        find_powers(mix, out_parts, &tried, task);
    } else {
        find_unequal(mix, out_parts, &tried, best, task, how->seed);
    }
    return out_parts->cost_msat < FGR_COST_INF;
}
