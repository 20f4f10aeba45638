/* SPDX-License-Identifier: MIT */
#include "graph/rules.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "graph/image.h"
#include "graph/util/rng.h"
#include "graph/view.h"
#include "tests/support/small_net.h"

enum { NOW = 1800000000, DAY = 86400, TWO_WEEKS = 14 * DAY, MESSAGE_BYTES = 4096 };

/* Messages are made by hand and unsigned: the verifier trusts. Node n has n in its id. */
struct made {
    uint8_t bytes[MESSAGE_BYTES];
    size_t n_bytes;
};

static const uint8_t chain[FGR_CHAIN_HASH_BYTES] = {1, 2, 3};

static void id_of(uint8_t out_id[FGR_NODE_ID_BYTES], uint8_t node)
{
    memset(out_id, 0, FGR_NODE_ID_BYTES);
    out_id[0] = 2;
    out_id[1] = node;
}

static struct made encode(const struct fgr_message *message)
{
    struct made made;
    made.n_bytes = fgr_wire_encode(made.bytes, sizeof made.bytes, message);
    cr_assert_gt(made.n_bytes, 0);
    return made;
}

static struct made channel(uint64_t scid, uint8_t node_1, uint8_t node_2)
{
    uint8_t ids[2][FGR_NODE_ID_BYTES];
    id_of(ids[0], node_1);
    id_of(ids[1], node_2);
    const struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_ANNOUNCEMENT,
        .channel = {.scid = scid, .chain_hash = chain, .node_id = {ids[0], ids[1]}}};
    return encode(&message);
}

static struct fgr_message update_of(uint64_t scid, unsigned direction, uint32_t timestamp,
                                    uint32_t ppm)
{
    return (struct fgr_message){.type = FGR_WIRE_CHANNEL_UPDATE,
                                .update = {.scid = scid,
                                           .chain_hash = chain,
                                           .timestamp = timestamp,
                                           .ppm = ppm,
                                           .channel_flags = (uint8_t)direction}};
}

static struct made update(uint64_t scid, unsigned direction, uint32_t timestamp, uint32_t ppm)
{
    const struct fgr_message message = update_of(scid, direction, timestamp, ppm);
    return encode(&message);
}

static struct made node(uint8_t number, uint32_t timestamp, uint8_t color)
{
    uint8_t id[FGR_NODE_ID_BYTES];
    const uint8_t rgb[3] = {color, 0, 0};
    id_of(id, number);
    const struct fgr_message message = {
        .type = FGR_WIRE_NODE_ANNOUNCEMENT,
        .node = {.node_id = id, .rgb = rgb, .timestamp = timestamp}};
    return encode(&message);
}

struct desk {
    struct fgr_rules *rules;
    struct fgr_verifier *verifier;
    uint64_t continues_scid; /* of the last acceptance */
    bool has_no_capacity;    /* for what is sent from here on */
};

static void open_desk(struct desk *desk, uint32_t n_orphans)
{
    struct fgr_rules_options options = {.n_orphans = n_orphans};
    const struct fgr_verify_options verify = {.threads = 1, .is_trusted = true};
    struct fgr_error err;
    memcpy(options.chain_hash, chain, sizeof chain);
    *desk = (struct desk){.rules = NULL};
    cr_assert_eq(fgr_rules_create(&desk->rules, &options, &err), FGR_OK);
    cr_assert_eq(fgr_verifier_create(&desk->verifier, &verify, &err), FGR_OK);
    fgr_rules_set_time(desk->rules, NOW);
}

static void close_desk(struct desk *desk)
{
    fgr_verifier_destroy(desk->verifier);
    fgr_rules_destroy(desk->rules);
}

