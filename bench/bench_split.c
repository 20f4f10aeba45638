/* SPDX-License-Identifier: MIT */
/*
 * bench_split [--pairs N] [--rounds N] [--parts N] [--gap PPM] [--json]: sets of parts between
 * well-funded nodes, each from nothing, by fgr_split: time, gap and parts.
 *
 * The yardstick is the textbook's Dijkstra for 1 000 sat between any two nodes, measured in the
 * same process: "scaled" is what the time would be on a machine where that takes 1 ms.
 *
 * A query's time is the median of its rounds; the quantiles are over the queries that have an answer.
 * Every answer passes fgr_split_check.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cln.h"
#include "bench/harness.h"
#include "bench/pairs.h"
#include "fulgurite/split.h"
#include "tests/oracle/dijkstra.h"

#define ROUNDS_MAX 101
#define YARD_QUERIES 200
#define YARD_SAT 1000
#define YARD_NS 1e6
#define SET "funded"

static const uint64_t amounts_sat[] = {100000, 1000000, 10000000, 100000000};

enum { N_AMOUNTS = 4 };

/* All queries of one amount, summed up. */
struct summary {
    uint64_t amount_sat;
    uint64_t n;
    uint64_t n_found;
    uint64_t n_none;   /* proven */
    uint64_t n_failed; /* none found, none proven */
    struct fgr_samples ns;
    struct fgr_samples gap_ppm;
    struct fgr_samples parts;
    struct fgr_samples rounds;
    /* Core Lightning, on the queries that were recorded. */
    uint64_t n_cln, n_cln_only, n_cln_missed;
    struct fgr_samples cln_ns;
    struct fgr_samples cln_here_ns;
    struct fgr_samples cln_cost_ppm; /* of ours */
};

struct bench {
    struct fgr_dataset dataset;
    struct fgr_pairs pairs;
    struct fgr_cln cln;
    struct fgr_split_scratch *scratch;
    uint64_t n_pairs_max;
    uint64_t n_rounds;
    uint32_t max_parts;
    uint32_t max_gap_ppm;
    double yard_ns;
    struct summary summary[N_AMOUNTS];
};

/* ---- measuring ------------------------------------------------------------------------------ */

static void measure_yard(struct bench *bench)
{
    struct fgr_dijkstra *dijkstra;
    struct fgr_samples ns = {0};
    if (!fgr_dijkstra_create(&dijkstra, bench->dataset.view)) {
        fgr_bench_fail("out of memory");
    }
    for (size_t i = 0; i < bench->pairs.n && ns.n < YARD_QUERIES; i++) {
        const struct fgr_pair *pair = &bench->pairs.pair[i];
        struct fgr_route_query query;
        struct fgr_dijkstra_answer answer;
        if (strcmp(pair->set, "uniform") == 0) {
            fgr_route_query_init(&query, (fgr_node_idx){pair->from}, (fgr_node_idx){pair->to},
                                 (fgr_msat){(uint64_t)YARD_SAT * 1000});
            uint64_t start_ns = fgr_clock_ns();
            fgr_dijkstra_solve(dijkstra, &answer, &query);
            fgr_samples_add(&ns, fgr_clock_ns() - start_ns);
        }
    }
    bench->yard_ns = (double)fgr_samples_quantile(&ns, 0.5);
    fgr_samples_free(&ns);
    fgr_dijkstra_destroy(dijkstra);
}

/* fees + M * -ln P of Core Lightning's set: its timelock risk is not recorded, and not counted. */
static double cln_cost_msat(const struct fgr_split_query *query, const struct fgr_cln_row *row)
{
    double fail_msat = (double)query->cost.fail_base_msat +
                       (double)query->amount.v * query->cost.fail_amount_ppm * 1e-6;
    return (double)row->fee_msat - fail_msat * log(row->probability);
}

static uint64_t risk_of(const struct fgr_split *split)
{
    uint64_t risk_msat = 0;
    for (uint32_t i = 0; i < split->n_parts; i++) {
        for (uint32_t j = 0; j < split->parts[i].n_hops; j++) {
            risk_msat += split->parts[i].hops[j].risk.v;
        }
    }
    return risk_msat;
}

static void add_cln(struct summary *s, const struct fgr_split_query *query,
                    const struct fgr_split *split, const struct fgr_cln_row *row, uint64_t ns)
{
    bool is_found = split->n_parts > 0;
    s->n_cln++;
    s->n_cln_only += row->is_found && !is_found;
    s->n_cln_missed += is_found && !row->is_found;
    fgr_samples_add(&s->cln_ns, (uint64_t)(row->best_ms * 1e6));
    fgr_samples_add(&s->cln_here_ns, ns);
    if (row->is_found && is_found) {
        double here_msat = (double)(split->cost.v - risk_of(split));
        double there_msat = cln_cost_msat(query, row);
        fgr_samples_add(&s->cln_cost_ppm, (uint64_t)(there_msat / here_msat * 1e6));
    }
}

