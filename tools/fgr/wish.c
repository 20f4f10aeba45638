/* SPDX-License-Identifier: MIT */
#include "tools/fgr/wish.h"

#include "graph/util/error.h"
#include "graph/util/hash.h"
#include "graph/util/sha256.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/put.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <string.h>

/* What is hashed to a seed of amounts: nothing else that comes from a secret begins so. */
static const char seed_label[] = "fulgurite/denominations";

enum { LABEL_BYTES = sizeof seed_label - 1, SEED_BYTES = 32 };

static enum fgr_err parse_denominations(struct fgr_wish *wish, const char *text,
                                        struct fgr_error *err)
{
    if (strcmp(text, "powers") == 0) {
        wish->how.kind = FGR_DENOMINATION_POWERS;
    } else if (strcmp(text, "unequal") == 0) {
        wish->how.kind = FGR_DENOMINATION_UNEQUAL;
    } else {
        return fgr_fail(err, FGR_ERR_ARG, "--denominations '%.40s' are unknown: powers or unequal",
                        text);
    }
    return FGR_OK;
}

enum fgr_err fgr_wish_init(struct fgr_wish *out_wish, const struct fgr_wish_options *options,
                           struct fgr_error *err)
{
    const struct {
        bool is_given;
        enum fgr_wish_kind kind;
        const char *name;
    } known[] = {
        {options->has_curve, FGR_WISH_CURVE, "--pareto"},
        {options->min_probability != NULL, FGR_WISH_CHEAPEST, "--min-probability"},
        {options->has_most_likely, FGR_WISH_MOST_LIKELY, "--most-likely"},
        {options->fewest_parts != NULL, FGR_WISH_FEWEST_PARTS, "--fewest-parts"},
        {options->has_receiver_pays, FGR_WISH_RECEIVER_PAYS, "--receiver-pays"},
        {options->denominations != NULL, FGR_WISH_DENOMINATIONS, "--denominations"},
    };
    const char *first = NULL;
    out_wish->kind = FGR_WISH_NONE;
    out_wish->ppm = 0;
    out_wish->how = (struct fgr_denominations){.seed = 0};
    out_wish->scratch = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].is_given && first != NULL) {
            return fgr_fail(err, FGR_ERR_ARG, "%s and %s exclude each other", first, known[i].name);
        }
        if (known[i].is_given) {
            first = known[i].name;
            out_wish->kind = known[i].kind;
        }
    }
    if (options->denominations != NULL) {
        return parse_denominations(out_wish, options->denominations, err);
    }
    if (options->min_probability != NULL) {
        return fgr_units_parse_share(&out_wish->ppm, options->min_probability, "--min-probability",
                                     err);
    }
    return options->fewest_parts == NULL
               ? FGR_OK
               : fgr_units_parse_share(&out_wish->ppm, options->fewest_parts, "--fewest-parts",
                                       err);
}

bool fgr_wish_draws(const struct fgr_wish *wish)
{
    return wish->kind == FGR_WISH_DENOMINATIONS && wish->how.kind == FGR_DENOMINATION_UNEQUAL;
}

enum fgr_err fgr_wish_seed(struct fgr_wish *wish, const uint8_t *seed, struct fgr_error *err)
{
    uint8_t input[LABEL_BYTES + SEED_BYTES];
    uint8_t hash[SEED_BYTES];
    struct fgr_sha256 sha;
    if (seed == NULL) {
        return fgr_random_bytes(&wish->how.seed, sizeof wish->how.seed, err);
    }
    enum fgr_err code = fgr_sha256_init(&sha, err);
    if (code != FGR_OK) {
        return code;
    }
    memcpy(input, seed_label, LABEL_BYTES);
    memcpy(input + LABEL_BYTES, seed, SEED_BYTES);
    code = fgr_sha256(&sha, hash, input, sizeof input, err);
    fgr_sha256_deinit(&sha);
    wish->how.seed = 0;
    for (size_t i = 0; code == FGR_OK && i < sizeof wish->how.seed; i++) {
        wish->how.seed = wish->how.seed << 8 | hash[i]; /* the same on any machine */
    }
    return code;
}

void fgr_wish_deinit(struct fgr_wish *wish)
{
    fgr_choice_scratch_destroy(wish->scratch);
    wish->scratch = NULL;
}

enum fgr_err fgr_wish_run(struct fgr_wish *wish, const struct fgr_view *view,
                          const struct fgr_split_query *query, struct fgr_error *err)
{
    enum fgr_err code = fgr_choice_scratch_create(&wish->scratch, view, NULL, err);
    if (code != FGR_OK) {
        return code;
    }
    struct fgr_choice_scratch *scratch = wish->scratch;
    switch (wish->kind) {
    case FGR_WISH_CURVE:
        return fgr_choice_curve(scratch, &wish->curve, view, query, err);
    case FGR_WISH_CHEAPEST:
        return fgr_choice_cheapest(scratch, &wish->choice, view, query, wish->ppm, err);
    case FGR_WISH_MOST_LIKELY:
        return fgr_choice_most_likely(scratch, &wish->choice, view, query, err);
    case FGR_WISH_FEWEST_PARTS:
        return fgr_choice_fewest_parts(scratch, &wish->choice, view, query, wish->ppm, err);
    case FGR_WISH_RECEIVER_PAYS:
        return fgr_choice_receiver_pays(scratch, &wish->choice, view, query, err);
    case FGR_WISH_DENOMINATIONS:
        return fgr_choice_denominations(scratch, &wish->choice, view, query, &wish->how, err);
    case FGR_WISH_NONE:
        break;
    }
    return fgr_fail(err, FGR_ERR_ARG, "there is no wish");
}