/* Through the verifier, to acceptance. */
static enum fgr_rule accept(struct desk *desk, const uint8_t *bytes, size_t n_bytes,
                            const uint8_t *signer)
{
    struct fgr_verdict verdict;
    struct fgr_ruling ruling;
    const struct fgr_verify_input input = {.message = bytes, .n_bytes = n_bytes, .signer = signer};
    cr_assert(fgr_verifier_offer(desk->verifier, &input));
    fgr_verifier_flush(desk->verifier);
    cr_assert(fgr_verifier_wait(desk->verifier, &verdict));
    cr_assert_eq(verdict.kind, FGR_VERDICT_PROVEN);
    cr_assert_eq(
        fgr_rules_accept(desk->rules, verdict.verified, !desk->has_no_capacity, &ruling, NULL),
        FGR_OK);
    desk->continues_scid = ruling.continues_scid;
    return ruling.rule;
}

/* A look, and if it passes, acceptance: what a feeder does. Not what is released then. */
static enum fgr_rule send_bytes(struct desk *desk, const uint8_t *bytes, size_t n_bytes)
{
    struct fgr_message message;
    const uint8_t *signer;
    cr_assert_eq(fgr_wire_decode(&message, bytes, n_bytes), FGR_WIRE_GOOD);
    enum fgr_rule rule = fgr_rules_look(desk->rules, &message, !desk->has_no_capacity, &signer);
    if (rule != FGR_RULE_ACCEPTED) {
        return rule;
    }
    cr_assert_eq(signer != NULL, message.type == FGR_WIRE_CHANNEL_UPDATE);
    return accept(desk, bytes, n_bytes, signer);
}

static enum fgr_rule send_made(struct desk *desk, struct made made)
{
    return send_bytes(desk, made.bytes, made.n_bytes);
}

/* Returns how many of those that waited were accepted. */
static unsigned send_released(struct desk *desk)
{
    unsigned n_accepted = 0;
    const uint8_t *bytes;
    size_t n_bytes;
    while ((bytes = fgr_rules_released(desk->rules, &n_bytes)) != NULL) {
        n_accepted += send_bytes(desk, bytes, n_bytes) == FGR_RULE_ACCEPTED;
    }
    return n_accepted;
}

#define ASSERT_RULE(rule, desk, made)                   \
    do {                                                \
        enum fgr_rule is = send_made(desk, made);       \
        cr_assert_eq(is, rule, "%s", fgr_rule_str(is)); \
    } while (0)

Test(rules, names)
{
    for (unsigned i = 0; i < FGR_RULES; i++) {
        cr_assert_str_neq(fgr_rule_str((enum fgr_rule)i), "unknown");
        for (unsigned j = 0; j < i; j++) {
            cr_assert_str_neq(fgr_rule_str((enum fgr_rule)i), fgr_rule_str((enum fgr_rule)j));
        }
    }
    cr_assert_str_eq(fgr_rule_str(FGR_RULE_UNCHECKED), "unchecked");
    cr_assert_str_eq(fgr_rule_str(FGR_RULE_SAME_TIME), "same_time");
}

Test(rules, channels)
{
    struct desk desk;
    struct made other_chain = channel(1, 1, 2), long_tail = channel(1, 1, 2);
    open_desk(&desk, 4);
    other_chain.bytes[260] ^= 1;
    memset(long_tail.bytes + long_tail.n_bytes, 0, 1025);
    long_tail.n_bytes += 1025;
    ASSERT_RULE(FGR_RULE_CHAIN, &desk, other_chain);
    ASSERT_RULE(FGR_RULE_TAIL, &desk, long_tail);
    ASSERT_RULE(FGR_RULE_ENDS, &desk, channel(1, 2, 1));
    ASSERT_RULE(FGR_RULE_ENDS, &desk, channel(1, 2, 2));
    desk.has_no_capacity = true;
    ASSERT_RULE(FGR_RULE_NO_CAPACITY, &desk, channel(1, 1, 2));
    desk.has_no_capacity = false;
    long_tail.n_bytes--;
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, long_tail);
    ASSERT_RULE(FGR_RULE_DUPLICATE, &desk, channel(1, 1, 2));
    ASSERT_RULE(FGR_RULE_CONFLICT, &desk, channel(1, 1, 3));
    ASSERT_RULE(FGR_RULE_CONFLICT, &desk, channel(1, 2, 3));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(2, 1, 2));
    cr_assert_eq(fgr_rules_count(desk.rules, FGR_RULE_ACCEPTED), 2);
    cr_assert_eq(fgr_rules_count(desk.rules, FGR_RULE_CONFLICT), 2);
    cr_assert_eq(fgr_rules_count(desk.rules, FGR_RULE_ENDS), 2);
    close_desk(&desk);
}

