/* SPDX-License-Identifier: MIT */
/*
 * pairs.h - the fixed pairs of nodes that benchmarks route between, and lines of text in general.
 *
 * Place in the flow: bench-pairs.csv of the snapshot, or datasets/synth-pairs.csv -> pairs.
 *
 * Threads: one thread. Memory: freed by fgr_pairs_free.
 */
#ifndef FGR_BENCH_PAIRS_H
#define FGR_BENCH_PAIRS_H

#include "tests/support/dataset.h"

struct fgr_pair {
    char set[16];    /* "uniform" or "funded" */
    uint32_t number; /* within the set */
    uint32_t from;
    uint32_t to;
};

struct fgr_pairs {
    struct fgr_pair *pair;
    size_t n;
};

/* The pairs of the dataset. Ends the program with a message if they cannot be read. */
void fgr_pairs_load(struct fgr_pairs *out_pairs, const struct fgr_dataset *dataset);
void fgr_pairs_free(struct fgr_pairs *pairs);

/* Calls `on_line` with each line of a file, plain or compressed, terminated and without newline.
 * Ends the program with a message if the file cannot be read. */
typedef void fgr_line_fn(void *state, char *line);
void fgr_lines_read(const char *path, fgr_line_fn *on_line, void *state);

/* Cuts `line` at its commas: out_field[0] is the line's beginning. Returns how many fields there
 * are; no more than `n_max` are cut, and the last one keeps the rest. */
size_t fgr_lines_split(char *line, char *out_field[], size_t n_max);

/* Writes the decompressed bytes of `path` to `out_path`. Ends the program as above. */
void fgr_lines_unpack(const char *path, const char *out_path);

#endif
