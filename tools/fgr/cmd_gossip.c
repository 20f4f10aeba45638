/* SPDX-License-Identifier: MIT */
/*
 * fgr gossip: signed messages as nodes send them. `verify` proves those of a file, `publish` puts them
 * into a Redis stream, `follow` keeps a network live from there.
 */
#include "tools/fgr/cmd.h"

#include "graph/util/json.h"
#include "graph/util/clock.h"
#include "tools/fgr/gossip_follow.h"
#include "tools/fgr/gossip_publish.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/progress.h"
#include "tools/fgr/prove.h"
#include "tools/fgr/put.h"
#include "tools/fgr/text.h"
#include "tools/fgr/units.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum {
    OPTION_THREADS = 256,
    OPTION_JSON,
    OPTION_REDIS,
    OPTION_STREAM,
    OPTION_AUTH,
    OPTION_MAX_ENTRIES,
    OPTION_TRUSTED,
    OPTION_UNTIL_IDLE
};

static const struct argp_option options[] = {
    {"threads", OPTION_THREADS, "N", 0,
     "verify, follow: threads that check signatures (one per core)", 0},
    {"redis", OPTION_REDIS, "ADDRESS", 0,
     "publish, follow: redis://HOST:PORT, unix:///PATH or sentinel://HOST:PORT,.../NAME "
     "(" FGR_GOSSIP_REDIS ")",
     0},
    {"stream", OPTION_STREAM, "KEY", 0, "publish, follow: the stream (" FGR_GOSSIP_STREAM ")", 0},
    {"auth", OPTION_AUTH, "FILE", 0,
     "publish, follow: who logs in: a line, the password, or two, user and password", 0},
    {"max-entries", OPTION_MAX_ENTRIES, "N", 0,
     "publish: trim the stream to about its N newest entries", 0},
    {"graph", 'g', "G.fgr", 0, "follow: begin with this image instead of nothing", 0},
    {"trusted", OPTION_TRUSTED, NULL, 0,
     "follow: take messages without checking signatures, as whoever fills the stream did", 0},
    {"until-idle", OPTION_UNTIL_IDLE, NULL, 0, "follow: end once nothing has come for a second", 0},
    {"json", OPTION_JSON, NULL, 0, "print JSON: a line for each bad message and one at the end", 0},
    {0},
};

static const char doc[] =
    "Gossip of the Lightning Network as its nodes sign it. Actions:\n"
    "\n"
    "  verify FILE   prove every signature, print the messages that do not hold\n"
    "  publish FILE  put the messages into a Redis stream, for those who follow\n"
    "  follow [FILE] keep a network live from the stream, or from a FILE that grows"
    "\v"
    "FILE is Core Lightning's gossip_store or a GSP file (lnresearch/topology), plain or "
    "compressed "
    "with gzip, bzip2, xz or zstd; '-' is standard input. Checked are all four signatures of a "
    "channel_announcement, that of a node_announcement, and that of a channel_update by the node "
    "which the announcement of its channel names; in their low-S form, as nodes send them. Other "
    "snapshots have no signatures.\n"
    "\n"
    "publish does not look at signatures: who follows the stream does. An entry has one message in "
    "field m and, of a channel_announcement, its capacity in field sat where a gossip_store has "
    "it. "
    "User and password may also stand in FGR_REDIS_USER and FGR_REDIS_PASSWORD; the command line "
    "has "
    "no place for them. A connection that is lost is made again; a message may then be there "
    "twice.\n"
    "\n"
    "follow checks every message: its signatures, and whether it is news; one that is refused is "
    "counted "
    "by its reason. It tells on standard error, once a second, how many entries it has read and "
    "messages "
    "it has verified per second, how many entries are still to be read, and how old the newest "
    "view of "
    "the network is; at Ctrl-C it ends and prints the sums. Updates of two weeks ago are old, by "
    "the "
    "clock of this machine, so a file is followed while it is fresh. Only mainnet is followed.\n"
    "\n"
    "Exit status: 0 all are proven or published, or follow was told to end, 2 usage, 3 bad input "
    "or a message that is not "
    "proven, 4 "
    "internal error.\n"
    "\n"
    "Examples:\n"
    "  fgr gossip verify ~/.lightning/bitcoin/gossip_store\n"
    "  fgr gossip publish gossip_store --redis unix:///run/redis/redis.sock\n"
    "  fgr gossip follow --redis unix:///run/redis/redis.sock -g mainnet.fgr\n"
    "  fgr gossip follow ~/.lightning/bitcoin/gossip_store\n"
    "  fgr gossip verify gossip_store --json | jq -c 'select(.verdict == \"forged\")'\n";

