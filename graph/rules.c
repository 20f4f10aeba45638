/* SPDX-License-Identifier: MIT */
/*
 * rules.c - one judgement for each type of message, asked twice: before the signatures, and when
 * they are proven. What it needs to know is in the book (graph/rules_book.h).
 *
 * How often. The limit is a bucket that fills by one message a minute up to ten, kept as one number:
 * the time at which it is full again. Time is what the messages say it is; as that must rise with
 * each of them and cannot be more than a day ahead, lying gains a sender 1440 messages once.
 *
 * How old. Pruning compares with the time that was told, but not with more than a day after the
 * newest message that was accepted: a clock that is wrong by a year then prunes nothing.
 */
#include "graph/rules.h"

#include <stdlib.h>
#include <string.h>

#include "graph/orphans.h"
#include "graph/rules_book.h"
#include "graph/util/array.h"
#include "graph/util/hash.h"
#include "graph/view.h"

enum {
    DAY_S = 86400,
    STALE_S = 14 * DAY_S,
    MESSAGE_PERIOD_S = 60,
    BURST = 10,
    BURST_S = (BURST - 1) * MESSAGE_PERIOD_S, /* how far ahead a bucket may run */
    TAIL_BYTES_MAX = 1024,
    GRACE_BLOCKS = 72,
    ORPHANS_DEFAULT = 4096
};

struct fgr_rules {
    struct fgr_rules_options options;
    struct fgr_book book;
    struct fgr_orphans *orphans;
    uint32_t now_s;
    uint32_t newest_s; /* of all accepted messages */
    size_t prune_at;   /* the next channel of the round */
    uint64_t *spent;   /* scids of channels in that state */
    size_t n_spent, n_spent_room;
    uint64_t counts[FGR_RULES];
};

const char *fgr_rule_str(enum fgr_rule rule)
{
    static const char *const names[FGR_RULES] = {
        "accepted",  "waits",  "no_room",   "tail",        "chain",  "ends",      "conflict",
        "duplicate", "stale",  "same_time", "repeated",    "future", "old",       "rate",
        "private",   "closed", "signer",    "no_capacity", "forged", "malformed", "unchecked"};
    return (unsigned)rule < FGR_RULES ? names[rule] : "unknown";
}

/* ---- life ------------------------------------------------------------------------------------ */

enum fgr_err fgr_rules_create(struct fgr_rules **out_rules, const struct fgr_rules_options *options,
                              struct fgr_error *err)
{
    struct fgr_rules *rules = fgr_array_new(1, sizeof *rules, err);
    if (rules == NULL) {
        return FGR_ERR_MEMORY;
    }
    rules->options = *options;
    enum fgr_err code = fgr_book_init(&rules->book, err);
    if (code == FGR_OK) {
        code = fgr_orphans_create(
            &rules->orphans, options->n_orphans != 0 ? options->n_orphans : ORPHANS_DEFAULT, err);
    }
    if (code != FGR_OK) {
        fgr_rules_destroy(rules);
        return code;
    }
    *out_rules = rules;
    return FGR_OK;
}

void fgr_rules_destroy(struct fgr_rules *rules)
{
    if (rules != NULL) {
        fgr_orphans_destroy(rules->orphans);
        fgr_book_deinit(&rules->book);
        free(rules->spent);
        free(rules);
    }
}

void fgr_rules_set_time(struct fgr_rules *rules, uint32_t now_s)
{
    rules->now_s = now_s > rules->now_s ? now_s : rules->now_s;
}

static enum fgr_rule counted(struct fgr_rules *rules, enum fgr_rule rule)
{
    rules->counts[rule]++;
    return rule;
}

uint64_t fgr_rules_count(const struct fgr_rules *rules, enum fgr_rule rule)
{
    return rules->counts[rule];
}

/* ---- what messages are judged by -------------------------------------------------------------- */

static bool is_chain(const struct fgr_rules *rules, const uint8_t *chain_hash)
{
    return memcmp(rules->options.chain_hash, chain_hash, FGR_CHAIN_HASH_BYTES) == 0;
}

/* Hash of a message that signs itself, without signature and timestamp; never 0. */
static uint32_t content_of(const struct fgr_message *message)
{
    const uint8_t *bytes = message->bytes + fgr_wire_signed_at(message->type);
    size_t n_bytes = message->n_bytes - fgr_wire_signed_at(message->type);
    size_t at = message->type == FGR_WIRE_CHANNEL_UPDATE
                    ? FGR_CHAIN_HASH_BYTES + sizeof(uint64_t)
                    : sizeof(uint16_t) + message->node.features_len;
    uint64_t hash = fgr_hash_keyed(bytes + at + sizeof(uint32_t), n_bytes - at - sizeof(uint32_t),
                                   fgr_hash(bytes, at));
    return (uint32_t)hash != 0 ? (uint32_t)hash : 1;
}

