/* SPDX-License-Identifier: MIT */
/*
 * builder.h - collects nodes, channels and policies in any order and turns them into an image.
 *
 * Place in the flow: import (records of one format) -> builder -> image bytes -> view.
 *
 * The rules every format shares are here, once: unknown ends are created, policies may come before
 * their channel, the newest policy wins (a later record wins a tie), contradictions are errors and
 * oddities are counted in the report. An importer only decodes.
 *
 * Threads: one thread. Node keys are validated on `threads` workers inside fgr_builder_finish.
 * Memory: grows with the network, not with the file; input is borrowed for the call only.
 */
#ifndef FGR_GRAPH_BUILDER_H
#define FGR_GRAPH_BUILDER_H

#include "fulgurite/graph.h"

struct fgr_builder;

/* Where a record stands, for errors that are found later. */
struct fgr_place {
    uint64_t record;
    uint64_t offset;
};

struct fgr_bytes {
    const uint8_t *data;
    uint32_t len;
};

struct fgr_node_record {
    uint8_t id[FGR_NODE_ID_BYTES];
    uint32_t timestamp;
    struct fgr_bytes alias; /* trailing zero bytes are cut; longer than 32 is an error */
    struct fgr_bytes features;
};

struct fgr_channel_record {
    uint64_t scid;
    uint64_t capacity_sat;
    uint8_t node_id[2][FGR_NODE_ID_BYTES]; /* any order: the builder sorts */
    struct fgr_bytes features;
    bool dying;
};

struct fgr_policy_record {
    uint64_t scid;
    unsigned direction; /* 0 leaves the lesser node id */
    uint64_t htlc_min_msat;
    uint64_t htlc_max_msat;
    uint32_t base_msat;
    uint32_t ppm;
    int32_t inbound_base_msat;
    int32_t inbound_ppm;
    uint32_t timestamp;
    uint16_t cltv_delta;
    bool disabled;
    bool max_is_capacity; /* the format gives no htlc_max: the capacity stands in */
};

/* `report` is zeroed by the caller and filled along the way (borrowed until destroy). What only the
 * format can tell is the importer's: format, compression, bytes, records, records flagged deleted,
 * private channels, unknown records, trailing bytes. */
enum fgr_err fgr_builder_create(struct fgr_builder **out_builder, struct fgr_import_report *report,
                                struct fgr_error *err);
void fgr_builder_destroy(struct fgr_builder *builder);

/* Each returns OK also for records that are skipped and counted. FORMAT names the contradiction:
 * self-loop, capacity above 21 million BTC, one scid with two pairs of ends, id that does not
 * start with 02 or 03, alias too long, direction > 1. Capacity 0 is counted as no_capacity. */
enum fgr_err fgr_builder_node(struct fgr_builder *builder, const struct fgr_node_record *node,
                              struct fgr_place place, struct fgr_error *err);
enum fgr_err fgr_builder_channel(struct fgr_builder *builder,
                                 const struct fgr_channel_record *channel, struct fgr_place place,
                                 struct fgr_error *err);
enum fgr_err fgr_builder_policy(struct fgr_builder *builder, const struct fgr_policy_record *policy,
                                struct fgr_place place, struct fgr_error *err);
/* A channel was closed: it and its policies go, counted as deleted. Unknown scids are ignored. */
void fgr_builder_delete_channel(struct fgr_builder *builder, uint64_t scid);
/* A channel's funding output is being spent. Unknown scids are ignored. */
void fgr_builder_dying_channel(struct fgr_builder *builder, uint64_t scid);

/* Validates the node keys and lays out the image in canonical order. `out_bytes` is freed with
 * fgr_image_free. The builder is used up: only destroy may follow.
 * Errors: MEMORY, FORMAT (a node id that is no point on the curve, with the place it came from),
 * LIMIT (more than 2^31 half-channels). */
enum fgr_err fgr_builder_finish(struct fgr_builder *builder, void **out_bytes, size_t *out_n_bytes,
                                unsigned threads, struct fgr_error *err);

#endif
