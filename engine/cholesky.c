/* SPDX-License-Identifier: MIT */
#include "engine/cholesky.h"

#include <math.h>

/* A pivot is at least this share of what stood on the diagonal. */
#define PIVOT_SHARE 1e-12

/* to[i] -= share * from[i] from `first` on: the inner loop of all that follows. Each entry by
 * itself, so that it may be done several at a time. */
static void subtract(double *restrict to, const double *restrict from, double share, size_t first,
                     size_t n)
{
    for (size_t i = first; i < n; i++) {
        to[i] -= share * from[i];
    }
}

void fgr_cholesky_factor(double *l, size_t n, double extra)
{
    for (size_t j = 0; j < n; j++) {
        double *column = &l[j * n];
        column[j] += extra;
        double least = fmax(extra, column[j] * PIVOT_SHARE);
        for (size_t k = 0; k < j; k++) {
            subtract(column, &l[k * n], l[k * n + j], j, n);
        }
        double root = sqrt(column[j] > least ? column[j] : least);
        column[j] = root;
        for (size_t i = j + 1; i < n; i++) {
            column[i] /= root;
        }
    }
}

void fgr_cholesky_solve(const double *l, size_t n, double *x)
{
    fgr_cholesky_half(l, n, x, 0);
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) {
            x[i] -= l[i * n + k] * x[k];
        }
        x[i] /= l[i * n + i];
    }
}

double fgr_cholesky_half(const double *l, size_t n, double *x, size_t first)
{
    double square = 0;
    for (size_t i = first; i < n; i++) {
        x[i] /= l[i * n + i];
        square += x[i] * x[i];
        subtract(x, &l[i * n], x[i], i + 1, n);
    }
    return square;
}
