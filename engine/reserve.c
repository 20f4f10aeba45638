/* SPDX-License-Identifier: MIT */
/*
 * reserve.c - the shared table of amounts in flight.
 *
 * Layout. Per half-channel one word with the sum reserved on it, one with the number of its last
 * settlement, and a count of its HTLCs. Per 64 half-channels a count of the hops reserved in them,
 * so that a list of what is reserved skips nearly all of the table. A pool of leases, each with the
 * hops of one part; a bitmap says which are free. Everything is sized at create.
 *
 * A lease's `state` only ever rises by one: even = idle, odd = live. Its id is the odd number and
 * the slot, so an id that has ended is told from all later ones. (The state has 44 bits: it comes
 * round after a million leases a second in one slot for 100 days.)
 *
 *     who                     does                                        to whom
 *     take, slot_take         clears the bit of a free slot, acquire      owner of an idle lease
 *     take, publish           state even -> odd, release                  anybody may end it
 *     end_lease               state odd -> even by CAS, acquire           sole owner again
 *     end_lease, slot_give    sets the bit, release                       free
 *
 * Proof that nothing counts twice and nothing is lost:
 *
 * 1. Only an owner writes `hop` and `n_hops`. A bit is cleared by one thread only (the old value of
 *    the atomic AND says who), and the CAS from a given odd state succeeds for one thread only,
 *    because state never returns to a value. So of any number of concurrent release, settle and
 *    tick on one id, one wins, and it alone subtracts.
 * 2. The winner reads the hops that take wrote: its CAS reads the odd value that publish stored
 *    (release -> acquire). The next owner writes them after the winner has read them: slot_give ->
 *    slot_take (release -> acquire; other threads' ANDs and ORs on the same word in between are
 *    read-modify-writes and keep the release sequence). Hence plain memory is enough for them.
 * 3. The sum of an edge grows only by a CAS from `seen` to `seen + amount` with both at most the
 *    limit, and is lowered only by what was added. All changes of one atomic are in one order, so
 *    at every moment it is exactly the sum of what is held, and no claim passes its limit. Nothing
 *    else is needed for that: the order between different edges does not matter. The same goes for
 *    the count of an edge and its limit.
 * 4. All or nothing: take publishes no lease before all edges are claimed, and gives back exactly
 *    the claims it made. Others may see those for a moment, and be refused because of it.
 * 5. Yet not everybody at once: edges are claimed in ascending order, and of each first its slots,
 *    then its amount. Of payments that refuse each other, look at the one refused last in that order:
 *    whoever held what it lacked there had passed that claim, so is refused at a later one or not at
 *    all. So at least one is refused by leases only.
 * 6. Expiry: tick may read `expires_ns` of a later lease in the same slot, but then state has risen
 *    too and its CAS fails. So only a lease whose own time is over is ended.
 * 7. Settlement: who is lowering the knowledge of an edge does so before settle, and settle numbers
 *    the edge before it subtracts (release). A claim that profits from the subtraction reads the sum
 *    after it (acquire), so it sees the number; if the number is above what the caller read before
 *    the limits, the limits may be older than the knowledge and the claim is given back. If it is
 *    not above, fgr_reserve_settled (acquire) has read the settlement's addition (release) or a
 *    later one, so the caller's limits were read after the knowledge was lowered.
 *
 * Progress: release, settle, tick and the readers end after a bounded number of steps whatever the
 * others do, but for the raising of settlement numbers; there and in take a retry means that another
 * thread got on. A thread that dies inside a call, between two steps, keeps its claims: threads do
 * not die one by one; who dies with ids in hand is what expiry is for.
 *
 * Compared with a lock: a planner that is descheduled in the middle holds nobody up.
 */
#include "fulgurite/reserve.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "graph/util/alloc.h"
#include "graph/util/attr.h"
#include "graph/util/error.h"
#include "graph/util/heap.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics take no lock");

enum { BLOCK_EDGES = 64, SLOT_BITS = 20 };

_Static_assert(FGR_LEASES_MAX == UINT32_C(1) << SLOT_BITS, "an id has room for every slot");

#define SLOT_NONE UINT32_MAX
#define STATE_MASK (UINT64_MAX >> SLOT_BITS)

