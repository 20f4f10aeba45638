/* SPDX-License-Identifier: MIT */
/*
 * fgr info: the figures of a snapshot, as tables or as JSON.
 */
#include "tools/fgr/cmd.h"

#include "graph/util/json.h"
#include "graph/view.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/stats.h"
#include "tools/fgr/text.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPTION_JSON = 256 };

static const struct argp_option options[] = {
    {"json", OPTION_JSON, NULL, 0, "print JSON", 0},
    {0},
};

static const char doc[] =
    "Describe the network in the image G.fgr: counts, capacity, policies, degrees, components, "
    "concentration, age."
    "\v"
    "G.fgr '-' is standard input. Enabled half-channels are those that a route may use; the core "
    "is the largest set of nodes that can all reach each other over them. Quantile p of n values "
    "is the value of rank p (n - 1) / 100, rounded to the nearest rank.\n"
    "\n"
    "Exit status: 0 ok, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr info mainnet.fgr\n"
    "  fgr info mainnet.fgr --json | jq .core_nodes\n";

struct info_args {
    const char *file;
    int n_positional;
    bool has_json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct info_args *args = state->input;
    switch (key) {
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

/* One number: a JSON key and words for people. A label alone opens a section. */
struct figure {
    const char *key;
    const char *label;
    uint64_t value;
};

#define N_FIGURES 52

static size_t list_counts(struct figure *out, const struct fgr_view *view,
                          const struct fgr_stats *s)
{
    const struct figure figures[] = {
        {NULL, "Size", 0},
        {"nodes", "nodes", view->n_nodes},
        {"nodes_without_enabled", "  without an enabled half-channel", s->no_enabled},
        {"nodes_without_enabled_out", "  without an enabled outgoing one", s->no_enabled_out},
        {"nodes_without_enabled_in", "  without an enabled incoming one", s->no_enabled_in},
        {"channels", "channels", view->n_chans},
        {"channels_enabled_both", "  enabled both ways", s->enabled_both},
        {"channels_enabled_one", "  enabled one way", s->enabled_one},
        {"channels_enabled_neither", "  enabled neither way", s->enabled_neither},
        {"channels_dying", "  dying: funding output being spent", s->dying},
        {"half_channels", "half-channels", 2 * (uint64_t)view->n_chans},
        {"half_enabled", "  enabled", s->enabled},
        {"half_disabled", "  disabled", s->disabled},
        {"half_missing", "  no policy known", s->missing},
        {"half_inconsistent", "  limits contradict", s->inconsistent},
        {"half_inbound_fees", "  with an inbound fee", s->inbound_fees},
        {NULL, "Capacity, sat", 0},
        {"capacity_sat", "all channels", s->capacity_sat},
        {"capacity_any_sat", "  enabled at least one way", s->capacity_any_sat},
        {"capacity_both_sat", "  enabled both ways", s->capacity_both_sat},
    };
    memcpy(out, figures, sizeof figures);
    return sizeof figures / sizeof *figures;
}

static size_t list_structure(struct figure *out, const struct fgr_stats *s)
{
    const struct figure figures[] = {
        {NULL, "Components", 0},
        {"components", "connected, all channels, undirected", s->components},
        {"component_largest", "  nodes of the largest", s->component_largest},
        {"weak_largest", "nodes of the largest weak one, enabled only", s->weak_largest},
        {"core_nodes", "nodes of the core (largest strong one)", s->strong_size[0]},
        {"core_second", "  nodes of the second largest", s->strong_size[1]},
        {"core_enabled", "enabled half-channels inside the core", s->core_enabled},
        {NULL, "Degree: nodes with that many channels", 0},
        {"degree_1", "1", s->degree_1},
        {"degree_max_2", "at most 2", s->degree_max_2},
        {"degree_min_100", "at least 100", s->degree_min_100},
        {"degree_min_1000", "at least 1,000", s->degree_min_1000},
        {NULL, "Parallel channels", 0},
        {"pairs", "node pairs with a channel", s->pairs},
        {"parallel_pairs", "  with more than one", s->parallel_pairs},
        {"parallel_channels", "channels in such pairs", s->parallel_channels},
        {"parallel_most", "most channels of one pair", s->parallel_most},
    };
    memcpy(out, figures, sizeof figures);
    return sizeof figures / sizeof *figures;
}

static size_t list_figures(struct figure out_figures[N_FIGURES], const struct fgr_view *view,
                           const struct fgr_stats *stats)
{
    size_t n = list_counts(out_figures, view, stats);
    return n + list_structure(out_figures + n, stats);
}

struct named_spread {
    const char *key;
    const char *label;
    const struct fgr_spread *spread;
};

/* The first ones are amounts, whose wide columns would spread the others. */
#define N_AMOUNT_SPREADS 5
#define N_SPREADS 13

static void list_spreads(struct named_spread out_spreads[N_SPREADS], const struct fgr_stats *s)
{
    const struct named_spread spreads[N_SPREADS] = {
        {"capacity_sat", "capacity, sat", &s->capacity_spread_sat},
        {"capacity_both_sat", "  enabled both ways", &s->both_spread_sat},
        {"core_out_sat", "  out of a core node", &s->core_out_spread_sat},
        {"htlc_min_msat", "htlc_min, msat", &s->htlc_min_msat},
        {"htlc_max_msat", "htlc_max, msat", &s->htlc_max_msat},
        {"degree", "channels of a node", &s->degree},
        {"out_degree", "  enabled, outgoing", &s->out_degree},
        {"core_out_degree", "  the same in the core", &s->core_out_degree},
        {"base_msat", "base fee, msat", &s->base_msat},
        {"ppm", "fee rate, ppm", &s->ppm},
        {"cltv_blocks", "cltv delta, blocks", &s->cltv_blocks},
        {"policy_age_s", "policy age, s", &s->age_s},
        {"node_age_s", "node age, s", &s->node_age_s},
    };
    memcpy(out_spreads, spreads, sizeof spreads);
}

static void print_figures(const struct fgr_view *view, const struct fgr_stats *stats,
                          bool has_color)
{
    struct figure figures[N_FIGURES];
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    size_t n = list_figures(figures, view, stats);
    for (size_t i = 0; i < n;) {
        fgr_grid_init(&grid, "lr");
        fgr_grid_add(&grid, "%s", figures[i].label);
        fgr_grid_add(&grid, "%s", "");
        for (i++; i < n && figures[i].key != NULL; i++) {
            fgr_grid_add(&grid, "%s", figures[i].label);
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, figures[i].value));
        }
        fgr_grid_print(&grid, stdout, has_color);
        fputc('\n', stdout);
    }
}

