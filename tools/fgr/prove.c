/* SPDX-License-Identifier: MIT */
#include "tools/fgr/prove.h"

#include "graph/util/array.h"
#include "graph/util/table.h"
#include "graph/util/thread.h"

#include <stdlib.h>
#include <string.h>

enum { BATCHES_PER_WORKER = 8, THREADS_MAX = 1024 };

/* Who signs the updates of a channel. */
struct ends {
    uint64_t scid;
    uint8_t node_id[2][FGR_NODE_ID_BYTES];
};

struct prover {
    const struct fgr_prove_options *options;
    struct fgr_prove_report *report;
    struct fgr_error *err;
    struct fgr_verifier *verifier;
    struct fgr_table table; /* scid -> item of ends */
    struct ends *ends;
    size_t n_ends, ends_capacity;
    struct fgr_place *places; /* of message k under way at k mod n_places */
    size_t n_places;
    uint64_t n_fed;
};

static uint32_t find_ends(const struct prover *prover, uint64_t scid, uint32_t *out_hash)
{
    *out_hash = fgr_table_hash(&prover->table, &scid, sizeof scid);
    struct fgr_probe probe = fgr_table_probe(&prover->table, *out_hash);
    uint32_t item;
    do {
        item = fgr_table_next(&prover->table, &probe);
    } while (item != FGR_TABLE_NONE && prover->ends[item].scid != scid);
    return item;
}

static enum fgr_err remember_ends(struct prover *prover,
                                  const struct fgr_channel_announcement *channel)
{
    uint32_t hash;
    uint32_t item = find_ends(prover, channel->scid, &hash);
    if (item == FGR_TABLE_NONE) {
        struct ends *ends = fgr_array_grow(prover->ends, &prover->ends_capacity, prover->n_ends + 1,
                                           sizeof *ends, prover->err);
        if (ends == NULL) {
            return FGR_ERR_MEMORY;
        }
        prover->ends = ends;
        item = (uint32_t)prover->n_ends;
        enum fgr_err code = fgr_table_add(&prover->table, hash, item, prover->err);
        if (code != FGR_OK) {
            return code;
        }
        prover->n_ends++;
    }
    prover->ends[item].scid = channel->scid;
    for (unsigned i = 0; i < 2; i++) {
        memcpy(prover->ends[item].node_id[i], channel->node_id[i], FGR_NODE_ID_BYTES);
    }
    return FGR_OK;
}

static void tell(struct prover *prover, const struct fgr_verdict *verdict)
{
    struct fgr_prove_report *report = prover->report;
    report->n_messages++;
    report->of_kind[verdict->kind]++;
    report->n_channel_announcements += verdict->message->type == FGR_WIRE_CHANNEL_ANNOUNCEMENT;
    report->n_node_announcements += verdict->message->type == FGR_WIRE_NODE_ANNOUNCEMENT;
    report->n_channel_updates += verdict->message->type == FGR_WIRE_CHANNEL_UPDATE;
    report->n_signatures = fgr_verifier_stats(prover->verifier).signatures;
    prover->options->fn(prover->options->state, verdict,
                        prover->places[verdict->tag % prover->n_places]);
}

static enum fgr_err feed(struct prover *prover, const struct fgr_raw_message *raw)
{
    struct fgr_message message;
    struct fgr_verdict verdict;
    struct fgr_verify_input input = {
        .message = raw->bytes, .n_bytes = raw->n_bytes, .tag = prover->n_fed};
    enum fgr_err code = FGR_OK;
    if (fgr_wire_decode(&message, raw->bytes, raw->n_bytes) == FGR_WIRE_GOOD) {
        uint32_t hash, item;
        if (message.type == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
            code = remember_ends(prover, &message.channel);
        } else if (message.type == FGR_WIRE_CHANNEL_UPDATE &&
                   (item = find_ends(prover, message.update.scid, &hash)) != FGR_TABLE_NONE) {
            input.signer = prover->ends[item].node_id[fgr_wire_direction(&message.update)];
        }
    }
    while (code == FGR_OK && !fgr_verifier_offer(prover->verifier, &input)) {
        if (fgr_verifier_wait(prover->verifier, &verdict)) {
            tell(prover, &verdict);
        }
    }
    prover->places[prover->n_fed++ % prover->n_places] = raw->place;
    return code;
}

static void drain(struct prover *prover)
{
    struct fgr_verdict verdict;
    fgr_verifier_flush(prover->verifier);
    while (!fgr_verifier_end(prover->verifier, false)) {
        if (fgr_verifier_wait(prover->verifier, &verdict)) {
            tell(prover, &verdict);
        }
    }
    while (fgr_verifier_wait(prover->verifier, &verdict)) {
        tell(prover, &verdict);
    }
}

static enum fgr_err prove_all(struct prover *prover, struct fgr_messages *messages)
{
    struct fgr_raw_message raw;
    enum fgr_err code;
    do {
        code = fgr_messages_next(messages, &raw, prover->err);
        if (code == FGR_OK && raw.bytes != NULL) {
            code = feed(prover, &raw);
        }
    } while (code == FGR_OK && raw.bytes != NULL);
    drain(prover); /* also what came before an error */
    return code;
}

enum fgr_err fgr_prove(struct fgr_messages *messages, const struct fgr_prove_options *options,
                       struct fgr_prove_report *out_report, struct fgr_error *err)
{
    unsigned threads = options->threads != 0 ? options->threads : fgr_thread_cores();
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    const struct fgr_verify_options verify = {.threads = threads,
                                              .n_batches = BATCHES_PER_WORKER * threads};
    struct prover prover = {.options = options,
                            .report = out_report,
                            .err = err,
                            .n_places = (size_t)verify.n_batches * FGR_VERIFY_BATCH};
    *out_report = (struct fgr_prove_report){0};
    prover.places = fgr_array_new(prover.n_places, sizeof *prover.places, err);
    enum fgr_err code = prover.places == NULL ? FGR_ERR_MEMORY : fgr_table_init(&prover.table, err);
    if (code == FGR_OK) {
        code = fgr_verifier_create(&prover.verifier, &verify, err);
    }
    if (code == FGR_OK) {
        code = prove_all(&prover, messages);
    }
    fgr_verifier_destroy(prover.verifier);
    fgr_table_free(&prover.table);
    free(prover.ends);
    free(prover.places);
    return code;
}