struct hop {
    uint64_t amount_msat;
    uint64_t limit_msat;
    uint32_t edge;
    uint32_t max_htlcs; /* 0 = no limit */
};

struct lease {
    _Atomic uint64_t state;
    _Atomic uint64_t expires_ns;
    uint32_t n_hops;
    struct hop hop[FGR_HOPS_MAX]; /* by rising edge */
};

_Static_assert(sizeof(struct lease) == 672, "what the header says");

struct fgr_reserve {
    struct fgr_allocator allocator;
    uint32_t n_edges;
    uint32_t n_blocks;
    uint32_t max_leases;
    uint32_t n_words;              /* of `free_slots` */
    _Atomic uint64_t *amount_msat; /* per edge: reserved */
    _Atomic uint64_t *settlement;  /* per edge: number of the last one, 0 = none */
    _Atomic uint32_t *n_htlcs;     /* per edge: hops reserved on it */
    _Atomic uint32_t *busy;        /* per block: hops reserved on its edges */
    _Atomic uint64_t *free_slots;  /* bit per lease */
    struct lease *lease;
    uint8_t apart[64]; /* counting must not slow readers of the above down */
    _Atomic uint64_t n_settled;
};

/* ---- memory ---------------------------------------------------------------------------------- */

/* One block: the table, then its arrays, those of 8 bytes first. */
static size_t table_bytes(const struct fgr_reserve *r)
{
    return sizeof *r + r->max_leases * sizeof *r->lease +
           (size_t)r->n_edges *
               (sizeof *r->amount_msat + sizeof *r->settlement + sizeof *r->n_htlcs) +
           r->n_words * sizeof *r->free_slots + r->n_blocks * sizeof *r->busy;
}

static void place_arrays(struct fgr_reserve *r)
{
    r->lease = (struct lease *)(r + 1);
    r->amount_msat = (_Atomic uint64_t *)(r->lease + r->max_leases);
    r->settlement = r->amount_msat + r->n_edges;
    r->free_slots = r->settlement + r->n_edges;
    r->n_htlcs = (_Atomic uint32_t *)(r->free_slots + r->n_words);
    r->busy = r->n_htlcs + r->n_edges;
}

/* No other thread knows the table yet; whoever hands it to them orders this before their use. */
static void init_words(struct fgr_reserve *r)
{
    for (uint32_t edge = 0; edge < r->n_edges; edge++) {
        atomic_init(&r->amount_msat[edge], 0);
        atomic_init(&r->settlement[edge], 0);
        atomic_init(&r->n_htlcs[edge], 0);
    }
    for (uint32_t block = 0; block < r->n_blocks; block++) {
        atomic_init(&r->busy[block], 0);
    }
    for (uint32_t word = 0; word < r->n_words; word++) {
        uint32_t n_left = r->max_leases - word * 64;
        atomic_init(&r->free_slots[word], n_left < 64 ? (UINT64_C(1) << n_left) - 1 : UINT64_MAX);
    }
    for (uint32_t slot = 0; slot < r->max_leases; slot++) {
        atomic_init(&r->lease[slot].state, 0);
        atomic_init(&r->lease[slot].expires_ns, 0);
        r->lease[slot].n_hops = 0;
    }
    atomic_init(&r->n_settled, 0);
}

enum fgr_err fgr_reserve_create(struct fgr_reserve **out_reserve, uint32_t n_edges,
                                uint32_t max_leases, const struct fgr_allocator *allocator,
                                struct fgr_error *err)
{
    if (n_edges == 0 || n_edges == FGR_IDX_NONE || max_leases == 0 || max_leases > FGR_LEASES_MAX) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "%" PRIu32 " half-channels and %" PRIu32
                        " leases: at least one of each, and at most %" PRIu32 " leases",
                        n_edges, max_leases, FGR_LEASES_MAX);
    }
    struct fgr_reserve shape = {.allocator = fgr_alloc_source(allocator),
                                .n_edges = n_edges,
                                .n_blocks = (n_edges - 1) / BLOCK_EDGES + 1,
                                .max_leases = max_leases,
                                .n_words = (max_leases - 1) / 64 + 1};
    struct fgr_reserve *r = shape.allocator.alloc(shape.allocator.state, table_bytes(&shape));
    if (r == NULL) {
        return fgr_fail_memory(err, table_bytes(&shape));
    }
    memcpy(r, &shape, sizeof shape);
    place_arrays(r);
    init_words(r);
    *out_reserve = r;
    return FGR_OK;
}

