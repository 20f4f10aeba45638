/* SPDX-License-Identifier: MIT */
/*
 * grid.h - a small table for people: columns as wide as their widest cell.
 *
 * Threads: one thread per table.
 * Memory: all inside the struct; cells beyond its room are cut or dropped.
 */
#ifndef FGR_TOOLS_GRID_H
#define FGR_TOOLS_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fulgurite/base.h"

#define FGR_GRID_COLUMNS_MAX 12
#define FGR_GRID_CELLS_MAX 1280
#define FGR_GRID_TEXT_BYTES 65536

struct fgr_grid {
    const char *align;
    unsigned n_columns;
    unsigned n_cells;
    uint32_t n_text;
    uint32_t cell[FGR_GRID_CELLS_MAX]; /* offset of its terminated text */
    char text[FGR_GRID_TEXT_BYTES];
};

/* `align` has one 'l' or 'r' per column and outlives the table. */
void fgr_grid_init(struct fgr_grid *grid, const char *align);

/* The next cell, row by row. The text must be safe for a terminal. */
void fgr_grid_add(struct fgr_grid *grid, const char *format, ...) FGR_PRINTF(2, 3);

/* Prints all rows with two spaces between columns, the first row bold where `is_bold`. */
void fgr_grid_print(const struct fgr_grid *grid, FILE *file, bool is_bold);

#endif
