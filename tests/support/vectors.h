/* SPDX-License-Identifier: MIT */
/*
 * vectors.h - really signed messages of the snapshot's folder, one after the other.
 *
 * Threads: one thread.
 */
#ifndef FGR_TESTS_SUPPORT_VECTORS_H
#define FGR_TESTS_SUPPORT_VECTORS_H

#include <stdio.h>

#include "tests/support/bytes_maker.h"

#define FGR_VECTORS_LINE_BYTES 16384

struct fgr_vectors {
    FILE *file;
    char line[FGR_VECTORS_LINE_BYTES];
};

/* A row of signed-messages.csv; texts are borrowed until the next. */
struct fgr_vector {
    unsigned type;
    const char *scid_or_id;
    const char *signer_hex; /* empty where it stands in the message */
    const char *check;      /* "valid ..." or "BAD ..." */
    struct fgr_bytes_maker message;
};

/* False: the file is not here. */
bool fgr_vectors_open(struct fgr_vectors *out_vectors);
void fgr_vectors_close(struct fgr_vectors *vectors);

/* False at the end. `out_vector->message` is the caller's to free. */
bool fgr_vectors_next(struct fgr_vectors *vectors, struct fgr_vector *out_vector);

#endif
