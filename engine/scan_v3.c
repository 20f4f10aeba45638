/* SPDX-License-Identifier: MIT */
/* The loop of scan.c once more, compiled for x86-64-v3 (CMakeLists.txt sets the flag). */
#define FGR_SCAN_NAME fgr_scan_v3
#include "engine/scan.c" /* NOLINT(bugprone-suspicious-include): the same source on purpose */
