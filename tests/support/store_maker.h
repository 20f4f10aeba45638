/* SPDX-License-Identifier: MIT */
/*
 * store_maker.h - writes small gossip_stores, well formed unless told otherwise, and runs importers
 * over bytes in memory.
 *
 * Threads: one thread.
 */
#ifndef FGR_TESTS_SUPPORT_STORE_MAKER_H
#define FGR_TESTS_SUPPORT_STORE_MAKER_H

#include "fulgurite/graph.h"
#include "tests/support/bytes_maker.h"

/* ---- nodes --------------------------------------------------------------------------------- */

enum { FGR_STORE_NODES = 8 };

/* Real points in ascending order, so that node i of a test has direction 0 towards node j > i. */
struct fgr_store_nodes {
    uint8_t id[FGR_STORE_NODES][FGR_NODE_ID_BYTES];
    char hex[FGR_STORE_NODES][2 * FGR_NODE_ID_BYTES + 1];
};

void fgr_store_nodes_init(struct fgr_store_nodes *nodes);

/* ---- messages and records ------------------------------------------------------------------ */

struct fgr_store_channel {
    uint64_t scid;
    uint64_t capacity_sat;
    const uint8_t *node_id[2];
    const char *features; /* NULL: none */
    uint16_t flags;       /* of the record, beside COMPLETED */
    uint8_t chain;        /* every byte of chain_hash */
};

struct fgr_store_update {
    uint64_t scid;
    uint64_t htlc_min_msat, htlc_max_msat;
    uint32_t timestamp, base_msat, ppm;
    uint16_t cltv_delta;
    uint8_t channel_flags; /* 1 direction, 2 disabled */
    uint16_t flags;
    uint8_t chain;
    const void *extension; /* after htlc_maximum_msat */
    size_t n_extension;
};

struct fgr_store_node {
    const uint8_t *id;
    const char *alias;
    size_t n_alias;
    const char *features;
    uint32_t timestamp;
    uint16_t flags;
};

/* Messages, from the type on. */
void fgr_store_announcement(struct fgr_bytes_maker *out, const struct fgr_store_channel *channel);
void fgr_store_update_message(struct fgr_bytes_maker *out, const struct fgr_store_update *update);
void fgr_store_node_message(struct fgr_bytes_maker *out, const struct fgr_store_node *node);

/* A record with the right checksum; COMPLETED is added to `flags`. */
void fgr_store_record(struct fgr_bytes_maker *store, unsigned flags, uint32_t timestamp,
                      const void *message, size_t n_message);

/* A record of type, then `value` in `n_value` bytes. */
void fgr_store_small(struct fgr_bytes_maker *store, unsigned type, uint64_t value, size_t n_value);

/* The announcement and its amount. */
void fgr_store_put_channel(struct fgr_bytes_maker *store, const struct fgr_store_channel *channel);
void fgr_store_put_update(struct fgr_bytes_maker *store, const struct fgr_store_update *update);
void fgr_store_put_node(struct fgr_bytes_maker *store, const struct fgr_store_node *node);

/* ---- running an importer ------------------------------------------------------------------- */

struct fgr_imported {
    enum fgr_err code;
    struct fgr_error err;
    struct fgr_import_report report;
    void *bytes; /* the image; NULL on failure */
    size_t n_bytes;
    struct fgr_view *view; /* of it; NULL on failure */
};

/* Imports `bytes`, with `nodes` as nodes.csv unless it is NULL, on one thread. The bytes are
 * copied to exactly their size first, so that a sanitizer sees a read past them. */
void fgr_import_bytes(struct fgr_imported *out, const struct fgr_bytes_maker *bytes,
                      const struct fgr_bytes_maker *nodes);
void fgr_imported_free(struct fgr_imported *imported);

/* The half-channel `direction` of `scid`; all zero if the channel is not there. */
struct fgr_policy_info fgr_imported_policy(const struct fgr_imported *imported, uint64_t scid,
                                           unsigned direction);

#endif