Test(rules, news)
{
    struct desk desk;
    open_desk(&desk, 4);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(1, 1, 2));
    for (unsigned direction = 0; direction < 2; direction++) {
        ASSERT_RULE(FGR_RULE_FUTURE, &desk, update(1, direction, NOW + DAY + 1, 1));
        ASSERT_RULE(FGR_RULE_OLD, &desk, update(1, direction, NOW - TWO_WEEKS, 1));
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, NOW - TWO_WEEKS + 1, 1));
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, NOW - 100, 2));
        ASSERT_RULE(FGR_RULE_DUPLICATE, &desk, update(1, direction, NOW - 100, 2));
        ASSERT_RULE(FGR_RULE_SAME_TIME, &desk, update(1, direction, NOW - 100, 3));
        ASSERT_RULE(FGR_RULE_STALE, &desk, update(1, direction, NOW - 101, 3));
        ASSERT_RULE(FGR_RULE_STALE, &desk, update(1, direction, 0, 3));
        ASSERT_RULE(FGR_RULE_REPEATED, &desk, update(1, direction, NOW - 101 + DAY, 2));
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, NOW - 100 + DAY, 2));
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, NOW + DAY, 3));
    }
    struct fgr_message private_one = update_of(1, 0, NOW + DAY, 9);
    private_one.update.message_flags = FGR_WIRE_FLAG_DONT_FORWARD | FGR_WIRE_FLAG_MUST_BE_ONE;
    ASSERT_RULE(FGR_RULE_PRIVATE, &desk, encode(&private_one));
    struct made other_chain = update(1, 0, NOW, 1);
    other_chain.bytes[70] ^= 1;
    ASSERT_RULE(FGR_RULE_CHAIN, &desk, other_chain);
    /* Nodes: the same, but they may be old. */
    ASSERT_RULE(FGR_RULE_FUTURE, &desk, node(1, NOW + DAY + 1, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, node(1, 1, 1));
    ASSERT_RULE(FGR_RULE_SAME_TIME, &desk, node(1, 1, 2));
    ASSERT_RULE(FGR_RULE_DUPLICATE, &desk, node(1, 1, 1));
    ASSERT_RULE(FGR_RULE_REPEATED, &desk, node(1, DAY, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, node(1, DAY, 2));
    ASSERT_RULE(FGR_RULE_STALE, &desk, node(1, DAY - 1, 2));
    close_desk(&desk);
}

/* Ten at a time and one a minute, by the messages' own time: each sender on its own. */
Test(rules, rate)
{
    struct desk desk;
    uint32_t base = NOW - 5000;
    open_desk(&desk, 4);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(1, 1, 2));
    for (unsigned direction = 0; direction < 2; direction++) {
        for (uint32_t i = 0; i < 10; i++) {
            ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, base + i, i));
        }
        ASSERT_RULE(FGR_RULE_RATE, &desk, update(1, direction, base + 10, 10));
        ASSERT_RULE(FGR_RULE_RATE, &desk, update(1, direction, base + 59, 10));
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, base + 60, 10));
        ASSERT_RULE(FGR_RULE_RATE, &desk, update(1, direction, base + 119, 11));
        for (uint32_t i = 2; i < 30; i++) {
            ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, direction, base + 60 * i, i));
        }
    }
    for (uint32_t i = 0; i < 10; i++) {
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, node(2, base + i, (uint8_t)i));
    }
    ASSERT_RULE(FGR_RULE_RATE, &desk, node(2, base + 10, 77));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, node(1, base + 10, 77));
    close_desk(&desk);
}

