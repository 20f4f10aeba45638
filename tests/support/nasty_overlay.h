/* SPDX-License-Identifier: MIT */
/*
 * nasty_overlay.h - random overlays in which everything happens at the edge: balances just at the
 * amount, discounts as large as a fee, channels to nodes the view does not have.
 *
 * Threads: one rng per thread.
 */
#ifndef FGR_TESTS_SUPPORT_NASTY_OVERLAY_H
#define FGR_TESTS_SUPPORT_NASTY_OVERLAY_H

#include "tests/support/nasty.h"

struct fgr_nasty_world {
    const struct fgr_maker *maker; /* of the view, with n_strangers more nodes */
    const struct fgr_view *view;
    uint32_t n_strangers; /* nodes that the overlay adds */
    uint64_t amount_msat; /* of payments that find it interesting */
    bool is_expressible;  /* nothing but what a view could say as well */
    bool is_crowded;      /* every other statement is about slots and what HTLCs cost */
};

/* An overlay out of about `n` statements; those that are refused are left out. The nodes behind the
 * view's are the strangers. NULL only where memory is short. */
struct fgr_overlay *fgr_nasty_overlay(struct fgr_rng *rng, const struct fgr_nasty_world *world,
                                      unsigned n);

#endif
