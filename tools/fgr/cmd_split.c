/* SPDX-License-Identifier: MIT */
/*
 * fgr split: one query, answered with a set of parts, as tables or as JSON.
 */
#include "tools/fgr/cmd.h"

#include "graph/util/error.h"
#include "graph/util/hex.h"
#include "tools/fgr/envelope.h"
#include "tools/fgr/hop_option.h"
#include "tools/fgr/split_answer.h"
#include "tools/fgr/split_table.h"
#include "tools/fgr/units.h"
#include "tools/fgr/wish.h"

#include <string.h>

enum {
    OPTION_MAX_PARTS = 256,
    OPTION_MIN_PART,
    OPTION_MAX_FEE,
    OPTION_MAX_CLTV,
    OPTION_MAX_HOPS,
    OPTION_FINAL_CLTV,
    OPTION_MAX_GAP,
    OPTION_OVERLAY,
    OPTION_FIRST_HOP,
    OPTION_LAST_HOP,
    OPTION_PARETO,
    OPTION_MIN_PROBABILITY,
    OPTION_MOST_LIKELY,
    OPTION_FEWEST_PARTS,
    OPTION_RECEIVER_PAYS,
    OPTION_DENOMINATIONS,
    OPTION_AMP,
    OPTION_MPP,
    OPTION_SECRET,
    OPTION_SEED,
    OPTION_EXPLAIN,
    OPTION_JSON
};

static const struct argp_option options[] = {
    {"graph", 'g', "G.fgr", 0, "image to search, made by 'fgr import' ('-': standard input)", 0},
    {"max-parts", OPTION_MAX_PARTS, "N", 0, "highest number of parts, 1 to 128 (16)", 0},
    {"min-part", OPTION_MIN_PART, "AMOUNT", 0,
     "no part delivers less (10000sat, of a smaller amount half of it)", 0},
    {"max-fee", OPTION_MAX_FEE, "FEE", 0,
     "highest fee of all parts together: 1% of AMOUNT, or 5000sat (no limit)", 0},
    {"max-cltv", OPTION_MAX_CLTV, "N", 0, "highest timelock of a part in blocks (2016)", 0},
    {"max-hops", OPTION_MAX_HOPS, "N", 0, "highest number of channels of a part (20)", 0},
    {"final-cltv", OPTION_FINAL_CLTV, "N", 0, "blocks the destination asks for (18)", 0},
    {"max-gap", OPTION_MAX_GAP, "PPM", 0,
     "stop when the cost is proven to be this close to the best possible (500); 0: as close as it "
     "gets",
     0},
    {"overlay", OPTION_OVERLAY, FGR_OVERLAY_OPTION},
    {"first-hop", OPTION_FIRST_HOP, FGR_FIRST_HOP_OPTION},
    {"last-hop", OPTION_LAST_HOP, FGR_LAST_HOP_OPTION},
    {"pareto", OPTION_PARETO, NULL, 0, "show what more probability costs, as a few points", 0},
    {"min-probability", OPTION_MIN_PROBABILITY, "P%", 0,
     "the lowest fee and risk with this probability instead of the lowest cost", 0},
    {"most-likely", OPTION_MOST_LIKELY, NULL, 0, "the highest probability within --max-fee", 0},
    {"fewest-parts", OPTION_FEWEST_PARTS, "T%", 0,
     "the fewest parts that cost at most this much more than the best", 0},
    {"receiver-pays", OPTION_RECEIVER_PAYS, NULL, 0,
     "AMOUNT includes the fees: deliver what they leave", 0},
    {"denominations", OPTION_DENOMINATIONS, "KIND", 0,
     "powers: amounts are powers of two in sat, and a rest; unequal: no two are alike", 0},
    {"mpp", OPTION_MPP, NULL, 0, "add what parts with one payment hash carry (BOLT 4)", 0},
    {"amp", OPTION_AMP, NULL, 0, "add shares and a payment hash for each part (AMP)", 0},
    {"payment-secret", OPTION_SECRET, "HEX", 0,
     "of the invoice, for --mpp and --amp (made from the seed)", 0},
    {"seed", OPTION_SEED, "HEX", 0,
     "32 secret bytes that decide all secrets and unequal amounts, for one payment only (from the "
     "system)",
     0},
    {"explain", OPTION_EXPLAIN, NULL, 0,
     "where there is no route, show what was counted and which channels stop it", 0},
    {"json", OPTION_JSON, NULL, 0, "print JSON", 0},
    {0},
};

