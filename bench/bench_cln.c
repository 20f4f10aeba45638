/* SPDX-License-Identifier: MIT */
/*
 * bench_cln [--pairs N] [--parts N] [--min-part MSAT] [--gap PPM] [--json]: what Core Lightning's solvers answered to
 * the recorded queries, row by row against the answers here, under the common cost model. Nothing is
 * timed.
 *
 * Its record tells of each answer the fee, the probability (six digits) and the delay of the slowest
 * part. So of one part the cost is known but for rounding. Of several the timelock risk is only known
 * to lie between none and that of all of the amount as slow as the slowest part: the row is open
 * where the cost here lies between the two. How much dearer it could be here at most follows from
 * the bound for sets of as many parts, which Core Lightning's set is one of. Asked is for up to 100
 * parts of a satoshi or more, as there; with --parts 16 --min-part 10000000, which is what fgr split
 * does by itself, its set may be one that is not allowed here.
 *
 * Without the risk nearly every row is decided: the same query with the risk at 0, against fee and
 * failure as recorded. (Its plain Dijkstra was recorded without a probability.)
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cln.h"
#include "bench/harness.h"
#include "bench/pairs.h"
#include "fulgurite/split.h"

/* The limits that were set there, or none. */
#define CLN_PARTS_MAX 100
#define CLN_PART_MIN_MSAT 1000

/* Half of the last digit of a recorded probability. */
#define PROBABILITY_HALF 5e-7

/* What rounding and the six digits leave open of a cost that is known: a share, and of 20 hops. */
#define KNOWN_SHARE 1e-5
#define KNOWN_MSAT 40.0

static const char *const solvers[] = {FGR_CLN_SPLIT, FGR_CLN_ROUTE};
static const char *const sets[] = {"funded", "uniform"};
static const uint64_t amounts_sat[] = {1000, 100000, 1000000, 10000000};

enum { N_SOLVERS = 2, N_SETS = 2, N_AMOUNTS = 4, ROWS_MAX = N_SOLVERS * N_SETS * N_AMOUNTS };

/* The cost of an answer here against one there. */
struct verdicts {
    uint64_t cheaper;
    uint64_t equal;
    uint64_t dearer;
    uint64_t open;
};

struct summary {
    const char *solver;
    const char *set;
    uint64_t amount_sat;
    uint64_t n;
    uint64_t n_only_here;
    uint64_t n_only_there;
    struct verdicts whole;
    struct verdicts recorded;     /* by what was recorded alone */
    double worst_ppm;             /* no answer is dearer by more */
    struct fgr_samples there_ppm; /* the least that it costs there, of the cost here */
};

/* What a set of parts costs there, as far as is known. */
struct range {
    double low_msat;
    double high_msat;
};

struct bench {
    struct fgr_dataset dataset;
    struct fgr_pairs pairs;
    struct fgr_cln cln;
    struct fgr_split_scratch *scratch;
    uint64_t n_pairs_max;
    uint32_t max_parts;
    uint64_t min_part_msat;
    uint32_t max_gap_ppm;
    uint32_t n_rows;
    struct summary row[ROWS_MAX];
};

/* ---- the cost there ------------------------------------------------------------------------- */

static struct range range_of(const struct fgr_split_query *query, const struct fgr_cln_row *row)
{
    double amount_msat = (double)query->amount.v;
    double fail_msat = (double)query->cost.fail_base_msat +
                       amount_msat * (double)query->cost.fail_amount_ppm * 1e-6;
    double slowest = (double)row->worst_delay_blocks * (double)query->cost.risk_ppb * 1e-9;
    double fee_msat = (double)row->fee_msat;
    struct range range = {fee_msat, fee_msat + (amount_msat + fee_msat) * slowest};
    if (row->n_parts == 1) {
        range.low_msat += amount_msat * slowest;
    }
    double least = row->probability - PROBABILITY_HALF;
    range.low_msat -= fail_msat * log(fmin(row->probability + PROBABILITY_HALF, 1.0));
    range.high_msat += least > 0 ? -fail_msat * log(least) : (double)INFINITY;
    return range;
}

static void judge(struct verdicts *verdicts, const struct range *range, double cost_msat)
{
    double known_msat = KNOWN_MSAT + cost_msat * KNOWN_SHARE;
    if (range->high_msat - range->low_msat <= known_msat &&
        fabs(cost_msat - range->low_msat) <= known_msat) {
        verdicts->equal++;
    } else if (cost_msat <= range->low_msat) {
        verdicts->cheaper++;
    } else if (cost_msat > range->high_msat) {
        verdicts->dearer++;
    } else {
        verdicts->open++;
    }
}

/* ---- both ----------------------------------------------------------------------------------- */

