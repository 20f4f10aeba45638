/* SPDX-License-Identifier: MIT */
/*
 * Method. All simple paths; each delivers an interval of amounts within its HTLC limits (what it
 * carries grows with what it delivers). Then every multiset of one, two or three of them: two
 * parts may use one path. With k parts there are k - 1 free amounts: all are tried if they are
 * few, else those of a grid, and from the best of these amounts move between two parts in ever
 * smaller steps.
 *
 * A set is priced as a whole for every choice of amounts: nothing is known of convexity, prices or
 * the order of the paths. Prices on the way come from `price_set`, which is small and fast; the
 * best set is priced again by fgr_problem_price, and the two have to agree.
 */
#include "tests/oracle/split_brute.h"

#include <string.h>

enum {
    HOPS_MAX = 8,     /* nodes of a tiny graph */
    EXACT_MAX = 6000, /* choices of amounts that are all tried */
    GRID = 12,        /* steps between the least and the most of a part */
    K_MAX = FGR_SPLIT_BRUTE_PARTS_MAX
};

#define COST_NONE UINT64_MAX

struct path {
    uint32_t n_hops;
    uint32_t hop[HOPS_MAX];
    uint64_t least_msat; /* it delivers from this */
    uint64_t most_msat;  /* to this */
};

/* A set under test. Its hops name half-channels by their slot in `edge`, so that shared ones are
 * summed. */
struct set {
    uint32_t k;
    const struct path *path[K_MAX];
    uint64_t amount_msat[K_MAX];
    uint32_t slot[K_MAX][HOPS_MAX];
    uint32_t edge[K_MAX * HOPS_MAX];
    uint32_t n_edges;
};

struct brute {
    struct fgr_problem *problem;
    struct fgr_split_brute_answer *answer;
    uint32_t n_paths;
    struct path path[FGR_SPLIT_BRUTE_PATHS_MAX];
    uint64_t best_cost;
    uint64_t start_cost; /* the best amounts tried for the current set of paths */
    struct set start;
};

/* ---- paths ---------------------------------------------------------------------------------- */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* -1 if an HTLC is below its minimum somewhere and nowhere above its maximum, 1 if above, 0 if it
 * fits. */
static int fits(const struct fgr_problem *problem, const struct path *path, uint64_t amount_msat)
{
    int verdict = 0;
    for (uint32_t i = path->n_hops; i-- > 0;) {
        const struct fgr_problem_edge *edge = &problem->edge[path->hop[i]];
        uint64_t fee_msat = fgr_fee_msat(amount_msat, edge->base_msat, edge->ppm);
        if (amount_msat > min_u64(edge->htlc_max_msat, edge->max_msat) ||
            (i > 0 && fee_msat > FGR_MSAT_MAX)) {
            return 1;
        }
        verdict = amount_msat < edge->htlc_min_msat ? -1 : verdict;
        amount_msat += i > 0 ? fee_msat : 0;
    }
    return verdict;
}

/* Least amount for which `fits` is at least `wanted`. */
static uint64_t threshold(const struct fgr_problem *problem, const struct path *path, int wanted)
{
    uint64_t below = 0;
    uint64_t at = FGR_MSAT_MAX + 1;
    while (at - below > 1) {
        uint64_t middle = below + (at - below) / 2;
        if (fits(problem, path, middle) >= wanted) {
            at = middle;
        } else {
            below = middle;
        }
    }
    return at;
}

/* Keeps a path if some part can take it. */
static void add_path(struct brute *brute, const struct path *found)
{
    const struct fgr_split_query *query = brute->problem->query;
    struct path path = *found;
    uint64_t cltv_blocks = query->final_cltv;
    for (uint32_t i = 0; i < path.n_hops; i++) {
        cltv_blocks += brute->problem->edge[path.hop[i]].cltv_blocks;
    }
    path.least_msat = threshold(brute->problem, &path, 0);
    path.most_msat = threshold(brute->problem, &path, 1) - 1;
    path.least_msat = path.least_msat > query->min_part.v ? path.least_msat : query->min_part.v;
    path.most_msat = min_u64(path.most_msat, query->amount.v);
    if (path.least_msat > path.most_msat || path.n_hops > query->max_hops ||
        cltv_blocks > query->max_cltv) {
        return;
    }
    if (brute->n_paths == FGR_SPLIT_BRUTE_PATHS_MAX) {
        brute->answer->gave_up = true;
        return;
    }
    brute->path[brute->n_paths++] = path;
}

