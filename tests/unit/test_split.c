/* SPDX-License-Identifier: MIT */
#include "fulgurite/split.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "engine/parts.h"

/* The check reads no more of a view than how many nodes it has. */
static const struct fgr_view view = {.n_nodes = 3};

static struct fgr_split_query good(void)
{
    struct fgr_split_query query;
    fgr_split_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){2}, (fgr_msat){100000000});
    return query;
}

static void assert_refused(const struct fgr_split_query *query, const char *field)
{
    struct fgr_error err;
    cr_assert_eq(fgr_split_query_check(&view, query, &err), FGR_ERR_ARG, "%s was accepted", field);
    cr_assert_not_null(strstr(err.text, field), "'%s' does not name %s", err.text, field);
}

Test(split, defaults_hold_for_every_amount)
{
    struct fgr_split_query query = good();
    cr_assert_eq(query.min_part.v, FGR_PART_MIN_DEFAULT_MSAT);
    for (uint64_t amount_msat = 1; amount_msat < FGR_MSAT_MAX / 3; amount_msat *= 3) {
        fgr_split_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){2}, (fgr_msat){amount_msat});
        cr_assert_eq(fgr_split_query_check(&view, &query, NULL), FGR_OK);
        cr_assert(amount_msat < 2 || 2 * query.min_part.v <= amount_msat,
                  "%" PRIu64 " msat cannot be split", amount_msat);
    }
}

Test(split, refuses_what_no_solver_can_use)
{
    struct fgr_split_query query = good();
    query.sz--;
    assert_refused(&query, "sz");
    query = good();
    query.max_parts = 0;
    assert_refused(&query, "max_parts");
    query.max_parts = FGR_PARTS_MAX + 1;
    assert_refused(&query, "max_parts");
    query = good();
    query.min_part.v = 0;
    assert_refused(&query, "min_part");
    query.min_part.v = query.amount.v + 1;
    assert_refused(&query, "min_part");
    query = good();
    query.part_cost.v = FGR_PART_COST_MAX_MSAT + 1;
    assert_refused(&query, "part_cost");
    query = good();
    query.amount.v = 0;
    query.min_part.v = 1;
    assert_refused(&query, "min_part");
    query = good();
    query.to.v = 3;
    assert_refused(&query, "node index 3");
    query = good();
    query.max_hops = 0;
    assert_refused(&query, "max_hops");
    query = good();
    query.final_cltv = query.max_cltv + 1;
    assert_refused(&query, "max_cltv");
}

/* A part names its own amount and that of the whole payment. */
Test(split, final_payload_names_both_amounts)
{
    struct fgr_parts_task task = {.amount_msat = 0x10000};
    cr_assert_eq(fgr_parts_final_bytes(&task, 0x10000), fgr_onion_final_bytes(0x10000, 0));
    cr_assert_eq(fgr_parts_final_bytes(&task, 0xffff), fgr_onion_final_bytes(0x10000, 0) - 1);
    cr_assert_eq(fgr_parts_final_bytes(&task, 0xff), fgr_onion_final_bytes(0x10000, 0) - 2);
}
