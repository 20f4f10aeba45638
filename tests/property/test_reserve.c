/* SPDX-License-Identifier: MIT */
/*
 * test_reserve.c - the table of reservations against a naive one: a list of leases, added up anew for
 * every question. One thread here; tests/stress has many, tests/exhaustive every order of few.
 */
#include "fulgurite/reserve.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "graph/util/rng.h"
#include "tests/support/settings.h"

/* 70 half-channels are two blocks, of which the last is not full; 70 leases two words. */
enum { EDGES = 70, LEASES = 70, PARTS = 5, HOPS = 6, GONE = 64 };

struct naive_lease {
    fgr_lease_id id;
    struct fgr_reserve_hop hops[HOPS];
    uint32_t n_hops;
    uint64_t expires_ns;
};

struct naive {
    struct naive_lease lease[LEASES];
    uint32_t n_leases;
    uint64_t settled_at[EDGES];
    uint64_t n_settled;
    fgr_lease_id gone[GONE]; /* some ids that have ended */
    uint32_t n_gone;
};

static uint64_t naive_amount(const struct naive *naive, uint32_t edge)
{
    uint64_t sum_msat = 0;
    for (uint32_t i = 0; i < naive->n_leases; i++) {
        for (uint32_t h = 0; h < naive->lease[i].n_hops; h++) {
            const struct fgr_reserve_hop *hop = &naive->lease[i].hops[h];
            sum_msat += hop->edge.v == edge ? hop->amount.v : 0;
        }
    }
    return sum_msat;
}

static uint32_t naive_htlcs(const struct naive *naive, uint32_t edge)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < naive->n_leases; i++) {
        for (uint32_t h = 0; h < naive->lease[i].n_hops; h++) {
            n += naive->lease[i].hops[h].edge.v == edge;
        }
    }
    return n;
}

static void naive_end(struct naive *naive, uint32_t i, bool is_settled)
{
    struct naive_lease *lease = &naive->lease[i];
    naive->n_settled += is_settled;
    for (uint32_t h = 0; h < lease->n_hops && is_settled; h++) {
        naive->settled_at[lease->hops[h].edge.v] = naive->n_settled;
    }
    naive->gone[naive->n_gone++ % GONE] = lease->id;
    *lease = naive->lease[--naive->n_leases];
}

/* What take has to answer, and the half-channel it has to name. */
static enum fgr_err naive_take(const struct naive *naive, const struct fgr_reserve_request *request,
                               uint32_t *out_edge)
{
    if (request->n_parts > LEASES - naive->n_leases) {
        return FGR_ERR_LIMIT;
    }
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        uint64_t want_msat = 0, limit_msat = UINT64_MAX;
        uint32_t n_want = 0, max_htlcs = UINT32_MAX;
        for (uint32_t p = 0; p < request->n_parts; p++) {
            for (uint32_t h = 0; h < request->parts[p].n_hops; h++) {
                const struct fgr_reserve_hop *hop = &request->parts[p].hops[h];
                if (hop->edge.v == edge) {
                    want_msat += hop->amount.v;
                    limit_msat = hop->limit.v < limit_msat ? hop->limit.v : limit_msat;
                    n_want++;
                    if (hop->max_htlcs > 0 && hop->max_htlcs < max_htlcs) {
                        max_htlcs = hop->max_htlcs;
                    }
                }
            }
        }
        if (want_msat > 0 && (naive_htlcs(naive, edge) + n_want > max_htlcs ||
                              naive_amount(naive, edge) + want_msat > limit_msat ||
                              naive->settled_at[edge] > request->settled)) {
            *out_edge = edge;
            return FGR_ERR_NO_ROUTE;
        }
    }
    return FGR_OK;
}

/* Some half-channels are wanted by everybody, some amounts fill a limit exactly. */
static void draw_hop(struct fgr_rng *rng, struct fgr_reserve_hop *out_hop)
{
    uint64_t limit_msat = 1 + fgr_rng_below(rng, 100);
    uint32_t n_edges = fgr_rng_below(rng, 3) == 0 ? 4 : EDGES;
    out_hop->edge.v = (uint32_t)fgr_rng_below(rng, n_edges);
    out_hop->limit.v = fgr_rng_below(rng, 4) == 0 ? limit_msat : 900;
    out_hop->max_htlcs = fgr_rng_below(rng, 4) == 0 ? 1 + (uint32_t)fgr_rng_below(rng, 30) : 0;
    out_hop->amount.v = fgr_rng_below(rng, 20) == 0 ? limit_msat : 1 + fgr_rng_below(rng, 20);
}

struct run {
    struct fgr_reserve *reserve;
    struct naive naive;
    struct fgr_rng rng;
    uint64_t now_ns;
    unsigned n_answers[FGR_ERR_CHECK + 1];
    unsigned n_refused_by_settlement;
    unsigned n_refused_by_slots;
};

