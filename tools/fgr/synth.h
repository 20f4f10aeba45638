/* SPDX-License-Identifier: MIT */
/*
 * synth.h - a generated network of any size that looks like Bitcoin mainnet's.
 *
 * Place in the flow: seed -> generator (synth_records) -> builder -> image bytes.
 *
 * One seed gives the same bytes on every machine and for any number of threads: all arithmetic is
 * integer, and each item draws from a stream of its own.
 *
 * Threads: keys are derived on `threads` workers; the rest is one thread.
 * Memory: that of the records, then the builder's.
 */
#ifndef FGR_TOOLS_SYNTH_H
#define FGR_TOOLS_SYNTH_H

#include "fulgurite/graph.h"

#define FGR_SYNTH_NODES_MIN 2
#define FGR_SYNTH_NODES_MAX 50000000
#define FGR_SYNTH_CHANNELS_MAX 100000000

struct fgr_synth_options {
    uint64_t nodes;    /* each has a channel */
    uint64_t channels; /* at least one for every two nodes */
    uint64_t seed;
    unsigned threads; /* 0 = one per core */
};

/* Generates a network as image bytes, freed with fgr_image_free. `out_report` tells what came of
 * it (format fields apart).
 * Errors: ARG (too few or too many nodes or channels; says what would do), MEMORY. */
FGR_NODISCARD enum fgr_err fgr_synth_generate(void **out_bytes, size_t *out_n_bytes,
                                              const struct fgr_synth_options *options,
                                              struct fgr_import_report *out_report,
                                              struct fgr_error *err);

#endif
