/* SPDX-License-Identifier: MIT */
/*
 * cholesky.h - a small symmetric system of equations, factored in place.
 *
 * Place in the flow: mix and lots_mix -> cholesky (their Newton steps).
 *
 * Threads: pure, any thread.
 */
#ifndef FGR_ENGINE_CHOLESKY_H
#define FGR_ENGINE_CHOLESKY_H

#include <stddef.h>

/* Factors the lower triangle of an n x n matrix, stored by columns. `extra` is added to the diagonal; what
 * is not positive then is made a little more than that, so that it always can be. */
void fgr_cholesky_factor(double *l, size_t n, double extra);

/* Solves for the right side x, in place. */
void fgr_cholesky_solve(const double *l, size_t n, double *x);

/* Solves L y = x only, where x is 0 before `first`; returns the square of y. */
double fgr_cholesky_half(const double *l, size_t n, double *x, size_t first);

#endif
