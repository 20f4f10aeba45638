/* SPDX-License-Identifier: MIT */
/*
 * fgr capacity: how much can be delivered between two nodes, and what stops the rest.
 */
#include "tools/fgr/cmd.h"

#include "graph/util/clock.h"
#include "tools/fgr/cut.h"
#include "tools/fgr/names.h"
#include "tools/fgr/overlay_option.h"
#include "tools/fgr/put.h"
#include "tools/fgr/units.h"

#include <string.h>

enum { OPTION_OVERLAY = 256, OPTION_JSON };

static const struct argp_option options[] = {
    {"graph", 'g', "G.fgr", 0, "image to search, made by 'fgr import' ('-': standard input)", 0},
    {"overlay", OPTION_OVERLAY, FGR_OVERLAY_OPTION},
    {"json", OPTION_JSON, NULL, 0, "print JSON", 0},
    {0},
};

static const char doc[] =
    "Find how much can be delivered from FROM to TO at all, in any number of parts and at any "
    "price, and which channels stop the rest; and how much with a probability of 50%, 90% and 99%, "
    "and for a fee of at most 1%."
    "\v"
    "FROM and TO are node ids in hex, unique prefixes of at least 8 hex digits, or exact aliases. "
    "A node that only an overlay has goes by its whole id. Two amounts come with a proof each: "
    "what a set of parts delivers that keeps every limit on "
    "HTLCs, and what the channels of a cut hold at most, or can send by an overlay. The others are "
    "of sets of parts that were found, as large as 'fgr split' makes them without options.\n"
    "\n"
    "Exit status: 0 something can be delivered, 1 nothing, 2 usage, 3 bad input, 4 internal "
    "error.\n"
    "\n"
    "Examples:\n"
    "  fgr capacity -g mainnet.fgr ACINQ 02f1a8c87607f415\n"
    "  fgr capacity -g mainnet.fgr ACINQ 02f1a8c87607f415 --json\n"
    "  fgr capacity -g mainnet.fgr ACINQ 02f1a8c87607f415 --overlay balances.json\n";

enum { ARG_FROM, ARG_TO, N_ARGS };

