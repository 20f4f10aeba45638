/* SPDX-License-Identifier: MIT */
#include "tools/fgr/gossip_follow.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "graph/feed_redis/feed_redis.h"
#include "graph/feed_store.h"
#include "graph/intake.h"
#include "graph/live.h"
#include "graph/util/clock.h"
#include "graph/util/json.h"
#include "tools/fgr/gossip_publish.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/put.h"
#include "tools/fgr/redis_option.h"
#include "tools/fgr/text.h"
#include "tools/fgr/units.h"

#define LINE_NS UINT64_C(1000000000)

enum { WAIT_MS = 100, QUIET_WAITS = 10, REFUSED_TEXT_BYTES = 512 };

/* Mainnet's, as messages carry it. */
static const uint8_t chain_hash[FGR_CHAIN_HASH_BYTES] = {
    0x6f, 0xe2, 0x8c, 0x0a, 0xb6, 0xf1, 0xb3, 0x72, 0xc1, 0xa6, 0xa2, 0x46, 0xae, 0x63, 0xf7, 0x4f,
    0x93, 0x1e, 0x83, 0x65, 0xe1, 0x5a, 0x08, 0x9c, 0x68, 0xd6, 0x19, 0x00, 0x00, 0x00, 0x00, 0x00};

struct follow {
    const struct fgr_gossip_follow *args;
    const char *input; /* the file, or the stream */
    struct fgr_redis_option redis;
    struct fgr_feed *feed;
    struct fgr_intake *intake;
    struct fgr_reader reader;
    sigset_t signals; /* that end it: blocked, and asked for */
    bool is_terminal;
    unsigned n_quiet; /* waits without an entry, one after the other */
    uint64_t start_ns;
    uint64_t line_ns;                  /* of the last line */
    struct fgr_intake_figures at_line; /* then */
};

/* ---- words ------------------------------------------------------------------------------------ */

/* Waiting is no refusal. */
static bool is_refusal(unsigned rule)
{
    return rule != FGR_RULE_ACCEPTED && rule != FGR_RULE_WAITS;
}

/* ", refused: stale 12, forged 3"; nothing where there are none. */
static void list_refusals(char out_text[REFUSED_TEXT_BYTES],
                          const struct fgr_intake_figures *figures)
{
    size_t n = 0;
    const char *before = ", refused: ";
    out_text[0] = '\0';
    for (unsigned i = 0; i < FGR_RULES; i++) {
        if (is_refusal(i) && figures->rules[i] != 0) {
            int len = snprintf(out_text + n, REFUSED_TEXT_BYTES - n, "%s%s %" PRIu64, before,
                               fgr_rule_str((enum fgr_rule)i), figures->rules[i]);
            n += len > 0 && n + (size_t)len < REFUSED_TEXT_BYTES ? (size_t)len : 0;
            before = ", ";
        }
    }
}

/* Per second, since the last line. */
static uint64_t rate(uint64_t now, uint64_t before, uint64_t elapsed_ns)
{
    return elapsed_ns == 0 ? 0 : (now - before) * 1000 / (elapsed_ns / 1000000 + 1);
}

/* One line on standard error; on a terminal in place of the one before. */
static void print_line(struct follow *follow, uint64_t now_ns)
{
    struct fgr_intake_figures figures;
    struct fgr_feed_figures feed;
    char refused[REFUSED_TEXT_BYTES];
    char trouble[FGR_TEXT_CLEAN_BYTES(FGR_FEED_TROUBLE_BYTES)];
    uint64_t elapsed_ns = now_ns - follow->line_ns;
    fgr_intake_figures(follow->intake, &figures);
    fgr_feed_figures(follow->feed, &feed);
    list_refusals(refused, &figures);
    fgr_text_clean(trouble, sizeof trouble, feed.trouble, strlen(feed.trouble));
    fprintf(stderr,
            "%s%" PRIu64 " entries/s, %" PRIu64 " verified/s, lag %" PRIu64 ", view %" PRIu64
            " is %" PRIu64 " ms old%s%s%s%s",
            follow->is_terminal ? "\r" : "",
            rate(figures.entries, follow->at_line.entries, elapsed_ns),
            rate(figures.verdicts, follow->at_line.verdicts, elapsed_ns), feed.behind,
            figures.views, (now_ns - figures.shown_ns) / 1000000, refused,
            feed.is_connected ? "" : ", not connected: ", feed.is_connected ? "" : trouble,
            follow->is_terminal ? "\033[K" : "\n");
    fflush(stderr);
    follow->at_line = figures;
    follow->line_ns = now_ns;
}

/* ---- the report ------------------------------------------------------------------------------- */

struct figure {
    const char *key;
    const char *label;
    uint64_t value;
};