/* Asks one query `n_rounds` times. */
static void measure(struct bench *bench, struct summary *s, const struct fgr_pair *pair)
{
    struct fgr_split_query query;
    struct fgr_split split = {.n_parts = 0};
    struct fgr_error err;
    struct fgr_samples ns = {0};
    enum fgr_err code = FGR_OK;
    fgr_split_query_init(&query, (fgr_node_idx){pair->from}, (fgr_node_idx){pair->to},
                         (fgr_msat){s->amount_sat * 1000});
    query.max_parts = bench->max_parts;
    query.max_gap_ppm = bench->max_gap_ppm;
    for (uint64_t i = 0; i < bench->n_rounds; i++) {
        uint64_t start_ns = fgr_clock_ns();
        code = fgr_split(bench->scratch, &split, bench->dataset.view, &query, &err);
        fgr_samples_add(&ns, fgr_clock_ns() - start_ns);
    }
    uint64_t median_ns = fgr_samples_quantile(&ns, 0.5);
    fgr_samples_free(&ns);
    if (code != FGR_OK && code != FGR_ERR_NO_ROUTE && code != FGR_ERR_WORK) {
        fgr_bench_fail("%s", err.text);
    }
    s->n++;
    s->n_none += code == FGR_ERR_NO_ROUTE;
    s->n_failed += code == FGR_ERR_WORK;
    if (code == FGR_OK) {
        if (fgr_split_check(bench->dataset.view, &query, &split, &err) != FGR_OK) {
            fgr_bench_fail("pair %" PRIu32 ", %" PRIu64 " sat: %s", pair->number, s->amount_sat,
                           err.text);
        }
        s->n_found++;
        fgr_samples_add(&s->ns, median_ns);
        fgr_samples_add(&s->gap_ppm, split.gap_ppm);
        fgr_samples_add(&s->parts, split.n_parts);
        fgr_samples_add(&s->rounds, split.stats.rounds);
    }
    const struct fgr_cln_row *row =
        bench->dataset.is_snapshot ? fgr_cln_find(&bench->cln, SET, pair->number, s->amount_sat)
                                   : NULL;
    if (row != NULL) {
        add_cln(s, &query, &split, row, median_ns);
    }
}

static void measure_amount(struct bench *bench, struct summary *s, uint64_t amount_sat)
{
    *s = (struct summary){.amount_sat = amount_sat};
    for (size_t i = 0; i < bench->pairs.n && s->n < bench->n_pairs_max; i++) {
        if (strcmp(bench->pairs.pair[i].set, SET) == 0) {
            measure(bench, s, &bench->pairs.pair[i]);
        }
    }
}

/* ---- showing -------------------------------------------------------------------------------- */

static double us(struct fgr_samples *samples, double quantile)
{
    return (double)fgr_samples_quantile(samples, quantile) / 1000;
}

/* On the machine of the yardstick. */
static double scaled_us(const struct bench *bench, struct fgr_samples *samples, double quantile)
{
    return us(samples, quantile) * YARD_NS / bench->yard_ns;
}

static double within(const struct fgr_samples *gap_ppm, uint64_t limit_ppm)
{
    uint64_t n = 0;
    for (size_t i = 0; i < gap_ppm->n; i++) {
        n += gap_ppm->value[i] <= limit_ppm;
    }
    return gap_ppm->n > 0 ? 100.0 * (double)n / (double)gap_ppm->n : 0;
}