struct gossip_args {
    const char *positional[2]; /* action, FILE */
    int n_positional;
    const char *threads;
    const char *redis;
    const char *stream;
    const char *auth;
    const char *max_entries;
    const char *graph;
    bool is_trusted;
    bool until_idle;
    bool has_json;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct gossip_args *args = state->input;
    switch (key) {
    case OPTION_THREADS:
        args->threads = arg;
        break;
    case OPTION_JSON:
        args->has_json = true;
        break;
    case OPTION_REDIS:
        args->redis = arg;
        break;
    case OPTION_STREAM:
        args->stream = arg;
        break;
    case OPTION_AUTH:
        args->auth = arg;
        break;
    case OPTION_MAX_ENTRIES:
        args->max_entries = arg;
        break;
    case 'g':
        args->graph = arg;
        break;
    case OPTION_TRUSTED:
        args->is_trusted = true;
        break;
    case OPTION_UNTIL_IDLE:
        args->until_idle = true;
        break;
    case ARGP_KEY_ARG:
        if (args->n_positional < 2) {
            args->positional[args->n_positional] = arg;
        }
        args->n_positional++;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* ---- a message that does not hold ------------------------------------------------------------ */

struct watch {
    const struct gossip_args *args;
    struct fgr_progress progress;
    struct fgr_source *source;
    struct fgr_json_writer json; /* of one line; only with --json */
    uint64_t n_signatures;       /* seen so far, for the progress */
    enum fgr_exit status;
};

/* What the message is about: a channel or a node. Empty where it does not say. */
static const char *subject_of(char out_text[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)],
                              const struct fgr_verdict *verdict)
{
    const struct fgr_message *message = verdict->message;
    bool is_decoded = verdict->kind != FGR_VERDICT_OTHER_TYPE &&
                      verdict->kind != FGR_VERDICT_SHORT && verdict->kind != FGR_VERDICT_LONG;
    out_text[0] = '\0';
    if (!is_decoded) {
        return out_text;
    }
    if (message->type == FGR_WIRE_NODE_ANNOUNCEMENT) {
        return fgr_text_hex(out_text, message->node.node_id, FGR_NODE_ID_BYTES);
    }
    return fgr_text_scid(out_text, message->type == FGR_WIRE_CHANNEL_UPDATE
                                       ? message->update.scid
                                       : message->channel.scid);
}

/* The rest of a sentence about a message whose signatures are not the reason. */
static const char *reason_of(enum fgr_verdict_kind kind)
{
    switch (kind) {
    case FGR_VERDICT_PROVEN:
        return "is proven";
    case FGR_VERDICT_FORGED:
        return "is forged";
    case FGR_VERDICT_OTHER_TYPE:
        return "is no gossip message";
    case FGR_VERDICT_SHORT:
        return "ends before its fields do";
    case FGR_VERDICT_LONG:
        return "is longer than a message can be";
    case FGR_VERDICT_NO_SIGNER:
        return "no channel_announcement before it says whose signature it should have";
    case FGR_VERDICT_UNCHECKED:
        break;
    }
    return "could not be checked: libcrypto failed";
}

static void print_bad(const struct fgr_verdict *verdict, struct fgr_place place)
{
    char text[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    unsigned type = verdict->message->type;
    const char *subject = subject_of(text, verdict);
    printf("record %" PRIu64 " at byte %" PRIu64 ": %s%s%s", place.record, place.offset,
           fgr_wire_type_str(type), *subject == '\0' ? "" : " ", subject);
    const char *between = ": ";
    for (unsigned i = 0; verdict->kind == FGR_VERDICT_FORGED && i < fgr_wire_n_signatures(type);
         i++) {
        if (verdict->faults[i] != FGR_CURVE_GOOD) {
            printf("%s%s %s", between, fgr_verdict_field(type, i),
                   fgr_curve_fault_str(verdict->faults[i]));
            between = "; ";
        }
    }
    printf("%s%s\n", verdict->kind == FGR_VERDICT_FORGED ? "" : ": ",
           verdict->kind == FGR_VERDICT_FORGED ? "" : reason_of(verdict->kind));
}

static const char *fault_code(enum fgr_curve_fault fault)
{
    switch (fault) {
    case FGR_CURVE_GOOD:
        return "good";
    case FGR_CURVE_NO_POINT:
        return "no_point";
    case FGR_CURVE_RANGE:
        return "out_of_range";
    case FGR_CURVE_HIGH_S:
        return "high_s";
    case FGR_CURVE_WRONG:
        break;
    }
    return "wrong";
}

static void put_signatures(struct fgr_json_writer *json, const struct fgr_verdict *verdict)
{
    unsigned type = verdict->message->type;
    fgr_json_key(json, "signatures");
    fgr_json_array_begin(json);
    for (unsigned i = 0; verdict->kind == FGR_VERDICT_FORGED && i < fgr_wire_n_signatures(type);
         i++) {
        if (verdict->faults[i] != FGR_CURVE_GOOD) {
            fgr_json_object_begin(json);
            fgr_put_text(json, "field", fgr_verdict_field(type, i));
            fgr_put_text(json, "fault", fault_code(verdict->faults[i]));
            fgr_json_object_end(json);
        }
    }
    fgr_json_array_end(json);
}

static enum fgr_exit put_bad(struct fgr_json_writer *json, const struct fgr_verdict *verdict,
                             struct fgr_place place)
{
    char text[FGR_TEXT_HEX_BYTES(FGR_NODE_ID_BYTES)];
    struct fgr_error err;
    unsigned type = verdict->message->type;
    const char *subject = subject_of(text, verdict);
    fgr_json_reset(json);
    fgr_json_object_begin(json);
    fgr_put_u64(json, "record", place.record);
    fgr_put_u64(json, "offset", place.offset);
    fgr_put_u64(json, "type", type);
    if (*subject != '\0') {
        fgr_put_text(json, type == FGR_WIRE_NODE_ANNOUNCEMENT ? "node" : "scid", subject);
    }
    fgr_put_text(json, "verdict", fgr_verdict_str(verdict->kind));
    put_signatures(json, verdict);
    fgr_json_object_end(json);
    fgr_json_end_line(json);
    if (fgr_json_status(json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fwrite(json->text, 1, json->n_bytes, stdout);
    return FGR_EXIT_OK;
}

static void on_verdict(void *state, const struct fgr_verdict *verdict, struct fgr_place place)
{
    struct watch *watch = state;
    watch->n_signatures += fgr_wire_n_signatures(verdict->message->type);
    fgr_progress_show(&watch->progress, fgr_source_file_bytes(watch->source), watch->n_signatures);
    if (verdict->kind == FGR_VERDICT_PROVEN || watch->status != FGR_EXIT_OK) {
        return;
    }
    fgr_progress_hide(&watch->progress);
    if (watch->args->has_json) {
        watch->status = put_bad(&watch->json, verdict, place);
    } else {
        print_bad(verdict, place);
    }
}

/* ---- the report ------------------------------------------------------------------------------- */

struct figure {
    const char *key;
    const char *label;
    uint64_t value;
    bool is_detail; /* for people, worth a line only if it is not zero */
};

#define N_FIGURES 15

static void list_figures(struct figure out_figures[N_FIGURES],
                         const struct fgr_prove_report *report, const struct fgr_messages *messages)
{
    const uint64_t *of_kind = report->of_kind;
    const struct figure figures[N_FIGURES] = {
        {"messages", "messages", report->n_messages, false},
        {"channel_announcements", "  channel_announcement", report->n_channel_announcements, false},
        {"node_announcements", "  node_announcement", report->n_node_announcements, false},
        {"channel_updates", "  channel_update", report->n_channel_updates, false},
        {"signatures", "signatures checked", report->n_signatures, false},
        {"proven", "proven messages", of_kind[FGR_VERDICT_PROVEN], false},
        {"forged", "not proven: a signature does not hold", of_kind[FGR_VERDICT_FORGED], true},
        {"no_signer", "not proven: no announcement before it", of_kind[FGR_VERDICT_NO_SIGNER],
         true},
        {"short", "not proven: too short", of_kind[FGR_VERDICT_SHORT], true},
        {"long", "not proven: too long", of_kind[FGR_VERDICT_LONG], true},
        {"other_type", "not proven: no gossip message", of_kind[FGR_VERDICT_OTHER_TYPE], true},
        {"unchecked", "not proven: libcrypto failed", of_kind[FGR_VERDICT_UNCHECKED], true},
        {"deleted", "skipped: deleted", messages->n_deleted, true},
        {"other_records", "skipped: records of Core Lightning's own", messages->n_others, true},
        {"unfinished", "unread: a record that is being written", messages->is_unfinished, true},
    };
    memcpy(out_figures, figures, sizeof figures);
}

static void print_report(const struct gossip_args *args, const struct figure *figures,
                         const struct fgr_messages *messages, uint64_t elapsed_ns)
{
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    char name[FGR_TEXT_CLEAN_BYTES(256)];
    const char *path = args->positional[1];
    fgr_text_clean(name, sizeof name, path, strlen(path));
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "%s", name);
    fgr_grid_add(&grid, "%s", fgr_messages_format_str(messages->format));
    for (unsigned i = 0; i < N_FIGURES; i++) {
        if (!figures[i].is_detail || figures[i].value != 0) {
            fgr_grid_add(&grid, "%s", figures[i].label);
            fgr_grid_add(&grid, "%s", fgr_units_grouped(text, figures[i].value));
        }
    }
    fgr_grid_add(&grid, "milliseconds");
    fgr_grid_add(&grid, "%s", fgr_units_grouped(text, elapsed_ns / 1000000));
    fgr_grid_print(&grid, stdout, fgr_cli_has_color(stdout));
}

static enum fgr_exit print_json(const struct gossip_args *args, const struct figure *figures,
                                const struct fgr_messages *messages, uint64_t elapsed_ns)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_json_object_begin(&json);
    fgr_json_key(&json, "input");
    fgr_json_string(&json, args->positional[1], strlen(args->positional[1]));
    fgr_put_text(&json, "format", fgr_messages_format_str(messages->format));
    for (unsigned i = 0; i < N_FIGURES; i++) {
        fgr_put_u64(&json, figures[i].key, figures[i].value);
    }
    fgr_put_u64(&json, "elapsed_ns", elapsed_ns);
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, stdout);
}

/* ---- the command ------------------------------------------------------------------------------ */

/* Bytes of the file, for the progress bar; 0 where it has no length. */
static uint64_t file_bytes(const char *path)
{
    struct stat status;
    return strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode)
               ? (uint64_t)status.st_size
               : 0;
}

