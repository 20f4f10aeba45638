/* SPDX-License-Identifier: MIT */
/*
 * A scratch takes all its memory at create: routing, explaining and splitting allocate nothing, and everything
 * goes through the allocator that was given. Proven twice: by the allocator hook, and by standing
 * in for malloc and its kin in this program.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "fulgurite/capacity.h"
#include "tests/support/nasty_overlay.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { NODES = 60, CHANS = 200, QUERIES = 500 };

/* The sanitizers stand in for malloc themselves; there the hook alone is tested. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAN_COUNT false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CAN_COUNT false
#endif
#endif

#ifndef CAN_COUNT
#define CAN_COUNT true

/* Per thread, because the test runner's own threads allocate as they like. */
static _Thread_local bool is_counting;
static _Thread_local unsigned n_counted;

/* glibc's own, under the names it keeps for this. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t n, size_t bytes);
extern void *__libc_realloc(void *ptr, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *ptr);

/* FGR_API: the libraries below this program call these as well. */
static void count(void)
{
    n_counted += is_counting;
}

FGR_API void *malloc(size_t bytes)
{
    count();
    return __libc_malloc(bytes);
}

FGR_API void *calloc(size_t n, size_t bytes)
{
    count();
    return __libc_calloc(n, bytes);
}

FGR_API void *realloc(void *ptr, size_t bytes)
{
    count();
    return __libc_realloc(ptr, bytes);
}

FGR_API void *aligned_alloc(size_t alignment, size_t bytes)
{
    count();
    return __libc_memalign(alignment, bytes);
}

FGR_API int posix_memalign(void **out_ptr, size_t alignment, size_t bytes)
{
    count();
    *out_ptr = __libc_memalign(alignment, bytes);
    return *out_ptr != NULL ? 0 : ENOMEM;
}

FGR_API void free(void *ptr)
{
    n_counted += is_counting && ptr != NULL;
    __libc_free(ptr);
}
#else
static bool is_counting;
static unsigned n_counted;
#endif

/* The hook: counts, and checks that each block comes back with the size it was asked for. */
struct ledger {
    size_t n_blocks;
    size_t n_bytes;
    unsigned n_calls;
};

static void *ledger_alloc(void *state, size_t bytes)
{
    struct ledger *ledger = state;
    ledger->n_blocks++;
    ledger->n_bytes += bytes;
    ledger->n_calls++;
    return malloc(bytes);
}

static void ledger_free(void *state, void *ptr, size_t bytes)
{
    struct ledger *ledger = state;
    ledger->n_blocks--;
    ledger->n_bytes -= bytes;
    ledger->n_calls++;
    free(ptr);
}

static void make_view(struct fgr_rng *rng, struct fgr_made *made, uint64_t amount_msat)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fgr_maker_chan chans[CHANS];
    cr_assert(fgr_maker_create(&maker, NODES, &err), "%s", err.text);
    fgr_nasty_graph(rng, chans, CHANS, NODES, amount_msat);
    cr_assert(fgr_maker_view(maker, made, chans, CHANS, NODES, &err), "%s", err.text);
    fgr_maker_destroy(maker);
}

static struct fgr_overlay *make_overlay(struct fgr_rng *rng, const struct fgr_view *view,
                                        uint64_t amount_msat)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    cr_assert(fgr_maker_create(&maker, NODES + 2, &err), "%s", err.text);
    struct fgr_nasty_world world = {
        .maker = maker, .view = view, .n_strangers = 2, .amount_msat = amount_msat};
    struct fgr_overlay *overlay = fgr_nasty_overlay(rng, &world, 100);
    cr_assert_not_null(overlay);
    fgr_maker_destroy(maker);
    return overlay;
}

Test(allocation, the_counter_counts)
{
    if (!CAN_COUNT) {
        cr_skip_test("a sanitizer owns malloc");
    }
    is_counting = true;
    void *volatile block = malloc(100);
    free(block);
    block = calloc(2, 50);
    free(block);
    is_counting = false;
    cr_assert_eq(n_counted, 4);
}

Test(allocation, queries_take_no_memory, .timeout = 120)
{
    const uint64_t amount_msat = 50000;
    struct fgr_rng rng;
    struct fgr_made made;
    struct ledger ledger = {0};
    struct fgr_allocator allocator = {ledger_alloc, ledger_free, &ledger};
    struct fgr_scratch *scratch = NULL;
    struct fgr_error err;
    unsigned n_found = 0;
    unsigned n_none = 0;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    make_view(&rng, &made, amount_msat);
    cr_assert_eq(fgr_scratch_create(&scratch, made.view, &allocator, &err), FGR_OK);
    struct fgr_overlay *overlay = make_overlay(&rng, made.view, amount_msat);
    unsigned n_calls = ledger.n_calls;
    cr_assert_gt(n_calls, 0);
    for (unsigned i = 0; i < QUERIES; i++) {
        struct fgr_route_query query;
        struct fgr_route route;
        struct fgr_explain explain;
        char text[300];
        fgr_nasty_query(&rng, &query, NODES, amount_msat);
        query.max_labels = 1000; /* the nastiest take long; most need fewer */
        query.overlay = i % 2 == 0 ? NULL : overlay;
        is_counting = true;
        enum fgr_err code = fgr_route(scratch, &route, &explain, made.view, &query, &err);
        if (code == FGR_OK) {
            code = fgr_route_check(made.view, &query, &route, &err);
        }
        is_counting = false;
        n_found += code == FGR_OK;
        n_none += code == FGR_ERR_NO_ROUTE;
        cr_assert_gt(fgr_explain_text(text, sizeof text, made.view, &query, &explain), 0);
    }
    cr_assert_eq(n_counted, 0, "%u calls of malloc and its kin", n_counted);
    cr_assert_eq(ledger.n_calls, n_calls, "%u calls of the allocator", ledger.n_calls - n_calls);
    cr_assert(n_found > QUERIES / 10 && n_none > QUERIES / 10);
    fgr_overlay_destroy(overlay);
    fgr_scratch_destroy(scratch);
    cr_assert_eq(ledger.n_blocks, 0);
    cr_assert_eq(ledger.n_bytes, 0);
    fgr_made_close(&made);
}

