/* SPDX-License-Identifier: MIT */
#include "graph/import/image_input.h"

#include <stdlib.h>
#include <string.h>

#include "graph/image.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

bool fgr_image_input_detect(const uint8_t *bytes, size_t n_bytes)
{
    return n_bytes >= 4 && memcmp(bytes,
                                  "\x89"
                                  "FGR",
                                  4) == 0;
}

uint64_t fgr_image_input_bytes_max(const uint8_t *bytes, size_t n_bytes)
{
    struct fgr_image_header header;
    if (n_bytes < sizeof header) {
        return UINT64_MAX;
    }
    memcpy(&header, bytes, sizeof header);
    return !fgr_image_input_detect(bytes, n_bytes) ? 0
           : header.file_bytes < UINT64_MAX        ? header.file_bytes + 1
                                                   : UINT64_MAX;
}

/* Memory grows with what arrives, and no further than what the header promises. */
static enum fgr_err read_bytes(uint8_t **out_bytes, size_t *out_n_bytes, struct fgr_source *source,
                               struct fgr_error *err)
{
    uint8_t *bytes = NULL;
    size_t n = 0, capacity = 0, n_window;
    const uint8_t *window;
    enum fgr_err code;
    while ((code = fgr_source_fill(source, &window, &n_window, 1, err)) == FGR_OK && n_window > 0 &&
           n < fgr_image_input_bytes_max(bytes, n)) {
        uint8_t *grown = fgr_array_grow(bytes, &capacity, n + n_window, 1, err);
        if (grown == NULL) {
            code = FGR_ERR_MEMORY;
            break;
        }
        bytes = grown;
        memcpy(bytes + n, window, n_window);
        n += n_window;
        fgr_source_skip(source, n_window);
    }
    if (code != FGR_OK) {
        free(bytes);
        return code;
    }
    *out_bytes = bytes;
    *out_n_bytes = n;
    return FGR_OK;
}

static int compare_pairs(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static enum fgr_err count_parallel(struct fgr_import_report *report, const struct fgr_view *view,
                                   struct fgr_error *err)
{
    uint64_t *pairs = fgr_array_new(view->n_chans, sizeof *pairs, err);
    if (pairs == NULL) {
        return FGR_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < view->n_chans; i++) {
        pairs[i] = (uint64_t)view->chan[i].node[0] << 32 | view->chan[i].node[1];
    }
    qsort(pairs, view->n_chans, sizeof *pairs, compare_pairs);
    for (uint32_t i = 1; i < view->n_chans; i++) {
        report->parallel_channels += pairs[i] == pairs[i - 1];
    }
    free(pairs);
    return FGR_OK;
}

static void count_halves(struct fgr_import_report *report, const struct fgr_view *view)
{
    for (uint32_t edge = 0; edge < 2 * view->n_chans; edge++) {
        const struct fgr_half *half = &view->half[edge];
        uint64_t capacity_msat = view->chan[edge >> 1].capacity_sat * 1000;
        if ((half->flags & FGR_HALF_KNOWN) == 0) {
            report->missing++;
            continue;
        }
        report->policies++;
        report->disabled += (half->flags & FGR_HALF_DISABLED) != 0;
        report->min_above_max += half->htlc_min_msat > half->htlc_max_msat;
        report->max_above_capacity += half->htlc_max_msat > capacity_msat;
    }
    for (uint32_t i = 0; i < view->n_chans; i++) {
        report->dying += (view->chan[i].flags & FGR_CHAN_DYING) != 0;
    }
}

enum fgr_err fgr_image_input_read(void **out_bytes, size_t *out_n_bytes, struct fgr_source *source,
                                  struct fgr_import_report *report, struct fgr_error *err)
{
    struct fgr_view view;
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    enum fgr_err code = read_bytes(&bytes, &n_bytes, source, err);
    if (code == FGR_OK) {
        code = fgr_image_load(&view, bytes, n_bytes, err);
    }
    if (code == FGR_OK) {
        code = count_parallel(report, &view, err);
    }
    if (code != FGR_OK) {
        free(bytes);
        return code;
    }
    count_halves(report, &view);
    report->format_version = FGR_IMAGE_VERSION;
    report->records = (uint64_t)view.n_nodes + view.n_chans;
    report->nodes = view.n_nodes;
    report->channels = view.n_chans;
    report->enabled = view.n_usable;
    report->inbound_fees = view.n_inbound;
    *out_bytes = bytes;
    *out_n_bytes = n_bytes;
    return FGR_OK;
}
