/* SPDX-License-Identifier: MIT */
#include "tools/fgr/progress.h"

#include "graph/util/clock.h"
#include "tools/fgr/units.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_COLUMNS = 30, PERIOD_NS = 100000000 };

void fgr_progress_begin(struct fgr_progress *progress, uint64_t n_total, const char *countable)
{
    *progress = (struct fgr_progress){.is_on = isatty(STDERR_FILENO) == 1,
                                      .start_ns = fgr_clock_ns(),
                                      .n_total = n_total,
                                      .countable = countable};
}

static void print_bar(uint64_t n_done, uint64_t n_total)
{
    char bar[BAR_COLUMNS + 1];
    double share = n_done < n_total ? (double)n_done / (double)n_total : 1;
    size_t n_full = (size_t)(share * BAR_COLUMNS);
    memset(bar, '-', BAR_COLUMNS);
    memset(bar, '#', n_full);
    bar[BAR_COLUMNS] = '\0';
    fprintf(stderr, "[%s] %3d %%  ", bar, (int)(share * 100));
}

void fgr_progress_show(struct fgr_progress *progress, uint64_t n_done, uint64_t count)
{
    char text[FGR_UNITS_TEXT_BYTES], rate[FGR_UNITS_TEXT_BYTES];
    if (!progress->is_on) {
        return;
    }
    uint64_t now_ns = fgr_clock_ns();
    if (now_ns - progress->shown_ns < PERIOD_NS) {
        return;
    }
    progress->shown_ns = now_ns;
    progress->is_shown = true;
    double seconds = (double)(now_ns - progress->start_ns + 1) / 1e9;
    fputs("\r\033[K", stderr);
    if (progress->n_total > 0) {
        print_bar(n_done, progress->n_total);
    }
    fprintf(stderr, "%s %s, %s/s", fgr_units_grouped(text, count), progress->countable,
            fgr_units_grouped(rate, (uint64_t)((double)count / seconds)));
}

void fgr_progress_hide(struct fgr_progress *progress)
{
    if (progress->is_shown) {
        fputs("\r\033[K", stderr);
        progress->is_shown = false;
    }
}
