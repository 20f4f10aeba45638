/* SPDX-License-Identifier: MIT */
/*
 * put.h - the pieces that JSON answers are made of: members, hops, the head and the end of an answer.
 *
 * Place in the flow: an answer of the library -> put -> JSON.
 *
 * Threads: one thread per writer.
 */
#ifndef FGR_TOOLS_PUT_H
#define FGR_TOOLS_PUT_H

#include "fulgurite/route.h"
#include "graph/util/json.h"

/* A member of the object that is open. */
void fgr_put_text(struct fgr_json_writer *json, const char *key, const char *text);
void fgr_put_u64(struct fgr_json_writer *json, const char *key, uint64_t value);
void fgr_put_null(struct fgr_json_writer *json, const char *key);
/* At most FGR_PUT_HEX_BYTES_MAX bytes. */
#define FGR_PUT_HEX_BYTES_MAX 128
void fgr_put_hex(struct fgr_json_writer *json, const char *key, const uint8_t *bytes,
                 size_t n_bytes);

/* Here and below `overlay` may be NULL. */
void fgr_put_node(struct fgr_json_writer *json, const char *key, const struct fgr_view *view,
                  const struct fgr_overlay *overlay, fgr_node_idx node);

/* "probability". */
void fgr_put_probability(struct fgr_json_writer *json, double probability);

/* "scid" and "direction". */
void fgr_put_scid(struct fgr_json_writer *json, const struct fgr_view *view,
                  const struct fgr_overlay *overlay, fgr_edge_idx edge);

/* "hops", with a bias where there is an overlay. */
void fgr_put_hops(struct fgr_json_writer *json, const struct fgr_view *view,
                  const struct fgr_overlay *overlay, const struct fgr_hop *hops, uint32_t n_hops);

/* Begins an answer, up to the key of its reason. */
void fgr_put_head(struct fgr_json_writer *json, const char *id, size_t n_id, const char *status);

/* What stands between amount and stats where there is no route. */
void fgr_put_no_parts(struct fgr_json_writer *json);

/* The whole answer of a query that could not be asked. */
void fgr_put_error(struct fgr_json_writer *json, const char *id, size_t n_id,
                   const struct fgr_error *error);

#endif