static void print_table(struct bench *bench)
{
    printf("\n%9s | %6s %6s %6s | %8s %8s %8s %8s | %8s %8s | %6s %6s %6s | %7s %7s | %5s %5s\n",
           "sat", "found", "none", "failed", "p50 us", "p90", "p99", "max", "scaled", "p99",
           "gap50", "gap95", "gap99", "<=1000", "<=5000", "parts", "max");
    for (size_t i = 0; i < N_AMOUNTS; i++) {
        struct summary *s = &bench->summary[i];
        printf("%9" PRIu64 " | %6" PRIu64 " %6" PRIu64 " %6" PRIu64
               " | %8.1f %8.1f %8.1f %8.1f | %8.1f %8.1f | %6" PRIu64 " %6" PRIu64 " %6" PRIu64
               " | %6.1f%% %6.1f%% | %5" PRIu64 " %5" PRIu64 "\n",
               s->amount_sat, s->n_found, s->n_none, s->n_failed, us(&s->ns, 0.5), us(&s->ns, 0.9),
               us(&s->ns, 0.99), us(&s->ns, 1), scaled_us(bench, &s->ns, 0.5),
               scaled_us(bench, &s->ns, 0.99), fgr_samples_quantile(&s->gap_ppm, 0.5),
               fgr_samples_quantile(&s->gap_ppm, 0.95), fgr_samples_quantile(&s->gap_ppm, 0.99),
               within(&s->gap_ppm, 1000), within(&s->gap_ppm, 5000),
               fgr_samples_quantile(&s->parts, 0.5), fgr_samples_quantile(&s->parts, 1));
    }
    printf(
        "\nnone: proven that there is none. scaled: p50 and p99 where the textbook's Dijkstra for "
        "%d sat takes 1 ms; here %.0f us. gap: ppm.\n",
        YARD_SAT, bench->yard_ns / 1000);
}

static void print_cln_table(struct bench *bench)
{
    if (bench->summary[0].n_cln == 0) {
        return;
    }
    printf(
        "\nCore Lightning's min-cost flow (up to 100 parts), recorded elsewhere (best of 4), same "
        "queries:\n");
    printf("%9s | %7s %9s %9s %6s | %8s %9s | %9s %9s\n", "sat", "queries", "CLN us", "here us",
           "ratio", "only CLN", "only here", "its cost", "p90");
    for (size_t i = 0; i < N_AMOUNTS; i++) {
        struct summary *s = &bench->summary[i];
        if (s->n_cln == 0) {
            continue;
        }
        double here_us = us(&s->cln_here_ns, 0.5);
        printf("%9" PRIu64 " | %7" PRIu64 " %9.0f %9.1f %6.0f | %8" PRIu64 " %9" PRIu64
               " | %8.3fx %8.3fx\n",
               s->amount_sat, s->n_cln, us(&s->cln_ns, 0.5), here_us,
               here_us > 0 ? us(&s->cln_ns, 0.5) / here_us : 0, s->n_cln_only, s->n_cln_missed,
               (double)fgr_samples_quantile(&s->cln_cost_ppm, 0.5) / 1e6,
               (double)fgr_samples_quantile(&s->cln_cost_ppm, 0.9) / 1e6);
    }
    printf("its cost: fees and failure of its parts, in ours; bench_cln compares row by row.\n");
}

