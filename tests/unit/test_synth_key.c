/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_key.h"

#include <criterion/criterion.h>
#include <string.h>

Test(synth_key, draws_pairs_that_belong_together)
{
    for (uint64_t i = 0; i < 200; i++) {
        struct fgr_synth_key key, again;
        uint8_t id[FGR_NODE_ID_BYTES];
        fgr_synth_key_draw(&key, i % 3, FGR_SYNTH_STREAM_KEY, i);
        fgr_synth_key_draw(&again, i % 3, FGR_SYNTH_STREAM_KEY, i);
        cr_assert(fgr_curve_derive(id, key.secret));
        cr_assert_eq(memcmp(id, key.id, sizeof id), 0);
        cr_assert_eq(memcmp(&key, &again, sizeof key), 0);
    }
}

Test(synth_key, differ_by_seed_stream_and_item)
{
    struct fgr_synth_key keys[4];
    fgr_synth_key_draw(&keys[0], 1, FGR_SYNTH_STREAM_KEY, 5);
    fgr_synth_key_draw(&keys[1], 2, FGR_SYNTH_STREAM_KEY, 5);
    fgr_synth_key_draw(&keys[2], 1, FGR_SYNTH_STREAM_FUNDING, 5);
    fgr_synth_key_draw(&keys[3], 1, FGR_SYNTH_STREAM_KEY, 6);
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < i; j++) {
            cr_assert_neq(memcmp(keys[i].id, keys[j].id, FGR_NODE_ID_BYTES), 0);
        }
    }
}
