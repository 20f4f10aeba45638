/* SPDX-License-Identifier: MIT */
/*
 * fgr batch: a file of queries to one line of JSON each, in the order of the file.
 *
 * The file is read in blocks of at most ROWS_MAX rows. Rows are dealt to the threads in groups;
 * each group writes to a buffer of its own, and the buffers are printed in order when the block is
 * done, so the output does not depend on the number of threads. A pipe gets its answers as soon as
 * its rows are there. All memory is kept from block to block.
 */
#include "tools/fgr/cmd.h"

#include "graph/util/error.h"
#include "graph/util/parallel.h"
#include "tools/fgr/answer.h"
#include "tools/fgr/hop_option.h"
#include "tools/fgr/put.h"
#include "tools/fgr/queries.h"
#include "tools/fgr/split_answer.h"
#include "tools/fgr/units.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)4 * FGR_QUERIES_ROW_BYTES_MAX)
#define ROWS_MAX 2048
#define GROUP_ROWS 8
#define GROUPS_MAX (ROWS_MAX / GROUP_ROWS)

enum {
    OPTION_MODE = 256,
    OPTION_THREADS,
    OPTION_OVERLAY,
    OPTION_FIRST_HOP,
    OPTION_LAST_HOP,
    OPTION_JSON
};

static const struct argp_option options[] = {
    {"graph", 'g', "G.fgr", 0, "image to search, made by 'fgr import' ('-': standard input)", 0},
    {"mode", OPTION_MODE, "MODE", 0, "what to find: route (the default) or split", 0},
    {"overlay", OPTION_OVERLAY, FGR_OVERLAY_OPTION},
    {"first-hop", OPTION_FIRST_HOP, "HOP,...", 0,
     "use these half-channels only (700000x1x0/1) to leave the node that all of them leave: the "
     "only "
     "one that rows may be from",
     0},
    {"last-hop", OPTION_LAST_HOP, "HOP,...", 0,
     "the same to enter the node that they enter; both may be repeated", 0},
    {"threads", OPTION_THREADS, "N", 0, "threads (one per core)", 0},
    {"json", OPTION_JSON, NULL, 0, "print JSON: always so", 0},
    {0},
};

static const char doc[] =
    "Answer every row of QUERIES.csv with one line of JSON, in the order of the file."
    "\v"
    "The first line of QUERIES.csv names its columns: id,from,to,amount_msat and, where wanted, "
    "max_fee_msat,max_cltv,max_parts, in any order. QUERIES.csv '-' is standard input. A row that "
    "cannot be asked gets a line with status \"error\", and the next one is read. max_parts is for "
    "--mode split.\n"
    "\n"
    "Exit status: 0 every row was asked, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr batch -g mainnet.fgr queries.csv > answers.jsonl\n"
    "  fgr batch -g mainnet.fgr queries.csv --mode split > answers.jsonl\n"
    "  fgr batch -g mainnet.fgr queries.csv --overlay balances.json | jq .cost_msat\n"
    "  generate | fgr batch -g mainnet.fgr - --threads 8 | jq .fee_msat\n";

