/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/overlay.h - changes on top of a view: what the sender knows and the network does not.
 * Implemented by graph/.
 *
 * Statements are collected by a builder and frozen into an overlay, which queries take beside the
 * view. The view itself is never changed, so one process may hold any number of overlays on it.
 *
 *   channel        route hint (BOLT 11), private channel
 *   blinded path   one half-channel to the recipient, at the aggregate fees of BOLT 12
 *   policy         other fees, limits, enabled or disabled
 *   balance        exactly what a channel of ours can send
 *   knowledge      what attempts taught: the balance is from min to max
 *   reserved       in flight on a half-channel: gone from its balance, whatever is known of that
 *   htlcs          how many more HTLCs a channel of ours takes, and what each costs us on it
 *   bias           a surcharge or discount in msat, on a half-channel or on all that enter a node
 *   ban            a node, a channel, a half-channel, an ordered pair of nodes
 *   only           nothing else leaves, or enters, a node: sets of first and last hops
 *
 * A later statement wins over an earlier one about the same thing; bans, sets and reserved amounts add
 * up, and biases of a half-channel, of the node it enters and of an HTLC on it are summed.
 *
 * Indexes go on where the view's end: nodes and channels that the overlay adds follow those of the
 * view, and half-channel 2 * channel + direction means the same for both, direction 0 leaving the
 * lesser node id. What stands for a half-channel of the view has an index of its own behind all of
 * these, which fgr_overlay_edge knows; answers call it by the one it stands for.
 *
 * The cost of a half-channel in an overlay is max(0, fee + risk + fail + bias), with
 *
 *     P(a) = 1 if a <= min;  0 if a > max;  else (max + 1 - a) / (max + 1 - min)    (uniform model)
 *
 * Threads: a builder is one thread's; an overlay is immutable, any number of threads.
 * Memory: builder and overlay borrow the view, which must outlive them.
 * Source: BOLT 4 (blinded paths), 7 (scid, fees), 11 (field r), 12 (blinded_payinfo).
 */
#ifndef FULGURITE_OVERLAY_H
#define FULGURITE_OVERLAY_H

#include "fulgurite/base.h"
#include "fulgurite/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- statements ---------------------------------------------------------------------------- */

struct fgr_overlay_builder;

/* Errors: MEMORY, IO (the system has no random bytes). */
FGR_API FGR_NODISCARD enum fgr_err
fgr_overlay_builder_create(struct fgr_overlay_builder **out_builder, const struct fgr_view *view,
                           struct fgr_error *err);

/* NULL is allowed. */
FGR_API void fgr_overlay_builder_destroy(struct fgr_overlay_builder *builder);

/* In all statements below: an error (its text names the statement) leaves the builder as it was.
 * All may fail with MEMORY, and with ARG where an index is neither of the view nor added. */

/* The node with this id, in the view or added before; else adds it. A node of its own is also what
 * stands for the recipient of blinded paths: take the blinded id of the last hop of one of them.
 * Errors: ARG (not a point on the curve), LIMIT. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_node(struct fgr_overlay_builder *builder,
                                                    fgr_node_idx *out_node,
                                                    const uint8_t id[FGR_NODE_ID_BYTES],
                                                    struct fgr_error *err);

/* The same, but adds nothing. Errors: UNKNOWN. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_find_node(const struct fgr_overlay_builder *builder,
                                                         fgr_node_idx *out_node,
                                                         const uint8_t id[FGR_NODE_ID_BYTES],
                                                         struct fgr_error *err);

/* The channel added last under this scid, else the view's. Aliases may collide with real scids, so
 * what fgr_overlay_channel returned is the safer name. Errors: UNKNOWN. */
FGR_API FGR_NODISCARD enum fgr_err
fgr_overlay_find_channel(const struct fgr_overlay_builder *builder, fgr_chan_idx *out_chan,
                         uint64_t scid, struct fgr_error *err);

/* What the sending node of a half-channel asks for. */
struct fgr_overlay_policy {
    fgr_msat htlc_min;
    fgr_msat htlc_max; /* FGR_MSAT_NONE = as much as the channel holds */
    uint32_t base_msat;
    uint32_t ppm;
    uint16_t cltv_delta;
    bool enabled;
};

struct fgr_overlay_channel {
    uint64_t scid; /* or alias */
    fgr_node_idx from, to;
    fgr_sat capacity; /* 0 = unknown: then it can send htlc_max for certain, as a route hint says */
    struct fgr_overlay_policy policy;
};

/* Adds one half-channel. A second one under the same scid in the other direction completes the
 * channel, and may leave its capacity 0. Where the channel is there already, in the view or added,
 * with the same two ends, this states its policy. `out_edge` may be NULL.
 * Errors: ARG (from is to, capacity above 21 million BTC or not that of the channel, htlc_min above
 * htlc_max, htlc_max above the capacity, an end that blinded paths lead to), LIMIT. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_channel(struct fgr_overlay_builder *builder,
                                                       fgr_edge_idx *out_edge,
                                                       const struct fgr_overlay_channel *channel,
                                                       struct fgr_error *err);

/* blinded_payinfo of BOLT 12. `cltv_delta` includes the recipient's final delta, so a query for the
 * recipient asks for final_cltv 0; the onion bytes of the blinded hops are its final_bytes. */