static enum fgr_exit fail_file(const char *path, const struct fgr_error *err)
{
    return fgr_cli_fail(FGR_EXIT_INPUT, "%s: %s", path, err->text);
}

/* Proves the messages of an open file and tells about them. */
static enum fgr_exit verify_source(struct watch *watch, unsigned threads)
{
    const char *path = watch->args->positional[1];
    struct fgr_messages messages;
    struct fgr_prove_report report;
    struct figure figures[N_FIGURES];
    struct fgr_error err;
    const struct fgr_prove_options prove = {.threads = threads, .fn = on_verdict, .state = watch};
    if (fgr_messages_begin(&messages, watch->source, &err) != FGR_OK) {
        return fail_file(path, &err);
    }
    uint64_t start_ns = fgr_clock_ns();
    fgr_progress_begin(&watch->progress, file_bytes(path), "signatures");
    enum fgr_err code = fgr_prove(&messages, &prove, &report, &err);
    fgr_progress_hide(&watch->progress);
    uint64_t elapsed_ns = fgr_clock_ns() - start_ns;
    if (code != FGR_OK) {
        return fail_file(path, &err);
    }
    list_figures(figures, &report, &messages);
    if (watch->status == FGR_EXIT_OK && watch->args->has_json) {
        watch->status = print_json(watch->args, figures, &messages, elapsed_ns);
    } else if (watch->status == FGR_EXIT_OK) {
        print_report(watch->args, figures, &messages, elapsed_ns);
    }
    uint64_t n_bad = report.n_messages - report.of_kind[FGR_VERDICT_PROVEN];
    if (watch->status == FGR_EXIT_OK && n_bad > 0) {
        return fgr_cli_fail(FGR_EXIT_INPUT, "%s: %" PRIu64 " of %" PRIu64 " messages not proven",
                            path, n_bad, report.n_messages);
    }
    return watch->status;
}

