/* SPDX-License-Identifier: MIT */
/*
 * bench_publish [--graph G.fgr] [--rounds N] [--seconds N] [--json]: changing policies of a master and
 * showing them to readers.
 *
 *   apply       channel_updates per second of processor time with a view shown after every 1, 10, 100, 1000 of them, in
 *               turns. Every update moves the half-channel in the lists of both ends: the dearest kind.
 *   visible     updates that come at a given rate: from the moment one is there until a reader that
 *               acquires all the time has it. Seen from the writer for every update (view shown), and
 *               from the reader for the first of every view.
 *   route       routes, each from nothing, on the image, on live views while nothing changes and while
 *               5 000 updates a second are applied and shown: windows of 100 ms, in turns.
 *
 * Signatures are another matter (verified before the writer). Without --graph it takes the network and
 * the pairs of bench_route; with it there are no routes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/harness.h"
#include "bench/pairs.h"
#include "fulgurite/route.h"
#include "graph/live.h"
#include "graph/publish.h"
#include "graph/util/rng.h"
#include "graph/util/thread.h"

#define UPDATES 100000
#define UNIT_NS 100 /* of the time that travels in a timestamp */
#define WINDOW_NS UINT64_C(100000000)
#define SETTLE_NS UINT64_C(5000000) /* at the start of a window, not counted */
#define AMOUNT_MSAT 1000000
#define ROUTE_RATE 5000

static const uint64_t batches[] = {1, 10, 100, 1000};
static const uint64_t rates[] = {1000, 100000};
static const char *const kinds[] = {"image", "live, at rest", "live, updated"};

enum { N_BATCHES = 4, N_RATES = 2, N_KINDS = 3, UPDATED = 2 };

struct visible {
    struct fgr_samples writer_ns;
    struct fgr_samples reader_ns;
    uint64_t n_updates;
    uint64_t n_views;
};

struct bench {
    struct fgr_dataset dataset;
    const char *path;
    struct fgr_view *view;
    struct fgr_master *master;
    struct fgr_publish *publish;
    struct fgr_change *change; /* UPDATES of them */
    struct fgr_pairs pairs;
    uint64_t create_ns;
    uint64_t n_rounds;
    uint64_t n_seconds;
    uint64_t start_ns; /* of what runs now */
    uint64_t end_ns;
    uint64_t rate;
    bool in_windows;                        /* update in windows of kind UPDATED only */
    struct fgr_samples apply_ns[N_BATCHES]; /* per update */
    struct visible visible[N_RATES];
    struct visible *seen;
    struct fgr_samples route_ns[N_KINDS];
    struct fgr_publish_status status;
};

/* ---- updates ------------------------------------------------------------------------------- */

/* A random usable half-channel gets another fee, up to twice what it was. */
static struct fgr_change draw(const struct fgr_view *view, struct fgr_rng *rng)
{
    uint32_t edge = view->in.edge[fgr_rng_below(rng, view->n_usable)];
    const struct fgr_half *half = &view->half[edge];
    return (struct fgr_change){
        .kind = FGR_CHANGE_POLICY,
        .u = {.policy = {.scid = view->chan[edge >> 1].scid,
                         .direction = edge & 1,
                         .htlc_min_msat = half->htlc_min_msat,
                         .htlc_max_msat = half->htlc_max_msat,
                         .base_msat = half->base_msat,
                         .ppm = (uint32_t)fgr_rng_below(rng, 2 * (uint64_t)half->ppm + 50),
                         .timestamp = half->timestamp + 1,
                         .cltv_delta = half->cltv_delta}}};
}

