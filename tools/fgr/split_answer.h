/* SPDX-License-Identifier: MIT */
/*
 * split_answer.h - one split run and told: the JSON object that split and batch --mode split print.
 * It is that of answer.h with several parts, and beside it:
 *
 *     "rounding_msat"                       what rounding down can save: cost >= bound - rounding
 *     "stats": {..., "rounds", "paths"}     searches for a further path, and how many were kept
 *     "mpp", "amp", "parts"[i]...           as in envelope.h, where wanted
 *     "choice" or "points"                  as in wish.h, where wanted
 *
 * Where there is no route, `reason` has "proven" (a boolean), what was counted for one part, and
 * what the parts would need; with the cut where it is wanted.
 *
 * Place in the flow: view + query -> split_answer -> JSON.
 *
 * Threads: one thread per answer and splitter; answers share a view.
 */
#ifndef FGR_TOOLS_SPLIT_ANSWER_H
#define FGR_TOOLS_SPLIT_ANSWER_H

#include "fulgurite/split.h"
#include "graph/util/json.h"
#include "tools/fgr/answer.h"
#include "tools/fgr/envelope.h"
#include "tools/fgr/shortfall.h"
#include "tools/fgr/wish.h"

struct fgr_split_answer {
    const struct fgr_view *view;
    struct fgr_split_query query;
    enum fgr_err code;        /* OK, NO_ROUTE, or an error as in `error` */
    struct fgr_split split;   /* its parts are the splitter's */
    struct fgr_shortfall why; /* where there is no route; its cut is the splitter's */
    struct fgr_error error;
    uint64_t elapsed_ns; /* of the split, without the reasons */
};

/* Looks both ends up, as people name them. Needs `view` and the overlay of `query`; fills the rest of that, `code` and `error` (UNKNOWN,
 * AMBIGUOUS). */
void fgr_split_answer_find_nodes(struct fgr_split_answer *answer, const char *from, const char *to);

/* Runs the query and takes the time; where nothing is found, proven or not, `code` is NO_ROUTE and
 * `why` says why. */
void fgr_split_answer_run(struct fgr_split_answer *answer, struct fgr_splitter *splitter);

/* The same for a wish; the query becomes that of the answer (not of a curve). Where sets of parts were
 * found, but none as wished, `code` is NO_ROUTE and the reason's is "not_met". */
void fgr_split_answer_wish(struct fgr_split_answer *answer, struct fgr_splitter *splitter,
                           struct fgr_wish *wish);

/* Why there is no route, as one sentence for a person. */
void fgr_split_answer_text(char *out_text, size_t n_bytes, const struct fgr_split_answer *answer);

/* What the shortfall counted, beside fgr_answer_counters of `single`. */
#define FGR_SPLIT_COUNTERS 9
void fgr_split_answer_counters(struct fgr_counter out_counters[FGR_SPLIT_COUNTERS],
                               const struct fgr_shortfall *why);

struct fgr_split_style {
    const char *id;
    size_t n_id;
    const struct fgr_envelope *envelope; /* NULL = none */
    const struct fgr_wish *wish;         /* the same */
    bool has_cut;
};

void fgr_split_answer_json(struct fgr_json_writer *json, const struct fgr_split_answer *answer,
                           const struct fgr_split_style *style);

#endif
