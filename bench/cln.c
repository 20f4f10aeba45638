/* SPDX-License-Identifier: MIT */
#include "bench/cln.h"

#include <stdlib.h>
#include <string.h>

#include "bench/harness.h"
#include "bench/pairs.h"

#define RECORDING "cln-results-2026-02-03.csv.zst"
#define ROWS_MAX 10000

/* The columns of the recording. */
enum {
    SET,
    PAIR,
    AMOUNT_SAT,
    SOLVER,
    OK,
    BEST_MS,
    MEDIAN_MS,
    PARTS,
    HOPS,
    FEE_MSAT,
    WORST_DELAY,
    PROBABILITY,
    ERROR_CODE,
    COLUMNS
};

struct loading {
    struct fgr_cln *cln;
    const char *solver;
};

static void add_row(void *state, char *line)
{
    const struct loading *loading = state;
    struct fgr_cln *cln = loading->cln;
    char *field[COLUMNS];
    if (fgr_lines_split(line, field, COLUMNS) != COLUMNS ||
        strlen(field[SET]) >= sizeof cln->row->set) {
        fgr_bench_fail("%s: no recorded query: %s", RECORDING, line);
    }
    if (strcmp(field[SOLVER], loading->solver) != 0 || cln->n == ROWS_MAX) {
        return; /* the header, another solver */
    }
    struct fgr_cln_row *row = &cln->row[cln->n++];
    memcpy(row->set, field[SET], strlen(field[SET]) + 1);
    row->number = (uint32_t)strtoul(field[PAIR], NULL, 10);
    row->amount_sat = strtoull(field[AMOUNT_SAT], NULL, 10);
    row->is_found = strcmp(field[OK], "1") == 0;
    row->best_ms = strtod(field[BEST_MS], NULL);
    row->fee_msat = strtoull(field[FEE_MSAT], NULL, 10); /* empty where nothing was found */
    row->n_parts = (uint32_t)strtoul(field[PARTS], NULL, 10);
    row->worst_delay_blocks = (uint32_t)strtoul(field[WORST_DELAY], NULL, 10);
    row->probability = strtod(field[PROBABILITY], NULL);
}

bool fgr_cln_load(struct fgr_cln *out_cln, const char *solver)
{
    char path[FGR_DATASET_PATH_BYTES];
    *out_cln = (struct fgr_cln){0};
    if (!fgr_dataset_find(path, RECORDING)) {
        return false;
    }
    out_cln->row = calloc(ROWS_MAX, sizeof *out_cln->row);
    if (out_cln->row == NULL) {
        fgr_bench_fail("out of memory for %d rows", ROWS_MAX);
    }
    struct loading loading = {out_cln, solver};
    fgr_lines_read(path, add_row, &loading);
    return true;
}

void fgr_cln_free(struct fgr_cln *cln)
{
    free(cln->row);
    *cln = (struct fgr_cln){0};
}

const struct fgr_cln_row *fgr_cln_find(const struct fgr_cln *cln, const char *set, uint32_t number,
                                       uint64_t amount_sat)
{
    for (size_t i = 0; i < cln->n; i++) {
        const struct fgr_cln_row *row = &cln->row[i];
        if (row->number == number && row->amount_sat == amount_sat && strcmp(row->set, set) == 0) {
            return row;
        }
    }
    return NULL;
}