static void take(struct run *run)
{
    struct fgr_reserve_hop hops[PARTS][HOPS];
    struct fgr_reserve_part parts[PARTS];
    fgr_lease_id ids[PARTS];
    struct naive *naive = &run->naive;
    uint64_t age = fgr_rng_below(&run->rng, 3);
    struct fgr_reserve_request request = {
        .sz = sizeof request,
        .parts = parts,
        .n_parts = 1 + (uint32_t)fgr_rng_below(&run->rng, PARTS),
        .settled = naive->n_settled - (age < naive->n_settled ? age : 0),
        .expires_ns = run->now_ns + fgr_rng_below(&run->rng, 200),
    };
    for (uint32_t p = 0; p < request.n_parts; p++) {
        parts[p] = (struct fgr_reserve_part){
            .hops = hops[p], .n_hops = 1 + (uint32_t)fgr_rng_below(&run->rng, HOPS)};
        for (uint32_t h = 0; h < parts[p].n_hops; h++) {
            draw_hop(&run->rng, &hops[p][h]);
        }
    }
    uint32_t edge = FGR_IDX_NONE;
    struct fgr_error err = {.text = "", .record = FGR_NO_POSITION};
    enum fgr_err want = naive_take(naive, &request, &edge);
    enum fgr_err got = fgr_reserve_take(run->reserve, ids, &request, &err);
    cr_assert_eq(got, want, "%s, not %s: %s", fgr_err_str(got), fgr_err_str(want), err.text);
    run->n_answers[got]++;
    if (got == FGR_ERR_NO_ROUTE) {
        cr_assert_eq(err.record, edge, "%s", err.text);
        run->n_refused_by_slots += strstr(err.text, "has no slots for") != NULL;
        run->n_refused_by_settlement += naive->settled_at[edge] > request.settled;
    }
    for (uint32_t p = 0; p < request.n_parts && got == FGR_OK; p++) {
        struct naive_lease *lease = &naive->lease[naive->n_leases++];
        lease->id = ids[p];
        lease->n_hops = parts[p].n_hops;
        lease->expires_ns = request.expires_ns;
        memcpy(lease->hops, hops[p], sizeof hops[p]);
    }
}

static void end_one(struct run *run)
{
    bool is_settled = fgr_rng_below(&run->rng, 2) == 0;
    if (run->naive.n_leases > 0) {
        uint32_t i = (uint32_t)fgr_rng_below(&run->rng, run->naive.n_leases);
        fgr_lease_id id = run->naive.lease[i].id;
        cr_assert_eq(is_settled ? fgr_reserve_settle(run->reserve, id)
                                : fgr_reserve_release(run->reserve, id),
                     FGR_OK);
        naive_end(&run->naive, i, is_settled);
    }
}

/* Ids that have ended, also while another lease lies where theirs was, and ids of nobody. */
static void end_stale(struct run *run)
{
    struct naive *naive = &run->naive;
    uint32_t n_gone = naive->n_gone < GONE ? naive->n_gone : GONE;
    for (uint32_t i = 0; i < n_gone; i++) {
        cr_assert_eq(fgr_reserve_release(run->reserve, naive->gone[i]), FGR_ERR_UNKNOWN);
        cr_assert_eq(fgr_reserve_settle(run->reserve, naive->gone[i]), FGR_ERR_UNKNOWN);
    }
    fgr_lease_id odd = {fgr_rng_next(&run->rng) << 20 | fgr_rng_below(&run->rng, LEASES + 9)};
    cr_assert_eq(fgr_reserve_release(run->reserve, odd), FGR_ERR_UNKNOWN);
}

static void tick(struct run *run)
{
    uint32_t n_expired = 0;
    run->now_ns += fgr_rng_below(&run->rng, 60);
    for (uint32_t i = 0; i < run->naive.n_leases;) {
        if (run->naive.lease[i].expires_ns <= run->now_ns) {
            naive_end(&run->naive, i, false);
            n_expired++;
        } else {
            i++;
        }
    }
    cr_assert_eq(fgr_reserve_tick(run->reserve, run->now_ns), n_expired);
}