Test(rules, orphans_wait_for_their_channel)
{
    struct desk desk;
    open_desk(&desk, 6);
    ASSERT_RULE(FGR_RULE_WAITS, &desk, node(2, NOW - 3, 1));
    ASSERT_RULE(FGR_RULE_WAITS, &desk, update(1, 1, NOW - 2, 1));
    ASSERT_RULE(FGR_RULE_WAITS, &desk, update(9, 1, NOW - 2, 1));
    ASSERT_RULE(FGR_RULE_WAITS, &desk, update(1, 1, NOW - 1, 2));
    ASSERT_RULE(FGR_RULE_WAITS, &desk, update(1, 1, NOW - 2, 3)); /* late: stale by then */
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(1, 1, 2));
    cr_assert_eq(send_released(&desk), 3);
    cr_assert_eq(fgr_rules_count(desk.rules, FGR_RULE_STALE), 1);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(9, 1, 3));
    cr_assert_eq(send_released(&desk), 1);
    ASSERT_RULE(FGR_RULE_OLD, &desk, update(5, 0, NOW - TWO_WEEKS, 1));
    /* A room for six: the seventh takes the place of the first, and both are counted. */
    for (uint64_t scid = 20; scid < 27; scid++) {
        ASSERT_RULE(FGR_RULE_WAITS, &desk, update(scid, 0, NOW, 1));
    }
    cr_assert_eq(fgr_rules_count(desk.rules, FGR_RULE_NO_ROOM), 1);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(20, 1, 2));
    cr_assert_eq(send_released(&desk), 0);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(21, 1, 2));
    cr_assert_eq(send_released(&desk), 1);
    close_desk(&desk);
}

/* Between look and acceptance others get there first. */
Test(rules, judged_again_when_proven)
{
    struct desk desk;
    struct fgr_message message;
    const uint8_t *signer;
    uint8_t id[2][FGR_NODE_ID_BYTES];
    bool is_open;
    open_desk(&desk, 4);
    id_of(id[0], 1);
    id_of(id[1], 2);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(1, 1, 2));
    struct made one = update(1, 0, NOW, 1);
    cr_assert_eq(fgr_wire_decode(&message, one.bytes, one.n_bytes), FGR_WIRE_GOOD);
    cr_assert_eq(fgr_rules_look(desk.rules, &message, true, &signer), FGR_RULE_ACCEPTED);
    cr_assert_eq(memcmp(signer, id[0], sizeof id[0]), 0);
    cr_assert_eq(fgr_rules_look(desk.rules, &message, true, &signer), FGR_RULE_ACCEPTED);
    cr_assert_eq(accept(&desk, one.bytes, one.n_bytes, id[1]), FGR_RULE_SIGNER);
    cr_assert_eq(accept(&desk, one.bytes, one.n_bytes, id[0]), FGR_RULE_ACCEPTED);
    cr_assert_eq(accept(&desk, one.bytes, one.n_bytes, id[0]), FGR_RULE_DUPLICATE);
    struct made nobodys = update(3, 0, NOW, 1);
    cr_assert_eq(accept(&desk, nobodys.bytes, nobodys.n_bytes, id[0]), FGR_RULE_CLOSED);
    cr_assert_eq(fgr_rules_spent(desk.rules, 1, 100, &is_open, NULL), FGR_OK);
    struct made late = update(1, 0, NOW + 1, 2);
    cr_assert_eq(accept(&desk, late.bytes, late.n_bytes, id[0]), FGR_RULE_CLOSED);
    struct made again = channel(1, 1, 2);
    cr_assert_eq(accept(&desk, again.bytes, again.n_bytes, NULL), FGR_RULE_DUPLICATE);
    close_desk(&desk);
}

