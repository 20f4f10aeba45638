/* SPDX-License-Identifier: MIT */
/*
 * fgr route: one query, answered as a table or as JSON.
 */
#include "tools/fgr/cmd.h"

#include "graph/amount.h"
#include "graph/util/error.h"
#include "tools/fgr/answer.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/text.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BOLD "\033[1m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

enum {
    OPTION_MAX_FEE = 256,
    OPTION_MAX_CLTV,
    OPTION_MAX_HOPS,
    OPTION_FINAL_CLTV,
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
    {"explain", OPTION_EXPLAIN, NULL, 0, "where there is no route, show what was counted", 0},
    {"json", OPTION_JSON, NULL, 0, "print JSON", 0},
    {0},
};

static const char doc[] =
    "Find the route from FROM to TO that delivers AMOUNT at the lowest cost: fees, timelock risk "
    "and expected cost of failure together. The answer comes with a lower bound that proves it."
    "\v"
    "FROM and TO are node ids in hex, unique prefixes of at least 8 hex digits, or exact aliases. "
    "AMOUNT has a unit: 250000sat, 1500msat, 0.01btc.\n"
    "\n"
    "Exit status: 0 a route, 1 no route, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr route -g mainnet.fgr ACINQ 02f1a8c87607f415 250000sat\n"
    "  fgr route -g mainnet.fgr ACINQ 02f1a8c87607f415 0.01btc --max-fee 1%\n";

enum { ARG_FROM, ARG_TO, ARG_AMOUNT, N_ARGS };

struct route_args {
    const char *positional[N_ARGS];
    int n_positional;
    const char *graph;
    const char *max_fee;
    const char *max_cltv;
    const char *max_hops;
    const char *final_cltv;
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

static enum fgr_err parse_payment(fgr_msat *out_amount, const char *text, struct fgr_error *err)
{
    enum fgr_err code = fgr_units_parse_amount(out_amount, text, "AMOUNT", err);
    if (code == FGR_OK && out_amount->v == 0) {
        return fgr_fail(err, FGR_ERR_ARG, "AMOUNT '%.40s' is zero: the least is 1msat", text);
    }
    return code;
}

static enum fgr_err parse_limit(uint32_t *out_limit, const char *text, const char *what,
                                uint64_t min, uint64_t max, struct fgr_error *err)
{
    uint64_t value = 0;
    if (text == NULL) {
        return FGR_OK;
    }
    enum fgr_err code = fgr_units_parse_count(&value, text, what, min, max, err);
    if (code == FGR_OK) {
        *out_limit = (uint32_t)value;
    }
    return code;
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
        code = parse_limit(&query->max_cltv, args->max_cltv, "--max-cltv", 1, UINT32_MAX, err);
    }
    if (code == FGR_OK) {
        code = parse_limit(&query->max_hops, args->max_hops, "--max-hops", 1, FGR_HOPS_MAX, err);
    }
    if (code == FGR_OK) {
        code =
            parse_limit(&query->final_cltv, args->final_cltv, "--final-cltv", 0, UINT32_MAX, err);
    }
    return code;
}

/* A node as people know it: its alias, or the start of its id where it has none. */
static const char *node_name(char out_text[FGR_TEXT_ALIAS_BYTES], const struct fgr_view *view,
                             fgr_node_idx node)
{
    struct fgr_node_info info;
    if (fgr_view_node(view, &info, node) != FGR_OK) {
        return "";
    }
    if (info.alias_len == 0) {
        return fgr_text_hex(out_text, info.id, 8);
    }
    fgr_text_clean(out_text, FGR_TEXT_ALIAS_BYTES, info.alias, info.alias_len);
    return out_text;
}

static const char *node_id(char out_text[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)],
                           const struct fgr_view *view, fgr_node_idx node)
{
    struct fgr_node_info info;
    if (fgr_view_node(view, &info, node) != FGR_OK) {
        return "";
    }
    return fgr_text_hex(out_text, info.id, FGR_NODE_ID_BYTES);
}