void fgr_reserve_destroy(struct fgr_reserve *reserve)
{
    if (reserve != NULL) {
        struct fgr_allocator source = reserve->allocator;
        source.free(source.state, reserve, table_bytes(reserve));
    }
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* A free lease, now the caller's; SLOT_NONE if all are taken. One that is given back behind the
 * look is not seen. */
static uint32_t slot_take(struct fgr_reserve *r)
{
    for (uint32_t word = 0; word < r->n_words; word++) {
        /* Pairs with nothing: a guess, which the AND below confirms or not. */
        uint64_t is_free = atomic_load_explicit(&r->free_slots[word], memory_order_relaxed);
        while (is_free != 0) {
            uint64_t bit = is_free & (~is_free + 1);
            /* Pairs with slot_give: orders the last owner's use of the lease before ours;
             * otherwise we could overwrite hops that it is still subtracting. */
            is_free = atomic_fetch_and_explicit(&r->free_slots[word], ~bit, memory_order_acquire);
            if ((is_free & bit) != 0) {
                return word * 64 + FGR_LOG2_FLOOR(bit);
            }
        }
    }
    return SLOT_NONE;
}

static void slot_give(struct fgr_reserve *r, uint32_t slot)
{
    /* Pairs with slot_take. */
    atomic_fetch_or_explicit(&r->free_slots[slot / 64], UINT64_C(1) << slot % 64,
                             memory_order_release);
}

/* ---- claims ---------------------------------------------------------------------------------- */

/* What all parts of a request want of one edge. */
struct claim {
    uint64_t amount_msat; /* above FGR_MSAT_MAX: more than any limit */
    uint64_t limit_msat;  /* the least that was given */
    uint32_t edge;
    uint32_t n_hops;
    uint32_t max_htlcs; /* the least that was given */
};

/* Walks the hops of several leases by rising edge: a heap of each one's next edge. */
struct merge {
    const struct lease *lease[FGR_PARTS_MAX];
    uint8_t at[FGR_PARTS_MAX];
    uint64_t entry[FGR_PARTS_MAX];
    struct fgr_heap heap;
};

static void merge_start(struct merge *merge, const struct fgr_reserve *r, const uint32_t *slots,
                        uint32_t n)
{
    merge->heap = (struct fgr_heap){.entry = merge->entry};
    for (uint32_t i = 0; i < n; i++) {
        merge->lease[i] = &r->lease[slots[i]];
        merge->at[i] = 0;
        fgr_heap_push(&merge->heap, merge->lease[i]->hop[0].edge, i);
    }
}

/* The least hop, which is taken out. */
static const struct hop *merge_pop(struct merge *merge)
{
    uint32_t part = fgr_heap_item(merge->entry[0]);
    const struct lease *lease = merge->lease[part];
    const struct hop *hop = &lease->hop[merge->at[part]++];
    if (merge->at[part] < lease->n_hops) {
        fgr_heap_rekey_top(&merge->heap, lease->hop[merge->at[part]].edge);
    } else {
        fgr_heap_pop(&merge->heap);
    }
    return hop;
}

/* The next edge with all that is wanted of it; false behind the last one. */
static bool merge_next(struct merge *merge, struct claim *out_claim)
{
    if (merge->heap.n == 0) {
        return false;
    }
    *out_claim = (struct claim){
        .limit_msat = FGR_MSAT_MAX, .edge = fgr_heap_key(merge->entry[0]), .max_htlcs = UINT32_MAX};
    while (merge->heap.n > 0 && fgr_heap_key(merge->entry[0]) == out_claim->edge) {
        const struct hop *hop = merge_pop(merge);
        out_claim->n_hops++;
        if (out_claim->amount_msat <= FGR_MSAT_MAX) {
            out_claim->amount_msat += hop->amount_msat; /* cannot wrap: each at most FGR_MSAT_MAX */
        }
        if (hop->limit_msat < out_claim->limit_msat) {
            out_claim->limit_msat = hop->limit_msat;
        }
        if (hop->max_htlcs != 0 && hop->max_htlcs < out_claim->max_htlcs) {
            out_claim->max_htlcs = hop->max_htlcs;
        }
    }
    return true;
}

static void unclaim_slots(struct fgr_reserve *r, uint32_t edge, uint32_t n_hops)
{
    /* Pairs with claim_slots, in the order of this one atomic; a free slot says nothing of amounts. */
    atomic_fetch_sub_explicit(&r->n_htlcs[edge], n_hops, memory_order_relaxed);
}

static void unclaim(struct fgr_reserve *r, uint32_t edge, uint64_t amount_msat, uint32_t n_hops)
{
    /* Pairs with claim_edge and the readers: orders what was done before this end (knowledge
     * lowered, settlement numbered) before any use of the room it makes. */
    atomic_fetch_sub_explicit(&r->amount_msat[edge], amount_msat, memory_order_release);
    unclaim_slots(r, edge, n_hops);
    /* Pairs with fgr_reserve_list: who skips the block because of this has the sum lowered too. */
    atomic_fetch_sub_explicit(&r->busy[edge / BLOCK_EDGES], n_hops, memory_order_release);
}

/* Adds the claim to its edge's count if the limit allows. */
static enum fgr_err claim_slots(struct fgr_reserve *r, const struct claim *claim,
                                struct fgr_error *err)
{
    uint32_t edge = claim->edge;
    if (claim->max_htlcs == UINT32_MAX) {
        /* Pairs with unclaim_slots, as those below. */
        atomic_fetch_add_explicit(&r->n_htlcs[edge], claim->n_hops, memory_order_relaxed);
        return FGR_OK;
    }
    uint32_t seen = atomic_load_explicit(&r->n_htlcs[edge], memory_order_relaxed);
    do {
        if (claim->n_hops > claim->max_htlcs || seen > claim->max_htlcs - claim->n_hops) {
            return fgr_fail_at(err, FGR_ERR_NO_ROUTE, edge, FGR_NO_POSITION,
                               "half-channel %" PRIu32 " has no slots for %" PRIu32
                               " HTLCs: %" PRIu32 " of %" PRIu32 " are in flight",
                               edge, claim->n_hops, seen, claim->max_htlcs);
        }
    } while (!atomic_compare_exchange_weak_explicit(&r->n_htlcs[edge], &seen, seen + claim->n_hops,
                                                    memory_order_relaxed, memory_order_relaxed));
    return FGR_OK;
}

/* Adds the claim to its edge's sum if the limit allows. */
static enum fgr_err claim_amount(struct fgr_reserve *r, const struct claim *claim,
                                 struct fgr_error *err)
{
    uint32_t edge = claim->edge;
    /* Pairs with unclaim: who finds room that a settlement made also finds its number later. */
    uint64_t seen = atomic_load_explicit(&r->amount_msat[edge], memory_order_acquire);
    do {
        if (claim->amount_msat > claim->limit_msat ||
            seen > claim->limit_msat - claim->amount_msat) {
            return fgr_fail_at(err, FGR_ERR_NO_ROUTE, edge, FGR_NO_POSITION,
                               "half-channel %" PRIu32 " has no room for %" PRIu64 " msat: %" PRIu64
                               " of %" PRIu64 " are reserved",
                               edge, claim->amount_msat, seen, claim->limit_msat);
        }
        /* Pairs with unclaim, as the load above; nothing is published by a claim. */
    } while (!atomic_compare_exchange_weak_explicit(&r->amount_msat[edge], &seen,
                                                    seen + claim->amount_msat, memory_order_acquire,
                                                    memory_order_acquire));
    return FGR_OK;
}

/* Slots and amount of one edge, or none of it. */
static enum fgr_err claim_edge(struct fgr_reserve *r, const struct claim *claim, uint64_t settled,
                               struct fgr_error *err)
{
    uint32_t edge = claim->edge;
    enum fgr_err rc = claim_slots(r, claim, err);
    if (rc != FGR_OK) {
        return rc;
    }
    /* Pairs with unclaim, in the order of one thread only: counted before the sum rises, so that
     * the count is never below the hops in the sums. */
    atomic_fetch_add_explicit(&r->busy[edge / BLOCK_EDGES], claim->n_hops, memory_order_relaxed);
    rc = claim_amount(r, claim, err);
    if (rc != FGR_OK) {
        /* Pairs with fgr_reserve_list; nothing was added that it could miss. */
        atomic_fetch_sub_explicit(&r->busy[edge / BLOCK_EDGES], claim->n_hops,
                                  memory_order_relaxed);
        unclaim_slots(r, edge, claim->n_hops);
        return rc;
    }
    /* Pairs with raise_settlement, through unclaim's subtraction: see 7 above. */
    if (atomic_load_explicit(&r->settlement[edge], memory_order_relaxed) > settled) {
        unclaim(r, edge, claim->amount_msat, claim->n_hops);
        return fgr_fail_at(
            err, FGR_ERR_NO_ROUTE, edge, FGR_NO_POSITION,
            "half-channel %" PRIu32 " was settled since its limit was read: read it again", edge);
    }
    return FGR_OK;
}

/* All edges of the leases, or none. */
static enum fgr_err claim_all(struct fgr_reserve *r, const uint32_t *slots, uint32_t n,
                              uint64_t settled, struct fgr_error *err)
{
    struct merge merge;
    struct claim claim;
    enum fgr_err rc = FGR_OK;
    merge_start(&merge, r, slots, n);
    while (rc == FGR_OK && merge_next(&merge, &claim)) {
        rc = claim_edge(r, &claim, settled, err);
    }
    if (rc != FGR_OK) {
        uint32_t failed_edge = claim.edge;
        merge_start(&merge, r, slots, n);
        while (merge_next(&merge, &claim) && claim.edge != failed_edge) {
            unclaim(r, claim.edge, claim.amount_msat, claim.n_hops);
        }
    }
    return rc;
}

/* ---- take ------------------------------------------------------------------------------------ */

static enum fgr_err check_part(const struct fgr_reserve *r, const struct fgr_reserve_part *part,
                               uint32_t number, struct fgr_error *err)
{
    if (part->n_hops == 0 || part->n_hops > FGR_HOPS_MAX) {
        return fgr_fail_at(err, FGR_ERR_ARG, number, FGR_NO_POSITION,
                           "part %" PRIu32 " has %" PRIu32 " hops: must be 1 to %d", number,
                           part->n_hops, FGR_HOPS_MAX);
    }
    for (uint32_t i = 0; i < part->n_hops; i++) {
        const struct fgr_reserve_hop *hop = &part->hops[i];
        if (hop->edge.v >= r->n_edges) {
            return fgr_fail_at(err, FGR_ERR_ARG, number, FGR_NO_POSITION,
                               "part %" PRIu32 ", hop %" PRIu32 ": half-channel %" PRIu32
                               " is not in the table, which has %" PRIu32,
                               number, i, hop->edge.v, r->n_edges);
        }
        if (hop->amount.v == 0 || hop->amount.v > FGR_MSAT_MAX) {
            return fgr_fail_at(err, FGR_ERR_ARG, number, FGR_NO_POSITION,
                               "part %" PRIu32 ", hop %" PRIu32 ": amount %" PRIu64
                               " msat: must be 1 msat to 21 million BTC",
                               number, i, hop->amount.v);
        }
    }
    return FGR_OK;
}

static enum fgr_err check_request(const struct fgr_reserve *r,
                                  const struct fgr_reserve_request *request, struct fgr_error *err)
{
    if (request->sz != sizeof *request) {
        return fgr_fail(err, FGR_ERR_ARG, "request.sz is %zu, this library knows %zu", request->sz,
                        sizeof *request);
    }
    if (request->n_parts == 0 || request->n_parts > FGR_PARTS_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "%" PRIu32 " parts: must be 1 to %d", request->n_parts,
                        FGR_PARTS_MAX);
    }
    for (uint32_t i = 0; i < request->n_parts; i++) {
        enum fgr_err rc = check_part(r, &request->parts[i], i, err);
        if (rc != FGR_OK) {
            return rc;
        }
    }
    return FGR_OK;
}

