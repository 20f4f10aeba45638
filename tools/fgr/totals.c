/* SPDX-License-Identifier: MIT */
#include "tools/fgr/totals.h"

#include "graph/amount.h"
#include "tools/fgr/cli.h"
#include "tools/fgr/units.h"

#include <inttypes.h>

void fgr_cost_terms_add(struct fgr_cost_terms *terms, const struct fgr_hop *hops, uint32_t n_hops)
{
    for (uint32_t i = 0; i < n_hops; i++) {
        terms->fee_msat += hops[i].fee.v;
        terms->risk_msat += hops[i].risk.v;
        terms->fail_msat += hops[i].fail.v;
        terms->bias_msat += hops[i].bias_msat;
    }
}

static void print_cost(const struct fgr_totals *totals)
{
    char total[FGR_UNITS_TEXT_BYTES];
    char fee[FGR_UNITS_TEXT_BYTES];
    char risk[FGR_UNITS_TEXT_BYTES];
    char fail[FGR_UNITS_TEXT_BYTES];
    printf("cost         %s msat = %s fee + %s timelock risk + %s expected failure",
           fgr_units_grouped(total, totals->cost.v), fgr_units_grouped(fee, totals->terms.fee_msat),
           fgr_units_grouped(risk, totals->terms.risk_msat),
           fgr_units_grouped(fail, totals->terms.fail_msat));
    int64_t bias_msat = totals->terms.bias_msat;
    if (bias_msat != 0) {
        uint64_t size_msat = (uint64_t)(bias_msat < 0 ? -bias_msat : bias_msat);
        printf(" %c %s bias", bias_msat < 0 ? '-' : '+', fgr_units_grouped(total, size_msat));
    }
    printf("\n");
}

static void print_bound(const struct fgr_totals *totals, bool has_color)
{
    char bound[FGR_UNITS_TEXT_BYTES];
    char gap[FGR_UNITS_TEXT_BYTES];
    fgr_units_grouped(bound, totals->bound.v);
    if (totals->gap_ppm == 0) {
        printf("bound        %s msat: %sproven optimal%s\n", bound, has_color ? FGR_CLI_GREEN : "",
               has_color ? FGR_CLI_PLAIN : "");
    } else if (totals->gap_ppm == UINT64_MAX) {
        printf("bound        %s msat: nothing is proven\n", bound);
    } else {
        printf("bound        %s msat: within %s ppm of the best possible\n", bound,
               fgr_units_grouped(gap, totals->gap_ppm));
    }
}

void fgr_totals_print(const struct fgr_totals *totals, bool has_color)
{
    char msat[FGR_UNITS_TEXT_BYTES];
    char sat[FGR_UNITS_TEXT_BYTES];
    char ppm[FGR_UNITS_TEXT_BYTES];
    const fgr_msat fee = {totals->terms.fee_msat};
    uint64_t fee_ppm = fgr_muldiv_floor(fee.v, 1000000, totals->amount.v);
    printf("\nfee          %s msat = %s sat = %s ppm\n", fgr_units_grouped(msat, fee.v),
           fgr_units_sat(sat, fee), fgr_units_grouped(ppm, fee_ppm));
    printf("timelock     %" PRIu32 " blocks, the last %" PRIu32 " for the destination\n",
           totals->cltv_total, totals->final_cltv);
    printf("probability  %.2f %%\n", 100 * totals->probability);
    print_cost(totals);
    print_bound(totals, has_color);
}

void fgr_totals_print_search(uint64_t settled, uint64_t relaxed, uint64_t elapsed_ns)
{
    char text[FGR_UNITS_TEXT_BYTES];
    printf("search       %s nodes settled, ", fgr_units_grouped(text, settled));
    printf("%s half-channels relaxed, ", fgr_units_grouped(text, relaxed));
    printf("%s.%" PRIu64 " us\n", fgr_units_grouped(text, elapsed_ns / 1000),
           elapsed_ns % 1000 / 100);
}
