/* SPDX-License-Identifier: MIT */
/*
 * synth_store.h - a generated network as its nodes would announce it: a gossip_store full of signed
 * messages.
 *
 * Place in the flow: records -> wire -> sign -> gossip_store, version 16.
 *
 * Each channel's announcement, capacity and updates, then the node_announcements. Imported, it is
 * the image of the same options, byte for byte. One seed gives the same bytes on every machine and
 * for any number of threads: funding keys follow from the seed like those of nodes, and nonces from
 * secret and message (RFC 6979).
 *
 * Threads: signing is done by `threads` workers, the caller is one of them.
 * Memory: that of the records, about 750 bytes a channel and 180 a node.
 */
#ifndef FGR_TOOLS_SYNTH_STORE_H
#define FGR_TOOLS_SYNTH_STORE_H

#include "tools/fgr/synth.h"

struct fgr_synth_store_report {
    uint64_t n_channel_announcements, n_node_announcements, n_channel_updates;
    uint64_t n_disabled; /* of the updates */
    uint64_t n_signatures;
};

/* Signatures made so far, of `n_total`; now and then, by the calling thread. */
typedef void fgr_synth_store_fn(void *state, uint64_t n_signatures, uint64_t n_total);

struct fgr_synth_store_watch {
    fgr_synth_store_fn *fn;
    void *state;
};

/* Generates and signs a network. `out_bytes` is freed with free(). Errors: those of
 * fgr_synth_generate; IO (libcrypto failed). */
FGR_NODISCARD enum fgr_err fgr_synth_store_make(void **out_bytes, size_t *out_n_bytes,
                                                const struct fgr_synth_options *options,
                                                const struct fgr_synth_store_watch *watch,
                                                struct fgr_synth_store_report *out_report,
                                                struct fgr_error *err);

#endif