/* By time and content: is it news? */
static enum fgr_rule judge_news(const struct fgr_rules *rules, const struct fgr_book_news *known,
                                uint32_t timestamp, uint32_t content)
{
    if (timestamp > (uint64_t)rules->now_s + DAY_S) {
        return FGR_RULE_FUTURE;
    }
    if (known->timestamp != 0 && timestamp <= known->timestamp) {
        bool is_same = known->content == content || known->content == 0;
        return timestamp < known->timestamp ? FGR_RULE_STALE
               : is_same                    ? FGR_RULE_DUPLICATE
                                            : FGR_RULE_SAME_TIME;
    }
    if (known->content == content && timestamp - known->timestamp < DAY_S) {
        return FGR_RULE_REPEATED;
    }
    bool is_often = known->full_s > (uint64_t)timestamp + BURST_S;
    return is_often ? FGR_RULE_RATE : FGR_RULE_ACCEPTED;
}

static void note_news(struct fgr_rules *rules, struct fgr_book_news *news, uint32_t timestamp,
                      uint32_t content)
{
    uint32_t from_s = news->full_s > timestamp ? news->full_s : timestamp;
    *news = (struct fgr_book_news){timestamp, content, from_s + MESSAGE_PERIOD_S};
    rules->newest_s = timestamp > rules->newest_s ? timestamp : rules->newest_s;
}

/* Its ends are those of this announcement. */
static bool has_ends(const struct fgr_rules *rules, const struct fgr_book_channel *known,
                     const struct fgr_channel_announcement *channel)
{
    for (unsigned i = 0; i < 2; i++) {
        if (memcmp(rules->book.nodes[known->node[i]].id, channel->node_id[i], FGR_NODE_ID_BYTES) !=
            0) {
            return false;
        }
    }
    return true;
}

static enum fgr_rule judge_channel(const struct fgr_rules *rules,
                                   const struct fgr_channel_announcement *channel,
                                   bool has_capacity)
{
    if (channel->extension_len > TAIL_BYTES_MAX) {
        return FGR_RULE_TAIL;
    }
    if (!is_chain(rules, channel->chain_hash)) {
        return FGR_RULE_CHAIN;
    }
    if (memcmp(channel->node_id[0], channel->node_id[1], FGR_NODE_ID_BYTES) >= 0) {
        return FGR_RULE_ENDS;
    }
    const struct fgr_book_channel *known = fgr_book_channel(&rules->book, channel->scid);
    if (known != NULL && !has_ends(rules, known, channel)) {
        return FGR_RULE_CONFLICT;
    }
    if (known != NULL && known->state != FGR_BOOK_PRUNED) {
        return known->state == FGR_BOOK_CLOSED ? FGR_RULE_CLOSED : FGR_RULE_DUPLICATE;
    }
    return has_capacity ? FGR_RULE_ACCEPTED : FGR_RULE_NO_CAPACITY;
}

/* WAITS: its channel is not known, or has been pruned. */
static enum fgr_rule judge_update(const struct fgr_rules *rules, const struct fgr_message *message)
{
    const struct fgr_channel_update *update = &message->update;
    if (update->extension_len > TAIL_BYTES_MAX) {
        return FGR_RULE_TAIL;
    }
    if (!is_chain(rules, update->chain_hash)) {
        return FGR_RULE_CHAIN;
    }
    if ((update->message_flags & FGR_WIRE_FLAG_DONT_FORWARD) != 0) {
        return FGR_RULE_PRIVATE;
    }
    const struct fgr_book_channel *known = fgr_book_channel(&rules->book, update->scid);
    const struct fgr_book_news nothing = {0};
    enum fgr_rule rule =
        judge_news(rules, known != NULL ? &known->news[fgr_wire_direction(update)] : &nothing,
                   update->timestamp, content_of(message));
    if (rule == FGR_RULE_ACCEPTED && (uint64_t)update->timestamp + STALE_S <= rules->now_s) {
        rule = FGR_RULE_OLD;
    }
    if (rule != FGR_RULE_ACCEPTED) {
        return rule;
    }
    if (known == NULL || known->state == FGR_BOOK_PRUNED) {
        return FGR_RULE_WAITS;
    }
    bool is_closed = known->state == FGR_BOOK_CLOSED ||
                     (known->state == FGR_BOOK_SPENT && !fgr_wire_is_disabled(update));
    return is_closed ? FGR_RULE_CLOSED : FGR_RULE_ACCEPTED;
}

