/* SPDX-License-Identifier: MIT */
/*
 * packer.h - compresses test input, in all four formats, honestly or without end.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_TESTS_SUPPORT_PACKER_H
#define FGR_TESTS_SUPPORT_PACKER_H

#include "fulgurite/graph.h"
#include "tests/support/bytes_maker.h"

/* Appends `bytes`, compressed as one stream. Aborts the test program where that fails. */
void fgr_pack(struct fgr_bytes_maker *out, enum fgr_compression compression, const void *bytes,
              size_t n_bytes);

/* Appends one stream that decompresses to `head` and then `n_repeats` times 1 MiB of `fill`. */
void fgr_pack_bomb(struct fgr_bytes_maker *out, enum fgr_compression compression, const char *head,
                   char fill, unsigned n_repeats);

#endif
