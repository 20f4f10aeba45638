/* SPDX-License-Identifier: MIT */
#include "tools/fgr/gossip_publish.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "graph/feed_redis/writer.h"
#include "graph/import/messages.h"
#include "graph/util/clock.h"
#include "graph/util/json.h"
#include "tools/fgr/grid.h"
#include "tools/fgr/progress.h"
#include "tools/fgr/put.h"
#include "tools/fgr/redis_option.h"
#include "tools/fgr/text.h"
#include "tools/fgr/units.h"

struct publication {
    const struct fgr_gossip_publish *args;
    const char *stream;
    struct fgr_source *source;
    struct fgr_writer *writer;
    struct fgr_messages messages;
    struct fgr_progress progress;
    uint64_t n_messages, n_bytes, n_with_sat;
};

static enum fgr_exit fail(const struct publication *publication, const struct fgr_error *err)
{
    return fgr_cli_fail(FGR_EXIT_INPUT, "%s: %s (%" PRIu64 " messages are in the stream)",
                        publication->args->file, err->text,
                        fgr_writer_n_confirmed(publication->writer));
}

static enum fgr_err add_message(struct publication *publication,
                                const struct fgr_raw_message *message, struct fgr_error *err)
{
    /* What is no amount is nobody's capacity. */
    uint64_t sat =
        message->capacity_sat <= FGR_SAT_MAX ? message->capacity_sat : FGR_FEED_SAT_UNKNOWN;
    publication->n_messages++;
    publication->n_bytes += message->n_bytes;
    publication->n_with_sat += sat != FGR_FEED_SAT_UNKNOWN;
    return fgr_writer_add(publication->writer, message->bytes, message->n_bytes, sat, err);
}

/* All messages of the file; those before a place that cannot be read are in the stream. */
static enum fgr_exit add_all(struct publication *publication)
{
    struct fgr_error err, late;
    enum fgr_err code = fgr_messages_begin(&publication->messages, publication->source, &err);
    while (code == FGR_OK) {
        struct fgr_raw_message message;
        code = fgr_messages_next(&publication->messages, &message, &err);
        if (code == FGR_OK && message.bytes == NULL) {
            break;
        }
        if (code == FGR_OK) {
            code = add_message(publication, &message, &err);
        }
        fgr_progress_show(&publication->progress, fgr_source_file_bytes(publication->source),
                          publication->n_messages);
    }
    enum fgr_err flushed = fgr_writer_flush(publication->writer, &late);
    fgr_progress_hide(&publication->progress);
    if (code != FGR_OK || flushed != FGR_OK) {
        return fail(publication, code != FGR_OK ? &err : &late);
    }
    return FGR_EXIT_OK;
}

static void print_report(const struct publication *publication, uint64_t elapsed_ns)
{
    struct fgr_grid grid;
    char text[FGR_UNITS_TEXT_BYTES];
    char name[FGR_TEXT_CLEAN_BYTES(256)];
    const struct {
        const char *label;
        uint64_t value;
    } figures[] = {{"messages", publication->n_messages},
                   {"  with a capacity", publication->n_with_sat},
                   {"bytes", publication->n_bytes},
                   {"milliseconds", elapsed_ns / 1000000}};
    fgr_text_clean(name, sizeof name, publication->stream, strlen(publication->stream));
    fgr_grid_init(&grid, "lr");
    fgr_grid_add(&grid, "%s", name);
    fgr_grid_add(&grid, "%s", fgr_messages_format_str(publication->messages.format));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        fgr_grid_add(&grid, "%s", figures[i].label);
        fgr_grid_add(&grid, "%s", fgr_units_grouped(text, figures[i].value));
    }
    fgr_grid_print(&grid, stdout, fgr_cli_has_color(stdout));
}

static enum fgr_exit print_json(const struct publication *publication, uint64_t elapsed_ns)
{
    struct fgr_json_writer json;
    struct fgr_error err;
    if (fgr_json_writer_init(&json, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    fgr_json_object_begin(&json);
    fgr_put_text(&json, "input", publication->args->file);
    fgr_put_text(&json, "stream", publication->stream);
    fgr_put_text(&json, "format", fgr_messages_format_str(publication->messages.format));
    fgr_put_u64(&json, "messages", publication->n_messages);
    fgr_put_u64(&json, "with_capacity", publication->n_with_sat);
    fgr_put_u64(&json, "bytes", publication->n_bytes);
    fgr_put_u64(&json, "deleted", publication->messages.n_deleted);
    fgr_put_u64(&json, "elapsed_ns", elapsed_ns);
    fgr_json_object_end(&json);
    return fgr_cli_print_json(&json, stdout);
}

static enum fgr_exit publish(struct publication *publication)
{
    struct stat status;
    const char *path = publication->args->file;
    bool has_length = strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
    uint64_t start_ns = fgr_clock_ns();
    fgr_progress_begin(&publication->progress, has_length ? (uint64_t)status.st_size : 0,
                       "messages");
    enum fgr_exit code = add_all(publication);
    uint64_t elapsed_ns = fgr_clock_ns() - start_ns;
    if (code == FGR_EXIT_OK && publication->args->has_json) {
        code = print_json(publication, elapsed_ns);
    } else if (code == FGR_EXIT_OK) {
        print_report(publication, elapsed_ns);
    }
    return code;
}

enum fgr_exit fgr_gossip_publish(const struct fgr_gossip_publish *args)
{
    struct publication publication = {
        .args = args, .stream = args->stream != NULL ? args->stream : FGR_GOSSIP_STREAM};
    struct fgr_redis_option redis;
    struct fgr_error err;
    uint64_t n_max = 0;
    if (args->max_entries != NULL &&
        fgr_units_parse_count(&n_max, args->max_entries, "--max-entries", 1, INT64_MAX, &err) !=
            FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    if (fgr_redis_option_read(&redis, args->redis != NULL ? args->redis : FGR_GOSSIP_REDIS,
                              args->auth, &err) != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    const struct fgr_writer_options options = {
        .server = &redis.server, .stream = publication.stream, .n_max = n_max};
    enum fgr_err code = fgr_writer_open(&publication.writer, &options, &err);
    if (code != FGR_OK) {
        return fgr_cli_fail_error(&err);
    }
    enum fgr_exit status = FGR_EXIT_INPUT;
    if (fgr_source_open(&publication.source, args->file, &err) == FGR_OK) {
        status = publish(&publication);
    } else {
        fgr_cli_fail(status, "%s: %s", args->file, err.text);
    }
    fgr_source_close(publication.source);
    fgr_writer_close(publication.writer);
    return status;
}