Test(rules, closing_and_splicing)
{
    struct desk desk;
    uint64_t scid = 0;
    bool is_open;
    open_desk(&desk, 4);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(1, 1, 2));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, node(1, NOW, 1));
    cr_assert_eq(fgr_rules_spent(desk.rules, 7, 1000, &is_open, NULL), FGR_OK);
    cr_assert_not(is_open);
    cr_assert_eq(fgr_rules_spent(desk.rules, 1, 1000, &is_open, NULL), FGR_OK);
    cr_assert(is_open);
    cr_assert_eq(fgr_rules_spent(desk.rules, 1, 1001, &is_open, NULL), FGR_OK);
    cr_assert_not(is_open, "once is enough");
    ASSERT_RULE(FGR_RULE_CLOSED, &desk, update(1, 0, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, FGR_WIRE_FLAG_DISABLE, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(2, 1, 3));
    cr_assert_eq(desk.continues_scid, 0, "between others");
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(3, 1, 2));
    cr_assert_eq(desk.continues_scid, 1);
    cr_assert_not(fgr_rules_next_closed(desk.rules, 1071, &scid));
    cr_assert(fgr_rules_next_closed(desk.rules, 1072, &scid));
    cr_assert_eq(scid, 1);
    cr_assert_not(fgr_rules_next_closed(desk.rules, 5000, &scid));
    ASSERT_RULE(FGR_RULE_CLOSED, &desk, channel(1, 1, 2));
    ASSERT_RULE(FGR_RULE_CONFLICT, &desk, channel(1, 1, 4));
    ASSERT_RULE(FGR_RULE_CLOSED, &desk, update(1, FGR_WIRE_FLAG_DISABLE, NOW + 1, 2));
    /* Two that it might continue: nobody knows which. */
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(4, 1, 2));
    cr_assert_eq(desk.continues_scid, 0);
    cr_assert_eq(fgr_rules_spent(desk.rules, 3, 2000, &is_open, NULL), FGR_OK);
    cr_assert_eq(fgr_rules_spent(desk.rules, 4, 2000, &is_open, NULL), FGR_OK);
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(5, 1, 2));
    cr_assert_eq(desk.continues_scid, 0);
    close_desk(&desk);
}

/* Neither direction for two weeks; what is pruned comes back with an announcement, not with what was
 * known of it before. */
Test(rules, pruning)
{
    struct desk desk;
    uint64_t scid = 0;
    open_desk(&desk, 4);
    for (uint64_t i = 1; i <= 4; i++) {
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(i, 1, 2));
    }
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, 0, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, 1, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(2, 0, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(3, 0, NOW + 100, 1));
    /* A clock that jumps by a year prunes nothing while no message is as new. */
    fgr_rules_set_time(desk.rules, NOW + 365 * DAY);
    cr_assert_not(fgr_rules_next_pruned(desk.rules, &scid));
    close_desk(&desk);

    open_desk(&desk, 4);
    for (uint64_t i = 1; i <= 5; i++) {
        ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(i, 1, 2));
    }
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, 0, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(1, 1, NOW, 1));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(2, 0, NOW + 100, 1));
    fgr_rules_set_time(desk.rules, NOW + TWO_WEEKS);
    fgr_rules_set_time(desk.rules, NOW - DAY); /* does not go back */
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, update(3, 1, NOW + TWO_WEEKS, 1));
    static const uint64_t expected[] = {1, 4, 5};
    for (size_t i = 0; i < 3; i++) {
        cr_assert(fgr_rules_next_pruned(desk.rules, &scid));
        cr_assert_eq(scid, expected[i]);
    }
    cr_assert_not(fgr_rules_next_pruned(desk.rules, &scid));
    cr_assert_not(fgr_rules_next_pruned(desk.rules, &scid));
    ASSERT_RULE(FGR_RULE_WAITS, &desk, update(1, 0, NOW + TWO_WEEKS, 1));
    ASSERT_RULE(FGR_RULE_STALE, &desk, update(1, 1, NOW - 1, 1));
    ASSERT_RULE(FGR_RULE_CONFLICT, &desk, channel(1, 1, 3));
    ASSERT_RULE(FGR_RULE_ACCEPTED, &desk, channel(1, 1, 2));
    cr_assert_eq(send_released(&desk), 1);
    close_desk(&desk);
}

