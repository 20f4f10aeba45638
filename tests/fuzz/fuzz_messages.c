/* SPDX-License-Identifier: MIT */
/* A GSP file or gossip_store: every message lies within the input, one behind the other, and is
 * decoded. */
#include <stdio.h>
#include <stdlib.h>

#include "graph/import/messages.h"
#include "graph/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fgr_source *source;
    struct fgr_messages messages;
    struct fgr_raw_message raw;
    if (fgr_source_open_memory(&source, data, size, NULL) != FGR_OK) {
        return 0;
    }
    enum fgr_err code = fgr_messages_begin(&messages, source, NULL);
    uint64_t n_bytes = 0, offset = 0;
    while (code == FGR_OK) {
        struct fgr_message message;
        code = fgr_messages_next(&messages, &raw, NULL);
        if (code != FGR_OK || raw.bytes == NULL) {
            break;
        }
        fgr_wire_decode(&message, raw.bytes, raw.n_bytes);
        n_bytes += raw.n_bytes;
        bool is_plain = fgr_source_compression(source) == FGR_COMPRESSION_NONE;
        if ((is_plain && n_bytes > size) || raw.place.offset <= offset) {
            fprintf(stderr, "messages: more than there is\n");
            abort();
        }
        offset = raw.place.offset;
    }
    fgr_source_close(source);
    return 0;
}
