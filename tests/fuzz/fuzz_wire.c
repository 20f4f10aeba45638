/* SPDX-License-Identifier: MIT */
/* One gossip message. What decodes is encoded to the same bytes again, and no less room will do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "wire: %s\n", what);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[FGR_WIRE_BYTES_MAX + 1];
    struct fgr_message message;
    enum fgr_wire_fault fault = fgr_wire_decode(&message, data, size);
    if (fault == FGR_WIRE_OTHER_TYPE) {
        require(fgr_wire_n_signatures(message.type) == 0, "a gossip message is called another");
        return 0;
    }
    if (fault == FGR_WIRE_GOOD) {
        memset(again, 0x77, size + 1);
        require(fgr_wire_encode(again, size, &message) == size, "another length");
        require(memcmp(again, data, size) == 0, "other bytes");
        require(again[size] == 0x77, "a byte beyond");
        require(fgr_wire_encode(again, size - 1, &message) == 0, "too little room is enough");
    }
    return 0;
}