static const char doc[] =
    "Find the set of parts from FROM to TO that delivers AMOUNT at the lowest cost: fees, timelock "
    "risk and expected cost of failure together, where parts that share a channel share its "
    "uncertainty. The answer comes with a lower bound that proves how good it is."
    "\v"
    "FROM and TO are node ids in hex, unique prefixes of at least 8 hex digits, or exact aliases. "
    "AMOUNT has a unit: 250000sat, 1500msat, 0.01btc. A node that only an overlay has goes by its "
    "whole id. The secrets of --mpp and --amp are in the JSON only. Other users of a machine may "
    "see --seed and --payment-secret.\n"
    "\n"
    "Exit status: 0 a set of parts, 1 none found, 2 usage, 3 bad input, 4 internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr split -g mainnet.fgr ACINQ 02f1a8c87607f415 0.1btc\n"
    "  fgr split -g mainnet.fgr ACINQ 02f1a8c87607f415 0.1btc --max-parts 8 --json\n"
    "  fgr split -g mainnet.fgr ACINQ 02f1a8c87607f415 0.1btc --overlay balances.json\n";

enum { ARG_FROM, ARG_TO, ARG_AMOUNT, N_ARGS };

struct split_args {
    const char *positional[N_ARGS];
    int n_positional;
    const char *graph;
    const char *max_parts;
    const char *min_part;
    const char *max_fee;
    const char *max_cltv;
    const char *max_hops;
    const char *final_cltv;
    const char *max_gap;
    struct fgr_overlay_files overlay;
    struct fgr_hop_options hops;
    struct fgr_wish_options wish;
    const char *payment_secret;
    const char *seed;
    bool has_amp;
    bool has_mpp;
    bool has_explain;
    bool has_json;
};

