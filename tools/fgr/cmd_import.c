/* SPDX-License-Identifier: MIT */
/*
 * fgr import: a snapshot in any known format to an image, and a report of what was in it.
 */
#include "tools/fgr/cmd.h"

#include "fulgurite/graph.h"
#include "graph/util/json.h"
#include "graph/util/clock.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/text.h"
#include "tools/fgr/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_NODES = 256, OPTION_THREADS, OPTION_JSON };

static const struct argp_option options[] = {
    {"output", 'o', "G.fgr", 0, "image to write ('-': standard output)", 0},
    {"nodes", OPTION_NODES, "NODES.csv", 0, "node table of a channels.csv", 0},
    {"threads", OPTION_THREADS, "N", 0, "threads that check node ids (one per core)", 0},
    {"json", OPTION_JSON, NULL, 0, "print the report as JSON", 0},
    {0},
};

static const char doc[] =
    "Turn the network snapshot FILE into an image that the other commands open at once. Formats "
    "are told from the content: Core Lightning's gossip_store, LND's describegraph JSON, "
    "channels.csv with nodes.csv; each plain or compressed with gzip, bzip2, xz or zstd."
    "\v"
    "FILE '-' is standard input. The image is written completely or not at all.\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr import ~/.lightning/bitcoin/gossip_store -o mainnet.fgr\n"
    "  lncli describegraph | fgr import - -o mainnet.fgr\n"
    "  fgr import channels.csv.zst --nodes nodes.csv.zst -o mainnet.fgr\n";

struct import_args {
    const char *file;
    int n_positional;
    const char *output;
    const char *nodes;
    const char *threads;
    bool has_json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct import_args *args = state->input;
    switch (key) {
    case 'o':
        args->output = arg;
        break;
    case OPTION_NODES:
        args->nodes = arg;
        break;
    case OPTION_THREADS:
        args->threads = arg;
        break;
    case OPTION_JSON:
        args->has_json = true;
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

struct figure {
    const char *key;
    const char *label;
    uint64_t value;
    bool is_detail; /* for people, worth a line only if it is not zero */
};

#define N_FIGURES 24

static void list_figures(struct figure out_figures[N_FIGURES],
                         const struct fgr_import_report *report)
{
    const struct figure figures[N_FIGURES] = {
        {"bytes", "bytes, decompressed", report->bytes, false},
        {"records", "records", report->records, false},
        {"nodes", "nodes", report->nodes, false},
        {"channels", "channels", report->channels, false},
        {"parallel_channels", "  beyond the first of a node pair", report->parallel_channels, true},
        {"dying", "  dying: funding output being spent", report->dying, true},
        {"policies", "policies", report->policies, false},
        {"enabled", "  enabled half-channels", report->enabled, false},
        {"disabled", "  disabled", report->disabled, false},
        {"min_above_max", "  not usable: htlc_min > htlc_max", report->min_above_max, true},
        {"max_above_capacity", "  not usable: htlc_max > capacity", report->max_above_capacity,
         true},
        {"inbound_fees", "  with an inbound fee", report->inbound_fees, true},
        {"missing", "half-channels without a policy", report->missing, false},
        {"replaced", "replaced by newer records", report->replaced, true},
        {"duplicates", "skipped: same or older record", report->duplicates, true},
        {"orphan_policies", "skipped: policy without a channel", report->orphan_policies, true},
        {"nodes_without_channel", "skipped: node without a channel", report->nodes_without_channel,
         true},
        {"orphan_nodes", "  of them announced records", report->orphan_nodes, true},
        {"deleted", "skipped: deleted", report->deleted, true},
        {"private_channels", "skipped: private channel", report->private_channels, true},
        {"no_capacity", "skipped: channel without a capacity", report->no_capacity, true},
        {"unknown_records", "skipped: unknown record type", report->unknown_records, true},
        {"trailing_bytes", "unread: bytes of an unfinished record", report->trailing_bytes, true},
        {"format_version", "format version", report->format_version, true},
    };
    memcpy(out_figures, figures, sizeof figures);
}

static void print_report(const struct import_args *args, const struct fgr_import_report *report,
                         uint64_t elapsed_ns, FILE *file)
{
    struct figure figures[N_FIGURES];
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    char name[FGR_TEXT_CLEAN_BYTES(256)];
    fgr_text_clean(name, sizeof name, args->file, strlen(args->file));
    list_figures(figures, report);
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "%s", name);
    fgr_grid_add(&grid, "%s", fgr_format_str(report->format));
    if (report->compression != FGR_COMPRESSION_NONE) {
        fgr_grid_add(&grid, "compression");
        fgr_grid_add(&grid, "%s", fgr_compression_str(report->compression));
    }
    for (unsigned i = 0; i < N_FIGURES; i++) {
        if (!figures[i].is_detail || figures[i].value != 0) {
            fgr_grid_add(&grid, "%s", figures[i].label);
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, figures[i].value));
        }
    }
    fgr_grid_add(&grid, "milliseconds");
    fgr_grid_add(&grid, "%s", fgr_units_grouped(text, elapsed_ns / 1000000));
    fgr_grid_print(&grid, file, fgr_cli_has_color(file));
}

