/* SPDX-License-Identifier: MIT */
/*
 * test_no_memory.c - every allocation from records to view fails once: the error is MEMORY, nothing
 * is kept, and nothing is freed twice (the sanitizers see to that).
 *
 * The linker sends the allocator's functions through here (--wrap).
 */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/reserve.h"
#include "graph/image.h"
#include "graph/intake.h"
#include "graph/live.h"
#include "graph/overlay.h"
#include "graph/publish.h"
#include "graph/sign.h"
#include "tests/support/changing_net.h"
#include "tests/support/graph_maker.h"
#include "tests/support/same_network.h"
#include "tests/support/small_net.h"
#include "tools/fgr/synth_store.h"

void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__wrap_realloc(void *memory, size_t n_bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t n_bytes);
void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *memory, size_t n_bytes);
void *__real_aligned_alloc(size_t alignment, size_t n_bytes);

static unsigned n_left = UINT32_MAX; /* allocations until the one that fails */

static bool is_refused(void)
{
    return n_left-- == 0;
}

void *__wrap_malloc(size_t n_bytes)
{
    return is_refused() ? NULL : __real_malloc(n_bytes);
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
    return is_refused() ? NULL : __real_calloc(n, n_bytes);
}

void *__wrap_realloc(void *memory, size_t n_bytes)
{
    return is_refused() ? NULL : __real_realloc(memory, n_bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n_bytes)
{
    return is_refused() ? NULL : __real_aligned_alloc(alignment, n_bytes);
}

/* Records to bytes to view, with one allocation refused. */
static enum fgr_err build_and_open(const struct fgr_small_net *net, unsigned n_before,
                                   struct fgr_error *err)
{
    struct fgr_import_report report;
    struct fgr_view *view;
    void *bytes;
    size_t n_bytes;
    n_left = n_before;
    enum fgr_err rc = fgr_small_net_build(net, &bytes, &n_bytes, &report, NULL, err);
    if (rc == FGR_OK) {
        rc = fgr_view_open_memory(&view, bytes, n_bytes, err);
        if (rc == FGR_OK) {
            fgr_view_close(view);
        }
        fgr_image_free(bytes, n_bytes);
    }
    return rc;
}

Test(no_memory, every_allocation_may_fail)
{
    struct fgr_small_net net;
    struct fgr_error err;
    unsigned n = 0;
    fgr_small_net_make(&net, 1);
    for (;; n++) {
        enum fgr_err rc = build_and_open(&net, n, &err);
        bool has_failed = n_left > n; /* it wrapped: the refusal came */
        n_left = UINT32_MAX;
        if (!has_failed) {
            cr_assert_eq(rc, FGR_OK, "%s", err.text);
            break;
        }
        cr_assert_eq(rc, FGR_ERR_MEMORY, "allocation %u", n);
        cr_assert_eq(err.code, FGR_ERR_MEMORY);
        cr_assert_eq(strncmp(err.text, "out of memory: ", 15), 0, "%s", err.text);
    }
    cr_assert_gt(n, 40, "only %u allocations", n);
}

/* One statement of each kind, all said and frozen, with one allocation refused. */
static enum fgr_err overlay_of(const struct fgr_view *view, const uint8_t *stranger,
                               unsigned n_before, struct fgr_error *err)
{
    struct fgr_overlay_builder *builder;
    struct fgr_overlay *overlay;
    fgr_node_idx node;
    const struct fgr_overlay_payinfo payinfo = {.htlc_max = {1000}};
    n_left = n_before;
    enum fgr_err rc = fgr_overlay_builder_create(&builder, view, err);
    if (rc != FGR_OK) {
        return rc;
    }
    rc = fgr_overlay_node(builder, &node, stranger, err);
    for (uint32_t i = 0; i < 60 && rc == FGR_OK; i++) {
        rc = fgr_overlay_bias(builder, (fgr_edge_idx){i}, 1, err);
        rc = rc == FGR_OK ? fgr_overlay_ban_pair(builder, (fgr_node_idx){0}, (fgr_node_idx){1}, err)
                          : rc;
        rc = rc == FGR_OK ? fgr_overlay_only_in_from(builder, (fgr_node_idx){i % 12},
                                                     (fgr_node_idx){12}, err)
                          : rc;
        rc = rc == FGR_OK ? fgr_overlay_blinded_path(builder, NULL, (fgr_node_idx){i % 12}, node,
                                                     &payinfo, err)
                          : rc;
    }
    rc = rc == FGR_OK ? fgr_overlay_ban_channel(builder, (fgr_chan_idx){3}, err) : rc;
    rc = rc == FGR_OK ? fgr_overlay_bias_of_node(builder, (fgr_node_idx){2}, -5, err) : rc;
    rc = rc == FGR_OK ? fgr_overlay_freeze(&overlay, builder, err) : rc;
    if (rc == FGR_OK) {
        fgr_overlay_destroy(overlay);
    }
    fgr_overlay_builder_destroy(builder);
    return rc;
}

Test(no_memory, every_allocation_of_an_overlay_may_fail)
{
    struct fgr_import_report report;
    struct fgr_small_net net;
    struct fgr_view *view;
    struct fgr_error err;
    size_t n_bytes;
    void *bytes;
    unsigned n = 0;
    fgr_small_net_make(&net, 2);
    uint8_t stranger[FGR_NODE_ID_BYTES];
    memcpy(stranger, net.nodes[0].id, sizeof stranger);
    stranger[0] ^= 1; /* the other point of that x */
    cr_assert_eq(fgr_small_net_build(&net, &bytes, &n_bytes, &report, NULL, &err), FGR_OK);
    cr_assert_eq(fgr_view_open_memory(&view, bytes, n_bytes, &err), FGR_OK);
    for (;; n++) {
        enum fgr_err rc = overlay_of(view, stranger, n, &err);
        bool has_failed = n_left > n;
        n_left = UINT32_MAX;
        if (!has_failed) {
            cr_assert_eq(rc, FGR_OK, "%s", err.text);
            break;
        }
        cr_assert_eq(rc, FGR_ERR_MEMORY, "allocation %u", n);
    }
    cr_assert_gt(n, 20, "only %u allocations", n);
    fgr_view_close(view);
    fgr_image_free(bytes, n_bytes);
}

/* ---- gossip ---------------------------------------------------------------------------------- */

enum { GOSSIP_CHANNELS = 100 };

/* Channel `scid` between two nodes of its own, accepted. */
static enum fgr_err accept_channel(struct fgr_rules *rules, struct fgr_verifier *verifier,
                                   uint64_t scid, struct fgr_error *err)
{
    static const uint8_t chain[FGR_CHAIN_HASH_BYTES];
    uint8_t ids[2][FGR_NODE_ID_BYTES] = {{2, (uint8_t)scid, 0}, {2, (uint8_t)scid, 1}};
    uint8_t bytes[512];
    const struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_ANNOUNCEMENT,
        .channel = {.scid = scid, .chain_hash = chain, .node_id = {ids[0], ids[1]}}};
    const struct fgr_verify_input input = {
        .message = bytes, .n_bytes = fgr_wire_encode(bytes, sizeof bytes, &message)};
    struct fgr_verdict verdict;
    struct fgr_ruling ruling;
    cr_assert(fgr_verifier_offer(verifier, &input));
    fgr_verifier_flush(verifier);
    cr_assert(fgr_verifier_wait(verifier, &verdict));
    enum fgr_err rc = fgr_rules_accept(rules, verdict.verified, true, &ruling, err);
    if (rc != FGR_OK) { /* nothing has changed: the same again is accepted once there is memory */
        n_left = UINT32_MAX - 1000;
        cr_assert_eq(fgr_rules_accept(rules, verdict.verified, true, &ruling, NULL), FGR_OK);
        cr_assert_eq(ruling.rule, FGR_RULE_ACCEPTED);
    }
    return rc;
}

