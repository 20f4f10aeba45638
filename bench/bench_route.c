/* SPDX-License-Identifier: MIT */
/*
 * bench_route [--pairs N] [--rounds N] [--turn N] [--json]: one route after the other, each from
 * nothing, by fgr_route and by the textbook's Dijkstra in turns of N queries.
 *
 * In turns, so that both see the same machine at the same time. Within a turn a search finds in the
 * cache what the searches before it left there, as in a program that answers queries; with turns of
 * 1 it finds what the other kind left there, which is the whole graph. A query's time is the median
 * of its rounds; the quantiles are over the queries.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cln.h"
#include "bench/harness.h"
#include "bench/pairs.h"
#include "fulgurite/route.h"
#include "tests/oracle/dijkstra.h"

#define ROUNDS_MAX 101
#define WARM_UP 100

static const uint64_t amounts_sat[] = {1000, 100000, 1000000};
static const char *const sets[] = {"uniform", "funded"};

enum { N_AMOUNTS = 3, N_SETS = 2, N_CASES = N_AMOUNTS * N_SETS };

/* One query and what came of it. */
struct measure {
    const struct fgr_pair *pair;
    bool is_found;
    bool is_dijkstra_found;
    uint64_t cost_msat;
    uint64_t dijkstra_cost_msat;
    uint64_t rounding_msat; /* what a search in doubles cannot know of the integers */
    uint64_t fee_msat;
    uint64_t gap_ppm;
    struct fgr_search_stats stats;
    uint64_t dijkstra_settled;
    uint64_t dijkstra_relaxed;
    uint64_t fgr_ns[ROUNDS_MAX];
    uint64_t dijkstra_ns[ROUNDS_MAX];
};

/* All queries of one amount and one set of pairs, summed up. */
struct summary {
    const char *set;
    uint64_t amount_sat;
    uint64_t n;
    uint64_t n_found;
    uint64_t n_unproven;
    struct fgr_samples fgr_ns;
    struct fgr_samples dijkstra_ns;
    struct fgr_samples ratio_ppm;
    uint64_t n_equal, n_worse, n_missed; /* Dijkstra, where fgr_route has a route */
    double settled, relaxed, labels;     /* means */
    double dijkstra_settled, dijkstra_relaxed;
    /* Core Lightning, on the queries that were recorded. */
    uint64_t n_cln;
    uint64_t n_cln_found, n_cln_only, n_cln_missed;
    struct fgr_samples cln_ns;
    struct fgr_samples cln_here_ns; /* fgr_route on the same queries */
    struct fgr_samples cln_fee_ppm;
    struct fgr_samples cln_here_fee_ppm;
};

struct bench {
    struct fgr_dataset dataset;
    struct fgr_pairs pairs;
    struct fgr_cln cln;
    struct fgr_scratch *scratch;
    struct fgr_dijkstra *dijkstra;
    struct measure *measure;
    uint64_t n_pairs_max;
    uint64_t n_rounds;
    uint64_t n_turn;
    struct summary summary[N_CASES];
};

