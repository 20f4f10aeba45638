/* SPDX-License-Identifier: MIT */
/*
 * import_once.h - what the importers' fuzz targets share: one import from memory, whose outcome is
 * either an error that says something, or an image that loads and holds what the report says.
 *
 * Threads: one.
 */
#ifndef FGR_TESTS_FUZZ_IMPORT_ONCE_H
#define FGR_TESTS_FUZZ_IMPORT_ONCE_H

#include <stdlib.h>

#include "graph/image.h"
#include "graph/import/import.h"

static inline void import_require(bool is_good)
{
    if (!is_good) {
        abort();
    }
}

/* `nodes` NULL: no nodes file. */
static inline void import_once(const uint8_t *bytes, size_t n_bytes, const uint8_t *nodes,
                               size_t n_nodes)
{
    struct fgr_import_input input = {.threads = 1};
    struct fgr_import_report report;
    struct fgr_error err = {0};
    void *image = NULL;
    size_t n_image = 0;
    enum fgr_err code = fgr_source_open_memory(&input.source, bytes, n_bytes, &err);
    if (code == FGR_OK && nodes != NULL) {
        code = fgr_source_open_memory(&input.nodes, nodes, n_nodes, &err);
    }
    if (code == FGR_OK) {
        code = fgr_import_source(&image, &n_image, &input, &report, &err);
    }
    fgr_source_close(input.nodes);
    fgr_source_close(input.source);
    if (code == FGR_OK) {
        struct fgr_view *view;
        import_require(fgr_view_open_memory(&view, image, n_image, &err) == FGR_OK);
        import_require(fgr_view_node_count(view) == report.nodes);
        import_require(fgr_view_channel_count(view) == report.channels);
        import_require(fgr_view_enabled_count(view) == report.enabled);
        import_require(report.policies + report.missing == 2 * report.channels);
        fgr_view_close(view);
    } else {
        import_require(image == NULL && err.code == code && err.text[0] != '\0');
    }
    fgr_image_free(image, n_image);
}

#endif