Test(rules, refused_verdicts_are_counted)
{
    static const enum fgr_rule rules[FGR_VERDICT_KINDS] = {
        [FGR_VERDICT_FORGED] = FGR_RULE_FORGED,    [FGR_VERDICT_OTHER_TYPE] = FGR_RULE_MALFORMED,
        [FGR_VERDICT_SHORT] = FGR_RULE_MALFORMED,  [FGR_VERDICT_LONG] = FGR_RULE_MALFORMED,
        [FGR_VERDICT_NO_SIGNER] = FGR_RULE_SIGNER, [FGR_VERDICT_UNCHECKED] = FGR_RULE_UNCHECKED};
    struct desk desk;
    open_desk(&desk, 4);
    for (unsigned kind = 0; kind < FGR_VERDICT_KINDS; kind++) {
        uint64_t before = fgr_rules_count(desk.rules, rules[kind]);
        fgr_rules_refuse(desk.rules, (enum fgr_verdict_kind)kind);
        cr_assert_eq(fgr_rules_count(desk.rules, rules[kind]),
                     before + (kind != FGR_VERDICT_PROVEN));
    }
    struct made other = channel(1, 1, 2);
    struct fgr_message message;
    const uint8_t *signer;
    other.bytes[1] = 9;
    fgr_wire_decode(&message, other.bytes, other.n_bytes);
    cr_assert_eq(fgr_rules_look(desk.rules, &message, true, &signer), FGR_RULE_MALFORMED);
    close_desk(&desk);
}

/* Channels of a view that are open, and that were last heard two weeks before `now_s` or earlier; those
 * of which no time is known are as good as new. */
static unsigned count_stale(const struct fgr_view *view, uint32_t now_s)
{
    unsigned n_stale = 0;
    for (uint32_t chan = 0; chan < fgr_view_channel_count(view); chan++) {
        struct fgr_channel_info info;
        uint32_t last_s = 0;
        cr_assert_eq(fgr_view_channel(view, &info, (fgr_chan_idx){chan}), FGR_OK);
        for (unsigned i = 0; i < 2; i++) {
            struct fgr_policy_info policy;
            cr_assert_eq(fgr_view_policy(view, &policy, (fgr_edge_idx){2 * chan + i}), FGR_OK);
            last_s = policy.known && policy.timestamp > last_s ? policy.timestamp : last_s;
        }
        n_stale += !info.dying && last_s != 0 && last_s <= now_s - TWO_WEEKS;
    }
    return n_stale;
}