/* WAITS: it has no channel. */
static enum fgr_rule judge_node(const struct fgr_rules *rules, const struct fgr_message *message)
{
    const struct fgr_node_announcement *node = &message->node;
    if (node->extension_len > TAIL_BYTES_MAX) {
        return FGR_RULE_TAIL;
    }
    const struct fgr_book_node *known = fgr_book_node(&rules->book, node->node_id);
    const struct fgr_book_news nothing = {0};
    enum fgr_rule rule = judge_news(rules, known != NULL ? &known->news : &nothing, node->timestamp,
                                    content_of(message));
    bool has_channel = known != NULL && known->n_channels > 0;
    return rule == FGR_RULE_ACCEPTED && !has_channel ? FGR_RULE_WAITS : rule;
}

static enum fgr_rule judge(const struct fgr_rules *rules, const struct fgr_message *message,
                           bool has_capacity)
{
    switch (message->type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        return judge_channel(rules, &message->channel, has_capacity);
    case FGR_WIRE_CHANNEL_UPDATE:
        return judge_update(rules, message);
    case FGR_WIRE_NODE_ANNOUNCEMENT:
        return judge_node(rules, message);
    default:
        return FGR_RULE_MALFORMED;
    }
}

/* The node that an update of an open channel has to be signed by. */
static const uint8_t *sender_of(const struct fgr_rules *rules,
                                const struct fgr_channel_update *update)
{
    const struct fgr_book_channel *channel = fgr_book_channel(&rules->book, update->scid);
    return channel == NULL ? NULL : rules->book.nodes[channel->node[fgr_wire_direction(update)]].id;
}

/* ---- a look ----------------------------------------------------------------------------------- */

static uint64_t key_of_node(const uint8_t id[FGR_NODE_ID_BYTES])
{
    return fgr_hash(id, FGR_NODE_ID_BYTES);
}

static enum fgr_rule let_wait(struct fgr_rules *rules, const struct fgr_message *message)
{
    uint64_t key = message->type == FGR_WIRE_CHANNEL_UPDATE ? message->update.scid
                                                            : key_of_node(message->node.node_id);
    switch (fgr_orphans_put(rules->orphans, key, message->bytes, message->n_bytes)) {
    case FGR_ORPHANS_KEPT:
        break;
    case FGR_ORPHANS_KEPT_FOR_ANOTHER:
        counted(rules, FGR_RULE_NO_ROOM);
        break;
    case FGR_ORPHANS_REFUSED:
        return FGR_RULE_NO_ROOM;
    }
    return FGR_RULE_WAITS;
}

enum fgr_rule fgr_rules_look(struct fgr_rules *rules, const struct fgr_message *message,
                             bool has_capacity, const uint8_t **out_signer)
{
    enum fgr_rule rule = judge(rules, message, has_capacity);
    *out_signer = NULL;
    if (rule == FGR_RULE_WAITS) {
        rule = let_wait(rules, message);
    }
    if (rule != FGR_RULE_ACCEPTED) {
        return counted(rules, rule);
    }
    if (message->type == FGR_WIRE_CHANNEL_UPDATE) {
        *out_signer = sender_of(rules, &message->update);
    }
    return FGR_RULE_ACCEPTED;
}

const uint8_t *fgr_rules_released(struct fgr_rules *rules, size_t *out_n_bytes)
{
    return fgr_orphans_take(rules->orphans, out_n_bytes);
}

void fgr_rules_refuse(struct fgr_rules *rules, enum fgr_verdict_kind kind)
{
    switch (kind) {
    case FGR_VERDICT_PROVEN:
        break;
    case FGR_VERDICT_FORGED:
        counted(rules, FGR_RULE_FORGED);
        break;
    case FGR_VERDICT_UNCHECKED:
        counted(rules, FGR_RULE_UNCHECKED);
        break;
    case FGR_VERDICT_NO_SIGNER:
        counted(rules, FGR_RULE_SIGNER);
        break;
    case FGR_VERDICT_OTHER_TYPE:
    case FGR_VERDICT_SHORT:
    case FGR_VERDICT_LONG:
        counted(rules, FGR_RULE_MALFORMED);
        break;
    }
}

/* ---- acceptance ------------------------------------------------------------------------------- */

