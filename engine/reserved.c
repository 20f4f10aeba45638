/* SPDX-License-Identifier: MIT */
/*
 * reserved.c - between a table of reservations and queries: what is in flight, stated in an overlay,
 * and what an answer is to reserve.
 *
 * The table changes while it is listed, so a list is made once, with room for more than the last
 * look saw, and what is stated is that list. Two passes state it: the first makes room for all
 * statements, each of nothing, so that the second one cannot fail in the middle.
 */
#include "fulgurite/reserve.h"

#include <inttypes.h>
#include <stdlib.h>

#include "graph/overlay.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

/* All that is reserved; NULL without memory. */
static struct fgr_reserved *list_all(const struct fgr_reserve *reserve, size_t *out_n,
                                     struct fgr_error *err)
{
    struct fgr_reserved *list = NULL;
    size_t capacity = 0;
    size_t n = fgr_reserve_list(reserve, NULL, 0);
    do {
        struct fgr_reserved *more = fgr_array_grow(list, &capacity, n + 1, sizeof *list, err);
        if (more == NULL) {
            free(list);
            return NULL;
        }
        list = more;
        n = fgr_reserve_list(reserve, list, capacity);
    } while (n > capacity);
    *out_n = n;
    return list;
}

enum fgr_err fgr_reserve_tell(const struct fgr_reserve *reserve,
                              struct fgr_overlay_builder *builder, struct fgr_error *err)
{
    size_t n;
    struct fgr_reserved *list = list_all(reserve, &n, err);
    if (list == NULL) {
        return FGR_ERR_MEMORY;
    }
    enum fgr_err rc = FGR_OK;
    for (size_t i = 0; i < n && rc == FGR_OK; i++) {
        rc = fgr_overlay_reserved(builder, list[i].edge, (fgr_msat){0}, err);
    }
    for (size_t i = 0; i < n && rc == FGR_OK; i++) {
        rc = fgr_overlay_reserved(builder, list[i].edge, list[i].amount, err);
    }
    free(list);
    return rc;
}

enum fgr_err fgr_reserve_hops(struct fgr_reserve_hop *out_hops, const struct fgr_view *view,
                              const struct fgr_overlay *overlay, const struct fgr_hop *hops,
                              uint32_t n_hops, struct fgr_error *err)
{
    for (uint32_t i = 0; i < n_hops; i++) {
        uint32_t idx = fgr_overlay_edge_named(view, overlay, hops[i].edge.v);
        if (idx == FGR_IDX_NONE) {
            return fgr_fail(err, FGR_ERR_ARG,
                            "hop %" PRIu32 ": half-channel %" PRIu32
                            " is not usable in this view and overlay",
                            i, hops[i].edge.v);
        }
        struct fgr_overlay_edge edge = fgr_overlay_edge_at(view, overlay, idx);
        /* At most FGR_MSAT_MAX: a usable one has more than what is reserved on it. */
        out_hops[i] = (struct fgr_reserve_hop){.edge = hops[i].edge,
                                               .amount = hops[i].amount,
                                               .limit = {edge.max_msat + edge.reserved_msat}};
    }
    return FGR_OK;
}
