/* SPDX-License-Identifier: MIT */
/*
 * answer.h - one query run and told: the JSON object that route and batch print.
 *
 * Place in the flow: view + query -> answer -> JSON.
 *
 *     {"id", "status": "ok" | "no_route" | "error", "reason": null | {"code", "text", ...},
 *      "amount_msat", "fee_msat", "cost_msat", "bound_msat", "gap_ppm", "probability",
 *      "parts": [{"amount_msat", "fee_msat", "probability", "cltv_total", "hops": [...]}],
 *      "stats": {"settled", "relaxed", "elapsed_ns"}}
 *
 * Where there is no route, the fields from fee_msat to probability are null and parts is empty. An
 * error has id, status and reason only.
 *
 * Threads: one thread per answer; answers share a view.
 */
#ifndef FGR_TOOLS_ANSWER_H
#define FGR_TOOLS_ANSWER_H

#include "fulgurite/route.h"
#include "graph/util/json.h"

/* Room for the sentence that explains why there is no route. */
#define FGR_ANSWER_TEXT_BYTES 512

struct fgr_answer {
    const struct fgr_view *view;
    struct fgr_route_query query;
    enum fgr_err code; /* OK, NO_ROUTE, or an error as in `error` */
    struct fgr_route route;
    struct fgr_explain explain; /* where there is no route */
    struct fgr_error error;
    uint64_t elapsed_ns;
};

/* Looks both ends of a query up, as people name them. Needs `view` and the other fields of
 * `query`; fills `code` and `error` (UNKNOWN, AMBIGUOUS). */
void fgr_answer_find_nodes(struct fgr_answer *answer, const char *from, const char *to);

/* Runs the query and takes the time. */
void fgr_answer_run(struct fgr_answer *answer, struct fgr_scratch *scratch);

#define FGR_ANSWER_COUNTERS 17

/* What an explanation counted: a JSON key and words for people. */
struct fgr_counter {
    const char *key;
    const char *label;
    uint64_t value;
    bool is_remedy; /* what would work, 0 where that is not known */
};
void fgr_answer_counters(struct fgr_counter out_counters[FGR_ANSWER_COUNTERS],
                         const struct fgr_explain *explain);

void fgr_answer_json(struct fgr_json_writer *json, const struct fgr_answer *answer, const char *id,
                     size_t n_id);

#endif