#define N_FIGURES 12

static void list_figures(struct figure out_figures[N_FIGURES], struct follow *follow,
                         const struct fgr_intake_figures *figures)
{
    struct fgr_feed_figures feed;
    fgr_feed_figures(follow->feed, &feed);
    const struct fgr_view *view = fgr_reader_acquire(&follow->reader);
    const struct figure list[N_FIGURES] = {
        {"entries", "entries", figures->entries},
        {"passed_over", "passed over: no message in them",
         feed.no_message + feed.garbage + feed.too_large},
        {"verified", "verified messages", figures->verdicts},
        {"signatures", "signatures checked", figures->signatures},
        {"accepted", "accepted messages", figures->rules[FGR_RULE_ACCEPTED]},
        {"applied", "changes of the network", figures->applied},
        {"contradictions", "not applied: impossible in this network", figures->contradictions},
        {"closed", "channels closed", figures->closed},
        {"pruned", "channels not heard of for two weeks", figures->pruned},
        {"views", "views", figures->views},
        {"channels", "channels at the end", view->n_chans - view->live->n_gone},
        {"enabled", "enabled half-channels at the end", view->n_usable},
    };
    fgr_reader_release(&follow->reader);
    memcpy(out_figures, list, sizeof list);
}

static void print_report(struct follow *follow, uint64_t elapsed_ns)
{
    struct fgr_grid grid;
    struct figure list[N_FIGURES];
    struct fgr_intake_figures figures;
    char text[FGR_UNITS_TEXT_BYTES];
    char name[FGR_TEXT_CLEAN_BYTES(256)];
    fgr_intake_figures(follow->intake, &figures);
    list_figures(list, follow, &figures);
    fgr_text_clean(name, sizeof name, follow->input, strlen(follow->input));
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "%s", name);
    fgr_grid_add(&grid, "%s", "");
    for (unsigned i = 0; i < N_FIGURES; i++) {
        fgr_grid_add(&grid, "%s", list[i].label);
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, list[i].value));
    }
    for (unsigned i = 0; i < FGR_RULES; i++) {
        if (is_refusal(i) && figures.rules[i] != 0) {
            fgr_grid_add(&grid, "refused: %s", fgr_rule_str((enum fgr_rule)i));
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, figures.rules[i]));
        }
    }
    fgr_grid_add(&grid, "milliseconds");
    fgr_grid_add(&grid, "%s", fgr_units_grouped(text, elapsed_ns / 1000000));
    fgr_grid_print(&grid, stdout, fgr_cli_has_color(stdout));
}

static enum fgr_exit print_json(struct follow *follow, uint64_t elapsed_ns)
{
    struct fgr_json_writer json;
    struct figure list[N_FIGURES];
    struct fgr_intake_figures figures;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_intake_figures(follow->intake, &figures);
    list_figures(list, follow, &figures);
    fgr_json_object_begin(&json);
    fgr_put_text(&json, "input", follow->input);
    for (unsigned i = 0; i < N_FIGURES; i++) {
        fgr_put_u64(&json, list[i].key, list[i].value);
    }
    fgr_json_key(&json, "refused");
    fgr_json_object_begin(&json);
    for (unsigned i = 0; i < FGR_RULES; i++) {
        if (is_refusal(i)) {
            fgr_put_u64(&json, fgr_rule_str((enum fgr_rule)i), figures.rules[i]);
        }
    }
    fgr_json_object_end(&json);
    fgr_put_u64(&json, "elapsed_ns", elapsed_ns);
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, stdout);
}

/* ---- following -------------------------------------------------------------------------------- */

static uint32_t wall_clock_s(void)
{
    return (uint32_t)time(NULL);
}

/* One batch, or none within the wait. */
static enum fgr_err step(struct follow *follow, struct fgr_error *err)
{
    struct fgr_feed_batch batch;
    struct fgr_intake_figures figures;
    struct fgr_feed_figures feed;
    fgr_intake_figures(follow->intake, &figures);
    bool may_wait = figures.n_under_way == 0;
    enum fgr_err code = fgr_feed_read(follow->feed, &batch, may_wait ? WAIT_MS : 0, err);
    if (code != FGR_OK) {
        return code;
    }
    if (batch.n_entries > 0) {
        follow->n_quiet = 0;
        return fgr_intake_take(follow->intake, batch.entries, batch.n_entries, err);
    }
    fgr_feed_figures(follow->feed, &feed);
    follow->n_quiet = feed.is_connected && may_wait ? follow->n_quiet + 1 : 0;
    return fgr_intake_settle(follow->intake, err);
}

