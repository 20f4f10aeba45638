/* SPDX-License-Identifier: MIT */
#include "engine/query.h"

#include <criterion/criterion.h>
#include <string.h>

/* The check reads no more of a view than how many nodes it has. */
static const struct fgr_view view = {.n_nodes = 3};

static struct fgr_route_query good(void)
{
    struct fgr_route_query query;
    fgr_route_query_init(&query, (fgr_node_idx){0}, (fgr_node_idx){2}, (fgr_msat){1000});
    return query;
}

static void assert_refused(const struct fgr_route_query *query, const char *field)
{
    struct fgr_error err;
    cr_assert_eq(fgr_query_check(&view, query, &err), FGR_ERR_ARG, "%s was accepted", field);
    cr_assert_not_null(strstr(err.text, field), "'%s' does not name %s", err.text, field);
}

Test(query, defaults_hold_for_every_amount)
{
    struct fgr_route_query query = good();
    cr_assert_eq(fgr_query_check(&view, &query, NULL), FGR_OK);
    query.amount.v = FGR_MSAT_MAX;
    cr_assert_eq(fgr_query_check(&view, &query, NULL), FGR_OK);
}

Test(query, refuses_what_no_search_can_use)
{
    struct fgr_route_query query = good();
    query.sz--;
    assert_refused(&query, "sz");
    query = good();
    query.to.v = 3;
    assert_refused(&query, "node index 3");
    query = good();
    query.amount.v = 0;
    assert_refused(&query, "amount");
    query.amount.v = FGR_MSAT_MAX + 1;
    assert_refused(&query, "amount");
    query = good();
    query.max_hops = 0;
    assert_refused(&query, "max_hops");
    query.max_hops = FGR_HOPS_MAX + 1;
    assert_refused(&query, "max_hops");
    query = good();
    query.max_cltv = query.final_cltv - 1;
    assert_refused(&query, "max_cltv");
    query = good();
    query.final_bytes = FGR_ONION_BYTES + 1;
    assert_refused(&query, "final_bytes");
}

/* Costs that saturate would look like "no route". */
Test(query, refuses_prices_that_do_not_fit)
{
    struct fgr_route_query query = good();
    query.cost.fail_base_msat = FGR_FAIL_MSAT_MAX + 1;
    assert_refused(&query, "failure");
    query = good();
    query.amount.v = FGR_MSAT_MAX;
    query.cost.fail_amount_ppm = UINT32_MAX;
    assert_refused(&query, "failure");
    query = good();
    query.cost.risk_ppb = FGR_RISK_PPB_MAX + 1;
    assert_refused(&query, "risk");
}