static enum fgr_err gossip_of(struct fgr_verifier *trusted, unsigned n_before,
                              struct fgr_error *err)
{
    const struct fgr_rules_options options = {.n_orphans = 4};
    const struct fgr_verify_options verify = {.threads = 2};
    struct fgr_rules *rules = NULL;
    struct fgr_verifier *verifier = NULL;
    struct fgr_signer *signer = NULL;
    bool is_open;
    n_left = n_before;
    enum fgr_err rc = fgr_rules_create(&rules, &options, err);
    rc = rc == FGR_OK ? fgr_verifier_create(&verifier, &verify, err) : rc;
    rc = rc == FGR_OK ? fgr_signer_create(&signer, err) : rc;
    for (uint64_t scid = 0; scid < GOSSIP_CHANNELS && rc == FGR_OK; scid++) {
        rc = accept_channel(rules, trusted, scid, err);
        rc = rc == FGR_OK ? fgr_rules_spent(rules, scid, 1, &is_open, err) : rc;
    }
    fgr_signer_destroy(signer);
    fgr_verifier_destroy(verifier);
    fgr_rules_destroy(rules);
    return rc;
}

Test(no_memory, every_allocation_of_gossip_may_fail)
{
    const struct fgr_verify_options verify = {.threads = 1, .is_trusted = true};
    struct fgr_verifier *trusted;
    struct fgr_error err;
    unsigned n = 0;
    cr_assert_eq(fgr_verifier_create(&trusted, &verify, &err), FGR_OK);
    for (;; n++) {
        enum fgr_err rc = gossip_of(trusted, n, &err);
        bool has_failed = n_left > n;
        n_left = UINT32_MAX;
        if (!has_failed) {
            cr_assert_eq(rc, FGR_OK, "%s", err.text);
            break;
        }
        cr_assert_eq(rc, FGR_ERR_MEMORY, "allocation %u", n);
        cr_assert_eq(strncmp(err.text, "out of memory: ", 15), 0, "%s", err.text);
    }
    cr_assert_gt(n, 25, "only %u allocations", n);
    fgr_verifier_destroy(trusted);
}

