/* SPDX-License-Identifier: MIT */
#include "tools/fgr/overlay_option.h"

#include "tools/fgr/overlay_file.h"

#include <string.h>

void fgr_overlay_files_add(struct fgr_overlay_files *files, const char *path)
{
    if (files->n < FGR_OVERLAY_FILES_MAX) {
        files->path[files->n] = path;
    }
    files->n++;
}

enum fgr_exit fgr_overlay_files_check(const struct fgr_overlay_files *files, const char *graph)
{
    unsigned n_stdin = graph != NULL && strcmp(graph, "-") == 0;
    if (files->n > FGR_OVERLAY_FILES_MAX) {
        return fgr_cli_fail_usage("%zu times --overlay: at most %d are read", files->n,
                                  FGR_OVERLAY_FILES_MAX);
    }
    for (size_t i = 0; i < files->n; i++) {
        n_stdin += strcmp(files->path[i], "-") == 0;
    }
    return n_stdin > 1 ? fgr_cli_fail_usage("only one of G.fgr and --overlay can be standard input")
                       : FGR_EXIT_OK;
}

enum fgr_exit fgr_overlay_files_load(struct fgr_overlay **out_overlay,
                                     const struct fgr_overlay_files *files,
                                     const struct fgr_view *view)
{
    struct fgr_error err;
    *out_overlay = NULL;
    if (files->n == 0 ||
        fgr_overlay_file_load(out_overlay, view, files->path, files->n, &err) == FGR_OK) {
        return FGR_EXIT_OK;
    }
    /* A statement that cannot be is the file's fault, not that of the command line. */
    err.code = err.code == FGR_ERR_ARG ? FGR_ERR_FORMAT : err.code;
    return fgr_cli_fail_error(&err);
}