/* All that has its memory from a choice's or a capacity's scratch, in turn. Whether it has an answer. */
static bool ask_parts(struct fgr_choice_scratch *choice, struct fgr_split_scratch *split,
                      struct fgr_capacity_scratch *capacity, const struct fgr_view *view,
                      const struct fgr_split_query *query, unsigned turn)
{
    struct fgr_split set;
    struct fgr_choice chosen;
    struct fgr_capacity most;
    struct fgr_capacity_at at;
    struct fgr_capacity_goal goal = {900000, FGR_FEE_PPM_ANY, query->amount};
    struct fgr_error err;
    switch (turn % 5) {
    case 0:
        return fgr_choice_cheapest(choice, &chosen, view, query, 500000, &err) == FGR_OK;
    case 1:
        return fgr_capacity(capacity, &most, view, query, &err) == FGR_OK;
    case 2:
        return fgr_capacity_at(choice, &at, view, query, &goal, &err) == FGR_OK;
    default:
        return fgr_split(split, &set, view, query, &err) == FGR_OK &&
               fgr_split_check(view, query, &set, &err) == FGR_OK;
    }
}

Test(allocation, parts_take_no_memory, .timeout = 120)
{
    const uint64_t amount_msat = 50000;
    struct fgr_rng rng;
    struct fgr_made made;
    struct ledger ledger = {0};
    struct fgr_allocator allocator = {ledger_alloc, ledger_free, &ledger};
    struct fgr_choice_scratch *choice = NULL;
    struct fgr_split_scratch *split = NULL;
    struct fgr_capacity_scratch *capacity = NULL;
    unsigned n_found = 0;
    fgr_rng_seed(&rng, fgr_settings_seed(), 2);
    make_view(&rng, &made, amount_msat / 2);
    cr_assert_eq(fgr_choice_scratch_create(&choice, made.view, &allocator, NULL), FGR_OK);
    cr_assert_eq(fgr_split_scratch_create(&split, made.view, &allocator, NULL), FGR_OK);
    cr_assert_eq(fgr_capacity_scratch_create(&capacity, made.view, &allocator, NULL), FGR_OK);
    struct fgr_overlay *overlay = make_overlay(&rng, made.view, amount_msat);
    unsigned n_calls = ledger.n_calls;
    for (unsigned i = 0; i < QUERIES; i++) {
        struct fgr_split_query query;
        fgr_nasty_split_query(&rng, &query, NODES, amount_msat, 8);
        query.overlay = i % 2 == 0 ? NULL : overlay;
        is_counting = true;
        bool is_found = ask_parts(choice, split, capacity, made.view, &query, i);
        is_counting = false;
        n_found += is_found;
    }
    cr_assert_eq(n_counted, 0, "%u calls of malloc and its kin", n_counted);
    cr_assert_eq(ledger.n_calls, n_calls, "%u calls of the allocator", ledger.n_calls - n_calls);
    cr_assert_gt(n_found, QUERIES / 5);
    fgr_overlay_destroy(overlay);
    fgr_choice_scratch_destroy(choice);
    fgr_split_scratch_destroy(split);
    fgr_capacity_scratch_destroy(capacity);
    cr_assert_eq(ledger.n_blocks, 0);
    fgr_made_close(&made);
}

/* Fails the n-th request. */
struct miser {
    struct ledger ledger;
    unsigned n_left;
};

static void *miser_alloc(void *state, size_t bytes)
{
    struct miser *miser = state;
    if (miser->n_left == 0) {
        return NULL;
    }
    miser->n_left--;
    return ledger_alloc(&miser->ledger, bytes);
}

static void miser_free(void *state, void *ptr, size_t bytes)
{
    struct miser *miser = state;
    ledger_free(&miser->ledger, ptr, bytes);
}

Test(allocation, a_scratch_that_cannot_be_leaves_nothing)
{
    struct fgr_rng rng;
    struct fgr_made made;
    fgr_rng_seed(&rng, fgr_settings_seed(), 1);
    make_view(&rng, &made, 1000);
    enum fgr_err code = FGR_ERR_MEMORY;
    for (unsigned n = 0; code == FGR_ERR_MEMORY; n++) {
        struct miser miser = {.n_left = n};
        struct fgr_allocator allocator = {miser_alloc, miser_free, &miser};
        struct fgr_scratch *scratch = NULL;
        struct fgr_error err = {0};
        code = fgr_scratch_create(&scratch, made.view, &allocator, &err);
        cr_assert(code == FGR_OK || code == FGR_ERR_MEMORY);
        cr_assert_eq(code == FGR_OK, scratch != NULL);
        fgr_scratch_destroy(scratch);
        cr_assert_eq(miser.ledger.n_blocks, 0, "after %u of the requests", n);
        cr_assert_lt(n, 100);
    }
    fgr_made_close(&made);
}
