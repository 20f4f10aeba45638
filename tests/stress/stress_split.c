/* SPDX-License-Identifier: MIT */
/*
 * Many threads split payments on one view and one overlay, each with its own scratch, and get what one
 * thread gets: cost, bound, every part and hop. For ThreadSanitizer, which also sees whether anything
 * is written that is shared.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "fulgurite/split.h"
#include "graph/util/hash.h"
#include "tests/support/nasty_overlay.h"
#include "tests/support/nasty_split.h"
#include "tests/support/settings.h"

enum { THREADS = 8, NODES = 12, CHANS = 60, QUERIES = 120, ROUNDS = 2, PARTS_MAX = 16 };

#define CHECK(condition, ...)    \
    do {                         \
        if (!(condition)) {      \
            printf("not ok - "); \
            printf(__VA_ARGS__); \
            printf("\n");        \
            exit(EXIT_FAILURE);  \
        }                        \
    } while (0)

struct shared {
    const struct fgr_view *view;
    struct fgr_split_query query[QUERIES];
    uint64_t want[QUERIES];
};

static uint64_t mix(uint64_t digest, uint64_t value)
{
    return fgr_hash_keyed(&value, sizeof value, digest);
}

/* A number for all that the answer says. */
static uint64_t ask(struct fgr_split_scratch *scratch, const struct shared *shared, unsigned query,
                    unsigned *out_n_parts)
{
    struct fgr_split split;
    enum fgr_err code = fgr_split(scratch, &split, shared->view, &shared->query[query], NULL);
    uint64_t digest = mix(0, (uint64_t)code);
    digest = mix(digest, split.cost.v);
    digest = mix(digest, split.bound.v);
    digest = mix(digest, split.fee.v);
    for (uint32_t i = 0; i < split.n_parts; i++) {
        digest = mix(digest, split.parts[i].amount.v);
        for (uint32_t j = 0; j < split.parts[i].n_hops; j++) {
            digest = mix(digest, split.parts[i].hops[j].edge.v);
            digest = mix(digest, split.parts[i].hops[j].amount.v);
        }
    }
    for (uint32_t i = 0; i < split.certificate.n_edges; i++) {
        digest = mix(digest, split.certificate.flow_msat[i]);
    }
    *out_n_parts = split.n_parts;
    return digest;
}

static struct fgr_split_scratch *new_scratch(const struct shared *shared)
{
    struct fgr_split_scratch *scratch = NULL;
    struct fgr_error err = {.text = ""};
    CHECK(fgr_split_scratch_create(&scratch, shared->view, NULL, &err) == FGR_OK, "%s", err.text);
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
    struct fgr_split_scratch *scratch = new_scratch(thread->shared);
    unsigned n_parts;
    for (unsigned i = 0; i < ROUNDS * QUERIES; i++) {
        /* Each thread starts elsewhere, so that the same moment is another query for each. */
        unsigned query = (i + thread->number * (QUERIES / THREADS)) % QUERIES;
        uint64_t got = ask(scratch, thread->shared, query, &n_parts);
        thread->n_different += got != thread->shared->want[query];
    }
    fgr_split_scratch_destroy(scratch);
    return NULL;
}

static struct fgr_overlay *make_queries(struct shared *shared, struct fgr_made *made)
{
    const uint64_t amount_msat = 5000000;
    struct fgr_maker *maker = NULL;
    struct fgr_maker_chan chans[CHANS];
    struct fgr_error err = {.text = ""};
    struct fgr_rng rng;
    fgr_rng_seed(&rng, fgr_settings_seed(), 0);
    fgr_nasty_split_graph(&rng, chans, CHANS, NODES, amount_msat);
    fgr_nasty_split_narrow(&rng, chans, CHANS, amount_msat);
    CHECK(fgr_maker_create(&maker, NODES + 2, &err), "%s", err.text);
    CHECK(fgr_maker_view(maker, made, chans, CHANS, NODES, &err), "%s", err.text);
    struct fgr_nasty_world world = {
        .maker = maker, .view = made->view, .n_strangers = 2, .amount_msat = amount_msat};
    struct fgr_overlay *overlay = fgr_nasty_overlay(&rng, &world, 20);
    CHECK(overlay != NULL, "out of memory");
    fgr_maker_destroy(maker);
    shared->view = made->view;
    for (unsigned i = 0; i < QUERIES; i++) {
        fgr_nasty_split_query(&rng, &shared->query[i], NODES, amount_msat, PARTS_MAX);
        if (i % 2 == 0) { /* nothing binds: most need several parts */
            fgr_node_idx from = shared->query[i].from;
            fgr_split_query_init(&shared->query[i], from, shared->query[i].to,
                                 (fgr_msat){amount_msat});
            shared->query[i].min_part.v = 1;
        }
        shared->query[i].max_rounds = 60; /* the nastiest take long, and show no more */
        shared->query[i].overlay = i % 3 == 0 ? overlay : NULL;
    }
    return overlay;
}

/* How many answers have several parts. */
static unsigned answer_alone(struct shared *shared)
{
    struct fgr_split_scratch *scratch = new_scratch(shared);
    unsigned n_several = 0;
    for (unsigned i = 0; i < QUERIES; i++) {
        unsigned n_parts;
        shared->want[i] = ask(scratch, shared, i, &n_parts);
        n_several += n_parts > 1;
    }
    fgr_split_scratch_destroy(scratch);
    return n_several;
}

int main(void)
{
    struct shared *shared = calloc(1, sizeof *shared);
    struct fgr_made made;
    struct thread thread[THREADS];
    CHECK(shared != NULL, "out of memory");
    struct fgr_overlay *overlay = make_queries(shared, &made);
    unsigned n_several = answer_alone(shared);
    CHECK(n_several > QUERIES / 20, "%u of %d queries have several parts", n_several, QUERIES);
    for (unsigned t = 0; t < THREADS; t++) {
        thread[t] = (struct thread){.number = t, .shared = shared};
        CHECK(pthread_create(&thread[t].id, NULL, run, &thread[t]) == 0, "thread %u", t);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(thread[t].id, NULL);
        CHECK(thread[t].n_different == 0, "thread %u: %u answers differ", t, thread[t].n_different);
    }
    fgr_overlay_destroy(overlay);
    fgr_made_close(&made);
    free(shared);
    printf("ok - %d threads split on one view as one thread does\n", THREADS);
    return EXIT_SUCCESS;
}
