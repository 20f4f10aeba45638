/* SPDX-License-Identifier: MIT */
/*
 * test_reserve_orders.c - the table of reservations under every order of the atomic accesses of two
 * or three threads: the code itself, not a model of it.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "fulgurite/reserve.h"
#include "tests/support/interleave.h"

/* The two half-channels lie in different blocks, so that their counts do not meet. */
enum { NEAR = 0, FAR = 64, EDGES = 65, THREADS = 3 };

struct table {
    struct fgr_reserve *reserve;
    fgr_lease_id held[2]; /* reserved before the threads start */
    enum fgr_err rc[THREADS];
    fgr_lease_id id[THREADS][2];
    uint64_t limit_msat; /* no half-channel may ever hold more */
    uint32_t max_htlcs;  /* 0 = no limit */
    uint64_t spendable_msat;
    uint32_t n_expired;
    size_t n_listed;
    struct fgr_reserved list[2];
    /* Over all runs: that the interesting things happened at all. */
    uint64_t n_seen[4];
};

static enum fgr_err take(struct table *table, fgr_lease_id *out_ids, uint32_t n_parts,
                         const uint32_t edges[2], uint64_t limit_msat)
{
    struct fgr_reserve_hop hops[2];
    struct fgr_reserve_part parts[2];
    for (unsigned i = 0; i < 2; i++) {
        hops[i] = (struct fgr_reserve_hop){{edges[i]}, {1}, {limit_msat}, table->max_htlcs};
        parts[i] = (struct fgr_reserve_part){.hops = &hops[i], .n_hops = n_parts == 1 ? 2 : 1};
    }
    struct fgr_reserve_request request = {.sz = sizeof request,
                                          .parts = parts,
                                          .n_parts = n_parts,
                                          .settled = fgr_reserve_settled(table->reserve),
                                          .expires_ns = 10};
    return fgr_reserve_take(table->reserve, out_ids, &request, NULL);
}

/* One part over one half-channel, that never expires. */
static enum fgr_err take_one(struct table *table, fgr_lease_id *out_id, uint32_t edge,
                             uint64_t limit_msat, uint64_t settled)
{
    struct fgr_reserve_hop hop = {{edge}, {1}, {limit_msat}, 0};
    struct fgr_reserve_part part = {.hops = &hop, .n_hops = 1};
    struct fgr_reserve_request request = {.sz = sizeof request,
                                          .parts = &part,
                                          .n_parts = 1,
                                          .settled = settled,
                                          .expires_ns = UINT64_MAX};
    return fgr_reserve_take(table->reserve, out_id, &request, NULL);
}

static uint64_t amount(const struct table *table, uint32_t edge)
{
    return fgr_reserve_amount(table->reserve, (fgr_edge_idx){edge}).v;
}

static void create(struct table *table, uint32_t max_leases, uint64_t limit_msat)
{
    cr_assert_eq(fgr_reserve_create(&table->reserve, EDGES, max_leases, NULL, NULL), FGR_OK);
    table->limit_msat = limit_msat;
    memset(table->rc, 0xff, sizeof table->rc);
}

static void look(void *state)
{
    const struct table *table = state;
    cr_assert_leq(amount(table, NEAR), table->limit_msat);
    cr_assert_leq(amount(table, FAR), table->limit_msat);
    if (table->max_htlcs > 0) {
        cr_assert_leq(fgr_reserve_htlcs(table->reserve, (fgr_edge_idx){NEAR}), table->max_htlcs);
        cr_assert_leq(fgr_reserve_htlcs(table->reserve, (fgr_edge_idx){FAR}), table->max_htlcs);
    }
}

static void clean(void *state)
{
    struct table *table = state;
    fgr_reserve_destroy(table->reserve);
}

/* How many of the first two calls succeeded. */
static unsigned n_ok(const struct table *table)
{
    return (table->rc[0] == FGR_OK ? 1U : 0U) + (table->rc[1] == FGR_OK ? 1U : 0U);
}