static enum fgr_exit verify_file(const struct gossip_args *args)
{
    struct watch watch = {.args = args};
    struct fgr_error err;
    uint64_t threads = 0;
    if (args->threads != NULL && fgr_units_parse_count(&threads, args->threads, "--threads", 1,
                                                       FGR_CLI_THREADS_MAX, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    if (fgr_source_open(&watch.source, args->positional[1], &err) != FGR_OK) {
        return fail_file(args->positional[1], &err);
    }
    enum fgr_exit status = FGR_EXIT_INTERNAL;
    if (fgr_json_writer_init(&watch.json, &err) != FGR_OK) {
        status = fgr_cli_fail_error(&err);
    } else {
        status = verify_source(&watch, (unsigned)threads);
        fgr_json_writer_deinit(&watch.json);
    }
    fgr_source_close(watch.source);
    return status;
}

static enum fgr_exit publish_file(const struct gossip_args *args)
{
    const struct fgr_gossip_publish publish = {.file = args->positional[1],
                                               .redis = args->redis,
                                               .stream = args->stream,
                                               .auth = args->auth,
                                               .max_entries = args->max_entries,
                                               .has_json = args->has_json};
    return fgr_gossip_publish(&publish);
}

static enum fgr_exit follow_source(const struct gossip_args *args)
{
    const struct fgr_gossip_follow follow = {.file = args->positional[1],
                                             .redis = args->redis,
                                             .stream = args->stream,
                                             .auth = args->auth,
                                             .graph = args->graph,
                                             .threads = args->threads,
                                             .is_trusted = args->is_trusted,
                                             .until_idle = args->until_idle,
                                             .has_json = args->has_json};
    if (follow.file != NULL && (follow.redis != NULL || follow.stream != NULL)) {
        return fgr_cli_fail_usage("follow takes a FILE or a stream, not both");
    }
    return fgr_gossip_follow(&follow);
}

struct action {
    const char *name;
    enum fgr_exit (*run)(const struct gossip_args *args);
    bool needs_file;
    bool has_threads;
    bool has_redis;
    bool has_max_entries;
    bool has_graph; /* and what else keeps it live */
};

static const struct action actions[] = {
    {"verify", verify_file, true, true, false, false, false},
    {"publish", publish_file, true, false, true, true, false},
    {"follow", follow_source, false, true, true, false, true},
};
#define N_ACTIONS (sizeof actions / sizeof *actions)
#define ACTION_NAMES "there are 'verify', 'publish' and 'follow'"

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < N_ACTIONS; i++) {
        if (strcmp(actions[i].name, name) == 0) {
            return &actions[i];
        }
    }
    return NULL;
}

