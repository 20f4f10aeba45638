/* SPDX-License-Identifier: MIT */
#include "graph/util/steady.h"

#include <criterion/criterion.h>

Test(steady, grows_in_place_with_zeros)
{
    struct fgr_steady steady;
    struct fgr_error err;
    cr_assert_eq(fgr_steady_init(&steady, (size_t)1 << 36, &err), FGR_OK, "%s", err.text);
    uint8_t *base = steady.base;
    size_t n_checked = 0;
    for (size_t n = 1; n < (size_t)1 << 24; n = 3 * n + 1) {
        cr_assert_eq(fgr_steady_grow(&steady, n, &err), FGR_OK, "%s", err.text);
        cr_assert_geq(steady.n_bytes, n);
        cr_assert_eq(steady.base, base);
        for (; n_checked < n; n_checked++) {
            cr_assert_eq(base[n_checked], 0);
            base[n_checked] = (uint8_t)(n_checked * 7);
        }
    }
    for (size_t i = 0; i < n_checked; i++) {
        cr_assert_eq(base[i], (uint8_t)(i * 7));
    }
    fgr_steady_free(&steady);
    cr_assert_null(steady.base);
    fgr_steady_free(&steady);
}

Test(steady, ends_where_it_was_set_aside)
{
    struct fgr_steady steady;
    struct fgr_error err;
    cr_assert_eq(fgr_steady_init(&steady, 1000, &err), FGR_OK);
    cr_assert_eq(fgr_steady_grow(&steady, steady.n_bytes_reserved, &err), FGR_OK);
    cr_assert_eq(fgr_steady_grow(&steady, steady.n_bytes_reserved + 1, &err), FGR_ERR_LIMIT);
    cr_assert_eq(steady.n_bytes, steady.n_bytes_reserved);
    fgr_steady_free(&steady);
    cr_assert_eq(fgr_steady_init(&steady, (size_t)1 << 60, &err), FGR_ERR_MEMORY);
}
