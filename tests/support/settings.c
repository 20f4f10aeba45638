/* SPDX-License-Identifier: MIT */
#include "tests/support/settings.h"

#include <stdlib.h>

static uint64_t number_or(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    uint64_t number = text != NULL ? strtoull(text, NULL, 10) : 0;
    return number > 0 ? number : otherwise;
}

uint64_t fgr_settings_scale(void)
{
    return number_or("FGR_TEST_SCALE", 1);
}

uint64_t fgr_settings_seed(void)
{
    return number_or("FGR_SEED", 1);
}