static void ask_fgr(struct bench *bench, struct measure *m, const struct fgr_route_query *query,
                    uint64_t round)
{
    struct fgr_route route;
    struct fgr_error err;
    uint64_t start_ns = fgr_clock_ns();
    enum fgr_err code = fgr_route(bench->scratch, &route, NULL, bench->dataset.view, query, &err);
    m->fgr_ns[round] = fgr_clock_ns() - start_ns;
    if (code != FGR_OK && code != FGR_ERR_NO_ROUTE && code != FGR_ERR_WORK) {
        fgr_bench_fail("%s", err.text);
    }
    m->is_found = code == FGR_OK;
    m->gap_ppm = code == FGR_ERR_WORK ? UINT64_MAX : route.gap_ppm;
    m->cost_msat = route.cost.v;
    m->fee_msat = route.fee.v;
    m->stats = route.stats;
    if (m->is_found && fgr_route_check(bench->dataset.view, query, &route, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
}

static void ask_dijkstra(struct bench *bench, struct measure *m,
                         const struct fgr_route_query *query, uint64_t round)
{
    struct fgr_dijkstra_answer answer;
    uint64_t start_ns = fgr_clock_ns();
    fgr_dijkstra_solve(bench->dijkstra, &answer, query);
    m->dijkstra_ns[round] = fgr_clock_ns() - start_ns;
    m->is_dijkstra_found = answer.is_found && fgr_path_within_limits(&answer.path, query);
    m->dijkstra_cost_msat = answer.path.cost_msat;
    m->rounding_msat = 2 * (uint64_t)answer.path.n_hops;
    m->dijkstra_settled = answer.settled;
    m->dijkstra_relaxed = answer.relaxed;
}

typedef void ask_fn(struct bench *bench, struct measure *m, const struct fgr_route_query *query,
                    uint64_t round);

static void ask_all(struct bench *bench, struct measure *m, size_t n, uint64_t amount_sat,
                    uint64_t round, ask_fn *ask)
{
    for (size_t i = 0; i < n; i++) {
        struct fgr_route_query query;
        fgr_route_query_init(&query, (fgr_node_idx){m[i].pair->from}, (fgr_node_idx){m[i].pair->to},
                             (fgr_msat){amount_sat * 1000});
        ask(bench, &m[i], &query, round);
    }
}

/* One round over `n` queries, in turns. */
static void ask_in_turns(struct bench *bench, size_t n, uint64_t amount_sat, uint64_t round)
{
    for (size_t first = 0; first < n; first += bench->n_turn) {
        size_t n_turn = n - first < bench->n_turn ? n - first : bench->n_turn;
        ask_all(bench, &bench->measure[first], n_turn, amount_sat, round, ask_fgr);
        ask_all(bench, &bench->measure[first], n_turn, amount_sat, round, ask_dijkstra);
    }
}

static uint64_t median_of(const uint64_t *value, uint64_t n)
{
    struct fgr_samples samples = {0};
    for (uint64_t i = 0; i < n; i++) {
        fgr_samples_add(&samples, value[i]);
    }
    uint64_t median = fgr_samples_quantile(&samples, 0.5);
    fgr_samples_free(&samples);
    return median;
}

static void add_cln(struct summary *s, const struct measure *m, const struct fgr_cln_row *row,
                    uint64_t fgr_ns)
{
    s->n_cln++;
    s->n_cln_found += row->is_found;
    s->n_cln_only += row->is_found && !m->is_found;
    s->n_cln_missed += m->is_found && !row->is_found;
    fgr_samples_add(&s->cln_ns, (uint64_t)(row->best_ms * 1e6));
    fgr_samples_add(&s->cln_here_ns, fgr_ns);
    if (row->is_found && m->is_found) {
        fgr_samples_add(&s->cln_fee_ppm, row->fee_msat * 1000 / s->amount_sat);
        fgr_samples_add(&s->cln_here_fee_ppm, m->fee_msat * 1000 / s->amount_sat);
    }
}

static void add(struct bench *bench, struct summary *s, const struct measure *m)
{
    uint64_t fgr_ns = median_of(m->fgr_ns, bench->n_rounds);
    uint64_t dijkstra_ns = median_of(m->dijkstra_ns, bench->n_rounds);
    s->n++;
    s->n_found += m->is_found;
    s->n_unproven += m->gap_ppm > 0;
    fgr_samples_add(&s->fgr_ns, fgr_ns);
    fgr_samples_add(&s->dijkstra_ns, dijkstra_ns);
    fgr_samples_add(&s->ratio_ppm, dijkstra_ns * 1000000 / (fgr_ns > 0 ? fgr_ns : 1));
    s->settled += (double)m->stats.settled;
    s->relaxed += (double)m->stats.relaxed;
    s->labels += (double)m->stats.labels;
    s->dijkstra_settled += (double)m->dijkstra_settled;
    s->dijkstra_relaxed += (double)m->dijkstra_relaxed;
    s->n_missed += m->is_found && !m->is_dijkstra_found;
    if (m->is_dijkstra_found) {
        if (m->gap_ppm == 0 && (!m->is_found || m->cost_msat > m->dijkstra_cost_msat)) {
            fgr_bench_fail("%s pair %" PRIu32 ", %" PRIu64 " sat: the textbook is better", s->set,
                           m->pair->number, s->amount_sat);
        }
        s->n_worse += m->cost_msat + m->rounding_msat < m->dijkstra_cost_msat;
        s->n_equal += m->cost_msat + m->rounding_msat >= m->dijkstra_cost_msat;
    }
    const struct fgr_cln_row *row =
        bench->dataset.is_snapshot
            ? fgr_cln_find(&bench->cln, s->set, m->pair->number, s->amount_sat)
            : NULL;
    if (row != NULL) {
        add_cln(s, m, row, fgr_ns);
    }
}

static void measure_case(struct bench *bench, struct summary *s, const char *set,
                         uint64_t amount_sat)
{
    size_t n = 0;
    *s = (struct summary){.set = set, .amount_sat = amount_sat};
    for (size_t i = 0; i < bench->pairs.n && n < bench->n_pairs_max; i++) {
        if (strcmp(bench->pairs.pair[i].set, set) == 0) {
            bench->measure[n++] = (struct measure){.pair = &bench->pairs.pair[i]};
        }
    }
    ask_in_turns(bench, n < WARM_UP ? n : WARM_UP, amount_sat, 0);
    for (uint64_t round = 0; round < bench->n_rounds; round++) {
        ask_in_turns(bench, n, amount_sat, round);
    }
    for (size_t i = 0; i < n; i++) {
        add(bench, s, &bench->measure[i]);
    }
    double count = n > 0 ? (double)n : 1;
    s->settled /= count;
    s->relaxed /= count;
    s->labels /= count;
    s->dijkstra_settled /= count;
    s->dijkstra_relaxed /= count;
}

static double us(struct fgr_samples *samples, double quantile)
{
    return (double)fgr_samples_quantile(samples, quantile) / 1000;
}

static double ratio_of_medians(struct summary *s)
{
    double ours = us(&s->fgr_ns, 0.5);
    return ours > 0 ? us(&s->dijkstra_ns, 0.5) / ours : 0;
}

static double median_of_ratios(struct summary *s)
{
    return (double)fgr_samples_quantile(&s->ratio_ppm, 0.5) / 1e6;
}

static void print_table(struct bench *bench)
{
    printf("\n%-8s %9s | %8s %8s %8s %8s | %7s %8s | %9s %7s %7s | %6s %6s %6s %6s\n", "set", "sat",
           "p50 us", "p90", "p99", "max", "settled", "relaxed", "textbook", "ratio", "ratios",
           "routes", "equal", "worse", "missed");
    for (size_t i = 0; i < N_CASES; i++) {
        struct summary *s = &bench->summary[i];
        printf("%-8s %9" PRIu64 " | %8.1f %8.1f %8.1f %8.1f | %7.1f %8.0f | %9.1f %7.1f %7.1f | "
               "%6" PRIu64 " %6" PRIu64 " %6" PRIu64 " %6" PRIu64 "\n",
               s->set, s->amount_sat, us(&s->fgr_ns, 0.5), us(&s->fgr_ns, 0.9),
               us(&s->fgr_ns, 0.99), us(&s->fgr_ns, 1), s->settled, s->relaxed,
               us(&s->dijkstra_ns, 0.5), ratio_of_medians(s), median_of_ratios(s), s->n_found,
               s->n_equal, s->n_worse, s->n_missed);
    }
    printf(
        "\nsettled, relaxed: means. textbook: p50 of its Dijkstra, us. ratio: of the medians; "
        "ratios: median of each query's.\nroutes: of %" PRIu64 " queries; on them the textbook's "
        "cost is equal (up to 2 msat a hop, for its doubles) or worse, or it missed the route.\n",
        bench->summary[0].n);
}

static void print_cln_table(struct bench *bench)
{
    if (bench->summary[0].n_cln == 0) {
        return;
    }
    printf(
        "\nCore Lightning's single-path solver, recorded elsewhere (best of 4), same queries:\n");
    printf("%-8s %9s | %7s %9s %9s %7s | %6s %9s %9s | %11s %9s\n", "set", "sat", "queries",
           "CLN us", "here us", "ratio", "routes", "only CLN", "only here", "CLN fee ppm",
           "here ppm");
    for (size_t i = 0; i < N_CASES; i++) {
        struct summary *s = &bench->summary[i];
        double here_us = us(&s->cln_here_ns, 0.5);
        printf("%-8s %9" PRIu64 " | %7" PRIu64 " %9.0f %9.1f %7.0f | %6" PRIu64 " %9" PRIu64
               " %9" PRIu64 " | %11" PRIu64 " %9" PRIu64 "\n",
               s->set, s->amount_sat, s->n_cln, us(&s->cln_ns, 0.5), here_us,
               here_us > 0 ? us(&s->cln_ns, 0.5) / here_us : 0, s->n_cln_found, s->n_cln_only,
               s->n_cln_missed, fgr_samples_quantile(&s->cln_fee_ppm, 0.5),
               fgr_samples_quantile(&s->cln_here_fee_ppm, 0.5));
    }
    printf("routes, fees: Core Lightning weighs fee and probability otherwise and allows 1 %% + 5 "
           "sat of fees; medians where both have a route.\n");
}

static void add_case_json(struct fgr_json_writer *json, struct summary *s)
{
    fgr_json_object_begin(json);
    fgr_member_text(json, "set", s->set);
    fgr_member_u64(json, "amount_sat", s->amount_sat);
    fgr_member_u64(json, "queries", s->n);
    fgr_member_u64(json, "routes", s->n_found);
    fgr_member_u64(json, "unproven", s->n_unproven);
    fgr_member_double(json, "p50_us", us(&s->fgr_ns, 0.5));
    fgr_member_double(json, "p90_us", us(&s->fgr_ns, 0.9));
    fgr_member_double(json, "p99_us", us(&s->fgr_ns, 0.99));
    fgr_member_double(json, "max_us", us(&s->fgr_ns, 1));
    fgr_member_double(json, "settled_mean", s->settled);
    fgr_member_double(json, "relaxed_mean", s->relaxed);
    fgr_member_double(json, "labels_mean", s->labels);
    fgr_member_double(json, "textbook_p50_us", us(&s->dijkstra_ns, 0.5));
    fgr_member_double(json, "textbook_p99_us", us(&s->dijkstra_ns, 0.99));
    fgr_member_double(json, "textbook_settled_mean", s->dijkstra_settled);
    fgr_member_double(json, "textbook_relaxed_mean", s->dijkstra_relaxed);
    fgr_member_double(json, "ratio_of_medians", ratio_of_medians(s));
    fgr_member_double(json, "median_of_ratios", median_of_ratios(s));
    fgr_member_u64(json, "textbook_equal", s->n_equal);
    fgr_member_u64(json, "textbook_worse", s->n_worse);
    fgr_member_u64(json, "textbook_missed", s->n_missed);
    if (s->n_cln > 0) {
        fgr_member_u64(json, "cln_queries", s->n_cln);
        fgr_member_u64(json, "cln_routes", s->n_cln_found);
        fgr_member_u64(json, "cln_only", s->n_cln_only);
        fgr_member_u64(json, "cln_missed", s->n_cln_missed);
        fgr_member_double(json, "cln_p50_us", us(&s->cln_ns, 0.5));
        fgr_member_double(json, "cln_here_p50_us", us(&s->cln_here_ns, 0.5));
        fgr_member_u64(json, "cln_fee_p50_ppm", fgr_samples_quantile(&s->cln_fee_ppm, 0.5));
        fgr_member_u64(json, "cln_here_fee_p50_ppm",
                       fgr_samples_quantile(&s->cln_here_fee_ppm, 0.5));
    }
    fgr_json_object_end(json);
}

static void print_json(struct bench *bench, double lost_percent)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "route");
    fgr_member_text(&json, "dataset", bench->dataset.path);
    fgr_member_u64(&json, "nodes", bench->dataset.view->n_nodes);
    fgr_member_u64(&json, "enabled", bench->dataset.view->n_usable);
    fgr_member_u64(&json, "rounds", bench->n_rounds);
    fgr_member_u64(&json, "turn", bench->n_turn);
    fgr_member_double(&json, "lost_percent", lost_percent);
    fgr_json_key(&json, "cases");
    fgr_json_array_begin(&json);
    for (size_t i = 0; i < N_CASES; i++) {
        add_case_json(&json, &bench->summary[i]);
    }
    fgr_json_array_end(&json);
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

static void open_bench(struct bench *bench, int argc, char **argv)
{
    struct fgr_error err;
    bench->n_pairs_max = fgr_bench_number(argc, argv, "--pairs", 1000);
    bench->n_rounds = fgr_bench_number(argc, argv, "--rounds", 5);
    if (bench->n_rounds < 1 || bench->n_rounds > ROUNDS_MAX) {
        fgr_bench_fail("--rounds %" PRIu64 ": must be 1 to %d", bench->n_rounds, ROUNDS_MAX);
    }
    bench->n_turn = fgr_bench_number(argc, argv, "--turn", 50);
    if (bench->n_turn < 1) {
        fgr_bench_fail("--turn 0: must be at least 1 query");
    }
    if (fgr_dataset_open(&bench->dataset, &err) != FGR_OK ||
        fgr_scratch_create(&bench->scratch, bench->dataset.view, NULL, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_pairs_load(&bench->pairs, &bench->dataset);
    fgr_cln_load(&bench->cln, FGR_CLN_ROUTE);
    bench->measure = calloc(bench->pairs.n + 1, sizeof *bench->measure);
    if (bench->measure == NULL || !fgr_dijkstra_create(&bench->dijkstra, bench->dataset.view)) {
        fgr_bench_fail("out of memory");
    }
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < N_CASES; i++) {
        struct summary *s = &bench->summary[i];
        fgr_samples_free(&s->fgr_ns);
        fgr_samples_free(&s->dijkstra_ns);
        fgr_samples_free(&s->ratio_ppm);
        fgr_samples_free(&s->cln_ns);
        fgr_samples_free(&s->cln_here_ns);
        fgr_samples_free(&s->cln_fee_ppm);
        fgr_samples_free(&s->cln_here_fee_ppm);
    }
    free(bench->measure);
    fgr_dijkstra_destroy(bench->dijkstra);
    fgr_cln_free(&bench->cln);
    fgr_pairs_free(&bench->pairs);
    fgr_scratch_destroy(bench->scratch);
    fgr_dataset_close(&bench->dataset);
}

int main(int argc, char **argv)
{
    struct bench bench = {.n_rounds = 0};
    open_bench(&bench, argc, argv);
    struct fgr_watch watch = fgr_watch_start();
    for (size_t i = 0; i < N_CASES; i++) {
        measure_case(&bench, &bench.summary[i], sets[i / N_AMOUNTS], amounts_sat[i % N_AMOUNTS]);
    }
    double lost_percent = fgr_watch_lost_percent(&watch);
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(&bench, lost_percent);
    } else {
        printf("%s\n%" PRIu32 " nodes, %" PRIu32 " usable half-channels; median of %" PRIu64
               " rounds per query, turns of %" PRIu64
               " queries; %.1f %% of the time went to other programs\n",
               bench.dataset.path, bench.dataset.view->n_nodes, bench.dataset.view->n_usable,
               bench.n_rounds, bench.n_turn, lost_percent);
        print_table(&bench);
        print_cln_table(&bench);
    }
    close_bench(&bench);
    return 0;
}
