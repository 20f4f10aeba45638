/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/reserve.h - amounts in flight, shared by all threads that plan payments. Implemented by
 * engine/.
 *
 * A payment reserves what its parts will put on each half-channel, all of it or nothing, before it
 * is sent. Later queries see it, and no second payment gets what the first one holds. A part's
 * reservation is a lease: it ends when the part has failed (release), has arrived (settle), or when
 * its time is over because whoever held it is gone (tick).
 *
 * A payment from its plan to its end:
 *
 *     1. fgr_reserve_settled      the plan's date: nothing it is made from is read before
 *     2. overlay statements       balances and knowledge, what is in flight still in them
 *     3. fgr_reserve_tell         takes what is reserved off these; then fgr_overlay_freeze
 *     4. fgr_route                any number of queries, all seeing the same reservations
 *     5. fgr_reserve_hops         what the answer is to hold, and the limit of each half-channel
 *     6. fgr_reserve_take         NO_ROUTE: another planner was faster; back to 1
 *     7. the part is sent
 *     8. fgr_reserve_release      where it failed; where it arrived, what is known of its
 *        fgr_reserve_settle       half-channels is lowered first, and then this
 *
 * So no two planners count on the same satoshi, however old their plans are. The limit is what the
 * half-channel carries for everybody together, its balance or capacity, and take holds against it
 * all that is reserved by then, not what the plan saw. A limit from before a settlement does not
 * know that the amount has left: take refuses where a half-channel was settled after the plan's
 * date. (The two directions of a channel are two half-channels here, each with its own limit.)
 *
 * Threads: any number of threads in every function but create and destroy; nobody ever waits.
 * Memory: fgr_reserve_create takes all of it, 20 bytes per half-channel and 672 per lease; a list
 * of what is reserved lives while fgr_reserve_tell runs.
 */
#ifndef FULGURITE_RESERVE_H
#define FULGURITE_RESERVE_H

#include "fulgurite/base.h"
#include "fulgurite/split.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FGR_LEASES_MAX (UINT32_C(1) << 20)

/* Names one reservation, once: an id that has ended is refused from then on. 0 is none. */
typedef struct {
    uint64_t v;
} fgr_lease_id;

struct fgr_reserve;

/* For half-channels 0 to n_edges - 1: those of the view and, behind them, as many of an overlay as
 * mean the same to everybody. (A changed half-channel of the view is reserved under its own index.)
 * Errors: ARG (no half-channels or leases, more than FGR_LEASES_MAX), MEMORY. */
FGR_API FGR_NODISCARD enum fgr_err fgr_reserve_create(struct fgr_reserve **out_reserve,
                                                      uint32_t n_edges, uint32_t max_leases,
                                                      const struct fgr_allocator *allocator,
                                                      struct fgr_error *err);
/* NULL is allowed. */
FGR_API void fgr_reserve_destroy(struct fgr_reserve *reserve);

struct fgr_reserve_hop {
    fgr_edge_idx edge;
    fgr_msat amount;    /* what the part puts on it; 1 msat to FGR_MSAT_MAX */
    fgr_msat limit;     /* of all reservations together, this one included */
    uint32_t max_htlcs; /* HTLCs in flight on it, this one included; 0 = no limit */
};

struct fgr_reserve_part {
    const struct fgr_reserve_hop *hops; /* in any order */
    uint32_t n_hops;                    /* 1 to FGR_HOPS_MAX */
};

struct fgr_reserve_request {
    size_t sz; /* sizeof(struct fgr_reserve_request) */
    const struct fgr_reserve_part *parts;
    uint32_t n_parts;    /* 1 to FGR_PARTS_MAX */
    uint64_t settled;    /* fgr_reserve_settled() from before the limits were read */
    uint64_t expires_ns; /* on the clock of fgr_reserve_tick; UINT64_MAX = never */
};

/* Reserves all parts, each under an id of its own in out_ids[n_parts], or nothing.
 * Errors: NO_ROUTE (an answer: a half-channel, err.record, has no room or no slot left or was
 * settled since the limits were read; plan again), LIMIT (not enough leases are free), ARG (err
 * says what). */
FGR_API FGR_NODISCARD enum fgr_err fgr_reserve_take(struct fgr_reserve *reserve,
                                                    fgr_lease_id *out_ids,
                                                    const struct fgr_reserve_request *request,
                                                    struct fgr_error *err);

/* The part has failed: its amounts are free again.
 * Errors: UNKNOWN (no such lease: ended or expired before); nothing has happened then. */
FGR_API FGR_NODISCARD enum fgr_err fgr_reserve_release(struct fgr_reserve *reserve,
                                                       fgr_lease_id id);

/* The part has arrived: its amounts have left the half-channels for good, and what is known of
 * them says so already. Errors: as above. */
FGR_API FGR_NODISCARD enum fgr_err fgr_reserve_settle(struct fgr_reserve *reserve, fgr_lease_id id);

/* Releases every lease that expires at `now_ns` or before. Returns how many this call released. */
FGR_API uint32_t fgr_reserve_tick(struct fgr_reserve *reserve, uint64_t now_ns);

/* How many leases were settled so far: the moment at which limits are read. */
FGR_API uint64_t fgr_reserve_settled(const struct fgr_reserve *reserve);

/* What is reserved on a half-channel; 0 for one that the table does not have. */
FGR_API fgr_msat fgr_reserve_amount(const struct fgr_reserve *reserve, fgr_edge_idx edge);

/* How many HTLCs are reserved on a half-channel; 0 for one that the table does not have. */
FGR_API uint32_t fgr_reserve_htlcs(const struct fgr_reserve *reserve, fgr_edge_idx edge);

struct fgr_reserved {
    fgr_edge_idx edge;
    fgr_msat amount;
};

/* All half-channels with something reserved, ascending, so that a query can work with amounts that
 * stay the same while it runs. Writes the first n_max of them and returns how many there are. Each
 * amount is true at some moment of the call; a set of parts that is just being reserved may be seen
 * in part. */
FGR_API size_t fgr_reserve_list(const struct fgr_reserve *reserve, struct fgr_reserved *out_list,
                                size_t n_max);

/* ---- between queries and the table ----------------------------------------------------------- */

/* States all that is reserved in an overlay, beside what else the builder was told: once, since
 * reserved amounts add up. The amounts are those of one fgr_reserve_list; equal ones make equal
 * overlays.
 * Errors: ARG (something is reserved on a half-channel that the builder does not have: those of the
 * table behind the view's are to be added first), MEMORY. Nothing is stated then. */
FGR_API FGR_NODISCARD enum fgr_err fgr_reserve_tell(const struct fgr_reserve *reserve,
                                                    struct fgr_overlay_builder *builder,
                                                    struct fgr_error *err);

/* What a part with these hops is to reserve, as out_hops[n_hops]: hops[i].amount on hops[i].edge,
 * within the most that `overlay` (NULL = none; the one of the query) knows the half-channel to
 * carry, with what it says is reserved. A limit on HTLCs is the caller's to add: the slots of its
 * own channels, for instance, of which fgr_overlay_htlcs tells a query those that are left.
 * Errors: ARG (a hop is not over a usable half-channel of view and overlay). */
FGR_API FGR_NODISCARD enum fgr_err fgr_reserve_hops(struct fgr_reserve_hop *out_hops,
                                                    const struct fgr_view *view,
                                                    const struct fgr_overlay *overlay,
                                                    const struct fgr_hop *hops, uint32_t n_hops,
                                                    struct fgr_error *err);

#ifdef __cplusplus
}
#endif

#endif
