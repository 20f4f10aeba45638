/* SPDX-License-Identifier: MIT */
/*
 * fgr route: one query, answered as a table or as JSON.
 */
#include "tools/fgr/cmd.h"

#include "graph/amount.h"
#include "graph/util/error.h"
#include "tools/fgr/answer.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/names.h"
#include "tools/fgr/hop_option.h"
#include "tools/fgr/totals.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_MAX_FEE = 256,
    OPTION_MAX_CLTV,
    OPTION_MAX_HOPS,
    OPTION_FINAL_CLTV,
    OPTION_OVERLAY,
    OPTION_FIRST_HOP,
    OPTION_LAST_HOP,
    OPTION_EXPLAIN,
    OPTION_JSON
};

static const struct argp_option options[] = {
    {"graph", 'g', "G.fgr", 0, "image to search, made by 'fgr import' ('-': standard input)", 0},
    {"max-fee", OPTION_MAX_FEE, "LIMIT", 0, "highest fee, as a share (1%) or an amount (5000sat)",
     0},
    {"max-cltv", OPTION_MAX_CLTV, "BLOCKS", 0,
     "highest total timelock, the final delta included (2016)", 0},
    {"max-hops", OPTION_MAX_HOPS, "N", 0, "most channels (20)", 0},
    {"final-cltv", OPTION_FINAL_CLTV, "BLOCKS", 0, "timelock that TO asks for (18)", 0},
    {"overlay", OPTION_OVERLAY, FGR_OVERLAY_OPTION},
    {"first-hop", OPTION_FIRST_HOP, FGR_FIRST_HOP_OPTION},
    {"last-hop", OPTION_LAST_HOP, FGR_LAST_HOP_OPTION},
    {"explain", OPTION_EXPLAIN, NULL, 0, "where there is no route, show what was counted", 0},
    {"json", OPTION_JSON, NULL, 0, "print JSON", 0},
    {0},
};

static const char doc[] =
    "Find the route from FROM to TO that delivers AMOUNT at the lowest cost: fees, timelock risk "
    "and expected cost of failure together. The answer comes with a lower bound that proves it."
    "\v"
    "FROM and TO are node ids in hex, unique prefixes of at least 8 hex digits, or exact aliases. "
    "AMOUNT has a unit: 250000sat, 1500msat, 0.01btc. A node that only an overlay has goes by its "
    "whole id.\n"
    "\n"
    "Exit status: 0 a route, 1 no route, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr route -g mainnet.fgr ACINQ 02f1a8c87607f415 250000sat\n"
    "  fgr route -g mainnet.fgr ACINQ 02f1a8c87607f415 0.01btc --max-fee 1%\n"
    "  fgr route -g mainnet.fgr ACINQ 02f1a8c87607f415 250000sat --overlay o.json\n";

enum { ARG_FROM, ARG_TO, ARG_AMOUNT, N_ARGS };