/* The only spent channel between the ends of `channel`; 0: none, or several. */
static uint64_t find_continued(const struct fgr_rules *rules,
                               const struct fgr_book_channel *channel)
{
    uint64_t found = 0;
    unsigned n_found = 0;
    for (size_t i = 0; i < rules->n_spent; i++) {
        const struct fgr_book_channel *spent = fgr_book_channel(&rules->book, rules->spent[i]);
        if (spent->node[0] == channel->node[0] && spent->node[1] == channel->node[1]) {
            found = spent->scid;
            n_found++;
        }
    }
    return n_found == 1 ? found : 0;
}

static enum fgr_err accept_channel(struct fgr_rules *rules,
                                   const struct fgr_channel_announcement *announced,
                                   uint64_t *out_continues_scid, struct fgr_error *err)
{
    struct fgr_book_channel *channel = fgr_book_channel(&rules->book, announced->scid);
    if (channel != NULL) {
        fgr_book_set_state(&rules->book, channel, FGR_BOOK_OPEN);
    } else {
        enum fgr_err code =
            fgr_book_add(&rules->book, &channel, announced->scid, announced->node_id, err);
        if (code != FGR_OK) {
            return code;
        }
    }
    channel->since_s = rules->now_s;
    *out_continues_scid = find_continued(rules, channel);
    fgr_orphans_release(rules->orphans, announced->scid);
    for (unsigned i = 0; i < 2; i++) {
        fgr_orphans_release(rules->orphans, key_of_node(announced->node_id[i]));
    }
    return FGR_OK;
}

static void accept_update(struct fgr_rules *rules, const struct fgr_message *message)
{
    struct fgr_book_channel *channel = fgr_book_channel(&rules->book, message->update.scid);
    note_news(rules, &channel->news[fgr_wire_direction(&message->update)],
              message->update.timestamp, content_of(message));
}

static void accept_node(struct fgr_rules *rules, const struct fgr_message *message)
{
    note_news(rules, &fgr_book_node(&rules->book, message->node.node_id)->news,
              message->node.timestamp, content_of(message));
}

/* What a look could not know: who has signed, and what happened since. */
static enum fgr_rule judge_proven(const struct fgr_rules *rules,
                                  const struct fgr_verified *verified, bool has_capacity)
{
    const struct fgr_message *message = fgr_verified_message(verified);
    enum fgr_rule rule = judge(rules, message, has_capacity);
    if (rule == FGR_RULE_WAITS) { /* its channel went while it was being verified */
        return FGR_RULE_CLOSED;
    }
    if (rule == FGR_RULE_ACCEPTED && message->type == FGR_WIRE_CHANNEL_UPDATE &&
        memcmp(sender_of(rules, &message->update), fgr_verified_signer(verified),
               FGR_NODE_ID_BYTES) != 0) {
        return FGR_RULE_SIGNER;
    }
    return rule;
}

enum fgr_err fgr_rules_accept(struct fgr_rules *rules, const struct fgr_verified *verified,
                              bool has_capacity, struct fgr_ruling *out_ruling,
                              struct fgr_error *err)
{
    const struct fgr_message *message = fgr_verified_message(verified);
    *out_ruling = (struct fgr_ruling){.rule = judge_proven(rules, verified, has_capacity)};
    enum fgr_err code = FGR_OK;
    if (out_ruling->rule == FGR_RULE_ACCEPTED) {
        switch (message->type) {
        case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
            code = accept_channel(rules, &message->channel, &out_ruling->continues_scid, err);
            break;
        case FGR_WIRE_CHANNEL_UPDATE:
            accept_update(rules, message);
            break;
        default:
            accept_node(rules, message);
            break;
        }
    }
    if (code == FGR_OK) {
        counted(rules, out_ruling->rule);
    }
    return code;
}

/* ---- closing ---------------------------------------------------------------------------------- */

static enum fgr_err set_spent(struct fgr_rules *rules, struct fgr_book_channel *channel,
                              uint32_t height, struct fgr_error *err)
{
    uint64_t *spent =
        fgr_array_grow(rules->spent, &rules->n_spent_room, rules->n_spent + 1, sizeof *spent, err);
    if (spent == NULL) {
        return FGR_ERR_MEMORY;
    }
    rules->spent = spent;
    spent[rules->n_spent++] = channel->scid;
    channel->spent_height = height;
    fgr_book_set_state(&rules->book, channel, FGR_BOOK_SPENT);
    return FGR_OK;
}

enum fgr_err fgr_rules_spent(struct fgr_rules *rules, uint64_t scid, uint32_t height,
                             bool *out_is_open, struct fgr_error *err)
{
    struct fgr_book_channel *channel = fgr_book_channel(&rules->book, scid);
    *out_is_open = channel != NULL && channel->state == FGR_BOOK_OPEN;
    return *out_is_open ? set_spent(rules, channel, height, err) : FGR_OK;
}