static void compare(struct run *run)
{
    struct fgr_reserved list[EDGES + 1];
    size_t n_max = fgr_rng_below(&run->rng, EDGES + 1);
    size_t n_listed = fgr_reserve_list(run->reserve, list, n_max);
    size_t n = 0;
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        uint64_t want_msat = naive_amount(&run->naive, edge);
        cr_assert_eq(fgr_reserve_amount(run->reserve, (fgr_edge_idx){edge}).v, want_msat);
        cr_assert_eq(fgr_reserve_htlcs(run->reserve, (fgr_edge_idx){edge}),
                     naive_htlcs(&run->naive, edge));
        if (want_msat > 0) {
            if (n < n_max) {
                cr_assert_eq(list[n].edge.v, edge);
                cr_assert_eq(list[n].amount.v, want_msat);
            }
            n++;
        }
    }
    cr_assert_eq(n_listed, n);
    cr_assert_eq(fgr_reserve_settled(run->reserve), run->naive.n_settled);
    cr_assert_eq(fgr_reserve_amount(run->reserve, (fgr_edge_idx){EDGES}).v, 0);
    cr_assert_eq(fgr_reserve_htlcs(run->reserve, (fgr_edge_idx){EDGES}), 0);
    cr_assert_eq(fgr_reserve_amount(run->reserve, (fgr_edge_idx){FGR_IDX_NONE}).v, 0);
}

Test(reserve, is_what_a_naive_table_is)
{
    static struct run run;
    struct fgr_error err = {.text = ""};
    for (uint64_t seed = 0; seed < 20 * fgr_settings_scale(); seed++) {
        memset(&run.naive, 0, sizeof run.naive);
        run.now_ns = 0;
        fgr_rng_seed(&run.rng, fgr_settings_seed(), seed);
        cr_assert_eq(fgr_reserve_create(&run.reserve, EDGES, LEASES, NULL, &err), FGR_OK, "%s",
                     err.text);
        for (unsigned step = 0; step < 2000; step++) {
            /* Long times with more to take than to end, and the reverse. */
            uint64_t what = fgr_rng_below(&run.rng, 10);
            uint64_t n_takes = step / 200 % 2 == 0 ? 8 : 2;
            if (what < n_takes) {
                take(&run);
            } else if (what < 8) {
                end_one(&run);
            } else if (what < 9) {
                end_stale(&run);
            } else if (fgr_rng_below(&run.rng, 4) == 0) {
                tick(&run);
            }
            compare(&run);
        }
        /* Nothing leaks: after all time every lease can be had again. */
        run.now_ns += 1000;
        tick(&run);
        cr_assert_eq(run.naive.n_leases, 0);
        compare(&run);
        fgr_reserve_destroy(run.reserve);
    }
    cr_assert_gt(run.n_answers[FGR_OK], 1000, "%u", run.n_answers[FGR_OK]);
    cr_assert_gt(run.n_answers[FGR_ERR_NO_ROUTE], 1000, "%u", run.n_answers[FGR_ERR_NO_ROUTE]);
    cr_assert_gt(run.n_answers[FGR_ERR_LIMIT], 100, "%u", run.n_answers[FGR_ERR_LIMIT]);
    cr_assert_gt(run.n_refused_by_slots, 100, "%u", run.n_refused_by_slots);
    cr_assert_gt(run.n_refused_by_settlement, 100, "%u", run.n_refused_by_settlement);
}

/* ---- edges ----------------------------------------------------------------------------------- */

static enum fgr_err take_one(struct fgr_reserve *reserve, fgr_lease_id *out_id, uint32_t edge,
                             uint64_t amount_msat, uint64_t limit_msat, struct fgr_error *err)
{
    struct fgr_reserve_hop hop = {.edge = {edge}, .amount = {amount_msat}, .limit = {limit_msat}};
    struct fgr_reserve_part part = {.hops = &hop, .n_hops = 1};
    struct fgr_reserve_request request = {.sz = sizeof request,
                                          .parts = &part,
                                          .n_parts = 1,
                                          .settled = fgr_reserve_settled(reserve),
                                          .expires_ns = UINT64_MAX};
    return fgr_reserve_take(reserve, out_id, &request, err);
}