struct capacity_args {
    const char *positional[N_ARGS];
    int n_positional;
    const char *graph;
    struct fgr_overlay_files overlay;
    bool has_json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct capacity_args *args = state->input;
    switch (key) {
    case 'g':
        args->graph = arg;
        break;
    case OPTION_OVERLAY:
        fgr_overlay_files_add(&args->overlay, arg);
        break;
    case OPTION_JSON:
        args->has_json = true;
        break;
    case ARGP_KEY_ARG:
        if (args->n_positional < N_ARGS) {
            args->positional[args->n_positional] = arg;
        }
        args->n_positional++;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

#define WHY_BYTES 512

/* What else a payment may have to be, and how that is called. */
struct goal {
    uint32_t probability_ppm; /* 0 = a fee is wanted */
    uint32_t fee_ppm;
    const char *words;
};

static const struct goal goals[] = {{500000, FGR_FEE_PPM_ANY, "at 50%"},
                                    {900000, FGR_FEE_PPM_ANY, "at 90%"},
                                    {990000, FGR_FEE_PPM_ANY, "at 99%"},
                                    {0, 10000, "at 1% fee"}};

enum { N_GOALS = sizeof goals / sizeof goals[0] };

/* What was asked, and what came of it. */
struct report {
    const struct fgr_view *view;
    struct fgr_split_query query;
    struct fgr_capacity capacity;
    struct fgr_capacity_at at[N_GOALS];
    enum fgr_err code; /* OK, NO_ROUTE where nothing can be delivered, or an error as in `error` */
    struct fgr_error error;
    const char *why; /* with NO_ROUTE: a code, and */
    char why_text[WHY_BYTES];
    uint64_t elapsed_ns;
};

static enum fgr_err find_nodes(struct report *report, const struct capacity_args *args,
                               const struct fgr_overlay *overlay)
{
    struct fgr_split_query *query = &report->query;
    struct fgr_error *err = &report->error;
    fgr_split_query_init(query, (fgr_node_idx){0}, (fgr_node_idx){0}, (fgr_msat){FGR_MSAT_MAX});
    query->min_part.v = 1; /* at all: however small the parts */
    query->overlay = overlay;
    enum fgr_err code =
        fgr_names_find_node(report->view, overlay, &query->from, args->positional[ARG_FROM], err);
    return code == FGR_OK ? fgr_names_find_node(report->view, overlay, &query->to,
                                                args->positional[ARG_TO], err)
                          : code;
}

/* Why nothing can be delivered: what stops the least of all payments, if it is not its size. */
static enum fgr_err explain(struct report *report)
{
    struct fgr_scratch *scratch = NULL;
    struct fgr_route route;
    struct fgr_explain why = {0};
    struct fgr_route_query query;
    struct fgr_error *err = &report->error;
    fgr_route_query_init(&query, report->query.from, report->query.to, (fgr_msat){1});
    query.overlay = report->query.overlay;
    enum fgr_err code = fgr_scratch_create(&scratch, report->view, NULL, err);
    if (code != FGR_OK) {
        return code;
    }
    bool is_size = fgr_route(scratch, &route, &why, report->view, &query, err) == FGR_OK;
    fgr_scratch_destroy(scratch);
    is_size |= why.reason == FGR_REASON_AMOUNT_BELOW_OUT ||
               why.reason == FGR_REASON_AMOUNT_BELOW_IN || why.reason == FGR_REASON_AMOUNT_BLOCKED;
    report->why = fgr_reason_str(is_size ? FGR_REASON_AMOUNT_BLOCKED : why.reason);
    if (is_size) {
        snprintf(report->why_text, WHY_BYTES, "No part of any size passes between the two nodes.");
    } else {
        fgr_explain_text(report->why_text, WHY_BYTES, report->view, &query, &why);
    }
    return FGR_ERR_NO_ROUTE;
}

/* How much can be delivered by parts such as fgr split makes. */
static void find_goals(struct report *report)
{
    struct fgr_choice_scratch *scratch = NULL;
    struct fgr_split_query query = report->query;
    query.min_part.v = FGR_PART_MIN_DEFAULT_MSAT;
    report->code = fgr_choice_scratch_create(&scratch, report->view, NULL, &report->error);
    for (unsigned i = 0; report->code == FGR_OK && i < N_GOALS; i++) {
        struct fgr_capacity_goal goal = {.probability_ppm = goals[i].probability_ppm,
                                         .fee_ppm = goals[i].fee_ppm,
                                         .most = report->capacity.at_most};
        report->code =
            fgr_capacity_at(scratch, &report->at[i], report->view, &query, &goal, &report->error);
    }
    fgr_choice_scratch_destroy(scratch);
}

static void find_capacity(struct report *report, struct fgr_capacity_scratch *scratch)
{
    uint64_t start_ns = fgr_clock_ns();
    bool is_same = report->query.from.v == report->query.to.v;
    if (!is_same) {
        report->code =
            fgr_capacity(scratch, &report->capacity, report->view, &report->query, &report->error);
    }
    if (report->code == FGR_OK && report->capacity.at_least.v > 0) {
        find_goals(report);
    }
    report->elapsed_ns = fgr_clock_ns() - start_ns;
    if (is_same || (report->code == FGR_OK && report->capacity.at_least.v == 0)) {
        report->code = explain(report);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put_way(struct fgr_json_writer *json, const struct report *report,
                    const struct fgr_bundle *bundle)
{
    char edge[FGR_NAMES_EDGE_BYTES];
    fgr_json_object_begin(json);
    fgr_put_u64(json, "amount_msat", bundle->amount.v);
    fgr_put_u64(json, "parts", bundle->n_parts);
    fgr_json_key(json, "channels");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < bundle->n_edges; i++) {
        fgr_edge_idx idx = report->capacity.bundle_edge[bundle->first_edge + i];
        const char *name = fgr_names_edge(edge, report->view, report->query.overlay, idx);
        fgr_json_string(json, name, strlen(name));
    }
    fgr_json_array_end(json);
    fgr_json_object_end(json);
}

static void put_goals(struct fgr_json_writer *json, const struct report *report)
{
    fgr_json_key(json, "goals");
    fgr_json_array_begin(json);
    for (unsigned i = 0; report->code == FGR_OK && i < N_GOALS; i++) {
        const struct fgr_capacity_at *at = &report->at[i];
        bool is_fee = goals[i].probability_ppm == 0;
        fgr_json_object_begin(json);
        fgr_put_text(json, "goal", is_fee ? "fee" : "probability");
        fgr_put_u64(json, "wanted_ppm", is_fee ? goals[i].fee_ppm : goals[i].probability_ppm);
        fgr_put_u64(json, "at_least_msat", at->at_least.v);
        if (at->not_at.v > 0) {
            fgr_put_u64(json, "not_at_msat", at->not_at.v);
        } else {
            fgr_put_null(json, "not_at_msat");
        }
        fgr_put_probability(json, at->probability);
        fgr_put_u64(json, "fee_msat", at->fee.v);
        fgr_put_u64(json, "parts", at->n_parts);
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
}

static void put_reason(struct fgr_json_writer *json, const struct report *report)
{
    if (report->code == FGR_OK) {
        fgr_json_null(json);
        return;
    }
    fgr_json_object_begin(json);
    fgr_put_text(json, "code", report->why);
    fgr_put_text(json, "text", report->why_text);
    fgr_json_object_end(json);
}

static void put_report(struct fgr_json_writer *json, const struct report *report)
{
    const struct fgr_capacity *capacity = &report->capacity;
    if (report->code != FGR_OK && report->code != FGR_ERR_NO_ROUTE) {
        fgr_put_error(json, "", 0, &report->error);
        return;
    }
    fgr_put_head(json, "", 0, report->code == FGR_OK ? "ok" : "no_route");
    put_reason(json, report);
    fgr_put_node(json, "from", report->view, report->query.overlay, report->query.from);
    fgr_put_node(json, "to", report->view, report->query.overlay, report->query.to);
    fgr_put_u64(json, "at_least_msat", capacity->at_least.v);
    fgr_put_u64(json, "at_most_msat", capacity->at_most.v);
    fgr_put_u64(json, "at_least_parts", capacity->n_parts);
    if (capacity->n_cut > 0) {
        fgr_put_text(json, "cut_at", fgr_cut_place(capacity));
    } else {
        fgr_put_null(json, "cut_at");
    }
    fgr_cut_put(json, report->view, report->query.overlay, capacity);
    fgr_json_key(json, "ways");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < capacity->n_bundles; i++) {
        put_way(json, report, &capacity->bundles[i]);
    }
    fgr_json_array_end(json);
    put_goals(json, report);
    fgr_json_key(json, "stats");
    fgr_json_object_begin(json);
    fgr_put_u64(json, "elapsed_ns", report->elapsed_ns);
    fgr_json_object_end(json);
    fgr_json_object_end(json);
}

static enum fgr_exit print_json(const struct report *report)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    put_report(&json, report);
    enum fgr_exit status = fgr_cli_print_json(&json, stdout);
    if (status != FGR_EXIT_OK || report->code == FGR_OK) {
        return status;
    }
    return report->code == FGR_ERR_NO_ROUTE ? FGR_EXIT_NO_ROUTE
                                            : fgr_cli_fail_error(&report->error);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void print_goals(const struct report *report)
{
    char text[FGR_UNITS_TEXT_BYTES];
    for (unsigned i = 0; i < N_GOALS; i++) {
        const struct fgr_capacity_at *at = &report->at[i];
        if (at->at_least.v == 0) {
            printf("%-12s nothing found\n", goals[i].words);
            continue;
        }
        printf("%-12s %s sat, ", goals[i].words, fgr_units_sat(text, at->at_least));
        printf("in %u part%s ", at->n_parts, at->n_parts == 1 ? "" : "s");
        printf("for %s sat\n", fgr_units_sat(text, at->fee));
    }
}

static void print_cut(const struct report *report, bool has_color)
{
    const struct fgr_capacity *capacity = &report->capacity;
    char text[FGR_UNITS_TEXT_BYTES];
    const char *place = capacity->is_cut_at_source        ? "all that leave the source"
                        : capacity->is_cut_at_destination ? "all that enter the destination"
                                                          : "all ways lead through one of them";
    if (capacity->n_cut > 0) {
        printf("limited by   %s channel%s: %s\n\n", fgr_units_grouped(text, capacity->n_cut),
               capacity->n_cut == 1 ? "" : "s", place);
        fgr_cut_print(report->view, report->query.overlay, capacity, has_color);
    }
}

static enum fgr_exit print_report(const struct report *report)
{
    const struct fgr_capacity *capacity = &report->capacity;
    bool has_color = fgr_cli_has_color(stdout);
    char sat[FGR_UNITS_TEXT_BYTES];
    char title[FGR_UNITS_TEXT_BYTES + 16];
    if (report->code == FGR_ERR_NO_ROUTE) {
        return fgr_cli_fail(FGR_EXIT_NO_ROUTE, "no route: %s", report->why_text);
    }
    if (report->code != FGR_OK) {
        return fgr_cli_fail_error(&report->error);
    }
    snprintf(title, sizeof title, "up to %s sat", fgr_units_sat(sat, capacity->at_least));
    fgr_names_print_ends(report->view, report->query.overlay, title, report->query.from,
                         report->query.to, has_color);
    printf("delivered    %s sat, ", sat);
    printf("in %s part%s ", fgr_units_grouped(sat, capacity->n_parts),
           capacity->n_parts == 1 ? "" : "s");
    printf("on %s way%s\n", fgr_units_grouped(sat, capacity->n_bundles),
           capacity->n_bundles == 1 ? "" : "s");
    printf("never more   than %s sat\n", fgr_units_sat(sat, capacity->at_most));
    print_goals(report);
    print_cut(report, has_color);
    return FGR_EXIT_OK;
}

static enum fgr_exit run_report(struct report *report, const struct capacity_args *args,
                                const struct fgr_overlay *overlay)
{
    struct fgr_capacity_scratch *scratch = NULL;
    report->code = find_nodes(report, args, overlay);
    if (report->code == FGR_OK) {
        report->code = fgr_capacity_scratch_create(&scratch, report->view, NULL, &report->error);
    }
    if (report->code == FGR_OK) {
        find_capacity(report, scratch);
    }
    enum fgr_exit status = args->has_json ? print_json(report) : print_report(report);
    fgr_capacity_scratch_destroy(scratch);
    return status;
}

enum fgr_exit fgr_cmd_capacity(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "FROM TO", doc, NULL, NULL, NULL};
    struct capacity_args args = {0};
    struct report report = {0};
    struct fgr_cli_image image;
    fgr_cli_parse(&argp, argc, argv, &args);
    if (args.n_positional > N_ARGS && args.graph == NULL) {
        return fgr_cli_fail_usage("-g G.fgr is missing: the image is no argument but an option");
    }
    if (args.n_positional != N_ARGS) {
        return fgr_cli_fail_usage("FROM and TO are needed, %d given", args.n_positional);
    }
    enum fgr_exit status = fgr_overlay_files_check(&args.overlay, args.graph);
    if (status == FGR_EXIT_OK) {
        status = fgr_cli_open_image(&image, args.graph, "-g G.fgr");
    }
    if (status != FGR_EXIT_OK) {
        return status;
    }
    struct fgr_overlay_told told;
    report.view = image.view;
    status = fgr_overlay_files_load(&told, &args.overlay, image.view, false);
    if (status == FGR_EXIT_OK) {
        status = run_report(&report, &args, told.overlay);
    }
    fgr_overlay_told_destroy(&told);
    fgr_cli_close_image(&image);
    return status;
}