struct fgr_overlay_payinfo {
    fgr_msat htlc_min;
    fgr_msat htlc_max; /* that the path can carry: taken as certain */
    uint32_t base_msat;
    uint32_t ppm;
    uint16_t cltv_delta;
};

/* Adds a blinded path from its introduction node to the recipient as one half-channel. Its scid is
 * 0x0xN, N being the number of blinded paths before it. The introduction node must not be the payer:
 * that one unwraps the first hop and starts at the next. `out_edge` may be NULL.
 * Errors: ARG (from is to; the recipient is a node of the view or has channels: it needs a node of
 * its own; htlc_min above htlc_max), LIMIT (more than 65 536 paths). */
FGR_API FGR_NODISCARD enum fgr_err
fgr_overlay_blinded_path(struct fgr_overlay_builder *builder, fgr_edge_idx *out_edge,
                         fgr_node_idx introduction, fgr_node_idx recipient,
                         const struct fgr_overlay_payinfo *payinfo, struct fgr_error *err);

/* payment_relay and payment_constraints of one hop in a blinded path. */
struct fgr_overlay_relay {
    fgr_msat htlc_min;
    fgr_msat htlc_max;
    uint32_t base_msat;
    uint32_t ppm;
    uint16_t cltv_delta;
};

/* What a recipient tells of a path through `relays` (the introduction node first, itself left out),
 * by the formula of BOLT 4, with the largest htlc_min and the least htlc_max.
 * Errors: ARG (a total does not fit its field, htlc_min above htlc_max; err names the hop). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_aggregate(struct fgr_overlay_payinfo *out_payinfo,
                                                         const struct fgr_overlay_relay *relays,
                                                         size_t n_relays, uint16_t final_cltv_delta,
                                                         struct fgr_error *err);

/* Fields of a policy. */
enum {
    FGR_OVERLAY_BASE = 1,
    FGR_OVERLAY_PPM = 2,
    FGR_OVERLAY_CLTV = 4,
    FGR_OVERLAY_HTLC_MIN = 8,
    FGR_OVERLAY_HTLC_MAX = 16,
    FGR_OVERLAY_ENABLED = 32
};

/* Takes the fields in the set `fields` from `policy`, leaves the others. A half-channel without a
 * known policy needs base, ppm and cltv; then htlc_min is 0, htlc_max what the channel holds, and
 * it is enabled unless said otherwise.
 * Errors: ARG (no such fields, htlc_min above htlc_max, htlc_max above the capacity). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_policy(struct fgr_overlay_builder *builder,
                                                      fgr_edge_idx edge, unsigned fields,
                                                      const struct fgr_overlay_policy *policy,
                                                      struct fgr_error *err);

/* The half-channel can send exactly `balance` (of several parts: their sum); FGR_MSAT_NONE = its
 * capacity. Errors: ARG (above the capacity). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_balance(struct fgr_overlay_builder *builder,
                                                       fgr_edge_idx edge, fgr_msat balance,
                                                       struct fgr_error *err);

/* The same for every half-channel that leaves the node, each up to its capacity. With 0, only
 * channels of later statements can send; with FGR_MSAT_NONE all are full.
 * Errors: ARG (above 21 million BTC). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_balance_of_node(struct fgr_overlay_builder *builder,
                                                               fgr_node_idx node, fgr_msat balance,
                                                               struct fgr_error *err);

/* The half-channel can send `min` and nothing above `max` (FGR_MSAT_NONE = its capacity). Takes the
 * place of a balance and the reverse. Errors: ARG (min above max, max above the capacity). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_knowledge(struct fgr_overlay_builder *builder,
                                                         fgr_edge_idx edge, fgr_msat min,
                                                         fgr_msat max, struct fgr_error *err);

/* `amount` of what the half-channel can send is held by HTLCs in flight, on top of what was said to
 * be before: whatever is known of its balance, earlier or later, is known of what was there without
 * them. Of a balance from min to max is left what is from max(0, min - amount) to max - amount, and
 * no HTLC may be above that; nothing can be sent where `amount` is the max or more. The overlay of a
 * whole table of reservations: fgr_reserve_tell. Errors: ARG (above 21 million BTC). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_reserved(struct fgr_overlay_builder *builder,
                                                        fgr_edge_idx edge, fgr_msat amount,
                                                        struct fgr_error *err);

/* As many as there may be. */
#define FGR_SLOTS_ANY UINT32_MAX