struct batch_args {
    const char *file;
    int n_positional;
    const char *graph;
    const char *mode;
    const char *threads;
    struct fgr_overlay_files overlay;
    struct fgr_hop_options hops;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct batch_args *args = state->input;
    switch (key) {
    case 'g':
        args->graph = arg;
        break;
    case OPTION_MODE:
        args->mode = arg;
        break;
    case OPTION_THREADS:
        args->threads = arg;
        break;
    case OPTION_OVERLAY:
        fgr_overlay_files_add(&args->overlay, arg);
        break;
    case OPTION_FIRST_HOP:
        fgr_hop_options_add(&args->hops, FGR_HOP_FIRST, arg);
        break;
    case OPTION_LAST_HOP:
        fgr_hop_options_add(&args->hops, FGR_HOP_LAST, arg);
        break;
    case OPTION_JSON:
        break;
    case ARGP_KEY_ARG:
        args->file = arg;
        args->n_positional++;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What the arguments ask for. */
struct batch_plan {
    unsigned threads; /* 0 = one per core */
    bool is_split;
    struct fgr_overlay_told told;
    fgr_node_idx ends[FGR_HOP_ENDS]; /* of all rows; FGR_IDX_NONE = any */
};

/* What one thread has to itself. */
struct worker {
    struct fgr_splitter splitter; /* of routes only its route scratch */
    struct fgr_answer answer;
    struct fgr_split_answer split;
};

/* Rows that are answered by one thread into one buffer. */
struct group {
    struct fgr_json_writer json;
    bool has_json; /* `json` is initialised */
    uint64_t n_bad;
    uint64_t n_failed; /* asked, but the library failed */
};

struct batch {
    const struct fgr_view *view;
    const struct batch_plan *plan;
    struct fgr_crew *crew;
    struct worker *workers;
    struct fgr_queries queries;
    char *bytes; /* BLOCK_BYTES, and one to end a text with */
    struct fgr_query_row *rows;
    size_t n_rows;
    struct group *groups;
    uint64_t n_done, n_bad, n_failed; /* rows of all blocks */
};

static void count_outcome(struct group *group, enum fgr_err code)
{
    bool is_bad = code == FGR_ERR_UNKNOWN || code == FGR_ERR_AMBIGUOUS || code == FGR_ERR_ARG;
    bool is_answer = code == FGR_OK || code == FGR_ERR_NO_ROUTE;
    group->n_bad += is_bad;
    group->n_failed += !is_bad && !is_answer;
}

/* Sets of hops are at one node: whether the row is from or to that. */
static enum fgr_err check_ends(const struct batch *batch, fgr_node_idx from, fgr_node_idx to,
                               struct fgr_error *err)
{
    const fgr_node_idx *ends = batch->plan->ends;
    if (ends[FGR_HOP_FIRST].v != FGR_IDX_NONE && ends[FGR_HOP_FIRST].v != from.v) {
        return fgr_fail(err, FGR_ERR_ARG, "from is not the node that --first-hop leaves");
    }
    if (ends[FGR_HOP_LAST].v != FGR_IDX_NONE && ends[FGR_HOP_LAST].v != to.v) {
        return fgr_fail(err, FGR_ERR_ARG, "to is not the node that --last-hop enters");
    }
    return FGR_OK;
}

static void answer_route(const struct batch *batch, struct worker *worker, struct group *group,
                         const struct fgr_query_row *row)
{
    struct fgr_answer *answer = &worker->answer;
    answer->view = batch->view;
    fgr_route_query_init(&answer->query, (fgr_node_idx){0}, (fgr_node_idx){0}, row->amount);
    answer->query.max_fee = row->max_fee;
    answer->query.max_cltv = row->max_cltv == 0 ? FGR_CLTV_DEFAULT : row->max_cltv;
    answer->query.overlay = batch->plan->told.overlay;
    fgr_answer_find_nodes(answer, row->from, row->to);
    if (answer->code == FGR_OK) {
        answer->code = check_ends(batch, answer->query.from, answer->query.to, &answer->error);
    }
    if (answer->code == FGR_OK) {
        fgr_answer_run(answer, worker->splitter.route);
    }
    count_outcome(group, answer->code);
    fgr_answer_json(&group->json, answer, row->id, row->n_id);
}

static void answer_split(const struct batch *batch, struct worker *worker, struct group *group,
                         const struct fgr_query_row *row)
{
    struct fgr_split_answer *answer = &worker->split;
    const struct fgr_split_style style = {.id = row->id, .n_id = row->n_id};
    answer->view = batch->view;
    fgr_split_query_init(&answer->query, (fgr_node_idx){0}, (fgr_node_idx){0}, row->amount);
    answer->query.max_fee = row->max_fee;
    answer->query.max_cltv = row->max_cltv == 0 ? FGR_CLTV_DEFAULT : row->max_cltv;
    answer->query.max_parts = row->max_parts == 0 ? FGR_PARTS_DEFAULT : row->max_parts;
    answer->query.overlay = batch->plan->told.overlay;
    fgr_split_answer_find_nodes(answer, row->from, row->to);
    if (answer->code == FGR_OK) {
        answer->code = check_ends(batch, answer->query.from, answer->query.to, &answer->error);
    }
    if (answer->code == FGR_OK) {
        fgr_split_answer_run(answer, &worker->splitter);
    }
    count_outcome(group, answer->code);
    fgr_split_answer_json(&group->json, answer, &style);
}

static void answer_row(struct batch *batch, struct worker *worker, struct group *group,
                       const struct fgr_query_row *row)
{
    if (row->is_bad) {
        group->n_bad++;
        fgr_put_error(&group->json, row->id, row->n_id, &row->error);
    } else if (batch->plan->is_split) {
        answer_split(batch, worker, group, row);
    } else {
        answer_route(batch, worker, group, row);
    }
}

/* A crew function: items are groups. */
static void answer_groups(void *state, unsigned worker, size_t begin, size_t end)
{
    struct batch *batch = state;
    for (size_t g = begin; g < end; g++) {
        struct group *group = &batch->groups[g];
        size_t first = g * GROUP_ROWS;
        size_t last = first + GROUP_ROWS < batch->n_rows ? first + GROUP_ROWS : batch->n_rows;
        fgr_json_reset(&group->json);
        group->n_bad = 0;
        group->n_failed = 0;
        for (size_t i = first; i < last; i++) {
            answer_row(batch, &batch->workers[worker], group, &batch->rows[i]);
            fgr_json_end_line(&group->json);
        }
    }
}

static enum fgr_exit answer_block(struct batch *batch)
{
    size_t n_groups = (batch->n_rows + GROUP_ROWS - 1) / GROUP_ROWS;
    fgr_crew_run(batch->crew, answer_groups, batch, n_groups, 1);
    for (size_t g = 0; g < n_groups; g++) {
        struct group *group = &batch->groups[g];
        struct fgr_error err;
        if (fgr_json_status(&group->json, &err) != FGR_OK) {
            return fgr_cli_fail_error(&err);
        }
        enum fgr_exit status = fgr_cli_write(group->json.text, group->json.n_bytes);
        if (status != FGR_EXIT_OK) {
            return status;
        }
        batch->n_bad += group->n_bad;
        batch->n_failed += group->n_failed;
    }
    batch->n_done += batch->n_rows;
    return FGR_EXIT_OK;
}

static bool is_progress_wanted(void)
{
    return isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0;
}

static void show_progress(const struct batch *batch)
{
    char text[FGR_UNITS_TEXT_BYTES];
    fprintf(stderr, "\r%s rows", fgr_units_grouped(text, batch->n_done));
}

/* Reads until something comes; 0 at the end. */
static ssize_t read_some(int fd, char *out_bytes, size_t n_bytes)
{
    ssize_t n;
    do {
        n = read(fd, out_bytes, n_bytes);
    } while (n < 0 && errno == EINTR);
    return n;
}

static enum fgr_exit answer_file(struct batch *batch, int fd, const char *name)
{
    struct fgr_queries_block block = {
        .bytes = batch->bytes, .rows = batch->rows, .max_rows = ROWS_MAX};
    bool has_progress = is_progress_wanted();
    for (;;) {
        struct fgr_error err;
        size_t used;
        if (fgr_queries_read(&batch->queries, &batch->n_rows, &used, &block, &err) != FGR_OK) {
            return fgr_cli_fail(FGR_EXIT_INPUT, "%s: %s", name, err.text);
        }
        enum fgr_exit status = batch->n_rows == 0 ? FGR_EXIT_OK : answer_block(batch);
        if (status != FGR_EXIT_OK) {
            return status;
        }
        if (has_progress) {
            show_progress(batch);
        }
        block.n_bytes -= used;
        memmove(block.bytes, block.bytes + used, block.n_bytes);
        if (used > 0) {
            continue;
        }
        if (block.is_end) {
            return FGR_EXIT_OK;
        }
        ssize_t n = read_some(fd, block.bytes + block.n_bytes, BLOCK_BYTES - block.n_bytes);
        if (n < 0) {
            return fgr_cli_fail(FGR_EXIT_INPUT, "cannot read %s: %s", name, strerror(errno));
        }
        block.n_bytes += (size_t)n;
        block.is_end = n == 0;
    }
}

static enum fgr_err create_workers(struct batch *batch, unsigned threads, struct fgr_error *err)
{
    enum fgr_err code = fgr_crew_create(&batch->crew, threads, err);
    if (code != FGR_OK) {
        return code;
    }
    unsigned n = fgr_crew_size(batch->crew);
    batch->workers = calloc(n, sizeof *batch->workers);
    if (batch->workers == NULL) {
        return fgr_fail_memory(err, n * sizeof *batch->workers);
    }
    for (unsigned i = 0; i < n && code == FGR_OK; i++) {
        struct fgr_splitter *splitter = &batch->workers[i].splitter;
        code = batch->plan->is_split ? fgr_splitter_init(splitter, batch->view, err)
                                     : fgr_scratch_create(&splitter->route, batch->view, NULL, err);
    }
    return code;
}

static enum fgr_err create_buffers(struct batch *batch, struct fgr_error *err)
{
    batch->bytes = malloc(BLOCK_BYTES + 1);
    batch->rows = malloc(ROWS_MAX * sizeof *batch->rows);
    batch->groups = calloc(GROUPS_MAX, sizeof *batch->groups);
    if (batch->bytes == NULL || batch->rows == NULL || batch->groups == NULL) {
        fgr_fail_memory(err, BLOCK_BYTES);
        return FGR_ERR_MEMORY;
    }
    for (unsigned g = 0; g < GROUPS_MAX; g++) {
        enum fgr_err code = fgr_json_writer_init(&batch->groups[g].json, err);
        if (code != FGR_OK) {
            return code;
        }
        batch->groups[g].has_json = true;
    }
    fgr_queries_init(&batch->queries, batch->plan->is_split ? FGR_PARTS_MAX : 1);
    return FGR_OK;
}

static void destroy_batch(struct batch *batch)
{
    for (unsigned g = 0; batch->groups != NULL && g < GROUPS_MAX; g++) {
        if (batch->groups[g].has_json) {
            fgr_json_writer_deinit(&batch->groups[g].json);
        }
    }
    for (unsigned i = 0; batch->workers != NULL && i < fgr_crew_size(batch->crew); i++) {
        fgr_splitter_deinit(&batch->workers[i].splitter);
    }
    if (batch->crew != NULL) {
        fgr_crew_destroy(batch->crew);
    }
    free(batch->groups);
    free(batch->workers);
    free(batch->rows);
    free(batch->bytes);
}

static enum fgr_exit conclude(const struct batch *batch)
{
    if (is_progress_wanted()) {
        fputs("\r\033[K", stderr);
    }
    if (batch->n_failed > 0) {
        return fgr_cli_fail(FGR_EXIT_INTERNAL,
                            "%" PRIu64 " of %" PRIu64 " queries failed: see their answers",
                            batch->n_failed, batch->n_done);
    }
    if (batch->n_bad > 0) {
        return fgr_cli_fail(FGR_EXIT_INPUT,
                            "%" PRIu64 " of %" PRIu64 " rows are bad queries: see their answers",
                            batch->n_bad, batch->n_done);
    }
    return FGR_EXIT_OK;
}

static enum fgr_exit run_batch(const struct fgr_view *view, const struct batch_plan *plan, int fd,
                               const char *name)
{
    struct batch batch = {.view = view, .plan = plan};
    struct fgr_error err;
    enum fgr_exit status;
    if (create_workers(&batch, plan->threads, &err) != FGR_OK ||
        create_buffers(&batch, &err) != FGR_OK) {
        status = fgr_cli_fail_error(&err);
    } else {
        status = answer_file(&batch, fd, name);
    }
    if (status == FGR_EXIT_OK) {
        status = conclude(&batch);
    }
    destroy_batch(&batch);
    return status;
}

static enum fgr_exit open_and_run(const struct fgr_view *view, const struct batch_plan *plan,
                                  const char *file)
{
    bool is_stdin = strcmp(file, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fgr_cli_fail(FGR_EXIT_INPUT, "cannot open %s: %s", file[0] == '\0' ? "''" : file,
                            strerror(errno));
    }
    enum fgr_exit status = run_batch(view, plan, fd, is_stdin ? "standard input" : file);
    close(fd);
    return status;
}

static enum fgr_exit check_args(struct batch_plan *out_plan, const struct batch_args *args)
{
    struct fgr_error err;
    uint64_t threads = 0;
    if (args->n_positional > 1 && args->graph == NULL) {
        return fgr_cli_fail_usage("-g G.fgr is missing: the image is no argument but an option");
    }
    if (args->n_positional != 1) {
        return fgr_cli_fail_usage("one QUERIES.csv is needed, %d given", args->n_positional);
    }
    out_plan->is_split = args->mode != NULL && strcmp(args->mode, "split") == 0;
    if (args->mode != NULL && strcmp(args->mode, "route") != 0 && !out_plan->is_split) {
        return fgr_cli_fail_usage("--mode '%.40s' is unknown: use route or split", args->mode);
    }
    if (args->threads != NULL && fgr_units_parse_count(&threads, args->threads, "--threads", 1,
                                                       FGR_CLI_THREADS_MAX, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    if (args->graph != NULL && strcmp(args->graph, "-") == 0 && strcmp(args->file, "-") == 0) {
        return fgr_cli_fail_usage("only one of G.fgr and QUERIES.csv can be standard input");
    }
    out_plan->threads = (unsigned)threads;
    bool is_stdin = args->graph != NULL && strcmp(args->graph, "-") == 0;
    is_stdin |= strcmp(args->file, "-") == 0;
    enum fgr_exit status = fgr_hop_options_check(&args->hops);
    return status == FGR_EXIT_OK ? fgr_overlay_files_check(&args->overlay, is_stdin ? "-" : NULL)
                                 : status;
}

static enum fgr_exit load_overlay(struct batch_plan *plan, const struct batch_args *args,
                                  const struct fgr_view *view)
{
    struct fgr_error err;
    bool has_hops = fgr_hop_options_has_any(&args->hops);
    enum fgr_exit status = fgr_overlay_files_load(&plan->told, &args->overlay, view, has_hops);
    plan->ends[FGR_HOP_FIRST].v = FGR_IDX_NONE;
    plan->ends[FGR_HOP_LAST].v = FGR_IDX_NONE;
    if (status == FGR_EXIT_OK && has_hops &&
        fgr_hop_options_tell(&args->hops, &plan->told, view, plan->ends, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    return status;
}

enum fgr_exit fgr_cmd_batch(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "QUERIES.csv", doc, NULL, NULL, NULL};
    struct batch_args args = {0};
    struct fgr_cli_image image;
    struct batch_plan plan = {0};
    fgr_cli_parse(&argp, argc, argv, &args);
    enum fgr_exit status = check_args(&plan, &args);
    if (status == FGR_EXIT_OK) {
        status = fgr_cli_open_image(&image, args.graph, "-g G.fgr");
    }
    if (status != FGR_EXIT_OK) {
        return status;
    }
    status = load_overlay(&plan, &args, image.view);
    if (status == FGR_EXIT_OK) {
        status = open_and_run(image.view, &plan, args.file);
    }
    fgr_overlay_told_destroy(&plan.told);
    fgr_cli_close_image(&image);
    return status;
}
