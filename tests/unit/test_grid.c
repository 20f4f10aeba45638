/* SPDX-License-Identifier: MIT */
#include "tools/fgr/grid.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void use_utf8(void)
{
    cr_assert(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
}

TestSuite(grid, .init = use_utf8);

static char *printed(const struct fgr_grid *grid, bool is_bold)
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    cr_assert(file != NULL);
    fgr_grid_print(grid, file, is_bold);
    fclose(file);
    return text;
}

Test(grid, columns_align_by_display_width)
{
    static struct fgr_grid grid;
    fgr_grid_init(&grid, "rlr");
    const char *const cells[] = {"n", "alias", "x", "1", "\xf0\x9f\x90\x99", "12", "10", "", ""};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        fgr_grid_add(&grid, "%s", cells[i]);
    }
    char *plain = printed(&grid, false);
    cr_expect_str_eq(plain, " n  alias   x\n 1  \xf0\x9f\x90\x99     12\n10\n");
    free(plain);
    char *bold = printed(&grid, true);
    cr_expect_str_eq(bold, "\033[1m n  alias   x\033[0m\n 1  \xf0\x9f\x90\x99     12\n10\n");
    free(bold);
}

Test(grid, what_does_not_fit_is_dropped)
{
    static struct fgr_grid grid;
    char line[1025];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    fgr_grid_init(&grid, "l");
    for (unsigned i = 0; i < 2 * FGR_GRID_CELLS_MAX; i++) {
        fgr_grid_add(&grid, "%s", line);
    }
    char *text = printed(&grid, false);
    cr_expect_leq(strlen(text), FGR_GRID_TEXT_BYTES);
    cr_expect(strncmp(text, line, sizeof line - 1) == 0);
    free(text);
}
