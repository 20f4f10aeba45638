/* SPDX-License-Identifier: MIT */
/*
 * publish.c - one word says what is newest, one word per reader says what it holds.
 *
 * Words. `current` points to the newest view. Each reader has a `pin`: FREE (nobody's), IDLE (joined,
 * reads nothing), OPEN (about to take some view), or the version of the view it holds. A pin is
 * written by its reader only; `current` by the writer only.
 *
 *     reader, acquire   A1  pin = OPEN                  seq_cst store
 *                       A2  view = current              seq_cst load
 *                       A3  pin = version of view       release store
 *     reader, release   R   pin = IDLE                  release store
 *     writer, show      W   current = the new view      seq_cst store
 *     writer, sweep     S   every pin                   seq_cst load
 *                       then frees what shows in no version found, unless a pin was OPEN
 *
 * Proof that no reader meets memory that was given back:
 *
 * 1. What a reader reads was written before it reads it. The writer fills a view and its pages before
 *    W; A2 reads the value of W (release -> acquire). Pages of a view are never written again: a
 *    later version copies them (graph/util/limbo.h).
 * 2. A sweep that follows W of version v frees only memory that died at v or before, so that no
 *    version from v on shows it. It spares all that shows in a version it found in a pin.
 * 3. Let a reader hold view u at the time of the sweep, or get it later from an A2 in progress. What
 *    did S find in its pin?
 *      - A3 of this acquire: then u is spared.
 *      - A1 of this acquire: the pin is OPEN and nothing is freed.
 *      - an older value: then A1 comes after S in the one order of all seq_cst accesses, and W before
 *        S (same thread), so W is before A2 there, and A2 reads W or a later view: u >= v, and of
 *        that nothing is freed.
 *    That is what A1, A2, W and S need seq_cst for: with less, the load A2 could be done before the
 *    store A1 is seen, on x86 too.
 * 4. What was freed is not read by the readers that had it. A reader's last read of a view comes
 *    before its R or next A1 (both release at least); S reads that value or a later one of the same
 *    pin, all of which are stores of that reader, so the reads happen before the free and before
 *    whatever is written there next.
 * 5. Join and leave: a pin is FREE -> IDLE by CAS (acquire), so one thread has it, and what the one
 *    before did (leave, release) is before what this one does.
 *
 * Progress. A reader does the three steps of acquire whatever the others do, the writer its store
 * whatever they do; a sweep looks at each pin once. A reader that is descheduled within acquire,
 * between A1 and A3, puts off sweeps until it runs again. One that keeps its view for long costs the
 * memory of that view: versions that came and went since are freed, because an exact version and not
 * an epoch is announced.
 *
 * Why not ck_epoch: there a reader that stalls holds back everything that is retired after it began,
 * without bound, unless the writer stops publishing; its fences and inline assembly are invisible to
 * ThreadSanitizer and to tests/exhaustive, which runs this very file in every order.
 */
#include "graph/publish.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "graph/live.h"
#include "graph/util/array.h"
#include "graph/util/error.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics take no lock");

enum { LINE_BYTES = 64 };

/* Values of a pin; from PIN_VERSION on it is that plus a version. */
enum { PIN_FREE, PIN_IDLE, PIN_OPEN, PIN_VERSION };

/* A sweep looks at every pin and at all that is held: it pays when this much came since the last. */
#define SWEEP_PIECES 512
#define SWEEP_BYTES ((size_t)1 << 20)

/* Alone in its cache line: its reader writes it with every query. */
struct pin {
    _Atomic uint64_t value;
    uint8_t apart[LINE_BYTES - sizeof(uint64_t)];
};

_Static_assert(sizeof(struct pin) == LINE_BYTES, "a pin is a cache line");

/* What a look found in a pin, and when first. */
struct sight {
    uint64_t pin;
    uint64_t since_ns;
};

