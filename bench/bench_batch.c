/* SPDX-License-Identifier: MIT */
/*
 * bench_batch [--split] [--pairs N] [--copies N] [--rounds N] [--json]: `fgr batch` as a process of
 * its own with one and with two threads in turn: queries per second, speed-up, peak memory. The
 * answers of both have to be the same bytes but for the times in them. With --split the answers are
 * sets of parts, for larger amounts between well-funded nodes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/harness.h"
#include "bench/pairs.h"

#define THREADS_MAX 2

enum { N_AMOUNTS = 3 };

static const uint64_t route_sat[N_AMOUNTS] = {1000, 100000, 1000000};
static const uint64_t split_sat[N_AMOUNTS] = {100000, 1000000, 10000000};

struct bench {
    struct fgr_dataset dataset;
    char image[FGR_DATASET_PATH_BYTES];
    char queries[FGR_DATASET_PATH_BYTES];
    char answers[THREADS_MAX][FGR_DATASET_PATH_BYTES];
    uint64_t n_queries;
    bool is_split;
    struct fgr_samples wall_ns[THREADS_MAX];
    struct fgr_samples cpu_ns[THREADS_MAX];
    struct fgr_samples speedup_ppm;
    uint64_t peak_bytes[THREADS_MAX];
};

static void temporary(char out_path[FGR_DATASET_PATH_BYTES])
{
    struct fgr_error err;
    if (!fgr_dataset_temporary(out_path, &err)) {
        fgr_bench_fail("%s", err.text);
    }
}

static void print_id(FILE *out, const struct fgr_view *view, uint32_t node)
{
    struct fgr_node_info info;
    if (fgr_view_node(view, &info, (fgr_node_idx){node}) != FGR_OK) {
        fgr_bench_fail("no node %" PRIu32, node);
    }
    for (unsigned i = 0; i < FGR_NODE_ID_BYTES; i++) {
        fprintf(out, "%02x", info.id[i]);
    }
}

/* Imports in another process: what this one holds would show in the peaks of its children. */
static void write_image(struct bench *bench)
{
    struct fgr_error err;
    fgr_dataset_source(&bench->dataset);
    const char *const argv[] = {FGR_BINARY, "import",     bench->dataset.path,
                                "-o",       bench->image, NULL};
    if (fgr_run_program(argv, "/dev/null").status != 0) {
        fgr_bench_fail("fgr import %s failed", bench->dataset.path);
    }
    if (fgr_view_open(&bench->dataset.view, bench->image, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
}

/* The pairs that are asked for come first: for splits only the well-funded ones. How many there are. */
static size_t choose_pairs(const struct bench *bench, struct fgr_pairs *pairs)
{
    size_t n = 0;
    for (size_t i = 0; i < pairs->n; i++) {
        if (!bench->is_split || strcmp(pairs->pair[i].set, "funded") == 0) {
            pairs->pair[n++] = pairs->pair[i];
        }
    }
    return n;
}

/* Every pair with every amount, the whole list `n_copies` times: long enough to outweigh start-up. */
static void write_queries(struct bench *bench, uint64_t n_pairs_max, uint64_t n_copies)
{
    struct fgr_pairs pairs;
    fgr_pairs_load(&pairs, &bench->dataset);
    FILE *out = fopen(bench->queries, "w");
    if (out == NULL) {
        fgr_bench_fail("%s: cannot be written", bench->queries);
    }
    fputs("id,from,to,amount_msat\n", out);
    size_t n = choose_pairs(bench, &pairs);
    n = n < n_pairs_max ? n : n_pairs_max;
    for (uint64_t i = 0; i < n * n_copies; i++) {
        const struct fgr_pair *pair = &pairs.pair[i % n];
        for (size_t a = 0; a < N_AMOUNTS; a++) {
            uint64_t amount_sat = bench->is_split ? split_sat[a] : route_sat[a];
            fprintf(out, "%" PRIu64 ",", bench->n_queries++);
            print_id(out, bench->dataset.view, pair->from);
            fputc(',', out);
            print_id(out, bench->dataset.view, pair->to);
            fprintf(out, ",%" PRIu64 "\n", amount_sat * 1000);
        }
    }
    if (fclose(out) != 0) {
        fgr_bench_fail("%s: cannot be written", bench->queries);
    }
    fgr_pairs_free(&pairs);
}

static uint64_t run_batch(struct bench *bench, unsigned n_threads)
{
    char threads[16];
    snprintf(threads, sizeof threads, "%u", n_threads);
    const char *const argv[] = {
        FGR_BINARY,     "batch", "-g",     bench->image,
        "--threads",    threads, "--mode", bench->is_split ? "split" : "route",
        bench->queries, NULL};
    unsigned slot = n_threads - 1;
    struct fgr_run_result run = fgr_run_program(argv, bench->answers[slot]);
    if (run.status != 0) {
        fgr_bench_fail("fgr batch with %u threads: exit status %d", n_threads, run.status);
    }
    fgr_samples_add(&bench->wall_ns[slot], run.wall_ns);
    fgr_samples_add(&bench->cpu_ns[slot], run.cpu_ns);
    if (run.peak_bytes > bench->peak_bytes[slot]) {
        bench->peak_bytes[slot] = run.peak_bytes;
    }
    return run.wall_ns;
}

/* Takes the digits of the one value that may differ out of a line. */
static void blank_time(char *line)
{
    static const char key[] = "\"elapsed_ns\":";
    char *at = strstr(line, key);
    if (at != NULL) {
        char *digits = at + sizeof key - 1;
        size_t n_digits = strspn(digits, "0123456789");
        memmove(digits, digits + n_digits, strlen(digits + n_digits) + 1);
    }
}

static void compare_answers(const struct bench *bench)
{
    FILE *one = fopen(bench->answers[0], "r");
    FILE *two = fopen(bench->answers[1], "r");
    char *line[2] = {NULL, NULL};
    size_t n_room[2] = {0, 0};
    uint64_t n_lines = 0;
    if (one == NULL || two == NULL) {
        fgr_bench_fail("%s or %s cannot be read", bench->answers[0], bench->answers[1]);
    }
    for (;; n_lines++) {
        bool has_one = getline(&line[0], &n_room[0], one) > 0;
        bool has_two = getline(&line[1], &n_room[1], two) > 0;
        if (!has_one && !has_two) {
            break;
        }
        if (has_one && has_two) {
            blank_time(line[0]);
            blank_time(line[1]);
        }
        if (!has_one || !has_two || strcmp(line[0], line[1]) != 0) {
            fgr_bench_fail("answer %" PRIu64 " depends on the number of threads", n_lines);
        }
    }
    if (n_lines != bench->n_queries) {
        fgr_bench_fail("%" PRIu64 " answers to %" PRIu64 " queries", n_lines, bench->n_queries);
    }
    free(line[0]);
    free(line[1]);
    fclose(one);
    fclose(two);
}

static double per_second(struct bench *bench, unsigned slot)
{
    return (double)bench->n_queries * 1e9 /
           (double)fgr_samples_quantile(&bench->wall_ns[slot], 0.5);
}

static double speedup(struct bench *bench)
{
    return (double)fgr_samples_quantile(&bench->speedup_ppm, 0.5) / 1e6;
}

static void print_json(struct bench *bench)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "batch");
    fgr_member_text(&json, "mode", bench->is_split ? "split" : "route");
    fgr_member_u64(&json, "queries", bench->n_queries);
    fgr_member_double(&json, "speedup", speedup(bench));
    fgr_json_key(&json, "threads");
    fgr_json_array_begin(&json);
    for (unsigned slot = 0; slot < THREADS_MAX; slot++) {
        fgr_json_object_begin(&json);
        fgr_member_u64(&json, "threads", slot + 1);
        fgr_member_double(&json, "queries_per_second", per_second(bench, slot));
        fgr_member_double(&json, "wall_p50_ms",
                          (double)fgr_samples_quantile(&bench->wall_ns[slot], 0.5) / 1e6);
        fgr_member_double(&json, "cpu_p50_ms",
                          (double)fgr_samples_quantile(&bench->cpu_ns[slot], 0.5) / 1e6);
        fgr_member_u64(&json, "peak_bytes", bench->peak_bytes[slot]);
        fgr_json_object_end(&json);
    }
    fgr_json_array_end(&json);
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

static void print_table(struct bench *bench)
{
    printf("fgr batch --mode %s, %" PRIu64
           " queries; the answers are the same bytes\n%-8s | %9s %9s %11s | %8s\n",
           bench->is_split ? "split" : "route", bench->n_queries, "threads", "wall ms", "cpu ms",
           "queries/s", "peak MB");
    for (unsigned slot = 0; slot < THREADS_MAX; slot++) {
        printf("%-8u | %9.1f %9.1f %11.0f | %8.1f\n", slot + 1,
               (double)fgr_samples_quantile(&bench->wall_ns[slot], 0.5) / 1e6,
               (double)fgr_samples_quantile(&bench->cpu_ns[slot], 0.5) / 1e6,
               per_second(bench, slot), (double)bench->peak_bytes[slot] / 1e6);
    }
    printf("speed-up %.2f (median of the rounds), %.2f (fastest rounds)\n", speedup(bench),
           (double)fgr_samples_quantile(&bench->wall_ns[0], 0) /
               (double)fgr_samples_quantile(&bench->wall_ns[1], 0));
}

int main(int argc, char **argv)
{
    struct bench bench = {.n_queries = 0};
    uint64_t n_rounds = fgr_bench_number(argc, argv, "--rounds", 7);
    bench.is_split = fgr_bench_has_flag(argc, argv, "--split");
    temporary(bench.image);
    temporary(bench.queries);
    temporary(bench.answers[0]);
    temporary(bench.answers[1]);
    write_image(&bench);
    write_queries(&bench, fgr_bench_number(argc, argv, "--pairs", 2000),
                  fgr_bench_number(argc, argv, "--copies", 1));
    for (uint64_t round = 0; round < n_rounds; round++) {
        uint64_t one_ns = run_batch(&bench, 1);
        uint64_t two_ns = run_batch(&bench, 2);
        fgr_samples_add(&bench.speedup_ppm, one_ns * 1000000 / (two_ns > 0 ? two_ns : 1));
        compare_answers(&bench);
    }
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(&bench);
    } else {
        print_table(&bench);
    }
    unlink(bench.image);
    unlink(bench.queries);
    for (unsigned slot = 0; slot < THREADS_MAX; slot++) {
        unlink(bench.answers[slot]);
        fgr_samples_free(&bench.wall_ns[slot]);
        fgr_samples_free(&bench.cpu_ns[slot]);
    }
    fgr_samples_free(&bench.speedup_ppm);
    fgr_dataset_close(&bench.dataset);
    return 0;
}