/* Depth first over every way on from `node`; `path` is the way so far. */
static void walk_on(struct brute *brute, struct path *path, uint32_t node)
{
    const struct fgr_problem *problem = brute->problem;
    if (node == problem->query->to.v) {
        add_path(brute, path);
        return;
    }
    if (path->n_hops == HOPS_MAX) {
        brute->answer->gave_up = true;
        return;
    }
    for (uint32_t e = problem->first[node]; e < problem->first[node + 1]; e++) {
        bool is_loop = false;
        for (uint32_t i = 0; i < path->n_hops; i++) {
            is_loop |= problem->edge[path->hop[i]].from == problem->edge[e].to;
        }
        if (!is_loop) {
            path->hop[path->n_hops++] = e;
            walk_on(brute, path, problem->edge[e].to);
            path->n_hops--;
        }
    }
}

/* ---- the price of a set --------------------------------------------------------------------- */

static void index_edges(struct set *set)
{
    set->n_edges = 0;
    for (uint32_t j = 0; j < set->k; j++) {
        for (uint32_t i = 0; i < set->path[j]->n_hops; i++) {
            uint32_t s = 0;
            while (s < set->n_edges && set->edge[s] != set->path[j]->hop[i]) {
                s++;
            }
            set->edge[s] = set->path[j]->hop[i];
            set->slot[j][i] = s;
            set->n_edges += s == set->n_edges;
        }
    }
}

/* COST_NONE if a limit breaks. Amounts are within the intervals of their paths. */
static uint64_t price_set(const struct fgr_problem *problem, const struct set *set)
{
    uint64_t load_msat[K_MAX * HOPS_MAX] = {0};
    uint32_t n_parts[K_MAX * HOPS_MAX] = {0};
    uint64_t cost = set->k * problem->query->part_cost.v;
    uint64_t fees_msat = 0;
    for (uint32_t j = 0; j < set->k; j++) {
        uint64_t amount_msat = set->amount_msat[j];
        if (amount_msat < set->path[j]->least_msat || amount_msat > set->path[j]->most_msat) {
            return COST_NONE;
        }
        for (uint32_t i = set->path[j]->n_hops; i-- > 0;) {
            const struct fgr_problem_edge *edge = &problem->edge[set->path[j]->hop[i]];
            uint64_t fee_msat = i > 0 ? fgr_fee_msat(amount_msat, edge->base_msat, edge->ppm) : 0;
            cost += fgr_risk_msat(amount_msat, edge->cltv_blocks, problem->cost.risk_ppb);
            cost += edge->bias_msat > 0 ? (uint64_t)edge->bias_msat : 0;
            load_msat[set->slot[j][i]] += amount_msat;
            n_parts[set->slot[j][i]]++;
            fees_msat += fee_msat;
            amount_msat += fee_msat;
        }
    }
    cost += fees_msat;
    for (uint32_t s = 0; s < set->n_edges; s++) {
        const struct fgr_problem_edge *edge = &problem->edge[set->edge[s]];
        if (load_msat[s] > edge->max_msat || n_parts[s] > edge->slots) {
            return COST_NONE;
        }
        cost += fgr_problem_fail_msat(problem, edge, load_msat[s]);
    }
    return fees_msat <= problem->query->max_fee.v ? cost : COST_NONE;
}

/* The onion is looked at only here: it hardly ever matters. */
static void offer(struct brute *brute, const struct set *set, uint64_t cost)
{
    struct fgr_problem_part part[K_MAX];
    struct fgr_problem_price price;
    if (cost >= brute->best_cost) {
        return;
    }
    for (uint32_t j = 0; j < set->k; j++) {
        part[j] = (struct fgr_problem_part){.amount_msat = set->amount_msat[j],
                                            .n_hops = set->path[j]->n_hops};
        memcpy(part[j].hop, set->path[j]->hop, sizeof set->path[j]->hop);
    }
    fgr_problem_price(brute->problem, &price, part, set->k);
    if (price.broken != NULL) {
        return;
    }
    brute->best_cost = price.cost_msat;
    brute->answer->price = price;
    brute->answer->n_parts = set->k;
    memcpy(brute->answer->part, part, set->k * sizeof part[0]);
}

/* ---- amounts -------------------------------------------------------------------------------- */

/* Tries a choice of the first k - 1 amounts; the last part takes the rest. Returns the cost. */
static uint64_t try_amounts(struct brute *brute, struct set *set)
{
    uint64_t rest_msat = brute->problem->query->amount.v;
    for (uint32_t j = 0; j + 1 < set->k; j++) {
        if (set->amount_msat[j] > rest_msat) {
            return COST_NONE;
        }
        rest_msat -= set->amount_msat[j];
    }
    set->amount_msat[set->k - 1] = rest_msat;
    uint64_t cost = price_set(brute->problem, set);
    offer(brute, set, cost);
    return cost;
}

