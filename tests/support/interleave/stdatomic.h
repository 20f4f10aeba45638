/* SPDX-License-Identifier: MIT */
/*
 * stdatomic.h - stands in for the compiler's: atomics of a module that is compiled with this folder
 * first in its include path ask before every access whose turn it is.
 *
 * Threads: one runs at a time (see tests/support/interleave.h).
 * Source: C11 7.17, as far as the modules under test use it. Every order is sequential here: what
 * weaker orders allow is for ThreadSanitizer and for the proof in the module.
 */
#ifndef FGR_TESTS_INTERLEAVE_STDATOMIC_H
#define FGR_TESTS_INTERLEAVE_STDATOMIC_H

#include <stdbool.h>

void fgr_interleave_turn(const volatile void *word, bool is_write);

#define _Atomic
#define ATOMIC_LLONG_LOCK_FREE 2

enum memory_order {
    memory_order_relaxed,
    memory_order_acquire,
    memory_order_release,
    memory_order_acq_rel,
    memory_order_seq_cst
};

#define atomic_init(word, value) ((void)(*(word) = (value)))

#define atomic_load_explicit(word, order) \
    (fgr_interleave_turn(word, false), __atomic_load_n(word, __ATOMIC_SEQ_CST))

#define atomic_store_explicit(word, value, order) \
    (fgr_interleave_turn(word, true), __atomic_store_n(word, value, __ATOMIC_SEQ_CST))

#define atomic_fetch_add_explicit(word, value, order) \
    (fgr_interleave_turn(word, true), __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST))

#define atomic_fetch_sub_explicit(word, value, order) \
    (fgr_interleave_turn(word, true), __atomic_fetch_sub(word, value, __ATOMIC_SEQ_CST))

#define atomic_fetch_and_explicit(word, value, order) \
    (fgr_interleave_turn(word, true), __atomic_fetch_and(word, value, __ATOMIC_SEQ_CST))

#define atomic_fetch_or_explicit(word, value, order) \
    (fgr_interleave_turn(word, true), __atomic_fetch_or(word, value, __ATOMIC_SEQ_CST))

#define atomic_compare_exchange_strong_explicit(word, expected, value, success, failure) \
    (fgr_interleave_turn(word, true),                                                    \
     __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_SEQ_CST,         \
                                 __ATOMIC_SEQ_CST))

#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit

#endif