/* ---- a table told to an overlay -------------------------------------------------------------- */

static void reserve_some(struct fgr_reserve *reserve, uint32_t n_edges)
{
    for (uint32_t edge = 0; edge < n_edges; edge++) {
        fgr_lease_id id;
        struct fgr_reserve_hop hop = {.edge = {edge}, .amount = {1}, .limit = {1}};
        struct fgr_reserve_part part = {.hops = &hop, .n_hops = 1};
        struct fgr_reserve_request request = {
            .sz = sizeof request, .parts = &part, .n_parts = 1, .expires_ns = UINT64_MAX};
        cr_assert_eq(fgr_reserve_take(reserve, &id, &request, NULL), FGR_OK);
    }
}

/* With one allocation refused the builder is as it was. True if none was left to refuse. */
static bool tell_with(const struct fgr_reserve *reserve, const struct fgr_view *view,
                      unsigned n_before)
{
    struct fgr_overlay_builder *builder;
    struct fgr_overlay *overlay;
    struct fgr_error err;
    uint32_t n_edges = 2 * fgr_view_channel_count(view);
    cr_assert_eq(fgr_overlay_builder_create(&builder, view, &err), FGR_OK);
    n_left = n_before;
    enum fgr_err rc = fgr_reserve_tell(reserve, builder, &err);
    bool has_failed = n_left > n_before;
    n_left = UINT32_MAX;
    cr_assert_eq(rc, has_failed ? FGR_ERR_MEMORY : FGR_OK, "allocation %u", n_before);
    cr_assert_eq(fgr_overlay_freeze(&overlay, builder, &err), FGR_OK);
    for (uint32_t edge = 0; edge < n_edges; edge++) {
        cr_assert_eq(fgr_overlay_masks(overlay, edge), !has_failed, "allocation %u", n_before);
    }
    fgr_overlay_destroy(overlay);
    fgr_overlay_builder_destroy(builder);
    return !has_failed;
}

Test(no_memory, a_table_is_told_whole_or_not_at_all)
{
    enum { CHANS = 200 };
    struct fgr_maker_chan chans[CHANS];
    struct fgr_maker *maker;
    struct fgr_made made;
    struct fgr_reserve *reserve;
    struct fgr_error err;
    unsigned n = 0;
    const struct fgr_maker_half half = {.htlc_max_msat = 1000, .is_known = true};
    for (uint32_t i = 0; i < CHANS; i++) {
        chans[i] = (struct fgr_maker_chan){.node = {0, 1}, .capacity_sat = 1, .half = {half, half}};
    }
    cr_assert(fgr_maker_create(&maker, 2, &err), "%s", err.text);
    cr_assert(fgr_maker_view(maker, &made, chans, CHANS, 2, &err), "%s", err.text);
    cr_assert_eq(fgr_reserve_create(&reserve, 2 * CHANS, 2 * CHANS, NULL, &err), FGR_OK);
    reserve_some(reserve, 2 * CHANS);
    while (!tell_with(reserve, made.view, n)) {
        n++;
    }
    cr_assert_gt(n, 4, "only %u allocations", n);
    fgr_reserve_destroy(reserve);
    fgr_made_close(&made);
    fgr_maker_destroy(maker);
}

