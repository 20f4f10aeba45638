/* SPDX-License-Identifier: MIT */
/*
 * intake.h - messages go in, views come out: the network kept live by its one writer.
 *
 * Place in the flow: feed -> intake (rules, verify, rules, translate, master, publish) -> readers.
 *
 *     fgr_intake_create(&intake, view, &options, &err);
 *     while (...) {
 *         fgr_feed_read(feed, &batch, wait_ms, &err);
 *         fgr_intake_take(intake, batch.entries, batch.n_entries, &err);
 *         if (batch.n_entries == 0) {
 *             fgr_intake_settle(intake, &err);
 *         }
 *     }
 *
 * Signatures are checked on other threads while more messages are looked at; what is proven is
 * applied in the order of arrival. Readers see it after FGR_INTAKE_SHOW_NS at the latest while
 * messages keep coming, and at once when none is at hand.
 *
 * The height of the chain is not told: it is taken from the channels that are accepted, which have
 * to be six blocks deep. So a channel that was spent stays for at least 72 blocks.
 *
 * Threads: one thread, the writer; readers are of any thread (graph/publish.h), and the verifier has
 * workers of its own.
 * Memory: with the network. What is under way is bounded: a full verifier makes fgr_intake_take wait.
 */
#ifndef FGR_GRAPH_INTAKE_H
#define FGR_GRAPH_INTAKE_H

#include "graph/feed.h"
#include "graph/publish.h"
#include "graph/rules.h"

/* While messages keep coming, as long as this passes from one view to the next: soon enough for
 * anybody who routes, and seldom enough that pages are not copied for each message. */
#define FGR_INTAKE_SHOW_NS UINT64_C(2000000)

struct fgr_intake;

struct fgr_intake_options {
    struct fgr_rules_options rules;
    struct fgr_verify_options verify; /* n_batches is chosen here */
    uint32_t max_readers;
    uint32_t now_s; /* seconds since 1970 */
};

/* Goes on from an image's view, which is not needed any longer then, or with NULL from an empty
 * network. Errors: ARG, MEMORY, LIMIT, IO (no thread, no random bytes). */
enum fgr_err fgr_intake_create(struct fgr_intake **out_intake, const struct fgr_view *view,
                               const struct fgr_intake_options *options, struct fgr_error *err);
/* All readers have left. What is under way is dropped. NULL is allowed. */
void fgr_intake_destroy(struct fgr_intake *intake);

/* Where readers join. */
struct fgr_publish *fgr_intake_publish(const struct fgr_intake *intake);

/* The time is now; an earlier one is ignored. Once an hour channels of which nothing was heard for
 * two weeks go. Errors: as fgr_intake_take. */
enum fgr_err fgr_intake_set_time(struct fgr_intake *intake, uint32_t now_s, struct fgr_error *err);

/* Takes what a feed gave. A message that is refused is counted and no error. Errors: MEMORY, LIMIT;
 * the network may lack a change then: readers keep their views, but the intake is only good for
 * fgr_intake_destroy. */
enum fgr_err fgr_intake_take(struct fgr_intake *intake, const struct fgr_feed_entry *entries,
                             size_t n_entries, struct fgr_error *err);

/* Waits until all that was taken is decided, applied and shown: when nothing else is at hand. Errors:
 * as fgr_intake_take. */
enum fgr_err fgr_intake_settle(struct fgr_intake *intake, struct fgr_error *err);

struct fgr_intake_figures {
    uint64_t entries;  /* taken */
    uint64_t verdicts; /* messages whose signatures were looked at */
    uint64_t signatures;
    uint64_t rules[FGR_RULES]; /* what became of the messages */
    uint64_t applied;          /* changes */
    uint64_t contradictions;   /* accepted, and yet impossible in this network: not applied */
    uint64_t splices;          /* channels that continue a spent one */
    uint64_t dying;            /* channels whose output was spent */
    uint64_t closed;           /* that time, or removed by the source */
    uint64_t pruned;
    uint64_t views;       /* shown */
    uint64_t shown_ns;    /* when, by fgr_clock_ns */
    uint64_t n_under_way; /* messages in the verifier */
};

void fgr_intake_figures(const struct fgr_intake *intake, struct fgr_intake_figures *out_figures);

#endif
