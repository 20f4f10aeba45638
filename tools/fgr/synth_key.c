/* SPDX-License-Identifier: MIT */
#include "tools/fgr/synth_key.h"

void fgr_synth_key_draw(struct fgr_synth_key *out_key, uint64_t seed, enum fgr_synth_stream stream,
                        uint64_t item)
{
    struct fgr_rng rng;
    fgr_synth_stream(&rng, seed, stream, item);
    do { /* all but about 2^-128 of all 32-byte strings are secrets */
        for (size_t i = 0; i < FGR_CURVE_SECRET_BYTES; i += 8) {
            uint64_t word = fgr_rng_next(&rng);
            for (size_t j = 0; j < 8; j++) {
                out_key->secret[i + j] = (uint8_t)(word >> (56 - 8 * j));
            }
        }
    } while (!fgr_curve_derive(out_key->id, out_key->secret));
}
