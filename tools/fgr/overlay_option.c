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

static enum fgr_err tell(struct fgr_overlay_told *told, const struct fgr_overlay_files *files,
                         const struct fgr_view *view, struct fgr_error *err)
{
    enum fgr_err rc = fgr_overlay_builder_create(&told->builder, view, err);
    rc = rc == FGR_OK ? fgr_overlay_file_load(told->builder, files->path, files->n, err) : rc;
    return rc == FGR_OK ? fgr_overlay_told_freeze(told, err) : rc;
}

enum fgr_exit fgr_overlay_files_load(struct fgr_overlay_told *out_told,
                                     const struct fgr_overlay_files *files,
                                     const struct fgr_view *view, bool has_more)
{
    struct fgr_error err;
    *out_told = (struct fgr_overlay_told){0};
    if ((files->n == 0 && !has_more) || tell(out_told, files, view, &err) == FGR_OK) {
        return FGR_EXIT_OK;
    }
    /* A statement that cannot be is the file's fault, not that of the command line. */
    err.code = err.code == FGR_ERR_ARG ? FGR_ERR_FORMAT : err.code;
    return fgr_cli_fail_error(&err);
}

enum fgr_err fgr_overlay_told_freeze(struct fgr_overlay_told *told, struct fgr_error *err)
{
    fgr_overlay_destroy(told->overlay);
    told->overlay = NULL;
    return fgr_overlay_freeze(&told->overlay, told->builder, err);
}

void fgr_overlay_told_destroy(struct fgr_overlay_told *told)
{
    fgr_overlay_destroy(told->overlay);
    fgr_overlay_builder_destroy(told->builder);
}