/* An option that the action does not have, or NULL. */
static const char *foreign_option(const struct action *action, const struct gossip_args *args)
{
    const struct {
        const char *name;
        bool is_foreign;
    } given[] = {{"--threads", args->threads != NULL && !action->has_threads},
                 {"--redis", args->redis != NULL && !action->has_redis},
                 {"--stream", args->stream != NULL && !action->has_redis},
                 {"--auth", args->auth != NULL && !action->has_redis},
                 {"--max-entries", args->max_entries != NULL && !action->has_max_entries},
                 {"--graph", args->graph != NULL && !action->has_graph},
                 {"--trusted", args->is_trusted && !action->has_graph},
                 {"--until-idle", args->until_idle && !action->has_graph}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i].is_foreign) {
            return given[i].name;
        }
    }
    return NULL;
}

enum fgr_exit fgr_cmd_gossip(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "ACTION [FILE]", doc, NULL, NULL, NULL};
    struct gossip_args args = {0};
    fgr_cli_parse(&argp, argc, argv, &args);
    if (args.n_positional == 0) {
        return fgr_cli_fail_usage("an action is missing: " ACTION_NAMES);
    }
    const struct action *action = find_action(args.positional[0]);
    if (action == NULL) {
        return fgr_cli_fail_usage("'%.40s' is no action: " ACTION_NAMES, args.positional[0]);
    }
    int n_files = args.n_positional - 1;
    if (n_files > 1 || (n_files == 0 && action->needs_file)) {
        return fgr_cli_fail_usage("%s %s one FILE, %d given", action->name,
                                  action->needs_file ? "needs" : "takes at most", n_files);
    }
    const char *foreign = foreign_option(action, &args);
    if (foreign != NULL) {
        return fgr_cli_fail_usage("%s is no option of %s", foreign, action->name);
    }
    return action->run(&args);
}