struct route_args {
    const char *positional[N_ARGS];
    int n_positional;
    const char *graph;
    const char *max_fee;
    const char *max_cltv;
    const char *max_hops;
    const char *final_cltv;
    struct fgr_overlay_files overlay;
    struct fgr_hop_options hops;
    bool has_explain;
    bool has_json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct route_args *args = state->input;
    switch (key) {
    case 'g':
        args->graph = arg;
        break;
    case OPTION_MAX_FEE:
        args->max_fee = arg;
        break;
    case OPTION_MAX_CLTV:
        args->max_cltv = arg;
        break;
    case OPTION_MAX_HOPS:
        args->max_hops = arg;
        break;
    case OPTION_FINAL_CLTV:
        args->final_cltv = arg;
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
    case OPTION_EXPLAIN:
        args->has_explain = true;
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

/* The limits of the command line; what is not given keeps its default. */
static enum fgr_err parse_limits(struct fgr_route_query *query, const struct route_args *args,
                                 struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    if (args->max_fee != NULL) {
        code = fgr_units_parse_fee_limit(&query->max_fee, args->max_fee, query->amount, err);
    }
    if (code == FGR_OK) {
        code = fgr_units_parse_limit(&query->max_cltv, args->max_cltv, "--max-cltv", 1, UINT32_MAX,
                                     err);
    }
    if (code == FGR_OK) {
        code = fgr_units_parse_limit(&query->max_hops, args->max_hops, "--max-hops", 1,
                                     FGR_HOPS_MAX, err);
    }
    if (code == FGR_OK) {
        code = fgr_units_parse_limit(&query->final_cltv, args->final_cltv, "--final-cltv", 0,
                                     UINT32_MAX, err);
    }
    return code;
}

static void add_shares(struct fgr_grid *grid, const struct fgr_cost_terms *terms,
                       uint64_t cost_msat, bool has_bias)
{
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_add(grid, "%s", fgr_units_percent(text, terms->fee_msat, cost_msat));
    fgr_grid_add(grid, "%s", fgr_units_percent(text, terms->risk_msat, cost_msat));
    fgr_grid_add(grid, "%s", fgr_units_percent(text, terms->fail_msat, cost_msat));
    if (has_bias) {
        uint64_t size_msat =
            (uint64_t)(terms->bias_msat < 0 ? -terms->bias_msat : terms->bias_msat);
        fgr_grid_add(grid, "%s%s", terms->bias_msat < 0 ? "-" : "",
                     fgr_units_percent(text, size_msat, cost_msat));
    }
}

static void add_hop(struct fgr_grid *grid, const struct fgr_answer *answer, uint32_t i,
                    bool has_bias)
{
    const struct fgr_hop *hop = &answer->route.hops[i];
    const struct fgr_overlay *overlay = answer->query.overlay;
    char edge[FGR_NAMES_EDGE_BYTES];
    char alias[FGR_TEXT_ALIAS_BYTES];
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_add(grid, "%" PRIu32, i + 1);
    fgr_grid_add(grid, "%s", fgr_names_edge(edge, answer->view, overlay, hop->edge));
    fgr_grid_add(grid, "%s", fgr_names_node(alias, answer->view, overlay, hop->to));
    /* All three msat digits in every row: points stand below each other. */
    fgr_grid_add(grid, "%s.%03u", fgr_units_grouped(text, hop->amount.v / 1000),
                 (unsigned)(hop->amount.v % 1000));
    fgr_grid_add(grid, "%s", fgr_units_grouped(text, hop->fee.v));
    fgr_grid_add(grid, "%" PRIu32, hop->cltv_delta);
    fgr_grid_add(grid, "%.2f", 100 * hop->probability);
    const struct fgr_cost_terms terms = {hop->fee.v, hop->risk.v, hop->fail.v, hop->bias_msat};
    add_shares(grid, &terms, answer->route.cost.v, has_bias);
}

static void print_hops(const struct fgr_answer *answer, const struct fgr_cost_terms *sum,
                       bool has_color)
{
    static const char *const head[] = {"hop",      "channel", "to",     "amount sat",
                                       "fee msat", "cltv",    "prob %", "fee %",
                                       "risk %",   "fail %",  "bias %"};
    const struct fgr_route *route = &answer->route;
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    bool has_bias = answer->query.overlay != NULL;
    size_t n_columns = sizeof head / sizeof *head - !has_bias;
    fgr_grid_init(&grid, has_bias ? "rllrrrrrrrr" : "rllrrrrrrr");
    for (size_t i = 0; i < n_columns; i++) {
        fgr_grid_add(&grid, "%s", head[i]);
    }
    for (uint32_t i = 0; i < route->n_hops; i++) {
        add_hop(&grid, answer, i, has_bias);
    }
    fgr_grid_add(&grid, "%s", "");
    fgr_grid_add(&grid, "%s", "");
    fgr_grid_add(&grid, "%s", "total, share of cost");
    fgr_grid_add(&grid, "%s", "");
    fgr_grid_add(&grid, "%s", fgr_units_grouped(text, route->fee.v));
    fgr_grid_add(&grid, "%" PRIu32, route->cltv_total - answer->query.final_cltv);
    fgr_grid_add(&grid, "%.2f", 100 * route->probability);
    add_shares(&grid, sum, route->cost.v, has_bias);
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_route(const struct fgr_answer *answer, bool has_color)
{
    const struct fgr_route *route = &answer->route;
    const struct fgr_route_query *query = &answer->query;
    char amount[FGR_UNITS_TEXT_BYTES];
    char title[FGR_UNITS_TEXT_BYTES + 4];
    struct fgr_totals totals = {.amount = route->amount,
                                .cost = route->cost,
                                .bound = route->bound,
                                .gap_ppm = route->gap_ppm,
                                .probability = route->probability,
                                .cltv_total = route->cltv_total,
                                .final_cltv = query->final_cltv};
    fgr_cost_terms_add(&totals.terms, route->hops, route->n_hops);
    snprintf(title, sizeof title, "%s sat", fgr_units_sat(amount, route->amount));
    fgr_names_print_ends(answer->view, query->overlay, title, query->from, query->to, has_color);
    print_hops(answer, &totals.terms, has_color);
    fgr_totals_print(&totals, has_color);
    fgr_totals_print_search(route->stats.settled, route->stats.relaxed, answer->elapsed_ns);
}

static void print_counters(const struct fgr_explain *explain, bool has_color)
{
    struct fgr_counter counters[FGR_ANSWER_COUNTERS];
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_answer_counters(counters, explain);
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "reason");
    fgr_grid_add(&grid, "%s", fgr_reason_str(explain->reason));
    for (unsigned i = 0; i < FGR_ANSWER_COUNTERS; i++) {
        if (!counters[i].is_remedy || counters[i].value != 0) {
            fgr_grid_add(&grid, "%s", counters[i].label);
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, counters[i].value));
        }
    }
    fgr_grid_print(&grid, stdout, has_color);
}

