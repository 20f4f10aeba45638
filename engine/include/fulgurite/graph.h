/* SPDX-License-Identifier: MIT */
/*
 * fulgurite/graph.h - the network as queries see it: import a snapshot, open an image as a view,
 * look things up. Implemented by graph/.
 *
 * A view is immutable. It reads the .fgr image in place: opening maps and verifies, nothing is
 * parsed or copied, and many processes share one copy in the page cache.
 *
 * Threads: a view is immutable, any number of threads; import works on its own memory.
 * Memory: pointers inside the *_info structs are borrowed from the view until fgr_view_close.
 */
#ifndef FULGURITE_GRAPH_H
#define FULGURITE_GRAPH_H

#include "fulgurite/base.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fgr_view;

/* ---- import -------------------------------------------------------------------------------- */

enum fgr_format {
    FGR_FORMAT_UNKNOWN = 0,
    FGR_FORMAT_GOSSIP_STORE,  /* Core Lightning gossip_store, v9 to v16 */
    FGR_FORMAT_DESCRIBEGRAPH, /* LND describegraph JSON */
    FGR_FORMAT_CSV,           /* our channels.csv (with nodes.csv beside it) */
    FGR_FORMAT_IMAGE          /* a .fgr image (verified and copied) */
};

enum fgr_compression {
    FGR_COMPRESSION_NONE = 0,
    FGR_COMPRESSION_GZIP,
    FGR_COMPRESSION_BZIP2,
    FGR_COMPRESSION_XZ,
    FGR_COMPRESSION_ZSTD
};

/* What an importer saw, skipped and kept. Counts of records unless said otherwise. */
struct fgr_import_report {
    enum fgr_format format;
    enum fgr_compression compression;
    uint32_t format_version; /* gossip_store minor version, image version; else 0 */
    uint64_t bytes;          /* decompressed input bytes */
    uint64_t records;        /* records, rows or array elements read */

    uint64_t nodes, channels, policies; /* what the image holds */
    uint64_t enabled;                   /* half-channels a route may use */
    uint64_t disabled;                  /* known policy, disable bit set */
    uint64_t missing;                   /* half-channels without a policy */
    uint64_t parallel_channels;         /* channels beyond the first of their node pair */
    uint64_t inbound_fees;              /* half-channels with an inbound fee (bLIP-18) */
    uint64_t nodes_without_channel;     /* announced nodes dropped: no channel */

    uint64_t duplicates;       /* same record again, older or equal: skipped */
    uint64_t replaced;         /* policy or announcement replaced by a newer one */
    uint64_t orphan_policies;  /* policy of no channel that was kept: skipped */
    uint64_t orphan_nodes;     /* node record whose id no channel uses (also in above) */
    uint64_t deleted;          /* records flagged deleted, or channels removed by a delete record */
    uint64_t dying;            /* channels whose funding output is being spent: kept */
    uint64_t private_channels; /* unannounced channels in old stores: skipped */
    uint64_t unknown_records;  /* record types this reader does not know: skipped */
    uint64_t min_above_max;    /* policies with htlc_min > htlc_max: kept, not usable */
    uint64_t max_above_capacity; /* policies with htlc_max > capacity: kept, not usable */
    uint64_t no_capacity;        /* channels without a known capacity: skipped */
    uint64_t trailing_bytes;     /* bytes of a record not yet completed at the end: left unread */
};

struct fgr_import_options {
    size_t sz;              /* sizeof(struct fgr_import_options) */
    const char *nodes_path; /* nodes.csv for FGR_FORMAT_CSV; NULL otherwise */
    unsigned threads;       /* key validation; 0 = one per core */
};

/* Reads the snapshot at `in_path` ("-" is standard input; format and compression are told from
 * the content) and writes an image to `out_path` atomically: a temporary file in the same folder,
 * fsync, rename. On any error nothing is left at out_path that was not there before.
 * `out_report` and `options` may be NULL.
 * Errors: IO, MEMORY, FORMAT (names format, record, offset), LIMIT. */
FGR_API FGR_NODISCARD enum fgr_err fgr_import(const char *in_path, const char *out_path,
                                              const struct fgr_import_options *options,
                                              struct fgr_import_report *out_report,
                                              struct fgr_error *err);