/* After a restart: what the image has is known, dying channels are spent, stale ones are pruned. */
Test(rules, learns_from_a_view)
{
    struct fgr_small_net net;
    struct fgr_import_report report;
    struct fgr_view *view;
    struct fgr_error err;
    struct desk desk;
    void *bytes;
    size_t n_bytes;
    uint64_t scid;
    fgr_small_net_make(&net, 3);
    cr_assert_eq(fgr_small_net_build(&net, &bytes, &n_bytes, &report, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_view_open_memory(&view, bytes, n_bytes, &err), FGR_OK);
    open_desk(&desk, 4);
    fgr_rules_set_time(desk.rules, UINT32_MAX); /* its times are any numbers */
    cr_assert_eq(fgr_rules_learn(desk.rules, view, &err), FGR_OK);
    unsigned n_dying = 0, n_older = 0;
    uint32_t newest_s = 0;
    for (uint32_t chan = 0; chan < fgr_view_channel_count(view); chan++) {
        struct fgr_channel_info info;
        struct fgr_node_info ends[2];
        cr_assert_eq(fgr_view_channel(view, &info, (fgr_chan_idx){chan}), FGR_OK);
        for (unsigned i = 0; i < 2; i++) {
            struct fgr_policy_info policy;
            cr_assert_eq(fgr_view_node(view, &ends[i], info.node[i]), FGR_OK);
            cr_assert_eq(fgr_view_policy(view, &policy, (fgr_edge_idx){2 * chan + i}), FGR_OK);
            newest_s = policy.known && policy.timestamp > newest_s ? policy.timestamp : newest_s;
            newest_s = ends[i].timestamp > newest_s ? ends[i].timestamp : newest_s;
            if (policy.known && policy.timestamp > 1) {
                ASSERT_RULE(FGR_RULE_DUPLICATE, &desk, update(info.scid, i, policy.timestamp, 1));
                ASSERT_RULE(FGR_RULE_STALE, &desk, update(info.scid, i, policy.timestamp - 1, 1));
                n_older++;
            }
        }
        n_dying += info.dying;
        struct fgr_message message = {.type = FGR_WIRE_CHANNEL_ANNOUNCEMENT,
                                      .channel = {.scid = info.scid,
                                                  .chain_hash = chain,
                                                  .node_id = {ends[0].id, ends[1].id}}};
        ASSERT_RULE(FGR_RULE_DUPLICATE, &desk, encode(&message));
    }
    cr_assert_gt(n_dying, 0);
    cr_assert_gt(n_older, 10);
    cr_assert_not(fgr_rules_next_closed(desk.rules, 900000, &scid));
    cr_assert_not(fgr_rules_next_closed(desk.rules, 900071, &scid));
    while (fgr_rules_next_closed(desk.rules, 900072, &scid)) {
        n_dying--;
    }
    cr_assert_eq(n_dying, 0);
    unsigned n_pruned = 0;
    while (fgr_rules_next_pruned(desk.rules, &scid)) {
        n_pruned++;
    }
    cr_assert_eq(n_pruned, count_stale(view, newest_s + DAY));
    cr_assert_gt(n_pruned, 5);
    fgr_view_close(view);
    fgr_image_free(bytes, n_bytes);
    close_desk(&desk);
}

/* Any order of announcements and updates, with all of them sent again and again, comes to the same:
 * of each direction the newest is the last that was accepted, and nothing but that matters. */
Test(rules, order_does_not_matter)
{
    enum { CHANNELS = 6, UPDATES = 4, MESSAGES = CHANNELS * (1 + 2 * UPDATES), ROUNDS = 200 };
    struct made messages[MESSAGES];
    uint32_t order[MESSAGES], n = 0;
    struct fgr_rng rng;
    for (uint64_t scid = 1; scid <= CHANNELS; scid++) {
        messages[n++] = channel(scid, 1, (uint8_t)(1 + scid));
        for (uint32_t i = 0; i < 2 * UPDATES; i++) {
            messages[n++] = update(scid, i % 2, NOW - 1000 + 100 * i, i);
        }
    }
    fgr_rng_seed(&rng, 5, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct desk desk;
        open_desk(&desk, MESSAGES);
        for (uint32_t i = 0; i < MESSAGES; i++) {
            order[i] = i;
        }
        fgr_rng_shuffle(&rng, order, MESSAGES);
        for (uint32_t i = 0; i < MESSAGES; i++) {
            send_made(&desk, messages[order[i]]);
            send_released(&desk);
        }
        for (uint32_t i = 0; i < MESSAGES; i++) {
            enum fgr_rule rule = send_made(&desk, messages[i]);
            bool is_newest = i % (1 + 2 * UPDATES) == 0 || i % (1 + 2 * UPDATES) >= 2 * UPDATES - 1;
            cr_assert_eq(rule, is_newest ? FGR_RULE_DUPLICATE : FGR_RULE_STALE, "message %u", i);
        }
        close_desk(&desk);
    }
}