static const char *name_of(const struct fgr_wish *wish)
{
    switch (wish->kind) {
    case FGR_WISH_DENOMINATIONS:
        return fgr_wish_draws(wish) ? "unequal" : "powers";
    case FGR_WISH_CHEAPEST:
        return "min_probability";
    case FGR_WISH_MOST_LIKELY:
        return "most_likely";
    case FGR_WISH_FEWEST_PARTS:
        return "fewest_parts";
    case FGR_WISH_RECEIVER_PAYS:
        return "receiver_pays";
    case FGR_WISH_CURVE:
    case FGR_WISH_NONE:
        break;
    }
    return "";
}

void fgr_wish_put(struct fgr_json_writer *json, const struct fgr_wish *wish)
{
    const struct fgr_choice *choice = &wish->choice;
    fgr_json_key(json, "choice");
    fgr_json_object_begin(json);
    fgr_put_text(json, "kind", name_of(wish));
    fgr_put_u64(json, "fail_msat", choice->fail.v);
    fgr_put_u64(json, "solves", choice->n_solves);
    fgr_put_u64(json, "price_msat", choice->price.v);
    if (wish->kind == FGR_WISH_CHEAPEST) {
        fgr_put_u64(json, "wanted_ppm", wish->ppm);
        fgr_put_u64(json, "price_bound_msat", choice->price_bound.v);
    } else if (wish->kind == FGR_WISH_MOST_LIKELY) {
        fgr_json_key(json, "probability_bound");
        /* Rounded up in the digits that are shown, as a bound must be. */
        double bound = choice->probability_bound + 0.5e-6;
        fgr_json_double(json, bound < 1 ? bound : 1, 6);
    } else if (wish->kind == FGR_WISH_FEWEST_PARTS) {
        fgr_put_u64(json, "tolerance_ppm", wish->ppm);
        fgr_put_u64(json, "parts_bound", choice->parts_bound);
    } else if (wish->kind == FGR_WISH_RECEIVER_PAYS) {
        fgr_put_u64(json, "left_msat", choice->left.v);
    } else if (!fgr_wish_draws(wish)) {
        fgr_put_u64(json, "rest_msat", choice->rest.v);
    }
    fgr_json_object_end(json);
}

void fgr_wish_print(const struct fgr_wish *wish)
{
    const struct fgr_choice *choice = &wish->choice;
    char price[FGR_UNITS_TEXT_BYTES];
    char bound[FGR_UNITS_TEXT_BYTES];
    switch (wish->kind) {
    case FGR_WISH_CHEAPEST:
        printf("choice       fee and risk %s msat; none so probable is below %s msat\n",
               fgr_units_grouped(price, choice->price.v),
               fgr_units_grouped(bound, choice->price_bound.v));
        break;
    case FGR_WISH_MOST_LIKELY:
        printf("choice       within this fee none is above %.2f %%\n",
               100 * choice->probability_bound);
        break;
    case FGR_WISH_FEWEST_PARTS:
        printf("choice       within the tolerance none has fewer than %" PRIu32 " part%s\n",
               choice->parts_bound, choice->parts_bound == 1 ? "" : "s");
        break;
    case FGR_WISH_RECEIVER_PAYS:
        printf("choice       the receiver bears the fee; %s msat left\n",
               fgr_units_grouped(price, choice->left.v));
        break;
    case FGR_WISH_DENOMINATIONS:
        if (fgr_wish_draws(wish)) {
            printf("choice       no two amounts are alike\n");
        } else if (choice->rest.v == 0) {
            printf("choice       all amounts are powers of two\n");
        } else {
            printf("choice       powers of two; the last part has the rest, %s msat\n",
                   fgr_units_grouped(price, choice->rest.v));
        }
        break;
    case FGR_WISH_CURVE:
    case FGR_WISH_NONE:
        break;
    }
}

void fgr_wish_print_curve(const struct fgr_wish *wish, bool has_color)
{
    const struct fgr_curve *curve = &wish->curve;
    char text[FGR_UNITS_TEXT_BYTES];
    struct fgr_grid grid;
    fgr_grid_init(&grid, "rrrrrr");
    fgr_grid_add(&grid, "fee msat");
    fgr_grid_add(&grid, "prob %%");
    fgr_grid_add(&grid, "parts");
    fgr_grid_add(&grid, "price of failure msat");
    fgr_grid_add(&grid, "cost msat");
    fgr_grid_add(&grid, "bound msat");
    for (uint32_t i = 0; i < curve->n_points; i++) {
        const struct fgr_choice *point = &curve->point[i];
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, point->split.fee.v));
        fgr_grid_add(&grid, "%.2f", 100 * point->split.probability);
        fgr_grid_add(&grid, "%" PRIu32, point->split.n_parts);
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, point->fail.v));
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, point->split.cost.v));
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, point->split.bound.v));
    }
    fgr_grid_print(&grid, stdout, has_color);
}
