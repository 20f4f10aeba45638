/* SPDX-License-Identifier: MIT */
/*
 * Many threads search one view, each with its own scratch, and get what one thread gets. For
 * ThreadSanitizer, which also sees whether anything is written that is shared.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fulgurite/route.h"
#include "tests/support/nasty.h"
#include "tests/support/settings.h"

enum { THREADS = 8, NODES = 60, CHANS = 180, QUERIES = 200, ROUNDS = 2 };

#define CHECK(condition, ...)    \
    do {                         \
        if (!(condition)) {      \
            printf("not ok - "); \
            printf(__VA_ARGS__); \
            printf("\n");        \
            exit(EXIT_FAILURE);  \
        }                        \
    } while (0)

struct answer {
    enum fgr_err code;
    struct fgr_route route;
    struct fgr_explain explain;
};

struct shared {
    const struct fgr_view *view;
    struct fgr_route_query query[QUERIES];
    struct answer want[QUERIES];
};

/* A struct's padding is compared too, so it starts as zeros. */
static void ask(struct fgr_scratch *scratch, struct answer *out, const struct shared *shared,
                unsigned query)
{
    memset(out, 0, sizeof *out);
    out->code =
        fgr_route(scratch, &out->route, &out->explain, shared->view, &shared->query[query], NULL);
}

static struct fgr_scratch *new_scratch(const struct shared *shared)
{
    struct fgr_scratch *scratch = NULL;
    struct fgr_error err = {.text = ""};
    CHECK(fgr_scratch_create(&scratch, shared->view, NULL, &err) == FGR_OK, "%s", err.text);
    return scratch;
}

struct thread {
    pthread_t id;
    unsigned number;
    const struct shared *shared;
    unsigned n_different;
};

static void *run(void *state)
{
    struct thread *thread = state;
    struct fgr_scratch *scratch = new_scratch(thread->shared);
    struct answer got;
    for (unsigned i = 0; i < ROUNDS * QUERIES; i++) {
        /* Each thread starts elsewhere, so that the same moment is another query for each. */
        unsigned query = (i + thread->number * (QUERIES / THREADS)) % QUERIES;
        ask(scratch, &got, thread->shared, query);
        thread->n_different += memcmp(&got, &thread->shared->want[query], sizeof got) != 0;
    }
    fgr_scratch_destroy(scratch);
    return NULL;
}

static void make_queries(struct shared *shared, struct fgr_made *made)
{
    const uint64_t amount_msat = 70000;
    struct fgr_maker *maker = NULL;
    struct fgr_maker_chan chans[CHANS];
    struct fgr_error err = {.text = ""};
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    fgr_nasty_graph(&rng, chans, CHANS, NODES, amount_msat);
    CHECK(fgr_maker_create(&maker, NODES, &err), "%s", err.text);
    CHECK(fgr_maker_view(maker, made, chans, CHANS, NODES, &err), "%s", err.text);
    fgr_maker_destroy(maker);
    shared->view = made->view;
    for (unsigned i = 0; i < QUERIES; i++) {
        fgr_nasty_query(&rng, &shared->query[i], NODES, amount_msat);
        shared->query[i].max_labels = 300; /* some of the nastiest take long, and prove no more */
    }
}

static unsigned answer_alone(struct shared *shared)
{
    struct fgr_scratch *scratch = new_scratch(shared);
    unsigned n_found = 0;
    for (unsigned i = 0; i < QUERIES; i++) {
        ask(scratch, &shared->want[i], shared, i);
        n_found += shared->want[i].code == FGR_OK;
    }
    fgr_scratch_destroy(scratch);
    return n_found;
}

int main(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    struct fgr_made made;
    struct thread thread[THREADS];
    CHECK(shared != NULL, "out of memory");
    make_queries(shared, &made);
    unsigned n_found = answer_alone(shared);
    CHECK(n_found > QUERIES / 10 && n_found < QUERIES, "%u of %d queries have a route", n_found,
          QUERIES);
    for (unsigned t = 0; t < THREADS; t++) {
        thread[t] = (struct thread){.number = t, .shared = shared};
        CHECK(pthread_create(&thread[t].id, NULL, run, &thread[t]) == 0, "thread %u", t);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(thread[t].id, NULL);
        CHECK(thread[t].n_different == 0, "thread %u: %u answers differ", t, thread[t].n_different);
    }
    fgr_made_close(&made);
    free(shared);
    printf("ok - %d threads on one view answer as one thread does\n", THREADS);
    return EXIT_SUCCESS;
}