static bool solve(struct bench *bench, struct fgr_split *out_split,
                  const struct fgr_split_query *query)
{
    struct fgr_error err;
    enum fgr_err code = fgr_split(bench->scratch, out_split, bench->dataset.view, query, &err);
    if (code != FGR_OK && code != FGR_ERR_NO_ROUTE && code != FGR_ERR_WORK) {
        fgr_bench_fail("%s", err.text);
    }
    if (code == FGR_OK && fgr_split_check(bench->dataset.view, query, out_split, &err) != FGR_OK) {
        fgr_bench_fail("%" PRIu64 " msat: %s", query->amount.v, err.text);
    }
    return code == FGR_OK;
}

/* The least that the recorded set can cost, by the bounds of all sets of as many parts, and of all. */
static double least_of(struct bench *bench, const struct fgr_split_query *query,
                       const struct fgr_cln_row *row)
{
    const uint32_t n_parts[] = {row->n_parts, CLN_PARTS_MAX};
    double least_msat = range_of(query, row).low_msat;
    for (unsigned i = 0; i < 2; i++) {
        struct fgr_split_query any = *query;
        struct fgr_split best;
        any.max_parts = n_parts[i];
        any.min_part.v = i == 0 ? 1 : CLN_PART_MIN_MSAT;
        any.max_gap_ppm = 0;
        if (solve(bench, &best, &any)) {
            least_msat = fmax(least_msat, (double)best.bound.v - (double)best.rounding.v);
        }
    }
    return least_msat;
}

/* By how much the answer can be dearer than the recorded one, where it is not known to be no dearer. */
static void note_worst(struct bench *bench, struct summary *s, const struct fgr_split_query *query,
                       const struct fgr_cln_row *row, double cost_msat)
{
    if (cost_msat > range_of(query, row).low_msat * (1 + KNOWN_SHARE) + KNOWN_MSAT) {
        s->worst_ppm = fmax(s->worst_ppm, (cost_msat / least_of(bench, query, row) - 1) * 1e6);
    }
}

static void compare(struct bench *bench, struct summary *s, const struct fgr_pair *pair,
                    const struct fgr_cln_row *row)
{
    struct fgr_split_query query;
    struct fgr_split split;
    fgr_split_query_init(&query, (fgr_node_idx){pair->from}, (fgr_node_idx){pair->to},
                         (fgr_msat){s->amount_sat * 1000});
    query.min_part.v =
        bench->min_part_msat < query.amount.v / 2 ? bench->min_part_msat : query.amount.v / 2;
    query.max_parts = strcmp(s->solver, FGR_CLN_SPLIT) == 0 ? bench->max_parts : 1;
    query.max_gap_ppm = bench->max_gap_ppm;
    s->n++;
    bool is_found = solve(bench, &split, &query);
    s->n_only_here += is_found && !row->is_found;
    s->n_only_there += !is_found && row->is_found;
    if (!is_found || !row->is_found) {
        return;
    }
    struct range range = range_of(&query, row);
    double cost_msat = (double)split.cost.v;
    judge(&s->whole, &range, cost_msat);
    note_worst(bench, s, &query, row, cost_msat);
    if (range.low_msat > 0) {
        fgr_samples_add(&s->there_ppm, (uint64_t)(range.low_msat / fmax(cost_msat, 1) * 1e6));
    }
    query.cost.risk_ppb = 0;
    if (solve(bench, &split, &query)) {
        range = range_of(&query, row);
        judge(&s->recorded, &range, (double)split.cost.v);
    }
}

static void compare_amount(struct bench *bench, const char *solver, const char *set,
                           uint64_t amount_sat)
{
    struct summary *s = &bench->row[bench->n_rows++];
    *s = (struct summary){.solver = solver, .set = set, .amount_sat = amount_sat};
    for (size_t i = 0; i < bench->pairs.n && s->n < bench->n_pairs_max; i++) {
        const struct fgr_pair *pair = &bench->pairs.pair[i];
        const struct fgr_cln_row *row = fgr_cln_find(&bench->cln, set, pair->number, amount_sat);
        if (strcmp(pair->set, set) == 0 && row != NULL) {
            compare(bench, s, pair, row);
        }
    }
}

/* ---- showing -------------------------------------------------------------------------------- */

static void print_table(struct bench *bench)
{
    printf("%-19s %-7s %8s | %4s %5s %5s | %7s %5s %6s %4s %10s | %7s %5s %6s %4s | %8s\n",
           "solver", "pairs", "sat", "n", "+here", "+CLN", "cheaper", "equal", "dearer", "open",
           "worst ppm", "cheaper", "equal", "dearer", "open", "its cost");
    for (uint32_t i = 0; i < bench->n_rows; i++) {
        struct summary *s = &bench->row[i];
        const struct verdicts *whole = &s->whole;
        const struct verdicts *recorded = &s->recorded;
        printf("%-19s %-7s %8" PRIu64 " | %4" PRIu64 " %5" PRIu64 " %5" PRIu64 " | %7" PRIu64
               " %5" PRIu64 " %6" PRIu64 " %4" PRIu64 " %10.1f | %7" PRIu64 " %5" PRIu64
               " %6" PRIu64 " %4" PRIu64 " | %7.3fx\n",
               s->solver, s->set, s->amount_sat, s->n, s->n_only_here, s->n_only_there,
               whole->cheaper, whole->equal, whole->dearer, whole->open, s->worst_ppm,
               recorded->cheaper, recorded->equal, recorded->dearer, recorded->open,
               (double)fgr_samples_quantile(&s->there_ppm, 0.5) / 1e6);
    }
    printf(
        "\n+here, +CLN: only one of them has an answer. Then: the cost here against that there, "
        "fee, risk and failure; how much dearer it can be at most where it is not known to be no "
        "dearer, by the bound; the same without the risk, by what was recorded. its cost: the "
        "least that it can be, median, in ours.\n");
}