/* No more than `slots` parts of a payment go over the half-channel (0 = none, FGR_SLOTS_ANY = no
 * limit): what is left of its max_accepted_htlcs, those in flight not counted. Each of them costs the
 * sender `cost` besides, its share of the commitment transaction for instance: like a bias, per part.
 * Errors: ARG (a cost above FGR_BIAS_MSAT_MAX). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_htlcs(struct fgr_overlay_builder *builder,
                                                     fgr_edge_idx edge, uint32_t slots,
                                                     fgr_msat cost, struct fgr_error *err);

/* No bias is stronger than this, either way (10 000 BTC). */
#define FGR_BIAS_MSAT_MAX INT64_C(1000000000000000)

/* Costs this much more, or less if negative; a cost stops at 0. Errors: ARG (too strong). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_bias(struct fgr_overlay_builder *builder,
                                                    fgr_edge_idx edge, int64_t bias_msat,
                                                    struct fgr_error *err);

/* The same for every half-channel that enters the node, on top of its own. Errors: ARG. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_bias_of_node(struct fgr_overlay_builder *builder,
                                                            fgr_node_idx node, int64_t bias_msat,
                                                            struct fgr_error *err);

/* No route uses these. What is banned stays so, whatever is said of it later; a ban of a pair holds
 * for all channels from one to the other, those added later too. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_ban_node(struct fgr_overlay_builder *builder,
                                                        fgr_node_idx node, struct fgr_error *err);
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_ban_channel(struct fgr_overlay_builder *builder,
                                                           fgr_chan_idx chan,
                                                           struct fgr_error *err);
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_ban_edge(struct fgr_overlay_builder *builder,
                                                        fgr_edge_idx edge, struct fgr_error *err);
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_ban_pair(struct fgr_overlay_builder *builder,
                                                        fgr_node_idx from, fgr_node_idx to,
                                                        struct fgr_error *err);

/* Of all half-channels that leave one node (only_out), or enter it (only_in), none is used but those so
 * chosen: each statement chooses one, or all from one node to another, those added later too. Bans of
 * them hold as always. So said of a payer and a payee these are sets of first hops and of last hops. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_only_out(struct fgr_overlay_builder *builder,
                                                        fgr_edge_idx edge, struct fgr_error *err);
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_only_in(struct fgr_overlay_builder *builder,
                                                       fgr_edge_idx edge, struct fgr_error *err);
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_only_out_to(struct fgr_overlay_builder *builder,
                                                           fgr_node_idx from, fgr_node_idx to,
                                                           struct fgr_error *err);
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_only_in_from(struct fgr_overlay_builder *builder,
                                                            fgr_node_idx to, fgr_node_idx from,
                                                            struct fgr_error *err);

/* ---- the overlay --------------------------------------------------------------------------- */

struct fgr_overlay;

/* What the statements so far come to. The builder stays as it is: more can be said and frozen
 * again. Costs grow with what is changed: a node's balance, bias or ban with its channels.
 * Errors: MEMORY, LIMIT (more than 2^32 half-channels). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_freeze(struct fgr_overlay **out_overlay,
                                                      const struct fgr_overlay_builder *builder,
                                                      struct fgr_error *err);

/* NULL is allowed. */
FGR_API void fgr_overlay_destroy(struct fgr_overlay *overlay);

/* Nodes of view and overlay together. */
FGR_API uint32_t fgr_overlay_node_count(const struct fgr_overlay *overlay);

/* FGR_NODE_ID_BYTES of a node of the view or the overlay, borrowed; NULL out of range. */
FGR_API const uint8_t *fgr_overlay_node_id(const struct fgr_overlay *overlay, fgr_node_idx node);

/* A node of the view or the overlay by its exact id. Errors: UNKNOWN. */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_find_id(const struct fgr_overlay *overlay,
                                                       fgr_node_idx *out_node,
                                                       const uint8_t id[FGR_NODE_ID_BYTES]);

struct fgr_overlay_edge_info {
    uint64_t scid;
    fgr_node_idx from, to;
    unsigned direction;  /* 0 leaves the lesser node id */
    fgr_edge_idx origin; /* of the view, itself if unchanged; FGR_IDX_NONE if added */
    fgr_msat capacity;   /* FGR_MSAT_MAX where unknown */
    fgr_msat min, max;   /* of the balance, without what is reserved */
    fgr_msat reserved;
    fgr_msat htlc_min, htlc_max;
    int64_t bias_msat; /* with that of the node it enters, and the cost of an HTLC */
    uint32_t slots;    /* FGR_SLOTS_ANY = no limit */
    uint32_t base_msat;
    uint32_t ppm;
    uint16_t cltv_delta;
    bool usable;     /* a route may use it */
    bool is_blinded; /* a blinded path */
};

/* Half-channel `edge` of view and overlay together. One of the view that the overlay changed or
 * banned is told as the view has it, but not usable. Errors: ARG (out of range). */
FGR_API FGR_NODISCARD enum fgr_err fgr_overlay_edge(const struct fgr_overlay *overlay,
                                                    struct fgr_overlay_edge_info *out_info,
                                                    fgr_edge_idx edge);

#ifdef __cplusplus
}
#endif

#endif
