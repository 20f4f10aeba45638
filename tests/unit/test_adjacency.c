/* SPDX-License-Identifier: MIT */
#include "graph/adjacency.h"

#include <criterion/criterion.h>
#include <math.h>

#include "graph/image.h"
#include "tests/support/small_net.h"

/* `rounded` is the float next to `exact` on the side that was asked for. */
static void assert_down(float rounded, long double exact)
{
    cr_assert_leq((long double)rounded, exact);
    cr_assert_gt((long double)nextafterf(rounded, INFINITY), exact);
}

static void assert_up(float rounded, long double exact)
{
    cr_assert_geq((long double)rounded, exact);
    cr_assert(exact == 0 || (long double)nextafterf(rounded, 0) < exact);
}

static void assert_entry(const struct fgr_view *view, const struct fgr_adjacency *adjacency,
                         uint32_t i)
{
    uint32_t edge = adjacency->edge[i];
    const struct fgr_half *half = &view->half[edge];
    long double capacity_msat = 1000 * (long double)view->chan[edge / 2].capacity_sat;
    cr_assert(half->flags & FGR_HALF_USABLE);
    cr_assert_eq(adjacency->base_msat[i],
                 (int32_t)(half->base_msat < INT32_MAX ? half->base_msat : INT32_MAX));
    cr_assert_eq(adjacency->ppm[i], (int32_t)(half->ppm < INT32_MAX ? half->ppm : INT32_MAX));
    assert_down(adjacency->inv_cap[i], 1 / (capacity_msat + 1));
    assert_up(adjacency->max_msat[i], (long double)half->htlc_max_msat);
    cr_assert_eq(adjacency->cltv[i], half->cltv_delta);
}

static bool is_before(const struct fgr_adjacency *adjacency, uint32_t i, uint32_t j)
{
    uint64_t rank_i = (uint64_t)adjacency->base_msat[i] + (uint64_t)adjacency->ppm[i];
    uint64_t rank_j = (uint64_t)adjacency->base_msat[j] + (uint64_t)adjacency->ppm[j];
    if (rank_i != rank_j) {
        return rank_i < rank_j;
    }
    return adjacency->nbr[i] < adjacency->nbr[j] ||
           (adjacency->nbr[i] == adjacency->nbr[j] && adjacency->edge[i] < adjacency->edge[j]);
}

/* Every usable edge once, where it belongs, in order. */
static void assert_adjacency(const struct fgr_view *view, const struct fgr_adjacency *adjacency,
                             bool is_incoming)
{
    uint32_t n_listed = 0;
    for (uint32_t v = 0; v < view->n_nodes; v++) {
        for (uint32_t i = adjacency->first[v]; i < adjacency->first[v + 1]; i++) {
            uint32_t edge = adjacency->edge[i];
            uint32_t from = fgr_view_edge_from(view, edge), to = fgr_view_edge_to(view, edge);
            cr_assert_eq(v, is_incoming ? to : from);
            cr_assert_eq(adjacency->nbr[i], is_incoming ? from : to);
            cr_assert(i == adjacency->first[v] || is_before(adjacency, i - 1, i));
            assert_entry(view, adjacency, i);
            n_listed++;
        }
    }
    cr_assert_eq(n_listed, view->n_usable);
}

Test(adjacency, lists_every_usable_edge_with_its_bounds)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct fgr_small_net net;
        struct fgr_import_report report;
        struct fgr_error err;
        struct fgr_view view;
        void *bytes;
        size_t n_bytes;
        uint32_t n_usable = 0;
        fgr_small_net_make(&net, seed);
        cr_assert_eq(fgr_small_net_build(&net, &bytes, &n_bytes, &report, NULL, &err), FGR_OK);
        cr_assert_eq(fgr_image_load(&view, bytes, n_bytes, &err), FGR_OK, "%s", err.text);
        for (uint32_t edge = 0; edge < 2 * view.n_chans; edge++) {
            n_usable += (view.half[edge].flags & FGR_HALF_USABLE) != 0;
        }
        cr_assert_eq(view.n_usable, n_usable);
        cr_assert_gt(n_usable, FGR_SMALL_CHANS / 2);
        assert_adjacency(&view, &view.in, true);
        assert_adjacency(&view, &view.out, false);
        fgr_image_free(bytes, n_bytes);
    }
}
