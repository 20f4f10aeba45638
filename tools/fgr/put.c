/* SPDX-License-Identifier: MIT */
#include "tools/fgr/put.h"

#include "tools/fgr/names.h"

#include <string.h>

#define PROBABILITY_DECIMALS 6

void fgr_put_text(struct fgr_json_writer *json, const char *key, const char *text)
{
    fgr_json_key(json, key);
    fgr_json_string(json, text, strlen(text));
}

void fgr_put_u64(struct fgr_json_writer *json, const char *key, uint64_t value)
{
    fgr_json_key(json, key);
    fgr_json_u64(json, value);
}

void fgr_put_null(struct fgr_json_writer *json, const char *key)
{
    fgr_json_key(json, key);
    fgr_json_null(json);
}

void fgr_put_hex(struct fgr_json_writer *json, const char *key, const uint8_t *bytes,
                 size_t n_bytes)
{
    char hex[FGR_TEXT_HEX_BYTES(FGR_PUT_HEX_BYTES_MAX)];
    fgr_put_text(json, key, fgr_text_hex(hex, bytes, n_bytes));
}

void fgr_put_probability(struct fgr_json_writer *json, double probability)
{
    fgr_json_key(json, "probability");
    fgr_json_double(json, probability, PROBABILITY_DECIMALS);
}

void fgr_put_node(struct fgr_json_writer *json, const char *key, const struct fgr_view *view,
                  const struct fgr_overlay *overlay, fgr_node_idx node)
{
    const uint8_t *id = fgr_names_id(view, overlay, node);
    if (id != NULL) {
        fgr_put_hex(json, key, id, FGR_NODE_ID_BYTES);
    }
}

void fgr_put_scid(struct fgr_json_writer *json, const struct fgr_view *view,
                  const struct fgr_overlay *overlay, fgr_edge_idx edge)
{
    char text[FGR_TEXT_SCID_BYTES];
    uint64_t scid;
    if (fgr_names_scid(view, overlay, &scid, edge)) {
        fgr_put_text(json, "scid", fgr_text_scid(text, scid));
        fgr_put_u64(json, "direction", edge.v & 1);
    }
}

static void put_hop(struct fgr_json_writer *json, const struct fgr_view *view,
                    const struct fgr_overlay *overlay, const struct fgr_hop *hop)
{
    fgr_json_object_begin(json);
    fgr_put_scid(json, view, overlay, hop->edge);
    fgr_put_node(json, "from", view, overlay, hop->from);
    fgr_put_node(json, "to", view, overlay, hop->to);
    fgr_put_u64(json, "amount_msat", hop->amount.v);
    fgr_put_u64(json, "fee_msat", hop->fee.v);
    fgr_put_u64(json, "cltv_delta", hop->cltv_delta);
    if (overlay != NULL) {
        fgr_json_key(json, "bias_msat");
        fgr_json_i64(json, hop->bias_msat);
    }
    fgr_json_object_end(json);
}

void fgr_put_hops(struct fgr_json_writer *json, const struct fgr_view *view,
                  const struct fgr_overlay *overlay, const struct fgr_hop *hops, uint32_t n_hops)
{
    fgr_json_key(json, "hops");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < n_hops; i++) {
        put_hop(json, view, overlay, &hops[i]);
    }
    fgr_json_array_end(json);
}

void fgr_put_no_parts(struct fgr_json_writer *json)
{
    fgr_put_null(json, "fee_msat");
    fgr_put_null(json, "cost_msat");
    fgr_put_null(json, "bound_msat");
    fgr_put_null(json, "gap_ppm");
    fgr_put_null(json, "probability");
    fgr_json_key(json, "parts");
    fgr_json_array_begin(json);
    fgr_json_array_end(json);
}

void fgr_put_head(struct fgr_json_writer *json, const char *id, size_t n_id, const char *status)
{
    fgr_json_object_begin(json);
    fgr_json_key(json, "id");
    fgr_json_string(json, id, n_id);
    fgr_put_text(json, "status", status);
    fgr_json_key(json, "reason");
}

/* The name of an error in JSON: what a query got wrong has names of its own. */
static const char *error_name(enum fgr_err code)
{
    switch (code) {
    case FGR_ERR_UNKNOWN:
        return "unknown_node";
    case FGR_ERR_AMBIGUOUS:
        return "ambiguous_node";
    case FGR_ERR_ARG:
    case FGR_ERR_FORMAT:
        return "bad_query";
    case FGR_OK:
    case FGR_ERR_MEMORY:
    case FGR_ERR_IO:
    case FGR_ERR_LIMIT:
    case FGR_ERR_NO_ROUTE:
    case FGR_ERR_WORK:
    case FGR_ERR_CHECK:
    case FGR_ERR_GAP:
        break;
    }
    return fgr_err_str(code);
}

void fgr_put_error(struct fgr_json_writer *json, const char *id, size_t n_id,
                   const struct fgr_error *error)
{
    fgr_put_head(json, id, n_id, "error");
    fgr_json_object_begin(json);
    fgr_put_text(json, "code", error_name(error->code));
    fgr_put_text(json, "text", error->text);
    fgr_json_object_end(json);
    fgr_json_object_end(json);
}