static void add_amount_json(struct fgr_json_writer *json, struct bench *bench, struct summary *s)
{
    fgr_json_object_begin(json);
    fgr_member_u64(json, "amount_sat", s->amount_sat);
    fgr_member_u64(json, "queries", s->n);
    fgr_member_u64(json, "found", s->n_found);
    fgr_member_u64(json, "none", s->n_none);
    fgr_member_u64(json, "failed", s->n_failed);
    fgr_member_double(json, "p50_us", us(&s->ns, 0.5));
    fgr_member_double(json, "p90_us", us(&s->ns, 0.9));
    fgr_member_double(json, "p99_us", us(&s->ns, 0.99));
    fgr_member_double(json, "max_us", us(&s->ns, 1));
    fgr_member_double(json, "p50_scaled_us", scaled_us(bench, &s->ns, 0.5));
    fgr_member_double(json, "p99_scaled_us", scaled_us(bench, &s->ns, 0.99));
    fgr_member_u64(json, "gap_p50_ppm", fgr_samples_quantile(&s->gap_ppm, 0.5));
    fgr_member_u64(json, "gap_p95_ppm", fgr_samples_quantile(&s->gap_ppm, 0.95));
    fgr_member_u64(json, "gap_p99_ppm", fgr_samples_quantile(&s->gap_ppm, 0.99));
    fgr_member_u64(json, "gap_max_ppm", fgr_samples_quantile(&s->gap_ppm, 1));
    fgr_member_double(json, "within_1000_ppm_percent", within(&s->gap_ppm, 1000));
    fgr_member_double(json, "within_5000_ppm_percent", within(&s->gap_ppm, 5000));
    fgr_member_u64(json, "parts_p50", fgr_samples_quantile(&s->parts, 0.5));
    fgr_member_u64(json, "parts_max", fgr_samples_quantile(&s->parts, 1));
    fgr_member_u64(json, "rounds_p50", fgr_samples_quantile(&s->rounds, 0.5));
    if (s->n_cln > 0) {
        fgr_member_u64(json, "cln_queries", s->n_cln);
        fgr_member_u64(json, "cln_only", s->n_cln_only);
        fgr_member_u64(json, "cln_missed", s->n_cln_missed);
        fgr_member_double(json, "cln_p50_us", us(&s->cln_ns, 0.5));
        fgr_member_double(json, "cln_here_p50_us", us(&s->cln_here_ns, 0.5));
        fgr_member_u64(json, "cln_cost_p50_ppm", fgr_samples_quantile(&s->cln_cost_ppm, 0.5));
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
    fgr_member_text(&json, "bench", "split");
    fgr_member_text(&json, "dataset", bench->dataset.path);
    fgr_member_u64(&json, "rounds", bench->n_rounds);
    fgr_member_u64(&json, "max_parts", bench->max_parts);
    fgr_member_u64(&json, "max_gap_ppm", bench->max_gap_ppm);
    fgr_member_double(&json, "textbook_p50_us", bench->yard_ns / 1000);
    fgr_member_double(&json, "lost_percent", lost_percent);
    fgr_json_key(&json, "amounts");
    fgr_json_array_begin(&json);
    for (size_t i = 0; i < N_AMOUNTS; i++) {
        add_amount_json(&json, bench, &bench->summary[i]);
    }
    fgr_json_array_end(&json);
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

/* ---- both ----------------------------------------------------------------------------------- */

static void open_bench(struct bench *bench, int argc, char **argv)
{
    struct fgr_error err;
    bench->n_pairs_max = fgr_bench_number(argc, argv, "--pairs", 1000);
    bench->n_rounds = fgr_bench_number(argc, argv, "--rounds", 3);
    bench->max_parts = (uint32_t)fgr_bench_number(argc, argv, "--parts", FGR_PARTS_DEFAULT);
    bench->max_gap_ppm = (uint32_t)fgr_bench_number(argc, argv, "--gap", FGR_SPLIT_GAP_DEFAULT_PPM);
    if (bench->n_rounds < 1 || bench->n_rounds > ROUNDS_MAX) {
        fgr_bench_fail("--rounds %" PRIu64 ": must be 1 to %d", bench->n_rounds, ROUNDS_MAX);
    }
    if (bench->max_parts < 1 || bench->max_parts > FGR_PARTS_MAX) {
        fgr_bench_fail("--parts %" PRIu32 ": must be 1 to %d", bench->max_parts, FGR_PARTS_MAX);
    }
    if (fgr_dataset_open(&bench->dataset, &err) != FGR_OK ||
        fgr_split_scratch_create(&bench->scratch, bench->dataset.view, NULL, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_pairs_load(&bench->pairs, &bench->dataset);
    fgr_cln_load(&bench->cln, FGR_CLN_SPLIT);
}

static void free_summary(struct summary *s)
{
    fgr_samples_free(&s->ns);
    fgr_samples_free(&s->gap_ppm);
    fgr_samples_free(&s->parts);
    fgr_samples_free(&s->rounds);
    fgr_samples_free(&s->cln_ns);
    fgr_samples_free(&s->cln_here_ns);
    fgr_samples_free(&s->cln_cost_ppm);
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < N_AMOUNTS; i++) {
        free_summary(&bench->summary[i]);
    }
    fgr_cln_free(&bench->cln);
    fgr_pairs_free(&bench->pairs);
    fgr_split_scratch_destroy(bench->scratch);
    fgr_dataset_close(&bench->dataset);
}

int main(int argc, char **argv)
{
    struct bench bench = {.n_rounds = 0};
    open_bench(&bench, argc, argv);
    struct fgr_watch watch = fgr_watch_start();
    /* Warm up: pages, caches, and vector registers that reading the network may have left in a state
     * in which plain code is slow. */
    measure_amount(&bench, &bench.summary[0], amounts_sat[0]);
    free_summary(&bench.summary[0]);
    measure_yard(&bench);
    for (size_t i = 0; i < N_AMOUNTS; i++) {
        measure_amount(&bench, &bench.summary[i], amounts_sat[i]);
    }
    double lost_percent = fgr_watch_lost_percent(&watch);
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(&bench, lost_percent);
    } else {
        printf("%s\n%" PRIu32 " nodes, %" PRIu32 " usable half-channels; median of %" PRIu64
               " rounds per query, up to %" PRIu32 " parts, stops at a gap of %" PRIu32
               " ppm; %.1f %% of the time went to other programs\n",
               bench.dataset.path, bench.dataset.view->n_nodes, bench.dataset.view->n_usable,
               bench.n_rounds, bench.max_parts, bench.max_gap_ppm, lost_percent);
        print_table(&bench);
        print_cln_table(&bench);
    }
    close_bench(&bench);
    return 0;
}