/* Every lease but `n_live` can be had, and then none. */
static void assert_leases(struct table *table, uint32_t max_leases, uint32_t n_live)
{
    fgr_lease_id id;
    for (uint32_t i = 0; i < max_leases - n_live; i++) {
        cr_assert_eq(take_one(table, &id, 1, UINT64_MAX, 0), FGR_OK, "a lease has leaked");
    }
    cr_assert_eq(take_one(table, &id, 1, UINT64_MAX, 0), FGR_ERR_LIMIT, "a lease too many");
}

static void explore(const struct fgr_interleave *plan, struct table *table)
{
    uint64_t n_runs = fgr_interleave_all(plan, table);
    cr_log_info("%" PRIu64 " orders", n_runs);
    cr_assert_geq(n_runs, 10, "only %" PRIu64 " orders", n_runs);
}

/* ---- two payments want the same two half-channels, in opposite directions ---------------------- */

static void opposite_start(void *state)
{
    create(state, 2, 1);
}

static void opposite_thread(void *state, unsigned number)
{
    struct table *table = state;
    const uint32_t edges[2][2] = {{NEAR, FAR}, {FAR, NEAR}};
    table->rc[number] = take(table, table->id[number], 1, edges[number], 1);
}

static void opposite_end(void *state)
{
    struct table *table = state;
    unsigned winner = table->rc[0] == FGR_OK ? 0 : 1;
    cr_assert_eq(table->rc[winner], FGR_OK, "both were refused");
    cr_assert_eq(table->rc[1 - winner], FGR_ERR_NO_ROUTE);
    cr_assert_eq(amount(table, NEAR), 1);
    cr_assert_eq(amount(table, FAR), 1);
    table->n_seen[winner]++;
    assert_leases(table, 2, 1);
    cr_assert_eq(fgr_reserve_release(table->reserve, table->id[winner][0]), FGR_OK);
    cr_assert_eq(amount(table, NEAR) + amount(table, FAR), 0);
    cr_assert_eq(fgr_reserve_htlcs(table->reserve, (fgr_edge_idx){NEAR}), 0);
    cr_assert_eq(fgr_reserve_htlcs(table->reserve, (fgr_edge_idx){FAR}), 0);
}

Test(reserve_orders, of_two_payments_for_the_same_exactly_one_wins)
{
    const struct fgr_interleave plan = {2,    opposite_start, opposite_thread,
                                        look, opposite_end,   clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[0] > 0 && table.n_seen[1] > 0);
}

/* ---- the same with room enough, and one slot ---------------------------------------------------- */

static void slots_start(void *state)
{
    struct table *table = state;
    table->max_htlcs = 1;
    create(table, 2, 1);
}

static void slots_thread(void *state, unsigned number)
{
    struct table *table = state;
    const uint32_t edges[2][2] = {{NEAR, FAR}, {FAR, NEAR}};
    table->rc[number] = take(table, table->id[number], 1, edges[number], 2);
}

Test(reserve_orders, of_two_payments_for_one_slot_exactly_one_wins)
{
    const struct fgr_interleave plan = {2, slots_start, slots_thread, look, opposite_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[0] > 0 && table.n_seen[1] > 0);
}

/* ---- two want the room for one, while more is made --------------------------------------------- */

static void room_start(void *state)
{
    struct table *table = state;
    create(table, 3, 2);
    cr_assert_eq(take_one(table, table->held, NEAR, 2, 0), FGR_OK);
}

static void room_thread(void *state, unsigned number)
{
    struct table *table = state;
    if (number < 2) {
        table->rc[number] = take_one(table, table->id[number], NEAR, 2, 0);
    } else {
        table->rc[2] = fgr_reserve_release(table->reserve, table->held[0]);
    }
}

