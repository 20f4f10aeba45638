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
 * Limits are the caller's: what a half-channel carries for everybody together, i.e. the spendable
 * balance or the capacity. A limit that was read before a settlement does not know that amount has
 * left. So the order is
 *
 *     sender of A:  what is known of the half-channel is lowered,  then  settle(A)
 *     planner of B: settled = fgr_reserve_settled(),  then  limits are read,  then  take(B)
 *
 * and take refuses B where a settlement came in between. Nobody counts on the same satoshi twice.
 *
 * Threads: any number of threads in every function but create and destroy; nobody ever waits.
 * Memory: fgr_reserve_create takes all of it, 16 bytes per half-channel and 672 per lease.
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
    fgr_msat amount; /* what the part puts on it; 1 msat to FGR_MSAT_MAX */
    fgr_msat limit;  /* of all reservations together, this one included */
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
 * Errors: NO_ROUTE (an answer: a half-channel, err.record, has no room left or was settled since
 * the limits were read; plan again), LIMIT (not enough leases are free), ARG (err says what). */
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

#ifdef __cplusplus
}
#endif

#endif