/* Amounts move from one part to another as long as that helps, in steps down to 1 msat. */
static void polish(struct brute *brute, struct set set, uint64_t cost, uint64_t step_msat)
{
    while (step_msat > 0) {
        bool is_better = false;
        for (uint32_t pair = 0; pair < set.k * set.k; pair++) {
            uint32_t giver = pair / set.k;
            uint32_t taker = pair % set.k;
            if (giver == taker || set.amount_msat[giver] < step_msat) {
                continue;
            }
            struct set moved = set;
            moved.amount_msat[giver] -= step_msat;
            moved.amount_msat[taker] += step_msat;
            uint64_t moved_cost = try_amounts(brute, &moved);
            if (moved_cost < cost) {
                cost = moved_cost;
                set = moved;
                is_better = true;
            }
        }
        step_msat = is_better ? step_msat : step_msat / 2;
    }
}

/* The grid, or every amount; part `j` is next, and `rest_msat` is left for it and those behind. */
static void choose(struct brute *brute, struct set *set, uint32_t j, uint64_t rest_msat,
                   bool is_exact)
{
    if (j + 1 == set->k || j + 1 == K_MAX) {
        uint64_t cost = try_amounts(brute, set);
        if (cost < brute->start_cost) {
            brute->start_cost = cost;
            brute->start = *set;
        }
        return;
    }
    uint64_t behind_least_msat = 0;
    uint64_t behind_most_msat = 0;
    for (uint32_t i = j + 1; i < set->k; i++) {
        behind_least_msat += set->path[i]->least_msat;
        behind_most_msat += set->path[i]->most_msat;
    }
    uint64_t least_msat = rest_msat - min_u64(rest_msat, behind_most_msat);
    uint64_t most_msat = rest_msat - min_u64(rest_msat, behind_least_msat);
    least_msat = least_msat > set->path[j]->least_msat ? least_msat : set->path[j]->least_msat;
    most_msat = min_u64(most_msat, set->path[j]->most_msat);
    uint64_t n_steps = most_msat - least_msat;
    n_steps = is_exact || n_steps < GRID ? n_steps : GRID;
    for (uint64_t i = 0; i <= n_steps && least_msat <= most_msat; i++) {
        set->amount_msat[j] =
            least_msat + (n_steps > 0 ? fgr_muldiv_floor(most_msat - least_msat, i, n_steps) : 0);
        choose(brute, set, j + 1, rest_msat - set->amount_msat[j], is_exact);
    }
}

static void solve_set(struct brute *brute, struct set *set)
{
    uint64_t least_msat = 0;
    uint64_t most_msat = 0;
    uint64_t n_choices = 1;
    for (uint32_t j = 0; j < set->k; j++) {
        least_msat += set->path[j]->least_msat;
        most_msat += set->path[j]->most_msat;
        uint64_t n = set->path[j]->most_msat - set->path[j]->least_msat + 1;
        n_choices *= j + 1 < set->k ? min_u64(n, EXACT_MAX) : 1; /* at most */
    }
    uint64_t amount_msat = brute->problem->query->amount.v;
    if (least_msat > amount_msat || most_msat < amount_msat) {
        return;
    }
    index_edges(set);
    bool is_exact = n_choices < EXACT_MAX;
    brute->answer->is_exact &= is_exact;
    brute->start_cost = COST_NONE;
    choose(brute, set, 0, amount_msat, is_exact);
    if (!is_exact && brute->start_cost < COST_NONE) {
        polish(brute, brute->start, brute->start_cost, amount_msat / GRID / 2 + 1);
    }
}

/* Every multiset of `k` paths from number `first` on. */
static void solve_sets(struct brute *brute, struct set *set, uint32_t j, uint32_t first)
{
    if (j == set->k || j == K_MAX) {
        solve_set(brute, set);
        return;
    }
    for (uint32_t i = first; i < brute->n_paths; i++) {
        set->path[j] = &brute->path[i];
        solve_sets(brute, set, j + 1, i);
    }
}

void fgr_split_brute_solve(struct fgr_problem *problem, struct fgr_split_brute_answer *out_answer)
{
    const struct fgr_split_query *query = problem->query;
    struct brute brute = {.problem = problem, .answer = out_answer, .best_cost = COST_NONE};
    struct path path = {.n_hops = 0};
    *out_answer = (struct fgr_split_brute_answer){.is_exact = query->max_parts <= K_MAX};
    if (query->from.v == query->to.v) {
        return;
    }
    walk_on(&brute, &path, query->from.v);
    out_answer->n_paths = brute.n_paths;
    for (uint32_t k = 1; k <= query->max_parts && k <= K_MAX && !out_answer->gave_up; k++) {
        struct set set = {.k = k};
        solve_sets(&brute, &set, 0, 0);
    }
}
