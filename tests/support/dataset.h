/* SPDX-License-Identifier: MIT */
/*
 * dataset.h - the mainnet-sized network that tests and benchmarks run on: the real snapshot of
 * 2026-02-03 where it is at hand, else the bundled one.
 *
 * Place in the flow: snapshot file -> fgr_import -> temporary image -> view.
 *
 * The snapshot is looked for in $FGR_SHARED_DATA, then in ../shared/data beside the sources.
 *
 * Threads: one thread; the view is immutable. Memory: the temporary image is unlinked at once.
 */
#ifndef FGR_TESTS_SUPPORT_DATASET_H
#define FGR_TESTS_SUPPORT_DATASET_H

#include "fulgurite/graph.h"

#define FGR_DATASET_PATH_BYTES 1024

struct fgr_dataset {
    struct fgr_view *view;
    bool is_snapshot; /* the real one; else the bundled one */
    char path[FGR_DATASET_PATH_BYTES];
};

/* Path of a file of the snapshot's folder; false if it is not there. */
bool fgr_dataset_find(char out_path[FGR_DATASET_PATH_BYTES], const char *name);

/* Fills all but the view: which network fgr_dataset_open would take. False if there is none; the
 * path then names the bundled one. */
bool fgr_dataset_source(struct fgr_dataset *out_dataset);

/* A fresh, empty temporary file; false with `err` filled if there can be none. */
bool fgr_dataset_temporary(char out_path[FGR_DATASET_PATH_BYTES], struct fgr_error *err);

/* UNKNOWN: neither network is there. Otherwise the errors of fgr_import and fgr_view_open. */
enum fgr_err fgr_dataset_open(struct fgr_dataset *out_dataset, struct fgr_error *err);
void fgr_dataset_close(struct fgr_dataset *dataset);

/* Node `number` of the snapshot's nodes.csv, whose keys are made from the number; FGR_IDX_NONE if
 * no such node is in the view. */
uint32_t fgr_dataset_node(const struct fgr_view *view, uint64_t number);

#endif
