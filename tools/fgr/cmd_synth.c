/* SPDX-License-Identifier: MIT */
/*
 * fgr synth: a generated network as an image, and a report of what is in it.
 */
#include "tools/fgr/cmd.h"

#include "graph/image.h"
#include "graph/util/json.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/synth.h"
#include "tools/fgr/units.h"

#include <string.h>
#include <unistd.h>

enum { OPTION_NODES = 256, OPTION_CHANNELS, OPTION_SEED, OPTION_JSON };

static const struct argp_option options[] = {
    {"nodes", OPTION_NODES, "N", 0, "nodes, at least 2", 0},
    {"channels", OPTION_CHANNELS, "M", 0, "channels, at least one for every two nodes", 0},
    {"seed", OPTION_SEED, "S", 0, "number that decides everything else", 0},
    {"output", 'o', "G.fgr", 0, "image to write ('-': standard output)", 0},
    {"json", OPTION_JSON, NULL, 0, "print the report as JSON", 0},
    {0},
};

static const char doc[] =
    "Generate a network of N nodes and M channels that looks like Bitcoin mainnet's: degrees, "
    "capacities, policies, parallel channels, disabled and missing policies, components. The same "
    "N, M and seed S give the same bytes on every machine. Node ids are public keys whose secrets "
    "follow from the seed: the network is for tests and benchmarks."
    "\v"
    "Mainnet had 17324 nodes and 50808 channels in February 2026.\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr synth --nodes 17324 --channels 50808 --seed 1 -o mainnet-like.fgr\n"
    "  fgr synth --nodes 100000 --channels 1000000 --seed 7 -o large.fgr\n";

struct synth_args {
    const char *nodes;
    const char *channels;
    const char *seed;
    const char *output;
    int n_positional;
    bool has_json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct synth_args *args = state->input;
    switch (key) {
    case OPTION_NODES:
        args->nodes = arg;
        break;
    case OPTION_CHANNELS:
        args->channels = arg;
        break;
    case OPTION_SEED:
        args->seed = arg;
        break;
    case 'o':
        args->output = arg;
        break;
    case OPTION_JSON:
        args->has_json = true;
        break;
    case ARGP_KEY_ARG:
        args->n_positional++;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What the command line says, or a message. */
static enum fgr_exit read_args(struct fgr_synth_options *out_options, const struct synth_args *args)
{
    struct fgr_error err;
    if (args->n_positional > 0) {
        return fgr_cli_fail_usage("no argument is expected beside the options");
    }
    if (args->nodes == NULL || args->channels == NULL || args->seed == NULL) {
        return fgr_cli_fail_usage("--%s is missing", args->nodes == NULL      ? "nodes"
                                                     : args->channels == NULL ? "channels"
                                                                              : "seed");
    }
    if (args->output == NULL) {
        return fgr_cli_fail_usage("-o G.fgr is missing: where the image goes");
    }
    if (strcmp(args->output, "-") == 0 && isatty(STDOUT_FILENO) == 1) {
        return fgr_cli_fail_usage("an image is no text for a terminal: redirect standard output");
    }
    if (fgr_units_parse_count(&out_options->nodes, args->nodes, "--nodes", FGR_SYNTH_NODES_MIN,
                              FGR_SYNTH_NODES_MAX, &err) != FGR_OK ||
        fgr_units_parse_count(&out_options->channels, args->channels, "--channels", 1,
                              FGR_SYNTH_CHANNELS_MAX, &err) != FGR_OK ||
        fgr_units_parse_count(&out_options->seed, args->seed, "--seed", 0, UINT64_MAX, &err) !=
            FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    return FGR_EXIT_OK;
}

struct figure {
    const char *key;
    const char *label;
    uint64_t value;
};

#define N_FIGURES 8

static void list_figures(struct figure out_figures[N_FIGURES],
                         const struct fgr_import_report *report, uint64_t seed, size_t n_bytes)
{
    const struct figure figures[N_FIGURES] = {
        {"seed", "seed", seed},
        {"nodes", "nodes", report->nodes},
        {"channels", "channels", report->channels},
        {"parallel_channels", "  beyond the first of a node pair", report->parallel_channels},
        {"enabled", "enabled half-channels", report->enabled},
        {"disabled", "disabled half-channels", report->disabled},
        {"missing", "half-channels without a policy", report->missing},
        {"image_bytes", "bytes of the image", n_bytes},
    };
    memcpy(out_figures, figures, sizeof figures);
}

static void print_report(const struct figure figures[N_FIGURES], FILE *file)
{
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "generated network");
    fgr_grid_add(&grid, "%s", "");
    for (unsigned i = 0; i < N_FIGURES; i++) {
        fgr_grid_add(&grid, "%s", figures[i].label);
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, figures[i].value));
    }
    fgr_grid_print(&grid, file, fgr_cli_has_color(file));
}

static enum fgr_exit print_json(const struct figure figures[N_FIGURES], FILE *file)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_json_object_begin(&json);
    for (unsigned i = 0; i < N_FIGURES; i++) {
        fgr_json_key(&json, figures[i].key);
        fgr_json_u64(&json, figures[i].value);
    }
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, file);
}

/* Writes the image, then tells the report where the image is not. */
static enum fgr_exit deliver(const struct synth_args *args, const void *bytes, size_t n_bytes,
                             const struct figure figures[N_FIGURES])
{
    struct fgr_error err;
    bool is_stream = strcmp(args->output, "-") == 0;
    enum fgr_exit status = FGR_EXIT_OK;
    if (is_stream) {
        status = fgr_cli_write(bytes, n_bytes);
    } else if (fgr_image_write(args->output, bytes, n_bytes, &err) != FGR_OK) {
        status = fgr_cli_fail_error(&err);
    }
    if (status != FGR_EXIT_OK) {
        return status;
    }
    FILE *file = is_stream ? stderr : stdout;
    if (args->has_json) {
        return print_json(figures, file);
    }
    print_report(figures, file);
    return FGR_EXIT_OK;
}

enum fgr_exit fgr_cmd_synth(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse_option, "--nodes N --channels M --seed S -o G.fgr", doc, NULL, NULL, NULL};
    struct synth_args args = {0};
    struct fgr_synth_options synth_options = {0};
    struct fgr_import_report report = {0};
    struct figure figures[N_FIGURES];
    struct fgr_error err;
    void *bytes = NULL;
    size_t n_bytes = 0;
    fgr_cli_parse(&argp, argc, argv, &args);
    enum fgr_exit status = read_args(&synth_options, &args);
    if (status != FGR_EXIT_OK) {
        return status;
    }
    if (fgr_synth_generate(&bytes, &n_bytes, &synth_options, &report, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    list_figures(figures, &report, synth_options.seed, n_bytes);
    status = deliver(&args, bytes, n_bytes, figures);
    fgr_image_free(bytes, n_bytes);
    return status;
}