static void apply(struct bench *bench, const struct fgr_change *change)
{
    struct fgr_error err;
    if (fgr_master_apply(bench->master, change, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
}

static void show(struct bench *bench)
{
    struct fgr_error err;
    if (fgr_publish_show(bench->publish, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
}

/* Of this program alone: there is one thread then, and others have the machine, too. */
static uint64_t processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Nanoseconds per update for `n` of them, from update `first` on. */
static uint64_t apply_some(struct bench *bench, uint64_t first, uint64_t n, uint64_t batch)
{
    uint64_t start_ns = processor_ns();
    for (uint64_t i = 1; i <= n; i++) {
        apply(bench, &bench->change[(first + i) % UPDATES]);
        if (i % batch == 0) {
            show(bench);
        }
    }
    return (processor_ns() - start_ns) / n;
}

static void measure_apply(struct bench *bench)
{
    uint64_t n = UPDATES / N_BATCHES;
    for (uint64_t round = 0; round < bench->n_rounds; round++) {
        for (size_t b = 0; b < N_BATCHES; b++) {
            uint64_t ns = apply_some(bench, (round + b) * n, n, batches[b]);
            fgr_samples_add(&bench->apply_ns[b], ns);
        }
    }
}

/* ---- a writer in time ---------------------------------------------------------------------- */

static unsigned kind_at(const struct bench *bench, uint64_t now_ns)
{
    return (unsigned)((now_ns - bench->start_ns) / WINDOW_NS % N_KINDS);
}

static void sleep_until(uint64_t then_ns)
{
    uint64_t now_ns = fgr_clock_ns();
    if (then_ns > now_ns + 100000) { /* else it is nearer than a wake-up */
        struct timespec span = {.tv_nsec = (long)(then_ns - now_ns) - 60000};
        nanosleep(&span, NULL);
    }
}

/* Says when the update came that it stands for. */
static void send_time(struct bench *bench, uint64_t came_ns)
{
    struct fgr_change change = bench->change[0];
    change.u.policy.timestamp = (uint32_t)((came_ns - bench->start_ns) / UNIT_NS);
    apply(bench, &change);
}

/* Applies updates `first`, ... that have come by now, and shows them. Returns the next one. */
static uint64_t catch_up(struct bench *bench, uint64_t first, uint64_t gap_ns, uint64_t now_ns)
{
    uint64_t i = first;
    send_time(bench, bench->start_ns + first * gap_ns);
    for (; bench->start_ns + i * gap_ns <= now_ns; i++) {
        apply(bench, &bench->change[1 + i % (UPDATES - 1)]);
    }
    show(bench);
    uint64_t shown_ns = fgr_clock_ns();
    for (uint64_t k = first; bench->seen != NULL && k < i; k++) {
        fgr_samples_add(&bench->seen->writer_ns, shown_ns - bench->start_ns - k * gap_ns);
    }
    if (bench->seen != NULL) {
        bench->seen->n_updates += i - first;
        bench->seen->n_views++;
    }
    return i;
}

static void *write_updates(void *state)
{
    struct bench *bench = state;
    uint64_t gap_ns = 1000000000 / bench->rate;
    uint64_t next = 1;
    for (uint64_t now_ns = fgr_clock_ns(); now_ns < bench->end_ns; now_ns = fgr_clock_ns()) {
        if (bench->in_windows && kind_at(bench, now_ns) != UPDATED) {
            sleep_until(now_ns + 1000000);
            next = (fgr_clock_ns() - bench->start_ns) / gap_ns + 1;
        } else if (bench->start_ns + next * gap_ns > now_ns) {
            sleep_until(bench->start_ns + next * gap_ns);
        } else {
            next = catch_up(bench, next, gap_ns, now_ns);
        }
    }
    return NULL;
}

/* Runs the writer beside `read` for the given time. */
static void run_both(struct bench *bench, uint64_t seconds, void (*read)(struct bench *bench))
{
    pthread_t writer;
    bench->start_ns = fgr_clock_ns();
    bench->end_ns = bench->start_ns + seconds * 1000000000;
    if (!fgr_thread_start(&writer, write_updates, bench)) {
        fgr_bench_fail("no thread for the writer");
    }
    read(bench);
    pthread_join(writer, NULL);
}

static void join(struct bench *bench, struct fgr_reader *reader)
{
    struct fgr_error err;
    if (fgr_reader_join(reader, bench->publish, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
}

/* ---- visible ------------------------------------------------------------------------------- */

static void poll_views(struct bench *bench)
{
    struct fgr_reader reader;
    join(bench, &reader);
    uint64_t version = 0;
    for (uint64_t now_ns = 0; now_ns < bench->end_ns; now_ns = fgr_clock_ns()) {
        const struct fgr_view *view = fgr_reader_acquire(&reader);
        if (view->live->version != version) {
            fgr_chan_idx chan;
            const struct fgr_policy_record *policy = &bench->change[0].u.policy;
            if (fgr_view_find_channel(view, &chan, policy->scid) != FGR_OK) {
                fgr_bench_fail("the channel that carries the time is gone");
            }
            uint64_t units = fgr_view_half_of(view, 2 * chan.v + policy->direction)->timestamp;
            uint64_t came_ns = bench->start_ns + units * UNIT_NS;
            uint64_t seen_ns = fgr_clock_ns();
            if (version != 0 && seen_ns > came_ns) {
                fgr_samples_add(&bench->seen->reader_ns, seen_ns - came_ns);
            }
            version = view->live->version;
        }
        fgr_reader_release(&reader);
    }
    fgr_reader_leave(&reader);
}

static void measure_visible(struct bench *bench)
{
    for (size_t r = 0; r < N_RATES; r++) {
        bench->seen = &bench->visible[r];
        bench->rate = rates[r];
        run_both(bench, bench->n_seconds, poll_views);
    }
    bench->seen = NULL;
}

/* ---- routes -------------------------------------------------------------------------------- */

static void route(struct fgr_scratch *scratch, const struct fgr_view *view,
                  const struct fgr_pair *pair)
{
    struct fgr_route_query query;
    struct fgr_route answer;
    struct fgr_error err;
    fgr_route_query_init(&query, (fgr_node_idx){pair->from}, (fgr_node_idx){pair->to},
                         (fgr_msat){AMOUNT_MSAT});
    enum fgr_err rc = fgr_route(scratch, &answer, NULL, view, &query, &err);
    if (rc != FGR_OK && rc != FGR_ERR_NO_ROUTE && rc != FGR_ERR_WORK) {
        fgr_bench_fail("%s", err.text);
    }
}

static void ask(struct bench *bench)
{
    struct fgr_reader reader;
    struct fgr_scratch *scratch;
    struct fgr_error err;
    if (fgr_scratch_create(&scratch, bench->view, NULL, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    join(bench, &reader);
    size_t next[N_KINDS] = {0};
    for (uint64_t now_ns = fgr_clock_ns(); now_ns < bench->end_ns; now_ns = fgr_clock_ns()) {
        unsigned kind = kind_at(bench, now_ns);
        const struct fgr_pair *pair = &bench->pairs.pair[next[kind]++ % bench->pairs.n];
        const struct fgr_view *view = kind == 0 ? bench->view : fgr_reader_acquire(&reader);
        route(scratch, view, pair);
        if (kind != 0) {
            fgr_reader_release(&reader);
        }
        uint64_t end_ns = fgr_clock_ns();
        bool is_settled = (now_ns - bench->start_ns) % WINDOW_NS > SETTLE_NS;
        if (is_settled && kind_at(bench, end_ns) == kind) {
            fgr_samples_add(&bench->route_ns[kind], end_ns - now_ns);
        }
    }
    fgr_reader_leave(&reader);
    fgr_scratch_destroy(scratch);
}

static void measure_route(struct bench *bench)
{
    bench->rate = ROUTE_RATE;
    bench->in_windows = true;
    run_both(bench, 3 * bench->n_seconds, ask);
}

/* ---- report -------------------------------------------------------------------------------- */

static double us(struct fgr_samples *samples, double quantile)
{
    return (double)fgr_samples_quantile(samples, quantile) / 1000;
}

static double per_second(struct bench *bench, size_t b)
{
    uint64_t ns = fgr_samples_quantile(&bench->apply_ns[b], 0.5);
    return ns > 0 ? 1e9 / (double)ns : 0;
}

static double route_ratio(struct bench *bench, unsigned kind, unsigned than, double quantile)
{
    double base = us(&bench->route_ns[than], quantile);
    return base > 0 ? us(&bench->route_ns[kind], quantile) / base : 0;
}

static void print_table(struct bench *bench)
{
    printf("\nmaster made of the image in %.0f ms\n\n%-22s %12s\n", (double)bench->create_ns / 1e6,
           "updates in a view", "updates/s");
    for (size_t b = 0; b < N_BATCHES; b++) {
        printf("%-22" PRIu64 " %12.0f\n", batches[b], per_second(bench, b));
    }
    printf("\n%-12s %10s | %24s | %24s\n%-12s %10s | %8s %7s %7s | %8s %7s %7s\n", "", "",
           "visible, writer us", "visible, reader us", "updates/s", "in a view", "p50", "p99",
           "max", "p50", "p99", "max");
    for (size_t r = 0; r < N_RATES; r++) {
        struct visible *seen = &bench->visible[r];
        printf("%-12" PRIu64 " %10.1f | %8.1f %7.1f %7.0f | %8.1f %7.1f %7.0f\n", rates[r],
               (double)seen->n_updates / (double)(seen->n_views > 0 ? seen->n_views : 1),
               us(&seen->writer_ns, 0.5), us(&seen->writer_ns, 0.99), us(&seen->writer_ns, 1),
               us(&seen->reader_ns, 0.5), us(&seen->reader_ns, 0.99), us(&seen->reader_ns, 1));
    }
    if (bench->pairs.n > 0) {
        printf("\n%-16s %10s %8s %8s %8s\n", "routes on", "routes", "p50 us", "p90", "p99");
        for (unsigned k = 0; k < N_KINDS; k++) {
            struct fgr_samples *s = &bench->route_ns[k];
            printf("%-16s %10zu %8.1f %8.1f %8.1f\n", kinds[k], s->n, us(s, 0.5), us(s, 0.9),
                   us(s, 0.99));
        }
        printf("p50: at rest / image %.3f; p99: updated / at rest %.3f\n",
               route_ratio(bench, 1, 0, 0.5), route_ratio(bench, UPDATED, 1, 0.99));
    }
    printf("held back at the end: %zu bytes\n", bench->status.n_held_bytes);
}

static void add_cases(struct bench *bench, struct fgr_json_writer *json)
{
    fgr_json_key(json, "apply");
    fgr_json_array_begin(json);
    for (size_t b = 0; b < N_BATCHES; b++) {
        fgr_json_object_begin(json);
        fgr_member_u64(json, "updates_in_view", batches[b]);
        fgr_member_double(json, "updates_per_second", per_second(bench, b));
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
    fgr_json_key(json, "visible");
    fgr_json_array_begin(json);
    for (size_t r = 0; r < N_RATES; r++) {
        struct visible *seen = &bench->visible[r];
        fgr_json_object_begin(json);
        fgr_member_u64(json, "updates_per_second", rates[r]);
        fgr_member_u64(json, "views", seen->n_views);
        fgr_member_double(json, "writer_p50_us", us(&seen->writer_ns, 0.5));
        fgr_member_double(json, "writer_p99_us", us(&seen->writer_ns, 0.99));
        fgr_member_double(json, "reader_p50_us", us(&seen->reader_ns, 0.5));
        fgr_member_double(json, "reader_p99_us", us(&seen->reader_ns, 0.99));
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
    fgr_json_key(json, "route");
    fgr_json_array_begin(json);
    for (unsigned k = 0; k < N_KINDS && bench->pairs.n > 0; k++) {
        fgr_json_object_begin(json);
        fgr_member_text(json, "on", kinds[k]);
        fgr_member_u64(json, "routes", bench->route_ns[k].n);
        fgr_member_double(json, "p50_us", us(&bench->route_ns[k], 0.5));
        fgr_member_double(json, "p99_us", us(&bench->route_ns[k], 0.99));
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
}

static void print_json(struct bench *bench)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "publish");
    fgr_member_text(&json, "dataset", bench->path);
    fgr_member_u64(&json, "channels", bench->view->n_chans);
    fgr_member_u64(&json, "enabled", bench->view->n_usable);
    add_cases(bench, &json);
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

/* ---- the whole ----------------------------------------------------------------------------- */

static const char *graph_of(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--graph") == 0) {
            return argv[i + 1];
        }
    }
    return NULL;
}

static void open_bench(struct bench *bench, int argc, char **argv)
{
    struct fgr_error err;
    struct fgr_rng rng;
    bench->n_rounds = fgr_bench_number(argc, argv, "--rounds", 15);
    bench->n_seconds = fgr_bench_number(argc, argv, "--seconds", 3);
    bench->path = graph_of(argc, argv);
    enum fgr_err rc = bench->path != NULL ? fgr_view_open(&bench->view, bench->path, &err)
                                          : fgr_dataset_open(&bench->dataset, &err);
    if (rc != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    if (bench->path == NULL) {
        bench->path = bench->dataset.path;
        bench->view = bench->dataset.view;
        fgr_pairs_load(&bench->pairs, &bench->dataset);
    }
    uint64_t start_ns = fgr_clock_ns();
    if (fgr_master_create(&bench->master, bench->view, NULL, &err) != FGR_OK ||
        fgr_publish_create(&bench->publish, bench->master, 4, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    bench->create_ns = fgr_clock_ns() - start_ns;
    bench->change = calloc(UPDATES, sizeof *bench->change);
    if (bench->change == NULL) {
        fgr_bench_fail("out of memory");
    }
    fgr_rng_seed(&rng, 1, 0);
    for (size_t i = 0; i < UPDATES; i++) {
        bench->change[i] = draw(bench->view, &rng);
    }
}

static void close_bench(struct bench *bench)
{
    for (size_t b = 0; b < N_BATCHES; b++) {
        fgr_samples_free(&bench->apply_ns[b]);
    }
    for (size_t r = 0; r < N_RATES; r++) {
        fgr_samples_free(&bench->visible[r].writer_ns);
        fgr_samples_free(&bench->visible[r].reader_ns);
    }
    for (unsigned k = 0; k < N_KINDS; k++) {
        fgr_samples_free(&bench->route_ns[k]);
    }
    free(bench->change);
    fgr_publish_destroy(bench->publish);
    fgr_master_destroy(bench->master);
    if (bench->dataset.view != NULL) {
        fgr_pairs_free(&bench->pairs);
        fgr_dataset_close(&bench->dataset);
    } else {
        fgr_view_close(bench->view);
    }
}

int main(int argc, char **argv)
{
    struct bench bench = {.n_rounds = 0};
    open_bench(&bench, argc, argv);
    measure_apply(&bench);
    measure_visible(&bench);
    if (bench.pairs.n > 0) {
        measure_route(&bench);
    }
    fgr_publish_sweep(bench.publish);
    fgr_publish_look(bench.publish, &bench.status, fgr_clock_ns());
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(&bench);
    } else {
        printf("%s\n%" PRIu32 " channels, %" PRIu32 " usable half-channels\n", bench.path,
               bench.view->n_chans, bench.view->n_usable);
        print_table(&bench);
    }
    close_bench(&bench);
    return 0;
}
