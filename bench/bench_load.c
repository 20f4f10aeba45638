/* SPDX-License-Identifier: MIT */
/*
 * bench_load [--rounds N] [--json]: opening an image as a view, which maps and verifies it.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/harness.h"
#include "tests/support/dataset.h"

int main(int argc, char **argv)
{
    uint64_t n_rounds = fgr_bench_number(argc, argv, "--rounds", 101);
    struct fgr_samples open_ns = {0};
    struct fgr_error err;
    struct fgr_dataset dataset;
    char image[FGR_DATASET_PATH_BYTES];
    struct stat info;
    if (!fgr_dataset_source(&dataset) || !fgr_dataset_temporary(image, &err) ||
        fgr_import(dataset.path, image, NULL, NULL, &err) != FGR_OK || stat(image, &info) != 0) {
        fgr_bench_fail("no image can be made of %s", dataset.path);
    }
    for (uint64_t i = 0; i < n_rounds; i++) {
        struct fgr_view *view = NULL;
        uint64_t start_ns = fgr_clock_ns();
        if (fgr_view_open(&view, image, &err) != FGR_OK) {
            fgr_bench_fail("%s", err.text);
        }
        fgr_samples_add(&open_ns, fgr_clock_ns() - start_ns);
        fgr_view_close(view);
    }
    unlink(image);
    double median_ms = (double)fgr_samples_quantile(&open_ns, 0.5) / 1e6;
    double p99_ms = (double)fgr_samples_quantile(&open_ns, 0.99) / 1e6;
    double mad_ms = (double)fgr_samples_mad(&open_ns) / 1e6;
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        struct fgr_json_writer json;
        if (fgr_json_writer_init(&json, &err) != FGR_OK) {
            fgr_bench_fail("%s", err.text);
        }
        fgr_json_object_begin(&json);
        fgr_member_text(&json, "bench", "load");
        fgr_member_text(&json, "dataset", dataset.path);
        fgr_member_u64(&json, "image_bytes", (uint64_t)info.st_size);
        fgr_member_u64(&json, "rounds", n_rounds);
        fgr_member_double(&json, "median_ms", median_ms);
        fgr_member_double(&json, "p99_ms", p99_ms);
        fgr_member_double(&json, "mad_ms", mad_ms);
        fgr_json_object_end(&json);
        fgr_bench_print_json(&json);
    } else {
        printf("%s\nimage of %.1f MB opened and verified %d times: median %.3f ms (MAD %.3f), "
               "p99 %.3f ms\n",
               dataset.path, (double)info.st_size / 1e6, (int)n_rounds, median_ms, mad_ms, p99_ms);
    }
    fgr_samples_free(&open_ns);
    return 0;
}
