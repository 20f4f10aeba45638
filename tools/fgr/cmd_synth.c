/* SPDX-License-Identifier: MIT */
/*
 * fgr synth: a generated network as an image, or as the signed messages of its nodes, and a report
 * of what is in it.
 */
#include "tools/fgr/cmd.h"

#include "graph/image.h"
#include "graph/util/json.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/progress.h"
#include "tools/fgr/synth.h"
#include "tools/fgr/synth_store.h"
#include "tools/fgr/units.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_NODES = 256, OPTION_CHANNELS, OPTION_SEED, OPTION_SIGN, OPTION_THREADS, OPTION_JSON };

static const struct argp_option options[] = {
    {"nodes", OPTION_NODES, "N", 0, "nodes, at least 2", 0},
    {"channels", OPTION_CHANNELS, "M", 0, "channels, at least one for every two nodes", 0},
    {"seed", OPTION_SEED, "S", 0, "number that decides everything else", 0},
    {"sign", OPTION_SIGN, NULL, 0, "write the signed messages of the network, as a gossip_store",
     0},
    {"output", 'o', "G.fgr", 0, "image, or gossip_store, to write ('-': standard output)", 0},
    {"threads", OPTION_THREADS, "N", 0, "threads that derive keys and sign (one per core)", 0},
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
    "With --sign the output is the same network as its nodes would announce it: a gossip_store "
    "(version 16) with a channel_announcement and the capacity of each channel, all "
    "channel_updates "
    "and node_announcements, every signature valid. `fgr gossip verify' proves it, and `fgr "
    "import' "
    "makes of it the image that the command writes without --sign.\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr synth --nodes 17324 --channels 50808 --seed 1 -o mainnet-like.fgr\n"
    "  fgr synth --nodes 100000 --channels 1000000 --seed 7 -o large.fgr\n"
    "  fgr synth --nodes 17324 --channels 50808 --seed 1 --sign -o gossip_store\n";

struct synth_args {
    const char *nodes;
    const char *channels;
    const char *seed;
    const char *output;
    const char *threads;
    int n_positional;
    bool has_sign;
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
    case OPTION_SIGN:
        args->has_sign = true;
        break;
    case OPTION_THREADS:
        args->threads = arg;
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
    uint64_t threads = 0;
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
        return fgr_cli_fail_usage("%s is no text for a terminal: redirect standard output",
                                  args->has_sign ? "a gossip_store" : "an image");
    }
    if (fgr_units_parse_count(&out_options->nodes, args->nodes, "--nodes", FGR_SYNTH_NODES_MIN,
                              FGR_SYNTH_NODES_MAX, &err) != FGR_OK ||
        fgr_units_parse_count(&out_options->channels, args->channels, "--channels", 1,
                              FGR_SYNTH_CHANNELS_MAX, &err) != FGR_OK ||
        fgr_units_parse_count(&out_options->seed, args->seed, "--seed", 0, UINT64_MAX, &err) !=
            FGR_OK ||
        (args->threads != NULL && fgr_units_parse_count(&threads, args->threads, "--threads", 1,
                                                        FGR_CLI_THREADS_MAX, &err) != FGR_OK)) {
        return fgr_cli_fail_error(&err);
    }
    out_options->threads = (unsigned)threads;
    return FGR_EXIT_OK;
}

struct figure {
    const char *key;
    const char *label;
    uint64_t value;
};

#define N_FIGURES_MAX 8

/* What is written, and the report of it. */
struct product {
    void *bytes;
    size_t n_bytes;
    unsigned n_figures;
    struct figure figures[N_FIGURES_MAX];
};