bool fgr_rules_removed(struct fgr_rules *rules, uint64_t scid)
{
    struct fgr_book_channel *channel = fgr_book_channel(&rules->book, scid);
    if (channel == NULL || (channel->state != FGR_BOOK_OPEN && channel->state != FGR_BOOK_SPENT)) {
        return false;
    }
    for (size_t i = 0; i < rules->n_spent; i++) {
        if (rules->spent[i] == scid) {
            rules->spent[i] = rules->spent[--rules->n_spent];
        }
    }
    fgr_book_set_state(&rules->book, channel, FGR_BOOK_PRUNED);
    return true;
}

bool fgr_rules_next_closed(struct fgr_rules *rules, uint32_t height, uint64_t *out_scid)
{
    for (size_t i = 0; i < rules->n_spent; i++) {
        struct fgr_book_channel *channel = fgr_book_channel(&rules->book, rules->spent[i]);
        if (channel->spent_height == FGR_RULES_HEIGHT_UNKNOWN) {
            channel->spent_height = height;
        }
        if ((uint64_t)channel->spent_height + GRACE_BLOCKS <= height) {
            *out_scid = channel->scid;
            rules->spent[i] = rules->spent[--rules->n_spent];
            fgr_book_set_state(&rules->book, channel, FGR_BOOK_CLOSED);
            return true;
        }
    }
    return false;
}

static uint32_t last_heard_s(const struct fgr_book_channel *channel)
{
    uint32_t last_s = channel->since_s;
    for (unsigned i = 0; i < 2; i++) {
        last_s = channel->news[i].timestamp > last_s ? channel->news[i].timestamp : last_s;
    }
    return last_s;
}

bool fgr_rules_next_pruned(struct fgr_rules *rules, uint64_t *out_scid)
{
    uint64_t at_most_s = (uint64_t)rules->newest_s + DAY_S;
    uint64_t now_s = rules->now_s < at_most_s ? rules->now_s : at_most_s;
    while (rules->prune_at < rules->book.n_channels) {
        struct fgr_book_channel *channel = &rules->book.channels[rules->prune_at++];
        if (channel->state == FGR_BOOK_OPEN && (uint64_t)last_heard_s(channel) + STALE_S <= now_s) {
            *out_scid = channel->scid;
            fgr_book_set_state(&rules->book, channel, FGR_BOOK_PRUNED);
            return true;
        }
    }
    rules->prune_at = 0;
    return false;
}

/* ---- after a restart -------------------------------------------------------------------------- */

static enum fgr_err learn_channel(struct fgr_rules *rules, const struct fgr_view *view,
                                  uint32_t chan, struct fgr_error *err)
{
    struct fgr_channel_info info;
    struct fgr_node_info ends[2];
    struct fgr_book_channel *channel;
    enum fgr_err code = fgr_view_channel(view, &info, (fgr_chan_idx){chan});
    for (unsigned i = 0; i < 2 && code == FGR_OK; i++) {
        code = fgr_view_node(view, &ends[i], info.node[i]);
    }
    if (code == FGR_OK) {
        const uint8_t *const ids[2] = {ends[0].id, ends[1].id};
        code = fgr_book_add(&rules->book, &channel, info.scid, ids, err);
    }
    if (code != FGR_OK) {
        return code;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct fgr_policy_info policy;
        code = fgr_view_policy(view, &policy, (fgr_edge_idx){2 * chan + i});
        if (code == FGR_OK && policy.known) {
            note_news(rules, &channel->news[i], policy.timestamp, 0);
        }
        struct fgr_book_node *node = &rules->book.nodes[channel->node[i]];
        if (node->news.timestamp == 0 && ends[i].timestamp != 0) {
            note_news(rules, &node->news, ends[i].timestamp, 0);
        }
    }
    if (channel->news[0].timestamp == 0 && channel->news[1].timestamp == 0) {
        channel->since_s = rules->now_s; /* nobody knows when it was heard: two weeks from here */
    }
    return code == FGR_OK && info.dying ? set_spent(rules, channel, FGR_RULES_HEIGHT_UNKNOWN, err)
                                        : code;
}

enum fgr_err fgr_rules_learn(struct fgr_rules *rules, const struct fgr_view *view,
                             struct fgr_error *err)
{
    uint32_t n_channels = fgr_view_channel_count(view);
    enum fgr_err code = FGR_OK;
    for (uint32_t chan = 0; chan < n_channels && code == FGR_OK; chan++) {
        code = learn_channel(rules, view, chan, err);
    }
    return code;
}