struct fgr_publish {
    const struct fgr_view *_Atomic current;
    struct pin *pin;
    uint32_t n_pins;
    /* The writer's alone: */
    struct fgr_master *master;
    uint64_t version; /* of `current` */
    uint64_t *found;  /* versions that a sweep spares */
    struct sight *sight;
    size_t n_kept_pieces; /* by the last sweep */
    size_t n_kept_bytes;
};

/* ---- life ---------------------------------------------------------------------------------- */

/* The arrays; the pins are nobody's. What was made is left to fgr_publish_destroy. */
static enum fgr_err init_arrays(struct fgr_publish *publish, struct fgr_error *err)
{
    size_t n = publish->n_pins;
    publish->found = fgr_array_new(n, sizeof *publish->found, err);
    publish->sight = fgr_array_new(n, sizeof *publish->sight, err);
    if (publish->found == NULL || publish->sight == NULL) {
        return FGR_ERR_MEMORY;
    }
    publish->pin = aligned_alloc(LINE_BYTES, n * sizeof *publish->pin);
    if (publish->pin == NULL) {
        fgr_fail_memory(err, n * sizeof *publish->pin);
        return FGR_ERR_MEMORY;
    }
    /* No other thread knows the pins yet; whoever hands them out orders this before. */
    for (size_t i = 0; i < n; i++) {
        atomic_init(&publish->pin[i].value, PIN_FREE);
    }
    return FGR_OK;
}

enum fgr_err fgr_publish_create(struct fgr_publish **out_publish, struct fgr_master *master,
                                uint32_t max_readers, struct fgr_error *err)
{
    if (max_readers == 0 || max_readers > FGR_READERS_MAX) {
        return fgr_fail(err, FGR_ERR_ARG, "%u readers: must be 1 to %d", max_readers,
                        FGR_READERS_MAX);
    }
    struct fgr_publish *publish = fgr_array_new(1, sizeof *publish, err);
    if (publish == NULL) {
        return FGR_ERR_MEMORY;
    }
    *publish = (struct fgr_publish){.n_pins = max_readers, .master = master};
    enum fgr_err rc = init_arrays(publish, err);
    if (rc == FGR_OK) {
        rc = fgr_publish_show(publish, err);
    }
    if (rc != FGR_OK) {
        fgr_publish_destroy(publish);
        return rc;
    }
    *out_publish = publish;
    return FGR_OK;
}

void fgr_publish_destroy(struct fgr_publish *publish)
{
    if (publish == NULL) {
        return;
    }
    free(publish->pin);
    free(publish->found);
    free(publish->sight);
    free(publish);
}

/* ---- writer -------------------------------------------------------------------------------- */

