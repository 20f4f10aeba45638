/* SPDX-License-Identifier: MIT */
#include "bench/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

void fgr_samples_add(struct fgr_samples *samples, uint64_t value)
{
    if (samples->n == samples->n_room) {
        size_t n_room = samples->n_room == 0 ? 1024 : 2 * samples->n_room;
        uint64_t *grown = realloc(samples->value, n_room * sizeof *grown);
        if (grown == NULL) {
            fgr_bench_fail("out of memory for %zu samples", n_room);
        }
        samples->value = grown;
        samples->n_room = n_room;
    }
    samples->value[samples->n++] = value;
    samples->is_sorted = false;
}

void fgr_samples_free(struct fgr_samples *samples)
{
    free(samples->value);
    *samples = (struct fgr_samples){0};
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

uint64_t fgr_samples_quantile(struct fgr_samples *samples, double quantile)
{
    if (samples->n == 0) {
        return 0;
    }
    if (!samples->is_sorted) {
        qsort(samples->value, samples->n, sizeof *samples->value, compare_u64);
        samples->is_sorted = true;
    }
    double rank = quantile * (double)samples->n;
    size_t index = rank > 0 ? (size_t)rank : 0;
    if ((double)index == rank && index > 0) {
        index--;
    }
    return samples->value[index < samples->n ? index : samples->n - 1];
}

uint64_t fgr_samples_mad(struct fgr_samples *samples)
{
    struct fgr_samples distance = {0};
    uint64_t median = fgr_samples_quantile(samples, 0.5);
    for (size_t i = 0; i < samples->n; i++) {
        uint64_t value = samples->value[i];
        fgr_samples_add(&distance, value > median ? value - median : median - value);
    }
    uint64_t mad = fgr_samples_quantile(&distance, 0.5);
    fgr_samples_free(&distance);
    return mad;
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct fgr_watch fgr_watch_start(void)
{
    return (struct fgr_watch){.wall_ns = fgr_clock_ns(), .cpu_ns = cpu_ns()};
}

double fgr_watch_lost_percent(const struct fgr_watch *watch)
{
    double wall = (double)(fgr_clock_ns() - watch->wall_ns);
    double cpu = (double)(cpu_ns() - watch->cpu_ns);
    return wall > cpu ? 100 * (wall - cpu) / wall : 0;
}

static uint64_t timeval_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

struct fgr_run_result fgr_run_program(const char *const argv[], const char *out_path)
{
    /* posix_spawn leaves the arguments alone, whatever its prototype says. */
    union {
        const char *const *given;
        char *const *wanted;
    } arguments = {.given = argv};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    struct rusage usage;
    uint64_t start_ns = fgr_clock_ns();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_path,
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int code = posix_spawn(&child, argv[0], &actions, NULL, arguments.wanted, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) {
        fgr_bench_fail("%s: %s", argv[0], strerror(code));
    }
    if (wait4(child, &status, 0, &usage) != child) {
        fgr_bench_fail("%s: %s", argv[0], strerror(errno));
    }
    return (struct fgr_run_result){
        .wall_ns = fgr_clock_ns() - start_ns,
        .cpu_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime),
        .peak_bytes = (uint64_t)usage.ru_maxrss * 1024,
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
    };
}

void fgr_bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

void fgr_member_u64(struct fgr_json_writer *json, const char *key, uint64_t value)
{
    fgr_json_key(json, key);
    fgr_json_u64(json, value);
}

void fgr_member_double(struct fgr_json_writer *json, const char *key, double value)
{
    fgr_json_key(json, key);
    fgr_json_double(json, value, 3);
}

void fgr_member_text(struct fgr_json_writer *json, const char *key, const char *value)
{
    fgr_json_key(json, key);
    fgr_json_string(json, value, strlen(value));
}

void fgr_bench_print_json(struct fgr_json_writer *json)
{
    struct fgr_error err;
    fgr_json_end_line(json);
    if (fgr_json_status(json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fwrite(json->text, 1, json->n_bytes, stdout);
    fgr_json_writer_deinit(json);
}

bool fgr_bench_has_flag(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return false;
}

uint64_t fgr_bench_number(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return strtoull(argv[i + 1], NULL, 10);
        }
    }
    return otherwise;
}