/* Copies the hops of a part, by rising edge: routes are short, so by insertion. */
static void fill_lease(struct lease *lease, const struct fgr_reserve_part *part)
{
    for (uint32_t i = 0; i < part->n_hops; i++) {
        const struct fgr_reserve_hop *from = &part->hops[i];
        uint32_t at = i;
        for (; at > 0 && lease->hop[at - 1].edge > from->edge.v; at--) {
            lease->hop[at] = lease->hop[at - 1];
        }
        lease->hop[at] = (struct hop){.amount_msat = from->amount.v,
                                      .limit_msat = from->limit.v,
                                      .edge = from->edge.v,
                                      .max_htlcs = from->max_htlcs};
    }
    lease->n_hops = part->n_hops;
}

static uint64_t next_state(uint64_t state)
{
    return (state + 1) & STATE_MASK;
}

/* From here on anybody may end the lease. */
static fgr_lease_id publish(struct fgr_reserve *r, uint32_t slot, uint64_t expires_ns)
{
    struct lease *lease = &r->lease[slot];
    /* Pairs with the CAS of the last end_lease, through slot_give and slot_take. */
    uint64_t live = next_state(atomic_load_explicit(&lease->state, memory_order_relaxed));
    /* Pairs with fgr_reserve_tick, through the store below: there with the odd state. */
    atomic_store_explicit(&lease->expires_ns, expires_ns, memory_order_relaxed);
    /* Pairs with end_lease and fgr_reserve_tick: orders hops and expiry before the odd state. */
    atomic_store_explicit(&lease->state, live, memory_order_release);
    return (fgr_lease_id){live << SLOT_BITS | slot};
}