static enum fgr_exit print_json(const struct import_args *args,
                                const struct fgr_import_report *report, uint64_t elapsed_ns,
                                FILE *file)
{
    struct figure figures[N_FIGURES];
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    list_figures(figures, report);
    const char *texts[][2] = {{"input", args->file},
                              {"output", args->output},
                              {"format", fgr_format_str(report->format)},
                              {"compression", fgr_compression_str(report->compression)}};
    fgr_json_object_begin(&json);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        fgr_json_key(&json, texts[i][0]);
        fgr_json_string(&json, texts[i][1], strlen(texts[i][1]));
    }
    for (unsigned i = 0; i < N_FIGURES; i++) {
        fgr_json_key(&json, figures[i].key);
        fgr_json_u64(&json, figures[i].value);
    }
    fgr_json_key(&json, "elapsed_ns");
    fgr_json_u64(&json, elapsed_ns);
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, file);
}

static enum fgr_exit copy_to_stdout(const char *path)
{
    char bytes[65536];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return fgr_cli_fail(FGR_EXIT_INPUT, "cannot open %s: %s", path, strerror(errno));
    }
    enum fgr_exit status = FGR_EXIT_OK;
    size_t n;
    while (status == FGR_EXIT_OK && (n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        status = fgr_cli_write(bytes, n);
    }
    if (status == FGR_EXIT_OK && ferror(file)) {
        status = fgr_cli_fail(FGR_EXIT_INPUT, "cannot read %s: %s", path, strerror(errno));
    }
    fclose(file);
    return status;
}

/* Imports to `path`, which for a stream is then copied to standard output, and tells the report
 * where the image is not. */
static enum fgr_exit import_to(const struct import_args *args, const char *path,
                               const struct fgr_import_options *import_options, bool is_stream)
{
    struct fgr_import_report report;
    struct fgr_error err;
    bool is_watched = isatty(STDERR_FILENO) == 1;
    if (is_watched) {
        fputs("reading ...", stderr);
    }
    uint64_t start_ns = fgr_clock_ns();
    enum fgr_err code = fgr_import(args->file, path, import_options, &report, &err);
    uint64_t elapsed_ns = fgr_clock_ns() - start_ns;
    if (is_watched) {
        fputs("\r\033[K", stderr);
    }
    if (code != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    enum fgr_exit status = is_stream ? copy_to_stdout(path) : FGR_EXIT_OK;
    FILE *file = is_stream ? stderr : stdout;
    if (status == FGR_EXIT_OK && args->has_json) {
        status = print_json(args, &report, elapsed_ns, file);
    } else if (status == FGR_EXIT_OK) {
        print_report(args, &report, elapsed_ns, file);
    }
    return status;
}

/* Images are written by renaming, which a stream cannot: by way of a temporary file. */
static enum fgr_exit import_to_stdout(const struct import_args *args,
                                      const struct fgr_import_options *import_options)
{
    char path[4096];
    const char *folder = getenv("TMPDIR");
    if (isatty(STDOUT_FILENO) == 1) {
        return fgr_cli_fail_usage("an image is no text for a terminal: redirect standard output");
    }
    folder = folder == NULL || *folder == '\0' ? "/tmp" : folder;
    int n = snprintf(path, sizeof path, "%s/fgr.XXXXXX", folder);
    int fd = n < (int)sizeof path ? mkstemp(path) : -1;
    if (fd < 0) {
        return fgr_cli_fail(FGR_EXIT_INPUT,
                            "cannot make a temporary file in %s: %s (TMPDIR names another folder)",
                            folder, strerror(errno));
    }
    close(fd);
    enum fgr_exit status = import_to(args, path, import_options, true);
    unlink(path);
    return status;
}

enum fgr_exit fgr_cmd_import(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "FILE -o G.fgr", doc, NULL, NULL, NULL};
    struct import_args args = {0};
    struct fgr_error err;
    uint64_t threads = 0;
    fgr_cli_parse(&argp, argc, argv, &args);
    if (args.n_positional != 1) {
        return fgr_cli_fail_usage("one FILE is needed, %d given", args.n_positional);
    }
    if (args.output == NULL) {
        return fgr_cli_fail_usage("-o G.fgr is missing: where the image goes");
    }
    if (args.threads != NULL && fgr_units_parse_count(&threads, args.threads, "--threads", 1,
                                                      FGR_CLI_THREADS_MAX, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    const struct fgr_import_options import_options = {
        .sz = sizeof import_options, .nodes_path = args.nodes, .threads = (unsigned)threads};
    if (strcmp(args.output, "-") == 0) {
        return import_to_stdout(&args, &import_options);
    }
    return import_to(&args, args.output, &import_options, false);
}
