/* SPDX-License-Identifier: MIT */
/*
 * attr.h - the compiler extensions this project uses, all of them here.
 *
 * Threads: constants only.
 */
#ifndef FGR_UTIL_ATTR_H
#define FGR_UTIL_ATTR_H

#if defined(__GNUC__)
#define FGR_LIKELY(x) __builtin_expect(!!(x), 1)
#define FGR_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define FGR_PREFETCH(p) __builtin_prefetch(p)
#define FGR_ALWAYS_INLINE __attribute__((always_inline)) inline
/* 128-bit products of msat and ppm: gcc and clang on every 64-bit target. */
__extension__ typedef unsigned __int128 fgr_u128;
/* Index of the highest set bit; x > 0. */
#define FGR_LOG2_FLOOR(x) (63U - (unsigned)__builtin_clzll(x))
#define FGR_POPCOUNT(x) ((unsigned)__builtin_popcountll(x))
#ifdef __x86_64__
/* Only where the CPU has AVX. */
#define FGR_CLEAR_UPPER_HALVES() __asm__ volatile("vzeroupper")
#endif
#else
#error "fulgurite needs gcc or clang on a 64-bit target"
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "images are little-endian and read in place: fulgurite needs a little-endian target"
#endif

#endif
