/* SPDX-License-Identifier: MIT */
/*
 * import.h - a snapshot of any format to the bytes of an image. fgr_import (fulgurite/graph.h)
 * puts files at both ends; tests and fuzzers come in here.
 *
 * Place in the flow: source -> import (detects, one reader per format) -> builder -> image bytes.
 *
 * Threads: one thread, and `threads` workers while node keys are validated.
 */
#ifndef FGR_IMPORT_IMPORT_H
#define FGR_IMPORT_IMPORT_H

#include "graph/import/source.h"

struct fgr_import_input {
    struct fgr_source *source;
    struct fgr_source *nodes; /* nodes.csv, for FGR_FORMAT_CSV only; else NULL */
    unsigned threads;         /* 0: one per core */
};

/* Reads `input->source` to its end. `report` is overwritten; `out_bytes` is freed with
 * fgr_image_free. Errors: those of the readers and the builder, with the format in front; FORMAT
 * for an empty or unknown input; ARG where nodes are given but not used or the reverse. */
enum fgr_err fgr_import_source(void **out_bytes, size_t *out_n_bytes,
                               const struct fgr_import_input *input,
                               struct fgr_import_report *report, struct fgr_error *err);

#endif
