/* SPDX-License-Identifier: MIT */
/* A gossip_store, behind a byte that says whether its checksums are put right first: without that
 * the fuzzer would not get past them. */
#include <string.h>

#include "graph/util/crc32c.h"
#include "graph/wire.h"
#include "tests/fuzz/import_once.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend_checksums(uint8_t *store, size_t n)
{
    enum { HEADER_BYTES = 12 };
    static struct fgr_crc32c_table table; /* made once: the fuzzer is in a hurry */
    if (table.slice[0][1] == 0) {
        fgr_crc32c_init(&table);
    }
    for (size_t at = 1; n - at >= HEADER_BYTES;) {
        size_t n_message = fgr_load_be16(store + at + 2);
        if (n_message > n - at - HEADER_BYTES) {
            return;
        }
        uint32_t crc =
            fgr_crc32c(&table, fgr_load_be32(store + at + 8), store + at + HEADER_BYTES, n_message);
        for (unsigned i = 0; i < 4; i++) {
            store[at + 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
        }
        at += HEADER_BYTES + n_message;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t n = size - 1;
    uint8_t *store = malloc(n);
    import_require(store != NULL);
    memcpy(store, data + 1, n);
    if (data[0] != 0) {
        mend_checksums(store, n);
    }
    import_once(store, n, NULL, 0);
    free(store);
    return 0;
}