/* One try of a change with one allocation refused: true once none was left to refuse. Refused, it has
 * changed nothing: the network is that of `before`. */
static bool apply_with(struct fgr_master *master, const struct fgr_change *change,
                       const struct fgr_view *before, unsigned n_before)
{
    const struct fgr_view *view;
    struct fgr_error err;
    n_left = n_before;
    enum fgr_err rc = fgr_master_apply(master, change, &err);
    bool has_failed = n_left > n_before;
    n_left = UINT32_MAX;
    cr_assert_eq(rc, has_failed ? FGR_ERR_MEMORY : FGR_OK, "allocation %u: %s", n_before, err.text);
    if (has_failed) {
        cr_assert_eq(fgr_master_seal(master, &view, &err), FGR_OK);
        cr_assert(fgr_same_network(view, before, &err), "allocation %u: %s", n_before, err.text);
        fgr_master_sweep(master, NULL, 0);
    }
    return !has_failed;
}

Test(no_memory, a_change_is_applied_whole_or_not_at_all)
{
    enum { STEPS = 250 };
    struct fgr_changing_net net;
    struct fgr_master *master;
    struct fgr_made made;
    struct fgr_error err;
    unsigned n_refused = 0;
    cr_assert(fgr_changing_net_init(&net, 3, &err), "%s", err.text);
    cr_assert_eq(fgr_master_create(&master, NULL, NULL, &err), FGR_OK);
    for (unsigned step = 0; step < STEPS; step++) {
        cr_assert(fgr_changing_net_image(&net, &made, &err), "%s", err.text);
        struct fgr_change change = fgr_changing_net_step(&net);
        unsigned n = 0;
        while (!apply_with(master, &change, made.view, n)) {
            n++;
        }
        n_refused += n;
        fgr_made_close(&made);
    }
    cr_assert_gt(n_refused, 5 * STEPS, "only %u allocations", n_refused);
    fgr_master_destroy(master);
    fgr_changing_net_free(&net);
}

