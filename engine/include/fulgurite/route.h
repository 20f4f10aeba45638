/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/route.h - the best single path for an amount, with its proof. Implemented by engine/.
 *
 * Cost of a route whose hop i carries a_i msat over half-channel e_i (i = 1 leaves the source):
 *
 *     fee_i  = base + floor(a_i * ppm / 1e6)          BOLT 7; 0 for i = 1
 *     risk_i = floor(a_i * cltv_delta * R / 1e9)      R = 15 (LND's default); 0 for i = 1
 *     fail_i = floor(M * -ln P_i(a_i))                M = 100 sat + 0.1 % of the amount
 *     cost   = sum of all three, in msat;  a_(i-1) = a_i + fee_i;  a_n = the amount
 *
 * With an overlay P_i is what it knows of the balance, and each hop costs max(0, fee_i + risk_i +
 * fail_i + bias_i): see fulgurite/overlay.h.
 *
 * Integers throughout: the same view and query give the same answer on any machine.
 *
 * Threads: one scratch per thread; any number of scratches share one view without locks.
 * Memory: all of it is taken by fgr_scratch_create; fgr_route allocates nothing.
 */
#ifndef FULGURITE_ROUTE_H
#define FULGURITE_ROUTE_H

#include "fulgurite/base.h"
#include "fulgurite/graph.h"
#include "fulgurite/overlay.h"

#ifdef __cplusplus
extern "C" {
#endif

/* BOLT 4: no onion of 1300 bytes holds more hops. */
#define FGR_HOPS_MAX 27
#define FGR_HOPS_DEFAULT 20
#define FGR_CLTV_DEFAULT 2016
#define FGR_FINAL_CLTV_DEFAULT 18
#define FGR_ONION_BYTES 1300

/* M may not exceed this (25 000 BTC): beyond, costs would no longer fit. */
#define FGR_FAIL_MSAT_MAX UINT64_C(2500000000000000)
#define FGR_RISK_PPB_MAX 1000000

/* How likely a half-channel of unknown balance carries an amount. */
enum fgr_prob_model {
    FGR_PROB_UNIFORM = 0, /* balance uniform over [0, capacity] (Pickhardt and Richter 2021) */
    FGR_PROB_BIMODAL,     /* LND's bimodal density, scale 300 000 sat */
    FGR_PROB_LDK          /* LDK's density 128 (1/256 + 9 (x - 1/2)^8) over x = balance/capacity */
};

struct fgr_cost_params {
    uint64_t fail_base_msat;  /* constant part of M; default 100 000 */
    uint32_t fail_amount_ppm; /* part of M that grows with the amount; default 1 000 */
    uint32_t risk_ppb;        /* R, per msat and block; default 15, at most 1 000 000 */
    enum fgr_prob_model model;
};

struct fgr_route_query {
    size_t sz;             /* sizeof(struct fgr_route_query) */
    fgr_node_idx from, to; /* of the view or the overlay */
    fgr_msat amount;       /* delivered to `to`; 1 msat to FGR_MSAT_MAX */
    fgr_msat max_fee;      /* FGR_MSAT_NONE = no limit */
    uint32_t max_cltv;     /* blocks, the final delta included */
    uint32_t max_hops;     /* channels; 1 to FGR_HOPS_MAX */
    uint32_t final_cltv;   /* blocks the destination asks for */
    uint32_t final_bytes;  /* onion bytes the final hop needs beyond amount, expiry and
                             payment_data: metadata, custom records */
    uint32_t max_gap_ppm;  /* stop as soon as the certificate is this good; 0 = exact */
    uint64_t max_labels;   /* work limit, labels per pass; 0 = default (see README) */
    struct fgr_cost_params cost;
    const struct fgr_overlay *overlay; /* changes on top of the view, borrowed; NULL = none */
};

/* Defaults for everything but from, to and amount. */
FGR_API void fgr_route_query_init(struct fgr_route_query *query, fgr_node_idx from, fgr_node_idx to,
                                  fgr_msat amount);

/* `edge` is a half-channel of the view, also where an overlay changes it (then it is the view's name
 * of what fee, bias and probability are of); from twice the view's channels on, one that the overlay
 * adds. Nodes from the view's node count on are added ones, too: fgr_overlay_edge and
 * fgr_overlay_node_id tell more of both. */
struct fgr_hop {
    fgr_edge_idx edge;
    fgr_node_idx from, to;
    fgr_msat amount; /* what the channel carries */
    fgr_msat fee;    /* what `from` earns for it; 0 for the first hop */
    fgr_msat risk;   /* the three cost terms of this hop: fee, risk, fail */
    fgr_msat fail;
    int64_t bias_msat; /* of an overlay; as a discount at most the three together */
    double probability;
    uint32_t cltv_delta; /* blocks; 0 for the first hop */
};

struct fgr_search_stats {
    uint64_t settled; /* nodes and labels taken from the two fronts */
    uint64_t relaxed; /* half-channels looked at */
    uint64_t labels;  /* labels kept */
};

struct fgr_route {
    fgr_msat amount;  /* delivered */
    fgr_msat fee;     /* sum over the hops */
    fgr_msat cost;    /* sum of fee, risk, fail and bias over the hops */
    fgr_msat bound;   /* no route under the limits costs less */
    uint64_t gap_ppm; /* ceil((cost / bound - 1) * 1e6); 0 = proven optimal, UINT64_MAX = bound 0 */
    double probability;
    uint32_t cltv_total; /* blocks, final delta included */
    uint32_t onion_bytes;
    uint32_t n_hops;
    struct fgr_hop hops[FGR_HOPS_MAX];
    struct fgr_search_stats stats; /* filled for no_route as well */
};

enum fgr_reason {
    FGR_REASON_NONE = 0,
    FGR_REASON_SAME_NODE,        /* source is destination */
    FGR_REASON_NO_CHANNEL_OUT,   /* source has no enabled half-channel out */
    FGR_REASON_NO_CHANNEL_IN,    /* destination has none in */
    FGR_REASON_AMOUNT_ABOVE_OUT, /* above every htlc_max (or capacity) out of the source */
    FGR_REASON_AMOUNT_ABOVE_IN,  /* ... into the destination */
    FGR_REASON_AMOUNT_BELOW_OUT, /* under every htlc_min out of the source */
    FGR_REASON_AMOUNT_BELOW_IN,
    FGR_REASON_NOT_CONNECTED,  /* no path of enabled half-channels at all */
    FGR_REASON_AMOUNT_BLOCKED, /* connected, but not for this amount */
    FGR_REASON_FEE_LIMIT,      /* a route exists above max_fee */
    FGR_REASON_CLTV_LIMIT,
    FGR_REASON_HOP_LIMIT,
    FGR_REASON_ONION_LIMIT,
    FGR_REASON_LIMITS,    /* each limit alone could be met, not all together */
    FGR_REASON_WORK_LIMIT /* unproven: the work limit ended the search */
};

/* Why there is no route. Counters are half-channels unless said otherwise; a limit that would
 * work is the smallest one with which, everything else unchanged, a route exists (0 = none or
 * not asked). */
struct fgr_explain {
    enum fgr_reason reason;
    uint32_t out_enabled, out_above_max, out_below_min; /* half-channels out of the source */
    uint32_t in_enabled, in_above_max, in_below_min;    /* half-channels into the destination */
    uint32_t reachable_from_source;                     /* nodes the amount can reach */
    uint32_t reaching_destination;                      /* nodes it can come from */
    fgr_msat largest_out, largest_in;                   /* largest single HTLC there */
    fgr_msat smallest_out, smallest_in;
    fgr_msat max_amount;   /* AMOUNT_*: one path carries this much, whatever the limits; the most
                              there is unless an htlc_min gets in the way; 0 = none found */
    fgr_msat needed_fee;   /* FEE_LIMIT */
    uint32_t needed_cltv;  /* CLTV_LIMIT */
    uint32_t needed_hops;  /* HOP_LIMIT */
    uint32_t needed_bytes; /* ONION_LIMIT */
};

/* Constant name of a reason, e.g. "fee_limit". */
FGR_API const char *fgr_reason_str(enum fgr_reason reason);

/* One plain sentence for a person, terminated if n_bytes > 0, cut if it does not fit. Returns the
 * length it would need. */
FGR_API size_t fgr_explain_text(char *out_text, size_t n_bytes, const struct fgr_view *view,
                                const struct fgr_route_query *query,
                                const struct fgr_explain *explain);

/* Most nodes and half-channels that an overlay may add to the view of a scratch. */
#define FGR_OVERLAY_NODES_ROOM 4096
#define FGR_OVERLAY_EDGES_ROOM 16384

/* Reusable memory of one searching thread, sized for views of up to the given view's size, and for
 * overlays on these that change what they like and add no more than the above. */
struct fgr_scratch;

FGR_API FGR_NODISCARD enum fgr_err fgr_scratch_create(struct fgr_scratch **out_scratch,
                                                      const struct fgr_view *view,
                                                      const struct fgr_allocator *allocator,
                                                      struct fgr_error *err);
FGR_API void fgr_scratch_destroy(struct fgr_scratch *scratch);

/* The best route for `query`. `out_explain` (nullable) asks for the diagnosis when there is none;
 * it costs extra searches then, nothing otherwise.
 * Errors: ARG (index out of range, amount 0, limits out of range, an overlay of another view or with
 * a blinded path from the payer; err says which), LIMIT (the overlay adds more than a scratch has
 * room for), NO_ROUTE (an answer: proven), WORK (unproven: no route found before the work limit). With OK and a work
 * limit that was hit, gap_ppm > 0 says how far the proof got. */
FGR_API FGR_NODISCARD enum fgr_err
fgr_route(struct fgr_scratch *scratch, struct fgr_route *out_route, struct fgr_explain *out_explain,
          const struct fgr_view *view, const struct fgr_route_query *query, struct fgr_error *err);

/* Re-derives every amount, fee, limit and the cost of `route` from the view and the query alone.
 * Trusts nothing in `route` but its edges and the bound, which it compares with the cost.
 * Errors: CHECK (err names the hop and the field). */
FGR_API FGR_NODISCARD enum fgr_err fgr_route_check(const struct fgr_view *view,
                                                   const struct fgr_route_query *query,
                                                   const struct fgr_route *route,
                                                   struct fgr_error *err);

#ifdef __cplusplus
}
#endif

#endif
