/* SPDX-License-Identifier: MIT */
/*
 * same_network.h - whether a live view shows the network of an image, value by value, and in the same
 * order wherever a search would see it.
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_TESTS_SUPPORT_SAME_NETWORK_H
#define FGR_TESTS_SUPPORT_SAME_NETWORK_H

#include "graph/view.h"

/* False with the first difference in `err`. */
bool fgr_same_network(const struct fgr_view *live, const struct fgr_view *image,
                      struct fgr_error *err);

#endif