static void print_spreads(const struct named_spread *spreads, unsigned n_spreads, bool has_color)
{
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_init(&grid, "lrrrrrrrrrr");
    fgr_grid_add(&grid, "Quantiles");
    for (unsigned i = 0; i < FGR_SPREAD_POINTS; i++) {
        fgr_grid_add(&grid, "%u%%", fgr_spread_percent[i]);
    }
    fgr_grid_add(&grid, "mean");
    for (unsigned k = 0; k < n_spreads; k++) {
        fgr_grid_add(&grid, "%s", spreads[k].label);
        for (unsigned i = 0; i < FGR_SPREAD_POINTS; i++) {
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, spreads[k].spread->at[i]));
        }
        double mean = spreads[k].spread->mean;
        if (mean < 1000) {
            fgr_grid_add(&grid, "%.2f", mean);
        } else {
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, (uint64_t)(mean + 0.5)));
        }
    }
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_shares(const struct fgr_stats *stats, bool has_color)
{
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    uint64_t ends_sat = 2 * stats->capacity_sat;
    uint64_t n_ends =
        2 * ((uint64_t)stats->enabled_both + stats->enabled_one + stats->enabled_neither);
    fputc('\n', stdout);
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "Concentration");
    fgr_grid_add(&grid, "%%");
    for (unsigned i = 0; i < FGR_STATS_SHARES; i++) {
        fgr_grid_add(&grid, "capacity ends at the top %s",
                     fgr_units_grouped(text, fgr_stats_share_nodes[i]));
        fgr_grid_add(&grid, "%s", fgr_units_percent(text, stats->top_capacity_sat[i], ends_sat));
    }
    fgr_grid_add(&grid, "capacity of channels that touch the top %d", FGR_STATS_HUBS);
    fgr_grid_add(&grid, "%s",
                 fgr_units_percent(text, stats->hub_touching_sat, stats->capacity_sat));
    fgr_grid_add(&grid, "channel ends at the %d most connected", FGR_STATS_HUBS);
    fgr_grid_add(&grid, "%s", fgr_units_percent(text, stats->top_degree, n_ends));
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_hubs(const struct fgr_view *view, const struct fgr_stats *stats, bool has_color)
{
    static const char *const head[] = {"Top",      "node",         "alias",
                                       "channels", "capacity sat", "% of all"};
    struct fgr_grid grid;
    char hex[FGR_TEXT_HEX_BYTES(8)];
    char alias[FGR_TEXT_ALIAS_BYTES];
    char text[FGR_UNITS_TEXT_BYTES];
    fputc('\n', stdout);
    fgr_grid_init(&grid, "rllrrr");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        fgr_grid_add(&grid, "%s", head[i]);
    }
    for (uint32_t i = 0; i < stats->n_hubs; i++) {
        const struct fgr_hub *hub = &stats->hub[i];
        struct fgr_node_info node;
        if (fgr_view_node(view, &node, hub->node) != FGR_OK) {
            return;
        }
        fgr_text_clean(alias, sizeof alias, node.alias, node.alias_len);
        fgr_grid_add(&grid, "%" PRIu32, i + 1);
        fgr_grid_add(&grid, "%s", fgr_text_hex(hex, node.id, 8));
        fgr_grid_add(&grid, "%s", alias);
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, hub->channels));
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, hub->capacity_sat));
        fgr_grid_add(&grid, "%s",
                     fgr_units_percent(text, hub->capacity_sat, 2 * stats->capacity_sat));
    }
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_newest(const struct fgr_stats *stats)
{
    char text[32];
    time_t newest = stats->newest;
    struct tm tm;
    if (stats->newest != 0 && gmtime_r(&newest, &tm) != NULL &&
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) > 0) {
        printf("\nNewest policy: %s UTC; ages are relative to it.\n", text);
    }
}

