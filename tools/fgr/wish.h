/* SPDX-License-Identifier: MIT */
/*
 * wish.h - what else than the least cost a sender may want of a split, in options, run and told. In
 * JSON a wish adds to the answer
 *
 *     "choice": {"kind", "fail_msat", "solves", ...}    as in README.md
 *
 * or, for the curve, has "points" instead of one set of parts.
 *
 * Place in the flow: options + query -> fulgurite/choice.h -> split_answer, terminal.
 *
 * Threads: one thread per wish.
 */
#ifndef FGR_TOOLS_WISH_H
#define FGR_TOOLS_WISH_H

#include "fulgurite/choice.h"
#include "graph/util/json.h"

enum fgr_wish_kind {
    FGR_WISH_NONE = 0,
    FGR_WISH_CURVE,
    FGR_WISH_CHEAPEST,
    FGR_WISH_MOST_LIKELY,
    FGR_WISH_FEWEST_PARTS,
    FGR_WISH_RECEIVER_PAYS,
    FGR_WISH_DENOMINATIONS
};

/* The options as they were given. */
struct fgr_wish_options {
    const char *min_probability; /* NULL = not given, as below */
    const char *fewest_parts;
    const char *denominations;
    bool has_curve;
    bool has_most_likely;
    bool has_receiver_pays;
};

struct fgr_wish {
    enum fgr_wish_kind kind;
    uint32_t ppm; /* CHEAPEST: the least probability; FEWEST_PARTS: the tolerance */
    struct fgr_denominations how;
    struct fgr_choice_scratch *scratch;
    struct fgr_choice choice; /* the answer, unless it is the curve */
    struct fgr_curve curve;
};

/* Errors: ARG (more than one wish, a share that is none, denominations that are unknown). */
FGR_NODISCARD enum fgr_err fgr_wish_init(struct fgr_wish *out_wish,
                                         const struct fgr_wish_options *options,
                                         struct fgr_error *err);

/* Whether amounts are to be drawn; and from what: 32 secret bytes, which amounts do not tell, or NULL
 * = the system's generator. Errors: MEMORY, IO (no random bytes, no hash). */
bool fgr_wish_draws(const struct fgr_wish *wish);
FGR_NODISCARD enum fgr_err fgr_wish_seed(struct fgr_wish *wish, const uint8_t *seed,
                                         struct fgr_error *err);

void fgr_wish_deinit(struct fgr_wish *wish);

/* Asks for it. Errors: MEMORY, those of fulgurite/choice.h. */
FGR_NODISCARD enum fgr_err fgr_wish_run(struct fgr_wish *wish, const struct fgr_view *view,
                                        const struct fgr_split_query *query, struct fgr_error *err);

/* The member "choice" of an answer. */
void fgr_wish_put(struct fgr_json_writer *json, const struct fgr_wish *wish);

/* The last line of a table. */
void fgr_wish_print(const struct fgr_wish *wish);

/* The table of the curve. */
void fgr_wish_print_curve(const struct fgr_wish *wish, bool has_color);

#endif
