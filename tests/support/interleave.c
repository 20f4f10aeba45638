/* SPDX-License-Identifier: MIT */
#include "tests/support/interleave.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 512, NOBODY = -1 };

/* An access that a thread is about to make. */
struct access {
    const volatile void *word;
    bool is_write;
};

/* Runs only between `go` and the next post of `explorer.back`, so at most one does at a time. */
struct player {
    pthread_t thread;
    unsigned number;
    sem_t go;
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
    struct player player[FGR_INTERLEAVE_THREADS_MAX];
    sem_t back;  /* the player has come to its next access, or to its end */
    int running; /* player, or NOBODY */
    bool is_closing;
    struct choice path[DEPTH_MAX];
    unsigned n_path;
} explorer = {.running = NOBODY};

static void give_up(const char *why)
{
    fprintf(stderr, "interleave: %s\n", why);
    abort();
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) { /* a signal */
    }
}

void fgr_interleave_turn(const volatile void *word, bool is_write)
{
    if (explorer.running != NOBODY) {
        struct player *self = &explorer.player[explorer.running];
        self->next = (struct access){word, is_write};
        sem_post(&explorer.back);
        wait_for(&self->go);
    }
}

static void *play(void *arg)
{
    struct player *self = arg;
    for (wait_for(&self->go); !explorer.is_closing; wait_for(&self->go)) {
        explorer.plan->thread(explorer.state, self->number);
        self->is_over = true;
        sem_post(&explorer.back);
    }
    return NULL;
}

/* Lets player t make its access and go on to the next one. */
static void resume(unsigned t)
{
    explorer.running = (int)t;
    sem_post(&explorer.player[t].go);
    wait_for(&explorer.back);
    explorer.running = NOBODY;
}

/* Brings all players to their end, in whatever order. */
static void finish(void)
{
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        while (!explorer.player[t].is_over) {
            resume(t);
        }
    }
}

static unsigned enabled_threads(void)
{
    unsigned set = 0;
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        set |= explorer.player[t].is_over ? 0 : 1U << t;
    }
    return set;
}

static bool do_commute(unsigned a, unsigned b)
{
    const struct access *x = &explorer.player[a].next;
    const struct access *y = &explorer.player[b].next;
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
        explorer.player[t].is_over = false;
        resume(t); /* up to its first access */
    }
    for (unsigned depth = 0;; depth++) {
        unsigned enabled = enabled_threads();
        if (enabled == 0) {
            return true;
        }
        if (depth == DEPTH_MAX) {
            give_up("too many turns");
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

/* Whoever waits here waits for the other to sleep: on one core that is a switch, on two a wake-up
 * of the second one, many times as long. */
static void stay_on_one_core(cpu_set_t *out_before)
{
    cpu_set_t one;
    int core = sched_getcpu();
    CPU_ZERO(&one);
    CPU_SET(core >= 0 ? (size_t)core : 0, &one);
    sched_getaffinity(0, sizeof *out_before, out_before);
    sched_setaffinity(0, sizeof one, &one);
}

static void open_players(void)
{
    explorer.is_closing = false;
    sem_init(&explorer.back, 0, 0);
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        struct player *player = &explorer.player[t];
        player->number = t;
        sem_init(&player->go, 0, 0);
        if (pthread_create(&player->thread, NULL, play, player) != 0) {
            give_up("no thread");
        }
    }
}

static void close_players(void)
{
    explorer.is_closing = true;
    for (unsigned t = 0; t < explorer.plan->n_threads; t++) {
        sem_post(&explorer.player[t].go);
        pthread_join(explorer.player[t].thread, NULL);
        sem_destroy(&explorer.player[t].go);
    }
    sem_destroy(&explorer.back);
}

uint64_t fgr_interleave_all(const struct fgr_interleave *plan, void *state)
{
    uint64_t n_runs = 0;
    cpu_set_t before;
    stay_on_one_core(&before);
    explorer.plan = plan;
    explorer.state = state;
    explorer.n_path = 0;
    open_players();
    do {
        plan->start(state);
        bool is_complete = run();
        finish();
        if (is_complete) {
            n_runs++;
            plan->end(state);
        }
        plan->clean(state);
    } while (step_back());
    close_players();
    sched_setaffinity(0, sizeof before, &before);
    return n_runs;
}