static void print_tables(const struct fgr_view *view, const struct fgr_stats *stats)
{
    bool has_color = fgr_cli_has_color(stdout);
    struct named_spread spreads[N_SPREADS];
    list_spreads(spreads, stats);
    print_figures(view, stats, has_color);
    print_spreads(spreads, N_AMOUNT_SPREADS, has_color);
    fputc('\n', stdout);
    print_spreads(spreads + N_AMOUNT_SPREADS, N_SPREADS - N_AMOUNT_SPREADS, has_color);
    print_newest(stats);
    print_shares(stats, has_color);
    print_hubs(view, stats, has_color);
}

static void put_u64(struct fgr_json_writer *json, const char *key, uint64_t value)
{
    fgr_json_key(json, key);
    fgr_json_u64(json, value);
}

static void put_spread(struct fgr_json_writer *json, const struct named_spread *named)
{
    fgr_json_key(json, named->key);
    fgr_json_object_begin(json);
    put_u64(json, "n", named->spread->n);
    fgr_json_key(json, "values");
    fgr_json_array_begin(json);
    for (unsigned i = 0; i < FGR_SPREAD_POINTS; i++) {
        fgr_json_u64(json, named->spread->at[i]);
    }
    fgr_json_array_end(json);
    fgr_json_key(json, "mean");
    fgr_json_double(json, named->spread->mean, 3);
    fgr_json_object_end(json);
}