enum fgr_err fgr_reserve_take(struct fgr_reserve *reserve, fgr_lease_id *out_ids,
                              const struct fgr_reserve_request *request, struct fgr_error *err)
{
    uint32_t slots[FGR_PARTS_MAX];
    uint32_t n_slots = 0;
    enum fgr_err rc = check_request(reserve, request, err);
    while (rc == FGR_OK && n_slots < request->n_parts) {
        uint32_t slot = slot_take(reserve);
        if (slot == SLOT_NONE) {
            rc = fgr_fail(err, FGR_ERR_LIMIT,
                          "no lease is free for part %" PRIu32 ": the table has %" PRIu32, n_slots,
                          reserve->max_leases);
            break;
        }
        fill_lease(&reserve->lease[slot], &request->parts[n_slots]);
        slots[n_slots++] = slot;
    }
    if (rc == FGR_OK) {
        rc = claim_all(reserve, slots, n_slots, request->settled, err);
    }
    for (uint32_t i = 0; i < n_slots; i++) {
        if (rc == FGR_OK) {
            out_ids[i] = publish(reserve, slots[i], request->expires_ns);
        } else {
            slot_give(reserve, slots[i]);
        }
    }
    return rc;
}

/* ---- the end of a lease ---------------------------------------------------------------------- */

