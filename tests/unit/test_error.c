/* SPDX-License-Identifier: MIT */
#include "graph/util/error.h"

#include <criterion/criterion.h>
#include <string.h>

Test(error, fills_code_position_and_text)
{
    struct fgr_error err;
    cr_assert_eq(fgr_fail(&err, FGR_ERR_IO, "cannot open %s", "x"), FGR_ERR_IO);
    cr_assert_eq(err.code, FGR_ERR_IO);
    cr_assert_eq(err.record, FGR_NO_POSITION);
    cr_assert_eq(err.offset, FGR_NO_POSITION);
    cr_assert_str_eq(err.text, "cannot open x");
    cr_assert_eq(fgr_fail_at(&err, FGR_ERR_FORMAT, 3, 70, "record %d", 3), FGR_ERR_FORMAT);
    cr_assert_eq(err.code, FGR_ERR_FORMAT);
    cr_assert_eq(err.record, 3);
    cr_assert_eq(err.offset, 70);
    cr_assert_str_eq(err.text, "record 3");
    cr_assert_eq(fgr_fail_memory(&err, 12), FGR_ERR_MEMORY);
    cr_assert_str_eq(err.text, "out of memory: 12 bytes");
}

Test(error, is_optional)
{
    cr_assert_eq(fgr_fail(NULL, FGR_ERR_IO, "x"), FGR_ERR_IO);
    cr_assert_eq(fgr_fail_at(NULL, FGR_ERR_LIMIT, 1, 2, "x"), FGR_ERR_LIMIT);
    cr_assert_eq(fgr_fail_memory(NULL, 1), FGR_ERR_MEMORY);
}

Test(error, cuts_texts_that_do_not_fit)
{
    struct fgr_error err;
    char longer[2 * FGR_ERROR_TEXT_BYTES];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    fgr_fail(&err, FGR_ERR_IO, "%s", longer);
    cr_assert_eq(strlen(err.text), FGR_ERROR_TEXT_BYTES - 1);
}

Test(error, codes_have_names_of_their_own)
{
    for (int a = FGR_OK; a <= FGR_ERR_GAP + 1; a++) {
        const char *name = fgr_err_str((enum fgr_err)a);
        cr_assert_gt(strlen(name), 0);
        for (int b = FGR_OK; b < a; b++) {
            cr_assert_str_neq(name, fgr_err_str((enum fgr_err)b), "%d and %d", a, b);
        }
    }
}

Test(error, shows_the_end_of_a_path)
{
    char longer[500];
    memset(longer, 'x', sizeof longer);
    strcpy(longer + sizeof longer - sizeof "/g.fgr", "/g.fgr");
    cr_assert_str_eq(fgr_path_shown("a/b"), "a/b");
    const char *shown = fgr_path_shown(longer);
    cr_assert_str_eq(shown + strlen(shown) - strlen("/g.fgr"), "/g.fgr");
    cr_assert_lt(strlen(shown), FGR_ERROR_TEXT_BYTES / 2);
}