static enum fgr_exit make_image(struct product *out_product, const struct fgr_synth_options *wanted)
{
    struct fgr_import_report report = {0};
    struct fgr_error err;
    if (fgr_synth_generate(&out_product->bytes, &out_product->n_bytes, wanted, &report, &err) !=
        FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    const struct figure figures[] = {
        {"seed", "seed", wanted->seed},
        {"nodes", "nodes", report.nodes},
        {"channels", "channels", report.channels},
        {"parallel_channels", "  beyond the first of a node pair", report.parallel_channels},
        {"enabled", "enabled half-channels", report.enabled},
        {"disabled", "disabled half-channels", report.disabled},
        {"missing", "half-channels without a policy", report.missing},
        {"image_bytes", "bytes of the image", out_product->n_bytes},
    };
    memcpy(out_product->figures, figures, sizeof figures);
    out_product->n_figures = sizeof figures / sizeof *figures;
    return FGR_EXIT_OK;
}

static void show_progress(void *state, uint64_t n_signatures, uint64_t n_total)
{
    struct fgr_progress *progress = state;
    progress->n_total = n_total;
    fgr_progress_show(progress, n_signatures, n_signatures);
}

static enum fgr_exit make_store(struct product *out_product, const struct fgr_synth_options *wanted)
{
    struct fgr_synth_store_report report;
    struct fgr_progress progress;
    struct fgr_error err;
    const struct fgr_synth_store_watch watch = {show_progress, &progress};
    fgr_progress_begin(&progress, 0, "signatures");
    enum fgr_err rc = fgr_synth_store_make(&out_product->bytes, &out_product->n_bytes, wanted,
                                           &watch, &report, &err);
    fgr_progress_hide(&progress);
    if (rc != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    const struct figure figures[] = {
        {"seed", "seed", wanted->seed},
        {"nodes", "nodes", wanted->nodes},
        {"channel_announcements", "channel_announcement", report.n_channel_announcements},
        {"node_announcements", "node_announcement", report.n_node_announcements},
        {"channel_updates", "channel_update", report.n_channel_updates},
        {"disabled", "  disabled", report.n_disabled},
        {"signatures", "signatures", report.n_signatures},
        {"store_bytes", "bytes of the gossip_store", out_product->n_bytes},
    };
    memcpy(out_product->figures, figures, sizeof figures);
    out_product->n_figures = sizeof figures / sizeof *figures;
    return FGR_EXIT_OK;
}

static void print_report(const struct product *product, FILE *file)
{
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "generated network");
    fgr_grid_add(&grid, "%s", "");
    for (unsigned i = 0; i < product->n_figures; i++) {
        fgr_grid_add(&grid, "%s", product->figures[i].label);
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, product->figures[i].value));
    }
    fgr_grid_print(&grid, file, fgr_cli_has_color(file));
}

static enum fgr_exit print_json(const struct product *product, FILE *file)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_json_object_begin(&json);
    for (unsigned i = 0; i < product->n_figures; i++) {
        fgr_json_key(&json, product->figures[i].key);
        fgr_json_u64(&json, product->figures[i].value);
    }
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, file);
}

/* Writes the product, then tells the report where the product is not. */
static enum fgr_exit deliver(const struct synth_args *args, const struct product *product)
{
    struct fgr_error err;
    bool is_stream = strcmp(args->output, "-") == 0;
    enum fgr_exit status = FGR_EXIT_OK;
    if (is_stream) {
        status = fgr_cli_write(product->bytes, product->n_bytes);
    } else if (fgr_image_write(args->output, product->bytes, product->n_bytes, &err) != FGR_OK) {
        status = fgr_cli_fail_error(&err);
    }
    if (status != FGR_EXIT_OK) {
        return status;
    }
    FILE *file = is_stream ? stderr : stdout;
    if (args->has_json) {
        return print_json(product, file);
    }
    print_report(product, file);
    return FGR_EXIT_OK;
}

enum fgr_exit fgr_cmd_synth(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse_option, "--nodes N --channels M --seed S [--sign] -o G.fgr", doc, NULL,
        NULL,    NULL};
    struct synth_args args = {0};
    struct fgr_synth_options synth_options = {0};
    struct product product = {0};
    fgr_cli_parse(&argp, argc, argv, &args);
    enum fgr_exit status = read_args(&synth_options, &args);
    if (status == FGR_EXIT_OK) {
        status = args.has_sign ? make_store(&product, &synth_options)
                               : make_image(&product, &synth_options);
    }
    if (status == FGR_EXIT_OK) {
        status = deliver(&args, &product);
    }
    if (args.has_sign) {
        free(product.bytes);
    } else {
        fgr_image_free(product.bytes, product.n_bytes);
    }
    return status;
}
