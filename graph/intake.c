/* SPDX-License-Identifier: MIT */
/*
 * intake.c - who waits for whom.
 *
 * A message that passes the look goes to the verifier, and its verdict is taken when it is there: in
 * order, so the amount that came with the message is kept in a ring beside it. The feeder and the
 * taker are this one thread, which waits for a verdict only where the verifier is full, where an
 * order has to be kept (a channel is removed behind its announcement), or where nothing else is to
 * be done.
 *
 * Updates that follow their announcement closely wait in the room of the rules until it is proven.
 * That room is small and must not be filled by what is only under way, so after a quarter of it the
 * verdicts are waited for.
 */
#include "graph/intake.h"

#include <stdlib.h>
#include <string.h>

#include "graph/translate.h"
#include "graph/util/array.h"
#include "graph/util/clock.h"
#include "graph/util/error.h"
#include "graph/util/pipeline.h"
#include "graph/util/thread.h"

enum {
    BATCHES_PER_WORKER = 8,
    ORPHANS_DEFAULT = 4096,
    PRUNE_EVERY_S = 3600,
    BLOCKS_DEEP = 5 /* on top of a channel's block before it is announced */
};

struct fgr_intake {
    struct fgr_rules *rules;
    struct fgr_verifier *verifier;
    struct fgr_master *master;
    struct fgr_publish *publish;
    uint64_t *capacities_sat; /* of message k under way at k mod n_capacities */
    size_t n_capacities;
    uint64_t n_fed, n_decided;
    uint64_t n_not_shown; /* changes */
    uint32_t n_waiting;   /* messages sent to the room since nothing was under way */
    uint32_t n_orphans;
    uint32_t height; /* at least; 0: not known */
    uint32_t pruned_s;
    struct fgr_intake_figures figures;
};

/* ---- views ----------------------------------------------------------------------------------- */

static enum fgr_err show(struct fgr_intake *intake, struct fgr_error *err)
{
    enum fgr_err code = fgr_publish_show(intake->publish, err);
    if (code == FGR_OK) {
        intake->n_not_shown = 0;
        intake->figures.views++;
        intake->figures.shown_ns = fgr_clock_ns();
    }
    return code;
}

static enum fgr_err show_if_due(struct fgr_intake *intake, struct fgr_error *err)
{
    bool is_due =
        intake->n_not_shown > 0 && fgr_clock_ns() - intake->figures.shown_ns >= FGR_INTAKE_SHOW_NS;
    return is_due ? show(intake, err) : FGR_OK;
}

/* A feeder that is trusted may contradict itself: counted, and the rest goes on. */
static enum fgr_err apply(struct fgr_intake *intake, const struct fgr_change *change,
                          struct fgr_error *err)
{
    enum fgr_err code = fgr_master_apply(intake->master, change, err);
    if (code == FGR_ERR_FORMAT || code == FGR_ERR_UNKNOWN) {
        intake->figures.contradictions++;
        return FGR_OK;
    }
    if (code == FGR_OK) {
        intake->figures.applied++;
        intake->n_not_shown++;
    }
    return code;
}

