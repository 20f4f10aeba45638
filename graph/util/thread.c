/* SPDX-License-Identifier: MIT */
#include "graph/util/thread.h"

#include <sched.h>
#include <signal.h>

bool fgr_thread_start(pthread_t *out_thread, void *(*main)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool is_started = pthread_create(out_thread, NULL, main, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
}

unsigned fgr_thread_cores(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int n = CPU_COUNT(&set);
    return n > 1 ? (unsigned)n : 1;
}