static void room_end(void *state)
{
    struct table *table = state;
    unsigned n_winners = n_ok(table);
    cr_assert_eq(table->rc[2], FGR_OK);
    cr_assert_gt(n_winners, 0, "both were refused");
    cr_assert_eq(amount(table, NEAR), n_winners);
    table->n_seen[n_winners]++;
    assert_leases(table, 3, n_winners);
}

Test(reserve_orders, room_that_is_made_is_found_or_not_but_never_twice)
{
    const struct fgr_interleave plan = {3, room_start, room_thread, look, room_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[1] > 0 && table.n_seen[2] > 0);
}

/* ---- one lease is released, settled and expires, all at once ------------------------------------ */

static void ends_start(void *state)
{
    struct table *table = state;
    const uint32_t edges[2] = {NEAR, FAR};
    create(table, 1, 1);
    cr_assert_eq(take(table, table->held, 1, edges, 1), FGR_OK);
}

static void ends_thread(void *state, unsigned number)
{
    struct table *table = state;
    if (number == 0) {
        table->rc[0] = fgr_reserve_release(table->reserve, table->held[0]);
    } else if (number == 1) {
        table->rc[1] = fgr_reserve_settle(table->reserve, table->held[0]);
    } else {
        table->n_expired = fgr_reserve_tick(table->reserve, 10);
    }
}

static void ends_end(void *state)
{
    struct table *table = state;
    unsigned is_released = table->rc[0] == FGR_OK;
    unsigned is_settled = table->rc[1] == FGR_OK;
    cr_assert_eq(is_released + is_settled + table->n_expired, 1);
    cr_assert_eq(fgr_reserve_settled(table->reserve), is_settled);
    cr_assert_eq(amount(table, NEAR) + amount(table, FAR), 0);
    table->n_seen[is_released ? 0 : is_settled ? 1 : 2]++;
    assert_leases(table, 1, 0);
}

Test(reserve_orders, a_lease_ends_once)
{
    const struct fgr_interleave plan = {3, ends_start, ends_thread, look, ends_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[0] > 0 && table.n_seen[1] > 0 && table.n_seen[2] > 0);
}

/* ---- an id of before, while the slot is used again ---------------------------------------------- */

static void reuse_thread(void *state, unsigned number)
{
    struct table *table = state;
    if (number == 0) {
        table->rc[0] = fgr_reserve_release(table->reserve, table->held[0]);
        table->rc[2] = take_one(table, table->id[0], NEAR, 1, 0);
    } else if (number == 1) {
        table->rc[1] = fgr_reserve_release(table->reserve, table->held[0]);
    } else {
        table->n_expired = fgr_reserve_tick(table->reserve, 10);
    }
}

static void reuse_end(void *state)
{
    struct table *table = state;
    cr_assert_eq(n_ok(table) + table->n_expired, 1);
    bool is_taken = table->rc[2] == FGR_OK;
    /* Refused where somebody else was still giving the first lease back. */
    cr_assert(is_taken || table->rc[0] != FGR_OK);
    cr_assert_eq(amount(table, NEAR), is_taken);
    cr_assert_eq(amount(table, FAR), 0);
    table->n_seen[is_taken]++;
    if (is_taken) {
        cr_assert_eq(fgr_reserve_release(table->reserve, table->id[0][0]), FGR_OK);
    }
    assert_leases(table, 1, 0);
}

Test(reserve_orders, a_stale_id_never_ends_the_next_lease)
{
    const struct fgr_interleave plan = {3, ends_start, reuse_thread, look, reuse_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[false] > 0 && table.n_seen[true] > 0);
}

/* ---- a limit that was read before a settlement --------------------------------------------------- */

static void spent_start(void *state)
{
    struct table *table = state;
    create(table, 2, 1);
    table->spendable_msat = 1;
    cr_assert_eq(take_one(table, table->held, NEAR, 1, 0), FGR_OK);
}

