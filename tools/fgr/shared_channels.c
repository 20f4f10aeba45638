/* SPDX-License-Identifier: MIT */
#include "tools/fgr/shared_channels.h"

#include "tools/fgr/grid.h"
#include "tools/fgr/names.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <stdlib.h>

/* More than this nobody reads. */
#define ROWS_MAX 12

/* A half-channel and what all parts put on it. */
struct shared {
    uint64_t sum_msat;
    double probability;
    fgr_edge_idx edge;
    fgr_node_idx from, to;
    uint32_t n_parts;
};

static int by_edge(const void *a, const void *b)
{
    uint32_t x = ((const struct shared *)a)->edge.v;
    uint32_t y = ((const struct shared *)b)->edge.v;
    return (x > y) - (x < y);
}

static int by_parts(const void *a, const void *b)
{
    const struct shared *x = a;
    const struct shared *y = b;
    int order = (x->n_parts < y->n_parts) - (x->n_parts > y->n_parts);
    order = order != 0 ? order : (x->sum_msat < y->sum_msat) - (x->sum_msat > y->sum_msat);
    return order != 0 ? order : by_edge(a, b);
}

/* One entry per half-channel, those with most parts first. Returns how many have several. */
static uint32_t collect(struct shared *out, const struct fgr_split *split)
{
    uint32_t n_hops = 0;
    for (uint32_t p = 0; p < split->n_parts; p++) {
        const struct fgr_part *part = &split->parts[p];
        for (uint32_t i = 0; i < part->n_hops; i++) {
            const struct fgr_hop *hop = &part->hops[i];
            out[n_hops++] = (struct shared){.sum_msat = hop->amount.v,
                                            .probability = hop->probability,
                                            .edge = hop->edge,
                                            .from = hop->from,
                                            .to = hop->to,
                                            .n_parts = 1};
        }
    }
    qsort(out, n_hops, sizeof *out, by_edge);
    uint32_t n = 0;
    for (uint32_t i = 1; i < n_hops; i++) {
        if (out[i].edge.v == out[n].edge.v) {
            out[n].sum_msat += out[i].sum_msat;
            out[n].probability *= out[i].probability;
            out[n].n_parts++;
        } else {
            out[++n] = out[i];
        }
    }
    qsort(out, n + 1, sizeof *out, by_parts);
    uint32_t n_shared = 0;
    while (n_shared <= n && out[n_shared].n_parts > 1) {
        n_shared++;
    }
    return n_shared;
}

static void add_row(struct fgr_grid *grid, const struct fgr_view *view,
                    const struct fgr_overlay *overlay, const struct shared *row)
{
    char edge[FGR_NAMES_EDGE_BYTES];
    char alias[FGR_TEXT_ALIAS_BYTES];
    char text[FGR_UNITS_TEXT_BYTES];
    uint64_t most_msat = fgr_names_most_msat(view, overlay, row->edge);
    fgr_grid_add(grid, "%s", fgr_names_edge(edge, view, overlay, row->edge));
    fgr_grid_add(grid, "%s", fgr_names_node(alias, view, overlay, row->from));
    fgr_grid_add(grid, "%s", fgr_names_node(alias, view, overlay, row->to));
    fgr_grid_add(grid, "%" PRIu32, row->n_parts);
    fgr_grid_add(grid, "%s", fgr_units_grouped(text, row->sum_msat / 1000));
    fgr_grid_add(grid, "%s", fgr_units_grouped(text, most_msat / 1000));
    fgr_grid_add(grid, "%s", fgr_units_percent(text, row->sum_msat, most_msat));
    fgr_grid_add(grid, "%.2f", 100 * row->probability);
}

static void print_rows(const struct fgr_view *view, const struct fgr_overlay *overlay,
                       const struct shared *rows, uint32_t n, bool has_color)
{
    static const char *const head[] = {"shared channel", "from", "to",     "parts",
                                       "amount sat",     NULL,   "used %", "prob %"};
    char text[FGR_UNITS_TEXT_BYTES];
    struct fgr_grid grid;
    putchar('\n');
    fgr_grid_init(&grid, "lllrrrrr");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        fgr_grid_add(&grid, "%s", head[i] == NULL ? fgr_names_most_head(overlay) : head[i]);
    }
    for (uint32_t i = 0; i < n && i < ROWS_MAX; i++) {
        add_row(&grid, view, overlay, &rows[i]);
    }
    if (n > ROWS_MAX) {
        fgr_grid_add(&grid, "%s more", fgr_units_grouped(text, n - ROWS_MAX));
    }
    fgr_grid_print(&grid, stdout, has_color);
}

void fgr_shared_channels_print(const struct fgr_view *view, const struct fgr_overlay *overlay,
                               const struct fgr_split *split, bool has_color)
{
    struct shared rows[FGR_PARTS_MAX * FGR_HOPS_MAX];
    uint32_t n = collect(rows, split);
    if (n > 0) {
        print_rows(view, overlay, rows, n, has_color);
    }
}
