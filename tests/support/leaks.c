/* SPDX-License-Identifier: MIT */
/*
 * Which processes of a Criterion program the leak detector looks at: those that run a test.
 *
 * Criterion runs each test in a process of its own, which finds BXFI_MAP in its environment. The
 * process that starts them runs no code of ours, and Criterion 2.4.1 sometimes ends with a test's
 * worker still allocated there, which is no fault of a test.
 */
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>

#include "fulgurite/base.h"

/* The run-time library calls it: it has to be seen from there. */
FGR_API int __lsan_is_turned_off(void)
{
    return getenv("BXFI_MAP") == NULL;
}
