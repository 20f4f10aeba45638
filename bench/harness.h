/* SPDX-License-Identifier: MIT */
/*
 * harness.h - what the benchmark programs share: samples and their quantiles, a watch that notices
 * foreign load, running another program, and JSON members.
 *
 * Place in the flow: bench_*.c measure -> harness -> table on stdout, or JSON with --json.
 *
 * Threads: one thread.
 */
#ifndef FGR_BENCH_HARNESS_H
#define FGR_BENCH_HARNESS_H

#include "graph/util/json.h"
#include "graph/util/clock.h"

/* Measured values of one kind; {0} is empty. */
struct fgr_samples {
    uint64_t *value;
    size_t n;
    size_t n_room;
    bool is_sorted;
};

/* Ends the program if memory is short: half a measurement is none. */
void fgr_samples_add(struct fgr_samples *samples, uint64_t value);
void fgr_samples_free(struct fgr_samples *samples);

/* Nearest rank: quantile 0.5 of 1 2 3 4 is 2. 0 if there are no samples. Sorts. */
uint64_t fgr_samples_quantile(struct fgr_samples *samples, double quantile);

/* Median of the distances from the median. */
uint64_t fgr_samples_mad(struct fgr_samples *samples);

/* Wall time against this process's own processor time. */
struct fgr_watch {
    uint64_t wall_ns;
    uint64_t cpu_ns;
};

struct fgr_watch fgr_watch_start(void);

/* Percent of the wall time since the start in which a busy single-threaded program did not run. */
double fgr_watch_lost_percent(const struct fgr_watch *watch);

struct fgr_run_result {
    uint64_t wall_ns;
    uint64_t cpu_ns;
    uint64_t peak_bytes; /* resident */
    int status;          /* exit status; -1 if it did not exit by itself */
};

/* Runs argv[0] with its standard output in `out_path`, and waits. Ends this program with a message
 * if it cannot be started. Keep this process small: what it holds at its peak is a lower limit of
 * the peak the system reports for its children. */
struct fgr_run_result fgr_run_program(const char *const argv[], const char *out_path);

/* One line on stderr and exit status 1. */
void fgr_bench_fail(const char *format, ...) FGR_PRINTF(1, 2) __attribute__((noreturn));

void fgr_member_u64(struct fgr_json_writer *json, const char *key, uint64_t value);
void fgr_member_double(struct fgr_json_writer *json, const char *key, double value);
void fgr_member_text(struct fgr_json_writer *json, const char *key, const char *value);

/* Writes the finished document to stdout and frees the writer. */
void fgr_bench_print_json(struct fgr_json_writer *json);

/* Whether `name` stands among the arguments. */
bool fgr_bench_has_flag(int argc, char **argv, const char *name);

/* The number behind `name`, e.g. "--rounds 5"; `otherwise` if it is not there. */
uint64_t fgr_bench_number(int argc, char **argv, const char *name, uint64_t otherwise);

#endif