/* The edge was settled last by number `number`, unless a later one says so already. */
static void raise_settlement(struct fgr_reserve *r, uint32_t edge, uint64_t number)
{
    /* Both pair with claim_edge, through the subtraction that follows; between settlements only
     * the order of one atomic matters. */
    uint64_t seen = atomic_load_explicit(&r->settlement[edge], memory_order_relaxed);
    while (seen < number &&
           !atomic_compare_exchange_weak_explicit(&r->settlement[edge], &seen, number,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

/* Ends the lease in `slot` if it is still the one with this state. */
static bool end_lease(struct fgr_reserve *r, uint32_t slot, uint64_t live, bool is_settled)
{
    struct lease *lease = &r->lease[slot];
    /* Pairs with publish: the hops are those of this lease. One thread succeeds. On failure
     * nothing is read. */
    if (!atomic_compare_exchange_strong_explicit(&lease->state, &live, next_state(live),
                                                 memory_order_acquire, memory_order_relaxed)) {
        return false;
    }
    if (is_settled) {
        /* Release pairs with fgr_reserve_settled: who counts this settlement reads limits that
         * know of it. */
        uint64_t number = atomic_fetch_add_explicit(&r->n_settled, 1, memory_order_release) + 1;
        for (uint32_t i = 0; i < lease->n_hops; i++) {
            raise_settlement(r, lease->hop[i].edge, number);
        }
    }
    for (uint32_t i = 0; i < lease->n_hops; i++) {
        unclaim(r, lease->hop[i].edge, lease->hop[i].amount_msat, 1);
    }
    slot_give(r, slot);
    return true;
}

static enum fgr_err end_id(struct fgr_reserve *r, fgr_lease_id id, bool is_settled)
{
    uint32_t slot = (uint32_t)id.v & ((UINT32_C(1) << SLOT_BITS) - 1);
    uint64_t live = id.v >> SLOT_BITS;
    bool is_possible = slot < r->max_leases && live % 2 == 1;
    return is_possible && end_lease(r, slot, live, is_settled) ? FGR_OK : FGR_ERR_UNKNOWN;
}

enum fgr_err fgr_reserve_release(struct fgr_reserve *reserve, fgr_lease_id id)
{
    return end_id(reserve, id, false);
}

enum fgr_err fgr_reserve_settle(struct fgr_reserve *reserve, fgr_lease_id id)
{
    return end_id(reserve, id, true);
}

/* Ends the lease in `slot` if it is live and its time is over. */
static bool expire(struct fgr_reserve *r, uint32_t slot, uint64_t now_ns)
{
    struct lease *lease = &r->lease[slot];
    /* Pairs with publish: with the odd state comes its expiry, or one of a later lease. */
    uint64_t live = atomic_load_explicit(&lease->state, memory_order_acquire);
    if (live % 2 == 0) {
        return false;
    }
    /* Pairs with publish, through the state above. */
    uint64_t expires_ns = atomic_load_explicit(&lease->expires_ns, memory_order_relaxed);
    return expires_ns != UINT64_MAX && expires_ns <= now_ns && end_lease(r, slot, live, false);
}

uint32_t fgr_reserve_tick(struct fgr_reserve *reserve, uint64_t now_ns)
{
    uint32_t n_expired = 0;
    for (uint32_t word = 0; word < reserve->n_words; word++) {
        /* Pairs with nothing: a lease taken or given back meanwhile is met at the next tick, or
         * its state says that there is nothing to do. */
        uint64_t is_free = atomic_load_explicit(&reserve->free_slots[word], memory_order_relaxed);
        for (uint64_t used = ~is_free; used != 0; used &= used - 1) {
            uint32_t slot = word * 64 + FGR_LOG2_FLOOR(used & (~used + 1));
            if (slot < reserve->max_leases) {
                n_expired += expire(reserve, slot, now_ns);
            }
        }
    }
    return n_expired;
}

/* ---- readers --------------------------------------------------------------------------------- */

uint64_t fgr_reserve_settled(const struct fgr_reserve *reserve)
{
    /* Pairs with end_lease: orders the knowledge of all settlements counted before what the caller
     * reads next. */
    return atomic_load_explicit(&reserve->n_settled, memory_order_acquire);
}

fgr_msat fgr_reserve_amount(const struct fgr_reserve *reserve, fgr_edge_idx edge)
{
    if (edge.v >= reserve->n_edges) {
        return (fgr_msat){0};
    }
    /* Pairs with unclaim: who sees an amount gone sees what is known of where it went. */
    return (fgr_msat){atomic_load_explicit(&reserve->amount_msat[edge.v], memory_order_acquire)};
}

uint32_t fgr_reserve_htlcs(const struct fgr_reserve *reserve, fgr_edge_idx edge)
{
    /* Pairs with nothing: a number that may be another one by now. */
    return edge.v < reserve->n_edges
               ? atomic_load_explicit(&reserve->n_htlcs[edge.v], memory_order_relaxed)
               : 0;
}

size_t fgr_reserve_list(const struct fgr_reserve *reserve, struct fgr_reserved *out_list,
                        size_t n_max)
{
    size_t n = 0;
    for (uint32_t block = 0; block < reserve->n_blocks; block++) {
        /* Pairs with unclaim: 0 means that the sums of the block have been lowered. */
        if (atomic_load_explicit(&reserve->busy[block], memory_order_acquire) == 0) {
            continue;
        }
        uint32_t first = block * BLOCK_EDGES;
        uint32_t n_left = reserve->n_edges - first;
        for (uint32_t i = 0; i < BLOCK_EDGES && i < n_left; i++) {
            uint32_t edge = first + i;
            fgr_msat amount = fgr_reserve_amount(reserve, (fgr_edge_idx){edge});
            if (amount.v > 0 && n < n_max) {
                out_list[n] = (struct fgr_reserved){.edge = {edge}, .amount = amount};
            }
            n += amount.v > 0;
        }
    }
    return n;
}
