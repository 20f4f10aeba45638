/* SPDX-License-Identifier: MIT */
/*
 * clock.h - how long something took.
 *
 * Threads: any thread.
 */
#ifndef FGR_UTIL_CLOCK_H
#define FGR_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some moment that does not change while the system runs. */
static inline uint64_t fgr_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