static void print_ends(const struct fgr_answer *answer, bool has_color)
{
    char amount[FGR_UNITS_TEXT_BYTES];
    char alias[FGR_TEXT_ALIAS_BYTES];
    char id[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    const struct fgr_route_query *query = &answer->query;
    printf("%s%s sat%s\n", has_color ? BOLD : "", fgr_units_sat(amount, query->amount),
           has_color ? PLAIN : "");
    printf("from  %s  %s\n", node_id(id, answer->view, query->from),
           node_name(alias, answer->view, query->from));
    printf("to    %s  %s\n\n", node_id(id, answer->view, query->to),
           node_name(alias, answer->view, query->to));
}

/* Sum over the hops of each cost term. */
struct cost_terms {
    uint64_t fee_msat;
    uint64_t risk_msat;
    uint64_t fail_msat;
};

static void add_shares(struct fgr_grid *grid, const struct cost_terms *terms, uint64_t cost_msat)
{
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_add(grid, "%s", fgr_units_percent(text, terms->fee_msat, cost_msat));
    fgr_grid_add(grid, "%s", fgr_units_percent(text, terms->risk_msat, cost_msat));
    fgr_grid_add(grid, "%s", fgr_units_percent(text, terms->fail_msat, cost_msat));
}

static void add_hop(struct fgr_grid *grid, const struct fgr_answer *answer, uint32_t i)
{
    const struct fgr_hop *hop = &answer->route.hops[i];
    struct fgr_channel_info channel = {0};
    char scid[FGR_TEXT_SCID_BYTES];
    char alias[FGR_TEXT_ALIAS_BYTES];
    char text[FGR_UNITS_TEXT_BYTES];
    if (fgr_view_channel(answer->view, &channel, (fgr_chan_idx){hop->edge.v >> 1}) != FGR_OK) {
        return;
    }
    fgr_grid_add(grid, "%" PRIu32, i + 1);
    fgr_grid_add(grid, "%s/%" PRIu32, fgr_text_scid(scid, channel.scid), hop->edge.v & 1);
    fgr_grid_add(grid, "%s", node_name(alias, answer->view, hop->to));
    /* All three msat digits in every row: points stand below each other. */
    fgr_grid_add(grid, "%s.%03u", fgr_units_grouped(text, hop->amount.v / 1000),
                 (unsigned)(hop->amount.v % 1000));
    fgr_grid_add(grid, "%s", fgr_units_grouped(text, hop->fee.v));
    fgr_grid_add(grid, "%" PRIu32, hop->cltv_delta);
    fgr_grid_add(grid, "%.2f", 100 * hop->probability);
    const struct cost_terms terms = {hop->fee.v, hop->risk.v, hop->fail.v};
    add_shares(grid, &terms, answer->route.cost.v);
}

static struct cost_terms sum_terms(const struct fgr_route *route)
{
    struct cost_terms sum = {0};
    for (uint32_t i = 0; i < route->n_hops; i++) {
        sum.fee_msat += route->hops[i].fee.v;
        sum.risk_msat += route->hops[i].risk.v;
        sum.fail_msat += route->hops[i].fail.v;
    }
    return sum;
}

static void print_hops(const struct fgr_answer *answer, bool has_color)
{
    static const char *const head[] = {"hop",  "channel", "to",    "amount sat", "fee msat",
                                       "cltv", "prob %",  "fee %", "risk %",     "fail %"};
    const struct fgr_route *route = &answer->route;
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_init(&grid, "rllrrrrrrr");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        fgr_grid_add(&grid, "%s", head[i]);
    }
    for (uint32_t i = 0; i < route->n_hops; i++) {
        add_hop(&grid, answer, i);
    }
    const struct cost_terms sum = sum_terms(route);
    fgr_grid_add(&grid, "%s", "");
    fgr_grid_add(&grid, "%s", "");
    fgr_grid_add(&grid, "%s", "total, share of cost");
    fgr_grid_add(&grid, "%s", "");
    fgr_grid_add(&grid, "%s", fgr_units_grouped(text, route->fee.v));
    fgr_grid_add(&grid, "%" PRIu32, route->cltv_total - answer->query.final_cltv);
    fgr_grid_add(&grid, "%.2f", 100 * route->probability);
    add_shares(&grid, &sum, route->cost.v);
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_cost(const struct fgr_route *route)
{
    char total[FGR_UNITS_TEXT_BYTES];
    char fee[FGR_UNITS_TEXT_BYTES];
    char risk[FGR_UNITS_TEXT_BYTES];
    char fail[FGR_UNITS_TEXT_BYTES];
    const struct cost_terms sum = sum_terms(route);
    printf("cost         %s msat = %s fee + %s timelock risk + %s expected failure\n",
           fgr_units_grouped(total, route->cost.v), fgr_units_grouped(fee, sum.fee_msat),
           fgr_units_grouped(risk, sum.risk_msat), fgr_units_grouped(fail, sum.fail_msat));
}

static void print_bound(const struct fgr_route *route, bool has_color)
{
    char bound[FGR_UNITS_TEXT_BYTES];
    char gap[FGR_UNITS_TEXT_BYTES];
    fgr_units_grouped(bound, route->bound.v);
    if (route->gap_ppm == 0) {
        printf("bound        %s msat: %sproven optimal%s\n", bound, has_color ? GREEN : "",
               has_color ? PLAIN : "");
    } else {
        printf("bound        %s msat: within %s ppm of the best possible\n", bound,
               fgr_units_grouped(gap, route->gap_ppm));
    }
}

static void print_totals(const struct fgr_answer *answer, bool has_color)
{
    const struct fgr_route *route = &answer->route;
    char msat[FGR_UNITS_TEXT_BYTES];
    char sat[FGR_UNITS_TEXT_BYTES];
    char ppm[FGR_UNITS_TEXT_BYTES];
    uint64_t fee_ppm = fgr_muldiv_floor(route->fee.v, 1000000, route->amount.v);
    printf("\nfee          %s msat = %s sat = %s ppm\n", fgr_units_grouped(msat, route->fee.v),
           fgr_units_sat(sat, route->fee), fgr_units_grouped(ppm, fee_ppm));
    printf("timelock     %" PRIu32 " blocks, the last %" PRIu32 " for the destination\n",
           route->cltv_total, answer->query.final_cltv);
    printf("probability  %.2f %%\n", 100 * route->probability);
    print_cost(route);
    print_bound(route, has_color);
    printf("search       %s nodes settled, ", fgr_units_grouped(msat, route->stats.settled));
    printf("%s half-channels relaxed, ", fgr_units_grouped(msat, route->stats.relaxed));
    printf("%s.%" PRIu64 " us\n", fgr_units_grouped(msat, answer->elapsed_ns / 1000),
           answer->elapsed_ns % 1000 / 100);
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
        print_ends(answer, has_color);
        print_hops(answer, has_color);
        print_totals(answer, has_color);
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
    if (parse_payment(&limits.amount, args.positional[ARG_AMOUNT], &err) != FGR_OK ||
        parse_limits(&limits, &args, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    enum fgr_exit status = fgr_cli_open_image(&image, args.graph, "-g G.fgr");
    if (status != FGR_EXIT_OK) {
        return status;
    }
    answer.view = image.view;
    answer.query = limits;
    fgr_answer_find_nodes(&answer, args.positional[ARG_FROM], args.positional[ARG_TO]);
    status = run_query(&answer, &args);
    fgr_cli_close_image(&image);
    return status;
}