static int compare_versions(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void fgr_publish_sweep(struct fgr_publish *publish)
{
    size_t n = 0;
    for (uint32_t i = 0; i < publish->n_pins; i++) {
        /* S: pairs with A1, A3 and R (seq_cst, release) of the reader; see the proof, 3 and 4. */
        uint64_t pin = atomic_load_explicit(&publish->pin[i].value, memory_order_seq_cst);
        if (pin == PIN_OPEN) {
            return;
        }
        if (pin >= PIN_VERSION) {
            publish->found[n++] = pin - PIN_VERSION;
        }
    }
    qsort(publish->found, n, sizeof *publish->found, compare_versions);
    fgr_master_sweep(publish->master, publish->found, n);
    publish->n_kept_pieces = fgr_master_n_held(publish->master);
    publish->n_kept_bytes = fgr_master_held_bytes(publish->master);
}

enum fgr_err fgr_publish_show(struct fgr_publish *publish, struct fgr_error *err)
{
    const struct fgr_view *view;
    enum fgr_err rc = fgr_master_seal(publish->master, &view, err);
    if (rc != FGR_OK) {
        return rc;
    }
    publish->version = view->live->version;
    /* W: pairs with A2 (release -> acquire): the view is written before it is found; seq_cst for the
     * order with S, see the proof, 3. */
    atomic_store_explicit(&publish->current, view, memory_order_seq_cst);
    if (fgr_master_n_held(publish->master) > 2 * publish->n_kept_pieces + SWEEP_PIECES ||
        fgr_master_held_bytes(publish->master) > 2 * publish->n_kept_bytes + SWEEP_BYTES) {
        fgr_publish_sweep(publish);
    }
    return FGR_OK;
}

void fgr_publish_look(struct fgr_publish *publish, struct fgr_publish_status *out_status,
                      uint64_t now_ns)
{
    *out_status = (struct fgr_publish_status){
        .version = publish->version,
        .oldest = publish->version,
        .n_held_pieces = fgr_master_n_held(publish->master),
        .n_held_bytes = fgr_master_held_bytes(publish->master),
    };
    for (uint32_t i = 0; i < publish->n_pins; i++) {
        /* Pairs with nothing: nothing is read on the strength of it. */
        uint64_t pin = atomic_load_explicit(&publish->pin[i].value, memory_order_relaxed);
        struct sight *sight = &publish->sight[i];
        out_status->n_readers += pin != PIN_FREE;
        out_status->n_reading += pin >= PIN_OPEN;
        bool is_old = pin >= PIN_VERSION && pin - PIN_VERSION < publish->version;
        if (!is_old || sight->pin != pin) {
            *sight = (struct sight){is_old ? pin : PIN_FREE, now_ns};
        }
        if (is_old && pin - PIN_VERSION < out_status->oldest) {
            out_status->oldest = pin - PIN_VERSION;
        }
        if (is_old && now_ns - sight->since_ns > out_status->stalled_ns) {
            out_status->stalled_ns = now_ns - sight->since_ns;
        }
    }
}

/* ---- readers ------------------------------------------------------------------------------- */

enum fgr_err fgr_reader_join(struct fgr_reader *out_reader, struct fgr_publish *publish,
                             struct fgr_error *err)
{
    for (uint32_t i = 0; i < publish->n_pins; i++) {
        uint64_t expected = PIN_FREE;
        /* Pairs with fgr_reader_leave (release -> acquire): one thread after the other. */
        if (atomic_compare_exchange_strong_explicit(&publish->pin[i].value, &expected, PIN_IDLE,
                                                    memory_order_acquire, memory_order_relaxed)) {
            *out_reader = (struct fgr_reader){publish, i};
            return FGR_OK;
        }
    }
    return fgr_fail(err, FGR_ERR_LIMIT, "there are %u readers already, as many as there may be",
                    publish->n_pins);
}

void fgr_reader_leave(struct fgr_reader *reader)
{
    /* Pairs with fgr_reader_join and S (release -> acquire): what was read here is done. */
    atomic_store_explicit(&reader->publish->pin[reader->slot].value, PIN_FREE,
                          memory_order_release);
}

const struct fgr_view *fgr_reader_acquire(struct fgr_reader *reader)
{
    struct fgr_publish *publish = reader->publish;
    _Atomic uint64_t *pin = &publish->pin[reader->slot].value;
    /* A1: pairs with S; before A2 in the order of seq_cst, else S could miss it and free what A2
     * finds. */
    atomic_store_explicit(pin, PIN_OPEN, memory_order_seq_cst);
    /* A2: pairs with W (release -> acquire): the view is whole. */
    const struct fgr_view *view = atomic_load_explicit(&publish->current, memory_order_seq_cst);
    /* A3: pairs with S (release -> acquire): reads of the view before come before its free. */
    atomic_store_explicit(pin, PIN_VERSION + view->live->version, memory_order_release);
    return view;
}

void fgr_reader_release(struct fgr_reader *reader)
{
    /* R: pairs with S (release -> acquire): reads of the view come before its free. */
    atomic_store_explicit(&reader->publish->pin[reader->slot].value, PIN_IDLE,
                          memory_order_release);
}
