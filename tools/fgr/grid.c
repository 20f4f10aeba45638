/* SPDX-License-Identifier: MIT */
#include "tools/fgr/grid.h"

#include "tools/fgr/text.h"

#include <stdarg.h>
#include <string.h>

void fgr_grid_init(struct fgr_grid *grid, const char *align)
{
    grid->align = align;
    grid->n_columns = (unsigned)strlen(align);
    grid->n_cells = 0;
    grid->n_text = 0;
}

void fgr_grid_add(struct fgr_grid *grid, const char *format, ...)
{
    uint32_t room = FGR_GRID_TEXT_BYTES - grid->n_text;
    if (grid->n_cells == FGR_GRID_CELLS_MAX || room == 0) {
        return;
    }
    va_list args;
    va_start(args, format);
    int n = vsnprintf(grid->text + grid->n_text, room, format, args);
    va_end(args);
    if (n < 0) {
        return;
    }
    grid->cell[grid->n_cells++] = grid->n_text;
    grid->n_text += (uint32_t)n < room ? (uint32_t)n + 1 : room;
}

static void measure(const struct fgr_grid *grid, unsigned out_width[FGR_GRID_COLUMNS_MAX])
{
    memset(out_width, 0, FGR_GRID_COLUMNS_MAX * sizeof *out_width);
    for (unsigned i = 0; i < grid->n_cells; i++) {
        unsigned width = fgr_text_width(grid->text + grid->cell[i]);
        unsigned *column = &out_width[i % grid->n_columns];
        *column = width > *column ? width : *column;
    }
}

void fgr_grid_print(const struct fgr_grid *grid, FILE *file, bool is_bold)
{
    unsigned width[FGR_GRID_COLUMNS_MAX];
    unsigned gap = 0; /* spaces owed before the next text: none are left at the end of a line */
    measure(grid, width);
    for (unsigned i = 0; i < grid->n_cells; i++) {
        unsigned column = i % grid->n_columns;
        const char *text = grid->text + grid->cell[i];
        unsigned pad = width[column] - fgr_text_width(text);
        bool is_right = grid->align[column] == 'r';
        if (is_bold && i == 0) {
            fputs("\033[1m", file);
        }
        gap += (column > 0 ? 2 : 0) + (is_right ? pad : 0);
        if (*text != '\0') {
            fprintf(file, "%*s%s", (int)gap, "", text);
            gap = 0;
        }
        gap += is_right ? 0 : pad;
        if (column + 1 == grid->n_columns || i + 1 == grid->n_cells) {
            fputs(is_bold && i < grid->n_columns ? "\033[0m\n" : "\n", file);
            gap = 0;
        }
    }
}