static void spent_thread(void *state, unsigned number)
{
    struct table *table = state;
    if (number == 0) {
        fgr_interleave_turn(&table->spendable_msat, true);
        table->spendable_msat--;
        table->rc[0] = fgr_reserve_settle(table->reserve, table->held[0]);
    } else {
        uint64_t settled = fgr_reserve_settled(table->reserve);
        fgr_interleave_turn(&table->spendable_msat, false);
        uint64_t limit_msat = table->spendable_msat;
        table->n_seen[limit_msat]++;
        table->rc[1] = take_one(table, table->id[1], NEAR, limit_msat, settled);
    }
}

static void spent_end(void *state)
{
    struct table *table = state;
    cr_assert_eq(table->rc[0], FGR_OK);
    cr_assert_eq(table->rc[1], FGR_ERR_NO_ROUTE, "a satoshi was counted on twice");
    cr_assert_eq(amount(table, NEAR), 0);
    assert_leases(table, 2, 0);
}

Test(reserve_orders, what_has_left_is_not_counted_on)
{
    const struct fgr_interleave plan = {2, spent_start, spent_thread, look, spent_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[0] > 0 && table.n_seen[1] > 0);
}

/* The same with two settlements at once, whose numbers may be written in either order. */
static void both_spent_start(void *state)
{
    struct table *table = state;
    create(table, 3, 2);
    table->spendable_msat = 2;
    cr_assert_eq(take_one(table, &table->held[0], NEAR, 2, 0), FGR_OK);
    cr_assert_eq(take_one(table, &table->held[1], NEAR, 2, 0), FGR_OK);
}

static void both_spent_thread(void *state, unsigned number)
{
    struct table *table = state;
    if (number < 2) {
        fgr_interleave_turn(&table->spendable_msat, true);
        table->spendable_msat--;
        table->rc[number] = fgr_reserve_settle(table->reserve, table->held[number]);
    } else {
        uint64_t settled = fgr_reserve_settled(table->reserve);
        fgr_interleave_turn(&table->spendable_msat, false);
        uint64_t limit_msat = table->spendable_msat;
        table->n_seen[limit_msat]++;
        table->rc[2] = take_one(table, table->id[2], NEAR, limit_msat, settled);
    }
}

static void both_spent_end(void *state)
{
    struct table *table = state;
    cr_assert_eq(n_ok(table), 2);
    cr_assert_eq(table->rc[2], FGR_ERR_NO_ROUTE, "a satoshi was counted on twice");
    cr_assert_eq(amount(table, NEAR), 0);
    assert_leases(table, 3, 0);
}

Test(reserve_orders, what_two_have_spent_is_not_counted_on)
{
    const struct fgr_interleave plan = {3,    both_spent_start, both_spent_thread,
                                        look, both_spent_end,   clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[0] > 0 && table.n_seen[1] > 0 && table.n_seen[2] > 0);
}

/* ---- too few leases ------------------------------------------------------------------------------ */

static void full_start(void *state)
{
    create(state, 2, 2);
}

static void full_thread(void *state, unsigned number)
{
    struct table *table = state;
    const uint32_t edges[2] = {NEAR, FAR};
    table->rc[number] = take(table, table->id[number], 2, edges, 2);
}

static void full_end(void *state)
{
    struct table *table = state;
    unsigned n_winners = n_ok(table);
    cr_assert_leq(n_winners, 1);
    cr_assert(table->rc[0] == FGR_OK || table->rc[0] == FGR_ERR_LIMIT);
    cr_assert(table->rc[1] == FGR_OK || table->rc[1] == FGR_ERR_LIMIT);
    cr_assert_eq(amount(table, NEAR), n_winners);
    cr_assert_eq(amount(table, FAR), n_winners);
    table->n_seen[n_winners]++;
    assert_leases(table, 2, 2 * n_winners);
}

