/* SPDX-License-Identifier: MIT */
/*
 * bench_import [--rounds N] [--json]: `fgr import` as a process of its own, wall time and peak
 * memory, on each form of the snapshot: plain files, then compressed ones.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/harness.h"
#include "bench/pairs.h"

struct input {
    const char *name;
    const char *file;
    bool is_plain; /* unpacked before it is measured */
};

static const struct input snapshot_inputs[] = {
    {"gossip_store", "mainnet-2026-02-03.gossip_store.zst", true},
    {"describegraph", "mainnet-2026-02-03.describegraph.json.zst", true},
    {"gossip_store.zst", "mainnet-2026-02-03.gossip_store.zst", false},
    {"describegraph.zst", "mainnet-2026-02-03.describegraph.json.zst", false},
};
enum { N_SNAPSHOT_INPUTS = sizeof snapshot_inputs / sizeof *snapshot_inputs };

struct result {
    const char *name;
    uint64_t n_bytes;
    struct fgr_samples wall_ns;
    struct fgr_samples cpu_ns;
    uint64_t peak_bytes;
};

static void temporary(char out_path[FGR_DATASET_PATH_BYTES])
{
    struct fgr_error err;
    if (!fgr_dataset_temporary(out_path, &err)) {
        fgr_bench_fail("%s", err.text);
    }
}

static void measure(struct result *r, const char *path, uint64_t n_rounds)
{
    char image[FGR_DATASET_PATH_BYTES];
    struct stat info;
    temporary(image);
    const char *const argv[] = {FGR_BINARY, "import", path, "-o", image, NULL};
    if (stat(path, &info) != 0) {
        fgr_bench_fail("%s: not there", path);
    }
    r->n_bytes = (uint64_t)info.st_size;
    for (uint64_t i = 0; i <= n_rounds; i++) {
        struct fgr_run_result run = fgr_run_program(argv, "/dev/null");
        if (run.status != 0) {
            fgr_bench_fail("fgr import %s: exit status %d", path, run.status);
        }
        if (i > 0) { /* the first fills the page cache */
            fgr_samples_add(&r->wall_ns, run.wall_ns);
            fgr_samples_add(&r->cpu_ns, run.cpu_ns);
            r->peak_bytes = run.peak_bytes > r->peak_bytes ? run.peak_bytes : r->peak_bytes;
        }
    }
    unlink(image);
}

static void measure_input(struct result *r, const struct input *input, uint64_t n_rounds)
{
    char path[FGR_DATASET_PATH_BYTES];
    *r = (struct result){.name = input->name};
    if (!fgr_dataset_find(path, input->file)) {
        fgr_bench_fail("%s: not there", path);
    }
    if (input->is_plain) {
        char plain[FGR_DATASET_PATH_BYTES];
        temporary(plain);
        fgr_lines_unpack(path, plain);
        measure(r, plain, n_rounds);
        unlink(plain);
    } else {
        measure(r, path, n_rounds);
    }
}

static double ms(struct fgr_samples *samples, double quantile)
{
    return (double)fgr_samples_quantile(samples, quantile) / 1e6;
}

static void print_json(struct result *result, size_t n, uint64_t n_rounds)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "import");
    fgr_member_u64(&json, "rounds", n_rounds);
    fgr_json_key(&json, "inputs");
    fgr_json_array_begin(&json);
    for (size_t i = 0; i < n; i++) {
        fgr_json_object_begin(&json);
        fgr_member_text(&json, "input", result[i].name);
        fgr_member_u64(&json, "bytes", result[i].n_bytes);
        fgr_member_double(&json, "wall_p50_ms", ms(&result[i].wall_ns, 0.5));
        fgr_member_double(&json, "wall_best_ms", ms(&result[i].wall_ns, 0));
        fgr_member_double(&json, "cpu_p50_ms", ms(&result[i].cpu_ns, 0.5));
        fgr_member_u64(&json, "peak_bytes", result[i].peak_bytes);
        fgr_json_object_end(&json);
    }
    fgr_json_array_end(&json);
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

static void print_table(struct result *result, size_t n, uint64_t n_rounds)
{
    printf("fgr import, median of %" PRIu64 " runs\n%-18s %8s | %9s %9s %9s | %8s\n", n_rounds,
           "input", "MB", "wall ms", "best ms", "cpu ms", "peak MB");
    for (size_t i = 0; i < n; i++) {
        printf("%-18s %8.1f | %9.1f %9.1f %9.1f | %8.1f\n", result[i].name,
               (double)result[i].n_bytes / 1e6, ms(&result[i].wall_ns, 0.5),
               ms(&result[i].wall_ns, 0), ms(&result[i].cpu_ns, 0.5),
               (double)result[i].peak_bytes / 1e6);
    }
}

int main(int argc, char **argv)
{
    uint64_t n_rounds = fgr_bench_number(argc, argv, "--rounds", 11);
    struct result result[N_SNAPSHOT_INPUTS] = {{.name = NULL}};
    char path[FGR_DATASET_PATH_BYTES];
    size_t n = 0;
    if (fgr_dataset_find(path, snapshot_inputs[0].file)) {
        for (; n < N_SNAPSHOT_INPUTS; n++) {
            measure_input(&result[n], &snapshot_inputs[n], n_rounds);
        }
    } else {
        struct fgr_dataset dataset;
        fgr_dataset_source(&dataset);
        result[n].name = "bundled image";
        measure(&result[n++], dataset.path, n_rounds);
    }
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(result, n, n_rounds);
    } else {
        print_table(result, n, n_rounds);
    }
    for (size_t i = 0; i < n; i++) {
        fgr_samples_free(&result[i].wall_ns);
        fgr_samples_free(&result[i].cpu_ns);
    }
    return 0;
}
