/* SPDX-License-Identifier: MIT */
/*
 * The same query gives the same bytes: asked twice, with a fresh or a much used scratch, in another
 * order, on any thread of several that share one view.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/route.h"
#include "graph/util/parallel.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { NODES = 60, CHANS = 240, QUERIES = 300, GRAPHS = 10, THREADS = 4 };

struct answer {
    enum fgr_err code;
    struct fgr_route route;
    struct fgr_explain explain;
};

struct fixture {
    const struct fgr_view *view;
    struct fgr_route_query query[QUERIES];
    struct answer answer[QUERIES];
    struct answer want[QUERIES]; /* asked one after the other by one thread */
    struct fgr_scratch *scratch[THREADS];
};

/* Struct padding is whatever it was, so everything starts as zero bytes. */
static void ask(struct fgr_scratch *scratch, struct answer *out, const struct fgr_view *view,
                const struct fgr_route_query *query)
{
    struct fgr_error err;
    memset(out, 0, sizeof *out);
    out->code = fgr_route(scratch, &out->route, &out->explain, view, query, &err);
}

static void ask_range(void *state, unsigned worker, size_t begin, size_t end)
{
    struct fixture *f = state;
    for (size_t i = begin; i < end; i++) {
        ask(f->scratch[worker], &f->answer[i], f->view, &f->query[i]);
    }
}

static struct fgr_scratch *new_scratch(const struct fgr_view *view)
{
    struct fgr_scratch *scratch = NULL;
    struct fgr_error err;
    cr_assert_eq(fgr_scratch_create(&scratch, view, NULL, &err), FGR_OK, "%s", err.text);
    return scratch;
}

static void check_same(const struct answer *got, const struct answer *want, uint64_t graph,
                       size_t query, const char *how)
{
    cr_assert(memcmp(got, want, sizeof *got) == 0,
              "FGR_SEED %" PRIu64 " graph %" PRIu64 " query %zu differs %s", fgr_settings_seed(),
              graph, query, how);
}

static void check_one_thread(struct fixture *f, uint64_t graph)
{
    struct answer got;
    for (size_t i = QUERIES; i-- > 0;) {
        ask(f->scratch[0], &got, f->view, &f->query[i]);
        check_same(&got, &f->want[i], graph, i, "in reverse order");
        ask(f->scratch[0], &got, f->view, &f->query[i]);
        check_same(&got, &f->want[i], graph, i, "when asked again at once");
    }
    for (size_t i = 0; i < QUERIES; i += 7) {
        struct fgr_scratch *fresh = new_scratch(f->view);
        ask(fresh, &got, f->view, &f->query[i]);
        check_same(&got, &f->want[i], graph, i, "with a fresh scratch");
        fgr_scratch_destroy(fresh);
    }
}

static void check_graph(struct fixture *f, struct fgr_crew *crew, uint64_t graph)
{
    for (unsigned t = 0; t < THREADS; t++) {
        f->scratch[t] = new_scratch(f->view);
    }
    ask_range(f, 0, 0, QUERIES);
    memcpy(f->want, f->answer, sizeof f->want);
    for (size_t i = 0; i < QUERIES; i++) {
        cr_assert(f->want[i].code == FGR_OK || f->want[i].code == FGR_ERR_NO_ROUTE ||
                      f->want[i].code == FGR_ERR_WORK,
                  "%s", fgr_err_str(f->want[i].code));
    }
    check_one_thread(f, graph);
    for (unsigned round = 0; round < 4; round++) {
        memset(f->answer, 0xff, sizeof f->answer);
        fgr_crew_run(crew, ask_range, f, QUERIES, 3);
        for (size_t i = 0; i < QUERIES; i++) {
            check_same(&f->answer[i], &f->want[i], graph, i, "on several threads");
        }
    }
    for (unsigned t = 0; t < THREADS; t++) {
        fgr_scratch_destroy(f->scratch[t]);
    }
}

Test(determinism, same_bytes_whoever_asks, .timeout = 250)
{
    struct fgr_error err;
    struct fgr_maker *maker = NULL;
    struct fgr_crew *crew = NULL;
    struct fixture *f = calloc(1, sizeof *f);
    cr_assert(f != NULL && fgr_maker_create(&maker, NODES, &err));
    cr_assert_eq(fgr_crew_create(&crew, THREADS, &err), FGR_OK);
    cr_assert_leq(fgr_crew_size(crew), THREADS);
    for (uint64_t graph = 0; graph < GRAPHS * fgr_settings_scale(); graph++) {
        struct fgr_rng rng;
        struct fgr_maker_chan chans[CHANS];
        struct fgr_made made;
        fgr_rng_seed(&rng, fgr_settings_seed(), graph);
        uint64_t amount_msat = fgr_nasty_magnitude(&rng, 36);
        fgr_nasty_graph(&rng, chans, CHANS, NODES, amount_msat);
        cr_assert(fgr_maker_view(maker, &made, chans, CHANS, NODES, &err), "%s", err.text);
        for (size_t i = 0; i < QUERIES; i++) {
            fgr_nasty_query(&rng, &f->query[i], NODES, amount_msat);
            f->query[i].max_labels = 1000; /* the nastiest take long; most need fewer */
        }
        f->view = made.view;
        check_graph(f, crew, graph);
        fgr_made_close(&made);
    }
    fgr_crew_destroy(crew);
    fgr_maker_destroy(maker);
    free(f);
}