/* A master of an image, its first view, a change and another view. */
static enum fgr_err publish_with(const struct fgr_view *image, unsigned n_before,
                                 struct fgr_error *err)
{
    struct fgr_master *master = NULL;
    struct fgr_publish *publish = NULL;
    const struct fgr_change change = {.kind = FGR_CHANGE_DYING, .u = {.scid = image->chan[0].scid}};
    n_left = n_before;
    enum fgr_err rc = fgr_master_create(&master, image, NULL, err);
    if (rc == FGR_OK) {
        rc = fgr_publish_create(&publish, master, 3, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_master_apply(master, &change, err);
    }
    if (rc == FGR_OK) {
        rc = fgr_publish_show(publish, err);
    }
    fgr_publish_destroy(publish);
    fgr_master_destroy(master);
    return rc;
}

Test(no_memory, every_allocation_of_a_master_may_fail)
{
    struct fgr_changing_net net;
    struct fgr_made made;
    struct fgr_error err;
    cr_assert(fgr_changing_net_init(&net, 4, &err), "%s", err.text);
    for (unsigned step = 0; step < 300; step++) {
        fgr_changing_net_step(&net);
    }
    cr_assert(fgr_changing_net_image(&net, &made, &err), "%s", err.text);
    for (unsigned n = 0;; n++) {
        enum fgr_err rc = publish_with(made.view, n, &err);
        bool has_failed = n_left > n;
        n_left = UINT32_MAX;
        cr_assert_eq(rc, has_failed ? FGR_ERR_MEMORY : FGR_OK, "allocation %u: %s", n, err.text);
        if (!has_failed) {
            cr_assert_gt(n, 30, "only %u allocations", n);
            break;
        }
    }
    fgr_made_close(&made);
    fgr_changing_net_free(&net);
}

static void ignore(void *state, uint64_t n_signatures, uint64_t n_total)
{
    (void)state;
    (void)n_signatures;
    (void)n_total;
}

Test(no_memory, every_allocation_of_a_signed_network_may_fail)
{
    const struct fgr_synth_options options = {8, 20, 1, 1};
    const struct fgr_synth_store_watch nobody = {ignore, NULL};
    for (unsigned n = 0;; n++) {
        struct fgr_synth_store_report report;
        struct fgr_error err;
        void *bytes = NULL;
        size_t n_bytes;
        n_left = n;
        enum fgr_err rc = fgr_synth_store_make(&bytes, &n_bytes, &options, &nobody, &report, &err);
        bool has_failed = n_left > n;
        n_left = UINT32_MAX;
        cr_assert_eq(rc, has_failed ? FGR_ERR_MEMORY : FGR_OK, "allocation %u: %s", n, err.text);
        cr_assert_eq(bytes == NULL, has_failed);
        free(bytes);
        if (!has_failed) {
            cr_assert_gt(n, 10, "only %u allocations", n);
            break;
        }
    }
}

/* Channel `scid`, which is announced, dies, and is removed if its scid is odd. */
static enum fgr_err take_channel(struct fgr_intake *intake, uint64_t scid, struct fgr_error *err)
{
    static const uint8_t chain[FGR_CHAIN_HASH_BYTES];
    uint8_t ids[2][FGR_NODE_ID_BYTES] = {{2, (uint8_t)scid, 0}, {2, (uint8_t)scid, 1}};
    uint8_t bytes[512];
    const struct fgr_message message = {
        .type = FGR_WIRE_CHANNEL_ANNOUNCEMENT,
        .channel = {.scid = scid, .chain_hash = chain, .node_id = {ids[0], ids[1]}}};
    const struct fgr_feed_entry entries[3] = {
        {.kind = FGR_FEED_MESSAGE,
         .message = bytes,
         .n_bytes = (uint32_t)fgr_wire_encode(bytes, sizeof bytes, &message),
         .capacity_sat = 1000},
        {.kind = FGR_FEED_DYING, .scid = scid},
        {.kind = FGR_FEED_CLOSED, .scid = scid}};
    return fgr_intake_take(intake, entries, 2 + scid % 2, err);
}

/* An intake of an image, which takes messages and shows them. */
static enum fgr_err intake_with(const struct fgr_view *image, unsigned n_before,
                                struct fgr_error *err)
{
    const struct fgr_intake_options options = {
        .rules = {.n_orphans = 4}, .verify = {.threads = 1, .is_trusted = true}, .max_readers = 2};
    struct fgr_intake *intake = NULL;
    n_left = n_before;
    enum fgr_err rc = fgr_intake_create(&intake, image, &options, err);
    for (uint64_t scid = 1; scid < GOSSIP_CHANNELS && rc == FGR_OK; scid++) {
        rc = take_channel(intake, scid, err);
    }
    rc = rc == FGR_OK ? fgr_intake_settle(intake, err) : rc;
    fgr_intake_destroy(intake);
    return rc;
}

Test(no_memory, every_allocation_of_an_intake_may_fail)
{
    struct fgr_changing_net net;
    struct fgr_made made;
    struct fgr_error err;
    cr_assert(fgr_changing_net_init(&net, 5, &err), "%s", err.text);
    for (unsigned step = 0; step < 300; step++) {
        fgr_changing_net_step(&net);
    }
    cr_assert(fgr_changing_net_image(&net, &made, &err), "%s", err.text);
    for (unsigned n = 0;; n++) {
        enum fgr_err rc = intake_with(made.view, n, &err);
        bool has_failed = n_left > n;
        n_left = UINT32_MAX;
        cr_assert_eq(rc, has_failed ? FGR_ERR_MEMORY : FGR_OK, "allocation %u: %s", n, err.text);
        if (!has_failed) {
            cr_assert_gt(n, 100, "only %u allocations", n);
            break;
        }
    }
    fgr_made_close(&made);
    fgr_changing_net_free(&net);
}
