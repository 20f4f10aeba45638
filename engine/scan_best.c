/* SPDX-License-Identifier: MIT */
#include "engine/scan.h"

fgr_scan_fn *fgr_scan_best(void)
{
#ifdef FGR_HAVE_SCAN_V3
    if (__builtin_cpu_supports("avx2")) {
        return fgr_scan_v3;
    }
#endif
    return fgr_scan_plain;
}