/* Where an option's value goes, or NULL. */
static const char **value_of(struct split_args *args, int key)
{
    switch (key) {
    case 'g':
        return &args->graph;
    case OPTION_MAX_PARTS:
        return &args->max_parts;
    case OPTION_MIN_PART:
        return &args->min_part;
    case OPTION_MAX_FEE:
        return &args->max_fee;
    case OPTION_MAX_CLTV:
        return &args->max_cltv;
    case OPTION_MAX_HOPS:
        return &args->max_hops;
    case OPTION_FINAL_CLTV:
        return &args->final_cltv;
    case OPTION_MAX_GAP:
        return &args->max_gap;
    case OPTION_MIN_PROBABILITY:
        return &args->wish.min_probability;
    case OPTION_FEWEST_PARTS:
        return &args->wish.fewest_parts;
    case OPTION_DENOMINATIONS:
        return &args->wish.denominations;
    case OPTION_SECRET:
        return &args->payment_secret;
    case OPTION_SEED:
        return &args->seed;
    default:
        return NULL;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct split_args *args = state->input;
    const char **value = value_of(args, key);
    if (value != NULL) {
        *value = arg;
        return 0;
    }
    switch (key) {
    case OPTION_OVERLAY:
        fgr_overlay_files_add(&args->overlay, arg);
        break;
    case OPTION_FIRST_HOP:
        fgr_hop_options_add(&args->hops, FGR_HOP_FIRST, arg);
        break;
    case OPTION_LAST_HOP:
        fgr_hop_options_add(&args->hops, FGR_HOP_LAST, arg);
        break;
    case OPTION_PARETO:
        args->wish.has_curve = true;
        break;
    case OPTION_MOST_LIKELY:
        args->wish.has_most_likely = true;
        break;
    case OPTION_RECEIVER_PAYS:
        args->wish.has_receiver_pays = true;
        break;
    case OPTION_AMP:
        args->has_amp = true;
        break;
    case OPTION_MPP:
        args->has_mpp = true;
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

static enum fgr_err parse_min_part(struct fgr_split_query *query, const char *text,
                                   struct fgr_error *err)
{
    if (text == NULL) {
        return FGR_OK;
    }
    enum fgr_err code = fgr_units_parse_amount(&query->min_part, text, "--min-part", err);
    if (code == FGR_OK && query->min_part.v == 0) {
        return fgr_fail(err, FGR_ERR_ARG, "--min-part '%.40s' is zero: the least is 1msat", text);
    }
    if (code == FGR_OK && query->min_part.v > query->amount.v) {
        return fgr_fail(err, FGR_ERR_ARG,
                        "--min-part '%.40s' is above AMOUNT: no part could be so large", text);
    }
    return code;
}

/* The limits of the command line; what is not given keeps its default. */
static enum fgr_err parse_limits(struct fgr_split_query *query, const struct split_args *args,
                                 struct fgr_error *err)
{
    const struct {
        uint32_t *limit;
        const char *text;
        const char *what;
        uint64_t min, max;
    } counts[] = {
        {&query->max_parts, args->max_parts, "--max-parts", 1, FGR_PARTS_MAX},
        {&query->max_cltv, args->max_cltv, "--max-cltv", 1, UINT32_MAX},
        {&query->max_hops, args->max_hops, "--max-hops", 1, FGR_HOPS_MAX},
        {&query->final_cltv, args->final_cltv, "--final-cltv", 0, UINT32_MAX},
        {&query->max_gap_ppm, args->max_gap, "--max-gap", 0, 1000000},
    };
    enum fgr_err code = parse_min_part(query, args->min_part, err);
    if (code == FGR_OK && args->max_fee != NULL) {
        code = fgr_units_parse_fee_limit(&query->max_fee, args->max_fee, query->amount, err);
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts && code == FGR_OK; i++) {
        code = fgr_units_parse_limit(counts[i].limit, counts[i].text, counts[i].what, counts[i].min,
                                     counts[i].max, err);
    }
    return code;
}

/* 64 hex digits; the message does not repeat what may be a secret. */
static enum fgr_err parse_secret(uint8_t out_bytes[FGR_SECRET_BYTES], bool *out_is_given,
                                 const char *text, const char *what, struct fgr_error *err)
{
    *out_is_given = text != NULL;
    if (text == NULL) {
        return FGR_OK;
    }
    size_t n = 0;
    for (; n < (size_t)2 * FGR_SECRET_BYTES && fgr_hex_value(text[n]) >= 0; n++) {
        int high = n % 2 == 0 ? 0 : out_bytes[n / 2] << 4;
        out_bytes[n / 2] = (uint8_t)(high | fgr_hex_value(text[n]));
    }
    if (n < (size_t)2 * FGR_SECRET_BYTES || text[n] != '\0') {
        return fgr_fail(err, FGR_ERR_ARG, "%s is not %d hex digits", what, 2 * FGR_SECRET_BYTES);
    }
    return FGR_OK;
}

static enum fgr_err parse_wish(struct fgr_wish *wish, const struct split_args *args,
                               struct fgr_error *err)
{
    if (args->wish.has_curve && (args->has_amp || args->has_mpp)) {
        return fgr_fail(err, FGR_ERR_ARG, "--pareto has no single answer for %s",
                        args->has_amp ? "--amp" : "--mpp");
    }
    if (args->wish.has_most_likely && args->max_fee == NULL) {
        return fgr_fail(err, FGR_ERR_ARG, "--most-likely needs --max-fee");
    }
    enum fgr_err code = fgr_wish_init(wish, &args->wish, err);
    if (code == FGR_OK && args->seed != NULL && !args->has_amp && !args->has_mpp &&
        !fgr_wish_draws(wish)) {
        return fgr_fail(err, FGR_ERR_ARG, "--seed is for --amp, --mpp and --denominations unequal");
    }
    return code;
}

static enum fgr_err parse_envelope(struct fgr_envelope *envelope, const struct split_args *args,
                                   struct fgr_error *err)
{
    envelope->kind = args->has_amp   ? FGR_ENVELOPE_AMP
                     : args->has_mpp ? FGR_ENVELOPE_MPP
                                     : FGR_ENVELOPE_NONE;
    if (args->has_amp && args->has_mpp) {
        return fgr_fail(err, FGR_ERR_ARG, "--amp and --mpp exclude each other");
    }
    if (envelope->kind == FGR_ENVELOPE_NONE && args->payment_secret != NULL) {
        return fgr_fail(err, FGR_ERR_ARG, "--payment-secret is for --amp and --mpp");
    }
    enum fgr_err code =
        parse_secret(envelope->seed, &envelope->has_seed, args->seed, "--seed", err);
    if (code == FGR_OK) {
        code = parse_secret(envelope->payment_secret, &envelope->has_secret, args->payment_secret,
                            "--payment-secret", err);
    }
    return code;
}

static enum fgr_exit print_answer(const struct fgr_split_answer *answer,
                                  const struct split_args *args,
                                  const struct fgr_envelope *envelope, const struct fgr_wish *wish)
{
    char text[FGR_ANSWER_TEXT_BYTES];
    if (answer->code == FGR_OK && wish->kind == FGR_WISH_CURVE) {
        fgr_split_table_print_curve(answer, wish);
        return FGR_EXIT_OK;
    }
    if (answer->code == FGR_OK) {
        fgr_split_table_print(answer, envelope, wish);
        return FGR_EXIT_OK;
    }
    if (answer->code != FGR_ERR_NO_ROUTE) {
        return fgr_cli_fail_error(&answer->error);
    }
    if (args->has_explain) {
        fgr_split_table_print_why(answer);
    }
    fgr_split_answer_text(text, sizeof text, answer);
    return fgr_cli_fail(FGR_EXIT_NO_ROUTE, "no route: %s", text);
}

static enum fgr_exit print_json(const struct fgr_split_answer *answer,
                                const struct split_args *args, const struct fgr_envelope *envelope,
                                const struct fgr_wish *wish)
{
    const struct fgr_split_style style = {.id = "",
                                          .envelope =
                                              envelope->kind == FGR_ENVELOPE_NONE ? NULL : envelope,
                                          .wish = wish->kind == FGR_WISH_NONE ? NULL : wish,
                                          .has_cut = args->has_explain};
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_split_answer_json(&json, answer, &style);
    enum fgr_exit status = fgr_cli_print_json(&json, stdout);
    if (status != FGR_EXIT_OK || answer->code == FGR_OK) {
        return status;
    }
    return answer->code == FGR_ERR_NO_ROUTE ? FGR_EXIT_NO_ROUTE
                                            : fgr_cli_fail_error(&answer->error);
}

static enum fgr_exit run_query(struct fgr_split_answer *answer, const struct split_args *args,
                               struct fgr_envelope *envelope, struct fgr_wish *wish)
{
    struct fgr_splitter splitter = {0};
    struct fgr_error err;
    enum fgr_exit status;
    if (answer->code == FGR_OK) {
        if (fgr_splitter_init(&splitter, answer->view, &err) != FGR_OK) {
            return fgr_cli_fail_error(&err);
        }
        if (wish->kind == FGR_WISH_NONE) {
            fgr_split_answer_run(answer, &splitter);
        } else {
            fgr_split_answer_wish(answer, &splitter, wish);
        }
    }
    if (answer->code == FGR_OK && envelope->kind != FGR_ENVELOPE_NONE &&
        fgr_envelope_seal(envelope, &answer->split, &err) != FGR_OK) {
        status = fgr_cli_fail_error(&err);
    } else {
        status = args->has_json ? print_json(answer, args, envelope, wish)
                                : print_answer(answer, args, envelope, wish);
    }
    fgr_wish_deinit(wish);
    fgr_splitter_deinit(&splitter);
    return status;
}

/* Both ends, and the sets of hops there. */
static void find_ends(struct fgr_split_answer *answer, const struct split_args *args,
                      struct fgr_overlay_told *told)
{
    answer->query.overlay = told->overlay;
    fgr_split_answer_find_nodes(answer, args->positional[ARG_FROM], args->positional[ARG_TO]);
    if (answer->code == FGR_OK && fgr_hop_options_has_any(&args->hops)) {
        fgr_node_idx ends[FGR_HOP_ENDS] = {answer->query.from, answer->query.to};
        answer->code = fgr_hop_options_tell(&args->hops, told, answer->view, ends, &answer->error);
        answer->query.overlay = told->overlay;
    }
}

enum fgr_exit fgr_cmd_split(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "FROM TO AMOUNT", doc, NULL,
                                     NULL,    NULL};
    struct split_args args = {0};
    struct fgr_split_answer answer;
    struct fgr_envelope envelope = {0};
    struct fgr_wish wish = {.kind = FGR_WISH_NONE};
    struct fgr_cli_image image;
    struct fgr_error err;
    fgr_msat amount;
    fgr_cli_parse(&argp, argc, argv, &args);
    if (args.n_positional > N_ARGS && args.graph == NULL) {
        return fgr_cli_fail_usage("-g G.fgr is missing: the image is no argument but an option");
    }
    if (args.n_positional != N_ARGS) {
        return fgr_cli_fail_usage("FROM, TO and AMOUNT are needed, %d given", args.n_positional);
    }
    if (fgr_units_parse_payment(&amount, args.positional[ARG_AMOUNT], &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_split_query_init(&answer.query, (fgr_node_idx){0}, (fgr_node_idx){0}, amount);
    if (parse_limits(&answer.query, &args, &err) != FGR_OK ||
        parse_wish(&wish, &args, &err) != FGR_OK ||
        parse_envelope(&envelope, &args, &err) != FGR_OK ||
        (fgr_wish_draws(&wish) &&
         fgr_wish_seed(&wish, envelope.has_seed ? envelope.seed : NULL, &err) != FGR_OK)) {
        return fgr_cli_fail_error(&err);
    }
    answer.query.final_bytes = fgr_envelope_final_bytes(&envelope);
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
        find_ends(&answer, &args, &told);
        status = run_query(&answer, &args, &envelope, &wish);
    }
    fgr_overlay_told_destroy(&told);
    fgr_cli_close_image(&image);
    return status;
}
