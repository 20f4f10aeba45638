/* SPDX-License-Identifier: MIT */
#include "tools/fgr/cut.h"

#include "graph/overlay.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/names.h"
#include "tools/fgr/put.h"
#include "tools/fgr/units.h"

#include <inttypes.h>

/* More than this nobody reads. */
#define ROWS_MAX 12

struct cut_row {
    fgr_edge_idx edge;
    fgr_node_idx from, to;
    uint64_t capacity_msat; /* FGR_MSAT_MAX where unknown */
    uint64_t most_msat;     /* it can send */
};

static struct cut_row row_of(const struct fgr_view *view, const struct fgr_overlay *overlay,
                             fgr_edge_idx name)
{
    struct cut_row row = {.edge = name};
    uint32_t edge = fgr_overlay_edge_named(view, overlay, name.v);
    if (edge != FGR_IDX_NONE) {
        const struct fgr_overlay_edge at = fgr_overlay_edge_at(view, overlay, edge);
        row.from.v = at.from;
        row.to.v = at.to;
        row.capacity_msat = at.capacity_msat;
        row.most_msat = fgr_overlay_edge_room(&at);
    }
    return row;
}

/* The largest ones, in falling order; of equals those that come first. Returns how many. */
static unsigned take_largest(struct cut_row out_rows[ROWS_MAX], const struct fgr_view *view,
                             const struct fgr_overlay *overlay, const struct fgr_capacity *capacity)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < capacity->n_cut; i++) {
        const struct cut_row row = row_of(view, overlay, capacity->cut[i]);
        unsigned at = n;
        for (; at > 0 && out_rows[at - 1].most_msat < row.most_msat; at--) {
            if (at < ROWS_MAX) {
                out_rows[at] = out_rows[at - 1];
            }
        }
        if (at < ROWS_MAX) {
            out_rows[at] = row;
        }
        n += n < ROWS_MAX;
    }
    return n;
}

void fgr_cut_print(const struct fgr_view *view, const struct fgr_overlay *overlay,
                   const struct fgr_capacity *capacity, bool has_color)
{
    struct cut_row rows[ROWS_MAX];
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    char edge[FGR_NAMES_EDGE_BYTES];
    char alias[FGR_TEXT_ALIAS_BYTES];
    unsigned n = take_largest(rows, view, overlay, capacity);
    uint64_t rest_msat = capacity->at_most.v;
    fgr_grid_init(&grid, "lllr");
    fgr_grid_add(&grid, "channel");
    fgr_grid_add(&grid, "from");
    fgr_grid_add(&grid, "to");
    fgr_grid_add(&grid, "%s", fgr_names_most_head(overlay));
    for (unsigned i = 0; i < n; i++) {
        fgr_grid_add(&grid, "%s", fgr_names_edge(edge, view, overlay, rows[i].edge));
        fgr_grid_add(&grid, "%s", fgr_names_node(alias, view, overlay, rows[i].from));
        fgr_grid_add(&grid, "%s", fgr_names_node(alias, view, overlay, rows[i].to));
        fgr_grid_add(&grid, "%s", fgr_units_sat(text, (fgr_msat){rows[i].most_msat}));
        rest_msat -= rows[i].most_msat;
    }
    if (n < capacity->n_cut) {
        fgr_grid_add(&grid, "%s more", fgr_units_grouped(text, capacity->n_cut - n));
        fgr_grid_add(&grid, "%s", "");
        fgr_grid_add(&grid, "%s", "");
        fgr_grid_add(&grid, "%s", fgr_units_sat(text, (fgr_msat){rest_msat}));
    }
    fgr_grid_print(&grid, stdout, has_color);
}

const char *fgr_cut_place(const struct fgr_capacity *capacity)
{
    if (capacity->is_cut_at_source) {
        return "source";
    }
    return capacity->is_cut_at_destination ? "destination" : "between";
}

void fgr_cut_put(struct fgr_json_writer *json, const struct fgr_view *view,
                 const struct fgr_overlay *overlay, const struct fgr_capacity *capacity)
{
    fgr_json_key(json, "cut");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < capacity->n_cut; i++) {
        const struct cut_row row = row_of(view, overlay, capacity->cut[i]);
        fgr_json_object_begin(json);
        fgr_put_scid(json, view, overlay, row.edge);
        fgr_put_node(json, "from", view, overlay, row.from);
        fgr_put_node(json, "to", view, overlay, row.to);
        if (row.capacity_msat == FGR_MSAT_MAX) {
            fgr_put_null(json, "capacity_sat");
        } else {
            fgr_put_u64(json, "capacity_sat", row.capacity_msat / 1000);
        }
        fgr_put_u64(json, "max_msat", row.most_msat);
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
}
