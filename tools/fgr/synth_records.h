/* SPDX-License-Identifier: MIT */
/*
 * synth_records.h - a generated network, record by record: what an image is built from, and what
 * its nodes sign.
 *
 * Place in the flow: seed -> all stages of the generator -> records -> builder, or gossip_store.
 *
 * Threads: keys are derived on `threads` workers, the rest is made by one thread; reading is for any
 * number.
 * Memory: about 130 bytes a node and 30 a channel.
 */
#ifndef FGR_TOOLS_SYNTH_RECORDS_H
#define FGR_TOOLS_SYNTH_RECORDS_H

#include "tools/fgr/synth.h"
#include "tools/fgr/synth_key.h"
#include "tools/fgr/synth_name.h"

struct fgr_synth_records {
    struct fgr_synth_net net;
    struct fgr_synth_manner *manners; /* of each node */
    struct fgr_synth_key *keys;
    uint32_t *places; /* channel i is the places[i]-th oldest */
};

/* Generates a network. Errors: those of fgr_synth_generate; nothing is to be freed then. */
enum fgr_err fgr_synth_records_create(struct fgr_synth_records *out_records,
                                      const struct fgr_synth_options *options,
                                      struct fgr_error *err);
void fgr_synth_records_free(struct fgr_synth_records *records);

struct fgr_synth_channel {
    struct fgr_channel_record record;
    uint32_t node[2]; /* the ends, the one of the lesser id first, as in the record */
    unsigned n_policies;
    struct fgr_policy_record policies[2]; /* of node[direction] */
};

void fgr_synth_records_channel(const struct fgr_synth_records *records,
                               struct fgr_synth_channel *out_channel, uint32_t chan);

/* False: the node never announced itself. */
bool fgr_synth_records_node(const struct fgr_synth_records *records,
                            struct fgr_synth_announcement *out_announcement, uint32_t node);

#endif