FGR_API const char *fgr_format_str(enum fgr_format format);
FGR_API const char *fgr_compression_str(enum fgr_compression compression);

/* ---- view ---------------------------------------------------------------------------------- */

/* Maps the image at `path` and verifies it: magic, version, bounds, checksums, and every index in
 * it, so that no later read can leave the mapping whatever the bytes were. As with every mapped
 * file, who changes it must replace it, as fgr_import does, and not write into it.
 * Errors: IO, MEMORY, FORMAT (with the reason and the section). */
FGR_API FGR_NODISCARD enum fgr_err fgr_view_open(struct fgr_view **out_view, const char *path,
                                                 struct fgr_error *err);

/* The same over `bytes` the caller keeps alive and unchanged until close (8-byte aligned). */
FGR_API FGR_NODISCARD enum fgr_err fgr_view_open_memory(struct fgr_view **out_view,
                                                        const void *bytes, size_t n_bytes,
                                                        struct fgr_error *err);

/* NULL is allowed. */
FGR_API void fgr_view_close(struct fgr_view *view);

FGR_API uint32_t fgr_view_node_count(const struct fgr_view *view);
FGR_API uint32_t fgr_view_channel_count(const struct fgr_view *view);
/* Half-channels a route may use: known policy, not disabled, consistent limits. */
FGR_API uint32_t fgr_view_enabled_count(const struct fgr_view *view);

struct fgr_node_info {
    const uint8_t *id;       /* FGR_NODE_ID_BYTES, compressed point */
    const uint8_t *alias;    /* alias_len bytes, any bytes, not terminated */
    const uint8_t *features; /* features_len bytes, BOLT 9 big-endian bit field */
    uint32_t alias_len;
    uint32_t features_len;
    uint32_t timestamp; /* of the last node_announcement, 0 if none */
    uint32_t channels;  /* channels of the node, enabled or not */
    uint32_t enabled_out;
    uint32_t enabled_in;
};

struct fgr_channel_info {
    uint64_t scid;
    fgr_sat capacity;
    fgr_node_idx node[2]; /* node[0] has the lesser id */
    const uint8_t *features;
    uint32_t features_len;
    bool dying;
    bool closed; /* in a live view: it is known no more, its index is kept */
};

struct fgr_policy_info {
    fgr_msat htlc_min, htlc_max;
    uint32_t base_msat;
    uint32_t ppm;
    int32_t inbound_base_msat; /* bLIP-18; kept, not part of the cost model */
    int32_t inbound_ppm;
    uint32_t timestamp;
    uint16_t cltv_delta;
    bool known;    /* a policy was seen */
    bool disabled; /* its disable bit is set */
    bool usable;   /* a route may use it */
};

/* Out-of-range indexes return FGR_ERR_ARG and leave the output untouched. O(1). */
FGR_API FGR_NODISCARD enum fgr_err fgr_view_node(const struct fgr_view *view,
                                                 struct fgr_node_info *out_info, fgr_node_idx node);
FGR_API FGR_NODISCARD enum fgr_err
fgr_view_channel(const struct fgr_view *view, struct fgr_channel_info *out_info, fgr_chan_idx chan);
FGR_API FGR_NODISCARD enum fgr_err
fgr_view_policy(const struct fgr_view *view, struct fgr_policy_info *out_info, fgr_edge_idx edge);

/* Exact id. Errors: UNKNOWN. O(log nodes). */
FGR_API FGR_NODISCARD enum fgr_err fgr_view_find_id(const struct fgr_view *view,
                                                    fgr_node_idx *out_node,
                                                    const uint8_t id[FGR_NODE_ID_BYTES]);

/* `text` is a node id in hex, a unique prefix of at least 8 hex digits, or an exact alias, tried
 * in that order. Errors: UNKNOWN, AMBIGUOUS (err names up to three candidates). O(log nodes). */
FGR_API FGR_NODISCARD enum fgr_err fgr_view_find_node(const struct fgr_view *view,
                                                      fgr_node_idx *out_node, const char *text,
                                                      struct fgr_error *err);

/* Errors: UNKNOWN. O(log channels). */
FGR_API FGR_NODISCARD enum fgr_err fgr_view_find_channel(const struct fgr_view *view,
                                                         fgr_chan_idx *out_chan, uint64_t scid);

#ifdef __cplusplus
}
#endif

#endif
