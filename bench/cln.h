/* SPDX-License-Identifier: MIT */
/*
 * cln.h - what Core Lightning's solvers answered to the same queries, and how long they
 * took: recorded once (cln-results-2026-02-03.csv.zst), on the conditions told beside the file.
 *
 * Threads: one thread. Memory: freed by fgr_cln_free.
 */
#ifndef FGR_BENCH_CLN_H
#define FGR_BENCH_CLN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fgr_cln_row {
    char set[16];
    uint32_t number; /* of the pair */
    uint64_t amount_sat;
    bool is_found;
    double best_ms; /* of four runs */
    uint64_t fee_msat;
    uint32_t n_parts;
    uint32_t worst_delay_blocks; /* of the slowest part, without the final delta */
    double probability;
};

struct fgr_cln {
    struct fgr_cln_row *row;
    size_t n;
};

#define FGR_CLN_ROUTE "askrene_single_path"
#define FGR_CLN_SPLIT "askrene_default"

/* The queries of one solver. False if the recording is not there. Ends the program with a message if
 * it cannot be read. */
bool fgr_cln_load(struct fgr_cln *out_cln, const char *solver);
void fgr_cln_free(struct fgr_cln *cln);

/* NULL if the query was not recorded. */
const struct fgr_cln_row *fgr_cln_find(const struct fgr_cln *cln, const char *set, uint32_t number,
                                       uint64_t amount_sat);

#endif
