/* SPDX-License-Identifier: MIT */
#include "tools/fgr/cut.h"

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
    uint64_t capacity_sat;
};

static struct cut_row row_of(const struct fgr_view *view, fgr_edge_idx edge)
{
    struct fgr_channel_info channel = {0};
    struct cut_row row = {.edge = edge};
    if (fgr_view_channel(view, &channel, (fgr_chan_idx){edge.v >> 1}) == FGR_OK) {
        row.from = channel.node[edge.v & 1];
        row.to = channel.node[1 - (edge.v & 1)];
        row.capacity_sat = channel.capacity.v;
    }
    return row;
}

/* The largest ones, in falling order; of equals those that come first. Returns how many. */
static unsigned take_largest(struct cut_row out_rows[ROWS_MAX], const struct fgr_view *view,
                             const struct fgr_capacity *capacity)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < capacity->n_cut; i++) {
        const struct cut_row row = row_of(view, capacity->cut[i]);
        unsigned at = n;
        for (; at > 0 && out_rows[at - 1].capacity_sat < row.capacity_sat; at--) {
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

void fgr_cut_print(const struct fgr_view *view, const struct fgr_capacity *capacity, bool has_color)
{
    struct cut_row rows[ROWS_MAX];
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    char edge[FGR_NAMES_EDGE_BYTES];
    char alias[FGR_TEXT_ALIAS_BYTES];
    unsigned n = take_largest(rows, view, capacity);
    uint64_t rest_sat = capacity->at_most.v / 1000;
    fgr_grid_init(&grid, "lllr");
    fgr_grid_add(&grid, "channel");
    fgr_grid_add(&grid, "from");
    fgr_grid_add(&grid, "to");
    fgr_grid_add(&grid, "capacity sat");
    for (unsigned i = 0; i < n; i++) {
        fgr_grid_add(&grid, "%s", fgr_names_edge(edge, view, NULL, rows[i].edge));
        fgr_grid_add(&grid, "%s", fgr_names_node(alias, view, NULL, rows[i].from));
        fgr_grid_add(&grid, "%s", fgr_names_node(alias, view, NULL, rows[i].to));
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, rows[i].capacity_sat));
        rest_sat -= rows[i].capacity_sat;
    }
    if (n < capacity->n_cut) {
        fgr_grid_add(&grid, "%s more", fgr_units_grouped(text, capacity->n_cut - n));
        fgr_grid_add(&grid, "%s", "");
        fgr_grid_add(&grid, "%s", "");
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, rest_sat));
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
                 const struct fgr_capacity *capacity)
{
    fgr_json_key(json, "cut");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < capacity->n_cut; i++) {
        const struct cut_row row = row_of(view, capacity->cut[i]);
        fgr_json_object_begin(json);
        fgr_put_scid(json, view, NULL, row.edge);
        fgr_put_node(json, "from", view, NULL, row.from);
        fgr_put_node(json, "to", view, NULL, row.to);
        fgr_put_u64(json, "capacity_sat", row.capacity_sat);
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
}