static void put_spreads(struct fgr_json_writer *json, const struct fgr_stats *stats)
{
    struct named_spread spreads[N_SPREADS];
    list_spreads(spreads, stats);
    fgr_json_key(json, "quantiles");
    fgr_json_object_begin(json);
    fgr_json_key(json, "percent");
    fgr_json_array_begin(json);
    for (unsigned i = 0; i < FGR_SPREAD_POINTS; i++) {
        fgr_json_u64(json, fgr_spread_percent[i]);
    }
    fgr_json_array_end(json);
    for (unsigned k = 0; k < N_SPREADS; k++) {
        put_spread(json, &spreads[k]);
    }
    fgr_json_object_end(json);
}

static void put_concentration(struct fgr_json_writer *json, const struct fgr_stats *stats)
{
    fgr_json_key(json, "top_capacity_ends");
    fgr_json_array_begin(json);
    for (unsigned i = 0; i < FGR_STATS_SHARES; i++) {
        fgr_json_object_begin(json);
        put_u64(json, "nodes", fgr_stats_share_nodes[i]);
        put_u64(json, "capacity_sat", stats->top_capacity_sat[i]);
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
    put_u64(json, "top_10_touching_sat", stats->hub_touching_sat);
    put_u64(json, "top_10_channel_ends", stats->top_degree);
}

static void put_hubs(struct fgr_json_writer *json, const struct fgr_view *view,
                     const struct fgr_stats *stats)
{
    char hex[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    fgr_json_key(json, "top_10");
    fgr_json_array_begin(json);
    for (uint32_t i = 0; i < stats->n_hubs; i++) {
        struct fgr_node_info node;
        if (fgr_view_node(view, &node, stats->hub[i].node) != FGR_OK) {
            continue;
        }
        fgr_json_object_begin(json);
        fgr_json_key(json, "id");
        fgr_json_string(json, fgr_text_hex(hex, node.id, FGR_NODE_ID_BYTES), sizeof hex - 1);
        fgr_json_key(json, "alias");
        fgr_json_string(json, node.alias, node.alias_len);
        put_u64(json, "channels", stats->hub[i].channels);
        put_u64(json, "capacity_sat", stats->hub[i].capacity_sat);
        fgr_json_object_end(json);
    }
    fgr_json_array_end(json);
}

static enum fgr_exit print_json(const struct fgr_view *view, const struct fgr_stats *stats)
{
    struct figure figures[N_FIGURES];
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_json_object_begin(&json);
    size_t n = list_figures(figures, view, stats);
    for (size_t i = 0; i < n; i++) {
        if (figures[i].key != NULL) {
            put_u64(&json, figures[i].key, figures[i].value);
        }
    }
    put_u64(&json, "newest_policy", stats->newest);
    put_u64(&json, "newest_node", stats->node_newest);
    put_spreads(&json, stats);
    put_concentration(&json, stats);
    put_hubs(&json, view, stats);
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, stdout);
}

enum fgr_exit fgr_cmd_info(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "G.fgr", doc, NULL, NULL, NULL};
    struct info_args args = {0};
    struct fgr_cli_image image;
    struct fgr_stats stats;
    struct fgr_error err;
    fgr_cli_parse(&argp, argc, argv, &args);
    if (args.n_positional > 1) {
        return fgr_cli_fail_usage("one G.fgr is needed, %d given", args.n_positional);
    }
    enum fgr_exit status = fgr_cli_open_image(&image, args.file, "G.fgr");
    if (status != FGR_EXIT_OK) {
        return status;
    }
    if (fgr_stats_compute(&stats, image.view, &err) != FGR_OK) {
        status = fgr_cli_fail_error(&err);
    } else if (args.has_json) {
        status = print_json(image.view, &stats);
    } else {
        print_tables(image.view, &stats);
    }
    fgr_cli_close_image(&image);
    return status;
}
