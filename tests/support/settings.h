/* SPDX-License-Identifier: MIT */
/*
 * settings.h - what the environment may change about a test run: how much, and from which seed.
 *
 * Threads: getenv; call before threads start.
 */
#ifndef FGR_TESTS_SUPPORT_SETTINGS_H
#define FGR_TESTS_SUPPORT_SETTINGS_H

#include <stdint.h>

/* FGR_TEST_SCALE: how many times the usual number of random cases; 1 unless set. */
uint64_t fgr_settings_scale(void);

/* FGR_SEED: where random cases start; 1 unless set. A failing test names it. */
uint64_t fgr_settings_seed(void);

#endif
