/* SPDX-License-Identifier: MIT */
/* LND's describegraph JSON. */
#include "tests/fuzz/import_once.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_once(data, size, NULL, 0);
    return 0;
}