static bool is_over(const struct follow *follow)
{
    const struct timespec at_once = {0};
    return (follow->args->until_idle && follow->n_quiet >= QUIET_WAITS) ||
           sigtimedwait(&follow->signals, NULL, &at_once) > 0;
}

static enum fgr_err run(struct follow *follow, struct fgr_error *err)
{
    enum fgr_err code = FGR_OK;
    while (code == FGR_OK && !is_over(follow)) {
        code = step(follow, err);
        uint64_t now_ns = fgr_clock_ns();
        if (code == FGR_OK && now_ns - follow->line_ns >= LINE_NS) {
            code = fgr_intake_set_time(follow->intake, wall_clock_s(), err);
            print_line(follow, now_ns);
        }
    }
    return code == FGR_OK ? fgr_intake_settle(follow->intake, err) : code;
}

/* Follows until the end, and tells what was. */
static enum fgr_exit follow_feed(struct follow *follow)
{
    struct fgr_error err;
    enum fgr_err code = fgr_reader_join(&follow->reader, fgr_intake_publish(follow->intake), &err);
    if (code != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    follow->is_terminal = isatty(STDERR_FILENO) == 1;
    follow->start_ns = fgr_clock_ns();
    follow->line_ns = follow->start_ns;
    code = run(follow, &err);
    if (follow->is_terminal && follow->line_ns != follow->start_ns) {
        fputc('\n', stderr);
    }
    enum fgr_exit status = FGR_EXIT_OK;
    uint64_t elapsed_ns = fgr_clock_ns() - follow->start_ns;
    if (code != FGR_OK) {
        status = fgr_cli_fail(FGR_EXIT_INPUT, "%s: %s", follow->input, err.text);
    } else if (follow->args->has_json) {
        status = print_json(follow, elapsed_ns);
    } else {
        print_report(follow, elapsed_ns);
    }
    fgr_reader_leave(&follow->reader);
    return status;
}

/* ---- what it begins with ---------------------------------------------------------------------- */

static enum fgr_err open_feed(struct follow *follow, struct fgr_error *err)
{
    const struct fgr_gossip_follow *args = follow->args;
    if (args->file != NULL) {
        const struct fgr_cursor from_the_start = {0};
        return fgr_feed_store_open(&follow->feed, args->file, from_the_start, err);
    }
    enum fgr_err code = fgr_redis_option_read(
        &follow->redis, args->redis != NULL ? args->redis : FGR_GOSSIP_REDIS, args->auth, err);
    if (code != FGR_OK) {
        return code;
    }
    const struct fgr_feed_redis_options options = {.server = &follow->redis.server,
                                                   .stream = follow->input};
    return fgr_feed_redis_open(&follow->feed, &options, err);
}

static enum fgr_exit create_intake(struct follow *follow, unsigned threads)
{
    struct fgr_cli_image image = {.view = NULL};
    struct fgr_error err;
    struct fgr_intake_options options = {
        .verify = {.threads = threads, .is_trusted = follow->args->is_trusted},
        .max_readers = 1,
        .now_s = wall_clock_s()};
    memcpy(options.rules.chain_hash, chain_hash, sizeof chain_hash);
    if (follow->args->graph != NULL) {
        enum fgr_exit status = fgr_cli_open_image(&image, follow->args->graph, "-g G.fgr");
        if (status != FGR_EXIT_OK) {
            return status;
        }
    }
    enum fgr_err code = fgr_intake_create(&follow->intake, image.view, &options, &err);
    if (follow->args->graph != NULL) {
        fgr_cli_close_image(&image);
    }
    return code == FGR_OK ? FGR_EXIT_OK : fgr_cli_fail_error(&err);
}

/* From here on Ctrl-C is asked for, also by threads that begin later. */
static void hold_signals(struct follow *follow)
{
    sigemptyset(&follow->signals);
    sigaddset(&follow->signals, SIGINT);
    sigaddset(&follow->signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &follow->signals, NULL);
}

enum fgr_exit fgr_gossip_follow(const struct fgr_gossip_follow *args)
{
    struct follow follow = {.args = args, .input = args->file};
    struct fgr_error err;
    uint64_t threads = 0;
    if (args->file == NULL) {
        follow.input = args->stream != NULL ? args->stream : FGR_GOSSIP_STREAM;
    }
    if (args->threads != NULL && fgr_units_parse_count(&threads, args->threads, "--threads", 1,
                                                       FGR_CLI_THREADS_MAX, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    if (open_feed(&follow, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    hold_signals(&follow);
    enum fgr_exit status = create_intake(&follow, (unsigned)threads);
    if (status == FGR_EXIT_OK) {
        status = follow_feed(&follow);
    }
    fgr_intake_destroy(follow.intake);
    fgr_feed_close(follow.feed);
    return status;
}
