/* SPDX-License-Identifier: MIT */
/*
 * prove.h - all messages of a file through a verifier.
 *
 * Place in the flow: graph/import/messages -> prove -> verdicts with their place in the file.
 *
 * The node that signs a channel_update stands in the channel_announcement of its channel, so that
 * must come before it in the file; the last one of a channel counts, proven or not: what is proven
 * is that the file's signatures are by the keys that the file names.
 *
 * Threads: one thread, and the workers of the verifier.
 */
#ifndef FGR_TOOLS_PROVE_H
#define FGR_TOOLS_PROVE_H

#include "graph/import/messages.h"
#include "graph/verify.h"

struct fgr_prove_report {
    uint64_t n_messages;
    uint64_t n_channel_announcements, n_node_announcements, n_channel_updates;
    uint64_t of_kind[FGR_VERDICT_KINDS];
    uint64_t n_signatures;
};

/* A verdict, in the order of the file; `verdict` is borrowed for the call. */
typedef void fgr_prove_fn(void *state, const struct fgr_verdict *verdict, struct fgr_place place);

struct fgr_prove_options {
    unsigned threads; /* 0: one per core */
    fgr_prove_fn *fn;
    void *state;
};

/* Reads `messages` to their end. `out_report` is of all that was read, also after an error. Errors:
 * those of the file, MEMORY, IO. */
enum fgr_err fgr_prove(struct fgr_messages *messages, const struct fgr_prove_options *options,
                       struct fgr_prove_report *out_report, struct fgr_error *err);

#endif