Test(reserve_orders, too_few_leases_leave_nothing_behind)
{
    const struct fgr_interleave plan = {2, full_start, full_thread, look, full_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert_gt(table.n_seen[1], 0);
}

/* ---- a reader beside somebody who comes and goes -------------------------------------------------- */

static void list_start(void *state)
{
    struct table *table = state;
    create(table, 2, 2);
    cr_assert_eq(take_one(table, &table->held[0], NEAR, 2, 0), FGR_OK);
}

static void list_thread(void *state, unsigned number)
{
    struct table *table = state;
    const uint32_t edges[2] = {NEAR, FAR};
    if (number == 0) {
        table->rc[0] = take(table, table->id[0], 1, edges, 2);
        table->rc[1] = fgr_reserve_release(table->reserve, table->id[0][0]);
    } else {
        table->n_listed = fgr_reserve_list(table->reserve, table->list, 2);
    }
}

static void list_end(void *state)
{
    struct table *table = state;
    cr_assert_eq(table->rc[0], FGR_OK);
    cr_assert_eq(table->rc[1], FGR_OK);
    cr_assert(table->n_listed == 1 || table->n_listed == 2);
    cr_assert_eq(table->list[0].edge.v, NEAR, "what is held all the time is not seen");
    cr_assert(table->list[0].amount.v == 1 || table->list[0].amount.v == 2);
    if (table->n_listed == 2) {
        cr_assert_eq(table->list[1].edge.v, FAR);
        cr_assert_eq(table->list[1].amount.v, 1);
    }
    table->n_seen[table->n_listed]++;
    assert_leases(table, 2, 1);
}

Test(reserve_orders, a_reader_sees_what_is_held)
{
    const struct fgr_interleave plan = {2, list_start, list_thread, look, list_end, clean};
    struct table table = {.n_seen = {0}};
    explore(&plan, &table);
    cr_assert(table.n_seen[1] > 0 && table.n_seen[2] > 0);
}

/* ---- the exploration itself ----------------------------------------------------------------------- */

enum { WORDS = 3, TURNS = 3 };

struct words {
    unsigned word[WORDS];
    bool is_write;
    bool is_shared;
    unsigned n_seen[1U << 2 * TURNS]; /* runs by the order of their writes */
};

static void words_start(void *state)
{
    struct words *words = state;
    memset(words->word, 0, sizeof words->word);
}

static void words_thread(void *state, unsigned number)
{
    struct words *words = state;
    for (unsigned i = 0; i < TURNS; i++) {
        unsigned *word = &words->word[words->is_shared ? 0 : number];
        fgr_interleave_turn(word, words->is_write);
        *word = *word << 1 | number;
    }
}

static void words_end(void *state)
{
    struct words *words = state;
    words->n_seen[words->word[0]]++;
}

static void words_nothing(void *state)
{
    (void)state;
}

Test(reserve_orders, exploration_tries_all_orders_that_differ_and_each_once)
{
    struct fgr_interleave plan = {2,         words_start,  words_thread, words_nothing,
                                  words_end, words_nothing};
    struct words shared = {.is_shared = true, .is_write = true};
    cr_assert_eq(fgr_interleave_all(&plan, &shared), 20, "three turns each: 6 over 3 orders");
    for (unsigned order = 0; order < 1U << 2 * TURNS; order++) {
        bool is_possible = __builtin_popcount(order) == TURNS;
        cr_assert_eq(shared.n_seen[order], is_possible, "order %x", order);
    }
    struct words apart = {.is_shared = false, .is_write = true};
    cr_assert_eq(fgr_interleave_all(&plan, &apart), 1);
    struct words readers = {.is_shared = true, .is_write = false};
    cr_assert_eq(fgr_interleave_all(&plan, &readers), 1);
    plan.n_threads = 3;
    struct words crowd = {.is_shared = false, .is_write = true};
    cr_assert_eq(fgr_interleave_all(&plan, &crowd), 1);
}