static enum fgr_exit print_answer(const struct fgr_answer *answer, const struct route_args *args)
{
    char text[FGR_ANSWER_TEXT_BYTES];
    bool has_color = fgr_cli_has_color(stdout);
    if (answer->code == FGR_OK) {
        print_route(answer, has_color);
        return FGR_EXIT_OK;
    }
    if (answer->code != FGR_ERR_NO_ROUTE) {
        return fgr_cli_fail_error(&answer->error);
    }
    if (args->has_explain) {
        print_counters(&answer->explain, has_color);
    }
    fgr_explain_text(text, sizeof text, answer->view, &answer->query, &answer->explain);
    return fgr_cli_fail(FGR_EXIT_NO_ROUTE, "no route: %s", text);
}

static enum fgr_exit print_json(const struct fgr_answer *answer)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_answer_json(&json, answer, "", 0);
    enum fgr_exit status = fgr_cli_print_json(&json, stdout);
    if (status != FGR_EXIT_OK || answer->code == FGR_OK) {
        return status;
    }
    return answer->code == FGR_ERR_NO_ROUTE ? FGR_EXIT_NO_ROUTE
                                            : fgr_cli_fail_error(&answer->error);
}

/* Both ends, and the sets of hops there. */
static void find_ends(struct fgr_answer *answer, const struct route_args *args,
                      struct fgr_overlay_told *told)
{
    answer->query.overlay = told->overlay;
    fgr_answer_find_nodes(answer, args->positional[ARG_FROM], args->positional[ARG_TO]);
    if (answer->code == FGR_OK && fgr_hop_options_has_any(&args->hops)) {
        fgr_node_idx ends[FGR_HOP_ENDS] = {answer->query.from, answer->query.to};
        answer->code = fgr_hop_options_tell(&args->hops, told, answer->view, ends, &answer->error);
        answer->query.overlay = told->overlay;
    }
}

/* The query once image and overlay are there. */
static enum fgr_exit run_query(struct fgr_answer *answer, const struct route_args *args)
{
    struct fgr_scratch *scratch = NULL;
    struct fgr_error err;
    if (answer->code == FGR_OK) {
        if (fgr_scratch_create(&scratch, answer->view, NULL, &err) != FGR_OK) {
            return fgr_cli_fail_error(&err);
        }
        fgr_answer_run(answer, scratch);
        fgr_scratch_destroy(scratch);
    }
    return args->has_json ? print_json(answer) : print_answer(answer, args);
}

enum fgr_exit fgr_cmd_route(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "FROM TO AMOUNT", doc, NULL,
                                     NULL,    NULL};
    struct route_args args = {0};
    struct fgr_answer answer;
    struct fgr_cli_image image;
    struct fgr_error err;
    struct fgr_route_query limits;
    fgr_cli_parse(&argp, argc, argv, &args);
    if (args.n_positional > N_ARGS && args.graph == NULL) {
        return fgr_cli_fail_usage("-g G.fgr is missing: the image is no argument but an option");
    }
    if (args.n_positional != N_ARGS) {
        return fgr_cli_fail_usage("FROM, TO and AMOUNT are needed, %d given", args.n_positional);
    }
    fgr_route_query_init(&limits, (fgr_node_idx){0}, (fgr_node_idx){0}, (fgr_msat){0});
    if (fgr_units_parse_payment(&limits.amount, args.positional[ARG_AMOUNT], &err) != FGR_OK ||
        parse_limits(&limits, &args, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    enum fgr_exit status = fgr_overlay_files_check(&args.overlay, args.graph);
    if (status == FGR_EXIT_OK) {
        status = fgr_hop_options_check(&args.hops);
    }
    if (status == FGR_EXIT_OK) {
        status = fgr_cli_open_image(&image, args.graph, "-g G.fgr");
    }
    if (status != FGR_EXIT_OK) {
        return status;
    }
    struct fgr_overlay_told told;
    status = fgr_overlay_files_load(&told, &args.overlay, image.view,
                                    fgr_hop_options_has_any(&args.hops));
    if (status == FGR_EXIT_OK) {
        answer.view = image.view;
        answer.query = limits;
        find_ends(&answer, &args, &told);
        status = run_query(&answer, &args);
    }
    fgr_overlay_told_destroy(&told);
    fgr_cli_close_image(&image);
    return status;
}
