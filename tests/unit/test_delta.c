/* SPDX-License-Identifier: MIT */
#include "graph/delta.h"

#include <criterion/criterion.h>
#include <string.h>

enum { N = 500 };

/* Change i, with bytes of its own that are gone after the call. */
static enum fgr_err add(struct fgr_delta *delta, unsigned i)
{
    uint8_t alias[FGR_ALIAS_BYTES_MAX], features[64];
    struct fgr_change change = {.kind = (enum fgr_change_kind)(i % 5)};
    memset(alias, 'a' + (int)(i % 26), sizeof alias);
    memset(features, (int)i, sizeof features);
    switch (change.kind) {
    case FGR_CHANGE_CHANNEL:
        change.u.channel = (struct fgr_channel_record){.scid = i, .features = {features, i % 64}};
        break;
    case FGR_CHANGE_POLICY:
        change.u.policy = (struct fgr_policy_record){.scid = i, .ppm = 2 * i};
        break;
    case FGR_CHANGE_NODE:
        change.u.node = (struct fgr_node_record){
            .timestamp = i, .alias = {alias, i % 33}, .features = {features, i % 7}};
        break;
    case FGR_CHANGE_DYING:
    case FGR_CHANGE_CLOSE:
        change.u.scid = i;
        break;
    }
    return fgr_delta_add(delta, &change, NULL);
}

static void check_bytes(struct fgr_bytes bytes, uint32_t len, uint8_t value)
{
    cr_assert_eq(bytes.len, len);
    cr_assert_eq(bytes.data == NULL, len == 0);
    for (uint32_t i = 0; i < len; i++) {
        cr_assert_eq(bytes.data[i], value);
    }
}

static void check(const struct fgr_delta *delta, unsigned i)
{
    struct fgr_change change = fgr_delta_at(delta, i);
    cr_assert_eq((unsigned)change.kind, i % 5);
    switch (change.kind) {
    case FGR_CHANGE_CHANNEL:
        cr_assert_eq(change.u.channel.scid, i);
        check_bytes(change.u.channel.features, i % 64, (uint8_t)i);
        break;
    case FGR_CHANGE_POLICY:
        cr_assert_eq(change.u.policy.ppm, 2 * i);
        break;
    case FGR_CHANGE_NODE:
        check_bytes(change.u.node.alias, i % 33, (uint8_t)('a' + (int)(i % 26)));
        check_bytes(change.u.node.features, i % 7, (uint8_t)i);
        break;
    case FGR_CHANGE_DYING:
    case FGR_CHANGE_CLOSE:
        cr_assert_eq(change.u.scid, i);
        break;
    }
}

Test(delta, keeps_order_and_bytes)
{
    struct fgr_delta delta = {.n = 0};
    for (int turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < N; i++) {
            cr_assert_eq(add(&delta, i), FGR_OK);
        }
        cr_assert_eq(delta.n, N);
        for (unsigned i = 0; i < N; i++) {
            check(&delta, i);
        }
        fgr_delta_clear(&delta);
        cr_assert_eq(delta.n, 0);
    }
    fgr_delta_free(&delta);
    fgr_delta_free(&delta);
}
