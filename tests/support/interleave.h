/* SPDX-License-Identifier: MIT */
/*
 * interleave.h - runs a few small threads in every order that can make a difference.
 *
 * The module under test is compiled with tests/support/interleave first in its include path, so
 * each of its atomic accesses waits for its turn here. Every run replays the turns up to the last
 * point where another thread could have gone on, and lets that one go on. Two accesses that commute
 * (other words, or both reads) are not tried in both orders, by sleep sets: no state is missed.
 *
 * Threads: one explores at a time; of the threads that it starts, one runs at a time.
 * Source: P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996.
 */
#ifndef FGR_TESTS_INTERLEAVE_H
#define FGR_TESTS_INTERLEAVE_H

#include <stdbool.h>
#include <stdint.h>

enum { FGR_INTERLEAVE_THREADS_MAX = 4 };

struct fgr_interleave {
    unsigned n_threads;
    void (*start)(void *state); /* before each run */
    void (*thread)(void *state, unsigned number);
    void (*look)(void *state);  /* after each turn; accesses here take no turn */
    void (*end)(void *state);   /* when all threads have ended */
    void (*clean)(void *state); /* after each run, also one that was left half-way */
};

/* How many runs there were that differ. */
uint64_t fgr_interleave_all(const struct fgr_interleave *plan, void *state);

/* What an access calls before it happens; tests may do so for words of their own. */
void fgr_interleave_turn(const volatile void *word, bool is_write);

#endif
