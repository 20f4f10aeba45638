/* SPDX-License-Identifier: MIT */
/* channels.csv, a zero byte, nodes.csv. */
#include <string.h>

#include "tests/fuzz/import_once.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size == 0 ? NULL : memchr(data, 0, size);
    size_t n = zero == NULL ? size : (size_t)(zero - data);
    import_once(data, n, zero == NULL ? NULL : zero + 1, zero == NULL ? 0 : size - n - 1);
    return 0;
}
