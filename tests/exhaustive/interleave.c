/* SPDX-License-Identifier: MIT */
#include "tests/exhaustive/interleave.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

enum { STACK_BYTES = 256 * 1024, DEPTH_MAX = 512, NOBODY = -1 };

/* An access that a thread is about to make. */
struct access {
    const volatile void *word;
    bool is_write;
};

struct coroutine {
    ucontext_t context;
    void *stack;
    struct access next;
    bool is_over;
};

/* A point where several threads could go on. Sets of threads are bits. */
struct choice {
    unsigned enabled;
    unsigned asleep; /* would only lead to runs that differ in nothing */
    unsigned tried;
    unsigned chosen;
};

/* There is one exploration at a time, and fgr_interleave_turn has no argument to name it. */
static struct {
    const struct fgr_interleave *plan;
    void *state;
    struct coroutine coroutine[FGR_INTERLEAVE_THREADS_MAX];
    ucontext_t scheduler;
    int running;
    struct choice path[DEPTH_MAX];
    unsigned n_path;
} explorer = {.running = NOBODY};

void fgr_interleave_turn(const volatile void *word, bool is_write)
{
    if (explorer.running != NOBODY) {
        struct coroutine *self = &explorer.coroutine[explorer.running];
        self->next = (struct access){word, is_write};
        swapcontext(&self->context, &explorer.scheduler);
    }
}

static void body(void)
{
    explorer.plan->thread(explorer.state, (unsigned)explorer.running);
    explorer.coroutine[explorer.running].is_over = true;
}

/* Lets thread t make its access and go on to the next one. */
static void resume(unsigned t)
{
    explorer.running = (int)t;
    swapcontext(&explorer.scheduler, &explorer.coroutine[t].context);
    explorer.running = NOBODY;
}

static void launch(unsigned t)
{
    struct coroutine *coroutine = &explorer.coroutine[t];
    coroutine->is_over = false;
    getcontext(&coroutine->context);
    coroutine->context.uc_stack.ss_sp = coroutine->stack;
    coroutine->context.uc_stack.ss_size = STACK_BYTES;
    coroutine->context.uc_link = &explorer.scheduler;
    makecontext(&coroutine->context, body, 0);
    resume(t); /* up to its first access */
}

static unsigned enabled_threads(void)
{
    unsigned set = 0;
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        set |= explorer.coroutine[t].is_over ? 0 : 1U << t;
    }
    return set;
}

static bool do_commute(unsigned a, unsigned b)
{
    const struct access *x = &explorer.coroutine[a].next;
    const struct access *y = &explorer.coroutine[b].next;
    return x->word != y->word || (!x->is_write && !y->is_write);
}

/* Threads that stay asleep once `choice` is made: their access commutes with the chosen one. */
static unsigned still_asleep(const struct choice *choice)
{
    unsigned set = 0;
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        bool was_asleep = ((choice->asleep | choice->tried) >> t & 1) != 0;
        set |= was_asleep && do_commute(t, choice->chosen) ? 1U << t : 0;
    }
    return set;
}

/* One run: replays the path, then goes on with the first thread that may. False if it was left
 * because all that could follow has been seen. */
static bool run(void)
{
    unsigned asleep = 0;
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        launch(t);
    }
    for (unsigned depth = 0;; depth++) {
        unsigned enabled = enabled_threads();
        if (enabled == 0) {
            return true;
        }
        if (depth == DEPTH_MAX) {
            fprintf(stderr, "interleave: more than %d turns\n", DEPTH_MAX);
            abort();
        }
        struct choice *choice = &explorer.path[depth];
        if (depth == explorer.n_path) {
            if ((enabled & ~asleep) == 0) {
                return false;
            }
            unsigned first = (unsigned)__builtin_ctz(enabled & ~asleep);
            *choice = (struct choice){.enabled = enabled, .asleep = asleep, .chosen = first};
            explorer.n_path++;
        }
        asleep = still_asleep(choice);
        resume(choice->chosen);
        explorer.plan->look(explorer.state);
    }
}

/* Moves the path on to the next run; false if there is none. */
static bool step_back(void)
{
    while (explorer.n_path > 0) {
        struct choice *choice = &explorer.path[explorer.n_path - 1];
        choice->tried |= 1U << choice->chosen;
        unsigned left = choice->enabled & ~choice->asleep & ~choice->tried;
        if (left != 0) {
            choice->chosen = (unsigned)__builtin_ctz(left);
            return true;
        }
        explorer.n_path--;
    }
    return false;
}

uint64_t fgr_interleave_all(const struct fgr_interleave *plan, void *state)
{
    uint64_t n_runs = 0;
    explorer.plan = plan;
    explorer.state = state;
    explorer.n_path = 0;
    for (unsigned t = 0; t < plan->n_threads; t++) {
        explorer.coroutine[t].stack = malloc(STACK_BYTES);
        if (explorer.coroutine[t].stack == NULL) {
            fprintf(stderr, "interleave: no stack\n");
            abort();
        }
    }
    do {
        plan->start(state);
        if (run()) {
            n_runs++;
            plan->end(state);
        }
        plan->clean(state);
    } while (step_back());
    for (unsigned t = 0; t < plan->n_threads; t++) {
        free(explorer.coroutine[t].stack);
    }
    return n_runs;
}
