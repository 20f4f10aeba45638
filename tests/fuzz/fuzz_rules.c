/* SPDX-License-Identifier: MIT */
/*
 * A script for the rules: time, messages about a handful of channels and nodes, closes, prunes. What
 * must hold: every message ends in exactly one count, what is accepted for a sender gets newer and
 * newer, and a channel that was closed never comes back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANNELS = 4, STEP_BYTES = 5, START = 1800000000 };

static const uint8_t chain[FGR_CHAIN_HASH_BYTES] = {1};

struct game {
    struct fgr_rules *rules;
    struct fgr_verifier *verifier;
    uint32_t newest[CHANNELS][2];
    bool is_closed[CHANNELS];
    uint64_t n_ended; /* looks and acceptances that ended a message */
    uint32_t height;
};

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "rules: %s\n", what);
        abort();
    }
}

/* Steps of a second or of a day and a bit. */
static uint32_t time_of(uint8_t byte)
{
    return START + (byte & 0x3fU) * (byte < 0x80 ? 1 : 20000) - (byte & 0x40U) * 20000;
}

static size_t make(uint8_t *out, size_t room, const uint8_t step[STEP_BYTES])
{
    unsigned number = step[1] % CHANNELS;
    uint8_t ids[2][FGR_NODE_ID_BYTES] = {{2, (uint8_t)(number / 2)}, {2, 9}};
    ids[1][1] = (uint8_t)(9 - (step[4] & 1) * (step[4] >> 7));
    struct fgr_message message = {.type = FGR_WIRE_CHANNEL_ANNOUNCEMENT + step[0] % 3U};
    switch (message.type) {
    case FGR_WIRE_CHANNEL_ANNOUNCEMENT:
        message.channel = (struct fgr_channel_announcement){
            .scid = number, .chain_hash = chain, .node_id = {ids[0], ids[1]}};
        break;
    case FGR_WIRE_CHANNEL_UPDATE:
        message.update = (struct fgr_channel_update){.scid = number,
                                                     .chain_hash = chain,
                                                     .timestamp = time_of(step[2]),
                                                     .channel_flags = step[3] & 3,
                                                     .ppm = step[4] % 4U};
        break;
    default:
        message.node = (struct fgr_node_announcement){
            .node_id = ids[step[3] % 2], .timestamp = time_of(step[2]), .rgb = &step[2]};
        break;
    }
    return fgr_wire_encode(out, room, &message);
}

static void note(struct game *game, const struct fgr_message *message)
{
    if (message->type == FGR_WIRE_CHANNEL_UPDATE) {
        uint32_t *newest =
            &game->newest[message->update.scid][fgr_wire_direction(&message->update)];
        require(message->update.timestamp > *newest, "an old update is accepted");
        *newest = message->update.timestamp;
    }
    if (message->type != FGR_WIRE_NODE_ANNOUNCEMENT) {
        uint64_t scid =
            message->type == FGR_WIRE_CHANNEL_UPDATE ? message->update.scid : message->channel.scid;
        require(!game->is_closed[scid], "a closed channel is back");
    }
}

static void send_bytes(struct game *game, const uint8_t *bytes, size_t n_bytes)
{
    struct fgr_message message;
    struct fgr_verdict verdict;
    struct fgr_ruling ruling;
    const uint8_t *signer;
    require(fgr_wire_decode(&message, bytes, n_bytes) == FGR_WIRE_GOOD, "made, but no message");
    game->n_ended++;
    if (fgr_rules_look(game->rules, &message, true, &signer) != FGR_RULE_ACCEPTED) {
        return;
    }
    const struct fgr_verify_input input = {.message = bytes, .n_bytes = n_bytes, .signer = signer};
    require(fgr_verifier_offer(game->verifier, &input), "no room");
    fgr_verifier_flush(game->verifier);
    require(fgr_verifier_wait(game->verifier, &verdict), "no verdict");
    require(verdict.kind == FGR_VERDICT_PROVEN, "not trusted");
    if (fgr_rules_accept(game->rules, verdict.verified, true, &ruling, NULL) == FGR_OK) {
        require(ruling.rule == FGR_RULE_ACCEPTED, "a look passes what is refused right after");
        note(game, verdict.message);
    }
}

static void play(struct game *game, const uint8_t step[STEP_BYTES])
{
    uint8_t bytes[512];
    size_t n_bytes;
    const uint8_t *released;
    uint64_t scid;
    bool is_open;
    switch (step[0] >> 5) {
    case 0:
        fgr_rules_set_time(game->rules, time_of(step[2]));
        break;
    case 1:
        fgr_rules_spent(game->rules, step[1] % CHANNELS, game->height, &is_open, NULL);
        break;
    case 2:
        game->height += step[2];
        while (fgr_rules_next_closed(game->rules, game->height, &scid)) {
            game->is_closed[scid] = true;
        }
        break;
    case 3:
        while (fgr_rules_next_pruned(game->rules, &scid)) {
            require(!game->is_closed[scid], "what is closed is pruned");
        }
        break;
    default:
        send_bytes(game, bytes, make(bytes, sizeof bytes, step));
        while ((released = fgr_rules_released(game->rules, &n_bytes)) != NULL) {
            send_bytes(game, released, n_bytes);
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fgr_verifier *verifier; /* its thread is started once: the fuzzer is in a hurry */
    const struct fgr_verify_options trusted = {.threads = 1, .n_keys = 1, .is_trusted = true};
    struct fgr_rules_options options = {.n_orphans = 3};
    struct game game = {.height = 1};
    memcpy(options.chain_hash, chain, sizeof chain);
    require(verifier != NULL || fgr_verifier_create(&verifier, &trusted, NULL) == FGR_OK,
            "no verifier");
    require(fgr_rules_create(&game.rules, &options, NULL) == FGR_OK, "no rules");
    game.verifier = verifier;
    fgr_rules_set_time(game.rules, START);
    for (size_t at = 0; size - at >= STEP_BYTES; at += STEP_BYTES) {
        play(&game, data + at);
    }
    uint64_t n_counted = 0, n_displaced = 0;
    for (unsigned i = 0; i < FGR_RULES; i++) {
        n_counted += fgr_rules_count(game.rules, (enum fgr_rule)i);
    }
    n_displaced = fgr_rules_count(game.rules, FGR_RULE_NO_ROOM);
    require(n_counted >= game.n_ended && n_counted <= game.n_ended + n_displaced,
            "a message is not counted once");
    fgr_rules_destroy(game.rules);
    return 0;
}
