/* SPDX-License-Identifier: MIT */
/*
 * thread.h - threads of ours in a program of somebody else.
 *
 * Threads: any thread.
 */
#ifndef FGR_UTIL_THREAD_H
#define FGR_UTIL_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread that never runs the program's signal handlers. False if the system has none. */
bool fgr_thread_start(pthread_t *out_thread, void *(*main)(void *), void *arg);

/* Cores that this process may use, at least 1. */
unsigned fgr_thread_cores(void);

#endif