static void add_verdicts(struct fgr_json_writer *json, const char *key,
                         const struct verdicts *verdicts)
{
    fgr_json_key(json, key);
    fgr_json_object_begin(json);
    fgr_member_u64(json, "cheaper", verdicts->cheaper);
    fgr_member_u64(json, "equal", verdicts->equal);
    fgr_member_u64(json, "dearer", verdicts->dearer);
    fgr_member_u64(json, "open", verdicts->open);
    fgr_json_object_end(json);
}

static void print_json(struct bench *bench)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    fgr_json_object_begin(&json);
    fgr_member_text(&json, "bench", "cln");
    fgr_member_u64(&json, "max_parts", bench->max_parts);
    fgr_member_u64(&json, "min_part_msat", bench->min_part_msat);
    fgr_member_u64(&json, "max_gap_ppm", bench->max_gap_ppm);
    fgr_json_key(&json, "rows");
    fgr_json_array_begin(&json);
    for (uint32_t i = 0; i < bench->n_rows; i++) {
        struct summary *s = &bench->row[i];
        fgr_json_object_begin(&json);
        fgr_member_text(&json, "solver", s->solver);
        fgr_member_text(&json, "set", s->set);
        fgr_member_u64(&json, "amount_sat", s->amount_sat);
        fgr_member_u64(&json, "queries", s->n);
        fgr_member_u64(&json, "only_here", s->n_only_here);
        fgr_member_u64(&json, "only_there", s->n_only_there);
        add_verdicts(&json, "cost", &s->whole);
        fgr_member_double(&json, "dearer_at_most_ppm", s->worst_ppm);
        add_verdicts(&json, "recorded", &s->recorded);
        fgr_member_u64(&json, "its_cost_p50_ppm", fgr_samples_quantile(&s->there_ppm, 0.5));
        fgr_json_object_end(&json);
    }
    fgr_json_array_end(&json);
    fgr_json_object_end(&json);
    fgr_bench_print_json(&json);
}

static void compare_all(struct bench *bench)
{
    for (int solver = 0; solver < N_SOLVERS; solver++) {
        fgr_cln_load(&bench->cln, solvers[solver]);
        for (int set = 0; set < N_SETS; set++) {
            for (int amount = 0; amount < N_AMOUNTS; amount++) {
                compare_amount(bench, solvers[solver], sets[set], amounts_sat[amount]);
            }
        }
        fgr_cln_free(&bench->cln);
    }
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct fgr_error err;
    bench.n_pairs_max = fgr_bench_number(argc, argv, "--pairs", 1000);
    bench.max_parts = (uint32_t)fgr_bench_number(argc, argv, "--parts", CLN_PARTS_MAX);
    bench.min_part_msat = fgr_bench_number(argc, argv, "--min-part", CLN_PART_MIN_MSAT);
    bench.max_gap_ppm = (uint32_t)fgr_bench_number(argc, argv, "--gap", FGR_SPLIT_GAP_DEFAULT_PPM);
    if (bench.max_parts < 1 || bench.max_parts > FGR_PARTS_MAX) {
        fgr_bench_fail("--parts %" PRIu32 ": must be 1 to %d", bench.max_parts, FGR_PARTS_MAX);
    }
    if (fgr_dataset_open(&bench.dataset, &err) != FGR_OK ||
        fgr_split_scratch_create(&bench.scratch, bench.dataset.view, NULL, &err) != FGR_OK) {
        fgr_bench_fail("%s", err.text);
    }
    if (bench.dataset.is_snapshot) {
        fgr_pairs_load(&bench.pairs, &bench.dataset);
        compare_all(&bench);
    }
    if (fgr_bench_has_flag(argc, argv, "--json")) {
        print_json(&bench);
    } else {
        print_table(&bench);
    }
    for (uint32_t i = 0; i < bench.n_rows; i++) {
        fgr_samples_free(&bench.row[i].there_ppm);
    }
    fgr_pairs_free(&bench.pairs);
    fgr_split_scratch_destroy(bench.scratch);
    fgr_dataset_close(&bench.dataset);
    return 0;
}