Test(reserve, greatest_amounts_and_limits)
{
    struct fgr_reserve *reserve;
    struct fgr_error err = {.text = ""};
    fgr_lease_id id[3];
    cr_assert_eq(fgr_reserve_create(&reserve, 1, 3, NULL, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(take_one(reserve, &id[0], 0, FGR_MSAT_MAX, UINT64_MAX, &err), FGR_OK);
    cr_assert_eq(take_one(reserve, &id[1], 0, 1, UINT64_MAX, &err), FGR_ERR_NO_ROUTE);
    cr_assert_eq(err.record, 0);
    cr_assert_eq(fgr_reserve_amount(reserve, (fgr_edge_idx){0}).v, FGR_MSAT_MAX);
    cr_assert_eq(fgr_reserve_tick(reserve, UINT64_MAX), 0, "never is never");
    cr_assert_eq(fgr_reserve_release(reserve, id[0]), FGR_OK);
    /* Three times all bitcoin in one request would wrap 64 bits if it were added up. */
    struct fgr_reserve_hop hops[FGR_HOPS_MAX];
    struct fgr_reserve_part part = {.hops = hops, .n_hops = FGR_HOPS_MAX};
    struct fgr_reserve_request request = {.sz = sizeof request, .parts = &part, .n_parts = 1};
    for (int i = 0; i < FGR_HOPS_MAX; i++) {
        hops[i] = (struct fgr_reserve_hop){{0}, {FGR_MSAT_MAX}, {UINT64_MAX}, 0};
    }
    cr_assert_eq(fgr_reserve_take(reserve, id, &request, &err), FGR_ERR_NO_ROUTE);
    cr_assert_eq(fgr_reserve_amount(reserve, (fgr_edge_idx){0}).v, 0);
    fgr_reserve_destroy(reserve);
}

Test(reserve, impossible_requests_are_refused_and_change_nothing)
{
    struct fgr_reserve *reserve = NULL;
    struct fgr_error err = {.text = ""};
    fgr_lease_id ids[FGR_PARTS_MAX + 1];
    static struct fgr_reserve_part parts[FGR_PARTS_MAX + 1];
    static struct fgr_reserve_hop hops[FGR_HOPS_MAX + 1];
    cr_assert_eq(fgr_reserve_create(&reserve, 0, 1, NULL, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_reserve_create(&reserve, 1, 0, NULL, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_reserve_create(&reserve, 1, FGR_LEASES_MAX + 1, NULL, &err), FGR_ERR_ARG);
    cr_assert_eq(fgr_reserve_create(&reserve, UINT32_MAX, 1, NULL, &err), FGR_ERR_ARG);
    cr_assert_eq(reserve, NULL);
    cr_assert_eq(fgr_reserve_create(&reserve, 2, FGR_PARTS_MAX, NULL, &err), FGR_OK);
    for (int i = 0; i <= FGR_HOPS_MAX; i++) {
        hops[i] = (struct fgr_reserve_hop){{1}, {1}, {FGR_PARTS_MAX}, FGR_PARTS_MAX};
    }
    for (int i = 0; i <= FGR_PARTS_MAX; i++) {
        parts[i] = (struct fgr_reserve_part){.hops = hops, .n_hops = 1};
    }
    const struct fgr_reserve_request good = {
        .sz = sizeof good, .parts = parts, .n_parts = FGR_PARTS_MAX};
    struct fgr_reserve_request bad = good;
    bad.sz--;
    cr_assert_eq(fgr_reserve_take(reserve, ids, &bad, &err), FGR_ERR_ARG);
    bad = good;
    bad.n_parts = 0;
    cr_assert_eq(fgr_reserve_take(reserve, ids, &bad, &err), FGR_ERR_ARG);
    bad.n_parts = FGR_PARTS_MAX + 1;
    cr_assert_eq(fgr_reserve_take(reserve, ids, &bad, &err), FGR_ERR_ARG);
    for (uint32_t n_hops = 0; n_hops <= FGR_HOPS_MAX + 1; n_hops += FGR_HOPS_MAX + 1) {
        parts[7].n_hops = n_hops;
        cr_assert_eq(fgr_reserve_take(reserve, ids, &good, &err), FGR_ERR_ARG);
        cr_assert_eq(err.record, 7);
    }
    parts[7].n_hops = 1;
    static const struct fgr_reserve_hop bad_hops[] = {{{2}, {1}, {9}, 0},
                                                      {{FGR_IDX_NONE}, {1}, {9}, 0},
                                                      {{1}, {0}, {9}, 0},
                                                      {{1}, {FGR_MSAT_MAX + 1}, {9}, 0}};
    for (size_t i = 0; i < sizeof bad_hops / sizeof bad_hops[0]; i++) {
        parts[7].hops = &bad_hops[i];
        cr_assert_eq(fgr_reserve_take(reserve, ids, &good, &err), FGR_ERR_ARG, "hop %zu", i);
    }
    parts[7].hops = hops;
    cr_assert_eq(fgr_reserve_amount(reserve, (fgr_edge_idx){1}).v, 0);
    cr_assert_eq(fgr_reserve_take(reserve, ids, &good, &err), FGR_OK, "%s", err.text);
    cr_assert_eq(fgr_reserve_amount(reserve, (fgr_edge_idx){1}).v, FGR_PARTS_MAX);
    fgr_reserve_destroy(reserve);
    fgr_reserve_destroy(NULL);
}

static void *refuse(void *state, size_t bytes)
{
    (void)state;
    (void)bytes;
    return NULL;
}

Test(reserve, no_memory_is_an_error)
{
    struct fgr_allocator allocator = {refuse, NULL, NULL};
    struct fgr_reserve *reserve = NULL;
    struct fgr_error err = {.text = ""};
    cr_assert_eq(fgr_reserve_create(&reserve, 1, 1, &allocator, &err), FGR_ERR_MEMORY);
    cr_assert_eq(strncmp(err.text, "out of memory: ", 15), 0, "%s", err.text);
    cr_assert_eq(reserve, NULL);
}
