/* SPDX-License-Identifier: MIT */
#include "tests/support/vectors.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/dataset.h"

enum { TYPE, CHAIN, SCID_OR_ID, SIGNER, CHECK, CAPACITY, SOURCE, MESSAGE, N_CELLS };

bool fgr_vectors_open(struct fgr_vectors *out_vectors)
{
    char path[FGR_DATASET_PATH_BYTES];
    if (!fgr_dataset_find(path, "vectors/signed-messages.csv")) {
        return false;
    }
    out_vectors->file = fopen(path, "r");
    if (out_vectors->file == NULL ||
        fgets(out_vectors->line, sizeof out_vectors->line, out_vectors->file) == NULL) {
        abort();
    }
    return true;
}

void fgr_vectors_close(struct fgr_vectors *vectors)
{
    fclose(vectors->file);
}

/* Takes the next cell off a line of CSV. */
static char *cell(char **line)
{
    char *at = *line;
    char *end = at + strcspn(at, ",\n");
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return at;
}

bool fgr_vectors_next(struct fgr_vectors *vectors, struct fgr_vector *out_vector)
{
    char *cells[N_CELLS], *rest = vectors->line;
    unsigned byte;
    if (fgets(vectors->line, sizeof vectors->line, vectors->file) == NULL) {
        return false;
    }
    for (size_t i = 0; i < N_CELLS; i++) {
        cells[i] = cell(&rest);
    }
    *out_vector = (struct fgr_vector){.type = (unsigned)strtoul(cells[TYPE], NULL, 10),
                                      .scid_or_id = cells[SCID_OR_ID],
                                      .signer_hex = cells[SIGNER],
                                      .check = cells[CHECK]};
    for (const char *hex = cells[MESSAGE]; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        fgr_bytes_put_be(&out_vector->message, byte, 1);
    }
    return true;
}
