/* SPDX-License-Identifier: MIT */
#include "tools/fgr/split_table.h"

#include "tools/fgr/cli.h"
#include "tools/fgr/cut.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/names.h"
#include "tools/fgr/shared_channels.h"
#include "tools/fgr/totals.h"
#include "tools/fgr/units.h"

#include <inttypes.h>

static void add_amount(struct fgr_grid *grid, fgr_msat amount)
{
    char text[FGR_UNITS_TEXT_BYTES];
    /* All three msat digits in every row: points stand below each other. */
    fgr_grid_add(grid, "%s.%03u", fgr_units_grouped(text, amount.v / 1000),
                 (unsigned)(amount.v % 1000));
}

static void add_part(struct fgr_grid *grid, const struct fgr_split_answer *answer, uint32_t i)
{
    const struct fgr_part *part = &answer->split.parts[i];
    const struct fgr_hop *last = &part->hops[part->n_hops - 1];
    char alias[FGR_TEXT_ALIAS_BYTES];
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_add(grid, "%" PRIu32, i + 1);
    add_amount(grid, part->amount);
    fgr_grid_add(grid, "%s", fgr_units_percent(text, part->amount.v, answer->split.amount.v));
    fgr_grid_add(grid, "%s", fgr_units_grouped(text, part->fee.v));
    fgr_grid_add(grid, "%" PRIu32, part->cltv_total);
    fgr_grid_add(grid, "%.2f", 100 * part->probability);
    fgr_grid_add(grid, "%" PRIu32, part->n_hops);
    fgr_grid_add(grid, "%s",
                 fgr_names_node(alias, answer->view, answer->query.overlay, part->hops[0].to));
    fgr_grid_add(grid, "%s",
                 fgr_names_node(alias, answer->view, answer->query.overlay, last->from));
}

static void print_parts(const struct fgr_split_answer *answer, bool has_color)
{
    static const char *const head[] = {"part",     "amount sat",   "share %",
                                       "fee msat", "cltv",         "prob %",
                                       "hops",     "first hop to", "last hop from"};
    const struct fgr_split *split = &answer->split;
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    fgr_grid_init(&grid, "rrrrrrrll");
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        fgr_grid_add(&grid, "%s", head[i]);
    }
    for (uint32_t i = 0; i < split->n_parts; i++) {
        add_part(&grid, answer, i);
    }
    if (split->n_parts > 1) {
        fgr_grid_add(&grid, "all");
        add_amount(&grid, split->amount);
        fgr_grid_add(&grid, "100.0");
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, split->fee.v));
        fgr_grid_add(&grid, "%s", "");
        fgr_grid_add(&grid, "%.2f", 100 * split->probability);
    }
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_hashes(const struct fgr_envelope *envelope, bool has_color)
{
    char hex[FGR_TEXT_HEX_BYTES(FGR_SECRET_BYTES)];
    struct fgr_grid grid;
    putchar('\n');
    fgr_grid_init(&grid, "rrl");
    fgr_grid_add(&grid, "part");
    fgr_grid_add(&grid, "child index");
    fgr_grid_add(&grid, "payment hash");
    for (uint32_t i = 0; i < envelope->n_parts; i++) {
        fgr_grid_add(&grid, "%" PRIu32, i + 1);
        fgr_grid_add(&grid, "%" PRIu32, envelope->child[i].index);
        fgr_grid_add(&grid, "%s", fgr_text_hex(hex, envelope->child[i].hash, FGR_SECRET_BYTES));
    }
    fgr_grid_print(&grid, stdout, has_color);
}

static void print_totals(const struct fgr_split_answer *answer, bool has_color)
{
    const struct fgr_split *split = &answer->split;
    char text[FGR_UNITS_TEXT_BYTES];
    struct fgr_totals totals = {.amount = split->amount,
                                .cost = split->cost,
                                .bound = split->bound,
                                .gap_ppm = split->gap_ppm,
                                .probability = split->probability,
                                .final_cltv = answer->query.final_cltv};
    for (uint32_t i = 0; i < split->n_parts; i++) {
        const struct fgr_part *part = &split->parts[i];
        fgr_cost_terms_add(&totals.terms, part->hops, part->n_hops);
        if (part->cltv_total > totals.cltv_total) {
            totals.cltv_total = part->cltv_total;
        }
    }
    fgr_totals_print(&totals, has_color);
    fgr_totals_print_search(split->stats.settled, split->stats.relaxed, answer->elapsed_ns);
    printf("paths        %" PRIu32 " kept", split->stats.paths);
    printf(" of %s searches\n", fgr_units_grouped(text, split->stats.rounds));
}

void fgr_split_table_print_curve(const struct fgr_split_answer *answer, const struct fgr_wish *wish)
{
    bool has_color = fgr_cli_has_color(stdout);
    char amount[FGR_UNITS_TEXT_BYTES];
    char title[FGR_UNITS_TEXT_BYTES + 24];
    snprintf(title, sizeof title, "%s sat", fgr_units_sat(amount, answer->query.amount));
    fgr_names_print_ends(answer->view, answer->query.overlay, title, answer->query.from,
                         answer->query.to, has_color);
    fgr_wish_print_curve(wish, has_color);
}

void fgr_split_table_print(const struct fgr_split_answer *answer,
                           const struct fgr_envelope *envelope, const struct fgr_wish *wish)
{
    const struct fgr_split *split = &answer->split;
    bool has_color = fgr_cli_has_color(stdout);
    char amount[FGR_UNITS_TEXT_BYTES];
    char title[FGR_UNITS_TEXT_BYTES + 24];
    snprintf(title, sizeof title, "%s sat in %" PRIu32 " part%s",
             fgr_units_sat(amount, split->amount), split->n_parts, split->n_parts == 1 ? "" : "s");
    fgr_names_print_ends(answer->view, answer->query.overlay, title, answer->query.from,
                         answer->query.to, has_color);
    print_parts(answer, has_color);
    fgr_shared_channels_print(answer->view, answer->query.overlay, split, has_color);
    if (envelope->kind == FGR_ENVELOPE_AMP) {
        print_hashes(envelope, has_color);
    }
    print_totals(answer, has_color);
    fgr_wish_print(wish);
}

static void add_counters(struct fgr_grid *grid, const struct fgr_counter *counters, unsigned n)
{
    char text[FGR_UNITS_TEXT_BYTES];
    for (unsigned i = 0; i < n; i++) {
        if (!counters[i].is_remedy || counters[i].value != 0) {
            fgr_grid_add(grid, "%s", counters[i].label);
            fgr_grid_add(grid, "%s", fgr_units_grouped(text, counters[i].value));
        }
    }
}

void fgr_split_table_print_why(const struct fgr_split_answer *answer)
{
    const struct fgr_shortfall *why = &answer->why;
    struct fgr_counter single[FGR_ANSWER_COUNTERS];
    struct fgr_counter parts[FGR_SPLIT_COUNTERS];
    struct fgr_grid grid;
    bool has_color = fgr_cli_has_color(stdout);
    fgr_answer_counters(single, &why->single);
    fgr_split_answer_counters(parts, why);
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "reason");
    fgr_grid_add(&grid, "%s", why->code);
    add_counters(&grid, single, FGR_ANSWER_COUNTERS);
    add_counters(&grid, parts, FGR_SPLIT_COUNTERS);
    fgr_grid_print(&grid, stdout, has_color);
    if (why->capacity.n_cut > 0) {
        putchar('\n');
        fgr_cut_print(answer->view, answer->query.overlay, &why->capacity, has_color);
    }
}