static enum fgr_err close_channel(struct fgr_intake *intake, uint64_t scid, struct fgr_error *err)
{
    const struct fgr_change change = {.kind = FGR_CHANGE_CLOSE, .u = {.scid = scid}};
    return apply(intake, &change, err);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void note_height(struct fgr_intake *intake, uint64_t scid)
{
    uint32_t height = fgr_scid_block(scid) + BLOCKS_DEEP;
    intake->height = height > intake->height ? height : intake->height;
}

/* What an accepted message says. */
static struct fgr_change change_of(const struct fgr_message *message, uint64_t capacity_sat)
{
    struct fgr_change change;
    switch (message->type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        change.kind = FGR_CHANGE_CHANNEL;
        change.u.channel = fgr_translate_channel(&message->channel, capacity_sat);
        break;
    case FGR_WIRE_CHANNEL_UPDATE:
        change.kind = FGR_CHANGE_POLICY;
        change.u.policy = fgr_translate_update(&message->update);
        break;
    default:
        change.kind = FGR_CHANGE_NODE;
        change.u.node = fgr_translate_node(&message->node);
        break;
    }
    return change;
}

static bool is_capacity(uint64_t sat)
{
    return sat > 0 && sat <= FGR_SAT_MAX;
}

static enum fgr_err decide(struct fgr_intake *intake, const struct fgr_verdict *verdict,
                           struct fgr_error *err)
{
    uint64_t capacity_sat = intake->capacities_sat[verdict->tag % intake->n_capacities];
    struct fgr_ruling ruling;
    intake->n_decided++;
    if (verdict->verified == NULL) {
        fgr_rules_refuse(intake->rules, verdict->kind);
        return FGR_OK;
    }
    enum fgr_err code =
        fgr_rules_accept(intake->rules, verdict->verified, is_capacity(capacity_sat), &ruling, err);
    if (code != FGR_OK || ruling.rule != FGR_RULE_ACCEPTED) {
        return code;
    }
    intake->figures.splices += ruling.continues_scid != 0;
    if (verdict->message->type == FGR_WIRE_CHANNEL_ANNOUNCEMENT) {
        note_height(intake, verdict->message->channel.scid);
    }
    const struct fgr_change change = change_of(verdict->message, capacity_sat);
    code = apply(intake, &change, err);
    return code == FGR_OK ? show_if_due(intake, err) : code;
}

static enum fgr_err wait_one(struct fgr_intake *intake, struct fgr_error *err)
{
    struct fgr_verdict verdict;
    return fgr_verifier_wait(intake->verifier, &verdict) ? decide(intake, &verdict, err) : FGR_OK;
}

static enum fgr_err take_ready(struct fgr_intake *intake, struct fgr_error *err)
{
    struct fgr_verdict verdict;
    enum fgr_err code = FGR_OK;
    while (code == FGR_OK && fgr_verifier_take(intake->verifier, &verdict)) {
        code = decide(intake, &verdict, err);
    }
    return code;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Of room that is only full of what this thread has not taken. */
static enum fgr_err offer(struct fgr_intake *intake, struct fgr_verify_input *input,
                          uint64_t capacity_sat, struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    input->tag = intake->n_fed;
    while (code == FGR_OK && !fgr_verifier_offer(intake->verifier, input)) {
        code = wait_one(intake, err);
    }
    if (code == FGR_OK) {
        intake->capacities_sat[intake->n_fed % intake->n_capacities] = capacity_sat;
        intake->n_fed++;
    }
    return code;
}

static enum fgr_err look(struct fgr_intake *intake, const uint8_t *bytes, size_t n_bytes,
                         uint64_t capacity_sat, struct fgr_error *err)
{
    struct fgr_message message;
    const uint8_t *signer;
    uint8_t
        signer_id[FGR_NODE_ID_BYTES]; /* what the rules lend may move when others are accepted */
    if (fgr_wire_decode(&message, bytes, n_bytes) != FGR_WIRE_GOOD) {
        fgr_rules_refuse(intake->rules, FGR_VERDICT_OTHER_TYPE);
        return FGR_OK;
    }
    enum fgr_rule rule =
        fgr_rules_look(intake->rules, &message, is_capacity(capacity_sat), &signer);
    intake->n_waiting += rule == FGR_RULE_WAITS;
    if (rule != FGR_RULE_ACCEPTED) {
        return FGR_OK;
    }
    struct fgr_verify_input input = {.message = bytes, .n_bytes = n_bytes};
    if (signer != NULL) {
        memcpy(signer_id, signer, sizeof signer_id);
        input.signer = signer_id;
    }
    return offer(intake, &input, capacity_sat, err);
}

/* What waited for a channel that is there now. */
static enum fgr_err look_at_released(struct fgr_intake *intake, struct fgr_error *err)
{
    const uint8_t *bytes;
    size_t n_bytes;
    enum fgr_err code = FGR_OK;
    while (code == FGR_OK && (bytes = fgr_rules_released(intake->rules, &n_bytes)) != NULL) {
        code = look(intake, bytes, n_bytes, FGR_FEED_SAT_UNKNOWN, err);
    }
    return code;
}

/* Until nothing is under way. */
static enum fgr_err finish(struct fgr_intake *intake, struct fgr_error *err)
{
    enum fgr_err code = look_at_released(intake, err);
    while (code == FGR_OK && intake->n_decided < intake->n_fed) {
        fgr_verifier_flush(intake->verifier);
        while (code == FGR_OK && intake->n_decided < intake->n_fed) {
            code = wait_one(intake, err);
        }
        if (code == FGR_OK) {
            code = look_at_released(intake, err);
        }
    }
    intake->n_waiting = 0;
    return code;
}

static enum fgr_err take_dying(struct fgr_intake *intake, uint64_t scid, struct fgr_error *err)
{
    const struct fgr_change change = {.kind = FGR_CHANGE_DYING, .u = {.scid = scid}};
    bool is_open = false;
    enum fgr_err code = finish(intake, err);
    if (code == FGR_OK) {
        code = fgr_rules_spent(intake->rules, scid, FGR_RULES_HEIGHT_UNKNOWN, &is_open, err);
    }
    if (code == FGR_OK && is_open) {
        intake->figures.dying++;
        code = apply(intake, &change, err);
    }
    return code;
}

static enum fgr_err take_closed(struct fgr_intake *intake, uint64_t scid, struct fgr_error *err)
{
    enum fgr_err code = finish(intake, err);
    if (code == FGR_OK && fgr_rules_removed(intake->rules, scid)) {
        intake->figures.closed++;
        code = close_channel(intake, scid, err);
    }
    return code;
}

static enum fgr_err take_entry(struct fgr_intake *intake, const struct fgr_feed_entry *entry,
                               struct fgr_error *err)
{
    intake->figures.entries++;
    switch (entry->kind) {
    case FGR_FEED_MESSAGE:
        break;
    case FGR_FEED_CLOSED:
        return take_closed(intake, entry->scid, err);
    case FGR_FEED_DYING:
        return take_dying(intake, entry->scid, err);
    }
    enum fgr_err code = intake->n_waiting > intake->n_orphans / 4 ? finish(intake, err)
                                                                  : look_at_released(intake, err);
    return code == FGR_OK ? look(intake, entry->message, entry->n_bytes, entry->capacity_sat, err)
                          : code;
}

enum fgr_err fgr_intake_take(struct fgr_intake *intake, const struct fgr_feed_entry *entries,
                             size_t n_entries, struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    for (size_t i = 0; i < n_entries && code == FGR_OK; i++) {
        code = take_entry(intake, &entries[i], err);
        if (code == FGR_OK) {
            code = take_ready(intake, err);
        }
    }
    return code == FGR_OK ? show_if_due(intake, err) : code;
}

/* ---- now and then ---------------------------------------------------------------------------- */

/* Only with all that is at hand taken: a height from the middle of a file is years old. */
static enum fgr_err close_spent(struct fgr_intake *intake, struct fgr_error *err)
{
    uint64_t scid;
    enum fgr_err code = FGR_OK;
    while (code == FGR_OK && intake->height != 0 &&
           fgr_rules_next_closed(intake->rules, intake->height, &scid)) {
        intake->figures.closed++;
        code = close_channel(intake, scid, err);
    }
    return code;
}

enum fgr_err fgr_intake_settle(struct fgr_intake *intake, struct fgr_error *err)
{
    enum fgr_err code = finish(intake, err);
    if (code == FGR_OK) {
        code = close_spent(intake, err);
    }
    return code == FGR_OK && intake->n_not_shown > 0 ? show(intake, err) : code;
}

enum fgr_err fgr_intake_set_time(struct fgr_intake *intake, uint32_t now_s, struct fgr_error *err)
{
    uint64_t scid;
    enum fgr_err code = FGR_OK;
    fgr_rules_set_time(intake->rules, now_s);
    if (now_s < (uint64_t)intake->pruned_s + PRUNE_EVERY_S) {
        return FGR_OK;
    }
    intake->pruned_s = now_s;
    while (code == FGR_OK && fgr_rules_next_pruned(intake->rules, &scid)) {
        intake->figures.pruned++;
        code = close_channel(intake, scid, err);
    }
    return code;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Takes over what the view knows. */
static enum fgr_err learn(struct fgr_intake *intake, const struct fgr_view *view,
                          struct fgr_error *err)
{
    uint32_t n_channels = fgr_view_channel_count(view);
    for (uint32_t i = 0; i < n_channels; i++) {
        struct fgr_channel_info info;
        if (fgr_view_channel(view, &info, (fgr_chan_idx){i}) == FGR_OK) {
            note_height(intake, info.scid);
        }
    }
    return fgr_rules_learn(intake->rules, view, err);
}

static enum fgr_err create_rules(struct fgr_intake *intake, const struct fgr_view *view,
                                 const struct fgr_intake_options *options, struct fgr_error *err)
{
    struct fgr_rules_options rules = options->rules;
    rules.n_orphans = rules.n_orphans != 0 ? rules.n_orphans : ORPHANS_DEFAULT;
    intake->n_orphans = rules.n_orphans;
    enum fgr_err code = fgr_rules_create(&intake->rules, &rules, err);
    if (code == FGR_OK) {
        fgr_rules_set_time(intake->rules, options->now_s);
        intake->pruned_s = options->now_s;
        code = view != NULL ? learn(intake, view, err) : FGR_OK;
    }
    return code;
}

static enum fgr_err create_verifier(struct fgr_intake *intake,
                                    const struct fgr_intake_options *options, struct fgr_error *err)
{
    struct fgr_verify_options verify = options->verify;
    verify.threads = verify.threads != 0 ? verify.threads : fgr_thread_cores();
    verify.threads =
        verify.threads < FGR_PIPELINE_THREADS_MAX ? verify.threads : FGR_PIPELINE_THREADS_MAX;
    verify.n_batches = BATCHES_PER_WORKER * verify.threads;
    intake->n_capacities = (size_t)verify.n_batches * FGR_VERIFY_BATCH;
    intake->capacities_sat =
        fgr_array_new(intake->n_capacities, sizeof *intake->capacities_sat, err);
    return intake->capacities_sat == NULL ? FGR_ERR_MEMORY
                                          : fgr_verifier_create(&intake->verifier, &verify, err);
}

enum fgr_err fgr_intake_create(struct fgr_intake **out_intake, const struct fgr_view *view,
                               const struct fgr_intake_options *options, struct fgr_error *err)
{
    struct fgr_intake *intake = fgr_array_new(1, sizeof *intake, err);
    if (intake == NULL) {
        return FGR_ERR_MEMORY;
    }
    enum fgr_err code = fgr_master_create(&intake->master, view, NULL, err);
    if (code == FGR_OK) {
        code = fgr_publish_create(&intake->publish, intake->master, options->max_readers, err);
    }
    if (code == FGR_OK) {
        intake->figures.shown_ns = fgr_clock_ns();
        code = create_rules(intake, view, options, err);
    }
    if (code == FGR_OK) {
        code = create_verifier(intake, options, err);
    }
    if (code != FGR_OK) {
        fgr_intake_destroy(intake);
        return code;
    }
    *out_intake = intake;
    return FGR_OK;
}

void fgr_intake_destroy(struct fgr_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    fgr_verifier_destroy(intake->verifier);
    free(intake->capacities_sat);
    fgr_rules_destroy(intake->rules);
    fgr_publish_destroy(intake->publish);
    fgr_master_destroy(intake->master);
    free(intake);
}

struct fgr_publish *fgr_intake_publish(const struct fgr_intake *intake)
{
    return intake->publish;
}

void fgr_intake_figures(const struct fgr_intake *intake, struct fgr_intake_figures *out_figures)
{
    *out_figures = intake->figures;
    out_figures->verdicts = intake->n_decided;
    out_figures->signatures = fgr_verifier_stats(intake->verifier).signatures;
    out_figures->n_under_way = intake->n_fed - intake->n_decided;
    for (unsigned i = 0; i < FGR_RULES; i++) {
        out_figures->rules[i] = fgr_rules_count(intake->rules, (enum fgr_rule)i);
    }
}
