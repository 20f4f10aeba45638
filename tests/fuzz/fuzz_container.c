/* SPDX-License-Identifier: MIT */
/* Compressed input, and images, which are taken as they are. Decompression is driven beyond what
 * a reader would ask for, up to a bound that keeps a bomb from stopping the fuzzer. */
#include "tests/fuzz/import_once.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(const uint8_t *data, size_t size)
{
    enum { DRAIN_BYTES_MAX = 4 << 20 };
    struct fgr_source *source;
    struct fgr_error err = {0};
    const uint8_t *window;
    size_t n = 0;
    enum fgr_err code = fgr_source_open_memory(&source, data, size, &err);
    if (code != FGR_OK) {
        import_require(err.text[0] != '\0');
        return;
    }
    do {
        code = fgr_source_fill(source, &window, &n, 1000, &err);
        import_require(code == FGR_OK || err.text[0] != '\0');
        if (code == FGR_OK) {
            fgr_source_skip(source, n);
        }
    } while (code == FGR_OK && n > 0 && fgr_source_offset(source) < DRAIN_BYTES_MAX);
    fgr_source_close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    drain(data, size);
    import_once(data, size, NULL, 0);
    return 0;
}
